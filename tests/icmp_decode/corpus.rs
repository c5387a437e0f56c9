//! The ICMP packets of all captures, without what stands around them.

use icmpdump::wire::{self, Classified, Ip, Limit};

use crate::frames::{self, OwnedFrame};

/// A packet that carries ICMP.
pub(crate) struct Packet {
    /// The capture's file name.
    pub(crate) file: String,
    /// Frame number.
    pub(crate) number: u64,
    /// The innermost IP packet, as captured.
    pub(crate) octets: Vec<u8>,
    /// Its length on the wire.
    pub(crate) on_wire: usize,
}

impl Packet {
    pub(crate) fn ip(&self) -> Ip<'_> {
        Ip::parse_on_wire(&self.octets, self.on_wire, Limit::Frame).unwrap()
    }
}

/// All packets that carry ICMP, in the order of files.
pub(crate) fn packets() -> Vec<Packet> {
    let frames = frames::of_all(&frames::files());
    let packet = |owned: &OwnedFrame| match wire::classify(&owned.frame()) {
        Classified::Icmp(packet) => {
            let octets = [packet.ip.header, packet.ip.payload].concat();
            let whole = packet.ip.header.len() + packet.ip.payload_length as usize;
            Some(Packet {
                file: owned.file.clone(),
                number: owned.number,
                on_wire: whole.max(octets.len()),
                octets,
            })
        }
        _ => None,
    };
    frames.iter().filter_map(packet).collect()
}
