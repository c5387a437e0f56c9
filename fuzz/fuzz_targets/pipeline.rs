//! Several frames through correlation, findings and both kinds of output.
//!
//! Input: for each frame its length, the time since the last one, its link type, then its octets.

#![no_main]

#[path = "../../tests/hostile/held.rs"]
mod held;

use icmpdump::model::{Frame, LinkType, Options, SourceId, Timestamp};
use icmpdump::source::{Damage, InterfaceInfo, Progress, Resolution, Source, SourceInfo, Step};
use libfuzzer_sys::fuzz_target;

/// Octets for correlation: few, so that it has to give up some, and starts fast.
const MEMORY: usize = 1 << 18;

struct Input<'a> {
    rest: &'a [u8],
    frame: Option<Frame<'a>>,
    number: u64,
    now: i64,
}

impl Source for Input<'_> {
    fn advance(&mut self) -> Step {
        let [high, low, time, link, rest @ ..] = self.rest else {
            self.frame = None;
            return Step::End;
        };
        let length = usize::from(u16::from_be_bytes([*high & 7, *low]));
        let (data, rest) = rest.split_at(length.min(rest.len()));
        self.rest = rest;
        self.number += 1;
        // Up to 16 s forward, or a little back.
        let nanos = 1_i64 << (time & 0x3f).min(34);
        self.now += if *time & 0x80 == 0 { nanos } else { -nanos };
        self.frame = Some(Frame {
            source: SourceId(0),
            number: self.number,
            interface: None,
            ts: Timestamp::from_nanos(self.now),
            link: LinkType(if *link & 1 == 0 { 1 } else { 101 }),
            wire_len: u32::try_from(data.len()).unwrap_or(u32::MAX) + u32::from(*high >> 3),
            fcs_len: 0,
            data,
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        });
        Step::Frame
    }

    fn frame(&self) -> Option<Frame<'_>> {
        self.frame
    }

    fn describe(&self) -> Vec<SourceInfo> {
        vec![SourceInfo {
            id: SourceId(0),
            name: "input".to_owned(),
            format: "pcap",
            comments: Vec::new(),
            interfaces: vec![InterfaceInfo {
                name: None,
                link: LinkType(1),
                snaplen: 0,
                filter: None,
                comments: Vec::new(),
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

fuzz_target!(|input: &[u8]| {
    let mut source = Input {
        rest: input,
        frame: None,
        number: 0,
        now: 1_700_000_000_000_000_000,
    };
    let summary = held::run(&mut source, MEMORY);
    assert_eq!(summary.frames.read, source.number);
});
