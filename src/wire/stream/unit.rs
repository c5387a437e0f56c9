//! A unit of a stream: how it is read on as its octets come.

use super::units::Units;
use crate::model::LinkType;
use crate::wire::bytes::tail;
use crate::wire::link::linktype;
use crate::wire::piece::Header;

/// What the first octets of a unit tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// Nothing yet: more have to come.
    Open,
    /// What it is.
    Unit(Plan),
    /// That there is none, nor behind it.
    Nothing,
}

/// The octets of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Those before what it carries.
    pub(super) before: usize,
    /// Those that it carries.
    pub(super) octets: usize,
    /// Those behind that.
    pub(super) behind: usize,
    /// What they are, if they are a packet.
    pub(super) carries: Option<Carried>,
}

impl Plan {
    /// Of a unit that carries none.
    pub(super) const fn skipped(octets: usize) -> Self {
        Self {
            before: 0,
            octets,
            behind: 0,
            carries: None,
        }
    }

    const fn total(&self) -> usize {
        self.before
            .saturating_add(self.octets)
            .saturating_add(self.behind)
    }
}

/// What the octets of a packet are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    /// A frame of this.
    pub(super) link: LinkType,
    /// What stands before it and was not sent.
    pub(super) header: Header,
}

impl Carried {
    /// What a frame of Ethernet would have behind this header.
    pub(super) fn of_ethernet(dst: [u8; 6], src: [u8; 6], kind: u16) -> Self {
        let mut header = [0; 14];
        header[..6].copy_from_slice(&dst);
        header[6..12].copy_from_slice(&src);
        header[12..].copy_from_slice(&kind.to_be_bytes());
        Self {
            link: linktype::ETHERNET,
            header: Header::of(&header),
        }
    }

    pub(super) fn alone(link: LinkType) -> Self {
        Self {
            link,
            header: Header::default(),
        }
    }
}

/// A unit that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    number: u64,
    /// Its first octets, as long as they do not tell what it is.
    head: [u8; Self::HEAD],
    held: u8,
    plan: Option<Plan>,
    /// Octets of it that came, once there is a plan.
    came: usize,
}

impl Unit {
    /// Octets by which any unit tells what it is.
    pub(super) const HEAD: usize = 64;

    /// One of which nothing came.
    pub(super) const fn new(number: u64) -> Self {
        Self {
            number,
            head: [0; Self::HEAD],
            held: 0,
            plan: None,
            came: 0,
        }
    }

    /// Whether it is to be read on: it carries a packet, or may.
    pub(super) fn may_carry(&self) -> bool {
        self.plan.is_none_or(|plan| plan.carries.is_some())
    }

    /// Whether it carries a packet.
    pub(super) fn carries(&self) -> bool {
        self.plan.is_some_and(|plan| plan.carries.is_some())
    }

    /// Whether all of it came.
    pub(super) fn is_over(&self) -> bool {
        self.plan.is_some_and(|plan| self.came >= plan.total())
    }

    /// Takes those of `octets` that are its own, and says how many; `begin` tells what it is. `None`
    /// where it is no unit.
    pub(super) fn take(
        &mut self,
        octets: &[u8],
        begin: impl Fn(&[u8]) -> Begin,
        into: &mut Units,
    ) -> Option<usize> {
        let mut taken = 0;
        while self.plan.is_none() {
            let Some(octet) = octets.get(taken) else {
                return Some(taken);
            };
            *self.head.get_mut(usize::from(self.held))? = *octet;
            self.held += 1;
            taken += 1;
            let head = self.head;
            let head = head.get(..self.held.into()).unwrap_or_default();
            match begin(head) {
                Begin::Open => {}
                Begin::Nothing => return None,
                Begin::Unit(plan) => {
                    self.plan = Some(plan);
                    self.pass(plan, head, into);
                }
            }
        }
        let rest = tail(octets, taken);
        Some(taken + self.plan.map_or(0, |plan| self.pass(plan, rest, into)))
    }

    /// Lets those of these octets pass that are its own, and says how many: what is of the packet in
    /// it goes to `into`.
    fn pass(&mut self, plan: Plan, octets: &[u8], into: &mut Units) -> usize {
        let own = octets.len().min(plan.total() - self.came);
        let (start, end) = (self.came, self.came + own);
        self.came = end;
        if let Some(carried) = plan.carries {
            let last = plan.before + plan.octets;
            let from = start.clamp(plan.before, last);
            let to = end.clamp(plan.before, last);
            if from < to {
                let octets = octets.get(from - start..to - start).unwrap_or_default();
                let place = (from - plan.before, plan.octets);
                into.add(self.number, &carried, place, octets);
            }
        }
        own
    }
}
