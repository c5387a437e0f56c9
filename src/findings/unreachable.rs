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
//! Errors that were captured a moment before their packets came at once, too, whatever the others say:
//! packets that are alike may have been taken for one another.
//!
//! Where the snap length cut off which packet an error is about, nothing tells how fast it came, and it
//! is suspected, no more.
//!
//! Routers say the same where it is the next router on the way to the host that does not answer (Linux
//! does, whichever neighbor it is). Only where their requests for an address were captured is one of the
//! two named.
//!
//! Where the same is true of many hosts behind a router, a link or a route is gone: told once.
//!
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1; RFC 4861 section 10 (three probes, one
//! second apart; ARP of Linux and of BSD alike), measured on Linux: 3.0 to 3.1 s.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict, Unresolved};

/// Errors that come faster than this after their packets did not wait for address resolution.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Hosts of one router that are named one by one, if the same is true of them.
const NAMED: usize = 3;
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
        let mut routers = Groups::<(Word, IpAddr, Told), Vec<(IpAddr, &Group)>>::default();
        for ((word, way), group) in self.groups.iter() {
            let claim = claim(*word, *way, group, self.filters.contains(way));
            let told = (claim, group.unresolved);
            if let Some(hosts) = routers.entry((*word, way.dropper, told)) {
                hosts.push((way.host, group));
            }
        }
        for ((word, dropper, told), hosts) in routers.iter() {
            if hosts.len() > NAMED {
                let all = sum(hosts.iter().map(|(_, group)| *group));
                found.push(finding(
                    *word,
                    *dropper,
                    &Hosts::Many(hosts.len()),
                    *told,
                    &all,
                ));
            } else {
                for (host, group) in hosts {
                    found.push(finding(*word, *dropper, &Hosts::One(*host), *told, group));
                }
            }
        }
    }
}

/// What errors amount to, and whose link-layer address their sender did not get.
type Told = (Claim, Unresolved);

/// What an error that a host cannot be reached amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Claim {
    /// The host itself says it.
    OfItself,
    /// It came as late as address resolution gives up.
    Proved,
    /// When its packet passed is not known.
    Plain,
    /// The snap length cut what would tell.
    Hidden,
    /// Its sender filters other packets to the host.
    Filtered,
    /// It came at once.
    AtOnce,
}

fn claim(word: Word, Way { dropper, host }: Way, group: &Group, filters: bool) -> Claim {
    if dropper == host {
        return Claim::OfItself;
    }
    match (word, group.slowest) {
        (Word::Host, Some(slowest)) if slowest >= AT_ONCE && !group.hasty => Claim::Proved,
        _ if filters => Claim::Filtered,
        (Word::Host, Some(_)) => Claim::AtOnce,
        (Word::Host, None) if group.hasty => Claim::AtOnce,
        (Word::Host, None) if group.cut => Claim::Hidden,
        (Word::Host, None) | (Word::Route, _) => Claim::Plain,
    }
}

/// All that was gathered of several hosts.
fn sum<'g>(groups: impl Iterator<Item = &'g Group>) -> Group {
    groups.fold(Group::default(), |mut sum, group| {
        sum.errors += group.errors;
        sum.flows += group.flows;
        sum.show(&group.evidence);
        sum
    })
}

/// Whom an error is about.
enum Hosts {
    One(IpAddr),
    Many(usize),
}

impl Hosts {
    /// `one` or `many`.
    const fn choose<'s>(&self, one: &'s str, many: &'s str) -> &'s str {
        match self {
            Self::One(_) => one,
            Self::Many(_) => many,
        }
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(host) => write!(f, "{host}"),
            Self::Many(count) => write!(f, "{count} hosts"),
        }
    }
}

