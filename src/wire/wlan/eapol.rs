//! EAPOL-Key frames (IEEE 802.11 section 12.7.2).

use aes::{Aes128, Aes256};
use aes_kw::AesKw;
use rc4::{KeyInit, Rc4, StreamCipher};

use super::derive::Suite;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};

/// The Ethernet type of EAPOL.
pub(super) const ETHER_TYPE: u16 = 0x888e;

/// A nonce of a handshake.
pub(super) type Nonce = [u8; 32];

/// Where fields are, from the frame's start on; the code's length depends on the suite.
const KEY_LENGTH_END: usize = 9;
const NONCE: usize = 17;
const IV: usize = 49;
const CODE: usize = 81;

/// An EAPOL-Key frame.
#[derive(Clone, Copy)]
pub(super) struct KeyFrame<'a> {
    octets: &'a [u8],
    information: u16,
}

/// Who sends a message of a handshake, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The authenticator's nonce: without a code (message 1), or with (message 3).
    Authenticator,
    /// The supplicant's nonce (message 2).
    Supplicant,
    /// A new group key.
    Group,
    Other,
}

impl<'a> KeyFrame<'a> {
    /// That which `octets` begin with, behind LLC.
    pub(super) fn parse(octets: &'a [u8]) -> Option<Self> {
        const KEY: u8 = 3;
        const RSN: u8 = 2;
        const WPA: u8 = 254;
        let [_, kind, high, low] = array_at(octets, 0)?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let octets = octets.get(..4 + length)?;
        let is_key = kind == KEY && matches!(u8_at(octets, 4)?, RSN | WPA);
        is_key.then_some(Self {
            octets,
            information: u16_at(octets, 5)?,
        })
    }

    const fn has(self, bit: u16) -> bool {
        self.information & bit != 0
    }

    /// Key descriptor version.
    pub(super) const fn version(self) -> u16 {
        self.information & 7
    }

    pub(super) fn nonce(self) -> Option<Nonce> {
        array_at(self.octets, NONCE)
    }

    pub(super) fn step(self) -> Step {
        const PAIRWISE: u16 = 1 << 3;
        const ACK: u16 = 1 << 7;
        let has_nonce = self.nonce().is_some_and(|nonce| nonce != [0; 32]);
        match (self.has(PAIRWISE), self.has(ACK)) {
            (true, true) if has_nonce => Step::Authenticator,
            (true, false) if has_nonce => Step::Supplicant,
            (false, true) => Step::Group,
            _ => Step::Other,
        }
    }

    /// Whether it has an integrity code.
    pub(super) const fn has_code(self) -> bool {
        const MIC: u16 = 1 << 8;
        self.has(MIC)
    }

    /// Whether the code in it is the one that this key makes.
    pub(super) fn verifies(self, suite: Suite, key: &[u8]) -> bool {
        let end = CODE + suite.code();
        let (Some(before), Some(code)) = (self.octets.get(..CODE), self.octets.get(CODE..end))
        else {
            return false;
        };
        let zeros = [0; 24];
        let zeros = zeros.get(..suite.code()).unwrap_or_default();
        suite.verify(key, &[before, zeros, tail(self.octets, end)], code)
    }

    /// The group keys in it, decrypted by the key encryption key.
    pub(super) fn group_keys(self, suite: Suite, key: &[u8]) -> Vec<GroupKey> {
        const ENCRYPTED: u16 = 1 << 12;
        const WPA: u8 = 254;
        let is_wpa = u8_at(self.octets, 4) == Some(WPA);
        // Before RSN key data were the key itself, in messages of their own.
        let has_keys = if is_wpa {
            self.step() == Step::Group
        } else {
            self.has(ENCRYPTED)
        };
        if !has_keys {
            return Vec::new();
        }
        let Some(data) = self.data(suite, key) else {
            return Vec::new();
        };
        if is_wpa {
            let length = usize::from(u16_at(self.octets, KEY_LENGTH_END - 2).unwrap_or(0));
            let id = u8::try_from(self.information >> 4 & 3).unwrap_or(0);
            let key = data.get(..length).unwrap_or(&data);
            return GroupKey::new(id, key).into_iter().collect();
        }
        elements(&data).collect()
    }

    fn data(self, suite: Suite, key: &[u8]) -> Option<Vec<u8>> {
        let at = CODE + suite.code();
        let length = usize::from(u16_at(self.octets, at)?);
        let sealed = self.octets.get(at + 2..at + 2 + length)?;
        if suite != Suite::Md5 {
            let mut data = vec![0; sealed.len().checked_sub(8)?];
            let opened = if let Ok(cipher) = AesKw::<Aes128>::new_from_slice(key) {
                cipher.unwrap_key(sealed, &mut data).is_ok()
            } else {
                let cipher = AesKw::<Aes256>::new_from_slice(key).ok()?;
                cipher.unwrap_key(sealed, &mut data).is_ok()
            };
            return opened.then_some(data);
        }
        let iv: [u8; 16] = array_at(self.octets, IV)?;
        let mut stream = Rc4::new_from_slice(&[&iv[..], key].concat()).ok()?;
        let mut unused = [0; 256];
        stream.apply_keystream(&mut unused);
        let mut data = sealed.to_vec();
        stream.apply_keystream(&mut data);
        Some(data)
    }
}

/// A group key and its identifier.
pub(super) struct GroupKey {
    pub(super) id: u8,
    pub(super) key: Vec<u8>,
}

impl GroupKey {
    fn new(id: u8, key: &[u8]) -> Option<Self> {
        // Those of WEP are of 40 and 104 bits.
        matches!(key.len(), 5 | 13 | 16 | 32).then(|| Self {
            id,
            key: key.to_vec(),
        })
    }
}

/// Group keys among key data elements (section 12.7.2, table 12-9).
fn elements(mut data: &[u8]) -> impl Iterator<Item = GroupKey> + '_ {
    const VENDOR: u8 = 0xdd;
    const GTK: [u8; 4] = [0, 0x0f, 0xac, 1];
    std::iter::from_fn(move || {
        loop {
            let [kind, length] = array_at(data, 0)?;
            let element = data.get(2..2 + usize::from(length))?;
            data = tail(data, 2 + usize::from(length));
            if kind == VENDOR && array_at(element, 0) == Some(GTK) {
                let found = GroupKey::new(u8_at(element, 4)? & 3, tail(element, 6));
                if found.is_some() {
                    return found;
                }
            }
        }
    })
}
