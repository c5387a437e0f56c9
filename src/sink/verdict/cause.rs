//! Why packets were dropped, in words.

use crate::correlate::verdict::{DropReason, DropVerdict};
use crate::model::flow::FlowPorts;
use crate::record::write;
use crate::sink::story::{counted, type_and_code, write_icmp};
use crate::sink::wrap::TIE;
use crate::wire::IpVersion;

/// What a verdict says of why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::sink) struct Cause {
    reason: DropReason,
    version: IpVersion,
    kind: u8,
    code: u8,
    /// Of an unreachable port.
    port: Option<u16>,
    /// Of what is too big.
    mtu: Option<u32>,
    /// Before the TTL ran out.
    hops: Option<u8>,
}

impl Cause {
    pub(in crate::sink) fn of(verdict: &DropVerdict) -> Self {
        let reason = verdict.reason;
        let port = match verdict.flow.ports {
            FlowPorts::Ports { dst, .. } if reason == DropReason::PortUnreachable => Some(dst),
            _ => None,
        };
        let hops = verdict.hops_to_dropper.map(|hops| hops.count);
        Self {
            reason,
            version: verdict.version,
            kind: verdict.kind,
            code: verdict.code,
            port,
            mtu: (verdict.mtu).filter(|_| reason == DropReason::FragmentationNeeded),
            hops: hops.filter(|_| reason == DropReason::TtlExceeded),
        }
    }

    /// `admin prohibited (ICMP 3/13)`, with the MTU where there is one.
    pub(in crate::sink) fn write(&self, out: &mut Vec<u8>) {
        let words = match self.reason {
            DropReason::NoRoute => "no route",
            DropReason::HostUnreachable => "host unreachable",
            DropReason::ProtocolUnreachable => "protocol unreachable",
            DropReason::PortUnreachable => match self.port {
                Some(port) => {
                    write::number(out, b"port ", port.into());
                    " unreachable"
                }
                None => "port unreachable",
            },
            DropReason::FragmentationNeeded => match self.mtu {
                Some(0) if self.version == IpVersion::V4 => "too big, MTU not told",
                Some(mtu) => {
                    write::number(out, b"too big, MTU ", mtu.into());
                    ""
                }
                None => "too big",
            },
            DropReason::SourceRouteFailed => "source route failed",
            DropReason::AdminProhibited => "admin prohibited",
            DropReason::TtlExceeded => {
                out.extend_from_slice(match self.version {
                    IpVersion::V4 => b"TTL",
                    IpVersion::V6 => b"hop limit",
                });
                out.extend_from_slice(b" ran out");
                if let Some(hops) = self.hops {
                    out.extend_from_slice(b" after ");
                    counted(out, hops.into(), "hop");
                }
                ""
            }
            DropReason::ReassemblyTimeout => "fragments missing at reassembly",
            DropReason::ParameterProblem => "header not understood",
            DropReason::HeadersTooLong => "headers too long",
            DropReason::SourceQuench => "source quench (congestion)",
            DropReason::Other => "another error",
        };
        out.extend_from_slice(words.as_bytes());
        out.extend_from_slice(b" (");
        let Self {
            version,
            kind,
            code,
            ..
        } = *self;
        if says_it_all(version, kind, code) {
            type_and_code(out, version, kind, code, TIE);
        } else {
            write_icmp(out, version, kind, code);
        }
        out.push(b')');
    }
}

/// Whether the reason's words leave nothing for the code's own to add.
const fn says_it_all(version: IpVersion, kind: u8, code: u8) -> bool {
    match version {
        IpVersion::V4 => matches!((kind, code), (3, 0..=5 | 13) | (11, 0 | 1) | (4, 0)),
        IpVersion::V6 => matches!(
            (kind, code),
            (1, 0 | 1 | 3 | 4 | 7 | 8) | (2, 0) | (3, 0 | 1)
        ),
    }
}
