//! Frames that one machine captures for another (RPCAP).

use super::*;

/// The machine that captures, and who has it do so.
const CAPTURES: [u8; 4] = [192, 0, 2, 1];
const ASKS: [u8; 4] = [192, 0, 2, 2];

fn rpcap(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[0, kind, 0, 0][..], &length(body).to_be_bytes(), body].concat()
}

fn open_reply(link: u32) -> Vec<u8> {
    rpcap(0x83, &words(&[link, 0]))
}

fn start_request(port: u16) -> Vec<u8> {
    let filter = words(&[1, 0]);
    rpcap(4, &[words(&[65535, 1000, port.into()]), filter].concat())
}

fn start_reply(port: u16) -> Vec<u8> {
    rpcap(0x84, &words(&[1000, u32::from(port) << 16]))
}

/// The first octets of a frame that had so many.
fn captured(octets: &[u8], sent: usize) -> Vec<u8> {
    let sent = u32::try_from(sent).unwrap();
    rpcap(
        7,
        &[words(&[1000, 5, length(octets), sent, 9]), octets.to_vec()].concat(),
    )
}

fn packet(protocol: u8, from: [u8; 4], to: [u8; 4], transport: &[u8]) -> Vec<u8> {
    let mut packet = v4(protocol, transport);
    packet[12..16].copy_from_slice(&from);
    packet[16..20].copy_from_slice(&to);
    packet
}

fn tcp(ports: [u16; 2], data: &[u8]) -> Vec<u8> {
    let mut segment = ports.map(u16::to_be_bytes).concat();
    segment.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]);
    segment.extend(data);
    segment
}

fn from_captures(ports: [u16; 2], data: &[u8]) -> Vec<u8> {
    packet(6, CAPTURES, ASKS, &tcp(ports, data))
}

/// What is known behind these messages of a control connection.
fn known_behind(opened: &[u8], started: &[u8], port: u16) -> Known {
    let mut known = Known::default();
    let mut take = |packet: &[u8]| assert!(reports_by(&mut known, packet, usize::MAX).is_empty());
    take(&from_captures([port, 40000], opened));
    let is_reply = started[1] & 0x80 != 0;
    take(&if is_reply {
        from_captures([port, 40000], started)
    } else {
        packet(6, ASKS, CAPTURES, &tcp([40000, port], started))
    });
    known
}

/// How many frames such a packet reports then.
fn count(known: &mut Known, packet: &[u8]) -> usize {
    reports_by(known, packet, usize::MAX).len()
}

#[test]
fn frames_come_by_the_port_that_either_end_told() {
    let data = captured(&frame(), 90);
    for control in [2002, 2003] {
        let mut known = known_behind(&open_reply(1), &start_reply(31000), control);
        let expected = (
            ReportMessage::RemoteCapture,
            CAPTURES.into(),
            None,
            None,
            None,
        );
        for message in [data.clone(), [data.clone(), data.clone()].concat()] {
            let told = reports_by(&mut known, &from_captures([31000, 5], &message), usize::MAX);
            assert_eq!(told.len(), message.len() / data.len());
            for (report, icmp) in told {
                assert_eq!((facts(&report), icmp.as_slice()), (expected, &ECHO[..]));
                let headers: Vec<_> = report.spans().map(|span| span.header).collect();
                assert_eq!(
                    headers,
                    [ReportHeader::Rpcap {
                        link: linktype::ETHERNET
                    }]
                );
            }
        }
        let mut known = known_behind(&open_reply(1), &start_request(32000), control);
        assert_eq!(count(&mut known, &from_captures([5, 32000], &data)), 1);
        let datagram = packet(17, CAPTURES, ASKS, &udp(5, 32000, &data));
        assert_eq!(count(&mut known, &datagram), 1);
    }
}

