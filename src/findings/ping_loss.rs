//! Pings that went unanswered, and how they lie in time.
//!
//! Rule: of an echo sender, destination and identifier at least one request is lost. Probes of a
//! traceroute do not count: being unanswered is ordinary there.
//! Source: RFC 2680 (one-way loss), RFC 3357 (bursts).

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeKind, ExchangeOutcome};
use crate::correlate::trace::Path;
use crate::model::AddrPair;

/// Loss, in percent, from which a finding is critical.
const CRITICAL_PERCENT: u64 = 10;
/// Traced pairs remembered.
const TRACES: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Ping {
    addrs: AddrPair,
    id: u16,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct PingLoss {
    pings: Groups<Ping>,
    losses: Vec<Losses>,
    traced: HashSet<AddrPair, RandomState>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    ping: Option<Ping>,
    sent: u64,
    lost: u64,
    run: u64,
    longest: u64,
    bursts: u64,
    one_sided: bool,
}

impl PingLoss {
    fn of(&mut self, ping: Ping) -> Option<&mut Losses> {
        self.pings.entry(ping)?;
        let at = self.pings.position(&ping)?;
        if self.losses.len() <= at {
            self.losses.resize(at + 1, Losses::default());
        }
        let losses = self.losses.get_mut(at)?;
        losses.ping = Some(ping);
        Some(losses)
    }
}

impl Diagnosis for PingLoss {
    fn exchange(&mut self, exchange: &Exchange) {
        let (ExchangeKind::Echo, Some(id)) = (exchange.kind, exchange.id) else {
            return;
        };
        let decided = match exchange.outcome {
            ExchangeOutcome::Answered | ExchangeOutcome::Error => false,
            ExchangeOutcome::Lost => true,
            _ => return,
        };
        let ping = Ping {
            addrs: exchange.addrs,
            id,
        };
        let Some(losses) = self.of(ping) else { return };
        losses.sent += 1;
        if decided {
            losses.lost += 1;
            losses.run += 1;
            losses.bursts += u64::from(losses.run == 2);
            losses.longest = losses.longest.max(losses.run);
            losses.one_sided |= exchange.one_sided_possible;
            if let Some(group) = self.pings.entry(ping) {
                group.show(&[exchange.request]);
            }
        } else {
            losses.run = 0;
        }
    }

    fn path(&mut self, path: &Path) {
        const ICMP: [u8; 2] = [1, 58];
        if ICMP.contains(&path.protocol) && self.traced.len() < TRACES {
            self.traced.insert(AddrPair {
                src: path.src,
                dst: path.dst,
            });
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (losses, (ping, group)) in self.losses.iter().zip(self.pings.iter()) {
            if losses.lost == 0 || self.traced.contains(&ping.addrs) {
                continue;
            }
            found.push(finding(
                ping.addrs.src,
                ping.addrs.dst,
                losses,
                &group.evidence,
            ));
        }
    }
}

fn finding(
    src: IpAddr,
    dst: IpAddr,
    losses: &Losses,
    evidence: &[crate::model::FrameRef],
) -> Finding {
    let percent = losses.lost * 100 / losses.sent.max(1);
    let pattern = match losses.longest {
        0 | 1 => "one at a time".to_owned(),
        longest if longest == losses.sent => "all of them".to_owned(),
        longest => format!(
            "up to {longest} in a row, {} burst{}",
            losses.bursts,
            if losses.bursts == 1 { "" } else { "s" }
        ),
    };
    let (confidence, advice) = if losses.one_sided {
        (
            Confidence::Suspected,
            "No packet of the other direction was captured: make sure the capture point sees the \
             replies before calling this loss.",
        )
    } else if losses.longest > 1 && losses.longest < losses.sent {
        (
            Confidence::Confirmed,
            "Loss in bursts points to an interruption: a link flap, a route change, a full queue. \
             Compare the times with the logs of the devices on the path.",
        )
    } else {
        (
            Confidence::Confirmed,
            "Capture nearer to the destination to find out on which side of it the packets vanish.",
        )
    };
    Finding {
        name: "ping_loss",
        severity: if percent >= CRITICAL_PERCENT && !losses.one_sided {
            Severity::Critical
        } else {
            Severity::Warning
        },
        title: format!(
            "{src} lost {} of {} pings to {dst} ({percent} %), {pattern}",
            losses.lost, losses.sent
        ),
        evidence: evidence.to_vec(),
        confidence,
        advice: advice.to_owned(),
    }
}
