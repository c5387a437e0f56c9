//! What a program sees of an ICMP error: the `errno` that Linux raises, by kind of socket.
//!
//! A pure function of the error's type and code and of the dropped packet's protocol. Sources:
//! `net/ipv4/icmp.c` (`icmp_err_convert`), `net/ipv6/icmp.c` (`icmpv6_err_convert`), and the error
//! handlers of TCP, UDP and raw sockets in Linux.

use std::fmt;

use crate::correlate::segment::Segment;
use crate::correlate::verdict::{AftermathOutcome, DropVerdict};
use crate::icmp::is_error;
use crate::icmp::kind::{v4, v6};
use crate::model::flow::FlowPorts;
use crate::wire::IpVersion;
use crate::wire::ip::protocol;

/// An error number of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names are those of errno(3)
pub enum Errno {
    Acces,
    Proto,
    NoProtoOpt,
    MsgSize,
    OpNotSupp,
    NoNet,
    NetUnreach,
    ConnRefused,
    HostDown,
    HostUnreach,
}

impl Errno {
    /// The symbolic name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acces => "EACCES",
            Self::Proto => "EPROTO",
            Self::NoProtoOpt => "ENOPROTOOPT",
            Self::MsgSize => "EMSGSIZE",
            Self::OpNotSupp => "EOPNOTSUPP",
            Self::NoNet => "ENONET",
            Self::NetUnreach => "ENETUNREACH",
            Self::ConnRefused => "ECONNREFUSED",
            Self::HostDown => "EHOSTDOWN",
            Self::HostUnreach => "EHOSTUNREACH",
        }
    }

    /// The number on x86-64, arm64 and most others (not MIPS, SPARC, PA-RISC, Alpha).
    pub const fn number(self) -> u8 {
        match self {
            Self::Acces => 13,
            Self::NoNet => 64,
            Self::Proto => 71,
            Self::MsgSize => 90,
            Self::NoProtoOpt => 92,
            Self::OpNotSupp => 95,
            Self::NetUnreach => 101,
            Self::ConnRefused => 111,
            Self::HostDown => 112,
            Self::HostUnreach => 113,
        }
    }

    /// What `strerror` says.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Acces => "Permission denied",
            Self::Proto => "Protocol error",
            Self::NoProtoOpt => "Protocol not available",
            Self::MsgSize => "Message too long",
            Self::OpNotSupp => "Operation not supported",
            Self::NoNet => "Machine is not on the network",
            Self::NetUnreach => "Network is unreachable",
            Self::ConnRefused => "Connection refused",
            Self::HostDown => "Host is down",
            Self::HostUnreach => "No route to host",
        }
    }
}

/// The sockets whose view is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Socket {
    /// TCP while `connect` waits (`SYN_SENT`).
    ConnectingTcp,
    /// TCP once connected.
    EstablishedTcp,
    /// UDP after `connect`.
    ConnectedUdp,
    /// UDP that sends with `sendto`.
    UnconnectedUdp,
    /// Raw or ping socket after `connect`.
    ConnectedRaw,
    /// Raw or ping socket that sends with `sendto`.
    UnconnectedRaw,
    /// Any of them with `IP_RECVERR` or `IPV6_RECVERR` set.
    Recverr,
}

impl Socket {
    /// Its name in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ConnectingTcp => "connecting_tcp",
            Self::EstablishedTcp => "established_tcp",
            Self::ConnectedUdp => "connected_udp",
            Self::UnconnectedUdp => "unconnected_udp",
            Self::ConnectedRaw => "connected_raw",
            Self::UnconnectedRaw => "unconnected_raw",
            Self::Recverr => "recverr",
        }
    }
}

/// When a socket tells its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Raised {
    /// The pending or next call fails.
    AtOnce,
    /// As [`Raised::AtOnce`], unless the error comes while `connect` itself still sends, as it does
    /// on short paths: then with the next retransmission, about a second later.
    AtOnceOrOnRetry,
    /// Kept as the reason to give if the connection times out.
    OnTimeout,
    /// Never: the program does not learn of it.
    Never,
}

impl Raised {
    /// Its name in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::AtOnceOrOnRetry => "at_once_or_on_retry",
            Self::OnTimeout => "on_timeout",
            Self::Never => "never",
        }
    }
}

/// What the program that sent the dropped packet sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppError {
    errno: Option<Errno>,
    fatal: bool,
    version: IpVersion,
    protocol: Transport,
    too_big: bool,
}

/// Protocols with sockets that programs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Tcp,
    /// TCP once connected.
    ConnectedTcp,
    /// What systems send of TCP before a program has the connection, or when none has it.
    SystemTcp,
    /// TCP whose request went on after the error, and was answered.
    AnsweredTcp,
    Udp,
    Raw,
    /// ICMP, where a ping socket may send it as well.
    Ping,
    /// What no program sends.
    System,
}

