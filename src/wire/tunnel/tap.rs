//! What devices that listen send on, to any UDP port: the headers alone tell.

use super::TunnelKind;
use super::header::{ethernet, leads_to_certain_ip};
use super::rftap;
use super::shim::shim;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::link::{self, LinkHeader, Network};
use crate::wire::stream;

/// Octets of the UDP header.
const UDP: usize = 8;

/// Whether what a datagram holds may begin like one of these: `OmniPeek`'s by all of its magic number,
/// RTP by what it says of its payload, the others by the first octet.
// Every datagram asks; a call costs more.
#[inline(always)]
pub(super) fn may_begin(octets: [u8; 4]) -> bool {
    /// Those that one of these begins with. Payloads that begin with a zero are frequent.
    static FIRST: [bool; 256] = {
        let mut first = [false; 256];
        first[E100_VERSION as usize] = true;
        first[avp::SEQUENCE as usize] = true;
        first[avp::INTERCEPTION as usize] = true;
        first[avp::SESSION as usize] = true;
        first[avp::DIRECTION as usize] = true;
        first[avp::LABEL as usize] = true;
        first[avp::ACCOUNTING as usize] = true;
        first[stream::SYNC as usize] = true;
        let [rftap, ..] = rftap::MAGIC;
        first[rftap as usize] = true;
        first
    };
    /// The version of RTP, and what it carries.
    const RTP: u32 = 0xff7f_0000;
    let [first, ..] = octets;
    let word = u32::from_be_bytes(octets);
    FIRST[usize::from(first)] || octets == PEEKREMOTE_MAGIC || word & RTP == RTP_OF_STREAM
}

/// Whether a datagram has a header of these, before what is in it is looked at.
#[cold]
pub(super) fn begins(datagram: &[u8]) -> bool {
    matches!(
        array_at(datagram, UDP),
        Some(PEEKREMOTE_MAGIC | rftap::MAGIC)
    ) || captured_by_e100(datagram).is_some()
        || redback_header(tail(datagram, UDP)).is_some()
        || stream::is_in_datagram(datagram).is_some()
}

/// The header in a datagram, and where in its payload the packet is.
pub(super) fn tap(datagram: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let inside = tail(datagram, UDP);
    peekremote(inside)
        .or_else(|| e100(datagram))
        .or_else(|| redback(inside))
        .or_else(|| transport_stream(datagram))
        .or_else(|| rftap::rftap(inside))
}

/// RTP of version 2 without padding or extension, with one source, and with a stream of MPEG-2 (RFC
/// 2250 section 2).
const RTP_OF_STREAM: u32 = 0x8021_0000;

/// Packets of a stream of MPEG-2, which are no IP packets yet.
fn transport_stream(datagram: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let header = stream::is_in_datagram(datagram)?.checked_sub(UDP)?;
    let inside = LinkHeader::at(Network::Other(stream::SYNC.into()), header);
    Some((TunnelKind::MpegTs, inside))
}

/// What the header of `OmniPeek`'s remote adapters begins with since it has a version.
const PEEKREMOTE_MAGIC: [u8; 4] = [0x00, 0xff, 0xab, 0xcd];

/// What a number at its beginning tells for certain.
pub(super) fn by_magic(bytes: &[u8]) -> Option<TunnelKind> {
    match array_at(bytes, 0)? {
        PEEKREMOTE_MAGIC => Some(TunnelKind::PeekRemote),
        rftap::MAGIC => Some(TunnelKind::Rftap),
        _ => None,
    }
}

/// What stands behind such a header.
pub(super) fn behind_magic(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    peekremote(bytes).or_else(|| rftap::rftap(bytes))
}

/// The header of `OmniPeek`'s remote adapters, which tells its length; then a frame of 802.11.
fn peekremote(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let inside = link::ieee802_11(bytes, behind_peekremote(bytes)?)?;
    Some((TunnelKind::PeekRemote, inside))
}

