//! Tunnels over UDP.

use super::TunnelKind;
use super::gre::{gre, plain};
use super::header::{ethernet, leads_to_certain_ip, leads_to_ip};
use super::report::is_reporting_port;
use super::shim::mpls;
use super::{access, cluster, mobile, rftap, tap, zep};
use crate::model::LinkType;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::ip::protocol;
use crate::wire::link::{self, LinkHeader, Network, Vlans, linktype};

/// The ports of tunnels.
pub(super) mod port {
    pub(in crate::wire::tunnel) const MOBILE_IP: u16 = 434; // RFC 3519 section 4.1
    /// L2TP (RFC 3931 keeps its port).
    pub(in crate::wire::tunnel) const L2TP: u16 = 1701;
    pub(in crate::wire::tunnel) const GTP_C: u16 = 2123;
    pub(in crate::wire::tunnel) const GTP_U: u16 = 2152;
    pub(in crate::wire::tunnel) const GPRS_NS: u16 = 2157; // 3GPP TS 48.016
    pub(in crate::wire::tunnel) const AMT: u16 = 2268; // RFC 7450 section 7
    pub(in crate::wire::tunnel) const GTP_0: u16 = 3386; // GSM 09.60 section 13
    pub(in crate::wire::tunnel) const TEREDO: u16 = 3544;
    /// Heartbeats of Windows clusters.
    pub(in crate::wire::tunnel) const MSRCP: u16 = 3343;
    pub(in crate::wire::tunnel) const BATMAN_GATEWAY: u16 = 4306;
    pub(in crate::wire::tunnel) const LISP: u16 = 4341; // RFC 9300 section 5
    pub(in crate::wire::tunnel) const LISP_CONTROL: u16 = 4342; // RFC 9301 section 5
    pub(in crate::wire::tunnel) const GSMTAP: u16 = 4729;
    pub(in crate::wire::tunnel) const GRE: u16 = 4754; // RFC 8086 section 8
    pub(in crate::wire::tunnel) const VXLAN: u16 = 4789;
    pub(in crate::wire::tunnel) const VXLAN_GPE: u16 = 4790;
    pub(in crate::wire::tunnel) const AYIYA: u16 = 5072; // draft-massar-v6ops-ayiya-02 section 4.3
    pub(in crate::wire::tunnel) const CAPWAP: u16 = 5247; // RFC 5415 section 14
    pub(in crate::wire::tunnel) const GUE: u16 = 6080; // draft-ietf-intarea-gue section 6.1
    pub(in crate::wire::tunnel) const GENEVE: u16 = 6081;
    pub(in crate::wire::tunnel) const TIPC: u16 = 6118;
    pub(in crate::wire::tunnel) const MPLS: u16 = 6635; // RFC 7510
    /// What Linux took for VXLAN before there was an assignment, and still does by default.
    pub(in crate::wire::tunnel) const VXLAN_LINUX: u16 = 8472;
    /// Enterprise Extender, by its five priorities (RFC 2353 section 2.6.1).
    pub(in crate::wire::tunnel) const LLC_FIRST: u16 = 12000;
    pub(in crate::wire::tunnel) const LLC_LAST: u16 = 12004;
    /// LWAPP (RFC 5412 section 3.1), and frames without its header before that.
    pub(in crate::wire::tunnel) const LWAPP_FRAME: u16 = 12220;
    pub(in crate::wire::tunnel) const LWAPP: u16 = 12222;
    pub(in crate::wire::tunnel) const LWAPP_CONTROL: u16 = 12223;
    /// What Osmocom takes for GPRS-NS.
    pub(in crate::wire::tunnel) const GPRS_NS_SGSN: u16 = 19999;
    pub(in crate::wire::tunnel) const MINT_CONTROL: u16 = 24576;
    pub(in crate::wire::tunnel) const MINT: u16 = 24577;
    pub(in crate::wire::tunnel) const JUNIPER_MIRROR: u16 = 30030;
    pub(in crate::wire::tunnel) const ETHERCAT: u16 = 34980; // IEC 61158-4-12
    pub(in crate::wire::tunnel) const TZSP: u16 = 37008;
    /// What Broadcom's lawful interception sends from.
    pub(in crate::wire::tunnel) const BROADCOM_LI: u16 = 49152;
}

/// Whether the network service of GPRS goes to or from a port.
pub(super) const fn is_gprs_ns(number: u16) -> bool {
    matches!(number, port::GPRS_NS | port::GPRS_NS_SGSN)
}

