//! `-e`: the link-layer header as tcpdump shows it.

mod capture;
mod juniper;
mod llc;
mod radio;
mod serial;
mod switch;
mod wireless;

use std::io::Write as _;

use super::{options, system};
use crate::model::{Frame, LinkType};
use crate::record::IcmpEvent;
use crate::record::write::{self, number};
use crate::sink::text::Verbosity;
use crate::wire::bytes::{u8_at, u16_at, u32_at};
use crate::wire::link::{self, SecTag, SourceRoute, linktype as lt};
use crate::wire::{IpVersion, bytes};

/// What is no larger in the place of an EtherType is a length (IEEE 802.3 section 3.2.6).
const LONGEST_802_3: u16 = 1500;

/// Whether the header ends with the protocol, so that the line need not begin with `IP `.
pub(super) fn tells_protocol(event: &IcmpEvent<'_>) -> bool {
    let frame = event.frame;
    let has_none = frame.link == lt::MFR && !serial::begins_frame(frame.data, 0);
    // What is inside a tunnel is not what the link header tells of.
    event.packet.tunnels.is_empty() && !has_none
}

/// What tcpdump tells of the link without being asked: the tag of a switch's chip, how IP security
/// protected a packet, the place of a frame in a multilink.
pub(super) fn unasked(out: &mut Vec<u8>, event: &IcmpEvent<'_>) {
    match event.frame.link {
        lt::ENC => return capture::enc(out, event.frame.data),
        lt::MFR => return serial::multilink(out, event.frame.data, 0),
        _ => {}
    }
    // Nearly all frames are of links that have none; one before the frame is told with -e alone.
    if event.frame.link != lt::DSA_TAG_BRCM_PREPEND
        && link::has_switch_tag(event.frame.link)
        && let Some(tag) = link::addresses(event.frame).switch
    {
        switch::short(out, event.frame.link, event.frame.data, tag);
    }
}

/// Which way the frame went, where the file tells and the link's header has no word for it.
pub(super) fn way_told(out: &mut Vec<u8>, event: &IcmpEvent<'_>) {
    if event.frame.options.is_empty() {
        return;
    }
    let told = link::addresses(event.frame);
    if told.direction.is_none() && told.packet_type.is_none() {
        options::direction(out, event.frame.options);
    }
}

/// The header, with what separates it from the packet.
pub(super) fn header(out: &mut Vec<u8>, event: &IcmpEvent<'_>, verbosity: Verbosity) {
    if let Some(told) = link::usb::transfer_header(event.frame) {
        capture::usb(out, &told);
    }
    of_frame(out, event, event.frame, verbosity);
}

