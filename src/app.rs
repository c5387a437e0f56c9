//! Wires it all: opens the sources, builds the sinks, runs the pipeline, tells the exit status.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::config::{Buffering, Config, Input, KeyLog, Output};
use crate::fallback::Fallback;
use crate::live;
use crate::messages::{self, complain};
use crate::observer::{Stderr, told};
use crate::privilege::{self, Identity, Needs, Network};
use crate::progress::Progress;
use crate::resolve::{self, Resolver, process};
use crate::signals::{Hangup, Signals, Terminal, Watched};
use crate::sinks::{EachRecord, Nothing};
use icmpdump::correlate::Correlator;
use icmpdump::model::{Frame, SourceId};
use icmpdump::pipeline::{Pipeline, Telling};
use icmpdump::record::{IcmpEvent, Summary};
use icmpdump::sink::capture::{CaptureSink, is_same_file};
use icmpdump::sink::patient::Patient;
use icmpdump::sink::{FrameSink, JsonSink, Room, Sink, TextOptions, TextSink};
use icmpdump::source::filter::{Filter, QuotedPolicy, USUAL_LINKS};
use icmpdump::source::live::LiveError;
use icmpdump::source::merge::{Merged, merge};
use icmpdump::source::open::{self, OpenError};
use icmpdump::source::{self, DamageKind, FileSource, Source, SourceInfo};

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
pub(crate) fn run(config: Config) -> anyhow::Result<Status> {
    let hangup = match config.capture {
        Some(_) => Hangup::Reopens,
        None => Hangup::Ends,
    };
    let terminal = match config.output {
        Output::Top => Terminal::Taken,
        _ => Terminal::Free,
    };
    let mut signals = Signals::catch(hangup, terminal).context("signal handler")?;
    let mut status = Status::Done;
    // Before there is anything that the process could inherit.
    let names = (config.resolve)
        .filter(|_| matches!(config.output, Output::Text(_)))
        .and_then(|options| resolver(options, &config));
    match &config.input {
        Input::Files(paths) => match open_files(paths, &config, &mut status)? {
            Some((source, given)) => {
                signals.opened();
                let mut described = source.describe();
                // Messages name files with their folders.
                for (info, given) in described.iter_mut().zip(given) {
                    info.name = given;
                }
                let read = |pipeline: &mut Pipeline<'_>, sink: &mut Fallback<'_>| {
                    read(pipeline, source, sink)
                };
                let run = run_with(read, &described, config, &signals, names);
                Ok(worse(status, run?))
            }
            None => Ok(status),
        },
        Input::Live(input) => match live::open(input, signals.waker()) {
            Ok((mut source, banners)) => {
                signals.opened();
                // Who reads that it listens may end it in order.
                for banner in &banners {
                    complain(banner);
                }
                let described = source.describe();
                let capture = |pipeline: &mut Pipeline<'_>, sink: &mut Fallback<'_>| {
                    pipeline.run(&mut source, sink)
                };
                run_with(capture, &described, config, &signals, names)
            }
            Err(error) => Ok(refused(&error)),
        },
        Input::ListInterfaces => list(live::list_interfaces(config.output.is_json())),
        Input::ListLinkTypes(input) => list(live::list_link_types(input, config.output.is_json())),
    }
}

/// Who looks names up; without it addresses stay numbers.
fn resolver(options: resolve::Options, config: &Config) -> Option<Resolver> {
    let started = process::start(options, &config.run_as, config.sandbox, config.tell);
    started
        .inspect_err(|error| {
            complain(&format!(
                "warning: --resolve: the process that looks names up cannot be started: {error}"
            ));
        })
        .ok()
}

/// Reads files in the way that is the fastest: in a thread of their own, which takes the notes too
/// unless the packets go to a file.
fn read(
    pipeline: &mut Pipeline<'_>,
    mut source: Merged<FileSource>,
    sink: &mut Fallback<'_>,
) -> io::Result<Summary> {
    if pipeline.frames.is_some() {
        if let Merged::One(source) = &mut source {
            source.read_ahead();
        }
        return pipeline.run(&mut source, sink);
    }
    pipeline.run_ahead(source, sink)
}

