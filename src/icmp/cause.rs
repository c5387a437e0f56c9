//! Why a checksum may be bad, where the octets prove one cause.
//!
//! Inference, not decoding: each cause explains the value found exactly, but another might too.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use super::payload::counts_from;
use super::{Body, Message};
use crate::model::{AddrPair, FrameRef};
use crate::wire::checksum::{icmpv6_pseudo_header, internet, pseudo_header_sum, upper_checksum};
use crate::wire::ip::{header_checksum, protocol};
use crate::wire::{Checksum, ChecksumStatus, Ip};

/// What made a checksum bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumCause {
    /// The field is zero: it was left to the network card, or never filled in.
    NotFilledIn,
    /// The field is zero, and so are all octets the checksum covers: zero and 0xffff are one number in
    /// ones' complement (RFC 1071 section 2), and a sender computed the wrong one, as Linux does since 6.18.
    OtherZero,
    /// The field holds the sum of the pseudo-header, to which the network card adds the rest:
    /// captured at the sender, before that.
    Offload,
    /// The same with an address that was translated since, which the field did not follow.
    OffloadTranslated,
    /// The sender left out the pseudo-header, as ICMP for IPv4 does.
    NoPseudoHeader,
    /// It is right for the destination in the header, not for the last that a routing header names
    /// (RFC 8200 section 8.1).
    NoRoutingHeader,
    /// The right value with its octets swapped.
    ByteOrder,
    /// An IPv4 header's is right for a TTL one higher: who counted it down did not mend it.
    OldTtl,
    /// It would verify had the packet gone to (or come from) this address, which stands in the
    /// quote: a NAT rewrote the outer header and not the checksum.
    OldAddress(Ipv6Addr),
    /// It is right in the packet captured in this frame, which is the same before its translation.
    Untranslated(FrameRef),
    /// It is off by as much as an address that was translated: as the checksum of the IPv4 header is, which
    /// covers that too and did not follow, or an address of the error in the place of one of the quote makes.
    Translated,
    /// The quoted IPv4 header was changed, and neither its checksum nor this one followed.
    QuoteRewritten,
    /// One word of a payload that counts is not what it was: put back, it makes the checksum right.
    AlteredWord,
    /// It would verify had the echo this sequence number, one of those that senders begin with: it was
    /// counted on, and the checksum did not follow.
    OldSequence(u16),
    /// One bit of the message, the checksum included, was flipped, and no old sequence number explains
    /// that as well.
    FlippedBit,
}

impl ChecksumCause {
    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFilledIn => "not_filled_in",
            Self::OtherZero => "other_zero",
            Self::Offload => "offload",
            Self::OffloadTranslated => "offload_translated",
            Self::NoPseudoHeader => "no_pseudo_header",
            Self::NoRoutingHeader => "no_routing_header",
            Self::ByteOrder => "byte_order",
            Self::OldTtl => "old_ttl",
            Self::OldAddress(_) => "old_address",
            Self::Untranslated(_) => "untranslated",
            Self::Translated => "translated",
            Self::QuoteRewritten => "quote_rewritten",
            Self::AlteredWord => "altered_word",
            Self::OldSequence(_) => "old_sequence",
            Self::FlippedBit => "flipped_bit",
        }
    }

    /// What it means, in plain words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NotFilledIn => "never filled in, or left to the network card",
            Self::OtherZero => "the sender's sum of zeros only, 0 for 0xffff",
            Self::Offload => "left to the sender's network card",
            Self::OffloadTranslated => {
                "left to the sender's network card, before an address was translated"
            }
            Self::NoPseudoHeader => "computed without the pseudo-header",
            Self::NoRoutingHeader => "computed without the routing header",
            Self::ByteOrder => "its octets are swapped",
            Self::OldTtl => "right before the TTL was counted down",
            Self::OldAddress(_) | Self::Translated => "right before an address was translated",
            Self::Untranslated(_) => "right before its translation",
            Self::QuoteRewritten => "right before the quote was rewritten",
            Self::AlteredWord => "one 16-bit word of a counting payload altered",
            Self::OldSequence(_) => "right for an earlier sequence number",
            Self::FlippedBit => "one bit flipped",
        }
    }
}

