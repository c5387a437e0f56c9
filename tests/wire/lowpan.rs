//! IPv6 in IEEE 802.15.4 frames: what was compressed comes back octet by octet, from every mode
//! that RFC 6282 knows.

use icmpdump::model::{Expanded, Frame, LinkType, UnknownPrefix};
use icmpdump::wire::lowpan::{Expander, Prefix};
use icmpdump::wire::{
    ChecksumStatus, Classified, Undecodable, Unverified, classify, icmp_checksum,
};
use proptest::prelude::*;

use crate::compressor::{Case, advertisement, cases};
use crate::nodes::{icmpv6, ipv6, mac};

pub(crate) const NO_FCS: LinkType = LinkType(230);

pub(crate) fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
    Frame::alone(link, data)
}

/// An expander that knows the contexts of the compressor.
pub(crate) fn taught() -> Expander {
    let mut state = Expander::default();
    let advertisement = advertisement();
    let mut into = Expanded::default();
    let frame = frame(NO_FCS, &advertisement.frame);
    assert_eq!(state.expand(&frame, &mut into), Ok(true));
    let expanded = Frame {
        expanded: Some(&into),
        ..frame
    };
    let Classified::Icmp(packet) = classify(&expanded) else {
        panic!("no router advertisement");
    };
    let message = icmpdump::icmp::Message::parse(&packet.ip);
    let mut contexts = 0;
    for context in message.contexts() {
        state.learn(&expanded, context.id, context.prefix);
        contexts += 1;
    }
    assert_eq!(contexts, 3);
    state
}

