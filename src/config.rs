//! What the arguments ask for, validated.

mod expression;
mod key_log;
mod units;
mod write;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::tz::TimeZone;

pub(crate) use self::key_log::KeyLog;
pub(crate) use self::units::number;
use self::units::{duration, size};
use crate::cli::{self, Cli, Colour, Switch, TimestampPrecision, TimestampType};
use crate::privilege::{RunAs, Sandbox};
use crate::resolve::{self, Domain, Patience};
use icmpdump::correlate::{self, Originals, Sight};
use icmpdump::record::Payloads;
use icmpdump::sink::capture::CaptureOptions;
use icmpdump::sink::json::{Emit, EmitSet, JsonOptions};
use icmpdump::sink::text::{
    HeaderChecksums, HexDump, Lines, Order, Precision, TextOptions, TimestampStyle,
};
use icmpdump::source::Resolution;
use icmpdump::source::filter::{Filter, QuotedPolicy};
use icmpdump::source::live::{Delivery, Direction, Options, Take, TimestampKind};

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) input: Input,
    /// Files of keys, by name.
    pub(crate) key_logs: Vec<KeyLog>,
    pub(crate) filter: Filter,
    /// The file that it was read from.
    pub(crate) filter_file: Option<PathBuf>,
    pub(crate) correlate: correlate::Config,
    pub(crate) output: Output,
    pub(crate) capture: Option<CaptureOptions>,
    pub(crate) buffering: Buffering,
    /// Stop after so many.
    pub(crate) limit: Option<u64>,
    /// Who to be once inputs are open.
    pub(crate) run_as: RunAs,
    pub(crate) sandbox: Sandbox,
    /// Whether hosts have names.
    pub(crate) resolve: Option<resolve::Options>,
    /// `-v`: whether to say what is in force.
    pub(crate) tell: bool,
}

/// Where frames come from.
#[derive(Debug)]
pub(crate) enum Input {
    /// Files, in the order given; `-` is standard input.
    Files(Vec<PathBuf>),
    /// Interfaces.
    Live(LiveInput),
    /// None: the interfaces are listed.
    ListInterfaces,
    /// None: their link types are.
    ListLinkTypes(LiveInput),
}

/// Interfaces to capture on.
#[derive(Debug)]
pub(crate) struct LiveInput {
    /// By name or number; the default one if there is none.
    pub(crate) interfaces: Vec<String>,
    pub(crate) options: Options,
    /// When the capture ends by itself.
    pub(crate) duration: Option<Duration>,
}

impl LiveInput {
    /// Whether the kernel hands over what the filter selects and nothing else.
    pub(crate) fn is_filtered_by_kernel(&self) -> bool {
        matches!(self.options.take, Take::Only(_))
    }
}

/// What goes to standard output.
#[derive(Debug)]
pub(crate) enum Output {
    Text(TextOptions),
    Json(JsonOptions),
    /// The number of selected packets.
    Count,
    /// A full-screen view.
    #[cfg_attr(not(feature = "top"), allow(dead_code))]
    Top,
    /// Nothing: packets go to a file.
    None,
}

impl Output {
    /// Whether it is read by programs, a record a line.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }
}

/// When output is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buffering {
    /// When there is enough of it, or input would block.
    Block,
    /// After each record: `-l`.
    Record,
}

/// Columns of the closing part where there is no terminal to ask.
const PIPE_WIDTH: usize = 100;
/// The snap length that cuts nothing, in octets, as tcpdump has it.
const WHOLE_PACKETS: u32 = 256 << 10;
/// How often `-t` has a meaning.
const MOST_T: u8 = 5;

impl Config {
    /// Validates the arguments.
    ///
    /// # Errors
    ///
    /// What is wrong with them, in a sentence with the remedy.
    pub(crate) fn new(cli: &Cli) -> anyhow::Result<Self> {
        if cli
            .read
            .iter()
            .filter(|path| path.as_os_str() == "-")
            .count()
            > 1
        {
            bail!("standard input can be read only once: give '-r -' a single time");
        }
        if cli.time > MOST_T {
            bail!("-t can be given up to {MOST_T} times: -ttttt is time since the first line");
        }
        let correlate = correlate::Config {
            reply_timeout: duration(&cli.reply_timeout).context("--reply-timeout")?,
            memory_limit: usize::try_from(size(&cli.memory_limit).context("--memory-limit")?)
                .unwrap_or(usize::MAX),
            originals: match cli.originals {
                Switch::On => Originals::Track,
                Switch::Off => Originals::Ignore,
            },
            sight: sight(cli),
        };
        let filter = expression::given(cli)?;
        let resolve = resolve(cli);
        let (run_as, sandbox) = confinement(cli);
        Ok(Self {
            key_logs: key_log::open(cli)?,
            filter: Filter::new(&filter, expression::quoted(cli.quoted)),
            filter_file: cli.filter_file.clone(),
            correlate,
            output: output(cli)?,
            capture: write::options(cli)?,
            buffering: if cli.line_buffered || cli.unbuffered {
                Buffering::Record
            } else {
                Buffering::Block
            },
            limit: cli.count,
            input: input(cli, &filter)?,
            run_as,
            sandbox,
            resolve,
            tell: cli.verbose > 0,
        })
    }
}

