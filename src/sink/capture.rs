//! Selected frames, written as a capture: `-w`.
//!
//! What is handed to the system always ends with a whole record, so that a file stays readable
//! whenever the program is killed, and whatever the disk does. What was handed to the system
//! outlives the program: that happens at least once in a second of capture time, and whenever
//! nothing comes.
//!
//! A single file is written in place, so that others can read it as it grows. The files of a
//! [`Rotation`] are called `NAME.part` until they are complete: whoever takes them away can go by
//! the name.

mod annotate;
mod close;
mod encode;
mod error;
mod numbers;
mod output;
mod rotate;

use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::{Frame, Timestamp};
use crate::record::IcmpEvent;
use crate::sink::{FrameSink, Room};
use crate::source::{Secrets, SourceInfo};
pub use annotate::Annotate;
use annotate::Annotator;
use close::Closer;
use encode::Encoder;
pub use encode::Format;
use error::{CaptureError, Stage};
use output::Output;
pub use rotate::Rotation;
use rotate::Schedule;

/// When written frames are handed to the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// When some ten thousand octets have come together, after a second of capture time, when
    /// nothing comes, and when asked to.
    #[default]
    WhenFull,
    /// After each packet: `-U`.
    EachPacket,
}

/// What is to be written where.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    /// The file's name; `-` is standard output. With [`Rotation::every`] a `strftime` format.
    pub path: PathBuf,
    /// The file format.
    pub format: Format,
    /// When it is handed to the system.
    pub flush: Flush,
    /// When another file is begun.
    pub rotation: Rotation,
    /// Whether messages carry comments; for [`Format::Pcapng`].
    pub annotate: Annotate,
    /// Files that no file of a rotation takes the place of: those that are read.
    pub spare: Vec<PathBuf>,
}

impl CaptureOptions {
    /// A single file of the format that its name tells.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            format: Format::by_name(path),
            flush: Flush::WhenFull,
            rotation: Rotation::default(),
            annotate: Annotate::No,
            spare: Vec::new(),
        }
    }
}

/// Whether there is no file to be put in another's place: standard output, a pipe, a device.
pub fn is_stream(path: &Path) -> bool {
    // What the system keeps under /dev and /proc leads to files that are open already.
    let is_special = ["-", "/dev", "/proc"]
        .iter()
        .any(|folder| path.starts_with(folder));
    is_special || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// Whether two paths lead to one regular file.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    let identity = |path: &Path| {
        let metadata = path.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(a).is_some_and(|a| identity(b) == Some(a))
}

/// A capture file, several of them in turn, or a stream, that frames are written to.
pub struct CaptureSink {
    options: CaptureOptions,
    stream: bool,
    schedule: Schedule,
    /// None before the time of the first frame decides the name, and after a fault.
    output: Option<Output>,
    closer: Closer,
    encoder: Encoder,
    annotator: Option<Annotator>,
    /// Whole records that the system does not have yet.
    pending: Vec<u8>,
    /// From when to when nothing is due, so that a frame costs two comparisons.
    quiet: Range<Timestamp>,
    room: Room,
    /// There is room for the frame that comes next.
    roomy: bool,
    /// The first fault of [`FrameSink`]'s calls.
    fault: Option<io::Error>,
}

impl CaptureSink {
    /// Octets that are collected before they are handed to the system.
    const CHUNK: usize = 64 << 10;
    /// Capture time after which they are in any case.
    const FLUSH_AFTER: Duration = Duration::from_secs(1);

