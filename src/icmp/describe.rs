//! The fields of any message, by name: for sinks that print what they do not know by heart.

use super::field::{Extent, Field, FieldKind, FieldSpec, Names, read, spec};
use super::v6::FIRST_INFORMATIONAL;
use super::{
    Body, CutHeader, Message, extension, ilnp, legacy, mld, multicast_router, ndp, renumbering,
};
use crate::wire::IpVersion::{V4, V6};
use crate::wire::bytes::{offset_in, tail, u8_at};

/// The fields that every message begins with.
pub(super) const HEADER: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "code"),
    spec::hex(2, 2, "checksum"),
];
/// Octets before a quote.
pub(super) const BEFORE_QUOTE: usize = 8;

impl<'a> Message<'a> {
    /// Type, code and checksum, as far as they were captured; none of a later fragment.
    pub fn header_fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let table = match self.body {
            Body::Fragment => &[][..],
            _ => HEADER,
        };
        read(table, self.bytes)
    }

    /// The fields of a quoted IP header that was cut, which [`Message::quote`] therefore does not
    /// give; by their place in the message.
    pub fn short_quote(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let octets = self.without_quote();
        read(ip_header(octets), octets).map(|mut field| {
            field.range = field.range.start + 8..field.range.end + 8;
            field
        })
    }

    /// What a quoted IP header that was cut still tells; `None` where there is a whole one, or no
    /// octet of one.
    pub fn cut_quote(&self) -> Option<CutHeader> {
        CutHeader::read(self.without_quote())
    }

    /// What is there of the quoted packet, from its IP header on, and the length which that claims;
    /// also of a header that was cut.
    pub fn quoted_octets(&self) -> Option<(&'a [u8], u32)> {
        if let Some(quote) = self.quote() {
            return Some((quote.bytes, quote.ip.length));
        }
        let octets = self.without_quote();
        let length = self.cut_quote()?.length;
        Some((
            octets,
            length.unwrap_or(u32::try_from(octets.len()).unwrap_or(u32::MAX)),
        ))
    }

    /// The octets where a quote should be, if they are none.
    fn without_quote(&self) -> &'a [u8] {
        let has_none = match &self.body {
            Body::Error(error) => error.quote.is_none(),
            Body::Redirect { quote, .. } => quote.is_none(),
            _ => false,
        };
        if has_none { tail(self.bytes, 8) } else { &[] }
    }

    /// The fields of the message behind type, code and checksum, in wire order, as far as they
    /// were captured. Quotes, extensions and what [`Message::items`] gives are not among them.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let (bytes, extent) = (self.counted(), self.extent());
        self.tables().into_iter().flat_map(move |(table, at)| {
            table.iter().filter_map(move |spec| {
                let mut field = spec.read_of(tail(bytes, at), extent_for(spec, extent))?;
                field.range = field.range.start + at..field.range.end + at;
                Some(field)
            })
        })
    }
}

impl<'a> Message<'a> {
    /// What is behind all that its type knows of: octets that receivers ignore, unless these are
    /// zeros, or of a field that was cut. Of an error, what is behind the packet that it quotes.
    pub fn unread(&self) -> Option<&'a [u8]> {
        // A payload or an extension structure reaches to the end.
        let reaches_end = match self.body {
            Body::Error(_) | Body::Redirect { .. } if self.bytes.len() >= BEFORE_QUOTE => {
                let behind = self.behind_quote();
                return behind.iter().any(|&octet| octet != 0).then_some(behind);
            }
            Body::Echo(_) | Body::Fragment => true,
            _ => self.extensions().is_some(),
        };
        if reaches_end {
            return None;
        }
        let (counted, extent) = (self.counted(), self.extent());
        let rows = self.tables().into_iter().flat_map(|(table, at)| {
            let ends = table
                .iter()
                .filter_map(move |spec| spec.range(tail(counted, at), extent_for(spec, extent)));
            ends.map(move |range| at + range.end)
        });
        let items = self
            .items()
            .filter_map(|item| Some(offset_in(self.bytes, item.bytes)? + item.bytes.len()));
        let header = self.header_fields().map(|field| field.range.end);
        let end = header.chain(rows).chain(items).fold(0, usize::max);
        let behind = tail(self.bytes, end);
        let tells = match extent {
            Extent::Whole => behind.iter().any(|&octet| octet != 0),
            Extent::Cut => !behind.is_empty(),
        };
        tells.then_some(behind)
    }

    /// What is between the quote, or where that should be, and the extension structure or the end: padding.
    fn behind_quote(&self) -> &'a [u8] {
        let structure = (self.extensions())
            .and_then(|extensions| offset_in(self.bytes, extensions.bytes))
            .map(|objects| objects.saturating_sub(extension::HEADER));
        let before = structure.and_then(|end| self.bytes.get(..end));
        let quote = self.quoted_octets().and_then(|(octets, _)| {
            let start = offset_in(self.bytes, octets)?;
            Some(start + octets.len())
        });
        tail(before.unwrap_or(self.bytes), quote.unwrap_or(BEFORE_QUOTE))
    }

    /// Whether its octets are all that IP tells of.
    fn extent(&self) -> Extent {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        Extent::of(self.bytes.len(), length)
    }

    /// The tables of its fields, each with the place of the header that it is of.
    fn tables(&self) -> [(&'static [FieldSpec], usize); 4] {
        let empty = (&[][..], 0);
        match &self.body {
            Body::Fragment => [empty; 4],
            Body::Rpl(rpl) => rpl.tables(),
            Body::NodeInformation(node) => {
                let [query, data] = node.tables();
                [query, data, empty, empty]
            }
            _ => [(table(self), 0), empty, empty, empty],
        }
    }

    /// The octets that fields may be in: what is behind the sources that a query counts is none.
    fn counted(&self) -> &'a [u8] {
        match &self.body {
            Body::Mld(mld::Mld::QueryV2(query)) => {
                let end = 28 + usize::from(query.count) * 16;
                self.bytes.get(..end).unwrap_or(self.bytes)
            }
            _ => self.bytes,
        }
    }
}

