//! Headers with fixed places, and those of servers and brokers, each cut at every length.

use super::{GRE, TCP, UDP, told, told_of};

/// A header, and `length` zero octets.
fn padded(header: &[u8], length: usize) -> Vec<u8> {
    let mut octets = header.to_vec();
    octets.resize(length, 0);
    octets
}

#[test]
fn the_core_of_a_mobile_network() {
    assert_eq!(
        told(UDP, [2123, 2123], b"\x32\x01\0\x04\0\0\0\0\x0c\0\0\0"),
        "gtp echo_request: version 1, type 1, message_length 4, teid 0x0, sequence 3072"
    );
    assert_eq!(
        told(UDP, [2123, 40000], b"\x48\x20\0\x08\0\0\0\x07\0\0\x09\0"),
        "gtp create_session_request: version 2, type 32, message_length 8, teid 0x7, sequence 9"
    );
    assert_eq!(
        told(UDP, [2123, 2123], b"\x40\x02\0\x04\0\0\x09\0"),
        "gtp echo_response: version 2, type 2, message_length 4, sequence 9"
    );
    let two = b"\x58\x21\0\x08\0\0\0\x07\0\0\x09\0\x48\x5f\0\x08\0\0\0\x07\0\0\x0a\0";
    assert_eq!(
        told(UDP, [2123, 2123], two),
        "gtp create_session_response: version 2, piggybacked yes, type 33, message_length 8, teid 0x7, \
         sequence 9"
    );
    for wrong in [
        // Of another length, and of version 3.
        &b"\x32\x01\0\x05\0\0\0\0\x0c\0\0\0"[..],
        b"\x68\x20\0\x08\0\0\0\x07\0\0\x09\0",
    ] {
        assert_eq!(told(UDP, [2123, 2123], wrong), "");
    }
    let old = b"\x1e\x10\0\x02\0\x05\0\x06\xff\xff\xff\xff\x42\x00\x01\x21\x43\x65\x87\xf9ab";
    assert_eq!(
        told(UDP, [3386, 3386], old),
        "gtp create_pdp_context_request: version 0, type 16, message_length 2, sequence 5, flow_label 6, \
         tid 0x240010123456789f"
    );
    assert_eq!(
        told(UDP, [3386, 3386], b"\x4e\xf0\0\x02\0\x05ab"),
        "gtp_prime data_record_transfer_request: version 2, type 240, message_length 2, sequence 5"
    );
    assert_eq!(
        told(UDP, [8805, 8805], b"\x20\x01\0\x0c\0\0\x01\0abcdefgh"),
        "pfcp heartbeat_request: version 1, type 1, message_length 12, sequence 1"
    );
    assert_eq!(
        told(
            UDP,
            [8805, 8805],
            b"\x21\x32\0\x0c\0\0\0\0\0\0\0\x09\0\0\x01\0"
        ),
        "pfcp session_establishment_request: version 1, type 50, message_length 12, session 0x9, sequence 1"
    );
    assert_eq!(
        told(UDP, [8805, 8805], b"\x20\x01\0\x0d\0\0\x01\0abcdefgh"),
        ""
    );
}

/// 3GPP TS 29.060 section 6: with any of the flags E, S and PN all three fields are there, and each means
/// something with its own alone.
#[test]
fn control_of_gtp_has_what_its_flags_tell() {
    let common = "gtp echo_request: version 1, type 1, message_length";
    let fields = ["", "", ", sequence 4660", ", sequence 4660"];
    for (flags, sequence) in (0_u8..4).zip(fields) {
        let optional: &[u8] = if flags == 0 { &[] } else { b"\x12\x34\x56\0" };
        let length = 2 + u8::try_from(optional.len()).unwrap();
        let header = [0x30 | flags, 1, 0, length, 0, 0, 0, 9];
        assert_eq!(
            told(
                UDP,
                [2123, 2123],
                &[&header, optional, b"\x0e\x01"].concat()
            ),
            format!("{common} {length}, teid 0x9{sequence}")
        );
        let header = [0x34 | flags, 1, 0, 10, 0, 0, 0, 9];
        let extended = b"\x12\x34\x56\xc0\x01\xab\xcd\0\x0e\x01";
        let text = format!("{common} 10, teid 0x9{sequence}, next_extension 0xc0");
        assert_eq!(
            told(UDP, [2123, 2123], &[&header, &extended[..]].concat()),
            text
        );
    }
}

