//! ICMP for IPv4 in tcpdump's words.

use super::{addr, fields};
use crate::icmp::field::Value;
use crate::icmp::{Body, Direction, Message, Timestamp, names};
use crate::record::write::{self, number};
use crate::wire::IpVersion;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};

/// Stands where octets that the wording calls for were not captured.
const CUT: &[u8] = b" [|icmp]";

/// `ICMP echo request, id 19, seq 1, length 64`.
pub(super) fn message(out: &mut Vec<u8>, message: &Message<'_>) {
    out.extend_from_slice(b"ICMP ");
    if words(out, message).is_none() {
        out.pop_if(|last| *last == b' ');
        out.extend_from_slice(CUT);
    }
    number(out, b", length ", message.length.into());
}

/// The words for the type; `None` where octets are missing for them.
fn words(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    let bytes = message.bytes;
    u8_at(bytes, 0)?;
    match message.kind {
        0 | 8 => {
            out.extend_from_slice(match message.kind {
                0 => b"echo reply",
                _ => b"echo request",
            });
            if let Body::Echo(echo) = &message.body {
                number(out, b", id ", echo.id.into());
                number(out, b", seq ", echo.seq.into());
            } else {
                number(out, b", id ", u16_at(bytes, 4)?.into());
                number(out, b", seq ", u16_at(bytes, 6)?.into());
            }
        }
        3 => unreachable(out, message)?,
        4 => out.extend_from_slice(b"source quench"),
        5 => redirect(out, message)?,
        9 => router_advertisement(out, bytes)?,
        10 => out.extend_from_slice(b"router solicitation"),
        11 => match message.code {
            Some(0) => out.extend_from_slice(b"time exceeded in-transit"),
            Some(1) => out.extend_from_slice(b"ip reassembly time exceeded"),
            Some(code) => number(out, b"time exceeded-#", code.into()),
            None => {
                out.extend_from_slice(b"time exceeded");
                return None;
            }
        },
        12 => {
            out.extend_from_slice(b"parameter problem");
            match message.code? {
                0 => number(out, b" - octet ", u8_at(bytes, 4)?.into()),
                code => number(out, b" - code ", code.into()),
            }
        }
        13 => {
            out.extend_from_slice(b"time stamp query");
            id_seq(out, bytes)?;
            if let Some(originate) = u32_at(bytes, 8).filter(|&t| Timestamp::is_non_standard(t)) {
                out.extend_from_slice(b": org ");
                time_of_day(out, originate);
            }
        }
        14 => {
            out.extend_from_slice(b"time stamp reply");
            id_seq(out, bytes)?;
            out.extend_from_slice(b": org ");
            time_of_day(out, u32_at(bytes, 8)?);
            out.extend_from_slice(b", recv ");
            time_of_day(out, u32_at(bytes, 12)?);
            out.extend_from_slice(b", xmit ");
            time_of_day(out, u32_at(bytes, 16)?);
        }
        15 => out.extend_from_slice(b"information request"),
        16 => out.extend_from_slice(b"information reply"),
        17 => out.extend_from_slice(b"address mask request"),
        18 => {
            out.extend_from_slice(b"address mask is ");
            out.extend_from_slice(b"0x");
            write::hex(out, u32_at(bytes, 8)?.into(), 8);
        }
        42 | 43 => {
            addr::icmp_kind(out, IpVersion::V4, message.kind);
            number(out, b", id ", u16_at(bytes, 4)?.into());
            number(out, b", seq ", u8_at(bytes, 6)?.into());
            extended_reply(out, message);
        }
        kind => match names::type_name(IpVersion::V4, kind) {
            Some(name) => addr::words_of(out, name),
            None => number(out, b"type-#", kind.into()),
        },
    }
    Some(())
}

/// What an extended echo reply says (RFC 8335 section 3): `, no such interface`, `, active, ipv4`,
/// `, neighbor stale`.
pub(super) fn extended_reply(out: &mut Vec<u8>, message: &Message<'_>) {
    if !matches!(&message.body, Body::ExtendedEcho(echo) if echo.direction == Direction::Reply) {
        return;
    }
    if let Some(code) = message.code.filter(|&code| code != 0) {
        out.extend_from_slice(b", ");
        match message.code_name() {
            Some(name) => addr::words_of(out, name),
            None => number(out, b"code ", code.into()),
        }
        return;
    }
    let mut tells = false;
    for field in message.fields() {
        match field.value {
            Value::Number(state @ 1..) if field.name == "state" => {
                out.extend_from_slice(b", neighbor ");
                match field.word() {
                    Some((_, word)) => addr::words_of(out, word),
                    None => number(out, b"state ", state),
                }
            }
            Value::Flag(true) => {
                out.extend_from_slice(b", ");
                out.extend_from_slice(field.name.as_bytes());
            }
            _ => continue,
        }
        tells = true;
    }
    if !tells {
        out.extend_from_slice(b", not active");
    }
}

fn id_seq(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    number(out, b" id ", u16_at(bytes, 4)?.into());
    number(out, b" seq ", u16_at(bytes, 6)?.into());
    Some(())
}

