//! The IPv6 header and its extension headers (RFC 8200).

use std::net::Ipv6Addr;

use super::behind::{self, IpOptions, OptionSpace};
use super::fault::{Fault, Faults};
use super::{Fragment, HeaderOrigin, Ip, IpVersion, Room, label, narrow, protocol, routing};
use crate::model::UnknownPrefix;
use crate::model::flow::AddrBits;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::defect::Limit;

/// Octets of the fixed header.
pub(super) const FIXED: usize = FIXED_OCTETS as usize;
/// The same as the length fields count.
pub(super) const FIXED_OCTETS: u16 = 40;
/// The most octets that padding to the smallest Ethernet frame can put behind an IPv6 header, with
/// a frame check sequence and some to spare for headers before it.
const PADDING: usize = 24;

/// Reads an ordinary packet: no extension headers, nothing wrong with the lengths. As for IPv4,
/// [`parse`] reads the rest.
#[inline]
pub(super) fn parse_ordinary(room: Room<'_>) -> Option<Ip<'_>> {
    let fixed = room.bytes.first_chunk::<FIXED>()?;
    let end = FIXED + usize::from(payload_length(fixed));
    if is_extension(fixed[6]) || end == FIXED || end > room.on_wire {
        return None;
    }
    let captured = room.bytes.get(..end).unwrap_or(room.bytes);
    let (header, payload) = captured.split_at_checked(FIXED)?;
    let mut ip = with_fields(fixed, header);
    ip.payload = payload;
    ip.payload_length = u32::from(payload_length(fixed));
    if captured.len() < end {
        ip.limit = Limit::Capture;
    }
    Some(ip)
}

fn payload_length(fixed: &[u8; FIXED]) -> u16 {
    u16::from_be_bytes([fixed[4], fixed[5]])
}

/// The packet that the fixed header's fields tell of, without payload.
#[inline]
fn with_fields<'a>(fixed: &[u8; FIXED], header: &'a [u8]) -> Ip<'a> {
    let first = u32::from_be_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]);
    let address = |at| u128::from_be_bytes(array_at(fixed, at).unwrap_or_default());
    Ip {
        version: IpVersion::V6,
        addrs: AddrBits::v6(address(8), address(24)).pair_v6(),
        ttl: fixed[7],
        traffic_class: (first >> 20 & 0xff) as u8,
        id: None,
        flow_label: first & 0x000f_ffff,
        dont_fragment: false,
        fragment: None,
        protocol: fixed[6],
        length: narrow(FIXED) + u32::from(payload_length(fixed)),
        length_from_frame: false,
        header,
        payload: &[],
        payload_length: 0,
        limit: Limit::IpLength,
        final_destination: None,
        home_address: None,
        router_alert: false,
        unknown_prefix: UnknownPrefix::default(),
        origin: HeaderOrigin::Captured,
        faults: Faults::default(),
    }
}

