//! Segments of GPRS (SNDCP), AX.25 and Frame Relay (FRF.12).

use super::{Carrier, Header, Numbers, Piece};
use crate::model::Frame;
use crate::wire::bytes::{array_at, tail, u8_at};
use crate::wire::link::{self, FrameRelay, linktype};
use crate::wire::tunnel::Tunnel;

/// A segment of SNDCP (3GPP TS 44.065 section 7.2) in unacknowledged mode: whether it is the first, and
/// another follows, an access point, compression if it is the first, numbers of segment and packet. It is
/// from, or for, `mobile`.
pub(in crate::wire) fn sndcp(
    bytes: &[u8],
    tunnel: Option<Tunnel>,
    mobile: Option<u32>,
    depth: u8,
) -> Option<Piece<'_>> {
    const FIRST: u8 = 0x40;
    const MORE: u8 = 0x10;
    const ACCESS_POINT: u8 = 0x0f;
    let flags = u8_at(bytes, 0)?;
    let begins = flags & FIRST != 0;
    let numbers_at = if begins { 2 } else { 1 };
    if begins && u8_at(bytes, 1)? != 0 {
        // What is compressed is not read.
        return None;
    }
    let [numbers, low] = array_at(bytes, numbers_at)?;
    let start = u32::from(numbers >> 4);
    Some(Piece {
        carrier: Carrier::Sndcp {
            tunnel,
            mobile,
            access_point: flags & ACCESS_POINT,
            number: u16::from_be_bytes([numbers & 0x0f, low]),
        },
        start,
        end: start + 1,
        begins,
        ends: flags & MORE == 0,
        header: Header::default(),
        octets: tail(bytes, numbers_at + 2),
        numbers: Numbers::Own,
        depth,
        link: linktype::RAW,
    })
}

/// A segment of AX.25 (2.2 section 6.6): how many are to come, then octets of what the first one names
/// the protocol of.
pub(super) fn ax25<'a>(frame: &Frame<'a>) -> Option<Piece<'a>> {
    const FIRST: u8 = 0x80;
    const PLACES: u32 = 0x7f;
    const INFORMATION: u8 = 0x03;
    let (stations, bytes) = link::segment_of_ax25(frame)?;
    let flags = u8_at(bytes, 0)?;
    let to_come = u32::from(flags & !FIRST);
    let [.., last] = stations;
    let mut header = [0; 15];
    header[..14].copy_from_slice(stations.as_flattened());
    // No repeater follows.
    header[13] = last[6] | 1;
    header[14] = INFORMATION;
    Some(Piece {
        carrier: Carrier::Ax25 { stations },
        start: PLACES - to_come,
        end: PLACES - to_come + 1,
        begins: flags & FIRST != 0,
        ends: to_come == 0,
        header: Header::of(&header),
        octets: tail(bytes, 1),
        numbers: Numbers::Own,
        depth: 0,
        link: linktype::AX25,
    })
}

/// A fragment between the ends of Frame Relay (FRF.12 section 4): address, control, the protocol's
/// identifier, then flags and number as in multilink. Addresses are not among what was taken apart.
pub(super) fn frame_relay<'a>(frame: &Frame<'a>) -> Option<Piece<'a>> {
    const FRAGMENT: [u8; 2] = [0x03, 0xb1];
    let start = match frame.link {
        linktype::FRELAY_WITH_DIR => 1,
        _ => 0,
    };
    let address = FrameRelay::parse(frame.data, start)?;
    let behind = start + address.octets;
    if array_at(frame.data, behind) != Some(FRAGMENT) {
        return None;
    }
    let (header, behind) = (frame.data.get(start..behind)?, behind + FRAGMENT.len());
    let carrier = Carrier::FrameRelay {
        identifier: address.dlci,
        direction: frame.data.first().copied().filter(|_| start > 0),
    };
    let piece = super::numbered_as_frame_relay(tail(frame.data, behind), carrier)?;
    Some(Piece {
        header: Header::of(header),
        ..piece
    })
}
