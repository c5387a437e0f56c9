//! `InfiniBand`: what its transports carry of IP (RFC 4391, in connected mode RFC 4755), of Ethernet, or of
//! Fibre Channel.

use super::inside::Inside;
use super::linktype as lt;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// Octets of a global routing header, which has the form of IPv6's.
const GLOBAL_ROUTING_HEADER: usize = 40;

/// From the local routing header on: 8 octets, of which two bits tell what follows (`InfiniBand`
/// Architecture volume 1 section 7.7).
pub(super) fn local(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const HEADER: usize = 8;
    const RAW: u8 = 0;
    const RAW_IPV6: u8 = 1;
    const LOCAL_TRANSPORT: u8 = 2;
    const RAW_HEADER: usize = 4;
    let [_, next] = array_at(data, at).ok_or(Undecodable::Short)?;
    let behind = at + HEADER;
    match next & 3 {
        RAW => {
            let kind = u16_at(data, behind + 2).ok_or(Undecodable::Short)?;
            Ok((Inside::EtherType(kind), behind + RAW_HEADER))
        }
        RAW_IPV6 => Ok((Inside::Frame(lt::IPV6), behind)),
        LOCAL_TRANSPORT => transport(data, behind),
        _ => behind_global_route(data, behind),
    }
}

/// From the global routing header on.
pub(super) fn behind_global_route(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    transport(data, at + GLOBAL_ROUTING_HEADER)
}

/// From the base transport header on: 12 octets, of which the first tells service and operation, and
/// the headers that these have (section 9.2). Whole messages alone lead on, with the header of IP
/// over `InfiniBand`: an EtherType and two octets of 0; or, in datagrams, with that of Mellanox's
/// Ethernet over `InfiniBand`; or that of Fibre Channel over it.
fn transport(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const BASE: usize = 12;
    const IMMEDIATE: usize = 4;
    const DATAGRAM: usize = 8;
    const HEADER: usize = 4;
    /// Which part this is of a frame that is longer than a datagram.
    const SEGMENT: u8 = 0x3f;
    const SEND_DATAGRAM: [u8; 2] = [0x64, 0x65];
    let operation = u8_at(data, at).ok_or(Undecodable::Short)?;
    let extended = match operation {
        // A message that is sent in one packet, of connections reliable or not.
        0x04 | 0x24 => 0,
        0x05 | 0x25 => IMMEDIATE,
        0x64 => DATAGRAM,
        0x65 => DATAGRAM + IMMEDIATE,
        other => return Ok((Inside::Other(other.into()), at + BASE)),
    };
    let behind = at + BASE + extended;
    match array_at(data, behind).ok_or(Undecodable::Short)? {
        _ if is_fibre_channel(data, behind) => {
            Ok((Inside::Frame(lt::FC_2), behind + FIBRE_CHANNEL_HEADER))
        }
        [high, low, 0, 0] if !is_ethernet(high) => {
            let kind = u16::from_be_bytes([high, low]);
            Ok((Inside::EtherType(kind), behind + HEADER))
        }
        [first, segment, ..] if is_ethernet(first) && SEND_DATAGRAM.contains(&operation) => {
            let inside = match segment & SEGMENT {
                0 => Inside::Frame(lt::ETHERNET),
                _ => Inside::Other(first.into()),
            };
            Ok((inside, behind + HEADER))
        }
        [high, low, ..] => Ok((Inside::Other(u16::from_be_bytes([high, low])), behind)),
    }
}

/// Octets before a frame of Fibre Channel, of which the last is how it starts.
const FIBRE_CHANNEL_HEADER: usize = 16;

/// Whether Mellanox's Fibre Channel over `InfiniBand` begins here: its signature and version 0, and a start
/// of frame that there is (RFC 3643 section 5.3).
fn is_fibre_channel(data: &[u8], at: usize) -> bool {
    const SIGNATURE: u8 = 1;
    const STARTS: [u8; 8] = [0x28, 0x29, 0x2d, 0x2e, 0x31, 0x35, 0x36, 0x39];
    array_at(data, at).is_some_and(|header: [u8; FIBRE_CHANNEL_HEADER]| {
        let [first, _, version, .., start] = header;
        first >> 6 == SIGNATURE && version >> 4 == 0 && STARTS.contains(&start)
    })
}

/// Whether the header of Ethernet over `InfiniBand` begins with this octet: no EtherType of IP does.
const fn is_ethernet(first: u8) -> bool {
    first >> 4 == 0xc
}
