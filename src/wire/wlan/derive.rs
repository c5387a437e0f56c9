//! How a handshake's keys are made of a master key (IEEE 802.11 sections 12.7.1 and 12.7.3).

use aes::Aes128;
use cmac::Cmac;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};

/// What a suite makes keys and integrity codes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suite {
    /// Key descriptor version 1: HMAC-MD5, and RC4.
    Md5,
    /// Version 2: HMAC-SHA-1.
    Sha1,
    /// Version 3, and SAE: AES-CMAC, with keys by SHA-256.
    Cmac,
    /// OWE and suite B: HMAC-SHA-256.
    Sha256,
    /// Suite B of 192 bits: HMAC-SHA-384.
    Sha384,
}

impl Suite {
    /// Those of a key descriptor version (section 12.7.2 b); 0 leaves it to how who associated.
    pub(super) const fn of_version(version: u16) -> &'static [Self] {
        match version {
            0 => &[Self::Cmac, Self::Sha256, Self::Sha384],
            1 => &[Self::Md5],
            2 => &[Self::Sha1],
            3 => &[Self::Cmac],
            _ => &[],
        }
    }

    /// Octets of the integrity code.
    pub(super) const fn code(self) -> usize {
        match self {
            Self::Sha384 => 24,
            _ => 16,
        }
    }

    /// Octets of the key confirmation key and of the key encryption key.
    pub(super) const fn keys(self) -> (usize, usize) {
        match self {
            Self::Sha384 => (24, 32),
            _ => (16, 16),
        }
    }

    /// Octets that the temporal key may have. They decide what all of the keys are, but with the first
    /// two suites, whose shorter ones are beginnings of the longer.
    pub(super) const fn temporal(self) -> &'static [usize] {
        match self {
            Self::Md5 | Self::Sha1 => &[32],
            _ => &[16, 32],
        }
    }

    /// The integrity code of a message, whose field for it is zero.
    pub(super) fn verify(self, key: &[u8], message: &[&[u8]], code: &[u8]) -> bool {
        fn with<M: Mac + KeyInit>(key: &[u8], message: &[&[u8]], code: &[u8]) -> bool {
            M::new_from_slice(key).is_ok_and(|mut mac| {
                for part in message {
                    mac.update(part);
                }
                mac.verify_truncated_left(code).is_ok()
            })
        }
        match self {
            Self::Md5 => with::<Hmac<Md5>>(key, message, code),
            Self::Sha1 => with::<Hmac<Sha1>>(key, message, code),
            Self::Cmac => with::<Cmac<Aes128>>(key, message, code),
            Self::Sha256 => with::<Hmac<Sha256>>(key, message, code),
            Self::Sha384 => with::<Hmac<Sha384>>(key, message, code),
        }
    }

    /// So many octets of keys (section 12.7.1.3).
    pub(super) fn expand(self, master: &[u8], context: &[u8; 76], octets: usize) -> Vec<u8> {
        const LABEL: &[u8] = b"Pairwise key expansion";
        match self {
            Self::Md5 | Self::Sha1 => prf(master, LABEL, context, octets),
            Self::Cmac | Self::Sha256 => kdf::<Hmac<Sha256>>(master, LABEL, context, octets),
            Self::Sha384 => kdf::<Hmac<Sha384>>(master, LABEL, context, octets),
        }
    }
}

/// PRF (section 12.7.1.2).
fn prf(key: &[u8], label: &[u8], context: &[u8], octets: usize) -> Vec<u8> {
    let mut made = Vec::new();
    for counter in 0u8..=u8::MAX {
        let Ok(mac) = Hmac::<Sha1>::new_from_slice(key) else {
            break;
        };
        let all = mac.chain_update(label).chain_update([0]);
        let all = all.chain_update(context).chain_update([counter]);
        made.extend_from_slice(&all.finalize().into_bytes());
        if made.len() >= octets {
            break;
        }
    }
    made.truncate(octets);
    made
}

/// KDF (section 12.7.1.6.2).
fn kdf<M: Mac + KeyInit>(key: &[u8], label: &[u8], context: &[u8], octets: usize) -> Vec<u8> {
    let bits = u16::try_from(octets * 8).unwrap_or(u16::MAX).to_le_bytes();
    let mut made = Vec::new();
    for counter in 1u16..=u16::MAX {
        let Ok(mut mac) = M::new_from_slice(key) else {
            break;
        };
        for part in [&counter.to_le_bytes()[..], label, context, &bits] {
            mac.update(part);
        }
        made.extend_from_slice(&mac.finalize().into_bytes());
        if made.len() >= octets {
            break;
        }
    }
    made.truncate(octets);
    made
}
