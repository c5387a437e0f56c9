//! The line of a message up to ` | `: tcpdump's.

use super::palette::{Palette, Role};
use super::{LinkHeader, TextOptions, Verbosity, addr, header, note, verbose, wording4, wording6};
use crate::icmp::Body;
use crate::model::{Expanded, Form};
use crate::record::json::SourceNames;
use crate::record::{IcmpEvent, write};
use crate::wire::IpVersion;
use crate::wire::bytes::u16_at;

/// IP addresses and the ICMP message.
pub(super) fn message(
    out: &mut Vec<u8>,
    event: &IcmpEvent<'_>,
    options: &TextOptions,
    palette: &Palette,
    names: &SourceNames,
) {
    let ip = &event.packet.ip;
    // With -e, tcpdump's link header has told the protocol already.
    let told = options.link_header == LinkHeader::Shown && super::link::tells_protocol(event);
    if !told {
        out.extend_from_slice(match ip.version {
            IpVersion::V4 => b"IP ",
            IpVersion::V6 => b"IP6 ",
        });
    }
    let missing = missing(event);
    match ip.version {
        IpVersion::V4 => {
            if missing > 0 {
                write::number(out, b"truncated-ip - ", missing);
                out.extend_from_slice(b" bytes missing! ");
            }
            if options.verbosity > Verbosity::Plain {
                header::ipv4(out, ip, options.header_checksums, |out| {
                    note::cause(out, b", ", event.header_cause(), names);
                });
                out.extend_from_slice(b"\n    ");
            }
            addr::pair(out, ip.src(), ip.dst(), None);
            out.extend_from_slice(b": ");
            if ip.header.len() > 20 {
                header::extension_headers(out, ip, options.verbosity);
            }
        }
        IpVersion::V6 => {
            // The length of a jumbogram stands in an option: tcpdump tells behind that.
            let is_jumbogram = u16_at(ip.header, 4) == Some(0);
            if !is_jumbogram {
                truncated6(out, missing);
            }
            if options.verbosity > Verbosity::Plain {
                header::ipv6(out, ip);
                out.push(b' ');
            }
            addr::pair(out, ip.src(), ip.dst(), None);
            out.extend_from_slice(b": ");
            if ip.header.len() > 40 {
                header::extension_headers(out, ip, options.verbosity);
            }
            if is_jumbogram {
                truncated6(out, missing);
            }
        }
    }
    let message = event.message;
    if matches!(message.body, Body::Fragment) {
        match ip.version {
            IpVersion::V4 => {
                write::number(out, b"ip-proto-", ip.protocol.into());
            }
            IpVersion::V6 if let Some(packet) = event.frame.expanded => {
                out.extend_from_slice(match packet.form {
                    Form::Compressed => b"6LoWPAN fragment",
                    Form::Decrypted
                    | Form::Unit
                    | Form::Part
                    | Form::Whole
                    | Form::Last
                    | Form::Later
                    | Form::Headerless(_)
                    | Form::Message => b"fragment",
                });
            }
            // tcpdump ends with the fragment header, told above.
            IpVersion::V6 => {
                out.pop_if(|last| *last == b' ');
            }
        }
        return;
    }
    let is_error = message.quote().is_some();
    if is_error {
        palette.start(out, Role::Error);
    }
    match message.version {
        IpVersion::V4 => wording4::message(out, message),
        IpVersion::V6 => {
            if options.verbosity > Verbosity::Plain {
                verbose::checksum6(out, message);
            }
            wording6::message(out, message);
        }
    }
    if is_error {
        palette.end(out);
    }
}

fn truncated6(out: &mut Vec<u8>, missing: u64) {
    if missing > 0 {
        write::number(out, b"truncated-ip6 - ", missing);
        out.extend_from_slice(b" bytes missing!");
    }
}

/// Octets that the IP length claims beyond the frame's end on the wire.
fn missing(event: &IcmpEvent<'_>) -> u64 {
    let is_piece = |packet: &Expanded| {
        matches!(packet.form, Form::Part | Form::Later) || packet.fragment.is_some()
    };
    if !event.packet.tunnels.is_empty() || event.frame.expanded.is_some_and(is_piece) {
        return 0;
    }
    let link = event.packet.link;
    let around = link.offset + usize::from(link.check) + usize::from(event.frame.fcs_len);
    let on_wire = (event.frame.expanded).map_or_else(
        || u64::from(event.frame.wire_len).saturating_sub(around as u64),
        |packet| packet.wire_len.into(),
    );
    u64::from(event.packet.ip.length).saturating_sub(on_wire)
}
