//! What tunnels' packets held that are whole: a message, or a fragment of one.

use std::ops::Range;

use super::partial::Whole;
use super::{Around, Came, Reassembled, Reassembler, Reassembly, Refusal, names_icmp};
use crate::model::{Expanded, Form, FrameRef};
use crate::wire::bytes::offset_in;
use crate::wire::ip::{Ip, unfragmented};
use crate::wire::tunnel::{self, Packet, TunnelPath};

/// What a fragment made whole of a tunnel's packets.
#[derive(Debug, Default)]
pub struct Carried {
    /// The packet, to be told of in the fragment's place: all of what is inside where no fragment told of
    /// that before ([`Form::Whole`]), else what this one adds ([`Form::Last`]). `None` if the fragment
    /// itself shows the headers.
    pub made: Option<Box<Expanded>>,
    /// How many of its fragments were told to be [`Reassembly::NotIcmpFragment`].
    pub told_as_other: u64,
}

impl Reassembler {
    /// What a tunnel's packet came to that is whole, the last fragment of which is `outer`, in which `last`
    /// was found; whether one told that it carries ICMP.
    pub(super) fn inside(
        &mut self,
        (last, outer): (&Packet<'_>, &Ip<'_>),
        around: Around,
        whole: Whole,
        is_told: bool,
        came: Came<'_>,
    ) -> Reassembly {
        let nothing = if is_told {
            Reassembly::Refused(Refusal::NotAsTold)
        } else {
            Reassembly::NotIcmpFragment
        };
        let mut made = self.opener.open_all(Expanded::whole(sent(&whole)));
        made.frames.clone_from(&whole.frames);
        let told_as_other = whole.told_as_other;
        let Some((tunnels, ip)) = tunnel::innermost(&made) else {
            return nothing;
        };
        // The fragments are the message's own where its first one ends before ICMP's header.
        let is_own = tunnels.is_empty() && made.around.is_none();
        let inner = Packet {
            tunnels,
            ip,
            ..*last
        };
        let Some(outcome) = self.comes_to((&inner, &made), around, whole, is_told, came) else {
            return nothing;
        };
        made.move_in(u8::try_from(around.depth).unwrap_or(u8::MAX));
        (made.form, made.piece) = if is_told {
            (Form::Last, outer.payload.len())
        } else {
            (Form::Whole, 0)
        };
        // What the frame has shows headers that are in no other; but for what looks like a message and is none.
        let shows_itself = if is_told {
            is_own || !outer.is_later_fragment()
        } else {
            is_own && (outer.is_later_fragment() || last.ip.payload.is_empty())
        };
        self.carried.told_as_other += told_as_other;
        self.keep(made, outer, shows_itself);
        outcome
    }

    /// What a packet that is in `made` comes to: a message, or a fragment. `None` if it is neither.
    fn comes_to(
        &mut self,
        (inner, made): (&Packet<'_>, &Expanded),
        around: Around,
        whole: Whole,
        is_told: bool,
        came: Came<'_>,
    ) -> Option<Reassembly> {
        let is_fragment = inner.is_of_fragment();
        if names_icmp(&inner.ip) {
            self.carriers.newest_is_icmp();
        } else if !is_fragment {
            return None;
        }
        let told = if is_told {
            self.told(&whole, made, &inner.ip)
        } else {
            0
        };
        if is_fragment {
            let first = whole.begins.filter(|_| is_told);
            let teller = first.map_or((came.frame, usize::MAX), |first| (first, told));
            return self.fragment_inside(inner, around, teller, &whole.frames, came);
        }
        self.carriers.completed();
        Some(Reassembly::Complete(Box::new(Reassembled {
            fields: inner.ip.moved_to(&[], &[]),
            octets: made.octets.clone(),
            header: place(made, inner.ip.header),
            payload: place(made, inner.ip.payload),
            begins: whole.begins,
            frames: whole.frames,
            told_as_other: 0,
            told,
        })))
    }

    /// What a fragment comes to that was in the fragments of these frames, and of which one of them tells,
    /// up to so many octets; `None` if it leads to no ICMP.
    fn fragment_inside(
        &mut self,
        inner: &Packet<'_>,
        around: Around,
        (frame, told): (FrameRef, usize),
        within: &[FrameRef],
        came: Came<'_>,
    ) -> Option<Reassembly> {
        if around.packets == TunnelPath::CAPACITY {
            return None;
        }
        let around = Around {
            packets: around.packets + 1,
            ..around
        };
        let came = Came {
            frame,
            told,
            within,
            ..came
        };
        let outcome = self.part(inner, around, came);
        (!matches!(outcome, Reassembly::NotIcmpFragment)).then_some(outcome)
    }

    /// Keeps what was made around what was made before, to be told of in place of the fragment `outer`,
    /// which may show it itself.
    fn keep(&mut self, made: Expanded, outer: &Ip<'_>, shows_itself: bool) {
        self.carried.made = match self.carried.made.take() {
            Some(mut inner) => {
                if outer.is_later_fragment() {
                    inner.piece = inner.piece.min(outer.payload.len());
                }
                inner.put_in(made);
                Some(inner)
            }
            None => (!shows_itself).then(|| Box::new(made)),
        };
    }

    /// How many octets of the payload of `ip`, which is in `made`, the first fragment told of.
    fn told(&mut self, whole: &Whole, made: &Expanded, ip: &Ip<'_>) -> usize {
        let sent_up_to_first = |sent: &Expanded| {
            let before = sent.octets.len().saturating_sub(whole.octets.len());
            before + whole.first_end
        };
        let told = if let Some(sent) = made.and_around().skip(1).last() {
            let beginning = sent.octets.get(..sent_up_to_first(sent));
            let beginning = Expanded::whole(beginning.unwrap_or_default().to_vec());
            let beginning = self.opener.open_all(beginning);
            tunnel::innermost(&beginning).map_or(0, |(_, ip)| ip.payload.len())
        } else {
            sent_up_to_first(made).saturating_sub(place(made, ip.payload).start)
        };
        told.min(ip.payload.len()).min(whole.first.told)
    }
}

/// The packet as it was before it was fragmented.
fn sent(whole: &Whole) -> Vec<u8> {
    let first = &whole.first;
    let unfragmentable = first.header.len().saturating_sub(first.skip);
    let mut octets = Vec::new();
    unfragmented(
        first.fields.version,
        first.header.get(..unfragmentable).unwrap_or_default(),
        &whole.octets,
        &mut octets,
    );
    octets
}

/// Where `part` is in what was made.
fn place(made: &Expanded, part: &[u8]) -> Range<usize> {
    let start = offset_in(&made.octets, part).unwrap_or_default();
    start..start + part.len()
}
