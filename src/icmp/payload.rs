//! What an echo's payload and its TTL let one guess: who sent it, when, from how far away.
//!
//! All of this is inference, not decoding. The patterns were read off packets of the programs
//! named; another program may send the same.

use std::time::Duration;

use super::{Direction, Echo};
use crate::model::Timestamp;
use crate::wire::bytes::{array_at, tail};

/// Programs and systems whose payloads can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// `ping` of iputils on 64-bit Linux: the sender's own `struct timeval`, then octets that count
    /// on.
    Iputils,
    /// The same with words of 32 bits, little-endian: `ping` of iputils there, or of a BSD before it
    /// sent big-endian words.
    Timeval32,
    /// `ping` of macOS and the BSDs: a time of two big-endian words, then octets that count on.
    Bsd,
    /// `ping` of Windows and its ICMP library: letters from a to w.
    Windows,
    /// `fping`, `mtr`, `tracert` of Windows, `ping` of nmap: zeros.
    Zeros,
    /// `traceroute -I` on Linux: octets that count on from 0x48.
    LinuxTraceroute,
    /// `ping` of `BusyBox`: a word of microseconds, then zeros.
    BusyBox,
    /// `ping` of Cisco IOS: a word of milliseconds, then 0xabcd over and over.
    Cisco,
    /// `hping3`: the letter X.
    Hping,
    /// The `ping` libraries of Go: nanoseconds in big-endian order, then an identifier.
    Go,
}

impl Sender {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iputils => "iputils",
            Self::Timeval32 => "timeval32",
            Self::Bsd => "bsd",
            Self::Windows => "windows",
            Self::Zeros => "zeros",
            Self::LinuxTraceroute => "linux_traceroute",
            Self::BusyBox => "busybox",
            Self::Cisco => "cisco",
            Self::Hping => "hping",
            Self::Go => "go",
        }
    }

    /// What it may be, in plain words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Iputils => "ping of Linux (iputils)",
            Self::Timeval32 => "ping of 32-bit Linux or an old BSD",
            Self::Bsd => "ping of macOS or BSD",
            Self::Windows => "ping of Windows",
            Self::Zeros => "fping, mtr, nmap or Windows tracert",
            Self::LinuxTraceroute => "traceroute -I of Linux",
            Self::BusyBox => "ping of BusyBox",
            Self::Cisco => "ping of Cisco IOS",
            Self::Hping => "hping3",
            Self::Go => "ping of a Go program",
        }
    }
}

/// What a payload lets one guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadGuess {
    /// Who sent it.
    pub sender: Sender,
    /// When, by the sender's clock, where the payload holds that.
    pub sent: Option<Timestamp>,
}

/// How far the sender's clock may be off for a number to pass for a time of day.
const CLOCK_OFFSET: Duration = Duration::from_hours(24);

/// What the payload of an echo request or reply lets one guess. `captured` is when it was
/// captured: a time in the payload counts if it is within a day of that.
pub fn guess(payload: &[u8], captured: Timestamp) -> Option<PayloadGuess> {
    let only = |sender| PayloadGuess { sender, sent: None };
    if payload.is_empty() {
        return None;
    }
    if let Some(sent) = native_timeval(payload, captured) {
        return Some(sent);
    }
    if let Some(sent) = big_endian_timeval(payload, captured) {
        return Some(sent);
    }
    if let Some(sent) = go_time(payload, captured) {
        return Some(sent);
    }
    // A few octets are zero for many reasons.
    if payload.len() >= 8 && payload.iter().all(|&octet| octet == 0) {
        return Some(only(Sender::Zeros));
    }
    if is_windows(payload) {
        return Some(only(Sender::Windows));
    }
    if payload.len() >= 8 && counts_from(payload, 0x48) {
        return Some(only(Sender::LinuxTraceroute));
    }
    if payload.len() >= 4 && is_hping(payload) {
        return Some(only(Sender::Hping));
    }
    let behind = tail(payload, 8);
    if behind.len() >= 8 && behind.chunks(2).all(|pair| [0xab, 0xcd].starts_with(pair)) {
        return Some(only(Sender::Cisco));
    }
    // A count from the first octet on has no time before it.
    if payload
        .first()
        .is_some_and(|&first| counts_from(payload, first))
    {
        return None;
    }
    // The patterns without a time that fits: another clock, or a capture with rewritten times.
    if behind.len() >= 8 && counts_from(behind, 8) {
        return Some(only(Sender::Bsd));
    }
    if payload.len() > 16 && counts_from(tail(payload, 16), 16) {
        return Some(only(Sender::Iputils));
    }
    let behind = tail(payload, 4);
    (behind.len() >= 8 && behind.iter().all(|&octet| octet == 0)).then_some(only(Sender::BusyBox))
}

