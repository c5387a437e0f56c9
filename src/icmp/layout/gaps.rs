//! Fields in the order of their octets, and names for octets without a field.

use std::ops::Range;

use super::{LaidField, Layout, Part};

impl<'a> Layout<'a> {
    /// Sorts the fields, leaves out those that only enclose others, and names what has no field.
    pub(super) fn finish(mut self, length: usize) -> Vec<LaidField<'a>> {
        self.fields
            .sort_by_key(|field| (field.range.start, usize::MAX - field.range.end));
        let mut laid: Vec<LaidField<'a>> = Vec::with_capacity(self.fields.len());
        for field in std::mem::take(&mut self.fields) {
            while laid
                .last()
                .is_some_and(|last| last.range != field.range && last.range.end > field.range.start)
            {
                laid.pop();
            }
            laid.push(field);
        }
        let mut filled = Vec::with_capacity(laid.len());
        let mut at = 0;
        for field in laid {
            self.fill(at..field.range.start, &mut filled);
            at = at.max(field.range.end);
            filled.push(field);
        }
        self.fill(at..length, &mut filled);
        filled
    }

    /// Names the octets of `gap` by the region that they are in.
    fn fill(&self, mut gap: Range<usize>, filled: &mut Vec<LaidField<'a>>) {
        while !gap.is_empty() {
            let inner = self
                .regions
                .iter()
                .rev()
                .find(|(range, ..)| range.contains(&gap.start));
            let (range, name, part) = match inner {
                Some((range, name, part)) => (range.clone(), *name, *part),
                None => (gap.clone(), "data", Part::Payload),
            };
            // Up to where the region ends or a more particular one begins.
            let next = self
                .regions
                .iter()
                .map(|(other, ..)| other.start)
                .filter(|&start| start > gap.start)
                .min()
                .unwrap_or(usize::MAX);
            let end = gap.end.min(range.end).min(next);
            filled.push(LaidField {
                range: gap.start..end,
                name,
                value: None,
                unit: None,
                word: None,
                part,
                begins: None,
                checksum: None,
                cause: None,
            });
            gap.start = end;
        }
    }
}
