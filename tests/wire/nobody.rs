//! Hosts that have no address yet ask for a mask or for the number of their network: the reply goes to all, or
//! to the address that it tells (RFC 792, RFC 950 appendix I).

use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, written_at};
use crate::fragmented::ip4;
use crate::tunnel_fragments::RAW;

const ETHERNET: u32 = 1;
const ALL: [u8; 4] = [255; 4];
const NOBODY: [u8; 4] = [0; 4];
const SERVER: [u8; 4] = [192, 0, 2, 2];
const OTHER_SERVER: [u8; 4] = [192, 0, 2, 3];

/// A message of this type, all with one identifier and sequence number.
fn message(kind: u8, src: [u8; 4], dst: [u8; 4]) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, 0, 0, 0, 1];
    if kind > 16 {
        message.extend([255, 255, 255, 0]);
    }
    let sum = internet(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ip4((src, dst), 1, &message)
}

/// From one station of a link to another; 255 is all.
fn framed((src, dst): (u8, u8), packet: &[u8]) -> Vec<u8> {
    let station = |last: u8| {
        if last == 255 {
            [255; 6]
        } else {
            [2, 0, 0, 0, 0, last]
        }
    };
    [&station(dst)[..], &station(src), &[8, 0], packet].concat()
}

fn records_of<'t>(told: &'t [Value], kind: &'t str) -> impl Iterator<Item = &'t Value> {
    told.iter().filter(move |record| record["type"] == kind)
}

/// What the messages answer, each captured a millisecond after the one before.
fn answered(link: u32, frames: &[Vec<u8>]) -> (Vec<Value>, Vec<Value>) {
    let at = (1..).map(|n| n * 1000).zip(frames.iter().cloned());
    let told = records(&written_at(link, at));
    let icmp = records_of(&told, "icmp");
    let answers = icmp.map(|record| match record["answers"]["outcome"].as_str() {
        Some("answered" | "duplicate") => record["answers"]["frame"].clone(),
        Some(outcome) => json!(outcome),
        None => Value::Null,
    });
    let outcomes = records_of(&told, "exchange").map(|record| record["outcome"].clone());
    (answers.collect(), outcomes.collect())
}

#[test]
fn replies_to_all_and_to_the_address_they_tell() {
    let host = [192, 0, 2, 77];
    for (ask, reply) in [(17, 18), (15, 16)] {
        for (asked, to) in [
            (ALL, ALL),
            (ALL, host),
            (SERVER, ALL),
            (SERVER, host),
            (NOBODY, host),
        ] {
            let packets = [message(ask, NOBODY, asked), message(reply, SERVER, to)];
            let told = answered(RAW, &packets);
            assert_eq!(
                told,
                (vec![Value::Null, json!(1)], vec![json!("answered")]),
                "{asked:?} {to:?}"
            );
        }
    }
    // Who was not asked, and what is of another kind.
    let unsolicited = |request: Vec<u8>, reply: Vec<u8>| {
        let (answers, _) = answered(RAW, &[request, reply]);
        assert_eq!(answers[1], json!("unsolicited"));
    };
    unsolicited(message(17, NOBODY, SERVER), message(18, OTHER_SERVER, ALL));
    unsolicited(message(17, NOBODY, ALL), message(16, SERVER, ALL));
    unsolicited(
        message(17, [192, 0, 2, 9], SERVER),
        message(18, SERVER, ALL),
    );
    // The request of whom the reply goes to comes first.
    let packets = [
        message(17, host, SERVER),
        message(17, NOBODY, ALL),
        message(18, SERVER, host),
        message(18, SERVER, ALL),
    ];
    let (answers, _) = answered(RAW, &packets);
    assert_eq!(answers[2..], [json!(1), json!(2)]);
}

/// Nobody has to answer what goes to all; who was asked alone has.
#[test]
fn requests_without_a_reply() {
    let late = |request: Vec<u8>| {
        let later = [
            (1, request),
            (20_000_000, message(13, SERVER, OTHER_SERVER)),
        ];
        let told = records(&written_at(RAW, later.into_iter()));
        records_of(&told, "exchange").next().unwrap()["outcome"].clone()
    };
    assert_eq!(late(message(17, NOBODY, ALL)), "no_reply_expected");
    assert_eq!(late(message(15, NOBODY, SERVER)), "lost");
}

/// Of several that wait with one identifier and sequence number the link tells which.
#[test]
fn the_link_tells_which_of_several_hosts_is_answered() {
    let ask = |station| framed((station, 255), &message(17, NOBODY, ALL));
    let reply = |station| framed((9, station), &message(18, SERVER, [192, 0, 2, station]));
    let (answers, _) = answered(ETHERNET, &[ask(1), ask(2), reply(2), reply(1)]);
    assert_eq!(answers, [json!(null), json!(null), json!(2), json!(1)]);
    let (answers, _) = answered(ETHERNET, &[ask(1), ask(2), reply(1), reply(2)]);
    assert_eq!(answers, [json!(null), json!(null), json!(1), json!(2)]);
    // To a third.
    let (answers, outcomes) = answered(ETHERNET, &[ask(1), ask(2), reply(3)]);
    assert_eq!(answers[2], json!("unsolicited"));
    assert_eq!(outcomes, ["no_reply_expected", "no_reply_expected"]);
    // To all.
    let to_all = framed((9, 255), &message(18, SERVER, ALL));
    let (answers, _) = answered(ETHERNET, &[ask(1), to_all]);
    assert_eq!(answers[1], json!(1));
}
