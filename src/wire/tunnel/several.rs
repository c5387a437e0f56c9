//! Packets of tunnels that hold several packets: an A-MSDU of IEEE 802.11, a packet of PPP multiplexing, a
//! bundle of TIPC, frames that a recorder hands on together, mailboxes of `EtherCAT`, messages of netlink.
//!
//! Each packet is looked at as if it came without the others: what stands before them all, then its own
//! octets as they were captured. Lengths of packets around them count the others still.

use std::num::NonZeroU32;
use std::ops::Range;
use std::vec;

use super::position::{Position, inside_ip, without_fcs};
use super::{TunnelPath, cluster, udp};
use crate::model::{Frame, LinkType, Part};
use crate::wire::bytes::{array_at, offset_in, tail, u8_at, u16_at};
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::aggregate::Packets;
use crate::wire::link::{self, Network, ethercat, linktype, netlink};

/// The packets, in their order.
pub struct Several<'a> {
    frame: &'a Frame<'a>,
    /// Where the first of what holds one starts.
    before: usize,
    shares: vec::IntoIter<Share>,
    around: Around,
    number: u32,
}

/// One of them.
pub struct OneOfSeveral<'a> {
    frame: &'a Frame<'a>,
    before: usize,
    share: Share,
    around: Around,
    part: Part,
}

/// Whether the length of an IP packet around them tells how many octets they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Link,
    Ip,
}

/// What one has of the frame.
struct Share {
    /// Octets that stand in the place of those that tell of it together with others.
    made: Vec<u8>,
    /// Its own, on the wire.
    octets: Range<usize>,
}

impl From<Range<usize>> for Share {
    fn from(octets: Range<usize>) -> Self {
        let made = Vec::new();
        Self { made, octets }
    }
}

/// The shares of a packet, and where the first one starts.
type Shares = (usize, Vec<Share>);

/// As many have numbers; there are more in hostile frames alone.
const MOST: usize = 1023;

impl<'a> Several<'a> {
    /// Those in `frame`; none where there is but one, and that leads on by itself.
    pub fn of(frame: &'a Frame<'a>) -> Option<Self> {
        if frame.part.is_some() || frame.expanded.is_some() {
            return None;
        }
        let (around, (before, shares)) = shares(frame)?;
        let is_first = shares.first()?.octets.start == before;
        (shares.len() > 1 || !is_first).then(|| Self {
            frame,
            before,
            shares: shares.into_iter(),
            around,
            number: 0,
        })
    }
}

/// Those of the outermost header that may have several.
fn shares(frame: &Frame<'_>) -> Option<(Around, Shares)> {
    if frame.link == linktype::NETLINK {
        let messages = netlink::messages_with_packets(frame.data).take(MOST);
        let shares = messages.map(Share::from).collect();
        return Some((Around::Link, (netlink::BEFORE_MESSAGES, shares)));
    }
    let header = link::parse(frame).ok()?;
    let mut at = Position {
        network: header.network,
        rest: without_fcs(frame).inside(&header),
    };
    let mut around = Around::Link;
    for _ in 0..TunnelPath::CAPACITY {
        let bytes = at.rest.bytes;
        let start = offset_in(frame.data, bytes)?;
        let found = match at.network {
            Network::Multiplexed => Some((start, multiplexed(bytes, start))),
            Network::Tecmp => Some(recorded(bytes, start)),
            Network::Tipc => Some(bundled(bytes, start)?),
            Network::EtherCat => Some(in_mailboxes(bytes, start)),
            Network::Ieee80211 => {
                let place = start..start + at.rest.on_wire;
                Some(aggregate(frame, linktype::IEEE802_11, place)?)
            }
            Network::Ip => {
                around = Around::Ip;
                in_packet(frame, &at.rest.ip().ok()?)
            }
            _ => None,
        };
        if let Some(shares) = found {
            return Some((around, shares));
        }
        at = match at.network {
            Network::Ip => inside_ip(&at.rest.ip().ok()?, None, &mut None)?.inside,
            _ => at.inside_shim().ok()??.inside,
        };
    }
    None
}

/// Those that an IP packet has right behind the headers of a tunnel.
fn in_packet(frame: &Frame<'_>, ip: &Ip<'_>) -> Option<Shares> {
    const HEADER: usize = 8;
    if ip.protocol != protocol::UDP || ip.fragment.is_some() {
        return None;
    }
    let start = offset_in(frame.data, ip.payload)?;
    if udp::is_tipc(ip.payload) {
        return bundled(tail(ip.payload, HEADER), start + HEADER);
    }
    if udp::is_ethercat(ip.payload) {
        return Some(in_mailboxes(tail(ip.payload, HEADER), start + HEADER));
    }
    let end = start + usize::try_from(ip.payload_length).ok()?;
    let (link, at) = udp::radio_frame_in(ip.payload)?;
    aggregate(frame, link, start + at..end)
}

