//! `-x`, `-X`, `-A`: the octets of a packet.
//!
//! `-x`, `-xx`, `-A` and `-AA` look as in tcpdump. `-X` and `-XX` break their rows where fields
//! end and name each field beside its octets, so that the format can be learnt from a packet.

use super::palette::{Palette, Role};
use super::{HexDump, addr, verbose};
use crate::icmp::{Body, Message};
use crate::record::{IcmpEvent, write};
use crate::wire::IpVersion;

/// Octets in a row.
const ROW: usize = 16;

/// Writes the dump.
pub(super) fn dump(out: &mut Vec<u8>, event: &IcmpEvent<'_>, kind: HexDump, palette: &Palette) {
    let data = event.frame.data;
    let network = event.packet.link.offset.min(data.len());
    // What is dumped without the link header ends where the outermost IP packet does: Ethernet
    // pads short frames. Inside a tunnel the outer packet's length is not at hand.
    let end = if event.packet.tunnels.is_empty() {
        let length = usize::try_from(event.packet.ip.length).unwrap_or(usize::MAX);
        network.saturating_add(length).min(data.len())
    } else {
        data.len()
    };
    let packet = data.get(network..end).unwrap_or_default();
    match kind {
        HexDump::None => {}
        HexDump::Hex => plain(out, packet),
        HexDump::HexWithLink => plain(out, data),
        HexDump::Ascii => ascii(out, packet),
        HexDump::AsciiWithLink => ascii(out, data),
        HexDump::HexAscii => fields(out, event, network, end, palette),
        HexDump::HexAsciiWithLink => fields(out, event, 0, data.len(), palette),
    }
}

/// Rows of hexadecimal words.
fn plain(out: &mut Vec<u8>, octets: &[u8]) {
    for (i, row) in octets.chunks(ROW).enumerate() {
        offset(out, i * ROW);
        words(out, row);
        out.push(b'\n');
    }
}

fn offset(out: &mut Vec<u8>, at: usize) {
    out.extend_from_slice(b"\t0x");
    write::hex(out, at as u64, 4);
    out.extend_from_slice(b": ");
}

/// Words of two octets, a blank before each; the columns they take.
fn words(out: &mut Vec<u8>, row: &[u8]) -> usize {
    let start = out.len();
    for (i, octet) in row.iter().enumerate() {
        if i % 2 == 0 {
            out.push(b' ');
        }
        write::hex(out, (*octet).into(), 2);
    }
    out.len() - start
}

fn printable(octet: u8) -> u8 {
    if octet.is_ascii_graphic() || octet == b' ' {
        octet
    } else {
        b'.'
    }
}

/// ASCII text as it stands, what is not printable as a point.
fn ascii(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend(octets.iter().map(|octet| match octet {
        b'\n' | b'\t' => *octet,
        other => printable(*other),
    }));
    out.push(b'\n');
}

/// A stretch of octets with what it is.
struct Stretch {
    start: usize,
    end: usize,
    label: Vec<u8>,
}

/// Rows broken at the ends of fields, with ASCII and the field's name and value beside them.
fn fields(out: &mut Vec<u8>, event: &IcmpEvent<'_>, from: usize, to: usize, palette: &Palette) {
    let data = event.frame.data;
    for stretch in stretches(event) {
        let start = stretch.start.max(from);
        let end = stretch.end.min(to);
        let Some(octets) = data.get(start..end).filter(|octets| !octets.is_empty()) else {
            continue;
        };
        for (i, row) in octets.chunks(ROW).enumerate() {
            offset(out, start - from + i * ROW);
            let used = words(out, row);
            out.resize(out.len() + 42 - used, b' ');
            out.extend(row.iter().map(|octet| printable(*octet)));
            if i == 0 {
                out.resize(out.len() + ROW - row.len() + 2, b' ');
                palette.start(out, Role::Field);
                out.extend_from_slice(&stretch.label);
                palette.end(out);
            }
            out.push(b'\n');
        }
    }
}

/// The whole frame cut into fields, without gaps, in order.
fn stretches(event: &IcmpEvent<'_>) -> Vec<Stretch> {
    let data = event.frame.data;
    let base = data.as_ptr() as usize;
    // Where a slice of the frame starts. Slices of anything else (a reassembled message) do not.
    let place = |part: &[u8]| {
        let at = (part.as_ptr() as usize).checked_sub(base)?;
        (at + part.len() <= data.len()).then_some(at)
    };
    let mut list = Cuts::default();
    let ip = &event.packet.ip;
    list.add(0, event.packet.link.offset, b"link header");
    let message = event.message;
    if let Some(at) = place(ip.header) {
        list.add(event.packet.link.offset, at, b"tunnel headers");
        list.add(at, at + ip.header.len(), ip_label(ip.version));
    }
    if let Some(at) = place(message.bytes) {
        let whole = at + message.bytes.len();
        if matches!(message.body, Body::Fragment) {
            list.add(at, whole, b"later fragment");
        } else {
            icmp_header(&mut list, at, message);
            inside(&mut list, message, &place);
        }
        list.add(list.end, whole, b"payload");
    }
    list.add(list.end, data.len(), b"trailer");
    list.stretches
}

