//! Where frames come from: files of every format, standard input, interfaces.
//!
//! Every source is an [`Source`]: [`Source::advance`] moves to the next event, [`Source::frame`]
//! borrows the frame it stopped at. Two steps instead of one, so that [`merge()`] can look at the
//! head of several sources without copying any of them.

mod ahead;
pub mod codec;
mod ending;
mod file;
pub mod filter;
mod input;
mod linktype;
pub mod live;
mod losses;
pub mod merge;
mod notice;
pub mod open;
pub mod pcap;
pub mod pcapng;
mod recorded_filter;
pub mod remedy;
mod secrets;
mod sniff;

pub use file::FileSource;
pub use merge::merge;
pub use notice::{DropsTold, InterfaceCounts, KernelCounts, Notice};
pub use open::{OpenError, names, open, open_as};
pub use recorded_filter::{RecordedFilter, all_are_one_way, one_way_interfaces};
pub use secrets::{Secrets, SecretsFault, SecretsKind, SecretsOrigin};

use std::ops::ControlFlow;

use crate::model::{Frame, LinkType, SourceId, Timestamp};

/// What [`Source::advance`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A frame, to be had from [`Source::frame`].
    Frame,
    /// Nothing captured for now, or a second of capture has passed. A live source tells up to when
    /// everything is known, so that windows can close: no older frame will follow, and what the
    /// kernel dropped up to then was told. A pipe does not know it and tells [`Timestamp::MIN`],
    /// before it waits: the moment to flush.
    Tick(Timestamp),
    /// Secrets for the traffic that follows, to be had from [`Source::secrets`].
    Secrets,
    /// No frame will follow; [`Source::damage`] tells whether the input was whole.
    End,
}

/// A stream of frames.
pub trait Source {
    /// Moves to the next event. After [`Step::End`] it keeps answering [`Step::End`].
    fn advance(&mut self) -> Step;

    /// The frame that the last [`Step::Frame`] stopped at.
    fn frame(&self) -> Option<Frame<'_>>;

    /// Offers the frames that can be had without waiting to `take`, one by one, until it breaks off:
    /// the frame with which it does is not taken, and the next that [`Source::advance`] tells of. A
    /// loop of the source's own, for frames of which little is asked. Some sources offer none.
    fn skim(&mut self, _take: impl FnMut(&Frame<'_>) -> ControlFlow<()>)
    where
        Self: Sized,
    {
    }

    /// The sources behind this one with the interfaces seen so far: one entry, or several where
    /// sources are merged. Indexed by [`SourceId`].
    fn describe(&self) -> Vec<SourceInfo>;

    /// What was wrong with the inputs so far, in the order it was met; at most one per source.
    fn damage(&self) -> Vec<Damage>;

    /// Octets consumed and, where known, octets in all: for progress.
    fn progress(&self) -> Progress;

    /// Nothing that comes later than now is wanted. Says whether there is more to be had from
    /// [`Source::advance`], up to a [`Step::End`] that is near: what was captured already.
    fn stop(&mut self) -> bool {
        false
    }

    /// So many records are to be written once the end has come, each at most as much work as a frame:
    /// an end that is to come in time leaves time for them.
    fn owing(&mut self, _records: u64) {}

    /// What happened to the capture since the last call; to be asked at each [`Step::Tick`].
    fn notices(&mut self) -> Vec<Notice> {
        Vec::new()
    }

    /// The secrets that the last [`Step::Secrets`] told of.
    fn secrets(&mut self) -> Vec<Secrets> {
        Vec::new()
    }

    /// Brings up to date what [`Source::notices`] and [`Source::kernel`] tell: to be called before
    /// an account is given between two ticks.
    fn take_stock(&mut self) {}

    /// What the kernel counted, by interface in the order given; live only. After [`Source::stop`],
    /// packets that are not wanted any more are left out.
    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        None
    }
}

impl<S: Source> Source for Box<S> {
    #[inline]
    fn advance(&mut self) -> Step {
        (**self).advance()
    }

