//! Units of the network encapsulation protocol: a header, and what a frame of Ethernet would have.

use super::super::unit::{Begin, Carried, Plan, Unit};
use crate::wire::Undecodable;
use crate::wire::bytes::tail;
use crate::wire::ip::stated_length;
use crate::wire::link::{Bnep, linktype};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What a unit of so many octets is that begins with these.
pub(super) fn begin(head: &[u8], of: usize) -> Begin {
    let skipped = Begin::Unit(Plan::skipped(of));
    match Bnep::parse(head) {
        Err(Undecodable::Short) if head.len() < of.min(Unit::HEAD) => Begin::Open,
        // It has no place for more, or no frame.
        Err(_) => skipped,
        Ok(header) => of.checked_sub(header.octets).map_or(skipped, |octets| {
            Begin::Unit(Plan {
                before: header.octets,
                octets,
                behind: 0,
                carries: Some(carried(&header)),
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
    match stated_length(tail(head, plan.before)) {
        Err(Undecodable::Short) if head.len() < of.min(Unit::HEAD) => Begin::Open,
        Ok(octets) if octets == plan.octets => begin,
        _ => skipped,
    }
}

/// What a frame carries behind this header. An address of the connection is not sent.
fn carried(header: &Bnep) -> Carried {
    match header.ether_type {
        IPV4 | IPV6 => Carried::alone(linktype::RAW),
        kind => {
            let [dst, src] = [header.dst, header.src].map(Option::unwrap_or_default);
            Carried::of_ethernet(dst, src, kind)
        }
    }
}
