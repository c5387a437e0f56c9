//! Multicast router discovery (RFC 4286 section 3).

use super::Body;
use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use crate::wire::HeaderOrigin;
use crate::wire::bytes::u16_at;

/// The three messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MulticastRouter {
    /// A router tells that it forwards multicast (section 3.1).
    Advertisement {
        /// Seconds between advertisements; it stands where other messages have their code.
        interval: u8,
        /// Seconds between group queries, 0 where none are sent.
        query_interval: Option<u16>,
        /// Robustness variable, 0 where none is used.
        robustness: Option<u16>,
    },
    /// Somebody asks for advertisements (section 3.2).
    Solicitation,
    /// A router stops forwarding (section 3.3).
    Termination,
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    // Sections 3.1 to 3.3 want both in every message.
    if decoder.ip.hop_limit().is_some_and(|hops| hops != 1) {
        decoder.rule(0, "hop limit of multicast router discovery is not 1");
    }
    if !decoder.ip.router_alert && decoder.ip.origin == HeaderOrigin::Captured {
        decoder.rule(0, "multicast router discovery without router alert");
    }
    if decoder.kind != ADVERTISEMENT {
        decoder.expect_code_0();
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
        152 => MulticastRouter::Solicitation,
        _ => MulticastRouter::Termination,
    })
}

const ADVERTISEMENT: u8 = 151;

pub(super) const FIELDS: &[FieldSpec] = &[
    spec::seconds_of(1, 1, "interval"),
    spec::seconds_of(4, 2, "query_interval"),
    spec::u16(6, "robustness"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tests::{every_code, every_prefix, parse, rules, v6, with_router_alert};

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
            let packet = with_router_alert("fe80::1", "ff02::6a", octets);
            let Body::MulticastRouter(message) = parse(&packet).body else {
                panic!();
            };
            assert_eq!(message, expected);
            assert!(parse(&packet).defects.is_empty());
            every_prefix(&packet);
            every_code(&packet);
        }
    }

    #[test]
    fn routers_beyond_the_link_are_told() {
        assert_eq!(
            rules(&parse(&v6(&[153, 0, 0, 0]))),
            [
                "hop limit of multicast router discovery is not 1",
                "multicast router discovery without router alert"
            ]
        );
    }
}
