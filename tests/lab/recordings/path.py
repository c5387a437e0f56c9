"""Traceroutes of every kind, and mtr."""

from lab import tools
from lab.recording import recording
from lab.topology import Chain


def traced(take, family, options, reached, before=None):
    """Trace through three routers; `reached` is the filter for the answer of the destination."""
    with Chain(routers=3, families=(family,)) as net:
        net.warm()
        if before:
            before(take, net)
        with take.capture(net["a"]):
            said = take.tool(net["a"], f"traceroute -n -{family} {options} {net.b(family)}")
    hops = tools.traceroute(said.output)
    take.true(f"hops as traceroute printed them: {', '.join(hops)}")
    exceeded = "icmp.type==11" if family == 4 else "icmpv6.type==3"
    take.true(f"{take.some(exceeded)} time exceeded, {take.some(reached)} answers of the destination")


UNREACHABLE = {4: "icmp.type==3 && icmp.code==3", 6: "icmpv6.type==1 && icmpv6.code==4"}
REPLY = {4: "icmp.type==0", 6: "icmpv6.type==129"}
SYN_ACK = "tcp.flags.syn==1 && tcp.flags.ack==1"


@recording("traceroute-udp4", "traceroute with UDP probes, IPv4")
def traceroute_udp4(take):
    traced(take, 4, "-q 3", UNREACHABLE[4])


@recording("traceroute-udp6", "traceroute with UDP probes, IPv6")
def traceroute_udp6(take):
    traced(take, 6, "-q 3", UNREACHABLE[6])


@recording("traceroute-icmp4", "traceroute with echo requests, IPv4")
def traceroute_icmp4(take):
    traced(take, 4, "-I -q 3", REPLY[4])


@recording("traceroute-icmp6", "traceroute with echo requests, IPv6")
def traceroute_icmp6(take):
    traced(take, 6, "-I -q 3", REPLY[6])


def listen(take, net):
    net["b"].spawn("stream.py serve 80", "ready")
    take.note("b listens on TCP port 80")


@recording("traceroute-tcp4", "traceroute with TCP SYNs to an open port, IPv4")
def traceroute_tcp4(take):
    traced(take, 4, "-T -p 80 -q 3", SYN_ACK, listen)


@recording("traceroute-tcp6", "traceroute with TCP SYNs to an open port, IPv6")
def traceroute_tcp6(take):
    traced(take, 6, "-T -p 80 -q 3", SYN_ACK, listen)


def silence_r2(take, net):
    net["r2"].nft("""
table inet silent {
  chain output {
    type filter hook output priority 0;
    icmp type time-exceeded drop
    icmpv6 type time-exceeded drop
  }
}
""")
    take.note("r2: `nft ... output icmp type time-exceeded drop`")


@recording("traceroute-silent-hop", "traceroute past a router that sends no ICMP errors")
def traceroute_silent_hop(take):
    traced(take, 4, "-q 2 -w 1", UNREACHABLE[4], silence_r2)


@recording("traceroute-dead-end", "traceroute that ends at an administratively prohibited route")
def traceroute_dead_end(take):
    def prohibit(take, net):
        net["r3"].ip("route add prohibit 10.0.4.2/32")
        take.note("r3: `ip route add prohibit 10.0.4.2/32`")

    traced(take, 4, "-q 3", "icmp.type==3 && icmp.code==13", prohibit)


def mtr(take, family):
    with Chain(routers=3, families=(family,)) as net:
        net.warm()
        with take.capture(net["a"]):
            said = take.tool(net["a"], f"mtr -n -r -{family} -i 0.2 -c 10 {net.b(family)}")
    for number, hop in enumerate(tools.mtr(said.output), 1):
        take.true(f"hop {number} {hop.router}: {hop.sent} sent, {hop.loss_percent} % loss")
    take.some("icmp.type==11" if family == 4 else "icmpv6.type==3")


@recording("mtr4", "ten rounds of mtr, IPv4")
def mtr4(take):
    mtr(take, 4)


@recording("mtr6", "ten rounds of mtr, IPv6")
def mtr6(take):
    mtr(take, 6)


def discover_mtu(take, family):
    with Chain(routers=3, families=(family,), mtus={3: 1400}) as net:
        net.warm()
        take.note("link r2 to r3 has MTU 1400")
        with take.capture(net["a"]):
            said = take.tool(net["a"], f"traceroute -{family} -n --mtu {net.b(family)}")
    take.true("; ".join(line.strip() for line in said.output.splitlines()[1:]))
    take.some("icmp.mtu==1400" if family == 4 else "icmpv6.mtu==1400")


@recording("traceroute-mtu4", "traceroute --mtu: finds hops and path MTU at once, IPv4")
def traceroute_mtu4(take):
    discover_mtu(take, 4)


@recording("traceroute-mtu6", "traceroute --mtu: finds hops and path MTU at once, IPv6")
def traceroute_mtu6(take):
    discover_mtu(take, 6)


def at_once(take, family):
    """Two traceroutes and two mtr to the same host, told apart by their identifiers."""
    with Chain(families=(family,)) as net:
        net.warm()
        to = net.b(family)
        with take.capture(net["a"]):
            said = take.tools(net["a"], [
                f"traceroute -{family} -I -n -q 1 {to}",
                f"traceroute -{family} -I -n -q 2 {to}",
                f"mtr -n -r -{family} -i 0.2 -c 3 {to}",
                f"mtr -n -r -{family} -i 0.3 -c 2 {to}",
            ])
    if any(result.status for result in said):
        raise RuntimeError("a program failed")
    request = "icmp.type==8" if family == 4 else "icmpv6.type==128"
    field = "icmp.ident" if family == 4 else "icmpv6.echo.identifier"
    identifiers = sorted({i for (i,) in take.fields(request, field)}, key=lambda i: int(i, 0))
    take.true(f"requests of {len(identifiers)} identifiers: {', '.join(identifiers)}")


@recording("traceroutes-icmp4", "two traceroute -I and two mtr to one host at once, IPv4")
def traceroutes_icmp4(take):
    at_once(take, 4)


@recording("traceroutes-icmp6", "two traceroute -I and two mtr to one host at once, IPv6")
def traceroutes_icmp6(take):
    at_once(take, 6)
