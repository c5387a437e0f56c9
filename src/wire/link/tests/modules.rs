//! Headers of Juniper's modules, of recorders, and of networks that carry packets.

use super::headers::{Header, MAC, SNAP, ether, plain, zeros};

pub(super) fn juniper_modules() -> Vec<Header> {
    const IN: u8 = 1;
    const NO_LINK_HEADER: u8 = 2;
    let with = |link: u32, flags: u8, parts: &[&[u8]]| {
        plain(
            link,
            [&[0x4d, 0x47, 0x43, flags][..], &parts.concat()].concat(),
        )
    };
    let services = |kind: u8| [0x47, 0, 0, 0, 0, kind, 0, 0x18];
    let snap = [&SNAP[..], &[8, 0]].concat();
    let frame = ether(&[8, 0]);
    let pppoe_behind: &[u8] = &[8, 0];
    let outer = [
        &MAC[..],
        &[8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 50],
        &zeros(34),
    ]
    .concat();
    vec![
        // Multilink PPP: services, link services, a bundle, one link of it in two ways.
        with(130, 0, &[&services(0)]),
        with(130, 0, &[&[0x40, 0, 0, 0, 0, 0, 0, 0x18]]),
        with(130, 0, &[&[0x54, 5, 0, 0, 0, 0x21]]),
        with(130, 0, &[&[0, 5, 0, 0x21]]),
        with(130, 0, &[&[0, 5, 0xff, 3, 0, 0x21]]),
        with(130, 0, &[&[0xff, 3, 0, 0x21]]),
        with(130, 0, &[&[0, 0x21]]),
        // Multilink Frame Relay of both kinds.
        with(131, 0, &[&services(0)]),
        with(131, 0, &[&[0x54, 5, 0, 0, 3, 0xcc]]),
        with(131, 0, &[&[0, 5, 3, 0xcc]]),
        with(131, 0, &[&[0x18, 0x41, 3, 0xcc]]),
        with(134, 0, &[&services(0)]),
        with(134, 0, &[&[0xc0, 1, 0x18, 0x41, 3, 0xcc]]),
        with(134, 0, &[&[0x54, 5, 0, 0, 0, 0, 3, 0xcc]]),
        with(134, 0, &[&[0, 5, 0, 0, 3, 0xcc]]),
        // Encryption: what went through a tunnel has a header, the rest has none.
        with(
            132,
            0,
            &[&[0, 1, 64, 3, 0, 0, 0, 1, 10, 0, 0, 1, 10, 0, 0, 2]],
        ),
        with(132, 0, &[]),
        with(133, 0, &[&[0x47, 0, 2, 0, 0, 5, 0, 0]]),
        with(133, 0, &[&[2, 0, 5, 0]]),
        with(136, 0, &[&services(0)]),
        with(136, IN, &[&[0x47], &zeros(15)]),
        with(136, 0, &[&[0x47], &zeros(11)]),
        with(164, 0, &[&[1, 0, 0, 2, 0, 0, 0, 3]]),
        // ATM: LLC, NLPID in two ways, Ethernet, PPP, IP alone.
        with(137, IN, &[&zeros(4), &snap]),
        with(137, IN, &[&zeros(4), &[0xfe, 0xfe, 3, 0xcc]]),
        with(137, IN, &[&zeros(4), &[3, 0xcc]]),
        with(137, IN, &[&zeros(4)]),
        with(135, IN, &[&zeros(8), &snap]),
        with(135, IN, &[&zeros(8), &[3, 0xcc]]),
        with(135, IN, &[&zeros(8), &[0, 0x21]]),
        with(135, IN, &[&zeros(8)]),
        with(135, 0, &[&[0, 0, 0, 1, 0, 0, 0, 0], &frame]),
        with(167, 0, &[&frame]),
        with(168, 0, &[pppoe_behind]),
        with(183, 0, &[&zeros(18)]),
        with(200, IN, &[&outer]),
        // Without the link's header: a number in its place, extensions before that.
        with(178, NO_LINK_HEADER, &[&[2, 0, 0, 0]]),
        with(178, NO_LINK_HEADER, &[&[0x48, 0xa2, 0, 0, 0, 0, 0, 0]]),
        with(178, NO_LINK_HEADER, &[&[204, 0, 0, 0], &frame]),
        with(135, NO_LINK_HEADER, &[&[200, 0, 0, 0, 0, 0x21]]),
        with(137, NO_LINK_HEADER, &[&[203, 0, 0, 0], &snap]),
        with(178, NO_LINK_HEADER, &[&[207, 0, 0, 0, 0x18, 0x41, 3, 0xcc]]),
        with(178, NO_LINK_HEADER, &[&[208, 0, 0, 0, 0x0f, 0, 8, 0]]),
        plain(
            184,
            [&[1, 4, 10, 0, 0, 1, 3, 1, b'a', 255, 0], &frame[..]].concat(),
        ),
    ]
}

