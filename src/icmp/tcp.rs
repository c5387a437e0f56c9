//! What a quoted TCP header tells behind ports and sequence number (RFC 9293 section 3.1): routers
//! that quote more than eight octets of the packet's payload quote it.

use super::Quote;
use super::field::{FieldSpec, Names, spec};
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};
use crate::wire::ip::{IpOption, IpOptions, OptionSpace, protocol};

/// Octets of the header without options.
const FIXED: usize = 20;
/// The flag of urgent data.
const URGENT: u16 = 0x20;

/// The rest of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpHeader<'a> {
    /// The octets of the whole header, as far as they were quoted; at least those of the flags.
    bytes: &'a [u8],
    /// What it acknowledges.
    pub acknowledgment: u32,
    /// Flags as on the wire: FIN is the lowest bit, then SYN, RST, PSH, ACK, URG, ECE, CWR, AE, and three that
    /// are reserved.
    pub flags: u16,
    /// Window as on the wire, not scaled.
    pub window: Option<u16>,
    /// How far urgent data reach behind the sequence number, where URG is set.
    pub urgent: Option<u16>,
    /// Octets of data that the segment had, by the lengths of both headers.
    pub data_length: u32,
}

/// Name and tcpdump's letter of each flag, the lowest bit first (RFC 9293 section 3.1, RFC 9768 section 3.1).
pub const FLAGS: [(&str, u8); 9] = [
    ("fin", b'F'),
    ("syn", b'S'),
    ("rst", b'R'),
    ("psh", b'P'),
    ("ack", b'.'),
    ("urg", b'U'),
    ("ece", b'E'),
    ("cwr", b'W'),
    ("ae", b'e'),
];

/// How many of the bits are flags; three before them are to be 0.
const FLAG_BITS: u32 = 9;

impl<'a> TcpHeader<'a> {
    /// The bits before the flags that are to be 0 (RFC 9293 section 3.1), where one is set.
    pub const fn reserved(&self) -> Option<u16> {
        match self.flags >> FLAG_BITS {
            0 => None,
            bits => Some(bits),
        }
    }

    /// Its options, padding included.
    pub fn options(&self) -> IpOptions<'a> {
        IpOptions::new(
            OptionSpace::Tcp,
            self.bytes.get(FIXED..).unwrap_or_default(),
        )
    }
}

impl<'a> Quote<'a> {
    /// The TCP header of the quoted packet, if it was quoted down to its flags.
    pub fn tcp(&self) -> Option<TcpHeader<'a>> {
        let ip = &self.ip;
        if ip.protocol != protocol::TCP || ip.is_later_fragment() {
            return None;
        }
        let octets = ip.payload;
        let length = usize::from(u8_at(octets, 12)? >> 4) * 4;
        let header = length.max(FIXED);
        let flags = u16_at(octets, 12)? & 0x0fff;
        Some(TcpHeader {
            bytes: octets.get(..header).unwrap_or(octets),
            acknowledgment: u32_at(octets, 8)?,
            flags,
            window: u16_at(octets, 14),
            urgent: u16_at(octets, 18).filter(|_| flags & URGENT != 0),
            data_length: ip
                .payload_length
                .saturating_sub(u32::try_from(header).unwrap_or(u32::MAX)),
        })
    }
}

/// The first rule that the options of a TCP header break, of which `octets` are there and which ends at `end`,
/// and where they do (RFC 9293 section 3.1): what stands behind a wrong length nobody knows.
pub(super) fn option_fault(octets: &[u8], end: usize) -> Option<(usize, &'static str)> {
    let there = octets.get(..end).unwrap_or(octets);
    let mut at = FIXED;
    IpOptions::new(OptionSpace::Tcp, tail(there, FIXED)).find_map(|option| {
        let fault = fault_of(&option, end - at).map(|(offset, rule)| (at + offset, rule));
        at += option.bytes.len();
        fault
    })
}

/// What is wrong with an option that has `room` up to the header's end, and where in it.
fn fault_of(option: &IpOption<'_>, room: usize) -> Option<(usize, &'static str)> {
    const END_OF_OPTIONS: u8 = 0;
    const NO_OPERATION: u8 = 1;
    if matches!(option.kind, END_OF_OPTIONS | NO_OPERATION) {
        return None;
    }
    let rule = match u8_at(option.bytes, 1).map(usize::from) {
        None if room > 1 => return None,
        Some(0..2) => "tcp option length under 2",
        Some(length) if length <= room => {
            if !holds(option.kind, length) {
                return Some((1, "tcp option length wrong for its type"));
            }
            // RFC 7323 section 2.3.
            let is_over = option.kind == WINDOW_SCALE && u8_at(option.bytes, 2) > Some(14);
            return is_over.then_some((2, "window scale over 14"));
        }
        _ => "tcp option runs over the header's end",
    };
    // Where its length is, or should be.
    Some((usize::from(option.bytes.len() > 1), rule))
}

const WINDOW_SCALE: u8 = 3;

