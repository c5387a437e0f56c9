//! From the packet an error quotes to the packet that was captured: the match ladder.

mod cut;

use std::time::Duration;

pub(super) use self::cut::Completed;
use super::copies::Copies;
use super::flows::{
    Chain, Fingerprint, Hashes, Ring, WalkEnd, datagram_checksum, has_ports, is_icmp,
};
use super::lead::Lead;
use super::numbered::Numbered;
use super::observation::label;
use super::sighting::{MIRROR_WINDOW, Mirror};
use super::{MatchKind, NoOriginal, Original};
use crate::icmp::cause::arithmetic::Sum;
use crate::icmp::{Quote, QuotedTransport};
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, FrameRef, Timestamp};
use crate::wire::ip::protocol::{TCP, UDP};
use crate::wire::{Ip, IpVersion, Limit};

/// How many packets of the flow are looked at for a better match once one of its segments was
/// found: retransmissions of the same octets differ in their identification.
const BETTER_MATCH_DEPTH: usize = 64;
/// How many packets of the flow are looked at in all.
const FLOW_DEPTH: usize = 1024;
/// How many packets before the error are searched for one whose destination was rewritten.
const REDIRECTED_DEPTH: usize = 256;
/// How many packets before the error are searched for the datagram of a fragment: what a host sends in
/// fragments it sends together, and no chain leads from one to the other.
const DATAGRAM_DEPTH: usize = 1 << 10;
/// How long after its cause an error may come: address resolution gives up after three seconds
/// (RFC 4861 section 10), queues and distance add to that.
const ERROR_DELAY: Duration = Duration::from_secs(5);

/// Where ICMP has its checksum in the leading octets.
const ICMP_CHECKSUM: u64 = 0x0000_ffff_0000_0000;

/// What the quote says of the packet that caused the error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    lead: Lead,
    /// How many octets of `lead` the quote really holds.
    known: u32,
    protocol: u8,
    version: IpVersion,
    label: u32,
    /// Length of the IP packet, as the quoted header claims.
    length: u32,
    seq: Option<u32>,
    pair: u32,
    is_later_fragment: bool,
}

impl Wanted {
    pub(super) fn new(quote: &Quote<'_>, hashes: &Hashes) -> Self {
        let ip = &quote.ip;
        Self {
            lead: Lead::of_ip(ip),
            // Of a packet that ends sooner the rest is known, too: there is none.
            known: if ip.is_later_fragment() || ip.is_whole() {
                8
            } else {
                u32::try_from(ip.payload.len()).unwrap_or(8).min(8)
            },
            protocol: ip.protocol,
            version: ip.version,
            label: label(ip),
            length: ip.length,
            seq: match quote.transport {
                QuotedTransport::Tcp { seq, .. } => seq,
                _ => None,
            },
            pair: hashes.pair,
            is_later_fragment: ip.is_later_fragment(),
        }
    }

    /// Whether `seen` is of the quoted flow: the chain alone does not say so.
    pub(super) fn is_flow(&self, seen: &Fingerprint) -> bool {
        seen.protocol == self.protocol
            && seen.pair == self.pair
            && seen.lead.flow_word(self.protocol) == self.lead.flow_word(self.protocol)
    }

    /// Whether the transport octets agree, leaving out checksums, which offload falsifies.
    fn same_lead(&self, seen: &Fingerprint) -> bool {
        let known = match self.known {
            0 => 0,
            known => u64::MAX << (64 - 8 * known.min(8)),
        };
        self.lead.agrees(seen.lead, known & !self.checksum())
    }

    /// Where in the leading octets of its transport a checksum is.
    fn checksum(&self) -> u64 {
        if self.is_later_fragment {
            0
        } else if is_icmp(self.protocol) {
            ICMP_CHECKSUM
        } else {
            datagram_checksum(self.protocol)
        }
    }

    /// Whether it tells the packet from the next one: IP-ID 0 is no evidence (RFC 6864 section 4).
    pub(super) fn is_identified(&self) -> bool {
        self.known == 8 && (self.version == IpVersion::V6 || self.label != 0)
    }

    /// Whether `seen` is this very packet.
    pub(super) fn is_exact(&self, seen: &Fingerprint) -> bool {
        self.is_identified()
            && seen.label == self.label
            && (self.version == IpVersion::V4 || seen.length == self.length)
            && self.same_lead(seen)
    }

