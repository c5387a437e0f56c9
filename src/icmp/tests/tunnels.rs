//! The headers of tunnels, field by field.

mod samples;

use std::fmt::Write as _;

use proptest::prelude::*;

use samples::{ETHERNET, IP, echo, over_udp, samples};

use super::*;
use crate::icmp::cause::Proven;
use crate::icmp::field::Value;
use crate::icmp::item::Item;
use crate::icmp::layout::{self, Part};
use crate::icmp::object::Labels;
use crate::icmp::tunnel_header::{defects, parts};
use crate::model::{Frame, LinkType};
use crate::wire::tunnel::{Encapsulation, TunnelKind};
use crate::wire::{Classified, TunnelPath, classify};

fn frame(link: u32, data: &[u8], on_wire: usize) -> Frame<'_> {
    Frame {
        wire_len: u32::try_from(on_wire).unwrap(),
        ..Frame::alone(LinkType(link), data)
    }
}

fn tunnels<'a>(frame: &Frame<'a>) -> Option<TunnelPath<'a>> {
    match classify(frame) {
        Classified::Icmp(packet) | Classified::OtherIp(packet) => Some(packet.tunnels),
        _ => None,
    }
}

fn shown(value: Value<'_>) -> String {
    let hex = |octets: &[u8]| {
        octets.iter().fold(String::new(), |mut text, octet| {
            write!(text, "{octet:02x}").unwrap();
            text
        })
    };
    match value {
        Value::Number(n) => n.to_string(),
        Value::Hex(n) => format!("{n:#x}"),
        Value::Flag(set) => set.to_string(),
        Value::Address(address) => address.to_string(),
        Value::Octets(octets) => hex(octets),
        Value::Labels(octets) => {
            let labels = Labels(octets);
            let labels = labels.iter().map(|entry| {
                let bottom = if entry.bottom { "S" } else { "" };
                format!(
                    "{}/{}/{bottom}/{}",
                    entry.label, entry.traffic_class, entry.ttl
                )
            });
            labels.collect::<Vec<_>>().join(",")
        }
        other => panic!("{other:?}"),
    }
}

fn told(around: &Encapsulation<'_>) -> Vec<String> {
    told_of_parts(parts(around))
}

fn told_of_parts<'a>(parts: impl IntoIterator<Item = Item<'a>>) -> Vec<String> {
    let parts = parts.into_iter().map(|part| {
        let fields = part
            .fields()
            .map(|f| format!(" {}={}", f.name, shown(f.value)));
        format!("{}{}", part.name.unwrap(), fields.collect::<String>())
    });
    parts.collect()
}

#[test]
fn every_field_of_every_header() {
    for sample in samples() {
        let frame = frame(sample.link, &sample.frame, sample.frame.len());
        let path = tunnels(&frame).unwrap();
        let all: Vec<_> = path
            .encapsulations()
            .flat_map(|around| told(&around))
            .collect();
        assert_eq!(all, sample.told);
        for around in path.encapsulations() {
            let lengths = parts(&around).map(|part| part.bytes.len());
            assert_eq!(lengths.sum::<usize>(), around.header.len(), "{all:?}");
        }
    }
}

#[test]
fn every_octet_of_every_header_has_a_name() {
    for sample in samples() {
        let frame = frame(sample.link, &sample.frame, sample.frame.len());
        for around in tunnels(&frame).unwrap().encapsulations() {
            let laid = layout::tunnel(&around);
            let mut at = 0;
            for field in &laid {
                assert_eq!(field.part, Part::Tunnel);
                assert!(
                    field.range.start <= at && field.range.end >= at,
                    "{laid:#?}"
                );
                at = field.range.end;
            }
            assert_eq!(at, around.header.len());
            let named = laid.iter().filter(|field| field.name != "header");
            let begun = named.filter_map(|field| field.begins).count();
            assert_eq!(begun, parts(&around).count());
        }
    }
}

