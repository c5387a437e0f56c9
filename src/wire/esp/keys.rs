//! The security associations of a file.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use super::association::Association;
use super::line::Lines;
use crate::model::LineFault;
use crate::wire::key_log::{self, KeyLines};

/// How far a file of associations was read; with it the one that its last line is about.
pub type KeyLog = key_log::KeyLog<Lines>;

/// How many associations are kept.
const MOST: usize = 1 << 16;
/// How many are of one SPI, or of any: each is tried on a packet. Of more the oldest are given up.
const NAMESAKES: usize = 64;

/// The associations that are known, the latest of each SPI first; together those that are of several.
#[derive(Default)]
pub struct Keys {
    known: HashMap<Option<u32>, VecDeque<Association>, RandomState>,
    count: usize,
}

impl Keys {
    /// Those that a packet with this SPI may be of.
    pub(super) fn of(&self, spi: u32) -> impl Iterator<Item = &Association> {
        let of = |spi| self.known.get(&spi).into_iter().flatten();
        (of(Some(spi)).chain(of(None))).filter(move |known| known.spi.takes(spi))
    }

    fn add(&mut self, association: Association) -> Result<(), LineFault> {
        let namesakes = self.known.entry(association.spi.only()).or_default();
        let before = namesakes.len();
        // It is told again, or goes on.
        namesakes.retain(|known| {
            known.encryption != association.encryption
                || (known.src, known.dst, known.spi)
                    != (association.src, association.dst, association.spi)
        });
        namesakes.truncate(NAMESAKES - 1);
        let is_more = namesakes.len() >= before;
        if is_more && self.count >= MOST {
            return Err(LineFault::Full);
        }
        namesakes.push_front(association);
        self.count = self.count + namesakes.len() - before;
        Ok(())
    }
}

impl KeyLines for Keys {
    type Before = Lines;

    fn add_line(&mut self, line: &[u8], before: &mut Lines) -> Result<bool, LineFault> {
        match before.take(line)? {
            Some(association) => self.add(association).map(|()| true),
            None => Ok(false),
        }
    }

    fn is_key(line: &[u8]) -> bool {
        matches!(Lines::default().take(line), Ok(Some(_))) && line.ends_with(b"\"")
    }
}
