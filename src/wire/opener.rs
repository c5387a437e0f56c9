//! Packets that a tunnel carries in another form, as they were before.

use super::defect::Limit;
use super::esp::{self, Esp};
use super::ip::{Ip, IpVersion, header_checksum, protocol};
use super::ipcomp::{self, Inflater};
use super::wireguard::{self, WireGuard};
use super::{ChecksumStatus, Undecodable, tunnel};
use crate::model::{Expanded, Timestamp};

/// Makes packets of those that are compressed or encrypted.
#[derive(Default)]
pub struct Opener {
    inflater: Inflater,
    /// None as long as there are no keys.
    pub wireguard: Option<Box<WireGuard>>,
    /// ESP, of which some is read without keys.
    pub esp: Esp,
}

impl Opener {
    /// Makes the packet that `ip` carries in `into`: whether it carries one.
    ///
    /// # Errors
    ///
    /// Why that cannot be made.
    pub fn open(&mut self, ip: &Ip<'_>, into: &mut Expanded) -> Result<bool, Undecodable> {
        if ipcomp::is_compressed(ip) {
            return self.inflater.expand(ip, into).map(|()| true);
        }
        let is_esp = self.esp.handles(ip);
        if let Some(wireguard) = &mut self.wireguard {
            let opened = wireguard.open(ip, into);
            if !is_esp || opened == Ok(true) {
                return opened;
            }
        }
        if is_esp {
            self.esp.open(ip, into)
        } else {
            Ok(false)
        }
    }

    /// Whether `ip` carries what is to be handed to [`Self::open`].
    #[inline]
    pub fn opens(&self, ip: &Ip<'_>) -> bool {
        ipcomp::is_compressed(ip) || self.wireguard.is_some() || self.esp.handles(ip)
    }

    /// Whether there may be new keys by now, which `ip` needs or leads to.
    pub fn wants_keys(&mut self, ip: &Ip<'_>, now: Timestamp) -> bool {
        // Keys of WireGuard are logged when they are made, before anything goes out.
        self.wireguard.is_some() && wireguard::is_handshake(ip) || self.esp.wants_keys(ip, now)
    }

    /// Whether it may open what `ip` carries once that is whole.
    pub fn may_open(&self, ip: &Ip<'_>) -> bool {
        self.wireguard.is_some()
            && ip.protocol == protocol::UDP
            && wireguard::may_be_message(ip.payload)
            || self.esp.knows(ip)
    }

    /// Whether any keys are known, or may come.
    #[inline]
    pub fn has_keys(&self) -> bool {
        self.wireguard.is_some() || self.esp.keys.is_some()
    }

    /// Whether `ip`, which is quoted, may carry a packet that is encrypted and read where its keys are known.
    pub fn opens_quoted(&self, ip: &Ip<'_>) -> bool {
        !ip.is_later_fragment() && (self.is_sealed(ip) || self.esp.knows(ip))
    }

    /// Whether `ip` carries a packet that is read where its keys are known.
    pub fn is_sealed(&self, ip: &Ip<'_>) -> bool {
        self.wireguard.is_some() && wireguard::is_transport(ip)
            || self.esp.keys.is_some() && esp::is_esp(ip)
    }

    /// Makes of a packet all that can be made of what it carries: the innermost, around which the
    /// others are.
    pub(super) fn open_all(&mut self, mut made: Expanded) -> Expanded {
        while let Some((tunnels, ip)) = tunnel::innermost(&made) {
            let depth = u8::try_from(tunnels.len() + 1).unwrap_or(u8::MAX);
            let mut inner = Expanded::default();
            if !made.has_room_at(depth) || self.open(&ip, &mut inner) != Ok(true) {
                break;
            }
            inner.depth = depth;
            inner.around = Some(Box::new(made));
            made = inner;
        }
        made
    }
}

/// Whether what was decrypted without its tag is the beginning of a packet: its header agrees with the
/// length of what was encrypted, which is that of the packet and less octets of padding than `padded`,
/// and of IPv4 with its checksum.
pub(super) fn is_plausible(packet: &[u8], length: usize, padded: usize) -> bool {
    let Ok(ip) = Ip::parse_on_wire(packet, length, Limit::Frame) else {
        return false;
    };
    let padding = usize::try_from(ip.length)
        .ok()
        .and_then(|ip| length.checked_sub(ip));
    padding.is_some_and(|padding| padding < padded)
        && (ip.version == IpVersion::V6
            || header_checksum(&ip).map(|checksum| checksum.status) == Some(ChecksumStatus::Good))
}
