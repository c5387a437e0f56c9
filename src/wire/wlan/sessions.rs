//! What was seen of handshakes, and the keys that they led to.

use std::collections::VecDeque;

use super::cipher::{Sealed, Temporal};
use super::derive::Suite;
use super::eapol::{KeyFrame, Nonce, Step};
use super::keys::Keys;
use crate::model::LinkCipher;
use crate::wire::Locked;

/// An address of a station.
pub(super) type Mac = [u8; 6];

/// Pairs of stations, groups and networks that are kept, each.
const MOST: usize = 1 << 12;
/// Keys of each: those before are in use for a while when new ones come.
const RECENT: usize = 4;
/// Group keys of each: two identifiers, and those before.
const RECENT_OF_GROUP: usize = 8;

/// Those of a capture.
#[derive(Default)]
pub(super) struct Sessions {
    pairs: Recent<[Mac; 2], Pair>,
    groups: Recent<Mac, VecDeque<(u8, Temporal)>>,
    /// Names of networks by their access points.
    names: Recent<Mac, Vec<u8>>,
}

/// The latest ones of many.
struct Recent<K, V> {
    latest: hashbrown::HashMap<K, V, foldhash::fast::RandomState>,
    /// Oldest first.
    order: VecDeque<K>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            latest: hashbrown::HashMap::default(),
            order: VecDeque::new(),
        }
    }
}

impl<K: Copy + Eq + std::hash::Hash, V: Default> Recent<K, V> {
    fn get(&mut self, key: K) -> &mut V {
        if !self.latest.contains_key(&key) {
            if self.order.len() >= MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.latest.remove(&oldest);
            }
            self.order.push_back(key);
        }
        self.latest.entry(key).or_default()
    }

    fn known(&mut self, key: &K) -> Option<&mut V> {
        self.latest.get_mut(key)
    }
}

/// Two stations, of which one authenticates the other.
#[derive(Default)]
struct Pair {
    /// The nonces that the authenticator sent last, the latest first.
    authenticator: [Option<Nonce>; 2],
    supplicant: Option<Nonce>,
    /// The keys of the latest handshake that are not for packets.
    confirmed: Option<Confirmed>,
    /// Those for packets, latest first.
    temporal: VecDeque<Temporal>,
}

/// What the keys of a handshake do beside encrypting packets.
struct Confirmed {
    suite: Suite,
    confirmation: Vec<u8>,
    encryption: Vec<u8>,
}

fn pair(one: Mac, other: Mac) -> [Mac; 2] {
    if one < other {
        [one, other]
    } else {
        [other, one]
    }
}

impl Sessions {
    /// Learns the name of a network.
    pub(super) fn name(&mut self, access_point: Mac, name: &[u8]) {
        let known = self.names.get(access_point);
        if known != name {
            name.clone_into(known);
        }
    }

    /// Takes a message of a handshake.
    pub(super) fn message(&mut self, from: Mac, to: Mac, message: KeyFrame<'_>, keys: &mut Keys) {
        let ends = pair(from, to);
        let pair = self.pairs.get(ends);
        let nonce = message.nonce();
        let authenticator = match message.step() {
            Step::Authenticator => {
                if pair.authenticator[0] != nonce {
                    pair.authenticator = [nonce, pair.authenticator[0]];
                }
                from
            }
            Step::Supplicant => {
                pair.supplicant = nonce;
                to
            }
            Step::Group => from,
            Step::Other => return,
        };
        if !message.has_code() {
            return;
        }
        if !pair.confirms(message) {
            let name = self.names.known(&authenticator).map(|name| &**name);
            pair.derive(ends, message, keys.masters(name));
        }
        if authenticator == from
            && let Some(confirmed) = pair.confirmed.as_ref()
            && message.verifies(confirmed.suite, &confirmed.confirmation)
        {
            for found in message.group_keys(confirmed.suite, &confirmed.encryption) {
                let group = self.groups.get(from);
                let key = Temporal::given(&found.key);
                if group
                    .iter()
                    .any(|(id, known)| *id == found.id && *known == key)
                {
                    continue;
                }
                group.truncate(RECENT_OF_GROUP - 1);
                group.push_front((found.id, key));
            }
        }
    }