pub(super) fn parse(room: Room<'_>) -> Result<Ip<'_>, Undecodable> {
    let bytes = room.bytes;
    let fixed = bytes.first_chunk::<FIXED>().ok_or(Undecodable::Short)?;
    let mut ip = with_fields(fixed, bytes);
    let mut end = FIXED + usize::from(payload_length(fixed));
    if end == FIXED {
        end = length_beyond_the_field(&mut ip, &room);
    }
    if end > room.on_wire
        && matches!(
            room.limit,
            Limit::Frame | Limit::IpLength | Limit::OwnLength
        )
    {
        ip.faults
            .short(Fault::Short6, 4, end, room.on_wire, room.limit);
    }
    let captured = bytes.get(..end).unwrap_or(bytes);
    ip.header = captured;
    let start = if is_extension(ip.protocol) {
        walk(&mut ip, &room, FIXED, end)
    } else {
        FIXED
    };
    if let Some((header, payload)) = captured.split_at_checked(start) {
        ip.header = header;
        ip.payload = payload;
    }
    ip.payload_length = narrow(end.saturating_sub(start));
    if ip
        .fragment
        .is_some_and(|place| place.more && place.offset == 0)
        && !may_hold_upper_header(&ip)
    {
        ip.faults.rule(Fault::HeaderChain, end);
    }
    if captured.len() < end {
        ip.limit = room.limit_at(end);
    }
    Ok(ip)
}

/// Whether the header of the upper layer may end within a first fragment, where all headers have to (RFC
/// 7112 section 5).
#[cold]
fn may_hold_upper_header(ip: &Ip<'_>) -> bool {
    let needed = match ip.protocol {
        protocol::NO_NEXT_HEADER => 0,
        protocol::TCP => {
            let words = u8_at(ip.payload, 12).unwrap_or(0) >> 4;
            (u32::from(words) * 4).max(20)
        }
        protocol::UDP | protocol::UDP_LITE => 8,
        protocol::IPV6_ICMP => 4,
        _ => 1,
    };
    ip.payload_length >= needed
}

/// The jumbo payload option (RFC 2675).
const JUMBO_PAYLOAD: u8 = 0xc2;

/// Where the packet ends if its payload length is 0: by a jumbo payload option (RFC 2675), or, though
/// RFC 8200 section 3 has that count what follows, where the frame does if that is more than padding: a
/// sender left the field to its network card.
fn length_beyond_the_field(ip: &mut Ip<'_>, room: &Room<'_>) -> usize {
    let mut may_be_cut = false;
    if ip.protocol == protocol::HOPOPT {
        let words = usize::from(u8_at(room.bytes, FIXED + 1).unwrap_or(0));
        let header = tail(room.bytes, FIXED);
        let whole = header.get(..(words + 1) * 8);
        may_be_cut = whole.is_none();
        let jumbo = options(whole.unwrap_or(header))
            .find(|option| option.kind == JUMBO_PAYLOAD)
            .and_then(|option| u32_at(option.data, 0));
        if let Some(length) = jumbo {
            ip.length_from_frame = true;
            ip.length = length.saturating_add(narrow(FIXED));
            return usize::try_from(ip.length).unwrap_or(usize::MAX);
        }
    }
    let whole = match room.limit {
        Limit::Quote => room.bytes.len(),
        _ => room.on_wire,
    };
    if ip.protocol == protocol::NO_NEXT_HEADER || whole <= FIXED + PADDING {
        return FIXED;
    }
    if !may_be_cut {
        ip.faults.rule(Fault::PayloadLengthZero, 4);
    }
    ip.length_from_frame = true;
    ip.length = narrow(whole);
    whole
}

/// Steps over the extension headers, which start behind the fixed header, and tells where the upper
/// layer starts. `end` is the packet's as it claims, which its octets, for now all `ip.header`, may
/// not reach.
pub(super) fn walk(ip: &mut Ip<'_>, room: &Room<'_>, fixed: usize, end: usize) -> usize {
    let captured = ip.header;
    let mut at = fixed;
    let missing = |ip: &mut Ip<'_>, at: usize, needed: usize| {
        let limit = if needed > end {
            Limit::IpLength
        } else {
            room.limit_at(needed)
        };
        let fault = match ip.version {
            // There they are data, of which a quote has to hold no more than 8 octets (RFC 792).
            IpVersion::V4 if limit == Limit::Quote && captured.len() >= fixed + 8 => return,
            IpVersion::V4 => Fault::Short,
            IpVersion::V6 => Fault::ExtensionShort,
        };
        ip.faults.short(fault, at, needed, captured.len(), limit);
    };
    while is_extension(ip.protocol) {
        let kind = ip.protocol;
        let Some([next, _]) = array_at(captured, at) else {
            missing(ip, at, at + 8);
            return at + 8;
        };
        if is_payload_itself(kind) && next == protocol::NO_NEXT_HEADER {
            break;
        }
        let header = tail(captured, at);
        let length = extension_length(kind, header);
        let header = header.get(..length).unwrap_or(header);
        match kind {
            protocol::HOPOPT => {
                if at != fixed {
                    ip.faults.rule(Fault::HopByHopPlace, at);
                }
                read_options(ip, header, at);
            }
            protocol::DEST_OPTIONS => read_options(ip, header, at),
            protocol::ROUTE => routing::read(ip, header, at),
            // It is no beginning of what is behind.
            protocol::FRAG if ip.fragment.is_some() && is_later(header) => break,
            protocol::FRAG => {
                // RFC 2675 section 3.
                if ip.length > u32::from(u16::MAX) + u32::from(FIXED_OCTETS) {
                    ip.faults.rule(Fault::JumboFragment, at);
                }
                read_fragment(ip, header);
            }
            protocol::DSR => read_source_routing(ip, header, at),
            _ => {}
        }
        ip.protocol = next;
        if header.len() < length {
            missing(ip, at, at + length);
            return at + length;
        }
        at += length;
        if ip.is_later_fragment() {
            break;
        }
    }
    at
}

