//! What gives hosts their addresses and what they boot from: DHCP, DHCPv6, TFTP.

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};

/// Octets of BOOTP before its options, and of the magic cookie in front of these (RFC 2132 section 2).
const BOOTP: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// DHCP, or BOOTP without a message type (RFC 2131 section 2).
pub(super) fn dhcp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    /// Octets of a hardware address that there is place for.
    const LONGEST: u8 = 16;
    let octets = payload.octets;
    let (op, length) = (u8_at(octets, 0)?, u8_at(octets, 2)?);
    if !matches!(op, 1 | 2) || length > LONGEST {
        return None;
    }
    let kind = message_type(octets);
    let name = kind.and_then(|at| message(u8_at(octets, at)?));
    let rows = [
        spec::u8(0, "op"),
        spec::hex(4, 4, "transaction"),
        spec::seconds_of(8, 2, "elapsed"),
        spec::flag(10, 0x80, "broadcast"),
        spec::v4(12, "client"),
        spec::v4(16, "your"),
        spec::v4(20, "server"),
        spec::v4(24, "relay"),
        spec::octets(28, length.into(), "address"),
    ];
    let kind = kind.and_then(|at| u16::try_from(at).ok());
    let rows = rows
        .into_iter()
        .chain(kind.map(|at| spec::u8(at, "message_type")));
    let message = name.or(if op == 1 {
        Some("request")
    } else {
        Some("reply")
    });
    let end = match kind {
        None => BOOTP,
        Some(at) => end_of_options(octets, usize::from(at) + 1),
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    Some(UpperHeader::new(
        "dhcp",
        None,
        message,
        bytes,
        Specs::made(rows),
    ))
}

const PAD: u8 = 0;
const END: u8 = 255;

/// `at`, if only the end of all options is there, otherwise the end of the octets.
fn end_of_options(octets: &[u8], at: usize) -> usize {
    let mut rest = tail(octets, at).iter().skip_while(|&&octet| octet == PAD);
    match rest.next() {
        Some(&END) => at,
        _ => octets.len(),
    }
}

/// Where option 53 has its number.
fn message_type(octets: &[u8]) -> Option<usize> {
    const MESSAGE_TYPE: u8 = 53;
    if array_at(octets, BOOTP)? != COOKIE {
        return None;
    }
    let mut at = BOOTP + COOKIE.len();
    loop {
        match u8_at(octets, at)? {
            PAD => at += 1,
            END => return None,
            MESSAGE_TYPE => return u8_at(octets, at + 2).map(|_| at + 2),
            _ => at += 2 + usize::from(u8_at(octets, at + 1)?),
        }
    }
}

/// RFC 2132 section 9.6, RFC 3203, RFC 4388.
const fn message(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "discover",
        2 => "offer",
        3 => "request",
        4 => "decline",
        5 => "ack",
        6 => "nak",
        7 => "release",
        8 => "inform",
        9 => "force_renew",
        10 => "lease_query",
        11 => "lease_unassigned",
        12 => "lease_unknown",
        13 => "lease_active",
        _ => return None,
    })
}

/// RFC 8415 section 8.
const DHCP6: &[FieldSpec] = &[spec::u8(0, "type"), spec::hex(1, 3, "transaction")];

/// RFC 8415 section 9.
const RELAYED: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "hop_count"),
    spec::v6(2, "link"),
    spec::v6(18, "peer"),
];

pub(super) fn dhcp6<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const RELAY_FORWARD: u8 = 12;
    const RELAY_REPLY: u8 = 13;
    let octets = payload.octets;
    let kind = u8_at(octets, 0)?;
    let message = match kind {
        1 => "solicit",
        2 => "advertise",
        3 => "request",
        4 => "confirm",
        5 => "renew",
        6 => "rebind",
        7 => "reply",
        8 => "release",
        9 => "decline",
        10 => "reconfigure",
        11 => "information_request",
        RELAY_FORWARD => "relay_forward",
        RELAY_REPLY => "relay_reply",
        14 => "lease_query",
        15 => "lease_query_reply",
        _ => return None,
    };
    let (table, length) = match kind {
        RELAY_FORWARD | RELAY_REPLY => (RELAYED, 34),
        _ => (DHCP6, 4),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Table(table);
    Some(UpperHeader::new(
        "dhcp6",
        Some(kind.into()),
        Some(message),
        bytes,
        specs,
    ))
}

/// RFC 1350 section 5, RFC 2347.
pub(super) fn tftp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const OPCODE: FieldSpec = spec::u16(0, "type");
    const BLOCK: &[FieldSpec] = &[OPCODE, spec::u16(2, "block")];
    let octets = payload.octets;
    let opcode = u16_at(octets, 0)?;
    let (message, bytes, specs) = match opcode {
        1 | 2 => {
            let (file, behind) = string(payload, 2, "file");
            let (mode, end) = string(payload, behind, "mode");
            let rows = [Some(OPCODE), file, mode];
            let bytes = octets.get(..end).unwrap_or(octets);
            let name = if opcode == 1 { "read" } else { "write" };
            (name, bytes, Specs::made(rows.into_iter().flatten()))
        }
        3 | 4 => {
            let name = if opcode == 3 { "data" } else { "ack" };
            let bytes = octets.get(..4).unwrap_or(octets);
            (name, bytes, Specs::Table(BLOCK))
        }
        5 => {
            let (text, end) = string(payload, 4, "text");
            let rows = [Some(OPCODE), Some(spec::u16(2, "error")), text];
            let bytes = octets.get(..end).unwrap_or(octets);
            ("error", bytes, Specs::made(rows.into_iter().flatten()))
        }
        6 => (
            "option_ack",
            octets.get(..2)?,
            Specs::Table(const { &[OPCODE] }),
        ),
        _ => return None,
    };
    Some(UpperHeader::new(
        "tftp",
        Some(opcode),
        Some(message),
        bytes,
        specs,
    ))
}

/// The field of the text at `at`, and where what is behind its zero octet begins.
fn string(payload: &Payload<'_>, at: usize, name: &'static str) -> (Option<FieldSpec>, usize) {
    let length = payload.end(at, |octet| octet == 0);
    let there = tail(payload.octets, at).len();
    let behind = at + length.unwrap_or(there) + 1;
    (payload.text(at, length, name), behind)
}
