//! 6LoWPAN frames, made of IPv6 packets by a compressor (RFC 6282): the way back from what
//! icmpdump does.

use std::net::Ipv6Addr;

use crate::nodes::{EXTENDED, SHORT, checksum, icmpv6, ipv6, mac};

/// The contexts that the first frame advertises, and how long their prefixes are.
const CONTEXTS: [(u8, Ipv6Addr, u8); 3] = [
    (0, Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 0), 64),
    (5, Ipv6Addr::new(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 0), 48),
    (
        9,
        Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0xff, 0xfe00, 0),
        112,
    ),
];

/// A packet and the frame that carries it.
pub(crate) struct Case {
    pub(crate) what: String,
    pub(crate) frame: Vec<u8>,
    pub(crate) packet: Vec<u8>,
}

/// How one of the two addresses is compressed.
#[derive(Clone)]
struct Address {
    what: String,
    ip: Ipv6Addr,
    /// M, then SAC or DAC, then SAM or DAM.
    bits: u16,
    context: u8,
    inline: Vec<u8>,
    is_short: bool,
}

fn interface(is_short: bool, whose: usize) -> [u8; 8] {
    if is_short {
        of_short(SHORT[whose])
    } else {
        let mut identifier = EXTENDED[whose];
        identifier[0] ^= 2;
        identifier
    }
}

fn of_short(address: u16) -> [u8; 8] {
    let [high, low] = address.to_be_bytes();
    [0, 0, 0, 0xff, 0xfe, 0, high, low]
}

/// Bits of `prefix`, then those of `identifier` at the end, nothing between.
fn join(prefix: Ipv6Addr, bits: u8, identifier: [u8; 8]) -> Ipv6Addr {
    let mut octets = [0; 16];
    octets[8..].copy_from_slice(&identifier);
    for bit in 0..usize::from(bits) {
        let mask = 0x80 >> (bit % 8);
        octets[bit / 8] = octets[bit / 8] & !mask | prefix.octets()[bit / 8] & mask;
    }
    octets.into()
}

/// Every way to compress a unicast address (sections 3.1.1 and 3.2.2).
fn unicast(whose: usize) -> Vec<Address> {
    let mut all = Vec::new();
    let mut add = |what: String, address, bits, context, inline: &[u8], is_short| {
        all.push(Address {
            what,
            ip: address,
            bits,
            context,
            inline: inline.to_vec(),
            is_short,
        });
    };
    let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);
    let global = Ipv6Addr::new(0x2001, 0xdb8, 7, 8, 9, 10, 11, 12);
    add("in full".into(), global, 0, 0, &global.octets(), false);
    let identifier = [1, 2, 3, 4, 5, 6, 7, u8::try_from(whose).unwrap()];
    let prefixes = CONTEXTS.iter().map(|context| (4, *context));
    for (stateful, (context, prefix, bits)) in
        [(0, (0, link_local, 64))].into_iter().chain(prefixes)
    {
        let kind = format!("/{bits} of {prefix}, context {context} ");
        let of = |identifier| join(prefix, bits, identifier);
        add(
            format!("{kind}64"),
            of(identifier),
            stateful | 1,
            context,
            &identifier,
            false,
        );
        let short = [0x99, 0xaa];
        let address = of(of_short(0x99aa));
        add(
            format!("{kind}16"),
            address,
            stateful | 2,
            context,
            &short,
            false,
        );
        for is_short in [false, true] {
            let address = of(interface(is_short, whose));
            let what = format!("{kind}elided {is_short}");
            add(what, address, stateful | 3, context, &[], is_short);
        }
    }
    all
}

