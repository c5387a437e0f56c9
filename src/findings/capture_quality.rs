//! What the capture itself cannot show.
//!
//! Rule: ICMP messages cut by the snap length so that their checksum cannot be verified, and queries
//! but pings of which one direction only was captured.
//! Source: tcpdump(8) on `-s`; RFC 1122 on what an error quotes.

use super::group::{EVIDENCE, Group};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::Relation;
use crate::correlate::exchange::{Exchange, ExchangeKind};
use crate::icmp::Message;
use crate::model::Frame;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct CaptureQuality {
    cut: Group,
    one_sided: Group,
}

impl Diagnosis for CaptureQuality {
    fn icmp(&mut self, frame: &Frame<'_>, message: &Message<'_>, _relation: Relation) {
        if frame.is_cut() && (message.bytes.len() as u64) < u64::from(message.length) {
            self.cut.errors += 1;
            if self.cut.evidence.len() < EVIDENCE {
                self.cut.show(&[frame.reference()]);
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        // Of pings `ping_unanswered` and `ping_loss` say it.
        if exchange.one_sided_possible && exchange.kind != ExchangeKind::Echo {
            self.one_sided.errors += 1;
            if self.one_sided.evidence.len() < EVIDENCE {
                self.one_sided.show(&[exchange.request]);
            }
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let mut tell = |group: &Group, title: String, advice: &str| {
            if group.errors > 0 {
                found.push(Finding {
                    name: "capture_quality",
                    severity: Severity::Info,
                    title,
                    evidence: group.evidence.clone(),
                    confidence: Confidence::Confirmed,
                    advice: advice.to_owned(),
                });
            }
        };
        let messages = |count| if count == 1 { "message" } else { "messages" };
        tell(
            &self.cut,
            format!(
                "The snap length cut {} ICMP {} short: checksums there are unverified",
                self.cut.errors,
                messages(self.cut.errors)
            ),
            "Capture with a larger snap length (-s 0).",
        );
        tell(
            &self.one_sided,
            format!(
                "{} request{} without a single packet of the other direction in the capture",
                self.one_sided.errors,
                if self.one_sided.errors == 1 { "" } else { "s" }
            ),
            "Replies may take another way: capture where both directions pass.",
        );
    }
}
