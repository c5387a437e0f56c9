//! What a frame of Bluetooth is: between host and controller (Core 5.3, volume 4) or on the air (volume 6
//! part B).

use super::{Connection, Direction};
use crate::model::Frame;
use crate::wire::bytes::{array_at, tail};
use crate::wire::link::usb::{self, Hci};
use crate::wire::link::{self, linktype as lt};

/// What a frame has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Transport<'a> {
    /// What the host asks for: a code, a length, and parameters.
    Command(&'a [u8]),
    /// What the controller tells.
    Event(&'a [u8]),
    /// The address of a controller, as it is sent: the last octet first.
    Controller([u8; 6]),
    /// That two devices connect.
    Connect(&'a [u8]),
    Data(Data<'a>),
}

/// Data of a logical link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    pub(super) connection: Connection,
    pub(super) direction: Option<Direction>,
    /// Whether a unit begins with them.
    pub(super) begins: bool,
    /// The bit that tells them from those before, on the air.
    pub(super) sequence: Option<u8>,
    /// Those that were captured.
    pub(super) octets: &'a [u8],
    /// Whether octets behind them were cut.
    pub(super) is_cut: bool,
}

/// What `frame` has, and the number of the controller.
pub(super) fn of<'a>(frame: &Frame<'a>) -> Option<(u16, Transport<'a>)> {
    match frame.link {
        lt::BLUETOOTH_HCI_H4 => Some((0, h4(frame.data, None)?)),
        lt::BLUETOOTH_HCI_H4_WITH_PHDR => {
            let direction = match array_at(frame.data, 0)? {
                [0, 0, 0, 0] => Direction::Out,
                _ => Direction::In,
            };
            Some((0, h4(tail(frame.data, 4), Some(direction))?))
        }
        lt::BLUETOOTH_LINUX_MONITOR => monitor(frame.data),
        lt::BLUETOOTH_LE_LL => Some((0, low_energy(frame.data, None)?)),
        lt::BLUETOOTH_LE_LL_WITH_PHDR => {
            const HEADER: usize = 10;
            const FLAGS: usize = 8;
            let flags = u16::from_le_bytes(array_at(frame.data, FLAGS)?);
            let direction = match flags >> 7 & 7 {
                2 => Some(Direction::Out),
                3 => Some(Direction::In),
                _ => None,
            };
            Some((0, low_energy(tail(frame.data, HEADER), direction)?))
        }
        lt::NORDIC_BLE => Some((0, nordic(frame.data)?)),
        _ => on_usb(frame),
    }
}

/// What a transfer of USB has; the number of the controller is that of its device.
fn on_usb<'a>(frame: &Frame<'a>) -> Option<(u16, Transport<'a>)> {
    let (device, hci) = usb::hci(frame)?;
    let transport = match hci {
        Hci::Command(octets) => Transport::Command(octets),
        Hci::Event(octets) => Transport::Event(octets),
        Hci::Data(octets, way) => {
            let direction = match way {
                link::Direction::Out => Direction::Out,
                link::Direction::In => Direction::In,
            };
            Transport::Data(acl(device, octets, Some(direction))?)
        }
    };
    Some((device, transport))
}

/// An octet tells what follows (volume 4 part A section 2).
fn h4(data: &[u8], direction: Option<Direction>) -> Option<Transport<'_>> {
    const COMMAND: u8 = 1;
    const DATA: u8 = 2;
    const EVENT: u8 = 4;
    let (kind, rest) = data.split_first()?;
    match *kind {
        COMMAND => Some(Transport::Command(rest)),
        DATA => acl(0, rest, direction).map(Transport::Data),
        EVENT => Some(Transport::Event(rest)),
        _ => None,
    }
}