    /// Opens a frame with a key of the handshakes before: by which cipher.
    ///
    /// # Errors
    ///
    /// Why there is no key that does.
    pub(super) fn open(
        &mut self,
        from: Mac,
        to: Mac,
        sealed: &Sealed<'_>,
        packet: &mut Vec<u8>,
    ) -> Result<LinkCipher, Locked> {
        if is_group(to) {
            let group = self.groups.known(&from).ok_or(Locked::NoHandshake)?;
            let id = sealed.key_id();
            let is_apt = |of: u8| Some(of) == id;
            let is_known = group.iter().any(|(of, _)| is_apt(*of));
            // A key of another number may be the same.
            for apt in [true, false] {
                let mut keys = group.iter_mut().filter(|(of, _)| is_apt(*of) == apt);
                if let Some(cipher) = keys.find_map(|(_, key)| key.open(sealed, packet)) {
                    return Ok(cipher);
                }
            }
            return Err(if is_known {
                Locked::NotAuthentic
            } else {
                Locked::NoHandshake
            });
        }
        let pair = (self.pairs.known(&pair(from, to))).ok_or(Locked::NoHandshake)?;
        if pair.temporal.is_empty() {
            let both = pair.authenticator[0].is_some() && pair.supplicant.is_some();
            return Err(if both {
                Locked::NoKey
            } else {
                Locked::NoHandshake
            });
        }
        (pair.temporal.iter_mut())
            .find_map(|key| key.open(sealed, packet))
            .ok_or(Locked::NotAuthentic)
    }
}

/// Whether more than one station is meant.
pub(super) const fn is_group(address: Mac) -> bool {
    address[0] & 1 != 0
}

impl Pair {
    /// Whether the keys of the latest handshake made the message's code.
    fn confirms(&self, message: KeyFrame<'_>) -> bool {
        (self.confirmed.as_ref())
            .is_some_and(|known| message.verifies(known.suite, &known.confirmation))
    }

    /// Finds the master key that leads to the message's code, and with it the keys.
    fn derive(&mut self, ends: [Mac; 2], message: KeyFrame<'_>, masters: &[super::keys::Master]) {
        let Some(supplicant) = self.supplicant else {
            return;
        };
        for authenticator in self.authenticator.into_iter().flatten() {
            let context = context(ends, authenticator, supplicant);
            for master in masters {
                for &suite in Suite::of_version(message.version()) {
                    for &length in suite.temporal() {
                        let (confirmation, encryption) = suite.keys();
                        let temporal = confirmation + encryption;
                        let made = suite.expand(master.octets(), &context, temporal + length);
                        let part = |from, to| made.get(from..to).unwrap_or_default();
                        if !message.verifies(suite, part(0, confirmation)) {
                            continue;
                        }
                        self.confirmed = Some(Confirmed {
                            suite,
                            confirmation: part(0, confirmation).to_vec(),
                            encryption: part(confirmation, temporal).to_vec(),
                        });
                        let key = part(temporal, made.len());
                        let key = match suite {
                            Suite::Md5 | Suite::Sha1 => Temporal::derived(key),
                            _ => Temporal::given(key),
                        };
                        self.temporal.truncate(RECENT - 1);
                        self.temporal.push_front(key);
                        return;
                    }
                }
            }
        }
    }
}

/// What the keys of a pair depend on beside the master key (section 12.7.1.3): addresses and nonces,
/// the lesser first.
fn context(ends: [Mac; 2], one: Nonce, other: Nonce) -> [u8; 76] {
    let nonces = if one < other {
        [one, other]
    } else {
        [other, one]
    };
    let mut context = [0; 76];
    let octets = ends.as_flattened().iter().chain(nonces.as_flattened());
    for (place, octet) in context.iter_mut().zip(octets) {
        *place = *octet;
    }
    context
}
