//! What stands right before a packet in a transfer of USB.

use super::{Part, Step, Table};
use crate::icmp::field::spec;
use crate::wire::bytes::array_at;

/// A message of remote NDIS, or the header of the Ethernet emulation model.
pub(in crate::icmp::tunnel_header) fn message_around(rest: &[u8]) -> Option<Step> {
    const EEM: usize = 2;
    if rest.len() == EEM {
        return Some(Step::new(EEM, "eem", HEADER_OF_EEM, Part::End));
    }
    let _packet: [u8; 4] = array_at(rest, 0)?;
    Some(Step::new(rest.len(), "rndis", RNDIS, Part::End))
}

/// CDC EEM 1.0 section 5.1.
const HEADER_OF_EEM: Table = &[spec::hex_little_endian(0, 2, "type_and_length")];

/// `REMOTE_NDIS_PACKET_MSG`.
const RNDIS: Table = &[
    spec::little_endian(0, 4, "message_type"),
    spec::little_endian(4, 4, "message_length"),
    spec::little_endian(8, 4, "data_offset"),
    spec::little_endian(12, 4, "data_length"),
    spec::little_endian(16, 4, "out_of_band_offset"),
    spec::little_endian(20, 4, "out_of_band_length"),
    spec::little_endian(24, 4, "out_of_band_elements"),
    spec::little_endian(28, 4, "packet_information_offset"),
    spec::little_endian(32, 4, "packet_information_length"),
    spec::hex_little_endian(36, 4, "connection"),
    spec::hex_little_endian(40, 4, "reserved"),
    spec::rest(44, "packet_information"),
];
