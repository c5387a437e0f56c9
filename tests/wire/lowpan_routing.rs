//! The headers of RPL's routing before a compressed packet (RFC 8138), and the headers that they
//! stand for.

use std::net::{IpAddr, Ipv6Addr};

use icmpdump::model::{Expanded, Frame};
use icmpdump::wire::lowpan::Expander;
use icmpdump::wire::{ChecksumStatus, Classified, Undecodable, classify, icmp_checksum};
use proptest::prelude::*;

use crate::lowpan::{NO_FCS, frame};
use crate::nodes::{icmpv6, ipv6, mac};

/// The root, and a node that is reached by way of others.
const ROOT: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0xff, 0xfe00, 1);
const NODE: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0xff, 0xfe00, 0xdddd);
const FAR: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 9);
/// Page 1, then nothing: the instance is 0 and the rank of one octet, up and down.
const UP: [u8; 3] = [0x83, 5, 2];
const DOWN: [u8; 3] = [0x93, 5, 2];

fn hop(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0xff, 0xfe00, last)
}

fn echo(src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    icmpv6(src, dst, &[128, 0, 0, 0, 0, 1, 0, 2, 3, 4])
}

/// A frame with these headers before an echo request.
fn routed(headers: &[&[u8]], src: Ipv6Addr, dst: Ipv6Addr) -> Vec<u8> {
    let start = [&[0x7a, 0x00, 58][..], &src.octets(), &dst.octets()].concat();
    let payload = [&[0xf1][..], &headers.concat(), &start, &echo(src, dst)].concat();
    mac(true, true, &payload)
}

fn expand(expander: &mut Expander, octets: &[u8]) -> Result<Vec<u8>, Undecodable> {
    let mut into = Expanded::default();
    let frame = frame(NO_FCS, octets);
    if !expander.expand(&frame, &mut into)? {
        return Ok(Vec::new());
    }
    let made = Frame {
        expanded: Some(&into),
        ..frame
    };
    let Classified::Icmp(packet) = classify(&made) else {
        panic!("no ICMP");
    };
    assert_eq!(icmp_checksum(&packet.ip).status, ChecksumStatus::Good);
    assert!(!packet.ip.is_defective());
    Ok(into.octets)
}

/// A hop-by-hop header with the RPL option (RFC 6553 section 3).
fn information(next: u8, flags: u8, instance: u8, rank: u16) -> Vec<u8> {
    let [high, low] = rank.to_be_bytes();
    vec![next, 0, 0x63, 4, flags, instance, high, low]
}

/// A source route (RFC 6554 section 3) with all addresses in full.
fn source_route(next: u8, hops: &[Ipv6Addr]) -> Vec<u8> {
    let left = u8::try_from(hops.len()).unwrap();
    let addresses: Vec<_> = hops.iter().map(Ipv6Addr::octets).collect();
    [
        &[next, 2 * left, 3, left, 0, 0, 0, 0][..],
        &addresses.concat(),
    ]
    .concat()
}

/// Section 6.3, figures 10 to 13: each way to send instance and rank.
#[test]
fn what_rpl_says_of_a_packet_is_an_option() {
    let cases: [(&[u8], u8, u8, u16); 5] = [
        (&[0b100_00011, 5, 7], 0, 0, 0x0700),
        (&[0b100_10010, 5, 7, 8], 0x80, 0, 0x0708),
        (&[0b100_01001, 5, 9, 7], 0x40, 9, 0x0700),
        (&[0b100_00100, 5, 9, 7, 8], 0x20, 9, 0x0708),
        (&[0b100_11111, 5, 7], 0xe0, 0, 0x0700),
    ];
    for (header, flags, instance, rank) in cases {
        let made = expand(&mut Expander::default(), &routed(&[header], NODE, FAR)).unwrap();
        let behind = [information(58, flags, instance, rank), echo(NODE, FAR)].concat();
        assert_eq!(made, ipv6(0, 0, 0, 64, NODE, FAR, &behind), "{header:02x?}");
    }
}

