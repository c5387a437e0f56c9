//! What a quoted packet of SCTP or DCCP says behind its ports: the first chunk, the type of packet.

use super::Quote;
use super::field::{FieldSpec, spec};
use super::item::Specs;
use super::upper_header::UpperHeader;
use crate::wire::bytes::u8_at;
use crate::wire::ip::protocol;

type Table = &'static [FieldSpec];

/// The first chunk of an SCTP packet (RFC 9260 section 3), or what is behind the ports of a DCCP header
/// (RFC 4340 section 5.1); of a later fragment there is none.
pub fn of<'a>(quote: &Quote<'a>) -> Option<UpperHeader<'a>> {
    /// Octets of SCTP's common header, and of DCCP's ports.
    const SCTP: usize = 12;
    const DCCP: usize = 4;
    let ip = &quote.ip;
    if ip.is_later_fragment() {
        return None;
    }
    match ip.protocol {
        protocol::SCTP => chunk(ip.payload.get(SCTP..)?),
        protocol::DCCP => packet(ip.payload.get(DCCP..)?),
        _ => None,
    }
}

fn chunk(octets: &[u8]) -> Option<UpperHeader<'_>> {
    let kind = u8_at(octets, 0)?;
    let (message, own) = match kind {
        0 => (Some("data"), DATA),
        1 => (Some("init"), INIT),
        2 => (Some("init_ack"), INIT),
        3 => (Some("sack"), SACK),
        4 => (Some("heartbeat"), NOTHING),
        5 => (Some("heartbeat_ack"), NOTHING),
        6 => (Some("abort"), NOTHING),
        7 => (Some("shutdown"), SHUTDOWN),
        8 => (Some("shutdown_ack"), NOTHING),
        9 => (Some("error"), NOTHING),
        10 => (Some("cookie_echo"), NOTHING),
        11 => (Some("cookie_ack"), NOTHING),
        14 => (Some("shutdown_complete"), NOTHING),
        _ => (None, NOTHING),
    };
    let specs = Specs::Two(CHUNK, own);
    Some(UpperHeader::new(
        "sctp_chunk",
        Some(kind.into()),
        message,
        octets,
        specs,
    ))
}

fn packet(octets: &[u8]) -> Option<UpperHeader<'_>> {
    let Some(first) = u8_at(octets, 4) else {
        let specs = Specs::Table(BEFORE_TYPE);
        return (!octets.is_empty())
            .then(|| UpperHeader::new("dccp_packet", None, None, octets, specs));
    };
    let is_extended = first & 0x01 != 0;
    let kind = first >> 1 & 0x0f;
    let message = match kind {
        0 => Some("request"),
        1 => Some("response"),
        2 => Some("data"),
        3 => Some("ack"),
        4 => Some("data_ack"),
        5 => Some("close_request"),
        6 => Some("close"),
        7 => Some("reset"),
        8 => Some("sync"),
        9 => Some("sync_ack"),
        _ => None,
    };
    let own = match (kind, is_extended) {
        (0, true) => REQUEST,
        (1, true) => RESPONSE,
        (3..=6 | 8 | 9, true) => ACKNOWLEDGMENT,
        (7, true) => RESET,
        (3 | 4, false) => SHORT_ACKNOWLEDGMENT,
        _ => NOTHING,
    };
    let specs = Specs::Two(if is_extended { PACKET } else { SHORT_PACKET }, own);
    Some(UpperHeader::new(
        "dccp_packet",
        Some(kind.into()),
        message,
        octets,
        specs,
    ))
}

const NOTHING: Table = &[];

/// RFC 9260 section 3.2.
const CHUNK: Table = &[
    spec::u8(0, "type"),
    spec::hex(1, 1, "flags"),
    spec::u16(2, "chunk_length"),
];

/// RFC 9260 section 3.3.1.
const DATA: Table = &[
    spec::u32(4, "sequence"),
    spec::u16(8, "stream"),
    spec::u16(10, "stream_sequence"),
    spec::u32(12, "payload_protocol"),
];

/// RFC 9260 sections 3.3.2 and 3.3.3.
const INIT: Table = &[
    spec::hex(4, 4, "initiate_tag"),
    spec::u32(8, "receiver_window"),
    spec::u16(12, "outbound_streams"),
    spec::u16(14, "inbound_streams"),
    spec::u32(16, "initial_sequence"),
];

/// RFC 9260 section 3.3.4.
const SACK: Table = &[
    spec::u32(4, "acknowledgment"),
    spec::u32(8, "receiver_window"),
    spec::u16(12, "gap_blocks"),
    spec::u16(14, "duplicates"),
];

/// RFC 9260 section 3.3.8.
const SHUTDOWN: Table = &[spec::u32(4, "acknowledgment")];

/// RFC 4340 section 5.1: what is before the type; the checksum is told with those of other transports.
const BEFORE_TYPE: Table = &[DATA_OFFSET, CCVAL, COVERAGE];
const DATA_OFFSET: FieldSpec = spec::u8(0, "data_offset");
const CCVAL: FieldSpec = spec::bits(1, 4, 4, "ccval");
const COVERAGE: FieldSpec = spec::bits(1, 0, 4, "checksum_coverage");

/// RFC 4340 section 5.1: up to the sequence number, which has 48 or 24 bits.
const fn generic(sequence: FieldSpec) -> [FieldSpec; 6] {
    [
        DATA_OFFSET,
        CCVAL,
        COVERAGE,
        spec::bits(4, 1, 4, "type"),
        spec::flag(4, 0x01, "extended_sequence"),
        sequence,
    ]
}
const PACKET: Table = &generic(spec::number(6, 6, "sequence"));
const SHORT_PACKET: Table = &generic(spec::number(5, 3, "sequence"));

/// RFC 4340 section 5.2.
const REQUEST: Table = &[spec::hex(12, 4, "service_code")];

/// RFC 4340 section 5.3.
const RESPONSE: Table = &[
    spec::number(14, 6, "acknowledgment"),
    spec::hex(20, 4, "service_code"),
];

/// RFC 4340 section 5.1: the acknowledgment number subheader.
const ACKNOWLEDGMENT: Table = &[spec::number(14, 6, "acknowledgment")];
const SHORT_ACKNOWLEDGMENT: Table = &[spec::number(9, 3, "acknowledgment")];

/// RFC 4340 section 5.6.
const RESET: Table = &[
    spec::number(14, 6, "acknowledgment"),
    spec::u8(20, "reset_code"),
];
