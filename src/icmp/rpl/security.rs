//! What is secured, how and by which key (RFC 6550 section 6.1), and the code behind the options.

use crate::icmp::field::{FieldSpec, spec};
use crate::wire::bytes::u8_at;

/// The security section (RFC 6550 section 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Security<'a> {
    pub(super) bytes: &'a [u8],
}

/// The key identifier at the end of a security section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyIdentifier {
    None,
    Index,
    SourceAndIndex,
}

impl Security<'_> {
    /// Algorithm; 0 is CCM with AES-128 and RSA with SHA-256.
    pub fn algorithm(&self) -> Option<u8> {
        u8_at(self.bytes, 1)
    }

    /// Key identifier mode.
    pub fn key_mode(&self) -> Option<u8> {
        Some(u8_at(self.bytes, 2)? >> 6)
    }

    /// Security level: which protection at which strength.
    pub fn level(&self) -> Option<u8> {
        Some(u8_at(self.bytes, 2)? & 7)
    }

    /// Whether what follows is encrypted (RFC 6550 figure 12: the odd levels of every mode).
    pub fn is_encrypted(&self) -> bool {
        self.level().is_none_or(|level| level % 2 == 1)
    }

    /// Octets of the message authentication code or signature at the end of a message that is not
    /// encrypted (RFC 6550 figures 11 and 12); `None` for a level that is not assigned.
    pub(super) fn code_octets(&self) -> Option<usize> {
        Some(match (self.key_mode()?, self.level()?) {
            (0..=2, 0) => 4,
            (0..=2, 2) => 8,
            (3, 0) => 384,
            (3, 2) => 256,
            _ => return None,
        })
    }

    /// What tells the key (RFC 6550 figure 11).
    fn key(&self) -> KeyIdentifier {
        match (self.key_mode(), self.level()) {
            (Some(0), _) => KeyIdentifier::Index,
            (Some(2), _) => KeyIdentifier::SourceAndIndex,
            (Some(3), Some(level)) if level % 2 == 1 => KeyIdentifier::SourceAndIndex,
            _ => KeyIdentifier::None,
        }
    }

    /// Octets of the section: eight and the key identifier.
    pub(super) fn octets(&self) -> usize {
        8 + match self.key() {
            KeyIdentifier::None => 0,
            KeyIdentifier::Index => 1,
            KeyIdentifier::SourceAndIndex => 9,
        }
    }

    pub(super) fn table(&self) -> &'static [FieldSpec] {
        match self.key() {
            KeyIdentifier::None => SECURITY,
            KeyIdentifier::Index => SECURITY_WITH_INDEX,
            KeyIdentifier::SourceAndIndex => SECURITY_WITH_SOURCE,
        }
    }
}

macro_rules! security {
    ($($row:expr),*) => {
        &[
            spec::flag(0, 0x80, "counter_is_time"),
            spec::reserved(0, 1, 0x7f, "security_reserved1"),
            spec::u8(1, "algorithm"),
            spec::bits(2, 6, 2, "key_mode"),
            spec::reserved(2, 1, 0x38, "security_reserved2"),
            spec::bits(2, 0, 3, "security_level"),
            spec::reserved(3, 1, 0xff, "security_flags"),
            spec::u32(4, "counter"),
            $($row),*
        ]
    };
}

const SECURITY: &[FieldSpec] = security!();
const SECURITY_WITH_INDEX: &[FieldSpec] = security!(spec::u8(8, "key_index"));
const SECURITY_WITH_SOURCE: &[FieldSpec] =
    security!(spec::octets(8, 8, "key_source"), spec::u8(16, "key_index"));

/// What stands behind the options of a secure message, in so many octets; what they are is not known
/// where the level is none that is.
pub(super) const fn code(octets: Option<usize>) -> &'static [FieldSpec] {
    match octets {
        Some(4) => const { &[spec::octets(0, 4, "authentication_code")] },
        Some(8) => const { &[spec::octets(0, 8, "authentication_code")] },
        Some(256) => const { &[spec::octets(0, 256, "authentication_code")] },
        Some(_) => const { &[spec::octets(0, 384, "authentication_code")] },
        None => const { &[spec::rest(0, "data")] },
    }
}

pub(super) const ENCRYPTED: &[FieldSpec] = &[spec::rest(0, "encrypted")];
