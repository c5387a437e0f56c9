//! ESP that encrypts nothing (RFC 2410, RFC 4543), which no octet says: where a message or a packet in it
//! proves to be one by all its lengths and its checksum (after RFC 5879).

use super::association::{Payload, is_message, is_padding, untrailed};
use super::{HEADER, Sealed};
use crate::model::{EspParts, Proof};
use crate::wire::ip::{Ip, IpVersion, protocol};
use crate::wire::{ChecksumStatus, Limit, header_checksum};

/// Octets before and behind what is carried: an initialization vector, an integrity check value, without
/// which nothing may go that is not encrypted (RFC 4303 section 3.2).
const SHAPES: [(usize, usize); 5] = [(0, 12), (0, 16), (0, 24), (0, 32), (8, 16)];

/// What a packet of ESP would hold in one of these shapes.
struct Candidate<'a> {
    parts: EspParts,
    next: u8,
    payload: &'a [u8],
    /// With what is behind it, up to the integrity check value.
    octets: &'a [u8],
}

impl Candidate<'_> {
    /// Whether it is a tunnel's packet.
    fn is_packet(&self) -> bool {
        match self.next {
            protocol::IPV4 => is_packet(self.payload, IpVersion::V4),
            protocol::IPV6 => is_packet(self.payload, IpVersion::V6),
            _ => false,
        }
    }
}

fn candidates<'a>(sealed: &Sealed<'a>) -> impl Iterator<Item = Candidate<'a>> + use<'a> {
    let body = if sealed.is_whole() {
        sealed.octets.get(HEADER..)
    } else {
        None
    };
    SHAPES.into_iter().filter_map(move |(vector, check_value)| {
        let body = body?;
        let octets = body.get(vector..body.len().checked_sub(check_value)?)?;
        let (payload, padding, next) = untrailed(octets)?;
        let is_one = matches!(
            next,
            protocol::ICMP | protocol::IPV4 | protocol::IPV6 | protocol::IPV6_ICMP
        ) && is_padding(padding);
        is_one.then_some(Candidate {
            parts: EspParts {
                vector,
                check_value,
                proof: Proof::Form,
            },
            next,
            payload,
            octets,
        })
    })
}

/// Whether a glance at its end tells that it may be such a one.
pub(super) fn may_be(sealed: &Sealed<'_>) -> bool {
    candidates(sealed).next().is_some()
}

/// Writes what `ip` carries in `sealed`, and what is behind it, to `made`, behind the header that is there
/// already, if it is such a one; nothing if not.
pub(super) fn open(sealed: &Sealed<'_>, ip: &Ip<'_>, made: &mut Vec<u8>) -> Option<Payload> {
    let found = candidates(sealed).find(|candidate| {
        let (next, payload) = (candidate.next, candidate.payload);
        candidate.is_packet() || protocol::is_icmp(next) && is_message(next, payload, ip, made)
    })?;
    made.extend_from_slice(found.octets);
    Some(Payload {
        next: found.next,
        length: found.payload.len(),
        parts: found.parts,
    })
}

/// Where in `sealed` the packet of a tunnel begins, if it is such a one.
pub(super) fn packet_in(sealed: &Sealed<'_>) -> Option<usize> {
    let is_it = |candidate: &Candidate<'_>| candidate.is_packet();
    let found = candidates(sealed).find(is_it)?;
    Some(HEADER + found.parts.vector)
}

fn is_packet(octets: &[u8], version: IpVersion) -> bool {
    Ip::parse(octets, Limit::Frame).is_ok_and(|ip| {
        ip.version == version
            && !ip.is_defective()
            && usize::try_from(ip.length) == Ok(octets.len())
            && header_checksum(&ip).is_none_or(|sum| sum.status == ChecksumStatus::Good)
    })
}
