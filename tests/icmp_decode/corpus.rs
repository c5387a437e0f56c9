//! The ICMP packets of all captures, without what stands around them.

use std::fs;
use std::path::{Path, PathBuf};

use icmpdump::model::{Frame, LinkType, SourceId, Timestamp};
use icmpdump::source::{self, Source, Step};
use icmpdump::wire::{self, Classified, Ip, Limit};

/// Where the captures are, from the project's folder.
const FOLDERS: [&str; 2] = ["../shared/captures", "testdata"];

/// A packet that carries ICMP.
pub(crate) struct Packet {
    /// The capture's file name.
    pub(crate) file: String,
    /// Frame number.
    pub(crate) number: u64,
    /// The innermost IP packet, as captured.
    pub(crate) octets: Vec<u8>,
    /// Its length on the wire.
    pub(crate) on_wire: usize,
}

impl Packet {
    pub(crate) fn ip(&self) -> Ip<'_> {
        Ip::parse_on_wire(&self.octets, self.on_wire, Limit::Frame).unwrap()
    }
}

/// A frame as it was captured.
pub(crate) struct OwnedFrame {
    /// The capture's file name.
    file: String,
    number: u64,
    link: LinkType,
    wire_len: u32,
    fcs_len: u8,
    data: Vec<u8>,
}

impl OwnedFrame {
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame {
            source: SourceId(0),
            number: self.number,
            interface: None,
            ts: Timestamp::from_nanos(0),
            link: self.link,
            wire_len: self.wire_len,
            fcs_len: self.fcs_len,
            data: &self.data,
        }
    }
}

/// All frames, in the order of files.
pub(crate) fn frames() -> Vec<OwnedFrame> {
    let mut frames = Vec::new();
    for path in captures() {
        let Ok(mut source) = source::open(&path, SourceId(0)) else {
            continue;
        };
        while source.advance() == Step::Frame {
            let frame = source.frame().unwrap();
            frames.push(OwnedFrame {
                file: path.file_name().unwrap().to_string_lossy().into_owned(),
                number: frame.number,
                link: frame.link,
                wire_len: frame.wire_len,
                fcs_len: frame.fcs_len,
                data: frame.data.to_vec(),
            });
        }
    }
    frames
}

/// Those that carry ICMP.
pub(crate) fn packets() -> Vec<Packet> {
    let frames = frames();
    let packet = |owned: &OwnedFrame| match wire::classify(&owned.frame()) {
        Classified::Icmp(packet) => {
            let octets = [packet.ip.header, packet.ip.payload].concat();
            let whole = packet.ip.header.len() + packet.ip.payload_length as usize;
            Some(Packet {
                file: owned.file.clone(),
                number: owned.number,
                on_wire: whole.max(octets.len()),
                octets,
            })
        }
        _ => None,
    };
    frames.iter().filter_map(packet).collect()
}

/// All capture files, as far as their folders are there; of a missing one it tells on stderr.
pub(crate) fn captures() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in FOLDERS.map(Path::new) {
        if folder.is_dir() {
            files(folder, &mut paths);
        } else {
            eprintln!("NOT READ: there is no folder {}", folder.display());
        }
    }
    paths
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(below).unwrap();
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}
