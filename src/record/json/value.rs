//! Values that occur in many records, and the way objects are put together.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::text::{ADDRESS, ASCII, KEY, PLAIN, TIME};
use crate::model::Timestamp;
use crate::record::community::CommunityId;
use crate::record::escape;
use crate::record::words::Word;
use crate::record::write;

/// Short ways to add fields to an object.
pub(super) trait Fields: SerializeMap {
    /// Adds a field.
    // A key that is known where it is written becomes a few stores.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn put<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        self.serialize_entry(&Key(key), value)
    }

    /// Adds a name of ours.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn name(&mut self, key: &'static str, name: &'static str) -> Result<(), Self::Error> {
        self.put(key, &Plain(name))
    }

    /// Adds a field if its value is known.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn maybe<T: Serialize>(
        &mut self,
        key: &'static str,
        value: Option<T>,
    ) -> Result<(), Self::Error> {
        match value {
            Some(value) => self.put(key, &value),
            None => Ok(()),
        }
    }

    /// Adds a number unless it is 0.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn some(&mut self, key: &'static str, value: u32) -> Result<(), Self::Error> {
        if value == 0 {
            Ok(())
        } else {
            self.put(key, &value)
        }
    }

    /// Adds a fact that holds; one that does not is left out.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn fact(&mut self, key: &'static str, holds: bool) -> Result<(), Self::Error> {
        if holds { self.put(key, &true) } else { Ok(()) }
    }

    /// Adds a value's word.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn word<W: Word>(&mut self, key: &'static str, value: &W) -> Result<(), Self::Error> {
        self.name(key, value.word())
    }

    /// Adds a span in nanoseconds.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn span(&mut self, key: &'static str, span: Option<Duration>) -> Result<(), Self::Error> {
        self.maybe(key, span.map(nanos))
    }
}

impl<M: SerializeMap> Fields for M {}

/// Whole nanoseconds; what a u64 cannot hold (584 years) saturates.
pub(crate) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Text that stands in JSON as it is: words of ours, times, addresses.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl Serialize for Plain<'_> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(PLAIN, self.0)
    }
}

/// The key of a field.
struct Key(&'static str);

impl Serialize for Key {
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(KEY, self.0)
    }
}

/// A point in time.
pub(super) struct Time(pub(super) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TIME, &self.0.as_nanos())
    }
}

/// An address.
#[derive(Clone, Copy)]
pub(super) struct Addr(pub(super) IpAddr);

impl Serialize for Addr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            IpAddr::V4(addr) => serializer.serialize_newtype_struct(ADDRESS, &addr.to_bits()),
            IpAddr::V6(addr) => serializer.serialize_newtype_struct(ADDRESS, &addr.to_bits()),
        }
    }
}

/// Text that needs no escape, as octets of ASCII.
pub(super) struct Ascii<'a>(pub(super) &'a [u8]);

impl Serialize for Ascii<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(ASCII, &Octets(self.0))
    }
}

impl Serialize for CommunityId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Ascii(self.as_octets()).serialize(serializer)
    }
}

struct Octets<'a>(&'a [u8]);

impl Serialize for Octets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Octets in hexadecimal without separators.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.len() <= 16 {
            return short(serializer, |out| write::hex_octets(out, self.0, b""));
        }
        serializer.collect_str(self)
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Whether text stands in output, and in JSON, as it is: printable ASCII without what is escaped.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let is_plain = |octet: &u8| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\');
    text.iter().all(is_plain)
}

/// Text that a packet or a file controls.
pub(super) struct Text<'a>(pub(super) &'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_plain(self.0) {
            return Ascii(self.0).serialize(serializer);
        }
        escaped(serializer, |out| escape::push(out, self.0))
    }
}

/// The same with escapes of its own.
pub(super) struct NameText<'a>(pub(super) &'a str);

impl Serialize for NameText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        escaped(serializer, |out| escape::push_name(out, self.0))
    }
}

/// The name of an IP protocol, or its number as text.
pub(super) struct Protocol(pub(super) u8);

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match crate::record::words::protocol(self.0) {
            Some(name) => serializer.serialize_str(name),
            None => short(serializer, |out| write::decimal(out, self.0.into())),
        }
    }
}

/// Serializes text of ASCII that needs no escape.
pub(super) fn short<S: Serializer>(
    serializer: S,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<S::Ok, S::Error> {
    written(write, |text| Ascii(text).serialize(serializer))
}

/// Serializes text that is written with its escapes.
pub(super) fn escaped<S: Serializer>(
    serializer: S,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<S::Ok, S::Error> {
    written(write, |text| {
        serializer.serialize_str(std::str::from_utf8(text).unwrap_or_default())
    })
}

/// What is made of text, without an allocation: the buffer is kept per thread.
fn written<T>(write: impl FnOnce(&mut Vec<u8>), then: impl FnOnce(&[u8]) -> T) -> T {
    thread_local! {
        static SPACE: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    SPACE.with_borrow_mut(|space| {
        space.clear();
        write(space);
        then(space)
    })
}

/// A list whose elements take another shape.
pub(super) struct List<'a, T, F>(pub(super) &'a [T], pub(super) F);

impl<'a, T, F, U> Serialize for List<'a, T, F>
where
    F: Fn(&'a T) -> U,
    U: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

/// A list from an iterator that is made anew each time.
pub(super) struct Iter<F>(pub(super) F);

impl<F, I> Serialize for Iter<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for item in (self.0)() {
            seq.serialize_element(&item)?;
        }
        seq.end()
    }
}
