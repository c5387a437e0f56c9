//! Lists in what routers and mobile nodes tell each other: which there are, and one of each.

use super::eigrp::Family;
use super::ospf::Version;
use super::{Name, Table, eigrp, hip, igmp, mobility, ospf, pim, rsvp};
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{Extent, spec};
use crate::icmp::item::{Item, Specs};

/// Which list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Options of a mobility header (RFC 6275 section 6.2).
    MobilityOptions,
    /// Options of a hello of PIM (RFC 7761 section 4.9.2).
    PimOptions,
    /// So many groups of a join of PIM (RFC 7761 section 4.9.5).
    PimGroups(u8),
    /// So many sources of such a group.
    PimSources(u16),
    /// Further addresses of a router that says hello.
    PimAddresses,
    /// Groups of a bootstrap of PIM (RFC 5059 section 4.1).
    PimRendezvousGroups,
    /// So many rendezvous points of such a group.
    PimRendezvousPoints(u8),
    /// So many groups that a candidate would have (RFC 5059 section 4.2).
    PimPrefixes(u8),
    /// Headers of the link states of OSPF (RFC 2328 section A.4.1, RFC 5340 section A.4.2).
    LinkStates(Version),
    /// Those link states with what is behind their headers.
    LinkStateUpdates(Version),
    /// Link states that are asked for (RFC 2328 section A.3.4, RFC 5340 section A.3.4).
    LinkStateRequests(Version),
    /// Links of a router (RFC 2328 section A.4.2, RFC 5340 section A.4.3).
    RouterLinks(Version),
    /// Prefixes of OSPF for IPv6 (RFC 5340 section A.4.1).
    LinkPrefixes(Version),
    /// Parts of a packet of EIGRP (RFC 7868 section 6.6).
    EigrpParts,
    /// Destinations of such a part (RFC 7868 section 6.8.4).
    EigrpPrefixes(Family),
    /// Objects of RSVP (RFC 2205 section 3.1.2).
    RsvpObjects,
    /// Parameters of HIP (RFC 7401 section 5.2).
    HipParameters,
    /// So many records of a report of IGMP (RFC 3376 section 4.2.3): what is behind them is to be ignored.
    IgmpRecords(u16),
}

impl Listed {
    /// The same among all parts that repeat.
    pub(super) const fn parts(self) -> Parts {
        Parts::Listed(self)
    }

    /// The one in front of `octets`, if it is whole, and its octets.
    pub(in crate::icmp) fn first(self, octets: &[u8]) -> Option<(Item<'_>, usize)> {
        match self {
            Self::MobilityOptions => mobility::option(octets),
            Self::PimOptions => pim::option(octets),
            Self::PimGroups(_) => pim::group(octets),
            Self::PimSources(_) => pim::source_of_group(octets),
            Self::PimAddresses => pim::address(octets),
            Self::PimRendezvousGroups => pim::rendezvous_group(octets),
            Self::PimRendezvousPoints(_) => pim::rendezvous_point(octets),
            Self::PimPrefixes(_) => pim::prefix(octets),
            Self::LinkStates(version) => ospf::advertisement(octets, version, ospf::Body::Left),
            Self::LinkStateUpdates(version) => {
                ospf::advertisement(octets, version, ospf::Body::Sent)
            }
            Self::LinkStateRequests(version) => ospf::request(octets, version),
            Self::RouterLinks(version) => ospf::link(octets, version),
            Self::LinkPrefixes(version) => ospf::prefix(octets, version),
            Self::EigrpParts => eigrp::part(octets),
            Self::EigrpPrefixes(family) => eigrp::prefix(octets, family),
            Self::RsvpObjects => rsvp::object(octets),
            Self::HipParameters => hip::parameter(octets),
            Self::IgmpRecords(_) => igmp::record(octets),
        }
    }

    /// How many it has at most.
    pub(in crate::icmp) fn most(self) -> usize {
        match self {
            Self::PimGroups(count)
            | Self::PimRendezvousPoints(count)
            | Self::PimPrefixes(count) => count.into(),
            Self::PimSources(count) | Self::IgmpRecords(count) => count.into(),
            _ => usize::MAX,
        }
    }
}

pub(super) const TYPE_AND_LENGTH: Table = &[spec::u8(0, "type"), spec::u8(1, "length")];

/// One with the number and the name of its kind.
pub(super) const fn item<'a>(
    group: &'static str,
    number: u16,
    name: Name,
    bytes: &'a [u8],
    specs: Specs,
) -> Item<'a> {
    Item {
        group,
        number: Some(number),
        name,
        length: None,
        bytes,
        extent: Extent::Whole,
        specs,
    }
}

/// One whose group tells what it is.
pub(super) const fn plain<'a>(group: &'static str, bytes: &'a [u8], specs: Specs) -> Item<'a> {
    Item {
        number: None,
        ..item(group, 0, None, bytes, specs)
    }
}
