//! Neighbor Discovery for IPv6 (RFC 4861), and the inverse of it (RFC 3122).

mod options;

use std::net::{IpAddr, Ipv6Addr};

use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use super::nd_option::{
    self, NdOptions, REDIRECTED_HEADER, SOURCE_LINK_LAYER, TARGET_ADDRESS_LIST, TARGET_LINK_LAYER,
};
use super::{Body, Direction, Message, Quote, error, quote};
use crate::model::Frame;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::{IpVersion, Layer, Packet, link};

/// One of the five messages.
#[derive(Clone, Copy, Debug)]
pub struct Ndp<'a> {
    /// Which of the five, with its fixed fields.
    pub kind: NdpKind,
    /// The options, as captured.
    pub options: &'a [u8],
    /// The packet in a redirected header option.
    pub redirected: Option<Quote<'a>>,
}

/// The five messages with their fixed fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NdpKind {
    /// Router solicitation.
    RouterSolicitation,
    /// Router advertisement.
    RouterAdvertisement {
        /// Hop limit for hosts to use, 0 unspecified.
        hop_limit: u8,
        /// M, O, H, preference and P flags as on the wire.
        flags: u8,
        /// Seconds the router may be a default router.
        lifetime: u16,
        /// Milliseconds a neighbor counts as reachable.
        reachable: u32,
        /// Milliseconds between solicitations.
        retransmit: u32,
    },
    /// Neighbor solicitation.
    NeighborSolicitation {
        /// Who is asked for.
        target: Ipv6Addr,
    },
    /// Neighbor advertisement.
    NeighborAdvertisement {
        /// Whose link-layer address it is.
        target: Ipv6Addr,
        /// R, S, O flags as on the wire (top three bits).
        flags: u8,
    },
    /// Redirect.
    Redirect {
        /// The better first hop.
        target: Ipv6Addr,
        /// The destination it is for.
        destination: Ipv6Addr,
    },
    /// Too short for its fixed fields.
    Short,
}

/// Default router preference (RFC 4191 section 2.1), in a router advertisement's flags and in
/// route information options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Above the others.
    High,
    /// As the others.
    Medium,
    /// Below the others.
    Low,
    /// Not to be sent.
    Reserved,
}

impl Preference {
    /// The preference in bits 4 and 3 of an octet of flags.
    pub const fn of(flags: u8) -> Self {
        match flags >> 3 & 3 {
            0 => Self::Medium,
            1 => Self::High,
            3 => Self::Low,
            _ => Self::Reserved,
        }
    }

    /// The two bits on the wire.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Medium => 0,
            Self::High => 1,
            Self::Reserved => 2,
            Self::Low => 3,
        }
    }

    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Reserved => "reserved",
        }
    }
}

impl<'a> Ndp<'a> {
    /// The quoted packet of a redirect.
    pub fn redirected(&self) -> Option<&Quote<'a>> {
        self.redirected.as_ref()
    }

    /// The options, in order.
    pub fn options(&self) -> NdOptions<'a> {
        match self.kind {
            NdpKind::NeighborSolicitation { .. } => NdOptions::of_solicitation(self.options),
            _ => NdOptions::new(self.options),
        }
    }
}

/// A message of inverse neighbor discovery (RFC 3122 section 2): it has options alone.
#[derive(Clone, Copy, Debug)]
pub struct InverseNeighbor<'a> {
    /// Whether it asks (type 141) or answers (142).
    pub direction: Direction,
    /// The options, as captured.
    pub options: &'a [u8],
}

impl<'a> InverseNeighbor<'a> {
    /// The options, in order.
    pub fn options(&self) -> NdOptions<'a> {
        NdOptions::new(self.options)
    }
}

pub(super) fn inverse<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    let fixed = fixed_len(decoder.kind);
    decoder.need(fixed);
    let options = tail(decoder.bytes, fixed);
    rules(decoder, NdpKind::Short, options);
    required_of_inverse(decoder, direction, options);
    nd_option::check(options, decoder.limit(), decoder.defects);
    Body::InverseNeighbor(InverseNeighbor { direction, options })
}

