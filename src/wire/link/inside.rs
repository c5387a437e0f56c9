//! Headers that stand before the frames of other links.

use super::{
    LinkHeader, Network, Vlans, carrier, dispatch, ether, exported, infiniband, linktype as lt,
    netlink, packet_tap, pseudo, recorder, switch,
};
use crate::model::{Frame, LinkType};
use crate::wire::Undecodable;
use crate::wire::bytes::tail;

/// What such a header leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// A frame of this link type; none that may name any other in its turn.
    Frame(LinkType),
    /// What this EtherType announces.
    EtherType(u16),
    /// What an IP packet of this protocol carries, without the header of that.
    Headerless(u8),
    /// Something else, which has this number.
    Other(u16),
}

/// What stands behind the header at `at`, and where it starts. `None` for a link type that has no
/// such header.
pub(super) fn inside(
    link: LinkType,
    data: &[u8],
    at: usize,
) -> Option<Result<(Inside, usize), Undecodable>> {
    Some(match link {
        lt::PPI | lt::PKTAP => pseudo::named_inside(link, data, at),
        lt::USER2 if packet_tap::is_one(data, at) => pseudo::named_inside(link, data, at),
        lt::TZSP => recorder::tzsp(data, at),
        lt::DOCSIS => switch::docsis(data, at),
        lt::DOCSIS31_XRA31 => switch::excentis(data, at),
        lt::SITA => recorder::sita(data, at),
        lt::MUX27010 => carrier::mobile_multiplexer(data, at),
        lt::NETLINK => netlink::netlink(data, at),
        lt::ERF => recorder::erf(data, at),
        lt::EBHSCR => recorder::elektrobit(data, at),
        lt::REDBACK => recorder::redback(data, at),
        lt::VPP_DISPATCH => recorder::vpp(data, at),
        lt::WIRESHARK_UPPER_PDU => exported::exported(data, at),
        lt::INFINIBAND => infiniband::local(data, at),
        lt::GFP_T | lt::GFP_F => carrier::gfp(data, at),
        _ => return None,
    })
}

/// The link type of the frame that a datagram of TZSP carries, and where that starts.
pub(in crate::wire) fn inside_tzsp(datagram: &[u8]) -> Option<(LinkType, usize)> {
    match recorder::tzsp(datagram, 0) {
        Ok((Inside::Frame(link), at)) => Some((link, at)),
        _ => None,
    }
}

/// Reads on behind such a header.
pub(super) fn follow(
    data: &[u8],
    (inside, at): (Inside, usize),
) -> Result<LinkHeader, Undecodable> {
    match inside {
        Inside::Frame(link) => dispatch(link, data, at),
        Inside::EtherType(kind) => ether::follow(data, Vlans::default(), kind, at),
        Inside::Headerless(_) => Ok(LinkHeader::at(Network::Headerless, at)),
        Inside::Other(number) => Ok(LinkHeader::at(Network::Other(number), at)),
    }
}

/// The frame that stands in `frame` behind such a header, if there is one.
pub fn frame_inside<'a>(frame: &Frame<'a>) -> Option<Frame<'a>> {
    let Ok((Inside::Frame(link), at)) = inside(frame.link, frame.data, 0)? else {
        return None;
    };
    let header = u32::try_from(at).unwrap_or(u32::MAX);
    Some(Frame {
        link,
        data: tail(frame.data, at),
        wire_len: frame.wire_len.saturating_sub(header),
        ..*frame
    })
}
