//! Text for people: one line per message in tcpdump's wording, then what is known of it behind
//! ` | `; what is told later in lines that begin with `-- `.

pub(super) mod addr;
mod fields;
mod header;
mod hex;
mod line;
mod link;
mod meaning;
pub(super) mod names;
pub(super) mod note;
pub(super) mod options;
mod palette;
mod report;
mod system;
mod time;
mod verbose;
mod wording4;
mod wording6;
mod wording6_nodes;

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::alike::Alike;
use super::{Sink, story, summary, verdict};
use crate::findings::Confidence;
use crate::icmp::payload::Senders;
pub use crate::record::LinkHeader;
use crate::record::json::SourceNames;
use crate::record::{IcmpEvent, Interim, Kinds, Record};
pub(super) use names::Naming;
pub use names::{HostName, Names};
pub use palette::Colour;
pub(super) use palette::{Palette, Role};
pub(super) use time::Clock;
use time::Lines as Stamps;
pub use time::{Precision, TimestampStyle};

/// How much a line tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// One line per message.
    #[default]
    Plain,
    /// `-v`: IP fields, checksum status, quoted header, extensions, options.
    Verbose,
    /// `-vv` and more: all fields of all options and records.
    Full,
}

impl From<u8> for Verbosity {
    /// By how often `-v` was given.
    fn from(count: u8) -> Self {
        match count {
            0 => Self::Plain,
            1 => Self::Verbose,
            _ => Self::Full,
        }
    }
}

/// Which octets are dumped below a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HexDump {
    /// None.
    #[default]
    None,
    /// `-x`: the IP packet in hexadecimal.
    Hex,
    /// `-xx`: link header included.
    HexWithLink,
    /// `-X`: the IP packet in hexadecimal and ASCII, fields named beside their octets.
    HexAscii,
    /// `-XX`: link header included.
    HexAsciiWithLink,
    /// `-A`: the IP packet in ASCII.
    Ascii,
    /// `-AA`: link header included.
    AsciiWithLink,
}

/// Whether lines begin with the frame's number (`-#`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// They do not.
    #[default]
    Hidden,
    /// They do.
    Shown,
}

impl From<bool> for Numbers {
    /// Whether the flag was given.
    fn from(given: bool) -> Self {
        if given { Self::Shown } else { Self::Hidden }
    }
}

/// Whether `-v` says which checksums of IPv4 headers are bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderChecksums {
    /// It does.
    #[default]
    Verified,
    /// `-K`: they are left to the network card.
    Ignored,
}

/// Which lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// All.
    #[default]
    All,
    /// `-q`: verdicts, findings and summary only.
    VerdictsOnly,
}

/// In which order `-q` tells what it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As it becomes known: for who watches a live capture.
    #[default]
    AsKnown,
    /// Findings before the verdicts and paths that they are drawn from.
    WorstFirst,
}

/// What text output is made of.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// How much a line tells.
    pub verbosity: Verbosity,
    /// What time looks like.
    pub timestamps: TimestampStyle,
    /// Decimals of seconds.
    pub precision: Precision,
    /// Time zone of the clock that is shown.
    pub zone: TimeZone,
    /// Whether the link-layer header is told.
    pub link_header: LinkHeader,
    /// Which octets are dumped.
    pub hex: HexDump,
    /// Whether frames are numbered.
    pub numbers: Numbers,
    /// Whether checksums of IPv4 headers are looked at.
    pub header_checksums: HeaderChecksums,
    /// Which lines are written.
    pub lines: Lines,
    /// In which order, with [`Lines::VerdictsOnly`].
    pub order: Order,
    /// Whether escape sequences colour the text.
    pub colour: Colour,
    /// Columns that lines with `-- ` may fill; 0 for no limit.
    pub width: usize,
    /// Columns that rows with names may fill (`-X`); 0 for no limit.
    pub dump_width: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            verbosity: Verbosity::default(),
            timestamps: TimestampStyle::default(),
            precision: Precision::default(),
            zone: TimeZone::UTC,
            link_header: LinkHeader::default(),
            hex: HexDump::default(),
            numbers: Numbers::default(),
            header_checksums: HeaderChecksums::default(),
            lines: Lines::default(),
            order: Order::default(),
            colour: Colour::default(),
            width: 100,
            dump_width: 0,
        }
    }
}

/// Writes records as text.
pub struct TextSink<W: Write> {
    out: W,
    options: TextOptions,
    palette: Palette,
    names: SourceNames,
    clock: Clock,
    stamps: Stamps,
    alike: Alike,
    hosts: Naming,
    senders: Senders,
    buffer: Vec<u8>,
    /// What is told behind the findings.
    held: Vec<u8>,
}

/// Octets of verdicts and paths that wait for the findings; beyond that they are told before.
const HELD: usize = 1 << 20;

