//! What a transfer is, and where its data are, as its header tells.

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

/// A transfer that has data.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Where the data are in their frame.
    pub(super) data: Range<usize>,
}

impl Header {
    /// That of the transfer in `frame`.
    pub(super) fn of(frame: &Frame<'_>) -> Option<Self> {
        let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        let (kind, data) = match frame.link {
            lt::USB_LINUX | lt::USB_LINUX_MMAPPED => linux(frame, wire_len)?,
            lt::USBPCAP => windows(frame.data, wire_len)?,
            lt::USB_DARWIN => darwin(frame.data, wire_len)?,
            _ => {
                // One packet of a transfer: what it is, data, and a check of 16 bits.
                const DATA: [u8; 4] = [0xc3, 0x4b, 0x87, 0x0f];
                const CHECK: usize = 2;
                DATA.contains(&u8_at(frame.data, 0)?).then_some(())?;
                (Kind::Bulk, 1..wire_len.checked_sub(CHECK)?)
            }
        };
        (data.start < data.end).then_some(Self { kind, data })
    }
}

type Told = (Kind, Range<usize>);

/// As Linux's usbmon has it.
fn linux(frame: &Frame<'_>, wire_len: usize) -> Option<Told> {
    const TRANSFER: usize = 9;
    const SETUP_FLAG: usize = 14;
    const SETUP: usize = 40;
    const PRESENT: u8 = 0;
    let data = frame.data;
    let [no_setup, no_data] = array_at(data, SETUP_FLAG)?;
    let kind = match u8_at(data, TRANSFER)? {
        1 => Kind::Interrupt,
        2 => Kind::Control(array_at(data, SETUP).filter(|_| no_setup == PRESENT)),
        3 => Kind::Bulk,
        _ => return None,
    };
    let header = if frame.link == lt::USB_LINUX { 48 } else { 64 };
    (no_data == PRESENT).then_some((kind, header..wire_len))
}

/// As `USBPcap` has it.
fn windows(data: &[u8], wire_len: usize) -> Option<Told> {
    const TRANSFER: usize = 22;
    let header = u16::from_le_bytes(array_at(data, 0)?);
    let kind = match u8_at(data, TRANSFER)? {
        1 => Kind::Interrupt,
        2 => Kind::Control(None),
        3 => Kind::Bulk,
        _ => return None,
    };
    Some((kind, header.into()..wire_len))
}

/// As Apple has it.
fn darwin(data: &[u8], wire_len: usize) -> Option<Told> {
    const HEADER_LENGTH: usize = 2;
    const TRANSFER: usize = 31;
    let header = u8_at(data, HEADER_LENGTH)?;
    let kind = match u8_at(data, TRANSFER)? {
        0 => Kind::Control(None),
        2 => Kind::Bulk,
        3 => Kind::Interrupt,
        _ => return None,
    };
    Some((kind, header.into()..wire_len))
}
