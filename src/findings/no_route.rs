//! A router has no route.
//!
//! Rule: network unreachable (v6: no route to destination), by router and destination.
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct NoRoute {
    groups: Groups<(IpAddr, IpAddr)>,
}

impl Diagnosis for NoRoute {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason == DropReason::NoRoute {
            self.groups
                .add((verdict.dropper, verdict.flow.addrs.dst), verdict);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((dropper, host), group) in self.groups.iter() {
            found.push(Finding {
                name: "no_route",
                severity: Severity::Critical,
                title: format!("{dropper} has no route to {host} ({})", group.tally()),
                evidence: group.evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: format!("Look at the routing table of {dropper} for {host}: a route is missing, withdrawn, or set to unreachable."),
            });
        }
    }
}
