//! Messages of RSVP (RFC 2205 section 3.1).

use super::super::RSVP;
use super::told;

fn told_behind_length(kind: u8, objects: &[&[u8]]) -> String {
    let objects = objects.concat();
    let length = u16::try_from(8 + objects.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let header = [0x10, kind, 0x12, 0x34, 64, 0, high, low];
    let told = told(RSVP, &[&header[..], &objects].concat());
    told.replace("version 1, flags 0, checksum 0x1234, send_ttl 64, ", "")
        .replace(&format!("message_length {length}, "), "")
}

#[test]
fn a_path_has_objects() {
    let told = told_behind_length(
        1,
        &[
            &[0, 12, 1, 1, 10, 0, 0, 2, 17, 1, 0x13, 0x88],
            &[0, 12, 3, 1, 10, 0, 0, 1, 0, 0, 0, 5],
            &[0, 8, 5, 1, 0, 0, 0x75, 0x30],
            &[0, 12, 11, 1, 10, 0, 0, 1, 0, 0, 0x13, 0x89],
            &[0, 8, 12, 2, 0, 0, 0, 7],
            &[0, 16, 1, 7, 10, 0, 0, 9, 0, 0, 0, 3, 10, 0, 0, 8],
            &[0, 12, 207, 7, 7, 6, 4, 3, b'l', b's', b'p', 0],
            &[0, 8, 200, 3, 1, 2, 3, 4],
        ],
    );
    assert_eq!(
        told,
        "path: objects [1 session: c_type 1, dst 10.0.0.2, protocol 17, flags 0x1, dst_port 5000]\
         [3 hop: c_type 1, address 10.0.0.1, interface_handle 0x5]\
         [5 time_values: c_type 1, refresh_period 30000]\
         [11 sender_template: c_type 1, src 10.0.0.1, src_port 5001]\
         [12 sender_tspec: c_type 2, data 00000007]\
         [1 session: c_type 7, endpoint 10.0.0.9, tunnel_id 3, extended_tunnel_id 10.0.0.8]\
         [207 session_attribute: c_type 7, setup_priority 7, holding_priority 6, flags 0x4, name_length 3, \
         session_name lsp][200 -: c_type 3, data 01020304]"
    );
}

#[test]
fn an_error_has_node_code_and_style() {
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    let told = told_behind_length(
        4,
        &[
            &[0, 12, 6, 1, 10, 0, 0, 9, 1, 1, 0, 2],
            &[0, 24, 6, 2],
            &v6,
            &[2, 24, 0, 5],
            &[0, 8, 8, 1, 0, 0, 0, 10],
            &[0, 24, 10, 2],
            &v6,
            &[0, 0, 0, 7],
            &[0, 12, 7, 1, 10, 0, 0, 1, 10, 0, 0, 2],
            // It claims more than is there.
            &[0, 12, 5, 1, 0, 0],
        ],
    );
    assert_eq!(
        told,
        "resv_error: objects [6 error_spec: c_type 1, node 10.0.0.9, in_place, \
         error_code 1/admission_control_failure, error_value 2]\
         [6 error_spec: c_type 2, node 2001:db8::9, not_guilty, error_code 24/routing_problem, \
         error_value 5][8 style: c_type 1, flags 0x0, style 10/fixed_filter]\
         [10 filter_spec: c_type 2, src 2001:db8::9, src_port 7]\
         [7 scope: c_type 1, sources 0a0000010a000002], unread 000c05010000"
    );
}
