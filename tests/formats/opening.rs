//! What cannot be opened is told by name, with what was expected and what to do.

use std::io::Write;
use std::path::Path;

use icmpdump::model::SourceId;
use icmpdump::source::{self, OpenError};

use crate::build::{Order, sample};
use crate::read::octets;

fn refusal(content: &[u8]) -> String {
    match octets(content) {
        Err(e) => e.to_string(),
        Ok(read) => panic!("opened: {read:?}"),
    }
}

fn open_error(path: &Path) -> OpenError {
    match source::open(path, SourceId(0)) {
        Err(e) => e,
        Ok(_) => panic!("{} opened", path.display()),
    }
}

#[test]
fn what_is_not_there_or_not_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing.pcap");
    let text = open_error(&missing).to_string();
    assert!(matches!(open_error(&missing), OpenError::NotFound { .. }));
    assert!(text.starts_with(&*missing.to_string_lossy()), "{text}");
    assert!(
        text.contains("no such file") && text.contains("-r expects"),
        "{text}"
    );

    let directory = open_error(folder.path());
    assert!(
        matches!(directory, OpenError::Directory { .. }),
        "{directory}"
    );

    let file = folder.path().join("file");
    std::fs::write(&file, sample(1)).expect("room");
    let below = open_error(&file.join("below"));
    assert!(matches!(below, OpenError::NotADirectory { .. }), "{below}");
}

#[test]
fn empty_files_and_streams() {
    assert!(refusal(b"").contains("is empty"));
    let empty = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let text = refusal(&empty.finish().expect("to memory"));
    assert!(
        text.contains("holds nothing inside its gzip stream"),
        "{text}"
    );
}

#[test]
fn what_other_files_look_like() {
    let mut tar = vec![b'a'; 257];
    tar.extend(b"ustar\0");
    let record = crate::build::record(Order::Little, [1_700_000_000, 5, 60, 60], &[7; 60]);
    let erf = [
        &[0, 0, 0, 0, 0, 0, 0, 0x60, 2, 4, 0, 80, 0, 0, 0, 64][..],
        &[7; 64],
    ]
    .concat();
    let chance = [&erf[..16], &[0xff; 400]].concat();
    for (content, looks) in [
        (&b"\x7fELF\x02\x01\x01\0\0\0"[..], "an ELF program"),
        (b"\x89PNG\r\n\x1a\n0000", "a PNG image"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
        (b"{\"type\":\"icmp\"}\n", "JSON text"),
        (b"  \n[1, 2]", "JSON text"),
        (b"[ [{\"a\": 1}]]", "JSON text"),
        (b"[null, true]", "JSON text"),
        (b"[package]\nname = \"a\"\n", "text"),
        (b"[[bin]]\nname = \"a\"\n", "text"),
        (b"[trueish]\n", "text"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\n<HTML lang=en>", "an HTML page"),
        (b"<?xml version=\"1.0\"?>", "XML"),
        (b"08:25:50.469444 IP 172.17.0.1 > 172.17.0.2", "text"),
        ("Gr\u{fc}\u{df}e".as_bytes(), "text"),
        (b"snoop\0\0\0\0\0\0\x02", "a Solaris snoop capture"),
        (b"GMBU\0\x02\x01\0", "a Microsoft Network Monitor 2 capture"),
        (b"RTSS\x01\x01", "a Microsoft Network Monitor 1 capture"),
        (b"BZh91AY&SY", "bzip2 data"),
        (&tar, "a tar archive"),
        (&record, "without the file header"),
        (&erf, "ERF"),
        (&[0; 4096], "zero octets"),
        (&erf.repeat(2), "an Endace ERF capture"),
        // One head that could be of ERF is chance.
        (&chance, "binary data of no known kind"),
        (b"TR\0d\0\0\0\0", "an HP-UX nettl trace"),
        (b"\x01\x10\x4c\0\x01\x05Trace", "a Novell LANalyzer capture"),
        (b"\xd4\xc3", "too few to tell"),
        (b"\x0a\x0d\x0d\x0a\x1b\0\0\0\x01\x02\x03\x04", "binary data"),
        (b"\x80\x81\x82\x83\x84\x85", "binary data"),
    ] {
        let text = refusal(content);
        assert!(text.contains("is not a capture"), "{text}");
        assert!(text.contains(looks), "{looks}: {text}");
        assert!(text.contains("expected a pcap or pcapng capture"), "{text}");
        let first = format!("(first octets {:02x} {:02x}", content[0], content[1]);
        assert!(text.contains(&first), "{text}");
        assert!(
            !text.contains("FILE") && !text.contains('{') && !text.contains("Some("),
            "{text}"
        );
    }
    // The remedy is a command with the file's own name.
    let text = refusal(b"BZh91AY&SY");
    assert!(
        text.contains("bzip2 -dc ") && text.contains("/capture | icmpdump -r -"),
        "{text}"
    );
}

#[test]
fn compressed_files_that_hold_something_else() {
    let gzip = |content: &[u8]| {
        let level = flate2::Compression::default();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
        encoder.write_all(content).expect("to memory");
        encoder.finish().expect("to memory")
    };
    let text = refusal(&gzip(b"just a log\n"));
    assert!(
        text.contains("the gzip stream in it holds what looks like text"),
        "{text}"
    );

    let twice = gzip(&gzip(&sample(3)));
    let text = refusal(&twice);
    assert!(text.contains("gzip inside gzip"), "{text}");
    assert!(text.contains("gzip -dc "), "{text}");

    let text = refusal(&[0x1f, 0x8b, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(text.contains("is damaged: the gzip stream"), "{text}");
}

#[test]
fn names_tell_sources_apart() {
    let names = source::names(&["a/x.pcap", "b/x.pcap", "c/y.pcap", "-"]);
    assert_eq!(names, ["a/x.pcap", "b/x.pcap", "y.pcap", "-"]);
    let names = source::names(&["x.pcap", "x.pcap", "d/z.pcap"]);
    assert_eq!(names, ["x.pcap", "x.pcap#2", "z.pcap"]);
}
