//! The octets that fragments of a packet have in common.

use super::fragment::Piece;
use crate::wire::ip::FragmentablePart;

/// What two fragments both hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// The first octet, counted as the offset field counts: from where the fragmentable part begins
    /// (RFC 791 section 3.1, RFC 8200 section 4.5).
    pub first: usize,
    /// The last.
    pub last: usize,
    /// Whether both hold the same.
    pub octets: Octets,
}

/// What a fragment holds beside one that came in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Octets {
    /// The same: it is a copy, or was cut anew.
    Same,
    /// Others: one of the two is forged, or the identification is used again too early.
    Other,
}

/// Fragments in the order of their place, of which no two overlap, and their octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'a> {
    pub(super) pieces: &'a [Piece],
    pub(super) octets: &'a [u8],
}

impl<'a> Kept<'a> {
    /// The octets of one of them.
    pub(super) fn octets_of(self, piece: &Piece) -> &'a [u8] {
        let range = piece.at..piece.at + (piece.end - piece.start);
        self.octets.get(range).unwrap_or_default()
    }

    /// The fragment that `piece` overlaps: the first that holds other octets, or else the first.
    pub(super) fn overlap(
        self,
        piece: &Piece,
        part: FragmentablePart<'_>,
    ) -> Option<(&'a Piece, Common)> {
        let behind = self.pieces.partition_point(|p| p.end <= piece.start);
        let there = self.pieces.get(behind..)?;
        let mut there = there.iter().take_while(|p| p.start < piece.end).peekable();
        there.peek()?;
        let came = part.to_vec();
        let mut all = there.map(|there| (there, self.common(there, piece, &came)));
        let first = all.next()?;
        let mut all = std::iter::once(first).chain(all);
        let other = all.find(|(_, common)| common.octets == Octets::Other);
        Some(other.unwrap_or(first))
    }

    /// What one of them and `piece` have in common, which overlap.
    fn common(self, there: &Piece, piece: &Piece, came: &[u8]) -> Common {
        let (start, end) = (there.start.max(piece.start), there.end.min(piece.end));
        let kept = self
            .octets_of(there)
            .get(start - there.start..end - there.start);
        let came = came.get(start - piece.start..end - piece.start);
        Common {
            first: start,
            last: end.saturating_sub(1),
            octets: if kept == came {
                Octets::Same
            } else {
                Octets::Other
            },
        }
    }
}
