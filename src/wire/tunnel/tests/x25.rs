//! X.25 on each link that it goes over.

use super::*;

/// Headers of links that lead to a packet of X.25 of so many octets, by link type.
fn links(octets: usize) -> Vec<(u32, Vec<u8>)> {
    let length = |llc: usize| u16::try_from(octets + llc).unwrap();
    let sita = |control| vec![0, 0, 0, 0, 1, 3, control];
    let cooked = [&[0, 0, 0, 1, 0, 1][..], &[0; 8], &[0, 0x30]].concat();
    vec![
        (1, ether(length(4), &[0x7e, 0x7e, 0x22, 0x40])),
        (1, ether(length(4), &[0x7e, 0x7f, 0, 0])),
        (1, ether(length(3), &[0x7e, 0x7e, 0x13])),
        (1, ether(0x0805, &[])),
        (100, vec![0x7e, 0x7e, 3]),
        (196, sita(0)),
        (196, sita(0xfe)),
        (203, vec![0x42, 1, 2, 0]),
        (203, vec![0x40, 1, 3]),
        (177, [&cooked[..], &[0x40, 1, 0, 0]].concat()),
    ]
}

/// Packets with the channel 0x123, and what is before an IP packet in them.
const DATA: [&[u8]; 7] = [
    &[0x11, 0x23, 0],
    &[0x51, 0x23, 0xee],
    &[0x11, 0x23, 0, 0xcc],
    &[0x11, 0x23, 0, 0x80, 0, 0, 0, 8, 0],
    &[0x21, 0x23, 0xfe, 0xfe],
    &[0x21, 0x23, 0, 0, 0xcc],
    &[0x91, 0x23, 0],
];

fn echo() -> Vec<u8> {
    v4(1, &ECHO)
}

#[test]
fn data_lead_to_ip_on_each_link() {
    for data in DATA {
        let packet = [data, &echo()].concat();
        for (link, header) in links(packet.len()) {
            let octets = [&header[..], &packet].concat();
            let found = icmp(&frame(link, &octets));
            let kinds: Vec<_> = found.tunnels.iter().map(|tunnel| tunnel.kind).collect();
            assert_eq!(
                kinds,
                [TunnelKind::X25 { channel: 0x123 }],
                "{link} {data:x?}"
            );
            assert!(found.ip.is_whole() && found.ip.payload == ECHO);
        }
    }
    let v6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    for identifier in [&[][..], &[0x8e], &[0x80, 0, 0, 0, 0x86, 0xdd]] {
        let packet = [&[0x10, 1, 0], identifier, &v6].concat();
        for (link, header) in links(packet.len()) {
            let octets = [&header[..], &packet].concat();
            assert_eq!(icmp(&frame(link, &octets)).ip.payload.len(), 8);
        }
    }
}

#[test]
fn every_prefix_of_it_leads_nowhere_or_to_what_there_is_of_the_packet() {
    for data in DATA {
        let packet = [data, &echo()].concat();
        for (link, header) in links(packet.len()) {
            let octets = [&header[..], &packet].concat();
            for length in 0..octets.len() {
                let mut cut = frame(link, &octets[..length]);
                cut.wire_len = u32::try_from(octets.len()).unwrap();
                if let Classified::Icmp(packet) | Classified::OtherIp(packet) = classify(&cut) {
                    assert!(!packet.ip.is_whole() && ECHO.starts_with(packet.ip.payload));
                }
            }
        }
    }
}

/// Calls and what keeps them, links' frames that carry none, and data that are none of IP's.
#[test]
fn what_is_no_data_of_ip_leads_nowhere() {
    let nowhere = |link, octets: &[u8]| {
        assert!(
            !matches!(
                classify(&frame(link, octets)),
                Classified::Icmp(_) | Classified::OtherIp(_)
            ),
            "{link} {octets:x?}"
        );
    };
    let mut wrong = echo();
    wrong[3] += 1;
    for packet in [
        [&[0x10, 1, 0x0b, 0, 0, 0xcc][..], &echo()].concat(),
        [&[0x10, 1, 1][..], &echo()].concat(),
        [&[0x30, 1, 0][..], &echo()].concat(),
        [&[0x10, 1, 0][..], &wrong].concat(),
        [&[0x10, 1, 0, 0x81][..], &echo()].concat(),
        [&[0x10, 1, 0, 0x80, 0, 0, 1, 8, 0][..], &echo()].concat(),
        b"\x10\x01\0login: ".to_vec(),
    ] {
        for (link, header) in links(packet.len()) {
            nowhere(link, &[&header[..], &packet].concat());
        }
    }
    let packet = [DATA[0], &echo()].concat();
    for (link, header) in [
        (196, &[0, 0, 0, 0, 1, 3, 1][..]),
        (196, &[0, 0, 0, 0, 2, 3, 0]),
        (203, &[0x42, 1, 1, 0]),
        (203, &[0x02, 1, 0, 0]),
        (100, &[0x7e, 0x7e, 0x7f]),
    ] {
        nowhere(link, &[header, &packet].concat());
    }
}

#[test]
fn a_message_in_tcp_tells_its_length_once_its_header_is_there() {
    use super::super::tcp::Start;
    use super::super::x25::xot_start;
    for (message, needed) in [
        (&[0, 0, 0, 99, 0x10, 1, 0][..], 7),
        (&[0, 0, 0, 99, 0x20, 1, 0, 0], 8),
    ] {
        for end in 0..needed {
            let expected = if end < 7 { 7 } else { 8 };
            assert_eq!(xot_start(&message[..end]), Start::Short(expected), "{end}");
        }
        assert_eq!(xot_start(message), Start::Holds(103));
    }
    assert_eq!(xot_start(&[0, 0, 0, 5, 0x10, 1, 0x0b]), Start::Other(9));
    for other in [
        [1, 0, 0, 9, 0x10, 1, 0],
        [0, 1, 0, 9, 0x10, 1, 0],
        [0, 0, 0, 2, 0x10, 1, 0],
    ] {
        assert_eq!(xot_start(&other), Start::None);
    }
}
