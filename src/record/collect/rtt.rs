//! Round-trip times of one ping: exact while they are few, a histogram once they are many.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::super::json::nanos;
use super::super::summary::RttSummary;

/// Counts a time; the histogram grows as it must.
fn record(histogram: &mut Histogram<u32>, time: u64) {
    if histogram.record(time).is_err() {
        // It cannot grow so far: the largest it can tell is near enough, `max` holds the time.
        histogram.saturating_record(time);
    }
}

/// Times that are kept as they are.
pub(super) const EXACT: usize = 32;

/// Room for histograms, shared by all pings.
#[derive(Clone, Debug)]
pub(super) struct Room {
    octets: usize,
}

impl Room {
    /// Octets one may grow to, by rounding up: two significant figures over 64 bits.
    const EACH: usize = 32 << 10;

    /// For histograms that take at most so many octets together.
    pub(super) const fn new(octets: usize) -> Self {
        Self { octets }
    }

    fn histogram(&mut self) -> Option<Box<Histogram<u32>>> {
        self.octets = self.octets.checked_sub(Self::EACH)?;
        Histogram::new(2).ok().map(Box::new)
    }
}

/// The times of one ping.
#[derive(Clone, Debug, Default)]
pub(super) struct Rtts {
    count: u64,
    min: u64,
    max: u64,
    kept: Kept,
}

#[derive(Clone, Debug)]
enum Kept {
    /// Every `stride`-th time. The stride is 1 but where there was no room for a histogram: then
    /// every other one is given up whenever the list is full, which keeps an even sample.
    Few {
        stride: u64,
        times: Vec<u64>,
    },
    Many(Box<Histogram<u32>>),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Few {
            stride: 1,
            times: Vec::new(),
        }
    }
}

impl Rtts {
    /// Adds one.
    pub(super) fn add(&mut self, rtt: Duration, room: &mut Room) {
        let rtt = nanos(rtt);
        self.min = if self.count == 0 {
            rtt
        } else {
            self.min.min(rtt)
        };
        self.max = self.max.max(rtt);
        let index = self.count;
        self.count += 1;
        match &mut self.kept {
            Kept::Many(histogram) => record(histogram, rtt),
            Kept::Few { stride, times } => {
                if !index.is_multiple_of(*stride) {
                    return;
                }
                if times.len() < EXACT {
                    times.push(rtt);
                } else if *stride == 1
                    && let Some(mut histogram) = room.histogram()
                {
                    histogram.auto(true);
                    for time in times.iter().chain([&rtt]) {
                        record(&mut histogram, *time);
                    }
                    self.kept = Kept::Many(histogram);
                } else {
                    let mut position = 0;
                    times.retain(|_| {
                        position += 1;
                        position % 2 == 1
                    });
                    *stride *= 2;
                    if index.is_multiple_of(*stride) {
                        times.push(rtt);
                    }
                }
            }
        }
    }

    /// The one nearest to this that was added came from nowhere after all. Of many it is left among them.
    pub(super) fn take_back(&mut self, rtt: Duration) {
        let rtt = nanos(rtt);
        let Kept::Few { stride: 1, times } = &mut self.kept else {
            return;
        };
        // A reply in fragments came when its last one did, and is known by its first.
        let nearest =
            (0..times.len()).min_by_key(|at| times.get(*at).map(|time| time.abs_diff(rtt)));
        if let Some(at) = nearest {
            times.remove(at);
            self.count -= 1;
            self.min = times.iter().copied().min().unwrap_or(0);
            self.max = times.iter().copied().max().unwrap_or(0);
        }
    }

