//! What asks another host to do something: `SunRPC` and so NFS, PPTP, RESP, telnet.

use super::parts::{IAC, Parts};
use super::{Payload, text};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::icmp::item::Specs;
use crate::icmp::upper_header::UpperHeader;
use crate::wire::bytes::{tail, u16_at, u32_at};

/// RFC 5531 section 9.
const RPC: &[FieldSpec] = &[spec::hex(0, 4, "id"), spec::u32(4, "type")];
const CALL: &[FieldSpec] = &[
    spec::u32(8, "rpc_version"),
    spec::u32(12, "program"),
    spec::u32(16, "program_version"),
    spec::u32(20, "procedure"),
];
const NFS_CALL: &[FieldSpec] = &[
    CALL[0],
    CALL[1],
    CALL[2],
    spec::named(CALL[3], &NFS_PROCEDURES),
];
const REPLY: &[FieldSpec] = &[spec::named(spec::u32(8, "status"), &REPLY_STATUS)];
const REPLY_STATUS: Names = Names {
    key: "status_name",
    words: &["accepted", "denied"],
};
/// RFC 1813 section 3.3.
const NFS_PROCEDURES: Names = Names {
    key: "procedure_name",
    words: &[
        "null",
        "getattr",
        "setattr",
        "lookup",
        "access",
        "readlink",
        "read",
        "write",
        "create",
        "mkdir",
        "symlink",
        "mknod",
        "remove",
        "rmdir",
        "rename",
        "link",
        "readdir",
        "readdirplus",
        "fsstat",
        "fsinfo",
        "pathconf",
        "commit",
    ],
};

/// A call or reply in a datagram.
pub(super) fn rpc<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    rpc_message(payload.octets)
}

/// The same in a segment, behind its record mark (RFC 5531 section 11).
pub(super) fn rpc_segment<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    /// More than a file system transfers at once.
    const LONGEST: u32 = 1 << 22;
    let octets = payload.octets;
    u32_at(octets, 0).filter(|&mark| mark & 0x7fff_ffff < LONGEST)?;
    rpc_message(tail(octets, 4))
}

fn rpc_message(octets: &[u8]) -> Option<UpperHeader<'_>> {
    const VERSION: u32 = 2;
    const NFS: u32 = 100_003;
    let kind = u32_at(octets, 4)?;
    let program = u32_at(octets, 12);
    let (message, own, length) = match kind {
        0 if u32_at(octets, 8).is_none_or(|version| version == VERSION) => {
            let message = match program {
                Some(100_000) => "portmap_call",
                Some(NFS) => "nfs_call",
                Some(100_004) => "nis_call",
                Some(100_005) => "mount_call",
                Some(100_021) => "lock_call",
                Some(100_024) => "status_call",
                _ => "call",
            };
            let is_nfs_3 = (program, u32_at(octets, 16)) == (Some(NFS), Some(3));
            (message, if is_nfs_3 { NFS_CALL } else { CALL }, 24)
        }
        1 if u32_at(octets, 8).is_none_or(|status| status <= 1) => ("reply", REPLY, 12),
        _ => return None,
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(RPC, own);
    let kind = u16::try_from(kind).ok();
    Some(UpperHeader::new("rpc", kind, Some(message), bytes, specs))
}

/// RFC 2637 section 1.4.
const PPTP: &[FieldSpec] = &[
    spec::u16(0, "message_length"),
    spec::hex(4, 4, "cookie"),
    spec::u16(8, "type"),
];
/// RFC 2637 sections 2.1 and 2.2.
const PPTP_START: &[FieldSpec] = &[
    spec::hex(12, 2, "protocol_version"),
    spec::text_of(28, 64, "host_name"),
    spec::text_of(92, 64, "vendor"),
];
/// RFC 2637 section 2.5 and others: whose call it is.
const PPTP_CALL: &[FieldSpec] = &[spec::u16(12, "call_id")];

pub(super) fn pptp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const COOKIE: u32 = 0x1a2b_3c4d;
    const CONTROL: u16 = 1;
    let octets = payload.octets;
    if u16_at(octets, 2)? != CONTROL || u32_at(octets, 4)? != COOKIE {
        return None;
    }
    let kind = u16_at(octets, 8);
    let message = match kind {
        Some(1) => Some("start_request"),
        Some(2) => Some("start_reply"),
        Some(3) => Some("stop_request"),
        Some(4) => Some("stop_reply"),
        Some(5) => Some("echo_request"),
        Some(6) => Some("echo_reply"),
        Some(7) => Some("outgoing_call_request"),
        Some(8) => Some("outgoing_call_reply"),
        Some(9) => Some("incoming_call_request"),
        Some(10) => Some("incoming_call_reply"),
        Some(11) => Some("incoming_call_connected"),
        Some(12) => Some("call_clear_request"),
        Some(13) => Some("call_disconnect_notify"),
        Some(14) => Some("wan_error_notify"),
        Some(15) => Some("set_link_info"),
        _ => None,
    };
    let (own, length) = match kind {
        Some(1 | 2) => (PPTP_START, 156),
        Some(7..=15) => (PPTP_CALL, 14),
        _ => (&[][..], 12),
    };
    let bytes = octets.get(..length).unwrap_or(octets);
    let specs = Specs::Two(PPTP, own);
    Some(UpperHeader::new("pptp", kind, message, bytes, specs))
}

/// What Redis is asked and answers: its first line, and of an array the first string.
pub(super) fn resp<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    let octets = payload.octets;
    let message = match octets.first()? {
        b'+' => "string",
        b'-' => "error",
        b':' => "integer",
        b'$' => "bulk_string",
        b'*' => "array",
        b'A'..=b'Z' | b'a'..=b'z' => "inline",
        _ => return None,
    };
    if !text::begins_as_text(octets) {
        return None;
    }
    let (line, row) = payload.line(0)?;
    let string = (message == "array")
        .then(|| bulk_string(payload, line.len()))
        .flatten();
    let end = string.map_or(line.len(), |string| string.1);
    let bytes = octets.get(..end)?;
    let rows = [Some(row), string.map(|string| string.0)];
    let specs = Specs::made(rows.into_iter().flatten());
    Some(UpperHeader::new("resp", None, Some(message), bytes, specs))
}

/// The string behind the line that ends at `at`, and where it ends.
fn bulk_string(payload: &Payload<'_>, at: usize) -> Option<(FieldSpec, usize)> {
    const LINE_END: usize = 2;
    let (length, _) = payload.line(at + LINE_END)?;
    length.strip_prefix(b"$")?;
    let at = at + LINE_END + length.len() + LINE_END;
    let length = payload.end(at, |octet| matches!(octet, b'\r' | b'\n'));
    let there = tail(payload.octets, at).len();
    let row = payload.text(at, length, "command")?;
    Some((row, at + length.unwrap_or(there)))
}

/// Commands of telnet, or a line.
pub(super) fn telnet<'a>(payload: &Payload<'a>) -> Option<UpperHeader<'a>> {
    const TABLE: &[FieldSpec] = &[spec::parts(0, Parts::TelnetCommands, "commands")];
    let octets = payload.octets;
    if octets.first() != Some(&IAC) {
        return text::segment(payload);
    }
    let end = Parts::TelnetCommands.complete(octets);
    let bytes = octets.get(..end).filter(|bytes| !bytes.is_empty())?;
    Some(UpperHeader::new(
        "telnet",
        None,
        None,
        bytes,
        Specs::Table(TABLE),
    ))
}
