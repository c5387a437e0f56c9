//! Headers of links: what stands in a frame before its packet.

mod machine;
mod radio;
mod recorder;
mod transfer;
mod wide;

use super::{Part, Step};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::model::LinkType;
use crate::wire::bytes::{array_at, u8_at};
use crate::wire::link::linktype as lt;

type Table = &'static [FieldSpec];

pub(super) use machine::{Attributes, attribute, message};
pub(super) use radio::{PpiFields, RadioFields};
pub(super) use transfer::message_around;

/// What `rest` begins with, which is the header of `link` as far as it goes.
pub(super) fn step(link: LinkType, rest: &[u8]) -> Option<Step> {
    local(link, rest)
        .or_else(|| wide::step(link, rest))
        .or_else(|| recorder::step(link, rest))
        .or_else(|| machine::step(link, rest))
}

/// A header of no octets of its own.
const fn nothing_before(then: Part) -> Step {
    Step::new(0, "", &[], then)
}

/// The header of local networks.
fn local(link: LinkType, rest: &[u8]) -> Option<Step> {
    Some(match link {
        lt::ETHERNET => nothing_before(Part::Ethernet),
        lt::DSA_TAG_BRCM_PREPEND => Step::new(4, "switch_tag", TAG_BEFORE, Part::Ethernet),
        lt::DSA_TAG_BRCM | lt::DSA_TAG_DSA => {
            Step::new(16, "switch_tag", TAG_BEHIND_ADDRESSES, Part::EtherType)
        }
        lt::DSA_TAG_EDSA => Step::new(20, "switch_tag", MARVELL_BEHIND_TYPE, Part::EtherType),
        lt::IEEE802_5 => token_ring(rest)?,
        lt::FDDI => Step::new(13, "fddi", FDDI, Part::Llc),
        lt::ARCNET_LINUX => Step::new(rest.len(), "arcnet", ARCNET_LINUX, Part::End),
        lt::ARCNET_BSD => Step::new(rest.len(), "arcnet", ARCNET_BSD, Part::End),
        lt::IP_OVER_FC => Step::new(16, "ip_over_fibre_channel", LONG_ADDRESSES, Part::Llc),
        lt::APPLE_IP_OVER_IEEE1394 => Step::new(16, "ieee1394", APPLE_IEEE1394, Part::EtherType),
        lt::IPOIB => Step::new(44, "ip_over_infiniband", IP_OVER_INFINIBAND, Part::End),
        lt::INFINIBAND => Step::new(rest.len(), "infiniband", INFINIBAND, Part::End),
        lt::FC_2 => nothing_before(Part::FibreChannel),
        lt::FC_2_WITH_FRAME_DELIMS => {
            Step::new(4, "start_of_frame", START_OF_FRAME, Part::FibreChannel)
        }
        lt::IEEE802_11 => nothing_before(Part::Ieee80211),
        lt::IEEE802_15_4_WITHFCS | lt::IEEE802_15_4_NOFCS => nothing_before(Part::Ieee802154),
        lt::IEEE802_15_4_NONASK_PHY => Step::new(6, "preamble", PHY_802_15_4, Part::Ieee802154),
        lt::AX25 => nothing_before(Part::Ax25),
        lt::AX25_KISS => {
            const ACKNOWLEDGED: u8 = 0x0c;
            let length = match u8_at(rest, 0)? & 0x0f {
                ACKNOWLEDGED => 3,
                _ => 1,
            };
            Step::new(length, "kiss", KISS, Part::Ax25)
        }
        lt::GPRS_LLC => nothing_before(Part::GprsLlc),
        _ => return None,
    })
}

