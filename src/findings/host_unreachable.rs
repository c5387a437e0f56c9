//! The last router cannot reach the host.
//!
//! Rule: host (v6: address) unreachable, by router and host.
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct HostUnreachable {
    groups: Groups<(IpAddr, IpAddr)>,
}

impl Diagnosis for HostUnreachable {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason == DropReason::HostUnreachable {
            self.groups
                .add((verdict.dropper, verdict.flow.addrs.dst), verdict);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((dropper, host), group) in self.groups.iter() {
            found.push(Finding {
                name: "host_unreachable",
                severity: Severity::Critical,
                title: format!("{dropper} cannot reach host {host} ({})", group.tally()),
                evidence: group.evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: format!("{host} does not answer address resolution on its own link: it is down, unplugged, or has another address. Look at the ARP or neighbor table of {dropper}."),
            });
        }
    }
}
