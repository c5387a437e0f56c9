//! What an ICMP error does: it ends a request, finds its original, adds to a verdict, and answers a
//! probe.

mod probe;

pub(super) use self::probe::fate;
use super::aftermath::Hit;
use super::carried::Inner;
use super::exchange::ReplyDrop;
use super::exchanges::{CameTo, DroppedReply};
use super::flows::is_icmp;
use super::hasty::HastyError;
use super::in_flight::InFlight;
use super::lead::Lead;
use super::numbered::{self, Numbered};
use super::query::QueryKey;
use super::repeats::Spot;
use super::sighting::{Extent, Mirror, Place, Sighting};
use super::trace::Path;
use super::traces::{Again, Known, TraceKey};
use super::translated::Look;
use super::verdict::{DropReason, Evidence};
use super::verdicts::{Captured, Reported};
use super::{Correlator, MatchKind, NoOriginal, Original, Outcome, Relation, Sight, quoted};
use crate::icmp::{Direction, Message, Quote, QuotedTransport, Translation, Whole};
use crate::model::{FlowKey, Frame, FrameRef, Timestamp};
use crate::wire::{Ip, Packet, is_dropped};

impl Correlator {
    pub(super) fn error(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        quote: &Quote<'_>,
        whole: Option<&Whole<'_>>,
        shown: bool,
    ) -> Relation {
        let (ip, ts) = (&packet.ip, frame.ts);
        let mut room = [0; Lead::OCTETS];
        let quote = &self.made_whole(quote, ts, &mut room);
        // With a tunnel's packet the one in it was dropped.
        let carried = quote.innermost();
        let quoted_query = Numbered::of_quote(&carried);
        let asked = quoted_query.and_then(Numbered::request);
        let known = self.copied((frame, packet, message), quote, asked);
        if let Some(of) = known {
            self.sent_again(of, frame, shown);
            if self.captured_again(of, frame, packet, &carried) == Known::Before {
                return Relation::Copy { of };
            }
        }
        let (mut original, mut never_sent) = self.original(quote, (frame.reference(), ts));
        if let Some(Original::None(why)) = &mut original {
            *why = missed_of_own(ip, &quote.ip, *why);
            // Nobody accuses itself.
            never_sent &= *why != NoOriginal::RefusedAtSender;
        }
        if let Some(Original::Found {
            match_kind: MatchKind::Flow,
            frame,
            is_other,
            ..
        }) = &mut original
        {
            *is_other = *is_other || self.carried.is_of_other(quote, *frame);
        }
        let inner = self.carried.in_quote(quote, original);
        let relation = known.map_or(Relation::Error { original }, |of| Relation::Copy { of });
        let Some(reason) = DropReason::of_message(message) else {
            return relation;
        };
        let look = Look {
            ip,
            message,
            quote,
            frame: frame.reference(),
            ts,
        };
        let ring = self.ring.as_ref();
        let in_flight = ring.map(|ring| InFlight::of(ring, quote, original, frame.reference()));
        let sent_as = ring.and_then(|ring| quoted::sent_as(ring, quote, original));
        let own = [frame.reference()];
        let mut reported = Reported {
            ip,
            message,
            quote,
            flow: self.datagrams.flow(self.ring.as_ref(), quote),
            sent_as,
            translation: self.translation(&look, sent_as),
            carried: inner.map(|inner| inner.hit.flow),
            original,
            frame: frame.reference(),
            frames: whole.map_or(&own, |whole| whole.frames),
            ts,
            shown,
            never_sent,
            evidence: Evidence::Captured,
            captured: Captured::of(frame, packet),
            in_flight: in_flight.unwrap_or_default(),
            answered: false,
        };
        if known.is_some() {
            let displaced = self.trace(self.answer(&reported, reason));
            self.tell_paths(displaced);
            return relation;
        }
        if let Some(whole) = whole
            && self.is_told(whole, &reported)
        {
            return Relation::Error { original };
        }
        self.loses_error(&reported, reason);
        let (query, id) = if let Some(inner) = inner {
            (inner.query, inner.id)
        } else {
            let of_datagram = || quoted::query_of_datagram(self.ring.as_ref()?, quote);
            let query = quoted_query.or_else(of_datagram);
            let as_sent = |query: Numbered| sent_as.map_or(query, |flow| query.sent_as(&flow));
            (query.map(as_sent), carried.ip.id)
        };
        let query = query.map(|query| {
            let seen = Sighting::of(frame, packet, message, Extent::Packet, shown);
            (query, seen)
        });
        if let Some((query, seen)) = query {
            let came = self.hits_query(query, id, (&reported, reason), seen);
            reported.answered = came == CameTo::Answered;
        } else {
            self.doubt_what_is_like(&carried, frame);
        }
        let request = query.and_then(|(query, seen)| Some((query.request()?, id, seen)));
        self.hits_flow(&reported, (&carried, inner), request);
        self.answers_probe(&reported, reason);
        if let Some(verdict) = self.verdicts.error(&reported) {
            self.complete(verdict);
        }
        self.error_sent(&reported, frame);
        Relation::Error { original }
    }