    #[inline]
    fn skim(&mut self, take: impl FnMut(&Frame<'_>) -> ControlFlow<()>) {
        (**self).skim(take);
    }

    fn frame(&self) -> Option<Frame<'_>> {
        (**self).frame()
    }

    fn describe(&self) -> Vec<SourceInfo> {
        (**self).describe()
    }

    fn damage(&self) -> Vec<Damage> {
        (**self).damage()
    }

    fn progress(&self) -> Progress {
        (**self).progress()
    }

    fn stop(&mut self) -> bool {
        (**self).stop()
    }

    fn owing(&mut self, records: u64) {
        (**self).owing(records);
    }

    fn notices(&mut self) -> Vec<Notice> {
        (**self).notices()
    }

    fn secrets(&mut self) -> Vec<Secrets> {
        (**self).secrets()
    }

    fn take_stock(&mut self) {
        (**self).take_stock();
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        (**self).kernel()
    }
}

/// How far a source has been read, in octets of the file as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Octets consumed.
    pub done: u64,
    /// Octets in all; `None` for pipes and interfaces.
    pub total: Option<u64>,
}

/// A source by name, with its interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its number.
    pub id: SourceId,
    /// File name without folders, `-` for standard input, or the interface's name.
    pub name: String,
    /// The file format, in tcpdump.org's terms: `pcap`, `pcapng`, `live`.
    pub format: &'static str,
    /// Comments of a pcapng file on its sections, as they came, of which it keeps so many octets.
    pub comments: Vec<String>,
    /// Interfaces in the order of their declaration; a pcap file has one, without a name.
    pub interfaces: Vec<InterfaceInfo>,
}

/// An interface that frames were captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// Its name as the file or the system gives it; control characters as they came.
    pub name: Option<String>,
    /// Its link type.
    pub link: LinkType,
    /// The snap length it was captured with, in octets; 0 where unlimited or unknown.
    pub snaplen: u32,
    /// The filter that a pcapng file says its packets passed.
    pub filter: Option<RecordedFilter>,
    /// Comments of a pcapng file on it, as they came.
    pub comments: Vec<String>,
    /// Octets of frame check sequence that its frames end in, unless a packet says otherwise; 0
    /// where there is none, or nothing tells.
    pub fcs_len: u8,
    /// How fine its time stamps are.
    pub resolution: Resolution,
}

/// How fine time stamps are, as far as a format to write them in must know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolution {
    /// Microseconds or coarser.
    #[default]
    Microseconds,
    /// Finer than microseconds.
    Nanoseconds,
}

/// Why a source ended before its end, could not be read at all, or lacks something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Which source.
    pub source: SourceId,
    /// Offset in octets where reading stopped, or where the block is.
    pub offset: u64,
    /// What these octets are of.
    pub of: Octets,
    /// The number of the first frame that could not be read.
    pub frame: u64,
    /// The kind of fault.
    pub kind: DamageKind,
    /// What was expected and what was found, in one sentence without a final stop.
    pub why: String,
}

impl Damage {
    /// `offset 41`, and of what if that is not the file itself.
    pub fn place(&self) -> impl std::fmt::Display {
        let of = match self.of {
            Octets::Stored => "",
            Octets::Decompressed => " of the decompressed capture",
        };
        std::fmt::from_fn(move |f| write!(f, "offset {}{of}", self.offset))
    }
}

/// Which octets an offset counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Octets {
    /// Those of the file as it is stored.
    #[default]
    Stored,
    /// Those that it decompresses to.
    Decompressed,
}

/// The kinds of fault, which decide the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// The input ends in the middle of a record: exit status 3.
    Cut,
    /// The bytes are not what the format asks for: exit status 3.
    Corrupt,
    /// The contents of a block are not, and reading went on behind it: exit status 3.
    Block,
    /// The system could not read on: exit status 1.
    Io,
    /// The interface was removed while it was captured on: exit status 1.
    Gone,
}
