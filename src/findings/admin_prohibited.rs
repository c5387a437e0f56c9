//! A filter refuses packets and says so.
//!
//! Rule: any error whose code says "administratively prohibited", by dropper and destination.
//! Source: RFC 1812 section 5.2.7.1, RFC 4443 section 3.1.

use std::net::IpAddr;

use super::group::{Groups, Service};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct AdminProhibited {
    groups: Groups<(IpAddr, Service)>,
}

impl Diagnosis for AdminProhibited {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason == DropReason::AdminProhibited {
            let mut service = Service::of(&verdict.flow);
            if verdict.probe {
                // Each probe of a traceroute has a port of its own, which means nothing.
                service.port = None;
            }
            self.groups.add((verdict.dropper, service), verdict);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for ((dropper, service), group) in self.groups.iter() {
            found.push(Finding {
                name: "admin_prohibited",
                severity: Severity::Warning,
                title: format!("{dropper} prohibits {service} ({})", group.tally()),
                evidence: group.evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: format!("Look for the rule on {dropper} that rejects {service}; the traffic reached it, so the path up to there works."),
            });
        }
    }
}
