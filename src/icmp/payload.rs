//! What an echo's payload and its TTL let one guess: who sent it, when, from how far away.
//!
//! All of this is inference, not decoding. The patterns were read off packets of the programs
//! named; another program may send the same.

mod counting;
mod distance;
mod ticking;

use std::time::Duration;

use self::counting::Counting;
pub use self::counting::little_endian;
pub use self::distance::{distance, hops, initial_ttl};
use self::ticking::Ticking;

use super::Echo;
use super::field::{Extent, Field, FieldSpec, Value, spec};
use crate::model::Timestamp;
use crate::model::flow::AddrPair;
use crate::wire::bytes::{array_at, tail, u8_at};

/// Programs and systems whose payloads can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// `ping` of iputils on 64-bit Linux: the sender's own `struct timeval`, then octets that count
    /// on.
    Iputils,
    /// `ping` of GNU inetutils on 64-bit Linux: the same time, then octets that count on from 0.
    Inetutils,
    /// The time of iputils in words of 32 bits, little-endian: `ping` of iputils there, or of a BSD before it
    /// sent big-endian words.
    Timeval32,
    /// `ping` of macOS and the BSDs: a time of two big-endian words, then octets that count on.
    Bsd,
    /// `ping` of Windows and its ICMP library: letters from a to w.
    Windows,
    /// `fping`, `mtr`, `tracert` of Windows, `ping` of nmap: zeros.
    Zeros,
    /// `traceroute -I` on Linux: octets that count from 0x40 to 0x7f over and over, those of the header
    /// included.
    LinuxTraceroute,
    /// `ping` of `BusyBox`: a word of microseconds since its machine was started, then zeros. One packet
    /// does not tell that: see [`Senders`].
    BusyBox,
    /// `ping` of Cisco IOS: a word of milliseconds, then 0xabcd over and over.
    Cisco,
    /// `hping3`: the letter X.
    Hping,
    /// The `ping` libraries of Go: nanoseconds in big-endian order, then an identifier.
    Go,
    /// A program that nothing else tells of: a time of two words of 32 bits, or of 64 if they count
    /// nanoseconds, or of one that counts all of it, then anything.
    Clock,
    /// `HiPerConTracer`: a header of 16 octets with the time.
    HiPerConTracer,
    /// `oping`, `noping`, `collectd`: the name and address of liboping.
    Liboping,
}

impl Sender {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iputils => "iputils",
            Self::Inetutils => "inetutils",
            Self::Timeval32 => "timeval32",
            Self::Bsd => "bsd",
            Self::Windows => "windows",
            Self::Zeros => "zeros",
            Self::LinuxTraceroute => "linux_traceroute",
            Self::BusyBox => "busybox",
            Self::Cisco => "cisco",
            Self::Hping => "hping",
            Self::Go => "go",
            Self::Clock => "clock",
            Self::HiPerConTracer => "hipercontracer",
            Self::Liboping => "liboping",
        }
    }

    /// What it may be, in plain words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Iputils => "ping of Linux (iputils)",
            Self::Inetutils => "ping of GNU inetutils",
            Self::Timeval32 => "ping of 32-bit Linux or an old BSD",
            Self::Bsd => "ping of macOS or BSD",
            Self::Windows => "ping of Windows",
            Self::Zeros => "fping, mtr, nmap or Windows tracert",
            Self::LinuxTraceroute => "traceroute -I of Linux",
            Self::BusyBox => "ping of BusyBox",
            Self::Cisco => "ping of Cisco IOS",
            Self::Hping => "hping3",
            Self::Go => "ping of a Go program",
            Self::Clock => "a program that sends its time",
            Self::HiPerConTracer => "HiPerConTracer",
            Self::Liboping => "oping or collectd (liboping)",
        }
    }

    /// Whether it is known to write its numbers in network order on every machine.
    const fn keeps_network_order(self) -> bool {
        match self {
            Self::Iputils
            | Self::Inetutils
            | Self::Bsd
            | Self::LinuxTraceroute
            | Self::BusyBox
            | Self::Cisco
            | Self::Go
            | Self::HiPerConTracer
            | Self::Liboping => true,
            Self::Timeval32 | Self::Windows | Self::Zeros | Self::Hping | Self::Clock => false,
        }
    }
}

