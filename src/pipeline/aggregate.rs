//! Frames that hold several packets (IEEE 802.11 A-MSDU, transfers of USB, messages of netlink), and
//! those whose tunnels do: each is sorted as if it came alone.

use std::{io, mem};

use super::Run;
use super::turn::Turn;
use crate::model::Frame;
use crate::wire::Undecodable;
use crate::wire::link::aggregate::Packets;
use crate::wire::link::linktype;
use crate::wire::link::usb::Datagrams;
use crate::wire::tunnel::Several;

impl Run<'_, '_, '_, '_> {
    /// A frame that may hold several packets.
    #[inline(never)]
    pub(super) fn take_apart(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.count(frame.ts)?;
        if self.wlan.is_some() && self.unlock(frame)? {
            return Ok(());
        }
        self.tell_apart(frame)
    }

    /// The same of one that is counted, and not encrypted.
    pub(super) fn tell_apart(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        if let Some(packets) = Packets::of(frame) {
            let mut octets = mem::take(&mut self.alone);
            let sorted = self.sort_each(frame, packets, |run, packet| {
                run.tell(&packet.alone(&mut octets))
            });
            self.alone = octets;
            sorted
        } else if let Some(datagrams) = Datagrams::of(frame) {
            self.sort_each(frame, datagrams, |run, datagram| run.tell(&datagram))
        } else if frame.link == linktype::NETLINK && self.several(frame)? || self.piece(frame)? {
            Ok(())
        } else {
            self.tell(frame)
        }
    }

    /// A frame whose tunnels may have several packets: whether they have, and these were told.
    #[cold]
    pub(super) fn several(&mut self, frame: &Frame<'_>) -> io::Result<bool> {
        let Some(packets) = Several::of(frame) else {
            return Ok(false);
        };
        let mut octets = mem::take(&mut self.alone);
        let sorted = self.sort_each(frame, packets, |run, packet| {
            run.tell(&packet.alone(&mut octets))
        });
        self.alone = octets;
        sorted.map(|()| true)
    }

    /// Sorts the packets of a frame, as long as more is wanted.
    fn sort_each<P>(
        &mut self,
        frame: &Frame<'_>,
        packets: impl Iterator<Item = P>,
        tell: impl FnMut(&mut Self, P) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.tell_packets(frame, packets, tell)? {
            // No packet is there, or none of which anything was captured.
            self.undecodable(frame, Undecodable::Short);
        }
        Ok(())
    }

    /// Tells the packets of a frame, as long as more is wanted, and says whether there are any.
    pub(super) fn tell_packets<P>(
        &mut self,
        frame: &Frame<'_>,
        packets: impl Iterator<Item = P>,
        mut tell: impl FnMut(&mut Self, P) -> io::Result<()>,
    ) -> io::Result<bool> {
        let before = mem::replace(&mut self.turn, Turn::Packet { selected: false });
        let mut any = false;
        let mut told = Ok(());
        for packet in packets {
            if any {
                if self.is_done() {
                    break;
                }
                self.counts.further_packets += 1;
            }
            any = true;
            told = tell(self, packet);
            if told.is_err() {
                break;
            }
        }
        self.end_turn(frame, before);
        told.map(|()| any)
    }
}