    /// Creates or empties the file, unless its name needs the time of the first frame.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn create(options: CaptureOptions) -> io::Result<Self> {
        let mut sink = Self {
            stream: is_stream(&options.path),
            schedule: Schedule::new(&options.path, options.rotation.clone()),
            output: None,
            closer: Closer::new(&options.rotation),
            encoder: Encoder::new(options.format),
            annotator: (options.annotate == Annotate::Yes).then(Annotator::default),
            pending: Vec::new(),
            quiet: Timestamp::MAX..Timestamp::MIN,
            room: Room::More,
            roomy: false,
            fault: None,
            options,
        };
        if sink.stream || sink.schedule.is_begun() {
            sink.open()?;
        }
        Ok(sink)
    }

    /// Opens the next file.
    fn open(&mut self) -> Result<(), CaptureError> {
        let path = &self.options.path;
        self.output = Some(if path == Path::new("-") {
            Output::stdout()?
        } else if self.stream || !self.options.rotation.is_wanted() {
            Output::direct(path)?
        } else {
            let name = self.schedule.name()?;
            if self
                .options
                .spare
                .iter()
                .any(|spare| is_same_file(spare, &name))
            {
                let why = "is the capture that -r reads; write to files of other names".to_owned();
                return Err(CaptureError::Name { path: name, why });
            }
            Output::part(&name, self.schedule.existing())?
        });
        if let (Some(annotator), Some(output)) = (&mut self.annotator, &self.output) {
            annotator.numbers.begin(output.name());
        }
        Ok(())
    }

    /// Writes what stands before the first frame, as far as `sources` tell it: a reader at the
    /// other end of a pipe can start.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn begin(&mut self, sources: &[SourceInfo]) -> io::Result<()> {
        self.encoder.begin(sources, &mut self.pending);
        self.flush()
    }

    /// Capture time has come to `now`, by a frame that is written or not: a file ends that is over
    /// its time. After [`Room::Enough`] nothing more is taken.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    #[inline]
    pub fn advance(&mut self, now: Timestamp) -> io::Result<Room> {
        if !self.quiet.contains(&now) {
            self.due(now)?;
        }
        Ok(self.room)
    }

    /// Does what is due at `now`, and finds out when the next thing will be.
    fn due(&mut self, now: Timestamp) -> io::Result<()> {
        if self.room == Room::Enough {
            return Ok(());
        }
        if !self.schedule.is_begun() {
            self.schedule.begin(now);
            if self.output.is_none() {
                self.open()?;
            }
        }
        if self.schedule.is_over(now) {
            self.room = self.schedule.next_slot(now);
            if self.room == Room::More && !self.stream {
                self.rotate()?;
            }
        }
        self.flush()?;
        // Time that goes far back counts as well, or one wild time stamp would hold all up.
        self.quiet =
            now.before(Self::FLUSH_AFTER)..now.after(Self::FLUSH_AFTER).min(self.schedule.end());
        Ok(())
    }

    /// Nothing comes for now, and the clock shows `now`, or [`Timestamp::MIN`] where there is none:
    /// all is handed to the system.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn idle(&mut self, now: Timestamp) -> io::Result<Room> {
        if now == Timestamp::MIN {
            self.flush()?;
        } else {
            self.schedule.set_back(now);
            self.due(now)?;
        }
        Ok(self.room)
    }

    /// Writes secrets for the frames that follow, where the format has a place for them.
    pub fn secrets(&mut self, secrets: &Secrets) {
        self.encoder.secrets(secrets, &mut self.pending);
    }

    /// Writes one frame; `sources` tell of its interface, `event` what is known of a message.
    ///
    /// # Errors
    ///
    /// What the system says, with the path; of the kind `InvalidData` where the format cannot
    /// hold this frame beside those before it.
    pub fn write(
        &mut self,
        frame: &Frame<'_>,
        sources: &[SourceInfo],
        event: Option<&IcmpEvent<'_>>,
    ) -> io::Result<()> {
        if self.make_room(frame.ts)? == Room::Enough {
            return Ok(());
        }
        self.roomy = false;
        if let (Some(annotator), Some(event)) = (&mut self.annotator, event) {
            annotator.comment_on(event);
        }
        let comment = self.annotator.as_ref().map_or(&[][..], Annotator::comment);
        self.encoder
            .frame(frame, sources, comment, &mut self.pending)
            .map_err(|(first, other)| {
                let path = self.options.path.clone();
                CaptureError::Mixed { path, first, other }
            })?;
        if let Some(annotator) = &mut self.annotator {
            annotator.written(frame.reference());
        }
        if self.options.flush == Flush::EachPacket || self.pending.len() >= Self::CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    /// Takes a message of a frame that holds several packets and is written next.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    fn comment(&mut self, event: &IcmpEvent<'_>) -> io::Result<()> {
        // A comment names frames by their numbers in the file that it comes to stand in.
        if self.annotator.is_some() && self.make_room(event.frame.ts)? == Room::More {
            self.roomy = true;
            if let Some(annotator) = &mut self.annotator {
                annotator.comment_on(event);
            }
        }
        Ok(())
    }

    /// Begins the next file if a frame of this time has no place in this one, unless that was done.
    fn make_room(&mut self, ts: Timestamp) -> io::Result<Room> {
        if self.roomy || self.advance(ts)? == Room::Enough {
            return Ok(self.room);
        }
        let written = self.output.as_ref().map_or(0, Output::length);
        if !self.stream && self.schedule.is_full(written + self.pending.len() as u64) {
            self.schedule.next_file();
            self.rotate()?;
        }
        Ok(self.room)
    }

    /// Ends the file and begins the next.
    fn rotate(&mut self) -> io::Result<()> {
        self.end_file()?;
        self.open()?;
        self.encoder.restart(&mut self.pending);
        self.flush()
    }

    fn end_file(&mut self) -> io::Result<()> {
        self.encoder.end(&mut self.pending);
        self.flush()?;
        if let Some(output) = self.output.take() {
            self.closer.close(output)?;
        }
        Ok(())
    }

    /// Hands all that was written to the system.
    ///
    /// # Errors
    ///
    /// What the system says, with the path. Nothing more is taken then; the file ends with the last
    /// record that went in whole.
    pub fn flush(&mut self) -> io::Result<()> {
        let Some(output) = &mut self.output else {
            return Ok(());
        };
        let written = output.write(&self.pending, self.options.format);
        self.pending.clear();
        if let Err(error) = written {
            self.room = Room::Enough;
            let path = output.path().to_owned();
            // As well as can be, in order; the message is about what came first.
            let _ = self.closer.wait();
            let finished = self.output.take().map(Output::finish);
            let path = finished.and_then(Result::ok).unwrap_or(path);
            return Err(CaptureError::system(&path, Stage::Write, error).into());
        }
        Ok(())
    }

    /// Goes on in a new file of the same name if somebody moved the one being written away, as
    /// `logrotate` does. Files of a rotation, and streams, are only handed to the system.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn reopen(&mut self) -> io::Result<()> {
        self.flush()?;
        let alone = !self.stream && !self.options.rotation.is_wanted();
        let path = &self.options.path;
        if alone
            && self
                .output
                .as_ref()
                .is_some_and(|output| !output.is_at(path))
        {
            self.rotate()?;
        }
        Ok(())
    }

    /// Ends the file: one without frames is a capture, too.
    ///
    /// # Errors
    ///
    /// What the system says, with the path.
    pub fn finish(mut self) -> io::Result<()> {
        let ended = match self.output {
            Some(_) => self.end_file(),
            None => Ok(()),
        };
        let closed = self.closer.wait();
        match self.fault {
            Some(fault) => Err(fault),
            None => ended.and(closed.map_err(io::Error::from)),
        }
    }

    /// Frames whose time the format could not hold and that carry the nearest one it can.
    pub fn times_clamped(&self) -> u64 {
        self.encoder.times_clamped()
    }

    /// Keeps the first fault for [`CaptureSink::finish`]: the run ends in order meanwhile.
    fn settle<T>(&mut self, result: io::Result<T>) -> Room {
        if let Err(error) = result {
            self.room = Room::Enough;
            self.fault.get_or_insert(error);
        }
        self.room
    }
}

impl FrameSink for CaptureSink {
    fn secrets(&mut self, secrets: &Secrets) {
        CaptureSink::secrets(self, secrets);
    }

    fn begin(&mut self, sources: &[SourceInfo]) -> Room {
        let begun = CaptureSink::begin(self, sources);
        self.settle(begun)
    }

    fn advance(&mut self, now: Timestamp) -> Room {
        let advanced = CaptureSink::advance(self, now);
        self.settle(advanced)
    }

    fn idle(&mut self, now: Timestamp) -> Room {
        let idle = CaptureSink::idle(self, now);
        self.settle(idle)
    }

    fn frame(
        &mut self,
        frame: &Frame<'_>,
        sources: &[SourceInfo],
        event: Option<&IcmpEvent<'_>>,
    ) -> Room {
        let written = self.write(frame, sources, event);
        self.settle(written)
    }

    fn message(&mut self, event: &IcmpEvent<'_>) -> Room {
        let commented = self.comment(event);
        self.settle(commented)
    }

    fn flush(&mut self) -> Room {
        let flushed = CaptureSink::flush(self);
        self.settle(flushed)
    }

    fn reopen(&mut self) -> Room {
        let reopened = CaptureSink::reopen(self);
        self.settle(reopened)
    }
}
