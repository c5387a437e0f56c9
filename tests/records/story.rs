//! What is told of several frames together: exchanges, verdicts, paths, findings.

use icmpdump::correlate::NoOriginal;
use icmpdump::correlate::exchange::{Exchange, ExchangeEnd, ExchangeOutcome, ReplyDrop};
use icmpdump::correlate::trace::{Hop, HopRouter};
use icmpdump::correlate::verdict::{DropReason, DropVerdict, Undelivered};
use icmpdump::findings::{Confidence, Finding, Severity};
use icmpdump::model::AddrPair;
use icmpdump::model::flow::FlowPorts;
use icmpdump::model::options::LocalDrop;
use icmpdump::record::Record;
use serde_json::json;

use super::records_support::samples::{bare_verdict, exchange, hop_router, path, verdict};
use super::records_support::{Schema, addr, frame, frame_of, json, no_nulls};

#[test]
fn exchanges_name_their_frames() {
    let schema = Schema::load();
    let record = json(&Record::Exchange(&exchange()), &["a.pcap", "b.pcap"]);
    schema.check(&record);
    assert_eq!(
        record,
        json!({"type": "exchange", "source": "a.pcap", "kind": "echo",
            "src": "172.17.0.1", "dst": "172.17.0.2", "id": 19, "seq": 1,
            "ts": "2025-07-26T08:25:50.469472000Z", "request": {"frame": 1},
            "reply": {"frame": 2}, "rtt_ns": 28000, "outcome": "answered",
            "duplicates": 0, "corrupted": 0})
    );
    let lost = Exchange {
        id: None,
        seq: None,
        end: None,
        rtt: None,
        request_ttl: 64,
        reply_ttl: None,
        outcome: ExchangeOutcome::Lost,
        one_sided_possible: true,
        request_points: 1,
        request_part: None,
        reply_part: None,
        request: frame_of(1, 7),
        ..exchange()
    };
    let record = json(&Record::Exchange(&lost), &["a.pcap", "b.pcap"]);
    schema.check(&record);
    assert_eq!(record["source"], "b.pcap");
    assert_eq!(record["request"], json!({"frame": 7}));
    assert_eq!(record["one_sided_possible"], true);
    for (dropped, expected) in [
        (
            ReplyDrop::Error {
                frame: frame_of(1, 9),
                dropper: addr("10.0.3.1"),
            },
            json!({"error": {"frame": 9, "source": "b.pcap"}, "dropper": "10.0.3.1"}),
        ),
        (
            ReplyDrop::WhereCaptured(LocalDrop::TcShot),
            json!({"by": "tc", "name": "TC_ACT_SHOT"}),
        ),
    ] {
        let lost = Exchange {
            outcome: ExchangeOutcome::Lost,
            reply_dropped: Some(dropped),
            ..exchange()
        };
        let record = json(&Record::Exchange(&lost), &["a.pcap", "b.pcap"]);
        schema.check(&record);
        assert_eq!(record["reply_dropped"], expected);
        assert_eq!(record["reply"], json!({"frame": 2}));
    }
    for outcome in [
        ExchangeOutcome::Error,
        ExchangeOutcome::Pending,
        ExchangeOutcome::Evicted,
        ExchangeOutcome::Unknown,
        ExchangeOutcome::NoReplyExpected,
    ] {
        let exchange = Exchange {
            outcome,
            end: Some(ExchangeEnd::Error(frame_of(1, 2))),
            ..exchange()
        };
        let record = json(&Record::Exchange(&exchange), &["a.pcap", "b.pcap"]);
        schema.check(&record);
        assert_eq!(record["error"], json!({"frame": 2, "source": "b.pcap"}));
    }
}

