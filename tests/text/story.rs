//! The lines that begin with `-- `.

use super::records_support::samples::{self, exchange};
use super::records_support::{addr, frame};
use icmpdump::correlate::NoOriginal;
use icmpdump::correlate::exchange::{Exchange, ExchangeEnd, ExchangeOutcome, ReplyDrop};
use icmpdump::correlate::verdict::{
    Aftermath, AftermathOutcome, Back, Carried, DropReason, DropVerdict, Hops, OtherSide, Role,
    Scope, Undelivered, WasOpen, Within,
};
use icmpdump::model::AddrPair;
use icmpdump::model::options::LocalDrop;
use icmpdump::record::Record;
use icmpdump::sink::text::{Lines, TextOptions};
use icmpdump::wire::tunnel::{Tunnel, TunnelKind};
use icmpdump::wire::{IpVersion, Vlans};

use super::{T0, text};

#[test]
fn decisions_by_hidden_frames_get_a_line_unless_quiet() {
    let told = |exchange: &Exchange, lines| {
        let options = TextOptions {
            lines,
            ..TextOptions::default()
        };
        text(
            &options,
            &["a"],
            &[Record::Decided(exchange), Record::Exchange(exchange)],
        )
    };
    assert_eq!(
        told(&exchange(), Lines::All),
        "-- #1 answered by #2, rtt 0.028 ms\n"
    );
    assert_eq!(told(&exchange(), Lines::VerdictsOnly), "");
    let error = Exchange {
        end: Some(ExchangeEnd::Error(frame(3))),
        outcome: ExchangeOutcome::Error,
        rtt: None,
        ..exchange()
    };
    assert_eq!(told(&error, Lines::All), "-- #1 got the error #3\n");
    let lost = Exchange {
        end: None,
        rtt: None,
        request_ttl: 64,
        reply_ttl: None,
        outcome: ExchangeOutcome::Lost,
        ..exchange()
    };
    assert_eq!(
        told(&lost, Lines::All),
        "-- #1 lost: no reply was captured in time\n"
    );
    let error = ReplyDrop::Error {
        frame: frame(3),
        dropper: addr("10.0.3.1"),
    };
    let here = ReplyDrop::WhereCaptured(LocalDrop::XdpDrop);
    let reply = Some(ExchangeEnd::Reply(frame(2)));
    for (end, dropped, expected) in [
        (
            reply,
            error,
            "its reply #2 was dropped on its way back by 10.0.3.1, error #3",
        ),
        (
            None,
            error,
            "its reply was dropped on its way back by 10.0.3.1, error #3",
        ),
        (
            reply,
            here,
            "its reply #2 was dropped by XDP (XDP_DROP) where it was captured",
        ),
    ] {
        let lost = Exchange {
            end,
            reply_dropped: Some(dropped),
            ..lost
        };
        let expected = format!("-- #1 lost: {expected}\n");
        assert_eq!(told(&lost, Lines::All), expected);
    }
}

fn lost_on_way_back() -> ReplyDrop {
    ReplyDrop::Error {
        frame: frame(3),
        dropper: addr("10.0.3.1"),
    }
}

/// A verdict as it is told, in one line.
fn unwrapped(verdict: &DropVerdict) -> String {
    let text = text(&TextOptions::default(), &["a"], &[Record::Drop(verdict)]);
    text.replace("\n--    ", " ")
}

/// One whose packets met the router on their first hop, seen on one side only.
pub(crate) fn verdict() -> DropVerdict {
    DropVerdict {
        error_frames: vec![frame(9), frame(10)],
        slowest: None,
        original_ttl: Some(64),
        discarded: 0,
        short_quotes: 0,
        half_translated: 0,
        halves: None,
        answered: 0,
        out_of_window: 0,
        arrived: 0,
        arrived_later: 0,
        sent_as: None,
        was_open: None,
        same_as: None,
        carried: Carried::Unknown,
        scope: Scope::default(),
        ..samples::verdict()
    }
}

