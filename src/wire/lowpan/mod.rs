//! 6LoWPAN: IPv6 in IEEE 802.15.4 frames (RFC 4944), its headers compressed (RFC 6282).
//!
//! The IPv6 header is not among the frame's octets. [`Expander`] makes it anew, in a buffer that is
//! used again, and from then on the frame carries it along as [`Expanded`].
//!
//! What a header leaves out is taken from the frame's addresses or from contexts, prefixes that
//! the nodes have agreed on: they are known where a router advertised them in the capture
//! (RFC 6775 section 4.2). A prefix that is not known stays zero, and that is told.

mod dispatch;
mod fragments;
mod ghc;
mod hc1;
mod iphc;
mod make;
mod nhc;
mod padding;
mod routing;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};

use super::bytes::tail;
use super::link::ieee802154::{self, MacHeader, Payload, is_ieee802_15_4};
use super::link::{self, LinkAddress, Network, linktype};
use super::{Encryption, Undecodable};
use crate::model::{Expanded, Frame, FrameRef, InterfaceId, SourceId, UnknownPrefix};
use dispatch::Dispatched;
use fragments::Fragments;
pub use iphc::Prefix;
use make::Reader;

/// Makes the IPv6 packets of 6LoWPAN frames.
#[derive(Debug, Default)]
pub struct Expander {
    /// Oldest first.
    contexts: VecDeque<(Pan, Contexts)>,
    /// Oldest first.
    roots: VecDeque<Root>,
    fragments: Fragments,
}

/// The contexts of one network, by their identifiers (RFC 6282 section 3.1.2).
type Contexts = [Option<Prefix>; 16];

/// The tunnel that a frame travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// Source and destination of its packet.
    pub ends: (IpAddr, IpAddr),
    /// How many there are with those around it.
    pub depth: u8,
}

/// A personal area network, as far as a capture tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pan {
    source: SourceId,
    interface: Option<InterfaceId>,
    id: Option<u16>,
}

impl Pan {
    const fn of(frame: &Frame<'_>, id: Option<u16>) -> Self {
        Self {
            source: frame.source,
            interface: frame.interface,
            id,
        }
    }
}

/// Where a frame stands, and what is known there.
struct Place<'c> {
    pan: Pan,
    /// The ends of the tunnel that it was captured in.
    tunnel: Option<(IpAddr, IpAddr)>,
    mac: &'c MacHeader,
    /// What is not known of identifiers that the link would tell.
    unknown: UnknownPrefix,
    contexts: &'c Contexts,
    roots: &'c VecDeque<Root>,
}

impl Place<'_> {
    /// The root of the RPL instance, or of the only one that is known (RFC 8138 section 4.3.2).
    fn root(&self, instance: Option<u8>) -> Option<[u8; 16]> {
        let here = || self.roots.iter().filter(|root| root.pan == self.pan);
        match instance {
            Some(instance) => here().rfind(|root| root.instance == instance),
            None => here().next().filter(|_| here().count() == 1),
        }
        .map(|root| root.address)
    }
}

/// The root of a DODAG, whose address names that (RFC 6550 section 3.1.2).
#[derive(Debug)]
struct Root {
    pan: Pan,
    instance: u8,
    address: [u8; 16],
}

impl Expander {
    /// Networks whose contexts are kept.
    const NETWORKS: usize = 64;

    /// Makes the packet of `frame` in `into`, whose memory is used again.
    ///
    /// # Errors
    ///
    /// Tells why the octets do not lead to an IPv6 header. That a frame carries no packet at all
    /// (a beacon, another protocol) is no error: `false`.
    pub fn expand(&mut self, frame: &Frame<'_>, into: &mut Expanded) -> Result<bool, Undecodable> {
        self.expand_within(frame, None, into)
    }

    /// The same for a frame that travels in a tunnel.
    ///
    /// # Errors
    ///
    /// As [`Expander::expand`].
    pub fn expand_within(
        &mut self,
        frame: &Frame<'_>,
        within: Option<Within>,
        into: &mut Expanded,
    ) -> Result<bool, Undecodable> {
        let mac = mac_header(frame)?;
        self.expand_behind(frame, &mac, within, UnknownPrefix::default(), into)
    }

    /// The same of a unit that [`is_unit`], whole, as a frame of Ethernet: where an address in that is
    /// zero, an identifier that it would tell is not known.
    ///
    /// # Errors
    ///
    /// As [`Expander::expand`].
    pub fn expand_unit(
        &mut self,
        unit: &Frame<'_>,
        into: &mut Expanded,
    ) -> Result<bool, Undecodable> {
        /// That of an identifier of zeros.
        const UNKNOWN: [u8; 8] = [2, 0, 0, 0, 0, 0, 0, 0];
        /// There is no context that would tell.
        const CONTEXT: u8 = 0;
        let mut mac = mac_header(unit)?;
        let mut unknown = UnknownPrefix::default();
        for (end, unknown) in [
            (&mut mac.src, &mut unknown.src),
            (&mut mac.dst, &mut unknown.dst),
        ] {
            if end.is_none_or(|end| end.as_slice() == [0; 6]) {
                *end = LinkAddress::new(&UNKNOWN);
                *unknown = Some(CONTEXT);
            }
        }
        self.expand_behind(unit, &mac, None, unknown, into)
    }