/// RFC 9914 section 4.3, in either form: the flag of a projected route and no rank.
#[test]
fn what_rpl_says_of_a_packet_on_a_projected_route_is_an_option() {
    let mut expander = Expander::default();
    for form in [0x80, 0xa0] {
        let header = [form | 1, 8, 131];
        let made = expand(&mut expander, &routed(&[&header], NODE, FAR)).unwrap();
        let behind = [information(58, 0x10, 131, 0), echo(NODE, FAR)].concat();
        assert_eq!(made, ipv6(0, 0, 0, 64, NODE, FAR, &behind));
        let empty = expand(&mut expander, &routed(&[&[form, 8]], NODE, FAR));
        assert_eq!(empty, Err(Undecodable::Malformed));
        // To the end of its track, where that leads through no others.
        let told = [&[0xb1, 6, 40][..], &ROOT.octets()].concat();
        let made = expand(&mut expander, &routed(&[&header, &told], FAR, NODE)).unwrap();
        let inner = ipv6(0, 0, 58, 64, FAR, NODE, &echo(FAR, NODE));
        let behind = [information(41, 0x10, 131, 0), inner].concat();
        assert_eq!(made, ipv6(0, 0, 0, 40, ROOT, NODE, &behind));
    }
}

/// Appendix A.3: what the nodes A to C receive of a source route to D, each with the hops before
/// it taken away. Without a header around it the packet's own source is what the first hop leaves
/// octets out of (section 5.4).
#[test]
fn the_life_of_a_source_route() {
    let [a, b, c, d] = [
        "2001:db8::aaaa:aaaa:aaaa:aaaa",
        "2001:db8::aaaa:aaaa:aaaa:bbbb",
        "2001:db8::aaaa:aaaa:cccc:cccc",
        "2001:db8::aaaa:aaaa:dddd:dddd",
    ]
    .map(|address| address.parse::<Ipv6Addr>().unwrap());
    let at_a: &[&[u8]] = &[
        &[0x80, 3, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa],
        &[0x80, 1, 0xbb, 0xbb],
        &[0x81, 2, 0xcc, 0xcc, 0xcc, 0xcc, 0xdd, 0xdd, 0xdd, 0xdd],
    ];
    let at_b: &[&[u8]] = &[
        &[0x80, 3, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb],
        &[0x81, 2, 0xcc, 0xcc, 0xcc, 0xcc, 0xdd, 0xdd, 0xdd, 0xdd],
    ];
    let at_c: &[&[u8]] = &[
        &[0x80, 3, 0xaa, 0xaa, 0xaa, 0xaa, 0xcc, 0xcc, 0xcc, 0xcc],
        &[0x80, 2, 0xdd, 0xdd, 0xdd, 0xdd],
    ];
    let at_d: &[&[u8]] = &[&[0x80, 3, 0xaa, 0xaa, 0xaa, 0xaa, 0xdd, 0xdd, 0xdd, 0xdd]];
    for (headers, first, rest) in [
        (at_a, a, &[b, c, d][..]),
        (at_b, b, &[c, d]),
        (at_c, c, &[d]),
        (at_d, d, &[]),
    ] {
        // To D itself, and to a host behind it.
        for to in [d, FAR] {
            let made = expand(&mut Expander::default(), &routed(headers, ROOT, to)).unwrap();
            let mut hops = rest.to_vec();
            hops.extend((to != d).then_some(to));
            let expected = if hops.is_empty() {
                ipv6(0, 0, 58, 64, ROOT, first, &echo(ROOT, to))
            } else {
                let behind = [source_route(58, &hops), echo(ROOT, to)].concat();
                ipv6(0, 0, 43, 64, ROOT, first, &behind)
            };
            assert_eq!(made, expected, "{first} {to}");
        }
    }
}

/// Figure 21: four hops of two octets, behind what RPL says.
#[test]
fn both_headers_follow_in_their_order() {
    let route = [0x83, 1, 0, 0xa, 0, 0xb, 0, 0xc, 0xdd, 0xdd];
    let headers: [&[u8]; 2] = [&route, &DOWN];
    let made = expand(&mut Expander::default(), &routed(&headers, ROOT, NODE)).unwrap();
    let hops = [hop(0xb), hop(0xc), NODE];
    let behind = [
        information(43, 0x80, 0, 0x0200),
        source_route(58, &hops),
        echo(ROOT, NODE),
    ];
    assert_eq!(made, ipv6(0, 0, 0, 64, ROOT, hop(0xa), &behind.concat()));
}

