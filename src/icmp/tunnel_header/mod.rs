//! The headers of tunnels as items: with names, fields and places, like the parts of messages.

mod frames;
mod lengths;
mod links;
mod mobile;
mod moving;
mod own;
mod packets;
mod reports;
mod step;
mod tables;

pub use self::lengths::defects;
use self::own::{own, telling_port};
use self::step::Step;
use super::item::Item;
use crate::model::LinkType;
use crate::model::byteorder::Order;
use crate::wire::bytes::{array_at, tail, u8_at, u16_at, u32_at};
use crate::wire::tunnel::{Encapsulation, Report, ReportHeader, TunnelKind};

/// The parts of a tunnel's header, outermost first: UDP's, its own, options, and the link header
/// of the frame inside. Octets that belong to no part known here are left out.
pub fn parts<'a>(around: &Encapsulation<'a>) -> Parts<'a> {
    let over = |protocol| around.outer.is_some_and(|outer| outer.protocol == protocol);
    Parts {
        rest: around.header,
        next: match around.tunnel.kind {
            kind if over(UDP) => Part::Udp(kind),
            kind if over(TCP) => Part::Tcp(kind),
            TunnelKind::Nhrp if over(GRE) => Part::Gre,
            kind => own(kind, 0),
        },
        report: around.report,
        told: 0,
    }
}

/// The parts of the header that a frame of this link begins with, of which these are the octets up to its
/// packet.
pub fn link_parts(link: LinkType, octets: &[u8]) -> Parts<'_> {
    Parts {
        rest: octets,
        next: Part::Link(link),
        report: None,
        told: 0,
    }
}

/// The parts of what stands right before a packet in its transfer of USB.
pub fn transfer_parts(octets: &[u8]) -> Parts<'_> {
    Parts {
        rest: octets,
        next: Part::MessageAround,
        report: None,
        told: 0,
    }
}

/// The header of GRE by itself, for packets that were quoted no further.
pub(super) fn gre_header(octets: &[u8]) -> Option<Item<'_>> {
    let step = moving::gre(octets)?;
    Some(step.item(octets.get(..step.length).unwrap_or(octets)))
}

pub(super) use reports::{NHRP_FIXED, NHRP_TYPES, nhrp_address_rows};
pub(super) use tables::IP_COMP;

const UDP: u8 = crate::wire::ip::protocol::UDP;
const TCP: u8 = crate::wire::ip::protocol::TCP;
const GRE: u8 = crate::wire::ip::protocol::GRE;

/// See [`parts`].
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// What is still to be told.
    rest: &'a [u8],
    next: Part,
    /// Whose headers have their places from it.
    report: Option<Report>,
    /// Octets before the rest.
    told: usize,
}

/// What the next octets are.
#[derive(Clone, Copy, Debug)]
enum Part {
    Udp(TunnelKind),
    Tcp(TunnelKind),
    FcEncapsulation,
    FibreChannel,
    /// The header of this number of a report.
    Report(usize),
    /// So many entries of a message that reports a source.
    SourceEntries(u8),
    /// What stands behind the fixed part of a message of NHRP.
    NhrpAddresses {
        /// Octets of the sender's address below, and of its subaddress.
        of_sender: [u8; 2],
        of_error: bool,
        /// The header of the report behind them.
        next: usize,
    },
    Mobile(mobile::Header),
    EtherIp,
    IpComp,
    PimRegister,
    Gre,
    SourceRoute {
        carried: u16,
        sequenced: bool,
    },
    Erspan2,
    Erspan3,
    ErspanPlatform {
        is_ip: bool,
    },
    Wccp,
    Metadata,
    Mpls,
    ControlWord,
    Pppoe,
    L2tp,
    L2tpV3 {
        over: Under,
    },
    Nsh,
    Gue,
    Vxlan,
    VxlanGpe,
    Geneve,
    GeneveOptions {
        left: usize,
        carried: u16,
    },
    GtpU,
    GtpV0,
    GtpExtension {
        kind: u8,
        /// Of the message that it is in.
        message: u8,
    },
    /// An element of a message of GTP itself.
    GtpElement,
    TeredoAuthentication,
    TeredoOrigin,
    Lisp,
    LispControl,
    WireGuard,
    Esp,
    Amt,
    Ayiya,
    MobileIp,
    BatmanGateway,
    Nlpid,
    Gsmtap,
    GprsNs,
    Bssgp,
    GprsLlc,
    Sndcp,
    JuniperMirror,
    BroadcomLi,
    Tzsp,
    PeekRemote,
    E100,
    Rftap,
    Tipc,
    RedbackLi,
    Capwap,
    AccessPoint,
    Lwapp,
    MintLength,
    Mint,
    Ax25,
    X25,
    Xot,
    Batman,
    Trill,
    Bridged,
    Multilink,
    Multiplexed,
    Ieee80211,
    Llc,
    Zep,
    Scop,
    NxpSniffer,
    EtherCat,
    Rtp,
    Ieee802154,
    Ethernet,
    Tag,
    SecTag,
    InstanceTag,
    EtherType,
    Arp,
    Ppp,
    CHdlc,
    /// What a frame of this link begins with.
    Link(LinkType),
    /// A message of netlink, of this family.
    NetlinkMessage(u16),
    Attributes(links::Attributes, Order),
    RadioFields(links::RadioFields),
    PpiFields(links::PpiFields),
    /// The message of USB around a packet.
    MessageAround,
    End,
}

