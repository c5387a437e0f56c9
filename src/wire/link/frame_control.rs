//! What the header of a frame of IEEE 802.11 tells beside where its packet is (section 9.2.4).

use super::wireless::{self, Body, Mesh};
use crate::model::Frame;
use crate::wire::bytes::{array_at, u8_at};

/// The header of a frame of IEEE 802.11 that carries data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WirelessHeader {
    control: [u8; 2],
    /// Microseconds that the medium is taken for, or what else the field holds.
    pub duration: u16,
    addresses: [[u8; 6]; 3],
    /// Number of the packet among those of its sender and traffic identifier, 0 to 4095.
    pub sequence: u16,
    /// Number of the frame among those that carry the packet, 0 to 15.
    pub fragment: u8,
    /// Traffic identifier, 0 to 15.
    pub tid: Option<u8>,
    /// What a mesh adds.
    pub mesh: Option<MeshControl>,
}

/// The mesh control field (section 9.2.4.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshControl {
    /// How many further stations may send the packet on.
    pub ttl: u8,
    /// Number of the packet among those of the station that brought it into the mesh.
    pub sequence: u32,
    /// Addresses beyond those of the header, none to two: the fourth, or the fifth and the sixth.
    extension: [Option<[u8; 6]>; 2],
}

impl MeshControl {
    fn parse(data: &[u8], at: usize) -> Option<Self> {
        const EXTENSION: u8 = 3;
        const FIXED: usize = 6;
        let flags = u8_at(data, at)?;
        let further = usize::from(flags & EXTENSION);
        let address =
            |n: usize| array_at(data, at + FIXED + 6 * n).filter(|_| n < further && further < 3);
        Some(Self {
            ttl: u8_at(data, at + 1)?,
            sequence: u32::from_le_bytes(array_at(data, at + 2)?),
            extension: [address(0), address(1)],
        })
    }

    /// Addresses beyond those of the header: the fourth, or the fifth and the sixth.
    pub fn extension(&self) -> impl Iterator<Item = [u8; 6]> + '_ {
        self.extension.iter().flatten().copied()
    }
}

/// A bit of frame control, or of the subtype of a data frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFlag {
    /// The access point has more for a station that sleeps.
    MoreData,
    /// More frames carry the packet.
    MoreFragments,
    /// The sender sleeps from now on.
    PowerManagement,
    /// The frame was sent before.
    Retry,
    /// Frames are to be kept in their order; with a traffic identifier, HT control follows.
    Order,
    /// It acknowledges, too.
    Acknowledgment,
    /// It polls, too.
    Poll,
}

impl FrameFlag {
    /// All of them, in the order in which tcpdump tells them.
    pub const ALL: [Self; 7] = [
        Self::MoreData,
        Self::MoreFragments,
        Self::PowerManagement,
        Self::Retry,
        Self::Order,
        Self::Acknowledgment,
        Self::Poll,
    ];

    /// The octet of frame control that it is in, and its bit.
    const fn place(self) -> (usize, u8) {
        match self {
            Self::MoreData => (1, 0x20),
            Self::MoreFragments => (1, 0x04),
            Self::PowerManagement => (1, 0x10),
            Self::Retry => (1, 0x08),
            Self::Order => (1, 0x80),
            Self::Acknowledgment => (0, 0x10),
            Self::Poll => (0, 0x20),
        }
    }

    /// Its name, in lower case with `_` between words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MoreData => "more_data",
            Self::MoreFragments => "more_fragments",
            Self::PowerManagement => "power_management",
            Self::Retry => "retry",
            Self::Order => "order",
            Self::Acknowledgment => "cf_ack",
            Self::Poll => "cf_poll",
        }
    }
}

impl WirelessHeader {
    /// That of `frame`, behind what capture tools put before it; none where there is no such header,
    /// or it is cut, or carries no data.
    pub fn of(frame: &Frame<'_>) -> Option<Self> {
        let data = frame.data;
        let header = wireless::header(frame.link, data)?;
        let at = header.at;
        let mesh_at = match header.body? {
            Body::Aggregate(all) if all.mesh == Mesh::Yes => {
                Some(all.start + wireless::Aggregate::HEADER)
            }
            Body::Packet(llc) if llc > header.body_at => Some(header.body_at),
            _ => None,
        };
        let address = |n: usize| array_at(data, at + 4 + 6 * n);
        let word = |at| array_at(data, at).map(u16::from_le_bytes);
        let sequence_control = word(at + 22)?;
        Some(Self {
            control: array_at(data, at)?,
            duration: word(at + 2)?,
            addresses: [address(0)?, address(1)?, address(2)?],
            sequence: sequence_control >> 4,
            fragment: u8::try_from(sequence_control & 0x0f).unwrap_or(0),
            tid: (header.tid_at)
                .and_then(|at| u8_at(data, at))
                .map(|octet| octet & 0x0f),
            mesh: mesh_at.and_then(|at| MeshControl::parse(data, at)),
        })
    }

