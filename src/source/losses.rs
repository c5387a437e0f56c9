//! Packets that a file says are missing: by the statistics of an interface, which count from the
//! beginning, and by packets, each of which may tell how many before it were dropped.

use crate::model::Timestamp;
use crate::source::{DropsTold, InterfaceCounts, InterfaceInfo, KernelCounts, Notice};
use crate::wire::bytes::{u8_at, u16_at};

/// The interfaces of a file, by their number across sections: those that are described.
#[derive(Debug, Default)]
pub(super) struct Losses {
    lines: Vec<Line>,
    /// Some interface tells what was missed, or that nothing was.
    told: bool,
}

#[derive(Debug)]
struct Line {
    /// The last packet.
    last: Timestamp,
    read: u64,
    /// Of the latest statistics.
    received: Option<u64>,
    dropped: u64,
    interface_dropped: u64,
    /// What packets tell in all.
    by_packets: u64,
    /// How many are known to be missing at some time, and up to when statistics told.
    known: u64,
    until: Timestamp,
}

/// What a block of statistics tells (draft-ietf-opsawg-pcapng section 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Statistics {
    /// Number of the interface in its section.
    pub(super) interface: u32,
    pub(super) ts: Timestamp,
    pub(super) received: Option<u64>,
    pub(super) interface_dropped: Option<u64>,
    pub(super) dropped: Option<u64>,
    /// Whether an option claims more octets than the block has.
    pub(super) overrun: bool,
}

impl Losses {
    /// How many interfaces are described.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// One more interface is described.
    pub(super) fn describe(&mut self) {
        self.lines.push(Line {
            last: Timestamp::MIN,
            read: 0,
            received: None,
            dropped: 0,
            interface_dropped: 0,
            by_packets: 0,
            known: 0,
            until: Timestamp::MIN,
        });
    }

    /// Takes a packet before which so many were dropped; says between which times, if any were.
    #[inline]
    pub(super) fn packet(&mut self, interface: u32, ts: Timestamp, lost: u64) -> Option<Notice> {
        let line = self.lines.get_mut(usize::try_from(interface).ok()?)?;
        line.read += 1;
        let from = std::mem::replace(&mut line.last, ts);
        if lost == 0 {
            return None;
        }
        self.told = true;
        line.by_packets = line.by_packets.saturating_add(lost);
        line.known = line.known.saturating_add(lost);
        Some(Notice::Missed { from, until: ts })
    }

    /// A packet could not be read; says around which time, as far as that is known. Who asked later
    /// waits for another.
    #[cold]
    pub(super) fn passed_over(&self) -> Option<Notice> {
        let from = self.lines.iter().map(|line| line.last).max()?;
        (from > Timestamp::MIN).then_some(Notice::Missed { from, until: from })
    }

    /// Takes the statistics of an interface; says between which times packets are missing that no
    /// packet told of.
    pub(super) fn statistics(&mut self, interface: u32, told: &Statistics) -> Option<Notice> {
        let line = self.lines.get_mut(usize::try_from(interface).ok()?)?;
        if (told.received, told.dropped, told.interface_dropped) == (None, None, None) {
            return None;
        }
        self.told = true;
        line.received = told.received.or(line.received);
        line.dropped = told.dropped.unwrap_or(line.dropped);
        line.interface_dropped = told.interface_dropped.unwrap_or(line.interface_dropped);
        let from = std::mem::replace(&mut line.until, told.ts);
        let missing = missing(line);
        let more = missing > line.known;
        line.known = line.known.max(missing);
        more.then_some(Notice::Missed {
            from,
            until: told.ts,
        })
    }

