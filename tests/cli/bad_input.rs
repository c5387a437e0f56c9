//! Inputs of every bad kind: the message names the file as it was given, the place where there is
//! one, what was expected, and what to do.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use crate::common::{Run, command, finish, run, run_with_input, testdata};
use crate::refusals::{EXPECTED, in_sentences, refused};

type Compress = fn(&[u8]) -> Vec<u8>;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(content).expect("memory");
    writer.finish().expect("memory")
}

fn zstd(content: &[u8]) -> Vec<u8> {
    let mut writer = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    writer.include_checksum(true).expect("a known option");
    writer.write_all(content).expect("memory");
    writer.finish().expect("memory")
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 0);
    writer.write_all(content).expect("memory");
    writer.finish().expect("memory")
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_size(lz4_flex::frame::BlockSize::Max64KB)
        .content_checksum(true);
    let mut writer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    writer.write_all(content).expect("memory");
    writer.finish().expect("memory")
}

const CODECS: [(&str, Compress); 4] = [("gzip", gzip), ("zstd", zstd), ("xz", xz), ("lz4", lz4)];

/// A name and octets as a file in a folder, and the run that reads it.
fn run_on(content: &[u8], name: &str, flags: &[&str]) -> (Run, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("room");
    let path = path.to_str().expect("UTF-8").to_owned();
    (run(&[&["-r", &path], flags].concat()), path)
}

/// Checks that what could be read was, and that one line tells the rest.
#[track_caller]
fn damaged(content: &[u8], name: &str, words: &[&str]) {
    let (run, path) = run_on(content, name, &["-q"]);
    let run = run.exits(3);
    in_sentences(
        &run,
        &[&[path.as_str(), "offset ", "frame "], words].concat(),
    );
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(run.out.contains("-- summary:"), "{}", run.out);
}

#[track_caller]
fn not_opened(content: &[u8], name: &str, code: i32, words: &[&str]) {
    let (run, path) = run_on(content, name, &[]);
    let run = refused(run, code, &[&[path.as_str(), EXPECTED], words].concat());
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
}

/// More than one block of any compression, which hand out whole blocks: 300 frames of noise.
fn long_capture() -> Vec<u8> {
    const LENGTH: u32 = 1400;
    let mut capture = fs::read(testdata("ping4.pcap")).expect("a capture");
    capture.truncate(24);
    let mut noise = 1_u32;
    for _ in 0..300 {
        for field in [1, 0, LENGTH, LENGTH] {
            capture.extend(field.to_le_bytes());
        }
        capture.extend((0..LENGTH).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        }));
    }
    capture
}

#[test]
fn compressed_captures_damaged_in_every_way() {
    let long = long_capture();
    for (name, compress) in CODECS {
        let packed = compress(&long);
        let stream = format!("the {name} stream");
        let half = packed.len() / 2;

        damaged(&packed[..half], name, &["cut short", &stream, "whole file"]);
        damaged(
            &packed[..packed.len() - 1],
            name,
            &["cut short", &stream, "before its end mark"],
        );
        let mut flipped = packed.clone();
        flipped[half] ^= 0x55;
        damaged(
            &flipped,
            name,
            &["damaged", "it may be wrong", "fetch the file again"],
        );
        damaged(
            &[&packed[..], b"and more"].concat(),
            name,
            &["damaged", &stream, "follow its end"],
        );

        not_opened(
            &packed[..7],
            name,
            3,
            &["cut short", "fetch the whole file"],
        );
        not_opened(&compress(b""), name, 1, &["holds nothing inside"]);
        not_opened(&compress(b"the capture of Tuesday\n"), name, 1, &["text"]);
        for (inner, compress_inner) in CODECS {
            let (run, path) = run_on(&compress(&compress_inner(&long)), name, &[]);
            let nested = format!("holds {inner} inside {name}");
            refused(run, 1, &[&path, &nested, &path, "| icmpdump -r -"]);
        }
    }
}

/// In our words, not in those of the libraries.
#[test]
fn checksums_and_headers_of_compressed_captures() {
    let whole = fs::read(testdata("ping4.pcap")).expect("a capture");
    let gz = gzip(&whole);
    let changed = |at: usize| {
        let mut octets = gz.clone();
        octets[at] ^= 1;
        octets
    };
    let checksum = "its checksum does not fit what it holds";
    damaged(&changed(gz.len() - 8), "gzip", &[checksum]);
    damaged(&changed(gz.len() - 1), "gzip", &["its length does not fit"]);
    // A method and flags that no gzip file has (RFC 1952 section 2.3.1).
    for (at, value) in [(2, 7), (3, 0xe0)] {
        let mut octets = gz.clone();
        octets[at] = value;
        not_opened(&octets, "gzip", 3, &["its header is wrong"]);
    }
    for (name, packed) in [("zstd", zstd(&whole)), ("lz4", lz4(&whole))] {
        let mut octets = packed;
        *octets.last_mut().expect("octets") ^= 1;
        damaged(&octets, name, &[checksum]);
    }
}

