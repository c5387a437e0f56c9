//! What the checksums of a message were right for before its translation, where it was captured there, too.
//!
//! Who rewrites an address, a port or an identifier has to mend the checksums that cover it (RFC 3022
//! section 4.2, RFC 5508 section 4.2). One packet does not tell that this was forgotten, two do: with
//! what the other has in place of what was rewritten the checksum is right.

mod altered;
mod quotes;

use super::flows::{Fingerprint, Ring};
use super::lead::Lead;
use super::observation::label;
use super::quoted::sent_as;
use super::translated::{Look, is_bit_apart};
use super::{Correlator, MatchKind, Original, Relation};
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::cause::{self, ChecksumCause, Proven};
use crate::icmp::quote::has_id;
use crate::icmp::{Message, Quote, Translation, Whole};
use crate::model::{AddrPair, Frame, FrameRef};
use crate::wire::checksum::{icmpv6_pseudo_header, internet, upper_checksum};
use crate::wire::{ChecksumStatus, Ip, header_checksum};

/// How many packets before the message are looked at.
const LOOKED_AT: usize = 512;

impl Correlator {
    /// What packets before it, and its frame, prove of a message, or the part of one, that was related so, and
    /// of the message that is `whole` with it: as why checksums of it are bad.
    #[inline]
    pub fn proven(
        &self,
        frame: &Frame<'_>,
        part: (&Ip<'_>, &Message<'_>),
        whole: Option<&Whole<'_>>,
        relation: Relation,
    ) -> Option<Box<Proven>> {
        let (ip, message) = whole.map_or(part, |whole| (&whole.ip, &whole.message));
        let is_bad = matches!(message.checksum.status, ChecksumStatus::Bad { .. });
        let original = original(relation);
        let may_be_unmended = || {
            self.exchanges.has_translations()
                || message.quote().is_some_and(|quote| {
                    self.verdicts.translated().is_met()
                        || quote.translation(ip) != Translation::None
                        || is_translated(original)
                        || header_checksum(&quote.ip).and_then(Sum::off).is_some()
                        || original.and_then(Original::exact).is_some()
                            && upper_checksum(&quote.ip).and_then(Sum::off).is_some()
                })
        };
        if is_bad || may_be_unmended() {
            self.compared(frame, part, (ip, message), relation)
        } else {
            None
        }
    }

    #[inline(never)]
    fn compared(
        &self,
        frame: &Frame<'_>,
        part: (&Ip<'_>, &Message<'_>),
        (ip, message): (&Ip<'_>, &Message<'_>),
        relation: Relation,
    ) -> Option<Box<Proven>> {
        let by_packets = self.by_packets(frame, (ip, message), original(relation));
        let mut proven = by_packets.unwrap_or_default();
        let header = self
            .ring
            .as_ref()
            .and_then(|ring| before_header(ring, part.0, part.1));
        proven.header = header.map(ChecksumCause::Untranslated);
        proven.message = (proven.message)
            .or_else(|| self.altered(message, relation))
            .or_else(|| cause::of_frame(frame, ip, message));
        (proven != Proven::default()).then(|| Box::new(proven))
    }

    /// What packets of the ring, and errors before this one, prove.
    fn by_packets(
        &self,
        frame: &Frame<'_>,
        (ip, message): (&Ip<'_>, &Message<'_>),
        original: Option<Original>,
    ) -> Option<Proven> {
        let ring = self.ring.as_ref()?;
        let mut proven = Proven::default();
        if let Some(quote) = message.quote() {
            let error = Look {
                ip,
                message,
                quote,
                frame: frame.reference(),
                ts: frame.ts,
            };
            quotes::compare(ring, self.verdicts.translated(), &error, &mut proven);
            if proven.quoted.is_none() {
                proven.quoted = self.altered_in_quote(&error, original);
                if proven.quoted == Some(ChecksumCause::Translated) {
                    proven.quoted_header = proven.quoted_header.or(proven.quoted);
                }
            }
            if has_old_ttl(quote, original) {
                proven.quoted_header = Some(ChecksumCause::OldTtl);
            }
            proven.translation = self.translation(&error, sent_as(ring, quote, original));
        } else if let ChecksumStatus::Bad { .. } = message.checksum.status {
            proven.message = before_message(ring, ip, message)
                .map(ChecksumCause::Untranslated)
                .or_else(|| request(ring, ip, message).map(ChecksumCause::OfRequest));
        }
        Some(proven)
    }
}

/// The packet that an error is about.
const fn original(relation: Relation) -> Option<Original> {
    match relation {
        Relation::Error { original } => original,
        _ => None,
    }
}

/// Whether the packet that an error is about was found on the other side of a translation.
const fn is_translated(original: Option<Original>) -> bool {
    matches!(
        original,
        Some(Original::Found {
            match_kind: MatchKind::Translated,
            ..
        })
    )
}