/// All nodes of the link (RFC 4291 section 2.7.1).
pub(super) const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The options without which a message is to be discarded (RFC 3122 sections 4.3.1 and 4.3.2).
fn required_of_inverse(decoder: &mut Decoder<'_, '_>, direction: Direction, options: &[u8]) {
    // An option may be in what is not there.
    if !decoder.is_whole() {
        return;
    }
    let has = |kind| NdOptions::new(options).any(|option| option.kind == kind);
    if !has(SOURCE_LINK_LAYER) || !has(TARGET_LINK_LAYER) {
        decoder.rule(
            8,
            "inverse neighbor discovery without both link-layer addresses",
        );
    }
    if direction == Direction::Reply && !has(TARGET_ADDRESS_LIST) {
        decoder.rule(8, "inverse neighbor advertisement without target addresses");
    }
}

/// Milliseconds.
const HOUR: u32 = 3_600_000;

/// The type of a router advertisement.
pub(super) const ADVERTISEMENT: u8 = 134;

/// Octets before the options, by message type.
pub(super) const fn fixed_len(kind: u8) -> usize {
    match kind {
        ADVERTISEMENT => 16,
        135 | 136 => 24,
        137 => 40,
        _ => 8,
    }
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    let fixed = fixed_len(decoder.kind);
    decoder.need(fixed);
    // RFC 6980 section 5: what hides an advertisement from the switches that guard against it.
    decoder.expect_no_fragment_header("neighbor discovery with a fragment header");
    let kind = fixed_fields(decoder).unwrap_or(NdpKind::Short);
    let options = tail(decoder.bytes, fixed);
    rules(decoder, kind, options);
    options::rules(decoder, kind, options);
    nd_option::check(options, decoder.limit(), decoder.defects);
    nd_option::check_signed(decoder, claimed(decoder, kind), options);
    let redirected = match kind {
        NdpKind::Redirect { destination, .. } => {
            let quoted = redirected(decoder, options, fixed);
            redirect_rules(decoder, destination, quoted.as_ref());
            quoted
        }
        _ => None,
    };
    Body::Ndp(Ndp {
        kind,
        options,
        redirected,
    })
}

fn fixed_fields(decoder: &Decoder<'_, '_>) -> Option<NdpKind> {
    let bytes = decoder.bytes;
    let address = |at| array_at::<16>(bytes, at).map(Ipv6Addr::from);
    Some(match decoder.kind {
        133 if bytes.len() >= 8 => NdpKind::RouterSolicitation,
        134 => NdpKind::RouterAdvertisement {
            hop_limit: u8_at(bytes, 4)?,
            flags: u8_at(bytes, 5)?,
            lifetime: u16_at(bytes, 6)?,
            reachable: u32_at(bytes, 8)?,
            retransmit: u32_at(bytes, 12)?,
        },
        135 => NdpKind::NeighborSolicitation {
            target: address(8)?,
        },
        136 => NdpKind::NeighborAdvertisement {
            target: address(8)?,
            flags: u8_at(bytes, 4)?,
        },
        137 => NdpKind::Redirect {
            target: address(8)?,
            destination: address(24)?,
        },
        _ => return None,
    })
}

/// The packet behind the eight octets of a redirected header option (RFC 4861 section 4.6.3).
fn redirected<'a>(
    decoder: &mut Decoder<'_, 'a>,
    options: &'a [u8],
    fixed: usize,
) -> Option<Quote<'a>> {
    let mut at = fixed;
    for option in NdOptions::new(options) {
        if option.kind == REDIRECTED_HEADER {
            let octets = option.bytes.get(8..)?;
            let on_wire = usize::from(option.words).checked_sub(1)? * 8;
            let quoted = quote::parse(decoder, octets, on_wire, at + 8);
            if let Some(quoted) = &quoted {
                error::quote_rules(decoder, quoted);
            }
            return quoted;
        }
        at += option.bytes.len();
    }
    None
}

