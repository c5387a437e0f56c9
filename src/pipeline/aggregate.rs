//! Frames that hold several packets (IEEE 802.11 A-MSDU): each is sorted as if it came alone.

use std::{io, mem};

use super::Run;
use super::turn::Turn;
use crate::model::Frame;
use crate::wire::Undecodable;
use crate::wire::link::aggregate::Packets;

impl Run<'_, '_, '_, '_> {
    /// A frame that may hold several packets.
    #[inline(never)]
    pub(super) fn take_apart(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let Some(packets) = Packets::of(frame) else {
            self.count(frame.ts)?;
            if self.piece(frame)? {
                return Ok(());
            }
            return self.tell(frame);
        };
        self.count(frame.ts)?;
        let mut octets = mem::take(&mut self.alone);
        self.turn = Turn::Packet { selected: false };
        let sorted = self.sort_each(packets, &mut octets);
        self.alone = octets;
        let turn = mem::replace(&mut self.turn, Turn::Frame);
        if !sorted? {
            // No packet is there, or none of which anything was captured.
            self.undecodable(frame, Undecodable::Short);
        } else if turn == (Turn::Packet { selected: true }) {
            self.write(frame);
        }
        Ok(())
    }

    /// Sorts packets, as long as more is wanted; says whether there was one.
    fn sort_each(&mut self, packets: Packets<'_>, octets: &mut Vec<u8>) -> io::Result<bool> {
        let mut any = false;
        for packet in packets {
            if any {
                if self.is_done() {
                    break;
                }
                self.counts.further_packets += 1;
            }
            any = true;
            self.tell(&packet.alone(octets))?;
        }
        Ok(any)
    }
}