/// How a message's field is to be read: octets without a format are told as far as they go.
fn extent_for(spec: &FieldSpec, of_message: Extent) -> Extent {
    match spec.kind {
        FieldKind::Rest => Extent::Whole,
        _ => of_message,
    }
}

/// The header of a quoted packet, by its version.
pub(super) fn ip_header(octets: &[u8]) -> &'static [FieldSpec] {
    match u8_at(octets, 0).map(|octet| octet >> 4) {
        Some(4) => IPV4,
        Some(6) => IPV6,
        _ => &[],
    }
}

/// RFC 791 section 3.1.
pub(super) const IPV4: &[FieldSpec] = &[
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "header_words"),
    spec::hex(1, 1, "tos"),
    spec::u16(2, "length"),
    spec::hex(4, 2, "id"),
    spec::hex(6, 2, "flags_and_fragment_offset"),
    spec::u8(8, "ttl"),
    spec::u8(9, "protocol"),
    spec::hex(10, 2, "checksum"),
    spec::v4(12, "src"),
    spec::v4(16, "dst"),
];

/// RFC 8200 section 3.
pub(super) const IPV6: &[FieldSpec] = &[
    spec::hex(0, 4, "version_class_and_flow_label"),
    spec::u16(4, "payload_length"),
    spec::u8(6, "next_header"),
    spec::u8(7, "hop_limit"),
    spec::v6(8, "src"),
    spec::v6(24, "dst"),
];

