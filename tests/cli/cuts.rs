//! Of octets that were not captured nothing is claimed: whatever a cut message is said to hold, the
//! whole one is said to hold as well.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::crafted::{Crafted, echo_reply, echo_request, udp};
use crate::common::{assert_none, of_type, recorded, records, run};
use crate::samples::{Sample, samples};

/// Octets of the message that were captured, fewest first; all of them at last.
fn lengths(sample: &Sample) -> impl Iterator<Item = usize> + use<> {
    0..=4 + sample.rest.len()
}

/// Each message cut at each length, an hour after the one before, so that none has to do with it.
fn cuts(samples: &[Sample]) -> tempfile::NamedTempFile {
    const HOUR: u64 = 3600 * 1_000_000;
    let mut capture = Crafted::new();
    let mut at = 0;
    for sample in samples {
        let packet = sample.packet();
        let header = packet.len() - sample.rest.len() - 4;
        for length in lengths(sample) {
            capture.push_cut(at, &packet, header + length);
            at += HOUR;
        }
    }
    capture.file()
}

/// What is told of a cut message beside the whole one.
struct Compared<'a> {
    /// Lengths of options by place: one is told where the fields do not reach that far, and must then
    /// be the same at each cut.
    stated: BTreeMap<String, Value>,
    name: &'a str,
    complaints: &'a mut Vec<String>,
}

impl Compared<'_> {
    fn complain(&mut self, place: &str, what: &str, cut: &Value) {
        self.complaints
            .push(format!("{}: {place} {what}: {cut}", self.name));
    }

    fn value(&mut self, place: &str, cut: &Value, whole: &Value) {
        /// Octets without a format are told as far as they go.
        const OCTETS: [&str; 2] = [".data", ".encrypted"];
        match (cut, whole) {
            (Value::Object(cut), Value::Object(whole)) => {
                for (key, value) in cut {
                    self.member(&format!("{place}.{key}"), value, whole.get(key));
                }
            }
            (Value::Array(cut), Value::Array(whole)) if cut.len() <= whole.len() => {
                for (i, (cut, whole)) in cut.iter().zip(whole).enumerate() {
                    self.value(&format!("{place}[{i}]"), cut, whole);
                }
            }
            (Value::String(cut), Value::String(whole))
                if OCTETS.iter().any(|name| place.ends_with(name)) && whole.starts_with(cut) => {}
            _ if cut == whole => {}
            _ => self.complain(place, &format!("is not {whole}"), cut),
        }
    }

    fn member(&mut self, place: &str, cut: &Value, whole: Option<&Value>) {
        /// What says that octets are missing, or what was made of those that are there.
        const MARKS: [&str; 4] = [
            ".unread",
            ".checksum.status",
            ".checksum.reason",
            ".defects",
        ];
        /// The octets that are there, and a header that was cut, field by field.
        const OF_QUOTE: [&str; 2] = [".quoted.length", ".quoted.header"];
        if MARKS.iter().any(|mark| place.ends_with(mark)) || OF_QUOTE.contains(&place) {
            return;
        }
        match whole {
            Some(whole) => self.value(place, cut, whole),
            None if place.ends_with("].length") => {
                let stated = self.stated.entry(place.to_owned());
                let stated = stated.or_insert_with(|| cut.clone()).clone();
                if *cut != stated {
                    self.complain(place, &format!("was {stated}"), cut);
                }
            }
            None => self.complain(place, "is nothing of the whole", cut),
        }
    }
}

#[test]
fn a_cut_message_holds_nothing_that_the_whole_does_not() {
    let samples = samples();
    let file = cuts(&samples);
    let path = file.path().to_str().expect("a path");
    let all = records(&["--emit", "icmp", "-r", path]);
    let messages = of_type(&all, "icmp");
    let mut complaints = Vec::new();
    let mut messages = messages.as_slice();
    for sample in &samples {
        let (cuts, behind) = messages.split_at(lengths(sample).count());
        messages = behind;
        let (whole, cuts) = cuts.split_last().expect("the whole message");
        let mut stated = BTreeMap::new();
        for (length, cut) in cuts.iter().enumerate() {
            let Sample { kind, code, .. } = sample;
            let name = format!("type {kind} code {code}, {length} octets");
            let mut compared = Compared {
                stated,
                name: &name,
                complaints: &mut complaints,
            };
            for key in ["icmp", "quoted", "community_id"] {
                // Nobody knows what it is.
                if length > 0 && !cut[key].is_null() {
                    compared.value(&format!(".{key}"), &cut[key], &whole[key]);
                }
            }
            stated = compared.stated;
        }
    }
    assert_eq!(messages.len(), 0);
    assert_none(&complaints);
}

/// The rows of a hex dump by the offset that they begin at: what is said of their octets.
fn labels(dump: &str) -> BTreeMap<&str, &str> {
    let rows = dump.lines().filter_map(|line| {
        let (offset, _) = line.strip_prefix("\t0x")?.split_once(':')?;
        // Behind the octets and the text that they would be.
        let label = line.get(69..).unwrap_or_default();
        Some((offset, label.split(' ').next().unwrap_or_default()))
    });
    rows.filter(|(_, label)| !label.is_empty()).collect()
}

