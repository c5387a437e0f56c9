//! Interfaces as one source: frames in order of time, notices, and an end that loses nothing.

use std::time::Duration;

use super::Tap;
use super::batch::Batch;
use super::counters::Counters;
use super::line::{Line, LineEnd};
use super::links::LinkChange;
use super::machine::Machine;
use crate::model::{Frame, InterfaceId, LinkType, SourceId, Timestamp};
use crate::source::notice::{InterfaceCounts, Notice};
use crate::source::{Damage, DamageKind, InterfaceInfo, Progress, Source, SourceInfo, Step};

/// How long the last block is waited for at a stop, unless the counters say that nothing is left.
const LAST_BLOCK: Duration = Duration::from_millis(300);
/// When a stop is over even if packets are left in the kernel's buffer.
const STOP_AT_MOST: Duration = Duration::from_millis(800);
/// How often counters are read.
const CHORES_EVERY: Duration = Duration::from_secs(1);
/// A difference between the two clocks beyond this was made by somebody who set one.
const CLOCK_STEP: Duration = Duration::from_millis(500);
/// The link type whose header names the interface.
const LINUX_SLL2: LinkType = LinkType(276);

/// How far a capture has come.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Running,
    Stopping(Stop),
    Ended,
}

/// A stop under way.
#[derive(Clone, Copy, Debug)]
struct Stop {
    /// Later packets are not wanted.
    at: Timestamp,
    uptime: Duration,
}

/// Interfaces as one source.
pub(super) struct Live<T, M> {
    machine: M,
    lines: Vec<Line<T>>,
    name: String,
    interfaces: Vec<InterfaceInfo>,
    /// Interfaces behind `any`, by the system's number.
    by_index: Vec<(u32, InterfaceId)>,
    /// Which line the last frame came from, and its interface.
    current: Option<(usize, InterfaceId)>,
    number: u64,
    damage: Vec<Damage>,
    notices: Vec<Notice>,
    lag: Duration,
    /// Whether the time of frames is the machine's.
    has_time: bool,
    chores_at: Duration,
    /// When counters were last read.
    counted: Timestamp,
    /// Both clocks when they were last looked at.
    clocks: (Timestamp, Duration),
    /// Until then frames are not held back to be put in order: a clock was set.
    unordered_until: Duration,
    told_idle: bool,
    ends_at: Option<Duration>,
    phase: Phase,
}

impl<T: Tap, M: Machine> Live<T, M> {
    pub(super) fn new(
        taps: Vec<(T, Option<u32>, InterfaceInfo)>,
        machine: M,
        lag: Duration,
    ) -> Self {
        let mut interfaces = Vec::new();
        let mut lines = Vec::new();
        for (id, (tap, index, info)) in (0..).map(InterfaceId).zip(taps) {
            lines.push(Line {
                tap,
                id,
                index,
                name: info.name.clone().unwrap_or_default(),
                link: info.link,
                batch: Batch::default(),
                counters: Counters::default(),
                read: 0,
                last: Timestamp::MIN,
                quiet_until: Timestamp::MIN,
                is_down: false,
                is_done: false,
            });
            interfaces.push(info);
        }
        let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
        let now = machine.now();
        Self {
            name: names.join(","),
            interfaces,
            by_index: Vec::new(),
            current: None,
            number: 0,
            damage: Vec::new(),
            notices: Vec::new(),
            lag,
            has_time: true,
            chores_at: Duration::ZERO,
            counted: now,
            clocks: (now, machine.uptime()),
            unordered_until: Duration::ZERO,
            told_idle: false,
            ends_at: None,
            phase: Phase::Running,
            machine,
            lines,
        }
    }

    /// By a clock of its own, nothing can be said of when a packet came.
    pub(super) fn ignore_time(&mut self) {
        self.has_time = false;
    }

    /// It ends by itself after `duration`.
    pub(super) fn end_after(&mut self, duration: Duration) {
        self.ends_at = Some(self.machine.uptime().saturating_add(duration));
    }

