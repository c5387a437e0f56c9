//! What the program shows of packets that are quoted, as records and as lines.

use serde_json::json;

use crate::shown::{A, B, C, D, line, record, records, run, unreachable, v4, v6};

#[test]
fn a_quote_cut_inside_its_header_tells_what_is_there() {
    let quote = v4(A, D, 17, &[0; 8]);
    for (length, told, text) in [
        (
            16,
            json!({
                "version": 4, "src": "192.0.2.1", "ttl": 64, "id": 7, "length": 28, "df": false,
                "checksum": {"status": "unverified", "reason": "truncated", "value": 0xaec7},
            }),
            "quotes UDP 192.0.2.1 > ? ttl 64",
        ),
        (
            10,
            json!({"version": 4, "ttl": 64, "id": 7, "length": 28, "df": false}),
            "quotes UDP ttl 64",
        ),
        (1, json!({"version": 4}), "quotes part of an IP header"),
    ] {
        let packet = unreachable(&quote[..length]);
        let record = record(&packet);
        assert_eq!(record["quoted"]["ip"], told);
        assert_eq!(record["quoted"]["length"], length);
        assert_eq!(record["defects"][0]["layer"], "quote");
        let line = line(&packet);
        assert!(
            line.contains(text) && line.contains("quote short at 0: 20 octets"),
            "{line}"
        );
    }
    let quote = v6(17, &[0; 8]);
    let packet = v6(58, &[&[1, 0, 0, 0, 0, 0, 0, 0], &quote[..30]].concat());
    let quoted = &record(&packet)["quoted"];
    assert_eq!(quoted["ip"]["src"], "2001:db8::1");
    assert_eq!(
        (&quoted["protocol"], &quoted["ip"]["length"]),
        (&json!("udp"), &json!(48))
    );
}

#[test]
fn what_is_inside_of_a_quoted_tunnel_packet() {
    let inner = v4(C, D, 17, &[0, 53, 0, 99, 0, 8, 0, 0]);
    let gre = [&[0x20, 0, 8, 0, 0, 0, 0, 5], &inner[..]].concat();
    let mut vxlan = vec![0xc0, 0, 0x12, 0xb5, 0, 70, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0];
    vxlan.extend([2; 12]);
    vxlan.extend([0x81, 0, 0, 42, 8, 0]);
    vxlan.extend(&inner);
    for (protocol, payload, tunnel, text) in [
        (
            4,
            &inner,
            json!({"kind": "ip_in_ip"}),
            "in its ip in ip UDP 10.0.0.1.53 > 10.0.0.2.99",
        ),
        (
            47,
            &gre,
            json!({"kind": "gre", "key": 5}),
            "in its gre key 5 UDP 10.0.0.1.53 > 10.0.0.2.99",
        ),
        (
            17,
            &vxlan,
            json!({"kind": "vxlan", "vni": 7, "vlan": [42]}),
            "in its vxlan vni 7 with vlan 42 inside UDP 10.0.0.1.53",
        ),
    ] {
        let packet = unreachable(&v4(A, B, protocol, payload));
        let quoted = &record(&packet)["quoted"];
        for (key, value) in tunnel.as_object().unwrap() {
            assert_eq!(quoted["tunnel"][0][key], *value, "{quoted}");
        }
        assert_eq!(quoted["tunnel"][0]["dst"], "192.0.2.2");
        assert_eq!(quoted["inner"]["ip"]["dst"], "10.0.0.2");
        assert_eq!(quoted["inner"]["dst_port"], 99);
        assert!(quoted["inner"]["community_id"].is_string());
        assert!(line(&packet).contains(text), "{}", line(&packet));
    }
    let cut = unreachable(&v4(A, B, 47, &gre[..8]));
    let quoted = &record(&cut)["quoted"];
    assert_eq!(quoted["gre"], json!({"protocol": 0x0800, "key": 5}));
    assert!(quoted["inner"].is_null() && quoted["tunnel"].is_null());
    assert!(line(&cut).contains("quotes GRE 192.0.2.1 > 192.0.2.2 key 5"));

    let error = unreachable(&inner);
    let packet = unreachable(&error);
    assert_eq!(record(&packet)["quoted"]["inner"]["dst_port"], 99);
    assert!(line(&packet).contains("which quotes UDP 10.0.0.1.53"));
}

#[test]
fn errors_about_every_kind_of_request_are_told_of_it() {
    for (kind, rest) in [
        (8, [0, 7, 0, 9]),
        (13, [0, 7, 0, 9]),
        (15, [0, 7, 0, 9]),
        (17, [0, 7, 0, 9]),
        (42, [0, 7, 9, 1]),
    ] {
        let mut message = [&[kind, 0, 0, 0], &rest[..], &[0; 12]].concat();
        if kind == 42 {
            message[8] = 0x20;
        }
        let request = v4(A, D, 1, &message);
        let all = records(&[request.clone(), unreachable(&request[..28])]);
        let exchange = all
            .iter()
            .find(|record| record["type"] == "exchange")
            .unwrap();
        assert_eq!(exchange["outcome"], "error", "{kind}: {exchange}");
        assert_eq!(exchange["error"]["frame"], 2, "{kind}: {exchange}");
        assert_eq!(exchange["seq"], 9);
    }
}

#[test]
fn half_translations() {
    let quote = v4(C, D, 17, &[0; 8]);
    assert_eq!(
        record(&unreachable(&quote))["quoted"]["half_translated"],
        true
    );
    assert!(line(&unreachable(&quote)).contains("translated on one side only?"));
    let whole = v4(A, D, 17, &[0; 8]);
    assert!(record(&unreachable(&whole))["quoted"]["half_translated"].is_null());
}

#[test]
fn headers_of_a_quote_are_told_in_full() {
    let verbose = |protocol: u8, payload: &[u8]| {
        let packet = unreachable(&v4(A, D, protocol, payload));
        let text = run(std::slice::from_ref(&packet), &["-t", "-v"]);
        (text, record(&packet))
    };
    let eight = [0, 53, 0x12, 0x34, 1, 2, 3, 4];
    let (text, sctp) = verbose(132, &eight);
    assert_eq!(sctp["quoted"]["verification_tag"], 0x0102_0304);
    assert!(text.contains("verification tag 0x01020304"), "{text}");
    // Of UDP-Lite the checksum covers the header alone.
    let (text, lite) = verbose(136, &[0, 53, 0x12, 0x34, 0, 8, 3, 4]);
    assert_eq!(lite["quoted"]["checksum_coverage"], 8);
    assert_eq!(lite["quoted"]["checksum"]["value"], 0x0304);
    assert!(
        text.contains("checksum coverage 8, checksum 0x0304"),
        "{text}"
    );
    let (text, esp) = verbose(50, &eight);
    assert_eq!(esp["quoted"]["sequence"], 0x0102_0304);
    assert!(text.contains("spi 0x00351234"), "{text}");
    assert!(text.contains("sequence 16909060"), "{text}");
    let authentication = [
        17, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 7, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
    ];
    let (text, _) = verbose(51, &[&authentication[..], &eight].concat());
    assert!(text.contains("spi 0x9, sequence 7"), "{text}");
}
