//! The parts of a message that repeat (options, records, objects, entries), all read alike.
//!
//! The typed iterators ([`super::nd_option`], [`super::mld`], [`super::object`], ...) tell what a
//! part means; this one tells its name, its place and its fields, whatever it is.

use std::ops::Range;

use super::field::{Extent, Field, FieldKind, FieldSpec};
use super::nd_option::NdOptions;
use super::object::Objects;
use super::rpl_option::RplOptions;
use super::{Body, Message, agent, lowpan, mld, v4};
use crate::icmp::{ilnp, renumbering};
use crate::wire::bytes::tail;

/// A part of a message that may come several times.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// What the parts are called together: a snake-case plural.
    pub group: &'static str,
    /// The number that tells its kind, where it has one; class and c-type for extension objects.
    pub number: Option<u16>,
    /// The snake-case name of its kind.
    pub name: Option<&'static str>,
    /// What an option states as its length, in octets, header included; see [`Item::odd_length`].
    pub(super) length: Option<u32>,
    /// Its octets, header included, as captured.
    pub bytes: &'a [u8],
    /// Whether these are all.
    pub extent: Extent,
    pub(super) specs: Specs,
}

/// Where the rows of an item's table come from.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // Not boxed: decoding does not allocate.
pub(super) enum Specs {
    /// The format's table.
    Table(&'static [FieldSpec]),
    /// The fields that all of its group begin with, then those of its own.
    Two(&'static [FieldSpec], &'static [FieldSpec]),
    /// Rows made for this one, because its fields move.
    Made([Option<FieldSpec>; ROWS]),
}

/// The most rows that are made for one part: those of what a node records of a packet.
pub(super) const ROWS: usize = 20;

impl Specs {
    /// Rows made for one part, at most [`ROWS`].
    pub(super) fn made(rows: impl IntoIterator<Item = FieldSpec>) -> Self {
        let mut made = [None; ROWS];
        for (to, row) in made.iter_mut().zip(rows) {
            *to = Some(row);
        }
        Self::Made(made)
    }
}

impl<'a> Item<'a> {
    /// What is behind its last field: octets that nothing is known of, or of a field that was cut.
    /// Zeros pad what was not.
    pub fn unread(&self) -> Option<&'a [u8]> {
        match self.extent {
            Extent::Whole => {
                let behind = tail(self.bytes, self.end());
                behind.iter().any(|&octet| octet != 0).then_some(behind)
            }
            Extent::Cut => Some(tail(self.bytes, self.laid_end())).filter(|rest| !rest.is_empty()),
        }
    }

    /// What an option states as its length, in octets, header included, where its fields do not
    /// tell that: it is padded, or does not fit.
    pub fn odd_length(&self) -> Option<u32> {
        let stated = self.length?;
        let end = u32::try_from(self.end());
        (end != Ok(stated)).then_some(stated)
    }

    /// Where its last field ends.
    fn end(&self) -> usize {
        self.fields()
            .map(|field| field.range.end)
            .max()
            .unwrap_or(0)
    }

    /// The same, with bits that nothing uses, though they are not set.
    fn laid_end(&self) -> usize {
        let ranges = self.rows().filter_map(|spec| match spec.kind {
            FieldKind::Reserved { .. } => spec.range(self.bytes, self.extent),
            _ => Some(spec.read_of(self.bytes, self.extent)?.range),
        });
        ranges.map(|range| range.end).max().unwrap_or(0)
    }

    /// Where the first field begins of which not all octets are there.
    pub(super) fn half(&self) -> Option<usize> {
        let begun = self.rows().filter(|spec| {
            let at = usize::from(spec.at);
            at < self.bytes.len() && spec.range(self.bytes, self.extent).is_none()
        });
        begun.map(|spec| spec.at.into()).min()
    }

    /// Its fields as far as they were captured, by their place in `bytes`.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        let (bytes, extent) = (self.bytes, self.extent);
        self.rows()
            .filter_map(move |spec| spec.read_of(bytes, extent))
    }

    /// Where it has what is to be zero and to be ignored.
    pub(super) fn reserved(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let (bytes, extent) = (self.bytes, self.extent);
        self.rows()
            .filter(|spec| matches!(spec.kind, FieldKind::Reserved { .. }))
            .filter_map(move |spec| spec.range(bytes, extent))
    }

    fn rows(&self) -> impl Iterator<Item = FieldSpec> + Clone + use<> {
        let (first, second, made) = match self.specs {
            Specs::Table(table) => (table, &[][..], [None; ROWS]),
            Specs::Two(first, second) => (first, second, [None; ROWS]),
            Specs::Made(made) => (&[][..], &[][..], made),
        };
        first
            .iter()
            .chain(second)
            .copied()
            .chain(made.into_iter().flatten())
    }
}

