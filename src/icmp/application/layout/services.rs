//! Services of networks: XDMCP, SLP, kpasswd, `OpenVPN`, AODV, AHCP, HNCP, IAX2, memcached.

use super::{Layout, is_whole};
use crate::icmp::application::Payload;
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{FieldSpec, Names, number, spec};
use crate::wire::IpVersion;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// Whether it is of XDMCP, version 1, of one of these types, and as long as it says.
fn is_xdmcp(payload: &Payload<'_>, kinds: &[u16]) -> bool {
    let kind = u16_at(payload.octets, 2);
    u16_at(payload.octets, 0) == Some(1)
        && kind.is_some_and(|kind| kinds.contains(&kind))
        && is_whole(payload, u16_at(payload.octets, 4), 6)
}

const XDMCP_HEADER: &[FieldSpec] = &[
    spec::u16(0, "version"),
    spec::u16(2, "type"),
    spec::u16(4, "message_length"),
];

const XDMCP_MESSAGES: &[(u16, &str)] = &[
    (1, "broadcast_query"),
    (2, "query"),
    (3, "indirect_query"),
    (4, "forward_query"),
    (5, "willing"),
    (6, "unwilling"),
    (7, "request"),
    (8, "accept"),
    (9, "decline"),
    (10, "manage"),
    (11, "refuse"),
    (12, "failed"),
    (13, "keep_alive"),
    (14, "alive"),
];

