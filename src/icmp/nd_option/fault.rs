//! What options hold that their RFCs forbid.

use std::net::Ipv6Addr;

use super::{
    ADDRESS_REGISTRATION, ADVERTISEMENT_ACK, CERTIFICATE, CGA, DISTINGUISHED, DOMAIN,
    ENCRYPTED_DNS, HANDOVER_ASSIST, HANDOVER_KEY_REPLY, HANDOVER_KEY_REQUEST,
    HOME_AGENT_INFORMATION, IP_ADDRESS_PREFIX, MOBILE_NODE_IDENTIFIER, NEW_ROUTER_PREFIX,
    NdOptions, PROVISIONING_DOMAIN, RA_FLAGS, ROUTE_INFORMATION, TARGET_ADDRESS_LIST, TRUST_ANCHOR,
    X509, card, encrypted_dns, made, protection, tables,
};
use crate::icmp::field::{self, Extent, pref64_length};
use crate::icmp::ndp::{self, Preference};
use crate::icmp::{dns, x509};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// The rule that a stated length breaks, whatever kind of option it is.
pub(in crate::icmp) const LENGTH: &str = "option length wrong for its type";
/// The rule that a length of 0 breaks (RFC 4861 section 4.6): nodes must discard such a packet.
pub(super) const ZERO_LENGTH: &str = "option length 0";
/// The rule that a part breaks whose length leads out of its option.
pub(super) const LONGER_PART: &str = "part longer than its option";
/// Bits of an address.
const ADDRESS_BITS: u8 = 128;
/// Octets before the name of a trust anchor, before a certificate and before an identifier.
const NAME: usize = 4;

/// The status with which another care-of address is supplied (RFC 5568 section 6.4.6).
const USE_THE_ONE_SUPPLIED: u8 = 2;
/// That an option of an address has a prefix (RFC 5568 section 6.4.1).
const PREFIX: u8 = 4;

