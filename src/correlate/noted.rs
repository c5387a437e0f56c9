//! What every IP packet leaves behind, whatever it carries.

use super::flows::Hashes;
use super::network::Link;
use super::observation::Observation;
use super::unanswered::Attempts;
use super::{Correlator, Outcome};
use crate::model::Frame;
use crate::wire::{Ip, Packet};

impl Correlator {
    /// Takes an IP packet that is not ICMP.
    #[inline]
    pub fn other(&mut self, packet: &Observation) {
        if let Some(ring) = &self.ring {
            let hashes = ring.hashes_of(packet);
            self.any_packet(packet, &hashes, (false, Link::UNKNOWN));
        }
    }

    /// Takes a frame that has no IP packet.
    pub fn not_ip(&mut self, frame: &Frame<'_>) {
        self.resolutions.not_ip(frame);
    }

    /// Takes the packet of a frame that is not ICMP, and those of the tunnels around it.
    pub fn other_in(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        self.around(frame, packet, false);
        self.passed(frame, &packet.ip, (false, Link::of(packet)));
    }

    fn passed(&mut self, frame: &Frame<'_>, ip: &Ip<'_>, seen: (bool, Link)) {
        if let Some((packet, hashes)) = self.note(frame, ip) {
            self.any_packet(&packet, &hashes, seen);
        }
    }

    /// Takes note of a packet that [`Self::any_packet`] takes a while later.
    #[inline]
    pub(super) fn note(&self, frame: &Frame<'_>, ip: &Ip<'_>) -> Option<(Observation, Hashes)> {
        let ring = self.ring.as_ref()?;
        let packet = Observation::of(frame, ip);
        let hashes = ring.hashes_of(&packet);
        ring.prefetch(&hashes);
        Some((packet, hashes))
    }

    /// Takes the packets of the tunnels around one: errors quote them as they quote any packet. What
    /// of a frame holds several packets stands in the same ones.
    #[inline]
    pub(super) fn around(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, shown: bool) {
        if !packet.tunnels.is_empty() && self.ring.is_some() {
            self.carriers(frame, packet, shown);
        }
    }

    #[cold]
    fn carriers(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, shown: bool) {
        let is_made = frame
            .expanded
            .is_some_and(|made| made.form.is_of_pieces() && made.link.is_none());
        self.carried.push(frame, packet);
        if is_made || self.carried_by == Some(frame.reference()) {
            return;
        }
        self.carried_by = Some(frame.reference());
        let carriers = packet.tunnels.encapsulations();
        for carrier in carriers.filter_map(|around| around.outer) {
            if let Some((packet, hashes)) = self.note(frame, &carrier) {
                let packet = packet.carrying(&carrier);
                self.any_packet(&packet, &hashes, (shown, Link::UNKNOWN));
            }
        }
    }

    /// What a packet of ICMP leaves behind.
    pub(super) fn observe(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, shown: bool) {
        self.around(frame, packet, shown);
        self.passed(frame, &packet.ip, (shown, Link::of(packet)));
    }

    /// What every IP packet leaves behind, where originals are tracked.
    #[inline]
    pub(super) fn any_packet(
        &mut self,
        packet: &Observation,
        hashes: &Hashes,
        (shown, link): (bool, Link),
    ) {
        let Some(ring) = self.ring.as_mut() else {
            return;
        };
        ring.push(packet, hashes, shown);
        let mut refused = None;
        if self.followed.may_know(hashes.flow()) {
            if !self.hasty.is_empty() {
                refused = self.hasty.about_last(ring, packet.ts);
            }
            if refused.is_none() {
                self.followed.packet(packet, hashes.flow(), link);
            }
            self.stalls.answer(packet);
        }
        if self.stalls.is_again(packet, hashes.flow()) {
            self.stalls.again(ring, packet, &mut self.followed);
        }
        if self.traces.may_know(hashes.pair) {
            let displaced = self.traces.packet(ring, packet, shown);
            self.outcomes
                .extend(displaced.into_iter().map(Outcome::Path));
        }
        if Attempts::concerns(packet.flags) {
            self.attempts.packet(ring, packet);
            if packet.begins() {
                let began = (&packet.flow(), link);
                self.followed.tried(ring, began, packet.ts);
            }
        }
        if let Some(at) = refused {
            self.refused_before(at, packet, shown);
        }
    }
}
