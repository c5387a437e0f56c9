//! What a quoted packet carries behind its transport header, as far as the quote reaches: one
//! header of an application's protocol, by its ports or by what it begins with.
//!
//! Most quotes end within the first octets of it, which is why no parser of whole messages is used.
//! Names and ports are those of IANA's registry. DNS has more to tell: [`super::quoted_dns`].

mod addressing;
mod management;
mod media;
mod netbios;
mod routing;
mod rx;
mod security;
pub mod snmp;
mod text;
mod tls;

#[cfg(test)]
mod tests;

use super::Quote;
use super::upper_header::UpperHeader;
use crate::wire::bytes::u16_at;
use crate::wire::ip::protocol;

/// What stands behind the transport header.
struct Payload<'a> {
    /// As far as it was quoted; not empty.
    octets: &'a [u8],
    /// Octets of it as sent.
    length: usize,
    src_port: u16,
    dst_port: u16,
}

/// Reads a payload that may be of its protocol.
type Reader = for<'a> fn(&Payload<'a>) -> Option<UpperHeader<'a>>;

/// What the payload of the quoted packet is; `None` of a later fragment, where the quote ends before
/// it, and of what nothing is known of.
pub fn of<'a>(quote: &Quote<'a>) -> Option<UpperHeader<'a>> {
    let segment = quote.ip.payload;
    if quote.ip.is_later_fragment() {
        return None;
    }
    let readers = match quote.ip.protocol {
        protocol::UDP => DATAGRAMS,
        protocol::TCP => SEGMENTS,
        _ => return None,
    };
    let octets = Some(quote.payload()).filter(|octets| !octets.is_empty())?;
    let header = segment.len() - octets.len();
    let whole = usize::try_from(quote.ip.payload_length).unwrap_or(usize::MAX);
    let payload = Payload {
        octets,
        length: whole.saturating_sub(header),
        src_port: u16_at(segment, 0)?,
        dst_port: u16_at(segment, 2)?,
    };
    let ports = [payload.src_port, payload.dst_port];
    let mut readers = readers
        .iter()
        .filter(|(known, _)| known.is_empty() || known.iter().any(|port| ports.contains(port)));
    readers.find_map(|(_, read)| read(&payload))
}

/// Of datagrams, by port; by what they begin with where there is none.
const DATAGRAMS: &[(&[u16], Reader)] = &[
    (&[67, 68, 4011], addressing::dhcp),
    (&[546, 547], addressing::dhcp6),
    (&[69], addressing::tftp),
    (&[88], security::kerberos),
    (&[123], management::ntp),
    (&[137], netbios::names),
    (&[138], netbios::datagram),
    (&[161, 162], snmp::message),
    (&[500, 848], security::ike),
    (&[4500], security::encapsulated),
    (&[520, 521], routing::rip),
    (&[1812, 1813, 1645, 1646, 3799], management::radius),
    (&[1985, 2029], routing::hsrp),
    (&[3784, 4784, 6784], routing::bfd),
    (&[5004], media::rtp),
    (&[5683], management::coap),
    (&[51820], security::wireguard),
    (
        &[7000, 7001, 7002, 7003, 7004, 7005, 7007, 7008, 7009, 7021],
        rx::packet,
    ),
    (&[], media::stun),
    (&[], tls::quic),
    (&[], tls::datagram),
    (&[], media::rtcp),
    (&[], text::known),
    (&[514, 1900, 2427, 2727, 3702, 5060], text::line),
    (&[443, 784, 853, 8853], tls::protected),
];

/// Of TCP segments.
const SEGMENTS: &[(&[u16], Reader)] = &[
    (&[], tls::record),
    (&[179], routing::bgp),
    (&[], text::known),
    (
        &[
            21, 25, 80, 110, 119, 143, 514, 587, 3128, 5060, 5222, 6667, 8000, 8080,
        ],
        text::line,
    ),
];
