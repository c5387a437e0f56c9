//! Messages of sFlow and `OpenFlow` with packets in them.

use std::net::Ipv4Addr;

use etherparse::{IpNumber, PacketBuilder};

use crate::common::crafted;

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
pub(super) const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 9, 1);

pub(super) fn request(seq: u16) -> Vec<u8> {
    crafted::echo_request((A, B), 64, (7, seq), &[7; 8])
}

pub(super) fn reply(seq: u16) -> Vec<u8> {
    crafted::echo_reply((A, B), 64, (7, seq), &[7; 8])
}

/// An error with this identification about a datagram to a port.
pub(super) fn error(id: u8) -> Vec<u8> {
    let quoted = crafted::udp((A, B), 60, (5000, 4500));
    let mut packet = crafted::error(ROUTER, (3, 13), 0, &quoted);
    packet[5] = id;
    crafted::with_ttl(packet, 64)
}

fn ethernet(packet: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0], packet].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn length(octets: &[u8]) -> u32 {
    u32::try_from(octets.len()).expect("a length")
}

/// A flow sample of sFlow version 5 with the first octets of a packet.
pub(super) fn sample(packet: &[u8]) -> Vec<u8> {
    let mut header = ethernet(packet);
    let sizes = words(&[1, length(&header) + 4, 4, length(&header)]);
    header.resize(header.len().next_multiple_of(4), 0);
    let record = [words(&[1, 16 + length(&header)]), sizes, header].concat();
    let head = words(&[1, 3, 512, 1024, 0, 3, 7, 1]);
    let body = [head, record].concat();
    [words(&[1, length(&body)]), body].concat()
}

/// A datagram of an agent.
pub(super) fn sflow(samples: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(samples.len()).expect("few");
    let head = words(&[5, 1, 0xc000_0209, 0, 10, 1000, count]);
    let mut packet = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(40000, 6343)
        .write(&mut packet, &[head, samples.concat()].concat())
        .expect("room");
    packet
}

/// What a switch hands its controller, from port 5, in version 1.0 or 1.3 and later.
pub(super) fn packet_in(version: u8, packet: &[u8]) -> Vec<u8> {
    const PORT_5: [u8; 16] = [0, 1, 0, 12, 0x80, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 0];
    let frame = ethernet(packet);
    let total = u16::try_from(frame.len()).expect("a length").to_be_bytes();
    let head = match version {
        1 => [&[0xff; 4], &total[..], &[0, 5, 0, 0]].concat(),
        _ => [&[0xff; 4], &total[..], &[0, 0], &[0; 8], &PORT_5, &[0, 0]].concat(),
    };
    let length = u16::try_from(8 + head.len() + frame.len()).expect("a length");
    let [high, low] = length.to_be_bytes();
    [&[version, 10, high, low, 0, 0, 0, 1], &head[..], &frame].concat()
}

/// A datagram of IPFIX: a template of an address and a frame's first octets, and a record of them.
pub(super) fn ipfix(packet: &[u8]) -> Vec<u8> {
    const DATA_LINK_FRAME_SECTION: u16 = 315;
    let frame = ethernet(packet);
    let set = |id: u16, body: &[u8]| {
        let length = u16::try_from(4 + body.len()).expect("a length");
        [&id.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
    };
    let mut fields = vec![1, 44, 0, 2, 0, 8, 0, 4];
    fields.extend(DATA_LINK_FRAME_SECTION.to_be_bytes());
    fields.extend(u16::MAX.to_be_bytes());
    let mut record = vec![10, 0, 0, 1, u8::try_from(frame.len()).expect("a length")];
    record.extend(frame);
    let sets = [set(2, &fields), set(300, &record)].concat();
    let length = u16::try_from(16 + sets.len()).expect("a length");
    let mut message = vec![0, 10];
    message.extend(length.to_be_bytes());
    message.extend([0x65, 0x53, 0xf1, 0, 0, 0, 0, 1, 0, 0, 0, 7]);
    message.extend(sets);
    let mut packet = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(40000, 4739)
        .write(&mut packet, &message)
        .expect("room");
    packet
}

/// A segment that tells of these sources (MSDP) with a packet that the first sent.
pub(super) fn source_active(sources: &[[u8; 4]], packet: &[u8]) -> Vec<u8> {
    let entry = |source: &[u8; 4]| [&[0, 0, 0, 32, 239, 1, 2, 3][..], source].concat();
    let entries: Vec<u8> = sources.iter().flat_map(entry).collect();
    let length = u16::try_from(8 + entries.len() + packet.len()).expect("a length");
    let [high, low] = length.to_be_bytes();
    let count = u8::try_from(sources.len()).expect("a count");
    let message = [&[1, high, low, count, 203, 0, 113, 1][..], &entries, packet].concat();
    let mut segment = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .tcp(50000, 639, 1, 512)
        .ack(1)
        .write(&mut segment, &message)
        .expect("room");
    segment
}

/// A message of NHRP in GRE that quotes `packet`.
pub(super) fn traffic_indication(packet: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 0, 0x20, 1, 0, 1, 8, 0, 0, 0, 0, 0, 0, 255];
    let length = u16::try_from(40 + packet.len()).expect("a length");
    message.extend(length.to_be_bytes());
    message.extend([0, 0, 0, 0, 1, 8, 4, 0]);
    message.extend([4, 4, 0, 0, 0, 0, 0, 0]);
    message.extend([192, 0, 2, 1, 10, 0, 0, 254, 10, 0, 0, 1]);
    message.extend(packet);
    let mut packet = Vec::new();
    let ends = [[192, 0, 2, 1], [192, 0, 2, 2]];
    let builder = PacketBuilder::ipv4(ends[0], ends[1], 64);
    builder
        .write(&mut packet, IpNumber::GRE, &message)
        .expect("room");
    packet
}

/// A segment of messages.
pub(super) fn openflow(messages: &[Vec<u8>]) -> Vec<u8> {
    openflow_from(50000, messages)
}

/// A segment of messages of one of several connections.
pub(super) fn openflow_from(port: u16, messages: &[Vec<u8>]) -> Vec<u8> {
    segment(port, 0, &messages.concat())
}

/// Octets of such a connection's messages, so many before them.
pub(super) fn segment(port: u16, before: usize, data: &[u8]) -> Vec<u8> {
    let sequence = u32::try_from(1 + before).expect("few");
    let ends = (Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
    crafted::tcp(ends, (port, 6653), sequence, |tcp| tcp.ack(1), data)
}
