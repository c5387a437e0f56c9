//! Errors that quote what a flow was far from sending, as it turns out: it goes on where it was.

use super::{Followed, is_beyond};
use crate::correlate::network::Link;
use crate::correlate::verdicts::VerdictKey;
use crate::model::FlowKey;

/// More octets are not in flight where no window is scaled (RFC 7323 section 2.2). Where one is they may be, and
/// the capture have missed them: an inference.
const FAR: u32 = 0xffff;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    /// The nearest sequence number that errors quote from far beyond all that was sent.
    nearest: Option<u32>,
    /// How many do.
    errors: u64,
    /// Whether the flow went on then from where it was.
    went_on: bool,
}

impl Ahead {
    /// An error quotes this sequence number, when all before `end` was sent.
    pub(super) fn quoted(&mut self, seq: u32, end: u32) {
        if is_beyond(seq, end.wrapping_add(FAR)) {
            let nearest = self.nearest.filter(|nearest| is_beyond(seq, *nearest));
            self.nearest = Some(nearest.unwrap_or(seq));
            self.errors += 1;
        }
    }

    /// Octets from `from` to before `to` are sent, when all before `end` was.
    pub(super) fn sent(&mut self, (from, to): (u32, u32), end: u32) {
        let Some(nearest) = self.nearest.filter(|_| !self.went_on) else {
            return;
        };
        if is_beyond(to, nearest) {
            // It had been there, and the capture missed it.
            *self = Self::default();
        } else {
            self.went_on = from == end;
        }
    }

    /// How many errors quote what was not sent.
    pub(super) fn errors(&self) -> u64 {
        if self.went_on { self.errors } else { 0 }
    }
}

impl Followed {
    /// How many errors of a verdict are about what was not sent yet, to go by what the flow sent after them.
    pub(in crate::correlate) fn ahead(
        &self,
        (flow, link): (FlowKey, Link),
        verdict: &VerdictKey,
    ) -> u64 {
        let flow = self.flows.get(&self.whose(flow, link));
        let account = flow.and_then(|flow| flow.account(verdict));
        account.map_or(0, |account| account.ahead.errors())
    }
}
