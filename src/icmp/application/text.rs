//! Protocols whose messages begin with a line of text: HTTP, SIP, SMTP, SSDP, syslog and others.

use super::Payload;
use crate::icmp::field::spec;
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;

/// What tells a protocol wherever it is found.
const KNOWN: &[(&[u8], &str)] = &[
    (b"HTTP/1.", "http"),
    (b"GET ", "http"),
    (b"POST ", "http"),
    (b"HEAD ", "http"),
    (b"PUT ", "http"),
    (b"OPTIONS sip:", "sip"),
    (b"OPTIONS ", "http"),
    (b"CONNECT ", "http"),
    (b"PRI * HTTP/2", "http"),
    (b"SIP/2.0 ", "sip"),
    (b"INVITE sip", "sip"),
    (b"REGISTER sip", "sip"),
    (b"SUBSCRIBE sip", "sip"),
    (b"NOTIFY sip", "sip"),
    (b"ACK sip", "sip"),
    (b"BYE sip", "sip"),
    (b"CANCEL sip", "sip"),
    (b"MESSAGE sip", "sip"),
    (b"M-SEARCH ", "ssdp"),
    (b"NOTIFY * ", "ssdp"),
    (b"SSH-", "ssh"),
    (b"RTSP/1.", "rtsp"),
    (b"DESCRIBE rtsp", "rtsp"),
];

/// A line that its first word tells.
pub(super) fn known<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let (_, name) = KNOWN
        .iter()
        .find(|(start, _)| payload.octets.starts_with(start))?;
    first_line(name, payload.octets)
}

/// A line at the port of a protocol that has them, which its first word does not tell.
pub(super) fn line<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let by_port = |port| {
        Some(match port {
            21 => "ftp",
            25 | 587 => "smtp",
            80 | 3128 | 8000 | 8080 => "http",
            110 => "pop3",
            119 => "nntp",
            143 => "imap",
            514 => "syslog",
            1900 => "ssdp",
            2427 | 2727 => "mgcp",
            3702 => "ws_discovery",
            5060 => "sip",
            5222 => "xmpp",
            6667 => "irc",
            _ => return None,
        })
    };
    let name = by_port(payload.dst_port).or_else(|| by_port(payload.src_port))?;
    first_line(name, payload.octets)
}

/// The first line of text, where it is that: printable to its end or to that of the quote.
fn first_line<'a>(name: &'static str, octets: &'a [u8]) -> Option<UpperHeader<'a>> {
    let end = octets
        .iter()
        .position(|octet| matches!(octet, b'\r' | b'\n'));
    let line = octets.get(..end.unwrap_or(octets.len()))?;
    let is_text = line
        .iter()
        .all(|octet| matches!(octet, b'\t' | b' '..=b'~'));
    let length = u16::try_from(line.len())
        .ok()
        .filter(|&length| length > 0 && is_text)?;
    let rows = [spec::text_of(0, length, "line")];
    Some(UpperHeader::new(name, None, None, line, Specs::made(rows)))
}
