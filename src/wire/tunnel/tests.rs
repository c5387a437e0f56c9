use super::*;
use crate::model::{LinkType, SourceId, Timestamp};

fn frame(link: u32, data: &[u8]) -> Frame<'_> {
    Frame {
        source: SourceId(0),
        number: 1,
        interface: None,
        ts: Timestamp::from_nanos(0),
        link: LinkType(link),
        wire_len: u32::try_from(data.len()).unwrap(),
        fcs_len: 0,
        data,
    }
}

/// An IPv4 packet.
fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    packet.extend(payload);
    packet
}

/// An Ethernet frame.
fn ether(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(kind.to_be_bytes());
    frame.extend(payload);
    frame
}

const ECHO: [u8; 8] = [8, 0, 0xf7, 0xfd, 0, 1, 0, 1];

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
                assert_eq!(number, 1);
                assert_eq!(packet.ip.payload, ECHO);
                assert!(packet.tunnels.is_empty() && packet.outermost().is_none());
            }
            Classified::OtherIp(packet) => {
                assert_ne!(number, 1);
                if number != protocol::AH {
                    assert_eq!(packet.ip.protocol, number);
                }
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
            outer: None
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
    session[6..8].copy_from_slice(&[0xc0, 0x21]);
    assert!(matches!(classify(&frame(51, &session)), Classified::NotIp));
}
