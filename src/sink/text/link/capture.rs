//! Headers that capturing systems put before frames or in the place of the link's, in tcpdump's words.

use pcap::Linktype;

use super::{end, ether_type, ethernet, family, llc, told_length};
use crate::model::{Frame, LinkType};
use crate::record::escape;
use crate::record::write::{self, number};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::link::usb::TransferHeader;
use crate::wire::link::{PacketTap, Process, linktype as lt};

/// `(authentic,confidential): SPI 0x00000001: `: how IP security protected a packet.
pub(super) fn enc(out: &mut Vec<u8>, data: &[u8]) {
    const CONFIDENTIAL: u32 = 0x0400;
    const AUTHENTIC: u32 = 0x0800;
    let family = u32_at(data, 0).unwrap_or(0);
    let flags: [u8; 4] = array_at(data, 8).unwrap_or_default();
    // Both are in the byte order of the capturing host, which families below 65536 tell.
    let flags = if family > 0xffff {
        u32::from_le_bytes(flags)
    } else {
        u32::from_be_bytes(flags)
    };
    out.extend_from_slice(match (flags & AUTHENTIC, flags & CONFIDENTIAL) {
        (0, 0) => b"(unprotected): ",
        (_, 0) => b"(authentic): ".as_slice(),
        (0, _) => b"(confidential): ",
        (_, _) => b"(authentic,confidential): ",
    });
    out.extend_from_slice(b"SPI 0x");
    write::hex(out, u32_at(data, 4).unwrap_or(0).into(), 8);
    out.extend_from_slice(b": ");
}

/// `01 02 ip seqid 0001 75: `: source, destination, and the kind of packet, behind which BSD gives
/// its number.
pub(super) fn arcnet(out: &mut Vec<u8>, data: &[u8], behind: usize, length: u32) {
    const EXCEPTION: u8 = 0xff;
    write::hex_octets(out, data.get(..2).unwrap_or_default(), b" ");
    let kind = u8_at(data, behind - 1).unwrap_or(0);
    out.extend_from_slice(match kind {
        240 => b" oldip",
        196 => b" ipv6".as_slice(),
        _ => b" ip",
    });
    if behind == 3 && kind != 240 {
        let at = if u8_at(data, 3) == Some(EXCEPTION) {
            7
        } else {
            3
        };
        out.extend_from_slice(b" seqid ");
        write::hex(out, u16_at(data, at + 1).unwrap_or(0).into(), 4);
        let flag = u64::from(u8_at(data, at).unwrap_or(0));
        if flag & 1 != 0 {
            number(out, b" (first of ", flag.div_ceil(2) + 1);
            out.extend_from_slice(b" fragments)");
        }
    }
    number(out, b" ", length.into());
    out.extend_from_slice(b": ");
}

/// `0 > 1, family IPv4 (2), length 99: `: the zones of Solaris that a packet goes between.
pub(super) fn ipnet(out: &mut Vec<u8>, data: &[u8], length: u32) {
    write::decimal(out, u32_at(data, 16).unwrap_or(0).into());
    number(out, b" > ", u32_at(data, 20).unwrap_or(0).into());
    family(out, u8_at(data, 1).unwrap_or(0), length);
}

/// `Rx: VPI:0 VCI:100 ` and LLC, or Ethernet behind a client's number.
pub(super) fn sun_atm(out: &mut Vec<u8>, data: &[u8], length: u32) {
    const SENT: u8 = 0x80;
    const LANE: u8 = 1;
    let kind = u8_at(data, 0).unwrap_or(0);
    out.extend_from_slice(if kind & SENT == 0 { b"Rx: " } else { b"Tx: " });
    number(out, b"VPI:", u8_at(data, 1).unwrap_or(0).into());
    number(out, b" VCI:", u16_at(data, 2).unwrap_or(0).into());
    out.push(b' ');
    if kind & 0x0f == LANE {
        out.extend_from_slice(b"lecid:");
        write::hex(out, u16_at(data, 4).unwrap_or(0).into(), 1);
        out.push(b' ');
        return ethernet(out, data, 6, length.saturating_sub(6));
    }
    llc::header(out, data, 4, length.saturating_sub(4));
}