#[test]
fn every_prefix_tells_what_is_in_it() {
    for sample in samples() {
        let whole = sample.told.join("\n");
        for length in 0..sample.frame.len() {
            let cut = frame(sample.link, &sample.frame[..length], sample.frame.len());
            let Some(path) = tunnels(&cut) else {
                continue;
            };
            for line in path.encapsulations().flat_map(|around| told(&around)) {
                assert!(whole.contains(&line), "{line} at {length} of {whole}");
            }
        }
    }
}

#[test]
fn the_header_of_a_quoted_tunnel_packet() {
    for sample in samples().into_iter().filter(|sample| sample.link == IP) {
        let error = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &sample.frame[..]].concat());
        let ip = Ip::parse(&error, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let quote = message.quote().unwrap();
        let path = quote.tunnels().unwrap();
        let all: Vec<_> = path
            .encapsulations()
            .flat_map(|around| told(&around))
            .collect();
        assert_eq!(all, sample.told);
        let laid = layout::fields(&ip, &message, None, Proven::default());
        let begun: Vec<_> = (laid.iter().filter(|field| field.part == Part::Tunnel))
            .filter_map(|field| field.begins)
            .collect();
        let names: Vec<_> = all
            .iter()
            .filter_map(|told| told.split(' ').next())
            .collect();
        assert_eq!(begun, names);
    }
}

/// What is told of the tunnels in the packet that an error quotes.
fn told_of_quote(packet: &[u8], then: impl FnOnce(&Ip<'_>, &Message<'_>)) -> Vec<String> {
    let error = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], packet].concat());
    let ip = Ip::parse(&error, Limit::Frame).unwrap();
    let message = Message::parse(&ip);
    let mut all = Vec::new();
    if let Some(quote) = message.quote() {
        for around in quote
            .tunnels()
            .into_iter()
            .flat_map(TunnelPath::encapsulations)
        {
            all.extend(told(&around));
        }
        if let Some(alone) = quote.tunnels_alone() {
            assert!(all.is_empty());
            let tunnels = alone.headers.encapsulations();
            all.extend(tunnels.flat_map(|around| told(&around)));
        }
        // Of which nothing else is there, that is told as the packet's own.
        if all.is_empty() && quote.gre().is_some() {
            let header = upper_header::of(quote).unwrap().item;
            all.extend(told_of_parts([header]));
        }
    }
    then(&ip, &message);
    all
}

/// From which length of a quote on a header of its tunnels is told, where that ends at `end` and the packet
/// inside begins at `start`.
fn told_from(packet: &[u8], header: &str, (end, start): (usize, usize)) -> usize {
    /// Nothing tells what these are but the packet inside, of which the length has to be there.
    const BY_PACKET: [u16; 14] = [
        434, 3343, 4306, 4342, 5000, 6118, 9999, 12000, 12220, 12223, 24577, 30030, 34980, 49153,
    ];
    /// Which headers there are shows in the last.
    const BY_LAST: [u16; 2] = [2157, 4729];
    let port = u16::from_be_bytes([packet[22], packet[23]]);
    let length_end = start + if packet[start] >> 4 == 6 { 6 } else { 4 };
    match (packet[9], port) {
        (17, port) if BY_PACKET.contains(&port) => length_end,
        // LISP without an instance, Teredo without what may stand before its packet.
        (17, 4341) if packet[28] & 8 == 0 => length_end,
        (17, 3544) if start == 28 => length_end,
        // The version of GUE is the packet's.
        (17, 6080) if start == 28 => start + 1,
        (17, port) if BY_LAST.contains(&port) => start,
        // What follows the session is agreed on: only the packet tells.
        (115, _) => packet.len(),
        (17, 1701) if packet[29] == 3 && end > 36 => packet.len(),
        // Whether that is a control word or a frame shows in the packet.
        (137, _) if !header.starts_with("mpls") => start + 1,
        _ => end,
    }
}

