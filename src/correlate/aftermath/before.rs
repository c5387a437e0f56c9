//! What a flow did before its first error.

use super::{Hit, Recent, SENT_BEFORE, Sent, furthest};
use crate::correlate::flows::{Chain, Fingerprint, Hashes, Ring};
use crate::correlate::lead::Lead;

/// How many packets before an error are asked for their size.
const SIZES_BEFORE: usize = 8;

#[derive(Default)]
pub(super) struct Before {
    pub(super) largest: Option<u32>,
    /// Behind the furthest octet of TCP payload.
    pub(super) sent_up_to: Option<u32>,
    pub(super) recent: Recent<SENT_BEFORE>,
}

impl Before {
    /// Of the flow that an error hits; what `is_elsewhere` is of another network.
    pub(super) fn of(
        ring: &Ring,
        hashes: &Hashes,
        hit: &Hit,
        mut is_elsewhere: impl FnMut(&Fingerprint) -> bool,
    ) -> Self {
        let flow = &hit.flow;
        let word = Lead::of_flow(flow.ports).flow_word(flow.protocol);
        let mut before = Self::default();
        let mut looked = 0;
        ring.walk(Chain::Flow, hashes, |seen| {
            let same = seen.protocol == flow.protocol
                && seen.pair == hashes.pair
                && seen.lead.flow_word(seen.protocol) == word
                && !is_elsewhere(seen);
            if same {
                before.largest = before.largest.max(Some(seen.length));
                (before.recent).knows(Sent::before(seen, hit.version, flow.addrs));
                if seen.data > 0 {
                    let end = seen.lead.seq().wrapping_add(seen.data);
                    before.sent_up_to = furthest(before.sent_up_to, Some(end));
                }
            }
            looked += 1;
            looked >= SIZES_BEFORE
        });
        before
    }
}
