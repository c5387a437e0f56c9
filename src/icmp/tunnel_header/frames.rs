//! Headers around whole frames: of access points, bridges, and what mirrors traffic.

use super::{Part, Step};
use crate::icmp::field::{FieldSpec, Names, spec};
use crate::wire::bytes::{array_at, tail, u8_at, u16_at};
use crate::wire::link::in_ethercat;

/// RFC 5415 section 4.3: what is optional stands behind eight octets.
pub(super) fn capwap(rest: &[u8]) -> Option<Step> {
    const NATIVE: u8 = 0x01;
    let [_, length, ids, _] = array_at(rest, 0)?;
    let length = usize::from(length >> 3) * 4;
    let optional = u16::try_from(length).ok()?.checked_sub(8)?;
    let rows = [
        spec::bits(0, 4, 4, "version"),
        spec::bits(1, 3, 5, "header_words"),
        spec::bits_of(1, 2, 6, 5, "radio"),
        spec::bits(2, 1, 5, "wireless_binding"),
        spec::flag(2, 0x01, "native_frame"),
        spec::flag(3, 0x80, "fragment"),
        spec::flag(3, 0x40, "last_fragment"),
        spec::u16(4, "fragment_id"),
        spec::bits_of(6, 2, 3, 13, "fragment_offset"),
    ];
    let optional = (optional > 0).then(|| spec::octets(8, optional, "optional_fields"));
    let then = match ids & NATIVE {
        0 => Part::Ethernet,
        _ => Part::Ieee80211,
    };
    Some(Step::made(
        length,
        "capwap",
        rows.into_iter().chain(optional),
        then,
    ))
}

/// RFC 5412 section 4.1.
pub(super) fn lwapp() -> Step {
    let rows = [
        spec::bits(0, 6, 2, "version"),
        spec::bits(0, 3, 3, "radio"),
        spec::flag(0, 0x02, "fragment"),
        spec::flag(0, 0x01, "last_fragment"),
        spec::u8(1, "fragment_id"),
        spec::u16(2, "payload_length"),
        spec::u8(4, "signal_strength"),
        spec::u8(5, "signal_to_noise"),
    ];
    Step::made(6, "lwapp", rows, Part::Ieee80211)
}

/// What Broadcom's switches copy for lawful interception; the words are tcpdump's.
pub(super) fn broadcom_li(rest: &[u8]) -> Option<Step> {
    const ETHERNET: u8 = 7;
    const DIRECTIONS: Names = Names {
        key: "direction_name",
        words: &["", "unused", "egress", "ingress"],
    };
    const TYPES: Names = Names {
        key: "packet_type_name",
        words: &["", "", "", "", "undecided", "ipv4", "ipv6", "ethernet"],
    };
    const SUBTYPES: Names = Names {
        key: "subtype_name",
        words: &["", "single_vlan_tag", "double_vlan_tag", "untagged"],
    };
    const FIELDS: &[FieldSpec] = &[
        spec::named(spec::bits_of(0, 4, 29, 3, "direction"), &DIRECTIONS),
        spec::named(spec::bits_of(0, 4, 25, 4, "packet_type"), &TYPES),
        spec::named(spec::bits_of(0, 4, 22, 3, "subtype"), &SUBTYPES),
        spec::bits_of(0, 4, 0, 22, "li_id"),
    ];
    let then = match u8_at(rest, 0)? >> 1 & 0x0f {
        ETHERNET => Part::Ethernet,
        _ => Part::End,
    };
    Some(Step::new(4, "broadcom_li", FIELDS, then))
}

/// The header up to the tag that ends it.
pub(super) fn tzsp(rest: &[u8]) -> Option<Step> {
    let mut end: u16 = 4;
    loop {
        match u8_at(rest, usize::from(end))? {
            0 => end += 1,
            1 => break,
            _ => {
                let length = u8_at(rest, usize::from(end) + 1)?;
                end = end.checked_add(2 + u16::from(length))?;
            }
        }
    }
    let end = end.checked_add(1)?;
    let then = match u16_at(rest, 2)? {
        1 => Part::Ethernet,
        4 => Part::Ppp,
        0x12 => Part::Ieee80211,
        _ => Part::End,
    };
    let rows = [
        spec::u8(0, "version"),
        spec::u8(1, "type"),
        spec::hex(2, 2, "encapsulation"),
        spec::octets(4, end - 4, "tags"),
    ];
    Some(Step::made(end.into(), "tzsp", rows, then))
}