/// Whether every octet is one more than the one before it, from `first` on.
fn counts_from(octets: &[u8], first: u8) -> bool {
    const ROUND: usize = 256;
    /// Two rounds, so that one can begin anywhere.
    const COUNT: [u8; 2 * ROUND] = {
        let mut count = [0_u8; 2 * ROUND];
        let mut at = 1;
        while at < count.len() {
            count[at] = count[at - 1].wrapping_add(1);
            at += 1;
        }
        count
    };
    let round = tail(&COUNT, first.into());
    (octets.chunks(ROUND)).all(|octets| round.starts_with(octets))
}

/// A `struct timeval` of 64-bit or 32-bit words in the sender's byte order, then the pattern.
fn native_timeval(payload: &[u8], captured: Timestamp) -> Option<PayloadGuess> {
    let found = |sent| PayloadGuess {
        sender: Sender::Iputils,
        sent: Some(sent),
    };
    let time = |seconds: u64, micros: u64| plausible(seconds, micros, 1_000_000, captured);
    if counts_from(tail(payload, 16), 16)
        && let (Some(seconds), Some(micros)) = (array_at(payload, 0), array_at(payload, 8))
    {
        let little = time(u64::from_le_bytes(seconds), u64::from_le_bytes(micros));
        let big = || time(u64::from_be_bytes(seconds), u64::from_be_bytes(micros));
        if let Some(sent) = little.or_else(big) {
            return Some(found(sent));
        }
    } else if let (Some(seconds), Some(micros)) = (array_at(payload, 0), array_at(payload, 8))
        // With `-p` something else follows; 128 bits that are the time of day are proof enough.
        && let Some(sent) = time(u64::from_le_bytes(seconds), u64::from_le_bytes(micros))
    {
        return Some(found(sent));
    }
    if counts_from(tail(payload, 8), 8)
        && let (Some(seconds), Some(micros)) = (array_at(payload, 0), array_at(payload, 4))
    {
        let seconds = u32::from_le_bytes(seconds).into();
        let sent = time(seconds, u32::from_le_bytes(micros).into())?;
        return Some(PayloadGuess {
            sender: Sender::Timeval32,
            sent: Some(sent),
        });
    }
    None
}

fn big_endian_timeval(payload: &[u8], captured: Timestamp) -> Option<PayloadGuess> {
    if !counts_from(tail(payload, 8), 8) {
        return None;
    }
    let seconds = u32::from_be_bytes(array_at(payload, 0)?).into();
    let micros = u32::from_be_bytes(array_at(payload, 4)?).into();
    Some(PayloadGuess {
        sender: Sender::Bsd,
        sent: Some(plausible(seconds, micros, 1_000_000, captured)?),
    })
}

fn go_time(payload: &[u8], captured: Timestamp) -> Option<PayloadGuess> {
    const SECOND: u64 = 1_000_000_000;
    if payload.len() < 24 {
        return None;
    }
    let nanos = u64::from_be_bytes(array_at(payload, 0)?);
    Some(PayloadGuess {
        sender: Sender::Go,
        sent: Some(plausible(nanos / SECOND, nanos % SECOND, SECOND, captured)?),
    })
}

/// The time, if it is one and near `captured`.
fn plausible(seconds: u64, fraction: u64, unit: u64, captured: Timestamp) -> Option<Timestamp> {
    if fraction >= unit {
        return None;
    }
    let nanos = u32::try_from(fraction.checked_mul(1_000_000_000 / unit)?).ok()?;
    let sent = Timestamp::from_parts(i64::try_from(seconds).ok()?, nanos);
    let apart = captured.since(sent).or_else(|| sent.since(captured))?;
    (apart <= CLOCK_OFFSET).then_some(sent)
}

/// The letter X, as often as was asked for; not at all by default.
fn is_hping(payload: &[u8]) -> bool {
    payload.iter().all(|&octet| octet == b'X')
}

