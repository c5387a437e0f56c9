//! Errors on both sides of an address translation that forgot some of their checksums.

use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, told, written};
use crate::fragmented::ip4;
use crate::tunnel_fragments::RAW;
use crate::unmended::{DESTINATION, SOURCE, TTL, numbered};

const INSIDE: [u8; 4] = [10, 0, 0, 2];
const OUTSIDE: [u8; 4] = [203, 0, 113, 5];
const ROUTER: [u8; 4] = [192, 0, 2, 1];
const ASKED: [u8; 4] = [9, 9, 9, 9];
const PORT: u16 = 4000;
const PORT_OUTSIDE: u16 = 40_007;

/// Where checksums stand in an error: its header's, its own, those that it quotes.
const HEADER: usize = 10;
const OWN: usize = 22;
const QUOTED_HEADER: usize = 28 + 10;
const QUOTED: usize = 48 + 6;

/// What is in the quoted checksum of a datagram.
#[derive(Clone, Copy)]
enum Sum {
    Whole,
    Partial,
}

/// A datagram between this sender and the host that is asked.
fn datagram(src: [u8; 4], port: u16, sum: Sum) -> Vec<u8> {
    let mut udp = [0, 0, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    udp[..2].copy_from_slice(&port.to_be_bytes());
    let pseudo = [&src[..], &ASKED, &[0, 17, 0, 12]].concat();
    let sum = match sum {
        Sum::Whole => internet(&[&pseudo, &udp]),
        Sum::Partial => !internet(&[&pseudo]),
    };
    udp[6..8].copy_from_slice(&sum.to_be_bytes());
    numbered(ip4((src, ASKED), 17, &udp))
}

fn seal(packet: &mut [u8], at: usize, covered: std::ops::Range<usize>) {
    packet[at..at + 2].fill(0);
    let sum = internet(&[&packet[covered]]);
    packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// The router's error about a packet, to this host.
fn error(to: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    let message = [&[11, 0, 0, 0, 0, 0, 0, 0], quoted].concat();
    let mut packet = numbered(ip4((ROUTER, to), 1, &message));
    let end = packet.len();
    seal(&mut packet, OWN, 20..end);
    packet
}

/// The error outside, and as it has to be inside.
fn both() -> [Vec<u8>; 2] {
    let outside = error(OUTSIDE, &datagram(OUTSIDE, PORT_OUTSIDE, Sum::Whole));
    let mut inside = error(INSIDE, &datagram(INSIDE, PORT, Sum::Whole));
    inside[TTL] -= 1;
    seal(&mut inside, HEADER, 0..20);
    [outside, inside]
}

/// Puts the octets of a checksum outside into the packet inside, and mends the message's own unless it is
/// that.
fn forget(packets: &mut [Vec<u8>; 2], at: usize) {
    let [outside, inside] = packets;
    inside[at..at + 2].copy_from_slice(&outside[at..at + 2]);
    if at > OWN {
        let end = inside.len();
        seal(inside, OWN, 20..end);
    }
}

/// The record of the last of these.
fn last(packets: &[Vec<u8>]) -> Value {
    let told = records(&written(RAW, packets));
    let last = |record: &&Value| record["type"] == "icmp" && record["frame"] == packets.len();
    told.iter().find(last).unwrap().clone()
}

/// What stands at these places of a record and is bad.
fn bad(record: &Value) -> Vec<(&'static str, &Value)> {
    let places = [
        ("ip", &record["ip"]["checksum"]),
        ("icmp", &record["icmp"]["checksum"]),
        ("quoted ip", &record["quoted"]["ip"]["checksum"]),
        ("quoted", &record["quoted"]["checksum"]),
    ];
    let is_bad = |(_, sum): &(&str, &Value)| sum["status"] == "bad";
    places.into_iter().filter(is_bad).collect()
}

#[test]
fn each_checksum_of_an_error_that_was_forgotten() {
    assert_eq!(bad(&last(&both())), []);
    for (at, place) in [
        (OWN, "icmp"),
        (QUOTED_HEADER, "quoted ip"),
        (QUOTED, "quoted"),
    ] {
        let mut packets = both();
        forget(&mut packets, at);
        let record = last(&packets);
        let [(there, told)] = bad(&record)[..] else {
            panic!("{record}");
        };
        assert_eq!(there, place);
        assert_eq!(told["cause"], "untranslated", "{place}");
        assert_eq!(told["captured_before"], json!({"frame": 1}), "{place}");
        let file = written(RAW, &packets);
        for flags in [["-v"], ["-X"]] {
            let told = self::told(&file, &flags);
            let words = "probably right before its translation, #1";
            assert!(told.contains(words), "{place} {told}");
        }
        // The one packet proves nothing.
        let alone = last(&packets[1..]);
        assert_eq!(bad(&alone)[0].1["cause"], Value::Null, "{place}");
        // Nor do both where the field is not what it was.
        packets[1][at + 1] ^= 0x16;
        if at > OWN {
            let end = packets[1].len();
            seal(&mut packets[1], OWN, 20..end);
        }
        let record = last(&packets);
        assert_eq!(bad(&record)[0].1["cause"], Value::Null, "{place}");
    }
}

/// Neither its own checksum nor those of the quote followed, or it is that of the header around alone.
#[test]
fn all_checksums_of_an_error_that_were_forgotten() {
    let mut packets = both();
    for at in [QUOTED_HEADER, QUOTED, OWN] {
        forget(&mut packets, at);
    }
    let record = last(&packets);
    let told = bad(&record);
    assert_eq!(told.len(), 3);
    for (place, told) in told {
        assert_eq!(told["captured_before"], json!({"frame": 1}), "{place}");
    }
    // The TTL was mended, or was not.
    let mut packets = both();
    forget(&mut packets, HEADER);
    let record = last(&packets);
    assert_eq!(bad(&record)[0].1["captured_before"], json!({"frame": 1}));
    packets[0][TTL] -= 1;
    seal(&mut packets[0], HEADER, 0..20);
    forget(&mut packets, HEADER);
    packets[0][TTL] += 1;
    let record = last(&packets);
    assert_eq!(bad(&record)[0].1["captured_before"], json!({"frame": 1}));
}

/// A bit that was flipped makes another address, and no translation.
#[test]
fn an_error_with_a_flipped_bit() {
    for at in [28 + SOURCE + 2, 28 + DESTINATION] {
        let outside = error(OUTSIDE, &datagram(OUTSIDE, PORT, Sum::Whole));
        let mut damaged = outside.clone();
        damaged[TTL] -= 1;
        damaged[at] ^= 4;
        let record = last(&[outside, damaged]);
        for (place, told) in bad(&record) {
            assert_ne!(told["cause"], "untranslated", "{place}");
        }
    }
}

/// The card was to finish the checksum, and none did before the packet was refused; Linux mends it in the
/// quote as if that had been done.
#[test]
fn a_partial_sum_that_was_mended_as_if_it_were_whole() {
    let quoted = datagram(OUTSIDE, PORT_OUTSIDE, Sum::Partial);
    let outside = error(OUTSIDE, &quoted);
    let sum = |packet: &[u8]| u32::from(u16::from_be_bytes([packet[26], packet[27]]));
    // By RFC 1624 equation 3.
    let mut whole = !sum(&quoted) & 0xffff;
    for (was, is) in (OUTSIDE.as_chunks::<2>().0.iter()).zip(INSIDE.as_chunks::<2>().0) {
        whole += 0xffff - u32::from(u16::from_be_bytes(*was));
        whole += u32::from(u16::from_be_bytes(*is));
    }
    whole += 0xffff - u32::from(PORT_OUTSIDE) + u32::from(PORT);
    while whole > 0xffff {
        whole = (whole & 0xffff) + (whole >> 16);
    }
    let mended = u16::try_from(!whole & 0xffff).unwrap();
    let [_, mut inside] = both();
    let with = |inside: &mut Vec<u8>, sum: u16| {
        inside[QUOTED..QUOTED + 2].copy_from_slice(&sum.to_be_bytes());
        let end = inside.len();
        seal(inside, OWN, 20..end);
    };
    let left = u16::try_from(sum(&quoted)).unwrap();
    for (sum, cause) in [
        (mended, json!("offload_translated")),
        (left, json!("offload_translated")),
        (mended ^ 0x35, Value::Null),
    ] {
        with(&mut inside, sum);
        let packets = [outside.clone(), inside.clone()];
        let record = last(&packets);
        assert_eq!(bad(&record)[0].1["cause"], cause, "{sum:04x}");
        let record = last(&packets[1..]);
        assert_eq!(bad(&record)[0].1["cause"], Value::Null, "{sum:04x}");
    }
}

/// The quote was not translated back: what it quotes was captured before it was.
#[test]
fn a_quoted_datagram_that_was_translated_without_its_checksum() {
    let sent = datagram(INSIDE, PORT, Sum::Whole);
    let mut quoted = datagram(OUTSIDE, PORT_OUTSIDE, Sum::Whole);
    quoted[26..28].copy_from_slice(&sent[26..28]);
    let record = last(&[sent.clone(), error(INSIDE, &quoted)]);
    assert_eq!(record["original"]["match"], "translated");
    let [("quoted", told)] = bad(&record)[..] else {
        panic!("{record}");
    };
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 1}));
    // Left to the card, and left so.
    let partial = datagram(INSIDE, PORT, Sum::Partial);
    quoted[26..28].copy_from_slice(&partial[26..28]);
    let record = last(&[partial, error(OUTSIDE, &quoted)]);
    assert_eq!(bad(&record)[0].1["cause"], "offload_translated");
    // Its header's.
    let mut quoted = datagram(OUTSIDE, PORT_OUTSIDE, Sum::Whole);
    quoted[10..12].copy_from_slice(&sent[10..12]);
    let record = last(&[sent, error(OUTSIDE, &quoted)]);
    let [("quoted ip", told)] = bad(&record)[..] else {
        panic!("{record}");
    };
    assert_eq!(told["captured_before"], json!({"frame": 1}));
}

