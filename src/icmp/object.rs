//! The objects of an extension structure (RFC 4884 section 8).

mod check;
mod specs;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) use self::check::{check, foreign_address};

use super::field::{Extent, Value, unpadded};
use super::item::Item;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// An object with its header and what its class makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// Class number.
    pub class: u8,
    /// C-type: the kind within the class.
    pub c_type: u8,
    /// Length in octets as the object states it, header included.
    pub length: u16,
    /// The captured octets behind the object's header.
    pub bytes: &'a [u8],
    /// All its captured octets, header included.
    pub whole: &'a [u8],
    /// What they hold.
    pub kind: ExtensionObject<'a>,
}

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionObject<'a> {
    /// The label stack the packet arrived with (RFC 4950 section 5).
    Mpls(Labels<'a>),
    /// An interface or next hop of the router (RFC 5837 section 4).
    Interface(InterfaceInformation<'a>),
    /// The interface that an extended echo asks for (RFC 8335 section 2.1).
    Identification(InterfaceIdentification<'a>),
    /// The octet of the quote that is complained of (RFC 8883 section 3).
    Pointer(u32),
    /// Another class or c-type, or an object too short for its own.
    Unknown,
}

impl<'a> Object<'a> {
    /// The object with its fields.
    pub(super) fn item(&self) -> Item<'a> {
        Item {
            group: "extensions",
            number: Some(u16::from_be_bytes([self.class, self.c_type])),
            name: self.name(),
            length: None,
            bytes: self.whole,
            extent: self.extent(),
            specs: specs::of(self),
        }
    }

    /// The bits of an address's header that are to be zero, where one is set.
    pub fn reserved(&self) -> Option<u64> {
        self.bits("reserved")
    }

    /// The same of an interface's c-type.
    pub fn c_type_reserved(&self) -> Option<u64> {
        self.bits("c_type_reserved")
    }

    fn bits(&self, name: &str) -> Option<u64> {
        self.item().fields().find_map(|field| match field.value {
            Value::Hex(bits) if field.name == name => Some(bits),
            _ => None,
        })
    }

    /// What pads an address and is not zero, though it is to be.
    pub fn padding(&self) -> Option<&'a [u8]> {
        self.item().fields().find_map(|field| match field.value {
            Value::Octets(octets) if field.name == "padding" => {
                octets.iter().any(|&octet| octet != 0).then_some(octets)
            }
            _ => None,
        })
    }

    /// What is in it behind its last field, and of a field that does not fit; `None` where all has
    /// a name.
    pub fn unread(&self) -> Option<&'a [u8]> {
        let item = self.item();
        if item.extent == Extent::Cut {
            // How an address or name is laid out is told with it.
            let told = (item.fields())
                .filter(|field| !matches!(field.name, "address_family" | "name_length"));
            let end = told.map(|field| field.range.end).max()?;
            return Some(tail(self.whole, end)).filter(|octets| !octets.is_empty());
        }
        if self.kind == ExtensionObject::Unknown {
            return None;
        }
        let end = item.fields().map(|field| field.range.end).max()?;
        Some(tail(self.whole, end)).filter(|octets| !octets.is_empty())
    }

    /// Whether its octets are all that it states.
    pub fn extent(&self) -> Extent {
        Extent::of(self.whole.len(), self.length.into())
    }

    /// The snake-case name of the class; `None` for those not known here.
    pub const fn name(&self) -> Option<&'static str> {
        class_name(self.class)
    }
}

/// The snake-case name of a class (IANA registry of ICMP extension object classes).
pub const fn class_name(class: u8) -> Option<&'static str> {
    match class {
        1 => Some("mpls_label_stack"),
        2 => Some("interface_information"),
        3 => Some("interface_identification"),
        4 => Some("extended_information"),
        5 => Some("node_identification"),
        _ => None,
    }
}

/// An MPLS label stack, top first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels<'a>(pub &'a [u8]);

/// One label stack entry (RFC 3032 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Label value, 20 bits.
    pub label: u32,
    /// Traffic class, 3 bits (RFC 5462).
    pub traffic_class: u8,
    /// Bottom of stack.
    pub bottom: bool,
    /// Time to live.
    pub ttl: u8,
}

impl Labels<'_> {
    /// The entries, top first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Label> + Clone + '_ {
        let (entries, _) = self.0.as_chunks::<4>();
        entries.iter().map(|&entry| {
            let [_, _, third, ttl] = entry;
            Label {
                label: u32::from_be_bytes(entry) >> 12,
                traffic_class: third >> 1 & 7,
                bottom: third & 1 != 0,
                ttl,
            }
        })
    }
}

