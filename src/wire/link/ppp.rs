//! PPP (RFC 1661, RFC 1662), Cisco HDLC, Frame Relay (RFC 2427).

use super::tag::FrameRelay;
use super::{LinkHeader, Network, Vlans, ether};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// Address and control octets of HDLC framing (RFC 1662 section 3.1).
const ALL_STATIONS: [u8; 2] = [0xff, 0x03];

/// PPP at `at`, with or without address and control.
pub(in crate::wire) fn ppp(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    ppp_in(data, Vlans::default(), at)
}

/// The same in a frame with these tags.
pub(super) fn ppp_in(data: &[u8], vlans: Vlans, at: usize) -> Result<LinkHeader, Undecodable> {
    let framed = array_at(data, at) == Some(ALL_STATIONS);
    let at = if framed { at + 2 } else { at };
    from_ppp_protocol(data, vlans, at)
}

/// PPP in HDLC framing; Cisco's HDLC has other addresses.
pub(in crate::wire) fn ppp_or_hdlc(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    if is_cisco(data, at) {
        c_hdlc(data, at)
    } else {
        ppp(data, at)
    }
}

/// Whether the address is one of Cisco HDLC's.
pub(super) fn is_cisco(data: &[u8], at: usize) -> bool {
    const UNICAST: u8 = 0x0f;
    const MULTICAST: u8 = 0x8f;
    matches!(u8_at(data, at), Some(UNICAST | MULTICAST))
}

/// PPP behind an octet of direction. Where that takes the address's place, control follows it.
pub(super) fn behind_direction(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    if u8_at(data, at + 1) == Some(ALL_STATIONS[1]) {
        return from_ppp_protocol(data, Vlans::default(), at + 2);
    }
    ppp(data, at + 1)
}

/// From a PPP protocol field at `at` on; it may be compressed to one octet (RFC 1661 section 6.5).
pub(in crate::wire) fn from_ppp_protocol(
    data: &[u8],
    vlans: Vlans,
    at: usize,
) -> Result<LinkHeader, Undecodable> {
    const IPV4: u16 = 0x0021;
    const IPV6: u16 = 0x0057;
    const OSI: u16 = 0x0023; // RFC 1377
    const BRIDGING: u16 = 0x0031; // RFC 3518
    const MULTILINK: u16 = 0x003d; // RFC 1990
    const LLC: u16 = 0x004b; // RFC 2043
    const MULTIPLEXED: u16 = 0x0059; // RFC 3153
    /// No protocols of PPP, but `EtherTypes` that stand in their place.
    const TYPE_IPV4: u16 = ether::ether_type::IPV4;
    const TYPE_IPV6: u16 = ether::ether_type::IPV6;
    const MPLS: u16 = 0x0281; // RFC 3032 section 4.3
    const MPLS_MULTICAST: u16 = 0x0283;
    let first = u8_at(data, at).ok_or(Undecodable::Short)?;
    let (protocol, offset) = if first & 1 == 1 {
        (u16::from(first), at + 1)
    } else {
        (u16_at(data, at).ok_or(Undecodable::Short)?, at + 2)
    };
    if protocol == OSI
        && let Some(ether::NLPID_IPV4 | ether::NLPID_IPV6) = u8_at(data, offset)
    {
        return Ok(LinkHeader {
            vlans,
            ..LinkHeader::at(Network::Ip, offset + 1)
        });
    }
    let network = match protocol {
        IPV4 | IPV6 | TYPE_IPV4 | TYPE_IPV6 => Network::Ip,
        BRIDGING => Network::Bridged,
        MULTILINK => Network::Multilink,
        LLC => Network::Llc,
        MULTIPLEXED => Network::Multiplexed,
        MPLS | MPLS_MULTICAST => Network::Mpls,
        other => Network::Other(other),
    };
    Ok(LinkHeader {
        vlans,
        ..LinkHeader::at(network, offset)
    })
}

/// Cisco HDLC: address, control, EtherType.
pub(super) fn c_hdlc(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    match u16_at(data, at + 2).ok_or(Undecodable::Short)? {
        small @ ..=ether::ether_type::MAX_LENGTH => {
            Ok(LinkHeader::at(Network::Other(small), at + 4))
        }
        _ => ether::from_ether_type(data, Vlans::default(), at + 2),
    }
}

/// Frame Relay: a Q.922 address of two to four octets, then control and NLPID (RFC 2427 section 3)
/// or Cisco's EtherType.
pub(super) fn frame_relay(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let Some(address) = FrameRelay::parse(data, at) else {
        // One of four octets may be cut.
        let is_cut = data.len() < at + 4;
        return Err(if is_cut {
            Undecodable::Short
        } else {
            Undecodable::Malformed
        });
    };
    control_and_nlpid(data, at + address.octets)
}

/// What follows the address of Frame Relay.
pub(super) fn control_and_nlpid(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    let mut behind = at;
    if u8_at(data, behind).ok_or(Undecodable::Short)? != UNNUMBERED_INFORMATION {
        return match u16_at(data, behind).ok_or(Undecodable::Short)? {
            small @ ..=ether::ether_type::MAX_LENGTH => {
                Ok(LinkHeader::at(Network::Other(small), behind + 2))
            }
            _ => ether::from_ether_type(data, Vlans::default(), behind),
        };
    }
    behind += 1;
    // An octet of padding may align what follows.
    if u8_at(data, behind) == Some(0) {
        behind += 1;
    }
    let nlpid = u8_at(data, behind).ok_or(Undecodable::Short)?;
    behind += 1;
    match nlpid {
        0xcc | 0x8e => Ok(LinkHeader::at(Network::Ip, behind)),
        0xcf => from_ppp_protocol(data, Vlans::default(), behind),
        0x80 => snap(data, behind),
        other => Ok(LinkHeader::at(Network::Other(u16::from(other)), behind)),
    }
}

/// Multilink Frame Relay (FRF.16.1 section 2.1): two octets of flags and sequence number. Only a
/// frame that is not in fragments leads on.
pub(super) fn multilink_frame_relay(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const WHOLE: u8 = 0xc0;
    const CONTROL: u8 = 0x20;
    match u8_at(data, at).ok_or(Undecodable::Short)? & (WHOLE | CONTROL) {
        WHOLE => frame_relay(data, at + 2),
        _ => Ok(LinkHeader::at(Network::Other(0), at + 2)),
    }
}

/// SNAP without LLC before it: OUI and EtherType.
fn snap(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let oui: [u8; 3] = array_at(data, at).ok_or(Undecodable::Short)?;
    match u16_at(data, at + 3).ok_or(Undecodable::Short)? {
        kind if oui == [0; 3] && kind > ether::ether_type::MAX_LENGTH => {
            ether::from_ether_type(data, Vlans::default(), at + 3)
        }
        0x0001 | 0x0007 if oui == [0, 0x80, 0xc2] => ether::bridged(data, Vlans::default(), at + 5),
        // An octet of padding stands before what is bridged.
        other if oui == [0, 0x80, 0xc2] => match ether::llc_of_bridged(data, other, at + 5 - 2)? {
            Some(llc) => ether::llc(data, Vlans::default(), llc),
            None => Ok(LinkHeader::at(Network::Other(other), at + 5)),
        },
        other => Ok(LinkHeader::at(Network::Other(other), at + 5)),
    }
}
