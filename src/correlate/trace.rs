//! Traceroutes found in the capture.

use std::net::IpAddr;
use std::time::Duration;

use super::flows::is_icmp;
use super::verdict::DropReason;
use crate::model::{AddrPair, FrameRef};

/// TTLs above this are no probe's: traceroute, tracert and mtr stop at 30 by default.
pub(super) const MAX_TTL: u8 = 32;

/// What an answer tells of its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its TTL ran out on its way: it did not come to who is asked, whoever says so (RFC 1122 section
    /// 3.2.1.7). A translator may have put the address that is asked in place of a router's.
    Expired,
    /// It came to who is asked.
    Arrived,
    /// It went no further for this reason.
    Refused(DropReason),
}

impl Fate {
    pub(super) const fn refusal(self) -> Option<DropReason> {
        match self {
            Self::Refused(reason) => Some(reason),
            Self::Expired | Self::Arrived => None,
        }
    }
}

/// A traceroute, whatever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Who probed.
    pub src: IpAddr,
    /// Where to.
    pub dst: IpAddr,
    /// IP protocol of the probes.
    pub protocol: u8,
    /// Identifier of the echo requests, where the tool kept one.
    pub id: Option<u16>,
    /// Hops by TTL, without gaps from the first to the last seen.
    pub hops: Vec<Hop>,
    /// Whether the destination itself answered.
    pub reached: bool,
    /// The first probe.
    pub first_probe: FrameRef,
    /// Some frame it names passed the filter.
    pub shown: bool,
}

/// How a traceroute ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathEnd {
    /// The destination answered.
    Reached,
    /// A router said that it lets nothing pass.
    Refused {
        /// Which.
        router: IpAddr,
        /// Why.
        reason: DropReason,
    },
    /// A router was met twice, with another one in between, or again and again.
    Loop {
        /// Which.
        router: IpAddr,
        /// The one in between, if it answers.
        other: Option<IpAddr>,
    },
    /// Behind some hop nobody answered.
    Silent {
        /// TTL of the last hop that answered.
        after: u8,
    },
}

impl Path {
    /// Who traced whom, if with echo requests.
    pub fn of_echoes(&self) -> Option<AddrPair> {
        is_icmp(self.protocol).then(|| AddrPair::new(self.src, self.dst))
    }

    /// How it ended.
    pub fn end(&self) -> PathEnd {
        if self.reached {
            return PathEnd::Reached;
        }
        if let Some((router, other)) = self.met_twice() {
            return PathEnd::Loop { router, other };
        }
        let refusal = |router: &HopRouter| {
            let reason = router.refusal?;
            Some(PathEnd::Refused {
                router: router.router,
                reason,
            })
        };
        let routers = self.hops.iter().flat_map(|hop| &hop.routers);
        let refused = routers.into_iter().find_map(refusal);
        let last = self.hops.iter().rfind(|hop| !hop.routers.is_empty());
        refused.unwrap_or(PathEnd::Silent {
            after: last.map_or(0, |hop| hop.ttl),
        })
    }

    /// A router that answered at two hops, and one in between; or one that answered again and again,
    /// while none did in between. Adjacent hops alike are a router that answers for its neighbor, no loop.
    pub fn met_twice(&self) -> Option<(IpAddr, Option<IpAddr>)> {
        let first = |hop: &Hop| hop.routers.first().map(|router| router.router);
        let routers: Vec<_> = self.hops.iter().map(first).collect();
        let other = routers.iter().enumerate().find_map(|(at, router)| {
            let router = (*router)?;
            let before = routers.get(..at)?;
            let first = before.iter().position(|seen| *seen == Some(router))?;
            let mut between = routers.get(first + 1..at)?.iter().flatten();
            let other = between.find(|other| **other != router)?;
            Some((router, Some(*other)))
        });
        other.or_else(|| Some((met_again_and_again(&routers)?, None)))
    }
}

