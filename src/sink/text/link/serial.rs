//! Links between two ends: PPP, Cisco HDLC, Frame Relay, SLIP, in tcpdump's words.

use super::{end, ether_type, hex_word, llc};
use crate::record::write::{self, number};
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::{Direction, FrameRelay};

/// `I ip 52: `: the direction, and what the second octet says of the packet.
pub(super) fn slip(out: &mut Vec<u8>, data: &[u8], length: u32) {
    let [direction, kind] = array_at(data, 0).unwrap_or_default();
    match direction {
        0 => out.extend_from_slice(b"I "),
        1 => out.extend_from_slice(b"O "),
        other => {
            number(out, b"Invalid direction ", other.into());
            out.push(b' ');
        }
    }
    if kind >> 4 == 4 {
        number(out, b"ip ", length.into());
    } else {
        number(out, b"slip-", kind.into());
        out.push(b'!');
    }
    out.extend_from_slice(b": ");
}

/// `In  ` or `Out `, in tcpdump's width.
pub(super) fn direction(out: &mut Vec<u8>, octet: Option<u8>) {
    out.extend_from_slice(match octet.map(Direction::of) {
        Some(Direction::Out) => b"Out ",
        _ => b"In  ",
    });
}

/// `IP (0x0021), length 40: `: PPP from its protocol on, which may be one octet.
pub(super) fn ppp(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    let protocol = match u8_at(data, at) {
        Some(first) if first & 1 == 1 => first.into(),
        _ => u16_at(data, at).unwrap_or(0),
    };
    ppp_name(out, protocol);
    hex_word(out, protocol);
    end(out, length);
}

/// The same in HDLC framing: `ff 03 40 IP: `.
pub(super) fn ppp_hdlc(out: &mut Vec<u8>, data: &[u8], length: u32) {
    let at = match array_at(data, 0) {
        Some([address @ 0xff, control @ 0x03]) => {
            write::hex_octets(out, &[address, control], b" ");
            out.push(b' ');
            2
        }
        _ => 0,
    };
    write::decimal(out, length.into());
    out.push(b' ');
    ppp_name(out, u16_at(data, at).unwrap_or(0));
    out.extend_from_slice(b": ");
}

fn ppp_name(out: &mut Vec<u8>, protocol: u16) {
    out.extend_from_slice(match protocol {
        0x0021 => b"IP",
        0x0057 => b"IP6",
        0x0281 | 0x0283 => b"MPLS".as_slice(),
        _ => b"unknown",
    });
}

/// Where the PPP protocol is behind address and control, if these are there.
pub(super) fn ppp_protocol_at(data: &[u8], at: usize) -> usize {
    if u8_at(data, at + 1) == Some(0x03) {
        at + 2
    } else {
        at
    }
}

/// `unicast, ethertype IPv4 (0x0800), length 104: `.
pub(super) fn c_hdlc(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    match u8_at(data, at).unwrap_or(0) {
        0x0f => out.extend_from_slice(b"unicast"),
        0x8f => out.extend_from_slice(b"bcast"),
        other => {
            out.extend_from_slice(b"0x");
            write::hex(out, other.into(), 2);
        }
    }
    out.extend_from_slice(b", ");
    ether_type(out, u16_at(data, at + 2).unwrap_or(0));
    end(out, length);
}

