//! PIM (RFC 7761 section 4.9), with the options of its hellos and the groups that are joined and pruned.

use super::listed::{self, Listed};
use super::{Name, Table, UpperHeader};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{tail, u8_at, u16_at};

const COMMON: [FieldSpec; 3] = [
    spec::bits(0, 4, 4, "version"),
    spec::bits(0, 0, 4, "type"),
    spec::hex(2, 2, "checksum"),
];

pub(super) fn header(octets: &[u8]) -> Option<UpperHeader<'_>> {
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
        0 => {
            let options = spec::parts(4, Listed::PimOptions.parts(), "options");
            (rows([options]), octets.len())
        }
        // Behind it is the packet that was sent to a group.
        1 => (
            rows([spec::flag(4, 0x80, "border"), spec::flag(4, 0x40, "null")]),
            8,
        ),
        2 | 5 | 9 => source(octets),
        4 => bootstrap(octets),
        8 => candidate(octets),
        3 | 6 | 7 => join(octets),
        _ => (rows([spec::rest(4, "data")]), octets.len()),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::made(COMMON.into_iter().chain(own.into_iter().flatten()));
    let kind = Some(kind.into());
    Some(UpperHeader::new("pim", kind, message, bytes, specs))
}

/// Those of a state refresh are the most.
const OWN: usize = 13;

type Rows = [Option<FieldSpec>; OWN];

fn rows(specs: impl IntoIterator<Item = FieldSpec>) -> Rows {
    let mut rows = [None; OWN];
    for (to, row) in rows.iter_mut().zip(specs) {
        *to = Some(row);
    }
    rows
}

/// Where an encoded address begins and ends (RFC 7761 section 4.9.1).
#[derive(Clone, Copy)]
struct Encoded {
    at: u16,
    address: FieldSpec,
    end: u16,
}

impl Encoded {
    /// One whose family is that of IP, behind so many octets. Of another encoding than the native one
    /// more stands behind it (RFC 5384 section 3.4.1).
    fn read(octets: &[u8], at: u16, before: u16, name: &'static str) -> Option<Self> {
        let start = at + before;
        let (address, length) = match u16_at(octets, at.into())? {
            0x0100 => (spec::v4(start, name), 4),
            0x0200 => (spec::v6(start, name), 16),
            _ => return None,
        };
        Some(Self {
            at,
            address,
            end: start + length,
        })
    }

    fn unicast(octets: &[u8], at: u16, name: &'static str) -> Option<Self> {
        Self::read(octets, at, 2, name)
    }

    /// One of a group or of a source.
    fn masked(octets: &[u8], at: u16, name: &'static str) -> Option<Self> {
        Self::read(octets, at, 4, name)
    }

    const fn mask_length(self) -> FieldSpec {
        spec::u8(self.at + 3, "mask_length")
    }
}

/// The group and the source of a register-stop, an assert or a state refresh (sections 4.9.4 and 4.9.6;
/// RFC 3973 section 4.7.10), and what follows them.
fn source(octets: &[u8]) -> (Rows, usize) {
    let Some(group) = Encoded::masked(octets, 4, "group") else {
        return (rows([]), octets.len());
    };
    let of_group = [group.mask_length(), group.address];
    let Some(source) = Encoded::unicast(octets, group.end, "source") else {
        return (rows(of_group), octets.len());
    };
    let addresses = of_group.into_iter().chain([source.address]);
    match octets.first().map_or(0, |first| first & 0x0f) {
        5 => {
            let own = addresses.chain(metrics(source.end));
            (rows(own), usize::from(source.end) + 8)
        }
        9 => {
            let Some(originator) = Encoded::unicast(octets, source.end, "originator") else {
                return (rows(addresses), octets.len());
            };
            let end = originator.end;
            let behind = [
                spec::u8(end + 8, "source_mask_length"),
                spec::u8(end + 9, "ttl"),
                spec::flag(end + 10, 0x80, "prune_indicator"),
                spec::flag(end + 10, 0x40, "prune_now"),
                spec::flag(end + 10, 0x20, "assert_override"),
                spec::seconds_of(end + 11, 1, "interval"),
            ];
            let own = addresses.chain([originator.address]).chain(metrics(end));
            (rows(own.chain(behind)), usize::from(end) + 12)
        }
        _ => (rows(addresses), source.end.into()),
    }
}

/// How far it is to the source by the route of who sends it.
fn metrics(at: u16) -> [FieldSpec; 3] {
    [
        spec::flag(at, 0x80, "rendezvous_tree"),
        spec::bits_of(at, 4, 0, 31, "metric_preference"),
        spec::u32(at + 4, "metric"),
    ]
}

