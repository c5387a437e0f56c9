//! What RC4 encrypts: WEP (IEEE 802.11 section 12.3.2), and TKIP (section 12.5.1), which mixes a key of
//! its own for each packet.

use rc4::{KeyInit, Rc4, StreamCipher};

use crate::wire::bytes::array_at;
use crate::wire::link::CRC_32;

/// Octets of the integrity check value.
const ICV: usize = 4;
/// Octets of Michael's code, behind the packet.
const MICHAEL: usize = 8;

/// Whether a frame has the last part of its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fragment {
    Last,
    Earlier,
}

/// Writes what `body` holds behind what is in `packet`, if this key encrypted it.
pub(super) fn wep(body: &[u8], key: &[u8], packet: &mut Vec<u8>) -> Option<()> {
    const HEADER: usize = 4;
    let (header, sealed) = body.split_at_checked(HEADER)?;
    let seed = [header.get(..3)?, key].concat();
    open(&seed, sealed, packet)
}

/// The same of TKIP: a frame of this transmitter.
pub(super) fn tkip(
    body: &[u8],
    key: &[u8],
    transmitter: [u8; 6],
    fragment: Fragment,
    packet: &mut Vec<u8>,
) -> Option<()> {
    let header: [u8; 8] = array_at(body, 0)?;
    let key: [u8; 16] = array_at(key, 0)?;
    let [first, second, third, _, upper @ ..] = header;
    // What keeps weak keys from being made tells TKIP.
    if second != (first | 0x20) & 0x7f {
        return None;
    }
    let lower = u16::from_be_bytes([first, third]);
    let seed = mix(&key, transmitter, lower, u32::from_le_bytes(upper));
    let start = packet.len();
    open(&seed, body.get(header.len()..)?, packet)?;
    if fragment == Fragment::Last {
        let length = packet.len().saturating_sub(MICHAEL).max(start);
        packet.truncate(length);
    }
    Some(())
}

fn open(seed: &[u8], sealed: &[u8], packet: &mut Vec<u8>) -> Option<()> {
    let start = packet.len();
    packet.extend_from_slice(sealed);
    let made = packet.get_mut(start..)?;
    Rc4::new_from_slice(seed).ok()?.apply_keystream(made);
    let (octets, check) = made.split_at_checked(made.len().checked_sub(ICV)?)?;
    let fits = CRC_32.checksum(octets).to_le_bytes() == check;
    packet.truncate(packet.len() - ICV);
    fits.then_some(())
}

/// The key of a packet by its number (section 12.5.1.4), phase 1 and phase 2.
fn mix(key: &[u8; 16], transmitter: [u8; 6], lower: u16, upper: u32) -> [u8; 16] {
    let word = |at: usize| u16::from_le_bytes([key[at & 15], key[(at + 1) & 15]]);
    let [t0, t1, t2, t3, t4, t5] = transmitter;
    let [u0, u1, u2, u3] = upper.to_le_bytes();
    let mut p = [[u0, u1], [u2, u3], [t0, t1], [t2, t3], [t4, t5]].map(u16::from_le_bytes);
    for round in 0..8u16 {
        let at = usize::from(round & 1) * 2;
        p[0] = p[0].wrapping_add(substitute(p[4] ^ word(at)));
        p[1] = p[1].wrapping_add(substitute(p[0] ^ word(4 + at)));
        p[2] = p[2].wrapping_add(substitute(p[1] ^ word(8 + at)));
        p[3] = p[3].wrapping_add(substitute(p[2] ^ word(12 + at)));
        p[4] = (p[4].wrapping_add(substitute(p[3] ^ word(at)))).wrapping_add(round);
    }
    let [p0, p1, p2, p3, p4] = p;
    let mut q = [p0, p1, p2, p3, p4, p4.wrapping_add(lower)];
    for place in 0..6 {
        let before = q[(place + 5) % 6];
        q[place] = q[place].wrapping_add(substitute(before ^ word(2 * place)));
    }
    for place in 0..6 {
        let mixed = if place < 2 { word(12 + 2 * place) } else { 0 };
        let before = q[(place + 5) % 6] ^ mixed;
        q[place] = q[place].wrapping_add(before.rotate_right(1));
    }
    let [high, low] = lower.to_be_bytes();
    let [check, _] = ((q[5] ^ word(0)) >> 1).to_le_bytes();
    let mut seed = [0; 16];
    seed[..4].copy_from_slice(&[high, (high | 0x20) & 0x7f, low, check]);
    for (place, octet) in seed
        .iter_mut()
        .skip(4)
        .zip(q.iter().flat_map(|q| q.to_le_bytes()))
    {
        *place = octet;
    }
    seed
}

