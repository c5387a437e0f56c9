//! IP in X.25: what tshark shows of it once it saw the call, and what we do.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::common::crafted::{echo_request, tcp};
use crate::common::{assert_accounted, of_type, records, run, summary, tool};
use crate::links::{ECHO, capture_of};

/// A call for IP is asked for and taken, then data.
fn packets() -> [Vec<u8>; 3] {
    [
        vec![0x10, 7, 0x0b, 0, 0, 0xcc],
        vec![0x10, 7, 0x0f, 0, 0],
        [&[0x10, 7, 0][..], &ECHO].concat(),
    ]
}

/// How many messages tshark and we show.
fn counts(path: &str) -> (usize, usize) {
    let told = tool("tshark", &["-r", path, "-T", "fields", "-e", "icmp.type"]);
    let told = String::from_utf8(told.stdout).expect("text");
    let theirs = told.lines().filter(|line| *line == "8").count();
    (of_type(&records(&["-r", path]), "icmp").len(), theirs)
}

/// What a link has around a packet.
type Around = Box<dyn Fn(&[u8]) -> Vec<u8>>;

#[test]
fn each_link_of_it_is_read() {
    let llc = |control: &'static [u8]| {
        move |packet: &[u8]| {
            let length = u8::try_from(2 + control.len() + packet.len()).expect("short");
            let header = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0, length, 0x7e, 0x7e];
            [&header[..], control, packet].concat()
        }
    };
    let behind = |header: &'static [u8]| move |packet: &[u8]| [header, packet].concat();
    let cooked = &[
        0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0x40, 1, 0, 0,
    ];
    let links: [(u32, Around); 6] = [
        (1, Box::new(llc(&[0, 0]))),
        (1, Box::new(llc(&[3]))),
        (196, Box::new(behind(&[0, 0, 0, 0, 1, 1, 0]))),
        (203, Box::new(behind(&[0x40, 1, 0, 0]))),
        (203, Box::new(behind(&[0x40, 1, 3]))),
        (177, Box::new(behind(cooked))),
    ];
    for (link, around) in links {
        let frames = packets().map(|packet| around(&packet));
        let capture = capture_of(link, frames);
        let path = capture.path().to_str().expect("a path");
        assert_eq!(counts(path), (1, 1), "{link}");
        let records = records(&["-r", path, "-e"]);
        let tunnel = &of_type(&records, "icmp")[0]["tunnel"][0];
        assert_eq!(
            (&tunnel["kind"], &tunnel["logical_channel"]),
            (&json!("x25"), &json!(7))
        );
        assert_eq!(tunnel["headers"][0]["name"], "x25");
        assert_accounted(summary(&records), "x25");
        let hex = run(&["-n", "-X", "-r", path]).good();
        assert!(!hex.contains("unread"), "{hex}");
    }
}

#[test]
fn in_tcp_it_is_read_wherever_a_segment_ends() {
    let ends = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    let message = |packet: &Vec<u8>| {
        let length = u8::try_from(packet.len()).expect("short");
        [&[0, 0, 0, length][..], packet].concat()
    };
    let stream: Vec<u8> = packets().iter().flat_map(message).collect();
    for place in [10, 19, 21, 30, stream.len()] {
        let frames = [(0, &stream[..place]), (place, &stream[place..])].map(|(before, data)| {
            let sequence = u32::try_from(1 + before).expect("few");
            tcp(ends, (50000, 1998), sequence, |tcp| tcp.ack(1), data)
        });
        let capture = capture_of(101, frames);
        let path = capture.path().to_str().expect("a path");
        assert_eq!(counts(path), (1, 1), "{place}");
        let records = records(&["-r", path, "-e"]);
        let tunnels = of_type(&records, "icmp")[0]["tunnel"]
            .as_array()
            .expect("tunnels");
        let kinds: Vec<_> = tunnels.iter().map(|tunnel| &tunnel["kind"]).collect();
        assert_eq!(kinds, ["xot", "x25"]);
        assert_eq!(tunnels[1]["logical_channel"], 7);
        let headers = tunnels[0]["headers"].as_array().expect("headers");
        let names: Vec<_> = headers.iter().map(|header| &header["name"]).collect();
        assert_eq!(names, ["tcp", "xot"]);
        assert_accounted(summary(&records), "xot");
    }
}

