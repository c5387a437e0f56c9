//! Messages of routers and mobile nodes by their octets, each cut at every length.

mod eigrp;
mod hip;
mod mobility;
mod ospf;
mod pim;
mod rsvp;

use super::of;
use crate::icmp::Message;
use crate::icmp::field::{Field, Value};
use crate::icmp::item::Item;
use crate::wire::{Ip, Limit};

fn ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap();
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    packet.extend([192, 0, 2, 1, 198, 51, 100, 7]);
    packet.extend(payload);
    packet
}

/// Message, fields and lists of a header, and that each prefix tells the beginning of it.
fn told(protocol: u8, octets: &[u8]) -> String {
    let whole = told_of(protocol, octets);
    for length in 0..octets.len() {
        let mut some = told_of(protocol, &octets[..length]);
        some.1.retain(|field| !field.starts_with("unread "));
        assert!(
            some.1.iter().all(|field| {
                // A list, or what runs to the end, is as long as what was quoted of it.
                let name = field.split(' ').next().unwrap();
                whole.1.iter().any(|of| of.split(' ').next() == Some(name))
            }),
            "{length}: {some:?} of {whole:?}"
        );
        assert!(some.1.len() <= whole.1.len(), "{length}: {some:?}");
    }
    format!("{}: {}", whole.0, whole.1.join(", "))
}

fn told_of(protocol: u8, octets: &[u8]) -> (&'static str, Vec<String>) {
    let error = [&[3, 2, 0, 0, 0, 0, 0, 0], &ip(protocol, octets)[..]].concat();
    let packet = ip(1, &error);
    let ip = Ip::parse(&packet, Limit::Frame).unwrap();
    let message = Message::parse(&ip);
    let Some(header) = of(message.quote().unwrap()) else {
        return ("-", Vec::new());
    };
    (header.message.unwrap_or("-"), fields(&header.item))
}

/// Those behind type and length; of flags those that are set.
fn fields(item: &Item<'_>) -> Vec<String> {
    let unread = item.unread();
    let told = item
        .fields()
        .filter(|field| !matches!(field.name, "type" | "length"));
    told.filter_map(|field| field_text(&field))
        .chain(unread.map(|octets| format!("unread {}", hex(octets))))
        .collect()
}

fn field_text(field: &Field<'_>) -> Option<String> {
    let value = match field.value {
        Value::Flag(set) => return set.then(|| field.name.to_owned()),
        Value::Number(n) => match field.word() {
            Some((_, word)) => format!("{n}/{word}"),
            None => n.to_string(),
        },
        Value::Hex(n) => format!("{n:#x}"),
        Value::Seconds(n) => n.to_string(),
        Value::Address(addr) => addr.to_string(),
        Value::Octets(octets) | Value::V4List(octets) => hex(octets),
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Time(ts) => ts.as_nanos().to_string(),
        Value::Parts(parts, octets) => parts.items(octets).map(|part| item_text(&part)).collect(),
        other => format!("{other:?}"),
    };
    Some(format!("{} {value}", field.name))
}

fn item_text(item: &Item<'_>) -> String {
    let number = item.number.map_or(String::new(), |n| n.to_string());
    let name = item.name.unwrap_or("-");
    format!("[{number} {name}: {}]", fields(item).join(", "))
}

fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .fold(String::new(), |text, octet| format!("{text}{octet:02x}"))
}
