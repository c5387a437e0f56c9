"""Loss without a word, one direction only, a capture that starts late, a loop."""

import threading
import time

from lab.net import settle
from lab.scenario import scenario
from lab.topology import MLD_QUIET_SECONDS, Chain

SRC = {4: "10.0.1.1", 6: "2001:db8:1::1"}
PREFIX = {4: "10.99.0.0/24", 6: "2001:db8:99::/64"}
NOWHERE = {4: "10.99.0.9", 6: "2001:db8:99::9"}
ACCUSING = ["admin_prohibited", "closed_port", "firewall_reject", "host_unreachable", "no_route", "pmtu_black_hole"]


def black_hole_route(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["r2"].ip(f"-{family} route add blackhole {PREFIX[family]}")
        incident.note(f"r2: `ip route add blackhole {PREFIX[family]}`")
        with incident.capture(net["a"]):
            incident.socket(net["a"], "udp_connected", NOWHERE[family], 53, 40001)
            incident.socket(net["a"], "tcp_connecting", NOWHERE[family], 443, 40443, words="--timeout 5")
            incident.pinging(net["a"], SRC[family], NOWHERE[family], "-c 5 -i 0.2 -W 1")
            incident.tail(net["a"], SRC[family], net.b(family))


def drop_rule(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["r2"].nft("table inet acl {\n chain forward {\n type filter hook forward priority 0;\n"
                      " tcp dport 443 drop\n}\n}\n")
        incident.note("r2 drops what goes to TCP port 443 and says nothing")
        net["b"].spawn("stream.py serve 5001", "ready")
        with incident.capture(net["a"]):
            incident.pinging(net["a"], SRC[family], net.b(family), "-c 2 -i 0.2")
            incident.transfer(net["a"], SRC[family], net.b(family), 5001, 4000, 40501)
            incident.socket(net["a"], "tcp_connecting", net.b(family), 443, 40443, words="--timeout 5")
            incident.tail(net["a"], SRC[family], net.b(family))


def loop(incident, family):
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        net["r2"].ip(f"-{family} route add {PREFIX[family]} via {net['r1'].v4['eth1'] if family == 4 else net['r1'].v6['eth1']}")
        incident.note(f"r1 sends {PREFIX[family]} to r2 by default, r2 sends it back to r1")
        with incident.capture(net["a"]):
            incident.pinging(net["a"], SRC[family], NOWHERE[family], "-c 5 -i 0.2 -W 1")
            incident.socket(net["a"], "udp_connected", NOWHERE[family], 53, 40001)
            incident.socket(net["a"], "tcp_connecting", NOWHERE[family], 443, 40443, words="--timeout 4")
    # A packet that goes in circles dies on either router, so many links away that no hop count holds.
    incident.hops = None


class Triangle(Chain):
    """a - r1 - r2 - b, but r2 answers through r3, which has a link to a of its own."""

    def __enter__(self):
        super().__enter__()
        r3 = self.node("r3", self.families, forward=True)
        self.by_name["r3"] = r3
        self.link(self["r2"], "back", r3, "eth0", offload=self.offload)
        self.link(r3, "eth1", self["a"], "back", offload=self.offload)
        self["r2"].address("back", "10.0.31.1/24", "2001:db8:31::1/64")
        r3.address("eth0", "10.0.31.2/24", "2001:db8:31::2/64")
        r3.address("eth1", "10.0.32.1/24", "2001:db8:32::1/64")
        self["a"].address("back", "10.0.32.2/24", "2001:db8:32::2/64")
        self["r2"].ip("route replace 10.0.1.0/24 via 10.0.31.2")
        self["r2"].ip("-6 route replace 2001:db8:1::/64 via 2001:db8:31::2")
        r3.ip("route add 10.0.1.0/24 via 10.0.32.2")
        r3.ip("-6 route add 2001:db8:1::/64 via 2001:db8:32::2")
        for side in ("net.ipv4.conf.back.rp_filter", "net.ipv4.conf.eth0.rp_filter"):
            self["a"].sysctls({side: 0})
        settle(MLD_QUIET_SECONDS)
        return self


def one_way(incident, family, where, interface):
    with Triangle(offload=incident.offload) as net:
        net.warm()
        net["b"].spawn("stream.py serve 5001", "ready")
        if where == "r3":
            incident.matched = "none"
        with incident.capture(net[where], interface):
            incident.pinging(net["a"], SRC[family], net.b(family), "-c 10 -i 0.1 -W 1")
            incident.transfer(net["a"], SRC[family], net.b(family), 5001, 4000, 40501)
            incident.socket(net["a"], "udp_connected", net.b(family), 9, 40001)
            time.sleep(1.5)
            incident.pinging(net["a"], SRC[family], net.b(family), "-c 1")


def late_start(incident, family):
    gone = "10.0.3.77" if family == 4 else "2001:db8:3::77"
    with Chain(families=(family,), offload=incident.offload) as net:
        incident.chain(net)
        net.warm()
        knocking = threading.Thread(target=incident.socket, args=(
            net["a"], "udp_connected", gone, 53, 40001), kwargs={"words": "--wait 4.5"})
        knocking.start()
        time.sleep(1.2)
        incident.note("the capture starts one second after the datagram, two before the error")
        with incident.capture(net["a"]):
            knocking.join()
            incident.pinging(net["a"], SRC[family], net.b(family), "-c 2 -i 0.2")
    incident.matched = "none"


def register():
    for family in (4, 6):
        scenario(f"blackhole-route{family}", f"a `blackhole` route: nobody says anything, IPv{family}",
                 offload=family == 4, expected=["silent_drop"], not_expected=["routing_loop", *ACCUSING])(
                     lambda i, f=family: black_hole_route(i, f))
        scenario(f"drop-rule-tcp{family}", f"a rule that drops SYNs to one port of a host that answers others, IPv{family}",
                 offload=family == 6, expected=["silent_drop"], not_expected=["routing_loop", "ping_loss", *ACCUSING])(
                     lambda i, f=family: drop_rule(i, f))
        scenario(f"loop{family}", f"two routers that send packets back and forth, IPv{family}", offload=family == 6,
                 expected=["routing_loop"], not_expected=ACCUSING)(lambda i, f=family: loop(i, f))
        scenario(f"one-way-out{family}", f"asymmetric routing: only the packets from a to b are seen, IPv{family}",
                 offload=family == 4, point="r1, eth1 (towards r2)",
                 not_expected=["ping_loss", "routing_loop", "pmtu_black_hole"],
                 note="ping got every reply, by another way; `one_sided_possible`")(
                     lambda i, f=family: one_way(i, f, "r1", "eth1"))
        scenario(f"one-way-back{family}", f"asymmetric routing: only the packets from b to a are seen, IPv{family}",
                 offload=family == 6, point="r3, eth0 (towards r2)",
                 not_expected=["ping_loss", "routing_loop", "pmtu_black_hole"],
                 note="replies to requests that were not captured; the error's original was not either")(
                     lambda i, f=family: one_way(i, f, "r3", "eth0"))
        scenario(f"late-start{family}", f"the error is captured, the packet it quotes came before, IPv{family}",
                 offload=family == 4, not_expected=["routing_loop", "invalid_error", "spoofed_error", "ping_loss"])(
                     lambda i, f=family: late_start(i, f))


register()
