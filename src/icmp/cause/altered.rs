//! One word that is not what it was, where the octets around it, or those of another packet, tell that.

use std::borrow::Cow;
use std::ops::Range;

use super::ChecksumCause;
use super::arithmetic::{Sum, word_at};
use crate::icmp::payload::{LETTERS, counts_from, linux_traceroute};
use crate::icmp::{Body, Message};
use crate::wire::bytes::{offset_in, tail};

/// So many octets that are as a pattern has them tell what stands beside them.
const PROOF: usize = 8;

/// A word of a message that was another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Altered {
    /// Octets of the message before it, an even number.
    pub at: usize,
    /// What it was, in network order.
    pub was: u16,
}

impl Altered {
    /// What became of it, if putting it back in `octets`, a whole message, takes away by so much as the
    /// checksum is off.
    pub(crate) fn explains(self, octets: &[u8], off: Sum) -> Option<ChecksumCause> {
        let is = word_at(octets, self.at)?;
        let changed = (is ^ self.was).count_ones();
        (Sum::of(is).minus(Sum::of(self.was)) == off).then_some(match changed {
            1 => ChecksumCause::FlippedBit,
            _ => ChecksumCause::AlteredWord(self),
        })
    }

    /// The octets from `start` of the message on with the word put back.
    pub fn put_back(self, start: usize, octets: &[u8]) -> Cow<'_, [u8]> {
        let mut octets = Cow::Borrowed(octets);
        let at = self.at.checked_sub(start);
        if let Some(at) = at.filter(|at| *at < octets.len()) {
            let there = octets.to_mut().iter_mut().skip(at);
            for (octet, was) in there.zip(self.was.to_be_bytes()) {
                *octet = was;
            }
        }
        octets
    }
}

/// The word that is not as the pattern has it which the payload of an echo is of, or the data that an error
/// quotes, if it makes the checksum so wrong; more than one bit of it is.
pub(super) fn by_pattern(message: &Message<'_>, off: Sum) -> Option<ChecksumCause> {
    let data = match &message.body {
        Body::Echo(echo) => echo.payload,
        _ => message.quote()?.datagram_payload(),
    };
    let start = offset_in(message.bytes, data)?;
    let explains = |at: usize, was: u16| {
        let word = Altered {
            at: start + at,
            was,
        };
        let cause = word.explains(message.bytes, off)?;
        matches!(cause, ChecksumCause::AlteredWord(_)).then_some(cause)
    };
    counting(data, explains)
        .or_else(|| fixed(data, LETTERS.iter().copied().cycle(), explains))
        .or_else(|| fixed(data, linux_traceroute(), explains))
        .or_else(|| repeated(data, explains))
}

/// In the midst of octets that count on.
fn counting(
    data: &[u8],
    explains: impl Fn(usize, u16) -> Option<ChecksumCause>,
) -> Option<ChecksumCause> {
    let first_of = |range: Range<usize>| {
        let octets = data.get(range)?;
        let first = *octets.first()?;
        counts_from(octets, first).then_some(first)
    };
    let word = |start: usize, first: u8| explains(start, counted(first, data.len() - start));
    let mut words = (0..data.len()).step_by(2);
    let behind_others = words.clone().find_map(|start| {
        let first = first_of(start.checked_sub(PROOF)?..start)?;
        word(start, first.wrapping_add(8))
    });
    // What is before all others need not be of the count.
    behind_others.or_else(|| {
        words.find_map(|start| {
            let first = first_of(start + 2..start + 2 + PROOF)?;
            word(start, first.wrapping_sub(2))
        })
    })
}

/// The word that begins with `first` and counts on, as far as the data goes.
fn counted(first: u8, left: usize) -> u16 {
    u16::from_be_bytes([first, if left > 1 { first.wrapping_add(1) } else { 0 }])
}

