//! Header fields as data: one table tells a field's name, its place and how it reads.
//!
//! Sinks print rare messages from these tables without knowing them, and octets of a packet
//! are named by them. A field is there if all its octets are, so every prefix of a
//! message gives the fields that fit into it.

mod address;
mod extent;
mod list;
mod names;
mod netbios;
pub(super) mod spec;
mod times;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::application::parts::Parts;
use super::application::snmp::Oid;
use super::mld::{max_response_ms, query_interval_s};
use super::ndp::Preference;
use super::node_info;
use super::node_name::{NodeNames, Place};
use super::x509;
use crate::model::Timestamp;
use crate::wire::bytes::offset_in;
use crate::wire::ip::source_route::SourceRoute;

pub(super) use address::prefix;
use address::suffix;
pub use extent::Extent;
pub use list::{numbers, sequences, strings, v4_addresses, v4_times, v6_addresses};
pub use names::{Names, Unit};
pub use netbios::NetBiosName;
use times::{ntp_time, time};

/// A field of a header: a row of its format's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Snake-case name.
    pub name: &'static str,
    /// Octets before it in its header.
    pub at: u16,
    /// How it reads.
    pub kind: FieldKind,
    /// What its number counts, where that is time.
    pub unit: Option<Unit>,
    /// What its numbers are called.
    pub names: Option<&'static Names>,
}

