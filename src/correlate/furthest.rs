//! How far packets came that nobody answers, where the capture has several points of their way.

use super::flows::{Chain, Fingerprint, Ring};
use super::lead::Lead;
use super::unanswered::SHORTEST_TIMEOUT;
use crate::model::{FlowKey, FrameRef, SourceId};

/// How many packets are searched for others that went the same way.
const OTHERS: usize = 1 << 11;
/// Others that came further: this many are looked at.
const FURTHER: usize = 32;

/// Where those packets of a flow that `fits` were last seen on their way, if others from the same host to
/// the same destination, which were seen where these were first, came further.
pub(super) fn last_seen(
    ring: &Ring,
    flow: &FlowKey,
    fits: impl Fn(&Fingerprint) -> bool,
) -> Option<FrameRef> {
    let lead = Lead::of_flow(flow.ports);
    let hashes = ring.hashes(flow.addrs, flow.protocol, lead);
    let word = lead.flow_word(flow.protocol);
    let mut ends: Option<(Fingerprint, Fingerprint)> = None;
    ring.walk(Chain::Flow, &hashes, |seen| {
        let is_flow = seen.protocol == flow.protocol
            && seen.pair == hashes.pair
            && seen.lead.flow_word(seen.protocol) == word;
        if is_flow && fits(seen) {
            // Routers only ever lower the TTL; of several clocks, time does not tell the order.
            let (first, last) = ends.unwrap_or((*seen, *seen));
            ends = Some((
                if seen.ttl > first.ttl { *seen } else { first },
                if seen.ttl <= last.ttl { *seen } else { last },
            ));
        }
        false
    });
    let (first, last) = ends?;
    let recent = || ring.recent(OTHERS).filter(|seen| seen.pair == hashes.pair);
    // A capture filter may have kept the whole protocol out there.
    let has_such = |source: SourceId| {
        let mut there = ring.recent(OTHERS).filter(|seen| seen.source() == source);
        there.any(|seen| seen.protocol == flow.protocol)
    };
    let further = recent().filter(|seen| seen.ttl < last.ttl).take(FURTHER);
    let further: Vec<_> = further.filter(|seen| has_such(seen.source())).collect();
    if further.is_empty() {
        return None;
    }
    let is_there = |seen: &Fingerprint| seen.ttl == first.ttl && seen.source() == first.source();
    let came_further = recent()
        .filter(|seen| is_there(seen))
        .any(|seen| further.iter().any(|copy| is_copy(copy, seen)));
    came_further.then_some(last.frame)
}

/// Whether two fingerprints are of one packet, at two points of its way.
fn is_copy(one: &Fingerprint, other: &Fingerprint) -> bool {
    one.protocol == other.protocol
        && one.label == other.label
        && one.lead == other.lead
        && one.length == other.length
        && (one.ts.apart(other.ts)).is_some_and(|apart| apart < SHORTEST_TIMEOUT)
}