/// That of `frame`, which may be one inside of the event's.
fn of_frame(out: &mut Vec<u8>, event: &IcmpEvent<'_>, frame: &Frame<'_>, verbosity: Verbosity) {
    let data = frame.data;
    let length = frame.wire_len;
    let told = link::addresses(frame);
    match frame.link {
        lt::ETHERNET => ethernet(out, data, 0, length),
        lt::NETANALYZER => ethernet(out, data, 4, length.saturating_sub(4)),
        lt::NETANALYZER_TRANSPARENT => ethernet(out, data, 12, length.saturating_sub(12)),
        lt::LINUX_SLL => {
            direction(out, u16_at(data, 0).unwrap_or(0).into(), Align::Right);
            address(out, data, 6, u16_at(data, 4).unwrap_or(0));
            ether_types(out, data, 14, length);
        }
        lt::LINUX_SLL2 => {
            direction(out, u8_at(data, 10).unwrap_or(0).into(), Align::Left);
            number(out, b"ifindex ", u32_at(data, 4).unwrap_or(0).into());
            out.push(b' ');
            address(out, data, 12, u8_at(data, 11).unwrap_or(0).into());
            let protocol = u16_at(data, 0).unwrap_or(0);
            ether_type(out, protocol);
            end(out, length);
            tags(out, data, 20, protocol);
        }
        lt::NULL | lt::LOOP => {
            let (name, family): (&[u8], u64) = match event.packet.ip.version {
                IpVersion::V4 => (b"IPv4", 2),
                // The number is the capturing system's own: 10, 24, 28 or 30.
                IpVersion::V6 => (b"IPv6", data.iter().take(4).map(|b| u64::from(*b)).sum()),
            };
            out.extend_from_slice(b"AF ");
            out.extend_from_slice(name);
            number(out, b" (", family);
            out.push(b')');
            end(out, length);
        }
        lt::SLIP => serial::slip(out, data, length),
        lt::PPP => serial::ppp(out, data, serial::ppp_protocol_at(data, 0), length),
        lt::PPP_PPPD => {
            serial::direction(out, u8_at(data, 0));
            serial::ppp(out, data, serial::ppp_protocol_at(data, 0), length);
        }
        lt::PPP_HDLC if told.hdlc_address.is_none() => serial::ppp_hdlc(out, data, length),
        lt::C_HDLC | lt::PPP_HDLC => serial::c_hdlc(out, data, 0, length),
        lt::FRELAY => match told.frame_relay {
            Some(circuit) => serial::frame_relay(out, data, 0, circuit, length),
            None => other(out, frame, &told),
        },
        lt::IPOIB => {
            out.extend_from_slice(b"IPOIB, ");
            ether_types(out, data, 40, length);
        }
        lt::APPLE_IP_OVER_IEEE1394 => {
            addresses(out, &told);
            ether_types(out, data, 16, length);
        }
        lt::FDDI => {
            fddi_frame(out, u8_at(data, 0).unwrap_or(0));
            addresses(out, &told);
            told_length(out, length);
            llc::header(out, data, 13, length.saturating_sub(13));
        }
        lt::IEEE802_5 => {
            write::hex_octets(out, data.get(..2).unwrap_or_default(), b" ");
            out.push(b' ');
            addresses(out, &told);
            told_length(out, length);
            let route = source_route(out, data);
            let behind = 14 + route;
            let header = u32::try_from(behind).unwrap_or(0);
            llc::header(out, data, behind, length.saturating_sub(header));
        }
        lt::IP_OVER_FC => {
            addresses(out, &told);
            told_length(out, length);
            llc::header(out, data, 16, length.saturating_sub(16));
        }
        lt::ATM_RFC1483 => llc::header(out, data, 0, length),
        lt::ATM_CLIP => {
            write::decimal(out, length.into());
            out.extend_from_slice(b": ");
            llc::header(out, data, 0, length);
        }
        lt::NFLOG => {
            number(out, b"version ", u8_at(data, 1).unwrap_or(0).into());
            number(out, b", resource ID ", u16_at(data, 2).unwrap_or(0).into());
            family(out, u8_at(data, 0).unwrap_or(0), length);
        }
        // Without a link header there is nothing but the packet.
        LinkType(12 | 14 | 101 | 228 | 229) => out.extend_from_slice(b"ip: "),
        _ => of_recorder(out, event, (frame, &told), verbosity),
    }
}

