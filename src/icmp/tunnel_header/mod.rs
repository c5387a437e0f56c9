//! The headers of tunnels as items: with names, fields and places, like the parts of messages.

mod tables;

use super::field::FieldSpec;
use super::item::{Item, Specs};
use crate::wire::bytes::{array_at, u8_at, u16_at, u32_at};
use crate::wire::tunnel::{Encapsulation, TunnelKind};

/// The parts of a tunnel's header, outermost first: UDP's, its own, options, and the link header
/// of the frame inside. Octets that belong to no part known here are left out.
pub fn parts<'a>(around: &Encapsulation<'a>) -> Parts<'a> {
    let is_over_udp = around.outer.is_some_and(|outer| outer.protocol == UDP);
    Parts {
        rest: around.header,
        next: match around.tunnel.kind {
            kind if is_over_udp => Part::Udp(kind),
            kind => own(kind, 0),
        },
    }
}

/// The header of GRE by itself, for packets that were quoted no further.
pub(super) fn gre_header(octets: &[u8]) -> Option<Item<'_>> {
    let step = gre(octets)?;
    Some(step.item(octets.get(..step.length).unwrap_or(octets)))
}

const UDP: u8 = crate::wire::ip::protocol::UDP;

/// See [`parts`].
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// What is still to be told.
    rest: &'a [u8],
    next: Part,
}

/// What the next octets are.
#[derive(Clone, Copy, Debug)]
enum Part {
    Udp(TunnelKind),
    EtherIp,
    Gre,
    SourceRoute { carried: u16, sequenced: bool },
    Erspan2,
    Erspan3,
    ErspanPlatform { is_ip: bool },
    Wccp,
    Metadata,
    Mpls,
    ControlWord,
    Pppoe,
    L2tp,
    Vxlan,
    VxlanGpe,
    Geneve,
    GeneveOptions { left: usize },
    GtpU,
    GtpExtension { kind: u8 },
    TeredoAuthentication,
    TeredoOrigin,
    Ethernet,
    Tag,
    Ppp,
    End,
}

/// UDP port of the generic protocol extension of VXLAN.
const VXLAN_GPE: u16 = 4790;

/// The header that a kind begins with, behind this UDP port.
const fn own(kind: TunnelKind, port: u16) -> Part {
    match kind {
        TunnelKind::IpInIp => Part::End,
        TunnelKind::EtherIp => Part::EtherIp,
        TunnelKind::Gre { .. } | TunnelKind::Pptp { .. } | TunnelKind::Erspan { .. } => Part::Gre,
        TunnelKind::Mpls { .. } => Part::Mpls,
        TunnelKind::Pppoe { .. } => Part::Pppoe,
        TunnelKind::L2tp { .. } => Part::L2tp,
        TunnelKind::Vxlan { .. } if port == VXLAN_GPE => Part::VxlanGpe,
        TunnelKind::Vxlan { .. } => Part::Vxlan,
        TunnelKind::Geneve { .. } => Part::Geneve,
        TunnelKind::GtpU { .. } => Part::GtpU,
        TunnelKind::Teredo => Part::TeredoAuthentication,
    }
}

/// A part: how long it is, what it is called, its fields, and what follows.
struct Step {
    length: usize,
    name: &'static str,
    number: Option<u16>,
    specs: Specs,
    then: Part,
}

impl Step {
    const fn new(
        length: usize,
        name: &'static str,
        table: &'static [FieldSpec],
        then: Part,
    ) -> Self {
        Self {
            length,
            name,
            number: None,
            specs: Specs::Table(table),
            then,
        }
    }

    fn made(
        length: usize,
        name: &'static str,
        rows: impl IntoIterator<Item = FieldSpec>,
        then: Part,
    ) -> Self {
        let mut specs = [None; 10];
        for (to, row) in specs.iter_mut().zip(rows) {
            *to = Some(row);
        }
        Self {
            length,
            name,
            number: None,
            specs: Specs::Made(specs),
            then,
        }
    }

    fn item<'a>(&self, bytes: &'a [u8]) -> Item<'a> {
        Item {
            group: "headers",
            number: self.number,
            name: Some(self.name),
            bytes,
            specs: self.specs.clone(),
        }
    }

    const fn numbered(self, number: u16) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let step = loop {
            if self.rest.is_empty() {
                return None;
            }
            match step(self.next, self.rest)? {
                // Optional headers that are not there.
                Step {
                    length: 0, then, ..
                } => self.next = then,
                step => break step,
            }
        };
        let (bytes, behind) = self
            .rest
            .split_at_checked(step.length)
            .unwrap_or((self.rest, &[]));
        (self.rest, self.next) = (behind, step.then);
        Some(step.item(bytes))
    }
}

