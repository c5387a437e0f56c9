//! Somebody traced a route.
//!
//! Rule: every path that correlation reconstructed; suspected where a capture without the probes, as
//! one of ICMP alone, has errors about packets to the ports of traceroute(8).
//! Source: observation; errors that answer probes are no trouble.

use std::net::IpAddr;

use super::group::{Group, Groups, counted};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::trace::Path;
use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::model::AddrPair;

/// Paths told one by one.
const MOST: usize = 100;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Traceroute {
    found: Vec<Finding>,
    blind: Groups<AddrPair, Blind>,
}

/// A trace of which only answers were captured.
#[derive(Clone, Debug, Default)]
struct Blind {
    /// Whose errors end the probes on their way, as many as a path has hops.
    routers: Vec<IpAddr>,
    end: End,
    errors: Group,
}

/// What became of a trace.
#[derive(Clone, Copy, Debug, Default)]
enum End {
    Reached,
    #[default]
    NoAnswer,
}

impl End {
    const fn words(self) -> &'static str {
        match self {
            Self::Reached => "which was reached",
            Self::NoAnswer => "which did not answer",
        }
    }
}

impl Diagnosis for Traceroute {
    fn verdict(&mut self, verdict: &DropVerdict) {
        /// No path has more (the largest TTL).
        const HOPS: usize = 255;
        if verdict.probe || !verdict.may_be_probe() {
            return;
        }
        let addrs = verdict.flow.addrs;
        let Some(trace) = self.blind.entry(addrs) else {
            return;
        };
        trace.errors.show(&verdict.error_frames);
        if verdict.is_by_destination() {
            trace.end = End::Reached;
        } else if verdict.reason == DropReason::TtlExceeded
            && trace.routers.len() < HOPS
            && !trace.routers.contains(&verdict.dropper)
        {
            trace.routers.push(verdict.dropper);
        }
    }

    fn path(&mut self, path: &Path) {
        if self.found.len() >= MOST {
            return;
        }
        let end = if path.reached {
            End::Reached
        } else {
            End::NoAnswer
        };
        self.found.push(Finding {
            name: "traceroute",
            severity: Severity::Info,
            title: format!(
                "{} traced the route to {} over {} hops, {}",
                path.src,
                path.dst,
                path.hops.len(),
                end.words()
            ),
            evidence: vec![path.first_probe],
            confidence: Confidence::Confirmed,
            advice: "Nothing to do: these errors were asked for.".to_owned(),
        });
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        found.append(&mut self.found);
        let blind = self.blind.iter().take(MOST);
        found.extend(blind.map(|(addrs, trace)| Finding {
            name: "traceroute",
            severity: Severity::Info,
            title: format!(
                "{} seems to have traced the route to {}, {}: {} sent errors, and the capture has \
                 none of the probes",
                addrs.src(),
                addrs.dst(),
                trace.end.words(),
                counted(trace.routers.len() as u64, "router")
            ),
            evidence: trace.errors.evidence.clone(),
            confidence: Confidence::Suspected,
            advice: "Capture the probes too (live with --flows, or without a filter for ICMP) to see \
                     the path with its hops."
                .to_owned(),
        }));
    }
}
