//! Packets of EIGRP (RFC 7868 section 6).

use super::super::EIGRP;
use super::told;

fn told_behind_system(kind: u8, flags: u8, parts: &[&[u8]]) -> String {
    let header = [
        2, kind, 0x12, 0x34, 0, 0, 0, flags, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 100,
    ];
    let told = told(EIGRP, &[&header[..], &parts.concat()].concat());
    told.replace("version 2, checksum 0x1234, ", "").replace(
        "sequence 7, acknowledgment 8, virtual_router 0, autonomous_system 100",
        "-",
    )
}

const METRICS: [u8; 16] = [0, 0, 0x64, 0, 0, 0x19, 0, 0, 0, 5, 0xdc, 1, 255, 1, 0, 0];
const METRICS_TOLD: &str = "scaled_delay 25600, scaled_bandwidth 1638400, mtu 1500, hop_count 1, \
     reliability 255, load 1, route_internal_tag 0, route_flags 0x0";

#[test]
fn hellos_have_parameters() {
    let told = told_behind_system(
        5,
        1,
        &[
            &[0, 1, 0, 12, 1, 0, 1, 0, 0, 0, 0, 15],
            &[0, 4, 0, 8, 12, 4, 1, 2],
            &[0, 3, 0, 9, 4, 10, 0, 0, 1],
            &[0, 5, 0, 8, 0, 0, 0, 9],
            &[0, 8, 0, 8, 0, 0, 0, 1],
            &[0, 9, 0, 5, 1],
            // Shorter than its own type and length.
            &[0, 4, 0, 3, 1],
        ],
    );
    assert_eq!(
        told,
        "hello: flags 0x1, init, -, parts [1 parameters: k1 1, k2 0, k3 1, k4 0, k5 0, k6 0, hold_time 15]\
         [4 software_version: vendor_major 12, vendor_minor 4, eigrp_major 1, eigrp_minor 2]\
         [3 sequence: data 040a000001][5 multicast_sequence: sequence 9]\
         [8 topology_list: topologies NumberList(2, [0, 0, 0, 1])][9 -: data 01], unread 0004000301"
    );
}

#[test]
fn updates_have_routes() {
    let internal = [
        &[1, 2, 0, 34, 10, 0, 0, 1][..],
        &METRICS,
        &[24, 10, 1, 2],
        &[0],
        &[32, 10, 9, 8, 7],
    ]
    .concat();
    let external = [
        &[1, 3, 0, 47, 0, 0, 0, 0][..],
        &[10, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 20, 0, 0, 6, 2],
        &METRICS,
        &[9, 10, 0x80],
    ]
    .concat();
    let of_v6 = [
        &[
            4, 2, 0, 46, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ][..],
        &METRICS,
        &[64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0],
    ]
    .concat();
    let told = told_behind_system(1, 0, &[&internal, &external, &of_v6]);
    assert_eq!(
        told,
        format!(
            "update: flags 0x0, -, parts [258 internal_route: next_hop 10.0.0.1, {METRICS_TOLD}, prefixes \
             [ -: prefix_length 24, prefix 10.1.2.0][ -: prefix_length 0, prefix 0.0.0.0]\
             [ -: prefix_length 32, prefix 10.9.8.7]]\
             [259 external_route: next_hop 0.0.0.0, router_id 10.0.0.9, external_autonomous_system 1, \
             route_tag 5, external_metric 20, external_protocol 6/ospf, external_flags 0x2, {METRICS_TOLD}, \
             prefixes [ -: prefix_length 9, prefix 10.128.0.0]]\
             [1026 internal_route: next_hop fe80::1, {METRICS_TOLD}, prefixes \
             [ -: prefix_length 64, prefix 2001:db8:0:1::]]"
        )
    );
}

#[test]
fn a_prefix_longer_than_its_address_is_not_told() {
    let route = [
        &[1, 2, 0, 30, 10, 0, 0, 1][..],
        &METRICS,
        &[33, 10, 1, 2, 3, 4],
    ]
    .concat();
    let told = told_behind_system(1, 0, &[&route]);
    assert!(
        told.ends_with(&format!("{METRICS_TOLD}, unread 210a01020304]")),
        "{told}"
    );
}
