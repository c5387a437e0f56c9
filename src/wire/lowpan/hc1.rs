//! The IPv6 header as RFC 4944 section 10 compresses it, before RFC 6282 took its place.

use super::make::{Making, Reader};
use super::routing::Route;
use crate::model::UnknownPrefix;
use crate::wire::Undecodable;
use crate::wire::ip::protocol;

/// The interface identifiers that the frame's addresses stand for.
pub(super) struct Identifiers {
    pub(super) src: Option<[u8; 8]>,
    pub(super) dst: Option<[u8; 8]>,
}

/// Makes an IPv6 header and, where that is compressed too, a UDP header.
pub(super) fn expand(
    from: &mut Reader<'_>,
    around: &Identifiers,
    route: &Route<'_>,
    into: &mut Making<'_>,
) -> Result<(), Undecodable> {
    const NO_CLASS: u8 = 0x08;
    const HC2: u8 = 0x01;
    let encoding = from.u8()?;
    let next = [
        None,
        Some(protocol::UDP),
        Some(protocol::IPV6_ICMP),
        Some(protocol::TCP),
    ][usize::from(encoding >> 1 & 3)];
    let udp_encoding = if encoding & HC2 == 0 {
        None
    } else {
        Some(from.u8()?)
    };
    let hop_limit = from.u8()?;
    let src = address(encoding >> 6, around.src, from)?;
    let dst = address(encoding >> 4, around.dst, from)?;
    // From here on fields may begin within an octet.
    let mut bits = Bits {
        from,
        held: 0,
        left: 0,
    };
    let (class, label) = if encoding & NO_CLASS == 0 {
        (bits.take(8)?, bits.take(20)?)
    } else {
        (0, 0)
    };
    let next = match next {
        Some(next) => next,
        None => u8::try_from(bits.take(8)?).unwrap_or(protocol::NO_NEXT_HEADER),
    };
    let start = into.ipv6(UnknownPrefix::default())?;
    let first = 6 << 28 | class << 20 | label;
    into.octets.extend_from_slice(&first.to_be_bytes());
    into.octets.extend_from_slice(&[0, 0, next, hop_limit]);
    into.octets.extend_from_slice(&src);
    into.octets.extend_from_slice(&dst);
    into.named_at = route.follow(start, into)?;
    into.name(next);
    match udp_encoding {
        Some(encoding) if next == protocol::UDP => udp(encoding, &mut bits, into),
        Some(_) => Err(Undecodable::Compression),
        None => Ok(()),
    }
}

/// An address: whether its prefix is `fe80::/64`, and whether the frame tells its identifier.
fn address(
    mode: u8,
    elided: Option<[u8; 8]>,
    from: &mut Reader<'_>,
) -> Result<[u8; 16], Undecodable> {
    const PREFIX_LEFT_OUT: u8 = 0b10;
    const IDENTIFIER_LEFT_OUT: u8 = 0b01;
    let prefix = if mode & PREFIX_LEFT_OUT == 0 {
        from.array()?
    } else {
        [0xfe, 0x80, 0, 0, 0, 0, 0, 0]
    };
    let identifier = if mode & IDENTIFIER_LEFT_OUT == 0 {
        from.array()?
    } else {
        elided.ok_or(Undecodable::Malformed)?
    };
    let mut address = [0; 16];
    address[..8].copy_from_slice(&prefix);
    address[8..].copy_from_slice(&identifier);
    Ok(address)
}

/// A UDP header (section 10.3.1).
fn udp(encoding: u8, bits: &mut Bits<'_, '_>, into: &mut Making<'_>) -> Result<(), Undecodable> {
    const SHORT_SOURCE: u8 = 0x80;
    const SHORT_DESTINATION: u8 = 0x40;
    const LENGTH_LEFT_OUT: u8 = 0x20;
    const PORTS: u32 = 0xf0b0;
    let mut port = |short: u8| {
        if encoding & short == 0 {
            bits.take(16)
        } else {
            Ok(PORTS | bits.take(4)?)
        }
    };
    let (src, dst) = (port(SHORT_SOURCE)?, port(SHORT_DESTINATION)?);
    let length = if encoding & LENGTH_LEFT_OUT == 0 {
        bits.take(16)?
    } else {
        into.udp = Some(into.octets.len());
        0
    };
    let checksum = bits.take(16)?;
    for pair in [src << 16 | dst, length << 16 | checksum] {
        into.octets.extend_from_slice(&pair.to_be_bytes());
    }
    Ok(())
}

/// Fields that need not begin with an octet. What is left of the last octet is padding.
struct Bits<'f, 'a> {
    from: &'f mut Reader<'a>,
    held: u64,
    left: u32,
}

impl Bits<'_, '_> {
    /// The next `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Result<u32, Undecodable> {
        while self.left < count {
            self.held = self.held << 8 | u64::from(self.from.u8()?);
            self.left += 8;
        }
        self.left -= count;
        let bits = self.held >> self.left & ((1 << count) - 1);
        Ok(u32::try_from(bits).unwrap_or(0))
    }
}
