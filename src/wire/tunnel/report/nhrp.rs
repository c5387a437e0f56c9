//! NHRP: a router tells where a packet came from that there is a shorter way for it, and quotes the packet
//! (a traffic indication, draft-detienne-dmvpn section 4.1); or that it could not take a message (an
//! error indication, RFC 2332 section 5.2.7), which may be one of those.

use std::net::IpAddr;

use super::{Held, Report, ReportHeader, ReportMessage, Span, TunnelKind};
use crate::model::LinkType;
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::{NLPID_IPV4, NLPID_IPV6, linktype};
use crate::wire::tunnel::gre;

/// IP protocol of NHRP without GRE.
pub(in crate::wire::tunnel) const PROTOCOL: u8 = 54;

/// Octets of the fixed part (RFC 2332 section 5.2.0), and up to the addresses behind it (5.2.0.1).
const FIXED: usize = 20;
const UP_TO_ADDRESSES: usize = FIXED + 8;

/// The packet that a message of NHRP quotes.
pub(super) fn held(ip: &Ip<'_>) -> Option<Held> {
    const ERROR_INDICATION: u8 = 7;
    const TRAFFIC_INDICATION: u8 = 8;
    let bytes = ip.payload;
    let mut at = match ip.protocol {
        PROTOCOL => 0,
        protocol::GRE => gre::nhrp_at(bytes)?,
        _ => return None,
    };
    let mut end = usize::try_from(ip.payload_length).ok()?;
    let mut spans = [None; Report::SPANS];
    for span in &mut spans {
        let addresses = addresses(bytes, at)?;
        let inside = addresses.end;
        *span = Some(Span {
            header: ReportHeader::Nhrp,
            at,
            octets: inside - at,
        });
        // Extensions stand behind what is quoted.
        let extensions = usize::from(u16_at(bytes, at + 14)?);
        if extensions > inside - at {
            end = end.min(at + extensions);
        }
        match u8_at(bytes, at + 17)? {
            TRAFFIC_INDICATION => {
                let report = Report {
                    message: ReportMessage::TrafficIndication,
                    by: addresses.protocol.unwrap_or(ip.src()),
                    sampling_rate: None,
                    input: None,
                    output: None,
                    spans,
                };
                return Some(Held {
                    // Nothing but its own header tells how long the packet was.
                    on_wire: usize::from(u16::MAX),
                    ..Held::whole(TunnelKind::Nhrp, report, inside..end, quoted(bytes, at)?)
                })
                .filter(|held| held.start < held.end);
            }
            ERROR_INDICATION => at = inside,
            _ => return None,
        }
    }
    None
}

/// The addresses of a message.
struct Addresses {
    /// The sender's, in the network that is made of others.
    protocol: Option<IpAddr>,
    /// Where they end.
    end: usize,
}

fn addresses(bytes: &[u8], at: usize) -> Option<Addresses> {
    const LENGTH: u8 = 0x3f;
    let [address, subaddress] = array_at(bytes, at + 18)?;
    let [src, dst] = array_at(bytes, at + FIXED)?;
    let place =
        at + UP_TO_ADDRESSES + usize::from(address & LENGTH) + usize::from(subaddress & LENGTH);
    let protocol = match src {
        4 => array_at::<4>(bytes, place).map(IpAddr::from),
        16 => array_at::<16>(bytes, place).map(IpAddr::from),
        _ => None,
    };
    let end = place + usize::from(src) + usize::from(dst);
    Some(Addresses { protocol, end })
}

/// What the protocol type of a message says of what it quotes: an EtherType, perhaps behind SNAP, or the
/// identifier of a network layer protocol.
fn quoted(bytes: &[u8], at: usize) -> Option<LinkType> {
    const SNAP: u16 = 0x0080;
    const IPV4: u16 = 0x0800;
    const IPV6: u16 = 0x86dd;
    const MPLS: u16 = 0x8847;
    let kind = match u16_at(bytes, at + 2)? {
        SNAP if array_at(bytes, at + 4) == Some([0; 3]) => u16_at(bytes, at + 7)?,
        kind => kind,
    };
    match kind {
        IPV4 | IPV6 => Some(linktype::IPV4),
        MPLS => Some(linktype::MPLS),
        other => u8::try_from(other)
            .is_ok_and(|other| matches!(other, NLPID_IPV4 | NLPID_IPV6))
            .then_some(linktype::IPV4),
    }
}