fn read_options(ip: &mut Ip<'_>, header: &[u8], at: usize) {
    const ROUTER_ALERT: u8 = 0x05; // RFC 2711
    const HOME_ADDRESS: u8 = 0xc9; // RFC 6275 section 6.3
    const MPL: u8 = 0x6d; // RFC 7731 section 6.1
    const RPL: u8 = 0x23; // RFC 9008 section 4.2
    const OLD_RPL: u8 = 0x63; // RFC 6553 section 3
    const CALIPSO: u8 = 0x07; // RFC 5570 section 5.1
    const METRICS: u8 = 0x0f; // RFC 8250 section 3.3
    let mut walked = 2;
    let mut metrics = 0;
    for option in options(header) {
        match option.kind {
            ROUTER_ALERT => ip.router_alert |= ip.protocol == protocol::HOPOPT,
            // In other headers it is none.
            HOME_ADDRESS if ip.protocol == protocol::DEST_OPTIONS => {
                ip.home_address = array_at::<16>(option.data, 0).map(Ipv6Addr::from);
            }
            JUMBO_PAYLOAD => jumbo(ip, option.data, at),
            // RFC 7731 section 6.1: to be dropped.
            MPL if u8_at(option.data, 0).is_some_and(|flags| flags & 0x10 != 0) => {
                ip.faults.rule(Fault::MplVersion, at + option.start);
            }
            RPL | OLD_RPL if is_projected_with_rank(option.data) => {
                ip.faults.rule(Fault::RplProjected, at + option.start);
            }
            METRICS => {
                metrics += 1;
                if metrics == 2 {
                    ip.faults.rule(Fault::SecondMetrics, at + option.start);
                }
            }
            CALIPSO => {
                if ip.protocol != protocol::HOPOPT {
                    ip.faults.rule(Fault::CalipsoPlace, at + option.start);
                }
                if behind::holds_value(CALIPSO, option.data) {
                    let faults = &mut ip.faults;
                    label::calipso_faults(tail(header, option.start), &mut |place, fault| {
                        faults.rule(fault, at + option.start + place);
                    });
                }
            }
            _ => {}
        }
        walked = option.end;
        if option.end > header.len() {
            break;
        }
        if !behind::holds_value(option.kind, option.data) {
            let length = at + option.start + 1;
            ip.faults.rule(Fault::ExtensionOptionLayout, length);
        }
    }
    let length = usize::from(u8_at(header, 1).unwrap_or(0)) + 1;
    if walked > length * 8 {
        ip.faults.rule(Fault::ExtensionOptionEnd, at);
    }
}

/// Whether the RPL option of a packet on a projected route tells what only those of other packets do (RFC
/// 9914 section 4.2).
fn is_projected_with_rank(data: &[u8]) -> bool {
    const PROJECTED: u8 = 0x10;
    const OTHER_FLAGS: u8 = 0xe0;
    let flags = u8_at(data, 0).unwrap_or(0);
    let rank = u16_at(data, 2).unwrap_or(0);
    flags & PROJECTED != 0 && (flags & OTHER_FLAGS != 0 || rank != 0)
}

/// What RFC 2675 section 3 forbids of a jumbo payload option in the header at `at`.
fn jumbo(ip: &mut Ip<'_>, length: &[u8], at: usize) {
    let is_v6 = ip.version == IpVersion::V6;
    if is_v6 && u16_at(ip.header, 4).is_some_and(|length| length != 0) {
        ip.faults.rule(Fault::JumboBesideLength, at);
    }
    if u32_at(length, 0).is_some_and(|length| length <= u16::MAX.into()) {
        ip.faults.rule(Fault::JumboSmall, at);
    }
}

/// Dynamic source routing (RFC 4728 section 6): `at` is where its header stands.
fn read_source_routing(ip: &mut Ip<'_>, header: &[u8], at: usize) {
    const FIXED: usize = 4;
    let length = source_routing_length(header);
    let mut start = FIXED;
    for option in IpOptions::new(OptionSpace::DynamicSourceRouting, tail(header, FIXED)) {
        let stated = option.stated();
        if start + stated > length {
            ip.faults.rule(Fault::OptionEnd, at + start + 1);
        } else if !option.fits() {
            ip.faults.rule(Fault::OptionLayout, at + start + 1);
        }
        start += stated;
    }
}

/// What follows the fragment header within `header`, an IPv6 header with its extension headers, or
/// all of these where none is a fragment header.
pub(super) fn fragmentable_headers(header: &[u8]) -> Option<&[u8]> {
    let mut kind = u8_at(header, 6)?;
    let mut at = FIXED;
    while is_extension(kind) {
        let next = u8_at(header, at)?;
        at += extension_length(kind, tail(header, at));
        if kind == protocol::FRAG {
            return header.get(at..);
        }
        kind = next;
    }
    header.get(FIXED..)
}