#[test]
fn every_prefix_of_a_quote_tells_the_headers_that_are_whole() {
    for sample in samples().into_iter().filter(|sample| sample.link == IP) {
        let packet = &sample.frame;
        let mut ends = Vec::new();
        let all = told_of_quote(packet, |_, message| {
            let mut end = 20;
            let path = message.quote().unwrap().tunnels().unwrap();
            for part in path.encapsulations().flat_map(|around| parts(&around)) {
                end += part.bytes.len();
                ends.push(end);
            }
        });
        assert_eq!(all, sample.told);
        let start = ends.last().copied().unwrap_or(20);
        let mut before = Vec::<String>::new();
        for length in 28..=packet.len() {
            let told = told_of_quote(&packet[..length], |ip, message| {
                let laid = layout::fields(ip, message, None, Proven::default());
                let end = laid.iter().map(|field| field.range.end).max().unwrap();
                assert_eq!(end, ip.header.len() + ip.payload.len());
            });
            let context = format!("{length}: {told:#?} of {all:#?}");
            // A stack of labels grows.
            let is_in = |part: &str, other: &str| {
                part.split(' ')
                    .all(|word| other.split(' ').any(|longer| longer.starts_with(word)))
            };
            for (i, part) in told.iter().enumerate() {
                assert!(
                    all.get(i).is_some_and(|whole| is_in(part, whole)),
                    "{context}"
                );
            }
            for (i, part) in before.iter().enumerate() {
                assert!(told.get(i).is_some_and(|now| is_in(part, now)), "{context}");
            }
            for (i, mut end) in ends.iter().enumerate() {
                // UDP's header is the packet's own until there is a tunnel.
                if all[i].starts_with("udp ") {
                    end = ends.get(i + 1).unwrap_or(end);
                }
                if length >= told_from(packet, &all[i], (*end, start)) {
                    assert_eq!(told.get(i), Some(&all[i]), "{context}");
                }
            }
            before = told;
        }
    }
}

#[test]
fn a_quote_of_esp_that_encrypts_nothing_leads_to_the_packet_in_it() {
    let esp = |vector: usize, code: usize| {
        let mut octets = vec![0, 0, 0x10, 1, 0, 0, 0, 7];
        octets.extend(vec![9; vector]);
        octets.extend(echo());
        octets.extend([1, 2, 2, 4]);
        octets.extend(vec![0xa5; code]);
        octets
    };
    let over_esp = |esp: &[u8]| ipv4("192.0.2.1", "192.0.2.2", 50, esp);
    for (vector, code) in [(0, 12), (0, 16), (0, 32), (8, 16)] {
        let esp = esp(vector, code);
        for packet in [over_esp(&esp), over_udp(4500, &esp, &[])] {
            let error = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], &packet[..]].concat());
            let ip = Ip::parse(&error, Limit::Frame).unwrap();
            let message = Message::parse(&ip);
            let quote = message.quote().unwrap();
            let tunnels: Vec<_> = quote.tunnels().unwrap().iter().collect();
            assert_eq!(tunnels.len(), 1);
            assert_eq!(tunnels[0].kind, TunnelKind::EspNull { spi: 0x1001 });
            assert_eq!(quote.inner().unwrap().bytes, echo());
            let laid = layout::fields(&ip, &message, None, Proven::default());
            let octets: usize = laid.iter().map(|field| field.range.end).max().unwrap();
            assert_eq!(octets, error.len());
            assert!(laid.iter().any(|field| field.begins == Some("esp")));
        }
    }
    // What was cut shows nothing, nor do other octets where the padding is.
    let whole = over_esp(&esp(0, 12));
    let mut other = whole.clone();
    other[20 + 8 + 28] = 7;
    for packet in [&whole[..whole.len() - 1], &other] {
        let error = v4(&[&[3, 1, 0, 0, 0, 0, 0, 0], packet].concat());
        let ip = Ip::parse(&error, Limit::Frame).unwrap();
        assert!(Message::parse(&ip).quote().unwrap().inner().is_none());
    }
}

