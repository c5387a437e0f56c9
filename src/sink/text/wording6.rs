//! ICMPv6 in tcpdump's words.

use std::net::Ipv6Addr;

use super::{addr, wording6_nodes};
use crate::icmp::{Body, Message, handover, names};
use crate::record::write::{self, number};
use crate::wire::IpVersion;
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

/// Stands where octets that the wording calls for were not captured.
const CUT: &[u8] = b" [|icmp6]";

/// `ICMP6, echo request, id 19, seq 1, length 64`.
pub(super) fn message(out: &mut Vec<u8>, message: &Message<'_>) {
    out.extend_from_slice(b"ICMP6, ");
    if words(out, message).is_none() {
        while out.pop_if(|last| matches!(last, b' ' | b',')).is_some() {}
        out.extend_from_slice(CUT);
    }
    number(out, b", length ", message.length.into());
}

/// A name in words, or what is said where there is none: IANA names what tcpdump does not know.
fn named_or(out: &mut Vec<u8>, name: Option<&str>, otherwise: impl FnOnce(&mut Vec<u8>)) {
    match name {
        Some(name) => addr::words_of(out, name),
        None => otherwise(out),
    }
}

/// The words for the type; `None` where octets are missing for them.
#[allow(clippy::too_many_lines)] // one arm a type
fn words(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    let bytes = message.bytes;
    u8_at(bytes, 0)?;
    match message.kind {
        1 => unreachable(out, message)?,
        2 => {
            out.extend_from_slice(b"packet too big");
            number(out, b", mtu ", u32_at(bytes, 4)?.into());
        }
        3 => {
            out.extend_from_slice(b"time exceeded");
            let code = message.code?;
            out.extend_from_slice(b" in-transit");
            match code {
                0 => {
                    out.extend_from_slice(b" for ");
                    write::ip(out, message.quote()?.ip.dst());
                }
                1 => out.extend_from_slice(b" (reassembly)"),
                code => {
                    number(out, b", unknown code (", code.into());
                    out.push(b')');
                }
            }
        }
        4 => parameter_problem(out, message)?,
        128 | 129 => {
            out.extend_from_slice(match message.kind {
                128 => b"echo request",
                _ => b"echo reply".as_slice(),
            });
            if let Body::Echo(echo) = &message.body {
                number(out, b", id ", echo.id.into());
                number(out, b", seq ", echo.seq.into());
            } else {
                number(out, b", id ", u16_at(bytes, 4)?.into());
                number(out, b", seq ", u16_at(bytes, 6)?.into());
            }
        }
        130 => mld_query(out, message)?,
        131 => {
            out.extend_from_slice(b"multicast listener report");
            mld_v1(out, bytes)?;
        }
        132 => {
            out.extend_from_slice(b"multicast listener done");
            mld_v1(out, bytes)?;
        }
        133 => out.extend_from_slice(b"router solicitation"),
        134 => out.extend_from_slice(b"router advertisement"),
        135 => {
            out.extend_from_slice(b"neighbor solicitation");
            address(out, b", who has ", bytes, 8)?;
        }
        136 => {
            out.extend_from_slice(b"neighbor advertisement");
            address(out, b", tgt is ", bytes, 8)?;
        }
        137 => {
            out.extend_from_slice(b"redirect");
            address(out, b", ", bytes, 24)?;
            address(out, b" to ", bytes, 8)?;
        }
        138 => wording6_nodes::router_renumbering(out, message)?,
        139 => {
            out.extend_from_slice(b"who-are-you request");
            wording6_nodes::node_information(out, b" node information query (", message)?;
        }
        140 => {
            out.extend_from_slice(b"who-are-you reply");
            wording6_nodes::node_information(out, b" node information reply (", message)?;
        }
        141 => out.extend_from_slice(b"inverse neighbor solicitation"),
        142 => out.extend_from_slice(b"inverse neighbor advertisement"),
        143 => {
            out.extend_from_slice(b"multicast listener report v2");
            number(out, b", ", u16_at(bytes, 6)?.into());
            out.extend_from_slice(b" group record(s)");
        }
        144 => {
            out.extend_from_slice(b"ha discovery request");
            hex_id(out, bytes)?;
        }
        145 => out.extend_from_slice(b"ha discovery reply"),
        146 => {
            out.extend_from_slice(b"mobile prefix solicitation");
            hex_id(out, bytes)?;
        }
        147 => out.extend_from_slice(b"mobile prefix advertisement"),
        155 => rpl(out, message)?,
        160 | 161 => {
            addr::icmp_kind(out, IpVersion::V6, message.kind);
            number(out, b", id ", u16_at(bytes, 4)?.into());
            number(out, b", seq ", u8_at(bytes, 6)?.into());
            super::wording4::extended_reply(out, message);
        }
        154 => fast_handover(out, message),
        157 | 158 => duplicate_address(out, message),
        kind => named_or(out, names::type_name(IpVersion::V6, kind), |out| {
            number(out, b"unknown icmp6 type (", kind.into());
            out.push(b')');
        }),
    }
    Some(())
}

fn hex_id(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    out.extend_from_slice(b", id 0x");
    write::hex(out, u16_at(bytes, 4)?.into(), 4);
    Some(())
}

