//! Errors captured a moment before the packets that they quote: a host that captures with several receive
//! queues does not get packets in their order.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::Correlator;
use super::aftermath::Hit;
use super::errors::fate;
use super::flows::Ring;
use super::lead::Lead;
use super::observation::Observation;
use super::query::QueryKey;
use super::quoted::{Fit, Wanted};
use super::sighting::Sighting;
use super::traces::ProbeAnswer;
use super::verdict::{DropReason, Evidence};
use super::verdicts::{Answered, Reported, Unfit, VerdictKey, Verdicts};
use super::{MatchKind, Original};
use crate::model::{AddrPair, FrameRef, Timestamp};

/// An error and its original out of order have times that differ by no more.
const OUT_OF_ORDER: Duration = Duration::from_millis(5);
/// Errors whose very packet was not captured yet: this many of the last.
const KEPT: usize = 16;

/// The last of them.
#[derive(Debug, Default)]
pub(super) struct HastyErrors {
    last: VecDeque<HastyError>,
}

/// One, with all that it does once its packet is captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct HastyError {
    wanted: Wanted,
    addrs: AddrPair,
    verdict: VerdictKey,
    reason: DropReason,
    answered: Answered,
    /// The packet of its flow that was taken for its own, if its verdict names that for this error alone.
    mistaken: Option<FrameRef>,
    never_sent: bool,
    /// What seemed wrong with it without that packet.
    unfit: Option<Unfit>,
    hit: Hit,
    request: Option<(QueryKey, Option<u32>, Sighting)>,
    from: IpAddr,
    frame: FrameRef,
    ts: Timestamp,
    shown: bool,
}

impl HastyError {
    /// Of an error that is not added to its verdict yet, unless its very packet is known, or nothing would
    /// tell it from the next.
    pub(super) fn of(
        ring: &Ring,
        error: &Reported<'_, '_>,
        verdicts: &Verdicts,
        hit: Hit,
        request: Option<(QueryKey, Option<u32>, Sighting)>,
    ) -> Option<Self> {
        let (verdict, reason) = error.verdict()?;
        let mistaken = match error.original? {
            Original::Found {
                match_kind: MatchKind::Flow,
                frame,
                is_other: false,
                ..
            } => {
                let is_named = verdicts.has_original(&verdict, frame);
                (!is_named).then_some(frame)
            }
            Original::None(_)
            | Original::Found {
                match_kind: MatchKind::Flow,
                ..
            } => None,
            Original::Found { .. } => return None,
        };
        let ip = &error.quote.ip;
        let hashes = ring.hashes(ip.ends(), ip.protocol, Lead::of_ip(ip));
        let wanted = Wanted::new(error.quote, &hashes);
        (wanted.is_identified() && error.evidence == Evidence::Captured).then_some(Self {
            wanted,
            addrs: ip.ends(),
            verdict,
            reason,
            answered: Answered::of(error),
            mistaken,
            never_sent: error.never_sent,
            unfit: error.unfit().filter(|unfit| *unfit == Unfit::OutOfWindow),
            hit,
            request,
            from: error.ip.src(),
            frame: error.frame,
            ts: error.ts,
            shown: error.shown,
        })
    }

    fn is_near(&self, ts: Timestamp) -> bool {
        (self.ts.apart(ts)).is_some_and(|apart| apart <= OUT_OF_ORDER)
    }
}

impl HastyErrors {
    pub(super) fn add(&mut self, error: &HastyError) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(*error);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// Where the error is about the packet that the ring took last, at `ts`.
    #[cold]
    pub(super) fn about_last(&mut self, ring: &Ring, ts: Timestamp) -> Option<usize> {
        if !self.last.back().is_some_and(|error| error.is_near(ts)) {
            self.last.clear();
            return None;
        }
        let seen = ring.recent(1).next()?;
        let is_about = |error: &HastyError| {
            error.is_near(ts) && error.wanted.is_flow(seen) && error.wanted.fit(seen) >= Fit::Lone
        };
        self.last.iter().position(is_about)
    }
}

impl Correlator {
    /// Takes the packet of the error that stands at `at` among those that came before theirs.
    #[cold]
    pub(super) fn refused_before(&mut self, at: usize, packet: &Observation, shown: bool) {
        let Some(error) = self.hasty.last.remove(at) else {
            return;
        };
        let original = (packet.frame, packet.ttl, shown);
        (self.verdicts).found_late(&error.verdict, error.answered, original, |verdict| {
            verdict.never_sent -= u64::from(error.never_sent).min(verdict.never_sent);
            verdict.uncount_unfit(error.unfit, error.frame);
            if let Some(mistaken) = error.mistaken {
                verdict.forget_original(mistaken);
            }
        });
        if error.hit.flow == packet.flow() {
            (self.followed).dropped_before(packet, error.hit.link(), error.ts);
        }
        if let Some((key, id, seen)) = error.request {
            let _ = self.request_failed(key, (id, error.reason), seen);
        }
        let answer = ProbeAnswer {
            addrs: error.addrs,
            protocol: packet.protocol,
            lead: packet.lead,
            ttl: packet.ttl,
            probe: packet.frame,
            frame: error.frame,
            from: error.from,
            rtt: None,
            ttl_back: error.answered.ttl_back,
            ts: packet.ts,
            mpls: None,
            fate: fate(error.reason, error.from, (error.addrs, packet.protocol)),
            tunnel: None,
            shown: error.shown,
        };
        let displaced = self.trace(Some((answer, error.reason)));
        self.tell_paths(displaced);
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::correlate::Outcome;
    use crate::correlate::exchange::ExchangeOutcome;
    use crate::correlate::replay::{Replay, error};
    use crate::correlate::verdict::{AftermathOutcome, DropVerdict};

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 9, 0, 3];

