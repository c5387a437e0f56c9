//! A packet in every kind of tunnel.

use super::*;

/// What carries a packet: the outer packet, and the tunnels it makes.
pub(super) type Carrier = (Vec<u8>, Vec<TunnelKind>);

pub(super) fn carriers() -> Vec<Carrier> {
    [
        carriers_by_protocol(),
        carriers_over_udp(),
        sessions_and_services(),
        frames::of_access_points_and_mirrors(),
        frames::of_taps(),
        frames::of_clusters(),
        frames::in_gre_and_ip(),
        packets::of_packets(),
    ]
    .concat()
}

fn echo6() -> Vec<u8> {
    v6(58, &[128, 0, 0, 0, 0, 1, 0, 1])
}

fn gre(header: &[u8], inner: &[u8]) -> Vec<u8> {
    v4(47, &[header, inner].concat())
}

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    v4(17, &udp(40000, port, &[header, inner].concat()))
}

fn carriers_by_protocol() -> Vec<Carrier> {
    use TunnelKind as K;
    let echo4 = v4(1, &ECHO);
    let echo6 = echo6();
    let frame4 = ether(0x0800, &echo4);
    vec![
        (v4(4, &echo4), vec![K::IpInIp]),
        (v4(41, &echo6), vec![K::IpInIp]),
        (v6(4, &echo4), vec![K::IpInIp]),
        (v6(41, &echo6), vec![K::IpInIp]),
        (v4(4, &v4(4, &echo4)), vec![K::IpInIp, K::IpInIp]),
        (
            v4(97, &[&[0x30, 0], &frame4[..]].concat()),
            vec![K::EtherIp],
        ),
        (
            v4(137, &[&[0, 0x10, 1, 64], &echo4[..]].concat()),
            vec![K::Mpls { label: 256 }],
        ),
        (gre(&[0, 0, 8, 0], &echo4), vec![K::Gre { key: None }]),
        (
            gre(
                &[0xb0, 0, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9],
                &echo6,
            ),
            vec![K::Gre { key: Some(7) }],
        ),
        (
            gre(
                &[
                    0x40, 0, 8, 0, 0, 0, 0, 0, 8, 0, 4, 4, 1, 2, 3, 4, 0, 0, 0, 0,
                ],
                &echo4,
            ),
            vec![K::Gre { key: None }],
        ),
        (
            gre(&[0x20, 0, 0x65, 0x58, 0, 1, 2, 3], &frame4),
            vec![K::Gre {
                key: Some(0x1_0203),
            }],
        ),
        (
            gre(&[0, 0, 0x88, 0x47, 0, 1, 1, 64], &echo4),
            vec![K::Gre { key: None }, K::Mpls { label: 16 }],
        ),
        (
            gre(&[0, 0, 0x88, 0x3e, 0, 0, 0, 0], &echo4),
            vec![K::Gre { key: None }],
        ),
        (gre(&[0, 0, 0x88, 0x3e], &echo4), vec![K::Gre { key: None }]),
        (
            gre(&[0, 0, 0x89, 9, 8, 0, 1, 1, 0, 1, 0, 0], &echo4),
            vec![K::Gre { key: None }],
        ),
        (
            gre(&[0, 0, 0x88, 0xbe], &frame4),
            vec![K::Erspan { session: None }],
        ),
        (
            gre(
                &[
                    0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0xfc, 5, 0, 0, 0, 0,
                ],
                &frame4,
            ),
            vec![K::Erspan { session: Some(5) }],
        ),
        (
            gre(
                &[
                    0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1,
                    1, 2, 3, 4, 5, 6, 7, 8,
                ],
                &frame4,
            ),
            vec![K::Erspan {
                session: Some(0x3ff),
            }],
        ),
        (
            gre(
                &[
                    0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 9, 0, 0, 0, 0, 0, 0, 8, 0,
                ],
                &echo4,
            ),
            vec![K::Erspan { session: Some(9) }],
        ),
        (
            gre(
                &[
                    0x30, 0x81, 0x88, 0x0b, 0, 34, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 3, 0,
                    0x21,
                ],
                &echo4,
            ),
            vec![K::Pptp { call: 0x1234 }],
        ),
    ]
}