/// The outer header of section 7, with the addresses that the others tell.
#[test]
fn a_packet_in_a_packet() {
    let inner = |src, dst| ipv6(0, 0, 58, 64, src, dst, &echo(src, dst));
    let outer =
        |next, src, dst, behind: &[Vec<u8>]| ipv6(0, 0, next, 40, src, dst, &behind.concat());
    let by = ROOT.octets();
    let told = [&[0xb1, 6, 40][..], &by].concat();
    let mut expander = Expander::default();
    // Away from the root, without a route: to where the packet goes.
    let made = expand(&mut expander, &routed(&[&DOWN, &told], FAR, NODE)).unwrap();
    let rpi = information(41, 0x80, 0, 0x0200);
    assert_eq!(made, outer(0, ROOT, NODE, &[rpi.clone(), inner(FAR, NODE)]));
    // Along a route (figure 20), whose last hop need not be where the packet goes.
    let route = [0x82, 1, 0, 0xa, 0, 0xb, 0, 0xc];
    let made = expand(&mut expander, &routed(&[&route, &DOWN, &told], FAR, NODE)).unwrap();
    let routed_on = [
        information(43, 0x80, 0, 0x0200),
        source_route(41, &[hop(0xb), hop(0xc)]),
        inner(FAR, NODE),
    ];
    assert_eq!(made, outer(0, ROOT, hop(0xa), &routed_on));
    // A root that is not told stays unknown, and so does what leaves out its octets.
    let unknown = [0xa1, 6, 40];
    let none = Ipv6Addr::UNSPECIFIED;
    let made = expand(&mut expander, &routed(&[&UP, &unknown], NODE, FAR)).unwrap();
    let up = information(41, 0, 0, 0x0200);
    assert_eq!(made, outer(0, none, none, &[up.clone(), inner(NODE, FAR)]));
    // Behind the header that encloses it, what belongs to the packet itself.
    let made = expand(&mut expander, &routed(&[&told, &UP], NODE, FAR)).unwrap();
    let own = [information(58, 0, 0, 0x0200), echo(NODE, FAR)].concat();
    let own = ipv6(0, 0, 0, 64, NODE, FAR, &own);
    assert_eq!(made, outer(41, ROOT, FAR, &[own]));

    // A DIO tells the root, by instance.
    let data = [0; 24].map(|_: u8| 0);
    let mut dio = [&[155, 1, 0, 0][..], &data].concat();
    dio[12..28].copy_from_slice(&by);
    let (src, group) = ("fe80::1".parse().unwrap(), "ff02::1a".parse().unwrap());
    let packet = ipv6(0, 0, 58, 255, src, group, &icmpv6(src, group, &dio));
    learn(
        &mut expander,
        &mac(true, true, &[&[0x41][..], &packet].concat()),
    );
    let made = expand(&mut expander, &routed(&[&UP, &unknown], NODE, FAR)).unwrap();
    assert_eq!(made, outer(0, ROOT, ROOT, &[up, inner(NODE, FAR)]));
    let short = [0xa3, 6, 40, 0, 0xc];
    let made = expand(&mut expander, &routed(&[&DOWN, &short], FAR, NODE)).unwrap();
    assert_eq!(made, outer(0, hop(0xc), NODE, &[rpi, inner(FAR, NODE)]));
}

fn learn(expander: &mut Expander, octets: &[u8]) {
    let mut into = Expanded::default();
    let frame = frame(NO_FCS, octets);
    assert_eq!(expander.expand(&frame, &mut into), Ok(true));
    let made = Frame {
        expanded: Some(&into),
        ..frame
    };
    let Classified::Icmp(packet) = classify(&made) else {
        panic!("no DIO");
    };
    let message = icmpdump::icmp::Message::parse(&packet.ip);
    let (instance, root) = message.rpl_root().unwrap();
    expander.learn_root(&made, instance, root);
}

