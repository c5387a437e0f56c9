//! What `-w` writes, read again by ourselves, by libpcap and by Wireshark's capinfos.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use icmpdump::model::{Frame, InterfaceId, LinkType, Options, SourceId, Timestamp};
use icmpdump::sink::capture::{CaptureOptions, CaptureSink, Flush};
use icmpdump::source::open::open;
use icmpdump::source::{InterfaceInfo, Resolution, Source, SourceInfo, Step};
use proptest::prelude::*;

const ETHERNET: LinkType = LinkType(1);
const RAW: LinkType = LinkType(101);

/// A frame that owns its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    interface: u32,
    link: LinkType,
    fcs_len: u8,
    nanos: i64,
    wire_len: u32,
    data: Vec<u8>,
}

impl Owned {
    fn new(link: LinkType, nanos: i64, data: &[u8]) -> Self {
        Self {
            interface: 0,
            link,
            fcs_len: 0,
            nanos,
            wire_len: u32::try_from(data.len()).unwrap(),
            data: data.to_vec(),
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            source: SourceId(0),
            number: 1,
            interface: Some(InterfaceId(self.interface)),
            ts: Timestamp::from_nanos(self.nanos),
            link: self.link,
            wire_len: self.wire_len,
            fcs_len: self.fcs_len,
            data: &self.data,
            options: Options::NONE,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        }
    }
}

fn source(interfaces: &[(Option<&str>, LinkType, Resolution)]) -> Vec<SourceInfo> {
    let interfaces = interfaces
        .iter()
        .map(|(name, link, resolution)| InterfaceInfo {
            name: name.map(str::to_owned),
            link: *link,
            filter: None,
            comments: Vec::new(),
            snaplen: 0,
            fcs_len: 0,
            resolution: *resolution,
        })
        .collect();
    vec![SourceInfo {
        id: SourceId(0),
        name: "test".to_owned(),
        format: "pcap",
        comments: Vec::new(),
        interfaces,
    }]
}

fn micros(link: LinkType) -> Vec<SourceInfo> {
    source(&[(None, link, Resolution::Microseconds)])
}

fn nanos(link: LinkType) -> Vec<SourceInfo> {
    source(&[(None, link, Resolution::Nanoseconds)])
}

fn create(path: &Path, flush: Flush) -> io::Result<CaptureSink> {
    CaptureSink::create(CaptureOptions {
        flush,
        ..CaptureOptions::new(path)
    })
}

fn write(path: &Path, frames: &[Owned], sources: &[SourceInfo]) -> io::Result<()> {
    let mut sink = create(path, Flush::WhenFull)?;
    for frame in frames {
        sink.write(&frame.frame(), sources, None)?;
    }
    sink.finish()
}

/// All frames of a file, and its interfaces.
fn read(path: &Path) -> (Vec<Owned>, Vec<InterfaceInfo>) {
    let mut source = open(path, SourceId(0)).unwrap();
    let mut frames = Vec::new();
    while source.advance() == Step::Frame {
        let frame = source.frame().unwrap();
        frames.push(Owned {
            interface: frame.interface.map_or(0, |InterfaceId(number)| number),
            link: frame.link,
            fcs_len: frame.fcs_len,
            nanos: frame.ts.as_nanos(),
            wire_len: frame.wire_len,
            data: frame.data.to_vec(),
        });
    }
    assert_eq!(source.damage(), [], "{}", path.display());
    (frames, source.describe().remove(0).interfaces)
}

/// What capinfos says of a file, which has to be able to read it to its end.
fn capinfos(path: &Path) -> String {
    let output = Command::new("capinfos")
        .arg(path)
        .output()
        .expect("capinfos runs ('make test' installs it)");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn pcap_keeps_the_resolution_of_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    let coarse = [Owned::new(ETHERNET, 1_700_000_000_123_456_000, &[1; 60])];
    write(&path, &coarse, &micros(ETHERNET)).unwrap();
    assert_eq!(fs::read(&path).unwrap()[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
    assert_eq!(read(&path).0, coarse);

    let fine = [Owned::new(ETHERNET, 1_700_000_000_123_456_789, &[1; 60])];
    write(&path, &fine, &nanos(ETHERNET)).unwrap();
    assert_eq!(fs::read(&path).unwrap()[..4], [0x4d, 0x3c, 0xb2, 0xa1]);
    assert_eq!(read(&path).0, fine);
    assert!(capinfos(&path).contains("nanoseconds"));
}

#[test]
fn libpcap_reads_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let mut cut = Owned::new(RAW, 1_700_000_000_000_001_000, &[0x45, 2, 3]);
    cut.wire_len = 1500;
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        write(&path, &[cut.clone(), cut.clone()], &micros(RAW)).unwrap();
        let mut capture = pcap::Capture::from_file(&path).unwrap();
        assert_eq!(capture.get_datalink().0, 12, "{name}");
        for _ in 0..2 {
            let packet = capture.next_packet().unwrap();
            assert_eq!((packet.header.len, packet.header.caplen), (1500, 3));
            assert_eq!(packet.header.ts.tv_usec, 1);
            assert_eq!(packet.data, [0x45, 2, 3]);
        }
        assert_eq!(capture.next_packet(), Err(pcap::Error::NoMorePackets));
    }
}

