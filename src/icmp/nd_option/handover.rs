//! The tables of options of fast handovers (RFC 5568 section 6.4, RFC 5271 section 6).

use super::names::{
    HANDOVER_ADDRESSES, HANDOVER_ASSISTS, HANDOVER_LINK_ADDRESSES, NODE_IDENTIFIERS,
};
use crate::icmp::field::{FieldSpec, spec};

pub(super) const HANDOVER_ADDRESS: &[FieldSpec] = &[
    spec::named(spec::u8(2, "option_code"), &HANDOVER_LINK_ADDRESSES),
    spec::rest(3, "address"),
];

pub(super) const CODED_ADDRESS: &[FieldSpec] = &[
    spec::named(spec::u8(2, "option_code"), &HANDOVER_ADDRESSES),
    spec::u8(3, "prefix_length"),
    spec::reserved(4, 4, 0xffff_ffff, "reserved"),
    spec::v6(8, "address"),
];

pub(super) const ASSIST: &[FieldSpec] = &[
    spec::named(spec::u8(2, "option_code"), &HANDOVER_ASSISTS),
    spec::u8(3, "id_length"),
];

pub(super) const NODE_IDENTIFIER: &[FieldSpec] = &[
    spec::named(spec::u8(2, "option_code"), &NODE_IDENTIFIERS),
    spec::u8(3, "id_length"),
];

/// RFC 4068 section 6.4.2.
pub(super) const ROUTER_PREFIX: &[FieldSpec] = &[
    spec::u8(2, "option_code"),
    spec::u8(3, "prefix_length"),
    spec::reserved(4, 4, 0xffff_ffff, "reserved"),
    spec::v6(8, "prefix"),
];
