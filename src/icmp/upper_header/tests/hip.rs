//! Packets of HIP (RFC 7401 section 5), of IGMP (RFC 3376 section 4) and of L2TP (RFC 3931).

use super::super::IGMP;
use super::told;
use crate::wire::ip::protocol::{HIP, L2TP};

fn packet(kind: u8, parameters: &[u8]) -> Vec<u8> {
    let length = u8::try_from((40 + parameters.len()) / 8 - 1).unwrap();
    let mut octets = vec![59, length, kind, 0x21, 0x12, 0x34, 0, 0];
    octets.extend([0x20, 1, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    octets.extend([0x20, 1, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    octets.extend(parameters);
    octets
}

#[test]
fn parameters_have_names_and_lengths() {
    let parameters = [
        &[0, 65, 0, 12, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 2][..],
        &[1, 0x81, 0, 4, 0, 0, 0, 3],
        &[1, 1, 0, 6, 10, 37, 0x12, 0x34, 0xab, 0xcd, 0, 0, 0, 0, 0, 0],
        &[2, 0x43, 0, 4, 0, 1, 0, 2],
        &[0xf0, 0x41, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0],
        &[0x7f, 0xff, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let mut octets = packet(2, &parameters);
    // Behind the packet's own length.
    octets.extend([1; 8]);
    let all = told(HIP, &octets);
    let (_, parameters) = all.split_once("receiver 2001:20::2, ").unwrap();
    assert_eq!(
        parameters,
        "parameters [65 esp_info: contents_length 12, key_index 9, old_spi 0x0, new_spi 0x102]\
         [385 seq: contents_length 4, update_id 3]\
         [257 puzzle: contents_length 6, bits 10, lifetime_exponent 37, opaque 0x1234, \
         random abcd]\
         [579 hip_cipher: contents_length 4, data 00010002]\
         [61505 hip_mac: contents_length 5, data 0102030405][32767 -: contents_length 0]"
    );
}

#[test]
fn reports_of_igmp_have_records() {
    let octets = [
        &[0x22, 0, 0x12, 0x34, 0, 0, 0, 3][..],
        &[4, 0, 0, 1, 239, 1, 1, 1, 10, 0, 0, 5],
        &[2, 1, 0, 0, 239, 1, 1, 2, 9, 9, 9, 9],
        &[9, 0, 0, 2, 239, 1, 1, 3, 10, 0, 0, 6, 10, 0],
    ]
    .concat();
    assert_eq!(
        told(IGMP, &octets),
        "v3_report: checksum 0x1234, record_count 3, records \
         [4 change_to_exclude: source_count 1, group 239.1.1.1, sources 0a000005]\
         [2 mode_is_exclude: source_count 0, group 239.1.1.2, auxiliary 09090909]\
         [9 -: source_count 2, group 239.1.1.3, sources 0a000006, unread 0a00]"
    );
    // From 128 on the time has an exponent, in a query of version 3 alone.
    let slow = [0x11, 0x9a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(told(IGMP, &slow).starts_with("query: max_response_tenths 416, "));
    assert!(told(IGMP, &slow[..8]).starts_with("query: max_response_tenths 154, "));
    let query = [
        0x11, 100, 0x12, 0x34, 239, 1, 1, 1, 0x0a, 125, 0, 1, 10, 0, 0, 5,
    ];
    assert_eq!(
        told(IGMP, &query),
        "query: max_response_tenths 100, checksum 0x1234, group 239.1.1.1, suppress, robustness 2, \
         query_interval_s 125, source_count 1, sources 0a000005"
    );
}

/// RFC 3376 sections 4.1.1 and 4.2.11.
#[test]
fn long_response_times_and_what_follows_the_records() {
    let query = [0x11, 0x94, 0, 0, 239, 1, 1, 1, 2, 0x94, 0, 0];
    assert_eq!(
        told(IGMP, &query),
        "query: max_response_tenths 320, checksum 0x0, group 239.1.1.1, robustness 2, \
         query_interval_s 320, source_count 0"
    );
    // Version 2 has no exponent.
    assert_eq!(
        told(IGMP, &query[..8]),
        "query: max_response_tenths 148, checksum 0x0, group 239.1.1.1"
    );
    let report = [
        &[0x22, 0, 0, 0, 0, 0, 0, 1][..],
        &[4, 0, 0, 0, 239, 1, 1, 1],
        &[0xaa; 8],
    ]
    .concat();
    assert_eq!(
        told(IGMP, &report),
        "v3_report: checksum 0x0, record_count 1, records \
         [4 change_to_exclude: source_count 0, group 239.1.1.1], unread aaaaaaaaaaaaaaaa"
    );
}

/// RFC 2236 section 2: only memberships have a group and a time to respond.
#[test]
fn what_is_no_membership_has_no_group() {
    let of = |kind, code| told(IGMP, &[kind, code, 0, 0, 0, 10, 4, 12]);
    assert_eq!(
        of(0x13, 5),
        "dvmrp: code 5/ask_neighbors_2, checksum 0x0, data 000a040c"
    );
    assert_eq!(
        of(0x14, 3),
        "pim_v1: code 3/join_prune, checksum 0x0, data 000a040c"
    );
    assert_eq!(of(0xff, 1), "-: code 0x1, checksum 0x0, data 000a040c");
    // RFC 4286 sections 3.2 and 3.3.
    assert_eq!(
        of(0x30, 20),
        "router_advertisement: interval 20, checksum 0x0, query_interval 10, robustness 1036"
    );
}

/// RFC 3931 sections 3.2.1 and 4.1.1: session 0 is that of control.
#[test]
fn control_messages_of_l2tp_version_3() {
    let control = [
        &[0xc8, 3, 0, 20, 0, 0, 0, 9, 0, 1, 0, 2][..],
        &[0x80, 8, 0, 0, 0, 0, 0, 6],
    ]
    .concat();
    let in_ip = [&[0; 4][..], &control].concat();
    assert_eq!(
        told(L2TP, &in_ip),
        "control: session 0, flags 0xc803, message_length 20, connection 9, ns 1, nr 2, attributes \
         [0 message_type: mandatory, message 6/hello]"
    );
    assert_eq!(told(L2TP, &[0, 0, 0, 7, 1]), "-: session 7, unread 01");
    // An attribute of which not all was quoted, and one that does not fit into its message.
    let mut longer = in_ip.clone();
    longer.extend([0x80, 14, 0, 0, 0, 7, b'l', b'a', b'c']);
    longer[7] = 34;
    assert!(
        told(L2TP, &longer).ends_with("message 6/hello][7 host_name: mandatory, text lac]"),
        "{}",
        told(L2TP, &longer)
    );
    longer[7] = 29;
    assert!(told(L2TP, &longer).ends_with("message 6/hello], unread 800e000000076c6163"));
}
