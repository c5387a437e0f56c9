//! What a field holds several of, one behind the other.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The IPv6 addresses that stand one behind the other in `octets`; fewer than 16 at the end are
/// left out.
pub fn v6_addresses(octets: &[u8]) -> impl ExactSizeIterator<Item = Ipv6Addr> + Clone + '_ {
    let (addresses, _) = octets.as_chunks::<16>();
    addresses.iter().map(|&octets| octets.into())
}

/// The IPv4 addresses that stand one behind the other in `octets`; fewer than 4 at the end are
/// left out.
pub fn v4_addresses(octets: &[u8]) -> impl ExactSizeIterator<Item = Ipv4Addr> + Clone + '_ {
    let (addresses, _) = octets.as_chunks::<4>();
    addresses.iter().map(|&octets| octets.into())
}

/// The numbers of so many octets, at most eight, that stand one behind the other in `octets`.
pub fn numbers(size: u8, octets: &[u8]) -> impl ExactSizeIterator<Item = u64> + Clone + '_ {
    octets
        .chunks_exact(usize::from(size.max(1)))
        .map(super::number)
}

/// The numbers of two octets that stand one behind the other in `octets`, the low so many bits of each
/// behind the point.
pub fn fixed_points(bits: u8, octets: &[u8]) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
    let (numbers, _) = octets.as_chunks::<2>();
    let scale = f64::from(bits).exp2();
    (numbers.iter()).map(move |&number| f64::from(u16::from_be_bytes(number)) / scale)
}

/// The numbers from `first` on, modulo 256, whose bits are set in `octets`, the high one of an octet
/// first.
pub fn sequences(first: u8, octets: &[u8]) -> impl Iterator<Item = u8> + Clone + '_ {
    let bits = (octets.iter()).flat_map(|&octet| (0..8).map(move |i| octet << i & 0x80 != 0));
    bits.zip((0..=u8::MAX).cycle().skip(first.into()))
        .filter_map(|(is_set, number)| is_set.then_some(number))
}

/// The IPv4 addresses in `octets`, each with the number behind it.
pub fn v4_times(octets: &[u8]) -> impl ExactSizeIterator<Item = (Ipv4Addr, u32)> + Clone + '_ {
    let (pairs, _) = octets.as_chunks::<8>();
    pairs.iter().map(|&[a, b, c, d, e, f, g, h]| {
        (Ipv4Addr::new(a, b, c, d), u32::from_be_bytes([e, f, g, h]))
    })
}

/// The strings that stand one behind the other in `octets`, an octet of length before each; one
/// that was cut is given as far as it goes.
pub fn strings(octets: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let (&length, behind) = rest.split_first()?;
        let length = usize::from(length).min(behind.len());
        let (string, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(string)
    })
}
