//! What routers tell each other over UDP and TCP: RIP, HSRP, BFD, BGP.

use super::Payload;
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{array_at, u8_at};

/// RFC 2453 section 3.6, RFC 2080 section 2.1.
const RIP: &[FieldSpec] = &[spec::u8(0, "type"), spec::u8(1, "version")];

pub(super) fn rip<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let command = u8_at(octets, 0)?;
    let message = match command {
        1 => "request",
        2 => "response",
        _ => return None,
    };
    let bytes = octets.get(..2).unwrap_or(octets);
    Some(UpperHeader::new(
        "rip",
        Some(command.into()),
        Some(message),
        bytes,
        Specs::Table(RIP),
    ))
}

/// RFC 2281 section 5.1.
const HSRP: &[FieldSpec] = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u8(2, "state"),
    spec::u8(5, "priority"),
    spec::u8(6, "group"),
    spec::v4(16, "virtual_address"),
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
    let bytes = octets.get(..20).unwrap_or(octets);
    Some(UpperHeader::new(
        "hsrp",
        Some(opcode.into()),
        message,
        bytes,
        Specs::Table(HSRP),
    ))
}

const BFD_STATES: Names = Names {
    key: "state_name",
    words: &["admin_down", "down", "init", "up"],
};

/// RFC 5880 section 4.1.
const BFD: &[FieldSpec] = &[
    spec::bits(0, 5, 3, "version"),
    spec::bits(0, 0, 5, "diagnostic"),
    spec::named(spec::bits(1, 6, 2, "state"), &BFD_STATES),
    spec::u8(2, "multiplier"),
    spec::hex(4, 4, "my_discriminator"),
    spec::hex(8, 4, "your_discriminator"),
];

pub(super) fn bfd<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    if u8_at(octets, 0)? >> 5 != 1 {
        return None;
    }
    let bytes = octets.get(..12).unwrap_or(octets);
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
