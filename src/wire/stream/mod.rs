//! Streams that carry packets in units of their own, which go on over several frames: those of MPEG-2,
//! the channels of Bluetooth, and those of X.25.
//!
//! Which unit an octet is of tell those before it. So each stream that carries packets is followed
//! from frame to frame, in order; its octets are kept with those of all pieces
//! ([`super::reassembly`]), and here no more of them than tell how long a unit is.

mod bluetooth;
mod followed;
mod mpeg;
#[cfg(test)]
mod tests;
mod ule;
mod unit;
mod units;
mod x25;

use crate::model::{Frame, InterfaceId, SourceId};
use crate::wire::Packet;
use followed::Followed;
pub(super) use mpeg::{SYNC, is_in_datagram};
pub use units::{Found, Units};

/// What is known of streams.
#[derive(Debug, Default)]
pub struct Streams {
    transport: Followed<mpeg::Place, mpeg::Stream>,
    bluetooth: bluetooth::Bluetooth,
    x25: Followed<x25::Place, x25::Circuit>,
    /// Units that were numbered.
    units: u64,
}

/// Where a capture was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Point {
    source: SourceId,
    interface: Option<InterfaceId>,
}

impl Point {
    const fn of(frame: &Frame<'_>) -> Self {
        Self {
            source: frame.source,
            interface: frame.interface,
        }
    }
}

impl Streams {
    /// Takes a frame, whose innermost packet is `packet` if it is IP's: what it holds of the units of
    /// streams is in `into` then, whose memory is used again. Says whether it holds any.
    pub fn take(
        &mut self,
        frame: &Frame<'_>,
        packet: Option<&Packet<'_>>,
        into: &mut Units,
    ) -> bool {
        into.clear();
        if frame.expanded.is_some() {
            return false;
        }
        let run = match packet {
            Some(packet) => mpeg::Run::in_datagram(packet),
            None => mpeg::Run::in_frame(frame),
        };
        if let Some(run) = run {
            into.depth = run.depth;
            mpeg::take(self, Point::of(frame), &run, into);
        } else {
            if packet.is_none() {
                bluetooth::take(self, frame, into);
            }
            x25::take(self, frame, packet, into);
        }
        !into.is_empty()
    }
}
