//! A router tells a host of a better way.
//!
//! Rule: any redirect, by who sent it, to whom, and where to. A warning where its TTL tells that it came
//! through a router: redirects are a gateway's own word on the same link.
//! Source: RFC 792, RFC 1122 section 3.2.2.2, RFC 4861 section 8. That it comes from the gateway in
//! use cannot be seen in a capture, so forged ones look the same.

use std::net::IpAddr;

use super::group::Groups;
use super::{Confidence, Diagnosis, Finding, Severity};
use crate::icmp::ndp::NdpKind;
use crate::icmp::{Body, Message, payload};
use crate::model::{AddrPair, Frame};
use crate::wire::Ip;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Redirect {
    groups: Groups<Told>,
}

/// What a redirect says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Told {
    /// Who says it to whom.
    addrs: AddrPair,
    /// The traffic it is about.
    destination: Option<IpAddr>,
    /// The next hop to use; the destination itself where it is a neighbor.
    next_hop: Option<IpAddr>,
    /// It passed a router.
    routed: bool,
}

impl Redirect {
    /// Takes any message that is no copy.
    pub(super) fn message(&mut self, frame: &Frame<'_>, ip: &Ip<'_>, message: &Message<'_>) {
        let (destination, next_hop) = match &message.body {
            Body::Redirect { gateway, quote, .. } => (
                quote.as_ref().map(|quote| quote.ip.dst()),
                gateway.map(IpAddr::from),
            ),
            Body::Ndp(ndp) => match ndp.kind {
                NdpKind::Redirect {
                    target,
                    destination,
                    ..
                } => (Some(destination.into()), Some(target.into())),
                _ => return,
            },
            _ => return,
        };
        let told = Told {
            addrs: ip.addrs,
            destination,
            next_hop,
            // A TTL that no stack begins with.
            routed: ip.hop_limit().is_some_and(|ttl| payload::hops(ttl) > 0),
        };
        if let Some(group) = self.groups.entry(told) {
            group.errors += 1;
            group.show(&[frame.reference()]);
        }
    }
}

impl Diagnosis for Redirect {
    fn findings(&mut self, found: &mut Vec<Finding>) {
        let name = |addr: Option<IpAddr>| {
            addr.map_or_else(
                || "a host that the capture cuts off".to_owned(),
                |addr| addr.to_string(),
            )
        };
        for (told, group) in self.groups.iter() {
            let (src, dst) = (told.addrs.src(), told.addrs.dst());
            let times = match group.errors {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            let way = if told.destination == told.next_hop {
                "directly".to_owned()
            } else {
                format!("through {}", name(told.next_hop))
            };
            let (severity, confidence, from) = if told.routed {
                let from = ", and is not on its link: forged, it seems";
                (Severity::Warning, Confidence::Suspected, from)
            } else {
                (Severity::Info, Confidence::Confirmed, "")
            };
            found.push(Finding {
                name: "redirect",
                severity,
                title: format!(
                    "{src} tells {dst} to reach {} {way} ({times}){from}",
                    name(told.destination)
                ),
                evidence: group.evidence.clone(),
                confidence,
                advice: format!(
                    "Give {dst} the better route if this goes on. If {src} is not its gateway, \
                     somebody tries to draw its traffic away: have hosts ignore redirects."
                ),
            });
        }
    }
}
