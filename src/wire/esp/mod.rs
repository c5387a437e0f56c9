//! ESP (RFC 4303): a packet that may hold ICMP, which nobody can tell without the key. With the security
//! associations that users have, what they carry is made as it was before: the packet of a tunnel, or
//! that of a transport with its header restored.

mod association;
mod cipher;
mod clear;
mod keys;
mod line;
mod wildcard;

use self::association::Payload;
pub use self::keys::{KeyLog, Keys};
use super::bytes::{tail, u16_at, u32_at};
use super::ip::{Ip, protocol, restore};
use super::link::{LinkHeader, Network};
use super::tunnel::TunnelKind;
use super::{Encryption, Locked, Undecodable};
use crate::model::{Expanded, Form, Sealing, Timestamp};

/// The UDP port of ESP behind a NAT (RFC 3948 section 2.1).
const NAT_TRAVERSAL: u16 = 4500;
/// Octets of UDP's header.
const UDP: usize = 8;
/// Octets of ESP's: SPI and sequence number.
const HEADER: usize = 8;

/// Whether `ip` carries ESP, itself or in UDP.
pub fn is_esp(ip: &Ip<'_>) -> bool {
    match ip.protocol {
        protocol::ESP => true,
        protocol::UDP => !ip.is_later_fragment() && is_in_udp(ip.payload),
        _ => false,
    }
}

/// Whether a datagram carries ESP.
#[inline]
pub(super) fn is_in_udp(datagram: &[u8]) -> bool {
    u16_at(datagram, 2) == Some(NAT_TRAVERSAL)
        // Of zero octets is what IKE begins with, and one octet keeps the NAT alive
        // (RFC 3948 sections 2.2 and 2.3).
        && u32_at(datagram, UDP).is_some_and(|spi| spi != 0)
}

/// Whether a datagram may carry ESP for one who knows keys: who is behind a NAT is sent it to any port.
pub fn may_be_in_udp(datagram: &[u8]) -> bool {
    is_in_udp(datagram)
        || u16_at(datagram, 0) == Some(NAT_TRAVERSAL)
            && u32_at(datagram, UDP).is_some_and(|spi| spi != 0)
}

/// The SPI of the ESP that a datagram may carry.
pub fn spi_in_udp(datagram: &[u8]) -> Option<u32> {
    u32_at(datagram, UDP).filter(|_| may_be_in_udp(datagram))
}

/// Whether what a datagram carries, which is ESP, may be read without any key.
#[cold]
pub(super) fn may_be_clear(datagram: &[u8]) -> bool {
    Sealed::in_udp(datagram).is_some_and(|sealed| clear::may_be(&sealed))
}

/// The header that leads to the packet in `ip`, for whom that packet was made.
pub(super) fn enter(ip: &Ip<'_>, sealing: Sealing) -> Option<(TunnelKind, LinkHeader)> {
    let Sealed { spi, before, .. } = Sealed::of(ip)?;
    let kind = match sealing {
        Sealing::NullEsp(_) => TunnelKind::EspNull { spi },
        _ => TunnelKind::Esp { spi },
    };
    Some((kind, LinkHeader::at(Network::Ip, before + HEADER)))
}

/// The header that leads to a tunnel's packet in `ip` where ESP shows by it that it encrypts nothing: the
/// packet lies there as it is.
pub(super) fn enter_clear(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    let sealed = Sealed::of(ip)?;
    let at = sealed.before + clear::packet_in(&sealed)?;
    let kind = TunnelKind::EspNull { spi: sealed.spi };
    Some((kind, LinkHeader::at(Network::Ip, at)))
}

/// A packet of ESP, as far as it was captured.
struct Sealed<'a> {
    spi: u32,
    /// From the SPI on.
    octets: &'a [u8],
    /// How many there were on the wire.
    length: usize,
    /// How many stand before it in the payload of IP.
    before: usize,
}

impl<'a> Sealed<'a> {
    fn of(ip: &Ip<'a>) -> Option<Self> {
        match ip.protocol {
            _ if ip.is_later_fragment() => None,
            protocol::ESP => Self::new(ip.payload, usize::try_from(ip.payload_length).ok()?, 0),
            protocol::UDP if may_be_in_udp(ip.payload) => Self::in_udp(ip.payload),
            _ => None,
        }
    }

    fn in_udp(datagram: &'a [u8]) -> Option<Self> {
        let length = usize::from(u16_at(datagram, 4)?).checked_sub(UDP)?;
        Self::new(tail(datagram, UDP), length, UDP)
    }

