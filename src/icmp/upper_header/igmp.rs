//! IGMP (RFC 2236 section 2, RFC 3376 section 4), with the records of its reports.

use super::listed::{self, Listed};
use super::{Name, Table, UpperHeader};
use crate::icmp::field::spec;
use crate::icmp::item::{Item, Specs};
use crate::icmp::mld;
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 3376 section 4.2.
const V3_REPORT: u8 = 0x22;

/// RFC 2236 section 2.
const HEADER: Table = &[
    spec::hex(0, 1, "type"),
    spec::u8(1, "max_response_tenths"),
    spec::hex(2, 2, "checksum"),
    spec::v4(4, "group"),
];
/// What queries of version 3 have behind it (RFC 3376 section 4.1).
const V3_QUERY: Table = &[
    spec::flag(8, 0x08, "suppress"),
    spec::bits(8, 0, 3, "robustness"),
    spec::mld_interval(9, "query_interval_s"),
    spec::u16(10, "source_count"),
    spec::v4_list(12, "sources"),
];
/// RFC 3376 section 4.2.
const REPORT: Table = &[
    spec::hex(0, 1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::u16(6, "record_count"),
    spec::parts(8, Listed::IgmpRecords.parts(), "records"),
];

const fn message(kind: u8) -> Name {
    Some(match kind {
        0x11 => "query",
        0x12 => "v1_report",
        0x13 => "dvmrp",
        0x14 => "pim_v1",
        0x16 => "v2_report",
        0x17 => "leave",
        0x1e => "mtrace_response",
        0x1f => "mtrace",
        V3_REPORT => "v3_report",
        0x30 => "router_advertisement",
        0x31 => "router_solicitation",
        0x32 => "router_termination",
        _ => return None,
    })
}

pub(super) fn header(octets: &[u8]) -> UpperHeader<'_> {
    let kind = u8_at(octets, 0).unwrap_or(0);
    let specs = match kind {
        0x11 => Specs::Two(HEADER, V3_QUERY),
        V3_REPORT => Specs::Table(REPORT),
        _ => Specs::Table(HEADER),
    };
    UpperHeader::new("igmp", Some(kind.into()), message(kind), octets, specs)
}

/// The record in front of `octets`, with as many sources as there are, and its octets (RFC 3376
/// section 4.2.3).
pub(super) fn record(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const FIXED: u16 = 8;
    const WORD: usize = 4;
    let kind = u8_at(octets, 0)?;
    let auxiliary = usize::from(u8_at(octets, 1)?) * WORD;
    let count = u16_at(octets, 2)?;
    octets.get(..FIXED.into())?;
    let sources = usize::from(FIXED) + usize::from(count) * WORD;
    let length = (sources + auxiliary).min(octets.len());
    let bytes = octets.get(..length)?;
    let behind = u16::try_from(sources)
        .ok()
        .map(|at| spec::rest(at, "auxiliary"));
    let rows = [
        spec::u8(0, "type"),
        spec::u16(2, "source_count"),
        spec::v4(4, "group"),
        spec::v4_array(FIXED, count, "sources"),
    ];
    let specs = Specs::made(rows.into_iter().chain(behind));
    let name = mld::record_type_name(kind);
    Some((
        listed::item("records", kind.into(), name, bytes, specs),
        length,
    ))
}
