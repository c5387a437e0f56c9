//! Frames of IEEE 802.15.4 that a sniffer sends on in UDP (ZEP), against tshark.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use icmpdump::icmp::tunnel_header::parts;
use icmpdump::model::{Expanded, Frame, LinkType};
use icmpdump::wire::lowpan::{Expander, Within};
use icmpdump::wire::tunnel::{TunnelKind, radio_frame};
use icmpdump::wire::{ChecksumStatus, Classified, Packet, classify, icmp_checksum};
use proptest::prelude::*;

use crate::lowpan_tshark::tshark;
use crate::nodes::{ZEP_2, crc, icmpv6, mac, over_udp};

/// A header of version 1 up to the length: channel 15, device 7.
const ZEP_1: [u8; 15] = [b'E', b'X', 1, 15, 0, 7, 1, 255, 0, 0, 0, 0, 0, 0, 0];
const ETHERNET: LinkType = LinkType(1);
const SRC: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0x212, 0x4b00, 0x1122, 0x3344);
const DST: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0x212, 0x4b00, 0x5566, 0x7788);

/// An echo request of which all addresses are left out, with its check sequence.
fn request() -> Vec<u8> {
    let echo = icmpv6(SRC, DST, &[128, 0, 0, 0, 0, 7, 0, 1, 1, 2, 3]);
    let frame = mac(false, false, &[&[0x7a, 0x33, 58][..], &echo].concat());
    let check = crc(&frame).to_le_bytes();
    [&frame[..], &check].concat()
}

/// An Ethernet frame of these ports, with a header, a length and the request.
fn sniffed(ports: (u16, u16), header: &[u8], length: usize) -> Vec<u8> {
    let length = u8::try_from(length).unwrap();
    over_udp(ports, &[header, &[length], &request()].concat())
}

