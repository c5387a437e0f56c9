//! A host hears of packets that it did not send: `backscatter`, and `smurf`.
//!
//! Rule for `backscatter`: errors about packets of a host, from twenty others or more, and not one of
//! these packets was captured, though the capture has errors only. Somebody sends in its name, or the
//! capture holds one direction: worth knowing. Rule for `smurf`: echo replies from twenty hosts or more
//! to one that asked none of them, later than five seconds after the first message, as they may answer
//! what was sent before, and if the kernel dropped nothing; a warning only where that host's own
//! requests were captured meanwhile, else the capture may have one direction or a translated address.
//! Or requests to a broadcast or multicast address that more than twenty hosts answer, twenty times and
//! more.
//! Source: Moore, Voelker, Savage, "Inferring Internet Denial-of-Service Activity" (2001); CERT
//! CA-1998-01 and RFC 2644 (broadcast pings as an amplifier).

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeKind, ExchangeOutcome};
use crate::correlate::verdict::DropVerdict;
use crate::correlate::{AnswerOutcome, NearMiss, Relation};
use crate::icmp::{Body, Message};
use crate::model::{AddrPair, Frame, Timestamp};
use crate::source::InterfaceCounts;

/// Replies may take so long.
const REPLY_DELAY: Duration = Duration::from_secs(5);
/// Others that a host hears from.
const OTHERS: usize = 20;
/// Others told apart.
const OTHERS_KEPT: usize = 1000;
/// Requests to a group that many answer.
const REQUESTS: u64 = 20;
/// Answers to each of them, beside the first.
const REPLIES: u32 = 20;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Backscatter {
    first: Option<Timestamp>,
    drops: bool,
    errors: Groups<IpAddr, Heard>,
    replies: Groups<IpAddr, Heard>,
    groups: Groups<AddrPair>,
}

#[derive(Clone, Debug, Default)]
struct Heard {
    others: HashSet<IpAddr, RandomState>,
    messages: u64,
    /// Errors about packets that were captured.
    found: u64,
    /// Whether its own requests were captured.
    asks: bool,
    evidence: Group,
}

impl Heard {
    fn from(&mut self, other: IpAddr, messages: u64) {
        self.messages += messages;
        if self.others.len() < OTHERS_KEPT {
            self.others.insert(other);
        }
    }
}

impl Backscatter {
    /// Takes any message.
    #[inline]
    pub(super) fn message(
        &mut self,
        frame: &Frame<'_>,
        addrs: AddrPair,
        message: &Message<'_>,
        relation: Relation,
    ) {
        let first = *self.first.get_or_insert(frame.ts);
        // Those whom a broadcast reached answer with their own addresses.
        if let Relation::Answer(answer) = relation
            && let AnswerOutcome::Unsolicited(miss) = answer.outcome
            && !matches!(miss, Some(NearMiss::Sender(_)))
            && matches!(message.body, Body::Echo(_))
            && (frame.ts.since(first)).is_some_and(|into| into >= REPLY_DELAY)
            && let Some(heard) = self.replies.entry(addrs.dst())
        {
            heard.from(addrs.src(), 1);
            heard.evidence.show(&[frame.reference()]);
        }
    }

    /// The requests may be among what was dropped.
    pub(super) fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.drops = (interfaces.iter()).any(|interface| interface.counts.any_dropped());
    }
}

impl Diagnosis for Backscatter {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if let Some(heard) = self.errors.entry(verdict.flow.addrs.src()) {
            heard.from(verdict.flow.addrs.dst(), verdict.count);
            heard.found += verdict.original_count;
            heard.evidence.show(&verdict.error_frames);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        if self.replies.has(&exchange.addrs.src())
            && let Some(heard) = self.replies.entry(exchange.addrs.src())
        {
            heard.asks = true;
        }
        if exchange.kind == ExchangeKind::Echo
            && exchange.outcome != ExchangeOutcome::Lost
            && exchange.duplicates >= REPLIES
            && let Some(group) = self.groups.entry(exchange.addrs)
        {
            group.errors += 1;
            group.show(&[exchange.request]);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (host, heard) in self.errors.iter() {
            let others = heard.others.len();
            if others < OTHERS || heard.found > 0 {
                continue;
            }
            found.push(Finding {
                name: "backscatter",
                severity: Severity::Info,
                title: format!(
                    "{host} gets {} errors about packets to {others} hosts, none of which was captured",
                    heard.messages
                ),
                evidence: heard.evidence.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "Either the capture has no packets that {host} sends, or somebody sends in its name: \
                     a flood with forged senders looks so at those whose addresses it takes."
                ),
            });
        }
        for (host, heard) in self.replies.iter() {
            let others = heard.others.len();
            if others < OTHERS || self.drops {
                continue;
            }
            found.push(Finding {
                name: "smurf",
                severity: if heard.asks {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                title: format!(
                    "{host} gets {} echo replies from {others} hosts, and no request to them was captured",
                    heard.messages
                ),
                evidence: heard.evidence.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "Either the capture has not all that {host} sends, or somebody pings in its name, \
                     perhaps a broadcast address: have routers drop directed broadcasts, and the \
                     provider filter."
                ),
            });
        }
        for (addrs, group) in self.groups.iter() {
            let (src, dst) = (addrs.src(), addrs.dst());
            if group.errors < REQUESTS {
                continue;
            }
            found.push(Finding {
                name: "smurf",
                severity: Severity::Warning,
                title: format!(
                    "{src} pings {dst} {} times, and over {REPLIES} hosts answer each time",
                    group.errors
                ),
                evidence: group.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "If {src} did not send these requests, the network serves to flood it: have hosts \
                     ignore pings to broadcast addresses."
                ),
            });
        }
    }
}
