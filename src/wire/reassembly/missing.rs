//! What is missing of a packet of which fragments came, and what else keeps it from being put together.

use crate::model::FrameRef;

/// A packet of which fragments came, and which is not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The fragment that was captured before the others, whichever it is: tells the packet from others.
    pub earliest: FrameRef,
    /// The fragment that begins it, if that came.
    pub first: Option<FrameRef>,
    /// Why it is not put together.
    pub part: InPart,
}

impl Missing {
    /// Of a packet that begins in `first`, and of which nothing tells what is missing.
    pub const fn after(first: FrameRef) -> Self {
        Self {
            earliest: first,
            first: Some(first),
            part: InPart::UNKNOWN,
        }
    }
}

/// Why a packet of which fragments came is not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InPart {
    /// The octets that are missing.
    pub gaps: Gaps,
    /// The first fragment that covers octets of others, if one does: IPv6 discards the packet (RFC 5722
    /// section 4), receivers of IPv4 differ (RFC 791 section 3.2 takes what came last, RFC 815 section 3
    /// what came first, Linux none).
    pub overlap: Option<FrameRef>,
}

impl InPart {
    /// Nothing tells what is missing.
    pub const UNKNOWN: Self = Self {
        gaps: Gaps::UNKNOWN,
        overlap: None,
    };

    /// Whether all octets came: it is for overlaps alone that it is not put together.
    pub fn is_all_there(&self) -> bool {
        self.overlap.is_some() && self.gaps.told().is_empty()
    }
}

/// Octets of the fragmentable part of a packet that did not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    told: [Gap; Self::TOLD],
    count: u16,
}

/// Octets that are missing in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// Fragment offset, in octets.
    pub start: u16,
    /// Where the octets go on, unless they may end here.
    pub end: Option<u16>,
}

impl Gaps {
    /// So many are told, the first ones.
    const TOLD: usize = 3;

    /// Nothing tells which.
    pub const UNKNOWN: Self = Self {
        told: [Gap {
            start: 0,
            end: None,
        }; Self::TOLD],
        count: 0,
    };

    fn of(holes: &[Hole]) -> Self {
        let octet = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        let mut told = Self::UNKNOWN.told;
        for (gap, hole) in told.iter_mut().zip(holes) {
            gap.start = octet(hole.start);
            gap.end = (hole.end != Hole::OPEN).then(|| octet(hole.end));
        }
        Self {
            told,
            count: u16::try_from(holes.len()).unwrap_or(u16::MAX),
        }
    }

    /// The first of them.
    pub fn told(&self) -> &[Gap] {
        self.told
            .get(..usize::from(self.count))
            .unwrap_or(&self.told)
    }

    /// How many there are beside those that are told.
    pub fn more(&self) -> u64 {
        u64::from(self.count).saturating_sub(self.told().len() as u64)
    }

    /// Whether octets up to `end` may be among them, where those from `start` on are.
    pub(super) fn may_hold(&self, start: usize, end: usize) -> bool {
        let holds = |gap: &Gap| {
            usize::from(gap.start) <= start && gap.end.is_none_or(|last| end <= last.into())
        };
        self.more() > 0 || self.told().iter().any(holds)
    }

    /// Whether only the beginning came.
    pub fn is_all_after_first(&self) -> bool {
        matches!(
            self.told(),
            [Gap {
                start: 1..,
                end: None
            }]
        )
    }

    /// Whether the beginning is missing.
    pub fn is_at_begin(&self) -> bool {
        matches!(self.told(), [Gap { start: 0, .. }, ..])
    }
}

/// Where nothing came yet (RFC 815 section 3): from octet to octet.
#[derive(Clone, Copy, Debug)]
struct Hole {
    start: usize,
    end: usize,
}

impl Hole {
    /// The end of one of which nothing tells that.
    const OPEN: usize = usize::MAX;
}

/// All the holes of a packet, in order of their place.
#[derive(Debug)]
pub(super) struct Holes(Vec<Hole>);

impl Default for Holes {
    fn default() -> Self {
        Self(vec![Hole {
            start: 0,
            end: Hole::OPEN,
        }])
    }
}

impl Holes {
    /// Octets on the heap.
    pub(super) fn memory(&self) -> usize {
        self.0.capacity() * size_of::<Hole>()
    }

