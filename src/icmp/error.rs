//! Error messages: the quote and the extensions behind it.

use std::net::IpAddr;

use super::decode::Decoder;
use super::extension;
use super::kind::v6;
use super::object::{self, ExtensionObject};
use super::quote::{self, QuotedTransport};
use super::v6::FIRST_INFORMATIONAL;
use super::{Body, Error, ErrorClass, Extensions, Quote};
use crate::wire::bytes::{tail, u8_at, u32_at};
use crate::wire::ip::protocol;
use crate::wire::{ChecksumStatus, Ip, IpVersion, Layer, header_checksum};

/// Octets before the quote.
const HEADER: usize = 8;

/// Whether messages of this type report an error and quote the packet that caused it; none of them
/// may be answered by another (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e).
pub const fn is_error(version: IpVersion, kind: u8) -> bool {
    match version {
        IpVersion::V4 => matches!(kind, 3 | 4 | 5 | 11 | 12 | 31 | 40),
        // RFC 4443 section 2.4 (e.2): redirects are none, and not to be answered by one either.
        IpVersion::V6 => kind < FIRST_INFORMATIONAL || kind == v6::REDIRECT,
    }
}

/// Where an error type keeps the length of its quote, and the unit that counts in, both in octets
/// (RFC 4884 sections 4.1 to 4.5).
const fn length_field(version: IpVersion, kind: u8) -> Option<(usize, usize)> {
    match (version, kind) {
        (IpVersion::V4, 3 | 11 | 12) => Some((5, 4)),
        (IpVersion::V6, 1 | 3) => Some((4, 8)),
        _ => None,
    }
}

pub(super) fn body<'a>(decoder: &mut Decoder<'_, 'a>, class: ErrorClass) -> Body<'a> {
    decoder.need(HEADER);
    let behind = tail(decoder.bytes, HEADER);
    let found = length_field(decoder.version, decoder.kind).and_then(|(at, unit)| {
        let length = u8_at(decoder.bytes, at)?;
        extension::locate(decoder, behind, length, unit)
    });
    let (quoted, extensions) = match &found {
        Some((offset, extensions)) => {
            let octets = behind.get(..*offset).unwrap_or(behind);
            (
                quote::parse(decoder, octets, octets.len(), HEADER),
                Some(*extensions),
            )
        }
        None => (quote::of_error(decoder, HEADER), None),
    };
    let (hides_source, _) = decoder.ip.hides_addresses();
    // That of a loopback interface is one on its host, class E is in use in private networks.
    let src = decoder.ip.src();
    if !hides_source && (src.is_unspecified() || is_group(src)) {
        decoder.rule(0, "source of an error is no single host");
    }
    if let Some(quoted) = &quoted {
        rules(decoder, quoted);
        if let Some((offset, extensions)) = &found {
            extended(decoder, quoted, behind.get(..*offset), extensions);
        }
        if let ErrorClass::TooBig { mtu: Some(mtu) } = class
            && fits(decoder.version, &quoted.ip, mtu)
        {
            decoder.rule(4, "MTU not under the length of the quoted packet");
        }
        if matches!(class, ErrorClass::TooBig { .. }) && may_be_fragmented(&quoted.ip) {
            let rule = "packet without DF is told to be too big";
            decoder.defects.rule(Layer::Quote, 6, rule);
        }
    }
    if decoder.version == IpVersion::V6 {
        pointer_rules(decoder, extensions.as_ref());
    }
    size(decoder, extensions.is_some());
    Body::Error(Error {
        class,
        quote: quoted,
        extensions,
    })
}

/// What extensions ask of the quote before them, which takes up `field`.
fn extended(
    decoder: &mut Decoder<'_, '_>,
    quoted: &Quote<'_>,
    field: Option<&[u8]>,
    extensions: &Extensions<'_>,
) {
    // RFC 5837 section 4.2. A translator may leave the address as it is (section 5 there).
    if let Some(at) = object::foreign_address(extensions.bytes, quoted.ip.version) {
        let rule = "interface address is not of the quoted packet's IP version";
        decoder.defects.rule(Layer::Extension, at, rule);
    }
    // RFC 4884 section 4. Where the quoted header does not tell how long its packet was, that may go on.
    let end = quoted.bytes.len();
    let padding = field.map_or(&[][..], |field| tail(field, end));
    let tells_length = !quoted.ip.length_from_frame && quoted.ip.defects().is_empty();
    if tells_length && padding.iter().any(|&octet| octet != 0) {
        let rule = "padding before extensions is not zero";
        decoder.defects.rule(Layer::Quote, end, rule);
    }
}

/// How long an error may be: with extensions what every host can put together (RFC 4884 section 7; without,
/// RFC 1812 section 4.3.2.3 only recommends it), in IPv6 the least MTU, IP header included (RFC 4443 section
/// 2.4 c).
fn size(decoder: &mut Decoder<'_, '_>, is_extended: bool) {
    let ip = decoder.ip;
    if ip.fragment.is_some() || ip.length_from_frame {
        return;
    }
    match decoder.version {
        IpVersion::V4 if is_extended && ip.payload_length > 576 => {
            decoder.rule(0, "error with extensions over 576 octets");
        }
        IpVersion::V6 if ip.length > 1280 => decoder.rule(0, "packet of an error over 1280 octets"),
        _ => {}
    }
}

