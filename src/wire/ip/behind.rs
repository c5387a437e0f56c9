//! What an IP header holds behind its fixed fields: IPv4 options (RFC 791 section 3.1), IPv6
//! extension headers and their options (RFC 8200 section 4). Read when asked for.

use std::net::{IpAddr, Ipv6Addr};

use super::v6::{extension_length, is_extension, is_payload_itself};
use super::{Ip, IpVersion, protocol};
use crate::model::AddrPair;
use crate::wire::bytes::{array_at, tail, u8_at};

/// Octets of an IPv4 header without options.
const FIXED_4: usize = 20;

/// Whose numbers an option's type is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionSpace {
    /// IPv4 options.
    Ipv4,
    /// Hop-by-hop and destination options of IPv6.
    Ipv6,
    /// What a segment routing header holds behind its segments (RFC 8754 section 2.1).
    SegmentRouting,
    /// Those of dynamic source routing (RFC 4728 section 6).
    DynamicSourceRouting,
    /// TCP options (RFC 9293 section 3.2), which are laid out as those of IPv4.
    Tcp,
}

impl OptionSpace {
    /// Whether the option is its type alone: padding, or the end of the options.
    const fn is_single_octet(self, kind: u8) -> bool {
        match self {
            Self::Ipv4 | Self::Tcp => kind <= 1,
            Self::Ipv6 | Self::SegmentRouting => kind == 0,
            Self::DynamicSourceRouting => kind == 224,
        }
    }
}

/// An option of an IPv4 header, of an extension header, or of a TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpOption<'a> {
    /// Whose number its type is.
    pub space: OptionSpace,
    /// Option type.
    pub kind: u8,
    /// Its octets from the type on, as captured.
    pub bytes: &'a [u8],
}

impl IpOption<'_> {
    /// What it states as its length, in octets, type and length included; `None` where that is
    /// not there or does not count these two.
    pub fn length(&self) -> Option<u16> {
        if self.space.is_single_octet(self.kind) {
            return Some(1);
        }
        let stated = u16::from(u8_at(self.bytes, 1)?);
        match self.space {
            OptionSpace::Ipv4 | OptionSpace::Tcp => Some(stated).filter(|&length| length >= 2),
            OptionSpace::Ipv6 | OptionSpace::SegmentRouting | OptionSpace::DynamicSourceRouting => {
                Some(stated + 2)
            }
        }
    }

    /// Octets that it states; type and length alone where it does not.
    pub fn stated(&self) -> usize {
        self.length().map_or(2, usize::from)
    }

    /// Whether an option that is all there holds what its type does; those of TCP always do.
    pub fn fits(&self) -> bool {
        let length = self.bytes.len();
        if self.length().map(usize::from) != Some(length) {
            return true;
        }
        match self.space {
            OptionSpace::Ipv4 => holds_entries(self.kind, length, u8_at(self.bytes, 3)),
            OptionSpace::DynamicSourceRouting => holds_route(self.kind, length),
            OptionSpace::Ipv6 => holds_value(self.kind, tail(self.bytes, 2)),
            OptionSpace::SegmentRouting => holds_segment_value(self.kind, length),
            OptionSpace::Tcp => true,
        }
    }

    /// Whether it fills space and says nothing: padding that holds anything is none.
    pub fn is_padding(&self) -> bool {
        let is_padn = match self.space {
            OptionSpace::Ipv4 | OptionSpace::Tcp => false,
            OptionSpace::Ipv6 => self.kind == 1,
            OptionSpace::SegmentRouting => self.kind == 4,
            OptionSpace::DynamicSourceRouting => self.kind == 0,
        };
        self.space.is_single_octet(self.kind)
            || is_padn && tail(self.bytes, 2).iter().all(|&octet| octet == 0)
    }
}

/// Whether an option of this length holds what its type does: a head and whole entries (RFC 791
/// section 3.1), or a value of two octets (there and RFC 2113).
pub(super) fn holds_entries(kind: u8, length: usize, flag: Option<u8>) -> bool {
    match kind {
        7 | 131 | 137 => length >= 3 && (length - 3).is_multiple_of(4),
        68 => {
            let entry = match flag.map(|octet| octet & 0x0f) {
                Some(1 | 3) => 8,
                _ => 4,
            };
            length >= 4 && (length - 4).is_multiple_of(entry)
        }
        // Also RFC 1063.
        11 | 12 | 136 | 148 => length == 4,
        // RFC 4782 section 3.1.
        25 => length == 8,
        // RFC 1393 section 2.2.
        82 => length == 12,
        // RFC 1108 sections 2.2 and 3.1.
        130 | 133 => length >= 3,
        _ => true,
    }
}

