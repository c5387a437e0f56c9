//! What is known of a message, behind ` | `.

use std::fmt;
use std::io::Write as _;
use std::net::IpAddr;
use std::num::NonZeroU32;

use super::palette::{Palette, Role};
use super::{TextOptions, addr, options as file, report, system, verbose};
use crate::correlate::{
    Answer, AnswerOutcome, MatchKind, NearMiss, NoOriginal, Original, PayloadChange, Relation,
};
use crate::icmp::cause::ChecksumCause;
use crate::icmp::{Message, Translation, tunnel_header};
use crate::model::{FrameRef, LinkCipher, LinkFragment, UnknownPrefix};
use crate::record::json::SourceNames;
use crate::record::words::Word;
use crate::record::{IcmpEvent, escape, write};
use crate::wire::link::{self, CheckSequence, SystemReport};
use crate::wire::reassembly::Reassembly;
use crate::wire::tunnel::TunnelKind;
use crate::wire::{ChecksumStatus, Defect, DefectKind, HeaderOrigin, IpVersion, Vlans};

/// Items with commas between them, the first behind ` | `.
struct Notes<'a> {
    out: &'a mut Vec<u8>,
    palette: &'a Palette,
    started: bool,
}

impl Notes<'_> {
    /// Begins an item, to be written to what this returns.
    fn item(&mut self) -> &mut Vec<u8> {
        if self.started {
            self.out.extend_from_slice(b", ");
        } else {
            self.out.extend_from_slice(b" | ");
            self.palette.start(self.out, Role::Known);
            self.started = true;
        }
        self.out
    }

    fn text(&mut self, text: &str) {
        self.item().extend_from_slice(text.as_bytes());
    }

    /// An item that tells a fault.
    fn fault(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.item();
        self.palette.start(self.out, Role::Fault);
        write(self.out);
        self.palette.end(self.out);
        self.palette.start(self.out, Role::Known);
    }

    fn end(self) {
        if self.started {
            self.palette.end(self.out);
        }
    }
}

/// `.2` behind the number of a frame that holds several packets, for the second of them.
pub(crate) fn packet(out: &mut Vec<u8>, packet: Option<NonZeroU32>) {
    if let Some(packet) = packet {
        out.push(b'.');
        write::decimal(out, packet.get().into());
    }
}

/// `#11`, or `b.pcap#11` where there are several sources; `#11.2` is a packet of several.
pub(crate) fn frame(out: &mut Vec<u8>, frame: FrameRef, names: &SourceNames) {
    if names.several() {
        out.extend_from_slice(names.get(frame.source()).as_bytes());
    }
    out.push(b'#');
    write::decimal(out, frame.number());
    packet(out, frame.packet());
}

fn frames(out: &mut Vec<u8>, frames: &[FrameRef], names: &SourceNames) {
    for &part in frames {
        out.push(b' ');
        frame(out, part, names);
    }
}

/// The number at the start of a line, in tcpdump's width.
pub(super) fn numbered(out: &mut Vec<u8>, event: &IcmpEvent<'_>, names: &SourceNames) {
    if names.several() {
        frame(out, event.frame.reference(), names);
    } else {
        write::padded(out, event.frame.number, 5, b' ');
        packet(out, event.frame.packet());
    }
    out.extend_from_slice(b"  ");
}