pub(super) const fn is_tunnel_port(number: u16) -> bool {
    use self::port as p;
    is_reporting_port(number)
        || zep::is_port(number)
        || matches!(
            number,
            p::MOBILE_IP
                | p::L2TP
                | p::GTP_C
                | p::GTP_U
                | p::GPRS_NS
                | p::AMT
                | p::GTP_0
                | p::TEREDO
                | p::MSRCP
                | p::BATMAN_GATEWAY
                | p::LISP
                | p::LISP_CONTROL
                | p::GSMTAP
                | p::GRE
                | p::VXLAN
                | p::VXLAN_GPE
                | p::AYIYA
                | p::CAPWAP
                | p::GUE
                | p::GENEVE
                | p::TIPC
                | p::MPLS
                | p::VXLAN_LINUX
                | p::LLC_FIRST
                ..=p::LLC_LAST
                    | p::LWAPP_FRAME
                    | p::LWAPP
                    | p::LWAPP_CONTROL
                    | p::ETHERCAT
                    | p::GPRS_NS_SGSN
                    | p::MINT_CONTROL
                    | p::MINT
                    | p::JUNIPER_MIRROR
                    | p::TZSP
                    | p::BROADCOM_LI
        )
}

/// A bit for the low 13 bits of each tunnel's port: every datagram asks, and most are none.
static FOLDED: [u64; 128] = {
    let mut folded = [0; 128];
    let mut number: u16 = 0;
    loop {
        if is_tunnel_port(number) {
            folded[(number as usize & 0x1fff) >> 6] |= 1 << (number & 63);
        }
        if number == u16::MAX {
            break folded;
        }
        number += 1;
    }
};

#[expect(
    clippy::inline_always,
    reason = "every datagram asks; a call costs more"
)]
#[inline(always)]
fn may_be_tunnel_port(high: u8, low: u8) -> bool {
    let port = u16::from_be_bytes([high, low]);
    FOLDED[usize::from(port & 0x1fff) >> 6] >> (port & 63) & 1 != 0
}

/// Whether packets are looked for in a datagram: behind the ports of tunnels, of which either end
/// may have one, and behind what begins like a tap's on any.
#[expect(
    clippy::inline_always,
    reason = "every datagram asks; a call costs more"
)]
#[inline(always)]
pub(in crate::wire) fn has_tunnel_ports(datagram: &[u8]) -> bool {
    let Some(&[a, b, c, d, _, _, _, _, first @ ..]) = datagram.first_chunk::<12>() else {
        return is_tunnels(datagram);
    };
    let may_be = may_be_tunnel_port(a, b) || may_be_tunnel_port(c, d) || tap::may_begin(first);
    may_be && is_tunnels(datagram)
}

/// The same, octet by octet.
#[cold]
fn is_tunnels(datagram: &[u8]) -> bool {
    let is_port = |at| u16_at(datagram, at).is_some_and(is_tunnel_port);
    is_port(0) || is_port(2) || tap::begins(datagram)
}

/// Octets of the UDP header.
pub(super) const HEADER: usize = 8;

/// The tunnel header in a datagram, by the destination's port, or that of a server that answers.
pub(super) fn udp(payload: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let inside = tail(payload, HEADER);
    let ports = [u16_at(payload, 2)?, u16_at(payload, 0)?];
    let (kind, header) = ports
        .into_iter()
        .filter(|&port| is_tunnel_port(port))
        .find_map(|port| behind_port(port, ports, inside))
        .or_else(|| tap::tap(payload))?;
    Some((
        kind,
        LinkHeader {
            offset: header.offset + HEADER,
            ..header
        },
    ))
}

/// Whether a datagram may be one of `EtherCAT`.
pub(super) fn is_ethercat(datagram: &[u8]) -> bool {
    [0, 2]
        .into_iter()
        .any(|at| u16_at(datagram, at) == Some(port::ETHERCAT))
}

/// Whether a datagram may carry a message of TIPC.
pub(super) fn is_tipc(datagram: &[u8]) -> bool {
    [0, 2]
        .into_iter()
        .any(|at| u16_at(datagram, at) == Some(port::TIPC))
}