#[test]
fn exports_of_flows() {
    let five = padded(
        b"\0\x05\0\x01\0\0\x03\xe8\0\0\0\x09\0\0\0\x08\0\0\0\x07\x01\x02\x40\x0a",
        72,
    );
    assert_eq!(
        told(UDP, [40000, 2055], &five),
        "netflow -: version 5, record_count 1, uptime_ms 1000, time_seconds 9, time_nanoseconds 8, sequence 7, \
         engine_type 1, engine_id 2, sampling_mode 1, sampling_interval 10"
    );
    assert_eq!(told(UDP, [40000, 2055], &five[..71]), "", "half a record");
    let nine = padded(
        b"\0\x09\0\x01\0\0\x03\xe8\0\0\0\x09\0\0\0\x08\0\0\0\x07",
        30,
    );
    assert_eq!(
        told(UDP, [40000, 9995], &nine),
        "netflow -: version 9, record_count 1, uptime_ms 1000, time_seconds 9, sequence 8, source 7"
    );
    for (version, length) in [(1, 16 + 52), (7, 24 + 52)] {
        let export = padded(&[0, version, 0, 1], length);
        let text = told(UDP, [40000, 2055], &export);
        assert!(
            text.starts_with(&format!("netflow -: version {version}, ")),
            "{text}"
        );
    }
    let eight = padded(
        b"\0\x08\0\x02\0\0\x03\xe8\0\0\0\x09\0\0\0\x08\0\0\0\x07\x01\x02\x03\x02",
        28 + 2 * 32,
    );
    assert_eq!(
        told(UDP, [40000, 2055], &eight),
        "netflow -: version 8, record_count 2, uptime_ms 1000, time_seconds 9, time_nanoseconds 8, sequence 7, \
         engine_type 1, engine_id 2, aggregation 3, aggregation_version 2"
    );
    for wrong in [28, 28 + 2 * 32 - 1, 28 + 2 * 24, 28 + 2 * 48] {
        assert_eq!(told(UDP, [40000, 2055], &padded(&eight[..24], wrong)), "");
    }
    let ipfix = b"\0\x0a\0\x14\0\0\0\x09\0\0\0\x08\0\0\0\x07abcd";
    assert_eq!(
        told(UDP, [40000, 4739], ipfix),
        "ipfix -: version 10, message_length 20, time_seconds 9, sequence 8, observation_domain 7"
    );
    assert_eq!(told(UDP, [40000, 4739], &ipfix[..19]), "");
}

