//! A message with the checksum that it had before its translation, where it was captured there, too.
//!
//! Who rewrites an identifier, or an address that ICMPv6 covers, has to mend the checksum (RFC 3022
//! section 4.2). One packet does not tell that this was forgotten, two do: the one before has the same
//! checksum, and with its identifier and addresses this message verifies.

use super::Correlator;
use super::flows::{Fingerprint, Ring};
use super::lead::Lead;
use super::observation::label;
use crate::icmp::Message;
use crate::icmp::quote::has_id;
use crate::model::FrameRef;
use crate::wire::checksum::{icmpv6_pseudo_header, internet};
use crate::wire::{ChecksumStatus, Ip};

/// How many packets before the message are looked at.
const LOOKED_AT: usize = 512;

impl Correlator {
    /// Where `message`, if its checksum is bad, was captured before an address translation that did not mend
    /// that.
    #[inline]
    pub fn unmended(&self, ip: &Ip<'_>, message: &Message<'_>) -> Option<FrameRef> {
        match message.checksum.status {
            ChecksumStatus::Bad { .. } => captured_before(self.ring.as_ref()?, ip, message),
            _ => None,
        }
    }
}

#[cold]
fn captured_before(ring: &Ring, ip: &Ip<'_>, message: &Message<'_>) -> Option<FrameRef> {
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