/// The monitor of Linux: the number of a controller, and what follows.
fn monitor(data: &[u8]) -> Option<(u16, Transport<'_>)> {
    const NEW_CONTROLLER: u16 = 0;
    const COMMAND: u16 = 2;
    const EVENT: u16 = 3;
    const DATA_OUT: u16 = 4;
    const DATA_IN: u16 = 5;
    let [controller, kind] = [array_at(data, 0)?, array_at(data, 2)?].map(u16::from_be_bytes);
    let rest = tail(data, 4);
    let acl = |direction| acl(controller, rest, Some(direction)).map(Transport::Data);
    let transport = match kind {
        // Kinds of device and bus stand before the address.
        NEW_CONTROLLER => Transport::Controller(array_at(rest, 2)?),
        COMMAND => Transport::Command(rest),
        EVENT => Transport::Event(rest),
        DATA_OUT => acl(Direction::Out)?,
        DATA_IN => acl(Direction::In)?,
        _ => return None,
    };
    Some((controller, transport))
}

/// Volume 4 part E section 5.4.2: a handle, whether a unit begins, and a length.
fn acl(controller: u16, data: &[u8], direction: Option<Direction>) -> Option<Data<'_>> {
    const HANDLE: u16 = 0x0fff;
    const CONTINUES: u16 = 1;
    const BROADCAST: u16 = 0xc000;
    let [flags, length] = [array_at(data, 0)?, array_at(data, 2)?].map(u16::from_le_bytes);
    if flags & BROADCAST != 0 {
        return None;
    }
    let octets = tail(data, 4);
    Some(Data {
        connection: Connection::Handle(controller, flags & HANDLE),
        direction,
        begins: flags >> 12 & 3 != CONTINUES,
        sequence: None,
        octets: octets.get(..length.into()).unwrap_or(octets),
        is_cut: octets.len() < usize::from(length),
    })
}

/// As Nordic's sniffer has what it heard: the number of a board, a header that its version lays out, and what
/// is told of the packet. No document tells the format; this is what Wireshark has of it.
fn nordic(data: &[u8]) -> Option<Transport<'_>> {
    const BOARD: usize = 1;
    const HEADER: usize = 6;
    const ADVERTISEMENT: u8 = 2;
    const PACKET: u8 = 6;
    const TOLD: u8 = 10;
    const OUT: u8 = 0x02;
    const ENCRYPTED: u8 = 0x04;
    const AUTHENTIC: u8 = 0x08;
    let [_, _, version, _, _, kind] = array_at(data, BOARD)?;
    let [told, flags] = array_at(data, BOARD + HEADER)?;
    let is_packet = kind == PACKET || kind == ADVERTISEMENT && version == 3;
    // What the sniffer has the key of is authentic.
    let is_hidden = flags & (ENCRYPTED | AUTHENTIC) == ENCRYPTED;
    if !is_packet || !(1..=3).contains(&version) || told != TOLD || is_hidden {
        return None;
    }
    let direction = if flags & OUT == 0 {
        Direction::In
    } else {
        Direction::Out
    };
    low_energy(
        tail(data, BOARD + HEADER + usize::from(TOLD)),
        Some(direction),
    )
}

/// Volume 6 part B section 2.1: an access address, by which advertisements are told from data, and a
/// length.
fn low_energy(data: &[u8], direction: Option<Direction>) -> Option<Transport<'_>> {
    const ADVERTISEMENT: [u8; 4] = 0x8e89_bed6_u32.to_le_bytes();
    const CONNECT: u8 = 5;
    const CONTINUES: u8 = 1;
    const BEGINS: u8 = 2;
    const SEQUENCE: u8 = 0x08;
    const HAS_SUPPLEMENT: u8 = 0x20;
    let address = array_at(data, 0)?;
    let [flags, length] = array_at(data, 4)?;
    let rest = tail(data, 6);
    if address == ADVERTISEMENT {
        return (flags & 0x0f == CONNECT).then_some(Transport::Connect(rest));
    }
    // What has none, or is for the link itself, is numbered with the others.
    let kind = flags & 3;
    let has_data = matches!(kind, CONTINUES | BEGINS) && flags & HAS_SUPPLEMENT == 0;
    let octets = rest.get(..length.into()).unwrap_or(rest);
    Some(Transport::Data(Data {
        connection: Connection::AccessAddress(address),
        direction,
        begins: kind == BEGINS,
        sequence: Some(flags & SEQUENCE),
        octets: if has_data { octets } else { &[] },
        is_cut: rest.len() < usize::from(length),
    }))
}