/// Translated back in address and port, and no checksum with them: that of the packet as it was outside,
/// which was captured there as well as inside.
#[test]
fn a_quoted_datagram_that_was_translated_back_without_its_checksums() {
    let sent = datagram(INSIDE, PORT, Sum::Whole);
    let mut outside = datagram(OUTSIDE, PORT_OUTSIDE, Sum::Whole);
    outside[TTL] -= 1;
    seal(&mut outside, HEADER, 0..20);
    let mut quoted = sent.clone();
    quoted[TTL] = outside[TTL];
    for at in [HEADER, 26] {
        quoted[at..at + 2].copy_from_slice(&outside[at..at + 2]);
    }
    let packets = [sent, outside, error(INSIDE, &quoted)];
    let record = last(&packets);
    assert_eq!(record["original"]["match"], "exact");
    let told = bad(&record);
    assert_eq!(told.len(), 2);
    for (place, told) in told {
        assert_eq!(told["cause"], "untranslated", "{place}");
        assert_eq!(told["captured_before"], json!({"frame": 2}), "{place}");
    }
    // Without the one outside, which packet it was is not known.
    let [sent, _, error] = packets;
    let record = last(&[sent.clone(), error]);
    let [("quoted ip", header), ("quoted", told)] = bad(&record)[..] else {
        panic!("{record}");
    };
    assert_eq!(header["cause"], "translated");
    assert_eq!(told["cause"], "translated");
    // One that is wrong alone was altered.
    let was = u16::from_be_bytes([sent[26], sent[27]]);
    seal(&mut quoted, HEADER, 0..20);
    let record = last(&[sent, self::error(INSIDE, &quoted)]);
    let [("quoted", told)] = bad(&record)[..] else {
        panic!("{record}");
    };
    assert_eq!(told["cause"], "altered_word");
    assert_eq!(
        (&told["altered_offset"], &told["altered_from"]),
        (&json!(6), &json!(was))
    );
}

