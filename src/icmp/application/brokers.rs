//! What hands messages, values and access points' settings on: MQTT, memcached, CAPWAP's control.

use super::{Payload, text, tls};
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};

/// The rest of an MQTT packet as its header counts it, and where that begins (MQTT 3.1.1 section 2.2.3).
fn remaining(octets: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (number, octet) in octets.iter().skip(1).take(4).enumerate() {
        length |= usize::from(octet & 0x7f) << (7 * number);
        if octet & 0x80 == 0 {
            return Some((length, 2 + number));
        }
    }
    None
}

/// MQTT 3.1.1 section 2.2: the packet that a segment begins with, if it ends with it, too; that which
/// a client connects with may have others behind it.
pub(super) fn mqtt<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let first = u8_at(octets, 0)?;
    let (kind, flags) = (first >> 4, first & 0x0f);
    let (message, least, fixed) = match kind {
        1 => ("connect", 12, 0),
        2 => ("connect_ack", 2, 0),
        3 => ("publish", 2, flags),
        4 => ("publish_ack", 2, 0),
        5 => ("publish_received", 2, 0),
        6 => ("publish_release", 2, 2),
        7 => ("publish_complete", 2, 0),
        8 => ("subscribe", 5, 2),
        9 => ("subscribe_ack", 3, 0),
        10 => ("unsubscribe", 4, 2),
        11 => ("unsubscribe_ack", 2, 0),
        12 => ("ping_request", 0, 0),
        13 => ("ping_response", 0, 0),
        14 => ("disconnect", 0, 0),
        // MQTT 5.0 section 3.15.
        15 => ("authentication", 0, 0),
        _ => return None,
    };
    let (length, start) = remaining(octets)?;
    let has_quality = kind != 3 || flags & 0x06 != 0x06;
    let is_connect = kind == 1
        && matches!(
            tail(octets, start),
            [0, 4, b'M', b'Q', b'T', b'T', ..] | [0, 6, b'M', b'Q', b'I', ..]
        );
    let ends = length + start == payload.length || is_connect && length + start < payload.length;
    if flags != fixed || !has_quality || length < least || !ends || kind == 1 && !is_connect {
        return None;
    }
    let at = u16::try_from(start).ok()?;
    // A string: where it begins, and its length.
    let string = |at: u16, name| {
        let length = u16_at(octets, at.into())?;
        Some(spec::text_of(at + 2, length, name))
    };
    let rows: [Option<FieldSpec>; 6] = match kind {
        1 => {
            let level = at + 2 + u16_at(octets, start)?;
            // Version 5 has properties in front of it.
            let is_old = u8_at(octets, level.into()).is_some_and(|level| level < 5);
            [
                Some(spec::u8(level, "version")),
                Some(spec::flag(level + 1, 0x02, "clean_start")),
                Some(spec::flag(level + 1, 0x80, "user_name")),
                Some(spec::flag(level + 1, 0x40, "password")),
                Some(spec::seconds_of(level + 2, 2, "keep_alive")),
                string(level + 4, "client_id").filter(|_| is_old),
            ]
        }
        2 => [
            Some(spec::flag(at, 0x01, "session_present")),
            Some(spec::u8(at + 1, "return_code")),
            None,
            None,
            None,
            None,
        ],
        3 => [
            Some(spec::flag(0, 0x08, "duplicate")),
            Some(spec::bits(0, 1, 2, "quality")),
            Some(spec::flag(0, 0x01, "retain")),
            string(at, "topic"),
            None,
            None,
        ],
        4..=11 => [Some(spec::u16(at, "id")), None, None, None, None, None],
        _ => [None; 6],
    };
    let rows = [spec::bits(0, 4, 4, "type")]
        .into_iter()
        .chain(rows.into_iter().flatten());
    let fields = rows.clone().filter_map(|row| row.read(octets));
    let end = fields.map(|field| field.range.end).max()?;
    let bytes = octets.get(..end)?;
    let kind = Some(kind.into());
    Some(UpperHeader::new(
        "mqtt",
        kind,
        Some(message),
        bytes,
        Specs::made(rows),
    ))
}