/// What an interface was to the packet (RFC 5837 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It arrived there.
    Incoming,
    /// It arrived on this part of the interface.
    SubIp,
    /// It would have left there.
    Outgoing,
    /// Not an interface: the next hop.
    NextHop,
}

impl Role {
    /// The role in the two top bits of a c-type.
    pub const fn of(c_type: u8) -> Self {
        match c_type >> 6 {
            0 => Self::Incoming,
            1 => Self::SubIp,
            2 => Self::Outgoing,
            _ => Self::NextHop,
        }
    }

    /// The snake-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::SubIp => "sub_ip",
            Self::Outgoing => "outgoing",
            Self::NextHop => "next_hop",
        }
    }
}

/// Interface information (RFC 5837 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceInformation<'a> {
    /// What the interface was to the packet.
    pub role: Role,
    /// `ifIndex` (RFC 2863).
    pub index: Option<u32>,
    /// Its address.
    pub address: Option<Address<'a>>,
    /// Its name without the zero octets that pad it; to be escaped wherever it is shown.
    pub name: Option<&'a [u8]>,
    /// Its MTU in octets.
    pub mtu: Option<u32>,
}

/// An address of any family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// IPv4 or IPv6.
    Ip(IpAddr),
    /// Another address family number (IANA), or one whose length does not fit.
    Other {
        /// Address family number.
        family: u16,
        /// What stands where the address should.
        bytes: &'a [u8],
    },
}

/// The interface that an extended echo asks for (RFC 8335 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceIdentification<'a> {
    /// By name, without the zero octets that pad it; to be escaped wherever it is shown.
    Name(&'a [u8]),
    /// By `ifIndex`.
    Index(u32),
    /// By address.
    Address(Address<'a>),
}

/// The objects of a structure.
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    rest: &'a [u8],
}

/// Octets of an object's header: length, class, c-type.
pub(super) const HEADER: usize = 4;

impl<'a> Objects<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }
}

impl<'a> Iterator for Objects<'a> {
    type Item = Object<'a>;

    /// The next object; one that claims more than is there is given as far as it goes. One whose length
    /// leaves no room for its own header is the last, with all that is left.
    fn next(&mut self) -> Option<Object<'a>> {
        let length = u16_at(self.rest, 0)?;
        let (class, c_type) = (u8_at(self.rest, 2)?, u8_at(self.rest, 3)?);
        let claimed = match usize::from(length) {
            0..HEADER => self.rest.len(),
            claimed => claimed,
        };
        let whole = self.rest.get(..claimed).unwrap_or(self.rest);
        let bytes = tail(whole, HEADER);
        self.rest = tail(self.rest, claimed);
        Some(Object {
            class,
            c_type,
            length,
            bytes,
            whole,
            kind: if usize::from(length) < HEADER {
                ExtensionObject::Unknown
            } else {
                kind(class, c_type, bytes, Extent::of(whole.len(), length.into()))
            },
        })
    }
}

/// Whether objects fill `octets` exactly, at least one of them.
pub(super) fn ends_exactly(octets: &[u8]) -> bool {
    end(octets).is_some_and(|end| end == octets.len() && end > 0)
}

/// Whether objects may fill `room` octets, of which only `octets` are there, by the lengths of those that
/// begin in them.
pub(super) fn may_end_at(octets: &[u8], room: usize) -> bool {
    end(octets).is_some_and(|end| end <= room)
}

/// Where the last object ends whose length is in `octets`; `None` where one has no room for itself.
fn end(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < octets.len() {
        match u16_at(octets, at) {
            Some(length) if usize::from(length) >= HEADER => at += usize::from(length),
            Some(_) => return None,
            None => break,
        }
    }
    Some(at)
}

fn kind(class: u8, c_type: u8, bytes: &[u8], extent: Extent) -> ExtensionObject<'_> {
    let known = match (class, c_type) {
        (1, 1) => Some(ExtensionObject::Mpls(Labels(bytes))),
        (2, _) => Some(ExtensionObject::Interface(interface(c_type, bytes, extent))),
        (3, _) => identification(c_type, bytes, extent).map(ExtensionObject::Identification),
        (4, 1) => u32_at(bytes, 0).map(ExtensionObject::Pointer),
        _ => None,
    };
    known.unwrap_or(ExtensionObject::Unknown)
}