pub(super) fn address(out: &mut Vec<u8>, label: &[u8], bytes: &[u8], at: usize) -> Option<()> {
    let octets = array_at::<16>(bytes, at)?;
    out.extend_from_slice(label);
    write::ipv6(out, Ipv6Addr::from(octets));
    Some(())
}

fn unreachable(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    out.extend_from_slice(b"destination unreachable, ");
    let code = message.code?;
    match code {
        0 => out.extend_from_slice(b"unreachable route"),
        // The second blank is tcpdump's; grep patterns rely on whole phrases.
        1 => out.extend_from_slice(b" unreachable prohibited"),
        2 => out.extend_from_slice(b"beyond scope"),
        3 => out.extend_from_slice(b"unreachable address"),
        4 => out.extend_from_slice(b"unreachable port"),
        code => named_or(out, names::code_name(IpVersion::V6, 1, code), |out| {
            number(out, b"unknown unreach code (", code.into());
            out.push(b')');
        }),
    }
    let quote = message.quote()?;
    match code {
        2 => {
            out.push(b' ');
            write::ip(out, quote.ip.dst());
            out.extend_from_slice(b", source address ");
            write::ip(out, quote.ip.src());
        }
        4 => {
            out.extend_from_slice(b", ");
            write::ip(out, quote.ip.dst());
            out.push(b' ');
            addr::destination_port(out, quote);
        }
        _ => {
            out.push(b' ');
            write::ip(out, quote.ip.dst());
        }
    }
    Some(())
}

fn parameter_problem(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    out.extend_from_slice(b"parameter problem, ");
    match message.code? {
        0 => out.extend_from_slice(b"erroneous"),
        1 => out.extend_from_slice(b"next header"),
        2 => out.extend_from_slice(b"option"),
        3 => out.extend_from_slice(b"incomplete header chain"),
        code => {
            let Some(name) = names::code_name(IpVersion::V6, 4, code) else {
                number(out, b"code-#", code.into());
                return Some(());
            };
            addr::words_of(out, name);
        }
    }
    number(out, b" - octet ", u32_at(message.bytes, 4)?.into());
    Some(())
}

fn mld_v1(out: &mut Vec<u8>, bytes: &[u8]) -> Option<()> {
    number(out, b" max resp delay: ", u16_at(bytes, 4)?.into());
    address(out, b" addr: ", bytes, 8)
}

fn mld_query(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    out.extend_from_slice(b"multicast listener query");
    let bytes = message.bytes;
    if message.length == 24 {
        return mld_v1(out, bytes);
    }
    if message.length < 28 {
        number(out, b" unknown-version (len ", message.length.into());
        out.extend_from_slice(b") ");
        return Some(());
    }
    address(out, b" v2 [gaddr ", bytes, 8)?;
    let sources = u16_at(bytes, 26)?;
    if sources > 0 {
        if u64::from(message.length) < 28 + u64::from(sources) * 16 {
            out.extend_from_slice(b" [invalid number of sources]");
        } else {
            number(out, b", ", sources.into());
            out.extend_from_slice(b" source(s)");
        }
    }
    out.push(b']');
    Some(())
}

/// `fmipv6 handover acknowledge, id 7`.
fn fast_handover(out: &mut Vec<u8>, message: &Message<'_>) {
    addr::icmp_kind(out, IpVersion::V6, message.kind);
    let Body::FastHandover(handover) = &message.body else {
        return;
    };
    if let Some(subtype) = handover.subtype() {
        out.push(b' ');
        named_or(out, handover::subtype_name(subtype), |out| {
            number(out, b"subtype ", subtype.into());
        });
    }
    if let Some(id) = handover.id() {
        number(out, b", id ", id.into());
    }
}

/// `duplicate address confirmation, 2001:db8::1, neighbor cache full`; a request has no status yet.
fn duplicate_address(out: &mut Vec<u8>, message: &Message<'_>) {
    addr::icmp_kind(out, IpVersion::V6, message.kind);
    let Body::DuplicateAddress(duplicate) = &message.body else {
        return;
    };
    if let Some(address) = duplicate.address() {
        out.extend_from_slice(b", ");
        write::ipv6(out, address);
    }
    if let Some(status) = duplicate.status() {
        out.extend_from_slice(b", ");
        named_or(out, duplicate.status_name(), |out| {
            number(out, b"status ", status.into());
        });
    }
}

fn rpl(out: &mut Vec<u8>, message: &Message<'_>) -> Option<()> {
    out.extend_from_slice(b"RPL, ");
    let code = message.code?;
    if code & 0x80 != 0 {
        out.extend_from_slice(b"(SEC)");
    } else {
        out.extend_from_slice(b"(CLR)");
    }
    match code & 0x7f {
        0 => out.extend_from_slice(b"DODAG Information Solicitation"),
        1 => out.extend_from_slice(b"DODAG Information Object"),
        2 => out.extend_from_slice(b"Destination Advertisement Object"),
        3 => out.extend_from_slice(b"Destination Advertisement Object Ack"),
        // tcpdump knows no others.
        _ => match message.code_title() {
            Some(title) => out.extend_from_slice(title.as_bytes()),
            None => number(out, b"RPL message, unknown code ", code.into()),
        },
    }
    Some(())
}
