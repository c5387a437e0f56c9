//! Headers right before IP packets, over UDP.

use std::iter;

use super::{Part, Step};
use crate::icmp::field::{FieldSpec, spec};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

/// WireGuard's white paper, section 5.4.6.
pub(super) const WIREGUARD: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::reserved(1, 3, 0x00ff_ffff, "reserved"),
    spec::little_endian(4, 4, "receiver"),
    spec::little_endian(8, 8, "counter"),
];

/// RFC 9301 section 5.8.
pub(super) const LISP_CONTROL: &[FieldSpec] =
    &[spec::bits(0, 4, 4, "type"), spec::bits(0, 0, 4, "flags")];

/// The mirrored packets of Juniper's `JUNOSe`.
pub(super) const JUNIPER_MIRROR: &[FieldSpec] = &[spec::u32(0, "mirror"), spec::u32(4, "session")];

/// ISO/IEC TR 9577.
pub(super) const NLPID: &[FieldSpec] = &[spec::hex(0, 1, "nlpid")];

/// The gateway of the B.A.T.M.A.N. daemon.
pub(super) const BATMAN_GATEWAY: &[FieldSpec] = &[spec::u8(0, "type")];

/// RFC 9300 section 5.1, and RFC 9305 section 3: flags tell which fields are there.
pub(super) fn lisp(rest: &[u8]) -> Option<Step> {
    let flags = u8_at(rest, 0)?;
    let is_set = |flag| move |_: &FieldSpec| flags & flag != 0;
    let then = match (flags & 0x04, u8_at(rest, 3)) {
        (0x04, Some(3)) => Part::Ethernet,
        _ => Part::End,
    };
    let rows = [spec::hex(0, 1, "flags")].into_iter();
    let rows = rows.chain(Some(spec::number(1, 3, "nonce")).filter(is_set(0x80)));
    let rows = rows.chain(Some(spec::u8(3, "next_protocol")).filter(is_set(0x04)));
    let rows = rows.chain(Some(spec::number(4, 3, "instance")).filter(is_set(0x08)));
    let status = Some(spec::u8(7, "locator_status")).filter(is_set(0x40));
    Some(Step::made(8, "lisp", rows.chain(status), then))
}

/// What Wireshark found of Redback's lawful interception: type, length and value, up to an end.
pub(super) fn redback_li(rest: &[u8]) -> Option<Step> {
    const END: u8 = 0;
    let mut at: u16 = 0;
    let told = iter::from_fn(move || {
        let [kind, length] = array_at(rest, at.into())?;
        let (value, octets) = (at + 2, u16::from(length));
        at = value.checked_add(octets)?;
        Some((kind, value, octets))
    });
    let (_, last, octets) = told.clone().find(|(kind, ..)| *kind == END)?;
    let rows = told.take_while(|(kind, ..)| *kind != END);
    let rows = rows.filter_map(|(kind, value, octets)| match kind {
        1 => Some(spec::u32(value, "sequence")),
        2 => Some(spec::u32(value, "li_id")),
        3 => Some(spec::u32(value, "session")),
        4 => Some(spec::octets(value, octets, "direction")),
        20 => Some(spec::octets(value, octets, "label")),
        40 => Some(spec::octets(value, octets, "accounting_session")),
        _ => None,
    });
    Some(Step::made(
        (last + octets).into(),
        "redback_li",
        rows,
        Part::End,
    ))
}

