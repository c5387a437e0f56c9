//! Requests to all hosts of a network that no link header shows to be such: many links have no
//! addresses, and on the way to a network far away what goes to all of it goes like all else.
//! Answers prove it.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};

use super::Exchanges;
use super::reused::Beside;
use crate::correlate::query::{Query, QueryKey, is_group};
use crate::correlate::sighting::{LEAST_HOST_BITS, Sighting, host_bits};
use crate::correlate::table::Slot;

/// Addresses for all hosts of a network that are known: this many of the last.
const KNOWN: usize = 64;
/// Hardly any host has a host part that is so long and all ones: one answer from another is enough.
/// With a shorter one a host may have answered from another of its addresses, and it takes two.
const CERTAIN_HOST_BITS: u32 = 8;

/// The addresses that are known to be those of all hosts of a network.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    known: VecDeque<Ipv4Addr>,
}

impl Broadcasts {
    /// Whether `addr` is one.
    #[inline]
    pub(super) fn is_one(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(addr) if host_bits(addr) >= LEAST_HOST_BITS => self.known.contains(&addr),
            _ => false,
        }
    }

    /// From now on, `addr` is one.
    pub(super) fn learn(&mut self, addr: IpAddr) {
        if let IpAddr::V4(addr) = addr
            && !self.known.contains(&addr)
        {
            if self.known.len() == KNOWN {
                self.known.pop_front();
            }
            self.known.push_back(addr);
        }
    }
}

/// How long the host part is, if `asked` can be the address for all hosts of a network that `other`
/// is in.
pub(super) fn host_bits_with(asked: IpAddr, other: IpAddr) -> Option<u32> {
    let (IpAddr::V4(asked), IpAddr::V4(other)) = (asked, other) else {
        return None;
    };
    let bits = host_bits(asked);
    let differs = (asked.to_bits() ^ other.to_bits()).checked_shr(bits);
    (bits >= LEAST_HOST_BITS && differs == Some(0)).then_some(bits)
}

impl Exchanges {
    /// The key that a request is kept under.
    pub(super) fn stored(&self, key: QueryKey) -> QueryKey {
        let asked = key.addrs.dst();
        if is_group(asked) || self.broadcasts.is_one(asked) {
            key.to_group()
        } else {
            key
        }
    }

    /// The request at `slot`, if it went to all hosts of a network, which the reply of another than
    /// was asked tells.
    #[cold]
    pub(super) fn answered_by_another(&mut self, slot: Slot, query: &Query<'_>) -> Option<Slot> {
        let key = *self.table.key_at(slot)?;
        let open = self.table.at_mut(slot)?;
        let (asked, from) = (key.addrs.dst(), query.addrs.dst());
        let bits = host_bits_with(asked, from).filter(|_| key.id == query.key.id)?;
        let before = std::mem::replace(&mut open.reply_from, from);
        let is_certain = bits >= CERTAIN_HOST_BITS || before != from && before != asked;
        (is_certain && self.goes_to_all(slot, key)).then_some(slot)
    }

    /// A request to all may have been captured before where that was not seen of it, and be kept as
    /// one to a single host.
    #[cold]
    pub(super) fn asked_all_after_all(&mut self, query: &Query<'_>, seen: &Sighting) {
        let key = query.key;
        if let Some(slot) = self.find(key, self.table.hash(&key), seen.place)
            && self.copied(slot, query, seen).is_some()
            && let Some(&key) = self.table.key_at(slot)
        {
            self.goes_to_all(slot, key);
        }
    }

    /// Anybody may answer the request at `slot` from now on, which is kept under `key`; not where
    /// another has that place.
    pub(super) fn goes_to_all(&mut self, slot: Slot, key: QueryKey) -> bool {
        let group = key.to_group();
        if self.table.find(&group).is_some() {
            return false;
        }
        self.broadcasts.learn(key.addrs.dst());
        self.take_from_beside(slot);
        if let Some(open) = self.table.at_mut(slot) {
            open.beside = Beside::ALONE;
        }
        self.table.rename(slot, group);
        self.multicast += 1;
        true
    }
}
