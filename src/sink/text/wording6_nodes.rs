//! tcpdump's words for router renumbering and node information.

use super::fields;
use crate::icmp::dns;
use crate::icmp::field::Value;
use crate::icmp::node_name::NodeName;
use crate::icmp::renumbering::{Part, PartKind, RenumberingKind};
use crate::icmp::{Body, Message};
use crate::record::escape;
use crate::record::write::{self, number};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

pub(super) fn router_renumbering(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    out.extend_from_slice(b"router renumbering, ");
    match message.code? {
        0 => out.extend_from_slice(b"command"),
        1 => out.extend_from_slice(b"result"),
        255 => out.extend_from_slice(b"sequence number reset"),
        code => number(out, b"code-#", code.into()),
    }
    number(out, b", seq=", u32_at(message.bytes, 4)?.into());
    if let Body::RouterRenumbering(renumbering) = &message.body
        && renumbering.kind == RenumberingKind::Command
    {
        for part in renumbering.parts() {
            operation(out, &part)?;
        }
    }
    Some(())
}

/// ` match(add,2001:db8::/32)` and ` use(2001:db8:9::/48/16)`: prefixes with how many bits are
/// compared, or taken and kept.
fn operation(out: &mut Vec<u8>, part: &Part<'_>) -> Option<()> {
    let bytes = part.bytes;
    match part.kind {
        PartKind::MatchPrefix => {
            let (code, length, bits) = (u8_at(bytes, 0)?, u8_at(bytes, 1)?, u8_at(bytes, 3)?);
            let prefix = array_at::<16>(bytes, 8)?;
            out.extend_from_slice(b" match(");
            match code {
                1 => out.extend_from_slice(b"add"),
                2 => out.extend_from_slice(b"change"),
                3 => out.extend_from_slice(b"setglobal"),
                other => number(out, b"#", other.into()),
            }
            out.push(b',');
            write::ipv6(out, prefix.into());
            number(out, b"/", bits.into());
            out.push(b')');
            // RFC 2894 section 3.2.1.1: 4N + 3.
            length.checked_sub(3).filter(|rest| rest % 4 == 0)?;
        }
        PartKind::UsePrefix => {
            let (taken, kept, flags) = (u8_at(bytes, 0)?, u8_at(bytes, 1)?, u8_at(bytes, 12)?);
            let prefix = array_at::<16>(bytes, 16)?;
            out.extend_from_slice(b" use(");
            out.extend_from_slice(match flags {
                0 => b"",
                _ if flags & 0xc0 == 0xc0 => b"VP,".as_slice(),
                _ if flags & 0x80 != 0 => b"V,",
                _ if flags & 0x40 != 0 => b"P,",
                _ => b",",
            });
            write::ipv6(out, prefix.into());
            number(out, b"/", taken.into());
            number(out, b"/", kept.into());
            out.push(b')');
        }
        PartKind::Result => {}
    }
    Some(())
}

/// Query or reply; what is asked for, and the subject where it is an address.
pub(super) fn node_information(
    out: &mut Vec<u8>,
    head: &[u8],
    message: &Message<'_>,
) -> Option<()> {
    let bytes = message.bytes;
    let (what, flags) = (u16_at(bytes, 4)?, u16_at(bytes, 6)?);
    out.extend_from_slice(head);
    let code = message.code?;
    if message.kind == 140 && code > 0 {
        out.extend_from_slice(match code {
            1 => b"refused",
            2 => b"unknown".as_slice(),
            _ => b"",
        });
        out.push(b')');
        return Some(());
    }
    out.extend_from_slice(match what {
        0 => b"noop",
        1 => b"supported qtypes".as_slice(),
        2 => b"DNS name",
        3 => b"node addresses",
        4 => b"IPv4 addresses",
        _ => b"unknown",
    });
    if message.kind == 140 {
        answer(out, what, message);
    }
    if what == 3 && flags != 0 {
        out.extend_from_slice(b" [");
        // RFC 4620 section 6.3; T in replies only.
        for (bit, letter) in [
            (0x40, b'a'),
            (0x20, b'G'),
            (0x10, b'S'),
            (0x08, b'L'),
            (0x04, b'C'),
            (0x02, b'A'),
        ] {
            if flags & bit != 0 {
                out.push(letter);
            }
        }
        if message.kind == 140 && flags & 1 != 0 {
            out.push(b'T');
        }
        out.push(b']');
    }
    if message.kind == 139 && what > 1 {
        subject(out, message);
    }
    out.push(b')');
    Some(())
}

