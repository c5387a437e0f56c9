//! Path MTU discovery: did it work, or do large packets vanish?
//!
//! Rule: a router reported an MTU. Confirmed black hole (`pmtu_black_hole`): the sender went on
//! retransmitting packets larger than that for a second or more; of a tunnel, of which nobody can tell
//! what is sent again, errors about such packets came for so long. It is one, too, if data got through in
//! the end: TCP tries smaller segments by itself (RFC 4821 section 7.7). Worked (`pmtu_discovery`): data got
//! through, and no error came so late.
//! Of a tunnel that carries several flows an error that comes a second or more after others, about a packet
//! larger than they told, confirms it, too.
//! Suspected black hole: of a TCP connection the same segment was sent four times in three seconds or
//! more, and nobody acknowledged it nor sent an error; it is larger than every path has to carry, and
//! all that was acknowledged was smaller, be it that the same octets were in the end. Not where errors tell
//! of it whose quotes end before that connection: those about the tunnel that carried it.
//! Source: RFC 1191, RFC 8201, RFC 2923 section 2.1; RFC 8200 section 5 (1280 octets, which tunnels
//! keep to for IPv4, too).

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::exchange::ReplyDrop;
use crate::correlate::stalled::Stalled;
use crate::correlate::unanswered::Directions;
use crate::correlate::verdict::{AftermathOutcome, Carried, DropReason, DropVerdict};
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FrameRef};
use crate::source::InterfaceCounts;
use crate::wire::IpVersion;
use crate::wire::ip::protocol::TCP;

/// For so long comes what was on its way when the first error was sent.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// Frames that are kept of what errors are about.
const NAMED: usize = 10_000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct PathMtu {
    groups: Groups<(Outcome, IpAddr, To, Option<u32>)>,
    /// By sender and destination.
    stalls: Groups<(IpAddr, IpAddr), Large>,
    /// Between whom errors say that packets were too large.
    reported: Groups<(IpAddr, IpAddr), ()>,
    /// Frames with packets that such errors are about.
    named: HashSet<FrameRef, RandomState>,
    drops: bool,
}

/// Where packets went to that were too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct To {
    host: IpAddr,
    /// Whom what they carried was for.
    inside: Option<IpAddr>,
}

impl To {
    fn of(verdict: &DropVerdict) -> Self {
        Self {
            host: verdict.flow.addrs.dst(),
            inside: carried_between(verdict).map(|addrs| addrs.dst()),
        }
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inside {
            Some(inside) => write!(f, "{inside} in the tunnel to {}", self.host),
            None => self.host.fmt(f),
        }
    }
}

/// The hosts that what was dropped went between in its tunnel.
fn carried_between(verdict: &DropVerdict) -> Option<AddrPair> {
    match verdict.carried {
        Carried::Flow(flow) => Some(flow.addrs),
        Carried::Between(addrs, _) => Some(addrs),
        Carried::Unknown | Carried::Several => None,
    }
}

/// Large segments that nobody acknowledged.
#[derive(Clone, Debug, Default)]
struct Large {
    group: Group,
    /// IP length of the smallest that stalled, and of the largest that did not.
    stalled: Option<u32>,
    passed: u32,
}

impl PathMtu {
    /// Whether large segments alone stalled.
    pub(super) fn is_about(stall: &Stalled) -> bool {
        stall.directions == Directions::Both
            && stall.length > Stalled::EVERY_PATH
            && (stall.acknowledged).is_some_and(|passed| passed < stall.length)
    }

    pub(super) fn stalled(&mut self, stall: &Stalled) {
        let addrs = stall.flow.addrs;
        if let Some(large) = self.stalls.entry((addrs.src(), addrs.dst())) {
            large.group.errors += u64::from(stall.sent.count);
            large.group.flows += 1;
            if let FlowPorts::Ports { dst, .. } = stall.flow.ports {
                large.group.ports.add(dst);
            }
            large.group.show(stall.sent.frames());
            let smallest = large.stalled.map_or(stall.length, |s| s.min(stall.length));
            large.stalled = Some(smallest);
            large.passed = large.passed.max(stall.acknowledged.unwrap_or(0));
        }
    }

    /// Acknowledgements may be among what was dropped.
    pub(super) fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.drops = (interfaces.iter()).any(|interface| interface.counts.any_dropped());
    }
}

impl Large {
    fn finding(&self, src: IpAddr, dst: IpAddr) -> Finding {
        let Group {
            errors,
            ports,
            evidence,
            ..
        } = &self.group;
        Finding {
            name: "pmtu_black_hole",
            severity: Severity::Critical,
            title: format!(
                "Large packets from {src} to {dst}{ports} vanish without an error: {} octets were sent \
                 {errors} times and never acknowledged, {} octets were",
                self.stalled.unwrap_or_default(),
                self.passed,
            ),
            evidence: evidence.clone(),
            confidence: Confidence::Suspected,
            advice: format!(
                "Some link or tunnel on the way takes smaller packets only, and the router before it \
                 sends no error, or a filter keeps it away: try `ping -M do -s 1472 {dst}` with smaller \
                 sizes, let ICMP type 3 code 4 and ICMPv6 type 2 through, or clamp the MSS."
            ),
        }
    }
}

