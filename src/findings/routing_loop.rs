//! Packets go round between routers until their TTL is spent.
//!
//! Rule: packets of a flow that is no traceroute ran out of TTL after more hops than any path has, or a
//! traceroute met the same router at a later hop with another one in between, or again and again with
//! nobody in between, or a message was captured several times between the same two stations of a link,
//! or many times on one without addresses, with a lower TTL each time.
//! Source: RFC 1812 section 5.3.1; paths longer than 30 hops are not met in practice, which is
//! why traceroute stops there by default.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::laps::Laps;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::Relation;
use crate::correlate::trace::Path;
use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::icmp::payload;
use crate::model::Frame;
use crate::wire::Packet;
use crate::wire::link::{self, LinkAddress};

/// Hops after which a TTL does not run out on any sane path.
const LONGEST_PATH: u8 = 30;
/// Destinations kept, and routers named for each.
const DESTINATIONS: usize = 1000;
const ROUTERS: usize = 4;
/// Stations whose IP addresses are asked for.
const STATIONS: usize = 32;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct RoutingLoop {
    by_destination: Groups<IpAddr>,
    /// How many of these errors are about requests that were answered.
    answered: Groups<IpAddr, u64>,
    /// Routers met per destination, in order.
    routers: Vec<(IpAddr, Vec<Router>)>,
    laps: Laps,
    /// Who sent packets round.
    stations: Vec<Station>,
    /// Messages that were seen to go round, per destination.
    going_round: Groups<IpAddr>,
}

/// Who sent packets round, with the addresses that errors of theirs told, of each version of IP the first.
#[derive(Clone, Debug)]
struct Station {
    link: LinkAddress,
    told: Vec<IpAddr>,
}

/// A router as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Router {
    /// It sent an error.
    Ip(IpAddr),
    /// It sent frames.
    Link(LinkAddress),
}

impl fmt::Display for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Link(address) => address.fmt(f),
        }
    }
}

impl RoutingLoop {
    /// Takes any message.
    pub(super) fn message(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, relation: Relation) {
        if matches!(relation, Relation::Error { .. }) && !self.stations.is_empty() {
            self.error(frame, packet);
        }
        if let Relation::Copy { of } = relation
            && let Some(stations) = self.laps.pass(frame, packet, of)
        {
            let destination = packet.ip.dst();
            if let Some(group) = self.by_destination.entry(destination) {
                group.show(&[of, frame.reference()]);
            }
            if let Some(group) = self.going_round.entry(destination) {
                group.errors += 1;
                group.flows = 1;
            }
            for station in stations {
                if self.stations.len() < STATIONS
                    && !self.stations.iter().any(|known| known.link == station)
                {
                    self.stations.push(Station {
                        link: station,
                        told: Vec::new(),
                    });
                }
                self.met(destination, Router::Link(station));
            }
        }
    }

    /// To where packets go in loops.
    pub(super) fn destinations(&self) -> HashSet<IpAddr, RandomState> {
        self.by_destination.iter().map(|(to, _)| *to).collect()
    }

    /// An error that the sender of its frame sent itself tells whose link-layer address that is.
    fn error(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        let is_new = (packet.ip.hop_limit()).is_some_and(|ttl| payload::hops(ttl) == 0);
        if !is_new || !packet.tunnels.is_empty() {
            return;
        }
        let Some(from) = link::addresses(frame).src else {
            return;
        };
        let told = packet.ip.src();
        if let Some(station) = (self.stations.iter_mut()).find(|station| station.link == from)
            && !(station.told.iter()).any(|known| known.is_ipv4() == told.is_ipv4())
        {
            station.told.push(told);
        }
    }

    /// The routers of a loop to this destination, by their IP addresses of its version where those are known,
    /// and each once.
    fn named(&self, destination: IpAddr, met: &[Router]) -> Vec<Router> {
        let address = |at: LinkAddress| {
            let station = self.stations.iter().find(|station| station.link == at)?;
            let mut told = station.told.iter();
            told.find(|told| told.is_ipv4() == destination.is_ipv4())
        };
        let mut named = Vec::new();
        for router in met {
            let known = match router {
                Router::Link(at) => address(*at),
                Router::Ip(_) => None,
            };
            let router = known.map_or(*router, |known| Router::Ip(*known));
            if !named.contains(&router) {
                named.push(router);
            }
        }
        let is_ip = |router: &Router| matches!(router, Router::Ip(_));
        if named.iter().filter(|router| is_ip(router)).count() > 1 {
            // The others may well be further interfaces of these.
            named.retain(is_ip);
        }
        named
    }

    fn met(&mut self, destination: IpAddr, router: Router) {
        let Some(at) = self.routers.iter().position(|(d, _)| *d == destination) else {
            if self.routers.len() < DESTINATIONS {
                self.routers.push((destination, vec![router]));
            }
            return;
        };
        if let Some((_, met)) = self.routers.get_mut(at)
            && met.len() < ROUTERS
            && !met.contains(&router)
        {
            met.push(router);
        }
    }
}

impl Diagnosis for RoutingLoop {
    fn verdict(&mut self, verdict: &DropVerdict) {
        let far = verdict
            .hops_to_dropper
            .is_some_and(|hops| hops.count > LONGEST_PATH);
        if verdict.reason != DropReason::TtlExceeded || verdict.probe {
            return;
        }
        let destination = verdict.flow.addrs.dst();
        let is_seen = || self.going_round.iter().any(|(to, _)| *to == destination);
        let is_named = || self.routers.iter().any(|(to, _)| *to == destination);
        if far {
            self.by_destination.add(destination, verdict);
            if let Some(answered) = self.answered.entry(destination) {
                *answered += verdict.answered;
            }
            self.met(destination, Router::Ip(verdict.dropper));
        } else if is_seen() && !is_named() {
            // The link tells nobody.
            self.met(destination, Router::Ip(verdict.dropper));
        }
    }

