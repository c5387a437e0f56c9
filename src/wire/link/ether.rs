//! Ethernet (IEEE 802.3), VLAN tags (802.1Q), LLC (802.2) and SNAP.

use super::tag::SecTag;
use super::{FrameForm, LinkHeader, Network, Vlans, carried, lap, mobile};
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::{Encryption, Undecodable};

#[cfg(test)]
mod tests;

/// EtherTypes (IEEE registry) that lead on.
pub(super) mod ether_type {
    use etherparse::ether_type;

    pub(in crate::wire::link) const IPV4: u16 = ether_type::IPV4.0;
    pub(in crate::wire::link) const IPV6: u16 = ether_type::IPV6.0;
    pub(in crate::wire::link) const VLAN: u16 = ether_type::VLAN_TAGGED_FRAME.0;
    pub(in crate::wire::link) const PROVIDER_BRIDGING: u16 = ether_type::PROVIDER_BRIDGING.0;
    pub(in crate::wire::link) const QINQ_OLD: u16 = ether_type::VLAN_DOUBLE_TAGGED_FRAME.0;
    pub(in crate::wire::link) const QINQ_OLDER: u16 = 0x9200;
    pub(in crate::wire::link) const BACKBONE_BRIDGING: u16 = 0x88e7;
    pub(in crate::wire::link) const MPLS: u16 = 0x8847;
    pub(in crate::wire::link) const MPLS_MULTICAST: u16 = 0x8848;
    pub(in crate::wire::link) const PPP: u16 = 0x880b;
    pub(in crate::wire::link) const PPPOE_SESSION: u16 = 0x8864;
    /// Cisco metadata: 6 octets.
    pub(in crate::wire) const CISCO_METADATA: u16 = 0x8909;
    /// Cisco FabricPath: forwarding tag and TTL, then the whole customer frame.
    pub(in crate::wire::link) const FABRIC_PATH: u16 = 0x8903;
    /// Bridge port extension (IEEE 802.1BR) as Cisco had it first: 4 octets.
    pub(in crate::wire::link) const VN_TAG: u16 = 0x8926;
    /// `MACsec` (IEEE 802.1AE).
    pub(in crate::wire::link) const MACSEC: u16 = ether_type::MACSEC.0;
    /// Port extension (IEEE 802.1BR): 6 octets.
    pub(in crate::wire::link) const E_TAG: u16 = 0x893f;
    /// High-availability seamless redundancy (IEC 62439-3): path, size and sequence number.
    pub(in crate::wire::link) const HSR: u16 = 0x892f;
    /// Redundancy tag (IEEE 802.1CB): 2 octets that are reserved, sequence number.
    pub(in crate::wire::link) const R_TAG: u16 = 0xf1c1;
    /// What a Gigamon visibility node adds: its first octet is its length.
    pub(in crate::wire::link) const GIGAMON: u16 = 0x22e5;
    /// A frame of LLC whose length needs no field (draft-ietf-isis-ext-eth-01).
    pub(in crate::wire::link) const JUMBO_LLC: u16 = 0x8870;
    /// 6LoWPAN (RFC 7973).
    pub(in crate::wire) const LOWPAN: u16 = 0xa0ed;
    /// A frame of IEEE 802.15.4.
    pub(in crate::wire::link) const IEEE802_15_4: u16 = 0x809a;
    /// Transparent bridging: a whole frame.
    pub(in crate::wire::link) const BRIDGED: u16 = 0x6558;
    /// Fibre Channel over Ethernet (FC-BB-5).
    pub(in crate::wire::link) const FCOE: u16 = 0x8906;
    /// The media access control of `RTnet`, which may carry frames of other types.
    pub(in crate::wire::link) const RTMAC: u16 = 0x9021;
    /// TRILL (RFC 6325).
    pub(in crate::wire::link) const TRILL: u16 = 0x22f3;
    /// B.A.T.M.A.N. advanced.
    pub(in crate::wire::link) const BATMAN: u16 = 0x4305;
    /// LWAPP (RFC 5412), and what it took before that was assigned.
    pub(in crate::wire::link) const LWAPP: u16 = 0x88bb;
    pub(in crate::wire::link) const LWAPP_OLD: u16 = 0xbbbb;
    /// `InfiniBand` over Ethernet (`RoCE`), from the global routing header on.
    pub(in crate::wire::link) const ROCE: u16 = 0x8915;
    /// `MiNT` of Symbol, Motorola and Extreme.
    pub(in crate::wire::link) const MINT: u16 = 0x8783;
    /// TIPC, between the nodes of a cluster.
    pub(in crate::wire::link) const TIPC: u16 = 0x88ca;
    /// Packets of X.25.
    pub(in crate::wire::link) const X25: u16 = 0x0805;
    /// A frame of 802.11 as Intel's Centrino gives it away.
    pub(in crate::wire::link) const CENTRINO: u16 = 0x2452;
    /// AX.25 behind a length, of the packet radio program BPQ.
    pub(in crate::wire::link) const BPQ: u16 = 0x08ff;
    /// Network service header (RFC 8300).
    pub(in crate::wire::link) const NSH: u16 = 0x894f;
    /// Arista's vendor header, which timestamps frames.
    pub(in crate::wire::link) const ARISTA: u16 = 0xd28b;
    /// TECMP, of recorders in vehicles.
    pub(in crate::wire::link) const TECMP: u16 = 0x99fe;
    /// Fibre Channel as the analyser of Cisco's MDS switches sends it, and as their port adapter does,
    /// which took another type before.
    pub(in crate::wire::link) const MDS: u16 = 0xfcfc;
    pub(in crate::wire::link) const BOARDWALK: u16 = 0x88ae;
    pub(in crate::wire::link) const BOARDWALK_OLD: u16 = 0xabcd;
    /// `EtherCAT` (IEC 61158-4-12).
    pub(in crate::wire::link) const ETHERCAT: u16 = 0x88a4;
    /// SNA over Ethernet: LLC behind a length.
    pub(in crate::wire::link) const SNA: u16 = 0x80d5;
    /// `WiMAX` between the parts of a base station.
    pub(in crate::wire::link) const WIMAX: u16 = 0x08f0;
    /// Telkonet's powerline.
    pub(in crate::wire::link) const TELKONET: u16 = 0x88a1;
    /// What Extreme's switches put before frames between their modules, and its access points in a mesh.
    pub(in crate::wire::link) const EXEH: u16 = 0xe555;
    pub(in crate::wire::link) const EXTREME_MESH: u16 = 0x88a9;
    /// `GeoNetworking` (ETSI EN 302 636-4-1).
    pub(in crate::wire::link) const GEO_NETWORKING: u16 = 0x8947;
    /// The largest value that is a length.
    pub(in crate::wire::link) const MAX_LENGTH: u16 = 1500;
}

