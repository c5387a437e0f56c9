//! Options that label packets with a security level: the security option of IPv4 (RFC 791 section 3.1, RFC
//! 1108 section 2) and CALIPSO (RFC 5570).

use super::fault::Fault;
use crate::wire::bytes::{tail, u8_at, u16_at, u32_at};

/// The forms of the security option, which have one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecurityForm {
    /// That of RFC 791, always of 11 octets.
    Rfc791,
    /// That of RFC 1108.
    Rfc1108,
}

impl SecurityForm {
    /// That of an option as it begins. One of 11 octets is of RFC 791, unless its third octet is a level
    /// of RFC 1108: of these only `0xf1`, which is reserved, begins one of the older form.
    pub(crate) fn of(option: &[u8]) -> Self {
        const OLD: u8 = 11;
        match option {
            [_, OLD, 0x01 | 0x3d | 0x5a | 0x96 | 0x66 | 0xcc | 0xab, ..] => Self::Rfc1108,
            [_, OLD, ..] => Self::Rfc791,
            _ => Self::Rfc1108,
        }
    }
}

/// What a security option that is all there breaks of RFC 1108 sections 2.3 and 2.4, with the place in it.
pub(super) fn security_faults(option: &[u8], tell: &mut dyn FnMut(usize, Fault)) {
    const UNASSIGNED: u8 = 0x06;
    const CONTINUED: u8 = 0x01;
    if SecurityForm::of(option) == SecurityForm::Rfc791 {
        return;
    }
    if !matches!(u8_at(option, 2), Some(0x3d | 0x5a | 0x96 | 0xab) | None) {
        tell(2, Fault::SecurityLevel);
    }
    let authorities = tail(option, 3);
    let Some((last, before)) = authorities.split_last() else {
        return;
    };
    let is_unassigned = |(i, octet): (usize, &u8)| match i {
        0 => octet & UNASSIGNED != 0,
        _ => octet & !CONTINUED != 0,
    };
    if let Some(at) = authorities.iter().enumerate().position(is_unassigned) {
        tell(3 + at, Fault::SecurityAuthority);
    }
    if last & CONTINUED != 0 || before.iter().any(|octet| octet & CONTINUED == 0) {
        tell(3, Fault::SecurityAuthorityEnd);
    }
}

/// Octets of CALIPSO before its compartments, type and length included.
pub(crate) const CALIPSO: usize = 10;

/// What the checksum of CALIPSO proved to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalipsoChecksum {
    Good,
    Bad,
}

impl CalipsoChecksum {
    /// That of an option from its type on; `None` where that is not all there. The low octet goes first,
    /// as RFC 1662 appendix C has it.
    pub(crate) fn of(option: &[u8]) -> Option<Self> {
        const AT: usize = 8;
        let length = 2 + usize::from(u8_at(option, 1)?);
        let option = option.get(..length)?;
        let found = u16_at(option, AT)?.swap_bytes();
        let sum = crc16(0xffff, option.get(..AT)?);
        let sum = !crc16(crc16(sum, &[0, 0]), tail(option, CALIPSO));
        Some(if sum == found { Self::Good } else { Self::Bad })
    }
}

/// What CALIPSO breaks of RFC 5570 sections 5.1.5 and 5.1.7, with the place in it.
pub(super) fn calipso_faults(option: &[u8], tell: &mut dyn FnMut(usize, Fault)) {
    if u32_at(option, 2) == Some(0) {
        tell(2, Fault::CalipsoNullDomain);
    }
    if CalipsoChecksum::of(option) == Some(CalipsoChecksum::Bad) {
        tell(8, Fault::CalipsoChecksum);
    }
}