/// The header of `OmniPeek`'s remote adapters, of which version 2 is known.
pub(super) fn peekremote(rest: &[u8]) -> Option<Step> {
    let [a, b, c, d] = array_at(rest, 5)?;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    let rows = [
        spec::hex(0, 4, "magic"),
        spec::u8(4, "version"),
        spec::u32(5, "header_length"),
        spec::u32(9, "type"),
        spec::u16(13, "mcs_index"),
        spec::u16(15, "channel"),
        spec::u32(17, "frequency"),
    ];
    Some(Step::made(length, "peekremote", rows, Part::Ieee80211))
}

/// What the server of NXP's sniffer sends: the time is in symbols of 16 us, a name ends in an octet of 0.
pub(super) fn nxp_sniffer(rest: &[u8]) -> Option<Step> {
    const TIME: u16 = 5;
    let name = tail(rest, TIME.into())
        .iter()
        .position(|octet| *octet == 0)?;
    let name = u16::try_from(name).ok()?;
    let behind = TIME + name + 1;
    let rows = [
        spec::number(0, 5, "symbols"),
        spec::text_of(TIME, name, "sniffer"),
        spec::u8(behind, "channel"),
        spec::u8(behind + 1, "link_quality"),
        spec::u8(behind + 2, "frame_length"),
    ];
    let length = usize::from(behind + 3);
    Some(Step::made(length, "nxp_sniffer", rows, Part::Ieee802154))
}

/// `EtherCAT`'s header, and that of the mailbox which is the last before the frame.
pub(super) fn ethercat(rest: &[u8]) -> Option<Step> {
    const MAILBOX: u16 = 10;
    let length = in_ethercat(rest).ok()??;
    let mailbox = u16::try_from(length).ok()?.checked_sub(MAILBOX)?;
    let rows = [
        spec::bits(1, 4, 4, "type"),
        spec::little_endian(mailbox, 2, "mailbox_length"),
        spec::little_endian(mailbox + 2, 2, "station"),
    ];
    Some(Step::made(length, "ethercat", rows, Part::Ethernet))
}

/// RFC 3550 section 5.1, for packets of one source.
pub(super) fn rtp() -> Step {
    let rows = [
        spec::bits(0, 6, 2, "version"),
        spec::flag(1, 0x80, "marker"),
        spec::bits(1, 0, 7, "payload_type"),
        spec::u16(2, "sequence"),
        spec::u32(4, "timestamp"),
        spec::u32(8, "synchronization_source"),
    ];
    Step::made(12, "rtp", rows, Part::End)
}

/// What Wireshark found of E100.
pub(super) fn e100() -> Step {
    const FIELDS: &[FieldSpec] = &[
        spec::u8(0, "version"),
        spec::u8(1, "port"),
        spec::u16(2, "sequence"),
        spec::v4(4, "address"),
        spec::u32(8, "packet_id"),
        spec::u32(12, "seconds"),
        spec::u32(16, "microseconds"),
        spec::u32(20, "captured_length"),
        spec::u32(24, "original_length"),
    ];
    Step::new(28, "e100", FIELDS, Part::Ethernet)
}

/// <https://rftap.github.io>: flags tell which parameters of the signal stand before the frame.
pub(super) fn rftap(rest: &[u8]) -> Option<Step> {
    const HAS_LINK_TYPE: u16 = 1;
    const FIXED: u16 = 8;
    let [words, flags] = [4, 6].map(|at| array_at(rest, at).map(u16::from_le_bytes));
    let (length, flags) = (words?.checked_mul(4)?, flags?);
    let link = (flags & HAS_LINK_TYPE != 0).then_some(spec::little_endian(8, 4, "link_type"));
    let place = FIXED + if link.is_some() { 4 } else { 0 };
    let parameters = length.checked_sub(place).filter(|octets| *octets > 0);
    let rows = [
        spec::hex(0, 4, "magic"),
        spec::little_endian(4, 2, "header_words"),
        spec::hex_little_endian(6, 2, "flags"),
    ];
    let then = match (link, array_at(rest, FIXED.into()).map(u32::from_le_bytes)) {
        (Some(_), Some(1)) => Part::Ethernet,
        (Some(_), Some(9 | 50)) => Part::Ppp,
        (Some(_), Some(105)) => Part::Ieee80211,
        (Some(_), Some(195 | 215 | 230)) => Part::Ieee802154,
        _ => Part::End,
    };
    let parameters = parameters.map(|octets| spec::octets(place, octets, "parameters"));
    Some(Step::made(
        length.into(),
        "rftap",
        rows.into_iter().chain(link).chain(parameters),
        then,
    ))
}

