//! Compressed headers behind a compressed IPv6 header (RFC 6282 section 4).

use super::iphc::{self, Around};
use super::make::{Making, Reader};
use crate::wire::Undecodable;
use crate::wire::bytes::array_at;
use crate::wire::ip::protocol;

/// Makes the headers that follow the IPv6 header at `ipv6` of what is made. Where octets of one
/// were not captured, what is there ends with it.
pub(super) fn expand(
    from: &mut Reader<'_>,
    around: &Around<'_>,
    ipv6: usize,
    into: &mut Making<'_>,
) -> Result<(), Undecodable> {
    const EXTENSION: u8 = 0b1110;
    const UDP: u8 = 0b11110;
    // Where the number of the next header is to be written.
    let mut named_at = ipv6 + 6;
    while let Ok(encoding) = from.u8() {
        if encoding >> 4 == EXTENSION {
            match extension(encoding, from, named_at, into) {
                Ok(Next::Compressed(named)) => named_at = named,
                Ok(Next::Named) | Err(Undecodable::Short) => break,
                Ok(Next::Ipv6) => {
                    // Addresses of the outer header stand for the frame's (section 4.2).
                    let within = Around {
                        src: array_at(into.octets, ipv6 + 16),
                        dst: array_at(into.octets, ipv6 + 32),
                        unknown: into.unknown(),
                        contexts: around.contexts,
                    };
                    return match from.first() {
                        Ok(first) if first >> 5 != iphc::DISPATCH => Err(Undecodable::Malformed),
                        _ => or_cut(iphc::expand(from, &within, into)),
                    };
                }
                Err(why) => return Err(why),
            }
        } else if encoding >> 3 == UDP {
            name(into, named_at, protocol::UDP);
            return or_cut(udp(encoding, from, into));
        } else {
            // Others may be agreed on; that they are headers is all that is known.
            return Err(Undecodable::Compression);
        }
    }
    Ok(())
}

/// A header that was cut ends the packet before it.
fn or_cut(made: Result<(), Undecodable>) -> Result<(), Undecodable> {
    match made {
        Err(Undecodable::Short) => Ok(()),
        other => other,
    }
}

fn name(into: &mut Making<'_>, at: usize, protocol: u8) {
    if let Some(place) = into.octets.get_mut(at) {
        *place = protocol;
    }
}

/// What follows an extension header.
enum Next {
    /// A compressed header, whose number is to be written here.
    Compressed(usize),
    /// What the header names.
    Named,
    /// A whole packet.
    Ipv6,
}

/// An extension header (section 4.2): its length counts octets, and padding at its end may be
/// left out.
fn extension(
    encoding: u8,
    from: &mut Reader<'_>,
    named_at: usize,
    into: &mut Making<'_>,
) -> Result<Next, Undecodable> {
    const NEXT_IS_COMPRESSED: u8 = 0x01;
    let kind = match encoding >> 1 & 7 {
        0 => protocol::HOPOPT,
        1 => protocol::ROUTE,
        2 => protocol::FRAG,
        3 => protocol::DEST_OPTIONS,
        4 => protocol::MOBILITY,
        7 => {
            name(into, named_at, protocol::IPV6);
            return Ok(Next::Ipv6);
        }
        _ => return Err(Undecodable::Malformed),
    };
    name(into, named_at, kind);
    let next = if encoding & NEXT_IS_COMPRESSED == 0 {
        Some(from.u8()?)
    } else {
        None
    };
    let length = usize::from(from.u8()?);
    let whole = (length + 2).next_multiple_of(8);
    let start = into.octets.len();
    let units = u8::try_from(whole / 8 - 1).unwrap_or(u8::MAX);
    into.octets.push(next.unwrap_or(protocol::NO_NEXT_HEADER));
    into.octets.push(units);
    let octets = from.up_to(length);
    into.octets.extend_from_slice(octets);
    if octets.len() < length {
        into.missing += whole - 2 - octets.len();
        return Ok(Next::Named);
    }
    match whole - 2 - length {
        0 => {}
        1 => into.octets.push(0),
        padding => {
            let data = u8::try_from(padding - 2).unwrap_or(0);
            into.octets.extend_from_slice(&[1, data]);
            into.octets.resize(start + whole, 0);
        }
    }
    Ok(match next {
        Some(_) => Next::Named,
        None => Next::Compressed(start),
    })
}

/// A UDP header (section 4.3). The length follows when all is made; a checksum that was left out
/// stays 0, which says that there is none.
fn udp(encoding: u8, from: &mut Reader<'_>, into: &mut Making<'_>) -> Result<(), Undecodable> {
    const CHECKSUM_LEFT_OUT: u8 = 0x04;
    const PORTS_8_BITS: u16 = 0xf000;
    const PORTS_4_BITS: u16 = 0xf0b0;
    let (src, dst) = match encoding & 3 {
        0 => (from.u16()?, from.u16()?),
        1 => (from.u16()?, PORTS_8_BITS | u16::from(from.u8()?)),
        2 => (PORTS_8_BITS | u16::from(from.u8()?), from.u16()?),
        _ => {
            let both = from.u8()?;
            let port = |bits: u8| PORTS_4_BITS | u16::from(bits);
            (port(both >> 4), port(both & 0x0f))
        }
    };
    let checksum = if encoding & CHECKSUM_LEFT_OUT == 0 {
        from.u16()?
    } else {
        0
    };
    into.udp = Some(into.octets.len());
    for field in [src, dst, 0, checksum] {
        into.octets.extend_from_slice(&field.to_be_bytes());
    }
    Ok(())
}
