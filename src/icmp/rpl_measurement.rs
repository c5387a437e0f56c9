//! RPL's measurement object: a request to measure a route, and the reply (RFC 6998 section 3).

use super::field::{FieldSpec, spec};
use super::rpl::{self, LOCAL};
use crate::wire::bytes::u8_at;

/// Octets before the addresses.
const HEADER: usize = 4;
/// Octets of an address.
const ADDRESS: u16 = 16;
/// How many octets addresses may leave out, more than the most.
const WAYS: usize = 16;
/// Fields before those of the route.
const FIELDS: usize = 13;

/// Octets that each address has.
fn address_octets(base: &[u8]) -> usize {
    usize::from(ADDRESS) - elided(base)
}

/// Octets that each address leaves out.
fn elided(base: &[u8]) -> usize {
    usize::from(u8_at(base, 1).unwrap_or(0) >> 4)
}

/// Addresses of the route.
fn hops(base: &[u8]) -> usize {
    usize::from(u8_at(base, 3).unwrap_or(0) >> 4)
}

/// Where the route begins: behind the addresses of its ends.
fn route_at(base: &[u8]) -> usize {
    HEADER + 2 * address_octets(base)
}

/// Octets of the base, as far as it tells of them.
pub(super) fn base_octets(base: &[u8]) -> usize {
    route_at(base) + hops(base) * address_octets(base)
}

/// That it asks, of the octet that tells what is left out, too.
const REQUEST: u8 = 0x08;
/// That the route goes hop by hop.
const HOP_BY_HOP: u8 = 0x04;
/// That addresses are collected on the way.
const ACCUMULATE: u8 = 0x02;
/// That the route can be gone back.
const REVERSE: u8 = 0x01;
/// That a node on the way may reply, of the octet behind these.
const INTERMEDIATE_REPLY: u8 = 0x40;

/// Whether it asks for a measurement.
pub(super) fn is_request(base: &[u8]) -> bool {
    u8_at(base, 1).is_some_and(|flags| flags & REQUEST != 0)
}

/// Flags of a request that its route forbids (RFC 6998 section 3.1).
pub(super) fn faults(base: &[u8]) -> impl Iterator<Item = (usize, &'static str)> {
    let octet = |at| u8_at(base, at).unwrap_or(0);
    let (is_local, flags) = (octet(0) & LOCAL != 0, octet(1));
    let has = move |mask| flags & mask != 0;
    let accumulates = has(ACCUMULATE) && !(has(HOP_BY_HOP) && is_local);
    let turns = has(REVERSE) && has(HOP_BY_HOP);
    let is_answered = octet(2) & INTERMEDIATE_REPLY != 0 && is_local;
    [
        accumulates.then_some((1, "route accumulated along none of a local instance")),
        turns.then_some((1, "reverse flag of a hop-by-hop route")),
        is_answered.then_some((2, "intermediate reply in a local instance")),
    ]
    .into_iter()
    .flatten()
    .filter(move |_| has(REQUEST))
}

/// The fields of the base: those up to the addresses of the ends, and the route with its place.
pub(super) fn tables(base: &[u8]) -> [(&'static [FieldSpec], usize); 2] {
    let (elided, hops) = (elided(base), hops(base));
    let fields = BASE.get(elided).map_or(&[][..], |table| table);
    let route = match (elided, hops) {
        (_, 0) => &[][..],
        (0, _) => ROUTE.get(hops..=hops).unwrap_or_default(),
        _ => {
            let octets = hops * address_octets(base);
            ROUTE_OCTETS.get(octets..=octets).unwrap_or_default()
        }
    };
    [(fields, 0), (route, route_at(base))]
}

/// The fields where addresses leave out so many octets; of which address those are the object does not
/// say.
const fn base(elided: u16) -> [FieldSpec; FIELDS] {
    let octets = ADDRESS - elided;
    let [start, end] = if elided == 0 {
        [spec::v6(4, "start_point"), spec::v6(20, "end_point")]
    } else {
        [
            spec::octets(4, octets, "start_point_suffix"),
            spec::octets(4 + octets, octets, "end_point_suffix"),
        ]
    };
    [
        rpl::instance(0),
        spec::bits(1, 4, 4, "elided_octets"),
        spec::flag(1, REQUEST, "request"),
        spec::flag(1, HOP_BY_HOP, "hop_by_hop"),
        spec::flag(1, ACCUMULATE, "accumulate_route"),
        spec::flag(1, REVERSE, "reverse"),
        spec::flag(2, 0x80, "back_request"),
        spec::flag(2, INTERMEDIATE_REPLY, "intermediate_reply"),
        spec::bits(2, 0, 6, "sequence"),
        spec::bits(3, 4, 4, "hops"),
        spec::bits(3, 0, 4, "index"),
        start,
        end,
    ]
}

/// By how many octets addresses leave out.
static BASE: [[FieldSpec; FIELDS]; WAYS] = {
    let mut tables = [base(0); WAYS];
    let mut elided = 1;
    while elided < ADDRESS {
        tables[elided as usize] = base(elided);
        elided += 1;
    }
    tables
};

/// By how many whole addresses there are.
static ROUTE: [FieldSpec; WAYS] = {
    let mut fields = [spec::v6_array(0, 0, "route"); WAYS];
    let mut hops = 1;
    while hops < ADDRESS {
        fields[hops as usize] = spec::v6_array(0, hops, "route");
        hops += 1;
    }
    fields
};

/// Octets of a route at most whose addresses leave any out.
const LONGEST: u16 = 15 * 15;

/// By how many octets there are.
static ROUTE_OCTETS: [FieldSpec; LONGEST as usize + 1] = {
    let mut fields = [spec::octets(0, 0, "route_suffixes"); LONGEST as usize + 1];
    let mut octets = 1;
    while octets <= LONGEST {
        fields[octets as usize] = spec::octets(0, octets, "route_suffixes");
        octets += 1;
    }
    fields
};