    /// Smallest, percentiles, largest; `None` of no times.
    pub(super) fn summary(&self) -> Option<RttSummary> {
        if self.count == 0 {
            return None;
        }
        let quantile: Box<dyn Fn(u64) -> u64> = match &self.kept {
            Kept::Many(histogram) => Box::new(|percent: u64| {
                #[allow(clippy::cast_precision_loss)] // 50, 95, 99
                histogram.value_at_quantile(percent as f64 / 100.0)
            }),
            Kept::Few { times, .. } => {
                let mut sorted = times.clone();
                sorted.sort_unstable();
                Box::new(move |percent| {
                    // Nearest rank: the smallest time that this share of all does not exceed.
                    let rank = (sorted.len() as u64 * percent).div_ceil(100).max(1) - 1;
                    let rank = usize::try_from(rank).unwrap_or(usize::MAX);
                    sorted.get(rank).copied().unwrap_or(self.max)
                })
            }
        };
        // A histogram answers with the upper end of a bucket, which may lie beyond the largest.
        let at = |percent| Duration::from_nanos(quantile(percent).clamp(self.min, self.max));
        Some(RttSummary {
            min: Duration::from_nanos(self.min),
            median: at(50),
            p95: at(95),
            p99: at(99),
            max: Duration::from_nanos(self.max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: usize = 1 << 20;

    fn rtts(times: impl IntoIterator<Item = u64>, room: &mut Room) -> Rtts {
        let mut rtts = Rtts::default();
        for time in times {
            rtts.add(Duration::from_nanos(time), room);
        }
        rtts
    }

    fn close(found: Duration, expected: u64, percent: u64) {
        let found = nanos(found);
        assert!(
            found.abs_diff(expected) * 100 <= expected * percent,
            "{found} is not within {percent} % of {expected}"
        );
    }

    #[test]
    fn no_time_gives_no_summary_and_one_gives_itself() {
        let mut room = Room::new(OCTETS);
        assert_eq!(rtts([], &mut room).summary(), None);
        let one = rtts([28_000], &mut room).summary().unwrap();
        let rtt = Duration::from_micros(28);
        assert_eq!([one.min, one.median, one.p95, one.p99, one.max], [rtt; 5]);
    }

    #[test]
    fn few_times_are_exact() {
        let mut room = Room::new(OCTETS);
        let summary = rtts((1..=32).rev(), &mut room).summary().unwrap();
        assert_eq!(summary.min.as_nanos(), 1);
        assert_eq!(summary.median.as_nanos(), 16);
        assert_eq!(summary.p95.as_nanos(), 31);
        assert_eq!(summary.p99.as_nanos(), 32);
        assert_eq!(summary.max.as_nanos(), 32);
        assert_eq!(room.octets, OCTETS);
    }

    #[test]
    fn many_times_are_within_one_percent() {
        let mut room = Room::new(OCTETS);
        let times = (0..100_000_u64).map(|i| 20_000 + i * 7_919 % 100_000 * 50);
        let summary = rtts(times, &mut room).summary().unwrap();
        close(summary.median, 2_520_000, 1);
        close(summary.p95, 4_770_000, 1);
        close(summary.p99, 4_970_000, 1);
        assert_eq!(summary.min.as_nanos(), 20_000);
        assert_eq!(summary.max.as_nanos(), 20_000 + 99_999 * 50);
    }

    #[test]
    fn a_time_that_is_taken_back_was_never_there() {
        let mut room = Room::new(OCTETS);
        let mut times = rtts([10, 30, 20], &mut room);
        times.take_back(Duration::from_nanos(29));
        let summary = times.summary().unwrap();
        assert_eq!((summary.min.as_nanos(), summary.max.as_nanos()), (10, 20));
        times.take_back(Duration::from_nanos(10));
        times.take_back(Duration::from_nanos(20));
        times.take_back(Duration::from_nanos(20));
        assert_eq!(times.summary(), None);
    }

    #[test]
    fn a_zero_time_and_the_longest_one_fit() {
        let mut room = Room::new(OCTETS);
        let times = (0..40).map(|i| if i % 2 == 0 { 0 } else { u64::MAX });
        let summary = rtts(times, &mut room).summary().unwrap();
        assert_eq!(summary.min, Duration::ZERO);
        assert_eq!(summary.max, Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn without_room_an_even_sample_is_kept() {
        let mut room = Room::new(0);
        let sampled = rtts(1..=10_000, &mut room);
        let Kept::Few { stride, times } = &sampled.kept else {
            panic!("there was no room for a histogram");
        };
        assert!(times.len() <= EXACT && times.len() > EXACT / 4);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == *stride));
        let summary = sampled.summary().unwrap();
        close(summary.median, 5_000, 10);
        assert_eq!(summary.max.as_nanos(), 10_000);
    }
}
