//! The options of RPL control messages (RFC 6550 section 6.7).

use std::net::Ipv6Addr;

use super::decode::Decoder;
use super::field::{Extent, FieldSpec, Names, spec};
use super::item::Specs;
use super::lowpan::REGISTERED_KINDS;
use super::rpl::{self, Rpl, RplKind};
use super::type_length::{self, HEADER, PADDING};
use super::{nd_option, rpl_metric, rpl_route_option as route_option};
use crate::wire::bytes::{tail, u8_at};

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RplOption<'a> {
    /// Option type.
    pub kind: u8,
    /// The option's octets from its type on, as captured.
    pub bytes: &'a [u8],
    /// The message it is in.
    message: RplKind,
    /// The DODAGID there, whose octets addresses may leave out.
    dodag_id: Option<Ipv6Addr>,
}

/// Of peer-to-peer routes (RFC 6997 section 7).
pub(super) const P2P_ROUTE_DISCOVERY: u8 = 10;
/// Padding of two octets or more (section 6.7.3).
const PADN: u8 = 1;
/// A DAG metric container (section 6.7.4).
pub(super) const METRICS: u8 = 2;
/// The configuration of a DODAG (section 6.7.6).
const DODAG_CONFIGURATION: u8 = 4;
/// Of a destination (section 6.7.7).
pub(super) const RPL_TARGET: u8 = 5;
/// How to reach destinations (section 6.7.8).
pub(super) const TRANSIT: u8 = 6;
/// That a node must authenticate before it joins as a router.
const AUTHENTICATION: u8 = 0x08;
/// That the whole address of the advertising node is there (RFC 9010 section 6.1).
const FULL_ADDRESS: u8 = 0x80;

impl<'a> RplOption<'a> {
    /// The octets behind type and length.
    pub fn data(&self) -> &'a [u8] {
        tail(self.bytes, HEADER)
    }

    /// What it states as its length, in octets, type and length included; `None` where that was cut.
    pub(super) fn length(&self) -> Option<u32> {
        let (_, length) = type_length::next(&mut &*self.bytes)?;
        u32::try_from(length?).ok()
    }

    pub(super) fn extent(&self) -> Extent {
        type_length::extent(self.bytes)
    }

    /// The snake-case name.
    pub const fn name(&self) -> Option<&'static str> {
        option_name(self.kind)
    }

    /// Its fields, type and length included.
    pub(super) fn specs(&self) -> Specs {
        match (self.kind, u8_at(self.bytes, 2)) {
            (P2P_ROUTE_DISCOVERY, Some(octet)) => self.route_discovery(octet & 0x0f),
            (RPL_TARGET, Some(flags)) => self.target(flags),
            (route_option::ROUTE_REQUEST | route_option::ROUTE_REPLY, _) => {
                self.behind_header(route_option::discovered(self.there(), self.dodag_id))
            }
            (route_option::STORING_VIA | route_option::NON_STORING_VIA, _) => {
                self.behind_header(route_option::hops(self.there()))
            }
            (route_option::ROOT_FAILURE, _) => {
                self.behind_header(route_option::counters(self.length().unwrap_or(0)))
            }
            (route_option::SIBLING, _) => self.behind_header(route_option::sibling(self.there())),
            _ => Specs::Two(self.header_table(), table(self.kind)),
        }
    }

    /// Its octets, no more than it states.
    fn there(&self) -> &'a [u8] {
        let length = self
            .length()
            .and_then(|length| usize::try_from(length).ok());
        length
            .and_then(|length| self.bytes.get(..length))
            .unwrap_or(self.bytes)
    }

    fn behind_header(&self, rows: impl Iterator<Item = FieldSpec>) -> Specs {
        Specs::made(self.header_table().iter().copied().chain(rows))
    }

    /// A target, behind whose prefix the registration ownership verifier of its address may stand
    /// (RFC 9010 section 6.1).
    fn target(&self, flags: u8) -> Specs {
        const PREFIX: u8 = 4;
        let room = self.length().unwrap_or(0).saturating_sub(PREFIX.into());
        let prefix_and_owner = match owner(flags) {
            Owner::None => [Some(spec::v6_prefix(PREFIX.into(), "prefix")), None],
            Owner::Octets(octets) => {
                let prefix = room.saturating_sub(octets.into()).min(16);
                let prefix = u8::try_from(prefix).unwrap_or(16);
                let behind = u16::from(PREFIX + prefix);
                [
                    Some(spec::v6_prefix_of(PREFIX.into(), prefix, "prefix")),
                    Some(spec::octets(behind, octets.into(), "owner")),
                ]
            }
            Owner::Undetermined => [Some(spec::rest(PREFIX.into(), "prefix_and_owner")), None],
        };
        let head = self.header_table().iter().chain(TARGET_FLAGS).copied();
        Specs::made(head.chain(prefix_and_owner.into_iter().flatten()))
    }

    /// A discovered route (RFC 6997 section 7): the target's address, then those on the way, all without
    /// the first `elided` octets, which are those of the DODAGID.
    fn route_discovery(&self, elided: u8) -> Specs {
        const TARGET: u16 = 4;
        let route_at = TARGET + 16 - u16::from(elided);
        // What a reply tells of is the next hop (section 8.2).
        let rank = match self.message {
            RplKind::Dro => "next_hop",
            _ => "max_rank",
        };
        let addresses = match (elided, self.dodag_id) {
            (0, _) => [
                Some(spec::v6(TARGET, "target")),
                Some(spec::v6_list(route_at, "route")),
            ],
            (_, None) => [Some(spec::rest(TARGET, "elided_addresses")), None],
            (_, Some(id)) => [
                Some(spec::v6_suffix(TARGET, id, elided, "target")),
                Some(route_option::route(
                    self.bytes,
                    route_at,
                    (elided, Some(id)),
                )),
            ],
        };
        let own = [spec::bits(3, 0, 6, rank)];
        let head = self.header_table().iter().chain(ROUTE_DISCOVERY).copied();
        Specs::made(head.chain(own).chain(addresses.into_iter().flatten()))
    }

    const fn header_table(&self) -> &'static [FieldSpec] {
        match self.kind {
            PADDING => const { &[spec::u8(0, "type")] },
            _ => const { &[spec::u8(0, "type"), spec::u8(1, "length")] },
        }
    }
}

