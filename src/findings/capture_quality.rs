//! What the capture itself cannot show.
//!
//! Rule: ICMP messages cut by the snap length so that their checksum cannot be verified, and queries
//! but pings of which one direction only was captured. Packets that the kernel dropped because its
//! buffer was full, or the interface because the host was too slow, or a filter that the file records.
//! Replies that were captured on their way alone.
//! Source: tcpdump(8) on `-s`; RFC 1122 on what an error quotes.

use super::group::{EVIDENCE, Group, counted};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::Relation;
use crate::correlate::exchange::{Exchange, ExchangeEnd, ExchangeKind, ExchangeOutcome};
use crate::icmp::Message;
use crate::model::Frame;
use crate::record::escape::Escaped;
use crate::source::{DropsTold, InterfaceCounts, RecordedFilter};

/// Requests of which one capture may have ended before the reply came back are fewer.
const MANY: u64 = 3;
/// Filters that are named.
const FILTERS: usize = 3;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct CaptureQuality {
    cut: Group,
    one_sided: Group,
    kernel: Vec<InterfaceCounts>,
    /// Requests whose reply was captured on its way, and it is not known whether it came back.
    on_way_back: Group,
    /// Whether there are requests of which nobody knows what became.
    some_unknown: bool,
    /// What may have kept their answers out.
    filters: Vec<RecordedFilter>,
}

impl CaptureQuality {
    pub(super) fn kernel(&mut self, interfaces: &[InterfaceCounts]) {
        self.kernel = interfaces.to_vec();
    }

    pub(super) fn filtered<'a>(&mut self, filters: impl Iterator<Item = &'a RecordedFilter>) {
        for filter in filters {
            if self.filters.len() < FILTERS && !self.filters.contains(filter) {
                self.filters.push(filter.clone());
            }
        }
    }

    /// What was not captured at all, with what to do about it.
    fn drops(&self) -> impl Iterator<Item = (String, &'static str)> {
        let told = |interface: &InterfaceCounts| {
            let InterfaceCounts {
                name,
                counts,
                drops,
                ..
            } = interface;
            let unknown = match drops {
                DropsTold::AsTheyCame | DropsTold::WithPackets => {
                    "requests without an answer then are unknown, not lost"
                }
                DropsTold::InSum => {
                    "the file does not say when: what was open at its count is unknown, and a request \
                     decided before that may count as lost for it"
                }
            };
            let dropped = (counts.dropped > 0).then(|| {
                let (dropped, all) = (counts.dropped, counted(counts.received, "packet"));
                match drops {
                    DropsTold::WithPackets => (
                        format!(
                            "{dropped} of {all} on {name} are missing, as others tell, and {unknown}"
                        ),
                        "Look at the counters and buffers of what captured them, and of its card.",
                    ),
                    DropsTold::AsTheyCame | DropsTold::InSum => (
                        format!(
                            "the kernel dropped {dropped} of {all} on {name}, its buffer being full, \
                             and {unknown}"
                        ),
                        "Capture with a larger buffer (-B), a narrower filter, or less output (-q).",
                    ),
                }
            });
            let missed = (counts.interface_dropped > 0).then(|| {
                (
                    format!(
                        "{name} dropped {} before the host had them",
                        counted(counts.interface_dropped, "packet")
                    ),
                    "Look at the driver's rings (ethtool -S, -g).",
                )
            });
            dropped.into_iter().chain(missed)
        };
        self.kernel.iter().flat_map(told)
    }
}

fn words(filter: &RecordedFilter) -> String {
    match filter {
        RecordedFilter::Expression(expression) => {
            format!("the filter \"{}\"", Escaped(expression.as_bytes()))
        }
        RecordedFilter::Program(octets) => format!("a filter program of {octets} octets"),
    }
}

