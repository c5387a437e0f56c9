//! Why routers and hosts drop packets, by the type and code of their errors.

use crate::icmp::Message;
use crate::wire::IpVersion;

/// Why a packet was dropped: one word for both versions of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// 3/0, 3/6, 3/11; v6 1/0.
    NoRoute,
    /// 3/1, 3/7, 3/8, 3/12; v6 1/2, 1/3.
    HostUnreachable,
    /// 3/2.
    ProtocolUnreachable,
    /// 3/3; v6 1/4.
    PortUnreachable,
    /// 3/4; v6 2.
    FragmentationNeeded,
    /// 3/5; v6 1/7.
    SourceRouteFailed,
    /// 3/9, 3/10, 3/13 to 3/15; v6 1/1, 1/5, 1/6.
    AdminProhibited,
    /// 11/0; v6 3/0.
    TtlExceeded,
    /// 11/1; v6 3/1.
    ReassemblyTimeout,
    /// 12; v6 4.
    ParameterProblem,
    /// v6 1/8.
    HeadersTooLong,
    /// 4.
    SourceQuench,
    /// Any other error.
    Other,
}

impl DropReason {
    /// The reason for an error; `None` for messages that report no drop, and for those whose code
    /// was not captured: these quote nothing either.
    pub fn of_message(message: &Message<'_>) -> Option<Self> {
        Self::of(message.version, message.kind, message.code?)
    }

    /// The reason for an error's type and code; `None` for messages that report no drop.
    pub const fn of(version: IpVersion, kind: u8, code: u8) -> Option<Self> {
        Some(match (version, kind, code) {
            (IpVersion::V4, 3, 0 | 6 | 11) | (IpVersion::V6, 1, 0) => Self::NoRoute,
            (IpVersion::V4, 3, 1 | 7 | 8 | 12) | (IpVersion::V6, 1, 2 | 3) => Self::HostUnreachable,
            (IpVersion::V4, 3, 2) => Self::ProtocolUnreachable,
            (IpVersion::V4, 3, 3) | (IpVersion::V6, 1, 4) => Self::PortUnreachable,
            (IpVersion::V4, 3, 4) | (IpVersion::V6, 2, _) => Self::FragmentationNeeded,
            (IpVersion::V4, 3, 5) | (IpVersion::V6, 1, 7) => Self::SourceRouteFailed,
            (IpVersion::V4, 3, 9 | 10 | 13..=15) | (IpVersion::V6, 1, 1 | 5 | 6) => {
                Self::AdminProhibited
            }
            (IpVersion::V4, 11, 0) | (IpVersion::V6, 3, 0) => Self::TtlExceeded,
            (IpVersion::V4, 11, 1) | (IpVersion::V6, 3, 1) => Self::ReassemblyTimeout,
            (IpVersion::V4, 12, _) | (IpVersion::V6, 4, _) => Self::ParameterProblem,
            (IpVersion::V6, 1, 8) => Self::HeadersTooLong,
            (IpVersion::V4, 4, _) => Self::SourceQuench,
            (IpVersion::V4, 3 | 11 | 31, _) | (IpVersion::V6, 0..=127, _) => Self::Other,
            // Not an error; or a redirect, which reports a detour: its packet went on.
            _ => return None,
        })
    }

    /// The word that records use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoRoute => "no_route",
            Self::HostUnreachable => "host_unreachable",
            Self::ProtocolUnreachable => "protocol_unreachable",
            Self::PortUnreachable => "port_unreachable",
            Self::FragmentationNeeded => "fragmentation_needed",
            Self::SourceRouteFailed => "source_route_failed",
            Self::AdminProhibited => "admin_prohibited",
            Self::TtlExceeded => "ttl_exceeded",
            Self::ReassemblyTimeout => "reassembly_timeout",
            Self::ParameterProblem => "parameter_problem",
            Self::HeadersTooLong => "headers_too_long",
            Self::SourceQuench => "source_quench",
            Self::Other => "other",
        }
    }
}
