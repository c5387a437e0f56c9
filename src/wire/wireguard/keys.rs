//! The keys of a key log: lines of `NAME=KEY`, a key being 32 octets in base64. Wireshark defines
//! the format (its `packet-wireguard.c`), Linux's `extract-handshakes.sh` writes it.

use std::collections::{HashMap, VecDeque};

use base64ct::{Base64, Encoding};
use blake2::Blake2sMac;
use blake2::digest::consts::U16;
use blake2::digest::{KeyInit, Mac};
use foldhash::fast::RandomState;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

use super::handshake::hash;
use crate::model::LineFault;
use crate::wire::key_log::{self, KeyLines};

/// A key, of whatever kind. It has no words: what is not to be told cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) [u8; KEY]);

/// Octets of a key.
const KEY: usize = 32;
/// How many ephemeral keys are kept; of more the oldest are given up. One is for a handshake.
const EPHEMERALS: usize = 1 << 16;
/// How many static keys are: one is for a peer. Each is tried on a handshake.
const STATICS: usize = 1 << 12;

/// The keys that are known.
#[derive(Default)]
pub struct Keys {
    /// Private keys by their public ones.
    private: HashMap<Key, Key, RandomState>,
    /// Public static keys, each with the one for the first authentication code of who sends to it.
    statics: Vec<(Key, Key)>,
    /// Public ephemeral keys, oldest first.
    ephemerals: VecDeque<Key>,
    /// Pre-shared keys by the public ephemeral one that they go with.
    shared: HashMap<Key, Key, RandomState>,
    /// Changes with each key.
    generation: u64,
}

/// How far a key log was read; with it the ephemeral key before, to which a pre-shared one belongs.
pub type KeyLog = key_log::KeyLog<Ephemeral>;

/// An ephemeral key, if there is one.
#[derive(Default)]
pub struct Ephemeral(Option<Key>);

/// What a line adds.
enum Line {
    StaticPrivate(Key),
    StaticPublic(Key),
    EphemeralPrivate(Key),
    PreShared(Key),
}

impl Line {
    /// The key of a line; none where it is no more than a heading. Spaces may stand around the name
    /// and the key.
    fn parse(line: &[u8]) -> Result<Option<Self>, LineFault> {
        let Some(at) = line.iter().position(|&octet| octet == b'=') else {
            return Ok(None);
        };
        let (name, key) = line.split_at(at);
        let kind = match name.trim_ascii() {
            b"LOCAL_STATIC_PRIVATE_KEY" => Self::StaticPrivate,
            b"REMOTE_STATIC_PUBLIC_KEY" => Self::StaticPublic,
            b"LOCAL_EPHEMERAL_PRIVATE_KEY" => Self::EphemeralPrivate,
            b"PRESHARED_KEY" => Self::PreShared,
            _ => return Err(LineFault::Name),
        };
        let mut octets = [0; KEY];
        let text = key.get(1..).unwrap_or_default().trim_ascii();
        match Base64::decode(text, &mut octets) {
            Ok(decoded) if decoded.len() == KEY => Ok(Some(kind(Key(octets)))),
            _ => Err(LineFault::Key),
        }
    }
}

impl KeyLines for Keys {
    type Before = Ephemeral;

    fn add_line(&mut self, line: &[u8], before: &mut Ephemeral) -> Result<bool, LineFault> {
        match Line::parse(line)? {
            Some(line) => self.add(&line, &mut before.0).map(|()| true),
            None => Ok(false),
        }
    }

    fn is_key(line: &[u8]) -> bool {
        matches!(Line::parse(line), Ok(Some(_)))
    }
}

impl Keys {
    fn add(&mut self, line: &Line, ephemeral: &mut Option<Key>) -> Result<(), LineFault> {
        match *line {
            Line::StaticPrivate(private) => {
                let public = private.public();
                self.add_static(public)?;
                self.private.insert(public, private);
            }
            Line::StaticPublic(public) => self.add_static(public)?,
            Line::EphemeralPrivate(private) => {
                let public = private.public();
                if self.private.insert(public, private).is_none() {
                    self.ephemerals.push_back(public);
                }
                if self.ephemerals.len() > EPHEMERALS
                    && let Some(oldest) = self.ephemerals.pop_front()
                {
                    self.private.remove(&oldest);
                    self.shared.remove(&oldest);
                }
                *ephemeral = Some(public);
            }
            Line::PreShared(key) => {
                self.shared.insert(ephemeral.ok_or(LineFault::Alone)?, key);
            }
        }
        self.generation += 1;
        Ok(())
    }

    fn add_static(&mut self, public: Key) -> Result<(), LineFault> {
        if self.statics.iter().any(|(known, _)| *known == public) {
            return Ok(());
        }
        if self.statics.len() >= STATICS {
            return Err(LineFault::Full);
        }
        let code = Key(hash(&[b"mac1----", &public.0]));
        self.statics.push((public, code));
        Ok(())
    }

    /// Changes when there are more keys.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// The public static key of whom a message goes to, by its first authentication code
    /// (section 5.4.4).
    pub(super) fn receiver(&self, message: &[u8], code: &[u8]) -> Option<Key> {
        let is_for = |key: &Key| {
            Blake2sMac::<U16>::new_from_slice(&key.0)
                .is_ok_and(|mac| mac.chain_update(message).verify_slice(code).is_ok())
        };
        let found = self.statics.iter().find(|(_, key)| is_for(key))?;
        Some(found.0)
    }

    /// What the holders of two public keys share, if the private one of either is known.
    pub(super) fn agree(&self, one: &Key, other: &Key) -> Option<[u8; 32]> {
        let agreed = |ours: &Key, theirs: &Key| {
            let private = self.private.get(ours)?;
            Some(x25519(private.0, theirs.0))
        };
        agreed(one, other).or_else(|| agreed(other, one))
    }

    /// The pre-shared keys that a handshake may have: those of its ephemeral keys, and none.
    pub(super) fn pre_shared(&self, ephemerals: [&Key; 2]) -> impl Iterator<Item = Key> {
        let known = ephemerals.map(|key| self.shared.get(key).copied());
        (known.into_iter().flatten()).chain([Key([0; 32])])
    }
}

impl Key {
    fn public(&self) -> Self {
        Self(x25519(self.0, X25519_BASEPOINT_BYTES))
    }
}
