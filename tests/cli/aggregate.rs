//! Frames of IEEE 802.11 that carry several packets (A-MSDU).

#[path = "aggregate/capture.rs"]
mod capture;

use std::fs;

use etherparse::PacketBuilder;
use serde_json::{Value, json};

use self::capture::{Capture, HEADER, aggregate, frames_of, reply, request, tcp, text};
use crate::common::crafted;
use crate::common::{assert_accounted, of_type, records, run, summary, tool};

/// Frame and packet of each message, by records.
fn places(records: &[Value]) -> Vec<(u64, u64)> {
    let number = |record: &Value, name: &str| record[name].as_u64().unwrap_or(0);
    (of_type(records, "icmp").iter())
        .map(|record| (number(record, "frame"), number(record, "packet")))
        .collect()
}

#[test]
fn each_packet_is_read() {
    for link in [105, 192] {
        let mut capture = Capture::new(link);
        capture.add(&[tcp(), request(1), request(2)]);
        capture.add(&[tcp(), tcp()]);
        capture.add(&[reply(1)]);
        let path = capture.written();
        let records = records(&["-r", &path, "-e"]);
        assert_eq!(places(&records), [(1, 2), (1, 3), (3, 0)]);
        let messages = of_type(&records, "icmp");
        assert_eq!(messages[0]["link"]["src"], "02:00:00:00:05:02");
        assert_eq!(messages[1]["link"]["dst"], "02:00:00:00:0d:03");
        assert_eq!(messages[2]["link"]["dst"], "02:00:00:00:0d:01");
        let summary = summary(&records);
        let frames = json!({"read": 3, "further_packets": 3, "icmp": 3, "other": 3, "filtered": 0,
                            "undecodable": 0});
        assert_eq!(summary["frames"], frames);
        assert_accounted(summary, "aggregates");
        let lines = run(&["-r", &path, "-t"]).good();
        for line in [
            "ICMP echo request, id 7, seq 1, length 11 | packet 2 of its frame\n",
            "ICMP echo request, id 7, seq 2, length 11 | packet 3 of its frame\n",
            "ICMP echo reply, id 7, seq 1, length 11 | rtt 2 ms, answers #1.2\n",
            "-- summary: 3 frames read + 3 further packets in them = 3 ICMP shown + 0 hidden",
        ] {
            assert!(lines.contains(line), "{lines}");
        }
    }
}

#[test]
fn packets_of_one_frame_belong_together_as_those_of_several_do() {
    let mut capture = Capture::new(105);
    capture.add(&[request(1), reply(1), request(2)]);
    capture.add(&[tcp(), reply(2)]);
    let records = records(&["-r", &capture.written()]);
    let answers: Vec<_> = (of_type(&records, "icmp").iter())
        .filter_map(|record| record.get("answers"))
        .collect();
    assert_eq!(
        answers,
        [
            &json!({"frame": 1, "packet": 1, "rtt_ns": 0, "outcome": "answered"}),
            &json!({"frame": 1, "packet": 3, "rtt_ns": 1_000_000, "outcome": "answered"}),
        ]
    );
    let exchanges = of_type(&records, "exchange");
    assert_eq!(exchanges[0]["request"], json!({"frame": 1, "packet": 1}));
    assert_eq!(exchanges[0]["reply"], json!({"frame": 1, "packet": 2}));
    assert_eq!(exchanges[1]["reply"], json!({"frame": 2, "packet": 2}));
}

