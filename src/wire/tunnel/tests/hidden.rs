//! What tunnels hold that nobody can read.

use super::*;
use crate::wire::Encryption;

fn gre(kind: u16, inner: &[u8]) -> Vec<u8> {
    v4(47, &[&[0, 0], &kind.to_be_bytes()[..], inner].concat())
}

fn over_udp(port: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    v4(17, &udp(40000, port, &[header, inner].concat()))
}

/// Ethernet with `MACsec` (IEEE 802.1AE section 9.5), encrypted.
fn macsec() -> Vec<u8> {
    ether(0x88e5, &[&[0x2c, 0, 0, 0, 0, 1][..], &[7; 40]].concat())
}

/// A protected frame of 802.11, its two octets of control in this order or the other.
fn wifi(swapped: bool) -> Vec<u8> {
    let mut protected = frames::ieee802_11(&[9; 40]);
    protected[1] |= 0x40;
    if swapped {
        protected.swap(0, 1);
    }
    protected
}

/// A frame of GPRS LLC whose mode says that it is encrypted.
fn gprs_llc() -> Vec<u8> {
    let mut encrypted = packets::gprs_llc(&v4(1, &ECHO));
    encrypted[2] |= 0x02;
    encrypted
}

/// A frame of IEEE 802.15.4 with security (section 9.4).
fn radio() -> Vec<u8> {
    let header = [0x49, 0xd8, 1, 0xcd, 0xab, 2, 0, 1, 0, 0x0d, 0, 0, 0, 1, 1];
    [&header[..], &[5; 20]].concat()
}

fn zep(inner: &[u8]) -> Vec<u8> {
    let mut header = vec![0x45, 0x58, 2, 1, 15];
    header.resize(31, 0);
    header.push(u8::try_from(inner.len()).unwrap());
    over_udp(17754, &header, inner)
}

#[test]
fn what_is_encrypted_or_compressed_in_a_tunnel_is_told() {
    use Encryption::{GprsLlc, Ieee802_11, Ieee802_15_4, MacSec};
    let by = |encryption| Some(Undecodable::Encrypted(encryption));
    let vxlan = [8, 0, 0, 0, 0, 0, 5, 0];
    let gsmtap = [2, 4, 8, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let ns = [0, 0, 0, 2, 1, 0xc0, 0, 0, 1, 0, 0, 4, 0x0e, 0xa6];
    for (packet, hidden) in [
        (gre(0x6558, &macsec()), by(MacSec)),
        (gre(0x88e5, &macsec()[14..]), by(MacSec)),
        (over_udp(4789, &vxlan, &macsec()), by(MacSec)),
        (v6(143, &macsec()), by(MacSec)),
        (
            gre(0x8847, &[&[0, 1, 1, 64], &macsec()[..]].concat()),
            by(MacSec),
        ),
        (
            over_udp(37008, &[1, 0, 0, 18, 1], &wifi(false)),
            by(Ieee802_11),
        ),
        (
            over_udp(5247, &[0, 0x10, 3, 0, 0, 0, 0, 0], &wifi(false)),
            by(Ieee802_11),
        ),
        (
            over_udp(5247, &[0, 0x10, 3, 0, 0, 0, 0, 0], &wifi(true)),
            by(Ieee802_11),
        ),
        (gre(0x8200, &wifi(false)), by(Ieee802_11)),
        (gre(0x6558, &ether(0x2452, &wifi(false))), by(Ieee802_11)),
        (zep(&radio()), by(Ieee802_15_4)),
        (over_udp(4729, &gsmtap, &gprs_llc()), by(GprsLlc)),
        (over_udp(2157, &ns, &gprs_llc()), by(GprsLlc)),
        (
            v4(4, &v4(108, &[1, 0, 0, 3, 9, 9])),
            Some(Undecodable::Compression),
        ),
        // What is no packet hides none.
        (over_udp(4789, &vxlan, &ether(0x0806, &[0; 28])), None),
        (gre(0x8200, &frames::ieee802_11(&[0; 8])), None),
        (v4(17, &udp(40000, 53, &macsec())), None),
    ] {
        let Classified::OtherIp(found) = classify(&frame(101, &packet)) else {
            panic!("{packet:x?}");
        };
        assert_eq!(found.hides(), hidden, "{packet:x?}");
        for length in 20..packet.len() {
            if let Classified::OtherIp(cut) = classify(&frame(101, &packet[..length])) {
                assert!(
                    cut.hides().is_none_or(|why| Some(why) == hidden),
                    "{length}"
                );
            }
        }
    }
    // Where no packet is around it, the frame cannot be read.
    for data in [
        ether(0x2452, &wifi(false)),
        ether(0x8847, &[&[0, 1, 1, 64], &macsec()[..]].concat()),
    ] {
        let found = classify(&frame(1, &data));
        let Classified::Undecodable(why) = found else {
            panic!("{found:?}");
        };
        assert!(why.hides());
    }
}
