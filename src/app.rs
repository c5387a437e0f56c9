//! Wires it all: opens the sources, builds the sinks, runs the pipeline, tells the exit status.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR2, SIGXFSZ};

use crate::config::{Buffering, Config, Input, Output};
use crate::fallback::Fallback;
use crate::privilege::{self, Identity, Needs};
use crate::progress::Progress;
use icmpdump::correlate::Correlator;
use icmpdump::model::{Frame, LinkType, SourceId};
use icmpdump::pipeline::{Observer, Pipeline, Requests};
use icmpdump::record::{IcmpEvent, Record, Summary};
use icmpdump::sink::capture::{CaptureOptions, CaptureSink, is_same_file};
use icmpdump::sink::json::JsonOptions;
use icmpdump::sink::{FrameSink, JsonSink, Room, Sink, TextSink};
use icmpdump::source::merge::merge;
use icmpdump::source::open::{self, OpenError};
use icmpdump::source::{self, DamageKind, Source, SourceInfo};
use icmpdump::wire::link;

/// What the run came to; exit statuses as documented in `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Damaged = 3,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Runs as configured. Messages go to standard error.
///
/// # Errors
///
/// What made the run impossible.
pub(crate) fn run(mut config: Config) -> anyhow::Result<Status> {
    let stop = stop_on_signals()?;
    let requests = requests_by_signals(config.capture.as_ref())?;
    let Input::Files(paths) = &config.input;
    if let Some(file) = &config.capture
        && let Some(input) = paths.iter().find(|input| is_same_file(input, &file.path))
    {
        complain(&format!(
            "-w {} would overwrite the capture that -r reads; write to another file",
            input.display()
        ));
        return Ok(Status::Usage);
    }
    let names = open::names(paths);
    let mut status = Status::Done;
    let mut sources = Vec::new();
    for (path, name) in paths.iter().zip(names) {
        let id = SourceId(u16::try_from(sources.len()).context("more than 65536 files")?);
        match open::open_as(path, id, name) {
            Ok(source) => sources.push(source),
            Err(error) => {
                complain(&error);
                status = worse(status, status_of(&error));
            }
        }
    }
    if sources.is_empty() {
        return Ok(status);
    }
    let mut source = merge(sources);
    let links: Vec<_> = source
        .describe()
        .iter()
        .flat_map(|info| info.interfaces.iter().map(|interface| interface.link))
        .collect();
    if let Err(error) = config.filter.check(&links) {
        complain(&error);
        return Ok(Status::Usage);
    }
    let identity = privilege::give_up_root(&config.run_as)?;
    match pipe(config, &mut source, &stop, &requests, &identity) {
        Ok((summary, verdict)) => Ok(worse(status, worse(verdict, damage(&summary.damaged)))),
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(status),
        Err(error) => Err(error.into()),
    }
}

/// Builds the sinks and runs the pipeline through them.
fn pipe(
    config: Config,
    source: &mut impl Source,
    stop: &AtomicBool,
    requests: &Requests,
    identity: &Identity,
) -> io::Result<(Summary, Status)> {
    let out = Named(io::stdout().lock());
    let counting = matches!(config.output, Output::Count);
    let mut sink: Box<dyn Sink> = match config.output {
        Output::Text(options) => Box::new(TextSink::new(out, options)),
        Output::Json(emit) => Box::new(JsonSink::new(out, JsonOptions { emit })),
        Output::Count | Output::None => Box::new(Nothing),
    };
    if config.buffering == Buffering::Record {
        sink = Box::new(EachRecord(sink));
    }
    let mut sink = Fallback::new(sink, stop);
    let mut counter = Counter::default();
    let needs = Needs {
        write_beneath: (config.capture.iter())
            .filter_map(|file| privilege::folder_to_write(&file.path))
            .collect(),
        ..Needs::default()
    };
    let mut writer = config
        .capture
        .map(CaptureSink::create)
        .transpose()
        .map_err(|error| identity.explain(error))?;
    let report = privilege::confine(config.sandbox, &needs, identity);
    if config.tell {
        complain(&report);
    }
    let frames: Option<&mut dyn FrameSink> = match &mut writer {
        Some(writer) => Some(writer),
        None if counting => Some(&mut counter),
        None => None,
    };
    let mut observer = Stderr {
        progress: Progress::new(),
    };
    let mut pipeline = Pipeline {
        filter: config.filter,
        correlator: Correlator::new(&config.correlate),
        sink: &mut sink,
        frames,
        limit: config.limit,
        stop,
        requests,
        observer: &mut observer,
    };
    let ran = pipeline.run(source);
    let verdict = pipeline.filter.verdict();
    observer.progress.finish();
    // The capture is ended in order whatever became of the lines.
    let written = writer.map_or(Ok(()), finish);
    let mut status = Status::Done;
    // Whoever reads the capture from a pipe may have seen enough.
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        complain(&identity.explain(error));
        status = Status::Failed;
    }
    if let Some((fault, story)) = sink.finish() {
        complain(&format!("{fault}; what is known by now goes here:"));
        let _ = io::stderr().write_all(&story);
        status = Status::Failed;
    }
    let summary = ran.map_err(|error| identity.explain(error))?;
    if counting {
        let packets = if counter.0 == 1 { "packet" } else { "packets" };
        writeln!(Named(io::stdout().lock()), "{} {packets}", counter.0)?;
    }
    if let Err(error) = verdict {
        complain(&error);
        status = Status::Usage;
    }
    for damage in &summary.damaged {
        complain(&told(damage, &source.describe()));
    }
    Ok((summary, status))
}