/// What is learned of senders from one echo after another.
#[derive(Debug, Default)]
pub struct Senders {
    counting: Counting,
    ticking: Ticking,
}

impl Senders {
    /// Identifier and sequence number of the echo between `addrs` as its sender meant them, if it wrote
    /// both in little-endian order. `guess` is what its payload tells.
    pub fn little_endian(
        &mut self,
        addrs: AddrPair,
        echo: &Echo<'_>,
        extent: Extent,
        guess: Option<PayloadGuess>,
    ) -> Option<(u16, u16)> {
        let sender = guess.map(|guess| guess.sender);
        self.counting.little_endian(addrs, echo, extent, sender)
    }

    /// What the payload of the echo between `addrs` lets one guess, with those of the echoes before it.
    pub fn payload(
        &mut self,
        addrs: AddrPair,
        echo: &Echo<'_>,
        extent: Extent,
        captured: Timestamp,
    ) -> Option<PayloadGuess> {
        guess(echo.payload, extent, captured).or_else(|| {
            let is_busy_box =
                extent == Extent::Whole && self.ticking.is_clock(addrs, echo, captured);
            is_busy_box.then_some(PayloadGuess {
                sender: Sender::BusyBox,
                sent: None,
            })
        })
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

impl PayloadGuess {
    /// The fields of the header that the sender has at the start of its payload, if it has one.
    pub fn header<'a>(&self, payload: &'a [u8]) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let table = match self.sender {
            Sender::HiPerConTracer => HIPERCONTRACER,
            _ => &[],
        };
        table.iter().filter_map(|spec| spec.read(payload))
    }

    /// The time that the sender has there instead, in its own format.
    pub fn time<'a>(&self) -> Option<Field<'a>> {
        let octets = match self.sender {
            Sender::Iputils | Sender::Inetutils => 16,
            Sender::Timeval32 | Sender::Bsd | Sender::Go => 8,
            _ => return None,
        };
        Some(Field {
            name: "probable_send_time",
            range: 0..octets,
            value: Value::Time(self.sent?),
            unit: None,
            naming: None,
        })
    }
}

/// What `HiPerConTracer` begins with; the time counts microseconds from 1976-09-29 on.
const HIPERCONTRACER: &[FieldSpec] = &[
    spec::hex(0, 4, "magic"),
    spec::u8(4, "send_ttl"),
    spec::u8(5, "round"),
    spec::hex(6, 2, "checksum_tweak"),
    spec::number(8, 8, "send_time_us"),
];

/// How far the sender's clock may be off for a number to pass for a time of day.
const CLOCK_OFFSET: Duration = Duration::from_hours(24);

/// What the payload of an echo request or reply lets one guess. `captured` is when it was
/// captured: a time in the payload counts if it is within a day of that.
///
/// Of a payload that was cut only that is guessed which no octets behind it can contradict.
pub fn guess(payload: &[u8], extent: Extent, captured: Timestamp) -> Option<PayloadGuess> {
    let only = |sender| (extent == Extent::Whole).then_some(PayloadGuess { sender, sent: None });
    if payload.is_empty() {
        return None;
    }
    let timed = native_timeval(payload, extent, captured)
        .or_else(|| big_endian_timeval(payload, extent, captured))
        .or_else(|| go_time(payload, captured));
    if timed.is_some() {
        return timed;
    }
    if let Some(sender) = pattern(payload) {
        return only(sender);
    }
    if let Some(sent) = clock(payload, extent, captured) {
        return Some(sent);
    }
    if let Some(sender) = pattern_behind(payload) {
        return only(sender);
    }
    // A count from the first octet on has no time before it.
    let counts = |&first| counts_from(payload, first);
    (!payload.first().is_some_and(counts))
        .then(|| hipercontracer(payload))
        .flatten()
}

/// What liboping sends unless told otherwise begins with.
const LIBOPING: &[u8] = b"liboping -- ICMP ping library";

