//! Packets that are data of another protocol: told as what they are, and never mixed with those that were
//! captured.

#[path = "reports/messages.rs"]
mod messages;

use serde_json::{Value, json};

use self::messages::{
    ROUTER, error, ipfix, openflow, openflow_from, packet_in, reply, request, sample, segment,
    sflow, source_active, traffic_indication,
};
use crate::common::crafted::Crafted;
use crate::common::{assert_accounted, of_type, records, run, summary, tool};

/// A ping that was captured, and what a switch told of it and of others.
fn mixed() -> Crafted {
    let mut capture = Crafted::new();
    capture.at(0, &request(1));
    capture.at(1, &reply(1));
    capture.at(
        5,
        &sflow(&[sample(&request(1)), sample(&request(2)), sample(&error(1))]),
    );
    capture.at(
        6,
        &openflow(&[packet_in(4, &reply(3)), packet_in(1, &request(4))]),
    );
    capture.at(5000, &sflow(&[sample(&error(2))]));
    capture
}

#[test]
fn reports_are_told_and_mixed_with_nothing() {
    let (_file, path) = mixed().path();
    let records = records(&["-r", &path]);
    let messages = of_type(&records, "icmp");
    let told = |name: &str| -> Vec<Value> { messages.iter().map(|m| m[name].clone()).collect() };
    let numbers = json!([null, null, 1, 2, 3, 1, 2, 1]);
    assert_eq!(Value::from(told("packet")), numbers);
    let of_sample = json!({"message": "flow_sample", "by": "192.0.2.9", "sampling_rate": 512,
                           "input": 3, "output": 7});
    let of_switch = json!({"message": "packet_in", "by": "127.0.0.1", "input": 5});
    let reports = [
        &of_sample, &of_sample, &of_sample, &of_switch, &of_switch, &of_sample,
    ];
    assert_eq!(told("report")[2..].iter().collect::<Vec<_>>(), reports);
    for message in &messages[2..] {
        let of_others = ["answers", "original", "copy_of"];
        assert!(
            of_others.iter().all(|name| message.get(name).is_none()),
            "{message}"
        );
    }
    let exchanges = of_type(&records, "exchange");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0]["outcome"], "answered");
    assert!(of_type(&records, "finding").is_empty(), "{records:#?}");
    let summary = summary(&records);
    let frames = json!({"read": 5, "reported": 6, "icmp": 8, "other": 3, "filtered": 0,
                        "undecodable": 0});
    assert_eq!(summary["frames"], frames);
    assert_accounted(summary, "reports");
    assert_eq!(summary["checksums"]["good"], 2);
    let counts: Vec<_> = (summary["messages"].as_array().unwrap().iter())
        .map(|kind| {
            (
                kind["type"].as_u64(),
                kind["count"].as_u64(),
                kind["reported"].as_u64(),
            )
        })
        .collect();
    let expected = [(0, 1, 1), (3, 0, 2), (8, 1, 3)].map(|(a, b, c)| (Some(a), Some(b), Some(c)));
    assert_eq!(counts, expected);
}

#[test]
fn a_reported_error_makes_a_verdict_of_its_own() {
    let (_file, path) = mixed().path();
    let records = records(&["-r", &path]);
    let drops = of_type(&records, "drop");
    assert_eq!(drops.len(), 1);
    let drop = drops[0];
    assert_eq!(drop["reported"], true);
    assert_eq!(
        (&drop["dropper"], &drop["count"]),
        (&json!(ROUTER), &json!(2))
    );
    assert_eq!(
        drop["error_frames"],
        json!([{"frame": 3, "packet": 3}, {"frame": 5, "packet": 1}])
    );
    assert_eq!(drop["aftermath"]["outcome"], "unknown");
    assert!(drop.get("return_hops").is_none());
    assert_eq!(summary(&records)["droppers"][0]["reported"], true);
    let lines = run(&["-r", &path, "-t"]).good();
    for line in [
        "ICMP echo request, id 7, seq 2, length 16 | sample by 192.0.2.9, 1 in 512, in 3, out 7, in \
         sflow 192.0.2.1 > 192.0.2.2, report 2 of its frame\n",
        "ICMP echo request, id 7, seq 4, length 16 | packet in from 127.0.0.1, in 5, in openflow \
         127.0.0.1 > 127.0.0.1, report 2 of its frame\n",
        "twice in 5.0 s, reported in #3.3 #5.1; what came next is not known\n",
        "-- summary: 5 frames read + 6 messages that they report = 8 ICMP shown + 0 hidden",
        "admin prohibited (reported)",
    ] {
        assert!(lines.contains(line), "{line} of {lines}");
    }
}

