//! Shares of a whole, as people are told them.

use std::fmt;

/// A share in thousandths, rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permille(u64);

impl Permille {
    /// What `part` is of `whole`; `None` of nothing.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        let (part, whole) = (u128::from(part), u128::from(whole));
        let rounded = (part * 1000 + whole / 2).checked_div(whole)?;
        Some(Self(u64::try_from(rounded).unwrap_or(u64::MAX)))
    }
}

/// In percent, without the sign: `16.7`.
impl fmt::Display for Permille {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded() {
        let told = |part, whole| Permille::of(part, whole).map(|share| share.to_string());
        assert_eq!(told(1, 6).as_deref(), Some("16.7"));
        assert_eq!(told(1, 3).as_deref(), Some("33.3"));
        assert_eq!(told(1, 16).as_deref(), Some("6.3"));
        assert_eq!(told(5, 5).as_deref(), Some("100.0"));
        assert_eq!(told(0, 5).as_deref(), Some("0.0"));
        assert_eq!(told(u64::MAX, 1), Some(Permille(u64::MAX).to_string()));
        assert_eq!(told(0, 0), None);
    }
}