    /// The frame that has the error of which this one, about `quote` and the request `asked`, is a copy.
    #[inline]
    fn copied(
        &mut self,
        (frame, packet, message): (&Frame<'_>, &Packet<'_>, &Message<'_>),
        quote: &Quote<'_>,
        asked: Option<QueryKey>,
    ) -> Option<FrameRef> {
        let (place, spot) = (Place::of(frame, packet), Spot::of(frame, packet));
        let (exchanges, ring) = (&self.exchanges, self.ring.as_ref());
        let mirror = || match (exchanges.mirror(asked, place, frame.ts), ring) {
            (Mirror::Unknown, Some(ring)) => quoted::mirror(ring, quote),
            (mirror, _) => mirror,
        };
        let seen = (&spot, mirror);
        (self.repeats).copy_of(Evidence::Captured, packet.ip.addrs, message.bytes, seen)
    }

    /// What follows flows learns of an error, which is about the packet `carried`, or the one in it that
    /// is known from elsewhere, and about this request.
    #[inline]
    fn hits_flow(
        &mut self,
        error: &Reported<'_, '_>,
        (carried, inner): (&Quote<'_>, Option<Inner>),
        request: Option<(QueryKey, Option<u32>, Sighting)>,
    ) {
        let Some(ring) = &self.ring else { return };
        if let QuotedTransport::Tcp { seq, .. } = carried.transport {
            let sent_as = error.sent_as.filter(|_| inner.is_none());
            for flow in std::iter::once(carried.flow()).chain(sent_as) {
                if let Some(seq) = seq {
                    self.attempts.error(ring, &flow, seq);
                }
                if !matches!(error.in_flight, InFlight::Not { .. }) {
                    self.stalls.error(ring, &flow);
                }
            }
        }
        let dropped = error.sent_as.unwrap_or(error.flow);
        let hit = inner.map_or_else(|| Hit::of(error.quote, dropped), |inner| inner.hit);
        let hit = match error.in_flight {
            InFlight::Not { acked } => hit.beyond(acked),
            InFlight::MayBe | InFlight::OfConnection | InFlight::Arrived => hit,
        };
        let found = match error.original {
            Some(Original::Found { match_kind, .. }) if inner.is_none() => Some(match_kind),
            _ => None,
        };
        let hit = match error.original {
            Some(Original::Found { frame, .. }) => {
                hit.within(self.carried.networks(frame, &hit.flow))
            }
            _ => hit,
        };
        if let Some((verdict, _)) = error.verdict() {
            self.followed.error(ring, verdict, &hit, found, error.ts);
        }
        if let Some(hasty) = HastyError::of(ring, error, &self.verdicts, hit, request) {
            self.hasty.add(&hasty);
        }
    }

    /// An error in `frame` quotes too little to tell which request or reply it is about.
    fn doubt_what_is_like(&mut self, quote: &Quote<'_>, frame: &Frame<'_>) {
        let (blind, ends) = (&mut self.exchanges.blind, quote.ip.ends());
        if !numbered::tells_packet(quote) {
            blind.add_vague(ends, frame.ts);
        }
        if numbered::may_be_reply(quote) {
            blind.add_vague_reply(ends, frame.source, frame.ts);
        }
    }

    /// Paths of which no more comes, or that there was no room for any more, are told.
    pub(super) fn tell_paths(&mut self, paths: Vec<Path>) {
        self.outcomes.extend(paths.into_iter().map(Outcome::Path));
    }

    /// This error, seen so, is about the request or reply `query`, of this identification.
    fn hits_query(
        &mut self,
        query: Numbered,
        id: Option<u32>,
        (error, reason): (&Reported<'_, '_>, DropReason),
        seen: Sighting,
    ) -> CameTo {
        match query.direction {
            Direction::Request => return self.request_failed(query.key, id, seen),
            // A quench may come before anything is dropped (RFC 792).
            Direction::Reply if reason == DropReason::SourceQuench => {}
            Direction::Reply => {
                let reply = DroppedReply {
                    key: query.key,
                    ip_id: id,
                    captured: match error.original {
                        Some(Original::Found {
                            match_kind: MatchKind::Exact,
                            before: Some(before),
                            ..
                        }) => Some(seen.ts.before(before)),
                        _ => None,
                    },
                    by: ReplyDrop::Error {
                        frame: seen.frame,
                        dropper: error.ip.src(),
                    },
                };
                let (ring, parts, outcomes) = (&self.ring, &self.parts, &mut self.outcomes);
                (self.exchanges).reply_dropped(&reply, &seen, ring.as_ref(), &mut |event| {
                    outcomes.push(event.told(ring.as_ref(), parts));
                });
            }
        }
        CameTo::Open
    }

    /// An error that is seen so is about the request under `key`, of this identification.
    pub(super) fn request_failed(
        &mut self,
        key: QueryKey,
        id: Option<u32>,
        seen: Sighting,
    ) -> CameTo {
        let (ring, parts, outcomes) = (&self.ring, &self.parts, &mut self.outcomes);
        self.exchanges.error(key, id, seen, &mut |event| {
            outcomes.push(event.told(ring.as_ref(), parts));
        })
    }

    /// The error that `of` has is captured again: whether the trace whose probe it answers knew of it.
    fn captured_again(
        &mut self,
        of: FrameRef,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        quote: &Quote<'_>,
    ) -> Known {
        let ring = self.ring.as_ref();
        if ring.is_some_and(|ring| quoted::mirror(ring, quote) == Mirror::AtWork) {
            self.followed.mirrored(&quote.flow());
        }
        let quoted = &quote.ip;
        let probes = TraceKey::new(quoted.addrs, quoted.protocol, Lead::of_ip(quoted));
        let again = Again {
            of,
            frame: frame.reference(),
            ts: frame.ts,
            ttl: packet.ip.hop_limit(),
        };
        self.traces.answered_again(probes, &again)
    }

    /// The packet that an error in this frame, of this time, quotes, where that is looked for, and
    /// whether the capture would have it if it had been sent.
    #[inline]
    pub(super) fn original(
        &self,
        quote: &Quote<'_>,
        at: (FrameRef, Timestamp),
    ) -> (Option<Original>, bool) {
        let start = self.clock.first();
        let original = (self.ring.as_ref()).map(|ring| quoted::find(ring, quote, at, start));
        let never_sent = original == Some(Original::None(NoOriginal::NotCaptured))
            && (self.ring.as_ref()).is_some_and(|ring| quoted::has_others(ring, quote));
        let original = original.map(|original| match original {
            // Nobody looked: it was as little captured before and in the other direction.
            Original::None(NoOriginal::BeforeCapture | NoOriginal::OneSided)
                if self.sight == Sight::Icmp && !is_icmp(quote.ip.protocol) =>
            {
                Original::None(NoOriginal::NotCaptured)
            }
            original => original,
        });
        (original, never_sent)
    }

    /// An error that another protocol tells of. It was sent somewhere, so what it says of the flow it
    /// quotes holds: that adds to a verdict of its own kind. When it was sent, and how many more were,
    /// is not known: nothing else is drawn from it. Of one that was dropped, nothing at all.
    pub(super) fn reported_error(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        quote: &Quote<'_>,
        shown: bool,
    ) {
        if is_dropped(frame, packet) {
            // Nobody was told of anything.
            return;
        }
        let evidence = Evidence::Reported;
        let spot = Spot::of(frame, packet);
        let seen = (&spot, || Mirror::AtWork);
        let (addrs, octets) = (packet.ip.addrs, message.bytes);
        // Each switch on its way may tell of it.
        if (self.repeats.copy_of(evidence, addrs, octets, seen)).is_some() {
            return;
        }
        let flow = self.datagrams.flow(None, quote);
        self.error_alone((frame, packet, message), (quote, flow), evidence, shown);
    }

    /// Adds an error of which nothing counts but what it says itself, about this flow.
    pub(super) fn error_alone(
        &mut self,
        (frame, packet, message): (&Frame<'_>, &Packet<'_>, &Message<'_>),
        (quote, flow): (&Quote<'_>, FlowKey),
        evidence: Evidence,
        shown: bool,
    ) {
        let displaced = self.verdicts.error(&Reported {
            ip: &packet.ip,
            message,
            quote,
            flow,
            sent_as: None,
            translation: Translation::None,
            carried: None,
            original: None,
            frame: frame.reference(),
            frames: &[frame.reference()],
            ts: frame.ts,
            shown,
            never_sent: false,
            evidence,
            captured: match evidence {
                Evidence::Captured => Captured::of(frame, packet),
                Evidence::Reported => Captured::OnTheWay,
            },
            in_flight: InFlight::MayBe,
            answered: false,
        });
        if let Some(verdict) = displaced {
            self.complete(verdict);
        }
    }
}

/// Why nothing was captured of the packet that an error is about, where its own sender may have refused
/// it: that need not have sent it anywhere.
fn missed_of_own(ip: &Ip<'_>, quoted: &Ip<'_>, why: NoOriginal) -> NoOriginal {
    match why {
        _ if ip.src() != quoted.src() => why,
        NoOriginal::OneSided | NoOriginal::NotCaptured | NoOriginal::BeforeCapture
            if ip.dst() == ip.src() && quoted.dst() != ip.src() =>
        {
            NoOriginal::RefusedAtSender
        }
        NoOriginal::OneSided => NoOriginal::NotCaptured,
        why => why,
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::correlate::replay::Replay;

    const CLIENT: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const SERVER: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

    fn datagram(payload: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv6(CLIENT, SERVER, 64).udp(4000, 53);
        builder.write(&mut packet, payload).unwrap();
        packet
    }

    fn port_unreachable(quoted: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv6(SERVER, CLIENT, 64).icmpv6_raw(1, 4, [0; 4]);
        builder.write(&mut packet, quoted).unwrap();
        packet
    }

    /// How many errors are told of what was played.
    fn count(play: Replay) -> u64 {
        let outcomes = play.end().into_iter();
        let told = outcomes.filter_map(|outcome| match outcome {
            Outcome::Drop(verdict) => Some(verdict.count),
            _ => None,
        });
        told.sum()
    }

    /// How many are told of these: datagrams, then errors about them, each at so many
    /// milliseconds.
    fn errors(datagrams: &[i64], errors: &[i64]) -> u64 {
        let mut play = Replay::new();
        let sent = datagram(b"who is there");
        for &millis in datagrams {
            play.at(millis, &sent);
        }
        for &millis in errors {
            play.at(millis, &port_unreachable(&sent));
        }
        count(play)
    }

    #[test]
    fn errors_of_ipv6_that_a_mirror_gives_twice_count_once() {
        // Both ports mirrored, and that to the server only.
        assert_eq!(errors(&[1, 1], &[5, 5]), 1);
        assert_eq!(errors(&[1], &[5, 6]), 1);
        // Sent twice, and refused twice at once, or later.
        assert_eq!(errors(&[1, 3], &[5, 5]), 2);
        assert_eq!(errors(&[1], &[5, 9]), 2);
        // Nothing tells.
        assert_eq!(errors(&[], &[5, 5]), 2);
    }

    /// Of errors alone, how many are told of these: each about a datagram of its own, at so many
    /// milliseconds, and as often as this.
    fn alone(errors: &[(i64, usize)]) -> u64 {
        let mut play = Replay::new();
        for (number, &(millis, times)) in (0..).zip(errors) {
            let error = port_unreachable(&datagram(&[number]));
            for _ in 0..times {
                play.at(millis, &error);
            }
        }
        count(play)
    }

    #[test]
    fn errors_that_all_come_twice_tell_of_a_mirror() {
        let twice: Vec<_> = (1..=10).map(|n| (n * 10, 2)).collect();
        assert_eq!(alone(&twice), 3 + 10);
        // One came once, or more often.
        for times in [1, 3] {
            let mut other = twice.clone();
            other[0].1 = times;
            assert_eq!(alone(&other), 20 - 2 + u64::try_from(times).unwrap());
        }
    }

    /// Of ICMP alone nothing but a ping beside tells.
    #[test]
    fn pings_captured_twice_tell_of_the_mirror_beside_them() {
        let mut play = Replay::new();
        let mut ping = Vec::new();
        let builder = PacketBuilder::ipv6(CLIENT, SERVER, 64).icmpv6_echo_request(7, 1);
        builder.write(&mut ping, b"ping").unwrap();
        let error = port_unreachable(&datagram(b"who is there"));
        for packet in [&ping, &ping, &error, &error] {
            play.at(10, packet);
        }
        let outcomes = play.end();
        let told = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Drop(verdict) => Some(verdict.count),
            _ => None,
        });
        assert_eq!(told, Some(1));
    }

    /// On both sides of a router a packet and the error about it are seen: the hops to who refused it,
    /// whose TTLs are these.
    #[test]
    fn hops_are_counted_from_the_first_side_of_a_router() {
        // Refused before the TTL was lowered by the next router, and after that.
        for (quoted, hops) in [(63, 2), (62, 2)] {
            let mut play = Replay::new();
            let sent = |ttl| {
                let mut packet = Vec::new();
                let builder = PacketBuilder::ipv4([10, 0, 1, 1], [10, 0, 3, 99], ttl);
                builder.udp(4000, 53).write(&mut packet, b"who").unwrap();
                packet[5] = 7;
                packet
            };
            let refused = crate::correlate::replay::error;
            let mut error = refused([10, 0, 2, 2], [3, 1, 0, 0, 0, 0, 0, 0], &sent(quoted));
            play.at(1, &sent(64));
            play.at(2, &sent(63));
            play.at(3, &error);
            error[8] = 63;
            play.at(4, &error);
            let told = play.verdicts();
            let counts = told
                .iter()
                .map(|verdict| verdict.hops_to_dropper.unwrap().count);
            assert_eq!(counts.collect::<Vec<_>>(), [hops], "{quoted}");
        }
    }
}
