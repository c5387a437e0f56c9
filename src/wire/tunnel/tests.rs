mod around;
mod carriers;
mod frames;
mod hidden;
mod packets;
mod several;
mod taps;
mod x25;

use proptest::prelude::*;

use carriers::{Carrier, carriers};

use super::*;
use crate::model::{Frame, LinkType};
use crate::wire::bytes::offset_in;
use crate::wire::ip::protocol;
use crate::wire::link::Vlans;
use crate::wire::{Classified, Limit, Undecodable};

fn frame(link: u32, data: &[u8]) -> Frame<'_> {
    Frame::alone(LinkType(link), data)
}

/// An IPv4 packet.
pub(super) fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    packet.extend(payload);
    packet
}

/// An Ethernet frame.
pub(super) fn ether(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(kind.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(super) const ECHO: [u8; 8] = [8, 0, 0xf7, 0xfd, 0, 1, 0, 1];

fn icmp<'a>(frame: &Frame<'a>) -> Packet<'a> {
    match classify(frame) {
        Classified::Icmp(packet) => packet,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_packet_is_told_by_its_protocol() {
    for number in 0..=255u8 {
        let data = ether(0x0800, &v4(number, &ECHO));
        match classify(&frame(1, &data)) {
            Classified::Icmp(packet) => {
                assert!(matches!(number, 1 | 58), "{number}");
                assert_eq!(packet.ip.payload, ECHO);
                assert!(packet.tunnels.is_empty() && packet.outermost().is_none());
            }
            Classified::OtherIp(packet) => {
                assert_ne!(number, 1);
                assert_eq!(packet.ip.named_protocol(), number);
            }
            other => panic!("{number}: {other:?}"),
        }
    }
}

#[test]
fn every_prefix_of_a_frame_is_short_or_cut() {
    let data = ether(0x0800, &v4(1, &ECHO));
    for length in 0..data.len() {
        let mut cut = frame(1, &data[..length]);
        cut.wire_len = u32::try_from(data.len()).unwrap();
        match classify(&cut) {
            Classified::Undecodable(Undecodable::Short) => assert!(length < 34),
            Classified::Icmp(packet) => {
                assert!(length >= 34);
                assert_eq!(packet.ip.limit, Limit::Capture);
                assert!(!packet.ip.is_defective());
            }
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn the_check_sequence_of_a_frame_is_not_payload() {
    let mut packet = v4(1, &ECHO);
    packet[2..4].fill(0);
    let mut data = ether(0x0800, &packet);
    data.extend([0xfc; 4]);
    let mut with_fcs = frame(1, &data);
    with_fcs.fcs_len = 4;
    assert_eq!(icmp(&with_fcs).ip.payload, ECHO);
    // A frame cut within it holds some of it.
    with_fcs.data = &data[..data.len() - 2];
    assert_eq!(icmp(&with_fcs).ip.payload, ECHO);
}

/// IEEE 802.1AE section 9.2: what is protected ends before the integrity check value.
#[test]
fn the_check_value_of_macsec_is_not_payload() {
    let tagged = |packet: &[u8]| {
        let tag = [&[0, 0, 0, 0, 0, 1, 0x08, 0x00], packet, &[0xa5; 16]].concat();
        ether(0x88e5, &tag)
    };
    let packet = v4(1, &ECHO);
    let whole = tagged(&packet);
    assert_eq!(icmp(&frame(1, &whole)).ip.payload, ECHO);
    // More octets are missing than the value has, or fewer.
    for missing in [1, 8] {
        let there = &packet[..packet.len() - missing];
        for data in [tagged(there), ether(0x6558, &tagged(there))] {
            let found = icmp(&frame(1, &data));
            assert_eq!(found.ip.payload, &ECHO[..ECHO.len() - missing], "{missing}");
            assert_eq!(found.ip.limit, Limit::Frame, "{missing}");
        }
    }
    // A frame cut within it.
    let mut cut = frame(1, &whole[..whole.len() - 4]);
    cut.wire_len = u32::try_from(whole.len()).unwrap();
    assert_eq!(icmp(&cut).ip.payload, ECHO);
}

/// RFC 6790: the label behind the indicator, 7, is none of the path.
#[test]
fn an_entropy_label_is_no_label_of_the_path() {
    let entry = |label: u32, is_last| ((label << 12) | u32::from(is_last) << 8 | 64).to_be_bytes();
    for (stack, expected) in [
        (&[16, 7, 5555][..], 16),
        (&[16, 17, 7, 5555], 17),
        (&[16, 7, 5555, 18], 18),
        (&[16, 7, 7, 18], 18),
        (&[16, 7, 5555, 7, 7], 16),
        // Nothing else is there.
        (&[7, 5555], 5555),
        (&[7], 7),
        (&[16, 17], 17),
    ] {
        let mut labels = Vec::new();
        for (at, &label) in stack.iter().enumerate() {
            labels.extend(entry(label, at + 1 == stack.len()));
        }
        labels.extend(v4(1, &ECHO));
        let data = ether(0x8847, &labels);
        let packet = icmp(&frame(1, &data));
        let kinds: Vec<_> = packet.tunnels.iter().map(|tunnel| tunnel.kind).collect();
        assert_eq!(kinds, [TunnelKind::Mpls { label: expected }], "{stack:?}");
    }
}

#[test]
fn labels_and_sessions_lead_to_ip() {
    let mut labels = vec![0, 1, 0x00, 64, 0, 2, 0x01, 63];
    labels.extend(v4(1, &ECHO));
    let data = ether(0x8847, &labels);
    let packet = icmp(&frame(1, &data));
    let tunnels: Vec<_> = packet.tunnels.iter().collect();
    assert_eq!(
        tunnels,
        [Tunnel {
            kind: TunnelKind::Mpls { label: 32 },
            outer: None,
            vlans: Vlans::default(),
        }]
    );
    assert!(packet.outermost().is_none());

    let mut session = vec![0x11, 0, 0x12, 0x34, 0, 30, 0, 0x21];
    session.extend(v4(1, &ECHO));
    for (link, data) in [(1, ether(0x8864, &session)), (51, session.clone())] {
        let packet = icmp(&frame(link, &data));
        let kinds: Vec<_> = packet.tunnels.iter().map(|t| t.kind).collect();
        assert_eq!(kinds, [TunnelKind::Pppoe { session: 0x1234 }]);
    }
    let short = ether(0x894f, &[0, 1, 2, 1, 0, 0, 0, 0]);
    assert!(matches!(
        classify(&frame(1, &short)),
        Classified::Undecodable(Undecodable::Malformed)
    ));
    let service = [
        &[0, 2, 2, 3, 0, 0, 7, 255],
        &ether(0x0800, &v4(1, &ECHO))[..],
    ]
    .concat();
    let data = ether(0x894f, &service);
    let packet = icmp(&frame(1, &data));
    let kinds: Vec<_> = packet.tunnels.iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [TunnelKind::Nsh { path: 7 }]);
    assert_eq!(packet.ip.payload, ECHO);

    session[6..8].copy_from_slice(&[0xc0, 0x21]);
    assert!(matches!(classify(&frame(51, &session)), Classified::NotIp));
}

pub(super) fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    packet.extend([next, 64]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    packet.extend(payload);
    packet
}

pub(super) fn udp(src: u16, dst: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    for field in [src, dst, u16::try_from(8 + payload.len()).unwrap(), 0] {
        datagram.extend(field.to_be_bytes());
    }
    datagram.extend(payload);
    datagram
}

#[test]
fn every_tunnel_leads_to_the_inner_packet() {
    for (outer, kinds) in carriers() {
        let data = ether(0x0800, &outer);
        let packet = icmp(&frame(1, &data));
        let tunnels: Vec<_> = packet.tunnels.iter().collect();
        let found: Vec<_> = tunnels.iter().map(|tunnel| tunnel.kind).collect();
        assert_eq!(found, kinds, "{outer:x?}");
        assert_eq!(packet.tunnels.len(), kinds.len());
        assert_eq!(packet.ip.payload.len(), 8);
        assert!(packet.ip.is_whole() && !packet.ip.is_defective());
        let outermost = packet.outermost().unwrap();
        assert_eq!(outermost.header.first(), outer.first());
        assert_eq!(tunnels[0].outer, Some((outermost.src(), outermost.dst())));
        for kind in kinds {
            assert!(!kind.name().is_empty());
        }
    }
}

#[test]
fn every_prefix_of_a_tunnel_gives_some_ip_packet() {
    for (outer, kinds) in carriers() {
        let whole = ether(0x0800, &outer);
        let inner = icmp(&frame(1, &whole)).ip.payload;
        let end = offset_in(&whole, inner).unwrap() + inner.len();
        for length in 14 + 40..end {
            let mut cut = frame(1, &whole[..length]);
            cut.wire_len = u32::try_from(whole.len()).unwrap();
            let (Classified::Icmp(packet) | Classified::OtherIp(packet)) = classify(&cut) else {
                panic!("{length} octets of {whole:x?}");
            };
            let count = packet.tunnels.iter().count();
            assert_eq!(count, packet.tunnels.len());
            assert!(count <= kinds.len());
            assert_eq!(packet.outermost().is_some(), count > 0);
            assert!(!packet.ip.is_whole());
        }
    }
}

#[test]
fn what_only_looks_like_a_tunnel_stays_as_it_is() {
    let garbage = [0x0f; 64];
    for port in (0..=u16::MAX).filter(|&port| has_tunnel_ports(&udp(9, port, &[]))) {
        for payload in [&garbage[..], &[], &[8, 0, 0, 0, 0, 0, 1, 0]] {
            let data = ether(0x0800, &v4(17, &udp(port, port, payload)));
            let found = classify(&frame(1, &data));
            assert!(
                matches!(found, Classified::OtherIp(packet) if packet.tunnels.is_empty()),
                "{port}"
            );
        }
    }
    // What begins like the header of a tunnel, and then like a packet of another length; and what
    // is right but for its port.
    for (outer, kinds) in carriers() {
        // Labels and services say no more of what follows than that it may be IP.
        let has_more = kinds.len() > 1 || matches!(kinds[0], TunnelKind::Mpls { .. });
        if outer[0] >> 4 != 4 || outer[9] != protocol::UDP || has_more {
            continue;
        }
        let mut longer = outer.clone();
        let place = longer.len() - 40..longer.len();
        let Some(inner) = place
            .clone()
            .find(|&at| longer[at..].starts_with(&[0x45, 0, 0, 28]))
        else {
            continue;
        };
        longer[inner + 3] = 200;
        let found = classify(&frame(101, &longer));
        assert!(matches!(found, Classified::OtherIp(_)), "{longer:x?}");
        let mut elsewhere = outer;
        elsewhere[20..24].copy_from_slice(&[0, 9, 0, 9]);
        let is_marked = tap::begins(&elsewhere[20..]);
        let found = classify(&frame(101, &elsewhere));
        assert_eq!(matches!(found, Classified::Icmp(_)), is_marked);
    }
    // An inner length that the outer packet has no room for.
    let mut inner = v4(1, &ECHO);
    inner[3] += 1;
    let header = [0x30, 255, 0, 28, 0, 0, 0, 9];
    let data = ether(
        0x0800,
        &v4(17, &udp(9, 2152, &[&header, &inner[..]].concat())),
    );
    assert!(matches!(classify(&frame(1, &data)), Classified::OtherIp(_)));
    // By protocol number there is no doubt: then it is a defect.
    let data = ether(0x0800, &v4(4, &inner));
    assert!(icmp(&frame(1, &data)).ip.is_defective());
    // PIM says much else to its neighbors, and registers headers without their packets.
    for head in [[0x20, 0], [0x11, 0], [0x21, 0x40]] {
        let pim = [&[head[0], 0, 1, 2, head[1], 0, 0, 0], &v4(1, &ECHO)[..]].concat();
        let data = ether(0x0800, &v4(103, &pim));
        assert!(matches!(classify(&frame(1, &data)), Classified::OtherIp(_)));
    }
    // The port of Broadcom's is anybody's: of types that hold no packet, and of packets that do not
    // end where the datagram does and have no good checksum, nothing is read.
    for (first, more, is_li) in [(0x66, 0, false), (0x68, 0, true), (0x68, 1, false)] {
        let li = [&[first, 0x80, 0, 9], &v4(1, &ECHO)[..], &[0; 1][..more]].concat();
        let data = ether(0x0800, &v4(17, &udp(49152, 9, &li)));
        let found = classify(&frame(1, &data));
        assert_eq!(matches!(found, Classified::Icmp(_)), is_li, "{data:x?}");
    }
    // Nothing is read into a later fragment.
    let mut fragment = v4(4, &v4(1, &ECHO));
    fragment[7] = 1;
    let data = ether(0x0800, &fragment);
    assert!(matches!(classify(&frame(1, &data)), Classified::OtherIp(_)));
}

/// What the README says is known and not read: no packet is looked for in it, however it looks.
#[test]
fn copies_in_data_and_what_is_encrypted_or_compressed_are_not_entered() {
    const SFLOW: u16 = 6343;
    const IPFIX: u16 = 4739;
    const WIRE_GUARD: u16 = 51820;
    const OPEN_VPN: u16 = 1194;
    const CAPWAP_CONTROL: u16 = 5246;
    const MSDP: u16 = 639;
    const OPEN_FLOW: u16 = 6653;
    const GTP_U: u16 = 2152;
    let inner = v4(1, &ECHO);
    let over_udp = |port| v4(protocol::UDP, &udp(40000, port, &inner));
    let over_tcp = |port: u16| {
        let ports = [0x9c40_u16.to_be_bytes(), port.to_be_bytes()].concat();
        let header = [&ports[..], &[0; 8], &[0x50, 0x18, 1, 0, 0, 0, 0, 0]].concat();
        v4(protocol::TCP, &[&header, &inner[..]].concat())
    };
    let behind = |number, header: &[u8]| v4(number, &[header, &inner].concat());
    let packets = [SFLOW, IPFIX, WIRE_GUARD, OPEN_VPN, CAPWAP_CONTROL]
        .map(over_udp)
        .into_iter()
        .chain([MSDP, OPEN_FLOW, GTP_U].map(over_tcp))
        .chain([behind(protocol::IP_COMP, &[protocol::IPV4, 0, 0, 2])]);
    for packet in packets {
        let found = classify(&frame(101, &packet));
        assert!(
            matches!(found, Classified::OtherIp(packet) if packet.tunnels.is_empty()),
            "{packet:x?}"
        );
    }
}

/// Of what access points take apart the first fragment leads to its packet, no other does.
#[test]
fn fragments_of_wifi_begin_a_packet_or_lead_nowhere() {
    const MORE: u8 = 0x04;
    let mut first = frames::ieee802_11(&v4(1, &ECHO));
    first[1] |= MORE;
    let cut = &first[..first.len() - 4];
    assert!(!icmp(&frame(105, cut)).ip.is_whole());
    let mut later = first[..24].to_vec();
    later[1] &= !MORE;
    later[22] |= 1;
    later.extend(&ECHO[4..]);
    let found = classify(&frame(105, &later));
    assert!(!matches!(
        found,
        Classified::Icmp(_) | Classified::OtherIp(_)
    ));
}

#[test]
fn either_end_may_have_the_port_of_a_tunnel() {
    for (outer, kinds) in carriers() {
        if outer[0] != 0x45 || outer[9] != protocol::UDP {
            continue;
        }
        let port = u16::from_be_bytes([outer[22], outer[23]]);
        let mut answer = outer;
        answer[20..24].rotate_left(2);
        let found = match classify(&frame(101, &answer)) {
            Classified::Icmp(packet) => packet.tunnels.iter().map(|tunnel| tunnel.kind).collect(),
            _ => Vec::new(),
        };
        match port {
            // What is for a controller has another header than what comes from it; GUE has its port
            // for the destination alone.
            // Broadcom's LI has its own for the source.
            12223 | 6080 | 49153 => assert_eq!(found, []),
            _ => assert_eq!(found, kinds, "{port}"),
        }
    }
}

#[test]
fn frames_in_frames_lead_to_the_inner_packet() {
    for (data, kinds) in frames::on_ethernet() {
        let packet = icmp(&frame(1, &data));
        let found: Vec<_> = packet.tunnels.iter().map(|tunnel| tunnel.kind).collect();
        assert_eq!(found, kinds, "{data:x?}");
        assert!(packet.ip.is_whole() && !packet.ip.is_defective());
        assert!(packet.outermost().is_none());
        for length in 0..data.len() {
            let mut cut = frame(1, &data[..length]);
            cut.wire_len = u32::try_from(data.len()).unwrap();
            if let Classified::Icmp(packet) | Classified::OtherIp(packet) = classify(&cut) {
                assert!(packet.tunnels.len() <= kinds.len() && !packet.ip.is_whole());
                assert_eq!(packet.tunnels.iter().count(), packet.tunnels.len());
            }
        }
    }
}

#[test]
fn of_a_packet_in_fragments_of_its_tunnel_the_first_is_read() {
    let inner = ether(0x0800, &v4(1, &[&ECHO[..], &[7; 40]].concat()));
    let capwap = |flags, offset: u8, data: &[u8]| {
        let header = [0, 0x10, 0, flags, 0, 9, 0, offset];
        ether(0x0800, &v4(17, &udp(9, 5247, &[&header, data].concat())))
    };
    let first = capwap(0x80, 0, &inner[..48]);
    let packet = icmp(&frame(1, &first));
    assert_eq!(packet.tunnels.len(), 1);
    assert!(!packet.ip.is_whole());
    for (flags, offset, data) in [(0xc0, 48, &inner[48..]), (0, 0, &inner[..48])] {
        let other = capwap(flags, offset, data);
        assert!(matches!(
            classify(&frame(1, &other)),
            Classified::OtherIp(_)
        ));
    }

    let session = |flags, data: &[u8]| {
        let header = [0x11, 0, 0, 1, 0, 40, 0, 0x3d, flags, 0, 0, 1];
        ether(0x8864, &[&header, data].concat())
    };
    let packet = [&[0, 0x21], &inner[14..]].concat();
    let first = session(0x80, &packet[..40]);
    let told = icmp(&frame(1, &first));
    assert_eq!(told.tunnels.len(), 2);
    assert!(!told.ip.is_whole());
    let last = session(0x40, &packet[40..]);
    assert!(matches!(classify(&frame(1, &last)), Classified::NotIp));
}

#[test]
fn ppp_whose_octets_are_escaped_is_not_read() {
    let mut framed = vec![0, 0, 0x88, 0x81, 0x7e, 0xff, 3, 0, 0x21];
    framed.extend(v4(1, &ECHO));
    // An octet is two on the line.
    framed.extend([0x7d, 0x5e, 1, 2, 0x7e]);
    let found = frame(101, &v4(47, &framed)).data.to_vec();
    assert!(matches!(
        classify(&frame(101, &found)),
        Classified::OtherIp(_)
    ));
}

#[test]
fn icmp_of_the_other_version_is_icmp_all_the_same() {
    for packet in [v4(58, &ECHO), v6(1, &ECHO)] {
        assert_eq!(icmp(&frame(101, &packet)).ip.payload, ECHO);
    }
}

#[test]
fn tunnels_deeper_than_the_path_has_room_for_end_there() {
    let mut packet = v4(1, &ECHO);
    for depth in 1..=TunnelPath::CAPACITY + 4 {
        packet = v4(4, &packet);
        let found = classify(&frame(101, &packet));
        if depth <= TunnelPath::CAPACITY {
            assert!(matches!(found, Classified::Icmp(p) if p.tunnels.len() == depth));
        } else {
            assert!(
                matches!(found, Classified::OtherIp(p) if p.tunnels.len() == TunnelPath::CAPACITY
                    && p.ip.protocol == protocol::IPV4 && p.goes_deeper())
            );
        }
    }
}

proptest! {
    #[test]
    fn no_octets_panic(
        which in 0usize..200,
        at in 20usize..80,
        value in any::<u8>(),
        cut in 0usize..120,
    ) {
        let all = carriers();
        let (mut packet, _) = all[which % all.len()].clone();
        if let Some(octet) = packet.get_mut(at) {
            *octet = value;
        }
        packet.truncate(packet.len().saturating_sub(cut / 2));
        if let Classified::Icmp(packet) | Classified::OtherIp(packet) = classify(&frame(101, &packet)) {
            prop_assert_eq!(packet.tunnels.iter().count(), packet.tunnels.len());
        }
    }
}

#[test]
fn a_pseudowire_has_a_control_word_or_not() {
    let inner = ether(0x0800, &v4(1, &ECHO));
    for word in [&[0, 0, 0, 0][..], &[]] {
        let data = ether(0x8847, &[&[0, 1, 1, 64], word, &inner].concat());
        let packet = icmp(&frame(1, &data));
        assert_eq!(packet.tunnels.len(), 1);
        assert!(packet.outermost().is_none());
    }
    let data = ether(0x8847, &[&[0, 1, 1, 64], &[0x10, 0, 0, 0x21][..]].concat());
    assert!(matches!(classify(&frame(1, &data)), Classified::NotIp));
}
