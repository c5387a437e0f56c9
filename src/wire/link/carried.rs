//! EtherTypes whose frames carry what another EtherType could announce: networks of machines, storage and
//! radio, and of vendors.

use super::ether::ether_type as et;
use super::inside::Inside;
use super::{fibre_channel, infiniband};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// An EtherType, and where what it announces starts; `None` where nothing is known to follow.
pub(super) type Carried = Result<Option<(u16, usize)>, Undecodable>;

/// What a header of `kind` leads to that starts at `at`; `None` for a type that is not one of these.
pub(super) fn behind(kind: u16, data: &[u8], at: usize) -> Option<Carried> {
    let as_frame = |before: Result<Option<usize>, _>| as_type(et::BRIDGED, at, before);
    Some(match kind {
        et::FCOE | et::MDS | et::BOARDWALK | et::BOARDWALK_OLD => {
            fibre_channel::behind(kind, data, at)
        }
        et::RTMAC => tunnelled_by_rtmac(data, at),
        et::ROCE => match infiniband::behind_global_route(data, at) {
            Ok((Inside::EtherType(next), behind)) => Ok(Some((next, behind))),
            Ok((Inside::Frame(_), frame)) => Ok(Some((et::BRIDGED, frame))),
            Ok((Inside::Headerless(_) | Inside::Other(_), _)) => Ok(None),
            Err(why) => Err(why),
        },
        et::TELKONET => as_frame(before_telkonets_frame(data, at)),
        et::EXEH => Ok(Some((et::BRIDGED, at + EXEH_HEADER))),
        et::EXTREME_MESH => as_frame(in_extreme_mesh(data, at)),
        // A length and an octet of padding, then LLC.
        et::SNA => Ok(Some((et::JUMBO_LLC, at + 3))),
        et::WIMAX => as_type(et::IPV4, at, in_wimax_burst(data, at)),
        _ => return None,
    })
}

/// The same with the EtherType for what was found, from its octets before it.
fn as_type(kind: u16, at: usize, before: Result<Option<usize>, Undecodable>) -> Carried {
    Ok(before?.map(|before| (kind, at + before)))
}

/// The type of the frame that `RTmac` tunnels, which stands before version and flags.
fn tunnelled_by_rtmac(data: &[u8], at: usize) -> Carried {
    const HEADER: usize = 4;
    const VERSION: u8 = 2;
    const TUNNEL: u8 = 1;
    let [a, b, version, flags] = array_at(data, at).ok_or(Undecodable::Short)?;
    let is_tunnel = version == VERSION && flags & TUNNEL != 0;
    Ok(is_tunnel.then_some((u16::from_be_bytes([a, b]), at + HEADER)))
}

/// Octets before a frame that Telkonet's powerline tunnels; no document tells their meaning.
fn before_telkonets_frame(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const HEADER: usize = 8;
    const TUNNEL: u8 = 0x78;
    let kind = u8_at(data, at).ok_or(Undecodable::Short)?;
    Ok((kind == TUNNEL).then_some(HEADER))
}

/// Octets before a frame between the modules of Extreme's switches. No document tells their format; this
/// is what Wireshark found.
const EXEH_HEADER: usize = 38;

/// Octets before a frame in the mesh of Extreme's access points: version and what follows, which may be
/// a header with the ends of the way through the mesh.
fn in_extreme_mesh(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const HEADER: usize = 2;
    const ROUTED_HEADER: usize = 20;
    const ROUTED: u8 = 1;
    const ETHERNET: u8 = 2;
    let next = |place| u8_at(data, place + 1).ok_or(Undecodable::Short);
    Ok(match next(at)? {
        ETHERNET => Some(HEADER),
        ROUTED if next(at + HEADER)? == ETHERNET => Some(HEADER + ROUTED_HEADER),
        _ => None,
    })
}

/// Octets before the first packet in a burst of `WiMAX` (IEEE 802.16 section 6.3.2) that a base station's
/// two halves hand each other: number, count, and fields of type, length and value.
fn in_wimax_burst(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const HEADER: usize = 4;
    const FRAGMENT: u8 = 4;
    const BURST: u8 = 9;
    let fields = u16_at(data, at + 2).ok_or(Undecodable::Short)?;
    let mut place = at + HEADER;
    for _ in 0..fields {
        let kind = u8_at(data, place).ok_or(Undecodable::Short)?;
        let Some((octets, value)) = wimax_length(data, place + 1)? else {
            return Ok(None);
        };
        place = value;
        match kind {
            FRAGMENT if u8_at(data, place).ok_or(Undecodable::Short)? != 0 => return Ok(None),
            BURST => return Ok(in_wimax_frames(data, place, octets)?.map(|packet| packet - at)),
            _ => place += octets,
        }
    }
    Ok(None)
}

/// The length of a value and where that starts: seven bits, or as many octets of length as they tell.
fn wimax_length(data: &[u8], at: usize) -> Result<Option<(usize, usize)>, Undecodable> {
    const LONG: u8 = 0x80;
    const ONE: u8 = LONG | 1;
    const TWO: u8 = LONG | 2;
    let first = u8_at(data, at).ok_or(Undecodable::Short)?;
    Ok(match first {
        ONE => {
            let length = u8_at(data, at + 1).ok_or(Undecodable::Short)?;
            Some((length.into(), at + 2))
        }
        TWO => {
            let length = u16_at(data, at + 1).ok_or(Undecodable::Short)?;
            Some((length.into(), at + 3))
        }
        LONG.. => None,
        length => Some((length.into(), at + 1)),
    })
}

/// Where a packet starts in the first of these frames that is one in the clear: six octets, of which
/// some tell what else is in it, and how long it is.
fn in_wimax_frames(data: &[u8], at: usize, octets: usize) -> Result<Option<usize>, Undecodable> {
    const HEADER: usize = 6;
    /// Data in the clear, with nothing before them.
    const PLAIN: u8 = 0;
    let mut place = at;
    while place + HEADER < at + octets {
        let [first, high, low] = array_at(data, place).ok_or(Undecodable::Short)?;
        let length = usize::from(u16::from_be_bytes([high & 0x07, low]));
        if first == PLAIN {
            let version = u8_at(data, place + HEADER).ok_or(Undecodable::Short)? >> 4;
            if matches!(version, 4 | 6) {
                return Ok(Some(place + HEADER));
            }
        }
        if length < HEADER {
            break;
        }
        place += length;
    }
    Ok(None)
}
