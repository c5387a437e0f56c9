//! Parts that stand one behind the other, each with an octet of type and one of length; those of
//! type 0 are padding of one octet, without a length.

use super::decode::Decoder;
use super::field::Extent;
use crate::wire::bytes::{tail, u8_at};

/// The type of padding.
pub(super) const PADDING: u8 = 0;
/// Octets of type and length.
pub(super) const HEADER: usize = 2;

/// Takes the first part off `rest`: its octets, as far as they are there, and how many it states,
/// type and length included, unless its length was cut.
pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], Option<usize>)> {
    let stated = match u8_at(rest, 0)? {
        PADDING => Some(1),
        _ => u8_at(rest, 1).map(|length| HEADER + usize::from(length)),
    };
    let length = stated.unwrap_or(HEADER);
    let bytes = rest.get(..length).unwrap_or(rest);
    *rest = tail(rest, length);
    Some((bytes, stated))
}

/// Whether the octets of a part are all that it states.
pub(super) fn extent(bytes: &[u8]) -> Extent {
    let stated = next(&mut &*bytes).and_then(|(_, stated)| stated);
    Extent::of(bytes.len(), stated.unwrap_or(HEADER))
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
    while let Some((bytes, stated)) = next(&mut rest) {
        let length = stated.unwrap_or(HEADER);
        decoder.need(at + length);
        if stated.is_some() && !fits(bytes, length) {
            decoder.rule(at + 1, rule);
        }
        at += length;
    }
}
