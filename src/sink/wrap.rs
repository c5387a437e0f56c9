//! Paragraphs and tables in lines that begin with `-- `.

use super::text::{Palette, Role};

/// Where lines go and how wide they may be.
pub(super) struct Paragraph<'a> {
    out: &'a mut Vec<u8>,
    width: usize,
    column: usize,
    indent: usize,
    started: bool,
}

/// What every line that is not a message begins with.
const PREFIX: &[u8] = b"-- ";

/// A blank that stays within its line.
pub(super) const TIE: char = '\u{a0}';

impl<'a> Paragraph<'a> {
    /// Lines of at most `width` columns (0: no limit) after `PREFIX`; those behind the first are
    /// indented by `indent` blanks more.
    pub(super) fn new(out: &'a mut Vec<u8>, width: usize, indent: usize) -> Self {
        out.extend_from_slice(PREFIX);
        Self {
            out,
            width,
            column: PREFIX.len(),
            indent,
            started: false,
        }
    }

    /// Ends this line and begins the next one, indented.
    pub(super) fn line(&mut self) {
        self.out.push(b'\n');
        self.out.extend_from_slice(PREFIX);
        self.out.resize(self.out.len() + self.indent, b' ');
        self.column = PREFIX.len() + self.indent;
        self.started = false;
    }

    /// Adds words; blanks in `text` are where lines may be broken, [`TIE`] where they may not.
    pub(super) fn words(&mut self, text: &str) {
        if text.is_ascii() && has_single_blanks(text.as_bytes()) {
            self.fold(text.as_bytes());
        } else {
            for word in text.split_ascii_whitespace() {
                self.word(word);
            }
        }
    }

    /// Adds words of ASCII with single blanks between them, a line of them at a time.
    fn fold(&mut self, mut words: &[u8]) {
        loop {
            let blank = usize::from(self.started);
            let room = match self.width {
                0 => usize::MAX,
                width => width.saturating_sub(self.column + blank),
            };
            let fitting = match words.get(..=room) {
                None => Some(words.len()),
                Some(most) => most.iter().rposition(|&octet| octet == b' '),
            };
            // A word that is longer than a line is never broken.
            let end = fitting.or_else(|| {
                let first = || words.iter().position(|&octet| octet == b' ');
                (!self.started).then(|| first().unwrap_or(words.len()))
            });
            if let Some((line, behind)) = end.and_then(|end| words.split_at_checked(end)) {
                if self.started {
                    self.out.push(b' ');
                }
                self.out.extend_from_slice(line);
                self.column += blank + line.len();
                self.started = true;
                let Some((_, rest)) = behind.split_first() else {
                    return;
                };
                words = rest;
            }
            self.line();
        }
    }

    /// Adds to the last word.
    pub(super) fn append(&mut self, end: &str) {
        self.out.extend_from_slice(end.as_bytes());
        self.column += end.len();
    }

    /// Adds one word, which is never broken.
    pub(super) fn word(&mut self, word: &str) {
        let columns = if word.is_ascii() {
            word.len()
        } else {
            word.chars().count()
        };
        if self.started && self.width > 0 && self.column + 1 + columns > self.width {
            self.line();
        }
        if self.started {
            self.out.push(b' ');
            self.column += 1;
        }
        if columns == word.len() {
            self.out.extend_from_slice(word.as_bytes());
        } else {
            self.out
                .extend_from_slice(word.replace(TIE, " ").as_bytes());
        }
        self.column += columns;
        self.started = true;
    }

    /// Adds the words that `write` writes, single blanks between them, as [`Self::words`] would. They
    /// are taken as they stand if they fit, and only folded if they do not.
    pub(super) fn written(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        if self.started {
            self.out.push(b' ');
        }
        write(self.out);
        let added = self.out.get(start..).unwrap_or_default();
        let columns = match std::str::from_utf8(added) {
            Ok(text) if !added.is_ascii() => text.chars().count(),
            _ => added.len(),
        };
        if self.width == 0 || self.column + columns <= self.width {
            if columns < added.len() {
                untie(self.out, start);
            }
            self.column += columns;
            self.started = true;
        } else {
            let added = self.out.split_off(start);
            match added.strip_prefix(b" ").unwrap_or(&added) {
                words if words.is_ascii() => self.fold(words),
                words => self.words(&String::from_utf8_lossy(words)),
            }
        }
    }

    /// Adds words that stand out.
    pub(super) fn head(&mut self, text: &str, palette: &Palette) {
        palette.start(self.out, Role::Head);
        self.words(text);
        palette.end(self.out);
    }

    /// Ends the paragraph.
    pub(super) fn end(self) {
        self.out.push(b'\n');
    }
}

/// Whether single blanks stand between words, and no others.
fn has_single_blanks(text: &[u8]) -> bool {
    let mut before = b' ';
    for &octet in text {
        if octet.is_ascii_whitespace() && (octet != b' ' || before == b' ') {
            return false;
        }
        before = octet;
    }
    before != b' '
}

/// Makes blanks of the ties in what `out` holds from `start` on.
fn untie(out: &mut Vec<u8>, start: usize) {
    let mut tie = [0; 4];
    let tie = TIE.encode_utf8(&mut tie).as_bytes();
    let (mut from, mut to) = (start, start);
    while let Some(&octet) = out.get(from) {
        let is_tie = (out.get(from..)).is_some_and(|rest| rest.starts_with(tie));
        from += if is_tie { tie.len() } else { 1 };
        if let Some(place) = out.get_mut(to) {
            *place = if is_tie { b' ' } else { octet };
        }
        to += 1;
    }
    out.truncate(to);
}

