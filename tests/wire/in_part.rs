//! Pings of which fragments are missing: what is told of them.

use serde_json::{Value, json};

use crate::answered::{exchanges, message};
use crate::captured::{records, records_of_both, text, written, written_at};
use crate::fragmented::{cut, echo, gre};
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
        (&arrived, &arrived, "No message of the capture is whole"),
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
