//! L2TP of version 3 (RFC 3931), whose control messages stand in IP or in UDP.

use super::UpperHeader;
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{Extent, FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::wire::bytes::{tail, u16_at, u32_at};

/// RFC 3931 section 4.1.1.1: a session, of which 0 is none but that of control.
const SESSION: FieldSpec = spec::u32(0, "session");

/// Behind IP: what a session carries is agreed on.
pub(super) fn in_ip(octets: &[u8]) -> UpperHeader<'_> {
    const BEHIND_SESSION: u16 = 4;
    if u32_at(octets, 0) == Some(0) {
        let rows = std::iter::once(SESSION).chain(control(octets, BEHIND_SESSION));
        return UpperHeader::new("l2tpv3", None, Some("control"), octets, Specs::made(rows));
    }
    let specs = Specs::Table(const { &[SESSION] });
    UpperHeader::new("l2tp", None, None, octets, specs)
}

/// A control message behind UDP; `None` of data and of other versions.
pub(in crate::icmp) fn in_udp(octets: &[u8]) -> Option<UpperHeader<'_>> {
    const TYPE_AND_VERSION: u16 = 0x800f;
    const CONTROL_3: u16 = 0x8003;
    let specs = Specs::made(control(octets, 0));
    (u16_at(octets, 0)? & TYPE_AND_VERSION == CONTROL_3)
        .then(|| UpperHeader::new("l2tpv3", None, Some("control"), octets, specs))
}

/// RFC 3931 section 3.2.1: the fields of a message that begins at `at`.
fn control(octets: &[u8], at: u16) -> impl Iterator<Item = FieldSpec> + use<> {
    let attributes = attributes(tail(octets, at.into()));
    [
        spec::hex(at, 2, "flags"),
        spec::u16(at + 2, "message_length"),
        spec::u32(at + 4, "connection"),
        spec::u16(at + 8, "ns"),
        spec::u16(at + 10, "nr"),
        spec::parts(at + 12, attributes, "attributes"),
    ]
    .into_iter()
}

/// The attributes of a control message, whose length stands behind its flags in both versions (RFC 2661
/// section 3.1).
pub(in crate::icmp) fn attributes(message: &[u8]) -> Parts {
    let stated = u16_at(message, 2).unwrap_or(0);
    Parts::L2tpAttributes(Extent::of(message.len(), stated.into()))
}
