//! Nobody listens: the destination itself answers UDP with port unreachable.
//!
//! Rule: port unreachable for anything but TCP, sent by the destination, not about a traceroute, and
//! not about an answer to a closed socket.
//! Source: RFC 1122 section 4.1.3.1, RFC 4443 section 3.1.

use super::closed_socket;
use super::group::{Group, Rule, protocol};
use super::refusal::Refusal;
use super::{Confidence, Finding, Severity};
use crate::correlate::verdict::{AftermathOutcome, DropReason, DropVerdict};
use crate::model::flow::FlowPorts;
use crate::wire::ip::protocol::TCP;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct ClosedPort;

/// Who refuses what, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Closed {
    refusal: Refusal,
    since: Since,
}

/// Since when nobody listens, or listened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Since {
    /// As far as the capture goes back.
    Always,
    /// It has packets from there.
    Lately,
    /// Somebody answered later.
    AWhile,
}

impl Rule for ClosedPort {
    type Key = Closed;

    fn key(verdict: &DropVerdict) -> Option<Closed> {
        let refusal = Refusal::of(verdict);
        let after = &verdict.aftermath;
        let since = match verdict.was_open {
            _ if after.outcome == AftermathOutcome::Recovered && after.answers > 0 => Since::AWhile,
            Some(_) => Since::Lately,
            None => Since::Always,
        };
        (is_refused_by_host(verdict) && closed_socket::answered(verdict).is_none())
            .then_some(Closed { refusal, since })
    }

    fn finding(Closed { refusal, since }: &Closed, group: &Group) -> Finding {
        let host = refusal.host;
        let (listens, any_more, advice) = match since {
            Since::Always => (
                "listens",
                "",
                format!(
                    "Start the service on {host}, or mend the address or port its clients use. A \
                     host firewall that rejects looks the same."
                ),
            ),
            Since::Lately => (
                "listens",
                " any more",
                format!(
                    "A program on {host} sent from there before: find out why it ended, or closed \
                     its socket."
                ),
            ),
            Since::AWhile => (
                "listened",
                " for a while",
                format!(
                    "A program on {host} answered from there later: it was started, or started \
                     again, in between. Clients that were refused need to try again."
                ),
            ),
        };
        Finding {
            name: "closed_port",
            severity: Severity::Warning,
            title: format!(
                "Nothing {listens} at {} {host}{}{any_more}{}",
                protocol(refusal.protocol),
                group.ports,
                group.tally()
            ),
            evidence: group.evidence.clone(),
            confidence: Confidence::Confirmed,
            advice,
        }
    }
}

/// Whether the destination itself says that nobody listens, to anybody but a traceroute. TCP has
/// resets for that.
pub(super) fn is_refused_by_host(verdict: &DropVerdict) -> bool {
    let refusal = Refusal::of(verdict);
    verdict.reason == DropReason::PortUnreachable
        && refusal.is_by_host()
        && refusal.protocol != TCP
        // Cut before the ports, it does not tell a traceroute's.
        && verdict.flow.ports != FlowPorts::None
        && !verdict.probe
        && !verdict.may_be_probe()
}
