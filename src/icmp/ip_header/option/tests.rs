use crate::icmp::ip_header::option;
use crate::wire::ip::{IpOption, OptionSpace};

/// The fields of an option of IPv6 behind its type and length, as text.
fn told(octets: &[u8]) -> Vec<String> {
    let option = option(&IpOption {
        kind: octets[0],
        space: OptionSpace::Ipv6,
        bytes: octets,
    });
    let fields = option.fields().skip(2);
    fields
        .map(|field| format!("{} {:?}", field.name, field.value))
        .collect()
}

#[test]
fn measurements_on_the_way_by_their_type() {
    assert_eq!(
        told(&[
            0x31, 14, 0, 1, 0, 7, 0x1a, 0x05, 0xd0, 0, 0x02, 1, 0xaa, 0xbb, 0xcc, 0xdd
        ]),
        [
            "ioam_type Number(1)",
            "namespace Number(7)",
            "node_words Number(3)",
            "flags Number(4)",
            "remaining_words Number(5)",
            "trace_type Hex(13631490)",
            "reserved2 Hex(1)",
            "data Octets([170, 187, 204, 221])",
        ]
    );
    assert_eq!(
        told(&[0x11, 8, 0, 3, 0, 0, 0x40, 0, 0, 0, 0, 9])[1..],
        [
            "namespace Number(0)",
            "edge_type Hex(16384)",
            "data Octets([0, 0, 0, 9])"
        ]
    );
    assert_eq!(
        told(&[0x11, 10, 0, 4, 0, 1, 0, 0x80, 0x80, 0, 0, 0])[1..],
        [
            "namespace Number(1)",
            "flags Hex(0)",
            "extension_flags Hex(128)",
            "trace_type Hex(8388608)",
        ]
    );
    assert_eq!(
        told(&[0x11, 3, 0, 9, 5]),
        ["ioam_type Number(9)", "data Octets([5])"]
    );
    assert_eq!(
        told(&[0x12, 4, 0x12, 0x34, 0x58, 0x01]),
        [
            "flow_monitor_id Number(74565)",
            "loss Flag(true)",
            "delay Flag(false)",
            "reserved Hex(1)",
        ]
    );
}

#[test]
fn what_forwarders_of_floods_compare() {
    assert_eq!(
        told(&[0x08, 4, 0x80, 1, 2, 3]),
        ["hash Flag(true)", "data Octets([128, 1, 2, 3])"]
    );
    assert_eq!(
        told(&[0x08, 4, 0x23, 1, 2, 3]),
        [
            "tagger_type Number(2)",
            "tagger_length Number(3)",
            "data Octets([1, 2, 3])"
        ]
    );
    assert_eq!(
        told(&[0x6d, 6, 0x50, 9, 0xbe, 0xef, 1, 2]),
        [
            "seed_id_size Number(1)",
            "largest Flag(false)",
            "other_version Flag(true)",
            "sequence Number(9)",
            "seed_id Hex(48879)",
        ]
    );
    assert_eq!(
        told(&[0xee, 3, 0x61, 0, 5]),
        [
            "version Number(1)",
            "duplicate Flag(true)",
            "return Flag(false)",
            "reserved Hex(1)",
            "sequence Number(5)",
        ]
    );
}

/// RFC 4782 section 3.1.
#[test]
fn a_rate_that_is_asked_for() {
    let octets = [0x26, 6, 0x8f, 64, 0, 0, 0, 7];
    assert_eq!(
        told(&octets),
        [
            "function Number(8)",
            "rate Number(15)",
            "unused Hex(64)",
            "nonce Number(1)",
            "reserved Hex(3)",
        ]
    );
    let option = IpOption {
        kind: 0x26,
        space: OptionSpace::Ipv6,
        bytes: &octets,
    };
    let item = self::option(&option);
    let function = item.fields().nth(2).and_then(|field| field.word());
    assert_eq!(function, Some(("function_name", "report")));
}
