use super::*;
use crate::correlate::verdict::{Aftermath, DropReason};
use crate::model::{AddrPair, FlowKey, Timestamp};

/// Systems answer pings, send errors and find neighbors themselves.
#[test]
fn no_program_is_told_of_what_the_system_sends() {
    let of = |protocol, ports| {
        let (version, addr) = match protocol {
            protocol::ICMP => (IpVersion::V4, std::net::IpAddr::from([192, 0, 2, 1])),
            _ => (IpVersion::V6, std::net::IpAddr::from([0; 16])),
        };
        let flow = FlowKey {
            protocol,
            addrs: AddrPair::of_one(addr),
            ports,
        };
        let icmp = match version {
            IpVersion::V4 => (version, 3, 13),
            IpVersion::V6 => (version, 1, 1),
        };
        let reason = DropReason::AdminProhibited;
        let verdict = DropVerdict::new(flow, addr, icmp, reason, Timestamp::default());
        AppError::of_verdict(&verdict).unwrap()
    };
    let query = |kind| FlowPorts::Query { kind, id: 7 };
    let systems = [
        (protocol::ICMP, query(v4::ECHO_REPLY)),
        (protocol::ICMP, query(v4::TIMESTAMP_REPLY)),
        (protocol::ICMP, FlowPorts::Message(3)),
        (protocol::ICMP, FlowPorts::Message(11)),
        (protocol::IPV6_ICMP, query(v6::ECHO_REPLY)),
        (protocol::IPV6_ICMP, FlowPorts::Message(1)),
        (protocol::IPV6_ICMP, FlowPorts::Message(3)),
        (
            protocol::IPV6_ICMP,
            FlowPorts::Message(v6::NEIGHBOR_SOLICITATION),
        ),
        (
            protocol::IPV6_ICMP,
            FlowPorts::Message(v6::NEIGHBOR_ADVERTISEMENT),
        ),
        (
            protocol::IPV6_ICMP,
            FlowPorts::Message(v6::MULTICAST_LISTENER_REPORT_V2),
        ),
    ];
    for (protocol, ports) in systems {
        let error = of(protocol, ports);
        assert!(!error.is_told(), "{ports:?}");
        assert!(error.to_string().contains("the system itself"), "{ports:?}");
    }
    let programs = [
        (
            protocol::ICMP,
            query(v4::ECHO_REQUEST),
            "raw or ping socket",
        ),
        (
            protocol::ICMP,
            query(v4::EXTENDED_ECHO_REQUEST),
            "raw or ping socket",
        ),
        (protocol::ICMP, FlowPorts::None, "raw or ping socket"),
        (protocol::ICMP, query(v4::TIMESTAMP_REQUEST), "raw socket"),
        (
            protocol::IPV6_ICMP,
            query(v6::ECHO_REQUEST),
            "raw or ping socket",
        ),
        (
            protocol::IPV6_ICMP,
            FlowPorts::Message(v6::ROUTER_ADVERTISEMENT),
            "raw socket",
        ),
    ];
    for (protocol, ports, socket) in programs {
        let error = of(protocol, ports);
        assert!(matches!(
            error.errno(),
            Some(Errno::HostUnreach | Errno::Acces)
        ));
        assert!(
            error
                .to_string()
                .contains(&format!(" connected {socket} gets ")),
            "{ports:?}"
        );
    }
}

/// What is told depends on what the connection was when its segment was dropped.
#[test]
fn only_who_waits_in_connect_is_told_that_it_fails() {
    let told = |segment, code| {
        let flow = FlowKey {
            protocol: protocol::TCP,
            addrs: AddrPair::of_one([192, 0, 2, 1].into()),
            ports: FlowPorts::Ports {
                src: 8080,
                dst: 50098,
            },
        };
        let icmp = (IpVersion::V4, 3, code);
        let reason = DropReason::of(IpVersion::V4, 3, code).unwrap();
        let at = Timestamp::default();
        let verdict = DropVerdict {
            segment,
            ..DropVerdict::new(flow, flow.addrs.src(), icmp, reason, at)
        };
        let error = AppError::of_verdict(&verdict).unwrap();
        (error.to_string(), error.is_told())
    };
    let connecting = "connect() fails with EHOSTUNREACH (No route to host); established connections \
                      only on timeout";
    for segment in [None, Some(Segment::Syn)] {
        assert_eq!(told(segment, 13), (connecting.to_owned(), true));
    }
    let connected = "an established connection gets EHOSTUNREACH (No route to host) only on timeout; \
                     with IP_RECVERR at once";
    assert_eq!(
        told(Some(Segment::Connected), 13),
        (connected.to_owned(), true)
    );
    let smaller = "the program is not told: TCP itself is to send smaller segments";
    assert_eq!(
        told(Some(Segment::Connected), 4),
        (smaller.to_owned(), false)
    );
    for segment in [Segment::SynAck, Segment::Reset] {
        for code in [4, 10, 13] {
            let (text, is_told) = told(Some(segment), code);
            assert!(!is_told && text.contains("the system itself"), "{text}");
        }
    }
}

#[test]
fn a_request_that_goes_on_and_is_answered_did_not_fail() {
    let flow = FlowKey {
        protocol: protocol::TCP,
        addrs: AddrPair::of_one([192, 0, 2, 1].into()),
        ports: FlowPorts::Ports { src: 8080, dst: 80 },
    };
    for (outcome, retransmissions, fails) in [
        (AftermathOutcome::Recovered, 1, false),
        // It was answered, and nobody waited for that any more.
        (AftermathOutcome::Recovered, 0, true),
        (AftermathOutcome::Retransmitting, 1, true),
    ] {
        let (icmp, at) = ((IpVersion::V4, 3, 13), Timestamp::default());
        let reason = DropReason::AdminProhibited;
        let verdict = DropVerdict {
            segment: Some(Segment::Syn),
            aftermath: Aftermath {
                outcome,
                retransmissions,
                ..Aftermath::UNKNOWN
            },
            ..DropVerdict::new(flow, flow.addrs.src(), icmp, reason, at)
        };
        let error = AppError::of_verdict(&verdict).unwrap();
        assert_eq!((error.is_told(), error.errno().is_some()), (fails, fails));
        let text = error.to_string();
        assert_eq!(text.starts_with("connect() fails"), fails, "{text}");
    }
}

/// Each error is counted for one reason, and one that a socket is found for is enough.
#[test]
fn of_errors_that_no_socket_is_found_for_no_program_hears() {
    let flow = FlowKey {
        protocol: protocol::TCP,
        addrs: AddrPair::of_one([192, 0, 2, 1].into()),
        ports: FlowPorts::Ports { src: 8080, dst: 80 },
    };
    for (discarded, short_quotes, half_translated, is_heard) in [
        (0, 3, 0, false),
        (0, 0, 3, false),
        (1, 1, 1, false),
        (1, 0, 1, true),
    ] {
        let (icmp, at) = ((IpVersion::V4, 3, 13), Timestamp::default());
        let verdict = DropVerdict {
            count: 3,
            discarded,
            short_quotes,
            half_translated,
            ..DropVerdict::new(
                flow,
                flow.addrs.src(),
                icmp,
                DropReason::AdminProhibited,
                at,
            )
        };
        assert_eq!(
            AppError::of_verdict(&verdict).is_some(),
            is_heard,
            "{verdict:?}"
        );
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
                for protocol in [1, protocol::IGMP, 6, 17, 50, 58, 132, 200] {
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
