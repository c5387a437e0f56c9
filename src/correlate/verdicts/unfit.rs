//! Errors that tell no program of anything, though they come to whom they are for.

use super::{Captured, Reported, note};
use crate::correlate::in_flight::InFlight;
use crate::correlate::verdict::{DropVerdict, Evidence, Halves};
use crate::icmp::cause::ChecksumCause;
use crate::icmp::{Translation, cause, payload};
use crate::model::FrameRef;
use crate::wire::ChecksumStatus;

/// Octets before the quote of an error.
const HEAD: usize = 8;

/// What is wrong with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::correlate) enum Unfit {
    /// Its checksum is bad.
    Damaged,
    /// It quotes less than the header and 8 octets behind it: `icmp_socket_deliver()` and
    /// `icmpv6_notify()` of Linux look no further then.
    ShortQuote,
    /// What it quotes was sent by another than its receiver, or to another than that sent to: no socket is
    /// found for it.
    HalfTranslated,
    /// It quotes a TCP sequence number that was not in flight (RFC 5927 section 4.1): `tcp_v4_err()` and
    /// `tcp_v6_err()` look no further then.
    OutOfWindow,
    /// The same, and what it quotes had arrived.
    Arrived,
}

impl Reported<'_, '_> {
    /// Why no program hears of it, if that is known.
    pub(in crate::correlate) fn unfit(&self) -> Option<Unfit> {
        if self.is_discarded() {
            Some(Unfit::Damaged)
        } else if self.quotes_too_little() {
            Some(Unfit::ShortQuote)
        } else if self.translation != Translation::None && self.evidence == Evidence::Captured {
            Some(Unfit::HalfTranslated)
        } else {
            match self.in_flight {
                InFlight::MayBe | InFlight::OfConnection => None,
                InFlight::Not { .. } => Some(Unfit::OutOfWindow),
                InFlight::Arrived => Some(Unfit::Arrived),
            }
        }
    }

    /// Whether receivers discard it: its checksum was bad on the way, not only where the sender leaves
    /// it to its network card.
    fn is_discarded(&self) -> bool {
        let is_new = || (self.ip.hop_limit()).is_some_and(|ttl| payload::hops(ttl) == 0);
        matches!(self.message.checksum.status, ChecksumStatus::Bad { .. })
            && self.captured != Captured::AtDropper
            && match cause::of(self.ip, self.message) {
                Some(ChecksumCause::Offload) => false,
                Some(ChecksumCause::NotFilledIn) => !is_new(),
                _ => true,
            }
    }

    /// Whether it ends before what it has to quote, however much of it was captured.
    fn quotes_too_little(&self) -> bool {
        let length = usize::try_from(self.ip.payload_length).unwrap_or(usize::MAX);
        self.ip.fragment.is_none() && length < HEAD + self.quote.needed()
    }
}

impl DropVerdict {
    fn count_of(&mut self, unfit: Unfit) -> &mut u64 {
        match unfit {
            Unfit::Damaged => &mut self.discarded,
            Unfit::ShortQuote => &mut self.short_quotes,
            Unfit::HalfTranslated => &mut self.half_translated,
            Unfit::OutOfWindow => &mut self.out_of_window,
            Unfit::Arrived => &mut self.arrived,
        }
    }

    /// Adds what is wrong with an error, if anything is.
    pub(super) fn count_unfit(&mut self, error: &Reported<'_, '_>) {
        let Some(unfit) = error.unfit() else {
            return;
        };
        *self.count_of(unfit) += 1;
        if unfit == Unfit::HalfTranslated {
            let halves = self.halves.get_or_insert_with(|| Halves {
                ends: error.ip.ends(),
                frames: Vec::new(),
            });
            note(&mut halves.frames, error.frames);
        }
    }

    /// Takes back what was wrong with the error in `frame`.
    pub(in crate::correlate) fn uncount_unfit(&mut self, unfit: Option<Unfit>, frame: FrameRef) {
        if let Some(unfit) = unfit {
            let count = self.count_of(unfit);
            *count = count.saturating_sub(1);
        }
        if let Some(halves) = &mut self.halves {
            halves.frames.retain(|half| *half != frame);
        }
        self.halves.take_if(|_| self.half_translated == 0);
    }

    /// An error that is counted already came to its receiver so.
    pub(super) fn count_unfit_if_heard(&mut self, error: &Reported<'_, '_>) {
        if !self.is_unheard() {
            self.count_unfit(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::correlate::replay::{self, Replay};
    use crate::correlate::verdict::DropVerdict;

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 2, 1];
    const ROUTER: [u8; 4] = [10, 0, 1, 1];

    fn segment() -> Vec<u8> {
        let mut packet = replay::segment((CLIENT, 4000), (SERVER, 443), (100, 1), 500);
        packet[4..6].copy_from_slice(&[0, 9]);
        packet
    }

    fn refusal(quoted: usize) -> Vec<u8> {
        replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &segment()[..quoted])
    }

    fn told(play: Replay) -> DropVerdict {
        let mut verdicts = play.verdicts();
        assert_eq!(verdicts.len(), 1, "{verdicts:?}");
        verdicts.remove(0)
    }

    #[test]
    fn an_error_that_quotes_less_than_eight_octets_of_data_is_discarded() {
        for (quoted, is_short) in [
            (20, true),
            (24, true),
            (27, true),
            (28, false),
            (528, false),
        ] {
            let mut play = Replay::new();
            play.at(1, &segment());
            play.at(2, &refusal(quoted));
            let verdict = told(play);
            assert_eq!(verdict.short_quotes, u64::from(is_short), "{quoted}");
            assert_eq!(verdict.is_unheard(), is_short, "{quoted}");
        }
    }

    #[test]
    fn what_the_capture_cut_of_a_quote_was_there() {
        let mut play = Replay::new();
        play.at(1, &segment());
        play.at_cut(2, &refusal(28), 20 + 8 + 24);
        let verdict = told(play);
        assert_eq!((verdict.count, verdict.short_quotes), (1, 0));
    }

    /// A packet of less than that is quoted whole.
    #[test]
    fn a_quote_of_all_of_a_packet_is_not_short() {
        let mut small = segment();
        small.truncate(24);
        small[2..4].copy_from_slice(&[0, 24]);
        small[9] = 253;
        let mut play = Replay::new();
        play.at(1, &small);
        play.at(2, &replay::error(ROUTER, [3, 13, 0, 0, 0, 0, 0, 0], &small));
        assert_eq!(told(play).short_quotes, 0);
    }

    /// Each counts once.
    #[test]
    fn an_error_that_was_dropped_on_its_way_back_is_told_so_alone() {
        for quoted in [20, 28] {
            let mut play = Replay::new();
            play.at(1, &segment());
            let mut refused = refusal(quoted);
            refused[4..6].copy_from_slice(&[0, 7]);
            play.at(2, &refused);
            let lost = replay::error([10, 0, 0, 9], [3, 13, 0, 0, 0, 0, 0, 0], &refused);
            play.at(3, &lost);
            let verdicts = play.verdicts();
            let of_router = |verdict: &&DropVerdict| verdict.dropper.to_string() == "10.0.1.1";
            let verdict = verdicts.iter().find(of_router).unwrap();
            assert_eq!(verdict.undelivered.unwrap().count, 1, "{quoted}");
            assert_eq!(verdict.short_quotes, 0, "{quoted}");
        }
    }
}
