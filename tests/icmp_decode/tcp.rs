//! TCP headers in quotes: what is there behind ports and sequence number.

use icmpdump::icmp::Message;
use icmpdump::wire::{Ip, Limit};
use serde_json::json;

use crate::shown::{records, run, v4};

/// A SYN with the options that Linux sends.
const SYN: [u8; 40] = [
    0x03, 0xe8, 1, 187, 0, 0, 0, 99, 0, 0, 0, 0, 0xa0, 2, 0xfa, 0xf0, 0, 0, 0, 0, 2, 4, 5, 180, 4,
    2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7,
];

/// An error about a segment of which `quoted` octets are quoted.
fn error(segment: &[u8], quoted: usize) -> Vec<u8> {
    let quote = v4([192, 0, 2, 1], [203, 0, 113, 9], 6, segment);
    let message = [&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..20 + quoted]].concat();
    v4([192, 0, 2, 254], [192, 0, 2, 1], 1, &message)
}

#[test]
fn a_quoted_syn_shows_its_flags_window_and_options() {
    let packets = [error(&SYN, 40)];
    let all = records(&packets);
    let record = all.iter().find(|record| record["type"] == "icmp").unwrap();
    assert_eq!(
        record["quoted"]["tcp"],
        json!({"flags": ["syn"], "ack": 0, "window": 64240, "data_length": 0, "options": [
            {"type": 2, "name": "mss", "mss": 1460},
            {"type": 4, "name": "sack_permitted"},
            {"type": 8, "name": "timestamps", "value": 7, "echo_reply": 0},
            {"type": 3, "name": "window_scale", "shift": 7},
        ]})
    );
    let lines = run(&packets, &["-tv"]);
    let told = "flags [S], ack 0, win 64240, \
                options [mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7], length 0, \
                checksum 0x0000 bad (0x48f7 expected), \
                probably never filled in, or left to the network card, 60 octets quoted";
    assert!(lines.contains(told), "{lines}");
    let dump = run(&packets, &["-tX"]);
    for row in [
        "mss: type 2",
        "mss 1460",
        "timestamps: type 8",
        "value 7",
        "shift 7",
    ] {
        assert!(dump.contains(row), "{row} in\n{dump}");
    }
}

#[test]
fn every_prefix_of_a_quoted_header_keeps_what_it_has() {
    for quoted in 0..=SYN.len() {
        let packet = error(&SYN, quoted);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let tcp = message.quote().unwrap().tcp();
        assert_eq!(tcp.is_some(), quoted >= 14, "{quoted}");
        let Some(tcp) = tcp else { continue };
        assert_eq!((tcp.flags, tcp.acknowledgment, tcp.data_length), (2, 0, 0));
        assert_eq!(tcp.window, (quoted >= 16).then_some(64240));
        let whole = tcp
            .options()
            .filter(|option| option.kind == 2 && option.bytes.len() == 4);
        assert_eq!(whole.count(), usize::from(quoted >= 24), "{quoted}");
    }
}

#[test]
fn every_flag_option_and_header_length_is_a_value() {
    for octet in 0..=u8::MAX {
        let mut segment = SYN;
        segment[13] = octet;
        segment[18..20].copy_from_slice(&[1, 2]);
        segment[20] = octet;
        // The option's length is what the header's words are.
        segment[12] = octet;
        let packet = error(&segment, 40);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let tcp = message.quote().unwrap().tcp().unwrap();
        assert_eq!(tcp.flags, u16::from_be_bytes([octet & 0x0f, octet]));
        assert_eq!(tcp.urgent, (octet & 0x20 != 0).then_some(0x0102));
        assert!(tcp.options().count() <= 40);
        let words = usize::from(octet >> 4).max(5);
        assert_eq!(
            usize::try_from(tcp.data_length).unwrap(),
            40usize.saturating_sub(words * 4)
        );
    }
}