/// Everything that is known.
pub(super) fn all(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    options: &TextOptions,
    palette: &Palette,
    names: &SourceNames,
) {
    let mut notes = Notes {
        out,
        palette,
        started: false,
    };
    if names.several() && options.numbers == super::Numbers::Hidden {
        frame(notes.item(), event.frame.reference(), names);
    }
    match event.relation {
        Relation::None | Relation::Request | Relation::Error { .. } => {}
        Relation::Reported => {
            if let Some(told) = event.packet.report() {
                report::write(notes.item(), &told);
            } else if let Some(told) = SystemReport::of(event.frame) {
                system::write(notes.item(), &told, event.frame.ts, options.link_header);
            }
        }
        Relation::Answer(answer) => tell_answer(&mut notes, answer, names),
        Relation::Copy { of } => {
            notes.text("copy of ");
            frame(notes.out, of, names);
        }
    }
    let told = event.frame.options;
    if !told.is_empty() {
        if let Some(verdict) = told.dropped() {
            notes.fault(|out| file::dropped(out, verdict));
        }
        if file::has_errors(told) {
            notes.fault(|out| file::link_errors(out, told));
        }
    }
    if let Some(reassembly) = event.reassembly {
        fragment(&mut notes, event, reassembly, names);
    }
    quoted(&mut notes, event);
    if let Relation::Error {
        original: Some(original),
    } = event.relation
    {
        tell_original(&mut notes, original, names);
    }
    encapsulation(&mut notes, event);
    headers(&mut notes, event);
    aggregate(&mut notes, event);
    checksum(&mut notes, event, names);
    if let Some(sequence @ CheckSequence::Bad { .. }) = link::check_sequence(event.frame) {
        notes.fault(|out| {
            out.extend_from_slice(b"bad ");
            verbose::check_sequence(out, sequence);
        });
    }
    extension_checksum(&mut notes, event.said());
    code(&mut notes, event.said());
    if !event.packet.tunnels.is_empty() {
        for found in tunnel_header::defects(event.packet.tunnels).iter() {
            notes.fault(|out| defect(out, found));
        }
    }
    // That octets are missing shows in tcpdump's wording already where the snap length is to blame for
    // it.
    if event.packet.ip.is_defective() {
        for found in event.packet.ip.defects().iter() {
            notes.fault(|out| defect(out, found));
        }
    }
    for found in event.said().defects.iter() {
        notes.fault(|out| defect(out, found));
    }
    notes.end();
}

/// The packet that an error quotes, and the one inside it.
fn quoted(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    if let Some(header) = event.said().cut_quote() {
        notes.text("quotes ");
        addr::cut_quote(notes.out, &header);
    }
    let Some(quote) = event.said().quote() else {
        return;
    };
    notes.text("quotes ");
    addr::quote(notes.out, quote);
    let mut around = *quote;
    for inner in quote.nested() {
        let out = notes.item();
        match around.tunnels() {
            Some(tunnels) => {
                out.extend_from_slice(b"in its ");
                for (i, tunnel) in tunnels.iter().enumerate() {
                    out.extend_from_slice(if i == 0 { b"" } else { b", " });
                    tunnel_kind(out, tunnel.kind);
                    inner_vlans(out, tunnel.vlans);
                }
                out.push(b' ');
            }
            None => out.extend_from_slice(b"which quotes "),
        }
        addr::quote(out, &inner);
        around = inner;
    }
    if let Some(alone) = around.tunnel_alone() {
        let out = notes.item();
        out.extend_from_slice(b"in its ");
        tunnel_kind(out, alone.around.tunnel.kind);
        match alone.inside {
            Some(cut) => {
                out.push(b' ');
                addr::cut_quote(out, &cut);
            }
            None => addr::other_than_ip(out, &alone.around),
        }
    }
    if quote.translation(&event.packet.ip) == Translation::Half {
        notes.text("quoted source is another than the receiver: translated on one side only?");
    }
}

