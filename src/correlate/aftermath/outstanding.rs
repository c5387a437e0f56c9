//! Segments of a flow that wait for an acknowledgement: which of them got through.

use std::num::NonZeroU32;

use super::{Followed, is_beyond};
use crate::correlate::network::Link;
use crate::correlate::observation::Observation;
use crate::correlate::verdicts::VerdictKey;
use crate::model::FlowKey;

/// Segments sent since the first error that are remembered: of more, those sent last are not.
const SENT: usize = 8;
/// Segments that errors quote.
const QUOTED: usize = 4;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outstanding {
    sent: [Option<Sent>; SENT],
    quoted: [Option<Quoted>; QUOTED],
    /// Errors about segments that were acknowledged without being sent again.
    pub(super) arrived: u32,
}

/// One that was sent: its octets, and the length of its packet.
#[derive(Clone, Copy, Debug)]
struct Sent {
    from: u32,
    to: u32,
    length: NonZeroU32,
}

/// One that was captured once before errors were about it: its octets.
#[derive(Clone, Copy, Debug)]
struct Quoted {
    seq: u32,
    to: u32,
    errors: NonZeroU32,
}

impl Outstanding {
    /// An error is about the segment that begins here and ends before `to`, which was captured once.
    pub(super) fn quoted(&mut self, seq: u32, to: u32) {
        let mut known = self.quoted.iter_mut().flatten();
        if let Some(quoted) = known.find(|quoted| quoted.seq == seq) {
            quoted.errors = quoted.errors.saturating_add(1);
        } else if let Some(place) = self.quoted.iter_mut().find(|place| place.is_none()) {
            let errors = NonZeroU32::MIN;
            *place = Some(Quoted { seq, to, errors });
        }
    }

    /// A packet is seen with these octets, sent now or captured again: which of them arrived is not known. The
    /// first time some of a segment may have arrived, and the rest not.
    pub(super) fn seen(&mut self, from: u32, octets: u32) {
        let to = from.wrapping_add(octets);
        for place in &mut self.quoted {
            place.take_if(|quoted| is_beyond(quoted.to, from) && is_beyond(to, quoted.seq));
        }
    }

    /// A packet with data from here on is sent: those that hold any of it wait no more.
    pub(super) fn sent(&mut self, packet: &Observation, from: u32) {
        let to = from.wrapping_add(packet.data);
        for place in &mut self.sent {
            place.take_if(|sent| is_beyond(to, sent.from) && is_beyond(sent.to, from));
        }
        if let Some(place) = self.sent.iter_mut().find(|place| place.is_none()) {
            let length = NonZeroU32::new(packet.length);
            *place = length.map(|length| Sent { from, to, length });
        }
    }

    /// All before `ack` arrived: the longest packet with data among those that were sent.
    pub(super) fn acknowledged(&mut self, ack: u32) -> Option<u32> {
        for place in &mut self.quoted {
            if let Some(quoted) = place.take_if(|quoted| !is_beyond(quoted.to, ack)) {
                self.arrived = self.arrived.saturating_add(quoted.errors.get());
            }
        }
        let arrived = (self.sent.iter_mut())
            .filter_map(|place| place.take_if(|sent| !is_beyond(sent.to, ack)));
        arrived.map(|sent| sent.length.get()).max()
    }
}

impl Followed {
    /// How many errors of a verdict are about segments that were acknowledged after them, and not sent
    /// again.
    pub(in crate::correlate) fn arrived_later(
        &self,
        (flow, link): (FlowKey, Link),
        verdict: &VerdictKey,
    ) -> u64 {
        let flow = self.flows.get(&self.whose(flow, link));
        let account = flow.and_then(|flow| flow.account(verdict));
        account.map_or(0, |account| account.outstanding.arrived.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_of_a_flow_has_one_and_it_stays_small() {
        assert!(size_of::<Outstanding>() <= 12 * (SENT + QUOTED) + 4);
    }
}