/// The same of an option of IPv6 and the octets behind its length: RFC 2473 section 4.1.1, RFC 2711
/// section 2.1, RFC 5570 section 5.1.3, RFC 8250 section 3.2, RFC 9343 section 3.1, RFC 4782 section
/// 3.2, RFC 6553 section 3, RFC 9268 section 5, RFC 2675 section 2, RFC 6275 section 6.3 and RFC 6971
/// section 13.1.2.
pub(super) fn holds_value(kind: u8, value: &[u8]) -> bool {
    let wanted = match kind {
        0x04 => 1,
        0x05 => 2,
        0x07 => 8 + 4 * u8_at(value, 4).map_or(0, usize::from),
        0x0f => 10,
        0x12 | 0x32 | 0x30 | 0xc2 => 4,
        0x26 => 6,
        0x23 | 0x63 => return value.len() >= 4,
        0xc9 => 16,
        0xee => 3,
        _ => return true,
    };
    value.len() == wanted
}

/// The same of one of a segment routing header, type and length included: a code has up to 32 octets
/// behind six (RFC 8754 section 2.1.2).
fn holds_segment_value(kind: u8, length: usize) -> bool {
    const HMAC: u8 = 5;
    const HEAD: usize = 8;
    kind != HMAC || matches!(length, 16..=40) && (length - HEAD).is_multiple_of(8)
}

/// The same of dynamic source routing, type and length included (RFC 4728 sections 6.2 to 6.8).
fn holds_route(kind: u8, length: usize) -> bool {
    let addresses_behind = |head: usize| length >= head && (length - head).is_multiple_of(4);
    match kind {
        1 => addresses_behind(8),
        2 => addresses_behind(3),
        // What stands behind the two addresses is told by the kind of error.
        3 => length >= 12,
        32 => length == 12,
        96 => addresses_behind(4),
        160 => length == 4,
        _ => true,
    }
}

/// Options one behind the other.
#[derive(Clone, Debug)]
pub struct IpOptions<'a> {
    space: OptionSpace,
    rest: &'a [u8],
}

impl<'a> IpOptions<'a> {
    pub(crate) const fn new(space: OptionSpace, octets: &'a [u8]) -> Self {
        Self {
            space,
            rest: octets,
        }
    }
}

impl<'a> Iterator for IpOptions<'a> {
    type Item = IpOption<'a>;

    /// The next option; one that claims more than is there is given as far as it goes. Ends at
    /// IPv4's end of options, and at a length that leads nowhere.
    fn next(&mut self) -> Option<IpOption<'a>> {
        let kind = u8_at(self.rest, 0)?;
        let is_single = self.space.is_single_octet(kind);
        let length = if is_single {
            1
        } else {
            let field = usize::from(u8_at(self.rest, 1).unwrap_or(0));
            match self.space {
                OptionSpace::Ipv4 | OptionSpace::Tcp => field,
                OptionSpace::Ipv6
                | OptionSpace::SegmentRouting
                | OptionSpace::DynamicSourceRouting => field + 2,
            }
        };
        // RFC 791: the length counts type and length themselves. What is behind a wrong one nobody
        // knows.
        let leads_nowhere = !is_single && length < 2;
        let counts_itself = matches!(self.space, OptionSpace::Ipv4 | OptionSpace::Tcp);
        let is_last = counts_itself && (kind == 0 || leads_nowhere);
        let end = if leads_nowhere { 2 } else { length };
        let bytes = self.rest.get(..end).unwrap_or(self.rest);
        self.rest = if is_last {
            &[]
        } else {
            tail(self.rest, length)
        };
        Some(IpOption {
            space: self.space,
            kind,
            bytes,
        })
    }
}

/// An extension header: IPv4 has those of authentication, HIP and dynamic source routing, and others
/// where it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionHeader<'a> {
    /// Its protocol number.
    pub protocol: u8,
    /// Its octets, as captured.
    pub bytes: &'a [u8],
    /// Where the packet goes to.
    pub destination: IpAddr,
}

