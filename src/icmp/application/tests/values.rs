//! Options and attributes inside of messages, each message cut at every length.

use super::{UDP, told, told_of};
use crate::icmp::application::of;
use crate::icmp::{Message, Quote};
use crate::wire::{Ip, Limit};

/// Whether an octet of that value is told anywhere, as octets that are not read or as a field.
fn tells(octets: &[u8], value: &[u8]) -> bool {
    let hex = value
        .iter()
        .fold(String::new(), |text, octet| format!("{text}{octet:02x}"));
    (0..=octets.len()).any(|length| {
        let packet = super::error(UDP, [40000, 1812], octets, length);
        let ip = Ip::parse(&packet, Limit::Frame).unwrap();
        let message = Message::parse(&ip);
        let header = message.quote().and_then(|quote: &Quote<'_>| of(quote));
        header.is_some_and(|header| {
            let unread = header.item.unread().unwrap_or_default();
            let unread = unread.windows(value.len()).any(|octets| octets == value);
            unread || told_of(UDP, [40000, 1812], octets, length).contains(&hex)
        })
    })
}

fn dhcp(options: &[u8]) -> Vec<u8> {
    let mut octets = vec![2, 1, 6, 0, 0, 0, 0, 1];
    octets.resize(236, 0);
    octets.extend([99, 130, 83, 99]);
    octets.extend(options);
    octets
}

#[test]
fn options_of_dhcp() {
    let ack = dhcp(
        b"\x35\x01\x05\x36\x04\x0a\0\0\x01\x33\x04\0\0\x0e\x10\x01\x04\xff\xff\xff\0\
          \x03\x04\x0a\0\0\xfe\x06\x08\x08\x08\x08\x08\x08\x08\x04\x04\0\0\x0c\x03pc1\
          \x32\x04\x0a\0\0\x4d\x3c\x03MSF\x3d\x02\x01\x02\x37\x02\x01\x03\
          \x51\x06\0\0\0pc1\x5a\x03xyz\xe0\x01\x07\xff\x09\x09",
    );
    let text = told(UDP, [67, 68], &ack);
    let (start, options) = text.split_once(", options ").unwrap();
    assert!(start.starts_with("dhcp ack: op 2"), "{start}");
    assert_eq!(
        options,
        "[message_type 53 5][server_id 54 10.0.0.1][lease_time 51 Seconds(3600)]\
         [subnet_mask 1 255.255.255.0][routers 3 V4List([10, 0, 0, 254])]\
         [dns_servers 6 V4List([8, 8, 8, 8, 8, 8, 4, 4])][host_name 12 pc1]\
         [requested_address 50 10.0.0.77][vendor_class 60 MSF][client_id 61 0102]\
         [parameter_requests 55 NumberList(1, [1, 3])][full_name 81 pc1][authentication 90 3][- 224 07]"
    );
    // Of a length that does not fit.
    let odd = dhcp(b"\x36\x03\x0a\0\0\x03\x03\x0a\0\0\x35\x01\x63\xff");
    let text = told(UDP, [67, 68], &odd);
    assert!(text.starts_with("dhcp reply: "), "{text}");
    assert!(
        text.ends_with("[server_id 54 0a0000][routers 3 0a0000][message_type 53 99]"),
        "{text}"
    );
}

#[test]
fn options_of_dhcp_for_ipv6() {
    let reply = b"\x07\x01\x02\x03\0\x01\0\x0a\0\x03\0\x01\x02\x02\x02\x02\x02\x02\0\x02\0\x02\0\x09\
        \0\x03\0\x30\0\0\0\x09\0\0\0\x64\xff\xff\xff\xff\
        \0\x05\0\x20\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\x3c\0\0\0\x78\
        \0\x0d\0\x04\0\0ok\
        \0\x17\0\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x35\0\x18\0\x05\x03lab\0\0\x08\0\x02\0\x01\
        \0\x06\0\x04\0\x17\0\x18\x7f\xff\0\x01\x02";
    assert_eq!(
        told(UDP, [547, 546], reply),
        "dhcp6 reply: type 7, transaction 0x10203, options [client_id 1 00030001020202020202]\
         [server_id 2 0009][ia_na 3 0x9 Seconds(100) Seconds(4294967295) \
         [ia_address 5 2001:db8::5 Seconds(60) Seconds(120) [status_code 13 0 ok]]]\
         [dns_servers 23 V6List([32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 53])]\
         [domain_search 24 DnsNames([3, 108, 97, 98, 0])][elapsed_time 8 1]\
         [option_requests 6 NumberList(2, [0, 23, 0, 24])][- 32767 02]"
    );
    let relayed = [
        &[12, 1][..],
        &[0; 32],
        b"\0\x09\0\x08\x01\xaa\xbb\xcc\0\x0e\0\0",
    ]
    .concat();
    assert!(
        told(UDP, [547, 547], &relayed)
            .ends_with("peer ::, options [relay_message 9 1 0xaabbcc [rapid_commit 14]]")
    );
    // Options in options, without end.
    let mut deep = vec![1, 0, 0, 0];
    for left in (1..=31_u8).rev() {
        deep.extend([0, 4, 0, left * 8 - 4, 0, 0, 0, left]);
    }
    let text = told(UDP, [546, 547], &deep);
    assert_eq!(text.matches("ia_ta").count(), 4, "{text}");
}

#[test]
fn attributes_of_radius_but_for_secrets() {
    let mut request = [&[1, 5, 0, 0][..], &[0xab; 16]].concat();
    request
        .extend(b"\x01\x05bob\x02\x12\x5eSECRETSECRETSE\x5e\x04\x06\x0a\0\0\x01\x05\x06\0\0\0\x07");
    request.extend(
        b"\x1b\x06\0\0\0\x3c\x1f\x08020202\x06\x06\0\0\0\x02\x1a\x0d\0\0\x01\x37\x10\x07KEYEY",
    );
    request[3] = u8::try_from(request.len()).unwrap();
    let text = told(UDP, [40000, 1812], &request);
    let (_, attributes) = text.split_once(", attributes ").unwrap();
    assert_eq!(
        attributes,
        "[user_name 1 bob][user_password 2 18][nas_ip_address 4 10.0.0.1][nas_port 5 7]\
         [session_timeout 27 Seconds(60)][calling_station_id 31 020202][service_type 6 2]\
         [vendor_specific 26 13 311 16]"
    );
    assert!(tells(&request, b"0202"), "of one that is cut");
    for secret in [&b"SEC"[..], b"RET", b"KEY", b"EY"] {
        assert!(!tells(&request, secret), "{secret:?}");
    }
    let status = b"\x04\x01\0\x1a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x28\x06\0\0\0\x01behind";
    assert!(told(UDP, [40000, 1813], status).ends_with("attributes [acct_status_type 40 1]"));
    // One of a length that is less than that of its head.
    let bad = b"\x04\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x28\x01\0\0";
    assert!(!told(UDP, [40000, 1813], bad).contains("acct_status_type"));
}

#[test]
fn proposals_of_ike() {
    let header = |next: u8, version: u8, exchange: u8, rest: &[u8]| {
        let mut octets = vec![0x11; 16];
        octets.extend([next, version, exchange, 0, 0, 0, 0, 0]);
        octets.extend(u32::try_from(28 + rest.len()).unwrap().to_be_bytes());
        octets.extend(rest);
        octets
    };
    let first = header(
        1,
        0x10,
        2,
        b"\0\0\0\x38\0\0\0\x01\0\0\0\x01\0\0\0\x2c\x01\x01\0\x01\0\0\0\x24\x01\x01\0\0\
          \x80\x01\0\x05\x80\x02\0\x02\x80\x03\0\x01\x80\x04\0\x02\x80\x0b\0\x01\0\x0c\0\x04\0\x01\x51\x80",
    );
    let start = |version: u8, exchange: &str, length: usize| {
        format!(
            "ike {exchange}: initiator_spi 0x1111111111111111, responder_spi 0x1111111111111111, \
             version {version}, type {}, flags 0x0, id 0x0, message_length {length}, ",
            if version == 1 { 2 } else { 34 }
        )
    };
    assert_eq!(
        told(UDP, [500, 500], &first),
        start(1, "identity_protection", 84)
            + "situation 0x1, proposals [- 1 1 [- 1 1 [encryption 1 5][hash 2 2]\
               [authentication 3 1][group 4 2][life_type 11 1][life_duration 12 86400]]]"
    );
    let second = header(
        33,
        0x20,
        34,
        b"\x22\0\0\x24\0\0\0\x20\x01\x01\0\x02\x03\0\0\x0c\x01\0\0\x14\x80\x0e\x01\0\
          \0\0\0\x08\x04\0\0\x1f\xff\xff\xff\xff\x28\0\0\x08",
    );
    // The proposal says that it is longer than it is; what is behind the association is none of it.
    assert_eq!(
        told(UDP, [500, 500], &second),
        start(2, "ike_sa_init", 68)
            + "proposals [- 1 1 [encryption 1 20 [key_length 14 256]][key_exchange 4 31]]"
    );
    let mut encrypted = first;
    encrypted[19] = 1;
    assert!(!told(UDP, [500, 500], &encrypted).contains("proposals"));
}

#[test]
fn headers_of_sip() {
    let invite = b"INVITE sip:b@x SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.1;branch=z9\r\n\
        Via: SIP/2.0/UDP 10.0.0.2\r\nMax-Forwards: 70\r\nTo : <sip:b@x>\r\nFrom:\t<sip:a@x>;tag=1\r\n\
        CALL-ID: 12@x\r\nCSeq: 1 INVITE\r\n\r\nTo: body\r\n";
    assert_eq!(
        told(UDP, [5060, 5060], invite),
        "sip -: line INVITE sip:b@x SIP/2.0, via SIP/2.0/UDP 10.0.0.1;branch=z9, to <sip:b@x>, \
         from <sip:a@x>;tag=1, call_id 12@x, cseq 1 INVITE"
    );
    let at = |end: &str| {
        let text = std::str::from_utf8(invite).unwrap();
        text.find(end).unwrap() + end.len()
    };
    assert_eq!(
        told_of(UDP, [5060, 5060], invite, at("CALL-ID: 1")),
        "sip -: line INVITE sip:b@x SIP/2.0, via SIP/2.0/UDP 10.0.0.1;branch=z9, to <sip:b@x>, \
         from <sip:a@x>;tag=1, call_id 1..."
    );
}
