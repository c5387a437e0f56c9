//! Errors that were cut before the destination of the packet that they quote.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::PacketBuilder;

use super::{CLIENT, ROUTER, SERVER};
use crate::correlate::replay::{self, Replay};
use crate::correlate::verdict::DropVerdict;
use crate::icmp::field::Extent;
use crate::wire::ip::protocol::{TCP, UDP};

/// Of errors whose packets were not captured, each cut by a snap length of so many octets.
fn verdicts_of_cut(error: &[u8], snap_length: usize) -> Vec<DropVerdict> {
    let mut play = Replay::new();
    play.at_cut(1, error, snap_length);
    play.at_cut(900, error, snap_length);
    play.verdicts()
}

#[test]
fn an_error_cut_before_the_quoted_destination_is_told_with_what_is_known() {
    let (client, server) = (
        Ipv6Addr::LOCALHOST,
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2),
    );
    let mut sent = Vec::new();
    PacketBuilder::ipv6(client.octets(), server.octets(), 64)
        .udp(4000, 53)
        .write(&mut sent, b"who is there")
        .unwrap();
    let mut error = Vec::new();
    PacketBuilder::ipv6(server.octets(), client.octets(), 64)
        .icmpv6_raw(1, 4, [0; 4])
        .write(&mut error, &sent)
        .unwrap();
    let quote = 40 + 8;
    for quoted in 7..40 {
        let told = verdicts_of_cut(&error, quote + quoted);
        assert_eq!(told.len(), 1, "{quoted}");
        assert_eq!(told[0].count, 2, "{quoted}");
        assert_eq!(told[0].flow.addrs.src(), client, "{quoted}");
        assert_eq!(told[0].flow.protocol, UDP);
        assert!(!told[0].flow.has_destination(), "{quoted}");
        assert_eq!(told[0].quotes, Extent::Cut);
    }
    // No protocol, and all that a flow takes.
    assert!(verdicts_of_cut(&error, quote + 6).is_empty());
    assert!(
        verdicts_of_cut(&error, quote + 44)[0]
            .flow
            .has_destination()
    );
}

#[test]
fn an_error_cut_before_the_quoted_destination_of_ipv4_is_told_with_what_is_known() {
    let sent = replay::segment((CLIENT, 4000), (SERVER, 443), (1, 1), 10);
    let error = replay::error(ROUTER, [3, 1, 0, 0, 0, 0, 0, 0], &sent);
    for quoted in 10..20 {
        let told = verdicts_of_cut(&error, 20 + 8 + quoted);
        assert_eq!(told.len(), 1, "{quoted}");
        assert_eq!(told[0].flow.addrs.src(), IpAddr::from(CLIENT));
        assert_eq!(told[0].flow.protocol, TCP);
        assert!(!told[0].flow.has_destination(), "{quoted}");
    }
}
