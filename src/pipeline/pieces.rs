//! Packets that a link or a tunnel took apart: what each piece comes to.

use std::io;

use super::Run;
use super::early::Early;
use crate::model::{Expanded, Form, Frame, FrameRef};
use crate::wire::piece::{self, Piece};
use crate::wire::reassembly::{Captured, Missing, Outcome, Reassembly, Told};
use crate::wire::{self, Classified, Undecodable, lowpan};

impl Run<'_, '_, '_, '_> {
    /// A frame that may hold a piece of a packet: whether it does, and was told.
    #[cold]
    pub(super) fn piece(&mut self, frame: &Frame<'_>) -> io::Result<bool> {
        let Some(piece) = piece::find(frame) else {
            return Ok(false);
        };
        self.tell_piece(frame, &piece)?;
        Ok(true)
    }

    /// A piece of a packet that is in `frame`.
    pub(super) fn tell_piece(&mut self, frame: &Frame<'_>, piece: &Piece<'_>) -> io::Result<()> {
        let captured = Captured {
            frame: frame.reference(),
            interface: frame.interface,
            at: frame.ts,
        };
        let mut made = Expanded::default();
        match self.reassembler.piece(piece, captured, &mut made) {
            Outcome::Begins => {
                let missing = Missing::after(captured.frame);
                let told = self.begin(frame, &made, &Reassembly::Incomplete(missing))?;
                self.reassembler.note_told(piece.carrier, captured, told);
            }
            Outcome::Whole {
                frames,
                told,
                apart,
                first_end,
            } => {
                // All but the one that begins a message and this one.
                let before = frames
                    .len()
                    .saturating_sub(1 + usize::from(told == Told::Icmp));
                let other = (before as u64).saturating_sub(apart);
                let in_tunnel = u64::from(piece.carrier.is_in_tunnel());
                self.early = Early {
                    other,
                    in_tunnels: apart * in_tunnel,
                    undecodable: apart * (1 - in_tunnel),
                };
                match told {
                    Told::Nothing => self.untold(frame, &made, frames)?,
                    Told::OtherIp => self.other_piece(frame),
                    Told::Icmp => {
                        made.form = Form::Last;
                        self.whole(frame, &made, frames, first_end)?;
                    }
                }
                self.early_are_other();
            }
            Outcome::Duplicate { of } if piece.begins => {
                piece.make(piece.octets, &mut made);
                self.begin(frame, &made, &Reassembly::Duplicate { of })?;
            }
            Outcome::Waits { begun: false } => {
                self.lost_piece(frame, piece.carrier.is_in_tunnel());
            }
            Outcome::Overlap {
                with,
                told: Told::Icmp,
            } => self.overlapping(frame, &made, with)?,
            Outcome::Waits { begun: true }
            | Outcome::Duplicate { .. }
            | Outcome::Overlap { .. } => self.other_piece(frame),
        }
        Ok(())
    }

    /// A piece of which those before it are not there.
    pub(super) fn lost_piece(&mut self, frame: &Frame<'_>, in_tunnel: bool) {
        if in_tunnel {
            self.unread.count_in_tunnel(Undecodable::FirstFragment);
            self.other_piece(frame);
        } else {
            self.undecodable(frame, Undecodable::FirstFragment);
        }
    }

    /// A piece that tells nothing of its packet.
    pub(super) fn other_piece(&mut self, frame: &Frame<'_>) {
        self.counts.other += 1;
        self.write_if_selected(frame);
    }

    /// Tells what a piece shows with which a packet begins.
    fn begin(
        &mut self,
        frame: &Frame<'_>,
        made: &Expanded,
        reassembly: &Reassembly,
    ) -> io::Result<Told> {
        let expanded = Some(made);
        let frame = &Frame { expanded, ..*frame };
        match &wire::classify(frame) {
            Classified::Icmp(packet) => {
                self.icmp(frame, packet, Some(reassembly))?;
                Ok(Told::Icmp)
            }
            // Not that of a tunnel around it.
            Classified::OtherIp(packet) if packet.tunnels.len() >= made.depth.into() => {
                self.pipe.correlator.other_in(frame, packet);
                self.other_piece(frame);
                Ok(Told::OtherIp)
            }
            _ => {
                self.other_piece(frame);
                Ok(Told::Nothing)
            }
        }
    }

    /// Tells that the piece in `frame` is another than one that came in its place, of a packet that is
    /// ICMP.
    fn overlapping(
        &mut self,
        frame: &Frame<'_>,
        made: &Expanded,
        with: FrameRef,
    ) -> io::Result<()> {
        let expanded = Some(made);
        let piece = &Frame { expanded, ..*frame };
        match &wire::classify(piece) {
            Classified::Icmp(packet) if !packet.is_of_fragment() => self.icmp(
                piece,
                &packet.as_told(piece),
                Some(&Reassembly::Overlap {
                    with,
                    common: None,
                    missing: None,
                }),
            ),
            _ => {
                self.other_piece(frame);
                Ok(())
            }
        }
    }

    /// Tells what the piece in `frame` adds to a packet of which the first one told, and which is
    /// whole with it.
    fn whole(
        &mut self,
        frame: &Frame<'_>,
        made: &Expanded,
        frames: Vec<FrameRef>,
        first_end: usize,
    ) -> io::Result<()> {
        let expanded = Some(made);
        let whole = &Frame { expanded, ..*frame };
        let Classified::Icmp(packet) = &wire::classify(whole) else {
            self.other_piece(frame);
            return Ok(());
        };
        let reassembly = if packet.is_of_fragment() {
            self.reassemble(whole, packet).0
        } else {
            (self.reassembler).complete(&packet.ip, made, frames, first_end)
        };
        self.icmp(whole, &packet.as_told(whole), Some(&reassembly))
    }

    /// Tells a packet of which nothing was told before it was whole.
    fn untold(
        &mut self,
        frame: &Frame<'_>,
        made: &Expanded,
        frames: Vec<FrameRef>,
    ) -> io::Result<()> {
        let mut packet = Expanded::default();
        let made = if lowpan::is_unit(made) {
            match self.expand_unit(frame, made, &mut packet) {
                Ok(true) => &packet,
                Ok(false) => made,
                Err(why) => {
                    self.undecodable(frame, why);
                    return Ok(());
                }
            }
        } else {
            made
        };
        let expanded = Some(made);
        let whole = &Frame { expanded, ..*frame };
        match &wire::classify(whole) {
            Classified::Icmp(packet) if !packet.is_of_fragment() => {
                let reassembly = self.reassembler.complete(&packet.ip, made, frames, 0);
                self.icmp(whole, packet, Some(&reassembly))
            }
            Classified::Icmp(_) | Classified::OtherIp(_) => self.tell(whole),
            _ => {
                self.other_piece(frame);
                Ok(())
            }
        }
    }
}