/// That of a frame behind what a capturing system puts before it, or in the place of the link's.
fn of_recorder(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    (frame, told): (&Frame<'_>, &link::Addresses),
    verbosity: Verbosity,
) {
    let (data, length) = (frame.data, frame.wire_len);
    match frame.link {
        lt::ENC => capture::enc(out, data),
        lt::PFLOG if let Some(told) = link::SystemReport::of(frame) => {
            system::pf_header(out, &told);
        }
        lt::ARCNET_BSD => capture::arcnet(out, data, 3, length),
        lt::ARCNET_LINUX => capture::arcnet(out, data, 5, length),
        lt::IPNET => capture::ipnet(out, data, length),
        lt::SUNATM => capture::sun_atm(out, data, length),
        lt::SYMANTEC_FIREWALL => capture::symantec(out, data, length),
        lt::MFR => serial::multilink_frame_relay(out, data, 0, length),
        lt::IEEE802_11 | lt::IEEE802_11_PRISM | lt::IEEE802_11_RADIOTAP | lt::IEEE802_11_AVS
            if let Some(places) = link::llc_of_802_11(frame) =>
        {
            radio::tell(out, frame);
            wireless::header(out, frame, places, verbosity);
        }
        lt::PPI | lt::PKTAP | lt::USER2 => {
            if let Some(inner) = capture::named_inside(out, frame) {
                capture::packet_tap(out, frame);
                radio::tell(out, frame);
                of_frame(out, event, &inner, verbosity);
            }
        }
        kind => match (told.switch, link::juniper(frame)) {
            (Some(tag), _) => switch::long(out, kind, data, told, tag, length),
            (None, Some(header)) => juniper::header(out, kind, data, header, length),
            (None, None) => other(out, frame, told),
        },
    }
}

/// `802.11, 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 116: `, without
/// what the link does not tell. tcpdump has words of its own for each kind of link.
fn other(out: &mut Vec<u8>, frame: &Frame<'_>, told: &link::Addresses) {
    let name = link::description(frame.link).unwrap_or("link");
    out.extend_from_slice(name.as_bytes());
    if frame.link == lt::IEEE802_15_4_TAP {
        let start = out.len();
        out.extend_from_slice(b", ");
        let empty = out.len();
        radio::tell(out, frame);
        // Behind each thing stands a space.
        let end = out.len() - 1;
        out.truncate(if out.len() > empty { end } else { start });
    }
    if let Some(direction) = told.direction {
        out.extend_from_slice(b", ");
        out.extend_from_slice(direction.name().as_bytes());
    }
    if let (Some(src), Some(dst)) = (told.src, told.dst) {
        // Writing to memory cannot fail.
        let _ = write!(out, ", {src} > {dst}");
        for (n, repeater) in link::repeaters(frame).enumerate() {
            out.extend_from_slice(if n == 0 { b" via " } else { b"," });
            let mark = if repeater.has_repeated { "*" } else { "" };
            let _ = write!(out, "{}{mark}", repeater.address);
        }
    }
    if let Some(circuit) = told.frame_relay {
        number(out, b", DLCI ", circuit.dlci.into());
    }
    if let Some(protocol) = told.ether_type {
        out.extend_from_slice(b", ");
        ether_type(out, protocol);
    }
    end(out, frame.wire_len);
}

/// `02:00:00:00:00:01 > 02:00:00:00:00:02, `.
fn addresses(out: &mut Vec<u8>, told: &link::Addresses) {
    write::hex_octets(
        out,
        told.src.as_ref().map_or(&[], |src| src.as_slice()),
        b":",
    );
    out.extend_from_slice(b" > ");
    write::hex_octets(
        out,
        told.dst.as_ref().map_or(&[], |dst| dst.as_slice()),
        b":",
    );
    out.extend_from_slice(b", ");
}

/// `rt = 630:11:20 (4472) `: the bridges that a frame goes by, behind the addresses; how many octets
/// that takes.
fn source_route(out: &mut Vec<u8>, data: &[u8]) -> usize {
    let Some(route) = SourceRoute::of_token_ring(data) else {
        return 0;
    };
    out.extend_from_slice(b"rt = ");
    write::hex(out, route.control.into(), 1);
    for segment in route.segments() {
        out.push(b':');
        write::hex(out, segment.into(), 1);
    }
    out.extend_from_slice(b" (");
    match route.largest_frame() {
        Some(octets) => write::decimal(out, octets.into()),
        None => out.extend_from_slice(b"??"),
    }
    out.extend_from_slice(b") ");
    route.octets()
}

/// `async0 `: the kinds of frame that LLC stands in.
fn fddi_frame(out: &mut Vec<u8>, control: u8) {
    match control & 0xf0 {
        0x50 => out.extend_from_slice(b"async"),
        0xd0 => out.extend_from_slice(b"sync"),
        _ => out.extend_from_slice(b"fc "),
    }
    write::hex(out, u64::from(control & 0x07), 1);
    out.push(b' ');
}

/// `, family IPv4 (2), length 44: `.
fn family(out: &mut Vec<u8>, family: u8, length: u32) {
    out.extend_from_slice(if family == 2 {
        b", family IPv4 ("
    } else {
        b", family IPv6 ("
    });
    write::decimal(out, family.into());
    out.push(b')');
    end(out, length);
}

/// Where tcpdump puts the kind of packet in its three columns: it differs by version.
#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
}

/// The kind of packet in a cooked header, in tcpdump's width.
fn direction(out: &mut Vec<u8>, kind: u32, align: Align) {
    let word: &[u8] = match kind {
        0 => b"In",
        1 => b"B",
        2 => b"M",
        3 => b"P",
        4 => b"Out",
        _ => b"?",
    };
    let blanks = &b"  "[..3 - word.len()];
    let (before, behind): (&[u8], &[u8]) = match align {
        Align::Left => (b"", blanks),
        Align::Right => (blanks, b""),
    };
    for part in [before, word, behind, b" "] {
        out.extend_from_slice(part);
    }
}

fn address(out: &mut Vec<u8>, data: &[u8], at: usize, length: u16) {
    let octets = data.get(at..at + usize::from(length.min(8)));
    if let Some(octets) = octets.filter(|octets| !octets.is_empty()) {
        write::hex_octets(out, octets, b":");
        out.push(b' ');
    }
}

