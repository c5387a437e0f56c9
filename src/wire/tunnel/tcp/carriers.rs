//! Tunnels whose packets travel in messages of TCP: Fibre Channel, GPRS, `ZigBee`, `EtherCAT`.

use super::Start;
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::{self, LinkHeader, linktype};
use crate::wire::tunnel::header::ethernet;
use crate::wire::tunnel::udp::certain;
use crate::wire::tunnel::{TunnelKind, mobile, zep};

/// What is behind the header of a message: its kind, and where that leads to.
pub(super) type Inside = (TunnelKind, LinkHeader);

/// Octets of what encapsulates Fibre Channel, of the words that a frame starts and ends with, and of the
/// frame's check sequence.
const ENCAPSULATION: usize = 28;
const DELIMITER: usize = 4;
const CHECK_SEQUENCE: usize = 4;

/// Protocols of Fibre Channel by their numbers in its encapsulation (RFC 3643 section 3.1).
pub(super) const FCIP: u8 = 1;
pub(super) const IFCP: u8 = 2;

/// RFC 3643 section 3.1: a version, both with their complements, in words the length of all; RFC 3821
/// section 5.6.1: what FCIP's entities say to each other is marked.
pub(super) fn fibre_channel_start(octets: &[u8], protocol: u8) -> Start {
    const VERSION: u8 = 1;
    const LENGTH: u16 = 0x03ff;
    const UP_TO_LENGTH: usize = 16;
    const SPECIAL: u8 = 0x01;
    let expected = [protocol, VERSION, !protocol, !VERSION];
    let known = octets.get(..expected.len()).unwrap_or(octets);
    if !expected.starts_with(known) {
        return Start::None;
    }
    let (Some(length), Some(inverted)) = (u16_at(octets, 12), u16_at(octets, 14)) else {
        return Start::Short(UP_TO_LENGTH);
    };
    let length = usize::from(length & LENGTH) * 4;
    let is_whole = length > ENCAPSULATION + 2 * DELIMITER;
    if !is_whole || usize::from(!inverted & LENGTH) * 4 != length {
        return Start::None;
    }
    let flags = u8_at(octets, 8).unwrap_or(0);
    if protocol == FCIP && flags & SPECIAL != 0 {
        Start::Other(length)
    } else {
        Start::Holds(length)
    }
}

/// The frame between the words that it starts and ends with.
pub(super) fn fibre_channel(message: &[u8], on_wire: usize, kind: TunnelKind) -> Option<Inside> {
    let end = on_wire.checked_sub(DELIMITER + CHECK_SEQUENCE)?;
    let frame = message.get(..end).unwrap_or(message);
    let inside = link::dispatch(linktype::FC_2, frame, ENCAPSULATION + DELIMITER).ok()?;
    Some((kind, inside))
}

/// What stands behind a frame of Fibre Channel in its message.
pub(super) const BEHIND_FIBRE_CHANNEL: usize = DELIMITER + CHECK_SEQUENCE;

/// GTP of each version: which octets its length counts differs (GSM 09.60 section 6, 3GPP TS 29.281
/// section 5.1, TS 29.274 section 5.1).
pub(super) fn gtp_start(octets: &[u8]) -> Start {
    const USER_DATA: u8 = 255;
    const PROTOCOL_TYPE: u8 = 0x10;
    let header = match u8_at(octets, 0) {
        None => return Start::Short(4),
        Some(flags) if flags >> 5 <= 1 && flags & PROTOCOL_TYPE == 0 => return Start::None,
        Some(flags) => match flags >> 5 {
            0 => 20,
            1 => 8,
            2 => 4,
            _ => return Start::None,
        },
    };
    let (Some(kind), Some(length)) = (u8_at(octets, 1), u16_at(octets, 2)) else {
        return Start::Short(4);
    };
    let length = header + usize::from(length);
    match kind {
        USER_DATA if header > 4 => Start::Holds(length),
        _ => Start::Other(length),
    }
}

/// No specification has IP packets there, so one is to be told by itself.
pub(super) fn gtp(message: &[u8]) -> Option<Inside> {
    let (kind, inside) = mobile::gtp(message)?;
    certain(message, kind, inside)
}

/// Transport, version, the length of all, what it is for.
pub(super) fn scop_start(octets: &[u8]) -> Start {
    const HEADER: usize = 5;
    const TRANSPORTS: std::ops::RangeInclusive<u8> = 1..=3;
    const BRIDGE: u8 = 1;
    match array_at(octets, 0) {
        Some([transport, _, high, low, service]) => {
            let length = usize::from(u16::from_be_bytes([high, low]));
            if !TRANSPORTS.contains(&transport) || length < HEADER {
                Start::None
            } else if service == BRIDGE {
                Start::Holds(length)
            } else {
                Start::Other(length)
            }
        }
        None if u8_at(octets, 0).is_some_and(|transport| !TRANSPORTS.contains(&transport)) => {
            Start::None
        }
        None => Start::Short(HEADER),
    }
}

pub(super) fn scop(message: &[u8]) -> Option<Inside> {
    zep::sniffed(zep::SCOP, message)
}

/// A length of 11 bits, and what follows (IEC 61158-4-12).
pub(super) fn ethercat_start(octets: &[u8]) -> Start {
    const HEADER: usize = 2;
    const LENGTH: u16 = 0x07ff;
    const COMMANDS: u16 = 1;
    const VARIABLES: u16 = 4;
    const MAILBOX: u16 = 5;
    let Some(header) = array_at(octets, 0).map(u16::from_le_bytes) else {
        return Start::Short(HEADER);
    };
    let length = usize::from(header & LENGTH);
    match header >> 12 {
        _ if length == 0 => Start::None,
        COMMANDS | MAILBOX => Start::Holds(HEADER + length),
        VARIABLES => Start::Other(HEADER + length),
        _ => Start::None,
    }
}

pub(super) fn ethercat(message: &[u8]) -> Option<Inside> {
    let start = link::in_ethercat(message).ok()??;
    Some((TunnelKind::EtherCat, ethernet(message, start)?))
}
