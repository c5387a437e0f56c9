//! Requests and replies that errors quote: which types have identifier and sequence number, and what
//! names a neighbor in their place.

use super::exchange::ExchangeKind;
use super::lead::Lead;
use super::query::{QueryKey, neighbor};
use super::sighting::Scope;
use crate::icmp::kind::{v4, v6};
use crate::icmp::ndp::NdpKind;
use crate::icmp::{Direction, Quote, QuotedTransport};
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey};
use crate::wire::bytes::array_at;
use crate::wire::ip::protocol;
use crate::wire::{Ip, IpVersion};

/// A request or reply that an error is about: one with identifier and sequence number, or about a
/// neighbor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered {
    pub(super) direction: Direction,
    /// That of the request.
    pub(super) key: QueryKey,
}

impl Numbered {
    /// Of a message of this type between these, if it is one.
    fn new(version: IpVersion, kind: u8, addrs: AddrPair, (id, seq): (u16, u16)) -> Option<Self> {
        let (direction, kind) = if let Some(kind) = numbered_request(version, kind) {
            (Direction::Request, kind)
        } else {
            let request = request_of(version, kind)?;
            (Direction::Reply, numbered_request(version, request)?)
        };
        let addrs = match direction {
            Direction::Request => addrs,
            Direction::Reply => addrs.reversed(),
        };
        let key = QueryKey {
            kind,
            version,
            addrs,
            id,
            seq,
            scope: Scope::ANY,
        };
        Some(Self { direction, key })
    }

    /// What an error quotes, if that is one.
    pub(super) fn of_quote(quote: &Quote<'_>) -> Option<Self> {
        match quote.transport {
            QuotedTransport::Icmp {
                kind,
                id: Some(id),
                seq: Some(seq),
                ..
            } => Self::new(quote.ip.version, kind, quote.ip.ends(), (id, seq)),
            QuotedTransport::Icmp { id: None, .. } => {
                let (addrs, lead) = (quote.ip.ends(), Lead::of(quote.ip.payload));
                Self::of_named(addrs, lead, Named::of(&quote.ip)?)
            }
            _ => None,
        }
    }

    /// What a packet is that begins so, if it is one.
    pub(super) fn of_lead(
        version: IpVersion,
        addrs: AddrPair,
        protocol: u8,
        (lead, named): (Lead, Option<Named>),
    ) -> Option<Self> {
        if let Some(named) = named {
            return Self::of_named(addrs, lead, named);
        }
        let FlowPorts::Query { kind, id } = lead.ports(protocol) else {
            return None;
        };
        let numbered = Self::new(version, kind, addrs, (id, lead.half(3)))?;
        let mut key = numbered.key;
        if key.kind == ExchangeKind::ExtendedEcho {
            // It has one octet (RFC 8335 section 2).
            key.seq >>= 8;
        }
        Some(Self { key, ..numbered })
    }

    /// Of a message about a neighbor between these that begins so.
    fn of_named(addrs: AddrPair, lead: Lead, named: Named) -> Option<Self> {
        let target = named.0.into();
        let [kind, _, _, _, flags, ..] = lead.octets();
        let kind = match kind {
            v6::NEIGHBOR_SOLICITATION => NdpKind::NeighborSolicitation { target },
            v6::NEIGHBOR_ADVERTISEMENT => NdpKind::NeighborAdvertisement { target, flags },
            _ => return None,
        };
        let query = neighbor(addrs, kind)?;
        Some(Self {
            direction: query.direction,
            key: query.key,
        })
    }

    /// The same as it was sent: a packet of this flow, before its translation. What is in a tunnel is not.
    pub(super) fn sent_as(self, flow: &FlowKey) -> Self {
        let FlowPorts::Query { id, .. } = flow.ports else {
            return self;
        };
        let addrs = match self.direction {
            Direction::Request => flow.addrs,
            Direction::Reply => flow.addrs.reversed(),
        };
        let key = QueryKey {
            addrs,
            id,
            ..self.key
        };
        Self { key, ..self }
    }

    /// The key of the request, if it is one itself.
    pub(super) fn request(self) -> Option<QueryKey> {
        (self.direction == Direction::Request).then_some(self.key)
    }
}

/// What names the neighbor that a message is about, where it has no number: the target, in the 16 octets
/// behind those that lead (RFC 4861 sections 4.3 and 4.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct Named([u8; 16]);

