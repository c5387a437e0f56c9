//! The two ends of a session, which write what is to be read: section 5.4 of WireGuard's paper from
//! their side, with nothing of what reads it.

use base64ct::{Base64, Encoding};
use blake2::digest::consts::U16;
use blake2::digest::{Digest, Mac};
use blake2::{Blake2s256, Blake2sMac};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::SimpleHkdf;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

const CONSTRUCTION: &[u8] = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
const IDENTIFIER: &[u8] = b"WireGuard v1 zx2c4 Jason@zx2c4.com";

/// One end.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    pub(super) private: [u8; 32],
    pub(super) ephemeral: [u8; 32],
    pub(super) index: u32,
    pub(super) end: ([u8; 4], u16),
}

pub(super) fn public(private: &[u8; 32]) -> [u8; 32] {
    x25519(*private, X25519_BASEPOINT_BYTES)
}

pub(super) fn line(name: &str, key: &[u8; 32]) -> String {
    let mut text = [0; 44];
    let text = Base64::encode(key, &mut text).unwrap();
    format!("{name}={text}\n")
}

impl Peer {
    /// With keys and an index made of a number.
    pub(super) fn new(number: u8) -> Self {
        Self {
            private: hash(&[b"static", &[number]]),
            ephemeral: hash(&[b"ephemeral", &[number]]),
            index: u32::from(number) << 8 | 0xaa00_00bb,
            end: ([10, 0, 0, number], 51_820 + u16::from(number)),
        }
    }

    /// What its host logs of a session with another.
    pub(super) fn log(&self, with: &Self, pre_shared: Option<&[u8; 32]>) -> String {
        let shared = pre_shared.map(|key| line("PRESHARED_KEY", key));
        [
            line("LOCAL_STATIC_PRIVATE_KEY", &self.private),
            line("REMOTE_STATIC_PUBLIC_KEY", &public(&with.private)),
            line("LOCAL_EPHEMERAL_PRIVATE_KEY", &self.ephemeral),
            shared.unwrap_or_default(),
        ]
        .concat()
    }
}

/// A session: its handshake, and what encrypts to either end.
pub(super) struct Session {
    pub(super) initiation: Vec<u8>,
    pub(super) response: Vec<u8>,
    to_responder: [u8; 32],
    to_initiator: [u8; 32],
    initiator: Peer,
    responder: Peer,
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Blake2s256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

fn derived<const N: usize>(chaining: &[u8; 32], input: &[u8]) -> [[u8; 32]; N] {
    let mut keys = [[0; 32]; N];
    let derivation = SimpleHkdf::<Blake2s256>::new(Some(chaining), input);
    derivation.expand(&[], keys.as_flattened_mut()).unwrap();
    keys
}

struct Writer {
    chaining: [u8; 32],
    hash: [u8; 32],
    message: Vec<u8>,
}

impl Writer {
    fn plain(&mut self, octets: &[u8]) {
        self.hash = hash(&[&self.hash, octets]);
        self.message.extend(octets);
    }

    fn mix<const N: usize>(&mut self, input: &[u8]) -> [[u8; 32]; N] {
        let keys = derived(&self.chaining, input);
        self.chaining = keys[0];
        keys
    }

    fn seal(&mut self, key: &[u8; 32], plain: &[u8]) {
        let sealed = sealed(key, 0, &self.hash, plain);
        self.plain(&sealed);
    }

    /// The first code, for who has this key, and no second one.
    fn finish(&mut self, receiver: &[u8; 32]) -> Vec<u8> {
        let key = hash(&[b"mac1----", receiver]);
        let mac = Blake2sMac::<U16>::new_from_slice(&key).unwrap();
        let code = mac.chain_update(&self.message).finalize().into_bytes();
        let mut message = std::mem::take(&mut self.message);
        message.extend(code);
        message.extend([0; 16]);
        message
    }
}

fn sealed(key: &[u8; 32], counter: u64, with: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_le_bytes());
    let mut octets = plain.to_vec();
    let tag = ChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached((&nonce).into(), with, octets.as_mut_slice().into())
        .unwrap();
    octets.extend(tag);
    octets
}

