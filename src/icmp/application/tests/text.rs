//! Lines of text, and words that a quote cuts.

use super::{TCP, UDP, told, told_of};

#[test]
fn lines_of_text() {
    let request = b"GET /index.html HTTP/1.1\r\nHost: lab.test\r\n";
    assert_eq!(
        told(TCP, [40000, 9999], request),
        "http -: line GET /index.html HTTP/1.1"
    );
    assert_eq!(
        told(TCP, [25, 40000], b"220 mail.lab.test"),
        "smtp -: line 220 mail.lab.test"
    );
    assert_eq!(
        told(UDP, [40000, 1900], b"M-SEARCH * HTTP/1.1\r\n"),
        "ssdp -: line M-SEARCH * HTTP/1.1"
    );
    assert_eq!(
        told(UDP, [1900, 40000], b"HTTP/1.1 200 OK\r\n"),
        "ssdp -: line HTTP/1.1 200 OK"
    );
    assert_eq!(
        told(TCP, [40000, 43], b"lab.test\r\n"),
        "whois -: line lab.test"
    );
    assert_eq!(
        told(
            TCP,
            [40000, 8554],
            b"GET_PARAMETER rtsp://lab.test/ RTSP/1.0\r\n"
        ),
        "rtsp -: line GET_PARAMETER rtsp://lab.test/ RTSP/1.0"
    );
    for (uri, name) in [
        ("/", "http"),
        ("*", "http"),
        ("sip:a@lab.test", "sip"),
        ("rtsp://a/", "rtsp"),
    ] {
        let line = format!("OPTIONS {uri} X\r\n");
        assert_eq!(
            told(TCP, [40000, 40001], line.as_bytes()),
            format!("{name} -: line OPTIONS {uri} X")
        );
    }
    assert_eq!(told(TCP, [40000, 80], b"\x1b[2J\r\n"), "", "no text");
    assert_eq!(
        told(UDP, [40000, 33434], b"@ABCDEFGHIJKLMNO"),
        "",
        "a probe"
    );
}

#[test]
fn a_port_alone_tells_no_line_of_another_protocol() {
    // IRC on a port of HTTP; a port of TCP's in a datagram.
    assert_eq!(told(TCP, [40000, 8000], b"USER a +iw a :A B\r\n"), "");
    assert_eq!(told(UDP, [5060, 80], b"hello there\r\n"), "");
    assert_eq!(told(UDP, [40000, 25], b"hello there\r\n"), "");
    assert_eq!(told(TCP, [40000, 1900], b"hello there\r\n"), "");
}

#[test]
fn text_in_the_middle_of_a_stream_is_no_line() {
    for (port, lines) in [
        (21, &["USER a\r\n", "230-Welcome\r\n", "PASV\r\n"][..]),
        (25, &["MAIL FROM:<a@lab.test>\r\n", "250 ok\r\n"]),
        (110, &["+OK 2 octets\r\n", "-ERR no\r\n", "RETR 1\r\n"]),
        (119, &["GROUP lab.test\r\n", "211 1 2 3\r\n"]),
        (
            143,
            &[
                "a1 login a b\r\n",
                "* 5 EXISTS\r\n",
                "* OK ready\r\n",
                "A2 OK done\r\n",
            ],
        ),
        (514, &["<34>1 su: no\n"]),
        (
            5060,
            &["REFER sip:a@lab.test SIP/2.0\r\n", "SIP/2.0 200 OK\r\n"],
        ),
        (5222, &["<stream:stream to='lab.test'>"]),
        (
            6667,
            &[
                "NICK a\r\n",
                ":irc.lab.test 001 a :hello\r\n",
                "PING :a\r\n",
            ],
        ),
    ] {
        for line in lines {
            assert_ne!(told(TCP, [40000, port], line.as_bytes()), "", "{line}");
        }
        for line in [
            "this is the body of a mail\r\n",
            "Help is on its way\r\n",
            "2024 was a year\r\n",
            "OK, then\r\n",
            "* a point\r\n",
            "USE",
            "A sentence. And one more\r\n",
        ] {
            assert_eq!(
                told(TCP, [40000, port], line.as_bytes()),
                "",
                "{port} {line}"
            );
        }
    }
    for port in [1900, 2427, 3702, 5060] {
        assert_eq!(told(UDP, [40000, port], b"hello there\r\n"), "", "{port}");
    }
    assert_eq!(
        told(UDP, [40000, 2427], b"RSIP 1 a@lab.test MGCP 1.0\r\n"),
        "mgcp -: line RSIP 1 a@lab.test MGCP 1.0"
    );
}

