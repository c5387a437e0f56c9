use super::*;
use crate::correlate::verdict::{Aftermath, Undelivered};
use crate::model::options::LocalDrop;
use crate::model::{FlowKey, SourceId, Timestamp};
use crate::wire::ip::protocol::UDP;

const SENDER: [u8; 4] = [10, 0, 0, 1];
const HOST: [u8; 4] = [10, 0, 2, 1];
const ROUTER: [u8; 4] = [10, 0, 1, 1];

/// A connection that goes on with packets of this size, with an MTU of 1400 on its way.
fn going_on_with(size: u32) -> DropVerdict {
    let flow = FlowKey {
        protocol: TCP,
        addrs: AddrPair::new(SENDER.into(), HOST.into()),
        ports: FlowPorts::Ports {
            src: 4000,
            dst: 443,
        },
    };
    let icmp = (IpVersion::V4, 3, 4);
    let reason = DropReason::FragmentationNeeded;
    DropVerdict {
        count: 3,
        mtu: Some(1400),
        error_frames: vec![FrameRef::new(SourceId(0), 2)],
        aftermath: Aftermath {
            outcome: AftermathOutcome::Retransmitting,
            retransmissions: 4,
            size_after: Some(size),
            lasted: Some(Duration::from_secs(7)),
            ..Aftermath::UNKNOWN
        },
        ..DropVerdict::new(flow, ROUTER.into(), icmp, reason, Timestamp::default())
    }
}

fn found(verdict: &DropVerdict) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut diagnosis = PathMtu::default();
    diagnosis.verdict(verdict);
    diagnosis.findings(&mut found);
    found
}

#[track_caller]
fn assert_black_hole(verdict: &DropVerdict, title: &str, advice: &str) {
    let found = found(verdict);
    let [finding] = found.as_slice() else {
        panic!("{found:?}");
    };
    let kind = (finding.name, finding.severity, finding.confidence);
    let expected = ("pmtu_black_hole", Severity::Critical, Confidence::Confirmed);
    assert_eq!(kind, expected);
    let expected = format!("Large packets to 10.0.2.1 vanish: {title} (3 packets)");
    assert_eq!(finding.title, expected);
    assert!(finding.advice.starts_with(advice), "{}", finding.advice);
}

fn of_tunnel(carried: Carried, dropper: [u8; 4], goes_on: bool) -> DropVerdict {
    DropVerdict {
        carried,
        dropper: dropper.into(),
        still_too_large: u64::from(goes_on),
        aftermath: Aftermath::UNKNOWN,
        ..going_on_with(1500)
    }
}

#[test]
fn a_tunnel_that_goes_on_is_a_black_hole_for_what_it_carries() {
    let inside = AddrPair::new([10, 7, 0, 1].into(), [10, 7, 0, 2].into());
    for (carried, dropper, host) in [
        (
            Carried::Between(inside, TCP),
            ROUTER,
            Some("10.7.0.2 in the tunnel to 10.0.2.1"),
        ),
        (
            Carried::Between(inside, TCP),
            SENDER,
            Some("10.7.0.2 in the tunnel to 10.0.2.1"),
        ),
        (Carried::Several, ROUTER, Some("10.0.2.1")),
        // Its own end tells each of them once.
        (Carried::Several, SENDER, None),
    ] {
        let titles: Vec<_> = found(&of_tunnel(carried, dropper, true))
            .into_iter()
            .map(|finding| finding.title)
            .collect();
        match host {
            Some(host) => {
                let begin = format!("Large packets to {host} vanish: ");
                assert!(titles[0].starts_with(&begin), "{titles:?}");
            }
            None => assert!(titles.is_empty(), "{titles:?}"),
        }
        assert_eq!(found(&of_tunnel(carried, dropper, false)), []);
    }
}

