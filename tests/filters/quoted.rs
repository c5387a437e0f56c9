//! A filter also finds an ICMP error by the packet it quotes, if it asks for a flow.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::{of_type, records, run, testdata};
use crate::oracle::{numbers, shown, shown_by};

const CAPTURES: &[&str] = &[
    "demo.pcap",
    "nat-inside.pcap",
    "nat-outside.pcap",
    "loop6.pcap",
    "vlan.pcap",
    "vxlan.pcap",
    "redirect6.pcap",
    "prohibit-route6.pcap",
    "port-unreachable4.pcap",
    "traceroute-tcp4.pcap",
    "mtr4.pcap",
];

/// A packet that an error quotes.
struct Quoted<'r>(&'r Value);

impl Quoted<'_> {
    fn is(&self, protocol: &str) -> bool {
        self.0["protocol"] == protocol
    }

    fn version(&self) -> u64 {
        self.0["ip"]["version"].as_u64().expect("a version")
    }

    fn src(&self) -> &str {
        self.0["ip"]["src"].as_str().expect("an address")
    }

    fn dst(&self) -> &str {
        self.0["ip"]["dst"].as_str().expect("an address")
    }

    fn host(&self, address: &str) -> bool {
        self.src() == address || self.dst() == address
    }

    fn ports(&self) -> [u64; 2] {
        ["src_port", "dst_port"].map(|name| self.0[name].as_u64().unwrap_or(u64::MAX))
    }

    fn port(&self, port: u64) -> bool {
        self.ports().contains(&port)
    }

    fn ttl(&self) -> u64 {
        self.0["ip"]["ttl"].as_u64().expect("a TTL")
    }
}

