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


def trials(session, node, family):
    """A ping, two datagrams and a connection attempt."""
    ping = session.ping(node, f"-c 3 -i 0.2 -W 1 {target(family)}")
    udp = session.tool(node, f"sockets.py udp {target(family)} 53 --connected --recverr --from 40053")
    tcp = session.tool(node, f"sockets.py tcp {target(family)} 443 --from 40443 --timeout 2.5")
    session.true(str(ping))
    session.true(f"UDP: {'; '.join(udp.output.splitlines()[1:])}")
    session.true(f"TCP: {tcp.output.strip()}")


def routed(session, family, kind):
    with Chain(families=(family,)) as net:
        net.warm()
        net["r2"].ip(f"-{family} route add {kind} {prefix(family)}")
        session.note(f"r2: `ip route add {kind} {prefix(family)}`")
        with session.capture(net["a"]):
            trials(session, net["a"], family)
    if kind == "blackhole":
        session.expect("icmp.type==3 || icmpv6.type==1", 0)
        session.true("no ICMP error at all")
    else:
        session.true(f"{session.some(REJECTED[family, kind])} errors from r2")


def register(family, kind):
    @recording(f"{kind}-route{family}", f"a `{kind}` route on the second router, IPv{family}")
    def _(session):
        routed(session, family, kind)


for _family in (4, 6):
    for _kind in ("prohibit", "unreachable", "blackhole"):
        register(_family, _kind)


def no_route(session, family):
    with Chain(families=(family,)) as net:
        net.warm()
        with session.capture(net["a"]):
            session.note("r2 has no default route beyond its own links")
            net["r2"].ip(f"-{family} route del default")
            trials(session, net["a"], family)
    filter = "icmp.type==3 && icmp.code==0" if family == 4 else "icmpv6.type==1 && icmpv6.code==0"
    session.true(f"{session.some(filter)} errors from r2")


@recording("no-route4", "a router without a route, IPv4")
def no_route4(session):
    no_route(session, 4)


@recording("no-route6", "a router without a route, IPv6")
def no_route6(session):
    no_route(session, 6)


def loop(session, family):
    with Chain(families=(family,)) as net:
        net.warm()
        back = "10.0.2.1" if family == 4 else "2001:db8:2::1"
        net["r2"].ip(f"-{family} route add {prefix(family)} via {back}")
        session.note(f"r1 sends {prefix(family)} to r2 by default, r2 sends it back to r1")
        with session.capture(net["a"]):
            ping = session.ping(net["a"], f"-c 4 -i 0.2 -W 1 {target(family)}")
            session.tool(net["a"], f"traceroute -{family} -n -q 1 -m 12 {target(family)}")
    exceeded = "icmp.type==11" if family == 4 else "icmpv6.type==3"
    senders = session.fields(exceeded, "ip.src" if family == 4 else "ipv6.src")
    session.true(str(ping))
    session.true(f"{len(senders)} time exceeded, from {' and '.join(sorted({s for (s,) in senders}))}")


@recording("loop4", "two routers that send a packet back and forth, IPv4")
def loop4(session):
    loop(session, 4)


@recording("loop6", "two routers that send a packet back and forth, IPv6")
def loop6(session):
    loop(session, 6)


def dead_host(session, family):
    with Chain(families=(family,)) as net:
        net.warm()
        gone = "10.0.3.77" if family == 4 else "2001:db8:3::77"
        with session.capture(net["a"]):
            ping = session.ping(net["a"], f"-c 3 -i 0.3 -W 1 {gone}")
            tcp = session.tool(net["a"], f"sockets.py tcp {gone} 443 --from 40443 --timeout 9")
            session.tool(net["a"], "sleep 3.5")
    filter = "icmp.type==3 && icmp.code==1" if family == 4 else "icmpv6.type==1 && icmpv6.code==3"
    session.true(str(ping))
    session.true(f"TCP: {tcp.output.strip()}")
    session.true(f"{session.some(filter)} errors from r2 about three seconds after the packets they quote")


@recording("dead-host4", "a host that answers no ARP: host unreachable from the last router")
def dead_host4(session):
    dead_host(session, 4)


@recording("dead-host6", "a host that answers no neighbor solicitation: address unreachable")
def dead_host6(session):
    dead_host(session, 6)


def redirected(session, family):
    with TwoGateways(family) as net:
        session.note(f"default router r1 ({net.router}) and r2 ({net.gateway}) share a LAN; b is behind r2")
        with session.capture(net["h1"]):
            ping = session.ping(net["h1"], f"-c 6 -i 0.3 {net.b_address}")
    filter = "icmp.type==5" if family == 4 else "icmpv6.type==137"
    session.true(str(ping))
    session.true(f"{session.some(filter)} redirects from r1 to {net.gateway}")
    request = "icmp.type==8" if family == 4 else "icmpv6.type==128"
    macs = [mac for (mac,) in session.fields(request, "eth.dst")]
    session.true(f"{sum(mac == macs[0] for mac in macs)} requests went to r1's MAC address, "
                 f"{sum(mac != macs[0] for mac in macs)} to r2's: the host obeyed" if len(set(macs)) > 1
                 else "the host did not obey")


@recording("redirect4", "a redirect that the host obeys, IPv4")
def redirect4(session):
    redirected(session, 4)


@recording("redirect6", "a redirect that the host obeys, IPv6")
def redirect6(session):
    redirected(session, 6)