/// Whose payloads are one pattern, or nearly, by all octets there are.
fn pattern(payload: &[u8]) -> Option<Sender> {
    let behind = tail(payload, 8);
    Some(match payload.len() {
        // A few octets are zero for many reasons.
        8.. if payload.iter().all(|&octet| octet == 0) => Sender::Zeros,
        _ if is_windows(payload) => Sender::Windows,
        _ if payload.starts_with(LIBOPING) => Sender::Liboping,
        8.. if is_linux_traceroute(payload) => Sender::LinuxTraceroute,
        4.. if is_hping(payload) => Sender::Hping,
        16.. if behind.chunks(2).all(|pair| [0xab, 0xcd].starts_with(pair)) => Sender::Cisco,
        _ => return None,
    })
}

/// The patterns without a time that fits: another clock, or a capture with rewritten times.
fn pattern_behind(payload: &[u8]) -> Option<Sender> {
    // A count from the first octet on has no time before it.
    if (payload.first()).is_some_and(|&first| counts_from(payload, first)) {
        return None;
    }
    let behind = tail(payload, 8);
    Some(match payload.len() {
        16.. if counts_from(behind, 8) => has_micros(payload).then_some(Sender::Bsd)?,
        17.. if counts_from(tail(payload, 16), 16) => Sender::Iputils,
        24.. if counts_from(tail(payload, 16), 0) => Sender::Inetutils,
        _ => return None,
    })
}

/// Whether the second word of 32 bits may be the microseconds of a BSD's time. In little-endian order
/// nothing tells that time from the upper half of a small number of 64 bits.
fn has_micros(payload: &[u8]) -> bool {
    array_at(payload, 4).is_some_and(|micros| u32::from_be_bytes(micros) < 1_000_000)
}

/// So many octets that count on are proof of who sent a time before them, whatever follows.
const PROOF: usize = 8;

/// Whether octets count on from `first`, as far as it takes.
fn counts_on(octets: &[u8], first: u8, extent: Extent) -> bool {
    match octets.get(..PROOF) {
        Some(octets) => counts_from(octets, first),
        None => extent == Extent::Whole && counts_from(octets, first),
    }
}

/// Whether every octet is one more than the one before it, from `first` on.
pub(super) fn counts_from(octets: &[u8], first: u8) -> bool {
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
fn native_timeval(payload: &[u8], extent: Extent, captured: Timestamp) -> Option<PayloadGuess> {
    let found = |sent| PayloadGuess {
        sender: Sender::Iputils,
        sent: Some(sent),
    };
    let time = |seconds: u64, micros: u64| plausible(seconds, micros, 1_000_000, captured);
    if counts_on(tail(payload, 16), 16, extent)
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
        let sender = if counts_on(tail(payload, 16), 0, extent) {
            Sender::Inetutils
        } else {
            Sender::Iputils
        };
        return Some(PayloadGuess {
            sender,
            sent: Some(sent),
        });
    }
    if !counts_on(tail(payload, 8), 8, extent) {
        return None;
    }
    Some(PayloadGuess {
        sender: Sender::Timeval32,
        sent: Some(short_timeval(payload, captured, u32::from_le_bytes)?),
    })
}

/// The time in two words of 32 bits: seconds and microseconds.
fn short_timeval(
    payload: &[u8],
    captured: Timestamp,
    read: fn([u8; 4]) -> u32,
) -> Option<Timestamp> {
    let [seconds, micros] = [0, 4].map(|at| array_at(payload, at).map(read));
    plausible(seconds?.into(), micros?.into(), 1_000_000, captured)
}

