//! In which order senders write their numbers, as far as one number after another tells.

use std::collections::HashMap;

use super::{Direction, Echo, Extent, is_upper_octet, little_endian};
use crate::model::flow::AddrPair;

/// How those count who send echoes without a payload: hping3 unless told otherwise, in its machine's
/// order, but others too.
#[derive(Debug, Default)]
pub(super) struct Counting(HashMap<(AddrPair, u16), Last>);

/// The sequence number that came last, and whether it followed another that reads as well in
/// little-endian order: who counts in network order comes to one of 256 that does.
#[derive(Clone, Copy, Debug)]
struct Last {
    seq: u16,
    is_little: bool,
}

impl Counting {
    /// Runs of echoes of which the last number is kept.
    const MOST: usize = 1024;

    /// Identifier and sequence number of the echo between `addrs` as its sender meant them, if it wrote
    /// both in little-endian order.
    pub(super) fn little_endian(
        &mut self,
        addrs: AddrPair,
        echo: &Echo<'_>,
        extent: Extent,
    ) -> Option<(u16, u16)> {
        if !echo.payload.is_empty() || extent == Extent::Cut {
            return little_endian(echo, extent);
        }
        let asked = match echo.direction {
            Direction::Request => addrs,
            Direction::Reply => addrs.reversed(),
        };
        if self.0.len() >= Self::MOST && !self.0.contains_key(&(asked, echo.id)) {
            self.0.clear();
        }
        let last = self.0.entry((asked, echo.id)).or_insert(Last {
            seq: echo.seq,
            is_little: false,
        });
        if last.seq != echo.seq {
            *last = Last {
                seq: echo.seq,
                is_little: is_upper_octet(last.seq) && is_upper_octet(echo.seq),
            };
        }
        let counted = last.is_little && echo.seq != 0;
        counted
            .then_some((echo.id.swap_bytes(), echo.seq.swap_bytes()))
            .or_else(|| little_endian(echo, extent))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn hosts() -> AddrPair {
        let [src, dst] = [1, 2].map(|host| Ipv4Addr::new(192, 0, 2, host).into());
        AddrPair::new(src, dst)
    }

    /// What is told of requests with these sequence numbers and of their replies.
    fn told(id: u16, numbers: impl IntoIterator<Item = u16>) -> Vec<Option<u16>> {
        let addrs = hosts();
        let mut counting = Counting::default();
        let mut one = |direction, addrs, seq| {
            let echo = Echo {
                direction,
                id,
                seq,
                payload: b"",
            };
            let told = counting.little_endian(addrs, &echo, Extent::Whole);
            assert!(told.is_none_or(|(told, _)| told == id.swap_bytes()));
            told.map(|(_, seq)| seq)
        };
        let mut both = |seq| {
            let asked = one(Direction::Request, addrs, seq);
            assert_eq!(one(Direction::Reply, addrs.reversed(), seq), asked);
            asked
        };
        numbers.into_iter().map(&mut both).collect()
    }

    #[test]
    fn who_counts_in_the_upper_octet_writes_little_endian() {
        assert_eq!(told(0x1234, [0, 256, 512]), [None, Some(1), Some(2)]);
    }

    #[test]
    fn who_counts_in_network_order_comes_by_256() {
        assert_eq!(told(0x1234, 0..=600), [None; 601]);
        // Of one number alone nothing is known, unless the identifier reads as well.
        assert_eq!(told(0x1234, [768]), [None]);
        assert_eq!(told(0x1200, [768]), [Some(3)]);
    }

    #[test]
    fn tables_of_runs_are_bounded() {
        let mut counting = Counting::default();
        let addrs = hosts();
        for id in 0..u16::MAX {
            let echo = Echo {
                direction: Direction::Request,
                id,
                seq: 0,
                payload: b"",
            };
            counting.little_endian(addrs, &echo, Extent::Whole);
            assert!(counting.0.len() <= Counting::MOST);
        }
    }
}
