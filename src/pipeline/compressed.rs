//! Frames whose packets travel compressed (6LoWPAN): each is made before it is sorted.

use std::{io, mem};

use super::Run;
use crate::icmp::Message;
use crate::model::Frame;
use crate::wire::lowpan::Within;
use crate::wire::reassembly::Reassembly;
use crate::wire::{Packet, Undecodable, lowpan, tunnel};

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

    /// A packet that may carry a frame of IEEE 802.15.4: whether the packet in that was made and told
    /// instead.
    #[inline]
    pub(super) fn expand_in_tunnel(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
    ) -> io::Result<bool> {
        match tunnel::radio_frame(&packet.ip, frame) {
            Some(radio) if frame.expanded.is_none() => {
                let within = Within {
                    ends: (packet.ip.src(), packet.ip.dst()),
                    depth: u8::try_from(packet.tunnels.len() + 1).unwrap_or(u8::MAX),
                };
                let made = self.expand_inside(frame, &radio, Some(within))?;
                Ok(made == Ok(true))
            }
            _ => Ok(false),
        }
    }

    /// The same of a frame of another link that carries 6LoWPAN, or a frame of IEEE 802.15.4. Where
    /// its packet cannot be made, that is told.
    #[cold]
    pub(super) fn expand_behind_link(&mut self, frame: &Frame<'_>) -> io::Result<bool> {
        let carrier = lowpan::carrier(frame).filter(|_| frame.expanded.is_none());
        let Some(carrier) = carrier else {
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
        let told = if made == Ok(true) {
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
