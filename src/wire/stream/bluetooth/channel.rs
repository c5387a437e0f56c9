//! The channels of L2CAP that carry packets (Core 5.3, volume 3 part A section 3): how their units are
//! put into the frames of a link.

use super::super::unit::{Begin, Carried, Plan, Unit};
use super::super::units::Units;
use super::bnep;
use super::devices::Address;
use crate::wire::bytes::array_at;
use crate::wire::link::LOWPAN;

/// What a channel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// What is not known: what is certain of a network is read.
    Unknown,
    /// Frames of a network.
    Bnep,
    /// IPv6 packets with compressed headers (RFC 7668).
    Ipv6,
    /// Anything else.
    Other,
}

impl Protocol {
    /// That of a multiplexer's number.
    pub(super) const fn of(number: u16) -> Self {
        match number {
            0x000f => Self::Bnep,
            0x0023 => Self::Ipv6,
            _ => Self::Other,
        }
    }

    /// What a unit of so many octets is, between these ends, that begins with `head`.
    pub(super) fn begin(self, head: &[u8], of: usize, ends: [Option<Address>; 2]) -> Begin {
        match self {
            Self::Unknown => bnep::begin_certain(head, of),
            Self::Bnep => bnep::begin(head, of),
            Self::Ipv6 => Begin::Unit(Plan {
                before: 0,
                octets: of,
                behind: 0,
                carries: Some(between(ends)),
            }),
            Self::Other => Begin::Unit(Plan::skipped(of)),
        }
    }
}

/// A packet of 6LoWPAN behind the header of Ethernet that leads to the same interface identifiers: those of
/// RFC 7668 section 3.2.2 have the bits of the address as they are, where Ethernet's turn one round. An
/// address that is not known is zero.
fn between(ends: [Option<Address>; 2]) -> Carried {
    const UNIVERSAL: u8 = 0x02;
    let [src, dst] = ends.map(|end| {
        end.map_or([0; 6], |mut address| {
            address[0] ^= UNIVERSAL;
            address
        })
    });
    Carried::of_ethernet(dst, src, LOWPAN)
}

/// How units are put into frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Each is one.
    #[default]
    Basic,
    /// Behind control fields, which tell of each whether it is one, or the first, last or another part
    /// (section 3.3); streams have the same.
    Enhanced,
    /// The first part of each tells its length (section 3.4.3).
    Credits,
}

/// One way of a channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    pub(super) protocol: Protocol,
    pub(super) mode: Mode,
    /// What the other end calls it.
    pub(super) peer: Option<u16>,
    /// Who sends on it wants no check sequences; there are none if both do not want them.
    pub(super) wants_no_check: bool,
    /// Control fields have four octets.
    pub(super) is_extended: bool,
    /// The unit that is not over.
    unit: Option<Open>,
    /// Number of the last frame.
    sequence: Option<u32>,
}

/// A unit that is read.
#[derive(Clone, Copy, Debug)]
struct Open {
    unit: Unit,
    octets: usize,
    came: usize,
}

/// What stands before the part of a unit in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Octets of the control field and of the length of the unit.
    pub(super) header: usize,
    /// The unit's octets, if it begins.
    begins: Option<usize>,
    /// Number of the frame.
    sequence: Option<u32>,
    /// It is no part of one.
    is_none: bool,
}

impl Channel {
    pub(super) const fn new(protocol: Protocol, mode: Mode, peer: Option<u16>) -> Self {
        Self {
            protocol,
            mode,
            peer,
            wants_no_check: false,
            is_extended: false,
            unit: None,
            sequence: None,
        }
    }

    /// What stands at the beginning of a frame of so many octets without its check; `None` as long as it
    /// is not there.
    pub(super) fn part(&self, octets: &[u8], of: usize) -> Option<Part> {
        let whole = |header: usize| Part {
            header,
            begins: Some(of - header.min(of)),
            sequence: None,
            is_none: false,
        };
        let length_at = |at| {
            array_at(octets, at)
                .map(u16::from_le_bytes)
                .map(usize::from)
        };
        match self.mode {
            Mode::Basic => Some(whole(0)),
            Mode::Credits if self.unit.is_some() => Some(Part {
                begins: None,
                ..whole(0)
            }),
            Mode::Credits => Some(Part {
                begins: Some(length_at(0)?),
                ..whole(2)
            }),
            Mode::Enhanced => {
                let (control, size, sequence, part) = if self.is_extended {
                    let control = u32::from_le_bytes(array_at(octets, 0)?);
                    (control, 4, control >> 18, control >> 16 & 3)
                } else {
                    let control = u16::from_le_bytes(array_at(octets, 0)?);
                    (
                        control.into(),
                        2,
                        (control >> 1 & 0x3f).into(),
                        (control >> 14).into(),
                    )
                };
                let is_none = control & 1 != 0;
                let numbered = Part {
                    sequence: Some(sequence),
                    is_none,
                    ..whole(size)
                };
                match part {
                    _ if is_none => Some(numbered),
                    0 => Some(numbered),
                    1 => Some(Part {
                        header: size + 2,
                        begins: Some(length_at(size)?),
                        ..numbered
                    }),
                    _ => Some(Part {
                        begins: None,
                        ..numbered
                    }),
                }
            }
        }
    }

    /// A part of a unit begins: says whether it is to be read.
    pub(super) fn begin(&mut self, part: Part, number: u64) -> bool {
        if part.is_none || part.sequence.is_some() && part.sequence == self.sequence {
            // It was sent again, or tells what came.
            return false;
        }
        let modulus = if self.is_extended { 1 << 14 } else { 1 << 6 };
        let is_next = match (self.sequence, part.sequence) {
            (Some(last), Some(this)) => (last + 1) % modulus == this,
            _ => true,
        };
        self.sequence = part.sequence;
        if !is_next {
            self.unit = None;
        }
        if let Some(octets) = part.begins {
            self.unit = Some(Open {
                unit: Unit::new(number),
                octets,
                came: 0,
            });
        }
        true
    }

    /// Takes octets of the unit.
    pub(super) fn take(&mut self, octets: &[u8], ends: [Option<Address>; 2], into: &mut Units) {
        let protocol = self.protocol;
        let Some(open) = &mut self.unit else {
            if protocol != Protocol::Other && !octets.is_empty() {
                into.add_lost();
            }
            return;
        };
        let of = open.octets;
        let begin = |head: &[u8]| protocol.begin(head, of, ends);
        let is_unit = open.unit.take(octets, begin, into).is_some();
        open.came += octets.len();
        if !is_unit || open.came >= of {
            self.unit = None;
        }
    }

    /// What is behind was cut: nothing is left to go on with.
    pub(super) fn cut(&mut self, into: &mut Units) {
        if self.unit.take().is_some() {
            into.cut();
        }
    }
}
