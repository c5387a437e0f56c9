//! Frames of IEEE 802.11 that carry several packets (A-MSDU, section 9.3.2.2.2).
//!
//! Each packet is looked at as if its frame carried no other: what stands before the aggregate, then
//! the subframe of that packet, octets as they were captured. So nothing else has to know of
//! aggregates, and no packet reaches into the padding behind it, or into the next one.

use std::num::NonZeroU32;
use std::ops::Range;

use super::linktype as lt;
use super::wireless::{self, Aggregate, Body, Mesh};
use crate::model::{Frame, LinkType, Part};
use crate::wire::bytes::{array_at, tail};

/// Whether frames of this link type may hold several packets.
#[inline]
pub const fn may_hold(link: LinkType) -> bool {
    matches!(
        link,
        lt::IEEE802_11
            | lt::IEEE802_11_RADIOTAP
            | lt::IEEE802_11_PRISM
            | lt::IEEE802_11_AVS
            | lt::PPI
            | lt::PKTAP
            | lt::USER2
            | lt::TZSP
            | lt::WIRESHARK_UPPER_PDU
    )
}

/// The packets of an aggregate, in their order.
///
/// A subframe of length 0 carries none. Where the snap length cut off the header of a subframe, what
/// is left counts as one packet: there is one at least.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    frame: &'a Frame<'a>,
    all: Aggregate,
    length: Length,
    /// Where the next subframe to be looked at starts.
    at: usize,
    /// Where the frame ends on the wire, before its check sequence.
    end: usize,
    next: Option<Range<usize>>,
    number: u32,
}

/// A packet of an aggregate.
#[derive(Clone, Debug)]
pub struct Packet<'a> {
    frame: &'a Frame<'a>,
    all: Aggregate,
    /// Where its subframe is on the wire.
    subframe: Range<usize>,
    part: Part,
}

/// How the length of a subframe is to be read. Meshes have several ways: the standard's, whose length
/// is little-endian and leaves the mesh control out, and those of devices that keep to one half of
/// that or to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    LittleEndianWithoutMeshControl,
    BigEndianWithoutMeshControl,
    BigEndian,
}

impl<'a> Packets<'a> {
    /// Those of `frame`; none where it is no aggregate, or is encrypted, or its header was cut.
    pub fn of(frame: &'a Frame<'a>) -> Option<Self> {
        let Some(Body::Aggregate(all)) = wireless::header(frame.link, frame.data)?.body else {
            return None;
        };
        let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        let end = wire_len.saturating_sub(usize::from(frame.fcs_len));
        Some(Self::up_to(end, frame, all))
    }

    /// Those of a frame of this link type that is at this place of another one on the wire.
    pub(in crate::wire) fn inside(
        frame: &'a Frame<'a>,
        link: LinkType,
        place: Range<usize>,
    ) -> Option<Self> {
        let all = wireless::aggregate(link, frame.data, place.start)?;
        Some(Self::up_to(place.end, frame, all))
    }

    fn up_to(end: usize, frame: &'a Frame<'a>, all: Aggregate) -> Self {
        let mut packets = Self {
            frame,
            all,
            length: Length::BigEndian,
            at: all.start,
            end,
            next: None,
            number: 0,
        };
        if all.mesh == Mesh::Yes {
            let fitting = [
                Length::LittleEndianWithoutMeshControl,
                Length::BigEndianWithoutMeshControl,
            ];
            let fitting = fitting.into_iter().find(|length| packets.fits(*length));
            packets.length = fitting.unwrap_or(Length::BigEndian);
        }
        packets.next = packets.find_next();
        packets
    }

    /// Whether subframes fill the frame exactly if lengths are read in this way.
    fn fits(&self, length: Length) -> bool {
        let mut at = self.all.start;
        while self.end.saturating_sub(at) > Aggregate::HEADER {
            let Some(octets) = self.octets(length, at) else {
                // What was cut off cannot tell.
                return true;
            };
            if octets > self.end - at {
                return false;
            }
            at += octets.next_multiple_of(ALIGNMENT);
        }
        true
    }

