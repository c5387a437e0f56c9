//! What gives hosts their addresses and what they boot from: DHCP, DHCPv6, TFTP.

use super::Payload;
use super::parts::{Parts, dhcp};
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
    let options = has_options(octets).then_some(spec::parts(
        u16::try_from(OPTIONS).ok()?,
        Parts::DhcpOptions,
        "options",
    ));
    let name = message_type(octets).and_then(message);
    let end = match options {
        None => BOOTP,
        Some(_) => end_of_options(octets),
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    let message = name.unwrap_or(if op == 1 { "request" } else { "reply" });
    let specs = Specs::made(rows.into_iter().chain(options));
    Some(UpperHeader::new("dhcp", None, Some(message), bytes, specs))
}

/// Where the options begin, behind the magic cookie.
const OPTIONS: usize = BOOTP + COOKIE.len();

fn has_options(octets: &[u8]) -> bool {
    array_at(octets, BOOTP) == Some(COOKIE)
}

/// Where the end of all options is, otherwise the end of the octets.
fn end_of_options(octets: &[u8]) -> usize {
    let there = Parts::DhcpOptions.complete(tail(octets, OPTIONS));
    let mut rest = tail(octets, OPTIONS + there).iter();
    match rest.find(|&&octet| octet != 0) {
        Some(&dhcp::END) => OPTIONS + there,
        _ => octets.len(),
    }
}

/// What option 53 says.
fn message_type(octets: &[u8]) -> Option<u8> {
    const MESSAGE_TYPE: u16 = 53;
    let options = Some(tail(octets, OPTIONS)).filter(|_| has_options(octets))?;
    let mut options = Parts::DhcpOptions.items(options);
    let option = options.find(|option| option.number == Some(MESSAGE_TYPE))?;
    u8_at(option.bytes, 2)
}

/// RFC 2132 section 9.6, RFC 3203, RFC 4388.
pub(super) const fn message(kind: u8) -> Option<&'static str> {
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
const DHCP6: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::hex(1, 3, "transaction"),
    options_6(4),
];

/// RFC 8415 section 9.
const RELAYED: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "hop_count"),
    spec::v6(2, "link"),
    spec::v6(18, "peer"),
    options_6(34),
];

const fn options_6(at: u16) -> FieldSpec {
    spec::parts(at, Parts::Dhcp6Options(dhcp::DEEPEST), "options")
}

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
    let specs = Specs::Table(match kind {
        RELAY_FORWARD | RELAY_REPLY => RELAYED,
        _ => DHCP6,
    });
    Some(UpperHeader::new(
        "dhcp6",
        Some(kind.into()),
        Some(message),
        octets,
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
