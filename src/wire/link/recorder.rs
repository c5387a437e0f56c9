//! Headers that recorders put before the frames of other links: firewalls, probes, data paths in
//! software.

use super::{LinkHeader, Network, Vlans, ether, linktype as lt, plain, ppp};
use crate::model::LinkType;
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
pub(super) fn elektrobit(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const HEADER: usize = 32;
    const ETHERNET: u8 = 0x50;
    match u8_at(data, at).ok_or(Undecodable::Short)? {
        ETHERNET => ether::ethernet(data, at + HEADER),
        other => Ok(LinkHeader::at(Network::Other(other.into()), at + HEADER)),
    }
}

/// The trace of VPP: version, count of texts, hint at the protocol, buffer, the texts, the packet.
pub(super) fn vpp(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
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
    match (hint, first) {
        (2 | 3, _) | (0, 0x45 | 0x60) => Ok(LinkHeader::at(Network::Ip, behind)),
        (0 | 1, _) => ether::ethernet(data, behind),
        (other, _) => Ok(LinkHeader::at(Network::Other(other.into()), behind)),
    }
}

/// A unit that Wireshark exported: fields of type and length, of which one names the dissector.
pub(super) fn exported(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const END: u16 = 0;
    const DISSECTOR: u16 = 12;
    let mut field = at;
    let mut name: &[u8] = &[];
    loop {
        let [a, b, c, d] = array_at(data, field).ok_or(Undecodable::Short)?;
        let length = usize::from(u16::from_be_bytes([c, d]));
        field += 4;
        match u16::from_be_bytes([a, b]) {
            END => break,
            DISSECTOR => name = data.get(field..field + length).ok_or(Undecodable::Short)?,
            _ => {}
        }
        field += length;
    }
    let end = name.iter().position(|octet| *octet == 0);
    match name.get(..end.unwrap_or(name.len())).unwrap_or_default() {
        b"ip" | b"ipv6" | b"raw_ip" => Ok(LinkHeader::at(Network::Ip, field)),
        b"eth" | b"eth_withoutfcs" | b"eth_withfcs" | b"eth_maybefcs" => {
            ether::ethernet(data, field)
        }
        b"ppp" | b"ppp_hdlc" => ppp::ppp_or_hdlc(data, field),
        b"mpls" => Ok(LinkHeader::at(Network::Mpls, field)),
        b"llc" => ether::llc(data, Vlans::default(), field),
        _ => Ok(LinkHeader::at(Network::Other(0), field)),
    }
}

/// TZSP: version, type, what the frame is, then fields of a tag and a length up to an end.
pub(super) fn tzsp(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let (link, behind) = inside_tzsp(data, at)?;
    match link {
        Some(link) => plain(link, data, behind),
        None => Ok(LinkHeader::at(Network::Other(0), behind)),
    }
}

/// What TZSP carries, and where that starts.
pub(super) fn inside_tzsp(
    data: &[u8],
    at: usize,
) -> Result<(Option<LinkType>, usize), Undecodable> {
    const PADDING: u8 = 0;
    const END: u8 = 1;
    /// Received, and to be sent.
    const WITH_FRAME: [u8; 2] = [0, 1];
    let [_, kind, high, low] = array_at(data, at).ok_or(Undecodable::Short)?;
    let mut field = at + 4;
    if !WITH_FRAME.contains(&kind) {
        return Ok((None, field));
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
        7 => lt::RAW,
        18 => lt::IEEE802_11,
        119 => lt::IEEE802_11_PRISM,
        126 => lt::IEEE802_11_RADIOTAP,
        127 => lt::IEEE802_11_AVS,
        _ => return Ok((None, field + 1)),
    };
    Ok((Some(link), field + 1))
}

/// Endace's extensible record format: time stamp, type, flags, lengths, then extension headers of
/// 8 octets as long as the first bit of one tells that another follows.
pub(super) fn erf(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
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
    match kind & !MORE {
        // HDLC over SONET, also where a colour takes the place of the loss counter.
        1 | 10 | 15 | 19 => ppp::ppp_or_hdlc(data, behind),
        5 | 17 => ppp::ppp_or_hdlc(data, behind + CHANNEL),
        4 => ether::llc_over_atm(data, behind + CELL),
        9 => ether::llc_over_atm(data, behind + CHANNEL + CELL),
        // Ethernet behind an offset and padding.
        2 | 11 | 16 | 20 => ether::ethernet(data, behind + 2),
        22 | 23 => Ok(LinkHeader::at(Network::Ip, behind)),
        other => Ok(LinkHeader::at(Network::Other(other.into()), behind)),
    }
}
