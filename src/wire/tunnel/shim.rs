//! Headers between that of the link, or of a tunnel, and that of IP: what they are called, what
//! follows them, and where.

use super::TunnelKind;
use super::access;
use super::cluster;
use super::header::{ethernet, leads_to_ip};
use super::x25;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::defect::Limit;
use crate::wire::ip::Ip;
use crate::wire::link::{self, LinkHeader, Network, Vlans};

/// What a header leads to.
pub(super) type Step = Result<(TunnelKind, LinkHeader), Undecodable>;

/// The header that `network` announces, with which `bytes` begin; `None` where that is IP, or is
/// not known here.
pub(super) fn shim(network: Network, bytes: &[u8]) -> Option<Step> {
    Some(match network {
        Network::Mpls => mpls(bytes),
        Network::Pppoe => pppoe(bytes),
        Network::Nsh => nsh(bytes),
        Network::Trill => trill(bytes),
        Network::Batman => batman(bytes),
        Network::Tecmp => mobile(network, TunnelKind::Tecmp, bytes),
        Network::GeoNetworking => mobile(network, TunnelKind::GeoNetworking, bytes),
        Network::Roofnet => mobile(network, TunnelKind::Roofnet, bytes),
        Network::Lwapp => Ok(access::lwapp(bytes, 0)?),
        Network::Mint => Ok(access::mint(bytes, 4)?),
        Network::Tipc => Ok(cluster::tipc(bytes)?),
        Network::Ieee80211 => Ok((TunnelKind::Ieee80211, link::ieee802_11(bytes, 0)?)),
        Network::Ax25 => ax25(bytes),
        Network::X25 => x25::x25(bytes),
        Network::EtherCat => ethercat(bytes),
        Network::Llc => {
            link::llc(bytes, Vlans::default(), 0).map(|inside| (TunnelKind::Llc, inside))
        }
        Network::Bridged => bridged(bytes),
        Network::Multilink => multilink(bytes),
        Network::Multiplexed => multiplexed(bytes),
        Network::Ip
        | Network::Lowpan
        | Network::Ieee802154
        | Network::Compressed
        | Network::Encrypted(_)
        | Network::Headerless
        | Network::SndcpSegment { .. }
        | Network::Other(_) => return None,
    })
}

/// A label stack (RFC 3032) and what is behind it, which no field of it tells: IP by its version
/// nibble, or the Ethernet frame of a pseudowire (RFC 4448).
pub(super) fn mpls(bytes: &[u8]) -> Step {
    let stack = LabelStack::of(bytes).filter(|stack| stack.has_bottom);
    let LabelStack {
        label, octets: at, ..
    } = stack.ok_or(Undecodable::Short)?;
    // Whether a pseudowire has a control word is agreed on beforehand, not said in the packet.
    let inside = match bytes.get(at).ok_or(Undecodable::Short)? >> 4 {
        4 | 6 if Ip::parse(tail(bytes, at), Limit::Capture).is_ok() => {
            LinkHeader::at(Network::Ip, at)
        }
        1 if let Some(inside) = associated_channel(bytes, at) => inside,
        _ => [at + 4, at]
            .into_iter()
            .filter_map(|start| ethernet(bytes, start))
            .find(|inside| {
                matches!(inside.network, Network::Encrypted(_)) || leads_to_ip(bytes, inside)
            })
            .unwrap_or(LinkHeader::at(Network::Other(0), at)),
    };
    Ok((TunnelKind::Mpls { label }, inside))
}

/// The whole entries of a label stack.
pub(super) struct LabelStack {
    /// The innermost label of the path among them.
    pub(super) label: u32,
    pub(super) octets: usize,
    /// Whether the last of them is the bottom.
    pub(super) has_bottom: bool,
}

impl LabelStack {
    /// That with which `bytes` begin, as far as it is there.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        const BOTTOM: u32 = 1 << 8;
        /// What is behind it is no label of the path, but tells flows apart in it (RFC 6790 section
        /// 4.1).
        const ENTROPY_FOLLOWS: u32 = 7;
        let (mut of_path, mut before) = (None, 0);
        let mut stack = None;
        for at in (0..).step_by(4) {
            let Some(entry) = u32_at(bytes, at) else {
                break;
            };
            let label = entry >> 12;
            if before != ENTROPY_FOLLOWS && label != ENTROPY_FOLLOWS {
                of_path = Some(label);
            }
            let has_bottom = entry & BOTTOM != 0;
            stack = Some(Self {
                label: of_path.unwrap_or(label),
                octets: at + 4,
                has_bottom,
            });
            if has_bottom {
                break;
            }
            // Which may itself be any number, that of the indicator among them.
            before = if before == ENTROPY_FOLLOWS { 0 } else { label };
        }
        stack
    }
}

