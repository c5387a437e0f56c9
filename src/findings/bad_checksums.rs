//! ICMP messages whose checksum is wrong.
//!
//! Rule: by sender; a message that was answered all the same left its sender in order, and the
//! checksum was to be filled in by the interface (offload): that is no trouble.
//! Source: RFC 1071; captures taken on the sending host.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeOutcome};
use crate::correlate::{AnswerOutcome, Relation};
use crate::icmp::Message;
use crate::model::{Frame, FrameRef};
use crate::wire::ChecksumStatus;

/// Bad requests remembered until it is known whether they were answered.
const REMEMBERED: usize = 1000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct BadChecksums {
    bad: Groups<IpAddr>,
    requests: Vec<FrameRef>,
    offloaded: u64,
}

impl BadChecksums {
    pub(super) fn message(
        &mut self,
        frame: &Frame<'_>,
        src: IpAddr,
        message: &Message<'_>,
        relation: Relation,
    ) {
        if !matches!(message.checksum.status, ChecksumStatus::Bad { .. }) {
            return;
        }
        let answer = matches!(
            relation,
            Relation::Answer(answer) if answer.outcome != AnswerOutcome::Corrupted
        );
        if relation == Relation::Request && self.requests.len() < REMEMBERED && !answer {
            self.requests.push(frame.reference());
        }
        if let Some(group) = self.bad.entry(src) {
            group.errors += 1;
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
            self.offloaded += 1;
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (src, group) in self.bad.iter() {
            let offload = self.offloaded > 0;
            found.push(Finding {
                name: "bad_checksums",
                severity: if offload {
                    Severity::Info
                } else {
                    Severity::Warning
                },
                title: format!(
                    "{} ICMP message{} from {src} with a bad checksum{}",
                    group.errors,
                    if group.errors == 1 { "" } else { "s" },
                    if offload {
                        ", answered all the same: the interface fills it in after the capture"
                    } else {
                        ""
                    }
                ),
                evidence: group.evidence.clone(),
                confidence: if offload {
                    Confidence::Suspected
                } else {
                    Confidence::Confirmed
                },
                advice: if offload {
                    "Nothing to do; capture on the receiver, or with checksum offload off, to be sure."
                } else {
                    "Receivers discard these. Look for faulty memory or a middlebox that rewrites \
                     packets without mending the checksum."
                }
                .to_owned(),
            });
        }
    }
}
