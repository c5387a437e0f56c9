//! Packets in several of X.25's, of which all but the last tell that more follows (ITU-T X.25 section
//! 4.3.4).

use super::unit::{Begin, Carried, Plan, Unit};
use super::units::Units;
use super::{Point, Streams};
use crate::model::{AddrPair, Frame};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::link::linktype;
use crate::wire::tunnel::{self, X25Data};
use crate::wire::{ChecksumStatus, Packet, checksum};

/// One way of a logical channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    point: Point,
    ends: Ends,
    channel: u16,
}

/// What tells the stations apart, and the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ends {
    /// The first octets of the frame: addresses.
    Link([u8; 12]),
    /// Addresses and ports.
    Tcp(AddrPair, u32),
}

/// A packet of which more is to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circuit {
    unit: Unit,
    /// The number of the next data.
    next: u8,
}

/// Data of X.25 in `frame`, or in the message of `packet` that is meant, and tunnels around them.
fn data_in<'a>(frame: &Frame<'a>, packet: Option<&Packet<'a>>) -> Option<(Ends, X25Data<'a>, u8)> {
    match packet {
        None => {
            let mut addresses = [0; 12];
            let octets = match frame.link {
                linktype::ETHERNET => 12,
                // Up to what numbers frames.
                linktype::SITA => 6,
                linktype::LAPD | linktype::LINUX_LAPD => 2,
                _ => 0,
            };
            let there = frame.data.get(..octets).unwrap_or_default();
            for (place, octet) in addresses.iter_mut().zip(there) {
                *place = *octet;
            }
            Some((Ends::Link(addresses), tunnel::x25_in_frame(frame)?, 1))
        }
        Some(packet) => {
            let data = tunnel::x25_in_message(&packet.ip, frame.place()?)?;
            let ports = u32_at(packet.ip.payload, 0)?;
            let depth = u8::try_from(packet.tunnels.len()).ok()? + 2;
            Some((Ends::Tcp(packet.ip.addrs, ports), data, depth))
        }
    }
}

/// Takes what `frame` has of such a packet.
pub(super) fn take(
    streams: &mut Streams,
    frame: &Frame<'_>,
    packet: Option<&Packet<'_>>,
    into: &mut Units,
) {
    let Some((ends, data, depth)) = data_in(frame, packet) else {
        return;
    };
    let place = Place {
        point: Point::of(frame),
        ends,
        channel: data.channel,
    };
    let open = (streams.x25.get(&place)).filter(|circuit| circuit.next == data.number);
    streams.x25.remove(&place);
    if open.is_none() && !data.more {
        return;
    }
    into.depth = depth;
    let mut unit = open.map_or_else(
        || {
            streams.units += 1;
            Unit::new(streams.units)
        },
        |circuit| circuit.unit,
    );
    if unit.take(data.octets, begin, into).is_none() {
        return;
    }
    if frame.is_cut() {
        into.cut();
    } else if data.more && unit.may_carry() && !unit.is_over() {
        let next = data.number.wrapping_add(1) & data.last_number;
        streams.x25.set(place, Circuit { unit, next });
    }
}

/// What a packet is that begins so, perhaps behind what tells its protocol (RFC 1356 section 3.2).
fn begin(head: &[u8]) -> Begin {
    const IPV4: usize = 20;
    const IPV6: usize = 40;
    const MULTICAST: u8 = 0xff;
    let Some(before) = tunnel::x25_identifier(head) else {
        return Begin::Open;
    };
    let packet = tail(head, before);
    let header = match u8_at(packet, 0) {
        None => return Begin::Open,
        Some(first) if first >> 4 == 4 => usize::from(first & 0x0f) * 4,
        Some(first) if first >> 4 == 6 => IPV6,
        Some(_) => return Begin::Nothing,
    };
    let Some(there) = packet.get(..header.max(IPV4)) else {
        return Begin::Open;
    };
    let octets = if header == IPV6 {
        // An address of a sender is none of a group.
        let is_sender = array_at(there, 8).is_some_and(|[first]: [u8; 1]| first != MULTICAST);
        u16_at(there, 4)
            .filter(|_| is_sender)
            .map(|length| IPV6 + usize::from(length))
    } else {
        let is_good = checksum::ipv4_header(there).status == ChecksumStatus::Good;
        u16_at(there, 2).map(usize::from).filter(|_| is_good)
    };
    match octets {
        Some(octets) if octets > header => Begin::Unit(Plan {
            before,
            octets,
            behind: 0,
            carries: Some(Carried::alone(linktype::RAW)),
        }),
        _ => Begin::Nothing,
    }
}
