//! The last packets of a flow: what is one of them, captured again, is none more that was sent.

use std::time::Duration;

use crate::correlate::copies::tells_content;
use crate::correlate::flows::{Fingerprint, Lead, is_icmp};
use crate::correlate::observation::{Observation, occupied};
use crate::correlate::sighting::{COPY_WINDOW, MIRROR_WINDOW};
use crate::model::{AddrPair, SourceId, Timestamp};
use crate::wire::IpVersion;
use crate::wire::ip::protocol::{ESP, TCP, UDP};

/// See the module. As many are remembered as a mirror may give before it gives them again: a few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent<const REMEMBERED: usize> {
    last: [Option<Sent>; REMEMBERED],
    next: usize,
}

impl<const REMEMBERED: usize> Default for Recent<REMEMBERED> {
    fn default() -> Self {
        Self {
            last: [None; REMEMBERED],
            next: 0,
        }
    }
}

impl<const REMEMBERED: usize> Recent<REMEMBERED> {
    /// Takes a packet; says whether it is one of the last.
    pub(super) fn knows(&mut self, sent: Sent) -> bool {
        let known = self.last.iter().flatten();
        let is_known = known.into_iter().any(|before| sent.is_copy_of(before));
        if !is_known && let Some(place) = self.last.get_mut(self.next) {
            *place = Some(sent);
            self.next = (self.next + 1) % REMEMBERED;
        }
        is_known
    }
}

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    ts: Timestamp,
    lead: Lead,
    length: u32,
    /// IPv4 identification; `None` where there is none, or it tells nothing (RFC 6864 section 4).
    number: Option<u32>,
    source: SourceId,
    ttl: u8,
    content: Content,
}

/// Whether what is kept of a packet tells its content from that of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// By a sequence number or a checksum.
    Told,
    Unknown,
}

impl Sent {
    /// A packet that is captured now.
    pub(super) fn now(packet: &Observation) -> Self {
        let octets = occupied(packet.data, packet.flags);
        Self {
            ts: packet.ts,
            lead: packet.lead,
            length: packet.length,
            number: packet.id().filter(|id| *id != 0),
            source: packet.frame.source(),
            ttl: packet.ttl,
            content: Content::of(packet.protocol, packet.lead, octets, || packet.addrs()),
        }
    }

    /// One that was captured before, between these addresses.
    pub(super) fn before(seen: &Fingerprint, version: IpVersion, addrs: AddrPair) -> Self {
        let is_numbered = version == IpVersion::V4 && seen.label != 0;
        let octets = occupied(seen.data, seen.flags);
        Self {
            ts: seen.ts,
            lead: seen.lead,
            length: seen.length,
            number: is_numbered.then_some(seen.label),
            source: seen.frame.source(),
            ttl: seen.ttl,
            content: Content::of(seen.protocol, seen.lead, octets, || addrs),
        }
    }

    /// Whether both are one packet: by its number, or by what it holds where it was seen at another
    /// hop or in another capture, or comes as soon as a mirror gives it.
    fn is_copy_of(&self, before: &Self) -> bool {
        let elsewhere = self.source != before.source || self.ttl < before.ttl;
        let within = match (self.number, self.content) {
            (Some(_), _) if elsewhere => Duration::MAX,
            (Some(_), _) => COPY_WINDOW,
            (None, Content::Unknown) if self.ttl == before.ttl => return false,
            (None, _) if elsewhere => COPY_WINDOW,
            (None, Content::Told) if self.ttl == before.ttl => MIRROR_WINDOW,
            _ => return false,
        };
        let is_alike = self.lead == before.lead
            && self.number == before.number
            && (self.number.is_some() || self.length == before.length);
        // Time that goes backwards between two captures is no evidence against.
        is_alike && (self.ts.since(before.ts)).is_none_or(|apart| apart < within)
    }
}

impl Content {
    /// Of a packet that takes so many TCP sequence numbers.
    fn of(protocol: u8, lead: Lead, octets: u32, addrs: impl Fn() -> AddrPair) -> Self {
        let told = match protocol {
            TCP => octets > 0,
            UDP => tells_content(protocol, lead, addrs()),
            ESP => true,
            _ => is_icmp(protocol),
        };
        if told { Self::Told } else { Self::Unknown }
    }
}
