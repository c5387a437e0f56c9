//! Every record as JSON, rich and bare, against the schema and against exact text.

mod captures;
#[path = "../records_support/mod.rs"]
mod records_support;
mod story;
mod words;

use std::time::Duration;

use icmpdump::correlate::exchange::{Exchange, ExchangeOutcome};
use icmpdump::correlate::{
    Answer, AnswerOutcome, Evictions, MatchKind, NearMiss, NoOriginal, Original, Relation,
};
use icmpdump::icmp::names;
use icmpdump::model::{LinkType, SourceId};
use icmpdump::record::collect::Collector;
use icmpdump::record::{FrameCounts, Record, Start, Summary};
use icmpdump::sink::{Emit, EmitSet, JsonOptions, JsonSink, Sink};
use icmpdump::source::{Damage, DamageKind, Octets};
use icmpdump::source::{DropsTold, InterfaceCounts, KernelCounts};
use icmpdump::wire::Locked;
use icmpdump::wire::{Encryption, IpVersion, Undecodable};
use records_support::samples::{T0, exchange, verdict};
use records_support::{
    Captured, Schema, frame, frame_of, icmp4, icmp6, ip4, ip6, json, sources, udp,
};
use serde_json::{Value, json};

/// Why a packet of WireGuard, which is a tunnel, is not read.
const LOCKED: [(Locked, &str); 3] = [
    (Locked::NoHandshake, "encrypted_wireguard_no_handshake"),
    (Locked::NoKey, "encrypted_wireguard_no_key"),
    (Locked::NotAuthentic, "encrypted_wireguard_not_authentic"),
];

/// Why a packet of ESP is not.
const LOCKED_ESP: [(Locked, &str); 2] = [
    (Locked::NoKey, "encrypted_esp_no_key"),
    (Locked::NotAuthentic, "encrypted_esp_not_authentic"),
];

/// Why a frame of IEEE 802.11 is not read where keys are known.
const LOCKED_FRAMES: [(Locked, &str); 3] = [
    (Locked::NoHandshake, "encrypted_802_11_no_handshake"),
    (Locked::NoKey, "encrypted_802_11_no_key"),
    (Locked::NotAuthentic, "encrypted_802_11_not_authentic"),
];

/// Why a frame is undecodable, and how a record names that.
const REASONS: [(Undecodable, &str); 9] = [
    (Undecodable::LinkType, "link_type"),
    (Undecodable::Short, "short"),
    (Undecodable::Malformed, "malformed"),
    (
        Undecodable::Encrypted(Encryption::Ieee802_11),
        "encrypted_802_11",
    ),
    (
        Undecodable::Encrypted(Encryption::Ieee802_15_4),
        "encrypted_802_15_4",
    ),
    (
        Undecodable::Encrypted(Encryption::MacSec),
        "encrypted_macsec",
    ),
    (
        Undecodable::Encrypted(Encryption::GprsLlc),
        "encrypted_gprs_llc",
    ),
    (Undecodable::Compression, "compression"),
    (Undecodable::FirstFragment, "first_fragment"),
];

#[test]
fn start_tells_sources_and_filter() {
    let schema = Schema::load();
    let start = Start {
        sources: sources(&["a.pcap", "a.pcap"]),
        filter: Some("icmp[icmptype]==8".to_owned()),
    };
    let record = json(&Record::Start(&start), &["a.pcap"]);
    schema.check(&record);
    assert_eq!(record["sources"][1]["name"], "a.pcap(2)");
    assert_eq!(record["filter"], "icmp[icmptype]==8");
    let bare = Start {
        sources: Vec::new(),
        filter: None,
    };
    let record = json(&Record::Start(&bare), &[]);
    schema.check(&record);
    assert_eq!(
        record,
        json!({"type": "start", "schema": "1.0", "version": env!("CARGO_PKG_VERSION"), "sources": []})
    );
}