/// The address that a signed message proves to be its sender's (RFC 3971 section 5.1.1).
fn claimed(decoder: &Decoder<'_, '_>, kind: NdpKind) -> Option<Ipv6Addr> {
    let source = decoder.source6()?;
    match kind {
        NdpKind::NeighborSolicitation { target } if source.is_unspecified() => Some(target),
        _ => Some(source).filter(|source| !source.is_unspecified()),
    }
}

/// Whom a redirect is for, what about, and how long it may be (RFC 4861 sections 4.5 and 8.2).
fn redirect_rules(
    decoder: &mut Decoder<'_, '_>,
    destination: Ipv6Addr,
    quoted: Option<&Quote<'_>>,
) {
    const MOST: u32 = 1280;
    let ip = decoder.ip;
    if ip.length > MOST {
        decoder.rule(0, "redirect longer than 1280 octets");
    }
    if ip.dst().is_multicast() {
        decoder.rule(0, "redirect to a multicast address");
    }
    let within = quoted.map(|quoted| &quoted.ip);
    let Some(within) = within.filter(|within| within.version == IpVersion::V6) else {
        return;
    };
    let (_, is_hidden) = ip.hides_addresses();
    if !is_hidden && !ip.dst().is_multicast() && within.src() != ip.dst() {
        decoder.rule(
            0,
            "redirect to another than the sender of the quoted packet",
        );
    }
    if within.dst() != IpAddr::V6(destination) {
        decoder.rule(24, "destination is not that of the quoted packet");
    }
}

/// What every receiver has to check (RFC 4861 sections 6.1, 7.1 and 8.1; RFC 3122 section 4).
fn rules(decoder: &mut Decoder<'_, '_>, kind: NdpKind, options: &[u8]) {
    decoder.expect_code_0();
    let ip = decoder.ip;
    if ip.version != IpVersion::V6 {
        return;
    }
    decoder.expect_hop_limit_255("hop limit of neighbor discovery is not 255");
    let (source, destination) = (decoder.source6(), decoder.destination6());
    let is_unspecified = source.is_some_and(|source| source.is_unspecified());
    let is_beyond_link = source.is_some_and(|source| !source.is_unicast_link_local());
    let tells_source = || NdOptions::new(options).any(|o| o.kind == SOURCE_LINK_LAYER);
    match kind {
        NdpKind::RouterSolicitation => {
            if is_unspecified && tells_source() {
                decoder.rule(8, "link-layer address of an unspecified source");
            }
        }
        NdpKind::RouterAdvertisement {
            flags,
            lifetime,
            reachable,
            ..
        } => {
            if is_beyond_link {
                decoder.rule(0, "source of a router advertisement is not link-local");
            }
            if Preference::of(flags) == Preference::Reserved {
                decoder.rule(5, "reserved router preference");
            } else if lifetime == 0 && Preference::of(flags) != Preference::Medium {
                // RFC 4191 section 2.2.
                decoder.rule(5, "preference of a router with lifetime 0");
            }
            // RFC 4861 section 6.2.1.
            if reachable > HOUR {
                decoder.rule(8, "reachable time over an hour");
            }
        }
        NdpKind::NeighborSolicitation { target } => {
            if target.is_multicast() {
                decoder.rule(8, "target is a multicast address");
            }
            match destination {
                Some(to) if is_unspecified && !is_solicited_node(to) => {
                    decoder.rule(0, "unspecified source, but not to a solicited-node address");
                }
                Some(to)
                    if to.is_multicast() && !target.is_multicast() && !asks_for(to, target) =>
                {
                    decoder.rule(
                        0,
                        "neighbor solicitation to a group that is not its target's",
                    );
                }
                _ => {}
            }
            if is_unspecified && tells_source() {
                decoder.rule(24, "link-layer address of an unspecified source");
            }
            let mut at = fixed_len(decoder.kind);
            for option in NdOptions::of_solicitation(options) {
                if option.solicits_with_status() {
                    decoder.rule(at + 2, "status in a solicitation");
                }
                at += option.bytes.len();
            }
        }
        NdpKind::NeighborAdvertisement { target, flags } => {
            // RFC 4861 section 4.4.
            if is_unspecified || source.is_some_and(|source| source.is_multicast()) {
                decoder.rule(0, "source of a neighbor advertisement is no single host");
            }
            if target.is_multicast() {
                decoder.rule(8, "target is a multicast address");
            }
            if destination.is_some_and(|to| to.is_multicast()) && flags & 0x40 != 0 {
                decoder.rule(4, "solicited flag in a multicast advertisement");
            }
        }
        NdpKind::Redirect {
            target,
            destination,
        } => {
            if is_beyond_link {
                decoder.rule(0, "source of a redirect is not link-local");
            }
            if destination.is_multicast() {
                decoder.rule(24, "redirect of a multicast destination");
            }
            if target != destination && !target.is_unicast_link_local() {
                decoder.rule(
                    8,
                    "redirect target is neither link-local nor the destination",
                );
            }
        }
        NdpKind::Short => {}
    }
}

