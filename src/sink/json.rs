//! NDJSON: one record a line.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use super::Sink;
use crate::record::json::{Context, Json};
use crate::record::{Interim, Kinds, LinkHeader, Payloads, Record};

/// The record types that can be chosen; `start` is always written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmitSet(Kinds);

impl Default for EmitSet {
    fn default() -> Self {
        Self::ALL
    }
}

/// One record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    /// One per ICMP message.
    Icmp,
    /// One per request, decided.
    Exchange,
    /// One per drop verdict.
    Drop,
    /// One per traceroute.
    Path,
    /// One per diagnosis.
    Finding,
    /// The closing account.
    Summary,
}

impl Emit {
    /// All of them, in the order in which they are listed for people.
    pub const ALL: [Self; 6] = [
        Self::Icmp,
        Self::Exchange,
        Self::Drop,
        Self::Path,
        Self::Finding,
        Self::Summary,
    ];

    /// The word for it: the value of `type` in its records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Icmp => "icmp",
            Self::Exchange => "exchange",
            Self::Drop => "drop",
            Self::Path => "path",
            Self::Finding => "finding",
            Self::Summary => "summary",
        }
    }

    const fn kind(self) -> Kinds {
        match self {
            Self::Icmp => Kinds::ICMP,
            Self::Exchange => Kinds::EXCHANGE,
            Self::Drop => Kinds::DROP,
            Self::Path => Kinds::PATH,
            Self::Finding => Kinds::FINDING,
            Self::Summary => Kinds::SUMMARY,
        }
    }
}

impl EmitSet {
    /// Every record type.
    // Of what is decided the exchange record follows when its window closes.
    pub const ALL: Self = Self(Kinds::all().difference(Kinds::DECIDED));
    /// No record type.
    pub const NONE: Self = Self(Kinds::START);

    /// This set and one more.
    #[must_use]
    pub const fn with(self, emit: Emit) -> Self {
        Self(self.0.union(emit.kind()))
    }

    /// This set but for one.
    #[must_use]
    pub const fn without(self, emit: Emit) -> Self {
        Self(self.0.difference(emit.kind()))
    }

    /// Whether records of this type are written.
    pub const fn contains(self, emit: Emit) -> bool {
        self.0.contains(emit.kind())
    }
}

/// A word that names no record type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRecordType(String);

impl fmt::Display for UnknownRecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no record type \"{}\"; there are ",
            self.0.escape_debug()
        )?;
        for (i, emit) in Emit::ALL.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{}", emit.word())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownRecordType {}

impl FromStr for EmitSet {
    type Err = UnknownRecordType;

    /// Reads words with commas between them: `icmp,drop`.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut set = Self::NONE;
        for word in list.split(',').map(str::trim) {
            let emit = Emit::ALL.into_iter().find(|emit| emit.word() == word);
            set = set.with(emit.ok_or_else(|| UnknownRecordType(word.to_owned()))?);
        }
        Ok(set)
    }
}

/// What JSON output is made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonOptions {
    /// The record types to write.
    pub emit: EmitSet,
    /// Whether they tell the link-layer header.
    pub link_header: LinkHeader,
    /// Whether they tell the octets of payloads.
    pub payloads: Payloads,
}

/// Writes records as JSON lines.
pub struct JsonSink<W: Write> {
    out: W,
    options: JsonOptions,
    context: Context,
    buffer: Vec<u8>,
}

impl<W: Write> JsonSink<W> {
    /// Onto `out`, which needs no buffer of its own.
    pub fn new(out: W, options: JsonOptions) -> Self {
        Self {
            out,
            options,
            context: Context::default(),
            buffer: Vec::with_capacity(2 * super::BUFFER),
        }
    }
}

impl<W: Write> Sink for JsonSink<W> {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let JsonOptions {
            link_header,
            payloads,
            ..
        } = self.options;
        match record {
            Record::Start(start) => {
                self.context = Context::new(&start.sources, link_header, payloads);
            }
            // A source that was not there at the start: none is known to do this, but names must
            // not be missing if one does.
            Record::Icmp(event) if event.sources.len() != self.context.names.len() => {
                self.context = Context::new(event.sources, link_header, payloads);
            }
            _ => {}
        }
        if !self.interest().contains(record.kind()) {
            return Ok(());
        }
        let json = Json {
            record,
            context: &self.context,
        };
        json.append(&mut self.buffer)?;
        self.buffer.push(b'\n');
        super::drain_if_full(&mut self.buffer, &mut self.out)
    }

    fn interest(&self) -> Kinds {
        self.options.emit.0
    }

    fn closing(&mut self) {}

    fn wants_interim(&self) -> bool {
        false
    }

    fn interim(&mut self, _interim: &Interim) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        super::drain(&mut self.buffer, &mut self.out)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_types_is_read_and_a_wrong_word_is_answered_with_the_right_ones() {
        let set: EmitSet = "icmp, drop".parse().unwrap();
        assert!(set.contains(Emit::Icmp) && set.contains(Emit::Drop));
        assert!(!set.contains(Emit::Path) && !set.contains(Emit::Summary));
        let all: EmitSet = "icmp,exchange,drop,path,finding,summary".parse().unwrap();
        assert_eq!(all, EmitSet::ALL);
        assert_eq!(
            EmitSet::ALL.without(Emit::Icmp).with(Emit::Icmp),
            EmitSet::ALL
        );
        for wrong in ["", "icmp,", "drops", "ICMP", "start"] {
            let message = wrong.parse::<EmitSet>().unwrap_err().to_string();
            assert!(
                message.ends_with("there are icmp, exchange, drop, path, finding, summary"),
                "{message}"
            );
        }
    }
}
