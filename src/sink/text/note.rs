//! What is known of a message, behind ` | `.

mod around;
mod faults;
mod relation;

use std::num::NonZeroU32;

pub(in crate::sink) use self::around::within;
use self::around::{aggregate, encapsulation, headers, tunnel_kinds};
pub(super) use self::faults::{cause, defect};
use self::faults::{checksum, extension_checksum};
use self::relation::{fragment, tell_answer, tell_original};
use super::palette::{Palette, Role};
use super::{TextOptions, addr, options as file, report, system, verbose};
use crate::correlate::Relation;
use crate::icmp::{Message, Translation, tunnel_header};
use crate::model::FrameRef;
use crate::record::json::SourceNames;
use crate::record::{IcmpEvent, write};
use crate::wire::IpVersion;
use crate::wire::link::{self, CheckSequence, SystemReport};

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
                tunnel_kinds(out, tunnels.encapsulations());
                out.push(b' ');
            }
            None => out.extend_from_slice(b"which quotes "),
        }
        addr::quote(out, &inner);
        around = inner;
    }
    if let Some(alone) = around.tunnels_alone() {
        let out = notes.item();
        out.extend_from_slice(b"in its ");
        tunnel_kinds(out, alone.headers.encapsulations());
        match (alone.inside, alone.headers.encapsulations().last()) {
            (Some((cut, _)), _) => {
                out.push(b' ');
                addr::cut_quote(out, &cut);
            }
            (None, Some(innermost)) => addr::other_than_ip(out, &innermost),
            (None, None) => {}
        }
    }
    match event.translation(quote) {
        Translation::None => {}
        Translation::HalfOfSource => {
            notes.text("quoted source is another than the receiver: translated on one side only?");
        }
        Translation::HalfOfDestination => notes.text(
            "quoted destination is another than what was sent to: translated on one side only?",
        ),
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
        write::number(out, b"code ", code.into());
        if let Some(name) = message.code_name() {
            out.push(b' ');
            addr::words_of(out, name);
        }
    }
}