/// Where the frame of 802.11 is behind that header.
pub(super) fn behind_peekremote(bytes: &[u8]) -> Option<usize> {
    const SHORTEST: u32 = 9;
    if array_at(bytes, 0) != Some(PEEKREMOTE_MAGIC) {
        return None;
    }
    let [a, b, c, d] = array_at(bytes, 5)?;
    let length = u32::from_be_bytes([a, b, c, d]);
    let header = usize::try_from(length)
        .ok()
        .filter(|_| length >= SHORTEST)?;
    // It is bounded by what was captured.
    Some(header.min(bytes.len()))
}

const E100_VERSION: u8 = 1;
/// Octets of the header of Arbor's E100.
const E100: usize = 28;

/// Octets of a frame in a datagram of E100, and how many it had: no document tells the format; this
/// is what Wireshark has of it. That the first number fits tells one.
fn captured_by_e100(datagram: &[u8]) -> Option<(usize, usize)> {
    let version = u8_at(datagram, UDP)?;
    let [captured, sent] =
        [20, 24].map(|at| u32_at(datagram, UDP + at).and_then(|octets| octets.try_into().ok()));
    let length = usize::from(u16_at(datagram, 4)?);
    (version == E100_VERSION && length.checked_sub(UDP + E100) == captured)
        .then_some((captured?, sent?))
}

/// How many octets of the frame in a datagram of E100 were cut before it was sent.
pub(super) fn cut_by_e100(datagram: &[u8]) -> usize {
    captured_by_e100(datagram).map_or(0, |(captured, sent)| sent.saturating_sub(captured))
}

/// A frame of Ethernet behind the header of E100.
fn e100(datagram: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let (_, sent) = captured_by_e100(datagram)?;
    let bytes = tail(datagram, UDP);
    let inside = ethernet(bytes, E100)?;
    let missing = (E100 + sent).saturating_sub(bytes.len());
    leads_on_to_certain_ip(bytes, &inside, missing).then_some((TunnelKind::E100, inside))
}

/// Whether an IP packet that is certain is there, perhaps behind more headers, with so many octets
/// missing at its end.
pub(super) fn leads_on_to_certain_ip(bytes: &[u8], inside: &LinkHeader, missing: usize) -> bool {
    const HEADERS: usize = 4;
    let (mut bytes, mut inside) = (bytes, *inside);
    for _ in 0..HEADERS {
        if inside.network == Network::Ip {
            return leads_to_certain_ip(bytes, &inside, missing);
        }
        bytes = tail(bytes, inside.offset);
        let Some(Ok((_, next))) = shim(inside.network, bytes) else {
            return false;
        };
        inside = next;
    }
    false
}

/// Types of what is told of a packet in Redback's lawful interception.
mod avp {
    pub(super) const END: u8 = 0;
    pub(super) const SEQUENCE: u8 = 1;
    pub(super) const INTERCEPTION: u8 = 2;
    pub(super) const SESSION: u8 = 3;
    pub(super) const DIRECTION: u8 = 4;
    pub(super) const LABEL: u8 = 20;
    pub(super) const ACCOUNTING: u8 = 40;
}

/// The identifier of a lawful interception of Redback's, and where its packet starts: no document
/// tells the format; this is what Wireshark has of it. Type, length and value, up to the type that
/// ends them; three have to be there.
fn redback_header(bytes: &[u8]) -> Option<(u32, usize)> {
    let (mut sequence, mut id, mut session) = (None, None, None);
    let mut at = 0;
    loop {
        let [kind, length] = array_at(bytes, at)?;
        let number = || u32_at(bytes, at + 2).filter(|_| length == 4);
        match kind {
            avp::SEQUENCE => sequence = Some(number()?),
            avp::INTERCEPTION => id = Some(number()?),
            avp::SESSION => session = Some(number()?),
            avp::DIRECTION | avp::LABEL | avp::ACCOUNTING => {}
            avp::END if length <= 1 => {
                return (sequence.and(session).and(id))
                    .map(|id| (id, at + 2 + usize::from(length)));
            }
            _ => return None,
        }
        at += 2 + usize::from(length);
    }
}

/// An IP packet that Redback's lawful interception hands on.
fn redback(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let (id, start) = redback_header(bytes)?;
    let inside = LinkHeader::at(Network::Ip, start);
    leads_to_certain_ip(bytes, &inside, 0).then_some((TunnelKind::RedbackLi { id }, inside))
}
