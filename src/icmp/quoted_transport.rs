//! What a quoted packet of SCTP or DCCP says behind its ports: the first chunk, the type of packet.

use super::Quote;
use super::field::{FieldSpec, Names, spec};
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
        4 => (Some("heartbeat"), LENGTH_ALONE),
        5 => (Some("heartbeat_ack"), LENGTH_ALONE),
        6 => (Some("abort"), ABORT),
        7 => (Some("shutdown"), SHUTDOWN),
        8 => (Some("shutdown_ack"), LENGTH_ALONE),
        9 => (Some("error"), CAUSE),
        10 => (Some("cookie_echo"), LENGTH_ALONE),
        11 => (Some("cookie_ack"), LENGTH_ALONE),
        // RFC 4960 appendix A.
        12 => (Some("ecn_echo"), LOWEST),
        13 => (Some("congestion_window_reduced"), LOWEST),
        14 => (Some("shutdown_complete"), TAG_REFLECTED),
        15 => (Some("authentication"), AUTHENTICATION),
        64 => (Some("interleaved_data"), INTERLEAVED_DATA),
        128 => (Some("address_configuration_ack"), SERIAL),
        130 => (Some("reconfiguration"), LENGTH_ALONE),
        132 => (Some("padding"), LENGTH_ALONE),
        192 => (Some("forward_tsn"), SHUTDOWN),
        193 => (Some("address_configuration"), SERIAL),
        194 => (Some("interleaved_forward_tsn"), SHUTDOWN),
        _ => (None, LENGTH_ALONE),
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
    const CHECKSUM: usize = 2;
    const TYPE: usize = 4;
    let Some(first) = u8_at(octets, TYPE) else {
        let specs = Specs::Table(BEFORE_TYPE);
        let octets = octets.get(..CHECKSUM).unwrap_or(octets);
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

/// RFC 9260 section 3.2, and IANA registry `Chunk Types` for those of other RFCs. The length is told behind
/// the flags that a type has.
const CHUNK: Table = &[spec::u8(0, "type"), spec::hex(1, 1, "flags")];
const LENGTH: FieldSpec = spec::u16(2, "chunk_length");
const LENGTH_ALONE: Table = &[LENGTH];

/// RFC 9260 section 3.3.1.
const DATA: Table = &[
    IMMEDIATE,
    UNORDERED,
    BEGINNING,
    ENDING,
    LENGTH,
    spec::u32(4, "sequence"),
    spec::u16(8, "stream"),
    spec::u16(10, "stream_sequence"),
    spec::u32(12, "payload_protocol"),
];

const IMMEDIATE: FieldSpec = spec::flag(1, 0x08, "immediate");
const UNORDERED: FieldSpec = spec::flag(1, 0x04, "unordered");
const BEGINNING: FieldSpec = spec::flag(1, 0x02, "beginning");
const ENDING: FieldSpec = spec::flag(1, 0x01, "ending");

/// RFC 8260 section 2.1; what is last is the protocol in a first fragment, the number of any other.
const INTERLEAVED_DATA: Table = &[
    IMMEDIATE,
    UNORDERED,
    BEGINNING,
    ENDING,
    LENGTH,
    spec::u32(4, "sequence"),
    spec::u16(8, "stream"),
    spec::reserved(10, 2, 0xffff, "reserved"),
    spec::u32(12, "message_sequence"),
    spec::u32(16, "payload_protocol_or_fragment"),
];

/// RFC 9260 sections 3.3.7 and 3.3.13: the packet has the verification tag of the one that it answers.
const TAG_REFLECTED: Table = &[REFLECTED, LENGTH];
const REFLECTED: FieldSpec = spec::flag(1, 0x01, "tag_reflected");
const ABORT: Table = &[REFLECTED, LENGTH, FIRST_CAUSE, CAUSE_LENGTH];

/// RFC 9260 section 3.3.10.
const CAUSE: Table = &[LENGTH, FIRST_CAUSE, CAUSE_LENGTH];
const FIRST_CAUSE: FieldSpec = spec::named(spec::u16(4, "cause"), &CAUSES);
const CAUSE_LENGTH: FieldSpec = spec::u16(6, "cause_length");
const CAUSES: Names = Names {
    key: "cause_name",
    words: &[
        "",
        "invalid_stream",
        "missing_parameter",
        "stale_cookie",
        "out_of_resource",
        "unresolvable_address",
        "unrecognized_chunk_type",
        "invalid_parameter",
        "unrecognized_parameters",
        "no_user_data",
        "cookie_while_shutting_down",
        "restart_with_new_addresses",
        "user_initiated_abort",
        "protocol_violation",
    ],
};

/// RFC 4960 appendix A.
const LOWEST: Table = &[LENGTH, spec::u32(4, "lowest_sequence")];

/// RFC 4895 section 5.1.
const AUTHENTICATION: Table = &[LENGTH, spec::u16(4, "shared_key"), spec::u16(6, "hmac")];

/// RFC 5061 sections 4.1.1 and 4.1.2.
const SERIAL: Table = &[LENGTH, spec::u32(4, "serial")];

/// RFC 9260 sections 3.3.2 and 3.3.3.
const INIT: Table = &[
    LENGTH,
    spec::hex(4, 4, "initiate_tag"),
    spec::u32(8, "receiver_window"),
    spec::u16(12, "outbound_streams"),
    spec::u16(14, "inbound_streams"),
    spec::u32(16, "initial_sequence"),
];

/// RFC 9260 section 3.3.4.
const SACK: Table = &[
    LENGTH,
    spec::u32(4, "acknowledgment"),
    spec::u32(8, "receiver_window"),
    spec::u16(12, "gap_blocks"),
    spec::u16(14, "duplicates"),
];

/// RFC 9260 section 3.3.8, RFC 3758 section 3.2, RFC 8260 section 2.3.1: up to where all is there.
const SHUTDOWN: Table = &[LENGTH, spec::u32(4, "acknowledgment")];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::Value;

    /// The name of a chunk, and its fields behind the length but for flags that are not set.
    fn told(octets: &[u8]) -> (Option<&'static str>, Vec<String>) {
        let chunk = chunk(octets).unwrap();
        let fields = (chunk
            .item
            .fields()
            .filter(|field| !matches!(field.name, "type" | "flags" | "chunk_length")))
        .filter(|field| field.value != Value::Flag(false));
        let text = fields.map(|field| match field.word() {
            Some((_, word)) => format!("{} {word}", field.name),
            None => format!("{} {:?}", field.name, field.value),
        });
        (chunk.message, text.collect())
    }

    /// What ends before the type shows the checksum at most, which is told with the transport.
    #[test]
    fn a_packet_of_dccp_without_its_type_has_nothing_unread() {
        for length in 1..=4 {
            let item = packet(&[4, 0, 0xab, 0xcd][..length]).unwrap().item;
            assert_eq!(item.unread(), None, "{length}");
        }
    }

    #[test]
    fn chunks_of_every_rfc() {
        for (octets, name, fields) in [
            (
                &[0, 0x0b, 0, 17, 0, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 4, 9][..],
                "data",
                &[
                    "immediate Flag(true)",
                    "beginning Flag(true)",
                    "ending Flag(true)",
                    "sequence Number(1)",
                    "stream Number(2)",
                    "stream_sequence Number(3)",
                    "payload_protocol Number(4)",
                ][..],
            ),
            (
                &[64, 4, 0, 20, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5],
                "interleaved_data",
                &[
                    "unordered Flag(true)",
                    "sequence Number(1)",
                    "stream Number(2)",
                    "message_sequence Number(4)",
                    "payload_protocol_or_fragment Number(5)",
                ],
            ),
            (
                &[6, 1, 0, 8, 0, 12, 0, 4],
                "abort",
                &[
                    "tag_reflected Flag(true)",
                    "cause user_initiated_abort",
                    "cause_length Number(4)",
                ],
            ),
            (
                &[9, 0, 0, 8, 0, 3, 0, 4],
                "error",
                &["cause stale_cookie", "cause_length Number(4)"],
            ),
            (
                &[14, 1, 0, 4],
                "shutdown_complete",
                &["tag_reflected Flag(true)"],
            ),
            (
                &[12, 0, 0, 8, 0, 0, 0, 7],
                "ecn_echo",
                &["lowest_sequence Number(7)"],
            ),
            (
                &[13, 0, 0, 8, 0, 0, 0, 7],
                "congestion_window_reduced",
                &["lowest_sequence Number(7)"],
            ),
            (
                &[15, 0, 0, 8, 0, 1, 0, 3],
                "authentication",
                &["shared_key Number(1)", "hmac Number(3)"],
            ),
            (
                &[128, 0, 0, 8, 0, 0, 0, 7],
                "address_configuration_ack",
                &["serial Number(7)"],
            ),
            (
                &[193, 0, 0, 8, 0, 0, 0, 7],
                "address_configuration",
                &["serial Number(7)"],
            ),
            (
                &[192, 0, 0, 8, 0, 0, 0, 7],
                "forward_tsn",
                &["acknowledgment Number(7)"],
            ),
            (
                &[194, 0, 0, 8, 0, 0, 0, 7],
                "interleaved_forward_tsn",
                &["acknowledgment Number(7)"],
            ),
            (&[130, 0, 0, 4], "reconfiguration", &[]),
            (&[132, 0, 0, 4], "padding", &[]),
        ] {
            let fields = fields.iter().map(ToString::to_string).collect();
            assert_eq!(told(octets), (Some(name), fields));
        }
    }
}
