//! An IP length that ends a message before its sender did: its checksum covers what is behind it.

use super::ChecksumCause;
use crate::icmp::Message;
use crate::model::Frame;
use crate::wire::bytes::offset_in;
use crate::wire::checksum::{icmpv6_pseudo_header, internet};
use crate::wire::link::check_sequence_octets;
use crate::wire::{ChecksumStatus, Ip};

/// Whether the bad checksum of `message` is right for all octets that `frame` has from it on. Zeros, with which
/// links fill up short frames, add nothing to a sum and prove nothing.
pub(crate) fn of_frame(
    frame: &Frame<'_>,
    ip: &Ip<'_>,
    message: &Message<'_>,
) -> Option<ChecksumCause> {
    /// Where a pseudo-header has the length of what it stands before (RFC 8200 section 8.1).
    const LENGTH: std::ops::Range<usize> = 32..36;
    if frame.is_cut() || !matches!(message.checksum.status, ChecksumStatus::Bad { .. }) {
        return None;
    }
    let start = offset_in(frame.data, message.bytes)?;
    let end = frame.data.len().checked_sub(check_sequence_octets(frame))?;
    let all = frame.data.get(start..end)?;
    let behind = all.get(message.bytes.len()..)?;
    if behind.iter().all(|octet| *octet == 0) {
        return None;
    }
    let pseudo = icmpv6_pseudo_header(ip).map(|mut pseudo| {
        let length = u32::try_from(all.len()).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(room) = pseudo.get_mut(LENGTH) {
            room.copy_from_slice(&length);
        }
        pseudo
    });
    let pseudo = pseudo.as_ref().map_or(&[][..], |pseudo| pseudo);
    (internet(&[pseudo, all]) == 0).then_some(ChecksumCause::ShortLength)
}
