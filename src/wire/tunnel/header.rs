//! Headers that carry packets: what they are called, what follows them, and where.

use super::TunnelKind;
use super::access;
use super::gre::gre;
use super::report;
use super::shim::{mpls, shim};
use super::tap;
use super::udp::{has_tunnel_ports, l2tp_3, udp};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::checksum::ChecksumStatus;
use crate::wire::defect::{DefectKind, Limit};
use crate::wire::ip::{Ip, header_checksum, protocol, stated_length};
use crate::wire::ipcomp;
use crate::wire::link::{self, LinkHeader, Network};

const ISO_IP: u8 = 80;
const AX_25: u8 = 93;
pub(super) const PIM: u8 = 103;
pub(super) const ETHERNET: u8 = 143; // RFC 8986 section 10.1

/// IP protocols, but for UDP, behind which packets are looked for.
#[inline]
pub(super) const fn is_tunnel_protocol(number: u8) -> bool {
    matches!(
        number,
        protocol::IPV4
            | protocol::IPV6
            | protocol::GRE
            | protocol::IP_COMP
            | protocol::ETHER_IP
            | protocol::L2TP
            | protocol::MPLS_IN_IP
            | protocol::UDP_LITE
            | ETHERNET
            | ISO_IP
            | AX_25
            | PIM
            | report::NHRP
    )
}

/// The tunnel header that `ip` carries: what it is, what follows it, and where in the payload.
pub(super) fn carried(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    let payload = ip.payload;
    let (kind, inside) = announced(ip)?;
    let leads_there = match ip.protocol {
        _ if inside.network != Network::Ip => true,
        // Any payload may go to these ports: what is called IP must be without fault, or its header's
        // checksum.
        protocol::UDP | protocol::UDP_LITE => {
            let is_fragment = ip.fragment.is_some()
                || matches!(kind, TunnelKind::Capwap { .. }) && access::is_capwap_fragment(payload);
            let is_certain = matches!(kind, TunnelKind::E100 | TunnelKind::RedbackLi { .. });
            let missing = usize::try_from(ip.payload_length)
                .map_or(0, |length| length.saturating_sub(payload.len()))
                + cut_before(kind, payload);
            let inner = tail(payload, inside.offset);
            Ip::parse_on_wire(inner, inner.len() + missing, Limit::IpLength).is_ok_and(|inner| {
                is_fragment
                    || is_certain
                    || !inner.is_defective()
                    || is_merely_cut(&inner)
                    || has_good_checksum(&inner)
            })
        }
        _ => leads_to_ip(payload, &inside),
    };
    leads_there.then_some((kind, inside))
}

/// The same where what follows need not be there.
pub(super) fn announced(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    let payload = ip.payload;
    match ip.protocol {
        protocol::IPV4 | protocol::IPV6 => {
            Some((TunnelKind::IpInIp, LinkHeader::at(Network::Ip, 0)))
        }
        protocol::IP_COMP => {
            let cpi = u16_at(payload, 2)?;
            let inside = LinkHeader::at(Network::Compressed, ipcomp::HEADER);
            Some((TunnelKind::IpComp { cpi }, inside))
        }
        protocol::ETHER_IP => {
            let inside = ethernet(payload, 2)?;
            // Early senders had the version in the other half of the octet, or of the two.
            let is_known = match u8_at(payload, 0)? {
                0x30..=0x3f => true,
                0x03 | 0x00 => leads_to_certain_ip(payload, &inside, 0),
                _ => false,
            };
            is_known.then_some((TunnelKind::EtherIp, inside))
        }
        ETHERNET => Some((TunnelKind::EthernetInIp, ethernet(payload, 0)?)),
        ISO_IP if matches!(u8_at(payload, 0)?, link::NLPID_IPV4 | link::NLPID_IPV6) => {
            Some((TunnelKind::IsoIp, LinkHeader::at(Network::Ip, 1)))
        }
        PIM => pim_register(payload),
        AX_25 => shim(Network::Ax25, payload)?.ok(),
        protocol::MPLS_IN_IP => mpls(payload).ok(),
        protocol::GRE => gre(payload),
        protocol::L2TP => l2tp_3(payload, 0),
        protocol::UDP | protocol::UDP_LITE => match udp(payload) {
            Some(found) if !matches!(found.1.network, Network::Other(_)) => Some(found),
            found => cut_datagram(ip).or(found),
        },
        _ => None,
    }
}