impl Session {
    pub(super) fn new(initiator: Peer, responder: Peer, pre_shared: Option<&[u8; 32]>) -> Self {
        let (static_r, static_i) = (public(&responder.private), public(&initiator.private));
        let ephemeral_i = public(&initiator.ephemeral);
        let chaining = hash(&[CONSTRUCTION]);
        let mut writer = Writer {
            chaining,
            hash: hash(&[&hash(&[&chaining, IDENTIFIER]), &static_r]),
            message: [&[1, 0, 0, 0], &initiator.index.to_le_bytes()[..]].concat(),
        };
        writer.plain(&ephemeral_i);
        writer.mix::<1>(&ephemeral_i);
        let [_, key] = writer.mix(&x25519(initiator.ephemeral, static_r));
        writer.seal(&key, &static_i);
        let [_, key] = writer.mix(&x25519(initiator.private, static_r));
        writer.seal(&key, &[7; 12]);
        let initiation = writer.finish(&static_r);

        let indexes = [responder.index, initiator.index].map(u32::to_le_bytes);
        writer.message = [&[2, 0, 0, 0], indexes.as_flattened()].concat();
        let ephemeral_r = public(&responder.ephemeral);
        writer.plain(&ephemeral_r);
        writer.mix::<1>(&ephemeral_r);
        writer.mix::<1>(&x25519(responder.ephemeral, ephemeral_i));
        writer.mix::<1>(&x25519(responder.ephemeral, static_i));
        let [_, tau, key] = writer.mix(pre_shared.unwrap_or(&[0; 32]));
        writer.hash = hash(&[&writer.hash, &tau]);
        writer.seal(&key, &[]);
        let response = writer.finish(&static_i);
        let [to_responder, to_initiator] = derived(&writer.chaining, &[]);
        Self {
            initiation,
            response,
            to_responder,
            to_initiator,
            initiator,
            responder,
        }
    }

    /// The datagrams of its handshake.
    pub(super) fn handshake(&self) -> [Vec<u8>; 2] {
        let (i, r) = (self.initiator.end, self.responder.end);
        [
            datagram(i, r, &self.initiation),
            datagram(r, i, &self.response),
        ]
    }

    /// A packet from the initiator, padded.
    pub(super) fn request(&self, counter: u64, packet: &[u8]) -> Vec<u8> {
        let message = transport(&self.to_responder, self.responder.index, counter, packet);
        datagram(self.initiator.end, self.responder.end, &message)
    }

    /// A packet from the responder.
    pub(super) fn reply(&self, counter: u64, packet: &[u8]) -> Vec<u8> {
        let message = transport(&self.to_initiator, self.initiator.index, counter, packet);
        datagram(self.responder.end, self.initiator.end, &message)
    }
}

fn transport(key: &[u8; 32], receiver: u32, counter: u64, packet: &[u8]) -> Vec<u8> {
    let mut padded = packet.to_vec();
    padded.resize(packet.len().next_multiple_of(16), 0);
    let header = [
        &[4, 0, 0, 0],
        &receiver.to_le_bytes()[..],
        &counter.to_le_bytes(),
    ];
    [header.concat(), sealed(key, counter, &[], &padded)].concat()
}

/// An IPv4 packet with a datagram.
pub(super) fn datagram(from: ([u8; 4], u16), to: ([u8; 4], u16), message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + message.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend((20 + length).to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, 17, 0, 0]);
    packet.extend([from.0, to.0].as_flattened());
    let words = packet
        .chunks(2)
        .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
    let sum: u32 = words.sum();
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(from.1.to_be_bytes());
    packet.extend(to.1.to_be_bytes());
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(message);
    packet
}