    /// Whether this bit is set.
    pub const fn has(&self, flag: FrameFlag) -> bool {
        let (octet, bit) = flag.place();
        self.control[octet] & bit != 0
    }

    /// The access point, or what stands for one where there is none; a frame that one sends to
    /// another names none.
    pub const fn bssid(&self) -> Option<[u8; 6]> {
        match self.control[1] & 3 {
            0 => Some(self.addresses[2]),
            1 => Some(self.addresses[0]),
            2 => Some(self.addresses[1]),
            _ => None,
        }
    }

    /// Who is to acknowledge the frame, which may send it on.
    pub const fn receiver(&self) -> [u8; 6] {
        self.addresses[0]
    }

    /// Who sent the frame, perhaps for another.
    pub const fn transmitter(&self) -> [u8; 6] {
        self.addresses[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::link::linktype as lt;

    /// A data frame from a station to its access point.
    const HEADER: [u8; 34] = [
        0x88, 0x09, 44, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x52, 0x10, 6, 0,
        0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
    ];

    fn header(octets: &[u8]) -> Option<WirelessHeader> {
        WirelessHeader::of(&Frame::alone(lt::IEEE802_11, octets))
    }

    #[test]
    fn a_header_tells_sequence_sender_and_flags() {
        let found = header(&HEADER).unwrap();
        assert_eq!((found.sequence, found.fragment), (0x105, 2));
        assert_eq!((found.tid, found.duration), (Some(6), 44));
        assert_eq!(found.bssid(), Some([2, 0, 0, 0, 0, 1]));
        assert_eq!(found.transmitter(), [2, 0, 0, 0, 0, 2]);
        let set = |header: &WirelessHeader| {
            let all = FrameFlag::ALL.into_iter();
            all.filter(|flag| header.has(*flag)).collect::<Vec<_>>()
        };
        assert_eq!(set(&found), [FrameFlag::Retry]);
        // Every bit of frame control that has a word is told by it alone.
        for (octet, bits) in [(0, [0x10, 0x20, 0, 0, 0]), (1, [4, 8, 0x10, 0x20, 0x80])] {
            for bit in bits.into_iter().filter(|bit| *bit != 0) {
                let mut octets = HEADER;
                octets[1] = 1;
                octets[octet] |= bit;
                let set = set(&header(&octets).unwrap());
                assert_eq!(set.len(), 1, "{octet} {bit:#x}");
                assert_eq!(set[0].place(), (octet, bit));
            }
        }
    }

    #[test]
    fn the_access_point_stands_where_the_direction_says() {
        for (direction, bssid) in [(0, Some(3)), (1, Some(1)), (2, Some(2)), (3, None)] {
            let mut octets = HEADER.to_vec();
            octets[1] = direction;
            octets.resize(60, 0);
            let found = header(&octets).unwrap().bssid();
            assert_eq!(found.map(|address| address[5]), bssid);
        }
    }

    #[test]
    fn mesh_control_is_told() {
        let mut octets = HEADER[..24].to_vec();
        octets[1] = 3;
        octets.extend([2, 0, 0, 0, 0, 4, 0, 1, 1, 31, 7, 0, 0, 0, 2, 0, 0, 0, 0, 9]);
        octets.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0, 0x45]);
        let mesh = header(&octets).unwrap().mesh.unwrap();
        assert_eq!((mesh.ttl, mesh.sequence), (31, 7));
        assert_eq!(mesh.extension().collect::<Vec<_>>(), [[2, 0, 0, 0, 0, 9]]);
    }

    #[test]
    fn no_prefix_tells_what_it_does_not_hold() {
        for length in 0..HEADER.len() {
            assert_eq!(
                header(&HEADER[..length]).is_some(),
                length >= 26,
                "{length}"
            );
        }
    }
}