/// The fixed fields of a message's type, by their place in the message.
fn table(message: &Message<'_>) -> &'static [FieldSpec] {
    match &message.body {
        Body::Traceroute4(_) => return legacy::TRACEROUTE_FIELDS,
        Body::DomainName(domain) => return domain.table(),
        Body::Seamoby(message) => return message.table(),
        Body::RouterRenumbering(_) => return renumbering::FIELDS,
        Body::MobileIp(mobile) => return mobile.table(),
        Body::CertificationPath(path) => return path.table(),
        Body::FastHandover(handover) => return handover.table(),
        Body::LocatorUpdate(_) => return ilnp::FIELDS,
        Body::DuplicateAddress(duplicate) => return duplicate.table(),
        Body::MulticastRouter(multicast_router::MulticastRouter::Advertisement { .. }) => {
            return multicast_router::FIELDS;
        }
        _ => {}
    }
    match (message.version, message.kind) {
        (V4, 0 | 8) | (V6, 128 | 129) => ECHO,
        (V4, 3) if message.code == Some(4) => FRAGMENTATION_NEEDED,
        (V4, 3 | 11) => QUOTE_LENGTH_4,
        (V4, 4) => UNUSED,
        (V4, 5) => GATEWAY,
        (V4, 9) => ROUTERS,
        (V4, 10) | (V6, 133 | 141 | 142) => RESERVED,
        (V4, 12) => PARAMETER_PROBLEM_4,
        (V4, 13 | 14) => TIMESTAMP,
        (V4, 15 | 16) => QUERY,
        (V4, 17 | 18) => MASK,
        (V4, 31) | (V6, 4) => POINTER,
        (V4, 40) => PHOTURIS,
        (V4, 42) | (V6, 160) => EXTENDED_REQUEST,
        (V4, 43) | (V6, 161) => EXTENDED_REPLY,
        (V6, 1 | 3) => QUOTE_LENGTH_6,
        (V6, 2) => MTU,
        // RFC 3810 section 8.1: the length tells the version, also of what was cut.
        (V6, 130) if message.length >= 28 => mld::V2_FIELDS,
        (V6, 130) => mld::V1_QUERY_FIELDS,
        (V6, 131 | 132) => mld::V1_FIELDS,
        (V6, 134) => ndp::ADVERTISEMENT_FIELDS,
        (V6, 135) => ndp::SOLICITATION_FIELDS,
        (V6, 136) => ndp::NEIGHBOR_FIELDS,
        (V6, 137) => ndp::REDIRECT_FIELDS,
        (V6, 143) => mld::REPORT_FIELDS,
        _ if matches!(message.body, Body::Other) => UNKNOWN,
        // All types below 128 are errors, but those without a name may hold anything.
        (V6, _)
            if message
                .without_quote()
                .first()
                .is_some_and(|octet| !matches!(octet >> 4, 4 | 6)) =>
        {
            UNKNOWN
        }
        // They may mean anything; packets that are quoted stand behind them.
        (V6, 0 | 5..FIRST_INFORMATIONAL) => OF_QUOTING,
        _ => &[],
    }
}

/// What is behind the checksum of a type without a format here.
const UNKNOWN: &[FieldSpec] = &[spec::rest(4, "data")];
const OF_QUOTING: &[FieldSpec] = &[spec::octets(4, 4, "data")];
const ECHO: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u16(6, "seq"),
    spec::rest(8, "payload"),
];
/// RFC 792, with the length of RFC 4884 section 4.
const QUOTE_LENGTH_4: &[FieldSpec] = &[
    spec::reserved(4, 4, 0xff00_ffff, "unused"),
    spec::u8(5, "quote_words"),
];
/// RFC 4443 section 3, with the length of RFC 4884 section 4.
const QUOTE_LENGTH_6: &[FieldSpec] = &[
    spec::u8(4, "quote_words"),
    spec::reserved(5, 3, 0x00ff_ffff, "unused"),
];
const FRAGMENTATION_NEEDED: &[FieldSpec] = &[
    spec::reserved(4, 1, 0xff, "unused"),
    spec::u8(5, "quote_words"),
    spec::u16(6, "mtu"),
];
const UNUSED: &[FieldSpec] = &[spec::reserved(4, 4, 0xffff_ffff, "unused")];
const RESERVED: &[FieldSpec] = &[spec::reserved(4, 4, 0xffff_ffff, "reserved")];
const GATEWAY: &[FieldSpec] = &[spec::v4(4, "gateway")];
const ROUTERS: &[FieldSpec] = &[
    spec::u8(4, "address_count"),
    spec::u8(5, "entry_words"),
    spec::seconds_of(6, 2, "lifetime"),
];
const PARAMETER_PROBLEM_4: &[FieldSpec] = &[
    spec::u8(4, "pointer"),
    spec::u8(5, "quote_words"),
    spec::reserved(6, 2, 0xffff, "unused"),
];
const QUERY: &[FieldSpec] = &[spec::u16(4, "id"), spec::u16(6, "seq")];
const TIMESTAMP: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u16(6, "seq"),
    spec::u32(8, "originate"),
    spec::u32(12, "receive"),
    spec::u32(16, "transmit"),
];
const MASK: &[FieldSpec] = &[spec::u16(4, "id"), spec::u16(6, "seq"), spec::v4(8, "mask")];
const POINTER: &[FieldSpec] = &[spec::u32(4, "pointer")];
/// RFC 2521 section 2.
const PHOTURIS: &[FieldSpec] = &[
    spec::reserved(4, 2, 0xffff, "reserved"),
    spec::u16(6, "pointer"),
];
const MTU: &[FieldSpec] = &[spec::u32(4, "mtu")];
const EXTENDED_REQUEST: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u8(6, "seq"),
    spec::flag(7, 0x01, "local"),
    spec::reserved(7, 1, 0xfe, "reserved"),
];
/// RFC 8335 section 3.
const NEIGHBOR_STATES: Names = Names {
    key: "state_name",
    words: &[
        "",
        "incomplete",
        "reachable",
        "stale",
        "delay",
        "probe",
        "failed",
    ],
};
const EXTENDED_REPLY: &[FieldSpec] = &[
    spec::u16(4, "id"),
    spec::u8(6, "seq"),
    spec::named(spec::bits(7, 5, 3, "state"), &NEIGHBOR_STATES),
    spec::flag(7, 0x04, "active"),
    spec::flag(7, 0x02, "ipv4"),
    spec::flag(7, 0x01, "ipv6"),
    spec::reserved(7, 1, 0x18, "reserved"),
];
