//! A firewall plays dead: port unreachable where a host would not send it.
//!
//! Rule: port unreachable for TCP, which a stack answers with a reset (RFC 9293 section 3.10.7.1),
//! or from a sender that is not the destination; not about a traceroute.
//! Source: RFC 1122 section 3.2.2.1; the default of Linux `REJECT` rules.

use std::net::IpAddr;

use super::group::{Groups, Service};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::wire::ip::protocol::TCP;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct FirewallReject {
    groups: Groups<(IpAddr, Service)>,
}

impl Diagnosis for FirewallReject {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason == DropReason::PortUnreachable
            && (verdict.flow.protocol == TCP || verdict.dropper != verdict.flow.addrs.dst)
            && !verdict.probe
        {
            self.groups
                .add((verdict.dropper, Service::of(&verdict.flow)), verdict);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((dropper, service), group) in self.groups.iter() {
            found.push(Finding {
                name: "firewall_reject",
                severity: Severity::Warning,
                title: format!("{dropper} rejects {service} with port unreachable, as firewalls do ({})", group.tally()),
                evidence: group.evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: format!("Look for a reject rule on {dropper}; the port itself may well be open behind it."),
            });
        }
    }
}