/// The FCS of 16 bits with more octets, the low bit of each first (RFC 1662 appendix C.2).
fn crc16(sum: u16, octets: &[u8]) -> u16 {
    const POLYNOMIAL: u16 = 0x8408;
    let bit = |sum: u16, _| sum >> 1 ^ if sum & 1 == 0 { 0 } else { POLYNOMIAL };
    let octet = |sum: u16, &octet: &u8| (0..8).fold(sum ^ u16::from(octet), bit);
    octets.iter().fold(sum, octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::wire::defect::{DefectKind, Layer};
    use crate::wire::ip::{Ip, protocol};
    use crate::wire::{Defects, Limit};

    fn told(defects: &Defects, layer: Layer) -> Vec<(u32, &'static str)> {
        let defects = defects.iter();
        defects
            .map(|defect| match defect.kind {
                DefectKind::Rule(rule) if defect.layer == layer => (defect.offset, rule),
                _ => panic!("{defect:?}"),
            })
            .collect()
    }

    /// The places and rules of the defects of an IPv4 packet with these options.
    fn faults4(options: &[u8]) -> Vec<(u32, &'static str)> {
        let words = u8::try_from(5 + options.len().div_ceil(4)).unwrap();
        let mut packet = vec![0x40 | words, 0, 0, words * 4 + 8, 0, 1, 0, 0, 64, 17];
        packet.resize(20, 0);
        packet.extend(options);
        packet.resize(usize::from(words) * 4 + 8, 0);
        told(
            &Ip::parse(&packet, Limit::Frame).unwrap().defects(),
            Layer::Ipv4,
        )
    }

    /// The same of an IPv6 packet with these options in one header.
    fn faults6(header: u8, options: &[u8]) -> Vec<(u32, &'static str)> {
        let mut behind = vec![17, u8::try_from(options.len() / 8).unwrap()];
        behind.extend(options);
        behind.extend([0; 8]);
        let length = u8::try_from(behind.len()).unwrap();
        let mut packet = vec![0x60, 0, 0, 0, 0, length, header, 64];
        packet.resize(40, 0);
        packet.extend(behind);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        told(&ip.defects(), Layer::Ipv6Extension)
    }

    #[test]
    fn the_form_of_a_security_option_is_told_by_length_and_level() {
        use SecurityForm::{Rfc791, Rfc1108};
        for first in 0..=u8::MAX {
            let is_level = [0x01, 0x3d, 0x5a, 0x96, 0x66, 0xcc, 0xab].contains(&first);
            let of_eleven = if is_level { Rfc1108 } else { Rfc791 };
            assert_eq!(SecurityForm::of(&[130, 11, first, 0]), of_eleven);
            for length in (0..=u8::MAX).filter(|&length| length != 11) {
                assert_eq!(SecurityForm::of(&[130, length, first]), Rfc1108);
            }
        }
    }

    #[test]
    fn every_level_and_authority_of_a_security_option_is_held_to_those_that_are_assigned() {
        let level = "classification level that is not assigned";
        let authority = "protection authority that is not assigned";
        let end = "protection authorities do not end with their option";
        for value in 0..=u8::MAX {
            let assigned = [0x3d, 0x5a, 0x96, 0xab].contains(&value);
            let expected = (!assigned).then_some((22, level));
            assert_eq!(faults4(&[130, 3, value]), Vec::from_iter(expected));
            let unassigned = (value & 6 != 0).then_some((23, authority));
            let open = (value & 1 != 0).then_some((23, end));
            let expected: Vec<_> = unassigned.into_iter().chain(open).collect();
            assert_eq!(faults4(&[130, 4, 0xab, value]), expected);
        }
        assert_eq!(faults4(&[130, 5, 0xab, 0x81, 0]), []);
        assert_eq!(faults4(&[130, 5, 0xab, 0x81, 0x80]), [(24, authority)]);
        assert_eq!(faults4(&[130, 5, 0xab, 0x80, 0]), [(23, end)]);
        // The older form has other levels.
        let old = [130, 11, 0xf1, 0x35, 0, 7, b'A', b'B', b'X', b'Y', b'Z'];
        assert_eq!(faults4(&old), []);
        let layout = (21, "option length wrong for its type");
        assert_eq!(faults4(&[130, 2, 1, 1]), [layout]);
        let two = [130, 3, 0xab, 130, 3, 0xab];
        assert_eq!(faults4(&two), [(23, "more than one security option")]);
        for length in 0..old.len() {
            assert!(faults4(&old[..length]).len() <= 2);
        }
    }

    const LABEL: [u8; 18] = [
        7, 16, 0, 0, 0, 9, 2, 0x55, 0x7d, 0x96, 0xa5, 0, 0, 1, 0, 0, 0, 3,
    ];

    #[test]
    fn the_checksum_of_calipso_covers_every_bit_of_it() {
        assert_eq!(CalipsoChecksum::of(&LABEL), Some(CalipsoChecksum::Good));
        let alone = [7, 8, 0, 0, 0, 9, 0, 0x55, 0x7d, 0x33];
        assert_eq!(CalipsoChecksum::of(&alone), Some(CalipsoChecksum::Good));
        for bit in 16..LABEL.len() * 8 {
            let mut changed = LABEL;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(CalipsoChecksum::of(&changed), Some(CalipsoChecksum::Bad));
        }
        for length in 0..LABEL.len() {
            assert_eq!(CalipsoChecksum::of(&LABEL[..length]), None);
        }
        for length in 0..8 {
            assert_eq!(CalipsoChecksum::of(&[7, length, 0, 0, 0, 9, 0, 0, 0]), None);
        }
    }

    #[test]
    fn what_calipso_may_not_say_or_be_in() {
        let padded = |label: &[u8]| [label, &[1, 2, 0, 0][..]].concat();
        let label = padded(&LABEL);
        assert_eq!(faults6(protocol::HOPOPT, &label), []);
        let place = (42, "CALIPSO outside of hop-by-hop options");
        assert_eq!(faults6(protocol::DEST_OPTIONS, &label), [place]);
        let wrong = (50, "checksum of CALIPSO is wrong");
        let mut changed = LABEL;
        changed[17] = 4;
        assert_eq!(faults6(protocol::HOPOPT, &padded(&changed)), [wrong]);
        changed[5] = 0;
        let null = (44, "CALIPSO of the null domain");
        assert_eq!(faults6(protocol::HOPOPT, &padded(&changed)), [null, wrong]);
        // One word less than it says.
        let short = [&[7, 12], &LABEL[2..14], &[0; 8][..]].concat();
        let layout = (43, "option length wrong for its type");
        assert_eq!(faults6(protocol::HOPOPT, &short), [layout]);
    }

    #[test]
    fn metrics_come_once_in_a_header() {
        let metrics = [0x0f, 10, 40, 40, 0, 7, 0, 3, 0, 1, 0, 1];
        let once = [&metrics[..], &[0, 0]].concat();
        assert_eq!(faults6(protocol::DEST_OPTIONS, &once), []);
        let twice = [&metrics[..], &metrics, &[1, 4, 0, 0, 0, 0]].concat();
        let told = [(
            54,
            "more than one option of performance and diagnostic metrics",
        )];
        assert_eq!(faults6(protocol::DEST_OPTIONS, &twice), told);
    }

    /// The check value of CRC-16/X-25.
    #[test]
    fn the_sum_is_that_of_x25() {
        assert_eq!(!crc16(0xffff, b"123456789"), 0x906e);
    }
}