    fn path(&mut self, path: &Path) {
        let Some((router, other)) = path.met_twice() else {
            return;
        };
        if let Some(group) = self.by_destination.entry(path.dst) {
            group.show(&[path.first_probe]);
        }
        for router in [Some(router), other].into_iter().flatten() {
            self.met(path.dst, Router::Ip(router));
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (destination, group) in self.by_destination.iter() {
            let met = self.routers.iter().find(|(d, _)| d == destination);
            let named = met.map(|(_, met)| self.named(*destination, met));
            let named = named.unwrap_or_default();
            let routers: Vec<_> = named.iter().map(ToString::to_string).collect();
            let seen_at = match routers.as_slice() {
                [] => String::new(),
                several => format!(", seen at {}", several.join(" and ")),
            };
            let mut going_round = self.going_round.iter();
            let lost = match group.errors {
                0 => going_round
                    .find(|(d, _)| d == destination)
                    .map(|(_, group)| group),
                _ => Some(group),
            };
            let lost = lost.map(Group::tally).unwrap_or_default();
            let advice = match routers.as_slice() {
                [] => format!(
                    "Compare the routes to {destination} on the routers at both ends of the link: they \
                     send it to each other."
                ),
                [one] => format!(
                    "Compare the routes to {destination} on {one} and its neighbors: two of them send \
                     it to each other."
                ),
                several => format!(
                    "Compare the routes to {destination} on {}: each sends it to the other.",
                    several.join(", ")
                ),
            };
            let mut answered = self.answered.iter();
            let is_answered = (group.errors > 0)
                && answered.any(|(to, count)| to == destination && *count >= group.errors);
            found.push(if is_answered {
                Finding {
                    name: "routing_loop",
                    severity: Severity::Warning,
                    title: format!(
                        "Packets to {destination} go in a loop{seen_at}{lost}, though all of these were \
                         answered before"
                    ),
                    evidence: group.evidence.clone(),
                    confidence: Confidence::Suspected,
                    advice: format!(
                        "The requests arrived: a copy of each goes round, or somebody forges the errors. {advice}"
                    ),
                }
            } else {
                Finding {
                    name: "routing_loop",
                    severity: Severity::Critical,
                    title: format!("Packets to {destination} go in a loop{seen_at}{lost}"),
                    evidence: group.evidence.clone(),
                    confidence: Confidence::Confirmed,
                    advice,
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::model::{FrameRef, LinkType, SourceId};
    use crate::wire::{Classified, classify};

    /// Takes a packet from one of these addresses to the other, in a frame between these stations.
    fn take(
        finding: &mut RoutingLoop,
        (from, to): (u8, u8),
        (src, ttl): ([u8; 4], u8),
        relation: Relation,
    ) {
        let mut data = Vec::new();
        PacketBuilder::ethernet2([from; 6], [to; 6])
            .ipv4(src, [10, 7, 0, 1], ttl)
            .icmpv4_echo_request(9, 1)
            .write(&mut data, b"round")
            .unwrap();
        let frame = Frame::alone(LinkType(1), &data);
        let Classified::Icmp(packet) = classify(&frame) else {
            panic!("ICMP");
        };
        finding.message(&frame, &packet, relation);
    }

    #[test]
    fn a_router_that_sent_an_error_is_named_by_its_address() {
        let mut finding = RoutingLoop::default();
        let of = FrameRef::new(SourceId(0), 1);
        for ttl in (1..20).rev() {
            let stations = if ttl % 2 == 0 { (2, 4) } else { (4, 2) };
            take(
                &mut finding,
                stations,
                ([10, 0, 0, 1], ttl),
                Relation::Copy { of },
            );
        }
        let titles = |finding: &mut RoutingLoop| {
            let mut found = Vec::new();
            finding.findings(&mut found);
            found.into_iter().map(|it| it.title).collect::<Vec<_>>()
        };
        let loops = "Packets to 10.7.0.1 go in a loop, seen at ";
        let unknown = format!("{loops}04:04:04:04:04:04 and 02:02:02:02:02:02");
        assert_eq!(titles(&mut finding), [unknown.as_str()]);
        let error = Relation::Error { original: None };
        // Passed on by a router, it is of somebody else.
        take(&mut finding, (4, 2), ([10, 0, 9, 9], 63), error);
        assert_eq!(titles(&mut finding), [unknown]);
        // An address of the other version of IP names nobody here.
        let mut data = Vec::new();
        PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv6([0xfd; 16], [0xfe; 16], 64)
            .icmpv6_echo_request(9, 1)
            .write(&mut data, b"round")
            .unwrap();
        let frame = Frame::alone(LinkType(1), &data);
        let Classified::Icmp(packet) = classify(&frame) else {
            panic!("ICMP");
        };
        finding.message(&frame, &packet, error);
        take(&mut finding, (4, 2), ([10, 0, 2, 2], 64), error);
        let known = format!("{loops}10.0.2.2 and 02:02:02:02:02:02");
        assert_eq!(titles(&mut finding), [known.as_str()]);
    }
}
