//! The link type as files hold it: the registry's value, flags above it, and values that leak.

use crate::model::LinkType;

/// The most that a frame may hold, in octets, as in libpcap: 256 KiB.
const FRAME_MAX: u32 = 256 << 10;
/// As [`FRAME_MAX`], for link types whose frames are whole transfers or messages.
const TRANSFER_MAX: u32 = 128 << 20;
/// As [`FRAME_MAX`], for Elektrobit's bus captures.
const EBHSCR_MAX: u32 = 8 << 20;

/// The flag in a pcap link type word that the length of the frame check sequence is known.
const FCS_PRESENT: u32 = 0x0400_0000;

/// Link type and octets of frame check sequence from the last word of a pcap file header: the
/// type is its low half, the top four bits count 16-bit words if a flag says so.
pub(super) fn from_header_word(word: u32) -> (LinkType, u8) {
    let fcs = if word & FCS_PRESENT == 0 {
        0
    } else {
        u8::try_from(word >> 28).unwrap_or(0) * 2
    };
    let [_, _, high, low] = word.to_be_bytes();
    (
        LinkType::from_registry(u16::from_be_bytes([high, low])),
        fcs,
    )
}

/// The most octets that a frame of this type holds; a length beyond is damage.
pub(super) fn frame_max(link: LinkType) -> u32 {
    match link.0 {
        // USB of Linux (two forms), D-Bus, USB of Windows.
        189 | 220 | 231 | 249 => TRANSFER_MAX,
        279 => EBHSCR_MAX,
        _ => FRAME_MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_the_header_word_do_not_change_the_type() {
        assert_eq!(from_header_word(1), (LinkType(1), 0));
        assert_eq!(from_header_word(0x2400_0001), (LinkType(1), 4));
        // The length without its flag means nothing; the reserved bits neither.
        assert_eq!(from_header_word(0x2000_0001), (LinkType(1), 0));
        assert_eq!(from_header_word(0x0bff_0071), (LinkType(113), 0));
        assert_eq!(from_header_word(0xf400_0001), (LinkType(1), 30));
    }

    #[test]
    fn data_link_types_that_leaked_become_the_registrys() {
        for raw_ip in [12, 14, 101] {
            assert_eq!(LinkType::from_registry(raw_ip), LinkType(101));
        }
        assert_eq!(LinkType::from_registry(11), LinkType(100));
        for clip in [16, 18, 19] {
            assert_eq!(LinkType::from_registry(clip), LinkType(106));
        }
        assert_eq!(LinkType::from_registry(13), LinkType(109));
        assert_eq!(LinkType::from_registry(15), LinkType(102));
        assert_eq!(LinkType::from_registry(112), LinkType(104));
        assert_eq!(LinkType::from_registry(228), LinkType(228));
    }

    #[test]
    fn only_transfers_may_be_large() {
        assert_eq!(frame_max(LinkType(1)), 262_144);
        assert_eq!(frame_max(LinkType(249)), 134_217_728);
    }
}
