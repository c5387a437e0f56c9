//! One host looks who is there: `ping_sweep`.
//!
//! Rule: echo requests of one host to 32 others or more, each asked by a few requests, half of them or
//! more without a reply; requests that the capture ended too early for do not count. Worth knowing:
//! monitoring and `fping` do so; a warning from 256 others on, as nobody monitors so many dead hosts, if
//! any reply or error shows that the capture has the way back.
//! Source: observation; `nmap -sn` and `fping -g` ask a network of 254 hosts.

use std::collections::HashMap;
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
    /// What the last request was between, and whether it was answered: most are followed by another
    /// such between the same two.
    last: Option<(AddrPair, bool)>,
    sources: Groups<IpAddr, Asked>,
}

#[derive(Clone, Debug, Default)]
struct Asked {
    /// Who was asked, and whether they answered.
    hosts: HashMap<IpAddr, bool, RandomState>,
    requests: u64,
    answered: usize,
    /// Whether an error came back.
    errors: bool,
    evidence: Group,
}

impl Diagnosis for Sweep {
    fn exchange(&mut self, exchange: &Exchange) {
        let answered = exchange.outcome == ExchangeOutcome::Answered;
        let decided = matches!(
            exchange.outcome,
            ExchangeOutcome::Answered | ExchangeOutcome::Lost | ExchangeOutcome::Error
        );
        if exchange.kind != ExchangeKind::Echo
            || !decided
            || self.last.replace((exchange.addrs, answered)) == Some((exchange.addrs, answered))
        {
            return;
        }
        // Each source may keep thousands of addresses: few of them.
        if self.sources.len() >= SOURCES && !self.sources.has(&exchange.addrs.src()) {
            return;
        }
        let Some(asked) = self.sources.entry(exchange.addrs.src()) else {
            return;
        };
        asked.requests += 1;
        asked.errors |= exchange.outcome == ExchangeOutcome::Error;
        let dst = exchange.addrs.dst();
        let room = asked.hosts.len() < HOSTS_KEPT;
        match asked.hosts.get_mut(&dst) {
            Some(before) => {
                asked.answered += usize::from(answered && !*before);
                *before |= answered;
            }
            None if room => {
                asked.answered += usize::from(answered);
                asked.hosts.insert(dst, answered);
                asked.evidence.show(&[exchange.request]);
            }
            None => {}
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (source, asked) in self.sources.iter() {
            let hosts = asked.hosts.len();
            if hosts < HOSTS
                || asked.requests > hosts as u64 * REQUESTS_PER_HOST
                || asked.answered * 2 > hosts
            {
                continue;
            }
            let over = if hosts == HOSTS_KEPT { "over " } else { "" };
            found.push(Finding {
                name: "ping_sweep",
                severity: if hosts >= MANY_HOSTS && (asked.answered > 0 || asked.errors) {
                    Severity::Warning
                } else {
                    Severity::Info
                },
                title: format!(
                    "{source} pings {over}{hosts} hosts, of which {} answer",
                    match asked.answered {
                        0 => "none".to_owned(),
                        some => format!("only {some}"),
                    }
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
