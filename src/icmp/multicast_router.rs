//! Multicast router discovery (RFC 4286 sections 3 to 5).

use std::net::Ipv6Addr;
use std::ops::RangeInclusive;

use super::Body;
use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use crate::wire::HeaderOrigin;
use crate::wire::bytes::u16_at;

/// The three messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MulticastRouter {
    /// A router tells that it forwards multicast (section 3.2).
    Advertisement {
        /// Seconds between advertisements; it stands where other messages have their code.
        interval: u8,
        /// Seconds between group queries, 0 where none are sent.
        query_interval: Option<u16>,
        /// Robustness variable, 0 where none is used.
        robustness: Option<u16>,
    },
    /// Somebody asks for advertisements (section 4.1).
    Solicitation,
    /// A router stops forwarding (section 5.1).
    Termination,
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    // Section 2 wants both in every message.
    if decoder.ip.hop_limit().is_some_and(|hops| hops != 1) {
        decoder.rule(0, "hop limit of multicast router discovery is not 1");
    }
    if !decoder.ip.router_alert && decoder.ip.origin == HeaderOrigin::Captured {
        decoder.rule(0, "multicast router discovery without router alert");
    }
    if let Some(rule) = source_fault(decoder) {
        decoder.rule(0, rule);
    }
    if let Some(rule) = destination_fault(decoder) {
        decoder.rule(0, rule);
    }
    if decoder.kind != ADVERTISEMENT {
        decoder.expect_code_0();
    } else if !INTERVALS.contains(&decoder.code) {
        decoder.rule(1, "interval not from 4 to 180 seconds");
    }
    Body::MulticastRouter(match decoder.kind {
        ADVERTISEMENT => {
            decoder.need(8);
            MulticastRouter::Advertisement {
                interval: decoder.code,
                query_interval: u16_at(decoder.bytes, 4),
                robustness: u16_at(decoder.bytes, 6),
            }
        }
        SOLICITATION => MulticastRouter::Solicitation,
        _ => MulticastRouter::Termination,
    })
}

/// Receivers have to check where a message comes from and to whom it is sent (sections 3.5, 4.4 and 5.4).
fn source_fault(decoder: &Decoder<'_, '_>) -> Option<&'static str> {
    (!decoder.source6()?.is_unicast_link_local())
        .then_some("source of multicast router discovery is not link-local")
}

fn destination_fault(decoder: &Decoder<'_, '_>) -> Option<&'static str> {
    const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
    const ALL_SNOOPERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x6a);
    let dst = decoder.destination6()?;
    if decoder.kind == SOLICITATION {
        (dst != ALL_ROUTERS).then_some("solicitation is not to all routers")
    } else {
        (dst != ALL_SNOOPERS).then_some("multicast router discovery is not to all snoopers")
    }
}

const ADVERTISEMENT: u8 = 151;
const SOLICITATION: u8 = 152;

/// Seconds that may be between advertisements (section 3.1.1).
const INTERVALS: RangeInclusive<u8> = 4..=180;

pub(super) const FIELDS: &[FieldSpec] = &[
    spec::seconds_of(1, 1, "interval"),
    spec::seconds_of(4, 2, "query_interval"),
    spec::u16(6, "robustness"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{
        every_code, every_prefix, parse, rules, v6_between, with_router_alert,
    };

    #[test]
    fn the_three_messages() {
        for (octets, expected) in [
            (
                &[151, 20, 0, 0, 0, 125, 0, 2][..],
                MulticastRouter::Advertisement {
                    interval: 20,
                    query_interval: Some(125),
                    robustness: Some(2),
                },
            ),
            (&[152, 0, 0, 0], MulticastRouter::Solicitation),
            (&[153, 0, 0, 0], MulticastRouter::Termination),
        ] {
            let dst = if octets[0] == SOLICITATION {
                "ff02::2"
            } else {
                "ff02::6a"
            };
            let packet = with_router_alert("fe80::1", dst, octets);
            let Body::MulticastRouter(message) = parse(&packet).body else {
                panic!();
            };
            assert_eq!(message, expected);
            assert!(parse(&packet).defects.is_empty());
            every_prefix(&packet);
            every_code(&packet);
        }
    }

    /// Sections 3.1.1, 3.5, 4.4 and 5.4.
    #[test]
    fn what_receivers_discard_is_told() {
        let told = |src: &str, dst: &str, octets: &[u8]| {
            rules(&parse(&with_router_alert(src, dst, octets)))
        };
        let advertisement = [151, 20, 0, 0, 0, 125, 0, 2];
        let not_local = "source of multicast router discovery is not link-local";
        for octets in [&advertisement[..], &[153, 0, 0, 0]] {
            assert_eq!(told("2001:db8::1", "ff02::6a", octets), [not_local]);
            assert_eq!(
                told("fe80::1", "ff02::1", octets),
                ["multicast router discovery is not to all snoopers"]
            );
        }
        let solicitation = [152, 0, 0, 0];
        assert_eq!(told("2001:db8::1", "ff02::2", &solicitation), [not_local]);
        assert_eq!(
            told("fe80::1", "ff02::6a", &solicitation),
            ["solicitation is not to all routers"]
        );
        for (interval, expected) in [
            (3, &["interval not from 4 to 180 seconds"][..]),
            (4, &[]),
            (180, &[]),
            (181, &["interval not from 4 to 180 seconds"]),
        ] {
            let octets = [151, interval, 0, 0, 0, 125, 0, 2];
            assert_eq!(told("fe80::1", "ff02::6a", &octets), expected);
        }
    }

    #[test]
    fn routers_beyond_the_link_are_told() {
        assert_eq!(
            rules(&parse(&v6_between(
                "fe80::1",
                "ff02::6a",
                255,
                &[153, 0, 0, 0]
            ))),
            [
                "hop limit of multicast router discovery is not 1",
                "multicast router discovery without router alert"
            ]
        );
    }
}
