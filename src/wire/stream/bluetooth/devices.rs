//! Which devices a link has at its ends, as their host was told, or they told each other: IPv6 addresses
//! may be left out that theirs tell (RFC 7668 section 3.2.2).

use super::super::Point;
use super::super::followed::Followed;
use super::{Connection, Direction, Place};
use crate::wire::bytes::{array_at, tail, u8_at};

/// An address as people write it: the first octet first.
pub(super) type Address = [u8; 6];

/// The devices at the ends of links.
#[derive(Debug, Default)]
pub(super) struct Devices {
    own: Followed<(Point, u16), Own>,
    links: Followed<Place, Ends>,
}

/// The addresses of a controller.
#[derive(Clone, Copy, Debug, Default)]
struct Own {
    public: Option<Address>,
    random: Option<Address>,
    /// Which of them the host asked it to take.
    uses_random: Option<bool>,
}

impl Own {
    fn address(self) -> Option<Address> {
        match self.uses_random {
            Some(true) => self.random,
            Some(false) => self.public,
            None => self.public.filter(|_| self.random.is_none()),
        }
    }
}

/// Who sends what goes out, and who what comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) out: Option<Address>,
    pub(super) back: Option<Address>,
}

impl Ends {
    /// Sender and receiver of what goes this way.
    pub(super) fn of(self, direction: Option<Direction>) -> [Option<Address>; 2] {
        match direction {
            Some(Direction::Out) => [self.out, self.back],
            Some(Direction::In) => [self.back, self.out],
            None => [None, None],
        }
    }
}

/// The address at `at`, which is sent the last octet first.
fn address_at(octets: &[u8], at: usize) -> Option<Address> {
    array_at(octets, at).map(turned)
}

fn turned(mut address: Address) -> Address {
    address.reverse();
    address
}

impl Devices {
    /// A controller has this address.
    pub(super) fn is_own(&mut self, controller: (Point, u16), sent: [u8; 6]) {
        self.change(controller, |own| own.public = Some(turned(sent)));
    }

    fn change(&mut self, controller: (Point, u16), change: impl FnOnce(&mut Own)) {
        let mut own = self.own.get(&controller).unwrap_or_default();
        change(&mut own);
        self.own.set(controller, own);
    }

    /// What the host asks for (Core 5.3, volume 4 part E section 7.8).
    pub(super) fn command(&mut self, controller: (Point, u16), octets: &[u8]) {
        const SET_RANDOM_ADDRESS: u16 = 0x2005;
        /// Each with where it tells the kind of the own address.
        const CONNECTING: [(u16, usize); 4] =
            [(0x2006, 5), (0x200d, 12), (0x2036, 10), (0x2043, 1)];
        let Some(code) = array_at(octets, 0).map(u16::from_le_bytes) else {
            return;
        };
        let parameters = tail(octets, 3);
        if code == SET_RANDOM_ADDRESS {
            let address = address_at(parameters, 0);
            self.change(controller, |own| own.random = address);
        }
        let kind_at = CONNECTING.into_iter().find(|(known, _)| *known == code);
        if let Some(kind) = kind_at.and_then(|(_, at)| u8_at(parameters, at)) {
            self.change(controller, |own| own.uses_random = Some(kind & 1 != 0));
        }
    }

    /// What the controller tells (section 7.7).
    pub(super) fn event(&mut self, controller: (Point, u16), octets: &[u8]) {
        const COMPLETE: u8 = 0x0e;
        const LOW_ENERGY: u8 = 0x3e;
        const READ_ADDRESS: [u8; 3] = [0x09, 0x10, 0];
        const CONNECTED: u8 = 0x01;
        const CONNECTED_ENHANCED: [u8; 2] = [0x0a, 0x29];
        const HANDLE: u16 = 0x0fff;
        let parameters = tail(octets, 2);
        match (u8_at(octets, 0), u8_at(parameters, 0)) {
            (Some(COMPLETE), _) if array_at(parameters, 1) == Some(READ_ADDRESS) => {
                if let Some(sent) = array_at(parameters, 4) {
                    self.is_own(controller, sent);
                }
            }
            (Some(LOW_ENERGY), Some(kind))
                if kind == CONNECTED || CONNECTED_ENHANCED.contains(&kind) =>
            {
                let Some([0, low, high]) = array_at(parameters, 1) else {
                    return;
                };
                let handle = u16::from_le_bytes([low, high]) & HANDLE;
                let own = self.own.get(&controller).and_then(Own::address);
                let is_enhanced = kind != CONNECTED;
                // Private addresses, if any were taken, stand behind.
                let private = |at: usize| {
                    address_at(parameters, at).filter(|address| is_enhanced && *address != [0; 6])
                };
                let ends = Ends {
                    out: private(12).or(own),
                    back: private(18).or(address_at(parameters, 6)),
                };
                let (point, controller) = controller;
                let connection = Connection::Handle(controller, handle);
                self.links.set(Place { point, connection }, ends);
            }
            _ => {}
        }
    }

    /// What a device sends that connects to another (volume 6 part B section 2.3.3.1): the addresses of
    /// both, and that of their link.
    pub(super) fn connect(&mut self, point: Point, octets: &[u8]) {
        let (Some(out), Some(back), Some(access)) = (
            address_at(octets, 0),
            address_at(octets, 6),
            array_at(octets, 12),
        ) else {
            return;
        };
        let connection = Connection::AccessAddress(access);
        let ends = Ends {
            out: Some(out),
            back: Some(back),
        };
        self.links.set(Place { point, connection }, ends);
    }

    /// The devices at the ends of a link, as far as they are known.
    pub(super) fn ends(&self, place: &Place) -> Ends {
        self.links.get(place).unwrap_or_default()
    }
}
