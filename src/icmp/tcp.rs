//! What a quoted TCP header tells behind ports and sequence number (RFC 9293 section 3.1): routers
//! that quote more than eight octets of the packet's payload quote it.

use super::Quote;
use super::field::{FieldSpec, spec};
use crate::wire::bytes::{u8_at, u16_at, u32_at};
use crate::wire::ip::{IpOptions, OptionSpace, protocol};

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

impl<'a> TcpHeader<'a> {
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

/// IANA registry `TCP Option Kind Numbers`.
pub(super) const fn option(kind: u8) -> (&'static str, &'static [FieldSpec]) {
    match kind {
        // RFC 9293 section 3.2.
        0 => ("end_of_options", &[]),
        1 => ("no_operation", &[]),
        2 => ("mss", const { &[spec::u16(2, "mss")] }),
        // RFC 7323 sections 2.2 and 3.2.
        3 => ("window_scale", const { &[spec::u8(2, "shift")] }),
        8 => (
            "timestamps",
            const { &[spec::u32(2, "value"), spec::u32(6, "echo_reply")] },
        ),
        // RFC 2018 sections 2 and 3.
        4 => ("sack_permitted", &[]),
        5 => ("sack", const { &[spec::number_list(2, 4, "edges")] }),
        19 => ("md5_signature", const { &[spec::rest(2, "data")] }),
        28 => ("user_timeout", const { &[spec::hex(2, 2, "timeout")] }),
        29 => ("authentication", const { &[spec::rest(2, "data")] }),
        30 => ("multipath", const { &[spec::rest(2, "data")] }),
        34 => ("fast_open", const { &[spec::rest(2, "cookie")] }),
        _ => ("", const { &[spec::rest(2, "data")] }),
    }
}
