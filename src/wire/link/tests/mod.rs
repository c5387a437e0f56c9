mod carried;
mod headers;
mod modules;

use headers::{ether, headers};
use proptest::prelude::*;

use super::*;
use crate::wire::{Classified, Encryption, classify};

fn frame(link: u32, data: &[u8]) -> Frame<'_> {
    Frame::alone(LinkType(link), data)
}

/// An IPv4 packet without payload.
const IP: [u8; 20] = [
    0x45, 0, 0, 20, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
];

#[test]
fn every_header_leads_to_ip() {
    for (link, header, vlans) in headers() {
        let data = [&header[..], &IP].concat();
        let found = parse(&frame(link, &data)).unwrap();
        assert_eq!(found.network, Network::Ip, "{link}: {header:x?}");
        assert_eq!(found.offset, header.len(), "{link}: {header:x?}");
        assert_eq!(found.vlans.as_slice(), vlans, "{link}: {header:x?}");
        let ended = [data, vec![0xa5; found.check.into()]].concat();
        assert!(matches!(
            classify(&frame(link, &ended)),
            Classified::Icmp(_)
        ));
        assert!(is_known(LinkType(link)));
    }
}

#[test]
fn every_prefix_is_short() {
    for (link, header, _) in headers() {
        let data = [&header[..], &IP].concat();
        for length in 0..data.len() {
            let cut = frame(link, &data[..length]);
            let found = classify(&cut);
            // What is cut may look like another kind of frame, but never like a packet.
            assert!(
                !matches!(found, Classified::Icmp(_) | Classified::OtherIp(_)),
                "{link}: {length} octets of {data:x?}: {found:?}"
            );
            if link == 1 {
                assert!(
                    matches!(found, Classified::Undecodable(Undecodable::Short)),
                    "{length} octets of {data:x?}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn other_protocols_are_no_ip() {
    for (link, data, kind) in [
        (1, ether(&[8, 6, 0, 1]), 0x0806),
        (1, ether(&[0x81, 0, 0, 5, 8, 6]), 0x0806),
        (1, ether(&[0, 38, 0x42, 0x42, 3, 0, 0, 0]), 0x4242),
        (1, ether(&[0, 50, 0xff, 0xff, 0, 50]), 0xffff),
        (
            1,
            ether(&[0, 50, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]),
            0x2000,
        ),
        // MACsec whose data are changed, though in the clear.
        (1, ether(&[0x88, 0xe5, 0x24, 0, 0, 0, 0, 1, 8, 0]), 0x88e5),
        (113, [&[0; 14][..], &[0, 1]].concat(), 1),
        (9, vec![0xff, 3, 0xc0, 0x21], 0xc021),
        (0, vec![7, 0, 0, 0], 7),
        (107, vec![0x18, 0x41, 3, 0x81], 0x81),
        // Without data, be it encrypted or not, and a beacon.
        (105, [&[0x48, 0x41][..], &[0; 40]].concat(), 0),
        (105, [&[0x48, 0x01][..], &[0; 40]].concat(), 0),
        (105, [&[0x80, 0x00][..], &[0; 40]].concat(), 0),
    ] {
        let found = parse(&frame(link, &data)).unwrap();
        assert_eq!(found.network, Network::Other(kind), "{link}: {data:x?}");
        assert!(matches!(classify(&frame(link, &data)), Classified::NotIp));
    }
}

#[test]
fn what_is_encrypted_is_told_as_such() {
    let wireless = |control: u8, flags: u8| [&[control, flags][..], &[0; 60]].concat();
    let radiotap = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &wireless(0x08, 0x41)].concat();
    for (link, data, by) in [
        (105, wireless(0x08, 0x41), Encryption::Ieee802_11),
        (105, wireless(0x88, 0x42), Encryption::Ieee802_11),
        (127, radiotap, Encryption::Ieee802_11),
        (
            1,
            ether(&[0x88, 0xe5, 0x2c, 0, 0, 0, 0, 1, 8, 0]),
            Encryption::MacSec,
        ),
        (
            230,
            [&[0x49, 0x98, 1, 1, 0, 2, 0, 3, 0, 5, 0, 0, 0, 0][..], &IP].concat(),
            Encryption::Ieee802_15_4,
        ),
    ] {
        let whole = Undecodable::Encrypted(by);
        assert_eq!(parse(&frame(link, &data)), Err(whole), "{link}: {data:x?}");
        for length in 0..data.len() {
            let found = parse(&frame(link, &data[..length]));
            assert!(matches!(
                found,
                Err(Undecodable::Short | Undecodable::Encrypted(_))
                    | Ok(LinkHeader {
                        network: Network::Other(_),
                        ..
                    })
            ));
        }
    }
}

#[test]
fn headers_that_contradict_themselves() {
    for (link, data) in [
        (0, vec![1, 2, 3, 4]),
        (107, vec![0x19, 0x41, 3, 0xcc]),
        (107, vec![0, 0, 0, 0, 0]),
        (127, vec![1, 0, 8, 0, 0, 0, 0, 0]),
        (127, vec![0, 0, 7, 0, 0, 0, 0, 0]),
        (192, vec![0, 0, 7, 0, 1, 0, 0, 0]),
        (239, vec![2, 1, 0, 0, 4, 0, 9, 0]),
        (239, vec![2, 0, 0, 0, 3, 0, 1, 0]),
        (117, vec![8, 2, 0, 0]),
    ] {
        assert_eq!(
            parse(&frame(link, &data)),
            Err(Undecodable::Malformed),
            "{link}: {data:x?}"
        );
    }
    // A header that names another such header is not followed.
    let nested = [0, 0, 8, 0, 192, 0, 0, 0, 0, 0, 8, 0, 1, 0, 0, 0];
    assert_eq!(parse(&frame(192, &nested)), Err(Undecodable::LinkType));
}

#[test]
fn unknown_link_types_say_so() {
    for link in [147, 190, 231, 238, 65535, u32::MAX] {
        assert_eq!(parse(&frame(link, &IP)), Err(Undecodable::LinkType));
        assert!(!is_known(LinkType(link)));
    }
}

#[test]
fn addresses_and_tags() {
    let data = ether(&[0x88, 0xa8, 0xf0, 100, 0x81, 0, 0x20, 10, 8, 0]);
    let found = addresses(&frame(1, &data));
    assert_eq!(found.dst.unwrap().to_string(), "02:00:00:00:00:02");
    assert_eq!(found.src.unwrap().to_string(), "02:00:00:00:00:01");
    assert_eq!(found.ether_type, Some(0x0800));
    let tags: Vec<_> = found.tags().collect();
    assert_eq!(tags.len(), 2);
    assert_eq!((tags[0].tpid, tags[0].id()), (0x88a8, 100));
    assert_eq!((tags[0].priority(), tags[0].drop_eligible()), (7, true));
    assert_eq!((tags[1].priority(), tags[1].drop_eligible()), (1, false));

    let cooked = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
    let found = addresses(&frame(113, &cooked));
    assert_eq!(found.src.unwrap().as_slice(), [2, 0, 0, 0, 0, 1]);
    assert_eq!((found.dst, found.ether_type), (None, Some(0x0800)));

    // From the distribution system: receiver, BSSID, then who sent it.
    let mut wireless = vec![0x08, 2, 0, 0];
    for station in 1..=3u8 {
        wireless.extend([2, 0, 0, 0, 0, station]);
    }
    wireless.extend([0, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    let found = addresses(&frame(105, &wireless));
    assert_eq!(found.dst.unwrap().to_string(), "02:00:00:00:00:01");
    assert_eq!(found.src.unwrap().to_string(), "02:00:00:00:00:03");
    assert_eq!(found.ether_type, Some(0x0800));
}

proptest! {
    #[test]
    fn no_octets_panic(
        number in 0u32..300,
        data in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let any = frame(number, &data);
        let _ = (parse(&any), addresses(&any), classify(&any));
    }

    #[test]
    fn no_change_of_a_header_panics(
        which in 0usize..200,
        at in 0usize..80,
        value in any::<u8>(),
        rest in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let all = headers();
        let (link, mut data, _) = all[which % all.len()].clone();
        if let Some(octet) = data.get_mut(at) {
            *octet = value;
        }
        data.extend(rest);
        let any = frame(link, &data);
        let _ = (parse(&any), addresses(&any), classify(&any));
    }
}
