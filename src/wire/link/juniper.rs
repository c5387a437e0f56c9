//! The header that Juniper's routers put before the link's own.

use super::{LinkHeader, Network, ether, linktype as lt, ppp};
use crate::model::LinkType;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u16_at};

/// Magic number, flags, and if these say so extensions behind their length.
pub(super) fn juniper(link: LinkType, data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const MAGIC: [u8; 3] = [0x4d, 0x47, 0x43];
    const EXTENSIONS: u8 = 0x80;
    const NO_LINK_HEADER: u8 = 0x02;
    let [a, b, c, flags] = array_at(data, at).ok_or(Undecodable::Short)?;
    if [a, b, c] != MAGIC {
        return Err(Undecodable::Malformed);
    }
    let mut behind = at + 4;
    if flags & EXTENSIONS != 0 {
        let length = u16_at(data, behind).ok_or(Undecodable::Short)?;
        behind += 2 + usize::from(length);
    }
    if flags & NO_LINK_HEADER != 0 {
        return Ok(LinkHeader::at(Network::Ip, behind));
    }
    match link {
        lt::JUNIPER_PPP => ppp::ppp(data, behind),
        lt::JUNIPER_FRELAY => ppp::frame_relay(data, behind),
        lt::JUNIPER_CHDLC => ppp::c_hdlc(data, behind),
        _ => ether::ethernet(data, behind),
    }
}
