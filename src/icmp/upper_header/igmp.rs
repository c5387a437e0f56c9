//! IGMP (RFC 2236 section 2, RFC 3376 section 4), with the records of its reports.

use super::listed::{self, Listed};
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{Names, spec};
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
/// The same where a code of 128 and more has an exponent (RFC 3376 section 4.1.1).
const V3_HEADER: Table = &[
    HEADER[0],
    spec::igmp_response(1, "max_response_tenths"),
    HEADER[2],
    HEADER[3],
];
/// What has no group, or none that is known here.
const OTHER: Table = &[
    HEADER[0],
    spec::hex(1, 1, "code"),
    HEADER[2],
    spec::rest(4, "data"),
];
/// RFC 1075 section 3, with what its third version adds.
const DVMRP: Table = &[
    HEADER[0],
    spec::named(
        spec::u8(1, "code"),
        &Names {
            key: "code_name",
            words: &[
                "",
                "probe",
                "report",
                "ask_neighbors",
                "neighbors",
                "ask_neighbors_2",
                "neighbors_2",
                "prune",
                "graft",
                "graft_ack",
            ],
        },
    ),
    HEADER[2],
    spec::rest(4, "data"),
];
/// The version of PIM before that with a protocol number of its own.
const PIM_V1: Table = &[
    HEADER[0],
    spec::named(
        spec::u8(1, "code"),
        &Names {
            key: "code_name",
            words: &[
                "query",
                "register",
                "register_stop",
                "join_prune",
                "rp_reachable",
                "assert",
                "graft",
                "graft_ack",
                "mode",
            ],
        },
    ),
    HEADER[2],
    spec::rest(4, "data"),
];
/// RFC 4286 section 3.
const ROUTER_ADVERTISEMENT: Table = &[
    HEADER[0],
    spec::seconds_of(1, 1, "interval"),
    HEADER[2],
    spec::seconds_of(4, 2, "query_interval"),
    spec::u16(6, "robustness"),
];
/// RFC 3376 section 4.2.
const REPORT: Table = &[
    spec::hex(0, 1, "type"),
    spec::hex(2, 2, "checksum"),
    spec::u16(6, "record_count"),
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

/// The header in front of `octets`, of a message of so many octets, by which versions of queries are told
/// apart (RFC 3376 section 7.1).
pub(super) fn header(octets: &[u8], length: u32) -> UpperHeader<'_> {
    const QUERY_OF_V3: u32 = 12;
    let kind = u8_at(octets, 0).unwrap_or(0);
    let specs = match kind {
        0x11 if length >= QUERY_OF_V3 => Specs::Two(V3_HEADER, V3_QUERY),
        0x11 | 0x12 | 0x16 | 0x17 => Specs::Table(HEADER),
        V3_REPORT => {
            let count = u16_at(octets, 6).unwrap_or(0);
            let records = spec::parts(8, Listed::IgmpRecords(count).parts(), "records");
            Specs::made(REPORT.iter().copied().chain([records]))
        }
        0x13 => Specs::Table(DVMRP),
        0x14 => Specs::Table(PIM_V1),
        0x30 => Specs::Table(ROUTER_ADVERTISEMENT),
        _ => Specs::Table(OTHER),
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