/// Data packets with so many octets of an IP packet each.
fn in_several(seq: u16, octets: usize, size: usize) -> Vec<Vec<u8>> {
    let ends = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    let packet = echo_request(ends, 64, (7, seq), &vec![0x55; octets]);
    let count = packet.chunks(size).count();
    let data = |(n, octets): (usize, &[u8])| {
        let more = if n + 1 < count { 0x10 } else { 0 };
        let number = u8::try_from(n % 8).expect("a number") << 1;
        [&[0x10, 7, more | number], octets].concat()
    };
    packet.chunks(size).enumerate().map(data).collect()
}

/// The sequence number of a message, and whether it is whole: with the last of its pieces if not alone.
fn told(message: &Value) -> Option<(u64, bool)> {
    let all = match &message["reassembly"]["icmp"] {
        Value::Null => &message["icmp"],
        whole => whole,
    };
    let is_whole = all["checksum"]["status"] == "good";
    Some((all["seq"].as_u64()?, is_whole))
}

/// Frame and sequence number of each message that is whole, as tshark has them and as we do.
fn whole(path: &str) -> [Vec<(u64, u64)>; 2] {
    let fields = ["-e", "frame.number", "-e", "icmp.seq"];
    let shown = tool(
        "tshark",
        &[&["-r", path, "-T", "fields"], &fields[..]].concat(),
    );
    let shown = String::from_utf8(shown.stdout).expect("text");
    let number = |text: &str| text.parse().ok();
    let theirs = (shown.lines())
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(frame, seq)| Some((number(frame)?, number(seq)?)));
    let records = records(&["-r", path]);
    let ours = (of_type(&records, "icmp").into_iter())
        .filter_map(|message| Some((message["frame"].as_u64()?, told(message)?)))
        .filter_map(|(frame, (seq, is_whole))| is_whole.then_some((frame, seq)));
    assert_accounted(summary(&records), path);
    [theirs.collect(), ours.collect()]
}

#[test]
fn a_packet_in_several_is_put_together() {
    let [asked, taken, _] = packets();
    let all = [
        vec![asked, taken],
        in_several(1, 300, 128),
        in_several(2, 2000, 128),
        in_several(3, 60, 128),
        in_several(4, 120, 100),
    ]
    .concat();
    let llc = |packet: &Vec<u8>| {
        let length = u8::try_from(4 + packet.len()).expect("short");
        let header = [
            2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0, length, 0x7e, 0x7e, 0, 0,
        ];
        [&header[..], packet].concat()
    };
    let sita = |packet: &Vec<u8>| [&[0, 0, 0, 0, 1, 1, 0][..], packet].concat();
    let mut before = 0;
    let ends = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    let in_tcp = |packet: &Vec<u8>| {
        let length = u8::try_from(packet.len()).expect("short");
        let message = [&[0, 0, 0, length][..], packet].concat();
        let segment = tcp(ends, (50000, 1998), 1 + before, |tcp| tcp.ack(1), &message);
        before += u32::try_from(message.len()).expect("few");
        segment
    };
    let captures = [
        (1, all.iter().map(llc).collect::<Vec<_>>()),
        (196, all.iter().map(sita).collect()),
        (101, all.iter().map(in_tcp).collect()),
    ];
    for (link, frames) in captures {
        let capture = capture_of(link, &frames);
        let path = capture.path().to_str().expect("a path");
        let [theirs, ours] = whole(path);
        assert_eq!(ours, theirs, "{link}");
        assert_eq!(ours.len(), 4, "{link}");
        // The first piece shows the message, and what is lost leaves the next whole.
        let mut lost = frames;
        lost.remove(3);
        let capture = capture_of(link, &lost);
        let path = capture.path().to_str().expect("a path");
        let records = records(&["-r", path]);
        let shown: Vec<_> = (of_type(&records, "icmp").iter())
            .filter_map(|message| told(message))
            .collect();
        let expected = [
            (1, false),
            (2, false),
            (2, true),
            (3, true),
            (4, false),
            (4, true),
        ];
        assert_eq!(shown, expected, "{link}");
        assert_accounted(summary(&records), "lost");
    }
}

#[test]
fn any_prefix_of_a_piece_is_let_pass() {
    let [first, second, _] = in_several(1, 300, 128).try_into().expect("three");
    for (link, header) in [(196, &[0, 0, 0, 0, 1, 1, 0][..]), (203, &[0x40, 1, 0, 0])] {
        let frames: Vec<_> = [&first, &second]
            .into_iter()
            .flat_map(|packet| {
                let frame = [header, packet].concat();
                (0..=frame.len()).map(move |end| frame[..end].to_vec())
            })
            .collect();
        let capture = capture_of(link, &frames);
        let records = records(&["-r", capture.path().to_str().expect("a path")]);
        assert_accounted(summary(&records), "prefixes");
    }
}
