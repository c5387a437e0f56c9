//! Frames of Bluetooth, octet by octet.

pub(super) const H4: u32 = 187;
pub(super) const H4_WITH_PHDR: u32 = 201;
pub(super) const USB_LINUX: u32 = 189;
pub(super) const USB_LINUX_MMAPPED: u32 = 220;
pub(super) const USBPCAP: u32 = 249;
pub(super) const LE_LL: u32 = 251;
pub(super) const LINUX_MONITOR: u32 = 254;
pub(super) const LE_LL_WITH_PHDR: u32 = 256;
pub(super) const NORDIC_BLE: u32 = 272;

pub(super) const HANDLE: u16 = 0x2a;
/// The channels of either end, by what it calls them.
pub(super) const THEIRS: u16 = 0x41;
pub(super) const OURS: u16 = 0x40;
pub(super) const OWN: [u8; 6] = [0, 0x11, 0x22, 0x33, 0x44, 0x55];
pub(super) const PEER: [u8; 6] = [0xc0, 0xaa, 0xbb, 0xcc, 0xdd, 0xee];
pub(super) const BNEP: u16 = 0x0f;
pub(super) const IPV6: u16 = 0x23;

/// To the controller, or from it, behind the octet that tells the kind.
pub(super) type Packet = (Way, Vec<u8>);

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    Out,
    In,
}
pub(super) use Way::{In, Out};

pub(super) fn words(words: &[u16]) -> Vec<u8> {
    words.iter().copied().flat_map(u16::to_le_bytes).collect()
}

pub(super) fn length(octets: &[u8]) -> u16 {
    u16::try_from(octets.len()).unwrap()
}

pub(super) fn l2cap(channel: u16, octets: &[u8]) -> Vec<u8> {
    [&words(&[length(octets), channel]), octets].concat()
}

/// Packets of a link with no more than so many octets.
pub(super) fn acl(way: Way, frame: &[u8], size: usize) -> Vec<Packet> {
    let packet = |(n, octets): (usize, &[u8])| {
        let flags = if n == 0 { 0x2000 } else { 0x1000 };
        let header = words(&[HANDLE | flags, length(octets)]);
        (way, [&[2], &header[..], octets].concat())
    };
    frame.chunks(size).enumerate().map(packet).collect()
}

pub(super) fn signal(way: Way, channel: u16, code: u8, parameters: &[u8]) -> Vec<Packet> {
    let command = [&[code, 1], &words(&[length(parameters)])[..], parameters].concat();
    acl(way, &l2cap(channel, &command), 64)
}

pub(super) fn opened(number: u16) -> Vec<Packet> {
    [
        signal(Out, 1, 2, &words(&[number, OURS])),
        signal(In, 1, 3, &words(&[THEIRS, OURS, 0, 0])),
    ]
    .concat()
}

pub(super) fn opened_with_credits(number: u16) -> Vec<Packet> {
    [
        signal(Out, 5, 0x14, &words(&[number, OURS, 1280, 64, 10])),
        signal(In, 5, 0x15, &words(&[THEIRS, 1280, 64, 10, 0])),
    ]
    .concat()
}

/// Both ends take enhanced retransmission, without check sequences or with.
pub(super) fn enhanced(checks: bool) -> Vec<Packet> {
    let options = |channel: u16| {
        let mode = [&[4, 9, 3, 10, 3][..], &words(&[1000, 1000, 300])].concat();
        let check = if checks { &[][..] } else { &[5, 1, 0] };
        [&words(&[channel, 0])[..], &mode, check].concat()
    };
    [
        signal(Out, 1, 4, &options(THEIRS)),
        signal(In, 1, 4, &options(OURS)),
    ]
    .concat()
}

/// The parts of a unit in frames of enhanced retransmission.
pub(super) fn in_parts(
    channel: u16,
    first: u16,
    unit: &[u8],
    size: usize,
    check: &[u8],
) -> Vec<Vec<u8>> {
    let parts = unit.chunks(size).count();
    (0..)
        .zip(unit.chunks(size))
        .map(|(n, octets)| {
            let (part, before) = match n {
                0 if parts == 1 => (0, vec![]),
                0 => (1, words(&[length(unit)])),
                n if usize::from(n) + 1 == parts => (2, vec![]),
                _ => (3, vec![]),
            };
            let control = words(&[part << 14 | ((first + n) % 64) << 1]);
            l2cap(channel, &[&control, &before, octets, check].concat())
        })
        .collect()
}

/// The parts of a unit in frames of credits.
pub(super) fn with_credits(channel: u16, unit: &[u8], size: usize) -> Vec<Vec<u8>> {
    let all = [&words(&[length(unit)]), unit].concat();
    all.chunks(size).map(|part| l2cap(channel, part)).collect()
}

pub(super) fn bnep(packet: &[u8]) -> Vec<u8> {
    [&[2, 8, 0], packet].concat()
}

pub(super) fn link_local(device: [u8; 6]) -> [u8; 16] {
    let (first, last) = device.split_at(3);
    let all = [
        &[0xfe, 0x80, 0, 0, 0, 0, 0, 0][..],
        first,
        &[0xff, 0xfe],
        last,
    ]
    .concat();
    all.try_into().unwrap()
}

