//! What machines, buildings and cars are run with: RMCP and IPMI, Modbus, `EtherNet/IP`, `BACnet`, SOME/IP.

use super::{Layout, is_whole};
use crate::icmp::application::Payload;
use crate::icmp::field::{FewNames, FieldSpec, Names, spec};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

/// Whether it begins as RMCP, version 1.0, of this class (`Alert Standard Format` 2.0 section 3.2.2).
fn is_rmcp(payload: &Payload<'_>, class: u8) -> bool {
    matches!(array_at(payload.octets, 0), Some([6, 0, _, of]) if of & 0x9f == class)
}

const RMCP_HEADER: &[FieldSpec] = &[
    spec::u8(0, "version"),
    spec::u8(2, "rmcp_sequence"),
    spec::flag(3, 0x80, "acknowledges"),
    spec::named(spec::bits(3, 0, 5, "class"), &CLASSES),
];
const CLASSES: Names = Names {
    key: "class_name",
    words: &["", "", "", "", "", "", "asf", "ipmi", "oem"],
};

/// Sections 3.2.3 and 3.2.4 of that; IPMI v2.0 sections 13.6 and 13.27.
pub(super) const RMCP: &[Layout] = &[
    Layout {
        name: "rmcp",
        fits: |payload| is_rmcp(payload, 6) || is_rmcp(payload, 0x86),
        common: RMCP_HEADER,
        fields: &[
            spec::u32(4, "enterprise"),
            spec::hex(8, 1, "type"),
            spec::u8(9, "tag"),
            spec::u8(11, "data_length"),
        ],
        length: 12,
        messages: &[
            (0x10, "reset"),
            (0x11, "power_up"),
            (0x12, "power_down"),
            (0x13, "power_cycle"),
            (0x40, "presence_pong"),
            (0x41, "capabilities_response"),
            (0x42, "system_state_response"),
            (0x80, "presence_ping"),
            (0x81, "capabilities_request"),
            (0x82, "system_state_request"),
            (0x83, "open_session_request"),
            (0x84, "close_session_request"),
        ],
    },
    // With the format of RMCP+, but for payloads of a vendor's own (type 2), which shift what follows.
    Layout {
        name: "ipmi",
        fits: |payload| {
            is_rmcp(payload, 7)
                && u8_at(payload.octets, 4) == Some(6)
                && u8_at(payload.octets, 5).is_none_or(|kind| kind & 0x3f != 2)
        },
        common: RMCP_HEADER,
        fields: &[
            spec::u8(4, "authentication_type"),
            spec::flag(5, 0x80, "encrypted"),
            spec::flag(5, 0x40, "authenticated"),
            spec::bits(5, 0, 6, "type"),
            spec::hex_little_endian(6, 4, "session"),
            spec::little_endian(10, 4, "sequence"),
            spec::little_endian(14, 2, "message_length"),
        ],
        length: 16,
        messages: &[
            (0, "message"),
            (1, "serial_over_lan"),
            (0x10, "open_session_request"),
            (0x11, "open_session_response"),
            (0x12, "rakp_1"),
            (0x13, "rakp_2"),
            (0x14, "rakp_3"),
            (0x15, "rakp_4"),
        ],
    },
    Layout {
        name: "ipmi",
        fits: |payload| {
            is_rmcp(payload, 7) && u8_at(payload.octets, 4).is_some_and(|kind| kind < 6)
        },
        common: RMCP_HEADER,
        fields: &[
            spec::u8(4, "authentication_type"),
            spec::little_endian(5, 4, "sequence"),
            spec::hex_little_endian(9, 4, "session"),
        ],
        length: 13,
        messages: &[],
    },
];