/// What Wireshark found of `MiNT`.
pub(super) fn mint(rest: &[u8]) -> Option<Step> {
    let length = match u16_at(rest, 12)? {
        1 => 18,
        _ => 26,
    };
    let rows = [
        spec::octets(4, 4, "dst_address"),
        spec::octets(8, 4, "src_address"),
        spec::u16(12, "dst_type"),
        spec::u16(14, "src_type"),
    ];
    Some(Step::made(length, "mint", rows, Part::Ethernet))
}

/// IEEE 802.11 section 9.2, up to the LLC and SNAP that end in the packet, if these are all there.
pub(super) fn ieee802_11(rest: &[u8]) -> Step {
    const SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];
    const LLC: usize = 8;
    /// Data with quality of service, by type and the highest bit of the subtype.
    const QOS_DATA: u8 = 0x88;
    const BETWEEN_ACCESS_POINTS: u8 = 0x03;
    let rows = [
        spec::hex(0, 2, "frame_control"),
        spec::little_endian(2, 2, "duration"),
        spec::octets(4, 6, "address_1"),
        spec::octets(10, 6, "address_2"),
        spec::octets(16, 6, "address_3"),
        spec::little_endian(22, 2, "sequence_control"),
    ];
    let [kind, flags] = array_at(rest, 0).unwrap_or_default();
    let four = flags & BETWEEN_ACCESS_POINTS == BETWEEN_ACCESS_POINTS;
    let fourth = four.then_some(spec::octets(24, 6, "address_4"));
    let qos = (kind & 0x8c == QOS_DATA).then_some(spec::hex_little_endian(
        if four { 30 } else { 24 },
        2,
        "qos_control",
    ));
    let fixed = 24 + if four { 6 } else { 0 } + if qos.is_some() { 2 } else { 0 };
    let rows = rows.into_iter().chain(fourth).chain(qos);
    let before_llc = rest.len().checked_sub(LLC);
    match before_llc.filter(|&at| at >= fixed && array_at(rest, at) == Some(SNAP)) {
        Some(length) => Step::made(length, "ieee802_11", rows, Part::Llc),
        None => Step::made(rest.len().max(fixed), "ieee802_11", rows, Part::End),
    }
}

/// A frame of Fibre Channel, with its network header if it has one; tags of fabrics are not told.
pub(super) fn fibre_channel(rest: &[u8]) -> Option<Step> {
    const EXTENDED: u8 = 0x50;
    const NETWORK: u8 = 0x20;
    if u8_at(rest, 0)? & 0xf0 == EXTENDED {
        return None;
    }
    let length = if u8_at(rest, 13)? & NETWORK == 0 {
        24
    } else {
        40
    };
    let table = super::tables::FIBRE_CHANNEL;
    Some(Step::new(length, "fibre_channel", table, Part::Llc))
}

/// IEEE 802.2, and SNAP behind it.
pub(super) fn llc(rest: &[u8]) -> Step {
    let rows = [
        spec::hex(0, 1, "dsap"),
        spec::hex(1, 1, "ssap"),
        spec::hex(2, 1, "control"),
    ];
    if array_at(rest, 0) == Some([0xaa, 0xaa]) {
        let snap = [spec::hex(3, 3, "oui"), spec::hex(6, 2, "ether_type")];
        return Step::made(8, "llc", rows.into_iter().chain(snap), Part::End);
    }
    Step::made(rest.len(), "llc", rows, Part::End)
}

/// RFC 6325 section 3.1.
pub(super) fn trill(rest: &[u8]) -> Option<Step> {
    let options = u16_at(rest, 0)? >> 6 & 0x1f;
    let rows = [
        spec::bits_of(0, 2, 14, 2, "version"),
        spec::masked(0, 0x0800, "multi_destination"),
        spec::bits_of(0, 2, 0, 6, "hop_count"),
        spec::u16(2, "egress_nickname"),
        spec::u16(4, "ingress_nickname"),
    ];
    let octets = (options > 0).then(|| spec::octets(6, options * 4, "options"));
    let length = 6 + usize::from(options) * 4;
    Some(Step::made(
        length,
        "trill",
        rows.into_iter().chain(octets),
        Part::Ethernet,
    ))
}

