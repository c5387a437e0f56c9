//! Packets go round between routers until their TTL is spent.
//!
//! Rule: either packets of a flow that is no traceroute ran out of TTL after more hops than any
//! path has, or a traceroute met the same router at a later hop with another one in between.
//! Source: RFC 1812 section 5.3.1; paths longer than 30 hops are not met in practice, which is
//! why traceroute stops there by default.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::trace::Path;
use crate::correlate::verdict::{DropReason, DropVerdict};

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
    routers: Vec<(IpAddr, Vec<IpAddr>)>,
}

impl RoutingLoop {
    fn met(&mut self, destination: IpAddr, router: IpAddr) {
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
            self.met(verdict.flow.addrs.dst(), verdict.dropper);
        }
    }

    fn path(&mut self, path: &Path) {
        let Some((router, other)) = path.met_twice() else {
            return;
        };
        if let Some(group) = self.by_destination.entry(path.dst) {
            group.show(&[path.first_probe]);
        }
        self.met(path.dst, router);
        self.met(path.dst, other);
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (destination, group) in self.by_destination.iter() {
            let met = self.routers.iter().find(|(d, _)| d == destination);
            let routers: Vec<_> = met
                .map(|(_, met)| met.iter().map(ToString::to_string).collect())
                .unwrap_or_default();
            let lost = match group.errors {
                0 => String::new(),
                _ => group.tally(),
            };
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
