//! The packet that an error quotes.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::body::{self, put_extensions};
use super::dns::Dns;
use super::field::{put_kind, put_own_fields};
use super::icmp::{Event, put_names};
use super::packet::{
    ChecksumState, DefectList, ExplainedChecksum, FragmentPosition, IpHeader, OptionEntry, Place,
    TunnelHeader, fixed_length,
};
use super::value::{Addr, Fields, Hex, Iter, Protocol};
use crate::icmp::quote::Gre;
use crate::icmp::tcp::{FLAGS, TcpHeader};
use crate::icmp::upper_header::{self, UpperHeader};
use crate::icmp::{
    Body, CutHeader, Extensions, Message, Quote, QuotedTransport, Translation, TunnelsAlone,
    application, quoted_transport,
};
use crate::record::Payloads;
use crate::record::community::{CommunityId, CommunityIds};
use crate::wire::checksum::upper_checksum;
use crate::wire::{Defects, Layer, Limit};

/// The quote of an error.
pub(super) struct Quoted<'a> {
    packet: QuotedPacket<'a>,
    /// The packet inside it, that inside this, and so on; most have none.
    inside: Vec<QuotedPacket<'a>>,
    translation: Translation,
    extensions: Option<&'a Extensions<'a>>,
}

impl<'a> Quoted<'a> {
    /// Of the error of this event.
    pub(super) fn new(
        quote: &Quote<'a>,
        extensions: Option<&'a Extensions<'a>>,
        of: &'a Event<'a>,
        community: &mut CommunityIds,
    ) -> Self {
        let mut packet = |quote: Quote<'a>, place| QuotedPacket {
            community_id: community.quoted(&quote),
            quote,
            place,
            payloads: of.context.payloads,
        };
        Self {
            packet: packet(*quote, Place::Quoted(of)),
            inside: (quote.nested())
                .map(|quote| packet(quote, Place::Other))
                .collect(),
            translation: of.event.translation(quote),
            extensions,
        }
    }
}

impl Serialize for Quoted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.packet.put_into(&mut map)?;
        map.fact("half_translated", self.translation != Translation::None)?;
        if let Some(extensions) = self.extensions {
            put_extensions(&mut map, extensions)?;
        }
        put_inside(&mut map, &self.packet, &self.inside)?;
        map.end()
    }
}

/// The packet inside of another, and those inside it.
struct Inside<'a>(&'a [QuotedPacket<'a>]);

impl Serialize for Inside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some((packet, inside)) = self.0.split_first() {
            packet.put_into(&mut map)?;
            put_inside(&mut map, packet, inside)?;
        }
        map.end()
    }
}

/// What is inside of `packet`, and the tunnels that lead there.
fn put_inside<M: SerializeMap>(
    map: &mut M,
    packet: &QuotedPacket<'_>,
    inside: &[QuotedPacket<'_>],
) -> Result<(), M::Error> {
    if inside.is_empty() {
        return match packet.quote.tunnels_alone() {
            Some(alone) => put_tunnels_alone(map, &alone, packet.quote.ip.limit),
            None => Ok(()),
        };
    }
    if let Some(tunnels) = packet.quote.tunnels() {
        let tunnels = || {
            (tunnels.encapsulations()).map(|around| TunnelHeader {
                around,
                outer: None,
            })
        };
        map.put("tunnel", &Iter(tunnels))?;
    }
    map.put("inner", &Inside(inside))
}

/// The tunnels of a packet of which none inside is there, but perhaps a part of its header, that this
/// limit cut.
fn put_tunnels_alone<M: SerializeMap>(
    map: &mut M,
    alone: &TunnelsAlone<'_>,
    limit: Limit,
) -> Result<(), M::Error> {
    let tunnels = || {
        let tunnels = alone.headers.encapsulations();
        tunnels.map(|around| TunnelHeader {
            around,
            outer: None,
        })
    };
    map.put("tunnel", &Iter(tunnels))?;
    let inside = alone.inside.map(|(header, _)| CutQuote {
        header,
        limit: Some(limit),
    });
    map.maybe("inner", inside)
}

/// A quoted packet, or one inside it.
struct QuotedPacket<'a> {
    quote: Quote<'a>,
    place: Place<'a>,
    community_id: Option<CommunityId>,
    payloads: Payloads,
}

