//! A packet as correlation remembers it, and whether two of them are one.

use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use foldhash::fast::FixedState;

use super::network::{Link, Network};
use super::station::{self, Station};
use crate::icmp::Message;
use crate::icmp::kind::v4;
use crate::model::options::{LocalDrop, Verdict};
use crate::model::{Frame, FrameRef, InterfaceId, SourceId, Timestamp};
use crate::wire::link::{self, FrameFlag, PacketType, WirelessHeader, linktype as lt};
use crate::wire::{ChecksumStatus, Packet};

/// Requests alike in everything within this time are one packet, captured twice. Later it takes a
/// proof, [`Place::proves_copy_of`].
pub(super) const COPY_WINDOW: Duration = Duration::from_millis(100);

/// Where a mirror is at work, packets without a number that are alike in everything within this time
/// are one: longer no switch holds what it received before it sends it on.
pub(super) const MIRROR_WINDOW: Duration = Duration::from_millis(1);

/// Whether a switch mirrors both ports, and gives everything twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mirror {
    /// Nothing tells.
    Unknown,
    /// The request that a packet is about was captured twice at one place.
    AtWork,
}

/// What correlation keeps of a query packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    pub(super) frame: FrameRef,
    pub(super) ts: Timestamp,
    pub(super) shown: bool,
    pub(super) checksum_bad: bool,
    /// The link carried it to all hosts, whatever its IP address looks like.
    pub(super) broadcast: bool,
    pub(super) extent: Extent,
    pub(super) place: Place,
    pub(super) passage: Passage,
    pub(super) sent: Sent,
    /// What dropped it there, if the capture says so.
    pub(super) dropped: Option<LocalDrop>,
    /// See [`station::stations`].
    pub(super) stations: [Station; 2],
}

/// How much of a message was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, in one packet.
    Packet,
    /// The fragment that begins it.
    Begun,
    /// All of it, put together of fragments.
    PutTogether,
}

/// What the link tells of the transmission of a frame, where it sends again what nobody acknowledged:
/// a hash of the transmitter and its numbers, and in the lowest bit whether it was sent before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent(u32);

/// Where and in what state a packet was seen: tells copies from duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ip_id: Option<u32>,
    pub(super) ttl: u8,
    pub(super) vlan: u16,
    pub(super) interface: u32,
    pub(super) source: SourceId,
    pub(super) side: Side,
    /// In how many tunnels.
    pub(super) depth: u8,
    pub(super) network: Network,
}

/// Whether a packet came in at the capturing host or left it: of a router that is captured on all its
/// interfaces, what leaves was forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Passage {
    /// Nothing tells.
    #[default]
    Unknown,
    Entered,
    Left,
}

impl Passage {
    /// Of `frame`, as the header of a cooked capture tells.
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        if !matches!(frame.link, lt::LINUX_SLL | lt::LINUX_SLL2) {
            return Self::Unknown;
        }
        match link::addresses(frame).packet_type {
            Some(PacketType::Outgoing) => Self::Left,
            Some(PacketType::Host) => Self::Entered,
            _ => Self::Unknown,
        }
    }
}

/// The side of an address translation that a packet was seen on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Side {
    /// That of who asks, as far as is known.
    #[default]
    Asker,
    /// Where the translator has put itself in the place of who asks.
    Translator,
}

/// The network that a packet was seen in: addresses mean something within it only.
///
/// Few captures hold several that use the same addresses at the same time, and a reply may well be
/// captured on another interface than its request: only where requests collide does it count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope(u32);

impl Scope {
    /// Whichever: nothing collides.
    pub(super) const ANY: Self = Self(0);

    /// A link, whatever interface it was seen on.
    pub(super) fn of_link(link: Link) -> Self {
        let place = Place {
            vlan: link.vlan,
            network: link.network,
            ..Place::default()
        };
        place.scope()
    }
}

impl Sighting {
    /// Of the query in `frame`.
    pub(super) fn of(
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        extent: Extent,
        shown: bool,
    ) -> Self {
        Self {
            frame: frame.reference(),
            ts: frame.ts,
            shown,
            checksum_bad: matches!(message.checksum.status, ChecksumStatus::Bad { .. }),
            broadcast: is_broadcast(frame, packet, message),
            extent,
            place: Place::of(frame, packet),
            passage: Passage::of(frame),
            sent: Sent::of(frame),
            dropped: local_drop(frame),
            stations: station::stations(frame, packet, message),
        }
    }
}

/// What dropped a packet where it was captured; most frames have no options that could tell.
#[inline]
fn local_drop(frame: &Frame<'_>) -> Option<LocalDrop> {
    if frame.options.is_empty() {
        return None;
    }
    frame.options.dropped().and_then(Verdict::local_drop)
}

impl Sent {
    const AGAIN: u32 = 1;

