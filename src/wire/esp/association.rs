//! A security association, and what it opens (RFC 4303 sections 2 and 3.4.4).

use std::net::IpAddr;

use super::cipher::{Authentic, Cipher, Code};
use super::{HEADER, Sealed};
use crate::model::{EspParts, Proof};
use crate::wire::ip::{Ip, IpVersion, protocol, restore};
use crate::wire::{ChecksumStatus, Limit, icmp_checksum, opener};

/// Octets behind the padding: its length, and the next header.
const TRAILER: usize = 2;
/// Octets of padding and its length at most.
const PADDED: usize = 257;

/// Octets of padding, which is 1, 2, 3 and so on, from which no wrong key makes it by chance.
const PROVING: usize = 2;

/// Addresses that an end may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Any,
    V4(Masked<u32>),
    V6(Masked<u128>),
}

impl End {
    pub(super) fn takes(self, addr: IpAddr) -> bool {
        match (self, addr) {
            (Self::Any, _) => true,
            (Self::V4(net), IpAddr::V4(addr)) => net.takes(addr.to_bits()),
            (Self::V6(net), IpAddr::V6(addr)) => net.takes(addr.to_bits()),
            _ => false,
        }
    }
}

/// The numbers that have the same bits as this one where its mask has any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Masked<T> {
    pub(super) number: T,
    pub(super) mask: T,
}

impl<T: Copy + PartialEq + std::ops::BitAnd<Output = T>> Masked<T> {
    pub(super) fn takes(self, number: T) -> bool {
        number & self.mask == self.number & self.mask
    }
}

/// What an association carries (RFC 4301 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Whole packets.
    Tunnel,
    /// Anything, or nobody says.
    Any,
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
    pub(super) spi: Masked<u32>,
    pub(super) mode: Mode,
    pub(super) encryption: Encryption,
    pub(super) authentication: Authentication,
    /// The upper half of sequence numbers of 64 bits, of which packets have the lower one.
    pub(super) upper: u32,
}

/// What was written to `made`, with what is behind it, up to the integrity check value.
#[derive(Clone, Copy)]
pub(super) struct Payload {
    /// What it is of.
    pub(super) next: u8,
    /// Octets of it on the wire.
    pub(super) length: usize,
    /// What is around that.
    pub(super) parts: EspParts,
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

    /// Whether it decrypts with another key than the one that authenticates: that one of them is right
    /// says nothing of the other.
    fn decrypts_apart(&self) -> bool {
        !matches!(self.encryption.cipher, Cipher::Null) && self.encryption.cipher.tag().is_none()
    }

    fn tag(&self) -> usize {
        (self.encryption.cipher.tag()).unwrap_or(self.authentication.octets)
    }

    fn parts(&self, proof: Proof) -> EspParts {
        EspParts {
            vector: self.encryption.cipher.vector(),
            check_value: self.tag(),
            proof,
        }
    }

    /// Writes what `sealed` holds behind what is in `made`; nothing where it does not open that.
    pub(super) fn open(
        &self,
        sealed: &Sealed<'_>,
        ip: &Ip<'_>,
        made: &mut Vec<u8>,
    ) -> Option<Payload> {
        let start = made.len();
        let opened = if sealed.is_whole() {
            self.open_whole(sealed, ip, made)
        } else {
            self.open_beginning(sealed, made)
        };
        if opened.is_none() {
            made.truncate(start);
        }
        opened
    }

    fn open_whole(&self, sealed: &Sealed<'_>, ip: &Ip<'_>, made: &mut Vec<u8>) -> Option<Payload> {
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
        let is_certain = self.is_certain();
        let is_it = is_certain && !self.decrypts_apart()
            || is_padding(padding)
                && match padding.len() {
                    PROVING.. => is_certain || self.may_be(next, payload),
                    _ => self.may_be(next, payload) && is_sound(next, payload, ip),
                };
        if !is_it {
            return None;
        }
        Some(Payload {
            next,
            length: payload.len(),
            parts: self.parts(if is_certain {
                Proof::CheckValue
            } else {
                Proof::Form
            }),
        })
    }

    /// Whether `payload` may be what this next header says.
    fn may_be(&self, next: u8, payload: &[u8]) -> bool {
        use protocol::{
            AH, DCCP, DEST_OPTIONS, ETHER_IP, GRE, ICMP, IP_COMP, IPV4, IPV6, IPV6_ICMP, L2TP,
            MOBILITY, MPLS_IN_IP, NO_NEXT_HEADER, SCTP, TCP, UDP, UDP_LITE, VRRP,
        };
        const OSPF: u8 = 89;
        const PIM: u8 = 103;
        let is_packet = |version| {
            Ip::parse(payload, Limit::Frame)
                .is_ok_and(|ip| ip.version == version && !ip.is_defective())
        };
        match next {
            IPV4 => is_packet(IpVersion::V4),
            IPV6 => is_packet(IpVersion::V6),
            // What hides that nothing goes on (RFC 4303 section 2.6).
            NO_NEXT_HEADER => self.is_certain(),
            _ if self.mode == Mode::Tunnel => false,
            ICMP | IPV6_ICMP | TCP | UDP | SCTP | GRE | L2TP | IP_COMP => true,
            AH | DCCP | DEST_OPTIONS | ETHER_IP | MOBILITY | MPLS_IN_IP | OSPF | PIM | UDP_LITE
            | VRRP => self.is_certain(),
            _ => false,
        }
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
            parts: self.parts(Proof::Form),
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

/// Whether a message of ICMP is it by its checksum too; of anything else that is not asked.
fn is_sound(next: u8, payload: &[u8], ip: &Ip<'_>) -> bool {
    !protocol::is_icmp(next) || is_message(next, payload, ip, &mut ip.header.to_vec())
}

/// Whether `payload` of `ip` is a message of ICMP by its checksum. In `made` is the header of `ip`.
pub(super) fn is_message(next: u8, payload: &[u8], ip: &Ip<'_>, made: &mut Vec<u8>) -> bool {
    let start = made.len();
    made.extend_from_slice(payload);
    restore(ip, next, payload.len(), made);
    let is_message = Ip::parse(made, Limit::Frame)
        .is_ok_and(|ip| icmp_checksum(&ip).status == ChecksumStatus::Good);
    made.truncate(start);
    is_message
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
