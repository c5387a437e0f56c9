//! Records as JSON text, appended to a buffer.
//!
//! Keys and most strings are short words and numbers that need no escape, and there are dozens in
//! each record: to find that out by one look, and to append to a buffer that is known to be one, takes
//! half the time of a serializer for any writer. What is rare is left to `serde_json`.
//!
//! What a value is, beyond what a serializer sees of it, newtypes tell by their name. They are made
//! in [`value`](super::value) and understood here.

use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Error;

use crate::model::Timestamp;
use crate::record::write;

/// Appends a value to a buffer. Records are made of what it takes: numbers, strings, lists and
/// objects.
pub(super) struct JsonText<'o> {
    out: &'o mut Vec<u8>,
    meaning: Meaning,
}

/// What is known of a value that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Nothing.
    Any,
    /// The string is a key: a comma stands before it, a colon behind.
    Key,
    /// ... that needs no escape, is short, and known when this is compiled.
    KnownKey,
    /// A string that needs no escape.
    Plain,
    /// The octets of a string that needs no escape.
    Ascii,
    /// Nanoseconds since the epoch that are to be told as a time.
    Time,
    /// The bits of an address.
    Address,
}

/// The name of a newtype around a string that needs no escape: most strings of a record are words
/// of ours, and to look through them again takes longer than to write them.
pub(super) const PLAIN: &str = "plain";
/// The name of a newtype around a key that needs no escape, and is written in place.
pub(super) const KEY: &str = "key";
/// The name of a newtype around octets that are such a string: as they were written as ASCII, nobody
/// has to look whether they are text.
pub(super) const ASCII: &str = "ascii";
/// The name of a newtype around the nanoseconds since the epoch of a point in time.
pub(super) const TIME: &str = "time";
/// The name of a newtype around the 32 or 128 bits of an address.
pub(super) const ADDRESS: &str = "address";
/// Octets of a key at the most, with what stands around it.
const KEY_MAX: usize = 40;

/// A list or an object that is being written. A comma stands before each entry; that of the first
/// becomes the bracket, so that no entry has to know whether it is the first.
pub(super) struct Open<'o> {
    out: &'o mut Vec<u8>,
    brackets: [u8; 2],
    start: usize,
}

impl<'o> JsonText<'o> {
    /// Appends to `out`.
    #[inline]
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            meaning: Meaning::Any,
        }
    }

    #[inline]
    fn open(self, brackets: [u8; 2]) -> Open<'o> {
        Open {
            start: self.out.len(),
            out: self.out,
            brackets,
        }
    }

    /// What no record holds.
    fn none<T>() -> Result<T, Error> {
        Err(Error::custom(
            "records are objects, lists, strings and numbers",
        ))
    }
}

impl Open<'_> {
    #[inline]
    fn close(self) {
        let [open, close] = self.brackets;
        match self.out.get_mut(self.start) {
            Some(comma) => *comma = open,
            None => self.out.push(open),
        }
        self.out.push(close);
    }
}

/// Whether an octet may not stand in a string as it is (RFC 8259 section 7).
const fn needs_escape(octet: u8) -> bool {
    octet < 0x20 || octet == b'"' || octet == b'\\'
}

fn any_string(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    if text.bytes().any(needs_escape) {
        return serde_json::to_writer(out, text);
    }
    plain_string(out, text.as_bytes());
    Ok(())
}

