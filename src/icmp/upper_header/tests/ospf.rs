//! Messages of OSPF (RFC 2328 section A.3, RFC 5340 section A.3).

use super::super::OSPF;
use super::told;

/// A packet of version 2 whose body this is.
fn told_2(kind: u8, body: &[&[u8]]) -> String {
    let body = body.concat();
    let length = u16::try_from(24 + body.len()).unwrap().to_be_bytes();
    let header = [
        2, kind, length[0], length[1], 10, 0, 0, 9, 0, 0, 0, 0, 0x12, 0x34,
    ];
    let told = told(OSPF, &[&header[..], &[0; 10], &body].concat());
    behind(&told, "authentication_type 0")
}

/// One of version 3, of such an instance.
fn told_3(kind: u8, instance: u8, body: &[&[u8]]) -> String {
    let body = body.concat();
    let length = u16::try_from(16 + body.len()).unwrap().to_be_bytes();
    let header = [
        3, kind, length[0], length[1], 10, 0, 0, 9, 0, 0, 0, 0, 0x12, 0x34,
    ];
    let told = told(OSPF, &[&header[..], &[instance, 0], &body].concat());
    behind(&told, &format!("instance {instance}"))
}

fn behind(told: &str, field: &str) -> String {
    let (message, fields) = told.split_once(": ").unwrap();
    let fields = fields.split_once(&format!("{field}, ")).unwrap().1;
    format!("{message}: {fields}")
}

/// A link state whose header begins so, with its body.
fn advertisement(start: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + body.len()).unwrap().to_be_bytes();
    let middle = [10, 0, 0, 1, 10, 0, 0, 2, 0x80, 0, 0, 1, 0xab, 0xcd];
    [&start[..], &middle, &length, body].concat()
}

const HEADER: &str =
    "id 10.0.0.1, advertising_router 10.0.0.2, sequence 0x80000001, checksum 0xabcd, lsa_length";

#[test]
fn headers_of_link_states() {
    let router = advertisement([0x80, 1, 0x22, 1], &[]);
    let opaque = advertisement([0, 2, 2, 10], &[]);
    assert_eq!(
        told_2(2, &[&[5, 0xdc, 2, 7, 0, 0, 0, 77], &router, &opaque, &[1]]),
        format!(
            "database_description: mtu 1500, options 0x2, external, flags 0x7, init, more, master, sequence 77, \
             advertisements [1 router: does_not_age, age 1, options 0x22, {HEADER} 20]\
             [10 opaque_of_area: age 2, options 0x2, {HEADER} 20], unread 01"
        )
    );
    assert_eq!(
        told_2(5, &[&router]),
        format!(
            "link_state_acknowledgment: advertisements \
             [1 router: does_not_age, age 1, options 0x22, {HEADER} 20]"
        )
    );
    let link = advertisement([0, 3, 0, 8], &[]);
    assert_eq!(
        told_3(2, 0, &[&[0, 0, 0, 0x13, 5, 0xdc, 0, 3, 0, 0, 0, 9], &link]),
        format!(
            "database_description: options 0x13, router, external, ipv6, mtu 1500, flags 0x3, more, master, sequence 9, \
             advertisements [8 link: age 3, {HEADER} 20]"
        )
    );
}

#[test]
fn link_states_that_are_asked_for() {
    let body = [&[0, 0, 0, 1][..], &[10, 0, 0, 1, 10, 0, 0, 2]].concat();
    assert_eq!(
        told_2(3, &[&body, &body]),
        "link_state_request: requests [1 router: id 10.0.0.1, advertising_router 10.0.0.2]\
         [1 router: id 10.0.0.1, advertising_router 10.0.0.2]"
    );
    let body = [&[0, 0, 0x20, 9][..], &[10, 0, 0, 1, 10, 0, 0, 2]].concat();
    assert_eq!(
        told_3(3, 0, &[&body]),
        "link_state_request: requests [8201 intra_area_prefix: id 10.0.0.1, advertising_router 10.0.0.2]"
    );
}

#[test]
fn what_link_states_say() {
    let router = [
        &[1, 0, 0, 2][..],
        &[10, 0, 0, 0, 255, 255, 255, 0, 3, 0, 0, 10],
        &[10, 0, 0, 3, 10, 0, 0, 4, 1, 1, 0, 20, 2, 0, 0, 30],
    ]
    .concat();
    let network = [255, 255, 255, 0, 10, 0, 0, 5, 10, 0, 0, 6];
    let summary = [255, 0, 0, 0, 0, 0, 1, 0];
    let external = [255, 0, 0, 0, 0x80, 0, 0, 20, 10, 0, 0, 7, 0, 0, 0, 99];
    let told = told_2(
        4,
        &[
            &[0, 0, 0, 5],
            &advertisement([0, 1, 2, 1], &router),
            &advertisement([0, 1, 2, 2], &network),
            &advertisement([0, 1, 2, 3], &summary),
            &advertisement([0, 1, 2, 5], &external),
            &advertisement([0, 1, 2, 11], &[1, 2, 3, 4]),
        ],
    );
    assert_eq!(
        told,
        format!(
            "link_state_update: advertisement_count 5, advertisements \
             [1 router: age 1, options 0x2, {HEADER} 52, border_router, link_count 2, links \
             [3 stub: id 10.0.0.0, link_data 255.255.255.0, tos_count 0, metric 10]\
             [1 point_to_point: id 10.0.0.3, link_data 10.0.0.4, tos_count 1, metric 20, \
             tos_metrics 0200001e]]\
             [2 network: age 1, options 0x2, {HEADER} 32, mask 255.255.255.0, routers 0a0000050a000006]\
             [3 summary: age 1, options 0x2, {HEADER} 28, mask 255.0.0.0, metric 256]\
             [5 as_external: age 1, options 0x2, {HEADER} 36, mask 255.0.0.0, type_2_metric, metric 20, \
             forwarding_address 10.0.0.7, route_tag 99]\
             [11 opaque_of_as: age 1, options 0x2, {HEADER} 24, data 01020304]"
        )
    );
}

