//! Somebody traced a route.
//!
//! Rule: every path that correlation reconstructed.
//! Source: observation; errors that answer probes are no trouble.

use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::trace::Path;

/// Paths told one by one.
const MOST: usize = 100;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Traceroute {
    found: Vec<Finding>,
}

impl Diagnosis for Traceroute {
    fn path(&mut self, path: &Path) {
        if self.found.len() >= MOST {
            return;
        }
        let hops = path.hops.len();
        let end = if path.reached {
            "which was reached"
        } else {
            "which did not answer"
        };
        self.found.push(Finding {
            name: "traceroute",
            severity: Severity::Info,
            title: format!(
                "{} traced the route to {} over {hops} hops, {end}",
                path.src, path.dst
            ),
            evidence: vec![path.first_probe],
            confidence: Confidence::Confirmed,
            advice: "Nothing to do: these errors were asked for.".to_owned(),
        });
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        found.append(&mut self.found);
    }
}
