//! A security association, and what it opens (RFC 4303 sections 2 and 3.4.4).

use std::net::IpAddr;

use super::cipher::{Authentic, Cipher, Code};
use super::{HEADER, Sealed};
use crate::wire::ip::{Ip, IpVersion, protocol};
use crate::wire::{Limit, opener};

/// Octets behind the padding: its length, and the next header.
const TRAILER: usize = 2;
/// Octets of padding and its length at most.
const PADDED: usize = 257;

/// Addresses that an end may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Any,
    /// Those that begin with so many bits of this one.
    In(IpAddr, u8),
}

impl End {
    pub(super) fn takes(self, addr: IpAddr) -> bool {
        match (self, addr) {
            (Self::Any, _) => true,
            (Self::In(IpAddr::V4(net), bits), IpAddr::V4(addr)) => {
                let differ = net.to_bits() ^ addr.to_bits();
                differ.leading_zeros() >= u32::from(bits).min(u32::BITS)
            }
            (Self::In(IpAddr::V6(net), bits), IpAddr::V6(addr)) => {
                let differ = net.to_bits() ^ addr.to_bits();
                differ.leading_zeros() >= u32::from(bits)
            }
            _ => false,
        }
    }
}

/// How a packet is encrypted. It has no words, as the keys in it are not to be told.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Encryption {
    pub(super) cipher: Cipher,
    pub(super) key: Vec<u8>,
}

/// How a packet is authenticated whose cipher does not do that.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Authentication {
    pub(super) code: Code,
    pub(super) key: Vec<u8>,
    /// Octets of the integrity check value.
    pub(super) octets: usize,
}

impl Authentication {
    pub(super) const NONE: Self = Self {
        code: Code::Unchecked,
        key: Vec::new(),
        octets: 0,
    };
}

/// See the module.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Association {
    pub(super) src: End,
    pub(super) dst: End,
    /// Any where there is none.
    pub(super) spi: Option<u32>,
    pub(super) encryption: Encryption,
    pub(super) authentication: Authentication,
    /// The upper half of sequence numbers of 64 bits, of which packets have the lower one.
    pub(super) upper: u32,
}

/// Where in `made` a packet was written.
pub(super) struct Payload {
    /// What it is of.
    pub(super) next: u8,
    /// Octets of it on the wire.
    pub(super) length: usize,
}

impl Association {
    /// Whether it is the one between these ends.
    pub(super) fn is_between(&self, ip: &Ip<'_>) -> bool {
        self.src.takes(ip.src()) && self.dst.takes(ip.dst())
    }

    /// Whether only its key can have made what it opens.
    pub(super) fn is_certain(&self) -> bool {
        self.encryption.cipher.tag().is_some() || self.authentication.code != Code::Unchecked
    }

    fn tag(&self) -> usize {
        (self.encryption.cipher.tag()).unwrap_or(self.authentication.octets)
    }

    /// Writes what `sealed` holds behind what is in `made`; nothing where it does not open that.
    pub(super) fn open(&self, sealed: &Sealed<'_>, made: &mut Vec<u8>) -> Option<Payload> {
        let start = made.len();
        let opened = if sealed.is_whole() {
            self.open_whole(sealed, made)
        } else {
            self.open_beginning(sealed, made)
        };
        if opened.is_none() {
            made.truncate(start);
        }
        opened
    }

