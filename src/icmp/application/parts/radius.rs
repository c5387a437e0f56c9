//! Attributes of RADIUS (RFC 2865 section 5, RFC 2866, RFC 2868, RFC 2869, RFC 3162).

use super::part;
use super::reads::Reads;
use crate::icmp::field::{FewNames, FieldSpec, Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::u8_at;

const HEADER: usize = 2;

/// The attribute in front of `octets`, and its octets. Of passwords and of what vendors put into theirs,
/// keys among it, the length is told alone.
pub(super) fn attribute(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    const TYPE: FieldSpec = spec::u8(0, "type");
    const LENGTH: FieldSpec = spec::u8(1, "length");
    const VENDOR: [FieldSpec; 2] = [spec::u32(2, "vendor"), spec::u8(6, "vendor_type")];
    let (kind, length) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
    let whole = octets.get(..usize::from(length))?;
    let value = length.checked_sub(2)?;
    let (name, reads) = format(kind);
    let mut shown = reads.shown(HEADER, whole.len());
    let is_secret = matches!(reads, Reads::Secret);
    let vendor = (kind == VENDOR_SPECIFIC && value > 4).then_some(VENDOR);
    // RFC 6929 section 2.4: the same among extended ones.
    let is_extended = matches!(kind, 241..=246) && u8_at(octets, 2) == Some(VENDOR_SPECIFIC);
    let row = match vendor {
        Some(_) => {
            shown = HEADER + 5;
            None
        }
        None if is_extended => {
            shown = HEADER;
            None
        }
        None => reads.row(2, value.into()).map(|row| named(kind, row)),
    };
    let length_row = (is_secret || vendor.is_some()).then_some(LENGTH);
    let rows = [TYPE].into_iter().chain(length_row);
    let rows = rows.chain(vendor.into_iter().flatten()).chain(row);
    let item = Item {
        number: Some(kind.into()),
        ..part("attributes", name, whole.get(..shown)?, Specs::made(rows))
    };
    Some((item, length.into()))
}

/// Whether what `octets` begin with, and end within, may be told.
pub(in crate::icmp::application) fn may_be_told(octets: &[u8]) -> bool {
    u8_at(octets, 0).is_none_or(|kind| {
        !matches!(kind, VENDOR_SPECIFIC | 241..=246) && !matches!(format(kind).1, Reads::Secret)
    })
}

const VENDOR_SPECIFIC: u8 = 26;

const SERVICE_TYPES: Names = Names {
    key: "number_name",
    words: &[
        "",
        "login",
        "framed",
        "callback_login",
        "callback_framed",
        "outbound",
        "administrative",
        "nas_prompt",
        "authenticate_only",
        "callback_nas_prompt",
        "call_check",
        "callback_administrative",
    ],
};
const STATUS_TYPES: Names = Names {
    key: "number_name",
    words: &spec::sparse::<9>(&[
        (1, "start"),
        (2, "stop"),
        (3, "interim_update"),
        (7, "accounting_on"),
        (8, "accounting_off"),
    ]),
};
const PORT_TYPES: FewNames = FewNames {
    key: "number_name",
    words: &[(5, "virtual"), (15, "ethernet"), (19, "ieee80211")],
};

/// The field with what its numbers are called.
const fn named(kind: u8, row: FieldSpec) -> FieldSpec {
    match kind {
        6 => spec::named(row, &SERVICE_TYPES),
        40 => spec::named(row, &STATUS_TYPES),
        61 => spec::few_named(row, &PORT_TYPES),
        _ => row,
    }
}

/// IANA registry `RADIUS Attribute Types`, of those that are met daily.
const fn format(kind: u8) -> (Option<&'static str>, Reads) {
    let (name, reads) = match kind {
        1 => ("user_name", Reads::Text),
        2 => ("user_password", Reads::Secret),
        3 => ("chap_password", Reads::Secret),
        4 => ("nas_ip_address", Reads::V4),
        5 => ("nas_port", Reads::Number),
        6 => ("service_type", Reads::Number),
        7 => ("framed_protocol", Reads::Number),
        8 => ("framed_ip_address", Reads::V4),
        9 => ("framed_ip_netmask", Reads::V4),
        11 => ("filter_id", Reads::Text),
        12 => ("framed_mtu", Reads::Number),
        18 => ("reply_message", Reads::Text),
        22 => ("framed_route", Reads::Text),
        24 => ("state", Reads::Data),
        25 => ("class", Reads::Data),
        VENDOR_SPECIFIC => ("vendor_specific", Reads::Data),
        27 => ("session_timeout", Reads::Seconds),
        28 => ("idle_timeout", Reads::Seconds),
        29 => ("termination_action", Reads::Number),
        30 => ("called_station_id", Reads::Text),
        31 => ("calling_station_id", Reads::Text),
        32 => ("nas_identifier", Reads::Text),
        33 => ("proxy_state", Reads::Data),
        40 => ("acct_status_type", Reads::Number),
        41 => ("acct_delay_time", Reads::Seconds),
        42 => ("acct_input_octets", Reads::Number),
        43 => ("acct_output_octets", Reads::Number),
        44 => ("acct_session_id", Reads::Text),
        45 => ("acct_authentic", Reads::Number),
        46 => ("acct_session_time", Reads::Seconds),
        47 => ("acct_input_packets", Reads::Number),
        48 => ("acct_output_packets", Reads::Number),
        49 => ("acct_terminate_cause", Reads::Number),
        50 => ("acct_multi_session_id", Reads::Text),
        55 => ("event_timestamp", Reads::Number),
        60 => ("chap_challenge", Reads::Data),
        61 => ("nas_port_type", Reads::Number),
        69 => ("tunnel_password", Reads::Secret),
        77 => ("connect_info", Reads::Text),
        // Passwords of other kinds than that of RFC 2865 among it.
        70 => ("arap_password", Reads::Secret),
        79 => ("eap_message", Reads::Data),
        80 => ("message_authenticator", Reads::Data),
        87 => ("nas_port_id", Reads::Text),
        95 => ("nas_ipv6_address", Reads::V6),
        168 => ("framed_ipv6_address", Reads::V6),
        _ => return (None, Reads::Data),
    };
    (Some(name), reads)
}