#[test]
fn what_was_compressed_comes_back() {
    let mut state = taught();
    let mut into = Expanded::default();
    let cases = cases();
    assert!(cases.len() > 300, "{}", cases.len());
    for Case {
        what,
        frame: octets,
        packet,
    } in &cases
    {
        let frame = frame(NO_FCS, octets);
        assert_eq!(state.expand(&frame, &mut into), Ok(true), "{what}");
        assert_eq!(into.octets, *packet, "{what}");
        assert!(into.unknown_prefix.is_none(), "{what}");
        let expanded = Frame {
            expanded: Some(&into),
            ..frame
        };
        match classify(&expanded) {
            Classified::Icmp(packet) => {
                let status = icmp_checksum(&packet.ip).status;
                assert_eq!(status, ChecksumStatus::Good, "{what}");
                assert!(!packet.ip.is_defective(), "{what}");
            }
            Classified::OtherIp(packet) => assert_eq!(packet.ip.protocol, 17, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// A frame may be cut anywhere: what comes back then is the beginning of the packet.
#[test]
fn a_cut_frame_gives_the_beginning_of_its_packet() {
    let mut state = taught();
    let mut into = Expanded::default();
    for case in cases() {
        let mut given = 0;
        for length in 0..case.frame.len() {
            let mut frame = frame(NO_FCS, &case.frame[..length]);
            frame.wire_len = u32::try_from(case.frame.len()).unwrap();
            match state.expand(&frame, &mut into) {
                Ok(true) => {}
                Ok(false) => panic!("{} at {length}: no packet", case.what),
                Err(why) => {
                    assert_eq!(why, Undecodable::Short, "{} at {length}", case.what);
                    assert_eq!(given, 0, "{} at {length}: nothing again", case.what);
                    continue;
                }
            }
            given += 1;
            // A header that is cut in its compressed form is not there: then the length of the
            // whole is not known, and the next header may be.
            let differ = (into.octets.iter().zip(&case.packet).enumerate())
                .filter(|(at, (found, sent))| found != sent && !(4..6).contains(at))
                .count();
            assert!(differ <= 1, "{} at {length}", case.what);
        }
        assert!(given > 0, "{}", case.what);
    }
}

#[test]
fn an_unknown_context_is_told_and_no_checksum_called_bad() {
    let mut state = Expander::default();
    let mut into = Expanded::default();
    let mut unknown = 0;
    for case in cases() {
        let frame = frame(NO_FCS, &case.frame);
        assert_eq!(state.expand(&frame, &mut into), Ok(true), "{}", case.what);
        let expanded = Frame {
            expanded: Some(&into),
            ..frame
        };
        if let Classified::Icmp(packet) = classify(&expanded) {
            let status = icmp_checksum(&packet.ip).status;
            let is_known = packet.ip.unknown_prefix == UnknownPrefix::default();
            // One that is good all the same proves the address.
            match status {
                ChecksumStatus::Good => {}
                ChecksumStatus::Unverified(Unverified::Prefix) => assert!(!is_known),
                other => panic!("{}: {other:?}", case.what),
            }
            unknown += usize::from(!is_known);
        }
    }
    assert!(unknown > 50, "{unknown}");
}

/// A datagram in fragments, each of which is told with the header of the first.
#[test]
fn later_fragments_are_of_the_first_ones_packet() {
    let (src, dst) = (
        "2001:db8::1".parse().unwrap(),
        "2001:db8::2".parse().unwrap(),
    );
    let message = icmpv6(
        src,
        dst,
        &[&[128, 0, 0, 0, 0, 1, 0, 2][..], &[7; 200]].concat(),
    );
    let packet = ipv6(0, 0, 58, 64, src, dst, &message);
    let size = u16::try_from(packet.len()).unwrap();
    let first = [
        &(0xc000 | size).to_be_bytes()[..],
        &[0, 9, 0x41],
        &packet[..96],
    ];
    let later = |at: usize, end: usize| {
        let place = u8::try_from(at / 8).unwrap();
        let header = [&(0xe000 | size).to_be_bytes()[..], &[0, 9, place]].concat();
        mac(false, true, &[&header, &packet[at..end]].concat())
    };
    let mut state = Expander::default();
    let mut into = Expanded::default();
    let last = later(96, packet.len());
    assert_eq!(
        state.expand(&frame(NO_FCS, &last), &mut into),
        Err(Undecodable::FirstFragment)
    );
    let frames = [
        mac(false, true, &first.concat()),
        later(96, 192),
        later(192, packet.len()),
    ];
    let expected = [
        (0, true, 56),
        (56, true, 96),
        (152, false, packet.len() - 192),
    ];
    for (octets, (offset, more, length)) in frames.iter().zip(expected) {
        let frame = frame(NO_FCS, octets);
        assert_eq!(state.expand(&frame, &mut into), Ok(true));
        let expanded = Frame {
            expanded: Some(&into),
            ..frame
        };
        let Classified::Icmp(found) = classify(&expanded) else {
            panic!("no ICMP at {offset}");
        };
        let fragment = found.ip.fragment.unwrap();
        assert_eq!((fragment.offset, fragment.more), (offset, more));
        assert_eq!(found.ip.payload.len(), length);
        assert_eq!(found.ip.addrs.src(), std::net::IpAddr::V6(src));
        assert_eq!(found.ip.id, Some(9));
    }
    // Another sender's fragment with the same tag is none of these.
    let other = mac(true, true, &later(96, 192)[15..]);
    assert!(state.expand(&frame(NO_FCS, &other), &mut into).is_err());
}

/// Each dispatch value before an IPv6 header that is compressed to nothing but its addresses: what
/// it is by IANA's registry.
#[test]
fn each_dispatch_value_is_what_the_registry_says() {
    let (src, dst) = ("fe80::1".parse().unwrap(), "fe80::2".parse().unwrap());
    let echo = icmpv6(src, dst, &[128, 0, 0, 0, 0, 1, 0, 2]);
    let packet = ipv6(0, 0, 58, 64, src, dst, &echo);
    let rest = [&[0x41][..], &packet].concat();
    for first in 0..=u8::MAX {
        let octets = mac(false, true, &[&[first][..], &rest].concat());
        let mut into = Expanded::default();
        let found = Expander::default().expand(&frame(NO_FCS, &octets), &mut into);
        match first {
            0x41 | 0x42 | 0x60..0x80 => assert!(
                matches!(
                    found,
                    Ok(true) | Err(Undecodable::Malformed | Undecodable::Compression)
                ),
                "{first:#x}"
            ),
            // What follows these is no header that may follow them.
            0x50 | 0x80..0xc8 => assert!(
                matches!(found, Ok(_) | Err(Undecodable::Malformed)),
                "{first:#x}: {found:?}"
            ),
            0xe0..0xe8 => assert_eq!(found, Err(Undecodable::FirstFragment), "{first:#x}"),
            0xe8 | 0xe9 => assert!(
                matches!(found, Ok(_) | Err(Undecodable::FirstFragment)),
                "{first:#x}: {found:?}"
            ),
            0xf0 | 0xf1 => {
                assert_eq!(found, Ok(true), "{first:#x}");
                assert_eq!(into.octets, packet, "{first:#x}");
            }
            0x40 | 0xf2.. => assert_eq!(found, Err(Undecodable::Compression), "{first:#x}"),
            _ => assert_eq!(found, Ok(false), "{first:#x}"),
        }
    }
}

#[test]
fn a_prefix_has_as_many_bits_as_it_says() {
    let all = Prefix::new([0xff; 16], 61);
    assert_eq!(
        all,
        Prefix::new(
            [[0xff; 7].as_slice(), &[0xf8; 1], &[0; 8]]
                .concat()
                .try_into()
                .unwrap(),
            61
        )
    );
    assert_eq!(Prefix::new([1; 16], 200), Prefix::new([1; 16], 128));
    assert_eq!(Prefix::new([1; 16], 0), Prefix::new([2; 16], 0));
}

/// Of a 16-bit address RFC 4944 section 6 makes an identifier with the PAN's in it; tshark has
/// zeros there, so that checksums do not verify.
#[test]
fn short_addresses_compressed_the_old_way_have_their_network_in_them() {
    let (src, dst) = (
        "fe80::a9cd:ff:fe00:1a2b".parse().unwrap(),
        "fe80::a9cd:ff:fe00:3c4d".parse().unwrap(),
    );
    let echo = icmpv6(src, dst, &[128, 0, 0, 0, 0, 1, 0, 2]);
    let octets = mac(true, true, &[&[0x42, 0xfc, 64][..], &echo].concat());
    let mut into = Expanded::default();
    let frame = frame(NO_FCS, &octets);
    assert_eq!(Expander::default().expand(&frame, &mut into), Ok(true));
    assert_eq!(into.octets, ipv6(0, 0, 58, 64, src, dst, &echo));
}

proptest! {
    /// Any octets: no panic, and nothing is made that the frame has no room for.
    #[test]
    fn hostile_octets_make_no_more_than_headers_and_what_is_there(
        link in prop::sample::select(vec![195_u32, 215, 230, 283]),
        control in any::<u16>(),
        dispatch in any::<u8>(),
        data in prop::collection::vec(any::<u8>(), 0..160),
        more in 0..300_u32,
    ) {
        let mut octets = data;
        for (place, octet) in octets.iter_mut().zip(control.to_le_bytes()) {
            *place = octet;
        }
        if let Some(place) = octets.get_mut(21) {
            *place = dispatch;
        }
        let mut frame = frame(LinkType(link), &octets);
        frame.wire_len += more;
        let mut state = taught();
        let mut into = Expanded::default();
        if state.expand(&frame, &mut into) == Ok(true) {
            prop_assert!(into.octets.len() >= 40);
            prop_assert!(into.octets.len() <= octets.len() + 4 * 48 + 300);
            let expanded = Frame { expanded: Some(&into), ..frame };
            let found = classify(&expanded);
            prop_assert!(!matches!(found, Classified::NotIp), "{found:?}");
        }
    }
}