/// What there is to be seen of the traffic.
fn sight(cli: &Cli) -> Sight {
    let one_way = matches!(
        cli.live.direction,
        Some(cli::Direction::In | cli::Direction::Out)
    );
    if !cli.read.is_empty() {
        Sight::Whole
    } else if cli.live.only_filter || one_way {
        Sight::Filtered
    } else if cli.live.flows {
        Sight::Whole
    } else {
        Sight::Icmp
    }
}

/// Who to be, and how far to be confined: the same for all processes of a run.
pub(crate) fn confinement(cli: &Cli) -> (RunAs, Sandbox) {
    let run_as = cli.user.clone().map_or(RunAs::Invoker, RunAs::User);
    let sandbox = if cli.no_sandbox {
        Sandbox::Off
    } else {
        Sandbox::On
    };
    (run_as, sandbox)
}

fn resolve(cli: &Cli) -> Option<resolve::Options> {
    let stays = !cli.read.is_empty() && cli.read.iter().all(|path| path.is_file());
    (cli.resolve && cli.numeric == 0).then_some(resolve::Options {
        domain: if cli.no_domain {
            Domain::Hidden
        } else {
            Domain::Shown
        },
        patience: if stays {
            Patience::Lines
        } else {
            Patience::Closing
        },
    })
}

fn input(cli: &Cli, filter: &str) -> anyhow::Result<Input> {
    if cli.live.list_interfaces {
        return Ok(Input::ListInterfaces);
    }
    // `-r *.pcap`, or no -r at all.
    if let Some(word) = cli.filter.first()
        && Path::new(word).is_file()
        && Filter::new(filter, QuotedPolicy::No).check(&[]).is_err()
    {
        bail!(
            "'{word}' is a file, not a filter: each file to read has an -r of its own: -r {word}"
        );
    }
    let live = &cli.live;
    if !cli.read.is_empty() {
        // Not used for files, but to name none that is one is a slip.
        if let Some(name) = &live.linktype
            && name.parse::<i32>().is_err()
            && pcap::Linktype::from_name(name).is_err()
        {
            bail!("-y {name}: no such link type; -L lists those of an interface");
        }
        return Ok(Input::Files(cli.read.clone()));
    }
    if live.only_filter && filter.is_empty() {
        bail!("--only-filter needs a filter: give one, or leave it out to capture all ICMP");
    }
    let duration = live.duration.as_deref().map(duration).transpose();
    let is_watched = std::io::stdout().is_terminal() && !cli.json && cli.write.is_none();
    let list = live.list_data_link_types;
    let input = LiveInput {
        duration: duration.context("--duration")?,
        options: Options {
            snaplen: match live.snapshot_length {
                0 => WHOLE_PACKETS,
                octets => octets.min(WHOLE_PACKETS),
            },
            buffer: live.buffer_size.saturating_mul(1 << 10),
            promiscuous: !live.no_promiscuous_mode,
            monitor: live.monitor_mode,
            delivery: if live.immediate_mode {
                Delivery::Packets
            } else if is_watched {
                Delivery::SmallBlocks
            } else {
                Delivery::Blocks
            },
            direction: live.direction.map(|direction| match direction {
                cli::Direction::In => Direction::In,
                cli::Direction::Out => Direction::Out,
                cli::Direction::Inout => Direction::Both,
            }),
            link: live.linktype.clone(),
            resolution: match live.time_stamp_precision {
                Some(TimestampPrecision::Nano) => Resolution::Nanoseconds,
                // libpcap has them on Linux only.
                None if cfg!(target_os = "linux") => Resolution::Nanoseconds,
                Some(TimestampPrecision::Micro) | None => Resolution::Microseconds,
            },
            timestamps: live.time_stamp_type.map(timestamp_kind),
            take: if live.flows {
                Take::Everything
            } else if live.only_filter {
                Take::Only(filter.to_owned())
            } else {
                Take::Icmp {
                    and: filter.to_owned(),
                }
            },
        },
        interfaces: live.interface.clone(),
    };
    Ok(if list {
        Input::ListLinkTypes(input)
    } else {
        Input::Live(input)
    })
}

