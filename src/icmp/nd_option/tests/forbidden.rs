//! Fields and options that their RFCs forbid.

use std::net::Ipv6Addr;

use super::*;
use crate::icmp::tests::v6_between;

fn address(text: &str) -> [u8; 16] {
    text.parse::<Ipv6Addr>().unwrap().octets()
}

fn told(octets: &[u8]) -> Vec<&'static str> {
    rules(&parse(&with(octets)))
}

/// A router advertisement with these flags and options.
fn advertised(flags: u8, options: &[u8]) -> Vec<&'static str> {
    let header = [134, 0, 0, 0, 64, flags, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    let message = [&header, options].concat();
    rules(&parse(&v6_between("fe80::1", "ff02::1", 255, &message)))
}

fn prefix(length: u8, flags: u8, valid: u8, prefix: &str) -> Vec<u8> {
    let mut octets = vec![3, 4, length, flags, 0, 0, 0, valid, 0, 0, 0, valid];
    octets.extend([0; 4]);
    octets.extend(address(prefix));
    octets
}

/// RFC 4862 section 5.5.3 d), RFC 4291 section 2.5.1.
#[test]
fn addresses_are_made_of_prefixes_of_64_bits() {
    let rule = "prefix for autoconfiguration is not of 64 bits";
    assert_eq!(told(&prefix(60, 0xc0, 9, "2001:db8::")), [rule]);
    assert_eq!(told(&prefix(128, 0xc0, 9, "2001:db8::")), [rule]);
    assert!(told(&prefix(64, 0xc0, 9, "2001:db8::")).is_empty());
    assert!(
        told(&prefix(60, 0x80, 9, "2001:db8::")).is_empty(),
        "on-link"
    );
    assert!(told(&prefix(60, 0xc0, 0, "2001:db8::")).is_empty(), "over");
    assert!(
        told(&prefix(60, 0xc0, 9, "100::")).is_empty(),
        "begins with 000"
    );
}

/// RFC 4861 section 4.6.2, RFC 4191 section 2.3, RFC 6275 section 7.2.
#[test]
fn bits_behind_a_prefix_are_reserved() {
    let rule = "bits set behind the prefix length";
    assert_eq!(told(&prefix(48, 0x80, 9, "2001:db8:0:ff::1")), [rule]);
    assert_eq!(told(&prefix(127, 0x80, 9, "2001:db8::1")), [rule]);
    assert!(told(&prefix(128, 0x80, 9, "2001:db8::1")).is_empty());
    assert!(told(&prefix(48, 0xa0, 9, "2001:db8:0:ff::1")).is_empty());
    let route = |length| {
        let prefix = &address("2001:db8:0:ff::")[..8];
        told(&[&[24, 2, length, 0, 0, 0, 0, 9][..], prefix].concat())
    };
    assert_eq!(route(48), [rule]);
    assert!(route(64).is_empty());
}

/// RFC 4191 section 2.3.
#[test]
fn a_route_is_given_once() {
    let route = |length, last: u8| {
        let mut octets = vec![24, 2, length, 0, 0, 0, 0, 9];
        octets.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, last]);
        octets
    };
    let given = |routes: &[Vec<u8>]| advertised(0, &routes.concat());
    assert_eq!(
        given(&[route(64, 1), route(64, 2), route(64, 1)]),
        ["route given twice"]
    );
    assert!(given(&[route(64, 0), route(63, 0), route(62, 0)]).is_empty());
    // The same prefix in eight octets and in sixteen.
    let mut longer = route(64, 1);
    longer[1] = 3;
    longer.extend([0; 8]);
    assert_eq!(given(&[route(64, 1), longer]), ["route given twice"]);
}

/// RFC 8801 sections 3.1 and 3.2.
#[test]
fn a_provisioning_domain_stands_alone() {
    let domain = [21, 2, 0, 0, 0, 1, 3, b'l', b'a', b'b', 0, 0, 0, 0, 0, 0];
    assert!(advertised(0, &domain).is_empty());
    let twice = [domain, domain].concat();
    assert_eq!(advertised(0, &twice), ["second provisioning domain"]);
    let mut outer = [domain, domain].concat();
    outer[1] = 4;
    assert_eq!(advertised(0, &outer), ["provisioning domain in another"]);
    let with_header = |header: [u8; 4]| {
        let mut option = [&domain[..], &header, &[0; 12]].concat();
        option[1] = 4;
        option[2] = 0x20;
        advertised(0, &option)
    };
    assert!(with_header([134, 0, 0, 0]).is_empty());
    assert_eq!(
        with_header([99, 5, 0x12, 0x34]),
        [
            "header is of no router advertisement",
            "code of the header is not 0",
            "checksum of the header is not 0"
        ]
    );
}

/// RFC 5175 section 4.
#[test]
fn further_flags_stand_once_in_an_advertisement() {
    let flags = [26, 1, 0, 0, 0, 0, 0, 1];
    assert!(advertised(0, &flags).is_empty());
    assert_eq!(
        advertised(0, &[26, 1, 0, 0, 0, 0, 0, 0]),
        ["no flag is set"]
    );
    assert_eq!(
        advertised(0, &[flags, flags].concat()),
        ["second option of flags"]
    );
    assert_eq!(
        told(&flags),
        ["flags of a router advertisement in another message"]
    );
}

/// RFC 6275 section 7.4.
#[test]
fn only_a_home_agent_tells_of_itself() {
    let information = [8, 1, 0, 0, 0, 5, 0, 60];
    assert!(advertised(0x20, &information).is_empty());
    assert_eq!(
        advertised(0xc0, &information),
        ["home agent information without the home agent flag"]
    );
}

