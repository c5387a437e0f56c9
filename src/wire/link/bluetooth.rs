//! Bluetooth between host and controller: packets of its network encapsulation protocol.

use super::inside::Inside;
use super::linktype as lt;
use crate::wire::Undecodable;
use crate::wire::bytes::{array_at, u8_at, u16_at};

/// H4: the kind of packet; of data connection, flags and length, then L2CAP: length and channel
/// (Bluetooth Core 5.3, volume 4 part A section 2 and part E section 5.4.2, volume 3 part A section
/// 3.1).
///
/// Which channel has the encapsulation protocol was agreed on when it was opened, perhaps before the
/// capture began. What is IP of it by its type, version and length is taken for that.
pub(super) fn h4(data: &[u8], at: usize) -> Result<(Inside, usize), Undecodable> {
    const DATA: u8 = 2;
    const CONTINUATION: u8 = 1;
    const FIRST_DYNAMIC_CHANNEL: u16 = 0x40;
    const HEADERS: usize = 9;
    let kind = u8_at(data, at).ok_or(Undecodable::Short)?;
    let other = Ok((Inside::Other(kind.into()), at + 1));
    if kind != DATA {
        return other;
    }
    let word = |place: usize| array_at(data, at + place).map(u16::from_le_bytes);
    let (Some(flags), Some(length), Some(channel)) = (word(1), word(5), word(7)) else {
        return Err(Undecodable::Short);
    };
    if flags >> 12 & 3 == u16::from(CONTINUATION) || channel < FIRST_DYNAMIC_CHANNEL {
        return other;
    }
    let start = at + HEADERS;
    match packet(data, start) {
        Some((packet, octets)) if packet + octets == start + usize::from(length) => {
            Ok((Inside::Frame(lt::RAW), packet))
        }
        _ => other,
    }
}

/// Where the IP packet of the encapsulation protocol is, and its length (BNEP 1.0 section 2.4): a
/// type, the addresses that are not those of the connection, an EtherType, extension headers.
fn packet(data: &[u8], at: usize) -> Option<(usize, usize)> {
    const EXTENDED: u8 = 0x80;
    let kind = u8_at(data, at)?;
    let addresses = match kind & !EXTENDED {
        0 => 12,
        2 => 0,
        3 | 4 => 6,
        _ => return None,
    };
    let ether_type = u16_at(data, at + 1 + addresses)?;
    let mut packet = at + 1 + addresses + 2;
    let mut more = kind & EXTENDED != 0;
    while more {
        let [kind, length] = array_at(data, packet)?;
        more = kind & EXTENDED != 0;
        packet += 2 + usize::from(length);
    }
    let first = u8_at(data, packet)? >> 4;
    let octets = match (ether_type, first) {
        (0x0800, 4) => u16_at(data, packet + 2)?.into(),
        (0x86dd, 6) => 40 + usize::from(u16_at(data, packet + 4)?),
        _ => return None,
    };
    Some((packet, octets))
}
