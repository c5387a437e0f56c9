//! Messages of Mobile IPv6 (RFC 6275 section 6).

use super::told;
use crate::wire::ip::protocol::MOBILITY;

/// A message of such a type, from its type's own octets on, with options behind them.
fn message(kind: u8, own: &[u8], options: &[u8]) -> Vec<u8> {
    let mut octets = vec![59, 0, kind, 0, 0x12, 0x34];
    octets.extend(own);
    octets.extend(options);
    octets.resize(octets.len().next_multiple_of(8), 0);
    octets[1] = u8::try_from(octets.len() / 8 - 1).unwrap();
    octets
}

fn told_behind_checksum(octets: &[u8]) -> String {
    let told = told(MOBILITY, octets);
    let (message, fields) = told.split_once(": ").unwrap();
    let fields = fields.split_once("checksum 0x1234, ").unwrap().1;
    format!("{message}: {fields}")
}

#[test]
fn updates_have_flags_seconds_and_options() {
    let own = [0, 9, 0xc2, 0x40, 0, 100];
    let options = [
        &[1, 2, 0, 0][..],
        &[
            3, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77,
        ],
        &[0],
        &[4, 4, 0, 7, 0, 8],
        &[8, 6, 1, b'a', b'@', b'b', b'.', b'c'],
        &[23, 2, 0, 3],
        &[24, 2, 0, 4],
        &[
            22, 18, 0, 64, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
        &[7, 7, 2, 2, 0, 0, 0, 0, 1],
        &[200, 3, 1, 2, 3],
        &[5, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    ]
    .concat();
    let octets = message(5, &own, &options);
    assert_eq!(
        told_behind_checksum(&octets),
        "binding_update: sequence 9, flags 0xc240, acknowledge, home_registration, proxy_registration, \
         bulk_update, lifetime 400, options [1 padn: ]\
         [3 alternate_care_of_address: address 2001:db8::77][0 pad1: ]\
         [4 nonce_indices: home_nonce 7, care_of_nonce 8]\
         [8 mobile_node_identifier: subtype 1/network_access_identifier, identifier a@b.c]\
         [23 handoff_indicator: handoff 3/between_gateways]\
         [24 access_technology_type: technology 4/ieee_802_11]\
         [22 home_network_prefix: prefix_length 64, prefix 2001:db8:1::]\
         [7 link_layer_address: option_code 2, address 020000000001][200 -: data 010203]\
         [5 authorization_data: authenticator 0102030405060708090a0b0c]\
         [0 pad1: ][0 pad1: ][0 pad1: ][0 pad1: ][0 pad1: ][0 pad1: ][0 pad1: ]"
    );
}

#[test]
fn acknowledgments_have_a_status_by_name() {
    let own = [133, 0xa0, 0, 9, 0, 15];
    let octets = message(6, &own, &[2, 2, 0, 2]);
    assert_eq!(
        told_behind_checksum(&octets),
        "binding_acknowledgment: status 133/not_home_agent_for_this_node, flags 0xa0, key_management, \
         proxy_registration, sequence 9, lifetime 60, \
         options [2 binding_refresh_advice: refresh_interval 8]"
    );
}

#[test]
fn options_of_ipv4_and_of_several_bindings() {
    let own = [0, 0, 0, 1, 0, 0];
    let options = [
        &[29, 6, 0x62, 0, 10, 0, 0, 1][..],
        &[30, 6, 1, 0x60, 10, 0, 0, 2],
        &[31, 6, 0x80, 0, 0, 0, 0, 40],
        &[35, 4, 0, 5, 0, 0x80],
        &[35, 8, 0, 6, 0, 0, 10, 0, 0, 3],
        &[41, 6, 2, 0, 10, 0, 0, 4],
        &[27, 8, 0, 0, 0, 0, 0, 2, 0x80, 0],
        &[19, 6, 0, 0, 0, 9, 1, 0xff],
        &[33, 6, 0, 0, 0, 0, 0, 7],
    ]
    .concat();
    let told = told_behind_checksum(&message(6, &own, &options));
    let (_, options) = told.split_once("options ").unwrap();
    assert_eq!(
        options,
        "[29 ipv4_home_address: prefix_length 24, wants_prefix, address 10.0.0.1]\
         [30 ipv4_address_acknowledgment: status 1, prefix_length 24, address 10.0.0.2]\
         [31 nat_detection: forces_udp, refresh_time 40]\
         [35 binding_identifier: binding_id 5, status 0, simultaneous_home_and_foreign]\
         [35 binding_identifier: binding_id 6, status 0, address 10.0.0.3]\
         [41 local_mobility_anchor_address: option_code 2, address 10.0.0.4]\
         [27 timestamp: timestamp 2500000000]\
         [19 vendor_specific: vendor 9, subtype 1, data ff]\
         [33 gre_key: key 7][0 pad1: ][0 pad1: ]"
    );
}

#[test]
fn other_messages_have_options_where_theirs_stand() {
    let padding = "options [1 padn: ]";
    for (kind, own, fields) in [
        (0, 2, "binding_refresh_request: "),
        (1, 10, "home_test_init: cookie 0000000000000000, "),
        (
            4,
            18,
            "care_of_test: nonce_index 0, cookie 0000000000000000, keygen_token 0000000000000000, ",
        ),
        (7, 18, "binding_error: status 0, home_address ::, "),
        (13, 6, "heartbeat: sequence 0, "),
        (14, 4, "handover_initiate: sequence 0, flags 0x0, code 0, "),
        (
            15,
            4,
            "handover_acknowledge: sequence 0, flags 0x0, code 0, ",
        ),
    ] {
        let rest = (6_usize + own).next_multiple_of(8) + 8 - (6 + own);
        let mut pad = vec![0; rest];
        pad[0] = 1;
        pad[1] = u8::try_from(rest - 2).unwrap();
        let octets = message(kind, &vec![0; own], &pad);
        assert_eq!(told_behind_checksum(&octets), format!("{fields}{padding}"));
    }
}

#[test]
fn an_option_that_claims_more_than_is_there_is_not_told() {
    let octets = message(5, &[0, 9, 0, 0, 0, 1], &[3, 16, 0x20, 1]);
    assert!(told_behind_checksum(&octets).ends_with("lifetime 4, unread 03102001"));
    // Octets behind the header's own length are none of it.
    let mut long = message(5, &[0, 9, 0, 0, 0, 1], &[1, 2, 0, 0]);
    long.extend([9; 8]);
    assert!(told_behind_checksum(&long).ends_with("lifetime 4, options [1 padn: ]"));
}

/// RFC 5568 sections 6.2.2 and 6.2.3: seconds, and a status of their own.
#[test]
fn fast_updates_and_acknowledgments() {
    assert_eq!(
        told_behind_checksum(&message(8, &[0, 7, 0x80, 0, 0, 10], &[1, 2, 0, 0])),
        "fast_binding_update: sequence 7, flags 0x8000, acknowledge, lifetime 10, options [1 padn: ]"
    );
    assert_eq!(
        told_behind_checksum(&message(9, &[131, 0x80, 0, 7, 0, 10], &[1, 2, 0, 0])),
        "fast_binding_acknowledgment: status 131/incorrect_interface_identifier_length, flags 0x80, key_management, sequence 7, lifetime 10, options [1 padn: ]"
    );
}