#[test]
fn what_those_of_version_3_say() {
    let router = [
        &[2, 0, 0, 0x33][..],
        &[1, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0, 6, 10, 0, 0, 7],
    ]
    .concat();
    let inter_area = [0, 0, 0, 30, 32, 0, 0, 0, 0x20, 1, 0xd, 0xb8];
    let external = [
        &[7, 0, 0, 20, 32, 0, 0x20, 9, 0x20, 1, 0xd, 0xb8][..],
        &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        &[0, 0, 0, 99, 10, 0, 0, 8],
    ]
    .concat();
    let link = [
        &[
            1, 0, 0, 0x33, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        ][..],
        &[0, 0, 0, 1, 64, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1],
    ]
    .concat();
    let intra_area = [
        &[0, 2, 0x20, 1, 0, 0, 0, 0, 10, 0, 0, 2][..],
        &[0, 0, 0, 5],
        &[64, 2, 0, 10, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 2],
    ]
    .concat();
    let told = told_3(
        4,
        0,
        &[
            &[0, 0, 0, 5],
            &advertisement([0, 1, 0x20, 1], &router),
            &advertisement([0, 1, 0x20, 3], &inter_area),
            &advertisement([0, 1, 0x40, 5], &external),
            &advertisement([0, 1, 0, 8], &link),
            &advertisement([0, 1, 0x20, 9], &intra_area),
        ],
    );
    assert_eq!(
        told,
        format!(
            "link_state_update: advertisement_count 5, advertisements \
             [8193 router: age 1, {HEADER} 40, boundary_router, options 0x33, links \
             [1 point_to_point: metric 10, interface 5, neighbor_interface 6, neighbor 10.0.0.7]]\
             [8195 inter_area_prefix: age 1, {HEADER} 32, metric 30, prefix_length 32, \
             prefix 2001:db8::]\
             [16389 as_external: age 1, {HEADER} 56, type_2_metric, metric 20, prefix_length 32, \
             prefix_options 0x0, prefix 2001:db8::, forwarding_address fe80::1, route_tag 99, \
             referenced_id 10.0.0.8]\
             [8 link: age 1, {HEADER} 56, priority 1, options 0x33, link_local fe80::1, prefix_count 1, \
             prefixes [ -: prefix_length 64, options 0x0, metric 0, prefix 2001:db8:0:1::]]\
             [8201 intra_area_prefix: age 1, {HEADER} 48, prefix_count 2, referenced_type 0x2001, \
             referenced_id 0.0.0.0, referenced_router 10.0.0.2, prefixes \
             [ -: prefix_length 0, options 0x0, metric 5, prefix ::]\
             [ -: prefix_length 64, options 0x2, metric 10, prefix 2001:db8:0:2::]]"
        )
    );
    let of_v4 = [0, 0, 0, 30, 8, 0, 0, 0, 10, 0, 0, 0];
    assert!(
        told_3(
            4,
            64,
            &[&[0, 0, 0, 1], &advertisement([0, 1, 0x20, 3], &of_v4)]
        )
        .ends_with("metric 30, prefix_length 8, prefix 10.0.0.0]")
    );
}

/// RFC 5838 sections 2.5 and 2.6.
#[test]
fn addresses_of_instances_of_ipv4() {
    let external = [
        &[2, 0, 0, 20, 8, 0, 0, 0, 10, 0, 0, 0][..],
        &[10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let link = [&[1, 0, 0, 0x33, 10, 1, 2, 9][..], &[0; 12], &[0, 0, 0, 0]].concat();
    let told = told_3(
        4,
        64,
        &[
            &[0, 0, 0, 2],
            &advertisement([0, 1, 0x40, 5], &external),
            &advertisement([0, 1, 0, 8], &link),
        ],
    );
    assert!(told.contains("forwarding_address 10.1.2.3"), "{told}");
    assert!(told.contains("link_address 10.1.2.9"), "{told}");
}

#[test]
fn a_link_state_that_was_cut_says_what_is_there() {
    let router = [
        &[0, 0, 0, 2][..],
        &[10, 0, 0, 0, 255, 255, 255, 0, 3, 0, 0, 10],
        &[10, 0, 0, 3, 10, 0],
    ]
    .concat();
    let mut cut = advertisement([0, 1, 2, 1], &router);
    cut[19] = 48;
    assert!(
        told_2(4, &[&[0, 0, 0, 1], &cut]).ends_with(
            "lsa_length 48, link_count 2, links \
             [3 stub: id 10.0.0.0, link_data 255.255.255.0, tos_count 0, metric 10], unread 0a0000030a00]"
        )
    );
    // One that is shorter than its header ends behind that.
    let mut short = advertisement([0, 1, 2, 1], &[]);
    short[19] = 4;
    assert!(told_2(4, &[&[0, 0, 0, 1], &short, &[9, 9]]).ends_with("lsa_length 4], unread 0909"));
}