fn ethernet(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    let data = bytes::tail(data, at);
    write::hex_octets(out, data.get(6..12).unwrap_or_default(), b":");
    out.extend_from_slice(b" > ");
    write::hex_octets(out, data.get(..6).unwrap_or_default(), b":");
    out.extend_from_slice(b", ");
    ether_types(out, data, 12, length);
}

/// `ethertype 802.1Q (0x8100), length 102: vlan 10, p 0, ethertype IPv4 (0x0800), `.
fn ether_types(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    let protocol = u16_at(data, at).unwrap_or(0);
    if protocol <= LONGEST_802_3 {
        out.extend_from_slice(b"802.3");
        end(out, protocol.into());
        return llc::header(out, data, at + 2, protocol.into());
    }
    ether_type(out, protocol);
    end(out, length);
    tags(out, data, at + 2, protocol);
}

fn end(out: &mut Vec<u8>, length: u32) {
    out.extend_from_slice(b", ");
    told_length(out, length);
}

fn told_length(out: &mut Vec<u8>, length: u32) {
    number(out, b"length ", length.into());
    out.extend_from_slice(b": ");
}

/// The tags that stand at `at`, if `protocol` announces one: VLANs', and `MACsec`'s.
fn tags(out: &mut Vec<u8>, data: &[u8], mut at: usize, mut protocol: u16) {
    loop {
        match protocol {
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
                let Some(tag) = u16_at(data, at) else { return };
                number(out, b"vlan ", (tag & 0x0fff).into());
                number(out, b", p ", (tag >> 13).into());
                if tag & 0x1000 != 0 {
                    out.extend_from_slice(b", DEI");
                }
                at += 2;
            }
            0x88e5 => {
                let Some(tag) = SecTag::parse(data, at) else {
                    return;
                };
                macsec(out, &tag);
                at += tag.octets();
            }
            _ => return,
        }
        protocol = u16_at(data, at).unwrap_or(0);
        at += 2;
        out.extend_from_slice(b", ");
        ether_type(out, protocol);
        out.extend_from_slice(b", ");
    }
}

/// `an 0, pn 68, flags I, sci 2eb73f3995c30001`.
fn macsec(out: &mut Vec<u8>, tag: &SecTag) {
    number(out, b"an ", tag.association().into());
    number(out, b", pn ", tag.packet_number.into());
    out.extend_from_slice(b", flags ");
    let start = out.len();
    let flags = [
        (tag.encrypted(), b'E'),
        (tag.changed(), b'C'),
        (tag.end_station(), b'S'),
        (tag.single_copy_broadcast(), b'B'),
        (tag.channel.is_some(), b'I'),
    ];
    out.extend(
        flags
            .iter()
            .filter(|(is_set, _)| *is_set)
            .map(|(_, flag)| *flag),
    );
    if out.len() == start {
        out.extend_from_slice(b"none");
    }
    if tag.short_length > 0 {
        number(out, b", sl ", tag.short_length.into());
    }
    if let Some(channel) = tag.channel {
        out.extend_from_slice(b", sci ");
        write::hex_octets(out, &channel, b"");
    }
}

fn ether_type(out: &mut Vec<u8>, protocol: u16) {
    out.extend_from_slice(b"ethertype ");
    out.extend_from_slice(ether_type_name(protocol));
    hex_word(out, protocol);
}

fn ether_type_name(protocol: u16) -> &'static [u8] {
    ether_type_title(protocol).unwrap_or("Unknown").as_bytes()
}

/// What an EtherType stands for, in tcpdump's words.
pub(super) const fn ether_type_title(protocol: u16) -> Option<&'static str> {
    Some(match protocol {
        0x0800 => "IPv4",
        0x86dd => "IPv6",
        0x8100 => "802.1Q",
        0x88a8 => "802.1Q-QinQ",
        0x88e5 => "802.1AE MACsec",
        0x9100 => "802.1Q-9100",
        0x9200 => "802.1Q-9200",
        0x8847 => "MPLS unicast",
        0x8848 => "MPLS multicast",
        0x8864 => "PPPoE S",
        0x880b => "PPP",
        0x6558 => "TEB",
        0x894f => "NSH",
        0x8947 => "GeoNet",
        0xd28b => "Arista Vendor Specific Protocol",
        0xabcd => "CFM (old)",
        _ => return None,
    })
}

/// ` (0x0800)`.
fn hex_word(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(b" (0x");
    write::hex(out, value.into(), 4);
    out.push(b')');
}