fn carriers_over_udp() -> Vec<Carrier> {
    use TunnelKind as K;
    let echo4 = v4(1, &ECHO);
    let echo6 = echo6();
    let frame4 = ether(0x0800, &echo4);
    let vni = 0x0001_2345;
    vec![
        (
            over_udp(4789, &[8, 0, 0, 0, 1, 0x23, 0x45, 0], &frame4),
            vec![K::Vxlan { vni }],
        ),
        (
            over_udp(
                8472,
                &[0x88, 0, 0, 7, 1, 0x23, 0x45, 0],
                &ether(0x8100, &[&[0, 5, 8, 0], &echo4[..]].concat()),
            ),
            vec![K::Vxlan { vni }],
        ),
        (
            over_udp(4790, &[0x0c, 0, 0, 1, 1, 0x23, 0x45, 0], &echo4),
            vec![K::Vxlan { vni }],
        ),
        (
            over_udp(4790, &[0x0c, 0, 0, 3, 1, 0x23, 0x45, 0], &frame4),
            vec![K::Vxlan { vni }],
        ),
        (
            over_udp(
                6081,
                &[1, 0, 0x65, 0x58, 1, 0x23, 0x45, 0, 1, 2, 3, 0],
                &frame4,
            ),
            vec![K::Geneve { vni }],
        ),
        (
            over_udp(6081, &[0, 0, 0x86, 0xdd, 1, 0x23, 0x45, 0], &echo6),
            vec![K::Geneve { vni }],
        ),
        (
            over_udp(2152, &[0x30, 255, 0, 28, 0, 0, 0, 9], &echo4),
            vec![K::GtpU { teid: 9 }],
        ),
        (
            over_udp(
                2152,
                &[
                    0x34, 255, 0, 36, 0, 0, 0, 9, 0, 0, 0, 0x85, 1, 0x10, 1, 0xc0, 2, 0, 0, 0, 0,
                    0, 0, 0,
                ],
                &echo4,
            ),
            vec![K::GtpU { teid: 9 }],
        ),
        (
            over_udp(
                1701,
                &[
                    0x4a, 2, 0, 46, 0, 3, 0, 4, 0, 1, 0, 2, 0, 2, 9, 9, 0xff, 3, 0, 0x21,
                ],
                &echo4,
            ),
            vec![K::L2tp {
                tunnel: 3,
                session: 4,
            }],
        ),
        (
            over_udp(1701, &[0, 2, 0, 3, 0, 4, 0x21], &echo4),
            vec![K::L2tp {
                tunnel: 3,
                session: 4,
            }],
        ),
        (
            over_udp(6635, &[0, 1, 1, 64], &echo4),
            vec![K::Mpls { label: 16 }],
        ),
        (over_udp(3544, &[], &echo6), vec![K::Teredo]),
        (
            v4(
                17,
                &udp(
                    3544,
                    5555,
                    &[
                        &[0, 1, 1, 2, b'i', b'k', b'k', 1, 2, 3, 4, 5, 6, 7, 8, 0],
                        &[0, 0, 1, 2, 3, 4, 5, 6][..],
                        &echo6,
                    ]
                    .concat(),
                ),
            ),
            vec![K::Teredo],
        ),
    ]
}

/// L2TP version 3, service headers, generic UDP encapsulation.
fn sessions_and_services() -> Vec<Carrier> {
    use TunnelKind as K;
    let echo4 = v4(1, &ECHO);
    let echo6 = echo6();
    let frame4 = ether(0x0800, &echo4);
    let vni = 0x0001_2345;
    vec![
        (
            v4(115, &[&[0, 0, 0, 9], &frame4[..]].concat()),
            vec![K::L2tpV3 { session: 9 }],
        ),
        (
            v4(115, &[&[0, 0, 0, 9], &[5; 12][..], &frame4].concat()),
            vec![K::L2tpV3 { session: 9 }],
        ),
        // PPP, Cisco HDLC (RFC 4349) and IP alone, behind cookies of each length.
        (
            v4(115, &[&[0, 0, 0, 9, 0xff, 3, 0, 0x21], &echo4[..]].concat()),
            vec![K::L2tpV3 { session: 9 }],
        ),
        (
            v4(
                115,
                &[&[0, 0, 0, 9], &[5; 4][..], &[0x0f, 0, 0x86, 0xdd], &echo6].concat(),
            ),
            vec![K::L2tpV3 { session: 9 }],
        ),
        (
            over_udp(1701, &[0, 3, 0, 0, 0, 0, 0, 9, 5, 5, 5, 5], &echo6),
            vec![K::L2tpV3 { session: 9 }],
        ),
        (
            over_udp(1701, &[0, 3, 0, 0, 0, 0, 0, 9, 0, 0x57], &echo6),
            vec![K::L2tpV3 { session: 9 }],
        ),
        (
            gre(&[0, 0, 0x89, 0x4f, 0, 2, 2, 1, 0, 0, 7, 255], &echo4),
            vec![K::Gre { key: None }, K::Nsh { path: 7 }],
        ),
        (
            over_udp(1701, &[0, 3, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0], &frame4),
            vec![K::L2tpV3 { session: 9 }],
        ),
        (
            over_udp(6080, &[1, 4, 0, 0, 1, 2, 3, 4], &echo4),
            vec![K::Gue],
        ),
        (over_udp(6080, &[], &echo6), vec![K::Gue]),
        (
            over_udp(
                3386,
                &[
                    0x1e, 255, 0, 28, 0, 1, 0, 2, 255, 255, 255, 255, 0x42, 0, 1, 0x21, 0x43, 0x65,
                    0x87, 9,
                ],
                &echo4,
            ),
            vec![K::GtpV0 { flow: 2 }],
        ),
        (
            over_udp(6080, &[0, 137, 0, 0, 0, 1, 1, 64], &echo4),
            vec![K::Gue, K::Mpls { label: 16 }],
        ),
        (
            over_udp(
                4790,
                &[0x0c, 0, 0, 4, 1, 0x23, 0x45, 0, 0, 2, 2, 3, 0, 0, 7, 255],
                &frame4,
            ),
            vec![K::Vxlan { vni }, K::Nsh { path: 7 }],
        ),
    ]
}
