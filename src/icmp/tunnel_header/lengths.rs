//! Lengths in the headers of tunnels that contradict the packet: what others go by, though the packet
//! inside is read by its own.

use std::iter;

use super::moving::L2TP_HAS_LENGTH;
use super::{Part, parts};
use crate::wire::bytes::u16_at;
use crate::wire::tunnel::{Behind, Encapsulation, TunnelPath};
use crate::wire::{Defects, Layer, Limit};

/// What is wrong with the lengths that the headers of these tunnels state: they count more octets than
/// there were, or too few for the packet inside; or an option runs over the end of all.
pub fn defects(tunnels: TunnelPath<'_>) -> Defects {
    let mut defects = Defects::default();
    for around in tunnels.encapsulations() {
        let mut at = 0;
        let mut parts = parts(&around);
        for (part, item) in iter::from_fn(|| parts.next_part()) {
            let octets = item.bytes;
            if let Some(length) = Length::of(part, octets) {
                length.check(at, &around, &mut defects);
            } else if let Part::GeneveOptions { .. } = part
                && stated_by_option(octets) > octets.len()
            {
                const RULE: &str = "option runs over the header's end";
                defects.rule(Layer::Tunnel, at + OPTION_LENGTH, RULE);
            }
            at += octets.len();
        }
    }
    defects
}

/// Where an option of Geneve has its length (RFC 8926 section 3.5).
const OPTION_LENGTH: usize = 3;

/// Octets of an option of Geneve, as it says.
fn stated_by_option(option: &[u8]) -> usize {
    let words = option.get(OPTION_LENGTH).map_or(0, |octet| octet & 0x1f);
    4 + usize::from(words) * 4
}

/// A length in a header.
struct Length {
    /// Where the field is in the header.
    field: usize,
    /// Where what it counts begins.
    counts_from: usize,
    octets: usize,
}

impl Length {
    /// That in the header of this part, if it has one.
    fn of(part: Part, header: &[u8]) -> Option<Self> {
        let (field, counts_from) = match part {
            // RFC 768; RFC 2661 section 3.1.
            Part::Udp(_) => (4, 0),
            Part::L2tp if u16_at(header, 0)? & L2TP_HAS_LENGTH != 0 => (2, 0),
            // RFC 2516 section 4; 3GPP TS 29.281 section 5.1, TS 29.060 section 6.
            Part::Pppoe => (4, 6),
            Part::GtpU => (2, 8),
            Part::GtpV0 => (2, 20),
            _ => return None,
        };
        let octets = usize::from(u16_at(header, field)?);
        // UDP may leave it to IP (RFC 2675 section 4).
        let is_left = octets == 0 && matches!(part, Part::Udp(_));
        (!is_left).then_some(Self {
            field,
            counts_from,
            octets,
        })
    }

    /// Checks it in a header that begins at `at` in all of a tunnel's.
    fn check(&self, at: usize, around: &Encapsulation<'_>, defects: &mut Defects) {
        let Some(Behind { on_wire, packet }) = around.behind else {
            return;
        };
        let before = at + self.counts_from;
        let counted = |behind: usize| (around.header.len() + behind).saturating_sub(before);
        let (there, needed) = (counted(on_wire), counted(packet.min(on_wire)));
        let limit = match around.outer {
            Some(_) => Limit::IpLength,
            None => Limit::Frame,
        };
        if self.octets > there {
            defects.short(Layer::Tunnel, at + self.field, self.octets, there, limit);
        } else if self.octets < needed {
            const RULE: &str = "length too small for the packet inside";
            defects.rule(Layer::Tunnel, at + self.field, RULE);
        }
    }
}
