//! ICMP for IPv4 (RFC 792 and what updates it).

use super::{Body, Message};
use crate::wire::{Checksum, ChecksumStatus, Defects, Ip, IpVersion};

/// Router advertisement (RFC 1256 section 3).
#[derive(Clone, Copy, Debug)]
pub struct RouterAdvertisement<'a> {
    /// Seconds the addresses may be used.
    pub lifetime: u16,
    /// Entries of router address and preference level, as captured.
    pub entries: &'a [u8],
}

pub(super) fn parse<'a>(ip: &Ip<'a>) -> Message<'a> {
    Message {
        version: IpVersion::V4,
        kind: 0,
        code: 0,
        bytes: ip.payload,
        length: ip.payload_length,
        checksum: Checksum {
            status: ChecksumStatus::Absent,
            found: 0,
        },
        body: Body::Other,
        defects: Defects::default(),
    }
}
