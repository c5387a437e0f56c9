//! Answers captured a moment before their probes: a host that captures with several queues does not get
//! packets in their order. (Errors out of order: see [`hasty`](crate::correlate::hasty).)

use std::collections::VecDeque;
use std::time::Duration;

use super::ProbeAnswer;
use crate::correlate::flows::is_icmp;
use crate::correlate::lead::Lead;
use crate::correlate::observation::Observation;
use crate::correlate::trace::Fate;
use crate::model::{AddrPair, FrameRef, Timestamp};

/// An answer and its probe out of order have times that differ by no more.
const OUT_OF_ORDER: Duration = Duration::from_millis(1);
/// Answers that fit no probe: this many of the last.
const KEPT: usize = 16;
/// Identifier and sequence number of an echo.
const ECHO: u64 = 0x0000_0000_ffff_ffff;

/// The last of them.
#[derive(Debug, Default)]
pub(super) struct EarlyAnswers {
    last: VecDeque<EarlyAnswer>,
}

/// What the target answered, and how the probe begins that it answers.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct EarlyAnswer {
    pub(in crate::correlate) addrs: AddrPair,
    pub(in crate::correlate) protocol: u8,
    pub(in crate::correlate) lead: Lead,
    pub(in crate::correlate) frame: FrameRef,
    pub(in crate::correlate) ts: Timestamp,
    pub(in crate::correlate) ttl_back: Option<u8>,
    pub(in crate::correlate) shown: bool,
}

impl EarlyAnswer {
    fn is_near(&self, ts: Timestamp) -> bool {
        (self.ts.apart(ts)).is_some_and(|apart| apart <= OUT_OF_ORDER)
    }

    fn is_to(&self, probe: &Observation) -> bool {
        let mask = if is_icmp(self.protocol) {
            ECHO
        } else {
            u64::MAX
        };
        self.protocol == probe.protocol
            && self.addrs == probe.addrs()
            && self.lead.agrees(probe.lead, mask)
            && self.is_near(probe.ts)
    }
}

impl EarlyAnswers {
    pub(super) fn add(&mut self, answer: EarlyAnswer) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(answer);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// The answer to `probe`, if it was captured already.
    pub(super) fn take(&mut self, probe: &Observation) -> Option<ProbeAnswer<'static>> {
        if !self.last.back()?.is_near(probe.ts) {
            self.last.clear();
            return None;
        }
        let at = self.last.iter().position(|answer| answer.is_to(probe))?;
        let answer = self.last.remove(at)?;
        Some(ProbeAnswer {
            addrs: answer.addrs,
            protocol: answer.protocol,
            lead: probe.lead,
            ttl: probe.ttl,
            probe: probe.frame,
            frame: answer.frame,
            from: answer.addrs.dst(),
            rtt: None,
            ttl_back: answer.ttl_back,
            ts: probe.ts,
            mpls: None,
            fate: Fate::Arrived,
            tunnel: None,
            shown: answer.shown,
        })
    }
}
