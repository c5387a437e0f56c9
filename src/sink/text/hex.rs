//! `-x`, `-X`, `-A`: the octets of a packet.
//!
//! `-x`, `-xx`, `-A` and `-AA` look as in tcpdump. `-X` and `-XX` break their rows where fields
//! end and name each field beside its octets, so that the format can be learnt from a packet.

mod esp;
mod rows;

use std::ops::Range;

use self::rows::Rows;
pub(super) use self::rows::Shape;
use super::palette::{Palette, Role};
use super::{HexDump, meaning, verbose};
use crate::icmp::layout::{self, LaidField, Part};
use crate::icmp::{Body, Message, Whole, payload};
use crate::model::{Form, Sealing, UsbTransfer};
use crate::record::json::SourceNames;
use crate::record::{IcmpEvent, write};
use crate::wire::bytes::offset_in;
use crate::wire::reassembly::Reassembly;
use crate::wire::tunnel::{Tunnel, TunnelKind};
use crate::wire::{Classified, IpVersion, Packet, classify, link};

/// The colours, the names of captures, and the shape of rows with names.
type Drawn<'d> = (&'d Palette, &'d SourceNames, Shape);

/// Octets in a row.
const ROW: usize = 16;

/// Writes the dump.
pub(super) fn dump(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    kind: HexDump,
    (palette, names, shape): Drawn<'_>,
) {
    let data = event.frame.data;
    let network = event.packet.link.offset.min(data.len());
    // What is dumped without the link header ends where the outermost IP packet does: Ethernet
    // pads short frames. Inside a tunnel the outer packet's length is not at hand.
    let end = if event.packet.tunnels.is_empty() && event.frame.expanded.is_none() {
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
        HexDump::HexAscii => named(out, event, network..end, (palette, names, shape)),
        HexDump::HexAsciiWithLink => {
            transfer(out, event, (palette, names, shape));
            named(out, event, 0..data.len(), (palette, names, shape));
        }
    }
}

/// Rows of the header of the transfer of USB that the packet came in, whose other octets lie elsewhere.
fn transfer(out: &mut Vec<u8>, event: &IcmpEvent<'_>, (palette, names, shape): Drawn<'_>) {
    let Some(UsbTransfer {
        link,
        header,
        around,
        ..
    }) = event.frame.transfer
    else {
        return;
    };
    let mut rows = Rows {
        out,
        data: header,
        palette,
        names,
        shape,
        shown: 0..header.len(),
        part: None,
    };
    rows.laid(&layout::link(link, header), 0, event);
    if !around.is_empty() {
        rows.title(b"the message in the transfer, up to its packet", Role::Link);
        (rows.data, rows.shown) = (around, 0..around.len());
        rows.laid(&layout::transfer(around), 0, event);
    }
    rows.title(b"the packet in the transfer", Role::Link);
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
    let next = octets.iter().skip(1).map(Some).chain([None]);
    out.extend((octets.iter().zip(next)).filter_map(|pair| match pair {
        // Lines of a text may end in both.
        (b'\r', None | Some(b'\n')) => None,
        (b'\n' | b'\t', _) => Some(*pair.0),
        (other, _) => Some(printable(*other)),
    }));
    out.push(b'\n');
}

