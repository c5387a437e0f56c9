//! Whether a port that refuses was open before, and whose it was.

use std::cmp::Ordering;

use crate::correlate::flows::{Chain, Fingerprint, Ring, WalkEnd, has_ports};
use crate::correlate::lead::Lead;
use crate::correlate::verdict::{Role, WasOpen};
use crate::model::{FlowKey, Timestamp};
use crate::wire::ip::protocol::TCP;

/// What the capture has of the destination of `flow` sending from its port, which is what `answer`
/// is, up to now. Of TCP nothing: there a connection tells. With each are told packets of other networks.
pub(super) fn was_open(
    ring: &Ring,
    (flow, is_elsewhere): (&FlowKey, impl Fn(&Fingerprint) -> bool),
    (answer, answers_elsewhere): (&FlowKey, impl Fn(&Fingerprint) -> bool),
) -> Option<WasOpen> {
    if flow.protocol == TCP || !has_ports(flow.protocol) {
        return None;
    }
    let mut last = None;
    walk(ring, answer, |seen| {
        last = Some(seen.frame).filter(|_| !answers_elsewhere(seen));
        last.is_some()
    });
    let last = last?;
    let role = Role::of_destination(flow.ports).or_else(|| {
        let asked = first(ring, flow, &is_elsewhere)?;
        let answered = first(ring, answer, &answers_elsewhere)?;
        match asked.cmp(&answered) {
            Ordering::Less => Some(Role::Server),
            Ordering::Equal => None,
            Ordering::Greater => Some(Role::Client),
        }
    });
    Some(WasOpen { last, role })
}

/// When the first packet of a flow came, if the ring still holds all of them.
fn first(
    ring: &Ring,
    flow: &FlowKey,
    is_elsewhere: impl Fn(&Fingerprint) -> bool,
) -> Option<Timestamp> {
    let mut first = None;
    let end = walk(ring, flow, |seen| {
        if !is_elsewhere(seen) {
            first = Some(seen.ts);
        }
        false
    });
    first.filter(|_| end == WalkEnd::Complete)
}

/// When the earliest packet came of a flow that the ring still holds.
pub(super) fn first_known(ring: &Ring, flow: &FlowKey) -> Option<Timestamp> {
    let mut first: Option<Timestamp> = None;
    walk(ring, flow, |seen| {
        first = Some(first.map_or(seen.ts, |known| known.min(seen.ts)));
        false
    });
    first
}

/// Walks the packets of a flow from the newest back, until `visit` is content.
fn walk(ring: &Ring, flow: &FlowKey, mut visit: impl FnMut(&Fingerprint) -> bool) -> WalkEnd {
    let lead = Lead::of_flow(flow.ports);
    let hashes = ring.hashes(flow.addrs, flow.protocol, lead);
    ring.walk(Chain::Flow, &hashes, |seen| {
        let same = seen.protocol == flow.protocol
            && seen.pair == hashes.pair
            && seen.lead.word() == lead.word();
        same && visit(seen)
    })
}
