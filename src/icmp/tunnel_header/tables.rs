//! The tables of tunnel headers.

use super::u32_at;
use crate::icmp::field::{FieldSpec, Names, spec};

type Table = &'static [FieldSpec];

/// RFC 768.
pub(super) const UDP: Table = &[
    spec::u16(0, "src_port"),
    spec::u16(2, "dst_port"),
    spec::u16(4, "udp_length"),
    spec::hex(6, 2, "checksum"),
];

/// RFC 3378 section 3.
pub(super) const ETHER_IP: Table = &[spec::bits(0, 4, 4, "version")];

/// RFC 3173 section 3.1.
pub(in crate::icmp) const IP_COMP: Table = &[
    spec::u8(0, "next_protocol"),
    spec::hex(1, 1, "flags"),
    spec::hex(2, 2, "compression_parameter_index"),
];

/// RFC 7761 section 4.9.3.
pub(super) const PIM_REGISTER: Table = &[
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "type"),
    spec::hex(2, 2, "checksum"),
    spec::flag(4, 0x80, "border"),
    spec::flag(4, 0x40, "null_register"),
];

/// RFC 2784 section 2.1, with the flags of RFC 2890 and RFC 1701; what they announce differs.
pub(super) const GRE: Table = &[
    GRE_CHECKSUM,
    GRE_ROUTING,
    GRE_KEY,
    GRE_SEQUENCE,
    GRE_STRICT,
    spec::reserved(0, 2, 0x07f8, "reserved"),
    GRE_VERSION,
    GRE_PROTOCOL,
];

/// Version 1 (RFC 2637 section 4.1).
pub(super) const GRE_1: Table = &[
    GRE_CHECKSUM,
    GRE_ROUTING,
    GRE_KEY,
    GRE_SEQUENCE,
    GRE_STRICT,
    spec::masked(0, 0x0080, "acknowledgment_present"),
    spec::reserved(0, 2, 0x0778, "reserved"),
    GRE_VERSION,
    GRE_PROTOCOL,
];

const GRE_CHECKSUM: FieldSpec = spec::masked(0, 0x8000, "checksum_present");
const GRE_ROUTING: FieldSpec = spec::masked(0, 0x4000, "routing_present");
const GRE_KEY: FieldSpec = spec::masked(0, 0x2000, "key_present");
const GRE_SEQUENCE: FieldSpec = spec::masked(0, 0x1000, "sequence_present");
const GRE_STRICT: FieldSpec = spec::masked(0, 0x0800, "strict_source_route");
const GRE_VERSION: FieldSpec = spec::bits_of(0, 2, 0, 3, "version");
const GRE_PROTOCOL: FieldSpec = spec::hex(2, 2, "protocol");

/// RFC 2661 section 3.1.
pub(super) const L2TP: Table = &[
    spec::masked(0, 0x8000, "control"),
    spec::masked(0, 0x4000, "length_present"),
    spec::masked(0, 0x0800, "sequence_present"),
    spec::masked(0, 0x0200, "offset_present"),
    spec::masked(0, 0x0100, "priority"),
    spec::reserved(0, 2, 0x34f0, "reserved"),
    spec::bits_of(0, 2, 0, 4, "version"),
];

/// RFC 3931 section 4.1.2.1.
pub(super) const L2TP_3: Table = &[
    spec::masked(0, 0x8000, "control"),
    spec::reserved(0, 2, 0x7ff0, "reserved"),
    spec::bits_of(0, 2, 0, 4, "version"),
];

/// RFC 1701: source route entry.
pub(super) const SOURCE_ROUTE: Table = &[
    spec::hex(0, 2, "address_family"),
    spec::u8(2, "offset"),
    spec::u8(3, "length"),
    spec::rest(4, "route"),
];