    /// Of `frame`; most links tell nothing. Receivers know duplicates by transmitter, traffic
    /// identifier, sequence and fragment number (IEEE 802.11 section 10.3.2.14).
    #[inline]
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        if link::aggregate::may_hold(frame.link) {
            Self::of_wireless(frame)
        } else {
            Self::default()
        }
    }

    fn of_wireless(frame: &Frame<'_>) -> Self {
        let Some(header) = WirelessHeader::of(frame) else {
            return Self::default();
        };
        let numbers = (header.tid, header.sequence, header.fragment);
        let hash = FixedState::default().hash_one((header.transmitter(), numbers));
        let again = u32::from(header.has(FrameFlag::Retry));
        // Nonzero, so that none is like what no link tells of.
        Self((hash >> 32) as u32 & !Self::AGAIN | 2 | again)
    }

    /// Whether the frame is one with `first`, sent again.
    pub(super) const fn repeats(self, first: Self) -> bool {
        self.0 & Self::AGAIN != 0 && self.0 | Self::AGAIN == first.0 | Self::AGAIN
    }
}

/// Whether a message went to all hosts of its network; an address alone does not tell, as the
/// network's length is not known (RFC 919 section 7).
fn is_broadcast(frame: &Frame<'_>, packet: &Packet<'_>, message: &Message<'_>) -> bool {
    let asks = matches!(
        message.kind,
        v4::ECHO_REQUEST
            | v4::TIMESTAMP_REQUEST
            | v4::INFORMATION_REQUEST
            | v4::ADDRESS_MASK_REQUEST
    );
    match packet.ip.dst() {
        IpAddr::V4(dst) if asks && host_bits(dst) >= LEAST_HOST_BITS => packet
            .frame_around(frame)
            .is_some_and(|frame| link::is_broadcast(&frame)),
        _ => false,
    }
}

/// The shortest host part of an address for all hosts: a network of one bit has none (RFC 3021).
pub(super) const LEAST_HOST_BITS: u32 = 2;

/// How long the host part of an address can be at most, if it is one for all hosts: it is all ones.
pub(super) const fn host_bits(addr: Ipv4Addr) -> u32 {
    addr.to_bits().trailing_ones()
}

impl Place {
    /// That of the packet in `frame`.
    pub(super) fn of(frame: &Frame<'_>, packet: &Packet<'_>) -> Self {
        Self {
            ip_id: packet.ip.id,
            ttl: packet.ip.ttl,
            vlan: packet.link.vlans.as_slice().last().copied().unwrap_or(0),
            interface: frame.interface.map_or(0, |interface| interface.0 + 1),
            source: frame.source,
            side: Side::Asker,
            depth: u8::try_from(packet.tunnels.len()).unwrap_or(u8::MAX),
            network: Network::of(packet),
        }
    }

    /// The link.
    pub(super) fn link(self) -> Link {
        Link::new(self.vlan & 0xfff, self.network)
    }

    /// The interface, where the capture tells.
    pub(super) fn interface(self) -> Option<InterfaceId> {
        self.interface.checked_sub(1).map(InterfaceId)
    }

    /// VLAN and interface, or the network in a tunnel, whatever way that goes, and side, in one word. Not
    /// the source: a capture in two files is one capture.
    pub(super) fn scope(self) -> Scope {
        let side = u32::from(self.side == Side::Translator);
        let network = if self.network == Network::NONE {
            let vlan = u32::from(self.vlan & 0xfff);
            // Of more interfaces than a hundred thousand some share a scope.
            (self.interface & 0x1_ffff) << 12 | vlan
        } else {
            1 << Network::BITS | self.network.bits()
        };
        Scope(1 << 31 | side << 30 | network)
    }

    /// Whether `other` can be the same packet at another point of the capture: another interface,
    /// VLAN or hop, and no identification to the contrary.
    pub(super) fn is_copy_of(self, other: Self) -> bool {
        (self.ttl != other.ttl || self.is_apart_from(other)) && self.ip_id == other.ip_id
    }

    /// Whether the two are different points of the capture: one of them inside of a tunnel that ends
    /// between them, for example.
    pub(super) fn is_apart_from(self, other: Self) -> bool {
        let point = |it: Self| (it.vlan, it.interface, it.source, it.side, it.depth);
        point(self) != point(other)
    }

    /// Whether a packet with the octets of one at `earlier`, and seen here however much later, has to
    /// be that one: it bears the same number, and was seen further on its way or at another point of
    /// capture, whose clock may be another. Without a number it has to be both another point and
    /// another hop, as a program may well send the same again.
    pub(super) fn proves_copy_of(self, earlier: Self) -> bool {
        let apart = self.is_apart_from(earlier);
        let told_apart = if self.is_numbered() {
            apart || self.ttl < earlier.ttl
        } else {
            apart && self.ttl != earlier.ttl
        };
        told_apart && self.ip_id == earlier.ip_id
    }

    /// Whether its identification tells it from others. 0 does not (RFC 6864 section 4).
    pub(super) fn is_numbered(self) -> bool {
        self.ip_id.is_some_and(|id| id != 0)
    }
}
