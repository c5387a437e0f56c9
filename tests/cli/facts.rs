//! What a pcapng file tells of packets beside their octets.

use serde_json::json;

use crate::common::{of_type, records, run, summary, tool};
use crate::links::{ECHO, capture_of};
use crate::told::block;

const XDP_DROP: [u8; 9] = [2, 1, 0, 0, 0, 0, 0, 0, 0];
const XDP_PASS: [u8; 9] = [2, 2, 0, 0, 0, 0, 0, 0, 0];
const TC_SHOT: [u8; 9] = [1, 2, 0, 0, 0, 0, 0, 0, 0];

type TestOptions<'a> = &'a [(u16, &'a [u8])];

/// A capture of [`ECHO`] with other sequence numbers, a second apart, with the options of each.
fn capture(packets: &[TestOptions<'_>]) -> tempfile::NamedTempFile {
    let packets = (1_u8..).zip(packets);
    written(packets.map(|(seq, options)| (0, seq, u32::from(seq) * 1_000_000, *options)))
}

/// One request on two interfaces, as xdpdump writes it.
fn copies() -> tempfile::NamedTempFile {
    let id = 5_u64.to_le_bytes();
    let before: TestOptions<'_> = &[(5, &id)];
    let behind: TestOptions<'_> = &[(5, &id), (7, &XDP_DROP)];
    written([(0, 1, 1_000_000, before), (1, 1, 1_000_004, behind)])
}

/// A capture of two interfaces: the interface, sequence number, time in microseconds and options of each
/// packet.
fn written<'a>(
    packets: impl IntoIterator<Item = (u32, u8, u32, TestOptions<'a>)>,
) -> tempfile::NamedTempFile {
    let comments: TestOptions<'_> = &[(2, b"eth0"), (1, b"an interface"), (1, b"of two comments")];
    written_on(&[comments, &[(2, b"eth0@fexit")]], packets)
}

/// The same of interfaces with these options.
fn written_on<'a>(
    interfaces: &[TestOptions<'_>],
    packets: impl IntoIterator<Item = (u32, u8, u32, TestOptions<'a>)>,
) -> tempfile::NamedTempFile {
    let section = [&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8]].concat();
    let mut file = block(0x0a0d_0d0a, &section, &[(1, b"a section\x1b[31m")]);
    for options in interfaces {
        file.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0], options));
    }
    for (interface, seq, micros, options) in packets {
        let mut octets = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0], &ECHO[..]].concat();
        octets[14 + 27] = seq;
        octets[14 + 23] = octets[14 + 23].wrapping_sub(seq - 1);
        let length = u32::try_from(octets.len()).unwrap();
        let words = [interface, 0, micros, length, length].map(u32::to_le_bytes);
        let padded = octets.len().next_multiple_of(4);
        octets.resize(padded, 0);
        file.extend(block(6, &[words.concat(), octets].concat(), options));
    }
    let capture = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(capture.path(), file).unwrap();
    capture
}

/// Inbound broadcast with a check sequence of four octets that is wrong.
const FLAGS: [u8; 4] = 0x0100_000d_u32.to_le_bytes();

fn rich() -> tempfile::NamedTempFile {
    capture(&[
        &[(7, &XDP_DROP), (5, &77_u64.to_le_bytes())],
        &[(7, &XDP_PASS), (2, &FLAGS), (6, &3_u32.to_le_bytes())],
        &[(7, &TC_SHOT), (3, &[5, 0xde, 0xad, 0xbe, 0xef])],
        &[(1, b"look \"here\"\x1b[2J\xff"), (1, b"and there")],
        &[(2, &2_u32.to_le_bytes())],
    ])
}

#[test]
fn what_the_file_says_of_itself_and_its_interfaces_is_told() {
    let file = rich();
    let path = file.path().to_str().unwrap();
    let all = records(&["-r", path]);
    let source = &of_type(&all, "start")[0]["sources"][0];
    assert_eq!(source["comments"], json!(["a section\\x1b[31m"]));
    let interface = &source["interfaces"][0];
    assert_eq!(
        interface["comments"],
        json!(["an interface", "of two comments"])
    );
    let text = run(&["-v", "-r", path]).exits(0).out;
    let told: Vec<_> = (text.lines().take(3))
        .map(|line| line.rsplit_once(": ").unwrap().1)
        .collect();
    let comments = ["a section\\x1b[31m", "an interface", "of two comments"];
    assert_eq!(
        told,
        comments.map(|comment| format!("comment \"{comment}\""))
    );
    let plain = run(&["-r", path]).exits(0).out;
    assert!(!plain.contains("comment"), "{plain}");
}

