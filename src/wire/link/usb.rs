//! Networks over USB: what a bulk transfer carries, of which several may be packets.
//!
//! Which network a device is its descriptors tell, and these were read when it was plugged in, most
//! often before the capture began. So a transfer is taken for what its own signatures, lengths and
//! checksums show it to be.

mod bare;
mod bluetooth;
mod framing;
mod header;
mod transfer;

use std::num::NonZeroU32;
use std::ops::Range;

use self::bare::Bare;
use self::framing::{Eem, Ncm, Rndis};
use self::transfer::{Header, Kind};
use super::linktype as lt;
use crate::model::{Frame, LinkType, Part, UsbTransfer};
use crate::wire::bytes::{array_at, tail};
pub(in crate::wire) use bluetooth::{Hci, hci};
pub use header::{TransferHeader, transfer_header};

/// Whether frames of this link type are transfers of USB, or packets of these.
#[inline]
pub const fn is_usb(link: LinkType) -> bool {
    matches!(
        link,
        lt::USB_LINUX
            | lt::USB_LINUX_MMAPPED
            | lt::USBPCAP
            | lt::USB_DARWIN
            | lt::USB_2_0
            | lt::USB_2_0_LOW_SPEED
            | lt::USB_2_0_FULL_SPEED
            | lt::USB_2_0_HIGH_SPEED
    )
}

/// The octets of a bulk transfer that were captured, and how many there were.
pub(in crate::wire) fn data<'a>(frame: &Frame<'a>) -> Option<(&'a [u8], usize)> {
    if !is_usb(frame.link) {
        return None;
    }
    let transfer = transfer_in(frame, &bulk(frame)?);
    Some((transfer.octets, transfer.on_wire))
}

/// Octets that may be packets, and where they are in their frame.
#[derive(Clone, Copy, Debug)]
struct Transfer<'a> {
    /// Those that were captured.
    octets: &'a [u8],
    /// How many there were.
    on_wire: usize,
}

/// Where the data of a bulk transfer are in their frame.
fn bulk(frame: &Frame<'_>) -> Option<Range<usize>> {
    let header = Header::of(frame).filter(|header| header.kind == Kind::Bulk)?;
    Some(header.data)
}

/// The octets of these places of a frame.
fn transfer_in<'a>(frame: &Frame<'a>, places: &Range<usize>) -> Transfer<'a> {
    let octets = frame.data.get(..places.end).unwrap_or(frame.data);
    Transfer {
        octets: tail(octets, places.start),
        on_wire: places.len(),
    }
}

impl Transfer<'_> {
    fn word(&self, at: usize) -> Option<u16> {
        array_at(self.octets, at).map(u16::from_le_bytes)
    }

    fn long(&self, at: usize) -> Option<usize> {
        let long = array_at(self.octets, at).map(u32::from_le_bytes)?;
        usize::try_from(long).ok()
    }

    /// The octets from `at` on.
    fn behind(self, at: usize) -> Self {
        Self {
            octets: tail(self.octets, at),
            on_wire: self.on_wire.saturating_sub(at),
        }
    }

    /// These octets, if there were so many.
    fn part(self, range: &Range<usize>) -> Option<Self> {
        (range.start <= range.end && range.end <= self.on_wire).then_some(Self {
            octets: tail(
                self.octets.get(..range.end).unwrap_or(self.octets),
                range.start,
            ),
            on_wire: range.end - range.start,
        })
    }
}

/// A packet in a transfer.
#[derive(Clone, Debug)]
struct Datagram {
    /// What it is a frame of.
    link: LinkType,
    octets: Range<usize>,
    /// How many right before it tell of it.
    before: usize,
    /// Number of its session, where it has one.
    session: Option<u8>,
}

/// How packets are put into transfers.
#[derive(Clone, Debug)]
enum Framing {
    Ncm(Ncm),
    Rndis(Rndis),
    Eem(Eem),
    Bare(Option<Bare>),
}

impl Framing {
    fn next(&mut self, transfer: Transfer<'_>) -> Option<Datagram> {
        match self {
            Self::Ncm(block) => block.next(transfer),
            Self::Rndis(messages) => messages.next(transfer),
            Self::Eem(packets) => packets.next(transfer),
            Self::Bare(packet) => packet.take().map(Bare::datagram),
        }
    }
}

/// The packets of a transfer, in their order, each as a frame of its own: one of Ethernet or an IP
/// packet.
#[derive(Clone, Debug)]
pub struct Datagrams<'a> {
    frame: Frame<'a>,
    around: UsbTransfer<'a>,
    transfer: Transfer<'a>,
    framing: Framing,
    /// How many octets they may still have: they share none.
    left: usize,
    next: Option<Datagram>,
    number: u32,
}

impl<'a> Datagrams<'a> {
    /// Those of `frame`, if there are any.
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        if !is_usb(frame.link) {
            return None;
        }
        let places = bulk(frame)?;
        let transfer = transfer_in(frame, &places);
        let around = UsbTransfer {
            link: frame.link,
            header: frame.data.get(..places.start).unwrap_or_default(),
            around: &[],
            session: None,
        };
        let mut framings = [
            Ncm::of(transfer).map(Framing::Ncm),
            Rndis::of(transfer).map(Framing::Rndis),
            Bare::of(transfer).map(|packet| Framing::Bare(Some(packet))),
            Eem::of(transfer).map(Framing::Eem),
        ]
        .into_iter()
        .flatten();
        framings.find_map(|mut framing| {
            let next = Some(framing.next(transfer)?);
            Some(Self {
                frame: *frame,
                around,
                transfer,
                framing,
                left: transfer.on_wire,
                next,
                number: 0,
            })
        })
    }
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let Datagram {
            link,
            octets,
            before,
            session,
        } = self.next.take()?;
        self.left = self.left.saturating_sub(octets.len());
        let next = self.framing.next(self.transfer);
        self.next = next.filter(|next| next.octets.len() <= self.left);
        self.number = self.number.saturating_add(1);
        let part = match NonZeroU32::new(self.number) {
            Some(number) if number.get() > 1 || self.next.is_some() => Part::Numbered(number),
            _ => Part::Only,
        };
        let packet = self.transfer.part(&octets)?;
        let around = octets.start.saturating_sub(before)..octets.start;
        Some(Frame {
            link,
            data: packet.octets,
            wire_len: u32::try_from(packet.on_wire).unwrap_or(u32::MAX),
            fcs_len: 0,
            part: Some(part),
            transfer: Some(UsbTransfer {
                session,
                around: self.transfer.octets.get(around).unwrap_or_default(),
                ..self.around
            }),
            ..self.frame
        })
    }
}

#[cfg(test)]
mod tests;
