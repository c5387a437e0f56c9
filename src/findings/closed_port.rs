//! Nobody listens: the destination itself answers UDP with port unreachable.
//!
//! Rule: port unreachable for anything but TCP, sent by the destination, not about a traceroute.
//! Source: RFC 1122 section 4.1.3.1, RFC 4443 section 3.1.

use super::group::{Groups, Service};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::wire::ip::protocol::TCP;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct ClosedPort {
    groups: Groups<Service>,
}

impl Diagnosis for ClosedPort {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason == DropReason::PortUnreachable
            && verdict.dropper == verdict.flow.addrs.dst
            && verdict.flow.protocol != TCP
            && !verdict.probe
        {
            self.groups.add(Service::of(&verdict.flow), verdict);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (service, group) in self.groups.iter() {
            found.push(Finding {
                name: "closed_port",
                severity: Severity::Warning,
                title: format!("Nothing listens at {service} ({})", group.tally()),
                evidence: group.evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: format!("Start the service on {}, or mend the address or port its clients use. A host firewall that rejects looks the same.", service.host),
            });
        }
    }
}
