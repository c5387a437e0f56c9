//! Replies and errors in which one word is not that of the packet they come from.

use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, text, written};
use crate::fragmented::{echo, echo6, ip4};
use crate::tunnel_fragments::RAW;
use crate::unmended::{mend, numbered};

/// A packet with these octets instead of its own, and no checksum mended.
fn altered(packet: &[u8], at: usize, octets: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[at..at + octets.len()].copy_from_slice(octets);
    packet
}

/// What is told of the last of these.
fn last(packets: &[Vec<u8>]) -> Value {
    let told = records(&written(RAW, packets));
    let last = |record: &&Value| record["type"] == "icmp" && record["frame"] == packets.len();
    told.iter().find(last).unwrap().clone()
}

fn checksum(packets: &[Vec<u8>]) -> Value {
    last(packets)["icmp"]["checksum"].clone()
}

/// A payload in which nothing repeats or counts, and the checksum mended.
fn of_no_pattern(mut packet: Vec<u8>) -> Vec<u8> {
    for (at, octet) in (28u32..).zip(&mut packet[28..]) {
        *octet = (at * at * 37 % 251).to_le_bytes()[0];
    }
    mend(&mut packet);
    packet
}

#[test]
fn a_reply_that_brings_back_another_word() {
    let [request, reply] = [8, 0].map(|kind| of_no_pattern(echo(kind, 3, 57)));
    let was = u16::from_be_bytes([reply[40], reply[41]]);
    let other = altered(&reply, 40, &[!reply[40], reply[41] ^ 0x5a]);
    let told = checksum(&[request.clone(), other.clone()]);
    assert_eq!(told["cause"], "altered_word");
    assert_eq!(told["altered_offset"], 20);
    assert_eq!(told["altered_from"], was);
    let line = text(&written(RAW, &[request.clone(), other.clone()]));
    let words = format!("probably one 16-bit word altered, at octet 20, from {was:#06x})");
    assert!(line.contains(&words), "{line}");
    assert_eq!(checksum(std::slice::from_ref(&other))["cause"], Value::Null);

    // Two words; one that the checksum followed; one and another octet of the header.
    let two = altered(&other, 60, &[!reply[60]]);
    assert_eq!(checksum(&[request.clone(), two])["cause"], Value::Null);
    let mut mended = other.clone();
    mend(&mut mended);
    assert_eq!(checksum(&[request.clone(), mended])["status"], "good");
    let also = altered(&other, 22, &[!reply[22]]);
    assert_eq!(checksum(&[request.clone(), also])["cause"], Value::Null);
    // The last octet is half a word. A bit is a bit.
    let half = altered(&reply, 84, &[!reply[84]]);
    let told = checksum(&[request.clone(), half]);
    assert_eq!(told["altered_offset"], 64);
    assert_eq!(told["altered_from"], u16::from(reply[84]) << 8);
    let bit = altered(&reply, 40, &[reply[40] ^ 8]);
    assert_eq!(checksum(&[request, bit])["cause"], "flipped_bit");
}

/// An old sequence number explains one bit of the payload as well, but for the request.
#[test]
fn a_bit_that_the_request_proves() {
    let [request, reply] = [8, 0].map(|kind| of_no_pattern(echo(kind, 5, 56)));
    let at = (29..84).step_by(2).find(|&at| reply[at] & 4 == 0).unwrap();
    let other = altered(&reply, at, &[reply[at] ^ 4]);
    assert_eq!(checksum(std::slice::from_ref(&other))["cause"], Value::Null);
    assert_eq!(checksum(&[request, other])["cause"], "flipped_bit");
}

#[test]
fn a_reply_of_icmpv6() {
    let [request, reply] = [128, 129].map(|kind| echo6(kind, 3, 56));
    let other = altered(&reply, 60, &[0x77, 0x11]);
    let told = checksum(&[request, other]);
    assert_eq!(told["cause"], "altered_word");
    assert_eq!(told["altered_offset"], 20);
}

