//! One frame: everything that can be asked of it.
//!
//! Input: link type, octets that the snap length took away, then the frame.

#![no_main]

#[path = "../../tests/icmp_decode/look.rs"]
mod look;

use icmpdump::icmp::{Message, layout};
use icmpdump::model::{Frame, LinkType, Options, SourceId, Timestamp};
use icmpdump::wire::{Classified, classify};
use libfuzzer_sys::fuzz_target;

/// Every link type that is read, and one that is not.
const LINKS: [u32; 29] = [
    1, 101, 0, 6, 8, 9, 10, 50, 51, 100, 104, 105, 107, 108, 109, 113, 117, 119, 122, 127, 129,
    138, 147, 163, 166, 192, 228, 229, 276,
];

fuzz_target!(|input: &[u8]| {
    let [link, cut, data @ ..] = input else {
        return;
    };
    let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let frame = Frame {
        source: SourceId(0),
        number: 1,
        interface: None,
        ts: Timestamp::from_nanos(1_700_000_000_000_000_000),
        link: LinkType(LINKS[usize::from(*link) % LINKS.len()]),
        wire_len: captured + u32::from(*cut),
        fcs_len: 0,
        data,
        options: Options::NONE,
        transfer: None,
        cipher: None,
        expanded: None,
        part: None,
    };
    look::look_at_frame(&frame);
    if let Classified::Icmp(packet) = classify(&frame) {
        let ip = &packet.ip;
        // Every octet has a row of the dump, and none has two.
        let mut last = 0..0;
        for field in layout::fields(ip, &Message::parse(ip), None) {
            assert!(field.range == last || field.range.start == last.end);
            last = field.range;
        }
        assert_eq!(last.end, ip.header.len() + ip.payload.len());
    }
});
