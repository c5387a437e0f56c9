//! Unidirectional lightweight encapsulation (ULE, RFC 4326): a length, a type, perhaps a destination,
//! headers that extend it, the packet, and a check of 32 bits.

use super::unit::{Begin, Carried, Plan, Unit};
use crate::wire::bytes::{array_at, tail, u16_at};
use crate::wire::ip::stated_length;
use crate::wire::link::{self, Network, linktype};
use crate::wire::piece::Header;

/// Octets of length and type.
const BASE: usize = 4;
const CHECK: usize = 4;
const ADDRESS: usize = 6;
/// The first type that is an EtherType (section 4.4); those below it are of extension headers.
const ETHER_TYPES: u16 = 0x0600;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What a unit is that begins with these octets (section 4).
pub(super) fn begin(head: &[u8]) -> Begin {
    const ABSENT: u16 = 0x8000;
    const END: u16 = 0xffff;
    /// Frames of Ethernet (section 5.1).
    const BRIDGED: u16 = 1;
    let Some(first) = u16_at(head, 0) else {
        return Begin::Open;
    };
    let total = BASE + usize::from(first & !ABSENT);
    let mut before = if first & ABSENT == 0 {
        BASE + ADDRESS
    } else {
        BASE
    };
    if first == END || total < before + CHECK {
        return Begin::Nothing;
    }
    // A destination stands between the type and what that announces.
    let mut kind = u16_at(head, BASE - 2);
    let carried = loop {
        let Some(number) = kind else {
            return more(head, total);
        };
        let words = usize::from(number >> 8);
        match number {
            IPV4 | IPV6 => break Carried::alone(linktype::RAW),
            ETHER_TYPES.. => break of_ether_type(head, before, number),
            BRIDGED => break Carried::alone(linktype::ETHERNET),
            // Tests, and units in units (RFC 5163).
            _ if words == 0 => return Begin::Unit(Plan::skipped(total)),
            // Section 5.2: the type of what follows is the last word of a header.
            _ => {
                before += 2 * words;
                kind = u16_at(head, before - 2);
            }
        }
    };
    let Some(octets) = total.checked_sub(before + CHECK) else {
        return Begin::Unit(Plan::skipped(total));
    };
    Begin::Unit(Plan {
        before,
        octets,
        behind: CHECK,
        carries: Some(carried),
    })
}

/// More octets have to come, if there are any.
fn more(head: &[u8], total: usize) -> Begin {
    if head.len() < total.min(Unit::HEAD) {
        Begin::Open
    } else {
        Begin::Unit(Plan::skipped(total))
    }
}

/// What an EtherType announces, behind the header that a frame of Ethernet would have.
fn of_ether_type(head: &[u8], before: usize, kind: u16) -> Carried {
    let dst = array_at(head, BASE).filter(|_| before > BASE);
    Carried::of_ethernet(dst.unwrap_or_default(), [0; ADDRESS], kind)
}

/// Whether these octets can be nothing but a unit: its length is that of the IP packet in it.
pub(super) fn is_certain(octets: &[u8]) -> bool {
    let head = octets.get(..Unit::HEAD).unwrap_or(octets);
    let Some(Begin::Unit(plan)) = (1..=head.len())
        .map(|length| begin(head.get(..length).unwrap_or_default()))
        .find(|found| *found != Begin::Open)
    else {
        return false;
    };
    let Some(carried) = plan.carries else {
        return false;
    };
    let inside = match carried.link {
        linktype::RAW => (Network::Ip, plan.before),
        linktype::ETHERNET if carried.header == Header::default() => {
            match link::ethernet(octets, plan.before) {
                Ok(header) => (header.network, header.offset),
                Err(_) => return false,
            }
        }
        _ => return false,
    };
    let (Network::Ip, at) = inside else {
        return false;
    };
    stated_length(tail(octets, at)).is_ok_and(|stated| at + stated == plan.before + plan.octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_reaches_beyond_its_unit_is_not_certain() {
        // A bridged frame of no octets, behind which a header of Ethernet would lead to nothing.
        let mut octets = [0x80, 4, 0, 1].to_vec();
        octets.extend([0; 12]);
        octets.extend(IPV4.to_be_bytes());
        assert!(!is_certain(&octets));
    }
}
