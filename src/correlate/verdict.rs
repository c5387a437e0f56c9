//! Drop verdicts: one per (flow, dropper, reason).

mod network;
mod originals;
mod reason;
mod sides;
mod unresolved;

use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

pub use self::network::{Scope, TunnelNetwork, Within};
pub use self::reason::DropReason;
pub use self::sides::{Halves, OtherSide};
pub use self::unresolved::Unresolved;
use super::exchange::ReplyDrop;
use super::relation::NoOriginal;
use super::segment::Segment;
use crate::icmp::field::Extent;
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, FrameRef, Timestamp};
use crate::wire::IpVersion;
use crate::wire::ip::protocol::UDP;

/// How the errors of a verdict are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// They were captured.
    #[default]
    Captured,
    /// Another protocol told of them (sFlow and others): when, and of how many, is not known.
    Reported,
}

/// One verdict: who dropped what of a flow, why, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropVerdict {
    /// The quoted flow, in the direction of the dropped packets.
    pub flow: FlowKey,
    /// The same as the dropped packets were sent, where one was captured before a translation of it.
    pub sent_as: Option<FlowKey>,
    /// The network that the flow is of.
    pub scope: Scope,
    /// What the dropped packets carried, if they were a tunnel's.
    pub carried: Carried,
    /// Who sent the errors.
    pub dropper: IpAddr,
    /// ICMP or ICMPv6.
    pub version: IpVersion,
    /// Type of the errors.
    pub kind: u8,
    /// Code of the errors.
    pub code: u8,
    /// The reason in one word.
    pub reason: DropReason,
    /// How the errors are known.
    pub evidence: Evidence,
    /// Which part of a long story this is, from 1.
    pub part: u32,
    /// How many errors.
    pub count: u64,
    /// How many of them whoever received them discarded, for a checksum that was bad on the way (RFC
    /// 1122 section 3.2.2, RFC 4443 section 2.3).
    pub discarded: u64,
    /// How many of the others quote less than it takes to find a socket (RFC 792): systems discard those.
    pub short_quotes: u64,
    /// How many of the others were translated by halves: what they quote was sent by no socket of who
    /// received them.
    pub half_translated: u64,
    /// Where those are.
    pub halves: Option<Halves>,
    /// How many of the others quote TCP sequence numbers that were not in flight, as far as the capture
    /// tells (RFC 5927 section 4.1): systems discard those.
    pub out_of_window: u64,
    /// How many of the others are about packets that were acknowledged before: these were not dropped, and
    /// systems discard such errors.
    pub arrived: u64,
    /// How many are about TCP segments that were captured once, and acknowledged after the error: these were
    /// not dropped, either.
    pub arrived_later: u64,
    /// Those of the others that were dropped on their way back.
    pub undelivered: Option<Undelivered>,
    /// First error.
    pub first: Timestamp,
    /// Last error.
    pub last: Timestamp,
    /// The errors, the first [`DropVerdict::FRAMES`] of them.
    pub error_frames: Vec<FrameRef>,
    /// The dropped packets that were found in the capture, the first [`DropVerdict::FRAMES`] of them.
    pub original_frames: Vec<FrameRef>,
    /// How many dropped packets were found in all.
    pub original_count: u64,
    /// The last of them.
    pub last_originals: [Option<FrameRef>; Self::FRAMES],
    /// Errors about the very packet that another one was about.
    pub repeated: u64,
    /// Errors about packets that were not sent, as far as the capture tells: it has other packets of
    /// this protocol from the same sender to the same host.
    pub never_sent: u64,
    /// The smallest MTU reported, in octets.
    pub mtu: Option<u32>,
    /// Since when errors came without a minute between them.
    pub run: Timestamp,
    /// Errors that say so of IPv4 packets without DF, which routers are to fragment.
    pub fragmentable: u64,
    /// Errors a second or more later in such a run, about packets larger than the MTU told before.
    pub still_too_large: u64,
    /// Why the packets of errors were not found: of several reasons that which claims least.
    pub missed: Option<NoOriginal>,
    /// Errors about requests that were answered before.
    pub answered: u64,
    /// Octets of the dropped packets, by the length their quoted IP headers claim.
    pub bytes: u64,
    /// What all dropped packets were, if it was TCP and is known.
    pub segment: Option<Segment>,
    /// The longest time from a dropped packet to its error, where that very packet was found.
    pub slowest: Option<Duration>,
    /// Errors that were captured before their packets, which came at once, then.
    pub hasty: u64,
    /// Whose link-layer address their sender did not get.
    pub unresolved: Unresolved,
    /// Whether all quotes are there, as far as which packet they are about is not known: the snap length
    /// may have cut what tells.
    pub quotes: Extent,
    /// Largest TTL that a dropped packet was captured with.
    pub original_ttl: Option<u8>,
    /// TTL of the captured original minus the quoted one.
    pub ttl_spent: Option<u8>,
    /// Hops from the capture point to the dropper.
    pub hops_to_dropper: Option<Hops>,
    /// Guess of the hops the error travelled back, from its TTL.
    pub return_hops: Option<u8>,
    /// The destination itself sent from the refused port before.
    pub was_open: Option<WasOpen>,
    /// What the flow did next.
    pub aftermath: Aftermath,
    /// The verdict about the same packets on the other side of an address translation.
    pub same_as: Option<OtherSide>,
    /// The other side was captured first: its verdict counts these errors already.
    pub counted_there: bool,
    /// The dropped packets were a traceroute's probes: being dropped was their purpose.
    pub probe: bool,
    /// Some frame it names passed the filter.
    pub shown: bool,
}

