//! How fields read.

use std::net::Ipv6Addr;

use crate::icmp::application::parts::Parts;
use crate::icmp::node_name::Place;
use crate::icmp::x509;
use crate::wire::ip::source_route::SourceRoute;

/// How a field reads. Numbers are big-endian where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An unsigned number of so many octets, at most eight.
    Number(u8),
    /// The same, of units of more than one.
    Multiple {
        /// Octets of the number.
        octets: u8,
        /// How many each counts.
        by: u8,
    },
    /// A number of so many octets, for people to read in hexadecimal.
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
    /// Numbers of two octets from here on, as many as fit, of each the low so many bits behind the point.
    FixedPointList(u8),
    /// A number of four octets, the low two first, each half big-endian (RFC 6775 section 4.3).
    LowHalfFirst,
    /// The milliseconds that two octets of a consistent uptime stand for (RFC 9685 section 10); none where
    /// they are too many.
    Uptime,
    /// Attoseconds in two octets, shifted left by so many bits; none of a time that is too long, or of one
    /// under a nanosecond that is not zero.
    Attoseconds(u8),
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
    /// The same of an IPv4 address.
    V4PrefixOf(u8),
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