/// `MODBUS Messaging on TCP/IP Implementation Guide` V1.0b section 3.1.3, and the functions of `MODBUS
/// Application Protocol Specification` V1.1b3 section 5.1.
pub(super) const MODBUS: &[Layout] = &[Layout {
    name: "modbus",
    fits: |payload| {
        let length = u16_at(payload.octets, 4).map_or(0, usize::from);
        u16_at(payload.octets, 2) == Some(0)
            && (2..=254).contains(&length)
            && length + 6 <= payload.length
    },
    common: &[],
    fields: &[
        spec::u16(0, "transaction"),
        spec::u16(4, "message_length"),
        spec::u8(6, "unit"),
        spec::flag(7, 0x80, "exception"),
        spec::bits(7, 0, 7, "type"),
    ],
    length: 8,
    messages: &[
        (1, "read_coils"),
        (2, "read_discrete_inputs"),
        (3, "read_holding_registers"),
        (4, "read_input_registers"),
        (5, "write_single_coil"),
        (6, "write_single_register"),
        (7, "read_exception_status"),
        (8, "diagnostics"),
        (15, "write_multiple_coils"),
        (16, "write_multiple_registers"),
        (17, "report_server_id"),
        (20, "read_file_record"),
        (21, "write_file_record"),
        (22, "mask_write_register"),
        (23, "read_write_multiple_registers"),
        (24, "read_fifo_queue"),
        (43, "encapsulated_interface"),
    ],
}];

/// A number of two octets, the low one first.
fn little_endian(payload: &Payload<'_>, at: usize) -> Option<u16> {
    array_at(payload.octets, at).map(u16::from_le_bytes)
}

const ENCAPSULATION_STATUS: FewNames = FewNames {
    key: "status_name",
    words: &[
        (0, "success"),
        (1, "unknown_command"),
        (2, "out_of_memory"),
        (3, "incorrect_data"),
        (0x64, "invalid_session"),
        (0x65, "invalid_length"),
        (0x69, "unsupported_version"),
    ],
};

/// The encapsulation of CIP (`The CIP Networks Library` volume 2 sections 2-3 and 2-4).
pub(super) const ETHERNET_IP: &[Layout] = &[Layout {
    name: "ethernet_ip",
    fits: |payload| {
        matches!(
            little_endian(payload, 0),
            Some(0 | 4 | 0x63..=0x66 | 0x6f | 0x70 | 0x72 | 0x73)
        ) && is_whole(payload, little_endian(payload, 2), 24)
    },
    common: &[],
    fields: &[
        spec::little_endian(0, 2, "type"),
        spec::little_endian(2, 2, "message_length"),
        spec::hex_little_endian(4, 4, "session"),
        spec::few_named(
            spec::hex_little_endian(8, 4, "status"),
            &ENCAPSULATION_STATUS,
        ),
        spec::octets(12, 8, "context"),
        spec::hex_little_endian(20, 4, "options"),
    ],
    length: 24,
    messages: &[
        (0, "no_operation"),
        (4, "list_services"),
        (0x63, "list_identity"),
        (0x64, "list_interfaces"),
        (0x65, "register_session"),
        (0x66, "unregister_session"),
        (0x6f, "send_request_reply_data"),
        (0x70, "send_unit_data"),
        (0x72, "indicate_status"),
        (0x73, "cancel"),
    ],
}];

/// What devices send again and again (sections 2-6.2 and 3-2): a sequenced address, then data.
pub(super) const ETHERNET_IP_IO: &[Layout] = &[Layout {
    name: "ethernet_ip_io",
    fits: |payload| {
        const ITEMS: u8 = 2;
        // Its type and its length.
        const ADDRESS: [u8; 4] = [0x02, 0x80, 8, 0];
        const DATA: u16 = 0x00b1;
        let begins = array_at(payload.octets, 0) == Some([ITEMS, 0])
            && array_at(payload.octets, 2) == Some(ADDRESS);
        begins
            && little_endian(payload, 14).is_none_or(|kind| kind == DATA)
            && little_endian(payload, 16).is_none_or(|length| is_whole(payload, Some(length), 18))
    },
    common: &[],
    fields: &[
        spec::hex_little_endian(6, 4, "connection"),
        spec::little_endian(10, 4, "sequence"),
        spec::little_endian(16, 2, "data_length"),
    ],
    length: 18,
    messages: &[],
}];

