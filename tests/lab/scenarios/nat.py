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
    if where != "a":
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
    scenario("nat-two-points4", "flows captured inside the NAT, their errors outside", offload=False,
             not_expected=wrong, point="a, eth0 without ICMP; r2, eth0 with ICMP only; merged")(
                 lambda i: two_points(i, 4))


register()
