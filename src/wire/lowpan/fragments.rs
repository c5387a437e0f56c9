//! The fragments of a datagram that is longer than a frame (RFC 4944 section 5.3).
//!
//! Only the first has the IPv6 header. It is kept for those behind it, so that each is a fragment
//! of that packet; [`super::super::reassembly`] puts them together as it does IP's.

use std::collections::VecDeque;

use super::Pan;
use super::dispatch::Later;
use super::make::put_length;
use crate::model::{Expanded, LinkFragment, UnknownPrefix};
use crate::wire::Undecodable;
use crate::wire::defect::Limit;
use crate::wire::ip::Ip;
use crate::wire::link::LinkAddress;

/// What the fragments of a datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    src: Option<LinkAddress>,
    dst: Option<LinkAddress>,
    size: u16,
    tag: u16,
}

impl Key {
    pub(super) const fn new(
        src: Option<LinkAddress>,
        dst: Option<LinkAddress>,
        size: u16,
        tag: u16,
    ) -> Self {
        Self {
            src,
            dst,
            size,
            tag,
        }
    }

    pub(super) const fn tag(self) -> u16 {
        self.tag
    }
}

/// What a first fragment tells of those behind it.
#[derive(Clone, Copy, Debug)]
struct First {
    pan: Pan,
    key: Key,
    /// The IPv6 header, naming the upper layer.
    header: [u8; 40],
    unknown_prefix: UnknownPrefix,
}

/// First fragments, latest last.
#[derive(Debug, Default)]
pub(super) struct Firsts(VecDeque<First>);

impl Firsts {
    /// How many are kept.
    const CAPACITY: usize = 256;

    /// Keeps the header of the first fragment in `made`.
    pub(super) fn add(&mut self, (pan, key): (Pan, Key), made: &Expanded) {
        const NEXT_HEADER: usize = 6;
        let Ok(ip) = Ip::parse(&made.octets, Limit::Frame) else {
            return;
        };
        let Some(mut header) = made.octets.first_chunk().copied() else {
            return;
        };
        header[NEXT_HEADER] = ip.protocol;
        self.0.retain(|first| (first.pan, first.key) != (pan, key));
        if self.0.len() == Self::CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(First {
            pan,
            key,
            header,
            unknown_prefix: made.unknown_prefix,
        });
    }

    /// Makes a packet of a later fragment with the header that came before.
    pub(super) fn behind(
        &self,
        (pan, key): (Pan, Key),
        later: &Later<'_>,
        into: &mut Expanded,
    ) -> Result<(), Undecodable> {
        let mut known = self.0.iter().rev();
        let first = known.find(|first| (first.pan, first.key) == (pan, key));
        let first = first.ok_or(Undecodable::FirstFragment)?;
        let offset = u16::try_from(later.offset).unwrap_or(u16::MAX);
        // In the place of the header there is no fragment.
        if later.offset < first.header.len() {
            return Err(Undecodable::Malformed);
        }
        into.octets.extend_from_slice(&first.header);
        into.octets.extend_from_slice(later.octets);
        put_length(&mut into.octets, 4, later.on_wire);
        into.set_wire_len(first.header.len() + later.on_wire);
        into.unknown_prefix = first.unknown_prefix;
        into.fragment = Some(LinkFragment {
            tag: key.tag,
            size: key.size,
            offset,
        });
        Ok(())
    }
}
