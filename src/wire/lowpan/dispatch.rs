//! Which header a 6LoWPAN frame begins with (RFC 4944 section 5.1).

use super::Contexts;
use super::fragments::Key;
use super::hc1;
use super::iphc::{self, Around, of_short};
use super::make::{Making, Reader};
use crate::model::{Expanded, LinkFragment, UnknownPrefix};
use crate::wire::Undecodable;
use crate::wire::link::LinkAddress;
use crate::wire::link::ieee802154::MacHeader;

/// What a frame came to.
pub(super) enum Dispatched<'a> {
    /// A packet was made.
    Packet,
    /// The first fragment of one was made.
    First(Key),
    /// A later fragment, which only the first one's header makes a packet.
    Later(Key, Later<'a>),
    /// Another protocol: Zigbee has patterns of its own.
    Other,
}

/// A fragment without a header.
pub(super) struct Later<'a> {
    /// Octets of the datagram before it.
    pub(super) offset: usize,
    pub(super) octets: &'a [u8],
    pub(super) on_wire: usize,
}

/// Sender and receiver of a datagram: those of the frame, or of its mesh header.
#[derive(Clone, Copy)]
struct Ends {
    src: Option<LinkAddress>,
    dst: Option<LinkAddress>,
}

/// Makes the packet that a MAC payload holds; `bytes` are there of the `on_wire` that were sent.
pub(super) fn expand<'a>(
    bytes: &'a [u8],
    on_wire: usize,
    mac: &MacHeader,
    contexts: &Contexts,
    into: &mut Expanded,
) -> Result<Dispatched<'a>, Undecodable> {
    const BROADCAST: u8 = 0x50;
    const PAGE_1: u8 = 0xf1;
    let mut from = Reader::new(bytes, on_wire);
    let mut ends = Ends {
        src: mac.src,
        dst: mac.dst,
    };
    // Mesh, broadcast, fragment: in this order, each at most once (section 5.1).
    if from.first()? >> 6 == 0b10 {
        ends = mesh(&mut from)?;
    }
    if from.first()? == BROADCAST {
        from.u16()?;
    }
    let fragment = match from.first()? >> 3 {
        0b11000 => {
            let (size, tag) = size_and_tag(&mut from)?;
            Some((size, Key::new(ends.src, ends.dst, size, tag)))
        }
        0b11100 => {
            let (size, tag) = size_and_tag(&mut from)?;
            let key = Key::new(ends.src, ends.dst, size, tag);
            let later = Later {
                offset: usize::from(from.u8()?) * 8,
                octets: from.rest(),
                on_wire: from.rest_on_wire(),
            };
            return Ok(Dispatched::Later(key, later));
        }
        _ => None,
    };
    if from.first()? == PAGE_1 {
        from.u8()?;
        routing_headers(&mut from)?;
    }
    let datagram = fragment.map(|(size, _)| usize::from(size));
    let mut making = Making::new(into);
    match from.first()? {
        0x41 => {
            from.u8()?;
            making.ipv6(UnknownPrefix::default())?;
            let header: [u8; 40] = from.array()?;
            making.octets.extend_from_slice(&header);
            // Its length was sent: only a fragment gets another.
            let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
            let on_wire = making.finish(&from, datagram);
            if fragment.is_none() {
                super::make::put_length(&mut into.octets, 4, length);
            }
            into.set_wire_len(on_wire);
        }
        0x42 => {
            from.u8()?;
            hc1::expand(&mut from, &identifiers_with_pan(ends, mac), &mut making)?;
            let on_wire = making.finish(&from, datagram);
            into.set_wire_len(on_wire);
        }
        pattern if pattern >> 5 == iphc::DISPATCH => {
            let around = Around {
                src: ends.src.and_then(identifier),
                dst: ends.dst.and_then(identifier),
                unknown: UnknownPrefix::default(),
                contexts,
            };
            iphc::expand(&mut from, &around, &mut making)?;
            let on_wire = making.finish(&from, datagram);
            into.set_wire_len(on_wire);
        }
        _ => return Ok(Dispatched::Other),
    }
    Ok(match fragment {
        Some((size, key)) => {
            into.fragment = Some(LinkFragment {
                tag: key.tag(),
                size,
                offset: 0,
            });
            Dispatched::First(key)
        }
        None => Dispatched::Packet,
    })
}