/// A message of TIPC version 2 (draft-maloy-tipc section 3.1), as much of its header as it has. A bundle
/// is told up to the message in it that holds the packet.
pub(super) fn tipc(rest: &[u8]) -> Option<Step> {
    const BUNDLE: u32 = 6;
    const FIELDS: &[FieldSpec] = &[
        spec::bits(0, 5, 3, "version"),
        spec::bits(0, 1, 4, "user"),
        spec::bits_of(0, 2, 5, 4, "header_words"),
        spec::flag(1, 0x10, "non_sequenced"),
        spec::bits_of(0, 4, 0, 17, "message_length"),
        spec::hex(4, 4, "type_and_error"),
        spec::u16(8, "acknowledgment"),
        spec::u16(10, "sequence"),
        spec::hex(12, 4, "previous_node"),
        spec::u32(16, "origin_port"),
        spec::u32(20, "destination_port"),
        spec::rest(24, "nodes_and_name"),
    ];
    let octets = |at, shift: u32, mask: u32| {
        let field = u32_at(rest, at)? >> shift & mask;
        usize::try_from(field).ok()
    };
    let header = |at| Some(octets(at, 21, 0x0f)? * 4);
    let mut length = header(0)?;
    let is_bundle = u32_at(rest, 0)? >> 25 & 0x0f == BUNDLE;
    if is_bundle {
        while length + header(length)? < rest.len() {
            length += octets(length, 0, 0x1_ffff)?.max(1).next_multiple_of(4);
        }
    }
    let then = if is_bundle { Part::Tipc } else { Part::End };
    Some(Step::new(length, "tipc", FIELDS, then))
}

/// RFC 7450 section 5.1: data, and what queries and updates have more.
pub(super) fn amt(rest: &[u8]) -> Option<Step> {
    const DATA: u8 = 6;
    const QUERY: u8 = 4;
    let kind = u8_at(rest, 0)?;
    let fixed = [spec::bits(0, 4, 4, "version"), spec::bits(0, 0, 4, "type")];
    if kind == DATA {
        return Some(Step::made(2, "amt", fixed, Part::End));
    }
    let flags = [
        spec::flag(1, 0x02, "limit"),
        spec::flag(1, 0x01, "gateway_address"),
    ];
    let rows = (fixed.into_iter())
        .chain(flags.into_iter().filter(|_| kind == QUERY))
        .chain([spec::hex(2, 6, "response_mac"), spec::hex(8, 4, "nonce")]);
    Some(Step::made(12, "amt", rows, Part::End))
}

/// draft-massar-v6ops-ayiya-02 section 3.1.
pub(super) fn ayiya(rest: &[u8]) -> Option<Step> {
    let [identity, signature] = array_at(rest, 0)?;
    let identity = 1u16.checked_shl((identity >> 4).into())?;
    let signature = u16::from(signature >> 4) * 4;
    let end = identity.checked_add(8)?.checked_add(signature)?;
    let rows = [
        spec::bits(0, 0, 4, "identity_type"),
        spec::bits(1, 0, 4, "hash_method"),
        spec::bits(2, 4, 4, "authentication_method"),
        spec::bits(2, 0, 4, "operation"),
        spec::u8(3, "next_protocol"),
        spec::u32(4, "epoch"),
        spec::octets(8, identity, "identity"),
    ];
    let signature = (signature > 0).then(|| spec::octets(8 + identity, signature, "signature"));
    Some(Step::made(
        end.into(),
        "ayiya",
        rows.into_iter().chain(signature),
        Part::End,
    ))
}

/// RFC 3519 section 3.3.
pub(super) fn mobile_ip(rest: &[u8]) -> Option<Step> {
    const GRE: u8 = 47;
    let rows = [spec::u8(0, "type"), spec::u8(1, "next_protocol")];
    let then = match u8_at(rest, 1)? {
        GRE => Part::Gre,
        _ => Part::End,
    };
    Some(Step::made(4, "mobile_ip", rows, then))
}

/// osmocom's `gsmtap.h`.
pub(super) fn gsmtap(rest: &[u8]) -> Option<Step> {
    const LLC: u8 = 8;
    let [_, words, kind] = array_at(rest, 0)?;
    let rows = [
        spec::u8(0, "version"),
        spec::u8(1, "header_words"),
        spec::u8(2, "type"),
        spec::u8(3, "timeslot"),
        spec::masked(4, 0x4000, "uplink"),
        spec::bits_of(4, 2, 0, 14, "arfcn"),
        spec::u32(8, "frame_number"),
    ];
    let then = match kind {
        LLC => Part::GprsLlc,
        _ => Part::Sndcp,
    };
    Some(Step::made(usize::from(words) * 4, "gsmtap", rows, then))
}

