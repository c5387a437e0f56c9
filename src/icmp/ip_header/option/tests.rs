use crate::icmp::field::Value;
use crate::icmp::ip_header::option;
use crate::icmp::item::Item;
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

/// What is recorded behind an option's own fields.
fn nodes(octets: &[u8]) -> Vec<Vec<String>> {
    let option = option(&IpOption {
        kind: octets[0],
        space: OptionSpace::Ipv6,
        bytes: octets,
    });
    let fields = option.fields();
    let Some((parts, octets)) = { fields }.find_map(|field| match field.value {
        Value::Parts(parts, octets) => Some((parts, octets)),
        _ => None,
    }) else {
        return Vec::new();
    };
    let told = |item: Item<'_>| {
        let fields = item.fields();
        fields
            .map(|field| format!("{} {:?}", field.name, field.value))
            .collect()
    };
    parts.items(octets).map(told).collect()
}

/// RFC 9197 sections 4.4 to 4.6, RFC 9326 section 3.2.
#[test]
fn measurements_on_the_way_by_their_type() {
    assert_eq!(
        told(&[
            0x31, 14, 0, 1, 0, 7, 0x1a, 0x85, 0xd0, 0, 0, 1, 0xaa, 0xbb, 0xcc, 0xdd
        ]),
        [
            "ioam_type Number(1)",
            "namespace Number(7)",
            "node_words Number(3)",
            "overflow Flag(false)",
            "loopback Flag(true)",
            "active Flag(false)",
            "reserved_flag Hex(1)",
            "remaining_words Number(5)",
            "trace_type Hex(13631488)",
            "reserved2 Hex(1)",
        ]
    );
    let proof = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9];
    assert_eq!(
        told(&[&[0x11, 22, 0, 2, 0, 0, 0, 0], &proof[..]].concat())[1..],
        [
            "namespace Number(0)",
            "proof_type Number(0)",
            "flags Hex(0)",
            "packet_id Hex(72623859790382856)",
            "cumulative Hex(9)",
        ]
    );
    assert_eq!(
        told(&[0x11, 7, 0, 2, 0, 0, 1, 0, 5])[2..],
        ["proof_type Number(1)", "flags Hex(0)", "data Octets([5])"]
    );
    assert_eq!(
        told(&[
            0x11, 17, 0, 3, 0, 0, 0x70, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7, 6
        ])[1..],
        [
            "namespace Number(0)",
            "edge_type Hex(28672)",
            "sequence Number(9)",
            "timestamp_seconds Number(8)",
            "timestamp_fraction Number(7)",
            "data Octets([6])"
        ]
    );
    assert_eq!(
        told(&[
            0x11, 14, 0, 4, 0, 1, 0, 0xc0, 0x80, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5
        ])[1..],
        [
            "namespace Number(1)",
            "flags Hex(0)",
            "extension_flags Hex(192)",
            "trace_type Hex(8388608)",
            "flow Number(4)",
            "sequence Number(5)",
        ]
    );
    assert_eq!(
        told(&[0x11, 3, 0, 9, 5]),
        ["ioam_type Number(9)", "data Octets([5])"]
    );
}

/// RFC 9197 section 4.4.2: what is free stands before what was recorded.
#[test]
fn what_each_node_recorded() {
    let header = [0x31, 26, 0, 0, 0, 7, 2 << 3, 1, 0xc0, 0, 0, 0];
    let recorded = [62, 0, 0, 9, 0, 3, 0, 4, 63, 0, 0, 8, 0, 1, 0, 2];
    let trace = [&header[..], &[0; 4], &recorded].concat();
    assert_eq!(told(&trace)[8], "free Octets([0, 0, 0, 0])");
    let node = |values: [u8; 4]| {
        let names = ["hop_limit", "node_id", "ingress", "egress"];
        let fields = names.iter().zip(values);
        let fields = fields.map(|(name, value)| format!("{name} Number({value})"));
        fields.collect::<Vec<_>>()
    };
    assert_eq!(nodes(&trace), [node([62, 9, 3, 4]), node([63, 8, 1, 2])]);
    // The last node is cut.
    let cut = &trace[..trace.len() - 1];
    assert_eq!(nodes(cut), [node([62, 9, 3, 4])]);
    // All that there is to record, with a snapshot behind it.
    let header = [0x31, 0, 0, 1, 0, 7, 16 << 3, 0, 0xff, 0xf8, 2, 0];
    let mut all = header.to_vec();
    all.extend(0..64);
    all.extend([1, 0, 0, 5, 0xaa, 0xbb, 0xcc, 0xdd]);
    let told = nodes(&all);
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0][15..],
        [
            "buffer_occupancy Number(943274555)",
            "data Octets([60, 61, 62, 63])",
            "snapshot_words Number(1)",
            "schema Hex(5)",
            "snapshot Octets([170, 187, 204, 221])",
        ]
    );
    assert_eq!(told[0][11], "node_id_wide Number(9326208557065767)");
    // Nodes that record nothing are none.
    assert_eq!(
        nodes(&[0x31, 12, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 1, 2]),
        Vec::<Vec<String>>::new()
    );
}

#[test]
fn marks_of_measured_flows() {
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

/// RFC 5570 section 5.1.3.
#[test]
fn compartments_end_where_their_length_does() {
    let label = |words, octets: &[u8]| {
        let length = u8::try_from(8 + octets.len()).unwrap();
        let head = [7, length, 0, 0, 0, 9, words, 3, 0, 0];
        told(&[&head[..], octets].concat())
    };
    assert_eq!(
        label(1, &[1, 2, 3, 4, 5])[4..],
        ["compartments Octets([1, 2, 3, 4])"]
    );
    assert_eq!(
        label(2, &[1, 2, 3, 4, 5])[4..],
        ["compartments Octets([1, 2, 3, 4, 5])"]
    );
    assert_eq!(label(0, &[1, 2, 3, 4]).len(), 4);
    assert_eq!(label(255, &[]).len(), 4);
}

/// RFC 1108 section 2.3 and RFC 791 section 3.1.
#[test]
fn every_level_of_security_by_its_name() {
    let words = |octets: &[u8]| {
        let option = option(&IpOption {
            kind: 130,
            space: OptionSpace::Ipv4,
            bytes: octets,
        });
        option.fields().find_map(|field| field.word())
    };
    let mut named = 0;
    for level in 0..=u8::MAX {
        named += usize::from(words(&[130, 3, level]).is_some());
    }
    assert_eq!(named, 8);
    let name = |level| words(&[130, 4, level, 0]).map(|(_, word)| word);
    assert_eq!(
        [0x3d, 0x5a, 0x96, 0xab, 0x01].map(name),
        [
            "top_secret",
            "secret",
            "confidential",
            "unclassified",
            "reserved_4"
        ]
        .map(Some)
    );
    let mut named = 0;
    for level in 0..=u16::MAX {
        let [high, low] = level.to_be_bytes();
        let option = [130, 11, high, low, 0, 0, 0, 0, 0, 0, 0];
        named += usize::from(words(&option).is_some_and(|(key, _)| key == "security_name"));
    }
    assert_eq!(named, 16);
}
