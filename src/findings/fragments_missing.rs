//! Messages in fragments of which some do not come.
//!
//! Rule: of what one host sent another at least three messages came in part, and the same is missing
//! of all of these: all but the first fragments, the first ones, or others. The newest may still be
//! under way when the capture ends, and does not count for a second. Where no message in fragments is
//! whole the capture itself may take none but the first: a filter that looks into a header finds it
//! there alone. A message that was answered arrived whole: the capture missed what it lacks, and may
//! have missed what other messages between the two lack. One whose fragments overlap lacks nothing that
//! would tell of a loss, and neither does one that was given up for want of memory, which any of them may
//! be. What is captured at several points is one message; what is whole at one of them lost fragments on the
//! way to the others.
//! Who cuts a packet makes all fragments but the last of one length, and that not longer: where the last alone
//! comes its offset tells how long the others can be. If that is more than any fragment has that came, it is the
//! large ones that are lost.
//! Source: RFC 7872 (fragments that get lost on the way), RFC 8900 sections 3.3 to 3.7 (why), RFC 791 section 3.2
//! and RFC 8200 section 4.5 (how packets are cut).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::group::{EVIDENCE, Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::{Exchange, ExchangeEnd};
use crate::correlate::verdict::{Carried, DropReason, DropVerdict};
use crate::model::{AddrPair, FrameRef, Timestamp};
use crate::source::InterfaceCounts;
use crate::wire::Ip;
use crate::wire::reassembly::{Gaps, InPart, Missing, Reassembly};

/// So many messages have to lack the same.
const ALIKE: usize = 3;
/// What is missing for so long is lost.
const LATE: Duration = Duration::from_secs(1);
/// Two of one number, in so short a time, are one at two points of capture; their clocks may differ.
const SAME: Duration = Duration::from_secs(10);
/// Messages that may still become whole, at most.
const WAITING: usize = 10_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct FragmentsMissing {
    /// Those that are not whole, by the fragment that came before the others.
    waiting: HashMap<FrameRef, Waiting, RandomState>,
    /// How many were put together, by who sent them to whom.
    whole: Groups<AddrPair, u64>,
    /// How many octets the longest fragment has that came.
    longest: Groups<AddrPair, usize>,
    /// When the last one of a number was.
    complete: HashMap<Fragmented, Timestamp, RandomState>,
    /// Of how many that are not whole here an answer tells that they arrived, in the same way.
    answered: Groups<AddrPair, u64>,
    newest: Option<Timestamp>,
    /// Who says that it dropped packets between these two, and where.
    dropped: Groups<AddrPair, (Option<IpAddr>, Group)>,
    /// Whether the kernel dropped packets, which these may be.
    drops: bool,
    /// How many were given up for want of memory.
    evicted: usize,
}

/// A message in fragments, wherever it is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fragmented {
    pub(super) addrs: AddrPair,
    /// The identification of its fragments, if it is IP that took it apart.
    pub(super) id: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    message: Fragmented,
    /// The fragment that begins it.
    first: Option<FrameRef>,
    since: Timestamp,
    part: InPart,
    /// The last fragment, if no other came.
    last: Option<Extent>,
}

/// What a fragment has of its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Fragment offset, in octets.
    offset: usize,
    /// Octets behind the header, or behind those of extensions.
    length: usize,
    is_last: bool,
}

impl Extent {
    /// Of `ip`, if that is a fragment.
    pub(super) fn of(ip: &Ip<'_>) -> Option<Self> {
        let fragment = ip.fragment.filter(|_| ip.is_whole())?;
        Some(Self {
            offset: fragment.offset.into(),
            length: ip.payload.len(),
            is_last: !fragment.more,
        })
    }

    /// Whether those before it, which is the last, are longer than `longest` octets, if they are of one length and
    /// none is shorter than it.
    fn tells_longer_than(&self, longest: usize) -> bool {
        /// Offsets count in units of so many octets, of which all but the last have whole ones.
        const UNIT: usize = 8;
        let units = self.length.div_ceil(UNIT)..=longest / UNIT;
        let may_be = |units: usize| self.offset.is_multiple_of(units * UNIT);
        self.is_last && self.offset > 0 && self.length > 0 && !units.into_iter().any(may_be)
    }
}

/// Messages that lack the same.
#[derive(Clone, Debug, Default)]
struct Lacking {
    frames: Vec<FrameRef>,
    /// How many were put together at another point of the capture.
    whole_elsewhere: usize,
    /// Of how many all that is missing is longer than any fragment that came.
    longer: usize,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lack {
    AllButFirst,
    First,
    Others,
}

impl Lack {
    fn of(missing: &Gaps) -> Self {
        if missing.is_all_after_first() {
            Self::AllButFirst
        } else if missing.is_at_begin() {
            Self::First
        } else {
            Self::Others
        }
    }

