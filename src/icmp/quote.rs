//! The packet that an ICMP error quotes: what identifies the flow that was hit.

use std::net::IpAddr;

use super::decode::Decoder;
use super::quoted_rules;
use crate::model::Expanded;
use crate::model::flow::FlowKey;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::esp;
use crate::wire::ip::{Fragmentation, protocol};
use crate::wire::{
    Checksum, ChecksumStatus, Defects, Ip, IpVersion, Layer, Limit, Undecodable, Unverified,
};

/// A quoted packet.
#[derive(Clone, Copy, Debug)]
pub struct Quote<'a> {
    /// All octets of the quote as captured: IP header first; neither extensions nor what pads the
    /// quote beyond the packet's own length is part of it.
    pub bytes: &'a [u8],
    /// The quoted IP header; its `payload` is the quoted part of the transport.
    pub ip: Ip<'a>,
    /// What the transport octets tell.
    pub transport: QuotedTransport,
    /// What it encrypts, where the keys are known: see [`Quote::opened`].
    pub(super) opened: &'a [Expanded],
}

/// What the quoted transport octets tell, however few there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotedTransport {
    /// TCP: ports, and the sequence number where at least eight octets are there.
    Tcp {
        /// Source port.
        src_port: u16,
        /// Destination port.
        dst_port: u16,
        /// Sequence number.
        seq: Option<u32>,
    },
    /// UDP, UDP-Lite, SCTP, DCCP.
    Ports {
        /// Source port.
        src_port: u16,
        /// Destination port.
        dst_port: u16,
    },
    /// An ICMP message: type, code, and for queries identifier and sequence number.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Identifier, for queries.
        id: Option<u16>,
        /// Sequence number, for queries.
        seq: Option<u16>,
    },
    /// ESP or AH: security parameters index.
    Spi(u32),
    /// Another protocol, too few octets, or a fragment that is not the first.
    None,
}

/// What a NAT on the error's way did to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Translation {
    /// Nothing that shows: it went to the sender of the quoted packet, as it should.
    #[default]
    None,
    /// It went to somebody else: the outer header was translated and the quote was not, or the
    /// other way round.
    HalfOfSource,
    /// It comes from whom its receiver sent the packet to, and quotes another destination, as another
    /// packet tells: here, too, one of the two was translated and the other was not.
    HalfOfDestination,
}

/// What is there of a quoted IP header that was cut before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutHeader {
    /// Version.
    pub version: IpVersion,
    /// Octets of it that are there.
    pub available: usize,
    /// Type of service or traffic class.
    pub traffic_class: Option<u8>,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
    /// Length of the whole quoted packet in octets, as it claims.
    pub length: Option<u32>,
    /// IPv4 identification.
    pub id: Option<u16>,
    /// IPv4 flags and fragment offset.
    pub fragmentation: Option<Fragmentation>,
    /// Time to live or hop limit.
    pub ttl: Option<u8>,
    /// Protocol number; of IPv6 that of the first extension header, if there was one.
    pub protocol: Option<u8>,
    /// IPv4 header checksum, which covers octets that are not there.
    pub checksum: Option<Checksum>,
    /// Source address.
    pub src: Option<IpAddr>,
}

impl CutHeader {
    /// Reads what is there of a header that ends before its fixed fields do.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let available = octets.len();
        match octets.first()? >> 4 {
            4 if available < 20 => Some(Self {
                version: IpVersion::V4,
                available,
                traffic_class: u8_at(octets, 1),
                flow_label: None,
                length: u16_at(octets, 2).map(u32::from),
                id: u16_at(octets, 4),
                fragmentation: u16_at(octets, 6).map(Fragmentation::of),
                ttl: u8_at(octets, 8),
                protocol: u8_at(octets, 9),
                checksum: u16_at(octets, 10).map(|found| Checksum {
                    status: ChecksumStatus::Unverified(Unverified::Truncated),
                    found: Some(found),
                }),
                src: array_at::<4>(octets, 12).map(IpAddr::from),
            }),
            6 if available < 40 => Some(Self {
                version: IpVersion::V6,
                available,
                traffic_class: u16_at(octets, 0).map(|word| (word >> 4 & 0xff) as u8),
                flow_label: u32_at(octets, 0).map(|word| word & 0x000f_ffff),
                length: u16_at(octets, 4).map(|payload| u32::from(payload) + 40),
                id: None,
                fragmentation: None,
                ttl: u8_at(octets, 7),
                protocol: u8_at(octets, 6),
                checksum: None,
                src: array_at::<16>(octets, 8).map(IpAddr::from),
            }),
            _ => None,
        }
    }
}

