//! Headers that a machine puts before its own packets: cooked captures, logs, netlink, USB.

use super::{Part, Step, Table};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::model::LinkType;
use crate::model::byteorder::Order;
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::linktype as lt;

pub(super) fn step(link: LinkType, rest: &[u8]) -> Option<Step> {
    Some(match link {
        lt::NULL | lt::LOOP => Step::new(4, "loopback", LOOPBACK, Part::End),
        lt::ENC => Step::new(12, "enc", ENC, Part::End),
        lt::PFLOG => Step::new(rest.len(), "pflog", PFLOG, Part::End),
        lt::IPNET => Step::new(24, "ipnet", IPNET, Part::End),
        lt::LINUX_SLL | lt::NETLINK => {
            let then = cooked(link, u16_at(rest, 2)?, u16_at(rest, 14)?);
            Step::new(16, "linux_cooked", COOKED, then)
        }
        lt::LINUX_LAPD => Step::new(16, "linux_cooked", COOKED, Part::Link(lt::LAPD)),
        lt::NORDIC_BLE => Step::new(rest.len(), "nordic", NORDIC, Part::End),
        lt::LINUX_SLL2 => {
            let then = cooked(link, u16_at(rest, 8)?, u16_at(rest, 0)?);
            Step::new(20, "linux_cooked_2", COOKED_2, then)
        }
        lt::NFLOG => {
            const FLAGS: u8 = 0xc0;
            let order = match u8_at(rest, 7)? & !FLAGS {
                0 => Order::Little,
                _ => Order::Big,
            };
            let then = Part::Attributes(Attributes::Netfilter, order);
            Step::new(4, "nflog", NFLOG, then)
        }
        lt::WIRESHARK_UPPER_PDU => exported(rest)?,
        lt::USB_LINUX => Step::new(48, "usb", USB_LINUX, Part::End),
        lt::USB_LINUX_MMAPPED => Step::new(64, "usb", USB_LINUX, Part::End),
        lt::USBPCAP => {
            let length = array_at(rest, 0).map(u16::from_le_bytes)?;
            Step::new(usize::from(length).max(1), "usb", USBPCAP, Part::End)
        }
        lt::USB_DARWIN => {
            let length = usize::from(u8_at(rest, 2)?).max(1);
            Step::new(length, "usb", USB_DARWIN, Part::End)
        }
        lt::USB_2_0 | lt::USB_2_0_LOW_SPEED | lt::USB_2_0_FULL_SPEED | lt::USB_2_0_HIGH_SPEED => {
            Step::new(1, "usb", USB_PACKET, Part::End)
        }
        lt::BLUETOOTH_HCI_H4 => Step::new(5, "bluetooth", BLUETOOTH_H4, Part::End),
        lt::BLUETOOTH_HCI_H4_WITH_PHDR => {
            Step::new(4, "direction", DIRECTION, Part::Link(lt::BLUETOOTH_HCI_H4))
        }
        lt::BLUETOOTH_LINUX_MONITOR => Step::new(8, "bluetooth", BLUETOOTH_MONITOR, Part::End),
        lt::BLUETOOTH_LE_LL => Step::new(6, "bluetooth_le", BLUETOOTH_LE, Part::End),
        lt::BLUETOOTH_LE_LL_WITH_PHDR => Step::new(
            10,
            "bluetooth_le_radio",
            BLUETOOTH_LE_RADIO,
            Part::Link(lt::BLUETOOTH_LE_LL),
        ),
        _ => return None,
    })
}

/// What follows the header of a cooked capture: a message of netlink, or what its protocol tells.
fn cooked(link: LinkType, hardware: u16, protocol: u16) -> Part {
    const NETLINK: u16 = 824;
    const LLC: u16 = 4;
    if link == lt::NETLINK || hardware == NETLINK {
        return Part::NetlinkMessage(protocol);
    }
    match protocol {
        LLC => Part::Llc,
        0x8100 | 0x88a8 | 0x9100 | 0x9200 => Part::Tag,
        _ => Part::End,
    }
}

