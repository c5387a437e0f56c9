//! Networks that carry packets in frames of their own: amateur radio, GFP, GPRS, digital television.

use super::inside::Inside;
use super::{LinkHeader, Network, linktype as lt};
use crate::model::{Frame, LinkType};
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, tail, u8_at};

/// Octets of an address of AX.25.
pub(super) const CALL_SIGN: usize = 7;

/// How many stations a frame of it may go by.
pub(super) const REPEATERS: usize = 8;

/// AX.25: destination, source and up to eight repeaters, control, protocol identifier (AX.25 2.2
/// section 3).
pub(super) fn ax25(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const IP: u8 = 0xcc;
    const NET_ROM: u8 = 0xcf;
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    const POLL: u8 = 0x10;
    let mut behind = at + 2 * CALL_SIGN;
    // The last bit of an address tells that none follows.
    for _ in 0..=REPEATERS {
        if u8_at(data, behind - 1).ok_or(Undecodable::Short)? & 1 != 0 {
            break;
        }
        behind += CALL_SIGN;
    }
    let control = u8_at(data, behind).ok_or(Undecodable::Short)?;
    let has_protocol = control & 1 == 0 || control & !POLL == UNNUMBERED_INFORMATION;
    if !has_protocol {
        return Ok(LinkHeader::at(Network::Other(control.into()), behind + 1));
    }
    let network = match u8_at(data, behind + 1).ok_or(Undecodable::Short)? {
        IP => Network::Ip,
        NET_ROM => return net_rom(data, behind + 2),
        other => Network::Other(other.into()),
    };
    Ok(LinkHeader::at(network, behind + 2))
}

/// NET/ROM: where from, where to, hops to live, a circuit and what is sent over it. A circuit of IP's
/// that is none has packets.
fn net_rom(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const CIRCUIT: usize = 2 * CALL_SIGN + 1;
    const HEADER: usize = CIRCUIT + 5;
    const OPERATION: u8 = 0x0f;
    const IP: [u8; 2] = [0x0c, 0x0c];
    const EXTENSION: u8 = 0;
    let [index, number, _, _, operation] =
        array_at(data, at + CIRCUIT).ok_or(Undecodable::Short)?;
    let is_ip = operation & OPERATION == EXTENSION && [index, number] == IP;
    let network = if is_ip {
        Network::Ip
    } else {
        Network::Other(operation.into())
    };
    Ok(LinkHeader::at(network, at + HEADER))
}

/// The segment that a frame of AX.25 has, and the stations at its ends, without what the last bits tell
/// that may differ from one to the next.
pub(in crate::wire) fn segment_of_ax25<'a>(
    frame: &Frame<'a>,
) -> Option<([[u8; CALL_SIGN]; 2], &'a [u8])> {
    const SEGMENT: u16 = 0x08;
    const STATION: u8 = 0x7e;
    let data = frame.data;
    let header = match frame.link {
        lt::AX25_KISS => ax25_kiss(data, 0),
        _ => ax25(data, 0),
    };
    let header = header
        .ok()
        .filter(|header| header.network == Network::Other(SEGMENT))?;
    let at = call_signs_at(frame.link, data)?;
    let mut stations = [array_at(data, at)?, array_at(data, at + CALL_SIGN)?];
    for station in &mut stations {
        station[CALL_SIGN - 1] &= STATION;
    }
    Some((stations, tail(data, header.offset)))
}

/// Where the two call signs of a frame of AX.25 are, perhaps behind KISS.
pub(super) fn call_signs_at(link: LinkType, data: &[u8]) -> Option<usize> {
    match link {
        lt::AX25_KISS => behind_kiss(data, 0),
        _ => Some(0),
    }
}

/// Where AX.25 starts in a frame of KISS: a port and a command, of which two tell data.
pub(super) fn behind_kiss(data: &[u8], at: usize) -> Option<usize> {
    match u8_at(data, at)? & 0x0f {
        0 => Some(at + 1),
        // With a number by which the modem acknowledges it.
        0x0c => Some(at + 3),
        _ => None,
    }
}

/// AX.25 in KISS.
pub(super) fn ax25_kiss(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    match behind_kiss(data, at) {
        Some(behind) => ax25(data, behind),
        None if data.len() <= at => Err(Undecodable::Short),
        None => Ok(LinkHeader::at(Network::Other(0), at + 1)),
    }
}

