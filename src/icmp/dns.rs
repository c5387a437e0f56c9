//! Names in DNS wire format (RFC 1035 section 3.1), as DNSSL options carry them: without compression
//! pointers.

use std::mem;

use crate::wire::bytes::offset_in;

/// The rule that a name breaks whose labels lead out of its octets, or that has no end.
pub(super) const RULE: &str = "name is not in DNS wire format";

/// The most octets of a label.
const LONGEST: u8 = 63;

/// A name: its labels, whatever octets they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    wire: &'a [u8],
    /// Whether the closing zero octet is there.
    pub complete: bool,
}

impl<'a> Name<'a> {
    pub(super) const fn new(wire: &'a [u8], complete: bool) -> Self {
        Self { wire, complete }
    }

    /// The labels, outermost last. To be escaped wherever they are shown.
    pub fn labels(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.wire;
        std::iter::from_fn(move || {
            let (&length, behind) = rest.split_first()?;
            // No length of a label: what it stands for nobody knows.
            if length > LONGEST {
                return Some(mem::take(&mut rest));
            }
            let length = usize::from(length).min(behind.len());
            if length == 0 {
                return None;
            }
            let (label, behind) = behind.split_at_checked(length)?;
            rest = behind;
            Some(label)
        })
    }

    /// Whether it is the root, which has no label.
    pub fn is_root(&self) -> bool {
        self.complete && self.labels().next().is_none()
    }

    /// Length on the wire in octets.
    pub fn wire_len(&self) -> usize {
        self.wire.len()
    }
}

/// The names that stand one behind the other in `octets`. Zero octets between and behind them are
/// padding; where there is nothing else, the first is the root's name. A label that is longer than what is left is given as far as it goes, and nothing
/// behind it; so is a compression pointer, which has no place here.
pub fn names(octets: &[u8]) -> impl Iterator<Item = Name<'_>> + Clone {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let padding = rest.iter().take_while(|&&octet| octet == 0).count();
        if padding > 0 && padding == octets.len() {
            let (wire, _) = mem::take(&mut rest).split_at_checked(1)?;
            return Some(Name {
                wire,
                complete: true,
            });
        }
        rest.get(padding..).filter(|rest| !rest.is_empty())?;
        let mut at = 0;
        loop {
            match rest.get(at) {
                Some(0) => {
                    let (wire, behind) = rest.split_at_checked(at + 1)?;
                    rest = behind;
                    return Some(Name {
                        wire,
                        complete: true,
                    });
                }
                Some(&length @ 1..=LONGEST) => at += 1 + usize::from(length),
                Some(_) | None => {
                    let wire = rest;
                    rest = &[];
                    return Some(Name {
                        wire,
                        complete: false,
                    });
                }
            }
        }
    })
}

/// The name that `octets` begin with, which may be the root's.
pub(super) fn first(octets: &[u8]) -> Name<'_> {
    if let Some((root @ [0], _)) = octets.split_at_checked(1) {
        return Name::new(root, true);
    }
    names(octets).next().unwrap_or(Name::new(octets, false))
}

/// Octets of the names in front of `octets` that are all there.
pub(super) fn complete(octets: &[u8]) -> usize {
    if octets.iter().all(|&octet| octet == 0) {
        // What comes behind them tells whether they are the root's name or padding.
        return 0;
    }
    let names = names(octets).take_while(|name| name.complete);
    let ends = names.filter_map(|name| Some(offset_in(octets, name.wire)? + name.wire.len()));
    ends.last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(octets: &[u8]) -> Vec<String> {
        names(octets)
            .map(|name| {
                let labels: Vec<_> = name.labels().map(String::from_utf8_lossy).collect();
                labels.join(".") + if name.complete { "." } else { "" }
            })
            .collect()
    }

    #[test]
    fn names_stand_one_behind_the_other() {
        let octets = b"\x03lab\x04test\0\x01a\0\0\0\0";
        assert_eq!(text(octets), ["lab.test.", "a."]);
        assert_eq!(text(&[0; 8]), ["."], "the root's");
        assert_eq!(text(b""), [""; 0]);
    }

    #[test]
    fn every_prefix_gives_what_is_there() {
        let octets = b"\x03lab\x04test\0\x01a\0";
        for length in 0..octets.len() {
            let names = text(&octets[..length]);
            assert!(names.len() <= 2);
            assert_eq!(
                names.first().is_some_and(|n| n == "lab.test."),
                length >= 10
            );
        }
        assert_eq!(text(&octets[..6]), ["lab.t"]);
    }

    #[test]
    fn what_is_no_label_ends_the_list() {
        assert_eq!(names(&[0xc0, 0x0c, 1, 2]).count(), 1);
        assert_eq!(names(&[0xff; 300]).count(), 1);
        assert_eq!(text(b"\x05ab"), ["ab"]);
        assert_eq!(text(b"host"), ["host"], "no octet is lost");
    }
}
