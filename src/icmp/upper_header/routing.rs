//! What routers tell each other in IP packets of their own: OSPF, PIM, VRRP.

use super::{Name, Table, UpperHeader};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::{Ip, IpVersion};

/// What both versions begin with.
const OSPF: [FieldSpec; 6] = [
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u16(2, "packet_length"),
    spec::v4(4, "router_id"),
    spec::v4(8, "area"),
    spec::hex(12, 2, "checksum"),
];

/// RFC 2328 section A.3.1.
const OSPF_2: Table = &[spec::u16(14, "authentication_type")];
/// RFC 2328 section A.3.2.
const OSPF_2_HELLO: Table = &[
    spec::u16(14, "authentication_type"),
    spec::v4(24, "mask"),
    spec::seconds_of(28, 2, "hello_interval"),
    spec::hex(30, 1, "options"),
    spec::u8(31, "priority"),
    spec::seconds_of(32, 4, "dead_interval"),
    spec::v4(36, "designated_router"),
    spec::v4(40, "backup_router"),
    spec::v4_list(44, "neighbors"),
];
/// RFC 2328 section A.3.3.
const OSPF_2_DATABASE: Table = &[
    spec::u16(14, "authentication_type"),
    spec::u16(24, "mtu"),
    spec::hex(26, 1, "options"),
    spec::hex(27, 1, "flags"),
    spec::u32(28, "sequence"),
];
/// RFC 2328 section A.3.5.
const OSPF_2_UPDATE: Table = &[
    spec::u16(14, "authentication_type"),
    spec::u32(24, "advertisement_count"),
];
/// RFC 5340 section A.3.1.
const OSPF_3: Table = &[spec::u8(14, "instance")];
/// RFC 5340 section A.3.2.
const OSPF_3_HELLO: Table = &[
    spec::u8(14, "instance"),
    spec::u32(16, "interface"),
    spec::u8(20, "priority"),
    spec::hex(21, 3, "options"),
    spec::seconds_of(24, 2, "hello_interval"),
    spec::seconds_of(26, 2, "dead_interval"),
    spec::v4(28, "designated_router"),
    spec::v4(32, "backup_router"),
    spec::v4_list(36, "neighbors"),
];
/// RFC 5340 section A.3.3.
const OSPF_3_DATABASE: Table = &[
    spec::u8(14, "instance"),
    spec::hex(17, 3, "options"),
    spec::u16(20, "mtu"),
    spec::hex(23, 1, "flags"),
    spec::u32(24, "sequence"),
];
/// RFC 5340 section A.3.5.
const OSPF_3_UPDATE: Table = &[
    spec::u8(14, "instance"),
    spec::u32(16, "advertisement_count"),
];

pub(super) fn ospf(octets: &[u8]) -> Option<UpperHeader<'_>> {
    const HEADER_2: usize = 24;
    const HEADER_3: usize = 16;
    let (version, kind) = (u8_at(octets, 0)?, u8_at(octets, 1).unwrap_or(0));
    let message: Name = match kind {
        1 => Some("hello"),
        2 => Some("database_description"),
        3 => Some("link_state_request"),
        4 => Some("link_state_update"),
        5 => Some("link_state_acknowledgment"),
        _ => None,
    };
    let (own, length) = match (version, kind) {
        (3, 1) => (OSPF_3_HELLO, None),
        (3, 2) => (OSPF_3_DATABASE, Some(28)),
        (3, 4) => (OSPF_3_UPDATE, Some(20)),
        (3, _) => (OSPF_3, Some(HEADER_3)),
        (_, 1) => (OSPF_2_HELLO, None),
        (_, 2) => (OSPF_2_DATABASE, Some(32)),
        (_, 4) => (OSPF_2_UPDATE, Some(28)),
        _ => (OSPF_2, Some(HEADER_2)),
    };
    // What authenticates a packet stands behind its length.
    let stated = u16_at(octets, 2).map(|length| HEADER_3.max(length.into()));
    let length = length.or(stated).unwrap_or(octets.len());
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(&OSPF, own);
    let kind = Some(kind.into());
    Some(UpperHeader::new("ospf", kind, message, bytes, specs))
}

/// RFC 7761 section 4.9.
const PIM: [FieldSpec; 3] = [
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "type"),
    spec::hex(2, 2, "checksum"),
];

pub(super) fn pim(octets: &[u8]) -> Option<UpperHeader<'_>> {
    const HEADER: usize = 4;
    let kind = u8_at(octets, 0)? & 0x0f;
    let message: Name = match kind {
        0 => Some("hello"),
        1 => Some("register"),
        2 => Some("register_stop"),
        3 => Some("join_prune"),
        4 => Some("bootstrap"),
        5 => Some("assert"),
        6 => Some("graft"),
        7 => Some("graft_ack"),
        8 => Some("candidate_rp_advertisement"),
        // RFC 3973 and RFC 5015.
        9 => Some("state_refresh"),
        10 => Some("designated_forwarder_election"),
        _ => None,
    };
    let (own, length) = match kind {
        0 => (hello(octets, HEADER), octets.len()),
        3 | 6 | 7 => join(octets, HEADER),
        _ => ([None; 9], HEADER),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::made(PIM.into_iter().chain(own.into_iter().flatten()));
    let kind = Some(kind.into());
    Some(UpperHeader::new("pim", kind, message, bytes, specs))
}

