//! What the numbers of fields are called, and what they count.

/// What the numbers of a field are called.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// Snake-case name of a field for the word.
    pub key: &'static str,
    /// Snake-case words by number; empty for those that have none.
    pub words: &'static [&'static str],
}

impl Names {
    /// The word for a number.
    pub fn word(&self, number: u64) -> Option<&'static str> {
        let word = self.words.get(usize::try_from(number).ok()?)?;
        (!word.is_empty()).then_some(word)
    }
}

/// The same of numbers that are far apart.
#[derive(Debug, PartialEq, Eq)]
pub struct FewNames {
    /// Snake-case name of a field for the word.
    pub key: &'static str,
    /// Numbers, each with its snake-case word.
    pub words: &'static [(u64, &'static str)],
}

/// Where a field's word is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The table of its numbers.
    Numbers(&'static Names),
    /// The few of its numbers that have one.
    Few(&'static FewNames),
    /// What was found of its number, whatever that is: the name of a field for the word, and the word.
    Found(&'static str, &'static str),
}

impl Naming {
    /// The word for a number, with the name of a field for that.
    pub(super) fn word(self, number: u64) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Numbers(names) => Some((names.key, names.word(number)?)),
            Self::Few(names) => {
                let (_, word) = names.words.iter().find(|(of, _)| *of == number)?;
                Some((names.key, *word))
            }
            Self::Found(key, word) => Some((key, word)),
        }
    }
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Millionths of a second.
    Microseconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Hundredths of a second.
    Centiseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Units of eight octets.
    EightOctets,
}

impl Unit {
    /// Its symbol.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Centiseconds => "cs",
            Self::Seconds => "s",
            Self::Minutes => "min",
            Self::EightOctets => "x 8 octets",
        }
    }
}
