//! The IPv4 header (RFC 791).

use super::behind;
use super::fault::{Fault, Faults};
use super::mended::mended;
use super::{Fragmentation, HeaderOrigin, Ip, IpVersion, Room, label, narrow, protocol, v6};
use crate::model::UnknownPrefix;
use crate::model::flow::AddrBits;
use crate::wire::Undecodable;
use crate::wire::bytes::{tail, u8_at};
use crate::wire::defect::Limit;

/// Octets of the header without options.
pub(super) const FIXED: usize = 20;

/// Reads an ordinary packet: no options, nothing wrong with the lengths, ICMP or a transport right
/// behind the header. For the rest, `None`, there is [`parse`]; this is apart from it only because
/// a packet whose address no other function gets need not be copied.
#[inline]
pub(super) fn parse_ordinary(room: Room<'_>) -> Option<Ip<'_>> {
    const NO_OPTIONS: u8 = 0x45;
    let fixed = room.bytes.first_chunk::<FIXED>()?;
    let end = usize::from(total_length(fixed));
    if fixed[0] != NO_OPTIONS || end < FIXED || end > room.on_wire || v6::is_extension(fixed[9]) {
        return None;
    }
    let captured = room.bytes.get(..end).unwrap_or(room.bytes);
    let (header, payload) = captured.split_at_checked(FIXED)?;
    let lengths = Lengths {
        header,
        payload,
        payload_length: narrow(end - FIXED),
        limit: if captured.len() < end {
            Limit::Capture
        } else {
            Limit::IpLength
        },
    };
    Some(with_fields(fixed, lengths))
}

/// What the lengths of a packet come to.
#[derive(Clone, Copy)]
struct Lengths<'a> {
    header: &'a [u8],
    payload: &'a [u8],
    payload_length: u32,
    limit: Limit,
}

pub(super) fn total_length(fixed: &[u8; FIXED]) -> u16 {
    u16::from_be_bytes([fixed[2], fixed[3]])
}

/// The packet that the fixed header's fields tell of.
#[inline]
fn with_fields<'a>(fixed: &[u8; FIXED], lengths: Lengths<'a>) -> Ip<'a> {
    let word = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let long = |at: usize| u32::from(word(at)) << 16 | u32::from(word(at + 2));
    let fragmentation = Fragmentation::of(word(6));
    Ip {
        version: IpVersion::V4,
        addrs: AddrBits::v4(long(12), long(16)).pair_v4(),
        ttl: fixed[8],
        traffic_class: fixed[1],
        id: Some(u32::from(word(4))),
        flow_label: 0,
        dont_fragment: fragmentation.dont_fragment,
        fragment: fragmentation.fragment,
        protocol: fixed[9],
        length: u32::from(total_length(fixed)),
        length_from_frame: false,
        header: lengths.header,
        payload: lengths.payload,
        payload_length: lengths.payload_length,
        limit: lengths.limit,
        final_destination: None,
        home_address: None,
        router_alert: false,
        unknown_prefix: UnknownPrefix::default(),
        origin: HeaderOrigin::Captured,
        faults: Faults::default(),
    }
}

pub(super) fn parse(room: Room<'_>) -> Result<Ip<'_>, Undecodable> {
    let fixed = room
        .bytes
        .first_chunk::<FIXED>()
        .ok_or(Undecodable::Short)?;
    if room.limit == Limit::Quote
        && let Some((before, damage)) = mended(&room, fixed)
    {
        let mut ip = parse_with(room, &before)?;
        for (fault, at) in damage.faults() {
            ip.faults.rule(fault, at);
        }
        return Ok(ip);
    }
    parse_with(room, fixed)
}

/// Reads the packet with this fixed header in place of the one that is there.
pub(super) fn parse_with<'a>(room: Room<'a>, fixed: &[u8; FIXED]) -> Result<Ip<'a>, Undecodable> {
    let bytes = room.bytes;
    let mut faults = Faults::default();

    let mut header_length = usize::from(fixed[0] & 0x0f) * 4;
    if header_length < FIXED {
        if room.limit != Limit::Quote {
            return Err(Undecodable::Malformed);
        }
        faults.rule(Fault::HeaderLength, 0);
        header_length = FIXED;
    }

    let total = usize::from(total_length(fixed));
    let length_from_frame = total == 0;
    let end = if length_from_frame {
        if !matches!(room.limit, Limit::Frame | Limit::Capture) {
            faults.rule(Fault::TotalLengthZero, 2);
        }
        room.on_wire.max(header_length)
    } else if total < header_length || total < quoted_minimum(&room, header_length, fixed) {
        faults.rule(Fault::TotalLengthSmall, 2);
        if room.limit == Limit::Quote {
            bytes.len().max(header_length)
        } else {
            header_length
        }
    } else {
        if total > room.on_wire
            && matches!(
                room.limit,
                Limit::Frame | Limit::IpLength | Limit::OwnLength
            )
        {
            faults.short(Fault::Short, 2, total, room.on_wire, room.limit);
        }
        total
    };

    let captured = bytes.get(..end).unwrap_or(bytes);
    let lengths = Lengths {
        header: captured,
        payload: &[],
        payload_length: 0,
        limit: if captured.len() < end {
            room.limit_at(end)
        } else {
            Limit::IpLength
        },
    };
    let mut ip = Ip {
        length_from_frame,
        faults,
        ..with_fields(fixed, lengths)
    };
    if length_from_frame {
        ip.length = narrow(end);
    }
    if header_length > FIXED {
        walk_options(&mut ip, &room, header_length);
    }
    if v6::is_extension(ip.protocol) && !ip.is_later_fragment() {
        header_length = behind_extensions(&mut ip, &room, header_length, end);
    }
    if let Some((header, payload)) = captured.split_at_checked(header_length) {
        ip.header = header;
        ip.payload = payload;
    }
    ip.payload_length = narrow(end.saturating_sub(header_length));
    Ok(ip)
}

