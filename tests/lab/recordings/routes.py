"""Routes that lead nowhere: prohibit, unreachable, blackhole, none, a loop, a dead host."""

from lab.recording import recording
from lab.topology import Chain, TwoGateways

# Reject route type -> the display filter of the error it makes.
REJECTED = {
    (4, "prohibit"): "icmp.type==3 && icmp.code==13",
    (4, "unreachable"): "icmp.type==3 && icmp.code==1",
    (6, "prohibit"): "icmpv6.type==1 && icmpv6.code==1",
    (6, "unreachable"): "icmpv6.type==1 && icmpv6.code==0",
}


def target(family):
    return "10.99.0.9" if family == 4 else "2001:db8:99::9"


def prefix(family):
    return "10.99.0.0/24" if family == 4 else "2001:db8:99::/64"


def trials(take, node, family):
    """A ping, two datagrams and a connection attempt."""
    ping = take.ping(node, f"-c 3 -i 0.2 -W 1 {target(family)}")
    udp = take.tool(node, f"sockets.py udp {target(family)} 53 --connected --recverr --from 40053")
    tcp = take.tool(node, f"sockets.py tcp {target(family)} 443 --from 40443 --timeout 2.5")
    take.true(str(ping))
    take.true(f"UDP: {'; '.join(udp.output.splitlines()[1:])}")
    take.true(f"TCP: {tcp.output.strip()}")


def routed(take, family, kind):
    with Chain(families=(family,)) as net:
        net.warm()
        net["r2"].ip(f"-{family} route add {kind} {prefix(family)}")
        take.note(f"r2: `ip route add {kind} {prefix(family)}`")
        with take.capture(net["a"]):
            trials(take, net["a"], family)
    if kind == "blackhole":
        take.expect("icmp.type==3 || icmpv6.type==1", 0)
        take.true("no ICMP error at all")
    else:
        take.true(f"{take.some(REJECTED[family, kind])} errors from r2")


def register(family, kind):
    @recording(f"{kind}-route{family}", f"a `{kind}` route on the second router, IPv{family}")
    def _(take):
        routed(take, family, kind)


for _family in (4, 6):
    for _kind in ("prohibit", "unreachable", "blackhole"):
        register(_family, _kind)


def no_route(take, family):
    with Chain(families=(family,)) as net:
        net.warm()
        with take.capture(net["a"]):
            take.note("r2 has no default route beyond its own links")
            net["r2"].ip(f"-{family} route del default")
            trials(take, net["a"], family)
    filter = "icmp.type==3 && icmp.code==0" if family == 4 else "icmpv6.type==1 && icmpv6.code==0"
    take.true(f"{take.some(filter)} errors from r2")


@recording("no-route4", "a router without a route, IPv4")
def no_route4(take):
    no_route(take, 4)


@recording("no-route6", "a router without a route, IPv6")
def no_route6(take):
    no_route(take, 6)


def loop(take, family):
    with Chain(families=(family,)) as net:
        net.warm()
        back = "10.0.2.1" if family == 4 else "2001:db8:2::1"
        net["r2"].ip(f"-{family} route add {prefix(family)} via {back}")
        take.note(f"r1 sends {prefix(family)} to r2 by default, r2 sends it back to r1")
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 4 -i 0.2 -W 1 {target(family)}")
            take.tool(net["a"], f"traceroute -{family} -n -q 1 -m 12 {target(family)}")
    exceeded = "icmp.type==11" if family == 4 else "icmpv6.type==3"
    senders = take.fields(exceeded, "ip.src" if family == 4 else "ipv6.src")
    take.true(str(ping))
    take.true(f"{len(senders)} time exceeded, from {' and '.join(sorted({s for (s,) in senders}))}")


@recording("loop4", "two routers that send a packet back and forth, IPv4")
def loop4(take):
    loop(take, 4)


@recording("loop6", "two routers that send a packet back and forth, IPv6")
def loop6(take):
    loop(take, 6)


def dead_host(take, family):
    with Chain(families=(family,)) as net:
        net.warm()
        gone = "10.0.3.77" if family == 4 else "2001:db8:3::77"
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-c 3 -i 0.3 -W 1 {gone}")
            tcp = take.tool(net["a"], f"sockets.py tcp {gone} 443 --from 40443 --timeout 9")
            take.tool(net["a"], "sleep 3.5")
    filter = "icmp.type==3 && icmp.code==1" if family == 4 else "icmpv6.type==1 && icmpv6.code==3"
    take.true(str(ping))
    take.true(f"TCP: {tcp.output.strip()}")
    take.true(f"{take.some(filter)} errors from r2 about three seconds after the packets they quote")


@recording("dead-host4", "a host that answers no ARP: host unreachable from the last router")
def dead_host4(take):
    dead_host(take, 4)


@recording("dead-host6", "a host that answers no neighbor solicitation: address unreachable")
def dead_host6(take):
    dead_host(take, 6)


def redirected(take, family):
    with TwoGateways(family) as net:
        take.note(f"default router r1 ({net.router}) and r2 ({net.gateway}) share a LAN; b is behind r2")
        with take.capture(net["h1"]):
            ping = take.ping(net["h1"], f"-c 6 -i 0.3 {net.b_address}")
    filter = "icmp.type==5" if family == 4 else "icmpv6.type==137"
    take.true(str(ping))
    take.true(f"{take.some(filter)} redirects from r1 to {net.gateway}")
    request = "icmp.type==8" if family == 4 else "icmpv6.type==128"
    macs = [mac for (mac,) in take.fields(request, "eth.dst")]
    take.true(f"{sum(mac == macs[0] for mac in macs)} requests went to r1's MAC address, "
                 f"{sum(mac != macs[0] for mac in macs)} to r2's: the host obeyed" if len(set(macs)) > 1
                 else "the host did not obey")


@recording("redirect4", "a redirect that the host obeys, IPv4")
def redirect4(take):
    redirected(take, 4)


@recording("redirect6", "a redirect that the host obeys, IPv6")
def redirect6(take):
    redirected(take, 6)
