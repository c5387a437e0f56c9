//! What the kernel is asked to capture.

use crate::model::LinkType;

/// IPv6 extension headers that ICMPv6 is found behind: hop-by-hop (all of MLD), routing,
/// fragment, authentication, destination options.
const EXTENSION_HEADERS: [u8; 5] = [0, 43, 44, 51, 60];
/// ICMPv6 as a next header.
const ICMPV6: u8 = 58;
/// VLAN tags that may stand in the frame itself. Linux takes the outermost one away before a
/// filter sees a received frame, but not one that was sent whole through a packet socket.
const TAGS: usize = 2;
/// Hops that traceroute, tracert and mtr do not go beyond: 30 by default.
const PROBE_TTL: u8 = 32;
/// Aggregates of IEEE 802.11 that are not encrypted: any of their packets may be ICMP. The bit that
/// tells stands behind three addresses, or four between access points.
const AGGREGATES: &str = "(link[0]&0x8c==0x88 and link[1]&0x40==0 and \
    ((link[1]&3!=3 and link[24]&0x80!=0) or (link[1]&3==3 and link[30]&0x80!=0)))";
/// EtherTypes of VLAN tags (IEEE 802.1Q, 802.1ad, and the older 9100).
const TAG_TYPES: [u16; 3] = [0x8100, 0x88a8, 0x9100];

/// The filter for a live capture on `link`: all ICMP that is not inside a tunnel, UDP as traceroute
/// sends it, and what `user` selects. Offset-shifting keywords (`vlan`, `mpls`, ...) are left to `user`, which stands last:
/// such a keyword changes the meaning of everything behind it.
pub fn kernel_filter(link: LinkType, user: Option<&str>) -> String {
    let mut alternatives = vec![
        "icmp".to_owned(),
        "icmp6".to_owned(),
        behind_extension_headers("ip6", 0),
        probes(),
    ];
    match link.0 {
        1 => alternatives.push(tagged("ether", 12, 14)),
        113 => alternatives.push(tagged_cooked(14, 16)),
        276 => alternatives.push(tagged_cooked(0, 20)),
        105 | 119 | 127 | 163 | 192 => alternatives.push(AGGREGATES.to_owned()),
        _ => {}
    }
    if let Some(user) = user.map(str::trim).filter(|user| !user.is_empty()) {
        alternatives.push(format!("({user})"));
    }
    alternatives.join(" or ")
}

/// ICMPv6 behind one or two extension headers of the IPv6 packet at `base` octets into `layer`.
fn behind_extension_headers(layer: &str, base: usize) -> String {
    let at = |offset: usize| format!("{layer}[{}]", base + offset);
    let first_next = at(40);
    let mut cases = Vec::new();
    for first in EXTENSION_HEADERS {
        // Length of the first header: RFC 8200 section 4, RFC 4302 section 2.2; fragment is fixed.
        let second_at = match first {
            44 => format!("{}", base + 48),
            51 => format!("{}+({}+2)*4", base + 40, at(41)),
            _ => format!("{}+({}+1)*8", base + 40, at(41)),
        };
        let any_second = EXTENSION_HEADERS
            .map(|second| format!("{first_next}=={second}"))
            .join(" or ");
        cases.push(format!(
            "({}=={first} and ({first_next}=={ICMPV6} or (({any_second}) and {layer}[{second_at}]=={ICMPV6})))",
            at(6)
        ));
    }
    cases.join(" or ")
}

/// UDP that will not go far: without its probes a traceroute is nothing but errors. What is sent to
/// groups of neighbors goes no further, either, and is none.
fn probes() -> String {
    format!(
        "(udp and ((ip[8]<={PROBE_TTL} and ip[16]<224) or \
         (ip6[7]<={PROBE_TTL} and ip6[24]!=0xff)))"
    )
}

/// Whether the EtherType at `at` is a VLAN tag's.
fn is_tag(layer: &str, at: usize) -> String {
    let types = TAG_TYPES.map(|tag| format!("{layer}[{at}:2]=={tag:#06x}"));
    format!("({})", types.join(" or "))
}