/// In octets that are always the same.
fn fixed(
    data: &[u8],
    mut pattern: impl Iterator<Item = u8>,
    explains: impl Fn(usize, u16) -> Option<ChecksumCause>,
) -> Option<ChecksumCause> {
    let mut other = None;
    for (at, word) in (0..).step_by(2).zip(data.chunks(2)) {
        let mut was = [0; 2];
        for (octet, of_pattern) in was.iter_mut().zip(pattern.by_ref().take(word.len())) {
            *octet = of_pattern;
        }
        if was.starts_with(word) {
            continue;
        }
        if other.is_some() {
            return None;
        }
        other = Some((at, u16::from_be_bytes(was)));
    }
    let (at, was) = other.filter(|_| data.len() >= PROOF + 2)?;
    explains(at, was)
}

/// In octets that come again and again, from the start or behind a time.
fn repeated(
    data: &[u8],
    explains: impl Fn(usize, u16) -> Option<ChecksumCause>,
) -> Option<ChecksumCause> {
    /// Words of 32 bits, and times of two of 32 bits or of 64.
    const STARTS: [usize; 4] = [0, 4, 8, 16];
    /// What is told to repeat by `ping -p`; one octet alone does so by two as well.
    const PERIODS: std::ops::RangeInclusive<usize> = 2..=16;
    STARTS.into_iter().find_map(|start| {
        let octets = tail(data, start);
        PERIODS.into_iter().find_map(|period| {
            let pairs = octets.iter().zip(tail(octets, period));
            let first = { pairs }.position(|(a, b)| a != b)?;
            // The word has one of the two.
            [first & !1, (first + period) & !1]
                .into_iter()
                .find_map(|at| explains(start + at, by_period(octets, period, at)?))
        })
    })
}

/// What the word at `at` was in octets of which all others come again after `period`.
fn by_period(octets: &[u8], period: usize, at: usize) -> Option<u16> {
    let is_of_word = |place: usize| place & !1 == at;
    let pairs = (0..).zip(octets.iter().zip(tail(octets, period)));
    let mut others = pairs.filter(|(place, _)| !is_of_word(*place) && !is_of_word(place + period));
    let mut agreeing = 0;
    if !others.all(|(_, (a, b))| {
        agreeing += 1;
        a == b
    }) || agreeing < PROOF
    {
        return None;
    }
    let octet = |place: usize| {
        let before = place.checked_sub(period).and_then(|at| octets.get(at));
        match (before, octets.get(place + period)) {
            (Some(before), Some(behind)) if before != behind => None,
            (before, behind) => before.or(behind).copied(),
        }
    };
    let low = if at + 1 < octets.len() {
        octet(at + 1)?
    } else {
        0
    };
    Some(u16::from_be_bytes([octet(at)?, low]))
}

#[cfg(test)]
mod tests {
    use super::super::tests::cause;
    use super::*;
    use crate::icmp::tests::{ipv4, v4, v6_between};

    /// Octets of an IPv4 header.
    const HEADER: usize = 20;

    /// An echo request with this payload.
    fn echo(payload: &[u8]) -> Vec<u8> {
        v4(&[&[8, 0, 0, 0, 0, 7, 0, 9], payload].concat())
    }

    fn altered(at: usize, was: &[u8]) -> ChecksumCause {
        let was = word_at(was, 0).unwrap();
        let at = at - HEADER;
        ChecksumCause::AlteredWord(Altered { at, was })
    }

    /// Whether any word of these that is altered is told, with what it was, as far as more than one bit of it
    /// is; and none where two are.
    fn is_told_at(packet: &[u8], words: impl Iterator<Item = usize>) {
        for at in words {
            for word in [[0, 0], [0xff, 0x42], [0xef, 0x1e]] {
                let mut other = packet.to_vec();
                let was = other[at..packet.len().min(at + 2)].to_vec();
                if word
                    .iter()
                    .zip(&was)
                    .map(|(a, b)| (a ^ b).count_ones())
                    .sum::<u32>()
                    < 2
                {
                    continue;
                }
                other[at..at + was.len()].copy_from_slice(&word[..was.len()]);
                assert_eq!(cause(&other), Some(altered(at, &was)), "{at} {word:x?}");
                let beside = if at < 44 { at + 6 } else { at - 6 };
                other[beside] ^= 0x5a;
                assert_eq!(cause(&other), None, "{at} {word:x?}");
            }
        }
    }

