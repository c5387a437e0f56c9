"""Path MTU discovery: working, black-holed, ignored, recovered."""

from lab.scenario import scenario
from lab.topology import Chain

MTU = 1400
NOT_BROKEN = ["pmtu_black_hole", "routing_loop", "admin_prohibited", "closed_port", "firewall_reject"]

# r1 stands between the sender and the router that says "too big".
FILTER = """
table inet no_icmp {
  counter dropped { }
  chain forward {
    type filter hook forward priority 0;
    icmp type destination-unreachable icmp code frag-needed counter name dropped drop
    icmpv6 type packet-too-big counter name dropped drop
  }
}
"""
BLIND = FILTER.replace("forward", "input")


def narrow(incident, family):
    """a - r1 - r2 - r3 - b with 1400 octets between r2 and r3."""
    return Chain(routers=3, families=(family,), mtus={3: MTU}, offload=incident.offload)


def src(family):
    return "10.0.1.1" if family == 4 else "2001:db8:1::1"


def error(family):
    return "icmp.type==3 && icmp.code==4" if family == 4 else "icmpv6.type==2"


def works(incident, family):
    with narrow(incident, family) as net:
        incident.chain(net)
        net.warm()
        net["b"].spawn("stream.py serve 5001", "ready")
        with incident.capture(net["a"]):
            done = incident.transfer(net["a"], src(family), net.b(family), 5001, 40000, 40501)
    if done["delivered"] != done["bytes"]:
        raise RuntimeError("discovery should work")
    incident.some(error(family))
    incident.aftermath(40501, "recovered")


def hole(incident, family, where, interface="eth0"):
    """r1 filters r2's errors; the sender never learns."""
    with narrow(incident, family) as net:
        incident.chain(net, seen_from=where)
        net.warm()
        net["r1"].nft(FILTER)
        net["b"].spawn("stream.py serve 5001", "ready")
        with incident.capture(net[where], interface):
            done = incident.transfer(net["a"], src(family), net.b(family), 5001, 6000, 40501, "--timeout 6")
        incident.counted(net["r1"], "too-big errors filtered")
    if done["delivered"]:
        raise RuntimeError("nothing should arrive")
    if where == "a":
        incident.expect(error(family), 0)
    else:
        incident.some(error(family))
        incident.aftermath(40501, "retransmitting")


def ignored(incident, family):
    """The sender's own firewall drops the error after the capture has seen it."""
    with narrow(incident, family) as net:
        incident.chain(net)
        net.warm()
        net["a"].nft(BLIND)
        net["b"].spawn("stream.py serve 5001", "ready")
        with incident.capture(net["a"]):
            done = incident.transfer(net["a"], src(family), net.b(family), 5001, 6000, 40501, "--timeout 6")
        incident.counted(net["a"], "too-big errors dropped by the sender's firewall")
    if done["delivered"]:
        raise RuntimeError("nothing should arrive")
    incident.some(error(family))
    incident.aftermath(40501, "retransmitting")


def probing(incident, family):
    """As `ignored`, but the kernel probes for a smaller size after three timeouts."""
    with narrow(incident, family) as net:
        incident.chain(net)
        net.warm()
        net["a"].nft(BLIND)
        net["a"].sysctls({"net.ipv4.tcp_mtu_probing": 1})
        net["b"].spawn("stream.py serve 5001", "ready")
        with incident.capture(net["a"]):
            done = incident.transfer(net["a"], src(family), net.b(family), 5001, 6000, 40501, "--timeout 30")
        incident.counted(net["a"], "too-big errors dropped by the sender's firewall")
    if done["delivered"] != done["bytes"]:
        raise RuntimeError("probing should recover")
    incident.some(error(family))
    incident.aftermath(40501, "recovered")


def datagrams(incident, family):
    with narrow(incident, family) as net:
        incident.chain(net)
        net.warm()
        net["b"].spawn(f"socat -u UDP{family}-RECV:7000 OPEN:/dev/null")
        with incident.capture(net["a"]):
            for port, kind in ((40701, "udp_connected"), (40702, "udp_recverr")):
                incident.socket(net["a"], kind, net.b(family), 7000, port, words="--size 1450 --pmtu do")
                net["a"].set_up(f"ip -{family} route flush cache")
    incident.some(error(family))


def register():
    for family in (4, 6):
        for offload in (False, True):
            name = f"pmtu-works-tcp{family}{'-offload' if offload else ''}"
            scenario(name, f"TCP into a 1400-octet link, discovery works, IPv{family}", offload=offload,
                     not_expected=NOT_BROKEN)(lambda i, f=family: works(i, f))
        scenario(f"pmtu-black-hole-tcp{family}-at-sender",
                 f"a router filters the too-big errors: the sender only sees its own retransmissions, IPv{family}",
                 offload=family == 4, expected=["pmtu_black_hole"], not_expected=NOT_BROKEN[1:] + ["silent_drop"],
                 note="no ICMP error reaches this point: suspected, no more")(
                     lambda i, f=family: hole(i, f, "a"))
        scenario(f"pmtu-black-hole-tcp{family}-behind-filter",
                 f"the same seen between the filter and the router that says too big, IPv{family}",
                 offload=family == 6, expected=["pmtu_black_hole"], not_expected=NOT_BROKEN[1:],
                 point="r1, eth1 (towards r2)")(lambda i, f=family: hole(i, f, "r1", "eth1"))
        scenario(f"pmtu-ignored-tcp{family}", f"the sender's firewall drops the too-big errors, IPv{family}",
                 offload=family == 6, expected=["pmtu_black_hole"], not_expected=NOT_BROKEN[1:])(
                     lambda i, f=family: ignored(i, f))
        scenario(f"pmtu-udp{family}", f"UDP into a 1400-octet link: EMSGSIZE, IPv{family}", offload=family == 4,
                 not_expected=NOT_BROKEN)(lambda i, f=family: datagrams(i, f))
    scenario("pmtu-probing-recovers-tcp4",
             "the sender ignores the errors, but its kernel probes (tcp_mtu_probing) and gets through",
             offload=False, expected=["pmtu_black_hole"], not_expected=NOT_BROKEN[1:])(lambda i: probing(i, 4))


register()
