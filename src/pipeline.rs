//! The loop: from a source through decoding and correlation to the sinks.

mod account;
mod aggregate;
mod ahead;
mod backlog;
mod behind;
mod compressed;
mod control;
mod early;
mod fragments;
mod ledger;
mod message;
mod notes;
mod outcomes;
mod pieces;
mod reports;
mod streams;
mod teller;
mod tick;
mod turn;
mod unlocked;
mod way;

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::thread::{self, Scope};
use std::{io, mem};

use self::account::describes;
use self::ahead::Ahead;
pub use self::control::{Control, Observer};
use self::early::Early;
use self::notes::Notes;
use self::teller::Teller;
pub use self::teller::Telling;
use self::turn::Turn;
pub use self::unlocked::KeyLogFile;
use self::way::{Direct, Noted, Way};
use crate::correlate::Correlator;
use crate::correlate::observation::Observation;
use crate::model::{Expanded, Frame, KeyKind, Timestamp};
use crate::record::collect::UnknownLinks;
use crate::record::summary::Unread;
use crate::record::{FrameCounts, Summary};
use crate::sink::{FrameSink, Room, Sink};
use crate::source::filter::Filter;
use crate::source::{Source, SourceInfo, Step};
use crate::wire::lowpan::{self, Expander};
use crate::wire::reassembly::{Reassembler, Reassembly};
use crate::wire::stream::{Streams, Units};
use crate::wire::tunnel::{Known, TcpStreams};
use crate::wire::wlan::Wlan;
use crate::wire::{self, Classified, link};

/// Everything a run needs but for its two ends, which it borrows: where frames come from and where
/// records go.
pub struct Pipeline<'o> {
    /// What is shown and written.
    pub filter: Filter,
    /// The state of correlation.
    pub correlator: Correlator,
    /// Who tells what is found.
    pub telling: Telling,
    /// Where selected frames go, with `-w`.
    pub frames: Option<&'o mut dyn FrameSink>,
    /// Keys for what is encrypted, beside those that captures bring.
    pub key_logs: Vec<KeyLogFile>,
    /// Stop after so many messages shown, or frames written.
    pub limit: Option<u64>,
    /// What is asked for from outside while it runs.
    pub control: &'o Control,
    /// Hears how it goes.
    pub observer: &'o mut dyn Observer,
}

/// The state of one run.
struct Run<'p, 'o, 's, 'e> {
    pipe: &'p mut Pipeline<'o>,
    teller: Teller<'s, 'e>,
    reassembler: Reassembler,
    /// None as long as there are no keys.
    wlan: Option<Box<Wlan>>,
    streams: Streams,
    /// What the last frame held of them.
    units: Units,
    expander: Expander,
    /// Of which packets a note is all that is needed by now.
    notes: Notes,
    /// What was learnt of messages that are to come.
    known: Known,
    /// Streams of TCP whose messages may hold packets.
    tcp_streams: TcpStreams,
    /// Where the packets of compressed frames are made.
    expanded: Expanded,
    /// Where the packets of aggregates are put apart.
    alone: Vec<u8>,
    turn: Turn,
    unknown_links: UnknownLinks,
    unread: Unread,
    sources: Vec<SourceInfo>,
    counts: FrameCounts,
    early: Early,
    /// Early frames that count as shown.
    named_later: u64,
    written: u64,
    /// Requests whose exchange was not told yet, at the most.
    open: u64,
    room: Room,
    /// The start was told.
    started: bool,
    /// Frames after which progress is told.
    progress_at: u64,
}

/// What fragments may take, in octets.
const REASSEMBLY_MEMORY: usize = 4 << 20;
/// Frames by which it is told whether most are ICMP.
const PROBED: u64 = 1 << 12;
/// How often progress is told, in frames.
const PROGRESS_EVERY: u64 = 1 << 14;
/// How often the sink is asked whether it wants to know how the run stands, in frames: also where
/// packets come slowly but never stop.
const INTERIM_EVERY: u64 = 1 << 5;

