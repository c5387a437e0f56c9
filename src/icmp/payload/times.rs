//! Times in payloads: what of them is one, of any format, by the time of capture.

use std::time::Duration;

use crate::model::Timestamp;
use crate::wire::bytes::array_at;

/// How far the sender's clock may be off for a number to pass for a time of day.
const CLOCK_OFFSET: Duration = Duration::from_hours(24);
/// The year 2001: in a capture whose times begin at 0, or that has none, any small number would be near
/// them.
const LEAST: u64 = 1_000_000_000;
const MILLIS: u64 = 1_000;
const MICROS: u64 = 1_000_000;
const NANOS: u64 = 1_000_000_000;

/// The order of the octets of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    const BOTH: [Self; 2] = [Self::Little, Self::Big];

    fn u32(self, octets: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(octets),
            Self::Big => u32::from_be_bytes(octets),
        }
    }

    fn u64(self, octets: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(octets),
            Self::Big => u64::from_be_bytes(octets),
        }
    }

    fn f64(self, octets: [u8; 8]) -> f64 {
        f64::from_bits(self.u64(octets))
    }
}

/// What the second word of a time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fraction {
    Micros,
    /// As there are too many for microseconds.
    Nanos,
}

impl Fraction {
    /// What so many parts of a second may be.
    const fn of(parts: u64) -> Option<Self> {
        match parts {
            ..MICROS => Some(Self::Micros),
            MICROS..NANOS => Some(Self::Nanos),
            _ => None,
        }
    }
}

/// A time of two words of 64 bits, seconds and microseconds or nanoseconds, in the sender's order.
pub(super) fn wide(payload: &[u8], captured: Timestamp) -> Option<(Timestamp, Fraction)> {
    let (seconds, parts) = (array_at(payload, 0)?, array_at(payload, 8)?);
    let units = [(MICROS, Fraction::Micros), (NANOS, Fraction::Nanos)];
    units.into_iter().find_map(|(unit, fraction)| {
        let sent = (ByteOrder::BOTH.into_iter())
            .find_map(|order| plausible(order.u64(seconds), order.u64(parts), unit, captured))?;
        Some((sent, fraction))
    })
}

/// What the second of those words counts where the time is not that of the capture. Nanoseconds are told of a
/// clock that no time of day sets: one that counts since its machine was started.
pub(super) fn of_other_clock(payload: &[u8]) -> Option<Fraction> {
    let (seconds, parts) = (array_at(payload, 0)?, array_at(payload, 8)?);
    (ByteOrder::BOTH.into_iter()).find_map(|order| {
        let fraction = Fraction::of(order.u64(parts))?;
        (fraction == Fraction::Micros || order.u64(seconds) < LEAST).then_some(fraction)
    })
}

/// The same of two big-endian words of 32 bits. Those that end in zeros may be the upper half of a small
/// number of 64 bits in little-endian order: no nanoseconds are told of those.
pub(super) fn of_bsd(payload: &[u8]) -> Option<Fraction> {
    let [seconds, parts] = [0, 4].map(|at| array_at(payload, at).map(u32::from_be_bytes));
    let fraction = Fraction::of(parts?.into())?;
    let may_be_nanos = u64::from(seconds?) < LEAST && parts? & 0xff != 0;
    (fraction == Fraction::Micros || may_be_nanos).then_some(fraction)
}

/// A time of two words of 32 bits: seconds and microseconds.
pub(super) fn timeval(payload: &[u8], captured: Timestamp, order: ByteOrder) -> Option<Timestamp> {
    let [seconds, micros] = [0, 4].map(|at| array_at(payload, at).map(|word| order.u32(word)));
    plausible(seconds?.into(), micros?.into(), MICROS, captured)
}

/// A time of nanoseconds in 64 bits, big-endian.
pub(super) fn nanos(payload: &[u8], captured: Timestamp) -> Option<Timestamp> {
    let nanos = u64::from_be_bytes(array_at(payload, 0)?);
    plausible(nanos / NANOS, nanos % NANOS, NANOS, captured)
}

/// A time of eight octets in any other format: two words of 32 bits, one word that counts all of it, or
/// a floating-point number of seconds.
pub(super) fn short(payload: &[u8], captured: Timestamp) -> Option<Timestamp> {
    let word = array_at(payload, 0)?;
    timeval(payload, captured, ByteOrder::Big)
        .or_else(|| timeval(payload, captured, ByteOrder::Little))
        .or_else(|| long(word, captured))
        .or_else(|| {
            (ByteOrder::BOTH.into_iter()).find_map(|order| floating(order.f64(word), captured))
        })
}

/// The time in one word of 64 bits, which counts it in nanoseconds, microseconds or milliseconds; in
/// big-endian order [`nanos`] is what counts nanoseconds.
fn long(word: [u8; 8], captured: Timestamp) -> Option<Timestamp> {
    let time = |word: u64, units: &[u64]| {
        (units.iter()).find_map(|&unit| plausible(word / unit, word % unit, unit, captured))
    };
    time(u64::from_le_bytes(word), &[MILLIS, MICROS, NANOS])
        .or_else(|| time(u64::from_be_bytes(word), &[MILLIS, MICROS]))
}

/// The time as Python's `time.time()` has it.
fn floating(seconds: f64, captured: Timestamp) -> Option<Timestamp> {
    let sent = Duration::try_from_secs_f64(seconds).ok()?;
    plausible(sent.as_secs(), sent.subsec_nanos().into(), NANOS, captured)
}

/// A time of microseconds since 1976-09-29, big-endian.
pub(super) fn since_1976(word: [u8; 8], captured: Timestamp) -> Option<Timestamp> {
    const EPOCH: u64 = 212_803_200;
    let micros = u64::from_be_bytes(word);
    let seconds = (micros / MICROS).checked_add(EPOCH)?;
    plausible(seconds, micros % MICROS, MICROS, captured)
}

/// The time, if it is one and near `captured`.
fn plausible(seconds: u64, fraction: u64, unit: u64, captured: Timestamp) -> Option<Timestamp> {
    if fraction >= unit || seconds < LEAST {
        return None;
    }
    let nanos = u32::try_from(fraction.checked_mul(NANOS / unit)?).ok()?;
    let sent = Timestamp::from_parts(i64::try_from(seconds).ok()?, nanos);
    (captured.apart(sent)? <= CLOCK_OFFSET).then_some(sent)
}
