//! Tunnels of access points to their controllers, and of what mirrors traffic.

use super::TunnelKind;
use super::header::{ethernet, leads_to_ip, or_encrypted};
use super::tap::leads_on_to_certain_ip;
use super::udp::certain;
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::wire::link::{self, LinkHeader, Network, linktype};

/// Bit of CAPWAP's header that tells a frame of 802.11.
const NATIVE: u8 = 0x01;

/// CAPWAP (RFC 5415 section 4.3) in the clear: its header is in words, a bit tells whether a frame
/// of 802.11 follows or one of Ethernet. Of a packet in fragments the first leads on.
pub(super) fn capwap(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const CLEAR: u8 = 0;
    const FRAGMENT: u8 = 0x80;
    const KEEP_ALIVE: u8 = 0x08;
    let [preamble, length, ids, flags] = array_at(bytes, 0)?;
    let header = usize::from(length >> 3) * 4;
    let offset = u16_at(bytes, 6)? >> 3;
    if preamble != CLEAR || header < 8 || flags & KEEP_ALIVE != 0 {
        return None;
    }
    let radio = (length & 7) << 2 | ids >> 6;
    let inside = if flags & FRAGMENT != 0 && offset != 0 {
        LinkHeader::at(Network::Other(0), header)
    } else if ids & NATIVE == 0 {
        ethernet(bytes, header)?
    } else {
        link::ieee802_11(bytes, header)?
    };
    Some((TunnelKind::Capwap { radio }, inside))
}

/// Where the frame of 802.11 is that a packet of CAPWAP carries whole.
pub(super) fn native_of_capwap(bytes: &[u8]) -> Option<usize> {
    const FRAGMENT: u8 = 0x80;
    let [_, length, ids, flags] = array_at(bytes, 0)?;
    let is_native = ids & NATIVE != 0 && flags & FRAGMENT == 0;
    is_native.then_some(usize::from(length >> 3) * 4)
}

/// Whether a datagram of CAPWAP is the first fragment of a packet (RFC 5415 section 3.4).
pub(super) fn is_capwap_fragment(datagram: &[u8]) -> bool {
    const FRAGMENT: u8 = 0x80;
    u8_at(datagram, 8 + 3).is_some_and(|flags| flags & FRAGMENT != 0)
}

/// Octets of LWAPP's header.
pub(super) const LWAPP_HEADER: usize = 6;

/// LWAPP (RFC 5412 section 4.1), its header at `at`: data are a frame of 802.11.
pub(super) fn lwapp(bytes: &[u8], at: usize) -> Option<(TunnelKind, LinkHeader)> {
    const CONTROL: u8 = 0x04;
    let flags = u8_at(bytes, at)?;
    if flags >> 6 != 0 || flags & CONTROL != 0 {
        return None;
    }
    let inside = link::ieee802_11(bytes, at + LWAPP_HEADER)?;
    Some((TunnelKind::Lwapp, inside))
}

/// `MiNT`, its header at `at`: two addresses and two kinds of data, of which two hold a frame. No
/// document tells its format; this is what Wireshark found.
pub(super) fn mint(bytes: &[u8], at: usize) -> Option<(TunnelKind, LinkHeader)> {
    const HEADER: usize = 16;
    let start = match u16_at(bytes, at + 12)? {
        1 => at + HEADER + 2,
        2 => at + HEADER + 10,
        _ => return None,
    };
    let inside = ethernet(bytes, start)?;
    leads_to_ip(bytes, &inside).then_some((TunnelKind::Mint, inside))
}

/// The mirrored packets of Juniper's `JUNOSe`: two identifiers, then IP or PPP.
pub(super) fn juniper_mirror(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const HEADER: usize = 8;
    let session = u32_at(bytes, 4)?;
    let inside = match u8_at(bytes, HEADER)? >> 4 {
        4 | 6 => LinkHeader::at(Network::Ip, HEADER),
        _ => link::ppp(bytes, HEADER).ok()?,
    };
    certain(bytes, TunnelKind::JuniperMirror { session }, inside)
}

/// What Broadcom's switches copy for lawful interception: a word tells what follows. No document
/// tells its format; this is what tcpdump has of it. Anybody may have its ephemeral port, so what
/// follows has to be certain.
pub(super) fn broadcom_li(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const HEADER: usize = 4;
    const UNDECIDED: u32 = 4;
    const IPV4: u32 = 5;
    const IPV6: u32 = 6;
    const ETHERNET: u32 = 7;
    let word = u32_at(bytes, 0)?;
    let kind = TunnelKind::BroadcomLi {
        id: word & 0x003f_ffff,
    };
    let inside = match word >> 25 & 0x0f {
        UNDECIDED | IPV4 | IPV6 => LinkHeader::at(Network::Ip, HEADER),
        ETHERNET => ethernet(bytes, HEADER)?,
        _ => return None,
    };
    leads_on_to_certain_ip(bytes, &inside, 0).then_some((kind, inside))
}

/// `TaZmen` sniffer protocol.
pub(super) fn tzsp(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const VERSION: u8 = 1;
    if u8_at(bytes, 0)? != VERSION {
        return None;
    }
    let inside = match link::inside_tzsp(bytes)? {
        (linktype::IEEE802_11, start) => link::ieee802_11(bytes, start)?,
        (link, start) => or_encrypted(link::dispatch(link, bytes, start), start)?,
    };
    Some((TunnelKind::Tzsp, inside))
}