    fn title(self, addrs: AddrPair, lacking: usize, all: u64) -> String {
        let (src, dst) = (addrs.src(), addrs.dst());
        let what = format!("{lacking} of {all} messages in fragments from {src} to {dst}");
        match self {
            Self::AllButFirst => format!("Of {what} only the beginning arrives"),
            Self::First => format!("Of {what} the first fragment is missing, others arrive"),
            Self::Others => format!("Of {what} some fragments are missing"),
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::AllButFirst => {
                "Fragments but the first bear no ports and no ICMP header: a firewall, an address \
                 translator or a load balancer before the capture point may drop them. Let fragments \
                 pass there, or send what fits into one packet."
            }
            Self::First => {
                "What is left cannot be put together. A filter before the capture point may drop what \
                 it recognises by its header and let the rest pass, or the fragments take several \
                 ways, of which one is captured."
            }
            Self::Others => {
                "Of a packet in fragments all is lost with one of them. Look for loss before the \
                 capture point, a queue that bursts overrun most of all, or send what fits into one \
                 packet."
            }
        }
    }
}

impl FragmentsMissing {
    pub(super) fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.drops = (interfaces.iter()).any(|interface| interface.counts.any_dropped());
    }

    /// Takes note that the capture went on until then.
    pub(super) fn message(&mut self, at: Timestamp) {
        self.newest = self.newest.max(Some(at));
    }

    /// Takes what a fragment of this extent came to that went this way.
    pub(super) fn fragment(
        &mut self,
        at: Timestamp,
        message: Fragmented,
        (extent, came_to): (Option<Extent>, &Reassembly),
    ) {
        if let Some(extent) = extent
            && let Some(longest) = self.longest.entry(message.addrs)
        {
            *longest = extent.length.max(*longest);
        }
        if let Some(missing) = came_to.missing() {
            self.goes_on(at, message, (extent, missing));
        }
        if let Reassembly::Complete(whole) = came_to {
            for frame in whole.frames() {
                self.waiting.remove(frame);
            }
            if self.is_whole_elsewhere(message, at) {
                return;
            }
            if self.complete.len() < WAITING || self.complete.contains_key(&message) {
                self.complete.insert(message, at);
            }
            if let Some(count) = self.whole.entry(message.addrs) {
                *count += 1;
            }
        }
    }

    /// Takes how many messages were given up for want of memory: what else came of those is not known.
    pub(super) fn evicted(&mut self, count: u64) {
        self.evicted = usize::try_from(count).unwrap_or(usize::MAX);
    }

    /// Whether a message was put together at about that time, at another point of capture.
    fn is_whole_elsewhere(&self, message: Fragmented, at: Timestamp) -> bool {
        is_same(message, self.complete.get(&message).copied(), at)
    }

    fn goes_on(
        &mut self,
        at: Timestamp,
        message: Fragmented,
        (extent, missing): (Option<Extent>, &Missing),
    ) {
        // The link took it apart: nothing tells what is missing.
        if missing.part == InPart::UNKNOWN {
            return;
        }
        let has_room = self.waiting.len() < WAITING;
        if has_room || self.waiting.contains_key(&missing.earliest) {
            // A later fragment of a tunnel's packet does not tell whom the message inside goes to.
            let of = self.waiting.entry(missing.earliest).or_insert(Waiting {
                message,
                first: missing.first,
                since: at,
                part: missing.part,
                last: extent.filter(|extent| extent.is_last),
            });
            (of.since, of.first, of.part) = (at, missing.first, missing.part);
            of.last = of.last.filter(|last| Some(*last) == extent);
        }
    }

    /// Takes a request that was decided.
    pub(super) fn exchange(&mut self, exchange: &Exchange) {
        let is_answered = exchange.end.and_then(ExchangeEnd::reply).is_some();
        if exchange.request_part.is_none() || !is_answered {
            return;
        }
        let begins = |of: &Waiting| of.first == Some(exchange.request);
        let mut arrived = self.waiting.iter().filter(|(_, of)| begins(of));
        let Some((earliest, addrs)) = arrived.next().map(|(frame, of)| (*frame, of.message.addrs))
        else {
            return;
        };
        self.waiting.remove(&earliest);
        if let Some(count) = self.answered.entry(addrs) {
            *count += 1;
        }
    }

    /// What is lost, in the order in which it was captured.
    fn lost(&self) -> Vec<(FrameRef, Waiting)> {
        let is_late = |waiting: &Waiting| {
            (self.newest).is_some_and(|now| now.since(waiting.since).is_some_and(|ago| ago >= LATE))
        };
        let waiting = self.waiting.iter().filter(|(_, waiting)| is_late(waiting));
        let mut lost: Vec<_> = waiting.map(|(frame, waiting)| (*frame, *waiting)).collect();
        lost.sort_unstable_by_key(|(frame, _)| *frame);
        lost
    }
}

/// Whether `message`, seen at this time, is one with that of its number, seen then.
fn is_same(message: Fragmented, then: Option<Timestamp>, at: Timestamp) -> bool {
    let apart = then.and_then(|then| then.apart(at));
    message.id.is_some() && apart.is_some_and(|apart| apart < SAME)
}