/// Whether an address is of `ff02::1:ff00:0/104` (RFC 4291 section 2.7.1).
fn is_solicited_node(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0xff02, 0, 0, 0, 0, 1, 0xff00..=0xffff, _]
    )
}

/// Whether a group is that of the nodes that may have the address `target` (RFC 4861 section 4.3).
fn asks_for(group: Ipv6Addr, target: Ipv6Addr) -> bool {
    const OWN: u128 = 0x00ff_ffff;
    is_solicited_node(group) && (group.to_bits() ^ target.to_bits()) & OWN == 0
}

/// Tells of a solicitation to a group, on a link whose stations have addresses, that does not tell that of its
/// sender: whoever is asked could not answer (RFC 4861 sections 4.3 and 7.2.2).
pub(super) fn check_on_link(message: &mut Message<'_>, frame: &Frame<'_>, packet: &Packet<'_>) {
    let Body::Ndp(Ndp {
        kind: NdpKind::NeighborSolicitation { .. },
        options,
        ..
    }) = message.body
    else {
        return;
    };
    let ip = &packet.ip;
    let is_whole = ip.fragment.is_none() && ip.is_whole();
    let asks_group = ip.dst().is_multicast() && !ip.src().is_unspecified();
    let tells_source = || NdOptions::new(options).any(|it| it.kind == SOURCE_LINK_LAYER);
    if !is_whole || !asks_group || ip.hides_addresses().1 || tells_source() {
        return;
    }
    let around = packet.frame_around(frame);
    let sender = around.and_then(|frame| link::addresses(&frame).src);
    if sender.is_some_and(|sender| sender.as_slice().iter().any(|octet| *octet != 0)) {
        let rule = "neighbor solicitation to a group without its sender's link-layer address";
        message.defects.rule(Layer::Icmp, 24, rule);
    }
}

/// The fields of a router advertisement.
pub(super) const ADVERTISEMENT_FIELDS: &[FieldSpec] = &[
    spec::u8(4, "hop_limit"),
    spec::flag(5, 0x80, "managed"),
    spec::flag(5, 0x40, "other_config"),
    spec::flag(5, 0x20, "home_agent"),
    spec::preference(5, "preference"),
    spec::flag(5, 0x04, "proxy"),
    spec::reserved(5, 1, 0x03, "reserved"),
    spec::seconds_of(6, 2, "lifetime"),
    spec::millis(8, 4, "reachable"),
    spec::millis(12, 4, "retransmit"),
];

/// The field of a neighbor solicitation.
pub(super) const SOLICITATION_FIELDS: &[FieldSpec] = &[
    spec::reserved(4, 4, 0xffff_ffff, "reserved"),
    spec::v6(8, "target"),
];

/// The fields of a neighbor advertisement.
pub(super) const NEIGHBOR_FIELDS: &[FieldSpec] = &[
    spec::flag(4, 0x80, "router"),
    spec::flag(4, 0x40, "solicited"),
    spec::flag(4, 0x20, "override"),
    spec::reserved(4, 4, 0x1fff_ffff, "reserved"),
    spec::v6(8, "target"),
];

/// The fields of a redirect.
pub(super) const REDIRECT_FIELDS: &[FieldSpec] = &[
    spec::reserved(4, 4, 0xffff_ffff, "reserved"),
    spec::v6(8, "target"),
    spec::v6(24, "destination"),
];