/// draft-foschiano-erspan section 4.2.
pub(super) const ERSPAN_2: Table = &[
    spec::bits_of(0, 2, 12, 4, "version"),
    spec::masked(0, 0x0fff, "vlan"),
    spec::bits_of(2, 2, 13, 3, "class_of_service"),
    spec::bits_of(2, 2, 11, 2, "encapsulation"),
    spec::masked(2, 0x0400, "truncated"),
    spec::masked(2, 0x03ff, "session"),
    spec::reserved(4, 4, 0xfff0_0000, "reserved"),
    spec::bits_of(4, 4, 0, 20, "index"),
];

/// draft-foschiano-erspan section 4.3.
pub(super) const ERSPAN_3: Table = &[
    spec::bits_of(0, 2, 12, 4, "version"),
    spec::masked(0, 0x0fff, "vlan"),
    spec::bits_of(2, 2, 13, 3, "class_of_service"),
    spec::bits_of(2, 2, 11, 2, "bad_short_oversized"),
    spec::masked(2, 0x0400, "truncated"),
    spec::masked(2, 0x03ff, "session"),
    spec::u32(4, "timestamp"),
    spec::u16(8, "security_group_tag"),
    spec::masked(10, 0x8000, "ethernet_frame"),
    spec::bits_of(10, 2, 10, 5, "frame_type"),
    spec::bits_of(10, 2, 4, 6, "hardware_id"),
    spec::masked(10, 0x0008, "egress"),
    spec::bits_of(10, 2, 1, 2, "timestamp_granularity"),
];

/// draft-foschiano-erspan section 4.3.1, by the platform.
pub(super) const fn erspan_platform(id: u8) -> Table {
    const ID: FieldSpec = spec::bits_of(0, 4, 26, 6, "platform");
    match id {
        1 => &[
            ID,
            const { spec::bits_of(0, 4, 0, 12, "vsm_domain") },
            const { spec::u32(4, "port_index") },
        ],
        3 => &[
            ID,
            const { spec::bits_of(0, 4, 0, 14, "port_index") },
            const { spec::u32(4, "timestamp_high") },
        ],
        5 | 6 => &[
            ID,
            const { spec::bits_of(0, 4, 16, 10, "switch") },
            const { spec::bits_of(0, 4, 0, 16, "port_index") },
            const { spec::u32(4, "timestamp_seconds") },
        ],
        _ => &[
            ID,
            const { spec::bits_of(0, 4, 0, 26, "platform_information") },
            const { spec::u32(4, "platform_word") },
        ],
    }
}

/// The redirect header of the Web Cache Communication Protocol (draft-wilson-wrec-wccp-v2 section
/// 4.12).
pub(super) const WCCP: Table = &[
    spec::flag(0, 0x80, "dynamic_service"),
    spec::u8(1, "service"),
    spec::u8(2, "alternative_bucket"),
    spec::u8(3, "primary_bucket"),
];

/// Cisco's metadata, behind the EtherType of what follows them.
pub(super) const METADATA: Table = &[spec::hex(0, 2, "ether_type"), spec::rest(2, "data")];

/// RFC 3032 section 2.1.
pub(super) const MPLS: Table = &[spec::labels(0, "labels")];

/// The entries of the label stack in front, the bottom included.
pub(super) fn label_entries(octets: &[u8]) -> usize {
    const BOTTOM: u32 = 1 << 8;
    let entries = (0..).map_while(|i| u32_at(octets, 4 * i));
    let above = entries.take_while(|entry| entry & BOTTOM == 0).count();
    above + 1
}

/// Cisco HDLC (RFC 1547 section 4.3.1).
pub(super) const C_HDLC: Table = &[
    spec::hex(0, 1, "address"),
    spec::hex(1, 1, "control"),
    spec::hex(2, 2, "protocol"),
];

/// RFC 4385 section 3.
pub(super) const CONTROL_WORD: Table = &[
    spec::bits_of(0, 4, 24, 4, "flags"),
    spec::bits_of(0, 4, 22, 2, "fragmentation"),
    spec::bits_of(0, 4, 16, 6, "length"),
    spec::bits_of(0, 4, 0, 16, "sequence"),
];