/// Whose attributes they are: the numbers have other names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::icmp::tunnel_header) enum Attributes {
    /// A log of netfilter.
    Netfilter,
    /// A queue of it.
    Queue,
    /// The drop monitor.
    Drop,
    /// A sample.
    Sample,
    /// Those of others.
    Other,
}

/// The header of a message of this family (RFC 3549 section 2.3), with that of the family.
pub(in crate::icmp::tunnel_header) fn message(rest: &[u8], family: u16) -> Option<Step> {
    const NETFILTER: u16 = 12;
    const GENERIC: u16 = 16;
    let big = array_at(rest, 0).map(u32::from_be_bytes)?;
    let order = if big.swap_bytes() <= big {
        Order::Little
    } else {
        Order::Big
    };
    let whose = match (family, order.u16(rest, 4)?, u8_at(rest, 16)?) {
        (NETFILTER, 0x0400, _) => Attributes::Netfilter,
        (NETFILTER, 0x0300, _) => Attributes::Queue,
        (GENERIC, _, 5) => Attributes::Drop,
        (GENERIC, _, 0) => Attributes::Sample,
        _ => Attributes::Other,
    };
    let rows = [
        number(order, 0, 4, "length"),
        number(order, 4, 2, "type"),
        hex(order, 6, 2, "flags"),
        number(order, 8, 4, "sequence"),
        number(order, 12, 4, "port"),
        spec::u8(
            16,
            if family == GENERIC {
                "command"
            } else {
                "family"
            },
        ),
        spec::u8(17, "version"),
        spec::u16(
            18,
            if family == GENERIC {
                "reserved"
            } else {
                "resource"
            },
        ),
    ];
    let then = Part::Attributes(whose, order);
    Some(Step::made(20, "netlink", rows, then))
}

/// An attribute of netlink: length and type, two bits above which are flags, then a value that is padded.
pub(in crate::icmp::tunnel_header) fn attribute(
    rest: &[u8],
    whose: Attributes,
    order: Order,
) -> Option<Step> {
    const HEADER: u16 = 4;
    let length = order.u16(rest, 0)?.max(HEADER);
    let kind = order.u16(rest, 2)? & 0x3fff;
    let kind_field = number(order, 2, 2, "type");
    let kind_field = match whose {
        Attributes::Other => kind_field,
        Attributes::Netfilter => spec::named(kind_field, &NETFILTER_LOG),
        Attributes::Queue => spec::named(kind_field, &NETFILTER_QUEUE),
        Attributes::Drop => spec::named(kind_field, &DROP_MONITOR),
        Attributes::Sample => spec::named(kind_field, &SAMPLES),
    };
    let value = spec::octets(HEADER, length - HEADER, "value");
    let rows = [number(order, 0, 2, "length"), kind_field, value];
    let padded = usize::from(length).next_multiple_of(4);
    let then = Part::Attributes(whose, order);
    Some(Step::made(padded, "attribute", rows, then).numbered(kind))
}

const fn number(order: Order, at: u16, octets: u8, name: &'static str) -> FieldSpec {
    match order {
        Order::Big => spec::number(at, octets, name),
        Order::Little => spec::little_endian(at, octets, name),
    }
}

const fn hex(order: Order, at: u16, octets: u8, name: &'static str) -> FieldSpec {
    match order {
        Order::Big => spec::hex(at, octets, name),
        Order::Little => spec::hex_little_endian(at, octets, name),
    }
}

/// A field of what Wireshark exported.
fn exported(rest: &[u8]) -> Option<Step> {
    let length = u16_at(rest, 2)?;
    let rows = [
        spec::u16(0, "tag"),
        spec::u16(2, "length"),
        spec::octets(4, length, "value"),
    ];
    let then = match u16_at(rest, 0)? {
        0 => Part::End,
        _ => Part::Link(lt::WIRESHARK_UPPER_PDU),
    };
    Some(Step::made(
        4 + usize::from(length),
        "exported_field",
        rows,
        then,
    ))
}