impl DropVerdict {
    /// Whether the packets were a traceroute's probes: they are meant to be dropped, and the path that
    /// they make up tells of them. What went between the same hosts to a service's port is no probe,
    /// unless its TTL says so: that of what was captured.
    pub fn is_told_by_path(&self) -> bool {
        /// The first port that is probed: mtr(8) begins here, traceroute(8) at 33434.
        const FIRST_PROBED: u16 = 33000;
        self.probe
            && match self.flow.ports {
                FlowPorts::Ports { dst, .. } if self.reason == DropReason::PortUnreachable => {
                    dst >= FIRST_PROBED || self.original_ttl.is_some()
                }
                _ => true,
            }
    }

    /// Whether the packets may have been a traceroute's probes, by the ports that traceroute(8) counts
    /// up from: those of UDP that were not captured, so that their TTLs do not tell.
    pub fn may_be_probe(&self) -> bool {
        /// Three probes of thirty hops, and a few more.
        const PROBED: Range<u16> = 33434..33534;
        let is_probed = match self.flow.ports {
            FlowPorts::Ports { dst, .. } => PROBED.contains(&dst),
            _ => false,
        };
        is_probed
            && self.flow.protocol == UDP
            && self.original_ttl.is_none()
            && matches!(
                self.reason,
                DropReason::TtlExceeded | DropReason::PortUnreachable
            )
    }

    /// Whether nobody heard of it: none of its errors came to its receiver, whole, and told that of a socket.
    pub fn is_unheard(&self) -> bool {
        self.count > 0 && self.unheard() >= self.count
    }

    /// How many of its errors nobody heard of.
    pub(super) fn unheard(&self) -> u64 {
        let undelivered = self.undelivered.map_or(0, |undelivered| undelivered.count);
        let unheard = [
            undelivered,
            self.discarded,
            self.short_quotes,
            self.half_translated,
            self.out_of_window,
            self.arrived,
        ];
        unheard.iter().sum()
    }

    /// Whether all its errors were discarded as damaged: what they say may be what was.
    pub const fn is_damaged(&self) -> bool {
        self.count > 0 && self.discarded >= self.count
    }

