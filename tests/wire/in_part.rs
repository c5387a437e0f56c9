//! Pings of which fragments are missing: what is told of them.

use serde_json::{Value, json};

use crate::answered::{exchanges, message};
use crate::captured::{records, records_of_both, text, written, written_at};
use crate::fragmented::{cut, echo, echo6, gre};
use crate::tunnel_fragments::RAW;

const REQUEST: u8 = 8;
const REPLY: u8 = 0;

/// Five pings a second apart, each of so many fragments that `comes` lets through, and a fragment of
/// another packet long after.
fn pings(comes: impl Fn(u8, u16, usize) -> bool) -> tempfile::NamedTempFile {
    let mut frames = Vec::new();
    for seq in 1..=5 {
        for (kind, id, later) in [(REQUEST, 100, 0), (REPLY, 900, 1000)] {
            let at = u32::from(seq) * 1_000_000 + later;
            let parts = message(kind, seq, id + seq).into_iter().enumerate();
            let parts = parts.filter(|(n, _)| comes(kind, seq, *n));
            frames.extend(parts.map(|(_, part)| (at, part)));
        }
    }
    frames.push((60_000_000, echo(REQUEST, 6, 8)));
    written_at(RAW, frames.into_iter())
}

fn findings(records: &[Value]) -> Vec<&Value> {
    let all = records.iter();
    all.filter(|record| record["finding"] == "fragments_missing")
        .collect()
}

#[test]
fn of_a_reply_in_part_is_told_what_is_missing() {
    let file = pings(|kind, seq, n| kind == REQUEST || seq == 2 || n == 0);
    let told = records(&file);
    let exchanges = exchanges(&told);
    assert_eq!(exchanges[0]["outcome"], "lost");
    let part = json!({"first": {"frame": 4}, "missing": [{"offset": 600}]});
    assert_eq!(exchanges[0]["reply_part"], part);
    assert_eq!(exchanges[1]["outcome"], "answered");
    assert_eq!(exchanges[1]["reply_part"], Value::Null);
    assert!(
        text(&file).contains("-- #1 lost: its reply came in part, #4 without octets from 600 on\n")
    );
    let finding = findings(&told)[0];
    assert_eq!(
        finding["title"],
        "Of 4 of 5 messages in fragments from 10.0.0.2 to 10.0.0.1 only the beginning arrives"
    );
    assert_eq!(finding["confidence"], "confirmed");
    assert_eq!(finding["evidence"][0], json!({"frame": 4}));
}

#[test]
fn what_is_missing_is_told_by_where_it_lies() {
    // In the midst, and the first ones: those that came do not tell which request they answer.
    let file = pings(|kind, _, n| kind == REQUEST || n != 1);
    let told = records(&file);
    let part = json!({"first": {"frame": 4}, "missing": [{"offset": 600, "length": 600}]});
    assert_eq!(exchanges(&told)[0]["reply_part"], part);
    assert!(text(&file).contains("#4 without octets 600 to 1199\n"));
    let title = findings(&told)[0]["title"].as_str().unwrap();
    assert!(title.ends_with("some fragments are missing"), "{title}");

    let told = records(&pings(|kind, _, n| kind == REQUEST || n != 0));
    assert_eq!(exchanges(&told)[0]["reply_part"], Value::Null);
    let title = findings(&told)[0]["title"].as_str().unwrap();
    assert!(
        title.ends_with("the first fragment is missing, others arrive"),
        "{title}"
    );
}

/// Of messages that make room for others it is not known what else comes.
#[test]
fn what_is_given_up_for_want_of_memory_is_not_said_to_be_missing() {
    const COUNT: u16 = 8000;
    let titles = |parts: &[usize]| {
        let of = |part, seq| cut(&echo(REQUEST, seq, 1400), seq, 1200).swap_remove(part);
        let all = parts
            .iter()
            .flat_map(|part| (1..=COUNT).map(|seq| of(*part, seq)));
        let last = (60_000_000, echo(REQUEST, 0, 8));
        let frames = (0..).step_by(1000).zip(all).chain([last]);
        let told = records(&written_at(RAW, frames));
        let titles = findings(&told).into_iter();
        let titles: Vec<_> = titles.map(|finding| finding["title"].to_string()).collect();
        titles
    };
    assert_eq!(titles(&[0, 1]), [""; 0]);
    // The newest of them were not given up.
    let [title] = &titles(&[0])[..] else {
        panic!("one finding");
    };
    let told = title.trim_start_matches("\"Of ").split_once(' ').unwrap().0;
    let told: u16 = told.parse().unwrap();
    assert!((1000..COUNT).contains(&told), "{title}");
}

