//! Headers that a capturing system puts in the place of the link's own.

use super::inside::{self, Inside};
use super::netlink::Attributes;
use super::{LinkHeader, Network, Vlans, ether, linktype as lt, netlink};
use crate::model::LinkType;
use crate::model::byteorder::Order;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// The hardware of a cooked header that is a message of netlink.
pub(super) const ARPHRD_NETLINK: u16 = 824;

/// Linux cooked capture: packet type, ARPHRD type, address length, address, protocol.
pub(super) fn cooked(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let header: [u8; 16] = array_at(data, at).ok_or(Undecodable::Short)?;
    let hardware = u16::from_be_bytes([header[2], header[3]]);
    let protocol = u16::from_be_bytes([header[14], header[15]]);
    cooked_protocol(data, hardware, protocol, at + header.len())
}

/// Version 2 begins with the protocol: protocol, reserved, interface index, ARPHRD type, packet
/// type, address length, address.
pub(super) fn cooked2(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let header: [u8; 20] = array_at(data, at).ok_or(Undecodable::Short)?;
    let protocol = u16::from_be_bytes([header[0], header[1]]);
    let hardware = u16::from_be_bytes([header[8], header[9]]);
    cooked_protocol(data, hardware, protocol, at + header.len())
}

fn cooked_protocol(
    data: &[u8],
    hardware: u16,
    protocol: u16,
    at: usize,
) -> Result<LinkHeader, Undecodable> {
    const LLC: u16 = 4;
    const IEEE802_15_4: u16 = 0xf6;
    match protocol {
        family if hardware == ARPHRD_NETLINK => {
            inside::follow(data, netlink::message(data, at, family)?)
        }
        IEEE802_15_4 => Ok(LinkHeader::at(Network::Ieee802154, at)),
        LLC => ether::llc(data, Vlans::default(), at),
        small @ ..=ether::ether_type::MAX_LENGTH => Ok(LinkHeader::at(Network::Other(small), at)),
        tag if ether::is_vlan(tag) && !has_tag(data, at) && is_ip(data, at) => {
            Ok(LinkHeader::at(Network::Ip, at))
        }
        kind => Ok(with_late_tags(
            data,
            ether::follow(data, Vlans::default(), kind, at)?,
        )),
    }
}

/// Whether a VLAN tag can be at `at`: an EtherType stands behind it. Linux 5.19 to 6.9 names the tag
/// of a frame that a program sends, and leaves it out.
fn has_tag(data: &[u8], at: usize) -> bool {
    u16_at(data, at + 2).is_none_or(|kind| kind > ether::ether_type::MAX_LENGTH)
}

/// Linux from 6.10 on may name what is behind all VLAN tags though some of them stand there yet.
fn with_late_tags(data: &[u8], mut header: LinkHeader) -> LinkHeader {
    if header.network == Network::Ip
        && !is_ip(data, header.offset)
        && let Some(tag) = u16_at(data, header.offset)
        && matches!(
            u16_at(data, header.offset + 2),
            Some(ether::ether_type::IPV4 | ether::ether_type::IPV6)
        )
        && is_ip(data, header.offset + 4)
    {
        header.vlans.push(tag);
        header.offset += 4;
    }
    header
}

/// Whether an IP header begins at `at`, as far as its first octet tells.
fn is_ip(data: &[u8], at: usize) -> bool {
    u8_at(data, at).is_some_and(|first| matches!(first, 0x45..=0x4f | 0x60..=0x6f))
}

/// An address family in 32 bits of either byte order, `header` octets in all.
pub(super) fn family(data: &[u8], at: usize, header: usize) -> Result<LinkHeader, Undecodable> {
    let value = u32_at(data, at).ok_or(Undecodable::Short)?;
    if data.len() < at + header {
        return Err(Undecodable::Short);
    }
    let value = if value > 0xffff {
        value.swap_bytes()
    } else {
        value
    };
    let network = match u16::try_from(value) {
        Ok(value) if is_ip_family(value) => Network::Ip,
        Ok(other) => Network::Other(other),
        Err(_) => return Err(Undecodable::Malformed),
    };
    Ok(LinkHeader::at(network, at + header))
}