fn timestamp_kind(kind: TimestampType) -> TimestampKind {
    match kind {
        TimestampType::Host => TimestampKind::Host,
        TimestampType::HostLowprec => TimestampKind::HostLowPrecision,
        TimestampType::HostHiprec => TimestampKind::HostHighPrecision,
        TimestampType::Adapter => TimestampKind::Adapter,
        TimestampType::AdapterUnsynced => TimestampKind::AdapterUnsynced,
    }
}

fn output(cli: &Cli) -> anyhow::Result<Output> {
    if cli.top {
        return top();
    }
    if cli.write.is_some() && !cli.print {
        return Ok(Output::None);
    }
    if cli
        .write
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-")
    {
        bail!("-w - and --print both want standard output: write to a file, or leave out --print");
    }
    if cli.count_only {
        return Ok(Output::Count);
    }
    if cli.json {
        let emit = match &cli.emit {
            Some(words) => words.parse().context("--emit")?,
            // What is told of each message or request.
            None if cli.quiet => EmitSet::ALL.without(Emit::Icmp).without(Emit::Exchange),
            None => EmitSet::default(),
        };
        let link_header = cli.link_header.into();
        let payloads = match text(cli).hex {
            HexDump::None => Payloads::Hidden,
            _ => Payloads::Shown,
        };
        return Ok(Output::Json(JsonOptions {
            emit,
            link_header,
            payloads,
        }));
    }
    Ok(Output::Text(text(cli)))
}

/// A screen to draw on is needed, and not in the way of a pipe.
#[cfg(feature = "top")]
fn top() -> anyhow::Result<Output> {
    if !std::io::stdout().is_terminal() {
        bail!(
            "--top draws on a terminal, and standard output is none: \
             for a pipe or a file leave it out, or use -q or --json"
        );
    }
    if !is_screen() {
        bail!("--top draws on a terminal, and TERM names none that can: set it, or use -q");
    }
    Ok(Output::Top)
}

#[cfg(not(feature = "top"))]
fn top() -> anyhow::Result<Output> {
    bail!("--top is not in this build: build it with --features top, or use -q")
}

fn text(cli: &Cli) -> TextOptions {
    let terminal = std::io::stdout().is_terminal();
    let columns = terminal_size::terminal_size()
        .filter(|_| terminal)
        .map(|(width, _)| usize::from(width.0));
    TextOptions {
        verbosity: cli.verbose.into(),
        timestamps: match cli.time {
            0 => TimestampStyle::Clock,
            1 => TimestampStyle::None,
            2 => TimestampStyle::Epoch,
            3 => TimestampStyle::SincePrevious,
            4 => TimestampStyle::Date,
            _ => TimestampStyle::SinceFirst,
        },
        precision: if cli.nano || cli.live.time_stamp_precision == Some(TimestampPrecision::Nano) {
            Precision::Nano
        } else {
            Precision::Micro
        },
        zone: TimeZone::system(),
        link_header: cli.link_header.into(),
        hex: match (cli.hex_ascii, cli.hex, cli.ascii) {
            (0, 0, 0) => HexDump::None,
            (0, 0, 1) => HexDump::Ascii,
            (0, 0, _) => HexDump::AsciiWithLink,
            (0, 1, _) => HexDump::Hex,
            (0, ..) => HexDump::HexWithLink,
            (1, ..) => HexDump::HexAscii,
            _ => HexDump::HexAsciiWithLink,
        },
        numbers: cli.number.into(),
        header_checksums: if cli.ignore_header_checksums {
            HeaderChecksums::Ignored
        } else {
            HeaderChecksums::Verified
        },
        lines: if cli.quiet {
            Lines::VerdictsOnly
        } else {
            Lines::All
        },
        order: if cli.read.is_empty() {
            Order::AsKnown
        } else {
            Order::WorstFirst
        },
        colour: match cli.color {
            Colour::Always => true.into(),
            Colour::Never => false.into(),
            Colour::Auto => (terminal && shows_colour()).into(),
        },
        width: columns.unwrap_or(PIPE_WIDTH),
        dump_width: columns.unwrap_or(0),
    }
}

/// Whether the terminal, if there is one, does more than print lines.
fn is_screen() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether a terminal is to have colours.
fn shows_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none() && is_screen()
}
