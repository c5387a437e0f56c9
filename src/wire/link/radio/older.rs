//! The headers that radios had before radiotap: AVS and Prism.

use std::ops::ControlFlow;

use super::{Fact, Flags, Mark, Phy};
use crate::model::byteorder::Order;
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
        return told(Fact::Mark(Mark::Cut));
    };
    let word = |at: usize| u32_at(header, at).unwrap_or(0);
    let signed = |at: usize| array_at(header, at).map_or(0, i32::from_be_bytes);
    if let clock @ 1.. = array_at(header, 8).map_or(0, u64::from_be_bytes) {
        told(Fact::Clock(clock))?;
    }
    let phy = match word(24) {
        1 => Some(Phy::FrequencyHopping),
        2 => Some(Phy::DirectSequence),
        3 => Some(Phy::Infrared),
        4 | 5 => Some(Phy::B),
        6 | 7 => Some(Phy::G),
        8 => Some(Phy::A),
        _ => None,
    };
    if let Some(phy) = phy {
        told(Fact::Phy(phy))?;
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
        _ => {
            told(Fact::Rssi(word(48)))?;
            told(Fact::NoiseRssi(word(52)))?;
        }
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
    let order = match Order::Little.u32(data, 0) {
        Some(code) if CODES.contains(&code) => Order::Little,
        _ => Order::Big,
    };
    let header = data.get(..HEADER).unwrap_or(data);
    for at in (FIRST..header.len()).step_by(ITEM) {
        let (Some(kind), Some(status), Some(value)) = (
            order.u32(header, at),
            u16_at(header, at + 4),
            order.u32(header, at + 8),
        ) else {
            return told(Fact::Mark(Mark::Cut));
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
