//! NHRP (RFC 2332 section 5.2), as GRE carries it: who asks for whose address.

use super::Payload;
use crate::icmp::field::spec;
use crate::icmp::item::Specs;
use crate::icmp::tunnel_header::{NHRP_FIXED, NHRP_TYPES, nhrp_address_rows};
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{u8_at, u16_at};

pub(super) fn message<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const FIXED: usize = 20;
    /// Behind the lengths, flags and the request's identifier (section 5.2.0.1).
    const ADDRESSES: u16 = 28;
    const VERSION: u8 = 1;
    const ERROR: u8 = 7;
    /// Cisco's (`traffic indication`).
    const LAST: u8 = 8;
    let octets = payload.octets;
    let length = usize::from(u16_at(octets, 10)?);
    let kind = u8_at(octets, 17)?;
    if u8_at(octets, 16)? != VERSION || kind > LAST || !(FIXED..=payload.length).contains(&length) {
        return None;
    }
    let length_of = |at| u8_at(octets, at).map_or(0, |length| length & 0x3f);
    let of_protocol = |at| u8_at(octets, at).unwrap_or(0);
    let lengths = [
        length_of(18),
        length_of(19),
        of_protocol(20),
        of_protocol(21),
    ];
    let (addresses, end) = nhrp_address_rows(ADDRESSES, lengths);
    let bytes = octets.get(..end.into()).unwrap_or(octets);
    let request = (kind < ERROR).then_some(spec::u32(24, "request_id"));
    let error =
        (kind == ERROR).then_some([spec::u16(24, "error_code"), spec::u16(26, "error_offset")]);
    let rows = NHRP_FIXED.iter().copied().chain(request);
    let rows = rows.chain(error.into_iter().flatten());
    let rows = rows.chain(addresses.into_iter().flatten());
    let message = NHRP_TYPES.word(kind.into());
    Some(UpperHeader::new(
        "nhrp",
        None,
        message,
        bytes,
        Specs::made(rows),
    ))
}
