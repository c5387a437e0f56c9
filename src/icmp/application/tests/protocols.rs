//! Protocols by their octets, each cut at every length; most as tcpdump tells them.

use super::{TCP, UDP, told};

#[test]
fn clocks() {
    let server = b"\x24\x01\x08\xec\0\0\0\x80\0\0\0\x41GPS\0\xdb\xac\x1c\x27\xf6\xd6\xd3\x94\
        \0\0\0\0\0\0\0\0\0\0\0\x01\x80\0\0\0\xdb\xac\x1c\x28\x82\x0e\x14\x8d";
    assert_eq!(
        told(UDP, [123, 40000], server),
        "ntp server: leap 0, version 4, mode 4, stratum 1, poll 8, precision -20, root_delay_us 1953, \
         root_dispersion_us 991, reference GPS, reference_time 1476500903964215491, \
         receive_time 2085978497500000000, transmit_time 1476500904508027347"
    );
    let mut request = vec![1, 2, 0, 44, 0, 0, 0, 0];
    request.extend([0; 12]);
    request.extend(b"\x7c\xfe\x90\xff\xfe\xf9\x50\xb4\0\x01\0\x84\x01\x7f\0\0\0\0\0\x09\0\0\0\x07");
    assert_eq!(
        told(UDP, [319, 319], &request),
        "ptp delay_request: type 1, version 2, message_length 44, domain 0, flags 0x0, correction 0x0, \
         clock 0x7cfe90fffef950b4, port 1, sequence 132, log_interval 127, time_seconds 9, \
         time_nanoseconds 7"
    );
    assert_eq!(
        told(
            UDP,
            [525, 525],
            b"\x18\x01\x3c\x8a\x0a\0\0\0\0\0\0\0OTTO.lab.test\0\0\0"
        ),
        "timed loop: type 24, version 1, sequence 15498, hop_count 10, host OTTO.lab.test"
    );
}

#[test]
fn neighbors_and_routes() {
    let hsrp = b"\0\0\x10\x03\x0a\x64\x01\0cisco\0\0\0\xc0\xa8\0\x01";
    assert_eq!(
        told(UDP, [1985, 1985], hsrp),
        "hsrp hello: version 0, type 0, state 16, hello_time 3, hold_time 10, priority 100, group 1, \
         authentication cisco, virtual_address 192.168.0.1"
    );
    let bfd = [
        &[0x23, 0xe0, 3, 24, 0, 0, 0, 1, 0, 0, 0, 2][..],
        &[300_000_u32, 0, 7].map(u32::to_be_bytes).concat(),
    ]
    .concat();
    assert_eq!(
        told(UDP, [49152, 3784], &bfd),
        "bfd -: version 1, diagnostic 3, state 3, poll yes, multiplier 3, my_discriminator 0x1, \
         your_discriminator 0x2, desired_tx_us 300000, required_rx_us 0, required_echo_rx_us 7"
    );
    let rip = b"\x02\x02\0\0\xff\xff\0\x02secret\0\0\0\0\0\0\0\0\0\0\
        \0\x02\0\x05\x0a\x01\0\0\xff\xff\0\0\0\0\0\0\0\0\0\x03";
    assert_eq!(
        told(UDP, [520, 520], rip),
        "rip response: type 2, version 2, routes [authentication 2 73656372657400000000000000000000]\
         [- 2 5 10.1.0.0 255.255.0.0 0.0.0.0 3]"
    );
    let rip_1 = b"\x02\x01\0\0\0\x02\0\0\x0a\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\x03";
    assert_eq!(
        told(UDP, [520, 520], rip_1),
        "rip response: type 2, version 1, routes [- 2 10.1.0.0 3]"
    );
    // An advertisement, which RFC 2281 does not describe.
    assert_eq!(
        told(UDP, [1985, 1985], b"\0\x03\0\x01\0\x0a\x02\0"),
        "hsrp -: version 0, type 3, data 0001000a0200"
    );
    let ng = b"\x02\x01\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\x02";
    assert_eq!(
        told(UDP, [521, 521], ng),
        "ripng response: type 2, version 1, routes [- 2001:db8:: 0 32 2]"
    );
    let olsr = b"\0\x10\0\x09\x01\x86\0\x0c\x0a\0\0\x01\x01\0\0\x07";
    assert_eq!(
        told(UDP, [698, 698], olsr),
        "olsr hello: packet_length 16, packet_sequence 9, type 1, valid 0x86, message_length 12, \
         originator 10.0.0.1, ttl 1, hop_count 0, sequence 7"
    );
    assert_eq!(told(UDP, [698, 698], b"\x40\x10\0\x09"), "");
    let register = b"\x32\0\x01\x02\xc4\x21\x82\x28\x89\x2d\x20\xa4\0\x01\0\x14";
    assert_eq!(
        told(UDP, [4342, 4342], register),
        "lisp map_register: type 3, xtr_id_present yes, want_notify yes, record_count 2, \
         nonce 0xc4218228892d20a4, key_id 0, algorithm 1, authentication_length 20"
    );
    let prefix = b"\x01\x04\0\0\0\0\0\x14\x01\x18\x18\0\xc0\0\x02\0\0\0\xfd\xe8";
    assert_eq!(
        told(TCP, [323, 40000], prefix),
        "rpki_router ipv4_prefix: version 1, type 4, message_length 20, announcement yes, \
         prefix_length 24, longest 24, prefix 192.0.2.0, autonomous_system 65000"
    );
    assert_eq!(
        told(TCP, [40000, 323], b"\x01\x01\0\x07\0\0\0\x0c\0\0\0\x09"),
        "rpki_router serial_query: version 1, type 1, message_length 12, session 7, serial 9"
    );
    assert_eq!(
        told(TCP, [323, 40000], b"\xb1\xb1\xb1\xb1\xb1\xb1\xb1\xb1"),
        ""
    );
}