fn finding(
    word: Word,
    dropper: IpAddr,
    hosts: &Hosts,
    (claim, unresolved): Told,
    group: &Group,
) -> Finding {
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
    let suspected = |title, advice| told(Severity::Warning, Confidence::Suspected, title, advice);
    let (are, them) = (hosts.choose("is", "are"), hosts.choose("it", "them"));
    match (claim, word) {
        (Claim::OfItself, _) => {
            let claim = match word {
                Word::Host => "it cannot be reached",
                Word::Route => "there is no route to it",
            };
            suspected(
                format!("{dropper} itself says that {claim}{tally}"),
                format!(
                    "The packets did reach {dropper}, unless somebody forges its address: look for \
                     a rule there that rejects them."
                ),
            )
        }
        (Claim::Filtered, _) => {
            let claim = match word {
                Word::Host => format!("{hosts} {are} unreachable"),
                Word::Route => format!("there is no route to {hosts}"),
            };
            suspected(
                format!(
                    "{dropper} says that {claim}, but refuses other packets to {them} by rule{tally}"
                ),
                format!(
                    "A rule may reject with this code, too. Look at the rules of {dropper} first, \
                     then at its routes."
                ),
            )
        }
        (Claim::AtOnce, _) => suspected(
            format!("{dropper} says at once that {hosts} {are} unreachable{tally}"),
            format!(
                "A dead host is told only after seconds of address resolution; this came faster. \
                 Look on {dropper} for a route to {} that is set to unreachable, or a rule that \
                 rejects.",
                match hosts {
                    Hosts::One(host) => host.to_string(),
                    Hosts::Many(_) => "them".to_owned(),
                }
            ),
        ),
        (Claim::Hidden, _) => suspected(
            format!("{dropper} says that {hosts} {are} unreachable, how fast was cut off{tally}"),
            look_closer(dropper),
        ),
        (Claim::Proved | Claim::Plain, Word::Host) => told(
            Severity::Critical,
            if claim == Claim::Proved {
                Confidence::Confirmed
            } else {
                Confidence::Suspected
            },
            format!(
                "{dropper} cannot reach {}{hosts}{tally}",
                hosts.choose("host ", "")
            ),
            resolve(dropper, hosts, unresolved),
        ),
        (Claim::Proved | Claim::Plain, Word::Route) => told(
            Severity::Critical,
            Confidence::Confirmed,
            format!("{dropper} says it has no route to {hosts}{tally}"),
            format!(
                "Look at the routing table of {dropper} for {}: a route is missing, withdrawn, or \
                 set to unreachable. Rarely, a rule rejects with these words.",
                match hosts {
                    Hosts::One(host) => host.to_string(),
                    Hosts::Many(_) => "their addresses".to_owned(),
                }
            ),
        ),
    }
}

/// Who does not answer, and where to look.
fn resolve(dropper: IpAddr, hosts: &Hosts, unresolved: Unresolved) -> String {
    let who = match (unresolved, hosts) {
        (Unresolved::Destination, Hosts::One(host)) => format!(
            "{host} does not answer address resolution on its own link: it is down, unplugged, or \
             has another address."
        ),
        (Unresolved::Destination, Hosts::Many(_)) => {
            "They do not answer address resolution on their own link: the link is down, or they are, \
             or nobody has these addresses."
                .to_owned()
        }
        (Unresolved::NextHop(hop), _) => format!(
            "{dropper} asked a link for {hop} just before, which by the time is its next hop on the \
             way to {}, and nobody answered: {hop} is down, unplugged, or has another address.",
            match hosts {
                Hosts::One(host) => host.to_string(),
                Hosts::Many(_) => "them".to_owned(),
            }
        ),
        (Unresolved::Unknown, Hosts::One(host)) => format!(
            "Somebody does not answer address resolution on a link of {dropper}: {host}, if that is \
             its own link, or else the next router on the way there. That is down, unplugged, or has \
             another address."
        ),
        (Unresolved::Unknown, Hosts::Many(_)) => format!(
            "Somebody does not answer address resolution on a link of {dropper}: these hosts, if that \
             is their own link, or else the next router on the way there. The link is down, or that \
             is, or nobody has the address."
        ),
    };
    format!("{who} Look at the ARP or neighbor table of {dropper}.")
}

