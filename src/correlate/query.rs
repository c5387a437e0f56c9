//! What a message asks or answers: the key under which request and reply find each other.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::exchange::ExchangeKind;
use super::numbered::answers_by_number;
use super::sighting::{Extent, Scope};
use crate::icmp::kind::v4;
use crate::icmp::{Body, Direction, Message, ndp::NdpKind};
use crate::model::AddrPair;
use crate::wire::{Ip, IpVersion};

/// What request and reply have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueryKey {
    pub(super) kind: ExchangeKind,
    pub(super) version: IpVersion,
    /// Who asks, and who is asked (for Neighbor Discovery, the target).
    pub(super) addrs: AddrPair,
    pub(super) id: u16,
    pub(super) seq: u16,
    pub(super) scope: Scope,
}

impl QueryKey {
    /// The same where hosts of one address ask in several networks.
    pub(super) fn within(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The same of a request to a group, which is kept without it, as nobody answers from it.
    pub(super) fn to_group(self) -> Self {
        let nobody = crate::icmp::unspecified(self.version);
        Self {
            addrs: self.addrs.with_dst(nobody),
            ..self
        }
    }

    /// Whether this is the kept key of a request to a group: anybody may answer.
    pub(super) fn is_to_group(&self) -> bool {
        !self.kind.is_discovery() && self.addrs.dst().is_unspecified()
    }

    /// Whether nobody has to answer: groups, router solicitations, and duplicate address detection,
    /// where silence is the good answer.
    pub(super) fn needs_no_reply(&self) -> bool {
        self.is_to_group()
            || self.kind == ExchangeKind::Router
            || self.addrs.src().is_unspecified() && !self.kind.tells_addresses()
    }

    /// The same from a host that has no address, if such a one may ask so.
    pub(super) fn of_nobody(self) -> Option<Self> {
        let nobody = crate::icmp::unspecified(self.version);
        (self.kind.tells_addresses()).then_some(Self {
            addrs: AddrPair::new(nobody, self.addrs.dst()),
            ..self
        })
    }
}

pub(super) fn is_group(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(addr) => addr.is_multicast() || addr.is_broadcast(),
        IpAddr::V6(addr) => addr.is_multicast(),
    }
}

impl Hash for QueryKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.addrs.hash(state);
        state.write_u64(
            u64::from(self.id)
                | u64::from(self.seq) << 16
                | (self.kind as u64) << 32
                | u64::from(self.version.number()) << 40,
        );
        self.scope.hash(state);
    }
}

/// A query message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    pub(super) direction: Direction,
    pub(super) key: QueryKey,
    /// Who asks whom, as records tell it.
    pub(super) addrs: AddrPair,
    /// What the reply must bring back, for the types that echo a payload.
    pub(super) payload: Option<PayloadPrint>,
    /// ... as captured; empty for other types.
    pub(super) octets: &'a [u8],
    /// Of a request, what else two of them can differ in: the code, and all that is no payload to be
    /// brought back. Of a reply, that of the request which it lets expect, or the code by which it may
    /// refuse.
    pub(super) rest: u32,
}

