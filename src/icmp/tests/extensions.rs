//! Where extension structures are found.

use super::errors::tcp_quote;
use super::*;
use crate::icmp::extension::Located;
use crate::icmp::object::{ExtensionObject, Labels};
use crate::wire::{ChecksumStatus, Unverified};

fn two_labels(with_checksum: bool) -> Vec<u8> {
    let mut structure = vec![0x20, 0, 0, 0, 0, 12, 1, 1];
    structure.extend((16_001u32 << 12 | 3 << 9 | 1).to_be_bytes());
    structure.extend((16_002u32 << 12 | 0x1fe).to_be_bytes());
    if with_checksum {
        let sum = internet(&[&structure]);
        structure[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    structure
}

/// A time exceeded with a quote padded to `quote` octets, the length field as given.
fn with_labels(quote: usize, length: u8, structure: &[u8]) -> Vec<u8> {
    let mut message = vec![11, 0, 0, 0, 0, length, 0, 0];
    message.extend(tcp_quote(8));
    message.resize(8 + quote, 0);
    message.extend(structure);
    v4(&message)
}

fn labels(packet: &[u8]) -> (Located, ChecksumStatus, Vec<u32>, usize) {
    let message = parse(packet);
    let extensions = message.extensions().unwrap();
    let labels = extensions
        .objects()
        .flat_map(|object| match object.kind {
            ExtensionObject::Mpls(labels) => labels.iter().map(|l| l.label).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        })
        .collect();
    let Some(quote) = message.quote() else {
        panic!("{message:?}");
    };
    assert!(matches!(
        quote.transport,
        QuotedTransport::Tcp {
            src_port: 43210,
            dst_port: 443,
            seq: Some(0x1122_3344)
        } | QuotedTransport::Ports {
            src_port: 43210,
            dst_port: 443
        }
    ));
    (
        extensions.located,
        extensions.checksum.status,
        labels,
        quote.bytes.len(),
    )
}

/// The six shapes that routers send; `tests/icmp_decode/shapes.rs` tells what others make of them.
#[test]
fn six_shapes_of_extensions() {
    use ChecksumStatus::{Absent, Good};
    let both = vec![16_001, 16_002];
    for (packet, located, checksum, quote) in [
        (
            with_labels(128, 32, &two_labels(true)),
            Located::Length,
            Good,
            128,
        ),
        (
            with_labels(128, 0, &two_labels(true)),
            Located::Legacy,
            Good,
            128,
        ),
        (
            with_labels(200, 50, &two_labels(true)),
            Located::Length,
            Good,
            200,
        ),
        (
            with_labels(128, 128, &two_labels(false)),
            Located::LengthInOctets,
            Absent,
            128,
        ),
        (
            with_labels(128, 17, &two_labels(true)),
            Located::Legacy,
            Good,
            128,
        ),
    ] {
        assert_eq!(labels(&packet), (located, checksum, both.clone(), quote));
        assert!(rules(&parse(&packet)).is_empty());
        every_prefix(&packet);
        every_code(&packet);
    }
    let udp = [0xa8, 0xca, 0x01, 0xbb, 4, 0, 0, 0];
    let mut message = vec![3, 0, 0, 0, 16, 0, 0, 0];
    let mut quote = ipv6("2001:db8::1", "2001:db8::2", 1, 17, &[0; 1000]);
    quote.truncate(40);
    message.extend(quote);
    message.extend(udp);
    message.resize(8 + 128, 0);
    message.extend(two_labels(true));
    let packet = v6_between("2001:db8::7", "2001:db8::1", 64, &message);
    assert_eq!(labels(&packet), (Located::Length, Good, both, 128));
    every_prefix(&packet);
    every_code(&packet);
}

#[test]
fn every_length_field_finds_a_structure_at_128() {
    for length in 0..=u8::MAX {
        let packet = with_labels(128, length, &two_labels(true));
        let (located, _, labels, quote) = labels(&packet);
        assert_eq!(labels.len(), 2);
        assert_eq!(quote, 128);
        assert_eq!(
            located,
            match length {
                32 => Located::Length,
                128 => Located::LengthInOctets,
                _ => Located::Legacy,
            }
        );
    }
}

#[test]
fn a_bad_checksum_is_told_where_the_length_field_leads_to_objects() {
    let mut structure = two_labels(true);
    structure[2] ^= 0x40;
    let packet = with_labels(128, 32, &structure);
    let (located, checksum, ..) = labels(&packet);
    assert_eq!(located, Located::Length);
    assert!(matches!(checksum, ChecksumStatus::Bad { .. }));
    // Without the field it is no more than four octets that look like a structure.
    assert!(
        parse(&with_labels(128, 0, &structure))
            .extensions()
            .is_none()
    );
}

#[test]
fn a_length_that_leads_nowhere_is_told() {
    let packet = with_labels(128, 20, &[]);
    let message = parse(&packet);
    assert!(message.extensions().is_none());
    assert_eq!(
        rules(&message),
        ["length field leads to no extension structure"]
    );
    // Into the quoted header, to an address that begins as a structure does.
    let mut packet = with_labels(128, 4, &[]);
    packet[20 + 8 + 16] = 0x20;
    let message = parse(&packet);
    assert!(message.extensions().is_none() && message.quote().is_some());
    assert!(rules(&message).contains(&"length field leads to no extension structure"));
    assert!(rules(&parse(&with_labels(128, 32, &[]))).is_empty());
    let short = with_labels(64, 16, &two_labels(true));
    let message = parse(&short);
    assert_eq!(message.extensions().unwrap().located, Located::Length);
    assert_eq!(
        rules(&message),
        ["quote before extensions under 128 octets"]
    );
}

/// What no octets are left for is not a checksum that was not sent.
#[test]
fn a_structure_that_ends_before_its_checksum_is_unverified() {
    for length in 1..4 {
        let packet = with_labels(128, 32, &two_labels(true)[..length]);
        let message = parse(&packet);
        let found = message.extensions().unwrap();
        let cut = ChecksumStatus::Unverified(Unverified::Truncated);
        assert_eq!(
            (found.located, found.checksum.status),
            (Located::Length, cut)
        );
        assert_eq!(message.defects.count(), 1, "its header is short");
    }
    // The last octet of a quote of which no length field tells is none.
    assert!(parse(&with_labels(128, 0, &[0x20])).extensions().is_none());
}

#[test]
fn objects_that_lie_about_their_length() {
    for (length, rule) in [
        (0u16, Some("object length under 4")),
        (3, Some("object length under 4")),
        (400, None),
    ] {
        let mut structure = vec![0x20, 0, 0, 0];
        structure.extend(length.to_be_bytes());
        structure.extend([1, 1, 0, 0, 1, 0]);
        let sum = internet(&[&structure]);
        structure[2..4].copy_from_slice(&sum.to_be_bytes());
        let packet = with_labels(128, 32, &structure);
        let message = parse(&packet);
        assert_eq!(rules(&message), Vec::from_iter(rule));
        assert_eq!(message.defects.count(), 1);
        let objects: Vec<_> = message.extensions().unwrap().objects().collect();
        match rule {
            Some(_) => {
                assert_eq!((objects[0].class, objects[0].c_type), (1, 1));
                assert_eq!((objects[0].length, objects.len()), (length, 1));
                assert_eq!(objects[0].kind, ExtensionObject::Unknown);
            }
            None => assert_eq!(
                objects[0].kind,
                ExtensionObject::Mpls(Labels(&[0, 0, 1, 0]))
            ),
        }
    }
}

/// Where the structure behind 128 octets was found in the first `length` octets of a packet, what its
/// checksum came to, and the labels there.
fn found(packet: &[u8], length: usize) -> Option<(Located, ChecksumStatus, Vec<u32>)> {
    let message = parse_cut(packet, length);
    let extensions = message.extensions()?;
    let labels = (extensions.objects()).filter_map(|object| match object.kind {
        ExtensionObject::Mpls(labels) => Some(labels.iter().map(|l| l.label).collect::<Vec<_>>()),
        _ => None,
    });
    let labels = labels.flatten().collect();
    Some((extensions.located, extensions.checksum.status, labels))
}

#[test]
fn a_structure_that_was_cut_is_shown_as_far_as_it_goes() {
    const START: usize = 20 + 8 + 128;
    let unverified = ChecksumStatus::Unverified(crate::wire::Unverified::Truncated);
    // No length field, one that is wrong, and one that counts octets.
    for (length, located) in [
        (0, Located::Legacy),
        (17, Located::Legacy),
        (128, Located::LengthInOctets),
    ] {
        let packet = with_labels(128, length, &two_labels(true));
        assert_eq!(packet.len(), START + 16);
        for cut in 28..packet.len() {
            let labels = match cut.saturating_sub(START) {
                0..8 => {
                    assert_eq!(found(&packet, cut), None, "{cut}");
                    continue;
                }
                8..12 => vec![],
                12..16 => vec![16_001],
                _ => unreachable!(),
            };
            let told = found(&packet, cut);
            assert_eq!(told, Some((located, unverified, labels)), "{cut}");
            let message = parse_cut(&packet, cut);
            let defects = message.defects.iter();
            let cut_short = defects.filter(|defect| defect.layer == crate::wire::Layer::Extension);
            assert_eq!(cut_short.count(), 1, "{cut}");
        }
    }
    // A length field that leads to the same place says how it was found.
    let packet = with_labels(128, 32, &two_labels(true));
    for cut in START + 2..packet.len() {
        let told = found(&packet, cut).map(|(located, ..)| located);
        assert_eq!(told, Some(Located::Length), "{cut}");
    }
    // Zeros behind a quoted packet that ends before are there for what follows.
    let mut packet = with_labels(128, 0, &two_labels(true));
    packet[20 + 8 + 2..][..2].copy_from_slice(&[0, 28]);
    let told = found(&packet, START + 4);
    assert_eq!(told, Some((Located::Legacy, unverified, vec![])));
    packet[START - 1] = 1;
    assert_eq!(found(&packet, START + 4), None);
    // A length that claims more than was sent: all of the structure is there, and its sum proves it.
    let mut packet = with_labels(128, 0, &two_labels(true));
    packet[2] |= 0x40;
    let message = Message::parse(&Ip::parse(&packet, Limit::Frame).unwrap());
    let extensions = message.extensions().unwrap();
    assert_eq!(extensions.checksum.status, ChecksumStatus::Good);
    assert_eq!(extensions.objects().count(), 1);
}

/// Octets at 128 that only begin as a structure does are the quoted packet's own.
#[test]
fn what_a_cut_quote_holds_at_128_is_no_structure() {
    let quoting = |inside: &[u8], length: u8| {
        let payload: Vec<u8> = (0..1000u32).map(|at| at.to_be_bytes()[3]).collect();
        let mut quote = ipv4("192.0.2.1", "203.0.113.9", 17, &payload);
        quote[128..128 + inside.len()].copy_from_slice(inside);
        let mut message = vec![11, 0, 0, 0, 0, length, 0, 0];
        message.extend(&quote[..500]);
        v4(&message)
    };
    let structure = two_labels(true);
    for (inside, length, is_structure) in [
        // An object begins in it, too: 47 bits cannot be chance.
        (&structure[..], 0, true),
        // The field leads to what was cut off.
        (&structure[..], 100, false),
        // To nowhere in the message.
        (&structure[..], 200, true),
        (&[0x20, 0, 1, 2, 3, 4, 5, 6], 0, false),
        (&[0x20, 0, 0, 0, 0, 8, 9, 1], 0, false),
        (&[0x20, 0, 0, 0, 0, 8, 1, 2], 0, false),
        (&[0x20, 0, 0, 0, 0, 7, 1, 1], 0, false),
        (&[0x20, 0, 0, 0, 0, 4, 1, 1], 0, false),
        (&[0x21, 0, 0, 0, 0, 8, 1, 1], 0, false),
    ] {
        let packet = quoting(inside, length);
        let found = found(&packet, 300);
        assert_eq!(found.is_some(), is_structure, "{inside:?} {length}");
    }
}

/// A length field that leads into the quote, to octets that are no structure: they have reserved bits, or
/// objects that do not end in the message. A cut before the structure behind 128 octets leaves no other.
#[test]
fn a_cut_leaves_no_structure_where_the_octets_cannot_be_one() {
    const QUOTE: usize = 20 + 8;
    for begin in [
        [0x28, 0x29, 0x2a, 0x2b, 0, 8, 1, 1],
        [0x20, 0, 0x2a, 0x2b, 0x2c, 0x2d, 1, 1],
        [0x20, 0, 0x2a, 0x2b, 0, 3, 1, 1],
    ] {
        let mut packet = with_labels(128, 17, &two_labels(true));
        packet[QUOTE + 68..][..8].copy_from_slice(&begin);
        assert_eq!(found(&packet, packet.len()).unwrap().0, Located::Legacy);
        // Of one that ends within its reserved bits or the length of its first object nothing is known.
        for cut in QUOTE + 68 + 6..packet.len() {
            let located = found(&packet, cut).map(|(located, ..)| located);
            let is_there = cut >= QUOTE + 128 + 8;
            assert_eq!(
                located,
                is_there.then_some(Located::Legacy),
                "{begin:x?} {cut}"
            );
        }
    }
    // One that may be a structure is told.
    let packet = with_labels(64, 16, &two_labels(true));
    let located = found(&packet, packet.len() - 4).map(|(located, ..)| located);
    assert_eq!(located, Some(Located::Length));
}

/// Where the length field leads to objects that end where the message does, the structure is one of
/// another version, whatever its checksum; without that field nothing tells.
#[test]
fn structures_of_another_version_are_told() {
    for (spoil, status) in [
        (None, ChecksumStatus::Good),
        (Some(0x55), ChecksumStatus::Bad { expected: 0 }),
        (Some(0), ChecksumStatus::Absent),
    ] {
        let mut structure = two_labels(false);
        structure[0] = 0x10;
        let sum = internet(&[&structure]).to_be_bytes();
        let sum = match spoil {
            None => sum,
            Some(0) => [0, 0],
            Some(octet) => [sum[0] ^ octet, sum[1]],
        };
        structure[2..4].copy_from_slice(&sum);
        let packet = with_labels(128, 32, &structure);
        let (located, found, told, _) = labels(&packet);
        let same = std::mem::discriminant(&found) == std::mem::discriminant(&status);
        assert!(same, "{found:?}");
        assert_eq!((located, told), (Located::Length, vec![16_001, 16_002]));
        let message = parse(&packet);
        assert_eq!(rules(&message), ["version is not 2"]);
        assert!(
            parse(&with_labels(128, 0, &structure))
                .extensions()
                .is_none()
        );
        // Padding is none, nor what does not end with the message.
        assert!(
            parse(&with_labels(128, 32, &[0x10, 0, 0, 0]))
                .extensions()
                .is_none()
        );
        structure.push(0);
        assert!(
            parse(&with_labels(128, 32, &structure))
                .extensions()
                .is_none()
        );
    }
}