/// What to do where the snap length cut what tells a dead host from one that is refused.
fn look_closer(dropper: IpAddr) -> String {
    format!(
        "A dead host is told after seconds of address resolution, what a rule or a route set to \
         unreachable rejects at once. Capture with a longer snap length, or look at the neighbor table \
         and the routes of {dropper}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::Extent;
    use crate::model::flow::FlowPorts;
    use crate::model::{AddrPair, FlowKey, Timestamp};
    use crate::wire::IpVersion;

    /// What is said of errors about 10.0.0.9: sender, code, and milliseconds after the packet.
    fn told(errors: &[([u8; 4], u8, Option<u64>)]) -> Vec<(Severity, Confidence, String)> {
        let about = |&(dropper, code, millis): &_| (dropper, HOST, code, millis);
        told_of(&errors.iter().map(about).collect::<Vec<_>>())
    }

    /// Sender, host, code, and milliseconds after the packet.
    type Told = ([u8; 4], [u8; 4], u8, Option<u64>);

    /// The same of errors about any host.
    fn told_of(errors: &[Told]) -> Vec<(Severity, Confidence, String)> {
        let mut diagnosis = Unreachable::default();
        for (dropper, host, code, millis) in errors {
            let flow = FlowKey {
                protocol: 17,
                addrs: AddrPair::new([10, 0, 0, 1].into(), (*host).into()),
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

    #[test]
    fn many_hosts_behind_one_router_are_told_once() {
        let dead = |count: u8| -> Vec<_> {
            let error = |host| (ROUTER, [10, 0, 0, 9 + host], 1, Some(3050));
            (0..count).map(error).collect()
        };
        assert_eq!(told_of(&dead(3)).len(), 3);
        let title = "10.0.0.2 cannot reach 4 hosts (4 packets of 4 flows)".to_owned();
        let many = (Severity::Critical, Confidence::Confirmed, title);
        assert_eq!(told_of(&dead(4)), std::slice::from_ref(&many));
        // Of which something else is true stands apart, as does another router.
        let mut errors = dead(4);
        errors.push((ROUTER, [10, 0, 0, 99], 1, Some(1)));
        errors.push(([10, 0, 0, 3], [10, 0, 0, 9], 0, Some(1)));
        let told = told_of(&errors);
        assert_eq!(told.len(), 3);
        assert_eq!(told[0], many);
        assert!(
            told[1]
                .2
                .starts_with("10.0.0.2 says at once that 10.0.0.99 is")
        );
        assert!(
            told[2]
                .2
                .ends_with("10.0.0.3 says it has no route to 10.0.0.9")
        );
    }

    #[test]
    fn who_does_not_answer_is_named_where_it_is_known() {
        let advice = |unresolved| {
            let group = Group::default();
            let told = (Claim::Proved, unresolved);
            let host = Hosts::One(HOST.into());
            finding(Word::Host, ROUTER.into(), &host, told, &group).advice
        };
        let starts = |unresolved, start: &str| {
            let advice = advice(unresolved);
            assert!(advice.starts_with(start), "{advice}");
        };
        starts(
            Unresolved::Destination,
            "10.0.0.9 does not answer address resolution on its own link",
        );
        starts(
            Unresolved::NextHop([192, 0, 2, 1].into()),
            "10.0.0.2 asked a link for 192.0.2.1 just before",
        );
        let open = advice(Unresolved::Unknown);
        assert!(
            open.contains("or else the next router on the way"),
            "{open}"
        );
    }

    #[test]
    fn a_cut_makes_nothing_worse() {
        let flow = FlowKey {
            protocol: 17,
            addrs: AddrPair::new([10, 0, 0, 1].into(), HOST.into()),
            ports: FlowPorts::Ports { src: 5, dst: 53 },
        };
        let (kind, reason) = ((IpVersion::V4, 3, 1), DropReason::HostUnreachable);
        let verdict = DropVerdict {
            count: 1,
            ..DropVerdict::new(
                flow,
                [10, 0, 1, 1].into(),
                kind,
                reason,
                Timestamp::default(),
            )
        };
        let severity = |verdicts: &[&DropVerdict]| {
            let mut diagnosis = Unreachable::default();
            for verdict in verdicts {
                diagnosis.verdict(verdict);
            }
            let mut found = Vec::new();
            diagnosis.findings(&mut found);
            found.first().map(|finding| finding.severity)
        };
        let cut = DropVerdict {
            quotes: Extent::Cut,
            ..verdict.clone()
        };
        let slow = DropVerdict {
            slowest: Some(Duration::from_secs(3)),
            ..verdict.clone()
        };
        assert_eq!(severity(&[&verdict]), Some(Severity::Critical));
        assert_eq!(severity(&[&cut]), Some(Severity::Warning));
        assert_eq!(severity(&[&cut, &slow]), Some(Severity::Critical));
    }
}
