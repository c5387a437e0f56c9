//! Short names for the rows of a table.

use std::net::Ipv6Addr;

use super::{FewNames, FieldKind, FieldSpec, Names, Naming, Unit};
use crate::icmp::application::parts::Parts;
use crate::icmp::node_name::Place;
use crate::icmp::x509::Part;
use crate::wire::ip::source_route::SourceRoute;

const fn field(at: u16, name: &'static str, kind: FieldKind) -> FieldSpec {
    FieldSpec {
        name,
        at,
        kind,
        unit: None,
        naming: None,
    }
}

/// Words of numbers that are far apart, by number.
pub(in crate::icmp) const fn sparse<const N: usize>(
    words: &[(usize, &'static str)],
) -> [&'static str; N] {
    let mut table = [""; N];
    let mut i = 0;
    while i < words.len() {
        table[words[i].0] = words[i].1;
        i += 1;
    }
    table
}

const fn counting(field: FieldSpec, unit: Unit) -> FieldSpec {
    FieldSpec {
        unit: Some(unit),
        ..field
    }
}

/// A field whose numbers have names.
pub(in crate::icmp) const fn named(field: FieldSpec, names: &'static Names) -> FieldSpec {
    FieldSpec {
        naming: Some(Naming::Numbers(names)),
        ..field
    }
}

/// The same of few numbers that are far apart.
pub(in crate::icmp) const fn few_named(field: FieldSpec, names: &'static FewNames) -> FieldSpec {
    FieldSpec {
        naming: Some(Naming::Few(names)),
        ..field
    }
}

/// A field of which something was found out.
pub(in crate::icmp) const fn found(
    field: FieldSpec,
    key: &'static str,
    word: &'static str,
) -> FieldSpec {
    FieldSpec {
        naming: Some(Naming::Found(key, word)),
        ..field
    }
}

/// The length of an option in units of eight octets.
pub(in crate::icmp) const fn words(at: u16, name: &'static str) -> FieldSpec {
    counting(u8(at, name), Unit::EightOctets)
}

/// A number of seconds in so many octets.
pub(in crate::icmp) const fn seconds_of(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    counting(number(at, octets, name), Unit::Seconds)
}

/// A number of so many octets that counts so many seconds each.
pub(in crate::icmp) const fn seconds_by(
    at: u16,
    octets: u8,
    by: u8,
    name: &'static str,
) -> FieldSpec {
    counting(
        field(at, name, FieldKind::Multiple { octets, by }),
        Unit::Seconds,
    )
}

/// A number of so many octets that counts so many milliseconds each.
pub(in crate::icmp) const fn millis_by(
    at: u16,
    octets: u8,
    by: u8,
    name: &'static str,
) -> FieldSpec {
    counting(
        field(at, name, FieldKind::Multiple { octets, by }),
        Unit::Milliseconds,
    )
}

/// A number of milliseconds.
pub(in crate::icmp) const fn millis(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    counting(number(at, octets, name), Unit::Milliseconds)
}

/// A number of hundredths of a second in two octets.
pub(in crate::icmp) const fn centis(at: u16, name: &'static str) -> FieldSpec {
    counting(u16(at, name), Unit::Centiseconds)
}

/// A time in eight octets.
pub(in crate::icmp) const fn when(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Time)
}

/// A number of minutes in two octets.
pub(in crate::icmp) const fn minutes(at: u16, name: &'static str) -> FieldSpec {
    counting(u16(at, name), Unit::Minutes)
}

/// Bits that are to be zero and to be ignored, of a number of so many octets.
pub(in crate::icmp) const fn reserved(
    at: u16,
    octets: u8,
    mask: u64,
    name: &'static str,
) -> FieldSpec {
    field(at, name, FieldKind::Reserved { octets, mask })
}

pub(in crate::icmp) const fn u8(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Number(1))
}

pub(in crate::icmp) const fn u16(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Number(2))
}

pub(in crate::icmp) const fn u32(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Number(4))
}

pub(in crate::icmp) const fn number(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Number(octets))
}

pub(in crate::icmp) const fn hex(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Hex(octets))
}

pub(in crate::icmp) const fn little_endian(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::LittleEndian(octets))
}