/// Rows with names. Of a packet that travels compressed first those of the frame as it is, then
/// those of the packet as it was made, which is where the fields are. Behind the last fragment of a
/// message those of the message.
fn named(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    shown: Range<usize>,
    (palette, names, shape): Drawn<'_>,
) {
    let data = event.frame.data;
    let network = event.packet.link.offset;
    let mut rows = Rows {
        out,
        data,
        palette,
        names,
        shape,
        shown,
        part: None,
    };
    // Of what is shown of the packet as it was put together.
    let mut payload = event.packet.ip.payload;
    match event.frame.expanded {
        None => fields(&mut rows, event, network),
        Some(packet) => {
            rows.link(event, network);
            let start = tunnels(&mut rows, event, network);
            let is_payload = |tunnel: Tunnel| matches!(tunnel.kind, TunnelKind::IpComp { .. });
            let (sent, made): (&[u8], &[u8]) = match packet.form {
                Form::Compressed if event.packet.tunnels.iter().any(is_payload) => (
                    b"compressed payload",
                    b"IPComp: the packet with its payload expanded",
                ),
                Form::Compressed => (
                    b"6LoWPAN, as it was sent",
                    b"6LoWPAN: the packet with its headers expanded",
                ),
                Form::Decrypted => match packet.sealing {
                    Some(Sealing::Esp(_)) => (b"encrypted packet", b"ESP: the packet decrypted"),
                    Some(Sealing::NullEsp(_)) => (
                        b"packet, not encrypted, and its trailer",
                        b"ESP: the packet, not encrypted",
                    ),
                    _ => (
                        b"encrypted packet and its tag",
                        b"WireGuard: the packet decrypted",
                    ),
                },
                Form::Headerless(_) => (
                    b"unit without its IP header, as it was captured",
                    b"what IP carried",
                ),
                Form::Message => (
                    b"segment of TCP, as it was sent",
                    b"the message in a segment of its own",
                ),
                Form::Unit => (
                    b"units of a stream, as they were sent",
                    b"the packet in one of them",
                ),
                Form::Part => (
                    b"piece of a packet, as it was sent",
                    b"how the packet begins",
                ),
                Form::Later => (
                    b"piece of a packet, as it was sent",
                    b"the packet up to there",
                ),
                Form::Whole | Form::Last => (
                    b"last piece of a packet, as it was sent",
                    b"the packet put together",
                ),
            };
            let frame = start..rows.end(event);
            rows.sealed(frame, event, packet.sealing, sent);
            rows.check_sequence(event);
            rows.title(made, Role::Link);
            rows.data = &packet.octets;
            let lacking = match packet.form {
                Form::Headerless(octets) => octets.into(),
                _ => 0,
            };
            rows.shown = lacking..packet.octets.len();
            if matches!(packet.form, Form::Last | Form::Later)
                && let Classified::Icmp(packet) = &classify(event.frame)
            {
                payload = packet.ip.payload;
                let message = &Message::parse(&packet.ip);
                let event = IcmpEvent {
                    packet,
                    message,
                    ..*event
                };
                fields(&mut rows, &event, 0);
            } else {
                fields(&mut rows, event, 0);
            }
            rows.esp_trailer(&packet.trailer);
        }
    }
    if let (Some(Reassembly::Complete(made)), Some(whole)) = (event.reassembly, event.whole)
        && whole.ip.payload != payload
    {
        put_together(&mut rows, event, made.octets(), whole);
    }
}

/// Rows of the message that this fragment makes whole.
fn put_together<'a>(
    rows: &mut Rows<'_, 'a>,
    event: &IcmpEvent<'_>,
    octets: &'a [u8],
    whole: &Whole<'_>,
) {
    rows.title(
        b"the message put together, behind the header of its first fragment",
        Role::Link,
    );
    rows.data = octets;
    rows.shown = 0..octets.len();
    rows.part = None;
    let packet = &Packet {
        ip: whole.ip,
        ..*event.packet
    };
    let message = &whole.message;
    let event = IcmpEvent {
        packet,
        message,
        ..*event
    };
    let start = offset_in(octets, whole.ip.header).unwrap_or(0);
    rows.add(0..start, Role::Link, b"tunnel header");
    let end = rows.message(&event, start);
    rows.add(end..octets.len(), Role::Link, b"behind the packet");
}

/// Rows broken at the ends of fields, with ASCII and the field's name and value beside them;
/// `network` is where the network header starts.
///
/// Fields that share an octet share a row. Outside of the packets (link header, padding) octets are
/// shown without names.
fn fields(rows: &mut Rows<'_, '_>, event: &IcmpEvent<'_>, network: usize) {
    let data = rows.data;
    let ip = &event.packet.ip;
    let Some(start) = offset_in(data, ip.header) else {
        rows.add(0..data.len(), Role::Field, b"frame");
        return;
    };
    rows.link(event, network.min(start));
    let inside = tunnels(rows, event, network.min(start));
    rows.add(inside..start, Role::Link, b"tunnel header");
    let end = rows.message(event, start);
    if event.frame.expanded.is_some() {
        rows.add(end..data.len(), Role::Link, b"behind the packet");
    } else {
        let (value, frame) = (rows.check_value(event), rows.end(event));
        rows.add(end..value, Role::Link, b"behind the packet");
        rows.add(value..frame, Role::Link, b"macsec: integrity check value");
        rows.check_sequence(event);
    }
}

/// Rows of those tunnel headers that lie in these octets; tells where they end, `start` if there
/// is none.
fn tunnels(rows: &mut Rows<'_, '_>, event: &IcmpEvent<'_>, start: usize) -> usize {
    let data = rows.data;
    let mut end = start;
    for around in event.packet.tunnels.encapsulations() {
        for outer in [&around.outer, &around.fragment].into_iter().flatten() {
            if let Some(at) = offset_in(data, outer.header) {
                end = rows.laid(&layout::header(outer), at, event);
            }
        }
        if let Some(at) = offset_in(data, around.header) {
            end = end.max(rows.laid(&layout::tunnel(&around), at, event));
        }
    }
    end
}

const fn role(part: Part) -> Role {
    match part {
        Part::Link | Part::OuterIp | Part::Tunnel | Part::Ip | Part::QuotedIp => Role::Field,
        Part::Icmp | Part::Item => Role::Head,
        Part::Payload | Part::QuotedPayload => Role::Link,
        Part::QuotedTransport => Role::Known,
        Part::Extension => Role::Error,
    }
}