/// What a fragment came to; that more must come goes without saying.
fn fragment(
    notes: &mut Notes<'_>,
    event: &IcmpEvent<'_>,
    reassembly: &Reassembly,
    names: &SourceNames,
) {
    match reassembly {
        Reassembly::Incomplete(_) => {
            if let Some(made) = event.frame.expanded
                && !made.frames.is_empty()
            {
                let out = notes.item();
                out.extend_from_slice(b"completes a fragment");
                frames(out, &made.frames, names);
            }
        }
        Reassembly::NotIcmpFragment => {}
        Reassembly::Complete(whole) => {
            let message = event.said();
            let out = notes.item();
            out.extend_from_slice(b"completes ");
            super::addr::words_of(out, message.name());
            frames(out, whole.frames(), names);
            out.extend_from_slice(b", length ");
            write::decimal(out, message.length.into());
            match message.checksum.status {
                ChecksumStatus::Good => out.extend_from_slice(b", checksum good"),
                ChecksumStatus::Unverified(_) => {
                    out.extend_from_slice(b", checksum unverified");
                }
                // Told below, as of any message.
                ChecksumStatus::Bad { .. } | ChecksumStatus::Absent => {}
            }
        }
        Reassembly::Duplicate { of } => {
            notes.text("same fragment as ");
            frame(notes.out, *of, names);
        }
        Reassembly::Overlap { with, .. } => {
            notes.fault(|out| {
                out.extend_from_slice(b"overlaps ");
                frame(out, *with, names);
            });
        }
        Reassembly::Refused(why) => notes.fault(|out| {
            out.extend_from_slice(b"not put together: ");
            out.extend_from_slice(why.words().as_bytes());
        }),
    }
}

/// `1 octet of the payload differs, at 40 by 0x10`.
struct Changed(PayloadChange);

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PayloadChange {
            octets,
            first,
            last,
            xor,
        } = self.0;
        if octets == 1 {
            write!(f, "1 octet of the payload differs, at {first}")?;
        } else {
            write!(
                f,
                "{octets} octets of the payload differ, from {first} to {last}"
            )?;
        }
        match xor {
            Some(xor) if octets > 1 => write!(f, ", each by {xor:#04x}"),
            Some(xor) => write!(f, " by {xor:#04x}"),
            None => Ok(()),
        }
    }
}

fn tell_answer(notes: &mut Notes<'_>, answer: Answer, names: &SourceNames) {
    match answer.outcome {
        AnswerOutcome::Answered => {}
        AnswerOutcome::Duplicate => notes.text("duplicate"),
        AnswerOutcome::Late => notes.text("late"),
        AnswerOutcome::Corrupted => notes.fault(|out| {
            out.extend_from_slice(b"corrupted");
            if let Some(change) = answer.change {
                let _ = write!(out, ": {}", Changed(change));
            }
        }),
        AnswerOutcome::Unsolicited(miss) => {
            notes.text("unsolicited");
            if let Some(NearMiss::Identifier(request) | NearMiss::Sender(request)) = miss {
                notes.text("near miss of ");
                frame(notes.out, request, names);
                let differs: &[u8] = match miss {
                    Some(NearMiss::Sender(_)) => b": another sender",
                    _ => b": another id",
                };
                notes.out.extend_from_slice(differs);
            }
        }
    }
    if let Some(rtt) = answer.rtt {
        let out = notes.item();
        out.extend_from_slice(b"rtt ");
        write::millis(out, rtt);
    }
    if let Some(request) = answer.request {
        let out = notes.item();
        out.extend_from_slice(b"answers ");
        frame(out, request, names);
    }
}

fn tell_original(notes: &mut Notes<'_>, original: Original, names: &SourceNames) {
    let out = notes.item();
    match original {
        Original::Found {
            match_kind,
            frame: found,
            before,
            ..
        } => {
            out.extend_from_slice(match match_kind {
                MatchKind::Exact | MatchKind::Segment => b"original ",
                MatchKind::Flow => b"same flow ".as_slice(),
                MatchKind::Translated => b"original before translation ",
            });
            frame(out, found, names);
            if let Some(before) = before {
                out.push(b' ');
                write::millis(out, before);
                out.extend_from_slice(b" before");
            }
        }
        Original::None(reason) => out.extend_from_slice(match reason {
            NoOriginal::NotCaptured => b"original not captured",
            NoOriginal::BeforeCapture => {
                b"original sent before the capture or filtered out".as_slice()
            }
            NoOriginal::OneSided => b"original not captured (one direction only)",
            NoOriginal::RefusedAtSender => b"original refused before it was sent",
            NoOriginal::Evicted => b"original no longer remembered",
            NoOriginal::FragmentWithoutPorts => b"original not told apart (fragment without ports)",
            NoOriginal::QuoteWithoutPorts => b"original not told apart (quote without ports)",
            NoOriginal::QuoteCut => b"original not told apart (quote cut by the capture)",
        }),
    }
}

