use super::*;
use crate::icmp::tests::{ipv4, ipv6, v4, v6_between};
use crate::wire::Limit;
use crate::wire::checksum::pseudo_header_sum;

pub(super) fn cause(packet: &[u8]) -> Option<ChecksumCause> {
    let ip = Ip::parse(packet, Limit::Frame).unwrap();
    of(&ip, &Message::parse(&ip))
}

// A sequence number from which a flipped bit does not lead to one that senders begin with.
const ECHO: [u8; 12] = [8, 0, 0, 0, 0, 7, 0x12, 0x36, 0xde, 0xad, 0xbe, 0xe0];
const ECHO6: [u8; 12] = [128, 0, 0, 0, 0, 7, 0x12, 0x36, 0xde, 0xad, 0xbe, 0xe0];

#[test]
fn a_good_checksum_has_no_cause() {
    assert_eq!(cause(&v4(&ECHO)), None);
}

#[test]
fn a_field_that_is_zero_was_not_filled_in() {
    let mut packet = v4(&ECHO);
    packet[22..24].fill(0);
    assert_eq!(cause(&packet), Some(ChecksumCause::NotFilledIn));
}

#[test]
fn a_message_of_zeros_has_either_zero() {
    let mut packet = v4(&[0; 12]);
    assert_eq!(packet[22..24], [0xff, 0xff]);
    packet[22..24].fill(0);
    assert_eq!(cause(&packet), Some(ChecksumCause::OtherZero));
    packet[27] = 1;
    assert_eq!(cause(&packet), Some(ChecksumCause::NotFilledIn));
}

#[test]
fn every_flipped_bit_is_told() {
    for (packet, start) in [
        (v4(&ECHO), 20),
        (v6_between("fe80::1", "fe80::2", 64, &ECHO6), 40),
    ] {
        // Behind the type, which may turn into one that the checksum says other things of.
        for bit in 16..(packet.len() - start) * 8 {
            let mut flipped = packet.clone();
            flipped[start + bit / 8] ^= 0x80 >> (bit % 8);
            assert_eq!(cause(&flipped), Some(ChecksumCause::FlippedBit), "{bit}");
        }
    }
}

/// A sender that counts and keeps its first checksum.
#[test]
fn a_sequence_number_that_its_checksum_did_not_follow() {
    for first in [0, 1] {
        for seq in first + 1..=20_u16 {
            let mut packet = v4(&[8, 0, 0, 0, 0, 7, 0, u8::try_from(first).unwrap()]);
            packet[26..28].copy_from_slice(&seq.to_be_bytes());
            // A bit that was flipped explains it too.
            let is_ambiguous = (seq - first).is_power_of_two();
            let told = (!is_ambiguous).then_some(ChecksumCause::OldSequence(first));
            assert_eq!(cause(&packet), told, "{first} {seq}");
        }
    }
}

#[test]
fn pseudo_headers_that_are_all_or_left_out() {
    let mut packet = v6_between("fe80::1", "fe80::2", 64, &ECHO6);
    let pseudo = icmpv6_pseudo_header(&Ip::parse(&packet, Limit::Frame).unwrap()).unwrap();
    packet[42..44].copy_from_slice(&(!internet(&[&pseudo])).to_be_bytes());
    assert_eq!(cause(&packet), Some(ChecksumCause::Offload));
    packet[42..44].copy_from_slice(&internet(&[&ECHO6]).to_be_bytes());
    assert_eq!(cause(&packet), Some(ChecksumCause::NoPseudoHeader));
}

#[test]
fn octets_the_wrong_way_round() {
    let mut packet = v4(&ECHO);
    packet.swap(22, 23);
    assert_eq!(cause(&packet), Some(ChecksumCause::ByteOrder));
}

#[test]
fn a_sum_that_was_not_complemented() {
    let mut packet = v4(&ECHO);
    for octet in &mut packet[22..24] {
        *octet = !*octet;
    }
    assert_eq!(cause(&packet), Some(ChecksumCause::NotComplemented));
}

/// RFC 792: the checksum covers the message alone.
#[test]
fn a_pseudo_header_that_is_none_of_icmp_s() {
    let mut packet = v4(&ECHO);
    let pseudo = pseudo_header_sum(&Ip::parse(&packet, Limit::Frame).unwrap()).unwrap();
    packet[22..24].fill(0);
    let sum = internet(&[&pseudo.to_be_bytes(), &packet[20..]]);
    packet[22..24].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(cause(&packet), Some(ChecksumCause::WithPseudoHeader));
}

