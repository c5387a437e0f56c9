"""A router with a smaller MTU, and path MTU discovery that works."""

from lab.recording import recording
from lab.topology import Chain

MTU = 1400
TOO_BIG = {4: "icmp.type==3 && icmp.code==4", 6: "icmpv6.type==2"}
MTU_FIELD = {4: "icmp.mtu", 6: "icmpv6.mtu"}


def narrow(family, **options):
    """The link between r1 and r2 carries 1400 octets."""
    return Chain(families=(family,), mtus={2: MTU}, **options)


def transfer(take, family, offload):
    with narrow(family, offload=offload) as net:
        net.warm()
        net["b"].spawn("stream.py serve 5001", "ready")
        take.note(f"link r1 to r2 has MTU {MTU}; transmit offload {'on' if offload else 'off'} at every end")
        with take.capture(net["a"]):
            said = take.tool(net["a"], f"stream.py send {net.b(family)} 5001 40000")
    for line in said.output.splitlines():
        take.true(line)
    mtus = {mtu for (mtu,) in take.fields(TOO_BIG[family], MTU_FIELD[family])}
    take.true(f"{take.some(TOO_BIG[family])} errors from r1, MTU {', '.join(mtus)}")
    resent = take.count("tcp.analysis.retransmission")
    take.true(f"{resent} segments sent again, then acknowledged")


@recording("frag-needed-tcp4", "TCP transfer into a 1400-octet link: discovery works, offload off, IPv4")
def frag_needed_tcp4(take):
    transfer(take, 4, offload=False)


@recording("frag-needed-tcp4-offload", "the same with transmit offload on: super-segments, partial checksums")
def frag_needed_tcp4_offload(take):
    transfer(take, 4, offload=True)


@recording("too-big-tcp6", "TCP transfer into a 1400-octet link: discovery works, offload off, IPv6")
def too_big_tcp6(take):
    transfer(take, 6, offload=False)


@recording("too-big-tcp6-offload", "the same with transmit offload on")
def too_big_tcp6_offload(take):
    transfer(take, 6, offload=True)


def datagrams(take, family):
    with narrow(family) as net:
        net.warm()
        net["b"].spawn(f"socat -u UDP{family}-RECV:7000 OPEN:/dev/null")
        with take.capture(net["a"]):
            said = take.tool(
                net["a"],
                f"sockets.py udp {net.b(family)} 7000 --connected --recverr --size 1450 --count 3 --pmtu do")
    take.note(f"link r1 to r2 has MTU {MTU}; b receives on UDP port 7000")
    take.true(f"the program saw: {'; '.join(said.output.splitlines()[1:])}")
    take.true(f"{take.expect(TOO_BIG[family], 1)} error: the kernel refuses the later sends itself")


@recording("frag-needed-udp4", "UDP with DF set into a 1400-octet link, IPv4")
def frag_needed_udp4(take):
    datagrams(take, 4)


@recording("too-big-udp6", "UDP into a 1400-octet link, IPv6")
def too_big_udp6(take):
    datagrams(take, 6)


def pinged(take, family):
    with narrow(family) as net:
        net.warm()
        with take.capture(net["a"]):
            ping = take.ping(net["a"], f"-M do -s 1452 -c 3 -i 0.2 -W 1 {net.b(family)}")
    take.note(f"link r1 to r2 has MTU {MTU}")
    take.true(str(ping))
    take.true(f"{take.some(TOO_BIG[family])} errors with MTU {MTU}, quoting the echo request")


@recording("frag-needed-ping4", "ping -M do into a 1400-octet link, IPv4")
def frag_needed_ping4(take):
    pinged(take, 4)


@recording("too-big-ping6", "ping -M do into a 1400-octet link, IPv6")
def too_big_ping6(take):
    pinged(take, 6)
