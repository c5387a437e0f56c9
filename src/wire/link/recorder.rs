//! Headers that recorders put before the frames of other links: firewalls, probes, data paths in
//! software.

use super::ether;
use super::inside::Inside;
use super::{LinkHeader, Network, Vlans, lap, linktype as lt};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};

/// Symantec's firewalls: an EtherType in 44 octets, or further behind in 56.
pub(super) fn symantec(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let earlier = u16_at(data, at + 6).ok_or(Undecodable::Short)?;
    let later = u16_at(data, at + 10).ok_or(Undecodable::Short)?;
    match (earlier, later) {
        (kind, 0) => ether::follow(data, Vlans::default(), kind, at + 44),
        (0, kind) => ether::follow(data, Vlans::default(), kind, at + 56),
        _ => Err(Undecodable::Malformed),
    }
}

/// Elektrobit's recorders: 32 octets, of which the first tells the bus.
pub(super) fn elektrobit(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const HEADER: usize = 32;
    const ETHERNET: u8 = 0x50;
    let inside = match u8_at(data, at).ok_or(Undecodable::Short)? {
        ETHERNET => Inside::Frame(lt::ETHERNET),
        other => Inside::Other(other.into()),
    };
    Ok((inside, at + HEADER))
}

/// SITA's recorders: flags, signals and errors, then which protocol.
pub(super) fn sita(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const PROTOCOL: usize = 4;
    const LAPB: u8 = 1;
    const FRAME_RELAY: u8 = 18;
    let inside = match u8_at(data, at + PROTOCOL).ok_or(Undecodable::Short)? {
        LAPB => {
            let header = lap::lapb(data, at + PROTOCOL + 1)?;
            let inside = match header.network {
                Network::Other(control) => Inside::Other(control),
                _ => Inside::EtherType(ether::ether_type::X25),
            };
            return Ok((inside, header.offset));
        }
        FRAME_RELAY => Inside::Frame(lt::FRELAY),
        other => Inside::Other(other.into()),
    };
    Ok((inside, at + PROTOCOL + 1))
}

/// The trace of VPP: version, count of texts, hint at the protocol, buffer, the texts, the packet.
pub(super) fn vpp(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const VERSION: u8 = 1;
    const FIXED: usize = 8;
    let [version, _, texts, hint] = array_at(data, at).ok_or(Undecodable::Short)?;
    if version != VERSION {
        return Err(Undecodable::Malformed);
    }
    let mut behind = at + FIXED;
    // A trace is the fifth text, where there is one.
    for _ in 0..if texts > 4 { 5 } else { 4 } {
        let text = tail(data, behind);
        let end = text.iter().position(|octet| *octet == 0);
        behind += end.ok_or(Undecodable::Short)? + 1;
    }
    let first = u8_at(data, behind).ok_or(Undecodable::Short)?;
    let inside = match (hint, first) {
        (2 | 3, _) | (0, 0x45 | 0x60) => Inside::Frame(lt::RAW),
        (0 | 1, _) => Inside::Frame(lt::ETHERNET),
        (other, _) => Inside::Other(other.into()),
    };
    Ok((inside, behind))
}

/// Redback's `SmartEdge`: context, flags and circuit, a length, then the protocol and where the data
/// and the packet in them start. What lies between is the header of Ethernet.
pub(super) fn redback(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const PROTOCOL: usize = 18;
    /// Octets before a frame that is bridged.
    const BEFORE_BRIDGED: usize = 4;
    let header: [u8; 6] = array_at(data, at + PROTOCOL).ok_or(Undecodable::Short)?;
    let [protocol, start, packet] =
        [0, 2, 4].map(|n| u16::from_be_bytes([header[n], header[n + 1]]));
    let inside = match protocol {
        3 | 4 | 6 | 8 => Inside::Frame(lt::ETHERNET),
        1 | 2 | 9 if start < packet => Inside::Frame(lt::ETHERNET),
        1 | 9 => Inside::Frame(lt::RAW),
        other => Inside::Other(other),
    };
    let before = if protocol == 6 { BEFORE_BRIDGED } else { 0 };
    Ok((inside, at + usize::from(start) + before))
}

/// TZSP: version, type, what the frame is, then fields of a tag and a length up to an end.
pub(super) fn tzsp(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const PADDING: u8 = 0;
    const END: u8 = 1;
    /// Received, and to be sent.
    const WITH_FRAME: [u8; 2] = [0, 1];
    let [_, kind, high, low] = array_at(data, at).ok_or(Undecodable::Short)?;
    let mut field = at + 4;
    if !WITH_FRAME.contains(&kind) {
        return Ok((Inside::Other(kind.into()), field));
    }
    loop {
        match u8_at(data, field).ok_or(Undecodable::Short)? {
            PADDING => field += 1,
            END => break,
            _ => {
                let length = u8_at(data, field + 1).ok_or(Undecodable::Short)?;
                field += 2 + usize::from(length);
            }
        }
    }
    let link = match u16::from_be_bytes([high, low]) {
        1 => lt::ETHERNET,
        2 => lt::IEEE802_5,
        4 => lt::PPP,
        5 => lt::FDDI,
        // SLIP, which is nothing but IP, and IP.
        3 | 7 => lt::RAW,
        18 => lt::IEEE802_11,
        119 => lt::IEEE802_11_PRISM,
        126 => lt::IEEE802_11_RADIOTAP,
        127 => lt::IEEE802_11_AVS,
        other => return Ok((Inside::Other(other), field + 1)),
    };
    Ok((Inside::Frame(link), field + 1))
}

/// Endace's extensible record format: time stamp, type, flags, lengths, then extension headers of
/// 8 octets as long as the first bit of one tells that another follows.
pub(super) fn erf(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const TYPE: usize = 8;
    const HEADER: usize = 16;
    const MORE: u8 = 0x80;
    /// What the types of several channels add.
    const CHANNEL: usize = 4;
    /// A cell's header, before the packet that cells were put together to.
    const CELL: usize = 4;
    let kind = u8_at(data, at + TYPE).ok_or(Undecodable::Short)?;
    let (mut behind, mut more) = (at + HEADER, kind & MORE != 0);
    while more {
        more = u8_at(data, behind).ok_or(Undecodable::Short)? & MORE != 0;
        behind += 8;
    }
    let (link, before) = match kind & !MORE {
        // HDLC over SONET, also where a colour takes the place of the loss counter.
        1 | 10 | 15 | 19 => (lt::PPP_HDLC, 0),
        5 | 17 => (lt::PPP_HDLC, CHANNEL),
        4 => (lt::ATM_RFC1483, CELL),
        9 => (lt::ATM_RFC1483, CHANNEL + CELL),
        // Ethernet behind an offset and padding.
        2 | 11 | 16 | 20 => (lt::ETHERNET, 2),
        21 => (lt::INFINIBAND, 0),
        22 | 23 => (lt::RAW, 0),
        other => return Ok((Inside::Other(other.into()), behind)),
    };
    Ok((Inside::Frame(link), behind + before))
}
