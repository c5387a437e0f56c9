//! Of which packets a note is all that is needed.

use std::collections::VecDeque;

use crate::model::flow::AddrBits;
use crate::model::{Frame, KeyKind};
use crate::wire::ip::protocol;
use crate::wire::{self, Plain, esp, wireguard};

/// Of those that neither are ICMP nor may hold such a packet, as far as their octets tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// What may be a message of WireGuard.
    wireguard: Keys,
    /// What may be ESP.
    esp: Keys,
    /// Between these hosts none: frames that one captures for the other come by any port.
    capturing: VecDeque<AddrBits>,
}

/// Whether keys are known, with which datagrams may turn out to hold packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keys {
    #[default]
    None,
    Known,
}

impl Notes {
    /// Pairs of hosts that are kept, each in both directions: more are no captures.
    const MOST: usize = 128;

    /// Keys of this kind are known: of what they may open more than a note is needed.
    pub(super) fn except(&mut self, kind: KeyKind) {
        match kind {
            KeyKind::WireGuard => self.wireguard = Keys::Known,
            KeyKind::Esp => self.esp = Keys::Known,
            // A frame of Wi-Fi is no plain one.
            KeyKind::Wlan => {}
        }
    }

    /// Learns from a frame of which more than a note is needed.
    pub(super) fn learn(&mut self, frame: &Frame<'_>) {
        let Some(hosts) = wire::capturing(frame) else {
            return;
        };
        if !self.capturing.contains(&hosts) {
            let more = [hosts, hosts.reversed()];
            let left_out = (self.capturing.len() + more.len()).saturating_sub(Self::MOST);
            self.capturing.drain(..left_out);
            self.capturing.extend(more);
        }
    }

    /// Whether one is all that is needed of each such packet.
    #[inline]
    pub(super) fn suffice(&self) -> bool {
        self.wireguard == Keys::None && self.esp == Keys::None && self.capturing.is_empty()
    }

    /// Whether it is of this one.
    #[inline]
    pub(super) fn suffice_of(&self, packet: &Plain<'_>) -> bool {
        self.suffice() || self.tell_all_of(packet)
    }

    fn tell_all_of(&self, packet: &Plain<'_>) -> bool {
        let is_wireguard = self.wireguard == Keys::Known
            && packet.protocol == protocol::UDP
            && wireguard::may_be_message(packet.payload);
        let is_esp = self.esp == Keys::Known
            && packet.protocol == protocol::UDP
            && esp::may_be_in_udp(packet.payload);
        !is_wireguard && !is_esp && !self.capturing.contains(&packet.addrs)
    }
}
