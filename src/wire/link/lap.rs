//! LAPB and LAPD, the links of X.25 and of ISDN.

use super::{LinkHeader, Network};
use crate::wire::Undecodable;
use crate::wire::bytes::array_at;

/// LAPB (ITU-T X.25 section 2.3): address and control; a frame of information is a packet.
pub(super) fn lapb(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    let [_, control] = array_at(data, at).ok_or(Undecodable::Short)?;
    let network = if is_information(control) {
        Network::X25
    } else {
        Network::Other(control.into())
    };
    Ok(LinkHeader::at(network, at + 2))
}

/// LAPD (ITU-T Q.921 section 3): an address, which tells what the frame is for, and control, whose second
/// octet frames that are not numbered lack.
pub(super) fn lapd(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const PACKETS: u8 = 16;
    let [service, _, control] = array_at(data, at).ok_or(Undecodable::Short)?;
    let service = service >> 2;
    Ok(match behind_control(control) {
        Some(octets) if service == PACKETS => LinkHeader::at(Network::X25, at + 2 + octets),
        _ => LinkHeader::at(Network::Other(service.into()), at + 2),
    })
}

/// Octets of a control field whose numbers are of 7 bits, in frames that hold packets: of information,
/// and unnumbered.
pub(super) const fn behind_control(control: u8) -> Option<usize> {
    const POLL: u8 = 0x10;
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    match control {
        _ if is_information(control) => Some(2),
        _ if control & !POLL == UNNUMBERED_INFORMATION => Some(1),
        _ => None,
    }
}

const fn is_information(control: u8) -> bool {
    control & 1 == 0
}
