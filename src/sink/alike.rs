//! Verdicts that tell the same of many flows: a closed port is hit by every connection.

use std::collections::HashMap;
use std::fmt::Write;

use foldhash::fast::RandomState;

use super::story::{Page, ip, plural, text};
use super::text::addr;
use super::verdict::Cause;
use super::wrap::Paragraph;
use crate::correlate::verdict::DropVerdict;
use crate::model::flow::FlowPorts;
use crate::wire::IpVersion;

/// Verdicts of a kind that are written; the others are counted.
const WRITTEN: u64 = 3;
/// Kinds that are told apart; verdicts of further ones are counted only.
const KINDS: usize = 10_000;

/// Who drops what, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    dropper: std::net::IpAddr,
    dst: std::net::IpAddr,
    protocol: u8,
    port: Option<u16>,
    cause: Cause,
    is_unheard: bool,
}

/// Counts verdicts by kind.
#[derive(Debug, Default)]
pub(super) struct Alike {
    index: HashMap<Kind, usize, RandomState>,
    kinds: Vec<(Kind, u64)>,
    /// Verdicts of further kinds.
    further: u64,
}

impl Alike {
    /// Whether this verdict is among the first of its kind.
    pub(super) fn is_written(&mut self, verdict: &DropVerdict) -> bool {
        let port = match verdict.flow.ports {
            FlowPorts::Ports { dst, .. } => Some(dst),
            _ => None,
        };
        let kind = Kind {
            dropper: verdict.dropper,
            dst: verdict.flow.addrs.dst(),
            protocol: verdict.flow.protocol,
            port,
            cause: Cause::of(verdict),
            is_unheard: verdict.is_unheard(),
        };
        let at = match self.index.get(&kind) {
            Some(&at) => at,
            None if self.kinds.len() < KINDS => {
                self.kinds.push((kind, 0));
                self.index.insert(kind, self.kinds.len() - 1);
                self.kinds.len() - 1
            }
            None => {
                self.further += 1;
                return false;
            }
        };
        self.kinds.get_mut(at).is_none_or(|(_, count)| {
            *count += 1;
            *count <= WRITTEN
        })
    }

    /// Tells how many were not written, once.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>, page: &Page<'_>) {
        self.index.clear();
        for (kind, count) in self.kinds.drain(..) {
            let more = count.saturating_sub(WRITTEN);
            if more == 0 {
                continue;
            }
            let version = IpVersion::of(kind.dropper);
            let mut service = text(|out| addr::carried(out, version, kind.protocol));
            if !kind.dst.is_unspecified() {
                let _ = write!(service, " to {}", page.named(&ip(kind.dst)));
            }
            if let Some(port) = kind.port {
                let _ = write!(service, ".{port}");
            }
            let mut lines = Paragraph::new(out, page.width, 3);
            lines.head("drop:", page.palette);
            lines.words(&format!(
                "{} of {service} by {}: {}; -v tells of each",
                plural(more, "more flow"),
                page.named(&ip(kind.dropper)),
                text(|out| kind.cause.write(out))
            ));
            lines.end();
        }
        let further = std::mem::take(&mut self.further);
        if further > 0 {
            let mut lines = Paragraph::new(out, page.width, 3);
            lines.head("drop:", page.palette);
            lines.words(&format!(
                "{} of other kinds; -v tells of each",
                plural(further, "more flow")
            ));
            lines.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::verdict::DropReason;
    use crate::model::{AddrPair, FlowKey, Timestamp};
    use crate::record::json::SourceNames;
    use crate::sink::text::{Colour, Lines, Naming, Palette, Verbosity};
    use crate::wire::IpVersion;

    fn verdict(from: u16, to: u16) -> DropVerdict {
        let flow = FlowKey {
            protocol: 6,
            addrs: AddrPair::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
            ports: FlowPorts::Ports { src: from, dst: to },
        };
        let kind = (IpVersion::V4, 3, 13);
        let reason = DropReason::AdminProhibited;
        let first = Timestamp::from_nanos(0);
        DropVerdict::new(flow, [10, 0, 0, 9].into(), kind, reason, first)
    }

    fn told(alike: &mut Alike) -> String {
        let page = Page {
            names: &SourceNames::default(),
            hosts: &Naming::default(),
            palette: &Palette::new(Colour::Never),
            width: 0,
            verbosity: Verbosity::Plain,
            lines: Lines::All,
        };
        let mut out = Vec::new();
        alike.finish(&mut out, &page);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn kinds_without_end_are_counted() {
        let mut alike = Alike::default();
        let written = (0..KINDS + 5).filter(|port| {
            let port = u16::try_from(*port).unwrap();
            alike.is_written(&verdict(1, port))
        });
        assert_eq!(written.count(), KINDS);
        assert_eq!(
            told(&mut alike),
            "-- drop: 5 more flows of other kinds; -v tells of each\n"
        );
    }

    #[test]
    fn many_flows_to_one_service_are_counted_and_told_once() {
        let mut alike = Alike::default();
        let written = (0..100)
            .filter(|from| alike.is_written(&verdict(*from, 443)))
            .count();
        assert_eq!(written, 3);
        assert!(alike.is_written(&verdict(1, 80)));
        assert_eq!(
            told(&mut alike) + &told(&mut alike),
            "-- drop: 97 more flows of TCP to 10.0.0.2.443 by 10.0.0.9: admin prohibited (ICMP 3/13); \
             -v tells of each\n"
        );
    }
}