/// `linux/netfilter/nfnetlink_log.h`.
const NETFILTER_LOG: Names = Names {
    key: "type_name",
    words: &[
        "",
        "packet_header",
        "mark",
        "timestamp",
        "in_device",
        "out_device",
        "physical_in_device",
        "physical_out_device",
        "hardware_address",
        "payload",
        "prefix",
        "uid",
        "sequence",
        "global_sequence",
        "gid",
        "hardware_type",
        "hardware_header",
        "hardware_length",
        "connection",
        "connection_information",
    ],
};

/// `linux/netfilter/nfnetlink_queue.h`.
const NETFILTER_QUEUE: Names = Names {
    key: "type_name",
    words: &[
        "",
        "packet_header",
        "verdict_header",
        "mark",
        "timestamp",
        "in_device",
        "out_device",
        "physical_in_device",
        "physical_out_device",
        "hardware_address",
        "payload",
        "connection",
        "connection_information",
        "captured_length",
        "offload",
        "expectation",
        "uid",
        "gid",
        "security_context",
    ],
};

/// `linux/net_dropmon.h`.
const DROP_MONITOR: Names = Names {
    key: "type_name",
    words: &[
        "",
        "alert_mode",
        "program_counter",
        "symbol",
        "in_port",
        "timestamp",
        "protocol",
        "payload",
        "padding",
        "truncated_length",
        "original_length",
        "queue_length",
        "statistics",
        "hardware_statistics",
        "origin",
        "trap_group",
        "trap",
        "hardware_entries",
        "hardware_entry",
        "hardware_trap_count",
        "software_drops",
        "hardware_drops",
        "flow_action_cookie",
        "reason",
    ],
};

/// `linux/psample.h`.
const SAMPLES: Names = Names {
    key: "type_name",
    words: &[
        "in_interface",
        "out_interface",
        "original_size",
        "group",
        "group_sequence",
        "rate",
        "data",
        "group_reference_count",
        "tunnel",
        "padding",
        "out_traffic_class",
        "out_traffic_class_occupancy",
        "latency",
        "timestamp",
        "protocol",
        "user_cookie",
        "rate_is_probability",
    ],
};

const PACKET_TYPES: Names = Names {
    key: "packet_type_name",
    words: &["host", "broadcast", "multicast", "other_host", "outgoing"],
};

const LOOPBACK: Table = &[spec::hex(0, 4, "family")];

const ENC: Table = &[
    spec::hex(0, 4, "family"),
    spec::hex(4, 4, "spi"),
    spec::hex(8, 4, "flags"),
];

const PFLOG: Table = &[
    spec::u8(0, "length"),
    spec::u8(1, "family"),
    spec::u8(2, "action"),
    spec::u8(3, "reason"),
    spec::text_of(4, 16, "interface"),
    spec::text_of(20, 16, "ruleset"),
    spec::u32(36, "rule"),
    spec::u32(40, "subrule"),
    spec::rest(44, "owners_and_direction"),
];

const IPNET: Table = &[
    spec::u8(0, "version"),
    spec::u8(1, "family"),
    spec::u16(2, "hook"),
    spec::u32(4, "packet_length"),
    spec::u32(8, "interface"),
    spec::u32(12, "group_interface"),
    spec::u32(16, "src_zone"),
    spec::u32(20, "dst_zone"),
];

const COOKED: Table = &[
    spec::named(spec::u16(0, "packet_type"), &PACKET_TYPES),
    spec::u16(2, "hardware_type"),
    spec::u16(4, "address_length"),
    spec::octets(6, 8, "src_address"),
    spec::hex(14, 2, "protocol"),
];

const COOKED_2: Table = &[
    spec::hex(0, 2, "protocol"),
    spec::u32(4, "interface"),
    spec::u16(8, "hardware_type"),
    spec::named(spec::u8(10, "packet_type"), &PACKET_TYPES),
    spec::u8(11, "address_length"),
    spec::octets(12, 8, "src_address"),
];

const NFLOG: Table = &[
    spec::u8(0, "family"),
    spec::u8(1, "version"),
    spec::u16(2, "resource"),
];