/// A table: a column of keys on the left, columns of figures on the right.
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// Blanks before the first column.
const INDENT: usize = 2;
/// Blanks between columns, if the width allows.
const GAP: usize = 2;

impl Table {
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes head and rows. Figures stand at the right of their columns. Where a row is wider
    /// than `width`, its key gets a line of its own.
    pub(super) fn write(&self, out: &mut Vec<u8>, width: usize, palette: &Palette) {
        let columns = self.head.len();
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let cells = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            cells.max(self.head.get(column).map_or(0, |head| head.len()))
        };
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let longest_key = widths.first().copied().unwrap_or(0);
        let room = |gap: usize| {
            let figures: usize = widths.iter().skip(1).map(|width| width + gap).sum();
            if width == 0 {
                usize::MAX
            } else {
                width.saturating_sub(PREFIX.len() + INDENT + figures)
            }
        };
        let gap = if room(GAP) >= longest_key { GAP } else { 1 };
        // Keys that are wider than this stand alone.
        let key = longest_key.min(room(gap).max(12));
        let head: Vec<String> = self.head.iter().map(|head| (*head).to_owned()).collect();
        let columns = Columns {
            widths: &widths,
            key,
            gap,
        };
        columns.write_row(out, &head, Some(palette));
        for row in &self.rows {
            columns.write_row(out, row, None);
        }
    }
}

/// Where the columns of a table stand.
struct Columns<'a> {
    widths: &'a [usize],
    key: usize,
    gap: usize,
}

impl Columns<'_> {
    fn write_row(&self, out: &mut Vec<u8>, cells: &[String], head: Option<&Palette>) {
        let blanks = |out: &mut Vec<u8>, count: usize| out.resize(out.len() + count, b' ');
        out.extend_from_slice(PREFIX);
        if let Some(palette) = head {
            palette.start(out, Role::Head);
        }
        blanks(out, INDENT);
        let mut used = 0;
        for (i, cell) in cells.iter().enumerate() {
            let columns = cell.chars().count();
            if i == 0 {
                out.extend_from_slice(cell.as_bytes());
                used = columns;
                if columns > self.key {
                    out.push(b'\n');
                    out.extend_from_slice(PREFIX);
                    blanks(out, INDENT);
                    used = 0;
                }
                continue;
            }
            let width = self.widths.get(i).copied().unwrap_or(0);
            let before = self.key.saturating_sub(used) + self.gap;
            blanks(out, before + width.saturating_sub(columns));
            used = self.key;
            out.extend_from_slice(cell.as_bytes());
        }
        if let Some(palette) = head {
            palette.end(out);
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Colour;
    use super::*;

    #[test]
    fn paragraphs_break_between_words_and_keep_the_prefix() {
        let mut out = Vec::new();
        let mut paragraph = Paragraph::new(&mut out, 20, 2);
        paragraph.words("one two three four five");
        paragraph.word("a-word-that-is-longer-than-the-line");
        paragraph.words("six");
        paragraph.end();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "-- one two three\n--   four five\n--   a-word-that-is-longer-than-the-line\n--   six\n"
        );
    }

    #[test]
    fn what_is_written_looks_as_if_it_had_been_added_word_by_word() {
        let parts = [
            "one two",
            "three",
            "fo\u{a0}ur (\u{fc}) five",
            "six",
            "a\u{a0}b seven eight",
            "nine ten eleven, twelve",
            "thirteen",
        ];
        for width in 0..50 {
            let (mut appended, mut added) = (Vec::new(), Vec::new());
            let mut paragraph = Paragraph::new(&mut appended, width, 2);
            for part in parts {
                paragraph.written(|out| out.extend_from_slice(part.as_bytes()));
            }
            paragraph.end();
            let mut paragraph = Paragraph::new(&mut added, width, 2);
            for word in parts.iter().flat_map(|part| part.split(' ')) {
                paragraph.word(word);
            }
            paragraph.end();
            let mut folded = Vec::new();
            let mut paragraph = Paragraph::new(&mut folded, width, 2);
            for part in parts {
                paragraph.words(part);
            }
            paragraph.end();
            assert_eq!(folded, added, "{width}");
            assert_eq!(
                String::from_utf8(appended).unwrap(),
                String::from_utf8(added).unwrap(),
                "{width}"
            );
        }
    }

    #[test]
    fn tables_align_figures_and_give_wide_keys_their_own_line() {
        let mut table = Table::new(&["pair", "sent", "loss"]);
        table.row(vec!["a > b".into(), "10".into(), "0.0 %".into()]);
        table.row(vec![
            "a-very-long-name > b".into(),
            "1000".into(),
            "100.0 %".into(),
        ]);
        let palette = Palette::new(Colour::Never);
        let mut out = Vec::new();
        table.write(&mut out, 0, &palette);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "--   pair                  sent     loss\n\
             --   a > b                   10    0.0 %\n\
             --   a-very-long-name > b  1000  100.0 %\n"
        );
        let mut out = Vec::new();
        table.write(&mut out, 34, &palette);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "--   pair             sent    loss\n\
             --   a > b              10   0.0 %\n\
             --   a-very-long-name > b\n\
             --                    1000 100.0 %\n"
        );
    }
}