    /// Whether nothing shows that anything was dropped: what its errors quote was not in flight, and was
    /// not captured either, or arrived.
    pub const fn is_unfounded(&self) -> bool {
        let arrived = self.arrived + self.arrived_later;
        let is_not_captured = self.original_count == 0 || arrived >= self.count;
        self.count > 0 && self.out_of_window + arrived >= self.count && is_not_captured
    }

    /// Whether the destination itself sent the errors: not where it stands for who sent them on the other
    /// side of a translation.
    pub fn is_by_destination(&self) -> bool {
        let is_by = |dropper, flow: FlowKey| dropper == flow.addrs.dst();
        let there = self.same_as;
        is_by(self.dropper, self.flow) && there.is_none_or(|there| is_by(there.dropper, there.flow))
    }

    /// The flow whose packets tell what came of it.
    pub fn followed(&self) -> FlowKey {
        match self.carried {
            Carried::Flow(carried) => carried,
            Carried::Unknown | Carried::Between(..) | Carried::Several => self.dropped(),
        }
    }

    /// The flow of the dropped packets as they were sent.
    pub fn dropped(&self) -> FlowKey {
        self.sent_as.unwrap_or(self.flow)
    }

    /// Hosts and protocol of the packets, which may have been probes: of a tunnel's those inside, but for
    /// a closed port, which is the tunnel's own.
    pub(super) fn probed(&self) -> (AddrPair, u8) {
        let of = |flow: FlowKey| (flow.addrs, flow.protocol);
        let own = if self.half_translated > 0 {
            self.dropped()
        } else {
            self.flow
        };
        match self.carried {
            _ if matches!(self.reason, DropReason::PortUnreachable) => of(own),
            Carried::Flow(carried) => of(carried),
            Carried::Between(addrs, protocol) => (addrs, protocol),
            Carried::Unknown | Carried::Several => of(own),
        }
    }

    /// How many frames of each kind a verdict names.
    pub const FRAMES: usize = 8;

    /// Nothing counted yet, of errors of this version, type and code from `first` on.
    pub fn new(
        flow: FlowKey,
        dropper: IpAddr,
        (version, kind, code): (IpVersion, u8, u8),
        reason: DropReason,
        first: Timestamp,
    ) -> Self {
        Self {
            flow,
            sent_as: None,
            scope: Scope::default(),
            carried: Carried::Unknown,
            dropper,
            version,
            kind,
            code,
            reason,
            evidence: Evidence::Captured,
            part: 1,
            count: 0,
            discarded: 0,
            short_quotes: 0,
            half_translated: 0,
            halves: None,
            out_of_window: 0,
            arrived: 0,
            arrived_later: 0,
            undelivered: None,
            first,
            last: first,
            error_frames: Vec::new(),
            original_frames: Vec::new(),
            original_count: 0,
            last_originals: [None; Self::FRAMES],
            repeated: 0,
            never_sent: 0,
            mtu: None,
            run: first,
            fragmentable: 0,
            still_too_large: 0,
            missed: None,
            answered: 0,
            bytes: 0,
            segment: None,
            slowest: None,
            hasty: 0,
            unresolved: Unresolved::Unknown,
            quotes: Extent::Whole,
            original_ttl: None,
            ttl_spent: None,
            hops_to_dropper: None,
            return_hops: None,
            was_open: None,
            aftermath: Aftermath::UNKNOWN,
            same_as: None,
            counted_there: false,
            probe: false,
            shown: false,
        }
    }
}

/// Errors that never came to whom they were for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// How many.
    pub count: u64,
    /// What dropped the first of them.
    pub first: ReplyDrop,
}

/// What the packets of a flow carried, innermost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carried {
    /// No packets, or that is not known.
    #[default]
    Unknown,
    /// Packets of one flow.
    Flow(FlowKey),
    /// Packets of several flows of this protocol, all from the one host to the other.
    Between(AddrPair, u8),
    /// Packets of several flows otherwise, as far as they are known.
    Several,
}