#[test]
fn octets_that_are_no_text_hide_no_line() {
    assert_eq!(
        told(TCP, [40000, 80], b"GET /\x1b[2J HTTP/1.1\r\n"),
        "http -: line GET /\x1b[2J HTTP/1.1"
    );
    assert_eq!(
        told(TCP, [21, 40000], b"220 hello w\xf6rld\r\n"),
        "ftp -: line 220 hello w\u{fffd}rld"
    );
}

#[test]
fn the_priority_of_syslog() {
    assert_eq!(
        told(UDP, [40000, 514], b"<34>1 su: no\0"),
        "syslog -: facility 4, severity 2, line 1 su: no"
    );
    assert_eq!(
        told(UDP, [40000, 514], b"<191>x"),
        "syslog -: facility 23, severity 7, line x"
    );
    for line in ["<192>x", "<>x", "<1234>x", "<+4>x", "hello world", "<a>"] {
        assert_eq!(
            told(UDP, [40000, 514], line.as_bytes()),
            format!("syslog -: line {line}")
        );
    }
}

#[test]
fn a_word_that_the_quote_cuts_is_marked() {
    let request = b"\0\x01rfc1350.txt\0octet\0";
    assert_eq!(
        told_of(UDP, [40000, 69], request, 6),
        "tftp read: type 1, file rfc1..."
    );
    assert_eq!(
        told_of(UDP, [40000, 69], request, 17),
        "tftp read: type 1, file rfc1350.txt, mode oct..."
    );
    assert_eq!(
        told_of(TCP, [40000, 80], b"GET /index.html HTTP/1.1\r\n", 8),
        "http -: line GET /ind..."
    );
    assert_eq!(
        told_of(UDP, [40000, 514], b"<34>1 su: no", 7),
        "syslog -: facility 4, severity 2, line 1 s..."
    );
}

#[test]
fn what_a_nat_is_asked_for() {
    assert_eq!(
        told(UDP, [40000, 5351], &[0, 0]),
        "nat_pmp address_request: version 0, opcode 0"
    );
    assert_eq!(
        told(
            UDP,
            [40000, 5351],
            &[0, 2, 0, 0, 0, 22, 8, 0, 0, 0, 0x0e, 0x10]
        ),
        "nat_pmp map_tcp_request: version 0, opcode 2, internal_port 22, external_port 2048, lifetime 3600"
    );
    assert_eq!(
        told(
            UDP,
            [5351, 40000],
            &[0, 0x80, 0, 3, 0, 0, 0, 9, 192, 0, 2, 1]
        ),
        "nat_pmp address_response: version 0, opcode 0, result 3, epoch 9, external_address 192.0.2.1"
    );
    let mut map = vec![2, 1, 0, 0, 0, 0, 0, 60];
    map.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9]);
    map.extend([7; 12]);
    map.extend([17, 0, 0, 0, 0, 80, 0, 81]);
    map.extend([0; 16]);
    assert_eq!(
        told(UDP, [40000, 5351], &map),
        "pcp map_request: version 2, opcode 1, lifetime 60, client ::ffff:192.0.2.9, nonce \
         070707070707070707070707, protocol 17, internal_port 80, external_port 81, external_address ::"
    );
}

#[test]
fn what_tcp_carries_behind_a_length() {
    assert_eq!(
        told(TCP, [40000, 88], &[0, 0, 0, 235, 0x6a, 0x81]),
        "kerberos as_request: type 10"
    );
    assert_eq!(told(TCP, [40000, 88], b"what is not"), "");
    assert_eq!(
        told(TCP, [40000, 445], b"\0\0\0\x44\xfeSMB@\0"),
        "nbss message: type 0, message_length 68"
    );
    let name = b"FHEPFCELEHFCEPFFFACACACACACACABN\0";
    let call = [b"\x81\0\0\x44\x20", &name[..], b"\x20", name].concat();
    assert_eq!(
        told(TCP, [40000, 139], &call),
        "nbss request: type 129, message_length 68, called WORKGROUP<1d>, calling WORKGROUP<1d>"
    );
    assert_eq!(told(TCP, [40000, 139], &[0x85, 9, 9, 9]), "");
}
