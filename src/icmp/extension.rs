//! RFC 4884 extension structures: where they start and what their header says.

use super::decode::Decoder;
use super::object;
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::ip::stated_length;
use crate::wire::{Checksum, ChecksumStatus, Layer, Unverified, checksum};

/// An extension structure.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a> {
    /// How it was found.
    pub located: Located,
    /// Its version: 2 (RFC 4884 section 7).
    pub version: u8,
    /// Twelve bits behind the version, which are to be 0.
    pub reserved: u16,
    /// Its own checksum.
    pub checksum: Checksum,
    /// The objects' octets, behind the structure's header.
    pub bytes: &'a [u8],
}

/// How the structure was found; routers disagree on what the length field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located {
    /// Where the length field says (RFC 4884 section 4).
    Length,
    /// Behind 128 octets of quote, as before RFC 4884 (section 5.5 there).
    Legacy,
    /// Where the length field says if it counts octets.
    LengthInOctets,
    /// At the start of the body: extended echo, which quotes nothing (RFC 8335).
    Body,
}

impl Located {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Legacy => "legacy",
            Self::LengthInOctets => "length_in_octets",
            Self::Body => "body",
        }
    }
}

impl<'a> Extensions<'a> {
    /// The objects, in order.
    pub fn objects(&self) -> object::Objects<'a> {
        object::Objects::new(self.bytes)
    }
}

/// Octets of the structure's header: version, reserved bits, checksum (RFC 4884 section 7).
pub(super) const HEADER: usize = 4;

/// Octets before the quote.
const ICMP_HEADER: usize = 8;

/// Octets of quote before the structure where no length field tells them (RFC 4884 section 5.5).
const LEGACY_QUOTE: usize = 128;

/// How far a structure at some place can be trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// The checksum verifies, or there is none and the objects end where the message does.
    Proven,
    /// Objects are as they should be as far as that can be seen; the version is, or they end the message.
    Plausible,
    /// Only the version is.
    Version,
    /// Not even that.
    None,
}

/// Finds the structure behind the quote in `behind`, the octets past the ICMP header. `length` is
/// the length field, which counts in `unit` octets. Gives the offset in `behind`.
pub(super) fn locate<'a>(
    decoder: &mut Decoder<'_, 'a>,
    behind: &'a [u8],
    length: u8,
    unit: usize,
) -> Option<(usize, Extensions<'a>)> {
    let whole = decoder.is_whole();
    let stated = usize::from(length) * unit;
    let in_octets = usize::from(length);
    // What is quoted begins with an IP header: a version within it is an octet of that.
    let ip_header = if unit == 4 { 20 } else { 40 };
    let wire = usize::try_from(decoder.ip.payload_length).unwrap_or(usize::MAX);
    let sent = wire.saturating_sub(ICMP_HEADER);
    let at_stated = match fit(behind, stated, whole) {
        _ if length == 0 => Fit::None,
        // What cannot be a structure may be the quote's, and a structure may be where nothing is left.
        _ if !whole && is_disproved(behind, stated, sent) => Fit::None,
        Fit::None if whole && stated >= ip_header => fit_of_other_version(tail(behind, stated)),
        Fit::Version if stated < ip_header => Fit::None,
        fit => fit,
    };
    let cut_before = behind.len() <= stated && stated + HEADER <= sent;
    let is_proven = |at| {
        fit(behind, at, whole) == Fit::Proven
            || !whole && (length == 0 || !cut_before) && is_cut_structure(behind, at)
    };
    let (at, located) = match at_stated {
        Fit::Proven => (stated, Located::Length),
        // A guess that the checksum bears out is worth more than a field that leads to less.
        _ if in_octets >= LEGACY_QUOTE && is_proven(in_octets) => {
            (in_octets, Located::LengthInOctets)
        }
        Fit::Plausible | Fit::Version if stated == LEGACY_QUOTE => (stated, Located::Length),
        _ if is_proven(LEGACY_QUOTE) => (LEGACY_QUOTE, Located::Legacy),
        _ if length != 0 && is_proven(in_octets) => (in_octets, Located::LengthInOctets),
        Fit::Plausible | Fit::Version => (stated, Located::Length),
        Fit::None => {
            // A padded quote may come without extensions; then it ends the message.
            if whole && length != 0 && stated != behind.len() {
                let offset = if unit == 4 { 5 } else { 4 };
                decoder.rule(offset, "length field leads to no extension structure");
            }
            return None;
        }
    };
    if located == Located::Length && stated < LEGACY_QUOTE {
        decoder.rule(8, "quote before extensions under 128 octets");
    }
    Some((at, structure(decoder, tail(behind, at), whole, located)))
}

/// The structure that takes up the whole body, behind eight octets (RFC 8335 section 2).
pub(super) fn in_body<'a>(decoder: &mut Decoder<'_, 'a>) -> Option<Extensions<'a>> {
    let body = tail(decoder.bytes, 8);
    if body.len() < HEADER {
        decoder.need(8 + HEADER);
        return None;
    }
    let whole = decoder.is_whole();
    Some(structure(decoder, body, whole, Located::Body))
}