#[test]
fn what_the_file_says_of_a_packet_is_in_its_record() {
    let file = rich();
    let all = records(&["-r", file.path().to_str().unwrap()]);
    let told: Vec<_> = of_type(&all, "icmp")
        .iter()
        .map(|m| m["capture"].clone())
        .collect();
    let xdp = json!({"by": "xdp", "name": "XDP_DROP", "number": 1});
    let tc = json!({"by": "tc", "name": "TC_ACT_SHOT", "number": 2});
    assert_eq!(
        told,
        [
            json!({"dropped": xdp, "packet_id": 77, "verdicts": [xdp]}),
            json!({"direction": "in", "reception": "broadcast", "errors": ["crc"], "queue": 3,
                   "verdicts": [{"by": "xdp", "name": "XDP_PASS", "number": 2}]}),
            json!({"dropped": tc, "verdicts": [tc],
                   "hashes": [{"algorithm": 5, "name": "toeplitz", "value": "deadbeef"}]}),
            json!({"comments": ["look \"here\"\\x1b[2J\\xff", "and there"]}),
            json!({"direction": "out"}),
        ]
    );
}

#[test]
fn a_request_that_was_dropped_where_it_was_captured_says_so() {
    let file = rich();
    let told = run(&["-r", file.path().to_str().unwrap()]).exits(0).out;
    let notes: Vec<_> = (told.lines())
        .filter(|line| line.contains("ICMP echo request,"))
        .map(|line| line.split_once(" | ").map_or("", |(_, notes)| notes))
        .collect();
    assert_eq!(
        notes,
        [
            "dropped here by XDP (XDP_DROP), on eth0",
            "link errors crc, on eth0",
            "dropped here by tc (TC_ACT_SHOT), on eth0",
            "on eth0",
            "on eth0",
        ]
    );
}

/// Of a request that nobody answered for that, which is told; another one may have been lost anywhere.
#[test]
fn what_became_of_such_a_request_names_the_drop() {
    let none: TestOptions<'_> = &[];
    let of_xdp: TestOptions<'_> = &[(7, &XDP_DROP)];
    let of_tc: TestOptions<'_> = &[(7, &TC_SHOT)];
    let file = capture(&[of_xdp, of_tc, none, of_xdp, none, none, none]);
    let path = file.path().to_str().unwrap();
    let all = records(&["-r", path]);
    let exchanges = of_type(&all, "exchange");
    let told = |name: &str| -> Vec<_> { exchanges.iter().map(|e| e[name].clone()).collect() };
    let xdp = json!({"by": "xdp", "name": "XDP_DROP"});
    let tc = json!({"by": "tc", "name": "TC_ACT_SHOT"});
    let nothing = json!(null);
    let expected = [&xdp, &tc, &nothing, &xdp, &nothing, &nothing, &nothing];
    assert_eq!(told("dropped").iter().collect::<Vec<_>>(), expected);
    assert_eq!(told("outcome")[..3], ["lost"; 3]);
    let text = run(&["-r", path]).exits(0).out;
    for line in [
        "-- #1 lost: dropped by XDP (XDP_DROP) where it was captured",
        "-- #2 lost: dropped by tc (TC_ACT_SHOT) where it was captured",
        "-- #3 lost: no reply was captured in time",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let unfolded = |text: &str| text.replace("\n--    ", " ");
    assert!(unfolded(&text).contains("3 of them dropped"), "{text}");
    let all_dropped = capture(&[of_xdp, of_xdp, of_tc, of_xdp, of_xdp, of_xdp]);
    let text = run(&["-r", all_dropped.path().to_str().unwrap()])
        .exits(0)
        .out;
    let advice = unfolded(&text);
    assert!(
        advice.contains("look at the XDP program or the tc filters"),
        "{text}"
    );
}

/// xdpdump captures a packet before the program and behind it: the drop is that of the one request.
#[test]
fn a_drop_that_a_copy_tells_of_is_the_requests() {
    let file = copies();
    let all = records(&["-r", file.path().to_str().unwrap()]);
    let of: Vec<_> = of_type(&all, "icmp")
        .iter()
        .map(|m| m["copy_of"].clone())
        .collect();
    assert_eq!(of, [json!(null), json!({"frame": 1})]);
    let exchanges = of_type(&all, "exchange");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0]["dropped"]["name"], "XDP_DROP");
}

#[test]
fn the_rest_is_told_with_v_and_the_way_with_e() {
    let file = rich();
    let told = run(&["-v", "-e", "-r", file.path().to_str().unwrap()])
        .exits(0)
        .out;
    for line in [
        "\tcaptured packet id 77, XDP_DROP\n",
        "\tcaptured in, broadcast, queue 3, XDP_PASS\n",
        "\tcaptured TC_ACT_SHOT, hash toeplitz deadbeef\n",
        "\tcomment \"look \"here\"\\x1b[2J\\xff\"\n",
        "\tcomment \"and there\"\n",
        "\tcaptured out\n",
        " In 02:00:00:00:00:02 > 02:00:00:00:00:01, ethertype",
        " Out 02:00:00:00:00:02 > 02:00:00:00:00:01, ethertype",
    ] {
        assert!(told.contains(line), "{line:?} in {told}");
    }
    assert!(!told.contains('\x1b'), "{told}");
}