#[test]
fn label_switching() {
    let pdu = |kind: u16, own: &[u8]| {
        let head = b"\0\x01\0\x26\xc0\0\x02\x01\0\0";
        [&head[..], &kind.to_be_bytes(), &[0, 28, 0, 0, 0, 8], own].concat()
    };
    let header = "version 1, pdu_length 38, router_id 192.0.2.1, label_space 0";
    assert_eq!(
        told(
            UDP,
            [646, 646],
            &pdu(0x100, b"\x04\0\0\x04\0\x0f\0\0\x04\x01\0\x04\xc0\0\x02\x09")
        ),
        format!(
            "ldp hello: {header}, type 256, message_length 28, id 0x8, hold_time 15, \
             transport_address 192.0.2.9"
        )
    );
    assert_eq!(
        told(
            TCP,
            [646, 40000],
            &pdu(0x200, b"\x05\0\0\x0e\0\x01\0\x1e\0\0\0\0\xc0\0\x02\x09")
        ),
        format!(
            "ldp initialization: {header}, type 512, message_length 28, id 0x8, keepalive 30, \
             receiver 192.0.2.9"
        )
    );
    assert_eq!(
        told(TCP, [646, 40000], &pdu(1, b"\x03\0\0\x0a\x80\0\0\x0a")),
        format!(
            "ldp notification: {header}, type 1, message_length 28, id 0x8, fatal yes, status 10"
        )
    );
    assert_eq!(told(UDP, [646, 646], b"\0\x02\0\x26"), "");
    let reply = b"\0\x01\0\0\x02\x02\x03\0\0\0\0\x09\0\0\0\x01\xe3\x0e\x73\x4b\x53\x89\xf0\0\0\0\0\0\0\0\0\0";
    assert_eq!(
        told(UDP, [3503, 40000], reply),
        "lsp_ping echo_reply: version 1, flags 0x0, type 2, reply_mode 2, return_code 3, \
         return_subcode 0, sender 0x9, sequence 1, sent 1600386251326323509"
    );
    assert_eq!(
        told(UDP, [701, 701], b"\x10\0\x01\x04\0\x10\0\0"),
        "lmp hello: version 1, control_channel_down yes, type 4, message_length 16"
    );
}