/// Runs with the sources open; `drive` takes the pipeline through them.
fn run_with(
    drive: impl FnOnce(&mut Pipeline<'_>, &mut Fallback<'_>) -> io::Result<Summary>,
    sources: &[SourceInfo],
    mut config: Config,
    signals: &Signals,
    names: Option<Resolver>,
) -> anyhow::Result<Status> {
    let mut links: Vec<_> = sources
        .iter()
        .flat_map(|info| info.interfaces.iter().map(|interface| interface.link))
        .collect();
    // pcapng tells them as they come.
    if sources.iter().any(|info| info.interfaces.is_empty()) {
        links.extend(USUAL_LINKS);
    }
    if let Err(error) = config.filter.check(&links) {
        let error = match &config.filter_file {
            Some(path) => format!("-F {}: {error}", path.display()),
            None => error.to_string(),
        };
        match &config.input {
            // The kernel took it, and knows more of a packet than its octets: its direction.
            Input::Live(input) if input.is_filtered_by_kernel() => {
                config.filter = Filter::new("", QuotedPolicy::No);
            }
            Input::Live(_) => {
                complain(&format!(
                    "{error}; with --only-filter the kernel applies it"
                ));
                return Ok(Status::Usage);
            }
            _ => {
                complain(&format!("{error}; man pcap-filter tells what one may say"));
                return Ok(Status::Usage);
            }
        }
    }
    #[cfg(feature = "top")]
    if let (Output::Top, Err(error)) = (&config.output, crate::top::keys_from_terminal()) {
        complain(&format!(
            "--top reads keys from a terminal, and there is none (/dev/tty: {error}): use -q or --json"
        ));
        return Ok(Status::Usage);
    }
    let identity = privilege::give_up_root(&config.run_as)?;
    match pipe(config, drive, sources, signals, &identity, names) {
        Ok((summary, verdict)) => Ok(worse(verdict, damage(&summary.damaged))),
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Status::Done),
        Err(error) => Err(error.into()),
    }
}

/// Says why an interface cannot be captured on.
fn refused(error: &LiveError) -> Status {
    complain(&live::told(error));
    match error {
        LiveError::Filter { .. } | LiveError::NoSuchLinkType { .. } => Status::Usage,
        _ => Status::Failed,
    }
}

fn list(list: Result<String, LiveError>) -> anyhow::Result<Status> {
    match list {
        Ok(text) => listed(io::stdout().write_all(text.as_bytes())),
        Err(error) => Ok(refused(&error)),
    }
}

/// What was asked for, which `written` tells of, is all that there is to do.
pub(crate) fn listed(written: io::Result<()>) -> anyhow::Result<Status> {
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(&error).into()),
        _ => Ok(Status::Done),
    }
}

/// Opens what can be opened of `paths`, and gives what those are called on the command line; `None`
/// where that is nothing. `status` gets worse by each that cannot.
fn open_files(
    paths: &[PathBuf],
    config: &Config,
    status: &mut Status,
) -> anyhow::Result<Option<(Merged<FileSource>, Vec<String>)>> {
    if let Some(file) = &config.capture
        && let Some(input) = paths.iter().find(|input| is_same_file(input, &file.path))
    {
        complain(&format!(
            "-w {} would overwrite the capture that -r reads; write to another file",
            input.display()
        ));
        *status = Status::Usage;
        return Ok(None);
    }
    let names = open::names(paths);
    let (mut sources, mut given) = (Vec::new(), Vec::new());
    for (path, name) in paths.iter().zip(names) {
        let id = SourceId(u16::try_from(sources.len()).context("more than 65536 files")?);
        match open::open_as(path, id, name) {
            Ok(source) => {
                sources.push(source);
                given.push(path.display().to_string());
            }
            Err(error) => {
                complain(&error);
                *status = worse(*status, status_of(&error));
            }
        }
    }
    Ok((!sources.is_empty()).then(|| (merge(sources), given)))
}

