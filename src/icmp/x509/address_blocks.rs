//! Address blocks (RFC 3779 section 2.2.3): which addresses the holder of a certificate may use.

use std::net::{Ipv4Addr, Ipv6Addr};

use x509_cert::der::asn1::BitStringRef;
use x509_cert::der::{Decode, Tag, Tagged, asn1::AnyRef};

use super::told::is_null;
use super::{content, values};

/// Address family numbers (IANA).
const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// `2001:db8::/32`, `192.0.2.0-192.0.2.9`, `ipv6 inherit`: each of the blocks. `None` where they are
/// none.
pub(super) fn read(octets: &[u8]) -> Option<Vec<String>> {
    let mut blocks = Vec::new();
    for family in values(content(octets)?) {
        let mut parts = values(content(family)?);
        let (number, choice) = (content(parts.next()?)?, parts.next()?);
        let (&number, specific) = number.split_first_chunk::<2>()?;
        let number = u16::from_be_bytes(number);
        // Which kind of traffic they are for (multicast and the like) where that is told.
        let of = specific.first().map(|kind| format!(" (SAFI {kind})"));
        let of = of.unwrap_or_default();
        if is_null(choice) {
            let name = match number {
                IPV4 => "ipv4".to_owned(),
                IPV6 => "ipv6".to_owned(),
                other => format!("family {other}"),
            };
            blocks.push(format!("{name} inherit{of}"));
            continue;
        }
        for block in values(content(choice)?) {
            blocks.push(format!("{}{of}", one(number, block)?));
        }
    }
    Some(blocks)
}

/// A prefix or a range.
fn one(family: u16, block: &[u8]) -> Option<String> {
    let value = AnyRef::from_der(block).ok()?;
    if value.tag() == Tag::BitString {
        let bits = BitStringRef::from_der(block).ok()?;
        return Some(format!("{}/{}", address(family, bits, 0)?, bits.bit_len()));
    }
    let mut ends = values(value.value());
    let mut end = |fill| address(family, BitStringRef::from_der(ends.next()?).ok()?, fill);
    // Of the last address ones were left out (RFC 3779 section 2.2.3.9).
    Some(format!("{}-{}", end(0)?, end(0xff)?))
}

/// An address of which the bits behind those that are there are all the same.
fn address(family: u16, bits: BitStringRef<'_>, fill: u8) -> Option<String> {
    match family {
        IPV4 => Some(Ipv4Addr::from(filled(bits, fill)?).to_string()),
        IPV6 => Some(Ipv6Addr::from(filled(bits, fill)?).to_string()),
        _ => None,
    }
}

fn filled<const N: usize>(bits: BitStringRef<'_>, fill: u8) -> Option<[u8; N]> {
    let mut octets = [fill; N];
    let there = bits.raw_bytes();
    octets.get_mut(..there.len())?.copy_from_slice(there);
    let unused = (1u8 << bits.unused_bits()) - 1;
    if let Some(last) = there.len().checked_sub(1).and_then(|at| octets.get_mut(at)) {
        *last = *last & !unused | fill & unused;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3779 appendix B.
    #[test]
    fn blocks_are_prefixes_and_ranges() {
        let first = b"\x30\x35\x30\x2b\x04\x03\0\x01\x01\x30\x24\x03\x04\x04\x0a\0\x20\x03\x04\0\x0a\0\x40\x03\x03\0\x0a\x01\x30\x0c\x03\x04\x04\x0a\x02\x30\x03\x04\0\x0a\x02\x40\x03\x03\0\x0a\x03\x30\x06\x04\x02\0\x02\x05\0";
        let expected = [
            "10.0.32.0/20 (SAFI 1)",
            "10.0.64.0/24 (SAFI 1)",
            "10.1.0.0/16 (SAFI 1)",
            "10.2.48.0-10.2.64.255 (SAFI 1)",
            "10.3.0.0/16 (SAFI 1)",
            "ipv6 inherit",
        ];
        assert_eq!(read(first).unwrap(), expected);
        let second = b"\x30\x2c\x30\x10\x04\x03\0\x01\x01\x30\x09\x03\x02\0\x0a\x03\x03\x04\xb0\x10\x30\x07\x04\x03\0\x01\x02\x05\0\x30\x0f\x04\x02\0\x02\x30\x09\x03\x07\0\x20\x01\0\0\0\x02";
        let expected = [
            "10.0.0.0/8 (SAFI 1)",
            "176.16.0.0/12 (SAFI 1)",
            "ipv4 inherit (SAFI 2)",
            "2001:0:2::/48",
        ];
        assert_eq!(read(second).unwrap(), expected);
    }

    #[test]
    fn what_is_no_block_is_none() {
        assert_eq!(
            read(b"\x30\x0b\x30\x09\x04\x02\0\x01\x30\x03\x03\x01\0"),
            Some(vec!["0.0.0.0/0".to_owned()])
        );
        // More bits than an address has, and a family without addresses.
        assert_eq!(
            read(b"\x30\x10\x30\x0e\x04\x02\0\x01\x30\x08\x03\x06\0\x01\x02\x03\x04\x05"),
            None
        );
        assert_eq!(
            read(b"\x30\x0c\x30\x0a\x04\x02\0\x09\x30\x04\x03\x02\0\x0a"),
            None
        );
        assert_eq!(read(b"\x30"), None);
    }
}