/// What a rule is broken by: the place in the option, and the rule.
pub(super) type Tell<'t> = &'t mut dyn FnMut(usize, &'static str);

/// Tells what is wrong with what an option holds that is all there.
pub(super) fn each(option: &[u8], tell: Tell<'_>) {
    let Some(kind) = u8_at(option, 0) else {
        return;
    };
    match kind {
        3 => {
            prefix(option, tell);
            host_prefix(option, tell);
        }
        // RFC 8200 section 5.
        5 if u32_at(option, 4).is_some_and(|mtu| mtu < 1280) => tell(4, "MTU under 1280"),
        // RFC 6275 section 7.4.
        HOME_AGENT_INFORMATION if u16_at(option, 6) == Some(0) => tell(6, "home agent lifetime 0"),
        // RFC 3122 section 3, RFC 8106 section 5.3.1: eight octets and whole addresses.
        9 | TARGET_ADDRESS_LIST | 25 if u8_at(option, 1).is_some_and(|words| words % 2 == 0) => {
            tell(1, LENGTH);
        }
        // RFC 3122 section 3.1.
        9 | TARGET_ADDRESS_LIST => {
            if let Some(at) = repeated(option) {
                tell(at, "address listed twice");
            }
        }
        23 => anchor_point(option, tell),
        // RFC 8106 section 5.3.1.
        25 => {
            let mut servers = addresses(option, 8);
            if let Some((at, _)) = servers.find(|&(_, server)| !is_unicast(server)) {
                tell(at, "server is no unicast address");
            }
        }
        // RFC 5175 section 4.
        RA_FLAGS if tail(option, 2).iter().all(|&octet| octet == 0) => tell(2, "no flag is set"),
        CGA => padding(option, 2, 29, tell),
        TRUST_ANCHOR => {
            padding(option, 3, NAME, tell);
            let padded = usize::from(u8_at(option, 3).unwrap_or(0));
            let end = option.len().saturating_sub(padded).max(NAME);
            let name = option.get(NAME..end).unwrap_or_default();
            match u8_at(option, 2) {
                Some(DOMAIN) => names(name, NAME, tell),
                Some(DISTINGUISHED) => {
                    if let Some(rule) = x509::name_fault(name) {
                        tell(NAME, rule);
                    }
                }
                _ => {}
            }
        }
        // RFC 3971 section 6.4.4.
        CERTIFICATE if u8_at(option, 2).is_some_and(|kind| kind != X509) => {
            tell(2, "certificate type is not 1");
        }
        CERTIFICATE => {
            if let Some(rule) = x509::fault(tail(option, NAME)) {
                tell(NAME, rule);
            }
        }
        PROVISIONING_DOMAIN if !dns::first(tail(option, 6)).complete => tell(6, dns::RULE),
        PROVISIONING_DOMAIN => domain_options(option, tell),
        ROUTE_INFORMATION => {
            route(option, tell);
            bits_behind(option, 2, 8, tell);
        }
        HANDOVER_KEY_REQUEST => padding(option, 2, 4, tell),
        HANDOVER_KEY_REPLY => padding(option, 2, 6, tell),
        HANDOVER_ASSIST | MOBILE_NODE_IDENTIFIER => {
            let length = usize::from(u8_at(option, 3).unwrap_or(0));
            if NAME + length > option.len() {
                tell(3, "identifier longer than its option");
            }
        }
        IP_ADDRESS_PREFIX => {
            prefix_length(option, 3, tell);
            // RFC 5568 section 6.4.1.
            if u8_at(option, 2) == Some(PREFIX) {
                bits_behind(option, 3, 8, tell);
            }
        }
        // RFC 4068 section 6.4.2.
        NEW_ROUTER_PREFIX => {
            prefix_length(option, 3, tell);
            bits_behind(option, 3, 8, tell);
        }
        ADVERTISEMENT_ACK => match (u8_at(option, 1), u8_at(option, 3)) {
            (Some(2), _) => tell(1, LENGTH),
            (Some(1), Some(USE_THE_ONE_SUPPLIED)) => tell(3, "no new care-of address supplied"),
            _ => {}
        },
        31 => names(tail(option, 8), 8, tell),
        // RFC 8505 section 4.1.
        ADDRESS_REGISTRATION if u8_at(option, 4).is_some_and(|flags| flags & 0x0c != 0) => {
            tell(4, "reserved kind of an opaque octet");
        }
        // RFC 6775 section 4.2.
        34 => prefix_octets(option, tell),
        // RFC 8781 section 4: a receiver ignores the others.
        38 if u8_at(option, 3).is_some_and(|code| pref64_length(code).is_none()) => {
            tell(3, "reserved prefix length code");
        }
        protection::PARAMETERS => protection::parameter_faults(option, tell),
        protection::SIGNATURE => protection::signature_faults(option, tell),
        card::REQUEST | card::REPLY => card::faults(option, tell),
        ENCRYPTED_DNS => encrypted_dns::faults(option, tell),
        _ => {}
    }
}

/// Prefix information, of RPL too (RFC 4861 section 4.6.2, RFC 4862 section 5.5.3).
pub(in crate::icmp) fn prefix(option: &[u8], tell: Tell<'_>) {
    prefix_length(option, 2, tell);
    if let (Some(valid), Some(preferred)) = (u32_at(option, 4), u32_at(option, 8))
        && preferred > valid
    {
        tell(8, "preferred lifetime above the valid lifetime");
    }
    if let Some(octets) = array_at::<16>(option, 16)
        && Ipv6Addr::from(octets).is_unicast_link_local()
    {
        tell(16, "prefix of link-local addresses");
    }
}

/// What hosts ask of a prefix beside that.
fn host_prefix(option: &[u8], tell: Tell<'_>) {
    const AUTONOMOUS: u8 = 0x40;
    const ROUTER_ADDRESS: u8 = 0x20;
    /// Identifiers are of 64 bits, but in addresses that begin with so many bits 0 (RFC 4291 section
    /// 2.5.1).
    const FREE: u32 = 3;
    const LENGTH: u8 = 64;
    let (Some(length), Some(flags)) = (u8_at(option, 2), u8_at(option, 3)) else {
        return;
    };
    // RFC 4862 section 5.5.3 d); of those that are over at once it asks nothing.
    if flags & AUTONOMOUS != 0
        && length <= ADDRESS_BITS
        && length != LENGTH
        && u32_at(option, 4) != Some(0)
        && prefix_bits(tail(option, 16)).leading_zeros() < FREE
    {
        tell(2, "prefix for autoconfiguration is not of 64 bits");
    }
    // RFC 6275 section 7.2: it may be a whole address.
    if flags & ROUTER_ADDRESS == 0 {
        bits_behind(option, 2, 16, tell);
    }
}

/// The bits of a prefix that are there, the others 0.
pub(in crate::icmp) fn prefix_bits(prefix: &[u8]) -> u128 {
    field::prefix(prefix).to_bits()
}

/// The bits of an address behind a prefix of this length; `None` where no prefix is so long.
pub(in crate::icmp) fn behind_prefix(length: u8) -> Option<u128> {
    let length = (length <= ADDRESS_BITS).then_some(length)?;
    Some(u128::MAX.checked_shr(length.into()).unwrap_or(0))
}

/// Bits of the prefix at `at` that its length at `length` leaves out: they are reserved (RFC 4861 section 4.6.2,
/// RFC 4191 section 2.3).
fn bits_behind(option: &[u8], length: usize, at: usize, tell: Tell<'_>) {
    let behind = u8_at(option, length).and_then(behind_prefix).unwrap_or(0);
    if prefix_bits(tail(option, at)) & behind != 0 {
        tell(at, "bits set behind the prefix length");
    }
}

/// The whole addresses from `at` on, each with its place.
fn addresses(option: &[u8], at: usize) -> impl Iterator<Item = (usize, Ipv6Addr)> + Clone {
    const OCTETS: usize = 16;
    let all = tail(option, at).chunks_exact(OCTETS).enumerate();
    all.filter_map(move |(n, octets)| {
        let address = <[u8; OCTETS]>::try_from(octets).ok()?;
        Some((at + n * OCTETS, address.into()))
    })
}

/// Where a list has an address again.
fn repeated(option: &[u8]) -> Option<usize> {
    let all = addresses(option, 8);
    let mut each = all.clone();
    let again = each.find(|&(at, address)| {
        let mut before = all.clone().take_while(|&(other, _)| other < at);
        before.any(|(_, other)| other == address)
    });
    again.map(|(at, _)| at)
}

fn is_unicast(address: Ipv6Addr) -> bool {
    !address.is_multicast() && !address.is_unspecified()
}

/// A mobility anchor point (RFC 5380 section 5).
fn anchor_point(option: &[u8], tell: Tell<'_>) {
    if u8_at(option, 2).is_some_and(|octet| octet >> 4 == 0) {
        tell(2, "distance 0");
    }
    if let Some((at, address)) = addresses(option, 8).next()
        && (!is_unicast(address) || address.is_unicast_link_local() || address.is_loopback())
    {
        tell(at, "address is not global");
    }
}

/// Route information, of RPL too (RFC 4191 section 2.3).
pub(in crate::icmp) fn route(option: &[u8], tell: Tell<'_>) {
    prefix_octets(option, tell);
    if u8_at(option, 3).map(Preference::of) == Some(Preference::Reserved) {
        tell(3, "reserved route preference");
    }
}

/// The octet at `at`, which counts bits of an address.
pub(in crate::icmp) fn prefix_length(option: &[u8], at: usize, tell: Tell<'_>) {
    if u8_at(option, at).is_some_and(|length| length > ADDRESS_BITS) {
        tell(at, "prefix length over 128");
    }
}

/// A prefix behind eight octets, of which those that it needs have to be there.
fn prefix_octets(option: &[u8], tell: Tell<'_>) {
    prefix_length(option, 2, tell);
    if let Some(length) = u8_at(option, 2).filter(|&length| length <= ADDRESS_BITS)
        && 8 + usize::from(length).div_ceil(8) > option.len()
    {
        tell(2, "prefix longer than its octets");
    }
}

/// The octets of padding that the octet at `at` states, behind `head` octets that are none.
fn padding(option: &[u8], at: usize, head: usize, tell: Tell<'_>) {
    let length = usize::from(u8_at(option, at).unwrap_or(0));
    if head + length > option.len() {
        tell(at, "padding longer than its option");
    }
}

pub(super) fn names(octets: &[u8], at: usize, tell: Tell<'_>) {
    if dns::names(octets).any(|name| !name.complete) {
        tell(at, dns::RULE);
    }
}

/// The options in one of a provisioning domain (RFC 8801 section 3.1), but for others of these.
fn domain_options(option: &[u8], tell: Tell<'_>) {
    let (_, header) = made::domain_parts(option);
    if header.end > option.len() && !header.is_empty() {
        return tell(2, "R flag without the header of a router advertisement");
    }
    if !header.is_empty() {
        advertised_header(option, header.start, tell);
    }
    let mut at = header.end;
    for inner in NdOptions::new(tail(option, header.end)) {
        if inner.words == 0 {
            return tell(at + 1, ZERO_LENGTH);
        }
        if inner.extent() == Extent::Cut {
            return tell(at + 1, LONGER_PART);
        }
        if let Some(rule) = tables::format(inner.kind).and_then(|f| f.length_fault(inner.words)) {
            tell(at + 1, rule);
        } else if inner.kind == PROVISIONING_DOMAIN {
            // Section 3.2.
            tell(at, "provisioning domain in another");
        } else {
            each(inner.bytes, &mut |offset, rule| tell(at + offset, rule));
        }
        at += inner.bytes.len();
    }
}

/// The header of a router advertisement in a provisioning domain (RFC 8801 section 3.1).
fn advertised_header(option: &[u8], at: usize, tell: Tell<'_>) {
    if u8_at(option, at) != Some(ndp::ADVERTISEMENT) {
        tell(at, "header is of no router advertisement");
    }
    if u8_at(option, at + 1) != Some(0) {
        tell(at + 1, "code of the header is not 0");
    }
    if u16_at(option, at + 2) != Some(0) {
        tell(at + 2, "checksum of the header is not 0");
    }
}