/// Every way to compress a group (section 3.1.1, M = 1).
fn groups() -> Vec<Address> {
    let of = |text: &str, bits: u16, inline: &[u8]| Address {
        what: text.to_owned(),
        ip: text.parse().unwrap(),
        bits: 8 | bits,
        context: 0,
        inline: inline.to_vec(),
        is_short: false,
    };
    let full: Ipv6Addr = "ff05:1:2:3:4:5:6:7".parse().unwrap();
    vec![
        of("ff05:1:2:3:4:5:6:7", 0, &full.octets()),
        of("ff05::12:3456:789a", 1, &[5, 0x12, 0x34, 0x56, 0x78, 0x9a]),
        of("ff0e::12:3456", 2, &[0x0e, 0x12, 0x34, 0x56]),
        of("ff02::1a", 3, &[0x1a]),
        // RFC 3306: the prefix of context 0.
        of(
            "ff35:40:2001:db8:0:1:1234:5678",
            4,
            &[0x35, 0, 0x12, 0x34, 0x56, 0x78],
        ),
    ]
}

/// What follows the IPv6 header: its protocol number, the octets, and those compressed; or the
/// octets as they are, behind an inline next header.
struct Upper {
    what: &'static str,
    next: u8,
    packet: Vec<u8>,
    compressed: Option<Vec<u8>>,
}

fn uppers(src: Ipv6Addr, dst: Ipv6Addr, n: usize) -> Vec<Upper> {
    let echo = icmpv6(src, dst, &echo(n));
    let router_alert = [5, 2, 0, 0];
    let unknown = [0x1e, 3, 1, 2, 3];
    let hop_by_hop = |next| [&[next, 0][..], &router_alert, &[1, 0]].concat();
    let options = |next| [&[next, 0][..], &unknown, &[0]].concat();
    let ports = [
        (0xf0b3_u16, 0xf0b7_u16, vec![0xf3, 0x37]),
        (0xf012, 4000, vec![0xf2, 0x12, 0x0f, 0xa0]),
        (4001, 0xf034, vec![0xf1, 0x0f, 0xa1, 0x34]),
        (1234, 5678, vec![0xf0, 0x04, 0xd2, 0x16, 0x2e]),
    ];
    let (from, to, nhc) = &ports[n % 4];
    let mut udp = Vec::new();
    for field in [*from, *to, 13, 0] {
        udp.extend(field.to_be_bytes());
    }
    udp.extend(b"hello");
    let sum = checksum(src, dst, 17, &udp);
    udp[6..8].copy_from_slice(&sum.to_be_bytes());
    vec![
        Upper {
            what: "ICMPv6",
            next: 58,
            packet: echo.clone(),
            compressed: None,
        },
        Upper {
            what: "hop-by-hop, ICMPv6",
            next: 0,
            packet: [&hop_by_hop(58)[..], &echo].concat(),
            compressed: Some([&[0xe0, 58, 4][..], &router_alert, &echo].concat()),
        },
        Upper {
            what: "hop-by-hop, destination options, ICMPv6",
            next: 0,
            packet: [&hop_by_hop(60)[..], &options(58), &echo].concat(),
            compressed: Some(
                [
                    &[0xe1, 4][..],
                    &router_alert,
                    &[0xe6, 58, 5],
                    &unknown,
                    &echo,
                ]
                .concat(),
            ),
        },
        Upper {
            what: "UDP",
            next: 17,
            compressed: Some([&nhc[..], &udp[6..]].concat()),
            packet: udp,
        },
        {
            // An inner header whose addresses are those of the outer one, but link-local.
            let of = |address: Ipv6Addr| {
                let identifier = address.octets()[8..].try_into().unwrap();
                join(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 64, identifier)
            };
            let inner = icmpv6(of(src), of(dst), &self::echo(n));
            Upper {
                what: "IPv6, ICMPv6",
                next: 41,
                packet: ipv6(0, 0, 58, 64, of(src), of(dst), &inner),
                compressed: Some([&[0xee, 0x7a, 0x33, 58][..], &inner].concat()),
            }
        },
    ]
}

