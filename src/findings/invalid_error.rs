//! Errors that no host or router sends in earnest, or that tell no program of anything: `invalid_error`, and
//! `spoofed_error`.
//!
//! Rule: an error about an error or a redirect; an MTU below what every link carries; a quote of less than the IP
//! header and 8 octets; one that was translated on one side only; one about a TCP segment that was not in
//! flight; or errors that quote packets which were never sent, though the capture holds that sender's other
//! packets of the same protocol to the same host and port, from five seconds before the error on, and the
//! kernel dropped nothing. A single one of those may be the capture's fault: it takes three for a warning.
//! Source: RFC 1122 section 3.2.2 and RFC 4443 section 2.4 (e) on errors about those; RFC 791 (68
//! octets), RFC 8200 section 5 (1280) and RFC 8201 section 4 on the MTU; RFC 792 on quotes, and RFC 5508
//! section 4.2 on their translation; RFC 5927 on forged errors, section 4.1 on what is in flight.

use std::net::IpAddr;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::verdict::DropVerdict;
use crate::icmp::kind::v6;
use crate::icmp::{Body, ErrorClass, Message, QuotedTransport, is_error};
use crate::model::{AddrPair, Frame};
use crate::source::InterfaceCounts;
use crate::wire::IpVersion;

/// Every link carries IPv4 packets of so many octets.
const SMALLEST_MTU_V4: u32 = 68;
/// ... and IPv6 packets of so many.
const SMALLEST_MTU_V6: u32 = 1280;
/// Errors about packets never sent from which on they are no accident.
const NEVER_SENT: u64 = 3;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct InvalidError {
    /// By fault, sender and receiver.
    faults: Groups<(Fault, AddrPair)>,
    /// By sender and the host that never sent.
    never_sent: Groups<(IpAddr, IpAddr)>,
    drops: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fault {
    AboutError,
    AboutRedirect,
    SmallMtu(u32),
    ShortQuote,
    HalfTranslated,
    OutOfWindow,
    Arrived,
}

impl InvalidError {
    /// Takes any message that is no copy.
    pub(super) fn message(&mut self, frame: &Frame<'_>, addrs: AddrPair, message: &Message<'_>) {
        if let Body::Error(error) = &message.body
            && let Some(fault) = fault(message, error.class)
            && let Some(group) = self.faults.entry((fault, addrs))
        {
            group.errors += 1;
            group.show(&[frame.reference()]);
        }
    }

    /// The packets may be among what was dropped.
    pub(super) fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.drops = (interfaces.iter()).any(|interface| interface.counts.any_dropped());
    }
}

fn fault(message: &Message<'_>, class: ErrorClass) -> Option<Fault> {
    if let ErrorClass::TooBig { mtu: Some(mtu) } = class {
        let smallest = match message.version {
            IpVersion::V4 => SMALLEST_MTU_V4,
            IpVersion::V6 => SMALLEST_MTU_V6,
        };
        // 0 is what routers older than RFC 1191 send.
        let is_told = mtu > 0 || message.version == IpVersion::V6;
        return (is_told && mtu < smallest).then_some(Fault::SmallMtu(mtu));
    }
    let quote = message.quote()?;
    match quote.transport {
        QuotedTransport::Icmp { kind, .. } if is_error(quote.ip.version, kind) => {
            Some(match (quote.ip.version, kind) {
                (IpVersion::V6, v6::REDIRECT) => Fault::AboutRedirect,
                _ => Fault::AboutError,
            })
        }
        _ => None,
    }
}