/// Several hops counted the TTL down and none mended the checksum, which one flipped bit explains as well where
/// the hops are a power of two: the packet itself tells.
#[test]
fn a_quoted_header_with_the_checksum_that_it_was_sent_with() {
    let sent = datagram(OUTSIDE, PORT_OUTSIDE, Sum::Whole);
    for hops in [2, 3, 4, 16, 63] {
        let mut quoted = sent.clone();
        quoted[TTL] -= hops;
        let error = error(OUTSIDE, &quoted);
        let record = last(&[sent.clone(), error.clone()]);
        let [("quoted ip", told)] = bad(&record)[..] else {
            panic!("{record}");
        };
        assert_eq!(told["cause"], "old_ttl", "{hops}");
        let alone = last(std::slice::from_ref(&error));
        assert_eq!(bad(&alone)[0].1["cause"], Value::Null, "{hops}");
        // Captured a hop further, where somebody mended it.
        let mut further = sent.clone();
        further[TTL] -= 1;
        seal(&mut further, HEADER, 0..20);
        let record = last(&[further, error]);
        assert_eq!(bad(&record)[0].1["cause"], Value::Null, "{hops}");
    }
}

#[test]
fn a_quoted_ping_whose_identifier_was_translated_without_its_checksum() {
    let ping = |src, id: u16, of: u16| {
        let mut echo = [8, 0, 0, 0, 0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xe0];
        echo[4..6].copy_from_slice(&of.to_be_bytes());
        let sum = internet(&[&echo]);
        echo[2..4].copy_from_slice(&sum.to_be_bytes());
        echo[4..6].copy_from_slice(&id.to_be_bytes());
        numbered(ip4((src, ASKED), 1, &echo))
    };
    let sent = ping(INSIDE, 77, 77);
    let unmended = error(OUTSIDE, &ping(OUTSIDE, 5000, 77));
    let record = last(&[sent.clone(), unmended.clone()]);
    let [("quoted", told)] = bad(&record)[..] else {
        panic!("{record}");
    };
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 1}));
    let record = last(std::slice::from_ref(&unmended));
    assert_eq!(bad(&record)[0].1["cause"], Value::Null);
    // In the error inside, of which that outside was not captured.
    let mut outside = ping(OUTSIDE, 5000, 5000);
    outside[TTL] -= 1;
    seal(&mut outside, HEADER, 0..20);
    let back = error(INSIDE, &ping(INSIDE, 77, 5000));
    let record = last(&[sent.clone(), outside, back]);
    assert_eq!(bad(&record)[0].1["captured_before"], json!({"frame": 2}));
    // Another ping, or a message that is not all quoted.
    let record = last(&[ping(INSIDE, 78, 78), unmended]);
    assert_eq!(bad(&record)[0].1["cause"], Value::Null);
    let cut = error(OUTSIDE, &ping(OUTSIDE, 5000, 77)[..28]);
    let record = last(&[sent, cut]);
    assert_eq!(record["quoted"]["checksum"]["reason"], "truncated");
    assert_eq!(record["quoted"]["checksum"]["cause"], Value::Null);
}

