"""Refusals: every reject code of nftables, crafted codes, closed ports, dead hosts, dead routes."""

from lab.scenario import scenario
from lab.topology import Chain
from recordings.refusals import REJECTS

# The finding each reason leads to; the others lead to none.
FINDING = {
    4: {0: "no_route", 1: "host_unreachable", 2: "firewall_reject", 3: "firewall_reject",
        9: "admin_prohibited", 10: "admin_prohibited", 13: "admin_prohibited"},
    6: {0: "no_route", 1: "admin_prohibited", 3: "host_unreachable", 4: "firewall_reject",
        5: "admin_prohibited", 6: "admin_prohibited"},
}
SYN = "tcp.flags.syn==1 && tcp.flags.ack==0 && tcp.srcport==40443 && !icmp && !icmpv6"
SYN_AGAIN = f"{SYN} && tcp.analysis.retransmission"
OTHERS = ["pmtu_black_hole", "routing_loop", "ping_loss", "closed_port", "firewall_reject", "admin_prohibited"]


def unless(expected):
    return [name for name in OTHERS if name not in expected]


def trials(incident, node, family, dst, port_tcp=443, port_udp=53, base=40000):
    """One socket of each kind, one try each."""
    incident.socket(node, "tcp_connecting", dst, port_tcp, base + 443, words="--timeout 4")
    for offset, kind in ((1, "udp_connected"), (2, "udp_unconnected"), (3, "udp_recverr")):
        incident.socket(node, kind, dst, port_udp, base + offset)
        incident.aftermath(base + offset, "silent")


def rejected(incident, family, code):
    kind, names = REJECTS[family]
    # With delay on the path, an error meets a socket that waits; without, one still inside connect().
    cables = None if incident.offload else {1: "--delay 2"}
    with Chain(families=(family,), offload=incident.offload, cables=cables) as net:
        incident.chain(net)
        net.warm()
        net["r1"].nft(f"table inet acl {{\n chain forward {{\n type filter hook forward priority 0;\n"
                      f" meta l4proto {{ tcp, udp }} th dport {{ 53, 443 }} "
                      f"reject with {kind} type {names[code]}\n }}\n}}\n")
        incident.note(f"r1: `nft ... th dport {{ 53, 443 }} reject with {kind} type {names[code]}`")
        with incident.capture(net["a"]):
            trials(incident, net["a"], family, net.b(family))
    incident.aftermath(40443, "silent" if incident.expect(SYN, 1 + incident.count(SYN_AGAIN)) == 1 else "retransmitting")
    incident.some(f"{'icmp' if family == 4 else 'icmpv6'}.code=={code}")


CRAFTED = {
    4: [(3, 5), (3, 6), (3, 7), (3, 8), (3, 11), (3, 12), (3, 14), (3, 15), (4, 0), (11, 0), (11, 1), (12, 0)],
    6: [(1, 2), (1, 7), (1, 8), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)],
}


def crafted(incident, family):
    """A program on r1 answers instead of its kernel, so that real sockets meet every code."""
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["r1"].nft("table inet hide {\n chain forward {\n type filter hook forward priority 0;\n"
                      " th dport 20000-24000 drop\n }\n}\n")
        net["r1"].spawn("answer.py eth0 10.0.1.2 2001:db8:1::2", "ready")
        incident.note("r1 drops ports 20000 to 24000; `answer.py` there answers port 20000 + type * 256 + code")
        with incident.capture(net["a"]):
            for number, (kind, code) in enumerate(CRAFTED[family]):
                port = 20000 + kind * 256 + code
                trials(incident, net["a"], family, net.b(family), port, port, base=40000 + 1000 * number)


