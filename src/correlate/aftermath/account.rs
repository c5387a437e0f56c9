//! What came of a flow, as one verdict has to tell it: since the errors that it counts.

use super::{RETRIED_WITHIN, furthest, is_beyond};
use crate::correlate::observation::Observation;
use crate::correlate::verdict::WasOpen;
use crate::correlate::verdicts::VerdictKey;
use crate::model::Timestamp;
use crate::wire::ip::protocol::TCP;

const FIN: u8 = 0x01;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

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
    /// Largest packet since the last error.
    pub(super) size_after: Option<u32>,
    /// Largest packet between the first error and the last.
    pub(super) size_between: Option<u32>,
    /// For other protocols than TCP: what the other end sent.
    pub(super) answers: u64,
    /// Whether any of that came since the last error.
    pub(super) is_answered: bool,
    pub(super) close: Option<Close>,
    pub(super) last_packet: Option<Timestamp>,
    pub(super) retried: u32,
    pub(super) was_open: Option<WasOpen>,
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
            size_after: None,
            size_between: None,
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
        // What was on its way when the first error came says nothing about the sender.
        self.size_between = self.size_between.max(self.size_after.take());
    }

    /// A packet in the direction of the dropped ones.
    pub(super) fn sent(&mut self, packet: &Observation) {
        self.packets += 1;
        self.last_packet = Some(packet.ts);
        if packet.protocol != TCP || packet.data > 0 {
            self.size_after = self.size_after.max(Some(packet.length));
        }
        self.close = self.close.max(Close::by(packet.flags));
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

    /// The program began anew.
    pub(super) fn retried(&mut self, ts: Timestamp) {
        let soon = (ts.since(self.last_error)).is_some_and(|gap| gap <= RETRIED_WITHIN);
        self.retried = self.retried.saturating_add(soon.into());
    }

    /// Whether all that was dropped arrived in the end, or for other protocols than TCP, whether the
    /// other end answers.
    pub(super) fn got_through(&self) -> bool {
        let acked = matches!((self.acked, self.dropped), (Some(a), Some(b)) if is_beyond(a, b));
        acked || self.is_answered
    }
}
