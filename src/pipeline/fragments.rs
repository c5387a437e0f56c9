//! Packets in fragments: what each comes to, and the message that some make.

use std::io;

use super::Run;
use super::early::Early;
use crate::correlate::observation::Observation;
use crate::correlate::{Correlator, Fragment, Relation};
use crate::icmp::{Message, Whole};
use crate::model::{Expanded, Form, Frame, FrameRef};
use crate::wire::reassembly::{Carried, Reassembly};
use crate::wire::{self, Classified, Packet};

/// What a message has to do with others of which this packet is the part that `reassembly` tells.
#[cold]
pub(super) fn relate(
    correlator: &mut Correlator,
    (frame, packet, message): (&Frame<'_>, &Packet<'_>, &Message<'_>),
    (reassembly, whole): (&Reassembly, Option<&Whole<'_>>),
    shown: bool,
) -> Relation {
    let fragment = match (reassembly, whole, reassembly.missing()) {
        (_, Some(whole), _) => Fragment::Completes(whole),
        (Reassembly::Duplicate { of }, ..) => Fragment::Again { of: *of },
        (_, _, Some(missing)) if missing.part.overlap.is_some() => Fragment::Overlaps(*missing),
        (_, _, Some(missing)) => Fragment::Begins(*missing),
        (_, _, None) => Fragment::Single,
    };
    correlator.fragment(frame, packet, message, fragment, shown)
}

impl Run<'_, '_, '_, '_> {
    /// What a fragment came to, and the tunnel's packet that is whole with it.
    #[cold]
    pub(super) fn reassemble(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
    ) -> (Reassembly, Carried) {
        let outcome = self.feed(packet, frame.reference(), frame);
        let mut came_to = (outcome, self.reassembler.take_carried());
        if frame.expanded.is_some_and(|made| made.fragment.is_some()) {
            self.put_earlier_fragments(frame, &mut came_to);
        }
        came_to
    }

    /// Takes the fragment `of` a frame, which came as `frame` does.
    fn feed(&mut self, packet: &Packet<'_>, of: FrameRef, frame: &Frame<'_>) -> Reassembly {
        let outcome = self.reassembler.feed(packet, of, frame.interface, frame.ts);
        for first in self.reassembler.evicted() {
            self.pipe.correlator.part_is_evicted(first);
        }
        outcome
    }

    /// Tells what a fragment came to. Of what is inside of a tunnel's packet that is whole with it, it tells
    /// what no fragment before it told.
    #[cold]
    pub(super) fn fragment(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        (reassembly, carried): (&Reassembly, Carried),
    ) -> io::Result<()> {
        self.early.other += carried.told_as_other;
        if let Some(made) = &carried.made {
            let expanded = Some(&**made);
            let whole = Frame { expanded, ..*frame };
            if let Classified::Icmp(inside) = &wire::classify(&whole) {
                if made.form == Form::Last {
                    let correlator = &mut self.pipe.correlator;
                    correlator.other(&Observation::of(frame, &packet.ip));
                }
                return self.icmp(&whole, &inside.as_told(&whole), Some(reassembly));
            }
        }
        self.icmp(frame, packet, Some(reassembly))
    }

    /// Puts the fragments that came before the first one to it, which is in `frame`: with them
    /// the message may be whole.
    #[cold]
    fn put_earlier_fragments(&mut self, frame: &Frame<'_>, outcome: &mut (Reassembly, Carried)) {
        let depth = frame.expanded.map_or(0, |packet| packet.depth);
        let mut packet = Expanded::default();
        while let Some(earlier) = self.expander.earlier_fragment(&mut packet) {
            packet.depth = depth;
            packet.around = frame.expanded.and_then(|made| made.around.clone());
            let found = wire::classify(&Frame {
                expanded: Some(&packet),
                ..*frame
            });
            if let Classified::Icmp(packet) | Classified::OtherIp(packet) = &found {
                let came_to = self.feed(packet, earlier, frame);
                if !matches!(came_to, Reassembly::NotIcmpFragment) {
                    self.early += Early {
                        other: 0,
                        in_tunnels: u64::from(depth > 0),
                        undecodable: u64::from(depth == 0),
                    };
                }
                if matches!(
                    came_to,
                    Reassembly::Complete(_) | Reassembly::Overlap { .. }
                ) {
                    *outcome = (came_to, self.reassembler.take_carried());
                }
            }
        }
    }
}