fn error_about(packet: &[u8]) -> Vec<u8> {
    let mut quote = packet.to_vec();
    quote[8] = 1;
    let quote = numbered(quote);
    let mut error = ip4(
        ([192, 0, 2, 9], [10, 0, 0, 1]),
        1,
        &[&[11, 0, 0, 0, 0, 0, 0, 0], &quote[..]].concat(),
    );
    mend(&mut error);
    error
}

/// Of what is captured only payloads of requests, and the first octets of transports, are kept.
#[test]
fn an_error_that_quotes_another_word() {
    let request = numbered(of_no_pattern(echo(8, 3, 56)));
    let error = error_about(&request);
    let at = 20 + 8 + 40;
    let other = altered(&error, at, &[!error[at], error[at + 1] ^ 0x5a]);
    let record = last(&[request.clone(), other.clone()]);
    assert_eq!(record["original"]["match"], "exact", "{record}");
    let told = &record["icmp"]["checksum"];
    assert_eq!(told["cause"], "altered_word");
    assert_eq!(told["altered_offset"], 8 + 40);
    let was = u16::from_be_bytes([error[at], error[at + 1]]);
    assert_eq!(told["altered_from"], was);
    // Without the request both checksums tell where it is, not which.
    let told = checksum(std::slice::from_ref(&other));
    assert_eq!(told["cause"], "quote_altered");
    // It left as another.
    let altered_before = error_about(&altered(&request, 40, &[!request[40], request[41] ^ 0x5a]));
    let record = last(&[request.clone(), altered_before]);
    assert_eq!(record["icmp"]["checksum"]["status"], "good");
    let told = &record["quoted"]["checksum"];
    assert_eq!(told["cause"], "altered_word");
    assert_eq!(told["altered_offset"], 20);
    // The checksum of what it quotes.
    let at = 20 + 8 + 22;
    let other = altered(&error, at, &[!error[at], error[at + 1] ^ 0x5a]);
    let told = checksum(&[request, other]);
    assert_eq!(told["cause"], "altered_word");
    assert_eq!(told["altered_offset"], 8 + 22);
}

#[test]
fn who_sent_it_is_told_by_what_the_payload_was() {
    let sender = |packet: Vec<u8>| last(&[packet])["inferred"]["sender"].clone();
    for (payload, name) in [
        (&b"abcdefghijklmnopqrstuvwabcdefghi"[..], "windows"),
        (&[0; 40], "zeros"),
        (&[b'X'; 40], "hping"),
    ] {
        let mut packet = echo(8, 3, payload.len());
        packet[28..].copy_from_slice(payload);
        mend(&mut packet);
        assert_eq!(sender(packet.clone()), name);
        let other = altered(&packet, 40, &[0x91, 0x37]);
        assert_eq!(sender(other.clone()), name);
        // Not where a second one was, or where it was sent so.
        assert_eq!(sender(altered(&other, 50, &[0x91, 0x37])), json!(null));
        let mut mended = other;
        mend(&mut mended);
        assert_eq!(sender(mended), json!(null));
    }
}

/// A packet of the sender to whom errors go, numbered, with its checksum at this octet of the transport.
fn sent(protocol: u8, transport: &[u8], checksum_at: usize) -> Vec<u8> {
    let mut packet = numbered(ip4(([10, 0, 0, 1], [10, 0, 0, 2]), protocol, transport));
    let length = u8::try_from(transport.len()).unwrap();
    let pseudo = [&packet[12..20], &[0, protocol, 0, length]].concat();
    let sum = internet(&[&pseudo, transport]);
    packet[20 + checksum_at..][..2].copy_from_slice(&sum.to_be_bytes());
    packet
}

fn datagram() -> Vec<u8> {
    sent(17, &[0x9c, 0x40, 0, 53, 0, 14, 0, 0, 1, 7, 3, 9, 2, 40], 6)
}

/// One that begins a connection, and asks for ECN (RFC 3168 section 6.1.1).
fn segment() -> Vec<u8> {
    let ports_and_numbers = [0x9c, 0x40, 0, 80, 1, 2, 3, 4, 0, 0, 7, 1];
    let rest = [0x50, 0xc2, 0xff, 0xff, 0, 0, 0, 0];
    sent(6, &[&ports_and_numbers[..], &rest].concat(), 16)
}