/// To whom a join is sent, and its groups (section 4.9.5).
fn join(octets: &[u8]) -> (Rows, usize) {
    let Some(upstream) = Encoded::unicast(octets, 4, "upstream") else {
        return (rows([]), octets.len());
    };
    let (end, count) = (upstream.end, upstream.end + 1);
    let groups = u8_at(octets, count.into()).unwrap_or(0);
    let own = rows([
        upstream.address,
        spec::u8(count, "group_count"),
        spec::seconds_of(end + 2, 2, "hold_time"),
        spec::parts(end + 4, Listed::PimGroups(groups).parts(), "groups"),
    ]);
    (own, octets.len())
}

/// Whose bootstrap it is, and the groups of which it tells (RFC 5059 section 4.1).
fn bootstrap(octets: &[u8]) -> (Rows, usize) {
    let fixed = [
        spec::u16(4, "fragment_tag"),
        spec::u8(6, "hash_mask_length"),
        spec::u8(7, "priority"),
    ];
    let Some(router) = Encoded::unicast(octets, 8, "bootstrap_router") else {
        return (rows(fixed), 8);
    };
    let groups = spec::parts(router.end, Listed::PimRendezvousGroups.parts(), "groups");
    let own = fixed.into_iter().chain([router.address, groups]);
    (rows(own), octets.len())
}

/// Who would be the rendezvous point of which groups (RFC 5059 section 4.2).
fn candidate(octets: &[u8]) -> (Rows, usize) {
    let fixed = [
        spec::u8(4, "prefix_count"),
        spec::u8(5, "priority"),
        spec::seconds_of(6, 2, "hold_time"),
    ];
    let Some(point) = Encoded::unicast(octets, 8, "rendezvous_point") else {
        return (rows(fixed), 8);
    };
    let count = u8_at(octets, 4).unwrap_or(0);
    let groups = spec::parts(point.end, Listed::PimPrefixes(count).parts(), "groups");
    (
        rows(fixed.into_iter().chain([point.address, groups])),
        octets.len(),
    )
}

/// The group of a bootstrap in front of `octets`, with the rendezvous points that it may have, and its
/// octets.
pub(super) fn rendezvous_group(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let group = Encoded::masked(octets, 0, "address")?;
    let end = group.end;
    let count = u8_at(octets, usize::from(end) + 1)?;
    let listed = Listed::PimRendezvousPoints(count).parts();
    let (behind, there) = listed.complete_and_count(tail(octets, usize::from(end) + 4));
    let length = if there < usize::from(count) {
        octets.len()
    } else {
        usize::from(end) + 4 + behind
    };
    let specs = Specs::made([
        spec::flag(2, 0x80, "bidirectional"),
        spec::flag(2, 0x01, "zone"),
        group.mask_length(),
        group.address,
        spec::u8(end, "point_count"),
        spec::u8(end + 1, "points_here"),
        spec::reserved(end + 2, 2, 0xffff, "reserved"),
        spec::parts(end + 4, listed, "points"),
    ]);
    let bytes = octets.get(..length)?;
    Some((listed::plain("groups", bytes, specs), length))
}

/// The rendezvous point in front of `octets`, and its octets.
pub(super) fn rendezvous_point(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let point = Encoded::unicast(octets, 0, "address")?;
    let end = point.end;
    let specs = Specs::made([
        point.address,
        spec::seconds_of(end, 2, "hold_time"),
        spec::u8(end + 2, "priority"),
        spec::reserved(end + 3, 1, 0xff, "reserved"),
    ]);
    let bytes = octets.get(..usize::from(end) + 4)?;
    Some((listed::plain("points", bytes, specs), bytes.len()))
}

/// The group in front of `octets`, and its octets.
pub(super) fn prefix(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let group = Encoded::masked(octets, 0, "address")?;
    let specs = Specs::made([
        spec::flag(2, 0x80, "bidirectional"),
        spec::flag(2, 0x01, "zone"),
        group.mask_length(),
        group.address,
    ]);
    let bytes = octets.get(..group.end.into())?;
    Some((listed::plain("groups", bytes, specs), bytes.len()))
}