/// Whether it begins as `BACnet` over IP and is as long as it says (ASHRAE 135 annex J.2).
fn is_bacnet(payload: &Payload<'_>) -> bool {
    const TYPE: u8 = 0x81;
    payload.octets.first() == Some(&TYPE) && is_whole(payload, u16_at(payload.octets, 2), 0)
}

const BACNET_MESSAGES: &[(u16, &str)] = &[
    (0, "result"),
    (1, "write_broadcast_distribution_table"),
    (2, "read_broadcast_distribution_table"),
    (3, "read_broadcast_distribution_table_ack"),
    (4, "forwarded_npdu"),
    (5, "register_foreign_device"),
    (6, "read_foreign_device_table"),
    (7, "read_foreign_device_table_ack"),
    (8, "delete_foreign_device_table_entry"),
    (9, "distribute_broadcast_to_network"),
    (10, "original_unicast_npdu"),
    (11, "original_broadcast_npdu"),
    (12, "secured"),
];

const BACNET_HEADER: &[FieldSpec] = &[spec::u8(1, "type"), spec::u16(2, "message_length")];

/// Behind the header is a packet of the network layer (section 6.2), of a forwarded one behind the
/// address that it came from.
pub(super) const BACNET: &[Layout] = &[
    Layout {
        name: "bacnet",
        fits: |payload| is_bacnet(payload) && u8_at(payload.octets, 1) == Some(4),
        common: BACNET_HEADER,
        fields: &[
            spec::v4(4, "source"),
            spec::u16(8, "source_port"),
            spec::u8(10, "network_version"),
            spec::hex(11, 1, "network_control"),
        ],
        length: 12,
        messages: BACNET_MESSAGES,
    },
    Layout {
        name: "bacnet",
        fits: |payload| is_bacnet(payload) && matches!(u8_at(payload.octets, 1), Some(9..=11)),
        common: BACNET_HEADER,
        fields: &[
            spec::u8(4, "network_version"),
            spec::hex(5, 1, "network_control"),
        ],
        length: 6,
        messages: BACNET_MESSAGES,
    },
    Layout {
        name: "bacnet",
        fits: is_bacnet,
        common: BACNET_HEADER,
        fields: &[],
        length: 4,
        messages: BACNET_MESSAGES,
    },
];

const RETURN_CODES: Names = Names {
    key: "return_code_name",
    words: &[
        "ok",
        "not_ok",
        "unknown_service",
        "unknown_method",
        "not_ready",
        "not_reachable",
        "timeout",
        "wrong_protocol_version",
        "wrong_interface_version",
        "malformed_message",
        "wrong_message_type",
    ],
};

/// AUTOSAR `SOME/IP Protocol Specification` section 4.1.2, version 1.
pub(super) const SOME_IP: &[Layout] = &[Layout {
    name: "some_ip",
    fits: |payload| {
        let length = u32_at(payload.octets, 4).map_or(0, u64::from);
        u8_at(payload.octets, 12) == Some(1) && length >= 8 && length + 8 <= payload.length as u64
    },
    common: &[],
    fields: &[
        spec::hex(0, 2, "service"),
        spec::hex(2, 2, "method"),
        spec::u32(4, "message_length"),
        spec::hex(8, 2, "client"),
        spec::u16(10, "session"),
        spec::u8(12, "version"),
        spec::u8(13, "interface_version"),
        spec::hex(14, 1, "type"),
        spec::named(spec::u8(15, "return_code"), &RETURN_CODES),
    ],
    length: 16,
    messages: &[
        (0x00, "request"),
        (0x01, "request_no_return"),
        (0x02, "notification"),
        (0x20, "request_in_segments"),
        (0x21, "request_no_return_in_segments"),
        (0x22, "notification_in_segments"),
        (0x80, "response"),
        (0x81, "error"),
        (0xa0, "response_in_segments"),
        (0xa1, "error_in_segments"),
    ],
}];
