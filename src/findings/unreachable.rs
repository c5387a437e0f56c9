//! A router cannot reach a host (`host_unreachable`), or has no route to it (`no_route`).
//!
//! Rule: host (v6: address) unreachable, or network unreachable (v6: no route), by router and host.
//! Three things tell trouble from a rule that rejects with the same codes:
//!
//! - Address resolution takes seconds to give up. Where every error came at once after its packet,
//!   nobody resolved anything: a route set to unreachable, or a rule, speaks. Suspected, no more.
//! - A router that prohibits or rejects other packets to the same host filters them: suspected, too.
//! - The host itself sent the error: it was reached.
//!
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1; RFC 4861 section 10 (three probes, one
//! second apart; ARP of Linux and of BSD alike), measured on Linux: 3.0 to 3.1 s.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};

/// Errors that come faster than this after their packets did not wait for address resolution.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Filters remembered.
const FILTERS: usize = 10_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Unreachable {
    groups: Groups<(Word, Way)>,
    filters: HashSet<Way, RandomState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Word {
    Host,
    Route,
}

/// From a router to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Way {
    dropper: IpAddr,
    host: IpAddr,
}

impl Diagnosis for Unreachable {
    fn verdict(&mut self, verdict: &DropVerdict) {
        let way = Way {
            dropper: verdict.dropper,
            host: verdict.flow.addrs.dst(),
        };
        let word = match verdict.reason {
            DropReason::HostUnreachable => Word::Host,
            DropReason::NoRoute => Word::Route,
            DropReason::AdminProhibited
            | DropReason::PortUnreachable
            | DropReason::ProtocolUnreachable => {
                if self.filters.len() < FILTERS && !verdict.probe {
                    self.filters.insert(way);
                }
                return;
            }
            _ => return,
        };
        self.groups.add((word, way), verdict);
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((word, way), group) in self.groups.iter() {
            let filters = self.filters.contains(way);
            found.push(finding(*word, *way, group, filters));
        }
    }
}

fn finding(word: Word, way: Way, group: &Group, filters: bool) -> Finding {
    let Way { dropper, host } = way;
    let tally = group.tally();
    let told = |severity, confidence, title, advice| Finding {
        name: match word {
            Word::Host => "host_unreachable",
            Word::Route => "no_route",
        },
        severity,
        title,
        evidence: group.evidence.clone(),
        confidence,
        advice,
    };
    if dropper == host {
        let claim = match word {
            Word::Host => "it cannot be reached",
            Word::Route => "there is no route to it",
        };
        return told(
            Severity::Warning,
            Confidence::Suspected,
            format!("{host} itself says that {claim}{tally}"),
            format!(
                "The packets did reach {host}, unless somebody forges its address: look for a rule \
                 there that rejects them."
            ),
        );
    }
    if word == Word::Host && group.slowest.is_some_and(|slowest| slowest >= AT_ONCE) {
        return cannot_reach(&told, way, Confidence::Confirmed, &tally);
    }
    if filters {
        let claim = match word {
            Word::Host => format!("{host} is unreachable"),
            Word::Route => format!("there is no route to {host}"),
        };
        return told(
            Severity::Warning,
            Confidence::Suspected,
            format!("{dropper} says that {claim}, but refuses other packets to it by rule{tally}"),
            format!(
                "A rule may reject with this code, too. Look at the rules of {dropper} first, then at \
                 its routes."
            ),
        );
    }
    match word {
        Word::Host if group.slowest.is_none() => {
            cannot_reach(&told, way, Confidence::Suspected, &tally)
        }
        Word::Host => told(
            Severity::Warning,
            Confidence::Suspected,
            format!("{dropper} says at once that {host} is unreachable{tally}"),
            format!(
                "A dead host is told only after seconds of address resolution; this came faster. Look \
                 on {dropper} for a route to {host} that is set to unreachable, or a rule that rejects."
            ),
        ),
        Word::Route => told(
            Severity::Critical,
            Confidence::Confirmed,
            format!("{dropper} says it has no route to {host}{tally}"),
            format!(
                "Look at the routing table of {dropper} for {host}: a route is missing, withdrawn, or \
                 set to unreachable. Rarely, a rule rejects with these words."
            ),
        ),
    }
}

fn cannot_reach(
    told: &impl Fn(Severity, Confidence, String, String) -> Finding,
    Way { dropper, host }: Way,
    confidence: Confidence,
    tally: &str,
) -> Finding {
    told(
        Severity::Critical,
        confidence,
        format!("{dropper} cannot reach host {host}{tally}"),
        format!(
            "{host} does not answer address resolution on its own link: it is down, unplugged, or has \
             another address. Look at the ARP or neighbor table of {dropper}."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::FlowPorts;
    use crate::model::{AddrPair, FlowKey, Timestamp};
    use crate::wire::IpVersion;

    /// What is said of errors about 10.0.0.9: sender, code, and milliseconds after the packet.
    fn told(errors: &[([u8; 4], u8, Option<u64>)]) -> Vec<(Severity, Confidence, String)> {
        let mut diagnosis = Unreachable::default();
        for (dropper, code, millis) in errors {
            let flow = FlowKey {
                protocol: 17,
                addrs: AddrPair::new([10, 0, 0, 1].into(), [10, 0, 0, 9].into()),
                ports: FlowPorts::Ports { src: 5, dst: 53 },
            };
            let kind = (IpVersion::V4, 3, *code);
            let reason = DropReason::of(IpVersion::V4, 3, *code).unwrap();
            let at = Timestamp::default();
            diagnosis.verdict(&DropVerdict {
                count: 1,
                slowest: millis.map(Duration::from_millis),
                ..DropVerdict::new(flow, (*dropper).into(), kind, reason, at)
            });
        }
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        found
            .into_iter()
            .map(|finding| (finding.severity, finding.confidence, finding.title))
            .collect()
    }

    const ROUTER: [u8; 4] = [10, 0, 0, 2];
    const HOST: [u8; 4] = [10, 0, 0, 9];

    #[test]
    fn only_slow_errors_prove_a_dead_host() {
        let slow = told(&[(ROUTER, 1, Some(1)), (ROUTER, 1, Some(3050))]);
        let title = "10.0.0.2 cannot reach host 10.0.0.9 (2 packets of 2 flows)".to_owned();
        assert_eq!(slow, [(Severity::Critical, Confidence::Confirmed, title)]);
        let title = "10.0.0.2 cannot reach host 10.0.0.9".to_owned();
        let unknown = told(&[(ROUTER, 1, None)]);
        assert_eq!(
            unknown,
            [(Severity::Critical, Confidence::Suspected, title)]
        );
        let title = "10.0.0.2 says at once that 10.0.0.9 is unreachable".to_owned();
        let fast = told(&[(ROUTER, 1, Some(1))]);
        assert_eq!(fast, [(Severity::Warning, Confidence::Suspected, title)]);
    }

    #[test]
    fn who_filters_is_not_believed() {
        let told = told(&[(ROUTER, 0, Some(1)), (ROUTER, 13, Some(1))]);
        let title = "10.0.0.2 says that there is no route to 10.0.0.9, but refuses other packets \
                     to it by rule";
        let title = title.to_owned();
        assert_eq!(told, [(Severity::Warning, Confidence::Suspected, title)]);
    }

    #[test]
    fn a_filter_does_not_hide_a_dead_host() {
        let told = told(&[(ROUTER, 1, Some(3050)), (ROUTER, 13, Some(1))]);
        assert_eq!(told[0].0, Severity::Critical);
    }

    #[test]
    fn the_host_itself_was_reached() {
        let told = told(&[(HOST, 0, Some(1))]);
        let title = "10.0.0.9 itself says that there is no route to it".to_owned();
        assert_eq!(told, [(Severity::Warning, Confidence::Suspected, title)]);
    }
}