#[test]
fn calls_and_commands() {
    let call = [7_u32, 0, 2, 100_003, 3, 4].map(u32::to_be_bytes).concat();
    let fields = "id 0x7, type 0, rpc_version 2, program 100003, program_version 3, procedure 4";
    assert_eq!(
        told(UDP, [40000, 2049], &call),
        format!("rpc nfs_call: {fields}")
    );
    let marked = [&[0x80, 0, 0, 40][..], &call].concat();
    assert_eq!(
        told(TCP, [40000, 2049], &marked),
        format!("rpc nfs_call: {fields}")
    );
    let reply = [7_u32, 1, 0].map(u32::to_be_bytes).concat();
    assert_eq!(
        told(UDP, [111, 40000], &reply),
        "rpc reply: id 0x7, type 1, status 0"
    );
    assert_eq!(told(TCP, [40000, 2049], &[0x7f; 24]), "");
    let mut start = b"\0\x9c\0\x01\x1a\x2b\x3c\x4d\0\x01\0\0\x01\0\0\0".to_vec();
    start.resize(28, 0);
    start.extend(b"lab");
    start.resize(92, 0);
    start.extend(b"test");
    start.resize(156, 0);
    assert_eq!(
        told(TCP, [40000, 1723], &start),
        "pptp start_request: message_length 156, cookie 0x1a2b3c4d, type 1, protocol_version 0x100, \
         host_name lab, vendor test"
    );
    assert_eq!(
        told(TCP, [40000, 6379], b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
        "resp array: line *2, command GET"
    );
    assert_eq!(
        told(TCP, [6379, 40000], b"-ERR no\r\n"),
        "resp error: line -ERR no"
    );
    assert_eq!(
        told(
            TCP,
            [40000, 23],
            b"\xff\xfa\x1f\0\x50\0\x20\xff\xf0\xff\xfd\x03\xff\xf9\xff\xfa"
        ),
        "telnet -: commands [subnegotiation 31 00500020][do 3][go_ahead ]"
    );
    assert_eq!(told(TCP, [23, 40000], b"login: "), "telnet -: line login: ");
}

#[test]
fn devices() {
    let coa = [&[43, 0xa6, 0, 25][..], &[0xab; 16]].concat();
    assert_eq!(
        told(UDP, [40000, 1700], &coa),
        format!(
            "radius coa_request: type 43, id 166, message_length 25, authenticator {}",
            "ab".repeat(16)
        )
    );
    let mut sflow = [5_u32, 1].map(u32::to_be_bytes).concat();
    sflow.extend([192, 0, 2, 1]);
    sflow.extend([0_u32, 9, 1000, 1].map(u32::to_be_bytes).concat());
    assert_eq!(
        told(UDP, [40000, 6343], &sflow),
        "sflow -: version 5, agent 192.0.2.1, sub_agent 0, sequence 9, uptime_ms 1000, sample_count 1"
    );
    assert_eq!(
        told(TCP, [6653, 40000], b"\x04\x02\0\x08\0\0\0\x07"),
        "openflow echo_request: version 4, type 2, message_length 8, transaction 0x7"
    );
    assert_eq!(told(TCP, [6653, 40000], b"\x99\x02\0\x08\0\0\0\x07"), "");
}

#[test]
fn the_user_of_snmp_version_3() {
    let user = b"\x30\x15\x04\x03eng\x02\x01\x05\x02\x01\x09\x04\x05admin\x04\x01a\x04\0";
    let mut message =
        b"\x30\x4c\x02\x01\x03\x30\x0d\x02\x01\x07\x02\x02\x05\xdc\x04\x01\x05\x02\x01\x03"
            .to_vec();
    message[6] = 13;
    message.extend([4, u8::try_from(user.len()).unwrap()]);
    message.extend(user);
    let header = "version 3, message_id 7, max_size 1500, authenticated yes, reportable yes, \
                  security_model 3, engine 656e67, engine_boots 5, engine_time 9, user admin";
    let plain = b"\x30\x1c\x04\x03eng\x04\0\xa0\x13\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x08\x30\x06\x06\x02\x2b\x06\x05\0";
    assert_eq!(
        told(UDP, [40000, 161], &[&message[..], plain].concat()),
        format!("snmp get: {header}, variables 1")
    );
    let encrypted = b"\x04\x04\x01\x02\x03\x04";
    assert_eq!(
        told(UDP, [40000, 161], &[&message[..], encrypted].concat()),
        format!("snmp -: {header}")
    );
}
