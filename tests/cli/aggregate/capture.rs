//! Captures of aggregates, and the packets in them.

use std::fs;
use std::path::{Path, PathBuf};

use etherparse::PacketBuilder;

/// The MAC header of an aggregate that a station sends.
pub(super) const HEADER: [u8; 26] = {
    let mut header = [0; 26];
    (header[0], header[1], header[24]) = (0x88, 1, 0x80);
    header
};

/// A capture of such frames, a millisecond apart.
pub(super) struct Capture {
    link: u32,
    pub(super) file: Vec<u8>,
    frames: u32,
    folder: tempfile::TempDir,
}

impl Capture {
    pub(super) fn new(link: u32) -> Self {
        let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, link];
        Self {
            link,
            file: words.into_iter().flat_map(u32::to_le_bytes).collect(),
            frames: 0,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Adds a frame, of which `cut` octets are missing.
    pub(super) fn push(&mut self, frame: &[u8], cut: usize) {
        let length = u32::try_from(frame.len()).unwrap();
        let captured = &frame[..frame.len() - cut];
        let words = [
            1_700_000_000,
            self.frames * 1000,
            u32::try_from(captured.len()).unwrap(),
            length,
        ];
        self.frames += 1;
        (self.file).extend(words.into_iter().flat_map(u32::to_le_bytes));
        self.file.extend(captured);
    }

    /// Adds an aggregate of these packets, behind PPI where the link type is that.
    pub(super) fn add(&mut self, packets: &[Vec<u8>]) {
        let mut frame = if self.link == 192 {
            vec![0, 0, 8, 0, 105, 0, 0, 0]
        } else {
            Vec::new()
        };
        frame.extend(aggregate(packets));
        self.push(&frame, 0);
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The name of the file with all frames that were added.
    pub(super) fn written(&self) -> String {
        let path = self.path("aggregates.pcap");
        fs::write(&path, &self.file).unwrap();
        text(&path)
    }
}

pub(super) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A frame of these packets; the last octet of each one's addresses is its number.
pub(super) fn aggregate(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut frame = HEADER.to_vec();
    for (number, packet) in (1..).zip(packets) {
        let behind = frame.len() - HEADER.len();
        frame.resize(HEADER.len() + behind.next_multiple_of(4), 0);
        frame.extend([2, 0, 0, 0, 0xd, number]);
        frame.extend([2, 0, 0, 0, 0x5, number]);
        frame.extend(u16::try_from(packet.len() + 8).unwrap().to_be_bytes());
        frame.extend([0xaa, 0xaa, 3, 0, 0, 0]);
        let kind: u16 = if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd };
        frame.extend(kind.to_be_bytes());
        frame.extend(packet);
    }
    frame
}

fn ip() -> etherparse::PacketBuilderStep<etherparse::IpHeaders> {
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
}

fn back() -> etherparse::PacketBuilderStep<etherparse::IpHeaders> {
    PacketBuilder::ipv4([10, 0, 0, 2], [10, 0, 0, 1], 64)
}

pub(super) fn tcp() -> Vec<u8> {
    let mut packet = Vec::new();
    (ip().tcp(40000, 443, 1, 1000))
        .write(&mut packet, b"x")
        .unwrap();
    packet
}

pub(super) fn request(seq: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    (ip().icmpv4_echo_request(7, seq))
        .write(&mut packet, b"abc")
        .unwrap();
    packet
}

pub(super) fn reply(seq: u16) -> Vec<u8> {
    let mut packet = Vec::new();
    (back().icmpv4_echo_reply(7, seq))
        .write(&mut packet, b"abc")
        .unwrap();
    packet
}

/// The records of a capture file.
pub(super) fn frames_of(file: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut rest = &file[24..];
    while let Some(length) = rest.get(8..12) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        let (frame, behind) = rest.split_at(16 + length);
        frames.push(frame.to_vec());
        rest = behind;
    }
    frames
}
