//! Headers whose fields move: flags and lengths tell which of them are there.

use super::{Part, Step, Under, behind, is_ethernet, tables};
use crate::icmp::application::parts::Parts;
use crate::icmp::field::{Extent, FieldSpec, spec};
use crate::icmp::upper_header::l2tp;
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::ieee802154::mac_places;

/// RFC 2784 section 2, RFC 2890 section 2, RFC 1701 for the source route; version 1 is that of
/// RFC 2637 section 4.1.
pub(super) fn gre(rest: &[u8]) -> Option<Step> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;
    /// `MikroTik`'s, in the header of PPTP without what is optional.
    const ETHERNET_OVER_IP: u16 = 0x6400;
    let (flags, carried) = (u16_at(rest, 0)?, u16_at(rest, 2)?);
    let has = |flag| flags & flag != 0;
    let is_pptp = flags & 7 == 1;
    let mut rows = [None; 8];
    let mut at: u16 = 4;
    let mut row = 0;
    let mut optional = |is_there: bool, first: FieldSpec, second: Option<FieldSpec>| {
        if is_there {
            for spec in [Some(first), second].into_iter().flatten() {
                if let Some(to) = rows.get_mut(row) {
                    *to = Some(FieldSpec {
                        at: spec.at + at,
                        ..spec
                    });
                    row += 1;
                }
            }
            at += 4;
        }
    };
    if is_pptp {
        let length = spec::u16(0, "payload_length");
        let second = match carried {
            ETHERNET_OVER_IP => spec::little_endian(2, 2, "tunnel"),
            _ => spec::u16(2, "call"),
        };
        optional(true, length, Some(second));
    } else {
        let offset = has(ROUTING).then_some(spec::u16(2, "offset"));
        optional(has(CHECKSUM | ROUTING), spec::hex(0, 2, "checksum"), offset);
        optional(has(KEY), spec::u32(0, "key"), None);
    }
    optional(has(SEQUENCE), spec::u32(0, "sequence"), None);
    let acknowledgment = spec::u32(0, "acknowledgment");
    optional(is_pptp && has(ACKNOWLEDGMENT), acknowledgment, None);
    let then = if is_pptp && carried == ETHERNET_OVER_IP {
        Part::Ethernet
    } else if is_pptp {
        Part::Ppp
    } else if has(ROUTING) {
        Part::SourceRoute {
            carried,
            sequenced: has(SEQUENCE),
        }
    } else {
        carried_by_gre(carried, has(SEQUENCE))
    };
    let flags = if is_pptp { tables::GRE_1 } else { tables::GRE };
    let rows = flags.iter().copied().chain(rows.into_iter().flatten());
    Some(Step::made(usize::from(at), "gre", rows, then))
}

/// What stands behind the header by the EtherType in it.
pub(super) const fn carried_by_gre(kind: u16, sequenced: bool) -> Part {
    match kind {
        // Without a sequence number it is type I, which has no header.
        0x88be if sequenced => Part::Erspan2,
        0x6558 | 0x88be | 0x6400 => Part::Ethernet,
        0x00fe => Part::Nlpid,
        0x8200..=0x83f0 if kind.trailing_zeros() >= 4 => Part::Ieee80211,
        0x22eb => Part::Erspan3,
        0x883e => Part::Wccp,
        0x8909 => Part::Metadata,
        0x880b => Part::Ppp,
        0x2001 => Part::Report(0),
        other => behind(Some(other)),
    }
}

/// Whether L2TP tells the length of its message (RFC 2661 section 3.1).
pub(super) const L2TP_HAS_LENGTH: u16 = 0x4000;

/// RFC 2661 section 3.1.
pub(super) fn l2tp(rest: &[u8]) -> Option<Step> {
    const CONTROL: u16 = 0x8000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    let flags = u16_at(rest, 0)?;
    let mut rows = [None; 6];
    let mut at: u16 = 2;
    for (row, (flag, name)) in rows.iter_mut().zip([
        (L2TP_HAS_LENGTH, "message_length"),
        (0, "tunnel"),
        (0, "session"),
        (SEQUENCE, "ns"),
        (SEQUENCE, "nr"),
        (OFFSET, "offset_size"),
    ]) {
        *row = (flag == 0 || flags & flag != 0).then_some(spec::u16(at, name));
        at += 2 * u16::from(row.is_some());
    }
    let padding = match flags & OFFSET {
        0 => 0,
        _ => u16_at(rest, usize::from(at) - 2).map_or(0, usize::from),
    };
    let length = usize::from(at) + padding;
    let (length, then, attributes) = if flags & CONTROL == 0 {
        (length, Part::Ppp, None)
    } else {
        let at = u16::try_from(length).ok()?;
        let attributes = match flags & L2TP_HAS_LENGTH {
            0 => Parts::L2tpAttributes(Extent::Whole),
            _ => l2tp::attributes(rest),
        };
        let attributes = spec::parts(at, attributes, "attributes");
        (rest.len().max(length), Part::End, Some(attributes))
    };
    let rows = (tables::L2TP.iter().copied()).chain(rows.into_iter().flatten());
    Some(Step::made(length, "l2tp", rows.chain(attributes), then))
}

