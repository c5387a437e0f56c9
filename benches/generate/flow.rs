//! One flow of the mixed traffic: TCP or UDP, IPv4 or IPv6, both directions.
//!
//! Flows are long-tailed, as on any link that people use: half of them are a single packet, half of
//! the rest two or three, and a few carry most of the octets. The chance of at least `n` packets is
//! about `1 / n`, up to 65,535, which makes 12 packets on average. Large flows are fast ones: all
//! live for about as long.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::Result;
use etherparse::{TcpHeader, TcpOptionElement};

use crate::packet::{self, Ip};
use crate::random::Random;

/// Sizes of flows double so often at most.
const DOUBLINGS: u32 = 16;
/// Mean nanoseconds from the first packet of a flow to the first one of the flow that takes its
/// place.
const LIFETIME: u64 = 24_000_000_000;
/// Nanoseconds until a first packet that was refused is sent again; then twice as many.
const RETRY: u64 = 1_000_000_000;
/// Flows that are refused at their first packet, in a million.
const REFUSED: u64 = 25_000;
/// Flows whose path takes no packets as large as [`LARGE`], in a million.
const NARROW: u64 = 22_000;
/// Flows that meet a router without a route at some packet, in a million.
const CUT_OFF: u64 = 5_000;
/// Octets of a frame that is large.
pub(crate) const LARGE: usize = 1400;
/// Packets of the server among those behind the handshake, in a million: data mostly, which the
/// client acknowledges by twos.
const FROM_SERVER: u64 = 650_000;

/// One flow.
pub(crate) struct Flow {
    pub(crate) client: IpAddr,
    pub(crate) server: IpAddr,
    pub(crate) transport: Transport,
    /// Largest payload in octets.
    segment: usize,
    /// Large packets do not get through.
    is_narrow: bool,
    /// Packets to come when a router has no route for one.
    cut_off: Option<u32>,
    /// Packets to come.
    pub(crate) remaining: u32,
    /// Somebody refuses its first packet, however often it is sent.
    pub(crate) is_refused: bool,
    /// Who complains if somebody does, and of what, of a hundred.
    pub(crate) router: IpAddr,
    pub(crate) fate: u64,
    ports: (u16, u16),
    /// IPv4 identifications of client and server.
    ids: (u16, u16),
    /// Sequence numbers of client and server.
    seqs: (u32, u32),
    sent: u32,
    /// Mean nanoseconds between two packets.
    gap: u64,
    server_ttl: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

/// Who sent a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    Client,
    Server,
}

impl Sender {
    fn by(from_client: bool) -> Self {
        if from_client {
            Self::Client
        } else {
            Self::Server
        }
    }
}

/// A host of one of a few networks.
pub(crate) fn host(random: &mut Random, six: bool, net: u8) -> IpAddr {
    let number = random.u16(1, 20_000);
    if six {
        Ipv6Addr::new(0x2001, 0xdb8, u16::from(net), 0, 0, 0, 0, number).into()
    } else {
        let [high, low] = number.to_be_bytes();
        Ipv4Addr::new(10, net, high, low).into()
    }
}

impl Flow {
    pub(crate) fn new(random: &mut Random) -> Self {
        let six = random.chance(200_000);
        let transport = if random.chance(800_000) {
            Transport::Tcp
        } else {
            Transport::Udp
        };
        let server_port = match transport {
            Transport::Tcp => [443, 80, 22, 5432, 8080][random.index(5)],
            Transport::Udp => [53, 443, 123, 4500, 33434][random.index(5)],
        };
        let is_refused = random.chance(REFUSED);
        let remaining = if is_refused {
            u32::from(random.u8(1, 4))
        } else {
            packets(random)
        };
        Self {
            client: host(random, six, 1),
            server: host(random, six, 2),
            ports: (random.u16(32_768, 60_999), server_port),
            transport,
            ids: (random.u16(1, u16::MAX), random.u16(1, u16::MAX)),
            seqs: (random.u32(), random.u32()),
            segment: if six { 1428 } else { 1448 },
            is_narrow: random.chance(NARROW),
            cut_off: (random.chance(CUT_OFF)).then(|| random.u32() % remaining),
            sent: 0,
            remaining,
            gap: LIFETIME / u64::from(remaining),
            is_refused,
            router: host(random, six, 9),
            fate: random.range(0, 100),
            server_ttl: 64 - random.u8(1, 20),
        }
    }

