//! Packets in frames in packets: of access points, mirrors, bridges.

use super::*;

/// IEEE 802.11 data from an access point, with LLC and SNAP.
pub(super) fn ieee802_11(packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x08, 0x02, 0, 0];
    frame.extend([
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x10, 0,
    ]);
    frame.extend([0xaa, 0xaa, 3, 0, 0, 0]);
    frame.extend(if packet[0] >> 4 == 4 {
        [8, 0]
    } else {
        [0x86, 0xdd]
    });
    frame.extend(packet);
    frame
}

/// The same with the octets of frame control in the other order.
fn swapped(packet: &[u8]) -> Vec<u8> {
    let mut frame = ieee802_11(packet);
    frame.swap(0, 1);
    frame
}

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    v4(17, &udp(40000, port, &[header, inner].concat()))
}

fn broadcom_li(header: [u8; 4], inner: &[u8]) -> Vec<u8> {
    v4(17, &udp(49152, 49153, &[&header, inner].concat()))
}

/// An Ethernet frame of `PPPoE`.
fn pppoe(packet: &[u8]) -> Vec<u8> {
    let length = u8::try_from(packet.len() + 2).unwrap();
    let header = [0x11, 0, 0, 195, 0, length, 0, 0x21];
    ether(0x8864, &[&header, packet].concat())
}

fn echo() -> Vec<u8> {
    v4(1, &ECHO)
}

fn echo6() -> Vec<u8> {
    v6(58, &[128, 0, 0, 0, 0, 1, 0, 1])
}

/// A frame behind the header of E100, of which as many octets were cut.
pub(super) fn e100(frame: &[u8], cut: usize) -> Vec<u8> {
    let sent = u32::try_from(frame.len()).unwrap();
    let kept = &frame[..frame.len() - cut];
    let mut header = vec![1, 3, 0, 9, 10, 0, 0, 1];
    header.resize(20, 7);
    header.extend(u32::try_from(kept.len()).unwrap().to_be_bytes());
    header.extend(sent.to_be_bytes());
    over_udp(9999, &header, kept)
}

/// A packet of Redback's lawful interception behind these parts of its header.
pub(super) fn redback(parts: &[&[u8]], packet: &[u8]) -> Vec<u8> {
    over_udp(9999, &parts.concat(), packet)
}

pub(super) const SEQUENCE: &[u8] = &[1, 4, 0, 0, 0, 1];
pub(super) const LI_ID: &[u8] = &[2, 4, 0, 1, 4, 0x6a];
pub(super) const SESSION: &[u8] = &[3, 4, 0, 0, 0, 3];

/// What `RFtap` has before a frame of this link type, with a frequency.
pub(super) fn rftap(link: u8) -> Vec<u8> {
    let mut header = b"RFta".to_vec();
    header.extend([5, 0, 3, 0, link, 0, 0, 0]);
    header.extend(2.4e9_f64.to_le_bytes());
    header
}

/// The same before what this dissector of Wireshark reads.
pub(super) fn rftap_named(name: [u8; 4]) -> Vec<u8> {
    let mut header = b"RFta".to_vec();
    header.extend([6, 0, 0xa0, 0]);
    header.extend([0; 8]);
    header.extend([16, 0, 4, 0xff]);
    header.extend(name);
    header
}

/// A message of TIPC from this user, with so many words of header.
pub(super) fn tipc(user: u8, words: u8, data: &[u8]) -> Vec<u8> {
    let header = usize::from(words) * 4;
    let length = u16::try_from(header + data.len()).unwrap().to_be_bytes();
    let mut message = vec![
        0x40 | user << 1 | words >> 3,
        words << 5,
        length[0],
        length[1],
    ];
    message.resize(header, 0);
    message.extend(data);
    message
}

/// The header of version 2 of `OmniPeek`'s.
fn peekremote() -> Vec<u8> {
    let mut header = vec![0, 0xff, 0xab, 0xcd, 2, 0, 0, 0, 55];
    header.resize(55, 7);
    header
}

