//! The headers that radios had before radiotap: AVS and Prism, and the common field of PPI.

use std::ops::ControlFlow;

use super::{Channel, Coding, Fact, Flags};
use crate::wire::bytes::{array_at, u16_at, u32_at};

/// AVS: numbers of 32 bits behind magic, length and two clocks of 64.
pub(super) fn avs(data: &[u8], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const LENGTH: usize = 64;
    /// How the strength of a signal is told.
    const DBM: u32 = 2;
    const NONE: u32 = 0;
    const SHORT_PREAMBLE: u32 = 1;
    /// From here on a rate is in b/s.
    const IN_BITS: u32 = 100_000;
    let Some(header) = data.get(..LENGTH) else {
        return told(Fact::Cut);
    };
    let word = |at: usize| u32_at(header, at).unwrap_or(0);
    let signed = |at: usize| array_at(header, at).map_or(0, i32::from_be_bytes);
    if let clock @ 1.. = array_at(header, 8).map_or(0, u64::from_be_bytes) {
        told(Fact::Clock(clock))?;
    }
    if word(56) == SHORT_PREAMBLE {
        told(Fact::Flags(Flags(Flags::SHORT_PREAMBLE)))?;
    }
    match word(32) {
        0 => {}
        rate @ ..IN_BITS => told(Fact::Rate(rate))?,
        rate => told(Fact::Rate(rate / IN_BITS))?,
    }
    if let channel @ 1.. = word(28) {
        told(Fact::ChannelNumber(channel))?;
    }
    match word(44) {
        NONE => {}
        DBM => {
            told(Fact::Signal(signed(48)))?;
            told(Fact::Noise(signed(52)))?;
        }
        _ => told(Fact::Rssi(word(48)))?,
    }
    match word(36) {
        0 | u32::MAX => ControlFlow::Continue(()),
        antenna => told(Fact::Antenna(antenna)),
    }
}

/// Prism: behind code, length and the device's name items of identifier, status, length and value,
/// in the byte order of the capturing host.
pub(super) fn prism(data: &[u8], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const HEADER: usize = 144;
    const FIRST: usize = 24;
    const ITEM: usize = 12;
    const CODES: [u32; 2] = [0x41, 0x44];
    const SUPPLIED: u16 = 0;
    let code: [u8; 4] = array_at(data, 0).unwrap_or_default();
    let is_little = CODES.contains(&u32::from_le_bytes(code));
    let number = |octets: [u8; 4]| {
        if is_little {
            u32::from_le_bytes(octets)
        } else {
            u32::from_be_bytes(octets)
        }
    };
    let header = data.get(..HEADER).unwrap_or(data);
    for at in (FIRST..header.len()).step_by(ITEM) {
        let (Some(kind), Some(status), Some(value)) = (
            array_at(header, at).map(number),
            u16_at(header, at + 4),
            array_at(header, at + 8).map(number),
        ) else {
            return told(Fact::Cut);
        };
        // Two numberings are in use.
        let kind = match kind & 0xfff {
            0x041 => kind >> 12,
            0x044 => kind >> 16,
            _ => continue,
        };
        if status != SUPPLIED {
            continue;
        }
        let fact = match (kind, value.cast_signed()) {
            (2, _) => Fact::Clock(value.into()),
            (3, _) => Fact::ChannelNumber(value),
            (4, _) => Fact::Rssi(value),
            (5, _) => Fact::Quality(value),
            // What is no dBm is in units of the radio's own, as that before.
            (6, signal @ ..0) => Fact::Signal(signal),
            (7, noise @ ..0) => Fact::Noise(noise),
            (8, _) => Fact::Rate(value.saturating_mul(5)),
            _ => continue,
        };
        told(fact)?;
    }
    ControlFlow::Continue(())
}

/// PPI: fields of type and length, of which one tells what radiotap's do (PPI 1.0.10 section 4.1.1).
pub(super) fn ppi(data: &[u8], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const HEADER: usize = 8;
    const COMMON: u16 = 2;
    const WITH_CHECK_SEQUENCE: u16 = 1;
    const CLOCK_IN_MILLISECONDS: u16 = 2;
    const BAD_CHECK_SEQUENCE: u16 = 4;
    const NOT_KNOWN: i8 = -128;
    let short = |at: usize| array_at(data, at).map(u16::from_le_bytes);
    let length = short(2).map_or(0, usize::from);
    let mut at = HEADER;
    while at + 4 <= length {
        let (Some(kind), Some(octets)) = (short(at), short(at + 2)) else {
            return told(Fact::Cut);
        };
        at += 4;
        if kind == COMMON {
            let Some(field) = array_at::<20>(data, at) else {
                return told(Fact::Cut);
            };
            let word = |at: usize| u16::from_le_bytes([field[at], field[at + 1]]);
            let clock = array_at(&field, 0).map_or(0, u64::from_le_bytes);
            let told_flags = word(8);
            if clock > 0 {
                let unit = if told_flags & CLOCK_IN_MILLISECONDS == 0 {
                    1
                } else {
                    1000
                };
                told(Fact::Clock(clock.saturating_mul(unit)))?;
            }
            let mut flags = Flags(0);
            if told_flags & WITH_CHECK_SEQUENCE != 0 {
                flags.0 |= Flags::WITH_CHECK_SEQUENCE;
            }
            if told_flags & BAD_CHECK_SEQUENCE != 0 {
                flags.0 |= Flags::BAD_CHECK_SEQUENCE;
            }
            told(Fact::Flags(flags))?;
            if let rate @ 1.. = word(10) {
                told(Fact::Rate(u32::from(rate) * 5))?;
            }
            if let frequency @ 1.. = word(12) {
                told(Fact::Channel(Channel {
                    frequency,
                    flags: word(14).into(),
                    coding: Coding::ByFlags,
                }))?;
            }
            let [signal, noise] = [field[18], field[19]].map(|octet| i8::from_le_bytes([octet]));
            if !matches!(signal, 0 | NOT_KNOWN) {
                told(Fact::Signal(signal.into()))?;
            }
            if !matches!(noise, 0 | NOT_KNOWN) {
                told(Fact::Noise(noise.into()))?;
            }
        }
        at += usize::from(octets);
    }
    ControlFlow::Continue(())
}
