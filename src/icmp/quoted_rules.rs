//! What the headers of a quoted packet show to be broken: often that is why there was an error.

use super::Quote;
use super::tcp;
use crate::wire::bytes::{offset_in, tail, u8_at, u16_at, u32_at};
use crate::wire::ip::protocol;
use crate::wire::tunnel::is_to_tunnel;
use crate::wire::{Defects, IpVersion, Layer};

/// The octets of a quote, which defects count from its first one.
struct Checked<'q, 'a> {
    quote: &'q Quote<'a>,
    defects: &'q mut Defects,
}

/// Tells of what is broken; what was not quoted is not.
pub(super) fn check(quote: &Quote<'_>, defects: &mut Defects) {
    let mut checked = Checked { quote, defects };
    let ip = &quote.ip;
    if ip.version == IpVersion::V6 && ip.fragment.is_some() {
        checked.fragment();
    }
    if ip.is_later_fragment() {
        return;
    }
    if !checked.authentication() {
        return;
    }
    match ip.protocol {
        protocol::TCP => checked.tcp(),
        protocol::UDP => checked.udp(),
        protocol::UDP_LITE => checked.udp_lite(),
        protocol::SCTP => checked.sctp(),
        protocol::DCCP => checked.dccp(),
        protocol::ESP => checked.spi(ip.header.len()),
        _ => {}
    }
}

impl Checked<'_, '_> {
    /// Zeros up to the end may pad a quote that is shorter than what its length field says (RFC 4884
    /// section 4): they prove nothing.
    fn rule(&mut self, offset: usize, rule: &'static str) {
        let rest = tail(self.quote.bytes, offset);
        if rest.iter().any(|&octet| octet != 0) {
            self.defects.rule(Layer::Quote, offset, rule);
        }
    }

    /// The same of the octet at `at` behind the IP header.
    fn upper(&mut self, at: usize, rule: &'static str) {
        self.rule(self.quote.ip.header.len() + at, rule);
    }

    /// The octets that IP tells of behind its header, where the packet is all of them.
    fn length(&self) -> Option<usize> {
        let ip = &self.quote.ip;
        let is_told = ip.fragment.is_none() && !ip.length_from_frame;
        (is_told.then_some(ip.payload_length)).and_then(|length| usize::try_from(length).ok())
    }

    /// RFC 8200 section 4.5, which answers both with a parameter problem.
    fn fragment(&mut self) {
        const PAYLOAD_LENGTH: usize = 4;
        const PLACE: usize = 2;
        const LONGEST: usize = 65535;
        let ip = &self.quote.ip;
        let mut headers = ip.extension_headers();
        let header = headers.find(|header| header.protocol == protocol::FRAG);
        let (Some(header), Some(fragment)) = (header, ip.fragment) else {
            return;
        };
        let Some(at) = offset_in(self.quote.bytes, header.bytes) else {
            return;
        };
        let total = usize::try_from(ip.length).unwrap_or(usize::MAX);
        let length = total.saturating_sub(at + header.length());
        if ip.length_from_frame {
            return;
        }
        if fragment.more && !length.is_multiple_of(8) {
            self.rule(
                PAYLOAD_LENGTH,
                "fragment before others no multiple of 8 octets",
            );
        }
        if usize::from(fragment.offset) + length > LONGEST {
            self.rule(at + PLACE, "fragment ends beyond 65535 octets");
        }
    }

    /// RFC 4302 section 2; whether what is behind can be found.
    fn authentication(&mut self) -> bool {
        const LENGTH: usize = 1;
        const SPI: usize = 4;
        let quote = self.quote;
        for header in quote.ip.extension_headers() {
            if header.protocol != protocol::AH {
                continue;
            }
            let Some(at) = offset_in(quote.bytes, header.bytes) else {
                return false;
            };
            // In words of four octets, two of which are not counted; three are there always.
            if u8_at(header.bytes, LENGTH) == Some(0) {
                self.rule(at + LENGTH, "authentication header under 12 octets");
                return false;
            }
            self.spi(at + SPI);
        }
        true
    }

    /// RFC 4302 section 2.4 and RFC 4303 section 2.1.
    fn spi(&mut self, offset: usize) {
        if u32_at(self.quote.bytes, offset) == Some(0) {
            self.rule(offset, "spi 0");
        }
    }

