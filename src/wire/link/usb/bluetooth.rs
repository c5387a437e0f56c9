//! Bluetooth's controllers on USB (Core 5.3, volume 4 part B): what their transfers have.
//!
//! That a device is one its descriptors tell, which a capture seldom has. So transfers are taken for what
//! their lengths show them to be.

use super::transfer::{Header, Kind};
use super::{TransferHeader, is_usb, transfer_in};
use crate::model::Frame;
use crate::wire::bytes::{array_at, u8_at};
use crate::wire::link::Direction;

/// What a transfer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wire) enum Hci<'a> {
    Command(&'a [u8]),
    Event(&'a [u8]),
    Data(&'a [u8], Direction),
}

/// What the transfer in `frame` has, and the number of its device.
pub(in crate::wire) fn hci<'a>(frame: &Frame<'a>) -> Option<(u16, Hci<'a>)> {
    /// For a device, of its class.
    const COMMAND: [u8; 2] = [0x20, 0];
    if !is_usb(frame.link) {
        return None;
    }
    let header = Header::of(frame)?;
    let told = TransferHeader::of(frame.link, frame.data);
    let (device, way) = (told.number()?, told.direction?);
    let transfer = transfer_in(frame, &header.data);
    let octets = transfer.octets;
    let (length, hci) = match (header.kind, way) {
        (Kind::Control(Some([kind, request, ..])), Direction::Out)
            if [kind, request] == COMMAND =>
        {
            (3 + usize::from(u8_at(octets, 2)?), Hci::Command(octets))
        }
        (Kind::Interrupt, Direction::In) => {
            (2 + usize::from(u8_at(octets, 1)?), Hci::Event(octets))
        }
        (Kind::Bulk, way) => {
            let length = u16::from_le_bytes(array_at(octets, 2)?);
            (4 + usize::from(length), Hci::Data(octets, way))
        }
        _ => return None,
    };
    (length == transfer.on_wire).then_some((device, hci))
}
