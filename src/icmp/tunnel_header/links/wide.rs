//! Headers of serial lines and wide area networks.

use super::{Part, Step, Table, is_ppp_framed, llc_over_atm, nothing_before};
use crate::icmp::field::spec;
use crate::model::LinkType;
use crate::wire::bytes::{array_at, u8_at, u16_at};
use crate::wire::link::linktype as lt;

pub(super) fn step(link: LinkType, rest: &[u8]) -> Option<Step> {
    Some(match link {
        lt::PPP => nothing_before(Part::Ppp),
        lt::PPP_HDLC if is_ppp_framed(rest) => nothing_before(Part::Ppp),
        lt::PPP_HDLC | lt::C_HDLC => nothing_before(Part::CHdlc),
        lt::PPP_ETHER => nothing_before(Part::Pppoe),
        lt::PPP_PPPD | lt::PPP_WITH_DIR => behind_direction(rest)?,
        lt::C_HDLC_WITH_DIR => Step::new(1, "direction", DIRECTION, Part::CHdlc),
        lt::FRELAY_WITH_DIR => Step::new(1, "direction", DIRECTION, Part::Link(lt::FRELAY)),
        lt::PPP_BSDOS => Step::new(24, "ppp", PPP_BSDOS, Part::End),
        lt::SLIP | lt::SLIP_BSDOS => Step::new(rest.len(), "slip", SLIP, Part::End),
        lt::FRELAY => frame_relay(rest)?,
        lt::MFR => multilink(rest)?,
        lt::LAPD => Step::new(rest.len(), "lapd", LAPD, Part::End),
        lt::MPLS => nothing_before(Part::Mpls),
        lt::ATM_RFC1483 | lt::ATM_CLIP => llc_over_atm(rest),
        lt::SUNATM => {
            const LANE: u8 = 1;
            match u8_at(rest, 0)? & 0x0f {
                LANE => Step::new(6, "sun_atm", SUN_ATM_LANE, Part::Ethernet),
                _ => Step::new(4, "sun_atm", SUN_ATM, Part::Link(lt::ATM_RFC1483)),
            }
        }
        lt::GFP_T | lt::GFP_F => gfp(rest)?,
        lt::DOCSIS => docsis(rest)?,
        lt::DOCSIS31_XRA31 => {
            let octets = u16_at(rest, 2)?;
            let rows = [
                spec::u8(0, "version"),
                spec::u8(1, "packet_kind"),
                spec::u16(2, "fields_length"),
                spec::octets(4, octets, "fields"),
            ];
            let length = 4 + usize::from(octets);
            Step::made(length, "excentis", rows, Part::Link(lt::DOCSIS))
        }
        lt::MUX27010 => {
            let octets = u8_at(rest, 0)?;
            let rows = [
                spec::u8(0, "entries_length"),
                spec::octets(1, octets.into(), "entries"),
                spec::rest(1 + u16::from(octets), "frames_before"),
            ];
            Step::made(rest.len(), "mux27010", rows, Part::End)
        }
        _ => return None,
    })
}

/// What follows an octet of direction: PPP, of which that may take the place of the address.
fn behind_direction(rest: &[u8]) -> Option<Step> {
    const CONTROL: u8 = 0x03;
    let direction = spec::u8(0, "direction");
    if u8_at(rest, 1)? != CONTROL {
        return Some(Step::made(1, "direction", [direction], Part::Ppp));
    }
    let rows = [direction, spec::hex(1, 1, "control")];
    Some(Step::made(2, "direction", rows, Part::Ppp))
}

