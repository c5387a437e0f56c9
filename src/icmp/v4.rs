//! ICMP for IPv4 (RFC 792 and what updates it).

use std::net::Ipv4Addr;

use super::decode::Decoder;
use super::field::{FieldSpec, spec};
use super::{
    Body, Direction, Echo, ErrorClass, Query, Timestamp, agent, error, extended_echo, legacy,
    mobile, quote,
};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::ip::protocol;
use crate::wire::{Ip, IpVersion, Layer};

/// Router advertisement (RFC 1256 section 3).
#[derive(Clone, Copy, Debug)]
pub struct RouterAdvertisement<'a> {
    /// Seconds the addresses may be used.
    pub lifetime: u16,
    /// Entries of router address and preference level, as captured.
    pub entries: &'a [u8],
    /// Words of four octets in an entry; the standard has two.
    pub entry_words: u8,
    /// What a mobility agent adds behind them (RFC 5944 section 2.1), as captured.
    pub(super) extensions: &'a [u8],
}

impl<'a> RouterAdvertisement<'a> {
    /// Router addresses with their preference level: higher is better, the lowest of all says that
    /// the router is not to be a default router.
    pub fn routers(&self) -> impl Iterator<Item = (Ipv4Addr, i32)> + use<'a> {
        let entries = self.entries.chunks_exact(self.entry_octets().max(1));
        entries.filter_map(|entry| {
            let preference = i32::from_be_bytes(array_at(entry, 4)?);
            Some((array_at::<4>(entry, 0)?.into(), preference))
        })
    }

    pub(super) fn entry_octets(&self) -> usize {
        usize::from(self.entry_words) * 4
    }
}

pub(super) const ROUTER_FIELDS: &[FieldSpec] =
    &[spec::v4(0, "address"), spec::i32(4, "preference")];

/// Decodes what stands behind the first four octets, which are there.
pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    use Direction::{Reply, Request};
    match decoder.kind {
        0 => echo(decoder, Reply),
        8 => echo(decoder, Request),
        3 if decoder.code == 4 => {
            let mtu = u16_at(decoder.bytes, 6).map(u32::from);
            // RFC 791 section 3.2: every internet module forwards 68 octets whole; 0 is an old
            // router, which tells no MTU (RFC 1191 section 5).
            if mtu.is_some_and(|mtu| (1..68).contains(&mtu)) {
                decoder.rule(6, "next-hop MTU under 68");
            }
            error::body(decoder, ErrorClass::TooBig { mtu })
        }
        3 => error::body(decoder, ErrorClass::Unreachable),
        4 => {
            decoder.expect_code_0();
            error::body(decoder, ErrorClass::SourceQuench)
        }
        5 => redirect(decoder),
        9 => router_advertisement(decoder),
        10 => {
            decoder.need(8);
            decoder.expect_code_0();
            expect_ttl_1_to_group(decoder);
            Body::RouterSolicitation4
        }
        11 => error::body(decoder, ErrorClass::TimeExceeded),
        12 => {
            let pointer = u8_at(decoder.bytes, 4).map(u32::from);
            error::body(decoder, ErrorClass::ParameterProblem { pointer })
        }
        13 => timestamp(decoder, Request),
        14 => timestamp(decoder, Reply),
        15 | 17 => query(decoder, Request),
        16 | 18 => query(decoder, Reply),
        30 => legacy::traceroute(decoder),
        37 => legacy::domain_name(decoder, Request),
        38 => legacy::domain_name(decoder, Reply),
        41 => mobile::seamoby(decoder),
        31 | 40 => error::body(decoder, ErrorClass::Other),
        42 => extended_echo::body(decoder, Request),
        43 => extended_echo::body(decoder, Reply),
        _ => Body::Other,
    }
}

/// Echo, the same in both versions (RFC 792, RFC 4443 section 4).
pub(super) fn echo<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    decoder.need(8);
    decoder.expect_code_0();
    Echo::of(decoder.bytes, direction).map_or_else(|| decoder.short_query(), Body::Echo)
}

impl<'a> Echo<'a> {
    /// The echo in a packet of its version that has all its fields, and a code of 0.
    #[inline]
    pub(super) fn ordinary(ip: &Ip<'a>) -> Option<Self> {
        use Direction::{Reply, Request};
        let [kind, code] = array_at(ip.payload, 0)?;
        let direction = match (ip.protocol, ip.version, kind) {
            (protocol::ICMP, IpVersion::V4, 0) | (protocol::IPV6_ICMP, IpVersion::V6, 129) => Reply,
            (protocol::ICMP, IpVersion::V4, 8) | (protocol::IPV6_ICMP, IpVersion::V6, 128) => {
                Request
            }
            _ => return None,
        };
        if code != 0 || ip.is_later_fragment() {
            return None;
        }
        Self::of(ip.payload, direction)
    }

    #[inline]
    fn of(bytes: &'a [u8], direction: Direction) -> Option<Self> {
        Some(Self {
            direction,
            id: u16_at(bytes, 4)?,
            seq: u16_at(bytes, 6)?,
            payload: tail(bytes, 8),
        })
    }
}

/// Timestamps of a day lie below this number of milliseconds.
pub(super) const DAY: u32 = 24 * 60 * 60 * 1000;

