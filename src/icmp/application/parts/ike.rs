//! What IKE proposes: RFC 2408 sections 3.3, 3.5 and 3.6, RFC 7296 section 3.3.

use super::{Parts, part};
use crate::icmp::field::{FewNames, FieldSpec, Names, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::bytes::{u8_at, u16_at};

/// Which version it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IkeVersion {
    /// That of RFC 2409.
    One,
    /// That of RFC 7296.
    Two,
}

/// One of a length that it states, as far as it is there.
fn stated(octets: &[u8], least: usize) -> Option<&[u8]> {
    let length = usize::from(u16_at(octets, 2)?).max(least);
    octets.get(..least)?;
    octets.get(..length).or(Some(octets))
}

const PROTOCOLS_1: Names = Names {
    key: "protocol_name",
    words: &["", "isakmp", "ah", "esp", "ipcomp"],
};
const PROTOCOLS_2: Names = Names {
    key: "protocol_name",
    words: &["", "ike", "ah", "esp"],
};

/// The proposal in front of `octets`, and its octets.
pub(super) fn proposal(octets: &[u8], version: IkeVersion) -> Option<(Item<'_>, usize)> {
    const HEADER: u16 = 8;
    let bytes = stated(octets, HEADER.into())?;
    let protocols = match version {
        IkeVersion::One => &PROTOCOLS_1,
        IkeVersion::Two => &PROTOCOLS_2,
    };
    let spi = u16::from(u8_at(bytes, 6)?);
    let specs = Specs::made([
        spec::u8(4, "number"),
        spec::named(spec::u8(5, "protocol"), protocols),
        spec::octets(HEADER, spi, "spi"),
        spec::parts(HEADER + spi, Parts::IkeTransforms(version), "transforms"),
    ]);
    Some((part("proposals", None, bytes, specs), bytes.len()))
}

/// The transform in front of `octets`, and its octets.
pub(super) fn transform(octets: &[u8], version: IkeVersion) -> Option<(Item<'_>, usize)> {
    let bytes = stated(octets, 8)?;
    let attributes = spec::parts(8, Parts::IkeAttributes(version), "attributes");
    if version == IkeVersion::One {
        let rows = [spec::u8(4, "number"), spec::u8(5, "id"), attributes];
        let item = part("transforms", None, bytes, Specs::made(rows));
        return Some((item, bytes.len()));
    }
    let kind = u8_at(bytes, 4)?;
    let id = spec::u16(6, "id");
    // IANA registry `Internet Key Exchange Version 2 (IKEv2) Parameters`.
    let (name, id) = match kind {
        1 => (Some("encryption"), spec::few_named(id, &ENCRYPTION_2)),
        2 => (
            Some("pseudorandom_function"),
            spec::few_named(id, &FUNCTIONS_2),
        ),
        3 => (Some("integrity"), spec::few_named(id, &INTEGRITY_2)),
        4 => (Some("key_exchange"), spec::few_named(id, &GROUPS)),
        5 => (Some("sequence_numbers"), id),
        6..=12 => (
            Some("additional_key_exchange"),
            spec::few_named(id, &GROUPS),
        ),
        _ => (None, id),
    };
    let item = Item {
        number: Some(kind.into()),
        ..part(
            "transforms",
            name,
            bytes,
            Specs::made([spec::u8(4, "type"), id, attributes]),
        )
    };
    Some((item, bytes.len()))
}

const ENCRYPTION_2: FewNames = FewNames {
    key: "id_name",
    words: &[
        (2, "des"),
        (3, "3des"),
        (11, "null"),
        (12, "aes_cbc"),
        (13, "aes_ctr"),
        (14, "aes_ccm_8"),
        (16, "aes_ccm_16"),
        (18, "aes_gcm_8"),
        (19, "aes_gcm_12"),
        (20, "aes_gcm_16"),
        (23, "camellia_cbc"),
        (28, "chacha20_poly1305"),
    ],
};
const FUNCTIONS_2: FewNames = FewNames {
    key: "id_name",
    words: &[
        (1, "hmac_md5"),
        (2, "hmac_sha1"),
        (4, "aes128_xcbc"),
        (5, "hmac_sha2_256"),
        (6, "hmac_sha2_384"),
        (7, "hmac_sha2_512"),
        (8, "aes128_cmac"),
    ],
};
const INTEGRITY_2: FewNames = FewNames {
    key: "id_name",
    words: &[
        (0, "none"),
        (1, "hmac_md5_96"),
        (2, "hmac_sha1_96"),
        (5, "aes_xcbc_96"),
        (8, "aes_cmac_96"),
        (12, "hmac_sha2_256_128"),
        (13, "hmac_sha2_384_192"),
        (14, "hmac_sha2_512_256"),
    ],
};
/// Groups of both versions.
const GROUPS: FewNames = FewNames {
    key: "id_name",
    words: GROUP_WORDS,
};
const GROUP_WORDS: &[(u64, &str)] = &[
    (0, "none"),
    (1, "modp768"),
    (2, "modp1024"),
    (5, "modp1536"),
    (14, "modp2048"),
    (15, "modp3072"),
    (16, "modp4096"),
    (17, "modp6144"),
    (18, "modp8192"),
    (19, "ecp256"),
    (20, "ecp384"),
    (21, "ecp521"),
    (31, "curve25519"),
    (32, "curve448"),
    (35, "ml_kem_512"),
    (36, "ml_kem_768"),
    (37, "ml_kem_1024"),
];

