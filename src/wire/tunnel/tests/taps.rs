//! What taps send, which nothing but its header and the packet tells.

use super::frames::{LI_ID, SEQUENCE, SESSION, e100, redback, rftap, rftap_named, tipc};
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

fn over_udp(port: u16, parts: &[&[u8]]) -> Vec<u8> {
    v4(17, &udp(40000, port, &parts.concat()))
}

#[test]
fn a_header_of_rftap_says_what_is_behind_it() {
    let echo = v4(1, &ECHO);
    let good = rftap(101);
    assert_eq!(kinds(&over_udp(9, &[&good, &echo])), [TunnelKind::Rftap]);
    // The magic number, what the length leaves out, no link type, one that is not known.
    for (at, value) in [(0, b'r'), (3, b'b'), (4, 1), (4, 6), (6, 2), (8, 0xff)] {
        let mut other = good.clone();
        other[at] = value;
        assert!(
            kinds(&over_udp(9, &[&other, &echo])).is_empty(),
            "{value} at {at}"
        );
    }
    let good = rftap_named(*b"ip\0\0");
    assert_eq!(kinds(&over_udp(9, &[&good, &echo])), [TunnelKind::Rftap]);
    // Another tag, other flags of it, another name, a parameter of the future.
    for (at, value) in [(16, 17), (19, 0), (20, b'x'), (18, 200), (7, 0x20)] {
        let mut other = good.clone();
        other[at] = value;
        assert!(
            kinds(&over_udp(9, &[&other, &echo])).is_empty(),
            "{value} at {at}"
        );
    }
}

/// All numbers that share the bits which tell one at a glance.
#[test]
fn a_glance_misses_no_magic_number() {
    let echo = v4(1, &ECHO);
    let wireless = super::frames::ieee802_11(&echo);
    let mut peekremote = vec![0, 0xff, 0xab, 0xcd, 2, 0, 0, 0, 21];
    peekremote.resize(21, 7);
    for (header, inside, kind) in [
        (rftap(1), ether(0x0800, &echo), TunnelKind::Rftap),
        (peekremote, wireless, TunnelKind::PeekRemote),
    ] {
        assert_eq!(kinds(&over_udp(9, &[&header, &inside])), [kind]);
        for octet in 0..4 {
            for bit in 0..8 {
                let mut other = header.clone();
                other[octet] ^= 1 << bit;
                assert!(kinds(&over_udp(9, &[&other, &inside])).is_empty());
            }
        }
    }
}

#[test]
fn a_cluster_sends_packets_that_are_certain_alone() {
    let echo = v4(1, &ECHO);
    let tipc = |user, words, data: &[u8]| kinds(&over_udp(6118, &[&tipc(user, words, data)]));
    assert_eq!(tipc(0, 6, &echo), [TunnelKind::Tipc]);
    // Users that have no data, headers that are too short, packets that are none.
    for user in [4, 5, 7, 15] {
        assert!(tipc(user, 10, &echo).is_empty(), "{user}");
    }
    for words in 0..6 {
        assert!(tipc(0, words, &echo).is_empty(), "{words}");
    }
    assert!(tipc(0, 6, &[&echo[..], &[0]].concat()).is_empty());
    let frame = ether(0x0800, &echo);
    assert_eq!(kinds(&over_udp(3343, &[&frame])), [TunnelKind::Msrcp]);
    assert!(kinds(&over_udp(3343, &[&frame, &[0]])).is_empty());
}

/// Ethernet pads short frames.
#[test]
fn what_is_behind_a_message_is_not_its_packet() {
    let data = ether(0x88ca, &[&tipc(1, 8, &v4(1, &ECHO))[..], &[0; 9]].concat());
    assert_eq!(icmp(&frame(1, &data)).ip.payload, ECHO);
}

/// Lengths of 0, and bundles in bundles, lead nowhere.
#[test]
fn a_bundle_ends() {
    let hollow = [vec![0x40, 0xc0, 0, 0], vec![0; 20]].concat();
    for inside in [hollow, tipc(6, 6, &tipc(0, 6, &v4(1, &ECHO))), vec![0; 3]] {
        assert!(kinds(&over_udp(6118, &[&tipc(6, 6, &inside)])).is_empty());
    }
}

/// Errors are sent about packets with options that are wrong: these are to be known, too.
#[test]
fn a_packet_with_wrong_options_is_one_by_its_checksum() {
    let mut inner = v4(17, &[9; 12]);
    // A record of the route that begins at no entry.
    inner.splice(20..20, [7, 7, 6, 0, 0, 0, 0, 0]);
    inner[0] = 0x47;
    inner[3] += 8;
    let sum = crate::wire::checksum::internet(&[&inner[..28]]);
    inner[10..12].copy_from_slice(&sum.to_be_bytes());
    let length = u8::try_from(inner.len()).unwrap();
    let vxlan = |inner: &[u8]| {
        let frame = ether(0x0800, inner);
        ether(
            0x0800,
            &over_udp(4789, &[&[8, 0, 0, 0, 0, 0, 100, 0], &frame]),
        )
    };
    let gtp = |inner: &[u8]| {
        let header = [0x30, 255, 0, length, 0, 0, 0, 1];
        ether(0x0800, &over_udp(2152, &[&header, inner]))
    };
    let tunnels = |data: &[u8]| match classify(&frame(1, data)) {
        Classified::OtherIp(packet) => packet.tunnels.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((tunnels(&vxlan(&inner)), tunnels(&gtp(&inner))), (1, 1));
    inner[10] ^= 1;
    assert_eq!((tunnels(&vxlan(&inner)), tunnels(&gtp(&inner))), (0, 0));
}
