//! From the two messages of a handshake to the keys of its session: the pattern `IKpsk2` of Noise
//! (sections 5.4.2, 5.4.3 and 5.4.5), as one looks on who knows some of the keys.

use blake2::{Blake2s256, Digest};
use chacha20poly1305::ChaCha20Poly1305;
use hkdf::SimpleHkdf;

use super::TAG;
use super::keys::{Key, Keys};
use super::message::{Initiation, Response};
use crate::wire::aead;
use crate::wire::bytes::array_at;

pub(super) const CONSTRUCTION: &[u8] = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
pub(super) const IDENTIFIER: &[u8] = b"WireGuard v1 zx2c4 Jason@zx2c4.com";

/// What the packets of a session are encrypted with (section 5.4.5).
#[derive(Clone, Copy)]
pub(super) struct SessionKeys {
    pub(super) to_responder: [u8; 32],
    pub(super) to_initiator: [u8; 32],
}

impl SessionKeys {
    /// Those that `keys` lead to, if these are enough, and the messages are what they encrypted.
    pub(super) fn derive(
        keys: &Keys,
        initiation: &Initiation,
        response: &Response,
    ) -> Option<Self> {
        let (static_i, mut noise) = open_initiation(keys, initiation)?;
        let ephemeral_i = Key(array_at(initiation, 8)?);
        let ephemeral_r = Key(array_at(response, 12)?);
        let empty: [u8; TAG] = array_at(response, 44)?;

        noise.mix_key::<1>(&ephemeral_r.0);
        noise.mix_hash(&ephemeral_r.0);
        noise.mix_key::<1>(&keys.agree(&ephemeral_r, &ephemeral_i)?);
        noise.mix_key::<1>(&keys.agree(&ephemeral_r, &static_i)?);
        let mut pre_shared = keys.pre_shared([&ephemeral_i, &ephemeral_r]);
        let noise = pre_shared.find_map(|key| {
            let mut noise = noise;
            let [_, tau, key] = noise.mix_key::<3>(&key.0);
            noise.mix_hash(&tau);
            noise.open(&key, &mut [], &empty)?;
            Some(noise)
        })?;
        let [to_responder, to_initiator] = derived(&noise.chaining, &[]);
        Some(Self {
            to_responder,
            to_initiator,
        })
    }
}

/// The initiator's static key, and the state behind the initiation (section 5.4.2).
fn open_initiation(keys: &Keys, message: &Initiation) -> Option<(Key, Noise)> {
    let (told, codes) = message.split_at_checked(116)?;
    let static_r = keys.receiver(told, codes.get(..16)?)?;
    let ephemeral_i = Key(array_at(told, 8)?);
    let mut sealed: [u8; 32] = array_at(told, 40)?;
    let mut stamp: [u8; 12] = array_at(told, 88)?;
    let tags: [[u8; TAG]; 2] = [array_at(told, 72)?, array_at(told, 100)?];

    let mut noise = Noise::new();
    noise.mix_hash(&static_r.0);
    noise.mix_hash(&ephemeral_i.0);
    noise.mix_key::<1>(&ephemeral_i.0);
    let [_, key] = noise.mix_key(&keys.agree(&ephemeral_i, &static_r)?);
    noise.open(&key, &mut sealed, &tags[0])?;
    let static_i = Key(sealed);
    let [_, key] = noise.mix_key(&keys.agree(&static_i, &static_r)?);
    noise.open(&key, &mut stamp, &tags[1])?;
    Some((static_i, noise))
}

/// The state of a handshake: chaining key and hash.
#[derive(Clone, Copy)]
struct Noise {
    chaining: [u8; 32],
    hash: [u8; 32],
}

impl Noise {
    fn new() -> Self {
        let chaining = hash(&[CONSTRUCTION]);
        Self {
            chaining,
            hash: hash(&[&chaining, IDENTIFIER]),
        }
    }

    fn mix_hash(&mut self, octets: &[u8]) {
        self.hash = hash(&[&self.hash, octets]);
    }

    /// Derives keys, the first of which is the next chaining key.
    fn mix_key<const N: usize>(&mut self, input: &[u8]) -> [[u8; 32]; N] {
        let keys = derived(&self.chaining, input);
        if let Some(first) = keys.first() {
            self.chaining = *first;
        }
        keys
    }

    /// Decrypts `octets` if they are what the tag says, and takes what was sent into the hash.
    fn open(&mut self, key: &[u8; 32], octets: &mut [u8], tag: &[u8; TAG]) -> Option<()> {
        let hash = hash(&[&self.hash, octets, tag]);
        aead::open::<ChaCha20Poly1305>(key, &[0; 12], &self.hash, octets, tag)?;
        self.hash = hash;
        Some(())
    }
}

/// BLAKE2s of all parts together.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Blake2s256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// The functions `Kdf1` to `Kdf3` (section 5.4): HKDF with HMAC of BLAKE2s.
pub(super) fn derived<const N: usize>(chaining: &[u8; 32], input: &[u8]) -> [[u8; 32]; N] {
    let mut keys = [[0; 32]; N];
    let derivation = SimpleHkdf::<Blake2s256>::new(Some(chaining), input);
    // Only of more than 255 would there be an end.
    let _ = derivation.expand(&[], keys.as_flattened_mut());
    keys
}
