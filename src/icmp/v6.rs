//! ICMPv6 (RFC 4443 and what updates it).

use super::decode::Decoder;
use super::handover;
use super::mobile::{self, MobileIpKind};
use super::{Body, Direction, ErrorClass, error, extended_echo, mld, ndp, v4};
use super::{ilnp, lowpan, multicast_router, node_info, renumbering, rpl, send};
use crate::wire::bytes::u32_at;

/// Types below this are errors and quote (RFC 4443 section 2.1).
pub(super) const FIRST_INFORMATIONAL: u8 = 128;

/// Decodes what stands behind the first four octets, which are there.
pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    use Direction::{Reply, Request};
    match decoder.kind {
        1 => error::body(decoder, ErrorClass::Unreachable),
        2 => {
            decoder.expect_code_0();
            let mtu = u32_at(decoder.bytes, 4);
            // RFC 8201 section 4: a node must not believe an MTU below the minimum of IPv6.
            if mtu.is_some_and(|mtu| mtu < 1280) {
                decoder.rule(4, "MTU under 1280");
            }
            error::body(decoder, ErrorClass::TooBig { mtu })
        }
        3 => error::body(decoder, ErrorClass::TimeExceeded),
        4 => {
            let pointer = u32_at(decoder.bytes, 4);
            error::body(decoder, ErrorClass::ParameterProblem { pointer })
        }
        0 | 5..FIRST_INFORMATIONAL => error::body(decoder, ErrorClass::Other),
        128 => v4::echo(decoder, Request),
        129 => v4::echo(decoder, Reply),
        130..=132 | 143 => mld::body(decoder),
        133..=137 => ndp::body(decoder),
        141 => ndp::inverse(decoder, Request),
        142 => ndp::inverse(decoder, Reply),
        138 => renumbering::body(decoder),
        139 => node_info::body(decoder, Request),
        140 => node_info::body(decoder, Reply),
        144 => mobile::mobile_ip(decoder, MobileIpKind::HomeAgents(Request)),
        145 => mobile::mobile_ip(decoder, MobileIpKind::HomeAgents(Reply)),
        146 => mobile::mobile_ip(decoder, MobileIpKind::Prefixes(Request)),
        147 => mobile::mobile_ip(decoder, MobileIpKind::Prefixes(Reply)),
        148 => send::body(decoder, Request),
        149 => send::body(decoder, Reply),
        150 => mobile::seamoby(decoder),
        151..=153 => multicast_router::body(decoder),
        154 => handover::fast_handover(decoder),
        155 => rpl::body(decoder),
        156 => ilnp::body(decoder),
        157 => lowpan::duplicate_address(decoder, Request),
        158 => lowpan::duplicate_address(decoder, Reply),
        159 => lowpan::mpl(decoder),
        160 => extended_echo::body(decoder, Request),
        161 => extended_echo::body(decoder, Reply),
        _ => Body::Other,
    }
}