/// 3GPP TS 48.016 section 9.2.10.
pub(super) fn gprs_ns() -> Step {
    let rows = [spec::u8(0, "type"), spec::u16(2, "bvci")];
    Step::made(4, "gprs_ns", rows, Part::Bssgp)
}

/// 3GPP TS 48.018 sections 10.2.1 and 10.2.2, up to the LLC.
pub(super) fn bssgp(rest: &[u8]) -> Option<Step> {
    const LLC_PDU: u8 = 0x0e;
    let mut at = 8;
    loop {
        let [kind, first] = array_at(rest, at)?;
        let (header, length) = if first & 0x80 == 0 {
            (3, u16_at(rest, at + 1)?)
        } else {
            (2, u16::from(first & 0x7f))
        };
        at += header;
        if kind == LLC_PDU {
            break;
        }
        at += usize::from(length);
    }
    let elements = u16::try_from(at).ok()?.checked_sub(8)?;
    let rows = [
        spec::u8(0, "type"),
        spec::hex(1, 4, "tlli"),
        spec::hex(5, 3, "qos"),
        spec::octets(8, elements, "elements"),
    ];
    Some(Step::made(at, "bssgp", rows, Part::GprsLlc))
}

/// 3GPP TS 44.064 section 6.
pub(super) fn gprs_llc() -> Step {
    let rows = [
        spec::bits(0, 0, 4, "sapi"),
        spec::bits_of(1, 2, 2, 9, "sequence"),
    ];
    Step::made(3, "gprs_llc", rows, Part::Sndcp)
}

/// 3GPP TS 44.065 section 7.
pub(super) fn sndcp(rest: &[u8]) -> Option<Step> {
    const UNIT_DATA: u8 = 0x20;
    let rows = [
        spec::flag(0, 0x40, "first"),
        spec::flag(0, 0x20, "unit_data"),
        spec::flag(0, 0x10, "more"),
        spec::bits(0, 0, 4, "nsapi"),
        spec::bits(1, 4, 4, "data_compression"),
        spec::bits(1, 0, 4, "header_compression"),
    ];
    Some(if u8_at(rest, 0)? & UNIT_DATA == 0 {
        let number = spec::u8(2, "n_pdu");
        Step::made(3, "sndcp", rows.into_iter().chain([number]), Part::End)
    } else {
        let numbers = [
            spec::bits(2, 4, 4, "segment"),
            spec::bits_of(2, 2, 0, 12, "n_pdu"),
        ];
        Step::made(4, "sndcp", rows.into_iter().chain(numbers), Part::End)
    })
}

/// RFC 1613 section 4.
pub(super) fn xot() -> Step {
    let rows = [spec::u16(0, "version"), spec::u16(2, "length")];
    Step::made(4, "xot", rows, Part::End)
}

/// ITU-T X.25 section 5.3.1: data, whose numbers are of 3 bits or 7; then perhaps what tells the protocol
/// (RFC 1356 section 3.2).
pub(super) fn x25(rest: &[u8]) -> Option<Step> {
    const LONG: u8 = 0x20;
    const SNAP: u8 = 0x80;
    let is_long = u8_at(rest, 0)? & LONG != 0;
    let length: u16 = if is_long { 4 } else { 3 };
    let rows = [
        spec::flag(0, 0x80, "qualifier"),
        spec::flag(0, 0x40, "delivery_confirmation"),
        spec::bits_of(0, 2, 0, 12, "logical_channel"),
    ];
    let numbers = if is_long {
        [
            spec::bits(3, 1, 7, "receive_number"),
            spec::flag(3, 0x01, "more"),
            spec::bits(2, 1, 7, "send_number"),
        ]
    } else {
        [
            spec::bits(2, 5, 3, "receive_number"),
            spec::flag(2, 0x10, "more"),
            spec::bits(2, 1, 3, "send_number"),
        ]
    };
    let identifier = match u8_at(rest, length.into()) {
        Some(SNAP) => Some(spec::octets(length, 6, "snap")),
        Some(_) => Some(spec::hex(length, 1, "nlpid")),
        None => None,
    };
    let rows = rows.into_iter().chain(numbers).chain(identifier);
    Some(Step::made(rest.len(), "x25", rows, Part::End))
}