/// The fragment header within `header`; none where the link fragments.
fn fragment_header(header: &[u8]) -> Option<&[u8; 8]> {
    let end = header
        .len()
        .checked_sub(fragmentable_headers(header)?.len())?;
    (header.get(FIXED..end)?).last_chunk()
}

/// What follows the unfragmentable part, as the fragment header in `header` names it.
pub(super) fn named_by_fragment_header(header: &[u8]) -> Option<u8> {
    fragment_header(header)?.first().copied()
}

/// The identification in the fragment header.
pub(super) fn fragment_id(header: &[u8]) -> Option<u32> {
    u32_at(fragment_header(header)?, 4)
}

/// The place that it tells.
pub(super) fn fragment(header: &[u8]) -> Option<Fragment> {
    let word = u16_at(fragment_header(header)?, 2)?;
    Some(Fragment::of_header(word)).filter(|place| !place.is_atomic())
}

fn is_later(header: &[u8]) -> bool {
    u16_at(header, 2).is_some_and(|word| Fragment::of_header(word).offset > 0)
}

/// RFC 8200 section 4.5. A fragment that is all of its packet (RFC 6946) counts as none. One within another
/// leaves the place and the identification of that.
fn read_fragment(ip: &mut Ip<'_>, header: &[u8]) {
    if ip.fragment.is_some() {
        return;
    }
    if let Some(word) = u16_at(header, 2) {
        ip.fragment = Some(Fragment::of_header(word)).filter(|place| !place.is_atomic());
    }
    ip.id = u32_at(header, 4);
}

/// An option of a hop-by-hop or destination options header (RFC 8200 section 4.2).
struct OptionTlv<'a> {
    kind: u8,
    /// Where it starts, from the start of the extension header.
    start: usize,
    data: &'a [u8],
    /// Where it ends by its own length.
    end: usize,
}

fn options(header: &[u8]) -> impl Iterator<Item = OptionTlv<'_>> {
    let mut at = 2;
    std::iter::from_fn(move || {
        loop {
            let kind = u8_at(header, at)?;
            if kind == 0 {
                at += 1; // Pad1 is a single octet
                continue;
            }
            let start = at;
            let end = start + 2 + usize::from(u8_at(header, at + 1)?);
            at = end;
            return Some(OptionTlv {
                kind,
                start,
                data: header.get(start + 2..end).unwrap_or_default(),
                end,
            });
        }
    })
}

/// Whether octets begin with a whole header of hop-by-hop options: they end where it does, and it names
/// something else.
pub(super) fn is_hop_by_hop(octets: &[u8]) -> bool {
    let length = extension_length(protocol::HOPOPT, octets);
    let Some(header) = octets.get(..length) else {
        return false;
    };
    let fits = |option: OptionTlv<'_>| {
        option.end <= length && behind::holds_value(option.kind, option.data)
    };
    header.first() != Some(&protocol::HOPOPT) && options(header).all(fits)
}

/// Length of an extension header by its kind and its length field.
pub(super) fn extension_length(kind: u8, header: &[u8]) -> usize {
    let field = u8_at(header, 1).unwrap_or(0);
    match kind {
        protocol::FRAG => 8,
        protocol::AH => (usize::from(field) + 2) * 4,
        protocol::DSR => source_routing_length(header),
        _ => (usize::from(field) + 1) * 8,
    }
}

/// RFC 4728 sections 6.1 and 6.9: options behind four octets, or the identifier of a flow in them.
fn source_routing_length(header: &[u8]) -> usize {
    const FIXED: usize = 4;
    const FLOW_STATE: u8 = 0x80;
    match u8_at(header, 1) {
        Some(flags) if flags & FLOW_STATE == 0 => {
            FIXED + usize::from(u16_at(header, 2).unwrap_or(0))
        }
        _ => FIXED,
    }
}

pub(in crate::wire) fn is_extension(protocol: u8) -> bool {
    matches!(
        protocol,
        protocol::HOPOPT
            | protocol::ROUTE
            | protocol::FRAG
            | protocol::DSR
            | protocol::AH
            | protocol::DEST_OPTIONS
            | protocol::MOBILITY
            | protocol::HIP
            | protocol::SHIM6
    )
}

/// Headers that are messages of their own: with nothing behind them they are the upper layer.
pub(super) fn is_payload_itself(protocol: u8) -> bool {
    matches!(
        protocol,
        protocol::MOBILITY | protocol::HIP | protocol::SHIM6
    )
}
