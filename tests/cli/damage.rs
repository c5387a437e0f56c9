//! Captures that end too early: all that is whole, then where and why, and exit status 3.

use std::fs;
use std::io::{Read, Write};

use crate::common::{Run, assert_accounted, run, run_with_input, summary, testdata};

/// Where each record of a little-endian pcap begins, and where the last one ends.
fn records(pcap: &[u8]) -> Vec<usize> {
    let mut at = 24;
    let mut starts = Vec::new();
    while let Some(length) = pcap.get(at + 8..at + 12) {
        starts.push(at);
        let length = u32::from_le_bytes(length.try_into().expect("four octets"));
        at += 16 + length as usize;
    }
    assert_eq!(at, pcap.len(), "a whole capture");
    starts.push(at);
    starts
}

/// Where each block of a little-endian pcapng begins with its type, and where the last one ends.
fn blocks(pcapng: &[u8]) -> Vec<(usize, u32)> {
    let word = |at: usize| {
        let octets = pcapng.get(at..at + 4)?;
        Some(u32::from_le_bytes(octets.try_into().expect("four octets")))
    };
    let mut at = 0;
    let mut starts = Vec::new();
    while let (Some(kind), Some(length)) = (word(at), word(at + 4)) {
        starts.push((at, kind));
        at += length as usize;
    }
    assert_eq!(at, pcapng.len(), "a whole capture");
    starts.push((at, 0));
    starts
}

/// Runs on `content` as a file of that name.
fn run_on(name: &str, content: &[u8], flags: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("room");
    let mut arguments = vec!["-r", path.to_str().expect("UTF-8")];
    arguments.extend(flags);
    run(&arguments)
}

/// Checks that `frames` whole frames were processed and the cut at `offset` told.
#[track_caller]
fn assert_cut(run: Run, name: &str, frames: u64, offset: Option<u64>) -> Run {
    let run = run.exits(3).says(name).says("cut short");
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    let next = format!("frame {}:", frames + 1);
    assert!(run.err.contains(&next), "{next} is not in: {}", run.err);
    if let Some(offset) = offset {
        let of = if name == "cut.pcap.gz" {
            " of the decompressed capture"
        } else {
            ""
        };
        let offset = format!("offset {offset}{of},");
        assert!(run.err.contains(&offset), "{offset} is not in: {}", run.err);
    }
    let records = run.records();
    let summary = summary(&records);
    assert_eq!(summary["frames"]["read"], frames, "{summary}");
    assert_accounted(summary, name);
    let damaged = &summary["damaged"][0];
    assert_eq!(damaged["frame"], frames + 1, "{summary}");
    run
}

#[test]
fn a_pcap_cut_at_each_record_and_inside_of_it() {
    let whole = fs::read(testdata("ping4.pcap")).expect("a capture");
    let starts = records(&whole);
    for (frames, pair) in starts.windows(2).enumerate() {
        let [start, end] = *pair else { unreachable!() };
        let frames = frames as u64;
        // Inside the record's header, its first octet of data missing, its last one missing.
        for cut in [start + 1, start + 15, start + 16, end - 1] {
            let run = run_on("cut.pcap", &whole[..cut], &["--json"]);
            assert_cut(run, "cut.pcap", frames, Some(start as u64));
        }
        // Between two records nothing is missing as far as anybody can tell.
        let run = run_on("cut.pcap", &whole[..start], &["--json"]);
        assert_eq!(run.exits(0).err, "");
    }
}

#[test]
fn a_pcapng_cut_inside_of_blocks() {
    let whole = fs::read(testdata("formats.pcapng")).expect("a capture");
    let blocks = blocks(&whole);
    let mut frames = 0;
    let mut cuts = 0;
    for pair in blocks.windows(2) {
        let [(start, kind), (end, _)] = *pair else {
            unreachable!()
        };
        if kind == 6 {
            for cut in [start + 4, start + 8, start + 28, end - 1] {
                let run = run_on("cut.pcapng", &whole[..cut], &["--json"]);
                assert_cut(run, "cut.pcapng", frames, Some(start as u64));
                cuts += 1;
            }
            frames += 1;
        }
    }
    assert!(cuts > 20, "the capture holds enhanced packet blocks");
}

