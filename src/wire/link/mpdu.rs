//! Frames of IEEE 802.11 as those see them who encrypt (section 12): what stands before what is
//! encrypted, and up to where that goes.

use super::wireless::{self, Body};
use crate::model::Frame;
use crate::wire::bytes::{array_at, tail, u8_at};

/// A frame of IEEE 802.11.
#[derive(Clone, Copy, Debug)]
pub(in crate::wire) struct Mpdu<'a> {
    pub(in crate::wire) kind: MpduKind,
    /// Where it starts behind the headers of capture tools.
    pub(in crate::wire) at: usize,
    /// Where its header ends.
    pub(in crate::wire) body_at: usize,
    /// Where it ends, without its check sequence.
    pub(in crate::wire) end: usize,
    /// From frame control on.
    pub(in crate::wire) header: &'a [u8],
    /// What is behind the header.
    pub(in crate::wire) body: &'a [u8],
    /// The first octet of `QoS` control.
    pub(in crate::wire) qos: Option<u8>,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wire) enum MpduKind {
    /// Data in the clear.
    Clear,
    /// Data that are encrypted.
    Protected,
    /// A frame by which an access point tells the name of its network.
    Named,
    Other,
}

impl<'a> Mpdu<'a> {
    /// The frame; none of another link, or of one whose header was cut.
    pub(in crate::wire) fn of(frame: &Frame<'a>) -> Option<Self> {
        const BEACON: u8 = 0x80;
        const PROBE_RESPONSE: u8 = 0x50;
        let (header, end) = wireless::header_and_end(frame)?;
        let kind = match header.body {
            Some(Body::Encrypted) => MpduKind::Protected,
            Some(Body::Packet(_) | Body::Aggregate(_)) => MpduKind::Clear,
            None => match u8_at(frame.data, header.at)? {
                BEACON | PROBE_RESPONSE => MpduKind::Named,
                _ => MpduKind::Other,
            },
        };
        Some(Self {
            kind,
            at: header.at,
            body_at: header.body_at,
            end,
            header: tail(frame.data, header.at),
            body: frame.data.get(header.body_at..end)?,
            qos: header.tid_at.and_then(|at| u8_at(frame.data, at)),
        })
    }

    /// Receiver and transmitter.
    pub(in crate::wire) fn ends(&self) -> Option<[[u8; 6]; 2]> {
        Some([array_at(self.header, 4)?, array_at(self.header, 10)?])
    }

    /// The name of the network that it tells, unless that is hidden.
    pub(in crate::wire) fn network_name(&self) -> Option<&'a [u8]> {
        /// Octets before the elements: header, time, interval and capabilities.
        const FIXED: usize = 24 + 12;
        const LONGEST: usize = 32;
        let mut elements = tail(self.header, FIXED);
        loop {
            let [kind, length] = array_at(elements, 0)?;
            let end = 2 + usize::from(length);
            let element = elements.get(2..end)?;
            if kind == 0 {
                let is_told = element.iter().any(|octet| *octet != 0) && element.len() <= LONGEST;
                return is_told.then_some(element);
            }
            elements = tail(elements, end);
        }
    }
}