/// A GRE header (RFC 2784 section 2, RFC 2890 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gre {
    /// `EtherType` of what it carries.
    pub protocol: u16,
    /// Key, where there is one and it was quoted.
    pub key: Option<u32>,
    /// Octets of the header, as its flags tell.
    pub header_length: usize,
}

/// Where the header of UDP has its length (RFC 768).
const UDP_LENGTH: usize = 4;

impl<'a> Quote<'a> {
    /// The flow of the quoted packet, in its own direction.
    pub fn flow(&self) -> FlowKey {
        use crate::model::flow::FlowPorts;
        let ports = match self.transport {
            QuotedTransport::Tcp {
                src_port, dst_port, ..
            }
            | QuotedTransport::Ports { src_port, dst_port } => FlowPorts::Ports {
                src: src_port,
                dst: dst_port,
            },
            QuotedTransport::Icmp {
                kind, id: Some(id), ..
            } => FlowPorts::Query { kind, id },
            QuotedTransport::Spi(spi) => FlowPorts::Spi(spi),
            QuotedTransport::Icmp { kind, id: None, .. } => FlowPorts::Message(kind),
            QuotedTransport::None => FlowPorts::None,
        };
        FlowKey {
            protocol: self.ip.protocol,
            addrs: self.ip.ends(),
            ports,
        }
    }

    /// Whether the error that `ip` carries and that quotes this was translated by halves
    /// (RFC 5508 section 4.2 wants both), as far as its quote tells. An inference: an error sent astray
    /// looks the same.
    pub fn translation(&self, ip: &Ip<'_>) -> Translation {
        if ip.ends().dst() == self.ip.src() {
            Translation::None
        } else {
            Translation::HalfOfSource
        }
    }

    /// How many octets of the packet an error has to quote: the header and 64 bits of the data, if the packet
    /// had that many (RFC 792). That holds for IPv6, too, where the packet fits (RFC 4443 section 3.1).
    pub(crate) fn needed(&self) -> usize {
        const OF_DATA: usize = 8;
        let claimed = usize::try_from(self.ip.length).unwrap_or(usize::MAX);
        claimed.min(self.ip.stated_header() + OF_DATA)
    }