#[test]
fn machines_and_buildings() {
    assert_eq!(
        told(UDP, [40000, 623], b"\x06\0\xff\x06\0\0\x11\xbe\x80\x05\0\0"),
        "rmcp presence_ping: version 6, rmcp_sequence 255, class 6, enterprise 4542, type 0x80, tag 5, \
         data_length 0"
    );
    assert_eq!(
        told(
            UDP,
            [40000, 623],
            b"\x06\0\xff\x07\x06\x10\0\0\0\0\0\0\0\0\x20\0"
        ),
        "ipmi open_session_request: version 6, rmcp_sequence 255, class 7, authentication_type 6, type 16, \
         session 0x0, sequence 0, message_length 32"
    );
    assert_eq!(
        told(
            UDP,
            [40000, 623],
            b"\x06\0\xff\x07\x02\x01\0\0\0\x09\0\0\0secretsecretsecr\x07"
        ),
        "ipmi -: version 6, rmcp_sequence 255, class 7, authentication_type 2, sequence 1, session 0x9"
    );
    assert_eq!(
        told(UDP, [40000, 623], b"\x05\0\xff\x06\0\0\x11\xbe\x80\x05\0\0"),
        ""
    );
    let bacnet = b"\x81\x0b\0\x0c\x01\x20\xff\xff\0\xff\x10\x08";
    assert_eq!(
        told(UDP, [47808, 47808], bacnet),
        "bacnet original_broadcast_npdu: type 11, message_length 12, network_version 1, network_control 0x20"
    );
    assert_eq!(
        told(
            UDP,
            [47808, 47808],
            b"\x81\x04\0\x0c\x0a\0\0\x01\xba\xc0\x01\x20"
        ),
        "bacnet forwarded_npdu: type 4, message_length 12, source 10.0.0.1, source_port 47808, \
         network_version 1, network_control 0x20"
    );
    assert_eq!(
        told(UDP, [47808, 47808], b"\x81\x05\0\x06\0\x3c"),
        "bacnet register_foreign_device: type 5, message_length 6"
    );
    assert_eq!(told(UDP, [47808, 47808], &bacnet[..11]), "");
    assert_eq!(
        told(TCP, [40000, 502], b"\0\x07\0\0\0\x06\x01\x03\0\0\0\x0a"),
        "modbus read_holding_registers: transaction 7, message_length 6, unit 1, type 3"
    );
    assert_eq!(
        told(TCP, [502, 40000], b"\0\x07\0\0\0\x03\x01\x83\x02"),
        "modbus read_holding_registers: transaction 7, message_length 3, unit 1, exception yes, type 3"
    );
    assert_eq!(
        told(TCP, [502, 40000], b"\0\x07\0\x01\0\x03\x01\x83\x02"),
        ""
    );
    assert_eq!(
        told(
            UDP,
            [30490, 30490],
            b"\xff\xff\x81\0\0\0\0\x08\0\0\0\x05\x01\x01\x02\0"
        ),
        "some_ip notification: service 0xffff, method 0x8100, message_length 8, client 0x0, session 5, \
         version 1, interface_version 1, type 0x2, return_code 0"
    );
}

/// The CIP Networks Library, volume 2, sections 2-3 to 2-6: numbers have their low octet first.
#[test]
fn ethernet_ip() {
    let list = padded(b"\x63\0\0\0\0\0\0\0\0\0\0\0\xc1\xde\xbe\xd1", 24);
    assert_eq!(
        told(UDP, [40000, 44818], &list),
        "ethernet_ip list_identity: type 99, message_length 0, session 0x0, status 0x0, \
         context c1debed100000000, options 0x0"
    );
    let data = b"\x6f\0\x02\0\x01\x02\x03\x04\0\0\0\0abcdefgh\0\0\0\0\x07\x08";
    assert_eq!(
        told(TCP, [40000, 44818], data),
        "ethernet_ip send_request_reply_data: type 111, message_length 2, session 0x4030201, status 0x0, \
         context 6162636465666768, options 0x0"
    );
    // Of another length, and of a command that there is not.
    let changed = |at: usize, to: u8| {
        let mut octets = list.clone();
        octets[at] = to;
        octets
    };
    for wrong in [changed(2, 1), changed(0, 0x10)] {
        assert_eq!(told(UDP, [40000, 44818], &wrong), "");
    }
    let sent = b"\x02\0\x02\x80\x08\0\x04\x03\x02\x01\x09\0\0\0\xb1\0\x04\0\x07\0ab";
    assert_eq!(
        told(UDP, [2222, 2222], sent),
        "ethernet_ip_io -: connection 0x1020304, sequence 9, data_length 4"
    );
    let three_items = [&[3], &sent[1..]].concat();
    assert_eq!(told(UDP, [2222, 2222], &three_items), "");
}

