//! Rotation where nothing comes: only time tells the sink that a file is over.

use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;

use icmpdump::model::{LinkType, SourceId, Timestamp};
use icmpdump::sink::capture::{CaptureOptions, CaptureSink, Rotation};
use icmpdump::sink::{FrameSink, Room};
use icmpdump::source::{InterfaceInfo, Resolution, SourceInfo};

use crate::common::tool;
use crate::{names, packets, text};

fn live() -> Vec<SourceInfo> {
    vec![SourceInfo {
        id: SourceId(0),
        name: "eth0".to_owned(),
        format: "live",
        comments: Vec::new(),
        interfaces: vec![InterfaceInfo {
            name: Some("eth0".to_owned()),
            link: LinkType(1),
            filter: None,
            comments: Vec::new(),
            snaplen: 0,
            fcs_len: 0,
            resolution: Resolution::Nanoseconds,
        }],
    }]
}

fn sink(path: &Path, every: u64, files: u64) -> CaptureSink {
    let mut sink = CaptureSink::create(CaptureOptions {
        rotation: Rotation {
            every: Some(Duration::from_secs(every)),
            files: NonZeroU64::new(files),
            ..Rotation::default()
        },
        ..CaptureOptions::new(path)
    })
    .expect("a sink");
    assert_eq!(FrameSink::begin(&mut sink, &live()), Room::More);
    sink
}

/// Milliseconds after the epoch.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_nanos(millis * 1_000_000)
}

#[test]
fn an_idle_link_rotates_at_its_second() {
    for (name, format) in [("%S.pcapng", "pcapng"), ("%S.pcap", "pcap")] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut sink = sink(&folder.path().join(name), 2, 0);
        for tick in 0..=70 {
            assert_eq!(FrameSink::idle(&mut sink, at(100 * tick)), Room::More);
        }
        sink.finish().expect("room");
        let expected = ["00", "02", "04", "06"].map(|second| format!("{second}.{format}"));
        assert_eq!(names(folder.path()), expected);
        for name in expected {
            let path = folder.path().join(name);
            assert_eq!(packets(&path), 0);
            // Whoever opens it sees what was captured on, though nothing came.
            let told = tool("capinfos", &[text(path)]);
            assert!(told.status.success(), "{told:?}");
            let told = String::from_utf8_lossy(&told.stdout).into_owned();
            assert!(told.contains("Ethernet"), "{told}");
            assert!(format == "pcap" || told.contains("Name = eth0"), "{told}");
        }
    }
}

#[test]
fn an_idle_link_ends_after_so_many_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = sink(&folder.path().join("%S"), 1, 3);
    let ends = (0..100).find(|&tick| FrameSink::idle(&mut sink, at(500 * tick)) == Room::Enough);
    assert_eq!(ends, Some(6));
    sink.finish().expect("room");
    assert_eq!(names(folder.path()), ["00", "01", "02"]);
}

#[test]
fn a_clock_set_back_loses_no_file_and_stops_no_rotation() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut sink = sink(&folder.path().join("%M%S"), 10, 0);
    for second in [30, 35, 40, 45, 50, 20, 25, 30, 35, 40, 50, 60] {
        assert_eq!(FrameSink::idle(&mut sink, at(1000 * second)), Room::More);
    }
    sink.finish().expect("room");
    // The file of 0050 goes on until 0030 comes again.
    let expected = ["0030", "0030.2", "0040", "0040.2", "0050", "0050.2", "0100"];
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn a_fault_is_kept_for_the_end() {
    let mut sink = sink(Path::new("/nonexistent/%S"), 1, 0);
    assert_eq!(FrameSink::idle(&mut sink, at(0)), Room::Enough);
    assert_eq!(FrameSink::idle(&mut sink, at(1000)), Room::Enough);
    let error = sink.finish().expect_err("a fault").to_string();
    assert!(error.contains("/nonexistent/00"), "{error}");
    assert!(error.contains("mkdir -p /nonexistent"), "{error}");
}
