//! Decoding allocates nothing: shown by counting.

use allocation_counter::measure;
use icmpdump::icmp::{Body, Message, Translation, cause, ip_header, names, payload};
use icmpdump::model::{Frame, LinkType, SourceId, Timestamp};
use icmpdump::wire::{Classified, Ip, Limit, classify};

use crate::corpus;
use crate::samples::samples;
use crate::shown::{v4, v6};

/// Options and extension headers.
fn behind_the_header(ip: &Ip<'_>) -> usize {
    let mut seen: usize = ip_header::options(ip).map(|o| o.fields().count()).sum();
    for header in ip.extension_headers() {
        seen += ip_header::extension_header(&header).fields().count();
        let options = header.options().map(|o| ip_header::option(&o));
        seen += options.map(|o| o.fields().count()).sum::<usize>();
    }
    seen
}

/// Decodes and looks at everything that a line or a record may show.
fn look(ip: &Ip<'_>) -> usize {
    let message = Message::parse(ip);
    let mut seen = message.fields().count() + message.name().len();
    seen += message.header_fields().count();
    seen += behind_the_header(ip) + message.quote().map_or(0, |q| behind_the_header(&q.ip));
    for item in message.items() {
        seen += item.fields().count();
    }
    if let Some(extensions) = message.extensions() {
        seen += extensions
            .items()
            .map(|i| i.fields().count())
            .sum::<usize>();
        seen += extensions.objects().count();
    }
    if let Some(quote) = message.quote() {
        seen += usize::from(quote.flow().protocol);
        seen += quote.inner().map_or(0, |inner| inner.bytes.len());
        seen += quote.tunnels().map_or(0, |tunnels| tunnels.iter().count());
        seen += usize::from(quote.gre().is_some() || quote.translation(ip) == Translation::Half);
    }
    seen += usize::from(cause::of(ip, &message).is_some() || message.cut_quote().is_some());
    if let Body::Echo(echo) = &message.body {
        let guess = payload::guess(echo.payload, Timestamp::from_nanos(0));
        seen += usize::from(guess.is_some() || payload::little_endian(echo).is_some());
    }
    seen + message.defects.iter().count()
}

#[test]
fn decoding_the_corpus_does_not_allocate() {
    let packets = corpus::packets();
    let mut seen = 0;
    let counted = measure(|| {
        for packet in &packets {
            seen += look(&packet.ip());
        }
    });
    assert_eq!(counted.count_total, 0, "over {} packets", packets.len());
    assert!(packets.is_empty() || seen > 0);
}

/// Tells what a frame is, and looks at it if it is ICMP, through all tunnels.
fn look_at_frame(frame: &Frame<'_>) -> usize {
    match classify(frame) {
        Classified::Icmp(packet) => {
            packet.tunnels.iter().count() + packet.ip.defects().count() + look(&packet.ip)
        }
        Classified::OtherIp(packet) => packet.ip.payload.len(),
        _ => 0,
    }
}

#[test]
fn frames_of_the_corpus_do_not_allocate() {
    let frames = corpus::frames();
    let mut seen = 0;
    let counted = measure(|| {
        for frame in &frames {
            seen += look_at_frame(&frame.frame());
        }
    });
    assert_eq!(counted.count_total, 0, "over {} frames", frames.len());
    assert!(seen > 0);
}

/// Every type, plain and in each kind of tunnel, whole and cut.
#[test]
fn samples_of_all_types_in_all_tunnels_do_not_allocate() {
    for sample in samples() {
        for (what, packet) in tunnelled(&sample.octets) {
            for length in [packet.len(), packet.len() - 3] {
                let frame = Frame {
                    source: SourceId(0),
                    number: 1,
                    interface: None,
                    ts: Timestamp::from_nanos(0),
                    link: LinkType(101),
                    wire_len: u32::try_from(packet.len()).unwrap(),
                    fcs_len: 0,
                    data: &packet[..length],
                };
                assert!(matches!(classify(&frame), Classified::Icmp(_)), "{what}");
                let counted = measure(|| {
                    look_at_frame(&frame);
                });
                assert_eq!(counted.count_total, 0, "{what}");
            }
        }
    }
}

/// The packet, and the packet in tunnels.
fn tunnelled(packet: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let is_v6 = packet[0] >> 4 == 6;
    let kind: [u8; 2] = if is_v6 { [0x86, 0xdd] } else { [8, 0] };
    let (a, b) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let udp = |port: u16, header: &[u8], inner: &[u8]| {
        let length = u16::try_from(8 + header.len() + inner.len()).unwrap();
        let mut datagram = vec![0xc0, 0];
        datagram.extend(port.to_be_bytes());
        datagram.extend(length.to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(header);
        datagram.extend(inner);
        v4(a, b, 17, &datagram)
    };
    let ethernet = [&[2; 12], &kind[..], packet].concat();
    let gre = [&[0x20, 0, kind[0], kind[1], 0, 0, 0, 5], packet].concat();
    let gtp_length = u16::try_from(packet.len()).unwrap().to_be_bytes();
    let gtp = [0x30, 255, gtp_length[0], gtp_length[1], 0, 0, 0, 9];
    let geneve = [0, 0, 0x65, 0x58, 0, 0, 5, 0];
    vec![
        ("plain", packet.to_vec()),
        ("IP in IP", v4(a, b, if is_v6 { 41 } else { 4 }, packet)),
        ("IP in IPv6", v6(if is_v6 { 41 } else { 4 }, packet)),
        ("GRE", v4(a, b, 47, &gre)),
        ("VXLAN", udp(4789, &[8, 0, 0, 0, 0, 0, 5, 0], &ethernet)),
        ("Geneve", udp(6081, &geneve, &ethernet)),
        ("GTP-U", udp(2152, &gtp, packet)),
        ("twice", v4(a, b, 4, &v4(a, b, 47, &gre))),
    ]
}

#[test]
fn decoding_any_type_does_not_allocate() {
    let mut packet = vec![0x45, 0, 0, 220, 0, 0, 0, 0, 64, 1, 0, 0];
    packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    packet.resize(220, 0x11);
    for protocol in [1, 58] {
        packet[9] = protocol;
        for kind in 0..=u8::MAX {
            packet[20] = kind;
            let counted = measure(|| {
                look(&Ip::parse(&packet, Limit::Frame).unwrap());
            });
            assert_eq!(counted.count_total, 0, "{protocol} {kind}");
        }
    }
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| {
        std::hint::black_box(vec![names::types(icmpdump::wire::IpVersion::V4).len()]);
    });
    assert_eq!(counted.count_total, 1);
}