impl QuotedPacket<'_> {
    fn put_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let quote = &self.quote;
        let header = IpHeader {
            ip: &quote.ip,
            place: self.place,
        };
        map.put("ip", &header)?;
        map.maybe("protocol", quote.ip.upper_protocol().map(Protocol))?;
        match quote.transport {
            QuotedTransport::Tcp {
                src_port,
                dst_port,
                seq,
            } => {
                map.put("src_port", &src_port)?;
                map.put("dst_port", &dst_port)?;
                map.maybe("seq", seq)?;
            }
            QuotedTransport::Ports { src_port, dst_port } => {
                map.put("src_port", &src_port)?;
                map.put("dst_port", &dst_port)?;
            }
            QuotedTransport::Icmp {
                kind,
                code,
                id,
                seq,
            } => {
                map.put("icmp_type", &kind)?;
                map.put("icmp_code", &code)?;
                map.maybe("id", id)?;
                map.maybe("icmp_seq", seq)?;
                let message = quote.message();
                map.maybe("icmp", message.as_ref().and_then(QuotedMessage::of))?;
            }
            QuotedTransport::Spi(spi) => map.put("spi", &spi)?,
            QuotedTransport::None => {}
        }
        map.maybe("udp_length", quote.udp_length())?;
        map.maybe("checksum_coverage", quote.checksum_coverage())?;
        map.maybe(
            "checksum",
            upper_checksum(&quote.ip)
                .map(|checksum| ExplainedChecksum::of_quoted(checksum, &quote.ip, self.place)),
        )?;
        map.maybe("verification_tag", quote.verification_tag())?;
        map.maybe("sctp_checksum", quote.sctp_checksum())?;
        map.maybe("sequence", quote.sequence())?;
        map.maybe("tcp", quote.tcp().map(TcpFields))?;
        map.maybe("gre", quote.gre().map(GreHeader))?;
        // The others are told by the fields above, or as tunnels.
        if quote.is_of_other_protocol() && quote.tunnels().is_none() {
            map.maybe("header", upper_header::of(quote).map(Header))?;
        } else {
            map.maybe("header", quoted_transport::of(quote).map(Header))?;
        }
        map.maybe("dns", quote.dns().map(Dns))?;
        map.maybe("application", application::of(quote).map(Header))?;
        if self.payloads == Payloads::Shown {
            map.put("payload", &Hex(quote.payload()))?;
        }
        map.put("length", &quote.bytes.len())?;
        map.maybe("community_id", self.community_id)?;
        let defects = [&quote.ip.defects()];
        let defects = DefectList(&defects);
        if !defects.is_empty() {
            map.put("defects", &defects)?;
        }
        Ok(())
    }
}

/// A quoted ICMP message.
struct QuotedMessage<'m>(&'m Message<'m>);

impl<'m> QuotedMessage<'m> {
    /// Of that which has more to tell than the quoted packet's own fields.
    fn of(message: &'m Message<'_>) -> Option<Self> {
        let is_told = matches!(message.body, Body::Echo(_) | Body::Short { .. });
        (!is_told).then_some(Self(message))
    }
}

impl Serialize for QuotedMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.0;
        let mut map = serializer.serialize_map(None)?;
        put_names(&mut map, message)?;
        body::put(&mut map, message)?;
        if let Body::Error(error) = &message.body
            && let Some(extensions) = &error.extensions
        {
            put_extensions(&mut map, extensions)?;
        }
        map.maybe("unread", message.unread().map(Hex))?;
        map.end()
    }
}

struct TcpFields<'a>(TcpHeader<'a>);

impl Serialize for TcpFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let header = &self.0;
        let mut map = serializer.serialize_map(None)?;
        let flags = || {
            let all = FLAGS.iter().enumerate();
            all.filter(|(bit, _)| header.flags >> bit & 1 != 0)
                .map(|(_, (name, _))| *name)
        };
        map.put("flags", &Iter(flags))?;
        map.maybe("reserved", header.reserved())?;
        map.put("ack", &header.acknowledgment)?;
        map.maybe("window", header.window)?;
        map.maybe("urgent_pointer", header.urgent)?;
        map.put("data_length", &header.data_length)?;
        let options = || header.options().filter(|option| option.kind > 1);
        if options().next().is_some() {
            map.put("options", &Iter(|| options().map(OptionEntry)))?;
        }
        map.end()
    }
}

/// A header by the decoder's table.
struct Header<'a>(UpperHeader<'a>);

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let UpperHeader { item, message } = &self.0;
        let mut map = serializer.serialize_map(None)?;
        put_kind(&mut map, item)?;
        map.maybe("message", *message)?;
        put_own_fields(&mut map, item)?;
        map.end()
    }
}

struct GreHeader(Gre);

impl Serialize for GreHeader {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.put("protocol", &self.0.protocol)?;
        map.maybe("key", self.0.key)?;
        map.end()
    }
}

/// A quote that ends inside of its IP header.
pub(super) struct CutQuote {
    pub(super) header: CutHeader,
    /// What cut it, where that is not told as the message's own defect.
    pub(super) limit: Option<Limit>,
}

impl Serialize for CutQuote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let header = &self.header;
        map.put("ip", &CutIp(header))?;
        map.maybe("protocol", header.protocol.map(Protocol))?;
        map.put("length", &header.available)?;
        if let Some(limit) = self.limit {
            let mut defects = Defects::default();
            defects.short(
                Layer::Quote,
                0,
                fixed_length(header.version),
                header.available,
                limit,
            );
            map.put("defects", &DefectList(&[&defects]))?;
        }
        map.end()
    }
}

struct CutIp<'a>(&'a CutHeader);

impl Serialize for CutIp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let header = self.0;
        map.put("version", &header.version.number())?;
        map.maybe("src", header.src.map(Addr))?;
        map.maybe("ttl", header.ttl)?;
        map.some("traffic_class", header.traffic_class.map_or(0, u32::from))?;
        map.some("flow_label", header.flow_label.unwrap_or(0))?;
        map.maybe("id", header.id)?;
        map.maybe("length", header.length)?;
        if let Some(fragmentation) = header.fragmentation {
            map.put("df", &fragmentation.dont_fragment)?;
            map.fact("reserved_flag", fragmentation.reserved_flag)?;
            map.maybe("fragment", fragmentation.fragment.map(FragmentPosition))?;
        }
        map.maybe("checksum", header.checksum.map(ChecksumState))?;
        map.end()
    }
}
