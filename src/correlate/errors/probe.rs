//! What an error is to the traceroute whose probe it answers.

use std::net::IpAddr;

use crate::correlate::lead::Lead;
use crate::correlate::trace::{Fate, Path};
use crate::correlate::traces::{ProbeAnswer, TraceKey};
use crate::correlate::verdict::DropReason;
use crate::correlate::verdicts::Reported;
use crate::correlate::{Correlator, MatchKind, Original};
use crate::icmp::object::{ExtensionObject, Labels};
use crate::icmp::{Message, Translation};
use crate::model::AddrPair;
use crate::wire::Limit;
use crate::wire::ip::protocol::UDP;

impl Correlator {
    /// Takes an error as the answer to a probe, if it is one, where packets are remembered.
    #[inline]
    pub(super) fn answers_probe(&mut self, error: &Reported<'_, '_>, reason: DropReason) {
        if self.ring.is_none() {
            return;
        }
        let displaced = if is_of_some_probe(error, reason) {
            let ip = &error.quote.ip;
            let probes = TraceKey::new(ip.ends(), ip.protocol, Lead::of_ip(ip));
            self.traces.blur(probes, (error.ts, error.frame))
        } else {
            self.trace(
                self.answer(error, reason)
                    .map(|it| self.carried.answered(it)),
            )
        };
        self.tell_paths(displaced);
    }

    /// The probe that an error answers, as who gets the error sent it.
    pub(in crate::correlate) fn answer<'a>(
        &self,
        error: &Reported<'_, 'a>,
        reason: DropReason,
    ) -> Option<(ProbeAnswer<'a>, DropReason)> {
        let (answer, reason) = ring_answer(error, reason)?;
        let answer = match (&self.ring, error.translation) {
            (Some(ring), Translation::HalfOfSource) => {
                answer.received_by(error.ip.ends().dst(), ring)
            }
            _ => answer,
        };
        Some((answer, reason))
    }

    /// Takes what answers a probe, if that is known; the paths that are complete then.
    pub(in crate::correlate) fn trace(
        &mut self,
        answer: Option<(ProbeAnswer<'_>, DropReason)>,
    ) -> Vec<Path> {
        match (answer, &self.ring) {
            (Some((answer, DropReason::TtlExceeded)), Some(ring)) => {
                self.traces.expired(ring, &answer)
            }
            (Some((answer, _)), ring) => self.traces.answered(ring.as_ref(), &answer),
            (None, _) => Vec::new(),
        }
    }
}

/// Whether an error answers a probe, and the snap length cut what tells which.
fn is_of_some_probe(error: &Reported<'_, '_>, reason: DropReason) -> bool {
    let is_of_flow = matches!(
        error.original,
        Some(Original::Found {
            match_kind: MatchKind::Flow,
            ..
        })
    );
    is_of_flow && reason == DropReason::TtlExceeded && error.quote.ip.limit == Limit::Capture
}

/// The probe that an error answers, where its original was found.
fn ring_answer<'a>(
    error: &Reported<'_, 'a>,
    reason: DropReason,
) -> Option<(ProbeAnswer<'a>, DropReason)> {
    let Some(Original::Found {
        match_kind,
        frame,
        before,
        ttl,
        ..
    }) = error.original
    else {
        return None;
    };
    let quoted = &error.quote.ip;
    // One that is not translated yet may come again, and be about the probe itself then.
    let (addrs, lead) = match &error.sent_as {
        Some(flow) if error.translation != Translation::None => {
            (flow.addrs, Lead::of_flow(flow.ports))
        }
        _ => (quoted.ends(), Lead::of_ip(quoted)),
    };
    let probed = (addrs, quoted.protocol);
    (match_kind != MatchKind::Flow || reason == DropReason::PortUnreachable).then_some((
        ProbeAnswer {
            addrs: probed.0,
            protocol: probed.1,
            lead,
            ttl,
            probe: frame,
            frame: error.frame,
            from: error.ip.src(),
            rtt: before,
            ttl_back: error.ip.hop_limit(),
            ts: error.ts,
            mpls: labels(error.message),
            fate: fate(reason, error.ip.src(), probed),
            tunnel: None,
            shown: error.shown,
        },
        reason,
    ))
}

/// What became of a probe of this protocol from one host to another: only who is asked says that nobody
/// listens, and of TCP its stack resets (RFC 9293 section 3.10.7.1).
pub(in crate::correlate) fn fate(
    reason: DropReason,
    from: IpAddr,
    (addrs, protocol): (AddrPair, u8),
) -> Fate {
    match reason {
        DropReason::TtlExceeded => Fate::Expired,
        DropReason::PortUnreachable if from == addrs.dst() && protocol == UDP => Fate::Arrived,
        _ => Fate::Refused(reason),
    }
}

/// The MPLS label stack an error reports (RFC 4950).
fn labels<'a>(message: &Message<'a>) -> Option<Labels<'a>> {
    message
        .extensions()?
        .objects()
        .find_map(|object| match object.kind {
            ExtensionObject::Mpls(labels) => Some(labels),
            _ => None,
        })
}
