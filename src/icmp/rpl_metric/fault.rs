//! What objects of a container hold that RFC 6551 forbids.

use super::{CONSTRAINT, HEADER, format};
use crate::wire::bytes::{tail, u8_at};

/// Of the flags (section 2.1).
const OPTIONAL: u8 = 0x01;
/// Of the octet behind them.
const RECORDED: u8 = 0x80;
const AGGREGATION: u8 = 0x70;
/// The type of the energy of nodes.
const NODE_ENERGY: u8 = 2;
/// That a node tells how much it has left.
const ESTIMATED: u8 = 0x01;

/// Tells where an object's length does not fit its type or runs over the end, and where its fields
/// break rules, with the rule.
pub(in crate::icmp) fn each(octets: &[u8], tell: &mut dyn FnMut(usize, &'static str)) {
    // By type, of metrics and of constraints: those of which there may be one.
    let mut seen = [0_u16; 2];
    let mut at = 0;
    while let Some(kind) = u8_at(octets, at) {
        let body = u8_at(octets, at + 3).map(usize::from);
        let end = at + HEADER + body.unwrap_or(0);
        let Some(body) = body.filter(|_| end <= octets.len()) else {
            return tell(at + 3, "metric runs over its container's end");
        };
        let object = octets.get(at..end).unwrap_or_default();
        if let Some(format) = format(kind) {
            if !format.body.fits(body) {
                tell(at + 3, "metric length wrong for its type");
            }
            let is_constraint = u8_at(object, 1).is_some_and(|flags| flags & CONSTRAINT != 0);
            if let Some(seen) = seen.get_mut(usize::from(is_constraint)) {
                if *seen & 1 << kind != 0 {
                    tell(at, "metric or constraint a second time in its container");
                }
                *seen |= 1 << kind;
            }
            fields(object, &mut |offset, rule| tell(at + offset, rule));
        }
        at = end;
    }
}

fn fields(object: &[u8], tell: &mut dyn FnMut(usize, &'static str)) {
    let octet = |at| u8_at(object, at).unwrap_or(0);
    let (flags, more) = (octet(1), octet(2));
    let is_constraint = flags & CONSTRAINT != 0;
    if flags & OPTIONAL != 0 && !is_constraint {
        tell(1, "optional flag of a metric");
    }
    if more & RECORDED != 0 && is_constraint {
        tell(2, "recorded flag of a constraint");
    }
    if more & AGGREGATION != 0 && (is_constraint || more & RECORDED != 0) {
        tell(2, "aggregation of a constraint or recorded metric");
    }
    // Section 3.2. Behind the first node may be what tells more of it.
    if let (NODE_ENERGY, [node, energy, ..]) = (octet(0), tail(object, HEADER))
        && node & ESTIMATED == 0
        && *energy != 0
    {
        tell(HEADER + 1, "energy without the flag that it is estimated");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(octets: &[u8]) -> Vec<(usize, &'static str)> {
        let mut told = Vec::new();
        each(octets, &mut |at, rule| told.push((at, rule)));
        told
    }

    #[test]
    fn flags_of_metrics_and_of_constraints() {
        for (object, told) in [
            (
                &[3, 1, 0, 2, 0, 1][..],
                &[(1, "optional flag of a metric")][..],
            ),
            (&[3, 3, 0, 2, 0, 1], &[]),
            (
                &[3, 2, 0x80, 2, 0, 1],
                &[(2, "recorded flag of a constraint")],
            ),
            (&[3, 0, 0x8f, 2, 0, 1], &[]),
            (
                &[3, 2, 0x20, 2, 0, 1],
                &[(2, "aggregation of a constraint or recorded metric")],
            ),
            (
                &[3, 0, 0xa0, 2, 0, 1],
                &[(2, "aggregation of a constraint or recorded metric")],
            ),
            (&[3, 0, 0x20, 2, 0, 1], &[]),
            (
                &[2, 0, 0, 4, 2, 80, 0, 7],
                &[(5, "energy without the flag that it is estimated")],
            ),
            (&[2, 0, 0, 4, 3, 80, 0, 7], &[]),
            // Of a type that nobody knows.
            (&[77, 3, 0xff, 0], &[]),
        ] {
            assert_eq!(faults(object), told, "{object:?}");
        }
    }

    #[test]
    fn a_container_has_one_metric_and_one_constraint_of_a_type() {
        let rule = "metric or constraint a second time in its container";
        let [metric, constraint] = [[3, 0, 0, 2, 0, 1], [3, 2, 0, 2, 0, 1]];
        assert_eq!(faults(&[metric, constraint].concat()), []);
        assert_eq!(faults(&[metric, constraint, metric].concat()), [(12, rule)]);
        assert_eq!(faults(&[constraint, constraint].concat()), [(6, rule)]);
        let unknown = [77, 0, 0, 0];
        assert_eq!(faults(&[unknown, unknown].concat()), []);
    }

    #[test]
    fn every_length_of_every_object_is_held_to_its_type() {
        let wrong = "metric length wrong for its type";
        for (kind, fitting) in [
            (1, [2, 3, 4, 5, 6].as_slice()),
            (2, &[2, 3, 4, 5, 6]),
            (3, &[2, 3, 4, 5, 6]),
            (4, &[4]),
            (5, &[4]),
            (6, &[2, 3, 4, 5, 6]),
            (7, &[2, 4, 6]),
            (8, &[3, 5]),
            (77, &[0, 1, 2, 3, 4, 5, 6]),
        ] {
            for length in 0..=6u8 {
                let object = [&[kind, 0, 0, length], &[0; 6][..length.into()]].concat();
                let told = faults(&object);
                let expected = (!fitting.contains(&length)).then_some((3, wrong));
                assert_eq!(told, Vec::from_iter(expected), "{kind} {length}");
                // The last octet is not there.
                if let Some((_, cut)) = object.split_last().filter(|_| length > 0) {
                    let told = faults(cut);
                    assert_eq!(told, [(3, "metric runs over its container's end")]);
                }
            }
        }
        let two = [7, 0, 0, 1, 9, 77, 0, 0, 2, 1, 0, 3, 0];
        let over = "metric runs over its container's end";
        let told = faults(&two);
        assert_eq!(told, [(3, wrong), (14, over)]);
    }
}
