//! Multicast Listener Discovery (RFC 2710, RFC 3810).

mod extension;

use std::net::Ipv6Addr;

use super::Body;
use super::decode::Decoder;
use super::field::{Extent, FieldSpec, spec, v6_addresses};
use super::item::{Item, Specs};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::ip::protocol;
use crate::wire::{Defects, HeaderOrigin, Ip, Layer};
pub use extension::{Extension, Extensions};

/// A query, report or done message.
#[derive(Clone, Copy, Debug)]
pub enum Mld<'a> {
    /// Query of either version, MLDv1 report or done: maximum response delay and group.
    V1 {
        /// Maximum response code.
        max_response: u16,
        /// The group; unspecified for a general query.
        group: Ipv6Addr,
    },
    /// MLDv2 query (RFC 3810 section 5.1).
    QueryV2(QueryV2<'a>),
    /// MLDv2 report.
    Report {
        /// How many records it claims.
        count: u16,
        /// The records, as captured.
        records: &'a [u8],
        /// What the flag of extensions says is behind them, as captured.
        extensions: &'a [u8],
    },
    /// Too short for its fixed fields.
    Short,
}

/// An MLDv2 query: 28 octets or more, where MLDv1 has 24 (RFC 3810 section 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryV2<'a> {
    /// Maximum response code; see [`max_response_ms`].
    pub max_response: u16,
    /// The group; unspecified for a general query.
    pub group: Ipv6Addr,
    /// S flag: routers are to suppress their timer updates.
    pub suppress: bool,
    /// The querier's robustness variable, 0 where it does not fit into 3 bits.
    pub robustness: u8,
    /// The querier's query interval code; see [`query_interval_s`].
    pub interval_code: u8,
    /// How many sources it claims.
    pub count: u16,
    /// The sources, as captured.
    sources: &'a [u8],
    /// What the flag of extensions says is behind them, as captured.
    extensions: &'a [u8],
}

impl<'a> QueryV2<'a> {
    /// The sources that were captured, at most as many as claimed.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ipv6Addr> + Clone + use<'a> {
        v6_addresses(self.sources)
    }
}

/// The maximum response delay in milliseconds that an MLDv2 code stands for (RFC 3810 section
/// 5.1.3); MLDv1 has the milliseconds themselves, which is the same below 32768.
pub fn max_response_ms(code: u16) -> u32 {
    if code < 0x8000 {
        return code.into();
    }
    let (exponent, mantissa) = (code >> 12 & 7, code & 0x0fff);
    (u32::from(mantissa) | 0x1000) << (exponent + 3)
}

/// The query interval in seconds that a code stands for (RFC 3810 section 5.1.9).
pub fn query_interval_s(code: u8) -> u32 {
    if code < 0x80 {
        return code.into();
    }
    let (exponent, mantissa) = (code >> 4 & 7, code & 0x0f);
    (u32::from(mantissa) | 0x10) << (exponent + 3)
}

/// A record of an MLDv2 report (RFC 3810 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Record type; see [`record_type_name`].
    pub kind: u8,
    /// The group.
    pub group: Ipv6Addr,
    /// How many sources it claims.
    pub count: u16,
    /// The sources, as captured.
    sources: &'a [u8],
    /// Auxiliary data, if all of it was captured; MLDv2 defines none.
    pub auxiliary: &'a [u8],
    /// Octets of auxiliary data that it claims.
    pub auxiliary_length: u16,
    /// All its octets, as captured.
    pub bytes: &'a [u8],
    /// How many it claims.
    length: usize,
}