/// `AF_INET` is 2 everywhere; `AF_INET6` is 10 on Linux, 23 on Windows, 24 on `NetBSD` and
/// `OpenBSD`, 26 on Solaris, 28 on `FreeBSD`, 30 on macOS.
const fn is_ip_family(value: u16) -> bool {
    matches!(value, 2 | 10 | 23 | 24 | 26 | 28 | 30)
}

/// The log of `pf`: its length, the address family, and more; padded to 4 octets.
pub(super) fn pflog(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const SHORTEST: usize = 45; // of OpenBSD 3.4, the first with this link type
    let [length, family] = array_at(data, at).ok_or(Undecodable::Short)?;
    let length = usize::from(length);
    if length < SHORTEST {
        return Err(Undecodable::Malformed);
    }
    let network = match u16::from(family) {
        family if is_ip_family(family) => Network::Ip,
        other => Network::Other(other),
    };
    Ok(LinkHeader::at(network, at + length.next_multiple_of(4)))
}

/// Solaris's ipnet: version, family, and 22 octets more.
pub(super) fn ipnet(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let family = u8_at(data, at + 1).ok_or(Undecodable::Short)?;
    let network = match u16::from(family) {
        family if is_ip_family(family) => Network::Ip,
        other => Network::Other(other),
    };
    Ok(LinkHeader::at(network, at + 24))
}

