//! A message that came in fragments: what it is, all of it tells once.

use super::lead::Lead;
use super::sighting::Extent;
use super::verdict::DropReason;
use super::verdicts::Reported;
use super::{Correlator, Relation};
use crate::icmp::{Quote, Whole};
use crate::model::Frame;
use crate::wire::{Packet, is_reported};

impl Correlator {
    /// Relates a message that is whole, and no query, with the last of its fragments.
    pub(super) fn whole_without_query(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        whole: &Whole<'_>,
        shown: bool,
    ) -> Relation {
        let (ip, message) = (whole.ip, &whole.message);
        let around = Packet { ip, ..*packet };
        if is_reported(frame) {
            if let Some(quote) = message.quote().filter(|_| whole.quotes_anew()) {
                self.reported_error(frame, &around, message, quote, shown);
            }
            return Relation::Reported;
        }
        let relation = match message.quote() {
            Some(quote) if ip.is_acceptable() => {
                self.error(frame, &around, message, quote, Some(whole), shown)
            }
            _ => self.without_quote(frame, &around, (message, None), Extent::PutTogether, shown),
        };
        self.observe(frame, packet, shown);
        relation
    }

    /// Whether the first fragment of an error told all that is made of its quote. If it told less, that
    /// is taken back.
    pub(super) fn is_told(&mut self, whole: &Whole<'_>, error: &Reported<'_, '_>) -> bool {
        let Some(told) = &whole.told else {
            return false;
        };
        let (Some(quote), Some(first)) = (told.quote(), whole.begins) else {
            return false;
        };
        let mut room = [0; Lead::OCTETS];
        let quote = &self.made_whole(quote, error.ts, &mut room);
        if tells_as_much(quote, error.quote) {
            self.verdicts.came_in(error);
            let reason = DropReason::of_message(told);
            if let Some((answer, _)) = reason.and_then(|reason| self.answer(error, reason)) {
                self.traces.says_more(&answer);
            }
            return true;
        }
        let (original, never_sent) =
            self.original(quote, (error.frame, error.ts), error.domain.link.network);
        self.verdicts.withdraw(&Reported {
            message: told,
            quote,
            flow: self.datagrams.flow(self.ring.as_ref(), quote),
            original,
            frame: first,
            frames: &[first],
            never_sent,
            ..*error
        });
        false
    }
}

/// Whether the first octets of a quote lead to the same packet as all of it.
fn tells_as_much(first: &Quote<'_>, all: &Quote<'_>) -> bool {
    let lead = |quote: &Quote<'_>| quote.ip.payload.len().min(Lead::OCTETS);
    (first.flow(), first.transport) == (all.flow(), all.transport) && lead(first) == lead(all)
}
