//! Echo messages that carry something else: `echo_tunnel`.
//!
//! Rule: between two hosts with one identifier, replies bring other data than their requests sent, or
//! none was asked for, and come in many lengths: twenty of them, of five lengths or more. One at least
//! must differ from its request: without requests the capture may have one direction only. A host
//! returns what it was sent; damage on the way changes octets, no lengths.
//! Source: RFC 792 and RFC 1122 section 3.2.2.6 (data must be returned); ptunnel, icmptunnel and hans
//! send data both ways so.

use std::net::IpAddr;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::{AnswerOutcome, Relation};
use crate::icmp::{Body, Direction, Message};
use crate::model::{AddrPair, Frame};

/// Replies with other data.
const REPLIES: u64 = 20;
/// Lengths among them.
const LENGTHS: usize = 5;
/// Lengths told apart.
const LENGTHS_KEPT: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct EchoTunnel {
    pairs: Groups<(IpAddr, IpAddr, u16), Replies>,
}

#[derive(Clone, Debug, Default)]
struct Replies {
    /// With data of their own, or unasked.
    own: u64,
    /// Whether one has other data than its request.
    differs: bool,
    octets: u64,
    lengths: Vec<u32>,
    evidence: Group,
}

impl EchoTunnel {
    /// Takes any message.
    #[inline]
    pub(super) fn message(
        &mut self,
        frame: &Frame<'_>,
        addrs: AddrPair,
        message: &Message<'_>,
        relation: Relation,
    ) {
        // What answers as it should is passed over at once.
        if let Relation::Answer(answer) = relation
            && matches!(
                answer.outcome,
                AnswerOutcome::Corrupted | AnswerOutcome::Unsolicited(_)
            )
        {
            let differs = answer.outcome == AnswerOutcome::Corrupted;
            self.own_data(frame, addrs, message, differs);
        }
    }

    #[inline(never)]
    fn own_data(
        &mut self,
        frame: &Frame<'_>,
        addrs: AddrPair,
        message: &Message<'_>,
        differs: bool,
    ) {
        let Body::Echo(echo) = &message.body else {
            return;
        };
        if echo.direction != Direction::Reply {
            return;
        }
        let Some(replies) = self.pairs.entry((addrs.src(), addrs.dst(), echo.id)) else {
            return;
        };
        replies.own += 1;
        replies.differs |= differs;
        replies.octets += u64::from(message.length);
        if replies.lengths.len() < LENGTHS_KEPT && !replies.lengths.contains(&message.length) {
            replies.lengths.push(message.length);
        }
        replies.evidence.show(&[frame.reference()]);
    }
}

impl Diagnosis for EchoTunnel {
    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((src, dst, _), replies) in self.pairs.iter() {
            if !replies.differs || replies.own < REPLIES || replies.lengths.len() < LENGTHS {
                continue;
            }
            found.push(Finding {
                name: "echo_tunnel",
                severity: Severity::Warning,
                title: format!(
                    "Echo replies of {src} to {dst} carry data of their own, as a tunnel's do: {} of \
                     them, {} octets in {}{} lengths",
                    replies.own,
                    replies.octets,
                    if replies.lengths.len() == LENGTHS_KEPT { "over " } else { "" },
                    replies.lengths.len()
                ),
                evidence: replies.evidence.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "Look at the payloads (-X) and at what runs on {src} and {dst}: ptunnel, icmptunnel, \
                     hans and malware pass data through firewalls so."
                ),
            });
        }
    }
}