    /// The line whose frame is next, if that can be told already.
    fn choose(&mut self) -> Option<usize> {
        if let Phase::Stopping(stop) = self.phase {
            for line in &mut self.lines {
                // Its frames are in order: what follows came after the stop, too.
                if self.has_time && line.batch.head().is_some_and(|head| head > stop.at) {
                    line.is_done = true;
                    line.batch.clear();
                }
            }
        }
        let heads = self.lines.iter().enumerate();
        let (index, head) = heads
            .filter_map(|(index, line)| Some((index, line.batch.head()?)))
            .min_by_key(|&(_, head)| head)?;
        let in_order = self.lines.len() == 1
            || !self.has_time
            || self.clocks.1 < self.unordered_until
            || self
                .lines
                .iter()
                .all(|line| line.is_done || line.is_down || head <= line.horizon());
        in_order.then_some(index)
    }

    fn take(&mut self, index: usize) {
        let Some(line) = self.lines.get_mut(index) else {
            return;
        };
        line.batch.advance();
        line.read += 1;
        self.number += 1;
        let (mut id, mut of) = (line.id, None);
        if let Some((frame, octets)) = line.batch.current() {
            line.last = frame.ts;
            if line.link == LINUX_SLL2 {
                of = octets.get(4..8).and_then(|index| index.try_into().ok());
            }
        }
        if let Some(of) = of {
            id = self.behind_any(u32::from_be_bytes(of), id);
        }
        self.current = Some((index, id));
    }

    /// The interface that a packet captured on `any` passed.
    fn behind_any(&mut self, index: u32, any: InterfaceId) -> InterfaceId {
        if let Some((_, id)) = self.by_index.iter().find(|(known, _)| *known == index) {
            return *id;
        }
        let Some(info) = self.interfaces.get(any.0 as usize) else {
            return any;
        };
        let name = self.machine.interface_name(index);
        let info = InterfaceInfo {
            // One that was removed meanwhile has a number only.
            name: Some(name.unwrap_or_else(|| format!("#{index}"))),
            ..info.clone()
        };
        let Ok(id) = u32::try_from(self.interfaces.len()).map(InterfaceId) else {
            return any;
        };
        self.interfaces.push(info);
        self.by_index.push((index, id));
        id
    }

    /// Both clocks; tells of a step of the one that somebody may set.
    fn look_at_clocks(&mut self) -> (Timestamp, Duration) {
        let (mut now, mut uptime) = (self.machine.now(), self.machine.uptime());
        let (last_now, last_uptime) = self.clocks;
        let stepped = |now: Timestamp, uptime: Duration| {
            let expected = last_now.after(uptime.saturating_sub(last_uptime));
            let off = now.since(expected).or_else(|| expected.since(now));
            off.is_some_and(|off| off > CLOCK_STEP)
        };
        // Who was kept waiting between the two readings has seen no step.
        for _ in 0..3 {
            if !stepped(now, uptime) {
                break;
            }
            (now, uptime) = (self.machine.now(), self.machine.uptime());
        }
        if stepped(now, uptime) {
            self.notices.push(Notice::ClockStep {
                before: last_now,
                after: now,
            });
            for line in &mut self.lines {
                line.last = Timestamp::MIN;
                line.quiet_until = Timestamp::MIN;
            }
            self.unordered_until = uptime + 2 * self.lag;
            if let Phase::Stopping(stop) = &mut self.phase {
                stop.at = now;
            }
            // Whoever measures by this clock is to hear of it first.
            self.chores_at = uptime;
        }
        self.clocks = (now, uptime);
        (now, uptime)
    }

    /// What is to be done from time to time, also while packets pour in.
    fn chores(&mut self, now: Timestamp, uptime: Duration) {
        for line in &mut self.lines {
            let Some(reading) = line.tap.counters() else {
                continue;
            };
            let counts = line.counters.read(reading);
            if counts.dropped > 0 || counts.interface_dropped > 0 {
                self.notices.push(Notice::Drops {
                    interface: line.id,
                    counts,
                    from: self.counted,
                    until: now,
                });
            }
        }
        self.counted = now;
        self.hear_of_links(now);
        self.chores_at = uptime + CHORES_EVERY;
    }

