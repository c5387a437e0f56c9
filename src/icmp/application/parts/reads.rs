//! How the values of options read that have a code and a length in front.

use crate::icmp::field::{FieldSpec, spec};

/// How a value reads. One of a length that does not fit is octets.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    Number,
    /// All ones are for ever.
    Seconds,
    /// An IPv4 address.
    V4,
    V4List,
    /// An IPv6 address.
    V6,
    V6List,
    /// Names in DNS wire format.
    Names,
    /// Numbers of so many octets each.
    Numbers(u8),
    Text,
    Data,
    /// What is not to be shown: its length alone is told.
    Secret,
}

impl Reads {
    /// The field of so many octets at `at`; none of no octets.
    pub(super) fn row(self, at: u16, length: u16) -> Option<FieldSpec> {
        Some(match (self, length) {
            (_, 0) | (Self::Secret, _) => return None,
            (Self::Number, 1..=8) => spec::number(at, u8::try_from(length).ok()?, "number"),
            (Self::Seconds, 4) => spec::seconds(at, "time"),
            (Self::V4, 4) => spec::v4(at, "address"),
            (Self::V6, 16) => spec::v6(at, "address"),
            (Self::V4List, _) if length.is_multiple_of(4) => {
                spec::v4_array(at, length / 4, "addresses")
            }
            (Self::V6List, _) if length.is_multiple_of(16) => {
                spec::v6_array(at, length / 16, "addresses")
            }
            (Self::Names, _) => spec::dns_names_of(at, length, "names"),
            (Self::Numbers(octets), _) if length.is_multiple_of(octets.into()) => {
                spec::number_array(at, octets, length / u16::from(octets), "numbers")
            }
            (Self::Text, _) => spec::text_of(at, length, "text"),
            _ => spec::octets(at, length, "data"),
        })
    }

    /// The field at `at` of an option of which so many octets are there, and more were sent: text is told as
    /// far as it goes, nothing else is.
    pub(super) fn cut_row(self, at: u16, there: usize) -> Option<FieldSpec> {
        let length = u16::try_from(there).ok()?.checked_sub(at)?;
        match (self, length) {
            (_, 0) => None,
            (Self::Text, _) => Some(spec::text_of(at, length, "text")),
            _ => None,
        }
    }

    /// How many of the octets of an option may be shown, of which so many stand before the value.
    pub(super) const fn shown(self, before: usize, length: usize) -> usize {
        match self {
            Self::Secret => before,
            _ => length,
        }
    }
}
