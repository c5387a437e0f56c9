//! Why a checksum may be bad, where the octets prove one cause.
//!
//! Inference, not decoding: each cause explains the value found exactly, but another might too.

mod altered;
pub(crate) mod arithmetic;
mod around;
mod behind;
mod quoted;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv6Addr};

pub use self::altered::Altered;
use self::arithmetic::Sum;
pub use self::around::{of_header, of_quoted_header};
pub(crate) use self::behind::of_frame;
pub use self::quoted::of_quoted;
use super::{Body, Message, Translation};
use crate::model::{AddrPair, FrameRef};
use crate::wire::checksum::{icmpv6_pseudo_header, internet, pseudo_header_sum, upper_checksum};
use crate::wire::ip::header_checksum;
use crate::wire::{Checksum, ChecksumStatus, Ip, IpVersion};

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
    /// The sender took in a pseudo-header, which ICMP of IPv4 does not have (RFC 792).
    WithPseudoHeader,
    /// It is right for the destination in the header, not for the last that a routing header (RFC 8200
    /// section 8.1) or a source route of IPv4 (RFC 791 section 3.1) names.
    NoRoutingHeader,
    /// The right value with its octets swapped.
    ByteOrder,
    /// The sum itself, not its complement (RFC 1071 section 1).
    NotComplemented,
    /// It is right for more octets of the frame than the IP header counts.
    ShortLength,
    /// An IPv4 header's is right for a TTL one higher, or for that with which the packet was captured: who
    /// counted it down did not mend it.
    OldTtl,
    /// It would verify had the packet gone to (or come from) this address, which stands in the
    /// quote: a NAT rewrote the outer header and not the checksum, that of the message or its own.
    OldAddress(IpAddr),
    /// It is right in the packet captured in this frame, which is the same before its translation.
    Untranslated(FrameRef),
    /// It is that of the request, in this frame, which was turned into a reply but for its checksum.
    OfRequest(FrameRef),
    /// It is off by as much as an address that was translated: as the checksum of the IPv4 header is, which
    /// covers that too and did not follow, or an address of the error in the place of one of the quote makes.
    Translated,
    /// The quoted IPv4 header was changed, perhaps with what is behind it, and none of the checksums followed.
    QuoteRewritten,
    /// What is behind the quoted IP header was changed since the error was made: its checksum and that of the
    /// TCP, UDP or ICMP there are off by as much.
    QuoteAltered,
    /// This word is not what it was, by the pattern around it or by the packet that it comes from: put back,
    /// it makes the checksum right.
    AlteredWord(Altered),
    /// It would verify had the echo this sequence number, one of those that senders begin with: it was
    /// counted on, and the checksum did not follow.
    OldSequence(u16),
    /// One bit of the message, the checksum included, was flipped, and no old sequence number explains
    /// that as well.
    FlippedBit,
}

/// What two packets prove of one of them and its checksums: more than that does alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// Of its IPv4 header's.
    pub header: Option<ChecksumCause>,
    /// Of the message's.
    pub message: Option<ChecksumCause>,
    /// Of that of the IPv4 header which it quotes.
    pub quoted_header: Option<ChecksumCause>,
    /// Of that of what is behind that header.
    pub quoted: Option<ChecksumCause>,
    /// What a NAT did to the error that it is.
    pub translation: Translation,
}

impl Proven {
    /// The cause of a bad checksum of the IPv4 header around `message`: the one proven, or what the packet
    /// tells.
    pub fn of_header(&self, ip: &Ip<'_>, message: &Message<'_>) -> Option<ChecksumCause> {
        self.header.or_else(|| of_header(ip, message.quote()))
    }

    /// The same of the message's own checksum.
    pub fn of_message(&self, ip: &Ip<'_>, message: &Message<'_>) -> Option<ChecksumCause> {
        self.message.or_else(|| of(ip, message))
    }
}

