//! What is selected, and when that is written with `-w`: a frame at once, packets of one frame
//! together.

use std::mem;

use super::Run;
use crate::icmp::{Message, Quote};
use crate::model::Frame;
use crate::record::IcmpEvent;
use crate::sink::{FrameSink, Room};
use crate::wire::Undecodable;

/// What is being sorted, and so when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A frame.
    Frame,
    /// A packet of several: the frame is written behind the last of them.
    Packet {
        /// One of them is to be written.
        selected: bool,
    },
}

impl Turn {
    /// Frames that are written when a message is.
    pub(super) const fn frames(self) -> u64 {
        match self {
            Self::Frame => 1,
            Self::Packet { .. } => 0,
        }
    }

    /// Hands over a message that is selected.
    pub(super) fn write(&mut self, frames: &mut dyn FrameSink, event: &IcmpEvent<'_>) -> Room {
        match self {
            Self::Frame => frames.frame(event.frame, event.sources, Some(event)),
            Self::Packet { selected } => {
                *selected = true;
                frames.message(event)
            }
        }
    }
}

impl Run<'_, '_, '_, '_> {
    /// Ends the turn of the packets of `frame`, behind the last of them, and goes on with the one before.
    pub(super) fn end_turn(&mut self, frame: &Frame<'_>, before: Turn) {
        if mem::replace(&mut self.turn, before) == (Turn::Packet { selected: true }) {
            match &mut self.turn {
                Turn::Frame => self.write(frame),
                // It is written behind the last of its packets.
                Turn::Packet { selected } => *selected = true,
            }
        }
    }

    /// Whether the packet that a message in `frame` quotes is selected, or one in that.
    pub(super) fn selects_quote(&mut self, frame: &Frame<'_>, message: &Message<'_>) -> bool {
        let filter = &mut self.pipe.filter;
        filter.looks_into_quotes()
            && ((message.quoted_octets())
                .is_some_and(|(quote, length)| filter.matches_quoted(quote, length))
                || (message.quote()).is_some_and(|quote| self.selects_inside(frame, quote)))
    }

    /// Whether the flow of the quoted packet is selected, which fragments and extension headers hide
    /// from programs, or a packet inside of it: as quoted, or the flow in its tunnels, if the capture
    /// has the packet.
    fn selects_inside(&mut self, frame: &Frame<'_>, quote: &Quote<'_>) -> bool {
        let filter = &mut self.pipe.filter;
        let mut quoted = quote.nested();
        filter.matches_flow(&self.pipe.correlator.quoted_flow(quote))
            || quoted.any(|inner| filter.matches_quoted(inner.bytes, inner.ip.length))
            || (self.pipe.correlator.carried_by(frame, quote))
                .is_some_and(|flow| filter.matches_flow(&flow))
    }

    /// Writes a frame, or takes note of its packet, if that is not ICMP and is selected.
    #[inline]
    pub(super) fn write_if_selected(&mut self, frame: &Frame<'_>) {
        if self.pipe.frames.is_some() && self.pipe.filter.matches(frame) {
            match &mut self.turn {
                Turn::Frame => self.write(frame),
                Turn::Packet { selected } => *selected = true,
            }
        }
    }

    /// Writes a frame that is selected.
    #[inline(never)]
    pub(super) fn write(&mut self, frame: &Frame<'_>) {
        if let Some(frames) = &mut self.pipe.frames {
            self.room = frames.frame(frame, &self.sources, None);
            self.written += 1;
        }
    }

    /// A frame that cannot be read, for this reason.
    pub(super) fn undecodable(&mut self, frame: &Frame<'_>, why: Undecodable) {
        self.counts.undecodable += 1;
        self.unread.count(why);
        if why == Undecodable::LinkType && self.unknown_links.count(frame.link) {
            self.pipe.observer.unknown_link(frame, &self.sources);
        }
        self.write_if_selected(frame);
    }
}