/// Before the error was made: its own checksum is right.
#[test]
fn a_word_of_a_quoted_packet_that_left_as_another() {
    for (packet, at, octets) in [(datagram(), 6, [0x77, 0x31]), (segment(), 12, [0x50, 0x02])] {
        let quoted = altered(&packet, 20 + at, &octets);
        let error = error_about(&quoted);
        let both = [packet.clone(), error.clone()];
        let record = last(&both);
        assert_eq!(record["original"]["match"], "exact", "{record}");
        assert_eq!(record["icmp"]["checksum"]["status"], "good");
        let told = &record["quoted"]["checksum"];
        assert_eq!(told["cause"], "altered_word", "{at}");
        assert_eq!(told["altered_offset"], at);
        let was = u16::from_be_bytes([packet[20 + at], packet[20 + at + 1]]);
        assert_eq!(told["altered_from"], was);
        let words = format!("probably one 16-bit word altered, at octet {at}, from {was:#06x},");
        let lines = crate::captured::told(&written(RAW, &both), &["-v"]);
        assert!(lines.contains(&words), "{lines}");

        // Nothing tells that without the packet itself, or of other octets of it.
        let alone = last(&[error]);
        assert_eq!(alone["quoted"]["checksum"]["status"], "bad");
        assert_eq!(alone["quoted"]["checksum"]["cause"], Value::Null);
        let also = altered(&quoted, quoted.len() - 4, &[0x5a]);
        let also = last(&[packet.clone(), error_about(&also)]);
        assert_eq!(also["original"]["frame"], 1);
        assert_eq!(also["quoted"]["checksum"]["cause"], Value::Null);
        // The error itself may be what was altered.
        let after = altered(&error_about(&packet), 20 + 8 + 20 + at, &octets);
        let after = last(&[packet, after]);
        let told = [&after["icmp"]["checksum"], &after["quoted"]["checksum"]];
        assert_eq!(told.map(|sum| &sum["cause"]), ["altered_word"; 2]);
        let places = [8 + 20 + at, at].map(Value::from);
        assert_eq!(told.map(|sum| sum["altered_offset"].clone()), places);
    }
    // One flag is a bit.
    let packet = segment();
    let told = last(&[packet.clone(), error_about(&altered(&packet, 33, &[0x42]))]);
    assert_eq!(told["quoted"]["checksum"]["cause"], "flipped_bit");
}

/// After the error was made: its own checksum is as wrong as that of what it quotes.
#[test]
fn a_quote_that_was_altered_behind_its_header() {
    let packet = datagram();
    let error = error_about(&packet);
    let at = 20 + 8 + 20 + 10;
    let other = altered(&error, at, &[!error[at], error[at + 1] ^ 0x5a]);
    let file = written(RAW, &[packet.clone(), other.clone()]);
    let record = last(&[packet.clone(), other.clone()]);
    let both = [&record["icmp"]["checksum"], &record["quoted"]["checksum"]];
    assert_eq!(both.map(|sum| &sum["cause"]), ["quote_altered"; 2]);
    let lines = crate::captured::told(&file, &["-v"]);
    let words = "probably right before what is quoted was altered";
    assert_eq!(lines.matches(words).count(), 2, "{lines}");
    let hex = crate::captured::told(&file, &["-X"]);
    assert_eq!(
        hex.matches("right before what is quoted was altered")
            .count(),
        3,
        "{hex}"
    );
    // Beside another, that of the error covers alone.
    let also = last(&[packet, altered(&other, 20 + 5, &[0x5a])]);
    let both = [&also["icmp"]["checksum"], &also["quoted"]["checksum"]];
    assert_eq!(both.map(|sum| &sum["cause"]), [&Value::Null; 2]);
    // One bit is told as such.
    let bit = last(&[altered(&error, at, &[error[at] ^ 4])]);
    let both = [&bit["icmp"]["checksum"], &bit["quoted"]["checksum"]];
    assert_eq!(both.map(|sum| &sum["cause"]), ["flipped_bit"; 2]);
}
