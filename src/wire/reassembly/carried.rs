//! What tunnels' packets held that are whole: a message, or a fragment of one.

use super::partial::Whole;
use super::{Came, Reassembled, Reassembler, Reassembly, Refusal, names_icmp};
use crate::model::{Expanded, Form};
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
        around: TunnelPath<'_>,
        whole: Whole,
        is_told: bool,
        came: Came<'_>,
    ) -> Reassembly {
        let mut octets = Vec::new();
        let Whole {
            first,
            octets: part,
            first_end,
            begins,
            frames,
            told_as_other,
        } = whole;
        let unfragmentable = first.header.len().saturating_sub(first.skip);
        unfragmented(
            first.fields.version,
            first.header.get(..unfragmentable).unwrap_or_default(),
            &part,
            &mut octets,
        );
        let mut made = self.opener.open_all(Expanded::whole(octets));
        let Some((tunnels, ip)) = tunnel::innermost(&made).filter(|(_, ip)| names_icmp(ip)) else {
            return if is_told {
                Reassembly::Refused(Refusal::NotAsTold)
            } else {
                Reassembly::NotIcmpFragment
            };
        };
        self.carriers.newest_is_icmp();
        let place = |part: &[u8]| {
            let start = offset_in(&made.octets, part).unwrap_or_default();
            start..start + part.len()
        };
        // The fragments are the message's own where its first one ends before ICMP's header.
        let is_own = tunnels.is_empty() && made.around.is_none();
        let (header, payload) = (place(ip.header), place(ip.payload));
        let told = if !is_told {
            0
        } else if let Some(sent) = made.and_around().skip(1).last() {
            let end = sent.octets.len().saturating_sub(part.len()) + first_end;
            let beginning = sent.octets.get(..end).unwrap_or_default().to_vec();
            let beginning = self.opener.open_all(Expanded::whole(beginning));
            tunnel::innermost(&beginning).map_or(0, |(_, ip)| ip.payload.len())
        } else {
            let end = made.octets.len().saturating_sub(part.len()) + first_end;
            end.saturating_sub(payload.start)
        };
        let told = told.min(payload.len());
        let outcome = if ip.fragment.is_some() {
            let hash = self.messages.hash_tunnels(0, around);
            let hash = self.messages.hash_tunnels(hash, tunnels);
            let (frame, told) = match begins.filter(|_| is_told) {
                Some(first) => (first, told),
                None => (came.frame, payload.len()),
            };
            let came = Came {
                frame,
                told,
                within: &frames,
                ..came
            };
            self.message(&Packet { ip, ..*last }, hash, came)
        } else {
            self.carriers.completed();
            Reassembly::Complete(Box::new(Reassembled {
                fields: ip.moved_to(&[], &[]),
                octets: made.octets.clone(),
                header,
                payload,
                begins,
                frames,
                told_as_other: 0,
                told,
            }))
        };
        made.move_in(u8::try_from(around.len()).unwrap_or(u8::MAX));
        let is_later = outer.is_later_fragment();
        (made.form, made.piece) = if is_told {
            (Form::Last, outer.payload.len())
        } else {
            (Form::Whole, 0)
        };
        // What the frame has shows headers that are in no other; but for what looks like a message and is none.
        let shows_itself = match is_told {
            true => is_own || !is_later,
            false => is_own && (is_later || last.ip.payload.is_empty()),
        };
        self.carried = Carried {
            made: (!shows_itself).then(|| Box::new(made)),
            told_as_other,
        };
        outcome
    }
}
