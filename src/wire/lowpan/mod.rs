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
mod hc1;
mod iphc;
mod make;
mod nhc;

use std::collections::VecDeque;

use super::link::ieee802154::{self, MacHeader, Payload, is_ieee802_15_4};
use super::{Encryption, Undecodable};
use crate::model::{Expanded, Frame, InterfaceId, SourceId};
use dispatch::Dispatched;
use fragments::Firsts;
pub use iphc::Prefix;

/// Makes the IPv6 packets of 6LoWPAN frames.
#[derive(Debug, Default)]
pub struct Expander {
    /// Oldest first.
    contexts: VecDeque<(Pan, Contexts)>,
    firsts: Firsts,
}

/// The contexts of one network, by their identifiers (RFC 6282 section 3.1.2).
type Contexts = [Option<Prefix>; 16];

/// A personal area network, as far as a capture tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pan {
    source: SourceId,
    interface: Option<InterfaceId>,
    id: Option<u16>,
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
        into.clear();
        let mac = ieee802154::mac_header_of(frame).ok_or(Undecodable::Short)?;
        match mac.payload {
            Payload::Data => {}
            Payload::Encrypted => return Err(Undecodable::Encrypted(Encryption::Ieee802_15_4)),
            Payload::Other => return Ok(false),
        }
        let on_wire = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        let end = on_wire.saturating_sub(mac.trailer);
        let captured = frame.data.get(..end).unwrap_or(frame.data);
        let bytes = super::bytes::tail(captured, mac.start);
        let on_wire = end.saturating_sub(mac.start);
        let pan = pan(frame, &mac);
        let known = self.contexts.iter().find(|(known, _)| *known == pan);
        let contexts = known.map_or([None; 16], |(_, contexts)| *contexts);
        match dispatch::expand(bytes, on_wire, &mac, &contexts, into)? {
            Dispatched::Packet => Ok(true),
            Dispatched::Other => Ok(false),
            Dispatched::First(key) => {
                self.firsts.add((pan, key), into);
                Ok(true)
            }
            Dispatched::Later(key, later) => {
                self.firsts.behind((pan, key), &later, into)?;
                Ok(true)
            }
        }
    }

    /// Takes a context that a router advertised in `frame`; `None` withdraws it.
    pub fn learn(&mut self, frame: &Frame<'_>, id: u8, prefix: Option<Prefix>) {
        let Some(mac) = ieee802154::mac_header_of(frame).filter(|_| is_lowpan(frame)) else {
            return;
        };
        let pan = pan(frame, &mac);
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
}

/// Whether packets may travel compressed in frames like this one.
pub const fn is_lowpan(frame: &Frame<'_>) -> bool {
    is_ieee802_15_4(frame.link)
}

const fn pan(frame: &Frame<'_>, mac: &MacHeader) -> Pan {
    Pan {
        source: frame.source,
        interface: frame.interface,
        id: mac.pan,
    }
}