#[test]
fn pcapng_keeps_each_interface() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.PCAPNG");
    let sources = source(&[
        (Some("eth0"), ETHERNET, Resolution::Microseconds),
        (Some("tun0"), RAW, Resolution::Nanoseconds),
    ]);
    let mut raw = Owned::new(RAW, 1_700_000_000_123_456_789, &[0x60; 41]);
    raw.interface = 1;
    let ethernet = Owned::new(ETHERNET, 1_700_000_001_000_000_000, &[0; 60]);
    write(
        &path,
        &[raw.clone(), ethernet.clone(), raw.clone()],
        &sources,
    )
    .unwrap();

    // Interfaces are numbered as they first come.
    let (frames, interfaces) = read(&path);
    let names: Vec<_> = interfaces
        .iter()
        .filter_map(|i| i.name.as_deref())
        .collect();
    assert_eq!(names, ["tun0", "eth0"]);
    assert_eq!(
        frames.iter().map(|f| f.interface).collect::<Vec<_>>(),
        [0, 1, 0]
    );
    assert_eq!(frames[0].data, raw.data);
    assert_eq!(frames[0].nanos, raw.nanos);
    assert_eq!(frames[1].data, ethernet.data);
    let told = capinfos(&path);
    assert!(
        told.contains("Name = tun0") && told.contains("Name = eth0"),
        "{told}"
    );
    assert!(told.contains("Number of packets:   3"), "{told}");
}

#[test]
fn sources_of_a_merge_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcapng");
    let mut sources = micros(ETHERNET);
    sources.extend(micros(ETHERNET));
    sources[1].id = SourceId(1);
    sources[1].name = "other.pcap".to_owned();
    let frame = Owned::new(ETHERNET, 0, &[0; 60]);
    let mut sink = create(&path, Flush::WhenFull).unwrap();
    sink.write(&frame.frame(), &sources, None).unwrap();
    let second = Frame {
        source: SourceId(1),
        ..frame.frame()
    };
    sink.write(&second, &sources, None).unwrap();
    sink.finish().unwrap();
    assert_eq!(read(&path).1.len(), 2);
    let told = capinfos(&path);
    assert!(told.contains("Description = other.pcap"), "{told}");
}

#[test]
fn pcap_refuses_a_second_link_type_and_names_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.pcap");
    let first = Owned::new(ETHERNET, 0, &[0; 60]);
    let error = write(
        &path,
        &[first.clone(), Owned::new(RAW, 0, &[0x45])],
        &micros(RAW),
    )
    .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let text = error.to_string();
    for part in ["both.pcap", "EN10MB", "RAW", "101", ".pcapng"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn check_sequences_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut frame = Owned::new(ETHERNET, 0, &[7; 64]);
    frame.fcs_len = 4;
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        write(&path, &[frame.clone()], &micros(ETHERNET)).unwrap();
        assert_eq!(read(&path).0, [frame.clone()], "{name}");
    }
}

#[test]
fn errors_name_the_file() {
    let missing = Path::new("/nonexistent/a.pcap");
    let error = create(missing, Flush::WhenFull).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("/nonexistent/a.pcap"), "{error}");

    let full = Path::new("/dev/full");
    if full.exists() {
        let frame = Owned::new(ETHERNET, 0, &[0; 60]);
        let error = write(full, &[frame], &micros(ETHERNET)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().contains("/dev/full"), "{error}");
    }
}

#[test]
fn a_file_without_frames_is_a_capture() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.pcap", "a.pcapng"] {
        let path = folder.path().join(name);
        write(&path, &[], &[]).unwrap();
        assert_eq!(read(&path).0, []);
        capinfos(&path);

        let mut sink = create(&path, Flush::EachPacket).unwrap();
        sink.begin(&micros(RAW)).unwrap();
        assert!(fs::metadata(&path).unwrap().len() >= 24);
        sink.write(&Owned::new(RAW, 0, &[0x45]).frame(), &micros(RAW), None)
            .unwrap();
        sink.finish().unwrap();
        assert_eq!(read(&path).0.len(), 1, "{name}");
    }
}

