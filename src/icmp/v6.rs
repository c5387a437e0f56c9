//! ICMPv6 (RFC 4443 and what updates it).

use super::decode::Decoder;
use super::{Body, Direction, ErrorClass, error, mld, ndp, v4};
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
        160 => v4::extended_echo(decoder, Request),
        161 => v4::extended_echo(decoder, Reply),
        _ => Body::Other,
    }
}