impl Diagnosis for InvalidError {
    fn verdict(&mut self, verdict: &DropVerdict) {
        let to = AddrPair::new(verdict.dropper, verdict.dropped().addrs.src());
        for (fault, count) in [
            (Fault::ShortQuote, verdict.short_quotes),
            (Fault::OutOfWindow, verdict.out_of_window + verdict.arrived),
            (Fault::Arrived, verdict.arrived_later),
        ] {
            if count > 0
                && let Some(group) = self.faults.entry((fault, to))
            {
                group.errors += count;
                group.flows += 1;
                group.show(&verdict.error_frames);
            }
        }
        if let Some(halves) = &verdict.halves
            && let Some(group) = self.faults.entry((Fault::HalfTranslated, halves.ends))
        {
            // The verdict of the same errors before their translation has them, unless a filter hid it.
            let same_flow = (verdict.same_as).is_some_and(|there| there.flow == verdict.flow);
            if !(verdict.counted_there && same_flow) || group.errors == 0 {
                group.errors += verdict.half_translated;
                group.flows += 1;
            }
            group.show(&halves.frames);
        }
        if verdict.never_sent == 0 {
            return;
        }
        if let Some(group) = (self.never_sent).entry((verdict.dropper, verdict.flow.addrs.src())) {
            group.errors += verdict.never_sent;
            group.flows += 1;
            group.show(&verdict.error_frames);
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        // That it was sent again may have been missed.
        let may_be_wrong = |fault: &Fault| self.drops && *fault == Fault::Arrived;
        let faults = (self.faults.iter())
            .filter(|((fault, _), _)| !may_be_wrong(fault))
            .map(|((fault, addrs), group)| invalid(*fault, *addrs, group));
        found.extend(faults);
        if self.drops {
            return;
        }
        let spoofed = self
            .never_sent
            .iter()
            .map(|((from, about), group)| spoofed(*from, *about, group));
        found.extend(spoofed);
    }
}

fn invalid(fault: Fault, addrs: AddrPair, group: &Group) -> Finding {
    let (src, dst) = (addrs.src(), addrs.dst());
    let tally = group.tally();
    let (title, advice) = match fault {
        Fault::AboutError => (
            format!("{src} answers an ICMP error with an error, to {dst}{tally}"),
            "No stack does so: it could go on for ever. Look for a broken middlebox, or for somebody \
             who forges errors.",
        ),
        Fault::AboutRedirect => (
            format!("{src} answers a redirect with an error, to {dst}{tally}"),
            "No stack does so (RFC 4443 section 2.4). Look for a broken middlebox, or for somebody who forges \
             errors.",
        ),
        Fault::SmallMtu(mtu) => (
            format!("{src} tells {dst} of an MTU of {mtu}, which is less than any link has{tally}"),
            "Stacks ignore it, or send tiny packets from now on. Look for a misconfigured tunnel, or \
             for somebody who forges errors to slow connections down.",
        ),
        Fault::ShortQuote => (
            format!("The errors of {src} to {dst} quote too little to be heeded{tally}"),
            "Systems hand no error to a program that quotes less than the IP header and 8 octets behind it \
             (RFC 792): what was refused seems lost to it. Look for an update of who sends them, or for what \
             cuts them short.",
        ),
        Fault::HalfTranslated => (
            format!(
                "The errors of {src} to {dst} are translated on one side only: no connection fits what \
                 they quote{tally}"
            ),
            "Hardly any program hears of those: what was refused seems lost to it. Look at the address \
             translator on the way: it has to rewrite what errors quote as it does their headers (RFC \
             5508 section 4.2).",
        ),
        Fault::OutOfWindow => (
            format!(
                "The errors of {src} to {dst} quote TCP segments that were not in flight: no connection \
                 takes them{tally}"
            ),
            "What they quote was acknowledged already, or not sent yet: systems discard such errors (RFC 5927 \
             section 4.1). Somebody may forge them to break connections; or a firewall rewrites sequence \
             numbers and leaves those alone that errors quote; a few may have been late, or about keep-alive \
             probes.",
        ),
        Fault::Arrived => (
            format!("The errors of {src} to {dst} are about TCP segments that arrived{tally}"),
            "What they quote was acknowledged afterwards, and had not been sent again: nobody dropped it. \
             Somebody may forge them to break connections or to slow them down (RFC 5927 section 7), or a \
             router reports what it forwards all the same.",
        ),
    };
    Finding {
        name: "invalid_error",
        severity: Severity::Warning,
        title,
        evidence: group.evidence.clone(),
        confidence: match fault {
            Fault::HalfTranslated | Fault::OutOfWindow | Fault::Arrived => Confidence::Suspected,
            _ => Confidence::Confirmed,
        },
        advice: advice.to_owned(),
    }
}

fn spoofed(from: IpAddr, about: IpAddr, group: &Group) -> Finding {
    Finding {
        name: "spoofed_error",
        severity: if group.errors >= NEVER_SENT {
            Severity::Warning
        } else {
            Severity::Info
        },
        title: format!(
            "{from} sends errors about packets that {about} never sent{}",
            group.tally()
        ),
        evidence: group.evidence.clone(),
        confidence: Confidence::Suspected,
        advice:
            "Somebody may forge errors to break connections or to make them slow. If the capture \
                 does not see all that the host sends (a second link, hardware offload), it means \
                 nothing."
                .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::verdict::{DropReason, Halves};
    use crate::model::flow::FlowPorts;
    use crate::model::{FlowKey, Timestamp};
    use crate::wire::ip::protocol::TCP;

    #[test]
    fn errors_that_no_program_hears_of() {
        let receiver = [10, 0, 0, 1].into();
        for ((short_quotes, half_translated, arrived), title, confidence) in [
            (
                (2, 0, 0),
                "The errors of 192.0.2.1 to 10.0.0.1 quote too little to be heeded (2 packets)",
                Confidence::Confirmed,
            ),
            (
                (0, 0, 2),
                "The errors of 192.0.2.1 to 10.0.0.1 quote TCP segments that were not in flight: no \
                 connection takes them (2 packets)",
                Confidence::Suspected,
            ),
            (
                (0, 2, 0),
                "The errors of 192.0.2.1 to 10.0.0.1 are translated on one side only: no connection fits \
                 what they quote (2 packets)",
                Confidence::Suspected,
            ),
        ] {
            let flow = |src: [u8; 4]| FlowKey {
                protocol: TCP,
                addrs: AddrPair::new(src.into(), [198, 51, 100, 9].into()),
                ports: FlowPorts::Ports { src: 4, dst: 80 },
            };
            let icmp = (IpVersion::V4, 3, 13);
            let (reason, at) = (DropReason::AdminProhibited, Timestamp::default());
            let dropper = [192, 0, 2, 1].into();
            let verdict = DropVerdict {
                count: 3,
                short_quotes,
                half_translated,
                halves: (half_translated > 0).then(|| Halves {
                    ends: AddrPair::new(dropper, receiver),
                    frames: Vec::new(),
                }),
                arrived,
                sent_as: Some(flow([10, 0, 0, 1])),
                ..DropVerdict::new(flow([203, 0, 113, 5]), dropper, icmp, reason, at)
            };
            let mut diagnosis = InvalidError::default();
            diagnosis.verdict(&verdict);
            let mut found = Vec::new();
            diagnosis.findings(&mut found);
            let [finding] = &found[..] else {
                panic!("{found:?}");
            };
            assert_eq!(
                (finding.name, finding.severity),
                ("invalid_error", Severity::Warning)
            );
            assert_eq!(
                (finding.title.as_str(), finding.confidence),
                (title, confidence)
            );
        }
    }
}
