//! Extended echo, the same in both versions (RFC 8335).

use std::net::IpAddr;

use super::decode::Decoder;
use super::error::is_group;
use super::extension;
use super::{Body, Direction, ExtendedEcho, Extensions};
use crate::wire::bytes::{u8_at, u16_at};

/// The flag of a request for an interface of the node that is asked, and those of a reply.
const LOCAL: u8 = 0x01;
const ACTIVE: u8 = 0x04;
const IPV4_OR_IPV6: u8 = 0x03;

/// Class of the object that tells the interface, and the c-type that does so by its address.
const IDENTIFICATION: u8 = 3;
const BY_ADDRESS: u8 = 3;

/// Decodes what stands behind the first four octets, which are there.
pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    decoder.need(8);
    let bytes = decoder.bytes;
    let (Some(id), Some(seq), Some(flags)) = (u16_at(bytes, 4), u8_at(bytes, 6), u8_at(bytes, 7))
    else {
        return decoder.short_query();
    };
    let extensions = match direction {
        Direction::Request => {
            decoder.expect_code_0();
            let extensions = extension::in_body(decoder);
            addresses(decoder);
            if let Some(extensions) = &extensions {
                identification(decoder, flags, extensions);
            }
            extensions
        }
        Direction::Reply => {
            reply(decoder, flags);
            // RFC 8335 section 3 has none; Linux sends that of the request back.
            let is_structure = u8_at(bytes, 8).is_some_and(|octet| octet >> 4 == 2);
            is_structure.then(|| extension::in_body(decoder)).flatten()
        }
    };
    Body::ExtendedEcho(ExtendedEcho {
        direction,
        id,
        seq,
        flags,
        extensions,
    })
}

/// RFC 8335 section 2: both are unicast addresses.
fn addresses(decoder: &mut Decoder<'_, '_>) {
    let is_unicast = |address: IpAddr| !address.is_unspecified() && !is_group(address);
    let ends = decoder.ip.ends();
    let (hides_src, hides_dst) = decoder.ip.hides_addresses();
    if !hides_src && !is_unicast(ends.src()) {
        decoder.rule(0, "source of an extended echo request is not unicast");
    }
    if !hides_dst && !is_unicast(ends.dst()) {
        decoder.rule(0, "destination of an extended echo request is not unicast");
    }
}

/// RFC 8335 section 2: there is one identification, and that is by address where the interface is not the
/// node's own.
fn identification(decoder: &mut Decoder<'_, '_>, flags: u8, extensions: &Extensions<'_>) {
    let identifications = || {
        let objects = extensions.objects();
        objects.filter(|object| object.class == IDENTIFICATION)
    };
    let count = identifications().count();
    // Without an object that is told already.
    if count > 1 || count == 0 && decoder.is_whole() && !extensions.bytes.is_empty() {
        decoder.rule(8, "not exactly one interface identification");
    }
    let is_by_address = |c_type| c_type == BY_ADDRESS;
    if flags & LOCAL == 0 && !identifications().all(|object| is_by_address(object.c_type)) {
        decoder.rule(7, "interface of a neighbor not identified by address");
    }
}

/// RFC 8335 section 3.
fn reply(decoder: &mut Decoder<'_, '_>, flags: u8) {
    const LAST_STATE: u8 = 6;
    let state = flags >> 5;
    let is_active = flags & ACTIVE != 0;
    if decoder.code != 0 {
        if flags != 0 {
            decoder.rule(7, "state or flags beside an error code");
        }
        return;
    }
    if state > LAST_STATE {
        decoder.rule(7, "state over 6");
    }
    if state != 0 && is_active {
        decoder.rule(7, "state beside the active flag");
    }
    if flags & IPV4_OR_IPV6 != 0 && !is_active {
        decoder.rule(7, "IPv4 or IPv6 flag without the active flag");
    }
}
