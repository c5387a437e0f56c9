//! Decoding allocates nothing: shown by counting.

use allocation_counter::measure;
use icmpdump::icmp::{Message, names};
use icmpdump::wire::{Ip, Limit};

use crate::corpus;

/// Decodes and looks at everything that a line or a record may show.
fn look(ip: &Ip<'_>) -> usize {
    let message = Message::parse(ip);
    let mut seen = message.fields().count() + message.name().len();
    seen += message.header_fields().count();
    for item in message.items() {
        seen += item.fields().count();
    }
    if let Some(extensions) = message.extensions() {
        seen += extensions
            .items()
            .map(|i| i.fields().count())
            .sum::<usize>();
        seen += extensions.objects().count();
    }
    if let Some(quote) = message.quote() {
        seen += usize::from(quote.flow().protocol);
        seen += quote.inner().map_or(0, |inner| inner.bytes.len());
    }
    seen + message.defects.iter().count()
}

#[test]
fn decoding_the_corpus_does_not_allocate() {
    let packets = corpus::packets();
    let mut seen = 0;
    let counted = measure(|| {
        for packet in &packets {
            seen += look(&packet.ip());
        }
    });
    assert_eq!(counted.count_total, 0, "over {} packets", packets.len());
    assert!(packets.is_empty() || seen > 0);
}

#[test]
fn decoding_any_type_does_not_allocate() {
    let mut packet = vec![0x45, 0, 0, 220, 0, 0, 0, 0, 64, 1, 0, 0];
    packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    packet.resize(220, 0x11);
    for protocol in [1, 58] {
        packet[9] = protocol;
        for kind in 0..=u8::MAX {
            packet[20] = kind;
            let counted = measure(|| {
                look(&Ip::parse(&packet, Limit::Frame).unwrap());
            });
            assert_eq!(counted.count_total, 0, "{protocol} {kind}");
        }
    }
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| {
        std::hint::black_box(vec![names::types(icmpdump::wire::IpVersion::V4).len()]);
    });
    assert_eq!(counted.count_total, 1);
}