    /// Octets of the subframe at `at`, as it claims; none if its length was not captured.
    fn octets(&self, length: Length, at: usize) -> Option<usize> {
        const LENGTH_AT: usize = 12;
        let field = array_at(self.frame.data, at + LENGTH_AT)?;
        let header = self.all.header_at(self.frame.data, at);
        Some(match length {
            Length::LittleEndianWithoutMeshControl => {
                header + usize::from(u16::from_le_bytes(field))
            }
            Length::BigEndianWithoutMeshControl => header + usize::from(u16::from_be_bytes(field)),
            Length::BigEndian => Aggregate::HEADER + usize::from(u16::from_be_bytes(field)),
        })
    }

    fn find_next(&mut self) -> Option<Range<usize>> {
        loop {
            let start = self.at;
            if self.end.saturating_sub(start) <= Aggregate::HEADER {
                return None;
            }
            let Some(octets) = self.octets(self.length, start) else {
                self.at = self.end;
                return Some(start..self.end);
            };
            self.at = start + octets.next_multiple_of(ALIGNMENT);
            if octets > self.all.header_at(self.frame.data, start) {
                return Some(start..self.end.min(start + octets));
            }
        }
    }
}

/// Each subframe but the last is padded to a multiple of so many octets.
const ALIGNMENT: usize = 4;

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let subframe = self.next.take()?;
        self.next = self.find_next();
        self.number = self.number.saturating_add(1);
        let part = match NonZeroU32::new(self.number) {
            Some(number) if number.get() > 1 || self.next.is_some() => Part::Numbered(number),
            _ => Part::Only,
        };
        Some(Packet {
            frame: self.frame,
            all: self.all,
            subframe,
            part,
        })
    }
}

impl Packet<'_> {
    /// Where the aggregate starts, and where the packet's subframe is on the wire.
    pub(in crate::wire) fn place(&self) -> (usize, Range<usize>) {
        (self.all.start, self.subframe.clone())
    }

    /// The frame as it would be without the other packets, its octets in `into`, whose memory is used
    /// again.
    pub fn alone<'b>(&'b self, into: &'b mut Vec<u8>) -> Frame<'b> {
        let Range { start, end } = self.subframe;
        let data = self.frame.data;
        into.clear();
        into.extend_from_slice(data.get(..self.all.start).unwrap_or(data));
        into.extend_from_slice(tail(data.get(..end).unwrap_or(data), start));
        Frame {
            wire_len: u32::try_from(self.all.start + (end - start)).unwrap_or(u32::MAX),
            fcs_len: 0,
            data: into,
            expanded: None,
            part: Some(self.part),
            ..*self.frame
        }
    }
}

/// Writes a frame to `into` as if the first packet of its aggregate had been sent without one, with
/// the packet's addresses in the frame's header, and gives its length on the wire: so libpcap, which
/// knows no aggregates, finds it. None if the frame is of no aggregate.
pub fn sent_alone(frame: &Frame<'_>, into: &mut Vec<u8>) -> Option<u32> {
    const ADDRESS: usize = 6;
    const IS_AGGREGATE: u8 = 0x80;
    let data = frame.data;
    let header = wireless::header(frame.link, data)?;
    let Some(Body::Aggregate(all)) = header.body else {
        return None;
    };
    into.clear();
    into.extend_from_slice(data.get(..all.start)?);
    *into.get_mut(all.told_at)? &= !IS_AGGREGATE;
    let places = [(header.dst, 0), (header.src, ADDRESS)];
    for (place, at) in places {
        if let Some(place) = place
            && let Some(address) = array_at::<ADDRESS>(data, all.start + at)
            && let Some(place) = into.get_mut(place..place + ADDRESS)
        {
            place.copy_from_slice(&address);
        }
    }
    let before = all.header_at(data, all.start);
    into.extend_from_slice(tail(data, all.start + before));
    let removed = u32::try_from(before).unwrap_or(u32::MAX);
    Some(frame.wire_len.saturating_sub(removed))
}

#[cfg(test)]
mod tests;
