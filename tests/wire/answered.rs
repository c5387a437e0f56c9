//! Pings in fragments: how they are answered, what is a copy, and how their frames count.

use etherparse::{Icmpv6Type, PacketBuilder};
use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, written};
use crate::fragmented::{cut, echo, gre, vxlan};
use crate::tunnel_fragments::RAW;

const REQUEST: u8 = 8;
const REPLY: u8 = 0;

/// The fragments of an echo message between the two hosts.
pub(crate) fn message(kind: u8, seq: u16, id: u16) -> Vec<Vec<u8>> {
    cut(&echo(kind, seq, 1400), id, 600)
}

pub(crate) fn exchanges(records: &[Value]) -> Vec<&Value> {
    let all = records.iter();
    all.filter(|record| record["type"] == "exchange").collect()
}

fn at(records: &[Value], frame: u64) -> &Value {
    let mut messages = records.iter();
    messages
        .find(|record| record["type"] == "icmp" && record["frame"] == frame)
        .unwrap_or_else(|| panic!("no message in frame {frame}"))
}

#[test]
fn a_ping_is_answered_when_its_reply_is_whole() {
    let packets = [message(REQUEST, 1, 5), message(REPLY, 1, 6)].concat();
    let told = records(&written(RAW, &packets));
    assert_eq!(at(&told, 4)["answers"], Value::Null);
    let answer = json!({"frame": 1, "rtt_ns": 5000, "outcome": "answered"});
    assert_eq!(at(&told, 6)["answers"], answer);
    let exchange = exchanges(&told)[0];
    assert_eq!(exchange["outcome"], "answered");
    assert_eq!(exchange["reply"], json!({"frame": 6}));

    // The last fragment is missing, and one in the middle.
    for missing in [5, 4] {
        let mut cut = packets.clone();
        cut.remove(missing);
        let told = records(&written(RAW, &cut));
        assert_eq!(exchanges(&told)[0]["outcome"], "pending");
    }
    // Backwards, the first fragment makes the reply whole.
    let mut turned = message(REPLY, 1, 6);
    turned.reverse();
    let told = records(&written(RAW, &[message(REQUEST, 1, 5), turned].concat()));
    assert_eq!(at(&told, 6)["answers"], answer);
}

/// The same fragments a hop further, with another address there.
fn sent_on(parts: &[Vec<u8>], at: usize, address: [u8; 4]) -> Vec<Vec<u8>> {
    let sent_on = |part: &Vec<u8>| {
        let mut part = part.clone();
        part[8] -= 1;
        part[at..at + 4].copy_from_slice(&address);
        part[10..12].fill(0);
        let sum = internet(&[&part[..20]]);
        part[10..12].copy_from_slice(&sum.to_be_bytes());
        part
    };
    parts.iter().map(sent_on).collect()
}

/// Who follows connections puts a message together before it translates it, and then takes it apart.
#[test]
fn a_ping_on_both_sides_of_a_translation_is_one() {
    const TRANSLATOR: [u8; 4] = [203, 0, 113, 5];
    const ASKER: [u8; 4] = [10, 0, 0, 1];
    const SOURCE: usize = 12;
    const DESTINATION: usize = 16;
    for size in [600, 800] {
        let asked = message(REQUEST, 1, 5);
        let outside = sent_on(&cut(&echo(REQUEST, 1, 1400), 5, size), SOURCE, TRANSLATOR);
        let mut back = cut(&echo(REPLY, 1, 1400), 6, size);
        for part in &mut back {
            part[DESTINATION..DESTINATION + 4].copy_from_slice(&TRANSLATOR);
        }
        let inside = sent_on(&back, DESTINATION, ASKER);
        let packets = [asked, outside, back, inside].concat();
        let told = records(&written(RAW, &packets));
        let all = exchanges(&told);
        assert_eq!(all.len(), 1, "{size}: {all:?}");
        assert_eq!(all[0]["src"], "10.0.0.1");
        assert_eq!(all[0]["outcome"], "answered");
        assert_eq!(all[0]["duplicates"], 0);
        assert_eq!(at(&told, 4)["copy_of"], json!({"frame": 1}));
    }
    // Another message of the translator itself.
    let other = sent_on(&message(REQUEST, 1, 7), SOURCE, TRANSLATOR);
    let told = records(&written(RAW, &[message(REQUEST, 1, 5), other].concat()));
    assert_eq!(exchanges(&told).len(), 2);
}

