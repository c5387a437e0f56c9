//! A message, from its octets to what is told of it.

use std::io;

use super::ledger::Entry;
use super::{Run, fragments};
use crate::correlate::Relation;
use crate::icmp::{Message, Whole};
use crate::model::Frame;
use crate::record::IcmpEvent;
use crate::wire::Packet;
use crate::wire::reassembly::Reassembly;

impl Run<'_, '_, '_, '_> {
    #[inline(never)]
    pub(super) fn icmp(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        reassembly: Option<&Reassembly>,
    ) -> io::Result<()> {
        let mut message = Message::parse(&packet.ip);
        message.check_on_link(frame, packet);
        let opened = self.open_quoted(&message, frame.ts);
        message.open_quote(&opened);
        if frame.expanded.is_some() {
            self.learn_contexts(frame, &message, reassembly);
        }
        let mut whole = reassembly.and_then(|came_to| Whole::of(came_to, frame.reference()));
        let opened_whole = match &whole {
            Some(whole) => self.open_quoted(&whole.message, frame.ts),
            None => Vec::new(),
        };
        if let Some(whole) = &mut whole {
            whole.message.open_quote(&opened_whole);
        }
        let said = whole.as_ref().map_or(&message, |whole| &whole.message);
        let shown = self.pipe.filter.matches(frame) || self.selects_quote(frame, said);
        let correlator = &mut self.pipe.correlator;
        let relation = match reassembly {
            None => correlator.icmp(frame, packet, &message, shown),
            Some(part) => {
                let came_to = (part, whole.as_ref());
                let relation =
                    fragments::relate(correlator, (frame, packet, &message), came_to, shown);
                self.early.other += part.told_as_other();
                self.early_are_icmp(shown);
                relation
            }
        };
        if relation == Relation::Request {
            self.open += 1;
        }
        let correlator = &self.pipe.correlator;
        let proven = correlator.proven(frame, (&packet.ip, &message), whole.as_ref(), relation);
        let event = IcmpEvent {
            frame,
            packet,
            message: &message,
            relation,
            reassembly,
            whole: whole.as_ref(),
            proven: proven.as_deref(),
            sources: &self.sources,
        };
        if shown {
            self.counts.icmp += 1;
            self.teller.tell(&Entry::Icmp(&event))?;
            if let Some(frames) = &mut self.pipe.frames {
                self.written += self.turn.frames();
                self.room = self.turn.write(&mut **frames, &event);
            }
        } else {
            self.counts.filtered += 1;
        }
        if self.pipe.correlator.has_outcomes() {
            self.outcomes()?;
        }
        Ok(())
    }
}