pub(super) fn of_access_points_and_mirrors() -> Vec<Carrier> {
    use TunnelKind as K;
    let frame = ether(0x0800, &echo());
    let wireless = ieee802_11(&echo());
    vec![
        (
            over_udp(37008, &[1, 0, 0, 1, 0, 10, 1, 0xc4, 1], &frame),
            vec![K::Tzsp],
        ),
        (
            over_udp(37008, &[1, 0, 0, 0x12, 1], &wireless),
            vec![K::Tzsp],
        ),
        (
            over_udp(37008, &[1, 1, 0, 4, 1, 0xff, 3, 0, 0x57], &echo6()),
            vec![K::Tzsp],
        ),
        (over_udp(37008, &[1, 0, 0, 7, 1], &echo6()), vec![K::Tzsp]),
        (
            broadcom_li([0x68, 0x81, 4, 0x6a], &echo()),
            vec![K::BroadcomLi { id: 66666 }],
        ),
        (
            broadcom_li([0x6d, 0xff, 0xff, 0xff], &echo6()),
            vec![K::BroadcomLi { id: 0x003f_ffff }],
        ),
        (
            broadcom_li([0x4e, 0xc0, 0, 9], &frame),
            vec![K::BroadcomLi { id: 9 }],
        ),
        (
            broadcom_li([0x4e, 0x80, 0, 9], &pppoe(&echo())),
            vec![K::BroadcomLi { id: 9 }, K::Pppoe { session: 195 }],
        ),
        (
            over_udp(5247, &[0, 0x10, 0x80, 0, 0, 0, 0, 0], &frame),
            vec![K::Capwap { radio: 2 }],
        ),
        (
            over_udp(5247, &[0, 0x10, 0x43, 0, 0, 0, 0, 0], &swapped(&echo6())),
            vec![K::Capwap { radio: 1 }],
        ),
        (
            over_udp(
                5247,
                &[0, 0x20, 3, 0x10, 0, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0],
                &wireless,
            ),
            vec![K::Capwap { radio: 0 }],
        ),
        (
            over_udp(12222, &[0, 0, 0, 60, 50, 20], &wireless),
            vec![K::Lwapp],
        ),
        (
            over_udp(12223, &[1, 2, 3, 4, 5, 6, 0, 0, 0, 60, 50, 20], &wireless),
            vec![K::Lwapp],
        ),
        (over_udp(12220, &[], &frame), vec![K::Lwapp]),
        (
            over_udp(
                24577,
                &[1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 1, 0, 0],
                &frame,
            ),
            vec![K::Mint],
        ),
        (
            over_udp(
                24576,
                &[
                    1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 2, 0, 2, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0,
                ],
                &frame,
            ),
            vec![K::Mint],
        ),
        (
            over_udp(5000, &peekremote(), &wireless),
            vec![K::PeekRemote],
        ),
        (over_udp(9, &peekremote(), &wireless), vec![K::PeekRemote]),
        (
            over_udp(30030, &[0, 0, 0, 1, 0, 0, 0, 7], &echo()),
            vec![K::JuniperMirror { session: 7 }],
        ),
        (
            over_udp(30030, &[0, 0, 0, 1, 0, 0, 0, 7, 0xff, 3, 0, 0x21], &echo()),
            vec![K::JuniperMirror { session: 7 }],
        ),
    ]
}

/// What taps send.
pub(super) fn of_taps() -> Vec<Carrier> {
    use TunnelKind as K;
    let frame = ether(0x0800, &echo());
    vec![
        (e100(&frame, 0), vec![K::E100]),
        (
            e100(&pppoe(&echo()), 0),
            vec![K::E100, K::Pppoe { session: 195 }],
        ),
        (
            redback(&[SEQUENCE, LI_ID, SESSION, &[0, 0]], &echo()),
            vec![K::RedbackLi { id: 66666 }],
        ),
        (
            redback(
                &[
                    &[20, 2, 9, 9],
                    &[4, 1, 1],
                    SESSION,
                    LI_ID,
                    &[40, 0],
                    SEQUENCE,
                    &[0, 1, 0],
                ],
                &echo6(),
            ),
            vec![K::RedbackLi { id: 66666 }],
        ),
        (over_udp(52001, &rftap(1), &frame), vec![K::Rftap]),
        (over_udp(9, &rftap(101), &echo6()), vec![K::Rftap]),
        (
            over_udp(9, &rftap(105), &ieee802_11(&echo())),
            vec![K::Rftap],
        ),
        (
            over_udp(9, &rftap_named(*b"wlan"), &ieee802_11(&echo())),
            vec![K::Rftap],
        ),
        (
            over_udp(9, &rftap_named(*b"ip\0\0"), &echo()),
            vec![K::Rftap],
        ),
        (
            over_udp(9, &rftap(1), &pppoe(&echo())),
            vec![K::Rftap, K::Pppoe { session: 195 }],
        ),
    ]
}

