//! Options of RPL that tell of routes: discovered ones (RFC 6997, RFC 9854), those that the root
//! projects (RFC 9914), and whether it is still there (RFC 9866).

use std::net::Ipv6Addr;

use super::field::{FieldSpec, Names, spec};
use crate::wire::bytes::{tail, u8_at};
use crate::wire::ip::source_route::SourceRoute;

/// A route request, and a route reply (RFC 9854 sections 4.1 and 4.2).
pub(super) const ROUTE_REQUEST: u8 = 11;
pub(super) const ROUTE_REPLY: u8 = 12;
/// Whom a route is for (RFC 9854 section 4.3).
pub(super) const TARGET: u8 = 13;
/// Who holds the root for alive and who does not (RFC 9866 section 4.2).
pub(super) const ROOT_FAILURE: u8 = 14;
/// Hops that a projected route goes by, in storing and non-storing mode (RFC 9914 sections 5.3 and
/// 11.6).
pub(super) const STORING_VIA: u8 = 15;
pub(super) const NON_STORING_VIA: u8 = 16;
/// Of a neighbor (RFC 9914 sections 5.4 and 11.6).
pub(super) const SIBLING: u8 = 17;

/// Octets of an address.
const ADDRESS: u16 = 16;

/// The addresses from `at` on, each without the first `elided` octets, which are those of the DODAGID.
pub(super) fn route(
    option: &[u8],
    at: u16,
    (elided, dodag_id): (u8, Option<Ipv6Addr>),
) -> FieldSpec {
    match (elided, dodag_id) {
        (0, _) => spec::v6_list(at, "route"),
        (_, None) => spec::rest(at, "elided_addresses"),
        (_, Some(id)) => {
            let route = SourceRoute::beside(id, elided, tail(option, at.into()));
            spec::source_route(at, route, "route")
        }
    }
}

/// Where the addresses of a route request or reply begin.
const ROUTE_AT: u16 = 5;

/// Octets that the addresses of a route request or reply leave out.
fn elided(option: &[u8]) -> u8 {
    u8_at(option, 2).unwrap_or(0) >> 1 & 0x0f
}

/// The fields of a route request or reply behind its length.
pub(super) fn discovered(
    option: &[u8],
    dodag_id: Option<Ipv6Addr>,
) -> impl Iterator<Item = FieldSpec> {
    let (head, behind) = match u8_at(option, 0) {
        Some(ROUTE_REQUEST) => (REQUEST, SEQUENCE),
        _ => (REPLY, DELTA),
    };
    let addresses = (option.len() > ROUTE_AT.into())
        .then(|| route(option, ROUTE_AT, (elided(option), dodag_id)));
    let rows = head.iter().chain(LIMITS).chain(behind).copied();
    rows.chain(addresses)
}

