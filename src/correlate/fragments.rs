//! Messages in fragments: asked with the first of them, answered with the last.

use super::sighting::{Extent, Sighting};
use super::{Correlator, Relation};
use crate::icmp::{Direction, Message, Whole};
use crate::model::{Frame, FrameRef};
use crate::wire::reassembly::Missing;
use crate::wire::{Packet, is_reported};

/// What a fragment is to its message.
#[derive(Clone, Copy, Debug)]
pub enum Fragment<'a> {
    /// More must come.
    Begins(Missing),
    /// It covers octets of others, or others do: the message is not put together.
    Overlaps(Missing),
    /// It was captured before: a receiver takes no notice of it.
    Again {
        /// Where.
        of: FrameRef,
    },
    /// It makes this message whole.
    Completes(&'a Whole<'a>),
    /// The message cannot be put together: it goes by what this one shows.
    Single,
}

impl Correlator {
    /// Takes a fragment, in which `message` is what it shows of its own.
    pub fn fragment(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        fragment: Fragment<'_>,
        shown: bool,
    ) -> Relation {
        if is_reported(frame) {
            if let Fragment::Completes(whole) = fragment {
                return self.whole_without_query(frame, packet, whole, shown);
            }
            return self.packet(frame, packet, message, Extent::Begun, shown);
        }
        let own = self.recognizer.query(&packet.ip, message);
        let answers = own.is_some_and(|own| own.direction == Direction::Reply);
        if let Fragment::Begins(missing) | Fragment::Overlaps(missing) = fragment {
            if own.is_some() {
                self.parts.begins(frame.reference(), &missing);
            }
            self.parts.goes_on(&missing);
        }
        match fragment {
            Fragment::Single => self.packet(frame, packet, message, Extent::Begun, shown),
            Fragment::Again { of } if own.is_some() => {
                self.observe(frame, packet, shown);
                if let Some(own) = own {
                    let seen = Sighting::of(frame, packet, message, Extent::Begun, shown);
                    self.exchanges.begun_again(&own, of, &seen);
                }
                Relation::Copy { of }
            }
            // Whoever asked gets it when it is whole, unless only such fragments are captured.
            Fragment::Begins(_) | Fragment::Overlaps(_)
                if own.is_some_and(|own| answers && self.exchanges.expects_all(own.key)) =>
            {
                let asked = own.and_then(|own| self.exchanges.answer_begins(own.key));
                if let Some(request) = asked {
                    self.parts.answers(request, frame.reference());
                }
                self.observe(frame, packet, shown);
                Relation::None
            }
            Fragment::Again { of } => {
                match self.packet(frame, packet, message, Extent::Begun, shown) {
                    Relation::None | Relation::Copy { .. } => Relation::Copy { of },
                    other => other,
                }
            }
            Fragment::Begins(_) | Fragment::Overlaps(_) => {
                if answers {
                    self.exchanges.answered_in_part(frame.reference());
                }
                self.packet(frame, packet, message, Extent::Begun, shown)
            }
            Fragment::Completes(whole) => {
                let relation = self.whole(frame, packet, whole, shown);
                match (relation, whole.copy_of) {
                    (Relation::None, Some(of)) => Relation::Copy { of },
                    _ => relation,
                }
            }
        }
    }

    /// The message that begins in `first` was given up for want of memory: what is missing of it may come.
    pub fn part_is_evicted(&mut self, first: FrameRef) {
        self.parts.is_over(first);
    }

    /// The same of the last fragment of a message. What the first one told before counts once.
    fn whole(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        whole: &Whole<'_>,
        shown: bool,
    ) -> Relation {
        let (ip, all) = (&whole.ip, &whole.message);
        let Some(query) = self.recognizer.query_of_whole(ip, all) else {
            return self.whole_without_query(frame, packet, whole, shown);
        };
        let is_told = |told| self.recognizer.query_of_whole(ip, told).is_some();
        let begins = !whole.told.as_ref().is_some_and(is_told);
        let first = whole.begins;
        if let Some(first) = first {
            self.parts.is_over(first);
        }
        let whole = Packet { ip: *ip, ..*packet };
        self.observe(frame, packet, shown);
        let seen = Sighting::of(frame, &whole, all, Extent::PutTogether, shown);
        if let Some(first) = first.filter(|_| query.direction == Direction::Reply)
            && let Some(relation) = self.exchanges.answered_all(&query, &seen, first)
        {
            return relation;
        }
        if query.direction == Direction::Reply
            && first.is_some_and(|first| self.exchanges.is_answered_in(query.key, first))
        {
            return Relation::None;
        }
        if query.direction == Direction::Request && self.exchanges.asked_all(&query, &seen) {
            return Relation::None;
        }
        // Its first fragment was told before, or it is what is shown here.
        if query.direction == Direction::Request && !begins {
            return Relation::None;
        }
        let asked = (all, Some(&query));
        let relation = self.query(frame, &whole, asked, Extent::PutTogether, shown);
        if let Some(first) = first {
            self.exchanges.answered_beside(query.key, first);
        }
        relation
    }
}
