//! Headers behind EtherTypes of networks on the move: recorders in vehicles, networks between those, and
//! of roofs.

use super::ether::{ether_type, ethernet};
use super::{LinkHeader, Network};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// Which of these an EtherType announces, where it carries a packet or a frame.
pub(super) fn carrier(kind: u16, data: &[u8], at: usize) -> Result<Option<Network>, Undecodable> {
    let network = match kind {
        ether_type::TECMP => Network::Tecmp,
        ether_type::GEO_NETWORKING => Network::GeoNetworking,
        kind if is_roofnet(kind) => Network::Roofnet,
        _ => return Ok(None),
    };
    Ok(before(network, data, at)?.map(|_| network))
}

/// What stands behind the header that `network` announces, with which `bytes` begin.
pub(in crate::wire) fn behind(network: Network, bytes: &[u8]) -> Result<LinkHeader, Undecodable> {
    match before(network, bytes, 0)? {
        Some(frame) if network == Network::Tecmp => ethernet(bytes, frame),
        Some(packet) => Ok(LinkHeader::at(Network::Ip, packet)),
        None => Ok(LinkHeader::at(Network::Other(0), 0)),
    }
}

/// Octets before what is carried; `None` where that is nothing that is read.
fn before(network: Network, data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    match network {
        Network::Tecmp => before_recorded_frame(data, at),
        Network::GeoNetworking => before_geocast_packet(data, at),
        Network::Roofnet => before_roofnet_packet(data, at),
        _ => Ok(None),
    }
}

/// Octets of TECMP's header and that of its first entry before a frame of Ethernet (ASAM CMP's
/// predecessor; Technica Engineering defines it): device, counter, version, kind of message, kind of
/// data, flags; then channel, time, length, flags. `None` where it carries anything else.
fn before_recorded_frame(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const ENTRY: usize = 12;
    const FRAME: usize = 28;
    /// To be logged, and to be sent.
    const WITH_DATA: [u8; 2] = [0x03, 0x0a];
    const ETHERNET: u16 = 0x0080;
    let kind = u8_at(data, at + 5).ok_or(Undecodable::Short)?;
    let carried = u16_at(data, at + 6).ok_or(Undecodable::Short)?;
    if !WITH_DATA.contains(&kind) || carried != ETHERNET {
        return Ok(None);
    }
    match u16_at(data, at + ENTRY + 12).ok_or(Undecodable::Short)? {
        0 => Ok(None),
        _ => Ok(Some(FRAME)),
    }
}

/// Octets before the IPv6 packet in a packet of `GeoNetworking` (ETSI EN 302 636-4-1 section 9.6): a
/// basic header, a common one, and one by the kind of addressing. `None` where it carries anything
/// else, or is secured.
fn before_geocast_packet(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const BASIC: usize = 4;
    const COMMON: usize = 8;
    const COMMON_FOLLOWS: u8 = 1;
    const IPV6: u8 = 3;
    let [basic] = array_at(data, at).ok_or(Undecodable::Short)?;
    let [carried, kind] = array_at(data, at + BASIC).ok_or(Undecodable::Short)?;
    if basic & 0x0f != COMMON_FOLLOWS || carried >> 4 != IPV6 {
        return Ok(None);
    }
    let addressing = match kind >> 4 {
        // A beacon, to one node, to any or all of an area, to all around.
        1 => 24,
        2 => 48,
        3 | 4 => 44,
        5 => 28,
        _ => return Ok(None),
    };
    Ok(Some(BASIC + COMMON + addressing))
}

/// Whether Roofnet has this EtherType.
const fn is_roofnet(kind: u16) -> bool {
    matches!(kind, 0x0641 | 0x0643..=0x0645)
}

/// Octets before the packet in one of Roofnet: a header, the first node, and as many links as that
/// tells, each with the node it leads to. `None` where it carries none. Its source is MIT's; there is no specification.
fn before_roofnet_packet(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const HEADER: usize = 20;
    const NODE: usize = 4;
    const LINK: usize = 20;
    let links = u8_at(data, at + 2).ok_or(Undecodable::Short)?;
    let octets = u16_at(data, at + 10).ok_or(Undecodable::Short)?;
    Ok((octets > 0).then(|| HEADER + NODE + LINK * usize::from(links)))
}