impl Carried {
    /// Whether it was more than one flow, or may have been.
    pub const fn is_of_several(&self) -> bool {
        matches!(self, Self::Between(..) | Self::Several)
    }

    /// With packets of this flow, too.
    pub(super) fn and(self, other: Option<FlowKey>) -> Self {
        match (self, other) {
            (Self::Unknown, None) => Self::Unknown,
            (Self::Flow(flow), Some(other)) if flow == other => self,
            (
                Self::Flow(FlowKey {
                    addrs, protocol, ..
                })
                | Self::Between(addrs, protocol),
                Some(other),
            ) if (addrs, protocol) == (other.addrs, other.protocol) => {
                Self::Between(addrs, protocol)
            }
            _ => Self::Several,
        }
    }
}

/// That the destination sent from the port before: it was open then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WasOpen {
    /// The last packet from there to the flow's source before the first error.
    pub last: FrameRef,
    /// What the destination was to the source, where the capture tells.
    pub role: Option<Role>,
}

/// Which end of a conversation a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It asked.
    Client,
    /// It was asked.
    Server,
}

impl Role {
    /// That of a flow's destination, by the ports: system ports are for services (RFC 6335 section
    /// 6).
    pub fn of_destination(ports: FlowPorts) -> Option<Self> {
        const USER_PORTS: u16 = 1024;
        let FlowPorts::Ports { src, dst } = ports else {
            return None;
        };
        match (src < USER_PORTS, dst < USER_PORTS) {
            (true, false) => Some(Self::Client),
            (false, true) => Some(Self::Server),
            _ => None,
        }
    }
}

/// A hop count, exact or within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// The count.
    pub count: u8,
    /// Whether it may be off by one.
    pub estimate: bool,
}

/// What the flow did after the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// In one word.
    pub outcome: AftermathOutcome,
    /// Packets of the flow's direction after the first error.
    pub packets: u64,
    /// Packets of the other direction after the first error, of other protocols than TCP.
    pub answers: u64,
    /// What is known of the other direction.
    pub back: Back,
    /// Of the flow's own, TCP segments sent again.
    pub retransmissions: u64,
    /// Largest IP length in octets before the error, as captured.
    pub size_before: Option<u32>,
    /// Largest IP length in octets after the last error, or if nothing came then, after the first: of TCP
    /// that recovered, of what was acknowledged.
    pub size_after: Option<u32>,
    /// The receiver acknowledged beyond what was dropped, or answered.
    pub acknowledged: bool,
    /// Of what was sent again the receiver acknowledged some selectively (RFC 2018), and not all.
    pub in_part: bool,
    /// How often the program began anew, from another port to the same one: within a minute of the
    /// last error, and until that met an error, too.
    pub retried: u32,
    /// From the first error to the last packet of the flow.
    pub lasted: Option<Duration>,
}

impl Aftermath {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        outcome: AftermathOutcome::Unknown,
        packets: 0,
        answers: 0,
        back: Back::Unknown,
        retransmissions: 0,
        size_before: None,
        size_after: None,
        acknowledged: false,
        in_part: false,
        retried: 0,
        lasted: None,
    };
}

/// What came from the other end after the first error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// Nothing that was captured, or that can be told from other packets.
    Unknown,
    /// Packets came.
    Captured,
    /// Nothing can: the packets are replies themselves.
    NotExpected,
}

/// The word for what a flow did after the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AftermathOutcome {
    /// Data got through: smaller segments, or an acknowledgement beyond the dropped octets.
    Recovered,
    /// The same octets were sent again and again; of other protocols than TCP, anything, and nothing came
    /// back since the last error.
    Retransmitting,
    /// Ended by a reset.
    Reset,
    /// Nothing more was sent.
    Silent,
    /// Closed in order: by both ends, as both acknowledged (RFC 9293 section 3.6).
    Ended,
    /// One end closed it, or both, and what was dropped was not acknowledged.
    HalfClosed,
    /// The capture does not tell.
    Unknown,
}
