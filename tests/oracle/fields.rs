//! What is compared.

use std::collections::BTreeMap;

/// A fact about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    /// That there is a message at all, and its version.
    Version,
    Type,
    Code,
    Checksum,
    Identifier,
    Sequence,
    Mtu,
    Gateway,
    Pointer,
    Originate,
    Receive,
    Transmit,
    Mask,
    /// Of Neighbor Discovery.
    Target,
    /// Of a multicast listener message of version 1.
    Group,
    /// The frame that asked.
    Request,
    /// Time since then, in nanoseconds.
    RoundTrip,
    QuotedSource,
    QuotedDestination,
    QuotedSourcePort,
    QuotedDestinationPort,
    CommunityId,
    /// Of the quoted flow; tshark tells that of the packet that the error is about.
    QuotedCommunityId,
    /// Those that a message in fragments came in, in the order of its octets.
    Frames,
}

/// What is told of messages in fragments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fragments {
    /// Each as it is, beside all other messages.
    Alone,
    /// What they came to, and nothing of other messages.
    Together,
}

/// Round trips agree this well, in nanoseconds: tshark computes them in floating point.
const ROUND_TRIP_TOLERANCE: i64 = 1000;

/// What is said of one message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts(BTreeMap<Field, String>);

impl Facts {
    /// Adds a fact, if there is one.
    pub(crate) fn put(&mut self, field: Field, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.0.insert(field, value.into());
        }
    }

    pub(crate) fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// The fields in which `other` differs, with both values.
    pub(crate) fn differences(&self, other: &Self) -> Vec<(Field, Option<String>, Option<String>)> {
        let mut fields: Vec<_> = self.0.keys().chain(other.0.keys()).copied().collect();
        fields.sort();
        fields.dedup();
        let mut all = Vec::new();
        for field in fields {
            let (ours, theirs) = (self.get(field), other.get(field));
            let alike = match (ours, theirs) {
                (Some(ours), Some(theirs)) if field == Field::RoundTrip => {
                    let nanos = |text: &str| text.parse::<i64>().unwrap();
                    (nanos(ours) - nanos(theirs)).abs() <= ROUND_TRIP_TOLERANCE
                }
                _ => ours == theirs,
            };
            if !alike {
                all.push((field, ours.map(str::to_owned), theirs.map(str::to_owned)));
            }
        }
        // Where one sees no message there is nothing else to say.
        if all
            .first()
            .is_some_and(|(field, ..)| *field == Field::Version)
        {
            all.truncate(1);
        }
        all
    }
}
