//! Units that Wireshark exported: fields of type and length, of which one names the dissector, or a
//! table of dissectors and with another field the place in it; then the unit.
//!
//! <https://gitlab.com/wireshark/wireshark/-/blob/master/wsutil/exported_pdu_tlvs.h>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bnep::Bnep;
use super::ether::ether_type;
use super::inside::Inside;
use super::linktype as lt;
use crate::model::{Expanded, Form, Frame, LinkType};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, text, u32_at};
use crate::wire::ip::protocol;

/// What the fields tell.
#[derive(Clone, Copy, Debug, Default)]
struct Fields<'a> {
    /// Name of the dissector, or of the table.
    name: &'a [u8],
    /// Place in the table.
    place: u32,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    ports: [Option<u16>; 2],
}

impl<'a> Fields<'a> {
    /// Those at `at`, and where the unit behind them starts.
    fn read(data: &'a [u8], at: usize) -> Result<(Self, usize), Undecodable> {
        const END: u16 = 0;
        const DISSECTOR: u16 = 12;
        const TABLE: u16 = 14;
        const IPV4_SRC: u16 = 20;
        const IPV4_DST: u16 = 21;
        const IPV6_SRC: u16 = 22;
        const IPV6_DST: u16 = 23;
        const SRC_PORT: u16 = 25;
        const DST_PORT: u16 = 26;
        const PLACE: u16 = 32;
        let mut field = at;
        let mut fields = Self::default();
        loop {
            let [high, low, rest @ ..]: [u8; 4] =
                array_at(data, field).ok_or(Undecodable::Short)?;
            let length = usize::from(u16::from_be_bytes(rest));
            field += 4;
            let kind = u16::from_be_bytes([high, low]);
            let value = || data.get(field..field + length).ok_or(Undecodable::Short);
            let ipv4 = || Some(Ipv4Addr::from(array_at::<4>(value().ok()?, 0)?).into());
            let ipv6 = || Some(Ipv6Addr::from(array_at::<16>(value().ok()?, 0)?).into());
            let port = || u16::try_from(u32_at(data, field)?).ok();
            match kind {
                END => return Ok((fields, field)),
                DISSECTOR | TABLE => fields.name = text(value()?),
                PLACE => fields.place = u32_at(data, field).ok_or(Undecodable::Short)?,
                IPV4_SRC => fields.src = ipv4(),
                IPV4_DST => fields.dst = ipv4(),
                IPV6_SRC => fields.src = ipv6(),
                IPV6_DST => fields.dst = ipv6(),
                SRC_PORT => fields.ports[0] = port(),
                DST_PORT => fields.ports[1] = port(),
                _ => {}
            }
            field += length;
        }
    }

    /// The ports of a unit that is without UDP's header: one that is not known is 0, or that by which
    /// its dissector was found.
    fn ports_lacking(&self) -> Option<[u16; 2]> {
        const GTP_U: u16 = 2152;
        let known = match self.name {
            b"udp.port" => u16::try_from(self.place).ok()?,
            b"gtp" => GTP_U,
            _ => return None,
        };
        let [src, dst] = self.ports;
        let is_told = src == Some(known) || dst == Some(known);
        Some([src.unwrap_or(0), dst.filter(|_| is_told).unwrap_or(known)])
    }

    /// What this dissector reads, or that at this place of a table.
    fn inside(&self) -> Inside {
        if let Some(link) = in_table(self.name, self.place) {
            return Inside::Frame(link);
        }
        let link = match (self.name, self.place) {
            (b"icmp", _) => return Inside::Headerless(protocol::ICMP),
            (b"icmpv6", _) => return Inside::Headerless(protocol::IPV6_ICMP),
            (b"gre", _) => return Inside::Headerless(protocol::GRE),
            (b"udp" | b"gtp" | b"udp.port", _) => return Inside::Headerless(protocol::UDP),
            (b"ip.proto", number) => {
                return u8::try_from(number).map_or(Inside::Other(0), Inside::Headerless);
            }
            (b"ethertype" | b"gre.proto" | b"chdlc.protocol", kind) => {
                return u16::try_from(kind).map_or(Inside::Other(0), Inside::EtherType);
            }
            (b"vlan", _) => return Inside::EtherType(ether_type::VLAN),
            (b"6lowpan", _) => return Inside::EtherType(ether_type::LOWPAN),
            (name, _) => named(name),
        };
        link.map_or(Inside::Other(0), Inside::Frame)
    }
}