/// The frame of IEEE 802.11 that a datagram carries, perhaps behind the header of a capture tool: its link
/// type, and where in the datagram it starts.
pub(super) fn radio_frame_in(datagram: &[u8]) -> Option<(LinkType, usize)> {
    use linktype::IEEE802_11;
    let bytes = tail(datagram, HEADER);
    let [dst, src] = [u16_at(datagram, 2)?, u16_at(datagram, 0)?];
    let behind = |port| match port {
        port::CAPWAP => Some((IEEE802_11, access::native_of_capwap(bytes)?)),
        port::LWAPP => Some((IEEE802_11, access::LWAPP_HEADER)),
        port::LWAPP_CONTROL if port == dst => Some((IEEE802_11, 6 + access::LWAPP_HEADER)),
        port::TZSP => link::inside_tzsp(bytes),
        _ => None,
    };
    let (link, at) = behind(dst)
        .or_else(|| behind(src))
        .or_else(|| Some((IEEE802_11, tap::behind_peekremote(bytes)?)))
        .or_else(|| {
            let header = rftap::Header::parse(bytes)?;
            Some((header.link, header.octets))
        })?;
    Some((link, HEADER + at))
}

/// What a port, the destination's or not, announces.
fn behind_port(port: u16, [dst, src]: [u16; 2], bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    match port {
        port::VXLAN | port::VXLAN_LINUX => vxlan(bytes),
        port::VXLAN_GPE => vxlan_gpe(bytes),
        port::GUE if port == dst => gue(bytes),
        port::GENEVE => geneve(bytes),
        port::GTP_C | port::GTP_U | port::GTP_0 => mobile::gtp(bytes),
        port::GPRS_NS | port::GPRS_NS_SGSN => mobile::gprs_ns(bytes),
        port::GSMTAP => mobile::gsmtap(bytes),
        port::MOBILE_IP => mobile::mobile_ip(bytes),
        port::L2TP => l2tp(bytes),
        port::TEREDO => teredo(bytes),
        port::MPLS => mpls(bytes).ok(),
        port::MSRCP => certain(bytes, TunnelKind::Msrcp, ethernet(bytes, 0)?),
        port::TIPC => cluster::tipc(bytes),
        port::GRE => gre(bytes),
        port::LISP => lisp(bytes),
        port::LISP_CONTROL => lisp_control(bytes),
        port::AMT => amt(bytes),
        port::AYIYA => ayiya(bytes),
        port::BATMAN_GATEWAY => batman_gateway(bytes),
        port::LLC_FIRST..=port::LLC_LAST => certain(
            bytes,
            TunnelKind::Llc,
            link::llc(bytes, Vlans::default(), 0).ok()?,
        ),
        port::CAPWAP => access::capwap(bytes),
        port::LWAPP_FRAME => certain(bytes, TunnelKind::Lwapp, ethernet(bytes, 0)?),
        // Before what is for the controller stands which access point that is from.
        port::LWAPP | port::LWAPP_CONTROL => {
            let at = if dst == port::LWAPP_CONTROL { 6 } else { 0 };
            access::lwapp(bytes, at)
        }
        port::MINT | port::MINT_CONTROL => access::mint(bytes, 0),
        port::JUNIPER_MIRROR => access::juniper_mirror(bytes),
        port::TZSP => access::tzsp(bytes),
        port::BROADCOM_LI if port == src => access::broadcom_li(bytes),
        port::ETHERCAT => ethercat(bytes),
        port if zep::is_port(port) => zep::sniffed(port, bytes),
        _ => None,
    }
}

/// Where nothing but the packet tells that it is one.
pub(super) fn certain(
    bytes: &[u8],
    kind: TunnelKind,
    inside: LinkHeader,
) -> Option<(TunnelKind, LinkHeader)> {
    leads_to_certain_ip(bytes, &inside, 0).then_some((kind, inside))
}

/// RFC 7348 section 5; the flags that group policy adds are let pass. Overlay transport
/// virtualization (draft-hasmit-otv section 3.2.1), which takes the same port, has none.
fn vxlan(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const VNI_VALID: u8 = 0x08;
    let flags = u8_at(bytes, 0)?;
    let vni = u32_at(bytes, 4)? >> 8;
    let inside = ethernet(bytes, 8)?;
    let is_valid = flags & VNI_VALID != 0 || leads_to_certain_ip(bytes, &inside, 0);
    is_valid.then_some((TunnelKind::Vxlan { vni }, inside))
}

