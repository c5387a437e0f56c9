//! Records as JSON text, appended to a buffer.
//!
//! Keys and most strings are short words and numbers that need no escape, and there are dozens in
//! each record: to find that out by one look, and to append to a buffer that is known to be one, takes
//! half the time of a serializer for any writer. What is rare is left to `serde_json`.

use std::fmt::Display;

use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Error;

use crate::record::write;

/// Appends a value to a buffer. Records are made of what it takes: numbers, strings, lists and
/// objects.
pub(super) struct JsonText<'o> {
    out: &'o mut Vec<u8>,
    strings: Strings,
}

/// What is known of a string that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strings {
    /// Nothing.
    Any,
    /// It needs no escape.
    Plain,
    /// ... and is short, and known when this is compiled.
    Key,
}

/// The name of a newtype around a string that needs no escape: most strings of a record are words
/// of ours, and to look through them again takes longer than to write them.
pub(super) const PLAIN: &str = "plain";
/// The name of a newtype around a string that is such a word, and written in place.
pub(super) const KEY: &str = "key";
/// Octets of a key at the most, with its quotation marks.
const KEY_MAX: usize = 40;

/// A list or an object that is being written.
pub(super) struct Open<'o> {
    out: &'o mut Vec<u8>,
    close: u8,
    is_empty: bool,
}

impl<'o> JsonText<'o> {
    /// Appends to `out`.
    #[inline]
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            strings: Strings::Any,
        }
    }

    fn open(self, open: u8, close: u8) -> Open<'o> {
        self.out.push(open);
        Open {
            out: self.out,
            close,
            is_empty: true,
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
    fn separate(&mut self) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
    }

    #[inline]
    fn close(self) {
        self.out.push(self.close);
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
    plain_string(out, text);
    Ok(())
}

fn plain_string(out: &mut Vec<u8>, text: &str) {
    debug_assert!(!text.bytes().any(needs_escape), "{text:?} is not plain");
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
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
        match self.strings {
            Strings::Any => any_string(self.out, text),
            Strings::Plain => {
                plain_string(self.out, text);
                Ok(())
            }
            Strings::Key => {
                let mut quoted = [b'"'; KEY_MAX];
                match (quoted.get_mut(1..=text.len()), text.len() + 2) {
                    (Some(inner), end @ ..=KEY_MAX) => {
                        inner.copy_from_slice(text.as_bytes());
                        self.out.extend_from_slice(&quoted[..end]);
                    }
                    _ => plain_string(self.out, text),
                }
                Ok(())
            }
        }
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        write::decimal(self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        if value < 0 {
            self.out.push(b'-');
        }
        write::decimal(self.out, value.unsigned_abs());
        Ok(())
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

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
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

    fn serialize_bytes(self, octets: &[u8]) -> Result<(), Error> {
        serde_json::Serializer::new(self.out).serialize_bytes(octets)
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
        Ok(self.open(b'[', b']'))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Open<'o>, Error> {
        Ok(self.open(b'[', b']'))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Open<'o>, Error> {
        Ok(self.open(b'{', b'}'))
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
        let strings = match name {
            PLAIN => Strings::Plain,
            KEY => Strings::Key,
            _ => Strings::Any,
        };
        value.serialize(Self { strings, ..self })
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
        self.separate();
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
        self.separate();
        key.serialize(JsonText::new(self.out))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
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
