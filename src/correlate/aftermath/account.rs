//! What came of a flow, as one verdict has to tell it: since the errors that it counts.

use super::ahead::Ahead;
use super::outstanding::Outstanding;
use super::{RETRIED_WITHIN, furthest, is_beyond};
use crate::correlate::in_flight::Captured;
use crate::correlate::observation::Observation;
use crate::correlate::verdict::{Back, WasOpen};
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
    pub(super) packets: u64,
    pub(super) retransmissions: u64,
    pub(super) size_before: Option<u32>,
    /// Of what was sent since the first error.
    pub(super) sizes: Sizes,
    /// Of what was sent again.
    pub(super) sizes_again: Sizes,
    /// Of what was sent since the first error, with data, and acknowledged.
    pub(super) arrived: Sizes,
    pub(super) outstanding: Outstanding,
    pub(super) ahead: Ahead,
    /// For other protocols than TCP: what the other end sent.
    pub(super) answers: u64,
    pub(super) back: Back,
    /// Whether any of that came since the last error.
    pub(super) is_answered: bool,
    /// Whether it was reset.
    pub(super) reset: bool,
    pub(super) own: End,
    pub(super) other: End,
    /// The octets that were sent again, from the first to behind the last.
    pub(super) again: Option<(u32, u32)>,
    /// Whether the other end acknowledged some of those selectively.
    pub(super) sacked: bool,
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

/// What an end of a connection sent since the first error.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    /// The sequence number behind its FIN.
    fin: Option<u32>,
    /// The furthest one of the other end that it acknowledged.
    acked: Option<u32>,
    /// Whether anything came from it behind its FIN.
    is_past_fin: bool,
}

impl End {
    fn sent(&mut self, packet: &Observation) {
        if let Some(seq) = packet.seq() {
            self.is_past_fin |= self.fin == Some(seq);
            if packet.flags & FIN != 0 {
                self.fin = Some(seq.wrapping_add(packet.data).wrapping_add(1));
            }
        }
        if packet.flags & (ACK | RST) == ACK {
            self.acked = furthest(self.acked, packet.ack());
        }
    }

    /// Whether this end acknowledged all that the other one sent before its FIN, and that.
    fn acknowledged(&self, other: &Self) -> bool {
        matches!((self.acked, other.fin), (Some(acked), Some(fin)) if !is_beyond(fin, acked))
    }
}

/// How far a connection is closed (RFC 9293 section 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// No end says that no more comes.
    No,
    /// One does, or both, and it is not acknowledged.
    InPart,
    /// Both do, and know it of each other, as far as the capture has both.
    InOrder,
}