/// The packet of an associated channel (RFC 5586): by itself (RFC 4385 section 5), or in that of
/// management or signalling (RFC 5718 section 3).
fn associated_channel(bytes: &[u8], at: usize) -> Option<LinkHeader> {
    const HEADER: u16 = 0x1000;
    const MANAGEMENT: u16 = 0x0001;
    const SIGNALLING: u16 = 0x0002;
    const IPV4: u16 = 0x0021;
    const IPV6: u16 = 0x0057;
    let channel = u16_at(bytes, at + 2).filter(|_| u16_at(bytes, at) == Some(HEADER))?;
    let start = match channel {
        IPV4 | IPV6 => at + 4,
        MANAGEMENT | SIGNALLING if matches!(u16_at(bytes, at + 4)?, IPV4 | IPV6) => at + 6,
        _ => return None,
    };
    Some(LinkHeader::at(Network::Ip, start)).filter(|inside| leads_to_ip(bytes, inside))
}

/// A `PPPoE` session header (RFC 2516 section 4), then PPP.
pub(super) fn pppoe(bytes: &[u8]) -> Step {
    const HEADER: usize = 6;
    const VERSION_1_SESSION: u16 = 0x1100;
    let session = u16_at(bytes, 2).ok_or(Undecodable::Short)?;
    let inside = if u16_at(bytes, 0) == Some(VERSION_1_SESSION) {
        link::from_ppp_protocol(bytes, Vlans::default(), HEADER)?
    } else {
        LinkHeader::at(Network::Other(0), HEADER)
    };
    Ok((TunnelKind::Pppoe { session }, inside))
}

/// A network service header (RFC 8300 section 2): its length is in words, its last octet of the
/// first word tells what follows.
pub(super) fn nsh(bytes: &[u8]) -> Step {
    const FIXED: usize = 8;
    let [_, words, _, next] = array_at(bytes, 0).ok_or(Undecodable::Short)?;
    let length = usize::from(words & 0x3f) * 4;
    let path = u32_at(bytes, 4).ok_or(Undecodable::Short)? >> 8;
    if length < FIXED {
        return Err(Undecodable::Malformed);
    }
    let inside = match next {
        1 | 2 => LinkHeader::at(Network::Ip, length),
        3 => link::ethernet(bytes, length)?,
        4 => LinkHeader::at(Network::Nsh, length),
        5 => LinkHeader::at(Network::Mpls, length),
        other => LinkHeader::at(Network::Other(other.into()), length),
    };
    Ok((TunnelKind::Nsh { path }, inside))
}

/// TRILL (RFC 6325 section 3.1): options in words, two nicknames, then the frame.
fn trill(bytes: &[u8]) -> Step {
    const FIXED: usize = 6;
    let flags = u16_at(bytes, 0).ok_or(Undecodable::Short)?;
    if flags >> 14 != 0 {
        return Err(Undecodable::Malformed);
    }
    let options = usize::from(flags >> 6 & 0x1f) * 4;
    Ok((TunnelKind::Trill, link::ethernet(bytes, FIXED + options)?))
}

/// A header of networks on the move.
fn mobile(network: Network, kind: TunnelKind, bytes: &[u8]) -> Step {
    link::behind_mobile(network, bytes).map(|inside| (kind, inside))
}

/// B.A.T.M.A.N. advanced, whose versions 14 and 15 lay out what carries frames alike: behind type,
/// version and time to live.
fn batman(bytes: &[u8]) -> Step {
    const UNICAST: usize = 10;
    const UNICAST_OF: usize = 18;
    const BROADCAST: usize = 14;
    let [kind, version] = array_at(bytes, 0).ok_or(Undecodable::Short)?;
    let header = match (version, kind) {
        (14, 3) | (15, 0x40) => UNICAST,
        (14, 9) | (15, 0x42) => UNICAST_OF,
        (14, 4) | (15, 1) => BROADCAST,
        // Before version 11 no octet aligned them.
        (7..=10, 4) => 13,
        (5..=9, 3) => 9,
        _ => return Ok((TunnelKind::Batman, LinkHeader::at(Network::Other(0), 2))),
    };
    Ok((TunnelKind::Batman, link::ethernet(bytes, header)?))
}

