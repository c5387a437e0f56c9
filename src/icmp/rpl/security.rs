//! What is secured, how and by which key (RFC 6550 section 6.1), and the code behind the options.

use crate::icmp::field::{FieldSpec, Names, spec};
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

    /// Whether what follows is encrypted (RFC 6550 figure 11: the odd levels of every mode).
    pub fn is_encrypted(&self) -> bool {
        self.level().is_none_or(|level| level % 2 == 1)
    }

    /// Octets of the message authentication code or signature at the end of a message that is not
    /// encrypted (RFC 6550 figure 11); `None` for a level that is not assigned.
    pub(super) fn code_octets(&self) -> Option<usize> {
        Some(match (self.key_mode()?, self.level()?) {
            (0..=2, 0) => 4,
            (0..=2, 2) => 8,
            (3, 0) => 384,
            (3, 2) => 256,
            _ => return None,
        })
    }

    /// What tells the key (RFC 6550 figure 10).
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
        match (self.key(), self.key_mode()) {
            (KeyIdentifier::None, Some(SIGNED)) => SIGNATURE,
            (KeyIdentifier::None, _) => SECURITY,
            (KeyIdentifier::Index, _) => SECURITY_WITH_INDEX,
            (KeyIdentifier::SourceAndIndex, Some(SIGNED)) => SIGNATURE_WITH_SOURCE,
            (KeyIdentifier::SourceAndIndex, _) => SECURITY_WITH_SOURCE,
        }
    }
}

/// The key identifier mode of a node's signature.
const SIGNED: u8 = 3;

macro_rules! security {
    ($levels:ident $(, $row:expr)*) => {
        &[
            spec::flag(0, 0x80, "counter_is_time"),
            spec::reserved(0, 1, 0x7f, "security_reserved1"),
            spec::named(spec::u8(1, "algorithm"), &ALGORITHMS),
            spec::named(spec::bits(2, 6, 2, "key_mode"), &KEY_MODES),
            spec::reserved(2, 1, 0x38, "security_reserved2"),
            spec::named(spec::bits(2, 0, 3, "security_level"), &$levels),
            spec::reserved(3, 1, 0xff, "security_flags"),
            spec::u32(4, "counter"),
            $($row),*
        ]
    };
}

/// RFC 6550 figure 9.
const ALGORITHMS: Names = Names {
    key: "algorithm_name",
    words: &["aes_128_ccm_and_rsa_sha_256"],
};
/// RFC 6550 figure 10: what key it is, and what tells it.
const KEY_MODES: Names = Names {
    key: "key_mode_name",
    words: &[
        "group_key_by_index",
        "key_of_pair",
        "group_key_by_source_and_index",
        "signature_key",
    ],
};
/// RFC 6550 figure 11.
const LEVELS: Names = Names {
    key: "security_level_name",
    words: &["mac_32", "enc_mac_32", "mac_64", "enc_mac_64"],
};
/// The same of a signature.
const SIGNATURE_LEVELS: Names = Names {
    key: "security_level_name",
    words: &["sign_3072", "enc_sign_3072", "sign_2048", "enc_sign_2048"],
};

const SECURITY: &[FieldSpec] = security!(LEVELS);
const SECURITY_WITH_INDEX: &[FieldSpec] = security!(LEVELS, KEY_INDEX);
const SECURITY_WITH_SOURCE: &[FieldSpec] = security!(LEVELS, KEY_SOURCE, KEY_INDEX_BEHIND_SOURCE);
const SIGNATURE: &[FieldSpec] = security!(SIGNATURE_LEVELS);
const SIGNATURE_WITH_SOURCE: &[FieldSpec] =
    security!(SIGNATURE_LEVELS, KEY_SOURCE, KEY_INDEX_BEHIND_SOURCE);
const KEY_INDEX: FieldSpec = spec::u8(8, "key_index");
const KEY_SOURCE: FieldSpec = spec::octets(8, 8, "key_source");
const KEY_INDEX_BEHIND_SOURCE: FieldSpec = spec::u8(16, "key_index");

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
