//! Packets of HIP (RFC 7401 section 5) and of IGMP (RFC 3376 section 4).

use super::super::IGMP;
use super::told;
use crate::wire::ip::protocol::HIP;

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
    let query = [
        0x11, 100, 0x12, 0x34, 239, 1, 1, 1, 0x0a, 125, 0, 1, 10, 0, 0, 5,
    ];
    assert_eq!(
        told(IGMP, &query),
        "query: max_response_tenths 100, checksum 0x1234, group 239.1.1.1, suppress, robustness 2, \
         query_interval_s 125, source_count 1, sources 0a000005"
    );
}
