//! What is told on standard error while a run goes on and of inputs that end too early.

use std::io::{self, IsTerminal};

use crate::live;
use crate::messages::{self, complain};
use crate::progress::Progress;
use icmpdump::model::LinkType;
use icmpdump::pipeline::Observer;
use icmpdump::record::{Record, Summary};
use icmpdump::sink::{Sink, TextOptions, TextSink};
use icmpdump::source::{self, DamageKind, Notice, SourceInfo};
use icmpdump::wire::link;

/// Where an input ends too early, why, and what to do about it.
pub(crate) fn told(damage: &source::Damage, sources: &[SourceInfo]) -> String {
    let name = sources
        .iter()
        .find(|source| source.id == damage.source)
        .map_or("input", |source| source.name.as_str());
    if sources.iter().any(|source| source.format == "live") {
        return format!(
            "{}; everything captured before it was processed",
            damage.why
        );
    }
    if damage.kind == DamageKind::Block {
        return format!(
            "{name}: the block at {}, before frame {}, is damaged: {}; reading went on behind it",
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

    fn unknown_link(&mut self, link: LinkType) {
        let name = link::name(link).unwrap_or("no name known");
        self.progress.suspend(|| {
            complain(&format!(
                "warning: link type {} ({name}) cannot be decoded; its frames count as undecodable",
                link.0
            ));
        });
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