/// What L2TP version 3 runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
    Ip,
    Udp,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.next_part().map(|(_, item)| item)
    }
}

impl<'a> Parts<'a> {
    /// The next item, and what it is.
    fn next_part(&mut self) -> Option<(Part, Item<'a>)> {
        let (part, step) = loop {
            if self.rest.is_empty() {
                return None;
            }
            let step = match self.next {
                Part::Report(number) => self.of_report(number),
                Part::SourceEntries(count) => reports::source_entry(count),
                Part::NhrpAddresses {
                    of_sender,
                    of_error,
                    next,
                } => reports::nhrp_addresses(self.rest, of_sender, of_error, next),
                Part::Mobile(header) => header.step(self.rest),
                next => step(next, self.rest),
            };
            match step? {
                // Optional headers that are not there.
                Step {
                    length: 0, then, ..
                } => self.next = then,
                step => break (self.next, step),
            }
        };
        let (bytes, behind) = self
            .rest
            .split_at_checked(step.length)
            .unwrap_or((self.rest, &[]));
        (self.rest, self.next) = (behind, step.then);
        self.told += bytes.len();
        Some((part, step.item(bytes)))
    }

    /// The header of this number of a report. What is before it tells of other packets.
    fn of_report(&mut self, number: usize) -> Option<Step> {
        let span = self.report?.spans().nth(number)?;
        self.rest = tail(self.rest, span.at.checked_sub(self.told)?);
        self.told = span.at;
        if span.header == ReportHeader::Nhrp {
            return reports::nhrp(self.rest, number + 1);
        }
        let has_more = self.report?.spans().nth(number + 1).is_some();
        reports::header(
            span,
            self.rest,
            has_more.then_some(Part::Report(number + 1)),
        )
    }
}

