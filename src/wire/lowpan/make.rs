//! Octets in their order, and the packet that is made of them.

use crate::model::{Expanded, UnknownPrefix};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail};

/// The octets of a frame that are still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    on_wire: usize,
}

impl<'a> Reader<'a> {
    /// `bytes` are there of the `on_wire` that were sent.
    pub(super) fn new(bytes: &'a [u8], on_wire: usize) -> Self {
        Self {
            bytes,
            on_wire: on_wire.max(bytes.len()),
        }
    }

    pub(super) fn first(&self) -> Result<u8, Undecodable> {
        self.bytes.first().copied().ok_or(Undecodable::Short)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Undecodable> {
        self.array().map(|[octet]| octet)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Undecodable> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        let found = array_at(self.bytes, 0).ok_or(Undecodable::Short)?;
        self.skip(N);
        Ok(found)
    }

    /// `length` octets, or those of them that were captured.
    pub(super) fn up_to(&mut self, length: usize) -> &'a [u8] {
        let found = self.bytes.get(..length).unwrap_or(self.bytes);
        self.skip(length);
        found
    }

    /// `length` octets.
    pub(super) fn all_of(&mut self, length: usize) -> Result<&'a [u8], Undecodable> {
        let found = self.bytes.get(..length).ok_or(Undecodable::Short)?;
        self.skip(length);
        Ok(found)
    }

    fn skip(&mut self, length: usize) {
        self.bytes = tail(self.bytes, length);
        self.on_wire = self.on_wire.saturating_sub(length);
    }

    /// Leaves out what is behind the next `length` octets.
    pub(super) fn end_after(&mut self, length: usize) {
        self.bytes = self.bytes.get(..length).unwrap_or(self.bytes);
        self.on_wire = self.on_wire.min(length);
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many octets were left on the wire.
    pub(super) const fn rest_on_wire(&self) -> usize {
        self.on_wire
    }
}

/// Octets of an IPv6 header without extension headers.
const FIXED: usize = 40;

/// How many IPv6 headers may stand in each other.
pub(super) const DEEPEST: usize = 4;

/// A packet that is being made: lengths are written when all of it is there.
pub(super) struct Making<'e> {
    pub(super) octets: &'e mut Vec<u8>,
    innermost: &'e mut usize,
    unknown: &'e mut UnknownPrefix,
    /// Where IPv6 headers start: the packet's own, then those that it carries.
    ipv6: [usize; DEEPEST],
    depth: usize,
    /// Where the number of the next header is to be written.
    pub(super) named_at: usize,
    /// Where a UDP header starts whose length was left out.
    pub(super) udp: Option<usize>,
    /// Octets that a header has but that were not captured.
    pub(super) missing: usize,
}

impl<'e> Making<'e> {
    /// Makes a packet of `into`, which is to be empty.
    pub(super) fn new(into: &'e mut Expanded) -> Self {
        Self {
            octets: &mut into.octets,
            innermost: &mut into.innermost,
            unknown: &mut into.unknown_prefix,
            ipv6: [0; DEEPEST],
            depth: 0,
            named_at: 0,
            udp: None,
            missing: 0,
        }
    }

    /// An IPv6 header starts: tells where. What is not known of its addresses is kept of the
    /// innermost.
    pub(super) fn ipv6(&mut self, unknown: UnknownPrefix) -> Result<usize, Undecodable> {
        let start = self.octets.len();
        let place = self.ipv6.get_mut(self.depth);
        *place.ok_or(Undecodable::Malformed)? = start;
        self.depth += 1;
        (*self.innermost, *self.unknown) = (start, unknown);
        Ok(start)
    }

    /// The next header is this.
    pub(super) fn name(&mut self, protocol: u8) {
        if let Some(place) = self.octets.get_mut(self.named_at) {
            *place = protocol;
        }
    }

    /// By how many octets the headers made so far are longer than they were sent, if `from` is what
    /// is left of `sent` octets.
    pub(super) fn grown(&self, sent: usize, from: &Reader<'_>) -> isize {
        let made = self.octets.len() + self.missing;
        let used = sent.saturating_sub(from.rest_on_wire());
        made.cast_signed().saturating_sub(used.cast_signed())
    }

    /// Adds what is not compressed, and writes the lengths: a datagram that travels in fragments
    /// has `datagram` octets in all. Tells how many octets the packet, or this fragment of it, had
    /// on the wire.
    pub(super) fn finish(self, from: &Reader<'_>, datagram: Option<usize>) -> usize {
        let on_wire = self.octets.len() + self.missing + from.rest_on_wire();
        self.octets.extend_from_slice(from.rest());
        let whole = datagram.unwrap_or(on_wire);
        for start in self.ipv6.into_iter().take(self.depth) {
            put_length(self.octets, start + 4, whole.saturating_sub(start + FIXED));
        }
        if let Some(start) = self.udp {
            put_length(self.octets, start + 4, whole.saturating_sub(start));
        }
        on_wire
    }
}

/// Writes a length of two octets.
pub(super) fn put_length(octets: &mut [u8], at: usize, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    if let Some(place) = octets.get_mut(at..at + 2) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}
