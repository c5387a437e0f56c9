//! The headers of messages that report packets.

use super::{Part, Step};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::model::frame::SectionStart;
use crate::wire::IpVersion;
use crate::wire::bytes::{array_at, u8_at, u32_at};
use crate::wire::link::linktype;
use crate::wire::tunnel::{ReportHeader, Span};

type Table = &'static [FieldSpec];

/// RFC 9293 section 3.1, with the options; then what a message begins with.
pub(super) fn tcp(rest: &[u8], then: Part) -> Option<Step> {
    const HEADER: Table = &[
        spec::u16(0, "src_port"),
        spec::u16(2, "dst_port"),
        spec::u32(4, "sequence"),
        spec::u32(8, "acknowledgment"),
        spec::bits(12, 4, 4, "data_offset"),
        spec::hex(13, 1, "flags"),
        spec::u16(14, "window"),
        spec::hex(16, 2, "checksum"),
        spec::u16(18, "urgent_pointer"),
        spec::rest(20, "options"),
    ];
    let length = usize::from(u8_at(rest, 12)? >> 4) * 4;
    Some(Step::new(length.max(20), "tcp", HEADER, then))
}

/// One of a report's headers, with which `rest` begins; `next` is that behind it.
pub(super) fn header(span: Span, rest: &[u8], next: Option<Part>) -> Option<Step> {
    let (name, table): (_, Table) = match span.header {
        ReportHeader::Sflow { version, agent } => (
            "sflow",
            match (version, agent) {
                (5, IpVersion::V4) => SFLOW_5_OF_V4,
                (5, IpVersion::V6) => SFLOW_5_OF_V6,
                (_, IpVersion::V4) => SFLOW_OF_V4,
                (_, IpVersion::V6) => SFLOW_OF_V6,
            },
        ),
        ReportHeader::OldSample => ("flow_sample", OLD_SAMPLE),
        ReportHeader::OldSampledHeader => ("sampled_header", OLD_SAMPLED_HEADER),
        ReportHeader::FlowSample => ("flow_sample", FLOW_SAMPLE),
        ReportHeader::ExpandedFlowSample => ("expanded_flow_sample", EXPANDED_FLOW_SAMPLE),
        ReportHeader::DiscardedPacket => ("discarded_packet", DISCARDED_PACKET),
        ReportHeader::SampledHeader => ("sampled_header", SAMPLED_HEADER),
        ReportHeader::PacketIn { version } => ("packet_in", packet_in(version)),
        ReportHeader::PacketOut { version } => ("packet_out", packet_out(version)),
        ReportHeader::OpenFlowMatch => ("match", MATCH),
        ReportHeader::OpenFlowActions => ("actions", ACTIONS),
        ReportHeader::Kismet { .. } => ("kismet", KISMET),
        ReportHeader::Rpcap { .. } => ("rpcap", RPCAP),
        ReportHeader::Ipfix => ("ipfix", IPFIX),
        ReportHeader::Netflow9 => ("netflow", NETFLOW_9),
        ReportHeader::SourceActive | ReportHeader::Section(_) | ReportHeader::Nhrp => ("", &[]),
    };
    if span.header == ReportHeader::SourceActive {
        // What its octets are besides, the entries are.
        let entries = Part::SourceEntries(u8_at(rest, 3)?);
        return Some(Step::new(8, "source_active", SOURCE_ACTIVE, entries));
    }
    let then = next.unwrap_or(match span.header {
        ReportHeader::SampledHeader => link_of(u32_at(rest, 8)?),
        ReportHeader::OldSampledHeader => link_of(u32_at(rest, 0)?),
        ReportHeader::Section(SectionStart::Ip) => Part::End,
        ReportHeader::Kismet { link } | ReportHeader::Rpcap { link } => match link {
            linktype::ETHERNET => Part::Ethernet,
            linktype::IEEE802_11 => Part::Ieee80211,
            _ => Part::End,
        },
        _ => Part::Ethernet,
    });
    let begins: Table = match span.header {
        ReportHeader::PacketIn { .. } | ReportHeader::PacketOut { .. } => OPENFLOW,
        _ => &[],
    };
    Some(Step::of(span.octets, name, Specs::Two(begins, table), then))
}

