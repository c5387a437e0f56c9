//! Records in full and in brief, for the tests of their shapes.

use std::time::Duration;

use icmpdump::correlate::exchange::{Began, Exchange, ExchangeEnd, ExchangeKind, ExchangeOutcome};
use icmpdump::correlate::trace::{Hop, HopRouter, Path};
use icmpdump::correlate::verdict::{
    Aftermath, AftermathOutcome, Back, Carried, DropReason, DropVerdict, Evidence, Halves, Hops,
    OtherSide, Role, Scope, Unresolved, WasOpen, Within,
};
use icmpdump::icmp::field::Extent;
use icmpdump::model::flow::FlowPorts;
use icmpdump::model::{AddrPair, FlowKey, Timestamp};
use icmpdump::wire::tunnel::{Tunnel, TunnelKind};
use icmpdump::wire::{IpVersion, Vlans};

use super::{addr, frame, frame_of};

/// When they begin.
pub(crate) const T0: Timestamp = Timestamp::from_nanos(1_753_518_350_469_472_000);

pub(crate) fn exchange() -> Exchange {
    Exchange {
        kind: ExchangeKind::Echo,
        addrs: AddrPair::new(addr("172.17.0.1"), addr("172.17.0.2")),
        id: Some(19),
        seq: Some(1),
        request: frame(1),
        requested: T0,
        end: Some(ExchangeEnd::Reply(frame(2))),
        rtt: Some(Duration::from_micros(28)),
        request_length: Some(64),
        refused: None,
        message_length: Some(64),
        request_ttl: 64,
        reply_ttl: None,
        outcome: ExchangeOutcome::Answered,
        refusal: None,
        duplicates: 0,
        corrupted: 0,
        one_sided_possible: false,
        request_points: 1,
        request_part: None,
        reply_part: None,
        dropped: None,
        reply_dropped: None,
        reply_began: Began::NotSeen,
        told_unsolicited: false,
        shown: true,
    }
}

fn in_tunnel() -> Scope {
    Scope::of(Within::Tunnel(Tunnel {
        kind: TunnelKind::Gre { key: Some(5) },
        outer: Some((addr("192.0.2.2"), addr("192.0.2.1"))),
        vlans: Vlans::default(),
    }))
}

/// The flow of [`verdict`] before a translation.
fn as_sent() -> FlowKey {
    FlowKey {
        protocol: 6,
        addrs: AddrPair::new(addr("192.168.1.5"), addr("10.0.3.2")),
        ports: FlowPorts::Ports {
            src: 5000,
            dst: 443,
        },
    }
}