/// The error that quotes a packet, as far as it tells why a checksum there is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotedBy {
    /// Its addresses.
    pub addrs: AddrPair,
    /// Its own checksum.
    pub checksum: Checksum,
    /// What another packet proves.
    pub proven: Proven,
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
            Self::WithPseudoHeader => "with_pseudo_header",
            Self::NoRoutingHeader => "no_routing_header",
            Self::ByteOrder => "byte_order",
            Self::NotComplemented => "not_complemented",
            Self::ShortLength => "short_length",
            Self::OldTtl => "old_ttl",
            Self::OldAddress(_) => "old_address",
            Self::Untranslated(_) => "untranslated",
            Self::OfRequest(_) => "of_request",
            Self::Translated => "translated",
            Self::QuoteRewritten => "quote_rewritten",
            Self::QuoteAltered => "quote_altered",
            Self::AlteredWord(_) => "altered_word",
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
            Self::WithPseudoHeader => "computed with a pseudo-header",
            Self::NoRoutingHeader => "computed without the last address of the route",
            Self::ByteOrder => "its octets are swapped",
            Self::NotComplemented => "the sum, not its complement",
            Self::ShortLength => "right for more octets than the IP length counts",
            Self::OldTtl => "right before the TTL was counted down",
            Self::OldAddress(_) | Self::Translated => "right before an address was translated",
            Self::Untranslated(_) => "right before its translation",
            Self::OfRequest(_) => "that of its request",
            Self::QuoteRewritten => "right before the quote was rewritten",
            Self::QuoteAltered => "right before what is quoted was altered",
            Self::AlteredWord(_) => "one 16-bit word altered",
            Self::OldSequence(_) => "right for an earlier sequence number",
            Self::FlippedBit => "one bit flipped",
        }
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
    if let Some(cause) = of_way(found, expected) {
        return Some(cause);
    }
    if let Some(pseudo) = &pseudo
        && let Some(old) = old_address(pseudo, message)
    {
        return Some(ChecksumCause::OldAddress(old.into()));
    }
    let off = Sum::off(message.checksum)?;
    let flipped = off.is_one_bit().then_some(ChecksumCause::FlippedBit);
    if flipped.is_none() && has_pseudo_header(ip, off) {
        return Some(ChecksumCause::WithPseudoHeader);
    }
    if is_quote_rewritten(message, off) {
        // A bit that was flipped there on the way explains both as well.
        return Some(ChecksumCause::QuoteRewritten).filter(|_| flipped.is_none());
    }
    let old = old_sequence(message, off).map(ChecksumCause::OldSequence);
    // Of two that explain it neither is proven.
    old.xor(altered::by_pattern(message, off).or(flipped))
        .or_else(|| {
            let quoted = upper_checksum(&message.quote()?.ip).and_then(Sum::off);
            (quoted == Some(off)).then_some(ChecksumCause::QuoteAltered)
        })
}

/// What explains a value by the way alone in which it was computed.
fn of_way(found: u16, expected: u16) -> Option<ChecksumCause> {
    if found == expected.swap_bytes() {
        Some(ChecksumCause::ByteOrder)
    } else {
        (found == !expected).then_some(ChecksumCause::NotComplemented)
    }
}

/// Whether ICMP of IPv4 is off by as much as a pseudo-header sums up to.
fn has_pseudo_header(ip: &Ip<'_>, off: Sum) -> bool {
    let sum = pseudo_header_sum(ip).filter(|_| ip.version == IpVersion::V4);
    sum.is_some_and(|sum| off == Sum::default().minus(Sum::of(sum)))
}

/// Whether the checksum of an error is off by as much as the quoted IPv4 header's, which did not follow
/// either; or, where the ports were changed too, as that of the TCP or UDP in the quote, which covers both.
fn is_quote_rewritten(message: &Message<'_>, off: Sum) -> bool {
    let Some(quote) = message.quote() else {
        return false;
    };
    let Some(header) = header_checksum(&quote.ip).and_then(Sum::off) else {
        return false;
    };
    let of_upper = || upper_checksum(&quote.ip).and_then(Sum::off);
    header == off || !is_old_ttl(header) && of_upper() == Some(off)
}

/// Whether a header is off by what the TTL alone makes of it: that tells of no translation.
fn is_old_ttl(header: Sum) -> bool {
    header == Sum::default().minus(Sum::of_hops(1))
}

/// A sequence number that senders begin with, with which the checksum of an echo verifies that counted
/// on from there.
fn old_sequence(message: &Message<'_>, off: Sum) -> Option<u16> {
    let Body::Echo(echo) = &message.body else {
        return None;
    };
    let counted = |first: &u16| Sum::of(echo.seq).minus(Sum::of(*first)) == off;
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
