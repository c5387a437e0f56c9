//! The README as a text with parts that are written by the tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Set to `write` to write the parts anew instead of comparing them.
const SWITCH: &str = "ICMPDUMP_README";

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README, its parts compared with what they should be, or written.
pub(crate) struct Document {
    path: PathBuf,
    original: String,
    text: String,
    writes: bool,
    complaints: Vec<String>,
}

impl Document {
    pub(crate) fn read() -> Self {
        let path = project().join("README.md");
        let text = fs::read_to_string(&path).unwrap();
        Self {
            path,
            original: text.clone(),
            text,
            writes: std::env::var_os(SWITCH).is_some_and(|value| value == "write"),
            complaints: Vec::new(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether parts that differ are to be written.
    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    pub(crate) fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    /// Puts `new` where `old` stands, which must be once.
    pub(crate) fn replace(&mut self, old: &str, new: &str) {
        assert_eq!(
            self.text.matches(old).count(),
            1,
            "not exactly once in the README:\n{old}"
        );
        self.text = self.text.replacen(old, new, 1);
    }

    /// The part between `<!-- NAME ... -->` and `<!-- end of NAME -->` should read `expected`.
    pub(crate) fn section(&mut self, name: &str, expected: &str) {
        let (begin, end) = (format!("<!-- {name}: "), format!("<!-- end of {name} -->"));
        let start = self.text.find(&begin).expect(&begin);
        let start = start + self.text[start..].find("-->\n").expect("-->") + "-->\n".len();
        let stop = start + self.text[start..].find(&end).expect(&end);
        let expected = format!("\n{expected}\n");
        if self.text[start..stop] == expected {
            return;
        }
        if self.writes {
            self.text.replace_range(start..stop, &expected);
            return;
        }
        let line = self.text[start..stop]
            .lines()
            .zip(expected.lines())
            .find(|(is, should)| is != should);
        self.complain(match line {
            Some((is, should)) => {
                format!("in the part {name}\n  is:        {is}\n  should be: {should}")
            }
            None => format!("the part {name} is too short or too long"),
        });
    }

    /// Writes the file if it is to be written, and fails if something was complained of.
    pub(crate) fn finish(self) {
        if self.writes && self.text != self.original {
            fs::write(&self.path, &self.text).unwrap();
        }
        assert!(
            self.complaints.is_empty(),
            "{}\n\nIf the program is right: {SWITCH}=write cargo test --test readme",
            self.complaints.join("\n\n")
        );
    }
}