#[test]
fn a_verdict_says_what_was_answered_and_which_mtu_was_told() {
    let answered = DropVerdict {
        answered: 3,
        ..verdict()
    };
    assert!(unwrapped(&answered).contains("and 2 more; 3 of the requests answered before; then"));
    for (version, kind, expected) in [
        (IpVersion::V4, 3, "too big, MTU not told (ICMP 3/4)"),
        (IpVersion::V6, 2, "too big, MTU 0 (ICMPv6 2/4"),
    ] {
        let told = unwrapped(&DropVerdict {
            version,
            kind,
            mtu: Some(0),
            ..verdict()
        });
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_verdict_says_that_no_socket_is_found_for_its_errors() {
    for (protocol, short_quotes, half_translated, expected) in [
        (6, 1, 0, "1 of them discarded for a short quote the program"),
        (
            6,
            10,
            0,
            "discarded for their short quotes: no program hears of them\n",
        ),
        (
            6,
            0,
            1,
            "1 of them translated on one side only, so that no connection fits what it quotes the program",
        ),
        (
            6,
            0,
            10,
            "translated on one side only, so that no connection fits what they quote: no program hears of \
             them\n",
        ),
        (
            17,
            0,
            10,
            "translated on one side only, so that no connected socket fits what they quote\n",
        ),
    ] {
        let mut unheard = DropVerdict {
            short_quotes,
            half_translated,
            ..verdict()
        };
        unheard.flow.protocol = protocol;
        let told = unwrapped(&unheard);
        assert!(told.contains(expected), "{told}");
    }
    let behind = DropVerdict {
        half_translated: 10,
        halves: samples::verdict().halves,
        ..verdict()
    };
    let told = unwrapped(&behind);
    let expected =
        "translated on one side only, in #11 and 9 more, so that no connection fits what they";
    assert!(told.contains(expected), "{told}");
    let translated = DropVerdict {
        sent_as: samples::verdict().sent_as,
        ..verdict()
    };
    let told = unwrapped(&translated);
    let expected =
        "about #4 and 2 more; sent as TCP 192.168.1.5.5000 > 10.0.3.2.443; then data got";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_verdict_says_which_errors_are_about_what_was_not_dropped() {
    for (out_of_window, arrived, expected) in [
        (
            10,
            0,
            "sequence numbers, which were not in flight: no program hears of them\n",
        ),
        (
            1,
            0,
            "1 of them discarded for a sequence number that was not in flight the program",
        ),
        (
            0,
            10,
            "what they quote was acknowledged before, and so not dropped: no program hears of them\n",
        ),
        (
            0,
            1,
            "1 of them discarded, as what it quotes was acknowledged before, and so not dropped the",
        ),
    ] {
        let told = unwrapped(&DropVerdict {
            out_of_window,
            arrived,
            ..verdict()
        });
        assert!(told.contains(expected), "{told}");
    }
    for (arrived_later, expected) in [
        (
            10,
            "about what was acknowledged after them, though not sent again, and so not dropped\n",
        ),
        (
            1,
            "1 of them about what was acknowledged after it, though not sent again, and so not dropped\n",
        ),
    ] {
        let told = text(
            &TextOptions::default(),
            &["a"],
            &[Record::Drop(&DropVerdict {
                arrived_later,
                ..verdict()
            })],
        );
        let told = told
            .replace("\n--    the ", "\n-- the ")
            .replace("\n--    ", " ");
        assert!(told.contains(expected.trim_end()), "{told}");
    }
}

#[test]
fn a_verdict_names_the_network_that_its_flow_is_of() {
    let within = |within| {
        let verdict = DropVerdict {
            scope: Scope::of(within),
            ..verdict()
        };
        unwrapped(&verdict)
    };
    let tunnel = |kind| {
        Within::Tunnel(Tunnel {
            kind,
            outer: Some((addr("192.0.2.2"), addr("192.0.2.1"))),
            vlans: Vlans::default(),
        })
    };
    for (network, expected) in [
        (Within::Unknown, ".443 by 10.0.1.2"),
        (Within::Vlan(10), ".443 in vlan 10 by 10.0.1.2"),
        (
            tunnel(TunnelKind::Vxlan { vni: 5 }),
            ".443 in vxlan vni 5 by 10.0.1.2",
        ),
        (
            tunnel(TunnelKind::Gre { key: Some(5) }),
            ".443 in gre key 5 between 192.0.2.1 and 192.0.2.2 by 10.0.1.2",
        ),
        // Each direction has another one.
        (
            tunnel(TunnelKind::GtpU { teid: 7 }),
            ".443 in gtp u between 192.0.2.1 and 192.0.2.2 by 10.0.1.2",
        ),
    ] {
        let told = within(network);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_verdict_says_that_what_is_too_large_goes_on() {
    let large = DropVerdict {
        aftermath: Aftermath::UNKNOWN,
        ..verdict()
    };
    let told = unwrapped(&large);
    assert!(
        told.contains("; packets too large still came a second and more later the program"),
        "{told}"
    );
}

#[test]
fn a_destination_is_one_on_both_sides_of_a_translation() {
    let own = DropVerdict {
        dropper: addr("10.0.3.2"),
        ..verdict()
    };
    let there = |dropper| {
        let mut there = samples::verdict().same_as.unwrap();
        there.flow.addrs = AddrPair::new(addr("10.0.1.1"), addr("192.168.1.9"));
        DropVerdict {
            same_as: Some(OtherSide {
                dropper: addr(dropper),
                ..there
            }),
            ..own.clone()
        }
    };
    for (verdict, is_it) in [
        (own.clone(), true),
        (there("192.168.1.9"), true),
        (there("192.168.1.1"), false),
    ] {
        let told = unwrapped(&verdict);
        assert_eq!(
            told.contains("(the destination, 1 hop away)"),
            is_it,
            "{told}"
        );
    }
}

#[test]
fn a_verdict_says_why_its_packets_were_not_found() {
    for (missed, count, words) in [
        (
            NoOriginal::NotCaptured,
            2,
            "the dropped packets were not captured",
        ),
        (
            NoOriginal::Evicted,
            2,
            "the dropped packets are no longer remembered",
        ),
        (
            NoOriginal::QuoteCut,
            1,
            "the dropped packet is not told apart, as the capture cuts its quote",
        ),
        (
            NoOriginal::QuoteCut,
            2,
            "the dropped packets are not told apart, as the capture cuts their quotes",
        ),
        (
            NoOriginal::QuoteWithoutPorts,
            1,
            "the dropped packet is not told apart, as its quote is too short",
        ),
        (
            NoOriginal::QuoteWithoutPorts,
            2,
            "the dropped packets are not told apart, as their quotes are too short",
        ),
    ] {
        let told = unwrapped(&DropVerdict {
            missed: Some(missed),
            count,
            original_frames: Vec::new(),
            original_count: 0,
            ..verdict()
        });
        assert!(told.contains(&format!("; {words}; ")), "{told}");
    }
}

#[test]
fn a_verdict_says_who_dropped_what_why_and_what_came_of_it() {
    let tell = |verdict: &DropVerdict| {
        let text = text(&TextOptions::default(), &["a"], &[Record::Drop(verdict)]);
        for line in text.lines() {
            assert!(line.starts_with("-- ") && line.len() <= 100, "{line}");
        }
        text
    };
    let unwrapped = |verdict: &DropVerdict| tell(verdict).replace("\n--    ", " ");
    assert_eq!(
        tell(&verdict()),
        "-- drop: TCP 10.0.1.1.48624 > 10.0.3.2.443 by 10.0.1.2 (1 hop away): too big, MTU 1400 (ICMP 3/4)\n\
         --    10 times in 1.2 s, errors #9 #10 and 8 more about #4 and 2 more; then data got through in\n\
         --    smaller packets (1500 -> 1400 octets)\n\
         --    the program is not told: TCP itself is to send smaller segments\n"
    );
    let some = DropVerdict {
        discarded: 2,
        ..verdict()
    };
    let told = unwrapped(&some);
    assert!(
        told.contains(" 2 of them discarded for a bad checksum "),
        "{told}"
    );
    let here = ReplyDrop::WhereCaptured(LocalDrop::XdpDrop);
    for (count, first, expected) in [
        (
            1,
            lost_on_way_back(),
            "1 of them dropped on its way back by 10.0.3.1, error #3 the",
        ),
        (
            2,
            here,
            "2 of them dropped on their way back, the first by XDP (XDP_DROP) where it was captured",
        ),
        (
            10,
            lost_on_way_back(),
            "dropped on their way back, the first by 10.0.3.1, error #3: no program hears of them\n",
        ),
    ] {
        let lost = DropVerdict {
            undelivered: Some(Undelivered { count, first }),
            ..verdict()
        };
        let told = unwrapped(&lost);
        assert!(told.contains(expected), "{told}");
        assert_eq!(told.contains("TCP itself"), count < 10);
    }
    let tunnel = DropVerdict {
        carried: samples::verdict().carried,
        ..verdict()
    };
    assert!(
        unwrapped(&tunnel)
            .contains("; they carried UDP 10.7.0.1.4000 > 10.7.0.2.53; then data got"),
        "{}",
        tell(&tunnel)
    );
    let refused = DropVerdict {
        dropper: addr("10.0.3.2"),
        code: 3,
        reason: DropReason::PortUnreachable,
        count: 1,
        last: T0,
        mtu: None,
        original_frames: Vec::new(),
        original_count: 0,
        last_originals: [None; DropVerdict::FRAMES],
        repeated: 0,
        still_too_large: 0,
        hops_to_dropper: None,
        aftermath: Aftermath::UNKNOWN,
        ..verdict()
    };
    assert_eq!(
        tell(&refused),
        "-- drop: TCP 10.0.1.1.48624 > 10.0.3.2.443 by 10.0.3.2 (the destination): port 443 unreachable\n\
         --    (ICMP 3/3)\n\
         --    error in #9 #10; the dropped packets were not captured; what came next is not known\n\
         --    connect() fails with ECONNREFUSED (Connection refused); established connections only on\n\
         --    timeout\n"
    );
    // An answer that came too late, and a conversation that went on all the same.
    let late = DropVerdict {
        was_open: Some(WasOpen {
            last: frame(2),
            role: Some(Role::Client),
        }),
        ..refused
    };
    assert!(
        unwrapped(&late).contains("were not captured; the port was still open at #2; what came"),
        "{}",
        tell(&late)
    );
}

#[test]
fn data_that_got_through_was_acknowledged_or_answered() {
    // What is larger than the MTU was cut to size by segmentation offload after it was captured.
    let mut offloaded = verdict();
    let after = &mut offloaded.aftermath;
    (after.size_before, after.size_after) = (Some(7212), Some(5792));
    assert!(unwrapped(&offloaded).contains("then data got through: acknowledged "));
    offloaded.aftermath.size_after = Some(1400);
    let smaller = "then data got through in smaller packets (7212 -> 1400 octets) ";
    assert!(unwrapped(&offloaded).contains(smaller));
    let mut answered = DropVerdict {
        reason: DropReason::TtlExceeded,
        ..verdict()
    };
    answered.aftermath.size_after = None;
    // A request, or the end of a connection, holds no data.
    assert!(unwrapped(&answered).contains("then it got through: acknowledged "));
    answered.flow.protocol = 17;
    assert!(unwrapped(&answered).contains("then data got through: answered "));
}

#[test]
fn a_verdict_says_what_is_known_of_the_other_direction() {
    let tell = |outcome, answers, back| {
        let mut verdict = verdict();
        verdict.aftermath = Aftermath {
            outcome,
            answers,
            back,
            packets: 7,
            ..Aftermath::UNKNOWN
        };
        let told = text(&TextOptions::default(), &["a"], &[Record::Drop(&verdict)]);
        told.replace("\n--    ", " ")
    };
    for (back, expected) in [
        (Back::Unknown, "; what came back is not known"),
        (Back::Captured, ", and the other end sent, too"),
        (Back::NotExpected, ""),
    ] {
        let told = tell(AftermathOutcome::Unknown, 0, back);
        let expected = format!("; 7 packets more after the first error{expected} the program ");
        assert!(told.contains(&expected), "{told}");
    }
    // Whether these answer those is not known: the ones that were dropped may be answers themselves.
    let told = tell(AftermathOutcome::Retransmitting, 2, Back::Captured);
    let expected = "; 7 packets more after the first error, 2 came back, none since the last";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn every_reason_and_outcome_has_words_of_its_own() {
    let tell =
        |verdict: &DropVerdict| text(&TextOptions::default(), &["a"], &[Record::Drop(verdict)]);
    let mut told = std::collections::HashSet::new();
    for reason in [
        DropReason::NoRoute,
        DropReason::HostUnreachable,
        DropReason::ProtocolUnreachable,
        DropReason::PortUnreachable,
        DropReason::FragmentationNeeded,
        DropReason::SourceRouteFailed,
        DropReason::AdminProhibited,
        DropReason::TtlExceeded,
        DropReason::ReassemblyTimeout,
        DropReason::ParameterProblem,
        DropReason::HeadersTooLong,
        DropReason::SourceQuench,
        DropReason::Other,
    ] {
        for outcome in [
            AftermathOutcome::Recovered,
            AftermathOutcome::Retransmitting,
            AftermathOutcome::Reset,
            AftermathOutcome::Silent,
            AftermathOutcome::Ended,
            AftermathOutcome::HalfClosed,
            AftermathOutcome::Unknown,
        ] {
            let mut verdict = DropVerdict {
                reason,
                ..verdict()
            };
            verdict.aftermath.outcome = outcome;
            assert!(told.insert(tell(&verdict)), "{reason:?} {outcome:?}");
        }
    }
}

#[test]
fn probes_of_a_traceroute_are_left_to_its_path() {
    let tell =
        |verdict: &DropVerdict| text(&TextOptions::default(), &["a"], &[Record::Drop(verdict)]);
    let mut probe = DropVerdict {
        kind: 11,
        code: 0,
        reason: DropReason::TtlExceeded,
        probe: true,
        ..verdict()
    };
    assert_eq!(tell(&probe), "");
    (probe.kind, probe.code, probe.reason) = (3, 3, DropReason::PortUnreachable);
    assert_eq!(tell(&probe), "");
    // The same hosts may talk to each other besides: no TTL says that a service's port was probed.
    probe.original_ttl = None;
    assert!(tell(&probe).starts_with("-- drop: "));
}

#[test]
fn a_packet_that_went_in_a_loop_was_not_dropped_far_away() {
    let looped = DropVerdict {
        kind: 11,
        code: 0,
        reason: DropReason::TtlExceeded,
        hops_to_dropper: Some(Hops {
            count: 64,
            estimate: false,
        }),
        ..verdict()
    };
    let text = text(&TextOptions::default(), &["a"], &[Record::Drop(&looped)]);
    assert!(
        text.contains(" by 10.0.1.2: TTL ran out after 64 hops (ICMP"),
        "{text}"
    );
}