#[test]
fn what_an_error_names_does_not_vanish_without_one() {
    // In frame 1.
    let stall = Stalled::for_tests(going_on_with(1500).flow, 1500, 40);
    let other = AddrPair::new([10, 8, 0, 1].into(), [10, 8, 0, 2].into());
    for (frame, expected) in [(1, 0), (2, 1)] {
        let mut verdict = of_tunnel(Carried::Between(other, TCP), ROUTER, false);
        verdict.original_frames = vec![FrameRef::new(SourceId(0), frame)];
        let mut diagnosis = PathMtu::default();
        diagnosis.stalled(&stall);
        diagnosis.verdict(&verdict);
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        assert_eq!(found.len(), expected, "{frame}");
    }
}

#[test]
fn what_is_not_told_is_no_size() {
    let untold = |after, version| {
        let mut verdict = going_on_with(after);
        verdict.aftermath.size_before = Some(1500);
        found(&DropVerdict {
            mtu: Some(0),
            version,
            ..verdict
        })
    };
    let title = |size, version| untold(size, version).pop().map(|finding| finding.title);
    let expected = "Large packets to 10.0.2.1 vanish: 10.0.1.1 reports no MTU, the sender goes on sending as \
                    large ones (3 packets)";
    assert_eq!(title(1500, IpVersion::V4).as_deref(), Some(expected));
    assert_eq!(title(1492, IpVersion::V4), None);
    assert!(
        title(1492, IpVersion::V6)
            .unwrap()
            .contains("reports MTU 0, the sender goes on sending larger")
    );
}

#[test]
fn a_black_hole_says_why_the_sender_goes_on() {
    assert_black_hole(
        &going_on_with(1500),
        "10.0.1.1 reports MTU 1400, the sender goes on sending larger ones",
        "Find out why the sender does not act on the error",
    );
    let discarded = DropVerdict {
        discarded: 3,
        ..going_on_with(1500)
    };
    assert_black_hole(
        &discarded,
        "the errors of 10.0.1.1, MTU 1400, have bad checksums, which their receiver discards",
        "Look for faulty memory",
    );
    let short_quotes = DropVerdict {
        short_quotes: 3,
        ..going_on_with(1500)
    };
    assert_black_hole(
        &short_quotes,
        "the errors of 10.0.1.1, MTU 1400, quote too little, and their receiver discards them",
        "The quotes of 10.0.1.1 end before the ports and the sequence number",
    );
    let out_of_window = DropVerdict {
        out_of_window: 2,
        arrived: 1,
        ..going_on_with(1500)
    };
    assert_black_hole(
        &out_of_window,
        "the errors of 10.0.1.1, MTU 1400, quote sequence numbers that were not in flight, and the sender \
         discards them",
        "Look for a firewall that rewrites TCP sequence numbers",
    );
    let without_df = DropVerdict {
        fragmentable: 3,
        ..going_on_with(1500)
    };
    assert_black_hole(
        &without_df,
        "10.0.1.1 reports MTU 1400 of packets without DF, which it is to fragment",
        "Look at 10.0.1.1: that packets are too big",
    );
    let half_translated = DropVerdict {
        half_translated: 3,
        ..going_on_with(1500)
    };
    assert_black_hole(
        &half_translated,
        "the errors of 10.0.1.1, MTU 1400, are translated on one side only, so that the sender has no \
         connection that they quote",
        "Look at the address translator on the way",
    );
    let undelivered = |first| DropVerdict {
        undelivered: Some(Undelivered { count: 3, first }),
        ..going_on_with(1500)
    };
    let by_error = ReplyDrop::Error {
        frame: FrameRef::new(SourceId(0), 9),
        dropper: [10, 0, 9, 9].into(),
    };
    assert_black_hole(
        &undelivered(by_error),
        "the errors of 10.0.1.1, MTU 1400, are dropped on their way back by 10.0.9.9",
        "Let ICMP type 3 code 4 and ICMPv6 type 2 through 10.0.9.9.",
    );
    assert_black_hole(
        &undelivered(ReplyDrop::WhereCaptured(LocalDrop::XdpDrop)),
        "the errors of 10.0.1.1, MTU 1400, are dropped where they were captured",
        "Let ICMP type 3 code 4 and ICMPv6 type 2 through the XDP program or the tc filters there.",
    );
}