/// The subframes of an A-MSDU in a frame of 802.11.
fn aggregate(frame: &Frame<'_>, link: LinkType, place: Range<usize>) -> Option<Shares> {
    let packets = Packets::inside(frame, link, place)?.take(MOST);
    let (starts, shares): (Vec<_>, Vec<_>) = packets
        .map(|packet| packet.place())
        .map(|(before, octets)| (before, Share::from(octets)))
        .unzip();
    Some((*starts.first()?, shares))
}

/// Messages in a bundle of TIPC.
fn bundled(bytes: &[u8], at: usize) -> Option<Shares> {
    let (start, messages) = cluster::bundled(bytes)?;
    let places = messages.take(MOST);
    let shares = places.map(|place| Share::from(at + place.start..at + place.end));
    Some((at + start, shares.collect()))
}

/// Datagrams of `EtherCAT` that have a frame each.
fn in_mailboxes(bytes: &[u8], at: usize) -> Shares {
    let places = ethercat::datagrams_with_frames(bytes).take(MOST);
    let shares = places.map(|place| Share::from(at + place.start..at + place.end));
    (at + ethercat::HEADER, shares.collect())
}

/// Entries of TECMP: channel, time, length and flags before each.
fn recorded(bytes: &[u8], at: usize) -> Shares {
    const HEADER: usize = 12;
    const ENTRY: usize = 16;
    let mut shares = Vec::new();
    let mut place = HEADER;
    while let Some(length) = u16_at(bytes, place + 12)
        && shares.len() < MOST
    {
        let end = place + ENTRY + usize::from(length);
        if length > 0 {
            shares.push(Share::from(at + place..at + end));
        }
        place = end;
    }
    (at + HEADER, shares)
}

/// RFC 3153 section 1.3: a packet whose protocol is that of the one before does not tell it. It is told
/// here, in a header that is made.
fn multiplexed(bytes: &[u8], at: usize) -> Vec<Share> {
    const PROTOCOL: u8 = 0x80;
    const LONG: u8 = 0x40;
    const LENGTH: u8 = 0x3f;
    let mut shares = Vec::new();
    let mut protocol: &[u8] = &[];
    let mut place = 0;
    while let Some(first) = u8_at(bytes, place)
        && shares.len() < MOST
    {
        let (header, length) = match array_at(bytes, place) {
            Some([high, low]) if first & LONG != 0 => (2, u16::from_be_bytes([high & LENGTH, low])),
            _ => (1, (first & LENGTH).into()),
        };
        let start = place + header;
        let end = start + usize::from(length);
        if first & PROTOCOL != 0 {
            let octets = match u8_at(bytes, start) {
                Some(low) if low & 1 != 0 => 1,
                _ => 2,
            };
            protocol = bytes.get(start..start + octets).unwrap_or_default();
            shares.push(Share::from(at + place..at + end));
        } else if length > 0 && !protocol.is_empty() {
            let told = length.saturating_add(if protocol.len() == 1 { 1 } else { 2 });
            let [high, low] = told.to_be_bytes();
            let made = [&[PROTOCOL | LONG | high & LENGTH, low], protocol].concat();
            let octets = at + start..at + end;
            shares.push(Share { made, octets });
        }
        place = end;
    }
    shares
}

impl<'a> Iterator for Several<'a> {
    type Item = OneOfSeveral<'a>;

    fn next(&mut self) -> Option<OneOfSeveral<'a>> {
        let share = self.shares.next()?;
        self.number += 1;
        let is_alone = self.number == 1 && self.shares.len() == 0;
        let part = match NonZeroU32::new(self.number) {
            Some(number) if self.around == Around::Ip && !self.frame.is_cut() => {
                Part::Among(number)
            }
            Some(number) if !is_alone => Part::Numbered(number),
            _ => Part::Only,
        };
        Some(OneOfSeveral {
            frame: self.frame,
            before: self.before,
            share,
            around: self.around,
            part,
        })
    }
}

impl OneOfSeveral<'_> {
    /// The frame as it would be without the other packets, its octets in `into`, whose memory is used
    /// again.
    pub fn alone<'b>(&'b self, into: &'b mut Vec<u8>) -> Frame<'b> {
        let data = self.frame.data;
        let Range { start, end } = self.share.octets;
        into.clear();
        into.extend_from_slice(data.get(..self.before).unwrap_or(data));
        into.extend_from_slice(&self.share.made);
        into.extend_from_slice(tail(data.get(..end).unwrap_or(data), start));
        let octets = match self.around {
            Around::Ip => usize::try_from(self.frame.wire_len)
                .unwrap_or(usize::MAX)
                .saturating_sub(self.frame.fcs_len.into()),
            Around::Link => self.before + self.share.made.len() + (end - start),
        };
        Frame {
            wire_len: u32::try_from(octets.max(into.len())).unwrap_or(u32::MAX),
            fcs_len: 0,
            data: into,
            expanded: None,
            part: Some(self.part),
            ..*self.frame
        }
    }
}
