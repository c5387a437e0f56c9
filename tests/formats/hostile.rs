//! Octets that nobody meant: mutated captures, and noise behind each magic.

use std::io::Write;

use proptest::prelude::*;

use crate::build::{Header, MODIFIED, NANO, ORDERS, Order, sample, sample_ng, section};
use crate::read::{Whole, octets};
use icmpdump::source::DamageKind;

/// What holds for any input that opens.
fn check(content: &[u8]) -> Option<Whole> {
    let read = octets(content)
        .inspect_err(|e| {
            let text = e.to_string();
            assert!(
                text.contains("expected") || text.contains("icmpdump"),
                "{text}"
            );
        })
        .ok()?;
    for (i, frame) in (1..).zip(&read.frames) {
        assert_eq!(frame.number, i);
    }
    // One thing may end the reading; blocks that were passed over before are told up to a bound.
    let next = read.frames.len() as u64 + 1;
    assert!(read.damage.len() <= 18);
    assert!(read.damage.is_sorted_by_key(|damage| damage.offset));
    let mut ends = read.damage.iter().filter(|d| d.kind != DamageKind::Block);
    assert!(ends.next().is_none_or(|end| end.frame == next));
    assert!(ends.next().is_none());
    for damage in &read.damage {
        assert!(damage.frame <= next);
        assert!(!damage.why.is_empty() && !damage.why.ends_with('.'));
    }
    Some(read)
}

fn mutate(content: &mut [u8], changes: &[(prop::sample::Index, u8)]) {
    for (at, octet) in changes {
        if let Some(slot) = content.get_mut(at.index(content.len())) {
            *slot = *octet;
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_pcap(changes in changes()) {
        let mut content = sample(30);
        mutate(&mut content, &changes);
        check(&content);
    }

    #[test]
    fn mutated_pcapng(changes in changes()) {
        let mut content = sample_ng(30);
        mutate(&mut content, &changes);
        check(&content);
    }

    #[test]
    fn noise_behind_a_file_header(
        noise in prop::collection::vec(any::<u8>(), 0..2000),
        magic in prop::sample::select(vec![0xa1b2_c3d4, NANO, MODIFIED]),
        order in prop::sample::select(ORDERS.to_vec()),
    ) {
        let mut content = Header { order, magic, ..Header::default() }.build();
        content.extend(noise);
        check(&content);
    }

    #[test]
    fn small_fields_behind_a_section_header(
        words in prop::collection::vec(0_u32..64, 0..200),
        order in prop::sample::select(ORDERS.to_vec()),
    ) {
        let mut content = section(order);
        for word in words {
            content.extend(match order {
                Order::Big => word.to_be_bytes(),
                Order::Little => word.to_le_bytes(),
            });
        }
        check(&content);
    }

    #[test]
    fn mutated_streams(changes in changes(), codec in 0..4_usize) {
        let plain = sample(30);
        let mut content = match codec {
            0 => {
                let level = flate2::Compression::default();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(&plain).expect("to memory");
                encoder.finish().expect("to memory")
            }
            1 => zstd::encode_all(&plain[..], 1).expect("to memory"),
            2 => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
                encoder.write_all(&plain).expect("to memory");
                encoder.finish().expect("to memory")
            }
            _ => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(&plain).expect("to memory");
                encoder.finish().expect("to memory")
            }
        };
        mutate(&mut content, &changes);
        check(&content);
    }

    #[test]
    fn anything_at_all(content in prop::collection::vec(any::<u8>(), 0..600)) {
        check(&content);
    }
}

#[test]
fn every_octet_of_a_small_capture_changed() {
    for content in [sample(4), sample_ng(4)] {
        for at in 0..content.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = content.clone();
                changed[at] = value;
                check(&changed);
            }
        }
    }
}
