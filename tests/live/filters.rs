//! What the kernel hands over, on each link type.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::{of_type, summary};
use crate::net::{Capture, Net, Pair, Running};

/// Ends a capture and gives its messages; nothing but ICMP was taken.
#[track_caller]
fn messages(capture: Capture, what: &str) -> Vec<Value> {
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let frames = &summary(&records)["frames"];
    assert_eq!(frames["other"], 0, "{what}: {frames}");
    assert_eq!(frames["undecodable"], 0, "{what}: {frames}");
    of_type(&records, "icmp").into_iter().cloned().collect()
}

fn named<'m>(messages: &'m [Value], name: &str) -> Vec<&'m Value> {
    messages
        .iter()
        .filter(|m| m["icmp"]["name"] == name)
        .collect()
}

/// Traffic that the kernel is to keep back.
fn chatter(net: &Net, host: &str) {
    let script = format!("for i in 1 2 3; do echo x > /dev/udp/{host}/9999; done; true");
    // Somebody has to take it, or there is ICMP about it.
    net.try_run(&["bash", "-c", &script]);
}

/// Takes datagrams and says nothing.
fn sink(net: &Net) -> Running {
    const PROGRAM: &str = "import socket\ns=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM)\n\
        s.setsockopt(socket.IPPROTO_IPV6,socket.IPV6_V6ONLY,0)\ns.bind(('::',9999))\n\
        while True: s.recv(9000)";
    let sink = net.spawn(&["python3", "-c", PROGRAM]);
    for _ in 0..600 {
        let listening = net.try_run(&["ss", "-lun"]);
        if String::from_utf8_lossy(&listening.stdout).contains(":9999") {
            return sink;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("nobody listens");
}

#[track_caller]
fn pings_and_nothing_else(net: &Net, arguments: &[&str], v4: &str, v6: &str, link_type: u64) {
    let mut all = vec!["--json", "-i"];
    all.extend(arguments);
    let capture = net.capture(&all);
    assert_eq!(net.ping(&format!("-c3 -i0.01 {v4}")), 3);
    assert_eq!(net.ping(&format!("-c3 -i0.01 {v6}")), 3);
    chatter(net, v4);
    assert_eq!(net.ping(&format!("-c1 -W10 {v4}")), 1);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let interface = &records[0]["sources"][0]["interfaces"][0];
    assert_eq!(interface["link_type"], link_type, "{arguments:?}");
    let echo = &summary(&records)["exchanges"]["echo"];
    assert_eq!(echo["answered"], 7, "{arguments:?}: {}", ended.out);
    assert_eq!(summary(&records)["frames"]["other"], 0, "{arguments:?}");
}

#[test]
fn icmp_alone_on_ethernet_loopback_and_any() {
    let pair = Pair::new();
    let _sink = sink(&pair.right);
    pings_and_nothing_else(&pair.left, &["v0"], "10.9.0.2", "fd09::2", 1);
    pings_and_nothing_else(&pair.left, &["any"], "10.9.0.2", "fd09::2", 276);
    let cooked = ["any", "-y", "LINUX_SLL"];
    pings_and_nothing_else(&pair.left, &cooked, "10.9.0.2", "fd09::2", 113);
    let _sink = sink(&pair.left);
    pings_and_nothing_else(&pair.left, &["lo"], "127.0.0.1", "::1", 1);
}

#[test]
fn icmp_alone_on_tun() {
    let (left, right) = (Net::new(), Net::new());
    let cable = crate::common::project("tests/lab/probes/tuncable.py");
    let cable = cable.to_str().expect("UTF-8");
    let _cable = left.spawn(&["python3", "-B", cable, "t0", &left.name, &right.name]);
    for (net, host) in [(&left, 1), (&right, 2)] {
        for _ in 0..600 {
            if net.try_run(&["ip", "link", "show", "t0"]).status.success() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        net.ip("link set t0 up");
        net.ip(&format!("addr add 10.9.1.{host}/24 dev t0"));
        net.ip(&format!("-6 addr add fd09:1::{host}/64 dev t0 nodad"));
    }
    let _sink = sink(&right);
    pings_and_nothing_else(&left, &["t0"], "10.9.1.2", "fd09:1::2", 101);
}

/// Listener reports stand behind a hop-by-hop header, where `icmp6` does not find them.
#[test]
fn icmpv6_behind_extension_headers() {
    let pair = Pair::new();
    for (interface, link) in [("v0", "Ethernet"), ("any", "cooked")] {
        let capture = pair.left.capture(&["-i", interface, "--json"]);
        let join = "import socket,struct\n\
            s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM)\n\
            s.setsockopt(socket.IPPROTO_IPV6,socket.IPV6_JOIN_GROUP,\
            socket.inet_pton(socket.AF_INET6,'ff02::1234')+struct.pack('I',socket.if_nametoindex('v0')))";
        pair.left.run(&["python3", "-c", join]);
        capture.wait_for_output("ff02::1234");
        let all = messages(capture, link);
        assert!(!named(&all, "multicast_listener_report_v2").is_empty());
    }
}

/// A frame from host `from` with VLAN tags in its octets, in hexadecimal: an echo request of host 1
/// or reply of host 2.
fn tagged(version: u8, from: u8, tags: &[(u16, u16)]) -> String {
    let (to, is_reply) = (3 - from, from == 2);
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, from]);
    for (kind, id) in tags {
        frame.extend(kind.to_be_bytes());
        frame.extend(id.to_be_bytes());
    }
    if version == 4 {
        frame.extend([8, 0, 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0]);
        frame.extend([10, 9, 0, from, 10, 9, 0, to]);
        frame.extend([if is_reply { 0 } else { 8 }, 0, 0, 0, 0, 7, 0, 1]);
    } else {
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 16, 0, 64]);
        for host in [from, to] {
            frame.extend([0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
        }
        // Behind a hop-by-hop header, where 'icmp6' does not look.
        frame.extend([58, 0, 1, 4, 0, 0, 0, 0]);
        frame.extend([if is_reply { 129 } else { 128 }, 0, 0, 0, 0, 7, 0, 1]);
    }
    frame.iter().fold(String::new(), |mut hex, octet| {
        let _ = write!(hex, "{octet:02x}");
        hex
    })
}

/// Linux takes the tag off a frame that it receives, before the filter sees it, and libpcap puts it
/// in again; a frame that a program sends has it in its octets. Filter offsets differ, and again on
/// 'any', which keeps none of the outermost tags.
#[test]
fn icmp_in_vlans_sent_and_received() {
    const CUSTOMER: u16 = 0x8100;
    const SERVICE: u16 = 0x88a8;
    let pair = Pair::new();
    for arguments in [&["v0"][..], &["any"], &["any", "-y", "LINUX_SLL"]] {
        for tags in [
            &[(CUSTOMER, 5)][..],
            &[(SERVICE, 7), (CUSTOMER, 8)],
            &[(CUSTOMER, 7), (CUSTOMER, 8)],
        ] {
            let mut all = vec!["--json", "-i"];
            all.extend(arguments);
            let capture = pair.left.capture(&all);
            for version in [4, 6] {
                let frame = |from| tagged(version, from, tags);
                pair.left.probe("inject.py", &["frame", "v0", &frame(1)]);
                pair.right.probe("inject.py", &["frame", "v1", &frame(2)]);
            }
            // Tagged, and not ICMP.
            let udp = tagged(4, 1, tags).replace("40010000", "40110000");
            pair.left.probe("inject.py", &["frame", "v0", &udp]);
            let mut all = messages(capture, "tagged");
            all.retain(|message| message["icmp"]["name"].to_string().contains("echo"));
            assert_eq!(all.len(), 4, "{arguments:?} {tags:?}: {all:?}");
            let ids: Vec<_> = tags.iter().map(|(_, id)| *id).collect();
            for (name, message) in ["echo_request", "echo_reply"].iter().cycle().zip(&all) {
                assert_eq!(message["icmp"]["name"], *name, "{arguments:?} {tags:?}");
                // What of them the kernel keeps for a cooked frame that is sent is its affair.
                let kept = match arguments {
                    ["v0"] => &ids[..],
                    ["any"] if *name == "echo_reply" => &ids[1..],
                    _ if *name == "echo_reply" => &ids[..],
                    _ => continue,
                };
                let kept = match kept {
                    [] => serde_json::Value::Null,
                    _ => serde_json::json!(kept),
                };
                assert_eq!(message["vlan"], kept, "{arguments:?} {message}");
            }
        }
    }
}

/// What the user's filter selects is taken beside all ICMP.
#[test]
fn a_filter_adds_to_what_is_taken_and_selects_what_is_shown() {
    let pair = Pair::new();
    let _sink = sink(&pair.right);
    let capture = pair.left.capture(&["-i", "v0", "--json", "udp port 9999"]);
    assert_eq!(pair.left.ping("-c2 -i0.01 10.9.0.2"), 2);
    chatter(&pair.left, "10.9.0.2");
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let frames = &summary(&records)["frames"];
    assert_eq!(frames["other"], 3, "{frames}");
    // Hosts report their groups, too.
    assert!(frames["filtered"].as_u64() >= Some(4), "{frames}");
    assert_eq!(frames["icmp"], 0, "{frames}");
}