/// Octets of an IPv6 header, and where an error quotes one.
const HEADER6: usize = 40;
const QUOTE6: usize = HEADER6 + 8;

/// ICMPv6 covers the error's own addresses as well.
#[test]
fn an_error_of_ipv6_that_was_forgotten() {
    let host = |last: u8| {
        [
            0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77, last,
        ]
    };
    let ip6 = |src: [u8; 16], dst: [u8; 16], next, hops, payload: &[u8]| {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let first = [0x60, 0, 0x12, 0x34, length[0], length[1], next, hops];
        [&first[..], &src, &dst, payload].concat()
    };
    let sum = |src: [u8; 16], dst: [u8; 16], next, octets: &[u8]| {
        let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
        internet(&[&src, &dst, &length, &[0, next], octets])
    };
    let (inside, outside, router, asked) = (host(0x42), host(5), host(0x99), host(0xdd));
    let error = |to: [u8; 16], port: u16, hops, from: Option<u16>| {
        let mut udp = [0, 0, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
        udp[..2].copy_from_slice(&port.to_be_bytes());
        let own = sum(to, asked, 17, &udp);
        udp[6..8].copy_from_slice(&own.to_be_bytes());
        let quote = ip6(to, asked, 17, 1, &udp);
        let mut message = [&[3, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat();
        let own = from.unwrap_or_else(|| sum(router, to, 58, &message));
        message[2..4].copy_from_slice(&own.to_be_bytes());
        (ip6(router, to, 58, hops, &message), own)
    };
    let (before, own) = error(outside, PORT_OUTSIDE, 60, None);
    let (after, _) = error(inside, PORT, 59, Some(own));
    assert_eq!(before.len(), QUOTE6 + HEADER6 + 12);
    let record = last(&[before.clone(), after.clone()]);
    let [("icmp", told)] = bad(&record)[..] else {
        panic!("{record}");
    };
    assert_eq!(told["cause"], "untranslated");
    assert_eq!(told["captured_before"], json!({"frame": 1}));
    // One that came no further was translated by nobody on its way.
    let (as_far, _) = error(inside, PORT, 60, Some(own));
    let record = last(&[before, as_far]);
    assert_eq!(bad(&record)[0].1["cause"], Value::Null);
}