/// Between the nodes of a cluster.
pub(super) fn of_clusters() -> Vec<Carrier> {
    use TunnelKind as K;
    let bundle = [tipc(0, 6, b"no packet"), vec![0; 3], tipc(3, 10, &echo())].concat();
    vec![
        (over_udp(6118, &[], &tipc(0, 6, &echo())), vec![K::Tipc]),
        (over_udp(6118, &[], &tipc(3, 10, &echo6())), vec![K::Tipc]),
        (over_udp(6118, &[], &tipc(6, 10, &bundle)), vec![K::Tipc]),
        (over_udp(3343, &[], &ether(0x0800, &echo())), vec![K::Msrcp]),
        (
            over_udp(3343, &[], &ether(0x86dd, &echo6())),
            vec![K::Msrcp],
        ),
    ]
}

pub(super) fn in_gre_and_ip() -> Vec<Carrier> {
    use TunnelKind as K;
    let frame = ether(0x0800, &echo());
    let gre = |header: &[u8], inner: &[u8]| v4(47, &[header, inner].concat());
    let keyless = || vec![K::Gre { key: None }];
    let wireless = || vec![K::Gre { key: None }, K::Ieee80211];
    vec![
        (
            gre(&[0x20, 1, 0x64, 0, 0, 42, 7, 1], &frame),
            vec![K::Eoip { tunnel: 0x0107 }],
        ),
        (gre(&[0, 0, 0x64, 0], &frame), keyless()),
        (gre(&[0, 0, 0x65, 0x59, 4, 1, 3, 0xcc], &echo()), keyless()),
        (gre(&[0, 0, 0x82, 0x10], &ieee802_11(&echo())), wireless()),
        (gre(&[0, 0, 0x83, 0], &swapped(&echo6())), wireless()),
        (gre(&[0, 0, 0, 0xfe, 0x8e], &echo6()), keyless()),
        (
            gre(&[0, 0, 0x88, 0x0b, 0xff, 3, 0, 0x21], &echo()),
            keyless(),
        ),
        (
            gre(
                &[0, 0, 0x88, 0x81, 0x7e, 0xff, 3, 0, 0x21],
                &[&echo()[..], &[1, 2, 0x7e]].concat(),
            ),
            keyless(),
        ),
        (v4(143, &frame), vec![K::EthernetInIp]),
        (v6(143, &frame), vec![K::EthernetInIp]),
        (v4(80, &[&[0xcc], &echo()[..]].concat()), vec![K::IsoIp]),
        (
            v4(
                103,
                &[&[0x21, 0, 0xde, 0xff, 0, 0, 0, 0], &echo()[..]].concat(),
            ),
            vec![K::PimRegister],
        ),
        (
            v4(
                93,
                &[
                    &[
                        0x82, 2, 2, 2, 2, 2, 0x60, 0x92, 2, 2, 2, 2, 2, 0x61, 3, 0xcc,
                    ],
                    &echo()[..],
                ]
                .concat(),
            ),
            vec![K::Ax25],
        ),
        (v4(97, &[&[3, 0], &frame[..]].concat()), vec![K::EtherIp]),
        (
            v4(
                136,
                &udp(9, 4789, &[&[8, 0, 0, 0, 0, 0, 5, 0], &frame[..]].concat()),
            ),
            vec![K::Vxlan { vni: 5 }],
        ),
    ]
}

/// Frames of Ethernet that no IP packet is around.
pub(super) fn on_ethernet() -> Vec<Carrier> {
    [in_types(), in_labels_and_sessions()].concat()
}

