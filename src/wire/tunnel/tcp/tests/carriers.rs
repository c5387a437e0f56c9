//! What travels in messages of TCP, and how it is told.

use super::*;
use crate::icmp::tunnel_header;
use crate::model::LinkType;

/// A frame of Fibre Channel with an IP packet in its encapsulation.
fn encapsulated(protocol: u8, flags: u8, kind: u8, icmp: &[u8]) -> Vec<u8> {
    let mut frame = vec![4, 1, 2, 3, 0, 4, 5, 6, kind, 0x38, 0, 0, 0, 0, 0, 0];
    frame.extend([0, 1, 0xff, 0xff, 0, 0, 0, 0]);
    frame.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    frame.extend(v4(1, icmp));
    frame.resize(frame.len().next_multiple_of(4), 0);
    frame.extend([9; 4]);
    let words = u16::try_from(28 + 4 + frame.len() + 4).unwrap() / 4;
    let mut message = [protocol, 1, !protocol, !1].repeat(2);
    message.extend([flags, 0, !flags, 0xff]);
    message.extend(words.to_be_bytes());
    message.extend((!words).to_be_bytes());
    message.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0]);
    message.extend([0x2e, 0x2e, 0xd1, 0xd1]);
    message.extend(frame);
    message.extend([0x42, 0x42, 0xbd, 0xbd]);
    message
}

fn gtp(version: u8, icmp: &[u8]) -> Vec<u8> {
    let packet = v4(1, icmp);
    let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
    let mut message = vec![version << 5 | 0x10, 255, length[0], length[1]];
    message.extend(if version == 0 {
        vec![7; 16]
    } else {
        vec![0, 0, 0, 9]
    });
    message.extend(packet);
    message
}

/// A frame in a mailbox of `EtherCAT`, by itself.
fn mailbox(icmp: &[u8]) -> Vec<u8> {
    let frame = ether(0x0800, &v4(1, icmp));
    let length = |more: usize| u16::try_from(frame.len() + more).unwrap().to_le_bytes();
    let mut message = (0x5000 | u16::from_le_bytes(length(10)))
        .to_le_bytes()
        .to_vec();
    message.extend(length(4));
    message.extend([0, 0, 0, 0x12, 0, 1, 0, 0]);
    message.extend(frame);
    message
}

/// Data of X.25.
fn xot(icmp: &[u8]) -> Vec<u8> {
    let packet = v4(1, icmp);
    let length = u16::try_from(3 + packet.len()).unwrap().to_be_bytes();
    [&[0, 0, length[0], length[1], 0x10, 1, 0][..], &packet].concat()
}

/// What a drone heard, with all that it may tell.
fn heard(link: u32, parts: u32, frame: &[u8]) -> Vec<u8> {
    let mut body = (1 << 31 | parts).to_be_bytes().to_vec();
    body.extend([0; 4]);
    if parts & 4 != 0 {
        body.extend([1, 2, 3, 4]);
    }
    if parts & 1 != 0 {
        body.extend([&[0, 30][..], &[5; 28]].concat());
    }
    if parts & 2 != 0 {
        body.extend([&[0, 68][..], &[6; 66]].concat());
    }
    body.extend([0, 44, 0, 0, 0, 0x1f]);
    body.extend([0x11; 16]);
    body.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
    body.extend([0; 16]);
    body.extend(link.to_be_bytes());
    body.extend(frame);
    let mut message = vec![0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 3];
    message.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    message
}

fn heard_ethernet(icmp: &[u8]) -> Vec<u8> {
    heard(1, 7, &ether(0x0800, &v4(1, icmp)))
}

/// A message by the octets of ICMP in it.
type Make = fn(&[u8]) -> Vec<u8>;

/// Port, message, and the names of the parts of its header behind TCP's.
const CARRIERS: [(u16, Make, &[&str]); 8] = [
    (
        3225,
        |icmp| encapsulated(1, 0, 5, icmp),
        &["fc_encapsulation", "fibre_channel", "llc"],
    ),
    (
        3420,
        |icmp| encapsulated(2, 0, 5, icmp),
        &["fc_encapsulation", "fibre_channel", "llc"],
    ),
    (2152, |icmp| gtp(1, icmp), &["gtp_u"]),
    (2123, |icmp| gtp(1, icmp), &["gtp_u"]),
    (3386, |icmp| gtp(0, icmp), &["gtp_v0"]),
    (1998, xot, &["xot"]),
    (34980, mailbox, &["ethercat", "ethernet"]),
    (2502, heard_ethernet, &["kismet", "ethernet"]),
];

#[test]
fn each_carrier_is_read_wherever_a_segment_ends() {
    for (port, make, _) in CARRIERS {
        let message = make(&echo(3, 24));
        let stream = [&message[..], &make(&echo(4, 24))].concat();
        for place in 1..stream.len() {
            let (found, incomplete) = told(port, &cut(&stream, &[place]));
            let expected = [echo(3, 24), echo(4, 24)];
            assert_eq!(
                (icmp_of(&found), incomplete),
                (expected.to_vec(), 0),
                "{port} {place}"
            );
        }
        let (found, _) = told(port, &[at(0, &stream)]);
        assert_eq!(icmp_of(&found), [echo(3, 24), echo(4, 24)], "{port}");
    }
}