fn encapsulation(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    if let Some(source) = event.source()
        && source.interfaces.len() > 1
        && let Some(interface) = event.frame.interface
        && let Ok(index) = usize::try_from(interface.0)
        && let Some(name) = source.interfaces.get(index).and_then(|i| i.name.as_ref())
    {
        let out = notes.item();
        out.extend_from_slice(b"on ");
        escape::push(out, name.as_bytes());
    }
    for vlan in event.packet.link.vlans.as_slice() {
        let out = notes.item();
        out.extend_from_slice(b"vlan ");
        write::decimal(out, (*vlan).into());
    }
    if let Some(cipher) = event.frame.cipher {
        notes.text(match cipher {
            LinkCipher::Wep => "decrypted (WEP)",
            LinkCipher::Tkip => "decrypted (TKIP)",
            LinkCipher::Ccmp128 => "decrypted (CCMP)",
            LinkCipher::Ccmp256 => "decrypted (CCMP-256)",
            LinkCipher::Gcmp128 => "decrypted (GCMP)",
            LinkCipher::Gcmp256 => "decrypted (GCMP-256)",
        });
    }
    for around in event.packet.tunnels.encapsulations() {
        let out = notes.item();
        let tunnel = around.tunnel;
        out.extend_from_slice(b"in ");
        match (tunnel.kind, tunnel.outer) {
            // Nothing but the header that the addresses are of.
            (TunnelKind::IpInIp, Some((IpAddr::V4(_), _))) => out.extend_from_slice(b"ip"),
            (TunnelKind::IpInIp, Some((IpAddr::V6(_), _))) => out.extend_from_slice(b"ip6"),
            (kind, _) => tunnel_kind(out, kind),
        }
        if let Some((src, dst)) = tunnel.outer {
            out.push(b' ');
            addr::pair(out, src, dst, None);
        }
        if let Some(outer) = &around.outer {
            addr::segments(out, outer);
        }
        inner_vlans(notes.out, tunnel.vlans);
    }
}

/// What of its headers the frame does not have.
fn headers(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    let UnknownPrefix { src, dst } = event.packet.ip.unknown_prefix;
    for (whose, context) in [("source", src), ("destination", dst)] {
        if let Some(context) = context {
            let _ = write!(
                notes.item(),
                "{whose} prefix of context {context} not known"
            );
        }
    }
    if event.packet.ip.origin == HeaderOrigin::Made {
        notes.text(match event.packet.ip.hides_addresses() {
            (false, false) => "without its IP header",
            (true, false) => "without its IP header, source not known",
            (false, true) => "without its IP header, destination not known",
            (true, true) => "without its IP header, addresses not known",
        });
    }
    if let Some(LinkFragment {
        tag, size, offset, ..
    }) = event.frame.expanded.and_then(|e| e.fragment)
    {
        let _ = write!(
            notes.item(),
            "octets from {offset} of {size}, 6LoWPAN tag {tag}"
        );
    }
}

/// Which of several packets of a frame it is.
fn aggregate(notes: &mut Notes<'_>, event: &IcmpEvent<'_>) {
    if let Some(packet) = event.frame.packet() {
        let out = notes.item();
        out.extend_from_slice(match event.relation {
            Relation::Reported => b"report ",
            _ => b"packet ".as_slice(),
        });
        write::decimal(out, packet.get().into());
        out.extend_from_slice(b" of its frame");
    }
}

/// Tags of the frame that a tunnel carries.
fn inner_vlans(out: &mut Vec<u8>, vlans: Vlans) {
    for (i, vlan) in vlans.as_slice().iter().enumerate() {
        out.extend_from_slice(if i == 0 { b" with vlan " } else { b", " });
        write::decimal(out, (*vlan).into());
    }
    if !vlans.as_slice().is_empty() {
        out.extend_from_slice(b" inside");
    }
}