impl Query<'_> {
    /// Octets of the message, or of the fragment that begins it, for the types that echo a payload; those of
    /// the packets are not known of one that was put together.
    pub(super) fn length(&self, extent: Extent) -> Option<u32> {
        let payload = self.payload.filter(|_| extent != Extent::PutTogether)?;
        Some(payload.length)
    }

    /// Of a reply its code, where that says why it tells nothing; else 0.
    pub(super) fn refusal(&self) -> u8 {
        match self.key.kind {
            ExchangeKind::ExtendedEcho | ExchangeKind::NodeInformation => {
                u8::try_from(self.rest).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// How long after a solicitation an advertisement to all may be its answer; `None` where it is
    /// to one host. Routers wait for up to 0.5 s, and for 3 s between two (RFC 4861 section 6.2.6),
    /// in IPv4 for 2 s (RFC 1256 section 6).
    pub(super) fn advertised_within(&self) -> Option<Duration> {
        is_group(self.addrs.src()).then_some(match self.key.version {
            IpVersion::V4 => Duration::from_secs(2),
            IpVersion::V6 => Duration::from_millis(3500),
        })
    }
}

/// A payload reduced to what tells two of them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PayloadPrint {
    hash: u64,
    captured: u32,
    length: u32,
}

impl PayloadPrint {
    /// One of the payloads of a test, all of one length.
    #[cfg(test)]
    pub(super) fn for_tests(hash: u64) -> Self {
        Self {
            hash,
            captured: 56,
            length: 64,
        }
    }

    /// That of the whole message, in octets.
    pub(super) const fn message_length(self) -> u32 {
        self.length
    }

    pub(super) fn is_as_long_as(self, other: Self) -> bool {
        self.length == other.length
    }

    /// Whether the reply brought back something else. Where the snap length cut the two at
    /// different places, only their lengths can be compared.
    pub(super) fn differs(self, reply: Self) -> bool {
        self.length != reply.length || (self.captured == reply.captured && self.hash != reply.hash)
    }
}

/// Where the checksum of a message ends.
const CHECKSUM_END: usize = 4;

/// Tells queries from other messages.
#[derive(Debug, Default)]
pub(super) struct Recognizer {
    hasher: RandomState,
}

impl Recognizer {
    /// What `message` asks or answers, if anything.
    #[expect(
        clippy::inline_always,
        reason = "each message asks, and what it tells need not be written first"
    )]
    #[inline(always)]
    pub(super) fn query<'a>(&self, ip: &Ip<'_>, message: &Message<'a>) -> Option<Query<'a>> {
        let (kind, direction, id, seq, payload) = match &message.body {
            Body::Echo(echo) => (
                ExchangeKind::Echo,
                echo.direction,
                echo.id,
                echo.seq,
                Some(self.print(echo.payload, message.length)),
            ),
            Body::Timestamp(ts) => (ExchangeKind::Timestamp, ts.direction, ts.id, ts.seq, None),
            Body::Query(query) => {
                let kind = if matches!(
                    message.kind,
                    v4::ADDRESS_MASK_REQUEST | v4::ADDRESS_MASK_REPLY
                ) {
                    ExchangeKind::Mask
                } else {
                    ExchangeKind::Information
                };
                (kind, query.direction, query.id, query.seq, None)
            }
            Body::ExtendedEcho(echo) => (
                ExchangeKind::ExtendedEcho,
                echo.direction,
                echo.id,
                u16::from(echo.seq),
                None,
            ),
            Body::NodeInformation(info) => {
                // The nonce tells queries apart as identifier and sequence number do elsewhere: all of
                // it, as replies with another are no answers (RFC 4620 section 5).
                let [.., a, b, c, d] = self.hasher.hash_one(info.nonce()?).to_be_bytes();
                let id = u16::from_be_bytes([a, b]);
                let seq = u16::from_be_bytes([c, d]);
                (ExchangeKind::NodeInformation, info.direction, id, seq, None)
            }
            Body::Ndp(ndp) => {
                let rest = self.rest_of_discovery(ip, message);
                return neighbor(ip.addrs, ndp.kind).map(|query| Query { rest, ..query });
            }
            Body::RouterSolicitation4 => {
                let rest = self.rest_of_discovery(ip, message);
                let query = router(ip.addrs, Direction::Request);
                return Some(Query { rest, ..query });
            }
            Body::RouterAdvertisement4(_) => {
                return Some(router(ip.addrs, Direction::Reply));
            }
            _ => return None,
        };
        let addrs = match direction {
            Direction::Request => ip.ends(),
            Direction::Reply => ip.ends().reversed(),
        };
        let octets = match &message.body {
            Body::Echo(echo) => echo.payload,
            _ => &[],
        };
        Some(Query {
            direction,
            addrs,
            key: QueryKey {
                kind,
                version: message.version,
                addrs,
                id,
                seq,
                scope: Scope::ANY,
            },
            payload,
            octets,
            rest: match (direction, &message.body) {
                // Stacks leave the code as it is when they turn the request around.
                (_, Body::Echo(_)) => message.code.unwrap_or(0).into(),
                (Direction::Reply, Body::Timestamp(_)) => self.rest_of_timestamp(message),
                (Direction::Reply, Body::ExtendedEcho(_) | Body::NodeInformation(_)) => {
                    message.code.unwrap_or(0).into()
                }
                (Direction::Reply, _) => 0,
                (Direction::Request, _) => self.rest(message),
            },
        })
    }

    /// The same of one that came in fragments.
    #[cold]
    pub(super) fn query_of_whole<'a>(
        &self,
        ip: &Ip<'_>,
        message: &Message<'a>,
    ) -> Option<Query<'a>> {
        self.query(ip, message)
    }

    /// A request without its checksum, reduced to what tells two of them apart.
    fn rest(&self, message: &Message<'_>) -> u32 {
        let rest = message.bytes.get(CHECKSUM_END..).unwrap_or_default();
        self.rest_hash(message.code, rest)
    }

    /// The same of a message of discovery, with its addresses: who asks whom is in no key, and as none leaves
    /// its link nothing rewrites them.
    fn rest_of_discovery(&self, ip: &Ip<'_>, message: &Message<'_>) -> u32 {
        let rest = message.bytes.get(CHECKSUM_END..).unwrap_or_default();
        let hash = self.hasher.hash_one((message.code, ip.addrs, rest));
        u32::try_from(hash >> 32).unwrap_or(u32::MAX)
    }

    /// The same of the request that a timestamp reply answers: it brings back the originate
    /// timestamp, and the other two were 0 (RFC 792).
    fn rest_of_timestamp(&self, message: &Message<'_>) -> u32 {
        let mut rest = [0; 16];
        if let Some(sent) = message.bytes.get(CHECKSUM_END..CHECKSUM_END + 8)
            && let Some(room) = rest.get_mut(..8)
        {
            room.copy_from_slice(sent);
        }
        self.rest_hash(message.code, &rest)
    }

    fn rest_hash(&self, code: Option<u8>, rest: &[u8]) -> u32 {
        u32::try_from(self.hasher.hash_one((code, rest)) >> 32).unwrap_or(u32::MAX)
    }

    fn print(&self, payload: &[u8], length: u32) -> PayloadPrint {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(payload);
        PayloadPrint {
            hash: hasher.finish(),
            captured: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            length,
        }
    }
}

