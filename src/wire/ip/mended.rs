//! IPv4 headers as old stacks quote them: with fields in the byte order of their host, as 4.4BSD kept
//! them, or a total length that the header's was taken off.
//!
//! What a header was before is believed only where it proves to be so: as it is quoted no checksum and no
//! length of UDP's fits, as it was one does.

use std::ops::RangeInclusive;

use super::fault::Fault;
use super::v4::FIXED;
use super::{Fragmentation, Ip, Room, protocol, v4};
use crate::wire::bytes::u16_at;
use crate::wire::checksum::{ChecksumStatus, internet, upper_checksum};

type Header = [u8; FIXED];

/// Where a header has fields of 16 bits.
const LENGTH: usize = 2;
const ID: usize = 4;
const FRAGMENTATION: usize = 6;

/// What was done to a header: bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage(u8);

impl Damage {
    /// The total length is short by the header's.
    const SHORT: Self = Self(1);
    /// The octets of these fields are swapped.
    const LENGTH: Self = Self(2);
    const FRAGMENTATION: Self = Self(4);
    const ID: Self = Self(8);

    /// Each there can be.
    fn all() -> impl Iterator<Item = Self> {
        (1..16).map(Self)
    }

    const fn has(self, part: Self) -> bool {
        self.0 & part.0 != 0
    }

    /// The rules that it breaks.
    pub(super) fn faults(self) -> impl Iterator<Item = (Fault, usize)> {
        let swapped = match Self(self.0 & !Self::SHORT.0) {
            Self(0) => None,
            Self::LENGTH => Some((Fault::LengthOrder, LENGTH)),
            Self::ID => Some((Fault::IdOrder, ID)),
            Self::FRAGMENTATION => Some((Fault::FragmentationOrder, FRAGMENTATION)),
            _ => Some((Fault::HostOrder, LENGTH)),
        };
        let is_short = self.has(Self::SHORT);
        let short = is_short.then_some((Fault::LengthShort, LENGTH));
        swapped.into_iter().chain(short)
    }

    /// The header before; `None` where that is no other, or none that a packet of so many octets at least
    /// can have.
    fn undone(self, quoted: &Header, octets: usize) -> Option<Header> {
        let mut header = *quoted;
        let fields = [
            (Self::LENGTH, LENGTH),
            (Self::ID, ID),
            (Self::FRAGMENTATION, FRAGMENTATION),
        ];
        for (_, at) in fields.into_iter().filter(|(swapped, _)| self.has(*swapped)) {
            let word = header.get_mut(at..at + 2)?;
            word.reverse();
            if word == quoted.get(at..at + 2)? {
                return None;
            }
        }
        if self.has(Self::SHORT) {
            let length = u16_at(&header, LENGTH)?.checked_add(words(quoted) * 4)?;
            header[LENGTH..LENGTH + 2].copy_from_slice(&length.to_be_bytes());
        }
        let is_length = !self.has(Self::LENGTH) && !self.has(Self::SHORT)
            || usize::from(length(&header)) >= octets;
        let is_free = u16_at(&header, FRAGMENTATION)
            .is_some_and(|word| !Fragmentation::of(word).reserved_flag);
        (is_length && is_free).then_some(header)
    }
}

/// The header of a quoted packet as it was before, and what was done to it, where that is proven.
pub(super) fn mended(room: &Room<'_>, quoted: &Header) -> Option<(Header, Damage)> {
    let options = room.bytes.get(FIXED..usize::from(words(quoted)) * 4)?;
    if verifies(quoted, options) {
        return None;
    }
    let undone = || {
        let all = Damage::all();
        all.filter_map(|damage| Some((damage.undone(quoted, room.on_wire)?, damage)))
    };
    let is_proven = |header: &Header| has_datagram(room, header) || is_whole(room, header);
    undone()
        .find(|(header, _)| verifies(header, options))
        .or_else(|| {
            let fits = |header: &Header| is_proven(header) || !is_proven(quoted);
            let mut late = undone().filter(|(header, _)| lags(header, options) && fits(header));
            let only = late.next()?;
            (late.next().is_none() && !lags(quoted, options)).then_some(only)
        })
        .or_else(|| {
            // The identification is in none of these.
            let mut candidates = undone().filter(|(_, damage)| !damage.has(Damage::ID));
            candidates.find(|(header, _)| is_proven(header) && !is_proven(quoted))
        })
}

/// Whether its checksum is that of a header: of the packet as it came, or with the TTL one less, which
/// these stacks wrote before they quoted it.
fn verifies(header: &Header, options: &[u8]) -> bool {
    verifies_before(0..=1, header, options)
}

/// Whether its checksum is that of a few hops before: those that take the TTL off and leave the checksum to
/// their network card are several. Not proof enough where another header has it too.
fn lags(header: &Header, options: &[u8]) -> bool {
    verifies_before(2..=4, header, options)
}

/// Whether its checksum is right with a TTL that is so much more.
fn verifies_before(mut hops: RangeInclusive<u8>, header: &Header, options: &[u8]) -> bool {
    const TTL: usize = 8;
    hops.any(|hops| {
        let mut before = *header;
        before[TTL] = before[TTL].wrapping_add(hops);
        internet(&[&before, options]) == 0
    })
}

/// Whether the length of a whole datagram is the one that UDP tells.
fn has_datagram(room: &Room<'_>, header: &Header) -> bool {
    const PROTOCOL: usize = 9;
    let at = usize::from(words(header)) * 4;
    let told = u16_at(room.bytes, at + 4).map(usize::from);
    header[PROTOCOL] == protocol::UDP
        && !is_fragment(header)
        && told.is_some_and(|told| told >= 8 && at + told == usize::from(length(header)))
}

/// Whether the packet is all there and its transport's checksum verifies.
fn is_whole(room: &Room<'_>, header: &Header) -> bool {
    let is_good =
        |ip: &Ip<'_>| upper_checksum(ip).is_some_and(|sum| sum.status == ChecksumStatus::Good);
    usize::from(length(header)) == room.bytes.len()
        && !is_fragment(header)
        && v4::parse_with(*room, header).is_ok_and(|ip| is_good(&ip))
}

fn is_fragment(header: &Header) -> bool {
    u16_at(header, FRAGMENTATION).is_some_and(|word| Fragmentation::of(word).fragment.is_some())
}

fn length(header: &Header) -> u16 {
    v4::total_length(header)
}

/// Words of a header with its options.
fn words(header: &Header) -> u16 {
    u16::from(header[0] & 0x0f)
}
