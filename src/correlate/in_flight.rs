//! Whether what an error about TCP quotes was in flight when it came, as far as the capture tells: who
//! receives one about anything else discards it (RFC 5927 section 4.1).

use super::aftermath::{furthest, is_beyond};
use super::flows::{Chain, Fingerprint, Ring};
use super::lead::Lead;
use super::observation::occupied;
use super::stalled::back;
use super::{MatchKind, Original};
use crate::icmp::{Quote, QuotedTransport};
use crate::model::{FlowKey, FrameRef, Timestamp};
use crate::wire::ip::protocol::TCP;
use crate::wire::tcp::{ACK, RST, SYN};

/// Packets of each direction that are looked at.
const SEARCHED: usize = 128;
/// No receiver takes more at a time (RFC 7323 section 2.3).
const LARGEST_WINDOW: u32 = 0xffff << 14;

/// What the capture tells of a quoted segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum InFlight {
    /// Nothing speaks against it.
    #[default]
    MayBe,
    /// Nothing speaks against it, and the other end answered: the connection is there.
    OfConnection,
    /// Its sequence number is acknowledged already, or beyond what was sent. What an error says of that proves
    /// nothing.
    Not {
        /// Up to where all was acknowledged.
        acked: u32,
    },
    /// That very packet was captured, once, and acknowledged then: nobody dropped it.
    Arrived,
}

impl InFlight {
    /// Of the segment that `quote` quotes, found so, as it was when the error in `frame` came.
    ///
    /// `is_elsewhere` and `answers_elsewhere` tell packets of other networks, with the same addresses and ports.
    pub(super) fn of(
        ring: &Ring,
        quote: &Quote<'_>,
        (original, frame): (Option<Original>, FrameRef),
        is_elsewhere: impl FnMut(&Fingerprint) -> bool,
        answers_elsewhere: impl FnMut(&Fingerprint) -> bool,
    ) -> Self {
        let QuotedTransport::Tcp { seq: Some(seq), .. } = quote.transport else {
            return Self::MayBe;
        };
        let flow = quote.flow();
        if !ring.direction_seen(&flow.addrs) || !ring.direction_seen(&flow.addrs.reversed()) {
            return Self::MayBe;
        }
        let sent = Sent::of(ring, &flow, seq, (frame, is_elsewhere));
        let answers = Answers::of(ring, &flow, &sent, (frame, answers_elsewhere));
        let Some((end, answers)) = sent.end.zip(answers) else {
            return Self::MayBe;
        };
        let acked = answers.acked;
        let captured = match original {
            Some(Original::Found {
                match_kind: MatchKind::Exact | MatchKind::Segment,
                frame,
                ..
            }) => Some(frame),
            _ => None,
        };
        // What was captured in another file was sent, and that may be why this one has not all.
        let is_elsewhere = captured.is_some() && sent.last.is_none();
        let is_idle = acked == end && !sent.has_gap && !is_elsewhere;
        if is_beyond(acked, seq) {
            let is_captured = captured.is_some() && captured == sent.last.map(|(last, ..)| last);
            if is_captured && sent.times == 1 && answers.arrived {
                Self::Arrived
            } else {
                Self::Not { acked }
            }
        } else if (is_idle && is_beyond(seq, end)) || seq.wrapping_sub(acked) > LARGEST_WINDOW {
            Self::Not { acked }
        } else {
            Self::OfConnection
        }
    }
}

/// What the capture has of the packet that an error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Captured {
    /// Nothing, and of its flow neither.
    No,
    /// Another one of its flow.
    Other,
    /// It.
    Packet,
    /// It, of TCP and with octets that no other packet has.
    Once,
    /// It, of TCP and without an octet that could be acknowledged.
    Empty,
}

