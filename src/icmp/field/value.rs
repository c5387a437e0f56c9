//! What fields hold.

use std::net::IpAddr;

use super::NetBiosName;
use crate::icmp::application::parts::Parts;
use crate::icmp::application::snmp::Oid;
use crate::icmp::ndp::Preference;
use crate::icmp::node_name::NodeNames;
use crate::icmp::x509;
use crate::model::Timestamp;
use crate::wire::ip::source_route::SourceRoute;

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
    /// Numbers with so many bits behind the point: see [`super::fixed_points`].
    FixedPointList(u8, &'a [u8]),
    /// A part of a value in ASN.1: see [`x509::told`].
    X509(x509::Part, &'a [u8]),
    /// Sequence numbers, by a first one and a bit for each: see [`super::sequences`].
    Sequences(u8, &'a [u8]),
    /// Objects of a DAG metric container: see [`crate::icmp::rpl_metric::items`].
    RplMetrics(&'a [u8]),
    /// IPv4 addresses, each with a time of four octets behind it; see [`super::v4_times`].
    V4Times(&'a [u8]),
    /// Names in DNS wire format: see [`crate::icmp::dns::names`].
    DnsNames(&'a [u8]),
    /// Names in node information.
    NodeNames(NodeNames<'a>),
    /// MPLS label stack entries: see [`crate::icmp::object::Labels`].
    Labels(&'a [u8]),
    /// Strings that the sender chose: see [`super::strings`].
    Strings(&'a [u8]),
    /// Service parameters: see [`crate::icmp::svc_param::items`].
    SvcParams(&'a [u8]),
    /// A router preference.
    Preference(Preference),
    /// When something was.
    Time(Timestamp),
    /// How long something took.
    Nanoseconds(u64),
    /// Addresses without the octets that they have in common with the packet's destination.
    SourceRoute(SourceRoute, &'a [u8]),
    /// A name of `NetBIOS`: its text without what pads it, to be escaped, and what it is for.
    NetBiosName(NetBiosName),
    /// An object identifier.
    Oid(Oid<'a>),
    /// Variable bindings: see [`crate::icmp::application::snmp::bindings`].
    Bindings(&'a [u8]),
    /// Parts that repeat: see [`Parts::items`].
    Parts(Parts, &'a [u8]),
}
