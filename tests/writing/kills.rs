//! kill -9 at any moment: what is left is readable, and holds all that was handed to the system.
//!
//! One thing no program can help: a kill in the middle of a `write` stops the kernel between two
//! pages, so that the file then ends with a part of a record, at the end of a page. All readers
//! read up to there.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use icmpdump::model::SourceId;
use icmpdump::source::open::open;
use icmpdump::source::{DamageKind, Source, Step};

use crate::common::{assert_none, command, complaints, tool, wait_until};
use crate::{header, names, record, text};

/// How many runs are killed.
const KILLS: u32 = 500;
/// The smallest page of any machine.
const PAGE: u64 = 4096;
/// Packets that are sent, and waited for, before.
const SURE: u32 = 5;

/// How a run writes, and where what it was sure of lies.
struct Way {
    name: &'static str,
    options: &'static [&'static str],
    /// The file that has the first packets.
    first: &'static str,
}

const WAYS: &[Way] = &[
    Way {
        name: "t.pcap",
        options: &[],
        first: "t.pcap",
    },
    Way {
        name: "t.pcapng",
        options: &["-U"],
        first: "t.pcapng",
    },
    Way {
        name: "t.pcapng",
        options: &["--annotate", "--print", "--json"],
        first: "t.pcapng",
    },
    Way {
        name: "%S.pcap",
        options: &["-G", "1"],
        first: "00.pcap.part",
    },
    Way {
        name: "t.pcap",
        options: &["-C", "4k"],
        first: "t.pcap.part",
    },
];

/// A number that no run has in common with another.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Sends packets until nobody takes them any more; in bursts, since that is how buffers fill.
fn feed(mut pipe: impl Write) {
    let mut burst = Vec::new();
    for number in SURE.. {
        burst.extend(record(
            number,
            number / 200,
            number % 200,
            60 + number % 900,
        ));
        if number % 37 == 0 {
            if pipe.write_all(&burst).is_err() {
                return;
            }
            burst.clear();
            std::thread::sleep(Duration::from_micros(300));
        }
    }
}

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// The kernel stopped in the middle of a record.
    Torn,
}

/// Reads a file, hands each packet to `check`, and says how it ends; or what is wrong with it.
pub(super) fn read(
    path: &Path,
    mut check: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<End, String> {
    let mut source = open(path, SourceId(0)).map_err(|error| error.to_string())?;
    while source.advance() == Step::Frame {
        check(source.frame().map_or(&[][..], |frame| frame.data))?;
    }
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    match source.damage().as_slice() {
        [] => Ok(End::Whole),
        [damage] if damage.kind == DamageKind::Cut && length.is_multiple_of(PAGE) => Ok(End::Torn),
        damage => Err(format!("{length} octets: {damage:?}")),
    }
}

/// Reads the packets of a file, which have to be there in order, from `next` on.
fn held(path: &Path, next: &mut u32) -> Result<End, String> {
    read(path, |data| {
        let number = data.first_chunk().copied();
        if number != Some(next.to_be_bytes()) {
            return Err(format!("packet {next} is {number:?}"));
        }
        *next += 1;
        Ok(())
    })
}

/// The files of a run in the order of their packets.
fn in_order(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = names(folder)
        .into_iter()
        .map(|name| {
            let plain = name.trim_end_matches(".part").to_owned();
            (plain.len(), plain, folder.join(name))
        })
        .collect();
    files.sort();
    files.into_iter().map(|(.., path)| path).collect()
}

/// Kills one run that reads a pipe, and gives what is wrong with what it leaves.
fn kill(command: &mut Command, way: &Way, folder: &Path) -> Vec<String> {
    command
        .args(way.options)
        .args(["-w", &text(folder.join(way.name))])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let mut octets = header();
    for number in 0..SURE {
        octets.extend(record(number, 0, 0, 60));
    }
    pipe.write_all(&octets).expect("it reads");
    // Nothing comes for a moment: all is to be handed to the system.
    let first = folder.join(way.first);
    wait_until("the first packets", || {
        first.is_file() && {
            let mut next = 0;
            held(&first, &mut next) == Ok(End::Whole) && next == SURE
        }
    });
    let feeder = std::thread::spawn(move || feed(pipe));
    std::thread::sleep(Duration::from_micros(random() % 20_000));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    feeder.join().expect("the feeder ends");
    let mut wrong = Vec::new();
    let mut next = 0;
    let files = in_order(folder);
    for (at, path) in files.iter().enumerate() {
        // One that was just begun may be there without its header.
        if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            fs::remove_file(path).expect("it is there");
            continue;
        }
        match held(path, &mut next) {
            Ok(End::Whole) => {}
            Ok(End::Torn) if at + 1 == files.len() => {}
            other => wrong.push(format!("{}: {other:?}", path.display())),
        }
    }
    if next < SURE {
        wrong.push(format!("{next} of {SURE} packets are left"));
    }
    wrong
}

#[test]
fn a_kill_leaves_whole_records_and_all_that_was_handed_over() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let runs: Vec<_> = (0..KILLS)
        .zip(WAYS.iter().cycle())
        .map(|(number, way)| (way, root.path().join(number.to_string())))
        .collect();
    let wrong = complaints(&runs, |(way, folder)| {
        fs::create_dir(folder).expect("a folder");
        let mut command = command();
        command.args(["-r", "-"]);
        let wrong = kill(&mut command, way, folder);
        let what = |why| format!("{} {:?}: {why}", way.name, way.options);
        wrong.into_iter().map(what).collect()
    });
    assert_none(&wrong);
    // Others read them as well, up to their last whole record.
    let files: Vec<_> = runs
        .iter()
        .flat_map(|(_, folder)| in_order(folder))
        .collect();
    assert!(files.len() >= runs.len());
    let wrong = complaints(&files, |file| {
        let first = first_number(file);
        let (mut own, mut theirs) = (first, first);
        let end = held(file, &mut own);
        let told = tool("tcpdump", &["-r", &text(file.clone()), "-w", "-"]);
        let copy = PathBuf::from(text(file.clone()) + ".copy");
        fs::write(&copy, told.stdout).expect("room");
        let copied = held(&copy, &mut theirs);
        let whole = (own, end == Ok(End::Whole));
        if whole == (theirs, told.status.success()) && copied.is_ok() {
            Vec::new()
        } else {
            let fault = String::from_utf8_lossy(&told.stderr);
            vec![format!(
                "{}: {own} {end:?}, tcpdump {theirs} {copied:?} {fault}",
                file.display()
            )]
        }
    });
    assert_none(&wrong);
    let (whole, torn): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| held(file, &mut first_number(file)) == Ok(End::Whole));
    // Rare even where packets come as fast as here.
    assert!(torn.len() <= runs.len() / 10, "{torn:?}");
    let mut arguments = vec!["-c".to_owned()];
    arguments.extend(whole.into_iter().map(text));
    let told = tool("capinfos", &arguments);
    let fault = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{fault}");
}

/// The number of the first packet of a file; 0 where there is none.
fn first_number(path: &Path) -> u32 {
    let Ok(mut source) = open(path, SourceId(0)) else {
        return 0;
    };
    source.advance();
    let first = source.frame().and_then(|f| f.data.first_chunk().copied());
    first.map_or(0, u32::from_be_bytes)
}