/// The least total length that the transport of a quoted packet allows. Some stacks took the
/// header's length off the field before they quoted it: then the octets that are there count.
fn quoted_minimum(room: &Room<'_>, header_length: usize, fixed: &[u8; FIXED]) -> usize {
    let is_fragment = fixed[6] & 0x3f != 0 || fixed[7] != 0;
    if room.limit != Limit::Quote || is_fragment {
        return 0;
    }
    let transport = match fixed[9] {
        protocol::TCP => 20,
        protocol::UDP | protocol::ICMP | protocol::UDP_LITE => 8,
        _ => 0,
    };
    header_length + transport
}

fn walk_options(ip: &mut Ip<'_>, room: &Room<'_>, header_length: usize) {
    const RECORD_ROUTE: u8 = 7;
    const LOOSE_ROUTE: u8 = 131;
    const STRICT_ROUTE: u8 = 137;
    const SECURITY: u8 = 130;
    const ROUTER_ALERT: u8 = 148; // RFC 2113
    let Some(options) = ip.header.get(FIXED..header_length.min(ip.header.len())) else {
        return;
    };
    if ip.header.len() < header_length {
        ip.faults.short(
            Fault::Short,
            FIXED,
            header_length,
            ip.header.len(),
            room.limit_at(header_length),
        );
    }
    let mut at = 0;
    let (mut source_routes, mut record_routes, mut labels) = (0, 0, 0);
    while let Some(kind) = u8_at(options, at) {
        match kind {
            0 => break,
            1 => at += 1,
            _ => {
                ip.router_alert |= kind == ROUTER_ALERT;
                let Some(length) = u8_at(options, at + 1) else {
                    break;
                };
                let length = usize::from(length);
                if length < 2 {
                    ip.faults.rule(Fault::OptionLength, FIXED + at + 1);
                    break;
                }
                if at + length > header_length - FIXED {
                    ip.faults.rule(Fault::OptionEnd, FIXED + at + 1);
                    break;
                }
                if !points_to_entry(kind, u8_at(options, at + 2)) {
                    ip.faults.rule(Fault::RoutePointer, FIXED + at + 2);
                }
                if !behind::holds_entries(kind, length, u8_at(options, at + 3)) {
                    ip.faults.rule(Fault::OptionLayout, FIXED + at + 1);
                }
                if let Some(label) = options.get(at..at + length)
                    && kind == SECURITY
                {
                    let faults = &mut ip.faults;
                    label::security_faults(label, &mut |place, fault| {
                        faults.rule(fault, FIXED + at + place);
                    });
                }
                // RFC 1122 section 3.2.1.8 and RFC 791 section 3.1, RFC 1108 section 2.
                let once = match kind {
                    LOOSE_ROUTE | STRICT_ROUTE => {
                        Some((&mut source_routes, Fault::SecondSourceRoute))
                    }
                    RECORD_ROUTE => Some((&mut record_routes, Fault::SecondRecordRoute)),
                    SECURITY => Some((&mut labels, Fault::SecondSecurity)),
                    _ => None,
                };
                if let Some((count, fault)) = once {
                    *count += 1;
                    if *count == 2 {
                        ip.faults.rule(fault, FIXED + at);
                    }
                }
                at += length;
            }
        }
    }
}

/// Whether the pointer of an option that is filled in on the way can be right: it counts from 1 at
/// the option's type, and entries have 4 octets behind 3 or 4 (RFC 791 section 3.1).
fn points_to_entry(kind: u8, pointer: Option<u8>) -> bool {
    match (kind, pointer) {
        (7 | 131 | 137, Some(pointer)) => pointer >= 4 && pointer.is_multiple_of(4),
        (68, Some(pointer)) => pointer >= 5 && pointer % 4 == 1,
        _ => true,
    }
}

/// Steps over authentication headers (RFC 4302), those of HIP (RFC 7401 section 5.1) and of dynamic
/// source routing (RFC 4728), which stand before what they name, and over headers that only IPv6 has.
#[cold]
fn behind_extensions(ip: &mut Ip<'_>, room: &Room<'_>, at: usize, end: usize) -> usize {
    if is_foreign(ip.protocol) {
        ip.faults.rule(Fault::ForeignExtension, 9);
        // Number 0 stands in IPv4 before anything, but for a packet that was made as one of IPv6.
        if ip.protocol == protocol::HOPOPT && !v6::is_hop_by_hop(tail(ip.header, at)) {
            return at;
        }
    }
    let (own, id) = (ip.fragment, ip.id);
    let behind = v6::walk(ip, room, at, end);
    // What these say counts for IPv6 alone.
    (ip.fragment, ip.id) = (own.or(ip.fragment), id);
    (ip.home_address, ip.final_destination) = (None, None);
    behind
}

/// What is behind options in all that counts as header.
pub(super) fn extension_headers(header: &[u8]) -> Option<&[u8]> {
    let words = header.first()? & 0x0f;
    header.get((usize::from(words) * 4).max(FIXED)..)
}

/// Extension headers that IPv4 does not have.
pub(super) fn is_foreign(protocol: u8) -> bool {
    v6::is_extension(protocol) && !matches!(protocol, protocol::AH | protocol::HIP | protocol::DSR)
}