impl Pipeline<'_> {
    /// Takes all of `source`, or as much as is wanted of it, to `sink`. The summary is written in
    /// any case, unless the sink fails.
    ///
    /// # Errors
    ///
    /// What the sink says; what was read up to then is lost to it.
    pub fn run(
        &mut self,
        source: &mut impl Source,
        sink: &mut (dyn Sink + Send),
    ) -> io::Result<Summary> {
        thread::scope(|scope| {
            let mut run = Run::new(self, scope, sink);
            run.drive::<_, Direct>(source, u64::MAX)?;
            run.finish(source)
        })
    }

    /// The same, while another thread reads if most packets turn out not to be ICMP, and if the system
    /// gives one: faster where those are taken note of, and not written.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::run`].
    pub fn run_ahead(
        &mut self,
        mut source: impl Source + Send + 'static,
        sink: &mut (dyn Sink + Send),
    ) -> io::Result<Summary> {
        thread::scope(|scope| {
            let mut run = Run::new(self, scope, sink);
            if run.drive::<_, Direct>(&mut source, PROBED)? == Drive::Over {
                return run.finish(&mut source);
            }
            if run.counts.other >= PROBED / 2 {
                match Ahead::read(source, run.notes.clone()) {
                    Ok(mut ahead) => {
                        run.drive::<_, Noted>(&mut ahead, u64::MAX)?;
                        return run.finish(&mut ahead);
                    }
                    Err(kept) => source = kept,
                }
            }
            run.drive::<_, Direct>(&mut source, u64::MAX)?;
            run.finish(&mut source)
        })
    }
}

/// What [`Run::drive`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drive {
    /// As many frames as it was to take.
    Enough,
    /// The end of the source, or of what is wanted of it.
    Over,
}

impl<'p, 'o, 's, 'e> Run<'p, 'o, 's, 'e> {
    fn new(
        pipe: &'p mut Pipeline<'o>,
        scope: &'s Scope<'s, 'e>,
        sink: &'e mut (dyn Sink + Send),
    ) -> Self {
        let memory = pipe.correlator.memory_for_summary();
        let mut reassembler = Reassembler::new(REASSEMBLY_MEMORY);
        let has = |kind| pipe.key_logs.iter().any(|log| log.kind() == kind);
        reassembler.opener.wireguard = has(KeyKind::WireGuard).then(Box::default);
        reassembler.opener.esp.keys = has(KeyKind::Esp).then(Box::default);
        let wlan = has(KeyKind::Wlan).then(Box::default);
        let mut notes = Notes::default();
        for log in &pipe.key_logs {
            notes.except(log.kind());
        }
        Self {
            teller: Teller::new(scope, sink, pipe.telling, memory),
            reassembler,
            wlan,
            streams: Streams::default(),
            units: Units::default(),
            expander: Expander::default(),
            notes,
            known: Known::default(),
            tcp_streams: TcpStreams::default(),
            expanded: Expanded::default(),
            alone: Vec::new(),
            turn: Turn::Frame,
            unknown_links: UnknownLinks::default(),
            unread: Unread::default(),
            sources: Vec::new(),
            counts: FrameCounts::default(),
            early: Early::default(),
            named_later: 0,
            written: 0,
            open: 0,
            room: Room::More,
            started: false,
            progress_at: PROGRESS_EVERY,
            pipe,
        }
    }

    /// Takes what `source` gives until `frames` were read in all.
    // One instance for each kind of source, into which all that a packet passes is inlined.
    #[inline(never)]
    fn drive<S: Source, W: Way<S>>(&mut self, source: &mut S, frames: u64) -> io::Result<Drive> {
        let mut others = self.counts.other;
        while !self.is_done() {
            // Behind a message there is likely another.
            let before = mem::replace(&mut others, self.counts.other);
            if self.counts.read >= frames {
                return Ok(Drive::Enough);
            }
            if self.pipe.control.attention.load(Ordering::Relaxed) && !self.attend(source)? {
                break;
            }
            if self.started
                && self.pipe.frames.is_none()
                && others > before
                && self.notes.suffice()
                && self.skim::<S, W>(source, frames) > 0
            {
                self.interim(&*source)?;
                if self.counts.read >= frames {
                    return Ok(Drive::Enough);
                }
            }
            let step = source.advance();
            // Secrets may stand before the interfaces.
            if !self.started && step != Step::Secrets {
                self.start(source)?;
            }
            match step {
                Step::Frame => {
                    if let Some(packet) = W::noted(source) {
                        self.plain(packet)?;
                    } else if let Some(frame) = source.frame() {
                        if self.advance(frame.ts) == Room::Enough {
                            break;
                        }
                        if !describes(&self.sources, &frame) {
                            self.describe(source);
                        }
                        if frame.number == 1 {
                            self.reassembler.capture_begins(frame.source, frame.ts);
                        }
                        self.frame(&frame)?;
                    }
                    if self.counts.read >= self.progress_at {
                        self.progress_at = self.counts.read + PROGRESS_EVERY;
                        self.pipe.observer.progress(source.progress());
                    }
                    if self.counts.read.is_multiple_of(INTERIM_EVERY) {
                        source.owing(self.teller.owed(self.open));
                        self.interim(&*source)?;
                    }
                }
                Step::Secrets => {
                    if !self.started {
                        self.sources = source.describe();
                    }
                    for secrets in source.secrets() {
                        self.take_secrets(&secrets);
                    }
                }
                Step::Tick(ts) => self.tick(source, ts)?,
                Step::End => break,
            }
        }
        Ok(Drive::Over)
    }