/// The router that alone answered at the last hops where any did, never at two in a row.
fn met_again_and_again(routers: &[Option<IpAddr>]) -> Option<IpAddr> {
    /// More often than a router is met that answers for those behind it, if not each time.
    const AGAIN: usize = 3;
    let last = routers.iter().flatten().next_back().copied();
    let mut times = 0;
    let mut later = None;
    for router in routers.iter().rev() {
        match (*router, later) {
            (None, _) => {}
            (router, None) if router == last => times += 1,
            // Another one, or at two hops in a row.
            (router, _) => return last.filter(|_| router != last && times >= AGAIN),
        }
        later = *router;
    }
    last.filter(|_| times >= AGAIN)
}

/// What answered at one TTL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// TTL the probes were sent with.
    pub ttl: u8,
    /// The routers that answered, in order of first answer: more than one where load is balanced.
    pub routers: Vec<HopRouter>,
    /// Probes that nobody answered.
    pub unanswered: u32,
}

/// One router at a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopRouter {
    /// Its address.
    pub router: IpAddr,
    /// Round trips of its answers, in order; the first [`HopRouter::RTTS`] of them.
    pub rtts: Vec<Duration>,
    /// How many answers in all.
    pub answers: u32,
    /// MPLS labels it reported (RFC 4950), outermost first.
    pub mpls: Vec<u32>,
    /// Why it let no probe through, if that is what it said.
    pub refusal: Option<DropReason>,
    /// Guess of the hops that its first answer travelled back, from its TTL.
    pub return_hops: Option<u8>,
    /// The ends of the tunnel that the probes were in, if it spoke of the packets around them: a tunnel's
    /// TTL may begin with that of what it carries (RFC 2983, RFC 3443).
    pub tunnel: Option<AddrPair>,
}

impl HopRouter {
    /// How many round trips are kept per router and hop.
    pub const RTTS: usize = 16;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceId;

    /// A path over these routers, by the last number of their address; 0 where nobody answered.
    fn path(routers: &[u8], refusal: Option<DropReason>) -> Path {
        let hop = |(&last, ttl): (&u8, u8)| Hop {
            ttl,
            routers: (last > 0)
                .then(|| HopRouter {
                    router: [10, 0, 0, last].into(),
                    rtts: Vec::new(),
                    answers: 1,
                    mpls: Vec::new(),
                    refusal: refusal.filter(|_| usize::from(ttl) == routers.len()),
                    return_hops: None,
                    tunnel: None,
                })
                .into_iter()
                .collect(),
            unanswered: 0,
        };
        Path {
            src: [10, 0, 0, 1].into(),
            dst: [10, 0, 0, 99].into(),
            protocol: 17,
            id: None,
            hops: routers.iter().zip(1..).map(hop).collect(),
            reached: routers.last() == Some(&99),
            first_probe: FrameRef::new(SourceId(0), 1),
            shown: true,
        }
    }

    #[test]
    fn each_path_ends_somehow() {
        let addr = |last: u8| IpAddr::from([10, 0, 0, last]);
        let refused = Some(DropReason::AdminProhibited);
        for (routers, refusal, end) in [
            (&[2, 3, 99][..], None, PathEnd::Reached),
            (&[2, 3, 0, 0], None, PathEnd::Silent { after: 2 }),
            (&[0, 0], None, PathEnd::Silent { after: 0 }),
            // A router that answers for its neighbor.
            (&[2, 3, 3, 0], None, PathEnd::Silent { after: 3 }),
            (
                &[2, 3, 4, 3],
                None,
                PathEnd::Loop {
                    router: addr(3),
                    other: Some(addr(4)),
                },
            ),
            (
                &[2, 3, 0, 3, 0, 3, 0],
                None,
                PathEnd::Loop {
                    router: addr(3),
                    other: None,
                },
            ),
            // One that answers for its neighbors, most of the time.
            (&[2, 3, 0, 3], None, PathEnd::Silent { after: 4 }),
            (&[3, 0, 3, 3, 0, 3], None, PathEnd::Silent { after: 6 }),
            (&[3, 0, 3, 0, 3, 3], None, PathEnd::Silent { after: 6 }),
            (
                &[2, 3],
                refused,
                PathEnd::Refused {
                    router: addr(3),
                    reason: DropReason::AdminProhibited,
                },
            ),
        ] {
            assert_eq!(path(routers, refusal).end(), end, "{routers:?}");
        }
    }
}