/// Fragments but the last are as long as each other, so that its offset tells their length.
#[test]
fn that_the_large_fragments_are_missing_is_told() {
    let large = "others arrive: what is missing seems larger than any that does";
    for (file, is_large) in [
        (pings(|kind, _, n| kind == REQUEST || n == 2), true),
        // Others arrive that are as large.
        (
            pings(|kind, seq, n| kind == REQUEST || n == 2 || seq == 1),
            false,
        ),
        (
            pings(|kind, seq, n| kind == REQUEST || n == 2 || seq == 1 && n == 0),
            false,
        ),
        (pings(|kind, _, n| kind == REQUEST || n != 0), false),
    ] {
        let told = records(&file);
        let finding = findings(&told)[0];
        let title = finding["title"].as_str().unwrap();
        assert_eq!(title.ends_with(large), is_large, "{title}");
        let advice = finding["advice"].as_str().unwrap();
        assert_eq!(advice.starts_with("Large packets are lost"), is_large);
    }
}

#[test]
fn of_a_request_in_part_is_told_what_is_missing() {
    let file = pings(|kind, _, n| kind == REQUEST && n == 0);
    let told = records(&file);
    let part = json!({"missing": [{"offset": 600}]});
    assert_eq!(exchanges(&told)[0]["request_part"], part);
    assert!(text(&file).contains(
        "-- #1 lost: it came in part itself, without octets from 600 on; no reply was captured in time\n"
    ));
    // A filter that wants the type takes first fragments alone.
    assert_eq!(findings(&told)[0]["confidence"], "suspected");
}

/// Whoever answers a request got all of it: the capture lacks what is missing, not the network.
#[test]
fn requests_in_part_that_are_answered_accuse_nobody() {
    let file = pings(|kind, _, n| kind == REPLY || n != 1);
    let told = records(&file);
    let part = json!({"missing": [{"offset": 600, "length": 600}]});
    assert_eq!(exchanges(&told)[0]["request_part"], part);
    assert_eq!(exchanges(&told)[0]["outcome"], "answered");
    assert_eq!(findings(&told), [] as [&Value; 0]);
    // Of some of them nothing tells that.
    let file = pings(|kind, seq, n| if kind == REPLY { seq < 3 } else { n != 1 });
    let told = records(&file);
    let finding = findings(&told)[0];
    let title = finding["title"].as_str().unwrap();
    assert!(title.starts_with("Of 3 of 5 messages "), "{title}");
    assert_eq!(finding["confidence"], "suspected");
}

/// Captured where they are sent, too, they are the same messages.
#[test]
fn messages_are_counted_once_however_many_points_have_them() {
    let sent = pings(|kind, _, _| kind == REQUEST);
    let arrived = pings(|kind, _, n| kind == REQUEST && n == 0);
    for (first, second, advice) in [
        (
            &sent,
            &arrived,
            "Another point of the capture has all of their fragments",
        ),
        (
            &arrived,
            &sent,
            "Another point of the capture has all of their fragments",
        ),
        (
            &arrived,
            &arrived,
            "No message in fragments of the capture is whole",
        ),
    ] {
        let told = records_of_both(first, second);
        let finding = findings(&told)[0];
        let title = finding["title"].as_str().unwrap();
        assert!(title.starts_with("Of 5 of 5 messages "), "{title}");
        let told = finding["advice"].as_str().unwrap();
        assert!(told.starts_with(advice), "{told}");
    }
}

#[test]
fn fragments_that_come_later_are_not_missing() {
    // Backwards, and with the first and the last turned round.
    for order in [[2, 1, 0], [0, 2, 1], [1, 0, 2]] {
        let parts = message(REPLY, 1, 6);
        let parts = order.map(|n| parts[n].clone());
        let told = records(&written(
            RAW,
            &[&message(REQUEST, 1, 5)[..], &parts].concat(),
        ));
        assert_eq!(exchanges(&told)[0]["outcome"], "answered");
        for field in ["request_part", "reply_part"] {
            assert_eq!(exchanges(&told)[0][field], Value::Null, "{order:?}");
        }
        // Of two of them what the third would bring is missing.
        let told = records(&written(
            RAW,
            &[&message(REQUEST, 1, 5)[..], &parts[..2]].concat(),
        ));
        let missing = &exchanges(&told)[0]["reply_part"]["missing"];
        let expected = match order {
            [2, 1, 0] => Value::Null,
            [0, 2, 1] => json!([{"offset": 600, "length": 600}]),
            _ => json!([{"offset": 1200}]),
        };
        assert_eq!(*missing, expected, "{order:?}");
    }
}