/// Generic framing procedure (ITU-T G.7041 section 6.1): length and check, type and check, perhaps
/// an extension.
pub(super) fn gfp(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const CLIENT_DATA: u8 = 0;
    const CORE: usize = 4;
    const TYPE: usize = 4;
    let [kind, user] = array_at(data, at + CORE).ok_or(Undecodable::Short)?;
    let extension = match kind & 0x0f {
        0 => 0,
        // A channel of a link that several share.
        1 => 4,
        _ => {
            return Ok((Inside::Other(kind.into()), at + CORE + TYPE));
        }
    };
    let behind = at + CORE + TYPE + extension;
    let inside = match user {
        _ if kind >> 5 != CLIENT_DATA => Inside::Other(kind.into()),
        1 => Inside::Frame(lt::ETHERNET),
        2 => Inside::Frame(lt::PPP_HDLC),
        // What goes over the asynchronous serial interface of DVB.
        9 => Inside::Frame(lt::MPEG_2_TS),
        12 | 13 => Inside::Frame(lt::MPLS),
        16 | 17 => Inside::Frame(lt::RAW),
        other => Inside::Other(other.into()),
    };
    Ok((inside, behind))
}

/// The multiplexer of mobile telephones (3GPP TS 27.010 section 5) behind a list of the messages of PPP
/// in a frame, of seven octets each: number, fragment, first and last octet as counted from the
/// direction's, which follows, and whether more follow. The first message leads on that begins here.
pub(super) fn mobile_multiplexer(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const ENTRY: usize = 7;
    const FLAG: usize = 1;
    let octets = usize::from(u8_at(data, at).ok_or(Undecodable::Short)?);
    let frame = at + 1 + octets;
    for entry in 0..octets / ENTRY {
        let [_, _, high, low, first, last] =
            array_at(data, at + 1 + entry * ENTRY).ok_or(Undecodable::Short)?;
        if [high, low] == [0; 2] && first < last {
            return Ok((Inside::Frame(lt::PPP), frame + usize::from(first) + FLAG));
        }
    }
    Ok((Inside::Other(0), frame))
}

/// LLC of GPRS (3GPP TS 44.064 section 6): an address, the control field of unconfirmed information,
/// and SNDCP (3GPP TS 44.065 section 7).
pub(super) fn gprs_llc(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const USER_DATA: [u8; 4] = [3, 5, 9, 11];
    const UNCONFIRMED: u8 = 0xc0;
    const ENCRYPTED: u8 = 0x02;
    const LLC: usize = 3;
    const SNDCP: usize = 4;
    const FIRST_SEGMENT: u8 = 0x40;
    const UNACKNOWLEDGED: u8 = 0x20;
    const MORE: u8 = 0x10;
    const CHECK: u8 = 3;
    let [address, high, low] = array_at(data, at).ok_or(Undecodable::Short)?;
    let other = |octet: u8| Ok(LinkHeader::at(Network::Other(octet.into()), at + LLC));
    if !USER_DATA.contains(&(address & 0x0f)) || high & 0xe0 != UNCONFIRMED {
        return other(address);
    }
    if low & ENCRYPTED != 0 {
        return other(low);
    }
    let [flags, compression] = array_at(data, at + LLC).ok_or(Undecodable::Short)?;
    let is_segment = flags & (FIRST_SEGMENT | MORE) != FIRST_SEGMENT;
    if is_segment && flags & UNACKNOWLEDGED != 0 {
        let network = Network::SndcpSegment { check: CHECK };
        return Ok(LinkHeader::at(network, at + LLC));
    }
    let is_plain = flags & (FIRST_SEGMENT | UNACKNOWLEDGED) == FIRST_SEGMENT | UNACKNOWLEDGED
        && compression == 0;
    if !is_plain {
        return other(flags);
    }
    Ok(LinkHeader::at(Network::Ip, at + LLC + SNDCP))
}

/// Packets of an MPEG-2 transport stream (ISO/IEC 13818-1 section 2.4.3.2). What they carry goes on from
/// one to the next: [`crate::wire::stream`] reads it.
pub(super) fn transport_stream(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    const SYNC: u8 = 0x47;
    match u8_at(data, at) {
        Some(SYNC) => Ok(LinkHeader::at(Network::Other(SYNC.into()), at)),
        Some(_) => Err(Undecodable::Malformed),
        None => Err(Undecodable::Short),
    }
}

pub(super) const fn is_bluetooth(link: LinkType) -> bool {
    matches!(
        link,
        lt::BLUETOOTH_HCI_H4
            | lt::BLUETOOTH_HCI_H4_WITH_PHDR
            | lt::BLUETOOTH_LINUX_MONITOR
            | lt::BLUETOOTH_LE_LL
            | lt::BLUETOOTH_LE_LL_WITH_PHDR
            | lt::NORDIC_BLE
    )
}

/// Bluetooth, whose channels take packets apart: [`crate::wire::stream`] reads them.
pub(super) const fn bluetooth(data: &[u8], at: usize) -> Result<LinkHeader, Undecodable> {
    if data.len() > at {
        Ok(LinkHeader::at(Network::Other(0), at))
    } else {
        Err(Undecodable::Short)
    }
}