/// The cause that explains a bad checksum of the TCP or UDP right behind the headers of `ip`, if one does;
/// `error` has the addresses of the error that quotes it.
pub fn of_quoted(
    checksum: Checksum,
    ip: &Ip<'_>,
    error: Option<AddrPair>,
) -> Option<ChecksumCause> {
    let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found) else {
        return None;
    };
    if !matches!(ip.protocol, protocol::TCP | protocol::UDP) {
        return None;
    }
    let partial = pseudo_header_sum(ip)?;
    if found == partial {
        return Some(ChecksumCause::Offload);
    }
    let header = header_checksum(ip).and_then(off_by);
    // An error goes to whom the quoted packet came from, and may come from where that went.
    let ends = error.map(|error| {
        let from = AddrPair::new(error.dst(), ip.dst());
        [from, ip.addrs.with_dst(error.src())]
    });
    let of_ends = ends.into_iter().flatten().filter_map(|addrs| {
        let mut before = *ip;
        before.addrs = addrs;
        Some(difference(partial, pseudo_header_sum(&before)?))
    });
    let by_full = difference(found, expected);
    let by_partial = difference(partial, found);
    let mut by_addresses = header.into_iter().chain(of_ends).filter(|by| *by != 0);
    by_addresses.find_map(|by| {
        if by == by_full {
            Some(ChecksumCause::Translated)
        } else if by == by_partial {
            Some(ChecksumCause::OffloadTranslated)
        } else {
            None
        }
    })
}

/// The cause that explains the bad checksum of an IPv4 header, if one does.
pub fn of_header(ip: &Ip<'_>) -> Option<ChecksumCause> {
    let Checksum { status, found } = header_checksum(ip)?;
    let (ChecksumStatus::Bad { expected }, Some(found)) = (status, found) else {
        return None;
    };
    if found == 0 {
        return Some(ChecksumCause::NotFilledIn);
    }
    if found == expected.swap_bytes() {
        return Some(ChecksumCause::ByteOrder);
    }
    if is_translated(ip) {
        return Some(ChecksumCause::Translated);
    }
    // The TTL is the upper octet of its word.
    let is_old = difference(expected, found) == 1 << 8 && ip.hop_limit() != Some(u8::MAX);
    if is_old {
        return Some(ChecksumCause::OldTtl);
    }
    is_power_apart(found, expected).then_some(ChecksumCause::FlippedBit)
}

/// Whether the TCP or UDP behind an IPv4 header tells that an address in it was translated.
fn is_translated(ip: &Ip<'_>) -> bool {
    let cause = upper_checksum(ip).and_then(|sum| of_quoted(sum, ip, None));
    matches!(
        cause,
        Some(ChecksumCause::Translated | ChecksumCause::OffloadTranslated)
    )
}

/// How far a bad checksum is above the right one.
fn off_by(sum: Checksum) -> Option<u32> {
    match (sum.status, sum.found) {
        (ChecksumStatus::Bad { expected }, Some(found)) => Some(difference(found, expected)),
        _ => None,
    }
}

/// Whether a checksum is 0 where all octets that it covers are zero, which calls for 0xffff.
pub fn is_other_zero(checksum: Checksum) -> bool {
    const OF_ZEROS: ChecksumStatus = ChecksumStatus::Bad { expected: 0xffff };
    checksum.found == Some(0) && checksum.status == OF_ZEROS
}

