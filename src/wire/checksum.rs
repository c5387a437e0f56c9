//! The Internet checksum (RFC 1071) and what can be said of one.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::checksum::u64_16bit_word as words;

use super::bytes::{u8_at, u16_at};
use super::defect::Limit;
use super::ip::{Ip, IpVersion, protocol};

/// What a checksum proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The verdict.
    pub status: ChecksumStatus,
    /// The value the packet carries, where that was captured.
    pub found: Option<u16>,
}

impl Checksum {
    /// None: there is no field for it.
    pub const NONE: Self = Self {
        status: ChecksumStatus::Absent,
        found: None,
    };
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
    /// The snap length, a length field that claims more than the frame holds, or an end of the message
    /// before the checksum.
    Truncated,
    /// The packet is a fragment and was not reassembled.
    Fragment,
    /// The packet is on its way to another destination, which a routing header tells in a way that
    /// is not known here; the checksum covers that one.
    Destination,
    /// A compressed header leaves out the prefix of an address (RFC 6282), and what it stands for
    /// is not known.
    Prefix,
    /// The capture has no IP header, and nothing tells an address.
    Address,
    /// ICMPv6 in an IPv4 packet: it covers IPv6 addresses (RFC 4443 section 2.3), and there are none.
    PseudoHeader,
}

/// The Internet checksum of `parts` laid end to end: what the checksum field must hold if it is
/// zero in them, and 0 if they hold a field that verifies.
pub fn internet(parts: &[&[u8]]) -> u16 {
    let mut total = 0;
    let mut odd = false;
    for part in parts {
        if odd {
            // Behind an odd number of octets every octet stands in the other half of its word: the
            // folded sum is the byte-swapped one (RFC 1071 section 2 B).
            let folded = !words::ones_complement(folded(sum(part)));
            total += u128::from(folded.swap_bytes());
        } else {
            total += sum(part);
        }
        odd ^= part.len() % 2 == 1;
    }
    words::ones_complement(folded(total)).to_be()
}

/// The sum of `octets` in words of 64 bits as they lie in memory, the last filled up with zeros; its
/// carries gather in the upper half. It folds to that in words of 16 (RFC 1071 section 2 C).
fn sum(octets: &[u8]) -> u128 {
    let (words, rest) = octets.as_chunks();
    let (pairs, last) = rest.as_chunks();
    let mut total = 0;
    for word in words {
        total += u128::from(u64::from_ne_bytes(*word));
    }
    for pair in pairs {
        total += u128::from(u16::from_ne_bytes(*pair));
    }
    if let [octet] = last {
        total += u128::from(u16::from_ne_bytes([*octet, 0]));
    }
    total
}

/// With the carries added again.
#[allow(clippy::cast_possible_truncation)] // the halves
fn folded(total: u128) -> u64 {
    let (sum, carried) = (total as u64).overflowing_add((total >> 64) as u64);
    sum + u64::from(carried)
}