    fn numbered(mut packet: Vec<u8>, number: u8) -> Vec<u8> {
        packet[5] = number;
        packet
    }

    fn datagram(port: u16, number: u8) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(CLIENT, SERVER, 64)
            .udp(port, 53)
            .write(&mut packet, b"who is there")
            .unwrap();
        numbered(packet, number)
    }

    /// What is made of an error, and of this datagram so many milliseconds later.
    fn refused(later: i64, number: u8) -> DropVerdict {
        let mut play = Replay::new();
        play.at(0, &datagram(4000, 1));
        let sent = datagram(4001, 2);
        play.at(20_000, &error(SERVER, [3, 3, 0, 0, 0, 0, 0, 0], &sent));
        play.at(20_000 + later, &datagram(4001, number));
        play.at(60_000, &datagram(4000, 9));
        let mut verdicts = play.verdicts();
        assert_eq!(verdicts.len(), 1);
        verdicts.remove(0)
    }

    #[test]
    fn the_packet_of_an_error_may_come_a_moment_after_it() {
        let verdict = refused(1, 2);
        let originals: Vec<_> = verdict
            .original_frames
            .iter()
            .map(|it| it.number())
            .collect();
        assert_eq!(originals, [3]);
        assert_eq!((verdict.never_sent, verdict.original_count), (0, 1));
        assert_eq!(verdict.original_ttl, Some(64));
        assert_eq!(verdict.aftermath.packets, 0);
        assert!(verdict.aftermath.size_before.is_some());
        // Another one of the flow, or one that comes too late for that.
        for other in [refused(1, 3), refused(6, 2)] {
            assert_eq!((other.never_sent, other.original_count), (1, 0));
            assert_eq!(other.aftermath.packets, 1);
        }
    }

    #[test]
    fn what_was_sent_after_the_first_error_counts_though_its_own_came_before_it() {
        let mut play = Replay::new();
        for (at, number) in [(20_000, 1), (20_400, 2), (20_800, 3)] {
            let sent = datagram(4001, number);
            play.at(at, &error(SERVER, [3, 3, 0, 0, 0, 0, 0, 0], &sent));
            play.at(at + 1, &sent);
        }
        play.at(60_000, &datagram(4000, 9));
        let verdicts = play.verdicts();
        assert_eq!((verdicts[0].count, verdicts[0].hasty), (3, 3));
        let after = verdicts[0].aftermath;
        assert_eq!(after.outcome, AftermathOutcome::Retransmitting);
        assert_eq!(after.packets, 2);
    }

    #[test]
    fn a_ping_that_was_refused_before_is_not_lost() {
        let mut play = Replay::new();
        for seq in 1..=3 {
            let mut asked = Vec::new();
            PacketBuilder::ipv4(CLIENT, SERVER, 64)
                .icmpv4_echo_request(3, seq)
                .write(&mut asked, b"ping")
                .unwrap();
            let asked = numbered(asked, u8::try_from(seq).unwrap());
            let at = i64::from(seq) * 1000;
            play.at(
                at,
                &error([10, 0, 0, 254], [3, 1, 0, 0, 0, 0, 0, 0], &asked),
            );
            play.at(at + 1, &asked);
        }
        play.at(60_000, &datagram(4000, 9));
        let (mut exchanges, mut verdicts) = (Vec::new(), Vec::new());
        for outcome in play.end() {
            match outcome {
                Outcome::Exchange(exchange) => exchanges.push(exchange.outcome),
                Outcome::Drop(verdict) => verdicts.push(verdict),
                _ => {}
            }
        }
        assert_eq!(exchanges, [ExchangeOutcome::Error; 3]);
        let originals = &verdicts[0].original_frames;
        let numbers: Vec<_> = originals.iter().map(|it| it.number()).collect();
        assert_eq!(numbers, [2, 4, 6]);
        assert_eq!(verdicts[0].original_count, 3);
    }

    #[test]
    fn few_are_kept() {
        let mut play = Replay::new();
        for number in 0..=100 {
            let sent = datagram(5000 + u16::from(number), number + 1);
            play.at(20_000, &error(SERVER, [3, 3, 0, 0, 0, 0, 0, 0], &sent));
        }
        assert_eq!(play.correlator().hasty.last.len(), KEPT);
    }
}
