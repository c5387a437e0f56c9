//! What diagnoses share: counting alike verdicts together, in order of the first, bounded.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::{Diagnosis, Finding};
use crate::correlate::verdict::{DropVerdict, Unresolved};
use crate::icmp::field::Extent;
use crate::model::FrameRef;
use crate::model::flow::FlowPorts;

/// Frames that a finding names.
pub(super) const EVIDENCE: usize = 10;
/// Groups that a diagnosis keeps: what comes later adds to known groups only.
const GROUPS: usize = 1000;

/// Observations of one kind, gathered by `K`, in order of the first.
#[derive(Clone, Debug)]
pub(super) struct Groups<K, G = Group> {
    index: HashMap<K, usize, RandomState>,
    entries: Vec<(K, G)>,
}

/// What was gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Errors.
    pub(super) errors: u64,
    /// Those about a packet that others are about.
    pub(super) repeated: u64,
    /// Flows.
    pub(super) flows: u64,
    /// Where the packets were directed at.
    pub(super) ports: Ports,
    /// The longest that an error took to come.
    pub(super) slowest: Option<Duration>,
    /// Whether some came at once, as they were captured before their packets.
    pub(super) hasty: bool,
    /// The snap length may have cut what tells.
    pub(super) cut: bool,
    /// Whose link-layer address who sent them did not get.
    pub(super) unresolved: Unresolved,
    /// Frames that show it.
    pub(super) evidence: Vec<FrameRef>,
}

impl<K, G> Default for Groups<K, G> {
    fn default() -> Self {
        Self {
            index: HashMap::default(),
            entries: Vec::new(),
        }
    }
}

impl<K: Copy + Eq + Hash, G: Default> Groups<K, G> {
    /// The group of `key`, new where there is room.
    pub(super) fn entry(&mut self, key: K) -> Option<&mut G> {
        let at = match self.index.get(&key) {
            Some(&at) => at,
            None if self.entries.len() < GROUPS => {
                self.entries.push((key, G::default()));
                self.index.insert(key, self.entries.len() - 1);
                self.entries.len() - 1
            }
            None => return None,
        };
        self.entries.get_mut(at).map(|(_, group)| group)
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is a group of `key`.
    pub(super) fn has(&self, key: &K) -> bool {
        self.index.contains_key(key)
    }

    /// The groups in order of their first observation.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, G)> {
        self.entries.iter()
    }
}

impl<K: Copy + Eq + Hash> Groups<K> {
    /// Adds a verdict, by the port that the packets were directed at.
    pub(super) fn add(&mut self, key: K, verdict: &DropVerdict) {
        self.add_at(key, verdict, destination(verdict));
    }

    /// Adds a verdict that is about a port.
    fn add_at(&mut self, key: K, verdict: &DropVerdict, port: Option<u16>) {
        if let Some(group) = self.entry(key) {
            // One error on both sides of a translation is one, unless a filter hid the other.
            if !verdict.counted_there || group.errors == 0 {
                group.errors += verdict.count;
                group.repeated += verdict.repeated;
                group.flows += u64::from(verdict.part == 1);
            }
            group.slowest = group.slowest.max(verdict.slowest);
            group.hasty |= verdict.hasty > 0;
            group.cut |= verdict.quotes == Extent::Cut;
            group.unresolved = group.unresolved.and(verdict.unresolved);
            if let Some(port) = port {
                group.ports.add(port);
            }
            group.show(&verdict.error_frames);
            group.show(&verdict.original_frames);
        }
    }
}

impl Group {
    /// Adds frames to the evidence, up to its cap.
    pub(super) fn show(&mut self, frames: &[FrameRef]) {
        for frame in frames {
            if self.evidence.len() < EVIDENCE && !self.evidence.contains(frame) {
                self.evidence.push(*frame);
            }
        }
        self.evidence.sort_unstable();
    }

    /// ` (3 packets of 2 flows)`; nothing of a single packet.
    pub(super) fn tally(&self) -> String {
        match (self.errors.saturating_sub(self.repeated), self.flows) {
            (1, _) => String::new(),
            // Nobody counted them.
            (packets, 0 | 1) => format!(" ({packets} packets)"),
            (packets, flows) => format!(" ({packets} packets of {flows} flows)"),
        }
    }
}