    fn open_whole(&self, sealed: &Sealed<'_>, made: &mut Vec<u8>) -> Option<Payload> {
        let start = made.len();
        let at = sealed.length.checked_sub(self.tag())?;
        let (authentic, tag) = sealed.octets.split_at_checked(at)?;
        let (header, rest) = authentic.split_at_checked(HEADER)?;
        let Encryption { cipher, key } = &self.encryption;
        let (vector, body) = rest.split_at_checked(cipher.vector())?;
        let mut halves = [None, Some(self.upper), self.upper.checked_add(1)].into_iter();
        let is_opened = if cipher.tag().is_some() {
            halves.any(|upper| {
                made.truncate(start);
                made.extend_from_slice(body);
                let header = extended(header, upper);
                let sealed = Authentic {
                    header: &header,
                    vector,
                    tag,
                };
                let octets = made.get_mut(start..).unwrap_or_default();
                cipher.open(key, &sealed, octets).is_some()
            })
        } else {
            let Authentication { code, key: by, .. } = &self.authentication;
            made.extend_from_slice(body);
            halves.any(|upper| {
                let upper = upper.map(u32::to_be_bytes);
                let upper = upper.as_ref().map_or(&[][..], |upper| &upper[..]);
                code.verifies(by, &[authentic, upper], tag)
            }) && cipher
                .decrypt(key, vector, made.get_mut(start..)?)
                .is_some()
        };
        let octets = made.get(start..).filter(|_| is_opened)?;
        let (payload, padding, next) = untrailed(octets)?;
        let is_it = self.is_certain() || is_padding(padding) && may_be(next, payload);
        if !is_it {
            return None;
        }
        let length = payload.len();
        made.truncate(start + length);
        Some(Payload { next, length })
    }

    /// What was cut lacks what it would be told by for certain, and what it carries: that can be told of
    /// a tunnel's packet alone.
    fn open_beginning(&self, sealed: &Sealed<'_>, made: &mut Vec<u8>) -> Option<Payload> {
        const BLOCK: usize = 16;
        let start = made.len();
        let Encryption { cipher, key } = &self.encryption;
        let length = sealed
            .length
            .checked_sub(HEADER + cipher.vector() + self.tag())?;
        let (vector, body) = (sealed.octets.get(HEADER..)?).split_at_checked(cipher.vector())?;
        let body = body.get(..length).unwrap_or(body);
        made.extend_from_slice(body);
        if matches!(
            cipher,
            Cipher::AesCbc | Cipher::TripleDesCbc | Cipher::DesCbc
        ) {
            made.truncate(start + body.len() / BLOCK * BLOCK);
        }
        cipher.decrypt(key, vector, made.get_mut(start..)?)?;
        let packet = made.get(start..)?;
        let length = length.checked_sub(TRAILER)?;
        opener::is_plausible(packet, length, PADDED).then(|| Payload {
            next: match packet.first() {
                Some(first) if first >> 4 == 4 => protocol::IPV4,
                _ => protocol::IPV6,
            },
            length,
        })
    }
}

/// The payload, the padding behind it, and what the payload is of.
pub(super) fn untrailed(octets: &[u8]) -> Option<(&[u8], &[u8], u8)> {
    let (padded, &[padding, next]) = octets.split_last_chunk::<TRAILER>()?;
    let length = padded.len().checked_sub(padding.into())?;
    let (payload, padding) = padded.split_at_checked(length)?;
    Some((payload, padding, next))
}

/// Whether it is 1, 2, 3 and so on (RFC 4303 section 2.4).
pub(super) fn is_padding(octets: &[u8]) -> bool {
    (1..=u8::MAX).zip(octets).all(|(is, octet)| is == *octet)
}

/// Whether `payload` may be what this next header says.
fn may_be(next: u8, payload: &[u8]) -> bool {
    use protocol::{GRE, ICMP, IP_COMP, IPV4, IPV6, IPV6_ICMP, L2TP, SCTP, TCP, UDP};
    let is_packet = |version| {
        Ip::parse(payload, Limit::Frame).is_ok_and(|ip| ip.version == version && !ip.is_defective())
    };
    match next {
        IPV4 => is_packet(IpVersion::V4),
        IPV6 => is_packet(IpVersion::V6),
        other => matches!(
            other,
            ICMP | IPV6_ICMP | TCP | UDP | SCTP | GRE | L2TP | IP_COMP
        ),
    }
}

/// SPI and sequence number, the upper half of it between them where it has one (RFC 4106 section 5).
fn extended(header: &[u8], upper: Option<u32>) -> Vec<u8> {
    const SPI: usize = 4;
    let (spi, sequence) = header.split_at_checked(SPI).unwrap_or((header, &[]));
    match upper {
        Some(upper) => [spi, &upper.to_be_bytes(), sequence].concat(),
        None => header.to_vec(),
    }
}
