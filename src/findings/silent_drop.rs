//! Connections tried again and again, or data sent again and again, with no answer and no word from
//! anybody.
//!
//! Rule: of a TCP connection the SYN was retransmitted, the capture ran on to the time of the second
//! retransmission, and neither an answer nor an ICMP error about it was captured. Or: an established
//! connection sent the same octets four times in three seconds or more, nobody acknowledged them, and
//! no ICMP error was about its two ends, with their ports (where only large segments vanish that is a
//! `pmtu_black_hole`). If they had closed their side before, they may have left for good: worth
//! knowing, no warning. A candidate, no more: the packets may be dropped on the way there or the answers
//! on the way back, unless other packets to the same host were captured at points further on. Where no
//! packet to the sender was captured at all, the capture may see one direction only: worth knowing, no
//! warning. An answered SYN is one all the same where it is sent again after it was answered more than
//! once, and the connection does not go on. Nothing is said where the kernel dropped packets.
//! Source: RFC 9293 section 3.10.7 (what a host answers to a SYN), RFC 6298 section 2.1 and 5.5 (when
//! it is sent again).

use std::collections::HashSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::stalled::{Peer, Stalled};
use crate::correlate::transmissions::Transmissions;
use crate::correlate::unanswered::{Directions, Unanswered};
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, FrameRef};
use crate::source::InterfaceCounts;

/// A host that gets no answer from more destinations than this gets one finding.
const DESTINATIONS: usize = 4;
/// Peers counted per host.
const PEERS: usize = 1000;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct SilentDrop {
    pairs: Groups<(What, IpAddr, IpAddr), Silence>,
    by_source: Groups<(What, IpAddr), Sweep>,
    drops: bool,
}

/// What nobody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Connecting,
    /// A connection that is accepted, in vain.
    Accepted,
    Data,
    /// Data for a peer that has closed its side.
    Farewell,
}

#[derive(Clone, Debug, Default)]
struct Silence {
    /// SYNs, or transmissions of the same data, in `errors`.
    group: Group,
    both_directions: bool,
    /// Connections whose packets came less far than others.
    lost_on_way: u64,
}

#[derive(Clone, Debug, Default)]
struct Sweep {
    silence: Silence,
    destinations: HashSet<IpAddr, RandomState>,
}

/// One connection.
struct Attempt<'a> {
    what: What,
    flow: FlowKey,
    sent: &'a Transmissions,
    directions: Directions,
    last_seen: Option<FrameRef>,
}

impl Silence {
    fn add(&mut self, attempt: &Attempt<'_>) {
        self.group.errors += u64::from(attempt.sent.count);
        self.group.flows += 1;
        if let FlowPorts::Ports { dst, .. } = attempt.flow.ports {
            self.group.ports.add(dst);
        }
        // Behind that frame they vanish.
        self.group.show(attempt.last_seen.as_slice());
        self.lost_on_way += u64::from(attempt.last_seen.is_some());
        self.group.show(attempt.sent.frames());
        self.both_directions |= attempt.directions == Directions::Both;
    }

