//! Rows of octets with names beside them.

use std::ops::Range;

use super::{ROW, offset, printable, words};
use crate::icmp::layout::Part;
use crate::record::json::SourceNames;
use crate::sink::text::palette::{Palette, Role};

/// How rows are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sink::text) struct Shape {
    /// Octets in a row, an even number.
    octets: usize,
    /// Columns beside them that names may fill, if there is a limit.
    room: Option<usize>,
}

impl Shape {
    /// For so many columns; 0 for no limit.
    pub(in crate::sink::text) fn of(width: usize) -> Self {
        /// Columns that a name is given at least.
        const NAME: usize = 32;
        if width == 0 {
            return Self {
                octets: ROW,
                room: None,
            };
        }
        let fits = |octets: &usize| column(*octets) + NAME <= width;
        let octets = [ROW, ROW / 2].into_iter().find(fits).unwrap_or(ROW / 4);
        let room = width.saturating_sub(column(octets)).max(NAME / 2);
        Self {
            octets,
            room: Some(room),
        }
    }

    /// What is beside each row: of a label as many words as fit.
    fn pieces(self, label: &[u8]) -> impl Iterator<Item = &[u8]> {
        let mut rest = label;
        std::iter::from_fn(move || {
            let room = self.room.unwrap_or(usize::MAX);
            if rest.is_empty() {
                return None;
            }
            let end = match rest.get(..=room) {
                None => rest.len(),
                // A word that is longer than that is not broken.
                Some(most) => (most.iter().rposition(|&octet| octet == b' '))
                    .or_else(|| rest.iter().position(|&octet| octet == b' '))
                    .unwrap_or(rest.len()),
            };
            let (piece, behind) = rest.split_at_checked(end)?;
            rest = behind.strip_prefix(b" ").unwrap_or(behind);
            Some(piece)
        })
    }
}

/// Columns before the names in rows of so many octets, a tab and the offset among them.
const fn column(octets: usize) -> usize {
    16 + octets_columns(octets) + octets + 2
}

/// Columns of octets in words, with blanks around them.
const fn octets_columns(octets: usize) -> usize {
    octets / 2 * 5 + 2
}

/// Rows of a dump.
pub(super) struct Rows<'o, 'a> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) data: &'a [u8],
    pub(super) palette: &'o Palette,
    pub(super) names: &'o SourceNames,
    pub(super) shape: Shape,
    /// The octets of the frame that are dumped.
    pub(super) shown: Range<usize>,
    pub(super) part: Option<Part>,
}

impl Rows<'_, '_> {
    pub(super) fn title(&mut self, title: &[u8], role: Role) {
        self.out.extend_from_slice(b"\t-- ");
        self.palette.start(self.out, role);
        self.out.extend_from_slice(title);
        self.palette.end(self.out);
        self.out.push(b'\n');
    }

    /// Rows of the octets of a field, or of several that share them, which `label` names.
    pub(super) fn add(&mut self, range: Range<usize>, role: Role, label: &[u8]) {
        let start = range.start.max(self.shown.start);
        let end = range.end.min(self.shown.end);
        let Some(octets) = self
            .data
            .get(start..end)
            .filter(|octets| !octets.is_empty())
        else {
            return;
        };
        let each = self.shape.octets;
        let mut pieces = self.shape.pieces(label);
        for (i, row) in octets.chunks(each).enumerate() {
            offset(self.out, start - self.shown.start + i * each);
            let used = words(self.out, row);
            self.out
                .resize(self.out.len() + octets_columns(each) - used, b' ');
            self.out.extend(row.iter().map(|octet| printable(*octet)));
            if let Some(piece) = pieces.next() {
                self.out.resize(self.out.len() + each - row.len() + 2, b' ');
                self.name(role, piece);
            }
            self.out.push(b'\n');
        }
        for piece in pieces {
            // The tab makes eight columns.
            self.out.push(b'\t');
            self.out.resize(self.out.len() + column(each) - 8, b' ');
            self.name(role, piece);
            self.out.push(b'\n');
        }
    }

    fn name(&mut self, role: Role, name: &[u8]) {
        self.palette.start(self.out, role);
        self.out.extend_from_slice(name);
        self.palette.end(self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(width: usize, label: &str) -> Vec<String> {
        let pieces = Shape::of(width).pieces(label.as_bytes());
        pieces
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .collect()
    }

    #[test]
    fn rows_are_as_long_as_names_leave_room_beside_them() {
        for (width, octets, room) in [
            (0, 16, None),
            (108, 16, Some(32)),
            (107, 8, Some(59)),
            (80, 8, Some(32)),
            (79, 4, Some(45)),
            (20, 4, Some(16)),
        ] {
            assert_eq!(Shape::of(width), Shape { octets, room }, "{width}");
        }
    }

    #[test]
    fn names_are_broken_between_words() {
        let label = "traffic class 0x0, flow label 0x12345, as long as it goes";
        assert_eq!(pieces(0, label), [label]);
        assert_eq!(
            pieces(80, label),
            [
                "traffic class 0x0, flow label",
                "0x12345, as long as it goes"
            ]
        );
        let long = "src 2001:db8:1234:5678:9abc:def0:1234:5678 behind";
        assert_eq!(
            pieces(80, long),
            ["src", "2001:db8:1234:5678:9abc:def0:1234:5678", "behind"]
        );
        assert_eq!(pieces(80, ""), [""; 0]);
    }
}