pub(super) fn tunnel_kind(out: &mut Vec<u8>, kind: TunnelKind) {
    addr::words_of(out, kind.name());
    // A session is one of a tunnel's.
    if let TunnelKind::L2tp { tunnel, .. } = kind {
        out.extend_from_slice(b" tunnel ");
        write::decimal(out, tunnel.into());
    }
    if let Some((name, value)) = kind.identifier() {
        out.push(b' ');
        addr::words_of(out, name);
        out.push(b' ');
        write::decimal(out, value.into());
    }
}

/// A code that neither tcpdump's words nor a field tell.
fn code(notes: &mut Notes<'_>, message: &Message<'_>) {
    let Some(code) = message.code.filter(|&code| code != 0) else {
        return;
    };
    let is_told = match message.version {
        IpVersion::V4 => matches!(message.kind, 3 | 5 | 11 | 12 | 43),
        IpVersion::V6 => match message.kind {
            139 | 140 => message.code_name().is_some(),
            kind => matches!(kind, 1 | 3 | 4 | 138 | 151 | 155 | 161),
        },
    };
    if !is_told {
        let out = notes.item();
        out.extend_from_slice(b"code ");
        write::decimal(out, code.into());
        if let Some(name) = message.code_name() {
            out.push(b' ');
            addr::words_of(out, name);
        }
    }
}

fn checksum(notes: &mut Notes<'_>, event: &IcmpEvent<'_>, names: &SourceNames) {
    let checksum = event.said().checksum;
    if let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found) {
        // Unverified is silent here: a snap length cuts every message of a capture. -v tells.
        notes.fault(|out| {
            out.extend_from_slice(b"bad checksum 0x");
            write::hex(out, found.into(), 4);
            out.extend_from_slice(b" (expected 0x");
            write::hex(out, expected.into(), 4);
            if let Some(cause) = event.cause() {
                out.extend_from_slice(b"; probably ");
                out.extend_from_slice(cause.title().as_bytes());
                match cause {
                    ChecksumCause::OldAddress(address) => {
                        out.extend_from_slice(b" from ");
                        write::ip(out, address.into());
                    }
                    ChecksumCause::Untranslated(before) => {
                        out.extend_from_slice(b", ");
                        frame(out, before, names);
                    }
                    ChecksumCause::OldSequence(seq) => {
                        out.extend_from_slice(b", ");
                        write::decimal(out, seq.into());
                    }
                    _ => {}
                }
            }
            out.push(b')');
        });
    }
}

/// A bad checksum of an extension structure.
fn extension_checksum(notes: &mut Notes<'_>, message: &Message<'_>) {
    if let Some(structure) = message.extensions()
        && let ChecksumStatus::Bad { .. } = structure.checksum.status
    {
        notes.fault(|out| {
            out.extend_from_slice(b"extension checksum ");
            verbose::checksum(out, structure.checksum);
        });
    }
}

/// One defect: `icmp at 4: rule`, `quote short at 28: 8 octets needed, 0 there (end of quote)`.
pub(super) fn defect(out: &mut Vec<u8>, defect: Defect) {
    out.extend_from_slice(defect.layer.word().as_bytes());
    match defect.kind {
        DefectKind::Short {
            needed,
            available,
            limit,
        } => {
            out.extend_from_slice(b" short at ");
            write::decimal(out, defect.offset.into());
            out.extend_from_slice(b": ");
            write::decimal(out, needed.into());
            out.extend_from_slice(b" octets needed, ");
            write::decimal(out, available.into());
            out.extend_from_slice(b" there (");
            addr::words_of(out, limit.word());
            out.push(b')');
        }
        DefectKind::Rule(rule) => {
            out.extend_from_slice(b" at ");
            write::decimal(out, defect.offset.into());
            out.extend_from_slice(b": ");
            escape::push(out, rule.as_bytes());
        }
    }
}
