//! In which order senders write their numbers, as far as one number after another tells.

use std::collections::HashMap;

use super::sender::NumberOrder;
use super::{Extent, Sender};
use crate::icmp::kind::v4;
use crate::icmp::{Body, Direction, Message};
use crate::model::flow::AddrPair;

/// The numbers that a query and its reply are told by, of echoes, timestamps, address masks and
/// information.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// Type of the request.
    asks: u8,
    direction: Direction,
    id: u16,
    seq: u16,
}

impl Numbers {
    /// Those of a message, if it is one of these.
    pub const fn of(message: &Message<'_>) -> Option<Self> {
        let (direction, id, seq) = match &message.body {
            Body::Echo(echo) => (echo.direction, echo.id, echo.seq),
            Body::Timestamp(timestamp) => (timestamp.direction, timestamp.id, timestamp.seq),
            Body::Query(query) => (query.direction, query.id, query.seq),
            _ => return None,
        };
        let asks = match (direction, message.kind) {
            (Direction::Request, kind) => kind,
            (Direction::Reply, v4::ECHO_REPLY) => v4::ECHO_REQUEST,
            // Every other reply has the number behind its request's.
            (Direction::Reply, kind) => kind.saturating_sub(1),
        };
        Some(Self {
            asks,
            direction,
            id,
            seq,
        })
    }
}

/// How senders count: hping3 in its machine's order, Windows up to XP in little-endian order, others in
/// that of the network.
#[derive(Debug, Default)]
pub(super) struct Counting(HashMap<(AddrPair, u8, u16), Run>);

/// What the numbers of one identifier tell.
#[derive(Clone, Copy, Debug)]
enum Run {
    /// Only this one came, which reads in both orders.
    One(u16),
    /// All do that came, more than one.
    Little,
    /// Some do not. Who counts in network order comes to one of 256 that does.
    Network,
}

impl Run {
    fn of(seq: u16) -> Self {
        if is_upper_octet(seq) {
            Self::One(seq)
        } else {
            Self::Network
        }
    }

    fn followed_by(self, seq: u16) -> Self {
        match self {
            _ if !is_upper_octet(seq) => Self::Network,
            Self::One(first) if first != seq => Self::Little,
            run => run,
        }
    }
}

impl Counting {
    /// Runs of messages of which the last number is kept.
    const MOST: usize = 1024;

    /// Identifier and sequence number of the message between `addrs` as its sender meant them, if it
    /// wrote both in little-endian order.
    pub(super) fn little_endian(
        &mut self,
        addrs: AddrPair,
        numbers: Numbers,
        extent: Extent,
        sender: Option<Sender>,
    ) -> Option<(u16, u16)> {
        let asked = match numbers.direction {
            Direction::Request => addrs,
            Direction::Reply => addrs.reversed(),
        };
        let key = (asked, numbers.asks, numbers.id);
        if self.0.len() >= Self::MOST && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let run = (self.0.entry(key))
            .and_modify(|run| *run = run.followed_by(numbers.seq))
            .or_insert_with(|| Run::of(numbers.seq));
        match run {
            Run::Little => {
                // Who pings many by turns and counts over all of them comes by 256 as well.
                let may_be = match sender.map(Sender::order) {
                    Some(NumberOrder::Network) => false,
                    Some(NumberOrder::OfWindows) => reads(numbers.id),
                    Some(NumberOrder::Any) | None => true,
                };
                (may_be && numbers.seq != 0).then(|| swapped(numbers))
            }
            Run::One(_) => little_endian(numbers, extent, sender),
            Run::Network => None,
        }
    }
}

/// Identifier and sequence number as `sender` meant them if it wrote both in little-endian order, by one
/// message alone.
///
/// A sequence number that is a multiple of 256 reads like that. It is believed where the identifier
/// is one too, as with Windows up to XP, unless the payload is of one that keeps network order, or may be
/// as far as it was cut; and where the payload is that of hping3. That sends none unless told, as
/// others do: see [`super::Senders`].
/// Windows since Vista sends the identifier 1 and counts in network order.
pub fn little_endian(
    numbers: Numbers,
    extent: Extent,
    sender: Option<Sender>,
) -> Option<(u16, u16)> {
    let may_be = match sender {
        Some(Sender::Hping) => true,
        // It may be `ping -p` of Linux, which keeps network order.
        Some(Sender::Clock) => false,
        Some(sender) => sender.order() != NumberOrder::Network && reads(numbers.id),
        None => extent == Extent::Whole && reads(numbers.id),
    };
    (may_be && reads(numbers.seq)).then(|| swapped(numbers))
}

