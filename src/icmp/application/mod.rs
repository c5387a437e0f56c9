//! What a quoted packet carries behind its transport header, as far as the quote reaches: one
//! header of an application's protocol, by its ports or by what it begins with.
//!
//! Most quotes end within the first octets of it, which is why no parser of whole messages is used.
//! Names and ports are those of IANA's registry. DNS has more to tell: [`super::quoted_dns`].

mod addressing;
mod brokers;
mod calls;
mod clocks;
mod greeting;
mod layout;
mod ldap;
mod management;
mod media;
mod mpls;
mod nat;
mod netbios;
mod nhrp;
mod overlay;
pub mod parts;
mod routing;
mod rx;
mod security;
pub mod snmp;
mod text;
mod tls;

#[cfg(test)]
mod tests;

use super::Quote;
use super::field::{FieldSpec, spec};
use super::tunnel_header;
use super::upper_header::UpperHeader;
use crate::wire::IpVersion;
use crate::wire::bytes::{tail, u16_at};
use crate::wire::ip::protocol;

/// What stands behind the transport header.
struct Payload<'a> {
    /// As far as it was quoted; not empty.
    octets: &'a [u8],
    /// Octets of it as sent.
    length: usize,
    src_port: u16,
    dst_port: u16,
    /// Of the packet.
    version: IpVersion,
}

impl<'a> Payload<'a> {
    /// Whether it goes to this port, or from it.
    fn has(&self, port: u16) -> bool {
        [self.src_port, self.dst_port].contains(&port)
    }

    /// Where a word that begins at `at` ends, if that was quoted, by the octets that may end it.
    fn end(&self, at: usize, ends: impl Fn(u8) -> bool) -> Option<usize> {
        let rest = self.octets.get(at..)?;
        rest.iter().position(|&octet| ends(octet))
    }

    /// The field of so many octets of text at `at`, or of those up to where the quote ends within
    /// it, which is told.
    fn text(&self, at: usize, length: Option<usize>, name: &'static str) -> Option<FieldSpec> {
        let there = self.octets.get(at..)?.len();
        let length_there = u16::try_from(length.unwrap_or(there)).ok()?;
        let at = u16::try_from(at).ok()?;
        let is_cut = length.is_none() && self.octets.len() < self.length;
        Some(if is_cut {
            spec::cut_text_of(at, length_there, name)
        } else {
            spec::text_of(at, length_there, name)
        })
    }

    /// The line at `at`, and its field; `None` of an empty one.
    fn line(&self, at: usize) -> Option<(&'a [u8], FieldSpec)> {
        let length = self.end(at, |octet| matches!(octet, b'\r' | b'\n'));
        let rest = self.octets.get(at..)?;
        let line = rest.get(..length.unwrap_or(rest.len()))?;
        let row = self.text(at, length, "line")?;
        (!line.is_empty()).then_some((line, row))
    }
}

/// Reads a payload that may be of its protocol.
type Reader = for<'a> fn(&Payload<'a>) -> Option<UpperHeader<'a>>;

/// What the payload of the quoted packet is; `None` of a later fragment, of DNS, where the quote ends
/// before it, and of what nothing is known of.
pub fn of<'a>(quote: &Quote<'a>) -> Option<UpperHeader<'a>> {
    let segment = quote.ip.payload;
    // An identifier of DNS may be what another protocol begins with.
    if quote.ip.is_later_fragment() || quote.dns().is_some() {
        return None;
    }
    let readers = match quote.ip.protocol {
        protocol::UDP => DATAGRAMS,
        protocol::TCP => SEGMENTS,
        protocol::GRE => return in_gre(quote),
        _ => return None,
    };
    let octets = Some(quote.datagram_payload()).filter(|octets| !octets.is_empty())?;
    let header = segment.len() - quote.payload().len();
    let whole = usize::try_from(quote.ip.payload_length).unwrap_or(usize::MAX);
    let whole = quote.whole_udp().map_or(whole, |length| whole.min(length));
    let payload = Payload {
        octets,
        length: whole.saturating_sub(header),
        src_port: u16_at(segment, 0)?,
        dst_port: u16_at(segment, 2)?,
        version: quote.ip.version,
    };
    let ports = [payload.src_port, payload.dst_port];
    let mut readers = readers
        .iter()
        .filter(|(known, _)| known.is_empty() || known.iter().any(|port| ports.contains(port)));
    readers.find_map(|(_, read)| read(&payload))
}