/// Whether an EtherType announces a VLAN tag.
pub(super) const fn is_vlan(kind: u16) -> bool {
    matches!(
        kind,
        ether_type::VLAN
            | ether_type::PROVIDER_BRIDGING
            | ether_type::QINQ_OLD
            | ether_type::QINQ_OLDER
    )
}

/// The header of an Ethernet frame that has no tags and carries IP.
#[inline]
pub(in crate::wire) fn untagged_ip(data: &[u8]) -> Option<LinkHeader> {
    matches!(u16_at(data, 12), Some(ether_type::IPV4 | ether_type::IPV6))
        .then_some(LinkHeader::at(Network::Ip, 14))
}

/// Ethernet, its destination address at `at`.
pub(in crate::wire) fn ethernet(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    if is_isl(data, at) {
        return isl(data, at);
    }
    from_ether_type(data, Vlans::default(), at + 12)
        .map(|header| header.in_frame(FrameForm::Ethernet, at))
}

/// Whether the frame goes where those of Cisco's inter-switch link do, behind which is its SNAP.
fn is_isl(data: &[u8], at: usize) -> bool {
    array_at(data, at) == Some([0x01, 0x00, 0x0c, 0x00, 0x00])
        && array_at(data, at + 14) == Some([0xaa, 0xaa, 0x03])
}

/// Cisco's inter-switch link: 26 octets, the VLAN among them, then the whole frame.
fn isl(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let mut vlans = Vlans::default();
    vlans.push(u16_at(data, at + 20).ok_or(Undecodable::Short)? >> 1);
    let frame = at + 26;
    from_ether_type(data, vlans, frame + 12)
        .map(|header| header.in_frame(FrameForm::Ethernet, frame))
}

/// From a type (or length) field at `at` on.
pub(super) fn from_ether_type(
    data: &[u8],
    vlans: Vlans,
    at: usize,
) -> Result<LinkHeader, Undecodable> {
    let kind = u16_at(data, at).ok_or(Undecodable::Short)?;
    follow(data, vlans, kind, at + 2)
}

