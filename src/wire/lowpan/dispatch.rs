//! Which header a 6LoWPAN frame begins with (RFC 4944 section 5.1).
//!
//! What IANA's registry of dispatch values has, and what becomes of it here:
//!
//! | page | bits | what | |
//! |---|---|---|---|
//! | 0 | `00xxxxxx` | no 6LoWPAN | not IP |
//! | 0 | `01000000` | ESC (RFC 8066) | undecodable: no extension is known that leads to a packet |
//! | 0 | `01000001` | IPv6 | read |
//! | 0 | `01000010` | `LOWPAN_HC1` | read |
//! | 0 | `01010000` | `LOWPAN_BC0` | stepped over |
//! | 0, 1 | `011xxxxx` | `LOWPAN_IPHC` (RFC 6282) | read |
//! | 0 | `10xxxxxx` | mesh | its addresses stand for the frame's |
//! | 0 | `11000xxx`, `11100xxx` | fragments | read |
//! | 0 | `1110100x` | recoverable fragment (RFC 8931) | read |
//! | 0 | `1110101x` | its acknowledgment | not IP |
//! | 1 | `100xxxxx` | critical routing header (RFC 8138) | types 0 to 5 are read, others undecodable |
//! | 1 | `101xxxxx` | elective routing header | type 6 is read, others stepped over |
//! | all | `11110000`, `11110001` | switch to page 0, 1 (RFC 8025) | followed |
//! | all | `1111xxxx` | switch to another page | undecodable: none is assigned |
//! | 0 | all others | unassigned | not IP: Zigbee's frames begin like that |

use super::Place;
use super::fragments::{Key, Kind, Later};
use super::hc1;
use super::iphc::{self, Around, of_short};
use super::make::{Making, Reader};
use super::routing::{self, Route};
use crate::model::{Expanded, LinkFragment, UnknownPrefix};
use crate::wire::Undecodable;
use crate::wire::link::LinkAddress;
use crate::wire::link::ieee802154::MacHeader;

/// What a frame came to.
pub(super) enum Dispatched<'a> {
    /// A packet was made.
    Packet,
    /// The first fragment of one was made, which is longer by so many octets than what was sent.
    First(Key, isize),
    /// A later fragment, which only the first one's header makes a packet.
    Later(Key, Later<'a>),
    /// The sender gives a datagram up.
    Abort(Key),
    /// Another protocol: Zigbee has patterns of its own.
    Other,
}

/// Sender and receiver of a datagram: those of the frame, or of its mesh header.
#[derive(Clone, Copy)]
struct Ends {
    src: Option<LinkAddress>,
    dst: Option<LinkAddress>,
}

/// Makes the packet that `from` holds.
pub(super) fn expand<'a>(
    mut from: Reader<'a>,
    place: &Place<'_>,
    into: &mut Expanded,
) -> Result<Dispatched<'a>, Undecodable> {
    const BROADCAST: u8 = 0x50;
    const ESCAPE: u8 = 0x40;
    const PAGE_0: u8 = 0xf0;
    const PAGE_1: u8 = 0xf1;
    let mut ends = Ends {
        src: place.mac.src,
        dst: place.mac.dst,
    };
    // Mesh, broadcast, fragment: in this order, each at most once (section 5.1).
    if from.first()? >> 6 == 0b10 {
        ends = mesh(&mut from)?;
    }
    if from.first()? == BROADCAST {
        from.u16()?;
    }
    let begin = match fragment(&mut from, place, ends)? {
        Fragment::None => None,
        Fragment::First(key, size) => Some((key, size)),
        Fragment::Later(key, later) => return Ok(Dispatched::Later(key, later)),
        Fragment::Abort(key) => return Ok(Dispatched::Abort(key)),
        Fragment::Acknowledgment => return Ok(Dispatched::Other),
    };
    let sent = from.rest_on_wire();
    let mut making = Making::new(into);
    let mut route = Route::default();
    match from.first()? {
        PAGE_0 => {
            from.u8()?;
        }
        PAGE_1 => {
            from.u8()?;
            route = routing::read(&mut from, place, &mut making)?;
        }
        ESCAPE | 0xf2.. => return Err(Undecodable::Compression),
        _ => {}
    }
    let mut told = None;
    match from.first()? {
        0x41 => {
            from.u8()?;
            let start = making.ipv6(UnknownPrefix::default())?;
            let header: [u8; 40] = from.array()?;
            making.octets.extend_from_slice(&header);
            // Its length was sent: only a fragment gets another, or what is put into others.
            told = Some(usize::from(u16::from_be_bytes([header[4], header[5]])));
            making.named_at = route.follow(start, &mut making)?;
            making.name(header[6]);
            told = told.filter(|_| making.octets.len() == header.len());
        }
        0x42 => {
            from.u8()?;
            hc1::expand(
                &mut from,
                &identifiers_with_pan(ends, place.mac),
                &route,
                &mut making,
            )?;
        }
        pattern if pattern >> 5 == iphc::DISPATCH => {
            let around = Around {
                src: ends.src.and_then(identifier),
                dst: ends.dst.and_then(identifier),
                unknown: place.unknown,
                contexts: place.contexts,
                route: &route,
            };
            iphc::expand(&mut from, &around, &mut making)?;
        }
        _ => return Ok(Dispatched::Other),
    }
    let shift = making.grown(sent, &from);
    let size = begin.map(|(key, size)| match key.kind {
        Kind::Plain { .. } => usize::from(size),
        Kind::Recoverable => usize::from(size).saturating_add_signed(shift),
    });
    let on_wire = making.finish(&from, size);
    into.set_wire_len(on_wire);
    let (Some((key, _)), Some(size)) = (begin, size) else {
        if let Some(length) = told {
            super::make::put_length(&mut into.octets, 4, length);
        }
        return Ok(Dispatched::Packet);
    };
    into.fragment = Some(LinkFragment {
        tag: key.tag,
        size: u16::try_from(size).unwrap_or(u16::MAX),
        offset: 0,
        unit: key.kind.unit(),
    });
    let shift = match key.kind {
        Kind::Plain { .. } => 0,
        Kind::Recoverable => shift,
    };
    Ok(Dispatched::First(key, shift))
}