impl<'a> ExtensionHeader<'a> {
    /// Octets that it states, at least those of its fixed part.
    pub fn length(&self) -> usize {
        extension_length(self.protocol, self.bytes)
    }

    /// The type of a routing header.
    pub fn routing_type(&self) -> Option<u8> {
        (self.protocol == protocol::ROUTE)
            .then(|| u8_at(self.bytes, 2))
            .flatten()
    }

    /// Its options, where it is of a kind that has any.
    pub fn options(&self) -> IpOptions<'a> {
        let (space, at) = match self.protocol {
            protocol::HOPOPT | protocol::DEST_OPTIONS => (OptionSpace::Ipv6, 2),
            protocol::ROUTE if self.routing_type() == Some(4) => {
                (OptionSpace::SegmentRouting, 8 + self.segments() * 16)
            }
            protocol::DSR if !self.is_flow_state() => (OptionSpace::DynamicSourceRouting, 4),
            _ => (OptionSpace::Ipv6, usize::MAX),
        };
        IpOptions::new(space, tail(self.bytes, at))
    }

    /// Whether a header of dynamic source routing tells a flow instead of having options (RFC 4728
    /// section 6.9).
    pub fn is_flow_state(&self) -> bool {
        self.protocol == protocol::DSR && u8_at(self.bytes, 1).is_some_and(|flags| flags >= 0x80)
    }

    /// The segments that a packet has to visit behind its destination, in that order, by its segment
    /// routing header (RFC 8754 section 4.3.1.1).
    pub fn segments_ahead(&self) -> impl Iterator<Item = Ipv6Addr> + use<'a> {
        let bytes = self.bytes;
        let left = match self.routing_type() {
            Some(4) => u8_at(bytes, 3).map_or(0, usize::from),
            _ => 0,
        };
        let left = if left > self.segments() { 0 } else { left };
        let segment = move |n: usize| array_at::<16>(bytes, 8 + 16 * n).map(Ipv6Addr::from);
        (0..left).rev().map_while(segment)
    }

    /// How many segments a segment routing header lists (RFC 8754 section 2).
    pub fn segments(&self) -> usize {
        usize::from(u8_at(self.bytes, 4).unwrap_or(0)) + 1
    }
}

/// Where a source route of IPv4 (RFC 791 section 3.1) leads in the end, while its pointer does not
/// lead beyond it.
fn last_hop(option: &IpOption<'_>) -> Option<IpAddr> {
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    const ADDRESSES: usize = 3;
    let [kind, length, pointer] = array_at(option.bytes, 0)?;
    let end = usize::from(length);
    if !matches!(kind, LOOSE | STRICT) || usize::from(pointer) > end || end < ADDRESSES + 4 {
        return None;
    }
    array_at::<4>(option.bytes, end - 4).map(IpAddr::from)
}

