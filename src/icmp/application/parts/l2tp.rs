//! Attributes of L2TP's control messages (RFC 2661 section 4.1).

use super::part;
use super::reads::Reads;
use crate::icmp::field::{Extent, FieldSpec, Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::u16_at;

/// RFC 2661 section 3.2.
const MESSAGES: Names = Names {
    key: "message_name",
    words: &[
        "", "sccrq", "sccrp", "scccn", "stopccn", "", "hello", "ocrq", "ocrp", "occn", "icrq",
        "icrp", "iccn", "", "cdn", "wen", "sli",
    ],
};

/// The attribute in front of `octets`, and its octets: of a message that was cut those that are there.
pub(super) fn attribute(octets: &[u8], message: Extent) -> Option<(Item<'_>, usize)> {
    const MANDATORY: FieldSpec = spec::flag(0, 0x80, "mandatory");
    const HIDDEN: FieldSpec = spec::flag(0, 0x40, "hidden");
    const HIDDEN_BIT: u16 = 0x4000;
    const LENGTH: u16 = 0x03ff;
    const HEADER: u16 = 6;
    let (first, vendor, kind) = (u16_at(octets, 0)?, u16_at(octets, 2)?, u16_at(octets, 4)?);
    let length = first & LENGTH;
    let value = length.checked_sub(HEADER)?;
    let bytes = match (octets.get(..length.into()), message) {
        (Some(bytes), _) => bytes,
        (None, Extent::Cut) => octets,
        (None, Extent::Whole) => return None,
    };
    let extent = Extent::of(bytes.len(), length.into());
    let is_plain = vendor == 0 && first & HIDDEN_BIT == 0;
    let (name, reads) = match format(kind) {
        (name, reads) if is_plain => (name, reads),
        (name, _) if vendor == 0 => (name, Reads::Data),
        _ => (None, Reads::Data),
    };
    let shown = bytes.get(..reads.shown(HEADER.into(), bytes.len()))?;
    let row = match (kind, is_plain, value) {
        (0, true, 2) => Some(spec::named(spec::u16(HEADER, "message"), &MESSAGES)),
        _ if extent == Extent::Cut => reads.cut_row(HEADER, bytes.len()),
        _ => reads.row(HEADER, value),
    };
    let vendor_row = (vendor != 0).then_some(spec::u16(2, "vendor"));
    let rows = [MANDATORY, HIDDEN].into_iter().chain(vendor_row);
    let rows = rows.chain([spec::u16(4, "type")]).chain(row);
    let item = Item {
        number: Some(kind),
        extent,
        ..part("attributes", name, shown, Specs::made(rows))
    };
    Some((item, bytes.len()))
}

/// RFC 2661 section 4.4.
const fn format(kind: u16) -> (Option<&'static str>, Reads) {
    let (name, reads) = match kind {
        0 => ("message_type", Reads::Number),
        1 => ("result_code", Reads::Data),
        2 => ("protocol_version", Reads::Data),
        3 => ("framing_capabilities", Reads::Number),
        4 => ("bearer_capabilities", Reads::Number),
        5 => ("tie_breaker", Reads::Data),
        6 => ("firmware_revision", Reads::Number),
        7 => ("host_name", Reads::Text),
        8 => ("vendor_name", Reads::Text),
        9 => ("assigned_tunnel", Reads::Number),
        10 => ("receive_window", Reads::Number),
        11 => ("challenge", Reads::Data),
        12 => ("cause_code", Reads::Data),
        13 => ("challenge_response", Reads::Data),
        14 => ("assigned_session", Reads::Number),
        15 => ("call_serial", Reads::Number),
        16 => ("minimum_speed", Reads::Number),
        17 => ("maximum_speed", Reads::Number),
        18 => ("bearer_type", Reads::Number),
        19 => ("framing_type", Reads::Number),
        21 => ("called_number", Reads::Text),
        22 => ("calling_number", Reads::Text),
        23 => ("subaddress", Reads::Text),
        24 => ("connect_speed", Reads::Number),
        // What a user logged in with.
        33 => ("proxy_authentication_response", Reads::Secret),
        36 => ("random_vector", Reads::Data),
        38 => ("receive_connect_speed", Reads::Number),
        39 => ("sequencing_required", Reads::Data),
        _ => return (None, Reads::Data),
    };
    (Some(name), reads)
}
