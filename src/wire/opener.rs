//! Packets that a tunnel carries in another form, as they were before.

use super::ip::{Ip, protocol};
use super::ipcomp::{self, Inflater};
use super::wireguard::{self, WireGuard};
use super::{Undecodable, tunnel};
use crate::model::Expanded;

/// Makes packets of those that are compressed or encrypted.
#[derive(Default)]
pub struct Opener {
    inflater: Inflater,
    /// None as long as there are no keys.
    pub wireguard: Option<Box<WireGuard>>,
}

impl Opener {
    /// Makes the packet that `ip` carries in `into`: whether it carries one.
    ///
    /// # Errors
    ///
    /// Why that cannot be made.
    pub fn open(&mut self, ip: &Ip<'_>, into: &mut Expanded) -> Result<bool, Undecodable> {
        if ipcomp::is_compressed(ip) {
            self.inflater.expand(ip, into).map(|()| true)
        } else if let Some(wireguard) = &mut self.wireguard {
            wireguard.open(ip, into)
        } else {
            Ok(false)
        }
    }

    /// Whether it may open what `ip` carries once that is whole.
    pub fn may_open(&self, ip: &Ip<'_>) -> bool {
        self.wireguard.is_some()
            && ip.protocol == protocol::UDP
            && wireguard::may_be_message(ip.payload)
    }

    /// Whether `ip` carries a packet that is read where its keys are known.
    pub fn is_sealed(&self, ip: &Ip<'_>) -> bool {
        self.wireguard.is_some() && wireguard::is_transport(ip)
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