/// One of so many entries: a source and the group that it sends to.
pub(super) fn source_entry(count: u8) -> Option<Step> {
    let more = Part::SourceEntries(count.checked_sub(1)?);
    Some(Step::new(12, "source_entry", SOURCE_ENTRY, more))
}

/// What its messages are called (RFC 2332 section 5.2).
pub(in crate::icmp) const NHRP_TYPES: Names = Names {
    key: "message_type_name",
    words: &[
        "",
        "resolution_request",
        "resolution_reply",
        "registration_request",
        "registration_reply",
        "purge_request",
        "purge_reply",
        "error_indication",
        "traffic_indication",
    ],
};
/// Its fixed part (section 5.2.0).
pub(in crate::icmp) const NHRP_FIXED: Table = &[
    spec::u16(0, "address_family"),
    spec::hex(2, 2, "protocol"),
    spec::octets(4, 5, "snap"),
    spec::u8(9, "hop_count"),
    spec::u16(10, "packet_length"),
    spec::hex(12, 2, "checksum"),
    spec::u16(14, "extension_offset"),
    spec::u8(16, "version"),
    spec::named(spec::u8(17, "message_type"), &NHRP_TYPES),
    spec::hex(18, 1, "src_address_type"),
    spec::hex(19, 1, "src_subaddress_type"),
];

/// RFC 2332 section 5.2.0: the fixed part; behind what it announces is this header of the report.
pub(super) fn nhrp(rest: &[u8], next: usize) -> Option<Step> {
    const ERROR_INDICATION: u8 = 7;
    let [kind, address, subaddress] = array_at(rest, 17)?;
    let then = Part::NhrpAddresses {
        of_sender: [address, subaddress].map(|kind| kind & 0x3f),
        of_error: kind == ERROR_INDICATION,
        next,
    };
    Some(Step::new(20, "nhrp", NHRP_FIXED, then))
}

/// Section 5.2.0.1 behind that, or 5.2.7: addresses, of which some have their length there.
pub(super) fn nhrp_addresses(
    rest: &[u8],
    of_sender: [u8; 2],
    of_error: bool,
    next: usize,
) -> Option<Step> {
    const LENGTHS: [FieldSpec; 2] = [
        spec::u8(0, "src_protocol_address_length"),
        spec::u8(1, "dst_protocol_address_length"),
    ];
    const ERROR: [FieldSpec; 2] = [spec::u16(4, "error_code"), spec::u16(6, "error_offset")];
    let [address, subaddress] = of_sender;
    let lengths = [address, subaddress, u8_at(rest, 0)?, u8_at(rest, 1)?];
    let (addresses, at) = nhrp_address_rows(8, lengths);
    let error = of_error.then_some(ERROR).into_iter().flatten();
    let rows = LENGTHS.into_iter().chain(error);
    Some(Step::made(
        at.into(),
        "nhrp_addresses",
        rows.chain(addresses.into_iter().flatten()),
        Part::Report(next),
    ))
}

/// The fields of addresses that are so long, from `at` on, and where they end.
pub(in crate::icmp) fn nhrp_address_rows(
    mut at: u16,
    lengths: [u8; 4],
) -> ([Option<FieldSpec>; 4], u16) {
    const NAMES: [&str; 4] = [
        "src_nbma_address",
        "src_nbma_subaddress",
        "src_protocol_address",
        "dst_protocol_address",
    ];
    let mut names = NAMES.into_iter();
    let rows = lengths.map(|octets| {
        let (place, name) = (at, names.next()?);
        at += u16::from(octets);
        match octets {
            0 => None,
            4 => Some(spec::v4(place, name)),
            16 => Some(spec::v6(place, name)),
            _ => Some(spec::octets(place, octets.into(), name)),
        }
    });
    (rows, at)
}

/// The link header behind a header protocol of sFlow.
const fn link_of(protocol: u32) -> Part {
    match protocol {
        1 => Part::Ethernet,
        7 | 14 => Part::Ppp,
        15 => Part::Ieee80211,
        _ => Part::End,
    }
}

const ADDRESS_TYPES: Names = Names {
    key: "agent_address_name",
    words: &["", "ipv4", "ipv6"],
};

