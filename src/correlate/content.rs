//! What a packet holds behind the octets that lead its transport: it tells packets apart that begin alike.

use super::lead::Lead;
use crate::icmp::is_error;
use crate::wire::bytes::u32_at;
use crate::wire::ip::protocol::{ESP, ICMP, SCTP, TCP, UDP, is_icmp};
use crate::wire::{Ip, IpVersion};

/// Of TCP the acknowledgement number; of others how many octets are there, in the lower bits, and a hash of
/// these. Nothing where what leads tells packets apart: messages of ICMP by their checksum, which no card
/// fills in, and ESP by its sequence number. Of ICMP errors what a translation leaves alone of what they
/// quote: it changes the checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content(u32);

/// What of that is looked at, in octets. Of a datagram few: there are many, and programs number them at their
/// beginning.
const OF_DATAGRAM: usize = 24;
/// Of a tunnel's packet as many as lead to the sequence number in it: behind VXLAN, Ethernet with a tag, and
/// IPv6 that is 80 octets on.
const MOST: usize = 96;
const COUNT_BITS: u32 = 7;

impl Content {
    /// That of a packet of `protocol` whose transport is this.
    #[inline]
    pub(super) fn of(protocol: u8, transport: &[u8]) -> Self {
        match protocol {
            TCP => Self(u32_at(transport, 8).unwrap_or(0)),
            UDP => match transport.get(Lead::OCTETS..).unwrap_or(&[]) {
                octets if octets.len() >= OF_DATAGRAM => Self::hashed(octets, OF_DATAGRAM),
                octets => Self::hashed(octets, octets.len()),
            },
            protocol => Self::of_other(protocol, transport),
        }
    }

    /// That of a tunnel's packet.
    pub(super) fn of_carrier(ip: &Ip<'_>) -> Self {
        match ip.protocol {
            _ if ip.is_later_fragment() => Self::default(),
            UDP => Self::of_all(ip.payload.get(Lead::OCTETS..).unwrap_or(&[])),
            protocol => Self::of(protocol, ip.payload),
        }
    }

    fn of_other(protocol: u8, transport: &[u8]) -> Self {
        Self::of_all(behind(protocol, transport))
    }

    fn of_all(octets: &[u8]) -> Self {
        Self::hashed(octets, octets.len().min(MOST))
    }

    /// That of the first `count` octets.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // cut by design
    fn hashed(octets: &[u8], count: usize) -> Self {
        /// Odd, with as many ones as zeros: 2^64 divided by the golden ratio.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let words = octets.get(..count).unwrap_or(&[]).chunks(size_of::<u64>());
        let hash = words.fold(0_u64, |hash, word| {
            (hash.rotate_left(29) ^ u64::from_be_bytes(Lead::of(word).octets()))
                .wrapping_mul(SPREAD)
        });
        Self(((hash >> (32 + COUNT_BITS)) as u32) << COUNT_BITS | count as u32)
    }

    /// How many octets it is of.
    fn count(self) -> usize {
        self.0 as usize & ((1 << COUNT_BITS) - 1)
    }

    /// TCP acknowledgement number.
    pub(super) const fn ack(self) -> u32 {
        self.0
    }

    /// Whether another packet of this protocol holds something else, as far as is known.
    pub(super) fn is_other(self, than: Self, protocol: u8) -> bool {
        let is_known = match protocol {
            TCP => self.ack() != 0 && than.ack() != 0,
            _ => self.count() == than.count(),
        };
        is_known && self != than
    }
}

/// What of a transport is looked at behind what leads it. The checksum of SCTP is not: cards fill it in.
fn behind(protocol: u8, transport: &[u8]) -> &[u8] {
    let from = match protocol {
        ESP => transport.len(),
        protocol if is_icmp(protocol) => return quoted(protocol, transport),
        SCTP => 12,
        _ => Lead::OCTETS,
    };
    transport.get(from..).unwrap_or(&[])
}

/// What leads the packet that a message of ICMP quotes, if it is an error: of IPv4 what stands before the
/// TTL, with length and identification, of IPv6 what stands before the addresses.
fn quoted(protocol: u8, transport: &[u8]) -> &[u8] {
    const OCTETS: usize = 8;
    let version = if protocol == ICMP {
        IpVersion::V4
    } else {
        IpVersion::V6
    };
    match transport.first() {
        Some(kind) if is_error(version, *kind) => (transport.get(Lead::OCTETS..))
            .and_then(|quote| quote.get(..OCTETS))
            .unwrap_or(&[]),
        _ => &[],
    }
}

/// What a quote shows of that.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown {
    /// What leads the transport is all there is.
    Nothing,
    Ack(Option<u32>),
    Octets {
        octets: [u8; MOST],
        count: usize,
        /// How many there are before zeros that may be padding (RFC 4884 section 4.6).
        sent: usize,
    },
}

impl Shown {
    /// That of a quoted packet.
    pub(super) fn of(ip: &Ip<'_>) -> Self {
        if ip.is_whole() && ip.payload.len() <= Lead::OCTETS {
            return Self::Nothing;
        }
        let transport: &[u8] = if ip.is_later_fragment() {
            &[]
        } else {
            ip.payload
        };
        if ip.protocol == TCP {
            return Self::Ack(u32_at(transport, 8));
        }
        let shown = behind(ip.protocol, transport);
        let mut octets = [0; MOST];
        for (to, from) in octets.iter_mut().zip(shown) {
            *to = *from;
        }
        let before_zeros = || shown.iter().rposition(|octet| *octet != 0);
        Self::Octets {
            octets,
            count: shown.len().min(MOST),
            sent: if ip.is_whole() {
                shown.len()
            } else {
                before_zeros().map_or(0, |last| last + 1)
            },
        }
    }

    /// Whether a packet holds what is shown, if both are known.
    pub(super) fn agrees(&self, seen: Content) -> Option<bool> {
        match self {
            Self::Nothing => None,
            Self::Ack(ack) => ack.filter(|_| seen.ack() != 0).map(|ack| ack == seen.ack()),
            Self::Octets {
                octets,
                count,
                sent,
            } => {
                let wanted = seen.count();
                if wanted == 0 || wanted > *count {
                    return None;
                }
                let agrees = Content::hashed(octets, wanted) == seen;
                (agrees || wanted <= *sent).then_some(agrees)
            }
        }
    }
}
