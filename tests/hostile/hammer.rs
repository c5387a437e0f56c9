//! Mutated frames through the whole pipeline.
//!
//! Frames of real captures are cut, flipped, spliced and given wild times, then decoded, correlated
//! and written out as text and JSON in all detail. Everything is drawn from one seed.

use std::path::Path;

use icmpdump::model::{Frame, LinkType, Options, SourceId, Timestamp};
use icmpdump::record::Summary;
use icmpdump::source::{Damage, InterfaceInfo, Progress, Resolution, Source, SourceInfo, Step};
use icmpdump::wire::{Classified, classify};

#[path = "../common/frames.rs"]
mod frames;
#[path = "held.rs"]
mod held;

use frames::OwnedFrame;

/// Octets that correlation may take.
pub(crate) const MEMORY: usize = 8 << 20;

/// Protocol numbers that lead somewhere.
const PROTOCOLS: [u8; 13] = [0, 1, 4, 17, 41, 43, 44, 47, 50, 51, 58, 60, 137];

/// Frames to mutate.
pub(crate) struct Corpus {
    icmp: Vec<OwnedFrame>,
    /// Those that carry anything else.
    other: Vec<OwnedFrame>,
}

impl Corpus {
    /// Those of all captures below the folders, as far as these are there.
    pub(crate) fn read(folders: &[&str]) -> Self {
        let mut corpus = Self {
            icmp: Vec::new(),
            other: Vec::new(),
        };
        let folders = folders.iter().map(Path::new).filter(|path| path.is_dir());
        let captures: Vec<_> = folders.flat_map(frames::below).collect();
        for frame in frames::of_all(&captures) {
            let kind = match classify(&frame.frame()) {
                Classified::Icmp(_) => &mut corpus.icmp,
                _ => &mut corpus.other,
            };
            kind.push(frame);
        }
        corpus
    }

    fn pick(&self, random: &mut Random) -> &OwnedFrame {
        let kind = if random.one_in(4) {
            &self.other
        } else {
            &self.icmp
        };
        &kind[random.below(kind.len())]
    }
}

/// Numbers from a seed (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A source of mutated frames.
struct Mutant<'c> {
    corpus: &'c Corpus,
    random: Random,
    left: u64,
    number: u64,
    now: i64,
    link: LinkType,
    wire_len: u32,
    data: Vec<u8>,
    /// Earlier frames' octets, to splice in.
    before: Vec<u8>,
}

impl Mutant<'_> {
    fn mutate(&mut self) {
        let random = &mut self.random;
        let seed = self.corpus.pick(random);
        self.link = seed.link;
        self.wire_len = seed.wire_len;
        self.before.clone_from(&self.data);
        self.data.clone_from(&seed.data);
        if random.one_in(8) {
            return;
        }
        for _ in 0..=random.below(6) {
            if self.data.is_empty() {
                break;
            }
            let at = random.below(self.data.len());
            match random.below(10) {
                0 => self.data.truncate(at),
                1 => self.data[at] ^= 1 << random.below(8),
                2 => self.data[at] = 0,
                3 => self.data[at] = 0xff,
                4 => self.data[at] = self.data[at].wrapping_add(1),
                // The protocol or type of something.
                5 => {
                    self.data[at] = PROTOCOLS[random.below(PROTOCOLS.len())];
                }
                6 => {
                    let from = random.below(self.before.len() + 1);
                    self.data.truncate(at);
                    self.data.extend_from_slice(&self.before[from..]);
                }
                7 => {
                    let tail = self.data.split_off(at);
                    self.data.extend_from_slice(&tail);
                    self.data.extend_from_slice(&tail);
                }
                8 => {
                    let value = random.next().to_be_bytes();
                    for (slot, value) in self.data[at..].iter_mut().zip(value) {
                        *slot = value;
                    }
                }
                _ => {
                    let length = random.below(64);
                    for octet in self.data.iter_mut().skip(at).take(length) {
                        *octet = u8::try_from(random.below(256)).unwrap();
                    }
                }
            }
        }
        self.data.truncate(1 << 16);
        let captured = u32::try_from(self.data.len()).unwrap();
        self.wire_len = match random.below(4) {
            0 => self.wire_len.max(captured),
            1 => captured.saturating_add(u32::try_from(random.below(2000)).unwrap()),
            _ => captured,
        };
        if random.one_in(50) {
            self.link = LinkType(u32::try_from(random.below(300)).unwrap());
        }
    }
}

impl Source for Mutant<'_> {
    fn advance(&mut self) -> Step {
        if self.left == 0 {
            return Step::End;
        }
        self.left -= 1;
        self.number += 1;
        self.mutate();
        self.now = match self.random.below(1000) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => self.now.saturating_add(1_000_000_000_000),
            3..10 => self.now.saturating_sub(5_000_000_000),
            _ => self
                .now
                .saturating_add(i64::try_from(self.random.below(10_000_000)).unwrap()),
        };
        Step::Frame
    }

    fn frame(&self) -> Option<Frame<'_>> {
        Some(Frame {
            source: SourceId(0),
            number: self.number,
            interface: None,
            ts: Timestamp::from_nanos(self.now),
            link: self.link,
            wire_len: self.wire_len,
            fcs_len: 0,
            data: &self.data,
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        })
    }

    fn describe(&self) -> Vec<SourceInfo> {
        vec![SourceInfo {
            id: SourceId(0),
            name: "mutants".to_owned(),
            format: "pcap",
            comments: Vec::new(),
            interfaces: vec![InterfaceInfo {
                name: None,
                link: LinkType(1),
                filter: None,
                comments: Vec::new(),
                snaplen: 0,
                fcs_len: 0,
                resolution: Resolution::default(),
            }],
        }]
    }

    fn damage(&self) -> Vec<Damage> {
        Vec::new()
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }
}

/// Runs `frames` mutated frames through the pipeline. Panics where something does not hold.
pub(crate) fn hammer(corpus: &Corpus, seed: u64, frames: u64) -> Summary {
    let mut source = Mutant {
        corpus,
        random: Random(seed),
        left: frames,
        number: 0,
        now: 1_700_000_000_000_000_000,
        link: LinkType(1),
        wire_len: 0,
        data: Vec::new(),
        before: Vec::new(),
    };
    let summary = held::run(&mut source, MEMORY);
    assert_eq!(summary.frames.read, frames);
    summary
}
