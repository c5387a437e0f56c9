//! Captures put together packet by packet, for what no lab records: floods and forgeries.

use std::io::Write;
use std::net::Ipv4Addr;

use etherparse::{IcmpEchoHeader, Icmpv4Type, PacketBuilder};

/// When captures begin, in seconds since 1970.
const BEGIN: u64 = 1_700_000_000;
/// The link type of packets without a link header.
const RAW: u32 = 101;

/// A pcap file of IP packets, with times in nanoseconds.
pub(crate) struct Crafted {
    octets: Vec<u8>,
    pub(crate) packets: u64,
}

impl Crafted {
    pub(crate) fn new() -> Self {
        let head = [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 0x4_0000, RAW];
        Self {
            octets: head.into_iter().flat_map(u32::to_le_bytes).collect(),
            packets: 0,
        }
    }

    /// Adds a packet so many microseconds after the begin.
    pub(crate) fn push(&mut self, micros: u64, packet: &[u8]) {
        self.push_cut(micros, packet, packet.len());
    }

    /// The same with no more than its first octets captured.
    pub(crate) fn push_cut(&mut self, micros: u64, packet: &[u8], captured: usize) {
        let there = &packet[..captured];
        let [captured, length] =
            [there, packet].map(|octets| u32::try_from(octets.len()).expect("a packet"));
        let seconds = u32::try_from(BEGIN + micros / 1_000_000).expect("before 2106");
        let nanos = u32::try_from(micros % 1_000_000 * 1000).expect("under a second");
        for word in [seconds, nanos, captured, length] {
            self.octets.extend(word.to_le_bytes());
        }
        self.octets.extend(there);
        self.packets += 1;
    }

    /// Adds a packet so many milliseconds after the begin.
    pub(crate) fn at(&mut self, millis: u64, packet: &[u8]) {
        self.push(millis * 1000, packet);
    }

    pub(crate) fn file(&self) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(&self.octets).expect("room");
        file
    }

    /// The file, which goes when it is dropped, and its path.
    pub(crate) fn path(&self) -> (tempfile::NamedTempFile, String) {
        let file = self.file();
        let path = file.path().to_str().expect("a path").to_owned();
        (file, path)
    }
}

/// Numbers without an order to see, the same in each run.
pub(crate) struct Varied(pub(crate) u64);

impl Varied {
    pub(crate) fn next(&mut self) -> u32 {
        // Knuth's constants for a linear congruential generator.
        self.0 = (self.0.wrapping_mul(6_364_136_223_846_793_005))
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 32).expect("32 bits")
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }

    pub(crate) fn addr(&mut self) -> Ipv4Addr {
        // Not 127/8, not a group.
        Ipv4Addr::from_bits(self.next() >> 2 | 0x0100_0000)
    }
}

fn echo((src, dst): (Ipv4Addr, Ipv4Addr), ttl: u8, kind: Icmpv4Type, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src.octets(), dst.octets(), ttl)
        .icmpv4(kind)
        .write(&mut packet, payload)
        .expect("a packet");
    packet
}

pub(crate) fn echo_request(
    addrs: (Ipv4Addr, Ipv4Addr),
    ttl: u8,
    (id, seq): (u16, u16),
    payload: &[u8],
) -> Vec<u8> {
    let head = IcmpEchoHeader { id, seq };
    echo(addrs, ttl, Icmpv4Type::EchoRequest(head), payload)
}

/// The reply to a request with these addresses.
pub(crate) fn echo_reply(
    (src, dst): (Ipv4Addr, Ipv4Addr),
    ttl: u8,
    (id, seq): (u16, u16),
    payload: &[u8],
) -> Vec<u8> {
    let head = IcmpEchoHeader { id, seq };
    echo((dst, src), ttl, Icmpv4Type::EchoReply(head), payload)
}

/// An IPv4 packet with another TTL.
pub(crate) fn with_ttl(mut packet: Vec<u8>, ttl: u8) -> Vec<u8> {
    packet[8] = ttl;
    packet[10..12].fill(0);
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

pub(crate) fn udp((src, dst): (Ipv4Addr, Ipv4Addr), ttl: u8, ports: (u16, u16)) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(src.octets(), dst.octets(), ttl)
        .udp(ports.0, ports.1)
        .write(&mut packet, b"some data")
        .expect("a packet");
    packet
}

pub(crate) fn tcp(
    (src, dst): (Ipv4Addr, Ipv4Addr),
    ports: (u16, u16),
    seq: u32,
    flags: impl Fn(
        etherparse::PacketBuilderStep<etherparse::TcpHeader>,
    ) -> etherparse::PacketBuilderStep<etherparse::TcpHeader>,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = Vec::new();
    flags(PacketBuilder::ipv4(src.octets(), dst.octets(), 64).tcp(ports.0, ports.1, seq, 64_000))
        .write(&mut packet, payload)
        .expect("a packet");
    packet
}

/// An error of this type and code about `quoted`, of which it holds the header and eight octets;
/// `word` is the second word of its header.
pub(crate) fn error(from: Ipv4Addr, kind: (u8, u8), word: u32, quoted: &[u8]) -> Vec<u8> {
    error_with(from, kind, word, &quoted[..quoted.len().min(28)])
}

/// The same with all of `quoted`.
pub(crate) fn error_with(
    from: Ipv4Addr,
    (kind, code): (u8, u8),
    word: u32,
    quoted: &[u8],
) -> Vec<u8> {
    let to: [u8; 4] = quoted[12..16].try_into().expect("an address");
    let mut message = word.to_be_bytes().to_vec();
    message.extend(quoted);
    let mut whole = vec![kind, code, 0, 0];
    whole.extend(&message);
    let sum = checksum(&whole);
    whole[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = Vec::new();
    PacketBuilder::ipv4(from.octets(), to, 64)
        .write(&mut packet, etherparse::IpNumber::ICMP, &whole)
        .expect("a packet");
    packet
}

/// The Internet checksum (RFC 1071).
pub(crate) fn checksum(octets: &[u8]) -> u16 {
    let sum: u32 = octets
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
        .sum();
    let folded = (sum >> 16) + (sum & 0xffff);
    let folded = (folded >> 16) + (folded & 0xffff);
    !u16::try_from(folded).expect("16 bits")
}
