//! Messages of PIM (RFC 7761 section 4.9) and PGM (RFC 3208).

use super::super::{PGM, PIM};
use super::told;

const UPSTREAM: [u8; 6] = [1, 0, 10, 0, 0, 1];
const GROUP: [u8; 8] = [1, 0, 0, 32, 239, 1, 1, 1];

fn told_behind_checksum(kind: u8, own: &[&[u8]]) -> String {
    let octets = [&[0x20 | kind, 0, 0x12, 0x34][..], &own.concat()].concat();
    told(PIM, &octets).replace("version 2, checksum 0x1234, ", "")
}

#[test]
fn groups_have_joined_and_pruned_sources() {
    let told = told_behind_checksum(
        3,
        &[
            &UPSTREAM,
            &[0, 2, 0, 210],
            &GROUP,
            &[0, 2, 0, 1],
            &[1, 0, 4, 32, 10, 0, 0, 5],
            &[1, 0, 7, 32, 10, 0, 0, 6],
            &[1, 0, 5, 32, 10, 0, 0, 7],
            &[
                2, 0, 0x81, 128, 0xff, 0x3e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
            ],
            &[0, 0, 0, 1],
            &[
                2, 0, 4, 128, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
            ],
            // Behind as many groups as there are to be.
            &[9, 9],
        ],
    );
    assert_eq!(
        told,
        "join_prune: upstream 10.0.0.1, group_count 2, hold_time 210, groups \
         [ -: mask_length 32, address 239.1.1.1, joined 2, pruned 1, joined_sources \
         [ -: sparse, mask_length 32, address 10.0.0.5]\
         [ -: sparse, wildcard, rendezvous_tree, mask_length 32, address 10.0.0.6], pruned_sources \
         [ -: sparse, rendezvous_tree, mask_length 32, address 10.0.0.7]]\
         [ -: bidirectional, zone, mask_length 128, address ff3e::1, joined 0, pruned 1, pruned_sources \
         [ -: sparse, mask_length 128, address 2001:db8::2]], unread 0909"
    );
}

#[test]
fn a_group_that_was_cut_has_the_sources_that_are_there() {
    let source = [1, 0, 4, 32, 10, 0, 0, 5];
    let told = told_behind_checksum(
        3,
        &[
            &UPSTREAM,
            &[0, 1, 0, 210],
            &GROUP,
            &[0, 2, 0, 9],
            &source,
            &source[..3],
        ],
    );
    assert!(
        told.ends_with(
            "joined 2, pruned 9, joined_sources [ -: sparse, mask_length 32, address 10.0.0.5], \
             unread 010004]"
        ),
        "{told}"
    );
}

#[test]
fn options_of_hellos() {
    let told = told_behind_checksum(
        0,
        &[
            &[0, 1, 0, 2, 0, 105],
            &[0, 2, 0, 4, 0x81, 0xf4, 0x09, 0xc4],
            &[0, 19, 0, 4, 0, 0, 0, 1],
            &[0, 20, 0, 4, 0, 0, 0, 42],
            &[0, 21, 0, 4, 1, 60, 0, 0],
            &[0, 22, 0, 0],
            &[0, 24, 0, 12, 1, 0, 10, 0, 0, 8, 1, 0, 10, 0, 0, 9],
            &[0, 31, 0, 8, 10, 0, 0, 9, 0, 0, 0, 3],
            &[0xfd, 0xe9, 0, 1, 7],
            &[0, 19, 0, 4, 0],
        ],
    );
    assert_eq!(
        told,
        "hello: options [1 hold_time: hold_time 105]\
         [2 lan_prune_delay: tracking, propagation_delay 500, override_interval 2500]\
         [19 priority: priority 1][20 generation: generation 0x2a]\
         [21 state_refresh_capable: version 1, interval 60][22 bidirectional_capable: ]\
         [24 address_list: addresses [ -: address 10.0.0.8][ -: address 10.0.0.9]]\
         [31 interface_identifier: router_id 10.0.0.9, interface 3][65001 -: data 07], unread 0013000400"
    );
}

#[test]
fn what_registers_and_asserts_are_about() {
    let source = [1, 0, 10, 0, 0, 5];
    assert_eq!(
        told_behind_checksum(1, &[&[0x40, 0, 0, 0, 0x45, 0]]),
        "register: null"
    );
    assert_eq!(
        told_behind_checksum(2, &[&GROUP, &source]),
        "register_stop: mask_length 32, group 239.1.1.1, source 10.0.0.5"
    );
    assert_eq!(
        told_behind_checksum(5, &[&GROUP, &source, &[0x80, 0, 0, 110, 0, 0, 0, 20]]),
        "assert: mask_length 32, group 239.1.1.1, source 10.0.0.5, rendezvous_tree, \
         metric_preference 110, metric 20"
    );
}