#[test]
fn an_echo_reply_is_written_as_the_design_shows_it() {
    let octets = ip4(
        1,
        "172.17.0.2",
        "172.17.0.1",
        &icmp4(0, 0, &[&[0, 19, 0, 1], &[7; 56][..]].concat()),
    );
    let reply = Captured::new(&octets, 2);
    let answer = Relation::Answer(Answer {
        request: Some(frame(1)),
        rtt: Some(Duration::from_micros(28)),
        outcome: AnswerOutcome::Answered,
        change: None,
    });
    let text = reply.text(answer, &["capture.pcap"]);
    Schema::load().check(&serde_json::from_str(&text).unwrap());
    assert_eq!(
        text,
        concat!(
            r#"{"type":"icmp","frame":2,"ts":"2025-07-26T08:25:50.469472000Z","source":"capture.pcap","interface":"eth0","#,
            r#""ip":{"version":4,"src":"172.17.0.2","dst":"172.17.0.1","ttl":64,"id":7,"length":84,"df":true,"#,
            r#""checksum":{"status":"good","value":57980}},"#,
            r#""icmp":{"version":4,"type":0,"code":0,"name":"echo_reply","length":64,"#,
            r#""checksum":{"status":"good","value":15143},"id":19,"seq":1,"payload_length":56},"#,
            r#""community_id":"1:QY+qcyOYecAxHS8fkXqtJbDVtJI=","#,
            r#""answers":{"frame":1,"rtt_ns":28000,"outcome":"answered"},"#,
            r#""inferred":{"initial_ttl":64,"hops":0}}"#,
            "\n"
        )
    );
}

#[test]
fn an_error_tells_its_quote_and_original() {
    let quoted = ip4(17, "172.17.0.1", "10.9.2.2", &udp(43210, 33434));
    let octets = ip4(
        1,
        "10.9.1.1",
        "172.17.0.1",
        &icmp4(11, 0, &[&[0; 4], &quoted[..28]].concat()),
    );
    let error = Captured::new(&octets, 12);
    let schema = Schema::load();
    let found = Relation::Error {
        original: Some(Original::Found {
            match_kind: MatchKind::Exact,
            frame: frame_of(1, 11),
            before: Some(Duration::from_micros(270)),
            ttl: 1,
            last_ttl: 1,
            flags: 0,
            shown: true,
            is_other: false,
        }),
    };
    let record = error.json(found, &["a.pcap", "b.pcap"]);
    schema.check(&record);
    assert_eq!(record["quoted"]["protocol"], "udp");
    assert_eq!(record["quoted"]["src_port"], 43210);
    assert_eq!(record["quoted"]["dst_port"], 33434);
    assert_eq!(record["quoted"]["length"], 28);
    assert_eq!(
        record["original"],
        json!({"frame": 11, "source": "b.pcap", "match": "exact", "before_ns": 270_000})
    );
    let missing = Relation::Error {
        original: Some(Original::None(NoOriginal::BeforeCapture)),
    };
    let record = error.json(missing, &["a.pcap"]);
    schema.check(&record);
    assert_eq!(
        record["original"],
        json!({"match": "none", "reason": "before_capture"})
    );
    let record = error.json(Relation::Error { original: None }, &["a.pcap"]);
    schema.check(&record);
    assert_eq!(record.get("original"), None);
}

