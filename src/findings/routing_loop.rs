//! Packets go round between routers until their TTL is spent.
//!
//! Rule: packets of a flow that is no traceroute ran out of TTL after more hops than any path has, or a
//! traceroute met the same router at a later hop with another one in between, or a message was captured
//! several times between the same two stations of a link, with a lower TTL each time.
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
use crate::model::Frame;
use crate::wire::Packet;
use crate::wire::link::LinkAddress;

/// Hops after which a TTL does not run out on any sane path.
const LONGEST_PATH: u8 = 30;
/// Destinations kept, and routers named for each.
const DESTINATIONS: usize = 1000;
const ROUTERS: usize = 4;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct RoutingLoop {
    by_destination: Groups<IpAddr>,
    /// Routers met per destination, in order.
    routers: Vec<(IpAddr, Vec<Router>)>,
    laps: Laps,
    /// Messages that were seen to go round, per destination.
    going_round: Groups<IpAddr>,
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
                self.met(destination, Router::Link(station));
            }
        }
    }

    /// To where packets go in loops.
    pub(super) fn destinations(&self) -> HashSet<IpAddr, RandomState> {
        self.by_destination.iter().map(|(to, _)| *to).collect()
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
        if verdict.reason == DropReason::TtlExceeded && far && !verdict.probe {
            self.by_destination.add(verdict.flow.addrs.dst(), verdict);
            self.met(verdict.flow.addrs.dst(), Router::Ip(verdict.dropper));
        }
    }

    fn path(&mut self, path: &Path) {
        let Some((router, other)) = path.met_twice() else {
            return;
        };
        if let Some(group) = self.by_destination.entry(path.dst) {
            group.show(&[path.first_probe]);
        }
        self.met(path.dst, Router::Ip(router));
        self.met(path.dst, Router::Ip(other));
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (destination, group) in self.by_destination.iter() {
            let met = self.routers.iter().find(|(d, _)| d == destination);
            let routers: Vec<_> = met
                .map(|(_, met)| met.iter().map(ToString::to_string).collect())
                .unwrap_or_default();
            let mut going_round = self.going_round.iter();
            let lost = match group.errors {
                0 => going_round
                    .find(|(d, _)| d == destination)
                    .map(|(_, group)| group),
                _ => Some(group),
            };
            let lost = lost.map(Group::tally).unwrap_or_default();
            found.push(Finding {
                name: "routing_loop",
                severity: Severity::Critical,
                title: format!(
                    "Packets to {destination} go in a loop, seen at {}{lost}",
                    routers.join(" and ")
                ),
                evidence: group.evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: match routers.as_slice() {
                    [one] => format!(
                        "Compare the routes to {destination} on {one} and its neighbors: two of \
                         them send it to each other."
                    ),
                    several => format!(
                        "Compare the routes to {destination} on {}: each sends it to the other.",
                        several.join(", ")
                    ),
                },
            });
        }
    }
}