/// From what a type (or length) field holds; the octets it announces start at `at`.
pub(in crate::wire) fn follow(
    data: &[u8],
    mut vlans: Vlans,
    mut kind: u16,
    mut at: usize,
) -> Result<LinkHeader, Undecodable> {
    // Where the innermost frame in this one starts.
    let mut frame = None;
    let mut check = 0;
    let network = loop {
        // Octets before the next type field.
        let skip = match kind {
            ether_type::IPV4 | ether_type::IPV6 => break Network::Ip,
            ether_type::MPLS | ether_type::MPLS_MULTICAST => break Network::Mpls,
            ether_type::PPPOE_SESSION => break Network::Pppoe,
            ether_type::PPP => return super::ppp::ppp_in(data, vlans, at),
            // What LLC leads to is read in this loop: it could nest without end.
            ..=ether_type::MAX_LENGTH | ether_type::JUMBO_LLC => match behind_llc(data, vlans, at)?
            {
                BehindLlc::Type(next) => next - at,
                BehindLlc::Frame(next) => {
                    frame = Some(next);
                    next + 12 - at
                }
                BehindLlc::Llc(next) => {
                    (kind, at) = (ether_type::JUMBO_LLC, next);
                    continue;
                }
                BehindLlc::Header(header) => return Ok(in_ethernet(header, frame)),
            },
            ether_type::NSH => break Network::Nsh,
            ether_type::TRILL => break Network::Trill,
            ether_type::BATMAN => break Network::Batman,
            ether_type::LWAPP | ether_type::LWAPP_OLD => break Network::Lwapp,
            ether_type::MINT => break Network::Mint,
            ether_type::TIPC => break Network::Tipc,
            ether_type::X25 => break Network::X25,
            ether_type::ETHERCAT => break Network::EtherCat,
            ether_type::CENTRINO => break Network::Ieee80211,
            ether_type::BPQ => {
                at += 2;
                break Network::Ax25;
            }
            ether_type::FABRIC_PATH => {
                frame = Some(at + 2);
                14
            }
            ether_type::BRIDGED => {
                frame = Some(at);
                12
            }
            ether_type::VN_TAG | ether_type::HSR | ether_type::R_TAG => 4,
            ether_type::CISCO_METADATA | ether_type::E_TAG => 6,
            ether_type::MACSEC | ether_type::ARISTA | ether_type::GIGAMON => {
                match skipped_header(kind, data, at)? {
                    Some(skip) => {
                        if kind == ether_type::MACSEC {
                            check = SecTag::CHECK_VALUE.saturating_add(check);
                        }
                        skip
                    }
                    None => break Network::Other(kind),
                }
            }
            // I-TAG, then the customer's addresses (IEEE 802.1ah).
            ether_type::BACKBONE_BRIDGING => {
                frame = Some(at + 4);
                16
            }
            kind if is_vlan(kind) => {
                vlans.push(u16_at(data, at).ok_or(Undecodable::Short)?);
                2
            }
            ether_type::LOWPAN => break Network::Lowpan,
            ether_type::IEEE802_15_4 => break Network::Ieee802154,
            other => match carried::behind(other, data, at).transpose()?.flatten() {
                Some(next) => {
                    (kind, at) = next;
                    continue;
                }
                None => break mobile::carrier(other, data, at)?.unwrap_or(Network::Other(other)),
            },
        };
        kind = u16_at(data, at + skip).ok_or(Undecodable::Short)?;
        at += skip + 2;
    };
    let header = LinkHeader {
        vlans,
        check,
        ..LinkHeader::at(network, at)
    };
    Ok(in_ethernet(header, frame))
}

/// The header of what is in a frame that starts at `frame`, if it is in one.
fn in_ethernet(header: LinkHeader, frame: Option<usize>) -> LinkHeader {
    match frame {
        Some(at) => header.in_frame(FrameForm::Ethernet, at),
        None => header,
    }
}

/// Length of a header at `at` with an EtherType behind it; `None` where that is not to be had.
fn skipped_header(kind: u16, data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const TIMESTAMP: u16 = 1;
    if kind == ether_type::MACSEC {
        // Only what is integrity-protected alone stands there in the clear (section 9.5).
        let control = u8_at(data, at).ok_or(Undecodable::Short)?;
        if control & SecTag::ENCRYPTED != 0 {
            return Err(Undecodable::Encrypted(Encryption::MacSec));
        }
        if control & SecTag::CHANGED != 0 {
            return Ok(None);
        }
        let tag = SecTag::parse(data, at).ok_or(Undecodable::Short)?;
        return Ok(Some(tag.octets()));
    }
    if kind == ether_type::GIGAMON {
        return match u8_at(data, at).ok_or(Undecodable::Short)? {
            0 => Ok(None),
            length => Ok(Some(length.into())),
        };
    }
    let [a, b, _, format] = array_at(data, at).ok_or(Undecodable::Short)?;
    Ok(match (u16::from_be_bytes([a, b]), format) {
        (TIMESTAMP, 0x10) => Some(4 + 8),
        (TIMESTAMP, 0x20) => Some(4 + 6),
        _ => None,
    })
}