/// What memcached is asked and answers over UDP: a line behind a header of its own (its `protocol.txt`,
/// `UDP protocol`).
pub(super) fn memcached<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 8;
    let octets = payload.octets;
    let (number, count) = (u16_at(octets, 2)?, u16_at(octets, 4)?);
    if u16_at(octets, 6)? != 0 || number >= count {
        return None;
    }
    let (line, row) = payload.line(HEADER)?;
    // Of what goes on from another datagram the first line is any.
    if number == 0 && !text::is_memcached(tail(octets, HEADER)) {
        return None;
    }
    let rows = [
        spec::u16(0, "id"),
        spec::u16(2, "sequence"),
        spec::u16(4, "datagrams"),
    ];
    let specs = Specs::made(rows.into_iter().chain([row]));
    let bytes = octets.get(..HEADER + line.len())?;
    Some(UpperHeader::new("memcached", None, None, bytes, specs))
}

/// RFC 5415 section 4.5.1.1.
const fn capwap_message(kind: u32) -> Option<&'static str> {
    Some(match kind {
        1 => "discovery_request",
        2 => "discovery_response",
        3 => "join_request",
        4 => "join_response",
        5 => "configuration_status_request",
        6 => "configuration_status_response",
        7 => "configuration_update_request",
        8 => "configuration_update_response",
        9 => "wtp_event_request",
        10 => "wtp_event_response",
        11 => "change_state_event_request",
        12 => "change_state_event_response",
        13 => "echo_request",
        14 => "echo_response",
        15 => "image_data_request",
        16 => "image_data_response",
        17 => "reset_request",
        18 => "reset_response",
        19 => "primary_discovery_request",
        20 => "primary_discovery_response",
        21 => "data_transfer_request",
        22 => "data_transfer_response",
        23 => "clear_configuration_request",
        24 => "clear_configuration_response",
        25 => "station_configuration_request",
        26 => "station_configuration_response",
        // RFC 5416 section 3.
        IEEE_80211_REQUEST => "wlan_configuration_request",
        IEEE_80211_RESPONSE => "wlan_configuration_response",
        _ => return None,
    })
}

/// Those of IEEE 802.11 are under its number of an enterprise, 13277.
const IEEE_80211_REQUEST: u32 = 13277 << 8 | 1;
const IEEE_80211_RESPONSE: u32 = 13277 << 8 | 2;

/// RFC 5415 sections 4.2, 4.3 and 4.5.1: DTLS, or a control message behind its header.
pub(super) fn capwap<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const CLEAR: u8 = 0;
    const DTLS: u8 = 1;
    /// Type, sequence number, length and flags.
    const CONTROL: usize = 8;
    let octets = payload.octets;
    match u8_at(octets, 0)? {
        CLEAR => {}
        DTLS => {
            return tls::datagram(&Payload {
                octets: tail(octets, 4),
                length: payload.length.saturating_sub(4),
                ..*payload
            });
        }
        _ => return None,
    }
    let start = usize::from(u8_at(octets, 1)? >> 3) * 4;
    let kind = u32_at(octets, start)?;
    let message = capwap_message(kind)?;
    if start < 8 || payload.length < start + CONTROL {
        return None;
    }
    let at = u16::try_from(start).ok()?;
    let specs = Specs::made([
        spec::bits_of(1, 2, 6, 5, "radio"),
        spec::bits_of(1, 2, 1, 5, "binding"),
        spec::u32(at, "type"),
        spec::u8(at + 4, "sequence"),
        spec::u16(at + 5, "message_length"),
    ]);
    let bytes = octets.get(..start + CONTROL).unwrap_or(octets);
    let kind = u16::try_from(kind).ok();
    Some(UpperHeader::new(
        "capwap_control",
        kind,
        Some(message),
        bytes,
        specs,
    ))
}
