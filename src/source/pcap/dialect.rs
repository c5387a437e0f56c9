//! Dialects of pcap that share their magic number, told apart by the records: libpcaps of around 1999 put
//! octets of their own behind the record head.

use super::{Format, RECORD_HEAD_LEN, RecordHead};
use crate::wire::bytes::tail;

/// Which dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Standard,
    /// Of Nokia's IPSO: the standard magic, and four octets.
    Nokia,
    /// Of Red Hat Linux 6.1: the standard magic, and what [`Dialect::Modified`] has.
    RedHat61,
    /// Alexey Kuznetzov's: interface index, protocol, packet type.
    Modified,
    /// Of `SuSE` Linux 6.3: the same magic as that, and four octets more.
    Suse63,
    Ixia,
}

impl Dialect {
    /// Octets between a record head and the frame.
    const fn extra(self) -> usize {
        match self {
            Self::Standard | Self::Ixia => 0,
            Self::Nokia => 4,
            Self::RedHat61 | Self::Modified => 8,
            Self::Suse63 => 12,
        }
    }

    /// Octets before the frame of a record.
    pub(super) const fn head_len(self) -> usize {
        RECORD_HEAD_LEN + self.extra()
    }

    /// Those that begin with the same magic number.
    const fn others(self) -> &'static [Self] {
        match self {
            Self::Standard => &[Self::Nokia, Self::RedHat61],
            Self::Modified => &[Self::Suse63],
            Self::Nokia | Self::RedHat61 | Self::Suse63 | Self::Ixia => &[],
        }
    }
}

/// The dialect that `records`, the first of a file, are in: the one that `format` has, unless they are none of
/// that and are of another one alone.
pub(super) fn of_records(format: &Format, records: &[u8]) -> Dialect {
    /// A single record may be one of the usual dialect that was cut as well.
    const LEAST: usize = 2;
    /// 1990: the octets of a record of the usual one are a time near 1970 to others.
    const SINCE: u32 = 631_152_000;
    let told = format.magic.dialect;
    let is_recent = RecordHead::read(format, records).is_some_and(|head| head.seconds >= SINCE);
    if !is_recent || count(format, told, records).is_some() {
        return told;
    }
    let fits =
        |dialect: &&Dialect| count(format, **dialect, records).is_some_and(|count| count >= LEAST);
    let mut fitting = told.others().iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => *one,
        _ => told,
    }
}

/// How many records of a dialect the first are, as far as they are whole; `None` where one is no record.
fn count(format: &Format, dialect: Dialect, records: &[u8]) -> Option<usize> {
    const LOOKED_AT: usize = 16;
    /// Seconds that two records are apart at most: what is no time is mostly near 1970.
    const APART: u32 = 366 * 24 * 3600;
    let mut rest = records;
    let mut before = None;
    for count in 0..LOOKED_AT {
        let Some(head) = RecordHead::read(format, rest) else {
            return Some(count);
        };
        let is_near = before.is_none_or(|before: u32| before.abs_diff(head.seconds) <= APART);
        let is_record = u64::from(head.fraction) * u64::from(format.magic.unit) < 1_000_000_000
            && head.captured <= format.frame_max
            && is_near;
        if !is_record {
            return None;
        }
        before = Some(head.seconds);
        let len = dialect.head_len() + usize::try_from(head.captured).ok()?;
        if len > rest.len() {
            return Some(count);
        }
        rest = tail(rest, len);
    }
    Some(LOOKED_AT)
}