/// What `rest` begins with. Every way through parts of no length ends in one that has some.
fn step(part: Part, rest: &[u8]) -> Option<Step> {
    Some(match part {
        Part::End => return None,
        Part::Udp(kind) => {
            let own = own(kind, u16_at(rest, 2).unwrap_or(0));
            Step::new(8, "udp", tables::UDP, own)
        }
        Part::EtherIp => Step::new(2, "etherip", tables::ETHER_IP, Part::Ethernet),
        Part::Gre => gre(rest)?,
        Part::SourceRoute { carried, sequenced } => {
            let [_, _, _, length] = array_at(rest, 0)?;
            let then = if length == 0 {
                carried_by_gre(carried, sequenced)
            } else {
                part
            };
            let length = 4 + usize::from(length);
            Step::new(length, "source_route", tables::SOURCE_ROUTE, then)
        }
        Part::Erspan2 => Step::new(8, "erspan", tables::ERSPAN_2, Part::Ethernet),
        Part::Erspan3 => {
            let last = u16_at(rest, 10)?;
            let is_ip = last >> 10 & 0x1f == 2;
            let then = match (last & 1, is_ip) {
                (0, true) => Part::End,
                (0, false) => Part::Ethernet,
                _ => Part::ErspanPlatform { is_ip },
            };
            Step::new(12, "erspan", tables::ERSPAN_3, then)
        }
        Part::ErspanPlatform { is_ip } => {
            let table = tables::erspan_platform(u8_at(rest, 0)? >> 2);
            let then = if is_ip { Part::End } else { Part::Ethernet };
            Step::new(8, "erspan_platform", table, then)
        }
        Part::Wccp => Step::new(4, "wccp", tables::WCCP, Part::End),
        Part::Metadata => Step::new(8, "metadata", tables::METADATA, Part::End),
        Part::Mpls => {
            let entries = tables::label_entries(rest);
            let then = match rest.get(entries * 4..) {
                Some(inside) if !is_ethernet(inside) => Part::ControlWord,
                _ => Part::Ethernet,
            };
            Step::new(entries * 4, "mpls", tables::MPLS, then)
        }
        Part::ControlWord => Step::new(4, "control_word", tables::CONTROL_WORD, Part::Ethernet),
        Part::Pppoe => Step::new(6, "pppoe", tables::PPPOE, Part::Ppp),
        Part::L2tp => l2tp(rest)?,
        Part::Vxlan if u8_at(rest, 0)? & tables::VXLAN_HAS_POLICY != 0 => {
            Step::new(8, "vxlan", tables::VXLAN_WITH_POLICY, Part::Ethernet)
        }
        Part::Vxlan => Step::new(8, "vxlan", tables::VXLAN, Part::Ethernet),
        Part::VxlanGpe => {
            let then = match u8_at(rest, 3)? {
                3 => Part::Ethernet,
                _ => Part::End,
            };
            Step::new(8, "vxlan_gpe", tables::VXLAN_GPE, then)
        }
        Part::Geneve => {
            let left = usize::from(u8_at(rest, 0)? & 0x3f) * 4;
            let then = Part::GeneveOptions { left };
            Step::new(8, "geneve", tables::GENEVE, then)
        }
        Part::GeneveOptions { left: 0 } => Step::new(0, "", &[], Part::Ethernet),
        Part::GeneveOptions { left } => {
            let [_, _, kind, length] = array_at(rest, 0)?;
            let length = (4 + usize::from(length & 0x1f) * 4).min(left);
            let left = left - length;
            let then = Part::GeneveOptions { left };
            Step::new(length, "geneve_option", tables::GENEVE_OPTION, then).numbered(kind.into())
        }
        Part::GtpU => gtp_u(rest)?,
        Part::GtpExtension { kind } => gtp_extension(rest, kind)?,
        Part::TeredoAuthentication => teredo_authentication(rest)?,
        Part::TeredoOrigin => Step::new(8, "teredo_origin", tables::TEREDO_ORIGIN, Part::End),
        Part::Ethernet => Step::new(14, "ethernet", tables::ETHERNET, behind(u16_at(rest, 12))),
        Part::Tag => Step::new(4, "vlan_tag", tables::VLAN_TAG, behind(u16_at(rest, 2))),
        Part::Ppp => ppp(rest)?,
    })
}

