//! The octets of a capture in a buffer that stays in cache.

use std::fs::File;
use std::mem;
use std::ops::Range;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ahead::Ahead;
use super::codec::{Fault, Stream};
use super::ending::Place;
use super::{Damage, DamageKind, Octets};

/// What is read at a time, in octets: small enough to stay in the second-level cache.
const CHUNK: usize = 256 << 10;

/// What the kernel copies at a time, in octets. Processors copy to an address that lies up to 31
/// octets behind the source's, modulo this, four times slower (AMD Zen): chunks start where it does.
const PAGE: usize = 4 << 10;

/// Chunks after which a file is worth a thread.
const HERE: usize = 4;

/// The most that is kept of one record, head included, in octets. What a record holds beyond is
/// read over, so that no length field decides how much memory is used.
pub(super) const RECORD_MAX: usize = 1 << 20;

/// What [`Input::need`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The octets are there.
    Ready,
    /// They are not there yet, and waiting for them may take long.
    Idle,
    /// They will never be: the input ends or fails before.
    Short,
}

/// Whether reading may wait, and how that is known.
#[derive(Debug)]
pub(super) enum Waiting {
    /// A file: the octets are there or never will be.
    Never,
    /// A compressed pipe: whether the decoder holds octets back is not known, so that
    /// [`Need::Idle`] is told before each read and not again until it is done.
    Unknown { told: bool },
    /// A pipe, to be asked whether there is something to read.
    Pipe { file: File, told: bool },
}

/// How long a pipe is waited for before the caller is told again: soon enough for who interrupts.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

impl Waiting {
    /// Whether the caller is to be told before the next read.
    fn tells(&mut self) -> bool {
        match self {
            Self::Never => false,
            Self::Unknown { told } => {
                *told = !*told;
                *told
            }
            Self::Pipe { file, told } => {
                let patience = if *told { PATIENCE } else { Timespec::default() };
                let mut asked = [PollFd::new(file, PollFlags::IN)];
                // An end, an error and a hang-up count as something to read.
                *told = match poll(&mut asked, Some(&patience)) {
                    Ok(ready) => ready == 0,
                    Err(error) => error == Errno::INTR,
                };
                *told
            }
        }
    }
}

/// Who reads.
enum Reader {
    /// Whoever uses the octets; `None` for the moment in which a thread takes over.
    Here(Option<Box<Stream>>),
    /// A thread, ahead of that.
    Ahead(Ahead),
}

/// Where in `buf` a chunk goes that `kept` octets stand before: at the start of a page, unless they are
/// so many that it is not worth it to move them.
fn chunk_start(buf: &[u8], kept: usize) -> usize {
    let page = buf.as_ptr().align_offset(PAGE);
    match page {
        0..PAGE if kept <= page => page,
        0..PAGE if kept <= page + PAGE => page + PAGE,
        _ => kept,
    }
}

/// A window on a [`Stream`].
pub(super) struct Input {
    reader: Reader,
    /// Chunks to be read here before a thread takes over, if one may.
    until_ahead: Option<usize>,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// Where `start` lies in the decompressed capture.
    offset: u64,
    ended: bool,
    fault: Option<Fault>,
    waiting: Waiting,
    total: Option<u64>,
}

impl Input {
    /// `total` is the size of the file as stored, where that is known.
    pub(super) fn new(stream: Stream, total: Option<u64>) -> Self {
        Self {
            reader: Reader::Here(Some(Box::new(stream))),
            until_ahead: None,
            // A record that is not all there, and a chunk behind it, from the start of a page. Pages
            // that are never written to are never there.
            buf: vec![0; RECORD_MAX + CHUNK + 2 * PAGE],
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            fault: None,
            waiting: Waiting::Never,
            total,
        }
    }

    /// From now on [`Input::need`] tells before it waits.
    pub(super) fn tell_before_waiting(&mut self, waiting: Waiting) {
        self.waiting = waiting;
    }

    /// Whether it is a regular file, in which nothing is waited for.
    pub(super) fn is_regular(&self) -> bool {
        self.total.is_some()
    }

    /// From now on a thread may decompress ahead, unless reading may wait: what is there is to be
    /// told then, before more is asked for.
    pub(super) fn read_ahead(&mut self) {
        if matches!(self.waiting, Waiting::Never) && self.is_compressed() {
            self.until_ahead = Some(HERE);
        }
    }

    fn is_compressed(&self) -> bool {
        matches!(&self.reader, Reader::Here(Some(stream)) if stream.is_compressed())
    }

    /// The octets that are buffered.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// The octets at a range that [`Input::take`] gave; good until the next [`Input::need`].
    #[inline]
    pub(super) fn get(&self, range: &Range<usize>) -> &[u8] {
        self.buf.get(range.start..range.end).unwrap_or_default()
    }

    /// Sees to it that `len` octets, at most [`RECORD_MAX`], are buffered.
    #[inline]
    pub(super) fn need(&mut self, len: usize) -> Need {
        if self.end - self.start >= len {
            Need::Ready
        } else {
            self.fill(len.min(RECORD_MAX))
        }
    }

    #[cold]
    fn fill(&mut self, len: usize) -> Need {
        while self.end - self.start < len {
            if !self.ended && self.waiting.tells() {
                return Need::Idle;
            }
            if !self.read_chunk() {
                return Need::Short;
            }
        }
        Need::Ready
    }

