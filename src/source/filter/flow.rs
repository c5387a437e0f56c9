//! A packet made up from a flow, for filters that ask for addresses and ports.

use std::net::IpAddr;

use crate::model::FlowKey;
use crate::model::flow::FlowPorts;

/// Octets of a transport header: TCP's, the largest that has ports.
const TRANSPORT: u8 = 20;

/// The headers of a packet of `flow`, all else zero.
pub(super) fn bare_packet(flow: &FlowKey) -> Vec<u8> {
    const ANY_TTL: u8 = 64;
    let mut packet = Vec::with_capacity(60);
    match (flow.addrs.src(), flow.addrs.dst()) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            packet.extend([
                0x45,
                0,
                0,
                20 + TRANSPORT,
                0,
                0,
                0,
                0,
                ANY_TTL,
                flow.protocol,
                0,
                0,
            ]);
            packet.extend(src.octets());
            packet.extend(dst.octets());
        }
        (src, dst) => {
            packet.extend([0x60, 0, 0, 0, 0, TRANSPORT, flow.protocol, ANY_TTL]);
            for addr in [src, dst] {
                let addr = match addr {
                    IpAddr::V4(addr) => addr.to_ipv6_mapped(),
                    IpAddr::V6(addr) => addr,
                };
                packet.extend(addr.octets());
            }
        }
    }
    let headers = packet.len();
    if let FlowPorts::Ports { src, dst } = flow.ports {
        packet.extend(src.to_be_bytes());
        packet.extend(dst.to_be_bytes());
    }
    packet.resize(headers + usize::from(TRANSPORT), 0);
    packet
}