/// Neighbor and router discovery (RFC 4861): keyed by who asks and what is asked for.
pub(super) fn neighbor(ends: AddrPair, kind: NdpKind) -> Option<Query<'static>> {
    /// Solicited flag of an advertisement (RFC 4861 section 4.4).
    const SOLICITED: u8 = 0x40;
    let any = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let (direction, src, dst) = match kind {
        NdpKind::NeighborSolicitation { target } => {
            (Direction::Request, ends.src(), IpAddr::V6(target))
        }
        NdpKind::NeighborAdvertisement { target, flags } => {
            // An answer to duplicate address detection goes to all nodes, unsolicited.
            let asked_by = if flags & SOLICITED == 0 {
                any
            } else {
                ends.dst()
            };
            (Direction::Reply, asked_by, IpAddr::V6(target))
        }
        NdpKind::RouterSolicitation => return Some(router(ends, Direction::Request)),
        NdpKind::RouterAdvertisement { .. } => {
            return Some(router(ends, Direction::Reply));
        }
        NdpKind::Redirect { .. } | NdpKind::Short => return None,
    };
    let addrs = AddrPair::new(src, dst);
    let asked = (addrs, IpVersion::V6);
    Some(discovery(ExchangeKind::Neighbor, direction, addrs, asked))
}

/// Router discovery: whoever solicits, routers may answer all.
fn router(ends: AddrPair, direction: Direction) -> Query<'static> {
    let version = IpVersion::of(ends.src());
    let any = crate::icmp::unspecified(version);
    let addrs = match direction {
        Direction::Request => ends,
        Direction::Reply => ends.reversed(),
    };
    let asked = (AddrPair::of_one(any), version);
    discovery(ExchangeKind::Router, direction, addrs, asked)
}

/// A message of discovery, which is known by what is asked for alone.
fn discovery(
    kind: ExchangeKind,
    direction: Direction,
    addrs: AddrPair,
    (asked, version): (AddrPair, IpVersion),
) -> Query<'static> {
    Query {
        direction,
        addrs,
        key: QueryKey {
            kind,
            version,
            addrs: asked,
            id: 0,
            seq: 0,
            scope: Scope::ANY,
        },
        payload: None,
        octets: &[],
        rest: 0,
    }
}

/// Whether a message may be a reply of which too little was captured to tell what it answers.
#[cold]
pub(super) fn is_vague_reply(message: &Message<'_>) -> bool {
    let is_cut = u32::try_from(message.bytes.len()).is_ok_and(|there| there < message.length);
    let is_reply = match &message.body {
        Body::Short { .. } => {
            message.bytes.is_empty() || answers_by_number(message.version, message.kind)
        }
        Body::NodeInformation(info) => info.direction == Direction::Reply,
        _ => false,
    };
    is_cut && is_reply
}