fn in_types() -> Vec<Carrier> {
    use TunnelKind as K;
    let frame = ether(0x0800, &echo());
    let typed = |kind, header: &[u8], inner: &[u8]| ether(kind, &[header, inner].concat());
    let lwapp = [0, 0, 0, 60, 50, 20];
    let ax25 = [
        0x82, 2, 2, 2, 2, 2, 0x60, 0x92, 2, 2, 2, 2, 2, 0x61, 3, 0xcc,
    ];
    let batman = |kind, version| [kind, version, 50, 1, 2, 0, 0, 0, 0, 2];
    vec![
        (typed(0x22f3, &[0, 6, 0, 2, 0, 1], &frame), vec![K::Trill]),
        (
            typed(0x22f3, &[0, 0x46, 0, 2, 0, 1, 9, 9, 9, 9], &frame),
            vec![K::Trill],
        ),
        (typed(0x4305, &batman(0x40, 15), &frame), vec![K::Batman]),
        (typed(0x4305, &batman(3, 14), &frame), vec![K::Batman]),
        (
            typed(
                0x4305,
                &[&batman(0x42, 15)[..], &[2, 0, 0, 0, 0, 1, 1, 0]].concat(),
                &frame,
            ),
            vec![K::Batman],
        ),
        (
            typed(
                0x4305,
                &[1, 15, 50, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1],
                &frame,
            ),
            vec![K::Batman],
        ),
        (
            typed(0x4305, &[4, 10, 2, 0, 0, 0, 0, 1, 50, 0, 0, 0, 7], &frame),
            vec![K::Batman],
        ),
        (
            typed(0x4305, &[3, 6, 2, 0, 0, 0, 0, 2, 50], &frame),
            vec![K::Batman],
        ),
        (typed(0x88bb, &lwapp, &ieee802_11(&echo())), vec![K::Lwapp]),
        (typed(0xbbbb, &lwapp, &ieee802_11(&echo6())), vec![K::Lwapp]),
        (
            typed(
                0x8783,
                &[
                    0, 0, 0, 60, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 0, 1, 0, 0,
                ],
                &frame,
            ),
            vec![K::Mint],
        ),
        (typed(0x88ca, &tipc(1, 8, &echo6()), &[]), vec![K::Tipc]),
        (typed(0x2452, &[], &ieee802_11(&echo())), vec![K::Ieee80211]),
        (
            typed(0x08ff, &[&[49, 0], &ax25[..]].concat(), &echo()),
            vec![K::Ax25],
        ),
        (
            typed(0x0805, &[0x1a, 0xbc, 0], &echo()),
            vec![K::X25 { channel: 0xabc }],
        ),
    ]
}

fn in_labels_and_sessions() -> Vec<Carrier> {
    use TunnelKind as K;
    let frame = ether(0x0800, &echo());
    let typed = |kind, header: &[u8], inner: &[u8]| ether(kind, &[header, inner].concat());
    let pppoe = |ppp: &[u8], inner: &[u8]| {
        let length = u16::try_from(ppp.len() + inner.len())
            .unwrap()
            .to_be_bytes();
        typed(
            0x8864,
            &[&[0x11, 0, 0, 1, length[0], length[1]], ppp].concat(),
            inner,
        )
    };
    let in_session = |kind| vec![K::Pppoe { session: 1 }, kind];
    vec![
        (
            typed(0x8847, &[0, 1, 1, 64, 0x10, 0, 0, 0x21], &echo()),
            vec![K::Mpls { label: 16 }],
        ),
        (
            typed(0x8847, &[0, 0, 0xd1, 64, 0x10, 0, 0, 1, 0, 0x57], &echo6()),
            vec![K::Mpls { label: 13 }],
        ),
        (
            pppoe(&[0, 0x3d, 0xc0, 0, 0, 1, 0, 0x21], &echo()),
            in_session(K::PppMultilink),
        ),
        (
            pppoe(&[0, 0x3d, 0xc0, 1, 0x21], &echo()),
            in_session(K::PppMultilink),
        ),
        (pppoe(&[0, 0x31, 0, 1], &frame), in_session(K::PppBridged)),
        (
            pppoe(&[0, 0x31, 0x40, 1, 0, 0, 0, 7], &frame),
            in_session(K::PppBridged),
        ),
        (
            pppoe(&[0, 0x59, 0x9e, 0, 0x21], &echo()),
            in_session(K::PppMultiplexed),
        ),
        (
            pppoe(&[0, 0x59, 0xc0, 50, 0, 0x57], &echo6()),
            in_session(K::PppMultiplexed),
        ),
        (
            pppoe(&[0, 0x4b, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &echo()),
            in_session(K::Llc),
        ),
    ]
}
