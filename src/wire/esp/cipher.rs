//! What ESP encrypts and authenticates with (RFC 8221).

use aes::cipher::consts::{U8, U11, U12, U16};
use aes::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockSizeUser, InnerIvInit, KeyInit,
    KeyIvInit, StreamCipher,
};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use ccm::Ccm;
use ccm::aead::AeadInOut;
use chacha20poly1305::ChaCha20Poly1305;
use cmac::Cmac;
use ctr::Ctr32BE;
use des::{Des, TdesEde3};
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::wire::aead;

/// Ciphers, those that authenticate as well among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    /// RFC 2410.
    Null,
    /// RFC 3602.
    AesCbc,
    /// RFC 2451.
    TripleDesCbc,
    /// RFC 2405.
    DesCbc,
    /// RFC 3686.
    AesCtr,
    /// RFC 4106.
    AesGcm(Tag),
    /// RFC 4309.
    AesCcm(Tag),
    /// RFC 4543: it encrypts nothing.
    AesGmac,
    /// RFC 7634.
    ChaCha20Poly1305,
}

/// How long the tag of a cipher is that authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Octets8,
    Octets12,
    Octets16,
}

impl Tag {
    /// One of so many bits.
    pub(super) const fn of_bits(bits: usize) -> Option<Self> {
        Some(match bits {
            64 => Self::Octets8,
            96 => Self::Octets12,
            128 => Self::Octets16,
            _ => return None,
        })
    }

    const fn octets(self) -> usize {
        match self {
            Self::Octets8 => 8,
            Self::Octets12 => 12,
            Self::Octets16 => 16,
        }
    }
}

impl Cipher {
    /// Octets of the initialization vector in each packet.
    pub(super) const fn vector(self) -> usize {
        match self {
            Self::Null => 0,
            Self::AesCbc => 16,
            _ => 8,
        }
    }

    /// Octets of the tag, if it authenticates.
    pub(super) const fn tag(self) -> Option<usize> {
        match self {
            Self::AesGcm(tag) | Self::AesCcm(tag) => Some(tag.octets()),
            Self::AesGmac | Self::ChaCha20Poly1305 => Some(16),
            _ => None,
        }
    }

    /// Octets behind the key that are a part of each nonce.
    const fn salt(self) -> usize {
        match self {
            Self::Null | Self::AesCbc | Self::TripleDesCbc | Self::DesCbc => 0,
            Self::AesCcm(_) => 3,
            _ => 4,
        }
    }

    /// Whether a key has so many octets, its salt among them.
    pub(super) fn takes(self, octets: usize) -> bool {
        let lengths: &[usize] = match self {
            Self::Null => return true,
            Self::TripleDesCbc => &[24],
            Self::DesCbc => &[8],
            Self::ChaCha20Poly1305 => &[32],
            _ => &[16, 24, 32],
        };
        (octets.checked_sub(self.salt())).is_some_and(|key| lengths.contains(&key))
    }

    /// Key and nonce of a packet.
    fn with_nonce<'k>(self, key: &'k [u8], vector: &[u8]) -> Option<(&'k [u8], Vec<u8>)> {
        let (key, salt) = key.split_at_checked(key.len().checked_sub(self.salt())?)?;
        Some((key, [salt, vector].concat()))
    }

    /// Decrypts `octets` if `tag` authenticates them.
    pub(super) fn open(self, key: &[u8], sealed: &Authentic<'_>, octets: &mut [u8]) -> Option<()> {
        if self == Self::AesGmac {
            // It is GCM of nothing, with all that is there beside it.
            let header = [sealed.header, sealed.vector, octets].concat();
            let sealed = Authentic {
                header: &header,
                ..*sealed
            };
            return Self::AesGcm(Tag::Octets16).open(key, &sealed, &mut []);
        }
        let (key, nonce) = self.with_nonce(key, sealed.vector)?;
        match (self, key.len()) {
            (Self::AesGcm(tag), 16) => gcm::<Aes128>(tag, key, &nonce, sealed, octets),
            (Self::AesGcm(tag), 24) => gcm::<Aes192>(tag, key, &nonce, sealed, octets),
            (Self::AesGcm(tag), _) => gcm::<Aes256>(tag, key, &nonce, sealed, octets),
            (Self::AesCcm(tag), 16) => ccm::<Aes128>(tag, key, &nonce, sealed, octets),
            (Self::AesCcm(tag), 24) => ccm::<Aes192>(tag, key, &nonce, sealed, octets),
            (Self::AesCcm(tag), _) => ccm::<Aes256>(tag, key, &nonce, sealed, octets),
            (Self::ChaCha20Poly1305, _) => open::<ChaCha20Poly1305>(key, &nonce, sealed, octets),
            _ => None,
        }
    }

    /// Decrypts `octets`, the first of a packet, whoever made them; of blocks those that are whole.
    pub(super) fn decrypt(self, key: &[u8], vector: &[u8], octets: &mut [u8]) -> Option<()> {
        /// What the counter of a nonce begins with behind that of the tag.
        const SECOND: [u8; 4] = [0, 0, 0, 2];
        const FIRST: [u8; 4] = [0, 0, 0, 1];
        /// Octets of lengths less one (RFC 4309 section 4).
        const CCM_FLAGS: [u8; 1] = [3];
        let (key, nonce) = self.with_nonce(key, vector)?;
        match (self, key.len()) {
            (Self::Null | Self::AesGmac, _) => Some(()),
            (Self::AesCbc, 16) => cbc::<Aes128>(key, vector, octets),
            (Self::AesCbc, 24) => cbc::<Aes192>(key, vector, octets),
            (Self::AesCbc, _) => cbc::<Aes256>(key, vector, octets),
            (Self::TripleDesCbc, _) => cbc::<TdesEde3>(key, vector, octets),
            (Self::DesCbc, _) => cbc::<Des>(key, vector, octets),
            (Self::AesCtr, _) => counter(key, &[&nonce, &FIRST[..]].concat(), octets),
            (Self::AesGcm(_), _) => counter(key, &[&nonce, &SECOND[..]].concat(), octets),
            (Self::AesCcm(_), _) => {
                counter(key, &[&CCM_FLAGS, &nonce[..], &FIRST].concat(), octets)
            }
            (Self::ChaCha20Poly1305, _) => aead::chacha20(key, &nonce, octets),
        }
    }
}