/// Tells of what a route request or reply holds of a source route where it asks for a route hop by hop
/// (RFC 9854 sections 4.1 and 4.2).
pub(super) fn faults(option: &[u8], tell: &mut dyn FnMut(usize, &'static str)) {
    const HOP_BY_HOP: u8 = 0x40;
    if u8_at(option, 2).is_none_or(|flags| flags & HOP_BY_HOP == 0) {
        return;
    }
    if elided(option) != 0 {
        tell(2, "elided octets beside the hop-by-hop flag");
    }
    if option.len() > ROUTE_AT.into() {
        tell(ROUTE_AT.into(), "route beside the hop-by-hop flag");
    }
}

/// How many octets an address has of which those are left out that this type of a compressed routing
/// header says (RFC 8138 section 5.1).
const fn compressed_octets(kind: u8) -> Option<u16> {
    match kind {
        0..=4 => Some(1 << kind),
        _ => None,
    }
}

/// The fields of hops behind their option's length: those of the first header of RFC 8138, and what
/// follows as it is.
pub(super) fn hops(option: &[u8]) -> impl Iterator<Item = FieldSpec> {
    const HOPS_AT: u16 = 8;
    let has_header = option.len() > 6;
    let head = if has_header { HEADER } else { &[] };
    let (size, kind) = (u8_at(option, 6), u8_at(option, 7));
    let addresses = (size.zip(kind)).map(|(size, kind)| {
        let count = u16::from(size & 0x1f) + 1;
        match compressed_octets(kind) {
            Some(ADDRESS) => (count * ADDRESS, spec::v6_array(HOPS_AT, count, "via")),
            Some(octets) => {
                let octets = count * octets;
                (octets, spec::octets(HOPS_AT, octets, "compressed_via"))
            }
            None => (0, spec::rest(HOPS_AT, "compressed_via")),
        }
    });
    let more = addresses
        .filter(|(octets, _)| *octets > 0 && option.len() > usize::from(HOPS_AT + octets))
        .map(|(octets, _)| spec::rest(HOPS_AT + octets, "more_headers"));
    let rows = VIA.iter().chain(head).copied();
    rows.chain(addresses.map(|(_, spec)| spec)).chain(more)
}

/// Two counters of the same length, as bits, behind the length of an option that states so many octets;
/// with none the root is not watched.
pub(super) fn counters(length: u32) -> impl Iterator<Item = FieldSpec> {
    let each = u16::try_from(length.saturating_sub(2) / 2).unwrap_or(0);
    let counters = [
        spec::octets(2, each, "positive_counter"),
        spec::octets(2 + each, each, "negative_counter"),
    ];
    counters.into_iter().filter(move |_| each > 0)
}

/// Octets of each of a sibling's addresses, and how many there are: that of its DODAG where it has
/// another.
fn sibling_addresses(option: &[u8]) -> Option<(u16, u16)> {
    const SAME_DODAG: u8 = 0x80;
    let octet = u8_at(option, 2)?;
    let count = if octet & SAME_DODAG == 0 { 2 } else { 1 };
    Some((compressed_octets(octet & 0x07)?, count))
}

/// The fields of a sibling behind its option's length.
pub(super) fn sibling(option: &[u8]) -> impl Iterator<Item = FieldSpec> {
    const ADDRESSES_AT: u16 = 8;
    let named = |at, octets, whole, compressed| match octets {
        ADDRESS => spec::v6(at, whole),
        _ => spec::octets(at, octets, compressed),
    };
    let addresses = match sibling_addresses(option) {
        Some((octets, count)) => {
            let id = (count > 1).then(|| {
                let name = "compressed_sibling_dodag_id";
                named(ADDRESSES_AT, octets, "sibling_dodag_id", name)
            });
            let at = ADDRESSES_AT + (count - 1) * octets;
            [id, Some(named(at, octets, "sibling", "compressed_sibling"))]
        }
        None => [Some(spec::rest(ADDRESSES_AT, "compressed_addresses")), None],
    };
    SIBLING_HEAD
        .iter()
        .copied()
        .chain(addresses.into_iter().flatten())
}

/// Whether an option of these types that states so many octets can hold what it does.
pub(super) fn fits(option: &[u8], length: usize) -> bool {
    /// What is there before a prefix, before hops, before a sibling.
    const BEFORE: [usize; 3] = [4, 6, 8];
    let [before_target, before_hops, before_sibling] = BEFORE;
    match u8_at(option, 0) {
        Some(ROUTE_REQUEST | ROUTE_REPLY) => {
            let each = usize::from(ADDRESS) - usize::from(elided(option));
            let addresses = length.checked_sub(ROUTE_AT.into());
            addresses.is_some_and(|octets| octets.is_multiple_of(each))
        }
        Some(TARGET) => {
            let bits = u8_at(option, 3).unwrap_or(0) & 0x7f;
            // 0 stands for a whole address.
            let least = match usize::from(bits).div_ceil(8) {
                0 => 16,
                octets => octets,
            };
            (before_target + least..=before_target + 16).contains(&length)
        }
        Some(ROOT_FAILURE) => length.is_multiple_of(2),
        Some(STORING_VIA | NON_STORING_VIA) => length >= before_hops,
        Some(SIBLING) => match sibling_addresses(option) {
            Some((octets, count)) => length == before_sibling + usize::from(octets * count),
            None => length >= before_sibling,
        },
        _ => true,
    }
}

const REQUEST: &[FieldSpec] = &[spec::flag(2, 0x80, "symmetric")];
const REPLY: &[FieldSpec] = &[spec::flag(2, 0x80, "gratuitous")];

/// Of both, behind the first flag.
const LIMITS: &[FieldSpec] = &[
    spec::flag(2, 0x40, "hop_by_hop"),
    spec::reserved(2, 1, 0x20, "reserved"),
    spec::bits(2, 1, 4, "elided_octets"),
    spec::named(spec::bits_of(2, 2, 7, 2, "lifetime_code"), &LIFETIMES),
    spec::bits(3, 0, 7, "rank_limit"),
];

/// For how long a router belongs to the instance.
const LIFETIMES: Names = Names {
    key: "lifetime",
    words: &["unlimited", "16_s", "64_s", "256_s"],
};

const SEQUENCE: &[FieldSpec] = &[spec::u8(4, "sequence")];
const DELTA: &[FieldSpec] = &[
    spec::bits(4, 2, 6, "delta"),
    spec::reserved(4, 1, 0x03, "reserved2"),
];

pub(super) const TARGET_FIELDS: &[FieldSpec] = &[
    spec::u8(2, "sequence"),
    spec::reserved(3, 1, 0x80, "reserved"),
    spec::bits(3, 0, 7, "prefix_length"),
    spec::v6_prefix(4, "target"),
];

const VIA: &[FieldSpec] = &[
    spec::reserved(2, 1, 0xff, "flags"),
    spec::u8(3, "route_id"),
    spec::u8(4, "segment_sequence"),
    spec::u8(5, "segment_lifetime"),
];

/// Of the first routing header: how many addresses follow the first one, and how they are compressed.
const HEADER: &[FieldSpec] = &[
    spec::bits(6, 0, 5, "size"),
    spec::u8(7, "routing_header_type"),
];

const SIBLING_HEAD: &[FieldSpec] = &[
    spec::flag(2, 0x80, "same_dodag"),
    spec::flag(2, 0x40, "bidirectional"),
    spec::reserved(2, 1, 0x38, "flags"),
    spec::bits(2, 0, 3, "compression"),
    spec::u8(3, "opaque"),
    spec::u16(4, "step_of_rank"),
    spec::reserved(6, 2, 0xffff, "reserved"),
];
