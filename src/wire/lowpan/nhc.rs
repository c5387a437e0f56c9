//! Compressed headers behind a compressed IPv6 header (RFC 6282 section 4, RFC 7400).

use super::iphc::{self, Around};
use super::make::{Making, Reader};
use super::routing::Route;
use super::{Contexts, ghc};
use crate::model::UnknownPrefix;
use crate::wire::Undecodable;
use crate::wire::bytes::array_at;
use crate::wire::ip::protocol;

/// What the IPv6 header before says.
pub(super) struct Ends<'c> {
    pub(super) src: [u8; 16],
    pub(super) dst: [u8; 16],
    pub(super) unknown: UnknownPrefix,
    pub(super) contexts: &'c Contexts,
}

impl Ends<'_> {
    /// Source, then destination: what references reach into first (RFC 7400 section 2).
    fn dictionary(&self) -> [u8; 32] {
        let mut both = [0; 32];
        both[..16].copy_from_slice(&self.src);
        both[16..].copy_from_slice(&self.dst);
        both
    }
}

/// Makes the headers that follow the IPv6 header. Where octets of one were not captured, what is
/// there ends with it.
pub(super) fn expand(
    from: &mut Reader<'_>,
    ends: &Ends<'_>,
    into: &mut Making<'_>,
) -> Result<(), Undecodable> {
    const EXTENSION: u8 = 0b1110;
    const EXTENSION_GHC: u8 = 0b1011;
    const UDP: u8 = 0b11110;
    const UDP_GHC: u8 = 0b11010;
    const ICMPV6_GHC: u8 = 0b1101_1111;
    while let Ok(encoding) = from.u8() {
        if matches!(encoding >> 4, EXTENSION | EXTENSION_GHC) {
            let how = if encoding >> 4 == EXTENSION {
                Contents::Plain
            } else {
                Contents::Generic(ends.dictionary())
            };
            match extension(encoding, &how, from, into) {
                Ok(Next::Compressed) => {}
                Ok(Next::Named) | Err(Undecodable::Short) => break,
                Ok(Next::Ipv6) => {
                    // Addresses of the outer header stand for the frame's (section 4.2).
                    let within = Around {
                        src: array_at(&ends.src, 8),
                        dst: array_at(&ends.dst, 8),
                        unknown: ends.unknown,
                        contexts: ends.contexts,
                        route: &Route::default(),
                    };
                    return match from.first() {
                        Ok(first) if first >> 5 != iphc::DISPATCH => Err(Undecodable::Malformed),
                        _ => or_cut(iphc::expand(from, &within, into)),
                    };
                }
                Err(why) => return Err(why),
            }
            continue;
        }
        if encoding == ICMPV6_GHC {
            into.name(protocol::IPV6_ICMP);
            generic(from, ends, into);
            return Ok(());
        }
        return match encoding >> 3 {
            UDP | UDP_GHC => {
                into.name(protocol::UDP);
                match udp(encoding, from, into) {
                    Ok(()) if encoding >> 3 == UDP_GHC => {
                        generic(from, ends, into);
                        Ok(())
                    }
                    made => or_cut(made),
                }
            }
            // Others may be agreed on; that they are headers is all that is known.
            _ => Err(Undecodable::Compression),
        };
    }
    Ok(())
}

/// All that is left, compressed as in RFC 7400.
fn generic(from: &mut Reader<'_>, ends: &Ends<'_>, into: &mut Making<'_>) {
    into.missing += ghc::expand(from, &ends.dictionary(), into.octets);
}

/// A header that was cut ends the packet before it.
fn or_cut(made: Result<(), Undecodable>) -> Result<(), Undecodable> {
    match made {
        Err(Undecodable::Short) => Ok(()),
        other => other,
    }
}

/// What follows an extension header.
enum Next {
    /// A compressed header.
    Compressed,
    /// What the header names, or nothing that was captured.
    Named,
    /// A whole packet.
    Ipv6,
}

/// How the contents of an extension header are sent.
enum Contents {
    /// As they are, behind their length.
    Plain,
    /// Up to a stop code (RFC 7400 section 3.2), with the packet's addresses to refer to.
    Generic([u8; 32]),
}

/// An extension header (section 4.2): its length counts octets, and padding at its end may be
/// left out.
fn extension(
    encoding: u8,
    contents: &Contents,
    from: &mut Reader<'_>,
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
            into.name(protocol::IPV6);
            return Ok(Next::Ipv6);
        }
        _ => return Err(Undecodable::Malformed),
    };
    into.name(kind);
    let next = if encoding & NEXT_IS_COMPRESSED == 0 {
        Some(from.u8()?)
    } else {
        None
    };
    let start = into.octets.len();
    let named = next.unwrap_or(protocol::NO_NEXT_HEADER);
    let missing = match contents {
        Contents::Plain => {
            let length = usize::from(from.u8()?);
            into.octets.extend_from_slice(&[named, 0]);
            let octets = from.up_to(length);
            into.octets.extend_from_slice(octets);
            length - octets.len()
        }
        Contents::Generic(addresses) => {
            into.octets.extend_from_slice(&[named, 0]);
            ghc::expand(from, addresses, into.octets)
        }
    };
    let length = into.octets.len() - start + missing;
    let whole = length.next_multiple_of(8);
    let units = u8::try_from(whole / 8 - 1).map_err(|_| Undecodable::Malformed)?;
    if let Some(place) = into.octets.get_mut(start + 1) {
        *place = units;
    }
    into.named_at = start;
    if missing > 0 {
        into.missing += whole - (length - missing);
        return Ok(Next::Named);
    }
    match whole - length {
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
        None => Next::Compressed,
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