/// The generic protocol extension (draft-ietf-nvo3-vxlan-gpe section 3), whose version is 0, tells what
/// follows.
fn vxlan_gpe(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const NEXT_PROTOCOL: u8 = 0x04;
    const VERSION: u8 = 0x30;
    let [flags, _, _, next] = array_at(bytes, 0)?;
    if flags & VERSION != 0 {
        return None;
    }
    let vni = u32_at(bytes, 4)? >> 8;
    let inside = match next {
        1 | 2 => LinkHeader::at(Network::Ip, 8),
        3 => ethernet(bytes, 8)?,
        4 => LinkHeader::at(Network::Nsh, 8),
        5 => LinkHeader::at(Network::Mpls, 8),
        _ => return None,
    };
    let is_told = flags & NEXT_PROTOCOL != 0 || leads_to_certain_ip(bytes, &inside, 0);
    is_told.then_some((TunnelKind::Vxlan { vni }, inside))
}

/// RFC 8926 section 3.4.
fn geneve(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const BRIDGED_ETHERNET: u16 = 0x6558;
    let first = u8_at(bytes, 0)?;
    if first >> 6 != 0 {
        return None;
    }
    let at = 8 + usize::from(first & 0x3f) * 4;
    let vni = u32_at(bytes, 4)? >> 8;
    let inside = match u16_at(bytes, 2)? {
        BRIDGED_ETHERNET => ethernet(bytes, at)?,
        kind => plain(bytes, kind, at)?,
    };
    Some((TunnelKind::Geneve { vni }, inside))
}

/// Generic UDP encapsulation (draft-ietf-intarea-gue section 3): version 0 has a header that names
/// the protocol, version 1 is the IP packet itself.
fn gue(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let inside = if u8_at(bytes, 0)? >> 6 == 1 {
        LinkHeader::at(Network::Ip, 0)
    } else {
        let (next, length) = gue_header(bytes)?;
        match next {
            protocol::IPV4 | protocol::IPV6 => LinkHeader::at(Network::Ip, length),
            protocol::MPLS_IN_IP => LinkHeader::at(Network::Mpls, length),
            _ => return None,
        }
    };
    Some((TunnelKind::Gue, inside))
}

/// The protocol that the header of version 0 names, and how long it is; none of what is for control.
pub(super) fn gue_header(bytes: &[u8]) -> Option<(u8, usize)> {
    const VERSION_AND_CONTROL: u8 = 0xe0;
    let [first, protocol] = array_at(bytes, 0)?;
    let length = 4 + usize::from(first & 0x1f) * 4;
    (first & VERSION_AND_CONTROL == 0).then_some((protocol, length))
}

/// RFC 3931 sections 4.1.1 and 4.1.2: data messages of version 3, their session at `at`. What
/// follows is agreed on beforehand, as are the lengths of cookie and sublayer header (none, or 4 and
/// 8 octets, and none or 4): an Ethernet frame with an IP packet is looked for, then PPP or Cisco
/// HDLC (RFC 4349), then an IP packet alone.
pub(super) fn l2tp_3(bytes: &[u8], at: usize) -> Option<(TunnelKind, LinkHeader)> {
    let session = u32_at(bytes, at).filter(|&session| session != 0)?;
    let places = || [4, 8, 12, 16].into_iter().map(|skip| at + skip);
    let ethernet = || {
        places()
            .filter_map(|start| link::ethernet(bytes, start).ok())
            .find(|inside| leads_to_ip(bytes, inside))
    };
    let serial = || {
        places()
            .filter_map(|start| link::ppp_or_hdlc(bytes, start).ok())
            .find(|inside| leads_to_certain_ip(bytes, inside, 0))
    };
    let alone = || {
        places()
            .map(|start| LinkHeader::at(Network::Ip, start))
            .find(|inside| leads_to_certain_ip(bytes, inside, 0))
    };
    let inside = ethernet().or_else(serial).or_else(alone)?;
    Some((TunnelKind::L2tpV3 { session }, inside))
}

/// RFC 2661 section 3.1: data messages of version 2, then PPP.
pub(super) fn l2tp(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const CONTROL: u16 = 0x8000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    let flags = u16_at(bytes, 0)?;
    match flags & (CONTROL | 0x000f) {
        2 => {}
        3 => return l2tp_3(bytes, 4),
        _ => return None,
    }
    let (kind, mut at) = l2tp_session(bytes, flags)?;
    if flags & SEQUENCE != 0 {
        at += 4;
    }
    if flags & OFFSET != 0 {
        at += 2 + usize::from(u16_at(bytes, at)?);
    }
    Some((kind, link::ppp(bytes, at).ok()?))
}

