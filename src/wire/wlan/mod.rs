//! IEEE 802.11 where users have the keys (section 12): a frame that WEP, WPA or its successors encrypt is made
//! as it would have been without.
//!
//! What leads to the keys of a session is the pairwise master key, or the passphrase that makes it, and
//! the four messages of a handshake; or the temporal key itself.

mod cipher;
mod derive;
mod eapol;
mod keys;
mod rc4;
mod sessions;

use self::cipher::Sealed;
use self::eapol::KeyFrame;
pub use self::keys::{KeyLog, Keys};
use self::sessions::{Mac, Sessions};
use super::Locked;
use super::bytes::{array_at, tail, u16_at};
use super::link::mpdu::{Mpdu, MpduKind};
use crate::model::{Frame, LinkCipher};

/// The keys that are known, and the handshakes that were seen.
#[derive(Default)]
pub struct Wlan {
    keys: Keys,
    sessions: Sessions,
    /// Where frames are made.
    octets: Vec<u8>,
}

/// What became of a frame.
#[derive(Debug)]
pub enum Opened<'a> {
    /// It was not encrypted, or is of another link.
    Clear,
    /// This is it, as it would have been.
    Made(Frame<'a>),
    /// It cannot be read, and may hold ICMP.
    Locked(Locked),
}

impl Wlan {
    /// The keys, for more of them.
    pub fn keys(&mut self) -> &mut Keys {
        &mut self.keys
    }

    /// Whether `frame` is a message of a handshake in the clear, before which keys may have been added.
    pub fn is_handshake(frame: &Frame<'_>) -> bool {
        Mpdu::of(frame).is_some_and(|mpdu| {
            mpdu.kind == MpduKind::Clear && key_frame(tail(frame.data, mpdu.body_at)).is_some()
        })
    }

    /// Takes a frame: learns what it tells of keys, and opens it if it is encrypted.
    pub fn open<'a>(&'a mut self, frame: &Frame<'a>) -> Opened<'a> {
        let Some(mpdu) = Mpdu::of(frame) else {
            return Opened::Clear;
        };
        let Some([to, from]) = mpdu.ends() else {
            return Opened::Clear;
        };
        match mpdu.kind {
            MpduKind::Named => {
                if let Some(name) = mpdu.network_name() {
                    self.sessions.name(from, name);
                }
                Opened::Clear
            }
            MpduKind::Other => Opened::Clear,
            MpduKind::Clear => {
                self.learn(from, to, tail(frame.data, mpdu.body_at));
                Opened::Clear
            }
            MpduKind::Protected => self.decrypt(frame, &mpdu, from, to),
        }
    }

    fn learn(&mut self, from: Mac, to: Mac, llc: &[u8]) {
        if let Some(message) = key_frame(llc) {
            self.sessions.message(from, to, message, &mut self.keys);
        }
    }

    fn decrypt<'a>(
        &'a mut self,
        frame: &Frame<'a>,
        mpdu: &Mpdu<'a>,
        from: Mac,
        to: Mac,
    ) -> Opened<'a> {
        const PROTECTED: u8 = 0x40;
        if frame.is_cut() {
            return Opened::Locked(Locked::NotAuthentic);
        }
        let mut octets = std::mem::take(&mut self.octets);
        octets.clear();
        octets.extend_from_slice(frame.data.get(..mpdu.body_at).unwrap_or_default());
        if let Some(flags) = octets.get_mut(mpdu.at + 1) {
            *flags &= !PROTECTED;
        }
        let opened = self.opened(mpdu, from, to, &mut octets);
        if opened.is_ok() {
            self.learn(from, to, tail(&octets, mpdu.body_at));
            octets.extend_from_slice(tail(frame.data, mpdu.end));
        }
        self.octets = octets;
        let cipher = match opened {
            Ok(cipher) => cipher,
            Err(why) => return Opened::Locked(why),
        };
        let less = frame.data.len().saturating_sub(self.octets.len());
        let less = u32::try_from(less).unwrap_or(u32::MAX);
        Opened::Made(Frame {
            data: &self.octets,
            wire_len: frame.wire_len.saturating_sub(less),
            cipher: Some(cipher),
            ..*frame
        })
    }

    /// Opens a frame with any key that does.
    fn opened(
        &mut self,
        mpdu: &Mpdu<'_>,
        from: Mac,
        to: Mac,
        packet: &mut Vec<u8>,
    ) -> Result<LinkCipher, Locked> {
        let sealed = Sealed {
            header: mpdu.header,
            qos: mpdu.qos,
            body: mpdu.body,
        };
        if !sealed.is_extended() {
            // The header of WEP tells no other cipher.
            let opens =
                (self.keys.wep.iter()).any(|key| sealed.opens(LinkCipher::Wep, key, packet));
            return opens.then_some(LinkCipher::Wep).ok_or(Locked::NoKey);
        }
        let why = match self.sessions.open(from, to, &sealed, packet) {
            Ok(cipher) => return Ok(cipher),
            Err(why) => why,
        };
        let mut given = self.keys.temporal.iter_mut();
        given.find_map(|key| key.open(&sealed, packet)).ok_or(why)
    }
}

/// The message of a handshake behind this LLC.
fn key_frame(llc: &[u8]) -> Option<KeyFrame<'_>> {
    const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];
    let is_eapol = array_at(llc, 0) == Some(SNAP) && u16_at(llc, 6) == Some(eapol::ETHER_TYPE);
    is_eapol.then(|| KeyFrame::parse(tail(llc, 8))).flatten()
}

#[cfg(test)]
mod tests;