/// Ends the file that frames are written to.
fn finish(writer: CaptureSink) -> io::Result<()> {
    let clamped = writer.times_clamped();
    writer.finish()?;
    if clamped > 0 {
        complain(&format!(
            "warning: {clamped} frames have times that the file format cannot hold; they carry \
             the nearest it can"
        ));
    }
    Ok(())
}

/// The first signal stops the run, which then ends in order; the second ends it at once.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .context("signal handler")?;
    }
    Ok(stop)
}

/// SIGUSR2 flushes. SIGHUP reopens what `-w` writes; without it, a terminal that is closed ends the
/// run as any other program's. A file that grows beyond its limit is an error, not the end.
fn requests_by_signals(capture: Option<&CaptureOptions>) -> anyhow::Result<Requests> {
    let requests = Requests::default();
    let register = |signal, flag: &Arc<AtomicBool>| {
        signal_hook::flag::register(signal, Arc::clone(flag)).context("signal handler")
    };
    register(SIGUSR2, &requests.flush)?;
    register(SIGXFSZ, &Arc::default())?;
    if capture.is_some() {
        register(SIGHUP, &requests.reopen)?;
    }
    Ok(requests)
}

fn status_of(error: &OpenError) -> Status {
    match error {
        OpenError::Cut { .. } | OpenError::Damaged { .. } => Status::Damaged,
        _ => Status::Failed,
    }
}

fn damage(damaged: &[source::Damage]) -> Status {
    damaged
        .iter()
        .map(|damage| match damage.kind {
            DamageKind::Io => Status::Failed,
            DamageKind::Cut | DamageKind::Corrupt => Status::Damaged,
        })
        .fold(Status::Done, worse)
}

/// The status to end with of two: usage before failure before damage.
fn worse(a: Status, b: Status) -> Status {
    let rank = |status| match status {
        Status::Done => 0,
        Status::Damaged => 1,
        Status::Failed => 2,
        Status::Usage => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

fn told(damage: &source::Damage, sources: &[SourceInfo]) -> String {
    let name = sources
        .iter()
        .find(|source| source.id == damage.source)
        .map_or("input", |source| source.name.as_str());
    let what = match damage.kind {
        DamageKind::Cut => "cut short",
        DamageKind::Corrupt => "damaged",
        DamageKind::Io => "cannot be read on",
    };
    format!(
        "{name}: {what} at offset {}, frame {}: {}; everything before it was processed",
        damage.offset, damage.frame, damage.why
    )
}

/// Says what went wrong on standard error; there is nobody to tell if that fails.
pub(crate) fn complain(message: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "icmpdump: {message}");
}

/// Progress and warnings for whoever sits before the terminal.
struct Stderr {
    progress: Progress,
}

impl Observer for Stderr {
    fn progress(&mut self, progress: source::Progress) {
        self.progress.set(progress);
    }

    fn unknown_link(&mut self, link: LinkType) {
        let name = link::name(link).unwrap_or("no name known");
        self.progress.suspend(|| {
            complain(&format!(
                "warning: link type {} ({name}) cannot be decoded; its frames count as undecodable",
                link.0
            ));
        });
    }
}

/// Counts selected frames: `--count`.
#[derive(Debug, Default)]
struct Counter(u64);

impl FrameSink for Counter {
    fn frame(
        &mut self,
        _frame: &Frame<'_>,
        _sources: &[SourceInfo],
        _event: Option<&IcmpEvent<'_>>,
    ) -> Room {
        self.0 += 1;
        Room::More
    }
}

/// Standard output, whose errors say that they are its.
struct Named(io::StdoutLock<'static>);

impl Named {
    fn told(error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("standard output: {error}"))
    }
}

impl Write for Named {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets).map_err(|error| Self::told(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(|error| Self::told(&error))
    }
}

/// Hands on each record at once: `-l`.
struct EachRecord(Box<dyn Sink>);

impl Sink for EachRecord {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.0.write(record)?;
        self.0.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Takes records and forgets them.
#[derive(Debug)]
struct Nothing;

impl Sink for Nothing {
    fn write(&mut self, _record: &Record<'_>) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether somebody sits before standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