    /// Whether `seen` holds the quoted octets: the TCP segment with the sequence number, also
    /// where offload captured many segments as one; for ICMP, the query with its sequence number.
    fn is_segment(&self, seen: &Fingerprint) -> bool {
        if self.is_later_fragment {
            return false;
        }
        if let Some(seq) = self.seq {
            return seq == seen.lead.seq() || seq.wrapping_sub(seen.lead.seq()) < seen.data;
        }
        is_icmp(self.protocol) && self.known == 8 && self.same_lead(seen)
    }

    /// Whether `seen`, of its flow, can be this packet where nothing tells that it is: datagrams may look
    /// alike, and offload captures several as one.
    fn may_be(&self, seen: &Fingerprint) -> bool {
        let is_larger = self.protocol == UDP && seen.length > self.length && self.is_cut_from(seen);
        let is_alike = !self.is_identified() && seen.label == self.label && self.same_lead(seen);
        is_larger || is_alike
    }

    /// Whether numbers allow that the card made this one of `seen`: from the number of that it counts on.
    fn is_cut_from(&self, seen: &Fingerprint) -> bool {
        /// Datagrams that Linux lets a card make of one.
        const PIECES: u32 = 128;
        self.version == IpVersion::V6 || (self.label.wrapping_sub(seen.label) & 0xffff) < PIECES
    }

    /// Whether `seen` can be this very packet on the other side of a translation of one of its ends.
    pub(super) fn is_other_side(&self, seen: &Fingerprint) -> bool {
        (seen.label, seen.length) == (self.label, self.length)
            && (self.is_translated(seen) || self.is_redirected(seen))
    }

    /// Whether `seen` can be this packet before its destination was rewritten.
    fn is_redirected(&self, seen: &Fingerprint) -> bool {
        /// Source port and TCP sequence number.
        const PORT_AND_SEQ: u64 = 0xffff_0000_ffff_ffff;
        /// Source port and the length of a datagram.
        const PORT_AND_LENGTH: u64 = 0xffff_0000_ffff_0000;
        /// ICMP type, identifier and sequence number.
        const QUERY: u64 = 0xff00_0000_ffff_ffff;
        if seen.protocol != self.protocol || seen.pair == self.pair || self.known < 8 {
            return false;
        }
        let same_label = self.label != 0 && seen.label == self.label;
        match self.protocol {
            TCP => self.lead.agrees(seen.lead, PORT_AND_SEQ),
            protocol if is_icmp(protocol) => {
                self.lead.agrees(seen.lead, QUERY) && (same_label || self.is_same_echo(seen))
            }
            protocol if has_ports(protocol) => {
                same_label && self.lead.agrees(seen.lead, PORT_AND_LENGTH)
            }
            _ => false,
        }
    }

    /// Whether `seen`, which nothing numbers, as little as this packet, is an echo of the same octets, but for an
    /// identifier that was rewritten, and its checksum with it: in IPv4 that covers no addresses.
    fn is_same_echo(&self, seen: &Fingerprint) -> bool {
        const CHECKSUM: u32 = 1;
        const ID: u32 = 2;
        let sum = |lead: Lead| Sum::of(lead.half(CHECKSUM)).plus(Sum::of(lead.half(ID)));
        self.version == IpVersion::V4
            && (self.label, self.length) == (0, seen.length)
            && seen.label == 0
            && !self.is_later_fragment
            && matches!(self.lead.ports(self.protocol), FlowPorts::Query { .. })
            && sum(self.lead) == sum(seen.lead)
    }

    /// Whether `seen` can be this packet before its source was rewritten.
    fn is_translated(&self, seen: &Fingerprint) -> bool {
        /// Destination port and the 16 bits behind it.
        const PORT_AND_LENGTH: u64 = 0x0000_ffff_ffff_0000;
        /// Destination port and TCP sequence number.
        const PORT_AND_SEQ: u64 = 0x0000_ffff_ffff_ffff;
        /// ICMP type and sequence number: identifiers are rewritten as ports are.
        const TYPE_AND_SEQ: u64 = 0xff00_0000_0000_ffff;
        let same_label = self.label != 0 && seen.label == self.label;
        if seen.protocol != self.protocol || seen.pair == self.pair {
            return false;
        }
        let agrees = |mask| self.known == 8 && self.lead.agrees(seen.lead, mask);
        match self.protocol {
            TCP => agrees(PORT_AND_SEQ),
            protocol if is_icmp(protocol) => {
                agrees(TYPE_AND_SEQ) && (same_label || self.is_same_echo(seen))
            }
            protocol if has_ports(protocol) => agrees(PORT_AND_LENGTH) && same_label,
            _ => same_label,
        }
    }
}