/// The link type of what Wireshark's dissector of this name reads, if that is a packet or a frame.
pub(in crate::wire) fn named(dissector: &[u8]) -> Option<LinkType> {
    Some(match dissector {
        b"ip" | b"ipv6" | b"raw_ip" => lt::RAW,
        b"eth" | b"eth_withoutfcs" | b"eth_withfcs" | b"eth_maybefcs" | b"pw_eth_nocw" => {
            lt::ETHERNET
        }
        b"wlan" | b"wlan_withoutfcs" | b"wlan_withfcs" | b"wlan_noqos" => lt::IEEE802_11,
        b"radiotap" => lt::IEEE802_11_RADIOTAP,
        b"wpan" => lt::IEEE802_15_4_WITHFCS,
        b"wpan_nofcs" => lt::IEEE802_15_4_NOFCS,
        b"ppp" | b"ppp_hdlc" => lt::PPP_HDLC,
        b"chdlc" => lt::C_HDLC,
        b"fr" => lt::FRELAY,
        b"mpls" => lt::MPLS,
        b"llc" => lt::ATM_RFC1483,
        b"tr" => lt::IEEE802_5,
        b"fddi" => lt::FDDI,
        b"sll_v1" => lt::LINUX_SLL,
        b"nflog" => lt::NFLOG,
        _ => return None,
    })
}

/// The link type of what stands at this place of a table that has but packets and frames of
/// Ethernet to lead on.
fn in_table(table: &[u8], place: u32) -> Option<LinkType> {
    if table == b"wtap_encap" {
        return of_encapsulation(place);
    }
    Some(match (table, place) {
        (b"arcnet.protocol_id", 196 | 212 | 240)
        | (b"ax25.pid" | b"fr.nlpid" | b"osinl.excl" | b"osinl.incl" | b"x.25.spi", 0x8e | 0xcc)
        | (b"enc", 2 | 24)
        | (b"erf.types.type", 22 | 23)
        | (b"geonw.ch.nh", 3)
        | (b"gfp.upi", 16 | 17)
        | (b"gre.proto", 0x883e)
        | (b"ip.proto", 4 | 41)
        | (b"juniper.proto", 2 | 3 | 6 | 7)
        | (b"l2tp.pw_type", 11)
        | (b"li5g.payload", 5 | 6)
        | (b"llc.dsap", 6)
        | (b"mcc.proto" | b"pwach.channel_type", 0x21 | 0x57)
        | (b"nsh.next_proto" | b"vxlan.next_proto", 1 | 2)
        | (b"null.type", 2 | 24 | 28 | 30)
        | (b"ppp.protocol", 0x21 | 0x57 | 0x0800 | 0x86dd)
        | (b"sflow_245.header_protocol", 11 | 12) => lt::RAW,
        (b"acdr.media_type", 14 | 50)
        | (b"erf.types.type", 2 | 11 | 16 | 20)
        | (b"gfp.upi" | b"sflow_245.header_protocol", 1)
        | (b"gre.proto", 0x6400)
        | (b"ip.proto", 143)
        | (b"juniper.proto", 204)
        | (b"l2tp.pw_type", 5)
        | (b"li5g.payload", 7)
        | (b"nsh.next_proto" | b"sll.ltype" | b"vxlan.next_proto", 3) => lt::ETHERNET,
        _ => return None,
    })
}

/// The link type that has this number among the encapsulations of Wireshark's library, where the unit has
/// all that stands in a frame of that link type, and none that names another.
///
/// <https://gitlab.com/wireshark/wireshark/-/blob/master/wiretap/wtap.h>
const fn of_encapsulation(number: u32) -> Option<LinkType> {
    Some(match number {
        1 => lt::ETHERNET,
        2 => lt::IEEE802_5,
        4 => lt::PPP_HDLC,
        5 | 6 => lt::FDDI,
        7 | 129 | 130 => lt::RAW,
        9 => lt::ARCNET_LINUX,
        10 => lt::ATM_RFC1483,
        15 => lt::NULL,
        18 => lt::IP_OVER_FC,
        20 => lt::IEEE802_11,
        21 => lt::IEEE802_11_PRISM,
        23 => lt::IEEE802_11_RADIOTAP,
        24 => lt::IEEE802_11_AVS,
        25 => lt::LINUX_SLL,
        26 => lt::FRELAY,
        28 => lt::C_HDLC,
        38 => lt::ENC,
        39 => lt::PFLOG,
        62 => lt::APPLE_IP_OVER_IEEE1394,
        122 => lt::FC_2_WITH_FRAME_DELIMS,
        139 => lt::PPP_ETHER,
        141 => lt::NFLOG,
        147 => lt::AX25_KISS,
        148 => lt::AX25,
        210 => lt::LINUX_SLL2,
        _ => return None,
    })
}

/// What the unit behind the fields at `at` is, and where it starts.
pub(super) fn exported(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    let (fields, behind) = Fields::read(data, at)?;
    if fields.name == b"btbnep"
        && let Ok(header) = Bnep::parse(tail(data, behind))
    {
        return Ok((Inside::EtherType(header.ether_type), behind + header.octets));
    }
    Ok((fields.inside(), behind))
}

/// What an IP packet carried, exported without its header.
#[derive(Clone, Copy, Debug)]
pub struct Headerless<'a> {
    protocol: u8,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    /// Those of UDP, whose header it lacks too.
    ports: Option<[u16; 2]>,
    octets: &'a [u8],
    /// How many octets it had before the snap length cut them.
    wire_len: usize,
}