#[test]
fn every_relation_has_its_shape() {
    let schema = Schema::load();
    let octets = ip6(
        58,
        "2001:db8::2",
        "2001:db8::1",
        &icmp6("2001:db8::2", "2001:db8::1", 129, 0, &[0, 1, 0, 2]),
    );
    let reply = Captured::new(&octets, 5);
    let answer = |request, outcome| {
        Relation::Answer(Answer {
            request,
            rtt: None,
            outcome,
            change: None,
        })
    };
    let unsolicited = |miss| answer(None, AnswerOutcome::Unsolicited(miss));
    let cases = [
        (Relation::None, Value::Null, "answers"),
        (Relation::Request, Value::Null, "answers"),
        (
            answer(Some(frame(1)), AnswerOutcome::Duplicate),
            json!({"frame": 1, "outcome": "duplicate"}),
            "answers",
        ),
        (
            answer(Some(frame(1)), AnswerOutcome::Late),
            json!({"frame": 1, "outcome": "late"}),
            "answers",
        ),
        (
            answer(Some(frame(1)), AnswerOutcome::Corrupted),
            json!({"frame": 1, "outcome": "corrupted"}),
            "answers",
        ),
        (
            unsolicited(None),
            json!({"outcome": "unsolicited"}),
            "answers",
        ),
        (
            unsolicited(Some(NearMiss::Identifier(frame(3)))),
            json!({"outcome": "unsolicited", "near_miss": {"differs_in": "id", "frame": 3}}),
            "answers",
        ),
        (
            unsolicited(Some(NearMiss::Sender(frame(3)))),
            json!({"outcome": "unsolicited", "near_miss": {"differs_in": "sender", "frame": 3}}),
            "answers",
        ),
        (
            Relation::Copy { of: frame(4) },
            json!({"frame": 4}),
            "copy_of",
        ),
    ];
    for (relation, expected, key) in cases {
        let record = reply.json(relation, &["x"]);
        schema.check(&record);
        assert_eq!(record.get(key).cloned().unwrap_or_default(), expected);
    }
}

/// Whatever the type, the code and however short: the record fits the schema and says no null.
#[test]
fn messages_of_every_type_and_length_fit_the_schema() {
    let schema = Schema::load();
    let quoted = ip4(17, "10.0.0.2", "10.0.0.9", &udp(1, 2));
    let quoted6 = ip6(17, "2001:db8::2", "2001:db8::9", &udp(1, 2));
    for kind in 0..=255 {
        for code in [0, 1, 2, 3, 4, 9, 255] {
            let v4 = icmp4(kind, code, &[&[0, 17, 5, 120], &quoted[..]].concat());
            let (src, dst) = ("2001:db8::1", "2001:db8::2");
            let v6 = icmp6(
                src,
                dst,
                kind,
                code,
                &[&[0, 17, 5, 120], &quoted6[..]].concat(),
            );
            for (version, packet) in [
                (IpVersion::V4, ip4(1, "10.0.0.1", "10.0.0.2", &v4)),
                (IpVersion::V6, ip6(58, src, dst, &v6)),
            ] {
                let known = names::type_name(version, kind).is_some();
                let lengths = if known && code == 0 {
                    0..packet.len()
                } else {
                    0..1
                };
                // Every third: the decoder's own tests cut at each octet.
                for cut in lengths.step_by(3) {
                    let Some(octets) = packet.get(..packet.len() - cut) else {
                        continue;
                    };
                    if let Some(captured) = Captured::cut(octets, packet.len(), 1) {
                        let record = captured.json(Relation::None, &["x"]);
                        schema.check(&record);
                        records_support::no_nulls(&record);
                    }
                }
            }
        }
    }
}

