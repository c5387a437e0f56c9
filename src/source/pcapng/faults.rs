//! Blocks whose contents are broken, though their lengths are right: reading goes on behind them.

use crate::model::SourceId;
use crate::source::{Damage, DamageKind, Octets};

/// How many are told one by one.
const TOLD: usize = 16;

/// The broken blocks of a file.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The first of those that are broken in one way, and how many more are.
    told: Vec<(Damage, u64)>,
    /// The first of those behind, and how many there are.
    more: Option<(Damage, u64)>,
}

impl Faults {
    /// The block at `offset`, before the frame with the number `frame`.
    #[cold]
    pub(super) fn push(&mut self, source: SourceId, offset: u64, frame: u64, why: String) {
        let damage = Damage {
            source,
            offset,
            of: Octets::default(),
            frame,
            kind: DamageKind::Block,
            why,
        };
        let alike = (self.told.iter_mut()).find(|(first, _)| first.why == damage.why);
        if let Some((_, count)) = alike {
            *count += 1;
            return;
        }
        if self.told.len() < TOLD {
            self.told.push((damage, 0));
            return;
        }
        match &mut self.more {
            Some((_, count)) => *count += 1,
            None => self.more = Some((damage, 1)),
        }
    }

    /// All of them; those of which there are too many as one.
    pub(super) fn damage(&self) -> Vec<Damage> {
        let more = self.more.iter().map(|(first, count)| Damage {
            why: match count {
                1 => first.why.clone(),
                _ => format!(
                    "{}; {} more blocks behind it are damaged",
                    first.why,
                    count - 1
                ),
            },
            ..first.clone()
        });
        let told = self.told.iter().map(|(first, count)| Damage {
            why: match count {
                0 => first.why.clone(),
                1 => format!("{}; 1 more block behind it is damaged alike", first.why),
                _ => format!(
                    "{}; {count} more blocks behind it are damaged alike",
                    first.why
                ),
            },
            ..first.clone()
        });
        told.chain(more).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reasons: impl IntoIterator<Item = String>) -> Vec<(u64, String)> {
        let mut faults = Faults::default();
        for (offset, why) in (100..).zip(reasons) {
            faults.push(SourceId(0), offset, 1, why);
        }
        let each = faults.damage().into_iter();
        each.map(|damage| (damage.offset, damage.why)).collect()
    }

    #[test]
    fn what_is_broken_in_the_same_way_is_told_once() {
        let reasons = ["a", "b", "a", "c", "a", "b"].map(str::to_owned);
        let a = "a; 2 more blocks behind it are damaged alike".to_owned();
        let b = "b; 1 more block behind it is damaged alike".to_owned();
        assert_eq!(told(reasons), [(100, a), (101, b), (103, "c".to_owned())]);
    }

    #[test]
    fn too_many_ways_are_told_as_one() {
        let reasons = (0..TOLD + 3).map(|n| n.to_string());
        let told = told(reasons);
        assert_eq!(told.len(), TOLD + 1);
        let last = "16; 2 more blocks behind it are damaged".to_owned();
        assert_eq!(told.last(), Some(&(116, last)));
    }
}
