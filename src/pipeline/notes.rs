//! Of which packets a note is all that is needed.

use std::collections::VecDeque;

use crate::model::Frame;
use crate::model::flow::AddrBits;
use crate::wire::ip::protocol;
use crate::wire::{self, Plain, wireguard};

/// Of those that neither are ICMP nor may hold such a packet, as far as their octets tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    datagrams: Datagrams,
    /// Between these hosts none: frames that one captures for the other come by any port.
    capturing: VecDeque<AddrBits>,
}

/// Of which datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Datagrams {
    #[default]
    All,
    /// All but what may be a message of WireGuard, whose keys are known.
    Unencrypted,
}

impl Notes {
    /// Pairs of hosts that are kept, each in both directions: more are no captures.
    const MOST: usize = 128;

    /// Where keys of WireGuard are known or not.
    pub(super) fn new(keys: bool) -> Self {
        let mut notes = Self::default();
        if keys {
            notes.except_encrypted();
        }
        notes
    }

    pub(super) fn except_encrypted(&mut self) {
        self.datagrams = Datagrams::Unencrypted;
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
        self.datagrams == Datagrams::All && self.capturing.is_empty()
    }

    /// Whether it is of this one.
    #[inline]
    pub(super) fn suffice_of(&self, packet: &Plain<'_>) -> bool {
        self.suffice() || self.tell_all_of(packet)
    }

    fn tell_all_of(&self, packet: &Plain<'_>) -> bool {
        let is_open = self.datagrams == Datagrams::All
            || packet.protocol != protocol::UDP
            || !wireguard::may_be_message(packet.payload);
        is_open && !self.capturing.contains(&packet.addrs)
    }
}
