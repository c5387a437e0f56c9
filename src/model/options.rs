//! What a pcapng file tells of a packet beside its octets (draft-ietf-opsawg-pcapng section 4.3),
//! read where somebody asks.

use super::byteorder::Order;

/// An option that is a comment, in blocks of all kinds.
pub(crate) const COMMENT: u16 = 1;
const END: u16 = 0;
/// How a packet came by: [`PacketFlags`].
pub(crate) const FLAGS: u16 = 2;
const HASH: u16 = 3;
/// How many packets of its interface were dropped since the one before it.
pub(crate) const DROP_COUNT: u16 = 4;
const PACKET_ID: u16 = 5;
const QUEUE: u16 = 6;
const VERDICT: u16 = 7;
const PROCESS_THREAD: u16 = 8;

/// The options of a block, as they stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    pub(super) order: Order,
    pub(super) octets: &'a [u8],
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<'a> Options<'a> {
    /// Those of a packet of which nothing is told.
    pub const NONE: Self = Self {
        order: Order::Little,
        octets: &[],
    };

    /// The options in `octets`, whose fields are in `order`.
    pub(crate) const fn new(order: Order, octets: &'a [u8]) -> Self {
        Self { order, octets }
    }

    /// The byte order of their fields.
    pub(crate) const fn order(self) -> Order {
        self.order
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.octets.is_empty()
    }

    /// Code and value of each, up to the end mark or the first that does not fit.
    #[inline]
    pub const fn iter(self) -> Iter<'a> {
        Iter {
            order: self.order,
            rest: self.octets,
        }
    }

    fn all(self, wanted: u16) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter_map(move |(code, value)| (code == wanted).then_some(value))
    }

    /// Comments, in no encoding that can be relied on: the format wants UTF-8.
    pub fn comments(self) -> impl Iterator<Item = &'a [u8]> {
        self.all(COMMENT)
    }

    /// How the packet came by.
    pub fn flags(self) -> Option<PacketFlags> {
        let word = self.all(FLAGS).next()?;
        self.order.u32(word, 0).map(PacketFlags::new)
    }

    /// Hashes of it.
    pub fn hashes(self) -> impl Iterator<Item = PacketHash<'a>> {
        self.all(HASH).filter_map(|value| {
            let (algorithm, octets) = value.split_first()?;
            Some(PacketHash {
                algorithm: *algorithm,
                octets,
            })
        })
    }

    /// The number by which it is the same packet wherever it was captured.
    pub fn packet_id(self) -> Option<u64> {
        self.all(PACKET_ID)
            .find_map(|value| self.order.u64(value, 0))
    }

    /// The queue of its interface that it was received on.
    pub fn queue(self) -> Option<u32> {
        self.all(QUEUE).find_map(|value| self.order.u32(value, 0))
    }

    /// What was decided about it.
    pub fn verdicts(self) -> impl Iterator<Item = Verdict<'a>> {
        self.all(VERDICT).filter_map(move |value| {
            let (kind, data) = value.split_first()?;
            let number = self.order.u64(data, 0);
            Some(match (kind, number) {
                (0, _) => Verdict::Hardware(data),
                (1, Some(number)) => Verdict::TrafficControl(number.cast_signed()),
                (2, Some(number)) => Verdict::Xdp(number),
                (kind, _) => Verdict::Other(*kind, data),
            })
        })
    }

    /// The verdict by which it was dropped, if one did.
    pub fn dropped(self) -> Option<Verdict<'a>> {
        self.verdicts()
            .find(|verdict| verdict.local_drop().is_some())
    }

    /// Process and thread that it belongs to.
    pub fn process_thread(self) -> Option<(u32, u32)> {
        self.all(PROCESS_THREAD)
            .find_map(|value| self.order.u32(value, 0).zip(self.order.u32(value, 4)))
    }
}

/// Options in their order: code and value of each.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    order: Order,
    rest: &'a [u8],
}

impl Iter<'_> {
    /// Whether they end in one that claims more octets than there are.
    pub(crate) fn overrun(mut self) -> bool {
        self.by_ref().for_each(drop);
        self.order.u16(self.rest, 0).is_some_and(|code| code != END)
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (u16, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let code = self.order.u16(self.rest, 0).filter(|&code| code != END)?;
        let len = usize::from(self.order.u16(self.rest, 2)?);
        let value = self.rest.get(4..)?.get(..len)?;
        self.rest = (self.rest.get(4 + len.next_multiple_of(4)..)).unwrap_or_default();
        Some((code, value))
    }
}

/// A counter of 64 bits; all ones are what some write for one that is not kept.
pub(crate) fn counter(order: Order, value: &[u8]) -> Option<u64> {
    order.u64(value, 0).filter(|count| *count != u64::MAX)
}

/// The flags word of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketFlags(u32);