/// When no error may be sent (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e).
fn rules(decoder: &mut Decoder<'_, '_>, quoted: &Quote<'_>) {
    let ip = &quoted.ip;
    // (e.3): two errors may answer multicast, so that path MTU discovery works for it, and where an
    // option asks for it.
    let may_answer_group = match (decoder.kind, decoder.code) {
        (2, _) => true,
        (4, 2) => option_pointed_at(decoder, quoted).is_none_or(asks_for_errors),
        _ => false,
    };
    let mut rule = |offset, text| decoder.defects.rule(Layer::Quote, offset, text);
    match ip.version {
        IpVersion::V4 => {
            if ip.is_later_fragment() {
                rule(6, "error about a fragment that is not the first");
            }
            if is_group(ip.dst()) {
                rule(16, "error about a multicast or broadcast packet");
            }
            // A host tells itself of packets from its loopback address.
            let to_itself = ip.src().is_loopback() && decoder.ip.dst().is_loopback();
            if !is_single_host(ip.src()) && !to_itself {
                rule(12, "error about a packet whose source is no single host");
            }
        }
        IpVersion::V6 => {
            if is_group(ip.dst()) && !may_answer_group {
                rule(24, "error about a multicast packet");
            }
            if !is_single_host(ip.src()) {
                rule(8, "error about a packet whose source is no single host");
            }
        }
    }
    quote_rules(decoder, quoted);
}

/// The type of the option that an error complains of, if the quote reaches it.
fn option_pointed_at(decoder: &Decoder<'_, '_>, quoted: &Quote<'_>) -> Option<u8> {
    let pointer = usize::try_from(u32_at(decoder.bytes, 4)?).ok()?;
    u8_at(quoted.bytes, pointer)
}

/// Whether an option of this type wants an error of who does not know it, be it in a multicast packet
/// (RFC 8200 section 4.2).
const fn asks_for_errors(option: u8) -> bool {
    option >> 6 == 0b10
}

/// Whether a link of such an MTU takes the packet that is said to be too big for it (RFC 1191 section 4, RFC
/// 4443 section 3.2). Old systems quote an IPv4 length that is not the packet's (RFC 1191 section 5): then
/// the header's checksum does not fit it.
fn fits(version: IpVersion, quoted: &Ip<'_>, mtu: u32) -> bool {
    let tells_length = match version {
        IpVersion::V4 => {
            mtu > 0
                && header_checksum(quoted)
                    .is_some_and(|checksum| checksum.status == ChecksumStatus::Good)
        }
        IpVersion::V6 => true,
    };
    version == quoted.version && tells_length && !quoted.length_from_frame && mtu >= quoted.length
}

/// Whether a router that finds this packet too big is to fragment it, and to send no error (RFC 792, RFC 1812
/// section 5.2.7.1). A header whose checksum does not fit may have lost the bit on its way.
pub fn may_be_fragmented(quoted: &Ip<'_>) -> bool {
    quoted.version == IpVersion::V4
        && !quoted.dont_fragment
        && header_checksum(quoted).is_some_and(|checksum| checksum.status == ChecksumStatus::Good)
}

/// Errors of IPv6 whose pointer is no choice: it is 0 where the headers end too early (RFC 7112 section
/// 5), and stands in the extensions where they are too long (RFC 8883 section 3.1).
fn pointer_rules(decoder: &mut Decoder<'_, '_>, extensions: Option<&Extensions<'_>>) {
    match (decoder.kind, decoder.code) {
        (4, 3) if u32_at(decoder.bytes, 4).is_some_and(|pointer| pointer != 0) => {
            decoder.rule(4, "pointer of an incomplete header chain is not 0");
        }
        (1, 8) if decoder.is_whole() => {
            let mut objects = extensions.into_iter().flat_map(Extensions::objects);
            if !objects.any(|object| matches!(object.kind, ExtensionObject::Pointer(_))) {
                decoder.rule(1, "headers too long without a pointer");
            }
        }
        _ => {}
    }
}

/// The rules that redirects share.
pub(super) fn quote_rules(decoder: &mut Decoder<'_, '_>, quoted: &Quote<'_>) {
    let version = match quoted.ip.protocol {
        protocol::ICMP => IpVersion::V4,
        protocol::IPV6_ICMP => IpVersion::V6,
        _ => return,
    };
    if let QuotedTransport::Icmp { kind: number, .. } = quoted.transport
        && is_error(version, number)
    {
        let offset = quoted.ip.header.len();
        let rule = match (version, number) {
            // RFC 4443 section 2.4 (e.2): of IPv6 it is no error.
            (IpVersion::V6, v6::REDIRECT) => "error about a redirect",
            _ => "error about an error",
        };
        decoder.defects.rule(Layer::Quote, offset, rule);
    }
}

pub(super) fn is_group(address: IpAddr) -> bool {
    address.is_multicast() || matches!(address, IpAddr::V4(v4) if v4.is_broadcast())
}

/// Whether an address may be that of one host (RFC 1122 section 3.2.2, RFC 1812 section 4.3.2.7; RFC
/// 4443 section 2.4 e.6).
pub(super) fn is_single_host(address: IpAddr) -> bool {
    match address {
        // This network, loopback, groups and class E.
        IpAddr::V4(v4) => !matches!(v4.octets(), [0 | 127 | 224..=255, ..]),
        IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_multicast(),
    }
}