/// What a filter kept out is not lost.
#[test]
fn the_filter_that_a_file_was_captured_with_is_heeded() {
    let open: TestOptions<'_> = &[(2, b"eth1")];
    for (filter, others, outcome) in [
        (&b"\0icmp[icmptype] == 8"[..], [].as_slice(), "unknown"),
        (b"\0dst host 10.0.0.2", &[], "unknown"),
        (b"\0icmp and host 10.0.0.2", &[], "lost"),
        // A program: what it takes is not known.
        (b"\x01\x00\x00\x28\x00\x00\x0c\x08\x00", &[], "unknown"),
        // What another interface has tells nothing of what was on this one.
        (b"\0icmp[icmptype] == 8", &[open], "unknown"),
    ] {
        let interface: TestOptions<'_> = &[(2, b"eth0"), (11, filter)];
        let interfaces = [&[interface], others].concat();
        let file = written_on(
            &interfaces,
            [(0, 1, 0, [].as_slice()), (0, 2, 60_000_000, &[])],
        );
        let path = file.path().to_str().unwrap();
        let all = records(&["-r", path]);
        let (told, line) = match filter {
            [0, expression @ ..] => {
                let told = String::from_utf8_lossy(expression).into_owned();
                let line = format!("captured with the filter \"{told}\"\n");
                (json!({ "filter": told }), line)
            }
            _ => (
                json!({ "filter_octets": filter.len() - 1 }),
                "captured with a filter program of 8 octets\n".to_owned(),
            ),
        };
        let mut interface = of_type(&all, "start")[0]["sources"][0]["interfaces"][0].clone();
        for other in ["name", "link_type", "snaplen"] {
            interface.as_object_mut().unwrap().remove(other);
        }
        assert_eq!(interface, told);
        assert_eq!(of_type(&all, "exchange")[0]["outcome"], outcome, "{told}");
        let findings = of_type(&all, "finding");
        let blamed = findings.iter().any(|finding| {
            let title = finding["title"].as_str().unwrap();
            title.contains("which may have kept answers out")
        });
        assert_eq!(blamed, outcome == "unknown", "{findings:?}");
        let text = run(&["-v", "-r", path]).exits(0).out;
        let line = format!(", interface eth0: {line}");
        assert!(text.contains(&line), "{text}");
    }
}

/// A record of ERF says how many before it were lost: what is open then is not called lost.
#[test]
fn what_records_of_erf_say_is_missing_is_not_lost() {
    const ETHERNET: u8 = 2;
    const COLOURED: u8 = 11;
    for (kind, lost_first) in [(ETHERNET, false), (COLOURED, true)] {
        let records_of = |seq: u8| {
            let lost = if seq == 4 { 3 } else { 0 };
            let mac = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
            let mut packet = ECHO;
            packet[27] = seq;
            packet[23] = packet[23].wrapping_sub(seq - 1);
            let header = [&[0; 8][..], &[kind, 4, 0, 60, 0, lost, 0, 42, 0, 0]].concat();
            [&header[..], &mac, &packet].concat()
        };
        let file = capture_of(197, (1..=7).map(records_of));
        let all = records(&["-r", file.path().to_str().unwrap()]);
        let outcome = |seq: u8| {
            let exchanges = of_type(&all, "exchange");
            let of_seq = exchanges.iter().find(|exchange| exchange["seq"] == seq);
            of_seq.unwrap()["outcome"].clone()
        };
        for seq in 1..=3 {
            assert_eq!(outcome(seq) == "lost", lost_first, "{kind}: {seq}");
            assert_eq!(outcome(seq) == "unknown", !lost_first, "{kind}: {seq}");
        }
        assert_eq!(outcome(5), "lost");
        let account = summary(&all);
        let dropped = (!lost_first).then_some(3);
        assert_eq!(account["kernel"]["dropped"].as_u64(), dropped);
        // Whoever that was, it was no kernel.
        let text = run(&["-q", "-r", file.path().to_str().unwrap()])
            .exits(0)
            .out;
        let told = "3 of 10 packets on interface 0 are missing";
        assert_eq!(text.contains(told), !lost_first, "{text}");
        assert!(!text.contains("the kernel dropped"), "{text}");
    }
}

/// tshark reads the same.
#[test]
fn tshark_agrees() {
    let file = rich();
    let fields = [
        "frame.verdict.ebpf_xdp",
        "frame.verdict.ebpf_tc",
        "frame.packet_id",
        "frame.interface_queue",
        "frame.packet_flags_direction",
    ];
    let path = file.path().to_str().unwrap();
    let mut arguments = vec!["-r", path, "-T", "fields"];
    for field in fields {
        arguments.extend(["-e", field]);
    }
    let told = tool("tshark", &arguments).stdout;
    assert_eq!(
        String::from_utf8(told).unwrap().lines().collect::<Vec<_>>(),
        [
            "1\t\t77\t\t",
            "2\t\t\t3\t0x00000001",
            "\t2\t\t\t",
            "\t\t\t\t",
            "\t\t\t\t0x00000002",
        ]
    );
}