/// Destination ports, as many as a title can count.
#[derive(Clone, Debug, Default)]
pub(super) struct Ports {
    /// In order of their numbers.
    seen: Vec<u16>,
    /// There were more.
    overflowed: bool,
}

impl Ports {
    const KEPT: usize = 1000;
    /// All are named up to this many, else so many less two.
    const NAMED: usize = 5;

    pub(super) fn add(&mut self, port: u16) {
        if let Err(at) = self.seen.binary_search(&port) {
            if self.seen.len() < Self::KEPT {
                self.seen.insert(at, port);
            } else {
                self.overflowed = true;
            }
        }
    }
}

impl fmt::Display for Ports {
    /// ` port 53`, ` ports 53 and 443`, ` ports 1, 2, 3 and 997 more`; of none, nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((last, before)) = self.seen.split_last() else {
            return Ok(());
        };
        let joined = |ports: &[u16]| {
            let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
            ports.join(", ")
        };
        if before.is_empty() {
            write!(f, " port {last}")
        } else if self.seen.len() <= Self::NAMED {
            write!(f, " ports {} and {last}", joined(before))
        } else {
            let (named, more) = self.seen.split_at(Self::NAMED - 2);
            let over = if self.overflowed { "over " } else { "" };
            write!(f, " ports {} and {over}{} more", joined(named), more.len())
        }
    }
}

/// The port that the packets of a verdict were directed at.
const fn destination(verdict: &DropVerdict) -> Option<u16> {
    match verdict.flow.ports {
        FlowPorts::Ports { dst, .. } => Some(dst),
        _ => None,
    }
}

/// A diagnosis that counts alike verdicts together.
pub(super) trait Rule {
    /// What makes verdicts alike.
    type Key: Copy + Eq + Hash;

    /// The key of a verdict that the diagnosis is about.
    fn key(verdict: &DropVerdict) -> Option<Self::Key>;

    /// The port of a verdict that tells the packets from others.
    fn port(verdict: &DropVerdict) -> Option<u16> {
        destination(verdict)
    }

    /// What is said of alike verdicts.
    fn finding(key: &Self::Key, group: &Group) -> Finding;
}

/// The account of a [`Rule`].
#[derive(Clone, Debug)]
pub(super) struct Counted<R: Rule>(Groups<R::Key>);

impl<R: Rule> Default for Counted<R> {
    fn default() -> Self {
        Self(Groups::default())
    }
}

impl<R: Rule> Diagnosis for Counted<R> {
    fn verdict(&mut self, verdict: &DropVerdict) {
        if let Some(key) = R::key(verdict) {
            self.0.add_at(key, verdict, R::port(verdict));
        }
    }

    fn findings(&mut self, found: &mut Vec<Finding>) {
        let told = self.0.iter().map(|(key, group)| R::finding(key, group));
        found.extend(told);
    }
}

/// `1 router`, `2 routers`.
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A protocol's usual name.
pub(super) fn protocol(number: u8) -> String {
    etherparse::IpNumber(number).keyword_str().map_or_else(
        || format!("protocol {number}"),
        |name| match name {
            "IPv6-ICMP" => "ICMPv6".to_owned(),
            name => name.to_owned(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_named_while_they_are_few() {
        let told = |ports: &[u16]| {
            let mut all = Ports::default();
            for port in ports {
                all.add(*port);
            }
            all.to_string()
        };
        assert_eq!(told(&[]), "");
        assert_eq!(told(&[443, 443]), " port 443");
        assert_eq!(told(&[443, 53]), " ports 53 and 443");
        assert_eq!(told(&[5, 4, 3, 2, 1]), " ports 1, 2, 3, 4 and 5");
        assert_eq!(told(&[6, 5, 4, 3, 2, 1]), " ports 1, 2, 3 and 3 more");
        let all: Vec<_> = (1..=2000).collect();
        assert_eq!(told(&all), " ports 1, 2, 3 and over 997 more");
    }

    #[test]
    fn one_packet_needs_no_count() {
        let tally = |errors, flows| {
            let group = Group {
                errors,
                flows,
                ..Group::default()
            };
            group.tally()
        };
        assert_eq!(tally(1, 1), "");
        assert_eq!(tally(3, 1), " (3 packets)");
        assert_eq!(tally(4, 2), " (4 packets of 2 flows)");
    }
}