/// Version 1 of the `X Display Manager Control Protocol`, section 3.
#[test]
fn displays_and_their_managers() {
    let told = |octets: &[u8]| told(UDP, [40000, 177], octets);
    assert_eq!(
        told(b"\0\x01\0\x02\0\x01\0"),
        "xdmcp query: version 1, type 2, message_length 1"
    );
    assert_eq!(
        told(b"\0\x01\0\x07\0\x04\0\x03\0\0"),
        "xdmcp request: version 1, type 7, message_length 4, display 3"
    );
    for (kind, name) in [(8, "accept"), (11, "refuse"), (12, "failed")] {
        assert_eq!(
            told(&[0, 1, 0, kind, 0, 4, 0, 0, 0, 9]),
            format!("xdmcp {name}: version 1, type {kind}, message_length 4, session 0x9")
        );
    }
    assert_eq!(
        told(b"\0\x01\0\x0a\0\x06\0\0\0\x09\0\x03"),
        "xdmcp manage: version 1, type 10, message_length 6, session 0x9, display 3"
    );
    assert_eq!(
        told(b"\0\x01\0\x0d\0\x06\0\x03\0\0\0\x09"),
        "xdmcp keep_alive: version 1, type 13, message_length 6, display 3, session 0x9"
    );
    assert_eq!(
        told(b"\0\x01\0\x0e\0\x05\x01\0\0\0\x09"),
        "xdmcp alive: version 1, type 14, message_length 5, running yes, session 0x9"
    );
    // Of another length, version or type.
    for wrong in [
        b"\0\x01\0\x02\0\x02\0",
        b"\0\x02\0\x02\0\x01\0",
        b"\0\x01\0\x0f\0\x01\0",
    ] {
        assert_eq!(told(wrong), "");
    }
}

#[test]
fn services_of_networks() {
    assert_eq!(
        told(
            UDP,
            [40000, 427],
            b"\x02\x01\0\0\x10\x20\0\0\0\0\xbd\x09\0\x02en"
        ),
        "slp service_request: version 2, type 1, message_length 16, multicast yes, extension_offset 0, \
         transaction 48393, language_length 2"
    );
    assert_eq!(
        told(UDP, [40000, 427], b"\x01\x06\0\x0e\0\0en\0\x03\0\x09ab"),
        "slp attribute_request: version 1, type 6, message_length 14, flags 0x0, dialect 0, language en, \
         character_set 3, transaction 9"
    );
    assert_eq!(
        told(UDP, [40000, 464], b"\0\x08\xff\x80\0\x02ab"),
        "kpasswd -: message_length 8, version 0xff80, ap_length 2"
    );
    let reset = b"\x38\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0";
    assert_eq!(
        told(UDP, [40000, 1194], reset),
        "openvpn hard_reset_client_2: type 7, key 0, session 0x102030405060708"
    );
    assert_eq!(
        told(UDP, [1194, 40000], b"\x4a\0\0\x05data"),
        "openvpn data_2: type 9, key 2, peer 5"
    );
    assert_eq!(
        told(
            UDP,
            [1194, 40000],
            b"\x39\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0"
        ),
        ""
    );
    let request = b"\x01\x40\0\x02\0\0\0\x09\x0a\0\0\x02\0\0\0\0\x0a\0\0\x01\0\0\0\x01";
    assert_eq!(
        told(UDP, [654, 654], request),
        "aodv route_request: type 1, repair yes, hop_count 2, id 9, destination 10.0.0.2, \
         destination_sequence 0, originator 10.0.0.1, originator_sequence 1"
    );
    assert_eq!(
        told(
            UDP,
            [654, 654],
            b"\x02\x40\0\x02\x0a\0\0\x02\0\0\0\x05\x0a\0\0\x01\0\0\x0b\xb8"
        ),
        "aodv route_reply: type 2, acknowledgment_required yes, prefix_size 0, hop_count 2, \
         destination 10.0.0.2, destination_sequence 5, originator 10.0.0.1, lifetime_ms 3000"
    );
    assert_eq!(
        told(UDP, [654, 654], b"\x03\0\0\x01\x0a\0\0\x02\0\0\0\x05"),
        "aodv route_error: type 3, destination_count 1, destination 10.0.0.2, destination_sequence 5"
    );
    assert_eq!(
        told(UDP, [654, 654], b"\x03\0\0\x02\x0a\0\0\x02\0\0\0\x05"),
        ""
    );
}