/// Which part of a datagram a frame has.
enum Fragment<'a> {
    /// All of it.
    None,
    /// The first, with the size that it tells.
    First(Key, u16),
    Later(Key, Later<'a>),
    Abort(Key),
    /// None: which fragments came is told.
    Acknowledgment,
}

/// Reads a fragment header, if there is one, and leaves of the frame what belongs to the fragment.
fn fragment<'a>(
    from: &mut Reader<'a>,
    place: &Place<'_>,
    ends: Ends,
) -> Result<Fragment<'a>, Undecodable> {
    const FIRST: u8 = 0b11000;
    const LATER: u8 = 0b11100;
    const RECOVERABLE: u8 = 0b111_0100;
    const ACKNOWLEDGMENT: u8 = 0b111_0101;
    let key = |tag, kind| Key {
        pan: place.pan,
        tunnel: place.tunnel,
        src: ends.src,
        dst: ends.dst,
        tag,
        kind,
    };
    let pattern = from.first()?;
    if matches!(pattern >> 3, FIRST | LATER) {
        // RFC 4944 section 5.3: the datagram's size in octets, and its tag.
        let size = from.u16()? & 0x07ff;
        let key = key(from.u16()?, Kind::Plain { size });
        if pattern >> 3 == FIRST {
            return Ok(Fragment::First(key, size));
        }
        let later = Later {
            offset: usize::from(from.u8()?) * 8,
            octets: from.rest(),
            on_wire: from.rest_on_wire(),
        };
        return Ok(Fragment::Later(key, later));
    }
    if pattern >> 1 == ACKNOWLEDGMENT {
        return Ok(Fragment::Acknowledgment);
    }
    if pattern >> 1 != RECOVERABLE {
        return Ok(Fragment::None);
    }
    // RFC 8931 section 5.1: a tag of 8 bits; whether an acknowledgment is asked for, sequence and
    // length; the offset, or of the first fragment the size of the datagram.
    let [_, tag] = from.array()?;
    let key = key(tag.into(), Kind::Recoverable);
    let about = from.u16()?;
    let sequence = about >> 10 & 0x1f;
    let place = from.u16()?;
    from.end_after(usize::from(about & 0x03ff));
    Ok(match (sequence, place) {
        (_, 0) => Fragment::Abort(key),
        (0, size) => Fragment::First(key, size),
        (_, offset) => Fragment::Later(
            key,
            Later {
                offset: offset.into(),
                octets: from.rest(),
                on_wire: from.rest_on_wire(),
            },
        ),
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

/// The interface identifier of a link-layer address (RFC 6282 section 3.2.2).
fn identifier(address: LinkAddress) -> Option<[u8; 8]> {
    match *address.as_slice() {
        [high, low] => Some(of_short([high, low])),
        // RFC 2464 section 4.
        [first, m1, m2, n0, n1, n2] => Some([first ^ 0x02, m1, m2, 0xff, 0xfe, n0, n1, n2]),
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
