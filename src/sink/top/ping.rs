//! The requests of one ping and what became of them.

use std::time::Duration;

use super::rows::Row;
use crate::model::{AddrPair, FrameRef, Permille, Timestamp};

/// Requests of one ping that its history shows.
pub const HISTORY: usize = 48;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// It is open.
    Waiting,
    /// It was answered after this time, if that could be told.
    Answered(Option<Duration>),
    /// It was not.
    Lost,
    /// An error came.
    Error,
    /// Nobody can say, or nobody had to answer.
    Unknown,
}

impl Sample {
    /// Whether it is what became of a request of which `before` is known: replies may turn out to have
    /// been dropped on their way back, and errors come after the time for a reply is over.
    fn corrects(self, before: Self) -> bool {
        match before {
            Self::Waiting => true,
            Self::Answered(_) => matches!(self, Self::Lost | Self::Unknown),
            Self::Lost => self == Self::Error,
            Self::Error | Self::Unknown => false,
        }
    }
}

/// The requests from one host to another under one identifier.
#[derive(Clone, Debug)]
pub struct Ping {
    /// Who asks whom.
    pub addrs: AddrPair,
    /// The identifier.
    pub id: u16,
    /// Requests.
    pub sent: u64,
    /// Of them, answered.
    pub answered: u64,
    /// Of them, lost.
    pub lost: u64,
    /// Of them, ended by an error.
    pub errors: u64,
    /// Of them, neither: the capture cannot tell, or nobody had to answer.
    pub unknown: u64,
    /// Further replies.
    pub duplicates: u64,
    /// Requests whose time for a reply is over, and how many of them are lost.
    over: (u64, u64),
    /// The latest round trip.
    pub rtt: Option<Duration>,
    /// The shortest.
    pub min: Option<Duration>,
    /// The longest.
    pub max: Option<Duration>,
    /// Their sum, and how many they are.
    sum: (Duration, u32),
    /// Time of the last packet.
    pub last: Timestamp,
    history: [Slot; HISTORY],
    /// Where the next request goes.
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    request: Option<FrameRef>,
    sample: Sample,
}

impl Row for Ping {
    fn last(&self) -> Timestamp {
        self.last
    }
}

impl Ping {
    pub(super) fn new(addrs: AddrPair, id: u16, at: Timestamp) -> Self {
        let empty = Slot {
            request: None,
            sample: Sample::Waiting,
        };
        Self {
            addrs,
            id,
            sent: 0,
            answered: 0,
            lost: 0,
            errors: 0,
            unknown: 0,
            duplicates: 0,
            over: (0, 0),
            rtt: None,
            min: None,
            max: None,
            sum: (Duration::ZERO, 0),
            last: at,
            history: [empty; HISTORY],
            next: 0,
        }
    }

    /// What became of the latest requests, in their order.
    pub fn history(&self) -> impl Iterator<Item = Sample> {
        let (newer, older) = self.history.split_at(self.next.min(HISTORY));
        older
            .iter()
            .chain(newer)
            .filter(|slot| slot.request.is_some())
            .map(|slot| slot.sample)
    }

    /// Requests that are still open.
    pub fn waiting(&self) -> u64 {
        let decided = self.answered + self.lost + self.errors + self.unknown;
        self.sent.saturating_sub(decided)
    }

    /// Lost ones among those whose time is over: of later ones the answered are known
    /// and the lost are not. `None` while only errors decide.
    pub fn loss(&self) -> Option<Permille> {
        if self.answered + self.lost == 0 {
            return None;
        }
        let (among, lost) = match self.over {
            (0, _) => (self.sent - self.waiting(), self.lost),
            over => over,
        };
        Permille::of(lost, among)
    }

    /// The mean round trip.
    pub fn mean(&self) -> Option<Duration> {
        let (sum, count) = self.sum;
        sum.checked_div(count)
    }

    pub(super) fn sent(&mut self, request: FrameRef) {
        self.sent += 1;
        if let Some(slot) = self.history.get_mut(self.next) {
            *slot = Slot {
                request: Some(request),
                sample: Sample::Waiting,
            };
        }
        self.next = (self.next + 1) % HISTORY;
    }

    /// Notes that the time of a request is over that came to `sample`.
    pub(super) fn close(&mut self, sample: Sample) {
        let (among, lost) = &mut self.over;
        *among += 1;
        *lost += u64::from(sample == Sample::Lost);
    }

