//! The Internet checksum (RFC 1071) and what can be said of one.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::checksum::u64_16bit_word as words;

use super::bytes::{u8_at, u16_at};
use super::ip::{Ip, IpVersion, protocol};

/// What a checksum proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The verdict.
    pub status: ChecksumStatus,
    /// The value the packet carries.
    pub found: u16,
}

/// The four states of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumStatus {
    /// It verifies.
    Good,
    /// It does not; `expected` is what the octets call for.
    Bad {
        /// The value that would verify.
        expected: u16,
    },
    /// It covers octets that are not there.
    Unverified(Unverified),
    /// The packet carries none.
    Absent,
}

/// Why a checksum could not be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// The snap length, or a length field that claims more than the frame holds.
    Truncated,
    /// The packet is a fragment and was not reassembled.
    Fragment,
    /// The packet is on its way to another destination, which a routing header tells in a way that
    /// is not known here; the checksum covers that one.
    Destination,
}

/// The Internet checksum of `parts` laid end to end: what the checksum field must hold if it is
/// zero in them, and 0 if they hold a field that verifies.
pub fn internet(parts: &[&[u8]]) -> u16 {
    let mut total = 0u64;
    let mut odd = false;
    for part in parts {
        let sum = words::add_slice(0, part);
        // Behind an odd number of octets every octet stands in the other half of its word: the
        // folded sum is the byte-swapped one (RFC 1071 section 2 B).
        let folded = !words::ones_complement(sum);
        total += u64::from(if odd { folded.swap_bytes() } else { folded });
        odd ^= part.len() % 2 == 1;
    }
    words::ones_complement(total).to_be()
}

/// The checksum at `at` in `covered`, which it covers together with `pseudo`.
///
/// `Absent` if there is no room for the field.
pub fn verify(pseudo: &[u8], covered: &[u8], at: usize) -> Checksum {
    let Some(found) = u16_at(covered, at) else {
        return Checksum {
            status: ChecksumStatus::Absent,
            found: 0,
        };
    };
    let status = if internet(&[pseudo, covered]) == 0 {
        ChecksumStatus::Good
    } else {
        let before = covered.get(..at).unwrap_or_default();
        let behind = covered.get(at + 2..).unwrap_or_default();
        ChecksumStatus::Bad {
            expected: internet(&[pseudo, before, &[0, 0], behind]),
        }
    };
    Checksum { status, found }
}

/// The checksum of the ICMP (RFC 792) or ICMPv6 (RFC 4443 section 2.3) message that `ip` carries.
///
/// Fragments and what was cut are unverified. Of the two it tells the fragment, which a longer
/// snap length would not mend.
pub fn icmp_checksum(ip: &Ip<'_>) -> Checksum {
    const AT: usize = 2;
    let unverified = |why, found| Checksum {
        status: ChecksumStatus::Unverified(why),
        found,
    };
    if ip.is_later_fragment() {
        return unverified(Unverified::Fragment, 0);
    }
    let found = u16_at(ip.payload, AT).unwrap_or(0);
    if ip.fragment.is_some() {
        return unverified(Unverified::Fragment, found);
    }
    if !ip.is_whole() {
        return unverified(Unverified::Truncated, found);
    }
    match icmpv6_pseudo_header(ip) {
        None => verify(&[], ip.payload, AT),
        Some(pseudo) => match verify(&pseudo, ip.payload, AT) {
            Checksum {
                status: ChecksumStatus::Bad { .. },
                found,
            } if hides_destination(ip) => unverified(Unverified::Destination, found),
            checksum => checksum,
        },
    }
}

/// The pseudo-header that an ICMPv6 checksum covers beside the message; `None` for IPv4.
///
/// The source is that of a Home Address option (RFC 6275 section 11.3.1) and the destination the
/// final one where a routing header has segments left (RFC 8200 section 8.1).
pub fn icmpv6_pseudo_header(ip: &Ip<'_>) -> Option<[u8; 40]> {
    let (IpVersion::V6, IpAddr::V6(src), IpAddr::V6(dst)) =
        (ip.version, ip.addrs.src(), ip.addrs.dst())
    else {
        return None;
    };
    let src: Ipv6Addr = ip.home_address.unwrap_or(src);
    let dst: Ipv6Addr = ip.final_destination.unwrap_or(dst);
    let mut pseudo = [0; 40];
    pseudo[..16].copy_from_slice(&src.octets());
    pseudo[16..32].copy_from_slice(&dst.octets());
    pseudo[32..36].copy_from_slice(&ip.payload_length.to_be_bytes());
    pseudo[39] = protocol::IPV6_ICMP;
    Some(pseudo)
}

