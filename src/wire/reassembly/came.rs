//! Where and when fragments came, in what, and what they tell.

use super::table::Key;
use crate::model::{FrameRef, InterfaceId, Timestamp};
use crate::wire::ip::{Ip, IpVersion};
use crate::wire::tunnel::Packet;

/// Where and when a fragment was captured.
#[derive(Clone, Copy)]
pub(super) struct Came<'a> {
    /// The frame that tells of it.
    pub(super) frame: FrameRef,
    pub(super) interface: Option<InterfaceId>,
    pub(super) now: Timestamp,
    /// When the capture began that it is in, if that is known.
    pub(super) begun: Option<Timestamp>,
    /// How many octets of the innermost payload are told of in `frame`, if not all.
    pub(super) told: usize,
    /// The frames of the packet that it came in, if that was fragmented.
    pub(super) within: &'a [FrameRef],
}

impl Came<'_> {
    /// Whether its capture may be the rest of one that had a fragment at `earlier`.
    pub(super) fn follows(&self, earlier: Timestamp) -> bool {
        self.begun.is_none_or(|begun| begun >= earlier)
    }

    /// How many frames it came in.
    pub(super) fn frames(&self) -> u64 {
        self.within.len().max(1) as u64
    }
}

/// What a fragment tells of its packet, the more the higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tells {
    /// That may hold anything.
    Nothing,
    /// It is of a message of ICMP.
    Message,
    /// It holds a fragment of one, with which that counts.
    Part,
}

/// What is around a fragment.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// A hash of the tunnels.
    pub(super) hash: u64,
    /// How many they are.
    pub(super) depth: usize,
    /// How many packets in fragments.
    pub(super) packets: usize,
    /// TTL of the outermost packet; 0 where there is none.
    pub(super) ttl: u8,
}

pub(super) fn key(
    packet: &Packet<'_>,
    ip: &Ip<'_>,
    around: Around,
    interface: Option<InterfaceId>,
) -> Key {
    Key {
        interface,
        vlans: packet.link.vlans,
        tunnels: around.hash,
        addrs: ip.addrs,
        protocol: match ip.version {
            IpVersion::V4 => ip.named_protocol(),
            IpVersion::V6 => 0,
        },
        id: ip.id.unwrap_or_default(),
    }
}