#[test]
fn verdicts_tell_flow_frames_and_what_the_program_saw() {
    let schema = Schema::load();
    let record = json(&Record::Drop(&verdict()), &["a.pcap", "b.pcap"]);
    schema.check(&record);
    assert!(record.get("undelivered").is_none());
    let lost = DropVerdict {
        undelivered: Some(Undelivered {
            count: 3,
            first: ReplyDrop::Error {
                frame: frame_of(1, 12),
                dropper: addr("10.0.3.1"),
            },
        }),
        ..verdict()
    };
    let told = json(&Record::Drop(&lost), &["a.pcap", "b.pcap"]);
    schema.check(&told);
    assert_eq!(told["undelivered"], 3);
    assert_eq!(
        told["undelivered_by"],
        json!({"error": {"frame": 12, "source": "b.pcap"}, "dropper": "10.0.3.1"})
    );
    assert_eq!(
        record["error_frames"],
        json!([{"frame": 9}, {"frame": 10, "source": "b.pcap"}])
    );
    assert_eq!(record["flow"]["protocol"], "tcp");
    assert_eq!(
        (&record["sent_as"]["src"], &record["sent_as"]["src_port"]),
        (&json!("192.168.1.5"), &json!(5000))
    );
    // Either end may have sent it.
    assert_eq!(
        record["tunnel"],
        json!([{"kind": "gre", "key": 5, "src": "192.0.2.1", "dst": "192.0.2.2"}])
    );
    assert!(record.get("original_reason").is_none());
    let missed = DropVerdict {
        original_frames: Vec::new(),
        original_count: 0,
        missed: Some(NoOriginal::QuoteCut),
        ..verdict()
    };
    let told = json(&Record::Drop(&missed), &["a.pcap", "b.pcap"]);
    schema.check(&told);
    assert_eq!(told["original_reason"], "quote_cut");
    assert_eq!(record["still_too_large"], 1);
    assert_eq!(record["short_quotes"], 1);
    assert_eq!(record["half_translated"], 1);
    assert_eq!(record["answered"], 1);
    assert_eq!(
        record["half_translated_frames"],
        json!([{"frame": 11, "source": "b.pcap"}])
    );
    assert_eq!(
        (&record["out_of_window"], &record["arrived"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(record["arrived_later"], 1);
    assert_eq!(record["reason"], "fragmentation_needed");
    assert_eq!(
        (&record["carried"]["src"], &record["carried"]["dst_port"]),
        (&json!("10.7.0.1"), &json!(53))
    );
    assert_eq!(
        record["hops_to_dropper"],
        json!({"count": 1, "estimate": false})
    );
    assert_eq!(record["return_hops"], json!({"count": 2, "estimate": true}));
    let there = &record["same_as"];
    assert_eq!(
        (&there["src"], &there["src_port"]),
        (&json!("192.0.2.7"), &json!(1024))
    );
    assert_eq!(there["error"], json!({"frame": 11, "source": "b.pcap"}));
    assert_eq!(
        record["was_open"],
        json!({"last": {"frame": 2, "source": "b.pcap"}, "role": "client"})
    );
    assert_eq!(
        record["app_error"]["established_tcp"],
        json!({"raised": "never"})
    );
    let record = json(&Record::Drop(&bare_verdict()), &["a.pcap"]);
    schema.check(&record);
    no_nulls(&record);
    assert_eq!(record["icmp"]["name"], "destination_unreachable");
    assert_eq!(record["vlan"], json!([10]));
    for (protocol, ports) in [
        (1, FlowPorts::Query { kind: 8, id: 5 }),
        (50, FlowPorts::Spi(77)),
        (200, FlowPorts::None),
        (17, FlowPorts::Ports { src: 1, dst: 53 }),
    ] {
        let mut verdict = verdict();
        verdict.flow.protocol = protocol;
        verdict.flow.ports = ports;
        (verdict.code, verdict.reason) = (3, DropReason::PortUnreachable);
        schema.check(&json(&Record::Drop(&verdict), &["a.pcap", "b.pcap"]));
    }
}

#[test]
fn paths_list_hops_with_alternatives() {
    let path = path(vec![
        Hop {
            ttl: 1,
            routers: vec![
                hop_router("10.0.1.2", vec![]),
                HopRouter {
                    tunnel: Some(AddrPair::new(addr("192.0.2.1"), addr("192.0.2.2"))),
                    ..hop_router("10.0.1.3", vec![16001])
                },
            ],
            unanswered: 1,
        },
        Hop {
            ttl: 2,
            routers: Vec::new(),
            unanswered: 3,
        },
    ]);
    let record = json(&Record::Path(&path), &["a.pcap"]);
    Schema::load().check(&record);
    assert_eq!(
        record["hops"],
        json!([
            {"ttl": 1, "router": "10.0.1.2", "rtts_ns": [31000, 22000], "answers": 2,
             "alternatives": [{"router": "10.0.1.3", "rtts_ns": [31000, 22000], "answers": 2,
                               "mpls": [16001],
                               "tunnel_src": "192.0.2.1", "tunnel_dst": "192.0.2.2"}],
             "unanswered": 1},
            {"ttl": 2, "unanswered": 3}
        ])
    );
}

#[test]
fn findings_name_their_evidence() {
    let finding = Finding {
        name: "ping_loss",
        severity: Severity::Warning,
        title: "20 % of the pings to 10.0.3.2 were lost".to_owned(),
        evidence: vec![frame_of(1, 5), frame(6)],
        confidence: Confidence::Confirmed,
        advice: "Look at the link".to_owned(),
    };
    let record = json(&Record::Finding(&finding), &["a.pcap", "b.pcap"]);
    Schema::load().check(&record);
    assert_eq!(
        record,
        json!({"type": "finding", "source": "b.pcap", "finding": "ping_loss",
            "severity": "warning", "title": "20 % of the pings to 10.0.3.2 were lost",
            "evidence": [{"frame": 5}, {"frame": 6, "source": "a.pcap"}],
            "confidence": "confirmed", "advice": "Look at the link"})
    );
}