/// The attribute in front of `octets`, and its octets (RFC 2408 section 3.3, RFC 7296 section 3.3.5).
pub(super) fn attribute(octets: &[u8], version: IkeVersion) -> Option<(Item<'_>, usize)> {
    const SHORT: u16 = 0x8000;
    const TYPE: FieldSpec = spec::bits_of(0, 2, 0, 15, "type");
    let (first, second) = (u16_at(octets, 0)?, u16_at(octets, 2)?);
    let kind = first & !SHORT;
    let (at, length) = if first & SHORT == 0 {
        (4, second)
    } else {
        (2, 2)
    };
    let whole = usize::from(at) + usize::from(length);
    let bytes = octets.get(..whole)?;
    let (name, names) = format(kind, version);
    let value = match u8::try_from(length)
        .ok()
        .filter(|length| (1..=8).contains(length))
    {
        Some(octets) => spec::number(at, octets, "value"),
        None => spec::octets(at, length, "value_octets"),
    };
    let value = names.map_or(value, |names| spec::few_named(value, names));
    let item = Item {
        number: Some(kind),
        ..part("attributes", name, bytes, Specs::made([TYPE, value]))
    };
    Some((item, whole))
}

/// RFC 2409 appendix A, as proposals of version 1 that are not encrypted have them; of version 2 there is
/// one (RFC 7296 section 3.3.5).
const fn format(
    kind: u16,
    version: IkeVersion,
) -> (Option<&'static str>, Option<&'static FewNames>) {
    const KEY_LENGTH: u16 = 14;
    match (version, kind) {
        (_, KEY_LENGTH) => (Some("key_length"), None),
        (IkeVersion::Two, _) => (None, None),
        (_, 1) => (Some("encryption"), Some(&ENCRYPTION_1)),
        (_, 2) => (Some("hash"), Some(&HASHES_1)),
        (_, 3) => (Some("authentication"), Some(&AUTHENTICATION_1)),
        (_, 4) => (Some("group"), Some(&GROUPS_1)),
        (_, 11) => (Some("life_type"), Some(&LIFE_TYPES)),
        (_, 12) => (Some("life_duration"), None),
        _ => (None, None),
    }
}

const ENCRYPTION_1: FewNames = FewNames {
    key: "value_name",
    words: &[
        (1, "des_cbc"),
        (2, "idea_cbc"),
        (3, "blowfish_cbc"),
        (4, "rc5_cbc"),
        (5, "3des_cbc"),
        (6, "cast_cbc"),
        (7, "aes_cbc"),
    ],
};
const HASHES_1: FewNames = FewNames {
    key: "value_name",
    words: &[
        (1, "md5"),
        (2, "sha1"),
        (3, "tiger"),
        (4, "sha2_256"),
        (5, "sha2_384"),
        (6, "sha2_512"),
    ],
};
const AUTHENTICATION_1: FewNames = FewNames {
    key: "value_name",
    words: &[
        (1, "pre_shared_key"),
        (2, "dss_signatures"),
        (3, "rsa_signatures"),
        (4, "rsa_encryption"),
        (5, "rsa_encryption_revised"),
        (65001, "xauth_initiator_pre_shared_key"),
        (65005, "xauth_initiator_rsa_signatures"),
    ],
};
const GROUPS_1: FewNames = FewNames {
    key: "value_name",
    words: GROUP_WORDS,
};
const LIFE_TYPES: FewNames = FewNames {
    key: "value_name",
    words: &[(1, "seconds"), (2, "kilobytes")],
};
