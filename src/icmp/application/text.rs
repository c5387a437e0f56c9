//! Protocols whose messages begin with a line of text: HTTP, SIP, SMTP, SSDP, syslog and others.

mod line_form;
mod sip;

use super::Payload;
use crate::icmp::field::{FieldSpec, Names, spec, written};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;

/// What tells a protocol wherever it is found.
const KNOWN: &[(&[u8], &str)] = &[
    (b"HTTP/1.", "http"),
    (b"GET ", "http"),
    (b"POST ", "http"),
    (b"HEAD ", "http"),
    (b"PUT ", "http"),
    (b"DELETE /", "http"),
    (b"PATCH /", "http"),
    (b"PROPFIND /", "http"),
    (b"TRACE /", "http"),
    (b"OPTIONS /", "http"),
    (b"OPTIONS *", "http"),
    (b"OPTIONS http", "http"),
    (b"CONNECT ", "http"),
    (b"PRI * HTTP/2", "http"),
    (b"SIP/2.0 ", "sip"),
    (b"OPTIONS sip", "sip"),
    (b"INVITE sip", "sip"),
    (b"REGISTER sip", "sip"),
    (b"SUBSCRIBE sip", "sip"),
    (b"NOTIFY sip", "sip"),
    (b"PUBLISH sip", "sip"),
    (b"ACK sip", "sip"),
    (b"BYE sip", "sip"),
    (b"CANCEL sip", "sip"),
    (b"MESSAGE sip", "sip"),
    (b"M-SEARCH ", "ssdp"),
    (b"NOTIFY * ", "ssdp"),
    (b"SSH-", "ssh"),
    // RFC 6143 section 7.1.1.
    (b"RFB 00", "rfb"),
    (b"RTSP/1.", "rtsp"),
    (b"RTSP/2.", "rtsp"),
    (b"OPTIONS rtsp", "rtsp"),
    (b"DESCRIBE rtsp", "rtsp"),
    (b"ANNOUNCE rtsp", "rtsp"),
    (b"GET_PARAMETER rtsp", "rtsp"),
    (b"SET_PARAMETER rtsp", "rtsp"),
    (b"SETUP rtsp", "rtsp"),
    (b"PLAY rtsp", "rtsp"),
    (b"PAUSE rtsp", "rtsp"),
    (b"RECORD rtsp", "rtsp"),
    (b"TEARDOWN rtsp", "rtsp"),
];

/// A line that its first word tells.
pub(super) fn known<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let (_, name) = KNOWN
        .iter()
        .find(|(start, _)| payload.octets.starts_with(start))?;
    first_line(name, payload)
}

/// A line of a datagram at the port of a protocol that has them, if it has the form of one.
pub(super) fn datagram<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    by_port(payload, |port| line_form::of_datagram(port, payload.octets))
}

/// The same of a segment: one that is quoted is most often of the middle of a stream. HTTP is not among these: its first word tells it,
/// and its ports serve others as well.
pub(super) fn segment<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    by_port(payload, |port| line_form::of(port, payload.octets))
}

/// Whether a line is one of memcached.
pub(super) fn is_memcached(line: &[u8]) -> bool {
    line_form::of(11211, line).is_some()
}

fn by_port<'a>(
    payload: &Payload<'a>,
    name: impl Fn(u16) -> Option<&'static str>,
) -> Option<UpperHeader<'a>> {
    let name = name(payload.dst_port).or_else(|| name(payload.src_port))?;
    if !begins_as_text(payload.octets) {
        return None;
    }
    if name == SYSLOG {
        return syslog(payload);
    }
    first_line(name, payload)
}

const SYSLOG: &str = "syslog";
const SIP: &str = "sip";

/// Whether the first octets are printable, which ports alone do not promise.
pub(super) fn begins_as_text(octets: &[u8]) -> bool {
    const PROOF: usize = 8;
    let line = octets.split(|octet| matches!(octet, b'\r' | b'\n')).next();
    let mut proof = line.unwrap_or_default().iter().take(PROOF);
    proof.all(|octet| matches!(octet, b'\t' | b' '..=b'~'))
}

/// The first line, whatever octets it holds, if it is not empty.
fn first_line<'a>(name: &'static str, payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    if name == SIP {
        return sip::message(payload);
    }
    let (line, row) = payload.line(0)?;
    let specs = Specs::made([row]);
    Some(UpperHeader::new(name, None, None, line, specs))
}

const FACILITIES: Names = Names {
    key: "facility_name",
    words: &[
        "kernel", "user", "mail", "daemon", "auth", "syslog", "printer", "news", "uucp", "cron",
        "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2",
        "local3", "local4", "local5", "local6", "local7",
    ],
};

const SEVERITIES: Names = Names {
    key: "severity_name",
    words: &[
        "emergency",
        "alert",
        "critical",
        "error",
        "warning",
        "notice",
        "informational",
        "debug",
    ],
};

/// What a priority in angle brackets stands for, and the line behind it (RFC 5424 section 6.2.1, RFC
/// 3164 section 4.1.1).
fn syslog<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let Some(digits) = priority(payload.octets) else {
        return first_line(SYSLOG, payload);
    };
    let bits = |shift, width, name| spec::written(1, digits, shift, width, name);
    let behind = usize::from(digits) + 2;
    let line = payload.line(behind);
    let end = line.map_or(behind, |(line, _)| behind + line.len());
    let rows: [FieldSpec; 2] = [
        spec::named(bits(3, 5, "facility"), &FACILITIES),
        spec::named(bits(0, 3, "severity"), &SEVERITIES),
    ];
    let specs = Specs::made(rows.into_iter().chain(line.map(|(_, row)| row)));
    let bytes = payload.octets.get(..end)?;
    Some(UpperHeader::new(SYSLOG, None, None, bytes, specs))
}

/// How many digits a priority has.
fn priority(octets: &[u8]) -> Option<u8> {
    const HIGHEST: u64 = 191;
    let rest = octets.strip_prefix(b"<")?;
    let end = rest.iter().take(4).position(|&octet| octet == b'>')?;
    let is_one = end > 0 && written(rest.get(..end)?)? <= HIGHEST;
    u8::try_from(end).ok().filter(|_| is_one)
}
