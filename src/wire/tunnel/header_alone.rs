//! The header of a tunnel where there is no packet behind it: what quotes end in, and what tunnels
//! carry beside IP.

use super::header::announced;
use super::path::{Encapsulation, Tunnel};
use super::udp::{HEADER, l2tp_session, port};
use super::{TunnelKind, gre};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::ip::{Ip, protocol};
use crate::wire::link::Vlans;

/// The tunnel that `ip` is of by its header alone, as far as that tells which one; the octets are all
/// of the payload. Only where [`super::inside`] finds no packet, which proves more.
pub fn header_alone<'a>(ip: &Ip<'a>) -> Option<Encapsulation<'a>> {
    if ip.is_later_fragment() {
        return None;
    }
    let header = ip.payload;
    let kind = match ip.protocol {
        protocol::UDP => in_datagram(header)?,
        protocol::GRE => gre::named(header)?,
        protocol::IPV4 | protocol::IPV6 => TunnelKind::IpInIp,
        protocol::ETHER_IP if u8_at(header, 0)? >> 4 == 3 => TunnelKind::EtherIp,
        protocol::MPLS_IN_IP => announced(ip)?.0,
        _ => return None,
    };
    Some(Encapsulation {
        tunnel: Tunnel {
            kind,
            outer: (ip.hides_addresses() != (true, true)).then(|| (ip.src(), ip.dst())),
            vlans: Vlans::default(),
        },
        outer: Some(*ip),
        fragment: None,
        header,
        frame: None,
        behind: None,
        report: None,
        sealing: None,
    })
}

/// The tunnel that the header in a datagram names by its identifier, whatever follows it. The port
/// promises little: flags, version and type have to be those of the tunnel.
fn in_datagram(datagram: &[u8]) -> Option<TunnelKind> {
    const IDENTIFIER_VALID: u8 = 0x08;
    const GTP_1: u8 = 3;
    let bytes = tail(datagram, HEADER);
    let first = u8_at(bytes, 0)?;
    let network = || {
        let [a, b, c] = array_at(bytes, 4)?;
        Some(u32::from_be_bytes([0, a, b, c]))
    };
    let behind = |port| {
        Some(match port {
            port::VXLAN | port::VXLAN_LINUX | port::VXLAN_GPE if first & IDENTIFIER_VALID != 0 => {
                TunnelKind::Vxlan { vni: network()? }
            }
            port::GENEVE if first >> 6 == 0 => TunnelKind::Geneve { vni: network()? },
            port::LISP if first & IDENTIFIER_VALID != 0 => TunnelKind::Lisp {
                instance: Some(network()?),
            },
            port::GTP_U if first >> 4 == GTP_1 && is_gtp_message(u8_at(bytes, 1)?) => {
                TunnelKind::GtpU {
                    teid: u32_at(bytes, 4)?,
                }
            }
            port::L2TP => l2tp(bytes)?,
            _ => return None,
        })
    };
    behind(u16_at(datagram, 2)?).or_else(|| {
        // Only these answer to the port that a message is from.
        let from = u16_at(datagram, 0).filter(|port| matches!(*port, port::GTP_U | port::L2TP));
        behind(from?)
    })
}

/// Whether GTP has messages of this type (3GPP TS 29.281 section 6.1).
const fn is_gtp_message(kind: u8) -> bool {
    matches!(kind, 1 | 2 | 26 | 31 | 253..=255)
}

/// That of L2TP: of version 2 control messages have one as well.
fn l2tp(bytes: &[u8]) -> Option<TunnelKind> {
    const CONTROL: u16 = 0x8000;
    let flags = u16_at(bytes, 0)?;
    match flags & 0x000f {
        2 => Some(l2tp_session(bytes, flags)?.0),
        3 if flags & CONTROL == 0 => {
            let session = u32_at(bytes, 4).filter(|&session| session != 0)?;
            Some(TunnelKind::L2tpV3 { session })
        }
        _ => None,
    }
}
