//! Frames that hold units of streams: packets, or parts of them, each told as if it came alone.

use std::num::NonZeroU32;
use std::{io, mem};

use super::Run;
use crate::model::{Expanded, Form, Frame, Part};
use crate::wire::link::linktype;
use crate::wire::piece::Piece;
use crate::wire::stream::Found;
use crate::wire::{Packet, Undecodable, lowpan};

impl Run<'_, '_, '_, '_> {
    /// A frame that may hold units of a stream, in its innermost packet if that is IP's: whether it does,
    /// and was told.
    #[cold]
    pub(super) fn stream(
        &mut self,
        frame: &Frame<'_>,
        packet: Option<&Packet<'_>>,
    ) -> io::Result<bool> {
        let mut units = mem::take(&mut self.units);
        let has_units = self.streams.take(frame, packet, &mut units);
        let told = if has_units {
            let are_several = units.are_several();
            let found = (1..).zip(units.found());
            self.tell_packets(frame, found, |run, (number, found)| {
                let number = NonZeroU32::new(number).filter(|_| are_several);
                // Of a packet that is one of several itself, they have the number of that.
                let part = match (frame.part, number) {
                    (None | Some(Part::Only), Some(number)) => Some(Part::Numbered(number)),
                    (part, _) => part,
                };
                run.found(&Frame { part, ..*frame }, found)
            })
        } else {
            Ok(false)
        };
        self.units = units;
        told
    }

    fn found(&mut self, frame: &Frame<'_>, found: Found<'_>) -> io::Result<()> {
        match found {
            Found::Piece(piece) => self.tell_piece(frame, &piece),
            Found::Packet(piece) => self.unit(frame, &piece, piece.octets.len()),
            Found::Cut(piece, octets) => self.unit(frame, &piece, octets),
            Found::Lost(depth) => {
                self.lost_piece(frame, depth > 0);
                Ok(())
            }
        }
    }

    /// Tells a packet of which so many octets are in the frame.
    fn unit(&mut self, frame: &Frame<'_>, piece: &Piece<'_>, octets: usize) -> io::Result<()> {
        let mut made = Expanded::default();
        piece.make(piece.octets, &mut made);
        made.form = Form::Unit;
        made.set_wire_len(made.octets.len() + (octets - piece.octets.len()));
        if lowpan::is_unit(&made) {
            let mut packet = mem::take(&mut self.expanded);
            let expanded = self.expand_unit(frame, &made, &mut packet);
            return match self.tell_made(frame, packet, expanded)? {
                Ok(true) => Ok(()),
                Ok(false) => {
                    self.other_piece(frame);
                    Ok(())
                }
                Err(why) => {
                    self.undecodable(frame, why);
                    Ok(())
                }
            };
        }
        let expanded = Some(&made);
        self.tell(&Frame { expanded, ..*frame })
    }

    /// Makes the packet of a unit whose headers are compressed.
    pub(super) fn expand_unit(
        &mut self,
        frame: &Frame<'_>,
        unit: &Expanded,
        into: &mut Expanded,
    ) -> Result<bool, Undecodable> {
        let unit = Frame {
            link: linktype::ETHERNET,
            data: &unit.octets,
            wire_len: unit.wire_len,
            fcs_len: 0,
            expanded: None,
            ..*frame
        };
        self.expander.expand_unit(&unit, into)
    }
}
