//! LLC (IEEE 802.2) and SNAP, in tcpdump's words.

use super::{end, ether_type, ethernet, hex_word, serial};
use crate::record::write;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// `LLC, dsap SNAP (0xaa) Individual, ssap SNAP (0xaa) Command, ctrl 0x03: ` and what SNAP says.
/// `length` counts from the LLC header on. Only what leads to IP is told.
pub(super) fn header(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    const PPP: u8 = 0xcf;
    let (saps, skip): (&[u8], _) = match array_at(data, at) {
        Some([0xaa, 0xaa, 0x03]) => (b"SNAP (0xaa)", 8),
        Some([0x06, 0x06, 0x03]) => (b"IP (0x06)", 3),
        Some([0xfe, 0xfe, 0x03]) => (b"OSI (0xfe)", 3),
        _ => return,
    };
    out.extend_from_slice(b"LLC, dsap ");
    out.extend_from_slice(saps);
    out.extend_from_slice(b" Individual, ssap ");
    out.extend_from_slice(saps);
    out.extend_from_slice(b" Command, ctrl 0x03: ");
    if skip == 8 {
        snap(out, data, at + 3, length.saturating_sub(8));
    } else if u8_at(data, at) == Some(0xfe) {
        let kind = u8_at(data, at + 3).unwrap_or(0);
        nlpid(out, kind);
        if kind == PPP {
            serial::ppp(out, data, at + 4, length.saturating_sub(4));
        }
    }
}

/// `OSI NLPID IPv4 (0xcc): `.
pub(super) fn nlpid(out: &mut Vec<u8>, nlpid: u8) {
    out.extend_from_slice(b"OSI NLPID ");
    out.extend_from_slice(serial::nlpid_name(nlpid));
    out.extend_from_slice(b" (0x");
    write::hex(out, nlpid.into(), 2);
    out.extend_from_slice(b"): ");
}

/// `oui Ethernet (0x000000), ethertype IPv4 (0x0800), length 36: `; `length` counts from what
/// follows on.
pub(super) fn snap(out: &mut Vec<u8>, data: &[u8], at: usize, length: u32) {
    let oui: [u8; 3] = array_at(data, at).unwrap_or_default();
    let kind = u16_at(data, at + 3).unwrap_or(0);
    out.extend_from_slice(match oui {
        [0, 0, 0] => b"oui Ethernet (0x",
        [0, 0, 0xf8] => b"oui Cisco bridged (0x".as_slice(),
        [0, 0x80, 0xc2] => b"oui Ethernet bridged (0x",
        _ => b"oui Unknown (0x",
    });
    write::hex_octets(out, &oui, b"");
    out.extend_from_slice(b"), ");
    match (oui, kind) {
        ([0, 0, 0], _) => ether_type(out, kind),
        ([0, 0, 0xf8], _) => {
            out.extend_from_slice(b"pid ");
            out.extend_from_slice(super::ether_type_name(kind));
            hex_word(out, kind);
        }
        ([0, 0x80, 0xc2], 0x0007) => {
            out.extend_from_slice(b"pid Ethernet w/o FCS");
            hex_word(out, kind);
        }
        ([0, 0x80, 0xc2], 0x0001) => {
            out.extend_from_slice(b"pid Ethernet + FCS");
            hex_word(out, kind);
        }
        _ => {
            out.extend_from_slice(b"pid Unknown");
            hex_word(out, kind);
        }
    }
    end(out, length);
    if oui == [0, 0x80, 0xc2] && matches!(kind, 1 | 7) {
        // ATM has two octets of padding here (RFC 2684 section 5.2), as no frame begins with.
        let padding = if u16_at(data, at + 5) == Some(0) {
            2
        } else {
            0
        };
        let padded = u32::try_from(padding).unwrap_or(0);
        ethernet(out, data, at + 5 + padding, length.saturating_sub(padded));
    }
}