/// A stream knows no packets: a message may begin in one and end in another.
#[test]
fn a_message_of_several_segments_is_told_with_the_last() {
    let stream = [packet_in(4, &error(1)), packet_in(4, &request(2))].concat();
    let mut capture = Crafted::new();
    for (millis, before, end) in [
        (1, 0, 50),
        (2, 0, 50),
        (3, 50, 130),
        (4, 130, stream.len() - 1),
    ] {
        capture.at(millis, &segment(50000, before, &stream[before..end]));
    }
    let (_file, path) = capture.path();
    let records = records(&["-r", &path]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages.len(), 1);
    let message = messages[0];
    assert_eq!(
        (&message["frame"], &message["packet"]),
        (&json!(3), &json!(1))
    );
    let frames = json!([{"frame": 1}, {"frame": 3}]);
    assert_eq!(message["reassembly"]["frames"], frames, "{message}");
    assert_eq!(message["icmp"]["checksum"]["status"], "good");
    assert_eq!(message["report"]["message"], "packet_in");
    assert_eq!(of_type(&records, "drop")[0]["reported"], true);
    let summary = summary(&records);
    // The end of the last one was not captured.
    assert_eq!(summary["incomplete_messages"], 1);
    assert_accounted(summary, "segments");
    let hex = run(&["-t", "-n", "-X", "-r", &path]).good();
    assert!(hex.contains("the message in a segment of its own"), "{hex}");
    assert!(hex.contains("1 message is incomplete"), "{hex}");
}

/// Whichever comes first, what was captured itself counts, and once.
#[test]
fn a_captured_error_needs_no_report() {
    for captured_at in [1, 9] {
        let mut capture = Crafted::new();
        capture.at(captured_at, &error(1));
        capture.at(5, &sflow(&[sample(&error(1))]));
        let (_file, path) = capture.path();
        let records = records(&["-r", &path]);
        let drops = of_type(&records, "drop");
        assert_eq!(drops.len(), 1, "{drops:#?}");
        assert!(drops[0].get("reported").is_none());
        assert_eq!(drops[0]["count"], 1);
    }
}

/// Each switch on the way hands the same packet to its controller.
#[test]
fn one_error_that_many_tell_of_is_one() {
    let mut capture = Crafted::new();
    for millis in 0..3_u16 {
        let switch = 50000 + millis;
        capture.at(
            millis.into(),
            &openflow_from(switch, &[packet_in(4, &error(1))]),
        );
    }
    capture.at(10, &openflow_from(50009, &[packet_in(4, &error(2))]));
    let (_file, path) = capture.path();
    let records = records(&["-r", &path]);
    assert_eq!(of_type(&records, "drop")[0]["count"], 2);
    assert_eq!(of_type(&records, "icmp").len(), 4);
}

#[test]
fn a_filter_looks_at_the_frame_and_at_quotes() {
    let (_file, path) = mixed().path();
    let shown = |filter: &str| {
        let records = records(&["-r", &path, filter]);
        let summary = summary(&records);
        assert_accounted(summary, filter);
        (
            of_type(&records, "icmp").len(),
            summary["frames"]["filtered"].clone(),
        )
    };
    assert_eq!(shown("icmp"), (2, json!(6)));
    assert_eq!(shown("udp port 6343"), (4, json!(4)));
    assert_eq!(shown("tcp port 6653"), (2, json!(6)));
    // The flow that both errors are about.
    assert_eq!(shown("udp and dst port 4500"), (2, json!(6)));
}

#[test]
fn a_frame_is_written_once_with_all_its_comments() {
    let (_file, path) = mixed().path();
    let folder = tempfile::tempdir().expect("a folder");
    let written = folder.path().join("w.pcapng");
    let name = written.to_str().expect("a path");
    run(&["-r", &path, "-w", name, "udp port 6343 or tcp port 6653"]).good();
    let read = records(&["-r", name]);
    assert_eq!(summary(&read)["frames"]["read"], 3);
    assert_eq!(of_type(&read, "icmp").len(), 6);
    let counted = run(&["-r", &path, "-c", "4"]).good();
    assert!(counted.contains("= 4 ICMP shown"), "{counted}");
}

/// Thousands are told by a thread of their own, which reads frames anew.
#[test]
fn many_are_told_alike() {
    let mut capture = Crafted::new();
    for at in 0..3000 {
        let seq = u16::try_from(at).expect("16 bits");
        capture.at(at, &sflow(&[sample(&request(seq)), sample(&reply(seq))]));
    }
    let (_file, path) = capture.path();
    let records = records(&["-r", &path]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages.len(), 6000);
    for (at, message) in messages.iter().enumerate() {
        let expected = (json!(at / 2 + 1), json!(at % 2 + 1), json!(at / 2));
        let found = (
            &message["frame"],
            &message["packet"],
            &message["icmp"]["seq"],
        );
        assert_eq!(found, (&expected.0, &expected.1, &expected.2));
        assert_eq!(message["report"]["by"], "192.0.2.9");
    }
    assert_eq!(summary(&records)["exchanges"], json!({}));
}

