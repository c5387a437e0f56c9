//! Which verdict an error belongs to.

use std::net::IpAddr;

use super::Reported;
use crate::correlate::network::Link;
use crate::correlate::verdict::{DropVerdict, Evidence, OtherSide};
use crate::icmp::payload;
use crate::model::FlowKey;
use crate::wire::IpVersion;

/// One verdict per flow, dropper, type and code, and evidence; and per network, where flows of several have
/// the same addresses and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::correlate) struct VerdictKey {
    pub(in crate::correlate) flow: FlowKey,
    pub(super) dropper: IpAddr,
    pub(super) version: IpVersion,
    pub(super) kind: u8,
    pub(super) code: u8,
    pub(super) evidence: Evidence,
    /// What tells it from a verdict that was there before and is the same in all else.
    pub(in crate::correlate) apart: Link,
}

impl VerdictKey {
    /// That of a verdict.
    pub(in crate::correlate) fn of(verdict: &DropVerdict) -> Self {
        Self {
            flow: verdict.flow,
            dropper: verdict.dropper,
            version: verdict.version,
            kind: verdict.kind,
            code: verdict.code,
            evidence: verdict.evidence,
            apart: verdict.scope.told_apart(),
        }
    }

    /// Whether a verdict is told under the same key on the other side of a translation.
    pub(super) fn is_of(&self, there: &OtherSide) -> bool {
        (self.flow, self.dropper) == (there.flow, there.dropper)
    }

    /// That of packets too big for a router.
    #[cfg(test)]
    pub(in crate::correlate) fn for_tests(flow: FlowKey, dropper: IpAddr) -> Self {
        Self {
            flow,
            dropper,
            version: IpVersion::V4,
            kind: 3,
            code: 4,
            evidence: Evidence::Captured,
            apart: Link::UNKNOWN,
        }
    }
}

/// What is kept of the last verdict of a key that was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) part: u32,
    pub(super) seen: Seen,
}

/// Where errors of a verdict were seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    link: Link,
    /// Hops that the first of them came.
    return_hops: Option<u8>,
}

impl Seen {
    pub(super) fn of(verdict: &DropVerdict) -> Self {
        Self {
            link: verdict.scope.link(),
            return_hops: verdict.return_hops,
        }
    }

    /// Whether `error`, alike in all else, is about a flow of another network. On another VLAN that may have
    /// been routed there, with a lower TTL.
    pub(super) fn is_elsewhere(self, error: &Reported<'_, '_>) -> bool {
        let (own, other) = (self.link, error.domain.link);
        let is_as_far = self.return_hops == error.ip.hop_limit().map(payload::hops);
        own.network.is_other_than(other.network) || own.is_other_than(other) && is_as_far
    }
}
