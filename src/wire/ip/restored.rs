//! The header of a packet as it was before its payload was compressed (`IPComp`) or encrypted (ESP).

use super::{Ip, IpVersion, protocol};
use crate::wire::bytes::offset_in;
use crate::wire::checksum::internet;

/// Octets of the header that its length field leaves out.
pub(in crate::wire) const fn unmeasured(ip: &Ip<'_>) -> usize {
    match ip.version {
        IpVersion::V4 => 0,
        IpVersion::V6 => 40,
    }
}

/// Writes into a copy of the header of `ip` what was there before: the protocol, and the length of
/// what is now `payload` octets. Of a first fragment it makes a packet that was cut.
pub(in crate::wire) fn restore(ip: &Ip<'_>, next: u8, payload: usize, octets: &mut [u8]) {
    let mut put = |at: usize, with: &[u8]| {
        if let Some(place) = octets.get_mut(at..at + with.len()) {
            place.copy_from_slice(with);
        }
    };
    let length = ip.header.len() - unmeasured(ip) + payload;
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let mut named_at = match ip.version {
        IpVersion::V4 => 9,
        IpVersion::V6 => 6,
    };
    for header in ip.extension_headers() {
        named_at = offset_in(ip.header, header.bytes).unwrap_or(named_at);
        if header.protocol == protocol::FRAG {
            put(named_at + 2, &[0, 0]);
        }
    }
    put(named_at, &[next]);
    match ip.version {
        IpVersion::V6 => put(4, &length),
        IpVersion::V4 => {
            const MORE_FRAGMENTS: u8 = 0x20;
            const CHECKSUM: usize = 10;
            let flags = ip.header.get(6).copied().unwrap_or(0);
            put(2, &length);
            put(6, &[flags & !MORE_FRAGMENTS]);
            put(CHECKSUM, &[0, 0]);
            let words = ip.header.first().map_or(0, |first| first & 0x0f);
            let fixed = octets.get(..usize::from(words) * 4).unwrap_or_default();
            let sum = internet(&[fixed]).to_be_bytes();
            if let Some(place) = octets.get_mut(CHECKSUM..CHECKSUM + 2) {
                place.copy_from_slice(&sum);
            }
        }
    }
}