/// ICMP behind VLAN tags in cooked frames, by octet offsets. There, kernels differ: of a tagged
/// frame that a program sends, the network header is behind the tags from Linux 5.19 on; from 6.10
/// on the header may name what is behind them, and not the tag that comes first.
fn tagged_cooked(ether_type: usize, network: usize) -> String {
    let version = |version: u8| format!("link[{network}]>>4=={version}");
    let v4 = format!("({} and link[{}]==1)", version(4), network + 9);
    let v6 = format!(
        "({} and (link[{}]=={ICMPV6} or {}))",
        version(6),
        network + 6,
        behind_extension_headers("link", network)
    );
    let named_late = ["0x0800", "0x86dd"].map(|kind| {
        format!(
            "(link[{ether_type}:2]=={kind} and link[{}:2]=={kind})",
            network + 2
        )
    });
    let behind = tagged("link", ether_type, network);
    let inner = network + 4;
    format!(
        "{behind} or ({} and ({v4} or {v6})) or (({}) and (link[{}]==1 or link[{}]=={ICMPV6} or {}))",
        is_tag("link", ether_type),
        named_late.join(" or "),
        inner + 9,
        inner + 6,
        behind_extension_headers("link", inner),
    )
}

/// ICMP behind VLAN tags, by octet offsets: of the first EtherType, and of the tag or network header
/// behind it.
fn tagged(layer: &str, ether_type: usize, network: usize) -> String {
    // A tag is two octets of TCI and the next EtherType. `inner` is what stands behind it.
    let mut text = String::new();
    for depth in (1..=TAGS).rev() {
        let (inner_type, ip) = (network + 4 * depth - 2, network + 4 * depth);
        let tag_at = if depth == 1 {
            ether_type
        } else {
            inner_type - 4
        };
        let v4 = format!(
            "({layer}[{inner_type}:2]==0x0800 and {layer}[{}]==1)",
            ip + 9
        );
        let v6 = format!(
            "({layer}[{inner_type}:2]==0x86dd and ({layer}[{}]=={ICMPV6} or {}))",
            ip + 6,
            behind_extension_headers(layer, ip)
        );
        let deeper = if text.is_empty() {
            String::new()
        } else {
            format!(" or {text}")
        };
        text = format!("({} and ({v4} or {v6}{deeper}))", is_tag(layer, tag_at));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::filter::compile_program;
    use crate::source::filter::program::Program;

    const ETHERNET: u32 = 1;
    const SLL: u32 = 113;
    const SLL2: u32 = 276;
    const LINKS: [u32; 7] = [0, ETHERNET, 9, 101, 108, SLL, SLL2];

    /// A link header for IP `version` behind VLAN tags of the given types.
    fn link_header(link: u32, tags: &[u16], version: u8) -> Vec<u8> {
        let ip: u16 = if version == 4 { 0x0800 } else { 0x86dd };
        let mut types: Vec<u16> = tags.to_vec();
        types.push(ip);
        let family = if version == 4 { 2 } else { 30 };
        let mut header = match link {
            0 => vec![family, 0, 0, 0],
            108 => vec![0, 0, 0, family],
            9 if version == 4 => vec![0xff, 0x03, 0x00, 0x21],
            9 => vec![0xff, 0x03, 0x00, 0x57],
            ETHERNET => vec![0x02; 12],
            SLL => vec![0; 14],
            _ => Vec::new(),
        };
        if matches!(link, ETHERNET | SLL | SLL2) {
            header.extend_from_slice(&types[0].to_be_bytes());
            if link == SLL2 {
                header.extend_from_slice(&[0; 18]);
            }
            for kind in &types[1..] {
                header.extend_from_slice(&[0, 5]);
                header.extend_from_slice(&kind.to_be_bytes());
            }
        }
        header
    }

    fn ipv4(protocol: u8, fragment: u16) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 28, 0, 1];
        packet.extend_from_slice(&fragment.to_be_bytes());
        packet.extend_from_slice(&[64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend_from_slice(&[8, 0, 0, 53, 0, 53, 0, 53]);
        packet
    }

    /// An IPv6 packet with the given extension headers, each with its length in octets.
    fn ipv6(extensions: &[(u8, u8)], protocol: u8) -> Vec<u8> {
        let next = |at: usize| extensions.get(at).map_or(protocol, |(kind, _)| *kind);
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, next(0), 64];
        packet.resize(40, 0xfd);
        for (at, (kind, length)) in extensions.iter().enumerate() {
            let field = match kind {
                44 => 0,
                51 => length / 4 - 2,
                _ => length / 8 - 1,
            };
            let end = packet.len() + usize::from(*length);
            packet.extend_from_slice(&[next(at + 1), field]);
            packet.resize(end, 0);
        }
        packet.extend_from_slice(&[128, 0, 0, 53, 0, 53, 0, 53]);
        packet
    }

    /// The compiled filter of one link type.
    struct Kernel(u32, Program);

    impl Kernel {
        fn new(link: u32, user: Option<&str>) -> Self {
            let text = kernel_filter(LinkType(link), user);
            Self(link, compile_program(&text, LinkType(link)).unwrap())
        }

        fn accepts(&self, tags: &[u16], packet: &[u8]) -> bool {
            let mut frame = link_header(self.0, tags, packet[0] >> 4);
            frame.extend_from_slice(packet);
            self.1.accepts(&frame, u32::try_from(frame.len()).unwrap())
        }
    }

    fn icmp_packets() -> Vec<Vec<u8>> {
        let mut packets = vec![ipv4(1, 0), ipv4(1, 0x2000), ipv4(1, 100), ipv6(&[], 58)];
        let lengths = |kind| match kind {
            44 => vec![8],
            51 => vec![12, 24],
            _ => vec![8, 24],
        };
        for first in EXTENSION_HEADERS {
            for first_length in lengths(first) {
                packets.push(ipv6(&[(first, first_length)], 58));
                for second in EXTENSION_HEADERS {
                    packets.push(ipv6(&[(first, first_length), (second, 8)], 58));
                }
            }
        }
        packets
    }

    #[test]
    fn all_icmp_passes_on_every_link_type() {
        for link in LINKS {
            let kernel = Kernel::new(link, None);
            for packet in icmp_packets() {
                assert!(kernel.accepts(&[], &packet), "link {link} {packet:?}");
            }
        }
    }

    #[test]
    fn icmp_behind_tags_passes() {
        for link in [ETHERNET, SLL, SLL2] {
            let kernel = Kernel::new(link, None);
            for tags in [
                &[0x8100][..],
                &[0x88a8, 0x8100],
                &[0x8100, 0x8100],
                &[0x9100],
            ] {
                for packet in icmp_packets() {
                    assert!(kernel.accepts(tags, &packet), "{link} {tags:x?} {packet:?}");
                }
            }
        }
    }

    /// A cooked frame with an EtherType in its header and octets behind it.
    fn cooked(link: u32, kind: u16, behind: &[&[u8]]) -> Vec<u8> {
        let mut frame = match link {
            SLL => vec![0; 14],
            _ => Vec::new(),
        };
        frame.extend(kind.to_be_bytes());
        frame.resize(if link == SLL { 16 } else { 20 }, 0);
        frame.extend(behind.concat());
        frame
    }

    #[test]
    fn icmp_behind_tags_passes_however_the_kernel_cooks_it() {
        for link in [SLL, SLL2] {
            let Kernel(_, program) = Kernel::new(link, None);
            let accepts =
                |frame: &[u8]| program.accepts(frame, u32::try_from(frame.len()).unwrap());
            for packet in icmp_packets() {
                let kind: u16 = if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd };
                // The tag is named and left out.
                assert!(
                    accepts(&cooked(link, 0x8100, &[&packet])),
                    "{link} {packet:?}"
                );
                // What is behind the tag is named, and the tag is there.
                let tag = [&[0xe0, 8], &kind.to_be_bytes()[..]].concat();
                let late = cooked(link, kind, &[&tag, &packet]);
                assert!(accepts(&late), "{link} {packet:?}");
            }
            for packet in [ipv4(6, 0), ipv4(17, 0), ipv6(&[], 17), ipv6(&[(0, 8)], 6)] {
                assert!(!accepts(&cooked(link, 0x8100, &[&packet])), "{packet:?}");
            }
        }
    }

    #[test]
    fn probes_of_a_traceroute_pass_and_what_is_for_neighbors_does_not() {
        let with_ttl = |mut packet: Vec<u8>, ttl: u8| {
            let at = if packet[0] >> 4 == 4 { 8 } else { 7 };
            packet[at] = ttl;
            packet
        };
        for link in LINKS {
            let kernel = Kernel::new(link, None);
            for packet in [ipv4(17, 0), ipv6(&[], 17)] {
                for ttl in [1, 30, 32] {
                    assert!(
                        kernel.accepts(&[], &with_ttl(packet.clone(), ttl)),
                        "{link}"
                    );
                }
                assert!(
                    !kernel.accepts(&[], &with_ttl(packet.clone(), 33)),
                    "{link}"
                );
                let mut group = with_ttl(packet.clone(), 1);
                let at = if packet[0] >> 4 == 4 { 16 } else { 24 };
                group[at] = if packet[0] >> 4 == 4 { 239 } else { 0xff };
                assert!(!kernel.accepts(&[], &group), "{link}");
            }
            assert!(!kernel.accepts(&[], &with_ttl(ipv4(6, 0), 3)), "{link}");
        }
    }

    #[test]
    fn nothing_else_passes() {
        let others = [
            ipv4(6, 0),
            ipv4(17, 0),
            ipv4(58, 0),
            ipv6(&[], 6),
            ipv6(&[], 1),
            ipv6(&[(0, 8)], 17),
            ipv6(&[(44, 8)], 17),
            ipv6(&[(0, 16), (44, 8)], 17),
            ipv6(&[(51, 24)], 6),
        ];
        for link in LINKS {
            let kernel = Kernel::new(link, None);
            for packet in &others {
                assert!(!kernel.accepts(&[], packet), "link {link} {packet:?}");
                if matches!(link, ETHERNET | SLL | SLL2) {
                    assert!(!kernel.accepts(&[0x8100], packet));
                    assert!(!kernel.accepts(&[0x88a8, 0x8100], packet));
                }
            }
        }
    }

    #[test]
    fn the_users_filter_is_added_and_shifts_nothing() {
        let udp = ipv4(17, 0);
        for user in [None, Some(""), Some("  ")] {
            assert!(!Kernel::new(ETHERNET, user).accepts(&[], &udp));
        }
        assert!(Kernel::new(ETHERNET, Some("port 53")).accepts(&[], &udp));
        assert!(!Kernel::new(ETHERNET, Some("port 54")).accepts(&[], &udp));
        let kernel = Kernel::new(ETHERNET, Some("vlan 5 and port 53"));
        assert!(kernel.accepts(&[0x8100], &udp));
        assert!(!kernel.accepts(&[], &udp));
        for packet in icmp_packets() {
            for tags in [&[][..], &[0x8100], &[0x8100, 0x8100]] {
                assert!(kernel.accepts(tags, &packet));
            }
        }
    }

    #[test]
    fn aggregates_pass_whatever_their_first_packet_is() {
        let frame = |flags: u8, qos: u8, capture_header: &[u8]| {
            let mut frame = [capture_header, &[0x88, flags][..]].concat();
            let addresses = if flags & 3 == 3 { 28 } else { 22 };
            frame.resize(frame.len() + addresses, 0);
            frame.extend([qos, 0]);
            frame.resize(frame.len() + 60, 0);
            frame
        };
        let prism = [&[0, 0, 0, 0x44][..], &[0; 140]].concat();
        for (link, capture_header) in [
            (105, &[][..]),
            (119, &prism),
            (127, &[0, 0, 8, 0, 0, 0, 0, 0]),
            (163, &[0x80, 0x21, 0x10, 1, 0, 0, 0, 8]),
            (192, &[0, 0, 8, 0, 105, 0, 0, 0]),
        ] {
            let Kernel(_, program) = Kernel::new(link, None);
            let accepts = |flags, qos| {
                let frame = frame(flags, qos, capture_header);
                program.accepts(&frame, u32::try_from(frame.len()).unwrap())
            };
            for flags in 0..4 {
                assert!(accepts(flags, 0x80), "link {link} flags {flags}");
                assert!(!accepts(flags, 0), "link {link}: no aggregate");
                assert!(!accepts(flags | 0x40, 0x80), "link {link}: encrypted");
            }
        }
    }

    #[test]
    fn it_fits_into_the_kernel() {
        // BPF_MAXINSNS.
        for link in LINKS {
            let Kernel(_, program) = Kernel::new(link, None);
            assert!(program.len() < 4096, "{link}: {}", program.len());
        }
    }
}
