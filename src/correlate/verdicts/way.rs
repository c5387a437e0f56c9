//! How far the dropper of a packet is, by the TTLs of the packet, its quote and the error.

use super::Reported;
use crate::correlate::MatchKind;
use crate::correlate::verdict::{DropReason, DropVerdict, Hops};
use crate::icmp::payload;
use crate::model::Frame;
use crate::wire::{Packet, link};

/// What an error tells of the way of the packet that it answers.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct Answered {
    quoted_ttl: u8,
    /// TTL that the error was captured with.
    pub(in crate::correlate) ttl_back: Option<u8>,
    captured: Captured,
}

impl Answered {
    pub(in crate::correlate) fn of(error: &Reported<'_, '_>) -> Self {
        Self {
            quoted_ttl: error.quote.ip.ttl,
            ttl_back: error.ip.hop_limit(),
            captured: error.captured,
        }
    }

    /// Adds the distance that a packet tells, which fits so and was captured with these TTLs, nearest to
    /// its sender and last.
    pub(super) fn distance(
        self,
        verdict: &mut DropVerdict,
        (match_kind, ttl, last_ttl): (MatchKind, u8, u8),
    ) {
        if self.captured == Captured::AtDropper && verdict.reason != DropReason::TtlExceeded {
            verdict.hops_to_dropper = Some(Hops {
                count: 0,
                estimate: false,
            });
            return;
        }
        // A router that sends nothing back in between only ever lowers the TTL.
        let Some(spent) = ttl.checked_sub(self.quoted_ttl) else {
            return;
        };
        let mut hops = hops(verdict.reason, spent, self.quoted_ttl);
        // A filter may refuse a packet after its TTL was decremented (nftables' forward hook does), the
        // destination never. The error's own TTL tells which, if it came back the same way: that is measured
        // from where both were seen nearest to the dropper.
        let way_back = (self.ttl_back).and_then(|ttl| payload::hops(ttl).checked_add(1));
        if hops.estimate
            && verdict.dropper != verdict.flow.addrs.dst()
            && way_back.is_some()
            && way_back == last_ttl.checked_sub(self.quoted_ttl)
        {
            hops.count = spent;
        }
        // Where it was seen on both sides of a router, that may be the one.
        let is_as_far_back =
            ttl == last_ttl && way_back.is_some() && way_back == spent.checked_add(1);
        hops.estimate &= verdict.reason != DropReason::FragmentationNeeded || !is_as_far_back;
        if match_kind != MatchKind::Flow {
            verdict.ttl_spent = Some(spent);
            verdict.hops_to_dropper = Some(hops);
        } else if verdict.hops_to_dropper.is_none_or(|known| known.estimate) {
            // Another packet of the flow; all of them travel as far, but for a traceroute's.
            verdict.hops_to_dropper = Some(Hops {
                estimate: true,
                ..hops
            });
        }
    }
}

/// Where an error was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::correlate) enum Captured {
    /// On the host that sent it.
    AtDropper,
    OnTheWay,
}

impl Captured {
    pub(in crate::correlate) fn of(frame: &Frame<'_>, packet: &Packet<'_>) -> Self {
        let addrs = packet.ip.addrs;
        // A router's link says the same of what it forwards.
        let is_new = (packet.ip.hop_limit()).is_some_and(|ttl| payload::hops(ttl) == 0);
        let goes_out = || is_new && packet.tunnels.is_empty() && link::goes_out(frame);
        if addrs.src() == addrs.dst() || goes_out() {
            Self::AtDropper
        } else {
            Self::OnTheWay
        }
    }
}

/// Hops to the dropper, counting it. Linux checks for a spent TTL and for the MTU before it
/// decrements, so the quote still holds the TTL that arrived; others decrement first. Where a tunnel begins
/// the MTU is that of its device, behind forwarding (`tnl_update_pmtu()` in `net/ipv4/ip_tunnel.c`).
fn hops(reason: DropReason, spent: u8, quoted_ttl: u8) -> Hops {
    let checked_first = reason != DropReason::TtlExceeded || quoted_ttl > 0;
    Hops {
        count: spent.saturating_add(u8::from(checked_first)),
        estimate: reason != DropReason::TtlExceeded,
    }
}