/// What stands behind the prefix of a target (RFC 9010 section 6.1).
#[derive(Clone, Copy)]
enum Owner {
    /// Nothing: the option of RFC 6550.
    None,
    /// A registration ownership verifier of so many octets.
    Octets(u8),
    /// One whose size is not defined.
    Undetermined,
}

/// The owner, by the octet of flags.
const fn owner(flags: u8) -> Owner {
    match flags & 0x0f {
        0 => Owner::None,
        size @ 1..=4 => Owner::Octets(size * 8),
        _ => Owner::Undetermined,
    }
}

/// The snake-case name of an option type.
pub const fn option_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        PADDING => "pad1",
        PADN => "padn",
        METRICS => "dag_metric_container",
        3 => "route_information",
        DODAG_CONFIGURATION => "dodag_configuration",
        RPL_TARGET => "rpl_target",
        TRANSIT => "transit_information",
        7 => "solicited_information",
        8 => "prefix_information",
        9 => "target_descriptor",
        P2P_ROUTE_DISCOVERY => "p2p_route_discovery",
        route_option::ROUTE_REQUEST => "aodv_route_request",
        route_option::ROUTE_REPLY => "aodv_route_reply",
        route_option::TARGET => "aodv_target",
        route_option::ROOT_FAILURE => "root_failure_detection",
        route_option::STORING_VIA => "storing_mode_via",
        route_option::NON_STORING_VIA => "non_storing_mode_via",
        route_option::SIBLING => "sibling_information",
        _ => return None,
    })
}

/// The options of a message.
#[derive(Clone, Debug)]
pub struct RplOptions<'a> {
    rest: &'a [u8],
    message: RplKind,
    dodag_id: Option<Ipv6Addr>,
}

impl<'a> RplOptions<'a> {
    pub(super) const fn new(
        octets: &'a [u8],
        message: RplKind,
        dodag_id: Option<Ipv6Addr>,
    ) -> Self {
        Self {
            rest: octets,
            message,
            dodag_id,
        }
    }
}

impl<'a> Iterator for RplOptions<'a> {
    type Item = RplOption<'a>;

    /// The next option; one that claims more than is there is given as far as it goes.
    fn next(&mut self) -> Option<RplOption<'a>> {
        let (bytes, _) = type_length::next(&mut self.rest)?;
        let kind = *bytes.first()?;
        Some(RplOption {
            kind,
            bytes,
            message: self.message,
            dodag_id: self.dodag_id,
        })
    }
}