/// RFC 2516 section 4.
pub(super) const PPPOE: Table = &[
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "type"),
    spec::u8(1, "code"),
    spec::u16(2, "session"),
    spec::u16(4, "payload_length"),
];

/// RFC 8300 sections 2.2 to 2.5; behind the path are four words of context, or metadata.
pub(super) const NSH: Table = &[
    spec::bits_of(0, 2, 14, 2, "version"),
    spec::masked(0, 0x2000, "oam"),
    spec::bits_of(0, 2, 6, 6, "ttl"),
    spec::bits_of(0, 2, 0, 6, "header_words"),
    spec::bits(2, 0, 4, "metadata_type"),
    spec::u8(3, "next_protocol"),
    spec::number(4, 3, "service_path"),
    spec::u8(7, "service_index"),
    spec::rest(8, "metadata"),
];

/// draft-ietf-intarea-gue section 3.1.
pub(super) const GUE: Table = &[
    spec::bits(0, 6, 2, "version"),
    spec::bits(0, 0, 5, "extension_words"),
    spec::u8(1, "next_protocol"),
    spec::hex(2, 2, "flags"),
    spec::rest(4, "extensions"),
];

/// Whether VXLAN tells a policy group (draft-smith-vxlan-group-policy section 2.1).
pub(super) const VXLAN_HAS_POLICY: u8 = 0x80;

/// RFC 7348 section 5.
pub(super) const VXLAN: Table = &[
    spec::flag(0, 0x08, "vni_present"),
    spec::reserved(0, 1, 0xf7, "reserved"),
    spec::number(4, 3, "vni"),
];

/// draft-smith-vxlan-group-policy section 2.1.
pub(super) const VXLAN_WITH_POLICY: Table = &[
    spec::masked(0, 0x8000, "policy_present"),
    spec::masked(0, 0x0800, "vni_present"),
    spec::masked(0, 0x0040, "dont_learn"),
    spec::masked(0, 0x0008, "policy_applied"),
    spec::reserved(0, 2, 0x77b7, "reserved"),
    spec::u16(2, "group_policy"),
    spec::number(4, 3, "vni"),
];

/// draft-ietf-nvo3-vxlan-gpe section 3.
pub(super) const VXLAN_GPE: Table = &[
    spec::bits(0, 4, 2, "version"),
    spec::flag(0, 0x08, "vni_present"),
    spec::flag(0, 0x04, "next_protocol_present"),
    spec::flag(0, 0x02, "broadcast"),
    spec::flag(0, 0x01, "oam"),
    spec::reserved(0, 1, 0xc0, "reserved"),
    spec::u8(3, "next_protocol"),
    spec::number(4, 3, "vni"),
];

/// RFC 8926 section 3.4.
pub(super) const GENEVE: Table = &[
    spec::bits(0, 6, 2, "version"),
    spec::bits(0, 0, 6, "option_words"),
    spec::flag(1, 0x80, "control"),
    spec::flag(1, 0x40, "critical"),
    spec::hex(2, 2, "protocol"),
    spec::number(4, 3, "vni"),
];

/// RFC 8926 section 3.5; the highest bit of the type says that it is critical.
pub(super) const GENEVE_OPTION: Table = &[
    spec::hex(0, 2, "class"),
    spec::hex(2, 1, "type"),
    spec::flag(2, 0x80, "critical"),
    spec::bits(3, 0, 5, "length"),
    spec::rest(4, "data"),
];

/// The type of message that carries a packet.
pub(super) const G_PDU: u8 = 255;

/// 3GPP TS 29.281 section 6.1.
const GTP_MESSAGES: Names = Names {
    key: "message_type_name",
    words: &spec::sparse::<256>(&[
        (1, "echo_request"),
        (2, "echo_response"),
        (26, "error_indication"),
        (31, "supported_extension_headers"),
        (253, "tunnel_status"),
        (254, "end_marker"),
        (G_PDU as usize, "g_pdu"),
    ]),
};

