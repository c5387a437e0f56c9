//! Blocks whose contents are broken, though their lengths are right: reading goes on behind them.

use crate::model::SourceId;
use crate::source::{Damage, DamageKind, Octets};

/// How many are told one by one.
const TOLD: usize = 16;

/// The broken blocks of a file.
#[derive(Debug, Default)]
pub(super) struct Faults {
    told: Vec<Damage>,
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
        if self.told.len() < TOLD {
            self.told.push(damage);
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
        self.told.iter().cloned().chain(more).collect()
    }
}
