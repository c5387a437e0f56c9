//! Packets of one protocol to one host that somebody refuses.

use std::net::IpAddr;

use super::group::{Group, protocol};
use crate::correlate::segment::Segment;
use crate::correlate::verdict::{DropVerdict, Role};
use crate::model::flow::FlowPorts;
use crate::wire::ip::protocol::TCP;

/// Who refuses what to whom: packets of one protocol to one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    pub(super) dropper: IpAddr,
    pub(super) host: IpAddr,
    pub(super) protocol: u8,
    told_by: ToldBy,
    is_by_host: bool,
}

/// What tells the packets from others between the same hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ToldBy {
    /// The port of the service that they go to.
    Service,
    /// They are answers of a service: clients' ports are any.
    Answers,
    /// No port, as those of a traceroute's datagrams.
    Nothing,
}

impl ToldBy {
    fn of(verdict: &DropVerdict) -> Self {
        let is_client = Role::of_destination(verdict.flow.ports) == Some(Role::Client);
        match verdict.segment {
            _ if verdict.probe && verdict.flow.protocol != TCP => Self::Nothing,
            Some(Segment::Syn) => Self::Service,
            Some(Segment::SynAck) => Self::Answers,
            _ if is_client => Self::Answers,
            _ => Self::Service,
        }
    }
}

impl Refusal {
    /// What a verdict says of it.
    pub(super) fn of(verdict: &DropVerdict) -> Self {
        Self {
            dropper: verdict.dropper,
            host: verdict.flow.addrs.dst(),
            protocol: verdict.flow.protocol,
            told_by: ToldBy::of(verdict),
            is_by_host: verdict.is_by_destination(),
        }
    }

    /// The port of the service that its packets go to or come from.
    pub(super) fn port(verdict: &DropVerdict) -> Option<u16> {
        match (verdict.flow.ports, ToldBy::of(verdict)) {
            (FlowPorts::Ports { dst, .. }, ToldBy::Service) => Some(dst),
            (FlowPorts::Ports { src, .. }, ToldBy::Answers) => Some(src),
            _ => None,
        }
    }

    /// Whether the destination itself refuses.
    pub(super) const fn is_by_host(&self) -> bool {
        self.is_by_host
    }

    /// `TCP 10.0.0.1 port 443`, `UDP answers from port 53 to 10.0.0.1`, or `TCP port 443` of the dropper
    /// itself.
    pub(super) fn what(&self, group: &Group) -> String {
        let (protocol, ports) = (protocol(self.protocol), &group.ports);
        let to = if self.is_by_host() {
            String::new()
        } else {
            format!(" {}", self.host)
        };
        match self.told_by {
            ToldBy::Answers if self.is_by_host() => format!("{protocol} answers from{ports}"),
            ToldBy::Answers => format!("{protocol} answers from{ports} to{to}"),
            ToldBy::Service | ToldBy::Nothing => format!("{protocol}{to}{ports}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::verdict::{DropReason, OtherSide};
    use crate::findings::admin_prohibited::AdminProhibited;
    use crate::findings::group::Counted;
    use crate::findings::{Diagnosis, Finding};
    use crate::model::{AddrPair, FlowKey, FrameRef, SourceId, Timestamp};
    use crate::wire::IpVersion;
    use crate::wire::ip::protocol::UDP;

    /// What is said of refused packets between these ports.
    fn told(protocol: u8, ports: &[(u16, u16)], segment: Option<Segment>) -> Vec<Finding> {
        let mut diagnosis = Counted::<AdminProhibited>::default();
        for (src, dst) in ports.iter().copied() {
            let flow = FlowKey {
                protocol,
                addrs: AddrPair::new([10, 0, 3, 2].into(), [10, 0, 1, 1].into()),
                ports: FlowPorts::Ports { src, dst },
            };
            let icmp = (IpVersion::V4, 3, 13);
            let dropper = [10, 0, 3, 1].into();
            let reason = DropReason::AdminProhibited;
            let at = Timestamp::default();
            diagnosis.verdict(&DropVerdict {
                count: 1,
                segment,
                ..DropVerdict::new(flow, dropper, icmp, reason, at)
            });
        }
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        found
    }

    #[test]
    fn who_stands_for_a_router_behind_it_is_not_the_host() {
        let verdict = |host: [u8; 4], dropper: [u8; 4]| {
            let flow = FlowKey {
                protocol: UDP,
                addrs: AddrPair::new([10, 0, 3, 2].into(), host.into()),
                ports: FlowPorts::Ports { src: 5, dst: 53 },
            };
            let (icmp, reason) = ((IpVersion::V4, 3, 3), DropReason::PortUnreachable);
            DropVerdict::new(flow, dropper.into(), icmp, reason, Timestamp::default())
        };
        let (outside, inside) = ([10, 0, 1, 1], [192, 168, 0, 9]);
        for (dropper, is_by_host) in [(inside, true), ([192, 168, 0, 1], false)] {
            let there = verdict(inside, dropper);
            let verdict = DropVerdict {
                same_as: Some(OtherSide {
                    flow: there.flow,
                    dropper: there.dropper,
                    error: FrameRef::new(SourceId(0), 1),
                }),
                ..verdict(outside, outside)
            };
            assert_eq!(Refusal::of(&verdict).is_by_host(), is_by_host);
        }
    }

    #[test]
    fn answers_are_told_by_the_port_that_they_come_from() {
        let found = told(UDP, &[(53, 34427), (53, 42016), (53, 53116)], None);
        let [finding] = found.as_slice() else {
            panic!("{found:?}");
        };
        let what = "UDP answers from port 53 to 10.0.1.1";
        let title = format!("10.0.3.1 prohibits {what} (3 packets of 3 flows)");
        assert_eq!(finding.title, title);
        let advice = format!("Look for the rule on 10.0.3.1 that rejects {what};");
        assert!(finding.advice.starts_with(&advice), "{}", finding.advice);
        // Of a port that may be anybody's the segment tells.
        for (ports, segment, expected) in [
            (
                (8080, 50098),
                Some(Segment::SynAck),
                "TCP answers from port 8080 to 10.0.1.1",
            ),
            (
                (8080, 50098),
                Some(Segment::Connected),
                "TCP 10.0.1.1 port 50098",
            ),
            (
                (443, 50098),
                Some(Segment::Connected),
                "TCP answers from port 443 to 10.0.1.1",
            ),
            ((1023, 2049), Some(Segment::Syn), "TCP 10.0.1.1 port 2049"),
            ((50098, 443), None, "TCP 10.0.1.1 port 443"),
        ] {
            let found = told(TCP, &[ports], segment);
            assert_eq!(found[0].title, format!("10.0.3.1 prohibits {expected}"));
        }
    }
}