/// The checksum at `at` in `covered`, which it covers together with `pseudo`.
///
/// `Absent` if there is no room for the field.
pub fn verify(pseudo: &[u8], covered: &[u8], at: usize) -> Checksum {
    let Some(found) = u16_at(covered, at) else {
        return Checksum::NONE;
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
    Checksum {
        status,
        found: Some(found),
    }
}

/// The checksum of the ICMP (RFC 792) or ICMPv6 (RFC 4443 section 2.3) message that `ip` carries.
///
/// Fragments and what was cut are unverified. Of the two it tells the fragment, which a longer
/// snap length would not mend.
pub fn icmp_checksum(ip: &Ip<'_>) -> Checksum {
    const AT: usize = 2;
    if ip.is_later_fragment() {
        return unverified(Unverified::Fragment, None);
    }
    let found = u16_at(ip.payload, AT);
    if ip.fragment.is_some() {
        return unverified(Unverified::Fragment, found);
    }
    if !ip.is_whole() {
        return unverified(why_cut(ip), found);
    }
    match icmpv6_pseudo_header(ip) {
        None if ip.protocol == protocol::IPV6_ICMP => verify_in_v4(ip, AT),
        None => verify(&[], ip.payload, AT),
        Some(pseudo) => verify_addresses(ip, verify(&pseudo, ip.payload, AT)),
    }
}

/// ICMPv6 in an IPv4 packet: no rule says what its checksum covers, so it is never bad, and good if
/// it is that of the message, with the addresses that there are or without any.
#[cold]
fn verify_in_v4(ip: &Ip<'_>, at: usize) -> Checksum {
    let addresses = pseudo_header(ip, ip.payload_length);
    let alone = verify(&[], ip.payload, at);
    match addresses.map(|pseudo| verify(&pseudo, ip.payload, at).status) {
        _ if !matches!(alone.status, ChecksumStatus::Bad { .. }) => alone,
        Some(ChecksumStatus::Good) => Checksum {
            status: ChecksumStatus::Good,
            ..alone
        },
        _ => unverified(Unverified::PseudoHeader, alone.found),
    }
}

/// Why the payload is not all there.
fn why_cut(ip: &Ip<'_>) -> Unverified {
    match ip.limit {
        Limit::Fragment => Unverified::Fragment,
        _ => Unverified::Truncated,
    }
}

/// The checksum of the TCP (RFC 9293 section 3.1), UDP (RFC 768, RFC 8200 section 8.1), UDP-Lite (RFC
/// 3828 section 3.1), DCCP (RFC 4340 section 9), ICMP, ICMPv6 or VRRP message that `ip` carries; `None`
/// where there is another, or the field is not there.
pub fn upper_checksum(ip: &Ip<'_>) -> Option<Checksum> {
    const LENGTH: usize = 4;
    let at = checksum_at(ip)?;
    let found = u16_at(ip.payload, at)?;
    if matches!(ip.protocol, protocol::ICMP | protocol::IPV6_ICMP) {
        return Some(icmp_checksum(ip));
    }
    if ip.protocol == protocol::UDP && found == 0 {
        return Some(Checksum {
            status: ChecksumStatus::Absent,
            found: Some(found),
        });
    }
    // UDP's own length may leave octets of the packet out, and so does the coverage that UDP-Lite has in
    // its place, or that of DCCP; one that leads nowhere, or 0 (for all; in a jumbogram, RFC 2675 section
    // 4), counts for nothing. Not so that of UDP, which the checksum covers itself.
    let own = match ip.protocol {
        protocol::UDP | protocol::UDP_LITE => u16_at(ip.payload, LENGTH),
        protocol::DCCP => covered_by_dccp(ip.payload),
        _ => None,
    };
    let may_exceed = ip.protocol == protocol::UDP;
    let own = own.filter(|&own| own >= 8 && (may_exceed || u32::from(own) <= ip.payload_length));
    let covered = match own {
        Some(own) => ip.payload.get(..usize::from(own)),
        None => Some(ip.payload).filter(|_| ip.is_whole()),
    };
    let covered = match covered {
        _ if ip.fragment.is_some() => return Some(unverified(Unverified::Fragment, Some(found))),
        Some(covered) => covered,
        None => return Some(unverified(why_cut(ip), Some(found))),
    };
    if ip.protocol == protocol::VRRP
        && let Some(alone) = verify_vrrp_alone(covered, at)
    {
        return Some(alone);
    }
    let length = match ip.protocol {
        protocol::UDP_LITE | protocol::DCCP => ip.payload_length,
        _ => u32::try_from(covered.len()).unwrap_or(u32::MAX),
    };
    verify_with_addresses(ip, length, covered, at)
}

/// Where the message that `ip` carries has the field that [`upper_checksum`] verifies.
pub(crate) fn checksum_at(ip: &Ip<'_>) -> Option<usize> {
    match ip.protocol {
        _ if ip.is_later_fragment() => None,
        protocol::TCP => Some(16),
        protocol::UDP | protocol::UDP_LITE | protocol::DCCP | protocol::VRRP => Some(6),
        protocol::ICMP | protocol::IPV6_ICMP => Some(2),
        _ => None,
    }
}

/// Octets that the checksum of DCCP covers: its header, and words of data less one that its coverage
/// tells; `None` for all (RFC 4340 section 9.2).
fn covered_by_dccp(packet: &[u8]) -> Option<u16> {
    let (header, coverage) = (u8_at(packet, 4)?, u8_at(packet, 5)? & 0x0f);
    let words = coverage.checked_sub(1)?;
    Some((u16::from(header) + u16::from(words)) * 4)
}

/// The checksum of VRRP that covers the message alone, where that is the one that counts: that of
/// version 2 does (RFC 3768 section 5.3.8), that of version 3 covers the addresses too (RFC 5798 section
/// 5.2.8), which not all senders heed, so that either is good.
fn verify_vrrp_alone(message: &[u8], at: usize) -> Option<Checksum> {
    const PSEUDO_HEADER_SINCE: u8 = 3;
    let alone = verify(&[], message, at);
    let counts = u8_at(message, 0)? >> 4 < PSEUDO_HEADER_SINCE;
    (counts || alone.status == ChecksumStatus::Good).then_some(alone)
}

/// The checksum at `at` in `covered`, which it covers together with the addresses of `ip`, its
/// protocol and `length`. `None` where the addresses are of different versions.
pub(super) fn verify_with_addresses(
    ip: &Ip<'_>,
    length: u32,
    covered: &[u8],
    at: usize,
) -> Option<Checksum> {
    let pseudo = pseudo_header(ip, length)?;
    Some(verify_addresses(ip, verify(&pseudo, covered, at)))
}

/// The sum of the pseudo-header of what `ip` carries: all that the field holds where the sender leaves the rest
/// to its network card.
pub fn pseudo_header_sum(ip: &Ip<'_>) -> Option<u16> {
    pseudo_header(ip, ip.payload_length).map(|pseudo| !internet(&[&pseudo]))
}

/// What a checksum of TCP or UDP covers beside them: the zeros behind that of IPv4 (RFC 9293 section
/// 3.1) change no sum. A source route that is not used up puts its last address in the place of the
/// destination in the end (RFC 791 section 3.1, RFC 1122 section 3.2.1.8).
fn pseudo_header(ip: &Ip<'_>, length: u32) -> Option<[u8; 40]> {
    let ends = ip.ends();
    match (ends.src(), ends.dst()) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let mut pseudo = [0; 40];
            pseudo[..4].copy_from_slice(&src.octets());
            pseudo[4..8].copy_from_slice(&dst.octets());
            pseudo[9] = ip.protocol;
            let [_, _, high, low] = length.to_be_bytes();
            pseudo[10..12].copy_from_slice(&[high, low]);
            Some(pseudo)
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => Some(pseudo_header6(src, dst, length, ip.protocol)),
        _ => None,
    }
}