#[test]
fn the_second_packet_of_a_frame_is_the_original_of_an_error() {
    let udp = crafted::udp(
        ([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
        64,
        (40000, 33434),
    );
    let error = crafted::error([10, 0, 0, 2].into(), (3, 3), 0, &udp);
    let mut capture = Capture::new(105);
    capture.add(&[tcp(), udp.clone()]);
    capture.add(&[tcp(), tcp(), error.clone()]);
    capture.add(&[udp, error]);
    let records = records(&["-r", &capture.written()]);
    let originals: Vec<_> = (of_type(&records, "icmp").iter())
        .map(|record| (&record["original"]["frame"], &record["original"]["packet"]))
        .collect();
    assert_eq!(originals, [(&json!(1), &json!(2)), (&json!(3), &json!(1))]);
    let drop = of_type(&records, "drop")[0];
    let (errors, dropped) = (&drop["error_frames"], &drop["original_frames"]);
    assert_eq!(
        errors,
        &json!([{"frame": 2, "packet": 3}, {"frame": 3, "packet": 2}])
    );
    assert_eq!(
        dropped,
        &json!([{"frame": 1, "packet": 2}, {"frame": 3, "packet": 1}])
    );
}

#[test]
fn what_a_frame_holds_twice_was_sent_twice() {
    let error = crafted::error([10, 0, 0, 2].into(), (3, 3), 0, &tcp());
    let mut capture = Capture::new(105);
    capture.add(&[request(1), request(1), error.clone(), error]);
    let records = records(&["-r", &capture.written()]);
    assert!(
        of_type(&records, "icmp")
            .iter()
            .all(|record| record.get("copy_of").is_none())
    );
    assert_eq!(of_type(&records, "exchange").len(), 2);
    assert_eq!(of_type(&records, "drop")[0]["count"], 2);
}

#[test]
fn fragments_in_one_frame_are_put_together() {
    let whole = request(1);
    let (head, message) = whole.split_at(20);
    let fragment = |range: std::ops::Range<usize>, more: u8| {
        let mut packet = head.to_vec();
        packet.extend(&message[range.clone()]);
        let length = u16::try_from(packet.len()).unwrap();
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        (packet[6], packet[7]) = (more << 5, u8::try_from(range.start / 8).unwrap());
        packet
    };
    let mut capture = Capture::new(105);
    capture.add(&[fragment(0..8, 1), tcp(), fragment(8..message.len(), 0)]);
    let records = records(&["-r", &capture.written()]);
    let last = of_type(&records, "icmp")[1];
    assert_eq!(last["reassembly"]["status"], "complete", "{last}");
    let frames = json!([{"frame": 1, "packet": 1}, {"frame": 1, "packet": 3}]);
    assert_eq!(last["reassembly"]["frames"], frames);
    assert_eq!(last["reassembly"]["icmp"]["checksum"]["status"], "good");
}

#[test]
fn filters_match_packet_by_packet() {
    for link in [105, 192] {
        let mut capture = Capture::new(link);
        capture.add(&[tcp(), request(1), reply(2)]);
        let path = capture.written();
        for (filter, shown) in [
            ("icmp", vec![(1, 2), (1, 3)]),
            ("icmp[icmptype]==8", vec![(1, 2)]),
            ("icmp[icmptype]==0", vec![(1, 3)]),
            ("not icmp", vec![]),
            ("src host 10.0.0.2", vec![(1, 3)]),
            ("ether src 02:00:00:00:05:02", vec![(1, 2)]),
            ("ether dst 02:00:00:00:0d:03", vec![(1, 3)]),
            ("link[0]&0x8c==0x88", vec![(1, 2), (1, 3)]),
            ("greater 200", vec![]),
        ] {
            let records = records(&["-r", &path, filter]);
            assert_eq!(places(&records), shown, "{link} {filter}");
            let counts = &summary(&records)["frames"];
            assert_eq!(counts["filtered"], 2 - shown.len(), "{link} {filter}");
            assert_accounted(summary(&records), filter);
        }
    }
}

#[test]
fn a_frame_is_written_once_if_one_of_its_packets_is_selected() {
    let mut capture = Capture::new(105);
    capture.add(&[tcp(), request(1), request(2), tcp()]);
    capture.add(&[tcp(), tcp()]);
    capture.add(&[reply(1)]);
    // The padding behind an only packet is written as well.
    capture.push(&[aggregate(&[reply(2)]), vec![0; 9]].concat(), 0);
    let path = capture.written();
    let written = text(&capture.path("written.pcap"));
    for (arguments, frames) in [
        (&["icmp"][..], vec![1, 3, 4]),
        (&["tcp"], vec![1, 2]),
        (&["icmp[icmptype]==0"], vec![3, 4]),
        (&["udp"], vec![]),
        (&[], vec![1, 2, 3, 4]),
        (&["-c", "1", "icmp"], vec![1]),
    ] {
        run(&[&["-r", &path, "-w", &written], arguments].concat()).good();
        let all = frames_of(&capture.file);
        let expected: Vec<_> = frames.iter().map(|frame| all[frame - 1].clone()).collect();
        assert_eq!(
            frames_of(&fs::read(&written).unwrap()),
            expected,
            "{arguments:?}"
        );
        let counted = run(&[&["-r", &path, "--count"], arguments].concat()).good();
        let s = if frames.len() == 1 { "" } else { "s" };
        assert_eq!(
            counted,
            format!("{} packet{s}\n", frames.len()),
            "{arguments:?}"
        );
    }
}

#[test]
fn comments_tell_of_each_packet() {
    let mut capture = Capture::new(105);
    capture.add(&[tcp(), tcp()]);
    capture.add(&[request(1), reply(1), request(2)]);
    capture.add(&[reply(2), reply(3)]);
    let path = capture.written();
    let written = text(&capture.path("written.pcapng"));
    run(&["-r", &path, "-w", &written, "--annotate", "icmp"]).good();
    let comments = tool(
        "tshark",
        &["-n", "-r", &written, "-T", "fields", "-e", "frame.comment"],
    );
    assert_eq!(
        String::from_utf8_lossy(&comments.stdout),
        "packet 2: answers packet 1, rtt 0 ms\n\
         packet 1: answers #1.3, rtt 1 ms; packet 2: unsolicited: no request for it was captured\n"
    );
}

#[test]
fn messages_are_counted_by_packet_with_a_limit() {
    let mut capture = Capture::new(105);
    capture.add(&[request(1), tcp(), request(2), tcp()]);
    let path = capture.written();
    for (limit, shown, further) in [("1", 1, 0), ("2", 2, 2)] {
        let records = records(&["-r", &path, "-c", limit]);
        assert_eq!(of_type(&records, "icmp").len(), shown);
        let frames = &summary(&records)["frames"];
        assert_eq!(frames["further_packets"].as_u64().unwrap_or(0), further);
        assert_accounted(summary(&records), limit);
    }
}

#[test]
fn octets_are_those_of_the_packet() {
    let mut capture = Capture::new(105);
    capture.add(&[tcp(), request(1), request(2)]);
    let path = capture.written();
    let lines = run(&["-r", &path, "-t", "-x", "-c", "1"]).good();
    // Neither padding nor the next packet.
    assert!(lines.contains("\t0x0010:  0a00 0002 0800"), "{lines}");
    assert!(lines.contains("\n-- "), "{lines}");
    assert_eq!(lines.matches("\t0x").count(), 2, "{lines}");
    let lines = run(&["-r", &path, "-t", "-xx", "-c", "1"]).good();
    let dumped: String = (lines.lines())
        .filter_map(|line| line.strip_prefix("\t0x")?.split_once(":  "))
        .flat_map(|(_, octets)| octets.split(' '))
        .collect();
    let subframe = [2, 0, 0, 0, 0xd, 2, 2, 0, 0, 0, 0x5, 2, 0, 39];
    let llc = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let expected = [&HEADER[..], &subframe, &llc, &request(1)].concat();
    let octets: Vec<u8> = (0..dumped.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&dumped[at..at + 2], 16).unwrap())
        .collect();
    assert_eq!(octets, expected);
}

#[test]
fn a_cut_frame_tells_what_is_there_and_that_there_was_more() {
    let frame = aggregate(&[tcp(), request(1), request(2)]);
    let told = |missing: usize| {
        let mut capture = Capture::new(105);
        capture.push(&frame, missing);
        let records = records(&["-r", &capture.written()]);
        assert_accounted(summary(&records), "a cut frame");
        let undecodable = summary(&records)["frames"]["undecodable"].as_u64();
        let checksums: Vec<_> = (of_type(&records, "icmp").iter())
            .map(|record| record["icmp"]["checksum"]["status"].clone())
            .collect();
        (checksums, undecodable.unwrap())
    };
    assert_eq!(told(0), (vec![json!("good"), json!("good")], 0));
    assert_eq!(told(1), (vec![json!("good"), json!("unverified")], 0));
    // The IP header of the last is not there, nor the header before that.
    assert_eq!(told(12), (vec![json!("good")], 1));
    assert_eq!(told(53), (vec![json!("good")], 1));
    // As little is known of what follows the first.
    assert_eq!(told(frame.len() - 26 - 14 - 8 - 41), (vec![], 1));
    assert_eq!(told(frame.len() - 10), (vec![], 1));
}

#[test]
fn a_frame_of_thousands_of_packets_is_taken_apart() {
    let mut capture = Capture::new(105);
    let packets: Vec<_> = (0..3000).map(request).collect();
    let mut frame = HEADER.to_vec();
    for packet in &packets {
        let behind = frame.len() - HEADER.len();
        frame.resize(HEADER.len() + behind.next_multiple_of(4), 0);
        frame.extend([2; 12]);
        frame.extend(u16::try_from(packet.len() + 8).unwrap().to_be_bytes());
        frame.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
        frame.extend(packet);
    }
    frame.extend([vec![0; 14], vec![0xff; 2]].concat().repeat(100));
    capture.push(&frame, 0);
    let records = records(&["-r", &capture.written()]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages.len(), 3000);
    assert_eq!(messages[2999]["packet"], 3000);
    assert_eq!(messages[2999]["icmp"]["seq"], 2999);
    assert_accounted(summary(&records), "thousands");
}

/// What tshark and we say of each ICMP message: frame, type, identifier, sequence number.
#[test]
fn tshark_finds_the_same_packets() {
    let ipv6 = |seq: u16| {
        let mut packet = Vec::new();
        PacketBuilder::ipv6([0xfd; 16], [0xfe; 16], 64)
            .icmpv6_echo_request(9, seq)
            .write(&mut packet, b"defg")
            .unwrap();
        packet
    };
    for link in [105, 192] {
        let mut capture = Capture::new(link);
        capture.add(&[tcp(), request(1), reply(1)]);
        capture.add(&[ipv6(1), ipv6(2), tcp(), request(2)]);
        capture.add(&[tcp(), tcp()]);
        capture.add(&[request(3)]);
        capture.add(&[ipv6(3)]);
        let path = capture.written();
        let fields = [
            "frame.number",
            "icmp.type",
            "icmp.seq",
            "icmpv6.type",
            "icmpv6.echo.sequence_number",
            "wlan.da",
        ];
        let mut arguments = vec!["-n", "-r", &path, "-T", "fields"];
        for field in fields {
            arguments.extend(["-e", field]);
        }
        let told = tool("tshark", &arguments);
        let theirs: Vec<String> = (String::from_utf8(told.stdout).unwrap().lines())
            .map(str::to_owned)
            .collect();
        let records = records(&["-r", &path, "-e"]);
        let ours: Vec<String> = (1..=5u64)
            .map(|frame| {
                let all: Vec<_> = (of_type(&records, "icmp").into_iter())
                    .filter(|record| record["frame"] == frame)
                    .collect();
                let column = |version: u64, name: &str| -> String {
                    let values: Vec<String> = (all.iter())
                        .filter(|record| record["icmp"]["version"] == version)
                        .map(|record| record["icmp"][name].to_string())
                        .collect();
                    values.join(",")
                };
                format!(
                    "{frame}\t{}\t{}\t{}\t{}",
                    column(4, "type"),
                    column(4, "seq"),
                    column(6, "type"),
                    column(6, "seq")
                )
            })
            .collect();
        for (theirs, ours) in theirs.iter().zip(&ours) {
            assert!(theirs.starts_with(ours.as_str()), "{theirs} {ours}");
        }
        assert_eq!(theirs.len(), ours.len());
        for record in of_type(&records, "icmp") {
            let frame = record["frame"].as_u64().unwrap();
            let dst = record["link"]["dst"].as_str().unwrap();
            let theirs = &theirs[usize::try_from(frame - 1).unwrap()];
            assert!(theirs.contains(dst), "{theirs} {dst}");
        }
    }
}

/// A datagram of TZSP with an aggregate of these packets.
fn mirrored(packets: &[Vec<u8>]) -> Vec<u8> {
    let payload = [&[1, 0, 0, 0x12, 1][..], &aggregate(packets)].concat();
    let mut packet = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(40000, 37008)
        .write(&mut packet, &payload)
        .unwrap();
    packet
}

#[test]
fn each_packet_of_an_aggregate_in_a_tunnel_is_read() {
    let mut capture = Capture::new(101);
    let first = mirrored(&[tcp(), request(1), request(2)]);
    capture.push(&first, 0);
    capture.push(&mirrored(&[reply(1)]), 0);
    capture.push(&mirrored(&[tcp(), tcp()]), 0);
    capture.push(&first, 4);
    let path = capture.written();
    let written = text(&capture.path("written.pcap"));
    let records = records(&["-r", &path]);
    assert_eq!(places(&records), [(1, 2), (1, 3), (2, 0), (4, 2), (4, 3)]);
    let messages = of_type(&records, "icmp");
    assert_eq!(messages[2]["answers"]["frame"], 1);
    assert_eq!(messages[2]["answers"]["packet"], 2);
    for message in &messages[..3] {
        assert_eq!(message["tunnel"][0]["kind"], "tzsp");
        assert_eq!(message["icmp"]["checksum"]["status"], "good");
        assert!(message.get("wire_length").is_none(), "{message}");
    }
    // What the snap length cut is.
    assert_eq!(messages[4]["icmp"]["checksum"]["status"], "unverified");
    assert!(messages[4].get("wire_length").is_some());
    let summary = summary(&records);
    let frames = json!({"read": 4, "further_packets": 5, "icmp": 5, "other": 4, "filtered": 0,
                        "undecodable": 0});
    assert_eq!(summary["frames"], frames);
    assert_accounted(summary, "aggregates in tunnels");
    // A frame is written once, as it was.
    run(&["-r", &path, "-w", &written, "udp port 37008"]).good();
    assert_eq!(fs::read(&written).unwrap().len(), capture.file.len());
}