/// Whether the checksum of a quoted IPv4 header is right with a TTL that the quoted packet itself was captured
/// with.
fn has_old_ttl(quote: &Quote<'_>, original: Option<Original>) -> bool {
    let Some(Original::Found {
        match_kind: MatchKind::Exact,
        ttl,
        last_ttl,
        ..
    }) = original
    else {
        return false;
    };
    let off = header_checksum(&quote.ip).and_then(Sum::off);
    off.is_some_and(|off| {
        let spent = [ttl, last_ttl].map(|ttl| ttl.saturating_sub(quote.ip.ttl));
        let left = |hops: &u8| *hops > 0 && off == Sum::default().minus(Sum::of_hops(*hops));
        spent.iter().any(left)
    })
}

/// The packet with whose addresses the bad checksum of an IPv4 header is right: what it carries is the same,
/// and it had a higher TTL.
fn before_header(ring: &Ring, ip: &Ip<'_>, message: &Message<'_>) -> Option<FrameRef> {
    /// All but the checksum, which may have been mended, and what it covers.
    const SAME: u64 = 0xffff_0000_ffff_ffff;
    const SAME_BUT_ID: u64 = 0xffff_0000_0000_ffff;
    let off = header_checksum(ip).and_then(Sum::off)?;
    let same = if has_id(message.version, message.kind) {
        SAME_BUT_ID
    } else {
        SAME
    };
    let is_right_with = |seen: &Fingerprint, before: AddrPair| {
        let by = Sum::of_addrs(ip.addrs).minus(Sum::of_addrs(before));
        // The TTL may have been mended, as it mostly is alone.
        let hops = Sum::of_hops(seen.ttl.saturating_sub(ip.ttl));
        !by.is_zero() && (off == by || off == by.minus(hops))
    };
    let (lead, pair) = (Lead::of(message.bytes), ring.pair_hash(&ip.addrs));
    let is_before = |seen: &&Fingerprint| {
        (seen.protocol, seen.label, seen.length) == (ip.protocol, label(ip), ip.length)
            && seen.lead.agrees(lead, same)
            && seen.pair != pair
            && seen.ttl > ip.ttl
            && (ring.addrs_of(seen.pair))
                .filter(|before| is_one_end_apart(*before, ip.addrs))
                .is_some_and(|before| is_right_with(seen, before))
    };
    let found = ring.recent(LOOKED_AT).find(is_before)?;
    Some(found.frame)
}

/// Whether two packets have one end in common, and the other differs by more than a flipped bit.
fn is_one_end_apart(a: AddrPair, b: AddrPair) -> bool {
    (a.src() == b.src()) != (a.dst() == b.dst()) && !is_bit_apart(a, b)
}

/// The packet with whose identifier and addresses the message verifies: it has the same checksum.
#[cold]
fn before_message(ring: &Ring, ip: &Ip<'_>, message: &Message<'_>) -> Option<FrameRef> {
    /// All but the identifier.
    const SAME: u64 = 0xffff_ffff_0000_ffff;
    if !has_id(message.version, message.kind) {
        return None;
    }
    let lead = Lead::of(message.bytes);
    let pair = ring.pair_hash(&ip.addrs);
    let is_before = |seen: &&Fingerprint| {
        (seen.protocol, seen.label, seen.length) == (ip.protocol, label(ip), ip.length)
            && seen.lead.agrees(lead, SAME)
            && seen.pair != pair
            && seen.ttl > ip.ttl
            && verifies_as(seen, ring, ip, message)
    };
    let found = ring.recent(LOOKED_AT).find(is_before)?;
    Some(found.frame)
}

/// The request that a reply is but for its type, the checksum included.
#[cold]
fn request(ring: &Ring, ip: &Ip<'_>, message: &Message<'_>) -> Option<FrameRef> {
    /// All but the type.
    const SAME: u64 = 0x00ff_ffff_ffff_ffff;
    let off = Sum::off(message.checksum)?;
    let (lead, pair) = (
        Lead::of(message.bytes),
        ring.pair_hash(&ip.addrs.reversed()),
    );
    let is_request = |seen: &&Fingerprint| {
        let [asked, _, _, _, _, _, _, _] = seen.lead.octets();
        let of = |kind: u8| Sum::of(u16::from(kind) << 8);
        (seen.protocol, seen.pair) == (ip.protocol, pair)
            && seen.lead.agrees(lead, SAME)
            && of(message.kind).minus(of(asked)) == off
    };
    let found = ring.recent(LOOKED_AT).find(is_request)?;
    Some(found.frame)
}

/// Whether the message verifies with the identifier and the addresses of another.
fn verifies_as(seen: &Fingerprint, ring: &Ring, ip: &Ip<'_>, message: &Message<'_>) -> bool {
    const ID: u32 = 2;
    let pseudo = icmpv6_pseudo_header(ip).map(|_| {
        let mut before = *ip;
        before.addrs = ring.addrs_of(seen.pair)?;
        icmpv6_pseudo_header(&before)
    });
    let pseudo = match &pseudo {
        None => &[][..],
        Some(Some(pseudo)) => pseudo,
        Some(None) => return false,
    };
    // Out of the sum with the one, and into it with the other.
    let ids = [!Lead::of(message.bytes).half(ID), seen.lead.half(ID)].map(u16::to_be_bytes);
    internet(&[pseudo, ids.as_flattened(), message.bytes]) == 0
}
