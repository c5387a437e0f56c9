//! What correlation found out: exchanges, verdicts, paths, and what it saw of flows.

use std::io;

use super::Run;
use super::ledger::Entry;
use crate::correlate::Outcome;
use crate::model::FlowKey;

impl Run<'_, '_, '_, '_> {
    /// Hands on what correlation found out. Findings are drawn from what is shown only: whoever
    /// filters for a flow asks about that flow.
    pub(super) fn outcomes(&mut self) -> io::Result<()> {
        loop {
            self.batch()?;
            if !self.pipe.correlator.go_on() {
                return Ok(());
            }
        }
    }

    fn batch(&mut self) -> io::Result<()> {
        let pipe = &mut *self.pipe;
        let mut selects =
            |flow: &FlowKey| pipe.filter.selects_all() || pipe.filter.matches_flow(flow);
        for outcome in pipe.correlator.outcomes() {
            let entry = match &outcome {
                Outcome::Decided(exchange) => Entry::Decided(exchange),
                Outcome::Exchange(exchange) => {
                    self.open = self.open.saturating_sub(1);
                    if !exchange.shown {
                        continue;
                    }
                    Entry::Exchange(exchange)
                }
                Outcome::LateError(exchange) if exchange.shown => Entry::LateError(exchange),
                Outcome::Drop(verdict) if verdict.shown => Entry::Drop(verdict),
                Outcome::Path(path) if path.shown => Entry::Path(path),
                Outcome::Stalled(stall) if selects(&stall.flow) => Entry::Stalled(stall),
                Outcome::Unanswered(attempt) if selects(&attempt.flow) => {
                    Entry::Unanswered(attempt)
                }
                _ => continue,
            };
            self.teller.tell(&entry)?;
        }
        Ok(())
    }
}
