//! Parts that repeat in what applications send: routes of RIP, commands of telnet, what Babel says.

mod babel;
pub(super) mod dhcp;
mod hncp;
mod ike;
mod l2tp;
pub(super) mod radius;
mod reads;

use crate::icmp::field::{Extent, FieldSpec, Names, spec};
use crate::icmp::ip_header::{Recorded, cipso};
use crate::icmp::item::{Item, Specs};
use crate::icmp::nd_option::{self, NdOptions};
use crate::icmp::upper_header::listed::Listed;
use crate::icmp::{describe, ndp};
use crate::wire::bytes::{tail, u8_at};

pub use ike::IkeVersion;

/// Which parts these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Routes of RIP version 1 (RFC 1058 section 3.1).
    Rip1Routes,
    /// Routes of RIP version 2 (RFC 2453 sections 3.6 and 4).
    RipRoutes,
    /// Routes of `RIPng` (RFC 2080 section 2.1).
    RipNgRoutes,
    /// Commands of telnet (RFC 854).
    TelnetCommands,
    /// Parts of a packet of Babel (RFC 8966 section 4.6).
    BabelTlvs,
    /// The header of a router advertisement in an option of a provisioning domain (RFC 8801 section 3.1).
    RouterAdvertisement,
    /// The options behind that.
    DomainOptions,
    /// What is in a request for candidate access routers or in the reply (RFC 4066 section 5.1.3).
    CardOptions,
    /// What nodes recorded on the way of a packet (RFC 9197 section 4.4.2).
    TraceNodes(Recorded),
    /// Tags of a commercial security option.
    SecurityTags,
    /// Ranges of categories in such a tag.
    CategoryRanges,
    /// Options of DHCP (RFC 2132).
    DhcpOptions,
    /// Options of DHCPv6 (RFC 8415 section 21), with others inside them down to so many levels.
    Dhcp6Options(u8),
    /// Attributes of RADIUS (RFC 2865 section 5).
    RadiusAttributes,
    /// Attributes of a control message of L2TP (RFC 2661 section 4), of which all is there or not: of a cut
    /// one the last may be there in part.
    L2tpAttributes(Extent),
    /// Parts of a message of HNCP (RFC 7787 section 7).
    HncpTlvs,
    /// What IKE proposes (RFC 2408 section 3.5, RFC 7296 section 3.3.1).
    IkeProposals(IkeVersion),
    /// The transforms of a proposal.
    IkeTransforms(IkeVersion),
    /// The attributes of a transform.
    IkeAttributes(IkeVersion),
    /// A list in the header of another protocol.
    Listed(Listed),
}

const RIP_ROUTE: &[FieldSpec] = &[
    spec::u16(0, "family"),
    spec::u16(2, "tag"),
    spec::v4(4, "prefix"),
    spec::v4(8, "mask"),
    spec::v4(12, "next_hop"),
    spec::u32(16, "metric"),
];

const RIP_1_ROUTE: &[FieldSpec] = &[
    spec::u16(0, "family"),
    spec::reserved(2, 2, 0xffff, "reserved"),
    spec::v4(4, "prefix"),
    spec::reserved(8, 4, 0xffff_ffff, "reserved2"),
    spec::reserved(12, 4, 0xffff_ffff, "reserved3"),
    spec::u32(16, "metric"),
];

/// What stands in a route's place (RFC 2453 section 4.1); others than of a password (2) hold what is no
/// text.
const RIP_AUTHENTICATION: &[FieldSpec] = &[spec::u16(2, "kind"), spec::octets(4, 16, "data")];

const RIP_NG_ROUTE: &[FieldSpec] = &[
    spec::v6(0, "prefix"),
    spec::u16(16, "tag"),
    spec::u8(18, "prefix_length"),
    spec::u8(19, "metric"),
];

/// IANA registry `Telnet Options`, of those that are met.
const TELNET_OPTIONS: Names = Names {
    key: "option_name",
    words: &spec::sparse::<40>(&[
        (0, "binary"),
        (1, "echo"),
        (3, "suppress_go_ahead"),
        (5, "status"),
        (6, "timing_mark"),
        (18, "logout"),
        (24, "terminal_type"),
        (31, "window_size"),
        (32, "terminal_speed"),
        (33, "flow_control"),
        (34, "line_mode"),
        (35, "x_display"),
        (36, "environment"),
        (37, "authentication"),
        (38, "encryption"),
        (39, "new_environment"),
    ]),
};
const TELNET_OPTION: &[FieldSpec] = &[spec::named(spec::u8(2, "option"), &TELNET_OPTIONS)];

/// Interprets what follows as a command.
pub(super) const IAC: u8 = 255;
const SUBNEGOTIATION: u8 = 250;
const SUBNEGOTIATION_END: u8 = 240;

/// RFC 854, RFC 885.
const fn telnet(command: u8) -> Option<&'static str> {
    Some(match command {
        236 => "end_of_file",
        237 => "suspend",
        238 => "abort",
        239 => "end_of_record",
        SUBNEGOTIATION_END => "subnegotiation_end",
        241 => "no_operation",
        242 => "data_mark",
        243 => "break",
        244 => "interrupt_process",
        245 => "abort_output",
        246 => "are_you_there",
        247 => "erase_character",
        248 => "erase_line",
        249 => "go_ahead",
        SUBNEGOTIATION => "subnegotiation",
        251 => "will",
        252 => "wont",
        253 => "do",
        254 => "dont",
        _ => return None,
    })
}