#[test]
fn the_summary_holds_the_whole_account() {
    let schema = Schema::load();
    let record = json(&Record::Summary(&Summary::default()), &["a.pcap"]);
    schema.check(&record);
    records_support::no_nulls(&record);

    let mut collector = Collector::new(1 << 20);
    for outcome in [
        ExchangeOutcome::Answered,
        ExchangeOutcome::Lost,
        ExchangeOutcome::Pending,
    ] {
        collector.exchange(&Exchange {
            outcome,
            ..exchange()
        });
    }
    collector.verdict(&verdict());
    let octets = ip4(1, "10.0.0.1", "10.0.0.2", &icmp4(8, 0, &[0, 1, 0, 2]));
    Captured::new(&octets, 1).with_event(Relation::Request, &["a.pcap"], |event| {
        collector.icmp(event);
    });
    let mut summary = collector.summary();
    summary.unknown_links.insert(LinkType(250), 1);
    summary.unread.esp = 3;
    summary.unread.deep = 2;
    let frames = LOCKED_FRAMES.map(|(why, _)| Undecodable::Encrypted(Encryption::Wlan(why)));
    let reasons = REASONS.map(|(why, _)| why).into_iter().chain(frames);
    summary.unread.undecodable = reasons.map(|why| (why, 2)).collect();
    let in_tunnels = REASONS.into_iter().filter(|(why, _)| why.hides());
    let locked = LOCKED.map(|(why, _)| Undecodable::Encrypted(Encryption::WireGuard(why)));
    let of_esp = LOCKED_ESP.map(|(why, _)| Undecodable::Encrypted(Encryption::Esp(why)));
    let in_tunnels = in_tunnels.map(|(why, _)| why).chain(locked).chain(of_esp);
    summary.unread.in_tunnels = in_tunnels.map(|why| (why, 4)).collect();
    summary.frames = FrameCounts {
        read: 9,
        further_packets: 1,
        reported: 5,
        undecodable: 1,
        other: 2,
        filtered: 3,
        icmp: 4,
    };
    summary.kernel = Some(vec![InterfaceCounts {
        name: "eth0".to_owned(),
        counts: KernelCounts::default(),
        drops: DropsTold::AsTheyCame,
        read: 0,
        unread: 0,
    }]);
    summary.evictions = Evictions {
        exchanges: 5,
        ..Evictions::default()
    };
    summary.first = Some(T0);
    summary.last = Some(T0);
    summary.time_backwards = 1;
    summary.largest_step_back = Duration::from_secs(1);
    summary.damaged = vec![Damage {
        source: SourceId(0),
        offset: 99,
        of: Octets::Stored,
        frame: 11,
        kind: DamageKind::Cut,
        why: "16 octets of a record header expected, 3 found\u{1b}[2J".to_owned(),
    }];
    let record = json(&Record::Summary(&summary), &["a.pcap"]);
    schema.check(&record);
    assert_eq!(record["pairs"][0]["sent"], 3);
    assert_eq!(record["pairs"][0]["loss"], 0.5);
    assert_eq!(record["droppers"][0]["mtu"], 1400);
    assert_eq!(record["evicted"], json!({"exchanges": {"memory_limit": 5}}));
    assert_eq!(
        record["damaged"][0]["why"],
        "16 octets of a record header expected, 3 found\\x1b[2J"
    );
    assert_eq!(record["esp"], 3);
    for (why, word) in REASONS {
        assert_eq!(record["undecodable"][word], 2, "{word}");
        assert_eq!(record["in_tunnels"][word] == 4, why.hides(), "{word}");
    }
    for (_, word) in LOCKED_FRAMES {
        assert_eq!(record["undecodable"][word], 2, "{word}");
    }
    for (_, word) in LOCKED.into_iter().chain(LOCKED_ESP) {
        assert_eq!(record["in_tunnels"][word], 4, "{word}");
    }
    assert_eq!(
        record["unknown_links"],
        json!([{"link_type": 250, "frames": 1}])
    );
}

#[test]
fn only_the_chosen_records_are_written() {
    let write = |emit| {
        let mut out = Vec::new();
        let mut sink = JsonSink::new(
            &mut out,
            JsonOptions {
                emit,
                ..JsonOptions::default()
            },
        );
        let start = Start {
            sources: sources(&["a.pcap"]),
            filter: None,
        };
        sink.write(&Record::Start(&start)).unwrap();
        sink.write(&Record::Decided(&exchange())).unwrap();
        sink.write(&Record::Exchange(&exchange())).unwrap();
        sink.write(&Record::Summary(&Summary::default())).unwrap();
        sink.flush().unwrap();
        drop(sink);
        let text = String::from_utf8(out).unwrap();
        let kind = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["type"].as_str().unwrap().to_owned()
        };
        text.lines().map(kind).collect::<Vec<_>>()
    };
    assert_eq!(write(EmitSet::ALL), ["start", "exchange", "summary"]);
    assert_eq!(write(EmitSet::NONE), ["start"]);
    assert_eq!(
        write(EmitSet::NONE.with(Emit::Summary)),
        ["start", "summary"]
    );
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let schema = Schema::load();
    let mut record = json(&Record::Exchange(&exchange()), &["a.pcap"]);
    record["surprise"] = json!(1);
    assert!(schema.errors(&record).is_some());
    let mut record = json(&Record::Exchange(&exchange()), &["a.pcap"]);
    record["outcome"] = json!("maybe");
    assert!(schema.errors(&record).is_some());
}