impl Account {
    /// Of a verdict that begins with an error at `ts`, about the segment `dropped`.
    pub(super) fn new(verdict: VerdictKey, dropped: Option<u32>, ts: Timestamp) -> Self {
        Self {
            verdict,
            first_error: ts,
            last_error: ts,
            dropped,
            packets: 0,
            retransmissions: 0,
            size_before: None,
            sizes: Sizes::default(),
            sizes_again: Sizes::default(),
            arrived: Sizes::default(),
            outstanding: Outstanding::default(),
            ahead: Ahead::default(),
            answers: 0,
            back: Back::Unknown,
            is_answered: false,
            reset: false,
            own: End::default(),
            other: End::default(),
            again: None,
            sacked: false,
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

    /// It is about the segment `dropped`, of which the capture has this; all before `sent` was sent.
    pub(super) fn quoted(&mut self, dropped: Option<u32>, captured: Captured, sent: Option<u32>) {
        match (dropped, captured, sent) {
            (Some(seq), Captured::Once { to }, _) => self.outstanding.quoted(seq, to),
            (Some(seq), Captured::Other, Some(end)) => self.ahead.quoted(seq, end),
            _ => {}
        }
    }

    /// What was sent up to now was on its way when an error came.
    pub(super) fn settle_sizes(&mut self) {
        self.sizes.error();
        self.sizes_again.error();
        self.arrived.error();
    }

    /// A packet in the direction of the dropped ones.
    pub(super) fn sent(&mut self, packet: &Observation) {
        self.packets += 1;
        self.last_packet = Some(packet.ts);
        if packet.protocol != TCP || packet.data > 0 {
            self.sizes.sent(packet.length);
        }
        if packet.protocol == TCP {
            self.reset |= packet.flags & RST != 0;
            self.own.sent(packet);
            if let Some(seq) = packet.seq().filter(|_| packet.data > 0) {
                self.outstanding.sent(packet, seq);
            }
        }
    }

    /// The same packet holds what was sent before.
    pub(super) fn sent_again(&mut self, packet: &Observation) {
        self.retransmissions += 1;
        if let Some(first) = packet.seq() {
            let end = first.wrapping_add(packet.data);
            let (from, to) = self.again.unwrap_or((first, end));
            let from = if is_beyond(from, first) { first } else { from };
            self.again = Some((from, if is_beyond(end, to) { end } else { to }));
        }
        if packet.data > 0 {
            self.sizes_again.sent(packet.length);
        }
    }

    /// A packet from the other end.
    pub(super) fn answered(&mut self, packet: &Observation) {
        self.last_packet = Some(packet.ts);
        self.back = Back::Captured;
        if packet.protocol != TCP {
            self.answers += 1;
            self.is_answered = true;
            return;
        }
        self.reset |= packet.flags & RST != 0;
        self.other.sent(packet);
        if let Some(ack) = packet.ack().filter(|_| packet.flags & (ACK | RST) == ACK)
            && let Some(length) = self.outstanding.acknowledged(ack)
        {
            self.arrived.sent(length);
        }
        if let (Some(first), Some((from, to))) = (packet.sacked(), self.again) {
            self.sacked |= !is_beyond(from, first) && is_beyond(to, first);
        }
    }

    /// The furthest sequence number that the other end acknowledged.
    pub(super) fn acked(&self) -> Option<u32> {
        self.other.acked
    }

    /// How far the connection was closed since.
    pub(super) fn closed(&self) -> Closed {
        let other_is_seen = self.other.acked.is_some() || self.other.fin.is_some();
        let in_order = if other_is_seen {
            self.own.acknowledged(&self.other) && self.other.acknowledged(&self.own)
        } else {
            // Nothing else is sent behind a FIN but that the other end's came.
            self.own.is_past_fin
        };
        match (self.own.fin, self.other.fin) {
            _ if in_order => Closed::InOrder,
            (None, None) => Closed::No,
            _ => Closed::InPart,
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
        let acked = matches!((self.acked(), self.dropped), (Some(a), Some(b)) if is_beyond(a, b));
        (acked && !self.is_closed_only()) || self.is_answered
    }

    /// Whether nothing was sent since the first error but the end of the connection, for the first time:
    /// that was not dropped, and holds no data.
    fn is_closed_only(&self) -> bool {
        let end = self.dropped.map(|dropped| dropped.wrapping_add(1));
        self.own.fin.is_some()
            && self.own.fin == end
            && self.retransmissions == 0
            && self.arrived.largest().is_none()
    }
}

#[cfg(test)]
mod tests {
    use etherparse::{PacketBuilder, TcpOptionElement};

    use crate::correlate::replay::{self, Replay};
    use crate::correlate::verdict::{Aftermath, AftermathOutcome, Back};
    use crate::wire::tcp::{ACK, FIN};

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];
    const ROUTER: [u8; 4] = [198, 51, 100, 1];

    fn with(mut segment: Vec<u8>, flags: u8) -> Vec<u8> {
        segment[33] = flags;
        segment
    }

    fn client(seq: u32, ack: u32, octets: usize, flags: u8) -> Vec<u8> {
        let sent = replay::segment((CLIENT, 4000), (SERVER, 80), (seq, ack), octets);
        with(sent, flags | ACK)
    }

    fn server(seq: u32, ack: u32, flags: u8) -> Vec<u8> {
        let sent = replay::segment((SERVER, 80), (CLIENT, 4000), (seq, ack), 0);
        with(sent, flags | ACK)
    }

    /// What is told of 1000 octets from 100 on that a router refuses, of which it quotes so many, and of
    /// what comes after.
    fn after(quoted: usize, packets: &[Vec<u8>]) -> Aftermath {
        let mut play = Replay::new();
        let dropped = client(100, 1, 1000, 0);
        play.at(0, &dropped);
        let quoted = &dropped[..quoted];
        play.at(1, &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], quoted));
        for (millis, packet) in (10..).step_by(300).zip(packets) {
            play.at(millis, packet);
        }
        play.verdicts()[0].aftermath
    }