/// 3GPP TS 29.281 section 5.1.
pub(super) const GTP_U: Table = &[
    spec::bits(0, 5, 3, "version"),
    spec::flag(0, 0x10, "protocol_type"),
    spec::flag(0, 0x04, "extension_present"),
    spec::flag(0, 0x02, "sequence_present"),
    spec::flag(0, 0x01, "n_pdu_present"),
    spec::reserved(0, 1, 0x08, "reserved"),
    spec::named(spec::u8(1, "message_type"), &GTP_MESSAGES),
    spec::u16(2, "payload_length"),
    spec::u32(4, "teid"),
];

/// GSM 09.60 section 6.
pub(super) const GTP_V0: Table = &[
    spec::bits(0, 5, 3, "version"),
    spec::flag(0, 0x10, "protocol_type"),
    spec::bits(0, 1, 3, "spare"),
    spec::flag(0, 0x01, "n_pdu_present"),
    spec::u8(1, "message_type"),
    spec::u16(2, "payload_length"),
    spec::u16(4, "sequence"),
    spec::u16(6, "flow_label"),
    spec::u8(8, "n_pdu"),
    spec::digits(12, 8, "tid"),
];

/// 3GPP TS 29.281 section 5.2.1: name of an extension header, its own fields, and how many octets
/// stand before what has no format here; `octets` are those behind its length.
pub(super) const fn gtp_extension(kind: u8, octets: [u8; 2]) -> (&'static str, Table, u16) {
    const DOWNLINK: u8 = 0;
    const POLICY: u8 = 0x80;
    match (kind, octets[0] >> 4) {
        (0x20, _) => ("service_class", const { &[spec::u8(1, "class")] }, 2),
        (0x40, _) => ("udp_port", const { &[spec::u16(1, "port")] }, 3),
        (0x81, _) => ("ran_container", &[], 1),
        (0x82, _) => (
            "long_pdcp_pdu_number",
            const { &[spec::bits_of(1, 3, 0, 18, "pdcp_pdu_number")] },
            4,
        ),
        (0x83, _) => ("xw_ran_container", &[], 1),
        (0x84, _) => ("nr_ran_container", &[], 1),
        // 3GPP TS 38.415 section 5.5.2.
        (0x85, DOWNLINK) if octets[1] & POLICY != 0 => (
            "pdu_session_container",
            const {
                &[
                    spec::bits(1, 4, 4, "pdu_type"),
                    spec::flag(2, 0x40, "reflective_qos"),
                    spec::bits(2, 0, 6, "qfi"),
                    spec::bits(3, 5, 3, "paging_policy"),
                ]
            },
            4,
        ),
        (0x85, DOWNLINK) => (
            "pdu_session_container",
            const {
                &[
                    spec::bits(1, 4, 4, "pdu_type"),
                    spec::flag(2, 0x40, "reflective_qos"),
                    spec::bits(2, 0, 6, "qfi"),
                ]
            },
            3,
        ),
        (0x85, _) => (
            "pdu_session_container",
            const { &[spec::bits(1, 4, 4, "pdu_type"), spec::bits(2, 0, 6, "qfi")] },
            3,
        ),
        (0xc0, _) => (
            "pdcp_pdu_number",
            const { &[spec::u16(1, "pdcp_pdu_number")] },
            3,
        ),
        _ => ("gtp_extension", &[], 1),
    }
}

/// RFC 4380 section 5.1.1.
pub(super) const TEREDO_ORIGIN: Table = &[
    spec::inverted(2, 2, "port"),
    spec::inverted_v4(4, "address"),
];

/// RFC 5412 section 3.1: which access point a frame is from.
pub(super) const ACCESS_POINT: Table = &[spec::octets(0, 6, "address")];

