//! Frames whose packets travel compressed (6LoWPAN): each is made before it is sorted.

use std::{io, mem};

use super::Run;
use crate::icmp::Message;
use crate::model::Frame;
use crate::wire::reassembly::Reassembly;

impl Run<'_, '_, '_, '_> {
    /// A frame whose packet is to be made first.
    #[inline(never)]
    pub(super) fn expand(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let mut packet = mem::take(&mut self.expanded);
        let made = self.expander.expand(frame, &mut packet);
        let sorted = match made {
            Ok(is_made) => self.sort(&Frame {
                expanded: is_made.then_some(&packet),
                ..*frame
            }),
            Err(why) => {
                let counted = self.count(frame.ts);
                self.counts.undecodable += 1;
                self.unread.count(why);
                self.write_if_selected(frame);
                counted
            }
        };
        self.expanded = packet;
        sorted
    }

    /// Takes the prefixes that compressed headers may leave out, where a router tells them.
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
        };
        match reassembly {
            Some(Reassembly::Complete(whole)) => learn(&Message::parse(&whole.ip())),
            _ => learn(message),
        }
    }
}
