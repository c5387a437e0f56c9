//! What an ICMP error does: it ends a request, finds its original, adds to a verdict, and answers a
//! probe.

mod probe;
mod reported;

pub(super) use self::probe::fate;
use super::aftermath::Hit;
use super::carried::Inner;
use super::exchange::ReplyDrop;
use super::exchanges::{CameTo, DroppedReply};
use super::flows::is_icmp;
use super::hasty::HastyError;
use super::in_flight::{self, InFlight};
use super::lead::Lead;
use super::network::{Domain, Link, Network};
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
use crate::icmp::{Direction, Message, Quote, QuotedTransport, Whole};
use crate::model::{Frame, FrameRef, Timestamp};
use crate::wire::{Ip, Packet};

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
        let domain = self.carried.domain_of(&quote.flow(), Domain::of(packet));
        if let Some(of) = known {
            self.sent_again(of, frame, shown);
            let seen = (frame, packet, domain.link);
            if self.captured_again(of, seen, &carried) == Known::Before {
                return Relation::Copy { of };
            }
        }
        let at = (frame.reference(), ts);
        let (original, never_sent) = self.original_of(ip, quote, at, domain.link.network);
        let inner = (self.carried).in_quote(self.ring.as_ref(), quote, original);
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
        let followed = self.link_followed((domain.link, quote), original, inner.as_ref());
        let outside = if inner.is_some() {
            domain.link
        } else {
            followed
        };
        let (in_flight, quoted) = self.in_flight(quote, (original, at), outside.network);
        let sent_as = (self.ring.as_ref()).and_then(|ring| quoted::sent_as(ring, quote, original));
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
            domain,
            followed,
            apart: Link::UNKNOWN,
            frames: whole.map_or(&own, |whole| whole.frames),
            ts,
            shown,
            never_sent,
            evidence: Evidence::Captured,
            captured: Captured::of(frame, packet),
            in_flight,
            quoted: inner.map_or(quoted, |_| in_flight::Captured::No),
            answered: false,
            unresolved: (self.resolutions).unresolved(reason, (frame, packet), quote.ip.dst()),
        };
        reported.apart = self.verdicts.apart(&reported);
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

    /// The packet of the network `own` that an error with this header quotes, see [`Self::original`].
    fn original_of(
        &self,
        ip: &Ip<'_>,
        quote: &Quote<'_>,
        at: (FrameRef, Timestamp),
        own: Network,
    ) -> (Option<Original>, bool) {
        let (mut original, mut never_sent) = self.original(quote, at, own);
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
        (original, never_sent)
    }

    /// Whether what an error in this frame quotes, found so, was in flight in the network `own`, and what
    /// was captured of it.
    fn in_flight(
        &self,
        quote: &Quote<'_>,
        (original, (frame, _)): (Option<Original>, (FrameRef, Timestamp)),
        own: Network,
    ) -> (InFlight, in_flight::Captured) {
        let Some(ring) = &self.ring else {
            return (InFlight::MayBe, in_flight::Captured::No);
        };
        let networks = self.carried.networks(own, &quote.flow());
        let elsewhere = self.carried.elsewhere(own);
        let answers = self.carried.answers_elsewhere(networks);
        in_flight::of(ring, quote, (original, frame), elsewhere, answers)
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
        let mirror = |first| match (exchanges.mirror(asked, place, frame.ts), ring) {
            (Mirror::Unknown, Some(ring)) => quoted::mirror(ring, quote, first),
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
        let link = error.followed;
        let hit = hit.within(link, self.carried.networks(link.network, &hit.flow));
        if let Some((verdict, _)) = error.verdict() {
            let elsewhere = (
                self.carried.elsewhere(link.network),
                self.carried.answers_elsewhere(hit.networks()),
            );
            (self.followed).error(ring, verdict, (&hit, error.quoted), error.ts, elsewhere);
        }
        if let Some(hasty) = HastyError::of(ring, error, &self.verdicts, hit, request) {
            self.hasty.add(&hasty);
        }
    }

    /// The link of the flow whose packets tell what came of an error about a packet of this one: that of what
    /// is in its tunnel, if that is told.
    fn link_followed(
        &self,
        (link, quote): (Link, &Quote<'_>),
        original: Option<Original>,
        inner: Option<&Inner>,
    ) -> Link {
        if inner.is_none() && !link.is_unknown() {
            return link;
        }
        let flow = inner.map_or_else(|| quote.flow(), |inner| inner.hit.flow);
        Link::in_tunnel(match original {
            Some(Original::Found { frame, .. }) => self.carried.network(frame, &flow),
            _ => Network::NONE,
        })
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
            Direction::Request => return self.request_failed(query.key, (id, reason), seen),
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

    /// An error that is seen so is about the request under `key`, of this identification, for this reason.
    pub(super) fn request_failed(
        &mut self,
        key: QueryKey,
        why: (Option<u32>, DropReason),
        seen: Sighting,
    ) -> CameTo {
        let (ring, parts, outcomes) = (&self.ring, &self.parts, &mut self.outcomes);
        self.exchanges.error(key, why, seen, &mut |event| {
            outcomes.push(event.told(ring.as_ref(), parts));
        })
    }

    /// The error that `of` has, about a flow of this link, is captured again: whether the trace whose probe
    /// it answers knew of it.
    fn captured_again(
        &mut self,
        of: FrameRef,
        (frame, packet, link): (&Frame<'_>, &Packet<'_>, Link),
        quote: &Quote<'_>,
    ) -> Known {
        let ring = self.ring.as_ref();
        if ring.is_some_and(|ring| quoted::mirror(ring, quote, of) == Mirror::AtWork) {
            (self.followed).mirrored(quote.flow(), link);
        }
        let quoted = &quote.ip;
        let probes = TraceKey::new(quoted.ends(), quoted.protocol, Lead::of_ip(quoted));
        let probes = self.traces.probes_of(probes, packet.ip.ends().dst(), of);
        let again = Again {
            of,
            frame: frame.reference(),
            ts: frame.ts,
            ttl: packet.ip.hop_limit(),
        };
        self.traces.answered_again(probes, &again)
    }

    /// The packet that an error in this frame, of this time and about a flow of this network, quotes, where
    /// that is looked for, and whether the capture would have it if it had been sent.
    #[inline]
    pub(super) fn original(
        &self,
        quote: &Quote<'_>,
        at: (FrameRef, Timestamp),
        own: Network,
    ) -> (Option<Original>, bool) {
        let start = self.clock.first();
        let original = (self.ring.as_ref())
            .map(|ring| quoted::find(ring, quote, at, start, self.carried.elsewhere(own)));
        let has_others = |ring| quoted::has_others(ring, quote, self.carried.elsewhere(own));
        let never_sent = original == Some(Original::None(NoOriginal::NotCaptured))
            && self.ring.as_ref().is_some_and(has_others);
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
mod tests;