/// IEEE 802.5 section 3.2, perhaps with a source route.
fn token_ring(rest: &[u8]) -> Option<Step> {
    const IS_ROUTED: u8 = 0x80;
    let route = match u8_at(rest, 8)? & IS_ROUTED {
        0 => 0,
        _ => u8_at(rest, 14)? & 0x1f,
    };
    let length = 14 + usize::from(route);
    let rows = [
        spec::hex(0, 1, "access_control"),
        spec::hex(1, 1, "frame_control"),
        spec::octets(2, 6, "dst_address"),
        spec::octets(8, 6, "src_address"),
    ];
    let route = (route > 0).then(|| spec::octets(14, route.into(), "route"));
    let rows = rows.into_iter().chain(route);
    Some(Step::made(length, "token_ring", rows, Part::Llc))
}

const TAG_BEHIND_ADDRESSES: Table = &[
    spec::octets(0, 6, "dst_address"),
    spec::octets(6, 6, "src_address"),
    spec::octets(12, 4, "tag"),
];

const TAG_BEFORE: Table = &[spec::octets(0, 4, "tag")];

const MARVELL_BEHIND_TYPE: Table = &[
    spec::octets(0, 6, "dst_address"),
    spec::octets(6, 6, "src_address"),
    spec::hex(12, 2, "ether_type"),
    spec::octets(16, 4, "tag"),
];

const FDDI: Table = &[
    spec::hex(0, 1, "frame_control"),
    spec::octets(1, 6, "dst_address"),
    spec::octets(7, 6, "src_address"),
];

const ARCNET_LINUX: Table = &[
    spec::hex(0, 1, "src_address"),
    spec::hex(1, 1, "dst_address"),
    spec::hex(2, 2, "offset"),
    spec::u8(4, "protocol"),
    spec::rest(5, "fragmentation"),
];

const ARCNET_BSD: Table = &[
    spec::hex(0, 1, "src_address"),
    spec::hex(1, 1, "dst_address"),
    spec::u8(2, "protocol"),
    spec::rest(3, "fragmentation"),
];

const LONG_ADDRESSES: Table = &[
    spec::octets(0, 8, "dst_address"),
    spec::octets(8, 8, "src_address"),
];

const APPLE_IEEE1394: Table = &[
    spec::octets(0, 8, "dst_address"),
    spec::octets(8, 8, "src_address"),
];

/// RFC 4391 section 6, behind a global routing header.
const IP_OVER_INFINIBAND: Table = &[
    spec::octets(0, 40, "global_routing_header"),
    spec::hex(40, 2, "ether_type"),
];

/// The local routing header; what follows it differs.
const INFINIBAND: Table = &[
    spec::bits(0, 4, 4, "virtual_lane"),
    spec::bits(0, 0, 4, "version"),
    spec::bits(1, 4, 4, "service_level"),
    spec::bits(1, 0, 2, "next_header"),
    spec::u16(2, "dst_lid"),
    spec::bits_of(4, 2, 0, 11, "packet_words"),
    spec::u16(6, "src_lid"),
    spec::rest(8, "transport_headers"),
];

const START_OF_FRAME: Table = &[spec::hex(0, 4, "delimiter")];

const PHY_802_15_4: Table = &[
    spec::hex(0, 4, "preamble"),
    spec::hex(4, 1, "start_of_frame"),
    spec::u8(5, "frame_length"),
];

const KISS: Table = &[
    spec::bits(0, 4, 4, "port"),
    spec::bits(0, 0, 4, "command"),
    spec::u16(1, "acknowledgement"),
];

/// The EtherType that stands alone behind other fields.
pub(super) const ETHER_TYPE: Table = &[spec::hex(0, 2, "ether_type")];

/// The tag of `MACsec` behind its EtherType (IEEE 802.1AE section 9.3), and the EtherType that it protects.
pub(super) fn sec_tag(rest: &[u8]) -> Option<Step> {
    const HAS_CHANNEL: u8 = 0x20;
    let has_channel = u8_at(rest, 0)? & HAS_CHANNEL != 0;
    let rows = [
        spec::hex(0, 1, "control"),
        spec::u8(1, "short_length"),
        spec::u32(2, "packet_number"),
    ];
    let channel = has_channel.then_some(spec::octets(6, 8, "channel"));
    let length = if has_channel { 14 } else { 6 };
    let rows = rows.into_iter().chain(channel);
    Some(Step::made(length, "macsec", rows, Part::EtherType))
}