impl<'a> Ip<'a> {
    /// The options of an IPv4 header; IPv6 has them in extension headers.
    pub fn options(&self) -> IpOptions<'a> {
        let options = match self.version {
            IpVersion::V4 => self.header.get(FIXED_4..self.fixed_end()),
            IpVersion::V6 => None,
        };
        IpOptions::new(OptionSpace::Ipv4, options.unwrap_or_default())
    }

    /// Who sent the packet and who is to get it in the end, as its upper layer has it: other than the
    /// addresses of the header where a route is given (RFC 791 section 3.1, RFC 8200 section 4.4) or a
    /// mobile node names its home (RFC 6275 section 6.3).
    #[inline]
    pub fn ends(&self) -> AddrPair {
        match self.version {
            IpVersion::V4 if self.fixed_end() == FIXED_4 => self.addrs,
            IpVersion::V6 if self.final_destination.is_none() && self.home_address.is_none() => {
                self.addrs
            }
            _ => self.routed_ends(),
        }
    }

    #[cold]
    fn routed_ends(&self) -> AddrPair {
        let home = self.home_address.map(IpAddr::V6);
        let last = match self.version {
            IpVersion::V4 => self.options().find_map(|option| last_hop(&option)),
            IpVersion::V6 => self.final_destination.map(IpAddr::V6),
        };
        AddrPair::new(home.unwrap_or(self.src()), last.unwrap_or(self.dst()))
    }

    /// The protocol behind all extension headers; `None` where the one that tells it was cut.
    pub fn upper_protocol(&self) -> Option<u8> {
        let is_cut = self.version == IpVersion::V6
            && !self.is_later_fragment()
            && is_extension(self.protocol)
            && !is_payload_itself(self.protocol);
        (!is_cut).then_some(self.protocol)
    }

    /// The extension headers, as far as they were captured.
    pub fn extension_headers(&self) -> impl Iterator<Item = ExtensionHeader<'a>> + use<'a> {
        let header = self.header;
        let mut next = self.named_protocol();
        let mut rest = tail(header, self.fixed_end());
        let destination = self.dst();
        std::iter::from_fn(move || {
            let following = u8_at(rest, 0)?;
            if !is_extension(next) {
                return None;
            }
            let length = extension_length(next, rest);
            let bytes = rest.get(..length).unwrap_or(rest);
            rest = tail(rest, length);
            Some(ExtensionHeader {
                protocol: std::mem::replace(&mut next, following),
                bytes,
                destination,
            })
        })
    }

    /// Octets of the header as it states them, however many were captured: of IPv6 with its extension headers,
    /// as far as they are known; of IPv4, where such are data, without.
    pub fn stated_header(&self) -> usize {
        match self.version {
            IpVersion::V4 => {
                let words = u8_at(self.header, 0).unwrap_or(0) & 0x0f;
                (usize::from(words) * 4).max(FIXED_4)
            }
            IpVersion::V6 => {
                let behind = self.length.saturating_sub(self.payload_length);
                usize::try_from(behind).map_or(0, |octets| octets.max(self.header.len()))
            }
        }
    }

    /// Where the header without extension headers ends.
    fn fixed_end(&self) -> usize {
        match self.version {
            IpVersion::V4 => {
                let words = u8_at(self.header, 0).unwrap_or(0) & 0x0f;
                (usize::from(words) * 4).clamp(FIXED_4, self.header.len().max(FIXED_4))
            }
            IpVersion::V6 => 40,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::DefectKind;
    use crate::wire::defect::{Layer, Limit};

    /// The place and the rule of each defect of a packet with these octets of DSR options, which states
    /// another length by so many.
    fn faults(options: &[u8], less: usize) -> Vec<(u32, &'static str)> {
        let length = u8::try_from(options.len() - less).unwrap();
        let total = u8::try_from(20 + 4 + options.len() + 8).unwrap();
        let head = [
            0x45, 0, 0, total, 0, 1, 0, 0, 64, 48, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        let packet = [&head[..], &[1, 0, 0, length], options, &[0; 8]].concat();
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let told = ip.defects();
        told.iter()
            .map(|defect| match defect.kind {
                DefectKind::Rule(rule) if defect.layer == Layer::Ipv4 => (defect.offset, rule),
                _ => panic!("{defect:?}"),
            })
            .collect()
    }

    /// RFC 4728 sections 6.2 to 6.8.
    #[test]
    fn every_length_of_every_option_of_dynamic_source_routing_is_held_to_its_type() {
        let wrong = "option length wrong for its type";
        for (kind, fitting) in [
            (1, [6, 10, 14].as_slice()),
            (2, &[1, 5, 9, 13]),
            (3, &[10, 11, 12, 13, 14]),
            (32, &[10]),
            (96, &[2, 6, 10, 14]),
            (160, &[2]),
        ] {
            for length in 0..=14 {
                let option = [&[kind, length][..], &[0; 14][..length.into()]].concat();
                let expected = (!fitting.contains(&length)).then_some((25, wrong));
                assert_eq!(
                    faults(&option, 0),
                    Vec::from_iter(expected),
                    "{kind} {length}"
                );
            }
        }
        for length in 0..=14 {
            let unknown = [&[77, length][..], &[0; 14][..length.into()]].concat();
            assert_eq!(faults(&unknown, 0), []);
            let over = [(25, "option runs over the header's end")];
            if length > 0 {
                assert_eq!(faults(&unknown, 1), over);
            }
        }
        let two = [160, 1, 9, 224, 32, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(faults(&two, 0), [(25, wrong), (29, wrong)]);
    }
}