const fn ip_label(version: IpVersion) -> &'static [u8] {
    match version {
        IpVersion::V4 => b"IPv4 header",
        IpVersion::V6 => b"IPv6 header",
    }
}

/// Stretches one behind the other.
#[derive(Default)]
struct Cuts {
    stretches: Vec<Stretch>,
    end: usize,
}

impl Cuts {
    /// Adds what lies between the end so far and `end`; what starts later leaves a stretch without
    /// a name before it, what starts earlier is cut.
    fn add(&mut self, start: usize, end: usize, label: &[u8]) {
        if start > self.end {
            self.push(start, b"...");
        }
        self.push(end, label);
    }

    fn push(&mut self, end: usize, label: &[u8]) {
        if end > self.end {
            self.stretches.push(Stretch {
                start: self.end,
                end,
                label: label.to_vec(),
            });
            self.end = end;
        }
    }
}

/// Type, code, checksum and the fields behind them.
fn icmp_header(list: &mut Cuts, at: usize, message: &Message<'_>) {
    let end = at + message.bytes.len();
    let mut label = match message.version {
        IpVersion::V4 => b"ICMP ".to_vec(),
        IpVersion::V6 => b"ICMPv6 ".to_vec(),
    };
    label.extend_from_slice(b"type ");
    write::decimal(&mut label, message.kind.into());
    label.push(b' ');
    addr::words_of(&mut label, message.name());
    list.add(at, (at + 1).min(end), &label);
    label.clear();
    label.extend_from_slice(b"code ");
    write::decimal(&mut label, message.code.into());
    if let Some(name) = message.code_name() {
        label.push(b' ');
        addr::words_of(&mut label, name);
    }
    list.add(at + 1, (at + 2).min(end), &label);
    label.clear();
    label.extend_from_slice(b"checksum ");
    verbose::checksum(&mut label, message.checksum);
    list.add(at + 2, (at + 4).min(end), &label);
    for field in message.fields() {
        if field.name == "payload" {
            continue;
        }
        label.clear();
        verbose::name_value(&mut label, &field);
        let (start, stop) = (at + field.range.start, at + field.range.end);
        if start < list.end
            && let Some(last) = list.stretches.last_mut()
            && stop <= last.end
        {
            // Bits of an octet that is there already.
            last.label.extend_from_slice(b", ");
            last.label.extend_from_slice(&label);
            continue;
        }
        if start > list.end {
            list.add(list.end, start, b"unused");
        }
        list.add(start, stop, &label);
    }
}

/// Quote, extensions, options.
fn inside(list: &mut Cuts, message: &Message<'_>, place: &dyn Fn(&[u8]) -> Option<usize>) {
    if let Some(quote) = message.quote()
        && let Some(at) = place(quote.ip.header)
    {
        if at > list.end {
            list.add(list.end, at, b"unused");
        }
        let mut label = b"quoted ".to_vec();
        label.extend_from_slice(ip_label(quote.ip.version));
        list.add(at, at + quote.ip.header.len(), &label);
        label.clear();
        label.extend_from_slice(b"quoted ");
        addr::quote(&mut label, quote);
        if let Some(start) = place(quote.ip.payload) {
            list.add(start, start + quote.ip.payload.len(), &label);
        }
        if let Some(start) = place(quote.bytes) {
            list.add(list.end, start + quote.bytes.len(), b"quote padding");
        }
    }
    if let Some(extensions) = message.extensions() {
        if let Some(at) = place(extensions.bytes) {
            let start = at.saturating_sub(4);
            list.add(list.end, start, b"quote padding");
            list.add(start, at, b"extension structure (RFC 4884)");
        }
        for object in extensions.objects() {
            if let Some(at) = place(object.bytes) {
                let mut label = Vec::new();
                verbose::extension_object(&mut label, &object);
                let start = at.saturating_sub(4);
                list.add(start, at + object.bytes.len(), &label);
            }
        }
    }
    match &message.body {
        Body::Mld(mld) => {
            for record in mld.records() {
                if let Some(at) = place(record.bytes) {
                    let mut label = Vec::new();
                    verbose::mld_record(&mut label, &record, false);
                    list.add(at, at + record.bytes.len(), &label);
                }
            }
        }
        _ if message.quote().is_none() => {
            for part in message.items() {
                if let Some(at) = place(part.bytes) {
                    let mut label = Vec::new();
                    verbose::item(&mut label, &part);
                    list.add(at, at + part.bytes.len(), &label);
                }
            }
        }
        _ => {}
    }
}
