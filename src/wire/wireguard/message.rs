//! The messages (section 5.4): type, three octets of zero, and what each has more; numbers in
//! little-endian order. Cloudflare's WARP marks its clients by those three octets, and takes the mark off
//! before anything is verified.

use std::ops::Range;

use super::{TAG, UDP, may_be_message};
use crate::wire::bytes::{array_at, tail, u16_at};
use crate::wire::ip::{Ip, protocol};

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const TRANSPORT: u8 = 4;

/// Octets before the packet in a message.
pub(super) const TRANSPORT_HEADER: usize = 16;

/// A message, as far as it leads to packets.
pub(super) enum Message<'a> {
    Initiation(Initiation),
    Response(Response),
    Transport(Transport<'a>),
}

/// Initiator to responder (section 5.4.2).
pub(super) type Initiation = [u8; 148];

/// Responder to initiator (section 5.4.3).
pub(super) type Response = [u8; 92];

/// An encrypted packet (section 5.4.6).
pub(super) struct Transport<'a> {
    /// The session, as the receiver calls it.
    pub(super) receiver: u32,
    pub(super) counter: u64,
    /// The packet and its tag, as far as they were captured.
    pub(super) sealed: &'a [u8],
    /// Octets of the packet, its padding included; 0 keeps the session alive.
    pub(super) length: usize,
    /// Whether three octets are other than zero: then nothing but its session tells it from what is no
    /// message.
    pub(super) is_marked: bool,
}

impl<'a> Message<'a> {
    /// The message that `ip` carries; none where that is another, or was cut.
    pub(super) fn of(ip: &Ip<'a>) -> Option<Self> {
        if ip.protocol != protocol::UDP || ip.is_later_fragment() || !may_be_message(ip.payload) {
            return None;
        }
        // A jumbo datagram has no length, and none is as long.
        let length = usize::from(u16_at(ip.payload, 4)?).checked_sub(UDP)?;
        let octets = tail(ip.payload, UDP);
        let octets = octets.get(..length).unwrap_or(octets);
        match *octets.first()? {
            INITIATION if length == size_of::<Initiation>() => {
                unmarked(octets).map(Self::Initiation)
            }
            RESPONSE if length == size_of::<Response>() => unmarked(octets).map(Self::Response),
            TRANSPORT => Some(Self::Transport(Transport {
                receiver: receiver(octets)?,
                counter: u64::from_le_bytes(array_at(octets, 8)?),
                sealed: tail(octets, TRANSPORT_HEADER),
                length: length.checked_sub(TRANSPORT_HEADER + TAG)?,
                is_marked: octets.get(MARK).is_some_and(|mark| mark != [0; 3]),
            })),
            _ => None,
        }
    }
}

/// Where the octets of zero are.
const MARK: Range<usize> = 1..4;

/// The message that begins with these octets, as it was before it was marked.
fn unmarked<const OCTETS: usize>(octets: &[u8]) -> Option<[u8; OCTETS]> {
    let mut message = *octets.first_chunk()?;
    message.get_mut(MARK)?.fill(0);
    Some(message)
}

impl<'a> Transport<'a> {
    /// The encrypted packet and its tag, if all was captured.
    pub(super) fn whole(&self) -> Option<(&'a [u8], &'a [u8; TAG])> {
        let (packet, tag) = self.sealed.split_at_checked(self.length)?;
        Some((packet, tag.try_into().ok()?))
    }
}

/// How the sender of a handshake's message calls the session.
pub(super) fn sender(octets: &[u8]) -> u32 {
    index_at(octets, 4).unwrap_or(0)
}

/// How the receiver of a response calls it.
pub(super) fn receiver_of_response(response: &Response) -> u32 {
    index_at(response, 8).unwrap_or(0)
}

fn receiver(transport: &[u8]) -> Option<u32> {
    index_at(transport, 4)
}

fn index_at(octets: &[u8], at: usize) -> Option<u32> {
    array_at(octets, at).map(u32::from_le_bytes)
}