#[test]
fn addresses_of_home_networks_and_calls() {
    let ahcp = padded(
        b"\x2b\x01\x01\x01\0\0\0\x09\0\0\0\0\0\0\0\x07\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        28,
    );
    assert_eq!(
        told(UDP, [5359, 5359], &ahcp),
        "ahcp request: version 1, hop_count 1, original_hop_count 1, nonce 0x9, source 0x7, \
         destination 0xffffffffffffffff, type 2, message_length 0"
    );
    let hncp = b"\0\x03\0\x08\0\0\0\x07\0\0\0\x01\0\x04\0\x08\x01\x02\x03\x04\x05\x06\x07\x08\
        \0\x05\0\x17\0\0\0\x07\0\0\0\x02\0\0\0\x03\x01\x02\x03\x04\x05\x06\x07\x08abc\0\
        \0\x09\0\x08\0\0\0\x01\0\0\0\x64";
    assert_eq!(
        told(UDP, [8231, 8231], hncp),
        "hncp -: tlvs [node_endpoint 3 0x7 1][network_state 4 0x102030405060708]\
         [node_state 5 0x7 2 3 0x102030405060708 616263][keep_alive 9 1 100]"
    );
    assert_eq!(
        told(
            UDP,
            [4569, 40000],
            b"\x80\x05\x80\x07\0\0\0\x14\x01\x02\x06\x0d"
        ),
        "iax2 registration_request: source_call 5, sent_again yes, destination_call 7, timestamp_ms 20, \
         out_sequence 1, in_sequence 2, frame_type 6, type 13"
    );
    assert_eq!(
        told(
            UDP,
            [4569, 40000],
            b"\x80\x05\0\x07\0\0\0\x14\x01\x02\x02\x04voice"
        ),
        "iax2 -: source_call 5, destination_call 7, timestamp_ms 20, out_sequence 1, in_sequence 2, \
         frame_type 2"
    );
    assert_eq!(
        told(
            UDP,
            [4569, 40000],
            b"\0\x05\0\x07\0\0\0\x14\x01\x02\x06\x0d"
        ),
        ""
    );
}

#[test]
fn directories() {
    let bind = b"\x30\x84\0\0\0\x1f\x02\x01\x05\x60\x84\0\0\0\x16\x02\x01\x03\x04\x07cn=me,o\x80\x08hemmelig";
    let text = "ldap bind_request: id 5, version 3, user cn=me,o";
    assert_eq!(told(TCP, [40000, 389], bind), text);
    // Nothing of the password is told, however much was quoted of it.
    for length in bind.len() - 8..bind.len() {
        assert_eq!(told_of(TCP, [40000, 389], bind, length), text);
    }
    let sasl = b"\x30\x1b\x02\x01\x05\x60\x16\x02\x01\x03\x04\0\xa3\x0f\x04\x06GSSAPI\x04\x05token";
    assert_eq!(
        told(TCP, [40000, 389], sasl),
        "ldap bind_request: id 5, version 3, mechanism GSSAPI"
    );
    let search = b"\x30\x24\x02\x01\x02\x63\x1f\x04\x0bdc=lab,o=de\x0a\x01\x02\x0a\x01\0\x02\x01\0\x02\x01\0";
    assert_eq!(
        told(UDP, [40000, 389], search),
        "ldap search_request: id 2, object dc=lab,o=de, scope 2"
    );
    assert_eq!(
        told(
            TCP,
            [389, 40000],
            b"\x30\x0f\x02\x01\x05\x61\x0a\x0a\x01\x31\x04\0\x04\x03bad"
        ),
        "ldap bind_response: id 5, result 49, diagnostic bad"
    );
    assert_eq!(
        told(TCP, [40000, 389], b"\x30\x0b\x02\x01\x06\x4a\x06cn=you"),
        "ldap delete_request: id 6, object cn=you"
    );
    let start_tls = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
    assert_eq!(
        told(TCP, [40000, 389], start_tls),
        "ldap extended_request: id 1, request 1.3.6.1.4.1.1466.20037"
    );
    assert_eq!(
        told(TCP, [40000, 389], b"\x30\x05\x02\x01\x06\x42\0"),
        "ldap unbind_request: id 6"
    );
    assert_eq!(told(TCP, [40000, 389], b"\x30\x05\x02\x01\x06\x30\0"), "");
}

