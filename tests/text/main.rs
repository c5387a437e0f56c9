//! Text for people: what is known behind ` | `, and the lines that begin with `-- `.

#[path = "../records_support/mod.rs"]
mod records_support;
mod story;
mod whole;

use std::time::Duration;

use icmpdump::correlate::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, Relation,
};
use icmpdump::record::collect::Collector;
use icmpdump::record::{Record, Start};
use icmpdump::sink::Sink;
use icmpdump::sink::text::{
    Colour, HexDump, LinkHeader, Numbers, TextOptions, TextSink, TimestampStyle, Verbosity,
};
use records_support::samples::T0;
use records_support::{Captured, frame, frame_of, icmp4, ip4, sources, udp};

/// The text of records from sources of these names.
fn text(options: &TextOptions, names: &[&str], records: &[Record<'_>]) -> String {
    let mut out = Vec::new();
    let mut sink = TextSink::new(&mut out, options.clone());
    let start = Start {
        sources: sources(names),
        filter: None,
    };
    sink.write(&Record::Start(&start)).unwrap();
    for record in records {
        sink.write(record).unwrap();
    }
    sink.flush().unwrap();
    drop(sink);
    String::from_utf8(out).unwrap()
}

fn line(captured: &Captured<'_>, relation: Relation, names: &[&str]) -> String {
    let options = TextOptions {
        timestamps: TimestampStyle::None,
        ..TextOptions::default()
    };
    line_with(&options, captured, relation, names)
}

fn line_with(
    options: &TextOptions,
    captured: &Captured<'_>,
    relation: Relation,
    names: &[&str],
) -> String {
    captured.with_event(relation, names, |event| {
        text(options, names, &[Record::Icmp(event)])
    })
}

fn echo_reply() -> Vec<u8> {
    let message = icmp4(0, 0, &[&[0, 19, 0, 1], &[7; 56][..]].concat());
    ip4(1, "172.17.0.2", "172.17.0.1", &message)
}

fn time_exceeded() -> Vec<u8> {
    let quoted = ip4(17, "10.9.1.2", "10.9.2.2", &udp(43210, 33434));
    let message = icmp4(11, 0, &[&[0; 4], &quoted[..28]].concat());
    ip4(1, "10.9.1.1", "10.9.1.2", &message)
}

fn answer(request: Option<u64>, rtt_us: u64, outcome: AnswerOutcome) -> Relation {
    Relation::Answer(Answer {
        request: request.map(frame),
        rtt: (rtt_us > 0).then(|| Duration::from_micros(rtt_us)),
        outcome,
        change: None,
    })
}

#[test]
fn the_lines_of_the_design_are_written_as_they_stand_there() {
    let reply = echo_reply();
    let reply = Captured::new(&reply, 2);
    let relation = answer(Some(1), 28, AnswerOutcome::Answered);
    assert_eq!(
        line_with(&TextOptions::default(), &reply, relation, &["a"]),
        "08:25:50.469472 IP 172.17.0.2 > 172.17.0.1: ICMP echo reply, id 19, seq 1, length 64 \
         | rtt 0.028 ms, answers #1\n"
    );
    let error = time_exceeded();
    let error = Captured::new(&error, 12);
    let relation = Relation::Error {
        original: Some(Original::Found {
            match_kind: MatchKind::Exact,
            frame: frame(11),
            before: Some(Duration::from_micros(270)),
            ttl: 1,
            last_ttl: 1,
            flags: 0,
            shown: true,
            is_other: false,
        }),
    };
    assert_eq!(
        line(&error, relation, &["a"]),
        "IP 10.9.1.1 > 10.9.1.2: ICMP time exceeded in-transit, length 36 | quotes UDP \
         10.9.1.2.43210 > 10.9.2.2.33434 ttl 64, original #11 0.27 ms before\n"
    );
}

#[test]
fn every_relation_is_told_in_few_words() {
    use AnswerOutcome::{Corrupted, Duplicate, Late, Unsolicited};
    let reply = echo_reply();
    let reply = Captured::new(&reply, 2);
    let known = |relation| {
        let line = line(&reply, relation, &["a"]);
        let known = line.trim_end().split_once(" | ").map(|(_, known)| known);
        known.unwrap_or_default().to_owned()
    };
    assert_eq!(known(Relation::None), "");
    assert_eq!(known(Relation::Request), "");
    assert_eq!(
        known(answer(Some(1), 500, Duplicate)),
        "duplicate, rtt 0.5 ms, answers #1"
    );
    assert_eq!(
        known(answer(Some(1), 11_000_000, Late)),
        "late, rtt 11000 ms, answers #1"
    );
    assert_eq!(
        known(answer(Some(1), 500, Corrupted)),
        "corrupted, rtt 0.5 ms, answers #1"
    );
    assert_eq!(known(answer(None, 0, Unsolicited(None))), "unsolicited");
    assert_eq!(
        known(answer(
            None,
            0,
            Unsolicited(Some(NearMiss::Identifier(frame(5))))
        )),
        "unsolicited, near miss of #5: another id"
    );
    assert_eq!(
        known(answer(
            None,
            0,
            Unsolicited(Some(NearMiss::Sender(frame(5))))
        )),
        "unsolicited, near miss of #5: another sender"
    );
    assert_eq!(known(Relation::Copy { of: frame(1) }), "copy of #1");
}

#[test]
fn every_original_is_told_with_its_match() {
    let error = time_exceeded();
    let error = Captured::new(&error, 12);
    let known = |original| {
        let line = line(&error, Relation::Error { original }, &["a"]);
        let quote = "quotes UDP 10.9.1.2.43210 > 10.9.2.2.33434 ttl 64";
        let (_, known) = line.trim_end().split_once(quote).unwrap();
        known.to_owned()
    };
    let found = |match_kind| {
        Some(Original::Found {
            match_kind,
            frame: frame(7),
            before: None,
            ttl: 1,
            last_ttl: 1,
            flags: 0,
            shown: true,
            is_other: false,
        })
    };
    assert_eq!(known(None), "");
    assert_eq!(known(found(MatchKind::Exact)), ", original #7");
    assert_eq!(known(found(MatchKind::Segment)), ", original #7");
    assert_eq!(known(found(MatchKind::Flow)), ", same flow #7");
    assert_eq!(
        known(found(MatchKind::Translated)),
        ", original before translation #7"
    );
    for reason in [
        NoOriginal::NotCaptured,
        NoOriginal::BeforeCapture,
        NoOriginal::OneSided,
        NoOriginal::RefusedAtSender,
        NoOriginal::Evicted,
        NoOriginal::FragmentWithoutPorts,
        NoOriginal::QuoteWithoutPorts,
        NoOriginal::QuoteCut,
    ] {
        assert!(known(Some(Original::None(reason))).starts_with(", original "));
    }
}

#[test]
fn frames_name_their_source_where_there_are_several() {
    let reply = echo_reply();
    let reply = Captured::new(&reply, 2);
    let relation = Relation::Answer(Answer {
        request: Some(frame_of(1, 9)),
        rtt: None,
        outcome: AnswerOutcome::Answered,
        change: None,
    });
    let line_without = line(&reply, relation, &["a.pcap", "b.pcap"]);
    assert!(
        line_without.ends_with("length 64 | a.pcap#2, answers b.pcap#9\n"),
        "{line_without}"
    );
    let options = TextOptions {
        timestamps: TimestampStyle::None,
        numbers: Numbers::Shown,
        ..TextOptions::default()
    };
    let numbered = line_with(&options, &reply, relation, &["a.pcap", "b.pcap"]);
    assert!(numbered.starts_with("a.pcap#2  IP "), "{numbered}");
    assert!(numbered.ends_with(" | answers b.pcap#9\n"), "{numbered}");
    let alone = line_with(&options, &reply, Relation::None, &["a.pcap"]);
    assert!(alone.starts_with("    2  IP "), "{alone}");
}

#[test]
fn faults_are_told_and_a_source_name_cannot_move_the_cursor() {
    let mut bad = echo_reply();
    bad[22] ^= 0xff;
    let reply = Captured::new(&bad, 2);
    let told = line(&reply, Relation::None, &["a"]);
    assert!(
        told.contains(" | bad checksum 0xc427 (expected 0x3b27)"),
        "{told}"
    );
    let named = line(&reply, Relation::None, &["\x1b[2J\u{202e}.pcap", "b"]);
    assert!(named.contains("\\x1b[2J\\u{202e}.pcap#2"), "{named}");
    assert!(!named.contains('\x1b') && !named.contains('\u{202e}'));
}

/// Where tcpdump says less or other things, to which the wording is compared elsewhere.
#[test]
fn what_a_line_tells_that_tcpdump_does_not() {
    let told = |packet: &[u8]| line(&Captured::new(packet, 2), Relation::None, &["a"]);
    let quoted = ip4(17, "10.9.1.2", "10.9.2.2", &udp(43210, 33434));
    let mut error = vec![0, 32, 0, 0];
    error.extend(&quoted[..28]);
    error.resize(4 + 128, 0);
    error.extend([0x20, 0, 0x12, 0x34, 0, 8, 1, 1, 0, 1, 1, 1]);
    let packet = ip4(1, "10.9.1.1", "10.9.1.2", &icmp4(11, 0, &error));
    let line = told(&packet);
    assert!(
        line.contains(", extension checksum 0x1234 bad (0x"),
        "{line}"
    );
    let mut times = vec![0, 7, 0, 1];
    for time in [86_399_999, u32::MAX, 43_200_000_u32] {
        times.extend(time.to_be_bytes());
    }
    let line = told(&ip4(1, "10.9.1.1", "10.9.1.2", &icmp4(14, 0, &times)));
    let is = ": org 23:59:59.999, recv 0xffffffff (non-standard), xmit 12:00:00.000,";
    assert!(line.contains(is), "{line}");
    let mut reply = vec![140, 0, 0, 0, 0, 2, 0, 0];
    reply.extend([0; 12]);
    reply.extend(b"\x04host\x07example\0\x01a\x01b\0");
    let mut packet = vec![0x60, 0, 0, 0, 0, 39, 58, 64];
    packet.extend([0xfd; 32]);
    packet.extend(reply);
    let line = told(&packet);
    assert!(
        line.contains("(DNS name, \"host.example.\", \"a.b.\")"),
        "{line}"
    );
}

#[test]
fn colour_is_there_only_when_asked_for() {
    let error = time_exceeded();
    let error = Captured::new(&error, 2);
    let plain = line(&error, Relation::None, &["a"]);
    assert!(!plain.contains('\x1b'));
    let options = TextOptions {
        timestamps: TimestampStyle::None,
        colour: Colour::Always,
        ..TextOptions::default()
    };
    let coloured = line_with(&options, &error, Relation::None, &["a"]);
    let mut stripped = String::new();
    for (i, part) in coloured.split("\x1b[").enumerate() {
        stripped += if i == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        };
    }
    assert_ne!(coloured, plain);
    assert_eq!(stripped, plain);
}