impl PacketFlags {
    /// What the link layer found wrong, by bit.
    const ERRORS: [(u32, &'static str); 8] = [
        (1 << 24, "crc"),
        (1 << 25, "too_long"),
        (1 << 26, "too_short"),
        (1 << 27, "interframe_gap"),
        (1 << 28, "unaligned"),
        (1 << 29, "start_frame_delimiter"),
        (1 << 30, "preamble"),
        (1 << 31, "symbol"),
    ];

    /// Those of a word.
    pub(crate) const fn new(word: u32) -> Self {
        Self(word)
    }

    /// Which way the packet went: `in`, `out`.
    pub const fn direction(self) -> Option<&'static str> {
        match self.0 & 3 {
            1 => Some("in"),
            2 => Some("out"),
            _ => None,
        }
    }

    /// Why it was received.
    pub const fn reception(self) -> Option<&'static str> {
        match self.0 >> 2 & 7 {
            1 => Some("unicast"),
            2 => Some("multicast"),
            3 => Some("broadcast"),
            4 => Some("promiscuous"),
            _ => None,
        }
    }

    /// Octets of its frame check sequence; none where nothing tells.
    pub fn fcs_len(self) -> Option<u8> {
        let len = u8::try_from(self.0 >> 5 & 0xf).ok();
        len.filter(|len| *len > 0)
    }

    /// Its checksum was to be filled in by hardware, behind where it was captured.
    pub const fn checksum_not_ready(self) -> bool {
        self.0 & 1 << 9 != 0
    }

    /// Hardware verified its checksum.
    pub const fn checksum_valid(self) -> bool {
        self.0 & 1 << 10 != 0
    }

    /// It was to be cut into segments by hardware.
    pub const fn to_be_segmented(self) -> bool {
        self.0 & 1 << 11 != 0
    }

    /// What the link layer found wrong with it, as words of records.
    pub fn errors(self) -> impl Iterator<Item = &'static str> {
        let set = move |(bit, name): (u32, &'static str)| (self.0 & bit != 0).then_some(name);
        Self::ERRORS.into_iter().filter_map(set)
    }
}

/// A hash of a packet's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketHash<'a> {
    /// Number of the algorithm.
    pub algorithm: u8,
    /// What it gave.
    pub octets: &'a [u8],
}

impl PacketHash<'_> {
    /// The algorithm's name as a word of records.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.algorithm {
            0 => "twos_complement",
            1 => "xor",
            2 => "crc32",
            3 => "md5",
            4 => "sha1",
            5 => "toeplitz",
            _ => return None,
        })
    }
}

/// What was decided about a packet where it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// By hardware, in words of its own.
    Hardware(&'a [u8]),
    /// By a classifier of Linux's traffic control (`TC_ACT_*`).
    TrafficControl(i64),
    /// By a program of Linux's express data path (`XDP_*`).
    Xdp(u64),
    /// By something that is not known.
    Other(u8, &'a [u8]),
}

impl Verdict<'_> {
    /// Who decided, as a word of records.
    pub const fn by(self) -> &'static str {
        match self {
            Self::Hardware(_) => "hardware",
            Self::TrafficControl(_) => "tc",
            Self::Xdp(_) => "xdp",
            Self::Other(..) => "other",
        }
    }

    /// The kernel's name for what was decided.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Xdp(0) => "XDP_ABORTED",
            Self::Xdp(1) => "XDP_DROP",
            Self::Xdp(2) => "XDP_PASS",
            Self::Xdp(3) => "XDP_TX",
            Self::Xdp(4) => "XDP_REDIRECT",
            Self::TrafficControl(-1) => "TC_ACT_UNSPEC",
            Self::TrafficControl(0) => "TC_ACT_OK",
            Self::TrafficControl(1) => "TC_ACT_RECLASSIFY",
            Self::TrafficControl(2) => "TC_ACT_SHOT",
            Self::TrafficControl(3) => "TC_ACT_PIPE",
            Self::TrafficControl(4) => "TC_ACT_STOLEN",
            Self::TrafficControl(5) => "TC_ACT_QUEUED",
            Self::TrafficControl(6) => "TC_ACT_REPEAT",
            Self::TrafficControl(7) => "TC_ACT_REDIRECT",
            Self::TrafficControl(8) => "TC_ACT_TRAP",
            _ => return None,
        })
    }

    /// Its number, where it has one.
    pub const fn number(self) -> Option<i64> {
        match self {
            Self::TrafficControl(number) => Some(number),
            Self::Xdp(number) => Some(number.cast_signed()),
            Self::Hardware(_) | Self::Other(..) => None,
        }
    }

    /// What dropped the packet by it, if it went no further. The kernel drops what an express data path
    /// says that it does not know.
    pub const fn local_drop(self) -> Option<LocalDrop> {
        match self {
            Self::Xdp(0) => Some(LocalDrop::XdpAborted),
            Self::Xdp(1) => Some(LocalDrop::XdpDrop),
            Self::Xdp(5..) => Some(LocalDrop::XdpUnknown),
            Self::TrafficControl(2) => Some(LocalDrop::TcShot),
            _ => None,
        }
    }
}

