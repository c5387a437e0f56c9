//! A host hears of packets that it did not send: `backscatter`, and `smurf`.
//!
//! Rule for `backscatter`: errors about packets of a host, from twenty others or more, and not one of
//! these packets was captured, though the capture has errors only. Somebody sends in its name, or the
//! capture holds one direction: worth knowing. Rule for `smurf`: echo replies from twenty hosts or more
//! to one that asked none of them; or requests to a broadcast or multicast address that more than
//! twenty hosts answer, twenty times and more.
//! Source: Moore, Voelker, Savage, "Inferring Internet Denial-of-Service Activity" (2001); CERT
//! CA-1998-01 and RFC 2644 (broadcast pings as an amplifier).

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeKind, ExchangeOutcome};
use crate::correlate::verdict::DropVerdict;
use crate::correlate::{AnswerOutcome, Relation};
use crate::icmp::{Body, Message};
use crate::model::{AddrPair, Frame};

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
        if let Relation::Answer(answer) = relation
            && matches!(answer.outcome, AnswerOutcome::Unsolicited(_))
            && matches!(message.body, Body::Echo(_))
            && let Some(heard) = self.replies.entry(addrs.dst)
        {
            heard.from(addrs.src, 1);
            heard.evidence.show(&[frame.reference()]);
        }
    }
}

impl Diagnosis for Backscatter {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if let Some(heard) = self.errors.entry(verdict.flow.addrs.src) {
            heard.from(verdict.flow.addrs.dst, verdict.count);
            heard.found += verdict.original_count;
            heard.evidence.show(&verdict.error_frames);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
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
            if others < OTHERS {
                continue;
            }
            found.push(Finding {
                name: "smurf",
                severity: Severity::Warning,
                title: format!(
                    "{host} gets {} echo replies from {others} hosts that it did not ask",
                    heard.messages
                ),
                evidence: heard.evidence.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "If the capture has the requests of {host}, somebody pings in its name, perhaps a \
                     broadcast address: have routers drop directed broadcasts, and the provider filter."
                ),
            });
        }
        for (AddrPair { src, dst }, group) in self.groups.iter() {
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