    /// What stands behind the header of TCP, UDP or ICMP, or behind that of IP where the protocol is
    /// another or this is a later fragment.
    pub fn payload(&self) -> &'a [u8] {
        /// Octets of UDP's header and of ICMP's.
        const HEADER: usize = 8;
        let octets = self.ip.payload;
        let header = match self.ip.protocol {
            _ if self.ip.is_later_fragment() => 0,
            // Where its length was not quoted nothing behind it was.
            protocol::TCP => u8_at(octets, 12).map_or(octets.len(), |o| usize::from(o >> 4) * 4),
            protocol::UDP | protocol::UDP_LITE | protocol::ICMP | protocol::IPV6_ICMP => HEADER,
            _ => 0,
        };
        tail(octets, header)
    }

    /// The same, but of a UDP datagram no more than its own header counts: what is behind that are
    /// options of UDP (RFC 9868), if anything.
    pub(super) fn datagram_payload(&self) -> &'a [u8] {
        let behind = self.payload();
        let header = self.ip.payload.len() - behind.len();
        let length = self.whole_udp().map(|length| length.saturating_sub(header));
        length
            .and_then(|length| behind.get(..length))
            .unwrap_or(behind)
    }

    /// The length of a UDP datagram by its header, unless that leaves it to IP (RFC 2675 section 4).
    pub(super) fn whole_udp(&self) -> Option<usize> {
        self.udp_length()
            .map(usize::from)
            .filter(|&length| length > 0)
    }

    /// Whether nothing tells of the quoted packet's upper layer but [`super::upper_header`]: it is
    /// neither of the transports nor ESP. What AH protects may be.
    pub fn is_of_other_protocol(&self) -> bool {
        match self.transport {
            QuotedTransport::None => true,
            QuotedTransport::Spi(_) => self.ip.protocol != protocol::ESP,
            _ => false,
        }
    }

    /// The security parameters index of AH or ESP, of ESP in UDP too (RFC 3948).
    pub fn spi(&self) -> Option<u32> {
        match self.transport {
            QuotedTransport::Spi(spi) => Some(spi),
            QuotedTransport::Ports { .. } if self.ip.protocol == protocol::UDP => {
                esp::spi_in_udp(self.ip.payload)
            }
            _ => None,
        }
    }

    /// The GRE header of a quoted tunnel packet.
    pub fn gre(&self) -> Option<Gre> {
        if self.ip.protocol != protocol::GRE || self.ip.is_later_fragment() {
            return None;
        }
        gre(self.ip.payload)
    }

    /// The length of a quoted UDP datagram by its own header (RFC 768), 8 octets of which are that.
    pub fn udp_length(&self) -> Option<u16> {
        let is_udp = self.ip.protocol == protocol::UDP && !self.ip.is_later_fragment();
        is_udp
            .then(|| u16_at(self.ip.payload, UDP_LENGTH))
            .flatten()
    }

    /// How many octets the checksum of a quoted UDP-Lite datagram covers, from its header on; 0 for all
    /// (RFC 3828 section 3.1).
    pub fn checksum_coverage(&self) -> Option<u16> {
        let is_lite = self.ip.protocol == protocol::UDP_LITE && !self.ip.is_later_fragment();
        is_lite.then(|| u16_at(self.ip.payload, 4)).flatten()
    }

    /// The verification tag of a quoted SCTP packet (RFC 9260 section 3.1).
    pub fn verification_tag(&self) -> Option<u32> {
        let is_sctp = self.ip.protocol == protocol::SCTP && !self.ip.is_later_fragment();
        is_sctp.then(|| u32_at(self.ip.payload, 4)).flatten()
    }

    /// The checksum of a quoted SCTP packet, a CRC-32c (RFC 9260 section 6.8).
    pub fn sctp_checksum(&self) -> Option<u32> {
        self.verification_tag()?;
        u32_at(self.ip.payload, 8)
    }

    /// The sequence number of a quoted packet of ESP (RFC 4303 section 2), or of DCCP (RFC 4340
    /// section 5.1), where it has 24 or 48 bits; that of TCP is with its ports.
    pub fn sequence(&self) -> Option<u64> {
        const EXTENDED: u8 = 0x01;
        let payload = self.ip.payload;
        if self.ip.is_later_fragment() {
            return None;
        }
        match self.ip.protocol {
            protocol::ESP => u32_at(payload, 4).map(u64::from),
            protocol::DCCP if u8_at(payload, 8)? & EXTENDED == 0 => {
                u32_at(payload, 8).map(|word| u64::from(word & 0x00ff_ffff))
            }
            protocol::DCCP => {
                let high = u16_at(payload, 10)?;
                Some(u64::from(high) << 32 | u64::from(u32_at(payload, 12)?))
            }
            _ => None,
        }
    }

    /// The quote that these octets are, of which so many were sent.
    pub(crate) fn of(octets: &'a [u8], on_wire: usize) -> Option<Self> {
        read(octets, on_wire).ok()
    }

    /// The packet that was made of what one carries, as if it were quoted.
    pub(crate) fn of_made(made: &'a Expanded) -> Option<Self> {
        Self::of(&made.octets, usize::try_from(made.wire_len).ok()?)
    }

    /// The same with a transport that begins with these octets: what was cut of it is known from the
    /// packet itself.
    #[must_use]
    pub(crate) fn with_transport(&self, octets: &'a [u8]) -> Self {
        let mut ip = self.ip;
        let length = usize::try_from(ip.payload_length).unwrap_or(usize::MAX);
        ip.payload = octets.get(..length).unwrap_or(octets);
        Self {
            opened: self.opened,
            ..of_ip(self.bytes, ip)
        }
    }
}

/// The quote that takes up the message from `offset` to its end.
pub(super) fn of_error<'a>(decoder: &mut Decoder<'_, 'a>, offset: usize) -> Option<Quote<'a>> {
    let octets = decoder.bytes.get(offset..)?;
    let whole = usize::try_from(decoder.ip.payload_length).unwrap_or(usize::MAX);
    parse(decoder, octets, whole.saturating_sub(offset), offset)
}

/// The quote in `octets`, of which `on_wire` were sent; they start at `offset` in the message.
pub(super) fn parse<'a>(
    decoder: &mut Decoder<'_, 'a>,
    octets: &'a [u8],
    on_wire: usize,
    offset: usize,
) -> Option<Quote<'a>> {
    let reaches_end = offset + octets.len() == decoder.bytes.len();
    let limit = match decoder.limit() {
        Limit::Fragment if reaches_end => Limit::Fragment,
        limit if octets.len() < on_wire => limit,
        _ => Limit::Quote,
    };
    let short = |needed, defects: &mut Defects| {
        defects.short(Layer::Quote, 0, needed, octets.len(), limit);
    };
    match read(octets, on_wire) {
        Ok(quote) => {
            if quote.ip.version != decoder.version {
                decoder.rule(offset, "quote is of the other IP version");
            }
            let needed = quote.needed();
            if octets.len() < needed {
                short(needed, decoder.defects);
            }
            quoted_rules::check(&quote, decoder.defects);
            Some(quote)
        }
        Err(Undecodable::Short) => {
            let header = match (octets.first().map(|octet| octet >> 4), decoder.version) {
                (Some(6), _) | (None, IpVersion::V6) => 40,
                _ => 20,
            };
            short(header, decoder.defects);
            None
        }
        Err(_) => {
            decoder.rule(offset, "quote is no IP packet");
            None
        }
    }
}

