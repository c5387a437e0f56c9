//! Plays packets to a correlator, and makes some, for tests.

use std::time::Duration;

use etherparse::{IpNumber, PacketBuilder};

use super::verdict::DropVerdict;
use super::{Config, Correlator, Originals, Outcome, Sight};
use crate::icmp::Message;
use crate::model::{Frame, LinkType, Options, SourceId, Timestamp};
use crate::wire::{Classified, classify};

pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A capture of IP packets, as it goes by.
pub(super) struct Replay {
    correlator: Correlator,
    frames: u64,
    outcomes: Vec<Outcome>,
}

impl Replay {
    pub(super) fn new() -> Self {
        Self {
            correlator: Correlator::new(&Config {
                reply_timeout: TIMEOUT,
                memory_limit: 16 << 20,
                originals: Originals::Track,
                sight: Sight::Whole,
            }),
            frames: 0,
            outcomes: Vec::new(),
        }
    }

    /// An IP packet, captured at so many milliseconds.
    pub(super) fn at(&mut self, millis: i64, packet: &[u8]) {
        self.seen_in(SourceId(0), millis, packet);
    }

    /// The same in one of several captures.
    pub(super) fn seen_in(&mut self, source: SourceId, millis: i64, packet: &[u8]) {
        self.capture(
            source,
            millis,
            (LinkType(101), packet, packet.len()),
            Options::NONE,
        );
    }

    /// The same on all interfaces of a host, which it comes to (0) or leaves (4).
    pub(super) fn at_host(&mut self, millis: i64, packet_type: u8, packet: &[u8]) {
        let cooked = [0, packet_type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
        let frame = [&cooked[..], packet].concat();
        let cooked = (LinkType(113), &frame[..], frame.len());
        self.capture(SourceId(0), millis, cooked, Options::NONE);
    }

    /// An Ethernet frame.
    pub(super) fn on_ethernet(&mut self, millis: i64, frame: &[u8]) {
        let ethernet = (LinkType(1), frame, frame.len());
        self.capture(SourceId(0), millis, ethernet, Options::NONE);
    }

    /// The same with what a pcapng file tells of it.
    pub(super) fn at_with(&mut self, millis: i64, packet: &[u8], options: Options<'_>) {
        self.capture(
            SourceId(0),
            millis,
            (LinkType(101), packet, packet.len()),
            options,
        );
    }

    /// The same with a snap length.
    pub(super) fn at_cut(&mut self, millis: i64, packet: &[u8], snap_length: usize) {
        self.capture(
            SourceId(0),
            millis,
            (LinkType(101), packet, snap_length),
            Options::NONE,
        );
    }

    fn capture(
        &mut self,
        source: SourceId,
        millis: i64,
        (link, packet, snap_length): (LinkType, &[u8], usize),
        options: Options<'_>,
    ) {
        self.frames += 1;
        let length = u32::try_from(packet.len()).unwrap();
        let frame = Frame {
            source,
            number: self.frames,
            interface: None,
            ts: Timestamp::from_nanos(millis * 1_000_000),
            link,
            wire_len: length,
            fcs_len: 0,
            data: packet.get(..snap_length).unwrap_or(packet),
            options,
            transfer: None,
            cipher: None,
            expanded: None,
            part: None,
        };
        self.correlator.advance(frame.ts);
        match &classify(&frame) {
            Classified::Icmp(packet) => {
                let message = Message::parse(&packet.ip);
                self.correlator.icmp(&frame, packet, &message, true);
            }
            Classified::OtherIp(packet) => self.correlator.other_in(&frame, packet),
            Classified::NotIp => self.correlator.not_ip(&frame),
            Classified::Undecodable(_) => panic!("an IP packet"),
        }
        self.take();
    }

    fn take(&mut self) {
        loop {
            self.outcomes.extend(self.correlator.outcomes());
            if !self.correlator.go_on() {
                return;
            }
        }
    }

    /// As it stands.
    pub(super) fn correlator(&self) -> &Correlator {
        &self.correlator
    }

    /// The verdicts that were told, to the end.
    pub(super) fn verdicts(self) -> Vec<DropVerdict> {
        let verdict = |outcome| match outcome {
            Outcome::Drop(verdict) => Some(*verdict),
            _ => None,
        };
        self.end().into_iter().filter_map(verdict).collect()
    }

    /// What was told, to the end.
    pub(super) fn end(mut self) -> Vec<Outcome> {
        self.correlator.finish();
        self.take();
        self.outcomes
    }
}

/// A TCP segment between these addresses and ports, with its sequence and acknowledgement number.
pub(super) fn segment(
    (src, from): ([u8; 4], u16),
    (dst, to): ([u8; 4], u16),
    (seq, ack): (u32, u32),
    octets: usize,
) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, dst, 64)
        .tcp(from, to, seq, 1000)
        .ack(ack)
        .write(&mut packet, &vec![0; octets])
        .unwrap();
    packet
}

/// An ICMP error that begins so, to the sender of what it quotes.
pub(super) fn error(src: [u8; 4], head: [u8; 8], quoted: &[u8]) -> Vec<u8> {
    let to = quoted[12..16].try_into().unwrap();
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src, to, 64)
        .write(&mut packet, IpNumber::ICMP, &[&head, quoted].concat())
        .unwrap();
    packet
}