/// What tshark and we say of each message: frame, type, identifier and sequence number.
#[test]
fn tshark_finds_the_same_messages() {
    let mut capture = Crafted::new();
    capture.at(
        0,
        &sflow(&[sample(&request(1)), sample(&reply(2)), sample(&request(3))]),
    );
    for version in [1, 4, 5] {
        let segment = [
            packet_in(version, &request(4)),
            packet_in(version, &reply(5)),
        ];
        capture.at(
            version.into(),
            &openflow_from(50000 + u16::from(version), &segment),
        );
    }
    capture.at(9, &ipfix(&request(6)));
    let stream = [packet_in(4, &request(7)), packet_in(4, &reply(8))].concat();
    for (millis, before, end) in [(10, 0, 20), (11, 20, 120), (12, 120, stream.len())] {
        capture.at(millis, &segment(50100, before, &stream[before..end]));
    }
    let (_file, path) = capture.path();
    let fields = ["frame.number", "icmp.type", "icmp.ident", "icmp.seq"];
    let mut arguments = vec!["-r", &path, "-T", "fields"];
    arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
    let told = tool("tshark", &arguments);
    let told = String::from_utf8(told.stdout).expect("text");
    let mut theirs = Vec::new();
    for line in told.lines() {
        let columns: Vec<Vec<u64>> = (line.split('\t'))
            .map(|column| {
                let numbers = column.split(',').filter(|number| !number.is_empty());
                numbers
                    .map(|number| number.parse().expect("a number"))
                    .collect()
            })
            .collect();
        for (i, kind) in columns[1].iter().enumerate() {
            theirs.push([columns[0][0], *kind, columns[2][i], columns[3][i]]);
        }
    }
    let records = records(&["-r", &path]);
    let ours: Vec<_> = (of_type(&records, "icmp").iter())
        .map(|message| {
            let of = |name: &str| message["icmp"][name].as_u64().expect("a number");
            let frame = message["frame"].as_u64().expect("a number");
            [frame, of("type"), of("id"), of("seq")]
        })
        .collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 12);
}

#[test]
fn each_entry_of_a_source_active_message_is_named() {
    let mut capture = Crafted::new();
    let sources = [[10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 0, 3]];
    capture.at(0, &source_active(&sources, &request(1)));
    let (_file, path) = capture.path();
    let records = records(&["-r", &path, "-e"]);
    let message = of_type(&records, "icmp")[0];
    let headers = message["tunnel"][0]["headers"].as_array().expect("headers");
    let told: Vec<_> = (headers.iter())
        .filter(|header| header["name"] == "source_entry")
        .map(|header| (header["group"].clone(), header["source"].clone()))
        .collect();
    let expected =
        sources.map(|[_, _, _, last]| (json!("239.1.2.3"), json!(format!("10.0.0.{last}"))));
    assert_eq!(told, expected);
    let hex = run(&["-n", "-X", "-r", &path]).good();
    assert!(!hex.contains("unread"), "{hex}");
    assert_eq!(
        hex.matches("source entry: prefix length 32").count(),
        3,
        "{hex}"
    );
}

#[test]
fn a_traffic_indication_of_nhrp_is_told_with_its_addresses() {
    let mut capture = Crafted::new();
    let quoted = error(1);
    capture.at(0, &traffic_indication(&quoted));
    capture.at(1, &traffic_indication(&quoted[..quoted.len() - 4]));
    let (_file, path) = capture.path();
    let records = records(&["-r", &path, "-e"]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages.len(), 2);
    for message in &messages {
        let report = json!({"message": "traffic_indication", "by": "10.0.0.254"});
        assert_eq!(message["report"], report);
        assert_eq!(message["tunnel"][0]["kind"], "nhrp");
        let headers = message["tunnel"][0]["headers"].as_array().expect("headers");
        let names: Vec<_> = headers.iter().map(|header| &header["name"]).collect();
        assert_eq!(names, ["gre", "nhrp", "nhrp_addresses"]);
        assert_eq!(headers[1]["message_type_name"], "traffic_indication");
        assert_eq!(headers[2]["src_nbma_address"], "192.0.2.1");
        assert_eq!(headers[2]["dst_protocol_address"], "10.0.0.1");
    }
    assert_eq!(messages[0]["icmp"]["checksum"]["status"], "good");
    assert_eq!(messages[1]["icmp"]["checksum"]["status"], "unverified");
    assert_eq!(of_type(&records, "drop").len(), 1);
    let hex = run(&["-n", "-X", "-r", &path]).good();
    assert!(!hex.contains("unread"), "{hex}");
    assert!(hex.contains("message type 8 traffic indication"), "{hex}");
}