impl Captured {
    /// Of the packet that `quote` quotes, found so, when the error in `frame` came; `is_elsewhere` tells packets
    /// of other networks.
    pub(super) fn of(
        ring: &Ring,
        quote: &Quote<'_>,
        (original, frame): (Option<Original>, FrameRef),
        is_elsewhere: impl FnMut(&Fingerprint) -> bool,
    ) -> Self {
        let Some(Original::Found {
            match_kind,
            frame: found,
            ..
        }) = original
        else {
            return Self::No;
        };
        if match_kind == MatchKind::Flow {
            return Self::Other;
        }
        let QuotedTransport::Tcp { seq: Some(seq), .. } = quote.transport else {
            return Self::Packet;
        };
        if found.source() != frame.source() {
            return Self::Packet;
        }
        let sent = Sent::of(ring, &quote.flow(), seq, (frame, is_elsewhere));
        match (sent.times, sent.last) {
            (0, _) if sent.end.is_some() => Self::Empty,
            (1, Some((last, ..))) if last == found => Self::Once,
            _ => Self::Packet,
        }
    }
}

/// What the capture has of the quoted flow.
#[derive(Clone, Copy, Debug)]
struct Sent {
    /// The quoted sequence number.
    seq: u32,
    /// Behind the furthest octet that was sent.
    end: Option<u32>,
    /// Whether octets are missing before that.
    has_gap: bool,
    /// How often the quoted octet was sent; where and when last, and up to which.
    times: u32,
    last: Option<(FrameRef, Timestamp, u32)>,
    /// When the connection began, if that is near.
    began: Timestamp,
    /// Whether the quoted octet is its SYN.
    is_begin: bool,
}

impl Sent {
    fn of(
        ring: &Ring,
        flow: &FlowKey,
        seq: u32,
        seen_by: (FrameRef, impl FnMut(&Fingerprint) -> bool),
    ) -> Self {
        let mut sent = Self {
            seq,
            end: None,
            has_gap: false,
            times: 0,
            last: None,
            began: Timestamp::MIN,
            is_begin: false,
        };
        let mut first = None;
        walk(ring, flow, seen_by, |seen| {
            let from = seen.lead.seq();
            let to = from.wrapping_add(occupied(seen.data, seen.flags));
            sent.has_gap |= first.is_some_and(|first| is_beyond(first, to));
            first = Some(
                first
                    .filter(|first| !is_beyond(*first, from))
                    .unwrap_or(from),
            );
            sent.end = furthest(sent.end, Some(to));
            if !is_beyond(from, seq) && is_beyond(to, seq) {
                sent.times += 1;
                sent.last.get_or_insert((seen.frame, seen.ts, to));
            }
            let is_first = seen.flags & SYN != 0;
            if is_first {
                sent.began = seen.ts;
                sent.is_begin = from == seq;
            }
            is_first
        });
        sent
    }
}

/// What the other end answered.
#[derive(Clone, Copy, Debug)]
struct Answers {
    /// Up to where it acknowledged all.
    acked: u32,
    /// Whether it acknowledged the quoted segment after it was sent, and not before.
    arrived: bool,
}

impl Answers {
    fn of(
        ring: &Ring,
        flow: &FlowKey,
        sent: &Sent,
        seen_by: (FrameRef, impl FnMut(&Fingerprint) -> bool),
    ) -> Option<Self> {
        let mut acked = None;
        let (mut since, mut not_before) = (false, false);
        walk(ring, &back(flow), seen_by, |seen| {
            if seen.ts < sent.began {
                return true;
            }
            if seen.flags & ACK != 0 {
                acked = furthest(acked, Some(seen.content.ack()));
                since |= sent
                    .last
                    .is_some_and(|(_, ts, to)| seen.ts >= ts && !is_beyond(to, seen.content.ack()));
                not_before |= !is_beyond(seen.content.ack(), sent.seq);
            }
            seen.flags & SYN != 0
        });
        Some(Self {
            acked: acked?,
            // Before a connection begins nothing of it is acknowledged.
            arrived: since && (not_before || sent.is_begin),
        })
    }
}

