//! What happens beside the frames: drops, clocks that are set, interfaces that come and go.

use std::time::Duration;

use super::Live;
use super::stop::Phase;
use crate::model::{SourceId, Timestamp};
use crate::source::live::Tap;
use crate::source::live::line::{Line, LineEnd, LineState};
use crate::source::live::links::LinkChange;
use crate::source::live::machine::Machine;
use crate::source::notice::Notice;
use crate::source::{Damage, DamageKind, Octets};

/// How often counters are read.
const CHORES_EVERY: Duration = Duration::from_secs(1);
/// A difference between the two clocks beyond this was made by somebody who set one.
const CLOCK_STEP: Duration = Duration::from_millis(500);

impl<T: Tap, M: Machine> Live<T, M> {
    /// Both clocks; tells of a step of the one that somebody may set.
    pub(super) fn look_at_clocks(&mut self) -> (Timestamp, Duration) {
        let (mut now, mut uptime) = (self.machine.now(), self.machine.uptime());
        let (last_now, last_uptime) = self.clocks;
        let stepped = |now: Timestamp, uptime: Duration| {
            let expected = last_now.after(uptime.saturating_sub(last_uptime));
            now.apart(expected).is_some_and(|off| off > CLOCK_STEP)
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
                line.has_begun = true;
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
    pub(super) fn chores(&mut self, now: Timestamp, uptime: Duration) {
        for line in &mut self.lines {
            let Some(reading) = line.tap.counters() else {
                continue;
            };
            let counts = line.counters.read(reading);
            if counts.any_dropped() {
                self.notices.push(Notice::Drops {
                    interface: line.id,
                    counts,
                    from: self.counted,
                    until: now,
                });
            }
        }
        self.counted = now;
        self.hear_of_links(now, uptime);
        self.chores_at = uptime + CHORES_EVERY;
    }

    /// Takes up what the system says of its interfaces.
    pub(super) fn hear_of_links(&mut self, at: Timestamp, uptime: Duration) {
        for (index, change) in self.machine.link_changes() {
            let mut lines = self.lines.iter_mut().filter(|line| !line.is_done());
            let Some(line) = lines.find(|line| line.index == Some(index)) else {
                continue;
            };
            let interface = line.id;
            match (change, line.state) {
                (LinkChange::Down, LineState::Up) => {
                    line.state = LineState::Down;
                    line.down_since = Some((at, uptime));
                }
                (LinkChange::Up, LineState::Down) => {
                    line.state = LineState::Up;
                    if let Some((at, _)) = line.down_since.take() {
                        self.notices.push(Notice::Down { interface, at });
                    }
                    self.notices.push(Notice::Up { interface, at });
                }
                (LinkChange::Gone, LineState::Up | LineState::Down) => {
                    line.state = LineState::Leaving(uptime);
                    line.down_since = None;
                }
                _ => {}
            }
        }
    }

    /// A reading failed: because the interface is gone, or for good, or for now only.
    pub(super) fn failed(&mut self, at: usize, why: String, now: Timestamp, uptime: Duration) {
        self.hear_of_links(now, uptime);
        let Some(line) = self.lines.get_mut(at) else {
            return;
        };
        if !matches!(line.state, LineState::Up | LineState::Down) {
            return;
        }
        let gone = (line.index).is_some_and(|index| self.machine.interface_name(index).is_none());
        if gone || why.contains("disappeared") {
            line.state = LineState::Leaving(uptime);
        } else if line.state == LineState::Up {
            // That an interface is down is an error only to older versions of libpcap.
            line.is_cut = true;
            self.end_line(at, &LineEnd::Failed(why));
        }
    }

    /// Ends the lines of interfaces that are gone, once their last block has been read; tells of
    /// those that went down and were not removed.
    pub(super) fn see_off(&mut self, uptime: Duration) {
        for line in &mut self.lines {
            let Some((at, since)) = line.down_since else {
                continue;
            };
            if uptime.saturating_sub(since) < self.lag {
                continue;
            }
            line.down_since = None;
            // The kernel takes what it removes off its list at once, and tells of it much later.
            if (line.index).is_some_and(|index| self.machine.interface_name(index).is_none()) {
                line.state = LineState::Leaving(uptime);
            } else {
                let interface = line.id;
                self.notices.push(Notice::Down { interface, at });
            }
        }
        for at in 0..self.lines.len() {
            if let Some(line) = self.lines.get(at)
                && let LineState::Leaving(since) = line.state
                && line.batch.head().is_none()
                && uptime.saturating_sub(since) >= self.lag
            {
                self.end_line(at, &LineEnd::Gone);
            }
        }
    }

    fn end_line(&mut self, at: usize, end: &LineEnd) {
        let Some(line) = self.lines.get_mut(at) else {
            return;
        };
        line.state = LineState::Done;
        let interface = line.id;
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
            of: Octets::default(),
            frame: self.number + 1,
            kind,
            why,
        });
        // Where nothing goes on, the end tells it.
        let goes_on = matches!(self.phase, Phase::Running) && !self.lines.iter().all(Line::is_done);
        if *end == LineEnd::Gone && goes_on {
            let at = self.clocks.0;
            self.notices.push(Notice::Removed { interface, at });
        }
    }
}