    /// Reads once, at most [`RECORD_MAX`] octets being buffered before; false at the end.
    fn read_chunk(&mut self) -> bool {
        if self.ended {
            return false;
        }
        match self.until_ahead {
            Some(0) => self.start_ahead(),
            left => self.until_ahead = left.map(|left| left - 1),
        }
        let kept = self.end - self.start;
        let read = match &mut self.reader {
            Reader::Here(stream) => {
                let end = chunk_start(&self.buf, kept);
                self.buf.copy_within(self.start..self.end, end - kept);
                (self.start, self.end) = (end - kept, end);
                let limit = self.buf.len().min(end + CHUNK);
                let room = self.buf.get_mut(end..limit).unwrap_or_default();
                stream.as_mut().map_or(Ok(0), |stream| stream.read(room))
            }
            Reader::Ahead(ahead) => ahead.next().map_or(Ok(0), |mut chunk| {
                let front = RECORD_MAX - kept;
                if let (Some(to), Some(from)) = (
                    chunk.buf.get_mut(front..RECORD_MAX),
                    self.buf.get(self.start..self.end),
                ) {
                    to.copy_from_slice(from);
                }
                (self.start, self.end) = (front, RECORD_MAX);
                ahead.reuse(mem::replace(&mut self.buf, chunk.buf));
                chunk.read
            }),
        };
        match read {
            Ok(0) => self.ended = true,
            Ok(read) => self.end += read,
            Err(fault) => {
                self.ended = true;
                self.fault = Some(fault);
            }
        }
        !self.ended
    }

    /// From here on a thread reads. Where none is to be had it goes on here.
    #[cold]
    fn start_ahead(&mut self) {
        self.until_ahead = None;
        if let Reader::Here(stream) = &mut self.reader
            && let Some(given) = stream.take()
        {
            match Ahead::read(given, RECORD_MAX, CHUNK) {
                Ok(ahead) => self.reader = Reader::Ahead(ahead),
                Err(kept) => *stream = Some(kept),
            }
        }
    }

    /// The range of the buffered octets from `from` to `to`, counted from the first.
    #[inline]
    pub(super) fn place(&self, from: usize, to: usize) -> Range<usize> {
        self.start + from..self.start + to
    }

    /// Takes a record of `len` buffered octets off the front and gives the range of those from
    /// `from` to `to`, counted from its start.
    #[inline]
    pub(super) fn take(&mut self, len: usize, from: usize, to: usize) -> Range<usize> {
        let range = self.place(from, to);
        let len = len.min(self.end - self.start);
        self.start += len;
        self.offset += len as u64;
        range
    }

    /// Reads over the `skip` octets that follow the first `keep` buffered ones, which stay.
    /// Says whether they were all there.
    pub(super) fn drop_behind(&mut self, keep: usize, skip: u64) -> bool {
        let mut left = skip;
        loop {
            let behind = (self.end - self.start).saturating_sub(keep);
            let dropped = usize::try_from(left).map_or(behind, |left| left.min(behind));
            // What stays moves up to what follows the dropped octets.
            let kept = self.start..(self.start + keep).min(self.end);
            self.buf.copy_within(kept, self.start + dropped);
            self.start += dropped;
            self.offset += dropped as u64;
            left -= dropped as u64;
            if left == 0 {
                return true;
            }
            if !self.read_chunk() {
                return false;
            }
        }
    }

    /// Where the first buffered octet lies in the decompressed capture.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Why there is nothing more, once [`Need::Short`] was told and unless it simply ends.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Octets of the file as stored that were read so far, and in all.
    pub(super) fn progress(&self) -> super::Progress {
        super::Progress {
            done: match &self.reader {
                Reader::Here(stream) => stream.as_ref().map_or(0, |stream| stream.taken()),
                Reader::Ahead(ahead) => ahead.taken(),
            },
            total: self.total,
        }
    }

    /// Damage with what its offset is of.
    pub(super) fn placed(&self, damage: impl Iterator<Item = Damage>) -> Vec<Damage> {
        let of = match self.reader {
            Reader::Here(_) if !self.is_compressed() => Octets::Stored,
            Reader::Here(_) | Reader::Ahead(_) => Octets::Decompressed,
        };
        damage.map(|damage| Damage { of, ..damage }).collect()
    }

    /// What to report where the input ran short of a record at `place`: nothing if it ended
    /// between two records.
    pub(super) fn shortage(&self, place: Place, what: &str) -> Option<Damage> {
        let left = self.bytes().len() as u64 + (self.offset - place.offset);
        match &self.fault {
            Some(fault) => Some(place.damage(fault.kind.into(), fault.why.clone())),
            None if left == 0 => None,
            None => Some(place.damage(
                DamageKind::Cut,
                format!("the capture ends {left} octets into {what}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_start_with_a_page_behind_what_is_kept_of_a_record() {
        let buf = vec![0; RECORD_MAX + CHUNK + 2 * PAGE];
        for kept in (0..=PAGE).chain([RECORD_MAX]) {
            let start = chunk_start(&buf, kept);
            let is_page = buf.as_ptr().wrapping_add(start).addr().is_multiple_of(PAGE);
            assert!(is_page || kept > PAGE, "{kept}");
            assert!(start >= kept && start + CHUNK <= buf.len(), "{kept}");
        }
    }
}
