//! What a query is to the traceroute whose probe it is, or answers.

use super::exchanges::{Asked, Back};
use super::lead::Lead;
use super::observation::Observation;
use super::trace::{Fate, MAX_TTL};
use super::traces::{EarlyAnswer, Known, ProbeAnswer};
use super::{Answer, Correlator, Relation};
use crate::icmp::Message;
use crate::icmp::kind::{v4, v6};
use crate::model::Frame;
use crate::wire::Ip;

impl Correlator {
    /// Takes a query that is so related, and what it answers.
    pub(super) fn probed(
        &mut self,
        (relation, asked): (Relation, Option<Asked>),
        (frame, ip, message): (&Frame<'_>, &Ip<'_>, &Message<'_>),
        shown: bool,
    ) {
        let lead = || Lead::of(message.bytes);
        let answer = match (relation, asked) {
            (Relation::Request, _) => {
                if self.traces.has_unasked() {
                    self.replied_before(&Observation::of(frame, ip));
                }
                return;
            }
            (Relation::Answer(Answer { request: None, .. }), _)
                if matches!(lead().icmp_type(), v4::ECHO_REPLY | v6::ECHO_REPLY) =>
            {
                self.traces.unasked(EarlyAnswer {
                    addrs: ip.ends().reversed(),
                    protocol: ip.protocol,
                    lead: lead(),
                    frame: frame.reference(),
                    ts: frame.ts,
                    ttl_back: ip.hop_limit(),
                    shown,
                });
                return;
            }
            (_, None) => return,
            // No trace looks at what so many hops are left to.
            (Relation::Answer(_), Some(asked))
                if asked.ttl > MAX_TTL && asked.back == Back::Translated =>
            {
                return;
            }
            (_, Some(asked)) => ProbeAnswer {
                addrs: ip.ends().reversed(),
                protocol: ip.protocol,
                lead: lead(),
                ttl: asked.ttl,
                probe: asked.frame,
                frame: frame.reference(),
                from: ip.ends().src(),
                rtt: asked.rtt,
                ttl_back: ip.hop_limit(),
                ts: frame.ts,
                mpls: None,
                fate: Fate::Arrived,
                tunnel: None,
                shown,
            },
        };
        let is_new = match (relation, asked.map(|asked| asked.back)) {
            // What goes to who translated the probe has not come to who sent it.
            (_, Some(Back::Untranslated)) => return self.traces.note(&answer),
            (Relation::Answer(_), _) | (Relation::Copy { .. }, Some(Back::JustTranslated)) => true,
            (Relation::Copy { of }, _) => {
                let again = answer.again(of);
                (self.traces).answered_again(answer.key(), &again) == Known::Not
            }
            _ => false,
        };
        if is_new {
            self.replied(&answer);
        }
    }

    /// The reply to this request may have been captured already.
    fn replied_before(&mut self, request: &Observation) {
        if let Some(answer) = self.traces.answered_before(request) {
            self.replied(&answer);
        }
    }

    fn replied(&mut self, answer: &ProbeAnswer<'_>) {
        let displaced = self.traces.answered(self.ring.as_ref(), answer);
        self.tell_paths(displaced);
    }
}
