//! The numbers that frames have in the file they were written to, from 1, as Wireshark counts.
//!
//! Frames that were read one after the other and written one after the other are one entry, so
//! that a file copied as it is takes none, and a limit bounds the rest.

use std::collections::VecDeque;
use std::ffi::OsString;

use crate::model::{FrameRef, SourceId};

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'n> {
    /// In the file being written.
    Here(u64),
    /// In one written earlier; its name, if it is remembered.
    Earlier(u64, Option<&'n OsString>),
    /// It was not written.
    Nowhere,
    /// Too long ago to tell.
    Forgotten,
}

/// Frames with consecutive numbers in their source and in the file.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Number of the first in its source.
    read: u64,
    /// Number of the first in its file.
    written: u64,
    count: u64,
    file: u64,
}

/// What was written where.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    sources: Vec<Source>,
    /// The number of the last frame of the file.
    last: u64,
    /// The file, counted from 1.
    file: u64,
    /// The names of the last files.
    names: VecDeque<OsString>,
}

#[derive(Debug, Default)]
struct Source {
    runs: VecDeque<Run>,
    /// Frames up to this number may have been forgotten.
    forgotten: u64,
}

/// Entries that are kept for each source: 2 MiB.
const RUNS: usize = 1 << 16;
/// Names of files that are kept.
const NAMES: usize = 64;

impl Numbers {
    /// Another file is begun, called `name`.
    pub(super) fn begin(&mut self, name: OsString) {
        if self.names.len() >= NAMES {
            self.names.pop_front();
        }
        self.names.push_back(name);
        self.file += 1;
        self.last = 0;
    }

    /// The frame is written.
    pub(super) fn write(&mut self, frame: FrameRef) {
        self.last += 1;
        let SourceId(index) = frame.source();
        let index = usize::from(index);
        if self.sources.len() <= index {
            self.sources.resize_with(index + 1, Source::default);
        }
        let Some(source) = self.sources.get_mut(index) else {
            return;
        };
        let (read, written, file) = (frame.number(), self.last, self.file);
        if let Some(run) = source.runs.back_mut()
            && run.file == file
            && run.read + run.count == read
            && run.written + run.count == written
        {
            run.count += 1;
            return;
        }
        if source.runs.len() >= RUNS
            && let Some(run) = source.runs.pop_front()
        {
            source.forgotten = run.read + run.count - 1;
        }
        source.runs.push_back(Run {
            read,
            written,
            count: 1,
            file,
        });
    }

    /// Where the frame is.
    pub(super) fn find(&self, frame: FrameRef) -> Place<'_> {
        let SourceId(index) = frame.source();
        let Some(source) = self.sources.get(usize::from(index)) else {
            return Place::Nowhere;
        };
        let number = frame.number();
        let after = source.runs.partition_point(|run| run.read <= number);
        let run = after.checked_sub(1).and_then(|at| source.runs.get(at));
        match run.map(|run| (run, number - run.read)) {
            Some((run, within)) if within < run.count => {
                let written = run.written + within;
                if run.file == self.file {
                    Place::Here(written)
                } else {
                    Place::Earlier(written, self.name(run.file))
                }
            }
            None if number <= source.forgotten => Place::Forgotten,
            _ => Place::Nowhere,
        }
    }

    fn name(&self, file: u64) -> Option<&OsString> {
        let back = usize::try_from(self.file - file).ok()?;
        self.names.get(self.names.len().checked_sub(back + 1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(source: u16, number: u64) -> FrameRef {
        FrameRef::new(SourceId(source), number)
    }

    #[test]
    fn what_is_copied_as_it_is_takes_one_entry() {
        let mut numbers = Numbers::default();
        numbers.begin("a".into());
        for number in 1..=1000 {
            numbers.write(frame(0, number));
        }
        assert_eq!(numbers.sources[0].runs.len(), 1);
        assert_eq!(numbers.find(frame(0, 1)), Place::Here(1));
        assert_eq!(numbers.find(frame(0, 1000)), Place::Here(1000));
        assert_eq!(numbers.find(frame(0, 1001)), Place::Nowhere);
        assert_eq!(numbers.find(frame(1, 1)), Place::Nowhere);
    }

    #[test]
    fn what_is_left_out_and_merged_is_counted_as_written() {
        let mut numbers = Numbers::default();
        numbers.begin("a".into());
        for (source, number) in [(0, 5), (1, 1), (0, 6), (0, 7), (0, 9)] {
            numbers.write(frame(source, number));
        }
        let found = [5, 6, 7, 8, 9].map(|number| numbers.find(frame(0, number)));
        let here = [1, 3, 4, 0, 5].map(|n| {
            if n == 0 {
                Place::Nowhere
            } else {
                Place::Here(n)
            }
        });
        assert_eq!(found, here);
        assert_eq!(numbers.find(frame(1, 1)), Place::Here(2));
    }

    #[test]
    fn earlier_files_are_named_as_long_as_they_are_remembered() {
        let mut numbers = Numbers::default();
        for number in 1..=100 {
            numbers.begin(format!("f{number}").into());
            numbers.write(frame(0, number));
        }
        assert_eq!(numbers.find(frame(0, 100)), Place::Here(1));
        let name = OsString::from("f99");
        assert_eq!(numbers.find(frame(0, 99)), Place::Earlier(1, Some(&name)));
        assert_eq!(numbers.find(frame(0, 1)), Place::Earlier(1, None));
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut numbers = Numbers::default();
        numbers.begin("a".into());
        let runs = RUNS as u64 + 10;
        for run in 0..runs {
            numbers.write(frame(0, run * 2 + 1));
        }
        assert_eq!(numbers.sources[0].runs.len(), RUNS);
        assert_eq!(numbers.find(frame(0, 19)), Place::Forgotten);
        assert_eq!(numbers.find(frame(0, 21)), Place::Here(11));
        assert_eq!(numbers.find(frame(0, 22)), Place::Nowhere);
    }
}