/// How a field reads. Numbers are big-endian where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An unsigned number of so many octets, at most eight.
    Number(u8),
    /// The same, for people to read in hexadecimal.
    Hex(u8),
    /// An unsigned number of so many octets, at most eight, the low one first.
    LittleEndian(u8),
    /// An unsigned number of so many octets, the low one first, for people to read in hexadecimal.
    HexLittleEndian(u8),
    /// A signed number of so many octets, at most eight.
    Signed(u8),
    /// Seconds in four octets; all ones are for ever (RFC 4861 section 4.6.2).
    Seconds,
    /// Some bits of a number of so many octets, at most eight.
    Bits {
        /// Octets of the number.
        octets: u8,
        /// Bits to the right of the field.
        shift: u8,
        /// Bits in the field.
        width: u8,
    },
    /// Those bits of a number of so many octets, at most eight, that are to be zero and to be ignored,
    /// as a number of their own: there only if one of them is set.
    Reserved {
        /// Octets of the number.
        octets: u8,
        /// The bits.
        mask: u64,
    },
    /// One bit of an octet, by mask.
    Flag(u8),
    /// Some bits of a word of two octets, by mask and where they stand in it; one bit is a flag.
    Masked(u16),
    /// The length of a NAT64 prefix by its code in the low bits of two octets (RFC 8781 section 4).
    Pref64Length,
    /// The milliseconds that a response code of MLDv2 in two octets stands for.
    MldResponse,
    /// The seconds that a query interval code of MLDv2 in an octet stands for.
    MldInterval,
    /// Decimal digits in so many octets, at most eight, the first in the low half of each octet: told
    /// in hexadecimal, so that they read as they are dialled (3GPP TS 29.060 section 7.7.2).
    Digits(u8),
    /// A number of so many octets whose bits are sent inverted (RFC 4380 section 5.1.1).
    Inverted(u8),
    /// An IPv4 address whose bits are sent inverted.
    InvertedV4,
    /// MPLS label stack entries from here on, as many as fit (RFC 3032 section 2.1).
    Labels,
    /// An IPv4 address.
    V4,
    /// An IPv6 address.
    V6,
    /// An IPv6 address that leaves out so many octets, at most 15, which are those of another.
    V6Suffix(Ipv6Addr, u8),
    /// The seconds that a code in the upper two bits of an octet stands for (RFC 6997 section 7).
    RouteLifetime,
    /// When something was, in eight octets: seconds since 1970, and 1/65536ths of one in the last two
    /// (RFC 3971 section 5.3.1).
    Time,
    /// So many octets.
    Octets(u16),
    /// All octets from here on.
    Rest,
    /// All octets from here on, as text that the sender chose.
    Text,
    /// So many octets of such text, or as many as there are.
    TextOf(u16),
    /// The same of text that goes on where the packet was cut.
    CutTextOf(u16),
    /// Some bits of a number that so many decimal digits write (RFC 5424 section 6.2.1).
    Written {
        /// Digits of the number.
        digits: u8,
        /// Bits to the right of the field.
        shift: u8,
        /// Bits in the field.
        width: u8,
    },
    /// IPv4 addresses from here on, as many as fit.
    V4List,
    /// Numbers of so many octets from here on, as many as fit.
    NumberList(u8),
    /// So many numbers of so many octets, or as many as fit.
    NumberArray {
        /// Octets of each.
        octets: u8,
        /// How many there are.
        count: u16,
    },
    /// The milliseconds that two octets of a consistent uptime stand for (RFC 9685 section 10); none where
    /// they are too many.
    Uptime,
    /// A part of a value in ASN.1 from here on, if it has that.
    X509(x509::Part),
    /// The objects of a DAG metric container, from here on (RFC 6551).
    RplMetrics,
    /// IPv4 addresses, each with a number of four octets behind it, as many as fit.
    V4Times,
    /// IPv6 addresses from here on, as many as fit.
    V6List,
    /// Sequence numbers from this one on, a bit for each from here on: those whose bit is set (RFC 7731
    /// section 6.2).
    Sequences(u8),
    /// So many IPv6 addresses, or as many as fit.
    V6Array(u16),
    /// So many IPv4 addresses, or as many as fit.
    V4Array(u16),
    /// Seconds in two octets and 1/65536ths of one in two more, as microseconds (RFC 5905 section 6).
    ShortTime,
    /// When something was, in eight octets: seconds since 1900, or since 2036 where the first bit is
    /// not set, and 1/2^32ths of one (RFC 5905 section 6). Zero is no time.
    NtpTime,
    /// Parts that repeat from here on.
    Parts(Parts),
    /// An address prefix cut after its last significant octet, from here on.
    V6Prefix,
    /// The same in so many octets, which may be none: `::`.
    V6PrefixOf(u8),
    /// Names in DNS wire format from here on (RFC 1035 section 3.1).
    DnsNames,
    /// So many octets of them, or as many as there are.
    DnsNamesOf(u16),
    /// Names in the data of node information, from here on.
    NodeNames(Place),
    /// Strings from here on, an octet of length before each (RFC 9460 section 7.1.1).
    Strings,
    /// So many octets of service parameters, or as many as there are (RFC 9460 section 2.2).
    SvcParams(u16),
    /// A router preference in bits 4 and 3 of an octet (RFC 4191 section 2.1).
    Preference,
    /// The addresses of an RPL source route from here on (RFC 6554 section 3).
    SourceRoute(SourceRoute),
    /// A name of `NetBIOS`, its half-octets as letters (RFC 1001 section 14.1).
    NetBiosName,
    /// An object identifier in so many octets of BER.
    Oid(u16),
    /// So many octets of variable bindings, or as many as there are (RFC 3416 section 3).
    Bindings(u16),
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number.
    Number(u64),
    /// A number that reads better in hexadecimal.
    Hex(u64),
    /// A number with a sign.
    Signed(i64),
    /// Seconds; all ones are for ever.
    Seconds(u32),
    /// A bit that is set or not.
    Flag(bool),
    /// An address.
    Address(IpAddr),
    /// Octets without a further format here.
    Octets(&'a [u8]),
    /// Text that the sender chose: to be escaped wherever it is shown.
    Text(&'a [u8]),
    /// Such text, of which the end was cut.
    CutText(&'a [u8]),
    /// IPv6 addresses one behind the other; octets that fill none are not part of it.
    V6List(&'a [u8]),
    /// IPv4 addresses one behind the other; octets that fill none are not part of it.
    V4List(&'a [u8]),
    /// Numbers of so many octets one behind the other; octets that fill none are not part of it.
    NumberList(u8, &'a [u8]),
    /// A part of a value in ASN.1: see [`x509::told`].
    X509(x509::Part, &'a [u8]),
    /// Sequence numbers, by a first one and a bit for each: see [`sequences`].
    Sequences(u8, &'a [u8]),
    /// Objects of a DAG metric container: see [`super::rpl_metric::items`].
    RplMetrics(&'a [u8]),
    /// IPv4 addresses, each with a time of four octets behind it; see [`v4_times`].
    V4Times(&'a [u8]),
    /// Names in DNS wire format: see [`super::dns::names`].
    DnsNames(&'a [u8]),
    /// Names in node information.
    NodeNames(NodeNames<'a>),
    /// MPLS label stack entries: see [`super::object::Labels`].
    Labels(&'a [u8]),
    /// Strings that the sender chose: see [`strings`].
    Strings(&'a [u8]),
    /// Service parameters: see [`super::svc_param::items`].
    SvcParams(&'a [u8]),
    /// A router preference.
    Preference(Preference),
    /// When something was.
    Time(Timestamp),
    /// Addresses without the octets that they have in common with the packet's destination.
    SourceRoute(SourceRoute, &'a [u8]),
    /// A name of `NetBIOS`: its text without what pads it, to be escaped, and what it is for.
    NetBiosName(NetBiosName),
    /// An object identifier.
    Oid(Oid<'a>),
    /// Variable bindings: see [`super::application::snmp::bindings`].
    Bindings(&'a [u8]),
    /// Parts that repeat: see [`Parts::items`].
    Parts(Parts, &'a [u8]),
}

/// A field with its place in the octets it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Snake-case name.
    pub name: &'static str,
    /// The octets it was read from; for bits the octet they are in.
    pub range: Range<usize>,
    /// What it holds.
    pub value: Value<'a>,
    /// What its number counts, where that is time.
    pub unit: Option<Unit>,
    /// What its numbers are called.
    pub names: Option<&'static Names>,
}

impl Field<'_> {
    /// What its number is called, with the name of a field for that.
    pub fn word(&self) -> Option<(&'static str, &'static str)> {
        let (names, Value::Number(number)) = (self.names?, &self.value) else {
            return None;
        };
        Some((names.key, names.word(*number)?))
    }
}

impl FieldSpec {
    /// Octets that it takes of `rest`, which may be fewer.
    fn length(&self, rest: &[u8]) -> usize {
        match self.kind {
            FieldKind::Number(n)
            | FieldKind::Hex(n)
            | FieldKind::LittleEndian(n)
            | FieldKind::HexLittleEndian(n)
            | FieldKind::Digits(n)
            | FieldKind::Signed(n)
            | FieldKind::Inverted(n)
            | FieldKind::Bits { octets: n, .. }
            | FieldKind::Reserved { octets: n, .. }
            | FieldKind::V6PrefixOf(n) => usize::from(n),
            FieldKind::Seconds | FieldKind::ShortTime | FieldKind::V4 | FieldKind::InvertedV4 => 4,
            FieldKind::Flag(_)
            | FieldKind::MldInterval
            | FieldKind::Preference
            | FieldKind::RouteLifetime => 1,
            FieldKind::Masked(_)
            | FieldKind::Pref64Length
            | FieldKind::MldResponse
            | FieldKind::Uptime => 2,
            FieldKind::Time | FieldKind::NtpTime => 8,
            FieldKind::V6 => 16,
            FieldKind::V6Suffix(_, common) => 16_usize.saturating_sub(common.into()),
            FieldKind::Octets(n) | FieldKind::Oid(n) => usize::from(n),
            FieldKind::NetBiosName => 32,
            FieldKind::NumberList(n) => rest.len() - rest.len() % usize::from(n.max(1)),
            FieldKind::NumberArray { octets, count } => {
                let each = usize::from(octets.max(1));
                (rest.len() / each).min(usize::from(count)) * each
            }
            FieldKind::V4List | FieldKind::Labels => rest.len() - rest.len() % 4,
            FieldKind::V4Times => rest.len() - rest.len() % 8,
            FieldKind::Written { digits, .. } => usize::from(digits),
            FieldKind::TextOf(n)
            | FieldKind::CutTextOf(n)
            | FieldKind::DnsNamesOf(n)
            | FieldKind::SvcParams(n)
            | FieldKind::Bindings(n) => rest.len().min(usize::from(n)),
            FieldKind::V6List => rest.len() - rest.len() % 16,
            FieldKind::V4Array(count) => (rest.len() / 4).min(usize::from(count)) * 4,
            FieldKind::Parts(parts) => parts.complete(rest),
            FieldKind::V6Array(count) => (rest.len() / 16).min(usize::from(count)) * 16,
            FieldKind::V6Prefix => rest.len().min(16),
            FieldKind::Rest
            | FieldKind::Text
            | FieldKind::DnsNames
            | FieldKind::NodeNames(_)
            | FieldKind::RplMetrics
            | FieldKind::Sequences(_)
            | FieldKind::X509(_)
            | FieldKind::Strings
            | FieldKind::SourceRoute(_) => rest.len(),
        }
    }

    /// Where the field is in `header`; `None` if it is not all there. What runs to the end of the
    /// header is there if at least one octet of it is, and the header was not cut.
    pub(super) fn range(&self, header: &[u8], extent: Extent) -> Option<Range<usize>> {
        let start = usize::from(self.at);
        let rest = header.get(start..)?;
        let length = match extent {
            Extent::Whole => self.length(rest),
            Extent::Cut => extent::cut_length(self.kind, rest, self.length(rest))?,
        };
        let range = start..start + length;
        let octets = header.get(range.clone())?;
        (!octets.is_empty() || self.kind == FieldKind::V6PrefixOf(0)).then_some(range)
    }

    /// Reads the field from `header`, if it is all there; reserved bits if one of them is set.
    pub fn read<'a>(&self, header: &'a [u8]) -> Option<Field<'a>> {
        self.read_of(header, Extent::Whole)
    }

    /// The same of a header that may have been cut.
    pub(super) fn read_of<'a>(&self, header: &'a [u8], extent: Extent) -> Option<Field<'a>> {
        let mut range = self.range(header, extent)?;
        let octets = header.get(range.clone())?;
        let value = match self.kind {
            FieldKind::Number(_) => Value::Number(number(octets)),
            FieldKind::Hex(_) => Value::Hex(number(octets)),
            FieldKind::LittleEndian(_) => Value::Number(little_endian(octets)),
            FieldKind::HexLittleEndian(_) => Value::Hex(little_endian(octets)),
            FieldKind::Digits(_) => {
                let digits = octets.iter().map(|octet| octet.rotate_left(4));
                Value::Hex(digits.fold(0, |n, octet| n << 8 | u64::from(octet)))
            }
            FieldKind::Signed(_) => Value::Signed(signed(octets)?),
            FieldKind::Seconds => Value::Seconds(u32::from_be_bytes(*octets.first_chunk()?)),
            FieldKind::Bits { shift, width, .. } => {
                Value::Number(number(octets) >> shift & ((1 << width) - 1))
            }
            FieldKind::Reserved { mask, .. } => match number(octets) & mask {
                0 => return None,
                bits => Value::Hex(bits >> mask.trailing_zeros()),
            },
            FieldKind::Inverted(n) => Value::Number(!number(octets) & ((1 << (8 * n)) - 1)),
            FieldKind::InvertedV4 => {
                let bits = u32::from_be_bytes(*octets.first_chunk()?);
                Value::Address(Ipv4Addr::from(!bits).into())
            }
            FieldKind::Labels => Value::Labels(octets),
            FieldKind::Masked(mask) => {
                let bits = number(octets) & u64::from(mask);
                if mask.is_power_of_two() {
                    Value::Flag(bits != 0)
                } else {
                    Value::Number(bits)
                }
            }
            FieldKind::Pref64Length => Value::Number(pref64_length(*octets.last()?)?.into()),
            FieldKind::MldResponse => {
                Value::Number(max_response_ms(u16::from_be_bytes(*octets.first_chunk()?)).into())
            }
            FieldKind::MldInterval => Value::Number(query_interval_s(*octets.first()?).into()),
            FieldKind::Flag(mask) => Value::Flag(octets.first()? & mask != 0),
            FieldKind::V4 => Value::Address(Ipv4Addr::from(*octets.first_chunk()?).into()),
            FieldKind::V6 => Value::Address(Ipv6Addr::from(*octets.first_chunk()?).into()),
            FieldKind::V6Suffix(other, _) => Value::Address(suffix(other, octets).into()),
            FieldKind::RouteLifetime => Value::Number(1 << (octets.first()? >> 6 << 1)),
            FieldKind::V6Prefix | FieldKind::V6PrefixOf(_) => Value::Address(prefix(octets).into()),
            FieldKind::Octets(_) | FieldKind::Rest => Value::Octets(octets),
            FieldKind::Text | FieldKind::TextOf(_) => Value::Text(unpadded(octets)),
            FieldKind::CutTextOf(_) => Value::CutText(octets),
            FieldKind::Written { shift, width, .. } => {
                Value::Number(written(octets)? >> shift & ((1 << width) - 1))
            }
            FieldKind::V4List | FieldKind::V4Array(_) => Value::V4List(octets),
            FieldKind::ShortTime => Value::Number((number(octets) * 1_000_000) >> 16),
            FieldKind::NtpTime => Value::Time(ntp_time(number(octets))?),
            FieldKind::Parts(parts) => Value::Parts(parts, octets),
            FieldKind::NumberList(n) | FieldKind::NumberArray { octets: n, .. } => {
                Value::NumberList(n, octets)
            }
            FieldKind::Uptime => Value::Number(uptime(number(octets))?),
            FieldKind::X509(part) => {
                let found = x509::find(part, octets)?;
                let start = range.start + offset_in(octets, found)?;
                range = start..start + found.len();
                Value::X509(part, found)
            }
            FieldKind::Time => Value::Time(time(octets)?),
            FieldKind::Sequences(first) => Value::Sequences(first, octets),
            FieldKind::RplMetrics => Value::RplMetrics(octets),
            FieldKind::V4Times => Value::V4Times(octets),
            FieldKind::V6List | FieldKind::V6Array(_) => Value::V6List(octets),
            FieldKind::DnsNames | FieldKind::DnsNamesOf(_) => Value::DnsNames(octets),
            FieldKind::NodeNames(place) => {
                let data = header.get(node_info::HEADER..range.end)?;
                Value::NodeNames(NodeNames::new(data, place))
            }
            FieldKind::Strings => Value::Strings(octets),
            FieldKind::SvcParams(_) => Value::SvcParams(octets),
            FieldKind::Preference => Value::Preference(Preference::of(*octets.first()?)),
            FieldKind::SourceRoute(route) => Value::SourceRoute(route, octets),
            FieldKind::NetBiosName => Value::NetBiosName(NetBiosName::read(octets)?),
            FieldKind::Oid(_) => Value::Oid(Oid(octets)),
            FieldKind::Bindings(_) => Value::Bindings(octets),
        };
        Some(Field {
            name: self.name,
            range,
            value,
            unit: self.unit,
            names: self.names,
        })
    }
}

/// The fields of a table that are there in `header`.
pub fn read<'a>(
    table: &'static [FieldSpec],
    header: &'a [u8],
) -> impl Iterator<Item = Field<'a>> + use<'a> {
    table.iter().filter_map(|spec| spec.read(header))
}

/// Ten bits in milliseconds, times two to the power of the six bits before them.
fn uptime(bits: u64) -> Option<u64> {
    (bits & 0x3ff).checked_mul(1 << (bits >> 10 & 0x3f))
}

/// The significant bits of a NAT64 prefix by the low three bits of `code` (RFC 8781 section 4);
/// `None` for those that are reserved.
pub(super) fn pref64_length(code: u8) -> Option<u8> {
    const LENGTHS: [u8; 6] = [96, 64, 56, 48, 40, 32];
    LENGTHS.get(usize::from(code & 7)).copied()
}

/// The number that decimal digits write.
pub(super) fn written(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Text without the zero octets that pad it.
pub(super) fn unpadded(text: &[u8]) -> &[u8] {
    let padding = text.iter().rev().take_while(|&&octet| octet == 0).count();
    text.get(..text.len() - padding).unwrap_or(text)
}

pub(super) fn number(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |n, &octet| n << 8 | u64::from(octet))
}

/// A number in two's complement; `None` of no octet, and of more than eight.
pub(super) fn signed(octets: &[u8]) -> Option<i64> {
    let bits = u32::try_from(octets.len()).ok()?.checked_mul(8)?;
    let unused = 64_u32.checked_sub(bits).filter(|&unused| unused < 64)?;
    Some((number(octets) << unused).cast_signed() >> unused)
}

fn little_endian(octets: &[u8]) -> u64 {
    (octets.iter().rev()).fold(0, |n, &octet| n << 8 | u64::from(octet))
}

#[cfg(test)]
mod tests;
