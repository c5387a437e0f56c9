//! Who asked a link for an address and heard nothing: what makes a router say that a host cannot be
//! reached.
//!
//! Linux says so whichever neighbor does not answer: the destination, or the router that is next on the
//! way there. (RFC 1812 section 5.2.7.1 and RFC 4443 section 3.1 speak of the destination.) Which of them
//! it was, the requests tell, where they were captured: RFC 826, RFC 4861 section 7.2.2.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::verdict::{DropReason, Unresolved};
use crate::icmp::ndp::{Ndp, NdpKind};
use crate::icmp::payload::initial_ttl;
use crate::model::{Frame, SourceId, Timestamp};
use crate::wire::Packet;
use crate::wire::arp::{Arp, ArpOperation};
use crate::wire::link::{self, LinkAddress};

/// Requests that are remembered.
const REMEMBERED: usize = 256;
/// Requests with longer between them are of two attempts: three, one second apart, make one (RFC 4861
/// section 10; ARP of Linux and of BSD alike).
const OF_ONE_ATTEMPT: Duration = Duration::from_secs(5);
/// Who asked no more than once may yet be answered.
const ASKED_AGAIN: Duration = Duration::from_millis(500);
/// How long behind the last request an attempt is given up, and a little more (RFC 4861 section 10).
const GIVEN_UP: Duration = Duration::from_millis(1500);

/// Requests that were not answered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolutions {
    asked: VecDeque<Asked>,
}

/// Requests of one host for one address.
#[derive(Clone, Copy, Debug)]
struct Asked {
    by: IpAddr,
    target: IpAddr,
    /// Where they were captured.
    source: SourceId,
    from: Sender,
    first: Timestamp,
    last: Timestamp,
}

/// What a link tells of who sent a frame.
#[derive(Clone, Copy, Debug)]
struct Sender {
    station: Option<LinkAddress>,
    /// It is the host that captures.
    captures: bool,
}

impl Sender {
    fn of(frame: &Frame<'_>) -> Self {
        Self {
            station: link::addresses(frame).src,
            captures: link::goes_out(frame),
        }
    }

    fn is(self, other: Self) -> bool {
        self.captures && other.captures || self.station.is_some() && self.station == other.station
    }
}

impl Resolutions {
    /// Takes a frame that has no IP packet.
    pub(super) fn not_ip(&mut self, frame: &Frame<'_>) {
        let Some(arp) = Arp::of(frame) else { return };
        self.heard_of(arp.sender.into());
        let is_open = arp.sender != arp.target && !arp.sender.is_unspecified();
        if arp.operation == ArpOperation::Request && is_open {
            self.ask(frame, arp.sender.into(), arp.target.into());
        }
    }

    /// Takes a message of Neighbor Discovery.
    #[inline(never)]
    pub(super) fn neighbors(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, ndp: &Ndp<'_>) {
        match ndp.kind {
            NdpKind::NeighborSolicitation { target } if !packet.ip.src().is_unspecified() => {
                self.heard_of(packet.ip.src());
                if packet.tunnels.is_empty() {
                    self.ask(frame, packet.ip.src(), target.into());
                }
            }
            NdpKind::NeighborAdvertisement { target, .. } => self.heard_of(target.into()),
            _ => {}
        }
    }

    /// A host is there.
    fn heard_of(&mut self, host: IpAddr) {
        self.asked.retain(|asked| asked.target != host);
    }

    fn ask(&mut self, frame: &Frame<'_>, by: IpAddr, target: IpAddr) {
        let (source, ts) = (frame.source, frame.ts);
        let known = self.asked.iter_mut().find(|asked| {
            (asked.by, asked.target, asked.source) == (by, target, source)
                && ts
                    .since(asked.last)
                    .is_some_and(|gap| gap <= OF_ONE_ATTEMPT)
        });
        if let Some(known) = known {
            known.last = ts;
            return;
        }
        if self.asked.len() == REMEMBERED {
            self.asked.pop_front();
        }
        self.asked.push_back(Asked {
            by,
            target,
            source,
            from: Sender::of(frame),
            first: ts,
            last: ts,
        });
    }

    /// Whose address the sender of an error in this frame asked for in vain, if that says that `host`
    /// cannot be reached.
    pub(super) fn unresolved(
        &self,
        reason: DropReason,
        (frame, packet): (&Frame<'_>, &Packet<'_>),
        host: IpAddr,
    ) -> Unresolved {
        if reason != DropReason::HostUnreachable || self.asked.is_empty() {
            return Unresolved::Unknown;
        }
        let error = &packet.ip;
        let ago = |asked: &Asked| frame.ts.since(asked.last);
        let asked_for_it = |asked: &&Asked| {
            asked.target == host && ago(asked).is_some_and(|ago| ago <= OF_ONE_ATTEMPT)
        };
        if self.asked.iter().any(|asked| asked_for_it(&asked)) {
            return Unresolved::Destination;
        }
        // The sender has other addresses on its other links; who passes an error on is not its sender.
        let sender = (error.hop_limit())
            .filter(|ttl| *ttl == initial_ttl(*ttl) && packet.tunnels.is_empty())
            .map(|_| Sender::of(frame));
        let by_sender = |asked: &Asked| {
            asked.by == error.src()
                || asked.source == frame.source && sender.is_some_and(|it| it.is(asked.from))
        };
        let gave_up = |asked: &&Asked| {
            ago(asked).is_some_and(|ago| ago <= GIVEN_UP)
                && (asked.last.since(asked.first)).is_some_and(|time| time >= ASKED_AGAIN)
                && by_sender(asked)
        };
        let mut hops = self.asked.iter().filter(gave_up).map(|asked| asked.target);
        match hops.next() {
            Some(hop) if hops.all(|other| other == hop) => Unresolved::NextHop(hop),
            _ => Unresolved::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
