//! ESP (RFC 4303): a packet that may hold ICMP, which nobody can tell without the key.

use super::bytes::{u16_at, u32_at};
use super::ip::{Ip, protocol};

/// The UDP port of ESP behind a NAT (RFC 3948 section 2.1).
const NAT_TRAVERSAL: u16 = 4500;

/// Whether `ip` carries ESP, itself or in UDP.
pub fn is_esp(ip: &Ip<'_>) -> bool {
    match ip.protocol {
        protocol::ESP => true,
        protocol::UDP => !ip.is_later_fragment() && is_in_udp(ip.payload),
        _ => false,
    }
}

/// Whether a datagram carries ESP.
#[inline]
pub(super) fn is_in_udp(datagram: &[u8]) -> bool {
    /// Octets of UDP's header.
    const UDP: usize = 8;
    u16_at(datagram, 2) == Some(NAT_TRAVERSAL)
        // Of zero octets is what IKE begins with, and one octet keeps the NAT alive
        // (RFC 3948 sections 2.2 and 2.3).
        && u32_at(datagram, UDP).is_some_and(|spi| spi != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Limit;

    fn packet(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(20 + payload.len()).unwrap();
        let header = [
            0x45, 0, 0, length, 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        ];
        [&header[..], payload].concat()
    }

    #[test]
    fn esp_is_told_from_what_shares_its_port() {
        const PORT: [u8; 2] = [0x11, 0x94];
        let udp = |port: [u8; 2], rest: &[u8]| {
            packet(
                17,
                &[&[0x11, 0x94], &port, &[0, 16, 0, 0][..], rest].concat(),
            )
        };
        for (data, is) in [
            (packet(50, &[0, 0, 0, 9, 0, 0, 0, 1]), true),
            (packet(50, &[]), true),
            (packet(51, &[0, 0, 0, 9, 0, 0, 0, 1]), false),
            (udp(PORT, &[0, 0, 1, 0, 0, 0, 0, 1]), true),
            (udp(PORT, &[0, 0, 0, 0, 0, 0, 0, 1]), false),
            (udp(PORT, &[0xff]), false),
            (udp([0x11, 0x95], &[0, 0, 1, 0, 0, 0, 0, 1]), false),
        ] {
            let ip = Ip::parse(&data, Limit::Frame).unwrap();
            assert_eq!(is_esp(&ip), is, "{data:x?}");
        }
    }
}