impl<'a> Record<'a> {
    /// The sources that were captured, at most as many as claimed.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ipv6Addr> + Clone + use<'a> {
        v6_addresses(self.sources)
    }

    /// The same as an item.
    pub(crate) fn item(&self) -> Item<'a> {
        Item {
            group: "records",
            number: Some(self.kind.into()),
            name: self.name(),
            length: None,
            bytes: self.bytes,
            extent: Extent::of(self.bytes.len(), self.length),
            specs: self.specs(),
        }
    }

    fn specs(&self) -> Specs {
        let sources = spec::v6_array(20, self.count, "sources");
        let behind = u16::try_from(RECORD_HEADER + self.sources.len()).ok();
        let auxiliary = behind
            .filter(|_| !self.auxiliary.is_empty())
            .map(|at| spec::rest(at, "auxiliary"));
        Specs::made(RECORD_FIELDS.into_iter().chain([sources]).chain(auxiliary))
    }

    /// The snake-case name of the record type.
    pub const fn name(&self) -> Option<&'static str> {
        record_type_name(self.kind)
    }
}

/// The snake-case name of a record type (RFC 3810 section 5.2.12).
pub const fn record_type_name(kind: u8) -> Option<&'static str> {
    match kind {
        1 => Some("mode_is_include"),
        2 => Some("mode_is_exclude"),
        3 => Some("change_to_include"),
        4 => Some("change_to_exclude"),
        5 => Some("allow_new_sources"),
        6 => Some("block_old_sources"),
        _ => None,
    }
}

/// The records of a report.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    left: u16,
}

/// Octets of a record before its sources.
const RECORD_HEADER: usize = 20;

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    /// The next record; one that was cut behind its group is given as far as it goes.
    fn next(&mut self) -> Option<Record<'a>> {
        self.left = self.left.checked_sub(1)?;
        let bytes = self.rest;
        let (kind, words) = (u8_at(bytes, 0)?, u8_at(bytes, 1)?);
        let auxiliary_length = u16::from(words) * 4;
        let count = u16_at(bytes, 2)?;
        let group = array_at::<16>(bytes, 4)?.into();
        let sources = usize::from(count) * 16;
        let behind = tail(bytes, RECORD_HEADER);
        let auxiliary = tail(behind, sources);
        let length = RECORD_HEADER + sources + usize::from(auxiliary_length);
        self.rest = tail(bytes, length);
        Some(Record {
            kind,
            group,
            count,
            sources: behind.get(..sources).unwrap_or(behind),
            auxiliary: (auxiliary.get(..auxiliary_length.into())).unwrap_or_default(),
            auxiliary_length,
            bytes: bytes.get(..length).unwrap_or(bytes),
            length,
        })
    }
}

impl<'a> Mld<'a> {
    /// The records of an MLDv2 report; none for other messages.
    pub fn records(&self) -> Records<'a> {
        match *self {
            Self::Report { count, records, .. } => Records {
                rest: records,
                left: count,
            },
            _ => Records { rest: &[], left: 0 },
        }
    }

    /// The extensions of a query of version 2 or a report of that (RFC 9279).
    pub const fn extensions(&self) -> Extensions<'a> {
        Extensions(match *self {
            Self::QueryV2(query) => query.extensions,
            Self::Report { extensions, .. } => extensions,
            Self::V1 { .. } | Self::Short => &[],
        })
    }
}

const QUERY: u8 = 130;
const REPORT_V1: u8 = 131;
const REPORT_V2: u8 = 143;

/// Octets of MLDv1 messages, and of an MLDv2 query before its sources.
const V1: usize = 24;
const V2: usize = 28;

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    rules(decoder);
    Body::Mld(if decoder.kind == REPORT_V2 {
        report(decoder)
    } else {
        other(decoder)
    })
}

