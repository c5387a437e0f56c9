use super::*;

/// Word by word, as RFC 1071 section 4.1 spells it out.
fn reference(bytes: &[u8]) -> u16 {
    let mut sum = 0u64;
    for pair in bytes.chunks(2) {
        sum += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

#[test]
fn parts_of_any_length_sum_up_like_the_whole() {
    let bytes: Vec<u8> = (0..=255u8).map(|i| i.wrapping_mul(167)).collect();
    for end in 0..bytes.len() {
        assert_eq!(internet(&[&bytes[..end]]), reference(&bytes[..end]));
    }
    for a in 0..20 {
        for b in a..40 {
            let parts = [&bytes[..a], &bytes[a..b], &bytes[b..]];
            assert_eq!(internet(&parts), reference(&bytes), "cut at {a} and {b}");
        }
    }
    let ones = vec![0xff; 0xffff];
    assert_eq!(internet(&[&ones]), reference(&ones));
}

#[test]
fn a_bad_checksum_tells_the_right_one() {
    let mut message = [8, 0, 0, 0, 0, 0x13, 0, 1, 0xab];
    let right = internet(&[&message]);
    for found in 0..=u16::MAX {
        message[2..4].copy_from_slice(&found.to_be_bytes());
        let expected = if found == right {
            ChecksumStatus::Good
        } else {
            ChecksumStatus::Bad { expected: right }
        };
        assert_eq!(
            verify(&[], &message, 2),
            Checksum {
                status: expected,
                found: Some(found)
            }
        );
    }
}

#[test]
fn no_room_for_the_field_means_there_is_none() {
    for length in 0..4 {
        assert_eq!(
            verify(&[], &[8; 3][..length.min(3)], 2).status,
            ChecksumStatus::Absent
        );
    }
}

/// RFC 768, RFC 9293 section 3.1, RFC 8200 section 8.1: both versions, whole, cut, in fragments.
#[test]
fn checksums_of_the_upper_layer() {
    let v4 = |protocol: u8, payload: &[u8]| {
        let mut packet = vec![0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0];
        packet.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        packet.extend(payload);
        packet[3] = u8::try_from(packet.len()).unwrap();
        packet
    };
    let v6 = |protocol: u8, payload: &[u8]| {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, protocol, 64];
        packet.extend([[0x20; 16], [0x21; 16]].as_flattened());
        packet.extend(payload);
        packet[5] = u8::try_from(payload.len()).unwrap();
        packet
    };
    let read = |packet: &[u8]| {
        let limit = crate::wire::Limit::Frame;
        upper_checksum(&Ip::parse_on_wire(packet, 256, limit).unwrap())
    };
    let udp = [0, 53, 0x82, 0x9a, 0, 10, 0xff, 0xff, 1, 2];
    let mut tcp = [1; 24];
    tcp[12] = 0x60;
    for (protocol, payload, at) in [(17, &udp[..], 6), (6, &tcp, 16)] {
        for (mut packet, header) in [(v4(protocol, payload), 20), (v6(protocol, payload), 40)] {
            let field = header + at;
            let Some(ChecksumStatus::Bad { expected }) = read(&packet).map(|sum| sum.status) else {
                panic!("{packet:x?}");
            };
            packet[field..field + 2].copy_from_slice(&expected.to_be_bytes());
            assert_eq!(read(&packet).unwrap().status, ChecksumStatus::Good);
            assert_eq!(read(&packet).unwrap().found, Some(expected));
            for length in header..packet.len() {
                let status = read(&packet[..length]).map(|sum| sum.status);
                let truncated = ChecksumStatus::Unverified(Unverified::Truncated);
                assert_eq!(status, (length >= field + 2).then_some(truncated));
            }
            // Octets behind the length of UDP itself are none of its own.
            if protocol == 17 {
                packet.extend([7; 3]);
                packet[if header == 20 { 3 } else { 5 }] += 3;
                assert_eq!(read(&packet).unwrap().status, ChecksumStatus::Good);
                packet[field..field + 2].fill(0);
                assert_eq!(read(&packet).unwrap().status, ChecksumStatus::Absent);
            }
        }
    }
    // One that the packet does not hold.
    for packet in [v4(17, &udp), v6(17, &udp)] {
        let mut longer = packet.clone();
        let length = packet.len() - udp.len() + 5;
        longer[length] += 1;
        let status = read(&longer).map(|sum| sum.status);
        let truncated = ChecksumStatus::Unverified(Unverified::Truncated);
        assert_eq!(status, Some(truncated));
    }
    let mut first = v4(17, &udp);
    first[6] = 0x20;
    let fragment = ChecksumStatus::Unverified(Unverified::Fragment);
    assert_eq!(read(&first).unwrap().status, fragment);
    first[7] = 1;
    assert_eq!(read(&first), None);
    assert_eq!(
        read(&v4(1, &[8, 0, 0xf7, 0xff])).unwrap().status,
        ChecksumStatus::Good
    );
    for other in [v4(132, &udp), v6(132, &udp)] {
        assert_eq!(read(&other), None);
    }
}

/// RFC 8200 section 8.1: the checksum covers the final destination, which only the types of
/// routing header known here tell.
#[test]
fn a_destination_that_is_not_told_leaves_the_checksum_unverified() {
    let status = |left: u8, sum: [u8; 2]| {
        let mut packet = vec![0x60, 0, 0, 0, 0, 16, protocol::ROUTE, 64];
        packet.extend([[0x20; 16], [0x21; 16]].as_flattened());
        packet.extend([protocol::IPV6_ICMP, 0, 99, left, 0, 0, 0, 0]);
        packet.extend([128, 0, sum[0], sum[1], 0, 7, 0, 9]);
        let ip = Ip::parse(&packet, crate::wire::Limit::Frame).unwrap();
        icmp_checksum(&ip).status
    };
    let ChecksumStatus::Bad { expected } = status(0, [0; 2]) else {
        panic!();
    };
    assert_eq!(
        status(1, [0; 2]),
        ChecksumStatus::Unverified(Unverified::Destination)
    );
    for left in [0, 1] {
        assert_eq!(status(left, expected.to_be_bytes()), ChecksumStatus::Good);
    }
}

/// RFC 791 section 3.1: a source route whose pointer does not lead beyond it ends at another destination
/// than that of the header. The sums are those that tcpdump calls correct.
#[test]
fn a_source_route_that_goes_on_tells_the_destination_that_is_covered() {
    let packet = |kind: u8, pointer: u8, sum: u16| {
        let mut packet = vec![0x47, 0, 0, 40, 0, 1, 0, 0, 1, protocol::UDP, 0, 0];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 9]);
        packet.extend([kind, 7, pointer, 8, 8, 8, 8, 0]);
        packet.extend([0x0f, 0xa0, 0x82, 0x9a, 0, 12]);
        packet.extend(sum.to_be_bytes());
        packet.extend(b"abcd");
        packet
    };
    let told = |packet: &[u8]| {
        let ip = Ip::parse(packet, crate::wire::Limit::Frame).unwrap();
        (upper_checksum(&ip).unwrap().status, pseudo_header_sum(&ip))
    };
    let good = ChecksumStatus::Good;
    let bad = |expected| ChecksumStatus::Bad { expected };
    let [ahead, used_up] = [(0x8ec4, 0x1a2e), (0x94cb, 0x1427)];
    for kind in [131, 137] {
        for (pointer, right, wrong) in [(4, ahead, used_up), (8, used_up, ahead)] {
            let partial = Some(right.1);
            assert_eq!(told(&packet(kind, pointer, right.0)), (good, partial));
            let other = told(&packet(kind, pointer, wrong.0));
            assert_eq!(other, (bad(right.0), partial));
        }
    }
    // A recorded route leads nowhere.
    assert_eq!(told(&packet(7, 4, used_up.0)).0, good);
}