/// Tells of an option that is not all there; `at` is where `octets` stand in the message.
pub(super) fn check(octets: &[u8], at: usize, message: &Rpl<'_>, decoder: &mut Decoder<'_, '_>) {
    let rule = "option length wrong for its type";
    type_length::check(octets, at, decoder, fits, rule);
    let mut start = at;
    let mut rest = octets;
    while let Some((bytes, stated)) = type_length::next(&mut rest) {
        // What is not there is told already.
        if stated == Some(bytes.len()) {
            faults(bytes, start, message, decoder);
        }
        start += bytes.len();
    }
}

/// How many octets whole options of known types take that these begin with: where a code behind them is
/// not whole, nothing tells where it begins. Padding, which is a zero, is none.
pub(super) fn octets_of_known(octets: &[u8]) -> usize {
    let mut rest = octets;
    let mut known = 0;
    while let Some((bytes, stated)) = type_length::next(&mut rest) {
        let is_known = bytes.first().is_some_and(|kind| {
            *kind != PADDING && option_name(*kind).is_some() && stated == Some(bytes.len())
        });
        if !is_known || !fits(bytes, bytes.len()) {
            break;
        }
        known += bytes.len();
    }
    known
}

/// Tells of what an option holds that its type forbids; `at` is where it stands in the message.
fn faults(option: &[u8], at: usize, message: &Rpl<'_>, decoder: &mut Decoder<'_, '_>) {
    let mut tell = |offset, rule| decoder.rule(at + offset, rule);
    let octet = |offset| u8_at(option, offset).unwrap_or(0);
    match u8_at(option, 0) {
        // RFC 6550 section 6.7.3.
        Some(PADN) => {
            const LONGEST: usize = 7;
            if option.len() > LONGEST {
                tell(1, "padding over 7 octets");
            }
            if let Some(offset) = tail(option, HEADER).iter().position(|&octet| octet != 0) {
                tell(HEADER + offset, "padding is not 0");
            }
        }
        Some(METRICS) => {
            rpl_metric::faults(tail(option, HEADER), &mut |offset, rule| {
                tell(HEADER + offset, rule);
            });
        }
        Some(3) => nd_option::route_faults(option, &mut tell),
        // RFC 6550 section 6.7.6.
        Some(DODAG_CONFIGURATION) => {
            let is_plain = message.kind == RplKind::Dio && message.security.is_none();
            if is_plain && octet(2) & AUTHENTICATION != 0 {
                tell(2, "authentication in a message that is not secure");
            }
        }
        Some(RPL_TARGET) => nd_option::prefix_length_fault(option, 3, &mut tell),
        // RFC 9009 section 4.2.
        Some(TRANSIT) if message.kind == RplKind::Dco && option.len() > 6 => {
            tell(6, "parent in a destination cleanup");
        }
        Some(8) => nd_option::prefix_faults(option, &mut tell),
        // RFC 6997 section 8.2.
        Some(P2P_ROUTE_DISCOVERY) if message.kind == RplKind::Dro => {
            if octet(2) & 0xb0 != 0 {
                tell(2, "reply flag or number of routes in a discovery reply");
            }
            if octet(3) & 0xc0 != 0 {
                tell(3, "lifetime in a discovery reply");
            }
        }
        Some(route_option::ROUTE_REQUEST | route_option::ROUTE_REPLY) => {
            route_option::faults(option, &mut tell);
        }
        _ => {}
    }
}

/// Whether an option that states so many octets can hold what its type does (RFC 6550 section 6.7).
fn fits(option: &[u8], length: usize) -> bool {
    // What was cut breaks no rule.
    let prefix = |at: usize| usize::from(u8_at(option, at).unwrap_or(0)).div_ceil(8);
    match u8_at(option, 0) {
        // The prefix may come without its last octets.
        Some(3) => (8 + prefix(2)..=24).contains(&length),
        Some(DODAG_CONFIGURATION) => length == 16,
        Some(RPL_TARGET) => {
            let flags = u8_at(option, 2).unwrap_or(0);
            let least = match flags & FULL_ADDRESS {
                0 => 4 + prefix(3),
                _ => 20,
            };
            match owner(flags) {
                Owner::None => (least..=20).contains(&length),
                Owner::Octets(octets) => {
                    let octets = usize::from(octets);
                    (least + octets..=20 + octets).contains(&length)
                }
                Owner::Undetermined => length >= least,
            }
        }
        // With the parent's address where that is needed.
        Some(TRANSIT) => matches!(length, 6 | 22),
        Some(7) => length == 21,
        Some(8) => length == 32,
        Some(9) => length == 6,
        _ => route_option::fits(option, length),
    }
}