/// AX.25 (version 2.2, section 3): addresses up to the one whose last bit is set, unnumbered
/// information, protocol identifier.
fn ax25(bytes: &[u8]) -> Step {
    const ADDRESS: usize = 7;
    const MOST_ADDRESSES: usize = 10;
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    const IP: u8 = 0xcc;
    let last =
        (1..=MOST_ADDRESSES).find(|n| u8_at(bytes, n * ADDRESS - 1).is_some_and(|o| o & 1 == 1));
    let control = last.ok_or(Undecodable::Malformed)? * ADDRESS;
    let network = match array_at(bytes, control).ok_or(Undecodable::Short)? {
        [UNNUMBERED_INFORMATION, IP] => Network::Ip,
        [_, protocol] => Network::Other(protocol.into()),
    };
    Ok((TunnelKind::Ax25, LinkHeader::at(network, control + 2)))
}

/// `EtherCAT`, and the first frame in it.
fn ethercat(bytes: &[u8]) -> Step {
    let inside = match link::in_ethercat(bytes)? {
        Some(start) => link::ethernet(bytes, start)?,
        None => LinkHeader::at(Network::Other(0), link::ethercat::HEADER),
    };
    Ok((TunnelKind::EtherCat, inside))
}

/// RFC 3518 section 4.2: flags, type of media access control, perhaps what tells the LAN and
/// control of the frame, and the frame.
fn bridged(bytes: &[u8]) -> Step {
    const LAN_IDENTIFIER: u8 = 0x40;
    const ETHERNET: u8 = 1;
    let [flags, media] = array_at(bytes, 0).ok_or(Undecodable::Short)?;
    let start = 2 + if flags & LAN_IDENTIFIER == 0 { 0 } else { 4 };
    let inside = match media {
        ETHERNET => link::ethernet(bytes, start)?,
        other => LinkHeader::at(Network::Other(other.into()), start),
    };
    Ok((TunnelKind::PppBridged, inside))
}

/// RFC 1990 section 3: whether the fragment begins and ends a packet, and a sequence number of 24
/// or 12 bits, as agreed on. What does not begin one leads nowhere.
fn multilink(bytes: &[u8]) -> Step {
    u8_at(bytes, 0).ok_or(Undecodable::Short)?;
    let inside = begins_packet(bytes)
        .then(|| behind_multilink(bytes))
        .flatten();
    let nowhere = LinkHeader::at(Network::Other(0), 4);
    let inside = inside.map_or(nowhere, |(_, inside)| inside);
    Ok((TunnelKind::PppMultilink, inside))
}

/// Whether a packet begins with this fragment of PPP multilink.
pub(super) fn begins_packet(bytes: &[u8]) -> bool {
    const BEGINS: u8 = 0x80;
    u8_at(bytes, 0).is_some_and(|flags| flags & BEGINS != 0)
}

/// What a first fragment leads to, and how long the header before that is.
fn behind_multilink(bytes: &[u8]) -> Option<(usize, LinkHeader)> {
    const RESERVED: u8 = 0x3f;
    let flags = u8_at(bytes, 0)?;
    [4, 2]
        .into_iter()
        .filter(|&length| length == 2 || flags & RESERVED == 0)
        .filter_map(|length| Some((length, link::ppp(bytes, length).ok()?)))
        .find(|(_, inside)| {
            inside.network != Network::Ip && !matches!(inside.network, Network::Other(_))
                || leads_to_ip(bytes, inside)
        })
}

/// Octets of the header of a first fragment, as far as it tells.
pub(in crate::wire) fn multilink_header(bytes: &[u8]) -> Option<usize> {
    behind_multilink(bytes).map(|(length, _)| length)
}

/// RFC 3153 section 1.3: each packet behind its length, and its protocol where that is another
/// than the one before. Of several the first is read.
fn multiplexed(bytes: &[u8]) -> Step {
    const PROTOCOL: u8 = 0x80;
    const LONG: u8 = 0x40;
    let first = u8_at(bytes, 0).ok_or(Undecodable::Short)?;
    let start = if first & LONG == 0 { 1 } else { 2 };
    let inside = if first & PROTOCOL == 0 {
        LinkHeader::at(Network::Other(0), start)
    } else {
        link::from_ppp_protocol(bytes, Vlans::default(), start)?
    };
    Ok((TunnelKind::PppMultiplexed, inside))
}
