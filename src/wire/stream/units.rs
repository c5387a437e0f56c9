//! What a frame holds of the units of streams.

use super::unit::Carried;
use crate::wire::piece::{Piece, UnitPart};

/// What is found in a frame.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A packet that begins and ends in it.
    Packet(Piece<'a>),
    /// The beginning of one that was cut, which has so many octets.
    Cut(Piece<'a>, usize),
    /// A part of a packet.
    Piece(Piece<'a>),
    /// A part of one whose other parts are lost, inside of so many tunnels.
    Lost(u8),
}

/// What a frame holds of the units of streams, in its order.
#[derive(Debug, Default)]
pub struct Units {
    octets: Vec<u8>,
    parts: Vec<Part>,
    /// How many tunnels are around them.
    pub(super) depth: u8,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Lost,
    Unit {
        number: u64,
        carried: Carried,
        /// Octets of the packet before it.
        before: usize,
        /// Octets of all of the packet.
        of: usize,
        /// Where its own are.
        start: usize,
        end: usize,
        /// What is behind them was cut.
        is_cut: bool,
    },
}

impl Units {
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        self.parts.clear();
        self.depth = 0;
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether the packets are several, or parts of several.
    pub fn are_several(&self) -> bool {
        self.parts.len() > 1
    }

    /// Adds octets of the packet of unit `number`, behind so many of so many.
    pub(super) fn add(
        &mut self,
        number: u64,
        carried: &Carried,
        (before, of): (usize, usize),
        octets: &[u8],
    ) {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        match self.parts.last_mut() {
            Some(Part::Unit {
                number: last, end, ..
            }) if *last == number => *end = self.octets.len(),
            _ => self.parts.push(Part::Unit {
                number,
                carried: *carried,
                before,
                of,
                start,
                end: self.octets.len(),
                is_cut: false,
            }),
        }
    }

    /// Adds that there is a part of a packet of which others are lost.
    pub(super) fn add_lost(&mut self) {
        if !matches!(self.parts.last(), Some(Part::Lost)) {
            self.parts.push(Part::Lost);
        }
    }

    /// What was added last was cut, if it is of a packet that does not end there.
    pub(super) fn cut(&mut self) {
        if let Some(Part::Unit { is_cut, .. }) = self.parts.last_mut() {
            *is_cut = true;
        }
    }

    /// What there is.
    pub fn found(&self) -> impl Iterator<Item = Found<'_>> {
        self.parts.iter().map(|part| match *part {
            Part::Lost => Found::Lost(self.depth),
            Part::Unit {
                number,
                carried,
                before,
                of,
                start,
                end,
                is_cut,
            } => {
                let part = UnitPart {
                    number,
                    before,
                    of,
                    header: carried.header,
                    link: carried.link,
                    octets: self.octets.get(start..end).unwrap_or_default(),
                    depth: self.depth,
                };
                let piece = Piece::of_unit(&part);
                let ends = before + (end - start) >= of;
                match (before, ends, is_cut) {
                    (0, true, _) => Found::Packet(piece),
                    (0, false, true) => Found::Cut(piece, of),
                    // The rest of a later part is not there, and never comes.
                    (_, false, true) => Found::Lost(self.depth),
                    _ => Found::Piece(piece),
                }
            }
        })
    }
}
