//! The names of types and codes (IANA registries `icmp-parameters` and `icmpv6-parameters`).
//!
//! Every type and code has a snake-case name for JSON and a title for people. What the registries
//! do not name has neither: it is shown by its number.

mod v4;
mod v6;

use crate::wire::IpVersion;

/// A type with its names and those of its codes.
#[derive(Clone, Copy, Debug)]
pub struct TypeNames {
    /// Type number.
    pub kind: u8,
    /// Snake-case name.
    pub name: &'static str,
    /// Title in plain words.
    pub title: &'static str,
    /// Whether the registry still wants it in use.
    pub standing: Standing,
    /// The codes that have names; empty where code 0 is the only one and means nothing.
    pub codes: &'static [CodeNames],
}

/// A code with its names.
#[derive(Clone, Copy, Debug)]
pub struct CodeNames {
    /// Code number.
    pub code: u8,
    /// Snake-case name.
    pub name: &'static str,
    /// Title in plain words.
    pub title: &'static str,
}

/// What a registry says of a type's use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In use.
    Current,
    /// Deprecated (RFC 6633, RFC 6918).
    Deprecated,
    /// For experiments (RFC 3692, RFC 4443 section 2.1).
    Experimental,
    /// Reserved for a purpose without a format.
    Reserved,
}

/// All named types of a version, by ascending number.
pub const fn types(version: IpVersion) -> &'static [TypeNames] {
    match version {
        IpVersion::V4 => v4::TYPES,
        IpVersion::V6 => v6::TYPES,
    }
}

/// The names of a type and its codes.
pub fn type_names(version: IpVersion, kind: u8) -> Option<&'static TypeNames> {
    let index = match version {
        IpVersion::V4 => &INDEX_V4,
        IpVersion::V6 => &INDEX_V6,
    };
    types(version).get(usize::from(index[usize::from(kind)]))
}

/// The names of a code.
pub fn code_names(version: IpVersion, kind: u8, code: u8) -> Option<&'static CodeNames> {
    let codes = type_names(version, kind)?.codes;
    codes.iter().find(|names| names.code == code)
}

/// The snake-case name of a type.
pub fn type_name(version: IpVersion, kind: u8) -> Option<&'static str> {
    Some(type_names(version, kind)?.name)
}

/// The snake-case name of a code.
pub fn code_name(version: IpVersion, kind: u8, code: u8) -> Option<&'static str> {
    Some(code_names(version, kind, code)?.name)
}

/// The title of a type.
pub fn type_title(version: IpVersion, kind: u8) -> Option<&'static str> {
    Some(type_names(version, kind)?.title)
}

/// The title of a code.
pub fn code_title(version: IpVersion, kind: u8, code: u8) -> Option<&'static str> {
    Some(code_names(version, kind, code)?.title)
}

/// Where each type number stands in its table, `NONE` where it does not.
static INDEX_V4: [u8; 256] = index(v4::TYPES);
static INDEX_V6: [u8; 256] = index(v6::TYPES);

const NONE: u8 = u8::MAX;

const fn index(types: &[TypeNames]) -> [u8; 256] {
    let mut index = [NONE; 256];
    let mut position: u8 = 0;
    while (position as usize) < types.len() {
        index[types[position as usize].kind as usize] = position;
        position += 1;
    }
    index
}

/// A type in use.
const fn current(
    kind: u8,
    name: &'static str,
    title: &'static str,
    codes: &'static [CodeNames],
) -> TypeNames {
    TypeNames {
        kind,
        name,
        title,
        standing: Standing::Current,
        codes,
    }
}

/// A type in another standing, without codes.
const fn other(standing: Standing, kind: u8, name: &'static str, title: &'static str) -> TypeNames {
    TypeNames {
        kind,
        name,
        title,
        standing,
        codes: &[],
    }
}

const fn code(code: u8, name: &'static str, title: &'static str) -> CodeNames {
    CodeNames { code, name, title }
}

/// The codes of an extended echo reply (RFC 8335 section 3), the same in both versions.
const EXTENDED_ECHO_REPLY: &[CodeNames] = &[
    code(0, "no_error", "no error"),
    code(1, "malformed_query", "malformed query"),
    code(2, "no_such_interface", "no such interface"),
    code(3, "no_such_table_entry", "no such table entry"),
    code(
        4,
        "multiple_interfaces",
        "multiple interfaces satisfy query",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn is_snake_case(name: &str) -> bool {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }

    #[test]
    fn tables_ascend_and_names_are_snake_case_and_unique() {
        for version in [IpVersion::V4, IpVersion::V6] {
            let types = types(version);
            assert!(types.len() < usize::from(NONE));
            assert!(types.windows(2).all(|w| w[0].kind < w[1].kind));
            for (i, t) in types.iter().enumerate() {
                assert!(is_snake_case(t.name), "{}", t.name);
                assert!(
                    types[..i].iter().all(|o| o.name != t.name),
                    "{} twice",
                    t.name
                );
                assert!(t.codes.windows(2).all(|w| w[0].code < w[1].code));
                for (i, c) in t.codes.iter().enumerate() {
                    assert!(is_snake_case(c.name), "{}", c.name);
                    assert!(t.codes[..i].iter().all(|o| o.name != c.name));
                }
            }
        }
    }

    #[test]
    fn every_number_has_the_name_of_its_entry_or_none() {
        for version in [IpVersion::V4, IpVersion::V6] {
            for kind in 0..=u8::MAX {
                let entry = types(version).iter().find(|t| t.kind == kind);
                assert_eq!(type_name(version, kind), entry.map(|t| t.name));
                for code in 0..=u8::MAX {
                    let named = entry.and_then(|t| t.codes.iter().find(|c| c.code == code));
                    assert_eq!(code_name(version, kind, code), named.map(|c| c.name));
                }
            }
        }
    }

    #[test]
    fn the_names_that_records_depend_on() {
        use IpVersion::{V4, V6};
        for (version, kind, name) in [
            (V4, 0, "echo_reply"),
            (V4, 3, "destination_unreachable"),
            (V4, 8, "echo_request"),
            (V4, 11, "time_exceeded"),
            (V6, 1, "destination_unreachable"),
            (V6, 2, "packet_too_big"),
            (V6, 128, "echo_request"),
            (V6, 135, "neighbor_solicitation"),
        ] {
            assert_eq!(type_name(version, kind), Some(name));
        }
        assert_eq!(code_name(V4, 3, 4), Some("fragmentation_needed"));
        assert_eq!(code_name(V6, 1, 4), Some("port_unreachable"));
        assert_eq!(code_name(V6, 157, 0), Some("dar"));
        assert_eq!(code_name(V6, 158, 4), Some("edac_256"));
        assert_eq!(code_name(V4, 3, 200), None);
        assert_eq!(type_name(V4, 77), None);
    }
}
