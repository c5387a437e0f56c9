//! A capture file of either format.
//!
//! An enum rather than a trait object: the loop over frames is compiled for it, so that a frame
//! need not be written to memory on its way into the loop.

use std::ops::ControlFlow;

use super::pcap::PcapSource;
use super::pcapng::PcapNgSource;
use super::{Damage, InterfaceCounts, Notice, Progress, Secrets, Source, SourceInfo, Step};
use crate::model::Frame;

/// A capture file, or a stream that holds one.
#[allow(clippy::large_enum_variant)] // One for a file, and no pointer on the way to each frame.
pub enum FileSource {
    /// The classic format.
    Pcap(Box<PcapSource>),
    /// The block format.
    PcapNg(Box<PcapNgSource>),
}

impl FileSource {
    /// Lets a thread decompress ahead of who takes the frames, where the file is a regular one, not
    /// small, and compressed: worth it where the frames are taken by one other thread only. What is
    /// stored plainly is read sooner than another core hands it over.
    pub fn read_ahead(&mut self) {
        match self {
            Self::Pcap(source) => source.read_ahead(),
            Self::PcapNg(source) => source.read_ahead(),
        }
    }
}

impl Source for FileSource {
    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn advance(&mut self) -> Step {
        match self {
            Self::Pcap(source) => source.advance(),
            Self::PcapNg(source) => source.advance(),
        }
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn frame(&self) -> Option<Frame<'_>> {
        match self {
            Self::Pcap(source) => source.frame(),
            Self::PcapNg(source) => source.frame(),
        }
    }

    #[expect(clippy::inline_always, reason = "a frame need not go through memory")]
    #[inline(always)]
    fn skim(&mut self, take: impl FnMut(&Frame<'_>) -> ControlFlow<()>) {
        match self {
            Self::Pcap(source) => source.skim(take),
            Self::PcapNg(source) => source.skim(take),
        }
    }

    fn describe(&self) -> Vec<SourceInfo> {
        match self {
            Self::Pcap(source) => source.describe(),
            Self::PcapNg(source) => source.describe(),
        }
    }

    fn damage(&self) -> Vec<Damage> {
        match self {
            Self::Pcap(source) => source.damage(),
            Self::PcapNg(source) => source.damage(),
        }
    }

    fn progress(&self) -> Progress {
        match self {
            Self::Pcap(source) => source.progress(),
            Self::PcapNg(source) => source.progress(),
        }
    }

    fn secrets(&mut self) -> Vec<Secrets> {
        match self {
            Self::Pcap(source) => source.secrets(),
            Self::PcapNg(source) => source.secrets(),
        }
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        match self {
            Self::Pcap(source) => source.kernel(),
            Self::PcapNg(source) => source.kernel(),
        }
    }

    fn notices(&mut self) -> Vec<Notice> {
        match self {
            Self::Pcap(source) => source.notices(),
            Self::PcapNg(source) => source.notices(),
        }
    }
}