pub(in crate::icmp) const fn hex_little_endian(
    at: u16,
    octets: u8,
    name: &'static str,
) -> FieldSpec {
    field(at, name, FieldKind::HexLittleEndian(octets))
}

pub(in crate::icmp) const fn i32(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Signed(4))
}

/// A number of seconds in four octets, all of them set for ever.
pub(in crate::icmp) const fn seconds(at: u16, name: &'static str) -> FieldSpec {
    counting(field(at, name, FieldKind::Seconds), Unit::Seconds)
}

/// A signed number of seconds.
pub(in crate::icmp) const fn signed_seconds(at: u16, name: &'static str) -> FieldSpec {
    counting(i32(at, name), Unit::Seconds)
}

pub(in crate::icmp) const fn bits(at: u16, shift: u8, width: u8, name: &'static str) -> FieldSpec {
    bits_of(at, 1, shift, width, name)
}

pub(in crate::icmp) const fn bits_of(
    at: u16,
    octets: u8,
    shift: u8,
    width: u8,
    name: &'static str,
) -> FieldSpec {
    let kind = FieldKind::Bits {
        octets,
        shift,
        width,
    };
    field(at, name, kind)
}

pub(in crate::icmp) const fn digits(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Digits(octets))
}

pub(in crate::icmp) const fn inverted(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Inverted(octets))
}

pub(in crate::icmp) const fn inverted_v4(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::InvertedV4)
}

pub(in crate::icmp) const fn labels(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Labels)
}

pub(in crate::icmp) const fn flag(at: u16, mask: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Flag(mask))
}

pub(in crate::icmp) const fn masked(at: u16, mask: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Masked(mask))
}

/// The same, of seconds.
pub(in crate::icmp) const fn masked_seconds(at: u16, mask: u16, name: &'static str) -> FieldSpec {
    counting(masked(at, mask, name), Unit::Seconds)
}

/// The same, of milliseconds.
pub(in crate::icmp) const fn masked_millis(at: u16, mask: u16, name: &'static str) -> FieldSpec {
    counting(masked(at, mask, name), Unit::Milliseconds)
}

pub(in crate::icmp) const fn pref64_length(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Pref64Length)
}

/// A router preference in bits 4 and 3 of an octet (RFC 4191 section 2.1).
pub(in crate::icmp) const fn preference(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Preference)
}

pub(in crate::icmp) const fn mld_response(at: u16, name: &'static str) -> FieldSpec {
    counting(field(at, name, FieldKind::MldResponse), Unit::Milliseconds)
}

pub(in crate::icmp) const fn mld_interval(at: u16, name: &'static str) -> FieldSpec {
    counting(field(at, name, FieldKind::MldInterval), Unit::Seconds)
}

/// A response code of `IGMPv3` in an octet, which has the form of a query interval code of `MLDv2`.
pub(in crate::icmp) const fn igmp_response(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::MldInterval)
}

pub(in crate::icmp) const fn v4_list(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V4List)
}

/// Numbers of so many octets each.
pub(in crate::icmp) const fn number_list(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::NumberList(octets))
}

/// So many numbers of so many octets each.
pub(in crate::icmp) const fn number_array(
    at: u16,
    octets: u8,
    count: u16,
    name: &'static str,
) -> FieldSpec {
    field(at, name, FieldKind::NumberArray { octets, count })
}

/// A number of attoseconds in two octets, shifted left by so many bits (RFC 8250 section 3.2.2).
pub(in crate::icmp) const fn attoseconds(at: u16, scale: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Attoseconds(scale))
}

/// Numbers of two octets each, the low so many bits of each behind the point.
pub(in crate::icmp) const fn fixed_point_list(at: u16, bits: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::FixedPointList(bits))
}

/// A number of four octets, the low two first.
pub(in crate::icmp) const fn low_half_first(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::LowHalfFirst)
}

/// The milliseconds of a consistent uptime (RFC 9685 section 10).
pub(in crate::icmp) const fn uptime(at: u16, name: &'static str) -> FieldSpec {
    counting(field(at, name, FieldKind::Uptime), Unit::Milliseconds)
}