type Rows = [Option<FieldSpec>; 9];

/// The options of a hello (RFC 7761 section 4.9.2).
fn hello(octets: &[u8], mut at: usize) -> Rows {
    let mut rows = [None; 9];
    while let (Some(kind), Some(length)) = (u16_at(octets, at), u16_at(octets, at + 2)) {
        let value = at + 4;
        at = value + usize::from(length);
        let Ok(value) = u16::try_from(value) else {
            break;
        };
        // An option twice is told once, as it was first.
        match (kind, length) {
            (1, 2) => keep(&mut rows[0], spec::seconds_of(value, 2, "hold_time")),
            (2, 4) => {
                keep(&mut rows[1], spec::millis(value, 2, "propagation_delay"));
                keep(
                    &mut rows[2],
                    spec::millis(value + 2, 2, "override_interval"),
                );
            }
            (19, 4) => keep(&mut rows[3], spec::u32(value, "priority")),
            (20, 4) => keep(&mut rows[4], spec::hex(value, 4, "generation")),
            _ => {}
        }
    }
    rows
}

fn keep(row: &mut Option<FieldSpec>, spec: FieldSpec) {
    row.get_or_insert(spec);
}

/// Where a join begins, to whom, and its first group (RFC 7761 section 4.9.5).
fn join(octets: &[u8], at: usize) -> (Rows, usize) {
    let mut rows = [None; 9];
    let Some((upstream, behind)) = encoded(octets, at, 2, "upstream") else {
        return (rows, at);
    };
    rows[0] = Some(upstream);
    let mut end = behind + 4;
    if let (Ok(count), Ok(hold)) = (u16::try_from(behind + 1), u16::try_from(behind + 2)) {
        rows[1] = Some(spec::u8(count, "group_count"));
        rows[2] = Some(spec::seconds_of(hold, 2, "hold_time"));
    }
    if let Some((group, behind)) = encoded(octets, end, 4, "group")
        && let Ok(counts) = u16::try_from(behind)
    {
        rows[3] = Some(spec::u8(group.at - 1, "mask_length"));
        rows[4] = Some(group);
        rows[5] = Some(spec::u16(counts, "joined"));
        rows[6] = Some(spec::u16(counts + 2, "pruned"));
        end = behind + 4;
    }
    (rows, end)
}

/// An encoded address whose family is that of IP, behind so many octets, and where it ends (RFC 7761
/// section 4.9.1).
fn encoded(
    octets: &[u8],
    at: usize,
    before: usize,
    name: &'static str,
) -> Option<(FieldSpec, usize)> {
    let start = u16::try_from(at + before).ok()?;
    let (row, length) = match u8_at(octets, at)? {
        1 => (spec::v4(start, name), 4),
        2 => (spec::v6(start, name), 16),
        _ => return None,
    };
    Some((row, at + before + length))
}

/// Octets before the addresses of VRRP.
const VRRP_HEADER: u16 = 8;

/// RFC 3768 section 5.1, RFC 5798 section 5.1: since version 3 the interval is in hundredths of a
/// second.
pub(super) fn vrrp<'a>(ip: &Ip<'a>) -> Option<UpperHeader<'a>> {
    const SIMPLE_PASSWORD: u8 = 1;
    const PASSWORD: u16 = 8;
    let octets = ip.payload;
    let first = u8_at(octets, 0)?;
    let count = u16::from(u8_at(octets, 3).unwrap_or(0));
    let (address, addresses) = match ip.version {
        IpVersion::V4 => (4, spec::v4_array(VRRP_HEADER, count, "addresses")),
        IpVersion::V6 => (16, spec::v6_array(VRRP_HEADER, count, "addresses")),
    };
    let end = VRRP_HEADER + count * address;
    let is_old = first >> 4 < 3;
    let has_password = is_old && u8_at(octets, 4) == Some(SIMPLE_PASSWORD);
    let password = spec::text_of(end, PASSWORD, "password");
    let rows = [
        Some(spec::bits(0, 4, 4, "version")),
        Some(spec::bits(0, 0, 4, "type")),
        Some(spec::u8(1, "virtual_router")),
        Some(spec::u8(2, "priority")),
        Some(spec::u8(3, "ip_address_count")),
        is_old.then(|| spec::u8(4, "authentication_type")),
        Some(if is_old {
            spec::seconds_of(5, 1, "advertisement_interval")
        } else {
            spec::bits_of(4, 2, 0, 12, "advertisement_centiseconds")
        }),
        Some(spec::hex(6, 2, "checksum")),
        Some(addresses),
        has_password
            .then_some(password)
            .filter(|_| tail(octets, end.into()).len() >= PASSWORD.into()),
    ];
    let message = (first & 0x0f == 1).then_some("advertisement");
    Some(UpperHeader::new(
        "vrrp",
        Some((first & 0x0f).into()),
        message,
        octets,
        Specs::made(rows.into_iter().flatten()),
    ))
}
