//! The ICMP packets of all captures, without what stands around them.

use std::fs;
use std::path::{Path, PathBuf};

use icmpdump::model::SourceId;
use icmpdump::source::{self, Step};
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

/// All of them, in the order of files and frames. Tells on stderr of a folder that is not there.
pub(crate) fn packets() -> Vec<Packet> {
    let mut paths = Vec::new();
    for folder in FOLDERS.map(Path::new) {
        if folder.is_dir() {
            files(folder, &mut paths);
        } else {
            eprintln!("NOT READ: there is no folder {}", folder.display());
        }
    }
    let mut packets = Vec::new();
    for path in &paths {
        let Ok(mut source) = source::open(path, SourceId(0)) else {
            continue;
        };
        while source.advance() == Step::Frame {
            let frame = source.frame().unwrap();
            if let Classified::Icmp(packet) = wire::classify(&frame) {
                let octets = [packet.ip.header, packet.ip.payload].concat();
                let whole = packet.ip.header.len() + packet.ip.payload_length as usize;
                packets.push(Packet {
                    file: path.file_name().unwrap().to_string_lossy().into_owned(),
                    number: frame.number,
                    on_wire: whole.max(octets.len()),
                    octets,
                });
            }
        }
    }
    packets
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
