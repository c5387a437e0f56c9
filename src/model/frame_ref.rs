//! References to frames, which outlive them.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use super::frame::SourceId;

/// A frame by source and number, in eight octets so that tables stay small; and which packet is
/// meant, of a frame that holds several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRef(u64);

impl FrameRef {
    /// Bits below the source.
    const FRAME_BITS: u32 = 48;
    /// Tells that a packet is named: its number stands above that of the frame then, which has fewer
    /// bits.
    const HAS_PACKET: u64 = 1 << 47;
    const PACKET_BITS: u32 = 10;
    const SHORT_BITS: u32 = 47 - Self::PACKET_BITS;

    /// Frame `number` (from 1) of `source`; the lower 47 bits count.
    pub const fn new(source: SourceId, number: u64) -> Self {
        Self((source.0 as u64) << Self::FRAME_BITS | number & (Self::HAS_PACKET - 1))
    }

    /// A packet of the frame. That one alone is named where the numbers are out of all proportion: the
    /// packet's over 1023 (no frame of IEEE 802.11 has octets for as many), the frame's over 2^37.
    #[must_use]
    pub fn with_packet(self, packet: NonZeroU32) -> Self {
        let packet = u64::from(packet.get());
        if packet >> Self::PACKET_BITS != 0 || self.number() >> Self::SHORT_BITS != 0 {
            return self;
        }
        Self(self.0 | Self::HAS_PACKET | packet << Self::SHORT_BITS)
    }

    /// The source the frame came from.
    pub const fn source(self) -> SourceId {
        SourceId((self.0 >> Self::FRAME_BITS) as u16)
    }

    /// The frame's number within its source, from 1.
    pub const fn number(self) -> u64 {
        let bits = if self.0 & Self::HAS_PACKET == 0 {
            Self::FRAME_BITS - 1
        } else {
            Self::SHORT_BITS
        };
        self.0 & ((1 << bits) - 1)
    }

    /// The packet's number within the frame, from 1, where the frame holds several.
    pub fn packet(self) -> Option<NonZeroU32> {
        let packet = self.0 >> Self::SHORT_BITS & ((1 << Self::PACKET_BITS) - 1);
        let packet = u32::try_from(packet).ok().and_then(NonZeroU32::new);
        packet.filter(|_| self.0 & Self::HAS_PACKET != 0)
    }

    /// Whether both are packets of one frame, and not the same.
    #[inline]
    pub fn is_beside(self, other: Self) -> bool {
        self.0 & other.0 & Self::HAS_PACKET != 0
            && self != other
            && self.source() == other.source()
            && self.number() == other.number()
    }
}

impl Ord for FrameRef {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |frame: &Self| (frame.source(), frame.number(), frame.packet());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for FrameRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn a_reference_keeps_source_and_number_apart() {
        let r = FrameRef::new(SourceId(u16::MAX), (1 << 47) - 1);
        assert_eq!(r.source(), SourceId(u16::MAX));
        assert_eq!((r.number(), r.packet()), ((1 << 47) - 1, None));
    }

    #[test]
    fn a_reference_names_a_packet_of_the_frame() {
        for (number, of) in [(1, 1), (1, 1023), ((1 << 37) - 1, 1023)] {
            let r = FrameRef::new(SourceId(u16::MAX), number).with_packet(packet(of));
            assert_eq!(r.source(), SourceId(u16::MAX));
            assert_eq!((r.number(), r.packet()), (number, Some(packet(of))));
        }
        for (number, of) in [(1, 1024), (1 << 37, 1), ((1 << 47) - 1, u32::MAX)] {
            let frame = FrameRef::new(SourceId(7), number);
            assert_eq!(frame.with_packet(packet(of)), frame);
        }
    }

    #[test]
    fn packets_stand_in_their_order_beside_each_other() {
        let frame = |number| FrameRef::new(SourceId(1), number);
        let first = frame(1).with_packet(packet(1));
        let second = frame(1).with_packet(packet(2));
        assert!(first.is_beside(second) && !first.is_beside(first));
        assert!(!first.is_beside(frame(1)) && !first.is_beside(frame(2).with_packet(packet(2))));
        assert!(!frame(1).is_beside(frame(2)));
        let mut sorted = [frame(2), second, first, FrameRef::new(SourceId(0), 9)];
        sorted.sort();
        assert_eq!(
            sorted,
            [FrameRef::new(SourceId(0), 9), first, second, frame(2)]
        );
    }
}