/// What `rest` begins with. Every way through parts of no length ends in one that has some.
fn step(part: Part, rest: &[u8]) -> Option<Step> {
    Some(match part {
        Part::End => return None,
        Part::Udp(kind) => {
            let own = own(kind, telling_port(rest));
            Step::new(8, "udp", tables::UDP, own)
        }
        Part::EtherIp => Step::new(2, "etherip", tables::ETHER_IP, Part::Ethernet),
        Part::Gre => moving::gre(rest)?,
        Part::SourceRoute { carried, sequenced } => {
            let [_, _, _, length] = array_at(rest, 0)?;
            let then = if length == 0 {
                moving::carried_by_gre(carried, sequenced)
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
        Part::L2tp => moving::l2tp(rest)?,
        Part::L2tpV3 { over } => moving::l2tp_3(rest, over),
        Part::Nsh => {
            let length = usize::from(u8_at(rest, 1)? & 0x3f) * 4;
            let then = match u8_at(rest, 3)? {
                3 => Part::Ethernet,
                _ => Part::End,
            };
            Step::new(length.max(8), "nsh", tables::NSH, then)
        }
        Part::Gue => {
            let length = 4 + usize::from(u8_at(rest, 0)? & 0x1f) * 4;
            Step::new(length, "gue", tables::GUE, Part::End)
        }
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
            let carried = u16_at(rest, 2).unwrap_or(0);
            let then = Part::GeneveOptions { left, carried };
            Step::new(8, "geneve", tables::GENEVE, then)
        }
        Part::GeneveOptions { left, carried } => moving::geneve_options(rest, left, carried)?,
        Part::GtpV0 => Step::new(20, "gtp_v0", tables::GTP_V0, Part::End),
        Part::GtpU => moving::gtp_u(rest)?,
        Part::GtpExtension { kind, message } => moving::gtp_extension(rest, kind, message)?,
        Part::GtpElement => moving::gtp_element(rest)?,
        Part::TeredoAuthentication => moving::teredo_authentication(rest)?,
        Part::TeredoOrigin => Step::new(8, "teredo_origin", tables::TEREDO_ORIGIN, Part::End),
        Part::Zep => match u8_at(rest, 2)? {
            1 => Step::new(16, "zep", tables::ZEP_1, Part::Ieee802154),
            _ => Step::new(32, "zep", tables::ZEP_2, Part::Ieee802154),
        },
        other => return step_around(other, rest),
    })
}

/// [`step`] where one subject, packets or frames, has a file.
fn step_around(part: Part, rest: &[u8]) -> Option<Step> {
    Some(match part {
        Part::Tcp(kind) => reports::tcp(rest, own(kind, 0))?,
        Part::PimRegister => Step::new(8, "pim", tables::PIM_REGISTER, Part::End),
        Part::IpComp => Step::new(4, "ipcomp", tables::IP_COMP, Part::End),
        Part::Lisp => packets::lisp(rest)?,
        Part::LispControl => Step::new(4, "lisp_control", packets::LISP_CONTROL, Part::End),
        Part::WireGuard => Step::new(16, "wireguard", packets::WIREGUARD, Part::End),
        Part::Esp => Step::new(8, "esp", super::upper_header::ESP, Part::End),
        Part::Amt => packets::amt(rest)?,
        Part::Ayiya => packets::ayiya(rest)?,
        Part::MobileIp => packets::mobile_ip(rest)?,
        Part::BatmanGateway => Step::new(1, "batman_gateway", packets::BATMAN_GATEWAY, Part::End),
        Part::Nlpid => Step::new(1, "iso_ip", packets::NLPID, Part::End),
        Part::Gsmtap => packets::gsmtap(rest)?,
        Part::GprsNs => packets::gprs_ns(),
        Part::Bssgp => packets::bssgp(rest)?,
        Part::GprsLlc => packets::gprs_llc(),
        Part::Sndcp => packets::sndcp(rest)?,
        Part::JuniperMirror => Step::new(8, "juniper_mirror", packets::JUNIPER_MIRROR, Part::Ppp),
        Part::BroadcomLi => frames::broadcom_li(rest)?,
        Part::Tzsp => frames::tzsp(rest)?,
        Part::PeekRemote => frames::peekremote(rest)?,
        Part::Scop => Step::new(5, "scop", tables::SCOP, Part::Ieee802154),
        Part::NxpSniffer => frames::nxp_sniffer(rest)?,
        Part::EtherCat => frames::ethercat(rest)?,
        Part::FcEncapsulation => Step::new(
            32,
            "fc_encapsulation",
            tables::FC_ENCAPSULATION,
            Part::FibreChannel,
        ),
        Part::FibreChannel => frames::fibre_channel(rest)?,
        Part::Rtp => frames::rtp(),
        Part::E100 => frames::e100(),
        Part::Rftap => frames::rftap(rest)?,
        Part::Tipc => packets::tipc(rest)?,
        Part::RedbackLi => packets::redback_li(rest)?,
        Part::Capwap => frames::capwap(rest)?,
        Part::AccessPoint => Step::new(6, "access_point", tables::ACCESS_POINT, Part::Lwapp),
        Part::Lwapp => frames::lwapp(),
        Part::MintLength => Step::new(4, "mint_length", tables::MINT_LENGTH, Part::Mint),
        Part::Mint => frames::mint(rest)?,
        Part::Ax25 => frames::ax25(rest)?,
        Part::X25 => packets::x25(rest)?,
        Part::Xot => packets::xot(),
        Part::Batman => frames::batman(rest)?,
        Part::Trill => frames::trill(rest)?,
        Part::Bridged => frames::bridged(rest)?,
        Part::Multilink => frames::multilink(rest)?,
        Part::Multiplexed => frames::multiplexed(rest)?,
        other => return step_of_link(other, rest),
    })
}

/// [`step`] of what frames of links begin with.
fn step_of_link(part: Part, rest: &[u8]) -> Option<Step> {
    Some(match part {
        Part::Ieee802154 => moving::ieee802154(rest)?,
        Part::Ethernet => {
            let behind = behind(u16_at(rest, 12));
            let table = match behind {
                Part::Llc => tables::ETHERNET_WITH_LENGTH,
                _ => tables::ETHERNET,
            };
            Step::new(14, "ethernet", table, behind)
        }
        Part::Tag => Step::new(4, "vlan_tag", tables::VLAN_TAG, behind(u16_at(rest, 2))),
        Part::InstanceTag => Step::new(4, "instance_tag", tables::INSTANCE_TAG, Part::Ethernet),
        Part::SecTag => links::sec_tag(rest)?,
        Part::Arp => links::arp(rest)?,
        Part::EtherType => Step::new(2, "ether_type", links::ETHER_TYPE, behind(u16_at(rest, 0))),
        Part::Ppp => moving::ppp(rest)?,
        Part::CHdlc => Step::new(4, "c_hdlc", tables::C_HDLC, Part::End),
        Part::Ieee80211 => frames::ieee802_11(rest),
        Part::Llc => frames::llc(rest),
        Part::Link(link) => links::step(link, rest)?,
        Part::NetlinkMessage(family) => links::message(rest, family)?,
        Part::Attributes(whose, order) => links::attribute(rest, whose, order)?,
        Part::RadioFields(fields) => fields.step(),
        Part::PpiFields(fields) => fields.step(rest)?,
        Part::MessageAround => links::message_around(rest)?,
        _ => return None,
    })
}

/// What an EtherType announces that belongs to the link header.
const fn behind(ether_type: Option<u16>) -> Part {
    match ether_type {
        Some(0x8100 | 0x88a8 | 0x9100 | 0x9200) => Part::Tag,
        Some(0x88e5) => Part::SecTag,
        Some(0x88e7) => Part::InstanceTag,
        Some(0x0806) => Part::Arp,
        // A length, as IEEE 802.3 has it.
        Some(..=1500) => Part::Llc,
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