#[test]
fn what_a_nat_forgot() {
    let udp = [0, 53, 0, 99, 0, 8, 0, 0];
    let quote = ipv6("2001:db8::1", "2001:db8::2", 1, 17, &udp);
    let error = [&[1, 4, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
    let mut packet = v6_between("2001:db8::2", "2001:db8::1", 64, &error);
    packet[24..40].copy_from_slice(&"fd00::abcd:9".parse::<Ipv6Addr>().unwrap().octets());
    assert_eq!(
        cause(&packet),
        Some(ChecksumCause::OldAddress("2001:db8::1".parse().unwrap()))
    );
    let quote = ipv4("192.0.2.1", "203.0.113.9", 17, &udp);
    let mut packet = v4(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quote[..]].concat());
    packet[20 + 8 + 12..20 + 8 + 16].copy_from_slice(&[10, 11, 12, 13]);
    assert_eq!(cause(&packet), Some(ChecksumCause::QuoteRewritten));
}

fn of_quote(packet: &[u8], error: Option<(&str, &str)>) -> Option<ChecksumCause> {
    let ip = Ip::parse(packet, Limit::Frame).unwrap();
    let addr = |text: &str| text.parse().unwrap();
    let by = error.map(|(src, dst)| QuotedBy {
        addrs: AddrPair::new(addr(src), addr(dst)),
        checksum: Checksum::NONE,
        proven: Proven::default(),
    });
    of_quoted(upper_checksum(&ip).unwrap(), &ip, by)
}

#[test]
fn quoted_packets_that_their_senders_card_was_to_finish() {
    let udp = [0, 53, 0, 99, 0, 12, 0, 0, 1, 2, 3, 4];
    let mut tcp = [7; 20];
    tcp[12..14].copy_from_slice(&[0x50, 0x02]);
    // The sums of the pseudo-headers, folded by hand.
    for (mut packet, at, partial) in [
        (ipv4("192.0.2.1", "203.0.113.9", 17, &udp), 26, 0xfe28_u16),
        (ipv4("192.0.2.1", "203.0.113.9", 6, &tcp), 36, 0xfe25),
        (ipv6("::1", "::1", 1, 17, &udp), 46, 0x001f),
    ] {
        let mut with = |sum: u16| {
            packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
            of_quote(&packet, None)
        };
        assert_eq!(with(partial), Some(ChecksumCause::Offload));
        assert_eq!(with(partial + 1), None);
    }
}

fn of_ipv4(packet: &[u8]) -> Option<ChecksumCause> {
    of_header(&Ip::parse(packet, Limit::Frame).unwrap(), None)
}

#[test]
fn headers_of_ipv4_that_a_card_was_to_fill_in_or_a_hop_forgot() {
    let good = v4(&ECHO);
    assert_eq!(of_ipv4(&good), None);
    let right = u16::from_be_bytes([good[10], good[11]]);
    for (found, cause) in [
        (0, Some(ChecksumCause::NotFilledIn)),
        (right.swap_bytes(), Some(ChecksumCause::ByteOrder)),
        (right - 0x100, Some(ChecksumCause::OldTtl)),
        (right + 0x100, Some(ChecksumCause::FlippedBit)),
        // Two hops that mended nothing explain it as well as one bit.
        (right - 0x200, None),
        (right - 0x4, Some(ChecksumCause::FlippedBit)),
        (right ^ 0x1234, None),
    ] {
        let mut packet = good.clone();
        packet[10..12].copy_from_slice(&found.to_be_bytes());
        assert_eq!(of_ipv4(&packet), cause, "{found:#06x}");
    }
}

#[test]
fn an_address_that_was_translated_and_no_checksum_mended() {
    let mut udp = [15, 160, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    let pseudo = [192, 0, 2, 5, 10, 9, 9, 9, 0, 17, 0, 12];
    let sum = internet(&[&pseudo, &udp]);
    udp[6..8].copy_from_slice(&sum.to_be_bytes());
    let mut packet = ipv4("192.0.2.5", "10.9.9.9", 17, &udp);
    let told = |packet: &[u8]| {
        let ip = Ip::parse(packet, Limit::Frame).unwrap();
        (of_header(&ip, None), of_quote(packet, None))
    };
    assert_eq!(told(&packet), (None, None));
    packet[12..16].copy_from_slice(&[10, 0, 0, 2]);
    let translated = Some(ChecksumCause::Translated);
    assert_eq!(told(&packet), (translated, translated));
    // With another port the two are no longer off by as much.
    packet[21] ^= 0x35;
    assert_eq!(told(&packet), (None, None));
}

/// An IPv4 address is changed without the header's checksum, or with it: then the error tells the other.
#[test]
fn an_address_that_was_translated_where_the_card_was_to_finish() {
    let udp = [15, 160, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    let (inside, router) = ("192.0.2.5", "203.0.113.1");
    let mut packet = ipv4(inside, "10.9.9.9", 17, &udp);
    let with = |packet: &[u8], sum: u16| {
        let mut packet = packet.to_vec();
        packet[26..28].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    let partial = |packet: &[u8]| pseudo_header_sum(&Ip::parse(packet, Limit::Frame).unwrap());
    let old = partial(&packet).unwrap();
    let right = internet(&[&old.to_be_bytes(), &udp]);
    packet[12..16].copy_from_slice(&[198, 51, 100, 7]);
    let left = with(&packet, old);
    let offload = Some(ChecksumCause::OffloadTranslated);
    assert_eq!(of_quote(&left, None), offload);
    assert_eq!(of_ipv4(&left), Some(ChecksumCause::Translated));
    let mended = ipv4("198.51.100.7", "10.9.9.9", 17, &udp);
    let left = with(&mended, old);
    let error = Some((router, inside));
    assert_eq!(of_quote(&left, error), offload);
    assert_eq!(of_quote(&left, Some((router, "198.51.100.7"))), None);
    assert_eq!(of_quote(&left, None), None);
    assert_eq!(of_quote(&with(&mended, old ^ 1), error), None);
    let full = with(&mended, right);
    assert_eq!(of_quote(&full, error), Some(ChecksumCause::Translated));
    assert_eq!(of_quote(&full, None), None);
    // What the card was to finish of the new address was translated well.
    let new = with(&mended, partial(&mended).unwrap());
    assert_eq!(of_quote(&new, error), Some(ChecksumCause::Offload));
    // The destination, which the error comes from.
    let packet = ipv6("2001:db8::1", "2001:db8::99", 1, 17, &udp);
    let old = partial(&packet).unwrap();
    let mut quote = ipv6("2001:db8::1", "fd00::2", 1, 17, &udp);
    quote[46..48].copy_from_slice(&old.to_be_bytes());
    assert_eq!(
        of_quote(&quote, Some(("2001:db8::99", "2001:db8::1"))),
        offload
    );
    assert_eq!(
        of_quote(&quote, Some(("2001:db8::98", "2001:db8::1"))),
        None
    );
}

#[test]
fn a_routing_header_that_was_left_out_of_account() {
    let (src, next, last) = ("2001:db8::1", "2001:db8:f::f", "2001:db8::2");
    let direct = v6_between(src, next, 1, &ECHO6);
    let icmp = &direct[40..];
    let last: Ipv6Addr = last.parse().unwrap();
    let routing = [&[58, 2, 2, 1, 0, 0, 0, 0][..], &last.octets()].concat();
    let packet = ipv6(src, next, 1, 43, &[&routing, icmp].concat());
    assert_eq!(cause(&packet), Some(ChecksumCause::NoRoutingHeader));
}

/// Linux sums up the first address of a source route in UDP's. The sums are tcpdump's.
#[test]
fn a_route_that_was_left_out_of_account_behind_it() {
    let with = |sum: u16| {
        let mut packet = vec![0x47, 0, 0, 40, 0, 1, 0, 0, 1, 17, 0, 0];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 9]);
        packet.extend([131, 7, 4, 8, 8, 8, 8, 0]);
        packet.extend([0x0f, 0xa0, 0x82, 0x9a, 0, 12]);
        packet.extend(sum.to_be_bytes());
        packet.extend(b"abcd");
        of_quote(&packet, None)
    };
    assert_eq!(with(0x94cb), Some(ChecksumCause::NoRoutingHeader));
    for partial in [0x1a2e, 0x1427] {
        assert_eq!(with(partial), Some(ChecksumCause::Offload));
        assert_eq!(with(partial + 1), None);
    }
    let (src, next) = ("2001:db8::1", "2001:db8:f::f");
    let mut udp = vec![0x0f, 0xa0, 0x82, 0x9a, 0, 12, 9, 9, 1, 2, 3, 4];
    let direct = Ip::parse(&ipv6(src, next, 1, 17, &udp), Limit::Frame)
        .ok()
        .and_then(|ip| upper_checksum(&ip));
    let Some(ChecksumStatus::Bad { expected }) = direct.map(|sum| sum.status) else {
        panic!("{direct:?}");
    };
    udp[6..8].copy_from_slice(&expected.to_be_bytes());
    let last: Ipv6Addr = "2001:db8::2".parse().unwrap();
    let route = [&[17, 2, 2, 1, 0, 0, 0, 0][..], &last.octets(), &udp].concat();
    let cause = of_quote(&ipv6(src, next, 1, 43, &route), None);
    assert_eq!(cause, Some(ChecksumCause::NoRoutingHeader));
}

#[test]
fn what_nothing_explains_has_no_cause() {
    let mut packet = v4(&ECHO);
    packet[22] ^= 0x15;
    packet[23] ^= 0x5a;
    assert_eq!(cause(&packet), None);
}

const UDP: [u8; 12] = [15, 160, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
const SYN: [u8; 20] = [
    0, 80, 0, 81, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0,
];

/// A whole datagram with its checksum.
fn datagram(src: &str, dst: &str) -> Vec<u8> {
    let mut packet = ipv4(src, dst, 17, &UDP);
    let ip = Ip::parse(&packet, Limit::Frame).unwrap();
    let sum = internet(&[&pseudo_header_sum(&ip).unwrap().to_be_bytes(), &UDP]);
    packet[26..28].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// An error of a router about a packet.
fn error(src: &str, dst: &str, quoted: &[u8]) -> Vec<u8> {
    let mut message = [&[11, 0, 0, 0, 0, 0, 0, 0], quoted].concat();
    let sum = internet(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ipv4(src, dst, 1, &message)
}

/// What is told of the header of an error.
fn around(packet: &[u8]) -> Option<ChecksumCause> {
    let ip = Ip::parse(packet, Limit::Frame).unwrap();
    of_header(&ip, Message::parse(&ip).quote())
}

#[test]
fn an_error_whose_own_address_was_translated_alone() {
    let quote = datagram("203.0.113.5", "9.9.9.9");
    let good = error("192.0.2.1", "203.0.113.5", &quote);
    assert_eq!(around(&good), None);
    let old = |text: &str| Some(ChecksumCause::OldAddress(text.parse().unwrap()));
    let mut packet = good.clone();
    packet[16..20].copy_from_slice(&[10, 0, 0, 2]);
    assert_eq!(around(&packet), old("203.0.113.5"));
    // Nor was it when the TTL was counted down.
    packet[8] -= 1;
    assert_eq!(around(&packet), old("203.0.113.5"));
    packet[8] -= 1;
    assert_eq!(around(&packet), None);
    // The source, where the destination refused it.
    let mut packet = error("9.9.9.9", "203.0.113.5", &quote);
    packet[12..16].copy_from_slice(&[198, 51, 100, 77]);
    assert_eq!(around(&packet), old("9.9.9.9"));
    // An address of which one bit was flipped: both explain it, and neither is proven.
    let mut packet = good;
    packet[19] ^= 4;
    assert_eq!(around(&packet), None);
}

#[test]
fn a_quoted_header_that_is_right_with_an_address_of_the_error() {
    let mut quote = datagram("10.0.0.2", "9.9.9.9");
    quote[12..16].copy_from_slice(&[203, 0, 113, 5]);
    // Nothing behind the header tells.
    quote[26..28].copy_from_slice(&[0x12, 0x34]);
    let ip = Ip::parse(&quote, Limit::Frame).unwrap();
    let by = |src: &str, dst: &str| {
        let addrs = AddrPair::new(src.parse().unwrap(), dst.parse().unwrap());
        let by = QuotedBy {
            addrs,
            checksum: Checksum::NONE,
            proven: Proven::default(),
        };
        of_quoted_header(&ip, Some(by))
    };
    let translated = Some(ChecksumCause::Translated);
    assert_eq!(by("192.0.2.1", "10.0.0.2"), translated);
    assert_eq!(by("192.0.2.1", "10.0.0.3"), None);
    assert_eq!(of_quoted_header(&ip, None), None);
}

#[test]
fn a_quote_of_which_address_and_port_were_changed() {
    let good = error(
        "192.0.2.1",
        "203.0.113.5",
        &datagram("203.0.113.5", "9.9.9.9"),
    );
    let rewritten = |octets: &[(usize, u8)]| {
        let mut packet = good.clone();
        for &(at, octet) in octets {
            packet[28 + at] = octet;
        }
        cause(&packet)
    };
    let translated = [(12, 10), (13, 1), (14, 2), (15, 33), (20, 0x9c), (21, 0x47)];
    assert_eq!(rewritten(&translated), Some(ChecksumCause::QuoteRewritten));
    assert_eq!(
        rewritten(&translated[..4]),
        Some(ChecksumCause::QuoteRewritten)
    );
    // A bit on the way, in the quoted header or behind it; a TTL that is stale beside damage of the payload.
    assert_eq!(rewritten(&[(12, 0xcb ^ 8)]), None);
    assert_eq!(rewritten(&[(29, 0x0a)]), Some(ChecksumCause::FlippedBit));
    let mut quote = datagram("203.0.113.5", "9.9.9.9");
    quote[8] -= 1;
    let mut packet = error("192.0.2.1", "203.0.113.5", &quote);
    packet[28 + 29] ^= 0x5a;
    assert_eq!(cause(&packet), Some(ChecksumCause::QuoteAltered));
    // Damage of both, which neither explains alone.
    packet[28 + 8] ^= 0x5a;
    assert_eq!(cause(&packet), None);
}

#[test]
fn quoted_messages() {
    let good = v4(&ECHO);
    let told = |at: usize, octets: [u8; 2]| {
        let mut packet = good.clone();
        packet[at..at + 2].copy_from_slice(&octets);
        of_quote(&packet, None)
    };
    let [high, low] = [good[22], good[23]];
    assert_eq!(told(22, [high, low]), None);
    assert_eq!(told(22, [0, 0]), Some(ChecksumCause::NotFilledIn));
    assert_eq!(told(22, [low, high]), Some(ChecksumCause::ByteOrder));
    assert_eq!(told(28, [0xde ^ 2, 0xad]), Some(ChecksumCause::FlippedBit));
    assert_eq!(told(28, [0x21, 0x12]), None);
    // A cut one is not verified.
    assert_eq!(of_quote(&good[..28], None), None);
    let mut cut = good.clone();
    cut[22..24].fill(0);
    assert_eq!(of_quote(&cut[..28], None), None);
    // Of IPv6 it covers the addresses.
    let mut packet = v6_between("2001:db8::1", "2001:db8::9", 1, &ECHO6);
    packet[8..24].copy_from_slice(&"fd00::77:5".parse::<Ipv6Addr>().unwrap().octets());
    let router = "2001:db8:5::1";
    assert_eq!(
        of_quote(&packet, Some((router, "2001:db8::1"))),
        Some(ChecksumCause::Translated)
    );
    assert_eq!(of_quote(&packet, Some((router, "2001:db8::2"))), None);
    let partial = pseudo_header_sum(&Ip::parse(&packet, Limit::Frame).unwrap()).unwrap();
    packet[42..44].copy_from_slice(&partial.to_be_bytes());
    assert_eq!(of_quote(&packet, None), Some(ChecksumCause::Offload));
}

#[test]
fn quoted_segments_without_a_checksum() {
    let mut packet = ipv4("192.0.2.1", "203.0.113.9", 6, &SYN);
    assert_eq!(of_quote(&packet, None), Some(ChecksumCause::NotFilledIn));
    let Some(ChecksumStatus::Bad { expected }) =
        upper_checksum(&Ip::parse(&packet, Limit::Frame).unwrap()).map(|sum| sum.status)
    else {
        panic!("good");
    };
    packet[36..38].copy_from_slice(&expected.swap_bytes().to_be_bytes());
    assert_eq!(of_quote(&packet, None), Some(ChecksumCause::ByteOrder));
    packet[36..38].copy_from_slice(&(expected ^ 0x1234).to_be_bytes());
    assert_eq!(of_quote(&packet, None), None);
    // UDP has none then.
    let packet = ipv4("192.0.2.1", "203.0.113.9", 17, &UDP);
    let ip = Ip::parse(&packet, Limit::Frame).unwrap();
    assert_eq!(upper_checksum(&ip).unwrap().status, ChecksumStatus::Absent);
    assert_eq!(of_quote(&packet, None), None);
}
