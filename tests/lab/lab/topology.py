"""The two shapes every recording uses: a chain of routers, and one LAN.

chain: a - r1 - r2 - ... - b. Link number i carries 10.0.i.0/24 and
2001:db8:i::/64, `.1` on its left end and `.2` on its right end. A host has
eth0; a router has eth0 towards `a` and eth1 towards `b`. A link may run through
a bad cable (`probes/wire.py`), which is no hop.

lan: hosts on a bridge, 10.0.0.N/24 and 2001:db8::N/64 on eth0.
"""

from .net import Lab, settle

# Two MLD reports go out within this time of a link coming up; they belong to no recording.
MLD_QUIET_SECONDS = 2.3


class Chain(Lab):
    """Routers in a row between two hosts, `a` and `b`, with routes both ways."""

    def __init__(self, routers=2, families=(4, 6), offload=True, mtus=None, cables=None):
        """`mtus` and `cables` are by link number; a cable is the options of wire.py."""
        super().__init__()
        self.routers = routers
        self.families = families
        self.offload = offload and not cables
        self.mtus = mtus or {}
        self.cables = cables or {}

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _build(self):
        names = ["a"] + [f"r{i}" for i in range(1, self.routers + 1)] + ["b"]
        self.chain = [self.node(n, self.families, forward=n[0] == "r") for n in names]
        self.by_name = dict(zip(names, self.chain))
        for i, (left, right) in enumerate(zip(self.chain, self.chain[1:]), 1):
            left_port = "eth0" if i == 1 else "eth1"
            self._join(i, left, left_port, right)
            for node, port, last in ((left, left_port, 1), (right, "eth0", 2)):
                node.address(
                    port,
                    f"10.0.{i}.{last}/24" if 4 in self.families else None,
                    f"2001:db8:{i}::{last}/64" if 6 in self.families else None,
                )
        self._route()
        settle(MLD_QUIET_SECONDS if 6 in self.families else 0.1)

    def _join(self, number, left, left_port, right):
        mtu = self.mtus.get(number, 1500)
        if number not in self.cables:
            self.link(left, left_port, right, "eth0", mtu, self.offload)
            return
        wire = self.node(f"wire{number}", families=())
        self.link(left, left_port, wire, "left", mtu, offload=False)
        self.link(wire, "right", right, "eth0", mtu, offload=False)
        wire.spawn(f"wire.py left right {self.cables[number]}", "ready")

    def _route(self):
        last = len(self.chain) - 1
        for i, node in enumerate(self.chain):
            if 4 in self.families:
                if i < last:
                    node.ip(f"route add default via 10.0.{i + 1}.2")
                for j in range(1, i):
                    node.ip(f"route add 10.0.{j}.0/24 via 10.0.{i}.1")
                if i == last:
                    node.ip(f"route add default via 10.0.{i}.1")
            if 6 in self.families:
                if i < last:
                    node.ip(f"-6 route add default via 2001:db8:{i + 1}::2")
                for j in range(1, i):
                    node.ip(f"-6 route add 2001:db8:{j}::/64 via 2001:db8:{i}::1")
                if i == last:
                    node.ip(f"-6 route add default via 2001:db8:{i}::1")

    def __getitem__(self, name):
        return self.by_name[name]

    def b4(self):
        return self["b"].v4["eth0"]

    def b6(self):
        return self["b"].v6["eth0"]

    def b(self, family):
        return self.b4() if family == 4 else self.b6()

    def warm(self):
        """Resolve neighbours along the path, so that a recording starts with its subject."""
        for family in self.families:
            self["a"].set_up(f"ping -{family} -n -q -c 1 -W 2 {self.b(family)}")


class Lan(Lab):
    """Hosts h1, h2, ... on one bridge."""

    def __init__(self, hosts=3, families=(4, 6), offload=True):
        super().__init__()
        self.hosts = hosts
        self.families = families
        self.offload = offload

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _build(self):
        self.switch = self.node("switch", families=())
        self.switch.ip("link add br0 type bridge forward_delay 0 mcast_snooping 0")
        self.switch.ip("link set br0 up")
        self.by_name = {}
        for i in range(1, self.hosts + 1):
            self.add(f"h{i}", i)
        settle(MLD_QUIET_SECONDS if 6 in self.families else 0.1)

    def add(self, name, number, forward=False):
        """Plug another host in; `number` ends its addresses."""
        node = self.node(name, self.families, forward=forward)
        self.by_name[name] = node
        self.link(node, "eth0", self.switch, f"port{number}", offload=self.offload)
        self.switch.ip(f"link set port{number} master br0")
        node.address(
            "eth0",
            f"10.0.0.{number}/24" if 4 in self.families else None,
            f"2001:db8::{number}/64" if 6 in self.families else None,
        )
        return node

    def __getitem__(self, name):
        return self.by_name[name]


class TwoGateways(Lan):
    """h1 with default router r1; b stands behind r2 on the same LAN, and r1 knows it.

    `h1_address`, `router`, `gateway` and `b_address` are what a redirect is about.
    """

    def __init__(self, family, offload=True):
        super().__init__(hosts=1, families=(family,), offload=offload)
        self.family = family

    def _build(self):
        super()._build()
        family = self.family
        first, second = self.add("r1", 250, forward=True), self.add("r2", 251, forward=True)
        behind = self.node("b", self.families)
        self.link(second, "eth1", behind, "eth0", offload=self.offload)
        if family == 4:
            second.address("eth1", "10.0.9.1/24")
            behind.address("eth0", "10.0.9.2/24")
            prefix, back = "10.0.9.0/24", "10.0.9.1"
            self.h1_address, self.b_address = "10.0.0.1", "10.0.9.2"
            self.router, self.gateway = "10.0.0.250", "10.0.0.251"
        else:
            second.address("eth1", None, "2001:db8:9::1/64")
            behind.address("eth0", None, "2001:db8:9::2/64")
            prefix, back = "2001:db8:9::/64", "2001:db8:9::1"
            self.h1_address, self.b_address = "2001:db8::1", "2001:db8:9::2"
            # Hosts obey a redirect only from the router's link-local address (RFC 4861 section 8.1).
            self.router, self.gateway = "fe80::250", "fe80::251"
            for node, address in ((first, self.router), (second, self.gateway)):
                node.ip("-6 addr flush dev eth0 scope link")
                node.ip(f"-6 addr add {address}/64 dev eth0 nodad")
        first.ip(f"-{family} route add {prefix} via {self.gateway} dev eth0")
        self["h1"].ip(f"-{family} route add default via {self.router} dev eth0")
        behind.ip(f"-{family} route add default via {back}")
        if family == 4:
            first.sysctls({f"net.ipv4.conf.{where}.send_redirects": 1 for where in ("all", "eth0")})
            self["h1"].sysctls({f"net.ipv4.conf.{where}.secure_redirects": 0 for where in ("all", "eth0")})
        self["h1"].sysctls({f"net.ipv{family}.conf.{where}.accept_redirects": 1 for where in ("all", "eth0")})
        settle(MLD_QUIET_SECONDS if family == 6 else 0.1)