/// Bits of an interface information c-type, in the order their fields come in.
const HAS_INDEX: u8 = 0x08;
const HAS_ADDRESS: u8 = 0x04;
const HAS_NAME: u8 = 0x02;
const HAS_MTU: u8 = 0x01;
/// Those that are to be 0 (RFC 5837 section 4.1).
pub(super) const RESERVED: u8 = 0x30;

/// Where the parts of an interface information object stand.
#[derive(Clone, Copy, Default)]
struct InterfaceParts {
    index: Option<usize>,
    address: Option<usize>,
    name: Option<(usize, usize)>,
    /// A name whose length says that not even that is there: nothing behind it can be found.
    empty_name: Option<usize>,
    mtu: Option<usize>,
    /// Where they end, as far as that can be told.
    end: usize,
}

fn interface_parts(c_type: u8, bytes: &[u8]) -> InterfaceParts {
    let mut parts = InterfaceParts::default();
    let mut at = 0;
    if c_type & HAS_INDEX != 0 {
        parts.index = Some(at);
        at += 4;
    }
    if c_type & HAS_ADDRESS != 0 {
        parts.address = Some(at);
        parts.end = at + 4;
        at += 4 + match u16_at(bytes, at) {
            Some(AFI_IPV4) => 4,
            Some(AFI_IPV6) => 16,
            // How long it is nobody tells: what follows cannot be found.
            _ => return parts,
        };
    }
    parts.end = at;
    if c_type & HAS_NAME != 0 {
        // The length counts its own octet and is a multiple of 4 (RFC 5837 section 4.3).
        let length = usize::from(u8_at(bytes, at).unwrap_or(0));
        if length == 0 {
            parts.empty_name = (at < bytes.len()).then_some(at);
            return parts;
        }
        parts.name = Some((at, length));
        at += length;
    }
    if c_type & HAS_MTU != 0 {
        parts.mtu = Some(at);
        at += 4;
    }
    parts.end = at;
    parts
}

fn interface(c_type: u8, bytes: &[u8], extent: Extent) -> InterfaceInformation<'_> {
    let parts = interface_parts(c_type, bytes);
    InterfaceInformation {
        role: Role::of(c_type),
        index: parts.index.and_then(|at| u32_at(bytes, at)),
        address: parts.address.and_then(|at| {
            let family = u16_at(bytes, at)?;
            known_address(address(family, tail(bytes, at + 4)), extent)
        }),
        name: parts.name.and_then(|(at, length)| {
            let end = match extent {
                Extent::Whole => (at + length).min(bytes.len()),
                Extent::Cut => at + length,
            };
            bytes.get(at + 1..end).map(unpadded)
        }),
        mtu: parts.mtu.and_then(|at| u32_at(bytes, at)),
    }
}

fn identification(c_type: u8, bytes: &[u8], extent: Extent) -> Option<InterfaceIdentification<'_>> {
    match c_type {
        1 if extent == Extent::Whole => Some(InterfaceIdentification::Name(unpadded(bytes))),
        2 => u32_at(bytes, 0).map(InterfaceIdentification::Index),
        3 => {
            let (family, length) = (u16_at(bytes, 0)?, usize::from(u8_at(bytes, 2)?));
            let octets = tail(bytes, 4);
            let octets = octets.get(..length).unwrap_or(octets);
            let address = match (family, length) {
                (AFI_IPV4, 4) | (AFI_IPV6, 16) => address(family, octets),
                (family, _) => Address::Other {
                    family,
                    bytes: octets,
                },
            };
            let address = known_address(address, extent)?;
            Some(InterfaceIdentification::Address(address))
        }
        _ => None,
    }
}

/// Address family numbers (IANA).
const AFI_IPV4: u16 = 1;
const AFI_IPV6: u16 = 2;

/// The name of an address family that is neither IPv4 nor IPv6 (IANA registry `Address Family
/// Numbers`).
pub const fn family_name(family: u16) -> Option<&'static str> {
    match family {
        6 => Some("ieee_802"),
        16389 => Some("mac_48"),
        16390 => Some("mac_64"),
        _ => None,
    }
}

fn address(family: u16, bytes: &[u8]) -> Address<'_> {
    let ip = match family {
        AFI_IPV4 => array_at::<4>(bytes, 0).map(|octets| Ipv4Addr::from(octets).into()),
        AFI_IPV6 => array_at::<16>(bytes, 0).map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    };
    ip.map_or(Address::Other { family, bytes }, Address::Ip)
}

/// An address, unless an object that was cut holds only some octets of it.
fn known_address(address: Address<'_>, extent: Extent) -> Option<Address<'_>> {
    match address {
        Address::Other { .. } if extent == Extent::Cut => None,
        known => Some(known),
    }
}
