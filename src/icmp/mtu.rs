//! Path MTU where a router does not tell it.

use super::{Body, ErrorClass, Message};
use crate::wire::IpVersion;

/// The MTUs of links that were common, largest first (RFC 1191 section 7.1).
pub const PLATEAUS: [u32; 11] = [
    65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68,
];

/// The smaller of two MTUs that routers told of the same; 0 tells none.
pub fn smaller(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(0), Some(mtu)) | (Some(mtu), Some(0)) => Some(mtu),
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The MTU to try next, in octets, after a packet of `length` octets drew "fragmentation needed"
/// with an MTU of 0: an estimate, the largest plateau below `length` (RFC 1191 section 7).
///
/// `length` is the total length in the quoted IP header. Old stacks quote it with the header's
/// length added once more, so that the same packet is complained of twice (RFC 1191 section 5).
pub fn estimate(length: u32) -> u32 {
    let below = PLATEAUS.iter().find(|&&plateau| plateau < length);
    below.copied().unwrap_or(68)
}

/// The same for an error that tells an MTU of 0 and quotes a packet of IPv4. IPv6 has no such table:
/// nothing is below its least MTU, and routers always told theirs (RFC 8201 section 4).
pub fn untold(message: &Message<'_>) -> Option<u32> {
    let Body::Error(error) = &message.body else {
        return None;
    };
    let quote = error.quote.as_ref()?;
    let is_untold =
        message.version == IpVersion::V4 && error.class == (ErrorClass::TooBig { mtu: Some(0) });
    is_untold.then(|| estimate(quote.ip.length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mtu_of_0_is_none() {
        assert_eq!(smaller(Some(0), Some(600)), Some(600));
        assert_eq!(smaller(Some(600), Some(0)), Some(600));
        assert_eq!(smaller(Some(1400), Some(600)), Some(600));
        assert_eq!(smaller(Some(0), None), Some(0));
    }

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