/// What is authenticated beside what is encrypted, and by what.
#[derive(Clone, Copy)]
pub(super) struct Authentic<'a> {
    pub(super) header: &'a [u8],
    pub(super) vector: &'a [u8],
    pub(super) tag: &'a [u8],
}

fn gcm<A: BlockSizeUser<BlockSize = U16> + BlockCipherEncrypt + KeyInit>(
    tag: Tag,
    key: &[u8],
    nonce: &[u8],
    sealed: &Authentic<'_>,
    octets: &mut [u8],
) -> Option<()> {
    let open = match tag {
        Tag::Octets8 => open::<AesGcm<A, U12, U8>>,
        Tag::Octets12 => open::<AesGcm<A, U12, U12>>,
        Tag::Octets16 => open::<AesGcm<A, U12, U16>>,
    };
    open(key, nonce, sealed, octets)
}

fn ccm<A: BlockSizeUser<BlockSize = U16> + BlockCipherEncrypt + KeyInit>(
    tag: Tag,
    key: &[u8],
    nonce: &[u8],
    sealed: &Authentic<'_>,
    octets: &mut [u8],
) -> Option<()> {
    let open = match tag {
        Tag::Octets8 => open::<Ccm<A, U8, U11>>,
        Tag::Octets12 => open::<Ccm<A, U12, U11>>,
        Tag::Octets16 => open::<Ccm<A, U16, U11>>,
    };
    open(key, nonce, sealed, octets)
}

fn open<C: AeadInOut + KeyInit>(
    key: &[u8],
    nonce: &[u8],
    sealed: &Authentic<'_>,
    octets: &mut [u8],
) -> Option<()> {
    aead::open::<C>(key, nonce, sealed.header, octets, sealed.tag)
}

fn cbc<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    vector: &[u8],
    octets: &mut [u8],
) -> Option<()> {
    let cipher = C::new_from_slice(key).ok()?;
    let mut mode = cbc::Decryptor::inner_iv_init(cipher, vector.try_into().ok()?);
    for block in octets.chunks_exact_mut(C::block_size()) {
        mode.decrypt_block(block.try_into().ok()?);
    }
    Some(())
}

fn counter(key: &[u8], first: &[u8], octets: &mut [u8]) -> Option<()> {
    let applied = match key.len() {
        16 => Ctr32BE::<Aes128>::new_from_slices(key, first)
            .ok()?
            .try_apply_keystream(octets),
        24 => Ctr32BE::<Aes192>::new_from_slices(key, first)
            .ok()?
            .try_apply_keystream(octets),
        _ => Ctr32BE::<Aes256>::new_from_slices(key, first)
            .ok()?
            .try_apply_keystream(octets),
    };
    applied.ok()
}

/// What authenticates a packet whose cipher does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// Nothing, or what is not verified.
    Unchecked,
    /// RFC 2403.
    HmacMd5,
    /// RFC 2404.
    HmacSha1,
    /// RFC 4868.
    HmacSha256,
    /// The same.
    HmacSha384,
    /// The same.
    HmacSha512,
    /// RFC 4494.
    AesCmac,
}

impl Code {
    /// Whether the octets in `parts`, laid end to end, have this integrity check value.
    pub(super) fn verifies(self, key: &[u8], parts: &[&[u8]], value: &[u8]) -> bool {
        let verify = match self {
            Self::Unchecked => return true,
            Self::HmacMd5 => verify::<Hmac<Md5>>,
            Self::HmacSha1 => verify::<Hmac<Sha1>>,
            Self::HmacSha256 => verify::<Hmac<Sha256>>,
            Self::HmacSha384 => verify::<Hmac<Sha384>>,
            Self::HmacSha512 => verify::<Hmac<Sha512>>,
            Self::AesCmac => verify::<Cmac<Aes128>>,
        };
        verify(key, parts, value)
    }
}

fn verify<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], value: &[u8]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return false;
    };
    for part in parts {
        mac.update(part);
    }
    mac.verify_truncated_left(value).is_ok()
}