pub(crate) fn verdict() -> DropVerdict {
    DropVerdict {
        flow: FlowKey {
            protocol: 6,
            addrs: AddrPair::new(addr("10.0.1.1"), addr("10.0.3.2")),
            ports: FlowPorts::Ports {
                src: 48624,
                dst: 443,
            },
        },
        scope: in_tunnel(),
        dropper: addr("10.0.1.2"),
        version: IpVersion::V4,
        kind: 3,
        code: 4,
        reason: DropReason::FragmentationNeeded,
        evidence: Evidence::Captured,
        part: 1,
        count: 10,
        discarded: 2,
        short_quotes: 1,
        half_translated: 1,
        halves: Some(Halves {
            ends: AddrPair::new(addr("10.0.1.2"), addr("192.168.1.5")),
            frames: vec![frame_of(1, 11)],
        }),
        missed: None,
        answered: 1,
        run: T0,
        fragmentable: 1,
        still_too_large: 1,
        out_of_window: 1,
        arrived: 1,
        arrived_later: 1,
        sent_as: Some(as_sent()),
        undelivered: None,
        first: T0,
        last: T0.after(Duration::from_millis(1200)),
        error_frames: vec![frame(9), frame_of(1, 10)],
        original_frames: vec![frame(4)],
        original_count: 3,
        last_originals: [None; DropVerdict::FRAMES],
        repeated: 0,
        never_sent: 0,
        mtu: Some(1400),
        bytes: 15_000,
        segment: None,
        slowest: Some(Duration::from_micros(270)),
        hasty: 0,
        unresolved: Unresolved::Unknown,
        original_ttl: Some(1),
        ttl_spent: Some(0),
        hops_to_dropper: Some(Hops {
            count: 1,
            estimate: false,
        }),
        return_hops: Some(2),
        was_open: Some(WasOpen {
            last: frame_of(1, 2),
            role: Some(Role::Client),
        }),
        aftermath: Aftermath {
            outcome: AftermathOutcome::Recovered,
            packets: 39,
            answers: 0,
            back: Back::Captured,
            retransmissions: 10,
            size_before: Some(1500),
            size_after: Some(1400),
            acknowledged: true,
            in_part: true,
            retried: 0,
            lasted: Some(Duration::from_micros(615)),
        },
        carried: Carried::Flow(FlowKey {
            protocol: 17,
            addrs: AddrPair::new(addr("10.7.0.1"), addr("10.7.0.2")),
            ports: FlowPorts::Ports { src: 4000, dst: 53 },
        }),
        quotes: Extent::Whole,
        same_as: Some(OtherSide {
            flow: FlowKey {
                protocol: 6,
                addrs: AddrPair::new(addr("192.0.2.7"), addr("10.0.3.2")),
                ports: FlowPorts::Ports {
                    src: 1024,
                    dst: 443,
                },
            },
            dropper: addr("10.0.2.2"),
            error: frame_of(1, 11),
        }),
        counted_there: false,
        probe: false,
        shown: true,
    }
}

pub(crate) fn bare_verdict() -> DropVerdict {
    DropVerdict {
        flow: FlowKey {
            protocol: 17,
            addrs: AddrPair::new(addr("2001:db8::1"), addr("2001:db8::2")),
            ports: FlowPorts::None,
        },
        scope: Scope::of(Within::Vlan(10)),
        dropper: addr("2001:db8::9"),
        version: IpVersion::V6,
        kind: 1,
        code: 200,
        reason: DropReason::Other,
        evidence: Evidence::Reported,
        part: 2,
        count: 1,
        discarded: 0,
        short_quotes: 0,
        half_translated: 0,
        halves: None,
        missed: None,
        answered: 0,
        run: T0,
        fragmentable: 0,
        still_too_large: 0,
        out_of_window: 0,
        arrived: 0,
        arrived_later: 0,
        sent_as: None,
        undelivered: None,
        first: T0,
        last: T0,
        error_frames: vec![frame(3)],
        original_frames: Vec::new(),
        original_count: 0,
        last_originals: [None; DropVerdict::FRAMES],
        repeated: 0,
        never_sent: 0,
        mtu: None,
        bytes: 0,
        segment: None,
        slowest: None,
        hasty: 0,
        unresolved: Unresolved::Unknown,
        original_ttl: None,
        ttl_spent: None,
        hops_to_dropper: None,
        return_hops: None,
        was_open: None,
        aftermath: Aftermath::UNKNOWN,
        same_as: None,
        carried: Carried::Unknown,
        quotes: Extent::Whole,
        counted_there: false,
        probe: true,
        shown: true,
    }
}

/// A router of [`path`] with two answers.
pub(crate) fn hop_router(text: &str, mpls: Vec<u32>) -> HopRouter {
    HopRouter {
        router: addr(text),
        rtts: vec![Duration::from_micros(31), Duration::from_micros(22)],
        answers: 2,
        mpls,
        refusal: None,
        return_hops: None,
        tunnel: None,
    }
}

/// A traceroute over UDP that did not reach its target.
pub(crate) fn path(hops: Vec<Hop>) -> Path {
    Path {
        src: addr("10.0.1.1"),
        dst: addr("10.0.4.2"),
        protocol: 17,
        id: None,
        hops,
        reached: false,
        first_probe: frame(23),
        shown: true,
    }
}