/// The fields of an option behind its length.
const fn table(kind: u8) -> &'static [FieldSpec] {
    match kind {
        PADDING | PADN => &[],
        METRICS => const { &[spec::rpl_metrics(2, "metrics")] },
        // Laid out as that of Neighbor Discovery (RFC 6550 section 6.7.5).
        3 => nd_option::ROUTE,
        DODAG_CONFIGURATION => CONFIGURATION,
        RPL_TARGET => TARGET_FLAGS,
        TRANSIT => TRANSIT_FIELDS,
        7 => SOLICITED,
        8 => PREFIX,
        9 => const { &[spec::hex(2, 4, "descriptor")] },
        route_option::TARGET => route_option::TARGET_FIELDS,
        _ => const { &[spec::rest(2, "data")] },
    }
}

const CONFIGURATION: &[FieldSpec] = &[
    // RFC 9914 section 4.1.7, RFC 9010 section 6.2, RFC 9035 section 3, RFC 9008 section 4.1.3.
    spec::flag(2, 0x80, "projected_routes"),
    spec::flag(2, 0x40, "root_proxies_registration"),
    spec::flag(2, 0x20, "compression"),
    spec::flag(2, 0x10, "rpi_0x23"),
    spec::flag(2, AUTHENTICATION, "authentication"),
    spec::bits(2, 0, 3, "path_control_size"),
    spec::u8(3, "interval_doublings"),
    spec::u8(4, "interval_min"),
    spec::u8(5, "redundancy_constant"),
    spec::u16(6, "max_rank_increase"),
    spec::u16(8, "min_hop_rank_increase"),
    spec::named(spec::u16(10, "objective_code_point"), &OBJECTIVES),
    spec::reserved(12, 1, 0xff, "reserved2"),
    spec::u8(13, "default_lifetime"),
    spec::u16(14, "lifetime_unit"),
];

/// IANA registry "Objective Code Point (OCP)" (RFC 6552, RFC 6719).
const OBJECTIVES: Names = Names {
    key: "objective_function",
    words: &["of0", "mrhof"],
};

/// RFC 9010 section 6.1, RFC 9685 section 14.4: before the prefix.
const TARGET_FLAGS: &[FieldSpec] = &[
    spec::flag(2, FULL_ADDRESS, "full_address"),
    spec::flag(2, 0x40, "proxy_requested"),
    spec::named(spec::bits(2, 4, 2, "address_kind"), &REGISTERED_KINDS),
    spec::bits(2, 0, 4, "owner_size"),
    spec::u8(3, "prefix_length"),
];

/// With the flag of RFC 9009 section 4.2.
const TRANSIT_FIELDS: &[FieldSpec] = &[
    spec::flag(2, 0x80, "external"),
    spec::flag(2, 0x40, "invalidate_previous_route"),
    spec::reserved(2, 1, 0x3f, "reserved"),
    spec::hex(3, 1, "path_control"),
    spec::u8(4, "path_sequence"),
    spec::u8(5, "path_lifetime"),
    spec::v6(6, "parent"),
];

const SOLICITED: &[FieldSpec] = &[
    rpl::instance(2),
    spec::flag(3, 0x80, "version_predicate"),
    spec::flag(3, 0x40, "instance_predicate"),
    spec::flag(3, 0x20, "dodag_id_predicate"),
    spec::reserved(3, 1, 0x1f, "reserved"),
    spec::v6(4, "dodag_id"),
    spec::u8(20, "version"),
];

const PREFIX: &[FieldSpec] = &[
    spec::u8(2, "prefix_length"),
    spec::flag(3, 0x80, "on_link"),
    spec::flag(3, 0x40, "autonomous"),
    spec::flag(3, 0x20, "router_address"),
    spec::reserved(3, 1, 0x1f, "reserved1"),
    spec::seconds(4, "valid_lifetime"),
    spec::seconds(8, "preferred_lifetime"),
    spec::reserved(12, 4, 0xffff_ffff, "reserved2"),
    spec::v6(16, "prefix"),
];

/// RFC 6997 section 7: before the rank.
const ROUTE_DISCOVERY: &[FieldSpec] = &[
    spec::flag(2, 0x80, "reply"),
    spec::flag(2, 0x40, "hop_by_hop"),
    spec::bits(2, 4, 2, "routes"),
    spec::bits(2, 0, 4, "elided_octets"),
    spec::bits(3, 6, 2, "lifetime_code"),
    spec::route_lifetime(3, "lifetime"),
];