#[test]
fn a_reply_cut_in_other_places_brings_back_the_same() {
    let same = cut(&echo(REPLY, 1, 1400), 6, 800);
    let told = records(&written(RAW, &[message(REQUEST, 1, 5), same].concat()));
    assert_eq!(exchanges(&told)[0]["corrupted"], 0);
    let mut changed = message(REPLY, 1, 6);
    changed[2][40] ^= 0x10;
    let told = records(&written(RAW, &[message(REQUEST, 1, 5), changed].concat()));
    assert_eq!(at(&told, 6)["answers"]["outcome"], "corrupted");
}

/// Where a filter keeps all but first fragments out, these have to do.
#[test]
fn first_fragments_alone_answer_each_other() {
    let first = |kind, id| message(kind, 1, id).into_iter().take(1);
    let packets: Vec<_> = first(REQUEST, 5).chain(first(REPLY, 6)).collect();
    let told = records(&written(RAW, &packets));
    assert_eq!(exchanges(&told)[0]["outcome"], "answered");
}

/// A mirror gives each fragment twice.
#[test]
fn fragments_captured_twice_are_copies() {
    type Tunnel = fn(&[u8]) -> Vec<u8>;
    let tunnels: [Tunnel; 3] = [<[u8]>::to_vec, gre, vxlan];
    for tunnel in tunnels {
        let twice = |kind, id| {
            let pieces = cut(&tunnel(&echo(kind, 1, 1400)), id, 600);
            let doubled = pieces.into_iter().flat_map(|piece| [piece.clone(), piece]);
            doubled.collect::<Vec<_>>()
        };
        let packets = [twice(REQUEST, 5), twice(REPLY, 6)].concat();
        let told = records(&written(RAW, &packets));
        let all = exchanges(&told);
        assert_eq!(all.len(), 1);
        assert_eq!(
            (&all[0]["outcome"], &all[0]["duplicates"]),
            (&json!("answered"), &json!(0))
        );
        for copy in [2, 4, 6, 8, 10, 12] {
            let part = &at(&told, copy)["reassembly"];
            let of = json!({"frame": copy - 1});
            assert_eq!(
                (&part["status"], &part["with"]),
                (&json!("duplicate"), &of),
                "{copy}"
            );
        }
        let summary = told.last().unwrap();
        assert_eq!(summary["reassembly"]["complete"], 2);
        assert_eq!(summary["reassembly"]["waiting"], 0);
        assert_eq!(summary["frames"]["icmp"], 12);
    }
}

/// As seen at the next hop.
fn hop_on(packets: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let hop = |mut packet: Vec<u8>| {
        packet[8] -= 1;
        packet
    };
    packets.into_iter().map(hop).collect()
}

/// A router whose next link takes less cuts anew what comes in: captured on all its interfaces, each
/// packet is there twice, and in other pieces.
#[test]
fn a_ping_that_a_router_cuts_anew_is_one_ping() {
    type Tunnel = fn(&[u8]) -> Vec<u8>;
    let tunnels: [Tunnel; 3] = [<[u8]>::to_vec, gre, vxlan];
    for tunnel in tunnels {
        // Whole, in pieces of which the first is cut again, and in equal ones.
        for size in [2000, 800, 600] {
            let pieces = |kind, seq, size| {
                let id = 10 * u16::from(kind) + seq;
                cut(&tunnel(&echo(kind, seq, 1400)), id, size)
            };
            let mut packets = Vec::new();
            for seq in 1..=3 {
                let mut outward = hop_on(pieces(REQUEST, seq, 600)).into_iter();
                // Each piece goes on as soon as it came.
                for piece in pieces(REQUEST, seq, size) {
                    packets.push(piece);
                    packets.extend(outward.by_ref().take(if size == 800 { 2 } else { 1 }));
                }
                packets.extend(outward);
                packets.extend(pieces(REPLY, seq, 600));
                packets.extend(hop_on(pieces(REPLY, seq, 600)));
            }
            let told = records(&written(RAW, &packets));
            let all = exchanges(&told);
            let outcomes: Vec<_> = all
                .iter()
                .map(|e| (&e["outcome"], &e["duplicates"]))
                .collect();
            let answered = (&json!("answered"), &json!(0));
            assert_eq!(outcomes, [answered; 3], "{size}");
            let overlaps = told
                .iter()
                .any(|record| record["reassembly"]["status"] == "overlap");
            assert!(!overlaps, "{size}");
        }
    }
}

/// Several queues of one host give packets out of order.
#[test]
fn a_reply_in_front_of_its_request_is_counted_as_its_answer() {
    let packets = [echo(REPLY, 1, 64), echo(REQUEST, 1, 64)];
    let told = records(&written(RAW, &packets));
    let exchange = exchanges(&told)[0];
    assert_eq!(exchange["outcome"], "answered");
    assert_eq!(exchange["reply"], json!({"frame": 1}));
    assert_eq!(exchange["rtt_ns"], Value::Null);
    assert_eq!(told.last().unwrap()["unsolicited"], 0);
}