/// Finds the packet that `quote` quotes, in the error `frame`, captured at `ts` of a capture that began
/// at `start`.
///
/// Of several that fit equally well it is the closest before the error; of the copies of one packet,
/// that seen nearest to its sender.
pub(super) fn find(
    ring: &Ring,
    quote: &Quote<'_>,
    (frame, ts): (FrameRef, Timestamp),
    start: Timestamp,
) -> Original {
    let hashes = ring.hashes(quote.ip.addrs, quote.ip.protocol, Lead::of_ip(&quote.ip));
    let wanted = Wanted::new(quote, &hashes);
    let copies = |first: &Fingerprint| Copies::of(*first, frame.source(), quote.ip.addrs);
    let mut best: Option<(MatchKind, Copies)> = None;
    let mut looked = 0;
    let mut since_segment = 0;
    let mut may_be = false;
    // A flood of errors about what was never sent is not to cost a walk each.
    let never_sent = !ring.direction_seen(&quote.ip.addrs);
    let end = if never_sent {
        WalkEnd::Complete
    } else {
        ring.walk(Chain::Flow, &hashes, |seen| {
            if let Some((MatchKind::Exact, copies)) = &mut best {
                return copies.are_over(seen) || wanted.is_flow(seen) && copies.met(seen);
            }
            if !wanted.is_flow(seen) {
                return false;
            }
            if wanted.is_exact(seen) {
                best = Some((MatchKind::Exact, copies(seen)));
                return false;
            }
            let segment = matches!(best, Some((MatchKind::Segment, _)));
            match &mut best {
                Some((MatchKind::Segment, copies)) => {
                    let nearest = copies.nearest;
                    copies.met(seen);
                    if copies.nearest.is_nearer_than(&nearest) {
                        since_segment = 0;
                    }
                }
                _ if wanted.is_segment(seen) => best = Some((MatchKind::Segment, copies(seen))),
                None if wanted.known >= 4 => best = Some((MatchKind::Flow, copies(seen))),
                _ => {}
            }
            may_be = may_be || wanted.may_be(seen);
            looked += 1;
            since_segment += usize::from(segment);
            since_segment > BETTER_MATCH_DEPTH || looked > FLOW_DEPTH
        })
    };
    if best.is_none() {
        let holds = |seen: &&Fingerprint| seen.length > end_before(&quote.ip);
        let whole = datagram(ring, quote).filter(holds);
        best = whole.map(|seen| (MatchKind::Segment, copies(seen)));
    }
    if best.is_none() {
        ring.walk(Chain::Destination, &hashes, |seen| {
            let fits = wanted.is_translated(seen);
            if fits {
                best = Some((MatchKind::Translated, copies(seen)));
            }
            fits
        });
    }
    if best.is_none() {
        // No chain leads there: of what came last only.
        let redirected = (ring.recent(REDIRECTED_DEPTH)).find(|seen| wanted.is_redirected(seen));
        best = redirected.map(|seen| (MatchKind::Translated, copies(seen)));
    }
    match best {
        Some((match_kind, copies)) => Original::Found {
            match_kind,
            frame: copies.nearest.frame,
            before: ts.since(copies.timed.ts),
            ttl: copies.nearest.ttl,
            last_ttl: copies.last_ttl,
            flags: copies.nearest.flags,
            shown: copies.nearest.shown,
            is_other: match_kind == MatchKind::Flow && !may_be,
        },
        None => Original::None(why_none(ring, quote, end, ts.since(start))),
    }
}

/// The flow of the packet that `quote` quotes as it was sent, where it was found on the other side of a
/// translation.
pub(super) fn sent_as(
    ring: &Ring,
    quote: &Quote<'_>,
    original: Option<Original>,
) -> Option<FlowKey> {
    let Some(Original::Found {
        match_kind: MatchKind::Translated,
        frame,
        ..
    }) = original
    else {
        return None;
    };
    let hashes = ring.hashes(quote.ip.addrs, quote.ip.protocol, Lead::of_ip(&quote.ip));
    let is_it = |seen: &Fingerprint| seen.frame == frame && seen.protocol == quote.ip.protocol;
    let mut found = None;
    ring.walk(Chain::Destination, &hashes, |seen| {
        found = is_it(seen).then_some(*seen);
        found.is_some()
    });
    // The error may be there by now.
    let mut recent = ring.recent(REDIRECTED_DEPTH + 1);
    let found = found.or_else(|| recent.find(|seen| is_it(seen)).copied());
    ring.flow_of(&found?)
}

