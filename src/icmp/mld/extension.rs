//! Extensions of MLDv2 messages (RFC 9279): what a flag says is behind sources or records.

use crate::icmp::decode::Decoder;
use crate::icmp::field::{Extent, FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::wire::Layer;
use crate::wire::bytes::{tail, u16_at};

/// Octets of type and length.
const HEADER: usize = 4;

/// An extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its type; see [`Extension::name`].
    pub kind: u16,
    /// Octets of value that it claims.
    pub length: u16,
    /// All its octets, type and length included, as captured.
    pub bytes: &'a [u8],
}

impl<'a> Extension<'a> {
    /// The snake-case name of its type (IANA registry `IGMP/MLD Extension Types`).
    pub const fn name(&self) -> Option<&'static str> {
        match self.kind {
            0 => Some("no_op"),
            65534..=65535 => Some("experiment"),
            _ => None,
        }
    }

    /// Octets that it claims, type and length included.
    fn stated(&self) -> usize {
        HEADER + usize::from(self.length)
    }

    pub(crate) fn item(&self) -> Item<'a> {
        Item {
            group: "mld_extensions",
            number: Some(self.kind),
            name: self.name(),
            length: None,
            bytes: self.bytes,
            extent: Extent::of(self.bytes.len(), self.stated()),
            specs: match self.length {
                0 => Specs::Table(FIELDS),
                _ => Specs::Two(FIELDS, VALUE),
            },
        }
    }
}

/// RFC 9279 section 3.
const FIELDS: &[FieldSpec] = &[spec::u16(0, "type"), spec::u16(2, "length")];
const VALUE: &[FieldSpec] = &[spec::rest(4, "value")];

/// The extensions of a message.
#[derive(Clone, Debug)]
pub struct Extensions<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    /// The next extension; one whose value was cut is given as far as it goes.
    fn next(&mut self) -> Option<Extension<'a>> {
        let bytes = self.0;
        let mut extension = Extension {
            kind: u16_at(bytes, 0)?,
            length: u16_at(bytes, 2)?,
            bytes,
        };
        let stated = extension.stated();
        extension.bytes = bytes.get(..stated).unwrap_or(bytes);
        self.0 = tail(bytes, stated);
        Some(extension)
    }
}

/// RFC 9279 sections 3 and 5: behind the flag there is at least one, and nothing but whole ones up to the end.
/// `at` is where they begin.
pub(super) fn check(octets: &[u8], mut at: usize, decoder: &mut Decoder<'_, '_>) {
    if octets.is_empty() && decoder.is_whole() {
        decoder.rule(at, "extension flag without extensions");
    }
    let limit = decoder.limit();
    let mut short = |at, needed, available| {
        let defects = &mut *decoder.defects;
        defects.short(Layer::MldExtension, at, needed, available, limit);
    };
    for extension in Extensions(octets) {
        let there = extension.bytes.len();
        if there < extension.stated() {
            short(at, extension.stated(), there);
        }
        at += there;
    }
    let walked: usize = Extensions(octets).map(|it| it.bytes.len()).sum();
    let rest = octets.len() - walked;
    if rest > 0 {
        short(at, HEADER, rest);
    }
}