/// RFC 3931 sections 4.1.1 and 4.1.2: cookie and sublayer header are as long as agreed on.
pub(super) fn l2tp_3(rest: &[u8], over: Under) -> Step {
    let (flags, at) = match over {
        Under::Ip => ([].as_slice(), 0),
        Under::Udp => (tables::L2TP_3, 4),
    };
    let inside = |agreed: &u16| rest.get(usize::from(at + 4 + agreed)..);
    let lengths = || (0..=12).step_by(4);
    let find = |is: fn(&[u8]) -> bool| lengths().find(|agreed| inside(agreed).is_some_and(is));
    let (agreed, then) = find(is_ethernet)
        .map(|agreed| (agreed, Part::Ethernet))
        .or_else(|| find(is_c_hdlc).map(|agreed| (agreed, Part::CHdlc)))
        .or_else(|| find(is_ppp).map(|agreed| (agreed, Part::Ppp)))
        .or_else(|| find(<[u8]>::is_empty).map(|agreed| (agreed, Part::End)))
        .unwrap_or((0, Part::End));
    let agreed_row = (agreed > 0).then(|| spec::octets(at + 4, agreed, "cookie_and_sublayer"));
    let rows = (flags.iter().copied())
        .chain([spec::u32(at, "session")])
        .chain(agreed_row);
    let length = usize::from(at + 4 + agreed);
    Step::made(length, "l2tpv3", rows, then)
}

/// RFC 8926 section 3.5: the options of which so many octets are left, and what is behind them.
pub(super) fn geneve_options(rest: &[u8], left: usize, carried: u16) -> Option<Step> {
    const BRIDGED_ETHERNET: u16 = 0x6558;
    if left == 0 {
        let then = match carried {
            BRIDGED_ETHERNET => Part::Ethernet,
            other => behind(Some(other)),
        };
        return Some(Step::new(0, "", &[], then));
    }
    let [_, _, kind, length] = array_at(rest, 0)?;
    let length = (4 + usize::from(length & 0x1f) * 4).min(left);
    let left = left - length;
    let then = Part::GeneveOptions { left, carried };
    Some(Step::new(length, "geneve_option", tables::GENEVE_OPTION, then).numbered(kind.into()))
}

/// Whether a header of Cisco HDLC makes up all of `octets`.
fn is_c_hdlc(octets: &[u8]) -> bool {
    matches!(
        octets,
        [0x0f | 0x8f, _, 0x08, 0x00] | [0x0f | 0x8f, _, 0x86, 0xdd]
    )
}

/// Whether a PPP header that announces IP makes up all of `octets`.
pub(super) fn is_ppp(octets: &[u8]) -> bool {
    let behind = octets.strip_prefix(&[0xff, 0x03]).unwrap_or(octets);
    matches!(behind, [0, 0x21 | 0x57] | [0x21 | 0x57])
}

/// 3GPP TS 29.281 section 5.1.
pub(super) fn gtp_u(rest: &[u8]) -> Option<Step> {
    const EXTENSION: u8 = 0x04;
    const SEQUENCE: u8 = 0x02;
    const N_PDU: u8 = 0x01;
    let flags = u8_at(rest, 0)?;
    let message = u8_at(rest, 1).unwrap_or(0);
    if flags & (EXTENSION | SEQUENCE | N_PDU) == 0 {
        return Some(Step::new(8, "gtp_u", tables::GTP_U, in_gtp(message)));
    }
    let optional = [
        (SEQUENCE, spec::u16(8, "sequence")),
        (N_PDU, spec::u8(10, "n_pdu")),
        (EXTENSION, spec::hex(11, 1, "next_extension")),
    ];
    let optional =
        (optional.into_iter()).filter_map(|(flag, row)| (flags & flag != 0).then_some(row));
    let kind = match flags & EXTENSION {
        0 => 0,
        _ => u8_at(rest, 11).unwrap_or(0),
    };
    let rows = tables::GTP_U.iter().copied().chain(optional);
    let then = Part::GtpExtension { kind, message };
    Some(Step::made(12, "gtp_u", rows, then))
}

/// What is in a message of this type: a packet, or what the ends of the tunnel tell each other.
const fn in_gtp(message: u8) -> Part {
    match message {
        tables::G_PDU => Part::End,
        _ => Part::GtpElement,
    }
}