    /// Takes up what the system says of its interfaces.
    fn hear_of_links(&mut self, at: Timestamp) {
        for (index, change) in self.machine.link_changes() {
            let lines = self.lines.iter_mut().enumerate();
            let Some((line_at, line)) = lines
                .filter(|(_, line)| !line.is_done)
                .find(|(_, line)| line.index == Some(index))
            else {
                continue;
            };
            let interface = line.id;
            match change {
                LinkChange::Down if !line.is_down => {
                    line.is_down = true;
                    self.notices.push(Notice::Down { interface, at });
                }
                LinkChange::Up if line.is_down => {
                    line.is_down = false;
                    self.notices.push(Notice::Up { interface, at });
                }
                LinkChange::Gone => self.end_line(line_at, &LineEnd::Gone),
                LinkChange::Down | LinkChange::Up => {}
            }
        }
    }

    /// A reading failed: because the interface is gone, or for good, or for now only.
    fn failed(&mut self, line_at: usize, why: String, now: Timestamp) {
        self.hear_of_links(now);
        let Some(line) = self.lines.get(line_at).filter(|line| !line.is_done) else {
            return;
        };
        let gone = (line.index).is_some_and(|index| self.machine.interface_name(index).is_none());
        if gone || why.contains("disappeared") {
            self.end_line(line_at, &LineEnd::Gone);
        } else if !line.is_down {
            // That an interface is down is an error only to older versions of libpcap.
            self.end_line(line_at, &LineEnd::Failed(why));
        }
    }

    fn end_line(&mut self, index: usize, end: &LineEnd) {
        let Some(line) = self.lines.get_mut(index) else {
            return;
        };
        line.is_done = true;
        line.is_down = false;
        let (kind, why) = match end {
            LineEnd::Gone => (
                DamageKind::Gone,
                format!("the interface {} is gone", line.name),
            ),
            LineEnd::Failed(why) => (DamageKind::Io, format!("{}: {why}", line.name)),
        };
        self.damage.push(Damage {
            source: SourceId::default(),
            offset: 0,
            frame: self.number + 1,
            kind,
            why,
        });
    }

    /// Reads from each line that has no frame left; says whether any gave one.
    fn refill(&mut self, now: Timestamp) -> bool {
        let quiet_until = if self.has_time {
            before(now, self.lag)
        } else {
            Timestamp::MIN
        };
        let mut got = false;
        let mut failed = Vec::new();
        for (index, line) in self.lines.iter_mut().enumerate() {
            if line.is_done || line.batch.head().is_some() {
                continue;
            }
            line.batch.clear();
            if let Err(why) = line.tap.read(&mut line.batch) {
                failed.push((index, why));
            }
            if line.batch.head().is_some() {
                got = true;
            } else {
                line.quiet_until = quiet_until;
            }
        }
        for (index, why) in failed {
            self.failed(index, why, now);
        }
        // The frame that was last handed on is overwritten by now.
        self.current = None;
        got
    }

    /// Whether all that was captured before the stop has been read.
    fn is_drained(&mut self, stop: Stop, uptime: Duration) -> bool {
        let waited = uptime.saturating_sub(stop.uptime);
        if waited >= STOP_AT_MOST {
            return true;
        }
        if self.lines.iter().any(|line| line.batch.head().is_some()) {
            return false;
        }
        if waited >= LAST_BLOCK.max(self.lag) {
            return true;
        }
        // Of what some interfaces count, libpcap drops part itself; those are waited for.
        self.lines.iter_mut().all(|line| {
            line.is_done
                || line.tap.counters().is_some_and(|reading| {
                    let total = line.counters.peek(reading);
                    total.received == total.dropped.saturating_add(line.read)
                })
        })
    }

    fn end(&mut self, now: Timestamp, uptime: Duration) -> Step {
        self.chores(now, uptime);
        self.phase = Phase::Ended;
        Step::Tick(self.horizon())
    }

