//! The discovery of candidate access routers: a request and a reply, with options of their own in them
//! (RFC 4066 section 5.1; RFC 4065 for the numbers).

use super::certificate::certificate_rows;
use super::fault::{LENGTH, LONGER_PART, Tell, ZERO_LENGTH};
use super::made::rows;
use super::tables::FIELDS;
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{Extent, FieldSpec, Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::icmp::x509::{self, Part, der_length};
use crate::wire::bytes::{tail, u8_at, u16_at};

pub(super) const REQUEST: u8 = 138;
pub(super) const REPLY: u8 = 139;

/// The version whose layout is known.
const VERSION: u8 = 1;
/// Octets before what is within.
const HEAD: usize = 8;

/// The flags of a request.
const CAPABILITIES: u8 = 0x08;
const NO_TRANSLATION: u8 = 0x04;
const ALL_CERTIFICATES: u8 = 0x02;
/// That of a reply.
const UNSOLICITED: u8 = 0x08;

/// Kinds of what is within.
const L2_ID: u8 = 1;
const ADDRESS: u8 = 2;
const CAPABILITY_CONTAINER: u8 = 3;
const PREFERENCES: u8 = 4;
const REQUIREMENTS: u8 = 5;
const TRUSTED_ANCHOR: u8 = 6;
const ROUTER_CERTIFICATE: u8 = 7;

pub(super) const REQUEST_FIELDS: &[FieldSpec] = &[
    spec::bits(2, 5, 3, "version"),
    spec::flag(2, 0x10, "piggybacking"),
    spec::flag(2, CAPABILITIES, "capabilities"),
    spec::flag(2, NO_TRANSLATION, "no_address_translation"),
    spec::flag(2, ALL_CERTIFICATES, "all_certificates"),
    spec::reserved(2, 2, 0x01ff, "reserved"),
    spec::u32(4, "sequence"),
];

pub(super) const REPLY_FIELDS: &[FieldSpec] = &[
    spec::bits(2, 5, 3, "version"),
    spec::flag(2, 0x10, "piggybacking"),
    spec::flag(2, UNSOLICITED, "unsolicited"),
    spec::flag(2, 0x04, "last"),
    spec::reserved(2, 2, 0x03ff, "reserved"),
    spec::u32(4, "sequence"),
];

/// What nothing more is known of than its version.
const OTHER_VERSION: &[FieldSpec] = &[spec::bits(2, 5, 3, "version"), spec::rest(2, "data")];

/// The fields of a request or reply.
pub(super) fn specs(bytes: &[u8], table: &'static [FieldSpec]) -> Specs {
    if is_known(bytes) {
        rows(table, [spec::parts(8, Parts::CardOptions, "sub_options")])
    } else {
        Specs::Two(FIELDS, OTHER_VERSION)
    }
}

fn is_known(option: &[u8]) -> bool {
    u8_at(option, 2).is_some_and(|octet| octet >> 5 == VERSION)
}

/// Tells what is wrong with a request or reply.
pub(super) fn faults(option: &[u8], tell: Tell<'_>) {
    if !is_known(option) {
        return;
    }
    let flags = u8_at(option, 2).unwrap_or(0);
    let of_routers = if u8_at(option, 0) == Some(REQUEST) {
        if flags & (NO_TRANSLATION | CAPABILITIES) == NO_TRANSLATION {
            tell(2, "request for neither addresses nor capabilities");
        }
        ALL_CERTIFICATES
    } else {
        UNSOLICITED
    };
    // Between routers it is SCTP that carries them (section 5.2.1).
    if flags & of_routers != 0 {
        tell(2, "flag that is valid between routers only");
    }
    let mut at = HEAD;
    while let Some(words) = u8_at(option, at + 1) {
        let length = usize::from(words) * 8;
        if length == 0 {
            return tell(at + 1, ZERO_LENGTH);
        }
        let Some(part) = option.get(at..at + length) else {
            return tell(at + 1, LONGER_PART);
        };
        part_faults(part, &mut |offset, rule| tell(at + offset, rule));
        at += length;
    }
}

fn part_faults(part: &[u8], tell: Tell<'_>) {
    match (u8_at(part, 0), u8_at(part, 3)) {
        (Some(ADDRESS), Some(family))
            if address_octets(family).is_some_and(|octets| part.len() != octets) =>
        {
            tell(1, LENGTH);
        }
        (Some(TRUSTED_ANCHOR), _) => {
            if let Some(rule) = x509::name_fault(tail(part, 4)) {
                tell(4, rule);
            }
        }
        (Some(ROUTER_CERTIFICATE), _) => {
            if let Some(rule) = x509::fault(tail(part, 8)) {
                tell(8, rule);
            }
        }
        _ => {}
    }
}

/// Octets of what holds an address of such a kind (section 5.1.3.5).
const fn address_octets(kind: u8) -> Option<usize> {
    match kind {
        1 => Some(8),
        2 => Some(24),
        _ => None,
    }
}

/// What stands first in `octets`, if it is all there.
pub(in crate::icmp) fn part(octets: &[u8]) -> Option<Item<'_>> {
    let (kind, words) = (u8_at(octets, 0)?, u8_at(octets, 1)?);
    let length = usize::from(words) * 8;
    let bytes = octets.get(..length).filter(|bytes| !bytes.is_empty())?;
    Some(Item {
        group: "sub_options",
        number: Some(kind.into()),
        name: name(kind),
        length: u32::try_from(length).ok(),
        bytes,
        extent: Extent::Whole,
        specs: part_specs(kind, bytes),
    })
}

