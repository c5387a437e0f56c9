//! A captured frame, borrowed from the buffer it was read into.

use std::num::NonZeroU32;
use std::ops::Range;

use super::expanded::Expanded;
use super::frame_ref::FrameRef;
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