impl AppError {
    /// What comes of the errors of a verdict. `None` also where nobody heard of them.
    pub fn of_verdict(verdict: &DropVerdict) -> Option<Self> {
        if verdict.is_unheard() {
            return None;
        }
        let protocol = verdict.flow.protocol;
        let error = Self::of(verdict.version, verdict.kind, verdict.code, protocol)?;
        let is_icmp = protocol::is_icmp(protocol);
        Some(match verdict.flow.ports {
            FlowPorts::Query { kind, .. } | FlowPorts::Message(kind) if is_icmp => {
                error.about(icmp_sender(verdict.version, kind))
            }
            _ if is_icmp => error.about(Transport::Ping),
            _ => match verdict.segment {
                // tcp_v4_err() and tcp_v6_err() tell nobody of what happens to a request socket.
                Some(Segment::SynAck | Segment::Reset) => error.about(Transport::SystemTcp),
                Some(Segment::Connected) => error.about(Transport::ConnectedTcp),
                Some(Segment::Syn) if went_on(verdict) => error.about(Transport::AnsweredTcp),
                Some(Segment::Syn) | None => error,
            },
        })
    }

    /// The same, about packets that are sent so.
    fn about(self, protocol: Transport) -> Self {
        match protocol {
            Transport::System | Transport::SystemTcp | Transport::AnsweredTcp => Self {
                errno: None,
                protocol,
                too_big: false,
                ..self
            },
            _ => Self { protocol, ..self },
        }
    }

    /// What comes of an error of this type and code for a packet of this IP protocol.
    ///
    /// `None` where no program's socket is behind the protocol (tunnels, `IPsec`), where the kernel
    /// handles errors in ways of its own (SCTP, DCCP), and for types that are no errors.
    pub fn of(version: IpVersion, kind: u8, code: u8, protocol: u8) -> Option<Self> {
        let transport = match protocol {
            6 => Transport::Tcp,
            17 | 136 => Transport::Udp,
            4 | 33 | 41 | 47 | 50 | 51 | 108 | 132 => return None,
            protocol::IGMP => Transport::System,
            _ => Transport::Raw,
        };
        let (errno, fatal) = match version {
            IpVersion::V4 => v4(kind, code)?,
            IpVersion::V6 => v6(kind, code)?,
        };
        let error = Self {
            errno,
            fatal,
            version,
            protocol: transport,
            too_big: errno == Some(Errno::MsgSize),
        };
        Some(error.about(transport))
    }

    /// The error number, whoever sees it; `None` where nobody does.
    pub const fn errno(&self) -> Option<Errno> {
        self.errno
    }

    /// Whether any kind of socket sees it.
    pub fn is_told(&self) -> bool {
        self.sockets()
            .iter()
            .any(|(_, raised)| *raised != Raised::Never)
    }

    /// Each kind of socket of the protocol with what it raises and when.
    pub fn sockets(&self) -> [(Socket, Raised); 3] {
        let datagram = |connected, unconnected| {
            let raised = |sees| if sees { Raised::AtOnce } else { Raised::Never };
            let any = self.errno.is_some();
            [
                (connected, raised(any && self.fatal)),
                (unconnected, Raised::Never),
                (Socket::Recverr, raised(any)),
            ]
        };
        match self.protocol {
            Transport::Udp => datagram(Socket::ConnectedUdp, Socket::UnconnectedUdp),
            Transport::Raw | Transport::Ping | Transport::System => {
                datagram(Socket::ConnectedRaw, Socket::UnconnectedRaw)
            }
            // TCP lowers its segment size instead of failing (RFC 1191 section 6.4).
            Transport::Tcp
            | Transport::ConnectedTcp
            | Transport::SystemTcp
            | Transport::AnsweredTcp
                if self.errno.is_none() || self.too_big =>
            {
                [
                    (Socket::ConnectingTcp, Raised::Never),
                    (Socket::EstablishedTcp, Raised::Never),
                    (Socket::Recverr, Raised::Never),
                ]
            }
            Transport::Tcp
            | Transport::ConnectedTcp
            | Transport::SystemTcp
            | Transport::AnsweredTcp => [
                (
                    Socket::ConnectingTcp,
                    match self.version {
                        IpVersion::V4 => Raised::AtOnce,
                        // While connect() holds the socket, tcp_v6_err() only notes the error.
                        IpVersion::V6 => Raised::AtOnceOrOnRetry,
                    },
                ),
                (Socket::EstablishedTcp, Raised::OnTimeout),
                (Socket::Recverr, Raised::AtOnce),
            ],
        }
    }
}

/// Whether a request was answered after an error about it, or sent again and answered: `connect()` did not
/// fail, as it does not either where the error comes while it still sends.
fn went_on(verdict: &DropVerdict) -> bool {
    let after = &verdict.aftermath;
    let has_arrived = verdict.arrived_later > 0 && verdict.arrived_later >= verdict.count;
    let is_answered = after.retransmissions > 0 || has_arrived;
    after.outcome == AftermathOutcome::Recovered && is_answered
}