/// `abcdefghijklmnopqrstuvw`, over and over.
fn is_windows(payload: &[u8]) -> bool {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvw";
    payload.len() >= 4 && (payload.chunks(LETTERS.len())).all(|octets| LETTERS.starts_with(octets))
}

/// Identifier and sequence number as a sender meant them which wrote both in little-endian order.
///
/// A sequence number that is a multiple of 256 reads like that. It is believed where the identifier
/// is one too, as with Windows up to XP, or the payload is that of hping3, which sends none unless told.
/// Windows since Vista sends the identifier 1 and counts in network order.
pub fn little_endian(echo: &Echo<'_>) -> Option<(u16, u16)> {
    let reads = |number: u16| number != 0 && number.trailing_zeros() >= 8;
    (reads(echo.seq) && (reads(echo.id) || is_hping(echo.payload)))
        .then_some((echo.id.swap_bytes(), echo.seq.swap_bytes()))
}

/// The TTL or hop limit a packet probably started with: the smallest common one not below what was
/// observed.
pub const fn initial_ttl(observed: u8) -> u8 {
    match observed {
        0..=32 => 32,
        33..=64 => 64,
        65..=128 => 128,
        _ => 255,
    }
}

/// Under this a reply's TTL is not worn down by so many routers: its sender began with less.
const WORN: u8 = 16;
/// Up to this a request's TTL was rather set by a traceroute, which goes up to 30 by default.
const TRACED: u8 = 32;

/// How far an echo has come, if its TTL lets one guess: the initial TTL, and about how many routers
/// it has passed.
pub fn distance(direction: Direction, observed: u8) -> Option<(u8, u8)> {
    let tells = match direction {
        Direction::Request => observed > TRACED,
        Direction::Reply => observed >= WORN,
    };
    tells.then(|| (initial_ttl(observed), hops(observed)))
}

