//! Frames whose packets travel in another form, most of them compressed (6LoWPAN, `IPComp`): each is
//! made before it is sorted.

use std::{io, mem};

use super::Run;
use crate::icmp::Message;
use crate::model::{Expanded, Frame};
use crate::wire::link::Headerless;
use crate::wire::lowpan::Within;
use crate::wire::reassembly::Reassembly;
use crate::wire::{Ip, Packet, TunnelPath, Undecodable, lowpan, tunnel};

impl Run<'_, '_, '_, '_> {
    /// A frame whose packet is to be made first.
    #[inline(never)]
    pub(super) fn expand(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.count(frame.ts)?;
        match self.expand_inside(frame, frame, None)? {
            Ok(true) => Ok(()),
            Ok(false) => self.tell(frame),
            Err(why) => {
                self.undecodable(frame, why);
                Ok(())
            }
        }
    }

    /// A packet that may carry a frame of IEEE 802.15.4, or a payload that is compressed or encrypted:
    /// whether the packet in that was made and told instead. What hides it is counted.
    #[inline]
    pub(super) fn expand_in_tunnel(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
    ) -> io::Result<bool> {
        let ip = &packet.ip;
        let depth = u8::try_from(packet.tunnels.len() + 1).unwrap_or(u8::MAX);
        let has_room = match frame.expanded {
            Some(made) => made.has_room_at(depth),
            None => packet.tunnels.len() < TunnelPath::CAPACITY,
        };
        let made = if !has_room {
            self.unread.deep += u64::from(self.reassembler.opener.is_sealed(ip));
            Ok(false)
        } else if let Some(radio) = tunnel::radio_frame(ip, frame) {
            let ends = (ip.src(), ip.dst());
            self.expand_inside(frame, &radio, Some(Within { ends, depth }))?
        } else if self.reassembler.opener.opens(ip) {
            self.open(frame, ip, depth)?
        } else {
            Ok(false)
        };
        let hidden = match made {
            Ok(true) => return Ok(true),
            Ok(false) if packet.is_cut_inside() => {
                // It may be what somebody waits for.
                self.pipe.correlator.missed(frame.ts, frame.ts);
                Some(Undecodable::Short)
            }
            Ok(false) => packet.hides(),
            Err(why) => Some(why).filter(|why| why.hides()),
        };
        if let Some(why) = hidden {
            self.unread.count_in_tunnel(why);
        }
        Ok(false)
    }

    /// The same of a frame of another link that carries 6LoWPAN, or a frame of IEEE 802.15.4, or a
    /// message without its IP header. Where its packet cannot be made, that is told.
    #[cold]
    pub(super) fn expand_behind_link(&mut self, frame: &Frame<'_>) -> io::Result<bool> {
        if frame.expanded.is_some() {
            return Ok(false);
        }
        if let Some(unit) = Headerless::of(frame) {
            let mut packet = mem::take(&mut self.expanded);
            unit.make(&mut packet);
            return Ok(self.tell_made(frame, packet, Ok(true))?.is_ok());
        }
        let Some(carrier) = lowpan::carrier(frame) else {
            return Ok(false);
        };
        let made = self.expand_inside(frame, &carrier, None)?;
        if let Err(why) = made {
            self.undecodable(frame, why);
        }
        Ok(made != Ok(false))
    }

    /// Makes the packet of the frame `inside` of `frame`, or of itself, and tells it, if there is one:
    /// whether, or why that cannot be said.
    fn expand_inside(
        &mut self,
        frame: &Frame<'_>,
        inside: &Frame<'_>,
        within: Option<Within>,
    ) -> io::Result<Result<bool, Undecodable>> {
        let mut packet = mem::take(&mut self.expanded);
        let made = self.expander.expand_within(inside, within, &mut packet);
        self.tell_made(frame, packet, made)
    }

    /// Makes the packet that `ip`, which is in `frame` with so many tunnels around what it carries, was
    /// before its payload was compressed or encrypted, and tells it: whether, or why that cannot be.
    #[cold]
    fn open(
        &mut self,
        frame: &Frame<'_>,
        ip: &Ip<'_>,
        depth: u8,
    ) -> io::Result<Result<bool, Undecodable>> {
        if self.reassembler.opener.wants_keys(ip, frame.ts) {
            self.read_key_logs();
        }
        let mut packet = mem::take(&mut self.expanded);
        let made = self.reassembler.opener.open(ip, &mut packet);
        packet.depth = depth;
        self.tell_made(frame, packet, made)
    }

    /// Tells the packet that was made of `frame`, if it was, and keeps its memory.
    pub(super) fn tell_made(
        &mut self,
        frame: &Frame<'_>,
        mut packet: Expanded,
        made: Result<bool, Undecodable>,
    ) -> io::Result<Result<bool, Undecodable>> {
        let told = if made == Ok(true) {
            packet.around = frame.expanded.cloned().map(Box::new);
            let expanded = Some(&packet);
            self.tell(&Frame { expanded, ..*frame })
        } else {
            Ok(())
        };
        self.expanded = packet;
        told.map(|()| made)
    }

    /// Takes what compressed headers may leave out, where a router tells it: prefixes, and the address
    /// of an RPL root.
    pub(super) fn learn_contexts(
        &mut self,
        frame: &Frame<'_>,
        message: &Message<'_>,
        reassembly: Option<&Reassembly>,
    ) {
        let mut learn = |message: &Message<'_>| {
            for context in message.contexts() {
                self.expander.learn(frame, context.id, context.prefix);
            }
            if let Some((instance, root)) = message.rpl_root() {
                self.expander.learn_root(frame, instance, root);
            }
        };
        match reassembly {
            Some(Reassembly::Complete(whole)) => learn(&Message::parse(&whole.ip())),
            _ => learn(message),
        }
    }
}