/// The group in front of `octets`, with as many sources as there are, and its octets.
pub(super) fn group(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let group = Encoded::masked(octets, 0, "address")?;
    let end = group.end;
    let (joined, pruned) = (
        u16_at(octets, end.into())?,
        u16_at(octets, usize::from(end) + 2)?,
    );
    let joins = Listed::PimSources(joined).parts();
    let (behind_joins, joins_there) = joins.complete_and_count(tail(octets, usize::from(end) + 4));
    let behind_joins = usize::from(end) + 4 + behind_joins;
    let mut length = behind_joins;
    let mut other_row = None;
    if joins_there < usize::from(joined) {
        length = octets.len();
    } else {
        let listed = Listed::PimSources(pruned).parts();
        let (behind, there) = listed.complete_and_count(tail(octets, behind_joins));
        length += behind;
        if there < usize::from(pruned) {
            length = octets.len();
        }
        let at = u16::try_from(behind_joins).ok();
        other_row = at.map(|at| spec::parts(at, listed, "pruned_sources"));
    }
    let specs = Specs::made(
        [
            spec::flag(2, 0x80, "bidirectional"),
            spec::flag(2, 0x01, "zone"),
            group.mask_length(),
            group.address,
            spec::u16(end, "joined"),
            spec::u16(end + 2, "pruned"),
            spec::parts(end + 4, joins, "joined_sources"),
        ]
        .into_iter()
        .chain(other_row),
    );
    let bytes = octets.get(..length)?;
    Some((listed::plain("groups", bytes, specs), length))
}

/// The source in front of `octets`, and its octets.
pub(super) fn source_of_group(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let source = Encoded::masked(octets, 0, "address")?;
    let specs = Specs::made([
        spec::flag(2, 0x04, "sparse"),
        spec::flag(2, 0x02, "wildcard"),
        spec::flag(2, 0x01, "rendezvous_tree"),
        source.mask_length(),
        source.address,
    ]);
    let bytes = octets.get(..source.end.into())?;
    Some((listed::plain("sources", bytes, specs), bytes.len()))
}

/// The address in front of `octets`, and its octets.
pub(super) fn address(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let address = Encoded::unicast(octets, 0, "address")?;
    let bytes = octets.get(..address.end.into())?;
    let specs = Specs::made([address.address]);
    Some((listed::plain("addresses", bytes, specs), bytes.len()))
}

/// The option of a hello in front of `octets`, and its octets (section 4.9.2).
pub(super) fn option(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const TYPE_AND_LENGTH: Table = &[spec::u16(0, "type"), spec::u16(2, "length")];
    let kind = u16_at(octets, 0)?;
    let length = 4 + usize::from(u16_at(octets, 2)?);
    let bytes = octets.get(..length)?;
    let (name, table) = option_format(kind);
    let specs = Specs::Two(TYPE_AND_LENGTH, table);
    let item = listed::item("options", kind, name, bytes, specs);
    Some((item, length))
}

/// IANA registry `PIM-Hello Options`.
const fn option_format(kind: u16) -> (Name, Table) {
    match kind {
        // All ones are for ever.
        1 => (
            Some("hold_time"),
            const { &[spec::seconds_of(4, 2, "hold_time")] },
        ),
        2 => (
            Some("lan_prune_delay"),
            const {
                &[
                    spec::flag(4, 0x80, "tracking"),
                    spec::masked_millis(4, 0x7fff, "propagation_delay"),
                    spec::millis(6, 2, "override_interval"),
                ]
            },
        ),
        19 => (Some("priority"), const { &[spec::u32(4, "priority")] }),
        20 => (
            Some("generation"),
            const { &[spec::hex(4, 4, "generation")] },
        ),
        // RFC 3973 section 4.7.5.
        21 => (
            Some("state_refresh_capable"),
            const {
                &[
                    spec::u8(4, "version"),
                    spec::seconds_of(5, 1, "interval"),
                    spec::reserved(6, 2, 0xffff, "reserved"),
                ]
            },
        ),
        // RFC 5015 section 3.7.4.
        22 => (Some("bidirectional_capable"), DATA),
        24 => (
            Some("address_list"),
            const { &[spec::parts(4, Listed::PimAddresses.parts(), "addresses")] },
        ),
        // RFC 5384 section 3.3.
        26 => (Some("join_attribute"), DATA),
        // RFC 6559 section 3.
        27 => (Some("over_tcp_capable"), DATA),
        28 => (Some("over_sctp_capable"), DATA),
        // RFC 6807 section 3.
        29 => (Some("population_count"), DATA),
        // RFC 6420 section 4.
        30 => (Some("topology_identifier"), DATA),
        // RFC 6395 section 2.
        31 => (
            Some("interface_identifier"),
            const { &[spec::v4(4, "router_id"), spec::u32(8, "interface")] },
        ),
        // RFC 6754 section 4.
        32 => (Some("ecmp_redirect"), DATA),
        _ => (None, DATA),
    }
}

const DATA: Table = &[spec::rest(4, "data")];
