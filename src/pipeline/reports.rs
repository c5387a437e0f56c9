//! Packets that a frame reports, as data of another protocol: each is told behind the frame itself, which
//! is what it is.

use std::{io, mem};

use super::Run;
use super::turn::Turn;
use crate::correlate::observation::Observation;
use crate::model::Frame;
use crate::wire::tunnel::Reports;
use crate::wire::{Classified, Packet, classify};

impl Run<'_, '_, '_, '_> {
    /// Takes a frame whose innermost `packet` may report others; says whether it may.
    pub(super) fn take_reports(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
    ) -> io::Result<bool> {
        let Some(reports) = Reports::of(frame, packet, &mut self.templates) else {
            return Ok(false);
        };
        self.counts.other += 1;
        self.pipe
            .correlator
            .other(&Observation::of(frame, &packet.ip));
        let before = mem::replace(&mut self.turn, Turn::Packet { selected: false });
        self.write_if_selected(frame);
        let told = self.tell_each(reports);
        self.end_turn(frame, before);
        told?;
        Ok(true)
    }

    /// Tells those that are ICMP, as long as more is wanted.
    fn tell_each(&mut self, reports: Reports<'_>) -> io::Result<()> {
        for frame in reports {
            if let Classified::Icmp(packet) = &classify(&frame) {
                if self.is_done() {
                    break;
                }
                self.counts.reported += 1;
                // Not where the message that reports is itself in fragments.
                let is_fragment =
                    packet.ip.fragment.is_some() && packet.tunnels.fragment().is_none();
                let reassembly = is_fragment.then(|| self.reassemble(&frame, packet));
                self.icmp(&frame, packet, reassembly.as_ref())?;
            }
        }
        Ok(())
    }
}
