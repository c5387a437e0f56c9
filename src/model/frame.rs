//! A captured frame, borrowed from the buffer it was read into, and the references that outlive it.

use super::time::Timestamp;

/// Which source (file, standard input, interface) a frame came from, in command-line order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// Which interface of its source a frame was captured on, in order of declaration across sections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId(pub u32);

/// A LINKTYPE value of the tcpdump.org registry, as it stands in files, flag bits removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u32);

/// A frame as captured: never more than what was read, never owned.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Where it came from.
    pub source: SourceId,
    /// Its number within the source, from 1, as Wireshark counts.
    pub number: u64,
    /// The interface, where the format tells.
    pub interface: Option<InterfaceId>,
    /// When it was captured.
    pub ts: Timestamp,
    /// How its first octets are to be read.
    pub link: LinkType,
    /// Length on the wire in octets; at least `data.len()`, what is more was cut by the snap length.
    pub wire_len: u32,
    /// Octets of frame check sequence at the end of a frame that was captured whole.
    pub fcs_len: u8,
    /// The captured octets.
    pub data: &'a [u8],
}

impl Frame<'_> {
    /// The reference by which records name this frame.
    pub fn reference(&self) -> FrameRef {
        FrameRef::new(self.source, self.number)
    }

    /// Whether the snap length cut octets off the end.
    pub fn is_cut(&self) -> bool {
        (self.data.len() as u64) < u64::from(self.wire_len)
    }
}

/// A frame by source and number, in eight octets so that tables stay small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameRef(u64);

impl FrameRef {
    const NUMBER_BITS: u32 = 48;

    /// Frame `number` (from 1) of `source`.
    pub const fn new(source: SourceId, number: u64) -> Self {
        Self((source.0 as u64) << Self::NUMBER_BITS | number & ((1 << Self::NUMBER_BITS) - 1))
    }

    /// The source the frame came from.
    pub const fn source(self) -> SourceId {
        SourceId((self.0 >> Self::NUMBER_BITS) as u16)
    }

    /// The frame's number within its source, from 1.
    pub const fn number(self) -> u64 {
        self.0 & ((1 << Self::NUMBER_BITS) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_keeps_source_and_number_apart() {
        let r = FrameRef::new(SourceId(u16::MAX), (1 << 48) - 1);
        assert_eq!(r.source(), SourceId(u16::MAX));
        assert_eq!(r.number(), (1 << 48) - 1);
    }
}