pub(super) fn recorders() -> Vec<Header> {
    let frame = ether(&[8, 0]);
    let tzsp =
        |kind: u8, rest: &[u8]| plain(128, [&[1, 0, 0, kind, 0, 11, 1, 9, 1], rest].concat());
    let vpp = |texts: u8, hint: u8, rest: &[u8]| {
        let names = b"ip4-input\0meta\0opaque\0\0";
        let more: &[u8] = if texts > 4 { b"trace\0" } else { b"" };
        plain(
            280,
            [&[1, 0, texts, hint, 0, 0, 0, 7][..], names, more, rest].concat(),
        )
    };
    let exported = |name: &[u8], rest: &[u8]| {
        let length = u8::try_from(name.len()).unwrap();
        plain(
            252,
            [
                &[0, 12, 0, length][..],
                name,
                &[0, 20, 0, 4, 10, 0, 0, 1, 0, 0, 0, 0],
                rest,
            ]
            .concat(),
        )
    };
    let placed = |table: &[u8], place: u8, rest: &[u8]| {
        let length = u8::try_from(table.len()).unwrap();
        let parts = [&[0, 14, 0, length][..], table, &[0, 32, 0, 4, 0, 0]];
        let more = [&[8 * u8::from(place == 0), place, 0, 0, 0, 0], rest];
        plain(252, [parts.concat(), more.concat()].concat())
    };
    let redback = |protocol: u8, start: u8, packet: u8, rest: &[u8]| {
        let mut header = zeros(24);
        (header[19], header[21], header[23]) = (protocol, start, packet);
        plain(32, [&header, rest].concat())
    };
    let erf =
        |kind: u8, rest: &[u8]| plain(197, [&zeros(8), &[kind][..], &zeros(7), rest].concat());
    let snap = [&SNAP[..], &[8, 0]].concat();
    vec![
        plain(99, [&[10, 0, 0, 1, 0, 0, 8, 0], &zeros(36)[..]].concat()),
        plain(
            99,
            [&[10, 0, 0, 1], &zeros(6)[..], &[8, 0], &zeros(44)].concat(),
        ),
        plain(279, [&[0x50], &zeros(31)[..], &frame].concat()),
        vpp(4, 2, &[]),
        vpp(5, 0, &[]),
        vpp(4, 1, &frame),
        vpp(4, 0, &frame),
        exported(b"ip\0\0", &[]),
        exported(b"eth_withoutfcs\0\0", &frame),
        exported(b"ppp\0", &[0xff, 3, 0, 0x21]),
        exported(b"tr\0\0", &[&[0x10, 0x40], &MAC[..], &snap].concat()),
        exported(b"fddi", &[&[0x50], &MAC[..], &snap].concat()),
        placed(b"ethertype\0\0\0", 0, &[]),
        placed(b"gre.proto\0\0\0", 0, &[]),
        placed(b"ip.proto", 4, &[]),
        placed(b"ppp.protocol", 0x21, &[]),
        redback(1, 24, 24, &[]),
        redback(9, 28, 28, &[0; 4]),
        redback(1, 24, 38, &frame),
        redback(8, 24, 24, &frame),
        redback(6, 24, 42, &[&zeros(4), &frame[..]].concat()),
        tzsp(1, &frame),
        tzsp(7, &[]),
        tzsp(4, &[0xff, 3, 0, 0x21]),
        tzsp(5, &[&[0x50], &MAC[..], &snap].concat()),
        tzsp(18, &[&[8, 1], &zeros(22)[..], &snap].concat()),
        erf(4, &[&zeros(4), &snap[..]].concat()),
        erf(5, &[0, 0, 0, 0, 0x0f, 0, 8, 0]),
        erf(9, &[&zeros(8), &snap[..]].concat()),
        erf(19, &[0xff, 3, 0, 0x21]),
    ]
}

pub(super) fn carriers() -> Vec<Header> {
    let call = |last: u8| [0x82, 0x84, 0x86, 0x40, 0x40, 0x40, 0x60 | last];
    let ax25 = |before: &[u8], control: u8| [before, &call(0), &call(1), &[control, 0xcc]].concat();
    let gfp = |kind: u8, user: u8, rest: &[u8]| {
        plain(171, [&[0, 60, 0, 0, kind, user, 0, 0][..], rest].concat())
    };
    let fc = |network: u8| {
        let mut header = zeros(24);
        (header[0], header[8], header[13]) = (4, 5, network);
        header
    };
    let snap = [&SNAP[..], &[8, 0]].concat();
    let frame = ether(&[8, 0]);
    vec![
        plain(3, ax25(&[], 3)),
        plain(3, ax25(&[], 0)),
        plain(3, [&call(0), &ax25(&[], 0x13)[..]].concat()),
        plain(202, ax25(&[0], 3)),
        plain(202, ax25(&[0x1c, 0, 1], 3)),
        gfp(0, 1, &frame),
        gfp(0, 2, &[0xff, 3, 0, 0x21]),
        gfp(0x10, 16, &[]),
        gfp(1, 16, &[0; 4]),
        plain(170, [&[0, 60, 0, 0, 0, 1, 0, 0][..], &frame].concat()),
        plain(169, vec![3, 0xc0, 1, 0x65, 0, 0, 1]),
        plain(224, [&fc(0)[..], &snap].concat()),
        plain(224, [&fc(0x20)[..], &zeros(16), &snap].concat()),
        plain(
            224,
            [&[0x50, 0, 0, 0, 0, 0, 0, 0], &fc(0)[..], &snap].concat(),
        ),
        plain(225, [&[0xbc, 0xb5, 0x56, 0x56], &fc(0)[..], &snap].concat()),
        plain(7, vec![1, 2, 212, 0, 0, 1]),
        plain(7, vec![1, 2, 240]),
        plain(7, vec![1, 2, 212, 0xff, 0xff, 0xff, 212, 1, 0, 1]),
        plain(102, zeros(16)),
        plain(102, zeros(24)),
        plain(103, [&[0, 4, 0, 0, 0xff, 0, 0x21], &zeros(17)[..]].concat()),
        plain(106, vec![]),
    ]
}