/// `Q.922, hdr-len 2, DLCI 302, Flags [none], NLPID IPv4 (0xcc), length 80: `.
pub(super) fn frame_relay(
    out: &mut Vec<u8>,
    data: &[u8],
    at: usize,
    circuit: FrameRelay,
    length: u32,
) {
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    let mut behind = at + circuit.octets;
    let nlpid = (u8_at(data, behind) == Some(UNNUMBERED_INFORMATION)).then(|| {
        behind += 1;
        // RFC 2427 section 3: an octet of padding makes the header even.
        match (u8_at(data, behind), circuit.octets) {
            (Some(0), 3) => behind += 1,
            (Some(0), _) => {
                out.extend_from_slice(b"Pad! ");
                behind += 1;
            }
            (_, 3) => out.extend_from_slice(b"No pad! "),
            _ => {}
        }
        behind += 1;
        u8_at(data, behind - 1).unwrap_or(0)
    });
    number(out, b"Q.922, hdr-len ", circuit.octets as u64);
    number(out, b", DLCI ", circuit.dlci.into());
    out.extend_from_slice(b", Flags [");
    let flags: [(bool, &[u8]); 5] = [
        (circuit.command_response(), b"C!"),
        (circuit.discard_eligible(), b"DE"),
        (circuit.backward_congestion(), b"BECN"),
        (circuit.forward_congestion(), b"FECN"),
        (circuit.control, b"sdlcore"),
    ];
    let mut separator: &[u8] = b"";
    for (_, flag) in flags.iter().filter(|(is_set, _)| *is_set) {
        out.extend_from_slice(separator);
        out.extend_from_slice(flag);
        separator = b", ";
    }
    out.extend_from_slice(if separator.is_empty() {
        b"none], "
    } else {
        b"], ".as_slice()
    });
    let Some(nlpid) = nlpid else {
        out.extend_from_slice(b"cisco-");
        ether_type(out, u16_at(data, behind).unwrap_or(0));
        end(out, length);
        return;
    };
    out.extend_from_slice(b"NLPID ");
    out.extend_from_slice(nlpid_name(nlpid));
    out.extend_from_slice(b" (0x");
    write::hex(out, nlpid.into(), 2);
    out.push(b')');
    end(out, length);
    let behind_length = |header: usize| length.saturating_sub(u32::try_from(header).unwrap_or(0));
    match nlpid {
        0x80 => llc::snap(out, data, behind, behind_length(behind - at + 5)),
        0xcf => ppp(out, data, behind, behind_length(behind - at)),
        _ => {}
    }
}

pub(super) fn nlpid_name(nlpid: u8) -> &'static [u8] {
    match nlpid {
        0xcc => b"IPv4",
        0x8e => b"IPv6",
        0xcf => b"PPP",
        0x80 => b"SNAP",
        _ => b"unknown",
    }
}

/// `FRF.16 Frag, seq 1, Flags [Begin, End], ` and Frame Relay's.
pub(super) fn multilink_frame_relay(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    place(out, data, at);
    let circuit = begins_frame(data, at).then(|| FrameRelay::parse(data, at + 2));
    match circuit.flatten() {
        Some(circuit) => {
            out.extend_from_slice(b", ");
            frame_relay(out, data, at + 2, circuit, length.saturating_sub(2));
        }
        None => end(out, length.saturating_sub(2)),
    }
}

/// Whether the frame that is in pieces begins with this one, and so with its address.
pub(super) fn begins_frame(data: &[u8], at: usize) -> bool {
    const BEGINS: u8 = 0x80;
    u8_at(data, at).is_some_and(|flags| flags & BEGINS != 0)
}

/// What tcpdump tells of a multilink without being asked.
pub(super) fn multilink(out: &mut Vec<u8>, data: &[u8], at: usize) {
    place(out, data, at);
    out.extend_from_slice(b", ");
}

fn place(out: &mut Vec<u8>, data: &[u8], at: usize) {
    const ENDS: u8 = 0x40;
    let sequence = u16_at(data, at).unwrap_or(0);
    // Between the bits that say where the frame lies in a packet and the one that ends an octet.
    let sequence = u64::from(sequence >> 1 & 0x0f00 | sequence & 0xff);
    number(out, b"FRF.16 Frag, seq ", sequence);
    let ends = u8_at(data, at).is_some_and(|flags| flags & ENDS != 0);
    out.extend_from_slice(match (begins_frame(data, at), ends) {
        (true, true) => b", Flags [Begin, End]",
        (true, false) => b", Flags [Begin]",
        (false, true) => b", Flags [End]",
        (false, false) => b", Flags [none]".as_slice(),
    });
}