/// What dropped a packet where it was captured, in an octet, as requests remember it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalDrop {
    /// A program of the express data path failed.
    XdpAborted,
    /// One dropped it.
    XdpDrop,
    /// One said what the kernel does not know.
    XdpUnknown,
    /// A classifier of traffic control dropped it.
    TcShot,
}

impl LocalDrop {
    /// Who did, as a word of records.
    pub const fn by(self) -> &'static str {
        match self {
            Self::XdpAborted | Self::XdpDrop | Self::XdpUnknown => "xdp",
            Self::TcShot => "tc",
        }
    }

    /// The kernel's name for the verdict.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::XdpAborted => Some("XDP_ABORTED"),
            Self::XdpDrop => Some("XDP_DROP"),
            Self::XdpUnknown => None,
            Self::TcShot => Some("TC_ACT_SHOT"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
        out.extend_from_slice(&code.to_be_bytes());
        out.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        out.extend_from_slice(value);
        out.resize(out.len().next_multiple_of(4), 0);
    }

    fn all() -> Vec<u8> {
        let mut out = Vec::new();
        option(&mut out, COMMENT, b"first");
        option(&mut out, FLAGS, &0x8100_068d_u32.to_be_bytes());
        option(&mut out, HASH, &[5, 1, 2, 3, 4]);
        option(&mut out, DROP_COUNT, &7_u64.to_be_bytes());
        option(&mut out, PACKET_ID, &9_u64.to_be_bytes());
        option(&mut out, QUEUE, &3_u32.to_be_bytes());
        option(&mut out, VERDICT, &[2, 0, 0, 0, 0, 0, 0, 0, 2]);
        option(&mut out, VERDICT, &[1, 0, 0, 0, 0, 0, 0, 0, 2]);
        option(&mut out, PROCESS_THREAD, &[0, 0, 0, 4, 0, 0, 0, 5]);
        option(&mut out, COMMENT, b"second");
        out
    }

    #[test]
    fn each_option_is_read() {
        let octets = all();
        let told = Options::new(Order::Big, &octets);
        let comments: Vec<_> = told.comments().collect();
        assert_eq!(comments, [b"first".as_slice(), b"second"]);
        let flags = told.flags().unwrap();
        assert_eq!(flags.direction(), Some("in"));
        assert_eq!(flags.reception(), Some("broadcast"));
        assert_eq!(flags.fcs_len(), Some(4));
        assert!(flags.checksum_not_ready() && flags.checksum_valid());
        assert!(!flags.to_be_segmented());
        assert_eq!(flags.errors().collect::<Vec<_>>(), ["crc", "symbol"]);
        let hash = told.hashes().next().unwrap();
        assert_eq!((hash.name(), hash.octets.len()), (Some("toeplitz"), 4));
        assert_eq!(told.packet_id(), Some(9));
        assert_eq!(told.queue(), Some(3));
        assert_eq!(told.process_thread(), Some((4, 5)));
        let verdicts: Vec<_> = told.verdicts().collect();
        assert_eq!(verdicts, [Verdict::Xdp(2), Verdict::TrafficControl(2)]);
        assert_eq!(told.dropped(), Some(Verdict::TrafficControl(2)));
    }

    #[test]
    fn no_prefix_panics_and_none_tells_more() {
        let octets = all();
        for length in 0..octets.len() {
            let told = Options::new(Order::Big, &octets[..length]);
            assert!(told.iter().count() <= 10);
            assert!(told.verdicts().count() + told.hashes().count() <= 3);
            let _ = (told.flags(), told.packet_id(), told.process_thread());
        }
    }

    #[test]
    fn values_that_are_too_short_or_unknown_are_no_verdict_to_drop() {
        for value in [&[][..], &[0], &[0, 1], &[1, 2], &[2, 1, 0], &[9, 1], &[200]] {
            let mut octets = Vec::new();
            option(&mut octets, VERDICT, value);
            option(&mut octets, QUEUE, &[1, 2]);
            let told = Options::new(Order::Big, &octets);
            assert_eq!(told.dropped(), None, "{value:?}");
            assert_eq!(told.verdicts().count(), usize::from(!value.is_empty()));
            assert_eq!(told.queue(), None);
        }
    }

    #[test]
    fn what_the_express_data_path_does_not_let_on_is_dropped() {
        let dropping = |action| {
            let dropped = Verdict::Xdp(action).local_drop()?;
            assert_eq!(dropped.name(), Verdict::Xdp(action).name());
            Some(dropped)
        };
        let unknown = Some(LocalDrop::XdpUnknown);
        assert_eq!(
            [0, 1, 2, 3, 4, 5, u64::MAX].map(dropping),
            [
                Some(LocalDrop::XdpAborted),
                Some(LocalDrop::XdpDrop),
                None,
                None,
                None,
                unknown,
                unknown
            ]
        );
        for action in -2..10 {
            let dropped = Verdict::TrafficControl(action).local_drop();
            assert_eq!(dropped, (action == 2).then_some(LocalDrop::TcShot));
        }
    }
}