/// ITU-T Q.922 section 3.2: an address of two to four octets, then control and NLPID.
fn frame_relay(rest: &[u8]) -> Option<Step> {
    let address: u16 = match array_at(rest, 0)? {
        [_, second] if second & 1 != 0 => 2,
        _ if u8_at(rest, 2)? & 1 != 0 => 3,
        _ => 4,
    };
    let rows = [
        spec::bits(0, 2, 6, "dlci_high"),
        spec::flag(0, 0x02, "command_response"),
        spec::bits(1, 4, 4, "dlci_low"),
        spec::flag(1, 0x08, "forward_congestion"),
        spec::flag(1, 0x04, "backward_congestion"),
        spec::flag(1, 0x02, "discard_eligible"),
        spec::rest(address, "control_and_protocol"),
    ];
    Some(Step::made(rest.len(), "frame_relay", rows, Part::End))
}

/// FRF.16.1 section 2.1, and Frame Relay where a frame begins.
fn multilink(rest: &[u8]) -> Option<Step> {
    const BEGINS: u8 = 0x80;
    let rows = [
        spec::flag(0, 0x80, "begins"),
        spec::flag(0, 0x40, "ends"),
        spec::flag(0, 0x20, "control"),
        spec::bits(0, 1, 4, "sequence_high"),
        spec::u8(1, "sequence_low"),
    ];
    let then = match u8_at(rest, 0)? & BEGINS {
        0 => Part::End,
        _ => Part::Link(lt::FRELAY),
    };
    Some(Step::made(2, "multilink", rows, then))
}

/// ITU-T G.7041 section 6.1.
fn gfp(rest: &[u8]) -> Option<Step> {
    const LINEAR: u8 = 1;
    let [kind, user] = array_at(rest, 4)?;
    let has_extension = kind & 0x0f == LINEAR;
    let rows = [
        spec::u16(0, "payload_length"),
        spec::hex(2, 2, "core_check"),
        spec::bits(4, 5, 3, "payload_type"),
        spec::flag(4, 0x10, "check_sequence"),
        spec::bits(4, 0, 4, "extension_type"),
        spec::u8(5, "user_payload"),
        spec::hex(6, 2, "type_check"),
    ];
    let extension = has_extension.then_some(spec::octets(8, 4, "extension"));
    let then = match user {
        1 => Part::Ethernet,
        2 => Part::Link(lt::PPP_HDLC),
        _ => Part::End,
    };
    let length = if has_extension { 12 } else { 8 };
    Some(Step::made(
        length,
        "gfp",
        rows.into_iter().chain(extension),
        then,
    ))
}

/// DOCSIS 3.0 MULPI section 6.2.
fn docsis(rest: &[u8]) -> Option<Step> {
    const EXTENDED: u8 = 0x01;
    let [control, parameter] = array_at(rest, 0)?;
    let extension = if control == EXTENDED { parameter } else { 0 };
    let check = 4 + u16::from(extension);
    let rows = [
        spec::hex(0, 1, "frame_control"),
        spec::u8(1, "parameter"),
        spec::u16(2, "length"),
        spec::octets(4, extension.into(), "extended_header"),
        spec::hex(check, 2, "header_check"),
    ];
    let length = usize::from(check) + 2;
    Some(Step::made(length, "docsis", rows, Part::Ethernet))
}

/// ITU-T Q.921 section 3; what follows the address is X.25's.
const LAPD: Table = &[
    spec::hex(0, 2, "address"),
    spec::rest(2, "control_and_packet"),
];

const DIRECTION: Table = &[spec::u8(0, "direction")];

const PPP_BSDOS: Table = &[
    spec::octets(0, 5, "link_header"),
    spec::hex(5, 2, "protocol"),
    spec::rest(7, "rest_of_header"),
];

const SLIP: Table = &[spec::u8(0, "direction"), spec::rest(1, "compressed_header")];

const SUN_ATM: Table = &[
    spec::flag(0, 0x80, "sent"),
    spec::bits(0, 0, 4, "traffic"),
    spec::u8(1, "vpi"),
    spec::u16(2, "vci"),
];

const SUN_ATM_LANE: Table = &[
    spec::flag(0, 0x80, "sent"),
    spec::bits(0, 0, 4, "traffic"),
    spec::u8(1, "vpi"),
    spec::u16(2, "vci"),
    spec::u16(4, "lane_client"),
];
