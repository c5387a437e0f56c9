//! The sessions whose handshakes were seen, by what either end calls them.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use foldhash::fast::RandomState;

use super::handshake::SessionKeys;
use super::keys::Keys;
use super::message::{Initiation, Response, receiver_of_response, sender};
use crate::wire::Locked;
use crate::wire::ip::Ip;
use crate::wire::tunnel::outer_ports;

/// How many are kept; of more the oldest are given up. One lives for three minutes at most
/// (section 6.2), and takes up to 640 octets.
pub(super) const SESSIONS: usize = 1 << 14;
/// How many are kept of one name: ends choose them at random.
const NAMESAKES: usize = 8;

/// See the module.
#[derive(Default)]
pub(super) struct Sessions {
    /// Oldest first.
    pub(super) kept: VecDeque<Session>,
    /// The number of the first of them.
    first: u64,
    /// Their numbers by the names that the ends gave them.
    pub(super) named: HashMap<u32, Named, RandomState>,
}

/// From an initiation on.
pub(super) struct Session {
    initiation: Initiation,
    response: Option<Response>,
    initiator: SocketAddr,
    responder: SocketAddr,
    keys: Option<SessionKeys>,
    /// The keys of which generation did not lead to those of the session.
    tried: Option<u64>,
}

impl Sessions {
    /// Takes an initiation.
    pub(super) fn begin(&mut self, message: &Initiation, ip: &Ip<'_>) {
        let Some((initiator, responder)) = ends(ip) else {
            return;
        };
        if self.kept.len() >= SESSIONS
            && let Some(oldest) = self.kept.pop_front()
        {
            let number = self.first;
            self.first += 1;
            for name in oldest.names() {
                self.forget(name, number);
            }
        }
        let number = self.first + self.kept.len() as u64;
        self.name(sender(message), number);
        self.kept.push_back(Session {
            initiation: *message,
            response: None,
            initiator,
            responder,
            keys: None,
            tried: None,
        });
    }

    /// Takes a response, to the last initiation of that name which it may answer. One that `keys`
    /// tell to be the right one stays.
    pub(super) fn respond(&mut self, message: &Response, ip: &Ip<'_>, keys: &Keys) {
        let Some((from, to)) = ends(ip) else {
            return;
        };
        let receiver = receiver_of_response(message);
        let named = self.named.get(&receiver).copied().unwrap_or_default();
        let is_answered = |number: &u64| {
            self.get(*number).is_some_and(|session| {
                sender(&session.initiation) == receiver
                    && (session.keys.is_none() || session.response.as_ref() == Some(message))
            })
        };
        let is_between = |number: &u64| {
            self.get(*number)
                .is_some_and(|session| session.initiator == to && session.responder == from)
        };
        let found = named.latest_first().filter(is_answered).find(is_between);
        // On the other side of a NAT the ends are others.
        let found = found.or_else(|| named.latest_first().find(is_answered));
        let Some((number, session)) = found.and_then(|at| Some((at, self.get_mut(at)?))) else {
            return;
        };
        if session.response.as_ref() == Some(message) {
            return;
        }
        let before = session.response.replace(*message);
        session.tried = None;
        session.derive(keys);
        if let Some(before) = before.map(|sent| sender(&sent))
            && before != receiver
        {
            self.forget(before, number);
        }
        self.name(sender(message), number);
    }

    /// Tries keys that may have encrypted a packet to who calls its session `receiver`, the most
    /// likely first, until one opens it.
    ///
    /// # Errors
    ///
    /// Why none does.
    pub(super) fn open(
        &mut self,
        receiver: u32,
        ip: &Ip<'_>,
        keys: &Keys,
        mut opens: impl FnMut(&[u8; 32]) -> bool,
    ) -> Result<(), Locked> {
        let to = ends(ip).map(|(_, to)| to);
        let named = self.named.get(&receiver).copied().unwrap_or_default();
        let mut why = Locked::NoHandshake;
        // Ends may move to other addresses (section 2.1): who is where comes first, and decides
        // nothing.
        for is_there in [true, false] {
            for number in named.latest_first() {
                let Some(session) = self.get_mut(number) else {
                    continue;
                };
                let Some(response) = &session.response else {
                    continue;
                };
                let ways = [
                    (sender(&session.initiation), session.initiator),
                    (sender(response), session.responder),
                ];
                session.derive(keys);
                let Some(found) = session.keys else {
                    why = why.max(Locked::NoKey);
                    continue;
                };
                let ways = ways.iter().zip([found.to_initiator, found.to_responder]);
                let is_way =
                    |(name, end): &(u32, _)| *name == receiver && (to == Some(*end)) == is_there;
                for (_, key) in ways.filter(|(way, _)| is_way(way)) {
                    if opens(&key) {
                        return Ok(());
                    }
                    why = Locked::NotAuthentic;
                }
            }
        }
        Err(why)
    }

    fn get(&self, number: u64) -> Option<&Session> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.kept.get(at)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Session> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.kept.get_mut(at)
    }

    fn name(&mut self, name: u32, number: u64) {
        self.named.entry(name).or_default().add(number);
    }

    fn forget(&mut self, name: u32, number: u64) {
        if let Some(named) = self.named.get_mut(&name) {
            named.remove(number);
            if named.numbers().is_empty() {
                self.named.remove(&name);
            }
        }
    }
}

/// The last sessions of one name, by number.
#[derive(Clone, Copy, Default)]
pub(super) struct Named {
    numbers: [u64; NAMESAKES],
    len: usize,
}

impl Named {
    fn numbers(&self) -> &[u64] {
        self.numbers.get(..self.len).unwrap_or_default()
    }

    fn latest_first(&self) -> impl Iterator<Item = u64> {
        self.numbers().iter().rev().copied()
    }

    fn add(&mut self, number: u64) {
        if self.numbers().contains(&number) {
            return;
        }
        if self.len == NAMESAKES {
            self.numbers.rotate_left(1);
            self.len -= 1;
        }
        if let Some(place) = self.numbers.get_mut(self.len) {
            *place = number;
            self.len += 1;
        }
    }

    fn remove(&mut self, number: u64) {
        if let Some(at) = self.numbers().iter().position(|known| *known == number) {
            if let Some(behind) = self.numbers.get_mut(at..self.len) {
                behind.rotate_left(1);
            }
            self.len -= 1;
        }
    }
}

impl Session {
    /// What the ends call it.
    fn names(&self) -> impl Iterator<Item = u32> {
        let response = self.response.as_ref().map(|sent| sender(sent));
        [sender(&self.initiation)].into_iter().chain(response)
    }

    /// Gets at the keys, once the handshake is whole, and as often as there are other keys to try.
    fn derive(&mut self, keys: &Keys) {
        if let Some(response) = &self.response
            && self.keys.is_none()
            && self.tried != Some(keys.generation())
        {
            self.tried = Some(keys.generation());
            self.keys = SessionKeys::derive(keys, &self.initiation, response);
        }
    }
}

/// Sender and receiver of a datagram.
fn ends(ip: &Ip<'_>) -> Option<(SocketAddr, SocketAddr)> {
    let (src, dst) = outer_ports(ip)?;
    Some((
        SocketAddr::new(ip.src(), src),
        SocketAddr::new(ip.dst(), dst),
    ))
}