/// Whether an option of this length, type and length included, holds what its type does, by the RFC that
/// [`option`] names.
const fn holds(kind: u8, length: usize) -> bool {
    match kind {
        2 | 28 => length == 4,
        WINDOW_SCALE => length == 3,
        4 => length == 2,
        5 => (length - 2).is_multiple_of(8),
        8 => length == 10,
        19 => length == 18,
        29 => length >= 4,
        34 => length == 2 || length >= 6 && length <= 18 && length.is_multiple_of(2),
        _ => true,
    }
}

/// IANA registry `TCP Option Kind Numbers`.
pub(super) const fn option(kind: u8) -> (&'static str, &'static [FieldSpec]) {
    const DATA: &[FieldSpec] = &[spec::rest(2, "data")];
    match kind {
        // RFC 9293 section 3.2.
        0 => ("end_of_options", &[]),
        1 => ("no_operation", &[]),
        2 => ("mss", const { &[spec::u16(2, "mss")] }),
        // RFC 7323 sections 2.2 and 3.2.
        WINDOW_SCALE => ("window_scale", const { &[spec::u8(2, "shift")] }),
        8 => (
            "timestamps",
            const { &[spec::u32(2, "value"), spec::u32(6, "echo_reply")] },
        ),
        // RFC 2018 sections 2 and 3.
        4 => ("sack_permitted", &[]),
        5 => ("sack", const { &[spec::number_list(2, 4, "edges")] }),
        // RFC 1072, whose place options 5 and 8 took.
        6 => ("echo", const { &[spec::u32(2, "value")] }),
        7 => ("echo_reply", const { &[spec::u32(2, "value")] }),
        // RFC 1146.
        14 => (
            "alternate_checksum_request",
            const { &[spec::u8(2, "algorithm")] },
        ),
        15 => ("alternate_checksum_data", DATA),
        // RFC 2385.
        19 => ("md5_signature", DATA),
        // RFC 4782 section 3.1.
        27 => (
            "quick_start",
            const {
                &[
                    spec::bits(2, 0, 4, "rate"),
                    spec::u8(3, "ttl_difference"),
                    spec::bits_of(4, 4, 2, 30, "nonce"),
                ]
            },
        ),
        // RFC 5482 section 2.
        28 => (
            "user_timeout",
            const {
                &[
                    spec::flag(2, 0x80, "minutes"),
                    spec::masked(2, 0x7fff, "timeout"),
                ]
            },
        ),
        // RFC 5925 section 2.2.
        29 => (
            "authentication",
            const {
                &[
                    spec::u8(2, "key_id"),
                    spec::u8(3, "next_key_id"),
                    spec::rest(4, "authentication_code"),
                ]
            },
        ),
        // RFC 8684 section 3.
        MULTIPATH => ("multipath", const { &[SUBTYPE, spec::rest(2, "data")] }),
        // RFC 7413 section 4.1.1.
        34 => ("fast_open", const { &[spec::rest(2, "cookie")] }),
        // RFC 8547 section 4.1.
        69 => ("encryption_negotiation", DATA),
        // RFC 9768 section 3.2.3.
        172 => ("accurate_ecn_0", DATA),
        174 => ("accurate_ecn_1", DATA),
        // RFC 6994 section 3: of whom it is, in two octets or four.
        253 | 254 => (
            "experiment",
            const { &[spec::hex(2, 2, "experiment"), spec::rest(4, "data")] },
        ),
        _ => ("", DATA),
    }
}

/// The type of an option of Multipath TCP, and its subtype that maps data to a connection's.
pub(super) const MULTIPATH: u8 = 30;
const DATA_SEQUENCE_SIGNAL: u8 = 2;
const SUBTYPE: FieldSpec = spec::named(spec::bits(2, 4, 4, "subtype"), &SUBTYPES);

/// The fields of a data sequence signal of Multipath TCP, whose flags tell which there are (RFC 8684
/// section 3.3); `None` of the other subtypes.
pub(super) fn data_sequence_signal(
    option: &[u8],
) -> Option<impl Iterator<Item = FieldSpec> + Clone + use<>> {
    const FLAGS: u16 = 3;
    const ACK: u8 = 0x01;
    const LONG_ACK: u8 = 0x02;
    const MAPPING: u8 = 0x04;
    const LONG_SEQUENCE: u8 = 0x08;
    const FIN: u8 = 0x10;
    if u8_at(option, 2)? >> 4 != DATA_SEQUENCE_SIGNAL {
        return None;
    }
    let flags = u8_at(option, FLAGS.into())?;
    let octets = |long| if flags & long == 0 { 4_u8 } else { 8 };
    let mut at = FLAGS + 1;
    let mut next = |octets: u8, name| {
        // Those of 64 bits begin at random: in JSON they are no numbers, as many readers keep 53 bits.
        let row = if octets == 8 {
            spec::hex(at, octets, name)
        } else {
            spec::number(at, octets, name)
        };
        at += u16::from(octets);
        row
    };
    let ack = (flags & ACK != 0).then(|| next(octets(LONG_ACK), "data_ack"));
    let mapping = (flags & MAPPING != 0).then(|| {
        [
            next(octets(LONG_SEQUENCE), "data_sequence"),
            next(4, "subflow_sequence"),
            next(2, "data_length"),
        ]
    });
    // Only where both ends asked for it; the length tells.
    let checksum = (mapping.is_some()).then(|| spec::hex(at, 2, "data_checksum"));
    let fixed = [
        SUBTYPE,
        spec::reserved(2, 2, 0x0fe0, "reserved"),
        spec::flag(FLAGS, FIN, "data_fin"),
    ];
    Some(
        (fixed.into_iter().chain(ack))
            .chain(mapping.into_iter().flatten())
            .chain(checksum),
    )
}