/// What GRE carries beside packets and frames: NHRP and IS-IS.
fn in_gre<'a>(quote: &Quote<'a>) -> Option<UpperHeader<'a>> {
    const NHRP: u16 = 0x2001;
    const NLPID: u16 = 0x00fe;
    const OSI: u16 = 0xfefe;
    let octets = quote.ip.payload;
    let read: Reader = match u16_at(octets, 2)? {
        NHRP => nhrp::message,
        NLPID | OSI => layout::isis,
        _ => return None,
    };
    let header = tunnel_header::gre_header(octets)?.bytes.len();
    let whole = usize::try_from(quote.ip.payload_length).unwrap_or(usize::MAX);
    let payload = Payload {
        octets: tail(octets, header),
        length: whole.saturating_sub(header),
        src_port: 0,
        dst_port: 0,
        version: quote.ip.version,
    };
    read(&payload)
}

/// Of datagrams, by port; by what they begin with where there is none.
const DATAGRAMS: &[(&[u16], Reader)] = &[
    (&[67, 68, 4011], addressing::dhcp),
    (&[546, 547], addressing::dhcp6),
    (&[69], addressing::tftp),
    (&[88], security::kerberos),
    (&[111, 2049], calls::rpc),
    (&[123], clocks::ntp),
    (&[137], netbios::names),
    (&[138], netbios::datagram),
    (&[161, 162], snmp::message),
    (&[319, 320], clocks::ptp),
    (&[389], ldap::message),
    (&[500, 848], security::ike),
    (&[4500], security::encapsulated),
    (&[520, 521], routing::rip),
    (&[525], clocks::timed),
    (&[646], mpls::ldp),
    (&[698], overlay::olsr),
    (&[701], mpls::lmp),
    (&[1645, 1646, 1700, 1812, 1813, 3799], management::radius),
    (&[1701], management::l2tp_3),
    (&[1985, 2029], routing::hsrp),
    (&[3503], mpls::lsp_ping),
    (&[3784, 4784, 6784, 7784], routing::bfd),
    (&[4342], overlay::lisp),
    (&[5004], media::rtp),
    (&[5246], brokers::capwap),
    (&[5350, 5351], nat::mapping),
    (&[5683], management::coap),
    (&[6696, 6697], routing::babel),
    (&[6343], management::sflow),
    (&[11211], brokers::memcached),
    (&[51820], security::wireguard),
    (
        &[7000, 7001, 7002, 7003, 7004, 7005, 7007, 7008, 7009, 7021],
        rx::packet,
    ),
    (&[], layout::datagram),
    (&[], media::stun),
    (&[], tls::quic),
    (&[80, 443], tls::google_quic),
    (&[], tls::datagram),
    (&[], media::rtcp),
    (&[514, 1900, 2427, 2727, 3702, 5060], text::datagram),
    (&[], text::known),
    (&[443, 784, 853, 8853], tls::protected),
];

/// Of TCP segments.
const SEGMENTS: &[(&[u16], Reader)] = &[
    (&[], tls::record),
    (&[], layout::segment),
    (&[88], security::kerberos_segment),
    (&[111, 2049], calls::rpc_segment),
    (&[139, 445], netbios::session),
    (&[179], routing::bgp),
    (&[323], overlay::rpki),
    (&[389], ldap::message),
    (&[646], mpls::ldp),
    (&[1723], calls::pptp),
    (&[1883], brokers::mqtt),
    (&[3306], greeting::mysql),
    (&[3389], greeting::rdp),
    (&[5432], greeting::postgresql),
    (&[6379], calls::resp),
    (&[6633, 6653], management::openflow),
    (&[], text::known),
    (&[23], calls::telnet),
    (
        &[21, 25, 43, 110, 119, 143, 514, 587, 5060, 5222, 6667, 11211],
        text::segment,
    ),
];
