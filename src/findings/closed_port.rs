//! Nobody listens: the destination itself answers UDP with port unreachable.
//!
//! Rule: port unreachable for anything but TCP, sent by the destination, not about a traceroute.
//! Source: RFC 1122 section 4.1.3.1, RFC 4443 section 3.1.

use super::group::{Group, Refusal, Rule, protocol};
use super::{Confidence, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::wire::ip::protocol::TCP;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct ClosedPort;

impl Rule for ClosedPort {
    type Key = Refusal;

    fn key(verdict: &DropVerdict) -> Option<Refusal> {
        let refusal = Refusal::of(verdict);
        (verdict.reason == DropReason::PortUnreachable
            && refusal.is_by_host()
            && refusal.protocol != TCP
            && !verdict.probe)
            .then_some(refusal)
    }

    fn finding(refusal: &Refusal, group: &Group) -> Finding {
        let host = refusal.host;
        Finding {
            name: "closed_port",
            severity: Severity::Warning,
            title: format!(
                "Nothing listens at {} {host}{}{}",
                protocol(refusal.protocol),
                group.ports,
                group.tally()
            ),
            evidence: group.evidence.clone(),
            confidence: Confidence::Confirmed,
            advice: format!(
                "Start the service on {host}, or mend the address or port its clients use. A host \
                 firewall that rejects looks the same."
            ),
        }
    }
}
