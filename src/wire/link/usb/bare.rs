//! Packets that fill a transfer and have no header but their own: Ethernet (CDC ECM), IP.

use std::ops::Range;

use super::{Datagram, Transfer};
use crate::model::LinkType;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::link::linktype as lt;
use crate::wire::{ChecksumStatus, checksum};

/// A packet that its lengths, and of IPv4 the header's checksum, show to be one.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    link: LinkType,
    octets: Range<usize>,
}

impl Bare {
    /// That in `transfer`, from its first octet on.
    pub(super) fn of(transfer: Transfer<'_>) -> Option<Self> {
        let link = if is_ethernet(transfer) {
            lt::ETHERNET
        } else if is_ip(transfer) {
            lt::RAW
        } else {
            return None;
        };
        Some(Self {
            link,
            octets: 0..transfer.on_wire,
        })
    }

    pub(super) fn datagram(self) -> Datagram {
        Datagram {
            link: self.link,
            octets: self.octets,
            before: 0,
            session: None,
        }
    }
}

/// Whether it is a frame of Ethernet with an IP packet.
pub(super) fn is_ethernet(transfer: Transfer<'_>) -> bool {
    const VLAN: [u16; 2] = [0x8100, 0x88a8];
    const TAGS: usize = 2;
    let mut at = 12;
    let mut kind = u16_at(transfer.octets, at);
    for _ in 0..TAGS {
        if kind.is_some_and(|kind| VLAN.contains(&kind)) {
            at += 4;
            kind = u16_at(transfer.octets, at);
        }
    }
    let packet = transfer.behind(at + 2);
    match (kind, u8_at(packet.octets, 0).map(|octet| octet >> 4)) {
        (Some(0x0800), Some(4)) | (Some(0x86dd), Some(6)) => is_ip(packet),
        _ => false,
    }
}

/// Whether it is an IP packet, behind which there is no more than what pads the smallest frame.
fn is_ip(packet: Transfer<'_>) -> bool {
    const PADDING: usize = 46;
    let octets = packet.octets;
    let claimed = match u8_at(octets, 0) {
        Some(first @ 0x45..=0x4f) => {
            let header = octets.get(..usize::from(first & 0x0f) * 4);
            let is_good = header
                .is_some_and(|header| checksum::ipv4_header(header).status == ChecksumStatus::Good);
            u16_at(octets, 2).map(usize::from).filter(|_| is_good)
        }
        Some(first) if first >> 4 == 6 => {
            // An address of a sender is none of a group.
            const MULTICAST: u8 = 0xff;
            let [src] = array_at(octets, 8).unwrap_or([MULTICAST]);
            let length = u16_at(octets, 4).filter(|length| *length > 0 && src != MULTICAST);
            length
                .filter(|_| !tail(octets, 40).is_empty())
                .map(|length| 40 + usize::from(length))
        }
        _ => None,
    };
    claimed.is_some_and(|claimed| {
        (claimed..=claimed + PADDING).contains(&packet.on_wire) && claimed >= 20
    })
}