#[inline]
fn plain_string(out: &mut Vec<u8>, text: &[u8]) {
    debug_assert!(
        std::str::from_utf8(text).is_ok() && !text.iter().copied().any(needs_escape),
        "{} is not plain",
        text.escape_ascii()
    );
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Appends a key with all that stands around it at once: the compiler makes a few stores of it.
#[expect(clippy::inline_always, reason = "the key is known to the caller")]
#[inline(always)]
fn known_key(out: &mut Vec<u8>, key: &[u8]) {
    let mut text = [0; KEY_MAX];
    let len = key.len();
    if let Some([comma, opening, inner @ .., closing, colon]) = text.get_mut(..len + 4) {
        (*comma, *opening, *closing, *colon) = (b',', b'"', b'"', b':');
        inner.copy_from_slice(key);
        out.extend_from_slice(&text[..len + 4]);
    } else {
        out.push(b',');
        plain_string(out, key);
        out.push(b':');
    }
}

impl<'o> Serializer for JsonText<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Open<'o>;
    type SerializeMap = Open<'o>;
    type SerializeTuple = Open<'o>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    #[expect(clippy::inline_always, reason = "what is known of the string decides")]
    #[inline(always)]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        match self.meaning {
            Meaning::Plain => plain_string(self.out, text.as_bytes()),
            Meaning::KnownKey => known_key(self.out, text.as_bytes()),
            Meaning::Key => {
                self.out.push(b',');
                any_string(self.out, text)?;
                self.out.push(b':');
            }
            _ => any_string(self.out, text)?,
        }
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, octets: &[u8]) -> Result<(), Error> {
        if self.meaning == Meaning::Ascii {
            plain_string(self.out, octets);
            return Ok(());
        }
        serde_json::Serializer::new(self.out).serialize_bytes(octets)
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        write::decimal(self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        if self.meaning == Meaning::Time {
            self.out.push(b'"');
            write::rfc3339(self.out, Timestamp::from_nanos(value));
            self.out.push(b'"');
            return Ok(());
        }
        if value < 0 {
            self.out.push(b'-');
        }
        write::decimal(self.out, value.unsigned_abs());
        Ok(())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        if self.meaning == Meaning::Address {
            self.out.push(b'"');
            write::ipv4(self.out, Ipv4Addr::from_bits(value));
            self.out.push(b'"');
            return Ok(());
        }
        self.serialize_u64(value.into())
    }

    #[inline]
    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        if self.meaning == Meaning::Address {
            self.out.push(b'"');
            write::ipv6(self.out, Ipv6Addr::from_bits(value));
            self.out.push(b'"');
            return Ok(());
        }
        serde_json::Serializer::new(self.out).serialize_u128(value)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out
            .extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        serde_json::to_writer(self.out, &value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(self.out, &value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        serde_json::Serializer::new(self.out).collect_str(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Open<'o>, Error> {
        Ok(self.open(*b"[]"))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Open<'o>, Error> {
        Ok(self.open(*b"[]"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Open<'o>, Error> {
        Ok(self.open(*b"{}"))
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        Self::none()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<(), Error> {
        Self::none()
    }

    #[expect(clippy::inline_always, reason = "the name is known to the caller")]
    #[inline(always)]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let meaning = match name {
            KEY => Meaning::KnownKey,
            PLAIN => Meaning::Plain,
            ASCII => Meaning::Ascii,
            TIME => Meaning::Time,
            ADDRESS => Meaning::Address,
            _ => Meaning::Any,
        };
        value.serialize(Self { meaning, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        Self::none()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Self::none()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Self::none()
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStruct, Error> {
        Self::none()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Self::none()
    }
}

impl SerializeSeq for Open<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b',');
        value.serialize(JsonText::new(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl serde::ser::SerializeTuple for Open<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), Error> {
        SerializeSeq::end(self)
    }
}

impl SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Error;

    /// Keys of records are strings.
    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(JsonText {
            out: self.out,
            meaning: Meaning::Key,
        })
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(JsonText::new(self.out))
    }

    #[expect(clippy::inline_always, reason = "the key is known to the caller")]
    #[inline(always)]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Error> {
        self.serialize_key(key)?;
        self.serialize_value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn text(value: &Value) -> String {
        let mut out = Vec::new();
        value.serialize(JsonText::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[ -~]{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn every_octet_that_needs_it_is_escaped() {
        for octet in 0..=0x7f_u8 {
            let value =
                json!({ (char::from(octet).to_string()): format!("ab{}", char::from(octet)) });
            assert_eq!(text(&value), value.to_string());
        }
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_serde_json(value in value()) {
            prop_assert_eq!(text(&value), value.to_string());
        }
    }
}
