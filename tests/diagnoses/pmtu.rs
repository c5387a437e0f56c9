//! Packets that are too large for their way.

use crate::common::crafted::{Crafted, error, tcp};
use crate::{A, B, ROUTER, assert_told, of_kind};

/// A connection of which octet 1 is the first.
struct Connection {
    capture: Crafted,
    /// Identification of the last packet.
    number: u16,
}

impl Connection {
    fn new() -> Self {
        let mut connection = Self {
            capture: Crafted::new(),
            number: 0,
        };
        let ports = (4000, 443);
        let syn = tcp((A, B), ports, 0, |tcp| tcp.syn(), &[]);
        connection.capture.at(0, &syn);
        let answer = tcp((B, A), (443, 4000), 0, |tcp| tcp.syn().ack(1), &[]);
        connection.capture.at(10, &answer);
        connection
    }

    /// Sends an IP packet of this length with octets from `seq` on.
    fn sends(&mut self, millis: u64, seq: u32, length: usize) -> Vec<u8> {
        self.number += 1;
        let mut packet = tcp(
            (A, B),
            (4000, 443),
            seq,
            |tcp| tcp.ack(1),
            &vec![0; length - 40],
        );
        packet[4..6].copy_from_slice(&self.number.to_be_bytes());
        self.capture.at(millis, &packet);
        packet
    }

    /// The same, and a router tells that it takes 1400 octets.
    fn is_refused(&mut self, millis: u64, seq: u32, length: usize) {
        let packet = self.sends(millis, seq, length);
        let refusal = error(ROUTER, (3, 4), 1400, &packet);
        self.capture.at(millis + 5, &refusal);
    }

    /// All up to `ack` arrived.
    fn acknowledged(&mut self, millis: u64, ack: u32) {
        let packet = tcp((B, A), (443, 4000), 1, |tcp| tcp.ack(ack), &[]);
        self.capture.at(millis, &packet);
    }
}

/// TCP tries smaller segments by itself when nothing else helps.
#[test]
fn a_sender_that_hears_nothing_of_the_mtu_is_in_a_black_hole_though_it_finds_its_way() {
    for (last, expected) in [
        (3000, ("pmtu_black_hole", "warning")),
        (300, ("pmtu_discovery", "info")),
    ] {
        let mut connection = Connection::new();
        for millis in [100, 200, last] {
            connection.is_refused(millis, 1, 1500);
        }
        connection.sends(last + 3000, 1, 1076);
        connection.acknowledged(last + 3020, 1037);
        assert_told(&connection.capture, &[expected]);
    }
}
