//! What tunnels' packets held that are whole: a message, or a fragment of one.

use std::ops::Range;

use super::partial::Whole;
use super::{Around, Came, Reassembled, Reassembler, Reassembly, Refusal, names_icmp};
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
        around: Around,
        whole: Whole,
        is_told: bool,
        came: Came<'_>,
    ) -> Reassembly {
        let nothing = || {
            if is_told {
                Reassembly::Refused(Refusal::NotAsTold)
            } else {
                Reassembly::NotIcmpFragment
            }
        };
        let mut made = self.opener.open_all(Expanded::whole(sent(&whole)));
        made.frames.clone_from(&whole.frames);
        let Some((tunnels, ip)) = tunnel::innermost(&made) else {
            return nothing();
        };
        let inner = Packet {
            tunnels,
            ip,
            ..*last
        };
        if names_icmp(&ip) {
            self.carriers.newest_is_icmp();
        } else if !inner.is_of_fragment() {
            return nothing();
        }
        // The fragments are the message's own where its first one ends before ICMP's header.
        let is_own = tunnels.is_empty() && made.around.is_none();
        let told = if is_told {
            self.told(&whole, &made, &ip)
        } else {
            0
        };
        let outcome = if inner.is_of_fragment() {
            if around.packets == TunnelPath::CAPACITY {
                return nothing();
            }
            let around = Around {
                packets: around.packets + 1,
                ..around
            };
            let (frame, told) = match whole.begins.filter(|_| is_told) {
                Some(first) => (first, told),
                None => (came.frame, usize::MAX),
            };
            let came = Came {
                frame,
                told,
                within: &whole.frames,
                ..came
            };
            match self.part(&inner, around, came) {
                Reassembly::NotIcmpFragment => return nothing(),
                outcome => outcome,
            }
        } else {
            self.carriers.completed();
            Reassembly::Complete(Box::new(Reassembled {
                fields: ip.moved_to(&[], &[]),
                octets: made.octets.clone(),
                header: place(&made, ip.header),
                payload: place(&made, ip.payload),
                begins: whole.begins,
                frames: whole.frames,
                told_as_other: 0,
                told,
            }))
        };
        made.move_in(u8::try_from(around.depth).unwrap_or(u8::MAX));
        let is_later = outer.is_later_fragment();
        (made.form, made.piece) = if is_told {
            (Form::Last, outer.payload.len())
        } else {
            (Form::Whole, 0)
        };
        // What the frame has shows headers that are in no other; but for what looks like a message and is none.
        let shows_itself = if is_told {
            is_own || !is_later
        } else {
            is_own && (is_later || last.ip.payload.is_empty())
        };
        self.carried.told_as_other += whole.told_as_other;
        self.carried.made = match self.carried.made.take() {
            Some(mut inner) => {
                if is_later {
                    inner.piece = inner.piece.min(outer.payload.len());
                }
                inner.put_in(made);
                Some(inner)
            }
            None => (!shows_itself).then(|| Box::new(made)),
        };
        outcome
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