/// RFC 8684 section 3, figure 3.
const SUBTYPES: Names = Names {
    key: "subtype_name",
    words: &[
        "capable",
        "join",
        "data_sequence_signal",
        "add_address",
        "remove_address",
        "priority",
        "fail",
        "fast_close",
        "reset",
    ],
};

#[cfg(test)]
mod tests {
    use crate::icmp::ip_header;
    use crate::wire::ip::{IpOption, OptionSpace};

    /// The name of an option and its fields behind type and length, as text.
    fn told(octets: &[u8]) -> (Option<&'static str>, Vec<String>) {
        let item = ip_header::option(&IpOption {
            kind: octets[0],
            space: OptionSpace::Tcp,
            bytes: octets,
        });
        let fields = item.fields().skip(2);
        let text = fields.map(|field| match field.word() {
            Some((_, word)) => format!("{} {word}", field.name),
            None => format!("{} {:?}", field.name, field.value),
        });
        (item.name, text.collect())
    }

    /// RFC 8684 section 3.3.
    #[test]
    fn a_data_sequence_signal_has_what_its_flags_tell() {
        let mapped = [
            30, 20, 0x20, 5, 0xc9, 0xdc, 0x1c, 0x61, 0xb1, 0x70, 0xf4, 0x56, 0, 0, 0, 1, 0, 1,
            0x9e, 0x91,
        ];
        let told_fields = |octets: &[u8]| told(octets).1[1..].join(", ");
        assert_eq!(told(&mapped).1[0], "subtype data_sequence_signal");
        assert_eq!(
            told_fields(&mapped),
            "data_fin Flag(false), data_ack Number(3386645601), data_sequence Number(2976969814), \
             subflow_sequence Number(1), data_length Number(1), data_checksum Hex(40593)"
        );
        let mut without = mapped[..18].to_vec();
        without[1] = 18;
        assert!(told_fields(&without).ends_with("data_length Number(1)"));
        let long = [30, 12, 0x20, 3, 0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(
            told_fields(&long),
            "data_fin Flag(false), data_ack Hex(4294967298)"
        );
        let long = [30, 18, 0x20, 0x1c, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 7, 0, 9];
        assert_eq!(
            told_fields(&long),
            "data_fin Flag(true), data_sequence Hex(4294967298), subflow_sequence Number(7), \
             data_length Number(9)"
        );
        assert_eq!(
            told_fields(&[30, 4, 0x2a, 0xe0]),
            "reserved Hex(87), data_fin Flag(false)"
        );
        for length in 2..mapped.len() {
            let _ = told(&mapped[..length]);
        }
    }

    #[test]
    fn options_by_the_fields_of_their_rfc() {
        for (octets, name, fields) in [
            (
                &[28, 4, 0x80, 5][..],
                "user_timeout",
                &["minutes Flag(true)", "timeout Number(5)"][..],
            ),
            (
                &[29, 6, 1, 2, 7, 7],
                "authentication",
                &[
                    "key_id Number(1)",
                    "next_key_id Number(2)",
                    "authentication_code Octets([7, 7])",
                ],
            ),
            (
                &[30, 4, 0x30, 5],
                "multipath",
                &["subtype add_address", "data Octets([48, 5])"],
            ),
            (
                &[27, 8, 6, 5, 0, 0, 0, 28],
                "quick_start",
                &[
                    "rate Number(6)",
                    "ttl_difference Number(5)",
                    "nonce Number(7)",
                ],
            ),
            (
                &[254, 6, 0xe2, 0xd4, 1, 2],
                "experiment",
                &["experiment Hex(58068)", "data Octets([1, 2])"],
            ),
            (
                &[14, 3, 1],
                "alternate_checksum_request",
                &["algorithm Number(1)"],
            ),
            (&[69, 3, 1], "encryption_negotiation", &["data Octets([1])"]),
            (&[172, 3, 1], "accurate_ecn_0", &["data Octets([1])"]),
            (&[174, 3, 1], "accurate_ecn_1", &["data Octets([1])"]),
        ] {
            let fields = fields.iter().map(ToString::to_string).collect();
            assert_eq!(told(octets), (Some(name), fields));
        }
    }
}