#[test]
fn brokers_and_caches() {
    let connect = b"\x10\x15\0\x04MQTT\x04\xc2\0\x3c\0\x02me\0\x01u\0\x02pw";
    let text = "mqtt connect: type 1, version 4, clean_start yes, user_name yes, password yes, keep_alive 60, \
                client_id me";
    assert_eq!(told(TCP, [40000, 1883], connect), text);
    let new = b"\x10\x0f\0\x04MQTT\x05\x02\0\x3c\0\0\x02me";
    assert_eq!(
        told(TCP, [40000, 1883], new),
        "mqtt connect: type 1, version 5, clean_start yes, keep_alive 60"
    );
    assert_eq!(
        told(TCP, [1883, 40000], b"\x20\x02\0\x05"),
        "mqtt connect_ack: type 2, return_code 5"
    );
    assert_eq!(
        told(TCP, [40000, 1883], b"\x33\x09\0\x03a/b\0\x01hi"),
        "mqtt publish: type 3, quality 1, retain yes, topic a/b"
    );
    assert_eq!(
        told(TCP, [40000, 1883], b"\x82\x08\0\x07\0\x03a/b\0"),
        "mqtt subscribe: type 8, id 7"
    );
    assert_eq!(
        told(TCP, [40000, 1883], b"\xc0\0"),
        "mqtt ping_request: type 12"
    );
    // Flags that are reserved, and lengths that do not fit.
    for wrong in [
        &b"\x80\x08\0\x07\0\x03a/b\0"[..],
        b"\xc0\0more",
        b"\x37\x09\0\x03a/b\0\x01hi",
    ] {
        assert_eq!(told(TCP, [40000, 1883], wrong), "");
    }
    assert_eq!(
        told(UDP, [40000, 11211], b"\0\x09\0\0\0\x01\0\0stats\r\n"),
        "memcached -: id 9, sequence 0, datagrams 1, line stats"
    );
    assert_eq!(
        told(UDP, [40000, 11211], b"\0\x09\0\0\0\x01\0\0hello you\r\n"),
        ""
    );
    assert_eq!(
        told(TCP, [40000, 11211], b"get key\r\n"),
        "memcached -: line get key"
    );
    let get = padded(b"\x80\0\0\x03\0\0\0\0\0\0\0\x03\0\0\0\x07", 27);
    assert_eq!(
        told(TCP, [40000, 11211], &get),
        "memcached get: magic 0x80, type 0, key_length 3, extras_length 0, status 0, message_length 3, \
         opaque 0x7"
    );
    let discovery = b"\0\x10\x02\0\0\0\0\0\0\0\0\x01\x05\0\x03\0";
    assert_eq!(
        told(UDP, [40000, 5246], discovery),
        "capwap_control discovery_request: radio 0, binding 1, type 1, sequence 5, message_length 3"
    );
    let dtls = b"\x01\0\0\0\x16\xfe\xfd\0\0\0\0\0\0\0\x01\0\x08\x01\0\0\x02";
    assert_eq!(
        told(UDP, [40000, 5246], dtls),
        "dtls client_hello: type 22, version 0xfefd, epoch 0, sequence 1, record_length 8"
    );
    assert_eq!(
        told(
            UDP,
            [40000, 5246],
            b"\0\x10\x02\0\0\0\0\0\0\0\0\x7f\x05\0\x03\0"
        ),
        ""
    );
}