#[test]
fn a_pcapng_block_with_broken_contents_is_passed_over() {
    let mut content = fs::read(testdata("formats.pcapng")).expect("a capture");
    let packets = blocks(&content);
    let packets: Vec<_> = packets.iter().filter(|(_, kind)| *kind == 6).collect();
    let (at, all) = (packets[1].0, packets.len());
    // Behind type, length, interface and time: how much was captured.
    content[at + 20..at + 24].copy_from_slice(&[0xff; 4]);
    let run = run_on("broken.pcapng", &content, &["--json"]).exits(3);
    let run = run.says(&format!(
        "the block at offset {at}, before frame 2, is damaged"
    ));
    let run = run
        .says("4294967295 captured octets")
        .says("reading went on behind it");
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    let records = run.records();
    let summary = summary(&records);
    assert_eq!(summary["frames"]["read"], all - 1, "{summary}");
    assert_accounted(summary, "broken.pcapng");
    assert_eq!(summary["damaged"][0]["kind"], "block", "{summary}");
    assert_eq!(summary["damaged"][0]["offset"], at, "{summary}");
}

#[test]
fn a_compressed_capture_cut_short_gives_what_can_be_decompressed() {
    let whole = fs::read(testdata("demo.pcap")).expect("a capture");
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(&whole).expect("memory");
    let packed = writer.finish().expect("memory");
    let starts = records(&whole);
    let all = run_on("whole.pcap.gz", &packed, &["--json", "--emit", "icmp"]).good();
    let all = all.replace("whole.pcap.gz", "cut.pcap.gz");
    for percent in [30, 50, 70, 90, 99] {
        let cut = &packed[..packed.len() * percent / 100];
        let mut decompressed = Vec::new();
        // Stops with an error; what came before is there.
        let ended = flate2::read::GzDecoder::new(cut).read_to_end(&mut decompressed);
        assert!(ended.is_err(), "the stream is cut");
        let frames = starts
            .iter()
            .filter(|&&end| end <= decompressed.len())
            .count()
            - 1;
        let run = run_on("cut.pcap.gz", cut, &["--json"]);
        let run = assert_cut(
            run,
            "cut.pcap.gz",
            frames as u64,
            Some(starts[frames] as u64),
        );
        let icmp: Vec<&str> = run
            .out
            .lines()
            .filter(|l| l.contains("\"type\":\"icmp\""))
            .collect();
        // Nothing that is shown differs from the whole capture, as far as it goes.
        assert!(icmp.len() >= 3);
        assert!(all.lines().skip(1).zip(&icmp).all(|(a, b)| a == *b));
    }
    // All packets are there, but the stream's end mark is not.
    let run = run_on("cut.pcap.gz", &packed[..packed.len() - 4], &["--json"]);
    assert_cut(run, "cut.pcap.gz", starts.len() as u64 - 1, None);
}

#[test]
fn the_recorded_cut_capture_and_one_from_a_pipe() {
    let path = testdata("formats-cut.pcap");
    let text = run(&["-r", &path]).exits(3).says("formats-cut.pcap");
    assert!(text.out.contains("ICMP echo request"), "{}", text.out);
    assert!(
        text.out.contains("-- summary: 15 frames read"),
        "{}",
        text.out
    );
    let cut = fs::read(&path).expect("a capture");
    let piped = run_with_input(&["-r", "-"], &cut).exits(3).says("frame 16");
    assert_eq!(
        text.out.lines().filter(|l| !l.starts_with("--")).count(),
        piped.out.lines().filter(|l| !l.starts_with("--")).count()
    );
}

#[test]
fn a_cut_capture_beside_whole_ones() {
    let cut = testdata("formats-cut.pcap");
    let ping = testdata("ping4.pcap");
    let run = run(&["-r", &ping, "-r", &cut, "--json"])
        .exits(3)
        .says("formats-cut.pcap");
    let records = run.records();
    let summary = summary(&records);
    assert_eq!(summary["frames"]["read"], 12 + 15, "{summary}");
    assert_accounted(summary, "both");
    // A missing file weighs more.
    crate::common::run(&["-r", &cut, "-r", "/nonexistent"]).exits(1);
}
