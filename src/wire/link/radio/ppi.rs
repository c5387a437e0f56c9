//! PPI: fields of type and length, of which some tell what radiotap's do (PPI 1.0.10 section 4.1).

use std::ops::ControlFlow;

use super::{Channel, Coding, Fact, Flags, HighThroughput, Mark, Quantity};
use crate::wire::bytes::{array_at, u8_at};

/// A level that was not measured.
const NOT_KNOWN: i8 = -128;

/// Gives what the header at the start of `data` tells.
pub(super) fn facts(data: &[u8], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const HEADER: usize = 8;
    const ALIGNED: u8 = 1;
    const COMMON: u16 = 2;
    const MAC: u16 = 3;
    const MAC_AND_PHY: u16 = 4;
    let short = |at: usize| array_at(data, at).map(u16::from_le_bytes);
    let length = short(2).map_or(0, usize::from);
    // Each field starts at a multiple of this.
    let align = if u8_at(data, 1).unwrap_or(0) & ALIGNED != 0 {
        4
    } else {
        1
    };
    let mut at = HEADER;
    while at + 4 <= length {
        let (Some(kind), Some(octets)) = (short(at), short(at + 2)) else {
            return told(Fact::Mark(Mark::Cut));
        };
        at += 4;
        let read = match kind {
            COMMON => array_at(data, at).map(|field| common(&field, told)),
            MAC => array_at(data, at).map(|field| coding(field, None, told)),
            MAC_AND_PHY => array_at(data, at).map(|field| mac_and_phy(&field, told)),
            _ => Some(ControlFlow::Continue(())),
        };
        match read {
            Some(read) => read?,
            None => return told(Fact::Mark(Mark::Cut)),
        }
        at = (at + usize::from(octets)).next_multiple_of(align);
    }
    ControlFlow::Continue(())
}

/// What is told of any frame (section 4.1.2).
fn common(field: &[u8; 20], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const WITH_CHECK_SEQUENCE: u16 = 1;
    const CLOCK_IN_MILLISECONDS: u16 = 2;
    const BAD_CHECK_SEQUENCE: u16 = 4;
    let word = |at: usize| u16::from_le_bytes([field[at], field[at + 1]]);
    let clock = array_at(field, 0).map_or(0, u64::from_le_bytes);
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
    if let (1.., _) | (_, 1..) = (field[16], field[17]) {
        told(Fact::Hopping(field[16], field[17]))?;
    }
    levels(field[18], field[19], told)
}

/// Signal and noise in dBm, where they were measured.
fn levels(signal: u8, noise: u8, told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    let [signal, noise] = [signal, noise].map(|octet| i8::from_le_bytes([octet]));
    if !matches!(signal, 0 | NOT_KNOWN) {
        told(Fact::Signal(signal.into()))?;
    }
    if !matches!(noise, 0 | NOT_KNOWN) {
        told(Fact::Noise(noise.into()))?;
    }
    ControlFlow::Continue(())
}

/// How a frame of 802.11n was coded (section 4.1.3): flags, and the number of its aggregate; the
/// number of the scheme where that is told.
fn coding(
    field: [u8; 12],
    scheme: Option<u8>,
    told: &mut dyn FnMut(Fact) -> ControlFlow<()>,
) -> ControlFlow<()> {
    const GREENFIELD: u8 = 0x01;
    const WIDE: u8 = 0x02;
    const SHORT_GUARD_INTERVAL: u8 = 0x04;
    const IN_AGGREGATE: u8 = 0x10;
    const MORE_OF_AGGREGATE: u8 = 0x20;
    const BAD_DELIMITER: u8 = 0x40;
    let [flags, _, _, _, a, b, c, d, ..] = field;
    // As radiotap has them.
    let bit = |flag: u8, theirs: u8| if flags & flag == 0 { 0 } else { theirs };
    let known = HighThroughput::BANDWIDTH
        | HighThroughput::GUARD_INTERVAL
        | HighThroughput::FORM
        | scheme.map_or(0, |_| HighThroughput::SCHEME);
    let coded = bit(WIDE, 0x01) | bit(SHORT_GUARD_INTERVAL, 0x04) | bit(GREENFIELD, 0x08);
    told(Fact::HighThroughput(HighThroughput([
        known,
        coded,
        scheme.unwrap_or(0),
    ])))?;
    if flags & IN_AGGREGATE == 0 {
        return ControlFlow::Continue(());
    }
    let number = u32::from_le_bytes([a, b, c, d]);
    told(Fact::Quantity(Quantity::Aggregate, number.into()))?;
    if flags & MORE_OF_AGGREGATE == 0 {
        told(Fact::Mark(Mark::LastOfAggregate))?;
    }
    if flags & BAD_DELIMITER != 0 {
        told(Fact::Mark(Mark::BadDelimiter))?;
    }
    ControlFlow::Continue(())
}

/// The same with what the radio measured, of each antenna (section 4.1.4).
fn mac_and_phy(field: &[u8; 48], told: &mut dyn FnMut(Fact) -> ControlFlow<()>) -> ControlFlow<()> {
    const NO_RSSI: u8 = 255;
    let mac = array_at(field, 0).unwrap_or_default();
    let [_, _, _, _, _, _, _, _, _, scheme, streams, combined, ..] = *field;
    if streams > 0 {
        told(Fact::Streams(streams))?;
    }
    coding(mac, Some(scheme), told)?;
    if combined != NO_RSSI {
        told(Fact::Rssi(combined.into()))?;
    }
    for antenna in 0..4 {
        let (rssi, [signal, noise]) = (
            field[12 + antenna],
            array_at(field, 24 + 2 * antenna).unwrap_or_default(),
        );
        let is_known = |level: u8| !matches!(i8::from_le_bytes([level]), 0 | NOT_KNOWN);
        if !is_known(signal) && !is_known(noise) && matches!(rssi, 0 | NO_RSSI) {
            continue;
        }
        told(Fact::Next)?;
        levels(signal, noise, told)?;
        if rssi != NO_RSSI {
            told(Fact::Rssi(rssi.into()))?;
        }
        told(Fact::Antenna(u32::try_from(antenna).unwrap_or_default()))?;
    }
    ControlFlow::Continue(())
}
