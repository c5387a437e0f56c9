//! Frame check sequences: which frames end in one, and whether that verifies.

use crc::{CRC_16_IBM_SDLC, CRC_16_KERMIT, CRC_32_ISO_HDLC, Crc, Table};

use super::{ieee802154, linktype as lt, radio, wireless};
use crate::model::Frame;
use crate::wire::bytes::{array_at, tail};
use crate::wire::{Defects, Layer};

/// Of IEEE 802.3 section 3.2.9, IEEE 802.11 sections 9.2.4.8 and 12.3.2, and HDLC with 32 bits.
pub(in crate::wire) static CRC_32: Crc<u32, Table<1>> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
/// Of IEEE 802.15.4 section 7.2.10.
const CRC_16: Crc<u16, Table<1>> = Crc::<u16>::new(&CRC_16_KERMIT);
/// Of HDLC with 16 bits (RFC 1662 appendix C.2).
const CRC_HDLC: Crc<u16, Table<1>> = Crc::<u16>::new(&CRC_16_IBM_SDLC);

/// The check sequence of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSequence {
    /// It verifies.
    Good {
        /// The value in the frame, as its link writes numbers.
        found: u32,
    },
    /// It does not.
    Bad {
        /// The value in the frame.
        found: u32,
        /// The value that would verify.
        expected: u32,
    },
    /// The frame was captured without its end.
    Cut,
}

impl CheckSequence {
    /// The rule that a frame with a bad one breaks, where the frame ends.
    pub fn defects(self, frame: &Frame<'_>) -> Defects {
        let mut defects = Defects::default();
        if matches!(self, Self::Bad { .. }) {
            let rule = "frame check sequence does not verify";
            defects.rule(Layer::Link, frame.data.len(), rule);
        }
        defects
    }
}

/// How a check sequence is made, and how it stands in the frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// 32 bits, told as they stand there.
    Ethernet,
    /// 32 bits, the last octet first.
    Crc32,
    /// 16 bits.
    Crc16,
    /// 16 bits.
    Hdlc,
}

impl Kind {
    const fn octets(self) -> usize {
        match self {
            Self::Ethernet | Self::Crc32 => 4,
            Self::Crc16 | Self::Hdlc => 2,
        }
    }
}

/// How many octets at the end of those captured of `frame` are its check sequence.
pub fn check_sequence_octets(frame: &Frame<'_>) -> usize {
    match kind(frame) {
        Some((kind, _)) if check_sequence(frame).is_some() && !frame.is_cut() => kind.octets(),
        _ => 0,
    }
}

/// The check sequence of `frame`, if it is known to have one.
pub fn check_sequence(frame: &Frame<'_>) -> Option<CheckSequence> {
    // A packet of an aggregate is looked at without what is behind it, and it covers what was sent.
    if frame.part.is_some() || frame.cipher.is_some() {
        return None;
    }
    let (kind, start) = kind(frame)?;
    if frame.is_cut() {
        return Some(CheckSequence::Cut);
    }
    let data = tail(frame.data, start);
    let covered = data.get(..data.len().checked_sub(kind.octets())?)?;
    let narrow = |at| array_at(data, at).map(|found| u16::from_le_bytes(found).into());
    let at = covered.len();
    let (found, expected) = match kind {
        Kind::Ethernet => (
            u32::from_be_bytes(array_at(data, at)?),
            CRC_32.checksum(covered).swap_bytes(),
        ),
        Kind::Crc32 => (
            u32::from_le_bytes(array_at(data, at)?),
            CRC_32.checksum(covered),
        ),
        Kind::Crc16 => (narrow(at)?, CRC_16.checksum(covered).into()),
        Kind::Hdlc => (narrow(at)?, CRC_HDLC.checksum(covered).into()),
    };
    Some(if found == expected {
        CheckSequence::Good { found }
    } else {
        CheckSequence::Bad { found, expected }
    })
}

