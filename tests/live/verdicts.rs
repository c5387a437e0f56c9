//! Drop verdicts from real stacks, live.

use crate::common::{assert_accounted, of_type, summary};
use crate::net::{Net, Pair, router};

#[test]
fn a_refused_transfer_is_tied_to_its_packet_with_flows() {
    let pair = Pair::new();
    let rules = "table inet f { chain i { type filter hook input priority 0;\n\
        tcp dport 8080 reject with icmpx admin-prohibited\n }\n }\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rules");
    std::fs::write(&file, rules).expect("room");
    pair.right
        .run(&["nft", "-f", file.to_str().expect("UTF-8")]);
    let connect = "exec 3<>/dev/tcp/10.9.0.2/8080";
    for (flows, found) in [(true, "exact"), (false, "none")] {
        let mut arguments = vec!["-i", "v0", "--json"];
        arguments.extend(flows.then_some("--flows"));
        let capture = pair.left.capture(&arguments);
        let refused = pair.left.try_run(&["bash", "-c", connect]);
        assert!(!refused.status.success());
        let ended = capture.interrupt().exits(0);
        let records = ended.records();
        let icmp = of_type(&records, "icmp");
        let error = icmp.iter().find(|r| r["icmp"]["type"] == 3);
        let error = error.unwrap_or_else(|| panic!("{}", ended.out));
        assert_eq!(error["original"]["match"], found, "{error}");
        if !flows {
            // It was sent while the capture ran, which had no eye on it.
            assert_eq!(error["original"]["reason"], "not_captured", "{error}");
        }
        let drops = of_type(&records, "drop");
        assert_eq!(drops.len(), 1, "{}", ended.out);
        assert_eq!(drops[0]["reason"], "admin_prohibited");
        assert_eq!(drops[0]["dropper"], "10.9.0.2");
        assert_eq!(drops[0]["flow"]["dst_port"], 8080);
        assert_eq!(summary(&records)["kernel"]["dropped"], 0);
    }
}

/// A closed port answers TCP with a reset: no ICMP, and no verdict is made up.
#[test]
fn a_closed_port_of_tcp_has_no_dropper() {
    let pair = Pair::new();
    let capture = pair.left.capture(&["-i", "v0", "--flows", "--json"]);
    let connect = "exec 3<>/dev/tcp/10.9.0.2/81";
    assert!(!pair.left.try_run(&["bash", "-c", connect]).status.success());
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    assert!(of_type(&records, "drop").is_empty(), "{}", ended.out);
    assert!(summary(&records)["frames"]["other"].as_u64() >= Some(2));
}

#[test]
fn a_traceroute_is_told_as_a_path() {
    let hosts: Vec<_> = (0..4).map(|_| Net::new()).collect();
    for (at, pair) in hosts.windows(2).enumerate() {
        let peer = format!(
            "link add right type veth peer name left netns {}",
            pair[1].name
        );
        pair[0].ip(&peer);
        for (net, port, host) in [(&pair[0], "right", 1), (&pair[1], "left", 2)] {
            net.ip(&format!("link set {port} up"));
            net.ip(&format!("addr add 10.7.{at}.{host}/24 dev {port}"));
            net.run(&["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        }
    }
    hosts[0].ip("route add default via 10.7.0.2");
    hosts[1].ip("route add 10.7.2.0/24 via 10.7.1.2");
    hosts[2].ip("route add 10.7.0.0/24 via 10.7.1.1");
    hosts[3].ip("route add default via 10.7.2.1");
    assert_eq!(hosts[0].ping("-c1 -W10 10.7.2.2"), 1);
    for flows in [true, false] {
        let mut arguments = vec!["-i", "right"];
        arguments.extend(flows.then_some("--flows"));
        let once = "traceroute -n -q 1 -N 1 -w 5 10.7.2.2";
        let trace: Vec<_> = once.split(' ').collect();
        let json = [&arguments[..], &["--json"]].concat();
        let capture = hosts[0].capture(&json);
        hosts[0].run(&trace);
        let ended = capture.interrupt().exits(0);
        let records = ended.records();
        let paths = of_type(&records, "path");
        assert_eq!(paths.len(), 1, "{}", ended.out);
        let routers: Vec<_> = paths[0]["hops"]
            .as_array()
            .expect("hops")
            .iter()
            .map(|hop| hop["router"].clone())
            .collect();
        assert_eq!(routers, ["10.7.0.2", "10.7.1.2", "10.7.2.2"]);
        assert_eq!(paths[0]["reached"], true);
        // In text the path is all there is to say; the ports are those of mtr.
        let capture = hosts[0].capture(&arguments);
        hosts[0].run(&[&trace[..], &["-p", "33000"]].concat());
        let ended = capture.interrupt().exits(0);
        assert!(ended.out.contains("-- path: "), "{}", ended.out);
        assert!(!ended.out.contains("-- drop: "), "{}", ended.out);
    }
}

/// A transfer that meets a smaller MTU on its way: who said so, and that it got through.
#[test]
fn a_transfer_that_learns_the_mtu_of_its_path() {
    const LENGTH: u32 = 3_000_000;
    let (left, middle, right) = router();
    middle.ip("link set r1 mtu 1400");
    let server = "import socket\ns=socket.create_server(('',5001))\n\
        while True:\n c,_=s.accept(); n=0\n while d:=c.recv(65536): n+=len(d)\n \
        c.sendall(str(n).encode()); c.close()";
    let _server = right.spawn(&["python3", "-c", server]);
    let client = format!(
        "import socket,time\n\
         for _ in range(600):\n try: c=socket.create_connection(('10.8.2.2',5001)); break\n \
         except OSError: time.sleep(0.05)\n\
         c.sendall(bytes({LENGTH})); c.shutdown(socket.SHUT_WR)\n\
         assert c.recv(99)==b'{LENGTH}'"
    );
    let capture = left.capture(&["-i", "h0", "--flows", "--json"]);
    left.run(&["python3", "-c", client.as_str()]);
    let ended = capture.interrupt().exits(0);
    let records = ended.records();
    let drops = of_type(&records, "drop");
    let drop = drops
        .iter()
        .find(|drop| drop["reason"] == "fragmentation_needed");
    let drop = drop.unwrap_or_else(|| panic!("{}", ended.out));
    assert_eq!(drop["dropper"], "10.8.1.1");
    assert_eq!(drop["mtu"], 1400);
    assert_eq!(drop["flow"]["dst_port"], 5001);
    assert_eq!(drop["aftermath"]["outcome"], "recovered", "{drop}");
    let total = drop["original_count"].as_u64();
    assert!(total >= Some(1), "{drop}");
    assert_accounted(summary(&records), "a transfer");
    assert_eq!(summary(&records)["kernel"]["dropped"], 0);
    let alarms = of_type(&records, "finding");
    assert!(
        alarms.iter().all(|finding| finding["severity"] == "info"),
        "{alarms:?}"
    );
}
