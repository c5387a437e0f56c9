//! Packets that a link or a tunnel took apart: what each piece comes to.

use std::io;

use super::Run;
use super::early::Early;
use crate::correlate::observation::Observation;
use crate::model::{Expanded, Frame, FrameRef};
use crate::wire::piece::{self, Piece};
use crate::wire::reassembly::{Captured, Outcome, Reassembly, Told};
use crate::wire::{self, Classified, Packet, Undecodable};

impl Run<'_, '_, '_, '_> {
    /// A frame that may hold a piece of a packet: whether it does, and was told.
    #[cold]
    pub(super) fn piece(&mut self, frame: &Frame<'_>) -> io::Result<bool> {
        let Some(piece) = piece::find(frame) else {
            return Ok(false);
        };
        let captured = Captured {
            frame: frame.reference(),
            interface: frame.interface,
            at: frame.ts,
        };
        let mut made = Expanded::default();
        match self.reassembler.piece(&piece, captured, &mut made) {
            Outcome::Begins => {
                let told = self.begin(frame, &made, &Reassembly::Incomplete)?;
                self.reassembler.note_told(piece.carrier, captured, told);
            }
            Outcome::Whole {
                frames,
                told,
                apart,
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
                self.whole(frame, &piece, &made, (frames, told))?;
                self.early_are_other();
            }
            Outcome::Duplicate { of } if piece.begins => {
                piece.make(piece.octets, &mut made);
                self.begin(frame, &made, &Reassembly::Duplicate { of })?;
            }
            Outcome::Waits { begun: false } if piece.carrier.is_in_tunnel() => {
                self.unread.count_in_tunnel(Undecodable::FirstFragment);
                self.other_piece(frame);
            }
            Outcome::Waits { begun: false } => self.undecodable(frame, Undecodable::FirstFragment),
            Outcome::Waits { begun: true }
            | Outcome::Duplicate { .. }
            | Outcome::Overlap { .. } => self.other_piece(frame),
        }
        Ok(true)
    }

    /// A piece that tells nothing of its packet.
    fn other_piece(&mut self, frame: &Frame<'_>) {
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
                let packet = Observation::of(frame, &packet.ip);
                self.pipe.correlator.other(&packet);
                self.other_piece(frame);
                Ok(Told::OtherIp)
            }
            _ => {
                self.other_piece(frame);
                Ok(Told::Nothing)
            }
        }
    }

    /// Tells a packet that is whole with the piece in `frame`: of one that was told of what it came
    /// to, of others all.
    fn whole(
        &mut self,
        frame: &Frame<'_>,
        piece: &Piece<'_>,
        made: &Expanded,
        (frames, told): (Vec<FrameRef>, Told),
    ) -> io::Result<()> {
        let expanded = Some(made);
        let whole = &Frame { expanded, ..*frame };
        match (told, &wire::classify(whole)) {
            (Told::Icmp, Classified::Icmp(packet)) => {
                let reassembly = if packet.is_of_fragment() {
                    self.reassemble(whole, packet)
                } else {
                    self.reassembler.complete(&packet.ip, frames)
                };
                let packet = Packet {
                    ip: packet.ip.last_of_pieces(piece.octets.len()),
                    ..*packet
                };
                self.icmp(whole, &packet, Some(&reassembly))
            }
            (Told::Nothing, Classified::Icmp(packet)) if !packet.is_of_fragment() => {
                let reassembly = self.reassembler.complete(&packet.ip, frames);
                self.icmp(whole, packet, Some(&reassembly))
            }
            (Told::Nothing, Classified::Icmp(_) | Classified::OtherIp(_)) => self.tell(whole),
            _ => {
                self.other_piece(frame);
                Ok(())
            }
        }
    }
}
