//! What tunnels' packets held that are whole: a message, or a fragment of one.

use std::ops::Range;

use super::partial::Whole;
use super::recent::{Known, ToldBy};
use super::table::Key;
use super::{Around, Came, Reassembled, Reassembler, Reassembly, Refusal, names_icmp};
use crate::model::{Expanded, Form, FrameRef};
use crate::wire::bytes::offset_in;
use crate::wire::ip::{Ip, IpVersion, fragmentable_part, unfragmented};
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
        let first = &whole.first;
        let header = (first.fields.version, &first.header[..], first.skip);
        let mut made = self
            .opener
            .open_all(Expanded::whole(sent(header, None, &whole.octets)));
        made.frames.clone_from(&whole.frames);
        let told_as_other = whole.told_as_other;
        let Some((tunnels, ip)) = tunnel::innermost(&made) else {
            return nothing;
        };
        let inner = Packet {
            tunnels,
            ip,
            ..*last
        };
        let copy_of = whole.copy_of;
        let outcome = match self.comes_to((&inner, &made), around, whole, is_told, came) {
            // The fragment inside is kept with the frame that told of it, which began it.
            Some(Reassembly::Duplicate { of }) => Reassembly::Duplicate {
                of: copy_of.unwrap_or(of),
            },
            Some(outcome) => outcome,
            None => return nothing,
        };
        let form = if is_told { Form::Last } else { Form::Whole };
        let shown = shown_by((last, outer), (tunnels, &made), form);
        self.carried.told_as_other += told_as_other;
        self.keep(made, outer, around, (form, shown));
        outcome
    }

    /// What a copy of the fragment `outer` of a tunnel's packet comes to that was put together a while
    /// ago, and of which this is `known`: it is told with what that carries where its original was.
    pub(super) fn again(
        &mut self,
        (last, outer): (&Packet<'_>, &Ip<'_>),
        around: Around,
        (key, known): (&Key, Known),
        came: Came<'_>,
    ) -> Reassembly {
        let is_told = known.shows && self.inside_again((last, outer), around, (key, known), came)
            || known.is_icmp() && (outer.is_later_fragment() || names_icmp(&last.ip));
        if is_told {
            known.outcome()
        } else {
            Reassembly::NotIcmpFragment
        }
    }

    /// Makes that packet anew, with the copy's own header: whether it leads to ICMP.
    fn inside_again(
        &mut self,
        (last, outer): (&Packet<'_>, &Ip<'_>),
        around: Around,
        (key, known): (&Key, Known),
        came: Came<'_>,
    ) -> bool {
        let Some((part, next)) = self.carriers.whole(key, came.frame.source()) else {
            return false;
        };
        let skip = fragmentable_part(outer).map_or(0, |part| part.extension_headers.len());
        let header = (outer.version, outer.header, skip);
        let made = self
            .opener
            .open_all(Expanded::whole(sent(header, next, &part)));
        let Some((tunnels, ip)) = tunnel::innermost(&made) else {
            return false;
        };
        let inner = Packet {
            tunnels,
            ip,
            ..*last
        };
        if !names_icmp(&ip) && !inner.is_of_fragment() {
            return false;
        }
        let form = match known.told_by {
            ToldBy::Fragment => Form::Last,
            ToldBy::Nothing | ToldBy::Whole => Form::Whole,
        };
        let shown = shown_by((last, outer), (tunnels, &made), form);
        self.keep(made, outer, around, (form, shown));
        true
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
        let header = place(made, inner.ip.header);
        let mut fields = inner.ip.moved_to(&[], &[]);
        if header.start == 0 {
            // It is the packet that was fragmented, which an identification of IPv6 left with its header.
            fields.id = fields.id.or(whole.first.fields.id);
        }
        Some(Reassembly::Complete(Box::new(Reassembled {
            fields,
            octets: made.octets.clone(),
            header,
            payload: place(made, inner.ip.payload),
            begins: whole.begins,
            frames: whole.frames,
            told_as_other: 0,
            told,
            copy_of: whole.copy_of,
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

    /// Keeps what was made around what was made before, to be told of in place of the fragment `outer`, in
    /// this form, unless that shows it itself.
    fn keep(
        &mut self,
        mut made: Expanded,
        outer: &Ip<'_>,
        around: Around,
        (form, shown): (Form, Shown),
    ) {
        made.move_in(u8::try_from(around.depth).unwrap_or(u8::MAX));
        made.form = form;
        if form == Form::Last {
            made.piece = outer.payload.len();
        }
        self.carried.made = match self.carried.made.take() {
            Some(mut inner) => {
                if outer.is_later_fragment() {
                    inner.piece = inner.piece.min(outer.payload.len());
                }
                inner.put_in(made);
                Some(inner)
            }
            None => (shown == Shown::Made).then(|| Box::new(made)),
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

/// What shows what a tunnel's packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// The fragment that is told of.
    Itself,
    /// The packet that was made.
    Made,
}

/// What shows what is in `made`, behind these tunnels and to be told in this form, in place of the fragment
/// `outer`, in which `last` was found.
fn shown_by(
    (last, outer): (&Packet<'_>, &Ip<'_>),
    (tunnels, made): (TunnelPath<'_>, &Expanded),
    form: Form,
) -> Shown {
    // The fragments are the message's own where its first one ends before ICMP's header.
    let is_own = tunnels.is_empty() && made.around.is_none();
    // What the frame has shows headers that are in no other; but for what looks like a message and is none.
    let shows_itself = if form == Form::Last {
        is_own || !outer.is_later_fragment()
    } else {
        is_own && (outer.is_later_fragment() || last.ip.payload.is_empty())
    };
    if shows_itself {
        Shown::Itself
    } else {
        Shown::Made
    }
}

/// The packet as it was before it was fragmented: of the header of a fragment, some octets at the end of which
/// are of the fragmentable part, and of all of that. `first` is what the first one's fragment header
/// names, if that may be another.
fn sent(
    (version, header, skip): (IpVersion, &[u8], usize),
    first: Option<u8>,
    part: &[u8],
) -> Vec<u8> {
    let unfragmentable = header.len().saturating_sub(skip);
    let header = header.get(..unfragmentable).unwrap_or_default();
    let mut octets = Vec::new();
    unfragmented(version, (header, first), part, &mut octets);
    octets
}

/// Where `part` is in what was made.
fn place(made: &Expanded, part: &[u8]) -> Range<usize> {
    let start = offset_in(&made.octets, part).unwrap_or_default();
    start..start + part.len()
}
