//! Ethernet frames with valid checksums, and quotes of them.

use std::net::IpAddr;

use anyhow::Result;
use etherparse::{
    Icmpv4Type, Icmpv6Type, IpHeaders, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header,
    PacketBuilder, PacketBuilderStep, TcpHeader,
};

/// Octets of the Ethernet header.
pub(crate) const ETHERNET: usize = 14;

/// What an IP header says.
#[derive(Clone, Copy)]
pub(crate) struct Ip {
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    /// IPv4 identification or IPv6 flow label.
    pub(crate) id: u16,
    pub(crate) ttl: u8,
}

impl Ip {
    fn start(self) -> PacketBuilderStep<IpHeaders> {
        let headers = match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                // The length and the protocol are filled in when the packet is written.
                let mut ip = Ipv4Header {
                    identification: self.id,
                    dont_fragment: true,
                    time_to_live: self.ttl,
                    source: src.octets(),
                    destination: dst.octets(),
                    ..Ipv4Header::default()
                };
                ip.protocol = IpNumber::ICMP;
                IpHeaders::Ipv4(ip, etherparse::Ipv4Extensions::default())
            }
            (src, dst) => IpHeaders::Ipv6(
                Ipv6Header {
                    flow_label: Ipv6FlowLabel::try_new(self.id.into()).unwrap_or_default(),
                    hop_limit: self.ttl,
                    source: v6(src),
                    destination: v6(dst),
                    ..Ipv6Header::default()
                },
                etherparse::Ipv6Extensions::default(),
            ),
        };
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ip(headers)
    }
}

fn v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

pub(crate) fn tcp(ip: Ip, header: &TcpHeader, payload: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    ip.start().tcp_header(header.clone()).write(out, payload)?;
    Ok(())
}

pub(crate) fn udp(ip: Ip, ports: (u16, u16), payload: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    ip.start().udp(ports.0, ports.1).write(out, payload)?;
    Ok(())
}

/// The first eight octets of an ICMP message without the checksum.
#[derive(Clone, Copy)]
pub(crate) struct Icmp {
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) rest: [u8; 4],
}

/// ICMP or ICMPv6, as the addresses tell.
pub(crate) fn icmp(ip: Ip, message: Icmp, body: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    let Icmp { kind, code, rest } = message;
    if ip.src.is_ipv4() {
        let kind = Icmpv4Type::Unknown {
            type_u8: kind,
            code_u8: code,
            bytes5to8: rest,
        };
        ip.start().icmpv4(kind).write(out, body)?;
    } else {
        let kind = Icmpv6Type::Unknown {
            type_u8: kind,
            code_u8: code,
            bytes5to8: rest,
        };
        ip.start().icmpv6(kind).write(out, body)?;
    }
    Ok(())
}

/// What a router quotes of `frame`: its IP packet up to `octets`, with the TTL it had left there.
pub(crate) fn quote(frame: &[u8], octets: usize, ttl: u8) -> Vec<u8> {
    let packet = &frame[ETHERNET..];
    let mut quote = packet[..octets.min(packet.len())].to_vec();
    if quote[0] >> 4 == 4 {
        let header = Ipv4Header::from_slice(&quote).map(|(mut header, _)| {
            header.time_to_live = ttl;
            header.header_checksum = header.calc_header_checksum();
            header.to_bytes()
        });
        if let Ok(header) = header {
            quote[..header.len()].copy_from_slice(&header);
        }
    } else {
        quote[7] = ttl;
    }
    quote
}
