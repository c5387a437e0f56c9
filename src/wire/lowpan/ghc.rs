//! Generic header compression (RFC 7400 section 2): octets that came before stand for those that
//! are like them.

use super::make::Reader;
use crate::wire::Undecodable;

/// What references reach into besides what was made, behind the addresses of the packet.
const STATIC_DICTIONARY: [u8; 16] = [
    0x16, 0xfe, 0xfd, 0x17, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0,
];

/// The most that is made, in octets: no packet is longer.
const LONGEST: usize = 65_535;

/// Adds to `made` what the octets up to a stop code, or up to the frame's end, stand for;
/// `addresses` are source and destination of the packet. Says how many octets more there would be
/// if the capture had not cut them, as far as that can be told: behind a code that has no meaning
/// there is at least one, and what it is nobody can tell.
pub(super) fn expand(from: &mut Reader<'_>, addresses: &[u8; 32], made: &mut Vec<u8>) -> usize {
    let start = made.len();
    let missing = expand_good(from, addresses, made);
    made.truncate(start + LONGEST);
    missing.unwrap_or_else(|_| {
        from.end_after(0);
        1
    })
}

/// The same up to a fault.
fn expand_good(
    from: &mut Reader<'_>,
    addresses: &[u8; 32],
    made: &mut Vec<u8>,
) -> Result<usize, Undecodable> {
    const STOP: u8 = 0b1001_0000;
    let start = made.len();
    let (mut more_distance, mut more_length) = (0, 0);
    while let Ok(code) = from.u8() {
        let bits = |mask: u8| usize::from(code & mask);
        match code {
            0..0x60 => {
                let length = usize::from(code);
                let there = from.rest_on_wire();
                let octets = from.up_to(length);
                made.extend_from_slice(octets);
                if length > there {
                    return Err(Undecodable::Malformed);
                }
                if length > octets.len() {
                    return Ok(length - octets.len());
                }
            }
            0x80..0x90 => made.resize(made.len() + bits(0x0f) + 2, 0),
            STOP => return Ok(0),
            0xa0..0xc0 => {
                more_distance += bits(0x0f) << 3;
                more_length += bits(0x10) >> 1;
            }
            0xc0.. => {
                let length = more_length + (bits(0x38) >> 3) + 2;
                let distance = bits(0x07) + more_distance + length;
                (more_distance, more_length) = (0, 0);
                refer(made, start, addresses, distance, length)?;
            }
            _ => return Err(Undecodable::Compression),
        }
        if made.len() - start > LONGEST {
            return Err(Undecodable::Malformed);
        }
    }
    Ok(0)
}

/// Adds `length` octets that stand `distance` before the end of what was made since `start`, the
/// dictionary before that. They end there at the latest.
fn refer(
    made: &mut Vec<u8>,
    start: usize,
    addresses: &[u8; 32],
    distance: usize,
    length: usize,
) -> Result<(), Undecodable> {
    let produced = made.len() - start;
    for back in (distance - length + 1..=distance).rev() {
        let octet = match produced.checked_sub(back) {
            Some(at) => made.get(start + at),
            None => match back - produced {
                before @ ..=16 => STATIC_DICTIONARY.get(16 - before),
                before @ ..=48 => addresses.get(48 - before),
                _ => None,
            },
        };
        made.push(*octet.ok_or(Undecodable::Malformed)?);
    }
    Ok(())
}