fn echo(n: usize) -> Vec<u8> {
    let n = u16::try_from(n).unwrap();
    let mut message = vec![128, 0, 0, 0, 0x12, 0x34];
    message.extend(n.to_be_bytes());
    message.extend(b"payload");
    message
}

/// Traffic class and flow label by mode (section 3.2.1), with what goes inline.
fn class_and_label(mode: u16) -> (u8, u32, Vec<u8>) {
    // DSCP 46, ECN 1: 01 101110 in the order that they are sent in.
    let (class, label) = (46 << 2 | 1, 0x12345);
    match mode {
        0 => (class, label, vec![0x6e, 0x01, 0x23, 0x45]),
        1 => (1, label, vec![0x41, 0x23, 0x45]),
        2 => (class, 0, vec![0x6e]),
        _ => (0, 0, vec![]),
    }
}

/// The frame that makes all contexts known: a router advertisement, not compressed.
pub(crate) fn advertisement() -> Case {
    let src = join(
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        64,
        interface(false, 0),
    );
    let dst = "ff02::1".parse().unwrap();
    let mut message = vec![134, 0, 0, 0, 64, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0];
    for (id, prefix, bits) in CONTEXTS {
        message.extend([34, 3, bits, 0x10 | id, 0, 0, 0, 60]);
        message.extend(prefix.octets());
    }
    let packet = ipv6(0, 0, 58, 255, src, dst, &icmpv6(src, dst, &message));
    Case {
        what: "router advertisement".into(),
        frame: mac(false, false, &[&[0x41][..], &packet].concat()),
        packet,
    }
}

/// Each way to compress the source with each to compress the destination; the rest of the header
/// changes from one to the next.
pub(crate) fn cases() -> Vec<Case> {
    let unspecified = Address {
        what: "unspecified".into(),
        ip: Ipv6Addr::UNSPECIFIED,
        bits: 4,
        context: 0,
        inline: vec![],
        is_short: false,
    };
    let sources: Vec<_> = unicast(0).into_iter().chain([unspecified]).collect();
    let destinations: Vec<_> = unicast(1).into_iter().chain(groups()).collect();
    let mut cases = vec![advertisement()];
    for src in &sources {
        for dst in &destinations {
            let n = cases.len();
            let uppers = uppers(src.ip, dst.ip, n);
            let count = uppers.len();
            let upper = uppers.into_iter().nth(n % count).unwrap();
            cases.push(case(src, dst, &upper, n));
        }
    }
    cases
}

fn case(src: &Address, dst: &Address, upper: &Upper, n: usize) -> Case {
    let wide = u16::try_from(n).unwrap();
    let (tf, hlim) = (wide / 3 % 4, wide / 2 % 4);
    let (class, label, inline) = class_and_label(tf);
    let hop_limit = [77, 1, 64, 255][usize::from(hlim)];
    let mut base = 0b011 << 13 | tf << 11 | hlim << 8 | src.bits << 4 | dst.bits;
    if upper.compressed.is_some() {
        base |= 1 << 10;
    }
    let contexts = (src.context << 4 | dst.context, src.bits | dst.bits);
    let mut header = Vec::new();
    if contexts.0 != 0 {
        base |= 1 << 7;
    }
    header.extend(base.to_be_bytes());
    if contexts.0 != 0 {
        header.push(contexts.0);
    }
    header.extend(inline);
    if upper.compressed.is_none() {
        header.push(upper.next);
    }
    if hlim == 0 {
        header.push(hop_limit);
    }
    header.extend(&src.inline);
    header.extend(&dst.inline);
    header.extend(upper.compressed.as_ref().unwrap_or(&upper.packet));
    let (from, to) = (src.ip, dst.ip);
    Case {
        what: format!("#{n}: {} > {}: {}", src.what, dst.what, upper.what),
        frame: mac(src.is_short, dst.is_short, &header),
        packet: ipv6(class, label, upper.next, hop_limit, from, to, &upper.packet),
    }
}