    fn expand_behind(
        &mut self,
        frame: &Frame<'_>,
        mac: &MacHeader,
        within: Option<Within>,
        unknown: UnknownPrefix,
        into: &mut Expanded,
    ) -> Result<bool, Undecodable> {
        into.clear();
        into.depth = within.map_or(0, |within| within.depth);
        self.fragments.advance(frame.ts);
        match mac.payload {
            Payload::Data => {}
            Payload::Encrypted => return Err(Undecodable::Encrypted(Encryption::Ieee802_15_4)),
            Payload::Other => return Ok(false),
        }
        let on_wire = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        let end = on_wire.saturating_sub(mac.trailer);
        let captured = frame.data.get(..end).unwrap_or(frame.data);
        let from = Reader::new(tail(captured, mac.start), end.saturating_sub(mac.start));
        let pan = Pan::of(frame, mac.pan);
        into.pan = mac.pan;
        let known = self.contexts.iter().find(|(known, _)| *known == pan);
        let place = Place {
            pan,
            tunnel: within.map(|within| within.ends),
            mac,
            unknown,
            contexts: known.map_or(&[None; 16], |(_, contexts)| contexts),
            roots: &self.roots,
        };
        match dispatch::expand(from, &place, into)? {
            Dispatched::Packet => padding::take_off(frame, into),
            Dispatched::Other => return Ok(false),
            Dispatched::Abort(key) => {
                self.fragments.abort(key);
                return Ok(false);
            }
            Dispatched::First(key, shift) => self.fragments.add(key, frame.ts, shift, into),
            Dispatched::Later(key, later) => {
                let captured = (frame.reference(), frame.ts);
                self.fragments.behind(key, &later, captured, into)?;
            }
        }
        Ok(true)
    }

    /// Where the packet that was made last is the first fragment of a datagram: makes that of one
    /// that came before it, and says in which frame. Each is given once, in the order they came.
    pub fn earlier_fragment(&mut self, into: &mut Expanded) -> Option<FrameRef> {
        self.fragments.earlier(into)
    }

    /// Takes a context that a router advertised in the packet that was made of `frame`; `None`
    /// withdraws it.
    pub fn learn(&mut self, frame: &Frame<'_>, id: u8, prefix: Option<Prefix>) {
        let Some(packet) = frame.expanded else {
            return;
        };
        let pan = Pan::of(frame, packet.pan);
        let known = self.contexts.iter().position(|(known, _)| *known == pan);
        let at = known.unwrap_or_else(|| {
            if self.contexts.len() == Self::NETWORKS {
                self.contexts.pop_front();
            }
            self.contexts.push_back((pan, [None; 16]));
            self.contexts.len() - 1
        });
        if let Some((_, contexts)) = self.contexts.get_mut(at)
            && let Some(place) = contexts.get_mut(usize::from(id))
        {
            *place = prefix;
        }
    }

    /// Takes the root of an RPL instance, as the packet tells that was made of `frame`.
    pub fn learn_root(&mut self, frame: &Frame<'_>, instance: u8, address: Ipv6Addr) {
        let Some(packet) = frame.expanded else {
            return;
        };
        let pan = Pan::of(frame, packet.pan);
        (self.roots).retain(|root| (root.pan, root.instance) != (pan, instance));
        if self.roots.len() == Self::NETWORKS {
            self.roots.pop_front();
        }
        self.roots.push_back(Root {
            pan,
            instance,
            address: address.octets(),
        });
    }
}

/// The header of a frame of IEEE 802.15.4; of another link's, what it says of that.
fn mac_header(frame: &Frame<'_>) -> Result<MacHeader, Undecodable> {
    if is_lowpan(frame) {
        return ieee802154::mac_header_of(frame).ok_or(Undecodable::Short);
    }
    let header = link::parse(frame)?;
    let addresses = link::addresses(frame);
    Ok(MacHeader {
        dst: addresses.dst,
        src: addresses.src,
        payload: match header.network {
            Network::Lowpan => Payload::Data,
            _ => Payload::Other,
        },
        start: header.offset,
        trailer: frame.fcs_len.into(),
        ..MacHeader::default()
    })
}

/// The frame that is to be asked for a packet where `frame` is of another link: itself, or one of
/// IEEE 802.15.4 in it. `None` if it is of neither kind.
pub fn carrier<'a>(frame: &Frame<'a>) -> Option<Frame<'a>> {
    if let Some(inside) = link::frame_inside(frame) {
        return if is_lowpan(&inside) {
            Some(inside)
        } else {
            carrier(&inside)
        };
    }
    let header = link::parse(frame).ok()?;
    match header.network {
        Network::Lowpan if !is_lowpan(frame) => Some(*frame),
        Network::Ieee802154 => {
            let data = tail(frame.data, header.offset);
            let offset = u32::try_from(header.offset).unwrap_or(u32::MAX);
            // Whether there is a check sequence nothing tells but itself.
            let link = if frame.is_cut() || link::ends_in_fcs(data) {
                linktype::IEEE802_15_4_WITHFCS
            } else {
                linktype::IEEE802_15_4_NOFCS
            };
            Some(Frame {
                link,
                data,
                wire_len: frame.wire_len.saturating_sub(offset),
                fcs_len: 0,
                ..*frame
            })
        }
        _ => None,
    }
}

/// Whether what was made of a unit of a stream is a packet whose headers are compressed (RFC 7668), behind
/// a header of Ethernet.
pub fn is_unit(made: &Expanded) -> bool {
    made.link == Some(linktype::ETHERNET)
        && link::header_of_made(linktype::ETHERNET, &made.octets).network == Network::Lowpan
}

/// Whether packets may travel compressed in frames like this one.
pub const fn is_lowpan(frame: &Frame<'_>) -> bool {
    is_ieee802_15_4(frame.link)
}
