//! IS-IS, as GRE carries it (ISO/IEC 10589 section 9).

use super::Layout;
use crate::icmp::application::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::wire::bytes::array_at;

/// Whether it begins as IS-IS, of one of these types.
fn is_isis(payload: &Payload<'_>, kinds: &[u8]) -> bool {
    const DISCRIMINATOR: u8 = 0x83;
    match array_at(payload.octets, 0) {
        Some([first, _, 1, _, kind, 1]) => {
            first == DISCRIMINATOR && (kinds.is_empty() || kinds.contains(&(kind & 0x1f)))
        }
        _ => false,
    }
}

const HEADER: &[FieldSpec] = &[
    spec::u8(1, "header_length"),
    spec::u8(3, "id_length"),
    spec::bits(4, 0, 5, "type"),
    spec::u8(7, "maximum_areas"),
];

const MESSAGES: &[(u16, &str)] = &[
    (15, "level_1_hello"),
    (16, "level_2_hello"),
    (17, "point_to_point_hello"),
    (18, "level_1_link_state"),
    (20, "level_2_link_state"),
    (24, "level_1_complete_sequence_numbers"),
    (25, "level_2_complete_sequence_numbers"),
    (26, "level_1_partial_sequence_numbers"),
    (27, "level_2_partial_sequence_numbers"),
];

/// Sections 9.5 to 9.13, with systems of six octets.
pub(super) const ISIS: &[Layout] = &[
    Layout {
        name: "isis",
        fits: |payload| is_isis(payload, &[15, 16]),
        common: HEADER,
        fields: &[
            spec::bits(8, 0, 2, "circuit_type"),
            spec::octets(9, 6, "source"),
            spec::seconds_of(15, 2, "hold_time"),
            spec::u16(17, "message_length"),
            spec::bits(19, 0, 7, "priority"),
            spec::octets(20, 7, "lan"),
        ],
        length: 27,
        messages: MESSAGES,
    },
    Layout {
        name: "isis",
        fits: |payload| is_isis(payload, &[17]),
        common: HEADER,
        fields: &[
            spec::bits(8, 0, 2, "circuit_type"),
            spec::octets(9, 6, "source"),
            spec::seconds_of(15, 2, "hold_time"),
            spec::u16(17, "message_length"),
            spec::u8(19, "circuit"),
        ],
        length: 20,
        messages: MESSAGES,
    },
    Layout {
        name: "isis",
        fits: |payload| is_isis(payload, &[18, 20]),
        common: HEADER,
        fields: &[
            spec::u16(8, "message_length"),
            spec::seconds_of(10, 2, "lifetime"),
            spec::octets(12, 8, "link_state"),
            spec::hex(20, 4, "sequence"),
            spec::hex(24, 2, "checksum"),
            spec::flag(26, 0x04, "overload"),
        ],
        length: 27,
        messages: MESSAGES,
    },
    Layout {
        name: "isis",
        fits: |payload| is_isis(payload, &[24, 25]),
        common: HEADER,
        fields: &[
            spec::u16(8, "message_length"),
            spec::octets(10, 7, "source"),
            spec::octets(17, 8, "first_link_state"),
            spec::octets(25, 8, "last_link_state"),
        ],
        length: 33,
        messages: MESSAGES,
    },
    Layout {
        name: "isis",
        fits: |payload| is_isis(payload, &[26, 27]),
        common: HEADER,
        fields: &[
            spec::u16(8, "message_length"),
            spec::octets(10, 7, "source"),
        ],
        length: 17,
        messages: MESSAGES,
    },
    Layout {
        name: "isis",
        fits: |payload| is_isis(payload, &[]),
        common: HEADER,
        fields: &[],
        length: 8,
        messages: MESSAGES,
    },
];
