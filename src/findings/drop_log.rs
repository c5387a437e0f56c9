//! Pings that a log in the capture says were dropped, for who tells of their loss.
//!
//! Rule: a system tells that it dropped the packet, or a rule of its packet filter logs it with a prefix
//! that says so. What a prefix says its author chose: suspected.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::correlate::exchange::Exchange;
use crate::icmp::{Body, Direction, Message};
use crate::model::{AddrPair, Frame, FrameRef};
use crate::wire::link::SystemReport;
use crate::wire::{Packet, is_dropped};

/// Requests remembered.
const REMEMBERED: usize = 10_000;
/// What rules that drop are called in prefixes, in capitals.
const WORDS: [&[u8]; 6] = [b"DROP", b"DENY", b"DENIED", b"REJECT", b"BLOCK", b"DISCARD"];

/// By addresses, identifier and sequence number, the first message that tells of it.
#[derive(Clone, Debug, Default)]
pub(super) struct DropLog(HashMap<(AddrPair, u16, u16), FrameRef, RandomState>);

impl DropLog {
    /// Takes a message that is told of.
    pub(super) fn reported(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        message: &Message<'_>,
    ) {
        if let Body::Echo(echo) = &message.body
            && echo.direction == Direction::Request
            && (is_dropped(frame, packet) || has_prefix(frame))
            && self.0.len() < REMEMBERED
        {
            let key = (packet.ip.addrs, echo.id, echo.seq);
            self.0.entry(key).or_insert_with(|| frame.reference());
        }
    }

    /// Where it is told of a request.
    pub(super) fn tells_of(&self, exchange: &Exchange) -> Option<FrameRef> {
        let key = (exchange.addrs, exchange.id?, exchange.seq?);
        self.0.get(&key).copied()
    }
}

/// Whether a rule logs the packet of `frame` as one that is dropped.
fn has_prefix(frame: &Frame<'_>) -> bool {
    let says = |prefix: &[u8], word: &[u8]| {
        (prefix.windows(word.len())).any(|octets| octets.eq_ignore_ascii_case(word))
    };
    let prefix = SystemReport::of(frame).and_then(|told| told.prefix);
    prefix.is_some_and(|prefix| WORDS.iter().any(|word| says(prefix, word)))
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::model::LinkType;
    use crate::wire::{Classified, classify};

    /// An echo request, logged by netfilter with this prefix.
    fn logged(prefix: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .icmpv4_echo_request(7, 1)
            .write(&mut packet, b"ping")
            .unwrap();
        let mut octets = vec![2, 0, 0, 5];
        for (kind, value) in [(10_u16, prefix), (9, &packet)] {
            let length = u16::try_from(value.len() + 4).unwrap();
            octets.extend(length.to_ne_bytes());
            octets.extend(kind.to_ne_bytes());
            octets.extend(value);
            octets.resize(octets.len().next_multiple_of(4), 0);
        }
        octets
    }

    #[test]
    fn a_prefix_tells_what_a_rule_does() {
        for (prefix, is_told) in [
            (&b"DROP \0"[..], true),
            (b"ufw block: \0", true),
            (b"FWD \0", false),
            (b"\0", false),
        ] {
            let data = logged(prefix);
            let frame = Frame::alone(LinkType(239), &data);
            let Classified::Icmp(packet) = classify(&frame) else {
                panic!("ICMP");
            };
            let message = Message::parse(&packet.ip);
            let mut log = DropLog::default();
            log.reported(&frame, &packet, &message);
            assert_eq!(log.0.len(), usize::from(is_told), "{prefix:?}");
        }
    }
}