impl Parts {
    /// The parts at the beginning of `octets` that are all there, and of some kinds what there is of the last.
    pub fn items(self, octets: &[u8]) -> impl Iterator<Item = Item<'_>> + Clone {
        self.walk(octets).map(|(item, _)| item)
    }

    /// Octets of them.
    pub(in crate::icmp) fn complete(self, octets: &[u8]) -> usize {
        self.walk(octets).map(|(_, length)| length).sum()
    }

    /// The same, with how many they are.
    pub(in crate::icmp) fn complete_and_count(self, octets: &[u8]) -> (usize, usize) {
        self.walk(octets).fold((0, 0), |(sum, count), (_, length)| {
            (sum + length, count + 1)
        })
    }

    /// Each with the octets up to the next.
    fn walk(self, octets: &[u8]) -> impl Iterator<Item = (Item<'_>, usize)> + Clone {
        let most = match self {
            Self::RouterAdvertisement => 1,
            Self::Listed(listed) => listed.most(),
            _ => usize::MAX,
        };
        let mut rest = octets;
        let parts = std::iter::from_fn(move || {
            let (item, length) = match self {
                Self::Rip1Routes => {
                    let route = rest.get(..ROUTE)?;
                    (
                        part("routes", None, route, Specs::Table(RIP_1_ROUTE)),
                        ROUTE,
                    )
                }
                Self::RipRoutes => rip_route(rest)?,
                Self::RipNgRoutes => {
                    let route = rest.get(..ROUTE)?;
                    let table = Specs::Table(RIP_NG_ROUTE);
                    (part("routes", None, route, table), ROUTE)
                }
                Self::TelnetCommands => telnet_command(rest)?,
                Self::BabelTlvs => babel::part(rest)?,
                Self::RouterAdvertisement => {
                    let header = rest.get(..ndp::fixed_len(ndp::ADVERTISEMENT))?;
                    let specs = Specs::Two(describe::HEADER, ndp::ADVERTISEMENT_FIELDS);
                    let name = Some("router_advertisement");
                    // Receivers ignore the type.
                    let number = u8_at(header, 0).map(u16::from);
                    let header = part("headers", name, header, specs);
                    (Item { number, ..header }, header.bytes.len())
                }
                Self::DomainOptions => {
                    let option = NdOptions::new(rest).next()?;
                    (option.item_of_domain(), option.bytes.len())
                }
                Self::CardOptions => {
                    let item = nd_option::card_part(rest)?;
                    let length = item.bytes.len();
                    (item, length)
                }
                Self::TraceNodes(recorded) => recorded.node(rest)?,
                Self::SecurityTags => cipso::tag(rest)?,
                Self::CategoryRanges => cipso::range(rest)?,
                Self::DhcpOptions => dhcp::option(rest)?,
                Self::Dhcp6Options(levels) => dhcp::option_6(rest, levels)?,
                Self::RadiusAttributes => radius::attribute(rest)?,
                Self::L2tpAttributes(extent) => l2tp::attribute(rest, extent)?,
                Self::HncpTlvs => hncp::tlv(rest)?,
                Self::IkeProposals(version) => ike::proposal(rest, version)?,
                Self::IkeTransforms(version) => ike::transform(rest, version)?,
                Self::IkeAttributes(version) => ike::attribute(rest, version)?,
                Self::Listed(listed) => listed.first(rest)?,
            };
            rest = tail(rest, length);
            Some((item, length))
        });
        parts.take(most)
    }
}

/// Octets of a route.
const ROUTE: usize = 20;

fn rip_route(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const AUTHENTICATION: [u8; 2] = [0xff; 2];
    let route = octets.get(..ROUTE)?;
    let (name, table) = if route.starts_with(&AUTHENTICATION) {
        (Some("authentication"), RIP_AUTHENTICATION)
    } else {
        (None, RIP_ROUTE)
    };
    Some((part("routes", name, route, Specs::Table(table)), ROUTE))
}

fn telnet_command(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let command = u8_at(octets, 1).filter(|_| octets.first() == Some(&IAC))?;
    let name = telnet(command)?;
    let (length, specs) = match command {
        SUBNEGOTIATION => {
            let end = subnegotiation_end(octets)?;
            let data = u16::try_from(end).ok()?.saturating_sub(3);
            let data = spec::octets(3, data, "data");
            let rows = TELNET_OPTION.iter().copied().chain([data]);
            // The command that ends it is behind it.
            let part = part(
                "commands",
                Some(name),
                octets.get(..end)?,
                Specs::made(rows),
            );
            return Some((part, end + 2));
        }
        251..=254 => (3, Specs::Table(TELNET_OPTION)),
        _ => (2, Specs::Table(&[])),
    };
    let bytes = octets.get(..length)?;
    Some((part("commands", Some(name), bytes, specs), length))
}

/// Where the command is that ends the subnegotiation in front of `octets`.
fn subnegotiation_end(octets: &[u8]) -> Option<usize> {
    const END: [u8; 2] = [IAC, SUBNEGOTIATION_END];
    octets.windows(2).position(|pair| pair == END)
}

fn part<'a>(
    group: &'static str,
    name: Option<&'static str>,
    bytes: &'a [u8],
    specs: Specs,
) -> Item<'a> {
    Item {
        group,
        number: None,
        name,
        length: None,
        bytes,
        extent: Extent::Whole,
        specs,
    }
}
