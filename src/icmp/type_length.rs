//! Parts that stand one behind the other, each with an octet of type and one of length; those of
//! type 0 are padding of one octet, without a length.

use super::decode::Decoder;
use crate::wire::bytes::{tail, u8_at};

/// The type of padding.
pub(super) const PADDING: u8 = 0;
/// Octets of type and length.
pub(super) const HEADER: usize = 2;

/// Takes the first part off `rest`: its octets, as far as they are there, and how many it states,
/// type and length included.
pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], usize)> {
    let length = match u8_at(rest, 0)? {
        PADDING => 1,
        _ => HEADER + usize::from(u8_at(rest, 1).unwrap_or(0)),
    };
    let bytes = rest.get(..length).unwrap_or(rest);
    *rest = tail(rest, length);
    Some((bytes, length))
}

/// Tells of a part that is not all there, and with `rule` of one whose stated length does not fit;
/// `at` is where `octets` stand in the message.
pub(super) fn check(
    octets: &[u8],
    mut at: usize,
    decoder: &mut Decoder<'_, '_>,
    fits: impl Fn(&[u8], usize) -> bool,
    rule: &'static str,
) {
    let mut rest = octets;
    while let Some((bytes, length)) = next(&mut rest) {
        decoder.need(at + length);
        if !fits(bytes, length) {
            decoder.rule(at + 1, rule);
        }
        at += length;
    }
}