    /// A fragment came; it may be the last of its packet, and cover what came before.
    pub(super) fn fill(&mut self, start: usize, end: usize, is_last: bool) {
        let from = self.0.partition_point(|hole| hole.end <= start);
        let to = self.0.partition_point(|hole| hole.start < end);
        let touched = self.0.get(from..to).unwrap_or_default();
        if let (Some(first), Some(last)) = (touched.first(), touched.last()) {
            let before = Hole {
                start: first.start,
                end: start,
            };
            let behind = Hole {
                start: end,
                end: last.end,
            };
            let left = [before, behind].into_iter();
            let left = left.filter(|hole| hole.start < hole.end);
            self.0.splice(from..to, left);
        }
        if is_last
            && let Some(open) = self.0.pop_if(|hole| hole.end == Hole::OPEN)
            && open.start < end
        {
            self.0.push(Hole { end, ..open });
        }
    }

    pub(super) fn gaps(&self) -> Gaps {
        Gaps::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a packet of which these parts came, one after the other.
    fn gaps(parts: &[(usize, usize)], last: Option<(usize, usize)>) -> Gaps {
        let mut holes = Holes::default();
        for &(start, end) in parts {
            holes.fill(start, end, false);
        }
        if let Some((start, end)) = last {
            holes.fill(start, end, true);
        }
        holes.gaps()
    }

    #[test]
    fn gaps_lie_between_what_came() {
        let gap = |start, end| Gap { start, end };
        let told = |parts: &[_], last| gaps(parts, last).told().to_vec();
        assert_eq!(told(&[(0, 1480)], None), [gap(1480, None)]);
        assert_eq!(told(&[], Some((1480, 2000))), [gap(0, Some(1480))]);
        assert_eq!(
            told(&[(24, 32), (8, 16)], None),
            [gap(0, Some(8)), gap(16, Some(24)), gap(32, None)]
        );
        assert_eq!(told(&[(16, 24), (0, 8), (8, 16)], None), [gap(24, None)]);
        assert_eq!(
            told(&[(0, 8), (16, 24)], Some((24, 30))),
            [gap(8, Some(16))]
        );
        assert_eq!(told(&[(0, 8)], Some((8, 16))), []);
        assert_eq!(told(&[], None), [gap(0, None)]);
        assert_eq!(Gaps::UNKNOWN.told(), []);
    }

    /// Only of packets that are not put together.
    #[test]
    fn fragments_that_cover_others_fill_gaps() {
        let gap = |start, end| Gap { start, end };
        let told = |parts: &[_], last| gaps(parts, last).told().to_vec();
        let open = gap(40, None);
        assert_eq!(told(&[(0, 16), (8, 40)], None), [open]);
        assert_eq!(told(&[(0, 8), (16, 24), (32, 40), (4, 36)], None), [open]);
        assert_eq!(told(&[(8, 40), (8, 16), (0, 8)], None), [open]);
        assert_eq!(told(&[(8, 16), (24, 40), (0, 32)], None), [open]);
        assert_eq!(told(&[(0, 24)], Some((16, 30))), []);
        // Teardrop: the last fragment ends within another.
        assert_eq!(told(&[(0, 36)], Some((24, 28))), []);
        assert_eq!(told(&[(16, 36)], Some((24, 28))), [gap(0, Some(16))]);
        assert_eq!(
            told(&[(0, 8), (4, 16)], Some((24, 28))),
            [gap(16, Some(24))]
        );
    }

    #[test]
    fn more_gaps_than_are_told_are_counted() {
        let parts: Vec<_> = (1..=5).map(|n| (n * 16, n * 16 + 8)).collect();
        let many = gaps(&parts, None);
        assert_eq!((many.told().len(), many.more()), (3, 3));
        assert_eq!(gaps(&parts[..1], Some((32, 40))).more(), 0);
    }

    #[test]
    fn what_came_is_the_beginning_or_not() {
        assert!(gaps(&[(0, 8), (8, 16)], None).is_all_after_first());
        assert!(!gaps(&[(0, 8), (16, 24)], None).is_all_after_first());
        assert!(gaps(&[(8, 16)], None).is_at_begin());
        assert!(!gaps(&[(0, 8)], None).is_at_begin());
        assert!(!Gaps::UNKNOWN.is_at_begin() && !Gaps::UNKNOWN.is_all_after_first());
    }
}