impl Named {
    /// That of a packet, if it is such a message and goes so far.
    pub(super) fn of(ip: &Ip<'_>) -> Option<Self> {
        if ip.protocol != protocol::IPV6_ICMP || ip.is_later_fragment() {
            return None;
        }
        match ip.payload.first()? {
            &(v6::NEIGHBOR_SOLICITATION | v6::NEIGHBOR_ADVERTISEMENT) => {
                array_at(ip.payload, Lead::OCTETS).map(Self)
            }
            _ => None,
        }
    }
}

/// The type of the replies to messages of this type, where those are requests with identifier and
/// sequence number.
pub(super) fn reply_to(version: IpVersion, request: u8) -> Option<u8> {
    numbered_request(version, request)?;
    Some(match (version, request) {
        (IpVersion::V4, v4::ECHO_REQUEST) => v4::ECHO_REPLY,
        // Every other reply is the number behind its request.
        _ => request + 1,
    })
}

/// The type of the requests that messages of this type answer, where those are such.
pub(super) fn request_of(version: IpVersion, reply: u8) -> Option<u8> {
    let request = match (version, reply) {
        (IpVersion::V4, v4::ECHO_REPLY) => v4::ECHO_REQUEST,
        _ => reply.checked_sub(1)?,
    };
    (reply_to(version, request) == Some(reply)).then_some(request)
}

/// What leads the request under `key` and the reply to it, where those have numbers, and in which of
/// these octets nothing else may stand.
pub(super) fn leads(key: &QueryKey) -> Option<(Lead, Lead, u64)> {
    /// Type, identifier and sequence number; of extended echo that has one octet.
    const QUERY: u64 = 0xff00_0000_ffff_ffff;
    const EXTENDED: u64 = 0xff00_0000_ffff_ff00;
    let is_of_kind = |&kind: &u8| numbered_request(key.version, kind) == Some(key.kind);
    let request = (0..=u8::MAX).find(is_of_kind)?;
    let (behind, mask) = match key.kind {
        ExchangeKind::ExtendedEcho => (key.seq << 8, EXTENDED),
        _ => (key.seq, QUERY),
    };
    let lead = |kind| Lead::of_query(kind, key.id, behind);
    let reply = reply_to(key.version, request)?;
    Some((lead(request), lead(reply), mask))
}

/// Whether messages of this type answer requests with identifier and sequence number, or a nonce.
pub(super) fn answers_by_number(version: IpVersion, kind: u8) -> bool {
    request_of(version, kind).is_some()
        || (version, kind) == (IpVersion::V6, v6::NODE_INFORMATION_RESPONSE)
}

/// Whether an error quotes so much that it is known which packet it is about, if that asked for an
/// answer.
pub(super) fn tells_packet(quote: &Quote<'_>) -> bool {
    match quote.transport {
        QuotedTransport::Tcp { seq, .. } => seq.is_some(),
        QuotedTransport::Icmp { kind, seq, .. } => {
            seq.is_some() || numbered_request(quote.ip.version, kind).is_none()
        }
        QuotedTransport::Ports { .. } | QuotedTransport::Spi(_) => true,
        QuotedTransport::None => {
            !quote.ip.hides_protocol()
                && !matches!(
                    quote.ip.protocol,
                    protocol::TCP | protocol::ICMP | protocol::IPV6_ICMP
                )
        }
    }
}

/// Whether an error may be about a reply, and quotes too little to tell which.
pub(super) fn may_be_reply(quote: &Quote<'_>) -> bool {
    match quote.transport {
        QuotedTransport::Icmp {
            kind, seq: None, ..
        } => request_of(quote.ip.version, kind).is_some(),
        QuotedTransport::None => protocol::is_icmp(quote.ip.protocol) || quote.ip.hides_protocol(),
        _ => false,
    }
}

/// What a message of this type asks for, if it is a request with identifier and sequence number.
const fn numbered_request(version: IpVersion, kind: u8) -> Option<ExchangeKind> {
    Some(match (version, kind) {
        (IpVersion::V4, v4::ECHO_REQUEST) | (IpVersion::V6, v6::ECHO_REQUEST) => ExchangeKind::Echo,
        (IpVersion::V4, v4::TIMESTAMP_REQUEST) => ExchangeKind::Timestamp,
        (IpVersion::V4, v4::INFORMATION_REQUEST) => ExchangeKind::Information,
        (IpVersion::V4, v4::ADDRESS_MASK_REQUEST) => ExchangeKind::Mask,
        (IpVersion::V4, v4::EXTENDED_ECHO_REQUEST) | (IpVersion::V6, v6::EXTENDED_ECHO_REQUEST) => {
            ExchangeKind::ExtendedEcho
        }
        _ => return None,
    })
}