type Selects = fn(&Quoted<'_>) -> bool;

/// Filters that ask for flows, with what they say of a quoted packet.
const FLOWS: &[(&str, Selects)] = &[
    ("tcp port 443", |q| q.is("tcp") && q.port(443)),
    ("host 10.0.1.1 and tcp port 443", |q| {
        q.host("10.0.1.1") && q.is("tcp") && q.port(443)
    }),
    ("host 10.99.0.9", |q| q.host("10.99.0.9")),
    ("src host 10.99.0.9", |q| q.src() == "10.99.0.9"),
    ("dst host 10.0.4.2 and udp", |q| {
        q.dst() == "10.0.4.2" && q.is("udp")
    }),
    ("dst 10.99.0.9 or dst 2001:db8:99::9", |q| {
        q.dst() == "10.99.0.9" || q.dst() == "2001:db8:99::9"
    }),
    ("net 10.99.0.0/24", |q| {
        q.src().starts_with("10.99.0.") || q.dst().starts_with("10.99.0.")
    }),
    ("ip6 net 2001:db8:66::/64", |q| {
        q.dst().starts_with("2001:db8:66:")
    }),
    ("net 10.99 mask 255.255.0.0", |q| {
        q.dst().starts_with("10.99.")
    }),
    ("dst portrange 33434-33523", |q| {
        (33434..=33523).contains(&q.ports()[1])
    }),
    ("udp port 53 or tcp port 443", |q| {
        (q.is("udp") && q.port(53)) || (q.is("tcp") && q.port(443))
    }),
    ("ip6 and tcp", |q| q.version() == 6 && q.is("tcp")),
    ("(tcp and (dst port 443 or src port 40843))", |q| {
        q.is("tcp") && (q.ports()[1] == 443 || q.ports()[0] == 40843)
    }),
    ("tcp && dst port 443 || udp && dst port 9", |q| {
        // In this language `and` binds no stronger than `or`: from left to right.
        ((q.is("tcp") && q.ports()[1] == 443) || q.is("udp")) && q.ports()[1] == 9
    }),
    ("ip proto 17", |q| q.version() == 4 && q.is("udp")),
    ("host 10.42.0.2", |q| q.host("10.42.0.2")),
];

/// Filters that turn it off: they mean exactly what they mean in tcpdump.
const PACKETS: &[&str] = &[
    "icmp",
    "icmp6",
    "icmp and host 10.99.0.9",
    "host 10.99.0.9 and icmp",
    "icmp or tcp port 443",
    "ip proto 1",
    "ip proto \\icmp",
    "ip6 proto 58",
    "not udp port 53",
    "! tcp port 443",
    "host 10.99.0.9 and not host 10.0.1.1",
    "tcp[2:2] == 443",
    "ip[8] == 1",
    "udp and ip[6:2] & 0x1fff == 0",
    "tcp port 443 and len > 10",
    "tcp port 443 and less 1000",
    "greater 10 and udp port 53",
    "ether proto \\ip and tcp port 443",
    "link[0] & 1 == 0 and udp",
    "vlan and udp",
    "vlan 10 and icmp6",
    "mpls and tcp",
    "ether broadcast or tcp port 443",
    "ip multicast or udp port 53",
];

/// The errors of a capture whose quote `selects`.
fn by_quote(records: &[Value], selects: Selects) -> BTreeSet<u64> {
    of_type(records, "icmp")
        .iter()
        .filter(|record| {
            record
                .get("quoted")
                .is_some_and(|quoted| selects(&Quoted(quoted)))
        })
        .map(|record| record["frame"].as_u64().expect("a number"))
        .collect()
}

#[test]
fn filters_that_ask_for_flows_find_errors_about_them() {
    let mut found_by_quote = vec![0; FLOWS.len()];
    for name in CAPTURES {
        let capture = testdata(name);
        let whole = records(&["-r", &capture]);
        let messages = shown(&whole);
        for ((filter, selects), found) in FLOWS.iter().zip(&mut found_by_quote) {
            let outer: BTreeSet<u64> = &numbers(&capture, filter) & &messages;
            let quoted = by_quote(&whole, *selects);
            *found += quoted.difference(&outer).count();
            let both = &outer | &quoted;
            assert_eq!(shown_by(&capture, &[filter]), both, "{name} '{filter}'");
            assert_eq!(
                shown_by(&capture, &["--quoted", "yes", filter]),
                both,
                "{name} '{filter}'"
            );
            let outer_only = shown_by(&capture, &["--quoted", "no", filter]);
            assert_eq!(outer_only, outer, "{name} '{filter}' --quoted no");
        }
    }
    for ((filter, _), found) in FLOWS.iter().zip(found_by_quote) {
        // Nobody answers from there; and no quote can satisfy both of the last but one.
        let none = ["src host 10.99.0.9"].contains(filter);
        assert_eq!(
            found == 0,
            none,
            "'{filter}' finds {found} errors by their quotes alone"
        );
    }
}

#[test]
fn filters_that_ask_for_packets_mean_what_they_mean_in_tcpdump() {
    for name in CAPTURES {
        let capture = testdata(name);
        let messages = shown(&records(&["-r", &capture, "--emit", "icmp"]));
        for filter in PACKETS {
            let expected = &numbers(&capture, filter) & &messages;
            assert_eq!(shown_by(&capture, &[filter]), expected, "{name} '{filter}'");
            let no = shown_by(&capture, &["--quoted", "no", filter]);
            assert_eq!(no, expected, "{name} '{filter}' --quoted no");
        }
    }
}

#[test]
fn quotes_are_looked_into_whatever_the_filter_if_told_so() {
    let cases: &[(&str, &str, Selects)] = &[
        ("demo.pcap", "ip[8] == 1", |q| {
            q.version() == 4 && q.ttl() == 1
        }),
        ("demo.pcap", "tcp[2:2] == 443", |q| {
            q.version() == 4 && q.is("tcp") && q.ports()[1] == 443
        }),
        ("demo.pcap", "icmp[icmptype] == 8", |q| {
            q.version() == 4 && q.0["icmp_type"] == 8
        }),
        ("demo.pcap", "tcp[tcpflags] & tcp-syn != 0", |q| {
            q.version() == 4 && q.is("tcp") && q.ports()[1] == 443
        }),
        // The length that the quoted header claims, not that of the quote.
        ("demo.pcap", "len == 1500", |q| q.0["ip"]["length"] == 1500),
        ("demo.pcap", "udp and not port 53", |q| {
            q.is("udp") && !q.port(53)
        }),
    ];
    for (name, filter, selects) in cases {
        let capture = testdata(name);
        let whole = records(&["-r", &capture]);
        let quoted = by_quote(&whole, *selects);
        assert!(!quoted.is_empty(), "'{filter}' selects quotes of {name}");
        let expected = &(&numbers(&capture, filter) & &shown(&whole)) | &quoted;
        let found = shown_by(&capture, &["--quoted", "yes", filter]);
        assert_eq!(found, expected, "{name} '{filter}'");
        assert_ne!(shown_by(&capture, &[filter]), expected, "{name} '{filter}'");
    }
}

/// The snap length left no more of the quote than protocol and source.
#[test]
fn a_quoted_header_that_was_cut_is_filtered_as_far_as_it_goes() {
    let capture = testdata("ping-short.pcap");
    let error = BTreeSet::from([14]);
    for filter in ["udp", "udp and src host 10.0.1.1"] {
        assert_eq!(shown_by(&capture, &[filter]), error, "'{filter}'");
    }
    for filter in ["udp port 9", "udp and dst host 10.0.3.2", "tcp"] {
        assert_eq!(shown_by(&capture, &[filter]), BTreeSet::new(), "'{filter}'");
    }
}

/// ICMP in a tunnel: tcpdump's filters see the outer packet, quotes are of the inner one.
#[test]
fn filters_and_tunnels() {
    let capture = testdata("vxlan.pcap");
    let whole = records(&["-r", &capture]);
    let inner: BTreeSet<u64> = of_type(&whole, "icmp")
        .iter()
        .filter(|record| record.get("tunnel").is_some())
        .map(|record| record["frame"].as_u64().expect("a number"))
        .collect();
    assert!(inner.len() >= 13, "messages inside VXLAN");
    assert_eq!(shown_by(&capture, &["udp port 4789"]), inner);
    assert!(shown_by(&capture, &["icmp"]).is_disjoint(&inner));
    let error = by_quote(&whole, |q| q.host("10.42.0.2"));
    assert_eq!(error.len(), 1);
    assert_eq!(shown_by(&capture, &["udp port 9"]), error);
}

#[test]
fn a_filter_need_not_compile_for_every_link_type() {
    // eth0 is Ethernet; tun0 is raw IP, where there are no Ethernet addresses.
    let capture = testdata("two-links.pcapng");
    let whole = records(&["-r", &capture]);
    let on = |interface: &str| -> BTreeSet<u64> {
        of_type(&whole, "icmp")
            .iter()
            .filter(|record| record["interface"] == interface)
            .map(|record| record["frame"].as_u64().expect("a number"))
            .collect()
    };
    let (ethernet, raw) = (on("eth0"), on("tun0"));
    assert!(!ethernet.is_empty() && !raw.is_empty());
    let all = &ethernet | &raw;
    assert_eq!(shown_by(&capture, &["icmp or icmp6"]), all);
    assert_eq!(
        shown_by(&capture, &["not ether host 02:00:00:00:00:99"]),
        ethernet
    );
    // What compiles for none of them is refused, in libpcap's words.
    let refused = run(&["-r", &capture, "type mgt"]).exits(2);
    assert!(refused.says("filter").err.contains("802.11"));
    // Beside a capture of the other link type.
    let (ping, tun) = (testdata("ping4.pcap"), testdata("tun.pcap"));
    let filter = "not ether host 02:00:00:00:00:99";
    for order in [[&ping, &tun], [&tun, &ping]] {
        let both = records(&["-r", order[0], "-r", order[1], filter]);
        let icmp = of_type(&both, "icmp");
        assert_eq!(icmp.len(), 10);
        assert!(icmp.iter().all(|record| record["source"] == "ping4.pcap"));
    }
    let alone = run(&["-r", &tun, filter]).exits(2);
    assert_eq!(alone.out, "");
}
