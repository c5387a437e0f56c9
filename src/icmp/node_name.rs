//! Names in node information (RFC 4620): those of a reply may end in a pointer to one before.

use super::dns;
use super::dns_record::{PackedName, name_end};
use crate::wire::bytes::tail;

/// The names in the data of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeNames<'a> {
    data: &'a [u8],
    place: Place,
}

/// Where names stand in the data of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A query's one, without pointers (section 4).
    Subject,
    /// The answer's, behind its time to live; pointers count from there (section 6.2).
    Answer,
}

/// A name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeName<'a> {
    /// A fully qualified one.
    Qualified(PackedName<'a>),
    /// A single label, behind which two of no length stand: no one knows its domain.
    Single(PackedName<'a>),
    /// What is no name, as far as it goes.
    Broken(dns::Name<'a>),
}

impl<'a> NodeNames<'a> {
    pub(super) const fn new(data: &'a [u8], place: Place) -> Self {
        Self { data, place }
    }

    /// One behind the other; zero octets between and behind them are padding.
    pub fn iter(self) -> impl Iterator<Item = NodeName<'a>> + Clone {
        let message = self.data;
        let mut at = match self.place {
            Place::Subject => 0,
            Place::Answer => 4,
        };
        std::iter::from_fn(move || {
            at += tail(message, at)
                .iter()
                .take_while(|&&octet| octet == 0)
                .count();
            let rest = tail(message, at);
            if rest.is_empty() {
                return None;
            }
            let name = PackedName::new(message, at);
            let may_point = self.place == Place::Answer || dns::first(rest).complete;
            let end = name_end(message, at).filter(|_| name.is_whole() && may_point);
            let Some(end) = end else {
                at = message.len();
                return Some(NodeName::Broken(dns::first(rest)));
            };
            at = end;
            let is_single = name.labels().count() == 1 && message.get(end) == Some(&0);
            Some(if is_single {
                NodeName::Single(name)
            } else {
                NodeName::Qualified(name)
            })
        })
    }
}

impl<'a> NodeName<'a> {
    /// The labels, outermost last, as far as they are there. To be escaped wherever they are shown.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        let (packed, broken) = match self {
            Self::Qualified(name) | Self::Single(name) => (Some(name), None),
            Self::Broken(name) => (None, Some(name)),
        };
        let packed = packed.into_iter().flat_map(|name| name.labels());
        packed.chain(broken.into_iter().flat_map(|name| name.labels()))
    }

    /// Whether its labels lead up to the root.
    pub const fn is_qualified(&self) -> bool {
        matches!(self, Self::Qualified(_))
    }

    /// Whether it is none.
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

/// Octets of the names in front of `octets` that are all there, behind which the data was cut: whether a
/// single label is a name's tells the octet behind it.
pub(super) fn complete(octets: &[u8]) -> usize {
    let (mut at, mut told) = (0, 0);
    loop {
        at += tail(octets, at)
            .iter()
            .take_while(|&&octet| octet == 0)
            .count();
        let name = PackedName::new(octets, at);
        match name_end(octets, at) {
            Some(end) if end < octets.len() || name.labels().nth(1).is_some() => at = end,
            _ => return told,
        }
        told = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &[u8], place: Place) -> Vec<String> {
        let names = NodeNames::new(data, place).iter();
        names
            .map(|name| {
                let labels: Vec<_> = name.labels().map(String::from_utf8_lossy).collect();
                let end = match name {
                    NodeName::Qualified(_) => ".",
                    NodeName::Single(_) => "",
                    NodeName::Broken(_) => "?",
                };
                labels.join(".") + end
            })
            .collect()
    }

    /// RFC 4620 section 6.2.
    #[test]
    fn pointers_lead_to_names_before() {
        let data = b"\0\0\0\0\x04host\x07example\x03org\0\x05other\xc0\x09";
        assert_eq!(
            text(data, Place::Answer),
            ["host.example.org.", "other.example.org."]
        );
        for length in 0..data.len() {
            assert!(text(&data[..length], Place::Answer).len() <= 2);
        }
        let to_itself = text(b"\0\0\0\0\x05other\xc0\x04", Place::Answer);
        assert!(to_itself.len() == 1 && to_itself[0].ends_with('?'));
        let in_a_query = text(b"\x01a\0\x01b\xc0\x00", Place::Subject);
        assert!(in_a_query.len() == 2 && in_a_query[1].ends_with('?'));
    }

    #[test]
    fn a_single_label_ends_twice() {
        assert_eq!(text(b"\x04host\0", Place::Subject), ["host."]);
        assert_eq!(text(b"\x04host\0\0", Place::Subject), ["host"]);
        assert_eq!(
            text(b"\0\0\0\0\x04host\0\0\x05other\0\0", Place::Answer),
            ["host", "other"]
        );
        assert_eq!(text(b"\0\0\0\0", Place::Answer), [""; 0]);
    }
}
