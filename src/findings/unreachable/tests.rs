use super::*;
use crate::correlate::verdict::OtherSide;
use crate::icmp::field::Extent;
use crate::model::flow::FlowPorts;
use crate::model::{AddrPair, FlowKey, FrameRef, SourceId, Timestamp};
use crate::wire::IpVersion;

/// What is said of errors about 10.0.0.9: sender, code, and milliseconds after the packet.
fn told(errors: &[([u8; 4], u8, Option<u64>)]) -> Vec<(Severity, Confidence, String)> {
    let about = |&(dropper, code, millis): &_| (dropper, HOST, code, millis);
    told_of(&errors.iter().map(about).collect::<Vec<_>>())
}

/// Sender, host, code, and milliseconds after the packet.
type Told = ([u8; 4], [u8; 4], u8, Option<u64>);

/// The same of errors about any host.
fn told_of(errors: &[Told]) -> Vec<(Severity, Confidence, String)> {
    let mut diagnosis = Unreachable::default();
    for (dropper, host, code, millis) in errors {
        let flow = FlowKey {
            protocol: 17,
            addrs: AddrPair::new([10, 0, 0, 1].into(), (*host).into()),
            ports: FlowPorts::Ports { src: 5, dst: 53 },
        };
        let kind = (IpVersion::V4, 3, *code);
        let reason = DropReason::of(IpVersion::V4, 3, *code).unwrap();
        let at = Timestamp::default();
        diagnosis.verdict(&DropVerdict {
            count: 1,
            slowest: millis.map(Duration::from_millis),
            ..DropVerdict::new(flow, (*dropper).into(), kind, reason, at)
        });
    }
    let mut found = Vec::new();
    diagnosis.findings(&mut found);
    found
        .into_iter()
        .map(|finding| (finding.severity, finding.confidence, finding.title))
        .collect()
}

const ROUTER: [u8; 4] = [10, 0, 0, 2];
const HOST: [u8; 4] = [10, 0, 0, 9];

#[test]
fn only_slow_errors_prove_a_dead_host() {
    let slow = told(&[(ROUTER, 1, Some(1)), (ROUTER, 1, Some(3050))]);
    let title = "10.0.0.2 cannot reach host 10.0.0.9 (2 packets of 2 flows)".to_owned();
    assert_eq!(slow, [(Severity::Critical, Confidence::Confirmed, title)]);
    let title = "10.0.0.2 cannot reach host 10.0.0.9".to_owned();
    let unknown = told(&[(ROUTER, 1, None)]);
    assert_eq!(
        unknown,
        [(Severity::Critical, Confidence::Suspected, title)]
    );
    let title = "10.0.0.2 says at once that 10.0.0.9 is unreachable".to_owned();
    let fast = told(&[(ROUTER, 1, Some(1))]);
    assert_eq!(fast, [(Severity::Warning, Confidence::Suspected, title)]);
}

#[test]
fn who_filters_is_not_believed() {
    let told = told(&[(ROUTER, 0, Some(1)), (ROUTER, 13, Some(1))]);
    let title = "10.0.0.2 says that there is no route to 10.0.0.9, but refuses other packets \
                 to it by rule";
    let title = title.to_owned();
    assert_eq!(told, [(Severity::Warning, Confidence::Suspected, title)]);
}

#[test]
fn a_filter_does_not_hide_a_dead_host() {
    let told = told(&[(ROUTER, 1, Some(3050)), (ROUTER, 13, Some(1))]);
    assert_eq!(told[0].0, Severity::Critical);
}

#[test]
fn the_host_itself_was_reached() {
    let told = told(&[(HOST, 0, Some(1))]);
    let title = "10.0.0.9 itself says that there is no route to it".to_owned();
    assert_eq!(told, [(Severity::Warning, Confidence::Suspected, title)]);
}

#[test]
fn many_hosts_behind_one_router_are_told_once() {
    let dead = |count: u8| -> Vec<_> {
        let error = |host| (ROUTER, [10, 0, 0, 9 + host], 1, Some(3050));
        (0..count).map(error).collect()
    };
    assert_eq!(told_of(&dead(3)).len(), 3);
    let title = "10.0.0.2 cannot reach 4 hosts (4 packets of 4 flows)".to_owned();
    let many = (Severity::Critical, Confidence::Confirmed, title);
    assert_eq!(told_of(&dead(4)), std::slice::from_ref(&many));
    // Of which something else is true stands apart, as does another router.
    let mut errors = dead(4);
    errors.push((ROUTER, [10, 0, 0, 99], 1, Some(1)));
    errors.push(([10, 0, 0, 3], [10, 0, 0, 9], 0, Some(1)));
    let told = told_of(&errors);
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], many);
    assert!(
        told[1]
            .2
            .starts_with("10.0.0.2 says at once that 10.0.0.99 is")
    );
    assert!(
        told[2]
            .2
            .ends_with("10.0.0.3 says it has no route to 10.0.0.9")
    );
}

