//! A packet as it was before it was fragmented (RFC 791 section 3.2, RFC 8200 section 4.5).

use super::v6::{FIXED, extension_length, is_extension};
use super::{IpVersion, protocol};
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::checksum::{ChecksumStatus, internet, ipv4_header};

/// Writes the packet to `into` that the `header` of a fragment and all of the fragmentable part
/// make. Of that of a later one the fragment header may name what it likes: `first` is what that of the
/// first one names, if it is another. A length that no field can tell is left to the octets.
pub(in crate::wire) fn unfragmented(
    version: IpVersion,
    (header, first): (&[u8], Option<u8>),
    part: &[u8],
    into: &mut Vec<u8>,
) {
    into.clear();
    match version {
        IpVersion::V4 => v4(header, part, into),
        IpVersion::V6 => v6((header, first), part, into),
    }
}

fn v4(header: &[u8], part: &[u8], into: &mut Vec<u8>) {
    const LENGTH: usize = 2;
    const FLAGS: usize = 6;
    const CHECKSUM: usize = 10;
    const KEPT_FLAGS: u16 = 0xc000;
    let status = ipv4_header(header).status;
    into.extend_from_slice(header);
    into.extend_from_slice(part);
    let length = u16::try_from(into.len()).unwrap_or(0);
    let flags = u16_at(header, FLAGS).unwrap_or(0) & KEPT_FLAGS;
    put(into, LENGTH, length);
    put(into, FLAGS, flags);
    // One that was wrong stays so.
    if status == ChecksumStatus::Good {
        put(into, CHECKSUM, 0);
        let sum = internet(&[into.get(..header.len()).unwrap_or_default()]);
        put(into, CHECKSUM, sum);
    }
}

/// Without the fragment header, of which there is none where the link fragments.
fn v6((header, first): (&[u8], Option<u8>), part: &[u8], into: &mut Vec<u8>) {
    const LENGTH: usize = 4;
    const NEXT_HEADER: usize = 6;
    let (mut named_at, mut at) = (NEXT_HEADER, FIXED);
    let mut end = FIXED;
    let mut next = None;
    while let Some(kind) = u8_at(header, named_at).filter(|kind| is_extension(*kind))
        && let Some(following) = u8_at(header, at)
    {
        if kind == protocol::FRAG {
            (end, next) = (at, Some(first.unwrap_or(following)));
            break;
        }
        named_at = at;
        at += extension_length(kind, tail(header, at));
    }
    into.extend_from_slice(header.get(..end).unwrap_or(header));
    if let (Some(next), Some(place)) = (next, into.get_mut(named_at)) {
        *place = next;
    }
    into.extend_from_slice(part);
    let length = u16::try_from(into.len().saturating_sub(FIXED)).unwrap_or(0);
    put(into, LENGTH, length);
}

fn put(octets: &mut [u8], at: usize, field: u16) {
    if let Some(place) = octets.get_mut(at..at + 2) {
        place.copy_from_slice(&field.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ip;
    use super::*;
    use crate::wire::Limit;

    #[test]
    fn a_packet_of_version_4_gets_its_length_and_checksum_back() {
        let mut header = vec![0x45, 0, 0, 28, 0, 7, 0x60, 0, 64, 47, 0, 0];
        header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        let sum = internet(&[&header]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        let mut whole = Vec::new();
        unfragmented(IpVersion::V4, (&header, None), &[9; 24], &mut whole);
        let ip = Ip::parse(&whole, Limit::Frame).unwrap();
        assert_eq!((ip.length, ip.fragment, ip.dont_fragment), (44, None, true));
        assert_eq!(ip.payload, [9; 24]);
        assert_eq!(ipv4_header(ip.header).status, ChecksumStatus::Good);
        // What was wrong is not mended.
        header[8] = 63;
        unfragmented(IpVersion::V4, (&header, None), &[9; 24], &mut whole);
        assert!(matches!(
            ipv4_header(&whole).status,
            ChecksumStatus::Bad { .. }
        ));
    }

    #[test]
    fn a_packet_of_version_6_loses_its_fragment_header() {
        let mut header = vec![0x60, 0, 0, 0, 0, 40, 0, 64];
        header.extend([1; 16]);
        header.extend([2; 16]);
        header.extend([44, 0, 1, 4, 0, 0, 0, 0]); // hop-by-hop options
        header.extend([41, 0, 0, 1, 0, 0, 0, 9]);
        let mut whole = Vec::new();
        unfragmented(IpVersion::V6, (&header, None), &[0x60; 48], &mut whole);
        let ip = Ip::parse(&whole, Limit::Frame).unwrap();
        assert_eq!((ip.length, ip.fragment, ip.protocol), (96, None, 41));
        assert_eq!((ip.header.len(), ip.payload), (48, &[0x60; 48][..]));
        // Only what the first one names counts (RFC 8200 section 4.5).
        unfragmented(IpVersion::V6, (&header, Some(17)), &[0x60; 48], &mut whole);
        let ip = Ip::parse(&whole, Limit::Frame).unwrap();
        assert_eq!((ip.header.len(), ip.protocol), (48, 17));
    }

    #[test]
    fn any_header_is_let_pass() {
        let mut whole = Vec::new();
        for length in 0..60 {
            for version in [IpVersion::V4, IpVersion::V6] {
                unfragmented(version, (&vec![44; length], Some(17)), &[7; 64], &mut whole);
                assert!(whole.ends_with(&[7; 9]), "{length}");
            }
        }
    }
}
