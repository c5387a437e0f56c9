//! Measurements on the way, in options of IPv6: RFC 9486 section 3, with what RFC 9197 section 4 and RFC 9326
//! section 3.2 have behind the type.

use super::{OPTION_HEADER, Table};
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{Extent, FieldSpec, Names, spec};
use crate::icmp::item::{Item, ROWS, Specs};
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// Octets of an option before what its type has behind the namespace.
const BEHIND_NAMESPACE: u16 = 6;
/// Octets of an option before what is recorded or exported.
const DATA: u16 = 12;

const COMMON: [FieldSpec; 3] = [
    spec::reserved(2, 1, 0xff, "reserved"),
    spec::named(spec::u8(3, "ioam_type"), &TYPES),
    spec::u16(4, "namespace"),
];
const UNKNOWN: Table = &[COMMON[0], COMMON[1], spec::rest(4, "data")];

const TYPES: Names = Names {
    key: "ioam_type_name",
    words: &[
        "pre_allocated_trace",
        "incremental_trace",
        "proof_of_transit",
        "edge_to_edge",
        "direct_export",
    ],
};

/// The fields of an option.
pub(super) fn specs(bytes: &[u8]) -> Specs {
    let own = match u8_at(bytes, 3) {
        Some(0) => trace(bytes, Space::Allocated),
        Some(1) => trace(bytes, Space::Added),
        Some(2) => proof_of_transit(bytes),
        Some(3) => edge_to_edge(bytes),
        Some(4) => direct_export(bytes),
        _ => return Specs::Two(OPTION_HEADER, UNKNOWN),
    };
    Specs::made(
        OPTION_HEADER
            .iter()
            .copied()
            .chain(COMMON)
            .chain(own.into_iter().flatten()),
    )
}

/// The most fields that a type has of its own.
type Own = [Option<FieldSpec>; 10];

fn own(rows: impl IntoIterator<Item = FieldSpec>) -> Own {
    let mut own = [None; 10];
    for (to, row) in own.iter_mut().zip(rows) {
        *to = Some(row);
    }
    own
}

/// Whose the room is that nodes record in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// The sender's: what is free stands before what was recorded.
    Allocated,
    /// Each node adds its own.
    Added,
}

/// RFC 9197 section 4.4.1, and RFC 9322 section 3 for two of the flags.
fn trace(bytes: &[u8], space: Space) -> Own {
    let remaining = match space {
        Space::Allocated => u8_at(bytes, 7).map_or(0, |octet| u16::from(octet & 0x7f) * 4),
        Space::Added => 0,
    };
    let at = BEHIND_NAMESPACE;
    own([
        spec::bits(at, 3, 5, "node_words"),
        spec::flag(at, 0x04, "overflow"),
        spec::flag(at, 0x02, "loopback"),
        spec::flag(at, 0x01, "active"),
        spec::reserved(at + 1, 1, 0x80, "reserved_flag"),
        spec::bits(at + 1, 0, 7, "remaining_words"),
        spec::hex(8, 3, "trace_type"),
        spec::reserved(11, 1, 0xff, "reserved2"),
        spec::octets(DATA, remaining, "free"),
        spec::parts(
            DATA + remaining,
            Parts::TraceNodes(Recorded::of(bytes)),
            "nodes",
        ),
    ])
}

/// RFC 9197 section 4.5; what a proof is made of is known of type 0 alone.
fn proof_of_transit(bytes: &[u8]) -> Own {
    let header = [
        spec::u8(BEHIND_NAMESPACE, "proof_type"),
        spec::hex(7, 1, "flags"),
    ];
    let at = BEHIND_NAMESPACE + 2;
    match u8_at(bytes, 6) {
        Some(0) => own(header.into_iter().chain([
            spec::hex(at, 8, "packet_id"),
            spec::hex(at + 8, 8, "cumulative"),
            spec::rest(at + 16, "data"),
        ])),
        _ => own(header.into_iter().chain([spec::rest(at, "data")])),
    }
}

/// RFC 9197 section 4.6.
fn edge_to_edge(bytes: &[u8]) -> Own {
    const FIELDS: &[Optional] = &[
        (0x8000, 8, "sequence_wide"),
        (0x4000, 4, "sequence"),
        (0x2000, 4, "timestamp_seconds"),
        (0x1000, 4, "timestamp_fraction"),
    ];
    let kinds = u16_at(bytes, 6).unwrap_or(0);
    let header = [spec::hex(BEHIND_NAMESPACE, 2, "edge_type")];
    own(header
        .into_iter()
        .chain(there(FIELDS, kinds, BEHIND_NAMESPACE + 2)))
}