const fn swapped(numbers: Numbers) -> (u16, u16) {
    (numbers.id.swap_bytes(), numbers.seq.swap_bytes())
}

/// Whether a number is a small one with its octets swapped.
const fn reads(number: u16) -> bool {
    number != 0 && is_upper_octet(number)
}

/// Whether a number has nothing in its lower octet, as small ones do whose octets are swapped.
const fn is_upper_octet(number: u16) -> bool {
    number.trailing_zeros() >= 8
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
        told_of(None, id, numbers)
    }

    /// The same where the payload is of `sender`.
    fn told_of(
        sender: Option<Sender>,
        id: u16,
        numbers: impl IntoIterator<Item = u16>,
    ) -> Vec<Option<u16>> {
        let addrs = hosts();
        let mut counting = Counting::default();
        let mut one = |direction, addrs, seq| {
            let numbers = Numbers {
                asks: v4::ECHO_REQUEST,
                direction,
                id,
                seq,
            };
            let told = counting.little_endian(addrs, numbers, Extent::Whole, sender);
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
    fn who_counted_in_network_order_before_still_does() {
        for sender in [None, Some(Sender::Zeros), Some(Sender::Hping)] {
            for id in [0x1234, 0x1100] {
                assert_eq!(told_of(sender, id, 254..=600), [None; 347]);
                // 511 were lost.
                assert_eq!(told_of(sender, id, [1, 512, 1024]), [None; 3]);
            }
            assert_eq!(told_of(sender, 0x1100, [0x100, 0x200]), [Some(1), Some(2)]);
        }
    }

    /// `fping` of 256 hosts counts over all of them. Windows up to XP has little numbers swapped in both.
    #[test]
    fn who_counts_over_many_hosts_comes_by_256_in_network_order() {
        for sender in [Sender::Zeros, Sender::Windows] {
            let told = told_of(Some(sender), 55_842, [0, 256, 512]);
            assert_eq!(told, [None; 3]);
        }
    }

    #[test]
    fn who_is_known_to_keep_network_order_is_not_asked_how_it_counts() {
        for sender in [Sender::Iputils, Sender::Bsd, Sender::LinuxTraceroute] {
            assert_eq!(told_of(Some(sender), 0x1100, [0x100, 0x200]), [None; 2]);
        }
        // Windows up to XP, whose identifier is 512.
        let told = told_of(Some(Sender::Windows), 0x0200, [0x300, 0x400]);
        assert_eq!(told, [Some(3), Some(4)]);
    }

    #[test]
    fn tables_of_runs_are_bounded() {
        let mut counting = Counting::default();
        let addrs = hosts();
        for id in 0..u16::MAX {
            let numbers = Numbers {
                asks: v4::ECHO_REQUEST,
                direction: Direction::Request,
                id,
                seq: 0,
            };
            counting.little_endian(addrs, numbers, Extent::Whole, None);
            assert!(counting.0.len() <= Counting::MOST);
        }
    }

    #[test]
    fn numbers_of_every_query_with_a_sequence_number() {
        let mut octets = [0; 20];
        octets[4..8].copy_from_slice(&[0x12, 0x34, 1, 0]);
        for (kind, asks) in [
            (0, 8),
            (8, 8),
            (13, 13),
            (14, 13),
            (15, 15),
            (16, 15),
            (17, 17),
            (18, 17),
        ] {
            octets[0] = kind;
            let packet = crate::icmp::tests::v4(&octets);
            let numbers = Numbers::of(&crate::icmp::tests::parse(&packet)).unwrap();
            assert_eq!(
                (numbers.asks, numbers.id, numbers.seq),
                (asks, 0x1234, 0x100)
            );
            assert_eq!(numbers.direction == Direction::Request, kind == asks);
        }
        for kind in [3, 5, 9, 10, 11, 12, 30, 37, 42, 43] {
            octets[0] = kind;
            let packet = crate::icmp::tests::v4(&octets);
            assert!(Numbers::of(&crate::icmp::tests::parse(&packet)).is_none());
        }
    }

    #[test]
    fn each_type_counts_for_itself() {
        let mut counting = Counting::default();
        let mut told = |asks, seq| {
            let numbers = Numbers {
                asks,
                direction: Direction::Request,
                id: 0x1234,
                seq,
            };
            counting.little_endian(hosts(), numbers, Extent::Whole, None)
        };
        assert_eq!(told(17, 0), None);
        assert_eq!(told(8, 1), None);
        assert_eq!(told(17, 0x100), Some((0x3412, 1)));
        assert_eq!(told(13, 0x200), None);
        assert_eq!(told(8, 0x100), None);
    }
}