/// B.A.T.M.A.N. advanced: type and version tell the rest, which ends where the frame begins.
pub(super) fn batman(rest: &[u8]) -> Option<Step> {
    let fixed = [spec::u8(0, "type"), spec::u8(1, "version")];
    let ttl = || spec::u8(2, "ttl");
    let (length, rows) = match array_at(rest, 0)? {
        [3, 14] | [0x40, 15] => (10, up_to_four([ttl(), spec::octets(4, 6, "dst_address")])),
        [9, 14] | [0x42, 15] => {
            let rows = [
                ttl(),
                spec::octets(4, 6, "dst_address"),
                spec::octets(10, 6, "src_address"),
                spec::u8(16, "subtype"),
            ];
            (18, up_to_four(rows))
        }
        [4, 14] | [1, 15] => {
            let rows = [
                ttl(),
                spec::u32(4, "sequence"),
                spec::octets(8, 6, "originator"),
            ];
            (14, up_to_four(rows))
        }
        [4, _] => {
            let rows = [
                spec::octets(2, 6, "originator"),
                spec::u8(8, "ttl"),
                spec::u32(9, "sequence"),
            ];
            (13, up_to_four(rows))
        }
        _ => (
            9,
            up_to_four([spec::octets(2, 6, "dst_address"), spec::u8(8, "ttl")]),
        ),
    };
    let rows = fixed.into_iter().chain(rows.into_iter().flatten());
    Some(Step::made(length, "batman_adv", rows, Part::Ethernet))
}

/// Up to four rows, in place.
fn up_to_four<const N: usize>(rows: [FieldSpec; N]) -> [Option<FieldSpec>; 4] {
    let mut all = [None; 4];
    for (to, row) in all.iter_mut().zip(rows) {
        *to = Some(row);
    }
    all
}

/// RFC 3518 section 4.2.
pub(super) fn bridged(rest: &[u8]) -> Option<Step> {
    const LAN_IDENTIFIER: u8 = 0x40;
    let has_identifier = u8_at(rest, 0)? & LAN_IDENTIFIER != 0;
    let rows = [
        spec::flag(0, 0x80, "check_sequence"),
        spec::flag(0, 0x20, "zero_filled"),
        spec::bits(0, 0, 4, "padding"),
        spec::u8(1, "media"),
    ];
    let identifier = has_identifier.then_some(spec::u32(2, "lan"));
    let length = if has_identifier { 6 } else { 2 };
    Some(Step::made(
        length,
        "ppp_bridged",
        rows.into_iter().chain(identifier),
        Part::Ethernet,
    ))
}

/// RFC 1990 section 3: the long sequence number, or the short one. The protocol stands in the first
/// fragment of a packet only.
pub(super) fn multilink(rest: &[u8]) -> Option<Step> {
    const BEGINS: u8 = 0x80;
    const LONG: usize = 4;
    let flags = u8_at(rest, 0)?;
    let begins = flags & BEGINS != 0;
    let is_long = matches!(flags, 0 | 0x40 | 0x80 | 0xc0)
        && (rest.get(LONG..)).is_some_and(|behind| !begins || super::moving::is_ppp(behind));
    let (length, rows) = if is_long {
        let rows = [
            spec::flag(0, 0x80, "beginning"),
            spec::flag(0, 0x40, "ending"),
            spec::bits_of(1, 3, 0, 24, "sequence"),
        ];
        (LONG, rows)
    } else {
        let rows = [
            spec::masked(0, 0x8000, "beginning"),
            spec::masked(0, 0x4000, "ending"),
            spec::masked(0, 0x0fff, "sequence"),
        ];
        (2, rows)
    };
    let then = if begins { Part::Ppp } else { Part::End };
    Some(Step::made(length, "ppp_multilink", rows, then))
}

/// RFC 3153 section 1.3.
pub(super) fn multiplexed(rest: &[u8]) -> Option<Step> {
    const LONG: u8 = 0x40;
    let flag = spec::flag(0, 0x80, "protocol_follows");
    Some(if u8_at(rest, 0)? & LONG == 0 {
        let rows = [flag, spec::bits(0, 0, 6, "payload_length")];
        Step::made(1, "ppp_multiplexed", rows, Part::Ppp)
    } else {
        let rows = [flag, spec::bits_of(0, 2, 0, 14, "payload_length")];
        Step::made(2, "ppp_multiplexed", rows, Part::Ppp)
    })
}

/// AX.25 (version 2.2, section 3): addresses, control and protocol.
pub(super) fn ax25(rest: &[u8]) -> Option<Step> {
    let addresses = u16::try_from(rest.len()).ok()?.checked_sub(2)?;
    let rows = [
        spec::octets(0, addresses, "addresses"),
        spec::hex(addresses, 1, "control"),
        spec::hex(addresses + 1, 1, "protocol"),
    ];
    Some(Step::made(rest.len(), "ax25", rows, Part::End))
}
