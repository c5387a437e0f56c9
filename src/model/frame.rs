//! A captured frame, borrowed from the buffer it was read into, and the references that outlive it.

use std::cmp::Ordering;
use std::iter;
use std::num::NonZeroU32;
use std::ops::Range;

use super::options::Options;
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

impl LinkType {
    /// The value for the registry's meaning of `value`.
    ///
    /// The numbers 11 to 19 are not in the registry: systems wrote their own data link types there
    /// before it was made. Where they do not agree, it is what tcpdump or Wireshark shows a packet of.
    pub fn from_registry(value: u16) -> Self {
        Self(match value {
            11 => 100,
            12 | 14 => 101,
            13 => 109,
            15 => 102,
            16 | 18 | 19 => 106,
            // NetBSD's own number for it.
            112 => 104,
            other => u32::from(other),
        })
    }
}

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
    /// What the file tells of it beside them.
    pub options: Options<'a>,
    /// The transfer of USB that it came in, of which `data` is one packet.
    pub transfer: Option<UsbTransfer<'a>>,
    /// What it was encrypted by, where its octets are those that it would have had without.
    pub cipher: Option<LinkCipher>,
    /// The packet in it, where that is not among its octets as it was sent: none until it was made.
    pub expanded: Option<&'a Expanded>,
    /// Which of its packets this is, where the link puts several into a frame, and it was taken apart:
    /// then all else tells of that packet as if it had been sent alone. Or which of the packets is
    /// meant that the frame reports, or carries in messages of TCP: then all else tells of the frame.
    pub part: Option<Part>,
}

/// What encrypts frames of IEEE 802.11 (section 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkCipher {
    /// RC4 with a key of 40 or 104 bits.
    Wep,
    /// RC4 with a key of its own for each packet.
    Tkip,
    /// AES in counter mode with CBC-MAC, and a key of 128 bits.
    Ccmp128,
    /// The same with 256.
    Ccmp256,
    /// AES in Galois/counter mode, and a key of 128 bits.
    Gcmp128,
    /// The same with 256.
    Gcmp256,
}

/// A transfer of USB around a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsbTransfer<'a> {
    /// What the frame as captured is.
    pub link: LinkType,
    /// Its octets before those of the transfer.
    pub header: &'a [u8],
    /// The octets of the transfer right before the packet that tell of it: of RNDIS and EEM.
    pub around: &'a [u8],
    /// Number of the session that the packet belongs to (MBIM 1.0 section 7).
    pub session: Option<u8>,
}

/// A packet of a frame that may hold several (IEEE 802.11 A-MSDU), or is about others (sFlow).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// There is no other.
    Only,
    /// One of several, by its number from 1.
    Numbered(NonZeroU32),
    /// One of several in a packet of a tunnel, by its number from 1: octets of the others are left out of
    /// the frame's, and lengths of what is around them count them still.
    Among(NonZeroU32),
    /// One that is data of another protocol, which tells of it.
    Reported(Place),
    /// One that travels in a message of a TCP stream.
    Carried(Place),
}

/// Where a packet is that is data of another protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number among those in the frame, from 1.
    pub number: NonZeroU32,
    /// Where it is, if the frame alone does not tell.
    pub section: Option<Section>,
}

impl Place {
    /// That of the first one.
    pub const FIRST: Self = Self {
        number: NonZeroU32::MIN,
        section: None,
    };
}

/// Octets of a packet, or of the message that has it, in the payload of the frame's innermost IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Where they start.
    pub at: u16,
    /// How many they are.
    pub octets: u16,
    /// What they begin with.
    pub begins: SectionStart,
}

impl Section {
    /// Their places.
    pub fn range(self) -> Range<usize> {
        let start = usize::from(self.at);
        start..start + usize::from(self.octets)
    }
}

/// What they begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionStart {
    /// The header of Ethernet.
    Ethernet,
    /// The IP header.
    Ip,
    /// A header of the protocol's own.
    Message,
    /// The same, and a frame of a link of this number, as an earlier message told:
    /// [`LinkType::from_registry`] reads it. It is short, as each packet has a place for it.
    Captured(u16),
}

/// An IP packet that a frame carries in another form, as it was before: one that is compressed
/// (6LoWPAN, `IPComp`) or encrypted (WireGuard, ESP), or one of which the frame has the last fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// Its octets from the IP header on, or from that of `link`, as far as they were captured.
    pub octets: Vec<u8>,
    /// How many there were before the snap length cut them.
    pub wire_len: u32,
    /// How many tunnels the frame has around it.
    pub depth: u8,
    /// What it is made of.
    pub form: Form,
    /// What the tunnel around it encrypts it by.
    pub sealing: Option<Sealing>,
    /// What was encrypted behind it: padding, its length, and the next header of ESP.
    pub trailer: Vec<u8>,
    /// Octets of the piece that is in the frame, if it is made of pieces.
    pub piece: usize,
    /// What it is a frame of, where it begins with a link header.
    pub link: Option<LinkType>,
    /// Where in its datagram it belongs, if the link fragments that.
    pub fragment: Option<LinkFragment>,
    /// Where the innermost header starts that a link compressed.
    pub innermost: usize,
    /// What the frame does not tell of the addresses in that.
    pub unknown_prefix: UnknownPrefix,
    /// The identifier of the network (PAN) that it was sent in.
    pub pan: Option<u16>,
    /// The frames of its fragments, in the order of their octets, if it is a tunnel's.
    pub frames: Vec<FrameRef>,
    /// The packet around it, where that had to be made as well.
    pub around: Option<Box<Expanded>>,
}