/// Whether a routing header has segments left and does not tell the final destination.
fn hides_destination(ip: &Ip<'_>) -> bool {
    ip.final_destination.is_none()
        && ip.extension_headers().any(|header| {
            header.routing_type().is_some() && u8_at(header.bytes, 3).is_some_and(|left| left > 0)
        })
}

/// The checksum of an IPv4 header, options included; `header` may go on behind it.
pub(super) fn ipv4_header(header: &[u8]) -> Checksum {
    const AT: usize = 10;
    let length = header.first().map_or(0, |b| usize::from(b & 0x0f) * 4);
    match header.get(..length) {
        Some(whole) => verify(&[], whole, AT),
        None => Checksum {
            status: ChecksumStatus::Unverified(Unverified::Truncated),
            found: u16_at(header, AT).unwrap_or(0),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Word by word, as RFC 1071 section 4.1 spells it out.
    fn reference(bytes: &[u8]) -> u16 {
        let mut sum = 0u64;
        for pair in bytes.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
        }
        while sum >> 16 != 0 {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !u16::try_from(sum).unwrap()
    }

    #[test]
    fn parts_of_any_length_sum_up_like_the_whole() {
        let bytes: Vec<u8> = (0..=255u8).map(|i| i.wrapping_mul(167)).collect();
        for end in 0..bytes.len() {
            assert_eq!(internet(&[&bytes[..end]]), reference(&bytes[..end]));
        }
        for a in 0..20 {
            for b in a..40 {
                let parts = [&bytes[..a], &bytes[a..b], &bytes[b..]];
                assert_eq!(internet(&parts), reference(&bytes), "cut at {a} and {b}");
            }
        }
        let ones = vec![0xff; 0xffff];
        assert_eq!(internet(&[&ones]), reference(&ones));
    }

    #[test]
    fn a_bad_checksum_tells_the_right_one() {
        let mut message = [8, 0, 0, 0, 0, 0x13, 0, 1, 0xab];
        let right = internet(&[&message]);
        for found in 0..=u16::MAX {
            message[2..4].copy_from_slice(&found.to_be_bytes());
            let expected = if found == right {
                ChecksumStatus::Good
            } else {
                ChecksumStatus::Bad { expected: right }
            };
            assert_eq!(
                verify(&[], &message, 2),
                Checksum {
                    status: expected,
                    found
                }
            );
        }
    }

    #[test]
    fn no_room_for_the_field_means_there_is_none() {
        for length in 0..4 {
            assert_eq!(
                verify(&[], &[8; 3][..length.min(3)], 2).status,
                ChecksumStatus::Absent
            );
        }
    }

    /// RFC 8200 section 8.1: the checksum covers the final destination, which only the types of
    /// routing header known here tell.
    #[test]
    fn a_destination_that_is_not_told_leaves_the_checksum_unverified() {
        let status = |left: u8, sum: [u8; 2]| {
            let mut packet = vec![0x60, 0, 0, 0, 0, 16, protocol::ROUTE, 64];
            packet.extend([[0x20; 16], [0x21; 16]].as_flattened());
            packet.extend([protocol::IPV6_ICMP, 0, 99, left, 0, 0, 0, 0]);
            packet.extend([128, 0, sum[0], sum[1], 0, 7, 0, 9]);
            let ip = Ip::parse(&packet, crate::wire::Limit::Frame).unwrap();
            icmp_checksum(&ip).status
        };
        let ChecksumStatus::Bad { expected } = status(0, [0; 2]) else {
            panic!();
        };
        assert_eq!(
            status(1, [0; 2]),
            ChecksumStatus::Unverified(Unverified::Destination)
        );
        for left in [0, 1] {
            assert_eq!(status(left, expected.to_be_bytes()), ChecksumStatus::Good);
        }
    }
}
