//! IP in X.25: what tshark shows of it once it saw the call, and what we do.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::common::crafted::tcp;
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
    let links: [(u32, Box<dyn Fn(&[u8]) -> Vec<u8>>); 6] = [
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
        let tunnel = &of_type(&records, "icmp")[0]["tunnel"][0];
        assert_eq!(
            (&tunnel["kind"], &tunnel["logical_channel"]),
            (&json!("xot"), &json!(7))
        );
        let headers = tunnel["headers"].as_array().expect("headers");
        let names: Vec<_> = headers.iter().map(|header| &header["name"]).collect();
        assert_eq!(names, ["tcp", "xot", "x25"]);
        assert_accounted(summary(&records), "xot");
    }
}
