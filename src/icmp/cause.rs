//! Why a checksum may be bad, where the octets prove one cause.
//!
//! Inference, not decoding: each cause explains the value found exactly, but another might too.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use super::payload::counts_from;
use super::{Body, Message};
use crate::model::FrameRef;
use crate::wire::checksum::{icmpv6_pseudo_header, internet, is_left_to_card, upper_checksum};
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
    /// Those of an IPv4 header and of what it carries are off by as much: an address, which both cover,
    /// was translated, and neither followed.
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

/// The cause that explains the bad checksum of a TCP or UDP packet, as errors quote them, if one does.
pub fn of_quoted(ip: &Ip<'_>) -> Option<ChecksumCause> {
    if !matches!(ip.protocol, protocol::TCP | protocol::UDP) {
        return None;
    }
    if is_left_to_card(ip) {
        return Some(ChecksumCause::Offload);
    }
    is_translated(ip).then_some(ChecksumCause::Translated)
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

/// Whether the checksums of an IPv4 header and of the TCP or UDP in it are off by as much.
fn is_translated(ip: &Ip<'_>) -> bool {
    let off_by = |sum: Checksum| match (sum.status, sum.found) {
        (ChecksumStatus::Bad { expected }, Some(found)) => Some(difference(found, expected)),
        _ => None,
    };
    matches!(ip.protocol, protocol::TCP | protocol::UDP)
        && header_checksum(ip)
            .and_then(off_by)
            .is_some_and(|header| upper_checksum(ip).and_then(off_by) == Some(header))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{ipv4, ipv6, v4, v6_between};
    use crate::wire::Limit;

    fn cause(packet: &[u8]) -> Option<ChecksumCause> {
        let ip = Ip::parse(packet, Limit::Frame).unwrap();
        of(&ip, &Message::parse(&ip))
    }

    // A sequence number from which a flipped bit does not lead to one that senders begin with.
    const ECHO: [u8; 12] = [8, 0, 0, 0, 0, 7, 0x12, 0x36, 0xde, 0xad, 0xbe, 0xe0];
    const ECHO6: [u8; 12] = [128, 0, 0, 0, 0, 7, 0x12, 0x36, 0xde, 0xad, 0xbe, 0xe0];

    #[test]
    fn a_good_checksum_has_no_cause() {
        assert_eq!(cause(&v4(&ECHO)), None);
    }

    #[test]
    fn a_field_that_is_zero_was_not_filled_in() {
        let mut packet = v4(&ECHO);
        packet[22..24].fill(0);
        assert_eq!(cause(&packet), Some(ChecksumCause::NotFilledIn));
    }

    #[test]
    fn a_message_of_zeros_has_either_zero() {
        let mut packet = v4(&[0; 12]);
        assert_eq!(packet[22..24], [0xff, 0xff]);
        packet[22..24].fill(0);
        assert_eq!(cause(&packet), Some(ChecksumCause::OtherZero));
        packet[27] = 1;
        assert_eq!(cause(&packet), Some(ChecksumCause::NotFilledIn));
    }

    #[test]
    fn every_flipped_bit_is_told() {
        for (packet, start) in [
            (v4(&ECHO), 20),
            (v6_between("fe80::1", "fe80::2", 64, &ECHO6), 40),
        ] {
            // Behind the type, which may turn into one that the checksum says other things of.
            for bit in 16..(packet.len() - start) * 8 {
                let mut flipped = packet.clone();
                flipped[start + bit / 8] ^= 0x80 >> (bit % 8);
                assert_eq!(cause(&flipped), Some(ChecksumCause::FlippedBit), "{bit}");
            }
        }
    }

    /// A sender that counts and keeps its first checksum.
    #[test]
    fn a_sequence_number_that_its_checksum_did_not_follow() {
        for first in [0, 1] {
            for seq in first + 1..=20_u16 {
                let mut packet = v4(&[8, 0, 0, 0, 0, 7, 0, u8::try_from(first).unwrap()]);
                packet[26..28].copy_from_slice(&seq.to_be_bytes());
                // A bit that was flipped explains it too.
                let is_ambiguous = (seq - first).is_power_of_two();
                let told = (!is_ambiguous).then_some(ChecksumCause::OldSequence(first));
                assert_eq!(cause(&packet), told, "{first} {seq}");
            }
        }
    }

    #[test]
    fn a_word_of_a_counting_payload() {
        let mut echo = vec![8, 0, 0, 0, 0, 7, 0, 9];
        echo.extend([0xd7; 16]);
        echo.extend(0x10..0x38);
        // At the start of the count, in its midst and at its end.
        for at in [44, 60, 82] {
            for word in [[0, 0], [0xff, 0x42], [0xef, 0x1e]] {
                let mut packet = v4(&echo);
                packet[at..at + 2].copy_from_slice(&word);
                assert_eq!(cause(&packet), Some(ChecksumCause::AlteredWord), "{at}");
                // Two words are not one.
                packet[at - 8] ^= 0x5a;
                assert_eq!(cause(&packet), None, "{at}");
            }
        }
        let mut packet = v4(&echo);
        packet.swap(60, 61);
        assert_eq!(cause(&packet), Some(ChecksumCause::AlteredWord));
        packet.swap(60, 61);
        packet[60] ^= 4;
        assert_eq!(cause(&packet), Some(ChecksumCause::FlippedBit));
    }

    #[test]
    fn pseudo_headers_that_are_all_or_left_out() {
        let mut packet = v6_between("fe80::1", "fe80::2", 64, &ECHO6);
        let pseudo = icmpv6_pseudo_header(&Ip::parse(&packet, Limit::Frame).unwrap()).unwrap();
        packet[42..44].copy_from_slice(&(!internet(&[&pseudo])).to_be_bytes());
        assert_eq!(cause(&packet), Some(ChecksumCause::Offload));
        packet[42..44].copy_from_slice(&internet(&[&ECHO6]).to_be_bytes());
        assert_eq!(cause(&packet), Some(ChecksumCause::NoPseudoHeader));
    }

    #[test]
    fn octets_the_wrong_way_round() {
        let mut packet = v4(&ECHO);
        packet.swap(22, 23);
        assert_eq!(cause(&packet), Some(ChecksumCause::ByteOrder));
    }

    #[test]
    fn what_a_nat_forgot() {
        let udp = [0, 53, 0, 99, 0, 8, 0, 0];
        let quote = ipv6("2001:db8::1", "2001:db8::2", 1, 17, &udp);
        let error = [&[1, 4, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
        let mut packet = v6_between("2001:db8::2", "2001:db8::1", 64, &error);
        packet[24..40].copy_from_slice(&"fd00::abcd:9".parse::<Ipv6Addr>().unwrap().octets());
        assert_eq!(
            cause(&packet),
            Some(ChecksumCause::OldAddress("2001:db8::1".parse().unwrap()))
        );
        let quote = ipv4("192.0.2.1", "203.0.113.9", 17, &udp);
        let mut packet = v4(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
        packet[20 + 8 + 12..20 + 8 + 16].copy_from_slice(&[10, 11, 12, 13]);
        assert_eq!(cause(&packet), Some(ChecksumCause::QuoteRewritten));
    }

    #[test]
    fn quoted_packets_that_their_senders_card_was_to_finish() {
        let udp = [0, 53, 0, 99, 0, 12, 0, 0, 1, 2, 3, 4];
        let mut tcp = [7; 20];
        tcp[12..14].copy_from_slice(&[0x50, 0x02]);
        // The sums of the pseudo-headers, folded by hand.
        for (mut packet, at, partial) in [
            (ipv4("192.0.2.1", "203.0.113.9", 17, &udp), 26, 0xfe28_u16),
            (ipv4("192.0.2.1", "203.0.113.9", 6, &tcp), 36, 0xfe25),
            (ipv6("::1", "::1", 1, 17, &udp), 46, 0x001f),
        ] {
            let mut with = |sum: u16| {
                packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
                of_quoted(&Ip::parse(&packet, Limit::Frame).unwrap())
            };
            assert_eq!(with(partial), Some(ChecksumCause::Offload));
            assert_eq!(with(partial + 1), None);
        }
    }

    fn of_ipv4(packet: &[u8]) -> Option<ChecksumCause> {
        of_header(&Ip::parse(packet, Limit::Frame).unwrap())
    }

    #[test]
    fn headers_of_ipv4_that_a_card_was_to_fill_in_or_a_hop_forgot() {
        let good = v4(&ECHO);
        assert_eq!(of_ipv4(&good), None);
        let right = u16::from_be_bytes([good[10], good[11]]);
        for (found, cause) in [
            (0, Some(ChecksumCause::NotFilledIn)),
            (right.swap_bytes(), Some(ChecksumCause::ByteOrder)),
            (right - 0x100, Some(ChecksumCause::OldTtl)),
            (right + 0x100, Some(ChecksumCause::FlippedBit)),
            (right ^ 0x1234, None),
        ] {
            let mut packet = good.clone();
            packet[10..12].copy_from_slice(&found.to_be_bytes());
            assert_eq!(of_ipv4(&packet), cause, "{found:#06x}");
        }
    }

    #[test]
    fn an_address_that_was_translated_and_no_checksum_mended() {
        let mut udp = [15, 160, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
        let pseudo = [192, 0, 2, 5, 10, 9, 9, 9, 0, 17, 0, 12];
        let sum = internet(&[&pseudo, &udp]);
        udp[6..8].copy_from_slice(&sum.to_be_bytes());
        let mut packet = ipv4("192.0.2.5", "10.9.9.9", 17, &udp);
        let told = |packet: &[u8]| {
            let ip = Ip::parse(packet, Limit::Frame).unwrap();
            (of_header(&ip), of_quoted(&ip))
        };
        assert_eq!(told(&packet), (None, None));
        packet[12..16].copy_from_slice(&[10, 0, 0, 2]);
        let translated = Some(ChecksumCause::Translated);
        assert_eq!(told(&packet), (translated, translated));
        // With another port the two are no longer off by as much.
        packet[21] ^= 0x35;
        assert_eq!(told(&packet), (None, None));
    }

    #[test]
    fn a_routing_header_that_was_left_out_of_account() {
        let (src, next, last) = ("2001:db8::1", "2001:db8:f::f", "2001:db8::2");
        let direct = v6_between(src, next, 1, &ECHO6);
        let icmp = &direct[40..];
        let last: Ipv6Addr = last.parse().unwrap();
        let routing = [&[58, 2, 2, 1, 0, 0, 0, 0][..], &last.octets()].concat();
        let packet = ipv6(src, next, 1, 43, &[&routing, icmp].concat());
        assert_eq!(cause(&packet), Some(ChecksumCause::NoRoutingHeader));
    }

    #[test]
    fn what_nothing_explains_has_no_cause() {
        let mut packet = v4(&ECHO);
        packet[22] ^= 0x15;
        packet[23] ^= 0x5a;
        assert_eq!(cause(&packet), None);
    }
}
