//! Tags of the commercial security option (draft-ietf-cipso-ipsecurity-01, FIPS 188), which Linux labels
//! packets with.

use super::Table;
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{Extent, FieldSpec, spec};
use crate::icmp::item::{Item, Specs};
use crate::icmp::type_length::HEADER;
use crate::wire::bytes::u8_at;

/// What tags are called together.
pub(in crate::icmp) const TAGS: &str = "tags";

const LEVEL: [FieldSpec; 4] = [
    spec::u8(0, "type"),
    spec::u8(1, "length"),
    spec::reserved(2, 1, 0xff, "alignment"),
    spec::u8(3, "sensitivity"),
];
/// Sections 3.4.2 to 3.4.4: a bit for each category, their numbers, or the upper and the lower end of ranges
/// of them, where the last lower one may be left out for 0.
const BITMAP: Table = &[
    LEVEL[0],
    LEVEL[1],
    LEVEL[2],
    LEVEL[3],
    spec::sequences(4, 0, "categories"),
];
const ENUMERATED: Table = &[
    LEVEL[0],
    LEVEL[1],
    LEVEL[2],
    LEVEL[3],
    spec::number_list(4, 2, "categories"),
];
const RANGES: Table = &[
    LEVEL[0],
    LEVEL[1],
    LEVEL[2],
    LEVEL[3],
    spec::parts(4, Parts::CategoryRanges, "ranges"),
];
const RANGE: Table = &[spec::u16(0, "highest"), spec::u16(2, "lowest")];
const OTHER: Table = &[LEVEL[0], LEVEL[1], spec::rest(2, "data")];

/// The first tag of `octets`, if it is whole, with what it takes of them.
pub(in crate::icmp) fn tag(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let kind = u8_at(octets, 0)?;
    let length = usize::from(u8_at(octets, 1)?);
    let bytes = octets.get(..length).filter(|_| length >= HEADER)?;
    let (name, table) = match kind {
        1 => (Some("restrictive_bitmap"), BITMAP),
        2 => (Some("enumerated"), ENUMERATED),
        5 => (Some("ranges"), RANGES),
        6 => (Some("permissive_bitmap"), OTHER),
        7 => (Some("free_form"), OTHER),
        _ => (None, OTHER),
    };
    let item = Item {
        group: TAGS,
        number: Some(kind.into()),
        name,
        length: None,
        bytes,
        extent: Extent::Whole,
        specs: Specs::Table(table),
    };
    Some((item, length))
}

/// The first range of `octets`, with what it takes of them.
pub(in crate::icmp) fn range(octets: &[u8]) -> Option<(Item<'_>, usize)> {
    let length = octets.len().min(4);
    let bytes = octets.get(..length).filter(|_| length >= 2)?;
    let item = Item {
        group: "ranges",
        number: None,
        name: None,
        length: None,
        bytes,
        extent: Extent::Whole,
        specs: Specs::Table(RANGE),
    };
    Some((item, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::{Field, Value, sequences};

    type Fields<'a> = Vec<(&'static str, Value<'a>)>;

    fn told(tag: &Item<'_>) -> (Option<&'static str>, Vec<String>) {
        let told = |field: Field<'_>| format!("{} {:?}", field.name, field.value);
        (tag.name, tag.fields().skip(2).map(told).collect())
    }

    #[test]
    fn categories_by_the_type_of_their_tag() {
        let octets = [
            &[1, 7, 0, 5, 0x90, 0, 0x40][..],
            &[2, 8, 0, 2, 0, 1, 1, 44],
            &[5, 10, 1, 7, 0, 100, 0, 90, 0, 20],
            &[7, 4, 9, 9],
            &[128, 6, 0, 0, 0, 77],
        ]
        .concat();
        let tags: Vec<_> = Parts::SecurityTags.items(&octets).collect();
        let told: Vec<_> = tags.iter().map(told).collect();
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(
            told,
            [
                (
                    Some("restrictive_bitmap"),
                    texts(&[
                        "sensitivity Number(5)",
                        "categories Sequences(0, [144, 0, 64])"
                    ])
                ),
                (
                    Some("enumerated"),
                    texts(&[
                        "sensitivity Number(2)",
                        "categories NumberList(2, [0, 1, 1, 44])"
                    ])
                ),
                (
                    Some("ranges"),
                    texts(&[
                        "alignment Hex(1)",
                        "sensitivity Number(7)",
                        "ranges Parts(CategoryRanges, [0, 100, 0, 90, 0, 20])"
                    ])
                ),
                (Some("free_form"), texts(&["data Octets([9, 9])"])),
                (None, texts(&["data Octets([0, 0, 0, 77])"])),
            ]
        );
        assert_eq!(
            sequences(0, &[0x90, 0, 0x40]).collect::<Vec<_>>(),
            [0, 3, 17]
        );
        let ranges = Parts::CategoryRanges.items(&[0, 100, 0, 90, 0, 20]);
        let ranges: Vec<Fields<'_>> = ranges
            .map(|range| {
                range
                    .fields()
                    .map(|field| (field.name, field.value))
                    .collect()
            })
            .collect();
        assert_eq!(
            ranges,
            [
                vec![
                    ("highest", Value::Number(100)),
                    ("lowest", Value::Number(90))
                ],
                vec![("highest", Value::Number(20))],
            ]
        );
    }

    #[test]
    fn what_is_no_whole_tag_ends_them() {
        for octets in [&[1][..], &[1, 0, 0, 0], &[1, 1, 0], &[1, 5, 0, 0]] {
            assert_eq!(Parts::SecurityTags.items(octets).count(), 0, "{octets:?}");
        }
    }
}
