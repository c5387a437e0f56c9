//! Path MTU discovery: did it work, or do large packets vanish?
//!
//! Rule: a router reported an MTU. Confirmed black hole (`pmtu_black_hole`): the sender went on
//! retransmitting packets larger than that for a second or more; of a tunnel, of which nobody can tell
//! what is sent again, errors about such packets came for so long. Worked (`pmtu_discovery`): data got
//! through afterwards.
//! Of a tunnel that carries several flows an error that comes a second or more after others, about a packet
//! larger than they told, confirms it, too.
//! Suspected black hole: of a TCP connection the same segment was sent four times in three seconds or
//! more, and nobody acknowledged it nor sent an error; it is larger than every path has to carry, and
//! all that was acknowledged was smaller. Not where errors tell of it whose quotes end before that
//! connection: those about the tunnel that carried it.
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

/// Packets up to this many octets pass on any path.
const EVERY_PATH: u32 = 1280;

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
            && stall.length > EVERY_PATH
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Outcome {
    Worked,
    Ignored,
    /// The errors did not reach the sender whole.
    Discarded,
    /// They told it too little.
    ShortQuotes,
    /// They told it of somebody else's packets.
    HalfTranslated,
    /// They told it of what was not in flight.
    OutOfWindow,
    /// They did not reach it, as an error of this sender says, or the verdict with which they were captured.
    Undelivered(Option<IpAddr>),
}

/// `MTU 1400`.
fn told(mtu: Option<u32>) -> String {
    mtu.map_or_else(|| "no MTU".to_owned(), |mtu| format!("MTU {mtu}"))
}