fn timestamp<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    decoder.need(20);
    decoder.expect_code_0();
    if decoder.ip.payload_length > 20 {
        decoder.rule(20, "octets behind the transmit timestamp");
    }
    let bytes = decoder.bytes;
    let (Some(id), Some(seq)) = (u16_at(bytes, 4), u16_at(bytes, 6)) else {
        return decoder.short_query();
    };
    for at in [8, 12, 16] {
        // RFC 792: what is not milliseconds since midnight has the high bit set.
        if u32_at(bytes, at).is_some_and(|ms| (DAY..1 << 31).contains(&ms)) {
            decoder.rule(at, "timestamp over a day without the high bit");
        }
    }
    Body::Timestamp(Timestamp {
        direction,
        id,
        seq,
        originate: u32_at(bytes, 8),
        receive: u32_at(bytes, 12),
        transmit: u32_at(bytes, 16),
    })
}

fn query<'a>(decoder: &mut Decoder<'_, 'a>, direction: Direction) -> Body<'a> {
    let has_mask = matches!(decoder.kind, 17 | 18);
    decoder.need(if has_mask { 12 } else { 8 });
    decoder.expect_code_0();
    let bytes = decoder.bytes;
    let (Some(id), Some(seq)) = (u16_at(bytes, 4), u16_at(bytes, 6)) else {
        return decoder.short_query();
    };
    let mask = if has_mask { u32_at(bytes, 8) } else { None };
    // RFC 1812 section 2.2.5.2 wants ones on the left; a request may leave it 0 (RFC 950 appendix I).
    if mask.is_some_and(|mask| mask.leading_ones() + mask.trailing_zeros().min(32) < 32) {
        decoder.rule(8, "address mask with gaps");
    }
    Body::Query(Query {
        direction,
        id,
        seq,
        mask: mask.map(Ipv4Addr::from),
    })
}

fn redirect<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    let gateway = array_at::<4>(decoder.bytes, 4).map(Ipv4Addr::from);
    if decoder.code > 3 {
        decoder.rule(1, "code of a redirect over 3");
    }
    // RFC 1812 section 5.2.7.2.
    if matches!(decoder.code, 0 | 2) {
        decoder.rule(1, "redirect for a network");
    }
    if gateway.is_some_and(|gateway| !error::is_single_host(gateway.into())) {
        decoder.rule(4, "gateway is no host address");
    }
    decoder.need(8);
    let quoted = quote::of_error(decoder, 8);
    if let Some(quoted) = &quoted {
        // RFC 1812 section 5.2.7.2.
        const SOURCE_ROUTES: [u8; 2] = [131, 137];
        if quoted
            .ip
            .options()
            .any(|option| SOURCE_ROUTES.contains(&option.kind))
        {
            let options = 20;
            decoder.defects.rule(
                Layer::Quote,
                options,
                "redirect of a packet with a source route",
            );
        }
    }
    if let (Some(gateway), Some(quoted)) = (gateway, &quoted) {
        // RFC 1122 section 3.2.2.2: to be discarded unless the gateway is another first hop.
        if quoted.ip.src() == gateway {
            decoder.rule(4, "redirect to the sender of the quoted packet");
        }
    }
    Body::Redirect {
        gateway,
        quote: quoted,
    }
}

/// Tells of router discovery to a group that goes beyond the link (RFC 1256 section 3).
fn expect_ttl_1_to_group(decoder: &mut Decoder<'_, '_>) {
    let ip = decoder.ip;
    if ip.dst().is_multicast() && ip.hop_limit().is_some_and(|ttl| ttl != 1) {
        decoder.rule(0, "TTL of router discovery to a group is not 1");
    }
}

fn router_advertisement<'a>(decoder: &mut Decoder<'_, 'a>) -> Body<'a> {
    let bytes = decoder.bytes;
    let (Some(count), Some(words), Some(lifetime)) =
        (u8_at(bytes, 4), u8_at(bytes, 5), u16_at(bytes, 6))
    else {
        decoder.need(8);
        return Body::Short { id: None };
    };
    // RFC 1256 section 5.2, and RFC 5944 section 2.1 for code 16.
    if !matches!(decoder.code, 0 | 16) {
        decoder.rule(1, "code is neither 0 nor 16");
    }
    if words < 2 && count > 0 {
        decoder.rule(5, "entry size under 2 words");
    }
    let wanted = 8 + usize::from(count) * usize::from(words) * 4;
    decoder.need(wanted);
    let end = wanted.min(bytes.len());
    // RFC 1256 section 5.2: what is behind the addresses says nothing but to who looks for an agent,
    // whose message needs none of these (RFC 5944 section 2.1).
    let extensions = match tail(bytes, end) {
        behind if agent::is_advertised(behind) => behind,
        _ => &[],
    };
    if extensions.is_empty() {
        if count == 0 {
            decoder.rule(4, "no router address");
        }
        expect_ttl_1_to_group(decoder);
    } else {
        agent::check(extensions, end, count, decoder);
        // RFC 5944 section 2.1.
        if decoder.ip.hop_limit().is_some_and(|ttl| ttl != 1) {
            decoder.rule(0, "TTL of an agent advertisement is not 1");
        }
    }
    Body::RouterAdvertisement4(RouterAdvertisement {
        lifetime,
        entry_words: words,
        entries: bytes.get(8..end).unwrap_or_default(),
        extensions,
    })
}
