//! A message of every type that there is, each filled with numbers without an order to see.

use etherparse::{IpNumber, PacketBuilder};

use crate::common::crafted::Varied;

#[derive(Clone, Copy)]
pub(crate) enum Version {
    V4,
    V6,
}

/// A message with its type and code, and octets behind the checksum.
pub(crate) struct Sample {
    pub(crate) version: Version,
    pub(crate) kind: u8,
    pub(crate) code: u8,
    pub(crate) rest: Vec<u8>,
}

impl Sample {
    /// The packet, in which the checksum is 0.
    pub(crate) fn packet(&self) -> Vec<u8> {
        let message = [&[self.kind, self.code, 0, 0], &self.rest[..]].concat();
        let mut packet = Vec::new();
        match self.version {
            Version::V4 => PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).write(
                &mut packet,
                IpNumber::ICMP,
                &message,
            ),
            Version::V6 => PacketBuilder::ipv6([0xfe; 16], [0xfd; 16], 255).write(
                &mut packet,
                IpNumber::IPV6_ICMP,
                &message,
            ),
        }
        .expect("a packet");
        packet
    }

    /// The same with one bit behind the checksum the other way round.
    pub(crate) fn flipped(&self, bit: usize) -> Self {
        let mut rest = self.rest.clone();
        rest[bit / 8] ^= 0x80 >> (bit % 8);
        Self { rest, ..*self }
    }
}

/// Types whose messages have so many octets behind the checksum, whatever these are.
const FIXED: &[(Version, u8, usize)] = &[
    (Version::V4, 0, 4),
    (Version::V4, 8, 4),
    (Version::V4, 10, 4),
    (Version::V4, 13, 16),
    (Version::V4, 14, 20),
    (Version::V4, 15, 4),
    (Version::V4, 16, 8),
    (Version::V4, 17, 8),
    (Version::V4, 18, 8),
    (Version::V4, 30, 16),
    (Version::V4, 37, 4),
    (Version::V4, 41, 12),
    (Version::V4, 42, 4),
    (Version::V4, 43, 8),
    (Version::V4, 200, 9),
    (Version::V6, 128, 4),
    (Version::V6, 129, 4),
    (Version::V6, 130, 20),
    (Version::V6, 130, 24),
    (Version::V6, 131, 24),
    (Version::V6, 132, 20),
    (Version::V6, 138, 12),
    (Version::V6, 139, 12),
    (Version::V6, 140, 12),
    (Version::V6, 144, 4),
    (Version::V6, 145, 36),
    (Version::V6, 146, 4),
    (Version::V6, 150, 12),
    (Version::V6, 151, 4),
    (Version::V6, 152, 4),
    (Version::V6, 153, 4),
    (Version::V6, 157, 28),
    (Version::V6, 158, 28),
    (Version::V6, 160, 4),
    (Version::V6, 161, 4),
    (Version::V6, 201, 9),
];

/// Octets before the options of the types that have those of Neighbor Discovery.
const WITH_OPTIONS: &[(u8, usize)] = &[
    (133, 4),
    (134, 12),
    (135, 20),
    (136, 20),
    (137, 36),
    (141, 4),
    (142, 4),
    (147, 4),
    (149, 8),
    (154, 4),
];

/// Octets of a message of RPL by its code.
const RPL: &[(u8, usize)] = &[
    (0, 2),
    (1, 24),
    (2, 20),
    (3, 20),
    (4, 20),
    (5, 20),
    (7, 20),
    (8, 20),
    (0x80, 17),
    (0x81, 17),
    (0x8a, 40),
];

/// Options of RPL with the octets behind their length.
const RPL_OPTIONS: &[(u8, usize)] = &[
    (3, 22),
    (4, 14),
    (5, 18),
    (6, 20),
    (7, 19),
    (8, 30),
    (9, 4),
    (10, 18),
    (77, 5),
];

fn octets(varied: &mut Varied, count: usize) -> Vec<u8> {
    let low = |word: u32| word.to_be_bytes()[3];
    (0..count).map(|_| low(varied.next())).collect()
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut varied = Varied(7);
    let mut samples = Vec::new();
    let mut add = |version, kind, code, rest| {
        samples.push(Sample {
            version,
            kind,
            code,
            rest,
        });
    };
    for &(version, kind, length) in FIXED {
        add(version, kind, 0, octets(&mut varied, length));
    }
    for (&(kind, head), option) in WITH_OPTIONS.iter().cycle().zip(1..=41).chain(
        // Names that are none are told as far as they go.
        WITH_OPTIONS.iter().zip([138, 139, 253, 254]),
    ) {
        const WORDS: u8 = 5;
        let value = match option {
            31 => [&[0; 6], &b"\x03lab\x04test"[..], &[0; 23]].concat(),
            _ => octets(&mut varied, usize::from(WORDS) * 8 - 2),
        };
        let head = octets(&mut varied, head);
        add(
            Version::V6,
            kind,
            0,
            [&head, &[option, WORDS][..], &value].concat(),
        );
    }
    for &(code, length) in RPL {
        add(Version::V6, 155, code, octets(&mut varied, length));
    }
    for &(option, length) in RPL_OPTIONS {
        let head = [option, u8::try_from(length).expect("an octet")];
        let value = octets(&mut varied, length);
        add(Version::V6, 155, 0, [&[0, 0], &head[..], &value].concat());
    }
    let metrics = [7, 5, 0xa3, 2, 1, 0x80, 2, 0, 0, 2, 0x0a, 80];
    let container = [&[0, 0, 2, 12], &metrics[..]].concat();
    add(Version::V6, 155, 0, container);
    // An agent's advertisement, with its extensions.
    let agent = [
        1, 2, 7, 8, 192, 0, 2, 1, 0, 0, 0, 5, 16, 10, 0, 9, 255, 255, 0x91, 0x80, 203, 0, 113, 7,
        19, 1, 24, 24, 4, 1, 2, 3, 4, 200, 1, 7,
    ];
    add(Version::V4, 9, 16, agent.to_vec());
    // Errors: the word before the quote.
    let quote = Sample {
        version: Version::V4,
        kind: 8,
        code: 0,
        rest: vec![0, 7, 0, 1],
    };
    for (kind, code) in [
        (3, 1),
        (3, 4),
        (4, 0),
        (5, 1),
        (11, 0),
        (12, 0),
        (31, 0),
        (40, 0),
    ] {
        let head = octets(&mut varied, 4);
        add(Version::V4, kind, code, [head, quote.packet()].concat());
    }
    let quote = Sample {
        version: Version::V6,
        kind: 128,
        ..quote
    };
    for kind in [1, 2, 3, 4] {
        let head = octets(&mut varied, 4);
        add(Version::V6, kind, 0, [head, quote.packet()].concat());
    }
    samples
}
