//! What is told on standard error while a run goes on and of inputs that end too early.

use std::io::{self, IsTerminal};

use crate::live;
use crate::messages::{self, complain};
use crate::progress::Progress;
use icmpdump::model::Frame;
use icmpdump::pipeline::Observer;
use icmpdump::record::escape::Escaped;
use icmpdump::record::{Record, Summary};
use icmpdump::sink::{Sink, TextOptions, TextSink};
use icmpdump::source::{self, DamageKind, Notice, Octets, SourceInfo};
use icmpdump::wire::link;

/// Where an input ends too early, why, and what to do about it.
pub(crate) fn told(damage: &source::Damage, sources: &[SourceInfo]) -> String {
    let name = sources
        .iter()
        .find(|source| source.id == damage.source)
        .map_or("input", |source| shown(&source.name));
    if sources.iter().any(|source| source.format == "live") {
        return format!(
            "{}; everything captured before it was processed",
            damage.why
        );
    }
    if damage.kind == DamageKind::Block {
        return format!(
            "{name}: the block at {}, before frame {}, is damaged: {}; reading went on behind it; \
             if its packets matter, fetch the file again",
            damage.place(),
            damage.frame,
            damage.why
        );
    }
    let (what, remedy) = match damage.kind {
        DamageKind::Cut => (
            "cut short",
            "; read the whole file once it is written or copied",
        ),
        // What is compressed is verified at its end alone.
        DamageKind::Corrupt if damage.of == Octets::Decompressed => (
            "damaged",
            ", but if the compressed file was damaged it may be wrong; fetch the file again",
        ),
        DamageKind::Corrupt | DamageKind::Block => ("damaged", "; fetch the file again"),
        DamageKind::Io | DamageKind::Gone => ("cannot be read on", ""),
    };
    format!(
        "{name}: {what} at {}, frame {}: {}; everything before it was processed{remedy}",
        damage.place(),
        damage.frame,
        damage.why
    )
}

/// Which frames cannot be decoded, and what to do about it.
fn undecodable(frame: &Frame<'_>, source: Option<&SourceInfo>) -> String {
    let link = frame.link;
    let name = link::name(link).unwrap_or("no name known");
    let named = (frame.interface.zip(source)).and_then(|(number, source)| {
        let interface = source.interfaces.get(usize::try_from(number.0).ok()?)?;
        interface.name.as_deref()
    });
    let interface = named.map_or_else(String::new, |name| {
        format!(", interface {}", Escaped(name.as_bytes()))
    });
    let is_live = source.is_some_and(|source| source.format == "live");
    let file = source.map_or("input", |source| shown(&source.name));
    let remedy = if is_live {
        "; -L lists the link types to choose from with -y".to_owned()
    } else if name.starts_with("USER") {
        format!(
            "; what it stands for is known to who captured them: if they are Ethernet frames, make a copy \
             that says so: editcap -T ether {} copy.pcapng",
            source.map_or("FILE", |source| &source.name)
        )
    } else {
        String::new()
    };
    format!(
        "warning: {file}{interface}: link type {} ({name}) cannot be decoded, from frame {} on; its frames \
         count as undecodable{remedy}",
        link.0, frame.number
    )
}

/// What a source is called in messages.
fn shown(name: &str) -> &str {
    match name {
        "-" => "- (standard input)",
        name => name,
    }
}

/// Progress and warnings for whoever sits before the terminal.
pub(crate) struct Stderr {
    pub(crate) progress: Progress,
    pub(crate) notices: live::Notices,
    /// How a report is laid out.
    pub(crate) report: TextOptions,
    /// Standard error was a terminal, and the run is to end with it.
    pub(crate) is_watched: bool,
}

impl Observer for Stderr {
    fn progress(&mut self, progress: source::Progress) {
        self.progress.set(progress);
    }

    fn unknown_link(&mut self, frame: &Frame<'_>, sources: &[SourceInfo]) {
        let source = sources.iter().find(|source| source.id == frame.source);
        let told = undecodable(frame, source);
        self.progress.suspend(|| complain(&told));
    }

    fn notice(&mut self, notice: &Notice, sources: &[SourceInfo]) {
        if let Some(words) = self.notices.word(notice, sources) {
            complain(&words);
        }
    }

    fn is_hung_up(&self) -> bool {
        self.is_watched && !io::stderr().is_terminal()
    }

    fn report(&mut self, records: &[Record<'_>]) {
        let mut told = Vec::new();
        let mut sink = TextSink::new(&mut told, self.report.clone());
        for record in records {
            // Memory does not fail.
            let _ = sink.write(record);
        }
        let _ = sink.flush();
        drop(sink);
        messages::tell(&String::from_utf8_lossy(&told));
        for record in records {
            if let Record::Summary(Summary {
                kernel: Some(kernel),
                ..
            }) = record
            {
                for line in live::counts(kernel) {
                    complain(&line);
                }
            }
        }
    }
}