#[test]
fn the_file_ends_with_a_whole_record_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let sources = micros(ETHERNET);
    for name in ["a.pcap", "a.pcapng"] {
        for flush in [Flush::EachPacket, Flush::WhenFull] {
            let path = folder.path().join(name);
            let mut sink = create(&path, flush).unwrap();
            let mut seen = 0;
            for number in 0..300_usize {
                let data = vec![0x0a; 100 + number * 7];
                sink.write(&Owned::new(ETHERNET, 0, &data).frame(), &sources, None)
                    .unwrap();
                if fs::metadata(&path).unwrap().len() == 0 {
                    continue;
                }
                let frames = read(&path).0.len();
                match flush {
                    Flush::EachPacket => assert_eq!(frames, number + 1),
                    Flush::WhenFull => assert!(frames >= seen && frames <= number + 1),
                }
                seen = frames;
            }
            assert!(seen > 200, "{seen}");
            sink.finish().unwrap();
            assert_eq!(read(&path).0.len(), 300);
        }
    }
}

#[test]
fn times_beyond_the_format_are_clamped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    for (name, limit) in [("a.pcap", 2_i64), ("a.pcapng", 1)] {
        let path = folder.path().join(name);
        let mut sink = create(&path, Flush::WhenFull).unwrap();
        for nanos in [-1, i64::MAX] {
            let frame = Owned::new(ETHERNET, nanos, &[0; 60]);
            sink.write(&frame.frame(), &micros(ETHERNET), None).unwrap();
        }
        assert_eq!(sink.times_clamped(), limit.unsigned_abs(), "{name}");
        sink.finish().unwrap();
        let times: Vec<_> = read(&path).0.iter().map(|frame| frame.nanos).collect();
        assert!(times[0] < 1_000_000_000 && times[1] > i64::from(u32::MAX) * 1_000_000_000);
    }
}

fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = root.join("../shared/captures");
    if !shared.exists() {
        eprintln!(
            "NOT TESTED on public captures: no folder {}",
            shared.display()
        );
    }
    [
        root.join("testdata"),
        shared.join("tcpdump"),
        shared.join("zeek"),
    ]
    .into_iter()
    .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
    .map(|entry| entry.path())
    .filter(|path| path.is_file() && path.extension().is_some_and(|e| e != "md"))
    .collect()
}

#[test]
fn copies_of_captures_hold_the_same_frames() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.pcapng");
    let mut frames = 0_u64;
    for path in captures() {
        let Ok(mut original) = open(&path, SourceId(0)) else {
            continue;
        };
        let mut sink = create(&copy, Flush::WhenFull).unwrap();
        while original.advance() == Step::Frame {
            sink.write(&original.frame().unwrap(), &original.describe(), None)
                .unwrap();
        }
        // pcapng in nanoseconds holds no time before 1970.
        let clamped = sink.times_clamped() > 0;
        sink.finish().unwrap();

        let mut original = open(&path, SourceId(0)).unwrap();
        let mut written = open(&copy, SourceId(0)).unwrap();
        while original.advance() == Step::Frame {
            assert_eq!(written.advance(), Step::Frame, "{}", path.display());
            let (a, b) = (original.frame().unwrap(), written.frame().unwrap());
            let facts = |f: &Frame<'_>| (f.number, f.link, f.wire_len, f.fcs_len);
            assert_eq!(facts(&a), facts(&b), "{}", path.display());
            assert!(a.ts == b.ts || clamped, "{}", path.display());
            assert!(a.data == b.data, "{} frame {}", path.display(), a.number);
            frames += 1;
        }
        assert_eq!(written.advance(), Step::End, "{}", path.display());
        assert_eq!(written.damage(), []);
    }
    assert!(frames > 1000, "{frames}");
}

fn frame() -> impl Strategy<Value = Owned> {
    let data = prop::collection::vec(any::<u8>(), 0..300);
    (0..3_u32, 0..i64::MAX, 0..2000_u32, data).prop_map(|(interface, nanos, more, data)| Owned {
        interface,
        link: [ETHERNET, RAW, LinkType(276)][usize::try_from(interface).unwrap()],
        fcs_len: 0,
        nanos,
        wire_len: u32::try_from(data.len()).unwrap() + more,
        data,
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_again(frames in prop::collection::vec(frame(), 0..20)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        let fine = Resolution::Nanoseconds;
        let sources = source(&[
            (Some("a"), ETHERNET, fine),
            (None, RAW, fine),
            (Some("c\u{1b}[0m\u{fffd}"), LinkType(276), fine),
        ]);
        write(&path, &frames, &sources).unwrap();
        let (read, interfaces) = read(&path);
        prop_assert_eq!(read.len(), frames.len());
        for (was, is) in frames.iter().zip(&read) {
            let described = &interfaces[usize::try_from(is.interface).unwrap()];
            let known = &sources[0].interfaces[usize::try_from(was.interface).unwrap()];
            prop_assert_eq!((&described.name, described.link), (&known.name, known.link));
            prop_assert_eq!(&Owned { interface: was.interface, ..is.clone() }, was);
        }
    }
}
