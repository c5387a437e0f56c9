//! From the packet an error quotes to the packet that was captured: the match ladder.

mod cut;
mod search;
mod wanted;

use std::time::Duration;

pub(super) use self::cut::Completed;
use self::search::Search;
use self::wanted::ICMP_CHECKSUM;
pub(super) use self::wanted::{Fit, Wanted};
use super::copies::Copies;
use super::flows::{Chain, Fingerprint, Ring, WalkEnd, has_ports, is_icmp};
use super::lead::Lead;
use super::numbered::Numbered;
use super::observation::label;
use super::sighting::{MIRROR_WINDOW, Mirror};
use super::{MatchKind, NoOriginal, Original};
use crate::icmp::{Quote, QuotedTransport};
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::wire::{Ip, Limit};

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

/// Finds the packet that `quote` quotes, in the error `frame`, captured at `ts` of a capture that began
/// at `start`.
///
/// What `is_elsewhere` is of another network. Of several that fit equally well it is the closest before the
/// error; of the copies of one packet, that seen nearest to its sender.
pub(super) fn find(
    ring: &Ring,
    quote: &Quote<'_>,
    (frame, ts): (FrameRef, Timestamp),
    start: Timestamp,
    mut is_elsewhere: impl FnMut(&Fingerprint) -> bool,
) -> Original {
    let hashes = ring.hashes(quote.ip.ends(), quote.ip.protocol, Lead::of_ip(&quote.ip));
    let wanted = Wanted::new(quote, &hashes);
    let (here, addrs) = (frame.source(), quote.ip.ends());
    let copies = |first: &Fingerprint| Copies::of(*first, here, addrs);
    let mut search = Search::new(&wanted, (ts, here), addrs);
    // A flood of errors about what was never sent is not to cost a walk each.
    let never_sent = !ring.direction_seen(&addrs);
    let end = if never_sent {
        WalkEnd::Complete
    } else {
        ring.walk(Chain::Flow, &hashes, |seen| {
            !(wanted.is_flow(seen) && is_elsewhere(seen)) && search.meets(seen)
        })
    };
    // Ports and identifiers tell flows apart; without them it takes the end that is left alone.
    let keeps_an_end = |seen: &Fingerprint| {
        let is_end = |it: AddrPair| it.src() == addrs.src() || it.dst() == addrs.dst();
        wanted.has_ports_or_id() || ring.addrs_of(seen.pair).is_some_and(is_end)
    };
    let may_be = search.may_be();
    let mut best = search.found();
    if best.is_none() {
        let holds = |seen: &&Fingerprint| seen.length > end_before(&quote.ip);
        let whole = datagram(ring, quote).filter(holds);
        best = whole.map(|seen| (MatchKind::Segment, copies(seen)));
    }
    if best.is_none() {
        ring.walk(Chain::Destination, &hashes, |seen| {
            let fits = wanted.is_translated(seen) && keeps_an_end(seen);
            if fits {
                best = Some((MatchKind::Translated, copies(seen)));
            }
            fits
        });
    }
    if best.is_none() {
        // No chain leads there: of what came last only.
        let redirected = (ring.recent(REDIRECTED_DEPTH))
            .find(|seen| wanted.is_redirected(seen) && keeps_an_end(seen));
        best = redirected.map(|seen| (MatchKind::Translated, copies(seen)));
    }
    if best.is_none() {
        let unnumbered = wanted.unnumbered(ring, &hashes, ts);
        best = unnumbered.map(|seen| (MatchKind::Translated, copies(&seen)));
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
    let hashes = ring.hashes(quote.ip.ends(), quote.ip.protocol, Lead::of_ip(&quote.ip));
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
    let label = label(ip);
    if !ip.is_later_fragment() || label == 0 || !ring.direction_seen(&ip.ends()) {
        return None;
    }
    let pair = ring.pair_hash(&ip.ends());
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

/// What the packet that `quote` quotes tells of a mirror, where the error about it was captured twice, in
/// `first` before: routers answer a packet once, so that it was sent once only, or was captured twice as
/// well. What came after the first of them was sent again.
pub(super) fn mirror(ring: &Ring, quote: &Quote<'_>, first: FrameRef) -> Mirror {
    let hashes = ring.hashes(quote.ip.ends(), quote.ip.protocol, Lead::of_ip(&quote.ip));
    let wanted = Wanted::new(quote, &hashes);
    let mut newest: Option<(Timestamp, u8)> = None;
    let mut mirror = Mirror::Unknown;
    let mut is_sent_again = false;
    let mut looked = 0;
    ring.walk(Chain::Flow, &hashes, |seen| {
        looked += 1;
        if !wanted.is_flow(seen) || wanted.fit(seen) < Fit::Lone {
            return looked > FLOW_DEPTH;
        }
        if seen.source() == first.source() && seen.frame > first {
            is_sent_again = true;
            return looked > FLOW_DEPTH;
        }
        // On its next hop it would be so without a mirror.
        let is_twin = |newest: (Timestamp, u8)| {
            let apart = newest.0.since(seen.ts);
            apart.is_none_or(|apart| apart <= MIRROR_WINDOW)
                && (!is_sent_again || newest.1 == seen.ttl)
        };
        mirror = match newest {
            None if is_sent_again => Mirror::Unknown,
            Some(newest) if !is_twin(newest) => Mirror::Unknown,
            _ => Mirror::AtWork,
        };
        newest.replace((seen.ts, seen.ttl)).is_some()
    });
    mirror
}

/// Whether packets of the quoted protocol were captured of late between the quoted addresses, to the
/// quoted port: the capture has more than ICMP, has this sender, and no filter of ports kept out what
/// is quoted. What `is_elsewhere` is of another network.
pub(super) fn has_others(
    ring: &Ring,
    quote: &Quote<'_>,
    is_elsewhere: impl Fn(&Fingerprint) -> bool,
) -> bool {
    let pair = ring.pair_hash(&quote.ip.ends());
    let protocol = quote.ip.protocol;
    let port = |lead: Lead| has_ports(protocol).then(|| lead.flow_word(protocol) & 0xffff);
    let quoted = port(Lead::of_ip(&quote.ip));
    let mut recent = ring.recent(REDIRECTED_DEPTH);
    tells_flow(quote)
        && recent.any(|seen| {
            seen.pair == pair
                && seen.protocol == protocol
                && port(seen.lead) == quoted
                && !is_elsewhere(seen)
        })
}

/// Whether it quotes so much that the flow of the packet is known: ports, or type and identifier.
fn tells_flow(quote: &Quote<'_>) -> bool {
    let ip = &quote.ip;
    let needed = match ip.protocol {
        _ if ip.is_later_fragment() || ip.is_whole() => 0,
        protocol if has_ports(protocol) => 4,
        protocol if is_icmp(protocol) => 6,
        // Of extension headers, what they lead to.
        _ => 4,
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
    } else if !ring.direction_seen(&quote.ip.ends()) {
        NoOriginal::OneSided
    } else {
        NoOriginal::NotCaptured
    }
}

#[cfg(test)]
mod tests;
