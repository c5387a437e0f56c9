//! A router or host limits how many errors it sends: the errors seen are an undercount.
//!
//! Rule: of a flow whose every packet should meet the same error, many packets went unanswered
//! between the errors. Told for all such flows of its together. Fragmentation needed concerns large packets only, and host unreachable comes
//! once address resolution gave up: these do not count, nor do traceroutes.
//! Source: RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f); Linux: one error a second and peer,
//! six at first (`icmp_ratelimit`), measured.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::{DropReason, DropVerdict};

/// Packets of a flow from which a missing error is no accident.
const PACKETS: u64 = 10;
/// At least so many packets to an error.
const PACKETS_PER_ERROR: u64 = 2;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct IcmpRateLimited {
    droppers: Groups<IpAddr, Limited>,
}

#[derive(Clone, Debug, Default)]
struct Limited {
    errors: u64,
    packets: u64,
    /// Of a flow too few came.
    too_few: bool,
    evidence: super::group::Group,
}

impl Diagnosis for IcmpRateLimited {
    fn verdict(&mut self, verdict: &DropVerdict) {
        let each_packet = matches!(
            verdict.reason,
            DropReason::PortUnreachable
                | DropReason::ProtocolUnreachable
                | DropReason::AdminProhibited
                | DropReason::NoRoute
        );
        // The packet of the first error comes before it.
        let packets = verdict.aftermath.packets + 1;
        if !each_packet || verdict.probe || verdict.aftermath.acknowledged {
            return;
        }
        if let Some(limited) = self.droppers.entry(verdict.dropper) {
            limited.errors += verdict.count;
            limited.packets += packets.max(verdict.count);
            if packets >= PACKETS && verdict.count.saturating_mul(PACKETS_PER_ERROR) <= packets {
                limited.too_few = true;
                limited.evidence.show(&verdict.error_frames);
            }
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let limited = self.droppers.iter().filter(|(_, it)| it.too_few);
        for (dropper, limited) in limited {
            found.push(Finding {
                name: "icmp_rate_limited",
                severity: Severity::Info,
                title: format!(
                    "{dropper} limits its errors: {} for {} packets that all deserved one",
                    limited.errors, limited.packets
                ),
                evidence: limited.evidence.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "Do not take the number of errors for the number of drops; on Linux, \
                     net.ipv4.icmp_ratelimit and net.ipv6.icmp.ratelimit on {dropper} set the limit."
                ),
            });
        }
    }
}
