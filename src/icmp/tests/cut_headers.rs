//! Quotes that end within the headers of the quoted packet.

use super::*;
use crate::wire::{Defects, Layer};

/// What a message and the packet that it quotes lack, each with the octets needed.
fn lacks(packet: &[u8]) -> Vec<(Layer, u32, u32)> {
    let message = parse(packet);
    let quoted = message.quote().map(|quote| quote.ip.defects());
    let all = message
        .defects
        .iter()
        .chain(quoted.iter().flat_map(Defects::iter));
    all.map(|defect| match defect.kind {
        DefectKind::Short { needed, .. } => (defect.layer, defect.offset, needed),
        DefectKind::Rule(rule) => panic!("{rule}"),
    })
    .collect()
}

/// RFC 792 asks for 64 bits behind the header, of which an authentication header is none in IPv4.
#[test]
fn a_quote_of_ipv4_is_whole_with_part_of_an_authentication_header() {
    let behind = [
        &[6, 4, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 9][..],
        &[0xaa; 12],
        &[0, 80, 1, 187, 0, 0, 0, 7, 0, 0, 0, 0],
    ]
    .concat();
    let quote = ipv4("192.0.2.1", "203.0.113.9", 51, &behind);
    for length in 20..=quote.len() {
        let packet = v4(&[&[3, 13, 0, 0, 0, 0, 0, 0], &quote[..length]].concat());
        let expected = match length {
            20 | 21 => vec![(Layer::Quote, 0, 28), (Layer::Ipv4, 20, 28)],
            22..28 => vec![(Layer::Quote, 0, 28), (Layer::Ipv4, 20, 44)],
            _ => vec![],
        };
        assert_eq!(lacks(&packet), expected, "{length}");
    }
    // What the capture cut is not there, however much that is.
    let packet = v4(&[&[3, 13, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    for cut in 28..44 {
        let message = parse_cut(&packet, 28 + cut);
        let short = message.quote().unwrap().ip.defects();
        let short = short.iter().next().unwrap();
        assert_eq!((short.layer, short.offset), (Layer::Ipv4, 20), "{cut}");
    }
}

#[test]
fn a_quote_of_ipv4_lacks_as_much_wherever_its_options_end() {
    let mut quote = ipv4("192.0.2.1", "203.0.113.9", 17, &[0; 20]);
    quote[0] = 0x47;
    quote[20..28].fill(1);
    for length in 20..36 {
        let packet = v4(&[&[3, 13, 0, 0, 0, 0, 0, 0], &quote[..length]].concat());
        let lacks = lacks(&packet);
        assert_eq!(lacks.first(), Some(&(Layer::Quote, 0, 36)), "{length}");
    }
}

/// In IPv6 it is a header, and so are its like: the 64 bits stand behind them.
#[test]
fn a_quote_of_ipv6_lacks_as_much_wherever_an_extension_header_ends() {
    let header = [&[6, 2, 1, 20][..], &[0; 20]].concat();
    let quote = ipv6(
        "2001:db8::1",
        "2001:db8::2",
        64,
        0,
        &[&header[..], &[7; 12]].concat(),
    );
    for length in 40..=quote.len() {
        let packet = v6(&[&[1, 1, 0, 0, 0, 0, 0, 0], &quote[..length]].concat());
        let expected = match length {
            40 | 41 => vec![(Layer::Quote, 0, 56), (Layer::Ipv6Extension, 40, 48)],
            42..64 => vec![(Layer::Quote, 0, 72), (Layer::Ipv6Extension, 40, 64)],
            64..72 => vec![(Layer::Quote, 0, 72)],
            _ => vec![],
        };
        assert_eq!(lacks(&packet), expected, "{length}");
    }
}
