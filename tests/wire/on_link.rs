//! What a solicitation lacks is told by the link that it is on.

use etherparse::{Icmpv6Type, PacketBuilder};

use crate::captured::{records, written_at};

const ETHERNET: u32 = 1;
const RAW: u32 = 101;
/// Octets of an Ethernet header.
const HEADER: usize = 14;
const SOLICITATION: u8 = 135;
const GROUP: &str = "ff02::1:ff00:5";
const RULE: &str = "neighbor solicitation to a group without its sender's link-layer address";

/// A solicitation of `2001:db8::5` from a station, behind the header of its frame.
fn solicitation(station: [u8; 6], [src, dst]: [&str; 2], options: &[u8]) -> Vec<u8> {
    let [src, dst, target] = [src, dst, "2001:db8::5"].map(|it| {
        let address: std::net::Ipv6Addr = it.parse().unwrap();
        address.octets()
    });
    let mut packet = Vec::new();
    PacketBuilder::ethernet2(station, [0x33, 0x33, 0xff, 0, 0, 5])
        .ipv6(src, dst, 255)
        .icmpv6(Icmpv6Type::Unknown {
            type_u8: SOLICITATION,
            code_u8: 0,
            bytes5to8: [0; 4],
        })
        .write(&mut packet, &[&target[..], options].concat())
        .unwrap();
    packet
}

/// Whether it is told to be wrong, captured on this link.
fn is_told(link: u32, frame: &[u8]) -> bool {
    let file = written_at(link, [(0, frame.to_vec())].into_iter());
    let told = records(&file);
    let icmp = told.iter().find(|record| record["type"] == "icmp").unwrap();
    let rules = icmp["defects"].as_array().into_iter().flatten();
    let rules: Vec<_> = rules.map(|defect| &defect["rule"]).collect();
    assert!(rules.iter().all(|rule| **rule == RULE), "{rules:?}");
    !rules.is_empty()
}

/// RFC 4861 sections 4.3 and 7.2.2.
#[test]
fn a_solicitation_to_a_group_tells_the_address_of_its_sender_where_it_has_one() {
    const STATION: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const SOURCE: [u8; 8] = [1, 1, 2, 0, 0, 0, 0, 1];
    let of = |ends, options: &[u8]| solicitation(STATION, ends, options);
    let asks = ["2001:db8::1", GROUP];
    assert!(is_told(ETHERNET, &of(asks, &[])));
    assert!(!is_told(ETHERNET, &of(asks, &SOURCE)));
    assert!(!is_told(ETHERNET, &of(["::", GROUP], &[])));
    assert!(!is_told(ETHERNET, &of(["2001:db8::1", "2001:db8::5"], &[])));
    // Where stations have no addresses there is none to tell.
    assert!(!is_told(RAW, &of(asks, &[])[HEADER..]));
    assert!(!is_told(ETHERNET, &solicitation([0; 6], asks, &[])));
}
