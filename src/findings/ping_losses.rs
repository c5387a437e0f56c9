//! The requests of one sender and destination, counted.

use super::drop_log::DropLog;
use super::dropped_replies::DroppedReplies;
use super::group::EVIDENCE;
use super::ping_course::Course;
use crate::correlate::exchange::{Exchange, ExchangeEnd, ExchangeOutcome, ReplyDrop};
use crate::correlate::verdict::DropReason;
use crate::model::FrameRef;

/// Points of capture told apart.
const POINTS: usize = 8;

/// How many were sent, what became of them, and how those that were lost lie in time.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    pub(super) sent: u64,
    pub(super) lost: u64,
    pub(super) errors: u64,
    /// Those of them that are about the length of a request, and the least of these lengths.
    errors_of_length: u64,
    least_refused: Option<u32>,
    /// The least length of a request that was lost.
    least_lost: Option<u32>,
    /// Requests lost in a row up to now, and at most.
    run: u64,
    /// The sequence number of the last that was lost, and which in a row it was.
    last_lost: Option<(u16, u64)>,
    pub(super) longest: u64,
    /// Runs of two and more.
    pub(super) bursts: u64,
    pub(super) one_sided: bool,
    /// Lost ones that were dropped where they were captured.
    pub(super) dropped: u64,
    /// Lost ones that a log says were dropped.
    pub(super) logged: u64,
    /// How many were answered, but the reply did not come back.
    pub(super) on_way_back: u64,
    /// Replies that are known to have been dropped.
    pub(super) replies_dropped: DroppedReplies,
    /// Those of which no reply was captured, by the number of points that their requests were captured
    /// at.
    lost_at: [u64; POINTS],
    /// At how many points requests were captured whose reply was.
    points: usize,
    pub(super) evidence: Vec<FrameRef>,
    pub(super) course: Course,
    lengths: Lengths,
}

/// Lengths of requests, in octets from the ICMP header on.
#[derive(Clone, Copy, Debug, Default)]
struct Lengths {
    /// The shortest that was lost; 0 where that is not known.
    lost: Option<u32>,
    /// The longest that was answered.
    answered: Option<u32>,
    /// Whether any was answered between those that were lost.
    is_between: bool,
    is_answered_since: bool,
}

/// That all requests which were lost are larger than those that were answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OnlyLarge {
    /// From which length on they were lost.
    pub(super) lost: u32,
    /// Up to which they were answered.
    pub(super) answered: u32,
    /// Whether others were answered between those that were lost: else the way may have been interrupted.
    pub(super) is_between: bool,
}

impl Lengths {
    fn lost(&mut self, length: Option<u32>) {
        let length = length.unwrap_or(0);
        self.lost = Some(self.lost.map_or(length, |known| known.min(length)));
        self.is_between |= self.is_answered_since;
    }

    fn answered(&mut self, length: Option<u32>) {
        self.answered = self.answered.max(length);
        self.is_answered_since = self.lost.is_some();
    }
}

impl Losses {
    pub(super) fn add(&mut self, exchange: &Exchange, logged: &DropLog) {
        self.sent += 1;
        let reply = exchange.end.and_then(ExchangeEnd::reply);
        if reply.is_some() {
            self.points = self.points.max(points(exchange));
        } else if exchange.outcome == ExchangeOutcome::Lost
            && let Some(lost) = self.lost_like(exchange)
        {
            *lost += 1;
        }
        if exchange.outcome == ExchangeOutcome::Error {
            self.refused(exchange);
        }
        if exchange.outcome != ExchangeOutcome::Lost {
            if exchange.outcome == ExchangeOutcome::Answered {
                self.lengths.answered(exchange.message_length);
                self.course.answered(exchange);
            }
            self.run = 0;
            return;
        }
        self.lost += 1;
        self.least_lost = least(self.least_lost, exchange.request_length);
        self.lengths.lost(exchange.message_length);
        self.run += 1;
        self.bursts += u64::from(self.run == 2);
        self.longest = self.longest.max(self.run);
        self.last_lost = exchange.seq.map(|seq| (seq, self.run));
        self.one_sided |= exchange.one_sided_possible;
        self.dropped += u64::from(exchange.dropped.is_some());
        let error = exchange
            .reply_dropped
            .and_then(|by| self.replies_dropped.add(by));
        self.on_way_back +=
            u64::from(exchange.lost_on_way_back() && exchange.reply_dropped.is_none());
        let log = logged.tells_of(exchange);
        self.logged += u64::from(log.is_some());
        self.add_evidence(exchange, error.into_iter().chain(log));
    }

    /// Request and reply of one that was lost, and what else tells of it.
    fn add_evidence(&mut self, exchange: &Exchange, more: impl Iterator<Item = FrameRef>) {
        let room = EVIDENCE.saturating_sub(self.evidence.len());
        let reply = exchange.end.and_then(ExchangeEnd::reply);
        let frames = [exchange.request].into_iter().chain(reply).chain(more);
        self.evidence.extend(frames.take(room));
    }

    /// How many requests were captured on their way, but not at all points where others were.
    pub(super) fn on_way_out(&self) -> u64 {
        self.lost_at
            .iter()
            .take(self.points.saturating_sub(1))
            .sum()
    }