/// What a transfer of USB is, by Linux's numbers and those of `USBPcap`.
const TRANSFERS: Names = Names {
    key: "transfer_name",
    words: &["isochronous", "interrupt", "control", "bulk"],
};

/// `linux/Documentation/usb/usbmon.rst`, in the byte order of the host: little-endian nearly everywhere.
const USB_LINUX: Table = &[
    spec::hex_little_endian(0, 8, "urb"),
    spec::hex(8, 1, "event"),
    spec::named(spec::u8(9, "transfer"), &TRANSFERS),
    spec::flag(10, 0x80, "to_host"),
    spec::bits(10, 0, 7, "endpoint"),
    spec::u8(11, "device"),
    spec::little_endian(12, 2, "bus"),
    spec::u8(14, "setup_flag"),
    spec::u8(15, "data_flag"),
    spec::little_endian(16, 8, "seconds"),
    spec::little_endian(24, 4, "microseconds"),
    spec::hex_little_endian(28, 4, "status"),
    spec::little_endian(32, 4, "length"),
    spec::little_endian(36, 4, "captured_length"),
    spec::octets(40, 8, "setup"),
    spec::little_endian(48, 4, "interval"),
    spec::little_endian(52, 4, "start_frame"),
    spec::hex_little_endian(56, 4, "transfer_flags"),
    spec::little_endian(60, 4, "descriptors"),
];

const USBPCAP: Table = &[
    spec::little_endian(0, 2, "header_length"),
    spec::hex_little_endian(2, 8, "irp"),
    spec::hex_little_endian(10, 4, "status"),
    spec::little_endian(14, 2, "function"),
    spec::hex(16, 1, "information"),
    spec::little_endian(17, 2, "bus"),
    spec::little_endian(19, 2, "device"),
    spec::flag(21, 0x80, "to_host"),
    spec::bits(21, 0, 7, "endpoint"),
    spec::named(spec::u8(22, "transfer"), &TRANSFERS),
    spec::little_endian(23, 4, "length"),
];

/// What a transfer is by Darwin's numbers.
const DARWIN_TRANSFERS: Names = Names {
    key: "transfer_name",
    words: &["control", "isochronous", "bulk", "interrupt"],
};

const USB_DARWIN: Table = &[
    spec::hex_little_endian(0, 2, "version"),
    spec::u8(2, "header_length"),
    spec::u8(3, "request"),
    spec::little_endian(4, 4, "length"),
    spec::hex_little_endian(8, 4, "status"),
    spec::little_endian(12, 4, "isochronous_frames"),
    spec::hex_little_endian(16, 8, "io"),
    spec::hex_little_endian(24, 4, "location"),
    spec::u8(28, "speed"),
    spec::u8(29, "device"),
    spec::hex(30, 1, "endpoint"),
    spec::named(spec::u8(31, "transfer"), &DARWIN_TRANSFERS),
];

const USB_PACKET: Table = &[spec::hex(0, 1, "packet_identifier")];

const NORDIC: Table = &[spec::u8(0, "board"), spec::rest(1, "sniffer_header")];

const DIRECTION: Table = &[spec::u32(0, "direction")];

const BLUETOOTH_H4: Table = &[
    spec::u8(0, "packet_type"),
    spec::hex_little_endian(1, 2, "handle_and_flags"),
    spec::little_endian(3, 2, "length"),
];

const BLUETOOTH_MONITOR: Table = &[spec::u16(0, "adapter"), spec::u16(2, "opcode")];

const BLUETOOTH_LE: Table = &[
    spec::hex_little_endian(0, 4, "access_address"),
    spec::hex(4, 1, "flags"),
    spec::u8(5, "length"),
];

const BLUETOOTH_LE_RADIO: Table = &[
    spec::u8(0, "channel"),
    spec::u8(1, "signal"),
    spec::u8(2, "noise"),
    spec::u8(3, "access_address_offenses"),
    spec::hex_little_endian(4, 4, "reference_access_address"),
    spec::hex_little_endian(8, 2, "flags"),
];
