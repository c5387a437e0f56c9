//! What tells the probes of one traceroute from those of another.

use std::net::IpAddr;

use crate::correlate::flows::is_icmp;
use crate::correlate::lead::Lead;
use crate::model::AddrPair;

/// Whose probes between two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    /// All of a protocol: of ICMP, and of what is sent to ports while it is not known in which run.
    All,
    /// Of ICMP those of one identifier.
    Identifier(u16),
    /// Those to ports from one beginning to the next.
    Run(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::correlate) struct TraceKey {
    pub(super) addrs: AddrPair,
    pub(super) protocol: u8,
    pub(super) whose: Whose,
}

impl TraceKey {
    pub(in crate::correlate) fn new(addrs: AddrPair, protocol: u8, lead: Lead) -> Self {
        let whose = if is_icmp(protocol) {
            Whose::Identifier(lead.half(2))
        } else {
            Whose::All
        };
        Self {
            whose,
            ..Self::all(addrs, protocol)
        }
    }

    /// All that was sent between the two.
    pub(super) fn all(addrs: AddrPair, protocol: u8) -> Self {
        Self {
            addrs,
            protocol,
            whose: Whose::All,
        }
    }

    /// The same by another sender.
    pub(super) fn sent_by(self, src: IpAddr) -> Self {
        Self {
            addrs: AddrPair::new(src, self.addrs.dst()),
            ..self
        }
    }

    /// The same of all.
    pub(super) fn any(self) -> Self {
        Self::all(self.addrs, self.protocol)
    }

    /// The same in that run.
    pub(super) fn run(self, run: u16) -> Self {
        Self {
            whose: Whose::Run(run),
            ..self
        }
    }

    /// Identifier of the echo requests.
    pub(super) fn id(self) -> Option<u16> {
        match self.whose {
            Whose::Identifier(id) => Some(id),
            Whose::All | Whose::Run(_) => None,
        }
    }
}