/// The substitution of words, by that of AES with the factors of its columns.
fn substitute(word: u16) -> u16 {
    let [low, high] = word.to_le_bytes();
    let of = |octet: u8| {
        let found = S_BOX[usize::from(octet)];
        u16::from_be_bytes([times(found, 2), times(found, 3)])
    };
    of(low) ^ of(high).swap_bytes()
}

/// The substitution of octets of AES (FIPS 197 section 5.1.1): the inverse in its field, and an affine map.
static S_BOX: [u8; 256] = {
    let mut table = [0x63; 256];
    // All powers of 3, and of its inverse.
    let (mut power, mut inverse) = (1u8, 1u8);
    loop {
        power = times(power, 3);
        inverse = times(inverse, 0xf6);
        let mapped = inverse
            ^ inverse.rotate_left(1)
            ^ inverse.rotate_left(2)
            ^ inverse.rotate_left(3)
            ^ inverse.rotate_left(4);
        table[power as usize] = mapped ^ 0x63;
        if power == 1 {
            break;
        }
    }
    table
};

/// Multiplication in the field of AES (FIPS 197 section 4.2).
const fn times(mut one: u8, mut other: u8) -> u8 {
    let mut product = 0;
    while other != 0 {
        if other & 1 != 0 {
            product ^= one;
        }
        let carry = one & 0x80 != 0;
        one <<= 1;
        if carry {
            one ^= 0x1b;
        }
        other >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_substituted_as_in_aes() {
        assert_eq!(S_BOX[..4], [0x63, 0x7c, 0x77, 0x7b]);
        assert_eq!((S_BOX[0x53], S_BOX[0xff]), (0xed, 0x16));
        assert_eq!(substitute(0), 0xc6a5 ^ 0xa5c6);
    }

    /// IEEE 802.11 annex J.7, key mixing.
    #[test]
    fn keys_are_mixed_as_published() {
        let key: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let seed = mix(&key, [0x10, 0x22, 0x33, 0x44, 0x55, 0x66], 0, 0);
        assert_eq!(
            seed,
            [
                0x00, 0x20, 0x00, 0x33, 0xea, 0x8d, 0x2f, 0x60, 0xca, 0x6d, 0x13, 0x74, 0x23, 0x4a,
                0x66, 0x0b
            ]
        );
        let seed = mix(&key, [0x10, 0x22, 0x33, 0x44, 0x55, 0x66], 1, 0);
        assert_eq!(
            seed,
            [
                0x00, 0x20, 0x01, 0x90, 0xff, 0xdc, 0x31, 0x43, 0x89, 0xa9, 0xd9, 0xd0, 0x74, 0xfd,
                0x20, 0xaa
            ]
        );
    }

    /// IEEE 802.11 annex J.2, WEP.
    #[test]
    fn wep_is_opened_with_the_key_that_encrypted_it() {
        let mut body = vec![0xfb, 0x02, 0x9e, 0x80];
        let packet = b"\xaa\xaa\x03\x00\x00\x00\x08\x00\x45\x00";
        let key = [0x54, 0x1f, 0x7a, 0x22, 0x81];
        body.extend_from_slice(packet);
        body.extend(CRC_32.checksum(packet).to_le_bytes());
        let seed = [&body[..3], &key].concat();
        Rc4::new_from_slice(&seed)
            .unwrap()
            .apply_keystream(&mut body[4..]);
        let mut made = b"header".to_vec();
        assert_eq!(wep(&body, &key, &mut made), Some(()));
        assert_eq!(made, [&b"header"[..], packet].concat());
        body[7] ^= 1;
        assert_eq!(wep(&body, &key, &mut Vec::new()), None);
        for length in 0..8 {
            assert_eq!(wep(&body[..length], &key, &mut Vec::new()), None);
        }
    }
}