fn big_endian_timeval(payload: &[u8], extent: Extent, captured: Timestamp) -> Option<PayloadGuess> {
    if !counts_on(tail(payload, 8), 8, extent) {
        return None;
    }
    Some(PayloadGuess {
        sender: Sender::Bsd,
        sent: Some(short_timeval(payload, captured, u32::from_be_bytes)?),
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

/// A time by itself, which so many bits prove, where the octets behind it tell that it is not another
/// kind's.
fn clock(payload: &[u8], extent: Extent, captured: Timestamp) -> Option<PayloadGuess> {
    const SECOND: u64 = 1_000_000_000;
    if extent == Extent::Cut && payload.len() < 8 + PROOF {
        return None;
    }
    let found = |sent| PayloadGuess {
        sender: Sender::Clock,
        sent: Some(sent),
    };
    if let (Some(seconds), Some(nanos)) = (array_at(payload, 0), array_at(payload, 8))
        && let (seconds, nanos) = (u64::from_le_bytes(seconds), u64::from_le_bytes(nanos))
        && let Some(sent) = plausible(seconds, nanos, SECOND, captured)
    {
        return Some(found(sent));
    }
    short_timeval(payload, captured, u32::from_be_bytes)
        .or_else(|| short_timeval(payload, captured, u32::from_le_bytes))
        .or_else(|| long_time(array_at(payload, 0)?, captured))
        .map(found)
}

/// The time in one word of 64 bits, which counts it in nanoseconds, microseconds or milliseconds; in
/// big-endian order [`go_time`] is what counts nanoseconds.
fn long_time(word: [u8; 8], captured: Timestamp) -> Option<Timestamp> {
    const LITTLE_ENDIAN: &[u64] = &[1_000, 1_000_000, 1_000_000_000];
    const BIG_ENDIAN: &[u64] = &[1_000, 1_000_000];
    /// The year 2001: in a capture without times of its own any small number would be near them.
    const LEAST: u64 = 1_000_000_000;
    let time = |word: u64, units: &[u64]| {
        let plausible = |&unit: &u64| {
            let sent = plausible(word / unit, word % unit, unit, captured);
            sent.filter(|_| word / unit >= LEAST)
        };
        units.iter().find_map(plausible)
    };
    time(u64::from_le_bytes(word), LITTLE_ENDIAN)
        .or_else(|| time(u64::from_be_bytes(word), BIG_ENDIAN))
}

/// The header of `HiPerConTracer`, which no document tells; this is what Wireshark has of it.
fn hipercontracer(payload: &[u8]) -> Option<PayloadGuess> {
    const TTL_AT: usize = 4;
    const TIME_AT: usize = 8;
    /// 1976-09-29, in seconds.
    const EPOCH: i64 = 212_803_200;
    /// The years 2016 to 2099 of central Europe.
    const YEARS: std::ops::Range<i64> = 1_451_602_800..4_102_441_200;
    const SECOND: u64 = 1_000_000;
    let micros = u64::from_be_bytes(array_at(payload, TIME_AT)?);
    let seconds = i64::try_from(micros / SECOND).ok()?.checked_add(EPOCH)?;
    let nanos = u32::try_from(micros % SECOND * 1_000).ok()?;
    let is_one = u8_at(payload, TTL_AT)? != 0 && YEARS.contains(&seconds);
    is_one.then_some(PayloadGuess {
        sender: Sender::HiPerConTracer,
        sent: Some(Timestamp::from_parts(seconds, nanos)),
    })
}

/// The time, if it is one and near `captured`.
fn plausible(seconds: u64, fraction: u64, unit: u64, captured: Timestamp) -> Option<Timestamp> {
    if fraction >= unit {
        return None;
    }
    let nanos = u32::try_from(fraction.checked_mul(1_000_000_000 / unit)?).ok()?;
    let sent = Timestamp::from_parts(i64::try_from(seconds).ok()?, nanos);
    (captured.apart(sent)? <= CLOCK_OFFSET).then_some(sent)
}

/// What counts from 0x40 to 0x7f over and over, from behind the eight octets of the header on.
fn is_linux_traceroute(payload: &[u8]) -> bool {
    payload
        .iter()
        .zip(linux_traceroute())
        .all(|(&octet, counted)| octet == counted)
}

/// What that has in its payload.
pub(super) fn linux_traceroute() -> impl Iterator<Item = u8> {
    (0x40..0x80).cycle().skip(8)
}

/// The letter X, as often as was asked for; not at all by default.
fn is_hping(payload: &[u8]) -> bool {
    payload.iter().all(|&octet| octet == b'X')
}

/// What Windows has in its payload, over and over.
pub(super) const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvw";

/// The letters of Windows.
fn is_windows(payload: &[u8]) -> bool {
    payload.len() >= 4 && (payload.chunks(LETTERS.len())).all(|octets| LETTERS.starts_with(octets))
}

#[cfg(test)]
mod tests;
