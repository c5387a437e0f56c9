//! Errors of which nothing counts but what they say themselves.

use crate::correlate::Correlator;
use crate::correlate::in_flight::{self, InFlight};
use crate::correlate::network::{Domain, Link};
use crate::correlate::repeats::Spot;
use crate::correlate::sighting::{Mirror, Passage};
use crate::correlate::verdict::{Evidence, Unresolved};
use crate::correlate::verdicts::{Captured, Reported};
use crate::icmp::{Message, Quote, Translation};
use crate::model::{FlowKey, Frame};
use crate::wire::{Packet, is_dropped};

impl Correlator {
    /// An error that another protocol tells of. It was sent somewhere, so what it says of the flow it
    /// quotes holds: that adds to a verdict of its own kind. When it was sent, and how many more were,
    /// is not known: nothing else is drawn from it. Of one that was dropped, nothing at all.
    pub(in crate::correlate) fn reported_error(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        quote: &Quote<'_>,
        shown: bool,
    ) {
        if is_dropped(frame, packet) {
            // Nobody was told of anything.
            return;
        }
        let evidence = Evidence::Reported;
        let spot = Spot::of(frame, packet);
        let seen = (&spot, |_| Mirror::AtWork);
        let (addrs, octets) = (packet.ip.addrs, message.bytes);
        // Each switch on its way may tell of it.
        if (self.repeats.copy_of(evidence, addrs, octets, seen)).is_some() {
            return;
        }
        let flow = self.datagrams.flow(None, quote);
        self.error_alone((frame, packet, message), (quote, flow), evidence, shown);
    }

    /// Adds an error of which nothing counts but what it says itself, about this flow.
    pub(in crate::correlate) fn error_alone(
        &mut self,
        (frame, packet, message): (&Frame<'_>, &Packet<'_>, &Message<'_>),
        (quote, flow): (&Quote<'_>, FlowKey),
        evidence: Evidence,
        shown: bool,
    ) {
        let mut reported = Reported {
            ip: &packet.ip,
            message,
            quote,
            flow,
            sent_as: None,
            translation: Translation::None,
            carried: None,
            original: None,
            frame: frame.reference(),
            domain: match evidence {
                Evidence::Captured => Domain::of(packet),
                Evidence::Reported => Domain::default(),
            },
            followed: Link::UNKNOWN,
            apart: Link::UNKNOWN,
            frames: &[frame.reference()],
            ts: frame.ts,
            shown,
            never_sent: false,
            evidence,
            captured: match evidence {
                Evidence::Captured => Captured::of(frame, packet),
                Evidence::Reported => Captured::OnTheWay(Passage::Unknown),
            },
            in_flight: InFlight::MayBe,
            quoted: in_flight::Captured::No,
            answered: false,
            unresolved: Unresolved::Unknown,
        };
        reported.apart = self.verdicts.apart(&reported);
        if let Some(verdict) = self.verdicts.error(&reported) {
            self.complete(verdict);
        }
    }
}
