//! Replies that were dropped, of which an error tells when their requests were told as answered long
//! ago: who waits for fragments waits for half a minute and more (RFC 1122 section 3.3.2).
//!
//! Nothing is kept of a request for that: it and its reply are looked for among the fingerprints of
//! what was captured.

use super::undelivered::DroppedReply;
use super::{ExchangeEvent, Exchanges};
use crate::correlate::copies::Likeness;
use crate::correlate::exchange::{Began, Exchange, ExchangeEnd, ExchangeKind, ExchangeOutcome};
use crate::correlate::flows::{Chain, Fingerprint, Ring};
use crate::correlate::lead::Lead;
use crate::correlate::numbered::leads;
use crate::correlate::query::QueryKey;
use crate::correlate::sighting::{COPY_WINDOW, Sighting};
use crate::model::{AddrPair, FrameRef, Timestamp};
use crate::wire::IpVersion;
use crate::wire::ip::protocol;

/// Queries or replies of one number between two hosts, as the ring has them.
struct Alike<'r> {
    ring: &'r Ring,
    addrs: AddrPair,
    lead: Lead,
    /// Which octets of that tell.
    mask: u64,
}

impl Alike<'_> {
    /// Gives them to `visit`, the newest first, until that is content.
    fn walk(&self, mut visit: impl FnMut(&Fingerprint) -> bool) {
        let protocol = match IpVersion::of(self.addrs.src()) {
            IpVersion::V4 => protocol::ICMP,
            IpVersion::V6 => protocol::IPV6_ICMP,
        };
        let hashes = self.ring.hashes(self.addrs, protocol, self.lead);
        self.ring.walk(Chain::Flow, &hashes, |seen| {
            let is_one = seen.protocol == protocol
                && seen.pair == hashes.pair
                && seen.lead.agrees(self.lead, self.mask);
            is_one && visit(seen)
        });
    }

    /// The newest of them that `fits`.
    fn newest(&self, fits: impl Fn(&Fingerprint) -> bool) -> Option<Fingerprint> {
        let mut newest = None;
        self.walk(|seen| {
            newest = fits(seen).then_some(*seen);
            newest.is_some()
        });
        newest
    }

    /// When one came after this that is no copy of it.
    fn next_after(&self, this: &Fingerprint) -> Timestamp {
        let mut next = Timestamp::MAX;
        self.walk(|seen| {
            if seen.ts > this.ts && !self.is_copy(seen, this) {
                next = seen.ts;
            }
            seen.ts <= this.ts
        });
        next
    }

    /// Whether others than this came between two times.
    fn has_others(&self, this: &Fingerprint, from: Timestamp, until: Timestamp) -> bool {
        let is_other =
            |seen: &Fingerprint| (from..until).contains(&seen.ts) && !self.is_copy(seen, this);
        self.newest(is_other).is_some()
    }

    fn is_copy(&self, one: &Fingerprint, other: &Fingerprint) -> bool {
        one.likeness(other, self.addrs) == Likeness::Same
    }

    /// The first of those that are one packet with this one.
    fn first_copy(&self, of: Fingerprint) -> Fingerprint {
        let mut first = of;
        self.walk(|seen| {
            if seen.ts <= first.ts && self.is_copy(seen, &of) {
                first = *seen;
            }
            first
                .ts
                .since(seen.ts)
                .is_some_and(|apart| apart > COPY_WINDOW)
        });
        first
    }
}

impl Exchanges {
    /// A reply was dropped, as the error that is seen so says; its request is not kept.
    #[cold]
    pub(super) fn reply_dropped_late(
        &mut self,
        dropped: &DroppedReply,
        seen: &Sighting,
        ring: Option<&Ring>,
        tell: &mut impl FnMut(ExchangeEvent),
    ) {
        // What was evicted is not known to have been told as answered.
        let Some(ring) = ring.filter(|_| self.evicted == 0) else {
            return;
        };
        let Some(told) = self.told_as_answered(dropped, seen.ts, ring) else {
            return;
        };
        self.undelivered.add(told.request, dropped.by);
        let lost = Exchange {
            outcome: ExchangeOutcome::Lost,
            reply_dropped: Some(dropped.by),
            ..told
        };
        if lost.shown {
            tell(ExchangeEvent::Decided(Exchange { rtt: None, ..lost }));
        }
        tell(ExchangeEvent::Late(lost));
    }

