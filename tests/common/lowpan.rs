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

/// The fragments of a packet that end behind these octets of it (RFC 4944 section 5.3), nothing
/// compressed.
pub(crate) fn plain_fragments(packet: &[u8], tag: u16, ends: &[usize]) -> Vec<Vec<u8>> {
    let size = u16::try_from(packet.len()).unwrap();
    let mut start = 0;
    let fragment = |&end: &usize| {
        let begin = std::mem::replace(&mut start, end);
        let octets = &packet[begin..end];
        if begin == 0 {
            let header = [(0xc000 | size).to_be_bytes(), tag.to_be_bytes()].concat();
            return [&header, &[0x41][..], octets].concat();
        }
        let header = [(0xe000 | size).to_be_bytes(), tag.to_be_bytes()].concat();
        let place = u8::try_from(begin / 8).unwrap();
        [&header, &[place][..], octets].concat()
    };
    ends.iter().map(fragment).collect()
}

/// The recoverable fragments of what was compressed (RFC 8931 section 5.1).
pub(crate) fn recoverable_fragments(sent: &[u8], tag: u8, ends: &[usize]) -> Vec<Vec<u8>> {
    let mut start = 0;
    let fragment = |(sequence, &end): (u16, &usize)| {
        let begin = std::mem::replace(&mut start, end);
        let octets = &sent[begin..end];
        let size = u16::try_from(octets.len()).unwrap();
        let place = if begin == 0 { sent.len() } else { begin };
        let header = [
            [0xe8, tag],
            (sequence << 10 | size).to_be_bytes(),
            u16::try_from(place).unwrap().to_be_bytes(),
        ];
        [&header.concat(), octets].concat()
    };
    (0..).zip(ends).map(fragment).collect()
}

/// A ZEP header of version 2 up to the length: channel 26, device 0x1234.
pub(crate) const ZEP_2: [u8; 31] = [
    b'E', b'X', 2, 1, 26, 0x12, 0x34, 1, 200, 0xe8, 0x75, 0x4f, 0, 0x80, 0, 0, 0, 0, 0, 0, 77, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// An Ethernet frame with a UDP datagram in IPv4.
pub(crate) fn over_udp((src, dst): (u16, u16), payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let ports = [src.to_be_bytes(), dst.to_be_bytes()].concat();
    let udp = [&ports[..], &length.to_be_bytes(), &[0, 0], payload].concat();
    let total = (20 + length).to_be_bytes();
    let mut header = vec![0x45, 0, total[0], total[1], 0, 1, 0, 0, 64, 17, 0, 0];
    header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    let mut sum = header.chunks(2).fold(0, |sum, pair| {
        sum + (u32::from(pair[0]) << 8 | u32::from(pair[1]))
    });
    sum = (sum & 0xffff) + (sum >> 16);
    header[10..12].copy_from_slice(&(!u16::try_from(sum).unwrap()).to_be_bytes());
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    [&ethernet[..], &header, &udp].concat()
}

/// The check sequence of IEEE 802.15.4 (section 7.2.10): x^16 + x^12 + x^5 + 1, bits reversed.
pub(crate) fn crc(octets: &[u8]) -> u16 {
    octets.iter().fold(0, |crc, octet| {
        (0..8).fold(crc ^ u16::from(*octet), |crc, _| match crc & 1 {
            0 => crc >> 1,
            _ => crc >> 1 ^ 0x8408,
        })
    })
}