impl Outcome {
    /// Why a sender goes on, and what to do.
    fn black_hole(self, dropper: IpAddr, mtu: Option<u32>) -> (String, String) {
        const CLAMPING: &str = "MSS clamping at the router is a way around.";
        let larger = mtu.map_or("as large", |_| "larger");
        let mtu = told(mtu);
        let (why, advice) = match self {
            Self::Worked | Self::Ignored => (
                format!("{dropper} reports {mtu}, the sender goes on sending {larger} ones"),
                "Find out why the sender does not act on the error: a firewall that drops ICMP before it, \
                 path MTU discovery switched off, or a socket option."
                    .to_owned(),
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
        let ignored = match verdict.undelivered.map(|undelivered| undelivered.first) {
            _ if !verdict.is_unheard() => Outcome::Ignored,
            Some(ReplyDrop::Error { dropper, .. }) => Outcome::Undelivered(Some(dropper)),
            Some(ReplyDrop::WhereCaptured(_)) => Outcome::Undelivered(None),
            None if verdict.discarded > 0 => Outcome::Discarded,
            None if verdict.short_quotes > 0 => Outcome::ShortQuotes,
            None if verdict.half_translated > 0 => Outcome::HalfTranslated,
            None => Outcome::OutOfWindow,
        };
        let outcome = match after.outcome {
            AftermathOutcome::Recovered if !verdict.is_unheard() => Outcome::Worked,
            AftermathOutcome::Retransmitting if still_large && is_long(after.lasted) => ignored,
            AftermathOutcome::Unknown
                if still_large && verdict.flow.protocol != TCP && is_long(errors_for) =>
            {
                ignored
            }
            AftermathOutcome::Unknown if is_tunnel_deaf => ignored,
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
                hidden => {
                    let (why, advice) = hidden.black_hole(*dropper, *mtu);
                    Finding {
                        name: "pmtu_black_hole",
                        severity: Severity::Critical,
                        title: format!("Large packets to {host} vanish: {why}{tally}"),
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
mod tests {
    use super::*;
    use crate::correlate::verdict::{Aftermath, Undelivered};
    use crate::model::options::LocalDrop;
    use crate::model::{FlowKey, SourceId, Timestamp};

    const SENDER: [u8; 4] = [10, 0, 0, 1];
    const HOST: [u8; 4] = [10, 0, 2, 1];
    const ROUTER: [u8; 4] = [10, 0, 1, 1];

    /// A connection that goes on with packets of this size, with an MTU of 1400 on its way.
    fn going_on_with(size: u32) -> DropVerdict {
        let flow = FlowKey {
            protocol: TCP,
            addrs: AddrPair::new(SENDER.into(), HOST.into()),
            ports: FlowPorts::Ports {
                src: 4000,
                dst: 443,
            },
        };
        let icmp = (IpVersion::V4, 3, 4);
        let reason = DropReason::FragmentationNeeded;
        DropVerdict {
            count: 3,
            mtu: Some(1400),
            error_frames: vec![FrameRef::new(SourceId(0), 2)],
            aftermath: Aftermath {
                outcome: AftermathOutcome::Retransmitting,
                retransmissions: 4,
                size_after: Some(size),
                lasted: Some(Duration::from_secs(7)),
                ..Aftermath::UNKNOWN
            },
            ..DropVerdict::new(flow, ROUTER.into(), icmp, reason, Timestamp::default())
        }
    }

    fn found(verdict: &DropVerdict) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut diagnosis = PathMtu::default();
        diagnosis.verdict(verdict);
        diagnosis.findings(&mut found);
        found
    }

    #[track_caller]
    fn assert_black_hole(verdict: &DropVerdict, title: &str, advice: &str) {
        let found = found(verdict);
        let [finding] = found.as_slice() else {
            panic!("{found:?}");
        };
        let kind = (finding.name, finding.severity, finding.confidence);
        let expected = ("pmtu_black_hole", Severity::Critical, Confidence::Confirmed);
        assert_eq!(kind, expected);
        let expected = format!("Large packets to 10.0.2.1 vanish: {title} (3 packets)");
        assert_eq!(finding.title, expected);
        assert!(finding.advice.starts_with(advice), "{}", finding.advice);
    }

    fn of_tunnel(carried: Carried, dropper: [u8; 4], goes_on: bool) -> DropVerdict {
        DropVerdict {
            carried,
            dropper: dropper.into(),
            still_too_large: u64::from(goes_on),
            aftermath: Aftermath::UNKNOWN,
            ..going_on_with(1500)
        }
    }

    #[test]
    fn a_tunnel_that_goes_on_is_a_black_hole_for_what_it_carries() {
        let inside = AddrPair::new([10, 7, 0, 1].into(), [10, 7, 0, 2].into());
        for (carried, dropper, host) in [
            (
                Carried::Between(inside, TCP),
                ROUTER,
                Some("10.7.0.2 in the tunnel to 10.0.2.1"),
            ),
            (
                Carried::Between(inside, TCP),
                SENDER,
                Some("10.7.0.2 in the tunnel to 10.0.2.1"),
            ),
            (Carried::Several, ROUTER, Some("10.0.2.1")),
            // Its own end tells each of them once.
            (Carried::Several, SENDER, None),
        ] {
            let titles: Vec<_> = found(&of_tunnel(carried, dropper, true))
                .into_iter()
                .map(|finding| finding.title)
                .collect();
            match host {
                Some(host) => {
                    let begin = format!("Large packets to {host} vanish: ");
                    assert!(titles[0].starts_with(&begin), "{titles:?}");
                }
                None => assert!(titles.is_empty(), "{titles:?}"),
            }
            assert_eq!(found(&of_tunnel(carried, dropper, false)), []);
        }
    }

    #[test]
    fn what_an_error_names_does_not_vanish_without_one() {
        // In frame 1.
        let stall = Stalled::for_tests(going_on_with(1500).flow, 1500, 40);
        let other = AddrPair::new([10, 8, 0, 1].into(), [10, 8, 0, 2].into());
        for (frame, expected) in [(1, 0), (2, 1)] {
            let mut verdict = of_tunnel(Carried::Between(other, TCP), ROUTER, false);
            verdict.original_frames = vec![FrameRef::new(SourceId(0), frame)];
            let mut diagnosis = PathMtu::default();
            diagnosis.stalled(&stall);
            diagnosis.verdict(&verdict);
            let mut found = Vec::new();
            diagnosis.findings(&mut found);
            assert_eq!(found.len(), expected, "{frame}");
        }
    }

    #[test]
    fn what_is_not_told_is_no_size() {
        let untold = |after, version| {
            let mut verdict = going_on_with(after);
            verdict.aftermath.size_before = Some(1500);
            found(&DropVerdict {
                mtu: Some(0),
                version,
                ..verdict
            })
        };
        let title = |size, version| untold(size, version).pop().map(|finding| finding.title);
        let expected = "Large packets to 10.0.2.1 vanish: 10.0.1.1 reports no MTU, the sender goes on sending as \
                        large ones (3 packets)";
        assert_eq!(title(1500, IpVersion::V4).as_deref(), Some(expected));
        assert_eq!(title(1492, IpVersion::V4), None);
        assert!(
            title(1492, IpVersion::V6)
                .unwrap()
                .contains("reports MTU 0, the sender goes on sending larger")
        );
    }

    #[test]
    fn a_black_hole_says_why_the_sender_goes_on() {
        assert_black_hole(
            &going_on_with(1500),
            "10.0.1.1 reports MTU 1400, the sender goes on sending larger ones",
            "Find out why the sender does not act on the error",
        );
        let discarded = DropVerdict {
            discarded: 3,
            ..going_on_with(1500)
        };
        assert_black_hole(
            &discarded,
            "the errors of 10.0.1.1, MTU 1400, have bad checksums, which their receiver discards",
            "Look for faulty memory",
        );
        let short_quotes = DropVerdict {
            short_quotes: 3,
            ..going_on_with(1500)
        };
        assert_black_hole(
            &short_quotes,
            "the errors of 10.0.1.1, MTU 1400, quote too little, and their receiver discards them",
            "The quotes of 10.0.1.1 end before the ports and the sequence number",
        );
        let out_of_window = DropVerdict {
            out_of_window: 2,
            arrived: 1,
            ..going_on_with(1500)
        };
        assert_black_hole(
            &out_of_window,
            "the errors of 10.0.1.1, MTU 1400, quote sequence numbers that were not in flight, and the sender \
             discards them",
            "Look for a firewall that rewrites TCP sequence numbers",
        );
        let half_translated = DropVerdict {
            half_translated: 3,
            ..going_on_with(1500)
        };
        assert_black_hole(
            &half_translated,
            "the errors of 10.0.1.1, MTU 1400, are translated on one side only, so that the sender has no \
             connection that they quote",
            "Look at the address translator on the way",
        );
        let undelivered = |first| DropVerdict {
            undelivered: Some(Undelivered { count: 3, first }),
            ..going_on_with(1500)
        };
        let by_error = ReplyDrop::Error {
            frame: FrameRef::new(SourceId(0), 9),
            dropper: [10, 0, 9, 9].into(),
        };
        assert_black_hole(
            &undelivered(by_error),
            "the errors of 10.0.1.1, MTU 1400, are dropped on their way back by 10.0.9.9",
            "Let ICMP type 3 code 4 and ICMPv6 type 2 through 10.0.9.9.",
        );
        assert_black_hole(
            &undelivered(ReplyDrop::WhereCaptured(LocalDrop::XdpDrop)),
            "the errors of 10.0.1.1, MTU 1400, are dropped where they were captured",
            "Let ICMP type 3 code 4 and ICMPv6 type 2 through the XDP program or the tc filters there.",
        );
    }

    /// The quote of an error about a tunnel may end before the connection inside.
    #[test]
    fn what_errors_about_a_tunnel_tell_of_does_not_vanish_without_one() {
        let inside = going_on_with(1440).flow;
        let stall = Stalled::for_tests(inside, 1440, 52);
        let mut verdict = going_on_with(1476);
        verdict.flow.protocol = 47;
        verdict.flow.addrs = AddrPair::new([10, 7, 0, 1].into(), [10, 7, 0, 2].into());
        for (carried, told) in [(Carried::Unknown, true), (Carried::Flow(inside), false)] {
            let mut diagnosis = PathMtu::default();
            verdict.carried = carried;
            diagnosis.stalled(&stall);
            diagnosis.verdict(&verdict);
            let mut found = Vec::new();
            diagnosis.findings(&mut found);
            let vanishes = |finding: &Finding| finding.title.contains("without an error");
            assert_eq!(found.iter().any(vanishes), told, "{found:?}");
        }
    }

    #[test]
    fn a_sender_that_heeds_the_mtu_or_has_no_time_to_is_no_black_hole() {
        assert_eq!(found(&going_on_with(1400)), []);
        let mut soon = going_on_with(1500);
        soon.aftermath.lasted = Some(Duration::from_millis(900));
        assert_eq!(found(&soon), []);
    }
}