#[test]
fn files_that_are_no_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let socket = socket.to_str().expect("UTF-8");
    refused(run(&["-r", socket]), 1, &[socket, "is a socket", "-r -"]);
    refused(
        run(&["-r", "/dev/zero"]),
        1,
        &["/dev/zero", "zero", EXPECTED],
    );
    let mut closed = command();
    closed.args(["-r", "-"]).stdin(Stdio::null());
    refused(
        finish(&mut closed),
        1,
        &["- (standard input): is empty", EXPECTED],
    );
    let mut written_only = command();
    let null = fs::OpenOptions::new().write(true).open("/dev/null");
    written_only
        .args(["-r", "-"])
        .stdin(null.expect("a device"));
    refused(
        finish(&mut written_only),
        1,
        &["- (standard input): cannot be read", EXPECTED],
    );
}

/// Its type tells that it was one.
#[test]
fn pcapng_damaged_in_its_first_block() {
    let whole = fs::read(testdata("formats.pcapng")).expect("a capture");
    let magic = [
        "is damaged",
        "offset 8",
        "is 41 42 43 44",
        "fetch the file again",
    ];
    let mut other = whole.clone();
    other[8..12].copy_from_slice(b"ABCD");
    not_opened(&other, "a.pcapng", 3, &magic);
    not_opened(&gzip(&other), "a.pcapng.gz", 3, &magic);
    // A text may begin so.
    let text = b"\n\r\r\nThe capture of Tuesday\n";
    not_opened(text, "a.txt", 1, &["looks like text"]);
    other[4..8].fill(0x55);
    not_opened(&other, "a.pcapng", 1, &["no known kind"]);
    // Line ends as they are elsewhere.
    for (from, to) in [("\n", "\r\n"), ("\r\n", "\n"), ("\r", "\n"), ("\r", "")] {
        let changed = replaced(&whole, from.as_bytes(), to.as_bytes());
        let words = ["is damaged", "offset 0", "text mode", "binary mode"];
        not_opened(&changed, "a.pcapng", 3, &words);
    }
}

fn replaced(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut rest, mut out) = (octets, Vec::new());
    while let Some((first, behind)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(from) {
            out.extend(to);
            rest = behind;
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

/// Those that libpcap refuses are read as the last version is.
#[test]
fn versions_of_pcap_that_nobody_wrote() {
    let whole = fs::read(testdata("ping4.pcap")).expect("a capture");
    for (version, warned) in [
        ([9, 0, 4, 0], true),
        ([2, 0, 5, 0], true),
        ([2, 0, 4, 0], false),
    ] {
        let mut other = whole.clone();
        other[4..8].copy_from_slice(&version);
        let (run, _) = run_on(&other, "a.pcap", &["-q"]);
        let run = run.exits(0);
        assert!(run.out.contains("10 ICMP shown"), "{}", run.out);
        let words = format!(
            "warning: a.pcap: its header, at offset 4, tells version {}.{} of pcap",
            version[0], version[2]
        );
        assert_eq!(run.err.contains(&words), warned, "{}", run.err);
    }
}

/// The first octets of each format, which alone are no capture and no other file either.
#[test]
fn captures_cut_before_their_first_packet() {
    for name in ["ping4.pcap", "formats.pcapng"] {
        let whole = fs::read(testdata(name)).expect("a capture");
        for length in 1..4 {
            not_opened(&whole[..length], name, 1, &["too few to tell"]);
        }
        for length in [4, 8, 12, 16, 20, 23] {
            damaged(
                &whole[..length],
                name,
                &["cut short", "frame 1:", "offset 0,"],
            );
            let piped = run_with_input(&["-q", "-r", "-"], &whole[..length]).exits(3);
            in_sentences(&piped, &["- (standard input): cut short", "frame 1:"]);
        }
    }
}

#[test]
fn filter_files_that_cannot_be_used() {
    let ping = testdata("ping4.pcap");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let expected = "-F expects a text file that holds a filter expression";
    let here = folder.path().to_str().expect("UTF-8");
    refused(
        run(&["-r", &ping, "-F", here]),
        2,
        &[here, "is a directory", expected],
    );
    refused(
        run(&["-r", &ping, "-F", "/nonexistent/filter"]),
        2,
        &["/nonexistent/filter", "no such file", expected],
    );
    refused(
        run(&["-r", &ping, "-F", "/dev/zero"]),
        2,
        &["/dev/zero", "holds more than", expected],
    );
    refused(
        run(&["-r", &ping, "-F", &testdata("demo.pcap")]),
        2,
        &["demo.pcap", "is not text", expected],
    );
}

/// libpcap tells that there is an error, and not where.
#[test]
fn the_place_of_a_syntax_error() {
    let ping = testdata("ping4.pcap");
    for (filter, place) in [
        ("icmp and and udp", "syntax error at 'and' behind 'and'"),
        ("(icmp or udp", "syntax error at its end"),
        ("hots 10.0.0.1", "syntax error at 'hots', its beginning"),
    ] {
        refused(
            run(&["-r", &ping, filter]),
            2,
            &[filter, place, "man pcap-filter"],
        );
    }
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    writeln!(file, "icmp and and udp").expect("room");
    let name = file.path().to_str().expect("UTF-8");
    refused(
        run(&["-r", &ping, "-F", name]),
        2,
        &["-F", name, "syntax error at 'and'"],
    );
}
