//! What a type of option tells of its options: their name, length and fields.

use crate::icmp::field::FieldSpec;

/// The format of an option type.
pub(super) struct Format {
    pub(super) kind: u8,
    pub(super) name: &'static str,
    /// Units of 8 octets that the type takes at least.
    pub(super) min_words: u8,
    /// And at most.
    max_words: u8,
    pub(super) fields: &'static [FieldSpec],
}

impl Format {
    /// The rule that so many units of 8 octets break.
    pub(super) const fn length_fault(&self, words: u8) -> Option<&'static str> {
        if words < self.min_words {
            Some("option too short for its type")
        } else if words > self.max_words {
            Some("option too long for its type")
        } else {
            None
        }
    }
}

/// The format of a type whose options are so long at least.
pub(super) const fn row(
    kind: u8,
    name: &'static str,
    min_words: u8,
    fields: &'static [FieldSpec],
) -> Format {
    sized(kind, name, min_words, u8::MAX, fields)
}

/// The format of a type whose RFC says how long its options are.
pub(super) const fn sized(
    kind: u8,
    name: &'static str,
    min_words: u8,
    max_words: u8,
    fields: &'static [FieldSpec],
) -> Format {
    Format {
        kind,
        name,
        min_words,
        max_words,
        fields,
    }
}