    /// By what lengths those that were lost differ from those that were answered, if they are all larger.
    pub(super) fn only_large(&self) -> Option<OnlyLarge> {
        /// What is lost by chance may be the larger one or two.
        const LOST: u64 = 3;
        let Lengths {
            lost,
            answered,
            is_between,
            ..
        } = self.lengths;
        let (lost, answered) = lost.zip(answered)?;
        // Errors that tell of a length are not missing.
        let is_silent = self.least_refused.is_none_or(|refused| refused > lost);
        (lost > answered && self.lost >= LOST && is_silent).then_some(OnlyLarge {
            lost,
            answered,
            is_between,
        })
    }

    /// An error tells what became of a request that is counted as lost, or that the reply to one which is
    /// counted as answered was dropped.
    pub(super) fn late_error(&mut self, exchange: &Exchange) {
        match exchange.reply_dropped {
            Some(by) => self.late_loss(exchange, by),
            None => self.explained(exchange),
        }
    }

    fn late_loss(&mut self, exchange: &Exchange, by: ReplyDrop) {
        let error = self.replies_dropped.add(by);
        self.add_evidence(exchange, error.into_iter());
        self.lost += 1;
        self.lengths.lost(exchange.message_length);
        // Those before it were counted out of their order.
        let run = match (self.last_lost, exchange.seq) {
            (Some((before, run)), Some(seq)) if before.wrapping_add(1) == seq => run + 1,
            _ => 1,
        };
        self.last_lost = exchange.seq.map(|seq| (seq, run));
        self.bursts += u64::from(run == 2);
        self.longest = self.longest.max(run);
        if self.lost == self.sent {
            (self.longest, self.bursts) = (self.sent, u64::from(self.sent > 1));
        }
    }

    fn explained(&mut self, exchange: &Exchange) {
        if let Some(lost) = self.lost_like(exchange) {
            *lost = lost.saturating_sub(1);
        }
        self.lost = self.lost.saturating_sub(1);
        self.refused(exchange);
        self.longest = self.longest.min(self.lost);
        self.bursts = self.bursts.min(self.lost / 2);
        (self.evidence).retain(|frame| *frame != exchange.request);
    }

    /// An error came about a request.
    fn refused(&mut self, exchange: &Exchange) {
        self.errors += 1;
        if matches!(
            exchange.refused,
            Some(DropReason::FragmentationNeeded | DropReason::ReassemblyTimeout)
        ) {
            self.errors_of_length += 1;
            self.least_refused = least(self.least_refused, exchange.request_length);
        }
    }

    /// Whether nothing came back but errors, which tell why the rest was lost, too: senders of errors limit
    /// them. Those about a length tell nothing of shorter requests.
    pub(super) fn are_explained(&self) -> bool {
        let is_other_length = match (self.least_lost, self.least_refused) {
            (Some(lost), Some(refused)) => lost < refused,
            _ => false,
        };
        let explains = self.errors > self.errors_of_length || !is_other_length;
        self.errors > 0 && self.lost + self.errors == self.sent && explains
    }

    /// Whether some came back in between.
    pub(super) fn are_in_between(&self) -> bool {
        self.lost + self.errors < self.sent
    }

    /// How many were lost that were captured at as many points.
    fn lost_like(&mut self, exchange: &Exchange) -> Option<&mut u64> {
        self.lost_at.get_mut(points(exchange).saturating_sub(1))
    }
}

/// The least of two lengths that may be known.
fn least(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// At how many points a request was captured, as far as they are told apart.
fn points(exchange: &Exchange) -> usize {
    usize::from(exchange.request_points).min(POINTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AddrPair, SourceId};

    /// What is told of requests of these lengths, each of them answered or lost.
    fn only_large(requests: &[(u32, bool)]) -> Option<OnlyLarge> {
        let addrs = AddrPair::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let mut losses = Losses::default();
        for (number, &(length, answered)) in (1..).zip(requests) {
            let outcome = if answered {
                ExchangeOutcome::Answered
            } else {
                ExchangeOutcome::Lost
            };
            let request = FrameRef::new(SourceId(0), number);
            losses.add(
                &Exchange {
                    message_length: Some(length),
                    end: answered.then_some(ExchangeEnd::Reply(request)),
                    ..Exchange::ping(addrs, number, outcome)
                },
                &DropLog::default(),
            );
        }
        losses.only_large()
    }

    #[test]
    fn losses_of_large_pings_alone_are_told_as_such() {
        let (small, large) = ((64, true), (1480, false));
        let told = |is_between| {
            Some(OnlyLarge {
                lost: 1480,
                answered: 64,
                is_between,
            })
        };
        assert_eq!(only_large(&[large, small, large, small, large]), told(true));
        assert_eq!(only_large(&[small, large, large, small, large]), told(true));
        // The way may have been interrupted.
        for requests in [
            [small, small, large, large, large],
            [large, large, large, small, small],
            [small, large, large, large, small],
        ] {
            assert_eq!(only_large(&requests), told(false), "{requests:?}");
        }
        // Too few.
        assert_eq!(only_large(&[large, small, large]), None);
        // One of them got there, or a small one did not.
        let (got_there, lost) = ((1480, true), (64, false));
        assert_eq!(only_large(&[large, small, large, got_there, large]), None);
        assert_eq!(only_large(&[large, small, large, lost, large]), None);
    }
}
