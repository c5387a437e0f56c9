//! Encryption that authenticates: opened by its tag, or read without where that was cut off.

use aes::cipher::{KeyInit, KeyIvInit, StreamCipher, StreamCipherSeek};
use ccm::aead::AeadInOut;
use chacha20::ChaCha20;

/// Decrypts `octets` if `tag` authenticates them, and what goes `beside` them.
pub(super) fn open<C: AeadInOut + KeyInit>(
    key: &[u8],
    nonce: &[u8],
    beside: &[u8],
    octets: &mut [u8],
    tag: &[u8],
) -> Option<()> {
    let cipher = C::new_from_slice(key).ok()?;
    let (nonce, tag) = (nonce.try_into().ok()?, tag.try_into().ok()?);
    (cipher.decrypt_inout_detached(nonce, beside, octets.into(), tag)).ok()
}

/// Decrypts `octets`, the first that `ChaCha20Poly1305` encrypted, whoever made them.
pub(super) fn chacha20(key: &[u8], nonce: &[u8], octets: &mut [u8]) -> Option<()> {
    /// Octets of the key stream that make the key of the tag (RFC 8439 section 2.8).
    const BEFORE: u32 = 64;
    let mut stream = ChaCha20::new_from_slices(key, nonce).ok()?;
    stream.try_seek(BEFORE).ok()?;
    stream.try_apply_keystream(octets).ok()
}
