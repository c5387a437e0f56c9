//! Compressed captures: the same frames, and what a damaged stream still gives.

use std::io::Write;

use flate2::Crc;
use icmpdump::source::{DamageKind, OpenError};

use crate::build::{Header, Order, record, sample, sample_ng};
use crate::read::{Whole, octets, whole};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("to memory");
    encoder.finish().expect("to memory")
}

fn zstd(content: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("an encoder");
    encoder.include_checksum(true).expect("a known option");
    encoder.write_all(content).expect("to memory");
    encoder.finish().expect("to memory")
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 3);
    encoder.write_all(content).expect("to memory");
    encoder.finish().expect("to memory")
}

pub(crate) fn lz4(content: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_checksums(true)
        .content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(content).expect("to memory");
    encoder.finish().expect("to memory")
}

pub(crate) type Compress = fn(&[u8]) -> Vec<u8>;

pub(crate) const CODECS: [(&str, Compress); 4] =
    [("gzip", gzip), ("zstd", zstd), ("xz", xz), ("lz4", lz4)];

fn assert_same(got: &Whole, plain: &Whole, what: &str) {
    assert!(got.frames == plain.frames, "{what}: {}", got.frames.len());
    assert!(got.damage.is_empty(), "{what}: {:?}", got.damage);
}

#[test]
fn every_codec_gives_what_the_plain_file_gives() {
    for content in [sample(0), sample(3), sample(9_000), sample_ng(3_000)] {
        let plain = whole(&content);
        for (name, compress) in CODECS {
            assert_same(&whole(&compress(&content)), &plain, name);
        }
    }
}

#[test]
fn several_members_streams_and_frames_are_one_capture() {
    let content = sample(5_000);
    let plain = whole(&content);
    for (name, compress) in CODECS {
        // Also cut within a record and within the file header; also an empty member.
        let parts = [
            &content[..7],
            &content[7..100_001],
            &[],
            &content[100_001..],
        ];
        let joined: Vec<u8> = parts.iter().flat_map(|part| compress(part)).collect();
        assert_same(&whole(&joined), &plain, name);
    }
}

#[test]
fn padding_that_the_formats_allow() {
    let content = sample(50);
    let plain = whole(&content);
    let zeros = |compress: Compress| [compress(&content), vec![0; 64]].concat();
    assert_same(&whole(&zeros(gzip)), &plain, "gzip with padding");
    assert_same(&whole(&zeros(xz)), &plain, "xz with padding");
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let led = [skippable.to_vec(), zstd(&content), skippable.to_vec()].concat();
    assert_same(&whole(&led), &plain, "zstd with skippable frames");
}

#[test]
fn what_follows_the_stream_is_damage_behind_all_frames() {
    let content = sample(50);
    for (name, compress) in CODECS {
        let read = whole(&[compress(&content), b"something else".to_vec()].concat());
        assert_eq!(read.frames.len(), 50, "{name}");
        let damage = read.only_damage();
        assert_eq!(damage.kind, DamageKind::Corrupt, "{name}");
        assert_eq!(
            (damage.offset, damage.frame),
            (content.len() as u64, 51),
            "{name}"
        );
        assert!(damage.why.contains(name), "{}", damage.why);
        assert!(damage.why.contains("follow its end"), "{}", damage.why);
    }
}

#[test]
fn every_cut_gives_whole_packets_and_says_so() {
    let content = sample(16);
    let plain = whole(&content);
    for (name, compress) in CODECS {
        let stored = compress(&content);
        let mut most = 0;
        for cut in 1..stored.len() {
            match octets(&stored[..cut]) {
                Ok(read) => {
                    let count = read.frames.len();
                    assert_eq!(read.frames, plain.frames[..count], "{name} cut at {cut}");
                    assert!(count >= most, "{name} cut at {cut}");
                    most = count;
                    let damage = read.only_damage();
                    assert_eq!(damage.kind, DamageKind::Cut, "{name} cut at {cut}");
                    assert_eq!(damage.frame, count as u64 + 1);
                    assert!(damage.why.contains(name), "{}", damage.why);
                }
                Err(OpenError::Cut { .. }) => assert_eq!(most, 0, "{name} cut at {cut}"),
                // Before the magic is complete.
                Err(OpenError::NotACapture { .. }) => assert!(cut < 6, "{name} cut at {cut}"),
                Err(e) => panic!("{name} cut at {cut}: {e}"),
            }
        }
        // The last octets are checksums and indexes: everything else was there.
        assert_eq!(most, 16, "{name}");
    }
}

/// A gzip member made by hand: stored blocks of the given octets, then whatever is told.
fn stored_member(blocks: &[&[u8]], then: &[u8]) -> Vec<u8> {
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for block in blocks {
        let len = u16::try_from(block.len()).expect("a short block");
        member.push(0);
        member.extend(len.to_le_bytes());
        member.extend((!len).to_le_bytes());
        member.extend(*block);
    }
    member.extend(then);
    member
}

