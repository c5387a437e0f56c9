//! What routers tell collectors of flows: `NetFlow` and IPFIX.

use super::{Layout, is_whole};
use crate::icmp::application::Payload;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::wire::bytes::u16_at;

fn version(payload: &Payload<'_>) -> Option<u16> {
    u16_at(payload.octets, 0)
}

/// Whether so many records of that size stand behind the header.
fn has_records(payload: &Payload<'_>, header: usize, record: usize) -> bool {
    let count = u16_at(payload.octets, 2).map_or(0, usize::from);
    count > 0 && header + count * record == payload.length
}

const HEADER: &[FieldSpec] = &[
    spec::u16(0, "version"),
    spec::u16(2, "record_count"),
    spec::millis(4, 4, "uptime_ms"),
    spec::u32(8, "time_seconds"),
];
/// Of the versions before templates.
const NANOSECONDS: FieldSpec = spec::u32(12, "time_nanoseconds");

/// By what version 8 puts flows together.
const AGGREGATIONS: Names = Names {
    key: "aggregation_name",
    words: &[
        "",
        "as",
        "protocol_port",
        "source_prefix",
        "destination_prefix",
        "prefix",
        "destination",
        "source_destination",
        "full_flow",
        "tos_as",
        "tos_protocol_port",
        "tos_source_prefix",
        "tos_destination_prefix",
        "tos_prefix",
        "tos_prefix_port",
    ],
};

/// Cisco's `NetFlow Export Datagram Format` of versions 1, 5, 7 and 8; RFC 3954 section 5.1; RFC 7011
/// section 3.1.
pub(super) const EXPORTS: &[Layout] = &[
    Layout {
        name: "netflow",
        fits: |payload| version(payload) == Some(1) && has_records(payload, 16, 52),
        common: HEADER,
        fields: &[NANOSECONDS],
        length: 16,
        messages: &[],
    },
    Layout {
        name: "netflow",
        fits: |payload| version(payload) == Some(5) && has_records(payload, 24, 48),
        common: HEADER,
        fields: &[
            NANOSECONDS,
            spec::u32(16, "sequence"),
            spec::u8(20, "engine_type"),
            spec::u8(21, "engine_id"),
            spec::bits_of(22, 2, 14, 2, "sampling_mode"),
            spec::bits_of(22, 2, 0, 14, "sampling_interval"),
        ],
        length: 24,
        messages: &[],
    },
    Layout {
        name: "netflow",
        fits: |payload| version(payload) == Some(7) && has_records(payload, 24, 52),
        common: HEADER,
        fields: &[NANOSECONDS, spec::u32(16, "sequence")],
        length: 24,
        messages: &[],
    },
    Layout {
        name: "netflow",
        fits: |payload| {
            // By what flows are put together, a record has one of these sizes.
            version(payload) == Some(8)
                && [28, 32, 40, 44]
                    .iter()
                    .any(|&record| has_records(payload, 28, record))
        },
        common: HEADER,
        fields: &[
            NANOSECONDS,
            spec::u32(16, "sequence"),
            spec::u8(20, "engine_type"),
            spec::u8(21, "engine_id"),
            spec::named(spec::u8(22, "aggregation"), &AGGREGATIONS),
            spec::u8(23, "aggregation_version"),
        ],
        length: 28,
        messages: &[],
    },
    Layout {
        name: "netflow",
        fits: |payload| version(payload) == Some(9) && payload.length >= 20,
        common: HEADER,
        fields: &[spec::u32(12, "sequence"), spec::u32(16, "source")],
        length: 20,
        messages: &[],
    },
    Layout {
        name: "ipfix",
        fits: |payload| {
            version(payload) == Some(10) && is_whole(payload, u16_at(payload.octets, 2), 0)
        },
        common: &[],
        fields: &[
            spec::u16(0, "version"),
            spec::u16(2, "message_length"),
            spec::u32(4, "time_seconds"),
            spec::u32(8, "sequence"),
            spec::u32(12, "observation_domain"),
        ],
        length: 16,
        messages: &[],
    },
];
