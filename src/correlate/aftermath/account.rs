//! What came of a flow, as one verdict has to tell it: since the errors that it counts.

use super::{RETRIED_WITHIN, furthest, is_beyond};
use crate::correlate::observation::Observation;
use crate::correlate::verdict::WasOpen;
use crate::correlate::verdicts::VerdictKey;
use crate::model::Timestamp;
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, FIN, RST};

/// What is known of a flow since the first error of one verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) verdict: VerdictKey,
    pub(super) first_error: Timestamp,
    pub(super) last_error: Timestamp,
    /// The furthest sequence number among the dropped segments.
    pub(super) dropped: Option<u32>,
    /// The furthest one that the other end acknowledged.
    pub(super) acked: Option<u32>,
    pub(super) packets: u64,
    pub(super) retransmissions: u64,
    pub(super) size_before: Option<u32>,
    /// Of what was sent since the first error.
    pub(super) sizes: Sizes,
    /// Of what was sent again.
    pub(super) sizes_again: Sizes,
    /// For other protocols than TCP: what the other end sent.
    pub(super) answers: u64,
    /// Whether any of that came since the last error.
    pub(super) is_answered: bool,
    pub(super) close: Option<Close>,
    pub(super) last_packet: Option<Timestamp>,
    pub(super) retried: u32,
    pub(super) was_open: Option<WasOpen>,
}

/// The largest packets since the first error, in octets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    since_last: Option<u32>,
    before_last: Option<u32>,
}

impl Sizes {
    fn sent(&mut self, length: u32) {
        self.since_last = self.since_last.max(Some(length));
    }

    /// What was on its way when the first error came says nothing about the sender.
    fn error(&mut self) {
        self.before_last = self.before_last.max(self.since_last.take());
    }

    /// The largest since the last error, or else before that.
    pub(super) fn largest(&self) -> Option<u32> {
        self.since_last.or(self.before_last)
    }
}

/// How a connection was closed, the rougher way last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Close {
    Fin,
    Reset,
}

impl Close {
    fn by(flags: u8) -> Option<Self> {
        match flags {
            _ if flags & RST != 0 => Some(Self::Reset),
            _ if flags & FIN != 0 => Some(Self::Fin),
            _ => None,
        }
    }
}

impl Account {
    /// Of a verdict that begins with an error at `ts`, about the segment `dropped`.
    pub(super) fn new(verdict: VerdictKey, dropped: Option<u32>, ts: Timestamp) -> Self {
        Self {
            verdict,
            first_error: ts,
            last_error: ts,
            dropped,
            acked: None,
            packets: 0,
            retransmissions: 0,
            size_before: None,
            sizes: Sizes::default(),
            sizes_again: Sizes::default(),
            answers: 0,
            is_answered: false,
            close: None,
            last_packet: None,
            retried: 0,
            was_open: None,
        }
    }

    /// Another error of the verdict.
    pub(super) fn error(&mut self, dropped: Option<u32>, ts: Timestamp) {
        self.last_error = ts;
        self.dropped = furthest(self.dropped, dropped);
        self.is_answered = false;
        self.settle_sizes();
    }

    /// What was sent up to now was on its way when an error came.
    pub(super) fn settle_sizes(&mut self) {
        self.sizes.error();
        self.sizes_again.error();
    }

    /// A packet in the direction of the dropped ones.
    pub(super) fn sent(&mut self, packet: &Observation) {
        self.packets += 1;
        self.last_packet = Some(packet.ts);
        if packet.protocol != TCP || packet.data > 0 {
            self.sizes.sent(packet.length);
        }
        self.close = self.close.max(Close::by(packet.flags));
    }

    /// The same packet holds what was sent before.
    pub(super) fn sent_again(&mut self, packet: &Observation) {
        self.retransmissions += 1;
        if packet.data > 0 {
            self.sizes_again.sent(packet.length);
        }
    }

    /// A packet from the other end.
    pub(super) fn answered(&mut self, packet: &Observation) {
        self.last_packet = Some(packet.ts);
        if packet.protocol != TCP {
            self.answers += 1;
            self.is_answered = true;
            return;
        }
        self.close = self.close.max(Close::by(packet.flags));
        if packet.flags & (ACK | RST) == ACK {
            self.acked = furthest(self.acked, packet.ack());
        }
    }

    /// Another flow to the same service, which began at `began`, sent at `ts`: the program began anew,
    /// if the first error was there before.
    pub(super) fn retried(&mut self, began: Timestamp, ts: Timestamp) {
        let soon = (ts.since(self.last_error)).is_some_and(|gap| gap <= RETRIED_WITHIN);
        let is_new = soon && began >= self.first_error;
        self.retried = self.retried.saturating_add(is_new.into());
    }

    /// Whether all that was dropped arrived in the end, or for other protocols than TCP, whether the
    /// other end answers.
    pub(super) fn got_through(&self) -> bool {
        let acked = matches!((self.acked, self.dropped), (Some(a), Some(b)) if is_beyond(a, b));
        acked || self.is_answered
    }
}
