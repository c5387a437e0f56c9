//! Padding behind a packet that does not say where it ends.
//!
//! Ethernet pads short frames (IEEE 802.3 section 3.2.8), and a compressed header leaves out the
//! packet's length (RFC 6282 section 3.1.1). Zeros add nothing to a checksum but their number, which
//! its pseudo-header has in the length: so ICMPv6 tells how many octets are padding.

use crate::model::{Expanded, Frame};
use crate::wire::defect::Limit;
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::linktype;
use crate::wire::{ChecksumStatus, icmp_checksum};

/// The shortest frame of Ethernet without its check sequence, with room for VLAN tags that were put
/// into it later.
const SHORTEST: u32 = 60 + 2 * 4;

/// Takes the padding of `frame` off the packet that was made of it, where the checksum proves it.
pub(super) fn take_off(frame: &Frame<'_>, packet: &mut Expanded) {
    const HEADER: usize = 40;
    const LENGTH_AT: usize = 4;
    let is_short = frame.wire_len.saturating_sub(frame.fcs_len.into()) <= SHORTEST;
    if frame.link != linktype::ETHERNET || !is_short || frame.is_cut() || packet.innermost != 0 {
        return;
    }
    let Some(octets) = padding(&packet.octets) else {
        return;
    };
    let length = packet.octets.len() - octets;
    packet.octets.truncate(length);
    packet.set_wire_len(length);
    super::make::put_length(&mut packet.octets, LENGTH_AT, length - HEADER);
}

/// How many zeros at the end of an ICMPv6 packet its checksum calls for not being there.
fn padding(packet: &[u8]) -> Option<usize> {
    let ip = Ip::parse(packet, Limit::Frame).ok()?;
    let checksum = icmp_checksum(&ip);
    let (ChecksumStatus::Bad { expected }, Some(found)) = (checksum.status, checksum.found) else {
        return None;
    };
    if ip.protocol != protocol::IPV6_ICMP || ip.payload.len() != packet.len() - 40 {
        return None;
    }
    // The sum is the other way round than its complement in the field, and skips 0xffff.
    let more = match found.checked_sub(expected) {
        Some(more) => more,
        None => found.wrapping_sub(expected).wrapping_sub(1),
    };
    let zeros = packet.iter().rev().take_while(|octet| **octet == 0).count();
    (usize::from(more) <= zeros.min(ip.payload.len().checked_sub(8)?)).then_some(more.into())
}