    /// Notes what became of `request`; `otherwise` tells what to do where the history no longer
    /// holds it.
    pub(super) fn decide(&mut self, request: FrameRef, sample: Sample, otherwise: Forgotten) {
        let slot = (self.history.iter_mut()).find(|slot| slot.request == Some(request));
        let before = match slot {
            Some(slot) if sample.corrects(slot.sample) => {
                std::mem::replace(&mut slot.sample, sample)
            }
            None => match otherwise {
                Forgotten::Counts => Sample::Waiting,
                Forgotten::WasAnswered => Sample::Answered(None),
                Forgotten::Passes => return,
            },
            Some(_) => return,
        };
        self.take_back(before);
        match sample {
            Sample::Waiting => {}
            Sample::Answered(rtt) => {
                self.answered += 1;
                if let Some(rtt) = rtt {
                    self.rtt = Some(rtt);
                    self.min = Some(self.min.map_or(rtt, |min| min.min(rtt)));
                    self.max = self.max.max(Some(rtt));
                    let (sum, count) = self.sum;
                    self.sum = (sum.saturating_add(rtt), count.saturating_add(1));
                }
            }
            Sample::Lost => self.lost += 1,
            Sample::Error => self.errors += 1,
            Sample::Unknown => self.unknown += 1,
        }
    }

    /// A request came to something else than was noted.
    fn take_back(&mut self, sample: Sample) {
        let count = match sample {
            Sample::Waiting => return,
            Sample::Answered(rtt) => {
                if let (Some(rtt), (sum, count)) = (rtt, self.sum) {
                    self.sum = (sum.saturating_sub(rtt), count.saturating_sub(1));
                }
                &mut self.answered
            }
            Sample::Lost => {
                let (_, lost) = &mut self.over;
                *lost = lost.saturating_sub(1);
                &mut self.lost
            }
            Sample::Error => &mut self.errors,
            Sample::Unknown => &mut self.unknown,
        };
        *count = count.saturating_sub(1);
        if self.answered == 0 {
            (self.rtt, self.min, self.max) = (None, None, None);
        }
    }
}

/// What a decision about a request means that the history no longer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgotten {
    /// It is the only one.
    Counts,
    /// The same, and it was counted as answered before.
    WasAnswered,
    /// It was counted before, or will be.
    Passes,
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::model::SourceId;

    /// Of requests that are still open nobody knows how many will be lost.
    #[test]
    fn loss_is_that_of_requests_whose_time_is_over() {
        let addrs = AddrPair::of_one(Ipv4Addr::LOCALHOST.into());
        let mut ping = Ping::new(addrs, 1, Timestamp::MIN);
        let request = |number: u64| FrameRef::new(SourceId(0), number + 1);
        // Every fourth is lost.
        for number in 0..20 {
            ping.sent(request(number));
            if number % 4 != 0 {
                let sample = Sample::Answered(None);
                ping.decide(request(number), sample, Forgotten::Counts);
            }
        }
        assert_eq!(ping.loss(), Permille::of(0, 1));
        for number in 0..8 {
            let sample = match number % 4 {
                0 => Sample::Lost,
                _ => Sample::Answered(None),
            };
            ping.decide(request(number), sample, Forgotten::Passes);
            ping.close(sample);
        }
        assert_eq!((ping.lost, ping.waiting()), (2, 3));
        assert_eq!(ping.loss(), Permille::of(1, 4));
    }

    /// Replies that were captured and never came back, and errors that came late.
    #[test]
    fn what_became_of_a_request_may_turn_out_to_be_otherwise() {
        let addrs = AddrPair::of_one(Ipv4Addr::LOCALHOST.into());
        let mut ping = Ping::new(addrs, 1, Timestamp::MIN);
        let request = |number: u64| FrameRef::new(SourceId(0), number + 1);
        let rtt = |millis| Sample::Answered(Some(Duration::from_millis(millis)));
        for number in 0..4 {
            ping.sent(request(number));
            ping.decide(request(number), rtt(number + 1), Forgotten::Counts);
        }
        for number in 0..2 {
            ping.decide(request(number), Sample::Lost, Forgotten::WasAnswered);
            ping.close(Sample::Lost);
        }
        assert_eq!((ping.answered, ping.lost, ping.waiting()), (2, 2, 0));
        assert_eq!(ping.mean(), Some(Duration::from_micros(3500)));
        let shown: Vec<_> = ping.history().collect();
        assert_eq!(shown, [Sample::Lost, Sample::Lost, rtt(3), rtt(4)]);
        // Told again, and as an answer that it is not.
        ping.decide(request(0), Sample::Lost, Forgotten::WasAnswered);
        ping.decide(request(0), rtt(9), Forgotten::Passes);
        assert_eq!((ping.answered, ping.lost), (2, 2));
        // An error explains one of them after all.
        ping.decide(request(1), Sample::Error, Forgotten::Passes);
        assert_eq!((ping.lost, ping.errors), (1, 1));
        assert_eq!(ping.loss(), Permille::of(1, 2));
        // Of one that the history no longer holds.
        ping.decide(request(99), Sample::Lost, Forgotten::WasAnswered);
        assert_eq!((ping.answered, ping.lost), (1, 2));
        for number in [2, 3] {
            ping.decide(request(number), Sample::Unknown, Forgotten::Passes);
        }
        assert_eq!((ping.answered, ping.unknown, ping.rtt), (0, 2, None));
    }
}