/// What kind of check sequence `frame` has, and where the octets start that it covers.
fn kind(frame: &Frame<'_>) -> Option<(Kind, usize)> {
    match (frame.link, frame.fcs_len) {
        (link, _) if ieee802154::is_ieee802_15_4(link) => {
            let (start, octets) = ieee802154::behind_capture_header(link, frame.data, 0).ok()?;
            match octets {
                2 => Some((Kind::Crc16, start)),
                4 => Some((Kind::Crc32, start)),
                _ => None,
            }
        }
        (lt::ETHERNET, 4) => Some((Kind::Ethernet, 0)),
        (lt::PPP_HDLC | lt::C_HDLC | lt::FRELAY, 2) => Some((Kind::Hdlc, 0)),
        (lt::PPP_HDLC | lt::C_HDLC | lt::FRELAY, 4) => Some((Kind::Crc32, 0)),
        (lt::PPI, octets) => {
            let inside = super::frame_inside(frame)?;
            let has_one = octets == 4 || radio::has_check_sequence(frame);
            let before = frame.data.len().checked_sub(inside.data.len())?;
            (inside.link == lt::IEEE802_11 && has_one).then_some((Kind::Crc32, before))
        }
        (link, octets) if wireless::is_ieee802_11(link) => {
            let has_one = octets == 4 || radio::has_check_sequence(frame);
            let start = wireless::start_of(link, frame.data)?;
            has_one.then_some((Kind::Crc32, start))
        }
        _ => None,
    }
}

/// Whether `frame` of IEEE 802.15.4 ends in its check sequence.
pub fn ends_in_fcs(frame: &[u8]) -> bool {
    // What covers its own value leaves nothing.
    frame.len() > 2 && CRC_16.checksum(frame) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LinkType;

    fn of(link: u32, fcs_len: u8, data: &[u8]) -> Option<CheckSequence> {
        check_sequence(&Frame {
            fcs_len,
            ..Frame::alone(LinkType(link), data)
        })
    }

    #[test]
    fn each_kind_has_its_own_sum() {
        // The check value of the catalogue of parametrised algorithms is that of these digits.
        let digits = b"123456789";
        let good = [
            (1, 4, 0x2639_f4cb_u32.to_be_bytes().to_vec(), 0x2639_f4cb),
            (50, 4, 0xcbf4_3926_u32.to_le_bytes().to_vec(), 0xcbf4_3926),
            (50, 2, 0x906e_u16.to_le_bytes().to_vec(), 0x906e),
            (195, 0, 0x2189_u16.to_le_bytes().to_vec(), 0x2189),
        ];
        for (link, fcs_len, value, found) in good {
            let data = [&digits[..], &value].concat();
            let told = of(link, fcs_len, &data);
            assert_eq!(told, Some(CheckSequence::Good { found }), "{link}");
            let frame = Frame {
                fcs_len,
                ..Frame::alone(LinkType(link), &data)
            };
            assert_eq!(check_sequence_octets(&frame), value.len(), "{link}");
            for at in 0..data.len() * 8 {
                let mut data = data.clone();
                data[at / 8] ^= 1 << (at % 8);
                let told = of(link, fcs_len, &data);
                let is_bad = matches!(told, Some(CheckSequence::Bad { .. }));
                assert!(is_bad, "{link}: bit {at}");
            }
            let cut = Frame {
                fcs_len,
                wire_len: 100,
                ..Frame::alone(LinkType(link), &data)
            };
            assert_eq!(check_sequence(&cut), Some(CheckSequence::Cut));
            assert_eq!(check_sequence_octets(&cut), 0);
        }
    }

    #[test]
    fn without_one_nothing_is_told() {
        assert_eq!(of(1, 0, b"123456789"), None);
        assert_eq!(of(230, 0, b"123456789"), None);
        assert_eq!(of(101, 4, b"123456789"), None);
        assert_eq!(of(1, 4, b"123"), None);
        // Radiotap tells by a flag.
        assert_eq!(
            of(127, 0, &[0, 0, 9, 0, 2, 0, 0, 0, 0, 1, 2, 3, 4, 5]),
            None
        );
        let with_flag = of(127, 0, &[0, 0, 9, 0, 2, 0, 0, 0, 0x10, 1, 2, 3, 4, 5]);
        assert!(matches!(with_flag, Some(CheckSequence::Bad { .. })));
    }
}