#[test]
fn who_does_not_answer_is_named_where_it_is_known() {
    let advice = |unresolved| {
        let group = Group::default();
        let told = (Claim::Proved, unresolved);
        let host = Hosts::One(HOST.into());
        finding(Word::Host, ROUTER.into(), &host, told, &group).advice
    };
    let starts = |unresolved, start: &str| {
        let advice = advice(unresolved);
        assert!(advice.starts_with(start), "{advice}");
    };
    starts(
        Unresolved::Destination,
        "10.0.0.9 does not answer address resolution on its own link",
    );
    starts(
        Unresolved::NextHop([192, 0, 2, 1].into()),
        "10.0.0.2 asked a link for 192.0.2.1 just before",
    );
    let open = advice(Unresolved::Unknown);
    assert!(
        open.contains("or else the next router on the way"),
        "{open}"
    );
}

#[test]
fn no_route_behind_a_translator_leaves_a_dead_host_open() {
    let advice = |errors: &[(&str, &str)]| {
        let mut diagnosis = Unreachable::default();
        for (dropper, host) in errors {
            let host: IpAddr = host.parse().unwrap();
            let flow = FlowKey {
                protocol: 17,
                addrs: AddrPair::new(host, host),
                ports: FlowPorts::Ports { src: 5, dst: 53 },
            };
            let (kind, reason) = match host {
                IpAddr::V4(_) => ((IpVersion::V4, 3, 1), DropReason::HostUnreachable),
                IpAddr::V6(_) => ((IpVersion::V6, 1, 0), DropReason::NoRoute),
            };
            let dropper = dropper.parse().unwrap();
            diagnosis.verdict(&DropVerdict {
                count: 1,
                ..DropVerdict::new(flow, dropper, kind, reason, Timestamp::default())
            });
        }
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        found.pop().unwrap().advice
    };
    let open = |errors: &[(&str, &str)]| {
        let advice = advice(errors);
        assert!(advice.contains("that host may be down"), "{advice}");
        advice
    };
    // The prefix that all know, one that both have, and the other side.
    let known = open(&[("2001:db8::1", "64:ff9b::a02:4d")]);
    assert!(known.contains("the IPv4 host 10.2.0.77"), "{known}");
    open(&[("fd64::c633:6401", "fd64::a02:4d")]);
    open(&[
        ("198.51.100.1", "10.2.0.77"),
        ("fd65::c633:6401", "fd64::a02:4d"),
    ]);
    // None of these.
    let routed = advice(&[("2001:db8::1", "fd64::a02:4d")]);
    assert!(routed.starts_with("Look at the routing table"), "{routed}");
}

#[test]
fn a_cut_makes_nothing_worse() {
    let flow = FlowKey {
        protocol: 17,
        addrs: AddrPair::new([10, 0, 0, 1].into(), HOST.into()),
        ports: FlowPorts::Ports { src: 5, dst: 53 },
    };
    let (kind, reason) = ((IpVersion::V4, 3, 1), DropReason::HostUnreachable);
    let verdict = DropVerdict {
        count: 1,
        ..DropVerdict::new(
            flow,
            [10, 0, 1, 1].into(),
            kind,
            reason,
            Timestamp::default(),
        )
    };
    let severity = |verdicts: &[&DropVerdict]| {
        let mut diagnosis = Unreachable::default();
        for verdict in verdicts {
            diagnosis.verdict(verdict);
        }
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        found.first().map(|finding| finding.severity)
    };
    let cut = DropVerdict {
        quotes: Extent::Cut,
        ..verdict.clone()
    };
    let slow = DropVerdict {
        slowest: Some(Duration::from_secs(3)),
        ..verdict.clone()
    };
    assert_eq!(severity(&[&verdict]), Some(Severity::Critical));
    assert_eq!(severity(&[&cut]), Some(Severity::Warning));
    assert_eq!(severity(&[&cut, &slow]), Some(Severity::Critical));
}

#[test]
fn who_stands_for_a_router_behind_it_is_not_the_host() {
    let flow = |dst: [u8; 4]| FlowKey {
        protocol: 17,
        addrs: AddrPair::new([10, 0, 0, 1].into(), dst.into()),
        ports: FlowPorts::Ports { src: 5, dst: 53 },
    };
    let inside = [192, 168, 0, 9];
    for (dropper, title) in [
        (inside, "10.0.0.9 itself says that there is no route to it"),
        (
            [192, 168, 0, 1],
            "10.0.0.9 says it has no route to 10.0.0.9",
        ),
    ] {
        let kind = (IpVersion::V4, 3, 0);
        let at = Timestamp::default();
        let mut diagnosis = Unreachable::default();
        diagnosis.verdict(&DropVerdict {
            count: 1,
            same_as: Some(OtherSide {
                flow: flow(inside),
                dropper: dropper.into(),
                error: FrameRef::new(SourceId(0), 1),
            }),
            ..DropVerdict::new(flow(HOST), HOST.into(), kind, DropReason::NoRoute, at)
        });
        let mut found = Vec::new();
        diagnosis.findings(&mut found);
        assert_eq!(found[0].title, title);
    }
}