/// RFC 3973 section 4.7.10.
#[test]
fn what_a_state_refresh_is_about() {
    let (source, originator) = ([1, 0, 10, 0, 0, 5], [1, 0, 10, 0, 0, 7]);
    let metrics = [0x80, 0, 0, 110, 0, 0, 0, 20, 24, 31, 0xe0, 60];
    assert_eq!(
        told_behind_checksum(9, &[&GROUP, &source, &originator, &metrics]),
        "state_refresh: mask_length 32, group 239.1.1.1, source 10.0.0.5, originator 10.0.0.7, rendezvous_tree, \
         metric_preference 110, metric 20, source_mask_length 24, ttl 31, prune_indicator, prune_now, \
         assert_override, interval 60"
    );
    assert_eq!(
        told_behind_checksum(9, &[&GROUP, &source, &originator[..3]]),
        "state_refresh: mask_length 32, group 239.1.1.1, source 10.0.0.5, unread 01000a"
    );
    let v6 = |last| [&[2, 0, 0x20, 1, 0xd, 0xb8][..], &[0; 11], &[last]].concat();
    let group = [&[2, 0, 0, 128, 0xff, 0x3e][..], &[0; 13], &[9]].concat();
    assert_eq!(
        told_behind_checksum(9, &[&group, &v6(5), &v6(7), &metrics[..9]]),
        "state_refresh: mask_length 128, group ff3e::9, source 2001:db8::5, originator 2001:db8::7, \
         rendezvous_tree, metric_preference 110, metric 20, source_mask_length 24"
    );
}

/// RFC 5384 section 3.4.1: attributes stand behind addresses of that encoding.
#[test]
fn what_another_encoding_holds_is_no_source() {
    let told = told_behind_checksum(
        3,
        &[
            &[1, 0, 10, 0, 0, 1, 0, 1, 0, 210],
            &GROUP,
            &[0, 2, 0, 0],
            &[1, 1, 0, 32, 10, 0, 0, 5, 1, 2, 77, 77],
            &[1, 0, 0, 32, 10, 0, 0, 6],
        ],
    );
    assert!(
        !told.contains("10.0.0.5") && told.contains("unread"),
        "{told}"
    );
    assert_eq!(
        told_behind_checksum(12, &[&[7, 8]]),
        "-: data 0708",
        "what is not known is told by its octets"
    );
}

/// RFC 3208 sections 8.3, 13.6 and 14.7.
#[test]
fn messages_of_pgm_by_their_types() {
    let of = |kind, own: &[u8]| {
        let head = [0x34, 8, 0x15, 0xbb, kind, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0];
        let told = told(PGM, &[&head[..], own].concat());
        let (message, fields) = told.split_once(": ").unwrap();
        let own = fields.split_once("data_length 0").unwrap().1;
        format!("{message}{own}")
    };
    assert_eq!(of(12, &[]), "source_path_request");
    assert_eq!(of(13, &[]), "ack");
    assert_eq!(of(14, &[]), "-");
    assert_eq!(
        of(2, &[0, 0, 0, 7, 0, 1]),
        "poll_response, sequence 7, round 1"
    );
    let poll = [
        &[0, 0, 0, 7, 0, 1, 0, 2, 0, 1, 0, 0, 10, 0, 0, 1][..],
        &[0, 0, 0, 9, 0, 0, 0, 0xaa, 0, 0, 0, 0xff],
    ]
    .concat();
    assert_eq!(
        of(1, &poll),
        "poll, sequence 7, round 1, subtype 2, path 10.0.0.1, back_off_us 9, random 0xaa, mask 0xff"
    );
    let nak = [
        &[0, 0, 0, 7, 0, 1, 0, 0, 10, 0, 0, 1][..],
        &[0, 1, 0, 0, 239, 1, 1, 1],
    ]
    .concat();
    assert_eq!(
        of(8, &nak),
        "nak, sequence 7, source_address 10.0.0.1, group 239.1.1.1"
    );
}

#[test]
fn bootstraps_tell_of_groups_and_candidates_of_themselves() {
    const ROUTER: [u8; 6] = [1, 0, 1, 1, 1, 1];
    const POINT: [u8; 10] = [1, 0, 2, 2, 2, 2, 0, 150, 192, 0];
    let told = told_behind_checksum(
        4,
        &[
            &[0x04, 0xb0, 30, 10],
            &ROUTER,
            &[1, 0, 0, 4, 224, 0, 0, 0],
            &[2, 2, 0, 0],
            &POINT,
            &POINT,
            &[1, 0, 0x81, 8, 239, 0, 0, 0],
            &[3, 1, 0, 0],
            &POINT,
        ],
    );
    let point = "[ -: address 2.2.2.2, hold_time 150, priority 192]";
    assert_eq!(
        told,
        format!(
            "bootstrap: fragment_tag 1200, hash_mask_length 30, priority 10, bootstrap_router 1.1.1.1, \
             groups [ -: mask_length 4, address 224.0.0.0, point_count 2, points_here 2, points {point}{point}]\
             [ -: bidirectional, zone, mask_length 8, address 239.0.0.0, point_count 3, points_here 1, \
             points {point}]"
        )
    );
    let told = told_behind_checksum(8, &[&[1, 192, 0, 150], &ROUTER, &GROUP, &GROUP]);
    assert_eq!(
        told,
        "candidate_rp_advertisement: prefix_count 1, priority 192, hold_time 150, \
         rendezvous_point 1.1.1.1, groups [ -: mask_length 32, address 239.1.1.1], \
         unread 01000020ef010101"
    );
}
