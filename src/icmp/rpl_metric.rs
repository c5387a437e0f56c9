//! The objects of a DAG metric container (RFC 6551): what nodes offer, and what links cost.

mod fault;

pub(super) use fault::each as faults;

use super::field::{Extent, FieldSpec, Names, spec};
use super::item::{Item, Specs};
use crate::wire::bytes::{tail, u8_at};

/// Octets of type, flags and length.
const HEADER: usize = 4;
/// That it limits what routes there may be, of the first octet of flags (section 2.1).
const CONSTRAINT: u8 = 0x02;

/// How the body of an object is laid out.
struct Format {
    name: &'static str,
    fields: &'static [FieldSpec],
    /// Parts behind the fields, one for each node or link that was recorded.
    records: Option<Records>,
    body: Body,
}

#[derive(Clone, Copy)]
struct Records {
    name: &'static str,
    /// Octets before the first one.
    at: usize,
    size: Size,
    fields: &'static [FieldSpec],
    /// Those of a constraint.
    constraint: &'static [FieldSpec],
}

/// Octets of a part.
#[derive(Clone, Copy)]
enum Size {
    Octets(usize),
    /// As many as its second octet tells, behind that.
    Told,
}

impl Size {
    /// That of the first part in `octets`.
    fn of(self, octets: &[u8]) -> usize {
        const HEADER: usize = 2;
        match self {
            Self::Octets(octets) => octets,
            Self::Told => HEADER + u8_at(octets, 1).map_or(0, usize::from),
        }
    }
}

/// How many octets there may be behind the header of an object.
enum Body {
    /// So many at the least: what may follow are parts with types of their own, none of which is known.
    AtLeast(usize),
    /// So many, and one or more of these behind them.
    Each(usize, usize),
}

impl Body {
    fn fits(&self, length: usize) -> bool {
        match *self {
            Self::AtLeast(least) => length >= least,
            Self::Each(head, each) => length > head && (length - head).is_multiple_of(each),
        }
    }
}

/// The objects that stand one behind the other in `octets`, each followed by what it records, part
/// by part; one that was cut is given as far as it goes.
pub fn items(octets: &[u8]) -> impl Iterator<Item = Item<'_>> + Clone {
    let mut rest = octets;
    let mut recorded: Option<(Records, &[u8])> = None;
    std::iter::from_fn(move || {
        if let Some((records, left)) = &mut recorded
            && !left.is_empty()
        {
            let size = records.size.of(left);
            let (bytes, behind) = left.split_at_checked(size).unwrap_or((left, &[]));
            *left = behind;
            return Some(Item {
                group: GROUP,
                number: None,
                name: Some(records.name),
                length: None,
                bytes,
                extent: Extent::of(bytes.len(), size),
                specs: Specs::Table(records.fields),
            });
        }
        let kind = u8_at(rest, 0)?;
        let length = HEADER + usize::from(u8_at(rest, 3).unwrap_or(0));
        let object = rest.get(..length).unwrap_or(rest);
        rest = tail(rest, length);
        let format = format(kind);
        recorded = format.and_then(|format| format.records).map(|records| {
            let of_constraint = u8_at(object, 1).is_some_and(|flags| flags & CONSTRAINT != 0);
            let fields = if of_constraint {
                records.constraint
            } else {
                records.fields
            };
            (Records { fields, ..records }, tail(object, records.at))
        });
        let behind = recorded.map_or(0, |(_, records)| records.len());
        Some(Item {
            group: GROUP,
            number: Some(kind.into()),
            name: format.map(|format| format.name),
            // Told of one that runs over the container's end.
            length: u32::try_from(length)
                .ok()
                .filter(|_| (HEADER..length).contains(&object.len())),
            bytes: object.get(..object.len() - behind).unwrap_or(object),
            extent: Extent::of(object.len(), length),
            specs: Specs::Two(FIELDS, format.map_or(UNKNOWN, |format| format.fields)),
        })
    })
}

const GROUP: &str = "metrics";

/// RFC 6551 section 2.1.
const FIELDS: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::reserved(1, 2, 0xf800, "reserved"),
    spec::flag(1, 0x04, "partial"),
    spec::flag(1, CONSTRAINT, "constraint"),
    spec::flag(1, 0x01, "optional"),
    spec::flag(2, 0x80, "recorded"),
    spec::named(spec::bits(2, 4, 3, "aggregation"), &AGGREGATIONS),
    spec::bits(2, 0, 4, "precedence"),
    spec::u8(3, "length"),
];
const UNKNOWN: &[FieldSpec] = &[spec::rest(4, "data")];
/// How the metrics of the nodes or links of a route make one.
const AGGREGATIONS: Names = Names {
    key: "aggregation_name",
    words: &["additive", "maximum", "minimum", "multiplicative"],
};

/// The snake-case name of a type of object.
pub fn object_name(kind: u8) -> Option<&'static str> {
    Some(format(kind)?.name)
}

