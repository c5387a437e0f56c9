//! Who sends a transfer of USB to whom, as the capturing system has it.

use super::lt;
use crate::model::{Frame, LinkType};
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

impl TransferHeader {
    /// What a header of this link type tells; the session stands behind it.
    pub(super) fn of(link: LinkType, header: &[u8]) -> Self {
        const TO_HOST: u8 = 0x80;
        let word = |at| array_at(header, at).map(u16::from_le_bytes);
        let octet = |at| u8_at(header, at).map(u16::from);
        let (bus, device, endpoint) = match link {
            lt::USB_LINUX | lt::USB_LINUX_MMAPPED => (
                // In the byte order of the host, in which it is small.
                word(12).map(|bus| bus.min(bus.swap_bytes())),
                octet(11),
                u8_at(header, 10),
            ),
            lt::USBPCAP => (word(17), word(19), u8_at(header, 21)),
            // The location's first octet.
            lt::USB_DARWIN => (octet(27), octet(29), u8_at(header, 30)),
            _ => (None, None, None),
        };
        Self {
            bus,
            device,
            endpoint: endpoint.map(|endpoint| endpoint & !TO_HOST),
            direction: endpoint.map(|endpoint| match endpoint & TO_HOST {
                0 => Direction::Out,
                _ => Direction::In,
            }),
            session: None,
        }
    }

    /// What tells its device from others of the same host.
    pub(super) fn number(&self) -> Option<u16> {
        let [_, bus] = self.bus?.to_be_bytes();
        let [_, device] = self.device?.to_be_bytes();
        Some(u16::from_be_bytes([bus, device]))
    }
}

/// What is told of the transfer that `frame` is a packet of.
pub fn transfer_header(frame: &Frame<'_>) -> Option<TransferHeader> {
    let transfer = frame.transfer?;
    let told = TransferHeader {
        session: transfer.session,
        ..TransferHeader::of(transfer.link, transfer.header)
    };
    (told.endpoint.is_some() || told.session.is_some()).then_some(told)
}
