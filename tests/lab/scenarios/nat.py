"""Errors about flows that a router translates."""

import shutil

from lab.net import run
from lab.scenario import scenario
from lab.topology import Chain
from recordings.refusals import NAT, reject_rules

SRC = {4: "10.0.1.1", 6: "2001:db8:1::1"}
OUTSIDE = {4: "10.0.2.1", 6: "2001:db8:2::1"}


def translated(incident, family, where, interface, options=""):
    with Chain(families=(family,), offload=incident.offload) as net:
        prepare(incident, net, family)
        if interface != "any":
            incident.chain(net, seen_from="a" if where == "a" else "r1")
        with incident.capture(net[where], interface, options):
            said = traffic(incident, net, family)
    if where != "r2":
        incident.ping_row(SRC[family], net.b(family), 100, said)
    if where == "r2":
        incident.translated_ping_row(OUTSIDE[family], net.b(family), 100, said)
    if interface == "any":
        incident.rows["ping"][0] |= {"rtt_min_ms": None, "rtt_avg_ms": None, "rtt_max_ms": None}
    for row in incident.rows["ping"]:
        incident.expect(incident.echo_filters(row["src"], row["dst"], 100)[0], row["sent"])


def prepare(incident, net, family):
    net.warm()
    net["r1"].nft(NAT)
    code = 13 if family == 4 else 1
    net["r2"].nft(reject_rules(family))
    incident.note(f"r1: `nft ... oif eth1 masquerade`; r2 rejects port {6000 + code} with code {code}")


def traffic(incident, net, family):
    port = 6013 if family == 4 else 6001
    incident.socket(net["a"], "udp_connected", net.b(family), 9, 40009)
    incident.socket(net["a"], "udp_connected", net.b(family), port, 40013)
    incident.socket(net["a"], "tcp_connecting", net.b(family), port, 40014, words="--timeout 3")
    return incident.ping(net["a"], f"-e 100 -c 3 -i 0.2 {net.b(family)}")


def two_points(incident, family):
    """Everything inside, but only the ICMP outside: the original is there before translation only."""
    with Chain(families=(family,), offload=incident.offload) as net:
        prepare(incident, net, family)
        incident.chain(net)
        inside, outside = incident.path("inside.pcap"), incident.path("outside.pcap")
        with incident.capture(net["a"], filter="not icmp and not icmp6", file="inside.pcap"), \
                incident.capture(net["r2"], filter="icmp or icmp6", file="outside.pcap"):
            said = traffic(incident, net, family)
        incident.translated_ping_row(OUTSIDE[family], net.b(family), 100, said)
        merged = incident.path("merged.pcap")
        run(["mergecap", "-F", "pcap", "-w", str(merged), str(inside), str(outside)])
        shutil.move(merged, incident.path())
    incident.matched = "translated"


# r1 answers for two services that b runs.
FORWARDS = """
table inet nat {
  chain prerouting {
    type nat hook prerouting priority -100;
    udp dport 8009 dnat ip to 10.0.3.2:9
    tcp dport 8013 dnat ip to 10.0.3.2:6013
    udp dport 8009 dnat ip6 to [2001:db8:3::2]:9
    tcp dport 8001 dnat ip6 to [2001:db8:3::2]:6001
  }
}
"""
VIP = {4: "10.0.1.2", 6: "2001:db8:1::2"}


def forwarded(incident, net, family):
    code = 13 if family == 4 else 1
    net.warm()
    net["r1"].nft(FORWARDS)
    net["r2"].nft(reject_rules(family))
    incident.note(f"r1 hands what comes to its ports 8009 and {8000 + code} to b, ports 9 (closed) and"
                  f" {6000 + code} (rejected by r2 with code {code})")
    return 8000 + code


def knock(incident, net, family, port):
    incident.socket(net["a"], "udp_connected", VIP[family], 8009, 40009)
    incident.socket(net["a"], "tcp_connecting", VIP[family], port, 40014, words="--timeout 3")


def forwarded_both(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        port = forwarded(incident, net, family)
        with incident.capture(net["r1"], "any", "-y LINUX_SLL2"):
            knock(incident, net, family, port)


def forwarded_two_points(incident, family):
    """What a sent, as it sent it; and the errors where they quote b."""
    with Chain(families=(family,), offload=incident.offload) as net:
        port = forwarded(incident, net, family)
        inside, outside = incident.path("inside.pcap"), incident.path("outside.pcap")
        with incident.capture(net["a"], filter="not icmp and not icmp6", file="inside.pcap"), \
                incident.capture(net["r2"], filter="icmp or icmp6", file="outside.pcap"):
            knock(incident, net, family, port)
        merged = incident.path("merged.pcap")
        run(["mergecap", "-F", "pcap", "-w", str(merged), str(inside), str(outside)])
        shutil.move(merged, incident.path())
    incident.matched = "translated"


def register():
    wrong = ["routing_loop", "pmtu_black_hole", "ping_loss", "spoofed_error", "invalid_error"]
    for family in (4, 6):
        code = "admin_prohibited"
        scenario(f"nat-inside{family}", f"source NAT, seen inside: everything has private addresses, IPv{family}",
                 offload=family == 4, expected=["closed_port", code], not_expected=wrong)(
                     lambda i, f=family: translated(i, f, "a", "eth0"))
        scenario(f"nat-outside{family}", f"source NAT, seen outside: everything has the router's address, IPv{family}",
                 offload=family == 6, expected=["closed_port", code], not_expected=wrong, point="r2, eth0")(
                     lambda i, f=family: translated(i, f, "r2", "eth0"))
    scenario("nat-both4", "source NAT, seen on all interfaces of the router, before and after", offload=False,
             expected=["closed_port", "admin_prohibited"], not_expected=wrong, point="r1, any (Linux cooked v2)",
             note="each error is there twice, quoting the translated and the original flow")(
                 lambda i: translated(i, 4, "r1", "any", "-y LINUX_SLL2"))
    for family in (4, 6):
        scenario(f"dnat-both{family}",
                 f"destination NAT, seen on all interfaces of the router, before and after, IPv{family}",
                 offload=family == 6, expected=["closed_port", code], not_expected=wrong, point="r1, any (Linux cooked v2)",
                 note="each error is there twice, quoting the translated and the original flow")(
                     lambda i, f=family: forwarded_both(i, f))
    scenario("dnat-two-points4", "flows captured before destination NAT, their errors behind it", offload=False,
             expected=["closed_port", "admin_prohibited"], not_expected=wrong, point="a, eth0 without ICMP; r2, eth0 with ICMP only; merged")(
                 lambda i: forwarded_two_points(i, 4))
    scenario("nat-two-points4", "flows captured inside the NAT, their errors outside", offload=False,
             not_expected=wrong, point="a, eth0 without ICMP; r2, eth0 with ICMP only; merged")(
                 lambda i: two_points(i, 4))


register()