/// Linux netfilter log: family, version, resource, then fields of length and type in the byte
/// order of the host, each padded to 4 octets; the packet is the payload field.
// As it leads to the packet; what else it tells is read from its attributes.
pub(super) fn nflog(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const PAYLOAD: u16 = 9;
    const HEADER: usize = 4;
    let [family, version] = array_at(data, at).ok_or(Undecodable::Short)?;
    if version != 0 {
        return Err(Undecodable::Malformed);
    }
    let mut field = at + 4;
    loop {
        let [a, b, c, d] = array_at(data, field).ok_or(Undecodable::Short)?;
        // Types are below 256, so the octet that is zero tells the order; two flag bits stand above.
        let (length, kind) = if d << 2 == 0 {
            (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
        } else {
            (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
        };
        if kind & 0x3fff == PAYLOAD {
            let network = match u16::from(family) {
                family if is_ip_family(family) => Network::Ip,
                other => Network::Other(other),
            };
            return Ok(LinkHeader::at(network, field + HEADER));
        }
        let length = usize::from(length);
        if length < HEADER {
            return Err(Undecodable::Malformed);
        }
        field += length.next_multiple_of(4);
    }
}

/// The fields of such a header.
pub(super) fn nflog_attributes(data: &[u8]) -> Option<Attributes<'_>> {
    const FIRST: usize = 4;
    const FLAGS: u8 = 0xc0;
    let [_, _, _, high] = array_at(data, FIRST)?;
    let order = if high & !FLAGS == 0 {
        Order::Little
    } else {
        Order::Big
    };
    Some(Attributes::new(data, order, FIRST, data.len()))
}

/// IP over `InfiniBand`: a global routing header, then an EtherType and two reserved octets
/// (RFC 4391 section 6).
pub(super) fn ip_over_infiniband(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const GLOBAL_ROUTING_HEADER: usize = 40;
    let at = at + GLOBAL_ROUTING_HEADER;
    let [a, b, _, _] = array_at(data, at).ok_or(Undecodable::Short)?;
    ether::follow(data, Vlans::default(), u16::from_be_bytes([a, b]), at + 4)
}

/// A header that names the link type of what follows it, in little-endian numbers: per-packet
/// information (length u16 at 2, type u32 at 4) and Apple's packet tap (length u32 at 0, type u32
/// at 8). The types are DLT numbers. Gives the type, and where that begins.
pub(super) fn named_inside(
    link: LinkType,
    data: &[u8],
    at: usize,
) -> Result<(Inside, usize), Undecodable> {
    let (length, kind) = if link == lt::PPI {
        (
            array_at(data, at + 2).map(|b| u32::from(u16::from_le_bytes(b))),
            array_at(data, at + 4),
        )
    } else {
        (
            array_at(data, at).map(u32::from_le_bytes),
            array_at(data, at + 8),
        )
    };
    let (Some(length), Some(kind)) = (length, kind) else {
        return Err(Undecodable::Short);
    };
    let length = usize::try_from(length).map_err(|_| Undecodable::Malformed)?;
    if length < 8 {
        return Err(Undecodable::Malformed);
    }
    let behind = at.checked_add(length).ok_or(Undecodable::Malformed)?;
    if tail(data, behind).is_empty() {
        return Err(Undecodable::Short);
    }
    let kind = match LinkType(u32::from_le_bytes(kind)) {
        LinkType(11) => lt::ATM_RFC1483,
        // So that they cannot nest.
        lt::PPI | lt::PKTAP | lt::TZSP | lt::USER2 => return Err(Undecodable::LinkType),
        other => other,
    };
    Ok((Inside::Frame(kind), behind))
}

/// ARCNET as Linux gives it: source, destination, 2 octets of offset, protocol; fragmented
/// packets have 3 octets more, the first of them 0xff where the header was split.
pub(super) fn arcnet_linux(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const IP: u8 = 212; // RFC 1201
    const IP_RFC1051: u8 = 240;
    const IPV6: u8 = 196;
    match u8_at(data, at + 4).ok_or(Undecodable::Short)? {
        IP | IPV6 => {
            let split = u8_at(data, at + 5) == Some(0xff);
            Ok(LinkHeader::at(Network::Ip, at + if split { 12 } else { 8 }))
        }
        IP_RFC1051 => Ok(LinkHeader::at(Network::Ip, at + 5)),
        other => Ok(LinkHeader::at(Network::Other(u16::from(other)), at + 5)),
    }
}

/// ARCNET as BSD gives it: source, destination, protocol; of RFC 1201 flag and sequence number, and
/// where a frame is one of an exceptional length these three again.
pub(super) fn arcnet(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const IP_RFC1051: u8 = 240;
    const IP: u8 = 212;
    const IPV6: u8 = 196;
    const EXCEPTION: u8 = 0xff;
    let [_, _, kind] = array_at(data, at).ok_or(Undecodable::Short)?;
    if kind == IP_RFC1051 {
        return Ok(LinkHeader::at(Network::Ip, at + 3));
    }
    let first = u8_at(data, at + 3).ok_or(Undecodable::Short)?;
    let (flag, behind) = if first == EXCEPTION {
        (u8_at(data, at + 7).ok_or(Undecodable::Short)?, at + 10)
    } else {
        (first, at + 6)
    };
    // Flags are even but for the first of several fragments (RFC 1201 section 2.1).
    let network = match kind {
        IP | IPV6 if flag == 0 || flag & 1 != 0 => Network::Ip,
        other => Network::Other(other.into()),
    };
    Ok(LinkHeader::at(network, behind))
}

/// A packet alone; or PPP, or ten octets of zero before the packet, which drivers of dial-up networks
/// gave under the same link type.
pub(super) fn raw(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const ZEROS: [u8; 10] = [0; 10];
    match array_at(data, at) {
        Some([0xff, 0x03, _]) => super::ppp(data, at),
        Some([0, 0xff, 0x03]) => super::ppp(data, at + 1),
        Some([0, 0, 0]) if array_at(data, at) == Some(ZEROS) => {
            Ok(LinkHeader::at(Network::Ip, at + ZEROS.len()))
        }
        _ => Ok(LinkHeader::at(Network::Ip, at)),
    }
}

/// SLIP of BSD/OS: its header has 24 octets, and 16 in what tcpdump reads.
pub(super) fn slip_bsdos(data: &[u8], at: usize) -> LinkHeader {
    const SHORT: usize = 16;
    const LONG: usize = 24;
    let header = if is_ip(data, at + SHORT) { SHORT } else { LONG };
    LinkHeader::at(Network::Ip, at + header)
}

/// PPP of BSD/OS: the protocol of PPP at 5, the packet behind 24 octets.
pub(super) fn ppp_bsdos(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const HEADER: usize = 24;
    let protocol: [u8; 2] = array_at(data, at + 5).ok_or(Undecodable::Short)?;
    let mut found = super::from_ppp_protocol(&protocol, Vlans::default(), 0)?;
    found.offset = at + HEADER;
    Ok(found)
}

/// LLC over ATM as Linux gives it, or IP alone.
pub(super) fn atm_clip(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    if is_ip(data, at) {
        return Ok(LinkHeader::at(Network::Ip, at));
    }
    ether::llc_over_atm(data, at)
}