    /// Nanoseconds until its next packet, or until the next flow begins.
    pub(crate) fn pause(&self, random: &mut Random) -> u64 {
        if self.is_refused && self.remaining > 0 {
            RETRY << self.sent.saturating_sub(1)
        } else {
            random.waiting(self.gap)
        }
    }

    /// Builds the next packet.
    pub(crate) fn packet(
        &mut self,
        random: &mut Random,
        noise: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Sender> {
        let sender = match self.transport {
            Transport::Tcp => self.tcp(random, noise, out),
            Transport::Udp => self.udp(random, noise, out),
        };
        self.sent += 1;
        self.remaining -= 1;
        sender
    }

    /// Whether somebody complains about the packet just built, a frame of so many octets.
    pub(crate) fn is_hit(&self, length: usize) -> bool {
        self.is_refused
            || (self.is_narrow && length > LARGE)
            || self.cut_off == Some(self.remaining)
    }

    /// Sends nothing any more that is larger than a path takes.
    pub(crate) fn lower_segment(&mut self, mtu: u16) {
        let headers = if self.client.is_ipv6() { 72 } else { 52 };
        self.segment = usize::from(mtu) - headers;
        self.is_narrow = false;
    }

    /// The header of the next packet, with the sender's identification moved on.
    fn ip(&mut self, sender: Sender) -> Ip {
        let (src, dst, id, ttl) = match sender {
            Sender::Client => {
                self.ids.0 = self.ids.0.wrapping_add(1);
                (self.client, self.server, self.ids.0, 64)
            }
            Sender::Server => {
                self.ids.1 = self.ids.1.wrapping_add(1);
                (self.server, self.client, self.ids.1, self.server_ttl)
            }
        };
        Ip { src, dst, id, ttl }
    }

    /// The next TCP segment: handshake, then mostly data one way and acknowledgements the other.
    fn tcp(&mut self, random: &mut Random, noise: &[u8], out: &mut Vec<u8>) -> Result<Sender> {
        // A SYN that is refused comes again, the same.
        let step = if self.is_refused { 0 } else { self.sent };
        let sender = Sender::by(match step {
            0 | 2 => true,
            1 => false,
            _ => !random.chance(FROM_SERVER),
        });
        let length = match (step, sender) {
            (0..3, _) => 0,
            (_, Sender::Client) if random.chance(60_000) => random.index(600),
            (_, Sender::Client) => 0,
            (_, Sender::Server) if random.chance(60_000) => random.index(self.segment),
            (_, Sender::Server) => self.segment,
        };
        let (ports, seq, ack) = match sender {
            Sender::Client => (self.ports, self.seqs.0, self.seqs.1),
            Sender::Server => ((self.ports.1, self.ports.0), self.seqs.1, self.seqs.0),
        };
        let mut header = TcpHeader::new(ports.0, ports.1, seq, 501);
        header.syn = step < 2;
        header.ack = step > 0;
        header.psh = length > 0;
        header.fin = self.remaining == 1 && step > 2;
        header.acknowledgment_number = if header.ack { ack } else { 0 };
        // Timestamps, as every current stack sends them.
        header.set_options(&[
            TcpOptionElement::Noop,
            TcpOptionElement::Noop,
            TcpOptionElement::Timestamp(seq, ack),
        ])?;
        let by = u32::try_from(length)? + u32::from(header.syn) + u32::from(header.fin);
        if !self.is_refused {
            let own = match sender {
                Sender::Client => &mut self.seqs.0,
                Sender::Server => &mut self.seqs.1,
            };
            *own = seq.wrapping_add(by);
        }
        let start = random.index(noise.len() - length);
        packet::tcp(self.ip(sender), &header, &noise[start..start + length], out)?;
        Ok(sender)
    }

    fn udp(&mut self, random: &mut Random, noise: &[u8], out: &mut Vec<u8>) -> Result<Sender> {
        let from_client = self.sent == 0 || self.is_refused || !random.chance(FROM_SERVER);
        let sender = Sender::by(from_client);
        let (length, ports) = match sender {
            Sender::Client => (40 + random.index(160), self.ports),
            Sender::Server => (80 + random.index(1170), (self.ports.1, self.ports.0)),
        };
        let start = random.index(noise.len() - length);
        packet::udp(self.ip(sender), ports, &noise[start..start + length], out)?;
        Ok(sender)
    }
}

/// How many packets a flow has.
fn packets(random: &mut Random) -> u32 {
    let doublings = random.u32().leading_zeros().min(DOUBLINGS - 1);
    let least = 1 << doublings;
    least + random.u32() % least
}
