"""Ping: answered, lost, duplicated, reordered, corrupted, large, to many."""

from lab import tools
from lab.recording import recording
from lab.topology import Chain, Lan

LOSS = """
table inet lossy {
  counter dropped { }
  chain forward {
    type filter hook forward priority 0;
    %s numgen random mod 100 < %d counter name dropped drop
  }
}
"""
COPIES = """
table ip copies {
  chain prerouting {
    type filter hook prerouting priority -300;
    iif "eth1" icmp type echo-reply dup to 10.0.1.1 device "eth0"
  }
}
"""
REPLY = {4: "icmp type echo-reply", 6: "icmpv6 type echo-reply"}




class Cable(Lan):
    """h1 and h2 on one subnet, with the bad cable between them."""

    def _build(self):
        self.by_name = {}
        h1, wire, h2 = self.node("h1", self.families), self.node("wire", ()), self.node("h2", self.families)
        self.by_name = {"h1": h1, "h2": h2, "wire": wire}
        self.link(h1, "eth0", wire, "left", offload=False)
        self.link(wire, "right", h2, "eth0", offload=False)
        for number, node in ((1, h1), (2, h2)):
            node.address("eth0", f"10.0.0.{number}/24" if 4 in self.families else None,
                         f"2001:db8::{number}/64" if 6 in self.families else None)

    def impair(self, take, words):
        self["wire"].spawn(f"wire.py left right {words}", "ready")
        take.note(f"cable between h1 and h2: `wire.py left right {words}`")
        for family, address in ((4, "10.0.0.2"), (6, "2001:db8::2")):
            if family in self.families:
                self["h1"].set_up(f"ping -{family} -n -q -c 1 -W 2 {address}")


def answered(take, family):
    with Chain(families=(family,)) as net:
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 5 -i 0.2 {net.b(family)}")
    kind = "icmp.type" if family == 4 else "icmpv6.type"
    request, reply = (8, 0) if family == 4 else (128, 129)
    take.true(str(ping))
    take.true(f"{take.expect(f'{kind}=={request}', ping.sent)} echo requests and "
                 f"{take.expect(f'{kind}=={reply}', ping.received)} replies, all checksums good")
    take.true(f"rtt min/avg/max {ping.rtt_min_ms}/{ping.rtt_avg_ms}/{ping.rtt_max_ms} ms as ping measured")


@recording("ping4", "five pings, all answered, IPv4")
def ping4(take):
    answered(take, 4)


@recording("ping6", "five pings, all answered, IPv6")
def ping6(take):
    answered(take, 6)


def lossy(take, family):
    with Chain(families=(family,)) as net:
        net.warm()
        net["r1"].nft(LOSS % (REPLY[family], 30))
        take.note(f"r1: `nft ... {REPLY[family]} numgen random mod 100 < 30 drop`")
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 40 -i 0.05 {net.b(family)}")
        dropped = net["r1"].nft_counters()["dropped"]
    if not 0 < ping.lost == dropped:
        raise RuntimeError(f"ping lost {ping.lost}, nftables dropped {dropped}")
    take.true(str(ping))
    take.true(f"nftables dropped {dropped} replies; nothing in the capture says who")


@recording("ping-loss4", "replies dropped at random on the way back, IPv4")
def ping_loss4(take):
    lossy(take, 4)


@recording("ping-loss6", "replies dropped at random on the way back, IPv6")
def ping_loss6(take):
    lossy(take, 6)


@recording("ping-duplicates", "a router that copies every reply")
def ping_duplicates(take):
    with Chain(families=(4,)) as net:
        net.warm()
        net["r1"].nft(COPIES)
        take.note("r1: `nft ... icmp type echo-reply dup to 10.0.1.1 device eth0`")
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 6 -i 0.2 {net.b4()}")
    take.true(str(ping))
    take.true(f"{take.expect('icmp.type==0', 2 * ping.sent)} replies captured; "
                 "ping ends at the last request's first reply and does not count its copy")
    ttls = {ttl for (ttl,) in take.fields("icmp.type==0", "ip.ttl")}
    take.true(f"TTL {' and '.join(sorted(ttls))} in every reply and copy")


