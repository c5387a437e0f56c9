//! Probes that are one flow, so that load is not balanced between them (Paris
//! traceroute): their checksums and payloads tell them apart.

use std::net::Ipv6Addr;

use etherparse::PacketBuilder;

use super::{paths_of, told};
use crate::correlate::replay::Replay;

const HERE: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).octets();
const THERE: [u8; 16] = Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9).octets();

#[test]
fn probes_of_one_flow_in_flight_together_have_their_hops() {
    let probe = |ttl: u8, left| {
        let mut packet = Vec::new();
        PacketBuilder::ipv6(HERE, THERE, left)
            .udp(40_000, 33_435)
            .write(&mut packet, &[7 * ttl, 0, 0, 0])
            .unwrap();
        packet
    };
    let mut capture = Replay::new();
    for ttl in 1..=4 {
        capture.at(ttl.into(), &probe(ttl, ttl));
    }
    for (at, ttl) in [(10, 1), (20, 3), (30, 2), (40, 4)] {
        let mut from = THERE;
        from[5] = ttl;
        let mut back = Vec::new();
        PacketBuilder::ipv6(from, HERE, 64)
            .icmpv6_raw(3, 0, [0; 4])
            .write(&mut back, &probe(ttl, 1))
            .unwrap();
        capture.at(at, &back);
    }
    let paths = paths_of(capture);
    let answers: Vec<_> = paths.iter().map(told).collect();
    assert_eq!(answers, [(None, vec![1; 4])]);
    for hop in &paths[0].hops {
        let mut from = THERE;
        from[5] = hop.ttl;
        assert_eq!(hop.routers[0].router, std::net::IpAddr::from(from));
        assert_eq!(hop.unanswered, 0);
    }
}
