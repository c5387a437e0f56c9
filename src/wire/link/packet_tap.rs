//! Apple's packet tap: a header that names the link type of what follows it, the interface, and the
//! process (`bsd/net/pktap.h` of Darwin). Numbers are little-endian, those of the hosts that write it.

use super::linktype as lt;
use super::tag::Direction;
use crate::model::Frame;
use crate::wire::bytes::{array_at, text, u32_at};

const LENGTH: usize = 0;
const RECORD: usize = 4;
const DLT: usize = 8;
const INTERFACE: usize = 12;
const INTERFACE_OCTETS: usize = 24;
const FLAGS: usize = 36;
const BEFORE: usize = 44;
const BEHIND: usize = 48;
const PROCESS: usize = 52;
const EFFECTIVE_PROCESS: usize = 84;
/// Octets of a command's name, with the octet of zero that ends it.
const COMMAND: usize = 17;
/// Octets of the first form of the header.
const SHORTEST: u32 = 108;

/// What the header of a frame tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketTap<'a> {
    /// Name of the interface; no text that can be trusted.
    pub interface: &'a [u8],
    /// Which way the packet went.
    pub direction: Option<Direction>,
    /// Whose packet it is, if that is known.
    pub process: Option<Process<'a>>,
    /// For which other process that acted, if it did.
    pub effective: Option<Process<'a>>,
}

/// A process of the capturing host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process<'a> {
    /// Its identifier.
    pub id: u32,
    /// What it is called; no text that can be trusted.
    pub command: &'a [u8],
}

impl<'a> PacketTap<'a> {
    /// That of a frame of such a link type, as far as it is there.
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        const IN: u32 = 1;
        const OUT: u32 = 2;
        let is_tap = frame.link == lt::PKTAP || frame.link == lt::USER2 && is_one(frame.data, 0);
        let length = word(frame.data, LENGTH).filter(|_| is_tap)?;
        let end = usize::try_from(length).ok()?;
        let header = frame.data.get(..end).unwrap_or(frame.data);
        let process = process(header, PROCESS);
        Some(Self {
            interface: text(header.get(INTERFACE..INTERFACE + INTERFACE_OCTETS)?),
            direction: match word(header, FLAGS)? & (IN | OUT) {
                IN => Some(Direction::In),
                OUT => Some(Direction::Out),
                _ => None,
            },
            process,
            effective: self::process(header, EFFECTIVE_PROCESS).filter(|it| Some(*it) != process),
        })
    }
}

/// Whether the octets at `at` are such a header and no other of the private link type under which
/// Darwin's tools write it: its length and that of the packet's link, a record that is a packet, a link
/// type, and the name of an interface that ends.
pub(super) fn is_one(data: &[u8], at: usize) -> bool {
    const LONGEST: u32 = 1024;
    const PACKET: u32 = 1;
    let field = |place| word(data, at + place);
    let (Some(length), Some(record), Some(dlt)) = (field(LENGTH), field(RECORD), field(DLT)) else {
        return false;
    };
    let name = data.get(at + INTERFACE..at + INTERFACE + INTERFACE_OCTETS);
    let is_named = name.is_some_and(|name| {
        let end = name.iter().position(|octet| *octet == 0).unwrap_or(0);
        let (name, rest) = name.split_at(end);
        !name.is_empty()
            && name.iter().all(u8::is_ascii_graphic)
            && rest.iter().all(|octet| *octet == 0)
    });
    let around = field(BEFORE).zip(field(BEHIND));
    let holds = around.is_some_and(|(before, behind)| {
        let captured = u32::try_from(data.len().saturating_sub(at)).unwrap_or(u32::MAX);
        let packet = captured.checked_sub(length);
        packet.is_some_and(|packet| packet > 0 && before <= packet && behind <= packet)
    });
    (SHORTEST..=LONGEST).contains(&length)
        && length % 4 == 0
        && record == PACKET
        && dlt <= u16::MAX.into()
        && is_named
        && holds
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    u32_at(data, at).map(u32::swap_bytes)
}

/// The process at `at`: none has no name and no number.
fn process(header: &[u8], at: usize) -> Option<Process<'_>> {
    let id = i32::from_le_bytes(array_at(header, at)?);
    let command = text(header.get(at + 4..at + 4 + COMMAND).unwrap_or_default());
    let id = u32::try_from(id).ok()?;
    (id > 0 || !command.is_empty()).then_some(Process { id, command })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LinkType;
    use crate::wire::link;

    /// A header of `ping`, for `launchd`, and a packet.
    fn tap() -> Vec<u8> {
        let mut header = vec![0; 108];
        let mut put = |at: usize, octets: &[u8]| {
            header[at..at + octets.len()].copy_from_slice(octets);
        };
        put(LENGTH, &[108]);
        put(RECORD, &[1]);
        put(DLT, &[12]);
        put(INTERFACE, b"en0");
        put(FLAGS, &[2]);
        put(PROCESS, &[0x92, 0x10, 0, 0, b'p', b'i', b'n', b'g']);
        put(EFFECTIVE_PROCESS, &[1, 0, 0, 0]);
        put(EFFECTIVE_PROCESS + 4, b"launchd");
        header.extend([0x45; 20]);
        header
    }

    #[test]
    fn interface_direction_and_processes_are_told() {
        let octets = tap();
        for link in [lt::PKTAP, lt::USER2] {
            let told = PacketTap::of(&Frame::alone(link, &octets)).unwrap();
            let process = |id, command| Some(Process { id, command });
            assert_eq!(
                told,
                PacketTap {
                    interface: b"en0",
                    direction: Some(Direction::Out),
                    process: process(4242, b"ping"),
                    effective: process(1, b"launchd"),
                }
            );
        }
        // A packet of no process; one of a process for itself.
        let mut octets = tap();
        octets.copy_within(PROCESS..PROCESS + 24, EFFECTIVE_PROCESS);
        let frame = Frame::alone(lt::PKTAP, &octets);
        assert_eq!(PacketTap::of(&frame).unwrap().effective, None);
        octets[PROCESS..PROCESS + 4].fill(0xff);
        let frame = Frame::alone(lt::PKTAP, &octets);
        assert_eq!(PacketTap::of(&frame).unwrap().process, None);
    }

    /// Frames of the private link type are read where nothing contradicts.
    #[test]
    fn what_is_not_certain_stays_private() {
        let is_read = |octets: &[u8]| link::parse(&Frame::alone(lt::USER2, octets)).is_ok();
        assert!(is_read(&tap()));
        for (at, octet) in [
            (LENGTH, 100),
            (LENGTH, 110),
            (LENGTH, 128),
            (LENGTH + 1, 8),
            (RECORD, 2),
            (DLT, 149),
            (DLT + 2, 1),
            (INTERFACE, 0),
            (INTERFACE, 7),
            (INTERFACE + 10, 7),
            (BEFORE, 21),
            (BEHIND, 21),
        ] {
            let mut wrong = tap();
            wrong[at] = octet;
            assert!(!is_read(&wrong), "{at} {octet}");
        }
        for length in 0..=108 {
            assert!(!is_read(&tap()[..length]), "{length}");
            let _ = PacketTap::of(&Frame::alone(lt::PKTAP, &tap()[..length]));
        }
        assert!(link::parse(&Frame::alone(LinkType(150), &tap())).is_err());
    }
}