    #[test]
    fn a_connection_that_one_end_closed_is_half_closed() {
        let by_server = [server(1, 100, FIN), client(1100, 2, 0, 0)];
        assert_eq!(after(28, &by_server).outcome, AftermathOutcome::HalfClosed);
        let by_client = [server(1, 100, 0), client(1100, 1, 0, FIN)];
        assert_eq!(after(28, &by_client).outcome, AftermathOutcome::HalfClosed);
        let both = [
            server(1, 100, FIN),
            client(1100, 2, 0, FIN),
            server(2, 100, 0),
        ];
        assert_eq!(after(28, &both).outcome, AftermathOutcome::HalfClosed);
    }

    #[test]
    fn a_connection_is_closed_in_order_where_both_ends_know_it() {
        // The quote ends before the sequence number.
        let known = [
            client(1100, 1, 0, FIN),
            server(1, 1101, FIN),
            client(1101, 2, 0, 0),
        ];
        assert_eq!(after(24, &known).outcome, AftermathOutcome::Ended);
        assert_eq!(after(24, &known[..2]).outcome, AftermathOutcome::Unknown);
        assert_eq!(after(28, &known).outcome, AftermathOutcome::Recovered);
        // Only one direction was captured.
        let alone = [client(1100, 1, 0, FIN), client(1101, 2, 0, 0)];
        assert_eq!(after(28, &alone).outcome, AftermathOutcome::Ended);
        assert_eq!(after(28, &alone[..1]).outcome, AftermathOutcome::Unknown);
    }

    #[test]
    fn what_the_other_end_sends_is_known_to_have_come() {
        let known = [client(1100, 1, 0, 0), server(1, 100, 0)];
        for (packets, back) in [(&known[..], Back::Captured), (&known[..1], Back::Unknown)] {
            let told = after(28, packets);
            assert_eq!((told.outcome, told.back), (AftermathOutcome::Unknown, back));
        }
        // Nobody answers a reply.
        let mut play = Replay::new();
        for seq in 1..=2 {
            let mut reply = Vec::new();
            PacketBuilder::ipv4(CLIENT, SERVER, 64)
                .icmpv4_echo_reply(7, seq)
                .write(&mut reply, b"here")
                .unwrap();
            let at = i64::from(seq) * 100;
            play.at(at, &reply);
            play.at(
                at + 1,
                &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &reply),
            );
        }
        let told = play.verdicts()[0].aftermath;
        assert_eq!(told.packets, 1);
        assert_eq!(told.back, Back::NotExpected);
    }

    #[test]
    fn silence_takes_a_second() {
        for (until, outcome) in [
            (1, AftermathOutcome::Unknown),
            (1000, AftermathOutcome::Unknown),
            (1001, AftermathOutcome::Silent),
        ] {
            let mut play = Replay::new();
            let dropped = client(100, 1, 1000, 0);
            play.at(0, &dropped);
            play.at(
                1,
                &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &dropped[..28]),
            );
            play.at(until, &replay::segment((SERVER, 1), (ROUTER, 2), (1, 1), 0));
            assert_eq!(play.verdicts()[0].aftermath.outcome, outcome, "{until}");
        }
    }

    #[test]
    fn what_is_acknowledged_selectively_got_through_in_part() {
        let sacks = |from, to| {
            let mut packet = Vec::new();
            let option = TcpOptionElement::SelectiveAcknowledgement((from, to), [None; 3]);
            PacketBuilder::ipv4(SERVER, CLIENT, 64)
                .tcp(80, 4000, 1, 1000)
                .ack(100)
                .options(&[option])
                .unwrap()
                .write(&mut packet, &[])
                .unwrap();
            packet
        };
        // The last part of it, and what was sent behind it.
        for (from, to, in_part) in [(900, 1100, true), (1100, 1200, false)] {
            let told = after(
                28,
                &[
                    client(100, 1, 800, 0),
                    client(900, 1, 200, 0),
                    sacks(from, to),
                ],
            );
            assert_eq!(told.outcome, AftermathOutcome::Retransmitting);
            assert_eq!((told.retransmissions, told.in_part), (2, in_part));
        }
    }
}
