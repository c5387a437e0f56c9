//! Which frame is next, and up to when all is known.

use std::time::Duration;

use super::Live;
use super::stop::Phase;
use crate::model::{InterfaceId, LinkType, Timestamp};
use crate::source::InterfaceInfo;
use crate::source::live::Tap;
use crate::source::live::line::{Line, LineState};
use crate::source::live::machine::Machine;

/// The link type whose header names the interface.
const LINUX_SLL2: LinkType = LinkType(276);

impl<T: Tap, M: Machine> Live<T, M> {
    /// The line whose frame is next, if that can be told already.
    pub(super) fn choose(&mut self) -> Option<usize> {
        if let Phase::Stopping(stop) = self.phase {
            for line in &mut self.lines {
                // Its frames are in order: what follows came after the stop, too.
                if self.has_time && line.batch.head().is_some_and(|head| head > stop.at) {
                    line.state = LineState::Done;
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
            || (self.lines.iter()).all(|line| {
                matches!(line.state, LineState::Done | LineState::Down) || head <= line.horizon()
            });
        in_order.then_some(index)
    }

    pub(super) fn take(&mut self, index: usize) {
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

    /// Reads from each line that has no frame left; says whether any gave one.
    pub(super) fn refill(&mut self, now: Timestamp, uptime: Duration) -> bool {
        let quiet_until = if self.has_time {
            now.before(self.lag)
        } else {
            Timestamp::MIN
        };
        let mut got = false;
        let mut failed = Vec::new();
        for (index, line) in self.lines.iter_mut().enumerate() {
            if line.is_done() || line.batch.head().is_some() {
                continue;
            }
            line.batch.clear();
            if let Err(why) = line.tap.read(&mut line.batch) {
                failed.push((index, why));
            }
            if self.has_time && !line.has_begun {
                got |= line.batch.head().is_some();
                line.batch.skip_before(self.opened);
                line.has_begun = line.batch.head().is_some();
            }
            if line.batch.head().is_some() {
                got = true;
            } else {
                line.quiet_until = quiet_until;
            }
        }
        for (index, why) in failed {
            self.failed(index, why, now, uptime);
        }
        self.see_off(uptime);
        // The frame that was last handed on is overwritten by now.
        self.current = None;
        got
    }

    /// Up to when all is known: what was captured, and how much was dropped.
    pub(super) fn horizon(&self) -> Timestamp {
        if !self.has_time {
            return Timestamp::MIN;
        }
        let open = self.lines.iter().filter(|line| !line.is_done());
        let read = open.map(Line::horizon).min();
        read.unwrap_or(self.counted).min(self.counted)
    }
}
