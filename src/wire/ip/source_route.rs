//! The addresses of an RPL source route (RFC 6554 section 3), which leave out the octets they have
//! in common with the packet's destination.

use std::net::Ipv6Addr;

use crate::wire::bytes::{tail, u8_at};

/// Octets of a routing header before its addresses.
pub const FIRST_ADDRESS: u16 = 8;

/// How the addresses are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRoute {
    destination: Ipv6Addr,
    /// Octets that all addresses but the last leave out; at most 15.
    common: u8,
    /// Octets that the last one leaves out; at most 15.
    common_of_last: u8,
    /// How many there are before the last.
    before_last: u16,
}

impl SourceRoute {
    /// Of a routing header in a packet to `destination`; `None` where its lengths contradict each
    /// other.
    pub fn of(header: &[u8], destination: Ipv6Addr) -> Option<Self> {
        let octets = u8_at(header, 4)?;
        let (common, common_of_last) = (octets >> 4, octets & 0x0f);
        let padding = u16::from(u8_at(header, 5)? >> 4);
        let length = u16::from(u8_at(header, 1)?) * 8;
        let last = 16 - u16::from(common_of_last);
        let before_last = length.checked_sub(padding)?.checked_sub(last)?;
        Some(Self {
            destination,
            common,
            common_of_last,
            before_last: before_last / (16 - u16::from(common)),
        })
    }

    /// Of as many addresses as there are in `octets`, each without `common` octets, which are those of
    /// `other` (RFC 6997 section 7).
    pub(crate) fn beside(other: Ipv6Addr, common: u8, octets: &[u8]) -> Self {
        let count = octets.len() / 16_usize.saturating_sub(common.into()).max(1);
        Self {
            destination: other,
            common,
            common_of_last: common,
            before_last: u16::try_from(count).unwrap_or(u16::MAX).saturating_sub(1),
        }
    }

    /// How many addresses there are.
    pub(super) fn count(self) -> usize {
        usize::from(self.before_last) + 1
    }

    /// Where the packet is to go in the end.
    pub(super) fn last(self, octets: &[u8]) -> Option<Ipv6Addr> {
        self.addresses(octets).nth(usize::from(self.before_last))
    }

    /// Octets of those addresses that are all there.
    pub(crate) fn complete(self, octets: &[u8]) -> usize {
        let (own, of_last) = (
            16 - usize::from(self.common),
            16 - usize::from(self.common_of_last),
        );
        let before_last = usize::from(self.before_last);
        match self.addresses(octets).count() {
            count if count > before_last => before_last * own + of_last,
            count => count * own,
        }
    }

    /// The addresses in full, in their order; `octets` are those behind the header's first eight.
    pub fn addresses(self, octets: &[u8]) -> impl Iterator<Item = Ipv6Addr> + Clone + '_ {
        let mut rest = octets;
        (0..=self.before_last).map_while(move |i| {
            let common = if i == self.before_last {
                self.common_of_last
            } else {
                self.common
            };
            let mut address = self.destination.octets();
            let own = address.get_mut(usize::from(common)..)?;
            own.copy_from_slice(rest.get(..own.len())?);
            rest = tail(rest, 16 - usize::from(common));
            Some(address.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(header: &[u8]) -> Vec<String> {
        let route = SourceRoute::of(header, "fd00::1:2:3".parse().unwrap());
        let addresses = route
            .into_iter()
            .flat_map(|route| route.addresses(tail(header, 8)));
        addresses.map(|address| address.to_string()).collect()
    }

    #[test]
    fn addresses_in_full() {
        // Two addresses of two octets, a last one of eight; four octets of padding.
        let mut header = vec![58, 2, 3, 2, 0xe8, 0x40, 0, 0, 0, 4, 0, 5];
        header.extend([0, 0, 0, 9, 0, 1, 0, 6, 0, 0, 0, 0]);
        let all = ["fd00::1:2:4", "fd00::1:2:5", "fd00::9:1:6"];
        assert_eq!(addresses(&header), all);
        for length in 0..header.len() {
            let some = addresses(&header[..length]);
            assert_eq!(some, all[..some.len()], "{length}");
        }
    }

    #[test]
    fn no_header_panics() {
        for words in [0, 1, 255] {
            for common in 0..=u8::MAX {
                for padding in [0x00, 0xf0] {
                    let header = [&[58, words, 3, 1, common, padding, 0, 0], &[7; 40][..]].concat();
                    assert!(addresses(&header).len() <= 40);
                }
            }
        }
    }
}
