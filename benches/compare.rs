//! Compares icmpdump with `cat`, tcpdump and tshark on the captures that `generate` writes, and
//! prints the result as Markdown: `make bench`.
//!
//! All tools read the same files from the page cache, in turns, in one run; the median counts.
//! What the machine does meanwhile hits all of them, so ratios are what can be compared.
//!
//! Environment: `ICMPDUMP_BENCH_DIR` (the captures), `RUNS` (5), `TSHARK` (0 leaves it out, 1 runs
//! it once, 2 also lets it write JSON, which takes minutes).

use std::env;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// One command line that is measured.
struct Contender {
    title: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    turns: Turns,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turns {
    /// In every round.
    All,
    /// In the first round, if `TSHARK` is at least this.
    Once(u32),
}

/// Stands for the capture in [`Contender::arguments`].
const FILE: &str = "FILE";
/// Stands for the binary under test in [`Contender::program`].
const OURS: &str = "icmpdump";

/// Shorthand for what runs in every round.
const fn every(
    title: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
) -> Contender {
    Contender {
        title,
        program,
        arguments,
        turns: Turns::All,
    }
}

/// Shorthand for tshark, which runs once.
const fn tshark(title: &'static str, arguments: &'static [&'static str], level: u32) -> Contender {
    Contender {
        title,
        program: "tshark",
        arguments,
        turns: Turns::Once(level),
    }
}

/// Find the ICMP among much else. `cat` and tcpdump are the yardsticks and stand first.
const MIXED: &[Contender] = &[
    every("cat", "cat", &[FILE]),
    every(
        "tcpdump: ICMP lines",
        "tcpdump",
        &["-n", "-r", FILE, "icmp or icmp6"],
    ),
    every("icmpdump: lines, verdicts, summary", OURS, &["-r", FILE]),
    every(
        "icmpdump: the same without originals",
        OURS,
        &["-r", FILE, "--originals", "off"],
    ),
    every("icmpdump --json", OURS, &["-r", FILE, "--json"]),
    tshark(
        "tshark: ICMP lines",
        &["-n", "-r", FILE, "-Y", "icmp or icmpv6"],
        1,
    ),
];

/// A line for each of many messages.
const PINGS: &[Contender] = &[
    every("cat", "cat", &[FILE]),
    every("tcpdump: a line each", "tcpdump", &["-n", "-r", FILE]),
    every("icmpdump: a line each, summary", OURS, &["-r", FILE]),
    every("icmpdump --json", OURS, &["-r", FILE, "--json"]),
    every("icmpdump -q: summary only", OURS, &["-r", FILE, "-q"]),
    tshark("tshark: a line each", &["-n", "-r", FILE], 1),
    tshark(
        "tshark: statistics only",
        &["-n", "-q", "-r", FILE, "-z", "icmp,srt"],
        1,
    ),
    tshark("tshark: JSON", &["-n", "-r", FILE, "-T", "ek"], 2),
];

/// What one run cost.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    /// User and system time, where the machine tells.
    processor: Option<Duration>,
    /// Largest resident set in KiB, where the machine tells.
    resident: Option<u64>,
}

fn main() -> ExitCode {
    // Without `run` this is a test run over all targets: nothing to do.
    if !env::args().any(|word| word == "run") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let folder = env::var_os("ICMPDUMP_BENCH_DIR").map_or("benches/data".into(), PathBuf::from);
    let runs = number("RUNS", 5)?.max(1);
    let level = number("TSHARK", 1)?;
    println!("{}", machine());
    for (name, work, contenders) in [
        ("mixed", "find the ICMP, 1 % of the packets", MIXED),
        ("pings", "nothing but pings", PINGS),
    ] {
        let file = folder.join(name).with_extension("pcap");
        let account = fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
        let size = account.lines().next().unwrap_or("size unknown").to_owned();
        println!("\n**{name}.pcap**, {size}: {work}\n");
        warm(&file)?;
        verify(&file, &account)?;
        compare(&file, contenders, runs, level)?;
    }
    Ok(())
}

fn number(variable: &str, default: u32) -> Result<u32> {
    match env::var(variable) {
        Ok(text) => text.parse().with_context(|| format!("{variable}={text}")),
        Err(_) => Ok(default),
    }
}

/// Reads the file, so that all contenders find it in the page cache.
fn warm(file: &Path) -> Result<()> {
    let mut input = File::open(file)
        .with_context(|| format!("cannot read {}: run 'make bench-data'", file.display()))?;
    io::copy(&mut input, &mut io::sink())?;
    Ok(())
}

fn compare(file: &Path, contenders: &[Contender], runs: u32, level: u32) -> Result<()> {
    let mut costs: Vec<Vec<Cost>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..runs {
        for (contender, costs) in contenders.iter().zip(&mut costs) {
            let due = match contender.turns {
                Turns::All => true,
                Turns::Once(from) => round == 0 && level >= from,
            };
            if due {
                progress(&format!("{} of {runs}: {}", round + 1, contender.title));
                costs.push(measure(contender, file)?);
            }
        }
    }
    progress("");
    print_table(contenders, &costs);
    Ok(())
}

/// Says on a terminal what is going on, in place of what was said before.
fn progress(text: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}

/// Makes sure that what is measured does its work: it has to count all packets of the file.
fn verify(file: &Path, account: &str) -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_icmpdump"))
        .arg("-r")
        .arg(file)
        .args(["--json", "--emit", "summary"])
        .output()?;
    let last = output
        .stdout
        .trim_ascii_end()
        .rsplit(|octet| *octet == b'\n')
        .next();
    let summary: serde_json::Value =
        serde_json::from_slice(last.unwrap_or_default()).unwrap_or_default();
    let counted = summary
        .pointer("/frames/read")
        .and_then(serde_json::Value::as_u64);
    let packets = account
        .split_once(" octets, ")
        .and_then(|(_, rest)| rest.split_once(" packets"))
        .and_then(|(packets, _)| packets.parse().ok());
    if packets.is_some() && counted != packets {
        bail!(
            "{}: icmpdump counts {counted:?} packets of {packets:?}",
            file.display()
        );
    }
    Ok(())
}

