//! Header fields as data: one table tells a field's name, its place and how it reads.
//!
//! Sinks print rare messages from these tables without knowing them, and octets of a packet
//! are named by them. A field is there if all its octets are, so every prefix of a
//! message gives the fields that fit into it.

mod address;
mod extent;
mod kind;
mod list;
mod names;
mod netbios;
pub(super) mod spec;
mod times;
mod value;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::application::snmp::Oid;
use super::mld::{max_response_ms, query_interval_s};
use super::ndp::Preference;
use super::node_info;
use super::node_name::NodeNames;
use super::x509;
use crate::wire::bytes::offset_in;

pub(super) use address::prefix;
use address::{prefix_v4, suffix};
pub use extent::Extent;
pub use kind::FieldKind;
pub use list::{fixed_points, numbers, sequences, strings, v4_addresses, v4_times, v6_addresses};
pub use names::{FewNames, Names, Naming, Unit};
pub use netbios::NetBiosName;
use times::{attoseconds, ntp_time, time, uptime};
pub use value::Value;

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
    pub naming: Option<Naming>,
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
    pub naming: Option<Naming>,
}

impl Field<'_> {
    /// What its number is called, with the name of a field for that.
    pub fn word(&self) -> Option<(&'static str, &'static str)> {
        match self.value {
            Value::Number(number) | Value::Hex(number) => self.naming?.word(number),
            _ => None,
        }
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
            | FieldKind::Multiple { octets: n, .. }
            | FieldKind::Bits { octets: n, .. }
            | FieldKind::Reserved { octets: n, .. }
            | FieldKind::V6PrefixOf(n)
            | FieldKind::V4PrefixOf(n) => usize::from(n),
            FieldKind::Seconds
            | FieldKind::LowHalfFirst
            | FieldKind::ShortTime
            | FieldKind::V4
            | FieldKind::InvertedV4 => 4,
            FieldKind::Flag(_)
            | FieldKind::MldInterval
            | FieldKind::Preference
            | FieldKind::RouteLifetime => 1,
            FieldKind::Masked(_)
            | FieldKind::Pref64Length
            | FieldKind::MldResponse
            | FieldKind::Uptime
            | FieldKind::Attoseconds(_) => 2,
            FieldKind::Time | FieldKind::NtpTime => 8,
            FieldKind::V6 => 16,
            FieldKind::V6Suffix(_, common) => 16_usize.saturating_sub(common.into()),
            FieldKind::Octets(n) | FieldKind::Oid(n) => usize::from(n),
            FieldKind::NetBiosName => 32,
            FieldKind::FixedPointList(_) => rest.len() - rest.len() % 2,
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
            | FieldKind::SourceRoute(_) => rest.len(),
            FieldKind::Strings => extent::complete_strings(rest),
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
        let may_be_empty = matches!(
            self.kind,
            FieldKind::V6PrefixOf(0) | FieldKind::V4PrefixOf(0)
        );
        (!octets.is_empty() || may_be_empty).then_some(range)
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
            FieldKind::Multiple { by, .. } => Value::Number(multiple(octets, by)),
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
            FieldKind::Masked(mask) => masked(number(octets), mask),
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
            FieldKind::V4PrefixOf(_) => Value::Address(prefix_v4(octets).into()),
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
            FieldKind::FixedPointList(bits) => Value::FixedPointList(bits, octets),
            FieldKind::LowHalfFirst => {
                let halves = u32::from_be_bytes(*octets.first_chunk()?);
                Value::Number(halves.rotate_left(16).into())
            }
            FieldKind::Uptime => Value::Number(uptime(number(octets))?),
            FieldKind::Attoseconds(scale) => {
                Value::Nanoseconds(attoseconds(number(octets), scale)?)
            }
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
            naming: self.naming,
        })
    }
}

/// The bits of `mask`; a single one is a flag.
fn masked(number: u64, mask: u16) -> Value<'static> {
    let bits = number & u64::from(mask);
    if mask.is_power_of_two() {
        Value::Flag(bits != 0)
    } else {
        Value::Number(bits)
    }
}

/// The fields of a table that are there in `header`.
pub fn read<'a>(
    table: &'static [FieldSpec],
    header: &'a [u8],
) -> impl Iterator<Item = Field<'a>> + use<'a> {
    table.iter().filter_map(|spec| spec.read(header))
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

/// A number that counts so many each.
fn multiple(octets: &[u8], by: u8) -> u64 {
    number(octets).saturating_mul(by.into())
}

fn little_endian(octets: &[u8]) -> u64 {
    (octets.iter().rev()).fold(0, |n, &octet| n << 8 | u64::from(octet))
}

#[cfg(test)]
mod tests;
