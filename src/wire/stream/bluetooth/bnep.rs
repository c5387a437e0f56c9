//! The network encapsulation protocol (BNEP 1.0 section 2.4): a type, the addresses that are not those of
//! the connection, an EtherType, perhaps headers that extend it, and what a frame of Ethernet would
//! have.

use super::super::unit::{Begin, Carried, Plan, Unit};
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::linktype;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const ADDRESS: usize = 6;

/// What a unit of so many octets is that begins with these.
pub(super) fn begin(head: &[u8], of: usize) -> Begin {
    let skipped = Begin::Unit(Plan::skipped(of));
    match read(head) {
        // It has no place for more.
        Read::Open if head.len() >= of.min(Unit::HEAD) => skipped,
        Read::Open => Begin::Open,
        Read::Other => skipped,
        Read::Frame(carried, before) => of.checked_sub(before).map_or(skipped, |octets| {
            Begin::Unit(Plan {
                before,
                octets,
                behind: 0,
                carries: Some(carried),
            })
        }),
    }
}

/// The same where nothing but these octets tells that it is one: its length is that of the IP packet in
/// it.
pub(super) fn begin_certain(head: &[u8], of: usize) -> Begin {
    let begin = begin(head, of);
    let Begin::Unit(plan) = begin else {
        return begin;
    };
    let skipped = Begin::Unit(Plan::skipped(of));
    let is_ip = (plan.carries).is_some_and(|carried| carried.link == linktype::RAW);
    if !is_ip {
        return skipped;
    }
    let packet = plan.before;
    let octets = match u8_at(head, packet).map(|first| first >> 4) {
        None => None,
        Some(4) => u16_at(head, packet + 2).map(usize::from),
        Some(6) => u16_at(head, packet + 4).map(|octets| 40 + usize::from(octets)),
        Some(_) => return skipped,
    };
    match octets {
        None if head.len() >= of.min(Unit::HEAD) => skipped,
        None => Begin::Open,
        Some(octets) if octets == plan.octets => begin,
        Some(_) => skipped,
    }
}

/// What a unit is that begins so.
enum Read {
    /// More octets tell.
    Open,
    /// It has no frame.
    Other,
    /// A frame behind so many octets.
    Frame(Carried, usize),
}

fn read(head: &[u8]) -> Read {
    const EXTENDED: u8 = 0x80;
    const GENERAL: u8 = 0;
    const COMPRESSED: u8 = 2;
    const SOURCE: u8 = 3;
    const DESTINATION: u8 = 4;
    let Some(kind) = u8_at(head, 0) else {
        return Read::Open;
    };
    let (dst, src) = match kind & !EXTENDED {
        GENERAL => (Some(1), Some(1 + ADDRESS)),
        COMPRESSED => (None, None),
        SOURCE => (None, Some(1)),
        DESTINATION => (Some(1), None),
        _ => return Read::Other,
    };
    let addresses = [dst, src].into_iter().flatten().count() * ADDRESS;
    let Some(ether_type) = u16_at(head, 1 + addresses) else {
        return Read::Open;
    };
    let mut before = 1 + addresses + 2;
    let mut more = kind & EXTENDED != 0;
    while more {
        let Some([kind, length]) = array_at(head, before) else {
            return Read::Open;
        };
        more = kind & EXTENDED != 0;
        before += 2 + usize::from(length);
    }
    if matches!(ether_type, IPV4 | IPV6) {
        return Read::Frame(Carried::alone(linktype::RAW), before);
    }
    // An address of the connection is not sent.
    let address = |at: Option<usize>| -> [u8; ADDRESS] {
        at.and_then(|at| array_at(head, at)).unwrap_or_default()
    };
    Read::Frame(
        Carried::of_ethernet(address(dst), address(src), ether_type),
        before,
    )
}
