//! What is told of a run itself: at its begin, while it goes on to who asks, and in the end.

use std::{io, mem};

use super::Run;
use crate::model::Frame;
use crate::record::collect::Collector;
use crate::record::{Interim, Record, Start, Summary};
use crate::source::{Source, SourceInfo, all_are_one_way, one_way_interfaces};

impl Run<'_, '_, '_, '_> {
    /// Tells what is being read.
    pub(super) fn start(&mut self, source: &(impl Source + ?Sized)) -> io::Result<()> {
        self.started = true;
        self.describe(source);
        self.read_key_logs();
        let start = self.start_record();
        if let Some(frames) = &mut self.pipe.frames {
            self.room = frames.begin(&self.sources);
        }
        match self.teller.here() {
            Some(desk) => desk.write(&Record::Start(&start)),
            None => Ok(()),
        }
    }

    /// Takes what the sources say of themselves by now.
    pub(super) fn describe(&mut self, source: &(impl Source + ?Sized)) {
        self.sources = source.describe();
        let correlator = &mut self.pipe.correlator;
        if all_are_one_way(&self.sources) {
            correlator.part_is_captured();
        }
        for (source, interface, _) in one_way_interfaces(&self.sources) {
            correlator.part_is_captured_on(source, interface);
        }
    }

    fn start_record(&self) -> Start {
        Start {
            sources: self.sources.clone(),
            filter: (!self.pipe.filter.selects_all())
                .then(|| self.pipe.filter.expression().to_owned()),
        }
    }

    /// Tells how the run stands, if anybody wants to know; behind time nobody does.
    pub(super) fn interim(&mut self, source: &(impl Source + ?Sized)) -> io::Result<()> {
        let Some(desk) = self.teller.here().filter(|desk| desk.sink.wants_interim()) else {
            return Ok(());
        };
        let correlator = &self.pipe.correlator;
        let growing = correlator.newest_verdicts(Interim::VERDICTS);
        let interim = Interim {
            frames: self.counts,
            kernel: source.kernel(),
            now: correlator.clock().last(),
            findings: desk.ledger.diagnostics.so_far(&growing),
            growing,
        };
        desk.sink.interim(&interim)
    }

    /// Tells how it stands. Nothing of it is counted twice: what is open stays open.
    ///
    /// # Errors
    ///
    /// What the sink says, which gets its lines first.
    pub(super) fn report(&mut self, source: &mut (impl Source + ?Sized)) -> io::Result<()> {
        let collector = self.teller.collected()?;
        source.take_stock();
        self.notices(source);
        let start = self.start_record();
        let verdicts = self.pipe.correlator.open_verdicts();
        let summary = self.account(collector, &*source);
        let mut records = vec![Record::Start(&start)];
        records.extend(
            (verdicts.iter())
                .filter(|verdict| verdict.shown)
                .map(Record::Drop),
        );
        records.push(Record::Summary(&summary));
        self.pipe.observer.report(&records);
        Ok(())
    }

    pub(super) fn finish(mut self, source: &mut (impl Source + ?Sized)) -> io::Result<Summary> {
        self.pipe.observer.progress(source.progress());
        // The limit may have been reached in between.
        source.stop();
        source.take_stock();
        self.notices(source);
        self.teller.closing();
        self.pipe.correlator.finish();
        self.outcomes()?;
        let desk = self.teller.come_back()?;
        let diagnostics = &mut desk.ledger.diagnostics;
        if let Some(kernel) = source.kernel() {
            diagnostics.kernel(&kernel);
        }
        diagnostics.filtered(one_way_interfaces(&self.sources).map(|(_, _, filter)| filter));
        diagnostics.evicted(self.reassembler.fates().evicted);
        diagnostics.ran_until(self.pipe.correlator.clock().end());
        for finding in diagnostics.findings() {
            desk.write(&Record::Finding(&finding))?;
        }
        let collector = mem::replace(&mut desk.ledger.collector, Collector::new(0));
        let summary = self.account(collector, &*source);
        let desk = self.teller.come_back()?;
        desk.write(&Record::Summary(&summary))?;
        desk.sink.flush()?;
        Ok(summary)
    }

    /// The account of all that `collector` gathered.
    fn account(&self, collector: Collector, source: &(impl Source + ?Sized)) -> Summary {
        let mut summary = collector.summary();
        summary.frames = self.counts;
        summary.fragments += self.named_later;
        summary.unread = self.unread.clone();
        summary.unread.messages = self.tcp_streams.incomplete();
        summary.unknown_links = self.unknown_links.counts().clone();
        summary.kernel = source.kernel();
        summary.damaged = source.damage();
        summary.reassembly = self.reassembler.fates();
        summary.evictions = self.pipe.correlator.evictions();
        let clock = self.pipe.correlator.clock();
        if let Some((first, last)) = clock.span() {
            summary.first = Some(first);
            summary.last = Some(last);
        }
        summary.time_backwards = clock.steps_back;
        summary.largest_step_back = clock.largest_step_back;
        summary
    }
}

/// Whether the interface of `frame` is among those of `sources`: pcapng adds some as it goes.
#[inline]
pub(super) fn describes(sources: &[SourceInfo], frame: &Frame<'_>) -> bool {
    frame.interface.is_none_or(|interface| {
        (sources.get(usize::from(frame.source.0)))
            .is_some_and(|source| (interface.0 as usize) < source.interfaces.len())
    })
}
