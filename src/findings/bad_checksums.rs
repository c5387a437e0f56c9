//! ICMP messages whose checksum is wrong.
//!
//! Rule: by sender; requests that were answered all the same left their sender in order, and the
//! checksum was to be filled in by the interface (offload): that is no trouble. What nobody answers,
//! as a reply, tells nothing of the sort, unless the value itself does (see [`cause`]).
//! Source: RFC 1071; captures taken on the sending host.

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::Relation;
use crate::correlate::exchange::{Exchange, ExchangeOutcome};
use crate::icmp::Message;
use crate::icmp::cause::{self, ChecksumCause};
use crate::model::{Frame, FrameRef};
use crate::wire::{ChecksumStatus, Ip};

/// Bad requests remembered until it is known whether they were answered, and bad messages that others may
/// be copies of.
const REMEMBERED: usize = 1000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct BadChecksums {
    bad: Groups<IpAddr, Bad>,
    requests: Vec<FrameRef>,
    counted: HashSet<FrameRef, RandomState>,
}

/// What came from one sender.
#[derive(Clone, Debug, Default)]
struct Bad {
    group: Group,
    /// A request among it was answered.
    is_filled_in: bool,
    /// Messages whose sender wrote one zero for the other.
    other_zeros: u64,
    /// Messages whose sender left the sum of the pseudo-header there, for the network card.
    offloaded: u64,
    /// ... or a zero, which may be for the network card too.
    not_filled_in: u64,
}

impl BadChecksums {
    pub(super) fn message(
        &mut self,
        frame: &Frame<'_>,
        ip: &Ip<'_>,
        message: &Message<'_>,
        relation: Relation,
    ) {
        if !matches!(message.checksum.status, ChecksumStatus::Bad { .. }) {
            return;
        }
        // A copy that was damaged on its way there is the first to tell of it. The next one may be said to
        // be a copy of this.
        let original = match relation {
            Relation::Copy { of } => Some(of),
            _ => None,
        };
        let is_counted = original.is_some_and(|of| self.counted.contains(&of));
        if self.counted.len() < REMEMBERED {
            self.counted.extend(original);
            self.counted.insert(frame.reference());
        }
        if is_counted {
            return;
        }
        if relation == Relation::Request && self.requests.len() < REMEMBERED {
            self.requests.push(frame.reference());
        }
        if let Some(bad) = self.bad.entry(ip.src()) {
            let group = &mut bad.group;
            group.errors += 1;
            let count = match cause::of(ip, message) {
                Some(ChecksumCause::OtherZero) => Some(&mut bad.other_zeros),
                Some(ChecksumCause::Offload | ChecksumCause::OffloadTranslated) => {
                    Some(&mut bad.offloaded)
                }
                Some(ChecksumCause::NotFilledIn) => Some(&mut bad.not_filled_in),
                _ => None,
            };
            if let Some(count) = count {
                *count += 1;
            }
            group.show(&[frame.reference()]);
        }
    }
}

impl Diagnosis for BadChecksums {
    fn exchange(&mut self, exchange: &Exchange) {
        if exchange.outcome == ExchangeOutcome::Answered
            && let Some(at) = self.requests.iter().position(|r| *r == exchange.request)
        {
            self.requests.swap_remove(at);
            if let Some(bad) = self.bad.entry(exchange.addrs.src()) {
                bad.is_filled_in = true;
            }
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        found.extend(self.bad.iter().map(|(src, bad)| bad.finding(*src)));
    }
}

impl Bad {
    fn finding(&self, src: IpAddr) -> Finding {
        let Group {
            errors, evidence, ..
        } = &self.group;
        let s = if *errors == 1 { "" } else { "s" };
        let left = self.offloaded + self.not_filled_in;
        let of_them = format!(", {left} of which may have been left to a network card");
        let (severity, confidence, why, advice) = if self.is_filled_in {
            (
                Severity::Info,
                Confidence::Suspected,
                ", answered all the same: the interface fills it in after the capture",
                "Nothing to do; capture on the receiver, or with checksum offload off, to be sure.",
            )
        } else if self.offloaded == *errors {
            (
                Severity::Info,
                Confidence::Suspected,
                ", left to the sender's network card",
                "Nothing to do if this was captured on the sender; if it was on the way, receivers discard \
                 these: switch checksum offload off there.",
            )
        } else if left == *errors {
            (
                Severity::Warning,
                Confidence::Suspected,
                ", never filled in, or left to the sender's network card",
                "Nothing to do if this was captured on the sender and its network card computes \
                 checksums; if not, receivers discard these, and the sender is at fault.",
            )
        } else if self.other_zeros == *errors {
            (
                Severity::Warning,
                Confidence::Confirmed,
                ": 0 for 0xffff, the sum of messages of zeros only",
                "Receivers discard these. The sender computes them so (Linux does since 6.18); a ping \
                 with another identifier, sequence number or payload is not affected.",
            )
        } else if left > 0 {
            (
                Severity::Warning,
                Confidence::Confirmed,
                of_them.as_str(),
                "Receivers discard the others. Look for faulty memory or a middlebox that rewrites \
                 packets without mending the checksum.",
            )
        } else {
            (
                Severity::Warning,
                Confidence::Confirmed,
                "",
                "Receivers discard these. Look for faulty memory or a middlebox that rewrites \
                 packets without mending the checksum.",
            )
        };
        Finding {
            name: "bad_checksums",
            severity,
            title: format!("{errors} ICMP message{s} from {src} with a bad checksum{why}"),
            evidence: evidence.clone(),
            confidence,
            advice: advice.to_owned(),
        }
    }
}