impl<W: Write> TextSink<W> {
    /// Onto `out`, which needs no buffer of its own.
    pub fn new(out: W, options: TextOptions) -> Self {
        Self {
            out,
            palette: Palette::new(options.colour),
            names: SourceNames::default(),
            clock: Clock::new(options.zone.clone()),
            stamps: Stamps::new(options.timestamps, options.precision),
            options,
            alike: Alike::default(),
            hosts: Naming::default(),
            senders: Senders::default(),
            buffer: Vec::with_capacity(2 * super::BUFFER),
            held: Vec::new(),
        }
    }

    /// With names in the place of addresses.
    #[must_use]
    pub fn with_names(mut self, names: Box<dyn Names>) -> Self {
        self.hosts.set(names);
        self
    }

    /// What it wrote to, with all that was told.
    pub fn into_inner(mut self) -> W {
        // A writer in memory takes it; another one should have been flushed before.
        let _ = super::drain(&mut self.buffer, &mut self.out);
        self.out
    }

    fn message(&mut self, event: &IcmpEvent<'_>) {
        let out = &mut self.buffer;
        if self.options.numbers == Numbers::Shown {
            note::numbered(out, event, &self.names);
        }
        self.stamps.write(out, event.frame.ts, &mut self.clock);
        if self.options.link_header == LinkHeader::Shown {
            link::way_told(out, event);
            link::header(out, event, self.options.verbosity);
        } else {
            link::unasked(out, event);
        }
        let begin = out.len();
        line::message(out, event, &self.options, &self.palette, &self.names);
        note::all(out, event, &self.options, &self.palette, &self.names);
        if self.options.verbosity > Verbosity::Plain {
            verbose::lines(out, event, &self.options, &mut self.senders, &self.names);
        }
        self.hosts.apply(out, begin);
        out.push(b'\n');
        if self.options.hex != HexDump::None {
            let shape = hex::Shape::of(self.options.dump_width);
            let drawn = (&self.palette, &self.names, shape);
            hex::dump(out, event, self.options.hex, drawn);
        }
    }
}

impl<W: Write> Sink for TextSink<W> {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let page = story::Page {
            names: &self.names,
            hosts: &self.hosts,
            palette: &self.palette,
            width: self.options.width,
            verbosity: self.options.verbosity,
            lines: self.options.lines,
        };
        let tells_all = self.options.verbosity > Verbosity::Plain;
        let is_held = page.is_brief() && self.options.order == Order::WorstFirst;
        let behind = if is_held {
            &mut self.held
        } else {
            &mut self.buffer
        };
        if matches!(record, Record::Finding(_) | Record::Summary(_)) {
            self.alike.finish(behind, &page);
        }
        match record {
            Record::Start(start) => {
                self.names = SourceNames::new(&start.sources);
                if tells_all {
                    options::of_sources(&mut self.buffer, start, &self.names);
                }
            }
            Record::Icmp(event) if self.options.lines == Lines::All => {
                if event.sources.len() != self.names.len() {
                    self.names = SourceNames::new(event.sources);
                }
                self.message(event);
            }
            Record::Decided(exchange) if self.options.lines == Lines::All => {
                story::decided(&mut self.buffer, exchange, &page);
            }
            // Text tells of exchanges by the lines of their replies and in the summary.
            Record::Icmp(_) | Record::Decided(_) | Record::Exchange(_) => {}
            // What probes met, their path tells.
            Record::Drop(verdict) if verdict.is_told_by_path() && !tells_all => {}
            // Nor what was met by those of which only the errors were captured, as a finding tells.
            Record::Drop(verdict) if verdict.may_be_probe() && !tells_all => {}
            Record::Drop(verdict) => {
                if tells_all || self.alike.is_written(verdict) {
                    verdict::drop(behind, verdict, &page);
                }
            }
            Record::Path(path) => story::path(behind, path, &page),
            // One that is suspected has no path.
            Record::Finding(finding)
                if finding.name == "traceroute"
                    && finding.confidence == Confidence::Confirmed
                    && !tells_all => {}
            Record::Finding(finding) => story::finding(&mut self.buffer, finding, &page),
            Record::Summary(summary) => {
                self.buffer.append(&mut self.held);
                summary::write(&mut self.buffer, summary, &page, &mut self.clock);
            }
        }
        if self.held.len() > HELD {
            self.buffer.append(&mut self.held);
        }
        super::drain_if_full(&mut self.buffer, &mut self.out)
    }

    fn closing(&mut self) {
        self.hosts.closing();
    }

    fn interest(&self) -> Kinds {
        // Told by the lines of replies and in the summary.
        let all = Kinds::all() - Kinds::EXCHANGE;
        match self.options.lines {
            Lines::All => all,
            Lines::VerdictsOnly => all - Kinds::ICMP - Kinds::DECIDED,
        }
    }

    fn wants_interim(&self) -> bool {
        false
    }

    fn interim(&mut self, _interim: &Interim) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        super::drain(&mut self.buffer, &mut self.out)?;
        self.out.flush()
    }
}