/// Identifiers of network layer protocols (ISO/IEC TR 9577).
pub(in crate::wire) const NLPID_IPV4: u8 = 0xcc;
pub(in crate::wire) const NLPID_IPV6: u8 = 0x8e;

/// Whether a type is one of those that bridged frames have most.
const fn is_frequent(kind: u16) -> bool {
    const ARP: u16 = 0x0806;
    matches!(kind, ether_type::IPV4 | ether_type::IPV6 | ARP) || is_vlan(kind)
}

/// What an LLC header leads to.
enum BehindLlc {
    /// A type field, at this place.
    Type(usize),
    /// An Ethernet frame, at this place.
    Frame(usize),
    /// Another LLC header, at this place.
    Llc(usize),
    /// Something else.
    Header(LinkHeader),
}

/// An LLC header at `at`, perhaps with SNAP.
pub(in crate::wire) fn llc(
    data: &[u8],
    vlans: Vlans,
    at: usize,
) -> Result<LinkHeader, Undecodable> {
    match behind_llc(data, vlans, at)? {
        BehindLlc::Type(next) => from_ether_type(data, vlans, next),
        BehindLlc::Frame(next) => from_ether_type(data, vlans, next + 12)
            .map(|header| header.in_frame(FrameForm::Ethernet, next)),
        BehindLlc::Llc(next) => follow(data, vlans, ether_type::JUMBO_LLC, next),
        BehindLlc::Header(header) => Ok(header),
    }
}

fn behind_llc(data: &[u8], vlans: Vlans, at: usize) -> Result<BehindLlc, Undecodable> {
    const SNAP: u8 = 0xaa;
    const IP: u8 = 0x06;
    const ISO: u8 = 0xfe;
    const THREE_COM: u8 = 0x80;
    const X25: u8 = 0x7e;
    const APPLE: [u8; 3] = [0x00, 0x17, 0xf2];
    const WIRELESS_DIRECT: u16 = 0x0800;
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    let header = |network, offset| {
        Ok(BehindLlc::Header(LinkHeader {
            vlans,
            ..LinkHeader::at(network, offset)
        }))
    };
    let other = |kind| header(Network::Other(kind), at);
    let [dsap, ssap, control] = array_at(data, at).ok_or(Undecodable::Short)?;
    let saps = u16::from_be_bytes([dsap, ssap]);
    match (dsap, ssap) {
        (SNAP, SNAP) if control == UNNUMBERED_INFORMATION => {
            let oui: [u8; 3] = array_at(data, at + 3).ok_or(Undecodable::Short)?;
            let kind = u16_at(data, at + 6).ok_or(Undecodable::Short)?;
            match oui {
                // RFC 1042, and the bridge tunnel encapsulation of IEEE 802.1H.
                [0, 0, 0 | 0xf8] if kind > ether_type::MAX_LENGTH => Ok(BehindLlc::Type(at + 6)),
                // Bridged Ethernet, with and without its check sequence (RFC 2684 section 5.2), and
                // with the padding that it has over ATM, or not.
                [0, 0x80, 0xc2] if matches!(kind, 0x0001 | 0x0007) => {
                    let start = if u16_at(data, at + 8 + 2 + 12).is_some_and(is_frequent) {
                        at + 8 + 2
                    } else {
                        at + 8
                    };
                    match u16_at(data, start + 12).ok_or(Undecodable::Short)? {
                        length @ ..=ether_type::MAX_LENGTH => {
                            header(Network::Other(length), start + 14)
                        }
                        _ => Ok(BehindLlc::Frame(start)),
                    }
                }
                // Bridged Token Ring and FDDI.
                [0, 0x80, 0xc2] => match llc_of_bridged(data, kind, at + 8)? {
                    Some(inner) => Ok(BehindLlc::Llc(inner)),
                    None => other(kind),
                },
                APPLE if kind == WIRELESS_DIRECT => {
                    behind_wireless_direct(data, at + 8).map(BehindLlc::Type)
                }
                _ => other(kind),
            }
        }
        // 3Com's: a type field follows.
        (THREE_COM, THREE_COM) if control == UNNUMBERED_INFORMATION => Ok(BehindLlc::Type(at + 3)),
        // The lowest bit of the source is set in a response.
        (IP, IP | 0x07) if control == UNNUMBERED_INFORMATION => header(Network::Ip, at + 3),
        (X25, X25 | 0x7f) if let Some(octets) = lap::behind_control(control) => {
            header(Network::X25, at + 2 + octets)
        }
        // ISO/IEC TR 9577, as RFC 2364 section 5 and RFC 2684 appendix B have it.
        (ISO, ISO) if control == UNNUMBERED_INFORMATION => {
            match u8_at(data, at + 3).ok_or(Undecodable::Short)? {
                NLPID_IPV4 | NLPID_IPV6 => header(Network::Ip, at + 4),
                0xcf => super::ppp::from_ppp_protocol(data, vlans, at + 4).map(BehindLlc::Header),
                _ => other(saps),
            }
        }
        _ => other(saps),
    }
}

