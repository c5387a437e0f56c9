//! Frames of captures, owned, and all of them in one file: for tests that ask other tools about
//! them, which take long to start.

// Each crate of tests uses only part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use icmpdump::model::{Frame, LinkType, Options, SourceId, Timestamp};
use icmpdump::source::{self, Source, Step};

/// Where captures are, from the project's folder: the public ones, which may not be there, and ours.
pub(crate) const FOLDERS: [&str; 2] = ["../shared/captures", "testdata"];

/// A frame as it was captured.
pub(crate) struct OwnedFrame {
    /// The capture's file name.
    pub(crate) file: String,
    /// From 1 within the file.
    pub(crate) number: u64,
    pub(crate) ts: Timestamp,
    pub(crate) link: LinkType,
    pub(crate) wire_len: u32,
    pub(crate) fcs_len: u8,
    pub(crate) data: Vec<u8>,
}

impl OwnedFrame {
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame {
            source: SourceId(0),
            number: self.number,
            interface: None,
            ts: self.ts,
            link: self.link,
            wire_len: self.wire_len,
            fcs_len: self.fcs_len,
            data: &self.data,
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        }
    }
}

/// All frames that can be read of a capture; `None` of what is no capture.
pub(crate) fn of(capture: &Path) -> Option<Vec<OwnedFrame>> {
    let mut source = source::open(capture, SourceId(0)).ok()?;
    let file = capture.file_name().unwrap_or_default().to_string_lossy();
    let mut frames = Vec::new();
    while source.advance() == Step::Frame {
        let frame = source.frame().expect("a step to a frame has one");
        frames.push(OwnedFrame {
            file: file.clone().into_owned(),
            number: frame.number,
            ts: frame.ts,
            link: frame.link,
            wire_len: frame.wire_len,
            fcs_len: frame.fcs_len,
            data: frame.data.to_vec(),
        });
    }
    Some(frames)
}

/// Those of several captures, in the order of files.
pub(crate) fn of_all(captures: &[PathBuf]) -> Vec<OwnedFrame> {
    captures
        .iter()
        .filter_map(|path| of(path))
        .flatten()
        .collect()
}

/// All files in [`FOLDERS`]; of a missing folder it tells on standard error.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in FOLDERS.map(Path::new) {
        if folder.is_dir() {
            files.extend(below(folder));
        } else {
            eprintln!("NOT READ: there is no folder {}", folder.display());
        }
    }
    files
}

/// All files below a folder, sorted.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let mut entries: Vec<_> = entries
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    entries.sort();
    let files = entries.into_iter().flat_map(|path| {
        if path.is_dir() {
            below(&path)
        } else {
            vec![path]
        }
    });
    files.collect()
}

/// A pcapng file of frames, with an interface for each link type (draft-ietf-opsawg-pcapng sections
/// 4.1 to 4.3).
pub(crate) fn pcapng(frames: &[OwnedFrame]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut section = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend(u64::MAX.to_le_bytes());
    block(&mut out, 0x0a0d_0d0a, &section);
    let mut interfaces = BTreeMap::new();
    for frame in frames {
        let next = u32::try_from(interfaces.len()).unwrap();
        let key = (frame.link, frame.fcs_len);
        let id = *interfaces.entry(key).or_insert_with(|| {
            let link = u16::try_from(frame.link.0).unwrap().to_le_bytes();
            let mut interface = vec![link[0], link[1], 0, 0, 0, 0, 0, 0];
            // if_tsresol: nanoseconds. if_fcslen.
            interface.extend([9, 0, 1, 0, 9, 0, 0, 0]);
            interface.extend([13, 0, 1, 0, frame.fcs_len, 0, 0, 0]);
            interface.extend([0, 0, 0, 0]);
            block(&mut out, 1, &interface);
            next
        });
        let nanos = u64::try_from(frame.ts.as_nanos()).unwrap_or(0);
        let mut packet = id.to_le_bytes().to_vec();
        packet.extend(u32::try_from(nanos >> 32).unwrap().to_le_bytes());
        packet.extend(u32::try_from(nanos & 0xffff_ffff).unwrap().to_le_bytes());
        packet.extend(u32::try_from(frame.data.len()).unwrap().to_le_bytes());
        packet.extend(frame.wire_len.to_le_bytes());
        packet.extend(&frame.data);
        block(&mut out, 6, &packet);
    }
    out
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(padded + 12).unwrap().to_le_bytes();
    out.extend(kind.to_le_bytes());
    out.extend(length);
    out.extend(body);
    out.resize(out.len() + padded - body.len(), 0);
    out.extend(length);
}
