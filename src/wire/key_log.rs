//! Files of keys, line by line: read as far as they are there, and read on when they have grown.

use std::mem;

use crate::model::{LineFault, UnreadLines};

/// Octets that a line may have.
const LINE: usize = 512;

/// What some editors put before text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Keys that lines of text tell.
pub trait KeyLines {
    /// What lines before tell of one.
    type Before: Default;

    /// Adds the key of a line, if it has one: whether it has.
    ///
    /// # Errors
    ///
    /// Why the line is of no use.
    fn add_line(&mut self, line: &[u8], before: &mut Self::Before) -> Result<bool, LineFault>;

    /// Whether a line without an end has a key, as far as it goes.
    fn is_key(line: &[u8]) -> bool;

    /// Adds the keys of `octets`, which go on where `log` ended. A last line without an end is taken
    /// if it is one, and waits for more if not.
    ///
    /// Says which lines could not be used.
    fn read(&mut self, log: &mut KeyLog<Self::Before>, octets: &[u8]) -> Option<UnreadLines> {
        let mut unread = None;
        for line in octets.split_inclusive(|&octet| octet == b'\n') {
            let room = LINE.saturating_sub(log.rest.len());
            log.rest.extend(line.iter().take(room));
            if line.ends_with(b"\n") {
                log.end_line(self, &mut unread);
            }
        }
        if Self::is_key(&log.rest) {
            log.end_line(self, &mut unread);
            log.ends_early = true;
        }
        unread
    }

    /// The log is at its end: what waits is a line.
    fn end(&mut self, log: &mut KeyLog<Self::Before>) -> Option<UnreadLines> {
        let mut unread = None;
        if !log.rest.is_empty() {
            log.end_line(self, &mut unread);
        }
        unread
    }
}

/// How far such a file was read.
#[derive(Default)]
pub struct KeyLog<Before> {
    /// Lines so far.
    lines: u64,
    /// The beginning of the next one.
    rest: Vec<u8>,
    /// The one before was taken while its end was still to come.
    ends_early: bool,
    before: Before,
    /// Keys so far.
    keys: u64,
}

impl<Before> KeyLog<Before> {
    /// How many keys it held so far.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    fn end_line<K: KeyLines<Before = Before> + ?Sized>(
        &mut self,
        keys: &mut K,
        unread: &mut Option<UnreadLines>,
    ) {
        let is_end_of_last = mem::take(&mut self.ends_early) && self.rest.trim_ascii().is_empty();
        if !is_end_of_last {
            self.lines += 1;
            if self.lines == 1 && self.rest.starts_with(BYTE_ORDER_MARK) {
                self.rest.drain(..BYTE_ORDER_MARK.len());
            }
            let added = if self.rest.len() >= LINE {
                Err(LineFault::Long)
            } else {
                keys.add_line(&self.rest, &mut self.before)
            };
            self.keys += u64::from(added == Ok(true));
            if let Err(why) = added {
                let line = self.lines;
                let first = unread.get_or_insert(UnreadLines {
                    line,
                    why,
                    count: 0,
                });
                first.count += 1;
            }
        }
        self.rest.clear();
    }
}

/// Octets in hexadecimal digits, perhaps with colons or dashes between them.
pub(super) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = (text.iter().copied())
        .filter(|octet| !matches!(octet, b':' | b'-'))
        .collect();
    digits.chunks(2).map(octet).collect()
}

/// The octet of two such digits.
pub(super) fn octet(digits: &[u8]) -> Option<u8> {
    let text = str::from_utf8(digits).ok()?;
    let is_hex = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
    u8::from_str_radix(text, 16).ok().filter(|_| is_hex)
}