#[test]
fn lengths_that_contradict_the_packet() {
    const INSIDE: &str = "length too small for the packet inside";
    let echo = echo();
    let pppoe = |length: u8, padding: usize| {
        let header = [0x11, 0, 0x12, 0x34, 0, length, 0, 0x21];
        let padding = vec![0; padding];
        let frame = [&[2; 12], &[0x88, 0x64][..], &header, &echo, &padding].concat();
        (ETHERNET, frame)
    };
    let gtp = |length| over_udp(2152, &[0x30, 255, 0, length, 0, 0, 0, 5], &echo);
    let l2tp = |length| over_udp(1701, &[0x40, 2, 0, length, 0, 1, 0, 2, 0, 0x21], &echo);
    let geneve = |words| {
        let options = [2, 0, 8, 0, 0, 0, 1, 0, 1, 2, 3, words, 5, 6, 7, 8];
        over_udp(6081, &options, &echo)
    };
    let udp = |length| {
        let mut packet = gtp(28);
        packet[25] = length;
        packet
    };
    for ((link, packet), told) in [
        (pppoe(30, 0), None),
        (pppoe(30, 9), None),
        (pppoe(38, 9), None),
        (
            pppoe(40, 9),
            Some("tunnel short at 4: 40 octets needed, 39 there (end of frame)"),
        ),
        (
            pppoe(29, 9),
            Some("tunnel at 4: length too small for the packet inside"),
        ),
        ((IP, gtp(28)), None),
        (
            (IP, gtp(29)),
            Some("tunnel short at 10: 29 octets needed, 28 there (IP length)"),
        ),
        ((IP, gtp(20)), Some(INSIDE)),
        ((IP, l2tp(38)), None),
        (
            (IP, l2tp(39)),
            Some("tunnel short at 10: 39 octets needed, 38 there (IP length)"),
        ),
        ((IP, l2tp(37)), Some(INSIDE)),
        ((IP, geneve(1)), None),
        (
            (IP, geneve(2)),
            Some("tunnel at 19: option runs over the header's end"),
        ),
        ((IP, udp(44)), None),
        ((IP, udp(0)), None),
        (
            (IP, udp(45)),
            Some("tunnel short at 4: 45 octets needed, 44 there (IP length)"),
        ),
        (
            (IP, udp(43)),
            Some("tunnel at 4: length too small for the packet inside"),
        ),
    ] {
        // What the snap length cut was there on the wire.
        for captured in packet.len() - 8..=packet.len() {
            let frame = frame(link, &packet[..captured], packet.len());
            let found = defects(tunnels(&frame).unwrap());
            let texts: Vec<_> = found.iter().map(|defect| defect.to_string()).collect();
            match told {
                None => assert_eq!(texts, [""; 0]),
                Some(told) => assert!(texts[0].ends_with(told), "{texts:?}, not {told}"),
            }
            assert_eq!(texts.len(), usize::from(told.is_some()));
        }
    }
    // Whose outer packet is a fragment has the rest elsewhere.
    let mut fragment = gtp(99);
    fragment[6] = 0x20;
    assert!(defects(tunnels(&frame(IP, &fragment, fragment.len())).unwrap()).is_empty());
}

proptest! {
    #[test]
    fn no_octets_panic(
        which in any::<prop::sample::Index>(),
        at in 20usize..80,
        value in any::<u8>(),
        cut in 0usize..60,
    ) {
        let all = samples();
        let mut sample = which.get(&all).frame.clone();
        if let Some(octet) = sample.get_mut(at) {
            *octet = value;
        }
        sample.truncate(sample.len().saturating_sub(cut));
        for link in [IP, ETHERNET] {
            let frame = frame(link, &sample, sample.len());
            let found = tunnels(&frame);
            found.map(defects);
            for around in found.into_iter().flat_map(TunnelPath::encapsulations) {
                prop_assert!(parts(&around).map(|part| part.bytes.len()).sum::<usize>() <= around.header.len());
                prop_assert!(layout::tunnel(&around).iter().all(|field| field.range.end <= around.header.len()));
            }
        }
        told_of_quote(&sample, |ip, message| {
            let laid = layout::fields(ip, message, None, Proven::default());
            assert!(laid.iter().all(|field| field.range.end <= ip.header.len() + ip.payload.len()));
        });
    }
}