/// Whether it is longer than what was on its way when the first error was sent takes to come.
fn is_long(time: Option<Duration>) -> bool {
    time.is_some_and(|time| time >= ON_THE_WAY)
}

/// Whether a TCP sender went on for a second or more, as errors about what it sent again tell.
fn went_on(verdict: &DropVerdict) -> bool {
    !verdict.is_unfounded()
        && verdict.followed().protocol == TCP
        && verdict.still_too_large > 0
        && verdict.aftermath.retransmissions > 0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Outcome {
    Worked,
    BlackHole(Why, Ending),
}

/// What came of a black hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ending {
    /// Nothing that the capture has.
    Open,
    /// Data got through.
    GotThrough,
}

/// Why a sender goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Why {
    Ignored,
    /// It tells itself: no router on the way does.
    Own,
    /// The errors did not reach the sender whole.
    Discarded,
    /// They told it too little.
    ShortQuotes,
    /// They told it of somebody else's packets.
    HalfTranslated,
    /// They told it of what was not in flight.
    OutOfWindow,
    /// They told it of packets that it lets routers fragment.
    WithoutDf,
    /// They did not reach it, as an error of this sender says, or the verdict with which they were captured.
    Undelivered(Option<IpAddr>),
}

/// `MTU 1400`.
fn told(mtu: Option<u32>) -> String {
    mtu.map_or_else(|| "no MTU".to_owned(), |mtu| format!("MTU {mtu}"))
}

impl Why {
    fn of(verdict: &DropVerdict) -> Self {
        match verdict.undelivered.map(|undelivered| undelivered.first) {
            _ if !verdict.is_unheard() && verdict.fragmentable >= verdict.count => Self::WithoutDf,
            _ if !verdict.is_unheard() && verdict.dropper == verdict.dropped().addrs.src() => {
                Self::Own
            }
            _ if !verdict.is_unheard() => Self::Ignored,
            Some(ReplyDrop::Error { dropper, .. }) => Self::Undelivered(Some(dropper)),
            Some(ReplyDrop::WhereCaptured(_)) => Self::Undelivered(None),
            None if verdict.discarded > 0 => Self::Discarded,
            None if verdict.short_quotes > 0 => Self::ShortQuotes,
            None if verdict.half_translated > 0 => Self::HalfTranslated,
            None => Self::OutOfWindow,
        }
    }

    /// The same in words, and what to do.
    fn words(self, dropper: IpAddr, mtu: Option<u32>) -> (String, String) {
        const CLAMPING: &str = "MSS clamping at the router is a way around.";
        let larger = mtu.map_or("as large", |_| "larger");
        let mtu = told(mtu);
        let (why, advice) = match self {
            Self::Ignored => (
                format!("{dropper} reports {mtu}, the sender goes on sending {larger} ones"),
                "Find out why the sender does not act on the error: a firewall that drops ICMP before it, \
                 path MTU discovery switched off, or a socket option."
                    .to_owned(),
            ),
            Self::Own => (
                format!("{dropper}, which sends them, reports {mtu} to itself and goes on sending {larger} ones"),
                "Nothing on the way can keep that from it. Make the MTU smaller of what these packets come \
                 from: the tunnel's interface, or the program that does not act on the error."
                    .to_owned(),
            ),
            Self::WithoutDf => (
                format!("{dropper} reports {mtu} of packets without DF, which it is to fragment"),
                format!(
                    "Look at {dropper}: that packets are too big a router says of those with DF alone, others \
                     it sends on in fragments (RFC 1812 section 5.2.7.1)."
                ),
            ),
            Self::Discarded => (
                format!(
                    "the errors of {dropper}, {mtu}, have bad checksums, which their receiver discards"
                ),
                "Look for faulty memory or a middlebox that rewrites packets without mending the checksum."
                    .to_owned(),
            ),
            Self::ShortQuotes => (
                format!(
                    "the errors of {dropper}, {mtu}, quote too little, and their receiver discards them"
                ),
                format!(
                    "The quotes of {dropper} end before the ports and the sequence number, by which the \
                     sender finds the connection: 8 octets belong behind the IP header (RFC 792)."
                ),
            ),
            Self::HalfTranslated => (
                format!(
                    "the errors of {dropper}, {mtu}, are translated on one side only, so that the sender \
                     has no connection that they quote"
                ),
                "Look at the address translator on the way: it has to rewrite what errors quote as it does \
                 their headers (RFC 5508 section 4.2)."
                    .to_owned(),
            ),
            Self::OutOfWindow => (
                format!(
                    "the errors of {dropper}, {mtu}, quote sequence numbers that were not in flight, and \
                     the sender discards them"
                ),
                "Look for a firewall that rewrites TCP sequence numbers, and leaves those alone that errors \
                 quote: systems take no others than are in flight (RFC 5927 section 4.1)."
                    .to_owned(),
            ),
            Self::Undelivered(by) => {
                let (by, there) = match by {
                    Some(by) => (format!("on their way back by {by}"), format!("through {by}")),
                    None => (
                        "where they were captured".to_owned(),
                        "through the XDP program or the tc filters there".to_owned(),
                    ),
                };
                (
                    format!("the errors of {dropper}, {mtu}, are dropped {by}"),
                    format!("Let ICMP type 3 code 4 and ICMPv6 type 2 {there}."),
                )
            }
        };
        (why, format!("{advice} {CLAMPING}"))
    }
}