/// A reply that was told by its first fragment, as its request was not whole then.
#[test]
fn a_reply_is_no_duplicate_of_its_own_beginning() {
    let (request, reply) = (message(REQUEST, 1, 5), message(REPLY, 1, 6));
    let early = [&request[..1], &reply[..1], &request[1..], &reply[1..]].concat();
    let never = [&request[..2], &reply].concat();
    for packets in [early, never] {
        let told = records(&written(RAW, &packets));
        let exchange = exchanges(&told)[0];
        assert_eq!(exchange["outcome"], "answered");
        assert_eq!(exchange["duplicates"], 0);
        let last = u64::try_from(packets.len()).unwrap();
        assert_eq!(at(&told, last)["answers"], Value::Null);
    }
    // All of it tells what the beginning could not: other octets came back.
    let mut changed = [&request[..1], &reply[..1], &request[1..], &reply[1..]].concat();
    changed[5][40] ^= 0x10;
    let told = records(&written(RAW, &changed));
    assert_eq!(at(&told, 6)["answers"]["outcome"], "corrupted");
    let exchange = exchanges(&told)[0];
    assert_eq!(
        (&exchange["duplicates"], &exchange["corrupted"]),
        (&json!(0), &json!(1))
    );
}

/// All of a message again, at the same place: what a receiver takes for a second one.
#[test]
fn a_reply_that_comes_twice_is_a_duplicate() {
    let reply = message(REPLY, 1, 6);
    let packets = [message(REQUEST, 1, 5), reply.clone(), reply].concat();
    let told = records(&written(RAW, &packets));
    assert_eq!(exchanges(&told)[0]["duplicates"], 1);
    assert_eq!(at(&told, 9)["answers"]["outcome"], "duplicate");
}

/// An identification that is used again at once, as programs do that never count.
#[test]
fn an_identification_that_is_used_again_is_no_copy() {
    let mut turned = message(REPLY, 2, 5);
    turned.reverse();
    for second in [message(REPLY, 2, 5), turned] {
        let packets = [
            message(REQUEST, 1, 5),
            message(REPLY, 1, 5),
            message(REQUEST, 2, 5),
            second,
        ];
        let told = records(&written(RAW, &packets.concat()));
        let outcomes: Vec<_> = exchanges(&told).iter().map(|e| &e["outcome"]).collect();
        assert_eq!(outcomes, ["answered", "answered"]);
        assert_eq!(told.last().unwrap()["reassembly"]["complete"], 4);
    }
}

/// Whatever came before it was known what it is part of.
#[test]
fn early_fragments_of_tunnels_count_as_what_they_are() {
    for size in [600, 16] {
        let mut pieces = cut(&gre(&echo(REQUEST, 1, 1000)), 5, size);
        pieces.reverse();
        let told = records(&written(RAW, &pieces));
        let summary = told.last().unwrap();
        assert_eq!(summary["frames"]["icmp"], pieces.len());
        assert_eq!(summary["frames"]["other"], 0);
    }
}

/// A reply whose nonce is not the query's, in whichever octet, is extraneous (RFC 4620 section 5).
#[test]
fn a_node_is_answered_with_the_whole_nonce() {
    const QUERY: u8 = 139;
    const RESPONSE: u8 = 140;
    let message = |kind, (src, dst): (u8, u8), nonce: &[u8]| {
        let [mut asks, mut asked] = [[0xfd; 16]; 2];
        (asks[15], asked[15]) = (src, dst);
        let mut packet = Vec::new();
        PacketBuilder::ipv6(asks, asked, 64)
            .icmpv6(Icmpv6Type::Unknown {
                type_u8: kind,
                code_u8: 0,
                bytes5to8: [0, 0, 0, 0],
            })
            .write(&mut packet, nonce)
            .unwrap();
        packet
    };
    let nonce = [0, 1, 0xef, 0x34, 0xe7, 0xee, 0x2f, 0xa9];
    let told = |answered: &[u8]| {
        let packets = [
            message(QUERY, (1, 2), &nonce),
            message(RESPONSE, (2, 1), answered),
        ];
        let told = records(&written(RAW, &packets));
        let reply = at(&told, 2)["answers"]["outcome"].clone();
        (exchanges(&told)[0]["outcome"].clone(), reply)
    };
    assert_eq!(told(&nonce), (json!("answered"), json!("answered")));
    for octet in 0..nonce.len() {
        let mut other = nonce;
        other[octet] ^= 1;
        let expected = (json!("pending"), json!("unsolicited"));
        assert_eq!(told(&other), expected, "octet {octet}");
    }
}
