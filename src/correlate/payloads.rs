//! The payloads of the last echo requests, so that a reply that brings back another one can be told
//! where it differs.

use super::relation::PayloadChange;
use crate::icmp::cause::arithmetic::word_at;

/// Octets of a payload that are compared: one Ethernet frame's.
const COMPARED: usize = 1500;

/// A ring of octets: the oldest payloads give way.
#[derive(Debug)]
pub(super) struct Payloads {
    ring: Vec<u8>,
    capacity: usize,
    /// Where the next payload begins, counted over all that were ever kept.
    next: u64,
}

/// A payload that was kept, if it is still there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    at: u64,
    length: u16,
}

impl Payloads {
    /// A ring of at most `memory` octets, which takes room only as payloads come.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            ring: Vec::new(),
            capacity: memory.max(COMPARED),
            next: 0,
        }
    }

    /// Keeps what is to be compared of a payload.
    pub(super) fn keep(&mut self, payload: &[u8]) -> Kept {
        let payload = payload.get(..COMPARED).unwrap_or(payload);
        let capacity = self.capacity as u64;
        let mut place = self.next % capacity;
        if place + payload.len() as u64 > capacity {
            // Payloads lie in one piece: the rest of the ring stays empty this time round.
            self.next += capacity - place;
            place = 0;
        }
        let kept = Kept {
            at: self.next,
            length: u16::try_from(payload.len()).unwrap_or(u16::MAX),
        };
        self.next += payload.len() as u64;
        let place = usize::try_from(place).unwrap_or(0);
        let end = place + payload.len();
        if self.ring.len() < end {
            self.ring.resize(end, 0);
        }
        if let Some(room) = self.ring.get_mut(place..end) {
            room.copy_from_slice(payload);
        }
        kept
    }

    fn get(&self, kept: Kept) -> Option<&[u8]> {
        let capacity = self.capacity as u64;
        if self.next - kept.at > capacity {
            return None;
        }
        let place = usize::try_from(kept.at % capacity).ok()?;
        self.ring.get(place..place + usize::from(kept.length))
    }

    /// In which octets `reply` differs from what was kept; `None` if that is gone, or in none.
    pub(super) fn change(&self, kept: Kept, reply: &[u8]) -> Option<PayloadChange> {
        let sent = self.get(kept)?;
        let mut change: Option<PayloadChange> = None;
        for (offset, (a, b)) in (0u16..).zip(sent.iter().zip(reply)) {
            let xor = a ^ b;
            if xor == 0 {
                continue;
            }
            change = Some(match change {
                None => PayloadChange {
                    octets: 1,
                    first: offset,
                    last: offset,
                    xor: Some(xor),
                    was: word_at(sent, usize::from(offset & !1)).unwrap_or(0),
                },
                Some(so_far) => PayloadChange {
                    octets: so_far.octets + 1,
                    last: offset,
                    xor: so_far.xor.filter(|same| *same == xor),
                    ..so_far
                },
            });
        }
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_place_and_pattern() {
        let mut payloads = Payloads::new(4096);
        let kept = payloads.keep(b"abcdefgh");
        let change = |reply| payloads.change(kept, reply);
        let told = |octets, first, last, xor| {
            let was = [b"ab", b"cd", b"ef", b"gh"][usize::from(first) / 2];
            Some(PayloadChange {
                octets,
                first,
                last,
                xor,
                was: u16::from_be_bytes(*was),
            })
        };
        assert_eq!(change(b"abcdefgh"), None);
        assert_eq!(change(b"abCdefgh"), told(1, 2, 2, Some(0x20)));
        assert_eq!(change(b"abCdEfgh"), told(2, 2, 4, Some(0x20)));
        assert_eq!(change(b"abCdezgh"), told(2, 2, 5, None));
        // A shorter one is compared as far as it goes.
        assert_eq!(change(b"abC"), told(1, 2, 2, Some(0x20)));
    }

    #[test]
    fn the_oldest_payloads_give_way_and_are_never_mistaken() {
        let mut payloads = Payloads::new(2000);
        let kept: Vec<_> = (0..100u8).map(|n| payloads.keep(&[n; 300])).collect();
        assert!(payloads.ring.len() <= 2000);
        let mut there = 0;
        for (n, kept) in (0..100u8).zip(kept) {
            if let Some(sent) = payloads.get(kept) {
                assert_eq!(sent, [n; 300]);
                there += 1;
            }
        }
        assert_eq!(there, 6);
        let long = payloads.keep(&[1; 9000]);
        assert_eq!(payloads.get(long).map(<[u8]>::len), Some(COMPARED));
    }
}