fn other<'a>(decoder: &mut Decoder<'_, 'a>) -> Mld<'a> {
    decoder.need(V1);
    let bytes = decoder.bytes;
    let (Some(max_response), Some(group)) = (u16_at(bytes, 4), array_at::<16>(bytes, 8)) else {
        return Mld::Short;
    };
    let group = Ipv6Addr::from(group);
    let is_general = decoder.kind == QUERY && group.is_unspecified();
    if let Some(rule) = group_fault(group).filter(|_| !is_general) {
        decoder.rule(8, rule);
    }
    let (Some(octet), Some(interval_code), Some(count)) =
        (u8_at(bytes, 24), u8_at(bytes, 25), u16_at(bytes, 26))
    else {
        // RFC 3810 section 8.1: neither of the two lengths means neither version.
        if decoder.kind == QUERY && decoder.is_whole() && bytes.len() != V1 {
            decoder.rule(V1, "query is of neither version's length");
        }
        return Mld::V1 {
            max_response,
            group,
        };
    };
    if decoder.kind != QUERY {
        return Mld::V1 {
            max_response,
            group,
        };
    }
    let wanted = V2 + usize::from(count) * 16;
    decoder.need(wanted);
    // Section 5.1.13.
    if is_general && count > 0 {
        decoder.rule(26, "general query with sources");
    }
    let sources = bytes.get(V2..wanted.min(bytes.len())).unwrap_or_default();
    if let Some(at) = no_unicast(sources) {
        decoder.rule(V2 + at, NO_UNICAST);
    }
    let mut extensions = &[][..];
    if octet & EXTENDED != 0 && bytes.len() >= wanted {
        extensions = tail(bytes, wanted);
        extension::check(extensions, wanted, decoder);
    }
    Mld::QueryV2(QueryV2 {
        max_response,
        group,
        suppress: octet & 0x08 != 0,
        robustness: octet & 0x07,
        interval_code,
        count,
        sources,
        extensions,
    })
}

fn report<'a>(decoder: &mut Decoder<'_, 'a>) -> Mld<'a> {
    decoder.need(8);
    let Some(count) = u16_at(decoder.bytes, 6) else {
        return Mld::Short;
    };
    let records = tail(decoder.bytes, 8);
    let mut at = 8;
    let mut seen = 0;
    let mut cut = false;
    let listed = Records {
        rest: records,
        left: count,
    };
    for record in listed {
        seen += 1;
        let there = record.bytes.len();
        if there < record.length {
            cut = true;
            let limit = decoder.limit();
            decoder
                .defects
                .short(Layer::MldRecord, at, record.length, there, limit);
        }
        record_rules(&record, at, decoder.defects);
        at += record.bytes.len();
    }
    if seen < count {
        let limit = decoder.limit();
        let available = decoder.bytes.len().saturating_sub(at);
        decoder
            .defects
            .short(Layer::MldRecord, at, RECORD_HEADER, available, limit);
    }
    let mut extensions = &[][..];
    let is_extended = u8_at(decoder.bytes, 4).is_some_and(|octet| octet & EXTENDED != 0);
    if is_extended && seen == count && !cut {
        extensions = tail(decoder.bytes, at);
        extension::check(extensions, at, decoder);
    }
    Mld::Report {
        count,
        records,
        extensions,
    }
}

/// What RFC 3810 forbids of a record at `at` (sections 5.2.9, 5.2.10, 5.2.12 and 6).
fn record_rules(record: &Record<'_>, at: usize, defects: &mut Defects) {
    const MODE_IS_INCLUDE: u8 = 1;
    let mut rule = |offset, text| defects.rule(Layer::MldRecord, at + offset, text);
    if record.auxiliary_length > 0 {
        rule(1, "auxiliary data in MLDv2");
    }
    if record.kind == MODE_IS_INCLUDE && record.count == 0 {
        rule(2, "record of mode INCLUDE without sources");
    }
    if let Some(text) = group_fault(record.group) {
        rule(4, text);
    }
    if let Some(source) = no_unicast(record.sources) {
        rule(RECORD_HEADER + source, NO_UNICAST);
    }
}

/// What is wrong with a group that no general query is about: of all nodes, and of what does not leave a
/// node, nothing is ever sent (RFC 2710 section 5, RFC 3810 section 6).
fn group_fault(group: Ipv6Addr) -> Option<&'static str> {
    const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    let [_, flags_and_scope, ..] = group.octets();
    if !group.is_multicast() {
        Some("group is no multicast address")
    } else if group == ALL_NODES {
        Some("group is that of all nodes")
    } else if flags_and_scope & 0x0f < 2 {
        Some("scope of the group is 0 or 1")
    } else {
        None
    }
}

