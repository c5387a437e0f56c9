//! Frames of IEEE 802.15.4, their headers and packets, as tshark reads them.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use icmpdump::model::{Expanded, Frame, LinkType, Timestamp};
use icmpdump::wire::link::ieee802154::{Payload, mac_header_of};
use icmpdump::wire::lowpan::Expander;
use icmpdump::wire::{
    ChecksumStatus, Classified, Encryption, Undecodable, classify, icmp_checksum,
};

use crate::compressor::cases;
use crate::frames::{self, OwnedFrame};
use crate::lowpan::{NO_FCS, frame, taught};
use crate::nodes::{crc, icmpv6, ipv6, mac, plain_fragments, recoverable_fragments};

/// What tshark says of each frame, one line a frame.
pub(crate) fn tshark(link: LinkType, frames: &[Vec<u8>], fields: &[&str]) -> Vec<Vec<String>> {
    tshark_with(&[], link, frames, fields)
}

/// The same with these options.
fn tshark_with(
    options: &[&str],
    link: LinkType,
    frames: &[Vec<u8>],
    fields: &[&str],
) -> Vec<Vec<String>> {
    let owned: Vec<_> = (frames.iter().zip(1..))
        .map(|(octets, number)| OwnedFrame {
            file: "lowpan".into(),
            number,
            ts: Timestamp::from_nanos(i64::try_from(number).unwrap()),
            link,
            wire_len: u32::try_from(octets.len()).unwrap(),
            fcs_len: 0,
            data: octets.clone(),
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), frames::pcapng(&owned)).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(file.path()).args(options);
    command.args(["-T", "fields", "-E", "occurrence=f"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is installed");
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let of_line = |line: &str| line.split('\t').map(str::to_owned).collect();
    let lines: Vec<_> = lines.lines().map(of_line).collect();
    assert_eq!(lines.len(), frames.len());
    lines
}

fn number(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches("0x");
    u32::from_str_radix(digits, if digits == text { 10 } else { 16 }).ok()
}

/// Every frame control field of data frames, with which addresses and networks it announces.
#[test]
fn mac_headers_are_those_of_tshark() {
    let mut frames = Vec::new();
    for version in 0..3_u16 {
        for bits in 0..1 << 6 {
            let (dst, src) = (
                [0, 2, 3, 0][usize::from(bits & 3)],
                [0, 2, 3, 0][usize::from(bits >> 2 & 3)],
            );
            let compressed = bits >> 4 & 1;
            let no_sequence = if version == 2 { bits >> 5 } else { 0 };
            let control =
                1 | compressed << 6 | no_sequence << 8 | dst << 10 | version << 12 | src << 14;
            // Before 2015, what is left out is another address's (IEEE 802.15.4-2006 section 7.2.1.1.5).
            if version < 2 && compressed == 1 && (dst == 0 || src == 0) {
                continue;
            }
            let mut frame = control.to_le_bytes().to_vec();
            frame.extend(1..40);
            frames.push(frame);
        }
    }
    let fields = [
        "wpan.dst_pan",
        "wpan.dst16",
        "wpan.dst64",
        "wpan.src_pan",
        "wpan.src16",
        "wpan.src64",
    ];
    let mut different = Vec::new();
    for (octets, theirs) in frames.iter().zip(tshark(NO_FCS, &frames, &fields)) {
        let header = mac_header_of(&frame(NO_FCS, octets)).unwrap();
        assert_eq!(header.payload, Payload::Data);
        let mut said = [const { None }; 4];
        for (at, address) in [(0, header.dst), (2, header.src)] {
            let octets = address
                .as_ref()
                .map_or(&[][..], |address| address.as_slice());
            let hex = octets.iter().fold(String::new(), |mut hex, octet| {
                let _ = write!(hex, "{octet:02x}");
                hex
            });
            said[at + usize::from(octets.len() == 8)] = Some(hex).filter(|hex| !hex.is_empty());
        }
        let address = |at: usize| {
            let digits = theirs[at].trim_start_matches("0x").replace(':', "");
            Some(digits).filter(|digits| !digits.is_empty())
        };
        let theirs_of = [address(1), address(2), address(4), address(5)];
        let pan = number(&theirs[0]).or(number(&theirs[3]));
        if said != theirs_of || header.pan.map(u32::from) != pan {
            different.push(format!(
                "{:02x?}: {header:?}, tshark {theirs:?}",
                &octets[..2]
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn tshark_reads_the_same() {
    let cases = cases();
    let frames: Vec<_> = cases.iter().map(|case| case.frame.clone()).collect();
    let fields = [
        "ipv6.src",
        "ipv6.dst",
        "ipv6.hlim",
        "ipv6.tclass",
        "ipv6.flow",
        "ipv6.plen",
    ];
    let mut different = Vec::new();
    for (case, theirs) in cases.iter().zip(tshark(NO_FCS, &frames, &fields)) {
        let packet = &case.packet;
        let address = |at: usize| {
            let octets: [u8; 16] = packet[at..at + 16].try_into().unwrap();
            std::net::Ipv6Addr::from(octets).to_string()
        };
        let first = u32::from_be_bytes(packet[..4].try_into().unwrap());
        let same = theirs[0] == address(8)
            && theirs[1] == address(24)
            && number(&theirs[2]) == Some(packet[7].into())
            && number(&theirs[3]) == Some(first >> 20 & 0xff)
            && number(&theirs[4]) == Some(first & 0xfffff)
            && number(&theirs[5]) == Some(u32::from(packet[4]) << 8 | u32::from(packet[5]));
        if !same {
            let (src, dst) = (address(8), address(24));
            different.push(format!("{}: {src} > {dst}, tshark {theirs:?}", case.what));
        }
    }
    assert!(
        different.is_empty(),
        "{} of {}:\n{}",
        different.len(),
        cases.len(),
        different.join("\n")
    );
}

/// What we make of frames, in the words of the fields that tshark is asked for.
fn fields_of(link: LinkType, octets: &[u8]) -> Option<Vec<String>> {
    let mut into = Expanded::default();
    let found = Expander::default().expand(&frame(link, octets), &mut into);
    if found != Ok(true) {
        return None;
    }
    let header = into.octets.first_chunk::<40>()?;
    let first = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
    let address = |at: usize| {
        let octets: [u8; 16] = header[at..at + 16].try_into().unwrap();
        std::net::Ipv6Addr::from(octets).to_string()
    };
    let numbers = [
        header[6].into(),
        header[7].into(),
        first >> 20 & 0xff,
        first & 0xfffff,
    ];
    let numbers = numbers.map(|number| number.to_string());
    Some(
        [address(8), address(24)]
            .into_iter()
            .chain(numbers)
            .collect(),
    )
}

/// Frames that tshark finds other IPv6 headers in than we do.
fn different(link: LinkType, frames: &[Vec<u8>]) -> Vec<String> {
    let fields = [
        "ipv6.src",
        "ipv6.dst",
        "ipv6.nxt",
        "ipv6.hlim",
        "ipv6.tclass",
        "ipv6.flow",
    ];
    let theirs = tshark(link, frames, &fields);
    let mut different = Vec::new();
    for (octets, theirs) in frames.iter().zip(theirs) {
        let theirs = (!theirs[0].is_empty()).then(|| {
            let of = |(at, text): (usize, &String)| match at {
                0 | 1 => text.clone(),
                _ => number(text).unwrap().to_string(),
            };
            theirs.iter().enumerate().map(of).collect::<Vec<_>>()
        });
        let ours = fields_of(link, octets);
        if ours != theirs {
            different.push(format!("{octets:02x?}: {ours:?}, tshark {theirs:?}"));
        }
    }
    different
}

/// The header compression of RFC 4944, with each encoding.
#[test]
fn headers_compressed_the_old_way_are_those_of_tshark() {
    let mut frames = Vec::new();
    for encoding in 0..=u8::MAX {
        // UDP's encoding behind a header that is not UDP's means nothing.
        if encoding & 1 == 1 && encoding >> 1 & 3 != 1 {
            continue;
        }
        let mut payload = vec![0x42, encoding];
        if encoding & 1 == 1 {
            payload.push(0xe0);
        }
        payload.push(99);
        payload.extend((0..60).map(|n: u8| n.wrapping_mul(37).wrapping_add(encoding)));
        frames.push(mac(false, false, &payload));
    }
    let different = different(NO_FCS, &frames);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Headers before the packet, and what stands in its place.
#[test]
fn what_stands_before_the_packet_is_stepped_over_as_in_tshark() {
    let (src, dst) = ("fe80::1".parse().unwrap(), "ff02::1".parse().unwrap());
    let echo = icmpv6(src, dst, &[128, 0, 0, 0, 0, 1, 0, 2]);
    let packet = [&[0x41][..], &ipv6(0, 0, 58, 64, src, dst, &echo)].concat();
    let elided = [&[0x7a, 0x33, 58][..], &echo].concat();
    let mesh16 = [&[0xb5, 0x11, 0x22, 0x33, 0x44][..], &elided].concat();
    let mesh64 = [
        &[0x8f, 0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2][..],
        &elided,
    ]
    .concat();
    let broadcast = [&[0xb5, 0x11, 0x22, 0xff, 0xff, 0x50, 0x07][..], &packet].concat();
    let zigbee = [0x48, 0x02, 0xfc, 0xff, 0x0c, 0x0f, 0x1e, 0xa1];
    let plain: Vec<_> = [&packet[..], &elided, &mesh16, &mesh64, &broadcast, &zigbee]
        .into_iter()
        .map(|payload| mac(false, true, payload))
        .collect();
    assert_eq!(different(NO_FCS, &plain), [""; 0]);

    // Security levels 1 to 3 sign, 4 to 7 encrypt (IEEE 802.15.4-2015 table 9-6).
    let codes = [0, 4, 8, 16, 0, 4, 8, 16];
    for (level, code) in (0_u8..).zip(codes) {
        let mut secured = mac(false, false, &[]);
        secured[0] |= 0x08;
        secured.extend([level, 1, 0, 0, 0]);
        secured.extend(&packet);
        secured.resize(secured.len() + code, 0xee);
        let mut into = Expanded::default();
        let found = Expander::default().expand(&frame(NO_FCS, &secured), &mut into);
        if level < 4 {
            assert_eq!(found, Ok(true), "level {level}");
            assert_eq!(into.octets, packet[1..], "level {level}");
        } else {
            assert_eq!(
                found,
                Err(Undecodable::Encrypted(Encryption::Ieee802_15_4)),
                "level {level}"
            );
        }
    }
}

/// Datagrams in fragments, both kinds of them in every order: the frame that comes last makes the
/// message whole, and tshark tells it there too. Where the middle of a recoverable one comes before
/// the first, tshark takes it for the last, as the size is not known yet.
#[test]
fn fragments_are_whole_where_they_are_in_tshark() {
    let (src, dst) = (
        "2001:db8::1".parse().unwrap(),
        "2001:db8::2".parse().unwrap(),
    );
    let echo = [&[128, 0, 0, 0, 0, 1, 0, 2][..], &[7; 200]].concat();
    let message = icmpv6(src, dst, &echo);
    let packet = ipv6(0, 0, 58, 64, src, dst, &message);
    let sent = [&[0x7a, 0, 58][..], &src.octets(), &dst.octets(), &message].concat();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let plain = plain_fragments(&packet, 9, &[88, 168, packet.len()]);
        let recoverable = recoverable_fragments(&sent, 9, &[80, 151, sent.len()]);
        let recoverable = (order[0] != 1).then_some(recoverable);
        for parts in [Some(plain), recoverable].into_iter().flatten() {
            let frames = order.map(|part| mac(false, true, &parts[part]));
            let fields = ["icmpv6.type", "icmpv6.checksum.status"];
            let theirs = tshark(NO_FCS, &frames, &fields);
            let none = ["", ""].map(str::to_owned);
            let good = ["128", "1"].map(str::to_owned);
            assert_eq!(theirs, [&none, &none, &good], "{order:?}");
        }
    }
}

/// Headers of RPL before the packet: tshark shows the addresses of the packet itself, which is what
/// is behind ours, and steps over the same octets. (It has to be told that this is 6LoWPAN: it does
/// not see that by the switch to page 1.)
#[test]
fn routing_headers_are_those_of_tshark() {
    let (src, dst) = (
        "2001:db8::1".parse().unwrap(),
        "2001:db8::9".parse().unwrap(),
    );
    let packet = icmpv6(src, dst, &[128, 0, 0, 0, 0, 1, 0, 2]);
    let start = [&[0x7a, 0, 58][..], &src.octets(), &dst.octets(), &packet].concat();
    let frames: Vec<_> = [
        vec![0x83, 5, 2],
        vec![0x92, 5, 2, 3],
        vec![0x81, 5, 9, 2],
        vec![0x80, 5, 9, 2, 3],
        vec![0x83, 5, 2, 0xa1, 6, 40],
        [&[0x83, 5, 2, 0xb1, 6, 40][..], &[0x20; 16]].concat(),
    ]
    .iter()
    .map(|headers| mac(true, true, &[&[0xf1][..], headers, &start].concat()))
    .collect();
    let fields = [
        "ipv6.src",
        "ipv6.dst",
        "icmpv6.type",
        "icmpv6.checksum.status",
    ];
    let lowpan = ["-d", "wpan.panid==0xabcd,6lowpan"];
    let theirs = tshark_with(&lowpan, NO_FCS, &frames, &fields);
    let mut into = Expanded::default();
    for (octets, theirs) in frames.iter().zip(theirs) {
        let frame = frame(NO_FCS, octets);
        assert_eq!(Expander::default().expand(&frame, &mut into), Ok(true));
        let made = Frame {
            expanded: Some(&into),
            ..frame
        };
        let Classified::Icmp(packet) = classify(&made) else {
            panic!("no ICMP");
        };
        let status = u8::from(icmp_checksum(&packet.ip).status == ChecksumStatus::Good);
        let ours = [
            packet.ip.src().to_string(),
            packet.ip.dst().to_string(),
            packet.ip.payload[0].to_string(),
            status.to_string(),
        ];
        assert_eq!(ours.as_slice(), theirs, "{octets:02x?}");
    }
}

/// The same frame behind each capture header, with and without check sequence.
#[test]
fn each_link_type_leads_to_the_same_packet() {
    let case = &cases()[7];
    let fcs = crc(&case.frame).to_le_bytes();
    let length = u8::try_from(case.frame.len() + 2).unwrap();
    let phy = [&[0, 0, 0, 0, 0xa7, length][..], &case.frame, &fcs].concat();
    let tap = |kind: u8, check: &[u8]| {
        let field = [0, 0, 12, 0, 0, 0, 1, 0, kind, 0, 0, 0];
        [&field[..], &case.frame, check].concat()
    };
    let frames = [
        (230, case.frame.clone()),
        (195, [&case.frame[..], &fcs].concat()),
        (215, phy),
        (283, tap(0, &[])),
        (283, tap(1, &fcs)),
    ];
    let mut into = Expanded::default();
    for (link, octets) in frames {
        let link = LinkType(link);
        assert_eq!(taught().expand(&frame(link, &octets), &mut into), Ok(true));
        assert_eq!(into.octets, case.packet, "{link:?}");
        assert_eq!(different(link, &[octets]), [""; 0], "{link:?}");
    }
}
