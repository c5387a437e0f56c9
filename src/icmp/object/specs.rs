//! Where the fields of an object are.

use super::{
    AFI_IPV4, AFI_IPV6, HAS_ADDRESS, HAS_INDEX, HAS_MTU, HAS_NAME, HEADER, Object, RESERVED, Role,
    interface_parts,
};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::{u8_at, u16_at};

/// The fields of an object, by their place in all its octets.
pub(super) fn of(object: &Object<'_>) -> Specs {
    if usize::from(object.length) < HEADER {
        return Specs::Two(FIELDS, UNKNOWN);
    }
    match (object.class, object.c_type) {
        (1, 1) => Specs::Two(FIELDS, const { &[spec::labels(4, "labels")] }),
        (2, _) => interface_specs(object),
        (3, 1) => Specs::Two(FIELDS, const { &[spec::text(4, "name")] }),
        (3, 2) => Specs::Two(FIELDS, const { &[spec::u32(4, "if_index")] }),
        (3, 3) => match (u16_at(object.bytes, 0), u8_at(object.bytes, 2)) {
            (Some(AFI_IPV4), Some(4) | None) => Specs::Two(FIELDS, IDENTIFICATION_V4),
            (Some(AFI_IPV6), Some(16) | None) => Specs::Two(FIELDS, IDENTIFICATION_V6),
            _ => identification_other(object),
        },
        (4, 1) => Specs::Two(FIELDS, const { &[spec::u32(4, "pointer")] }),
        _ => Specs::Two(FIELDS, UNKNOWN),
    }
}

/// Whatever bits are set, what stands before the last field fits into 16 bits: the longest name
/// has 255 octets.
fn interface_specs(object: &Object<'_>) -> Specs {
    let parts = interface_parts(object.c_type, object.bytes);
    let at = |offset: usize| u16::try_from(HEADER + offset).unwrap_or(u16::MAX);
    let index = parts.index.map(|offset| spec::u32(at(offset), "if_index"));
    let address = parts.address.map(|offset| {
        let behind = at(offset + 4);
        let address = match u16_at(object.bytes, offset) {
            Some(AFI_IPV4) => spec::v4(behind, "address"),
            Some(AFI_IPV6) => spec::v6(behind, "address"),
            _ => spec::rest(behind, "address"),
        };
        [
            spec::u16(at(offset), "address_family"),
            spec::reserved(at(offset + 2), 2, 0xffff, "reserved"),
            address,
        ]
    });
    let name = parts.name.map(|(offset, length)| {
        let octets = u16::try_from(length).unwrap_or(1).saturating_sub(1);
        [
            spec::u8(at(offset), "name_length"),
            spec::text_of(at(offset + 1), octets, "name"),
        ]
    });
    let mtu = parts.mtu.map(|offset| spec::u32(at(offset), "mtu"));
    let parts = address.into_iter().flatten();
    let parts = index.into_iter().chain(parts);
    let parts = parts.chain(name.into_iter().flatten()).chain(mtu);
    Specs::made(FIELDS.iter().chain(INTERFACE).copied().chain(parts))
}

/// An address of another family or length, and what pads it to a multiple of four octets (RFC 8335 section
/// 2.1).
fn identification_other(object: &Object<'_>) -> Specs {
    const ADDRESS: u16 = 8;
    let length = u8_at(object.bytes, 2).map_or(0, u16::from);
    let there = u16::try_from(object.whole.len()).unwrap_or(u16::MAX);
    let length = length.min(there.saturating_sub(ADDRESS));
    let parts = [
        spec::octets(ADDRESS, length, "address"),
        spec::rest(ADDRESS + length, "padding"),
    ];
    let fields = FIELDS.iter().chain(IDENTIFICATION).copied();
    Specs::made(fields.chain(parts))
}

/// The c-type of interface information: what the interface was, and what is told of it (RFC 5837 section
/// 4.1).
const INTERFACE: &[FieldSpec] = &[
    spec::named(spec::bits(3, 6, 2, "role"), &ROLES),
    spec::flag(3, HAS_INDEX, "has_if_index"),
    spec::flag(3, HAS_ADDRESS, "has_address"),
    spec::flag(3, HAS_NAME, "has_name"),
    spec::flag(3, HAS_MTU, "has_mtu"),
    spec::reserved(3, 1, RESERVED as u64, "c_type_reserved"),
];
const ROLES: Names = Names {
    key: "role_name",
    words: &[
        Role::Incoming.name(),
        Role::SubIp.name(),
        Role::Outgoing.name(),
        Role::NextHop.name(),
    ],
};

/// What is behind the header of an object of an unknown kind.
const UNKNOWN: &[FieldSpec] = &[spec::rest(4, "data")];

/// The fields of an object's header.
const FIELDS: &[FieldSpec] = &[
    spec::u16(0, "length"),
    spec::u8(2, "class"),
    spec::u8(3, "c_type"),
];

macro_rules! identification {
    ($($address:expr)?) => {
        &[
            spec::u16(4, "address_family"),
            spec::u8(6, "address_length"),
            spec::reserved(7, 1, 0xff, "reserved"),
            $($address,)?
        ]
    };
}

const IDENTIFICATION_V4: &[FieldSpec] = identification!(spec::v4(8, "address"));
const IDENTIFICATION_V6: &[FieldSpec] = identification!(spec::v6(8, "address"));
const IDENTIFICATION: &[FieldSpec] = identification!();
