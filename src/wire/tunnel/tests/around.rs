//! The innermost frame around a packet.

use super::frames::ieee802_11;
use super::*;
use crate::wire::link;

const ALL: [u8; 6] = [0xff; 6];

/// An Ethernet frame to all.
fn to_all(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = ether(kind, payload);
    frame[..6].copy_from_slice(&ALL);
    frame
}

/// Whether the innermost frame around the echo request in `data` is to all; `None` where there is
/// no frame.
fn is_to_all(link: u32, data: &[u8]) -> Option<bool> {
    let frame = frame(link, data);
    let around = icmp(&frame).frame_around(&frame)?;
    Some(link::is_broadcast(&around))
}

#[test]
fn it_tells_whether_a_packet_is_for_all() {
    let echo = || v4(1, &ECHO);
    let tagged = |frame: &[u8]| [&frame[..12], &[0x81, 0, 0, 7], &frame[12..]].concat();
    let vxlan = |frame: &[u8]| {
        let header = [8, 0, 0, 0, 0, 0, 5, 0];
        v4(17, &udp(9, 4789, &[&header[..], frame].concat()))
    };
    let gretap = |frame: &[u8]| v4(47, &[&[0, 0, 0x65, 0x58], frame].concat());
    let geneve = |frame: &[u8]| {
        let header = [0, 0, 0x65, 0x58, 0, 0, 5, 0];
        v4(17, &udp(9, 6081, &[&header[..], frame].concat()))
    };
    let pseudowire = |frame: &[u8]| [&[0, 0, 0x11, 64, 0, 0, 0, 0], frame].concat();
    let provider = |frame: &[u8]| [&[0, 0, 0, 9][..], frame].concat();
    for (inner, expected) in [
        (to_all(0x0800, &echo()), true),
        (tagged(&to_all(0x0800, &echo())), true),
        (ether(0x0800, &echo()), false),
        (tagged(&ether(0x0800, &echo())), false),
    ] {
        for (name, data) in [
            ("plain", inner.clone()),
            ("vxlan", ether(0x0800, &vxlan(&inner))),
            ("gretap", ether(0x0800, &gretap(&inner))),
            ("geneve", ether(0x0800, &geneve(&inner))),
            ("pseudowire", ether(0x8847, &pseudowire(&inner))),
            (
                "two tunnels",
                ether(0x0800, &vxlan(&ether(0x0800, &gretap(&inner)))),
            ),
            ("bridged by a provider", ether(0x88e7, &provider(&inner))),
            ("bridged", to_all(0x6558, &inner)),
        ] {
            assert_eq!(is_to_all(1, &data), Some(expected), "{name} {inner:x?}");
        }
        // In cooked captures, and behind the tag of a switch.
        let cooked = [
            &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..],
            &vxlan(&inner),
        ];
        assert_eq!(is_to_all(113, &cooked.concat()), Some(expected));
        let broadcom = [&inner[..12], &[0x20, 0, 0, 1], &inner[12..]].concat();
        assert_eq!(is_to_all(281, &broadcom), Some(expected));
    }
    // What a tunnel of packets carries has no link, whatever is around it.
    assert_eq!(is_to_all(1, &to_all(0x0800, &v4(4, &echo()))), None);
    // Labels and sessions are in the frame.
    let label = [&[0, 0, 0x11, 64][..], &echo()].concat();
    assert_eq!(is_to_all(1, &to_all(0x8847, &label)), Some(true));
}

#[test]
fn in_a_wireless_network_its_destination_counts() {
    let with = |control: u8, place: usize| {
        let mut frame = ieee802_11(&v4(1, &ECHO));
        frame[1] = control;
        frame[place..place + 6].copy_from_slice(&ALL);
        frame
    };
    for (control, place, expected) in [
        // From the access point, and to it.
        (2, 4, true),
        (1, 16, true),
        (0, 4, true),
        // The network's name where there is no access point.
        (0, 16, false),
    ] {
        let data = with(control, place);
        assert_eq!(is_to_all(105, &data), Some(expected), "{control} {place}");
        let in_tunnel = ether(0x0800, &v4(47, &[&[0, 0, 0x82, 0x10], &data[..]].concat()));
        assert_eq!(
            is_to_all(1, &in_tunnel),
            Some(expected),
            "{control} {place}"
        );
    }
}

#[test]
fn every_prefix_tells_as_much_or_nothing() {
    let frame = to_all(0x0800, &v4(1, &ECHO));
    let header = [8, 0, 0, 0, 0, 0, 5, 0];
    let data = ether(
        0x0800,
        &v4(17, &udp(9, 4789, &[&header[..], &frame].concat())),
    );
    for length in 0..data.len() {
        let cut = Frame {
            wire_len: u32::try_from(data.len()).unwrap(),
            ..Frame::alone(LinkType(1), &data[..length])
        };
        if let Classified::Icmp(packet) = classify(&cut) {
            assert!(
                packet
                    .frame_around(&cut)
                    .is_some_and(|around| link::is_broadcast(&around))
            );
        }
    }
}