impl Diagnosis for PathMtu {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if verdict.reason != DropReason::FragmentationNeeded {
            return;
        }
        let between = carried_between(verdict).unwrap_or(verdict.dropped().addrs);
        let _ = self.reported.entry((between.src(), between.dst()));
        if self.named.len() < NAMED {
            self.named.extend(&verdict.original_frames);
        }
        let after = &verdict.aftermath;
        let still_large = match (after.size_after, verdict.mtu) {
            // Without the tunnel around it, which the MTU is to hold as well.
            (Some(size), Some(mtu)) if matches!(verdict.carried, Carried::Flow(_)) => {
                size > mtu || after.size_before == Some(size)
            }
            // Where it is not told, any smaller one is a try (RFC 1191 section 5).
            (Some(size), Some(0)) if verdict.version == IpVersion::V4 => {
                after.size_before.is_some_and(|before| size >= before)
            }
            (Some(size), Some(mtu)) => size > mtu,
            _ => false,
        };
        // What a tunnel carries for several may each be the first one that is too large, which its own end tells.
        let is_tunnel_deaf = match verdict.carried {
            Carried::Between(..) => verdict.still_too_large > 0,
            Carried::Several => {
                verdict.still_too_large > 0 && verdict.dropper != verdict.flow.addrs.src()
            }
            Carried::Unknown | Carried::Flow(_) => false,
        };
        let errors_for = verdict.last.since(verdict.first);
        let open = Outcome::BlackHole(Why::of(verdict), Ending::Open);
        let outcome = match after.outcome {
            AftermathOutcome::Recovered if went_on(verdict) => {
                Outcome::BlackHole(Why::of(verdict), Ending::GotThrough)
            }
            AftermathOutcome::Recovered
                if !verdict.is_unheard()
                    && !verdict.is_unfounded()
                    && verdict.still_too_large == 0 =>
            {
                Outcome::Worked
            }
            AftermathOutcome::Retransmitting if still_large && is_long(after.lasted) => open,
            AftermathOutcome::Unknown
                if still_large && verdict.flow.protocol != TCP && is_long(errors_for) =>
            {
                open
            }
            AftermathOutcome::Unknown if is_tunnel_deaf => open,
            AftermathOutcome::Recovered => return,
            _ if went_on(verdict) => open,
            _ => return,
        };
        let mtu = (verdict.mtu).filter(|mtu| *mtu > 0 || verdict.version == IpVersion::V6);
        let key = (outcome, verdict.dropper, To::of(verdict), mtu);
        self.groups.add(key, verdict);
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let is_told = |large: &Large| {
            let mut shown = large.group.evidence.iter();
            shown.any(|frame| self.named.contains(frame))
        };
        let stalls = (self.stalls.iter()).filter(|(between, large)| {
            !self.drops && !self.reported.has(between) && !is_told(large)
        });
        found.extend(stalls.map(|((src, dst), large)| large.finding(*src, *dst)));
        for ((outcome, dropper, host, mtu), group) in self.groups.iter() {
            let tally = group.tally();
            found.push(match outcome {
                Outcome::Worked => Finding {
                    name: "pmtu_discovery",
                    severity: Severity::Info,
                    title: format!(
                        "Path MTU discovery to {host} works: {dropper} reported {} and data got \
                         through{tally}",
                        told(*mtu)
                    ),
                    evidence: group.evidence.clone(),
                    confidence: Confidence::Confirmed,
                    advice:
                        "Nothing to do; a smaller MTU on the sender or MSS clamping would spare \
                             the round trip."
                            .to_owned(),
                },
                Outcome::BlackHole(why, ending) => {
                    let (why, advice) = why.words(*dropper, *mtu);
                    let (severity, end) = match ending {
                        Ending::Open => (Severity::Critical, ""),
                        Ending::GotThrough => (Severity::Warning, "; data got through in the end"),
                    };
                    Finding {
                        name: "pmtu_black_hole",
                        severity,
                        title: format!("Large packets to {host} vanish: {why}{end}{tally}"),
                        evidence: group.evidence.clone(),
                        confidence: Confidence::Confirmed,
                        advice,
                    }
                }
            });
        }
    }
}

#[cfg(test)]
mod tests;