impl<'a> Headerless<'a> {
    /// That in `frame`, if it is one.
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        if frame.link != lt::WIRESHARK_UPPER_PDU {
            return None;
        }
        let (fields, at) = Fields::read(frame.data, 0).ok()?;
        let Inside::Headerless(protocol) = fields.inside() else {
            return None;
        };
        Some(Self {
            protocol,
            src: fields.src,
            dst: fields.dst,
            ports: fields.ports_lacking(),
            octets: tail(frame.data, at),
            wire_len: usize::try_from(frame.wire_len)
                .unwrap_or(usize::MAX)
                .saturating_sub(at),
        })
    }

    /// Makes it a packet, with a header that has what is known: version, protocol, addresses. Of a
    /// message that is too long for that header the length is 0.
    pub fn make(&self, into: &mut Expanded) {
        const HOP_LIMIT: u8 = 0;
        const UDP: usize = 8;
        let is_v6 = match self.src.or(self.dst) {
            Some(known) => known.is_ipv6(),
            None => is_of_v6(self.protocol),
        };
        let behind = self.wire_len + if self.ports.is_some() { UDP } else { 0 };
        let length = |octets: usize| u16::try_from(octets).unwrap_or(0).to_be_bytes();
        into.clear();
        let octets = &mut into.octets;
        if is_v6 {
            let address = |told| match told {
                Some(IpAddr::V6(told)) => told,
                _ => Ipv6Addr::UNSPECIFIED,
            };
            octets.extend([0x60, 0, 0, 0]);
            octets.extend(length(behind));
            octets.extend([self.protocol, HOP_LIMIT]);
            octets.extend(address(self.src).octets());
            octets.extend(address(self.dst).octets());
        } else {
            let address = |told| match told {
                Some(IpAddr::V4(told)) => told,
                _ => Ipv4Addr::UNSPECIFIED,
            };
            octets.extend([0x45, 0]);
            octets.extend(length(20 + behind));
            octets.extend([0, 0, 0, 0, HOP_LIMIT, self.protocol, 0, 0]);
            octets.extend(address(self.src).octets());
            octets.extend(address(self.dst).octets());
        }
        if let Some(ports) = self.ports {
            octets.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
            octets.extend(length(behind));
            octets.extend([0; 2]);
        }
        let made = octets.len();
        octets.extend_from_slice(self.octets);
        into.set_wire_len(made + self.wire_len);
        into.form = Form::Headerless(u8::try_from(made).unwrap_or(u8::MAX));
    }
}

/// Whether this protocol is for IPv6 alone.
const fn is_of_v6(protocol: u8) -> bool {
    matches!(
        protocol,
        protocol::HOPOPT
            | protocol::ROUTE
            | protocol::FRAG
            | protocol::DEST_OPTIONS
            | protocol::IPV6_ICMP
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Classified, HeaderOrigin, classify};

    /// `ip.proto` 58, from `::1` to an end that is not named, then an echo request.
    fn unit() -> Vec<u8> {
        [
            &[0, 14, 0, 8][..],
            b"ip.proto",
            &[0, 32, 0, 4, 0, 0, 0, 58, 0, 22, 0, 16],
            &Ipv6Addr::LOCALHOST.octets(),
            &[0, 0, 0, 0],
            &[128, 0, 1, 2, 0, 1, 0, 1, 9],
        ]
        .concat()
    }

    #[test]
    fn a_header_is_made_of_what_is_known() {
        let unit = unit();
        let frame = Frame::alone(lt::WIRESHARK_UPPER_PDU, &unit);
        let mut made = Expanded::default();
        Headerless::of(&frame).unwrap().make(&mut made);
        let frame = Frame {
            expanded: Some(&made),
            ..frame
        };
        let Classified::Icmp(packet) = classify(&frame) else {
            panic!("an ICMPv6 message");
        };
        assert_eq!(packet.ip.origin, HeaderOrigin::Made);
        assert_eq!(packet.ip.hop_limit(), None);
        assert_eq!(packet.ip.src(), Ipv6Addr::LOCALHOST);
        assert_eq!(packet.ip.hides_addresses(), (false, true));
        assert_eq!(packet.ip.payload, &unit[unit.len() - 9..]);
        assert!(!packet.ip.is_defective());
    }

    #[test]
    fn no_prefix_of_a_unit_is_refused_but_for_its_fields() {
        let unit = unit();
        let fields = unit.len() - 9;
        let mut made = Expanded::default();
        for length in 0..=unit.len() {
            let mut frame = Frame::alone(lt::WIRESHARK_UPPER_PDU, &unit[..length]);
            frame.wire_len = u32::try_from(unit.len()).unwrap();
            let headerless = Headerless::of(&frame);
            assert_eq!(headerless.is_some(), length >= fields, "{length}");
            let Some(headerless) = headerless else {
                continue;
            };
            headerless.make(&mut made);
            let frame = Frame {
                expanded: Some(&made),
                ..frame
            };
            let Classified::Icmp(packet) = classify(&frame) else {
                panic!("{length}");
            };
            assert_eq!(packet.ip.payload.len(), length - fields);
            assert_eq!(packet.ip.payload_length, 9);
        }
    }
}