#[test]
fn what_a_tunnel_takes_apart_may_be_missing_too() {
    let request = gre(&echo(REQUEST, 1, 1400));
    let reply = cut(&gre(&echo(REPLY, 1, 1400)), 6, 800);
    let told = records(&written(RAW, &[request, reply[0].clone()]));
    let part = json!({"first": {"frame": 2}, "missing": [{"offset": 800}]});
    assert_eq!(exchanges(&told)[0]["reply_part"], part);
}

#[test]
fn a_few_that_are_missing_are_no_pattern() {
    let told = records(&pings(|kind, seq, n| kind == REQUEST || seq > 2 || n == 0));
    assert_eq!(findings(&told), Vec::<&Value>::new());
    // The last may still be under way.
    let frames = (1..=4).flat_map(|seq| {
        let parts = message(REQUEST, seq, 100 + seq).into_iter().take(1);
        parts.map(move |part| (u32::from(seq) * 100_000, part))
    });
    let told = records(&written_at(RAW, frames));
    assert_eq!(findings(&told), Vec::<&Value>::new());
}

/// The three fragments of a packet of 1408 octets, of which the second begins in the first.
fn overlapping(packet: &[u8], id: u16) -> Vec<Vec<u8>> {
    let [first, second] = [608, 600].map(|size| cut(packet, id, size));
    [&first[..1], &second[1..]].concat()
}

/// What `request` and `reply` come to, given time.
fn told_of(request: Vec<Vec<u8>>, reply: Vec<Vec<u8>>) -> (Value, String) {
    let frames = [request, reply].concat().into_iter();
    let later = [(60_000_000, echo(REQUEST, 6, 8))];
    let file = written_at(RAW, frames.map(|part| (0, part)).chain(later));
    (exchanges(&records(&file))[0].clone(), text(&file))
}

#[test]
fn of_a_request_all_of_which_came_nothing_is_missing() {
    let request = overlapping(&echo(REQUEST, 1, 1400), 5);
    let told = "-- #1 lost: it came in fragments of which #2 covers others (receivers differ on these); \
                no reply was captured in time\n";
    for order in [[0, 1, 2], [0, 2, 1]] {
        let (exchange, text) = told_of(order.map(|n| request[n].clone()).to_vec(), Vec::new());
        let covers = 1 + order.iter().position(|n| *n == 1).unwrap();
        let part = json!({"missing": [], "overlap": {"frame": covers}});
        assert_eq!(exchange["request_part"], part, "{order:?}");
        assert_eq!(exchange["outcome"], "lost");
        assert!(
            text.contains(&told.replace("#2", &format!("#{covers}"))),
            "{text}"
        );
    }
    // In part, whether or not fragments overlap.
    let (exchange, text) = told_of(request[..2].to_vec(), Vec::new());
    let part = json!({"missing": [{"offset": 1200}], "overlap": {"frame": 2}});
    assert_eq!(exchange["request_part"], part);
    let told = "-- #1 lost: it came in part itself, in fragments of which #2 covers others (receivers differ \
                on these), without octets from 1200 on; no reply";
    assert!(text.contains(told), "{text}");
    // What answers it took it.
    let (exchange, _) = told_of(request, vec![echo(REPLY, 1, 1400)]);
    assert_eq!(exchange["outcome"], "answered");
    let part = json!({"missing": [], "overlap": {"frame": 2}});
    assert_eq!(exchange["request_part"], part);
}

/// An odd retransmission has the same octets, an attack has others.
#[test]
fn which_octets_fragments_have_in_common_is_told_and_whether_they_differ() {
    let [same, mut other] = [5, 6].map(|id| overlapping(&echo(REQUEST, 1, 1400), id));
    *other[1].get_mut(20).unwrap() ^= 1;
    let file = written(RAW, &[same, other].concat());
    let told = records(&file);
    for (frame, with, differ, words) in [
        (2, 1, false, "which are the same"),
        (5, 4, true, "which differ"),
    ] {
        let record = told.iter().find(|record| record["frame"] == frame).unwrap();
        let overlap = json!({
            "status": "overlap",
            "with": {"frame": with},
            "common": {"first": 600, "last": 607, "differ": differ},
        });
        assert_eq!(record["reassembly"], overlap);
        let line = format!("| overlaps #{with} in octets 600 to 607, {words}\n");
        assert!(text(&file).contains(&line), "{line}");
    }
}