/// Where LLC starts in a frame of Token Ring or FDDI that SNAP announces as bridged (RFC 2684 section
/// 5.2, RFC 2427 section 4.2), of which what keeps its control octet aligned stands at `at`.
pub(super) fn llc_of_bridged(
    data: &[u8],
    kind: u16,
    at: usize,
) -> Result<Option<usize>, Undecodable> {
    const FDDI_HEADER: usize = 13;
    match kind {
        0x0003 | 0x0009 => llc_in_token_ring(data, at + 3),
        0x0004 | 0x000a => Ok(Some(at + 3 + FDDI_HEADER)),
        _ => Ok(None),
    }
}

/// Where the type field stands in a frame of Apple wireless direct link: behind a version and a sequence
/// number, and a field or parts of type and length between two marks. There is no specification but what
/// the Open Wireless Link project found.
fn behind_wireless_direct(data: &[u8], at: usize) -> Result<usize, Undecodable> {
    const FIXED: usize = 4;
    const SHORT: usize = 2;
    const MARK: u8 = 3;
    let part = |place| array_at::<2>(data, place).ok_or(Undecodable::Short);
    let mut place = at + FIXED;
    let [kind, length] = part(place)?;
    if kind != MARK {
        return Ok(place + SHORT);
    }
    place += 2 + usize::from(length);
    loop {
        let [kind, length] = part(place)?;
        place += 2 + usize::from(length);
        if kind == MARK {
            return Ok(place);
        }
    }
}

/// LLC over ATM: what is bridged stands behind two octets of padding (RFC 2684 section 5.2).
pub(super) fn llc_over_atm(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const PADDING: usize = 2;
    match array_at(data, at) {
        Some([0xaa, 0xaa, 0x03, 0, 0x80, 0xc2, 0, 0x01 | 0x07]) => {
            bridged(data, Vlans::default(), at + 8 + PADDING)
        }
        _ => llc(data, Vlans::default(), at),
    }
}

/// ATM behind direction and kind of traffic, VPI and VCI: LANE has two octets of its own before
/// Ethernet.
pub(super) fn sun_atm(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const HEADER: usize = 4;
    const LANE: u8 = 1;
    let [kind, _, _, _] = array_at(data, at).ok_or(Undecodable::Short)?;
    match kind & 0x0f {
        LANE => ethernet(data, at + HEADER + 2),
        _ => llc_over_atm(data, at + HEADER),
    }
}

/// An Ethernet frame inside of another. LLC within it is not followed again: it could nest without
/// end.
pub(super) fn bridged(data: &[u8], vlans: Vlans, at: usize) -> Result<LinkHeader, Undecodable> {
    match u16_at(data, at + 12).ok_or(Undecodable::Short)? {
        length @ ..=ether_type::MAX_LENGTH => Ok(LinkHeader {
            vlans,
            ..LinkHeader::at(Network::Other(length), at + 14)
        }),
        _ => from_ether_type(data, vlans, at + 12)
            .map(|header| header.in_frame(FrameForm::Ethernet, at)),
    }
}

/// Token Ring: access and frame control, addresses, perhaps a source route, LLC.
pub(super) fn token_ring(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    match llc_in_token_ring(data, at + 1)? {
        Some(place) => llc(data, Vlans::default(), place),
        None => Ok(LinkHeader::at(Network::Other(0), at + 14)),
    }
}

/// Where LLC starts in a frame of Token Ring, its frame control at `at`.
fn llc_in_token_ring(data: &[u8], at: usize) -> Result<Option<usize>, Undecodable> {
    const ROUTE_INDICATOR: u8 = 0x80;
    const LLC_FRAME: u8 = 0x40;
    let octet = |place| u8_at(data, place).ok_or(Undecodable::Short);
    if octet(at)? & 0xc0 != LLC_FRAME {
        return Ok(None);
    }
    let route = match octet(at + 7)? & ROUTE_INDICATOR {
        0 => 0,
        _ => usize::from(octet(at + 13)? & 0x1f),
    };
    Ok(Some(at + 13 + route))
}