    #[test]
    fn a_word_of_a_counting_payload() {
        let mut payload = vec![0xd7; 16];
        payload.extend(0x10..0x38);
        let packet = echo(&payload);
        // From the start of the count on.
        is_told_at(&packet, (44..packet.len()).step_by(2));
        let mut other = packet.clone();
        other.swap(60, 61);
        assert_eq!(cause(&other), Some(altered(60, &packet[60..62])));
        other.swap(60, 61);
        other[60] ^= 4;
        assert_eq!(cause(&other), Some(ChecksumCause::FlippedBit));
    }

    #[test]
    fn a_word_of_payloads_that_are_always_the_same() {
        let windows = echo(b"abcdefghijklmnopqrstuvwabcdefghi");
        is_told_at(&windows, (28..windows.len()).step_by(2));
        let traceroute: Vec<u8> = linux_traceroute().take(133).collect();
        let packet = echo(&traceroute);
        is_told_at(&packet, (28..packet.len()).step_by(2));
    }

    #[test]
    fn a_word_of_payloads_that_repeat() {
        let behind = |start: usize, pattern: &[u8], count: usize| {
            let time = (1..=16).map(|n: u8| n.wrapping_mul(0x37)).take(start);
            echo(
                &time
                    .chain(pattern.iter().copied().cycle().take(count))
                    .collect::<Vec<u8>>(),
            )
        };
        let long: Vec<u8> = (0..16).map(|n: u8| n.wrapping_mul(n) ^ 0x93).collect();
        for (start, pattern) in [
            (0, &[0][..]),
            (4, &[0]),
            (0, b"X"),
            (8, &[0xab, 0xcd]),
            (16, &[0xde, 0xad, 0xbe]),
            (16, &long),
        ] {
            for count in [40, 41] {
                let packet = behind(start, pattern, count);
                is_told_at(&packet, (28 + start..packet.len()).step_by(2));
            }
        }
        // So few octets repeat for no reason at all.
        let mut short = behind(0, &[0], 10);
        short[30..32].fill(0x5a);
        assert_eq!(cause(&short), None);
    }

    #[test]
    fn a_word_of_ipv6() {
        let mut payload = [b'X'; 40];
        payload[..8].copy_from_slice(&[128, 0, 0, 0, 0, 7, 0, 9]);
        let mut packet = v6_between("fe80::1", "fe80::2", 64, &payload);
        packet[60..62].fill(0x11);
        let word = Altered {
            at: 20,
            was: 0x5858,
        };
        assert_eq!(cause(&packet), Some(ChecksumCause::AlteredWord(word)));
        assert_eq!(*word.put_back(8, &packet[48..]), payload[8..]);
        assert_eq!(*word.put_back(22, &packet[62..]), packet[62..]);
    }

    #[test]
    fn a_word_of_what_an_error_quotes() {
        let datagram = [&[4, 87, 0, 53, 0, 40, 0, 0][..], &[b'-'; 32]].concat();
        let quote = ipv4("192.0.2.1", "203.0.113.9", 17, &datagram);
        let packet = v4(&[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        let start = HEADER + 8 + HEADER + 8;
        is_told_at(&packet, (start..packet.len()).step_by(2));
    }

    /// A payload that tells of two causes.
    #[test]
    fn of_an_old_sequence_number_and_a_word_neither_is_proven() {
        let mut packet = v4(&[&[8, 0, 0, 0, 0, 7, 0, 1], &[0; 32][..]].concat());
        packet[27] = 7;
        assert_eq!(cause(&packet), Some(ChecksumCause::OldSequence(1)));
        packet[41] = 6;
        assert_eq!(cause(&packet), None);
        packet[27] = 1;
        assert_eq!(cause(&packet), Some(altered(40, &[0, 0])));
        packet[23] ^= 6;
        packet[27] = 7;
        assert_eq!(cause(&packet), None);
    }
}