/// Who sends ICMP messages of this type. Systems themselves send errors, replies to what others ask, and
/// what finds neighbors and groups; router advertisements come from a program (radvd).
const fn icmp_sender(version: IpVersion, kind: u8) -> Transport {
    match (version, kind) {
        (IpVersion::V4, v4::ECHO_REQUEST | v4::EXTENDED_ECHO_REQUEST)
        | (IpVersion::V6, v6::ECHO_REQUEST | v6::EXTENDED_ECHO_REQUEST) => Transport::Ping,
        (
            IpVersion::V4,
            v4::ECHO_REPLY
            | v4::TIMESTAMP_REPLY
            | v4::INFORMATION_REPLY
            | v4::ADDRESS_MASK_REPLY
            | v4::EXTENDED_ECHO_REPLY,
        )
        | (
            IpVersion::V6,
            v6::ECHO_REPLY
            | v6::EXTENDED_ECHO_REPLY
            | v6::ROUTER_SOLICITATION
            | v6::NEIGHBOR_SOLICITATION
            | v6::NEIGHBOR_ADVERTISEMENT
            | v6::MULTICAST_LISTENER_QUERY..=v6::MULTICAST_LISTENER_DONE
            | v6::MULTICAST_LISTENER_REPORT_V2,
        ) => Transport::System,
        _ if is_error(version, kind) => Transport::System,
        _ => Transport::Raw,
    }
}

/// What the program saw, in one sentence without its full stop.
impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(errno) = self.errno else {
            return f.write_str(match self.protocol {
                Transport::System | Transport::SystemTcp => {
                    "no program is told: the system itself sends such packets"
                }
                Transport::AnsweredTcp => "no program is told: connect() went on, and was answered",
                _ => "no program is told",
            });
        };
        let (name, message) = (errno.name(), errno.message());
        let recverr = match self.version {
            IpVersion::V4 => "IP_RECVERR",
            IpVersion::V6 => "IPV6_RECVERR",
        };
        let socket = match self.protocol {
            Transport::Udp => "UDP",
            Transport::Ping => "raw or ping",
            _ => "raw",
        };
        match self.protocol {
            Transport::Tcp | Transport::ConnectedTcp if self.too_big => {
                f.write_str("the program is not told: TCP itself is to send smaller segments")
            }
            Transport::ConnectedTcp => write!(
                f,
                "an established connection gets {name} ({message}) only on timeout; with {recverr} at \
                 once"
            ),
            Transport::Tcp => {
                let when = match self.version {
                    IpVersion::V4 => "",
                    IpVersion::V6 => ", at the latest on its next SYN",
                };
                write!(
                    f,
                    "connect() fails with {name} ({message}){when}; established connections only \
                     on timeout"
                )
            }
            _ if self.fatal => {
                let but = if self.too_big {
                    " unless path MTU discovery is off"
                } else {
                    ""
                };
                write!(
                    f,
                    "a connected {socket} socket gets {name} ({message}){but}, others only with \
                     {recverr}"
                )
            }
            _ => {
                write!(
                    f,
                    "a {socket} socket gets {name} ({message}) only with {recverr}"
                )
            }
        }
    }
}

/// `None`: no error type. The errno is `None` where the kernel tells no socket.
fn v4(kind: u8, code: u8) -> Option<(Option<Errno>, bool)> {
    Some(match (kind, code) {
        (3, 0 | 11) => (Some(Errno::NetUnreach), false),
        // icmp_unreach() ends at a reassembly timeout: nobody is told.
        (11, 1) => (None, false),
        (3, 1 | 12) | (11, _) => (Some(Errno::HostUnreach), false),
        (3, 2) => (Some(Errno::NoProtoOpt), true),
        (3, 3) => (Some(Errno::ConnRefused), true),
        (3, 4) => (Some(Errno::MsgSize), true),
        (3, 5) => (Some(Errno::OpNotSupp), false),
        (3, 6 | 9) => (Some(Errno::NetUnreach), true),
        (3, 7) => (Some(Errno::HostDown), true),
        (3, 8) => (Some(Errno::NoNet), true),
        (3, 10 | 13..=15) => (Some(Errno::HostUnreach), true),
        // Codes above 15 do not reach the sockets: icmp_unreach() drops them. Source quench and
        // redirect tell the kernel, not the program.
        (3..=5, _) => (None, false),
        (12, _) => (Some(Errno::Proto), true),
        _ => return None,
    })
}

fn v6(kind: u8, code: u8) -> Option<(Option<Errno>, bool)> {
    Some(match (kind, code) {
        (1, 0) => (Some(Errno::NetUnreach), false),
        (1, 1 | 5 | 6) => (Some(Errno::Acces), true),
        (1, 2 | 3) | (3, _) => (Some(Errno::HostUnreach), false),
        (1, 4) => (Some(Errno::ConnRefused), true),
        (1 | 4, _) => (Some(Errno::Proto), true),
        (2, _) => (Some(Errno::MsgSize), true),
        (137, _) => (None, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
