//! The control bits of TCP (RFC 9293 section 3.1): one octet of its header.

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
