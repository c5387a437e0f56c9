//! Interfaces as one source: the state of a capture, and its next step.

mod order;
mod stop;
mod watch;

use std::time::Duration;

use self::stop::Phase;
use super::Tap;
use super::batch::Batch;
use super::counters::Counters;
use super::line::{Line, LineState};
use super::machine::Machine;
use crate::model::{Frame, InterfaceId, Options, SourceId, Timestamp};
use crate::source::notice::{DropsTold, InterfaceCounts, Notice};
use crate::source::{Damage, InterfaceInfo, Progress, Source, SourceInfo, Step};

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
    /// When all interfaces were open. Before, some packets came to a socket whose filter was still
    /// being set, and others did not: a reply to one of them may be among the others.
    opened: Timestamp,
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
    /// Records that are to be written once the end has come.
    owed: u64,
}

impl<T: Tap, M: Machine> Live<T, M> {
    pub(super) fn new(
        taps: Vec<(T, Option<u32>, InterfaceInfo)>,
        machine: M,
        lag: Duration,
    ) -> Self {
        let mut interfaces = Vec::new();
        let mut lines = Vec::new();
        for (id, (mut tap, index, info)) in (0..).map(InterfaceId).zip(taps) {
            let before = tap.counters().unwrap_or_default();
            lines.push(Line {
                tap,
                id,
                index,
                name: info.name.clone().unwrap_or_default(),
                link: info.link,
                batch: Batch::default(),
                counters: Counters::since(before),
                read: 0,
                last: Timestamp::MIN,
                quiet_until: Timestamp::MIN,
                state: LineState::Up,
                down_since: None,
                has_begun: false,
                is_cut: false,
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
            opened: now,
            chores_at: Duration::ZERO,
            counted: now,
            clocks: (now, machine.uptime()),
            unordered_until: Duration::ZERO,
            told_idle: false,
            ends_at: None,
            phase: Phase::Running,
            owed: 0,
            machine,
            lines,
        }
    }

    /// By a clock of its own, nothing can be said of when a packet came.
    pub(super) fn ignore_time(&mut self) {
        self.has_time = false;
    }

    /// All interfaces are open, with their filters.
    pub(super) fn is_whole(&mut self) {
        if self.has_time {
            let since = self.machine.now();
            self.notices.push(Notice::Whole { since });
        }
    }

    /// It ends by itself after `duration`.
    pub(super) fn end_after(&mut self, duration: Duration) {
        self.ends_at = Some(self.machine.uptime().saturating_add(duration));
    }

    fn wait(&mut self, uptime: Duration) {
        let mut until = self.chores_at;
        if let Some(end) = self.ends_at {
            until = until.min(end);
        }
        let is_soon = |line: &Line<T>| {
            line.batch.head().is_some()
                || matches!(line.state, LineState::Leaving(_))
                || line.down_since.is_some()
        };
        if matches!(self.phase, Phase::Stopping(_)) || self.lines.iter().any(is_soon) {
            until = until.min(uptime + self.lag / 10);
        }
        let descriptors: Vec<_> = self
            .lines
            .iter()
            // One that is down or leaves has nothing to say but that.
            .filter(|line| line.state == LineState::Up && line.batch.head().is_none())
            .filter_map(|line| line.tap.descriptor())
            .collect();
        self.machine
            .wait(&descriptors, until.saturating_sub(uptime));
        let (now, uptime) = (self.machine.now(), self.machine.uptime());
        self.hear_of_links(now, uptime);
    }
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
            if self.is_out_of_patience(uptime) {
                return self.end(now, uptime);
            }
            if self.refill(now, uptime) {
                self.told_idle = false;
                continue;
            }
            if let Some(index) = self.choose() {
                self.take(index);
                return Step::Frame;
            }
            if self.lines.iter().all(Line::is_done) || self.is_drained(uptime) {
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
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        })
    }

    fn describe(&self) -> Vec<SourceInfo> {
        vec![SourceInfo {
            id: SourceId::default(),
            name: self.name.clone(),
            format: "live",
            comments: Vec::new(),
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
        self.begin_to_stop();
        true
    }

    #[inline]
    fn owing(&mut self, records: u64) {
        self.owed = records;
    }

    fn take_stock(&mut self) {
        if !matches!(self.phase, Phase::Ended) {
            let (now, uptime) = self.look_at_clocks();
            self.chores(now, uptime);
        }
    }

    fn kernel(&self) -> Option<Vec<InterfaceCounts>> {
        let counts = self.lines.iter().map(|line| InterfaceCounts {
            name: line.name.clone(),
            counts: match self.phase {
                Phase::Running => line.counters.total(),
                Phase::Stopping(_) | Phase::Ended => line.final_counts(),
            },
            drops: DropsTold::AsTheyCame,
            read: line.read,
            unread: match self.phase {
                Phase::Ended if line.is_cut => line.unread(),
                _ => 0,
            },
        });
        Some(counts.collect())
    }
}
