//! The last packets of a flow: what is one of them, captured again, is none more that was sent.

use std::time::Duration;

use crate::correlate::copies::tells_content;
use crate::correlate::flows::{Fingerprint, is_icmp};
use crate::correlate::lead::Lead;
use crate::correlate::observation::{Observation, occupied};
use crate::correlate::sighting::{COPY_WINDOW, MIRROR_WINDOW, Mirror};
use crate::model::{AddrPair, SourceId, Timestamp};
use crate::wire::IpVersion;
use crate::wire::ip::protocol::{ESP, TCP, UDP};

/// See the module. As many are remembered as a mirror may give before it gives them again: a few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent<const REMEMBERED: usize> {
    last: [Option<Sent>; REMEMBERED],
    next: usize,
    /// Whether one gives the flow twice.
    mirror: Mirror,
}

impl<const REMEMBERED: usize> Default for Recent<REMEMBERED> {
    fn default() -> Self {
        Self {
            last: [None; REMEMBERED],
            next: 0,
            mirror: Mirror::Unknown,
        }
    }
}

impl<const REMEMBERED: usize> Recent<REMEMBERED> {
    /// Takes a packet; says whether it is one of the last.
    pub(super) fn knows(&mut self, sent: Sent) -> bool {
        let mirror = self.mirror;
        let mut last = self.last.iter_mut().flatten();
        let known = last.find(|before| sent.is_copy_of(before, mirror));
        let is_known = known.is_some();
        if let Some(before) = known.filter(|before| sent.is_beside(before)) {
            before.content = before.content.given_twice();
        }
        if !is_known && let Some(place) = self.last.get_mut(self.next) {
            *place = Some(sent);
            self.next = (self.next + 1) % REMEMBERED;
        }
        is_known
    }

    /// A mirror gives the flow twice, as it turned out; what it gave before it did so for.
    pub(super) fn is_mirrored(&mut self) {
        if self.mirror == Mirror::Unknown {
            self.mirror = Mirror::AtWork;
            for sent in self.last.iter_mut().flatten() {
                sent.content = sent.content.given_twice();
            }
        }
    }
}

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    ts: Timestamp,
    lead: Lead,
    length: u32,
    /// IPv4 identification; `None` where there is none, or it tells nothing (RFC 6864 section 4).
    number: Option<u32>,
    source: SourceId,
    ttl: u8,
    content: Content,
}

/// Whether what is kept of a packet tells its content from that of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// By a sequence number or a checksum.
    Told,
    Unknown,
    /// The same, and its copy came.
    GivenTwice,
}

impl Sent {
    /// A packet that is captured now.
    pub(super) fn now(packet: &Observation) -> Self {
        let octets = occupied(packet.data, packet.flags);
        Self {
            ts: packet.ts,
            lead: packet.lead,
            length: packet.length,
            number: packet.id().filter(|id| *id != 0),
            source: packet.frame.source(),
            ttl: packet.ttl,
            content: Content::of(packet.protocol, packet.lead, octets, || packet.addrs()),
        }
    }

    /// One that was captured before, between these addresses.
    pub(super) fn before(seen: &Fingerprint, version: IpVersion, addrs: AddrPair) -> Self {
        let is_numbered = version == IpVersion::V4 && seen.label != 0;
        let octets = occupied(seen.data, seen.flags);
        Self {
            ts: seen.ts,
            lead: seen.lead,
            length: seen.length,
            number: is_numbered.then_some(seen.label),
            source: seen.frame.source(),
            ttl: seen.ttl,
            content: Content::of(seen.protocol, seen.lead, octets, || addrs),
        }
    }

    /// Whether both were captured at one place, as far as is known.
    fn is_beside(&self, other: &Self) -> bool {
        (self.source, self.ttl) == (other.source, other.ttl)
    }

    /// Whether both are one packet: by its number, or by what it holds where it was seen at another
    /// hop or in another capture, or comes as soon as a mirror gives it. Where nothing tells what it
    /// holds, a mirror that is at work gives each once more.
    fn is_copy_of(&self, before: &Self, mirror: Mirror) -> bool {
        let given = mirror == Mirror::AtWork
            && before.content == Content::Unknown
            && self.is_beside(before);
        let elsewhere = self.source != before.source || self.ttl < before.ttl;
        let within = match (self.number, self.content) {
            (Some(_), _) if elsewhere => Duration::MAX,
            (Some(_), _) => COPY_WINDOW,
            (None, Content::Unknown) if given => MIRROR_WINDOW,
            (None, Content::Unknown) if self.ttl == before.ttl => return false,
            (None, _) if elsewhere => COPY_WINDOW,
            (None, Content::Told) if self.ttl == before.ttl => MIRROR_WINDOW,
            _ => return false,
        };
        let is_alike = self.lead == before.lead
            && self.number == before.number
            && (self.number.is_some() || self.length == before.length);
        // Time that goes backwards between two captures is no evidence against.
        is_alike && (self.ts.since(before.ts)).is_none_or(|apart| apart < within)
    }
}

impl Content {
    fn given_twice(self) -> Self {
        match self {
            Self::Told => Self::Told,
            Self::Unknown | Self::GivenTwice => Self::GivenTwice,
        }
    }

    /// Of a packet that takes so many TCP sequence numbers.
    fn of(protocol: u8, lead: Lead, octets: u32, addrs: impl Fn() -> AddrPair) -> Self {
        let told = match protocol {
            TCP => octets > 0,
            UDP => tells_content(protocol, lead, addrs()),
            ESP => true,
            _ => is_icmp(protocol),
        };
        if told { Self::Told } else { Self::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use etherparse::{IpNumber, PacketBuilder};

    use crate::correlate::replay::Replay;

    const CLIENT: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const SERVER: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

    /// When the packet is sent that is refused, in milliseconds.
    const FIRST: i64 = 10;

    /// A datagram whose checksum the card is to complete: the next one looks the same.
    fn datagram() -> Vec<u8> {
        let sum = 2 * (0x2001 + 0x0db8) + 1 + 2 + 17 + 12;
        let [high, low] = u16::to_be_bytes(sum);
        let udp = [0x9c, 0x41, 0, 9, 0, 12, high, low, 1, 2, 3, 4];
        let mut packet = Vec::new();
        PacketBuilder::ipv6(CLIENT, SERVER, 64)
            .write(&mut packet, IpNumber::UDP, &udp)
            .unwrap();
        // Flow label, as systems give each flow one.
        packet[3] = 5;
        packet
    }

    fn error() -> Vec<u8> {
        let mut packet = Vec::new();
        PacketBuilder::ipv6(SERVER, CLIENT, 64)
            .icmpv6_raw(1, 4, [0; 4])
            .write(&mut packet, &datagram())
            .unwrap();
        packet
    }

    /// How many packets came after the error, of a flow captured so often each time.
    fn after(times: usize, sent: &[i64]) -> u64 {
        let mut capture = Replay::new();
        for &millis in sent {
            for _ in 0..times {
                capture.at(millis, &datagram());
            }
            if millis == FIRST {
                for _ in 0..times {
                    capture.at(millis + 1, &error());
                }
            }
        }
        let verdicts = capture.verdicts();
        assert_eq!((verdicts.len(), verdicts[0].count), (1, 1), "{times}");
        verdicts[0].aftermath.packets
    }

    #[test]
    fn what_a_mirror_gives_twice_was_sent_once() {
        // The last two at once.
        let sent = [FIRST, 100, 200, 300, 300];
        assert_eq!(after(2, &sent), 4);
        assert_eq!(after(1, &sent), 4);
    }
}
