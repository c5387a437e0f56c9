//! Who sends messages of Neighbor Discovery, and who asks without an address, by link-layer address.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::icmp::nd_option::TARGET_LINK_LAYER;
use crate::icmp::ndp::NdpKind;
use crate::icmp::{Body, Direction, Message};
use crate::model::Frame;
use crate::wire::link::LinkAddress;
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

/// Who sent a solicitation or an advertisement of a neighbor, and whose address its option tells; who asked
/// for an address mask or a network's number without an address of its own, and whom the link carried a
/// reply to.
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
        Body::Query(query) => of_query(frame, packet, query.direction),
        _ => [Station::default(); 2],
    }
}

#[cold]
fn of_query(frame: &Frame<'_>, packet: &Packet<'_>, direction: Direction) -> [Station; 2] {
    /// The bit of addresses of groups, all hosts among them (IEEE 802 section 8.2.2).
    const GROUP: u8 = 0x01;
    let around = packet.frame_around(frame);
    let addresses = around.map(|frame| link::addresses(&frame));
    let station = |address: Option<LinkAddress>| {
        address.map_or_else(Station::default, |address| Station::of(address.as_slice()))
    };
    match direction {
        // From an address it may pass routers, which put their own in.
        Direction::Request if packet.ip.src().is_unspecified() => {
            [station(addresses.and_then(|of| of.src)), Station::default()]
        }
        Direction::Reply => {
            let to = addresses.and_then(|of| of.dst);
            let one =
                to.filter(|to| (to.as_slice().first()).is_some_and(|first| first & GROUP == 0));
            [Station::default(), station(one)]
        }
        Direction::Request => [Station::default(); 2],
    }
}
