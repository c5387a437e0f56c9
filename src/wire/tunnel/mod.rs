//! Packets in packets: the way from the link header to the innermost IP packet.

mod access;
mod checksum;
mod classify;
mod cluster;
mod fragment;
mod gre;
mod header;
mod header_alone;
mod kind;
mod mobile;
mod packet;
mod path;
mod position;
mod report;
mod rftap;
mod separation;
mod several;
mod shim;
mod tap;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;
mod x25;
mod zep;

pub(super) use classify::classify;
pub(super) use fragment::{innermost, may_be_fragment_of_carrier, may_lead_to_icmp, piece};
pub use header_alone::HeadersAlone;
pub use kind::TunnelKind;
pub use packet::{Packet, is_to_tunnel};
pub use path::{Behind, Encapsulation, Tunnel, TunnelPath, inside, inside_made, outer_ports};
pub use report::{Known, Output, Report, ReportHeader, ReportMessage, Reports, Span};
pub use separation::Separation;
pub use several::{OneOfSeveral, Several};
pub(super) use shim::multilink_header;
pub use tcp::{Message, TcpStreams};
pub(super) use tcp::{has_port as has_tcp_port, tells_of_captures};
pub(super) use udp::has_tunnel_ports;
pub(super) use x25::{
    X25Data, identifier as x25_identifier, in_frame as x25_in_frame, in_message as x25_in_message,
};
pub use zep::radio_frame;
