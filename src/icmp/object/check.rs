//! What is wrong with the objects of a structure.

use std::net::IpAddr;

use super::{
    AFI_IPV4, AFI_IPV6, Address, ExtensionObject, HEADER, InterfaceIdentification, Object, Objects,
    Role, interface_parts,
};
use crate::wire::bytes::{tail, u8_at, u16_at};
use crate::wire::{Defects, IpVersion, Layer, Limit};

type Rule = &'static str;

/// Tells what is wrong with the objects in `octets`.
pub(in crate::icmp) fn check(octets: &[u8], limit: Limit, defects: &mut Defects) {
    let mut roles = Roles::default();
    let mut at = 0;
    while at < octets.len() {
        // Offsets count from the structure's header on.
        let offset = 4 + at;
        let available = octets.len() - at;
        let Some(length) = u16_at(octets, at).map(usize::from) else {
            defects.short(Layer::Extension, offset, HEADER, available, limit);
            return;
        };
        if length < HEADER {
            defects.rule(Layer::Extension, offset, "object length under 4");
            return;
        }
        if length > available {
            defects.short(Layer::Extension, offset, length, available, limit);
            return;
        }
        let object = Objects::new(tail(octets, at)).next();
        if object
            .and_then(|object| needed(&object))
            .is_some_and(|needed| needed > length)
        {
            defects.rule(Layer::Extension, offset, "object too short for its fields");
        }
        if length % 4 != 0 {
            defects.rule(Layer::Extension, offset, "object length no multiple of 4");
        }
        if let Some(object) = object {
            let faults = [
                name_fault(&object),
                family_fault(&object),
                identification_fault(&object),
            ];
            for (at, rule) in faults.into_iter().flatten() {
                defects.rule(Layer::Extension, offset + at, rule);
            }
            if roles.is_taken(&object) {
                defects.rule(
                    Layer::Extension,
                    offset + 3,
                    "another interface of the same role",
                );
            }
        }
        at += length;
    }
}

/// What a structure's fields take by class and c-type, header included; `None` where that is not known.
fn needed(object: &Object<'_>) -> Option<usize> {
    let own = match (object.class, object.c_type) {
        (2, c_type) => interface_parts(c_type, object.bytes).end,
        (3, 2) | (4, 1) => 4,
        (3, 3) => 4 + usize::from(u8_at(object.bytes, 2).unwrap_or(0)),
        _ => return None,
    };
    Some(HEADER + own)
}

/// What RFC 5837 section 4.3 forbids of the length of an interface's name, and where that stands.
fn name_fault(object: &Object<'_>) -> Option<(usize, Rule)> {
    const LONGEST: usize = 64;
    let ExtensionObject::Interface(_) = object.kind else {
        return None;
    };
    let parts = interface_parts(object.c_type, object.bytes);
    let (at, rule) = match (parts.name, parts.empty_name) {
        (Some((at, length)), _) if length % 4 != 0 => {
            (at, "interface name length no multiple of 4")
        }
        (Some((at, length)), _) if length > LONGEST => (at, "interface name length over 64"),
        (None, Some(at)) => (at, "interface name length 0"),
        _ => return None,
    };
    Some((HEADER + at, rule))
}

/// An interface's address of a family that RFC 5837 section 4.2 does not know.
fn family_fault(object: &Object<'_>) -> Option<(usize, Rule)> {
    let (at, family) = family(object)?;
    (!matches!(family, AFI_IPV4 | AFI_IPV6))
        .then_some((at, "interface address of neither IPv4 nor IPv6"))
}

/// The family of an interface's address, and where that stands.
fn family(object: &Object<'_>) -> Option<(usize, u16)> {
    let ExtensionObject::Interface(_) = object.kind else {
        return None;
    };
    let at = interface_parts(object.c_type, object.bytes).address?;
    Some((HEADER + at, u16_at(object.bytes, at)?))
}

/// What RFC 8335 section 2.1 forbids of an interface's identification, and where that stands.
fn identification_fault(object: &Object<'_>) -> Option<(usize, Rule)> {
    const INDEX: usize = HEADER + 4;
    if object.class != 3 {
        return None;
    }
    match (object.c_type, object.kind) {
        (2, _) if object.whole.len() > INDEX => Some((0, "length of an interface index is not 8")),
        (3, ExtensionObject::Identification(InterfaceIdentification::Address(address))) => {
            let length = u8_at(object.bytes, 2)?;
            let of_family = match address {
                Address::Ip(IpAddr::V4(_))
                | Address::Other {
                    family: AFI_IPV4, ..
                } => 4,
                Address::Ip(IpAddr::V6(_))
                | Address::Other {
                    family: AFI_IPV6, ..
                } => 16,
                Address::Other { .. } => length,
            };
            (length != of_family).then_some((HEADER + 2, "address length is not its family's"))
        }
        (1..=3, _) => None,
        _ => Some((3, "c-type of an interface identification not from 1 to 3")),
    }
}

/// The roles of the interfaces before (RFC 5837 section 4.5).
#[derive(Default)]
struct Roles(u8);

impl Roles {
    /// Whether one before has the role of `object`, if that is an interface; takes it.
    fn is_taken(&mut self, object: &Object<'_>) -> bool {
        let bit = match Role::of(object.c_type) {
            _ if object.class != 2 => return false,
            Role::Incoming => 1,
            Role::SubIp => 2,
            Role::Outgoing => 4,
            Role::NextHop => 8,
        };
        let is_taken = self.0 & bit != 0;
        self.0 |= bit;
        is_taken
    }
}

/// Where an interface has an address of the family that the packet does not have which its router told it
/// of (RFC 5837 section 4.2), from the structure's header on.
pub(in crate::icmp) fn foreign_address(octets: &[u8], quoted: IpVersion) -> Option<usize> {
    let foreign = match quoted {
        IpVersion::V4 => AFI_IPV6,
        IpVersion::V6 => AFI_IPV4,
    };
    let mut before = HEADER;
    Objects::new(octets).find_map(|object| {
        let at = before;
        before += object.whole.len();
        let (offset, family) = family(&object)?;
        (family == foreign).then_some(at + offset)
    })
}
