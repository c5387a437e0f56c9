//! Errors that a translator sent on in another header, and what they quote as it was.

use icmpdump::wire::checksum::internet;
use serde_json::{Value, json};

use crate::captured::{records, text, written};
use crate::fragmented::ip4;
use crate::tunnel_fragments::RAW;
use crate::unmended::{DESTINATION, SOURCE, TTL, mend, numbered};

const CLIENT: [u8; 4] = [10, 9, 9, 9];
const SERVICE: [u8; 4] = [203, 0, 113, 80];
const SERVER: [u8; 4] = [10, 5, 5, 5];
const OUTSIDE: [u8; 4] = [203, 0, 113, 1];

fn sealed(mut packet: Vec<u8>, at: usize, from: usize, to: usize) -> Vec<u8> {
    packet[at..at + 2].fill(0);
    let sum = internet(&[&packet[from..to]]);
    packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// A SYN to this host and port, from this host.
fn syn(src: [u8; 4], dst: [u8; 4], port: u16) -> Vec<u8> {
    let mut tcp = [
        0, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 2, 16, 0, 0, 0, 0, 0,
    ];
    tcp[2..4].copy_from_slice(&port.to_be_bytes());
    numbered(ip4((src, dst), 6, &tcp))
}

/// The same packet a hop further, with another address there.
fn sent_on(packet: &[u8], at: usize, address: [u8; 4]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[TTL] -= 1;
    packet[at..at + 4].copy_from_slice(&address);
    sealed(packet, 10, 0, 20)
}

/// The refusal of a packet by this host, to this one.
fn refusal(from: [u8; 4], to: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    error([3, 13], (from, to), quoted)
}

/// An error of this type and code.
fn error(kind: [u8; 2], (from, to): ([u8; 4], [u8; 4]), quoted: &[u8]) -> Vec<u8> {
    let message = [&kind[..], &[0; 6], &quoted[..28]].concat();
    let packet = numbered(ip4((from, to), 1, &message));
    sealed(packet, 22, 20, 56)
}

/// What is told of these: of the errors whether they are half translated, the verdicts, the findings.
fn told(packets: &[Vec<u8>]) -> (Vec<bool>, Vec<Value>, Vec<Value>) {
    let told = records(&written(RAW, packets));
    let of = |kind: &str| {
        let is_of = |record: &&Value| record["type"] == kind;
        told.iter().filter(is_of).cloned().collect::<Vec<_>>()
    };
    let errors = of("icmp");
    let halves = (errors.iter()).map(|error| error["quoted"]["half_translated"] == true);
    (halves.collect(), of("drop"), of("finding"))
}

/// The address of a service was put back in place of its server's, but for the quote.
#[test]
fn an_error_whose_quote_has_the_server_in_place_of_the_service() {
    let asked = syn(CLIENT, SERVICE, 80);
    let mut inside = sent_on(&asked, DESTINATION, SERVER);
    inside[22..24].copy_from_slice(&8080u16.to_be_bytes());
    let refused = refusal(SERVER, CLIENT, &inside);
    let back = sent_on(&refused, SOURCE, SERVICE);
    // By the packet as it was before.
    let packets = [asked.clone(), back.clone()];
    let (halves, drops, _) = told(&packets);
    assert_eq!(halves, [true]);
    assert_eq!(drops.len(), 1);
    let line = text(&written(RAW, &packets));
    let words = "quoted destination is another than what was sent to: translated on one side only?";
    assert!(line.contains(words), "{line}");
    // By the error as it was before; both are about one packet.
    for packets in [
        vec![refused.clone(), back.clone()],
        vec![asked.clone(), inside, refused.clone(), back.clone()],
    ] {
        let (halves, drops, findings) = told(&packets);
        assert_eq!(halves, [false, true]);
        let [first, second] = &drops[..] else {
            panic!("{drops:?}");
        };
        assert_eq!(first["same_as"]["dropper"], json!("203.0.113.80"));
        assert_eq!(second["same_as"]["dropper"], json!("10.5.5.5"));
        let named = |finding: &&Value| finding["finding"] == "admin_prohibited";
        assert_eq!(findings.iter().filter(named).count(), 1, "{findings:?}");
        // The error of the server itself is as it should be.
        let half = json!([{"frame": packets.len()}]);
        for drop in &drops {
            assert_eq!(drop["half_translated_frames"], half);
        }
        assert_half(&findings, "203.0.113.80", &half);
    }
    // Nothing proves it of the error alone, nor where another host sent it.
    assert_eq!(told(std::slice::from_ref(&back)).0, [false]);
    let other = sent_on(&refused, SOURCE, [203, 0, 113, 254]);
    assert_eq!(told(&[asked, other]).0, [false]);
    // Another error of another host about the same packet.
    let mut another = back;
    another[5] ^= 1;
    let (halves, drops, _) = told(&[refused, sealed(another, 10, 0, 20)]);
    assert_eq!(halves, [false, false]);
    assert_eq!(drops[1]["same_as"], Value::Null);
}

/// Outside and inside are one error of one verdict.
#[test]
fn an_error_whose_quote_has_the_translator_in_place_of_the_sender() {
    let outside = syn(OUTSIDE, SERVICE, 80);
    let refused = refusal(SERVICE, OUTSIDE, &outside);
    let back = sent_on(&refused, DESTINATION, CLIENT);
    let packets = [outside, refused, back];
    let (halves, drops, findings) = told(&packets);
    assert_eq!(halves, [false, true]);
    assert_eq!(drops.len(), 1, "{drops:?}");
    assert_eq!(drops[0]["count"], 1);
    assert_eq!(drops[0]["same_as"], Value::Null);
    assert_eq!(drops[0]["half_translated"], 1);
    assert_eq!(drops[0]["app_error"], Value::Null);
    // Who has it as it was before got none of that kind.
    let half = json!([{"frame": 3}]);
    assert_eq!(drops[0]["error_frames"], json!([{"frame": 2}]));
    assert_eq!(drops[0]["half_translated_frames"], half);
    assert_half(&findings, "203.0.113.80", &half);
    let text = text(&written(RAW, &packets));
    assert!(
        text.contains("translated on one side only, in #3, so that no connection fits what"),
        "{text}"
    );
}

/// The one finding is about the errors of this host to the client, in these frames.
#[track_caller]
fn assert_half(findings: &[Value], from: &str, frames: &Value) {
    let named = |finding: &&Value| finding["finding"] == "invalid_error";
    let named: Vec<_> = findings.iter().filter(named).collect();
    let [finding] = named[..] else {
        panic!("{findings:?}");
    };
    let title = finding["title"].as_str().unwrap();
    let begins = format!("The errors of {from} to 10.9.9.9 are translated on one side only: ");
    assert!(title.starts_with(&begins), "{title}");
    assert!(!title.contains('('), "{title}");
    assert_eq!(&finding["evidence"], frames);
}

/// Linux finds no socket for them, so that the client goes on: what it sends tells, not the flow that is
/// quoted.
#[test]
fn no_program_hears_of_what_is_half_translated() {
    let asked = syn(CLIENT, SERVICE, 80);
    let at_source = syn(OUTSIDE, SERVICE, 80);
    let mut at_destination = sent_on(&asked, DESTINATION, SERVER);
    at_destination[22..24].copy_from_slice(&8080u16.to_be_bytes());
    for quoted in [at_source, at_destination] {
        let refused = refusal(SERVICE, CLIENT, &quoted);
        let packets = [
            asked.clone(),
            refused.clone(),
            again(&asked),
            again(&refused),
        ];
        let (halves, drops, findings) = told(&packets);
        assert_eq!(halves, [true, true]);
        let [drop] = &drops[..] else {
            panic!("{drops:?}");
        };
        assert_eq!(
            (&drop["count"], &drop["half_translated"]),
            (&json!(2), &json!(2))
        );
        assert_eq!(drop["app_error"], Value::Null);
        assert_eq!(drop["sent_as"]["src"], "10.9.9.9");
        assert_eq!(drop["sent_as"]["dst"], "203.0.113.80");
        assert_eq!(drop["aftermath"]["outcome"], "retransmitting");
        assert_eq!(drop["aftermath"]["retransmissions"], 1);
        let text = text(&written(RAW, &packets)).replace("\n--    ", " ");
        for words in [
            "; sent as TCP 10.9.9.9.4 > 203.0.113.80.80; then sent again once",
            "no connection fits what they quote: no program hears of them",
        ] {
            assert!(text.contains(words), "{text}");
        }
        let named = |finding: &&Value| finding["finding"] == "invalid_error";
        let named = findings.iter().find(named).unwrap();
        assert_eq!(named["confidence"], "suspected");
        // Of what was not captured before its translation nothing is known.
        let quoted_source = quoted[SOURCE..SOURCE + 4] == OUTSIDE;
        let (_, drops, _) = told(std::slice::from_ref(&refused));
        assert_eq!(drops[0]["aftermath"]["outcome"], "unknown");
        assert_eq!(drops[0]["half_translated"] == 1, quoted_source);
        assert_eq!(drops[0]["app_error"].is_null(), quoted_source);
    }
}

/// The next of the same, which comes a little later.
fn again(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[5] += 1;
    sealed(packet, 10, 0, 20)
}

/// A ping of the client, with these octets, and a number or none.
fn ping(number: u8, octets: u8) -> Vec<u8> {
    let message = [&[8, 0, 0, 0, 0x12, 0x34, 0, 1][..], &[octets; 56]].concat();
    let mut packet = ip4((CLIENT, SERVICE), 1, &message);
    packet[5] = number;
    mend(&mut packet);
    sealed(packet, 10, 0, 20)
}

/// Linux numbers no ping that must not be taken apart: then its checksum tells it, which covers all of it and
/// no address.
#[test]
fn a_ping_is_refused_by_an_error_that_quotes_it_translated() {
    for number in [0, 7] {
        let asked = ping(number, 9);
        let outside = sent_on(&asked, SOURCE, OUTSIDE);
        let mut renumbered = outside.clone();
        renumbered[24..26].copy_from_slice(&[0x55, 0x66]);
        mend(&mut renumbered);
        let other = sent_on(&ping(number, 8), SOURCE, OUTSIDE);
        let mut longer = outside.clone();
        longer[3] += 1;
        let longer = sealed(longer, 10, 0, 20);
        for (quoted, is_it) in [
            (outside, true),
            (renumbered, true),
            (other, number != 0),
            (longer, number != 0),
        ] {
            let refused = refusal(SERVICE, CLIENT, &quoted);
            let told = records(&written(RAW, &[asked.clone(), refused]));
            let of = |kind: &str| told.iter().find(|record| record["type"] == kind).unwrap();
            let error = told.iter().find(|record| record["frame"] == 2).unwrap();
            let outcome = if is_it { "error" } else { "pending" };
            assert_eq!(of("exchange")["outcome"], outcome, "{number}");
            let original = if is_it { "translated" } else { "none" };
            assert_eq!(error["original"]["match"], original, "{number}");
            let sent_as = &of("drop")["sent_as"]["src"];
            assert_eq!(sent_as == "10.9.9.9", is_it);
        }
    }
}

/// The probe that goes so far, to the port of its hop.
fn datagram(hop: u8) -> Vec<u8> {
    let mut packet = ip4((CLIENT, SERVICE), 17, &[0x30, 0x39, 130, hop, 0, 8, 0, 0]);
    packet[5] = 100 + hop;
    packet[TTL] = hop;
    sealed(packet, 10, 0, 20)
}

/// Where the translator is the first hop, with what is captured behind it, without, and with the errors alone.
#[test]
fn a_traceroute_is_told_as_its_sender_gets_its_answers() {
    const HOPS: u8 = 4;
    for (has_probes, has_errors) in [(false, false), (true, true), (false, true)] {
        let mut packets = Vec::new();
        for hop in 1..=HOPS {
            let sent = datagram(hop);
            packets.push(sent.clone());
            let outside = (hop > 1).then(|| sent_on(&sent, SOURCE, OUTSIDE));
            packets.extend(outside.clone().filter(|_| has_probes));
            let (kind, from) = if hop == HOPS {
                ([3, 3], SERVICE)
            } else {
                ([11, 0], [10, 0, hop, 1])
            };
            let Some(outside) = outside else {
                packets.push(error(kind, (from, CLIENT), &sent));
                continue;
            };
            let mut back = error(kind, (from, OUTSIDE), &outside);
            back[5] = hop;
            let back = sealed(back, 10, 0, 20);
            let inside = sent_on(&back, DESTINATION, CLIENT);
            packets.extend(has_errors.then_some(back));
            packets.push(inside);
        }
        let told = records(&written(RAW, &packets));
        let is_of_client =
            |record: &&Value| record["type"] == "path" && record["src"] == "10.9.9.9";
        let paths: Vec<_> = told.iter().filter(is_of_client).collect();
        let [path] = paths[..] else {
            panic!("{has_probes}, {has_errors}: {paths:?}");
        };
        assert_eq!(path["reached"], true);
        let all = told.iter().filter(|record| record["type"] == "path");
        assert!(all.count() == 1 || !has_probes && has_errors);
        let hops = path["hops"].as_array().unwrap();
        let routers: Vec<_> = hops.iter().map(|hop| &hop["router"]).collect();
        for hop in hops {
            assert_eq!(
                (&hop["answers"], &hop["unanswered"]),
                (&json!(1), &json!(0))
            );
        }
        assert_eq!(
            routers,
            ["10.0.1.1", "10.0.2.1", "10.0.3.1", "203.0.113.80"]
        );
    }
}
