//! What routers tell each other over UDP and TCP: RIP, HSRP, Babel, BFD, BGP.

use super::Payload;
use super::parts::Parts;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// RFC 2453 section 3.6.
const RIP: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "version"),
    spec::parts(4, Parts::RipRoutes, "routes"),
];

/// RFC 1058 section 3.1.
const RIP_1: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "version"),
    spec::parts(4, Parts::Rip1Routes, "routes"),
];

/// RFC 2080 section 2.1.
const RIP_NG: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "version"),
    spec::parts(4, Parts::RipNgRoutes, "routes"),
];

pub(super) fn rip<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const RIP_NG_PORT: u16 = 521;
    let octets = payload.octets;
    let command = u8_at(octets, 0)?;
    let message = match command {
        1 => "request",
        2 => "response",
        _ => return None,
    };
    let (name, table) = if payload.has(RIP_NG_PORT) {
        ("ripng", RIP_NG)
    } else if u8_at(octets, 1) == Some(1) {
        ("rip", RIP_1)
    } else {
        ("rip", RIP)
    };
    Some(UpperHeader::new(
        name,
        Some(command.into()),
        Some(message),
        octets,
        Specs::Table(table),
    ))
}

/// RFC 8966 section 4.2.
const BABEL: &[FieldSpec] = &[
    spec::u8(1, "version"),
    spec::u16(2, "body_length"),
    spec::parts(4, Parts::BabelTlvs, "messages"),
];

pub(super) fn babel<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const MAGIC: u8 = 42;
    const HEADER: usize = 4;
    let octets = payload.octets;
    if u8_at(octets, 0)? != MAGIC {
        return None;
    }
    // What is behind the body protects it.
    let body = u16_at(octets, 2).map_or(octets.len(), usize::from);
    let bytes = octets.get(..HEADER + body).unwrap_or(octets);
    let specs = Specs::Table(BABEL);
    Some(UpperHeader::new("babel", None, None, bytes, specs))
}

const HSRP_STATES: Names = Names {
    key: "state_name",
    words: &spec::sparse::<17>(&[
        (0, "initial"),
        (1, "learn"),
        (2, "listen"),
        (4, "speak"),
        (8, "standby"),
        (16, "active"),
    ]),
};

/// RFC 2281 section 5.1.
const HSRP: &[FieldSpec] = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::named(spec::u8(2, "state"), &HSRP_STATES),
    spec::seconds_of(3, 1, "hello_time"),
    spec::seconds_of(4, 1, "hold_time"),
    spec::u8(5, "priority"),
    spec::u8(6, "group"),
    spec::text_of(8, 8, "authentication"),
    spec::v4(16, "virtual_address"),
];

/// What other messages have in common with these.
const HSRP_OTHER: &[FieldSpec] = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::rest(2, "data"),
];

pub(super) fn hsrp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let opcode = u8_at(octets, 1).filter(|_| octets.first() == Some(&0))?;
    let message = match opcode {
        0 => Some("hello"),
        1 => Some("coup"),
        2 => Some("resign"),
        _ => None,
    };
    let (bytes, table) = match message {
        Some(_) => (octets.get(..20).unwrap_or(octets), HSRP),
        None => (octets, HSRP_OTHER),
    };
    let specs = Specs::Table(table);
    Some(UpperHeader::new(
        "hsrp",
        Some(opcode.into()),
        message,
        bytes,
        specs,
    ))
}

const BFD_STATES: Names = Names {
    key: "state_name",
    words: &["admin_down", "down", "init", "up"],
};

const BFD_DIAGNOSTICS: Names = Names {
    key: "diagnostic_name",
    words: &[
        "none",
        "detection_time_expired",
        "echo_failed",
        "neighbor_signaled_down",
        "forwarding_plane_reset",
        "path_down",
        "concatenated_path_down",
        "administratively_down",
        "reverse_concatenated_path_down",
    ],
};

/// RFC 5880 section 4.1.
const BFD: &[FieldSpec] = &[
    spec::bits(0, 5, 3, "version"),
    spec::named(spec::bits(0, 0, 5, "diagnostic"), &BFD_DIAGNOSTICS),
    spec::named(spec::bits(1, 6, 2, "state"), &BFD_STATES),
    spec::flag(1, 0x20, "poll"),
    spec::flag(1, 0x10, "final"),
    spec::flag(1, 0x08, "control_plane_independent"),
    spec::flag(1, 0x04, "authentication_present"),
    spec::flag(1, 0x02, "demand"),
    spec::flag(1, 0x01, "multipoint"),
    spec::u8(2, "multiplier"),
    spec::hex(4, 4, "my_discriminator"),
    spec::hex(8, 4, "your_discriminator"),
    spec::micros(12, 4, "desired_tx_us"),
    spec::micros(16, 4, "required_rx_us"),
    spec::micros(20, 4, "required_echo_rx_us"),
];

pub(super) fn bfd<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    if u8_at(octets, 0)? >> 5 != 1 {
        return None;
    }
    let bytes = octets.get(..24).unwrap_or(octets);
    Some(UpperHeader::new(
        "bfd",
        None,
        None,
        bytes,
        Specs::Table(BFD),
    ))
}

/// RFC 4271 section 4.1.
const BGP: &[FieldSpec] = &[spec::u16(16, "message_length"), spec::u8(18, "type")];

pub(super) fn bgp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const MARKER: [u8; 16] = [0xff; 16];
    let octets = payload.octets;
    if array_at(octets, 0)? != MARKER {
        return None;
    }
    let kind = u8_at(octets, 18);
    let message = match kind {
        Some(1) => Some("open"),
        Some(2) => Some("update"),
        Some(3) => Some("notification"),
        Some(4) => Some("keepalive"),
        // RFC 2918.
        Some(5) => Some("route_refresh"),
        _ => None,
    };
    let bytes = octets.get(..19).unwrap_or(octets);
    Some(UpperHeader::new(
        "bgp",
        kind.map(u16::from),
        message,
        bytes,
        Specs::Table(BGP),
    ))
}
