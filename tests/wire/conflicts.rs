//! Two hosts that want one IPv6 address.

use std::net::Ipv6Addr;

use etherparse::{Icmpv6Type, PacketBuilder};
use serde_json::Value;

use crate::captured::{records, written_at};

const ETHERNET: u32 = 1;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
const OVERRIDE: u8 = 0x20;

const ONE: u8 = 1;
const OTHER: u8 = 2;

fn target() -> Ipv6Addr {
    "2001:db8::5".parse().unwrap()
}

/// A message about [`target`] from one station to all that it concerns.
fn message(kind: u8, flags: u8, station: u8, src: Ipv6Addr) -> Vec<u8> {
    let dst: Ipv6Addr = match kind {
        SOLICITATION => "ff02::1:ff00:5",
        _ => "ff02::1",
    }
    .parse()
    .unwrap();
    let mut packet = Vec::new();
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, station], [0x33, 0x33, 0, 0, 0, 1])
        .ipv6(src.octets(), dst.octets(), 255)
        .icmpv6(Icmpv6Type::Unknown {
            type_u8: kind,
            code_u8: 0,
            bytes5to8: [flags, 0, 0, 0],
        })
        .write(&mut packet, &target().octets())
        .unwrap();
    packet
}

/// Asks whether [`target`] is free.
fn asks(station: u8) -> Vec<u8> {
    message(SOLICITATION, 0, station, Ipv6Addr::UNSPECIFIED)
}

/// Tells all that it has [`target`].
fn has(station: u8) -> Vec<u8> {
    message(ADVERTISEMENT, OVERRIDE, station, target())
}

/// The conflicts in a capture of these messages, each so many milliseconds after its begin.
fn conflicts(messages: &[(u32, Vec<u8>)]) -> Vec<Value> {
    let messages = messages.iter().cloned();
    let file = written_at(
        ETHERNET,
        messages.map(|(millis, data)| (millis * 1000, data)),
    );
    let mut told = records(&file);
    told.retain(|record| record["finding"] == "address_conflict");
    told
}

#[test]
fn an_address_that_another_station_has() {
    let told = conflicts(&[(0, asks(ONE)), (1, has(OTHER))]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["title"],
        "2001:db8::5 is in use by 02:00:00:00:00:02, and 02:00:00:00:00:01 wants it too"
    );
    let frames: Vec<_> = (told[0]["evidence"].as_array().unwrap().iter())
        .map(|frame| &frame["frame"])
        .collect();
    assert_eq!(frames, [1, 2]);
}

#[test]
fn an_address_that_two_stations_ask_for() {
    let told = conflicts(&[(0, tagged(10, asks(ONE))), (1, tagged(10, has(OTHER)))]);
    assert_eq!(told.len(), 1, "{told:?}");
    // One a moment after the other is no copy of that.
    for later in [1, 300] {
        let told = conflicts(&[(0, asks(ONE)), (later, asks(OTHER))]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            told[0]["title"],
            "02:00:00:00:00:02 and 02:00:00:00:00:01 both want 2001:db8::5 at the same time"
        );
    }
}

/// The same, in a VLAN.
fn tagged(id: u8, mut message: Vec<u8>) -> Vec<u8> {
    message.splice(12..12, [0x81, 0, 0, id]);
    message
}

/// The same, as a router would pass it on.
fn routed(mut message: Vec<u8>) -> Vec<u8> {
    const HOP_LIMIT: usize = 14 + 7;
    message[HOP_LIMIT] = 64;
    message
}

/// A question with a nonce (RFC 3971 section 5.3.2).
fn asks_with(station: u8, nonce: u8) -> Vec<u8> {
    let mut body = target().octets().to_vec();
    body.extend([14, 1, 1, 2, 3, 4, 5, nonce]);
    let dst: Ipv6Addr = "ff02::1:ff00:5".parse().unwrap();
    let mut packet = Vec::new();
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, station], [0x33, 0x33, 0, 0, 0, 1])
        .ipv6(Ipv6Addr::UNSPECIFIED.octets(), dst.octets(), 255)
        .icmpv6(Icmpv6Type::Unknown {
            type_u8: SOLICITATION,
            code_u8: 0,
            bytes5to8: [0; 4],
        })
        .write(&mut packet, &body)
        .unwrap();
    packet
}

#[test]
fn stations_that_want_one_address_are_told_together() {
    let all: Vec<_> = (1..=7)
        .map(|station| (station.into(), asks(station)))
        .collect();
    let told = conflicts(&all);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["title"],
        "02:00:00:00:00:02, 02:00:00:00:00:01, 02:00:00:00:00:03, 02:00:00:00:00:04 and 3 more all \
         want 2001:db8::5 at the same time"
    );
    let told = conflicts(&[(0, asks(ONE)), (1, asks(3)), (2, has(OTHER))]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["title"],
        "2001:db8::5 is in use by 02:00:00:00:00:02, and 02:00:00:00:00:03 and 02:00:00:00:00:01 \
         want it too"
    );
}

#[test]
fn who_asks_when_another_has_the_address_already_is_alone() {
    let told = conflicts(&[(0, asks(ONE)), (2000, asks(OTHER)), (2001, has(ONE))]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["title"],
        "2001:db8::5 is in use by 02:00:00:00:00:01, and 02:00:00:00:00:02 wants it too"
    );
}

#[test]
fn a_question_that_comes_back_is_known_by_its_nonce() {
    let conflict = [(0, asks_with(ONE, 1)), (1, asks_with(OTHER, 2))];
    assert_eq!(conflicts(&conflict).len(), 1);
    let looped = [(0, asks_with(ONE, 1)), (1, asks_with(OTHER, 1))];
    assert_eq!(conflicts(&looped), [] as [Value; 0]);
}

#[test]
fn what_is_no_conflict() {
    for (what, messages) in [
        ("the address passed", vec![(0, asks(ONE)), (1000, has(ONE))]),
        ("it hears itself", vec![(0, asks(ONE)), (1, asks(ONE))]),
        ("it asks again", vec![(0, asks(ONE)), (1000, asks(ONE))]),
        ("it has moved", vec![(0, asks(ONE)), (60_000, has(OTHER))]),
        (
            "another link",
            vec![(0, tagged(10, asks(ONE))), (1, tagged(20, has(OTHER)))],
        ),
        (
            "the question was routed",
            vec![(0, routed(asks(ONE))), (1, has(OTHER))],
        ),
        (
            "the answer was routed",
            vec![(0, asks(ONE)), (1, routed(has(OTHER)))],
        ),
        ("nobody asked", vec![(0, has(ONE)), (1, has(OTHER))]),
    ] {
        assert_eq!(conflicts(&messages), [] as [Value; 0], "{what}");
    }
}
