//! Neighbor Discovery and its inverse.

use super::*;
use crate::icmp::ndp::{NdpKind, Preference};

const ADVERTISEMENT: [u8; 16] = [
    134, 0, 0, 0, 64, 0xc8, 0x07, 0x08, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8,
];
const SOURCE: [u8; 8] = [1, 1, 2, 0, 0, 0, 0, 9];

fn address(text: &str) -> Ipv6Addr {
    text.parse().unwrap()
}

fn neighbor(kind: u8, flags: u8, target: &str) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, flags, 0, 0, 0];
    message.extend(address(target).octets());
    message
}

fn ndp(packet: &[u8]) -> crate::icmp::ndp::Ndp<'_> {
    match parse(packet).body {
        Body::Ndp(ndp) => ndp,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_five_messages() {
    let solicitation = [&[133, 0, 0, 0, 0, 0, 0, 0], &SOURCE[..]].concat();
    let advertisement = [&ADVERTISEMENT[..], &SOURCE].concat();
    let mut redirect = neighbor(137, 0, "fe80::9");
    redirect.extend(address("2001:db8::2").octets());
    for (octets, kind, options) in [
        (solicitation, NdpKind::RouterSolicitation, 1),
        (
            advertisement,
            NdpKind::RouterAdvertisement {
                hop_limit: 64,
                flags: 0xc8,
                lifetime: 1800,
                reachable: 30_000,
                retransmit: 1000,
            },
            1,
        ),
        (
            neighbor(135, 0, "fe80::2"),
            NdpKind::NeighborSolicitation {
                target: address("fe80::2"),
            },
            0,
        ),
        (
            neighbor(136, 0x60, "fe80::2"),
            NdpKind::NeighborAdvertisement {
                target: address("fe80::2"),
                flags: 0x60,
            },
            0,
        ),
        (
            redirect,
            NdpKind::Redirect {
                target: address("fe80::9"),
                destination: address("2001:db8::2"),
            },
            0,
        ),
    ] {
        let packet = v6(&octets);
        let decoded = ndp(&packet);
        assert_eq!(decoded.kind, kind);
        assert_eq!(decoded.options().count(), options);
        assert!(parse(&packet).defects.is_empty(), "{:?}", parse(&packet));
        every_prefix(&packet);
        every_code(&packet);
        for length in 4..octets.len() {
            let cut = parse_cut(&packet, 40 + length);
            let Body::Ndp(cut) = cut.body else {
                panic!("{cut:?}");
            };
            assert!(cut.kind == kind || cut.kind == NdpKind::Short);
        }
    }
    assert_eq!(Preference::of(0xc8), Preference::High);
}

#[test]
fn a_redirect_quotes_in_its_option() {
    let quote = ipv6(
        "2001:db8::1",
        "2001:db8::2",
        64,
        17,
        &[0, 53, 0, 99, 0, 8, 0, 0],
    );
    let mut octets = neighbor(137, 0, "fe80::9");
    octets.extend(address("2001:db8::2").octets());
    octets.extend([4, 7, 0, 0, 0, 0, 0, 0]);
    octets.extend(&quote);
    let packet = v6_between("fe80::1", "2001:db8::1", 255, &octets);
    let message = parse(&packet);
    let quote = message.quote().unwrap();
    assert_eq!(quote.ip.src(), IpAddr::from(address("2001:db8::1")));
    assert_eq!(
        quote.transport,
        QuotedTransport::Ports {
            src_port: 53,
            dst_port: 99
        }
    );
    assert!(message.defects.is_empty(), "{:?}", message.defects);
    every_prefix(&packet);
}

#[test]
fn rules_of_neighbor_discovery() {
    let told = |src, dst, hops, octets: &[u8]| rules(&parse(&v6_between(src, dst, hops, octets)));
    let solicitation = neighbor(135, 0, "fe80::2");
    assert_eq!(
        told("fe80::1", "fe80::2", 64, &solicitation),
        ["hop limit of neighbor discovery is not 255"]
    );
    assert_eq!(
        told("::", "fe80::2", 255, &solicitation),
        ["unspecified source, but not to a solicited-node address"]
    );
    for source in ["::", "fe80::1"] {
        assert!(told(source, "ff02::1:ff00:2", 255, &solicitation).is_empty());
        assert_eq!(
            told(source, "ff02::1:ff00:3", 255, &solicitation),
            ["neighbor solicitation to a group that is not its target's"]
        );
    }
    assert_eq!(
        told("fe80::1", "ff02::1", 255, &solicitation),
        ["neighbor solicitation to a group that is not its target's"]
    );
    let with_source = [&solicitation[..], &SOURCE].concat();
    assert_eq!(
        told("::", "ff02::1:ff00:2", 255, &with_source),
        ["link-layer address of an unspecified source"]
    );
    assert_eq!(
        told("fe80::1", "fe80::2", 255, &neighbor(135, 0, "ff02::1")),
        ["target is a multicast address"]
    );
    assert_eq!(
        told("fe80::1", "ff02::1", 255, &neighbor(136, 0x40, "fe80::1")),
        ["solicited flag in a multicast advertisement"]
    );
    assert_eq!(
        told("2001:db8::1", "ff02::1", 255, &ADVERTISEMENT),
        ["source of a router advertisement is not link-local"]
    );
    let mut reserved = ADVERTISEMENT;
    reserved[5] = 0x10;
    assert_eq!(
        told("fe80::1", "ff02::1", 255, &reserved),
        ["reserved router preference"]
    );
    // RFC 4191 section 2.2.
    let mut gone = ADVERTISEMENT;
    gone[6..8].fill(0);
    assert_eq!(
        told("fe80::1", "ff02::1", 255, &gone),
        ["preference of a router with lifetime 0"]
    );
    gone[5] = 0xc0;
    assert!(told("fe80::1", "ff02::1", 255, &gone).is_empty());
    // RFC 4861 section 6.2.1.
    let reachable = |millis: u32| {
        let mut octets = ADVERTISEMENT;
        octets[8..12].copy_from_slice(&millis.to_be_bytes());
        told("fe80::1", "ff02::1", 255, &octets)
    };
    assert!(reachable(3_600_000).is_empty());
    assert_eq!(reachable(3_600_001), ["reachable time over an hour"]);
    let mut redirect = neighbor(137, 0, "2001:db8::9");
    redirect.extend(address("ff02::9").octets());
    assert_eq!(
        told("2001:db8::1", "2001:db8::2", 255, &redirect),
        [
            "source of a redirect is not link-local",
            "redirect of a multicast destination",
            "redirect target is neither link-local nor the destination"
        ]
    );
}

#[test]
fn inverse_discovery_has_options_alone() {
    let target = [2, 1, 2, 0, 0, 0, 0, 8];
    let list = [&[10, 3, 0, 0, 0, 0, 0, 0][..], &[0x20; 16]].concat();
    for (kind, direction, list) in [
        (141, Direction::Request, &[][..]),
        (142, Direction::Reply, &list),
    ] {
        let head = [kind, 0, 0, 0, 0, 0, 0, 0];
        let message = [&head[..], &SOURCE, &target, list].concat();
        let packet = v6_between("fe80::1", "ff02::1", 255, &message);
        let message = parse(&packet);
        let Body::InverseNeighbor(inverse) = message.body else {
            panic!("{message:?}");
        };
        assert_eq!(inverse.direction, direction);
        let options = if list.is_empty() { 2 } else { 3 };
        assert_eq!(inverse.options().count(), options);
        assert_eq!(message.items().count(), options);
        assert!(message.defects.is_empty(), "{:?}", message.defects);
        every_prefix(&packet);
        every_code(&packet);
    }
}

/// RFC 3122 sections 4.3.1 and 4.3.2.
#[test]
fn inverse_discovery_without_its_options() {
    let told = |kind: u8, options: &[u8]| {
        let message = [&[kind, 0, 0, 0, 0, 0, 0, 0], options].concat();
        rules(&parse(&v6_between("fe80::1", "ff02::1", 255, &message)))
    };
    let addresses = "inverse neighbor discovery without both link-layer addresses";
    assert_eq!(told(141, &[]), [addresses]);
    assert_eq!(told(141, &SOURCE), [addresses]);
    assert_eq!(
        told(142, &[&SOURCE[..], &[2, 1, 2, 0, 0, 0, 0, 8]].concat()),
        ["inverse neighbor advertisement without target addresses"]
    );
    // The rest may be in what was not captured.
    let message = [&[141, 0, 0, 0, 0, 0, 0, 0], &SOURCE[..], &SOURCE].concat();
    let packet = v6_between("fe80::1", "ff02::1", 255, &message);
    assert!(
        parse_cut(&packet, packet.len() - 8)
            .defects
            .iter()
            .all(|defect| !matches!(defect.kind, DefectKind::Rule(_)))
    );
}

/// RFC 6980 section 5.
#[test]
fn neighbor_discovery_in_a_fragmented_packet() {
    let told = |message: &[u8], field: [u8; 2]| {
        let mut packet = v6(message);
        packet.splice(40..40, [58, 0, field[0], field[1], 0, 0, 0, 9]);
        packet[6] = 44;
        packet[5] += 8;
        rules(&parse(&packet))
    };
    let solicitation = neighbor(135, 0, "fe80::2");
    for field in [[0, 0], [0, 1]] {
        assert_eq!(
            told(&solicitation, field),
            ["neighbor discovery with a fragment header"]
        );
    }
    let mut path = [148, 0, 0, 0, 0, 7, 0xff, 0xff, 0, 0, 0, 0];
    assert_eq!(
        told(&path[..8], [0, 0]),
        [
            "certification path solicitation with a fragment header",
            "certification path solicitation without a trust anchor"
        ]
    );
    path[0] = 149;
    assert!(told(&path, [0, 0]).is_empty());
    assert!(told(&[128, 0, 0, 0, 0, 7, 0, 1], [0, 0]).is_empty());
}

/// RFC 4861 sections 4.5 and 8.2.
#[test]
fn a_redirect_is_for_the_sender_of_its_packet() {
    let told = |dst: &str, destination: &str, behind: usize| {
        let mut redirect = neighbor(137, 0, "fe80::9");
        redirect.extend(address(destination).octets());
        let quoted = ipv6("2001:db8::1", "2001:db8:9::2", 63, 59, &vec![0; behind]);
        redirect.extend([
            4,
            u8::try_from(1 + quoted.len() / 8).unwrap(),
            0,
            0,
            0,
            0,
            0,
            0,
        ]);
        redirect.extend(quoted);
        rules(&parse(&v6_between("fe80::1", dst, 255, &redirect)))
    };
    assert!(told("2001:db8::1", "2001:db8:9::2", 8).is_empty());
    assert_eq!(
        told("2001:db8::1", "2001:db8:8::7", 8),
        ["destination is not that of the quoted packet"]
    );
    assert_eq!(
        told("2001:db8::77", "2001:db8:9::2", 8),
        ["redirect to another than the sender of the quoted packet"]
    );
    assert_eq!(
        told("ff02::1", "2001:db8:9::2", 8),
        ["redirect to a multicast address"]
    );
    // 40 octets of the IP header and 40 before the options, 8 before the quote and 40 of its header.
    assert!(told("2001:db8::1", "2001:db8:9::2", 1280 - 128).is_empty());
    assert_eq!(
        told("2001:db8::1", "2001:db8:9::2", 1280 - 120),
        ["redirect longer than 1280 octets"]
    );
}