/// An echo request with both addresses left out (RFC 7668 section 3.2.4).
pub(super) fn compressed(seq: u16, src: [u8; 6], dst: [u8; 6], octets: usize) -> Vec<u8> {
    let mut packet = Vec::new();
    etherparse::PacketBuilder::ipv6(link_local(src), link_local(dst), 64)
        .icmpv6_echo_request(7, seq)
        .write(&mut packet, &vec![0x55; octets])
        .unwrap();
    [&[0x7a, 0x33, 58], &packet[40..]].concat()
}

/// The host learns its address, and that a device of another is connected.
pub(super) fn devices() -> Vec<Packet> {
    let turned = |mut address: [u8; 6]| {
        address.reverse();
        address
    };
    let own = [&[4, 14, 10, 1, 9, 0x10, 0][..], &turned(OWN)].concat();
    let handle = HANDLE.to_le_bytes();
    let connected = [
        &[4, 0x3e, 19, 1, 0][..],
        &handle,
        &[0, 0],
        &turned(PEER),
        &[24, 0, 0, 0, 100, 0, 0],
    ];
    vec![(In, own), (In, connected.concat())]
}

/// A transfer of a device with this number.
pub(super) const DEVICE: u8 = 5;

pub(super) fn usb(link: u32, transfer: u8, endpoint: u8, setup: [u8; 8], data: &[u8]) -> Vec<u8> {
    let octets = u32::try_from(data.len()).unwrap().to_le_bytes();
    if link == USBPCAP {
        let head = [
            &[27, 0][..],
            &[0; 15],
            &[1, 0, DEVICE, 0, endpoint, transfer],
        ]
        .concat();
        return [&head, &octets[..], data].concat();
    }
    let kind = if endpoint & 0x80 == 0 { b'S' } else { b'C' };
    let no_setup = if setup == [0; 8] { b'-' } else { 0 };
    let head = [kind, transfer, endpoint, DEVICE, 1, 0, no_setup, 0];
    let mut frame = [&[0; 8], &head[..], &[0; 16], &octets, &octets, &setup].concat();
    frame.resize(if link == USB_LINUX { 48 } else { 64 }, 0);
    [&frame, data].concat()
}

/// What a device tells when it is plugged in: that it is a controller, and where its data go.
pub(super) fn plugged_in(link: u32) -> Vec<Vec<u8>> {
    let device = [
        18, 1, 0, 2, 0xe0, 1, 1, 64, 0x12, 0x0a, 1, 0, 0, 1, 0, 0, 0, 1,
    ];
    let asked = |kind, length| [0x80, 6, 0, kind, 0, 0, length, 0];
    let ask = |kind, length| {
        let mut frame = usb(link, 2, 0x80, asked(kind, length), &[]);
        (frame[8], frame[15]) = (b'S', b'<');
        frame
    };
    let answer = |data: &[u8]| {
        let mut frame = usb(link, 2, 0x80, [0; 8], data);
        frame[14] = b'-';
        frame
    };
    let interface = [9, 4, 0, 0, 3, 0xe0, 1, 1, 0];
    let ends = [
        7, 5, 0x81, 3, 16, 0, 1, 7, 5, 0x82, 2, 64, 0, 0, 7, 5, 2, 2, 64, 0, 0,
    ];
    let configuration = [&[9, 2, 39, 0, 1, 1, 0, 0xe0, 50], &interface[..], &ends].concat();
    vec![
        ask(1, 18),
        answer(&device),
        ask(2, 255),
        answer(&configuration),
    ]
}

/// The packets as frames of a link type between host and controller.
pub(super) fn frames(link: u32, packets: &[Packet]) -> Vec<Vec<u8>> {
    let frame = |(way, packet): &Packet| match link {
        H4 => packet.clone(),
        H4_WITH_PHDR => [&[0, 0, 0, u8::from(*way == In)], &packet[..]].concat(),
        USB_LINUX | USB_LINUX_MMAPPED | USBPCAP => {
            let (transfer, endpoint) = match (packet[0], way) {
                (4, _) => (1, 0x81),
                (_, In) => (3, 0x82),
                (_, Out) => (3, 2),
            };
            usb(link, transfer, endpoint, [0; 8], &packet[1..])
        }
        _ => {
            let kind = match packet[0] {
                4 => 3,
                _ if *way == In => 5,
                _ => 4,
            };
            [&[0, 0, 0, kind], &packet[1..]].concat()
        }
    };
    packets.iter().map(frame).collect()
}

/// Where what is told of a packet has its flags there.
pub(super) const FLAGS: usize = 8;

/// A packet as Nordic's sniffer has it in each version.
pub(super) fn sniffed_by_nordic(version: u8, way: Option<Way>, pdu: &[u8]) -> Vec<u8> {
    let octets = u8::try_from(10 + pdu.len()).unwrap();
    let kind = match way {
        None if version == 3 => 2,
        _ => 6,
    };
    let lengths = match version {
        1 => [6, octets],
        _ => [octets, 0],
    };
    let flags = if way == Some(Out) { 3 } else { 1 };
    let told = [10, flags, 10, 50, 1, 0, 0, 4, 0, 0];
    [&[7], &lengths[..], &[version, 1, 0, kind], &told, pdu].concat()
}