    /// The exchange of a reply that was captured before `now`, as it was told.
    fn told_as_answered(
        &self,
        dropped: &DroppedReply,
        now: Timestamp,
        ring: &Ring,
    ) -> Option<Exchange> {
        let key = &dropped.key;
        let (request, reply, mask) = leads(key)?;
        let alike = |addrs, lead| Alike {
            ring,
            addrs,
            lead,
            mask,
        };
        let requests = alike(key.addrs, request);
        let replies = alike(key.addrs.reversed(), reply);
        let number = dropped.ip_id.filter(|id| *id != 0);
        let reply = replies
            .newest(|seen| seen.ts <= now && number.is_none_or(|number| seen.label == number))?;
        let request = requests.newest(|seen| seen.ts <= reply.ts)?;
        let first = requests.first_copy(request);
        let until = requests.next_after(&request);
        let rtt = (reply.ts.since(request.ts)).filter(|rtt| *rtt <= self.timeout)?;
        let is_told = self.undelivered.is_told_of(first.frame);
        if is_told || self.keeps(key, first.frame) || replies.has_others(&reply, first.ts, until) {
            return None;
        }
        let [_, code, ..] = reply.lead.octets();
        Some(Exchange {
            kind: key.kind,
            addrs: key.addrs,
            id: Some(key.id),
            seq: Some(key.seq),
            request: first.frame,
            requested: first.ts,
            end: Some(ExchangeEnd::Reply(reply.frame)),
            rtt: Some(rtt),
            request_length: None,
            refused: None,
            message_length: None,
            request_ttl: first.ttl,
            request_points: 1,
            reply_ttl: Some(reply.ttl),
            outcome: ExchangeOutcome::Answered,
            refusal: (key.kind == ExchangeKind::ExtendedEcho && code != 0).then_some(code),
            duplicates: 0,
            corrupted: 0,
            one_sided_possible: false,
            request_part: None,
            reply_part: None,
            dropped: None,
            reply_dropped: None,
            reply_began: Began::NotSeen,
            told_unsolicited: false,
            shown: first.shown || reply.shown,
        })
    }

    /// Whether a request is kept under `key`.
    fn keeps(&self, key: &QueryKey, request: FrameRef) -> bool {
        let newest = self.table.find(key);
        newest.is_some_and(|newest| {
            let mut kept = self.newest_first(newest);
            kept.any(|(_, open)| open.request == request)
        })
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use crate::correlate::Outcome;
    use crate::correlate::exchange::ExchangeOutcome;
    use crate::correlate::replay::{self, Replay};

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];

    fn request(id: u16) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(CLIENT, SERVER, 64)
            .icmpv4_echo_request(7, 3)
            .write(&mut packet, b"who is there")
            .unwrap();
        packet[4..6].copy_from_slice(&id.to_be_bytes());
        packet
    }

    fn reply(id: u16) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv4(SERVER, CLIENT, 60)
            .icmpv4_echo_reply(7, 3)
            .write(&mut packet, b"who is there")
            .unwrap();
        packet[4..6].copy_from_slice(&id.to_be_bytes());
        packet
    }

    /// Who asked waited for fragments of this reply in vain.
    fn incomplete(reply: &[u8]) -> Vec<u8> {
        replay::error(CLIENT, [11, 1, 0, 0, 0, 0, 0, 0], reply)
    }

    /// The frames of requests that were told as answered, and of those told as lost later.
    fn told(play: Replay) -> (Vec<u64>, Vec<u64>) {
        let (mut answered, mut lost) = (Vec::new(), Vec::new());
        for outcome in play.end() {
            match outcome {
                Outcome::Exchange(exchange) => {
                    assert_eq!(exchange.outcome, ExchangeOutcome::Answered);
                    answered.push(exchange.request.number());
                }
                Outcome::LateError(exchange) => {
                    assert_eq!(exchange.outcome, ExchangeOutcome::Lost);
                    assert!(exchange.lost_on_way_back());
                    lost.push(exchange.request.number());
                }
                _ => {}
            }
        }
        (answered, lost)
    }

    #[test]
    fn a_request_is_lost_by_a_late_error_about_its_reply_once() {
        let mut play = Replay::new();
        play.at(0, &request(1));
        play.at(20, &reply(8));
        play.at(
            25_000,
            &replay::segment((CLIENT, 5000), (SERVER, 80), (1, 1), 0),
        );
        for millis in [30_000, 31_000] {
            play.at(millis, &incomplete(&reply(8)));
        }
        assert_eq!(told(play), (vec![1], vec![1]));
    }

    #[test]
    fn of_requests_with_one_number_that_is_lost_whose_reply_was_dropped() {
        let mut play = Replay::new();
        for round in 1..=3_u8 {
            let millis = i64::from(round) * 1000;
            play.at(millis, &request(round.into()));
            play.at(millis + 20, &reply(u16::from(round) + 7));
        }
        play.at(30_000, &incomplete(&reply(9)));
        assert_eq!(told(play), (vec![1, 3, 5], vec![3]));
    }

    #[test]
    fn an_error_about_another_reply_loses_nothing() {
        // What was never captured, and one of two.
        for (replies, dropped) in [(&[8][..], 9), (&[8, 9], 9)] {
            let mut play = Replay::new();
            play.at(0, &request(1));
            for id in replies {
                play.at(20, &reply(*id));
            }
            play.at(30_000, &incomplete(&reply(dropped)));
            assert_eq!(told(play), (vec![1], vec![]));
        }
    }

    #[test]
    fn an_error_that_comes_while_the_number_is_asked_for_again_is_about_the_reply_before() {
        let mut play = Replay::new();
        play.at(0, &request(1));
        play.at(20, &reply(8));
        play.at(29_990, &request(2));
        play.at(30_000, &incomplete(&reply(8)));
        play.at(30_010, &reply(9));
        assert_eq!(told(play), (vec![1, 3], vec![1]));
    }
}
