//! Errors that never came to whom they were for: another error is about them, or they were captured with
//! the verdict that dropped them.

use super::exchange::ReplyDrop;
use super::table::Table;
use super::verdict::DropReason;
use super::verdicts::{Reported, Unfit, VerdictKey};
use super::{Correlator, MatchKind, Original};
use crate::model::options::Verdict;
use crate::model::{Frame, FrameRef};

/// Octets for the errors that are remembered, some hundreds: what drops one tells so within a round trip.
const MEMORY: usize = 40 << 10;

/// The last errors that were sent, by the frames that they were captured in.
#[derive(Debug)]
pub(super) struct SentErrors(Table<FrameRef, SentError>);

/// One, at one of the points where it was captured.
#[derive(Clone, Copy, Debug)]
struct SentError {
    /// Where it was captured first.
    first: FrameRef,
    verdict: VerdictKey,
    unfit: Option<Unfit>,
}

impl Default for SentErrors {
    fn default() -> Self {
        Self(Table::with_memory(MEMORY))
    }
}

impl SentErrors {
    /// It is lost once only, whatever else is told of it.
    fn remove(&mut self, lost: SentError) {
        self.0.take_out(|error| error.first == lost.first);
    }
}

impl Correlator {
    /// An error in this frame was added to its verdict.
    pub(super) fn error_sent(&mut self, error: &Reported<'_, '_>, frame: &Frame<'_>) {
        let Some((verdict, _)) = error.verdict() else {
            return;
        };
        let unfit = error.unfit();
        if unfit == Some(Unfit::Damaged) {
            return;
        }
        let sent = SentError {
            first: error.frame,
            verdict,
            unfit,
        };
        self.sent_errors.0.insert(error.frame, sent);
        self.dropped_here(sent, frame, error.shown);
    }

    /// The error that `of` has was captured again, in this frame.
    pub(super) fn sent_again(&mut self, of: FrameRef, frame: &Frame<'_>, shown: bool) {
        if let Some(known) = self.sent_errors.0.get(&of).copied() {
            self.sent_errors.0.insert(frame.reference(), known);
            self.dropped_here(known, frame, shown);
        }
    }

    fn dropped_here(&mut self, error: SentError, frame: &Frame<'_>, shown: bool) {
        if let Some(dropped) = frame.options.dropped().and_then(Verdict::local_drop) {
            let by = ReplyDrop::WhereCaptured(dropped);
            self.verdicts
                .undelivered(&error.verdict, (error.first, error.unfit), (by, shown));
            self.sent_errors.remove(error);
        }
    }

    /// What an error is about may be an error itself.
    pub(super) fn loses_error(&mut self, error: &Reported<'_, '_>, reason: DropReason) {
        let Some(Original::Found {
            match_kind,
            frame,
            is_other: false,
            ..
        }) = error.original
        else {
            return;
        };
        // A quench may come before anything is dropped (RFC 792).
        if reason == DropReason::SourceQuench || match_kind == MatchKind::Translated {
            return;
        }
        let Some(lost) = self.sent_errors.0.get(&frame).copied() else {
            return;
        };
        // Errors that nothing numbers are alike but for what they quote.
        let quoted = || error.quote.innermost().inner();
        if match_kind == MatchKind::Exact
            || quoted().is_some_and(|quoted| quoted.flow() == lost.verdict.flow)
        {
            let by = ReplyDrop::Error {
                frame: error.frame,
                dropper: error.ip.src(),
            };
            self.verdicts
                .undelivered(&lost.verdict, (lost.first, lost.unfit), (by, error.shown));
            self.sent_errors.remove(lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::replay::{self, Replay};
    use crate::correlate::verdict::{DropVerdict, Undelivered};
    use crate::model::Options;
    use crate::model::byteorder::Order;
    use crate::model::options::LocalDrop;

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];
    const ROUTER: [u8; 4] = [198, 51, 100, 1];

    fn datagram(port: u16) -> Vec<u8> {
        let mut packet = Vec::new();
        etherparse::PacketBuilder::ipv4(CLIENT, SERVER, 64)
            .udp(port, 53)
            .write(&mut packet, b"who is there")
            .unwrap();
        packet
    }

    /// The server's refusal of that, with this identification.
    fn refusal(port: u16, id: u16) -> Vec<u8> {
        let mut packet = replay::error(SERVER, [3, 3, 0, 0, 0, 0, 0, 0], &datagram(port));
        packet[4..6].copy_from_slice(&id.to_be_bytes());
        packet
    }

    fn prohibited(refusal: &[u8]) -> Vec<u8> {
        replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], refusal)
    }

    /// What is told of the datagram from this port.
    fn told(play: Replay, port: u16) -> DropVerdict {
        let mut verdicts = play.verdicts().into_iter();
        let ports = crate::model::flow::FlowPorts::Ports { src: port, dst: 53 };
        verdicts.find(|told| told.flow.ports == ports).unwrap()
    }

    fn by_router(count: u64, frame: u64) -> Undelivered {
        let first = ReplyDrop::Error {
            frame: FrameRef::new(crate::model::SourceId(0), frame),
            dropper: ROUTER.into(),
        };
        Undelivered { count, first }
    }

    #[test]
    fn an_error_that_another_one_is_about_never_came() {
        // Numbered by its sender, or alike but for what it quotes, which is quoted or not.
        for (id, quoted, is_lost) in [(7, 28, true), (0, 28, false), (0, 56, true)] {
            let mut play = Replay::new();
            play.at(0, &datagram(4000));
            play.at(5, &refusal(4000, id));
            play.at(6, &prohibited(&refusal(4000, id)[..quoted]));
            // It is lost once, whoever says so.
            play.at(900, &prohibited(&refusal(4000, id)[..quoted]));
            let verdict = told(play, 4000);
            assert_eq!(verdict.undelivered, is_lost.then(|| by_router(1, 3)));
            assert_eq!(verdict.is_unheard(), is_lost, "{id} {quoted}");
            assert!(!verdict.is_damaged());
        }
    }

    #[test]
    fn the_other_errors_come() {
        let mut play = Replay::new();
        for (id, port) in [(7, 4000), (8, 4001), (9, 4000)] {
            play.at(id.into(), &datagram(port));
            play.at(id.into(), &refusal(port, id));
        }
        // Of the flow of the first one, and captured on both sides of a router.
        let mut again = refusal(4000, 9);
        again[8] -= 1;
        play.at(9, &again);
        play.at(10, &prohibited(&again[..28]));
        let verdict = told(play, 4000);
        assert_eq!(
            (verdict.count, verdict.undelivered),
            (2, Some(by_router(1, 8)))
        );
        assert!(!verdict.is_unheard());
    }

    #[test]
    fn an_error_dropped_where_it_was_captured_never_came() {
        // XDP_DROP, as pcapng has it (draft-ietf-opsawg-pcapng section 4.3).
        let octets = [7, 0, 9, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let dropped = Options::new(Order::Little, &octets);
        let mut play = Replay::new();
        play.at(0, &datagram(4000));
        play.at(5, &refusal(4000, 7));
        play.at_with(5, &refusal(4000, 7), dropped);
        play.at(10, &datagram(4001));
        play.at_with(15, &refusal(4001, 8), dropped);
        for verdict in play.verdicts() {
            let first = ReplyDrop::WhereCaptured(LocalDrop::XdpDrop);
            assert_eq!(verdict.undelivered, Some(Undelivered { count: 1, first }));
            assert!(verdict.is_unheard());
        }
    }
}