#[test]
fn octets_of_half_a_field_are_called_unread() {
    let samples = samples();
    let file = cuts(&samples);
    let path = file.path().to_str().expect("a path");
    let dump = run(&["-t", "-X", "-r", path]).good();
    let dumps: Vec<_> = dump.split("\nIP").collect();
    let mut dumps = dumps.as_slice();
    let mut complaints = Vec::new();
    for sample in &samples {
        let (cuts, behind) = dumps.split_at(lengths(sample).count());
        dumps = behind;
        let (whole, cuts) = cuts.split_last().expect("the whole message");
        let whole = labels(whole);
        for (length, cut) in cuts.iter().enumerate() {
            for (offset, label) in labels(cut) {
                // What is quoted behind a header is data, whatever it is.
                let claims_nothing = matches!(label, "unread" | "data");
                if !claims_nothing && whole.get(offset) != Some(&label) {
                    let Sample { kind, code, .. } = sample;
                    complaints.push(format!(
                        "type {kind} code {code}, {length} octets: {label} at {offset}, not {:?}",
                        whole.get(offset)
                    ));
                }
            }
        }
    }
    assert_none(&complaints);
}

/// An error whose code was not captured is an error of unknown code, in each place that tells codes.
#[test]
fn a_message_cut_behind_its_type_has_no_code() {
    let samples = samples();
    let mut capture = Crafted::new();
    for (at, sample) in (0..).zip(&samples) {
        let packet = sample.packet();
        let header = packet.len() - sample.rest.len() - 4;
        capture.push_cut(at, &packet, header + 1);
    }
    let file = capture.file();
    let path = file.path().to_str().expect("a path");
    let all = records(&["-r", path]);
    for record in of_type(&all, "icmp") {
        let icmp = &record["icmp"];
        assert!(icmp["type"].is_u64(), "{record}");
        for key in [
            &icmp["code"],
            &icmp["code_name"],
            &icmp["checksum"]["value"],
        ] {
            assert!(key.is_null(), "{record}");
        }
        assert!(record["community_id"].is_null(), "{record}");
    }
    let summary = &of_type(&all, "summary")[0];
    let messages = summary["messages"].as_array().expect("rows");
    assert!(
        messages.iter().all(|row| row["code"].is_null()),
        "{summary}"
    );
    assert!(of_type(&all, "drop").is_empty());
    let text = run(&["-v", "-n", "-r", path]).good();
    for claim in [
        "0x0000",
        "net unreachable",
        "for net",
        "in-transit",
        "DODAG",
        "(CLR)",
    ] {
        assert!(!text.contains(claim), "{claim}: {text}");
    }
    assert!(text.contains("ICMP 3/? destination unreachable"), "{text}");
    assert!(text.contains("ICMP unreachable [|icmp]"), "{text}");
}

/// A reply that was cut before it tells what it answers may be that to any request of these two.
#[test]
fn a_request_is_not_lost_whose_reply_may_have_been_cut() {
    const HEADER: usize = 20;
    for (captured, outcome) in [
        (HEADER, "unknown"),
        (HEADER + 1, "unknown"),
        (HEADER + 4, "unknown"),
        (HEADER + 6, "unknown"),
        (HEADER + 8, "answered"),
    ] {
        let hosts = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let request = echo_request(hosts, 64, (7, 1), &[1; 40]);
        let reply = echo_reply(hosts, 64, (7, 1), &[1; 40]);
        let mut capture = Crafted::new();
        capture.at(0, &request);
        capture.push_cut(10_000, &reply, captured);
        // It hides nothing of what is asked later.
        capture.at(60_000, &request);
        capture.at(120_000, &udp(hosts, 64, (9, 9)));
        let (_file, path) = capture.path();
        let all = records(&["-r", &path]);
        let told: Vec<_> = of_type(&all, "exchange")
            .iter()
            .map(|exchange| exchange["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(told, [outcome, "lost"], "{captured}");
    }
}

/// A little-endian capture file of the classic format as a snap length would have left it.
fn snapped(pcap: &[u8], snap_length: usize) -> Vec<u8> {
    let mut out = pcap[..24].to_vec();
    let mut rest = &pcap[24..];
    while let Some((head, behind)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes(head[8..12].try_into().expect("four octets")) as usize;
        let (data, next) = behind.split_at(length.min(behind.len()));
        let kept = data.get(..snap_length).unwrap_or(data);
        out.extend_from_slice(&head[..8]);
        out.extend(u32::try_from(kept.len()).expect("a length").to_le_bytes());
        out.extend_from_slice(&head[12..]);
        out.extend_from_slice(kept);
        rest = next;
    }
    out
}

/// What is guessed of each message of a capture.
fn guessed(path: &str) -> BTreeMap<u64, Value> {
    let all = records(&["--emit", "icmp", "-r", path]);
    let messages = of_type(&all, "icmp").into_iter();
    let frame = |message: &Value| message["frame"].as_u64().expect("a number");
    let guesses = messages.map(|message| (frame(message), message["inferred"].clone()));
    guesses.collect()
}

#[test]
fn nothing_is_guessed_of_a_cut_recording_that_the_whole_one_contradicts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cut = folder.path().join("cut.pcap");
    let cut = cut.to_str().expect("a path");
    let mut times = 0;
    for path in recorded() {
        let octets = std::fs::read(&path).expect("a capture");
        if octets.get(1..4) != Some(&[0xc3, 0xb2, 0xa1]) || path.ends_with("formats-cut.pcap") {
            continue;
        }
        let whole = guessed(path.to_str().expect("a path"));
        for snap_length in [60, 68, 96] {
            std::fs::write(cut, snapped(&octets, snap_length)).expect("room");
            for (frame, guess) in guessed(cut) {
                let of_whole = whole.get(&frame).unwrap_or(&Value::Null);
                // The time is there, and what proves whose it is was cut.
                let is_time_alone = guess["sender"] == "clock" && guess["sent"] == of_whole["sent"];
                for (name, value) in guess.as_object().into_iter().flatten() {
                    let at = format!("{} -s {snap_length} #{frame}", path.display());
                    if name != "sender" || !is_time_alone {
                        assert_eq!(value, &of_whole[name], "{at}: {name}");
                    }
                    times += usize::from(name == "sent");
                }
            }
        }
    }
    assert!(times > 100, "{times}");
}