/// The rule that another source breaks than one node (RFC 3810 sections 5.1.11 and 5.2.9).
const NO_UNICAST: &str = "source is no unicast address";

/// Where the first source stands that is none.
fn no_unicast(sources: &[u8]) -> Option<usize> {
    let index = v6_addresses(sources)
        .position(|source| source.is_multicast() || source.is_unspecified())?;
    Some(index * 16)
}

/// RFC 2710 section 3, RFC 3810 sections 5, 5.1.14 and 5.2.13.
fn rules(decoder: &mut Decoder<'_, '_>) {
    decoder.expect_code_0();
    let ip = decoder.ip;
    if ip.hop_limit().is_some_and(|hops| hops != 1) {
        decoder.rule(0, "hop limit of MLD is not 1");
    }
    if !ip.router_alert && ip.origin == HeaderOrigin::Captured {
        decoder.rule(0, "MLD without router alert");
    }
    if router_alert_value(ip).is_some_and(|value| value != 0) {
        decoder.rule(0, "router alert of MLD has another value than 0");
    }
    if let Some(src) = decoder.source6() {
        // A host without an address yet reports from the unspecified one (RFC 3590).
        let may_be_unspecified = matches!(decoder.kind, REPORT_V1 | REPORT_V2);
        if !(src.is_unicast_link_local() || may_be_unspecified && src.is_unspecified()) {
            decoder.rule(0, "source of MLD is not link-local");
        }
    }
}

/// What a router alert says that the packet holds (RFC 2711 section 2.1): 0 stands for MLD.
fn router_alert_value(ip: &Ip<'_>) -> Option<u16> {
    const ROUTER_ALERT: u8 = 5;
    let header = { ip.extension_headers() }.find(|header| header.protocol == protocol::HOPOPT)?;
    let alert = { header.options() }.find(|option| option.kind == ROUTER_ALERT)?;
    u16_at(alert.bytes, 2)
}

/// The first bit that RFC 3810 reserves in queries (section 5.1) and reports (section 5.2): extensions
/// are there (RFC 9279 sections 3.1 and 3.2).
const EXTENDED: u8 = 0x80;

/// Of queries, MLDv1 reports and done messages.
const RESERVED: FieldSpec = spec::reserved(6, 2, 0xffff, "reserved");

/// The fields of reports of version 1 and done messages.
pub(super) const V1_FIELDS: &[FieldSpec] =
    &[spec::u16(4, "max_response"), RESERVED, spec::v6(8, "group")];

/// The fields of queries of version 1.
pub(super) const V1_QUERY_FIELDS: &[FieldSpec] = &[
    spec::u16(4, "max_response"),
    spec::millis(4, 2, "max_response_ms"),
    RESERVED,
    spec::v6(8, "group"),
];

/// The fields of queries of version 2.
pub(super) const V2_FIELDS: &[FieldSpec] = &[
    spec::u16(4, "max_response"),
    spec::mld_response(4, "max_response_ms"),
    RESERVED,
    spec::v6(8, "group"),
    spec::flag(24, EXTENDED, "extended"),
    spec::reserved(24, 1, 0x70, "resv"),
    spec::flag(24, 0x08, "suppress"),
    spec::bits(24, 0, 3, "robustness"),
    spec::u8(25, "interval_code"),
    spec::mld_interval(25, "query_interval_s"),
    spec::u16(26, "source_count"),
    spec::v6_list(28, "sources"),
];

/// The fields of a version 2 report.
pub(super) const REPORT_FIELDS: &[FieldSpec] = &[
    spec::flag(4, EXTENDED, "extended"),
    spec::reserved(4, 2, 0x7fff, "reserved"),
    spec::u16(6, "record_count"),
];

/// The fields of a record before its sources.
const RECORD_FIELDS: [FieldSpec; 4] = [
    spec::u8(0, "type"),
    spec::u8(1, "auxiliary_words"),
    spec::u16(2, "source_count"),
    spec::v6(4, "group"),
];