/// One whose own fields end there.
const fn xdmcp(
    fits: fn(&Payload<'_>) -> bool,
    fields: &'static [FieldSpec],
    length: usize,
) -> Layout {
    Layout {
        name: "xdmcp",
        fits,
        common: XDMCP_HEADER,
        fields,
        length,
        messages: XDMCP_MESSAGES,
    }
}

/// Version 1.1 of the `X Display Manager Control Protocol` section 3: the fields with fixed places.
pub(super) const XDMCP: &[Layout] = &[
    xdmcp(
        |payload| is_xdmcp(payload, &[7]),
        &[spec::u16(6, "display")],
        8,
    ),
    xdmcp(
        |payload| is_xdmcp(payload, &[8, 11, 12]),
        &[spec::hex(6, 4, "session")],
        10,
    ),
    xdmcp(
        |payload| is_xdmcp(payload, &[10]),
        &[spec::hex(6, 4, "session"), spec::u16(10, "display")],
        12,
    ),
    xdmcp(
        |payload| is_xdmcp(payload, &[13]),
        &[spec::u16(6, "display"), spec::hex(8, 4, "session")],
        12,
    ),
    xdmcp(
        |payload| is_xdmcp(payload, &[14]),
        &[spec::flag(6, 0xff, "running"), spec::hex(7, 4, "session")],
        11,
    ),
    xdmcp(|payload| is_xdmcp(payload, &[1, 2, 3, 4, 5, 6, 9]), &[], 6),
];

const SLP_MESSAGES: &[(u16, &str)] = &[
    (1, "service_request"),
    (2, "service_reply"),
    (3, "service_registration"),
    (4, "service_deregistration"),
    (5, "service_acknowledge"),
    (6, "attribute_request"),
    (7, "attribute_reply"),
    (8, "directory_agent_advertisement"),
    (9, "service_type_request"),
    (10, "service_type_reply"),
    (11, "service_agent_advertisement"),
];

/// RFC 2608 section 8, RFC 2165 section 16.
pub(super) const SLP: &[Layout] = &[
    Layout {
        name: "slp",
        fits: |payload| {
            let length = array_at::<3>(payload.octets, 2).map(|length| number(&length));
            is_slp(payload, 2) && is_whole(payload, length, 0)
        },
        common: &[],
        fields: &[
            spec::u8(0, "version"),
            spec::u8(1, "type"),
            spec::number(2, 3, "message_length"),
            spec::flag(5, 0x80, "overflow"),
            spec::flag(5, 0x40, "fresh"),
            spec::flag(5, 0x20, "multicast"),
            spec::number(7, 3, "extension_offset"),
            spec::u16(10, "transaction"),
            spec::u16(12, "language_length"),
        ],
        length: 14,
        messages: SLP_MESSAGES,
    },
    Layout {
        name: "slp",
        fits: |payload| is_slp(payload, 1) && is_whole(payload, u16_at(payload.octets, 2), 0),
        common: &[],
        fields: &[
            spec::u8(0, "version"),
            spec::u8(1, "type"),
            spec::u16(2, "message_length"),
            spec::hex(4, 1, "flags"),
            spec::u8(5, "dialect"),
            spec::text_of(6, 2, "language"),
            spec::u16(8, "character_set"),
            spec::u16(10, "transaction"),
        ],
        length: 12,
        messages: SLP_MESSAGES,
    },
];

fn is_slp(payload: &Payload<'_>, version: u8) -> bool {
    matches!(array_at(payload.octets, 0), Some([of, 1..=11]) if of == version)
}

/// RFC 3244 section 2: a request, with the version of that or of what was before it, and a reply.
pub(super) const KPASSWD: &[Layout] = &[Layout {
    name: "kpasswd",
    fits: |payload| {
        matches!(u16_at(payload.octets, 2), Some(1 | 0xff80))
            && is_whole(payload, u16_at(payload.octets, 0), 0)
    },
    common: &[],
    fields: &[
        spec::u16(0, "message_length"),
        spec::hex(2, 2, "version"),
        spec::u16(4, "ap_length"),
    ],
    length: 6,
    messages: &[],
}];

const OPENVPN_HEADER: &[FieldSpec] = &[spec::bits(0, 3, 5, "type"), spec::bits(0, 0, 3, "key")];

/// The packets of `OpenVPN` over UDP, as its `doc/doxygen` describes them: resets have the first key, and
/// all of its control channel a session.
pub(super) const OPENVPN: &[Layout] = &[
    Layout {
        name: "openvpn",
        fits: |payload| {
            let first = payload.octets.first().copied().unwrap_or(0);
            let least = match (first >> 3, first & 7) {
                (1 | 2 | 7 | 8 | 10, 0) => 14,
                (3..=5 | 11, _) => 10,
                _ => usize::MAX,
            };
            payload.length >= least
        },
        common: OPENVPN_HEADER,
        fields: &[spec::hex(1, 8, "session")],
        length: 9,
        messages: OPENVPN_MESSAGES,
    },
    Layout {
        name: "openvpn",
        fits: |payload| {
            let opcode = payload.octets.first().map_or(0, |first| first >> 3);
            opcode == 9 && payload.length >= 4
        },
        common: OPENVPN_HEADER,
        fields: &[spec::number(1, 3, "peer")],
        length: 4,
        messages: OPENVPN_MESSAGES,
    },
];

const OPENVPN_MESSAGES: &[(u16, &str)] = &[
    (1, "hard_reset_client_1"),
    (2, "hard_reset_server_1"),
    (3, "soft_reset_1"),
    (4, "control_1"),
    (5, "acknowledgment_1"),
    (7, "hard_reset_client_2"),
    (8, "hard_reset_server_2"),
    (9, "data_2"),
    (10, "hard_reset_client_3"),
    (11, "control_with_wrapped_key"),
];

/// RFC 3561 section 5, in IPv4.
pub(super) const AODV: &[Layout] = &[
    Layout {
        name: "aodv",
        fits: |payload| is_aodv(payload, 1) && payload.length >= 24,
        common: &[],
        fields: &[
            spec::u8(0, "type"),
            spec::flag(1, 0x80, "join"),
            spec::flag(1, 0x40, "repair"),
            spec::flag(1, 0x20, "gratuitous_reply"),
            spec::flag(1, 0x10, "destination_only"),
            spec::flag(1, 0x08, "unknown_sequence"),
            spec::u8(3, "hop_count"),
            spec::u32(4, "id"),
            spec::v4(8, "destination"),
            spec::u32(12, "destination_sequence"),
            spec::v4(16, "originator"),
            spec::u32(20, "originator_sequence"),
        ],
        length: 24,
        messages: AODV_MESSAGES,
    },
    Layout {
        name: "aodv",
        fits: |payload| is_aodv(payload, 2) && payload.length >= 20,
        common: &[],
        fields: &[
            spec::u8(0, "type"),
            spec::flag(1, 0x80, "repair"),
            spec::flag(1, 0x40, "acknowledgment_required"),
            spec::bits(2, 0, 5, "prefix_size"),
            spec::u8(3, "hop_count"),
            spec::v4(4, "destination"),
            spec::u32(8, "destination_sequence"),
            spec::v4(12, "originator"),
            spec::millis(16, 4, "lifetime_ms"),
        ],
        length: 20,
        messages: AODV_MESSAGES,
    },
    Layout {
        name: "aodv",
        fits: |payload| {
            let count = u8_at(payload.octets, 3).map_or(0, usize::from);
            is_aodv(payload, 3) && count > 0 && payload.length == 4 + count * 8
        },
        common: &[],
        fields: &[
            spec::u8(0, "type"),
            spec::flag(1, 0x80, "no_delete"),
            spec::u8(3, "destination_count"),
            spec::v4(4, "destination"),
            spec::u32(8, "destination_sequence"),
        ],
        length: 12,
        messages: AODV_MESSAGES,
    },
    Layout {
        name: "aodv",
        fits: |payload| is_aodv(payload, 4) && payload.length == 2,
        common: &[],
        fields: &[spec::u8(0, "type")],
        length: 2,
        messages: AODV_MESSAGES,
    },
];

fn is_aodv(payload: &Payload<'_>, kind: u8) -> bool {
    payload.version == IpVersion::V4 && payload.octets.first() == Some(&kind)
}

const AODV_MESSAGES: &[(u16, &str)] = &[
    (1, "route_request"),
    (2, "route_reply"),
    (3, "route_error"),
    (4, "route_reply_acknowledgment"),
];

/// `draft-chroboczek-ahcp-00` section 4, version 1.
pub(super) const AHCP: &[Layout] = &[Layout {
    name: "ahcp",
    fits: |payload| payload.octets.starts_with(&[43, 1]) && payload.length >= 28,
    common: &[],
    fields: &[
        spec::u8(1, "version"),
        spec::u8(2, "hop_count"),
        spec::u8(3, "original_hop_count"),
        spec::hex(4, 4, "nonce"),
        spec::hex(8, 8, "source"),
        spec::hex(16, 8, "destination"),
        spec::u8(24, "type"),
        spec::u16(26, "message_length"),
    ],
    length: 28,
    messages: &[
        (0, "discover"),
        (1, "offer"),
        (2, "request"),
        (3, "ack"),
        (4, "nack"),
        (5, "release"),
    ],
}];

/// RFC 7787 section 7, RFC 7788 section 10.
pub(super) const HNCP: &[Layout] = &[Layout {
    name: "hncp",
    fits: |payload| {
        let length = u16_at(payload.octets, 2).map_or(usize::MAX, usize::from);
        matches!(u16_at(payload.octets, 0), Some(1..=5 | 8 | 9))
            && length.saturating_add(4) <= payload.length
    },
    common: &[],
    fields: const { &[spec::parts(0, Parts::HncpTlvs, "tlvs")] },
    length: usize::MAX,
    messages: &[],
}];

const FRAME_TYPES: Names = Names {
    key: "frame_type_name",
    words: &[
        "",
        "dtmf_end",
        "voice",
        "video",
        "control",
        "null",
        "iax",
        "text",
        "image",
        "html",
        "noise",
        "",
        "dtmf_begin",
    ],
};
const IAX_HEADER: &[FieldSpec] = &[
    spec::bits_of(0, 2, 0, 15, "source_call"),
    spec::flag(2, 0x80, "sent_again"),
    spec::bits_of(2, 2, 0, 15, "destination_call"),
    spec::millis(4, 4, "timestamp_ms"),
    spec::u8(8, "out_sequence"),
    spec::u8(9, "in_sequence"),
    spec::named(spec::u8(10, "frame_type"), &FRAME_TYPES),
];

/// RFC 5456 section 8.1.1: full frames, of which those of its own have a type; others are media, of which
/// nothing tells them.
pub(super) const IAX2: &[Layout] = &[
    Layout {
        name: "iax2",
        fits: |payload| is_iax(payload) && u8_at(payload.octets, 10) == Some(6),
        common: IAX_HEADER,
        fields: &[spec::bits(11, 0, 7, "type")],
        length: 12,
        messages: &[
            (1, "new"),
            (2, "ping"),
            (3, "pong"),
            (4, "ack"),
            (5, "hangup"),
            (6, "reject"),
            (7, "accept"),
            (8, "authentication_request"),
            (9, "authentication_reply"),
            (10, "invalid"),
            (11, "lag_request"),
            (12, "lag_reply"),
            (13, "registration_request"),
            (14, "registration_authentication"),
            (15, "registration_ack"),
            (16, "registration_reject"),
            (17, "registration_release"),
            (18, "voice_nak"),
            (19, "dial_plan_request"),
            (20, "dial_plan_reply"),
            (21, "dial"),
            (30, "poke"),
            (40, "call_token"),
        ],
    },
    Layout {
        name: "iax2",
        fits: is_iax,
        common: IAX_HEADER,
        fields: &[],
        length: 12,
        messages: &[],
    },
];

fn is_iax(payload: &Payload<'_>) -> bool {
    let is_full = payload
        .octets
        .first()
        .is_some_and(|first| first & 0x80 != 0);
    is_full && payload.length >= 12 && matches!(u8_at(payload.octets, 10), Some(1..=10 | 12))
}

/// The binary protocol of memcached (its `protocol-binary.txt`, section 3).
pub(super) const MEMCACHED: &[Layout] = &[Layout {
    name: "memcached",
    fits: |payload| {
        matches!(payload.octets.first(), Some(0x80 | 0x81))
            && u8_at(payload.octets, 5) == Some(0)
            && payload.length >= 24
    },
    common: &[],
    fields: &[
        spec::hex(0, 1, "magic"),
        spec::u8(1, "type"),
        spec::u16(2, "key_length"),
        spec::u8(4, "extras_length"),
        spec::u16(6, "status"),
        spec::u32(8, "message_length"),
        spec::hex(12, 4, "opaque"),
    ],
    length: 16,
    messages: &[
        (0, "get"),
        (1, "set"),
        (2, "add"),
        (3, "replace"),
        (4, "delete"),
        (5, "increment"),
        (6, "decrement"),
        (7, "quit"),
        (8, "flush"),
        (9, "get_quietly"),
        (10, "no_operation"),
        (11, "version"),
        (12, "get_with_key"),
        (14, "append"),
        (15, "prepend"),
        (16, "statistics"),
        (32, "list_authentications"),
        (33, "authenticate"),
        (34, "authentication_step"),
    ],
}];