#[test]
fn frames_of_any_link_type_are_read() {
    // As systems number IP without a link, and as the registry does.
    for link in [12, 14, 101, 228] {
        let mut known = known_behind(&open_reply(link), &start_reply(31000), 2002);
        let data = captured(&echo(), 28);
        assert_eq!(
            count(&mut known, &from_captures([31000, 5], &data)),
            1,
            "{link}"
        );
    }
    let mut known = known_behind(&open_reply(9999), &start_reply(31000), 2002);
    let data = captured(&frame(), 42);
    assert_eq!(count(&mut known, &from_captures([31000, 5], &data)), 0);
}

#[test]
fn nothing_else_between_these_hosts_or_others_is_a_capture() {
    let mut known = known_behind(&open_reply(1), &start_reply(31000), 2002);
    let data = captured(&frame(), 42);
    let segment = tcp([31000, 5], &data);
    for other in [
        from_captures([31001, 5], &data),
        // Frames go one way.
        packet(6, ASKS, CAPTURES, &segment),
        packet(6, [192, 0, 2, 3], ASKS, &segment),
        from_captures([31000, 5], &rpcap(9, &[0; 60])),
        packet(17, CAPTURES, ASKS, &udp(31000, 5, &rpcap(9, &[0; 60]))),
        packet(
            17,
            CAPTURES,
            ASKS,
            &udp(31000, 5, &[&[1], &data[1..]].concat()),
        ),
    ] {
        assert_eq!(count(&mut known, &other), 0);
    }
    // A port without an interface that was opened, and one of another control connection.
    let mut known = known_behind(&rpcap(0x83, &[0; 4]), &start_reply(31000), 2002);
    assert_eq!(count(&mut known, &from_captures([31000, 5], &data)), 0);
    reports_by(
        &mut known,
        &from_captures([2002, 41000], &open_reply(1)),
        usize::MAX,
    );
    reports_by(
        &mut known,
        &from_captures([2002, 40000], &start_reply(31000)),
        usize::MAX,
    );
    assert_eq!(count(&mut known, &from_captures([31000, 5], &data)), 0);
}

#[test]
fn every_prefix_of_each_message_is_read_as_far_as_it_goes() {
    let data = captured(&frame(), 42);
    let packets = [
        from_captures([31000, 5], &data),
        packet(17, CAPTURES, ASKS, &udp(31000, 5, &data)),
    ];
    for packet in &packets {
        let octets = ether(0x0800, packet).len();
        for captured in 0..=octets {
            let mut known = known_behind(&open_reply(1), &start_reply(31000), 2002);
            let told = reports_by(&mut known, packet, captured);
            for (_, icmp) in &told {
                assert!(ECHO.starts_with(icmp), "{captured}");
            }
            assert!(captured < octets || told.len() == 1);
        }
        // What the lengths of the message say ends the frame, not what follows.
        for (place, value) in [(7, 0), (7, 20), (7, 27), (19, 0), (19, 1)] {
            let mut other = data.clone();
            other[place] = value;
            let transport = packet.len() - data.len();
            let other = [&packet[..transport], &other].concat();
            let mut known = known_behind(&open_reply(1), &start_reply(31000), 2002);
            assert_eq!(count(&mut known, &other), 0, "{value} at {place}");
        }
    }
    for message in [open_reply(1), start_reply(31000), start_request(32000)] {
        for end in 0..message.len() {
            let mut known = Known::default();
            reports_by(
                &mut known,
                &from_captures([2002, 40000], &message[..end]),
                usize::MAX,
            );
            assert_eq!(count(&mut known, &packets[0]), 0);
        }
    }
}

#[test]
fn what_is_known_is_bounded() {
    let mut known = Known::default();
    let data = captured(&frame(), 42);
    for port in 1000..2000 {
        reports_by(
            &mut known,
            &from_captures([2002, port], &open_reply(1)),
            usize::MAX,
        );
        reports_by(
            &mut known,
            &from_captures([2002, port], &start_reply(port)),
            usize::MAX,
        );
    }
    let mut of_port = |port| count(&mut known, &from_captures([port, 5], &data));
    assert_eq!((of_port(1000), of_port(1999)), (0, 1));
}
