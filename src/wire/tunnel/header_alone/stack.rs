//! A label stack by itself.

use super::{Named, begins_ip};
use crate::wire::bytes::tail;
use crate::wire::link::{LinkHeader, Network};
use crate::wire::tunnel::TunnelKind;
use crate::wire::tunnel::header::ethernet;
use crate::wire::tunnel::position::Rest;
use crate::wire::tunnel::shim::{LabelStack, mpls};

/// The label stack that `rest` begins with, up to its bottom or as far as it is there. Nothing but a
/// packet's own first octets tells that it is one: what begins like one, or like a frame of Ethernet
/// with one in it, counts as such.
pub(super) fn named(rest: Rest<'_>) -> Option<Named> {
    let bytes = rest.bytes;
    let LabelStack {
        label,
        octets,
        has_bottom,
    } = LabelStack::of(bytes)?;
    let kind = TunnelKind::Mpls { label };
    if !has_bottom {
        return Some(Named::any(kind));
    }
    if let Ok((kind, inside)) = mpls(bytes)
        && !matches!(inside.network, Network::Other(_))
    {
        return Some(Named::leading(kind, Some(inside)));
    }
    if begins_ip(rest.behind(octets)) {
        return Some(Named::new(kind, LinkHeader::at(Network::Ip, octets)));
    }
    // A pseudowire's control word, or none.
    let frame = [octets + 4, octets]
        .into_iter()
        .filter_map(|start| ethernet(bytes, start))
        .find(|inside| inside.network == Network::Ip && begins_ip(rest.behind(inside.offset)));
    Some(match frame {
        Some(inside) => Named::new(kind, inside),
        None => Named::ending(kind, octets),
    })
}

/// The same where nothing but a port says that it is one: a stack that has no bottom in all of the
/// datagram is none, nor is one with the implicit null label, which is never sent (RFC 3032 section 2.1).
pub(super) fn at_port(rest: Rest<'_>) -> Option<Named> {
    const IMPLICIT_NULL: u8 = 3;
    let stack = LabelStack::of(rest.bytes)?;
    let is_cut = rest.bytes.len() < rest.on_wire;
    let entries = rest.bytes.get(..stack.octets)?.chunks_exact(4);
    let mut labels = entries.map(|entry| (entry.first_chunk::<2>(), entry.get(2).copied()));
    let is_null = labels.any(|(high, low)| {
        high == Some(&[0, 0]) && low.is_some_and(|low| low >> 4 == IMPLICIT_NULL)
    });
    let reaches_end = tail(rest.bytes, stack.octets).is_empty() && !is_cut;
    if is_null || !is_cut && !stack.has_bottom || reaches_end {
        return None;
    }
    named(rest)
}