fn print_table(contenders: &[Contender], costs: &[Vec<Cost>]) {
    let median = |of: &[Cost], value: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = of.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let wall = |cost: &Cost| cost.wall.as_secs_f64();
    let yardstick = |program: &str| {
        let at = contenders.iter().position(|c| c.program == program)?;
        median(costs.get(at)?, wall)
    };
    let (cat, tcpdump) = (yardstick("cat"), yardstick("tcpdump"));
    println!("| | time | x cat | x tcpdump | processor | memory |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (contender, costs) in contenders.iter().zip(costs) {
        let Some(time) = median(costs, wall) else {
            continue;
        };
        let ratio = |to: Option<f64>| to.map_or("-".to_owned(), |to| significant(time / to));
        let processor = costs.iter().filter_map(|cost| cost.processor).min();
        let resident = costs.iter().filter_map(|cost| cost.resident).max();
        println!(
            "| {} | {} s | {} | {} | {} | {} |",
            contender.title,
            significant(time),
            ratio(cat),
            ratio(tcpdump),
            processor.map_or("-".to_owned(), |t| format!(
                "{} s",
                significant(t.as_secs_f64())
            )),
            resident.map_or("-".to_owned(), |kib| format!("{} MiB", kib.div_ceil(1024))),
        );
    }
}

/// Two digits at least, and no more than three behind the point.
fn significant(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        0.1.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// GNU time tells memory and processor time; the wall clock is ours, as its own is coarse.
const GNU_TIME: &str = "/usr/bin/time";

fn measure(contender: &Contender, file: &Path) -> Result<Cost> {
    let program = match contender.program {
        OURS => env!("CARGO_BIN_EXE_icmpdump"),
        other => other,
    };
    let gnu = Command::new(GNU_TIME)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    let report = env::temp_dir().join(format!("icmpdump-bench-{}", std::process::id()));
    let mut command = if gnu {
        let mut time = Command::new(GNU_TIME);
        time.args(["-f", "%M %U %S", "-o"])
            .arg(&report)
            .arg(program);
        time
    } else {
        Command::new(program)
    };
    for argument in contender.arguments {
        match *argument {
            FILE => command.arg(file),
            other => command.arg(other),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let output = command.stderr(Stdio::piped()).output();
    let wall = start.elapsed();
    let output = output.with_context(|| format!("cannot run {}", contender.program))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}: {}: {}", contender.title, output.status, said.trim());
    }
    let told = if gnu {
        fs::read_to_string(&report)?
    } else {
        String::new()
    };
    let _ = fs::remove_file(&report);
    let mut fields = told.split_ascii_whitespace();
    let resident = fields.next().and_then(|field| field.parse().ok());
    let mut seconds = || fields.next()?.parse().ok().map(Duration::from_secs_f64);
    Ok(Cost {
        wall,
        processor: seconds().zip(seconds()).map(|(user, system)| user + system),
        resident,
    })
}

/// What was compared with what, on what.
fn machine() -> String {
    let first_line = |program: &str| {
        let output = Command::new(program).arg("--version").output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().next().map(str::to_owned)
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let tools: Vec<String> = ["tcpdump", "tshark"]
        .iter()
        .filter_map(|t| first_line(t))
        .collect();
    format!(
        "icmpdump {}, {}; {cores} cores, files in the page cache, output to /dev/null, median",
        env!("CARGO_PKG_VERSION"),
        tools.join(", "),
    )
}
