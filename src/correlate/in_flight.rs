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

/// What the capture tells of the segment that `quote` quotes, found so, as it was when the error in `frame`
/// came: whether it was in flight, and what was captured of it.
///
/// `is_elsewhere` and `answers_elsewhere` tell packets of other networks, with the same addresses and ports.
pub(super) fn of(
    ring: &Ring,
    quote: &Quote<'_>,
    (original, frame): (Option<Original>, FrameRef),
    is_elsewhere: impl Fn(&Fingerprint) -> bool,
    answers_elsewhere: impl Fn(&Fingerprint) -> bool,
) -> (InFlight, Captured) {
    let QuotedTransport::Tcp { seq: Some(seq), .. } = quote.transport else {
        return (InFlight::MayBe, Captured::of(original, frame, None));
    };
    let flow = quote.flow();
    let is_heard = ring.direction_seen(&flow.addrs) && ring.direction_seen(&flow.addrs.reversed());
    let asks = is_heard || matches!(original, Some(Original::Found { .. }));
    let sent = asks.then(|| Sent::of(ring, &flow, seq, (frame, is_elsewhere)));
    let sent = sent.as_ref();
    let in_flight = sent.filter(|_| is_heard).and_then(|sent| {
        let answers = Answers::of(ring, &flow, sent, (frame, answers_elsewhere))?;
        InFlight::of(original, sent, answers)
    });
    let in_flight = in_flight.unwrap_or_default();
    let captured = match (Captured::of(original, frame, sent), in_flight) {
        // What was acknowledged before the error need not wait for that.
        (Captured::Once { .. }, InFlight::Not { .. } | InFlight::Arrived) => Captured::Packet,
        (captured, _) => captured,
    };
    (in_flight, captured)
}

/// Where a quoted segment was captured, or one with its octets.
fn segment(original: Option<Original>) -> Option<FrameRef> {
    match original {
        Some(Original::Found {
            match_kind: MatchKind::Exact | MatchKind::Segment,
            frame,
            ..
        }) => Some(frame),
        _ => None,
    }
}

impl InFlight {
    /// Of a segment of a flow that sent and was answered so.
    fn of(original: Option<Original>, sent: &Sent, answers: Answers) -> Option<Self> {
        let (end, acked, seq) = (sent.end?, answers.acked, sent.seq);
        let captured = segment(original);
        // What was captured in another file was sent, and that may be why this one has not all.
        let is_elsewhere = captured.is_some() && sent.last.is_none();
        let is_idle = acked == end && !sent.has_gap && !is_elsewhere;
        Some(if is_beyond(acked, seq) {
            let is_captured = captured.is_some() && captured == sent.last.map(|(last, ..)| last);
            if is_captured && sent.is_once() && answers.arrived {
                Self::Arrived
            } else {
                Self::Not { acked }
            }
        } else if (is_idle && is_beyond(seq, end)) || seq.wrapping_sub(acked) > LARGEST_WINDOW {
            Self::Not { acked }
        } else {
            Self::OfConnection
        })
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
    /// It, of TCP, with octets that no other packet has, and that were not acknowledged before.
    Once {
        /// Behind the last of those.
        to: u32,
    },
    /// It, of TCP and without an octet that could be acknowledged.
    Empty,
}

impl Captured {
    /// Of a packet found so when the error in `frame` came, of a flow that sent this.
    fn of(original: Option<Original>, frame: FrameRef, sent: Option<&Sent>) -> Self {
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
        let Some(sent) = sent.filter(|_| found.source() == frame.source()) else {
            return Self::Packet;
        };
        match (sent.times, sent.last) {
            (0, _) if sent.end.is_some() => Self::Empty,
            (_, Some((last, _, to))) if last == found && sent.is_once() => Self::Once { to },
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
    /// The nearest octet behind it that another packet begins with.
    behind: Option<u32>,
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
            behind: None,
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
            } else if is_beyond(to, from) && is_beyond(from, seq) {
                let nearest = sent.behind.filter(|nearest| !is_beyond(*nearest, from));
                sent.behind = Some(nearest.unwrap_or(from));
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

    /// Whether none of the quoted segment's octets, from the quoted one on, was sent but with that.
    fn is_once(&self) -> bool {
        let is_before = |to, behind: Option<u32>| behind.is_none_or(|from| !is_beyond(to, from));
        self.times == 1 && (self.last).is_some_and(|(.., to)| is_before(to, self.behind))
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
mod tests;
