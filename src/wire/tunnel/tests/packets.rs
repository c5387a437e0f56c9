//! Packets in datagrams, without a frame around them.

use super::*;

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    v4(17, &udp(40000, port, &[header, inner].concat()))
}

/// An LLC frame of GPRS: address, control, SNDCP, and a check sequence that nobody checks.
pub(super) fn gprs_llc(packet: &[u8]) -> Vec<u8> {
    [&[0x43, 0xc0, 0, 0x65, 0, 0, 1], packet, &[1, 2, 3]].concat()
}

pub(super) fn of_packets() -> Vec<Carrier> {
    [over_known_ports(), of_mobile_networks()].concat()
}

fn over_known_ports() -> Vec<Carrier> {
    use TunnelKind as K;
    let echo4 = v4(1, &ECHO);
    let echo6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    let frame = ether(0x0800, &echo4);
    let lisp = |instance| vec![K::Lisp { instance }];
    vec![
        (
            over_udp(4341, &[0x80, 1, 2, 3, 0, 0, 0, 1], &echo4),
            lisp(None),
        ),
        (
            over_udp(4341, &[0x88, 0, 0, 0, 0, 0, 7, 1], &echo6),
            lisp(Some(7)),
        ),
        (
            over_udp(4341, &[0x0c, 0, 0, 3, 0, 0, 7, 0], &frame),
            lisp(Some(7)),
        ),
        (over_udp(4342, &[0x80, 0, 0, 0], &echo4), lisp(None)),
        (
            over_udp(4754, &[0x20, 0, 8, 0, 0, 0, 0, 9], &echo4),
            vec![K::Gre { key: Some(9) }],
        ),
        (over_udp(2268, &[6, 0], &echo4), vec![K::Amt]),
        (
            over_udp(
                2268,
                &[4, 1, 1, 2, 3, 4, 5, 6, 0, 0, 0, 1],
                &[&echo6[..], &[0; 18]].concat(),
            ),
            vec![K::Amt],
        ),
        (
            over_udp(2268, &[5, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 1], &echo6),
            vec![K::Amt],
        ),
        (
            over_udp(
                5072,
                &[&[0x44, 0x52, 0x11, 41, 0, 0, 0, 1], &[1; 36][..]].concat(),
                &echo6,
            ),
            vec![K::Ayiya],
        ),
        (
            over_udp(5072, &[0, 0, 1, 4, 0, 0, 0, 1, 9], &echo4),
            vec![K::Ayiya],
        ),
        (over_udp(434, &[4, 4, 0, 0], &echo4), vec![K::MobileIp]),
        (
            over_udp(434, &[4, 47, 0, 0, 0, 0, 0x86, 0xdd], &echo6),
            vec![K::MobileIp],
        ),
        (over_udp(4306, &[1], &echo4), vec![K::BatmanGateway]),
        (
            over_udp(12000, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &echo4),
            vec![K::Llc],
        ),
        (over_udp(12004, &[6, 7, 3], &echo4), vec![K::Llc]),
    ]
}

fn of_mobile_networks() -> Vec<Carrier> {
    use TunnelKind as K;
    let echo4 = v4(1, &ECHO);
    let echo6 = v6(58, &[128, 0, 0, 0, 0, 1, 0, 1]);
    let frame = ether(0x0800, &echo4);
    vec![
        (
            over_udp(
                4729,
                &[2, 4, 8, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &gprs_llc(&echo4),
            ),
            vec![K::Sndcp { nsapi: 5 }],
        ),
        (
            over_udp(
                4729,
                &[
                    2, 4, 9, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x46, 0, 1,
                ],
                &echo6,
            ),
            vec![K::Sndcp { nsapi: 6 }],
        ),
        (
            over_udp(
                2157,
                &[
                    0, 0, 0, 2, 1, 0xc0, 0, 0, 1, 0, 0, 4, 8, 0x82, 9, 9, 0x0e, 0xa6,
                ],
                &gprs_llc(&echo4),
            ),
            vec![K::Sndcp { nsapi: 5 }],
        ),
        (
            over_udp(
                2152,
                &[0x30, 255, 0, 32, 0, 0, 0, 9, 0xff, 3, 0, 0x21],
                &echo4,
            ),
            vec![K::GtpU { teid: 9 }],
        ),
        (
            over_udp(2152, &[0x30, 255, 0, 42, 0, 0, 0, 9], &frame),
            vec![K::GtpU { teid: 9 }],
        ),
        (
            over_udp(2123, &[0x30, 255, 0, 28, 0, 0, 0, 9], &echo4),
            vec![K::GtpU { teid: 9 }],
        ),
        (
            over_udp(8472, &[0, 0, 0, 1, 0, 0, 5, 0], &frame),
            vec![K::Vxlan { vni: 5 }],
        ),
        (
            over_udp(4790, &[8, 0, 0, 1, 0, 0, 5, 0], &echo4),
            vec![K::Vxlan { vni: 5 }],
        ),
        (
            over_udp(4790, &[0x0c, 0, 0, 5, 0, 0, 5, 0, 0, 1, 1, 64], &echo4),
            vec![K::Vxlan { vni: 5 }, K::Mpls { label: 16 }],
        ),
    ]
}
