//! Discovery on several links, and pings in several tunnels.

use super::*;
use crate::correlate::network::Network;
use Direction::{Reply, Request};

/// A solicitation of a neighbor, or of a router, by its hash of what it asks.
fn discovery(kind: ExchangeKind) -> QueryKey {
    QueryKey {
        kind,
        version: IpVersion::V6,
        addrs: AddrPair::new("fe80::aa".parse().unwrap(), "fe80::1".parse().unwrap()),
        id: 0,
        seq: 0,
        scope: Scope::ANY,
    }
}

/// Seen with this tag, or none, on this interface.
fn tagged(vlan: u16, interface: u32) -> Place {
    Place {
        ttl: 255,
        vlan,
        interface,
        ..Place::default()
    }
}

fn in_tunnel(number: u8) -> Place {
    Place {
        ttl: 64,
        network: Network::for_tests(number),
        depth: 1,
        ..Place::default()
    }
}

/// The frame of the request that is answered, if one is.
fn answered(relation: Relation) -> Option<u64> {
    match relation {
        Relation::Answer(answer) => answer.request.map(FrameRef::number),
        _ => None,
    }
}

const KINDS: [ExchangeKind; 2] = [ExchangeKind::Neighbor, ExchangeKind::Router];

#[test]
fn discovery_is_answered_on_its_own_link_only() {
    let pairs = [(tagged(10, 1), tagged(20, 1)), (in_tunnel(1), in_tunnel(2))];
    for kind in KINDS {
        for (here, there) in pairs {
            let key = discovery(kind);
            let mut play = Play::new();
            play.take(Request, key, 0, here);
            assert_eq!(play.take(Reply, key, 300, there), Relation::None);
            assert_eq!(answered(play.take(Reply, key, 400, here)), Some(1));
        }
    }
}

#[test]
fn the_same_is_asked_on_two_links_at_once() {
    for kind in KINDS {
        for links in [[10, 20], [20, 10]] {
            let key = discovery(kind);
            let mut play = Play::new();
            for (millis, vlan) in [(0, 10), (1, 20)] {
                let asked = play.take(Request, key, millis, tagged(vlan, 1));
                assert_eq!(asked, Relation::Request);
            }
            for (vlan, millis) in links.into_iter().zip([200, 300]) {
                let told = play.take(Reply, key, millis, tagged(vlan, 1));
                assert_eq!(answered(told), Some(u64::from(vlan / 10)), "{links:?}");
            }
        }
    }
}

/// A host captures on all of its interfaces: what comes is seen tagged, then untagged on that of its
/// VLAN, and what goes the other way round.
#[test]
fn discovery_is_answered_where_one_frame_is_seen_with_its_tag_and_without() {
    let (below, above) = (tagged(10, 1), tagged(0, 2));
    for kind in KINDS {
        for (asked, replied) in [
            ([above, below], [below, above]),
            ([below, above], [above, below]),
        ] {
            let key = discovery(kind);
            let mut play = Play::new();
            assert_eq!(play.take(Request, key, 0, asked[0]), Relation::Request);
            let copy = play.take(Request, key, 0, asked[1]);
            assert!(matches!(copy, Relation::Copy { of } if of.number() == 1));
            assert_eq!(answered(play.take(Reply, key, 5, replied[0])), Some(1));
            let copy = play.take(Reply, key, 5, replied[1]);
            assert!(matches!(copy, Relation::Copy { of } if of.number() == 3));
        }
    }
}

/// The same host, when an advertisement comes on another VLAN, first tagged.
#[test]
fn copies_tell_the_link_of_what_is_seen_without_its_tag() {
    for kind in KINDS {
        let key = discovery(kind);
        let mut play = Play::new();
        for place in [tagged(0, 2), tagged(10, 1)] {
            play.take(Request, key, 0, place);
        }
        for place in [tagged(20, 1), tagged(0, 3)] {
            assert_eq!(play.take(Reply, key, 5, place), Relation::None, "{place:?}");
        }
        assert_eq!(answered(play.take(Reply, key, 200, tagged(0, 2))), Some(1));
    }
}

#[test]
fn the_same_addresses_in_two_tunnels_are_two_pings() {
    let mut play = Play::new();
    for (millis, tunnel) in [(0, 1), (1, 2)] {
        let place = Place {
            ip_id: Some(millis),
            ..in_tunnel(tunnel)
        };
        let asked = play.take(Request, ping(1), millis.into(), place);
        assert_eq!(asked, Relation::Request);
    }
    assert_eq!(
        answered(play.take(Reply, ping(1), 3, in_tunnel(2))),
        Some(2)
    );
    assert_eq!(
        answered(play.take(Reply, ping(1), 4, in_tunnel(1))),
        Some(1)
    );
    // Whatever the way of the tunnel's own packets.
    let mut play = Play::new();
    for (millis, tunnel) in [(0, 1), (1, 2)] {
        let place = Place {
            ip_id: Some(millis),
            ..in_tunnel(tunnel)
        };
        play.take(Request, ping(1), millis.into(), place);
    }
    let other_way = Place {
        vlan: 7,
        interface: 4,
        ..in_tunnel(2)
    };
    assert_eq!(answered(play.take(Reply, ping(1), 3, other_way)), Some(2));
}

/// Where a tunnel ends, one side is seen in it and the other without; and routes may differ between
/// the two directions.
#[test]
fn a_reply_need_not_come_back_by_the_tunnel_of_its_request() {
    for (request, reply) in [
        (in_tunnel(1), tagged(0, 2)),
        (tagged(0, 2), in_tunnel(1)),
        (in_tunnel(1), in_tunnel(2)),
    ] {
        let mut play = Play::new();
        play.take(Request, ping(1), 0, request);
        assert_eq!(answered(play.take(Reply, ping(1), 3, reply)), Some(1));
    }
    for kind in KINDS {
        let key = discovery(kind);
        for (request, reply) in [
            (in_tunnel(1), tagged(10, 2)),
            (tagged(10, 2), in_tunnel(1)),
            (tagged(0, 2), in_tunnel(1)),
        ] {
            let mut play = Play::new();
            play.take(Request, key, 0, request);
            assert_eq!(answered(play.take(Reply, key, 3, reply)), Some(1));
        }
    }
}
