//! A packet as correlation remembers it, and whether two of them are one.

use std::net::IpAddr;
use std::time::Duration;

use crate::icmp::Message;
use crate::model::{Frame, FrameRef, SourceId, Timestamp};
use crate::wire::{ChecksumStatus, Packet, link};

/// Requests alike in everything within this time are one packet, captured twice.
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

/// Where and in what state a packet was seen: tells copies from duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ip_id: Option<u32>,
    pub(super) ttl: u8,
    pub(super) vlan: u16,
    pub(super) interface: u32,
    pub(super) source: SourceId,
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
        }
    }
}

/// Whether a message went to all hosts of its network; an address alone does not tell, as the
/// network's length is not known (RFC 919 section 7).
fn is_broadcast(frame: &Frame<'_>, packet: &Packet<'_>, message: &Message<'_>) -> bool {
    const ECHO: u8 = 8;
    match packet.ip.dst() {
        // A host part of two bits at the least, all ones.
        IpAddr::V4(dst) if message.kind == ECHO && dst.to_bits() & 3 == 3 => {
            packet.tunnels.is_empty() && link::is_broadcast(frame)
        }
        _ => false,
    }
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
        }
    }

    /// VLAN and interface, in one word. Not the source: a capture in two files is one capture.
    pub(super) fn scope(self) -> Scope {
        let vlan = u32::from(self.vlan & 0xfff);
        // Of more interfaces than half a million some share a scope.
        let interface = self.interface & 0x7_ffff;
        Scope(1 << 31 | interface << 12 | vlan)
    }

    /// Whether `other` can be the same packet at another point of the capture: another interface,
    /// VLAN or hop, and no identification to the contrary.
    pub(super) fn is_copy_of(self, other: Self) -> bool {
        let elsewhere = self.ttl != other.ttl
            || self.vlan != other.vlan
            || self.interface != other.interface
            || self.source != other.source;
        elsewhere && self.ip_id == other.ip_id
    }
}
