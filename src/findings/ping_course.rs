//! How a ping's round trips and the way of its replies change: `path_change` and `rtt_shift`.
//!
//! Rule for `path_change`: replies came with one TTL five times in a row, then with another one five
//! times in a row. Rule for `rtt_shift`: of blocks of ten replies the shortest round trip; in three
//! blocks on end it stays over twice that of each of the three blocks before, and five milliseconds
//! more. The shortest one leaves out queues that fill and empty. Both are worth knowing.
//! Source: RFC 2681 section 5.3 (the minimum tells of the path, the rest of load); measurement.

use std::net::IpAddr;
use std::time::Duration;

use super::{Confidence, Finding, Severity};
use crate::correlate::exchange::Exchange;
use crate::model::{AddrPair, FrameRef};

/// Replies in a row with the same TTL.
const STEADY: u32 = 5;
/// Replies to a block.
const BLOCK: u8 = 10;
/// Blocks before a shift, and behind it.
const BLOCKS: usize = 3;
/// How much longer round trips are after a shift.
const FACTOR: u32 = 2;
const AT_LEAST: Duration = Duration::from_millis(5);

/// The course of one ping.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    ttl: u8,
    /// Replies in a row with another TTL, and where that began.
    other: Option<(u8, u32, FrameRef)>,
    steady: u32,
    change: Option<Change<u8>>,
    replies: u8,
    shortest: Duration,
    begun: Option<FrameRef>,
    /// Shortest round trips of the last blocks, the oldest first, with their first replies.
    blocks: Vec<(Duration, FrameRef)>,
    shift: Option<Change<Duration>>,
}

/// From what to what, and with which request.
#[derive(Clone, Copy, Debug)]
struct Change<T> {
    before: T,
    after: T,
    at: FrameRef,
}

impl Course {
    /// Takes a request that was answered.
    pub(super) fn answered(&mut self, exchange: &Exchange) {
        if let Some(ttl) = exchange.reply_ttl {
            self.way(ttl, exchange.request);
        }
        if let (Some(rtt), None) = (exchange.rtt, self.shift) {
            self.round_trip(rtt, exchange.request);
        }
    }

    fn way(&mut self, ttl: u8, request: FrameRef) {
        if self.ttl == ttl {
            self.steady = self.steady.saturating_add(1);
            self.other = None;
            return;
        }
        let (count, at) = match self.other {
            Some((other, count, at)) if other == ttl => (count + 1, at),
            _ => (1, request),
        };
        self.other = Some((ttl, count, at));
        if self.steady == 0 || count == STEADY {
            if self.steady >= STEADY && self.change.is_none() {
                self.change = Some(Change {
                    before: self.ttl,
                    after: ttl,
                    at,
                });
            }
            (self.ttl, self.steady, self.other) = (ttl, count, None);
        }
    }

    fn round_trip(&mut self, rtt: Duration, request: FrameRef) {
        let at = *self.begun.get_or_insert(request);
        self.shortest = if self.replies == 0 {
            rtt
        } else {
            self.shortest.min(rtt)
        };
        self.replies += 1;
        if self.replies < BLOCK {
            return;
        }
        if self.blocks.len() == 2 * BLOCKS {
            self.blocks.remove(0);
        }
        self.blocks.push((self.shortest, at));
        (self.replies, self.begun) = (0, None);
        if let Some((before, after)) = self.blocks.split_at_checked(BLOCKS)
            && after.len() == BLOCKS
            && let (Some(before), Some(after)) = (
                before.iter().map(|(rtt, _)| *rtt).max(),
                after.iter().min().copied(),
            )
            && after.0 > before * FACTOR
            && after.0 > before + AT_LEAST
        {
            let at = self.blocks.get(BLOCKS).map_or(after.1, |(_, at)| *at);
            self.shift = Some(Change {
                before,
                after: after.0,
                at,
            });
        }
    }

    /// What is said of the ping between two hosts.
    pub(super) fn findings(&self, addrs: AddrPair, found: &mut Vec<Finding>) {
        let (src, dst) = (addrs.src(), addrs.dst());
        if let Some(Change { before, after, at }) = self.change {
            found.push(finding(
                "path_change",
                format!(
                    "Replies of {dst} to {src} come another way: their TTL went from {before} to {after}"
                ),
                at,
                &[src, dst],
            ));
        }
        if let Some(Change { before, after, at }) = self.shift {
            found.push(finding(
                "rtt_shift",
                format!(
                    "Round trips from {src} to {dst} take longer: {} ms at the least, {} ms before",
                    millis(after),
                    millis(before)
                ),
                at,
                &[src, dst],
            ));
        }
    }
}

fn millis(rtt: Duration) -> String {
    format!("{:.1}", rtt.as_secs_f64() * 1000.0)
}

fn finding(name: &'static str, title: String, at: FrameRef, ends: &[IpAddr; 2]) -> Finding {
    let [src, dst] = ends;
    Finding {
        name,
        severity: Severity::Info,
        title,
        evidence: vec![at],
        confidence: Confidence::Suspected,
        advice: format!(
            "Compare the time with changes of routes between {src} and {dst}, and trace both ways; \
             another host may answer, too (anycast, a takeover), or a queue may stay full."
        ),
    }
}