/// By what a tunnel encrypts its packets, as nothing but the keys tells for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// WireGuard.
    WireGuard,
    /// ESP, by a security association that is known.
    Esp(EspParts),
    /// ESP that shows by what it holds that it encrypts nothing (RFC 2410).
    NullEsp(EspParts),
}

/// Octets of those parts of ESP whose lengths no packet tells (RFC 4303 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EspParts {
    /// The initialization vector.
    pub vector: usize,
    /// The integrity check value.
    pub check_value: usize,
}

/// What a packet is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One whose headers are compressed.
    #[default]
    Compressed,
    /// One that was encrypted.
    Decrypted,
    /// The piece that it begins with.
    Part,
    /// All its pieces.
    Whole,
    /// The same, where the first has told of it.
    Last,
    /// The pieces up to one that is not the last, and of which the first has told.
    Later,
    /// A unit of a stream, all of which the frame has.
    Unit,
    /// What the capture has of it, behind so many octets of headers that it lacks.
    Headerless(u8),
    /// A message of a TCP stream, in a segment of its own.
    Message,
}

impl Form {
    /// Whether it was in pieces.
    pub const fn is_of_pieces(self) -> bool {
        matches!(self, Self::Part | Self::Whole | Self::Last | Self::Later)
    }
}

impl Expanded {
    /// Forgets the packet and keeps its room.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.wire_len = 0;
        self.depth = 0;
        self.form = Form::default();
        self.sealing = None;
        self.trailer.clear();
        self.piece = 0;
        self.link = None;
        self.fragment = None;
        self.innermost = 0;
        self.unknown_prefix = UnknownPrefix::default();
        self.pan = None;
        self.around = None;
    }

    /// This packet, and those around it that were made as well.
    pub fn and_around(&self) -> impl Iterator<Item = &Self> {
        iter::successors(Some(self), |made| made.around.as_deref())
    }

    /// Puts `outer` around those that are around it.
    pub fn put_in(&mut self, outer: Self) {
        let mut outermost = &mut self.around;
        while let Some(made) = outermost {
            outermost = &mut made.around;
        }
        *outermost = Some(Box::new(outer));
    }

    /// A packet that is all there.
    pub fn whole(octets: Vec<u8>) -> Self {
        let mut packet = Self::default();
        packet.set_wire_len(octets.len());
        packet.octets = octets;
        packet
    }

    /// How many tunnels are followed to a packet.
    pub const DEEPEST: u8 = 16;

    /// Whether one can be made behind so many tunnels, with this one around it.
    pub const fn has_room_at(&self, depth: u8) -> bool {
        self.depth < depth && depth <= Self::DEEPEST
    }

    /// Puts so many more tunnels around it, and around those that are around it.
    pub fn move_in(&mut self, tunnels: u8) {
        self.depth = self.depth.saturating_add(tunnels);
        if let Some(around) = &mut self.around {
            around.move_in(tunnels);
        }
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
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        }
    }

    /// The reference by which records name this frame, or the packet of it that is meant.
    #[inline]
    pub fn reference(&self) -> FrameRef {
        let frame = FrameRef::new(self.source, self.number);
        match self.part {
            Some(Part::Numbered(packet) | Part::Among(packet)) => frame.with_packet(packet),
            Some(Part::Reported(place) | Part::Carried(place)) => frame.with_packet(place.number),
            None | Some(Part::Only) => frame,
        }
    }

    /// Its number among the packets of the frame, where those are several, or among those that the
    /// frame reports, or carries in messages of TCP.
    pub const fn packet(&self) -> Option<NonZeroU32> {
        match self.part {
            Some(Part::Numbered(packet) | Part::Among(packet)) => Some(packet),
            Some(Part::Reported(place) | Part::Carried(place)) => Some(place.number),
            None | Some(Part::Only) => None,
        }
    }

    /// Which of the packets that the frame reports is meant, if not the frame's own is.
    pub const fn reported(&self) -> Option<Place> {
        match self.part {
            Some(Part::Reported(place)) => Some(place),
            None | Some(Part::Only | Part::Numbered(_) | Part::Among(_) | Part::Carried(_)) => None,
        }
    }

    /// The same, also where that packet travels in it.
    pub const fn place(&self) -> Option<Place> {
        match self.part {
            Some(Part::Carried(place)) => Some(place),
            _ => self.reported(),
        }
    }

    /// Whether the snap length cut octets off the end.
    pub fn is_cut(&self) -> bool {
        !matches!(self.part, Some(Part::Among(_)))
            && (self.data.len() as u64) < u64::from(self.wire_len)
    }
}

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