impl Diagnosis for FragmentsMissing {
    fn verdict(&mut self, verdict: &DropVerdict) {
        let may_be_fragments = matches!(
            verdict.reason,
            DropReason::NoRoute
                | DropReason::HostUnreachable
                | DropReason::FragmentationNeeded
                | DropReason::AdminProhibited
        );
        let addrs = match verdict.carried {
            Carried::Flow(flow) => flow.addrs,
            Carried::Between(addrs, _) => addrs,
            Carried::Unknown | Carried::Several => verdict.dropped().addrs,
        };
        if may_be_fragments
            && let Some((dropper, group)) = self.dropped.entry(addrs)
            && *dropper.get_or_insert(verdict.dropper) == verdict.dropper
        {
            group.show(&verdict.error_frames);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let mut lacks: Groups<(AddrPair, Lack), Lacking> = Groups::default();
        let mut parts: Groups<AddrPair, u64> = Groups::default();
        let mut known = HashMap::<Fragmented, Timestamp, RandomState>::default();
        for (frame, waiting) in self.lost() {
            let Waiting { message, since, .. } = waiting;
            let before = known.insert(message, since);
            if is_same(message, before, since) {
                continue;
            }
            let is_whole = self.is_whole_elsewhere(message, since);
            let lack = Lack::of(&waiting.part.gaps);
            if waiting.part.overlap.is_none()
                && let Some(lacking) = lacks.entry((message.addrs, lack))
            {
                lacking.frames.push(frame);
                lacking.whole_elsewhere += usize::from(is_whole);
                let longest = self.longest.entry(message.addrs).map_or(0, |it| *it);
                let tells = |last: Extent| last.tells_longer_than(longest);
                lacking.longer += usize::from(waiting.last.is_some_and(tells));
            }
            if !is_whole && let Some(count) = parts.entry(message.addrs) {
                *count += 1;
            }
        }
        let takes_all = self.whole.len() > 0;
        for ((addrs, lack), lacking) in lacks.iter() {
            let Lacking {
                frames,
                whole_elsewhere,
                longer,
            } = lacking;
            let sure = frames.len().saturating_sub(self.evicted);
            if sure < ALIKE {
                continue;
            }
            let count =
                |groups: &mut Groups<AddrPair, u64>| groups.entry(*addrs).map_or(0, |count| *count);
            let answered = count(&mut self.answered);
            let all = count(&mut parts) + count(&mut self.whole) + answered;
            let are_longer = *longer == frames.len();
            let is_capture = *lack == Lack::AllButFirst && !takes_all;
            let advice = if is_capture {
                "No message in fragments of the capture is whole: a capture filter that looks into a header (icmp[...], \
                 port) takes first fragments alone. If there was none, fragments are dropped before \
                 the capture point."
            } else if *whole_elsewhere == frames.len() {
                "Another point of the capture has all of their fragments: what is missing is dropped on the \
                 way from there to where it is missing."
            } else if are_longer {
                "Large packets are lost, to go by the offsets of what arrives, if all fragments but the last were \
                 made of one length: some link or tunnel on the way may take smaller ones only, and nobody \
                 sends an error, or a filter keeps it away. Try `ping -M do -s` with smaller sizes, and let ICMP \
                 type 3 code 4 and ICMPv6 type 2 through."
            } else {
                lack.advice()
            };
            let mut evidence: Vec<_> = frames.iter().take(EVIDENCE).copied().collect();
            let mut told = self.dropped.iter();
            let advice = match told.find(|(between, _)| between == addrs) {
                Some((_, (Some(dropper), group))) => {
                    evidence.truncate(EVIDENCE / 2);
                    evidence.extend(group.evidence.iter().take(EVIDENCE / 2));
                    evidence.sort_unstable();
                    format!(
                        "{dropper} says that it dropped packets between the two: these may be the fragments, \
                         so look at its errors first. {advice}"
                    )
                }
                _ => advice.to_owned(),
            };
            found.push(Finding {
                name: "fragments_missing",
                severity: Severity::Warning,
                title: format!(
                    "{}{}",
                    lack.title(*addrs, sure, all),
                    if are_longer {
                        ": what is missing seems larger than any that does"
                    } else {
                        ""
                    }
                ),
                evidence,
                confidence: if is_capture || self.drops || answered > 0 {
                    Confidence::Suspected
                } else {
                    Confidence::Confirmed
                },
                advice,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Extent;

    #[test]
    fn the_offset_of_the_last_fragment_tells_how_long_others_can_be() {
        let last = |offset, length| Extent {
            offset,
            length,
            is_last: true,
        };
        // Two of 1416 octets.
        assert!(last(2832, 1176).tells_longer_than(1176));
        assert!(last(2832, 1176).tells_longer_than(1415));
        assert!(!last(2832, 1176).tells_longer_than(1416));
        // Three of 944, but that the last is longer.
        assert!(!last(2832, 900).tells_longer_than(944));
        // As long as the last.
        assert!(!last(2352, 1176).tells_longer_than(1176));
        let in_between = Extent {
            is_last: false,
            ..last(2832, 1176)
        };
        assert!(!in_between.tells_longer_than(1176));
        // Nothing before it is missing, or it has nothing.
        assert!(!last(0, 100).tells_longer_than(100));
        assert!(!last(2832, 0).tells_longer_than(0));
    }
}
