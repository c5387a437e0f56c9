//! Path MTU where a router does not tell it.

/// The MTUs of links that were common, largest first (RFC 1191 section 7.1).
pub const PLATEAUS: [u32; 11] = [
    65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68,
];

/// The MTU to try next, in octets, after a packet of `length` octets drew "fragmentation needed"
/// with an MTU of 0: an estimate, the largest plateau below `length` (RFC 1191 section 7).
///
/// `length` is the total length in the quoted IP header. Old stacks quote it with the header's
/// length added once more, so that the same packet is complained of twice (RFC 1191 section 5).
pub fn estimate(length: u32) -> u32 {
    let below = PLATEAUS.iter().find(|&&plateau| plateau < length);
    below.copied().unwrap_or(68)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_the_next_plateau_below() {
        for (length, mtu) in [
            (70_000, 65535),
            (65535, 32000),
            (1500, 1492),
            (1492, 1006),
            (1493, 1492),
            (69, 68),
            (68, 68),
            (0, 68),
        ] {
            assert_eq!(estimate(length), mtu, "{length}");
        }
    }
}