fn read(octets: &[u8], on_wire: usize) -> Result<Quote<'_>, Undecodable> {
    let ip = Ip::parse_on_wire(octets, on_wire, Limit::Quote)?;
    let end = ip.header.len() + ip.payload.len();
    Ok(of_ip(octets.get(..end).unwrap_or(octets), ip))
}

pub(super) fn of_ip<'a>(bytes: &'a [u8], ip: Ip<'a>) -> Quote<'a> {
    Quote {
        bytes,
        transport: transport(&ip),
        ip,
        opened: &[],
    }
}

fn transport(ip: &Ip<'_>) -> QuotedTransport {
    // What stands behind the header of a later fragment are no ports.
    if ip.is_later_fragment() {
        return QuotedTransport::None;
    }
    let payload = ip.payload;
    let found = match ip.protocol {
        protocol::TCP => ports(payload).map(|(src_port, dst_port)| QuotedTransport::Tcp {
            src_port,
            dst_port,
            seq: u32_at(payload, 4),
        }),
        protocol::UDP | protocol::UDP_LITE | protocol::SCTP | protocol::DCCP => {
            ports(payload).map(|(src_port, dst_port)| QuotedTransport::Ports { src_port, dst_port })
        }
        protocol::ICMP => icmp(IpVersion::V4, payload),
        protocol::IPV6_ICMP => icmp(IpVersion::V6, payload),
        protocol::ESP => u32_at(payload, 0).map(QuotedTransport::Spi),
        _ => None,
    };
    found
        .or_else(|| authentication_spi(ip).map(QuotedTransport::Spi))
        .unwrap_or(QuotedTransport::None)
}

/// The index in an authentication header (RFC 4302 section 2) that stands before what was not
/// quoted any more; `ip.protocol` is already that of what it protects.
fn authentication_spi(ip: &Ip<'_>) -> Option<u32> {
    let header = ip.header;
    let (mut next, mut at) = match ip.version {
        IpVersion::V4 => (u8_at(header, 9)?, usize::from(u8_at(header, 0)? & 0x0f) * 4),
        IpVersion::V6 => (u8_at(header, 6)?, 40),
    };
    loop {
        let length = match next {
            protocol::AH => return u32_at(header, at + 4),
            protocol::HOPOPT | protocol::ROUTE | protocol::DEST_OPTIONS => {
                (usize::from(u8_at(header, at + 1)?) + 1) * 8
            }
            protocol::FRAG => 8,
            _ => return None,
        };
        next = u8_at(header, at)?;
        at += length;
    }
}

fn ports(payload: &[u8]) -> Option<(u16, u16)> {
    Some((u16_at(payload, 0)?, u16_at(payload, 2)?))
}

/// Whether messages of this type have an identifier.
pub(crate) const fn has_id(version: IpVersion, kind: u8) -> bool {
    match version {
        IpVersion::V4 => matches!(kind, 0 | 8 | 13..=18 | 37 | 38 | 42 | 43),
        IpVersion::V6 => matches!(kind, 128 | 129 | 160 | 161),
    }
}

fn icmp(version: IpVersion, payload: &[u8]) -> Option<QuotedTransport> {
    let (kind, code) = (u8_at(payload, 0)?, u8_at(payload, 1)?);
    let (id, seq) = match (version, kind) {
        _ if !has_id(version, kind) => (None, None),
        // Extended echo has a sequence number of one octet (RFC 8335 section 2).
        (IpVersion::V4, 42 | 43) | (IpVersion::V6, 160 | 161) => {
            (u16_at(payload, 4), u8_at(payload, 6).map(u16::from))
        }
        _ => (u16_at(payload, 4), u16_at(payload, 6)),
    };
    Some(QuotedTransport::Icmp {
        kind,
        code,
        id,
        seq,
    })
}

const GRE_CHECKSUM: u16 = 0x8000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQUENCE: u16 = 0x1000;
const GRE_VERSION: u16 = 0x0007;

fn gre(payload: &[u8]) -> Option<Gre> {
    let (flags, protocol) = (u16_at(payload, 0)?, u16_at(payload, 2)?);
    let key_at = if flags & GRE_CHECKSUM == 0 { 4 } else { 8 };
    let optional = (flags & (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)).count_ones();
    Some(Gre {
        protocol,
        // PPTP has a length and a call there (RFC 2637 section 4.1).
        key: (flags & (GRE_KEY | GRE_VERSION) == GRE_KEY)
            .then(|| u32_at(payload, key_at))
            .flatten(),
        header_length: 4 + 4 * optional as usize,
    })
}
