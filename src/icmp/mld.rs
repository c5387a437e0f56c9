//! Multicast Listener Discovery (RFC 2710, RFC 3810).

use std::net::Ipv6Addr;

/// A query, report or done message.
#[derive(Clone, Copy, Debug)]
pub enum Mld<'a> {
    /// Query of either version, MLDv1 report or done: maximum response delay and group.
    V1 {
        /// Maximum response code.
        max_response: u16,
        /// The group; unspecified for a general query.
        group: Ipv6Addr,
    },
    /// MLDv2 report.
    Report {
        /// How many records it claims.
        count: u16,
        /// The records, as captured.
        records: &'a [u8],
    },
    /// Too short for its fixed fields.
    Short,
}