/// `USB bus 1, device 5, endpoint 1 in, session 0, `: the transfer around a packet.
pub(super) fn usb(out: &mut Vec<u8>, told: &TransferHeader) {
    out.extend_from_slice(b"USB");
    let mut separator = b" ".as_slice();
    for (label, value) in [
        ("bus", told.bus),
        ("device", told.device),
        ("endpoint", told.endpoint.map(u16::from)),
        ("session", told.session.map(u16::from)),
    ] {
        let Some(value) = value else { continue };
        out.extend_from_slice(separator);
        separator = b", ";
        out.extend_from_slice(label.as_bytes());
        number(out, b" ", value.into());
        if let ("endpoint", Some(direction)) = (label, told.direction) {
            out.push(b' ');
            out.extend_from_slice(direction.name().as_bytes());
        }
    }
    out.extend_from_slice(b", ");
}

/// `ethertype IPv4 (0x0800), length 104: `.
pub(super) fn symantec(out: &mut Vec<u8>, data: &[u8], length: u32) {
    let kind = u16_at(data, 6).filter(|kind| *kind != 0);
    let kind = kind.or_else(|| u16_at(data, 10)).unwrap_or(0);
    ether_type(out, kind);
    end(out, length);
}

/// `V.0 DLT EN10MB (1) len 8, length 106: `, and the frame that the header names the link type of.
pub(super) fn named_inside<'a>(out: &mut Vec<u8>, frame: &Frame<'a>) -> Option<Frame<'a>> {
    let data = frame.data;
    let word = |at| array_at(data, at).map_or(0, u32::from_le_bytes);
    let (dlt, header) = if frame.link == lt::PPI {
        number(out, b"V.", u8_at(data, 0).unwrap_or(0).into());
        out.push(b' ');
        let header = array_at(data, 2).map_or(0, u16::from_le_bytes);
        (word(4), u32::from(header))
    } else {
        (word(8), word(0))
    };
    let name = i32::try_from(dlt)
        .ok()
        .and_then(|dlt| Linktype(dlt).get_name().ok());
    out.extend_from_slice(b"DLT ");
    out.extend_from_slice(name.as_deref().unwrap_or("UNKNOWN").as_bytes());
    number(out, b" (", dlt.into());
    number(out, b") len ", header.into());
    out.extend_from_slice(b", ");
    told_length(out, frame.wire_len);
    Some(Frame {
        link: LinkType(if dlt == 11 { 100 } else { dlt }),
        data: tail(data, usize::try_from(header).ok()?),
        wire_len: frame.wire_len.saturating_sub(header),
        ..*frame
    })
}

/// `(en0, proc ping:4242, eproc launchd:1, out) `: what Apple's packet tap tells, in the words of
/// Apple's tcpdump.
pub(super) fn packet_tap(out: &mut Vec<u8>, frame: &Frame<'_>) {
    let Some(tap) = PacketTap::of(frame) else {
        return;
    };
    let start = out.len();
    out.push(b'(');
    if !tap.interface.is_empty() {
        escape::push(out, tap.interface);
        out.extend_from_slice(b", ");
    }
    let mut process = |label: &[u8], process: Option<Process<'_>>| {
        if let Some(Process { id, command }) = process {
            out.extend_from_slice(label);
            escape::push(out, command);
            number(out, b":", id.into());
            out.extend_from_slice(b", ");
        }
    };
    process(b"proc ", tap.process);
    process(b"eproc ", tap.effective);
    if let Some(direction) = tap.direction {
        out.extend_from_slice(direction.name().as_bytes());
        out.extend_from_slice(b", ");
    }
    let told = out.len() > start + 1;
    // Without the separator behind the last of them, or with nothing.
    out.truncate(if told { out.len() - 2 } else { start });
    if told {
        out.extend_from_slice(b") ");
    }
}
