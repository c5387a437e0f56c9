//! The packet that an ICMP error quotes: what identifies the flow that was hit.

use crate::model::flow::FlowKey;
use crate::wire::Ip;

/// A quoted packet.
#[derive(Clone, Copy, Debug)]
pub struct Quote<'a> {
    /// All octets of the quote as captured: IP header first, extensions not included.
    pub bytes: &'a [u8],
    /// The quoted IP header; its `payload` is the quoted part of the transport.
    pub ip: Ip<'a>,
    /// What the transport octets tell.
    pub transport: QuotedTransport,
}

/// What the quoted transport octets tell, however few there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotedTransport {
    /// TCP: ports, and the sequence number where at least eight octets are there.
    Tcp {
        /// Source port.
        src_port: u16,
        /// Destination port.
        dst_port: u16,
        /// Sequence number.
        seq: Option<u32>,
    },
    /// UDP, UDP-Lite, SCTP, DCCP.
    Ports {
        /// Source port.
        src_port: u16,
        /// Destination port.
        dst_port: u16,
    },
    /// An ICMP message: type, code, and for queries identifier and sequence number.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// Identifier, for queries.
        id: Option<u16>,
        /// Sequence number, for queries.
        seq: Option<u16>,
    },
    /// ESP or AH: security parameters index.
    Spi(u32),
    /// Another protocol, too few octets, or a fragment that is not the first.
    None,
}

impl Quote<'_> {
    /// The flow of the quoted packet, in its own direction.
    pub fn flow(&self) -> FlowKey {
        use crate::model::flow::FlowPorts;
        let ports = match self.transport {
            QuotedTransport::Tcp {
                src_port, dst_port, ..
            }
            | QuotedTransport::Ports { src_port, dst_port } => FlowPorts::Ports {
                src: src_port,
                dst: dst_port,
            },
            QuotedTransport::Icmp {
                kind, id: Some(id), ..
            } => FlowPorts::Query { kind, id },
            QuotedTransport::Spi(spi) => FlowPorts::Spi(spi),
            QuotedTransport::Icmp { id: None, .. } | QuotedTransport::None => FlowPorts::None,
        };
        FlowKey {
            protocol: self.ip.protocol,
            addrs: self.ip.addrs,
            ports,
        }
    }
}