#[test]
fn the_tunnel_is_told_as_such() {
    let told = [&[0xb1, 6, 40][..], &ROOT.octets()].concat();
    let octets = routed(&[&DOWN, &told], FAR, NODE);
    let mut into = Expanded::default();
    let frame = frame(NO_FCS, &octets);
    assert_eq!(Expander::default().expand(&frame, &mut into), Ok(true));
    let Classified::Icmp(packet) = classify(&Frame {
        expanded: Some(&into),
        ..frame
    }) else {
        panic!("no ICMP");
    };
    let outer: Vec<_> = packet.tunnels.iter().map(|tunnel| tunnel.outer).collect();
    assert_eq!(outer, [Some((IpAddr::V6(ROOT), IpAddr::V6(NODE)))]);
}

/// Section 4: an elective header may be passed over, a critical one may not.
#[test]
fn headers_that_are_not_known() {
    let expected = ipv6(0, 0, 58, 64, NODE, FAR, &echo(NODE, FAR));
    for kind in (0..=255).filter(|kind| ![6, 8].contains(kind)) {
        for length in 0..32_u8 {
            let mut header = vec![0xa0 | length, kind];
            header.resize(2 + usize::from(length), 0xa5);
            let found = expand(&mut Expander::default(), &routed(&[&header], NODE, FAR));
            assert_eq!(found, Ok(expected.clone()), "{kind} {length}");
        }
    }
    for kind in (6..=255).filter(|kind| *kind != 8) {
        let found = expand(
            &mut Expander::default(),
            &routed(&[&[0x80, kind]], NODE, FAR),
        );
        assert_eq!(found, Err(Undecodable::Compression), "{kind}");
    }
    // A header around the packet without hop limit, or with more than an address.
    for bad in [vec![0xa0, 6], [&[0xb2, 6][..], &[0; 18]].concat()] {
        let found = expand(&mut Expander::default(), &routed(&[&bad], NODE, FAR));
        assert_eq!(found, Err(Undecodable::Malformed));
    }
}

#[test]
fn cut_headers_make_nothing_or_the_beginning() {
    let route = [0x82, 1, 0, 0xa, 0, 0xb, 0, 0xc];
    let told = [&[0xb1, 6, 40][..], &ROOT.octets()].concat();
    let octets = routed(&[&route, &DOWN, &told], FAR, NODE);
    let mut into = Expanded::default();
    let whole = expand(&mut Expander::default(), &octets).unwrap();
    let mut given = 0;
    for length in 0..octets.len() {
        let mut frame = frame(NO_FCS, &octets[..length]);
        frame.wire_len = u32::try_from(octets.len()).unwrap();
        match Expander::default().expand(&frame, &mut into) {
            Ok(found) => {
                assert!(found);
                given += 1;
                assert_eq!(into.octets, whole[..into.octets.len()]);
            }
            Err(why) => assert_eq!((why, given), (Undecodable::Short, 0), "{length}"),
        }
    }
    assert_eq!(given, echo(FAR, NODE).len());
}

proptest! {
    /// Any headers: no panic, and addresses in full are the most that is made of them.
    #[test]
    fn hostile_headers_stay_within_bounds(
        headers in prop::collection::vec(
            (prop::sample::select(vec![0x80_u8, 0x9f, 0xa1, 0xb1, 0xbf]), 0_u8..8, any::<[u8; 7]>()),
            0..40,
        ),
        rest in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let headers = headers.into_iter().flat_map(|(first, kind, rest)| {
            [[first, kind].as_slice(), &rest].concat()
        });
        let payload: Vec<_> = [0xf1].into_iter().chain(headers).chain(rest).collect();
        let octets = mac(true, true, &payload);
        let mut into = Expanded::default();
        let frame = frame(NO_FCS, &octets);
        if Expander::default().expand(&frame, &mut into) == Ok(true) {
            prop_assert!(into.octets.len() <= 4 * 64 + 16 * octets.len());
            classify(&Frame { expanded: Some(&into), ..frame });
        }
    }
}