/// Tunnel and session of a message of version 2 with these flags, and where they end.
pub(super) fn l2tp_session(bytes: &[u8], flags: u16) -> Option<(TunnelKind, usize)> {
    const LENGTH: u16 = 0x4000;
    let at = if flags & LENGTH == 0 { 2 } else { 4 };
    let (tunnel, session) = (u16_at(bytes, at)?, u16_at(bytes, at + 2)?);
    Some((TunnelKind::L2tp { tunnel, session }, at + 4))
}

/// RFC 4380 section 5.1.1: authentication and origin indication may stand before the packet.
fn teredo(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let [_, at] = teredo_headers(bytes)?;
    let is_v6 = u8_at(bytes, at)? >> 4 == 6;
    is_v6.then_some((TunnelKind::Teredo, LinkHeader::at(Network::Ip, at)))
}

/// Where the authentication ends, and where the origin indication does; 0 where there is none.
pub(super) fn teredo_headers(bytes: &[u8]) -> Option<[usize; 2]> {
    const AUTHENTICATION: u16 = 0x0001;
    const ORIGIN: u16 = 0x0000;
    let mut at = 0;
    if u16_at(bytes, at)? == AUTHENTICATION {
        let [id, value] = array_at(bytes, at + 2)?;
        at += 13 + usize::from(id) + usize::from(value);
    }
    let behind_authentication = at;
    if u16_at(bytes, at) == Some(ORIGIN) {
        at += 8;
    }
    Some([behind_authentication, at])
}

/// RFC 9300 section 5.1: the packet follows 8 octets; the generic protocol extension (RFC 9305
/// section 4) tells what else may.
fn lisp(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const HEADER: usize = 8;
    const INSTANCE: u8 = 0x08;
    const NEXT_PROTOCOL: u8 = 0x04;
    let [flags, _, _, next] = array_at(bytes, 0)?;
    let instance = u32_at(bytes, 4)? >> 8;
    let kind = TunnelKind::Lisp {
        instance: (flags & INSTANCE != 0).then_some(instance),
    };
    let inside = match next {
        3 if flags & NEXT_PROTOCOL != 0 => ethernet(bytes, HEADER)?,
        4 if flags & NEXT_PROTOCOL != 0 => {
            return Some((kind, LinkHeader::at(Network::Nsh, HEADER)));
        }
        _ => LinkHeader::at(Network::Ip, HEADER),
    };
    certain(bytes, kind, inside)
}

/// An encapsulated control message (RFC 9301 section 5.8): the packet follows the first word.
fn lisp_control(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const ENCAPSULATED: u8 = 8;
    let kind = TunnelKind::Lisp { instance: None };
    if u8_at(bytes, 0)? >> 4 != ENCAPSULATED {
        return None;
    }
    certain(bytes, kind, LinkHeader::at(Network::Ip, 4))
}

/// RFC 7450 section 5.1: queries and updates carry IGMP or MLD, data messages what was sent to a
/// group.
fn amt(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let start = match u8_at(bytes, 0)? {
        4 | 5 => 12,
        6 => 2,
        _ => return None,
    };
    Some((TunnelKind::Amt, LinkHeader::at(Network::Ip, start)))
}

/// draft-massar-v6ops-ayiya-02 section 3.1: an identity and a signature, whose lengths are told,
/// stand before the packet.
fn ayiya(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const FORWARD: u8 = 1;
    let [identity, signature, operation, next] = array_at(bytes, 0)?;
    if operation & 0x0f != FORWARD || !matches!(next, protocol::IPV4 | protocol::IPV6) {
        return None;
    }
    let start = 8 + (1 << (identity >> 4)) + usize::from(signature >> 4) * 4;
    Some((TunnelKind::Ayiya, LinkHeader::at(Network::Ip, start)))
}

/// `EtherCAT` over UDP, and in it a frame.
fn ethercat(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    let start = link::in_ethercat(bytes).ok()??;
    Some((TunnelKind::EtherCat, ethernet(bytes, start)?))
}

/// The gateway of the B.A.T.M.A.N. daemon: an octet tells that a packet follows.
fn batman_gateway(bytes: &[u8]) -> Option<(TunnelKind, LinkHeader)> {
    const DATA: u8 = 1;
    if u8_at(bytes, 0)? != DATA {
        return None;
    }
    certain(
        bytes,
        TunnelKind::BatmanGateway,
        LinkHeader::at(Network::Ip, 1),
    )
}
