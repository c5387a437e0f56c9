//! An IP length that ends a message before its sender did: its checksum covers what is behind it.

use super::ChecksumCause;
use crate::icmp::Message;
use crate::model::Frame;
use crate::wire::bytes::offset_in;
use crate::wire::checksum::{icmpv6_pseudo_header, internet};
use crate::wire::{ChecksumStatus, Ip, link};

/// Octets of zeros that links fill up packets of IPv6 with, at most: AAL5 its last cell (RFC 2684 section
/// 4). Of Ethernet's frame of 60 they leave 6.
const PADDING: usize = 47;

/// Whether the bad checksum of `message` is right for octets that `frame` has from it on. Zeros, with which
/// links fill up short frames, add nothing to a sum and prove nothing; where a pseudo-header counts the
/// octets it tells how many of these are none of the message's.
pub(crate) fn of_frame(
    frame: &Frame<'_>,
    ip: &Ip<'_>,
    message: &Message<'_>,
) -> Option<ChecksumCause> {
    if frame.is_cut() || !matches!(message.checksum.status, ChecksumStatus::Bad { .. }) {
        return None;
    }
    let start = offset_in(frame.data, message.bytes)?;
    let check_value = link::parse(frame).map_or(0, |header| header.check.into());
    let behind = link::check_sequence_octets(frame) + check_value;
    let end = frame.data.len().checked_sub(behind)?;
    let all = frame.data.get(start..end)?;
    let behind = all.get(message.bytes.len()..)?;
    let last = behind.iter().rposition(|octet| *octet != 0)?;
    let is_right = match icmpv6_pseudo_header(ip) {
        Some(pseudo) => {
            let zeros = behind.len() - 1 - last;
            padding(pseudo, all).is_some_and(|padding| padding <= zeros.min(PADDING))
        }
        None => internet(&[all]) == 0,
    };
    is_right.then_some(ChecksumCause::ShortLength)
}

/// How many octets of `all` the length in `pseudo` leaves out with which the checksum is right, if those are
/// zeros.
fn padding(mut pseudo: [u8; 40], all: &[u8]) -> Option<usize> {
    /// Where the length is (RFC 8200 section 8.1).
    const LENGTH: std::ops::Range<usize> = 32..36;
    /// Sums are equal that differ by this (RFC 1071 section 2).
    const MODULUS: usize = 0xffff;
    pseudo.get_mut(LENGTH)?.fill(0);
    let length = usize::from(internet(&[&pseudo, all]));
    Some((all.len() + MODULUS - length) % MODULUS)
}