    /// RFC 9293 section 3.1.
    fn tcp(&mut self) {
        const DATA_OFFSET: usize = 12;
        let octets = self.quote.ip.payload;
        let Some(words) = u8_at(octets, DATA_OFFSET).map(|octet| usize::from(octet >> 4)) else {
            return;
        };
        if words < 5 {
            self.upper(DATA_OFFSET, "tcp data offset under 5 words");
            return;
        }
        if let Some((at, rule)) = tcp::option_fault(octets, words * 4) {
            self.upper(at, rule);
        }
    }

    /// RFC 768; RFC 8200 section 8.1, by which receivers discard what has no checksum, but for tunnels
    /// (RFC 6935 section 5).
    fn udp(&mut self) {
        const LENGTH: usize = 4;
        const CHECKSUM: usize = 6;
        /// ESP in UDP (RFC 3948 section 2.1).
        const IPSEC: u16 = 4500;
        let ip = &self.quote.ip;
        let Some(length) = u16_at(ip.payload, LENGTH) else {
            return;
        };
        // RFC 2675 section 4: that of a jumbogram is 0.
        let is_jumbo = ip.version == IpVersion::V6 && ip.payload_length > u32::from(u16::MAX);
        if length < 8 && !(length == 0 && is_jumbo) {
            self.upper(LENGTH, "udp length under 8");
        }
        if self
            .length()
            .is_some_and(|there| usize::from(length) > there)
        {
            self.upper(LENGTH, "udp length beyond its ip packet");
        }
        let mut ports = [0, 2].map(|at| u16_at(ip.payload, at)).into_iter();
        if ip.version == IpVersion::V6
            && u16_at(ip.payload, CHECKSUM) == Some(0)
            && !ports.any(|port| port == Some(IPSEC) || is_to_tunnel(ip.protocol, port))
        {
            self.upper(CHECKSUM, "udp checksum 0 over ipv6");
        }
    }

    /// RFC 3828 section 3.1.
    fn udp_lite(&mut self) {
        const COVERAGE: usize = 4;
        let Some(coverage) = u16_at(self.quote.ip.payload, COVERAGE) else {
            return;
        };
        if (1..8).contains(&coverage) {
            self.upper(COVERAGE, "checksum coverage from 1 to 7");
        }
        if (self.length()).is_some_and(|there| usize::from(coverage) > there) {
            self.upper(COVERAGE, "checksum coverage beyond its ip packet");
        }
    }

    /// The first chunk: RFC 9260 section 3.2, and of INIT and INIT ACK sections 3.3.2 and 3.3.3.
    fn sctp(&mut self) {
        const CHUNK: usize = 12;
        const LENGTH: usize = CHUNK + 2;
        const INITIATE_TAG: usize = CHUNK + 4;
        const WINDOW: usize = CHUNK + 8;
        const STREAMS: [(usize, &str); 2] = [
            (CHUNK + 12, "outbound streams 0"),
            (CHUNK + 14, "inbound streams 0"),
        ];
        let octets = self.quote.ip.payload;
        if u16_at(octets, LENGTH).is_some_and(|length| length < 4) {
            self.upper(LENGTH, "sctp chunk length under 4");
        }
        if !matches!(u8_at(octets, CHUNK), Some(1 | 2)) {
            return;
        }
        if u32_at(octets, INITIATE_TAG) == Some(0) {
            self.upper(INITIATE_TAG, "initiate tag 0");
        }
        if u32_at(octets, WINDOW).is_some_and(|window| window < 1500) {
            self.upper(WINDOW, "receiver window under 1500");
        }
        for (at, rule) in STREAMS {
            if u16_at(octets, at) == Some(0) {
                self.upper(at, rule);
            }
        }
    }

    /// RFC 4340 section 5.1.
    fn dccp(&mut self) {
        const DATA_OFFSET: usize = 4;
        const TYPE: usize = 8;
        let octets = self.quote.ip.payload;
        let (Some(words), Some(first)) = (u8_at(octets, DATA_OFFSET), u8_at(octets, TYPE)) else {
            return;
        };
        let is_extended = first & 1 != 0;
        let header = match (first >> 1 & 0x0f, is_extended) {
            (0, true) => 20,
            (1 | 7, true) => 28,
            (2, true) | (3 | 4, false) => 16,
            (2, false) => 12,
            (3..=6 | 8 | 9, true) => 24,
            (0 | 1 | 5..=9, false) => {
                self.upper(TYPE, "dccp packet of its type with short sequence numbers");
                return;
            }
            _ => return,
        };
        let offset = usize::from(words) * 4;
        if offset < header {
            self.upper(DATA_OFFSET, "dccp data offset within its header");
        }
        if self.length().is_some_and(|there| offset > there) {
            self.upper(DATA_OFFSET, "dccp data offset beyond its ip packet");
        }
    }
}