def closed(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        with incident.capture(net["a"]):
            for port, kind in ((40001, "udp_connected"), (40002, "udp_unconnected"), (40003, "udp_recverr")):
                incident.socket(net["a"], kind, net.b(family), 9, port, count=3)


def host_firewall(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["b"].nft("table inet host {\n chain input {\n type filter hook input priority 0;\n"
                     " tcp dport 443 reject\n }\n}\n")
        net["b"].spawn("stream.py serve 443", "ready")
        incident.note("b listens on TCP port 443, and b's own firewall has `tcp dport 443 reject` (port unreachable)")
        with incident.capture(net["a"]):
            incident.socket(net["a"], "tcp_connecting", net.b(family), 443, 40443, words="--timeout 4")


def dead_host(incident, family):
    gone = "10.0.3.77" if family == 4 else "2001:db8:3::77"
    src = "10.0.1.1" if family == 4 else "2001:db8:1::1"
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        with incident.capture(net["a"]):
            incident.socket(net["a"], "tcp_connecting", gone, 443, 40443, words="--timeout 9")
            incident.socket(net["a"], "udp_connected", gone, 53, 40001, words="--wait 4")
            incident.pinging(net["a"], src, gone, "-c 3 -i 0.3 -W 5")
            incident.tail(net["a"], src, net.b(family))


ROUTE_FINDING = {("prohibit", 4): ["admin_prohibited"], ("prohibit", 6): ["admin_prohibited"],
                 ("unreachable", 4): ["host_unreachable"], ("unreachable", 6): ["no_route"],
                 ("missing", 4): ["no_route"], ("missing", 6): ["no_route"]}


def dead_route(incident, family, kind):
    """A route on r2 that refuses a prefix, or no route at all."""
    prefix, dst, src = (("10.99.0.0/24", "10.99.0.9", "10.0.1.1") if family == 4
                        else ("2001:db8:99::/64", "2001:db8:99::9", "2001:db8:1::1"))
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        if kind == "missing":
            net["r2"].ip(f"-{family} route del default")
        else:
            net["r2"].ip(f"-{family} route add {kind} {prefix}")
            incident.note(f"r2: `ip route add {kind} {prefix}`")
        with incident.capture(net["a"]):
            trials(incident, net["a"], family, dst)
            incident.pinging(net["a"], src, dst, "-c 3 -i 0.2 -W 1")
            incident.tail(net["a"], src, net.b(family))


def register():
    turn = 0
    for family in (4, 6):
        for code, name in REJECTS[family][1].items():
            expected = [FINDING[family][code]] if code in FINDING[family] else []
            scenario(f"reject{family}-{name}", f"a router's ACL rejects with code {code}, {name}, IPv{family}",
                     offload=turn % 2 == 0, expected=expected, not_expected=unless(expected))(
                         lambda i, f=family, c=code: rejected(i, f, c))
            turn += 1
        scenario(f"crafted-codes{family}", f"errors that no kernel here sends, met by real sockets, IPv{family}",
                 offload=family == 4, not_expected=["pmtu_black_hole", "closed_port", "routing_loop"],
                 crafted="every ICMP error was built by a program on r1")(lambda i, f=family: crafted(i, f))
        scenario(f"closed-port-udp{family}", f"UDP to a closed port of the destination, IPv{family}",
                 offload=family == 6, expected=["closed_port"], not_expected=unless(["closed_port"]))(
                     lambda i, f=family: closed(i, f))
        scenario(f"host-firewall-tcp{family}", f"the destination's own firewall answers a SYN with port unreachable, IPv{family}",
                 offload=family == 4, expected=["firewall_reject"], not_expected=unless(["firewall_reject"]))(
                     lambda i, f=family: host_firewall(i, f))
        scenario(f"dead-host{family}", f"a host that is gone: the last router says so after three seconds, IPv{family}",
                 offload=family == 6, expected=["host_unreachable"],
                 not_expected=["closed_port", "admin_prohibited", "routing_loop", "pmtu_black_hole"])(
                     lambda i, f=family: dead_host(i, f))
        for kind in ("prohibit", "unreachable", "missing"):
            expected = ROUTE_FINDING[kind, family]
            scenario(f"{kind}-route{family}", f"{'a missing' if kind == 'missing' else f'a `{kind}`'} route on the "
                     f"second router, IPv{family}", offload=turn % 2 == 1, expected=expected,
                     not_expected=[n for n in unless(expected) if n != "ping_loss"])(
                         lambda i, f=family, k=kind: dead_route(i, f, k))
            turn += 1


register()
