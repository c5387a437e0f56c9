//! How far the dropper of a packet is, by the TTLs of the packet, its quote and the error.

use super::Reported;
use crate::correlate::MatchKind;
use crate::correlate::sighting::Passage;
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
        // How long a packet lived is counted from where it was seen first.
        let host =
            (self.at_host(ttl, last_ttl)).filter(|_| verdict.reason != DropReason::TtlExceeded);
        let from = host.map_or(spent, |host| host.ttl.saturating_sub(self.quoted_ttl));
        let mut hops = hops(verdict.reason, from, self.quoted_ttl);
        // A filter may refuse a packet after its TTL was decremented (nftables' forward hook does), the
        // destination never. The error's own TTL tells which, if it came back the same way: that is measured
        // from where both were seen nearest to the dropper.
        let back = host.map_or(self.ttl_back, |host| host.ttl_back);
        let way_back = back.and_then(|ttl| payload::hops(ttl).checked_add(1));
        let last_ttl = host.map_or(last_ttl, |host| host.ttl);
        if hops.estimate
            && !verdict.is_by_destination()
            && way_back.is_some()
            && way_back == last_ttl.checked_sub(self.quoted_ttl)
        {
            hops.count = from;
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

    /// What this is at the host where it was captured, if that passed both on: it lowers TTLs by one, and
    /// what leaves it translated came to it as that.
    fn at_host(self, ttl: u8, last_ttl: u8) -> Option<AtHost> {
        let Captured::OnTheWay(passage) = self.captured else {
            return None;
        };
        let is_seen_leaving = ttl.checked_sub(1) == Some(last_ttl);
        let (left_with, ttl_back) = match passage {
            Passage::Entered if is_seen_leaving => (last_ttl, self.ttl_back),
            Passage::Left if is_seen_leaving || ttl == last_ttl => (
                ttl.checked_sub(1)?,
                self.ttl_back.and_then(|ttl| ttl.checked_add(1)),
            ),
            _ => return None,
        };
        (left_with >= self.quoted_ttl).then_some(AtHost {
            ttl: left_with,
            ttl_back,
        })
    }
}

/// TTLs of a packet and of the error about it at a host that passed both on, and is captured on all its
/// interfaces: between it and the dropper.
#[derive(Clone, Copy, Debug)]
struct AtHost {
    ttl: u8,
    ttl_back: Option<u8>,
}

/// Where an error was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::correlate) enum Captured {
    /// On the host that sent it.
    AtDropper,
    /// On the way, at a host that it came to or left, where that is known.
    OnTheWay(Passage),
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
            Self::OnTheWay(Passage::of(frame))
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

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use crate::correlate::replay::{self, Replay};

    const CLIENT: [u8; 4] = [198, 51, 100, 1];
    const TRANSLATOR: [u8; 4] = [203, 0, 113, 1];
    const SERVER: [u8; 4] = [10, 11, 1, 1];
    const ROUTER: [u8; 4] = [10, 11, 2, 1];
    const ENTERS: u8 = 0;
    const LEAVES: u8 = 4;

    fn sent(dst: [u8; 4], ttl: u8) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(CLIENT, dst, ttl)
            .udp(4000, 53)
            .write(&mut packet, b"who is there")
            .unwrap();
        packet[5] = 7;
        packet
    }

    /// An error of that host about a packet to `dst` that was quoted with this TTL, and has this itself.
    fn refused(src: [u8; 4], (dst, quoted): ([u8; 4], u8), ttl: u8) -> Vec<u8> {
        let mut error = replay::error(src, [3, 13, 0, 0, 0, 0, 0, 0], &sent(dst, quoted));
        error[8] = ttl;
        error[4..6].copy_from_slice(&[0, 9]);
        error
    }

    /// Who dropped what, how far away, and whether that is the destination.
    fn told(captured: &[(u8, Vec<u8>)]) -> Vec<(String, u8, bool)> {
        let mut play = Replay::new();
        for (millis, (passage, packet)) in (1..).zip(captured) {
            play.at_host(millis, *passage, packet);
        }
        let told = play.verdicts().into_iter().map(|verdict| {
            let hops = verdict.hops_to_dropper.unwrap().count;
            let is_destination = verdict.is_by_destination();
            (verdict.dropper.to_string(), hops, is_destination)
        });
        told.collect()
    }

    /// Its neighbor refuses a packet before it lowers the TTL, or after.
    #[test]
    fn a_host_that_passes_packets_on_is_no_hop_of_its_own() {
        for quoted in [63, 62] {
            let captured = [
                (ENTERS, sent(SERVER, 64)),
                (LEAVES, sent(SERVER, 63)),
                (ENTERS, refused(ROUTER, (SERVER, quoted), 64)),
                (LEAVES, refused(ROUTER, (SERVER, quoted), 63)),
            ];
            let expected = [("10.11.2.1".to_owned(), 1, false)];
            assert_eq!(told(&captured), expected, "{quoted}");
        }
        // The destination, which lowers nothing, behind the neighbor.
        let captured = [
            (ENTERS, sent(SERVER, 64)),
            (LEAVES, sent(SERVER, 63)),
            (ENTERS, refused(SERVER, (SERVER, 62), 63)),
        ];
        assert_eq!(told(&captured), [("10.11.1.1".to_owned(), 2, true)]);
    }

    #[test]
    fn both_sides_of_a_translation_are_as_far_away() {
        let captured = [
            (ENTERS, sent(TRANSLATOR, 63)),
            (LEAVES, sent(SERVER, 62)),
            (ENTERS, refused(ROUTER, (SERVER, 61), 64)),
            (LEAVES, refused(TRANSLATOR, (TRANSLATOR, 61), 63)),
        ];
        let expected = [("10.11.2.1", 1, false), ("203.0.113.1", 1, false)];
        let expected = expected.map(|(by, hops, is_it)| (by.to_owned(), hops, is_it));
        assert_eq!(told(&captured), expected);
    }

    /// In a loop it is seen more than once each way.
    #[test]
    fn what_comes_by_again_and_again_is_counted_from_where_it_was_seen_first() {
        let passes = |ttl| {
            let passage = if ttl % 2 == 0 { ENTERS } else { LEAVES };
            (passage, sent(SERVER, ttl))
        };
        let mut captured: Vec<_> = (59..=64).rev().map(passes).collect();
        captured.push((ENTERS, refused(ROUTER, (SERVER, 58), 64)));
        assert_eq!(told(&captured), [("10.11.2.1".to_owned(), 6, false)]);
    }
}