impl Diagnosis for CaptureQuality {
    fn icmp(&mut self, frame: &Frame<'_>, message: &Message<'_>, _relation: Relation) {
        if frame.is_cut() && (message.bytes.len() as u64) < u64::from(message.length) {
            self.cut.errors += 1;
            if self.cut.evidence.len() < EVIDENCE {
                self.cut.show(&[frame.reference()]);
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        if exchange.outcome == ExchangeOutcome::Unknown {
            self.some_unknown = true;
            if let Some(reply) = exchange.end.and_then(ExchangeEnd::reply) {
                self.on_way_back.errors += 1;
                self.on_way_back.show(&[exchange.request, reply]);
            }
        }
        // Of pings `ping_unanswered` and `ping_loss` say it.
        if exchange.one_sided_possible && exchange.kind != ExchangeKind::Echo {
            self.one_sided.errors += 1;
            if self.one_sided.evidence.len() < EVIDENCE {
                self.one_sided.show(&[exchange.request]);
            }
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let mut told = Vec::new();
        let mut advice = Vec::new();
        for (what, remedy) in self.drops() {
            told.push(what);
            advice.push(remedy);
        }
        let severity = if told.is_empty() && self.on_way_back.errors < MANY {
            Severity::Info
        } else {
            Severity::Warning
        };
        if self.on_way_back.errors > 0 {
            told.push(format!(
                "of {} the reply was captured on its way, and nothing tells whether it came back to who \
                 asked",
                counted(self.on_way_back.errors, "request")
            ));
            advice.push(
                "Ask the program that sent them: what did not come back was lost behind the last point of \
                 capture, or came another way.",
            );
        }
        if self.cut.errors > 0 {
            told.push(format!(
                "the snap length cut {} short, so that checksums are unverified",
                counted(self.cut.errors, "ICMP message")
            ));
            advice.push("Capture with a larger snap length (-s 0).");
        }
        if self.one_sided.errors > 0 {
            told.push(format!(
                "of {} no packet of the other direction was captured",
                counted(self.one_sided.errors, "request")
            ));
            advice.push("Replies may take another way: capture where both directions pass.");
        }
        if self.some_unknown && !self.filters.is_empty() {
            let filters: Vec<_> = self.filters.iter().map(words).collect();
            told.push(format!(
                "packets were captured with {}, which may have kept answers out: what has none for that is \
                 unknown, not lost",
                filters.join(", ")
            ));
            advice.push("Capture without a filter, or with one that takes both directions (host, net, port).");
        }
        if told.is_empty() {
            return;
        }
        let mut evidence = std::mem::take(&mut self.cut);
        evidence.show(&self.one_sided.evidence);
        evidence.show(&self.on_way_back.evidence);
        found.push(Finding {
            name: "capture_quality",
            severity,
            title: format!("The capture does not show all: {}", told.join("; ")),
            evidence: evidence.evidence,
            confidence: Confidence::Confirmed,
            advice: advice.join(" "),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AddrPair, FrameRef, SourceId};

    /// A ping whose reply was captured.
    fn ping(number: u64, outcome: ExchangeOutcome) -> Exchange {
        let host = |last| std::net::IpAddr::from([192, 0, 2, last]);
        let reply = FrameRef::new(SourceId(0), 100 + number);
        Exchange {
            end: Some(ExchangeEnd::Reply(reply)),
            request_points: 2,
            ..Exchange::ping(AddrPair::new(host(1), host(2)), number, outcome)
        }
    }

    #[test]
    fn replies_that_were_captured_on_their_way_alone_are_told() {
        for (outcome, count, severity) in [
            (ExchangeOutcome::Answered, 5, None),
            (ExchangeOutcome::Unknown, 1, Some(Severity::Info)),
            (ExchangeOutcome::Unknown, 3, Some(Severity::Warning)),
        ] {
            let mut diagnosis = CaptureQuality::default();
            for number in 1..=count {
                diagnosis.exchange(&ping(number, outcome));
            }
            let mut found = Vec::new();
            diagnosis.findings(&mut found);
            let told = found.first();
            assert_eq!(told.map(|told| told.severity), severity);
            if let Some(told) = told {
                let title = format!(
                    "of {} the reply was captured on its way",
                    counted(count, "request")
                );
                assert!(told.title.contains(&title), "{}", told.title);
                assert_eq!(told.evidence.len() as u64, 2 * count);
            }
        }
    }
}
