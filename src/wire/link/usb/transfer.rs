//! What the header of a transfer tells of it.

use std::ops::Range;

use crate::model::Frame;
use crate::wire::bytes::{array_at, u8_at};
use crate::wire::link::linktype as lt;

/// Kinds of transfers, but those of a steady rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With what it asks for, where the capture has that before the data.
    Control(Option<[u8; 8]>),
    Interrupt,
    Bulk,
}

/// Which way a transfer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wire) enum Way {
    /// To the device.
    Out,
    /// From it.
    In,
}

/// A transfer that has data.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Bus and device, and the way, where the capture tells.
    pub(super) device: Option<(u16, Way)>,
    /// Where the data are in their frame.
    pub(super) data: Range<usize>,
}

impl Header {
    /// That of the transfer in `frame`.
    pub(super) fn of(frame: &Frame<'_>) -> Option<Self> {
        let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        let (kind, device, data) = match frame.link {
            lt::USB_LINUX | lt::USB_LINUX_MMAPPED => linux(frame, wire_len)?,
            lt::USBPCAP => windows(frame.data, wire_len)?,
            lt::USB_DARWIN => darwin(frame.data, wire_len)?,
            _ => {
                // One packet of a transfer: what it is, data, and a check of 16 bits.
                const DATA: [u8; 4] = [0xc3, 0x4b, 0x87, 0x0f];
                const CHECK: usize = 2;
                DATA.contains(&u8_at(frame.data, 0)?).then_some(())?;
                (Kind::Bulk, None, 1..wire_len.checked_sub(CHECK)?)
            }
        };
        (data.start < data.end).then_some(Self { kind, device, data })
    }
}

type Told = (Kind, Option<(u16, Way)>, Range<usize>);

/// As Linux's usbmon has it.
fn linux(frame: &Frame<'_>, wire_len: usize) -> Option<Told> {
    const TRANSFER: usize = 9;
    const SETUP: usize = 40;
    const PRESENT: u8 = 0;
    let data = frame.data;
    // Of words nothing tells the order of their octets.
    let [kind, endpoint, device, bus, other, no_setup, no_data] = array_at(data, TRANSFER)?;
    let kind = match kind {
        1 => Kind::Interrupt,
        2 => Kind::Control(array_at(data, SETUP).filter(|_| no_setup == PRESENT)),
        3 => Kind::Bulk,
        _ => return None,
    };
    let header = if frame.link == lt::USB_LINUX { 48 } else { 64 };
    let device = u16::from_be_bytes([bus | other, device]);
    (no_data == PRESENT).then_some((kind, Some((device, way(endpoint))), header..wire_len))
}

/// As `USBPcap` has it.
fn windows(data: &[u8], wire_len: usize) -> Option<Told> {
    const BUS: usize = 17;
    let header = u16::from_le_bytes(array_at(data, 0)?);
    let [bus, _, device, _, endpoint, kind] = array_at(data, BUS)?;
    let kind = match kind {
        1 => Kind::Interrupt,
        2 => Kind::Control(None),
        3 => Kind::Bulk,
        _ => return None,
    };
    let device = u16::from_be_bytes([bus, device]);
    Some((kind, Some((device, way(endpoint))), header.into()..wire_len))
}

/// As Apple has it.
fn darwin(data: &[u8], wire_len: usize) -> Option<Told> {
    const HEADER_LENGTH: usize = 2;
    const DEVICE: usize = 29;
    let header = u8_at(data, HEADER_LENGTH)?;
    let [device, endpoint, kind] = array_at(data, DEVICE)?;
    let kind = match kind {
        0 => Kind::Control(None),
        2 => Kind::Bulk,
        3 => Kind::Interrupt,
        _ => return None,
    };
    let device = Some((device.into(), way(endpoint)));
    Some((kind, device, header.into()..wire_len))
}

const fn way(endpoint: u8) -> Way {
    const IN: u8 = 0x80;
    if endpoint & IN == 0 {
        Way::Out
    } else {
        Way::In
    }
}
