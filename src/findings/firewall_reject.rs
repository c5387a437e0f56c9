//! A firewall plays dead: port or protocol unreachable where a host would not send it.
//!
//! Rule: port or protocol unreachable for TCP, which a stack answers with a reset (RFC 9293 section
//! 3.10.7.1), or from a sender that is not the destination, which a traceroute by UDP may well get.
//! Source: RFC 1122 section 3.2.2.1; the default of Linux `REJECT` rules.

use super::group::{Group, Rule};
use super::refusal::Refusal;
use super::{Confidence, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::wire::ip::protocol::TCP;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct FirewallReject;

/// Who rejects what, and with which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reject {
    refusal: Refusal,
    words: &'static str,
}

impl Rule for FirewallReject {
    type Key = Reject;

    fn key(verdict: &DropVerdict) -> Option<Reject> {
        let words = match verdict.reason {
            DropReason::PortUnreachable => "port unreachable",
            DropReason::ProtocolUnreachable => "protocol unreachable",
            _ => return None,
        };
        let refusal = Refusal::of(verdict);
        let odd = refusal.protocol == TCP || !refusal.is_by_host();
        let asked_for = verdict.probe && refusal.protocol != TCP;
        (odd && !asked_for).then_some(Reject { refusal, words })
    }

    fn port(verdict: &DropVerdict) -> Option<u16> {
        Refusal::port(verdict)
    }

    fn finding(Reject { refusal, words }: &Reject, group: &Group) -> Finding {
        let dropper = refusal.dropper;
        Finding {
            name: "firewall_reject",
            severity: Severity::Warning,
            title: format!(
                "{dropper} rejects {} with {words}, as firewalls do{}",
                refusal.what(group),
                group.tally()
            ),
            evidence: group.evidence.clone(),
            confidence: Confidence::Confirmed,
            advice: format!(
                "Look for a reject rule on {dropper}; the port itself may well be open behind it."
            ),
        }
    }
}
