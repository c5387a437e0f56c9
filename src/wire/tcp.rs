//! The control bits of TCP (RFC 9293 section 3.1): one octet of its header.

use super::bytes::{u8_at, u32_at};

/// Where that octet is.
pub const CONTROL_BITS: usize = 13;

/// No more data comes.
pub const FIN: u8 = 0x01;
/// The sequence number is the one that a connection begins with.
pub const SYN: u8 = 0x02;
/// The connection is reset.
pub const RST: u8 = 0x04;
/// The acknowledgment number counts.
pub const ACK: u8 = 0x10;

/// The first octet of the first block that a segment acknowledges selectively, whose header has so many
/// octets: the last one that its sender received (RFC 2018 section 4).
#[cold]
pub fn first_sacked(segment: &[u8], header: u32) -> Option<u32> {
    /// Where options begin, and their kinds (RFC 9293 section 3.2, RFC 2018 section 3).
    const OPTIONS: usize = 20;
    const END: u8 = 0;
    const NO_OPERATION: u8 = 1;
    const SACK: u8 = 5;
    let header = usize::try_from(header).ok()?;
    let mut at = OPTIONS;
    while at < header {
        at += match u8_at(segment, at)? {
            END => return None,
            NO_OPERATION => 1,
            SACK => return u32_at(segment, at + 2).filter(|_| at + 10 <= header),
            _ => usize::from(u8_at(segment, at + 1)?).max(2),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_is_found_behind_other_options() {
        let header = |options: &[u8]| [&[0; 20], options].concat();
        let sacked = |options: &[u8]| {
            let segment = header(options);
            first_sacked(&segment, u32::try_from(segment.len()).unwrap())
        };
        let block = [5, 10, 0, 0, 4, 0xb1, 0, 0, 5, 0xdd];
        let times = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(sacked(&[&[1, 1][..], &block].concat()), Some(1201));
        assert_eq!(sacked(&[&times[..], &[1, 1], &block].concat()), Some(1201));
        assert_eq!(sacked(&times), None);
        // Behind the last one, and cut short.
        assert_eq!(sacked(&[&[0, 1][..], &block].concat()), None);
        assert_eq!(sacked(&block[..8]), None);
        assert_eq!(sacked(&[9, 0, 1, 1]), None);
        assert_eq!(sacked(&[]), None);
    }
}
