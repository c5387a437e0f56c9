//! What a program sees of an ICMP error: the `errno` that Linux raises, by kind of socket.
//!
//! A pure function of the error's type and code and of the dropped packet's protocol. Sources:
//! `net/ipv4/icmp.c` (`icmp_err_convert`), `net/ipv6/icmp.c` (`icmpv6_err_convert`), and the error
//! handlers of TCP, UDP and raw sockets in Linux.

use std::fmt;

use crate::correlate::verdict::DropVerdict;
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
    Udp,
    Raw,
}

impl AppError {
    /// What comes of the errors of a verdict. `None` also where nobody heard of them, and where the
    /// system sent the dropped packets itself, as it does replies and errors of ICMP.
    pub fn of_verdict(verdict: &DropVerdict) -> Option<Self> {
        let flow = &verdict.flow;
        let is_own = match flow.ports {
            FlowPorts::Query { kind, .. } if protocol::is_icmp(flow.protocol) => {
                is_sent_by_system(verdict.version, kind)
            }
            _ => false,
        };
        if is_own || verdict.is_unheard() {
            return None;
        }
        Self::of(verdict.version, verdict.kind, verdict.code, flow.protocol)
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
            _ => Transport::Raw,
        };
        let (errno, fatal) = match version {
            IpVersion::V4 => v4(kind, code)?,
            IpVersion::V6 => v6(kind, code)?,
        };
        Some(Self {
            errno,
            fatal,
            version,
            protocol: transport,
            too_big: errno == Some(Errno::MsgSize),
        })
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
            Transport::Raw => datagram(Socket::ConnectedRaw, Socket::UnconnectedRaw),
            // TCP lowers its segment size instead of failing (RFC 1191 section 6.4).
            Transport::Tcp if self.errno.is_none() || self.too_big => [
                (Socket::ConnectingTcp, Raised::Never),
                (Socket::EstablishedTcp, Raised::Never),
                (Socket::Recverr, Raised::Never),
            ],
            Transport::Tcp => [
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

/// Whether systems themselves send ICMP messages of this type: errors, and replies to what others ask.
const fn is_sent_by_system(version: IpVersion, kind: u8) -> bool {
    match version {
        IpVersion::V4 => matches!(
            kind,
            v4::ECHO_REPLY | 3
                ..=5 | 11
                    | 12
                    | v4::TIMESTAMP_REPLY
                    | v4::INFORMATION_REPLY
                    | v4::ADDRESS_MASK_REPLY
                    | v4::EXTENDED_ECHO_REPLY
        ),
        IpVersion::V6 => matches!(
            kind,
            0..=127 | v6::ECHO_REPLY | 133..=v6::REDIRECT | v6::EXTENDED_ECHO_REPLY
        ),
    }
}

/// What the program saw, in one sentence without its full stop.
impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(errno) = self.errno else {
            return f.write_str("no program is told");
        };
        let (name, message) = (errno.name(), errno.message());
        let recverr = match self.version {
            IpVersion::V4 => "IP_RECVERR",
            IpVersion::V6 => "IPV6_RECVERR",
        };
        let socket = match self.protocol {
            Transport::Udp => "UDP",
            _ => "raw or ping",
        };
        match self.protocol {
            Transport::Tcp if self.too_big => {
                f.write_str("the program is not told: TCP itself is to send smaller segments")
            }
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
            Transport::Udp | Transport::Raw if self.fatal => {
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
            Transport::Udp | Transport::Raw => {
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
mod tests {
    use super::*;
    use crate::correlate::verdict::DropReason;
    use crate::model::{AddrPair, FlowKey, Timestamp};

    /// Systems answer pings and send errors themselves.
    #[test]
    fn no_program_sent_what_the_system_sends() {
        let of = |protocol, kind| {
            let (version, addr) = match protocol {
                protocol::ICMP => (IpVersion::V4, std::net::IpAddr::from([192, 0, 2, 1])),
                _ => (IpVersion::V6, std::net::IpAddr::from([0; 16])),
            };
            let flow = FlowKey {
                protocol,
                addrs: AddrPair::of_one(addr),
                ports: FlowPorts::Query { kind, id: 7 },
            };
            let icmp = match version {
                IpVersion::V4 => (version, 3, 13),
                IpVersion::V6 => (version, 1, 1),
            };
            let reason = DropReason::AdminProhibited;
            let verdict = DropVerdict::new(flow, addr, icmp, reason, Timestamp::default());
            AppError::of_verdict(&verdict)
        };
        for kind in [v4::ECHO_REPLY, 3, 11, v4::TIMESTAMP_REPLY] {
            assert_eq!(of(protocol::ICMP, kind), None, "{kind}");
        }
        for kind in [1, 3, v6::ECHO_REPLY, 136] {
            assert_eq!(of(protocol::IPV6_ICMP, kind), None, "{kind}");
        }
        for asked in [
            of(protocol::ICMP, v4::ECHO_REQUEST),
            of(protocol::IPV6_ICMP, v6::ECHO_REQUEST),
        ] {
            let errno = asked.and_then(|error| error.errno());
            assert!(matches!(errno, Some(Errno::HostUnreach | Errno::Acces)));
        }
    }

    /// Name of the errno and whether it is fatal, as WIRE says it, one line per code.
    #[test]
    fn every_code_has_the_errno_that_linux_gives_it() {
        let expected_v4: &[(u8, &str, bool)] = &[
            (0, "ENETUNREACH", false),
            (1, "EHOSTUNREACH", false),
            (2, "ENOPROTOOPT", true),
            (3, "ECONNREFUSED", true),
            (4, "EMSGSIZE", true),
            (5, "EOPNOTSUPP", false),
            (6, "ENETUNREACH", true),
            (7, "EHOSTDOWN", true),
            (8, "ENONET", true),
            (9, "ENETUNREACH", true),
            (10, "EHOSTUNREACH", true),
            (11, "ENETUNREACH", false),
            (12, "EHOSTUNREACH", false),
            (13, "EHOSTUNREACH", true),
            (14, "EHOSTUNREACH", true),
            (15, "EHOSTUNREACH", true),
        ];
        for (code, name, fatal) in expected_v4 {
            let error = AppError::of(IpVersion::V4, 3, *code, 17).unwrap();
            assert_eq!(error.errno().unwrap().name(), *name, "3/{code}");
            assert_eq!(error.fatal, *fatal, "3/{code}");
        }
        let expected_v6: &[(u8, u8, &str, bool)] = &[
            (1, 0, "ENETUNREACH", false),
            (1, 1, "EACCES", true),
            (1, 2, "EHOSTUNREACH", false),
            (1, 3, "EHOSTUNREACH", false),
            (1, 4, "ECONNREFUSED", true),
            (1, 5, "EACCES", true),
            (1, 6, "EACCES", true),
            (1, 7, "EPROTO", true),
            (1, 8, "EPROTO", true),
            (2, 0, "EMSGSIZE", true),
            (3, 0, "EHOSTUNREACH", false),
            (3, 1, "EHOSTUNREACH", false),
            (4, 0, "EPROTO", true),
        ];
        for (kind, code, name, fatal) in expected_v6 {
            let error = AppError::of(IpVersion::V6, *kind, *code, 17).unwrap();
            assert_eq!(error.errno().unwrap().name(), *name, "{kind}/{code}");
            assert_eq!(error.fatal, *fatal, "{kind}/{code}");
        }
    }

    #[test]
    fn who_sees_it_depends_on_the_socket() {
        use Raised::{AtOnce, AtOnceOrOnRetry, Never, OnTimeout};
        let raised = |version, kind, code, protocol| {
            AppError::of(version, kind, code, protocol)
                .unwrap()
                .sockets()
                .map(|(_, raised)| raised)
        };
        assert_eq!(raised(IpVersion::V4, 3, 3, 6), [AtOnce, OnTimeout, AtOnce]);
        assert_eq!(
            raised(IpVersion::V6, 3, 0, 6),
            [AtOnceOrOnRetry, OnTimeout, AtOnce]
        );
        assert_eq!(raised(IpVersion::V4, 3, 4, 6), [Never; 3]);
        assert_eq!(raised(IpVersion::V6, 2, 0, 6), [Never; 3]);
        assert_eq!(raised(IpVersion::V4, 4, 0, 6), [Never; 3]);
        assert_eq!(raised(IpVersion::V4, 11, 1, 6), [Never; 3]);
        assert_eq!(raised(IpVersion::V4, 11, 1, 17), [Never; 3]);
        assert_eq!(raised(IpVersion::V6, 3, 1, 17), [Never, Never, AtOnce]);
        assert_eq!(raised(IpVersion::V4, 5, 1, 17), [Never; 3]);
        assert_eq!(raised(IpVersion::V4, 3, 3, 17), [AtOnce, Never, AtOnce]);
        assert_eq!(raised(IpVersion::V4, 3, 4, 17), [AtOnce, Never, AtOnce]);
        assert_eq!(raised(IpVersion::V4, 3, 1, 17), [Never, Never, AtOnce]);
        assert_eq!(raised(IpVersion::V4, 11, 0, 1), [Never, Never, AtOnce]);
        assert_eq!(raised(IpVersion::V6, 1, 1, 58), [AtOnce, Never, AtOnce]);
    }

    #[test]
    fn no_type_code_or_protocol_is_left_without_an_answer() {
        for version in [IpVersion::V4, IpVersion::V6] {
            for kind in 0..=255 {
                for code in 0..=255 {
                    for protocol in [1, 6, 17, 50, 58, 132, 200] {
                        if let Some(error) = AppError::of(version, kind, code, protocol) {
                            assert!(!error.to_string().is_empty());
                            assert_eq!(error.sockets().len(), 3);
                        }
                    }
                }
            }
        }
        assert_eq!(AppError::of(IpVersion::V4, 8, 0, 17), None);
        assert_eq!(AppError::of(IpVersion::V6, 129, 0, 17), None);
        assert_eq!(AppError::of(IpVersion::V4, 3, 3, 50), None);
    }
}