@recording("ping-reorder", "every fifth reply overtaken by later ones, every seventh twice")
def ping_reorder(take):
    with Cable(families=(4,)) as net:
        net.impair(take, "--delay 2 --jitter 1 --hold 5 --hold-ms 60 --duplicate 7")
        with take.capture(net["h1"]):
            ping = take.ping(net["h1"], "-c 30 -i 0.02 10.0.0.2")
    take.true(str(ping))
    order = [int(seq) for (seq,) in take.fields("icmp.type==0", "icmp.seq")]
    late = sum(1 for before, after in zip(order, order[1:]) if after < before)
    take.true(f"{late} replies arrive after a later one")


@recording("ping-corrupt", "every fourth reply with one flipped bit in its payload")
def ping_corrupt(take):
    with Cable(families=(4,)) as net:
        net.impair(take, "--delay 1 --corrupt 4")
        with take.capture(net["h1"]):
            ping = take.ping(net["h1"], "-c 8 -i 0.1 -W 1 10.0.0.2")
    take.true(str(ping))
    take.true(f"{take.some('icmp.checksum.status==0')} replies with a bad checksum")


@recording("ping-silent", "a host that drops echo requests: nobody says why")
def ping_silent(take):
    with Chain(families=(4,)) as net:
        net.warm()
        net["b"].sysctls({"net.ipv4.icmp_echo_ignore_all": 1})
        take.note("b: `sysctl net.ipv4.icmp_echo_ignore_all=1`")
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 5 -i 0.2 -W 1 {net.b4()}")
            take.tool(net["a"], "sleep 2")
    take.true(str(ping))
    take.expect("icmp.type==8", 5)
    take.expect("icmp.type==0", 0)


@recording("ping-fragments4", "a ping larger than the MTU: request and reply in fragments, IPv4")
def ping_fragments4(take):
    fragments(take, 4)


@recording("ping-fragments6", "a ping larger than the MTU: request and reply in fragments, IPv6")
def ping_fragments6(take):
    fragments(take, 6)


def fragments(take, family):
    with Chain(families=(family,)) as net:
        net.warm()
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 2 -i 0.2 -s 4000 {net.b(family)}")
    take.true(str(ping))
    later = "ip.frag_offset>0" if family == 4 else "ipv6.fraghdr.offset>0"
    take.true(f"{take.count(later)} fragments are not first ones")


@recording("ping-short", "a ping captured with a snap length of 60 octets")
def ping_short(take):
    with Chain(families=(4, 6)) as net:
        net.warm()
        with take.capture(net["a"], options="-s 60"):
            four = take.ping(net["a"], f"-c 3 -i 0.2 {net.b4()}")
            six = take.ping(net["a"], f"-c 3 -i 0.2 {net.b6()}")
            take.tool(net["a"], f"sockets.py udp {net.b4()} 9 --connected --count 1")
    take.true(f"IPv4: {four}")
    take.true(f"IPv6: {six}")
    take.true("no checksum can be verified; the quoted UDP ports of the error are cut off")


@recording("ping-multicast6", "ping ff02::1: several hosts answer one request")
def ping_multicast6(take):
    with Lan(hosts=4, families=(6,)) as net:
        with take.capture(net["h1"]):
            ping = take.ping(net["h1"], "-c 2 -i 0.3 ff02::1%eth0")
    take.true(str(ping))
    take.true(f"{take.expect('icmpv6.type==128', 2)} requests, "
                 f"{take.count('icmpv6.type==129')} replies from the wire")


@recording("ping-broadcast4", "ping to the broadcast address: several hosts answer one request")
def ping_broadcast4(take):
    with Lan(hosts=4, families=(4,)) as net:
        for host in ("h2", "h3", "h4"):
            net[host].sysctls({"net.ipv4.icmp_echo_ignore_broadcasts": 0})
        take.note("h2 to h4: `sysctl net.ipv4.icmp_echo_ignore_broadcasts=0`")
        with take.capture(net["h1"]):
            ping = take.ping(net["h1"], "-b -c 2 -i 0.3 10.0.0.255")
    take.true(str(ping))
    take.expect("icmp.type==8", 2)
    take.expect("icmp.type==0", 6)


@recording("fping", "fping to five hosts, two of which do not exist")
def fping(take):
    with Lan(hosts=4, families=(4,)) as net:
        with take.capture(net["h1"]):
            said = take.tool(net["h1"], "fping -q -c 4 -p 200 -t 150 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.8 10.0.0.9")
    for row in tools.fping(said.output):
        take.true(f"{row.target}: {row.sent} sent, {row.received} received")
    take.true(f"{take.expect('icmp.type==8', 12)} requests on the wire: "
                 "those to the two absent hosts end in unanswered ARP")