/// What stands before `MiNT` in a frame.
pub(super) const MINT_LENGTH: Table = &[spec::u16(2, "payload_length")];
/// The `ZigBee` Encapsulation Protocol, version 1.
pub(super) const ZEP_1: Table = &[
    spec::text_of(0, 2, "preamble"),
    spec::u8(2, "version"),
    spec::u8(3, "channel"),
    spec::u16(4, "device"),
    spec::u8(6, "crc_mode"),
    spec::u8(7, "link_quality"),
    spec::octets(8, 7, "reserved"),
    spec::bits(15, 0, 7, "frame_length"),
];

/// RFC 3643 section 3.1, and the word that a frame starts with.
pub(super) const FC_ENCAPSULATION: Table = &[
    spec::u8(0, "protocol"),
    spec::u8(1, "version"),
    spec::hex(4, 4, "specific"),
    spec::hex(8, 4, "specific_flags"),
    spec::bits(12, 2, 6, "flags"),
    spec::masked(12, 0x03ff, "frame_words"),
    spec::u32(16, "time_seconds"),
    spec::hex(20, 4, "time_fraction"),
    spec::hex(24, 4, "crc"),
    spec::hex(28, 1, "start_of_frame"),
];

/// FC-FS-3 section 9.
pub(super) const FIBRE_CHANNEL: Table = &[
    spec::hex(0, 1, "routing_control"),
    spec::hex(1, 3, "destination_id"),
    spec::hex(5, 3, "source_id"),
    spec::u8(8, "type"),
    spec::hex(9, 3, "frame_control"),
    spec::u8(12, "sequence_id"),
    spec::hex(13, 1, "data_field_control"),
    spec::u16(14, "sequence_count"),
    spec::hex(16, 2, "originator_exchange"),
    spec::hex(18, 2, "responder_exchange"),
    spec::rest(24, "network_header"),
];

/// `ZigBee`'s `SCoP`.
pub(super) const SCOP: Table = &[
    spec::u8(0, "transport"),
    spec::u8(1, "version"),
    spec::u16(2, "total_length"),
    spec::u8(4, "service"),
];

/// Versions 2 and 3: the time is NTP's (RFC 5905 section 6).
pub(super) const ZEP_2: Table = &[
    spec::text_of(0, 2, "preamble"),
    spec::u8(2, "version"),
    spec::u8(3, "message_type"),
    spec::u8(4, "channel"),
    spec::u16(5, "device"),
    spec::u8(7, "crc_mode"),
    spec::u8(8, "link_quality"),
    spec::u32(9, "ntp_seconds"),
    spec::u32(13, "ntp_fraction"),
    spec::u32(17, "sequence"),
    spec::octets(21, 10, "reserved"),
    spec::bits(31, 0, 7, "frame_length"),
];

/// IEEE 802.3 section 3.2.6.
pub(super) const ETHERNET_WITH_LENGTH: Table = &[
    spec::octets(0, 6, "dst_address"),
    spec::octets(6, 6, "src_address"),
    spec::u16(12, "length"),
];

/// IEEE 802.3 section 3.1.1.
pub(super) const ETHERNET: Table = &[
    spec::octets(0, 6, "dst_address"),
    spec::octets(6, 6, "src_address"),
    spec::hex(12, 2, "ether_type"),
];

/// IEEE 802.1Q section 9.6, and the type of what follows.
pub(super) const VLAN_TAG: Table = &[
    spec::bits_of(0, 2, 13, 3, "priority"),
    spec::masked(0, 0x1000, "drop_eligible"),
    spec::masked(0, 0x0fff, "vlan"),
    spec::hex(2, 2, "ether_type"),
];

/// IEEE 802.1Q section 9.7: of a provider's backbone, before the customer's frame.
pub(super) const INSTANCE_TAG: Table = &[
    spec::bits_of(0, 4, 29, 3, "priority"),
    spec::flag(0, 0x10, "drop_eligible"),
    spec::flag(0, 0x08, "customer_addresses"),
    spec::reserved(0, 1, 0x07, "reserved"),
    spec::number(1, 3, "service_instance"),
];
