//! What diagnoses share: counting alike verdicts together, in order of the first, bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use crate::correlate::verdict::DropVerdict;
use crate::model::flow::FlowPorts;
use crate::model::{FlowKey, FrameRef};

/// Frames that a finding names.
pub(super) const EVIDENCE: usize = 10;
/// Groups that a diagnosis keeps: what comes later adds to known groups only.
const GROUPS: usize = 1000;

/// Observations of one kind, gathered by `K`, in order of the first.
#[derive(Debug)]
pub(super) struct Groups<K, G = Group> {
    index: HashMap<K, usize, RandomState>,
    entries: Vec<(K, G)>,
}

/// What was gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Errors.
    pub(super) errors: u64,
    /// Flows.
    pub(super) flows: u64,
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

    /// The groups in order of their first observation.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, G)> {
        self.entries.iter()
    }
}

impl<K: Copy + Eq + Hash> Groups<K> {
    /// Adds a verdict.
    pub(super) fn add(&mut self, key: K, verdict: &DropVerdict) {
        if let Some(group) = self.entry(key) {
            group.errors += verdict.count;
            group.flows += u64::from(verdict.part == 1);
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

    /// `3 packets of 2 flows`.
    pub(super) fn tally(&self) -> String {
        let packets = if self.errors == 1 {
            "packet"
        } else {
            "packets"
        };
        let flows = if self.flows == 1 { "flow" } else { "flows" };
        format!("{} {packets} of {} {flows}", self.errors, self.flows)
    }
}

/// A service: where packets of one kind go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Service {
    pub(super) protocol: u8,
    pub(super) host: IpAddr,
    pub(super) port: Option<u16>,
}

impl Service {
    /// What a flow is directed at.
    pub(super) fn of(flow: &FlowKey) -> Self {
        Self {
            protocol: flow.protocol,
            host: flow.addrs.dst,
            port: match flow.ports {
                FlowPorts::Ports { dst, .. } => Some(dst),
                _ => None,
            },
        }
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{} {} port {port}", protocol(self.protocol), self.host),
            None => write!(f, "{} {}", protocol(self.protocol), self.host),
        }
    }
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