/// The answer of a reply (RFC 4620 sections 6.2 to 6.4): a name, or addresses with their times to live:
/// `, "host.example."`, ` fe80::2(600)`.
fn answer(out: &mut Vec<u8>, qtype: u16, message: &Message<'_>) {
    if qtype == 2 {
        let octets = message.bytes.get(20..).unwrap_or_default();
        match &message.body {
            Body::NodeInformation(answer) if points(octets) => whole_names(out, answer.names()),
            _ => names(out, octets),
        }
        return;
    }
    for entry in message.items() {
        let mut ttl = None;
        for field in entry.fields() {
            match field.value {
                Value::Number(seconds) => ttl = Some(seconds),
                Value::Address(address) => {
                    out.push(b' ');
                    write::ip(out, address);
                }
                _ => {}
            }
        }
        if let Some(ttl) = ttl {
            out.push(b'(');
            write::decimal(out, ttl);
            out.push(b')');
        }
    }
}

/// Whether names end in pointers, which tcpdump follows nowhere.
fn points(octets: &[u8]) -> bool {
    dns::names(octets).any(|name| !name.complete)
}

/// Names whose pointers are followed, up to one that is none.
fn whole_names<'a>(out: &mut Vec<u8>, names: impl Iterator<Item = NodeName<'a>>) {
    for name in names {
        out.extend_from_slice(b", \"");
        fields::node_name(out, name);
        out.extend_from_slice(if name.is_broken() { b"???\"" } else { b"\"" });
    }
}

/// The subject of a query (RFC 4620 section 5).
fn subject(out: &mut Vec<u8>, message: &Message<'_>) {
    let subject = message.bytes.get(16..).unwrap_or_default();
    let Some(code) = message.code else {
        return;
    };
    match (code, subject.len()) {
        (0, 16) => {
            let _ = super::wording6::address(out, b", subject=", subject, 0);
        }
        (2, 4) => {
            out.extend_from_slice(b", subject=");
            if let Some(octets) = array_at::<4>(subject, 0) {
                write::ipv4(out, octets.into());
            }
        }
        (1, _) => {
            out.extend_from_slice(b", subject=DNS name");
            names(out, subject);
        }
        (3.., _) => out.extend_from_slice(b", unknown subject"),
        _ => {}
    }
}

/// `, "host.example."`, for each name up to its end, which is a zero octet, or two where the name is not
/// fully qualified (RFC 4620 section 6.2); `???` where it has none.
fn names(out: &mut Vec<u8>, octets: &[u8]) {
    let mut rest = octets;
    loop {
        out.extend_from_slice(b", \"");
        rest = name(out, rest);
        out.push(b'"');
        if rest.is_empty() {
            break;
        }
    }
}

/// The first name in `octets`; gives what is behind it.
fn name<'a>(out: &mut Vec<u8>, octets: &'a [u8]) -> &'a [u8] {
    let mut rest = octets;
    while let Some((&length, behind)) = rest.split_first() {
        let label = behind.get(..usize::from(length));
        match (length, label) {
            // A name without a label has nothing behind it.
            (0, _) if rest.len() == octets.len() && !behind.is_empty() => {
                out.extend_from_slice(b"???");
                return &[];
            }
            (0, _) => {
                if let Some(behind) = behind.strip_prefix(&[0]) {
                    return behind;
                }
                out.push(b'.');
                return behind;
            }
            (_, None) => {
                out.extend_from_slice(b"???");
                return &[];
            }
            (_, Some(label)) => {
                escape::push(out, label);
                rest = behind.get(label.len()..).unwrap_or_default();
                if rest.first().is_some_and(|next| *next != 0) {
                    out.push(b'.');
                }
            }
        }
    }
    rest
}