#[test]
fn every_prefix_of_a_carrier_tells_what_is_in_it() {
    for (port, make, _) in CARRIERS {
        let message = make(&echo(3, 24));
        for captured in 0..message.len() {
            let sent = Sent {
                cut: message.len() - captured,
                ..at(0, &message)
            };
            let (found, _) = told(port, &[sent]);
            for icmp in icmp_of(&found) {
                assert!(echo(3, 24).starts_with(&icmp), "{port} {captured}");
            }
        }
    }
}

#[test]
fn each_part_of_the_header_has_its_name() {
    for (port, make, names) in CARRIERS {
        let message = make(&echo(3, 0));
        // One that stands behind another is told alike.
        for (which, data) in [message.clone(), [message.clone(), message].concat()]
            .iter()
            .enumerate()
        {
            let data = packet(port, &at(0, data));
            let frame = Frame::alone(linktype::ETHERNET, &data);
            let Classified::OtherIp(packet) = classify(&frame) else {
                panic!("no segment");
            };
            let messages = TcpStreams::default()
                .take(&frame, &packet, &mut Known::default())
                .unwrap();
            assert_eq!(messages.len(), which + 1);
            let frame = messages[which].frame(&frame);
            let Classified::Icmp(packet) = classify(&frame) else {
                panic!("no ICMP: {port}");
            };
            assert_eq!(packet.report().is_some(), port == 2502);
            let around = packet.tunnels.encapsulations().next().unwrap();
            let parts: Vec<_> = tunnel_header::parts(&around)
                .filter_map(|part| part.name)
                .collect();
            assert_eq!(parts, [&["tcp"], names].concat(), "{port}");
        }
    }
}

#[test]
fn what_carries_no_packet_is_passed_over() {
    let ping = |make: Make| make(&echo(1, 0));
    let special = encapsulated(1, 1, 5, &echo(2, 0));
    let scsi = encapsulated(1, 0, 8, &echo(2, 0));
    let fcip = ping(|icmp| encapsulated(1, 0, 5, icmp));
    let echo_request = [
        &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0][..],
        &gtp(1, &echo(1, 0)),
    ]
    .concat();
    let version_2 = [&[0x48, 1, 0, 4, 0, 0, 0, 0][..], &gtp(1, &echo(1, 0))].concat();
    let hello = [
        &[0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2][..],
        &heard_ethernet(&echo(1, 0)),
    ]
    .concat();
    for (port, stream) in [
        (3225, [special, scsi, fcip].concat()),
        (2152, echo_request),
        (2123, version_2),
        (2502, hello),
    ] {
        let (found, incomplete) = told(port, &[at(0, &stream)]);
        assert_eq!(
            (icmp_of(&found), incomplete),
            (vec![echo(1, 0)], 0),
            "{port}"
        );
    }
    // Another protocol of the same encapsulation, another version, a length without its complement.
    let fcip = encapsulated(1, 0, 5, &echo(1, 0));
    for (place, octet) in [(0, 2), (1, 2), (2, 0), (3, 0), (13, 0), (15, 0)] {
        let mut other = fcip.clone();
        other[place] = octet;
        assert_eq!(told(3225, &[at(0, &other)]), (Vec::new(), 0), "{place}");
    }
    // GTP' and what is no packet by itself.
    let mut charging = gtp(1, &echo(1, 0));
    charging[0] = 0x20;
    assert!(told(2152, &[at(0, &charging)]).0.is_empty());
    let mut no_packet = gtp(1, &echo(1, 0));
    no_packet[11] += 1;
    assert!(told(2152, &[at(0, &no_packet)]).0.is_empty());
}

#[test]
fn a_drone_tells_what_its_frame_begins_with() {
    let wifi = [
        &[
            8, 2, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 0x10, 0,
        ][..],
        &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
        &v4(1, &echo(1, 9)),
    ]
    .concat();
    for parts in 0..8 {
        let (found, _) = told(2502, &[at(0, &heard(105, parts, &wifi))]);
        assert_eq!(icmp_of(&found), [echo(1, 9)], "{parts}");
    }
    let radiotap = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &wifi].concat();
    let (found, _) = told(2502, &[at(0, &heard(127, 0, &radiotap))]);
    assert_eq!(icmp_of(&found), [echo(1, 9)]);
    assert!(told(2502, &[at(0, &heard(9999, 0, &wifi))]).0.is_empty());
    let LinkType(raw) = linktype::RAW;
    let (found, _) = told(2502, &[at(0, &heard(raw, 0, &v4(1, &echo(1, 9))))]);
    assert_eq!(icmp_of(&found), [echo(1, 9)]);
}

proptest! {
    /// However a stream is cut into segments, its messages are the same.
    #[test]
    fn any_segments_of_any_carrier_give_the_same_messages(
        carrier in 0..CARRIERS.len(),
        kinds in proptest::collection::vec((any::<u8>(), 0usize..200), 1..6),
        places in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let (port, make, _) = CARRIERS[carrier];
        let (octets, expected) = stream(&kinds, make);
        let (found, incomplete) = told(port, &cut(&octets, &places));
        prop_assert_eq!(icmp_of(&found), expected);
        prop_assert_eq!(incomplete, 0);
    }

    /// No octets whatever break it.
    #[test]
    fn any_octets_of_any_carrier_are_let_pass(
        carrier in 0..CARRIERS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        places in proptest::collection::vec(any::<usize>(), 0..4),
    ) {
        let (port, make, _) = CARRIERS[carrier];
        let mut octets = [make(&echo(1, 30)), make(&echo(2, 30))].concat();
        for (index, octet) in changes {
            let place = index.index(octets.len());
            octets[place] = octet;
        }
        told(port, &cut(&octets, &places));
    }
}
