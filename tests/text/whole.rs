//! The lines that tell of more than one message: paths, findings, the summary.

use std::collections::BTreeMap;
use std::time::Duration;

use super::records_support::samples::{exchange, hop_router, path};
use super::records_support::{addr, frame};
use super::story::verdict;
use icmpdump::correlate::exchange::{Exchange, ExchangeOutcome};
use icmpdump::correlate::trace::{Hop, HopRouter};
use icmpdump::correlate::verdict::DropReason;
use icmpdump::findings::{Confidence, Finding, Severity};
use icmpdump::model::AddrPair;
use icmpdump::record::collect::Collector;
use icmpdump::record::{FrameCounts, Record, Summary};
use icmpdump::sink::text::{TextOptions, Verbosity};
use icmpdump::wire::{Encryption, Undecodable};

use super::{T0, text};

#[test]
fn a_path_is_a_table_of_hops() {
    let path = path(vec![
        Hop {
            ttl: 1,
            routers: vec![hop_router("10.0.1.2", vec![16001, 24001])],
            unanswered: 1,
        },
        Hop {
            ttl: 2,
            routers: Vec::new(),
            unanswered: 3,
        },
        Hop {
            ttl: 3,
            routers: Vec::new(),
            unanswered: 2,
        },
        Hop {
            ttl: 4,
            routers: vec![HopRouter {
                refusal: Some(DropReason::AdminProhibited),
                return_hops: Some(9),
                tunnel: Some(AddrPair::new(addr("192.0.2.1"), addr("192.0.2.2"))),
                ..hop_router("10.0.3.2", Vec::new())
            }],
            unanswered: 0,
        },
    ]);
    assert_eq!(
        text(&TextOptions::default(), &["a"], &[Record::Path(&path)]),
        "-- path: UDP traceroute 10.0.1.1 > 10.0.4.2 from #23, not reached, 4 hops probed: 10.0.3.2 refuses,\n\
         --    admin prohibited\n\
         --     1 10.0.1.2 0.031 0.022 ms MPLS 16001,24001 (1 unanswered)\n\
         --     2 to 3 * (5 unanswered)\n\
         --     4 10.0.3.2 0.031 0.022 ms (in the tunnel 192.0.2.1 > 192.0.2.2) (back over ~10 hops) (admin\n\
         --    prohibited)\n"
    );
}

#[test]
fn a_finding_has_title_evidence_and_advice() {
    let finding = Finding {
        name: "ping_loss",
        severity: Severity::Warning,
        title: "20 % of the pings were lost".to_owned(),
        evidence: vec![frame(5), frame(6)],
        confidence: Confidence::Suspected,
        advice: "Look at the link.".to_owned(),
    };
    assert_eq!(
        text(
            &TextOptions::default(),
            &["a"],
            &[Record::Finding(&finding)]
        ),
        "-- warning: 20 % of the pings were lost [ping_loss, suspected, #5 #6]\n\
         --    Look at the link.\n"
    );
}

#[test]
fn a_finding_that_asks_for_nothing_is_a_line() {
    let finding = Finding {
        name: "pmtu_discovery",
        severity: Severity::Info,
        title: "Discovery works".to_owned(),
        evidence: vec![frame(5), frame(6)],
        confidence: Confidence::Confirmed,
        advice: "Nothing to do.".to_owned(),
    };
    let tell = |options: &TextOptions| text(options, &["a"], &[Record::Finding(&finding)]);
    assert_eq!(
        tell(&TextOptions::default()),
        "-- info: Discovery works [pmtu_discovery]\n"
    );
    let verbose = TextOptions {
        verbosity: Verbosity::Verbose,
        ..TextOptions::default()
    };
    assert_eq!(
        tell(&verbose),
        "-- info: Discovery works [pmtu_discovery, confirmed, #5 #6]\n--    Nothing to do.\n"
    );
}

#[test]
fn the_summary_adds_up_and_fits_the_width() {
    let mut collector = Collector::new(1 << 20);
    collector.exchange(&exchange());
    collector.exchange(&Exchange {
        outcome: ExchangeOutcome::Lost,
        rtt: None,
        one_sided_possible: true,
        request_points: 1,
        request_part: None,
        reply_part: None,
        ..exchange()
    });
    for id in 100..125 {
        collector.exchange(&Exchange {
            id: Some(id),
            ..exchange()
        });
    }
    collector.verdict(&verdict());
    let mut summary: Summary = collector.summary();
    summary.frames = FrameCounts {
        read: 9,
        further_packets: 1,
        reported: 0,
        undecodable: 1,
        other: 2,
        filtered: 3,
        icmp: 4,
    };
    summary.unread.esp = 1;
    summary.unread.deep = 2;
    summary.unread.undecodable = BTreeMap::from([
        (Undecodable::Encrypted(Encryption::Ieee802_11), 7),
        (Undecodable::Short, 1),
    ]);
    summary.first = Some(T0);
    summary.last = Some(T0.after(Duration::from_secs(75)));
    for width in [80, 100, 200] {
        let options = TextOptions {
            width,
            ..TextOptions::default()
        };
        let text = text(&options, &["a"], &[Record::Summary(&summary)]);
        for line in text.lines() {
            assert!(
                line.starts_with("-- ") && line.len() <= width,
                "{width}: {line}"
            );
        }
        let words = text.split_whitespace().filter(|word| *word != "--");
        let words = words.collect::<Vec<_>>().join(" ");
        for told in [
            "9 frames read + 1 further packet in them = 4 ICMP shown + 3 hidden by the filter + 2 not \
             ICMP + 1 undecodable",
            "7 frames are encrypted (802.11), and may hold ICMP",
            "1 frame is too short for a link or IP header",
            "1 packet is encrypted (ESP), and may hold ICMP",
            "2 packets are in more than 16 tunnels, and may hold ICMP",
            "from 2025-07-26 08:25:50.469472 to 2025-07-26 08:27:05.469472 (1 min 15 s)",
            "requests: echo 27 (26 answered, 1 lost)",
            "172.17.0.1 > 172.17.0.2 id 19 2 1 1 50.0% 0.028 0.028 0.028",
            "... and 6 more (all of them with --json)",
            "10.0.1.2 fragmentation needed 3/4 10 1 1400",
        ] {
            assert!(words.contains(told), "{told} is not in\n{text}");
        }
    }
}