/// What an EtherType announces that belongs to the link header.
const fn behind(ether_type: Option<u16>) -> Part {
    match ether_type {
        Some(0x8100 | 0x88a8 | 0x9100 | 0x9200) => Part::Tag,
        _ => Part::End,
    }
}

/// Whether an Ethernet header and its tags make up all of `octets`.
fn is_ethernet(octets: &[u8]) -> bool {
    let mut at = 12;
    while matches!(behind(u16_at(octets, at)), Part::Tag) {
        at += 4;
    }
    octets.len() == at + 2
}

/// RFC 2784 section 2, RFC 2890 section 2, RFC 1701 for the source route; version 1 is that of
/// RFC 2637 section 4.1.
fn gre(rest: &[u8]) -> Option<Step> {
    use super::field::spec;
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;
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
        optional(true, length, Some(spec::u16(2, "call")));
    } else {
        let offset = has(ROUTING).then_some(spec::u16(2, "offset"));
        optional(has(CHECKSUM | ROUTING), spec::hex(0, 2, "checksum"), offset);
        optional(has(KEY), spec::u32(0, "key"), None);
    }
    optional(has(SEQUENCE), spec::u32(0, "sequence"), None);
    let acknowledgment = spec::u32(0, "acknowledgment");
    optional(is_pptp && has(ACKNOWLEDGMENT), acknowledgment, None);
    let then = if is_pptp {
        Part::Ppp
    } else if has(ROUTING) {
        Part::SourceRoute {
            carried,
            sequenced: has(SEQUENCE),
        }
    } else {
        carried_by_gre(carried, has(SEQUENCE))
    };
    let rows = tables::GRE
        .iter()
        .copied()
        .chain(rows.into_iter().flatten());
    Some(Step::made(usize::from(at), "gre", rows, then))
}

/// What stands behind the header by the EtherType in it.
const fn carried_by_gre(kind: u16, sequenced: bool) -> Part {
    match kind {
        // Without a sequence number it is type I, which has no header.
        0x88be if sequenced => Part::Erspan2,
        0x6558 | 0x88be => Part::Ethernet,
        0x22eb => Part::Erspan3,
        0x883e => Part::Wccp,
        0x8909 => Part::Metadata,
        0x880b => Part::Ppp,
        other => behind(Some(other)),
    }
}

/// RFC 2661 section 3.1.
fn l2tp(rest: &[u8]) -> Option<Step> {
    use super::field::spec;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    let flags = u16_at(rest, 0)?;
    let mut rows = [Some(spec::hex(0, 2, "flags_and_version")); 7];
    let mut at: u16 = 2;
    for (row, (flag, name)) in rows.iter_mut().skip(1).zip([
        (LENGTH, "message_length"),
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
        _ => usize::from(u16_at(rest, usize::from(at) - 2)?),
    };
    let length = usize::from(at) + padding;
    Some(Step::made(
        length,
        "l2tp",
        rows.into_iter().flatten(),
        Part::Ppp,
    ))
}

/// 3GPP TS 29.281 section 5.1.
fn gtp_u(rest: &[u8]) -> Option<Step> {
    use super::field::spec;
    const EXTENSION: u8 = 0x04;
    const SEQUENCE: u8 = 0x02;
    const N_PDU: u8 = 0x01;
    let flags = u8_at(rest, 0)?;
    if flags & (EXTENSION | SEQUENCE | N_PDU) == 0 {
        return Some(Step::new(8, "gtp_u", tables::GTP_U, Part::End));
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
        _ => u8_at(rest, 11)?,
    };
    let rows = tables::GTP_U.iter().copied().chain(optional);
    Some(Step::made(12, "gtp_u", rows, Part::GtpExtension { kind }))
}

/// 3GPP TS 29.281 section 5.2: its length is in units of 4 octets, the last octet tells what comes
/// next.
fn gtp_extension(rest: &[u8], kind: u8) -> Option<Step> {
    use super::field::spec;
    if kind == 0 {
        return None;
    }
    let length = usize::from(u8_at(rest, 0)?) * 4;
    let last = length.checked_sub(1)?;
    let then = Part::GtpExtension {
        kind: u8_at(rest, last)?,
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
fn teredo_authentication(rest: &[u8]) -> Option<Step> {
    use super::field::spec;
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

/// RFC 1661 section 2, perhaps behind address and control; the protocol may be of one octet
/// (section 6.5).
fn ppp(rest: &[u8]) -> Option<Step> {
    use super::field::spec;
    let framed = array_at(rest, 0) == Some([0xff, 0x03]);
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
