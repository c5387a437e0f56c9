//! The end of a capture, which loses nothing that came before it.

use std::time::Duration;

use super::Live;
use crate::model::Timestamp;
use crate::source::Step;
use crate::source::live::Tap;
use crate::source::live::machine::Machine;

/// How long the last block is waited for at a stop, unless the counters say that nothing is left.
const LAST_BLOCK: Duration = Duration::from_millis(300);
/// When a stop is over even if packets are left in the kernel's buffer: what is known by then is to be
/// told within a second. What has to be written after it is told from how long frames take.
const STOP_AT_MOST: Duration = Duration::from_millis(800);
/// Frames from which that can be told.
const MEASURED: u64 = 1 << 12;
/// Records of exchanges that take as long as a frame does with its own: in JSON a third of its
/// processor time, and two thirds of its octets.
const RECORDS_A_FRAME: u128 = 2;

/// How far a capture has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    Running,
    Stopping(Stop),
    Ended,
}

/// A stop under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// Later packets are not wanted.
    pub(super) at: Timestamp,
    /// The same by the clock that nobody sets.
    uptime: Duration,
    /// Frames handed on before.
    frames: u64,
    /// Its time is over, and what can be read at once is being read: who was not given the processor
    /// may not have read at all.
    is_over: bool,
}

impl<T: Tap, M: Machine> Live<T, M> {
    pub(super) fn begin_to_stop(&mut self) {
        if matches!(self.phase, Phase::Running) {
            self.phase = Phase::Stopping(Stop {
                at: self.machine.now(),
                uptime: self.machine.uptime(),
                frames: self.number,
                is_over: false,
            });
        }
    }

    /// How long a stop has been under way.
    fn stopping_for(&self, uptime: Duration) -> Option<Duration> {
        match self.phase {
            Phase::Stopping(stop) => Some(uptime.saturating_sub(stop.uptime)),
            Phase::Running | Phase::Ended => None,
        }
    }

    /// Whether a stop has taken so long that packets are left unread.
    pub(super) fn is_out_of_patience(&mut self, uptime: Duration) -> bool {
        let Phase::Stopping(stop) = self.phase else {
            return false;
        };
        let so_long = uptime.saturating_sub(stop.uptime);
        if so_long.saturating_add(self.still_to_write(stop, so_long)) < STOP_AT_MOST {
            return false;
        }
        if !stop.is_over {
            self.phase = Phase::Stopping(Stop {
                is_over: true,
                ..stop
            });
            return false;
        }
        for line in &mut self.lines {
            line.is_cut |= !line.is_done();
        }
        true
    }

    /// How long it will take to write what is owed.
    fn still_to_write(&self, stop: Stop, so_long: Duration) -> Duration {
        match self.number.saturating_sub(stop.frames) {
            ..MEASURED => Duration::ZERO,
            frames => {
                let records = u128::from(self.owed) / RECORDS_A_FRAME;
                let nanos = so_long.as_nanos() * records / u128::from(frames);
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
        }
    }

    /// Whether all that was captured before the stop has been read.
    pub(super) fn is_drained(&mut self, uptime: Duration) -> bool {
        let Some(waited) = self.stopping_for(uptime) else {
            return false;
        };
        if self.lines.iter().any(|line| line.batch.head().is_some()) {
            return false;
        }
        if waited >= LAST_BLOCK.max(self.lag) {
            return true;
        }
        // Of what some interfaces count, libpcap drops part itself; those are waited for.
        self.lines.iter_mut().all(|line| {
            line.is_done()
                || line.tap.counters().is_some_and(|reading| {
                    let total = line.counters.peek(reading);
                    total.received == total.dropped.saturating_add(line.read)
                })
        })
    }

    pub(super) fn end(&mut self, now: Timestamp, uptime: Duration) -> Step {
        self.chores(now, uptime);
        // Who leaves at the same time is not waited for.
        self.see_off(Duration::MAX);
        self.phase = Phase::Ended;
        Step::Tick(self.horizon())
    }
}