/// What the octets of a sampled header begin with.
const HEADER_PROTOCOLS: Names = Names {
    key: "header_protocol_name",
    words: &[
        "",
        "ethernet",
        "token_bus",
        "token_ring",
        "fddi",
        "frame_relay",
        "x25",
        "ppp",
        "smds",
        "aal5",
        "aal5_ip",
        "ipv4",
        "ipv6",
        "mpls",
        "pos",
        "ieee802_11",
        "ieee802_11_ampdu",
        "ieee802_11_amsdu_subframe",
    ],
};

const fn agent(at: u16) -> FieldSpec {
    spec::named(spec::u32(at, "agent_address"), &ADDRESS_TYPES)
}

/// sFlow version 5, section 5: the datagram's header with the agent's address, and where that ends.
const fn sflow_5(address: FieldSpec, end: u16) -> [FieldSpec; 7] {
    [
        spec::u32(0, "version"),
        agent(4),
        address,
        spec::u32(end, "sub_agent"),
        spec::u32(end + 4, "sequence"),
        spec::millis(end + 8, 4, "uptime"),
        spec::u32(end + 12, "samples"),
    ]
}
const SFLOW_5_OF_V4: Table = &sflow_5(spec::v4(8, "agent"), 12);
const SFLOW_5_OF_V6: Table = &sflow_5(spec::v6(8, "agent"), 24);

/// RFC 3176 section 4.
const fn sflow(address: FieldSpec, end: u16) -> [FieldSpec; 6] {
    [
        spec::u32(0, "version"),
        agent(4),
        address,
        spec::u32(end, "sequence"),
        spec::millis(end + 4, 4, "uptime"),
        spec::u32(end + 8, "samples"),
    ]
}
const SFLOW_OF_V4: Table = &sflow(spec::v4(8, "agent"), 12);
const SFLOW_OF_V6: Table = &sflow(spec::v6(8, "agent"), 24);
const OLD_SAMPLE: Table = &[
    spec::u32(0, "sample_type"),
    spec::u32(4, "sequence"),
    spec::u8(8, "source_type"),
    spec::number(9, 3, "source_index"),
    spec::u32(12, "sampling_rate"),
    spec::u32(16, "sample_pool"),
    spec::u32(20, "drops"),
    spec::hex(24, 4, "input"),
    spec::hex(28, 4, "output"),
    spec::u32(32, "packet_data_type"),
];
const OLD_SAMPLED_HEADER: Table = &[
    spec::named(spec::u32(0, "header_protocol"), &HEADER_PROTOCOLS),
    spec::u32(4, "frame_length"),
    spec::u32(8, "header_length"),
];

/// sFlow version 5, section 5: samples and records begin with enterprise and format in a word.
const FLOW_SAMPLE: Table = &[
    spec::u32(0, "format"),
    spec::u32(4, "sample_length"),
    spec::u32(8, "sequence"),
    spec::u8(12, "source_type"),
    spec::number(13, 3, "source_index"),
    spec::u32(16, "sampling_rate"),
    spec::u32(20, "sample_pool"),
    spec::u32(24, "drops"),
    spec::hex(28, 4, "input"),
    spec::hex(32, 4, "output"),
    spec::u32(36, "records"),
];
const EXPANDED_FLOW_SAMPLE: Table = &[
    spec::u32(0, "format"),
    spec::u32(4, "sample_length"),
    spec::u32(8, "sequence"),
    spec::u32(12, "source_type"),
    spec::u32(16, "source_index"),
    spec::u32(20, "sampling_rate"),
    spec::u32(24, "sample_pool"),
    spec::u32(28, "drops"),
    spec::u32(32, "input_format"),
    spec::u32(36, "input"),
    spec::u32(40, "output_format"),
    spec::u32(44, "output"),
    spec::u32(48, "records"),
];
const SAMPLED_HEADER: Table = &[
    spec::u32(0, "format"),
    spec::u32(4, "record_length"),
    spec::named(spec::u32(8, "header_protocol"), &HEADER_PROTOCOLS),
    spec::u32(12, "frame_length"),
    spec::u32(16, "stripped"),
    spec::u32(20, "header_length"),
];

/// sFlow Dropped Packet Notification Structures.
const DISCARDED_PACKET: Table = &[
    spec::u32(0, "format"),
    spec::u32(4, "sample_length"),
    spec::u32(8, "sequence"),
    spec::u32(12, "source_type"),
    spec::u32(16, "source_index"),
    spec::u32(20, "drops"),
    spec::u32(24, "input"),
    spec::u32(28, "output"),
    spec::u32(32, "reason"),
    spec::u32(36, "records"),
];

