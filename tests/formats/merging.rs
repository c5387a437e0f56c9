//! Several sources as one, and sources that are still being written.

use std::io::{PipeReader, Write, pipe};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use icmpdump::model::{Options, SourceId, Timestamp};
use icmpdump::source::{self, FileSource, Source, Step};

use crate::build::{Header, Order, enhanced, interface, record, sample, section};
use crate::read::drain;

fn capture(seconds: &[u32]) -> Vec<u8> {
    let mut file = Header::default().build();
    for &second in seconds {
        file.extend(record(Order::Little, [second, 0, 1, 1], b"x"));
    }
    file
}

/// Opens captures of these contents as sources 0, 1, ...
fn open_all(contents: &[Vec<u8>]) -> Vec<FileSource> {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |(i, content): (u16, &Vec<u8>)| {
        let path = folder.path().join(format!("{i}.pcap"));
        std::fs::write(&path, content).expect("room");
        source::open(&path, SourceId(i)).unwrap_or_else(|e| panic!("{e}"))
    };
    (0..).zip(contents).map(open).collect()
}

fn order(contents: &[Vec<u8>]) -> Vec<(u16, u64)> {
    let read = drain(source::merge(open_all(contents)));
    assert!(read.damage.is_empty());
    assert_eq!(read.ticks, 0, "files have no need to wait");
    read.frames.iter().map(|f| (f.source.0, f.number)).collect()
}

#[test]
fn frames_come_by_time_and_at_the_same_time_by_source() {
    let merged = order(&[capture(&[1, 4, 5]), capture(&[2, 4, 9]), capture(&[4])]);
    let expected = [(0, 1), (1, 1), (0, 2), (1, 2), (2, 1), (0, 3), (1, 3)];
    assert_eq!(merged, expected);
}

#[test]
fn a_source_keeps_its_own_order_where_its_time_goes_back() {
    let merged = order(&[capture(&[5, 1, 6]), capture(&[2, 3, 7])]);
    let expected = [(1, 1), (1, 2), (0, 1), (0, 2), (0, 3), (1, 3)];
    assert_eq!(merged, expected);
}

#[test]
fn sources_are_described_and_damage_is_told_for_each() {
    let mut cut = sample(4);
    cut.pop();
    let sources = open_all(&[cut.clone(), capture(&[1]), cut]);
    let read = drain(source::merge(sources));
    assert_eq!(read.frames.len(), 3 + 1 + 3);
    let ids: Vec<_> = read.info.iter().map(|info| info.id.0).collect();
    assert_eq!(ids, [0, 1, 2]);
    let names: Vec<_> = read.info.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["0.pcap", "1.pcap", "2.pcap"]);
    let damaged: Vec<_> = read.damage.iter().map(|d| (d.source.0, d.frame)).collect();
    assert_eq!(damaged, [(0, 4), (2, 4)]);
}

#[test]
fn none_and_one_and_many() {
    assert!(
        drain(source::merge(Vec::<FileSource>::new()))
            .frames
            .is_empty()
    );
    assert_eq!(order(&[capture(&[3, 1])]), [(0, 1), (0, 2)]);
    let many: Vec<_> = (0..50).map(|i| capture(&[i, i + 100])).collect();
    let merged = order(&many);
    assert_eq!(merged.len(), 100);
    assert!(merged.iter().take(50).all(|&(_, number)| number == 1));
}

#[test]
fn progress_counts_octets_of_all_files() {
    let contents = [capture(&[1, 2]), capture(&[3])];
    let size: usize = contents.iter().map(Vec::len).sum();
    let mut merged = source::merge(open_all(&contents));
    assert_eq!(merged.progress().total, Some(size as u64));
    while merged.advance() != Step::End {}
    assert_eq!(merged.progress().done, size as u64);
}

/// A source that ticks and gives frames as its script says.
struct Scripted {
    id: SourceId,
    script: Vec<Step>,
    at: Option<Timestamp>,
    times: Vec<i64>,
}

impl Source for Scripted {
    fn advance(&mut self) -> Step {
        self.at = None;
        if self.script.is_empty() {
            return Step::End;
        }
        let step = self.script.remove(0);
        if step == Step::Frame {
            self.at = Some(Timestamp::from_nanos(self.times.remove(0)));
        }
        step
    }

    fn frame(&self) -> Option<icmpdump::model::Frame<'_>> {
        Some(icmpdump::model::Frame {
            source: self.id,
            number: 1,
            interface: None,
            ts: self.at?,
            link: icmpdump::model::LinkType(1),
            wire_len: 0,
            fcs_len: 0,
            data: &[],
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        })
    }

    fn describe(&self) -> Vec<source::SourceInfo> {
        Vec::new()
    }

    fn damage(&self) -> Vec<source::Damage> {
        Vec::new()
    }

    fn progress(&self) -> source::Progress {
        source::Progress::default()
    }
}

