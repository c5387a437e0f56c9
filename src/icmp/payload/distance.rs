//! How far a packet has come, by the TTL that it came with.

use crate::icmp::Direction;

/// The TTL or hop limit a packet probably started with: the smallest common one not below what was
/// observed.
pub const fn initial_ttl(observed: u8) -> u8 {
    match observed {
        0..=32 => 32,
        33..=64 => 64,
        65..=128 => 128,
        _ => 255,
    }
}

/// Under this a reply's TTL is not worn down by so many routers: its sender began with less.
const WORN: u8 = 16;

/// Up to this a request's TTL was rather set by a traceroute, which goes up to 30 by default.
const TRACED: u8 = 32;

/// How far an echo has come, if its TTL lets one guess: the initial TTL, and about how many routers
/// it has passed.
pub fn distance(direction: Direction, observed: u8) -> Option<(u8, u8)> {
    let tells = match direction {
        Direction::Request => observed > TRACED,
        Direction::Reply => observed >= WORN,
    };
    tells.then(|| (initial_ttl(observed), hops(observed)))
}

/// About how many routers a packet has passed, by [`initial_ttl`].
pub const fn hops(observed: u8) -> u8 {
    initial_ttl(observed) - observed
}