    /// Takes the packets that come next as long as they are not ICMP and decide nothing by their
    /// time, and says how many those were.
    #[expect(clippy::inline_always, reason = "one loop with the source's own")]
    #[inline(always)]
    fn skim<S, W: Way<S>>(&mut self, source: &mut S, frames: u64) -> u64 {
        let before = self.counts.read;
        let (correlator, mut read, mut esp) = (&mut self.pipe.correlator, before, 0);
        W::skim(source, |packet| {
            if read >= frames || !correlator.advance_quietly(packet.ts) {
                return ControlFlow::Break(());
            }
            read += 1;
            esp += u64::from(packet.is_esp);
            correlator.other(packet);
            ControlFlow::Continue(())
        });
        self.unread.esp += esp;
        self.counts.read = read;
        self.counts.other += read - before;
        read - before
    }

    /// Whether the limit is reached.
    fn is_done(&self) -> bool {
        let done = if self.pipe.frames.is_some() {
            self.written
        } else {
            self.counts.icmp
        };
        self.pipe.limit.is_some_and(|limit| done >= limit) || self.room == Room::Enough
    }

    /// Tells the time to where frames are written.
    fn advance(&mut self, now: Timestamp) -> Room {
        if let Some(frames) = &mut self.pipe.frames {
            self.room = frames.advance(now);
        }
        self.room
    }

    #[inline]
    fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        match wire::plain(frame) {
            Some(packet) if self.notes.suffice_of(&packet) => {
                self.plain(&Observation::of_plain(frame.reference(), frame.ts, &packet))?;
                self.write_if_selected(frame);
                Ok(())
            }
            None if lowpan::is_lowpan(frame) => self.expand(frame),
            None if link::may_hold_packets(frame.link) => self.take_apart(frame),
            _ => self.sort(frame),
        }
    }

    /// A packet that is not ICMP and holds none.
    #[inline]
    fn plain(&mut self, packet: &Observation) -> io::Result<()> {
        self.count(packet.ts)?;
        self.counts.other += 1;
        self.unread.esp += u64::from(packet.is_esp);
        self.pipe.correlator.other(packet);
        Ok(())
    }

    /// Counts a frame, and takes up what its time decides.
    #[inline]
    fn count(&mut self, ts: Timestamp) -> io::Result<()> {
        self.counts.read += 1;
        self.pipe.correlator.advance(ts);
        if self.pipe.correlator.has_outcomes() {
            self.outcomes()?;
        }
        Ok(())
    }

    /// A frame that may be anything.
    #[inline(never)]
    fn sort(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.count(frame.ts)?;
        self.tell(frame)
    }

    /// The same of one that is counted.
    #[inline]
    fn tell(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        // Matched in place: a packet with all its views is not to be moved about.
        match &wire::classify(frame) {
            Classified::Icmp(packet) => {
                if packet.tunnels.has_pieces() && (self.several(frame)? || self.piece(frame)?) {
                    return Ok(());
                }
                if packet.is_of_fragment() {
                    let (reassembly, carried) = self.reassemble(frame, packet);
                    return self.fragment(frame, packet, (&reassembly, carried));
                }
                return self.icmp(frame, packet, None);
            }
            Classified::OtherIp(packet) => {
                if self.expand_in_tunnel(frame, packet)?
                    || packet.may_be_in_piece() && (self.several(frame)? || self.piece(frame)?)
                {
                    return Ok(());
                }
                if packet.may_be_in_piece() && self.stream(frame, Some(packet))?
                    || self.take_reports(frame, packet)?
                {
                    return Ok(());
                }
                self.unread.deep += u64::from(packet.goes_deeper());
                // Whether a later fragment is ICMP an earlier one may have told.
                if packet.is_of_fragment() {
                    let (reassembly, carried) = self.reassemble(frame, packet);
                    if !matches!(reassembly, Reassembly::NotIcmpFragment) {
                        return self.fragment(frame, packet, (&reassembly, carried));
                    }
                }
                self.counts.other += 1;
                self.unread.esp += u64::from(self.is_unread_esp(&packet.ip));
                // What was not captured, but told of, is nobody's original.
                if !wire::is_reported(frame) {
                    self.pipe.correlator.other_in(frame, packet);
                }
            }
            Classified::NotIp => {
                if self.expand_behind_link(frame)?
                    || self.several(frame)?
                    || self.piece(frame)?
                    || self.stream(frame, None)?
                {
                    return Ok(());
                }
                self.counts.other += 1;
                if !wire::is_reported(frame) {
                    self.pipe.correlator.not_ip(frame);
                }
            }
            Classified::Undecodable(why) => {
                self.undecodable(frame, *why);
                return Ok(());
            }
        }
        self.write_if_selected(frame);
        Ok(())
    }
}