/// IANA registry `Routing Metric/Constraint Type`.
const fn format(kind: u8) -> Option<&'static Format> {
    Some(match kind {
        1 => &NODE_STATE,
        2 => &NODE_ENERGY,
        3 => &HOP_COUNT,
        4 => &THROUGHPUT,
        5 => &LATENCY,
        6 => &LINK_QUALITY,
        7 => &TRANSMISSIONS,
        8 => &LINK_COLOR,
        _ => return None,
    })
}

/// RFC 6551 section 3.1.
const NODE_STATE: Format = Format {
    name: "node_state_and_attribute",
    fields: &[
        spec::reserved(4, 2, 0xfffc, "reserved2"),
        spec::flag(5, 0x02, "aggregator"),
        spec::flag(5, 0x01, "overload"),
    ],
    records: Some(TYPED),
    body: Body::AtLeast(2),
};

/// Parts that tell more of a node, of which no type is assigned (RFC 6551 sections 3.1 and 3.3).
const TYPED: Records = Records {
    name: "node_characteristic",
    at: 6,
    size: Size::Told,
    fields: TYPE_LENGTH_VALUE,
    constraint: TYPE_LENGTH_VALUE,
};
const TYPE_LENGTH_VALUE: &[FieldSpec] = &[
    spec::u8(0, "type"),
    spec::u8(1, "length"),
    spec::rest(2, "value"),
];

/// RFC 6551 section 3.2.
const NODE_ENERGY: Format = Format {
    name: "node_energy",
    fields: &[],
    records: Some(Records {
        name: "node",
        at: 4,
        size: Size::Octets(2),
        fields: ENERGY,
        constraint: ENERGY,
    }),
    body: Body::AtLeast(2),
};
const ENERGY: &[FieldSpec] = &[
    spec::reserved(0, 1, 0xf0, "reserved"),
    spec::flag(0, 0x08, "included"),
    spec::named(spec::bits(0, 1, 2, "energy_kind"), &ENERGIES),
    spec::flag(0, 0x01, "estimated"),
    spec::u8(1, "energy_percent"),
];

/// What powers a node.
const ENERGIES: Names = Names {
    key: "energy_kind_name",
    words: &["mains", "battery", "scavenger"],
};

/// RFC 6551 section 3.3.
const HOP_COUNT: Format = Format {
    name: "hop_count",
    fields: &[spec::reserved(4, 1, 0xff, "reserved2"), spec::u8(5, "hops")],
    records: Some(TYPED),
    body: Body::AtLeast(2),
};

/// RFC 6551 section 4.1: octets a second.
const THROUGHPUT: Format = Format {
    name: "link_throughput",
    fields: &[spec::number_list(4, 4, "octets_per_second")],
    records: None,
    body: Body::Each(0, 4),
};

/// RFC 6551 section 4.2: millionths of a second.
const LATENCY: Format = Format {
    name: "link_latency",
    fields: &[spec::number_list(4, 4, "latency_us")],
    records: None,
    body: Body::Each(0, 4),
};

/// RFC 6551 section 4.3.1: from 1, the best, to 7; 0 is not known.
const LINK_QUALITY: Format = Format {
    name: "link_quality_level",
    fields: &[spec::reserved(4, 1, 0xff, "reserved2")],
    records: Some(Records {
        name: "links_of_quality",
        at: 5,
        size: Size::Octets(1),
        fields: QUALITY,
        constraint: QUALITY,
    }),
    body: Body::Each(1, 1),
};
const QUALITY: &[FieldSpec] = &[spec::bits(0, 5, 3, "quality"), spec::bits(0, 0, 5, "count")];

/// RFC 6551 section 4.3.2: 128 times the transmissions that a packet takes.
const TRANSMISSIONS: Format = Format {
    name: "expected_transmission_count",
    fields: &[
        spec::number_list(4, 2, "transmissions_in_128ths"),
        spec::fixed_point_list(4, 7, "transmissions"),
    ],
    records: None,
    body: Body::Each(0, 2),
};

