//! Reads captures, and puts all their frames into one file, as tshark takes long to start.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use icmpdump::model::{LinkType, SourceId};
use icmpdump::source::{self, Source, Step};

pub(crate) struct Captures {
    pub(crate) files: Vec<CaptureFile>,
    pub(crate) frames: Vec<CapturedFrame>,
}

pub(crate) struct CaptureFile {
    pub(crate) path: PathBuf,
    /// Its path without what all have in common.
    pub(crate) name: String,
    /// Index of its first frame.
    pub(crate) first: usize,
    pub(crate) frames: usize,
}

pub(crate) struct CapturedFrame {
    /// Index of its file.
    pub(crate) file: usize,
    /// From 1 within the file.
    pub(crate) number: u64,
    nanos: i64,
    link: LinkType,
    fcs_len: u8,
    wire_len: u32,
    data: Vec<u8>,
}

impl Captures {
    /// All that can be read below a folder.
    pub(crate) fn read(root: &Path) -> Self {
        let mut paths = Vec::new();
        below(root, &mut paths);
        let mut all = Self {
            files: Vec::new(),
            frames: Vec::new(),
        };
        for path in paths {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            all.add(path, name);
        }
        all
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.files.iter().any(|known| known.name == file)
    }

    fn add(&mut self, path: PathBuf, name: String) {
        let Ok(mut source) = source::open(&path, SourceId(0)) else {
            return;
        };
        let first = self.frames.len();
        while source.advance() == Step::Frame {
            let frame = source.frame().unwrap();
            self.frames.push(CapturedFrame {
                file: self.files.len(),
                number: frame.number,
                nanos: frame.ts.as_nanos(),
                link: frame.link,
                fcs_len: frame.fcs_len,
                wire_len: frame.wire_len,
                data: frame.data.to_vec(),
            });
        }
        let frames = self.frames.len() - first;
        self.files.push(CaptureFile {
            path,
            name,
            first,
            frames,
        });
    }

    /// A pcapng file of all frames, with an interface for each link type (draft-ietf-opsawg-pcapng
    /// sections 4.1 to 4.3).
    pub(crate) fn pcapng(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut section = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
        section.extend([1, 0, 0, 0]);
        section.extend(u64::MAX.to_le_bytes());
        block(&mut out, 0x0a0d_0d0a, &section);
        let mut interfaces = BTreeMap::new();
        for frame in &self.frames {
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
            let nanos = u64::try_from(frame.nanos).unwrap_or(0);
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

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            below(&path, found);
        } else {
            found.push(path);
        }
    }
}
