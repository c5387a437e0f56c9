//! Packets that are data of another protocol: each is told behind the frame itself, which is what it is.

use std::{io, mem};

use super::Run;
use super::turn::Turn;
use crate::model::Frame;
use crate::wire::reassembly::Reassembly;
use crate::wire::tunnel::{Message, Reports};
use crate::wire::{Classified, Packet, classify};

impl Run<'_, '_, '_, '_> {
    /// Takes a frame whose innermost `packet` may report others, or be a segment of a stream whose
    /// messages hold some; says whether it may.
    pub(super) fn take_reports(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
    ) -> io::Result<bool> {
        if let Some(reports) = Reports::of(frame, packet, &mut self.known) {
            self.with_frame(frame, packet, |run| run.tell_each(reports))?;
        } else if let Some(messages) = self.tcp_streams.take(frame, packet, &mut self.known) {
            self.notes.learn(frame);
            self.with_frame(frame, packet, |run| run.tell_messages(frame, &messages))?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Tells a frame for what it is, and what is behind it.
    fn with_frame(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        tell: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.counts.other += 1;
        self.pipe.correlator.other_in(frame, packet);
        let before = mem::replace(&mut self.turn, Turn::Packet { selected: false });
        self.write_if_selected(frame);
        let told = tell(self);
        self.end_turn(frame, before);
        told
    }

    /// Tells those that are ICMP, as long as more is wanted.
    fn tell_each(&mut self, reports: Reports<'_>) -> io::Result<()> {
        for frame in reports {
            if self.is_done() {
                break;
            }
            self.reported(&frame, None)?;
        }
        Ok(())
    }

    /// Tells the packet that a frame reports, if it is ICMP: by a message, where it has one.
    fn reported(&mut self, frame: &Frame<'_>, message: Option<&Message>) -> io::Result<()> {
        if let Classified::Icmp(packet) = &classify(frame) {
            self.counts.reported += 1;
            // Not where the message that reports is itself in fragments.
            let is_fragment = packet.ip.fragment.is_some() && packet.tunnels.fragment().is_none();
            let reassembly = if is_fragment {
                Some(self.reassemble(frame, packet).0)
            } else {
                message.and_then(|message| self.of_segments(message, packet))
            };
            self.icmp(frame, packet, reassembly.as_ref())?;
        }
        Ok(())
    }

    /// Tells the packets of messages, as long as more is wanted.
    fn tell_messages(&mut self, frame: &Frame<'_>, messages: &[Message]) -> io::Result<()> {
        for message in messages {
            if self.is_done() {
                break;
            }
            let frame = message.frame(frame);
            if message.is_carried() {
                self.carried(&frame, message)?;
            } else {
                self.reported(&frame, Some(message))?;
            }
        }
        Ok(())
    }

    /// Tells the packet that travels in a message.
    fn carried(&mut self, frame: &Frame<'_>, message: &Message) -> io::Result<()> {
        self.counts.further_packets += 1;
        if let Classified::Icmp(packet) = &classify(frame)
            && !packet.is_of_fragment()
            && let Some(reassembly) = self.of_segments(message, packet)
        {
            return self.icmp(frame, packet, Some(&reassembly));
        }
        self.tell(frame)
    }

    /// What the packet of a message came to that several segments hold.
    fn of_segments(&mut self, message: &Message, packet: &Packet<'_>) -> Option<Reassembly> {
        let (made, frames) = message.made.as_ref()?;
        (!frames.is_empty()).then(|| {
            self.reassembler
                .complete(&packet.ip, made, frames.clone(), 0)
        })
    }
}
