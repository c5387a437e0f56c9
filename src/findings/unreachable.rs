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
//! A translator writes network and host unreachable alike as no route (RFC 7915 section 4.2): where an
//! address may be an IPv4 one behind such, the host being down is left open.
//!
//! Where the same is true of many hosts behind a router, a link or a route is gone: told once.
//!
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1; RFC 4861 section 10 (three probes, one
//! second apart; ARP of Linux and of BSD alike), measured on Linux: 3.0 to 3.1 s.

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
    is_by_host: bool,
}

impl Diagnosis for Unreachable {
    fn verdict(&mut self, verdict: &DropVerdict) {
        let way = Way {
            dropper: verdict.dropper,
            host: verdict.flow.addrs.dst(),
            is_by_host: verdict.is_by_destination(),
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
            let claim = match claim(*word, *way, group, self.filters.contains(way)) {
                Claim::Plain if *word == Word::Route && self.may_be_translated(*way) => {
                    Claim::Translated
                }
                claim => claim,
            };
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

impl Unreachable {
    /// Whether the addresses may be those that a translator gave to hosts of IPv4: by the prefix that all
    /// know (RFC 6052 section 2.1), by one that both have, or by what was captured on its other side.
    fn may_be_translated(&self, way: Way) -> bool {
        const WELL_KNOWN: u128 = 0x0064_ff9b << 96;
        let (IpAddr::V6(dropper), IpAddr::V6(host)) = (way.dropper, way.host) else {
            return false;
        };
        let prefix = |address: Ipv6Addr| address.to_bits() >> 32;
        let other_side = Way {
            dropper: embedded(dropper).into(),
            host: embedded(host).into(),
            ..way
        };
        prefix(host) == WELL_KNOWN >> 32
            || prefix(host) == prefix(dropper)
            || [Word::Host, Word::Route]
                .iter()
                .any(|word| self.groups.has(&(*word, other_side)))
    }
}

/// The IPv4 address in one of IPv6, behind a prefix of 96 bits (RFC 6052 section 2.2).
fn embedded(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    [a, b, c, d].into()
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
    /// A translator may have made it of another word.
    Translated,
}

fn claim(word: Word, way: Way, group: &Group, filters: bool) -> Claim {
    if way.is_by_host {
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
        (Claim::Translated, _) => told(
            Severity::Critical,
            Confidence::Confirmed,
            format!(
                "{dropper} says that there is no route to {hosts}, or a translator in its name{tally}"
            ),
            behind_translator(dropper, hosts),
        ),
        (Claim::Proved | Claim::Plain, Word::Route) => told(
            Severity::Critical,
            Confidence::Confirmed,
            format!("{dropper} says it has no route to {hosts}{tally}"),
            look_for_route(dropper, hosts),
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

/// What to do where a translator may have made one code of two.
fn behind_translator(dropper: IpAddr, hosts: &Hosts) -> String {
    match hosts {
        Hosts::One(IpAddr::V6(host)) => format!(
            "If a translator (NAT64) gave {host} to the IPv4 host {}, that host may be down as \
             well as its network unreachable: translators write both with this code (RFC 7915 \
             section 4.2). Capture on the other side of it. Else look at the routing table of \
             {dropper}.",
            embedded(*host)
        ),
        _ => format!(
            "If a translator (NAT64) gave these addresses to IPv4 hosts, the hosts may be down \
             as well as their network unreachable: translators write both with this code (RFC \
             7915 section 4.2). Capture on the other side of it. Else look at the routing \
             table of {dropper}."
        ),
    }
}

/// What to do where there is no route.
fn look_for_route(dropper: IpAddr, hosts: &Hosts) -> String {
    format!(
        "Look at the routing table of {dropper} for {}: a route is missing, withdrawn, or \
         set to unreachable. Rarely, a rule rejects with these words.",
        match hosts {
            Hosts::One(host) => host.to_string(),
            Hosts::Many(_) => "their addresses".to_owned(),
        }
    )
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
mod tests;
