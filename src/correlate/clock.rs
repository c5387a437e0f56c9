//! Capture time as correlation sees it.

use std::time::Duration;

use crate::model::Timestamp;

/// The time of a capture: the smaller of the last two frames' times, so that one wild timestamp
/// expires nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    frames: Option<Span>,
    now: Timestamp,
    went_back: bool,
    /// Frames whose time lies before that of the frame before them.
    pub steps_back: u64,
    /// The largest such step.
    pub largest_step_back: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    first: Timestamp,
    last: Timestamp,
    /// Where time went back: the earliest that it came to, and the latest from which.
    low: Timestamp,
    high: Timestamp,
}

/// A last frame further than this behind the one before it does not tell that the capture ran on:
/// it may be the one wild timestamp.
const BELIEVABLE_GAP: Duration = Duration::from_hours(1);

impl Clock {
    /// A frame with time `ts` comes next; gives the time that windows are measured against.
    pub fn frame(&mut self, ts: Timestamp) -> Timestamp {
        let frames = self.frames.get_or_insert(Span {
            first: ts,
            last: ts,
            low: Timestamp::MAX,
            high: Timestamp::MIN,
        });
        let last = std::mem::replace(&mut frames.last, ts);
        self.went_back = ts < last;
        if self.went_back
            && let Some(step) = last.since(ts)
        {
            self.steps_back += 1;
            self.largest_step_back = self.largest_step_back.max(step);
            frames.high = frames.high.max(last);
            if ts.is_told() {
                frames.low = frames.low.min(ts);
            }
        }
        self.now = last.min(ts);
        self.now
    }

    /// What [`Self::frame`] would give for `ts`, unless that is a step back or nothing came before.
    pub fn after(&self, ts: Timestamp) -> Option<Timestamp> {
        let last = self.frames?.last;
        (ts >= last).then_some(last)
    }

    /// Whether the last frame's time lies before that of the one before it.
    pub fn went_back(&self) -> bool {
        self.went_back
    }

    /// Whether a frame came yet.
    #[inline]
    pub fn has_begun(&self) -> bool {
        self.frames.is_some()
    }

    /// Time of the first frame.
    pub fn first(&self) -> Timestamp {
        self.frames.map_or(Timestamp::MIN, |span| span.first)
    }

    /// Time of the last frame read.
    pub fn last(&self) -> Option<Timestamp> {
        self.frames.map(|span| span.last)
    }

    /// The earliest and the latest time of a frame.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.frames
            .map(|span| (span.first.min(span.low), span.last.max(span.high)))
    }

    /// Until when the capture certainly ran.
    pub fn end(&self) -> Timestamp {
        match self.frames {
            Some(span)
                if span
                    .last
                    .since(self.now)
                    .is_some_and(|gap| gap <= BELIEVABLE_GAP) =>
            {
                span.last
            }
            _ => self.now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(seconds, 0)
    }

    #[test]
    fn one_wild_timestamp_moves_nothing() {
        let mut clock = Clock::default();
        clock.frame(at(10));
        assert_eq!(clock.frame(at(1_000_000)), at(10));
        assert_eq!(clock.end(), at(10));
        assert_eq!(clock.frame(at(11)), at(11));
        assert_eq!(clock.steps_back, 1);
        assert_eq!(clock.largest_step_back, Duration::from_secs(999_989));
        assert_eq!(clock.span(), Some((at(10), at(1_000_000))));
        assert_eq!(clock.last(), Some(at(11)));
        // A packet without a time is not from 1970.
        clock.frame(at(0));
        clock.frame(at(9));
        clock.frame(at(8));
        assert_eq!(clock.span(), Some((at(8), at(1_000_000))));
    }

    #[test]
    fn time_that_stands_still_is_no_step_back() {
        let mut clock = Clock::default();
        clock.frame(at(5));
        clock.frame(at(5));
        assert_eq!(clock.steps_back, 0);
        assert_eq!(clock.end(), at(5));
    }
}