    /// What is told of the interfaces, if anything is.
    pub(super) fn counts(&self, described: &[InterfaceInfo]) -> Option<Vec<InterfaceCounts>> {
        let of = |(number, (line, info)): (usize, (&Line, &InterfaceInfo))| {
            let by_packets = line.by_packets.saturating_sub(line.interface_dropped);
            let dropped = line.dropped.max(by_packets);
            let name = info.name.clone();
            InterfaceCounts {
                name: name.unwrap_or_else(|| format!("interface {number}")),
                counts: KernelCounts {
                    received: line.received.unwrap_or(line.read.saturating_add(dropped)),
                    dropped,
                    interface_dropped: line.interface_dropped,
                },
                drops: if missing(line) > line.by_packets {
                    DropsTold::InSum
                } else if by_packets > line.dropped {
                    DropsTold::WithPackets
                } else {
                    DropsTold::AsTheyCame
                },
                read: line.read,
                unread: 0,
            }
        };
        let lines = self.lines.iter().zip(described).enumerate().map(of);
        self.told.then(|| lines.collect())
    }
}

/// How many packets of an interface are missing by its latest statistics.
fn missing(line: &Line) -> u64 {
    line.dropped.saturating_add(line.interface_dropped)
}

/// How many packets were lost before one in Endace's extensible record format. In some types of record
/// a colour takes the place of that count.
pub(super) fn before_record(frame: &[u8]) -> u64 {
    const TYPE: usize = 8;
    const LOSSES: usize = 12;
    const EXTENDED: u8 = 0x80;
    match u8_at(frame, TYPE).map(|kind| kind & !EXTENDED) {
        Some(1..=9 | 12 | 18 | 21..=25) => u16_at(frame, LOSSES).unwrap_or(0).into(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(seconds, 0)
    }

    fn missed(from: Timestamp, until: i64) -> Notice {
        let until = at(until);
        Notice::Missed { from, until }
    }

    #[test]
    fn packets_are_missing_since_the_last_one_of_the_interface() {
        let mut losses = Losses::default();
        losses.describe();
        losses.describe();
        assert_eq!(losses.packet(0, at(1), 0), None);
        assert_eq!(losses.packet(1, at(2), 0), None);
        assert_eq!(losses.counts(&[]), None);
        assert_eq!(losses.packet(0, at(3), 7), Some(missed(at(1), 3)));
        assert_eq!(losses.packet(1, at(4), 1), Some(missed(at(2), 4)));
        assert_eq!(losses.packet(2, at(4), 1), None, "never described");
    }

    #[test]
    fn a_packet_that_cannot_be_read_is_missing_behind_the_last_one() {
        let mut losses = Losses::default();
        assert_eq!(losses.passed_over(), None);
        losses.describe();
        losses.describe();
        assert_eq!(losses.passed_over(), None, "nobody asked before");
        losses.packet(1, at(2), 0);
        losses.packet(0, at(1), 0);
        assert_eq!(losses.passed_over(), Some(missed(at(2), 2)));
    }

    #[test]
    fn a_record_tells_how_many_before_it_were_lost() {
        let lost = |kind: u8| {
            let header = [&[0; 8][..], &[kind, 4, 0, 99, 1, 2, 0, 83]].concat();
            for end in 0..14 {
                assert_eq!(before_record(&header[..end]), 0);
            }
            before_record(&header)
        };
        for kind in [1, 2, 4, 5, 9, 0x82, 21, 22, 23] {
            assert_eq!(lost(kind), 0x0102, "{kind}");
        }
        for coloured in [0, 10, 11, 15, 16, 17, 19, 20, 48] {
            assert_eq!(lost(coloured), 0, "{coloured}");
        }
    }

    #[test]
    fn statistics_tell_what_no_packet_told() {
        let mut losses = Losses::default();
        losses.describe();
        losses.packet(0, at(3), 7);
        let mut told = Statistics {
            interface: 0,
            ts: at(5),
            received: Some(100),
            interface_dropped: None,
            dropped: Some(7),
            overrun: false,
        };
        assert_eq!(losses.statistics(0, &told), None);
        told.ts = at(9);
        told.interface_dropped = Some(2);
        assert_eq!(losses.statistics(0, &told), Some(missed(at(5), 9)));
        told.ts = at(12);
        assert_eq!(losses.statistics(0, &told), None, "the same again");
        assert_eq!(losses.statistics(1, &told), None, "never described");
    }
}
