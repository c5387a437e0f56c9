//! Two hosts want one IPv6 address: `address_conflict`.
//!
//! Rule: a host asks whether an address is free, and within three seconds another station advertises
//! it, or asks the same. Stations are told by their link-layer addresses: without those nothing is said.
//! Source: RFC 4862 section 5.4 (duplicate address detection), RFC 7527 (a host may hear itself: its own
//! station is no other). IPv4 has ARP for it, which is no ICMP.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::time::Duration;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::Relation;
use crate::icmp::ndp::NdpKind;
use crate::icmp::{Body, Message};
use crate::model::{Frame, FrameRef, Timestamp};
use crate::wire::Packet;
use crate::wire::link::{self, LinkAddress};

/// How long an answer may take: hosts ask up to three times, one second apart (RFC 4862 section 5.1).
const WINDOW: Duration = Duration::from_secs(3);
/// Addresses that are asked for at a time.
const REMEMBERED: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressConflict {
    asked: VecDeque<Asked>,
    conflicts: Groups<Conflict>,
}

/// Who asked whether an address is free.
#[derive(Clone, Copy, Debug)]
struct Asked {
    target: Ipv6Addr,
    by: LinkAddress,
    ts: Timestamp,
    frame: FrameRef,
}

/// An address with the stations that want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Conflict {
    target: Ipv6Addr,
    asks: LinkAddress,
    other: LinkAddress,
    owns: Owns,
}

/// Whether the other station has the address already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owns {
    Already,
    /// It asks for it as well.
    NotYet,
}

impl AddressConflict {
    /// Takes any message.
    #[inline]
    pub(super) fn message(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
        relation: Relation,
    ) {
        if let Body::Ndp(ndp) = &message.body
            && !matches!(relation, Relation::Copy { .. } | Relation::Reported)
        {
            self.neighbors(frame, packet, &ndp.kind);
        }
    }

    #[inline(never)]
    fn neighbors(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, kind: &NdpKind) {
        let (target, owns) = match *kind {
            NdpKind::NeighborSolicitation { target } if packet.ip.src().is_unspecified() => {
                (target, Owns::NotYet)
            }
            NdpKind::NeighborAdvertisement { target, .. } => (target, Owns::Already),
            _ => return,
        };
        let sender = packet.frame_around(frame);
        let Some(station) = sender.and_then(|frame| link::addresses(&frame).src) else {
            return;
        };
        let soon = |asked: &&Asked| {
            let apart = frame.ts.since(asked.ts);
            asked.target == target && apart.is_some_and(|apart| apart <= WINDOW)
        };
        for asked in (self.asked.iter().rev().filter(soon)).filter(|asked| asked.by != station) {
            let conflict = Conflict {
                target,
                asks: asked.by,
                other: station,
                owns,
            };
            if let Some(group) = self.conflicts.entry(conflict) {
                group.errors += 1;
                group.show(&[asked.frame, frame.reference()]);
            }
        }
        if owns == Owns::NotYet {
            if self.asked.len() == REMEMBERED {
                self.asked.pop_front();
            }
            self.asked.push_back(Asked {
                target,
                by: station,
                ts: frame.ts,
                frame: frame.reference(),
            });
        }
    }
}

impl Diagnosis for AddressConflict {
    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (conflict, Group { evidence, .. }) in self.conflicts.iter() {
            let Conflict {
                target,
                asks,
                other,
                owns,
            } = conflict;
            let title = match owns {
                Owns::Already => format!("{target} is in use by {other}, and {asks} wants it too"),
                Owns::NotYet => format!("{other} and {asks} both want {target} at the same time"),
            };
            found.push(Finding {
                name: "address_conflict",
                severity: Severity::Warning,
                title,
                evidence: evidence.clone(),
                confidence: Confidence::Confirmed,
                advice: format!(
                    "Who asks does not get {target} (RFC 4862 section 5.4) and is not reachable at it. \
                     Look for an address that is set by hand twice, a cloned machine, or a bridge loop \
                     that changes link-layer addresses."
                ),
            });
        }
    }
}