/// 3GPP TS 29.281 section 8, of those that tell which tunnel a message is about, and the counter of
/// echoes.
pub(super) fn gtp_element(rest: &[u8]) -> Option<Step> {
    const RECOVERY: &[FieldSpec] = &[spec::u8(1, "restart_counter")];
    const ENDPOINT: &[FieldSpec] = &[spec::u32(1, "teid")];
    const PEER_V4: &[FieldSpec] = &[spec::v4(3, "peer")];
    const PEER_V6: &[FieldSpec] = &[spec::v6(3, "peer")];
    let then = Part::GtpElement;
    Some(match (u8_at(rest, 0)?, u16_at(rest, 1)) {
        (14, _) => Step::new(2, "recovery", RECOVERY, then),
        (16, _) => Step::new(5, "tunnel_endpoint", ENDPOINT, then),
        (133, Some(4)) => Step::new(7, "peer_address", PEER_V4, then),
        (133, Some(16)) => Step::new(19, "peer_address", PEER_V6, then),
        _ => return None,
    })
}

/// 3GPP TS 29.281 section 5.2: its length is in units of 4 octets, the last octet tells what comes
/// next.
pub(super) fn gtp_extension(rest: &[u8], kind: u8, message: u8) -> Option<Step> {
    if kind == 0 {
        return Some(Step::new(0, "", &[], in_gtp(message)));
    }
    let length = usize::from(u8_at(rest, 0)?) * 4;
    let last = length.checked_sub(1)?;
    let then = Part::GtpExtension {
        kind: u8_at(rest, last)?,
        message,
    };
    let (name, own, fixed) = tables::gtp_extension(kind, array_at(rest, 1)?);
    let last = u16::try_from(last).ok()?;
    let data = (last > fixed).then(|| spec::octets(fixed, last - fixed, "data"));
    let rows = [spec::u8(0, "length")]
        .into_iter()
        .chain(own.iter().copied());
    let rows = rows
        .chain(data)
        .chain([spec::hex(last, 1, "next_extension")]);
    Some(Step::made(length, name, rows, then).numbered(kind.into()))
}

/// RFC 4380 section 5.1.1: it begins with 1, an origin indication with 0.
pub(super) fn teredo_authentication(rest: &[u8]) -> Option<Step> {
    match u16_at(rest, 0)? {
        0 => return Some(Step::new(0, "", &[], Part::TeredoOrigin)),
        1 => {}
        _ => return None,
    }
    let [id, value] = array_at(rest, 2)?;
    let (id, value) = (u16::from(id), u16::from(value));
    let behind = 4 + id + value;
    let rows = [
        spec::u8(2, "client_id_length"),
        spec::u8(3, "authentication_length"),
        spec::octets(4, id, "client_id"),
        spec::octets(4 + id, value, "authentication"),
        spec::octets(behind, 8, "nonce"),
        spec::u8(behind + 8, "confirmation"),
    ];
    let length = usize::from(behind) + 9;
    let name = "teredo_authentication";
    Some(Step::made(length, name, rows, Part::TeredoOrigin))
}

/// IEEE 802.15.4 section 7.2: numbers have their low octet first. Behind the addresses there may be
/// a security header and information elements.
pub(super) fn ieee802154(rest: &[u8]) -> Option<Step> {
    let places = mac_places(rest)?;
    let (mut rows, mut at) = ([None; 6], 2);
    let fields = [
        (1, places.sequence, "sequence"),
        (2, places.dst_pan, "dst_pan"),
        (places.dst, places.dst > 0, "dst_address"),
        (2, places.src_pan, "src_pan"),
        (places.src, places.src > 0, "src_address"),
    ];
    for (row, (octets, is_there, name)) in rows.iter_mut().zip(fields) {
        if is_there {
            *row = Some(spec::hex_little_endian(at, octets, name));
            at += u16::from(octets);
        }
    }
    let more = u16::try_from(rest.len()).ok()?.checked_sub(at);
    let more = more.filter(|more| *more > 0);
    if let (Some(row), Some(more)) = (rows.last_mut(), more) {
        *row = Some(spec::octets(at, more, "security_and_elements"));
    }
    let rows = [spec::hex_little_endian(0, 2, "frame_control")]
        .into_iter()
        .chain(rows.into_iter().flatten());
    let length = rest.len().max(at.into());
    Some(Step::made(length, "ieee802154", rows, Part::End))
}

/// RFC 1661 section 2, perhaps behind address and control; the protocol may be of one octet
/// (section 6.5).
pub(super) fn ppp(rest: &[u8]) -> Option<Step> {
    let framed = array_at(rest, 0) == Some([0xff, 0x03]);
    if rest == [0xff] {
        // The address, cut before control.
        return None;
    }
    let at: u16 = if framed { 2 } else { 0 };
    let octets = match u8_at(rest, usize::from(at))? & 1 {
        1 => 1,
        _ => 2,
    };
    let framing = framed.then_some(spec::hex(0, 2, "address_and_control"));
    let rows = (framing.into_iter()).chain([spec::hex(at, octets, "protocol")]);
    let length = usize::from(at) + usize::from(octets);
    Some(Step::made(length, "ppp", rows, Part::End))
}