/// The quote of an error about a tunnel may end before the connection inside.
#[test]
fn what_errors_about_a_tunnel_tell_of_does_not_vanish_without_one() {
    let inside = going_on_with(1440).flow;
    let stall = Stalled::for_tests(inside, 1440, 52);
    let mut verdict = going_on_with(1476);
    verdict.flow.protocol = 47;
    verdict.flow.addrs = AddrPair::new([10, 7, 0, 1].into(), [10, 7, 0, 2].into());
    for (carried, told) in [(Carried::Unknown, true), (Carried::Flow(inside), false)] {
        let mut diagnosis = PathMtu::default();
        verdict.carried = carried;
        diagnosis.stalled(&stall);
        diagnosis.verdict(&verdict);
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        let vanishes = |finding: &Finding| finding.title.contains("without an error");
        assert_eq!(found.iter().any(vanishes), told, "{found:?}");
    }
}

/// Errors about what it sends again come for long; what came of it.
fn late_errors(outcome: AftermathOutcome, still_too_large: u64) -> DropVerdict {
    let mut verdict = going_on_with(1076);
    verdict.aftermath.outcome = outcome;
    DropVerdict {
        still_too_large,
        ..verdict
    }
}

#[test]
fn a_sender_that_finds_its_way_late_was_in_a_black_hole() {
    let recovered = late_errors(AftermathOutcome::Recovered, 2);
    let [finding] = &found(&recovered)[..] else {
        panic!("one finding");
    };
    assert_eq!(
        (finding.name, finding.severity),
        ("pmtu_black_hole", Severity::Warning)
    );
    assert_eq!(
        finding.title,
        "Large packets to 10.0.2.1 vanish: 10.0.1.1 reports MTU 1400, the sender goes on sending larger \
         ones; data got through in the end (3 packets)"
    );
    // Whatever the end, if data did not get through.
    for outcome in [
        AftermathOutcome::Retransmitting,
        AftermathOutcome::HalfClosed,
        AftermathOutcome::Reset,
        AftermathOutcome::Silent,
    ] {
        let severity = |late| {
            let mut found = found(&late_errors(outcome, late));
            found.pop().map(|finding| (finding.name, finding.severity))
        };
        let black_hole = ("pmtu_black_hole", Severity::Critical);
        assert_eq!(severity(2), Some(black_hole), "{outcome:?}");
        assert_eq!(severity(0), None, "{outcome:?}");
    }
}

#[test]
fn what_was_sent_once_was_not_gone_on_with() {
    let names = |verdict: &DropVerdict| {
        let found = found(verdict).into_iter();
        found.map(|finding| finding.name).collect::<Vec<_>>()
    };
    let in_time = late_errors(AftermathOutcome::Recovered, 0);
    assert_eq!(names(&in_time), ["pmtu_discovery"]);
    // Who probes for more (RFC 4821, RFC 8899) is told each time, and loses nothing: neither works.
    let mut probing = late_errors(AftermathOutcome::Recovered, 2);
    probing.aftermath.retransmissions = 0;
    assert_eq!(names(&probing), [""; 0]);
    probing.aftermath.retransmissions = 4;
    probing.flow.protocol = UDP;
    assert_eq!(names(&probing), [""; 0]);
}

#[test]
fn a_sender_that_heeds_the_mtu_or_has_no_time_to_is_no_black_hole() {
    assert_eq!(found(&going_on_with(1400)), []);
    let mut soon = going_on_with(1500);
    soon.aftermath.lasted = Some(Duration::from_millis(900));
    assert_eq!(found(&soon), []);
}
