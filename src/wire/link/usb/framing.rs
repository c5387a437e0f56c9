//! How several packets are put into one transfer.

use std::ops::Range;

use super::bare::is_ethernet;
use super::{Datagram, Transfer};
use crate::model::LinkType;
use crate::wire::bytes::array_at;
use crate::wire::link::linktype as lt;

/// A transfer block of the network control model (CDC NCM 1.0 section 3), also that of mobile
/// broadband (MBIM 1.0 section 7): a header that leads to tables of pointers, which lead on to more.
#[derive(Clone, Debug)]
pub(super) struct Ncm {
    width: Width,
    /// The table that is being read.
    table: Table,
    /// Where the next one is; 0 if there is none.
    next: usize,
    /// How many tables may follow.
    tables: u8,
}

/// How wide lengths and pointers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Word,
    Long,
}

#[derive(Clone, Debug)]
struct Table {
    /// What its packets are; none if they are no networks'.
    link: Option<LinkType>,
    /// Number of the session that they belong to.
    session: Option<u8>,
    /// Octets of check sequence behind each.
    check: usize,
    /// Where its pointers are that were not read.
    pointers: Range<usize>,
}

impl Ncm {
    /// Tables of a block that are read: none has a reason to have more than one for each of its
    /// networks.
    const TABLES: u8 = 16;

    pub(super) fn of(transfer: Transfer<'_>) -> Option<Self> {
        let (width, next) = match array_at(transfer.octets, 0)? {
            [b'N', b'C', b'M', b'H'] => (Width::Word, transfer.word(10)?.into()),
            [b'n', b'c', b'm', b'h'] => (Width::Long, transfer.long(12)?),
            _ => return None,
        };
        Some(Self {
            width,
            table: Table {
                link: None,
                session: None,
                check: 0,
                pointers: 0..0,
            },
            next,
            tables: Self::TABLES,
        })
    }

    /// Goes on to the next table, if there is one.
    fn next_table(&mut self, transfer: Transfer<'_>) -> Option<()> {
        const CHECK: usize = 4;
        let at = self.next;
        self.tables = self.tables.checked_sub(1)?;
        let signature: [u8; 4] = array_at(transfer.octets, at).filter(|_| at > 0)?;
        let end = at + usize::from(transfer.word(at + 4)?);
        let (header, next) = match self.width {
            Width::Word => (8, transfer.word(at + 6)?.into()),
            Width::Long => (16, transfer.long(at + 8)?),
        };
        let (link, session, check) = match signature {
            [b'N', b'C', b'M', b'0'] | [b'n', b'c', b'm', b'0'] => (Some(lt::ETHERNET), None, 0),
            [b'N', b'C', b'M', b'1'] | [b'n', b'c', b'm', b'1'] => {
                (Some(lt::ETHERNET), None, CHECK)
            }
            [b'I', b'P', b'S', session] | [b'i', b'p', b's', session] => {
                (Some(lt::RAW), Some(session), 0)
            }
            _ => (None, None, 0),
        };
        self.next = next;
        self.table = Table {
            link,
            session,
            check,
            pointers: at + header..end,
        };
        Some(())
    }

    pub(super) fn next(&mut self, transfer: Transfer<'_>) -> Option<Datagram> {
        loop {
            let step = match self.width {
                Width::Word => 4,
                Width::Long => 8,
            };
            let Range { start, end } = self.table.pointers;
            let (Some(link), true) = (self.table.link, start + step <= end) else {
                self.next_table(transfer)?;
                continue;
            };
            self.table.pointers.start += step;
            let pointer = match self.width {
                Width::Word => (transfer.word(start))
                    .zip(transfer.word(start + 2))
                    .map(|(at, length)| (usize::from(at), usize::from(length))),
                Width::Long => transfer.long(start).zip(transfer.long(start + 4)),
            };
            match pointer {
                // The end of the table.
                None | Some((0, _) | (_, 0)) => self.table.link = None,
                Some((at, length)) => {
                    let octets = at..at.saturating_add(length.saturating_sub(self.table.check));
                    if transfer.part(&octets).is_some() {
                        let session = self.table.session;
                        return Some(Datagram {
                            link,
                            octets,
                            before: 0,
                            session,
                        });
                    }
                }
            }
        }
    }
}

/// A frame of Ethernet, behind so many octets that tell of it.
const fn ethernet(octets: Range<usize>, before: usize) -> Datagram {
    Datagram {
        link: lt::ETHERNET,
        octets,
        before,
        session: None,
    }
}

/// Messages of remote NDIS, each with a packet of Ethernet.
///
/// <https://learn.microsoft.com/en-us/windows-hardware/drivers/network/remote-ndis-packet-msg>
#[derive(Clone, Debug)]
pub(super) struct Rndis {
    at: usize,
}

impl Rndis {
    pub(super) fn of(transfer: Transfer<'_>) -> Option<Self> {
        let mut first = Self { at: 0 };
        first.next(transfer).map(|_| Self { at: 0 })
    }

    pub(super) fn next(&mut self, transfer: Transfer<'_>) -> Option<Datagram> {
        const PACKET: usize = 1;
        const HEADER: usize = 44;
        /// Before the field by which the data's place is told.
        const BEFORE_OFFSET: usize = 8;
        let at = self.at;
        let field = |n: usize| transfer.long(at + 4 * n);
        let (kind, octets, offset, length) = (field(0)?, field(1)?, field(2)?, field(3)?);
        let start = at.checked_add(BEFORE_OFFSET)?.checked_add(offset)?;
        let end = at.checked_add(octets)?;
        let data = start..start.checked_add(length)?;
        let is_packet = kind == PACKET
            && octets >= HEADER
            && data.start >= at + HEADER
            && data.end <= end
            && transfer.part(&data).is_some();
        self.at = end;
        (is_packet && length > 0).then(|| ethernet(data, start - at))
    }
}

/// The Ethernet emulation model (CDC EEM 1.0 section 5.1): a length of 14 bits before each frame, which
/// ends in a check sequence or in a word that stands for it.
#[derive(Clone, Debug)]
pub(super) struct Eem {
    at: usize,
}

impl Eem {
    /// Nothing but lengths tells that it is one: they have to lead to its end, and the first frame to
    /// be certain.
    pub(super) fn of(transfer: Transfer<'_>) -> Option<Self> {
        let mut packets = Self { at: 0 };
        let first = packets.next(transfer)?.octets;
        while packets.at < transfer.on_wire && packets.at < transfer.octets.len() {
            let before = packets.at;
            packets.next(transfer);
            if packets.at == before {
                return None;
            }
        }
        is_ethernet(transfer.part(&first)?).then_some(Self { at: 0 })
    }

    pub(super) fn next(&mut self, transfer: Transfer<'_>) -> Option<Datagram> {
        const COMMAND: u16 = 0x8000;
        const LENGTH: u16 = 0x3fff;
        const CHECK: usize = 4;
        loop {
            let header = transfer.word(self.at)?;
            let start = self.at + 2;
            if header & COMMAND != 0 || header == 0 {
                self.at = start;
                continue;
            }
            let end = start + usize::from(header & LENGTH);
            let octets = start..end.checked_sub(CHECK)?;
            transfer.part(&(start..end))?;
            self.at = end;
            if !octets.is_empty() {
                return Some(ethernet(octets, 2));
            }
        }
    }
}