/// What the parts of a packet are called where they begin.
const fn title(part: Part, version: IpVersion) -> &'static [u8] {
    match (part, version) {
        (Part::Link, _) => b"link header",
        (Part::OuterIp, _) => b"outer IP header",
        (Part::Tunnel, _) => b"tunnel header",
        (Part::Ip, IpVersion::V4) => b"IPv4",
        (Part::Ip, IpVersion::V6) => b"IPv6",
        (Part::Icmp, IpVersion::V4) => b"ICMP",
        (Part::Icmp, IpVersion::V6) => b"ICMPv6",
        (Part::Item, _) => b"options and entries",
        (Part::Payload, _) => b"payload",
        (Part::QuotedIp, _) => b"quoted IP header",
        (Part::QuotedTransport, _) => b"quoted transport",
        (Part::QuotedPayload, _) => b"quoted payload",
        (Part::Extension, _) => b"extensions (RFC 4884)",
    }
}

impl Rows<'_, '_> {
    /// Rows of the IP packet that lies behind `start`, and of the message in it; tells where they end.
    fn message(&mut self, event: &IcmpEvent<'_>, start: usize) -> usize {
        let guess = match &event.message.body {
            Body::Echo(echo) => payload::of_echo(event.message, echo, event.frame.ts),
            _ => None,
        };
        let laid = layout::fields(
            &event.packet.ip,
            event.message,
            guess.as_ref(),
            event.proven(),
        );
        self.laid(&laid, start, event)
    }

    /// Rows of the link header, which has so many octets.
    fn link(&mut self, event: &IcmpEvent<'_>, octets: usize) {
        let data = self.data;
        if octets > self.shown.start
            && let Some(header) = data.get(..octets)
        {
            self.laid(&layout::link(event.frame.link, header), 0, event);
        }
    }

    /// Where the check value of `MACsec` starts that the frame ends in, or else its end.
    fn check_value(&self, event: &IcmpEvent<'_>) -> usize {
        let octets = event.packet.link.check;
        let is_there = !event.frame.is_cut();
        (self.end(event)).saturating_sub(if is_there { octets.into() } else { 0 })
    }

    /// Where the frame ends, but for its check sequence.
    fn end(&self, event: &IcmpEvent<'_>) -> usize {
        (self.data.len()).saturating_sub(link::check_sequence_octets(event.frame))
    }

    /// The row of the check sequence that the frame ends in, if it has one.
    fn check_sequence(&mut self, event: &IcmpEvent<'_>) {
        if let Some(sequence) = link::check_sequence(event.frame) {
            let mut label = Vec::new();
            verbose::check_sequence(&mut label, sequence);
            self.add(self.end(event)..self.data.len(), Role::Link, &label);
        }
    }

    /// Rows of fields that lie behind `start`; tells where they end.
    fn laid(&mut self, laid: &[LaidField<'_>], start: usize, event: &IcmpEvent<'_>) -> usize {
        let mut label = Vec::new();
        let mut end = start;
        for (i, field) in laid.iter().enumerate() {
            if !label.is_empty() {
                label.extend_from_slice(b", ");
            }
            meaning::of(&mut label, field, event, self.names);
            // Fields that share an octet share a row.
            let next = laid.get(i + 1);
            if next.is_some_and(|next| next.range == field.range) {
                continue;
            }
            let range = start + field.range.start..start + field.range.end;
            end = end.max(range.end);
            // A header that was made.
            if range.end <= self.shown.start {
                label.clear();
                continue;
            }
            self.part(field.part, event);
            self.add(range, role(field.part), &label);
            label.clear();
        }
        end
    }

    /// A part begins, unless it has begun.
    fn part(&mut self, part: Part, event: &IcmpEvent<'_>) {
        if self.part.replace(part) != Some(part) {
            let version = match part {
                Part::Icmp => event.message.version,
                _ => event.packet.ip.version,
            };
            self.title(title(part, version), role(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::write::text;

    #[test]
    fn plain_rows_look_as_in_tcpdump() {
        let octets: Vec<u8> = (0..35).collect();
        assert_eq!(
            text(|out| plain(out, &octets)),
            "\t0x0000:  0001 0203 0405 0607 0809 0a0b 0c0d 0e0f\n\
             \t0x0010:  1011 1213 1415 1617 1819 1a1b 1c1d 1e1f\n\
             \t0x0020:  2021 22\n"
        );
    }

    #[test]
    fn ascii_shows_no_control_character() {
        assert_eq!(
            text(|out| ascii(out, b"a\x1b[2J\rb\r\n\tz\xff\r")),
            "a.[2J.b\n\tz.\n"
        );
    }
}
