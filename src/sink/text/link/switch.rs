//! Tags of switches' chips, in tcpdump's words: a longer form with `-e`, a shorter one without.

use super::{end, ether_type};
use crate::model::LinkType;
use crate::record::write::{self, number};
use crate::wire::bytes::u16_at;
use crate::wire::link::{Addresses, SwitchChip, SwitchTag, linktype as lt};

/// What stands before `IP` without `-e`.
pub(super) fn short(out: &mut Vec<u8>, link: LinkType, data: &[u8], tag: SwitchTag) {
    if tag.chip == SwitchChip::Broadcom {
        broadcom(out, tag);
        out.extend_from_slice(b", ");
        return;
    }
    if link == lt::DSA_TAG_EDSA {
        out.extend_from_slice(b"EDSA 0x");
        write::hex(out, u16_at(data, 12).unwrap_or(0).into(), 4);
        out.extend_from_slice(b", ");
    } else {
        out.extend_from_slice(b"DSA ");
    }
    let [mode, second, ..] = tag.octets;
    match mode >> 6 {
        0 => {
            port(out, b"port ", tag);
            out.extend_from_slice(b" > CPU");
        }
        1 => port(out, b"CPU > port ", tag),
        2 => {
            port(out, b"port ", tag);
            let ingress = second & 0x04 != 0;
            out.extend_from_slice(if ingress {
                b" > Rx Sniffer"
            } else {
                b" > Tx Sniffer"
            });
        }
        _ if tag.is_trunk() => port(out, b"Forward trunk ", tag),
        _ => port(out, b"Forward port ", tag),
    }
    number(out, b", VLAN ", tag.vlan().unwrap_or(0).into());
    out.extend_from_slice(if tag.is_vlan_tagged() { b"t, " } else { b"u, " });
}

fn port(out: &mut Vec<u8>, label: &[u8], tag: SwitchTag) {
    number(out, label, tag.device().unwrap_or(0).into());
    number(out, b".", tag.port().unwrap_or(0).into());
}

/// The header with its tag.
pub(super) fn long(
    out: &mut Vec<u8>,
    link: LinkType,
    data: &[u8],
    told: &Addresses,
    tag: SwitchTag,
    length: u32,
) {
    if link == lt::DSA_TAG_BRCM_PREPEND {
        broadcom(out, tag);
        out.extend_from_slice(b", ");
        return super::ethernet(out, data, 4, length.saturating_sub(4));
    }
    super::addresses(out, told);
    match tag.chip {
        SwitchChip::Broadcom => broadcom(out, tag),
        SwitchChip::Marvell => marvell(out, link, data, tag),
    }
    out.extend_from_slice(b", ");
    ether_type(out, told.ether_type.unwrap_or(0));
    end(out, length);
}

/// `BRCM tag OP: EG, CID: 0, RC: exception, TC: 0, port: 1`.
fn broadcom(out: &mut Vec<u8>, tag: SwitchTag) {
    let [first, second, third, fourth] = tag.octets;
    out.extend_from_slice(if first == 0 {
        b"BRCM tag OP: EG"
    } else {
        b"BRCM tag OP: IG"
    });
    if tag.names_ports_by_map() {
        number(out, b", TC: ", (second >> 2 & 7).into());
        out.extend_from_slice(b", TE: ");
        out.extend_from_slice(match second & 3 {
            0 => b"None".as_slice(),
            1 => b"Untag",
            2 => b"Header",
            _ => b"Reserved",
        });
        number(out, b", TS: ", (second >> 7).into());
        out.extend_from_slice(b", DST map: 0x");
        let map = u64::from(third & 1) << 8 | u64::from(fourth);
        write::hex(out, map, 4);
        return;
    }
    number(out, b", CID: ", second.into());
    out.extend_from_slice(b", RC: ");
    out.extend_from_slice(match third {
        1 => b"mirror".as_slice(),
        2 => b"MAC learning",
        4 => b"switching",
        8 => b"prot term",
        16 => b"prot snoop",
        32 => b"exception",
        _ => b"reserved",
    });
    number(out, b", TC: ", (fourth >> 5).into());
    number(out, b", port: ", (fourth & 0x1f).into());
}

/// `Marvell DSA mode Forward, dev 4, port 2, untagged, VID 1337, FPri 0`.
fn marvell(out: &mut Vec<u8>, link: LinkType, data: &[u8], tag: SwitchTag) {
    let [first, second, third, _] = tag.octets;
    if link == lt::DSA_TAG_EDSA {
        let kind = u16_at(data, 12).unwrap_or(0);
        out.extend_from_slice(b"Marvell EDSA ethertype 0x");
        write::hex(out, kind.into(), 4);
        out.extend_from_slice(b" (");
        out.extend_from_slice(super::ether_type_name(kind));
        out.extend_from_slice(b"), rsvd ");
        let [high, low] = u16_at(data, 14).unwrap_or(0).to_be_bytes();
        write::decimal(out, high.into());
        number(out, b" ", low.into());
        out.extend_from_slice(b", mode ");
    } else {
        out.extend_from_slice(b"Marvell DSA mode ");
    }
    let (mode, place): (&[u8], &[u8]) = match first >> 6 {
        0 => (b"To CPU", b", source dev "),
        1 => (b"From CPU", b", target dev "),
        2 => (b"To Sniffer", b", source dev "),
        _ => (b"Forward", b", dev "),
    };
    out.extend_from_slice(mode);
    number(out, place, tag.device().unwrap_or(0).into());
    let port: &[u8] = if tag.is_trunk() {
        b", trunk "
    } else {
        b", port "
    };
    number(out, port, tag.port().unwrap_or(0).into());
    match first >> 6 {
        0 => {
            out.extend_from_slice(b", code ");
            out.extend_from_slice(match second & 0x06 | third >> 4 & 1 {
                0 => b"BPDU (MGMT) Trap".as_slice(),
                1 => b"Frame2Reg",
                2 => b"IGMP/MLD Trap",
                3 => b"Policy Trap",
                4 => b"ARP Mirror",
                5 => b"Policy Mirror",
                _ => b"reserved",
            });
        }
        2 if second & 0x04 != 0 => out.extend_from_slice(b", ingress sniff"),
        2 => out.extend_from_slice(b", egress sniff"),
        _ => {}
    }
    out.extend_from_slice(if tag.is_vlan_tagged() {
        b", tagged"
    } else {
        b", untagged"
    });
    if second & 1 != 0 {
        out.extend_from_slice(b", CFI");
    }
    number(out, b", VID ", tag.vlan().unwrap_or(0).into());
    number(out, b", FPri ", (third >> 5).into());
}