    /// Up to when all is known: what was captured, and how much was dropped.
    fn horizon(&self) -> Timestamp {
        if !self.has_time {
            return Timestamp::MIN;
        }
        let open = self.lines.iter().filter(|line| !line.is_done);
        let read = open.map(Line::horizon).min();
        read.unwrap_or(self.counted).min(self.counted)
    }

    fn wait(&mut self, uptime: Duration) {
        let mut until = self.chores_at;
        if let Some(end) = self.ends_at {
            until = until.min(end);
        }
        let stopping = matches!(self.phase, Phase::Stopping(_));
        if stopping || self.lines.iter().any(|line| line.batch.head().is_some()) {
            until = until.min(uptime + self.lag / 10);
        }
        let descriptors: Vec<_> = self
            .lines
            .iter()
            // One that is down has nothing to say but that.
            .filter(|line| !line.is_done && !line.is_down && line.batch.head().is_none())
            .filter_map(|line| line.tap.descriptor())
            .collect();
        self.machine
            .wait(&descriptors, until.saturating_sub(uptime));
        let now = self.machine.now();
        self.hear_of_links(now);
    }
}

/// `span` before `ts`, saturating.
fn before(ts: Timestamp, span: Duration) -> Timestamp {
    let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanos(ts.as_nanos().saturating_sub(nanos))
}

impl<T: Tap, M: Machine> Source for Live<T, M> {
    fn advance(&mut self) -> Step {
        loop {
            if let Some(index) = self.choose() {
                self.take(index);
                return Step::Frame;
            }
            if matches!(self.phase, Phase::Ended) {
                return Step::End;
            }
            let (now, uptime) = self.look_at_clocks();
            if uptime >= self.chores_at {
                self.chores(now, uptime);
                return Step::Tick(self.horizon());
            }
            if self.ends_at.is_some_and(|end| uptime >= end) {
                self.ends_at = None;
                self.stop();
            }
            let stop = match self.phase {
                Phase::Stopping(stop) => Some(stop),
                Phase::Running | Phase::Ended => None,
            };
            if stop.is_some_and(|stop| uptime.saturating_sub(stop.uptime) >= STOP_AT_MOST) {
                return self.end(now, uptime);
            }
            if self.refill(now) {
                self.told_idle = false;
                continue;
            }
            if let Some(index) = self.choose() {
                self.take(index);
                return Step::Frame;
            }
            if self.lines.iter().all(|line| line.is_done)
                || stop.is_some_and(|stop| self.is_drained(stop, uptime))
            {
                return self.end(now, uptime);
            }
            if self.told_idle {
                self.told_idle = false;
                self.wait(uptime);
            } else {
                self.told_idle = true;
                return Step::Tick(self.horizon());
            }
        }
    }

    fn frame(&self) -> Option<Frame<'_>> {
        let (index, interface) = self.current?;
        let line = self.lines.get(index)?;
        let (frame, data) = line.batch.current()?;
        Some(Frame {
            source: SourceId::default(),
            number: self.number,
            interface: Some(interface),
            ts: frame.ts,
            link: line.link,
            wire_len: frame.wire_len,
            fcs_len: 0,
            data,
        })
    }

    fn describe(&self) -> Vec<SourceInfo> {
        vec![SourceInfo {
            id: SourceId::default(),
            name: self.name.clone(),
            format: "live",
            interfaces: self.interfaces.clone(),
        }]
    }

    fn damage(&self) -> Vec<Damage> {
        self.damage.clone()
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }

    fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    fn stop(&mut self) -> bool {
        if matches!(self.phase, Phase::Running) {
            self.phase = Phase::Stopping(Stop {
                at: self.machine.now(),
                uptime: self.machine.uptime(),
            });
        }
        true
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        let counts = self.lines.iter().map(|line| InterfaceCounts {
            name: line.name.clone(),
            counts: line.counters.total(),
            read: line.read,
        });
        Some(counts.collect())
    }
}
