//! What taps send, which nothing but its header and the packet tells.

use super::frames::{LI_ID, SEQUENCE, SESSION, e100, redback};
use super::*;

fn kinds(packet: &[u8]) -> Vec<TunnelKind> {
    let data = ether(0x0800, packet);
    let frame = frame(1, &data);
    match classify(&frame) {
        Classified::Icmp(packet) => packet.tunnels.iter().map(|tunnel| tunnel.kind).collect(),
        Classified::OtherIp(packet) => {
            assert!(packet.tunnels.is_empty());
            Vec::new()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_frame_that_was_cut_before_is_cut() {
    let inner = ether(0x0800, &v4(1, &ECHO));
    for cut in 0..=inner.len() - 34 {
        let data = ether(0x0800, &e100(&inner, cut));
        let packet = icmp(&frame(1, &data));
        assert_eq!(packet.ip.payload, &ECHO[..8 - cut]);
        assert_eq!(packet.ip.is_whole(), cut == 0);
        assert!(!packet.ip.is_defective());
        if cut > 0 {
            assert_eq!(packet.ip.limit, Limit::Capture);
        }
    }
}

#[test]
fn every_field_of_a_tap_has_to_fit() {
    let inner = ether(0x0800, &v4(1, &ECHO));
    let good = e100(&inner, 0);
    assert_eq!(kinds(&good), [TunnelKind::E100]);
    let header = 28;
    // The version, the number of octets, and the length of a packet with no good checksum.
    for at in [0, 20, 21, 22, 23, 28 + 14 + 3] {
        let mut other = good.clone();
        other[header + at] ^= 0x11;
        assert!(kinds(&other).is_empty(), "{at}");
    }
    let echo = v4(1, &ECHO);
    let end: &[u8] = &[0, 0];
    for parts in [
        &[LI_ID, SESSION, end][..],
        &[SEQUENCE, SESSION, end],
        &[SEQUENCE, LI_ID, end],
        &[SEQUENCE, LI_ID, SESSION],
        &[SEQUENCE, LI_ID, SESSION, &[0, 2, 0, 0]],
        &[SEQUENCE, LI_ID, SESSION, &[5, 0], end],
        &[&[1, 3, 0, 0, 1], LI_ID, SESSION, end],
        &[end, SEQUENCE, LI_ID, SESSION],
    ] {
        assert!(kinds(&redback(parts, &echo)).is_empty(), "{parts:?}");
    }
    let parts = [SEQUENCE, LI_ID, SESSION, end];
    assert_eq!(
        kinds(&redback(&parts, &echo)),
        [TunnelKind::RedbackLi { id: 66666 }]
    );
    assert!(kinds(&redback(&parts, &[&echo[..], &[0]].concat())).is_empty());
}