pub(in crate::icmp) const fn x509(at: u16, part: Part, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::X509(part))
}

pub(in crate::icmp) const fn sequences(at: u16, first: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Sequences(first))
}

pub(in crate::icmp) const fn rpl_metrics(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::RplMetrics)
}

pub(in crate::icmp) const fn v4_times(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V4Times)
}

pub(in crate::icmp) const fn v4_array(at: u16, count: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V4Array(count))
}

/// A signed number of so many octets.
pub(in crate::icmp) const fn signed(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Signed(octets))
}

/// A signed number of one octet.
pub(in crate::icmp) const fn i8(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Signed(1))
}

/// A number of microseconds.
pub(in crate::icmp) const fn micros(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    counting(number(at, octets, name), Unit::Microseconds)
}

/// Seconds and a part of one in four octets, as microseconds.
pub(in crate::icmp) const fn short_time(at: u16, name: &'static str) -> FieldSpec {
    counting(field(at, name, FieldKind::ShortTime), Unit::Microseconds)
}

/// A time of NTP in eight octets.
pub(in crate::icmp) const fn ntp_time(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::NtpTime)
}

/// Parts that repeat.
pub(in crate::icmp) const fn parts(at: u16, parts: Parts, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Parts(parts))
}

pub(in crate::icmp) const fn v6_array(at: u16, count: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V6Array(count))
}

/// An IPv6 address without the first octets, which are those of another.
pub(in crate::icmp) const fn v6_suffix(
    at: u16,
    other: Ipv6Addr,
    common: u8,
    name: &'static str,
) -> FieldSpec {
    field(at, name, FieldKind::V6Suffix(other, common))
}

/// The seconds that a code in the upper two bits of an octet stands for (RFC 6997 section 7).
pub(in crate::icmp) const fn route_lifetime(at: u16, name: &'static str) -> FieldSpec {
    counting(field(at, name, FieldKind::RouteLifetime), Unit::Seconds)
}

pub(in crate::icmp) const fn v4(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V4)
}

pub(in crate::icmp) const fn v6(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V6)
}

pub(in crate::icmp) const fn octets(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Octets(length))
}

pub(in crate::icmp) const fn rest(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Rest)
}

pub(in crate::icmp) const fn text(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Text)
}

pub(in crate::icmp) const fn text_of(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::TextOf(length))
}

pub(in crate::icmp) const fn cut_text_of(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::CutTextOf(length))
}

/// Some bits of a number in so many decimal digits.
pub(in crate::icmp) const fn written(
    at: u16,
    digits: u8,
    shift: u8,
    width: u8,
    name: &'static str,
) -> FieldSpec {
    let kind = FieldKind::Written {
        digits,
        shift,
        width,
    };
    field(at, name, kind)
}

pub(in crate::icmp) const fn v6_list(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V6List)
}

pub(in crate::icmp) const fn v6_prefix(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V6Prefix)
}

pub(in crate::icmp) const fn v6_prefix_of(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V6PrefixOf(octets))
}

pub(in crate::icmp) const fn v4_prefix_of(at: u16, octets: u8, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::V4PrefixOf(octets))
}

pub(in crate::icmp) const fn dns_names(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::DnsNames)
}

pub(in crate::icmp) const fn node_names(at: u16, place: Place, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::NodeNames(place))
}

pub(in crate::icmp) const fn dns_names_of(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::DnsNamesOf(length))
}

pub(in crate::icmp) const fn strings(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Strings)
}

pub(in crate::icmp) const fn svc_params(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::SvcParams(length))
}

pub(in crate::icmp) const fn source_route(
    at: u16,
    route: SourceRoute,
    name: &'static str,
) -> FieldSpec {
    field(at, name, FieldKind::SourceRoute(route))
}

/// A name of `NetBIOS` as 32 letters.
pub(in crate::icmp) const fn netbios_name(at: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::NetBiosName)
}

/// An object identifier in so many octets.
pub(in crate::icmp) const fn oid(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Oid(length))
}

/// Variable bindings in so many octets.
pub(in crate::icmp) const fn bindings(at: u16, length: u16, name: &'static str) -> FieldSpec {
    field(at, name, FieldKind::Bindings(length))
}
