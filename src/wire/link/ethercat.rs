//! `EtherCAT` (IEC 61158-4-12), and frames of Ethernet in the mailboxes of its devices.

use std::iter;
use std::ops::Range;

use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at};

/// Octets of the header: a length, and what follows.
pub(in crate::wire) const HEADER: usize = 2;

/// The kind of what has datagrams.
const COMMANDS: u16 = 1;
/// Bits of a length, of all or of a datagram.
const LENGTH: u16 = 0x07ff;

/// Octets before a frame: in a mailbox that a datagram reads or writes, or in a mailbox alone, as gateways
/// have it (ETG.8200). The first one leads on.
pub(crate) fn in_ethercat(data: &[u8]) -> Result<Option<usize>, Undecodable> {
    const MAILBOX: u16 = 5;
    let begins = le16(data, 0)?;
    match begins >> 12 {
        COMMANDS => {
            for datagram in datagrams(data) {
                if let Some(frame) = datagram?.frame {
                    return Ok(Some(frame));
                }
            }
            Ok(None)
        }
        MAILBOX => in_mailbox(data, HEADER, usize::from(begins & LENGTH)),
        _ => Ok(None),
    }
}

/// Where the datagrams are that have a frame each.
pub(in crate::wire) fn datagrams_with_frames(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let has_some = le16(data, 0).is_ok_and(|begins| begins >> 12 == COMMANDS);
    datagrams(data)
        .filter(move |_| has_some)
        .map_while(Result::ok)
        .filter(|datagram| datagram.frame.is_some())
        .map(|datagram| datagram.place)
}

struct Datagram {
    place: Range<usize>,
    /// Where a frame in it starts.
    frame: Option<usize>,
}

/// The datagrams, up to one that was cut.
fn datagrams(data: &[u8]) -> impl Iterator<Item = Result<Datagram, Undecodable>> {
    const MORE: u16 = 0x8000;
    let mut next = Some(HEADER);
    iter::from_fn(move || {
        let start = next.take()?;
        Some(datagram(data, start).map(|(datagram, length)| {
            next = (length & MORE != 0).then_some(datagram.place.end);
            datagram
        }))
    })
}

/// The datagram that starts there, and the field that tells its length: a header, data, and how many
/// devices answered.
fn datagram(data: &[u8], start: usize) -> Result<(Datagram, u16), Undecodable> {
    const DATAGRAM: usize = 10;
    const WORKING_COUNTER: usize = 2;
    /// Commands that read or write by an address of a device or a physical one.
    const PHYSICAL: std::ops::RangeInclusive<u8> = 1..=6;
    const READ: [u8; 2] = [1, 4];
    /// Below it are the registers.
    const MEMORY: u16 = 0x1000;
    let command = u8_at(data, start).ok_or(Undecodable::Short)?;
    let offset = le16(data, start + 4)?;
    let length = le16(data, start + 6)?;
    let octets = usize::from(length & LENGTH);
    let behind = start + DATAGRAM + octets;
    // What nobody answered holds nothing that was read.
    let is_unread = READ.contains(&command) && array_at(data, behind) == Some([0; WORKING_COUNTER]);
    let frame = if PHYSICAL.contains(&command) && offset >= MEMORY && !is_unread {
        in_mailbox(data, start + DATAGRAM, octets)?
    } else {
        None
    };
    let place = start..behind + WORKING_COUNTER;
    Ok((Datagram { place, frame }, length))
}

/// Where the frame of Ethernet starts that a mailbox of so many octets carries whole (ETG.1000.6 section
/// 5.7): a header that tells length and protocol, then one that tells which fragment this is.
fn in_mailbox(data: &[u8], at: usize, octets: usize) -> Result<Option<usize>, Undecodable> {
    const HEADER: usize = 6;
    const FRAGMENT_HEADER: usize = 4;
    const ETHERNET: u8 = 2;
    const FRAGMENT: u16 = 0;
    const LAST: u16 = 0x0100;
    const NUMBER: u16 = 0x003f;
    let length = usize::from(le16(data, at)?);
    if length < FRAGMENT_HEADER || HEADER + length > octets {
        return Ok(None);
    }
    let protocol = u8_at(data, at + 5).ok_or(Undecodable::Short)? & 0x0f;
    let kind = le16(data, at + HEADER)?;
    let place = le16(data, at + HEADER + 2)?;
    let is_frame =
        protocol == ETHERNET && kind & 0x0f == FRAGMENT && kind & LAST != 0 && place & NUMBER == 0;
    Ok(is_frame.then_some(at + HEADER + FRAGMENT_HEADER))
}

fn le16(data: &[u8], at: usize) -> Result<u16, Undecodable> {
    let octets = array_at(data, at).ok_or(Undecodable::Short)?;
    Ok(u16::from_le_bytes(octets))
}
