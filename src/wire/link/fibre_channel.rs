//! Fibre Channel, and what carries its frames: Ethernet, and analysers of Cisco's MDS switches.

use super::carried::Carried;
use super::ether::ether_type as et;
use super::{LinkHeader, Network, Vlans, ether};
use crate::wire::Undecodable;
use crate::wire::bytes::{u8_at, u16_at};

/// What a frame leads to that starts at `at`.
pub(super) fn fibre_channel(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    match llc_of(data, at)? {
        Llc::At(llc) => ether::llc(data, Vlans::default(), llc),
        Llc::None { kind, behind } => Ok(LinkHeader::at(Network::Other(kind.into()), behind)),
    }
}

/// The LLC in a frame of Fibre Channel that this EtherType announces.
pub(super) fn behind(kind: u16, data: &[u8], at: usize) -> Carried {
    let header = match kind {
        // Version and start of frame.
        et::FCOE => 14,
        et::MDS => 16,
        // Start of frame and virtual fabric.
        _ => 2,
    };
    Ok(match llc_of(data, at + header)? {
        Llc::At(llc) => Some((et::JUMBO_LLC, llc)),
        Llc::None { .. } => None,
    })
}

/// What a frame holds.
enum Llc {
    /// LLC, at this place.
    At(usize),
    /// Another type of data, or a header that is not known.
    None { kind: u8, behind: usize },
}

/// Fibre Channel (FC-FS-3 section 9): 24 octets, perhaps a network header, and for IP LLC and SNAP
/// (RFC 4338 section 3), with which the first frame of a sequence begins.
fn llc_of(data: &[u8], at: usize) -> Result<Llc, Undecodable> {
    const IP: u8 = 5;
    const HEADER: usize = 24;
    const EXTENDED: u8 = 0x50;
    const ROUTING: u8 = 0xf0;
    const DEVICE_DATA: u8 = 0;
    const NETWORK: u8 = 0x20;
    const NETWORK_HEADER: usize = 16;
    let octet = |place| u8_at(data, place).ok_or(Undecodable::Short);
    let mut start = at;
    let first = octet(at)?;
    if first & 0xf0 == EXTENDED {
        // A virtual fabric's tag, or a header of routers between fabrics.
        start += match first {
            0x50 => 8,
            0x51 | 0x52 => 4,
            kind => return Ok(Llc::None { kind, behind: at }),
        };
        let again = octet(start)?;
        if again & 0xf0 == EXTENDED {
            return Ok(Llc::None {
                kind: again,
                behind: start,
            });
        }
    }
    let kind = octet(start + 8)?;
    let is_first = u16_at(data, start + 14).ok_or(Undecodable::Short)? == 0;
    let network = match octet(start + 13)? & NETWORK {
        0 => 0,
        _ => NETWORK_HEADER,
    };
    Ok(match kind {
        IP if octet(start)? & ROUTING == DEVICE_DATA && is_first => {
            Llc::At(start + HEADER + network)
        }
        kind => Llc::None {
            kind,
            behind: start + HEADER,
        },
    })
}
