//! What holds of every run, whatever the frames are.

use std::io::{self, Write};
use std::time::Duration;

use icmpdump::correlate::{Config, Correlator, Originals, Sight};
use icmpdump::model::Frame;
use icmpdump::pipeline::{Control, Observer, Pipeline, Telling};
use icmpdump::record::{Interim, Kinds, Record, Summary};
use icmpdump::sink::Sink;
use icmpdump::sink::json::{JsonOptions, JsonSink};
use icmpdump::sink::text::{HexDump, LinkHeader, TextOptions, TextSink, Verbosity};
use icmpdump::source::filter::{Filter, QuotedPolicy};
use icmpdump::source::{Progress, Source, SourceInfo};

/// Checks what is written, and forgets it.
struct Checked {
    rest: Vec<u8>,
    line: fn(&[u8]),
}

impl Write for Checked {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(octets);
        let end = self
            .rest
            .iter()
            .rposition(|octet| *octet == b'\n')
            .map_or(0, |at| at + 1);
        for line in self.rest[..end].split_inclusive(|octet| *octet == b'\n') {
            (self.line)(&line[..line.len() - 1]);
        }
        self.rest.drain(..end);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_json(line: &[u8]) {
    let parsed = serde_json::from_slice::<serde_json::Value>(line);
    assert!(
        parsed.is_ok_and(|value| value["type"].is_string()),
        "{}",
        String::from_utf8_lossy(line)
    );
}

fn is_plain_text(line: &[u8]) {
    let text = std::str::from_utf8(line).expect("lines are UTF-8");
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\t'),
        "{text:?}"
    );
}

struct Both {
    json: JsonSink<Checked>,
    text: TextSink<Checked>,
}

impl Sink for Both {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.json.write(record)?;
        self.text.write(record)
    }

    fn closing(&mut self) {
        self.json.closing();
        self.text.closing();
    }

    fn interest(&self) -> Kinds {
        Kinds::all()
    }

    fn wants_interim(&self) -> bool {
        false
    }

    fn interim(&mut self, _: &Interim) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.json.flush()?;
        self.text.flush()
    }
}

struct Deaf;

impl Observer for Deaf {
    fn progress(&mut self, _: Progress) {}

    fn unknown_link(&mut self, _: &Frame<'_>, _: &[SourceInfo]) {}
}

/// Takes the frames of `source` through the pipeline, in all detail and with `memory` octets for
/// correlation. Panics where a line is neither JSON nor text, or a frame is not accounted for.
pub(crate) fn run(source: &mut impl Source, memory: usize) -> Summary {
    let checked = |line| Checked {
        rest: Vec::new(),
        line,
    };
    let options = TextOptions {
        verbosity: Verbosity::Full,
        link_header: LinkHeader::Shown,
        hex: HexDump::HexAsciiWithLink,
        ..TextOptions::default()
    };
    let mut sink = Both {
        json: JsonSink::new(checked(is_json), JsonOptions::default()),
        text: TextSink::new(checked(is_plain_text), options),
    };
    let summary = Pipeline {
        key_logs: Vec::new(),
        filter: Filter::new("", QuotedPolicy::default()),
        correlator: Correlator::new(&Config {
            reply_timeout: Duration::from_secs(10),
            memory_limit: memory,
            originals: Originals::Track,
            sight: Sight::Whole,
        }),
        telling: Telling::Here,
        frames: None,
        limit: None,
        control: &Control::default(),
        observer: &mut Deaf,
    }
    .run(source, &mut sink)
    .unwrap();
    let counts = summary.frames;
    assert_eq!(
        counts.read + counts.further_packets + counts.reported,
        counts.icmp + counts.other + counts.filtered + counts.undecodable
    );
    summary
}
