//! VRRP, by which routers stand in for each other.

use super::UpperHeader;
use crate::icmp::field::spec;
use crate::icmp::item::Specs;
use crate::wire::bytes::{tail, u8_at};
use crate::wire::{Ip, IpVersion};

/// Octets before the addresses of VRRP.
const VRRP_HEADER: u16 = 8;

/// RFC 3768 section 5.1, RFC 5798 section 5.1: since version 3 the interval is in hundredths of a
/// second.
pub(super) fn header<'a>(ip: &Ip<'a>) -> Option<UpperHeader<'a>> {
    const SIMPLE_PASSWORD: u8 = 1;
    const PASSWORD: u16 = 8;
    let octets = ip.payload;
    let first = u8_at(octets, 0)?;
    let count = u16::from(u8_at(octets, 3).unwrap_or(0));
    let (address, addresses) = match ip.version {
        IpVersion::V4 => (4, spec::v4_array(VRRP_HEADER, count, "addresses")),
        IpVersion::V6 => (16, spec::v6_array(VRRP_HEADER, count, "addresses")),
    };
    let end = VRRP_HEADER + count * address;
    let is_old = first >> 4 < 3;
    let has_password = is_old && u8_at(octets, 4) == Some(SIMPLE_PASSWORD);
    let password = spec::text_of(end, PASSWORD, "password");
    let rows = [
        Some(spec::bits(0, 4, 4, "version")),
        Some(spec::bits(0, 0, 4, "type")),
        Some(spec::u8(1, "virtual_router")),
        Some(spec::u8(2, "priority")),
        Some(spec::u8(3, "ip_address_count")),
        is_old.then(|| spec::u8(4, "authentication_type")),
        Some(if is_old {
            spec::seconds_of(5, 1, "advertisement_interval")
        } else {
            spec::bits_of(4, 2, 0, 12, "advertisement_centiseconds")
        }),
        Some(spec::hex(6, 2, "checksum")),
        Some(addresses),
        has_password
            .then_some(password)
            .filter(|_| tail(octets, end.into()).len() >= PASSWORD.into()),
    ];
    let message = (first & 0x0f == 1).then_some("advertisement");
    Some(UpperHeader::new(
        "vrrp",
        Some((first & 0x0f).into()),
        message,
        octets,
        Specs::made(rows.into_iter().flatten()),
    ))
}
