//! Who sends a transfer of USB to whom, as the capturing system has it.

use super::lt;
use crate::model::Frame;
use crate::wire::bytes::{array_at, u8_at};
use crate::wire::link::Direction;

/// What the header of a transfer tells, and the session that a packet in it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferHeader {
    /// Number of the bus, by the capturing system.
    pub bus: Option<u16>,
    /// Number of the device on it.
    pub device: Option<u16>,
    /// Number of the endpoint.
    pub endpoint: Option<u8>,
    /// Which way the data go, seen from the host.
    pub direction: Option<Direction>,
    /// Number of the session of mobile broadband (MBIM).
    pub session: Option<u8>,
}

/// What is told of the transfer that `frame` is a packet of.
pub fn transfer_header(frame: &Frame<'_>) -> Option<TransferHeader> {
    const TO_HOST: u8 = 0x80;
    let transfer = frame.transfer?;
    let data = transfer.header;
    let word = |at| array_at(data, at).map(u16::from_le_bytes);
    let (bus, device, endpoint) = match transfer.link {
        lt::USB_LINUX | lt::USB_LINUX_MMAPPED => (
            // In the byte order of the host, in which it is small.
            word(12).map(|bus| bus.min(bus.swap_bytes())),
            u8_at(data, 11).map(u16::from),
            u8_at(data, 10),
        ),
        lt::USBPCAP => (word(17), word(19), u8_at(data, 21)),
        lt::USB_DARWIN => (
            // The location's first octet.
            u8_at(data, 27).map(u16::from),
            u8_at(data, 29).map(u16::from),
            u8_at(data, 30),
        ),
        _ => (None, None, None),
    };
    let direction = endpoint.map(|endpoint| match endpoint & TO_HOST {
        0 => Direction::Out,
        _ => Direction::In,
    });
    let told = TransferHeader {
        bus,
        device,
        endpoint: endpoint.map(|endpoint| endpoint & !TO_HOST),
        direction,
        session: transfer.session,
    };
    (endpoint.is_some() || told.session.is_some()).then_some(told)
}
