//! Rx, the remote procedure calls of AFS. No RFC has it: the header is that of `rx/rx.h` of `OpenAFS`.

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::u8_at;

const HEADER: &[FieldSpec] = &[
    spec::hex(0, 4, "epoch"),
    spec::hex(4, 4, "connection"),
    spec::u32(8, "call"),
    spec::u32(12, "sequence"),
    spec::u32(16, "serial"),
    spec::u8(20, "type"),
    spec::flag(21, 0x01, "client_initiated"),
    spec::flag(21, 0x02, "ack_requested"),
    spec::flag(21, 0x04, "last_packet"),
    spec::flag(21, 0x08, "more_packets"),
    spec::u8(23, "security"),
    spec::u16(26, "service"),
];

/// What a call begins with: which procedure it wants.
const CALL: &[FieldSpec] = &[spec::u32(28, "opcode")];

pub(super) fn packet<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const DATA: u8 = 1;
    const CLIENT_INITIATED: u8 = 0x01;
    let octets = payload.octets;
    let kind = u8_at(octets, 20)?;
    let message = match kind {
        1 => "data",
        2 => "busy",
        3 => "abort",
        4 => "ack",
        5 => "challenge",
        6 => "response",
        7 => "ack_all",
        8 => "params",
        13 => "version",
        _ => return None,
    };
    let is_call =
        kind == DATA && u8_at(octets, 21).is_some_and(|flags| flags & CLIENT_INITIATED != 0);
    let own = if is_call { CALL } else { &[] };
    let bytes = octets
        .get(..if is_call { 32 } else { 28 })
        .unwrap_or(octets);
    let specs = Specs::Two(HEADER, own);
    Some(UpperHeader::new(
        "rx",
        Some(kind.into()),
        Some(message),
        bytes,
        specs,
    ))
}