/// Builds the sinks and runs the pipeline through them.
fn pipe(
    config: Config,
    drive: impl FnOnce(&mut Pipeline<'_>, &mut Fallback<'_>) -> io::Result<Summary>,
    sources: &[SourceInfo],
    signals: &Signals,
    identity: &Identity,
    names: Option<Resolver>,
) -> io::Result<(Summary, Status)> {
    let control = &signals.control;
    #[cfg(feature = "top")]
    let full_screen = matches!(config.output, Output::Top);
    let mut observer = observer(&config, signals);
    let telling = telling(&config);
    let out = || Named(Patient(io::stdout()));
    #[cfg(feature = "top")]
    let (mut screen, top) = crate::top::Screen::new(control);
    let counting = matches!(config.output, Output::Count);
    let sink: Box<dyn Sink + Send> = match config.output {
        Output::Text(options) => buffered(text(out(), options, names), config.buffering),
        Output::Json(options) => buffered(JsonSink::new(out(), options), config.buffering),
        #[cfg(feature = "top")]
        Output::Top => Box::new(top),
        _ => Box::new(Nothing),
    };
    let mut sink = Fallback::new(sink, control);
    let mut counter = Counter::default();
    let needs = Needs {
        write_beneath: (config.capture.iter())
            .filter_map(|file| privilege::folder_to_write(&file.path))
            .collect(),
        read: live::files_read(&config.input),
        network: Network::None,
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
    #[cfg(feature = "top")]
    if full_screen {
        messages::hold();
        screen.start(signals.let_go())?;
    }
    let frames: Option<&mut dyn FrameSink> = match &mut writer {
        Some(writer) => Some(writer),
        None if counting => Some(&mut counter),
        None => None,
    };
    let mut pipeline = Pipeline {
        key_logs: config.key_logs.into_iter().map(KeyLog::reader).collect(),
        filter: config.filter,
        correlator: Correlator::new(&config.correlate),
        telling,
        frames,
        limit: config.limit,
        control,
        observer: &mut observer,
    };
    let ran = drive(&mut pipeline, &mut sink);
    let verdict = pipeline.filter.verdict();
    observer.progress.finish();
    // The capture is ended in order whatever became of the lines.
    let written = writer.map_or(Ok(()), finish);
    #[cfg(feature = "top")]
    let shown = screen.end(ran.is_err() || written.is_err());
    messages::release();
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
    #[cfg(feature = "top")]
    shown?;
    if counting {
        let packets = if counter.0 == 1 { "packet" } else { "packets" };
        writeln!(Named(Patient(io::stdout())), "{} {packets}", counter.0)?;
    }
    if let Err(error) = verdict {
        complain(&error);
        status = Status::Usage;
    }
    complain_of_input(&summary, sources);
    Ok((summary, status))
}

/// What is said of the run beside its output.
fn observer(config: &Config, signals: &Signals) -> Stderr {
    Stderr {
        progress: match config.output {
            Output::Top => Progress::none(),
            _ => Progress::new(),
        },
        notices: live::Notices::new(&config.key_logs),
        report: live::report_options(&config.output),
        is_watched: signals.watched == Watched::UntilHangup && io::stderr().is_terminal(),
    }
}

/// Whether output is made beside reading: not where each record is waited for, or none is written.
fn telling(config: &Config) -> Telling {
    match (&config.output, config.buffering) {
        (Output::Text(_) | Output::Json(_), Buffering::Block) => match config.input {
            Input::Live(_) => Telling::BehindBursts,
            _ => Telling::Behind,
        },
        _ => Telling::Here,
    }
}

/// What the kernel counted, and why the input ended early.
fn complain_of_input(summary: &Summary, sources: &[SourceInfo]) {
    // Of a file the summary tells it.
    if sources.iter().any(|source| source.format == "live") {
        for line in (summary.kernel.iter()).flat_map(|kernel| live::counts(kernel)) {
            complain(&line);
        }
    }
    for damage in &summary.damaged {
        complain(&told(damage, sources));
    }
}

/// Text, with names of hosts if somebody looks them up.
fn text(out: Named, options: TextOptions, names: Option<Resolver>) -> TextSink<Named> {
    let sink = TextSink::new(out, options);
    match names {
        Some(names) => sink.with_names(Box::new(names)),
        None => sink,
    }
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
            DamageKind::Io | DamageKind::Gone => Status::Failed,
            DamageKind::Cut | DamageKind::Corrupt | DamageKind::Block => Status::Damaged,
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

/// An error of standard output, which says that it is its, and what to do.
fn unwritten(error: &io::Error) -> io::Error {
    let remedy = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::WriteZero => {
            ". Make room, or write to another disk"
        }
        io::ErrorKind::QuotaExceeded => {
            ". Make room within the quota ('quota' shows it), or write to another disk"
        }
        io::ErrorKind::FileTooLarge => ". Raise the limit ('ulimit -f' shows it)",
        _ => "",
    };
    io::Error::new(error.kind(), format!("standard output: {error}{remedy}"))
}

/// Standard output, whose errors say that they are its.
struct Named(Patient<io::Stdout>);

impl Write for Named {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets).map_err(|error| unwritten(&error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(|error| unwritten(&error))
    }
}

/// Hands records on as is asked for.
fn buffered(sink: impl Sink + Send + 'static, buffering: Buffering) -> Box<dyn Sink + Send> {
    match buffering {
        Buffering::Record => Box::new(EachRecord(sink)),
        Buffering::Block => Box::new(sink),
    }
}

/// Whether somebody sits before standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