fn structure<'a>(
    decoder: &mut Decoder<'_, 'a>,
    octets: &'a [u8],
    whole: bool,
    located: Located,
) -> Extensions<'a> {
    let limit = decoder.limit();
    let bytes = tail(octets, HEADER);
    if octets.len() < HEADER {
        decoder
            .defects
            .short(Layer::Extension, 0, HEADER, octets.len(), limit);
    }
    object::check(bytes, limit, decoder.defects);
    if whole && octets.len() == HEADER {
        // RFC 4884 section 7.
        (decoder.defects).rule(Layer::Extension, HEADER, "structure without objects");
    }
    if octets.len() >= HEADER && u8_at(octets, 0).map(|octet| octet >> 4) != Some(2) {
        decoder
            .defects
            .rule(Layer::Extension, 0, "version is not 2");
    }
    let first = u16_at(octets, 0).unwrap_or(0);
    Extensions {
        located,
        version: u8_at(octets, 0).unwrap_or(0) >> 4,
        reserved: first & 0x0fff,
        checksum: structure_checksum(octets, whole),
        bytes,
    }
}

/// The checksum over the whole structure; 0 says that none was sent (RFC 4884 section 7). In a message
/// that was cut the structure may be whole all the same: then its objects end with it.
fn structure_checksum(octets: &[u8], whole: bool) -> Checksum {
    const AT: usize = 2;
    let found = u16_at(octets, AT);
    // A structure that ends before its checksum does not say that none was sent.
    if found == Some(0) {
        return Checksum {
            status: ChecksumStatus::Absent,
            found,
        };
    }
    let checksum = checksum::verify(&[], octets, AT);
    let is_good = checksum.status == ChecksumStatus::Good;
    if whole && found.is_some() || is_good && object::ends_exactly(tail(octets, HEADER)) {
        return checksum;
    }
    Checksum {
        status: ChecksumStatus::Unverified(Unverified::Truncated),
        found,
    }
}

/// Whether no structure can stand at `at` in a message that was cut, behind whose header `sent` octets
/// were sent: reserved bits are not 0, an object has no room for itself, or one ends behind the message.
fn is_disproved(behind: &[u8], at: usize, sent: usize) -> bool {
    const RESERVED: u16 = 0x0fff;
    let octets = tail(behind, at);
    let is_reserved_set = u16_at(octets, 0).is_some_and(|word| word & RESERVED != 0);
    let room = sent.saturating_sub(at).saturating_sub(HEADER);
    is_reserved_set || !object::may_end_at(tail(octets, HEADER), room)
}

/// Whether `octets`, all of which are there, are a structure of another version than 2.
fn fit_of_other_version(octets: &[u8]) -> Fit {
    match structure_checksum(octets, true).status {
        _ if !object::ends_exactly(tail(octets, HEADER)) => Fit::None,
        ChecksumStatus::Good => Fit::Proven,
        _ => Fit::Plausible,
    }
}

/// Whether what stands at `at` in a message that was cut has to be a structure, though its checksum
/// (RFC 4884 section 5.5) cannot be had: zeros pad the quote up to it, or an object begins in it, which
/// takes more bits than a checksum has.
fn is_cut_structure(behind: &[u8], at: usize) -> bool {
    /// Version and reserved bits.
    const VERSION_2: u16 = 2 << 12;
    let octets = tail(behind, at);
    octets.len() >= HEADER
        && u16_at(octets, 0) == Some(VERSION_2)
        && (is_padded(behind, at) || begins_object(tail(octets, HEADER)))
}

/// Whether the packet that `behind` quotes ends before `at`, and only zeros stand between.
fn is_padded(behind: &[u8], at: usize) -> bool {
    let length = stated_length(behind).ok();
    (length.and_then(|length| behind.get(length..at)))
        .is_some_and(|padding| !padding.is_empty() && padding.iter().all(|octet| *octet == 0))
}

/// Whether `octets` begin with the header of an object of a known kind.
fn begins_object(octets: &[u8]) -> bool {
    /// Interface information takes 96 octets at most (RFC 5837), and no label stack more.
    const LONGEST: u16 = 0xff;
    let (Some(length), Some(class), Some(c_type)) =
        (u16_at(octets, 0), u8_at(octets, 2), u8_at(octets, 3))
    else {
        return false;
    };
    let is_known = match class {
        1 | 4 => c_type == 1,
        2 | 5 => c_type & object::RESERVED == 0,
        3 => matches!(c_type, 1..=3),
        _ => false,
    };
    is_known && length % 4 == 0 && usize::from(length) > object::HEADER && length <= LONGEST
}

fn fit(behind: &[u8], at: usize, whole: bool) -> Fit {
    let octets = tail(behind, at);
    if u8_at(octets, 0).map(|octet| octet >> 4) != Some(2) {
        return Fit::None;
    }
    let ends = object::ends_exactly(tail(octets, HEADER));
    match structure_checksum(octets, whole).status {
        ChecksumStatus::Good => Fit::Proven,
        ChecksumStatus::Absent if whole && ends => Fit::Proven,
        _ if ends || !whole => Fit::Plausible,
        _ => Fit::Version,
    }
}