const ARP_OPERATIONS: Names = Names {
    key: "operation_name",
    words: &["", "request", "reply", "reverse_request", "reverse_reply"],
};

/// RFC 826, for IPv4 over networks with addresses of 48 bits.
const ARP: Table = &[
    spec::u16(0, "hardware_type"),
    spec::hex(2, 2, "protocol"),
    spec::u8(4, "hardware_length"),
    spec::u8(5, "protocol_length"),
    spec::named(spec::u16(6, "operation"), &ARP_OPERATIONS),
    spec::octets(8, 6, "src_address"),
    spec::v4(14, "src"),
    spec::octets(18, 6, "dst_address"),
    spec::v4(24, "dst"),
];

/// A message of the address resolution protocol, whose addresses have these lengths.
pub(super) fn arp(rest: &[u8]) -> Option<Step> {
    const LENGTHS: [u8; 2] = [6, 4];
    let lengths = array_at(rest, 4).unwrap_or(LENGTHS);
    (lengths == LENGTHS).then(|| Step::new(28, "arp", ARP, Part::End))
}

/// LLC behind ATM's adaptation, which may carry a bridged frame of Ethernet behind two octets (RFC 2684
/// section 5.2).
fn llc_over_atm(rest: &[u8]) -> Step {
    match array_at(rest, 0) {
        Some([0xaa, 0xaa, 0x03, 0, 0x80, 0xc2, 0, 0x01 | 0x07]) => {
            let rows = [
                spec::hex(0, 1, "dsap"),
                spec::hex(1, 1, "ssap"),
                spec::hex(2, 1, "control"),
                spec::hex(3, 3, "oui"),
                spec::hex(6, 2, "bridged_protocol"),
                spec::hex(8, 2, "padding"),
            ];
            Step::made(10, "llc", rows, Part::Ethernet)
        }
        _ => nothing_before(Part::Llc),
    }
}

/// Whether address and control of PPP's framing are there.
fn is_ppp_framed(rest: &[u8]) -> bool {
    u8_at(rest, 0) == Some(0xff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icmp::tunnel_header::link_parts;
    use crate::wire::link;

    /// Whatever the octets, the parts of a header come to an end, and are no more than these.
    #[test]
    fn every_link_comes_to_an_end_whatever_its_octets() {
        let patterns: [fn(usize) -> u8; 6] = [
            |_| 0,
            |_| 0xff,
            |at| u8::try_from(at & 0xff).unwrap(),
            |at| u8::try_from(0xff - (at & 0xff)).unwrap(),
            |_| 0x01,
            |_| 0xaa,
        ];
        for number in 0..300 {
            let kind = LinkType(number);
            for pattern in patterns {
                for length in (0..100).chain([255, 400]) {
                    let octets: Vec<u8> = (0..length).map(pattern).collect();
                    let told: usize = link_parts(kind, &octets).map(|part| part.bytes.len()).sum();
                    assert!(told <= length, "{number}");
                }
            }
        }
    }

    /// The header of each link that is read has names, but where there is none.
    #[test]
    fn every_link_that_is_read_has_a_header_with_fields() {
        // IP alone, and packets of a transport stream, which carry no header of a packet's.
        let without = [12, 14, 101, 228, 229, 243];
        for number in (0..300).filter(|number| !without.contains(number)) {
            let kind = LinkType(number);
            let fields = |octet| {
                let octets = [octet; 300];
                let parts = link_parts(kind, &octets);
                parts.map(|part| part.fields().count()).sum::<usize>()
            };
            let any = [0, 1, 32].into_iter().any(|octet| fields(octet) > 0);
            assert!(any || !link::is_known(kind), "{number}");
        }
    }
}