#[test]
fn a_tick_releases_the_frames_before_it_and_no_others() {
    let tick = |nanos| Step::Tick(Timestamp::from_nanos(nanos));
    let quiet = Scripted {
        id: SourceId(0),
        script: vec![tick(5), tick(15), tick(12), Step::Frame],
        at: None,
        times: vec![30],
    };
    let busy = Scripted {
        id: SourceId(1),
        script: vec![Step::Frame, Step::Frame, Step::Frame],
        at: None,
        times: vec![10, 14, 20],
    };
    let mut merged = source::merge(vec![quiet, busy]);
    let mut told = Vec::new();
    loop {
        let step = merged.advance();
        if step == Step::End {
            break;
        }
        told.push((step, merged.frame().map(|frame| frame.ts.as_nanos())));
    }
    let frame = |nanos| (Step::Frame, Some(nanos));
    // 10 waits until the quiet source has told a later time, which is not taken back.
    assert_eq!(
        told,
        [(tick(5), None), frame(10), frame(14), frame(20), frame(30)]
    );
}

fn by_descriptor(reader: &PipeReader) -> PathBuf {
    PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()))
}

/// Feeds `parts` to a pipe, each when the reader has asked for it, and reads frames and ticks.
fn read_pipe(parts: Vec<Vec<u8>>) -> Vec<String> {
    let (reader, mut writer) = pipe().expect("a pipe");
    let (more, wanted) = mpsc::channel::<()>();
    let writing = std::thread::spawn(move || {
        for part in parts {
            // Without a request in a minute the reader waits for octets it does not need.
            if wanted.recv_timeout(Duration::from_mins(1)).is_err() {
                return;
            }
            writer.write_all(&part).expect("the reader is there");
        }
    });
    more.send(()).expect("the writer is there");
    let path = by_descriptor(&reader);
    let mut source = source::open(&path, SourceId(0)).unwrap_or_else(|e| panic!("{e}"));
    let mut told = vec![];
    loop {
        match source.advance() {
            Step::Frame => {
                let frame = source.frame().expect("a frame");
                told.push(format!("frame {}", frame.number));
            }
            Step::Tick(ts) => {
                assert_eq!(ts, Timestamp::MIN, "a pipe knows no time");
                // Waiting longer is told again; how often is a matter of time.
                if told.last().is_none_or(|last| last != "tick") {
                    told.push("tick".to_owned());
                }
                // The writer may have ended.
                let _ = more.send(());
            }
            Step::Secrets => unreachable!("the file has none"),
            Step::End => break,
        }
    }
    // Whether the end was there already when it was looked for is a matter of time, too.
    told.pop_if(|last| last == "tick");
    if let [damage] = source.damage().as_slice() {
        told.push(format!("{:?} at {}", damage.kind, damage.offset));
    }
    drop(source);
    drop(reader);
    writing.join().expect("the writer does not panic");
    told
}

#[test]
fn a_pipe_is_read_as_it_is_written() {
    let record = |second| record(Order::Little, [second, 0, 1, 1], b"x");
    let header = Header::default().build();
    let half = record(3)[..10].to_vec();
    let told = read_pipe(vec![
        header.clone(),
        [record(1), record(2), half].concat(),
        record(3)[10..].to_vec(),
        record(4)[..5].to_vec(),
    ]);
    let expected = "tick, frame 1, frame 2, tick, frame 3, Cut at 75";
    assert_eq!(told.join(", "), expected);

    let ng = |stamp| enhanced(Order::Little, 0, stamp, b"x", &[]);
    let told = read_pipe(vec![
        [section(Order::Little), interface(Order::Little, 1, 0, &[])].concat(),
        ng(1),
        ng(2),
    ]);
    assert_eq!(told.join(", "), "tick, frame 1, tick, frame 2");
}

#[test]
fn a_compressed_pipe_gives_what_was_flushed() {
    let level = flate2::Compression::default();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder
        .write_all(&Header::default().build())
        .expect("to memory");
    encoder.flush().expect("to memory");
    let mut parts = vec![std::mem::take(encoder.get_mut())];
    for second in 1..3 {
        let record = record(Order::Little, [second, 0, 1, 1], b"x");
        encoder.write_all(&record).expect("to memory");
        encoder.flush().expect("to memory");
        parts.push(std::mem::take(encoder.get_mut()));
    }
    let told = read_pipe(parts);
    let expected = "tick, frame 1, tick, frame 2, Cut at 58";
    assert_eq!(told.join(", "), expected);
}