/// RFC 8106 section 5.3.1, RFC 3122 section 3.1, RFC 5380 section 5.
#[test]
fn addresses_that_options_must_not_hold() {
    let list = |kind, all: &[&str]| {
        let words = u8::try_from(1 + 2 * all.len()).unwrap();
        let mut octets = vec![kind, words, 0, 0, 0, 0, 0, 9];
        octets.extend(all.iter().flat_map(|text| address(text)));
        told(&octets)
    };
    let no_unicast = "server is no unicast address";
    assert!(list(25, &["2001:db8::1", "fe80::1"]).is_empty());
    assert_eq!(list(25, &["2001:db8::1", "ff02::fb"]), [no_unicast]);
    assert_eq!(list(25, &["::"]), [no_unicast]);
    for kind in [9, 10] {
        assert!(list(kind, &["fe80::1", "fe80::2"]).is_empty());
        assert_eq!(
            list(kind, &["fe80::1", "fe80::2", "fe80::1"]),
            ["address listed twice"]
        );
    }
    let anchor_point = |distance: u8, at: &str| {
        let head = [23, 3, distance << 4 | 1, 0x80, 0, 0, 0, 9];
        told(&[&head[..], &address(at)].concat())
    };
    assert!(anchor_point(1, "2001:db8::1").is_empty());
    assert_eq!(anchor_point(0, "2001:db8::1"), ["distance 0"]);
    for local in ["fe80::1", "ff02::1", "::", "::1"] {
        assert_eq!(anchor_point(1, local), ["address is not global"]);
    }
}

/// RFC 2491 appendix D.
#[test]
fn a_shortcut_has_two_hops_at_least() {
    let solicitation = |limit| {
        let head = [135, 0, 0, 0, 0, 0, 0, 0];
        let option = [6, 1, limit, 0, 0, 0, 0, 0];
        rules(&parse(&v6(
            &[&head[..], &address("fe80::2"), &option].concat()
        )))
    };
    assert!(solicitation(2).is_empty());
    assert_eq!(solicitation(1), ["shortcut limit under 2"]);
    fields(
        &[6, 1, 9, 1, 0, 0, 0, 2],
        &[
            ("shortcut_limit", Value::Number(9)),
            ("reserved1", Value::Hex(1)),
            ("reserved2", Value::Hex(2)),
        ],
    );
}

/// RFC 9463 sections 3.1.8, 6.1 and 6.2.
#[test]
fn an_encrypted_resolver_that_hosts_discard() {
    let dns = |name: &[u8], addresses: &[u8], parameters: &[u8]| {
        let mut octets = vec![144, 0, 0, 1, 0, 0, 0, 9];
        for part in [name, addresses, parameters] {
            octets.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
            octets.extend(part);
        }
        octets.resize(octets.len().next_multiple_of(8), 0);
        octets[1] = u8::try_from(octets.len() / 8).unwrap();
        told(&octets)
    };
    let name = b"\x03dns\0";
    let at = address("2001:db8::53");
    let alpn = b"\0\x01\0\x04\x03dot";
    assert!(dns(name, &at, alpn).is_empty());
    assert!(dns(name, &at, b"").is_empty());
    assert!(dns(name, b"", b"").is_empty(), "a name alone");
    assert_eq!(dns(b"", &at, alpn), ["no name"]);
    assert_eq!(dns(name, b"", alpn), ["parameters without an address"]);
    assert_eq!(
        dns(name, &at[1..], alpn),
        ["length of the addresses no multiple of 16"]
    );
    for unusable in ["ff02::fb", "::1"] {
        let both = [at, address(unusable)].concat();
        assert_eq!(dns(name, &both, alpn), ["address is multicast or loopback"]);
    }
    let hint = b"\0\x04\0\x04\xc0\0\x02\x01";
    let hinted = [&alpn[..], hint].concat();
    assert_eq!(
        dns(name, &at, &hinted),
        ["address hint among the parameters"]
    );
    let backwards = [b"\0\x03\0\x02\x03\x55", &alpn[..]].concat();
    assert_eq!(dns(name, &at, &backwards), ["parameters do not ascend"]);
    let twice = [alpn, &alpn[..]].concat();
    assert_eq!(dns(name, &at, &twice), ["parameters do not ascend"]);
    for cut in [&alpn[..7], &[&alpn[..], b"\0\x03"].concat()] {
        assert_eq!(dns(name, &at, cut), ["parameter longer than its octets"]);
    }
    // RFC 9460 sections 7.1.1, 7.2 and 8, RFC 7301 section 3.1.
    let longer = "name of a protocol longer than its octets";
    let empty = "empty name of a protocol";
    for (key, value, told) in [
        (1, &b"\x02h2\x02h3"[..], None),
        (1, b"\x02h2\x03h3", Some(longer)),
        (1, b"\xffh2xxx", Some(longer)),
        (1, b"\x02h2\x01", Some(longer)),
        (1, b"\x02h2\0", Some(empty)),
        (1, &[0; 6], Some(empty)),
        (1, b"", Some("no protocol")),
        (0, b"\0\x01\0", Some("keys that do not fill their value")),
        (0, b"", Some("keys that do not fill their value")),
        (0, b"\0\x03", None),
        (2, b"", None),
        (2, b"\0", Some("value of a parameter that has none")),
        (8, b"\0", Some("value of a parameter that has none")),
        (3, b"\0\0\x55", Some("port that has not two octets")),
        (3, b"\x03\x55", None),
    ] {
        let length = u8::try_from(value.len()).unwrap();
        let parameter = [&[0, key, 0, length][..], value].concat();
        let expected: Vec<_> = told.into_iter().collect();
        assert_eq!(dns(name, &at, &parameter), expected, "{key} {value:?}");
    }
}