/// The snake-case name of what is within.
const fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        L2_ID => "l2_id",
        ADDRESS => "address",
        CAPABILITY_CONTAINER => "capability_container",
        PREFERENCES => "preferences",
        REQUIREMENTS => "requirements",
        TRUSTED_ANCHOR => "trusted_anchor",
        ROUTER_CERTIFICATE => "router_certificate",
        _ => return None,
    })
}

fn part_specs(kind: u8, bytes: &[u8]) -> Specs {
    let short = |octets: usize| u16::try_from(octets).unwrap_or(u16::MAX);
    match kind {
        L2_ID => {
            let id = match u16_at(bytes, 4) {
                Some(1..=MAC_KINDS) => spec::octets(6, 6, "id"),
                // How long it is nothing tells.
                _ => spec::rest(6, "id"),
            };
            rows(L2_ID_FIELDS, [id])
        }
        ADDRESS => {
            let address = match u8_at(bytes, 3) {
                Some(1) => spec::v4(4, "address"),
                Some(2) => spec::v6(4, "address"),
                _ => spec::rest(4, "address"),
            };
            rows(ADDRESS_FIELDS, [address])
        }
        CAPABILITY_CONTAINER => Specs::Two(FIELDS, CONTAINER_FIELDS),
        PREFERENCES => {
            // A code of 0 ends them.
            let codes = tail(bytes, 2).chunks_exact(2);
            let count = codes.take_while(|code| *code != [0, 0]).count();
            rows(&[], [spec::number_array(2, 2, short(count), "attributes")])
        }
        REQUIREMENTS => Specs::Two(FIELDS, REQUIREMENT_FIELDS),
        TRUSTED_ANCHOR => {
            let room = bytes.len().saturating_sub(4);
            let length = der_length(tail(bytes, 4)).unwrap_or(room).min(room);
            let anchor = [
                spec::octets(4, short(length), "anchor"),
                spec::x509(4, Part::Name, "anchor_name"),
            ];
            rows(ANCHOR_FIELDS, anchor)
        }
        ROUTER_CERTIFICATE => Specs::Two(FIELDS, CERTIFICATE_FIELDS),
        _ => Specs::Two(FIELDS, super::tables::UNKNOWN),
    }
}

/// The last of the access technologies in a row whose identifiers are MAC addresses of six octets: IEEE
/// 802.3, 802.11 and 802.15.1.
const MAC_KINDS: u16 = 5;

const L2_ID_FIELDS: &[FieldSpec] = &[
    spec::u8(2, "context_id"),
    spec::named(spec::u8(3, "status"), &STATUSES),
    spec::named(spec::u16(4, "l2_type"), &L2_TYPES),
];

/// What became of an identifier (RFC 4066 section 5.1.3.1).
const STATUSES: Names = Names {
    key: "status_name",
    words: &["none", "candidate", "match", "resolver_error"],
};

/// Access technologies (RFC 4065 section 5.2).
const L2_TYPES: Names = Names {
    key: "l2_type_name",
    words: &[
        "",
        "ieee_802_3",
        "ieee_802_11a",
        "ieee_802_11b",
        "ieee_802_11g",
        "ieee_802_15_1",
        "ieee_802_15_3",
        "ieee_802_15_4",
        "ieee_802_16",
    ],
};

const ADDRESS_FIELDS: &[FieldSpec] = &[
    spec::u8(2, "context_id"),
    spec::named(spec::u8(3, "address_type"), &ADDRESS_TYPES),
];

const ADDRESS_TYPES: Names = Names {
    key: "address_type_name",
    words: &["", "ipv4", "ipv6"],
};

/// Pairs of an attribute and a value are octets here: RFC 4066 section 5.1.4 draws the length of a pair
/// in one octet and says that it has two.
const CONTAINER_FIELDS: &[FieldSpec] = &[
    spec::u8(2, "context_id"),
    spec::flag(3, 0x80, "piggybacking"),
    spec::reserved(3, 1, 0x7f, "reserved"),
    spec::rest(4, "capabilities"),
];
const REQUIREMENT_FIELDS: &[FieldSpec] = &[spec::rest(2, "requirements")];

const ANCHOR_FIELDS: &[FieldSpec] = &[spec::u16(2, "component")];

const CERTIFICATE_FIELDS: &[FieldSpec] = certificate_rows!(
    [
        spec::u8(2, "context_id"),
        spec::reserved(3, 1, 0xff, "reserved"),
        spec::u16(4, "all_components"),
        spec::u16(6, "component")
    ],
    8
);
