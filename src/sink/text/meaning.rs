//! What the value of a field means, for people who learn the format from a packet.

use super::{addr, fields, link, note, wording4};
use crate::icmp::Body;
use crate::icmp::field::{Unit, Value};
use crate::icmp::ip_header;
use crate::icmp::layout::{LaidField, Part};
use crate::icmp::object::{self, Label, Labels};
use crate::icmp::payload::LittleEndianTimes;
use crate::record::json::SourceNames;
use crate::record::words::Word;
use crate::record::write::{self, number};
use crate::record::{IcmpEvent, words};
use crate::wire::ChecksumStatus;

/// A field's name and, where there is one, its value and what that means.
pub(super) fn of(
    out: &mut Vec<u8>,
    field: &LaidField<'_>,
    event: &IcmpEvent<'_>,
    names: &SourceNames,
) {
    let is_ip = matches!(field.part, Part::OuterIp | Part::Ip | Part::QuotedIp);
    if let Some(title) = field.begins {
        addr::words_of(out, title);
        out.extend_from_slice(b": ");
    }
    match (field.name, field.value) {
        ("flags_and_fragment_offset", Some(Value::Hex(word))) if is_ip => {
            return fragmentation(out, word);
        }
        ("version_class_and_flow_label", Some(Value::Hex(word))) if is_ip => {
            return first_word6(out, word);
        }
        ("header_words_and_flags", Some(Value::Hex(word))) => return tcp_flags(out, word),
        (_, Some(Value::Labels(octets))) => {
            let stack = Labels(octets);
            return labels(out, stack.iter());
        }
        _ => {}
    }
    let name = field
        .value
        .map_or(field.name, |value| fields::span_name(field.name, value));
    addr::words_of(out, name);
    match field.value {
        Some(Value::Octets(_)) | None => {}
        Some(value) => {
            out.push(b' ');
            fields::value(out, value);
            // `max_response_ms` stands beside the code that it is made from.
            let is_named = |unit: &Unit| {
                let stem = field.name.strip_suffix(unit.symbol());
                stem.is_some_and(|stem| stem.ends_with('_'))
            };
            fields::unit(out, field.unit.filter(|unit| !is_named(unit)), value);
        }
    }
    if let Some(status) = field.checksum {
        out.push(b' ');
        addr::words_of(out, status.word());
        if let ChecksumStatus::Bad { expected } = status {
            out.extend_from_slice(b" (0x");
            write::hex(out, expected.into(), 4);
            out.extend_from_slice(b" expected)");
        }
    }
    note::cause(out, b", ", field.cause, names);
    if let (Part::Icmp, Body::Timestamp(timestamp)) = (field.part, &event.message.body)
        && let Some(times) = LittleEndianTimes::of(timestamp, event.frame.ts)
        && let Some(time) = times.named(field.name)
    {
        out.extend_from_slice(b", probably little-endian ");
        wording4::time_of_day(out, time);
    }
    if let Some(word) = field.word.or_else(|| self::name(field, event)) {
        out.push(b' ');
        addr::words_of(out, word);
    }
}

/// The name of a number.
fn name(field: &LaidField<'_>, event: &IcmpEvent<'_>) -> Option<&'static str> {
    let message = event.message;
    let wide = match field.value {
        Some(Value::Number(number)) => u16::try_from(number).ok(),
        _ => None,
    };
    let number = wide.and_then(|number| u8::try_from(number).ok());
    if let (Some(Value::Hex(kind)), "ether_type" | "protocol") = (field.value, field.name) {
        // No protocol of PPP has the number of an EtherType.
        return link::ether_type_title(u16::try_from(kind).ok()?);
    }
    match (field.part, field.name) {
        (Part::OuterIp | Part::Ip | Part::QuotedIp, "protocol" | "next_header") => match number? {
            0 => Some("hop-by-hop options"),
            43 => Some("routing"),
            44 => Some("fragment"),
            60 => Some("destination options"),
            other => words::protocol_title(other),
        },
        (Part::OuterIp | Part::Ip | Part::QuotedIp, "routing_type") => {
            ip_header::routing_type_name(number?)
        }
        (Part::Icmp, "type") => Some(message.name()),
        (Part::Icmp, "code") => message.code_name(),
        (Part::Extension, "class") => object::class_name(number?),
        (Part::Extension, "address_family") => match wide? {
            1 => Some("IPv4"),
            2 => Some("IPv6"),
            other => object::family_name(other),
        },
        _ => None,
    }
}

/// RFC 791 section 3.1.
fn fragmentation(out: &mut Vec<u8>, word: u64) {
    out.extend_from_slice(b"flags");
    for (bit, flag) in [(0x8000, " reserved"), (0x4000, " DF"), (0x2000, " MF")] {
        if word & bit != 0 {
            out.extend_from_slice(flag.as_bytes());
        }
    }
    if word & 0xe000 == 0 {
        out.extend_from_slice(b" none");
    }
    number(out, b", fragment offset ", (word & 0x1fff) * 8);
}

/// RFC 8200 section 3.
fn first_word6(out: &mut Vec<u8>, word: u64) {
    number(out, b"version ", word >> 28);
    out.extend_from_slice(b", traffic class 0x");
    write::hex(out, word >> 20 & 0xff, 1);
    out.extend_from_slice(b", flow label 0x");
    write::hex(out, word & 0xf_ffff, 1);
}

/// RFC 9293 section 3.1.
fn tcp_flags(out: &mut Vec<u8>, word: u64) {
    const FLAGS: [&str; 12] = [
        "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE", "0x200", "0x400", "0x800",
    ];
    number(out, b"header words ", word >> 12);
    out.extend_from_slice(b", flags");
    for (bit, flag) in FLAGS.iter().enumerate() {
        if word >> bit & 1 != 0 {
            out.push(b' ');
            out.extend_from_slice(flag.as_bytes());
        }
    }
}

/// RFC 3032 section 2.1.
fn labels(out: &mut Vec<u8>, stack: impl Iterator<Item = Label>) {
    for (i, label) in stack.enumerate() {
        out.extend_from_slice(if i == 0 { b"" } else { b"; " });
        number(out, b"label ", label.label.into());
        number(out, b", traffic class ", label.traffic_class.into());
        out.extend_from_slice(if label.bottom { b", bottom" } else { b"" });
        number(out, b", ttl ", label.ttl.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::write::text;

    #[test]
    fn words_of_several_fields_are_taken_apart() {
        assert_eq!(
            text(|out| fragmentation(out, 0x4000)),
            "flags DF, fragment offset 0"
        );
        assert_eq!(
            text(|out| fragmentation(out, 0xa0b9)),
            "flags reserved MF, fragment offset 1480"
        );
        assert_eq!(
            text(|out| fragmentation(out, 0)),
            "flags none, fragment offset 0"
        );
        assert_eq!(
            text(|out| first_word6(out, 0x600f_700f)),
            "version 6, traffic class 0x0, flow label 0xf700f"
        );
        assert_eq!(
            text(|out| tcp_flags(out, 0x5012)),
            "header words 5, flags SYN ACK"
        );
        assert_eq!(
            text(|out| labels(out, Labels(&[3, 0xe8, 0x10, 1, 3, 0xe8, 0x21, 2]).iter())),
            "label 16001, traffic class 0, ttl 1; label 16002, traffic class 0, bottom, ttl 2"
        );
    }
}