/// Milliseconds since midnight as a time of day; in hexadecimal what is marked as no such time.
pub(super) fn time_of_day(out: &mut Vec<u8>, millis: u32) {
    if Timestamp::is_non_standard(millis) {
        out.extend_from_slice(b"0x");
        write::hex(out, millis.into(), 8);
        out.extend_from_slice(b" (non-standard)");
        return;
    }
    write::clock(out, u64::from(millis / 1000));
    out.push(b'.');
    write::padded(out, u64::from(millis % 1000), 3, b'0');
}

fn unreachable(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    let (Some(code), Some(quote)) = (message.code, message.quote()) else {
        // Who was unreachable is not known, but perhaps what kind of unreachable is.
        out.extend_from_slice(b"unreachable");
        if let Some(code) = message.code_name() {
            out.extend_from_slice(b" - ");
            addr::words_of(out, code);
        }
        if message.code == Some(4)
            && let Some(mtu) = u16_at(message.bytes, 6)
        {
            number(out, b" (mtu ", mtu.into());
            out.push(b')');
        }
        return None;
    };
    // Before and behind the destination that the quote names.
    let (before, behind): (&[u8], &[u8]) = match code {
        0 => (b"net ", b" unreachable"),
        1 => (b"host ", b" unreachable"),
        2 => (b"", b" protocol "),
        3 => (b"", b" "),
        4 => (b"", b" unreachable - need to frag"),
        5 => (b"", b" unreachable - source route failed"),
        6 => (b"net ", b" unreachable - unknown"),
        7 => (b"host ", b" unreachable - unknown"),
        8 => (b"", b" unreachable - source host isolated"),
        9 => (b"net ", b" unreachable - admin prohibited"),
        10 => (b"host ", b" unreachable - admin prohibited"),
        11 => (b"net ", b" unreachable - tos prohibited"),
        12 => (b"host ", b" unreachable - tos prohibited"),
        13 => (b"host ", b" unreachable - admin prohibited filter"),
        14 => (b"host ", b" unreachable - host precedence violation"),
        15 => (b"host ", b" unreachable - precedence cutoff"),
        _ => (b"", b" unreachable - #"),
    };
    out.extend_from_slice(before);
    write::ip(out, quote.ip.dst());
    out.extend_from_slice(behind);
    match code {
        2 => {
            write::decimal(out, quote.ip.named_protocol().into());
            out.extend_from_slice(b" unreachable");
        }
        3 => {
            addr::destination_port(out, quote);
            out.extend_from_slice(b" unreachable");
        }
        4 => {
            let mtu = u16_at(message.bytes, 6)?;
            if mtu > 0 {
                number(out, b" (mtu ", mtu.into());
                out.push(b')');
            }
        }
        16.. => write::decimal(out, code.into()),
        _ => {}
    }
    Some(())
}

fn redirect(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    let Some(code) = message.code else {
        out.extend_from_slice(b"redirect");
        return None;
    };
    let (verb, to): (&[u8], &[u8]) = match code {
        0 => (b"redirect ", b" to net "),
        1 => (b"redirect ", b" to host "),
        2 => (b"redirect-tos ", b" to net "),
        3 => (b"redirect-tos ", b" to host "),
        _ => (b"redirect-#", b" to "),
    };
    out.extend_from_slice(verb);
    if code > 3 {
        write::decimal(out, code.into());
        out.push(b' ');
    }
    if let Some(quote) = message.quote() {
        write::ip(out, quote.ip.dst());
    }
    out.extend_from_slice(to);
    write::ipv4(out, array_at::<4>(message.bytes, 4)?.into());
    message.quote().map(|_| ())
}

fn router_advertisement(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    out.extend_from_slice(b"router advertisement");
    let lifetime = u64::from(u16_at(bytes, 6)?);
    out.extend_from_slice(b" lifetime ");
    if lifetime < 60 {
        write::decimal(out, lifetime);
    } else if lifetime < 3600 {
        write::decimal(out, lifetime / 60);
        out.push(b':');
        write::padded(out, lifetime % 60, 2, b'0');
    } else {
        write::decimal(out, lifetime / 3600);
        out.push(b':');
        write::padded(out, lifetime / 60 % 60, 2, b'0');
        out.push(b':');
        write::padded(out, lifetime % 60, 2, b'0');
    }
    let count = u8_at(bytes, 4)?;
    number(out, b" ", count.into());
    out.push(b':');
    let size = u8_at(bytes, 5)?;
    if size != 2 {
        number(out, b" [size ", size.into());
        out.push(b']');
        return Some(());
    }
    let mut entries = tail(bytes, 8).chunks_exact(8);
    for _ in 0..count {
        let entry = entries.next()?;
        out.extend_from_slice(b" {");
        write::ipv4(out, array_at::<4>(entry, 0)?.into());
        out.push(b' ');
        // Signed, though tcpdump has it otherwise: the least is never to be a default (RFC 1256).
        let preference = i32::from_be_bytes(array_at(entry, 4)?);
        fields::value(out, Value::Signed(preference.into()));
        out.push(b'}');
    }
    Some(())
}
