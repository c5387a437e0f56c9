//! WireGuard: packets in UDP that two peers encrypt, read with the keys that their host logged
//! (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", section 5.4).
//!
//! A handshake of two messages leads to the keys of a session. Whoever knows the ephemeral and the
//! static key of one side, and the static one of the other, gets at them from what was sent.

mod handshake;
mod keys;
mod message;
mod sessions;

use chacha20poly1305::ChaCha20Poly1305;

pub use self::keys::{KeyLog, Keys};
use self::message::{Message, Transport};
use self::sessions::Sessions;
use super::ip::Ip;
use super::link::{LinkHeader, Network};
use super::tunnel::TunnelKind;
use super::{Encryption, Locked, Undecodable, aead, opener};
use crate::model::{Expanded, Form, Proof, Sealing};

/// Octets of an authentication tag.
const TAG: usize = 16;
/// Octets of UDP's header.
const UDP: usize = 8;

/// Whether a datagram, its header included, may be a message: behind that, its type.
#[inline]
pub fn may_be_message(datagram: &[u8]) -> bool {
    matches!(datagram, [_, _, _, _, _, _, _, _, 1..=4, _, _, _, ..])
}

/// Whether `ip` carries a message of a handshake.
pub fn is_handshake(ip: &Ip<'_>) -> bool {
    matches!(
        Message::of(ip),
        Some(Message::Initiation(_) | Message::Response(_))
    )
}

/// Whether `ip` carries a message with a packet in it, as far as its own octets tell.
pub fn is_transport(ip: &Ip<'_>) -> bool {
    matches!(
        Message::of(ip),
        Some(Message::Transport(transport)) if transport.length > 0 && !transport.is_marked
    )
}

/// The header that leads to the packet in a message, for whom that packet was made.
pub(super) fn enter(ip: &Ip<'_>) -> Option<(TunnelKind, LinkHeader)> {
    match Message::of(ip)? {
        Message::Transport(Transport { receiver, .. }) => Some((
            TunnelKind::WireGuard { receiver },
            LinkHeader::at(Network::Ip, UDP + message::TRANSPORT_HEADER),
        )),
        _ => None,
    }
}

/// The keys that are known, and the sessions that were seen.
#[derive(Default)]
pub struct WireGuard {
    keys: Keys,
    sessions: Sessions,
}

impl WireGuard {
    /// The keys, for more of them.
    pub fn keys(&mut self) -> &mut Keys {
        &mut self.keys
    }

    /// Takes what `ip` carries, if that is WireGuard's: of a handshake what leads to its session, of
    /// a packet in one the packet, made in `into`. Says whether one was made; a message without a
    /// packet holds none.
    ///
    /// Of a message that was cut the beginning is made, as far as it is plausible: its tag, by which
    /// it would be told for certain, is at its end.
    ///
    /// # Errors
    ///
    /// Why the packet cannot be read.
    pub fn open(&mut self, ip: &Ip<'_>, into: &mut Expanded) -> Result<bool, Undecodable> {
        match Message::of(ip) {
            Some(Message::Initiation(message)) => {
                self.sessions.begin(&message, ip);
                Ok(false)
            }
            Some(Message::Response(message)) => {
                self.sessions.respond(&message, ip, &self.keys);
                Ok(false)
            }
            Some(Message::Transport(transport)) if transport.length > 0 => {
                self.decrypt(ip, &transport, into)
            }
            _ => Ok(false),
        }
    }

    fn decrypt(
        &mut self,
        ip: &Ip<'_>,
        transport: &Transport<'_>,
        into: &mut Expanded,
    ) -> Result<bool, Undecodable> {
        let opened = (self.sessions).open(transport.receiver, ip, &self.keys, |key| {
            into.clear();
            transport.decrypt(key, &mut into.octets)
        });
        match opened {
            Ok(()) => {
                into.form = Form::Decrypted;
                into.sealing = Some(Sealing::WireGuard(match transport.whole() {
                    Some(_) => Proof::CheckValue,
                    None => Proof::Form,
                }));
                into.set_wire_len(transport.length);
                Ok(true)
            }
            Err(Locked::NoHandshake) if transport.is_marked => Ok(false),
            // Too short for anything to be plausible.
            Err(Locked::NotAuthentic) if transport.sealed.len() < LEAST => Ok(false),
            Err(why) => Err(Undecodable::Encrypted(Encryption::WireGuard(why))),
        }
    }
}

/// Octets of the least IP header.
const LEAST: usize = 20;

impl Transport<'_> {
    /// Writes the packet to `packet` if `key` is the one that encrypted it (section 5.4.6).
    fn decrypt(&self, key: &[u8; 32], packet: &mut Vec<u8>) -> bool {
        /// Octets of padding, less than so many.
        const PADDED: usize = 16;
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.counter.to_le_bytes());
        if let Some((sealed, tag)) = self.whole() {
            packet.extend_from_slice(sealed);
            return aead::open::<ChaCha20Poly1305>(key, &nonce, &[], packet, tag).is_some();
        }
        let sealed = self.sealed.get(..self.length).unwrap_or(self.sealed);
        packet.extend_from_slice(sealed);
        aead::chacha20(key, &nonce, packet).is_some()
            && opener::is_plausible(packet, self.length, PADDED)
    }
}

#[cfg(test)]
mod tests;
