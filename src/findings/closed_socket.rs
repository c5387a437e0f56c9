//! Answers that came too late: the program that asked had closed its socket.
//!
//! Rule: port unreachable from the destination, as for a closed port, but the destination is the
//! client: it sent the first packet between the two ports, or the packets come from a system port
//! (RFC 6335 section 6). Certain if the capture has packets from the port that refuses.
//! Source: RFC 1122 section 4.1.3.1; resolvers that take the first answer of several, calls and games
//! that end.

use super::closed_port::is_refused_by_host;
use super::group::{Group, Rule, protocol};
use super::refusal::Refusal;
use super::{Confidence, Finding, Severity};
use crate::correlate::verdict::{DropVerdict, Role};

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct ClosedSocket;

/// Who no longer waited, and whether it was seen to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Late {
    refusal: Refusal,
    confidence: Confidence,
}

impl Rule for ClosedSocket {
    type Key = Late;

    fn key(verdict: &DropVerdict) -> Option<Late> {
        let confidence = answered(verdict).filter(|_| is_refused_by_host(verdict))?;
        let refusal = Refusal::of(verdict);
        Some(Late {
            refusal,
            confidence,
        })
    }

    fn finding(late: &Late, group: &Group) -> Finding {
        let host = late.refusal.host;
        Finding {
            name: "closed_socket",
            severity: Severity::Info,
            title: format!(
                "{host} had closed {}{} when answers came{}",
                protocol(late.refusal.protocol),
                group.ports,
                group.tally()
            ),
            evidence: group.evidence.clone(),
            confidence: late.confidence,
            advice: format!(
                "Usual where a program ends, or has had the first of several answers. If one on \
                 {host} still waited, look at how long it does."
            ),
        }
    }
}

/// How sure it is that the packets were answers.
pub(super) fn answered(verdict: &DropVerdict) -> Option<Confidence> {
    let (role, confidence) = match verdict.was_open {
        Some(open) => (open.role, Confidence::Confirmed),
        None => (
            Role::of_destination(verdict.flow.ports),
            Confidence::Suspected,
        ),
    };
    (role == Some(Role::Client)).then_some(confidence)
}
