//! Who sends messages of Neighbor Discovery, by link-layer address.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::icmp::nd_option::TARGET_LINK_LAYER;
use crate::icmp::ndp::NdpKind;
use crate::icmp::{Body, Message};
use crate::model::Frame;
use crate::wire::{Packet, link};

/// A link-layer address, reduced to what tells two apart; nobody's where none is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Station(u32);

impl Station {
    pub(super) fn of(address: &[u8]) -> Self {
        let hash = FixedState::default().hash_one(address);
        Self((hash >> 32) as u32 | 1)
    }

    /// Whether both are known, and not the same. Messages of Neighbor Discovery pass no router
    /// (RFC 4861 section 7.1), which would put its own in.
    pub(super) fn is_other_than(self, other: Self) -> bool {
        self != Self::default() && other != Self::default() && self != other
    }

    /// Whether it is known, and one of these.
    pub(super) fn is_among(self, stations: [Self; 2]) -> bool {
        self != Self::default() && stations.contains(&self)
    }
}

/// Who sent a solicitation or an advertisement of a neighbor, and whose address its option tells.
#[inline]
pub(super) fn stations(
    frame: &Frame<'_>,
    packet: &Packet<'_>,
    message: &Message<'_>,
) -> [Station; 2] {
    match &message.body {
        Body::Ndp(ndp)
            if matches!(
                ndp.kind,
                NdpKind::NeighborSolicitation { .. } | NdpKind::NeighborAdvertisement { .. }
            ) =>
        {
            let sender = packet
                .frame_around(frame)
                .and_then(|frame| link::addresses(&frame).src);
            let told = ndp
                .options()
                .find(|option| option.kind == TARGET_LINK_LAYER)
                .and_then(|option| {
                    // One of 48 bits, or of 64 with padding (RFC 4944 section 8).
                    let end = if option.words == 1 { 8 } else { 10 };
                    option.bytes.get(2..end)
                });
            [
                sender.map_or_else(Station::default, |address| Station::of(address.as_slice())),
                told.map_or_else(Station::default, Station::of),
            ]
        }
        _ => [Station::default(); 2],
    }
}