/// Walks the segments of a flow, as the source of `frame` has them, from the newest back, until `visit` is
/// content. A reset ends what was in flight.
fn walk(
    ring: &Ring,
    flow: &FlowKey,
    (frame, mut is_elsewhere): (FrameRef, impl FnMut(&Fingerprint) -> bool),
    mut visit: impl FnMut(&Fingerprint) -> bool,
) {
    let lead = Lead::of_flow(flow.ports);
    let hashes = ring.hashes(flow.addrs, TCP, lead);
    let mut looked = 0;
    ring.walk(Chain::Flow, &hashes, |seen| {
        looked += 1;
        let is_flow = seen.protocol == TCP
            && seen.pair == hashes.pair
            && seen.lead.flow_word(TCP) == lead.flow_word(TCP)
            && seen.frame.source() == frame.source()
            && !is_elsewhere(seen);
        let is_over = is_flow && (seen.flags & RST != 0 || visit(seen));
        is_over || looked == SEARCHED
    });
}

#[cfg(test)]
mod tests {
    use crate::correlate::replay::{self, Replay};
    use crate::correlate::segment::Segment;
    use crate::correlate::verdict::{AftermathOutcome, DropVerdict};
    use crate::model::SourceId;
    use crate::wire::tcp::{ACK, SYN};

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];
    const ROUTER: [u8; 4] = [10, 0, 1, 1];

    fn client(seq: u32, octets: usize) -> Vec<u8> {
        replay::segment((CLIENT, 4000), (SERVER, 443), (seq, 501), octets)
    }

    fn server(ack: u32) -> Vec<u8> {
        replay::segment((SERVER, 443), (CLIENT, 4000), (501, ack), 0)
    }

    fn refusal(seq: u32) -> Vec<u8> {
        replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &client(seq, 100)[..28])
    }

    /// A connection of which 200 octets from 1001 on are acknowledged; the first are sent `times` times.
    fn connection(times: usize) -> Replay {
        let mut play = Replay::new();
        let with = |mut packet: Vec<u8>, flags| {
            packet[33] = flags;
            packet
        };
        play.at(0, &with(client(1000, 0), SYN));
        play.at(10, &with(server(1001), SYN | ACK));
        play.at(20, &client(1001, 0));
        for _ in 0..times {
            play.at(30, &client(1001, 100));
        }
        play.at(40, &server(1101));
        play.at(50, &client(1101, 100));
        play.at(60, &server(1201));
        play
    }

    fn told(play: Replay) -> DropVerdict {
        let mut verdicts = play.verdicts();
        assert_eq!(verdicts.len(), 1, "{verdicts:?}");
        verdicts.remove(0)
    }

    #[test]
    fn an_error_about_what_was_not_in_flight_is_discarded() {
        for (seq, out_of_window) in [
            (5, 1),
            // Next, or acknowledged up to here: `between()` of Linux takes that.
            (1201, 0),
            (1202, 1),
            (50_000, 1),
            (0xf000_0000, 1),
        ] {
            let mut play = connection(1);
            play.at(70, &refusal(seq));
            let verdict = told(play);
            assert_eq!(
                (verdict.out_of_window, verdict.arrived),
                (out_of_window, 0),
                "{seq}"
            );
            assert_eq!(verdict.is_unheard(), out_of_window > 0);
            assert_eq!(verdict.is_unfounded(), out_of_window > 0);
        }
    }

    #[test]
    fn what_comes_after_it_is_not_sent_again() {
        for seq in [1201, 1202, 50_000, 1_000_000_000] {
            let mut play = connection(1);
            play.at(70, &refusal(seq));
            for (millis, from) in [(80, 1201), (100, 1301)] {
                play.at(millis, &client(from, 100));
                play.at(millis + 10, &server(from + 100));
            }
            let after = told(play).aftermath;
            assert_eq!(after.outcome, AftermathOutcome::Recovered, "{seq}");
            assert_eq!((after.packets, after.retransmissions), (2, 0), "{seq}");
        }
    }

    #[test]
    fn what_was_acknowledged_before_was_not_dropped() {
        for (times, arrived) in [(1, 1), (2, 0)] {
            let mut play = connection(times);
            play.at(70, &refusal(1001));
            let verdict = told(play);
            assert_eq!(
                (verdict.arrived, verdict.out_of_window),
                (arrived, 1 - arrived)
            );
            assert_eq!(verdict.arrived_later, 0);
            assert!(verdict.is_unheard());
            // Sent twice, one of them may well have been dropped.
            assert_eq!(verdict.is_unfounded(), arrived == 1);
        }
    }

    #[test]
    fn what_was_acknowledged_afterwards_was_not_dropped_unless_it_was_sent_again() {
        for (again, arrived_later) in [(false, 1), (true, 0)] {
            let mut play = connection(1);
            play.at(65, &client(1201, 100));
            play.at(70, &refusal(1201));
            if again {
                play.at(75, &client(1201, 100));
            }
            play.at(80, &server(1301));
            let verdict = told(play);
            assert_eq!(verdict.arrived_later, arrived_later);
            assert_eq!(verdict.is_unfounded(), arrived_later == 1);
            assert!(!verdict.is_unheard());
        }
    }

    #[test]
    fn a_connection_that_began_was_not_refused() {
        for (times, arrived) in [(1, 1), (2, 0)] {
            let mut play = Replay::new();
            let mut syn = client(1000, 0);
            syn[33] = SYN;
            for _ in 0..times {
                play.at(0, &syn);
            }
            let mut accepted = server(1001);
            accepted[33] = SYN | ACK;
            play.at(10, &accepted);
            play.at(20, &client(1001, 0));
            play.at(
                30,
                &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &syn[..28]),
            );
            let verdict = told(play);
            assert_eq!(
                (verdict.arrived, verdict.is_unfounded()),
                (arrived, arrived == 1)
            );
        }
    }

    /// It has the number before the next one (RFC 9293 section 3.8.4), and nobody answers this.
    #[test]
    fn what_refuses_a_keep_alive_probe_is_not_unfounded() {
        let mut play = connection(1);
        play.at(60_000, &client(1200, 0));
        play.at(60_010, &refusal(1200));
        let verdict = told(play);
        assert_eq!((verdict.out_of_window, verdict.arrived), (1, 0));
        assert!(verdict.is_unheard() && !verdict.is_unfounded());
    }

    #[test]
    fn what_the_capture_may_have_missed_was_in_flight() {
        // Something is on its way: more may be.
        let mut play = connection(1);
        play.at(65, &client(1201, 100));
        play.at(70, &refusal(1401));
        assert_eq!(told(play).out_of_window, 0);
        // Octets before it are missing.
        let mut play = connection(1);
        play.at(65, &client(1301, 100));
        play.at(66, &server(1401));
        play.at(70, &refusal(1501));
        assert_eq!(told(play).out_of_window, 0);
        // But no window is as large.
        let mut play = connection(1);
        play.at(65, &client(1201, 100));
        play.at(70, &refusal(1201 + (1 << 30)));
        assert_eq!(told(play).out_of_window, 1);
        // Another point of capture has another time.
        let mut play = connection(1);
        play.seen_in(SourceId(1), 70, &refusal(1001));
        assert_eq!(told(play).out_of_window, 0);
        // Nobody acknowledged anything.
        let mut play = Replay::new();
        play.at(0, &client(1001, 100));
        play.at(70, &refusal(5));
        assert_eq!(told(play).out_of_window, 0);
    }

    #[test]
    fn an_error_may_be_captured_before_what_it_is_about() {
        let mut play = connection(1);
        let mut late = client(1301, 100);
        late[4..6].copy_from_slice(&[7, 7]);
        play.at(
            70,
            &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &late[..28]),
        );
        play.at(71, &client(1201, 100));
        play.at(71, &late);
        let verdict = told(play);
        assert_eq!((verdict.hasty, verdict.out_of_window), (1, 0));
    }

    #[test]
    fn ports_may_be_used_again() {
        let mut play = connection(1);
        let mut begun = client(9000, 0);
        begun[33] = SYN;
        play.at(65_000, &begun);
        play.at(65_010, &refusal(9000));
        let verdict = told(play);
        assert_eq!(
            (verdict.out_of_window, verdict.segment),
            (0, Some(Segment::Syn))
        );
    }

    #[test]
    fn a_quote_without_flags_is_of_the_connection_that_is_there() {
        let mut play = connection(1);
        play.at(70, &refusal(1201));
        assert_eq!(told(play).segment, Some(Segment::Connected));
    }
}