    fn new(octets: &'a [u8], length: usize, before: usize) -> Option<Self> {
        Some(Self {
            spi: u32_at(octets, 0)?,
            octets: octets.get(..length).unwrap_or(octets),
            length,
            before,
        })
    }

    fn is_whole(&self) -> bool {
        self.octets.len() == self.length
    }
}

/// The associations that are known.
#[derive(Default)]
pub struct Esp {
    /// None as long as none was given.
    pub keys: Option<Box<Keys>>,
    /// The second of capture time in which keys were last asked for.
    asked: Option<i64>,
}

impl Esp {
    /// Whether keys may have been added that `ip` needs. They are asked for once a second at most: that
    /// ends have agreed on new ones nothing tells, as IKE encrypts it.
    pub fn wants_keys(&mut self, ip: &Ip<'_>, now: Timestamp) -> bool {
        const SECOND: i64 = 1_000_000_000;
        let second = Some(now.as_nanos().div_euclid(SECOND));
        let wants = self.keys.is_some()
            && is_esp(ip)
            && !ip.is_later_fragment()
            && !self.knows(ip)
            && self.asked != second;
        if wants {
            self.asked = second;
        }
        wants
    }

    /// Whether `ip` carries ESP, by its protocol or port, or by an association.
    pub fn handles(&self, ip: &Ip<'_>) -> bool {
        is_esp(ip) || self.knows(ip)
    }

    /// Whether an association may open what `ip` carries.
    pub fn knows(&self, ip: &Ip<'_>) -> bool {
        let knows =
            |keys: &Keys| Sealed::of(ip).is_some_and(|sealed| keys.of(sealed.spi).next().is_some());
        self.keys.as_deref().is_some_and(knows)
    }

    /// Makes the packet that `ip` carries in `into`: whether it carries one that can be read without a
    /// key, or with one that is known.
    ///
    /// Of what was cut, or is a first fragment, the beginning is made where it is a tunnel's packet.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, where any keys are known.
    pub fn open(&mut self, ip: &Ip<'_>, into: &mut Expanded) -> Result<bool, Undecodable> {
        let Some(sealed) = Sealed::of(ip) else {
            return self.locked(ip, Locked::NotAuthentic);
        };
        into.clear();
        into.octets.extend_from_slice(ip.header);
        let (payload, sealing) = match self.opened(&sealed, ip, &mut into.octets) {
            Ok(payload) => (payload, Sealing::Esp(payload.parts)),
            Err(why) => match clear::open(&sealed, ip, &mut into.octets) {
                Some(payload) => (payload, Sealing::NullEsp(payload.parts)),
                None => return self.locked(ip, why),
            },
        };
        let header = ip.header.len();
        let end = (header + payload.length).min(into.octets.len());
        into.trailer.extend(into.octets.drain(end..));
        if matches!(payload.next, protocol::IPV4 | protocol::IPV6) {
            into.octets.drain(..header);
            into.set_wire_len(payload.length);
        } else {
            restore(ip, payload.next, payload.length, &mut into.octets);
            into.set_wire_len(header + payload.length);
        }
        into.form = Form::Decrypted;
        into.sealing = Some(sealing);
        Ok(true)
    }

    /// What is told of `ip` where it cannot be read.
    fn locked(&self, ip: &Ip<'_>, why: Locked) -> Result<bool, Undecodable> {
        if self.is_told(ip) {
            Err(Undecodable::Encrypted(Encryption::Esp(why)))
        } else {
            Ok(false)
        }
    }

    /// Whether it is told why `ip` cannot be read: where any keys are known, but of fragments, which are
    /// put together first.
    pub fn is_told(&self, ip: &Ip<'_>) -> bool {
        self.keys.is_some() && ip.fragment.is_none()
    }

    /// Opens it with an association that does; ends that a NAT has moved may have another's address.
    fn opened(
        &self,
        sealed: &Sealed<'_>,
        ip: &Ip<'_>,
        made: &mut Vec<u8>,
    ) -> Result<Payload, Locked> {
        let mut why = Locked::NoKey;
        let keys = self.keys.as_ref().ok_or(why)?;
        for is_there in [true, false] {
            for known in keys.of(sealed.spi) {
                let is_apt = known.is_between(ip) == is_there && (is_there || known.is_certain());
                if !is_apt || !is_there && !sealed.is_whole() {
                    continue;
                }
                if let Some(payload) = known.open(sealed, ip, made) {
                    return Ok(payload);
                }
                why = Locked::NotAuthentic;
            }
        }
        Err(why)
    }
}

#[cfg(test)]
mod tests;
