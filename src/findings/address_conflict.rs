//! Several stations of a link want one IPv6 address: `address_conflict`.
//!
//! Rule: a host asks whether an address is free, and another station of that link advertises it within
//! three seconds, or asks the same within one. Stations are told by their link-layer addresses, links by VLAN,
//! interface and tunnel: without the former nothing is said. What no node heeds is left out: messages
//! that a router may have passed on (RFC 4861 sections 7.1.1, 7.1.2), and a question that comes back
//! with its own nonce (RFC 7527 section 4.2), whoever sends it.
//! Source: RFC 4862 section 5.4 (duplicate address detection). IPv4 has ARP for it, which is no ICMP.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::time::Duration;

use super::group::{Group, Groups};
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::correlate::Relation;
use crate::icmp::nd_option::NdValue;
use crate::icmp::ndp::{Ndp, NdpKind};
use crate::icmp::{Body, Message};
use crate::model::{Frame, FrameRef, InterfaceId, SourceId, Timestamp};
use crate::wire::Packet;
use crate::wire::link::{self, LinkAddress, Vlans};
use crate::wire::tunnel::TunnelKind;

/// How long an answer may take: hosts ask up to three times, one second apart (RFC 4862 section 5.1).
const ANSWERED: Duration = Duration::from_secs(3);
/// How long a host waits behind the last time that it asked, before the address is its own.
const WAITS: Duration = Duration::from_secs(1);
/// Addresses that are asked for at a time.
const REMEMBERED: usize = 64;
/// Stations of one kind that are named for an address.
const NAMED: usize = 4;
/// Stations that are counted for an address.
const COUNTED: usize = 256;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressConflict {
    asked: VecDeque<Asked>,
    conflicts: Groups<Wanted, Claims>,
}

/// Who asked whether an address is free.
#[derive(Clone, Copy, Debug)]
struct Asked {
    wanted: Wanted,
    by: LinkAddress,
    nonce: Option<Nonce>,
    ts: Timestamp,
    frame: FrameRef,
}

/// What makes a question known to who asked it: six octets, in most cases (RFC 3971 section 5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Nonce([u8; 6]);

/// An address on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    target: Ipv6Addr,
    link: Link,
}

/// What duplicate address detection reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Link {
    source: SourceId,
    interface: Option<InterfaceId>,
    vlans: Vlans,
    /// Not its ends: a virtual network has many.
    tunnel: Option<(TunnelKind, Vlans)>,
}

/// The stations that want an address.
#[derive(Clone, Debug, Default)]
struct Claims {
    owners: Stations,
    askers: Stations,
    shown: Group,
}

/// Stations, in order of the first claim.
#[derive(Clone, Debug, Default)]
struct Stations(Vec<LinkAddress>);

/// Whether a station has the address already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        // A copy may be the one on the link where the other station is.
        if let Body::Ndp(ndp) = &message.body
            && !matches!(relation, Relation::Reported)
        {
            self.neighbors(frame, packet, ndp);
        }
    }

    #[inline(never)]
    fn neighbors(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, ndp: &Ndp<'_>) {
        const UNROUTED: u8 = 255;
        let (target, owns) = match ndp.kind {
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
        if packet.ip.ttl != UNROUTED {
            return;
        }
        let wanted = Wanted {
            target,
            link: Link::of(frame, packet),
        };
        let nonce = ndp.options().find_map(|option| match option.value() {
            NdValue::Nonce(octets) => octets.first_chunk().map(|first| Nonce(*first)),
            _ => None,
        });
        for asked in self.asked.iter().rev() {
            let is_late = (frame.ts.since(asked.ts)).is_none_or(|apart| apart > owns.within());
            let came_back = nonce.is_some() && asked.nonce == nonce;
            if asked.wanted != wanted || asked.by == station || is_late || came_back {
                continue;
            }
            if let Some(claims) = self.conflicts.entry(wanted) {
                claims.add(station, owns);
                claims.add(asked.by, Owns::NotYet);
                claims.shown.show(&[asked.frame, frame.reference()]);
            }
        }
        if owns == Owns::NotYet {
            if self.asked.len() == REMEMBERED {
                self.asked.pop_front();
            }
            self.asked.push_back(Asked {
                wanted,
                by: station,
                nonce,
                ts: frame.ts,
                frame: frame.reference(),
            });
        }
    }
}

impl Owns {
    /// How long after a question what another station says is about it.
    const fn within(self) -> Duration {
        match self {
            Self::Already => ANSWERED,
            Self::NotYet => WAITS,
        }
    }
}

impl Link {
    fn of(frame: &Frame<'_>, packet: &Packet<'_>) -> Self {
        let tunnels = packet.tunnels.iter();
        Self {
            source: frame.source,
            interface: frame.interface,
            vlans: packet.link.vlans,
            tunnel: tunnels.last().map(|tunnel| (tunnel.kind, tunnel.vlans)),
        }
    }
}

impl Claims {
    fn add(&mut self, station: LinkAddress, owns: Owns) {
        match owns {
            Owns::Already => self.owners.add(station),
            Owns::NotYet => self.askers.add(station),
        }
    }

    fn title(&self, target: Ipv6Addr) -> String {
        let askers = self.askers.without(&self.owners);
        match (self.owners.0.is_empty(), askers.0.len()) {
            (false, 0) => format!("{target} is in use by {}", self.owners.told()),
            (false, 1) => format!(
                "{target} is in use by {}, and {} wants it too",
                self.owners.told(),
                askers.told()
            ),
            (false, _) => format!(
                "{target} is in use by {}, and {} want it too",
                self.owners.told(),
                askers.told()
            ),
            (true, 2) => format!("{} both want {target} at the same time", askers.told()),
            (true, _) => format!("{} all want {target} at the same time", askers.told()),
        }
    }
}

impl Stations {
    fn add(&mut self, station: LinkAddress) {
        if self.0.len() < COUNTED && !self.0.contains(&station) {
            self.0.push(station);
        }
    }

    fn without(&self, others: &Self) -> Self {
        let rest = self.0.iter().filter(|station| !others.0.contains(station));
        Self(rest.copied().collect())
    }

    /// `a`, `a and b`, `a, b, c and d`, `a, b, c, d and 3 more`.
    fn told(&self) -> String {
        let (named, more) = self.0.split_at(self.0.len().min(NAMED));
        let mut named: Vec<_> = named.iter().map(ToString::to_string).collect();
        let last = match more.len() {
            0 => named.pop(),
            _ if self.0.len() == COUNTED => Some(format!("over {} more", more.len() - 1)),
            more => Some(format!("{more} more")),
        };
        match last {
            Some(last) if named.is_empty() => last,
            Some(last) => format!("{} and {last}", named.join(", ")),
            None => String::new(),
        }
    }
}

impl Diagnosis for AddressConflict {
    fn findings(&mut self, found: &mut Vec<Finding>) {
        for (Wanted { target, .. }, claims) in self.conflicts.iter() {
            found.push(Finding {
                name: "address_conflict",
                severity: Severity::Warning,
                title: claims.title(*target),
                evidence: claims.shown.evidence.clone(),
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
