//! What a quote lacks that was cut, taken from the captured packet that it has to be of.

use super::{ERROR_DELAY, FLOW_DEPTH, Wanted};
use crate::correlate::flows::{Chain, Fingerprint, Lead, Ring, has_ports};
use crate::icmp::Quote;
use crate::model::Timestamp;
use crate::wire::IpVersion;

/// How the transport of a packet begins whose quote, in an error captured at `ts`, ends before that:
/// cut by the snap length, or by who sent it. The IPv4 header tells the packet, as the only one of late
/// between the two hosts with this identification (RFC 6864) and length; `None` where it does not.
pub(in crate::correlate) fn missing_octets(
    ring: &Ring,
    quote: &Quote<'_>,
    ts: Timestamp,
) -> Option<[u8; Lead::OCTETS]> {
    let ip = &quote.ip;
    let is_cut = ip.payload.len() < Lead::OCTETS && !ip.is_whole() && !ip.is_later_fragment();
    let is_numbered = ip.version == IpVersion::V4 && ip.id.is_some_and(|id| id != 0);
    if !is_cut || !is_numbered || !ring.direction_seen(&ip.addrs) {
        return None;
    }
    let hashes = ring.hashes(ip.addrs, ip.protocol, Lead::of_ip(ip));
    let wanted = Wanted::new(quote, &hashes);
    let mut found = None;
    let mut looked = 0;
    let mut is_another = false;
    let mut visit = |seen: &Fingerprint| {
        if wanted.is_numbered_as(seen) && ts.since(seen.ts).is_none_or(|age| age <= ERROR_DELAY) {
            let first = *found.get_or_insert(seen.lead);
            is_another = !first.agrees(seen.lead, !wanted.checksum());
        }
        looked += 1;
        is_another || looked > FLOW_DEPTH
    };
    if !has_ports(ip.protocol) {
        ring.walk(Chain::Destination, &hashes, visit);
    } else if wanted.known >= 4 {
        ring.walk(Chain::Flow, &hashes, visit);
    } else {
        // No chain leads there without the ports.
        ring.recent(FLOW_DEPTH).any(&mut visit);
    }
    found.filter(|_| !is_another).map(Lead::octets)
}

impl Wanted {
    /// Whether `seen` can be this packet by what the IPv4 header and the known octets tell, and is no
    /// later fragment, which has the same number.
    fn is_numbered_as(&self, seen: &Fingerprint) -> bool {
        seen.protocol == self.protocol
            && seen.pair == self.pair
            && seen.label == self.label
            && seen.length == self.length
            && seen.lead != Lead::default()
            && self.same_lead(seen)
    }
}
