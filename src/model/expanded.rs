//! Packets that frames carry in another form: compressed, encrypted, or in pieces.

use std::iter;

use super::frame::LinkType;
use super::frame_ref::FrameRef;

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
    WireGuard(Proof),
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
    /// What that proved.
    pub proof: Proof,
}

/// By what a packet that was encrypted is known to be what its sender encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The value behind it that only who has the key can make.
    CheckValue,
    /// What it holds, which has the form of a packet: that value is not there, or was not verified.
    Form,
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
