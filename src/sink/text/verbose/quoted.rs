//! What `-v` tells of a quoted packet, and of those inside it.

use super::super::fields::item;
use super::super::{TextOptions, Verbosity, addr, header, note};
use super::{below, checksum, extensions, fields, parts, tunnel};
use crate::icmp::cause::{self, QuotedBy};
use crate::icmp::upper_header::UpperHeader;
use crate::icmp::{Body, Message, Quote, application, ip_header, quoted_transport, upper_header};
use crate::record::json::SourceNames;
use crate::record::write::{self, number};
use crate::wire::checksum::upper_checksum;
use crate::wire::ip::protocol;
use crate::wire::{IpVersion, TunnelPath};

/// A packet that is quoted `by` an error, and the one inside it, if there is one.
pub(super) fn lines(
    out: &mut Vec<u8>,
    (quote, by): (&Quote<'_>, Option<QuotedBy>),
    depth: usize,
    options: &TextOptions,
    names: &SourceNames,
) {
    below(out, depth);
    header::ip(out, &quote.ip, options.header_checksums, |out| {
        note::cause(out, b", ", cause::of_quoted_header(&quote.ip, by), names);
    });
    below(out, depth + 1);
    addr::quote(out, quote);
    transport(out, (quote, by), names);
    let message = quote.message();
    if let Some(message) = &message {
        code_and_fields(out, message);
    }
    let tunnels_alone = quote.tunnels_alone();
    let is_tunnel = tunnels_alone.is_some() || quote.tunnels().is_some();
    if quote.is_of_other_protocol()
        && !is_tunnel
        && let Some(header) = upper_header::of(quote)
    {
        out.extend_from_slice(b", ");
        item(out, &header.item);
    }
    if let Some(header) = quoted_transport::of(quote) {
        named_header(out, &header);
    }
    if let Some(dns) = quote.dns() {
        out.extend_from_slice(b", ");
        header::dns(out, &dns);
    }
    if let Some(header) = application::of(quote) {
        named_header(out, &header);
    }
    number(out, b", ", quote.bytes.len() as u64);
    out.extend_from_slice(b" octets quoted");
    for found in quote.ip.defects().iter() {
        out.extend_from_slice(b", ");
        note::defect(out, found);
    }
    if let Some(message) = &message {
        parts(
            out,
            message,
            depth + 2,
            options.verbosity >= Verbosity::Full,
        );
    }
    if let Some(alone) = tunnels_alone {
        for around in alone.headers.encapsulations() {
            tunnel(out, &around, depth + 1, names);
        }
        if let Some((cut, _)) = alone.inside {
            below(out, depth + 1);
            header::cut(out, &cut);
        }
    }
    if depth < Quote::NESTED
        && let Some(inner) = quote.inner()
    {
        for around in quote
            .tunnels()
            .into_iter()
            .flat_map(TunnelPath::encapsulations)
        {
            tunnel(out, &around, depth + 1, names);
        }
        lines(out, (&inner, None), depth + 1, options, names);
    }
    if let Some(structure) = message.as_ref().and_then(Message::extensions) {
        extensions(out, structure, depth + 1);
    }
}

/// What the line of the quoted packet leaves out of its transport header.
fn transport(out: &mut Vec<u8>, (quote, by): (&Quote<'_>, Option<QuotedBy>), names: &SourceNames) {
    if let Some(tag) = quote.verification_tag() {
        out.extend_from_slice(b", verification tag 0x");
        write::hex(out, tag.into(), 8);
    }
    if let Some(sum) = quote.sctp_checksum() {
        out.extend_from_slice(b", checksum 0x");
        write::hex(out, sum.into(), 8);
    }
    if quote.ip.protocol != protocol::DCCP
        && let Some(sequence) = quote.sequence()
    {
        number(out, b", sequence ", sequence);
    }
    for header in quote
        .ip
        .extension_headers()
        .filter(|_| quote.ip.version == IpVersion::V4)
    {
        out.extend_from_slice(b", ");
        item(out, &ip_header::extension_header(&header));
    }
    if let Some(tcp) = quote.tcp() {
        header::tcp(out, &tcp);
    }
    if let Some(length) = quote.udp_length() {
        number(out, b", udp length ", length.into());
    }
    if let Some(octets) = quote.checksum_coverage() {
        number(out, b", checksum coverage ", octets.into());
    }
    if let Some(sum) = upper_checksum(&quote.ip) {
        out.extend_from_slice(b", checksum ");
        checksum(out, sum);
        note::cause(out, b", ", cause::of_quoted(sum, &quote.ip, by), names);
    }
}

/// `, code 1 host unreachable, mtu 1400`: what the line of a quoted message leaves out of it. Payloads
/// are left to `-X`.
fn code_and_fields(out: &mut Vec<u8>, message: &Message<'_>) {
    if let Some(code) = message.code
        && (code != 0 || message.code_name().is_some())
    {
        number(out, b", code ", code.into());
        if let Some(name) = message.code_name() {
            out.push(b' ');
            addr::words_of(out, name);
        }
    }
    let has_id = crate::icmp::quote::has_id(message.version, message.kind);
    if !matches!(message.body, Body::Short { .. }) {
        fields(out, message, |field| match field {
            "payload" => true,
            "id" | "seq" => has_id,
            _ => false,
        });
    }
}

/// `, init sctp chunk (1): flags 0x0`: a header behind the name of its type.
fn named_header(out: &mut Vec<u8>, header: &UpperHeader<'_>) {
    out.extend_from_slice(b", ");
    if let Some(name) = header.message {
        addr::words_of(out, name);
        out.push(b' ');
    }
    item(out, &header.item);
}
