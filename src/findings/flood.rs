//! More ICMP messages than anybody needs: `icmp_flood`.
//!
//! Rule: more than a thousand messages a second to one host, for two seconds or more: not counted are
//! replies that it asked for, and copies of one packet. Worth knowing; a warning where they come from
//! many senders, as one host that pings as fast as it can (`ping -f`) is a test. Beyond the first
//! thousand of a second one message in 17 is looked at.
//! Source: RFC 4732 section 2; observation: no monitoring comes near that rate to one host.

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::{AnswerOutcome, Relation};
use crate::model::{AddrPair, Frame};

/// Messages a second.
const RATE: u64 = 1000;
/// Seconds with more than that.
const SECONDS: u64 = 2;
/// Senders from which on it is no test.
const SENDERS: usize = 32;
/// Senders told apart.
const SENDERS_KEPT: usize = 1000;
/// Of this many messages beyond the rate one is looked at: an odd number, as requests and replies take
/// turns.
const SAMPLE: u64 = 17;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Flood {
    second: i64,
    /// Messages in this second.
    count: u64,
    targets: Groups<IpAddr, Target>,
}

#[derive(Clone, Debug, Default)]
struct Target {
    /// Messages looked at in the last second, and which second that was.
    sampled: u64,
    second: i64,
    /// Seconds with more than the rate, and the most messages in one.
    seconds: u64,
    most: u64,
    senders: HashSet<IpAddr, RandomState>,
    evidence: Group,
}

impl Flood {
    /// Takes any message.
    pub(super) fn message(&mut self, frame: &Frame<'_>, addrs: AddrPair, relation: Relation) {
        let wanted = match relation {
            Relation::Answer(answer) => answer.outcome == AnswerOutcome::Answered,
            Relation::Copy { .. } => true,
            _ => false,
        };
        if wanted {
            return;
        }
        let second = frame.ts.as_nanos().div_euclid(1_000_000_000);
        if second != self.second {
            self.second = second;
            self.count = 0;
        }
        self.count += 1;
        if self.count > RATE && self.count.is_multiple_of(SAMPLE) {
            self.sample(frame, addrs, second);
        }
    }

    #[inline(never)]
    fn sample(&mut self, frame: &Frame<'_>, addrs: AddrPair, second: i64) {
        let Some(target) = self.targets.entry(addrs.dst()) else {
            return;
        };
        if target.second != second {
            (target.second, target.sampled) = (second, 0);
        }
        target.sampled += 1;
        let estimate = target.sampled.saturating_mul(SAMPLE);
        if estimate > RATE && estimate - SAMPLE <= RATE {
            target.seconds += 1;
        }
        target.most = target.most.max(estimate);
        if target.senders.len() < SENDERS_KEPT {
            target.senders.insert(addrs.src());
        }
        target.evidence.show(&[frame.reference()]);
    }
}

impl Diagnosis for Flood {
    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (host, target) in self.targets.iter() {
            if target.seconds < SECONDS {
                continue;
            }
            let senders = target.senders.len();
            let by = match target.senders.iter().next() {
                Some(one) if senders == 1 => format!("from {one}"),
                _ => format!("from {}{senders} senders", at_least(senders)),
            };
            found.push(Finding {
                name: "icmp_flood",
                severity: if senders >= SENDERS {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                title: format!(
                    "{host} gets over {} ICMP messages a second {by}, in {} seconds",
                    target.most, target.seconds
                ),
                evidence: target.evidence.evidence.clone(),
                confidence: if senders >= SENDERS {
                    Confidence::Suspected
                } else {
                    Confidence::Confirmed
                },
                advice: if senders >= SENDERS {
                    "Limit ICMP at the border; where the senders are forged, have the provider filter."
                } else {
                    "Nothing to do if somebody tests the network (ping -f, hping3 --flood); otherwise \
                     limit what this sender may send."
                }
                .to_owned(),
            });
        }
    }
}

fn at_least(senders: usize) -> &'static str {
    if senders >= SENDERS_KEPT { "over " } else { "" }
}