/// What a message of `OpenFlow` about a packet begins with (1.0.0 sections 5.1, 5.3.6 and 5.4.1).
const OPENFLOW: Table = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u16(2, "length"),
    spec::u32(4, "transaction"),
    spec::hex(8, 4, "buffer"),
];

/// `OpenFlow` 1.0.0 section 5.4.1, 1.1.0 section A.4.1, 1.3.0 section A.4.1.
const fn packet_in(version: u8) -> Table {
    const V1_0: Table = &[
        spec::u16(12, "total_length"),
        spec::u16(14, "in_port"),
        spec::u8(16, "reason"),
    ];
    const V1_1: Table = &[
        spec::u32(12, "in_port"),
        spec::u32(16, "in_physical_port"),
        spec::u16(20, "total_length"),
        spec::u8(22, "reason"),
        spec::u8(23, "table"),
    ];
    // It ends before the cookie of later ones.
    const V1_2: Table = &[
        spec::u16(12, "total_length"),
        spec::u8(14, "reason"),
        spec::u8(15, "table"),
    ];
    const V1_3: Table = &[
        spec::u16(12, "total_length"),
        spec::u8(14, "reason"),
        spec::u8(15, "table"),
        spec::hex(16, 8, "cookie"),
    ];
    match version {
        1 => V1_0,
        2 => V1_1,
        3 => V1_2,
        _ => V1_3,
    }
}

/// `OpenFlow` 1.0.0 section 5.3.6, 1.3.0 section A.3.7, 1.5.0 section 7.3.6.
const fn packet_out(version: u8) -> Table {
    const V1_0: Table = &[spec::u16(12, "in_port"), spec::u16(14, "actions_length")];
    const V1_1: Table = &[spec::u32(12, "in_port"), spec::u16(16, "actions_length")];
    const V1_5: Table = &[spec::u16(12, "actions_length")];
    match version {
        1 => V1_0,
        6 => V1_5,
        _ => V1_1,
    }
}

/// `OpenFlow` 1.3.0 section A.2.3, with the padding behind.
const MATCH: Table = &[
    spec::u16(0, "type"),
    spec::u16(2, "length"),
    spec::rest(4, "fields"),
];
const ACTIONS: Table = &[spec::rest(0, "actions")];

/// What a drone tells of the radio, its place and the frame follows in an order that bits tell.
const KISMET: Table = &[
    spec::hex(0, 4, "sentinel"),
    spec::u32(4, "command"),
    spec::u32(8, "length"),
    spec::hex(12, 4, "parts"),
    spec::u32(16, "data_offset"),
    spec::rest(20, "about"),
];

/// A message's header, and that of the packet in it.
const RPCAP: Table = &[
    spec::u8(0, "version"),
    spec::u8(1, "type"),
    spec::u16(2, "value"),
    spec::u32(4, "length"),
    spec::u32(8, "seconds"),
    spec::u32(12, "microseconds"),
    spec::u32(16, "captured_length"),
    spec::u32(20, "wire_length"),
    spec::u32(24, "packet_number"),
];

/// RFC 7011 section 3.1.
const IPFIX: Table = &[
    spec::u16(0, "version"),
    spec::u16(2, "length"),
    spec::u32(4, "export_time"),
    spec::u32(8, "sequence"),
    spec::u32(12, "domain"),
];

/// RFC 3954 section 5.1.
const NETFLOW_9: Table = &[
    spec::u16(0, "version"),
    spec::u16(2, "record_count"),
    spec::millis(4, 4, "uptime"),
    spec::u32(8, "export_time"),
    spec::u32(12, "sequence"),
    spec::u32(16, "domain"),
];

/// RFC 3618 section 12.2.1.
const SOURCE_ACTIVE: Table = &[
    spec::u8(0, "type"),
    spec::u16(1, "length"),
    spec::u8(3, "entry_count"),
    spec::v4(4, "rendezvous_point"),
];

const SOURCE_ENTRY: Table = &[
    spec::reserved(0, 3, 0xff_ffff, "reserved"),
    spec::u8(3, "prefix_length"),
    spec::v4(4, "group"),
    spec::v4(8, "source"),
];