/// The cause that explains a bad checksum of `message`, which `ip` carries, if one does.
pub fn of(ip: &Ip<'_>, message: &Message<'_>) -> Option<ChecksumCause> {
    let Checksum { status, found } = message.checksum;
    let (ChecksumStatus::Bad { expected }, Some(found)) = (status, found) else {
        return None;
    };
    let pseudo = icmpv6_pseudo_header(ip);
    let pseudo_octets: &[u8] = pseudo.as_ref().map_or(&[], |octets| octets);
    if let Some(pseudo) = &pseudo
        && found == !internet(&[pseudo])
    {
        return Some(ChecksumCause::Offload);
    }
    if is_other_zero(message.checksum) {
        return Some(ChecksumCause::OtherZero);
    }
    if found == 0 {
        return Some(ChecksumCause::NotFilledIn);
    }
    if pseudo.is_some() && internet(&[message.bytes]) == 0 {
        return Some(ChecksumCause::NoPseudoHeader);
    }
    if let Some(mut pseudo) = pseudo
        && let (Some(_), IpAddr::V6(dst)) = (ip.final_destination, ip.addrs.dst())
    {
        pseudo[16..32].copy_from_slice(&dst.octets());
        if internet(&[&pseudo, message.bytes]) == 0 {
            return Some(ChecksumCause::NoRoutingHeader);
        }
    }
    if found == expected.swap_bytes() {
        return Some(ChecksumCause::ByteOrder);
    }
    if let Some(pseudo) = &pseudo
        && let Some(old) = old_address(pseudo, message)
    {
        return Some(ChecksumCause::OldAddress(old));
    }
    if let Some(quote) = message.quote()
        && let Some(checksum) = header_checksum(&quote.ip)
        && matches!(checksum.status, ChecksumStatus::Bad { .. })
        && internet(&[quote.ip.header]) == internet(&[pseudo_octets, message.bytes])
    {
        return Some(ChecksumCause::QuoteRewritten);
    }
    if has_altered_word(message, difference(found, expected)) {
        return Some(ChecksumCause::AlteredWord);
    }
    let old = old_sequence(message, difference(found, expected)).map(ChecksumCause::OldSequence);
    let flipped = is_power_apart(found, expected).then_some(ChecksumCause::FlippedBit);
    // Of two that explain it neither is proven.
    old.xor(flipped)
}

/// A sequence number that senders begin with, with which the checksum of an echo verifies that counted
/// on from there.
fn old_sequence(message: &Message<'_>, off_by: u32) -> Option<u16> {
    let Body::Echo(echo) = &message.body else {
        return None;
    };
    let counted = |first: &u16| difference(echo.seq, *first) == off_by;
    [0, 1]
        .into_iter()
        .find(|first| *first < echo.seq && counted(first))
}

/// An address of the quote with which in the pseudo-header the checksum verifies.
fn old_address(pseudo: &[u8; 40], message: &Message<'_>) -> Option<Ipv6Addr> {
    let quote = message.quote()?;
    let (IpAddr::V6(src), IpAddr::V6(dst)) = (quote.ip.src(), quote.ip.dst()) else {
        return None;
    };
    // The error goes to whom the quoted packet came from, and may come from where that went.
    [(16, src), (0, dst)].into_iter().find_map(|(at, address)| {
        let mut other = *pseudo;
        other
            .get_mut(at..at + 16)?
            .copy_from_slice(&address.octets());
        (internet(&[&other, message.bytes]) == 0).then_some(address)
    })
}

/// Whether more than one bit is wrong in a word of an echo's payload, in the midst of octets that count,
/// and by so much as the checksum is off.
fn has_altered_word(message: &Message<'_>, off_by: u32) -> bool {
    /// So many octets that count on tell what stands beside them.
    const RUN: u8 = 8;
    let Body::Echo(echo) = &message.body else {
        return false;
    };
    let payload = echo.payload;
    let first_of = |range: Range<usize>| {
        let octets = payload.get(range)?;
        let first = *octets.first()?;
        counts_from(octets, first).then_some(first)
    };
    let (words, _) = payload.as_chunks::<2>();
    words.iter().enumerate().any(|(n, word)| {
        let (start, end) = (2 * n, 2 * n + 2);
        let before = start
            .checked_sub(RUN.into())
            .and_then(|at| first_of(at..start));
        let behind = first_of(end..end + usize::from(RUN));
        let was_right = |first: u8| {
            let (is, was) = (
                u16::from_be_bytes(*word),
                u16::from_be_bytes([first, first.wrapping_add(1)]),
            );
            (is ^ was).count_ones() > 1 && difference(is, was) == off_by
        };
        before.is_some_and(|first| was_right(first.wrapping_add(RUN)))
            || behind.is_some_and(|first| was_right(first.wrapping_sub(2)))
    })
}

/// The numbers that ones' complement arithmetic of 16 bits tells apart (RFC 1071).
const MODULUS: u32 = 0xffff;

/// How far a sum is above another in that arithmetic.
fn difference(a: u16, b: u16) -> u32 {
    (u32::from(a) + MODULUS - u32::from(b)) % MODULUS
}

/// Whether two checksums differ by a power of two in that arithmetic: what one flipped bit makes of the
/// sum.
fn is_power_apart(a: u16, b: u16) -> bool {
    let difference = difference(a, b);
    difference.is_power_of_two() || (MODULUS - difference).is_power_of_two()
}
