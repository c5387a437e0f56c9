//! Lengths in the headers of tunnels that contradict the packet: what others go by, though the packet
//! inside is read by its own.

use super::parts;
use crate::icmp::field::{Field, Value};
use crate::icmp::item::Item;
use crate::wire::tunnel::{Behind, Encapsulation, TunnelPath};
use crate::wire::{Defects, Layer, Limit};

/// What is wrong with the lengths that the headers of these tunnels state: they count more octets than
/// there were, or too few for the packet inside; or an option runs over the end of all.
pub fn defects(tunnels: TunnelPath<'_>) -> Defects {
    let mut defects = Defects::default();
    for around in tunnels.encapsulations() {
        let mut at = 0;
        for part in parts(&around) {
            if let Some(length) = Length::of(&part) {
                length.check(at, &around, &mut defects);
            } else if part.name == Some("geneve_option")
                && stated_by_option(&part) > part.bytes.len()
            {
                const RULE: &str = "option runs over the header's end";
                defects.rule(Layer::Tunnel, at + OPTION_LENGTH, RULE);
            }
            at += part.bytes.len();
        }
    }
    defects
}

/// Where an option of Geneve has its length (RFC 8926 section 3.5).
const OPTION_LENGTH: usize = 3;

/// Octets of an option of Geneve, as it says.
fn stated_by_option(part: &Item<'_>) -> usize {
    let words = part
        .bytes
        .get(OPTION_LENGTH)
        .map_or(0, |octet| octet & 0x1f);
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
    fn of(part: &Item<'_>) -> Option<Self> {
        let (name, counts_from) = match part.name? {
            // RFC 768; RFC 2661 section 3.1.
            "udp" => ("udp_length", 0),
            "l2tp" => ("message_length", 0),
            // RFC 2516 section 4; 3GPP TS 29.281 section 5.1, TS 29.060 section 6.
            "pppoe" => ("payload_length", 6),
            "gtp_u" => ("payload_length", 8),
            "gtp_v0" => ("payload_length", 20),
            _ => return None,
        };
        let is_it = |field: &Field<'_>| field.name == name;
        let field = part.fields().find(is_it)?;
        let Value::Number(octets) = field.value else {
            return None;
        };
        Some(Self {
            field: field.range.start,
            counts_from,
            // That of UDP may be left to IP (RFC 2675 section 4).
            octets: usize::try_from(octets)
                .ok()
                .filter(|&it| it > 0 || name != "udp_length")?,
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