/// The same of a datagram whose end is missing, of those that nothing tells but the length of the packet
/// inside: what is there of that tells its length.
fn cut_datagram(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    if ip.is_whole() || ip.fragment.is_some() || !has_tunnel_ports(ip.payload) {
        return None;
    }
    completed(ip)
}

#[cold]
fn completed(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    /// Longer ones are not worth the room.
    const LONGEST: usize = 2048;
    let length = usize::try_from(ip.payload_length).ok()?;
    let mut room = [0; LONGEST];
    let datagram = room.get_mut(..length)?;
    (datagram.get_mut(..ip.payload.len())?).copy_from_slice(ip.payload);
    let (kind, inside) = udp(datagram)?;
    let stated = stated_length(tail(ip.payload, inside.offset)).ok()?;
    let fills = length.checked_sub(inside.offset) == Some(stated);
    (inside.network == Network::Ip && fills).then_some((kind, inside))
}

/// How many octets of a packet were cut before it was sent in a tunnel of this kind.
pub(super) fn cut_before(kind: TunnelKind, datagram: &[u8]) -> usize {
    match kind {
        TunnelKind::E100 => tap::cut_by_e100(datagram),
        _ => 0,
    }
}

/// A register of PIM version 2 (RFC 7761 section 4.9.3), unless it is there for its header alone.
fn pim_register(payload: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const VERSION_2_REGISTER: u8 = 0x21;
    const NULL_REGISTER: u8 = 0x40;
    const HEADER: usize = 8;
    let [kind, _, _, _, flags] = array_at(payload, 0)?;
    (kind == VERSION_2_REGISTER && flags & NULL_REGISTER == 0)
        .then_some((TunnelKind::PimRegister, LinkHeader::at(Network::Ip, HEADER)))
}

/// The frame of Ethernet at `at`: what it leads to, be that encrypted.
pub(super) fn ethernet(bytes: &[u8], at: usize) -> Option<LinkHeader> {
    or_encrypted(link::ethernet(bytes, at), at)
}

/// What a link header at `at` leads to, which is not lost where it is encrypted.
pub(super) fn or_encrypted(read: Result<LinkHeader, Undecodable>, at: usize) -> Option<LinkHeader> {
    match read {
        Err(Undecodable::Encrypted(by)) => Some(LinkHeader::at(Network::Encrypted(by), at)),
        other => other.ok(),
    }
}

/// Whether what a header calls IP begins like it.
pub(super) fn leads_to_ip(bytes: &[u8], header: &LinkHeader) -> bool {
    header.network == Network::Ip && Ip::parse(tail(bytes, header.offset), Limit::Capture).is_ok()
}

/// The same where nothing but the packet tells that it is one: by its length, so many octets of which
/// are missing, or by the checksum of an IPv4 header.
pub(super) fn leads_to_certain_ip(bytes: &[u8], header: &LinkHeader, missing: usize) -> bool {
    let rest = tail(bytes, header.offset);
    header.network == Network::Ip
        && Ip::parse(rest, Limit::Capture).is_ok_and(|ip| {
            usize::try_from(ip.length).is_ok_and(|length| length == rest.len() + missing)
                || has_good_checksum(&ip)
        })
}

/// Whether nothing is wrong with a packet but that the capture, or what quotes it, ends inside of its
/// headers.
fn is_merely_cut(ip: &Ip<'_>) -> bool {
    ip.defects().iter().all(|defect| {
        matches!(
            defect.kind,
            DefectKind::Short {
                limit: Limit::Capture,
                ..
            }
        )
    })
}

/// Whether the checksum of an IPv4 header is right.
fn has_good_checksum(ip: &Ip<'_>) -> bool {
    header_checksum(ip).is_some_and(|checksum| checksum.status == ChecksumStatus::Good)
}
