//! Files large enough for a thread that decompresses ahead: [`whole`] compares with reading without
//! one.

use icmpdump::source::DamageKind;

use crate::build::{Header, Order, record, sample, sample_ng};
use crate::compressed::{CODECS, lz4};
use crate::read::{Whole, whole};

/// Frames of [`sample`] that take several chunks of 256 KiB more than are read without a thread.
const MANY: u32 = 60_000;

/// Reads these octets as they are and compressed, which must be the same.
fn both(content: &[u8]) -> Whole {
    let (plain, compressed) = (whole(content), whole(&lz4(content)));
    assert!(compressed.frames == plain.frames);
    let kinds = |read: &Whole| {
        read.damage
            .iter()
            .map(|damage| damage.kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&compressed), kinds(&plain));
    plain
}

#[test]
fn records_that_lie_across_chunks_are_whole() {
    for content in [sample(MANY), sample_ng(MANY)] {
        assert!(content.len() > 3 << 20);
        assert_eq!(both(&content).frames.len(), MANY as usize);
    }
}

#[test]
fn compressed_files_are_decompressed_ahead() {
    let content = sample(MANY);
    let plain = whole(&content);
    for (name, compress) in CODECS {
        assert!(whole(&compress(&content)).frames == plain.frames, "{name}");
    }
}

#[test]
fn the_end_may_be_anywhere() {
    let content = sample(MANY);
    // Around the ends of chunks, and where no record ends.
    for end in (5..13).flat_map(|chunk| {
        let end = chunk * (256 << 10);
        [end - 1, end, end + 1, end + 17]
    }) {
        let cut = both(&content[..end]);
        let kinds: Vec<_> = cut.damage.iter().map(|damage| damage.kind).collect();
        assert!(matches!(kinds[..], [] | [DamageKind::Cut]), "{end}");
        assert!(cut.frames.len() > 10_000, "{end}");
    }
}

#[test]
fn frames_of_a_mebibyte_and_more_between_others() {
    // Transfers on USB, which may be so large.
    let header = Header {
        link: 249,
        ..Header::default()
    };
    let records = |count| sample(count)[header.build().len()..].to_vec();
    let mut content = [header.build(), records(MANY / 2)].concat();
    for len in [256 << 10, (1 << 20) - 16, 1 << 20, (1 << 20) + 1, 3 << 20] {
        let data = vec![0x5a; len];
        let len = u32::try_from(len).unwrap();
        content.extend(record(Order::Little, [1, 2, len, len], &data));
        content.extend(records(100));
    }
    let read = both(&content);
    assert!(read.damage.is_empty(), "{:?}", read.damage);
    assert_eq!(read.frames.len(), MANY as usize / 2 + 5 * 101);
}
