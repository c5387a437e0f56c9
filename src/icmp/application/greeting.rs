//! What servers and clients of databases and screens greet each other with: `MySQL`, `PostgreSQL`, RDP.

use super::Payload;
use crate::icmp::field::{FieldSpec, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};

/// Where the string at `at` ends, if its zero octet is there.
fn string(payload: &Payload<'_>, at: usize) -> Option<usize> {
    Some(at + payload.end(at, |octet| octet == 0)?)
}

/// The first packet of a server of `MySQL`, version 10 of its protocol, or why it wants no client (its
/// documentation, `Protocol::HandshakeV10` and `ERR_Packet`).
pub(super) fn mysql<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const PORT: u16 = 3306;
    const FIRST: u8 = 0;
    const GREETING: u8 = 10;
    const ERROR: u8 = 0xff;
    let octets = payload.octets;
    let [a, b, c, number, kind] = array_at(octets, 0)?;
    let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    if payload.src_port != PORT || number != FIRST || length + 4 != payload.length {
        return None;
    }
    let length = spec::little_endian(0, 3, "message_length");
    let (message, rows, end) = match kind {
        GREETING => {
            const VERSION: usize = 5;
            let end = string(payload, VERSION);
            let version = payload.text(VERSION, end.map(|end| end - VERSION), "server_version");
            let thread = end
                .and_then(|end| u16::try_from(end + 1).ok())
                .map(|at| spec::little_endian(at, 4, "connection"));
            let rows = [Some(spec::u8(4, "protocol_version")), version, thread];
            // What the client is to prove itself with is behind that.
            ("greeting", rows, end.map_or(octets.len(), |end| end + 5))
        }
        ERROR => {
            let text = payload.text(7, Some(payload.octets.len().saturating_sub(7)), "text");
            let rows = [Some(spec::little_endian(5, 2, "error")), text, None];
            ("error", rows, octets.len())
        }
        _ => return None,
    };
    let bytes = octets.get(..end).unwrap_or(octets);
    let specs = Specs::made([length].into_iter().chain(rows.into_iter().flatten()));
    Some(UpperHeader::new("mysql", None, Some(message), bytes, specs))
}

/// What a client of `PostgreSQL` begins with (its documentation, `Message Formats`): whose database it
/// wants. Passwords come later.
pub(super) fn postgresql<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const VERSION: u16 = 3;
    const HEADER: usize = 8;
    const SPECIAL: u16 = 1234;
    let octets = payload.octets;
    let length = u32_at(octets, 0).and_then(|length| usize::try_from(length).ok())?;
    let (version, minor) = (u16_at(octets, 4)?, u16_at(octets, 6));
    if length != payload.length || length < HEADER {
        return None;
    }
    let header = [
        spec::u32(0, "message_length"),
        spec::u16(4, "version"),
        spec::u16(6, "minor_version"),
    ];
    if version == SPECIAL {
        let message = match minor {
            Some(5678) => "cancel_request",
            Some(5679) => "tls_request",
            Some(5680) => "gss_encryption_request",
            _ => return None,
        };
        let bytes = octets.get(..HEADER)?;
        let specs = Specs::Table(const { &[spec::u32(0, "message_length"), spec::u32(4, "code")] });
        return Some(UpperHeader::new(
            "postgresql",
            None,
            Some(message),
            bytes,
            specs,
        ));
    }
    if version != VERSION {
        return None;
    }
    let mut rows: [Option<FieldSpec>; 3] = [None; 3];
    let mut at = HEADER;
    let mut told = HEADER;
    while let Some(end) = string(payload, at).filter(|&end| end > at) {
        let value = end + 1;
        let value_end = string(payload, value);
        let known = ["user", "database", "application_name"];
        let known = known
            .iter()
            .position(|name| octets.get(at..end) == Some(name.as_bytes()));
        let row = known.and_then(|number| {
            let name = ["user", "database", "program"].get(number)?;
            let length = value_end.map(|end| end - value);
            Some((rows.get_mut(number)?, payload.text(value, length, name)?))
        });
        if let Some((to, row)) = row {
            *to = Some(row);
            told = value_end.unwrap_or(octets.len());
        }
        let Some(end) = value_end else { break };
        at = end + 1;
    }
    let specs = Specs::made(header.into_iter().chain(rows.into_iter().flatten()));
    let bytes = octets.get(..told).unwrap_or(octets);
    Some(UpperHeader::new(
        "postgresql",
        None,
        Some("startup"),
        bytes,
        specs,
    ))
}

/// RDP as far as it is not encrypted: a connection that is asked for, or confirmed (RFC 1006 section 6, ITU-T
/// X.224 section 13, MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2).
pub(super) fn rdp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const HEADER: usize = 11;
    const ROWS: [FieldSpec; 3] = [
        spec::u8(0, "version"),
        spec::u16(2, "message_length"),
        spec::bits(5, 4, 4, "type"),
    ];
    let octets = payload.octets;
    let [version, 0, _, _, _, code] = array_at(octets, 0)? else {
        return None;
    };
    let length = usize::from(u16_at(octets, 2)?);
    if version != 3 || length > payload.length || length < 7 {
        return None;
    }
    let message = match code >> 4 {
        8 => "disconnect_request",
        13 => "connection_confirm",
        14 => "connection_request",
        15 => "data",
        _ => return None,
    };
    let cookie = payload.line(HEADER);
    let cookie = cookie.filter(|(line, _)| code >> 4 == 14 && line.starts_with(b"Cookie:"));
    let negotiated = match &cookie {
        Some((line, _)) => HEADER + line.len() + 2,
        None => HEADER,
    };
    // What keeps the connection secret: asked for, or chosen.
    let protocols = matches!(
        (code >> 4, u8_at(octets, negotiated)),
        (14, Some(1)) | (13, Some(2))
    );
    let protocols = u16::try_from(negotiated + 4)
        .ok()
        .filter(|_| protocols)
        .map(|at| spec::hex_little_endian(at, 4, "protocols"));
    let end = match (&protocols, &cookie) {
        (Some(row), _) => usize::from(row.at) + 4,
        (None, Some((line, _))) => HEADER + line.len(),
        (None, None) => 6,
    };
    let rows = ROWS.into_iter().chain(cookie.map(|(_, row)| row));
    let specs = Specs::made(rows.chain(protocols));
    let bytes = octets.get(..end).unwrap_or(octets);
    let kind = Some((code >> 4).into());
    Some(UpperHeader::new("rdp", kind, Some(message), bytes, specs))
}
