//! Frames that hold several packets (IEEE 802.11 A-MSDU, transfers of USB): each is sorted as if it came
//! alone.

use std::{io, mem};

use super::Run;
use super::turn::Turn;
use crate::model::Frame;
use crate::wire::Undecodable;
use crate::wire::link::aggregate::Packets;
use crate::wire::link::usb::Datagrams;

impl Run<'_, '_, '_, '_> {
    /// A frame that may hold several packets.
    #[inline(never)]
    pub(super) fn take_apart(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.count(frame.ts)?;
        if let Some(packets) = Packets::of(frame) {
            let mut octets = mem::take(&mut self.alone);
            let sorted = self.sort_each(frame, packets, |run, packet| {
                run.tell(&packet.alone(&mut octets))
            });
            self.alone = octets;
            sorted
        } else if let Some(datagrams) = Datagrams::of(frame) {
            self.sort_each(frame, datagrams, |run, datagram| run.tell(&datagram))
        } else if self.piece(frame)? {
            Ok(())
        } else {
            self.tell(frame)
        }
    }

    /// Sorts the packets of a frame, as long as more is wanted.
    fn sort_each<P>(
        &mut self,
        frame: &Frame<'_>,
        packets: impl Iterator<Item = P>,
        mut tell: impl FnMut(&mut Self, P) -> io::Result<()>,
    ) -> io::Result<()> {
        self.turn = Turn::Packet { selected: false };
        let mut any = false;
        let mut sorted = Ok(());
        for packet in packets {
            if any {
                if self.is_done() {
                    break;
                }
                self.counts.further_packets += 1;
            }
            any = true;
            sorted = tell(self, packet);
            if sorted.is_err() {
                break;
            }
        }
        let turn = mem::replace(&mut self.turn, Turn::Frame);
        sorted?;
        if !any {
            // No packet is there, or none of which anything was captured.
            self.undecodable(frame, Undecodable::Short);
        } else if turn == (Turn::Packet { selected: true }) {
            self.write(frame);
        }
        Ok(())
    }
}