const fn unverified(why: Unverified, found: Option<u16>) -> Checksum {
    Checksum {
        status: ChecksumStatus::Unverified(why),
        found,
    }
}

/// Calls no checksum bad that covers an address nobody tells.
fn verify_addresses(ip: &Ip<'_>, checksum: Checksum) -> Checksum {
    match checksum.status {
        ChecksumStatus::Bad { .. } if !ip.unknown_prefix.is_none() => {
            unverified(Unverified::Prefix, checksum.found)
        }
        ChecksumStatus::Bad { .. } if ip.hides_addresses() != (false, false) => {
            unverified(Unverified::Address, checksum.found)
        }
        ChecksumStatus::Bad { .. } if hides_destination(ip) => {
            unverified(Unverified::Destination, checksum.found)
        }
        _ => checksum,
    }
}

/// The pseudo-header that an ICMPv6 checksum covers beside the message; `None` for IPv4, and for ICMP
/// in IPv6, whose checksum covers the message alone wherever it is (RFC 792).
///
/// The source is that of a Home Address option (RFC 6275 section 11.3.1) and the destination the
/// final one where a routing header has segments left (RFC 8200 section 8.1).
pub fn icmpv6_pseudo_header(ip: &Ip<'_>) -> Option<[u8; 40]> {
    let ends = ip.ends();
    let (IpVersion::V6, IpAddr::V6(src), IpAddr::V6(dst)) = (ip.version, ends.src(), ends.dst())
    else {
        return None;
    };
    match ip.protocol {
        protocol::ICMP => None,
        _ => Some(pseudo_header6(
            src,
            dst,
            ip.payload_length,
            protocol::IPV6_ICMP,
        )),
    }
}

/// RFC 8200 section 8.1.
fn pseudo_header6(src: Ipv6Addr, dst: Ipv6Addr, length: u32, protocol: u8) -> [u8; 40] {
    let mut pseudo = [0; 40];
    pseudo[..16].copy_from_slice(&src.octets());
    pseudo[16..32].copy_from_slice(&dst.octets());
    pseudo[32..36].copy_from_slice(&length.to_be_bytes());
    pseudo[39] = protocol;
    pseudo
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
            found: u16_at(header, AT),
        },
    }
}

#[cfg(test)]
mod tests;