    fn finding(&self, what: What, src: IpAddr, to: &str) -> Finding {
        let Group {
            errors,
            flows,
            ports,
            evidence,
            ..
        } = &self.group;
        let of = match flows {
            1 => String::new(),
            flows => format!(" of {flows} connections"),
        };
        let title = match what {
            What::Connecting => format!(
                "{src} gets no answer from {to}{ports}, and no ICMP error: {errors} SYNs{of}"
            ),
            What::Accepted => format!(
                "{src} gets no answer from {to}{ports}, which does answer, and no ICMP error: {errors} \
                 SYNs{of}; the answers were lost on their way back"
            ),
            What::Data => format!(
                "{src} gets no acknowledgement from {to}{ports}, and no ICMP error: the same data{of} \
                 sent {errors} times"
            ),
            What::Farewell => format!(
                "{src} gets no acknowledgement from {to}{ports}, which closed before, and no ICMP \
                 error: the same data{of} sent {errors} times"
            ),
        };
        let is_on_way = self.lost_on_way > 0 && self.lost_on_way == *flows;
        let (severity, title, advice) = if what == What::Accepted {
            (
                Severity::Warning,
                title,
                "The SYNs arrive and are answered, and their sender goes on asking: the answers vanish \
                 behind the point where they were last seen. Look there for a packet filter, for one \
                 that knows nothing of the connection as the SYNs went another way, or for a missing \
                 route back.",
            )
        } else if is_on_way && what != What::Farewell {
            (
                Severity::Warning,
                format!("{title}; they were lost on their way there"),
                "Other packets from the same host to the same destination came further: these vanish \
                 behind the point where they were last seen. Look for a packet filter or a full queue \
                 there.",
            )
        } else if self.both_directions {
            (
                match what {
                    What::Connecting | What::Accepted | What::Data => Severity::Warning,
                    What::Farewell => Severity::Info,
                },
                title,
                match what {
                    What::Connecting | What::Accepted => {
                        "Somebody drops without a word: a packet filter on the way or on the host, a \
                         black-hole route, a host that is down behind a router that sends no errors, \
                         or the answers get lost on their way back. Capture nearer to the destination: \
                         do the SYNs arrive, does it answer?"
                    }
                    What::Data => {
                        "It worked before: a route went away, a firewall forgot the connection, a \
                         link or the other host went down, or the acknowledgements get lost on their \
                         way back. Capture nearer to the destination: do the segments arrive, does it \
                         acknowledge them?"
                    }
                    What::Farewell => {
                        "Who closes may be gone before all has arrived: its program ended, its host \
                         went down, or a firewall forgot the connection with the close. What was sent \
                         after it is lost; if it matters, the program has to wait for an answer \
                         before it closes."
                    }
                },
            )
        } else {
            (
                Severity::Info,
                format!("{title}; the capture has no packet that goes back"),
                "Make sure that the capture point sees both directions. If it does, a packet filter \
                 drops, or the destination is down.",
            )
        };
        Finding {
            name: "silent_drop",
            severity,
            title,
            evidence: evidence.clone(),
            confidence: Confidence::Suspected,
            advice: advice.to_owned(),
        }
    }
}

impl SilentDrop {
    /// Answers may be among what was dropped.
    pub(super) fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.drops = (interfaces.iter()).any(|interface| interface.counts.any_dropped());
    }

    pub(super) fn unanswered(&mut self, attempt: &Unanswered) {
        self.add(&Attempt {
            what: match attempt.in_vain {
                Some(_) => What::Accepted,
                None => What::Connecting,
            },
            flow: attempt.flow,
            sent: &attempt.sent,
            directions: attempt.directions,
            last_seen: attempt.last_seen.or(attempt.in_vain),
        });
    }

    pub(super) fn stalled(&mut self, stall: &Stalled) {
        self.add(&Attempt {
            what: match stall.peer {
                Peer::Open => What::Data,
                Peer::Closed => What::Farewell,
            },
            flow: stall.flow,
            sent: &stall.sent,
            directions: stall.directions,
            last_seen: stall.last_seen,
        });
    }

    fn add(&mut self, attempt: &Attempt<'_>) {
        let (what, addrs) = (attempt.what, attempt.flow.addrs);
        if let Some(silence) = self.pairs.entry((what, addrs.src(), addrs.dst())) {
            silence.add(attempt);
        }
        if let Some(sweep) = self.by_source.entry((what, addrs.src())) {
            sweep.silence.add(attempt);
            if sweep.destinations.len() < PEERS {
                sweep.destinations.insert(addrs.dst());
            }
        }
    }
}

impl Diagnosis for SilentDrop {
    fn findings(&mut self, found: &mut Vec<Finding>) {
        if self.drops {
            return;
        }
        let mut wide = HashSet::<(What, IpAddr), RandomState>::default();
        for ((what, src), sweep) in self.by_source.iter() {
            let destinations = sweep.destinations.len();
            if destinations > DESTINATIONS {
                wide.insert((*what, *src));
                let to = format!("{destinations} destinations,");
                found.push(sweep.silence.finding(*what, *src, &to));
            }
        }
        for ((what, src, dst), silence) in self.pairs.iter() {
            if !wide.contains(&(*what, *src)) {
                found.push(silence.finding(*what, *src, &dst.to_string()));
            }
        }
    }
}
