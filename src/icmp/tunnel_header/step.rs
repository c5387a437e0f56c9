//! A part of the headers around a packet, and the one behind it.

use super::Part;
use crate::icmp::field::{Extent, FieldSpec};
use crate::icmp::item::{Item, Specs};

/// A part: how long it is, what it is called, its fields, and what follows.
pub(super) struct Step {
    pub(super) length: usize,
    pub(super) name: &'static str,
    pub(super) number: Option<u16>,
    pub(super) specs: Specs,
    pub(super) then: Part,
}

impl Step {
    pub(super) const fn new(
        length: usize,
        name: &'static str,
        table: &'static [FieldSpec],
        then: Part,
    ) -> Self {
        Self::of(length, name, Specs::Table(table), then)
    }

    pub(super) fn made(
        length: usize,
        name: &'static str,
        rows: impl IntoIterator<Item = FieldSpec>,
        then: Part,
    ) -> Self {
        Self::of(length, name, Specs::made(rows), then)
    }

    pub(super) const fn of(length: usize, name: &'static str, specs: Specs, then: Part) -> Self {
        Self {
            length,
            name,
            number: None,
            specs,
            then,
        }
    }

    pub(super) fn item<'a>(&self, bytes: &'a [u8]) -> Item<'a> {
        Item {
            group: "headers",
            number: self.number,
            name: Some(self.name),
            length: None,
            bytes,
            extent: Extent::of(bytes.len(), self.length),
            specs: self.specs.clone(),
        }
    }

    pub(super) const fn numbered(self, number: u16) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }
}