/// The items of a message, in wire order.
#[derive(Clone, Debug)]
pub struct Items<'a>(Walk<'a>);

#[derive(Clone, Debug)]
enum Walk<'a> {
    Nd(NdOptions<'a>),
    Rpl(RplOptions<'a>),
    Mld(mld::Records<'a>, mld::Extensions<'a>),
    Objects(Objects<'a>),
    Renumbering(renumbering::Parts<'a>),
    Seeds(lowpan::Seeds<'a>),
    Entries {
        group: &'static str,
        table: &'static [FieldSpec],
        size: usize,
        rest: &'a [u8],
        /// Extensions of a mobility agent.
        behind: &'a [u8],
    },
}

/// The entries of a router advertisement for IPv4.
pub(crate) const ROUTERS: &str = "routers";

impl<'a> Message<'a> {
    /// The options, records or entries of the message, whatever its type; extension objects are
    /// among [`super::Extensions::items`].
    pub fn items(&self) -> Items<'a> {
        let entries = |group, table, size, rest| Walk::Entries {
            group,
            table,
            size,
            rest,
            behind: &[],
        };
        Items(match &self.body {
            Body::Ndp(ndp) => Walk::Nd(ndp.options()),
            Body::InverseNeighbor(inverse) => Walk::Nd(inverse.options()),
            Body::MobileIp(mobile) => Walk::Nd(mobile.options()),
            Body::FastHandover(handover) => Walk::Nd(handover.options()),
            Body::CertificationPath(path) => Walk::Nd(path.options()),
            Body::DuplicateAddress(duplicate) => Walk::Nd(duplicate.options()),
            Body::Seamoby(message) => Walk::Nd(message.options()),
            Body::Rpl(rpl) => Walk::Rpl(rpl.options()),
            Body::Mld(mld) => Walk::Mld(mld.records(), mld.extensions()),
            Body::RouterRenumbering(renumbering) => Walk::Renumbering(renumbering.parts()),
            Body::Mpl(mpl) => Walk::Seeds(mpl.seeds()),
            Body::LocatorUpdate(update) => entries(
                "locators",
                ilnp::LOCATOR_FIELDS,
                ilnp::LOCATOR,
                update.locator_octets(),
            ),
            Body::RouterAdvertisement4(routers) => Walk::Entries {
                group: ROUTERS,
                table: v4::ROUTER_FIELDS,
                size: routers.entry_octets(),
                rest: routers.entries,
                behind: routers.extensions,
            },
            Body::NodeInformation(node) => match node.answer_table() {
                Some((table, size)) => entries("addresses", table, size, node.data()),
                None => Walk::Nd(NdOptions::new(&[])),
            },
            _ => Walk::Nd(NdOptions::new(&[])),
        })
    }
}

impl<'a> super::Extensions<'a> {
    /// The objects as items.
    pub fn items(&self) -> Items<'a> {
        Items(Walk::Objects(self.objects()))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        Some(match &mut self.0 {
            Walk::Nd(options) => options.next()?.item(),
            Walk::Rpl(options) => {
                let option = options.next()?;
                Item {
                    group: "options",
                    number: Some(option.kind.into()),
                    name: option.name(),
                    length: option.length(),
                    bytes: option.bytes,
                    extent: option.extent(),
                    specs: option.specs(),
                }
            }
            Walk::Mld(records, extensions) => match records.next() {
                Some(record) => record.item(),
                None => extensions.next()?.item(),
            },
            Walk::Objects(objects) => objects.next()?.item(),
            Walk::Renumbering(parts) => {
                let part = parts.next()?;
                Item {
                    group: "parts",
                    number: None,
                    name: Some(part.kind.name()),
                    length: None,
                    bytes: part.bytes,
                    extent: Extent::of(part.bytes.len(), part.kind.size()),
                    specs: Specs::Table(part.kind.table()),
                }
            }
            Walk::Seeds(seeds) => {
                let seed = seeds.next()?;
                Item {
                    group: "seeds",
                    number: None,
                    name: None,
                    length: None,
                    bytes: seed.bytes,
                    extent: seed.extent(),
                    specs: seed.specs(),
                }
            }
            Walk::Entries {
                group,
                table,
                size,
                rest,
                behind,
            } => {
                if rest.is_empty() || *size == 0 {
                    return agent::next(behind);
                }
                let (entry, behind) = rest.split_at_checked(*size).unwrap_or((rest, &[]));
                *rest = behind;
                Item {
                    group,
                    number: None,
                    name: None,
                    length: None,
                    bytes: entry,
                    extent: Extent::of(entry.len(), *size),
                    specs: Specs::Table(table),
                }
            }
        })
    }
}