/// What is made of a frame that was captured so far, and told of it.
fn with_packet<T>(frame: &Frame<'_>, tell: impl FnOnce(&Packet<'_>) -> T) -> Option<T> {
    let Classified::OtherIp(packet) = classify(frame) else {
        return None;
    };
    let radio = radio_frame(&packet.ip, frame)?;
    let mut into = Expanded::default();
    let within = Some(Within {
        ends: (packet.ip.src(), packet.ip.dst()),
        depth: 1,
    });
    if Expander::default().expand_within(&radio, within, &mut into) != Ok(true) {
        return None;
    }
    match &classify(&Frame {
        expanded: Some(&into),
        ..*frame
    }) {
        Classified::Icmp(packet) => Some(tell(packet)),
        Classified::OtherIp(packet) => {
            assert!(packet.ip.protocol != 58);
            None
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_version_leads_to_the_packet() {
    let length = request().len();
    let versions: [(&[u8], u8); 4] = [
        (&ZEP_1, 15),
        (&ZEP_2, 26),
        (&[&ZEP_2[..2], &[3], &ZEP_2[3..]].concat(), 26),
        (&[&ZEP_2[..3], &[9], &ZEP_2[4..]].concat(), 26),
    ];
    for (header, channel) in versions {
        for ports in [(17754, 17754), (5000, 17754), (17754, 5000)] {
            for length in [length, length | 0x80] {
                let octets = sniffed(ports, header, length);
                let frame = Frame::alone(ETHERNET, &octets);
                let told = with_packet(&frame, |packet| {
                    let checksum = icmp_checksum(&packet.ip);
                    assert_eq!(checksum.status, ChecksumStatus::Good);
                    assert_eq!((packet.ip.src(), packet.ip.dst()), (SRC.into(), DST.into()));
                    let around: Vec<_> = packet.tunnels.encapsulations().collect();
                    let [around] = around.as_slice() else {
                        panic!("{around:?}");
                    };
                    assert_eq!(around.tunnel.kind, TunnelKind::Zep { channel });
                    let ends = [1, 2].map(|n| IpAddr::from(Ipv4Addr::new(192, 0, 2, n)));
                    assert_eq!(around.tunnel.outer, Some((ends[0], ends[1])));
                    let parts: Vec<_> = parts(around).collect();
                    let names: Vec<_> = parts.iter().filter_map(|part| part.name).collect();
                    assert_eq!(names, ["udp", "zep", "ieee802154"]);
                    let octets = parts.iter().map(|part| part.bytes.len());
                    assert_eq!(octets.sum::<usize>(), around.header.len());
                    assert_eq!(packet.outermost().map(|ip| ip.protocol), Some(17));
                });
                assert!(told.is_some(), "{header:02x?} {ports:?}");
            }
        }
    }
}

/// The request with the header of another sniffer, or of a bridge.
fn of_others() -> Vec<(Vec<u8>, TunnelKind)> {
    let request = request();
    let length = u8::try_from(request.len()).unwrap();
    let bare = &request[..request.len() - 2];
    let scop = |transport| [&[transport, 1, 0, length + 3, 1][..], bare].concat();
    let nxp = [
        &[0, 0, 0, 1, 2, b's', b'1', 0, 21, 200, length][..],
        &request,
    ]
    .concat();
    let channel = 21;
    vec![
        (over_udp((40000, 17755), &scop(1)), TunnelKind::Scop),
        (over_udp((17756, 40000), &scop(2)), TunnelKind::Scop),
        (
            over_udp((49999, 49999), &nxp),
            TunnelKind::NxpSniffer { channel },
        ),
    ]
}

#[test]
fn other_sniffers_and_bridges_lead_to_the_packet_as_in_tshark() {
    let (frames, kinds): (Vec<_>, Vec<_>) = of_others().into_iter().unzip();
    let theirs = tshark(ETHERNET, &frames, &["ipv6.src", "icmpv6.checksum.status"]);
    for ((octets, kind), theirs) in frames.iter().zip(kinds).zip(theirs) {
        let frame = Frame::alone(ETHERNET, octets);
        let ours = with_packet(&frame, |packet| {
            let around: Vec<_> = packet.tunnels.encapsulations().collect();
            assert_eq!(around.len(), 1);
            assert_eq!(around[0].tunnel.kind, kind);
            let names: Vec<_> = parts(&around[0]).filter_map(|part| part.name).collect();
            assert_eq!(names, ["udp", kind.name(), "ieee802154"]);
            let is_good = icmp_checksum(&packet.ip).status == ChecksumStatus::Good;
            [packet.ip.src().to_string(), u8::from(is_good).to_string()]
        });
        assert_eq!(ours.unwrap().as_slice(), theirs);
        for length in 0..octets.len() {
            let mut cut = Frame::alone(ETHERNET, &octets[..length]);
            cut.wire_len = u32::try_from(octets.len()).unwrap();
            with_packet(&cut, |packet| assert_eq!(packet.tunnels.len(), 1));
        }
    }
}

/// What carries no frame, or one that leads to no packet, stays what it is in IP.
#[test]
fn what_leads_to_no_packet_is_udp() {
    let length = request().len();
    let mut beacon = sniffed((17754, 17754), &ZEP_2, length);
    let at = beacon.len() - length;
    beacon[at] &= !7;
    let mut encrypted = sniffed((17754, 17754), &ZEP_2, length);
    encrypted[at] |= 0x08;
    let acknowledgment = over_udp((17754, 17754), b"EX\x02\x02\0\0\0\x4d");
    let frames = [
        beacon,
        encrypted,
        acknowledgment,
        sniffed((17754, 17754), &ZEP_2, length - 5),
        sniffed((17754, 17754), &[&b"EY"[..], &ZEP_2[2..]].concat(), length),
        sniffed(
            (17754, 17754),
            &[&b"EX\x04"[..], &ZEP_2[3..]].concat(),
            length,
        ),
        sniffed((5000, 5000), &ZEP_2, length),
        over_udp((17754, 17754), b""),
        // Encrypted, of another service, of no name that ends.
        over_udp((17755, 17755), &[129, 1, 0, 9, 1, 0x41, 0x88, 1, 2]),
        over_udp((17755, 17755), &[1, 1, 0, 9, 0, 0x41, 0x88, 1, 2]),
        over_udp((49999, 49999), &[1; 40]),
    ];
    for octets in frames {
        let frame = Frame::alone(ETHERNET, &octets);
        assert!(with_packet(&frame, |_| ()).is_none(), "{octets:02x?}");
        let Classified::OtherIp(packet) = classify(&frame) else {
            panic!("{octets:02x?}");
        };
        assert!(packet.tunnels.is_empty());
    }
}

#[test]
fn a_cut_frame_gives_the_beginning_of_its_packet() {
    let octets = sniffed((17754, 17754), &ZEP_2, request().len());
    let mut given = 0;
    for length in 0..octets.len() {
        let mut frame = Frame::alone(ETHERNET, &octets[..length]);
        frame.wire_len = u32::try_from(octets.len()).unwrap();
        let told = with_packet(&frame, |packet| {
            let status = icmp_checksum(&packet.ip).status;
            let only_check_sequence = octets.len() - length <= 2;
            assert_eq!(
                status == ChecksumStatus::Good,
                only_check_sequence,
                "{length}"
            );
            assert_eq!(packet.tunnels.len(), 1);
        });
        given += usize::from(told.is_some());
        assert!(told.is_some() || given == 0, "{length}");
    }
    assert_eq!(given, 11 + 2);
}

#[test]
fn tshark_reads_the_same() {
    let length = request().len();
    let frames = [
        sniffed((17754, 17754), &ZEP_1, length),
        sniffed((5000, 17754), &ZEP_2, length),
        sniffed(
            (17754, 5000),
            &[&ZEP_2[..2], &[3], &ZEP_2[3..]].concat(),
            length,
        ),
    ];
    let fields = [
        "zep.channel_id",
        "zep.device_id",
        "zep.lqi_mode",
        "wpan.src64",
        "ipv6.src",
        "icmpv6.type",
        "icmpv6.checksum.status",
    ];
    let theirs = tshark(ETHERNET, &frames, &fields);
    for ((octets, theirs), (channel, device)) in
        frames
            .iter()
            .zip(theirs)
            .zip([(15, 7), (26, 0x1234), (26, 0x1234)])
    {
        let frame = Frame::alone(ETHERNET, octets);
        let ours = with_packet(&frame, |packet| {
            let status = u8::from(icmp_checksum(&packet.ip).status == ChecksumStatus::Good);
            [
                channel.to_string(),
                format!("{device}"),
                "1".to_owned(),
                "00:12:4b:00:11:22:33:44".to_owned(),
                packet.ip.src().to_string(),
                packet.ip.payload[0].to_string(),
                status.to_string(),
            ]
        });
        assert_eq!(ours.unwrap().as_slice(), theirs);
        let mut into = Vec::new();
        with_packet(&frame, |packet| {
            for around in packet.tunnels.encapsulations() {
                for part in parts(&around) {
                    into.extend(
                        part.fields()
                            .map(|field| format!("{} {:?}", field.name, field.value)),
                    );
                }
            }
        });
        for told in [
            format!("channel Number({channel})"),
            format!("device Number({device})"),
            "crc_mode Number(1)".to_owned(),
            format!("src_address Hex({})", 0x0012_4b00_1122_3344_u64),
            "dst_pan Hex(43981)".to_owned(),
        ] {
            assert!(into.contains(&told), "{told}: {into:?}");
        }
    }
}

proptest! {
    /// Any octets behind the port: no panic, and what is a tunnel has its packet.
    #[test]
    fn hostile_octets_are_udp_or_a_packet(
        version in 0_u8..5,
        rest in prop::collection::vec(any::<u8>(), 0..160),
        cut in 0_usize..40,
    ) {
        let octets = over_udp((17754, 17754), &[b"EX", &[version][..], &rest].concat());
        let length = octets.len().saturating_sub(cut);
        let mut frame = Frame::alone(ETHERNET, &octets[..length]);
        frame.wire_len = u32::try_from(octets.len()).unwrap();
        with_packet(&frame, |packet| {
            assert!(!packet.tunnels.is_empty());
            assert_eq!(packet.tunnels.iter().count(), packet.tunnels.len());
        });
    }
}
