//! How a frame is encrypted: CCMP and GCMP (IEEE 802.11 sections 12.5.2 and 12.5.4), and what RC4 does.

use aes::cipher::consts::{U8, U13, U16};
use aes::cipher::typenum::Unsigned;
use aes::{Aes128, Aes256};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use ccm::Ccm;
use ccm::aead::{AeadInOut, KeyInit};

use super::rc4::{self, Fragment};
use crate::model::LinkCipher;
use crate::wire::aead;
use crate::wire::bytes::{array_at, tail, u8_at};

/// Octets before what CCMP and GCMP encrypt, and TKIP: the packet's number, and which key it is.
const HEADER: usize = 8;

/// A temporal key, of one station or of a group.
#[derive(Clone)]
pub(super) struct Temporal {
    key: Vec<u8>,
    /// The cipher, once it opened a frame.
    cipher: Option<LinkCipher>,
    /// Whether it may be shorter, too.
    length: Length,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Known,
    AtMost,
}

impl PartialEq for Temporal {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Temporal {
    /// One whose length is told.
    pub(super) fn given(key: &[u8]) -> Self {
        Self {
            key: key.to_vec(),
            cipher: None,
            length: Length::Known,
        }
    }

    /// One that begins what was derived, as the cipher is not told.
    pub(super) fn derived(key: &[u8]) -> Self {
        Self {
            length: Length::AtMost,
            ..Self::given(key)
        }
    }

    /// Writes what `sealed` holds behind what is in `packet`, if this is the key that encrypted it, and
    /// says by which cipher.
    pub(super) fn open(&mut self, sealed: &Sealed<'_>, packet: &mut Vec<u8>) -> Option<LinkCipher> {
        use LinkCipher::{Ccmp128, Ccmp256, Gcmp128, Gcmp256, Tkip};
        let ciphers: &[LinkCipher] = match (&self.cipher, self.key.len(), self.length) {
            (Some(known), ..) => std::slice::from_ref(known),
            (None, 16, _) => &[Ccmp128, Gcmp128, Tkip],
            (None, _, Length::Known) => &[Ccmp256, Gcmp256, Tkip],
            (None, _, Length::AtMost) => &[Ccmp128, Gcmp128, Tkip, Ccmp256, Gcmp256],
        };
        let mut ciphers = ciphers.iter().copied();
        let found = ciphers.find(|cipher| sealed.opens(*cipher, &self.key, packet))?;
        self.cipher = Some(found);
        Some(found)
    }
}

/// An encrypted frame.
pub(super) struct Sealed<'a> {
    /// From frame control on.
    pub(super) header: &'a [u8],
    /// The traffic control field.
    pub(super) qos: Option<u8>,
    /// What stands behind the header, without the frame's check sequence.
    pub(super) body: &'a [u8],
}