/// RFC 4944 section 5.2: hops left, originator, final destination.
fn mesh(from: &mut Reader<'_>) -> Result<Ends, Undecodable> {
    const SHORT_ORIGINATOR: u8 = 0x20;
    const SHORT_FINAL: u8 = 0x10;
    const DEEP: u8 = 0x0f;
    let first = from.u8()?;
    if first & DEEP == DEEP {
        from.u8()?;
    }
    let mut address = |short: u8| -> Result<Option<LinkAddress>, Undecodable> {
        Ok(if first & short == 0 {
            LinkAddress::new(&from.array::<8>()?)
        } else {
            LinkAddress::new(&from.array::<2>()?)
        })
    };
    Ok(Ends {
        src: address(SHORT_ORIGINATOR)?,
        dst: address(SHORT_FINAL)?,
    })
}

/// RFC 4944 section 5.3: the datagram's size in octets, and its tag.
fn size_and_tag(from: &mut Reader<'_>) -> Result<(u16, u16), Undecodable> {
    Ok((from.u16()? & 0x07ff, from.u16()?))
}

/// Steps over headers of RFC 8138 section 4: what RPL says of the packet, and what may be passed
/// over. One that takes part in the packet's addresses is not.
fn routing_headers(from: &mut Reader<'_>) -> Result<(), Undecodable> {
    const CRITICAL: u8 = 0b100;
    const ELECTIVE: u8 = 0b101;
    const RPL_INFORMATION: u8 = 5;
    const IP_IN_IP: u8 = 6;
    const INSTANCE_0: u8 = 0x02;
    const SHORT_RANK: u8 = 0x01;
    loop {
        let first = from.first()?;
        match first >> 5 {
            CRITICAL => {
                let [_, kind] = from.array()?;
                if kind != RPL_INFORMATION {
                    return Err(Undecodable::Compression);
                }
                from.up_to(usize::from(first & INSTANCE_0 == 0));
                from.up_to(if first & SHORT_RANK == 0 { 2 } else { 1 });
            }
            ELECTIVE => {
                let [_, kind] = from.array()?;
                if kind == IP_IN_IP {
                    return Err(Undecodable::Compression);
                }
                from.up_to(usize::from(first & 0x1f));
            }
            _ => return Ok(()),
        }
    }
}

/// The interface identifier of a link-layer address (RFC 6282 section 3.2.2).
fn identifier(address: LinkAddress) -> Option<[u8; 8]> {
    match *address.as_slice() {
        [high, low] => Some(of_short([high, low])),
        _ => of_eui_64(address),
    }
}

/// An EUI-64 with its universal bit turned round (RFC 4291 appendix A).
fn of_eui_64(address: LinkAddress) -> Option<[u8; 8]> {
    let mut octets: [u8; 8] = address.as_slice().try_into().ok()?;
    octets[0] ^= 0x02;
    Some(octets)
}

/// The interface identifiers by RFC 4944 section 6, where that of a 16-bit address has the PAN
/// identifier in it.
fn identifiers_with_pan(ends: Ends, mac: &MacHeader) -> hc1::Identifiers {
    const UNIVERSAL: u16 = 0x0200;
    let of = |address: LinkAddress, pan: Option<u16>| match *address.as_slice() {
        [high, low] => {
            let [a, b] = (pan? & !UNIVERSAL).to_be_bytes();
            Some([a, b, 0, 0xff, 0xfe, 0, high, low])
        }
        _ => of_eui_64(address),
    };
    hc1::Identifiers {
        src: ends.src.and_then(|address| of(address, mac.src_pan)),
        dst: ends.dst.and_then(|address| of(address, mac.pan)),
    }
}