/// RFC 9326 section 3.2.
fn direct_export(bytes: &[u8]) -> Own {
    const FIELDS: &[Optional] = &[(0x80, 4, "flow"), (0x40, 4, "sequence")];
    let extensions = u8_at(bytes, 7).unwrap_or(0);
    let header = [
        spec::hex(BEHIND_NAMESPACE, 1, "flags"),
        spec::hex(7, 1, "extension_flags"),
        spec::hex(8, 3, "trace_type"),
        spec::reserved(11, 1, 0xff, "reserved2"),
    ];
    own(header
        .into_iter()
        .chain(there(FIELDS, extensions.into(), DATA)))
}

/// A field that is there if its bit is set: that, its octets and its name.
type Optional = (u16, u8, &'static str);

/// Those that `bits` tell of, one behind the other from `at` on, and what is behind them.
fn there(fields: &'static [Optional], bits: u16, at: u16) -> impl Iterator<Item = FieldSpec> {
    let set = fields.iter().filter(move |(bit, ..)| bits & bit != 0);
    let end = at
        + set
            .clone()
            .map(|(_, octets, _)| u16::from(*octets))
            .sum::<u16>();
    let mut next = at;
    let fields = set.map(move |&(_, octets, name)| {
        let field = spec::number(next, octets, name);
        next += u16::from(octets);
        field
    });
    fields.chain([spec::rest(end, "data")])
}

/// What each node records of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Words of four octets, without a snapshot.
    words: u8,
    /// A bit for each field, the first in the highest of 24.
    kinds: u32,
}

impl Recorded {
    const SNAPSHOT: u32 = 1 << 1;

    fn of(bytes: &[u8]) -> Self {
        let words = u8_at(bytes, BEHIND_NAMESPACE.into()).unwrap_or(0) >> 3;
        let [a, b, c] = array_at(bytes, 8).unwrap_or_default();
        let kinds = u32::from_be_bytes([0, a, b, c]);
        Self { words, kinds }
    }

    /// The first node of `octets`, if it is whole, with what it takes of them.
    pub(in crate::icmp) fn node(self, octets: &[u8]) -> Option<(Item<'_>, usize)> {
        let fixed = usize::from(self.words) * 4;
        let length = match u8_at(octets, fixed) {
            Some(words) if self.kinds & Self::SNAPSHOT != 0 => fixed + 4 + usize::from(words) * 4,
            _ => fixed,
        };
        let bytes = octets.get(..length).filter(|_| length > 0)?;
        let item = Item {
            group: "nodes",
            number: None,
            name: None,
            length: None,
            bytes,
            extent: Extent::Whole,
            specs: self.fields(),
        };
        Some((item, length))
    }

    /// RFC 9197 section 4.4.2.
    fn fields(self) -> Specs {
        let end = u16::from(self.words) * 4;
        let mut at = 0;
        let mut rows = [None; ROWS];
        let mut to = rows.iter_mut();
        for &(bit, octets, name) in &KINDS {
            if self.kinds & 1 << (23 - bit) == 0 {
                continue;
            }
            if at + u16::from(octets) <= end
                && let Some(to) = to.next()
            {
                *to = Some(match octets {
                    8 => spec::hex(at, octets, name),
                    _ => spec::number(at, octets, name),
                });
            }
            at += u16::from(octets);
        }
        let mut push = |row| {
            if let Some(to) = to.next() {
                *to = Some(row);
            }
        };
        if at < end {
            push(spec::octets(at, end - at, "data"));
        }
        if self.kinds & Self::SNAPSHOT != 0 {
            push(spec::u8(end, "snapshot_words"));
            push(spec::hex(end + 1, 3, "schema"));
            push(spec::rest(end + 4, "snapshot"));
        }
        Specs::made(rows.into_iter().flatten())
    }
}

/// What each bit of the type stands for: its place, and octets and names.
const KINDS: [(u32, u8, &str); 16] = [
    (0, 1, "hop_limit"),
    (0, 3, "node_id"),
    (1, 2, "ingress"),
    (1, 2, "egress"),
    (2, 4, "timestamp_seconds"),
    (3, 4, "timestamp_fraction"),
    (4, 4, "transit_delay"),
    (5, 4, "namespace_data"),
    (6, 4, "queue_depth"),
    (7, 4, "checksum_complement"),
    (8, 1, "hop_limit_wide"),
    (8, 7, "node_id_wide"),
    (9, 4, "ingress_wide"),
    (9, 4, "egress_wide"),
    (10, 8, "namespace_data_wide"),
    (11, 4, "buffer_occupancy"),
];
