mod answers;
mod early;
mod groups;
mod links;
mod missed;
mod places;
mod points;
mod reused;
mod translated;
mod undelivered;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::correlate::exchange::{ExchangeEnd, ExchangeKind};
use crate::correlate::query::PayloadPrint;
use crate::correlate::sighting::{Extent, Passage, Sent};
use crate::correlate::station::Station;
use crate::correlate::verdict::DropReason;
use crate::correlate::{Answer, AnswerOutcome, NearMiss};
use crate::model::{AddrPair, FrameRef, SourceId};
use crate::wire::IpVersion;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A ping between two hosts, played step by step.
struct Play {
    exchanges: Exchanges,
    told: Vec<ExchangeEvent>,
    frame: u64,
}

impl Play {
    fn new() -> Self {
        Self::with_memory(1 << 20)
    }

    fn with_memory(memory: usize) -> Self {
        Self {
            exchanges: Exchanges::new(TIMEOUT, memory),
            told: Vec::new(),
            frame: 0,
        }
    }

    fn sighting(&mut self, millis: i64, place: Place) -> Sighting {
        self.sighting_at(at(millis), place)
    }

    fn sighting_at(&mut self, ts: Timestamp, place: Place) -> Sighting {
        self.frame += 1;
        Sighting {
            frame: FrameRef::new(SourceId(0), self.frame),
            ts,
            shown: true,
            checksum_bad: false,
            broadcast: false,
            extent: Extent::Packet,
            place,
            passage: Passage::Unknown,
            sent: Sent::default(),
            dropped: None,
            stations: [Station::default(); 2],
        }
    }

    fn request(&mut self, millis: i64, key: QueryKey) -> Relation {
        let place = Place {
            ip_id: Some(u32::try_from(self.frame).unwrap()),
            ttl: 64,
            ..Place::default()
        };
        self.take(Direction::Request, key, millis, place)
    }

    fn reply(&mut self, millis: i64, key: QueryKey) -> Relation {
        let place = Place {
            ip_id: Some(7),
            ttl: 60,
            ..Place::default()
        };
        self.take(Direction::Reply, key, millis, place)
    }

    fn take(&mut self, direction: Direction, key: QueryKey, millis: i64, place: Place) -> Relation {
        self.take_with(direction, key, (None, 0), (millis, place))
    }

    fn take_at(
        &mut self,
        direction: Direction,
        key: QueryKey,
        ts: Timestamp,
        place: Place,
    ) -> Relation {
        let seen = self.sighting_at(ts, place);
        self.take_seen(direction, key, (None, 0), seen)
    }

    /// The same with a payload and what else requests differ in.
    fn take_with(
        &mut self,
        direction: Direction,
        key: QueryKey,
        content: (Option<PayloadPrint>, u32),
        (millis, place): (i64, Place),
    ) -> Relation {
        let seen = self.sighting(millis, place);
        self.take_seen(direction, key, content, seen)
    }

    fn take_seen(
        &mut self,
        direction: Direction,
        key: QueryKey,
        (payload, rest): (Option<PayloadPrint>, u32),
        seen: Sighting,
    ) -> Relation {
        let query = Query {
            direction,
            key,
            addrs: key.addrs,
            payload,
            octets: &[],
            rest,
        };
        let told = &mut self.told;
        self.exchanges
            .advance(seen.ts, None, &mut |event| told.push(event));
        let (relation, _) = self
            .exchanges
            .query(&query, &seen, &mut |event| told.push(event));
        relation
    }

    fn error(&mut self, millis: i64, key: QueryKey) {
        let seen = self.sighting(millis, Place::default());
        let told = &mut self.told;
        self.exchanges.error(
            key,
            (None, DropReason::HostUnreachable),
            seen,
            &mut |event| told.push(event),
        );
    }

    /// What was missed is known up to `millis`.
    fn known(&mut self, millis: i64) {
        self.exchanges.known(at(millis));
    }

    /// Ends the capture and gives the closed exchanges.
    fn finish(mut self, millis: i64) -> Vec<Exchange> {
        let told = &mut self.told;
        self.exchanges
            .finish(at(millis), None, &mut |event| told.push(event));
        self.told
            .into_iter()
            .filter_map(|event| match event {
                ExchangeEvent::Closed(exchange) => Some(exchange),
                ExchangeEvent::Decided(_) | ExchangeEvent::Late(_) => None,
            })
            .collect()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

fn ping(seq: u16) -> QueryKey {
    QueryKey {
        kind: ExchangeKind::Echo,
        version: IpVersion::V4,
        addrs: AddrPair::new("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()),
        id: 19,
        seq,
        scope: Scope::ANY,
    }
}

fn outcome_of(relation: Relation) -> AnswerOutcome {
    match relation {
        Relation::Answer(answer) => answer.outcome,
        other => panic!("not an answer: {other:?}"),
    }
}

proptest! {
    /// Whatever is asked, answered, refused and waited for, with room for a few requests only: each
    /// request is told of exactly once when its window closes.
    #[test]
    fn every_request_is_closed_once(
        steps in prop::collection::vec((0u8..3, 0u16..3, 0u16..12, 0i64..4000), 1..200),
    ) {
        let mut play = Play::with_memory(0);
        let mut asked = Vec::new();
        let mut millis = 0;
        for (what, id, seq, step) in steps {
            millis += step;
            let key = QueryKey { id, ..ping(seq) };
            match what {
                0 => {
                    if play.request(millis, key) == Relation::Request {
                        asked.push(FrameRef::new(SourceId(0), play.frame));
                    }
                }
                1 => {
                    play.reply(millis, key);
                }
                _ => play.error(millis, key),
            }
        }
        let mut told: Vec<_> = play.finish(millis).iter().map(|e| e.request).collect();
        told.sort_unstable();
        prop_assert_eq!(told, asked);
    }

    /// Whatever is dropped and however packets interleave: one exchange per request, and every
    /// reply of a request that is there belongs to it.
    #[test]
    fn one_exchange_per_request(
        seqs in prop::collection::vec((0u16..30, any::<bool>(), 0i64..30), 1..80),
    ) {
        let mut play = Play::new();
        let mut requests = 0;
        let mut millis = 0;
        for (seq, is_request, step) in seqs {
            millis += 200 + step;
            if is_request {
                prop_assert_eq!(play.request(millis, ping(seq)), Relation::Request);
                requests += 1;
            } else {
                prop_assert!(matches!(play.reply(millis, ping(seq)), Relation::Answer(_)));
            }
        }
        let closed = play.finish(millis);
        prop_assert_eq!(closed.len(), requests);
        let mut frames: Vec<_> = closed.iter().map(|e| e.request).collect();
        frames.sort_unstable();
        frames.dedup();
        prop_assert_eq!(frames.len(), requests);
    }
}
