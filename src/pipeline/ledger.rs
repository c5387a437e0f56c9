//! What a run adds up to: counted for the summary, diagnosed for the findings.

use crate::correlate::Relation;
use crate::correlate::exchange::Exchange;
use crate::correlate::stalled::Stalled;
use crate::correlate::trace::Path;
use crate::correlate::unanswered::Unanswered;
use crate::correlate::verdict::{DropVerdict, Evidence};
use crate::findings::Diagnostics;
use crate::record::collect::Collector;
use crate::record::{IcmpEvent, Record};

/// What is told while a run goes on.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    Icmp(&'a IcmpEvent<'a>),
    Decided(&'a Exchange),
    Exchange(&'a Exchange),
    LateError(&'a Exchange),
    Drop(&'a DropVerdict),
    Path(&'a Path),
    Unanswered(&'a Unanswered),
    Stalled(&'a Stalled),
}

impl<'a> Entry<'a> {
    /// The record to be written of it, if there is one.
    pub(super) fn record(&self) -> Option<Record<'a>> {
        match *self {
            Self::Icmp(event) => Some(Record::Icmp(event)),
            Self::Decided(exchange) => Some(Record::Decided(exchange)),
            Self::Exchange(exchange) => Some(Record::Exchange(exchange)),
            Self::Drop(verdict) => Some(Record::Drop(verdict)),
            Self::Path(path) => Some(Record::Path(path)),
            Self::LateError(_) | Self::Unanswered(_) | Self::Stalled(_) => None,
        }
    }
}

/// The account of all that was told.
pub(super) struct Ledger {
    pub(super) collector: Collector,
    pub(super) diagnostics: Diagnostics,
}

impl Ledger {
    /// An empty one, whose rows take at most `memory` octets.
    pub(super) fn new(memory: usize) -> Self {
        Self {
            collector: Collector::new(memory),
            diagnostics: Diagnostics::default(),
        }
    }

    pub(super) fn enter(&mut self, entry: &Entry<'_>) {
        let Self {
            collector,
            diagnostics,
        } = self;
        match *entry {
            Entry::Icmp(event) => {
                let (message, relation) = event.news();
                // Findings weigh how many there are and what else was captured: reports tell neither.
                if matches!(event.relation, Relation::Reported) {
                    diagnostics.reported(event.frame, event.packet, message);
                } else {
                    diagnostics.icmp(event.frame, event.packet, message, relation);
                    if let Some(came_to) = event.reassembly {
                        diagnostics.fragment(event.frame, event.packet, came_to);
                    }
                }
                collector.icmp(event);
            }
            // Its exchange follows.
            Entry::Decided(_) => {}
            Entry::Exchange(exchange) => {
                diagnostics.exchange(exchange);
                collector.exchange(exchange);
            }
            Entry::LateError(exchange) => {
                diagnostics.late_error(exchange);
                collector.late_error(exchange);
            }
            Entry::Drop(verdict) => {
                if verdict.evidence == Evidence::Captured {
                    diagnostics.verdict(verdict);
                }
                collector.verdict(verdict);
            }
            Entry::Path(path) => {
                diagnostics.path(path);
                collector.path(path);
            }
            Entry::Unanswered(attempt) => diagnostics.unanswered(attempt),
            Entry::Stalled(stall) => diagnostics.stalled(stall),
        }
    }
}
