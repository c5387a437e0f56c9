//! The protocol numbers that make a difference here, from the IANA registry.

use etherparse::ip_number;

/// IPv6 hop-by-hop options.
pub const HOPOPT: u8 = ip_number::IPV6_HOP_BY_HOP.0;
/// ICMP for IPv4.
pub const ICMP: u8 = ip_number::ICMP.0;
/// IGMP.
pub const IGMP: u8 = ip_number::IGMP.0;
/// IPv4 in IP.
pub const IPV4: u8 = ip_number::IPV4.0;
/// TCP.
pub const TCP: u8 = ip_number::TCP.0;
/// UDP.
pub const UDP: u8 = ip_number::UDP.0;
/// DCCP.
pub const DCCP: u8 = ip_number::DCCP.0;
/// IPv6 in IP.
pub const IPV6: u8 = ip_number::IPV6.0;
/// IPv6 routing header.
pub const ROUTE: u8 = ip_number::IPV6_ROUTE_HEADER.0;
/// IPv6 fragment header.
pub const FRAG: u8 = ip_number::IPV6_FRAGMENTATION_HEADER.0;
/// Dynamic source routing (RFC 4728).
pub const DSR: u8 = ip_number::DSR.0;
/// Generic routing encapsulation.
pub const GRE: u8 = ip_number::GRE.0;
/// Layer two tunneling protocol, version 3.
pub const L2TP: u8 = ip_number::LAYER2_TUNNELING_PROTOCOL.0;
/// Encapsulating security payload.
pub const ESP: u8 = ip_number::ENCAPSULATING_SECURITY_PAYLOAD.0;
/// Virtual router redundancy.
pub const VRRP: u8 = ip_number::VRRP.0;
/// Authentication header.
pub const AH: u8 = ip_number::AUTHENTICATION_HEADER.0;
/// ICMPv6.
pub const IPV6_ICMP: u8 = ip_number::IPV6_ICMP.0;
/// IPv6: nothing follows.
pub const NO_NEXT_HEADER: u8 = ip_number::IPV6_NO_NEXT_HEADER.0;
/// IPv6 destination options.
pub const DEST_OPTIONS: u8 = ip_number::IPV6_DESTINATION_OPTIONS.0;
/// SCTP.
pub const SCTP: u8 = ip_number::SCTP.0;
/// IP payload compression (RFC 3173).
pub const IP_COMP: u8 = ip_number::IP_COMP.0;
/// Mobility header (RFC 6275).
pub const MOBILITY: u8 = ip_number::MOBILITY_HEADER.0;
/// UDP-Lite.
pub const UDP_LITE: u8 = ip_number::UDP_LITE.0;
/// Ethernet in IP (RFC 3378).
pub const ETHER_IP: u8 = ip_number::ETHER_IP.0;
/// MPLS in IP (RFC 4023).
pub const MPLS_IN_IP: u8 = ip_number::MPLS_IN_IP.0;
/// Host Identity Protocol (RFC 7401).
pub const HIP: u8 = ip_number::HIP.0;
/// Shim6 (RFC 5533).
pub const SHIM6: u8 = ip_number::SHIM6.0;

/// Whether a protocol number is that of ICMP or ICMPv6.
#[inline]
pub const fn is_icmp(protocol: u8) -> bool {
    matches!(protocol, ICMP | IPV6_ICMP)
}
