//! What clocks are set by: NTP, PTP, timed.

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{u8_at, u16_at};

/// RFC 5905 section 7.3.
const NTP: &[FieldSpec] = &[
    spec::bits(0, 6, 2, "leap"),
    spec::bits(0, 3, 3, "version"),
    spec::bits(0, 0, 3, "mode"),
    spec::u8(1, "stratum"),
    spec::u8(2, "poll"),
    spec::i8(3, "precision"),
    spec::short_time(4, "root_delay_us"),
    spec::short_time(8, "root_dispersion_us"),
];

/// Behind the reference.
const TIMES: [FieldSpec; 4] = [
    spec::ntp_time(16, "reference_time"),
    spec::ntp_time(24, "origin_time"),
    spec::ntp_time(32, "receive_time"),
    spec::ntp_time(40, "transmit_time"),
];

macro_rules! behind_header {
    ($reference:expr) => {
        &[$reference, TIMES[0], TIMES[1], TIMES[2], TIMES[3]]
    };
}

/// Of a primary server which clock it has, or why it tells no time ("kiss code"); of others the address
/// of their server, or of that in IPv6 a hash (RFC 5905 section 7.3).
const BY_CLOCK: &[FieldSpec] = behind_header!(spec::text_of(12, 4, "reference"));
const BY_SERVER: &[FieldSpec] = behind_header!(spec::v4(12, "reference"));

/// RFC 9327 section 2.
const NTP_CONTROL: &[FieldSpec] = &[
    spec::bits(0, 3, 3, "version"),
    spec::bits(0, 0, 3, "mode"),
    spec::bits(1, 0, 5, "opcode"),
    spec::u16(2, "sequence"),
    spec::hex(4, 2, "status"),
    spec::u16(6, "association"),
];

/// What `ntpdc` sends: no RFC has it.
const NTP_PRIVATE: &[FieldSpec] = &[
    spec::bits(0, 3, 3, "version"),
    spec::bits(0, 0, 3, "mode"),
    spec::u8(2, "implementation"),
    spec::u8(3, "request"),
];

pub(super) fn ntp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 48;
    let octets = payload.octets;
    let first = u8_at(octets, 0)?;
    let own = match u8_at(octets, 1) {
        Some(2..) => BY_SERVER,
        _ => BY_CLOCK,
    };
    let header = Specs::Two(NTP, own);
    let (message, specs, length) = match first & 0x07 {
        1 => (Some("symmetric_active"), header, HEADER),
        2 => (Some("symmetric_passive"), header, HEADER),
        3 => (Some("client"), header, HEADER),
        4 => (Some("server"), header, HEADER),
        5 => (Some("broadcast"), header, HEADER),
        6 => (Some("control"), Specs::Table(NTP_CONTROL), 12),
        7 => (Some("private"), Specs::Table(NTP_PRIVATE), 4),
        // NTP version 1 has no modes (RFC 1059 section 3.2.1).
        _ => (None, header, HEADER),
    };
    if !(1..=4).contains(&(first >> 3 & 0x07)) {
        return None;
    }
    let bytes = octets.get(..length).unwrap_or(octets);
    Some(UpperHeader::new("ntp", None, message, bytes, specs))
}

/// IEEE 1588-2008 section 13.3; 1588-2019 has the same.
const PTP: &[FieldSpec] = &[
    spec::bits(0, 0, 4, "type"),
    spec::bits(1, 0, 4, "version"),
    spec::u16(2, "message_length"),
    spec::u8(4, "domain"),
    spec::hex(6, 2, "flags"),
    spec::hex(8, 8, "correction"),
    spec::hex(20, 8, "clock"),
    spec::u16(28, "port"),
    spec::u16(30, "sequence"),
    spec::i8(33, "log_interval"),
];
/// Section 13.6 and others.
const PTP_TIME: &[FieldSpec] = &[
    spec::number(34, 6, "time_seconds"),
    spec::u32(40, "time_nanoseconds"),
];

pub(super) fn ptp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const VERSION: u8 = 2;
    let octets = payload.octets;
    if u8_at(octets, 1)? & 0x0f != VERSION {
        return None;
    }
    let kind = u8_at(octets, 0)? & 0x0f;
    let message = match kind {
        0 => "sync",
        1 => "delay_request",
        2 => "peer_delay_request",
        3 => "peer_delay_response",
        8 => "follow_up",
        9 => "delay_response",
        10 => "peer_delay_response_follow_up",
        11 => "announce",
        12 => "signaling",
        13 => "management",
        _ => return None,
    };
    let (own, length) = match kind {
        12 | 13 => (&[][..], 34),
        _ => (PTP_TIME, 44),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(PTP, own);
    let kind = Some(kind.into());
    Some(UpperHeader::new("ptp", kind, Some(message), bytes, specs))
}

/// `timed` of BSD, by its `protocols/timed.h`: no RFC has it.
const TIMED: [FieldSpec; 3] = [
    spec::u8(0, "type"),
    spec::u8(1, "version"),
    spec::u16(2, "sequence"),
];

pub(super) fn timed<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const VERSION: u8 = 1;
    const LOOP: u8 = 24;
    const NAME: usize = 12;
    let octets = payload.octets;
    let kind = u8_at(octets, 0)?;
    let message = match kind {
        1 => "adjust_time",
        2 => "ack",
        3 => "master_request",
        4 => "master_ack",
        5 => "set_time",
        6 => "master_up",
        7 => "slave_up",
        8 => "election",
        9 => "accept",
        10 => "refuse",
        11 => "conflict",
        12 => "resolve",
        13 => "quit",
        14 => "date",
        15 => "date_request",
        16 => "date_ack",
        17 => "trace_on",
        18 => "trace_off",
        19 => "site",
        20 => "site_request",
        21 => "test",
        22 => "set_date",
        23 => "set_date_request",
        LOOP => "loop",
        _ => return None,
    };
    if u8_at(octets, 1)? != VERSION || u16_at(octets, 2).is_none() {
        return None;
    }
    let hops = (kind == LOOP).then(|| spec::u8(4, "hop_count"));
    let length = payload.end(NAME, |octet| octet == 0);
    let host = payload.text(NAME, length, "host");
    let end = length.map_or(octets.len(), |length| NAME + length);
    let rows = TIMED.into_iter().chain(hops).chain(host);
    let bytes = octets.get(..end)?;
    let specs = Specs::made(rows);
    let kind = Some(kind.into());
    Some(UpperHeader::new("timed", kind, Some(message), bytes, specs))
}