#[test]
fn verbose_lines_tell_headers_checksums_and_quotes() {
    let error = time_exceeded();
    let error = Captured::new(&error, 2);
    let options = TextOptions {
        timestamps: TimestampStyle::None,
        verbosity: Verbosity::Verbose,
        ..TextOptions::default()
    };
    let text = line_with(&options, &error, Relation::None, &["a"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "IP (tos 0x0, ttl 64, id 7, offset 0, flags [DF], proto ICMP (1), length 56)"
    );
    assert!(lines[1].starts_with("    10.9.1.1 > 10.9.1.2: ICMP time exceeded in-transit"));
    assert!(lines[2].starts_with("\tchecksum 0x") && lines[2].contains(" good, code 0 "));
    assert!(lines[3].starts_with("\tIP (tos 0x0, ttl 64, id 7, "));
    assert!(lines[4].contains(
        "UDP 10.9.1.2.43210 > 10.9.2.2.33434 ttl 64, udp length 40, checksum absent, 28 octets quoted"
    ));
}

#[test]
fn dumps_hold_every_octet_once() {
    let error = time_exceeded();
    let captured = Captured::new(&error, 2);
    for hex in [HexDump::Hex, HexDump::HexAscii, HexDump::HexAsciiWithLink] {
        let options = TextOptions {
            hex,
            ..TextOptions::default()
        };
        let text = line_with(&options, &captured, Relation::None, &["a"]);
        let mut octets = Vec::new();
        for row in text.lines().filter_map(|line| line.strip_prefix("\t0x")) {
            let (offset, row) = row.split_once(":  ").unwrap();
            assert_eq!(usize::from_str_radix(offset, 16).unwrap(), octets.len());
            let digits: String = row.chars().take(39).filter(|c| *c != ' ').collect();
            let pairs = digits.as_bytes().chunks(2);
            octets.extend(
                pairs.map(|pair| {
                    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
                }),
            );
        }
        assert_eq!(octets, error, "{hex:?}\n{text}");
    }
    let options = TextOptions {
        hex: HexDump::HexAscii,
        ..TextOptions::default()
    };
    let text = line_with(&options, &captured, Relation::None, &["a"]);
    for named in [
        "type 11 time exceeded",
        "dst 10.9.1.2",
        "-- quoted IP header",
        "dst port 33434",
    ] {
        assert!(text.contains(named), "{named} is not in\n{text}");
    }
}

#[test]
fn raw_ip_has_no_link_header_to_show() {
    let reply = echo_reply();
    let reply = Captured::new(&reply, 2);
    let options = TextOptions {
        timestamps: TimestampStyle::None,
        link_header: LinkHeader::Shown,
        ..TextOptions::default()
    };
    let text = line_with(&options, &reply, Relation::None, &["a"]);
    assert!(text.starts_with("ip: 172.17.0.2 > "), "{text}");
}

/// As tcpdump has it for 802.3; for the links that it has many words for, who sent the frame to
/// whom, where the link tells.
#[test]
fn other_link_headers_tell_what_they_know() {
    const MACS: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let options = TextOptions {
        timestamps: TimestampStyle::None,
        link_header: LinkHeader::Shown,
        ..TextOptions::default()
    };
    let data_frame = [&[8, 1, 0, 0][..], &MACS, &MACS[..6], &[0, 0], &SNAP].concat();
    let radiotap = [&[0, 0, 8, 0, 0, 0, 0, 0], &data_frame[..]].concat();
    for (link, header, told) in [
        (
            1,
            [&MACS[..], &[0, 92], &SNAP].concat(),
            "02:00:00:00:00:01 > 02:00:00:00:00:02, 802.3, length 92: LLC, dsap SNAP (0xaa) \
             Individual, ssap SNAP (0xaa) Command, ctrl 0x03: oui Ethernet (0x000000), \
             ethertype IPv4 (0x0800), length 84: 172.17.0.2 > ",
        ),
        (
            1,
            [&MACS[..], &[0x92, 0, 0, 5, 8, 0]].concat(),
            "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 802.1Q-9200 (0x9200), length 102: \
             vlan 5, p 0, ethertype IPv4 (0x0800), 172.17.0.2 > ",
        ),
        (
            127,
            radiotap,
            "BSSID:02:00:00:00:00:02 SA:02:00:00:00:00:01 DA:02:00:00:00:00:02 LLC, dsap SNAP \
             (0xaa) Individual, ssap SNAP (0xaa) Command, ctrl 0x03: oui Ethernet (0x000000), \
             ethertype IPv4 (0x0800), length 84: 172.17.0.2 > ",
        ),
        (
            205,
            vec![1, 0x0f, 0, 8, 0],
            "Cisco HDLC with direction, out, ethertype IPv4 (0x0800), length 89: 172.17.0.2 > ",
        ),
        (
            206,
            vec![0, 0x18, 0x41, 3, 0xcc],
            "Frame Relay with direction, in, DLCI 100, length 89: 172.17.0.2 > ",
        ),
        (
            219,
            vec![0, 1, 1, 64],
            "MPLS label stack, length 88: IP 172.17.0.2 > ",
        ),
    ] {
        let octets = [&header[..], &echo_reply()].concat();
        let captured = Captured::on_link(link, &octets, octets.len(), 1).unwrap();
        let text = line_with(&options, &captured, Relation::None, &["a"]);
        assert!(text.starts_with(told), "{link}: {text}");
    }
}

/// Text and JSON of a message need no memory of their own once their buffers are there.
#[test]
fn writing_a_message_allocates_nothing() {
    use icmpdump::sink::{JsonOptions, JsonSink};
    let packets = [echo_reply(), time_exceeded()];
    for octets in &packets {
        let captured = Captured::new(octets, 2);
        let relation = answer(Some(1), 28, AnswerOutcome::Answered);
        captured.with_event(relation, &["a"], |event| {
            let record = Record::Icmp(event);
            let mut text = TextSink::new(std::io::sink(), TextOptions::default());
            let mut json = JsonSink::new(std::io::sink(), JsonOptions::default());
            let mut collector = Collector::new(1 << 20);
            let mut write = || {
                text.write(&record).unwrap();
                json.write(&record).unwrap();
                collector.record(&record);
            };
            write();
            let counted = allocation_counter::measure(|| (0..1000).for_each(|_| write()));
            assert_eq!(counted.count_total, 0);
        });
    }
}
