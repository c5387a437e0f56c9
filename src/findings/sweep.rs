//! One host looks who is there: `ping_sweep`.
//!
//! Rule: echo requests of one host to 32 others or more, each asked by a few requests, half of them or
//! more without a reply. Worth knowing: monitoring and `fping` do so; a warning from 256 others on, as
//! nobody monitors so many dead hosts.
//! Source: observation; `nmap -sn` and `fping -g` ask a network of 254 hosts.

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeKind, ExchangeOutcome};
use crate::model::AddrPair;

/// Hosts asked.
const HOSTS: usize = 32;
/// ... from which on it is a warning.
const MANY_HOSTS: usize = 256;
/// Hosts told apart.
const HOSTS_KEPT: usize = 4096;
/// Who asks each host more often than so does not look who is there.
const REQUESTS_PER_HOST: u64 = 4;
/// Sources told apart.
const SOURCES: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    /// What the last request was between: most are followed by another between the same two.
    last: Option<AddrPair>,
    sources: Groups<IpAddr, Asked>,
}

#[derive(Clone, Debug, Default)]
struct Asked {
    hosts: HashSet<IpAddr, RandomState>,
    requests: u64,
    answered: u64,
    evidence: Group,
}

impl Diagnosis for Sweep {
    fn exchange(&mut self, exchange: &Exchange) {
        if exchange.kind != ExchangeKind::Echo
            || exchange.outcome == ExchangeOutcome::NoReplyExpected
            || self.last.replace(exchange.addrs) == Some(exchange.addrs)
        {
            return;
        }
        // Each source may keep thousands of addresses: few of them.
        if self.sources.len() >= SOURCES && !self.sources.has(&exchange.addrs.src) {
            return;
        }
        let Some(asked) = self.sources.entry(exchange.addrs.src) else {
            return;
        };
        asked.requests += 1;
        asked.answered += u64::from(exchange.outcome == ExchangeOutcome::Answered);
        if asked.hosts.len() < HOSTS_KEPT && asked.hosts.insert(exchange.addrs.dst) {
            asked.evidence.show(&[exchange.request]);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (source, asked) in self.sources.iter() {
            let hosts = asked.hosts.len();
            if hosts < HOSTS
                || asked.requests > hosts as u64 * REQUESTS_PER_HOST
                || asked.answered * 2 > asked.requests
            {
                continue;
            }
            let over = if hosts == HOSTS_KEPT { "over " } else { "" };
            found.push(Finding {
                name: "ping_sweep",
                severity: if hosts >= MANY_HOSTS {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                title: format!(
                    "{source} pings {over}{hosts} hosts, of which few answer ({} of {} requests)",
                    asked.answered, asked.requests
                ),
                evidence: asked.evidence.evidence.clone(),
                confidence: Confidence::Suspected,
                advice: format!(
                    "Nothing to do if {source} takes stock of the network; otherwise find out what runs \
                     there: worms and intruders look around so."
                ),
            });
        }
    }
}
