//! A filter refuses packets and says so.
//!
//! Rule: any error whose code says "administratively prohibited", by dropper, destination and
//! protocol.
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.

use super::group::{Group, Rule};
use super::refusal::Refusal;
use super::{Confidence, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct AdminProhibited;

impl Rule for AdminProhibited {
    type Key = Refusal;

    fn key(verdict: &DropVerdict) -> Option<Refusal> {
        (verdict.reason == DropReason::AdminProhibited).then(|| Refusal::of(verdict))
    }

    fn port(verdict: &DropVerdict) -> Option<u16> {
        Refusal::port(verdict)
    }

    fn finding(refusal: &Refusal, group: &Group) -> Finding {
        let (dropper, what) = (refusal.dropper, refusal.what(group));
        Finding {
            name: "admin_prohibited",
            severity: Severity::Warning,
            title: format!("{dropper} prohibits {what}{}", group.tally()),
            evidence: group.evidence.clone(),
            confidence: Confidence::Confirmed,
            advice: format!(
                "Look for the rule on {dropper} that rejects {what}; the traffic reached it, so the \
                 path up to there works."
            ),
        }
    }
}