/// RFC 6551 section 4.4.
const LINK_COLOR: Format = Format {
    name: "link_color",
    fields: &[spec::reserved(4, 1, 0xff, "reserved2")],
    records: Some(Records {
        name: "links_of_color",
        at: 5,
        size: Size::Octets(2),
        fields: &[
            spec::bits_of(0, 2, 6, 10, "color"),
            spec::bits_of(0, 2, 0, 6, "count"),
        ],
        // Whether links of that color are to be left out, or used.
        constraint: &[
            spec::bits_of(0, 2, 6, 10, "color"),
            spec::reserved(1, 1, 0x3e, "reserved"),
            spec::flag(1, 0x01, "excluded"),
        ],
    }),
    body: Body::Each(1, 2),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::field::Value;

    fn fields<'a>(item: &Item<'a>) -> Vec<(&'static str, Value<'a>)> {
        let own = item
            .fields()
            .filter(|f| !matches!(f.name, "type" | "length"));
        own.map(|f| (f.name, f.value)).collect()
    }

    #[test]
    fn every_object_of_a_container_is_told() {
        let container = [
            [1, 0, 0, 2, 0, 3].as_slice(),
            &[2, 0, 0, 4, 0x0b, 80, 0x05, 40],
            &[3, 2, 0, 2, 0, 9],
            &[4, 0, 0, 8, 0, 0, 1, 0, 0, 0, 2, 0],
            &[5, 0, 0x20, 4, 0, 0, 0, 7],
            &[6, 0, 0, 3, 0, 0x23, 0xe1],
            &[7, 0x04, 0x83, 4, 0x01, 0x80, 0x02, 0x00],
            &[8, 0, 0, 3, 0, 0x40, 0x41],
            &[77, 0, 0, 1, 5],
        ]
        .concat();
        let all: Vec<_> = items(&container).collect();
        let names: Vec<_> = all.iter().map(|item| item.name).collect();
        let expected = [
            Some("node_state_and_attribute"),
            Some("node_energy"),
            Some("node"),
            Some("node"),
            Some("hop_count"),
            Some("link_throughput"),
            Some("link_latency"),
            Some("link_quality_level"),
            Some("links_of_quality"),
            Some("links_of_quality"),
            Some("expected_transmission_count"),
            Some("link_color"),
            Some("links_of_color"),
            None,
        ];
        assert_eq!(names, expected);
        let has = |at: usize, name, value| {
            let told = fields(&all[at]);
            assert!(told.contains(&(name, value)), "{at}: {told:?}");
        };
        has(0, "aggregator", Value::Flag(true));
        has(0, "overload", Value::Flag(true));
        has(2, "included", Value::Flag(true));
        has(2, "energy_kind", Value::Number(1));
        has(2, "energy_percent", Value::Number(80));
        has(3, "estimated", Value::Flag(true));
        has(4, "constraint", Value::Flag(true));
        has(4, "hops", Value::Number(9));
        has(
            5,
            "octets_per_second",
            Value::NumberList(4, &container[24..32]),
        );
        has(8, "quality", Value::Number(1));
        has(8, "count", Value::Number(3));
        has(9, "quality", Value::Number(7));
        has(6, "aggregation", Value::Number(2));
        has(10, "precedence", Value::Number(3));
        has(10, "recorded", Value::Flag(true));
        has(
            10,
            "transmissions_in_128ths",
            Value::NumberList(2, &[1, 0x80, 2, 0]),
        );
        has(
            10,
            "transmissions",
            Value::FixedPointList(7, &[1, 0x80, 2, 0]),
        );
        has(12, "color", Value::Number(257));
        has(12, "count", Value::Number(1));
        has(13, "data", Value::Octets(&[5]));
        faults(&container, &mut |at, rule| panic!("{at}: {rule}"));
        let words = |at: usize| all[at].fields().find_map(|f| f.word());
        assert_eq!(words(6), Some(("aggregation_name", "minimum")));
        assert_eq!(words(2), Some(("energy_kind_name", "battery")));
        for length in 0..container.len() {
            let cut = items(&container[..length]);
            assert!(cut.map(|item| item.fields().count()).sum::<usize>() < 200);
        }
    }

    /// Types that may be assigned one day.
    #[test]
    fn what_tells_more_of_a_node_is_told_part_by_part() {
        let container = [1, 0, 0, 9, 0, 1, 9, 2, 7, 8, 3, 9, 1, 3, 0, 0, 2, 0, 5];
        let told: Vec<_> = items(&container).map(|item| item.name).collect();
        let part = Some("node_characteristic");
        let expected = [
            Some("node_state_and_attribute"),
            part,
            part,
            Some("hop_count"),
        ];
        assert_eq!(told, expected);
        let parts: Vec<_> = items(&container).skip(1).take(2).collect();
        assert_eq!(fields(&parts[0]), [("value", Value::Octets(&[7, 8]))]);
        assert_eq!(
            (parts[0].extent, parts[1].extent),
            (Extent::Whole, Extent::Cut)
        );
        assert_eq!(parts[1].unread(), Some(&[1][..]));
        for length in 0..container.len() {
            assert!(items(&container[..length]).count() <= 4);
        }
    }

    #[test]
    fn a_constraint_of_color_tells_whether_it_leaves_links_out() {
        let container = [8, 2, 0, 5, 0, 0x40, 0x41, 0x80, 0x00];
        let told: Vec<_> = items(&container)
            .skip(1)
            .map(|item| fields(&item))
            .collect();
        let color = |color, excluded| {
            vec![
                ("color", Value::Number(color)),
                ("excluded", Value::Flag(excluded)),
            ]
        };
        assert_eq!(told, [color(257, true), color(512, false)]);
    }
}
