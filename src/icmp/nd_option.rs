//! The options of Neighbor Discovery (RFC 4861 section 4.6, IANA registry
//! `IPv6 Neighbor Discovery Option Formats`).

use super::field::{FieldSpec, spec};
use crate::wire::bytes::{tail, u8_at};
use crate::wire::{Defects, Layer, Limit};

pub(super) const SOURCE_LINK_LAYER: u8 = 1;
pub(super) const REDIRECTED_HEADER: u8 = 4;

/// An option with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NdOption<'a> {
    /// Option type.
    pub kind: u8,
    /// Length in units of 8 octets as the option states it, header included; never 0.
    pub words: u8,
    /// The option's octets from its type on, as captured.
    pub bytes: &'a [u8],
}

/// The options of a message.
#[derive(Clone, Debug)]
pub struct NdOptions<'a> {
    rest: &'a [u8],
}

impl<'a> NdOptions<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }
}

impl<'a> Iterator for NdOptions<'a> {
    type Item = NdOption<'a>;

    /// The next option; one that claims more than is there is given as far as it goes. Ends at an
    /// option of length 0, behind which nothing can be found.
    fn next(&mut self) -> Option<NdOption<'a>> {
        let (kind, words) = (u8_at(self.rest, 0)?, u8_at(self.rest, 1)?);
        let length = usize::from(words) * 8;
        if length == 0 {
            self.rest = &[];
            return None;
        }
        let bytes = self.rest.get(..length).unwrap_or(self.rest);
        self.rest = tail(self.rest, length);
        Some(NdOption { kind, words, bytes })
    }
}

/// Tells what is wrong with the options in `octets`.
pub(super) fn check(octets: &[u8], limit: Limit, defects: &mut Defects) {
    let mut at = 0;
    while at < octets.len() {
        let available = octets.len() - at;
        match u8_at(octets, at + 1).map(|words| usize::from(words) * 8) {
            None => return defects.short(Layer::NdOption, at, 2, available, limit),
            // RFC 4861 section 4.6: nodes must discard such a packet.
            Some(0) => return defects.rule(Layer::NdOption, at + 1, "option length 0"),
            Some(length) if length > available => {
                return defects.short(Layer::NdOption, at, length, available, limit);
            }
            Some(length) => at += length,
        }
    }
}

/// The fields that every option begins with.
#[allow(dead_code)]
pub(super) const FIELDS: &[FieldSpec] = &[spec::u8(0, "type"), spec::u8(1, "length")];