#[test]
fn greetings() {
    let greeting = b"\x12\0\0\0\x0a8.0.32\0\x14\0\0\0secret";
    assert_eq!(
        told(TCP, [3306, 40000], greeting),
        "mysql greeting: message_length 18, protocol_version 10, server_version 8.0.32, connection 20"
    );
    assert_eq!(
        told(TCP, [3306, 40000], b"\x0a\0\0\0\xff\x69\x04blocked"),
        "mysql error: message_length 10, error 1129, text blocked"
    );
    assert_eq!(told(TCP, [40000, 3306], greeting), "", "of a client");
    let startup = b"\0\0\0\x2a\0\x03\0\0user\0bob\0options\0x\0database\0shop\0\0";
    assert_eq!(
        told(TCP, [40000, 5432], startup),
        "postgresql startup: message_length 42, version 3, minor_version 0, user bob, database shop"
    );
    assert_eq!(
        told(TCP, [40000, 5432], b"\0\0\0\x08\x04\xd2\x16\x2f"),
        "postgresql tls_request: message_length 8, code 80877103"
    );
    assert_eq!(told(TCP, [40000, 5432], b"\0\0\0\x09\x04\xd2\x16\x2f"), "");
    let request = b"\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=me\r\n\x01\0\x08\0\x03\0\0\0";
    assert_eq!(
        told(TCP, [40000, 3389], &request[..40]),
        "rdp connection_request: version 3, message_length 39, type 14, line Cookie: mstshash=me, \
         protocols 0x3"
    );
    assert_eq!(
        told(
            TCP,
            [3389, 40000],
            b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\x02\0\0\0"
        ),
        "rdp connection_confirm: version 3, message_length 19, type 13, protocols 0x2"
    );
    assert_eq!(
        told(TCP, [5900, 40000], b"RFB 003.008\n"),
        "rfb -: line RFB 003.008"
    );
}

#[test]
fn what_gre_carries_beside_packets() {
    const NHRP: [u16; 2] = [0, 0x2001];
    const OSI: [u16; 2] = [0, 0xfefe];
    let nhrp = b"\0\x01\x08\0\0\0\0\0\0\xff\0\x28\x12\x34\0\0\x01\x03\x04\0\
        \x04\x04\0\0\0\0\0\x05\x0a\0\x0c\x02\xc0\xa8\0\x02\xc0\xa8\0\x01";
    assert_eq!(
        told(GRE, NHRP, nhrp),
        "nhrp registration_request: address_family 1, protocol 0x800, snap 0000000000, hop_count 255, \
         packet_length 40, checksum 0x1234, extension_offset 0, version 1, message_type 3, \
         src_address_type 0x4, src_subaddress_type 0x0, request_id 5, src_nbma_address 10.0.12.2, \
         src_protocol_address 192.168.0.2, dst_protocol_address 192.168.0.1"
    );
    let hello = b"\x83\x1b\x01\0\x0f\x01\0\0\x03\x01\x02\x03\x04\x05\x06\0\x1e\0\x1b\x40\x01\x02\x03\x04\x05\x06\x09";
    assert_eq!(
        told(GRE, OSI, hello),
        "isis level_1_hello: header_length 27, id_length 0, type 15, maximum_areas 0, circuit_type 3, \
         source 010203040506, hold_time 30, message_length 27, priority 64, lan 01020304050609"
    );
    let link_state = b"\x83\x1b\x01\0\x12\x01\0\0\0\x1b\x04\xb0\x01\x02\x03\x04\x05\x06\0\0\0\0\0\x07\xab\xcd\x07";
    assert!(told(GRE, OSI, link_state).ends_with(
        "message_length 27, lifetime 1200, link_state 0102030405060000, sequence 0x7, checksum 0xabcd, \
         overload yes"
    ));
    let complete = padded(
        b"\x83\x21\x01\0\x18\x01\0\0\0\x21\x01\x02\x03\x04\x05\x06\0",
        33,
    );
    assert!(told(GRE, OSI, &complete).contains("level_1_complete_sequence_numbers: "));
    let partial = b"\x83\x11\x01\0\x1b\x01\0\0\0\x11\x01\x02\x03\x04\x05\x06\0";
    assert!(told(GRE, OSI, partial).ends_with("message_length 17, source 01020304050600"));
    assert_eq!(told(GRE, OSI, b"\x82\x11\x01\0\x1b\x01\0\0"), "");
}