/// The first fragment of a datagram of which `quote` is a later one, or all of it, as it was before a
/// router took it apart.
pub(super) fn datagram<'r>(ring: &'r Ring, quote: &Quote<'_>) -> Option<&'r Fingerprint> {
    let ip = &quote.ip;
    let (pair, label) = (ring.pair_hash(&ip.addrs), label(ip));
    if !ip.is_later_fragment() || label == 0 || !ring.direction_seen(&ip.addrs) {
        return None;
    }
    ring.recent(DATAGRAM_DEPTH).find(|seen| {
        seen.pair == pair
            && seen.protocol == ip.protocol
            && seen.label == label
            // A later fragment has nothing where the ports are.
            && seen.lead.word() != 0
    })
}

/// What the datagram asks or answers of which `quote` is a later fragment, if it is known.
pub(super) fn query_of_datagram(ring: &Ring, quote: &Quote<'_>) -> Option<Numbered> {
    let (ip, first) = (&quote.ip, datagram(ring, quote)?);
    Numbered::of_lead(ip.version, ip.ends(), ip.protocol, (first.lead, None))
}

/// Length of the packet that ends where a fragment begins, in octets.
fn end_before(ip: &Ip<'_>) -> u32 {
    let header = u32::try_from(ip.header.len()).unwrap_or(u32::MAX);
    let offset = ip.fragment.map_or(0, |place| place.offset);
    header.saturating_add(offset.into())
}

/// What the packet that `quote` quotes tells of a mirror, where the error about it was captured twice:
/// routers answer a packet once, so that it was sent once only, or was captured twice as well.
pub(super) fn mirror(ring: &Ring, quote: &Quote<'_>) -> Mirror {
    let hashes = ring.hashes(quote.ip.addrs, quote.ip.protocol, Lead::of_ip(&quote.ip));
    let wanted = Wanted::new(quote, &hashes);
    let mut newest: Option<Timestamp> = None;
    let mut mirror = Mirror::Unknown;
    let mut looked = 0;
    ring.walk(Chain::Flow, &hashes, |seen| {
        looked += 1;
        if !wanted.is_flow(seen) || !wanted.is_exact(seen) {
            return looked > FLOW_DEPTH;
        }
        let apart = newest.and_then(|newest| newest.since(seen.ts));
        mirror = match newest {
            Some(_) if apart.is_none_or(|apart| apart > MIRROR_WINDOW) => Mirror::Unknown,
            _ => Mirror::AtWork,
        };
        newest.replace(seen.ts).is_some()
    });
    mirror
}

/// Whether packets of the quoted protocol were captured of late between the quoted addresses, to the
/// quoted port: the capture has more than ICMP, has this sender, and no filter of ports kept out what
/// is quoted.
pub(super) fn has_others(ring: &Ring, quote: &Quote<'_>) -> bool {
    let pair = ring.pair_hash(&quote.ip.addrs);
    let protocol = quote.ip.protocol;
    let port = |lead: Lead| has_ports(protocol).then(|| lead.flow_word(protocol) & 0xffff);
    let quoted = port(Lead::of_ip(&quote.ip));
    let mut recent = ring.recent(REDIRECTED_DEPTH);
    tells_flow(quote)
        && recent
            .any(|seen| seen.pair == pair && seen.protocol == protocol && port(seen.lead) == quoted)
}

/// Whether it quotes so much that the flow of the packet is known: ports, or type and identifier.
fn tells_flow(quote: &Quote<'_>) -> bool {
    let ip = &quote.ip;
    let needed = match ip.protocol {
        _ if ip.is_later_fragment() || ip.is_whole() => 0,
        protocol if has_ports(protocol) => 4,
        protocol if is_icmp(protocol) => 6,
        _ => 0,
    };
    ip.payload.len() >= needed
}

fn why_none(ring: &Ring, quote: &Quote<'_>, end: WalkEnd, into: Option<Duration>) -> NoOriginal {
    let portless = has_ports(quote.ip.protocol) && quote.transport == QuotedTransport::None;
    if portless || !tells_flow(quote) {
        match quote.ip.limit {
            _ if quote.ip.is_later_fragment() => NoOriginal::FragmentWithoutPorts,
            Limit::Capture => NoOriginal::QuoteCut,
            _ => NoOriginal::QuoteWithoutPorts,
        }
    } else if end == WalkEnd::Overwritten {
        NoOriginal::Evicted
    } else if into.is_none_or(|into| into < ERROR_DELAY) {
        NoOriginal::BeforeCapture
    } else if !ring.direction_seen(&quote.ip.addrs) {
        NoOriginal::OneSided
    } else {
        NoOriginal::NotCaptured
    }
}

#[cfg(test)]
mod tests;
