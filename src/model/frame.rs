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
    /// The packet in it, where the link compresses packets: none until it was made.
    pub expanded: Option<&'a Expanded>,
}

/// An IPv6 packet that a frame carries compressed (6LoWPAN), as it was before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// Its octets from the IPv6 header on, as far as they were captured.
    pub octets: Vec<u8>,
    /// How many there were before the snap length cut them.
    pub wire_len: u32,
    /// Where in its datagram it belongs, if the link fragments that.
    pub fragment: Option<LinkFragment>,
    /// Where its innermost IPv6 header starts.
    pub innermost: usize,
    /// What the frame does not tell of the addresses in that.
    pub unknown_prefix: UnknownPrefix,
    /// The identifier of the network (PAN) that it was sent in.
    pub pan: Option<u16>,
}

impl Expanded {
    /// Forgets the packet and keeps its room.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.wire_len = 0;
        self.fragment = None;
        self.innermost = 0;
        self.unknown_prefix = UnknownPrefix::default();
        self.pan = None;
    }

    /// Takes the number of octets on the wire.
    pub fn set_wire_len(&mut self, octets: usize) {
        self.wire_len = u32::try_from(octets).unwrap_or(u32::MAX);
    }
}

/// A fragment of a datagram that is longer than a frame (RFC 4944 section 5.3, RFC 8931).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFragment {
    /// The datagram's tag.
    pub tag: u16,
    /// Octets of the datagram, IPv6 header included.
    pub size: u16,
    /// Octets of it before this fragment.
    pub offset: u16,
    /// Octets that the lengths of all its fragments but the last are a multiple of.
    pub unit: u8,
}

/// Prefixes that are not known: the addresses have zeros in their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnknownPrefix {
    /// The context that would tell the source's prefix (RFC 6282 section 3.1.2).
    pub src: Option<u8>,
    /// As for the source, of the destination.
    pub dst: Option<u8>,
}

impl UnknownPrefix {
    /// Whether both addresses are known.
    pub const fn is_none(self) -> bool {
        self.src.is_none() && self.dst.is_none()
    }
}

impl<'a> Frame<'a> {
    /// A frame that is there whole and of which nothing else is known: for who looks at octets alone.
    pub fn alone(link: LinkType, data: &'a [u8]) -> Self {
        Self {
            source: SourceId(0),
            number: 1,
            interface: None,
            ts: Timestamp::from_nanos(0),
            link,
            wire_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            fcs_len: 0,
            data,
            expanded: None,
        }
    }

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