impl Sealed<'_> {
    /// Whether it has the longer header that all ciphers have but WEP (extended IV).
    pub(super) fn is_extended(&self) -> bool {
        const EXTENDED: u8 = 0x20;
        u8_at(self.body, 3).is_some_and(|octet| octet & EXTENDED != 0)
    }

    /// Identifier of its key, 0 to 3.
    pub(super) fn key_id(&self) -> Option<u8> {
        Some(u8_at(self.body, 3)? >> 6)
    }

    /// Writes what it holds behind what is in `packet`, if this key encrypted it; nothing if not.
    pub(super) fn opens(&self, cipher: LinkCipher, key: &[u8], packet: &mut Vec<u8>) -> bool {
        const SPP: u8 = 0x80;
        let qos = self.qos.map(|octet| octet & 0x0f);
        // The bit that tells of an aggregate counts where both ends agreed so.
        let protected = (self.qos).filter(|octet| octet & SPP != 0);
        let with = |qos, packet: &mut Vec<u8>| match cipher {
            LinkCipher::Ccmp128 => self.ccmp::<Ccm<Aes128, U8, U13>, 16>(key, qos, packet),
            LinkCipher::Ccmp256 => self.ccmp::<Ccm<Aes256, U16, U13>, 32>(key, qos, packet),
            LinkCipher::Gcmp128 => self.gcmp::<Aes128Gcm, 16>(key, qos, packet),
            LinkCipher::Gcmp256 => self.gcmp::<Aes256Gcm, 32>(key, qos, packet),
            LinkCipher::Tkip => {
                let fragment = self.fragment();
                (self.transmitter())
                    .and_then(|from| rc4::tkip(self.body, key, from, fragment, packet))
            }
            LinkCipher::Wep => rc4::wep(self.body, key, packet),
        };
        let start = packet.len();
        let mut opens_with = |qos| {
            let opened = with(qos, packet).is_some();
            if !opened {
                packet.truncate(start);
            }
            opened
        };
        opens_with(qos) || protected.is_some_and(|octet| opens_with(Some(octet & 0x8f)))
    }

    fn fragment(&self) -> Fragment {
        const MORE: u8 = 0x04;
        match u8_at(self.header, 1) {
            Some(flags) if flags & MORE != 0 => Fragment::Earlier,
            _ => Fragment::Last,
        }
    }

    /// The number of the packet, its most significant octet first.
    fn number(&self) -> Option<[u8; 6]> {
        let [last, fifth, _, _, upper @ ..]: [u8; 8] = array_at(self.body, 0)?;
        let [fourth, third, second, first] = upper;
        Some([first, second, third, fourth, fifth, last])
    }

    /// The transmitter.
    fn transmitter(&self) -> Option<[u8; 6]> {
        array_at(self.header, 10)
    }

    fn ccmp<C: AeadInOut + KeyInit, const KEY: usize>(
        &self,
        key: &[u8],
        qos: Option<u8>,
        packet: &mut Vec<u8>,
    ) -> Option<()> {
        let priority = [qos.unwrap_or(0) & 0x0f];
        let nonce = [&priority[..], &self.transmitter()?, &self.number()?].concat();
        self.authentic::<C>(key.get(..KEY)?, &nonce, qos, packet)
    }

    fn gcmp<C: AeadInOut + KeyInit, const KEY: usize>(
        &self,
        key: &[u8],
        qos: Option<u8>,
        packet: &mut Vec<u8>,
    ) -> Option<()> {
        let nonce = [self.transmitter()?, self.number()?].concat();
        self.authentic::<C>(key.get(..KEY)?, &nonce, qos, packet)
    }

    fn authentic<C: AeadInOut + KeyInit>(
        &self,
        key: &[u8],
        nonce: &[u8],
        qos: Option<u8>,
        packet: &mut Vec<u8>,
    ) -> Option<()> {
        let sealed = tail(self.body, HEADER);
        let at = sealed.len().checked_sub(C::TagSize::USIZE)?;
        let (sealed, tag) = sealed.split_at_checked(at)?;
        let start = packet.len();
        packet.extend_from_slice(sealed);
        let beside = self.additional(qos)?;
        aead::open::<C>(key, nonce, &beside, packet.get_mut(start..)?, tag)
    }

    /// What is authenticated beside the packet (section 12.5.2.3.3): the header without what may differ
    /// when it is sent again.
    fn additional(&self, qos: Option<u8>) -> Option<Vec<u8>> {
        const PROTECTED: u8 = 0x40;
        const BOTH_DS: u8 = 3;
        let [control, flags] = array_at(self.header, 0)?;
        // Without the order bit where HT control may follow.
        let kept = if qos.is_some() { 0x47 } else { 0xc7 };
        let mut octets = vec![control & 0x8f, flags & kept | PROTECTED];
        octets.extend(self.header.get(4..22)?);
        octets.extend([u8_at(self.header, 22)? & 0x0f, 0]);
        if flags & BOTH_DS == BOTH_DS {
            octets.extend(self.header.get(24..30)?);
        }
        if let Some(qos) = qos {
            octets.extend([qos, 0]);
        }
        Some(octets)
    }
}
