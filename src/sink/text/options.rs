//! What a capture file tells of a packet beside its octets.

use std::io::Write as _;

use crate::model::Options;
use crate::model::options::{LocalDrop, PacketFlags, Verdict};
use crate::record::json::SourceNames;
use crate::record::{Start, escape, write};
use crate::source::{InterfaceInfo, RecordedFilter, SourceInfo};

/// `-- capture.pcapng: comment "text"`, `-- capture.pcapng, interface eth0: captured with the filter
/// "icmp"`: what files say of their sections and interfaces.
pub(super) fn of_sources(out: &mut Vec<u8>, start: &Start, names: &SourceNames) {
    let mut tell = |source: &SourceInfo,
                    interface: Option<&InterfaceInfo>,
                    what: &[u8],
                    text: Option<&str>| {
        out.extend_from_slice(b"-- ");
        out.extend_from_slice(names.get(source.id).as_bytes());
        if let Some(name) = interface.and_then(|interface| interface.name.as_deref()) {
            out.extend_from_slice(b", interface ");
            escape::push(out, name.as_bytes());
        }
        out.extend_from_slice(what);
        if let Some(text) = text {
            quoted(out, text.as_bytes());
        }
        out.push(b'\n');
    };
    let (filtered, commented) = (
        b": captured with the filter ".as_slice(),
        b": comment ".as_slice(),
    );
    for source in &start.sources {
        for text in &source.comments {
            tell(source, None, commented, Some(text));
        }
        for interface in &source.interfaces {
            match &interface.filter {
                Some(RecordedFilter::Expression(text)) => {
                    tell(source, Some(interface), filtered, Some(text));
                }
                Some(RecordedFilter::Program(octets)) => {
                    let what = format!(": captured with a filter program of {octets} octets");
                    tell(source, Some(interface), what.as_bytes(), None);
                }
                None => {}
            }
            for text in &interface.comments {
                tell(source, Some(interface), commented, Some(text));
            }
        }
    }
}

/// `In `, `Out `: which way the packet went, in the words that tcpdump has for cooked captures.
pub(super) fn direction(out: &mut Vec<u8>, options: Options<'_>) {
    match options.flags().and_then(PacketFlags::direction) {
        Some("in") => out.extend_from_slice(b"In "),
        Some(_) => out.extend_from_slice(b"Out "),
        None => {}
    }
}

/// `by XDP (XDP_DROP) where it was captured`.
pub(in crate::sink) fn by_local_drop(out: &mut Vec<u8>, dropped: LocalDrop) {
    let by = match dropped {
        LocalDrop::XdpAborted | LocalDrop::XdpDrop | LocalDrop::XdpUnknown => "XDP",
        LocalDrop::TcShot => "tc",
    };
    let name = dropped.name().unwrap_or("unknown action");
    let _ = write!(out, "by {by} ({name}) where it was captured");
}

/// `dropped here by XDP (XDP_DROP)`.
pub(super) fn dropped(out: &mut Vec<u8>, verdict: Verdict<'_>) {
    out.extend_from_slice(b"dropped here by ");
    out.extend_from_slice(by(verdict));
    out.extend_from_slice(b" (");
    decision(out, verdict);
    out.push(b')');
}

const fn by(verdict: Verdict<'_>) -> &'static [u8] {
    match verdict {
        Verdict::Hardware(_) => b"hardware",
        Verdict::TrafficControl(_) => b"tc",
        Verdict::Xdp(_) => b"XDP",
        Verdict::Other(..) => b"other means",
    }
}

/// `XDP_DROP`, `hardware 0102`.
fn decision(out: &mut Vec<u8>, verdict: Verdict<'_>) {
    if let Some(name) = verdict.name() {
        return out.extend_from_slice(name.as_bytes());
    }
    let _ = match verdict {
        Verdict::TrafficControl(action) => write!(out, "TC action {action}"),
        Verdict::Xdp(action) => write!(out, "XDP action {action}"),
        Verdict::Hardware(_) => write!(out, "hardware "),
        Verdict::Other(kind, _) => write!(out, "kind {kind} "),
    };
    if let Verdict::Hardware(data) | Verdict::Other(_, data) = verdict {
        write::hex_octets(out, data, b"");
    }
}

/// Whether the link layer found something wrong with the packet.
pub(super) fn has_errors(options: Options<'_>) -> bool {
    errors(options).next().is_some()
}

fn errors(options: Options<'_>) -> impl Iterator<Item = &'static str> {
    options.flags().into_iter().flat_map(PacketFlags::errors)
}

/// `link errors crc, too long`.
pub(super) fn link_errors(out: &mut Vec<u8>, options: Options<'_>) {
    out.extend_from_slice(b"link errors ");
    for (n, name) in errors(options).enumerate() {
        out.extend_from_slice(if n == 0 { b"" } else { b", " });
        super::addr::words_of(out, name);
    }
}

/// The rest, each on a line that `begin` begins: `captured in, broadcast, packet id 7, XDP_PASS`, and
/// comments.
pub(super) fn lines(out: &mut Vec<u8>, options: Options<'_>, begin: impl Fn(&mut Vec<u8>)) {
    if options.is_empty() {
        return;
    }
    let start = out.len();
    begin(out);
    out.extend_from_slice(b"captured");
    let empty = out.len();
    facts(out, options);
    if out.len() == empty {
        out.truncate(start);
    } else if let Some(separator) = out.get_mut(empty) {
        *separator = b' ';
        // The blank behind the comma.
        out.remove(empty + 1);
    }
    for text in options.comments() {
        begin(out);
        comment(out, text);
    }
}

/// `comment "text"`.
pub(in crate::sink) fn comment(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(b"comment ");
    quoted(out, text);
}

fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    escape::push(out, text);
    out.push(b'"');
}

/// Each behind a comma.
fn facts(out: &mut Vec<u8>, options: Options<'_>) {
    if let Some(flags) = options.flags() {
        let words = [flags.direction(), flags.reception()];
        for word in words.into_iter().flatten() {
            let _ = write!(out, ", {word}");
        }
        if let Some(octets) = flags.fcs_len() {
            let _ = write!(out, ", {octets} octets of check sequence");
        }
        for (holds, what) in [
            (flags.checksum_not_ready(), "checksum left to hardware"),
            (flags.checksum_valid(), "checksum verified by hardware"),
            (flags.to_be_segmented(), "to be segmented by hardware"),
        ] {
            if holds {
                let _ = write!(out, ", {what}");
            }
        }
    }
    if let Some(id) = options.packet_id() {
        let _ = write!(out, ", packet id {id}");
    }
    if let Some(queue) = options.queue() {
        let _ = write!(out, ", queue {queue}");
    }
    if let Some((process, thread)) = options.process_thread() {
        let _ = write!(out, ", process {process}, thread {thread}");
    }
    for verdict in options.verdicts() {
        out.extend_from_slice(b", ");
        decision(out, verdict);
    }
    for hash in options.hashes() {
        out.extend_from_slice(b", hash ");
        match hash.name() {
            Some(name) => super::addr::words_of(out, name),
            None => write::decimal(out, hash.algorithm.into()),
        }
        out.push(b' ');
        write::hex_octets(out, hash.octets, b"");
    }
}