/// RFC 5722 section 4: IPv6 discards it. What a receiver of IPv4 does the capture does not tell.
#[test]
fn a_reply_in_fragments_that_overlap_came_by_ipv4_or_did_not() {
    for (request, reply, outcome, told) in [
        (
            echo(REQUEST, 1, 1400),
            echo(REPLY, 1, 1400),
            "unknown",
            "-- #1 unknown: its reply came, #2 in fragments of which #3 covers others (receivers differ on \
             these)\n",
        ),
        (
            echo6(128, 1, 1400),
            echo6(129, 1, 1400),
            "lost",
            "-- #1 lost: its reply came, #2 in fragments of which #3 covers others (receivers discard these)\n",
        ),
    ] {
        let parts = overlapping(&reply, 6);
        let (exchange, text) = told_of(vec![request.clone()], parts.clone());
        assert_eq!(exchange["outcome"], outcome);
        let part = json!({"first": {"frame": 2}, "missing": [], "overlap": {"frame": 3}});
        assert_eq!(exchange["reply_part"], part);
        assert!(text.contains(told), "{text}");
        // Without the last it is lost.
        let (exchange, text) = told_of(vec![request], parts[..2].to_vec());
        assert_eq!(exchange["outcome"], "lost");
        assert_eq!(exchange["reply_part"]["missing"], json!([{"offset": 1200}]));
        assert!(text.contains("-- #1 lost: its reply came in part, #2 in fragments of which #3"));
    }
}

/// They are messages in fragments, too, but none that lack any.
#[test]
fn fragments_that_overlap_are_no_loss() {
    let of = |overlap: fn(u16) -> bool| {
        let frames = (1..=6).flat_map(|seq| {
            let ping = echo(REQUEST, seq, 1400);
            let parts = if overlap(seq) {
                overlapping(&ping, 100 + seq)
            } else {
                cut(&ping, 100 + seq, 600)[..1].to_vec()
            };
            parts
                .into_iter()
                .map(move |part| (u32::from(seq) * 1_000_000, part))
        });
        let last = (60_000_000, echo(REQUEST, 7, 8));
        records(&written_at(RAW, frames.chain([last])))
    };
    assert_eq!(findings(&of(|_| true)), Vec::<&Value>::new());
    assert_eq!(findings(&of(|seq| seq > 2)), Vec::<&Value>::new());
    let told = of(|seq| seq > 3);
    let title = findings(&told)[0]["title"].as_str().unwrap();
    assert!(
        title.starts_with("Of 3 of 6 messages in fragments"),
        "{title}"
    );
}

/// Who dropped fragments may say so.
#[test]
fn an_error_tells_who_drops_fragments() {
    let router = [10, 0, 0, 254];
    for with_errors in [false, true] {
        let mut frames = Vec::new();
        for seq in 1..=5 {
            let at = u32::from(seq) * 1_000_000;
            let parts = message(REQUEST, seq, 100 + seq);
            frames.push((at, parts[0].clone()));
            if with_errors {
                let mut error = Vec::new();
                let quoted = [&[3, 13, 0, 0, 0, 0, 0, 0], &parts[1][..28]].concat();
                etherparse::PacketBuilder::ipv4(router, [10, 0, 0, 1], 64)
                    .write(&mut error, etherparse::IpNumber::ICMP, &quoted)
                    .unwrap();
                frames.push((at + 1, error));
            }
        }
        frames.push((60_000_000, echo(REQUEST, 6, 8)));
        let told = records(&written_at(RAW, frames.into_iter()));
        let finding = findings(&told)[0];
        let advice = finding["advice"].as_str().unwrap();
        let is_named =
            advice.starts_with("10.0.0.254 says that it dropped packets between the two: ");
        assert_eq!(is_named, with_errors, "{finding}");
        // The first five fragments, and with them the errors.
        let evidence = finding["evidence"].as_array().unwrap();
        assert_eq!(
            evidence.len(),
            if with_errors { 10 } else { 5 },
            "{finding}"
        );
    }
}
