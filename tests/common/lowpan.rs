//! Packets and the frames of IEEE 802.15.4 that carry them.

use std::net::Ipv6Addr;

/// PAN identifier of all frames.
const PAN: u16 = 0xabcd;
/// EUI-64 of the sender and of the receiver.
pub(crate) const EXTENDED: [[u8; 8]; 2] = [
    [0, 0x12, 0x4b, 0, 0x11, 0x22, 0x33, 0x44],
    [0, 0x12, 0x4b, 0, 0x55, 0x66, 0x77, 0x88],
];
/// Their 16-bit addresses.
pub(crate) const SHORT: [u16; 2] = [0x1a2b, 0x3c4d];
/// The message with its checksum filled in.
pub(crate) fn icmpv6(src: Ipv6Addr, dst: Ipv6Addr, message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    let sum = checksum(src, dst, 58, &message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

pub(crate) fn checksum(src: Ipv6Addr, dst: Ipv6Addr, protocol: u8, octets: &[u8]) -> u16 {
    let length = u32::try_from(octets.len()).unwrap().to_be_bytes();
    let pseudo = [
        &src.octets()[..],
        &dst.octets(),
        &length,
        &[0, 0, 0, protocol],
    ]
    .concat();
    let mut sum = 0_u32;
    for part in [&pseudo[..], octets] {
        for pair in part.chunks(2) {
            sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

/// An IPv6 packet.
pub(crate) fn ipv6(
    class: u8,
    label: u32,
    next: u8,
    hop_limit: u8,
    src: Ipv6Addr,
    dst: Ipv6Addr,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = (6 << 28 | u32::from(class) << 20 | label)
        .to_be_bytes()
        .to_vec();
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, hop_limit]);
    packet.extend(src.octets());
    packet.extend(dst.octets());
    packet.extend(payload);
    packet
}

/// A data frame of IEEE 802.15.4-2006 without check sequence.
pub(crate) fn mac(short_src: bool, short_dst: bool, payload: &[u8]) -> Vec<u8> {
    let mode = |is_short: bool| if is_short { 2_u16 } else { 3 };
    let control = 0x1041 | mode(short_dst) << 10 | mode(short_src) << 14;
    let mut frame = control.to_le_bytes().to_vec();
    frame.push(7);
    frame.extend(PAN.to_le_bytes());
    for (is_short, whose) in [(short_dst, 1), (short_src, 0)] {
        if is_short {
            frame.extend(SHORT[whose].to_le_bytes());
        } else {
            frame.extend(EXTENDED[whose].iter().rev());
        }
    }
    frame.extend(payload);
    frame
}