/// About how many routers a packet has passed, by [`initial_ttl`].
pub const fn hops(observed: u8) -> u8 {
    initial_ttl(observed) - observed
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_753_518_350;

    fn captured() -> Timestamp {
        Timestamp::from_parts(NOW, 469_444_000)
    }

    fn counting(from: u8, length: u8) -> Vec<u8> {
        (from..from + length).collect()
    }

    fn sender(payload: &[u8]) -> Option<Sender> {
        guess(payload, captured()).map(|g| g.sender)
    }

    #[test]
    fn iputils_in_every_order() {
        let sent = Timestamp::from_parts(NOW, 469_423_000);
        let (seconds, micros) = (NOW.unsigned_abs(), 469_423u64);
        let wide = counting(16, 40);
        for payload in [
            [&seconds.to_le_bytes()[..], &micros.to_le_bytes(), &wide].concat(),
            [&seconds.to_be_bytes()[..], &micros.to_be_bytes(), &wide].concat(),
            [&seconds.to_le_bytes()[..], &micros.to_le_bytes()].concat(),
            // `ping -p deadbeef`
            [
                &seconds.to_le_bytes()[..],
                &micros.to_le_bytes(),
                &[0xde, 0xad, 0xbe, 0xef].repeat(10),
            ]
            .concat(),
        ] {
            assert_eq!(
                guess(&payload, captured()),
                Some(PayloadGuess {
                    sender: Sender::Iputils,
                    sent: Some(sent)
                })
            );
            for length in 0..payload.len() {
                let _ = guess(&payload[..length], captured());
            }
        }
        let far = [&0u64.to_le_bytes()[..], &micros.to_le_bytes(), &wide].concat();
        assert_eq!(
            guess(&far, captured()),
            Some(PayloadGuess {
                sender: Sender::Iputils,
                sent: None
            })
        );
    }

    #[test]
    fn a_timeval_of_32_bit_words_is_not_of_linux_alone() {
        let seconds = u32::try_from(NOW).unwrap().to_le_bytes();
        let bare = [&seconds[..], &469_423u32.to_le_bytes()].concat();
        for payload in [[&bare[..], &counting(8, 48)].concat(), bare] {
            assert_eq!(
                guess(&payload, captured()),
                Some(PayloadGuess {
                    sender: Sender::Timeval32,
                    sent: Some(Timestamp::from_parts(NOW, 469_423_000))
                })
            );
        }
    }

    #[test]
    fn what_tells_nothing_is_no_guess() {
        // A nonce of Teredo's test of connectivity (RFC 4380 section 5.2.9) may be anything.
        assert_eq!(sender(&[0; 4]), None);
        // Cisco IOS counts from the sequence number on in pings of IPv6.
        for first in [0, 1, 8, 200] {
            let payload: Vec<u8> = (0..52_u8).map(|n| n.wrapping_add(first)).collect();
            assert_eq!(sender(&payload), None);
        }
    }

    #[test]
    fn bsd_has_two_big_endian_words() {
        let seconds = u32::try_from(NOW).unwrap().to_be_bytes();
        let payload = [&seconds[..], &5u32.to_be_bytes(), &counting(8, 48)].concat();
        let found = guess(&payload, captured()).unwrap();
        assert_eq!(found.sender, Sender::Bsd);
        assert_eq!(found.sent, Some(Timestamp::from_parts(NOW, 5_000)));
        assert_eq!(
            guess(&payload, Timestamp::from_parts(0, 0)),
            Some(PayloadGuess {
                sender: Sender::Bsd,
                sent: None
            })
        );
    }

    #[test]
    fn the_others() {
        assert_eq!(
            sender(b"abcdefghijklmnopqrstuvwabcdefghi"),
            Some(Sender::Windows)
        );
        assert_eq!(sender(&[0; 56]), Some(Sender::Zeros));
        assert_eq!(sender(&counting(0x48, 32)), Some(Sender::LinuxTraceroute));
        assert_eq!(sender(&[b'X'; 100]), Some(Sender::Hping));
        let cisco = [
            &[0, 0, 0, 0, 0, 3, 0x4c, 0x3c][..],
            &[0xab, 0xcd].repeat(32),
        ]
        .concat();
        assert_eq!(sender(&cisco), Some(Sender::Cisco));
        let busybox = [&[0xde, 0xad, 0xbe, 0xef][..], &[0; 52]].concat();
        assert_eq!(sender(&busybox), Some(Sender::BusyBox));
        let nanos = u64::try_from(NOW).unwrap() * 1_000_000_000 + 7;
        let go = [&nanos.to_be_bytes()[..], &[0x5a; 16]].concat();
        assert_eq!(
            guess(&go, captured()),
            Some(PayloadGuess {
                sender: Sender::Go,
                sent: Some(Timestamp::from_parts(NOW, 7))
            })
        );
        assert_eq!(sender(b""), None);
        assert_eq!(sender(b"some text that nobody knows"), None);
    }

    #[test]
    fn hops_are_never_negative() {
        for observed in 0..=u8::MAX {
            assert!(initial_ttl(observed) >= observed);
            assert_eq!(hops(observed), initial_ttl(observed) - observed);
        }
        assert_eq!((hops(64), hops(63), hops(117), hops(250)), (0, 1, 11, 5));
    }

    #[test]
    fn the_ttl_of_a_traceroute_tells_no_distance() {
        for ttl in 0..=30 {
            assert_eq!(distance(Direction::Request, ttl), None);
        }
        assert_eq!(distance(Direction::Request, 62), Some((64, 2)));
        assert_eq!(distance(Direction::Reply, 30), Some((32, 2)));
        assert_eq!(distance(Direction::Reply, 5), None);
    }

    #[test]
    fn numbers_the_wrong_way_round() {
        let read = |id, seq, payload| {
            let direction = Direction::Request;
            little_endian(&Echo {
                direction,
                id,
                seq,
                payload,
            })
        };
        assert_eq!(read(0x0200, 0x0300, b"??"), Some((2, 3)));
        assert_eq!(read(0x1234, 0x0300, b""), Some((0x3412, 3)));
        assert_eq!(read(0x1234, 0x0300, &[b'X'; 4]), Some((0x3412, 3)));
        assert_eq!(read(0x0200, 0x0300, b"abcdefgh"), Some((2, 3)));
        // The 768th of Windows.
        assert_eq!(read(0x0001, 0x0300, b"abcdefgh"), None);
        // The 256th of somebody who counts as he should.
        assert_eq!(read(0x1234, 0x0100, b"??"), None);
        assert_eq!(read(0x0100, 1, b""), None);
        assert_eq!(read(0x0100, 0, b""), None);
    }
}