#[test]
fn gzip_gives_all_that_stood_before_a_fault() {
    let content = sample(100);
    // A block of the type that does not exist.
    let read = whole(&stored_member(&[&content], &[0b111, 0, 0, 0]));
    assert_eq!(read.frames.len(), 100);
    let damage = read.only_damage();
    assert_eq!(damage.kind, DamageKind::Corrupt);
    assert_eq!((damage.offset, damage.frame), (content.len() as u64, 101));

    // A wrong checksum behind the last block.
    let read = whole(&stored_member(
        &[&content],
        &[1, 0, 0, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8],
    ));
    assert_eq!(read.frames.len(), 100);
    assert_eq!(read.only_damage().kind, DamageKind::Corrupt);

    // A second member that is none, in the middle of a record.
    let mut member = gzip(&content[..content.len() - 5]);
    member.extend([0x1f, 0x8b, 99]);
    member.extend([0; 40]);
    let read = whole(&member);
    assert_eq!(read.frames.len(), 99);
    assert_eq!(read.only_damage().kind, DamageKind::Corrupt);
    assert_eq!(read.only_damage().frame, 100);
}

#[test]
fn zstd_gives_every_block_before_a_fault() {
    // A frame by hand (RFC 8878 section 3.1.1): no size, a window of 128 KiB, raw blocks, and
    // one of the reserved type.
    let content = sample(100);
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
    for block in content.chunks(999) {
        let head = u32::try_from(block.len()).expect("a short block") << 3;
        frame.extend(&head.to_le_bytes()[..3]);
        frame.extend(block);
    }
    frame.extend([0b110, 0, 0]);
    let read = whole(&frame);
    assert_eq!(read.frames.len(), 100);
    let damage = read.only_damage();
    assert_eq!(damage.kind, DamageKind::Corrupt);
    assert_eq!((damage.offset, damage.frame), (content.len() as u64, 101));
}

#[test]
fn damage_anywhere_in_a_stream_is_told() {
    let content = sample(16);
    let plain = whole(&content);
    for (name, compress) in CODECS {
        let stored = compress(&content);
        let mut noticed = 0;
        for at in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[at] ^= 0x55;
            match octets(&damaged) {
                Err(_) => noticed += 1,
                Ok(read) if !read.damage.is_empty() => noticed += 1,
                // Header fields without meaning: time, system, name.
                Ok(read) => assert_eq!(read.frames, plain.frames, "{name} at {at}"),
            }
        }
        assert!(
            noticed + 20 > stored.len(),
            "{name}: {noticed} of {}",
            stored.len()
        );
    }
}

#[test]
fn a_window_beyond_the_cap_is_refused() {
    let content = sample(10);
    let zstd_window = |log| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
        encoder.window_log(log).expect("a window that exists");
        encoder.write_all(&content).expect("to memory");
        encoder.finish().expect("to memory")
    };
    assert_eq!(whole(&zstd_window(27)).frames.len(), 10);
    let refused = octets(&zstd_window(28)).expect_err("a window of 256 MiB");
    assert!(matches!(refused, OpenError::Window { .. }), "{refused}");
    let text = refused.to_string();
    assert!(
        text.contains("128 MiB") && text.contains("zstd --long=31 -dc"),
        "{text}"
    );

    // In xz one octet of the block header tells the dictionary (section 5.3.1 of the format):
    // 36 is 1 GiB, 30 is 128 MiB.
    let xz_dictionary = |size: u8| {
        let mut stored = xz(&content);
        let header = 12..12 + (usize::from(stored[12]) + 1) * 4;
        assert_eq!(
            stored[header.start + 2..][..2],
            [0x21, 1],
            "LZMA2 with one octet"
        );
        stored[header.start + 4] = size;
        let mut crc = Crc::new();
        crc.update(&stored[header.start..header.end - 4]);
        stored[header.end - 4..header.end].copy_from_slice(&crc.sum().to_le_bytes());
        stored
    };
    assert_eq!(whole(&xz_dictionary(30)).frames.len(), 10);
    for size in [31, 36] {
        let refused = octets(&xz_dictionary(size)).expect_err("a dictionary beyond the cap");
        assert!(matches!(refused, OpenError::Window { .. }), "{refused}");
    }

    // In a later frame it is damage behind the frames before.
    let read = whole(&[zstd_window(20), zstd_window(28)].concat());
    assert_eq!(read.frames.len(), 10);
    assert!(read.only_damage().why.contains("128 MiB"));
}

#[test]
fn a_tail_of_zeros_is_read_as_empty_records() {
    // Zeros behind the last record are records of no octets, as libpcap reads them.
    let mut file = Header::default().build();
    file.extend(record(Order::Little, [1, 1, 0, 0], &[]));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&file).expect("to memory");
    let zeros = vec![0; 1 << 16];
    for _ in 0..8 {
        encoder.write_all(&zeros).expect("to memory");
    }
    let read = whole(&encoder.finish().expect("to memory"));
    assert_eq!(read.frames.len(), 1 + (8 << 16) / 16);
}
