//! Path MTU discovery: did it work, or do large packets vanish?
//!
//! Rule: a router reported an MTU. Confirmed black hole (`pmtu_black_hole`): the sender went on
//! retransmitting packets larger than that. Worked (`pmtu_discovery`): data got through afterwards.
//! Source: RFC 1191, RFC 8201, RFC 2923 section 2.1.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{AftermathOutcome, DropReason, DropVerdict};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct PathMtu {
    groups: Groups<(Outcome, IpAddr, IpAddr, Option<u32>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Outcome {
    Worked,
    Ignored,
}

impl Diagnosis for PathMtu {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason != DropReason::FragmentationNeeded {
            return;
        }
        let after = &verdict.aftermath;
        let still_large = match (after.size_after, verdict.mtu) {
            (Some(size), Some(mtu)) => size > mtu,
            _ => false,
        };
        let outcome = match after.outcome {
            AftermathOutcome::Recovered => Outcome::Worked,
            AftermathOutcome::Retransmitting if still_large => Outcome::Ignored,
            _ => return,
        };
        let key = (
            outcome,
            verdict.dropper,
            verdict.flow.addrs.dst,
            verdict.mtu,
        );
        self.groups.add(key, verdict);
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((outcome, dropper, host, mtu), group) in self.groups.iter() {
            let mtu = mtu.map_or_else(|| "no MTU".to_owned(), |mtu| format!("MTU {mtu}"));
            let tally = group.tally();
            found.push(match outcome {
                Outcome::Worked => Finding {
                    name: "pmtu_discovery",
                    severity: Severity::Info,
                    title: format!(
                        "Path MTU discovery to {host} works: {dropper} reported {mtu} and data got \
                         through{tally}"
                    ),
                    evidence: group.evidence.clone(),
                    confidence: Confidence::Confirmed,
                    advice: "Nothing to do; a smaller MTU on the sender or MSS clamping would spare \
                             the round trip."
                        .to_owned(),
                },
                Outcome::Ignored => Finding {
                    name: "pmtu_black_hole",
                    severity: Severity::Critical,
                    title: format!(
                        "Large packets to {host} vanish: {dropper} reports {mtu}, the sender goes on \
                         sending larger ones{tally}"
                    ),
                    evidence: group.evidence.clone(),
                    confidence: Confidence::Confirmed,
                    advice: "Find out why the sender does not act on the error: a firewall that drops \
                             ICMP before it, path MTU discovery switched off, or a socket option. \
                             MSS clamping at the router is a way around."
                        .to_owned(),
                },
            });
        }
    }
}
