//! An error, with what was found about it before it is added to its verdict.

use super::{Captured, VerdictKey};
use crate::correlate::in_flight::{self, InFlight};
use crate::correlate::lead::Lead;
use crate::correlate::network::{Domain, Link};
use crate::correlate::segment::Segment;
use crate::correlate::translated::Look;
use crate::correlate::verdict::{DropReason, Evidence, Unresolved};
use crate::correlate::{MatchKind, NoOriginal, Original};
use crate::icmp::{Message, Quote, Translation};
use crate::model::{FlowKey, FrameRef, Timestamp};
use crate::wire::{Ip, Limit};

/// An error with what was found about it.
#[derive(Clone, Copy, Debug)]
pub(in crate::correlate) struct Reported<'m, 'a> {
    pub(in crate::correlate) ip: &'m Ip<'a>,
    pub(in crate::correlate) message: &'m Message<'a>,
    pub(in crate::correlate) quote: &'m Quote<'a>,
    /// That of the quoted packet, or of the datagram that it is a part of.
    pub(in crate::correlate) flow: FlowKey,
    /// The same as it was sent, where it was found on the other side of a translation.
    pub(in crate::correlate) sent_as: Option<FlowKey>,
    pub(in crate::correlate) translation: Translation,
    /// That of the packet in its tunnels, if it is a tunnel's.
    pub(in crate::correlate) carried: Option<FlowKey>,
    pub(in crate::correlate) original: Option<Original>,
    pub(in crate::correlate) frame: FrameRef,
    /// The network of the flow.
    pub(in crate::correlate) domain: Domain,
    /// That of the flow whose packets tell what came of it.
    pub(in crate::correlate) followed: Link,
    /// What tells its verdict from another, see [`Verdicts::apart`](super::Verdicts::apart).
    pub(in crate::correlate) apart: Link,
    /// Where its parts are.
    pub(in crate::correlate) frames: &'m [FrameRef],
    pub(in crate::correlate) ts: Timestamp,
    pub(in crate::correlate) shown: bool,
    /// The capture would have the quoted packet if it had been sent.
    pub(in crate::correlate) never_sent: bool,
    pub(in crate::correlate) evidence: Evidence,
    pub(in crate::correlate) captured: Captured,
    pub(in crate::correlate) in_flight: InFlight,
    /// What was captured of the quoted packet, unless what is in its tunnel is followed.
    pub(in crate::correlate) quoted: in_flight::Captured,
    /// The request that it is about was answered before.
    pub(in crate::correlate) answered: bool,
    pub(in crate::correlate) unresolved: Unresolved,
}

impl Reported<'_, '_> {
    /// The verdict it belongs to, and its reason.
    pub(in crate::correlate) fn verdict(&self) -> Option<(VerdictKey, DropReason)> {
        let message = self.message;
        let reason = DropReason::of_message(message)?;
        let key = VerdictKey {
            flow: self.flow,
            dropper: self.ip.src(),
            version: message.version,
            kind: message.kind,
            code: message.code?,
            evidence: self.evidence,
            apart: self.apart,
        };
        Some((key, reason))
    }

    /// What tells it from others.
    pub(super) fn look(&self) -> Look<'_, '_> {
        Look {
            ip: self.ip,
            message: self.message,
            quote: self.quote,
            frame: self.frame,
            ts: self.ts,
        }
    }

    /// Why its packet was not found, if it was not.
    pub(super) fn missed(&self) -> Option<NoOriginal> {
        let ip = &self.quote.ip;
        match self.original? {
            Original::None(why) => Some(why),
            // What would tell that it is another was cut as well.
            Original::Found { is_other: true, .. }
                if ip.limit == Limit::Capture && ip.payload.len() < Lead::OCTETS =>
            {
                Some(NoOriginal::QuoteCut)
            }
            Original::Found { .. } => None,
        }
    }

    /// What it is about, where that is TCP.
    pub(in crate::correlate) fn segment(&self) -> Option<Segment> {
        let captured = || match self.original {
            Some(Original::Found {
                match_kind, flags, ..
            }) if match_kind != MatchKind::Flow => Segment::with(flags),
            _ => None,
        };
        let of_connection =
            (self.in_flight == InFlight::OfConnection).then_some(Segment::Connected);
        Segment::quoted(self.quote)
            .or_else(captured)
            .or(of_connection)
    }
}
